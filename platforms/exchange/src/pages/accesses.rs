//! What access was asked for at the nodes, the groups they have named, and asking other agencies.

use super::{DECIDING, Nodes, subscription::state_of};
use crate::{
    access::{
        self, AccessRule, LOCAL_GROUP,
        model::{Group, Request as Asked, State as Standing},
        records, rules,
    },
    body::Body,
    consumer::Request,
    rest::{self, Target},
    texts,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use contracts::{ServiceId, SystemId};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Map, Value, json};
use web::{Csrf, CurrentUser, Form, Html, Language, Page, Problem, Redirect, Visit};

/// What stands in the form's fields, in their order.
const FIELDS: [(&str, web::Text); 11] = [
    ("client", texts::ASK_CLIENT),
    ("service", texts::ASK_SERVICE),
    ("method", texts::ASK_METHOD),
    ("path", texts::ASK_PATH),
    ("purposes", texts::ASK_PURPOSES),
    ("fields", texts::ASK_FIELDS),
    ("legalBasis", texts::ASK_LEGAL_BASIS),
    ("from", texts::ASK_FROM),
    ("until", texts::ASK_UNTIL),
    ("callsPerMinute", texts::ASK_RATE),
    ("burst", texts::ASK_BURST),
];

#[derive(Template)]
#[template(path = "accesses.html")]
struct Accesses {
    t: Language,
    csrf: Csrf,
    lines: Vec<Line>,
    /// The groups: node, name in a grant, systems.
    groups: Vec<(String, String, Vec<SystemId>)>,
    nodes: Vec<String>,
}

/// One request, with its node.
struct Line {
    node: String,
    asked: Asked,
    state: &'static str,
    due: String,
    overdue: bool,
}

#[derive(Template)]
#[template(path = "ask.html")]
struct Asking {
    t: Language,
    csrf: Csrf,
    fields: Vec<(&'static str, web::Text, String)>,
    refused: Option<String>,
}

pub(super) async fn show(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
) -> Result<Page, Problem> {
    let nodes = nodes.operated_by(&user)?;
    let t = visit.language;
    let (mut lines, mut groups, mut codes) = (Vec::new(), Vec::new(), Vec::new());
    for node in nodes.iter() {
        let Some(access) = node.access() else { continue };
        let code = node.id().rsplit('/').next().unwrap_or_default().to_owned();
        let named = records::groups(access.store()).await.map_err(Problem::unavailable)?;
        groups.extend(
            named
                .into_iter()
                .map(|group| (code.clone(), format!("{LOCAL_GROUP}{}", group.code), group.systems)),
        );
        for state in Standing::ALL {
            let found = records::in_state(access.store(), state).await.map_err(Problem::unavailable)?;
            lines.extend(found.into_iter().map(|asked| Line {
                node: code.clone(),
                state: state_of(state).get(t),
                due: asked.due_at.as_ref().map(super::moment).unwrap_or_default(),
                overdue: asked.is_overdue(node.clock.now()),
                asked,
            }));
        }
        codes.push(code);
    }
    let body = Accesses { t, csrf: visit.csrf(), lines, groups, nodes: codes };
    Ok(visit.page(texts::ACCESS.get(t), Html::of(&body)).with_back("/exchange"))
}

/// Names a group of one of the nodes, or forgets it when no systems are named.
pub(super) async fn put_group(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
    form: Form,
) -> Result<Redirect, Problem> {
    let nodes = nodes.operated_by(&user)?;
    if let Err(show) = visit.demand(DECIDING, "/exchange/access") {
        return Ok(show);
    }
    let node = nodes.named(form.value("node")).and_then(|node| node.access());
    let access = node.ok_or_else(Problem::not_found)?;
    let systems = form.value("systems").split_whitespace().map(str::parse).collect::<Result<Vec<_>, _>>();
    let systems = systems.map_err(|_| Problem::unprocessable(texts::GROUP_WRONG))?;
    let group = Group { code: form.value("code").trim().to_owned(), systems };
    if !rules::is_group(&group) {
        return Err(Problem::unprocessable(texts::GROUP_WRONG));
    }
    access.put_group(&group, &user.0.display_name).await.map_err(Problem::unavailable)?;
    Ok(Redirect::to("/exchange/access"))
}

pub(super) async fn ask_form(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
    form: Form,
) -> Result<Page, Problem> {
    nodes.operated_by(&user)?;
    Ok(asking(&visit, &form, None))
}

fn asking(visit: &Visit, form: &Form, refused: Option<String>) -> Page {
    let t = visit.language;
    let fields = FIELDS.map(|(name, label)| (name, label, form.value(name).to_owned())).into();
    let body = Asking { t, csrf: visit.csrf(), fields, refused };
    visit.page(texts::ASK_FOR_ACCESS.get(t), Html::of(&body)).with_back("/exchange/access")
}

/// Asks at the provider's room, as the system for which access is asked: an ordinary message of the exchange.
pub(super) async fn ask(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
    form: Form,
) -> Result<Response, Problem> {
    let nodes = nodes.operated_by(&user)?;
    let t = visit.language;
    let refused = |why: String| Ok(asking(&visit, &form, Some(why)).into_response());
    let named = (form.value("client").trim().parse(), form.value("service").trim().parse());
    let (Ok(client), Ok(service)): (Result<SystemId, _>, Result<ServiceId, _>) = named else {
        return refused(texts::ASK_WRONG.get(t).to_owned());
    };
    let Some(document) = asked_in(&form, &service) else {
        return refused(texts::ASK_WRONG.get(t).to_owned());
    };
    let directory = nodes.first()?.keeper().current().ok_or_else(Problem::not_found)?;
    let Some(node) = nodes.iter().find(|node| node.serves(&directory, &client.member)) else {
        return refused(texts::ASK_NOT_OURS.get(t).to_owned());
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(rest::PURPOSE, HeaderValue::from_static("access"));
    let request = Request {
        client,
        method: Method::POST,
        target: Target {
            service: service.system.member.system(access::SYSTEM).service("requests"),
            path: "/v1/requests".into(),
            query: None,
        },
        headers,
        body: Some(Body::from_bytes(document.to_string().into())),
    };
    let answered = match node.carry_request(request).await {
        Ok(answered) => answered,
        Err(fault) => return refused(fault.message),
    };
    if answered.head.status.is_success() {
        return Ok(Redirect::to(format!("/exchange/messages/{}", answered.id)).into_response());
    }
    let said = match answered.body {
        Some(body) => body.read_whole().await.unwrap_or_default(),
        None => Default::default(),
    };
    refused(told(&said, t))
}

/// What the form asks for, as the room takes it; dates are the first moment of the day in Viet Nam.
fn asked_in(form: &Form, service: &ServiceId) -> Option<Value> {
    let mut asked = Map::new();
    asked.insert("system".into(), service.system.system.clone().into());
    asked.insert("service".into(), service.service.clone().into());
    for name in ["method", "path", "legalBasis"] {
        let value = form.value(name).trim();
        if !value.is_empty() {
            asked.insert(name.into(), value.into());
        }
    }
    for name in ["purposes", "fields"] {
        let parts: Vec<&str> = form.value(name).split([',', ' ', '\n']).map(str::trim).collect();
        asked.insert(name.into(), parts.into_iter().filter(|part| !part.is_empty()).collect());
    }
    for name in ["from", "until"] {
        let value = form.value(name).trim();
        if !value.is_empty() {
            let day: jiff::civil::Date = value.parse().ok()?;
            let first =
                super::VIETNAM_TIME.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()?;
            asked.insert(name.into(), first.to_string().into());
        }
    }
    let number = |name: &str| match form.value(name).trim() {
        "" => Some(None),
        value => value.parse::<u32>().ok().map(Some),
    };
    if let Some(calls) = number("callsPerMinute")? {
        asked.insert(
            "rate".into(),
            json!({ "callsPerMinute": calls, "burst": number("burst")?.unwrap_or(1) }),
        );
    }
    Some(asked.into())
}

/// What the provider says of what it does not take.
fn told(said: &[u8], t: Language) -> String {
    let problem: contracts::Problem = match serde_json::from_slice(said) {
        Ok(problem) => problem,
        Err(_) => return String::from_utf8_lossy(said).chars().take(300).collect(),
    };
    let of = |vi: &str, en: &str| if t == Language::En { en.to_owned() } else { vi.to_owned() };
    let fields = problem.fields.iter().map(|field| of(&field.vi, &field.en));
    std::iter::once(of(&problem.title, &problem.title_en)).chain(fields).collect::<Vec<_>>().join(" ")
}

/// A grant as one line.
pub(super) fn endpoint(rule: &AccessRule) -> String {
    format!(
        "{} {}/{}{}",
        rule.method,
        rule.system,
        rule.service,
        if rule.path == "**" { "/**" } else { &rule.path }
    )
}
