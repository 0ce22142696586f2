//! The steps with a passkey, the only ones that need a script: browsers hand out passkeys in no other way.

use super::{
    Cookie, ROOT, RecentPerson, authorize, failed,
    keys::{self, KEYS},
    return_path,
    sign_in::answer_to,
    store_failed,
};
use crate::{
    Identity,
    acts::{KeyError, Outcome},
    texts,
    webauthn::Assertion,
};
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::sync::Arc;
use web::{
    Csrf, FieldErrors, Form, Html, Language, Page, Problem, Redirect, Text, Visit, components::Button,
};

/// Longest name of a passkey, in characters.
const LABEL_LIMIT_CHARACTERS: usize = 60;

/// What the script is told, as attributes of the form.
#[derive(Template)]
#[template(path = "passkey.html")]
pub(super) struct Ceremony<'a> {
    pub(super) t: Language,
    pub(super) heading: &'a str,
    /// What stands between heading and button.
    pub(super) above: Html,
    pub(super) failed: bool,
    /// What is said when it fails.
    pub(super) failure: Text,
    pub(super) csrf: Csrf,
    pub(super) action: &'a str,
    /// `create` or `get`.
    pub(super) verb: &'a str,
    pub(super) challenge: String,
    pub(super) party: &'a str,
    /// The credentials to choose from, with spaces between; any where there are none.
    pub(super) allowed: String,
    pub(super) user: String,
    pub(super) user_name: &'a str,
    pub(super) label: &'a str,
    pub(super) go: Button,
}

/// What an authenticator signed, as the form brings it.
pub(super) struct Signed {
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

impl Signed {
    /// The same as it is checked.
    pub(super) fn assertion(&self) -> Assertion<'_> {
        Assertion {
            client_data: &self.client_data,
            authenticator_data: &self.authenticator_data,
            signature: &self.signature,
        }
    }
}

/// What an authenticator signed.
pub(super) fn assertion_of(form: &Form) -> Signed {
    let part = |name| URL_SAFE_NO_PAD.decode(form.value(name)).unwrap_or_default();
    Signed {
        client_data: part("client-data"),
        authenticator_data: part("authenticator-data"),
        signature: part("signature"),
    }
}

/// Asks for a passkey.
pub(super) async fn ask(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    form: Form,
) -> Result<Response, Problem> {
    ask_again(&system, &visit, &return_path(&form), false).await
}

async fn ask_again(
    system: &Identity,
    visit: &Visit,
    to: &str,
    has_failed: bool,
) -> Result<Response, Problem> {
    let t = visit.language;
    let (step, challenge) = system.ask_passkey(to).await.map_err(failed)?;
    let body = Ceremony {
        t,
        heading: texts::WITH_PASSKEY.get(t),
        above: Html::default(),
        failed: has_failed,
        failure: texts::PASSKEY_FAILED,
        csrf: visit.csrf(),
        action: "/identity/sign-in/passkey",
        verb: "get",
        challenge: URL_SAFE_NO_PAD.encode(challenge),
        party: &system.party.id,
        allowed: String::new(),
        user: String::new(),
        user_name: "",
        label: "",
        go: Button::new(texts::USE_PASSKEY.get(t)),
    };
    let page = visit.page(texts::WITH_PASSKEY.get(t), Html::of(&body));
    let page = system.in_step(&step, page.with_back(format!("{ROOT}/sign-in?return={to}")));
    authorize::leading_to(system, to, page).await
}

/// What the authenticator signed.
pub(super) async fn sign_in(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let Some(step) = Cookie::Step.read(&system, &headers) else {
        return ask_again(&system, &visit, ROOT, true).await;
    };
    let credential = URL_SAFE_NO_PAD.decode(form.value("credential")).unwrap_or_default();
    let signed = assertion_of(&form);
    let visitor = system.visitor(&headers);
    let outcome = system
        .sign_in_with_passkey(&step, &credential, &signed.assertion(), &visitor)
        .await
        .map_err(failed)?;
    match outcome {
        Outcome::Open(_) => Ok(answer_to(&system, &visit, outcome, "", |_| {
            visit.page(texts::WITH_PASSKEY.get(visit.language), Html::default())
        })),
        _ => ask_again(&system, &visit, ROOT, true).await,
    }
}

/// Begins to make a passkey.
pub(super) async fn make(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    RecentPerson(person): RecentPerson,
    form: Form,
) -> Result<Response, Problem> {
    let t = visit.language;
    let mut errors = FieldErrors::new();
    let label = form.value("label");
    if label.is_empty() || label.chars().count() > LABEL_LIMIT_CHARACTERS {
        errors.add("label", texts::ENTER_LABEL);
        return Ok(keys::page(&system, &visit, &person, &form, &errors).await?.into_response());
    }
    let begun = system
        .begin_passkey(&person.account, &person.session, form.value("office-code"))
        .await
        .map_err(failed)?;
    let (step, challenge) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            let (field, text) = match error {
                KeyError::TooMany => ("label", texts::PASSKEYS_TOO_MANY),
                _ => ("office-code", texts::WRONG_OFFICE_CODE),
            };
            errors.add(field, text);
            return Ok(keys::page(&system, &visit, &person, &form, &errors).await?.into_response());
        }
    };
    let body = Ceremony {
        t,
        heading: texts::ADD_PASSKEY.get(t),
        above: Html::default(),
        failed: false,
        failure: texts::PASSKEY_FAILED,
        csrf: visit.csrf(),
        action: "/identity/keys/passkey/finish",
        verb: "create",
        challenge: URL_SAFE_NO_PAD.encode(challenge),
        party: &system.party.id,
        allowed: String::new(),
        user: URL_SAFE_NO_PAD.encode(person.account.id.as_bytes()),
        user_name: &person.account.name,
        label,
        go: Button::new(texts::MAKE_PASSKEY.get(t)),
    };
    let page = visit.page(texts::ADD_PASSKEY.get(t), Html::of(&body)).with_back(KEYS);
    Ok(system.in_step(&step, page))
}

/// The passkey that was made.
pub(super) async fn finish(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    RecentPerson(person): RecentPerson,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let mut errors = FieldErrors::new();
    let label: String = form.value("label").chars().take(LABEL_LIMIT_CHARACTERS).collect();
    let part = |name| URL_SAFE_NO_PAD.decode(form.value(name)).unwrap_or_default();
    let (client_data, attestation) = (part("client-data"), part("attestation"));
    let finished = match Cookie::Step.read(&system, &headers) {
        None => Err(KeyError::Over),
        Some(step) => {
            let device = &person.visitor.device;
            let finished =
                system.finish_passkey(&person.account, &step, &label, &client_data, &attestation, device);
            finished.await.map_err(failed)?
        }
    };
    if finished.is_ok() {
        return Ok(keys::done().into_response());
    }
    errors.add("label", texts::PASSKEY_FAILED);
    let page: Page = keys::page(&system, &visit, &person, &form, &errors).await?;
    Ok(page.into_response())
}

/// Removes one.
pub(super) async fn remove(
    State(system): State<Arc<Identity>>,
    RecentPerson(person): RecentPerson,
    form: Form,
) -> Result<Redirect, Problem> {
    let credential = URL_SAFE_NO_PAD.decode(form.value("credential")).map_err(|_| Problem::not_found())?;
    system
        .remove_passkey(&person.account, &credential, &person.visitor.device)
        .await
        .map_err(store_failed)?;
    Ok(keys::done())
}

/// The script of these pages.
pub(super) async fn script() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, include_str!("passkey.js"))
}
