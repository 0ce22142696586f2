//! What a service is: who decides, what is needed, how long it takes and what it costs.

use super::{ROOT, fact, in_language, unanswered};
use crate::{Portal, model::Subject, texts};
use askama::Template;
use axum::extract::{Path, State};
use contracts::{
    Context,
    agencies::UnitLevel,
    procedures::{Component, Procedure, ProcedureOn, ReadProcedure, TimeLimit},
};
use std::sync::Arc;
use web::{
    Html, Language, Page, Problem, Visit,
    components::{Breadcrumb, Button, SummaryList},
};

/// The form that can be filled here.
const BIRTH_FORM: &str = "birth";

#[derive(Template)]
#[template(path = "service.html")]
struct ServicePage<'a> {
    t: Language,
    sector: &'a str,
    name: &'a str,
    facts: SummaryList,
    needed: Vec<(&'a str, Vec<&'static str>)>,
    steps: Vec<(&'a str, String)>,
    results: Vec<&'a str>,
    start: Option<Button>,
}

/// The service as it is in force today.
pub(super) async fn show(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    Path(code): Path<String>,
) -> Result<Page, Problem> {
    let t = visit.language;
    let procedure = read(&system, &code).await?;
    let authority = match procedure.authority {
        UnitLevel::Province => texts::AUTHORITY_PROVINCE,
        UnitLevel::District => texts::AUTHORITY_DISTRICT,
        UnitLevel::Commune => texts::AUTHORITY_COMMUNE,
    };
    let name = in_language(&procedure.name, t);
    let is_online = procedure.form.as_deref() == Some(BIRTH_FORM);
    let body = ServicePage {
        t,
        sector: in_language(&procedure.sector, t),
        name,
        facts: SummaryList::new(vec![
            fact(t, texts::AUTHORITY, authority.get(t)),
            fact(t, texts::TIME_LIMIT, in_words(&procedure.time_limit, t)),
            fact(t, texts::FEE, fees(&procedure, t)),
            fact(t, texts::CODE, &procedure.code),
            fact(t, texts::CITATION, &procedure.citation),
        ]),
        needed: procedure.components.iter().map(|component| needed(component, t)).collect(),
        steps: procedure
            .steps
            .iter()
            .map(|step| (in_language(&step.name, t), in_words(&step.time_limit, t)))
            .collect(),
        results: procedure.results.iter().map(|result| in_language(&result.name, t)).collect(),
        start: is_online
            .then(|| Button::start(texts::START.get(t), format!("{ROOT}/apply/{}", procedure.code))),
    };
    let above = Breadcrumb::new(texts::PORTAL.get(t), ROOT);
    Ok(visit.page(name, Html::of(&body)).with_breadcrumbs(vec![above]))
}

/// A procedure as it is in force today.
pub(super) async fn read(system: &Portal, code: &str) -> Result<Procedure, Problem> {
    let Some(Subject::Procedure(code)) = Subject::parse(code) else { return Err(Problem::not_found()) };
    let asked = ProcedureOn { code, on: None };
    let found = system.room.exchange.call::<ReadProcedure>(&asked, &Context::public()).await;
    found.map(|found| found.answer).map_err(unanswered)
}

/// A procedure that can be applied for here.
pub(super) async fn read_online(system: &Portal, code: &str) -> Result<Procedure, Problem> {
    let procedure = read(system, code).await?;
    if procedure.form.as_deref() == Some(BIRTH_FORM) { Ok(procedure) } else { Err(Problem::not_found()) }
}

fn needed(component: &Component, t: Language) -> (&str, Vec<&'static str>) {
    let mut remarks = Vec::new();
    if component.held_by.is_some() {
        remarks.push(texts::NO_PAPERS.get(t));
    }
    if !component.required {
        remarks.push(texts::OPTIONAL.get(t));
    }
    (in_language(&component.name, t), remarks)
}

fn fees(procedure: &Procedure, t: Language) -> String {
    if procedure.fees.is_empty() {
        return texts::FREE.get(t).to_owned();
    }
    let line = |fee: &contracts::procedures::Fee| {
        let amount = texts::FEE_LINE.fill(t, &[&in_language(&fee.name, t), &fee.amount_vnd]);
        format!("{amount} ({})", fee.citation)
    };
    procedure.fees.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn in_words(limit: &TimeLimit, t: Language) -> String {
    match limit {
        TimeLimit::SameDay => texts::SAME_DAY.get(t).to_owned(),
        TimeLimit::WorkingDays(count) => texts::WORKING_DAYS.fill(t, &[count]),
        TimeLimit::WorkingHours(count) => texts::WORKING_HOURS.fill(t, &[count]),
        TimeLimit::CalendarDays(count) => texts::CALENDAR_DAYS.fill(t, &[count]),
        TimeLimit::Months(count) => texts::MONTHS.fill(t, &[count]),
    }
}
