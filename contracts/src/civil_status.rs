//! The civil-status register (Law 60/2014/QH13), kept by communes in the system of the Ministry of Justice.

use crate::person::{Address, PersonName, PersonalNumber, Sex};
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

crate::operations! { "civil-status":
    /// Files an application to register a birth with the registrar of a commune.
    FileBirth = "births" POST "/applications" Writes (BirthApplication) -> Filed;
    /// Says how far an application has come.
    BirthProgress = "births" POST "/progress" Reads (ProgressOf) -> BirthStanding;
    /// Gives the signed certificate of a registered birth to those it concerns.
    FetchCertificate = "certificates" POST "/fetch" Reads (CertificateOf) -> Certificate;
    /// Says whether a certificate is genuine and still true, by the code printed on it.
    VerifyCertificate = "certificates" POST "/verify" Reads (CertificateCode) -> CertificateStanding;
}

/// Who declares a birth (Law 60/2014/QH13 article 15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Declarant {
    /// Cha.
    Father,
    /// Mẹ.
    Mother,
    /// Ông, bà.
    Grandparent,
    /// Người thân thích khác.
    OtherRelative,
    /// Cá nhân, tổ chức đang nuôi dưỡng trẻ em.
    Carer,
}

/// The child, as the birth form says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Child {
    /// Name.
    pub name: PersonName,
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub birth_date: Date,
    /// Place of birth: the health facility or address.
    pub birth_place: Address,
    /// Ancestral home (*quê quán*), by agreement of the parents or custom.
    pub hometown: Address,
    /// Two-digit code of the ethnic group.
    pub ethnicity: String,
    /// ISO 3166 code of the nationality.
    pub nationality: String,
}

/// A parent, as the birth form says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Parent {
    /// Personal number, when they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<PersonalNumber>,
    /// Name.
    pub name: PersonName,
    /// Date of birth.
    pub birth_date: Date,
    /// Two-digit code of the ethnic group.
    pub ethnicity: String,
    /// ISO 3166 code of the nationality.
    pub nationality: String,
    /// Where they live.
    pub residence: Address,
}

/// The contents of a birth registration (Law 60/2014/QH13 article 14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BirthForm {
    /// Who declares, as related to the child.
    pub declarant: Declarant,
    /// Personal number of who declares.
    pub declarant_number: PersonalNumber,
    /// The child.
    pub child: Child,
    /// The mother, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mother: Option<Parent>,
    /// The father, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub father: Option<Parent>,
    /// Number of the birth notice (*giấy chứng sinh*) of the health facility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_notice: Option<String>,
}

/// An application, as the one-door passes it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BirthApplication {
    /// Code of the dossier. One dossier makes one application, however often it is sent.
    pub dossier: String,
    /// Member that received it and gets the result.
    pub received_by: String,
    /// Five-digit code of the commune that registers.
    pub commune: String,
    /// When it was received.
    pub received_at: Timestamp,
    /// When the result is due.
    pub due_at: Timestamp,
    /// The parents ask in the same declaration that the child be registered as permanently resident with them (Decree
    /// 63/2024/ND-CP).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub residence_asked: bool,
    /// The contents.
    pub form: BirthForm,
}

/// The application is with the registrar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Filed {
    /// The application.
    pub application: Uuid,
}

/// Which application is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProgressOf {
    /// Code of the dossier.
    pub dossier: String,
}

/// Where an application stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum BirthStanding {
    /// The registrar has not decided yet.
    Waiting,
    /// Entered in the book.
    Registered(Registration),
    /// Sent back because something is missing or wrong.
    Returned {
        /// What has to be supplied, in the registrar's words.
        reason: String,
    },
    /// Refused.
    Refused {
        /// Why, in the registrar's words.
        reason: String,
    },
}

/// An entry of the book of births.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Registration {
    /// The entry.
    pub registration: Uuid,
    /// Number in the book, e.g. `123/2026`.
    pub number: String,
    /// Symbol of the book, e.g. `01/2026 TP/HT-KS`.
    pub book: String,
    /// Day of registration.
    pub registered_on: Date,
    /// The child's personal number.
    pub child: PersonalNumber,
    /// Code printed on the certificate, which verifies it.
    pub certificate_code: String,
}

/// Which certificate is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CertificateOf {
    /// The entry of the book.
    pub registration: Uuid,
}

/// A signed certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Certificate {
    /// The signed PDF, in base64.
    pub pdf_base64: String,
    /// Proof that the register holds it, a C2SP tlog-proof.
    pub proof: String,
}

/// The code printed on a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CertificateCode {
    /// The code.
    pub code: String,
}

/// What the register says of a certificate, without naming anyone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CertificateStanding {
    /// Number in the book.
    pub number: String,
    /// Day of registration.
    pub registered_on: Date,
    /// Commune that registered.
    pub commune: String,
    /// A later correction makes this certificate untrue; ask for a new one.
    pub corrected: bool,
    /// SHA-256 of the signed PDF, in hexadecimal.
    pub sha256: String,
    /// Proof that the register holds it, a C2SP tlog-proof.
    pub proof: String,
}

/// What a birth counts as in the reports on civil status (Circular 03/2019/TT-BTP), once it stands in the book. Nothing names
/// anyone. Events `birth.registered`, `birth.amended` and `birth.annulled`: the last that was said of an entry holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BirthCounted {
    /// The entry.
    pub registration: Uuid,
    /// 1 for the registration, one more with each amendment and with the annulment: what has a higher number was said later.
    pub version: i64,
    /// Commune whose book it stands in.
    pub commune: String,
    /// On which day it was registered.
    pub registered_on: Date,
    /// Sex of the child.
    pub sex: Sex,
    /// The child is of the Kinh group, not of another.
    pub kinh: bool,
    /// Registered within sixty days of the birth (Law 60/2014/QH13 article 15).
    pub on_time: bool,
}

/// Event `residence.asked`: the birth that is the event's subject stands in the book, and the parents asked in the same
/// declaration that the child be registered as resident with them. Nothing names anyone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResidenceAsked {
    /// The entry.
    pub registration: Uuid,
    /// Code of the dossier that waits for the outcome.
    pub dossier: String,
}
