//! A forgotten password is reset with the recovery key, which was written down.

use super::{
    failed,
    form::{FormPage, secret_field},
    sign_in::answer_to,
    sign_up::{check_new_password, new_password_fields},
    typed_number,
};
use crate::{Identity, acts::Typed, texts};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use web::{
    FieldErrors, Fields, Form, Html, Language, Page, Problem, Visit,
    components::{Button, Input, InsetText},
};

#[derive(Template)]
#[template(path = "key.html")]
struct Key {
    t: Language,
    key: InsetText,
    go_on: Button,
}

/// Shows a recovery key, once.
pub(super) fn show_key(visit: &Visit, key: &str, to: &str) -> Page {
    let t = visit.language;
    let go_on = Button { href: to.to_owned(), ..Button::new(texts::CONTINUE.get(t)) };
    let body = Key { t, key: InsetText::new(key), go_on };
    visit.page(texts::RECOVERY_KEY.get(t), Html::of(&body))
}

/// The form.
pub(super) async fn show(visit: Visit) -> Page {
    page(&visit, &Form::default(), &FieldErrors::new())
}

fn page(visit: &Visit, form: &Form, errors: &FieldErrors) -> Page {
    let t = visit.language;
    let fields = Fields { form, errors, language: t };
    let number = Input {
        inputmode: "numeric".into(),
        autocomplete: "username".into(),
        ..fields.input("number", texts::NUMBER)
    };
    let mut all =
        vec![number.render(), secret_field(fields.input("recovery-key", texts::RECOVERY_KEY), "off")];
    all.extend(new_password_fields(&fields));
    FormPage {
        heading: texts::RECOVER,
        lead: texts::RECOVER_LEAD.get(t).to_owned(),
        fields: all,
        send: texts::CONTINUE,
        links: vec![],
        back: Some("/identity/sign-in"),
        errors,
    }
    .page(visit)
}

/// Number, key and new password.
pub(super) async fn answer(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Problem> {
    let mut errors = FieldErrors::new();
    let number = typed_number(&form, &mut errors);
    let key = form.required("recovery-key", texts::ENTER_RECOVERY_KEY, &mut errors);
    check_new_password(&form, &[form.value("number")], &mut errors);
    let (Some(person), true) = (number, errors.is_empty()) else {
        return Ok(page(&visit, &form, &errors).into_response());
    };
    let typed = Typed { person, password: form.value("new-password"), to: super::ROOT };
    let outcome = system.recover(typed, key).await.map_err(failed)?;
    Ok(answer_to(&system, &visit, outcome, "recovery-key", |errors| page(&visit, &form, errors)))
}
