//! Events between systems, in the form of CloudEvents 1.0 (JSON).

use crate::{PersonalNumber, SystemId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Version of CloudEvents that events are written in.
pub const SPEC_VERSION: &str = "1.0";
/// Media type of one event in JSON.
pub const MEDIA_TYPE: &str = "application/cloudevents+json";
/// Code of the system by which every node of the exchange publishes its members' events.
pub const SYSTEM: &str = "events";

/// An event as subscribers get it. The same identifier may come more than once, until it was confirmed; what it says is then
/// the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CloudEventOf{T}")]
pub struct CloudEvent<T> {
    /// Version of CloudEvents: `1.0`.
    pub specversion: String,
    /// By which the event is known again.
    pub id: Uuid,
    /// The system that published it, e.g. `/VN/GOV/G01/population`.
    pub source: String,
    /// What happened, e.g. `person.numbered`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// To whom or what it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it happened.
    pub time: Timestamp,
    /// Form of the particulars: `application/json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datacontenttype: Option<String>,
    /// What events are ordered by, when it is not the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitionkey: Option<String>,
    /// Its place among the events of its type, as a decimal number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<String>,
    /// The particulars.
    pub data: T,
}

impl<T> CloudEvent<T> {
    /// The event is told by this system through its own member's room: `teller` is the system that brings it.
    pub fn is_told_by(&self, teller: &SystemId, system: &str) -> bool {
        teller.system == SYSTEM && self.source == format!("/{}", teller.member.system(system))
    }

    /// The person that the event is about.
    pub fn person(&self) -> Option<PersonalNumber> {
        self.subject.as_deref()?.parse().ok()
    }
}

/// The answer of a system that has taken an event. Whatever it says, success confirms the event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Taken {}
