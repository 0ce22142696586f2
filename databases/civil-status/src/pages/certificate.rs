//! What anyone may know of a certificate: that it is in the register, and whether it is still true.

use super::{ROOT, date_in, fact, failed};
use crate::{CivilStatus, rules, services, texts};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use web::{
    FieldErrors, Fields, Form, Html, Language, Page, Problem, Redirect, Visit,
    components::{Button, Hint, Input, Panel, SummaryList, WarningText},
};

#[derive(Template)]
#[template(path = "certificate.html")]
struct CertificatePage {
    t: Language,
    genuine: Option<Panel>,
    outdated: Option<WarningText>,
    facts: SummaryList,
    proof: String,
}

#[derive(Template)]
#[template(path = "certificate_code.html")]
struct CodePage {
    t: Language,
    code: Input,
    check: Button,
    root: &'static str,
}

/// Asks for the code, for those who have no camera, and leads to what the register says.
pub(super) async fn ask(
    State(system): State<Arc<CivilStatus>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Problem> {
    let t = visit.language;
    let mut errors = FieldErrors::new();
    if form.has("code") {
        let typed = form.value("code");
        let found = services::standing(&system.room.store, typed).await.map_err(failed)?;
        match (found, rules::normalise_certificate_code(typed)) {
            (Some(_), Some(code)) => {
                return Ok(Redirect::to(format!("{ROOT}/certificates/{code}")).into_response());
            }
            _ => errors.add("code", texts::NO_SUCH_CODE),
        }
    }
    let fields = Fields { form: &form, errors: &errors, language: t };
    let body = CodePage {
        t,
        code: Input {
            hint: Some(Hint::new(texts::CODE_HINT.get(t))),
            classes: "govuk-input--width-20".into(),
            spellcheck: Some(false),
            ..fields.input("code", texts::CODE)
        },
        check: Button::new(texts::CHECK.get(t)),
        root: ROOT,
    };
    Ok(visit.page(texts::VERIFY.get(t), Html::of(&body)).with_errors(&errors).into_response())
}

/// What the register says of the certificate.
pub(super) async fn show(
    State(system): State<Arc<CivilStatus>>,
    visit: Visit,
    Path(code): Path<String>,
) -> Result<Page, Problem> {
    let t = visit.language;
    let found = services::standing(&system.room.store, &code).await.map_err(failed)?;
    let (standing, commune) = found.ok_or_else(Problem::not_found)?;
    let code = rules::normalise_certificate_code(&code).ok_or_else(Problem::not_found)?;
    let body = CertificatePage {
        t,
        genuine: (!standing.corrected).then(|| Panel::new(texts::GENUINE.get(t), standing.number.clone())),
        outdated: standing.corrected.then(|| {
            let words = format!("{}. {}", texts::OUTDATED.get(t), texts::OUTDATED_MEANING.get(t));
            WarningText::new(words, t)
        }),
        facts: SummaryList::new(vec![
            fact(t, texts::NUMBER, standing.number.clone()),
            fact(t, texts::REGISTERED_ON, date_in(t, standing.registered_on)),
            fact(t, texts::COMMUNE, commune),
            fact(t, texts::FINGERPRINT, standing.sha256),
        ]),
        proof: format!("{ROOT}/certificates/{code}/proof"),
    };
    Ok(visit.page(texts::VERIFY.get(t), Html::of(&body)))
}

/// The proof that the register holds it.
pub(super) async fn proof(
    State(system): State<Arc<CivilStatus>>,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let found = services::standing(&system.room.store, &code).await.map_err(failed)?;
    let (standing, _) = found.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"giay-khai-sinh.tlog-proof\""),
    ];
    Ok((headers, standing.proof).into_response())
}
