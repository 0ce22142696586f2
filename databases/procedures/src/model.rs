//! Procedures as their data files write them: one file a procedure, one version for each time its law changed.

use calendar::dated::Dated;
use contracts::agencies::UnitLevel;
use jiff::civil::Date;
use serde::Deserialize;

/// How it is known that the law says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Read in the text of the law.
    LawText,
    /// Read in the press or in a document of an agency.
    Secondary,
    /// From general knowledge; to be compared with the law before use.
    Memory,
}

/// Where the law says so, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Law, decree or circular with its article.
    pub citation: String,
    /// How it is known.
    pub confidence: Confidence,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Both {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// A data file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcedureFile {
    /// Code, e.g. `1.001193`.
    pub code: String,
    /// Name.
    pub name: Both,
    /// Sector.
    pub sector: Both,
    /// The versions, in any order.
    pub versions: Vec<Version>,
}

/// A procedure from one change of its law to the next.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// First day in force.
    pub from: Date,
    /// First day no longer in force.
    pub until: Option<Date>,
    /// Where the law has the procedure.
    pub source: Source,
    /// Who has the authority.
    pub authority: Authority,
    /// How long the whole may take.
    pub time_limit: Term,
    /// Where the law says that nothing is paid. Where neither this nor a fee is given, fees are not known.
    pub free_of_charge: Option<Source>,
    /// The form an applicant fills, when it can be applied for online here.
    pub form: Option<String>,
    /// What a dossier is made of.
    #[serde(default)]
    pub components: Vec<Component>,
    /// What is paid.
    #[serde(default)]
    pub fees: Vec<Fee>,
    /// What agencies do, when it can be applied for online here.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What the applicant gets.
    #[serde(default)]
    pub results: Vec<Outcome>,
}

/// The level of the unit that decides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// The level.
    pub level: UnitLevel,
    /// Law, decree or circular with its article.
    pub citation: String,
    /// How it is known.
    pub confidence: Confidence,
}

/// In what a time limit is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TermUnit {
    /// On the day; received after 15:00, on the next working day. Has no count.
    SameDay,
    /// Working days.
    WorkingDays,
    /// Working hours.
    WorkingHours,
    /// Days of the calendar.
    CalendarDays,
    /// Months.
    Months,
}

/// How long something may take.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// In what it is counted.
    pub unit: TermUnit,
    /// How many.
    pub count: Option<u32>,
    /// Law, decree or circular with its article.
    pub citation: String,
    /// How it is known.
    pub confidence: Confidence,
}

/// A part of a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Code, unique within the version.
    pub code: String,
    /// Name.
    pub name: Both,
    /// Must be there.
    pub required: bool,
    /// The system that has the data already, so that the applicant need not bring it.
    pub held_by: Option<String>,
    /// Where the law asks for it.
    pub source: Source,
}

/// What is paid.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// What for.
    pub name: Both,
    /// How much, in dong.
    pub amount_vnd: i64,
    /// Where the law says so.
    pub source: Source,
}

/// What one agency does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Code, unique within the version.
    pub code: String,
    /// Name.
    pub name: Both,
    /// The member that does it, e.g. `VN/GOV/G15`.
    pub member: String,
    /// The operation that asks for it, `system/service/path`.
    pub operation: String,
    /// Steps whose result it needs.
    #[serde(default)]
    pub after: Vec<String>,
    /// How long it may take.
    pub time_limit: Term,
}

/// What an applicant gets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Code, unique within the version.
    pub code: String,
    /// Name.
    pub name: Both,
}

/// A procedure with its whole history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcedureRecord {
    /// Code.
    pub code: String,
    /// Name.
    pub name: Both,
    /// Sector.
    pub sector: Both,
    /// The versions by day.
    pub versions: Dated<Version>,
    /// Name and sector as they are searched by.
    pub(crate) folded: String,
}
