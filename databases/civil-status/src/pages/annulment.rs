//! Annulment of an entry that was registered against the law.

use super::{
    Registrar,
    entry::{own_entry, path},
    fact,
};
use crate::{ActError, CivilStatus, model::Entry, rules::AnnulmentRequest, texts};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use system::Access;
use web::{
    Confirmation, Csrf, FieldErrors, Fields, Form, Html, Language, Page, Problem, Redirect, Visit,
    components::{Button, Hint, Input, Textarea},
};

/// What is sent on from the form to its confirmation.
const ANSWERS: [&str; 3] = ["legal-basis", "reason", "version"];

#[derive(Template)]
#[template(path = "annulment.html")]
struct AnnulmentPage {
    t: Language,
    csrf: Csrf,
    version: i64,
    legal_basis: Input,
    reason: Textarea,
    send: Button,
}

/// The form.
pub(super) async fn ask(
    State(system): State<Arc<CivilStatus>>,
    visit: Visit,
    registrar: Registrar,
    Path(registration): Path<String>,
) -> Result<Page, Problem> {
    let (entry, versions) = own_entry(&system, &registrar, Access::Change, &registration).await?;
    let current = versions.last().ok_or_else(Problem::not_found)?;
    Ok(page(&visit, &entry, current.version, &Form::default(), &FieldErrors::new()))
}

/// Annuls: the first time shows what follows; confirmed, it is done.
pub(super) async fn annul(
    State(system): State<Arc<CivilStatus>>,
    visit: Visit,
    registrar: Registrar,
    Path(registration): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let t = visit.language;
    let (entry, versions) = own_entry(&system, &registrar, Access::Change, &registration).await?;
    let current = versions.last().ok_or_else(Problem::not_found)?;
    if form.value("version").parse() != Ok(current.version) {
        return Err(Problem::conflict());
    }
    let request = AnnulmentRequest {
        legal_basis: form.value("legal-basis").to_owned(),
        reason: form.value("reason").to_owned(),
    };
    let mut errors = FieldErrors::new();
    for fault in request.faults() {
        let field = if fault.field == "legal_basis" { "legal-basis" } else { "reason" };
        errors.add(field, web::Message::new(fault.vi, fault.en));
    }
    if !errors.is_empty() {
        return Ok(page(&visit, &entry, current.version, &form, &errors).into_response());
    }
    if form.value("confirmed") != "yes" {
        let facts =
            vec![fact(t, texts::LEGAL_BASIS, request.legal_basis), fact(t, texts::REASON, request.reason)];
        let answers = ANSWERS.iter().map(|name| (*name, form.value(name).to_owned())).collect();
        let heading = texts::CONFIRM_ANNULMENT.get(t).to_owned();
        let follows = texts::ANNULMENT_FOLLOWS.get(t).to_owned();
        let cancel = path(entry.registration);
        return Ok(Confirmation { heading, facts, follows, answers, cancel }.page(&visit).into_response());
    }
    match system.annul(&entry, &versions, &request, registrar.official).await {
        Ok(()) => Ok(Redirect::to(format!("{}?done=annulment", path(entry.registration))).into_response()),
        Err(ActError::Invalid(_)) => Err(Problem::conflict()),
        Err(error) => Err(error.into()),
    }
}

fn page(visit: &Visit, entry: &Entry, version: i64, form: &Form, errors: &FieldErrors) -> Page {
    let t = visit.language;
    let fields = Fields { form, errors, language: t };
    let body = AnnulmentPage {
        t,
        csrf: visit.csrf(),
        version,
        legal_basis: Input {
            hint: Some(Hint::new(texts::ANNULMENT_BASIS_HINT.get(t))),
            ..fields.input("legal-basis", texts::ANNULMENT_BASIS)
        },
        reason: fields.textarea("reason", texts::REASON),
        send: Button::new(texts::CONTINUE.get(t)),
    };
    visit.page(texts::ANNUL.get(t), Html::of(&body)).with_back(path(entry.registration)).with_errors(errors)
}
