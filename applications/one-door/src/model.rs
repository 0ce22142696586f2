//! What a one-door records: dossiers, the progress of their steps, what was handed in and what is handed out.

use crate::rules::DossierCode;
use contracts::{
    PersonalNumber,
    identity::SubmissionProof,
    one_door::{Attachment, Form, SubmissionSignature},
    portal::{DossierState, ResultFact},
    procedures::{Procedure, Step},
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who changed a dossier: an officer, the applicant, or an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// An official's account, a personal number, or an exchange identifier.
    pub account: String,
    /// Name.
    pub name: String,
}

/// How far a step of a procedure has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Waits for reception or for other steps.
    Waiting,
    /// A task is asking the agency.
    Running,
    /// The agency has it and will deliver its decision.
    Asked,
    /// The agency asks for a supplement.
    Returned,
    /// Done.
    Done,
    /// Refused.
    Refused,
}

/// The progress of one step of one dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepProgress {
    /// Code of the step.
    pub code: String,
    /// How far it has come.
    pub state: StepState,
    /// Identifiers of the messages that brought decisions, so that one that comes twice counts once.
    pub deliveries: Vec<String>,
}

impl StepProgress {
    /// A step that has not begun.
    pub fn waiting(code: &str) -> Self {
        Self { code: code.to_owned(), state: StepState::Waiting, deliveries: Vec::new() }
    }
}

/// The reception of a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reception {
    /// The day whose series the serial is of.
    pub on: Date,
    /// Serial in the day; given by the store when the reception is written.
    pub serial: i64,
    /// When.
    pub at: Timestamp,
    /// The officer.
    pub by: Actor,
}

/// A dossier as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// The identifier that the portal gave it.
    pub submission: Uuid,
    /// Counts its changes; the portal is told this number.
    pub revision: i64,
    /// Where it stands.
    pub state: DossierState,
    /// The member that handed it in, as a whole identifier.
    pub handed_in_by: String,
    /// SHA-256 of the submission, in hexadecimal.
    pub digest: String,
    /// The procedure as it was in force on the day of submission.
    pub procedure: Procedure,
    /// Commune that receives.
    pub commune: String,
    /// Its full name.
    pub commune_name: String,
    /// Personal number of the applicant.
    pub applicant: PersonalNumber,
    /// Name of the applicant.
    pub applicant_name: String,
    /// When it was handed in.
    pub submitted_at: Timestamp,
    /// What the applicant says.
    pub form: Form,
    /// What tells that another dossier speaks of the same child.
    pub child_key: String,
    /// The steps, in the order of the procedure.
    pub steps: Vec<StepProgress>,
    /// Its reception, once received.
    pub reception: Option<Reception>,
    /// Since when the time limit runs: reception, or the supplement that made it complete.
    pub clock_from: Option<Timestamp>,
    /// When the result is due; absent while the clock is stopped.
    pub due_at: Option<Timestamp>,
    /// The new appointment that an apology gave (form 04); at most one for a term.
    pub rescheduled_to: Option<Timestamp>,
    /// What the applicant is told: what to supply, why refused.
    pub note: Option<String>,
    /// How many supplement notices were given.
    pub notices: u32,
    /// The last notice that was answered.
    pub answered: u32,
    /// The person that a step gave a number to.
    pub person: Option<PersonalNumber>,
    /// Number of the health insurance card that a step brought.
    pub health_card: Option<String>,
    /// It ended after its due date.
    pub late: bool,
    /// When it came to be so.
    pub changed_at: Timestamp,
    /// The last revision that the portal has.
    pub synchronised: i64,
}

impl Dossier {
    /// Its code, once received by `agency`.
    pub fn code(&self, agency: &str) -> Option<DossierCode> {
        self.reception.as_ref().map(|reception| DossierCode::new(agency, reception.on, reception.serial))
    }

    /// What the calls made for it name as their case: its code, or the submission while it has none.
    pub fn case(&self, agency: &str) -> String {
        self.code(agency).map_or_else(|| self.submission.to_string(), |code| code.to_string())
    }

    /// The account whose act makes the calls of its steps.
    pub fn user(&self) -> String {
        match &self.reception {
            Some(reception) => reception.by.account.clone(),
            None => self.applicant.to_string(),
        }
    }

    /// When the applicant was told to expect the result.
    pub fn appointment(&self) -> Option<Timestamp> {
        self.rescheduled_to.or(self.due_at)
    }

    /// A step with its definition.
    pub fn step(&self, code: &str) -> Option<(&Step, &StepProgress)> {
        let definition = self.procedure.steps.iter().find(|step| step.code == code)?;
        let progress = self.steps.iter().find(|step| step.code == code)?;
        Some((definition, progress))
    }

    /// Puts a step into another state.
    pub fn set_step(&mut self, code: &str, state: StepState) {
        for step in self.steps.iter_mut().filter(|step| step.code == code) {
            step.state = state;
        }
    }

    /// The results so far that are short texts.
    pub fn result_facts(&self) -> Vec<ResultFact> {
        let number =
            self.person.map(|number| ResultFact::new(ResultFact::PERSONAL_NUMBER, number.to_string()));
        let card = self.health_card.as_ref().map(|card| ResultFact::new(ResultFact::HEALTH_CARD, card));
        number.into_iter().chain(card).collect()
    }

    /// The applicant as an actor.
    pub fn applicant_actor(&self) -> Actor {
        Actor { account: self.applicant.to_string(), name: self.applicant_name.clone() }
    }
}

/// The applicant's signature over what they handed in first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// As it was sent.
    pub given: SubmissionSignature,
    /// What the identity system says of it.
    pub verdict: Verdict,
}

/// What the identity system says of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It has not answered yet.
    Awaited,
    /// The applicant has signed this.
    Proven(SubmissionProof),
    /// The evidence proves nothing.
    NotProven,
}

/// A form of Circular 01/2018/TT-VPCP article 9 that goes to the applicant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperKind {
    /// 01 Giấy tiếp nhận hồ sơ và hẹn trả kết quả.
    ReceiptSlip,
    /// 02 Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ.
    SupplementNotice,
    /// 03 Phiếu từ chối tiếp nhận giải quyết hồ sơ.
    RefusalNotice,
    /// 04 Phiếu xin lỗi và hẹn lại ngày trả kết quả.
    Apology,
}

impl PaperKind {
    /// Every kind.
    pub const ALL: [Self; 4] =
        [Self::ReceiptSlip, Self::SupplementNotice, Self::RefusalNotice, Self::Apology];

    /// Its number in the circular; also what its code begins with.
    pub fn form(self) -> &'static str {
        match self {
            Self::ReceiptSlip => "form-01",
            Self::SupplementNotice => "form-02",
            Self::RefusalNotice => "form-03",
            Self::Apology => "form-04",
        }
    }

    /// The kind of the paper with this code.
    pub fn of_document(document: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| document.starts_with(kind.form()))
    }

    /// Its name in Vietnamese.
    pub fn title(self) -> &'static str {
        match self {
            Self::ReceiptSlip => "Giấy tiếp nhận hồ sơ và hẹn trả kết quả",
            Self::SupplementNotice => "Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ",
            Self::RefusalNotice => "Phiếu từ chối tiếp nhận giải quyết hồ sơ",
            Self::Apology => "Phiếu xin lỗi và hẹn lại ngày trả kết quả",
        }
    }

    /// Its name in English.
    pub fn title_en(self) -> &'static str {
        match self {
            Self::ReceiptSlip => "Receipt slip",
            Self::SupplementNotice => "Request to supply more",
            Self::RefusalNotice => "Notice of refusal",
            Self::Apology => "Apology with a new date",
        }
    }

    /// Name of its file.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::ReceiptSlip => "giay-tiep-nhan-ho-so.pdf",
            Self::SupplementNotice => "phieu-yeu-cau-bo-sung.pdf",
            Self::RefusalNotice => "phieu-tu-choi-tiep-nhan.pdf",
            Self::Apology => "phieu-xin-loi.pdf",
        }
    }
}

/// A document for the applicant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its code within the dossier: that of the result, or of the form with the number of the notice.
    pub document: String,
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// For a form, its number in the commune's series of the year.
    pub number: Option<i64>,
    /// For a form, the reason or list that stands in it.
    pub reason: String,
    /// For a form, who decided.
    pub official_name: String,
    /// When it was decided or came.
    pub created_at: Timestamp,
    /// The file; absent until it is pressed.
    pub content: Option<Vec<u8>>,
}

/// A file that the applicant handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedIn {
    /// The supplement notice it answers; 0 for the first time.
    pub notice: u32,
    /// Its place among those handed in together.
    pub place: u32,
    /// Component of the procedure it is for.
    pub component: String,
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
}

/// One change of a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The state it led to.
    pub state: DossierState,
    /// The steps that changed.
    pub steps: Vec<String>,
    /// What was said.
    pub note: Option<String>,
    /// Who changed it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// A file whose content has been read from base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File<'a> {
    /// How it came.
    pub attachment: &'a Attachment,
    /// What is in it.
    pub content: Vec<u8>,
}

/// What a task works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// The dossier.
    pub submission: Uuid,
    /// The step to run or the paper to press; empty for a synchronisation.
    #[serde(default)]
    pub part: String,
}
