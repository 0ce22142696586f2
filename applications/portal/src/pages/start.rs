//! Finding a service.

use super::{ROOT, in_language};
use crate::{Portal, rules, texts};
use askama::Template;
use axum::extract::State;
use contracts::{
    Context,
    procedures::{FindProcedures, ProcedureLine, ProcedureSearch},
};
use std::sync::Arc;
use web::{
    FieldErrors, Fields, Flash, Form, Html, Language, Page, Visit,
    components::{Button, Hint, Input, Tag},
};

#[derive(Template)]
#[template(path = "start.html")]
struct Start {
    t: Language,
    words: Input,
    search: Button,
    heading: Option<String>,
    services: Vec<ServiceLine>,
    online: Tag,
}

struct ServiceLine {
    href: String,
    name: String,
    sector: String,
    code: String,
    is_online: bool,
}

/// The services whose names have the words asked for; all of them when none were.
pub(super) async fn show(State(system): State<Arc<Portal>>, visit: Visit, form: Form) -> Page {
    let t = visit.language;
    let mut errors = FieldErrors::new();
    let words = form.value("q");
    if rules::check_line(words, false, rules::SEARCH_LIMIT_CHARACTERS).is_some() {
        errors.add("q", texts::TOO_LONG.with(&[&rules::SEARCH_LIMIT_CHARACTERS]));
    }
    let found = if errors.is_empty() { find(&system, words).await } else { None };
    let fields = Fields { form: &form, errors: &errors, language: t };
    let heading = found.as_ref().map(|found| match found.len() {
        0 => texts::FOUND_NONE.get(t).to_owned(),
        count => texts::FOUND.fill(t, &[&count]),
    });
    let is_silent = found.is_none() && errors.is_empty();
    let body = Start {
        t,
        words: Input {
            hint: Some(Hint::new(texts::SEARCH_SERVICES_HINT.get(t))),
            classes: "govuk-input--width-30".into(),
            ..fields.input("q", texts::SEARCH_SERVICES)
        },
        search: Button::new(texts::SEARCH.get(t)),
        heading,
        services: found.unwrap_or_default().iter().map(|procedure| line(procedure, t)).collect(),
        online: Tag::coloured(texts::APPLY_ONLINE.get(t), "green"),
    };
    let mut page = visit.page(texts::PORTAL.get(t), Html::of(&body)).with_errors(&errors);
    if is_silent {
        page = page.with_flash(Flash::notice(texts::NOT_ANSWERING.get(t)));
    }
    page
}

async fn find(system: &Portal, words: &str) -> Option<Vec<ProcedureLine>> {
    let asked = ProcedureSearch { text: words.to_owned(), on: None };
    match system.room.exchange.call::<FindProcedures>(&asked, &Context::public()).await {
        Ok(found) => Some(found.answer.procedures),
        Err(error) => {
            tracing::warn!(%error, "the catalogue of procedures can't be searched");
            None
        }
    }
}

fn line(procedure: &ProcedureLine, t: Language) -> ServiceLine {
    ServiceLine {
        href: format!("{ROOT}/services/{}", procedure.code),
        name: in_language(&procedure.name, t).to_owned(),
        sector: in_language(&procedure.sector, t).to_owned(),
        code: procedure.code.clone(),
        is_online: procedure.online,
    }
}
