//! Where codes and notices go, changed by their owner.

use super::{
    Cookie, Person, ROOT, RecentPerson, failed,
    form::FormPage,
    keys::{KEYS, done},
    store_failed,
};
use crate::{
    Identity,
    acts::ContactChange,
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
    FieldErrors, Fields, Form, Page, Problem, Redirect, Visit,
    components::{Input, InsetText},
};

/// The form.
pub(super) async fn show(visit: Visit, RecentPerson(person): RecentPerson) -> Page {
    page(&visit, &person, &Form::default(), &FieldErrors::new())
}

fn page(visit: &Visit, person: &Person, form: &Form, errors: &FieldErrors) -> Page {
    let fields = Fields { form, errors, language: visit.language };
    let now = InsetText::new(person.account.contact.address.as_str());
    FormPage {
        heading: texts::CHANGE_CONTACT,
        lead: texts::CHANGE_CONTACT_LEAD.get(visit.language).to_owned(),
        fields: vec![now.render(), fields.input("contact", texts::NEW_CONTACT).render()],
        send: texts::CONTINUE,
        links: vec![],
        back: Some(KEYS),
        errors,
    }
    .page(visit)
}

/// The new contact.
pub(super) async fn answer(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    RecentPerson(person): RecentPerson,
    form: Form,
) -> Result<Response, Problem> {
    let mut errors = FieldErrors::new();
    let contact = contact::parse(form.value("contact")).filter(|new| *new != person.account.contact);
    let Some(contact) = contact else {
        errors.add("contact", texts::ENTER_NEW_CONTACT);
        return Ok(page(&visit, &person, &form, &errors).into_response());
    };
    match system.begin_contact(&person.account, &person.session, contact).await.map_err(failed)? {
        Ok(step) => Ok(system.in_step(&step, Redirect::to(format!("{KEYS}/contact/code")))),
        Err(wait) => {
            errors.add("contact", texts::CONTACT_WAIT.with(&[&wait.as_secs().max(1)]));
            Ok(page(&visit, &person, &form, &errors).into_response())
        }
    }
}

/// The codes.
pub(super) async fn show_codes(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    RecentPerson(_): RecentPerson,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    codes_page(&system, &visit, &headers, &FieldErrors::new()).await
}

async fn codes_page(
    system: &Identity,
    visit: &Visit,
    headers: &HeaderMap,
    errors: &FieldErrors,
) -> Result<Response, Problem> {
    let again = || Redirect::to(format!("{KEYS}/contact")).into_response();
    let Some(secret) = Cookie::Step.read(system, headers) else { return Ok(again()) };
    let waiting = system.step(&secret).await.map_err(store_failed)?;
    let Some(Step::Contact { factor, .. }) = waiting.map(|waiting| waiting.step) else { return Ok(again()) };
    let form = Form::default();
    let fields = Fields { form: &form, errors, language: visit.language };
    let code = |name, label| {
        let input = Input {
            inputmode: "numeric".into(),
            autocomplete: "one-time-code".into(),
            spellcheck: Some(false),
            classes: "govuk-input--width-10".into(),
            ..fields.input(name, label)
        };
        input.render()
    };
    let own = factor.map(|factor| {
        code("own-code", if factor == Method::Totp { texts::CODE_FROM_APP } else { texts::CODE_FROM_OLD })
    });
    let page = FormPage {
        heading: texts::CHANGE_CONTACT,
        lead: String::new(),
        fields: own.into_iter().chain([code("code", texts::CODE_FROM_NEW)]).collect(),
        send: texts::CONTINUE,
        links: vec![],
        back: Some(KEYS),
        errors,
    };
    Ok(page.page(visit).into_response())
}

/// The codes that were typed.
pub(super) async fn answer_codes(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    RecentPerson(person): RecentPerson,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let Some(secret) = Cookie::Step.read(&system, &headers) else {
        return Ok(Redirect::to(format!("{ROOT}/keys/contact")).into_response());
    };
    let (own, typed) = (code::parse(form.value("own-code")), code::parse(form.value("code")));
    let change = system.finish_contact(&person.account, &secret, own, typed, &person.visitor);
    let mut errors = FieldErrors::new();
    match change.await.map_err(failed)? {
        ContactChange::Changed => return Ok(done().into_response()),
        ContactChange::Wrong => errors.add("code", texts::WRONG_CODE),
        ContactChange::Wait(wait) => errors.add("code", texts::WAIT.with(&[&wait.as_secs().max(1)])),
        ContactChange::Over => {
            errors.add("contact", texts::OVER);
            return Ok(page(&visit, &person, &Form::default(), &errors).into_response());
        }
    }
    codes_page(&system, &visit, &headers, &errors).await
}
