//! What a registrar should look at before deciding.

use super::is_late;
use contracts::{
    civil_status::{BirthApplication, BirthForm, Parent},
    population::PersonView,
};
use system::clock::day_in_vietnam;

/// How what a form says compares with what the population database says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The same.
    Match,
    /// Something else.
    Differs,
    /// The database does not know it, or could not be asked.
    Unknown,
}

/// Compares what the form says of a parent's ethnic group, nationality and residence with the population database. What
/// the answer leaves out is unknown.
pub fn compare(parent: &Parent, known: &PersonView) -> [Comparison; 3] {
    let one = |declared: &str, known: Option<&String>| match known {
        Some(known) if known == declared => Comparison::Match,
        Some(_) => Comparison::Differs,
        None => Comparison::Unknown,
    };
    [
        one(&parent.ethnicity, known.ethnicity.as_ref()),
        one(&parent.nationality, known.nationality.as_ref()),
        one(&parent.residence.commune, known.residence.as_ref().map(|residence| &residence.commune)),
    ]
}

/// Something that does not stand against registration but that the registrar should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// More than 60 days after birth (Law 60/2014/QH13 article 15(1)).
    Late,
    /// Neither parent lives in the commune that registers (article 13).
    NoParentLivesHere,
    /// There is no birth notice; a witness's statement or a declaration is needed (article 16(1)).
    NoBirthNotice,
    /// The child's family name is neither parent's (Civil Code 91/2015/QH13 article 26(2)).
    FamilyNameOfNeither,
    /// No parent is known (Decree 123/2015/ND-CP articles 14 and 15).
    NoParentKnown,
}

/// The remarks on an application.
pub fn remarks(application: &BirthApplication) -> Vec<Remark> {
    let form = &application.form;
    let parents: Vec<&Parent> = form.mother.iter().chain(&form.father).collect();
    let lives_here = parents.iter().any(|parent| parent.residence.commune == application.commune);
    [
        (is_late(form.child.birth_date, day_in_vietnam(application.received_at)), Remark::Late),
        (parents.is_empty(), Remark::NoParentKnown),
        (!parents.is_empty() && !lives_here, Remark::NoParentLivesHere),
        (form.birth_notice.as_deref().is_none_or(|notice| notice.trim().is_empty()), Remark::NoBirthNotice),
        (!parents.is_empty() && !has_a_parents_family_name(form, &parents), Remark::FamilyNameOfNeither),
    ]
    .into_iter()
    .filter_map(|(holds, remark)| holds.then_some(remark))
    .collect()
}

fn has_a_parents_family_name(form: &BirthForm, parents: &[&Parent]) -> bool {
    let own = store::fold(&form.child.name.family);
    parents.iter().any(|parent| store::fold(&parent.name.family) == own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use contracts::person::Address;
    use jiff::civil::date;

    #[test]
    fn remarks_tell_what_to_look_at() {
        type Case = (fn(&mut BirthApplication), &'static [Remark]);
        let cases: &[Case] = &[
            (|_| (), &[]),
            (|a| a.form.child.birth_date = date(2026, 9, 1), &[Remark::Late]),
            (|a| a.commune = "00008".into(), &[Remark::NoParentLivesHere]),
            (|a| a.form.birth_notice = None, &[Remark::NoBirthNotice]),
            (|a| a.form.child.name.family = "Lê".into(), &[Remark::FamilyNameOfNeither]),
            (|a| (a.form.mother, a.form.father) = (None, None), &[Remark::NoParentKnown]),
        ];
        for (number, (change, expected)) in cases.iter().enumerate() {
            let mut application = samples::application("H26-1");
            change(&mut application);
            assert_eq!(remarks(&application), *expected, "case {number}");
        }
    }

    #[test]
    fn what_the_database_leaves_out_is_unknown() {
        use Comparison::{Differs, Match, Unknown};
        let parent = samples::application("H26-1").form.mother.unwrap();
        let view = |ethnicity: Option<&str>, commune: Option<&str>| PersonView {
            number: parent.number.unwrap(),
            name: None,
            birth_date: None,
            sex: None,
            ethnicity: ethnicity.map(str::to_owned),
            nationality: Some("VN".into()),
            birth_place: None,
            hometown: None,
            marital_status: None,
            mother: None,
            father: None,
            spouse: None,
            residence: commune.map(|commune| Address { commune: commune.into(), detail: String::new() }),
            death_date: None,
        };
        assert_eq!(compare(&parent, &view(Some("01"), Some("00004"))), [Match, Match, Match]);
        assert_eq!(compare(&parent, &view(Some("02"), None)), [Differs, Match, Unknown]);
    }
}
