//! What the system knows: units in each form they had, their succession, agencies.

use contracts::agencies::UnitLevel;
use jiff::civil::Date;
use serde::Deserialize;
use thiserror::Error;

/// What a unit is by law. Districts and townships ended on 30 June 2025.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UnitKind {
    /// Tỉnh.
    Province,
    /// Thành phố trực thuộc trung ương.
    CentralCity,
    /// Thành phố thuộc tỉnh or thuộc thành phố.
    ProvincialCity,
    /// Quận.
    UrbanDistrict,
    /// Thị xã.
    Town,
    /// Huyện.
    RuralDistrict,
    /// Phường.
    Ward,
    /// Thị trấn.
    Township,
    /// Xã.
    Commune,
    /// Đặc khu, an island or group of islands.
    SpecialZone,
}

impl UnitKind {
    /// The kind and the bare name of a unit called `name`, e.g. `Phường Ba Đình`.
    pub fn of(name: &str, level: UnitLevel) -> Option<(Self, &str)> {
        const WORDS: [(&str, UnitLevel, UnitKind); 10] = [
            ("Tỉnh ", UnitLevel::Province, UnitKind::Province),
            ("Thành phố ", UnitLevel::Province, UnitKind::CentralCity),
            ("Thành phố ", UnitLevel::District, UnitKind::ProvincialCity),
            ("Quận ", UnitLevel::District, UnitKind::UrbanDistrict),
            ("Thị xã ", UnitLevel::District, UnitKind::Town),
            ("Huyện ", UnitLevel::District, UnitKind::RuralDistrict),
            ("Phường ", UnitLevel::Commune, UnitKind::Ward),
            ("Thị trấn ", UnitLevel::Commune, UnitKind::Township),
            ("Xã ", UnitLevel::Commune, UnitKind::Commune),
            ("Đặc khu ", UnitLevel::Commune, UnitKind::SpecialZone),
        ];
        WORDS
            .iter()
            .filter(|(_, of_level, _)| *of_level == level)
            .find_map(|(words, _, kind)| name.strip_prefix(words).map(|bare| (*kind, bare)))
    }
}

/// A unit in one form: from one change of its name, kind or place in the hierarchy to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRecord {
    /// Two digits for a province, three for a district, five for a commune. A code is used again: it names a unit only
    /// together with a day.
    pub code: &'static str,
    /// Level.
    pub level: UnitLevel,
    /// Kind.
    pub kind: UnitKind,
    /// Name with its kind.
    pub name: &'static str,
    /// Name without its kind.
    pub bare_name: &'static str,
    /// Name in English, for units of today.
    pub name_en: Option<&'static str>,
    /// Code of the unit it belongs to.
    pub parent: Option<&'static str>,
    /// First day in this form; unknown for units older than the list.
    pub from: Option<Date>,
    /// First day no longer in this form.
    pub until: Option<Date>,
    /// The name as it is searched by, and where its bare part begins.
    pub(crate) folded: Box<str>,
    pub(crate) folded_bare_at: usize,
}

impl UnitRecord {
    /// Whether the unit had this form on a day.
    pub fn stood_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }
}

/// That a unit, or a part of it, passed to another on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuccessionRecord {
    /// Code of the unit that ceased in its form.
    pub unit: &'static str,
    /// Code of the unit that took over.
    pub successor: &'static str,
    /// First day of the successor.
    pub on: Date,
    /// Only a part passed.
    pub part: bool,
    /// The successor to take when nothing more exact is known.
    pub main: bool,
}

/// A unit related to another by succession.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Related<'a> {
    /// The unit.
    pub unit: &'a UnitRecord,
    /// Only a part passed, because the older unit was split.
    pub part: bool,
    /// The unit to take when nothing more exact is known.
    pub main: bool,
}

/// Related units and the acts that made it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession<'a> {
    /// The units, the main one first; the unit itself when nothing changed.
    pub units: Vec<Related<'a>>,
    /// The acts, in order of time; none when nothing changed.
    pub citations: Vec<&'static str>,
}

/// Why a question about units has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnitError {
    /// No unit ever had the code.
    #[error(
        "no unit has this code; it has two digits for a province, three for a district, five for a commune"
    )]
    Unknown,
    /// Units had the code, on other days.
    #[error("no unit had this code on {0}; ask for the day on which it stood")]
    NotOnThatDay(Date),
    /// Successors are asked for a day before the unit, or predecessors for a day after it.
    #[error("{asked} and {stood} are the wrong way round; successors come later, predecessors earlier")]
    WrongWayRound {
        /// The day asked for.
        asked: Date,
        /// The day on which the unit stood.
        stood: Date,
    },
}

/// What an agency is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgencyKind {
    /// A ministry or another agency of the centre.
    Central,
    /// People's Committee (*Ủy ban nhân dân*) of a province.
    PeoplesCommittee,
    /// People's Council (*Hội đồng nhân dân*) of a province.
    PeoplesCouncil,
    /// A unit of one of these.
    Unit,
}

/// How it is known whose a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Decision 20/2020/QD-TTg, or the press on Decision 09/2025/QD-TTg.
    Decision,
    /// Seen in documents of agencies.
    Document,
    /// From the order of the list or general knowledge; not seen.
    Inferred,
    /// Stands for a code that was not found.
    Illustrative,
}

/// An agency in one form: from one change of its name or territory to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyRecord {
    /// Code in the form of Decision 20/2020/QD-TTg.
    pub code: crate::codes::AgencyCode,
    /// Name.
    pub name: String,
    /// What it is.
    pub kind: AgencyKind,
    /// Code of the province it governs.
    pub province: Option<String>,
    /// First day in this form, when known.
    pub from: Option<Date>,
    /// First day no longer in this form.
    pub until: Option<Date>,
    /// The agency that took over when it was closed.
    pub successor: Option<crate::codes::AgencyCode>,
    /// How it is known that the code is this agency's.
    pub basis: Basis,
}

/// A line of a data file that is not of the file's form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}, line {line}: {fault}")]
pub struct DataFault {
    /// The file.
    pub file: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it and what to do.
    pub fault: String,
}
