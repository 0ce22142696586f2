//! For whom the person acts.

use super::{Person, ROOT, failed, organisations::next_page, store_failed};
use crate::{
    FACTS, Identity,
    acts::Acting,
    model::Mandate,
    records::{self, MANDATES_PAGE_ROWS, MandatePlace},
    rules::mandate::holds,
    texts,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use calendar::text::{day_month_year, english_date};
use contracts::identity::MandateKind;
use jiff::civil::Date;
use std::sync::Arc;
use web::{
    Csrf, FieldErrors, Fields, Form, Html, Language, Page, Problem, Redirect, Visit,
    components::{Button, Input, Pagination, SummaryList, SummaryRow},
};

struct Shown {
    id: String,
    facts: SummaryList,
    is_own: bool,
}

#[derive(Template)]
#[template(path = "mandates.html")]
struct Mandates {
    t: Language,
    csrf: Csrf,
    mandates: Vec<Shown>,
    stop: Button,
    child: Input,
    add: Button,
    pagination: Option<Pagination>,
}

/// Where the page is.
const MANDATES: &str = "/identity/mandates";

/// The place behind which a page begins, as an address has it.
pub(super) fn place(text: &str) -> Result<Option<MandatePlace>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let place = text.split_once('_').and_then(|(day, id)| Some((day.parse().ok()?, id.parse().ok()?)));
    place.map(Some).ok_or_else(Problem::not_found)
}

/// Cuts a page to its rows; the place of the last of them, as an address has it, where there are more behind it.
pub(super) fn cut(mut mandates: Vec<Mandate>) -> (Vec<Mandate>, Option<String>) {
    let more = mandates.len() > MANDATES_PAGE_ROWS;
    mandates.truncate(MANDATES_PAGE_ROWS);
    let last = mandates.last().filter(|_| more).map(|last| format!("{}_{}", last.from, last.id));
    (mandates, last)
}

/// All that hold today.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    form: Form,
) -> Result<Page, Problem> {
    page(&system, &visit, &person, &form, &FieldErrors::new()).await
}

async fn page(
    system: &Identity,
    visit: &Visit,
    person: &Person,
    form: &Form,
    errors: &FieldErrors,
) -> Result<Page, Problem> {
    let (t, today) = (visit.language, system.room.clock.today());
    let behind = place(form.value("after"))?;
    let held = records::mandates(&system.room.store, person.account.person, today, behind).await;
    let (held, next) = cut(held.map_err(store_failed)?);
    let fields = Fields { form, errors, language: t };
    let body = Mandates {
        t,
        csrf: visit.csrf(),
        mandates: held.iter().filter(|held| holds(held, today)).map(|held| shown(held, t)).collect(),
        stop: Button::warning(texts::STOP_ACTING.get(t)),
        child: Input { inputmode: "numeric".into(), ..fields.input("child", texts::CHILD_NUMBER) },
        add: Button::new(texts::ACT_FOR_CHILD.get(t)),
        pagination: next_page(next.map(|after| format!("{MANDATES}?after={after}")), t),
    };
    Ok(visit.page(texts::MANDATES.get(t), Html::of(&body)).with_back(ROOT).with_errors(errors))
}

fn shown(mandate: &Mandate, t: Language) -> Shown {
    let is_own = mandate.registered_by == FACTS.code && mandate.kind == MandateKind::Child;
    Shown { id: mandate.id.to_string(), facts: SummaryList::new(facts(mandate, t)), is_own }
}

/// What a mandate says.
pub(super) fn facts(mandate: &Mandate, t: Language) -> Vec<SummaryRow> {
    let day = |date: Date| match t {
        Language::Vi => day_month_year(date),
        Language::En => english_date(date),
    };
    let mut facts = vec![
        SummaryRow::new(texts::mandate(mandate.kind).get(t), mandate.subject_name.as_str()),
        SummaryRow::new(texts::BASIS.get(t), mandate.basis.as_str()),
        SummaryRow::new(texts::FROM.get(t), day(mandate.from)),
    ];
    if let Some(until) = mandate.until {
        facts.push(SummaryRow::new(texts::UNTIL.get(t), day(until)));
    }
    facts
}

/// Adds a child, or stops acting for one.
pub(super) async fn change(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    form: Form,
) -> Result<Response, Problem> {
    let done = || Redirect::to(MANDATES).into_response();
    if form.has("mandate") {
        let mandate = form.value("mandate").parse().map_err(|_| Problem::not_found())?;
        system.stop_acting(&person.account, mandate).await.map_err(store_failed)?;
        return Ok(done());
    }
    let mut errors = FieldErrors::new();
    match form.value("child").replace(' ', "").parse() {
        Err(_) => errors.add("child", texts::ENTER_NUMBER),
        Ok(child) => match system.act_for_child(&person.account, child).await.map_err(failed)? {
            Acting::Noted => return Ok(done()),
            Acting::NotParent => errors.add("child", texts::NOT_PARENT),
            Acting::Grown => errors.add("child", texts::GROWN),
            Acting::Wait(wait) => errors.add("child", texts::CHILD_WAIT.with(&[&wait.as_secs().max(1)])),
        },
    }
    Ok(page(&system, &visit, &person, &form, &errors).await?.into_response())
}
