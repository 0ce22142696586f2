//! Who may see and change which dossier.

use crate::model::Dossier;
use contracts::{Context, PersonalNumber, Purpose};
use jiff::civil::Date;
use system::{Access, Authority, Claim, Claimant, Incoming, Marks, PostGrant, Reach, Record, Whom};

/// An application that was handed in, with all that came of it.
pub(crate) const DOSSIER: &str = "dossier";
/// An application that is being written.
pub(crate) const DRAFT: &str = "draft";
/// Applicants follow what they hand in (Decree 118/2025/ND-CP).
const APPLICANT_BASIS: &str = "118/2025/ND-CP";

/// What applicants and one-doors may do here.
pub(crate) static AUTHORITY: Authority = Authority {
    system: contracts::portal::SYSTEM,
    grants: &[
        PostGrant {
            whom: Whom::Person,
            kinds: &[DOSSIER, DRAFT],
            acts: &[Access::Read, Access::Change],
            purposes: &[Purpose::PROCEDURE],
            laws: &[APPLICANT_BASIS],
            reach: Reach::Own,
        },
        // The agency that a dossier was sent to says where it stands.
        PostGrant {
            whom: Whom::System,
            kinds: &[DOSSIER],
            acts: &[Access::Read, Access::Change],
            purposes: &[Purpose::PROCEDURE],
            laws: &[],
            reach: Reach::Kept,
        },
    ],
};

impl Record for Dossier {
    fn marks(&self) -> Marks<'_> {
        Marks { kind: DOSSIER, agency: &self.sent_to, concerns: vec![self.applicant], ..Marks::default() }
    }
}

/// Somebody with their own applications.
pub(crate) fn applicant(number: PersonalNumber, day: Date) -> Claim {
    let context = Context::new(Purpose::PROCEDURE, APPLICANT_BASIS);
    Claim { claimant: Claimant::Person(number), context, day }
}

/// The call is of the one-door that the dossier was sent to. The portal knows a dossier by its submission and not by the
/// case it became there, so the case of the call narrows nothing.
pub(crate) fn may_report(incoming: &Incoming, dossier: &Dossier) -> bool {
    let claim = incoming.claim();
    let case = claim.context.case.as_deref().unwrap_or_default();
    incoming.client.system == contracts::one_door::SYSTEM
        && AUTHORITY.may(&claim, Access::Change, &Marks { case, ..dossier.marks() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const DAY: Date = date(2026, 11, 21);

    fn person(number: u32) -> PersonalNumber {
        PersonalNumber::compose(1, contracts::Sex::Female, 1990, number).unwrap()
    }

    fn report(system: &str) -> Claim {
        let context = Context::new(Purpose::PROCEDURE, "118/2025/ND-CP");
        Claim { claimant: Claimant::System(system.parse().unwrap()), context, day: DAY }
    }

    proptest! {
        /// What a list of one's own shows, a single read permits, and the other way round; and no system has a list.
        #[test]
        fn no_list_shows_what_a_read_would_refuse(
            own in 0_u32..3,
            applicant_of in 0_u32..3,
            sent_to in prop::sample::select(vec!["VN/GOV/H26", "VN/GOV/H29", ""]),
            kind in prop::sample::select(vec![DOSSIER, DRAFT, "document"]),
        ) {
            let claim = applicant(person(own), DAY);
            let marks = Marks { kind, agency: sent_to, concerns: vec![person(applicant_of)], ..Marks::default() };
            let listed = AUTHORITY.own(&claim, kind).is_some_and(|own| own.covers(&marks));
            prop_assert_eq!(listed, AUTHORITY.may(&claim, Access::Read, &marks));
            prop_assert_eq!(listed, AUTHORITY.may(&claim, Access::Change, &marks));
            let one_door = report("VN/GOV/H26/one-door");
            prop_assert!(AUTHORITY.own(&one_door, kind).is_none() && AUTHORITY.areas(std::slice::from_ref(&one_door), kind).is_empty());
            let is_its = kind == DOSSIER && sent_to == "VN/GOV/H26";
            prop_assert_eq!(AUTHORITY.may(&one_door, Access::Change, &marks), is_its);
        }
    }
}
