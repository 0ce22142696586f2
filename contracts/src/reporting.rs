//! The national reporting information system (*hệ thống thông tin báo cáo quốc gia*, Decree 09/2019/ND-CP), run by the
//! Government Office.

use crate::{
    civil_status::BirthCounted,
    events::{CloudEvent, Taken},
};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

crate::operations! { "reporting":
    /// Reads an indicator over a period: the figure of a unit, and those of the units directly under it.
    ReadFigures = "figures" POST "/read" Reads (FiguresOf) -> Figures;
    /// Takes the event that a birth was registered, amended or annulled, and counts it as it now stands.
    TakeBirth = "events" POST "/births" Writes (CloudEvent<BirthCounted>) -> Taken;
}

/// What is counted. Every indicator is a figure of the forms on civil status (Circular 03/2019/TT-BTP).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IndicatorCode {
    /// Births registered.
    Births,
    /// Of these, boys.
    BirthsMale,
    /// Of these, girls.
    BirthsFemale,
    /// Of these, children of the Kinh group.
    BirthsKinh,
    /// Of these, children of other groups.
    BirthsOtherGroups,
    /// Of these, registered within sixty days of the birth.
    BirthsOnTime,
    /// Of these, registered later.
    BirthsLate,
}

/// A reporting period of Decree 09/2019/ND-CP article 12. Each begins on the 15th of the month before its first and ends on
/// the 14th of its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Period {
    /// A month.
    Month {
        /// Year.
        year: i16,
        /// 1 to 12.
        month: i8,
    },
    /// Three months.
    Quarter {
        /// Year.
        year: i16,
        /// 1 to 4.
        quarter: i8,
    },
    /// Six months.
    HalfYear {
        /// Year.
        year: i16,
        /// 1 or 2.
        half: i8,
    },
    /// The first nine months.
    NineMonths {
        /// Year.
        year: i16,
    },
    /// A year.
    Year {
        /// Year.
        year: i16,
    },
}

/// By which units what was registered is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CountedBy {
    /// By the units of today, to which those of the past were joined.
    #[default]
    UnitsOfToday,
    /// By the units as they were on the day of registration.
    UnitsOfThatDay,
}

/// Which figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FiguresOf {
    /// What is counted.
    pub indicator: IndicatorCode,
    /// When.
    pub period: Period,
    /// Two-digit code of a province or five-digit code of a commune; the whole country when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// By which units.
    #[serde(default)]
    pub counted_by: CountedBy,
}

/// The figure of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// Code of the unit; absent for the whole country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many.
    pub value: i64,
    /// Of these, how many were registered by a unit that was split since and stand with the unit that took over most of it.
    pub of_split_units: i64,
}

/// Figures with their time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Figures {
    /// First day of the period.
    pub from: Date,
    /// Last day of the period.
    pub to: Date,
    /// The figure that was asked for.
    pub figure: Figure,
    /// The figures it is the sum of: those of the units directly under the unit that have any, by their codes.
    pub parts: Vec<Figure>,
}
