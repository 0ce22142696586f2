//! What a form gives by itself: components of the dossier, and the codes it mentions.

use contracts::{civil_status::BirthForm, one_door::Form, person::Address, procedures::Component};
use std::collections::BTreeSet;

/// The components that the electronic birth form itself is: the form of Law 60/2014/QH13 article 16, or that of the joined
/// procedure (Decree 63/2024/ND-CP).
const BIRTH_FORMS: [&str; 2] = ["birth-form", "joint-form"];
/// The component that the birth notice is (*giấy chứng sinh*).
const BIRTH_NOTICE: &str = "birth-notice";

/// Whether a component of a dossier is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// A file was handed in for it, or it is the form itself.
    HandedIn,
    /// The form says its number.
    NumberGiven,
    /// The State has the data already.
    HeldByState,
    /// It must be there and is not.
    Missing,
    /// It is not there and need not be.
    NotRequired,
}

/// Whether a component is there, for a form and the components that files were handed in for.
pub fn presence(component: &Component, form: &Form, handed_in: &[&str]) -> Presence {
    let Form::Birth(birth) = form;
    let code = component.code.as_str();
    if BIRTH_FORMS.contains(&code) || handed_in.contains(&code) {
        Presence::HandedIn
    } else if code == BIRTH_NOTICE && has_notice_number(birth) {
        Presence::NumberGiven
    } else if component.held_by.is_some() {
        Presence::HeldByState
    } else if component.required {
        Presence::Missing
    } else {
        Presence::NotRequired
    }
}

fn has_notice_number(birth: &BirthForm) -> bool {
    birth.birth_notice.as_ref().is_some_and(|number| !number.trim().is_empty())
}

/// The codes of the communes that a form mentions, each once.
pub fn commune_codes(form: &Form) -> BTreeSet<&str> {
    let Form::Birth(birth) = form;
    let parents = birth.mother.iter().chain(&birth.father).map(|parent| &parent.residence);
    let addresses = [&birth.child.birth_place, &birth.child.hometown].into_iter().chain(parents);
    addresses.map(|Address { commune, .. }| commune.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use contracts::procedures::Bilingual;

    fn component(code: &str, required: bool, held_by: Option<&str>) -> Component {
        let name = Bilingual { vi: code.into(), en: code.into() };
        Component { code: code.into(), name, required, held_by: held_by.map(str::to_owned) }
    }

    #[test]
    fn a_component_is_there_by_file_form_number_or_register() {
        use Presence::{HandedIn, HeldByState, Missing, NotRequired, NumberGiven};
        let file: &[&str] = &["birth-notice", "residence"];
        for (code, required, held_by, files, number, expected) in [
            ("joint-form", true, None, &[][..], None, HandedIn),
            ("birth-form", true, None, &[], None, HandedIn),
            ("marriage-form", true, None, &[], None, Missing),
            ("birth-notice", true, None, file, None, HandedIn),
            ("birth-notice", true, None, file, Some("1/2026"), HandedIn),
            ("birth-notice", true, None, &[], Some("1/2026"), NumberGiven),
            ("birth-notice", true, None, &[], Some(" "), Missing),
            ("birth-notice", true, None, &[], None, Missing),
            ("residence", true, Some("population"), file, None, HandedIn),
            ("residence", true, Some("population"), &[], None, HeldByState),
            ("marriage-certificate", false, Some("civil-status"), &[], None, HeldByState),
            ("passport", true, None, &[], Some("1/2026"), Missing),
            ("passport", false, None, file, None, NotRequired),
        ] {
            let Form::Birth(mut birth) = samples::submission().form;
            birth.birth_notice = number.map(str::to_owned);
            let component = component(code, required, held_by);
            let case = format!("{code}, files {files:?}, number {number:?}");
            assert_eq!(presence(&component, &Form::Birth(birth), files), expected, "{case}");
        }
    }

    #[test]
    fn every_commune_of_a_form_is_named_once() {
        let Form::Birth(mut birth) = samples::submission().form;
        birth.child.hometown.commune = "00008".into();
        if let Some(father) = &mut birth.father {
            father.residence.commune = "26734".into();
        }
        let form = Form::Birth(birth);
        assert_eq!(commune_codes(&form).into_iter().collect::<Vec<_>>(), ["00004", "00008", "26734"]);
    }
}
