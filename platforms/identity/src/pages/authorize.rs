//! A service asks who somebody is: the way through signing in and consent, and back to the service.

use super::{ROOT, failed, organisation_texts, store_failed};
use crate::{
    Identity,
    acts::AtHand,
    model::Session,
    records::{self, ActedFor},
    rules::{authorization::Next, client::origin},
    secret::Secret,
    texts,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use contracts::identity::{ClaimField, ClientRegistration};
use std::sync::Arc;
use store::{Batch, StoreError};
use web::{
    CONTENT_SECURITY_POLICY, Csrf, FieldErrors, Fields, Form, Html, Language, Problem, Redirect, Visit,
    components::{Button, Checkboxes, Choice, Hint, Input, SelectOption},
};

/// The most organisations that are listed to choose from; whoever acts for more types the code of one.
const NAMES_LISTED: i64 = 200;

/// Where a request is gone on with.
fn path_of(secret: &Secret) -> String {
    format!("{ROOT}/authorize/{}", secret.text())
}

/// Browsers follow the answer to a form only to addresses that the page with the form names. A page from which a person may
/// come back to a service names that service's as well.
pub(super) async fn leading_to(
    system: &Identity,
    to: &str,
    response: impl IntoResponse,
) -> Result<Response, Problem> {
    let secret = to.strip_prefix("/identity/authorize/").and_then(Secret::parse);
    let hand = match secret {
        Some(secret) => system.at_hand(&secret).await.map_err(store_failed)?,
        None => None,
    };
    Ok(naming(system, hand.as_ref().map(|hand| hand.request.redirect_uri.as_str()), response))
}

/// A response whose forms may lead to an address. One of this very site is named already.
pub(super) fn naming(system: &Identity, address: Option<&str>, response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    let own = origin(&system.room.public_url);
    if let Some(origin) = address.and_then(origin).filter(|origin| own.as_ref() != Some(origin)) {
        let policy =
            CONTENT_SECURITY_POLICY.replace("form-action 'self'", &format!("form-action 'self' {origin}"));
        if let Ok(policy) = HeaderValue::try_from(policy) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
    response
}

/// The session of the browser, if it has one.
async fn session(system: &Identity, headers: &HeaderMap) -> Result<Option<Session>, Problem> {
    match system.visitor(headers).session {
        Some(secret) => {
            let current = system.current(&secret).await.map_err(store_failed)?;
            Ok(current.map(|(session, _)| session))
        }
        None => Ok(None),
    }
}

fn over() -> Problem {
    Problem::unprocessable(texts::REQUEST_OVER)
}

async fn at_hand(system: &Identity, text: &str) -> Result<(Secret, AtHand), Problem> {
    let secret = Secret::parse(text).ok_or_else(over)?;
    let hand = system.at_hand(&secret).await.map_err(store_failed)?.ok_or_else(over)?;
    Ok((secret, hand))
}

/// Goes on with a request: to signing in, to the question of consent, or back to the service.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    Path(request): Path<String>,
    visit: Visit,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (secret, hand) = at_hand(&system, &request).await?;
    let session = session(&system, &headers).await?;
    let (next, consent) = system.next(&hand, session.as_ref()).await.map_err(store_failed)?;
    let sign_in =
        |why: &str| Redirect::to(format!("{ROOT}/sign-in?return={}{why}", path_of(&secret))).into_response();
    match (next, session, consent) {
        (Next::SignInAgain, ..) => Ok(sign_in("&why=again")),
        (Next::SignInAtLevel, ..) => Ok(sign_in("&why=level")),
        (Next::AskConsent, Some(session), _) => {
            ask(&system, &visit, &hand, &session, &FieldErrors::new()).await
        }
        (Next::Answer, Some(session), Some(consent)) => {
            back(system.answer(Batch::new(), &secret, &hand, &session, &consent, None).await)
        }
        (Next::Refuse(error), ..) => back(system.refuse(&secret, &hand, error).await),
        _ => Ok(sign_in("")),
    }
}

/// Back to the service.
fn back(to: Result<String, StoreError>) -> Result<Response, Problem> {
    let to = match to {
        Ok(to) => to,
        // The request was answered already, or the session has just ended.
        Err(StoreError::Conflict { .. }) => return Err(over()),
        Err(error) => return Err(failed(error.into())),
    };
    away(to)
}

/// To an address that was registered.
pub(super) fn away(to: String) -> Result<Response, Problem> {
    let location = HeaderValue::try_from(to).map_err(|_| over())?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent {
    t: Language,
    csrf: Csrf,
    lead: String,
    fields: Option<Checkboxes>,
    /// In whose name, where there is a choice.
    acts_for: Option<Html>,
    agree: Button,
    refuse: Button,
}

/// What a field is called in the form.
pub(super) fn code(field: ClaimField) -> &'static str {
    match field {
        ClaimField::Name => "name",
        ClaimField::Birthdate => "birthdate",
        ClaimField::Gender => "gender",
        ClaimField::PersonalNumber => "personal-number",
        ClaimField::PhoneNumber => "phone-number",
        ClaimField::Email => "email",
        ClaimField::Represents => "represents",
        ClaimField::Posts => "posts",
    }
}

/// What people see of a client.
pub(super) fn client_name(registration: &ClientRegistration, t: Language) -> &str {
    match t {
        Language::Vi => &registration.name_vi,
        Language::En => &registration.name_en,
    }
}

async fn ask(
    system: &Identity,
    visit: &Visit,
    hand: &AtHand,
    session: &Session,
    errors: &FieldErrors,
) -> Result<Response, Problem> {
    let t = visit.language;
    let names = match hand.request.fields.contains(&ClaimField::Represents) {
        true => system.names_of(session, NAMES_LISTED + 1).await.map_err(store_failed)?,
        false => Vec::new(),
    };
    let form = Form::default();
    let acts_for = names_field(&names, &Fields { form: &form, errors, language: t });
    let purpose = match t {
        Language::Vi => &hand.registration.purpose_vi,
        Language::En => &hand.registration.purpose_en,
    };
    let asked = &hand.request.fields;
    let lead = if asked.is_empty() { texts::CONSENT_NOTHING } else { texts::CONSENT_LEAD };
    let fields = (!asked.is_empty()).then(|| {
        let items =
            asked.iter().map(|field| Choice::new(code(*field), texts::field(*field).get(t)).into()).collect();
        Checkboxes {
            values: asked.iter().map(|field| code(*field).to_owned()).collect(),
            ..Checkboxes::new("fields", texts::FIELDS.get(t), items)
        }
    });
    let button =
        |button: Button, value: &str| Button { name: "answer".into(), value: value.into(), ..button };
    let body = Consent {
        t,
        csrf: visit.csrf(),
        lead: lead.fill(t, &[&client_name(&hand.registration, t), purpose]),
        fields,
        acts_for,
        agree: button(Button::new(texts::AGREE.get(t)), "agree"),
        refuse: button(Button::secondary(texts::REFUSE.get(t)), "refuse"),
    };
    let page = visit.page(texts::CONSENT.get(t), Html::of(&body)).with_errors(errors);
    Ok(naming(system, Some(&hand.request.redirect_uri), page))
}

/// The question in whose name somebody signs in: a list, or the code of one of many.
fn names_field(names: &[ActedFor], fields: &Fields<'_>) -> Option<Html> {
    let t = fields.language;
    if names.is_empty() {
        return None;
    }
    if i64::try_from(names.len()).unwrap_or(i64::MAX) > NAMES_LISTED {
        let input = fields.input("acts-for", organisation_texts::ACTS_FOR);
        let hint = Some(Hint::new(organisation_texts::ACTS_FOR_MANY.get(t)));
        return Some(Input { hint, ..input }.render());
    }
    let oneself = SelectOption::new("", organisation_texts::ONESELF.get(t));
    let option =
        |name: &ActedFor| SelectOption::new(name.code.as_str(), format!("{} ({})", name.name, name.code));
    let options = [oneself].into_iter().chain(names.iter().map(option)).collect();
    Some(fields.select("acts-for", organisation_texts::ACTS_FOR, options).render())
}

/// The person agreed, or did not.
pub(super) async fn answer(
    State(system): State<Arc<Identity>>,
    Path(request): Path<String>,
    visit: Visit,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let (secret, hand) = at_hand(&system, &request).await?;
    let session = session(&system, &headers).await?;
    let (next, _) = system.next(&hand, session.as_ref()).await.map_err(store_failed)?;
    let (Next::AskConsent, Some(session)) = (next, session) else {
        // Signing in comes first, or nothing is asked any more.
        return Ok(Redirect::to(path_of(&secret)).into_response());
    };
    if form.value("answer") != "agree" {
        return back(system.refuse(&secret, &hand, "access_denied").await);
    }
    let is_ticked = |field: &ClaimField| form.values("fields").any(|ticked| ticked == code(*field));
    let given = hand.request.fields.iter().copied().filter(is_ticked).collect();
    let code = form.value("acts-for").replace(' ', "");
    let asks = hand.request.fields.contains(&ClaimField::Represents) && !code.is_empty();
    let acts_for = match asks {
        true => system.name_with_code(&session, &code).await.map_err(store_failed)?.map(|name| name.id),
        false => None,
    };
    if asks && acts_for.is_none() {
        let mut errors = FieldErrors::new();
        errors.add("acts-for", organisation_texts::NOT_ACTING);
        return ask(&system, &visit, &hand, &session, &errors).await;
    }
    let device = system.visitor(&headers).device;
    back(system.give(&secret, &hand, &session, given, acts_for, &device).await)
}

/// The name of a client, or its identifier where it is registered no more.
pub(super) async fn name_of(system: &Identity, client: &str, t: Language) -> Result<String, StoreError> {
    let registration = records::client(&system.room.store, client).await?;
    Ok(registration.map_or(client.to_owned(), |known| client_name(&known, t).to_owned()))
}
