//! The birth form: what is checked before it is handed in, and how it is made from the answers. The final word is the
//! register's (Law 60/2014/QH13 articles 13 to 16).

use crate::{
    model::{Content, Family, Place, Role, Step},
    texts,
};
use contracts::{
    FieldProblem,
    civil_status::{BirthForm, Child, Declarant},
    person::Address,
};
use jiff::{Span, civil::Date};
use web::Text;

/// Youngest age of a parent at birth, in years; what is below is taken for a slip of the pen.
const PARENT_MIN_YEARS: i16 = 12;
/// First day of birth that a personal number can express (Decree 137/2015/ND-CP article 13).
const FIRST_BIRTH_DATE: Date = jiff::civil::date(1900, 1, 1);
/// The joined procedure is for children younger than this, in years (Decree 63/2024/ND-CP).
const JOINED_LIMIT_YEARS: i16 = 6;
/// Code of the joined procedure.
const JOINED_PROCEDURE: &str = "3.000722";
/// ISO 3166 code of Vietnam.
const VIETNAM: &str = "VN";

/// What is wrong with a child's date of birth, if anything, for this procedure, family and day.
pub fn check_child(procedure: &str, birth_date: Date, family: &Family, today: Date) -> Option<Text> {
    let later = |date: Date, years: i16| date.checked_add(Span::new().years(years)).unwrap_or(Date::MAX);
    if birth_date > today {
        return Some(texts::BIRTH_IN_FUTURE);
    }
    if birth_date < FIRST_BIRTH_DATE {
        return Some(texts::BIRTH_TOO_LONG_AGO);
    }
    if family.parents().any(|(_, known)| later(known.parent.birth_date, PARENT_MIN_YEARS) > birth_date) {
        return Some(texts::OLDER_THAN_PARENT);
    }
    (procedure == JOINED_PROCEDURE && later(birth_date, JOINED_LIMIT_YEARS) <= today)
        .then_some(texts::NOT_UNDER_SIX)
}

/// Who applies by this procedure asks for the child's permanent residence in the same declaration (Decree 63/2024/ND-CP).
pub fn asks_for_residence(procedure: &str) -> bool {
    procedure == JOINED_PROCEDURE
}

/// The first group of questions that is not answered; the check when all are. What was chosen after a parent whom the
/// State no longer names has to be chosen again.
pub fn first_open(content: &Content) -> Step {
    let (answers, family) = (&content.answers, &content.family);
    let are_chosen = answers.choices.is_some_and(|choices| {
        let roles = [choices.hometown, choices.ethnicity, choices.registers_at];
        roles.into_iter().all(|role| family.parent(role).is_some())
    });
    let answered = [
        (answers.child.is_some(), Step::Child),
        (answers.birth_place.is_some(), Step::BirthPlace),
        (answers.saw_mother, Step::Mother),
        (answers.saw_father, Step::Father),
        (are_chosen, Step::Choices),
    ];
    answered.into_iter().find(|(answered, _)| !answered).map_or(Step::Check, |(_, step)| step)
}

/// The commune that registers: where the chosen parent lives (Law 60/2014/QH13 article 13).
pub fn registers_at(content: &Content) -> Option<&Place> {
    let choices = content.answers.choices?;
    content.family.parent(choices.registers_at).map(|known| &known.residence)
}

/// The form, once every group of questions is answered.
pub fn birth_form(content: &Content) -> Option<BirthForm> {
    let (family, answers) = (&content.family, &content.answers);
    let (child, choices) = (answers.child.as_ref()?, answers.choices?);
    Some(BirthForm {
        declarant: match family.applicant {
            Role::Mother => Declarant::Mother,
            Role::Father => Declarant::Father,
        },
        declarant_number: family.parent(family.applicant)?.parent.number?,
        child: Child {
            name: child.name.clone(),
            sex: child.sex,
            birth_date: child.birth_date,
            birth_place: answers.birth_place.as_ref()?.address.clone(),
            hometown: home(&family.parent(choices.hometown)?.home().address),
            ethnicity: family.parent(choices.ethnicity)?.parent.ethnicity.clone(),
            nationality: nationality(family)?,
        },
        mother: family.mother.as_ref().map(|known| known.parent.clone()),
        father: family.father.as_ref().map(|known| known.parent.clone()),
        birth_notice: child.birth_notice.clone(),
    })
}

/// An ancestral home is a commune; what is below it is left out.
fn home(address: &Address) -> Address {
    Address { commune: address.commune.clone(), detail: String::new() }
}

/// A child with a Vietnamese parent is Vietnamese (Law on Vietnamese Nationality 24/2008/QH12 articles 15 and 16).
fn nationality(family: &Family) -> Option<String> {
    let mut own = family.parents().map(|(_, known)| known.parent.nationality.clone());
    let first = own.next()?;
    Some(if own.any(|other| other == VIETNAM) { VIETNAM.to_owned() } else { first })
}

/// Which field of which page a fault is about that the one-door or the register found.
pub fn faulty_field(fault: &FieldProblem) -> (Step, &'static str) {
    let path = fault.field.strip_prefix("form.").unwrap_or(&fault.field);
    const FIELDS: &[(&str, Step, &str)] = &[
        ("child.name.family", Step::Child, "family-name"),
        ("child.name.middle", Step::Child, "middle-name"),
        ("child.name", Step::Child, "given-name"),
        ("child.sex", Step::Child, "sex"),
        ("child.birth_date", Step::Child, "birth-date"),
        ("birth_notice", Step::Child, "birth-notice"),
        ("child.birth_place.detail", Step::BirthPlace, "facility"),
        ("child.birth_place", Step::BirthPlace, "commune"),
        ("child.hometown", Step::Choices, "hometown"),
        ("child.ethnicity", Step::Choices, "ethnicity"),
        ("child.nationality", Step::Choices, "ethnicity"),
        ("commune", Step::Choices, "registers-at"),
        ("mother", Step::Mother, "mother"),
        ("father", Step::Father, "father"),
    ];
    let found = FIELDS.iter().find(|(known, ..)| path.starts_with(known));
    found.map_or((Step::Check, "declared"), |(_, step, field)| (*step, field))
}

#[cfg(test)]
#[path = "birth_tests.rs"]
mod tests;
