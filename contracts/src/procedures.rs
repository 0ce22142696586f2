//! The national database of administrative procedures, kept by the Government Office.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

crate::operations! { "procedures":
    /// Finds procedures by words of their name, with or without accents.
    FindProcedures = "procedures" GET "/search" Reads (ProcedureSearch) -> Procedures;
    /// Reads a procedure as it was in force on a day.
    ReadProcedure = "procedures" GET "/procedure" Reads (ProcedureOn) -> Procedure;
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bilingual {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// What to find.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcedureSearch {
    /// Words of the name; all procedures when empty.
    #[serde(default)]
    pub text: String,
    /// In force on this day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Date>,
}

/// Which procedure, on which day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcedureOn {
    /// Code, e.g. `1.001193`.
    pub code: String,
    /// In force on this day; today when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Date>,
}

/// One line of a search result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcedureLine {
    /// Code.
    pub code: String,
    /// Name.
    pub name: Bilingual,
    /// Sector.
    pub sector: Bilingual,
    /// Can be applied for online here.
    pub online: bool,
}

/// Procedures found, best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Procedures {
    /// The procedures.
    pub procedures: Vec<ProcedureLine>,
}

/// How long something may take by law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "unit", content = "count")]
pub enum TimeLimit {
    /// On the day; received after 15:00, on the next working day.
    SameDay,
    /// Working days.
    WorkingDays(u32),
    /// Working hours.
    WorkingHours(u32),
    /// Days of the calendar.
    CalendarDays(u32),
    /// Months.
    Months(u32),
}

/// What a dossier is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Component {
    /// Code of the component.
    pub code: String,
    /// Name.
    pub name: Bilingual,
    /// Must be there.
    pub required: bool,
    /// The state has the data already, so the applicant need not bring it; names the system that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
}

/// One step of a procedure, done by one agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Code of the step, unique within the procedure.
    pub code: String,
    /// Name.
    pub name: Bilingual,
    /// Member that does it, e.g. `VN/GOV/G15`.
    pub member: String,
    /// The operation that asks for it, `system/service/path`.
    pub operation: String,
    /// Steps whose result it needs.
    #[serde(default)]
    pub after: Vec<String>,
    /// How long it may take.
    pub time_limit: TimeLimit,
    /// Where the law says so.
    pub citation: String,
}

/// What an applicant gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcedureResult {
    /// Code of the result.
    pub code: String,
    /// Name.
    pub name: Bilingual,
}

/// A fee, in dong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fee {
    /// What for.
    pub name: Bilingual,
    /// How much, in dong.
    pub amount_vnd: i64,
    /// Where the law says so.
    pub citation: String,
}

/// A procedure as it is in force on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Procedure {
    /// Code.
    pub code: String,
    /// Name.
    pub name: Bilingual,
    /// Sector.
    pub sector: Bilingual,
    /// First day in this form.
    pub from: Date,
    /// First day no longer in this form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Level of the unit that has the authority.
    pub authority: crate::agencies::UnitLevel,
    /// Which form the applicant fills, when it can be applied for online here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// What the dossier is made of.
    pub components: Vec<Component>,
    /// Fees; none means free of charge.
    #[serde(default)]
    pub fees: Vec<Fee>,
    /// How long the whole may take.
    pub time_limit: TimeLimit,
    /// The steps.
    pub steps: Vec<Step>,
    /// What the applicant gets.
    pub results: Vec<ProcedureResult>,
    /// Where the law says so.
    pub citation: String,
}
