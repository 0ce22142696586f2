//! Registering for an account of level 1.

use super::{
    Cookie, ROOT, failed,
    form::{FormPage, secret_field},
    recover,
    sign_in::{ask_code, hidden, sent_to},
    store_failed, typed_number,
};
use crate::{
    Identity,
    acts::{Application, SignUp},
    model::Step,
    rules::{
        code, contact,
        password::{self},
    },
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
    components::{Hint, Input},
};

/// Longest name, in characters.
const NAME_LIMIT_CHARACTERS: usize = 150;

/// The form.
pub(super) async fn show(visit: Visit, form: Form) -> Page {
    page(&visit, &form, &FieldErrors::new())
}

fn page(visit: &Visit, form: &Form, errors: &FieldErrors) -> Page {
    let t = visit.language;
    let fields = Fields { form, errors, language: t };
    let number = Input {
        hint: Some(Hint::new(texts::NUMBER_HINT.get(t))),
        inputmode: "numeric".into(),
        autocomplete: "username".into(),
        ..fields.input("number", texts::NUMBER)
    };
    let mut all = vec![
        hidden("return", &super::return_path(form)),
        number.render(),
        Input { autocomplete: "name".into(), ..fields.input("name", texts::NAME) }.render(),
        fields.date("birth-date", texts::BIRTH_DATE).render(),
        fields.input("contact", texts::CONTACT).render(),
    ];
    all.extend(new_password_fields(&fields));
    FormPage {
        heading: texts::SIGN_UP,
        lead: texts::SIGN_UP_LEAD.get(t).to_owned(),
        fields: all,
        send: texts::CONTINUE,
        links: vec![],
        back: Some("/identity/sign-in"),
        errors,
    }
    .page(visit)
}

/// The two fields of a new password.
pub(super) fn new_password_fields(fields: &Fields<'_>) -> [web::Html; 2] {
    let hint = Some(Hint::new(texts::NEW_PASSWORD_HINT.get(fields.language)));
    let first = Input { hint, ..fields.input("new-password", texts::NEW_PASSWORD) };
    let second = fields.input("repeat-password", texts::REPEAT_PASSWORD);
    [first, second].map(|input| secret_field(input, "new-password"))
}

/// Checks the two fields. `known` are texts everyone may know of the person.
pub(super) fn check_new_password(form: &Form, known: &[&str], errors: &mut FieldErrors) {
    let password = form.value("new-password");
    if let Some(fault) = password::check(password, known) {
        errors.add("new-password", texts::password_fault(fault));
    } else if form.value("repeat-password") != password {
        errors.add("repeat-password", texts::DIFFERENT);
    }
}

/// What was typed.
pub(super) async fn answer(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Problem> {
    let mut errors = FieldErrors::new();
    let number = typed_number(&form, &mut errors);
    let name = form.required("name", texts::ENTER_NAME, &mut errors);
    if name.chars().count() > NAME_LIMIT_CHARACTERS {
        errors.add("name", texts::TOO_LONG);
    }
    let birth_date = form.required_date("birth-date", texts::BIRTH_DATE, &mut errors);
    let contact = contact::parse(form.value("contact"));
    if contact.is_none() {
        errors.add("contact", texts::ENTER_CONTACT);
    }
    check_new_password(&form, &[form.value("number"), name, form.value("contact")], &mut errors);
    let (Some(person), Some(birth_date), Some(contact), true) =
        (number, birth_date, contact, errors.is_empty())
    else {
        return Ok(page(&visit, &form, &errors).into_response());
    };
    let password = form.value("new-password");
    let begun = system
        .begin_sign_up(Application { person, name, birth_date, contact, password })
        .await
        .map_err(failed)?;
    match begun {
        Ok(step) => Ok(system.in_step(&step, Redirect::to(format!("{ROOT}/sign-up/code")))),
        Err(wait) => {
            errors.add("contact", texts::CONTACT_WAIT.with(&[&wait.as_secs().max(1)]));
            Ok(page(&visit, &form, &errors).into_response())
        }
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
    let again = || Redirect::to(format!("{ROOT}/sign-up")).into_response();
    let Some(secret) = Cookie::Step.read(system, headers) else { return Ok(again()) };
    let waiting = system.step(&secret).await.map_err(store_failed)?;
    let Some(Step::SignUp { applicant, .. }) = waiting.map(|waiting| waiting.step) else {
        return Ok(again());
    };
    Ok(ask_code(visit, sent_to(visit, &applicant.contact), errors).into_response())
}

/// The code that was typed.
pub(super) async fn answer_code(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let Some(secret) = Cookie::Step.read(&system, &headers) else {
        return Ok(Redirect::to(format!("{ROOT}/sign-up")).into_response());
    };
    let visitor = system.visitor(&headers);
    let typed = code::parse(form.value("code"));
    let mut errors = FieldErrors::new();
    match system.finish_sign_up(&secret, typed, &visitor).await.map_err(failed)? {
        SignUp::Open { cookies, recovery_key } => {
            return Ok(system.signed_in(&cookies, recover::show_key(&visit, &recovery_key, ROOT)));
        }
        SignUp::Wrong => {
            errors.add("code", texts::WRONG_CODE);
            return code_page(&system, &visit, &headers, &errors).await;
        }
        SignUp::Over => errors.add("number", texts::OVER),
        SignUp::Refused => errors.add("number", texts::REFUSED),
    }
    Ok(page(&visit, &Form::default(), &errors).into_response())
}
