//! What the register records: applications, decisions, books, entries with all their versions, certificates.

use contracts::{
    PersonalNumber,
    civil_status::{BirthApplication, BirthForm},
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Defines an enum that the store keeps as a word.
macro_rules! stored_words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word the store keeps.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The one with this word.
            pub fn of_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl store::FromValue for $name {
            const EXPECTED: &'static str = concat!("a word of ", stringify!($name));

            fn from_value(value: &store::Value) -> Option<Self> {
                match value {
                    store::Value::Text(word) => Self::of_word(word),
                    _ => None,
                }
            }
        }

        impl From<$name> for store::Value {
            fn from(value: $name) -> Self {
                value.word().into()
            }
        }
    };
}

stored_words! {
    /// A kind of civil-status event (Law 60/2014/QH13 article 3). Each kind has a book of its own (article 58). Birth
    /// and its changes are registered here in full; the books of the others have their place.
    EventKind {
        /// Khai sinh.
        Birth = "birth",
        /// Kết hôn.
        Marriage = "marriage",
        /// Giám hộ.
        Guardianship = "guardianship",
        /// Nhận cha, mẹ, con.
        Recognition = "recognition",
        /// Thay đổi, cải chính, bổ sung hộ tịch, xác định lại dân tộc.
        Change = "change",
        /// Khai tử.
        Death = "death",
    }
}

impl EventKind {
    /// What the symbol of its book ends with.
    pub fn book_symbol(self) -> &'static str {
        match self {
            Self::Birth => "KS",
            Self::Marriage => "KH",
            Self::Guardianship => "GH",
            Self::Recognition => "NCMC",
            Self::Change => "TĐCC",
            Self::Death => "KT",
        }
    }
}

stored_words! {
    /// Where an application stands.
    ApplicationState {
        /// The registrar has not decided yet.
        Waiting = "waiting",
        /// The registrar has decided to register; number, entry and certificate follow by themselves.
        Registering = "registering",
        /// Entered in the book.
        Registered = "registered",
        /// Sent back for a supplement.
        Returned = "returned",
        /// Refused.
        Refused = "refused",
    }
}

stored_words! {
    /// What a registrar decides of an application.
    DecisionKind {
        /// Register.
        Register = "register",
        /// Send back for a supplement.
        Return = "return",
        /// Refuse.
        Refuse = "refuse",
    }
}

impl DecisionKind {
    /// Where the application stands afterwards.
    pub fn leads_to(self) -> ApplicationState {
        match self {
            Self::Register => ApplicationState::Registering,
            Self::Return => ApplicationState::Returned,
            Self::Refuse => ApplicationState::Refused,
        }
    }
}

stored_words! {
    /// Why an entry has a further version.
    AmendmentKind {
        /// *Cải chính*: it was wrong when it was registered (Law 60/2014/QH13 article 4(12)), so the right particulars
        /// hold from birth.
        Correction = "correction",
        /// *Thay đổi*: changed for good reason under civil law (article 4(10)), so it holds from the day of the change.
        Change = "change",
    }
}

/// Names of administrative units by their codes, as they were on the day of filing.
pub type UnitNames = BTreeMap<String, String>;

/// An official, as the register names who decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Official {
    /// Account.
    pub account: String,
    /// Name.
    pub name: String,
}

/// An application to register a birth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its identifier.
    pub application: Uuid,
    /// Increases with each filing and decision.
    pub version: i64,
    /// Where it stands.
    pub state: ApplicationState,
    /// Registered more than 60 days after birth.
    pub late: bool,
    /// What was filed, with the member that received it as a whole identifier.
    pub content: BirthApplication,
    /// Names of the units that the form mentions.
    pub units: UnitNames,
    /// Why a decided registration came back to the registrar.
    pub obstacle: Option<Obstacle>,
}

/// Why a registration that was decided could not be carried out, in the words of who refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obstacle {
    /// In Vietnamese, one reason a line.
    pub vi: Vec<String>,
    /// In English, one reason a line.
    pub en: Vec<String>,
}

/// A registrar's decision on one version of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What was decided.
    pub kind: DecisionKind,
    /// Why, in the registrar's words; empty for a registration.
    pub reason: String,
    /// Who decided.
    pub by: Official,
    /// When.
    pub at: Timestamp,
}

/// An entry of the book of births.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its identifier.
    pub registration: Uuid,
    /// The application that led to it.
    pub application: Uuid,
    /// Code of the dossier.
    pub dossier: String,
    /// Member that received the dossier.
    pub received_by: String,
    /// Commune whose book it is in.
    pub commune: String,
    /// Year of the book.
    pub year: i16,
    /// Number within the book, once entered.
    pub number: Option<i64>,
    /// Day of registration.
    pub registered_on: Date,
    /// The registrar.
    pub registrar: Official,
    /// The child's personal number, once issued.
    pub child: Option<PersonalNumber>,
}

/// What an entry says, from one amendment to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryVersion {
    /// 1 for the registration, one more with each amendment.
    pub version: i64,
    /// What the entry says.
    pub form: BirthForm,
    /// Names of the units that it mentions.
    pub units: UnitNames,
    /// From which day it is true.
    pub valid_from: Date,
    /// Since when the register says so.
    pub known_from: Timestamp,
    /// Until when the register said so; absent for what it says now.
    pub known_until: Option<Timestamp>,
    /// What made it, unless it is the registration.
    pub amendment: Option<Amendment>,
    /// The register's seal on it, once sealed.
    pub sealed: bool,
}

/// An amendment of an entry, itself an entry of the book of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// Its identifier, by which the population database knows it.
    pub amendment: Uuid,
    /// Which kind.
    pub kind: AmendmentKind,
    /// Number within the book of changes, once the book has counted it.
    pub number: Option<i64>,
    /// Year of the book of changes.
    pub year: i16,
    /// Why.
    pub reason: String,
    /// On what legal basis.
    pub legal_basis: String,
    /// Who decided.
    pub by: Official,
}

/// The end of an entry that was registered against the law (Law 60/2014/QH13 article 12(2)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annulment {
    /// The decision by which it is annulled.
    pub legal_basis: String,
    /// Why.
    pub reason: String,
    /// Who recorded it.
    pub by: Official,
    /// When.
    pub at: Timestamp,
}

/// An issued certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// Code printed on it.
    pub code: String,
    /// The entry.
    pub registration: Uuid,
    /// The version of the entry that it shows.
    pub version: i64,
    /// The signed PDF.
    pub pdf: Vec<u8>,
    /// SHA-256 of the PDF, in hexadecimal.
    pub sha256: String,
    /// Proof that the register holds it, a C2SP tlog-proof.
    pub proof: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Since when an amendment makes it untrue.
    pub superseded_at: Option<Timestamp>,
}

/// The book of one kind of event of one commune and year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// Commune.
    pub commune: String,
    /// Kind of event.
    pub kind: EventKind,
    /// Year.
    pub year: i16,
    /// Entries so far, which is also the number of the last.
    pub entries: i64,
    /// When and by whom it was closed, with the proof of the totals.
    pub closed: Option<Closing>,
}

/// The closing of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Official,
    /// Proof that the totals are in the ledger, a C2SP tlog-proof; absent until sealed.
    pub proof: Option<String>,
}

/// What a task works on: one version of one entry, application or book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "on", rename_all = "kebab-case")]
pub enum Work {
    /// A version of an entry.
    Entry {
        /// The entry.
        registration: Uuid,
        /// The version.
        version: i64,
    },
    /// A decision that is not a registration.
    Decision {
        /// The application.
        application: Uuid,
        /// The version that was decided on.
        version: i64,
    },
    /// A closed book.
    Book {
        /// Commune.
        commune: String,
        /// Word of the kind of event.
        kind: String,
        /// Year.
        year: i16,
    },
}
