//! Accounts of organisations, and what was done with them and in their name.

use contracts::PersonalNumber;
use jiff::Timestamp;
use uuid::Uuid;

/// An account of an organisation (*tài khoản định danh điện tử của cơ quan, tổ chức*).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its identifier, which leaves the system only as pairwise subjects.
    pub id: Uuid,
    /// Its tax code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The account of who represents it by law.
    pub representative: Uuid,
    /// The mandate that says so.
    pub representation: Uuid,
    /// Whether anybody may act in its name.
    pub state: OrganisationState,
    /// Increases with each change.
    pub version: i64,
    /// When it was opened.
    pub opened_at: Timestamp,
}

/// Whether anybody may act in the name of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganisationState {
    /// They may.
    Active,
    /// Its representative has locked it.
    Locked,
    /// An office has locked it.
    LockedByOffice,
    /// It is closed for ever.
    Closed,
}

impl OrganisationState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Active, Self::Locked, Self::LockedByOffice, Self::Closed];

    /// As it is recorded.
    pub fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Locked => "locked",
            Self::LockedByOffice => "locked-by-office",
            Self::Closed => "closed",
        }
    }

    /// The state recorded so.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// Somebody asks to represent an organisation, in an account that is opened with it or in the one there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationApplication {
    /// Its identifier.
    pub id: Uuid,
    /// Who applies.
    pub account: Uuid,
    /// Their number.
    pub person: PersonalNumber,
    /// Their name.
    pub person_name: String,
    /// Tax code of the organisation.
    pub code: String,
    /// Its name, as they say.
    pub name: String,
    /// What it rests on, as they say.
    pub basis: String,
    /// When.
    pub applied_at: Timestamp,
    /// The office whose official has compared the papers.
    pub unit: Option<String>,
    /// The papers.
    pub document: Option<String>,
    /// The official.
    pub checked_by: Option<String>,
    /// What became of it.
    pub decision: Option<Decision>,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// What became of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The applicant represents the organisation.
    Approved,
    /// They do not.
    Refused,
    /// They took it back.
    Withdrawn,
}

impl Decision {
    /// The decision recorded so.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "approved" => Some(Self::Approved),
            "refused" => Some(Self::Refused),
            "withdrawn" => Some(Self::Withdrawn),
            _ => None,
        }
    }
}

/// A line of the history of an organisation's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationDeed {
    /// Its identifier, which is in the order of time.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// What.
    pub act: OrganisationAct,
    /// By whom: somebody with their number, officials, or the register that said so.
    pub done_by: String,
    /// Whom or what it is about.
    pub about: String,
}

/// What happened to an organisation's account, or was done in its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganisationAct {
    /// It was opened.
    Opened,
    /// Somebody else represents it, or the same person anew.
    Represented,
    /// It was locked.
    Locked,
    /// It was unlocked.
    Unlocked,
    /// It was closed.
    Closed,
    /// Somebody was given to act for it.
    MandateGiven,
    /// That ended.
    MandateEnded,
    /// Somebody signed in to a service in its name.
    ServiceUsed,
    /// That was ended.
    UseEnded,
}

impl OrganisationAct {
    /// Every act.
    pub const ALL: [Self; 9] = [
        Self::Opened,
        Self::Represented,
        Self::Locked,
        Self::Unlocked,
        Self::Closed,
        Self::MandateGiven,
        Self::MandateEnded,
        Self::ServiceUsed,
        Self::UseEnded,
    ];

    /// As it is recorded.
    pub fn code(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Represented => "represented",
            Self::Locked => "locked",
            Self::Unlocked => "unlocked",
            Self::Closed => "closed",
            Self::MandateGiven => "mandate-given",
            Self::MandateEnded => "mandate-ended",
            Self::ServiceUsed => "service-used",
            Self::UseEnded => "use-ended",
        }
    }

    /// The act recorded so.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.code() == code)
    }
}
