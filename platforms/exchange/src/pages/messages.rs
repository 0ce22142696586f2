//! Lists of messages: the latest, or those of one case, person, system or service; page by page.

use super::Nodes;
use crate::{
    records::{self, By, Logged, Place, Pseudonym, Search},
    texts,
};
use askama::Template;
use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use serde_json::json;
use web::{Csrf, CurrentUser, Form, Html, Language, Page, Problem, Redirect, Visit};

/// How many messages are listed.
const LIST_LIMIT_MESSAGES: i64 = 50;
/// Longest case, system or service that is looked for.
const KEY_LIMIT_BYTES: usize = 300;
/// Most pseudonyms in a query: one a node whose pages these are.
const PERSONS_LIMIT: usize = 64;
/// Longest code of a case in a path.
const CASE_LIMIT_BYTES: usize = 100;

#[derive(Template)]
#[template(path = "messages.html")]
struct Messages {
    t: Language,
    csrf: Csrf,
    heading: String,
    keys: Vec<(&'static str, web::Text, String)>,
    messages: Vec<Logged>,
    /// Where the list goes on.
    older: Option<String>,
}

pub(super) async fn show(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
    form: Form,
) -> Result<Page, Problem> {
    let nodes = nodes.operated_by(&user)?;
    let asked = Asked::of(&form)?;
    let before = match form.has("before") {
        true => Some(form.value("before").parse().map_err(|_| Problem::not_found())?),
        false => None,
    };
    let found = find(&nodes, &asked, before, LIST_LIMIT_MESSAGES).await?;
    Ok(page(&visit, &asked, found))
}

/// A person is named in a form, never in an address; what stands there afterwards is the pseudonym.
pub(super) async fn of_person(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    form: Form,
) -> Result<Redirect, Problem> {
    let nodes = nodes.operated_by(&user)?;
    let number = form.value("number");
    let pseudonyms = nodes.iter().filter_map(|node| Some(node.person_key()?.pseudonym(number).to_string()));
    let pseudonyms: Vec<String> = pseudonyms.filter(|_| !number.is_empty()).collect();
    Ok(Redirect::to(format!("/exchange/messages?person={}", pseudonyms.join("."))))
}

/// What is asked for.
enum Asked {
    /// The same of every node.
    Same(By),
    /// A person, whom each node knows under a pseudonym of its own.
    Person(Vec<Pseudonym>),
}

impl Asked {
    /// What a query asks for: one key, the first that is filled in.
    fn of(form: &Form) -> Result<Self, Problem> {
        let value = |name| Some(form.value(name)).filter(|value: &&str| !value.is_empty());
        let keys = [value("case"), value("system"), value("service")];
        if keys.iter().flatten().any(|key| key.len() > KEY_LIMIT_BYTES) {
            return Err(Problem::not_found());
        }
        if let Some(person) = value("person") {
            let pseudonyms = person.split('.').take(PERSONS_LIMIT).map(str::parse);
            return Ok(Self::Person(pseudonyms.collect::<Result<_, _>>().map_err(|_| Problem::not_found())?));
        }
        Ok(Self::Same(match keys {
            [Some(case), ..] => By::Case(case.into()),
            [_, Some(system), _] => By::System(system.into()),
            [.., Some(service)] => By::Service(service.into()),
            _ => By::Any,
        }))
    }

    /// What the node at this place is to look for.
    fn of_node(&self, place: usize) -> Option<By> {
        match self {
            Self::Same(by) => Some(by.clone()),
            Self::Person(pseudonyms) => pseudonyms.get(place).copied().map(By::Person),
        }
    }
}

/// The messages of one case; as JSON for whoever asks for that.
pub(super) async fn of_case(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
    Path(case): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let nodes = nodes.operated_by(&user)?;
    if case.len() > CASE_LIMIT_BYTES {
        return Err(Problem::not_found());
    }
    let asked = Asked::Same(By::Case(case));
    let mut found = find(&nodes, &asked, None, records::SEARCH_LIMIT_MESSAGES).await?;
    let wants_json =
        headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    if !wants_json {
        return Ok(page(&visit, &asked, found).into_response());
    }
    found.messages.reverse();
    let list = found.messages.iter().map(|message| {
        json!({
            "id": message.id, "at": message.at, "client": message.client, "service": message.service,
            "method": message.method, "purpose": message.purpose, "status": message.status,
        })
    });
    Ok(Json(json!({ "messages": list.collect::<Vec<_>>() })).into_response())
}

/// A page of messages, and where the next begins.
struct Found {
    messages: Vec<Logged>,
    next: Option<Place>,
}

/// What the nodes here know, newest first. Both nodes of a call know its message; it is listed once, by the node that sent
/// it.
async fn find(nodes: &Nodes, asked: &Asked, before: Option<Place>, limit: i64) -> Result<Found, Problem> {
    let mut found = Found { messages: Vec::new(), next: None };
    let place_of = |message: &Logged| Place { at: message.at, id: message.id };
    for (place, node) in nodes.iter().enumerate() {
        let Some(by) = asked.of_node(place) else { continue };
        records::catch_up(node.store(), node.ledger(), node.person_key())
            .await
            .map_err(Problem::unavailable)?;
        let newest = Search::newest(by, limit);
        let search = before.map_or(newest.clone(), |before| newest.going_on(before));
        let messages = records::search(node.store(), &search).await.map_err(Problem::unavailable)?;
        if messages.len() >= usize::try_from(limit).unwrap_or_default() {
            // This node may know more from here on, so the page ends here at the latest.
            found.next = found.next.max(messages.last().map(place_of));
        }
        found.messages.extend(messages.into_iter().filter(|message| message.request_sent.is_some()));
    }
    found.messages.retain(|message| found.next.is_none_or(|next| place_of(message) >= next));
    found.messages.sort_by_key(|message| std::cmp::Reverse(place_of(message)));
    Ok(found)
}

fn page(visit: &Visit, asked: &Asked, found: Found) -> Page {
    let t = visit.language;
    let (heading, field, value) = match asked {
        Asked::Same(By::Case(case)) => (texts::OF_CASE.fill(t, &[case]), "case", case.clone()),
        Asked::Same(By::System(system)) => (texts::OF_SYSTEM.fill(t, &[system]), "system", system.clone()),
        Asked::Same(By::Service(service)) => {
            (texts::OF_SERVICE.fill(t, &[service]), "service", service.clone())
        }
        Asked::Same(By::Any | By::Person(_)) => (texts::LATEST.get(t).to_owned(), "", String::new()),
        Asked::Person(pseudonyms) => {
            let joined: Vec<String> = pseudonyms.iter().map(Pseudonym::to_string).collect();
            (texts::OF_PERSON.get(t).to_owned(), "person", joined.join("."))
        }
    };
    let older = found.next.map(|next| {
        let value = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC);
        match field {
            "" => format!("/exchange/messages?before={next}"),
            _ => format!("/exchange/messages?{field}={value}&before={next}"),
        }
    });
    let keys = [("case", texts::FIND_CASE), ("system", texts::FIND_SYSTEM), ("service", texts::FIND_SERVICE)]
        .map(|(name, label)| (name, label, if name == field { value.clone() } else { String::new() }));
    let body = Messages {
        t,
        csrf: visit.csrf(),
        heading: heading.clone(),
        keys: keys.into(),
        messages: found.messages,
        older,
    };
    visit.page(heading, Html::of(&body)).with_back("/exchange")
}
