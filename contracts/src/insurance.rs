//! Social and health insurance, kept by the social insurance agency.

use crate::{
    events::{CloudEvent, Taken},
    person::{Address, PersonName, PersonalNumber, Sex},
    population::PersonNumbered,
};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

crate::operations! { "insurance":
    /// Makes a newborn a member and issues the health card for children under six.
    RegisterNewborn = "members" POST "/newborns" Writes (NewMember) -> HealthCard;
    /// Reads a person's health card.
    LookUpCard = "members" POST "/look-up" Reads (CardOf) -> HealthCard;
    /// Takes the event that a newborn got a number, and insures the child.
    TakePersonNumbered = "events" POST "/person-numbered" Writes (CloudEvent<PersonNumbered>) -> Taken;
}

/// A child under six to be insured (Law 25/2008/QH12 article 12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewMember {
    /// Personal number. One person is one member, however often it is sent.
    pub number: PersonalNumber,
    /// Name.
    pub name: PersonName,
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub birth_date: Date,
    /// Where the child lives.
    pub residence: Address,
    /// Code of the dossier, or identifier of the event, that asks for it.
    pub dossier: String,
}

/// Whose card is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CardOf {
    /// The person.
    pub number: PersonalNumber,
}

/// A health insurance card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthCard {
    /// Number of the card: object code, benefit level, province, ten-digit insurance number.
    pub card: String,
    /// The person.
    pub number: PersonalNumber,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity.
    pub valid_to: Date,
    /// Where first treatment is registered.
    pub facility: String,
}

/// Event `card.issued`: the person who is the event's subject has a health insurance card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CardIssued {
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity.
    pub valid_to: Date,
}
