//! One procedure as it is in force on a day.

use super::{in_language, procedure_path, written};
use crate::catalogue::Catalogue;
use crate::model::{Component, Confidence, ProcedureRecord, Step, Term, TermUnit, Version};
use crate::{rules, texts};
use askama::Template;
use axum::extract::{Path, State};
use contracts::agencies::UnitLevel;
use jiff::civil::Date;
use system::Clock;
use web::components::{Breadcrumb, SummaryList, SummaryRow, WarningText};
use web::{Form, Html, Language, Page, Problem, Visit};

#[derive(Template)]
#[template(path = "procedure.html")]
struct Body<'a> {
    t: Language,
    name: &'a str,
    warning: Option<WarningText>,
    facts: SummaryList,
    components: Vec<ComponentLine<'a>>,
    steps: Vec<StepLine<'a>>,
    results: Vec<&'a str>,
    history: Vec<HistoryLine>,
}

struct ComponentLine<'a> {
    name: &'a str,
    need: &'static str,
    held: Option<String>,
    citation: String,
}

struct StepLine<'a> {
    name: &'a str,
    member: &'a str,
    after: Option<String>,
    time_limit: String,
    citation: String,
}

struct HistoryLine {
    href: String,
    period: String,
    is_shown: bool,
}

pub(super) async fn show(
    State(clock): State<Clock>,
    Path(code): Path<String>,
    visit: Visit,
    form: Form,
) -> Result<Page, Problem> {
    let t = visit.language;
    let day = day_of_address(form.value("on"), clock.today())?;
    let procedure =
        Catalogue::vietnam().find(&code).ok_or_else(|| Problem::not_found().with_detail(texts::UNKNOWN))?;
    let version = procedure
        .at(day)
        .ok_or_else(|| Problem::not_found().with_detail(texts::NOT_IN_FORCE.with(&[&written(day)])))?;
    let unsure = rules::least_confidence(version) != Confidence::LawText;
    let body = Body {
        t,
        name: in_language(&procedure.name, t),
        warning: unsure.then(|| WarningText::new(texts::UNSURE.get(t), t)),
        facts: facts(procedure, version, t),
        components: version.components.iter().map(|component| component_line(component, t)).collect(),
        steps: version.steps.iter().map(|step| step_line(step, version, t)).collect(),
        results: version.results.iter().map(|result| in_language(&result.name, t)).collect(),
        history: history(procedure, version, t),
    };
    let list = Breadcrumb {
        content: texts::TITLE.get(t).into(),
        href: "/procedures".into(),
        ..Breadcrumb::default()
    };
    Ok(visit.page(in_language(&procedure.name, t), Html::of(&body)).with_breadcrumbs(vec![list]))
}

/// The day in the page's address, today when there is none.
fn day_of_address(asked: &str, today: Date) -> Result<Date, Problem> {
    if asked.is_empty() {
        return Ok(today);
    }
    let day = asked.parse().ok().filter(|day| rules::is_answerable(*day, today));
    day.ok_or_else(|| Problem::not_found().with_detail(texts::DAY_OUT_OF_RANGE))
}

fn facts(procedure: &ProcedureRecord, version: &Version, t: Language) -> SummaryList {
    let authority = match version.authority.level {
        UnitLevel::Province => texts::AUTHORITY_PROVINCE,
        UnitLevel::District => texts::AUTHORITY_DISTRICT,
        UnitLevel::Commune => texts::AUTHORITY_COMMUNE,
    };
    let (authority_law, term) = (&version.authority, &version.time_limit);
    let with_law =
        |fact: &str, citation: &str, confidence| format!("{fact} ({})", cited(citation, confidence, t));
    let authority = with_law(authority.get(t), &authority_law.citation, authority_law.confidence);
    let time_limit = with_law(&term_in_words(term, t), &term.citation, term.confidence);
    SummaryList::new(vec![
        SummaryRow::new(texts::CODE.get(t), procedure.code.as_str()),
        SummaryRow::new(texts::SECTOR.get(t), in_language(&procedure.sector, t)),
        SummaryRow::new(texts::PERIOD.get(t), period(version, t)),
        SummaryRow::new(texts::AUTHORITY.get(t), authority),
        SummaryRow::new(texts::TIME_LIMIT.get(t), time_limit),
        SummaryRow::new(texts::FEES.get(t), fees(version, t)),
        SummaryRow::new(
            texts::CITATION.get(t),
            cited(&version.source.citation, version.source.confidence, t),
        ),
    ])
}

fn fees(version: &Version, t: Language) -> String {
    if let Some(source) = &version.free_of_charge {
        return format!("{} ({})", texts::FREE.get(t), cited(&source.citation, source.confidence, t));
    }
    if version.fees.is_empty() {
        return texts::FEES_UNKNOWN.get(t).to_owned();
    }
    let fee = |fee: &crate::model::Fee| {
        let amount = texts::FEE.fill(t, &[&in_language(&fee.name, t), &fee.amount_vnd]);
        format!("{amount} ({})", cited(&fee.source.citation, fee.source.confidence, t))
    };
    version.fees.iter().map(fee).collect::<Vec<_>>().join("; ")
}

/// A citation, and how it is known when not from the law's text.
fn cited(citation: &str, confidence: Confidence, t: Language) -> String {
    match confidence {
        Confidence::LawText => citation.to_owned(),
        Confidence::Secondary => format!("{citation}; {}", texts::FROM_SECONDARY.get(t)),
        Confidence::Memory => format!("{citation}; {}", texts::FROM_MEMORY.get(t)),
    }
}

fn term_in_words(term: &Term, t: Language) -> String {
    let count = term.count.unwrap_or(1);
    match term.unit {
        TermUnit::SameDay => texts::SAME_DAY.get(t).to_owned(),
        TermUnit::WorkingDays => texts::WORKING_DAYS.fill(t, &[&count]),
        TermUnit::WorkingHours => texts::WORKING_HOURS.fill(t, &[&count]),
        TermUnit::CalendarDays => texts::CALENDAR_DAYS.fill(t, &[&count]),
        TermUnit::Months => texts::MONTHS.fill(t, &[&count]),
    }
}

fn period(version: &Version, t: Language) -> String {
    let from = written(version.from);
    match version.until.and_then(|until| until.yesterday().ok()) {
        Some(last) => texts::SINCE_UNTIL.fill(t, &[&from, &written(last)]),
        None => texts::SINCE.fill(t, &[&from]),
    }
}

fn component_line(component: &Component, t: Language) -> ComponentLine<'_> {
    ComponentLine {
        name: in_language(&component.name, t),
        need: if component.required { texts::REQUIRED.get(t) } else { texts::OPTIONAL.get(t) },
        held: component.held_by.as_deref().map(|system| texts::HELD.fill(t, &[&holder(system, t)])),
        citation: cited(&component.source.citation, component.source.confidence, t),
    }
}

/// A system by the name people know; by its code when it has none.
fn holder(system: &str, t: Language) -> &str {
    match system {
        contracts::population::SYSTEM => texts::HOLDER_POPULATION.get(t),
        contracts::civil_status::SYSTEM => texts::HOLDER_CIVIL_STATUS.get(t),
        contracts::insurance::SYSTEM => texts::HOLDER_INSURANCE.get(t),
        other => other,
    }
}

fn step_line<'a>(step: &'a Step, version: &'a Version, t: Language) -> StepLine<'a> {
    let named = |code: &String| version.steps.iter().find(|other| other.code == *code);
    let after: Vec<&str> =
        step.after.iter().filter_map(named).map(|other| in_language(&other.name, t)).collect();
    StepLine {
        name: in_language(&step.name, t),
        member: &step.member,
        after: (!after.is_empty()).then(|| texts::AFTER.fill(t, &[&after.join(", ")])),
        time_limit: term_in_words(&step.time_limit, t),
        citation: cited(&step.time_limit.citation, step.time_limit.confidence, t),
    }
}

fn history(procedure: &ProcedureRecord, shown: &Version, t: Language) -> Vec<HistoryLine> {
    let line = |version: &Version| HistoryLine {
        href: procedure_path(&procedure.code, version.from),
        period: period(version, t),
        is_shown: version.from == shown.from,
    };
    procedure.versions.history().iter().map(|entry| line(&entry.value)).collect()
}
