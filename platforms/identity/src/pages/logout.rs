//! Signing out at the wish of a service (OpenID Connect RP-Initiated Logout 1.0). The person is asked: a link alone ends
//! nothing.

use super::{Cookie, authorize::naming, failed, form::FormPage, sign_in::hidden, store_failed};
use crate::{Identity, acts::with_query, records, texts};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use web::{FieldErrors, Form, Html, Problem, Visit};

/// Where the person may go afterwards: an address that the client named registered for this, with its state.
async fn afterwards(system: &Identity, form: &Form) -> Result<Option<String>, Problem> {
    let wanted = form.value("post_logout_redirect_uri");
    let hinted = match form.value("id_token_hint") {
        "" => None,
        token => system.hinted_client(token).await.map_err(|error| failed(error.into()))?,
    };
    let named = Some(form.value("client_id").to_owned()).filter(|client| !client.is_empty());
    let client = match (hinted, named) {
        // A hint of one client and the name of another: neither is believed.
        (Some(hinted), Some(named)) if hinted != named => None,
        (hinted, named) => hinted.or(named),
    };
    let Some(client) = client else { return Ok(None) };
    let registration = records::client(&system.room.store, &client).await.map_err(store_failed)?;
    let known =
        registration.is_some_and(|known| known.post_logout_redirect_uris.iter().any(|uri| uri == wanted));
    let state = Some(form.value("state").to_owned()).filter(|state| !state.is_empty());
    Ok(known.then(|| match state {
        Some(state) => with_query(wanted, &[("state", state)]),
        None => wanted.to_owned(),
    }))
}

/// Asks the person.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let to = afterwards(&system, &form).await?;
    if Cookie::Session.read(&system, &headers).is_none() {
        return Ok(leave(&visit, to.as_deref()));
    }
    let names = ["client_id", "id_token_hint", "post_logout_redirect_uri", "state"];
    let errors = FieldErrors::new();
    let page = FormPage {
        heading: texts::LOGOUT,
        lead: texts::LOGOUT_LEAD.get(visit.language).to_owned(),
        fields: names.map(|name| hidden(name, form.value(name))).into(),
        send: texts::SIGN_OUT,
        links: vec![],
        back: None,
        errors: &errors,
    };
    Ok(naming(&system, to.as_deref(), page.page(&visit)))
}

/// Ends the session.
pub(super) async fn confirm(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let to = afterwards(&system, &form).await?;
    if let Some(secret) = Cookie::Session.read(&system, &headers) {
        system.sign_out(&secret).await.map_err(store_failed)?;
    }
    let mut response = leave(&visit, to.as_deref());
    Cookie::Session.set(&system, &mut response, None);
    Ok(response)
}

fn leave(visit: &Visit, to: Option<&str>) -> Response {
    match to.map(HeaderValue::try_from) {
        Some(Ok(location)) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        _ => {
            let title = texts::LOGGED_OUT.get(visit.language);
            let heading = format!("<h1 class=\"govuk-heading-l\">{}</h1>", Html::escaped(title));
            visit.page(title, Html::trusted(heading)).into_response()
        }
    }
}
