//! What the portal keeps: drafts, what was handed in and where it stands.

use contracts::{
    FieldProblem, PersonName, PersonalNumber, Problem, Sex,
    civil_status::Parent,
    identity::SubmissionProof,
    one_door::{Form, SubmissionSignature},
    person::Address,
    portal::{DossierState, ResultFact},
    procedures::Bilingual,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A commune with its name, and what is below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The address.
    pub address: Address,
    /// Full name of the commune; its code where the name could not be had.
    pub name: String,
    /// Code of the province, where it could be had.
    pub province: Option<String>,
}

impl Place {
    /// The place as it is written.
    pub fn written(&self) -> String {
        match self.address.detail.as_str() {
            "" => self.name.clone(),
            detail => format!("{detail}, {}", self.name),
        }
    }
}

/// Which parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Mẹ.
    Mother,
    /// Cha.
    Father,
}

impl Role {
    /// Both, in the order of the form.
    pub const ALL: [Self; 2] = [Self::Mother, Self::Father];

    /// The value of form fields.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mother => "mother",
            Self::Father => "father",
        }
    }

    /// The role of this form value.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// The role of a person of this sex.
    pub fn of_sex(sex: Sex) -> Self {
        match sex {
            Sex::Female => Self::Mother,
            Sex::Male => Self::Father,
        }
    }
}

/// A parent as the population database knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownParent {
    /// What goes into the form.
    pub parent: Parent,
    /// Where they live, with its name.
    pub residence: Place,
    /// Ancestral home (*quê quán*), where it is recorded.
    pub hometown: Option<Place>,
}

impl KnownParent {
    /// The ancestral home that a child can take from this parent: where none is recorded, where the parent lives.
    pub fn home(&self) -> &Place {
        self.hometown.as_ref().unwrap_or(&self.residence)
    }
}

/// What the State knows of the family when an application is begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// Which parent applies.
    pub applicant: Role,
    /// The mother.
    pub mother: Option<KnownParent>,
    /// The father.
    pub father: Option<KnownParent>,
}

impl Family {
    /// One parent.
    pub fn parent(&self, role: Role) -> Option<&KnownParent> {
        match role {
            Role::Mother => self.mother.as_ref(),
            Role::Father => self.father.as_ref(),
        }
    }

    /// The parents known, mother first.
    pub fn parents(&self) -> impl Iterator<Item = (Role, &KnownParent)> {
        Role::ALL.into_iter().filter_map(|role| self.parent(role).map(|parent| (role, parent)))
    }
}

/// The child, as the applicant says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildAnswers {
    /// Name.
    pub name: PersonName,
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub birth_date: Date,
    /// Number of the birth notice (*giấy chứng sinh*), if there is one.
    pub birth_notice: Option<String>,
}

/// What the parents choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// Whose ancestral home the child takes.
    pub hometown: Role,
    /// Whose ethnic group.
    pub ethnicity: Role,
    /// The commune of whose residence registers.
    pub registers_at: Role,
}

/// The answers so far, a group of questions each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// The child.
    pub child: Option<ChildAnswers>,
    /// Where it was born.
    pub birth_place: Option<Place>,
    /// The mother's particulars were looked at.
    pub saw_mother: bool,
    /// The father's particulars were looked at.
    pub saw_father: bool,
    /// What the parents choose.
    pub choices: Option<Choices>,
}

/// An application: what the State knows and what the applicant says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// What the State knows.
    pub family: Family,
    /// What the applicant says.
    pub answers: Answers,
}

/// A group of questions, one page each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The child.
    Child,
    /// Where it was born.
    BirthPlace,
    /// The mother.
    Mother,
    /// The father.
    Father,
    /// Ancestral home, ethnic group and commune.
    Choices,
    /// All answers, and the declaration.
    Check,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 6] =
        [Self::Child, Self::BirthPlace, Self::Mother, Self::Father, Self::Choices, Self::Check];

    /// The last part of the page's address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Child => "child",
            Self::BirthPlace => "birth-place",
            Self::Mother => "mother",
            Self::Father => "father",
            Self::Choices => "choices",
            Self::Check => "check",
        }
    }

    /// The step before.
    pub fn before(self) -> Option<Self> {
        let position = Self::ALL.iter().position(|step| *step == self)?;
        position.checked_sub(1).and_then(|before| Self::ALL.get(before)).copied()
    }
}

/// What a draft is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A new application for a procedure.
    Procedure(String),
    /// A dossier that is corrected or supplemented.
    Dossier(Uuid),
}

/// Longest code of a procedure, in characters.
const PROCEDURE_CODE_LIMIT_CHARACTERS: usize = 20;

impl Subject {
    /// The subject in a page's address: an identifier, or a procedure's code such as `1.001193`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(dossier) = text.parse() {
            return Some(Self::Dossier(dossier));
        }
        let is_code =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        let fits = !text.is_empty() && text.len() <= PROCEDURE_CODE_LIMIT_CHARACTERS && is_code(text);
        fits.then(|| Self::Procedure(text.to_owned()))
    }

    /// The word the store and the addresses use.
    pub fn word(&self) -> String {
        match self {
            Self::Procedure(code) => code.clone(),
            Self::Dossier(dossier) => dossier.to_string(),
        }
    }
}

/// A procedure as a dossier names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcedureName {
    /// Code.
    pub code: String,
    /// Name.
    pub name: Bilingual,
}

/// What somebody has begun and not handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Whose it is.
    pub applicant: PersonalNumber,
    /// What it is of.
    pub subject: Subject,
    /// The procedure.
    pub procedure: ProcedureName,
    /// The application so far.
    pub content: Content,
    /// What the one-door found wrong, until its page is answered again.
    pub faults: Vec<FieldProblem>,
    /// Increases each time it is saved.
    pub version: i64,
    /// When it was saved.
    pub saved_at: Timestamp,
}

/// What is brought to the one-door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Errand {
    /// The dossier is handed in.
    Submit,
    /// What a notice asked for is handed in.
    Supply,
    /// The dossier is taken back.
    Withdraw,
}

impl Errand {
    /// The word the store keeps; also the kind of the task.
    pub fn word(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Supply => "supply",
            Self::Withdraw => "withdraw",
        }
    }

    /// The errand of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Submit, Self::Supply, Self::Withdraw].into_iter().find(|errand| errand.word() == word)
    }
}

impl store::FromValue for Errand {
    const EXPECTED: &'static str = "a word of Errand";

    fn from_value(value: &store::Value) -> Option<Self> {
        match value {
            store::Value::Text(word) => Self::of_word(word),
            _ => None,
        }
    }
}

impl From<Errand> for store::Value {
    fn from(errand: Errand) -> Self {
        errand.word().into()
    }
}

/// What the one-door refused last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was brought to it.
    pub errand: Errand,
    /// Why it was refused.
    pub problem: Problem,
}

/// Where a dossier stands, as its one-door reported last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Counts the reports.
    pub revision: u32,
    /// The state.
    pub state: DossierState,
    /// Since when.
    pub at: Timestamp,
    /// Code of the dossier, once received.
    pub dossier: Option<String>,
    /// When the result is due.
    pub due_at: Option<Timestamp>,
    /// What the applicant is told.
    pub note: Option<String>,
    /// The notice that asks for a supplement.
    pub notice: Option<u32>,
    /// The results so far that are short texts.
    pub facts: Vec<ResultFact>,
}

/// A draft that its applicant was asked to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    /// The version of the draft.
    pub version: i64,
    /// The dossier it will make.
    pub submission: Uuid,
    /// When it counts as handed in.
    pub submitted_at: Timestamp,
    /// The submission that was to be signed, as JSON.
    pub text: String,
    /// Names the request at the identity system.
    pub ticket: String,
}

/// The applicant's signature over what they handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// As it is sent.
    pub signature: SubmissionSignature,
    /// When they signed, and with what key.
    pub proof: SubmissionProof,
}

/// A dossier that was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// Its identifier.
    pub submission: Uuid,
    /// Whose it is.
    pub applicant: PersonalNumber,
    /// Their name.
    pub applicant_name: String,
    /// The procedure.
    pub procedure: ProcedureName,
    /// Member whose one-door it went to, as a whole identifier.
    pub sent_to: String,
    /// Commune that receives.
    pub commune: String,
    /// The application.
    pub content: Content,
    /// The form as it is sent.
    pub form: Form,
    /// When it was handed in.
    pub submitted_at: Timestamp,
    /// The applicant's signature, where they signed.
    pub signed: Option<Signed>,
    /// The one-door has it.
    pub is_delivered: bool,
    /// What is on its way to the one-door.
    pub errand: Option<Errand>,
    /// What the one-door refused last.
    pub refusal: Option<Refusal>,
    /// The dossier that was handed in instead, after a refusal.
    pub replaced_by: Option<Uuid>,
    /// The last notice that was answered; 0 when none was.
    pub answered_notice: u32,
    /// Where it stands.
    pub standing: Option<Standing>,
    /// How well it went, 1 to 5.
    pub rating: Option<u8>,
    /// Increases with each act of the applicant and each answer to it.
    pub version: i64,
}

/// One line of a dossier's time line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The state.
    pub state: DossierState,
    /// Since when.
    pub at: Timestamp,
    /// What the applicant was told.
    pub note: Option<String>,
}

/// A document of a dossier, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentLine {
    /// Its identifier.
    pub document: Uuid,
    /// What it is, by code.
    pub component: String,
    /// File name.
    pub name: String,
}

/// A document with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is, by code.
    pub component: String,
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Content.
    pub content: Vec<u8>,
}

/// What the figures are made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Dossiers that reached a one-door.
    pub submitted: i64,
    /// Dossiers on their way.
    pub sending: i64,
    /// Dossiers that reached a one-door, by state.
    pub by_state: Vec<(DossierState, i64)>,
    /// How many applicants said how it went.
    pub ratings: i64,
    /// The sum of what they said.
    pub ratings_sum: i64,
}
