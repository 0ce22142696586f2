//! The one-door (*một cửa*) of a province: where dossiers are received, followed and answered
//! (Decree 61/2018/ND-CP, Decree 118/2025/ND-CP).

use crate::{
    civil_status::BirthForm,
    events::{CloudEvent, Taken},
    insurance::CardIssued,
    person::PersonalNumber,
    population::ResidenceDecided,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

crate::operations! { "one-door":
    /// Hands in a dossier for a procedure.
    SubmitDossier = "dossiers" POST "/submissions" Writes (Submission) -> Submitted;
    /// Hands in what a supplement notice asked for.
    SupplyMore = "dossiers" POST "/supplements" Writes (Supplement) -> Submitted;
    /// Takes a dossier back before it is decided.
    WithdrawDossier = "dossiers" POST "/withdrawals" Writes (Withdrawal) -> Submitted;
    /// Brings what an agency decided about one step of a dossier.
    DeliverResult = "results" POST "/deliveries" Writes (Delivery) -> Delivered;
    /// Takes the event that a health insurance card was issued, and goes on with the dossiers that wait for it.
    TakeCardIssued = "events" POST "/card-issued" Writes (CloudEvent<CardIssued>) -> Taken;
    /// Takes the event that a registration of residence was decided, and goes on with the dossier that waits for it.
    TakeResidenceDecided = "events" POST "/residence-decided" Writes (CloudEvent<ResidenceDecided>) -> Taken;
}

/// A file that belongs to a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attachment {
    /// Component of the procedure it is for, or the code of the result it is.
    pub component: String,
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Content in base64.
    pub content_base64: String,
}

/// What a procedure asks the applicant to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "form", rename_all = "kebab-case")]
pub enum Form {
    /// Registration of a birth, alone or joined with residence and health card.
    Birth(Box<BirthForm>),
}

/// A dossier as the portal hands it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Submission {
    /// The portal's own identifier. One submission makes one dossier, however often it is sent.
    pub submission: Uuid,
    /// Member whose portal hands it in and follows it.
    pub from: String,
    /// Code of the procedure.
    pub procedure: String,
    /// Commune that receives.
    pub commune: String,
    /// Personal number of the applicant.
    pub applicant: PersonalNumber,
    /// Name of the applicant.
    pub applicant_name: String,
    /// When it was handed in.
    pub submitted_at: Timestamp,
    /// What the applicant says.
    pub form: Form,
    /// What the applicant adds.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// The applicant's signature, where they signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<SubmissionSignature>,
}

/// A submission as its applicant signed it with their passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubmissionSignature {
    /// The text that was signed: JSON of the [`Submission`] without this field. Whoever keeps it can verify the signature
    /// later, whatever becomes of the form.
    pub text: String,
    /// The evidence of the identity system, as JSON.
    pub evidence: String,
}

/// The dossier is at the one-door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Submitted {
    /// The portal's identifier.
    pub submission: Uuid,
}

/// What the applicant supplies after a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Supplement {
    /// The dossier, by the portal's identifier.
    pub submission: Uuid,
    /// Which notice this answers, counted from one. An answer sent twice counts once.
    pub notice: u32,
    /// The whole form, corrected.
    pub form: Form,
    /// Further files.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
}

/// The applicant no longer wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Withdrawal {
    /// The dossier, by the portal's identifier.
    pub submission: Uuid,
}

/// What an agency decided about its step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// Done, with these results.
    Done {
        /// The results, e.g. the signed certificate.
        results: Vec<Attachment>,
        /// The person the step gave a number to, for the steps that follow.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<PersonalNumber>,
    },
    /// Something is missing or wrong; the applicant is asked for it.
    Supplement {
        /// What, in one list.
        reason: String,
    },
    /// Refused.
    Refused {
        /// Why.
        reason: String,
    },
}

/// A decision on its way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    /// Code of the dossier.
    pub dossier: String,
    /// Step of the procedure, e.g. `civil-status`.
    pub step: String,
    /// What was decided.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The decision has arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delivered {
    /// Code of the dossier.
    pub dossier: String,
}
