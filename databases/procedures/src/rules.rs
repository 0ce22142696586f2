//! A procedure on one day, as the shared dictionary has it.

use crate::model::{Both, Component, Confidence, Fee, ProcedureRecord, Step, Term, TermUnit, Version};
use contracts::procedures::{
    Bilingual, Component as ComponentSaid, Fee as FeeSaid, Procedure, ProcedureLine, ProcedureResult,
    Step as StepSaid, TimeLimit,
};
use jiff::ToSpan;
use jiff::civil::{Date, date};

/// No procedure is older than the State.
const EARLIEST_DAY: Date = date(1945, 9, 2);

/// Whether the procedures of a day can be known. Nobody can know what will be in force more than a year from today.
pub fn is_answerable(day: Date, today: Date) -> bool {
    let latest = today.checked_add(1.year()).unwrap_or(today);
    (EARLIEST_DAY..=latest).contains(&day)
}

/// A procedure as it is listed.
pub fn line(procedure: &ProcedureRecord, version: &Version) -> ProcedureLine {
    ProcedureLine {
        code: procedure.code.clone(),
        name: said(&procedure.name),
        sector: said(&procedure.sector),
        online: version.form.is_some(),
    }
}

/// A procedure with everything that is known of it.
pub fn whole(procedure: &ProcedureRecord, version: &Version) -> Procedure {
    Procedure {
        code: procedure.code.clone(),
        name: said(&procedure.name),
        sector: said(&procedure.sector),
        from: version.from,
        until: version.until,
        authority: version.authority.level,
        form: version.form.clone(),
        components: version.components.iter().map(component).collect(),
        fees: version.fees.iter().map(fee).collect(),
        time_limit: time_limit(&version.time_limit),
        steps: version.steps.iter().map(step).collect(),
        results: version
            .results
            .iter()
            .map(|result| ProcedureResult { code: result.code.clone(), name: said(&result.name) })
            .collect(),
        citation: version.source.citation.clone(),
    }
}

/// How long a term is. A count that the checks would refuse is taken as 1.
pub fn time_limit(term: &Term) -> TimeLimit {
    let count = term.count.unwrap_or(1);
    match term.unit {
        TermUnit::SameDay => TimeLimit::SameDay,
        TermUnit::WorkingDays => TimeLimit::WorkingDays(count),
        TermUnit::WorkingHours => TimeLimit::WorkingHours(count),
        TermUnit::CalendarDays => TimeLimit::CalendarDays(count),
        TermUnit::Months => TimeLimit::Months(count),
    }
}

/// How well the least sure fact of a version is known.
pub fn least_confidence(version: &Version) -> Confidence {
    let own = [version.source.confidence, version.authority.confidence, version.time_limit.confidence];
    own.into_iter()
        .chain(version.free_of_charge.iter().map(|source| source.confidence))
        .chain(version.components.iter().map(|component| component.source.confidence))
        .chain(version.fees.iter().map(|fee| fee.source.confidence))
        .chain(version.steps.iter().map(|step| step.time_limit.confidence))
        .max()
        .unwrap_or(Confidence::Memory)
}

fn said(both: &Both) -> Bilingual {
    Bilingual { vi: both.vi.clone(), en: both.en.clone() }
}

fn component(component: &Component) -> ComponentSaid {
    ComponentSaid {
        code: component.code.clone(),
        name: said(&component.name),
        required: component.required,
        held_by: component.held_by.clone(),
    }
}

fn fee(fee: &Fee) -> FeeSaid {
    FeeSaid { name: said(&fee.name), amount_vnd: fee.amount_vnd, citation: fee.source.citation.clone() }
}

fn step(step: &Step) -> StepSaid {
    StepSaid {
        code: step.code.clone(),
        name: said(&step.name),
        member: step.member.clone(),
        operation: step.operation.clone(),
        after: step.after.clone(),
        time_limit: time_limit(&step.time_limit),
        citation: step.time_limit.citation.clone(),
    }
}
