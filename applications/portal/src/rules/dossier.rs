//! What an applicant may do with a dossier, and how its documents are handed out.

use crate::model::{Dossier, Errand, Report};
use contracts::portal::DossierState;

/// What an applicant may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DossierAct {
    /// Correct what the one-door refused and hand it in again.
    Correct,
    /// Answer a supplement notice.
    Reply,
    /// Take the dossier back.
    Withdraw,
    /// Say how it went.
    Rate,
}

/// Whether the applicant may do this now.
pub fn may(act: DossierAct, dossier: &Dossier) -> bool {
    let idle = dossier.errand.is_none();
    let state = shown_state(dossier);
    match act {
        DossierAct::Correct => {
            let is_refused = !dossier.is_delivered && dossier.refusal.is_some();
            idle && is_refused && dossier.replaced_by.is_none() && !is_of_known_child(dossier)
        }
        DossierAct::Reply => {
            let notice = dossier.standing.as_ref().and_then(|standing| standing.notice);
            idle && state == Some(DossierState::SupplementAsked)
                && notice.is_some_and(|notice| notice > dossier.answered_notice)
        }
        DossierAct::Withdraw => {
            use DossierState::{InProgress, New, PaymentAsked, Received, SupplementAsked};
            idle && matches!(state, Some(New | Received | InProgress | SupplementAsked | PaymentAsked))
        }
        DossierAct::Rate => {
            let has_result = matches!(state, Some(DossierState::Finished | DossierState::ResultReturned));
            has_result && dossier.rating.is_none()
        }
    }
}

/// The one-door did not take the dossier because the child has another one or is registered, so sending it again can't
/// help.
pub fn is_of_known_child(dossier: &Dossier) -> bool {
    dossier.refusal.as_ref().is_some_and(|refusal| {
        let is_final = ["already-submitted", "already-registered"].contains(&refusal.problem.code());
        refusal.errand == Errand::Submit && is_final
    })
}

/// The state the applicant sees: what the one-door reported, or "submitted" from when it has the dossier until then.
pub fn shown_state(dossier: &Dossier) -> Option<DossierState> {
    match &dossier.standing {
        Some(standing) => Some(standing.state),
        None => dossier.is_delivered.then_some(DossierState::New),
    }
}

/// The report is newer than what is known.
pub fn is_newer(revision: u32, dossier: &Dossier) -> bool {
    dossier.standing.as_ref().is_none_or(|standing| revision > standing.revision)
}

/// A time line without the reports that say again what the one before said.
pub fn without_repetitions(mut reports: Vec<Report>) -> Vec<Report> {
    reports.dedup_by(|later, earlier| later.state == earlier.state && later.note == earlier.note);
    reports
}

/// Longest file name that is handed out, in characters.
const FILE_NAME_LIMIT_CHARACTERS: usize = 80;

/// A file name that is safe on every reader's machine: plain letters, digits, `.`, `-` and `_`.
pub fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' };
    let name: String = store::fold(name).chars().map(safe).collect();
    let name = name.trim_matches(['.', '-']);
    // The end is kept, because it says what kind of file it is.
    let start = name.len().saturating_sub(FILE_NAME_LIMIT_CHARACTERS);
    match name[start..].trim_start_matches(['.', '-']) {
        "" => "tep".to_owned(),
        name => name.to_owned(),
    }
}

/// The header that has a document saved, not shown.
pub fn content_disposition(name: &str) -> String {
    format!("attachment; filename=\"{}\"", file_name(name))
}

/// The media type a document is handed out as: one that no browser runs.
pub fn servable_media_type(media_type: &str) -> &'static str {
    const SERVABLE: [&str; 4] = ["application/pdf", "application/json", "image/png", "image/jpeg"];
    let found = SERVABLE.into_iter().find(|known| media_type.eq_ignore_ascii_case(known));
    found.unwrap_or("application/octet-stream")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Answers, Content, Family, ProcedureName, Refusal, Role, Standing};
    use contracts::{
        PersonName, Problem, Sex,
        civil_status::{BirthForm, Child, Declarant, Parent},
        one_door::Form,
        person::Address,
        procedures::Bilingual,
    };
    use jiff::{Timestamp, civil::date};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn dossier(state: Option<DossierState>) -> Dossier {
        let residence = Address { commune: "00004".into(), detail: String::new() };
        let name = PersonName { family: "Trần".into(), middle: String::new(), given: "Hoa".into() };
        let parent = Parent {
            number: None,
            name: name.clone(),
            birth_date: date(1995, 5, 6),
            ethnicity: "01".into(),
            nationality: "VN".into(),
            residence: residence.clone(),
        };
        let child = Child {
            name,
            sex: Sex::Female,
            birth_date: date(2026, 11, 11),
            birth_place: residence.clone(),
            hometown: residence,
            ethnicity: "01".into(),
            nationality: "VN".into(),
        };
        let applicant = "001195000001".parse().unwrap();
        let form = BirthForm {
            declarant: Declarant::Mother,
            declarant_number: applicant,
            child,
            mother: Some(parent),
            father: None,
            birth_notice: None,
        };
        let standing = |state| Standing {
            revision: 3,
            state,
            at: Timestamp::UNIX_EPOCH,
            dossier: None,
            due_at: None,
            note: None,
            notice: Some(1),
            facts: Vec::new(),
        };
        Dossier {
            submission: Uuid::nil(),
            applicant,
            applicant_name: "Trần Hoa".into(),
            procedure: ProcedureName { code: "1".into(), name: Bilingual { vi: "a".into(), en: "a".into() } },
            sent_to: "VN/GOV/H26".into(),
            commune: "00004".into(),
            content: Content {
                family: Family { applicant: Role::Mother, mother: None, father: None },
                answers: Answers::default(),
            },
            form: Form::Birth(Box::new(form)),
            submitted_at: Timestamp::UNIX_EPOCH,
            signed: None,
            is_delivered: true,
            errand: None,
            refusal: None,
            replaced_by: None,
            answered_notice: 0,
            standing: state.map(standing),
            rating: None,
            version: 1,
        }
    }

    fn allowed(dossier: &Dossier) -> Vec<DossierAct> {
        use DossierAct::{Correct, Rate, Reply, Withdraw};
        [Correct, Reply, Withdraw, Rate].into_iter().filter(|act| may(*act, dossier)).collect()
    }

    #[test]
    fn what_may_be_done_follows_the_state() {
        use DossierAct::{Rate, Reply, Withdraw};
        for state in DossierState::ALL {
            let expected: &[DossierAct] = match state {
                DossierState::New
                | DossierState::Received
                | DossierState::InProgress
                | DossierState::PaymentAsked => &[Withdraw],
                DossierState::SupplementAsked => &[Reply, Withdraw],
                DossierState::Finished | DossierState::ResultReturned => &[Rate],
                DossierState::NotReceived | DossierState::Withdrawn | DossierState::Stopped => &[],
            };
            assert_eq!(allowed(&dossier(Some(state))), expected, "{state:?}");
            let on_its_way = Dossier { errand: Some(Errand::Supply), ..dossier(Some(state)) };
            assert!(
                allowed(&on_its_way).iter().all(|act| *act == Rate),
                "{state:?}, with something on its way"
            );
        }
    }

    #[test]
    fn what_may_be_done_follows_what_was_done() {
        use DossierAct::{Correct, Withdraw};
        type Case = (fn(&mut Dossier), Option<DossierState>, &'static [DossierAct]);
        let refused = |dossier: &mut Dossier| {
            dossier.is_delivered = false;
            dossier.refusal = Some(Refusal { errand: Errand::Submit, problem: Problem::forbidden() });
        };
        let cases: &[Case] = &[
            (|_| (), None, &[Withdraw]),
            (|d| d.answered_notice = 1, Some(DossierState::SupplementAsked), &[Withdraw]),
            (|d| d.rating = Some(5), Some(DossierState::Finished), &[]),
            (|d| (d.is_delivered, d.errand) = (false, Some(Errand::Submit)), None, &[]),
            (refused, None, &[Correct]),
        ];
        for (number, (change, state, expected)) in cases.iter().enumerate() {
            let mut dossier = dossier(*state);
            change(&mut dossier);
            assert_eq!(allowed(&dossier), *expected, "case {number}");
        }
        for (code, is_known) in [("already-submitted", true), ("already-registered", true), ("closed", false)]
        {
            let mut refused_for = dossier(None);
            refused_for.is_delivered = false;
            let problem = Problem::new(409, code, "Không nhận", "Not taken");
            refused_for.refusal = Some(Refusal { errand: Errand::Submit, problem: problem.clone() });
            assert_eq!(is_of_known_child(&refused_for), is_known, "{code}");
            assert_eq!(may(Correct, &refused_for), !is_known, "{code}");
            refused_for.refusal = Some(Refusal { errand: Errand::Supply, problem });
            assert!(!is_of_known_child(&refused_for), "a reply to a notice can be corrected, {code}");
        }
        let mut replaced = dossier(None);
        refused(&mut replaced);
        replaced.replaced_by = Some(Uuid::nil());
        assert!(allowed(&replaced).is_empty());
    }

    #[test]
    fn only_news_count() {
        let dossier = dossier(Some(DossierState::Received));
        assert_eq!([2, 3, 4].map(|revision| is_newer(revision, &dossier)), [false, false, true]);
    }

    #[test]
    fn file_names_are_safe() {
        let cases = [
            ("giay-khai-sinh.pdf", "giay-khai-sinh.pdf"),
            ("Giấy khai sinh.pdf", "giay-khai-sinh.pdf"),
            ("../../etc/passwd", "etc-passwd"),
            ("a\"; x=\r\n.pdf", "a---x---.pdf"),
            ("", "tep"),
            ("...", "tep"),
        ];
        for (name, expected) in cases {
            assert_eq!(file_name(name), expected, "{name:?}");
        }
    }

    #[test]
    fn what_is_said_again_is_shown_once() {
        use DossierState::{InProgress, SupplementAsked};
        let said = [
            (InProgress, None),
            (InProgress, None),
            (SupplementAsked, Some("a")),
            (SupplementAsked, Some("b")),
            (InProgress, None),
        ];
        let report = |(state, note): (DossierState, Option<&str>)| Report {
            state,
            at: Timestamp::UNIX_EPOCH,
            note: note.map(str::to_owned),
        };
        let shown = without_repetitions(said.into_iter().map(report).collect());
        let shown: Vec<_> = shown.iter().map(|report| (report.state, report.note.as_deref())).collect();
        assert_eq!(shown, said[1..]);
    }

    #[test]
    fn nothing_is_served_that_a_browser_runs() {
        for (media_type, expected) in [
            ("application/pdf", "application/pdf"),
            ("Application/PDF", "application/pdf"),
            ("text/html", "application/octet-stream"),
            ("image/svg+xml", "application/octet-stream"),
            ("application/pdf\r\nx: y", "application/octet-stream"),
        ] {
            assert_eq!(servable_media_type(media_type), expected, "{media_type:?}");
        }
    }

    proptest! {
        #[test]
        fn every_file_name_is_short_and_plain(name in "\\PC{0,300}") {
            let safe = file_name(&name);
            prop_assert!(!safe.is_empty() && safe.len() <= FILE_NAME_LIMIT_CHARACTERS && !safe.starts_with('.'));
            prop_assert!(safe.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)));
        }
    }
}
