//! What the account is signed in to with.

use super::{
    Cookie, Person, ROOT, RecentPerson, failed,
    form::{FormPage, secret_field},
    moment_in,
    sign_up::{check_new_password, new_password_fields},
    store_failed,
};
use crate::{
    Identity,
    acts::{KeyError, PasswordChange},
    model::{Method, Passkey},
    records,
    rules::code,
    texts,
};
use askama::Template;
use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::sync::Arc;
use web::{
    Csrf, FieldErrors, Fields, Flash, Form, Html, Language, Page, Problem, Redirect, Visit,
    components::{Button, Input, InsetText, SummaryList, SummaryRow},
};

/// Where the page is.
pub(super) const KEYS: &str = "/identity/keys";

struct Shown {
    credential: String,
    facts: SummaryList,
}

#[derive(Template)]
#[template(path = "keys.html")]
struct Keys {
    t: Language,
    csrf: Csrf,
    passkeys: Vec<Shown>,
    label: Html,
    office_code: Html,
    add: Button,
    remove: Button,
    totp: bool,
}

/// All keys.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    form: Form,
) -> Result<Page, Problem> {
    let page = page(&system, &visit, &person, &Form::default(), &FieldErrors::new()).await?;
    let t = visit.language;
    Ok(if form.has("done") { page.with_flash(Flash::success(texts::DONE.get(t))) } else { page })
}

/// The page, with what is wrong with the form for a passkey.
pub(super) async fn page(
    system: &Identity,
    visit: &Visit,
    person: &Person,
    form: &Form,
    errors: &FieldErrors,
) -> Result<Page, Problem> {
    let t = visit.language;
    let passkeys = records::passkeys(&system.room.store, person.account.id).await.map_err(store_failed)?;
    let fields = Fields { form, errors, language: t };
    let body = Keys {
        t,
        csrf: visit.csrf(),
        passkeys: passkeys.iter().map(|passkey| shown(passkey, t)).collect(),
        label: fields.input("label", texts::PASSKEY_LABEL).render(),
        office_code: fields.input("office-code", texts::OFFICE_CODE).render(),
        add: Button::new(texts::ADD_PASSKEY.get(t)),
        remove: Button::warning(texts::REMOVE.get(t)),
        totp: person.account.factors.totp,
    };
    Ok(visit.page(texts::OVERVIEW_KEYS.get(t), Html::of(&body)).with_back(ROOT).with_errors(errors))
}

fn shown(passkey: &Passkey, t: Language) -> Shown {
    let mut facts = vec![
        SummaryRow::new(texts::PASSKEY_LABEL.get(t), passkey.label.as_str()),
        SummaryRow::new(texts::LEVEL.get(t), texts::level(passkey.level).get(t)),
        SummaryRow::new(texts::TIME.get(t), moment_in(t, passkey.added_at)),
    ];
    if let Some(used_at) = passkey.used_at {
        facts.push(SummaryRow::new(texts::LAST_SEEN.get(t), moment_in(t, used_at)));
    }
    Shown { credential: URL_SAFE_NO_PAD.encode(&passkey.credential), facts: SummaryList::new(facts) }
}

/// After a change.
pub(super) fn done() -> Redirect {
    Redirect::to(format!("{KEYS}?done=yes"))
}

/// The form of the password.
pub(super) async fn show_password(visit: Visit, RecentPerson(person): RecentPerson) -> Page {
    password_page(&visit, &person, &FieldErrors::new())
}

fn password_page(visit: &Visit, person: &Person, errors: &FieldErrors) -> Page {
    let form = Form::default();
    let fields = Fields { form: &form, errors, language: visit.language };
    let mut all = Vec::new();
    if !person.session.methods.contains(&Method::Passkey) {
        all.push(secret_field(fields.input("password", texts::OLD_PASSWORD), "current-password"));
    }
    all.extend(new_password_fields(&fields));
    FormPage {
        heading: texts::CHANGE_PASSWORD,
        lead: String::new(),
        fields: all,
        send: texts::CHANGE_PASSWORD,
        links: vec![],
        back: Some(KEYS),
        errors,
    }
    .page(visit)
}

/// A new password.
pub(super) async fn change_password(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    RecentPerson(person): RecentPerson,
    form: Form,
) -> Result<Response, Problem> {
    let mut errors = FieldErrors::new();
    let account = &person.account;
    let number = account.person.to_string();
    let known = [number.as_str(), &account.name, &account.contact.address];
    check_new_password(&form, &known, &mut errors);
    if !errors.is_empty() {
        return Ok(password_page(&visit, &person, &errors).into_response());
    }
    let (old, new) = (form.value("password"), form.value("new-password"));
    let changed = system.change_password(account, &person.session, old, new, &person.visitor);
    match changed.await.map_err(failed)? {
        PasswordChange::Changed => return Ok(done().into_response()),
        PasswordChange::Wrong => errors.add("password", texts::WRONG),
        PasswordChange::Wait(wait) => {
            errors.add("password", texts::WAIT.with(&[&wait.as_secs().max(1)]));
        }
    }
    Ok(password_page(&visit, &person, &errors).into_response())
}

/// Begins to set up an authenticator app.
pub(super) async fn show_totp(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    RecentPerson(person): RecentPerson,
) -> Result<Response, Problem> {
    let begun = system.begin_totp(&person.account).await.map_err(store_failed)?;
    let page = totp_page(&visit, &begun.secret, &FieldErrors::new());
    Ok(system.in_step(&begun.step, page))
}

fn totp_page(visit: &Visit, secret: &[u8], errors: &FieldErrors) -> Page {
    let t = visit.language;
    let form = Form::default();
    let fields = Fields { form: &form, errors, language: t };
    let code = Input {
        inputmode: "numeric".into(),
        autocomplete: "one-time-code".into(),
        ..fields.input("code", texts::CODE)
    };
    // In groups of four, so that it is read off easily and breaks on a narrow screen.
    let letters = code::base32(secret);
    let groups: Vec<_> =
        letters.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok()).collect();
    let key = format!("{}: {}", texts::TOTP_KEY.get(t), groups.join(" "));
    FormPage {
        heading: texts::TOTP_ADD,
        lead: texts::TOTP_LEAD.get(t).to_owned(),
        fields: vec![InsetText::new(key).render(), code.render()],
        send: texts::CONTINUE,
        links: vec![],
        back: Some(KEYS),
        errors,
    }
    .page(visit)
}

/// The first code of the app.
pub(super) async fn confirm_totp(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    RecentPerson(person): RecentPerson,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let again = || Redirect::to(format!("{KEYS}/totp")).into_response();
    let Some(step) = Cookie::Step.read(&system, &headers) else { return Ok(again()) };
    let typed = code::parse(form.value("code"));
    let finished = system.finish_totp(&person.account, &step, typed, &person.visitor.device).await;
    match finished.map_err(failed)? {
        Ok(()) => Ok(done().into_response()),
        Err(KeyError::Wrong) => {
            let waiting = system.app_in_step(&person.account, &step).await.map_err(failed)?;
            let Some((_, secret)) = waiting else { return Ok(again()) };
            let mut errors = FieldErrors::new();
            errors.add("code", texts::WRONG_CODE);
            Ok(totp_page(&visit, &secret, &errors).into_response())
        }
        Err(_) => Ok(again()),
    }
}

/// Removes the app.
pub(super) async fn remove_totp(
    State(system): State<Arc<Identity>>,
    RecentPerson(person): RecentPerson,
) -> Result<Redirect, Problem> {
    system.remove_totp(&person.account, &person.visitor.device).await.map_err(store_failed)?;
    Ok(done())
}
