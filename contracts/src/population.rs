//! The national population database (Law 26/2023/QH15 articles 8-10), kept by the Ministry of Public Security.

use crate::{
    civil_status::ResidenceAsked,
    events::{CloudEvent, Taken},
    person::{Address, PersonName, PersonalNumber, Sex},
};
use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

crate::operations! { "population":
    /// Reads the fields of a person that the purpose may see.
    LookUpPerson = "people" POST "/look-up" Reads (LookUp) -> PersonView;
    /// Says whether a name, birth date and number belong together, and nothing else.
    VerifyPerson = "people" POST "/verify" Reads (Verification) -> Verified;
    /// Corrects a person's particulars after a correction in the civil-status register.
    CorrectPerson = "people" POST "/corrections" Writes (Correction) -> Corrected;
    /// Issues the personal number of a newborn whose birth is being registered.
    RegisterBirth = "births" POST "/registrations" Writes (Newborn) -> Numbered;
    /// Reads the household a person lives in.
    LookUpHousehold = "residence" POST "/household" Reads (HouseholdOf) -> Household;
    /// Says what became of a registration of residence that was asked for with a dossier.
    ReadResidence = "residence" POST "/outcome" Reads (ResidenceOf) -> ResidenceOutcome;
    /// Lists who read a person's data, why, and the proof of each reading.
    ListAccesses = "accesses" POST "/list" Reads (AccessesOf) -> Accesses;
    /// Takes the event that the parents of a newborn ask for its residence, and registers it with them.
    TakeResidenceAsked = "events" POST "/residence-asked" Writes (CloudEvent<ResidenceAsked>) -> Taken;
}

/// A field of a person's record that a purpose may or may not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PersonField {
    /// Family, middle and given name.
    Name,
    /// Date of birth.
    BirthDate,
    /// Sex.
    Sex,
    /// Ethnic group.
    Ethnicity,
    /// Nationality.
    Nationality,
    /// Place of birth.
    BirthPlace,
    /// Ancestral home (*quê quán*).
    Hometown,
    /// Marital status.
    MaritalStatus,
    /// Mother's number and name.
    Mother,
    /// Father's number and name.
    Father,
    /// Spouse's number and name.
    Spouse,
    /// Permanent residence.
    Residence,
    /// Date of death.
    DeathDate,
}

impl PersonField {
    /// Every field, in the order of the record.
    pub const ALL: [PersonField; 13] = [
        PersonField::Name,
        PersonField::BirthDate,
        PersonField::Sex,
        PersonField::Ethnicity,
        PersonField::Nationality,
        PersonField::BirthPlace,
        PersonField::Hometown,
        PersonField::MaritalStatus,
        PersonField::Mother,
        PersonField::Father,
        PersonField::Spouse,
        PersonField::Residence,
        PersonField::DeathDate,
    ];
}

/// Whom to look up, and at which point of the two time axes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LookUp {
    /// The person.
    pub number: PersonalNumber,
    /// The fields wanted. Fields that the purpose may not see are left out of the answer.
    pub fields: Vec<PersonField>,
    /// As it was on this day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_on: Option<Date>,
    /// As the register knew it at this time; all that is known when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_at: Option<Timestamp>,
}

/// Marital status as the register records it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MaritalStatus {
    /// Chưa kết hôn.
    Single,
    /// Đang có vợ hoặc chồng.
    Married,
    /// Đã ly hôn.
    Divorced,
    /// Góa.
    Widowed,
}

/// Another person, as a record names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Relative {
    /// Their number, when they have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<PersonalNumber>,
    /// Their name.
    pub name: PersonName,
}

/// A person as one purpose sees them: what it may not see, was not asked for or is not known is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonView {
    /// The number that was asked for.
    pub number: PersonalNumber,
    /// See [`PersonField::Name`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// See [`PersonField::BirthDate`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    /// See [`PersonField::Sex`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// Two-digit code of the ethnic group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<String>,
    /// ISO 3166 code of the nationality.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
    /// See [`PersonField::BirthPlace`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_place: Option<Address>,
    /// See [`PersonField::Hometown`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hometown: Option<Address>,
    /// See [`PersonField::MaritalStatus`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marital_status: Option<MaritalStatus>,
    /// See [`PersonField::Mother`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mother: Option<Relative>,
    /// See [`PersonField::Father`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub father: Option<Relative>,
    /// See [`PersonField::Spouse`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spouse: Option<Relative>,
    /// See [`PersonField::Residence`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residence: Option<Address>,
    /// See [`PersonField::DeathDate`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub death_date: Option<Date>,
}

/// Particulars that should belong to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// The number.
    pub number: PersonalNumber,
    /// The whole name as written; compared without regard to case and to where tone marks stand.
    pub name: String,
    /// The date of birth.
    pub birth_date: Date,
}

/// Whether they do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verified {
    /// All three belong to one living person.
    pub matches: bool,
}

/// A child whose birth is being registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Newborn {
    /// The entry of the civil-status register. One entry gets one number, however often it is sent.
    pub registration: Uuid,
    /// Name.
    pub name: PersonName,
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub birth_date: Date,
    /// Place of birth.
    pub birth_place: Address,
    /// Ancestral home (*quê quán*).
    pub hometown: Address,
    /// Two-digit code of the ethnic group.
    pub ethnicity: String,
    /// ISO 3166 code of the nationality.
    pub nationality: String,
    /// Commune where the birth is registered.
    pub registered_at: String,
    /// Mother, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mother: Option<Relative>,
    /// Father, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub father: Option<Relative>,
}

/// The number a newborn got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Numbered {
    /// The number, never issued before and never to be issued again.
    pub number: PersonalNumber,
}

/// A correction decided in the civil-status register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Correction {
    /// The person.
    pub number: PersonalNumber,
    /// The entry of the civil-status register that corrects.
    pub registration: Uuid,
    /// The right name, when it was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// The right place of birth, when it was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_place: Option<Address>,
    /// The right ancestral home, when it was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hometown: Option<Address>,
    /// The right ethnic group, when it was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<String>,
}

/// The correction stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Corrected {
    /// The person.
    pub number: PersonalNumber,
    /// When the register took it.
    pub known_from: Timestamp,
}

/// Whose household is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HouseholdOf {
    /// A member of it.
    pub number: PersonalNumber,
}

/// Relation of a member to the head of household (*chủ hộ*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// Chủ hộ.
    Head,
    /// Vợ hoặc chồng.
    Spouse,
    /// Con.
    Child,
    /// Cha hoặc mẹ.
    Parent,
    /// Cháu.
    Grandchild,
    /// Người khác.
    Other,
}

/// One member of a household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HouseholdMember {
    /// The person.
    pub number: PersonalNumber,
    /// Their name.
    pub name: PersonName,
    /// Relation to the head.
    pub relation: Relation,
}

/// People who live together, by the register of residence (Law 68/2020/QH14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Household {
    /// The household.
    pub household: Uuid,
    /// Where it lives.
    pub address: Address,
    /// Its members, the head first.
    pub members: Vec<HouseholdMember>,
}

/// Which registration of residence is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResidenceOf {
    /// Who was to be registered.
    pub number: PersonalNumber,
    /// Code of the dossier that asked for it.
    pub dossier: String,
}

/// What became of a registration of residence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum ResidenceOutcome {
    /// Registered.
    Registered(ResidenceRegistered),
    /// Refused.
    Refused {
        /// Why, in Vietnamese, one reason a line.
        reason: String,
    },
}

/// The residence that was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResidenceRegistered {
    /// The household.
    pub household: Uuid,
    /// The address.
    pub address: Address,
    /// From which day.
    pub from: Date,
}

/// Whose readings are listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccessesOf {
    /// The person.
    pub number: PersonalNumber,
    /// Only readings before this one, for the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Timestamp>,
}

/// One reading of a person's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Access {
    /// When.
    pub at: Timestamp,
    /// The system that read.
    pub client: String,
    /// What for.
    pub purpose: String,
    /// On what legal basis.
    pub legal_basis: String,
    /// The fields that were given.
    pub fields: Vec<PersonField>,
    /// Identifier of the message, which finds its proof in the log of either node.
    pub message: String,
}

/// Readings of a person's data, latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accesses {
    /// The readings.
    pub accesses: Vec<Access>,
    /// More came before these.
    pub more: bool,
}

/// Event `person.numbered`: a newborn got the number that is the event's subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonNumbered {
    /// The entry of the civil-status register.
    pub registration: Uuid,
    /// Commune where the birth is registered.
    pub registered_at: String,
}

/// Event `person.corrected`: particulars of the person who is the event's subject were corrected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonCorrected {
    /// The entry of the civil-status register that corrects.
    pub registration: Uuid,
}

/// Event `residence.registered`: the person who is the event's subject lives in another household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResidenceChanged {
    /// The household.
    pub household: Uuid,
    /// Commune where it lives.
    pub commune: String,
    /// From which day.
    pub from: Date,
}

/// Event `residence.decided`: the registration of residence that was asked for with the birth that is the event's subject is
/// decided. Whoever asked for it reads how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResidenceDecided {
    /// Code of the dossier that waits for it.
    pub dossier: String,
}
