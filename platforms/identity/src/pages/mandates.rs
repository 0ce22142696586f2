//! For whom the person acts.

use super::{Person, ROOT, failed, store_failed};
use crate::{
    FACTS, Identity,
    acts::Acting,
    model::Mandate,
    records,
    rules::mandate::{EmployeeFault, holds, may_give},
    texts,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use calendar::text::{day_month_year, english_date};
use contracts::identity::Level;
use jiff::civil::Date;
use std::sync::Arc;
use web::{
    Csrf, FieldErrors, Fields, Form, Html, Language, Page, Problem, Redirect, Visit,
    components::{Button, Input, SelectOption, SummaryList, SummaryRow},
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
    employees: Option<Employees>,
}

/// Who acts for the organisations that the person represents.
struct Employees {
    given: Vec<Shown>,
    end: Button,
    fields: Vec<Html>,
    give: Button,
}

/// All that hold today.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
) -> Result<Page, Problem> {
    page(&system, &visit, &person, &Form::default(), &FieldErrors::new()).await
}

async fn page(
    system: &Identity,
    visit: &Visit,
    person: &Person,
    form: &Form,
    errors: &FieldErrors,
) -> Result<Page, Problem> {
    let (t, today) = (visit.language, system.room.clock.today());
    let held =
        records::mandates(&system.room.store, person.account.person, today).await.map_err(store_failed)?;
    let fields = Fields { form, errors, language: t };
    let organisations: Vec<_> = held.iter().filter(|own| may_give(own, today)).collect();
    let given = match organisations.is_empty() {
        true => Vec::new(),
        false => records::mandates_given(&system.room.store, person.account.person, today)
            .await
            .map_err(store_failed)?,
    };
    let employees = (!organisations.is_empty()).then(|| Employees {
        given: given.iter().map(|given| shown_given(given, t)).collect(),
        end: Button::secondary(texts::END_GIVEN.get(t)),
        fields: employee_fields(&fields, &organisations),
        give: Button::new(texts::GIVE_MANDATE.get(t)),
    });
    let body = Mandates {
        t,
        csrf: visit.csrf(),
        mandates: held.iter().filter(|held| holds(held, today)).map(|held| shown(held, t)).collect(),
        stop: Button::warning(texts::STOP_ACTING.get(t)),
        child: Input { inputmode: "numeric".into(), ..fields.input("child", texts::CHILD_NUMBER) },
        add: Button::new(texts::ACT_FOR_CHILD.get(t)),
        employees,
    };
    Ok(visit.page(texts::MANDATES.get(t), Html::of(&body)).with_back(ROOT).with_errors(errors))
}

fn shown(mandate: &Mandate, t: Language) -> Shown {
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
    let is_own = mandate.registered_by == FACTS.code && mandate.given_from.is_none();
    Shown { id: mandate.id.to_string(), facts: SummaryList::new(facts), is_own }
}

/// A mandate that the person gave, with who has it.
fn shown_given(given: &Mandate, t: Language) -> Shown {
    let mut shown = shown(given, t);
    shown.facts.rows.insert(0, SummaryRow::new(texts::EMPLOYEE.get(t), given.holder.to_string()));
    shown
}

fn employee_fields(fields: &Fields<'_>, organisations: &[&Mandate]) -> Vec<Html> {
    let options =
        organisations.iter().map(|own| SelectOption::new(own.id.to_string(), own.subject_name.as_str()));
    let number = fields.input("employee", texts::EMPLOYEE);
    vec![
        fields.select("organisation", texts::ORGANISATION, options.collect()).render(),
        Input { inputmode: "numeric".into(), ..number }.render(),
        fields.date("from", texts::FROM).render(),
        fields.date("until", texts::UNTIL).render(),
    ]
}

/// Has an employee act for an organisation.
async fn give(
    system: &Identity,
    visit: &Visit,
    person: &Person,
    form: &Form,
) -> Result<Option<Page>, Problem> {
    if person.session.level < Level::Two {
        return Err(Problem::forbidden().with_detail(texts::LEVEL_2_NEEDED));
    }
    let mut errors = FieldErrors::new();
    let employee = form.value("employee").replace(' ', "").parse().ok();
    if employee.is_none() {
        errors.add("employee", texts::ENTER_NUMBER);
    }
    let from = form.required_date("from", texts::FROM, &mut errors);
    let until = form.required_date("until", texts::UNTIL, &mut errors);
    let own = form.value("organisation").parse().map_err(|_| Problem::not_found())?;
    if let (Some(employee), Some(from), Some(until)) = (employee, from, until) {
        let given = system.give_mandate(&person.account, own, employee, (from, until)).await;
        let Err(faults) = given.map_err(store_failed)? else { return Ok(None) };
        for fault in faults {
            match fault {
                EmployeeFault::NotYours => errors.add("organisation", texts::NOT_REPRESENTED),
                EmployeeFault::Oneself => errors.add("employee", texts::EMPLOYEE_ONESELF),
                EmployeeFault::Days => errors.add_date("until", texts::EMPLOYEE_DAYS),
            }
        }
    }
    page(system, visit, person, form, &errors).await.map(Some)
}

/// Adds a child or stops acting for one; has an employee act for an organisation, or ends that.
pub(super) async fn change(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    form: Form,
) -> Result<Response, Problem> {
    let done = || Redirect::to(format!("{ROOT}/mandates")).into_response();
    if form.has("mandate") {
        let mandate = form.value("mandate").parse().map_err(|_| Problem::not_found())?;
        system.stop_acting(&person.account, mandate).await.map_err(store_failed)?;
        return Ok(done());
    }
    if form.has("given") {
        let given = form.value("given").parse().map_err(|_| Problem::not_found())?;
        system.end_mandate_given(&person.account, given).await.map_err(store_failed)?;
        return Ok(done());
    }
    if form.has("organisation") {
        let again = give(&system, &visit, &person, &form).await?;
        return Ok(again.map_or_else(done, IntoResponse::into_response));
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
