//! Signing in with the password, and the code that may follow.

use super::{
    Cookie, ROOT, authorize, failed,
    form::{FormPage, secret_field},
    recover, return_path, store_failed, typed_number,
};
use crate::{
    Identity,
    acts::{Opened, Outcome, Typed},
    model::{Method, Step},
    rules::{code, contact},
    texts,
};
use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use web::{
    FieldErrors, Fields, Form, Html, Page, Problem, Redirect, Visit,
    components::{Hint, Input},
};

/// The form.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Problem> {
    let page = page(&visit, &form, &FieldErrors::new());
    authorize::leading_to(&system, &return_path(&form), page).await
}

fn page(visit: &Visit, form: &Form, errors: &FieldErrors) -> Page {
    let t = visit.language;
    let fields = Fields { form, errors, language: t };
    let to = return_path(form);
    let number = Input {
        hint: Some(Hint::new(texts::NUMBER_HINT.get(t))),
        inputmode: "numeric".into(),
        autocomplete: "username".into(),
        ..fields.input("number", texts::NUMBER)
    };
    let lead = match form.value("why") {
        "level" => texts::LEVEL_2_NEEDED.get(t),
        "again" => texts::AGAIN.get(t),
        _ => "",
    };
    FormPage {
        heading: texts::SIGN_IN,
        lead: lead.to_owned(),
        fields: vec![
            hidden("return", &to),
            number.render(),
            secret_field(fields.input("password", texts::PASSWORD), "current-password"),
        ],
        send: texts::SIGN_IN_BUTTON,
        links: vec![
            (texts::WITH_PASSKEY, format!("{ROOT}/sign-in/passkey?return={to}")),
            (texts::NO_ACCOUNT, format!("{ROOT}/sign-up?return={to}")),
            (texts::FORGOTTEN, format!("{ROOT}/recover")),
        ],
        back: None,
        errors,
    }
    .page(visit)
}

/// A hidden field.
pub(super) fn hidden(name: &str, value: &str) -> Html {
    Html::trusted(format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", Html::escaped(value)))
}

/// Number and password.
pub(super) async fn answer(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let mut errors = FieldErrors::new();
    let number = typed_number(&form, &mut errors);
    form.required("password", texts::ENTER_PASSWORD, &mut errors);
    let (Some(person), true) = (number, errors.is_empty()) else {
        return authorize::leading_to(&system, &return_path(&form), page(&visit, &form, &errors)).await;
    };
    let to = return_path(&form);
    let typed = Typed { person, password: form.value("password"), to: &to };
    let outcome = system.sign_in(typed, &system.visitor(&headers)).await.map_err(failed)?;
    let answer = answer_to(&system, &visit, outcome, "password", |errors| page(&visit, &form, errors));
    authorize::leading_to(&system, &to, answer).await
}

/// What a browser gets after an attempt. What is wrong stands at `field` of the page made by `again`.
pub(super) fn answer_to(
    system: &Identity,
    visit: &Visit,
    outcome: Outcome,
    field: &str,
    again: impl FnOnce(&FieldErrors) -> Page,
) -> Response {
    let mut errors = FieldErrors::new();
    match outcome {
        Outcome::Wrong => errors.add(field, texts::WRONG),
        Outcome::Wait(wait) => errors.add(field, texts::WAIT.with(&[&wait.as_secs().max(1)])),
        Outcome::Over => errors.add(field, texts::OVER),
        Outcome::Next(step) => {
            return system.in_step(&step, Redirect::to(format!("{ROOT}/sign-in/code")));
        }
        Outcome::Open(opened) => return open(system, visit, *opened),
    }
    again(&errors).into_response()
}

fn open(system: &Identity, visit: &Visit, opened: Opened) -> Response {
    match opened.recovery_key {
        Some(key) => system.signed_in(&opened.cookies, recover::show_key(visit, &key, &opened.to)),
        None => system.signed_in(&opened.cookies, Redirect::to(opened.to)),
    }
}

/// The code.
pub(super) async fn show_code(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    code_page(&system, &visit, &headers, &FieldErrors::new()).await
}

async fn code_page(
    system: &Identity,
    visit: &Visit,
    headers: &HeaderMap,
    errors: &FieldErrors,
) -> Result<Response, Problem> {
    let again = || Redirect::to(format!("{ROOT}/sign-in")).into_response();
    let Some(secret) = Cookie::Step.read(system, headers) else { return Ok(again()) };
    let waiting = system.step(&secret).await.map_err(store_failed)?;
    let Some(Step::SecondFactor { second, to, .. }) = waiting.map(|waiting| waiting.step) else {
        return Ok(again());
    };
    let lead = if second == Method::Totp { texts::CODE_OF_APP } else { texts::CODE_SENT };
    let page = ask_code(visit, lead.get(visit.language).to_owned(), errors);
    authorize::leading_to(system, &to, page).await
}

/// The page that asks for a code.
pub(super) fn ask_code(visit: &Visit, lead: String, errors: &FieldErrors) -> Page {
    let form = Form::default();
    let fields = Fields { form: &form, errors, language: visit.language };
    let input = Input {
        inputmode: "numeric".into(),
        autocomplete: "one-time-code".into(),
        spellcheck: Some(false),
        classes: "govuk-input--width-10".into(),
        ..fields.input("code", texts::CODE)
    };
    FormPage {
        heading: texts::CODE_TITLE,
        lead,
        fields: vec![input.render()],
        send: texts::CONTINUE,
        links: vec![],
        back: None,
        errors,
    }
    .page(visit)
}

/// The code that was typed.
pub(super) async fn answer_code(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let Some(secret) = Cookie::Step.read(&system, &headers) else {
        return Ok(Redirect::to(format!("{ROOT}/sign-in")).into_response());
    };
    let visitor = system.visitor(&headers);
    let outcome =
        system.second_factor(&secret, code::parse(form.value("code")), &visitor).await.map_err(failed)?;
    if let Outcome::Wrong = outcome {
        let mut errors = FieldErrors::new();
        errors.add("code", texts::WRONG_CODE);
        return code_page(&system, &visit, &headers, &errors).await;
    }
    let lead = String::new();
    Ok(answer_to(&system, &visit, outcome, "code", |errors| ask_code(&visit, lead, errors)))
}

/// Ends the session.
pub(super) async fn sign_out(
    State(system): State<Arc<Identity>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(secret) = Cookie::Session.read(&system, &headers) {
        system.sign_out(&secret).await.map_err(store_failed)?;
    }
    let mut response = Redirect::to(format!("{ROOT}/sign-in")).into_response();
    Cookie::Session.set(&system, &mut response, None);
    Ok(response)
}

/// Where a code went, as it may be shown to whoever asked for it.
pub(super) fn sent_to(visit: &Visit, to: &crate::model::Contact) -> String {
    format!("{} ({})", texts::CODE_SENT.get(visit.language), contact::masked(to))
}
