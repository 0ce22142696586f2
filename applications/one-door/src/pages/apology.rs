//! The apology for a late result, with the one new date that may be given (Decree 61/2018/ND-CP article 19(9)).

use super::{Officer, ROOT, dossier::own_dossier, fact, moment_in, queue};
use crate::{
    OneDoor,
    model::Dossier,
    rules::{self, Act, NoAppointment, REASON_LIMIT_CHARACTERS, REASON_MIN_CHARACTERS},
    texts,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use std::sync::Arc;
use system::Access;
use web::{
    Confirmation, Csrf, FieldErrors, Fields, Form, Html, Language, Page, Problem, Redirect, Visit,
    components::{Button, DateInput, Hint, SummaryList, SummaryRow, Textarea},
};

#[derive(Template)]
#[template(path = "apology.html")]
struct ApologyPage {
    t: Language,
    csrf: Csrf,
    facts: SummaryList,
    revision: i64,
    date: DateInput,
    reason: Textarea,
    send: Button,
}

/// Whether an apology with a new date may still be given.
pub(super) fn may_be_given(dossier: &Dossier) -> bool {
    let has_place = rules::after(dossier.state, Act::Apologise, &dossier.steps).is_some();
    has_place && dossier.due_at.is_some() && dossier.rescheduled_to.is_none()
}

/// Asks for the new date and the reason.
pub(super) async fn ask(
    State(system): State<Arc<OneDoor>>,
    visit: Visit,
    officer: Officer,
    Path(submission): Path<String>,
) -> Result<Page, Problem> {
    let dossier = own_dossier(&system, &officer, Access::Change, &submission).await?;
    if !may_be_given(&dossier) {
        return Err(Problem::not_found());
    }
    Ok(page(&system, &visit, &dossier, &Form::default(), &FieldErrors::new()))
}

/// Shows what will follow; confirmed, it is done.
pub(super) async fn apologise(
    State(system): State<Arc<OneDoor>>,
    visit: Visit,
    officer: Officer,
    Path(submission): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let dossier = own_dossier(&system, &officer, Access::Change, &submission).await?;
    let due_at = dossier.due_at.filter(|_| may_be_given(&dossier)).ok_or_else(Problem::conflict)?;
    let mut errors = FieldErrors::new();
    let Some(appointment) = appointment(&system, &form, due_at, &mut errors) else {
        return Ok(page(&system, &visit, &dossier, &form, &errors).into_response());
    };
    if form.value("revision").parse() != Ok(dossier.revision) {
        return Err(Problem::conflict());
    }
    if form.value("confirmed") != "yes" {
        return Ok(confirmation(&visit, &dossier, &form, appointment).into_response());
    }
    system.apologise(&dossier, appointment, form.value("reason"), &officer.actor).await?;
    Ok(Redirect::to(format!("{ROOT}?done=apology")).into_response())
}

/// The new appointment on the form, or what is wrong with it.
fn appointment(
    system: &OneDoor,
    form: &Form,
    due_at: Timestamp,
    errors: &mut FieldErrors,
) -> Option<Timestamp> {
    let now = system.room.clock.now();
    let day = form.date("date", texts::NEW_DATE, errors);
    let appointment = day.map(|day| rules::new_appointment(day, due_at, now));
    match appointment {
        None if errors.is_empty() => errors.add("date", texts::ENTER_NEW_DATE),
        Some(Err(NoAppointment::NotLater)) => errors.add("date", texts::DATE_NOT_LATER),
        Some(Err(NoAppointment::DayOff)) => errors.add("date", texts::DATE_DAY_OFF),
        Some(Err(NoAppointment::TooFar)) => errors.add("date", texts::DATE_TOO_FAR),
        None | Some(Ok(_)) => {}
    }
    if !rules::is_reason(form.value("reason")) {
        errors.add("reason", texts::GIVE_REASON.with(&[&REASON_MIN_CHARACTERS, &REASON_LIMIT_CHARACTERS]));
    } else if rules::printable(form.value("reason")) != form.value("reason") {
        errors.add("reason", texts::NOT_PRINTABLE);
    }
    appointment.and_then(Result::ok).filter(|_| errors.is_empty())
}

fn page(system: &OneDoor, visit: &Visit, dossier: &Dossier, form: &Form, errors: &FieldErrors) -> Page {
    let t = visit.language;
    let fields = Fields { form, errors, language: t };
    let code = dossier.code(&system.room.member.code).map(|code| code.to_string()).unwrap_or_default();
    let body = ApologyPage {
        t,
        csrf: visit.csrf(),
        facts: SummaryList::new(vec![
            fact(t, texts::DOSSIER_CODE, code),
            fact(t, texts::APPLICANT, &dossier.applicant_name),
            SummaryRow::new(texts::DUE.get(t), queue::due(dossier, system.room.clock.now(), t)),
        ]),
        revision: dossier.revision,
        date: DateInput {
            hint: Some(Hint::new(texts::NEW_DATE_HINT.get(t))),
            ..fields.date("date", texts::NEW_DATE)
        },
        reason: fields.textarea("reason", texts::WHY_LATE),
        send: Button::new(texts::CONTINUE.get(t)),
    };
    visit.page(texts::APOLOGISE.get(t), Html::of(&body)).with_back(queue::path(dossier)).with_errors(errors)
}

fn confirmation(visit: &Visit, dossier: &Dossier, form: &Form, appointment: Timestamp) -> Page {
    let t = visit.language;
    let facts = vec![
        fact(t, texts::APPLICANT, &dossier.applicant_name),
        fact(t, texts::WHY_LATE, form.value("reason")),
    ];
    let answers = ["date-day", "date-month", "date-year", "reason", "revision"]
        .map(|name| (name, form.value(name).to_owned()))
        .to_vec();
    let follows = texts::APOLOGY_FOLLOWS.fill(t, &[&moment_in(t, appointment)]);
    let heading = texts::CONFIRM_APOLOGY.get(t).to_owned();
    Confirmation { heading, facts, follows, answers, cancel: queue::path(dossier) }.page(visit)
}
