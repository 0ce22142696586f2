//! What is kept: places, births, the events that said it, and figures.

use contracts::reporting::{CountedBy, IndicatorCode, Period};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A commune in one of its forms: its code, and the first day of the form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlaceKey {
    /// Code of the commune.
    pub commune: String,
    /// First day in this form; [`Date::ZERO`] when it is not known.
    pub from: Date,
}

/// A commune with its province.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commune {
    /// Code.
    pub code: String,
    /// Name with its kind.
    pub name: String,
    /// Code of the province.
    pub province: String,
    /// Name of the province.
    pub province_name: String,
}

/// A commune as it was when something was registered there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// First day in this form; [`Date::ZERO`] when it is not known.
    pub from: Date,
    /// First day no longer in this form.
    pub until: Option<Date>,
    /// As it was then.
    pub then: Commune,
    /// The commune of today that it was joined to, or the most of it.
    pub now: Commune,
    /// Only a part of it went there.
    pub split: bool,
    /// Day on which this was looked up.
    pub as_of: Date,
}

impl Place {
    /// What it is known by.
    pub fn key(&self) -> PlaceKey {
        PlaceKey { commune: self.then.code.clone(), from: self.from }
    }
}

/// What counts of a birth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    /// The entry of the civil-status register.
    pub registration: Uuid,
    /// Counts up with everything that was said of it.
    pub version: i64,
    /// The commune whose book it stands in.
    pub place: PlaceKey,
    /// On which day it was registered.
    pub registered_on: Date,
    /// A boy.
    pub male: bool,
    /// Of the Kinh group.
    pub kinh: bool,
    /// Registered within sixty days.
    pub on_time: bool,
    /// Registered against the law; it counts no more.
    pub annulled: bool,
}

/// What an event said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// A birth was registered.
    Registered,
    /// It was amended.
    Amended,
    /// It was annulled.
    Annulled,
}

impl Said {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Registered, Self::Amended, Self::Annulled];

    /// What the type of event says.
    pub fn of_event(event_type: &str) -> Option<Self> {
        event_type.strip_prefix("birth.").and_then(Self::of_word)
    }

    /// How the store has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Amended => "amended",
            Self::Annulled => "annulled",
        }
    }

    /// What the store has.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|said| said.word() == word)
    }
}

/// An event that was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedEvent {
    /// Its identifier.
    pub event: Uuid,
    /// The version of the birth that it told of.
    pub version: i64,
    /// What it said.
    pub said: Said,
    /// Identifier of the message that brought it; the log of either node proves it.
    pub message: String,
    /// When it happened.
    pub told_at: Timestamp,
    /// When it was counted.
    pub taken_at: Timestamp,
}

/// What figures stand on a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// When.
    pub period: Period,
    /// Code of a province or commune; the whole country when absent.
    pub unit: Option<String>,
    /// By which units.
    pub counted_by: CountedBy,
}

/// A figure, and how much of it stands with a unit although only a part of the unit of the past went there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Value {
    /// How many.
    pub all: i64,
    /// How many of them by a unit that was split.
    pub of_split_units: i64,
}

/// The figures of a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Code of the unit; absent for the whole country.
    pub unit: Option<String>,
    /// Its name; absent for the whole country.
    pub name: Option<String>,
    /// First day of a unit of the past, for the parts of a commune.
    pub from: Option<Date>,
    /// Its figures. What is not there is nought.
    pub values: BTreeMap<IndicatorCode, Value>,
}

impl Line {
    /// The figure of an indicator.
    pub fn value(&self, indicator: IndicatorCode) -> Value {
        self.values.get(&indicator).copied().unwrap_or_default()
    }
}

/// The figures of a unit and of the units directly under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// First day of the period.
    pub from: Date,
    /// Last day of the period.
    pub to: Date,
    /// The sum.
    pub whole: Line,
    /// What it is the sum of.
    pub parts: Vec<Line>,
}
