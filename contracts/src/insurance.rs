//! Social and health insurance, kept by the social insurance agency.

use crate::{
    events::{CloudEvent, Taken},
    person::PersonalNumber,
    population::PersonNumbered,
};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

crate::operations! { "insurance":
    /// Reads a person's health card.
    LookUpCard = "members" POST "/look-up" Reads (CardOf) -> HealthCard;
    /// Takes the event that a newborn got a number, and insures the child.
    TakePersonNumbered = "events" POST "/person-numbered" Writes (CloudEvent<PersonNumbered>) -> Taken;
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
