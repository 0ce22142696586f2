//! What is recorded: accounts, how they are signed in to, sessions.

mod organisation;
mod submission;

pub use organisation::{
    Decision, Organisation, OrganisationAct, OrganisationApplication, OrganisationDeed, OrganisationState,
};
pub use submission::{SignatureRequest, SignedSubmission};

use crate::rules::post::NewPost;
use contracts::{
    PersonalNumber,
    identity::{ClaimField, Level, MandateKind},
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An account of a person (*tài khoản định danh điện tử*).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its identifier, which leaves the system only as pairwise subjects.
    pub id: Uuid,
    /// Whose it is.
    pub person: PersonalNumber,
    /// Their name as the register had it when the account was opened.
    pub name: String,
    /// Their date of birth.
    pub birth_date: Date,
    /// How sure it is that it is theirs.
    pub level: Level,
    /// Where codes and notices go.
    pub contact: Contact,
    /// Other factors it has.
    pub factors: Factors,
}

/// Factors beside the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Factors {
    /// An authenticator app is set up.
    pub totp: bool,
}

/// A confirmed phone number or e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Which of them.
    pub kind: ContactKind,
    /// `+84` and nine digits, or an address in small letters.
    pub address: String,
}

/// Kind of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContactKind {
    /// A phone, reached by SMS.
    Phone,
    /// A mailbox.
    Email,
}

impl ContactKind {
    /// As it is recorded.
    pub fn code(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
        }
    }

    /// The kind recorded so.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Phone, Self::Email].into_iter().find(|kind| kind.code() == code)
    }
}

/// How somebody showed who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The password.
    Password,
    /// The recovery key, in place of the password.
    RecoveryKey,
    /// A code sent to the confirmed contact.
    SentCode,
    /// A code of an authenticator app.
    Totp,
    /// A passkey, unlocked by the person.
    Passkey,
    /// Nothing: the person was chosen from the list of a sandbox.
    Chosen,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 6] =
        [Self::Password, Self::RecoveryKey, Self::SentCode, Self::Totp, Self::Passkey, Self::Chosen];

    /// As it is recorded.
    pub fn code(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::RecoveryKey => "recovery-key",
            Self::SentCode => "sent-code",
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::Chosen => "chosen",
        }
    }

    /// The values of `amr` it stands for (RFC 8176).
    pub fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Password | Self::RecoveryKey => &["pwd"],
            Self::SentCode | Self::Totp => &["otp"],
            Self::Passkey => &["pop", "user"],
            Self::Chosen => &[],
        }
    }
}

/// Methods as they are recorded: codes with spaces between.
pub fn methods_text(methods: &[Method]) -> String {
    methods.iter().map(|method| method.code()).collect::<Vec<_>>().join(" ")
}

/// Methods as they were recorded; unknown ones are left out.
pub fn methods_from(text: &str) -> Vec<Method> {
    let known = |code: &str| Method::ALL.into_iter().find(|method| method.code() == code);
    text.split(' ').filter_map(known).collect()
}

/// A session of an account in a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its identifier, which is no secret: the browser shows another one.
    pub id: Uuid,
    /// The account.
    pub account: Uuid,
    /// The level it was opened with.
    pub level: Level,
    /// How.
    pub methods: Vec<Method>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When the person last showed who they are.
    pub proven_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// The browser, in its own words.
    pub device: String,
}

/// A line of the history of sign-ins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// What.
    pub act: Act,
    /// The browser, in its own words.
    pub device: String,
}

/// What happened to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// It was opened.
    Opened,
    /// Somebody signed in with the password.
    SignedIn,
    /// Somebody signed in with a passkey.
    SignedInWithPasskey,
    /// A wrong password or code was given.
    WrongGuess,
    /// The recovery key was used and the password changed.
    Recovered,
    /// The password was changed.
    PasswordChanged,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// An authenticator app was set up.
    TotpAdded,
    /// It was removed.
    TotpRemoved,
    /// A session was ended by its owner.
    SessionEnded,
    /// Its owner had all browsers in which it was signed in to forgotten.
    BrowsersForgotten,
    /// Two officials checked the person at an office.
    CheckedAtOffice,
    /// A service was given data for the first time or anew.
    Consented,
    /// That was taken back.
    ConsentWithdrawn,
    /// A post was given.
    PostGiven,
    /// A post was ended.
    PostEnded,
    /// The person left an agency, with all posts in it.
    LeftAgency,
    /// The phone number or e-mail address was changed.
    ContactChanged,
    /// A submission was signed with a passkey.
    SubmissionSigned,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 20] = [
        Self::Opened,
        Self::SignedIn,
        Self::SignedInWithPasskey,
        Self::WrongGuess,
        Self::Recovered,
        Self::PasswordChanged,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::TotpAdded,
        Self::TotpRemoved,
        Self::SessionEnded,
        Self::BrowsersForgotten,
        Self::CheckedAtOffice,
        Self::Consented,
        Self::ConsentWithdrawn,
        Self::PostGiven,
        Self::PostEnded,
        Self::LeftAgency,
        Self::ContactChanged,
        Self::SubmissionSigned,
    ];

    /// As it is recorded.
    pub fn code(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::SignedIn => "signed-in",
            Self::SignedInWithPasskey => "signed-in-with-passkey",
            Self::WrongGuess => "wrong-guess",
            Self::Recovered => "recovered",
            Self::PasswordChanged => "password-changed",
            Self::PasskeyAdded => "passkey-added",
            Self::PasskeyRemoved => "passkey-removed",
            Self::TotpAdded => "totp-added",
            Self::TotpRemoved => "totp-removed",
            Self::SessionEnded => "session-ended",
            Self::BrowsersForgotten => "browsers-forgotten",
            Self::CheckedAtOffice => "checked-at-office",
            Self::Consented => "consented",
            Self::ConsentWithdrawn => "consent-withdrawn",
            Self::PostGiven => "post-given",
            Self::PostEnded => "post-ended",
            Self::LeftAgency => "left-agency",
            Self::ContactChanged => "contact-changed",
            Self::SubmissionSigned => "submission-signed",
        }
    }

    /// The act recorded so.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.code() == code)
    }
}

/// A password as it is kept: argon2id (RFC 9106) with the cost it was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordHash {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Salt.
    pub salt: [u8; 16],
    /// The tag.
    pub tag: [u8; 32],
}

/// A passkey (WebAuthn Level 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Credential id, chosen by the authenticator.
    pub credential: Vec<u8>,
    /// The account.
    pub account: Uuid,
    /// Public key as the authenticator gave it (COSE_Key, RFC 9052).
    pub public_key: Vec<u8>,
    /// Counter of the last assertion; 0 for authenticators that don't count.
    pub counter: u32,
    /// The level it was bound at.
    pub level: Level,
    /// What the owner calls it.
    pub label: String,
    /// When it was added.
    pub added_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

/// A step that waits for an answer of the browser that holds its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "step")]
pub enum Step {
    /// A contact is to be confirmed before an account is opened.
    SignUp {
        /// What was claimed.
        applicant: Applicant,
        /// Tag of the code that was sent.
        code: CodeTag,
    },
    /// A second factor is to follow the first.
    SecondFactor {
        /// Whose; nobody's where the first factor was of no account.
        account: Uuid,
        /// The first.
        first: Method,
        /// The second.
        second: Method,
        /// Tag of the code that was sent, where one was.
        code: Option<CodeTag>,
        /// A new password to be set afterwards, after a recovery.
        password: Option<PasswordHash>,
        /// Where to go then.
        to: String,
    },
    /// An authenticator app is to show that it has the secret.
    Totp {
        /// Whose.
        account: Uuid,
        /// The secret, sealed.
        sealed: Vec<u8>,
    },
    /// A passkey is to be made.
    PasskeyRegistration {
        /// Whose.
        account: Uuid,
        /// The challenge.
        challenge: [u8; 32],
        /// The level it will be bound at.
        level: Level,
        /// The check at an office by whose code it is bound, which is used up once the passkey is there.
        check: Option<Uuid>,
    },
    /// The contact is to be changed.
    Contact {
        /// Whose.
        account: Uuid,
        /// The new one.
        contact: Contact,
        /// What the owner shows beside the code of the new contact, if anything.
        factor: Option<Method>,
        /// Tag of the code that was sent to the old one, where that is it.
        own_code: Option<CodeTag>,
        /// Tag of the code that was sent to the new one.
        code: CodeTag,
    },
    /// A passkey is to sign.
    PasskeySignIn {
        /// The challenge.
        challenge: [u8; 32],
        /// Where to go then.
        to: String,
    },
}

impl Step {
    /// As it is recorded.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SignUp { .. } => "sign-up",
            Self::SecondFactor { .. } => "second-factor",
            Self::Totp { .. } => "totp",
            Self::PasskeyRegistration { .. } => "passkey-registration",
            Self::Contact { .. } => "contact",
            Self::PasskeySignIn { .. } => "passkey-sign-in",
        }
    }
}

/// SHA-256 of a step's secret and its code: whoever reads the store can't try the million codes against it.
pub type CodeTag = [u8; 32];

/// Who asks for an account, before anything of it is known to be true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applicant {
    /// The number.
    pub person: PersonalNumber,
    /// The name as typed.
    pub name: String,
    /// The date of birth.
    pub birth_date: Date,
    /// The contact.
    pub contact: Contact,
    /// The password, hashed.
    pub password: PasswordHash,
}

/// All that comes of one authorization: its tokens are good as long as it is not revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its identifier.
    pub id: Uuid,
    /// Who granted.
    pub account: Uuid,
    /// To which client.
    pub client: String,
    /// In which session.
    pub session: Uuid,
    /// What.
    pub content: GrantContent,
    /// When.
    pub opened_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// What was granted, and how the person had shown who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantContent {
    /// The fields the client may read.
    pub fields: Vec<ClaimField>,
    /// With refresh tokens, which outlive the session.
    pub offline: bool,
    /// Where the code went.
    pub redirect_uri: String,
    /// The challenge of PKCE.
    pub challenge: String,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// The level of the session.
    pub level: Level,
    /// The methods of the session.
    pub methods: Vec<Method>,
    /// When the person showed who they are.
    pub proven_at: Timestamp,
    /// The account of the organisation in whose name, where it is not the person's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acts_for: Option<Uuid>,
}

/// Something a client shows once to get tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Which kind.
    pub kind: TicketKind,
    /// Of which grant.
    pub grant: Uuid,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Until when it may be used.
    pub expires_at: Timestamp,
    /// It was.
    pub used: bool,
}

/// Kind of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketKind {
    /// An authorization code.
    Code,
    /// A refresh token.
    Refresh,
}

impl TicketKind {
    /// As it is recorded.
    pub fn code(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Refresh => "refresh",
        }
    }

    /// The kind recorded so.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Code, Self::Refresh].into_iter().find(|kind| kind.code() == code)
    }
}

/// Somebody acts for somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    /// Its identifier.
    pub id: Uuid,
    /// Who acts.
    pub holder: PersonalNumber,
    /// For whom.
    pub kind: MandateKind,
    /// Their personal number or tax code.
    pub subject: String,
    /// Their name.
    pub subject_name: String,
    /// What it rests on.
    pub basis: String,
    /// From which day.
    pub from: Date,
    /// The first day it no longer holds; nothing while no end is known.
    pub until: Option<Date>,
    /// The system that registered it.
    pub registered_by: String,
    /// The account of the organisation that it hangs on, where it was given to an employee.
    pub organisation: Option<Uuid>,
}

/// A post that somebody holds, held or will hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPost {
    /// Its identifier.
    pub id: Uuid,
    /// Who holds which post.
    pub new: NewPost,
}

/// What gives power, proposed and not yet confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its identifier.
    pub id: Uuid,
    /// Who is to hold which post.
    pub new: NewPost,
    /// Who proposed it.
    pub proposed_by: PersonalNumber,
    /// When.
    pub proposed_at: Timestamp,
}

/// A file with many posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// Its identifier.
    pub id: Uuid,
    /// Its name, as sent.
    pub file_name: String,
    /// How many lines it has, without the first.
    pub lines: i64,
    /// In how many something is wrong.
    pub faulty: i64,
    /// How many of the good ones took effect earlier.
    pub known: i64,
    /// Who sent it.
    pub proposed_by: PersonalNumber,
    /// When.
    pub proposed_at: Timestamp,
    /// Who confirmed it.
    pub confirmed_by: Option<PersonalNumber>,
    /// When all its good lines had taken effect.
    pub finished_at: Option<Timestamp>,
}

/// A good line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterEntry {
    /// Its number in the file.
    pub line: i64,
    /// What names it among all lines that were ever sent.
    pub key: String,
    /// Who is to hold which post.
    pub new: NewPost,
}
