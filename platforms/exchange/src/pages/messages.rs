//! Lists of messages: the latest, or those of one case.

use super::{Nodes, check_operator};
use crate::{
    records::{self, Logged},
    texts,
};
use askama::Template;
use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use jiff::Timestamp;
use serde_json::json;
use web::{CurrentUser, Form, Html, Language, Page, Problem, Visit};

/// How many messages are listed.
const LIST_LIMIT_MESSAGES: i64 = 50;
/// Longest code of a case.
const CASE_LIMIT_BYTES: usize = 100;

#[derive(Template)]
#[template(path = "messages.html")]
struct Messages {
    t: Language,
    heading: String,
    case: String,
    messages: Vec<Logged>,
}

pub(super) async fn show(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
    form: Form,
) -> Result<Page, Problem> {
    check_operator(&user)?;
    let case = form.value("case").trim().to_owned();
    if !case.is_empty() {
        let messages = messages_of(&nodes, &case).await?;
        return Ok(page(&visit, case, messages));
    }
    let mut messages = Vec::new();
    for node in nodes.iter() {
        records::catch_up(node.store(), node.ledger()).await.map_err(Problem::unavailable)?;
        messages.extend(sent_by(
            records::latest(node.store(), Timestamp::MAX, LIST_LIMIT_MESSAGES)
                .await
                .map_err(Problem::unavailable)?,
        ));
    }
    messages.sort_by_key(|message| std::cmp::Reverse((message.at, message.id)));
    messages.truncate(LIST_LIMIT_MESSAGES.unsigned_abs() as usize);
    Ok(page(&visit, case, messages))
}

/// The messages of one case; as JSON for whoever asks for that.
pub(super) async fn of_case(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
    Path(case): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check_operator(&user)?;
    let messages = messages_of(&nodes, &case).await?;
    let wants_json =
        headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    if !wants_json {
        return Ok(page(&visit, case, messages).into_response());
    }
    let list = messages.iter().map(|message| {
        json!({
            "id": message.id, "at": message.at, "client": message.client, "service": message.service,
            "method": message.method, "purpose": message.purpose, "status": message.status,
        })
    });
    Ok(Json(json!({ "messages": list.collect::<Vec<_>>() })).into_response())
}

async fn messages_of(nodes: &Nodes, case: &str) -> Result<Vec<Logged>, Problem> {
    if case.len() > CASE_LIMIT_BYTES {
        return Err(Problem::not_found());
    }
    let mut messages = Vec::new();
    for node in nodes.iter() {
        records::catch_up(node.store(), node.ledger()).await.map_err(Problem::unavailable)?;
        messages
            .extend(sent_by(records::of_dossier(node.store(), case).await.map_err(Problem::unavailable)?));
    }
    messages.sort_by_key(|message| (message.at, message.id));
    Ok(messages)
}

/// Both nodes of a call know its message; it is listed once, by the node that sent it.
fn sent_by(messages: Vec<Logged>) -> impl Iterator<Item = Logged> {
    messages.into_iter().filter(|message| message.request_sent.is_some())
}

fn page(visit: &Visit, case: String, messages: Vec<Logged>) -> Page {
    let t = visit.language;
    let heading =
        if case.is_empty() { texts::LATEST.get(t).to_owned() } else { texts::OF_CASE.fill(t, &[&case]) };
    let body = Messages { t, heading: heading.clone(), case, messages };
    visit.page(heading, Html::of(&body)).with_back("/exchange")
}
