//! Agencies and administrative units, with every change dated (Decision 20/2020/QD-TTg, Decision 19/2025/QD-TTg).

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

crate::operations! { "agencies":
    /// Finds administrative units by name, with or without accents, as they were on a day.
    FindUnits = "units" GET "/search" Reads (UnitSearch) -> Units;
    /// Reads an administrative unit as it was on a day.
    ReadUnit = "units" GET "/unit" Reads (UnitOn) -> Unit;
    /// Says what an address of the past is today: every unit that took over a part of it.
    SucceedUnit = "units" GET "/successors" Reads (SuccessorsOf) -> Succession;
    /// Says what an address of today was on a day: every unit that it was formed from.
    PrecedeUnit = "units" GET "/predecessors" Reads (PredecessorsOf) -> Succession;
    /// Reads an agency by its electronic identification code, in the old or the new form.
    ReadAgency = "agencies" GET "/agency" Reads (AgencyOn) -> Agency;
    /// Says of many codes at once which agencies and administrative units they name on a day.
    CheckPlaces = "agencies" POST "/places" Reads (Places) -> PlacesChecked;
}

/// Level of an administrative unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnitLevel {
    /// Tỉnh, thành phố trực thuộc trung ương.
    Province,
    /// Huyện, quận, thị xã; until 30 June 2025.
    District,
    /// Xã, phường, thị trấn, đặc khu.
    Commune,
}

/// An administrative unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unit {
    /// Code: two digits for a province, three for a district, five for a commune.
    pub code: String,
    /// Level.
    pub level: UnitLevel,
    /// Name with its kind, e.g. `Phường Ba Đình`.
    pub name: String,
    /// Name in English, where the decree's list has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
    /// Code of the unit it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Full name with all units it belongs to.
    pub full_name: String,
    /// First day in this form, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// First day no longer in this form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// What to find.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitSearch {
    /// Words of the name.
    pub text: String,
    /// Only units within this province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
    /// Only this level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<UnitLevel>,
    /// As it was on this day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Date>,
}

/// Units found, best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Units {
    /// The units.
    pub units: Vec<Unit>,
    /// There are more than could be listed; ask more narrowly.
    pub more: bool,
}

/// Which unit, on which day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitOn {
    /// Code of the unit.
    pub code: String,
    /// As it was on this day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Date>,
}

/// A unit of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuccessorsOf {
    /// Code of the unit.
    pub code: String,
    /// A day on which it existed.
    pub from: Date,
    /// The day for which the successors are wanted; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Date>,
}

/// A unit of today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PredecessorsOf {
    /// Code of the unit.
    pub code: String,
    /// The day for which the predecessors are wanted.
    pub on: Date,
}

/// A unit related to another by succession.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RelatedUnit {
    /// The unit.
    pub unit: Unit,
    /// Only a part passed, because the old unit was split.
    pub part: bool,
    /// The unit to take when nothing more exact is known.
    pub main: bool,
}

/// The units related by succession, and the act that made it so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Succession {
    /// The related units; the unit itself when nothing changed.
    pub units: Vec<RelatedUnit>,
    /// The resolution or decision.
    pub citation: String,
}

/// Which agency, on which day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgencyOn {
    /// Code, new form (`H26.19`) or old (`000.00.19.H26`).
    pub code: String,
    /// As it was on this day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Date>,
}

/// An agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Agency {
    /// Code in the form of Decision 20/2020/QD-TTg.
    pub code: String,
    /// Code in the form of QCVN 102:2016, when it can be written so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_code: Option<String>,
    /// Name.
    pub name: String,
    /// Province it governs, for People's Committees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
    /// Still at work on the day asked for.
    pub active: bool,
}

/// The most codes of each kind in one question of [`CheckPlaces`].
pub const PLACES_LIMIT_CODES: usize = 1_000;

/// Codes to be checked, at most [`PLACES_LIMIT_CODES`] of each kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Places {
    /// Codes of agencies, new form (`H26.19`) or old (`000.00.19.H26`).
    pub agencies: Vec<String>,
    /// Codes of administrative units.
    pub units: Vec<String>,
    /// As they were on this day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Date>,
}

/// What the codes name, in the order in which they were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlacesChecked {
    /// The agencies; nothing for what is no code of an agency, or of one under no agency that was at work.
    pub agencies: Vec<Option<AgencyPlace>>,
    /// The units; nothing where none had the code on that day.
    pub units: Vec<Option<UnitPlace>>,
}

/// Where an agency stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgencyPlace {
    /// Its code in the form of Decision 20/2020/QD-TTg.
    pub code: String,
    /// Its level, from 1.
    pub level: u8,
    /// The code of it, or of the nearest agency above it, that the published lists have. Below level 2 they have hardly any.
    pub listed: String,
    /// The province that the listed agency governs, for People's Committees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
}

/// Where a unit stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitPlace {
    /// Level.
    pub level: UnitLevel,
    /// Code of the province it is in, or is.
    pub province: String,
}
