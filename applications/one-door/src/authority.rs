//! Who may do what with a dossier (Decree 61/2018/ND-CP article 17, Decree 118/2025/ND-CP).

use crate::model::Dossier;
use contracts::{MemberId, Purpose};
use system::{Access, Authority, Marks, PostGrant, Reach, Record, Whom};

/// The post of who receives dossiers.
pub(crate) const RECEPTION_POST: &str = "reception";
/// A dossier, with its papers and files.
pub(crate) const DOSSIER: &str = "dossier";

/// What posts give, and calls of systems that handed a dossier in.
pub(crate) static AUTHORITY: Authority = Authority {
    system: contracts::one_door::SYSTEM,
    grants: &[
        PostGrant {
            whom: Whom::Post(RECEPTION_POST),
            kinds: &[DOSSIER],
            acts: &[Access::Read, Access::Change],
            purposes: &[Purpose::PROCEDURE],
            laws: &["61/2018/ND-CP"],
            reach: Reach::UnitOfAgency,
        },
        PostGrant {
            whom: Whom::System,
            kinds: &[DOSSIER],
            acts: &[Access::Read, Access::Change],
            purposes: &[Purpose::PROCEDURE],
            laws: &[],
            reach: Reach::HandedIn,
        },
    ],
};

/// A dossier of the one-door of an agency.
pub(crate) struct Kept<'a> {
    /// The dossier.
    dossier: &'a Dossier,
    /// The agency, as a whole identifier.
    agency: String,
    /// The case a portal names: its own identifier of the dossier.
    case: String,
}

impl<'a> Kept<'a> {
    /// A dossier kept by a member.
    pub(crate) fn by(member: &MemberId, dossier: &'a Dossier) -> Self {
        Self { dossier, agency: member.to_string(), case: dossier.submission.to_string() }
    }
}

impl Record for Kept<'_> {
    fn marks(&self) -> Marks<'_> {
        Marks {
            kind: DOSSIER,
            unit: &self.dossier.commune,
            agency: &self.agency,
            handed_in_by: &self.dossier.handed_in_by,
            case: &self.case,
            concerns: vec![self.dossier.applicant],
        }
    }
}
