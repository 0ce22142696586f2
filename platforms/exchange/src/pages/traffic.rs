//! Who calls whom at the nodes here: rate, errors and times of the last hour and day; one pair over time, with its latest
//! messages, each of which leads to its proof.

use super::Nodes;
use crate::{
    node::Node,
    records::{self, By, Logged, Search},
    texts,
    traffic::{PairTraffic, Span, Summary, Traffic},
};
use askama::Template;
use axum::extract::State;
use contracts::{ServiceId, SystemId};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;
use web::{CurrentUser, Form, Html, Language, Page, Problem, Visit};

/// Most pairs that are listed of one node.
const PAIRS_LIMIT: usize = 100;
/// Messages of a service among which those of the pair are looked for, and how many of them are listed.
const SEARCH_LIMIT_MESSAGES: i64 = 200;
const LIST_LIMIT_MESSAGES: usize = 20;

#[derive(Template)]
#[template(path = "traffic.html")]
struct Shown {
    t: Language,
    tables: Vec<Table>,
}

/// The pairs of one node, on one side.
struct Table {
    node: String,
    heading: String,
    pairs: Vec<(PairTraffic, String)>,
}

#[derive(Template)]
#[template(path = "traffic_pair.html")]
struct Pair {
    t: Language,
    heading: String,
    spans: Vec<(&'static str, Vec<(String, Summary)>)>,
    messages: Vec<Logged>,
}

/// The two sides on which a node counts.
const SIDES: [(&str, web::Text); 2] = [("called", texts::CALLS_MADE), ("answered", texts::CALLS_ANSWERED)];

fn side<'a>(node: &'a Node, name: &str) -> &'a Traffic {
    if name == "answered" { node.served() } else { node.traffic() }
}

/// Microseconds as milliseconds.
pub(super) fn millis(micros: &u64) -> String {
    format!("{:.1}", *micros as f64 / 1_000.0)
}

pub(super) async fn show(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
) -> Result<Page, Problem> {
    let nodes = nodes.operated_by(&user)?;
    let t = visit.language;
    let encoded = |text: String| utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
    let tables = nodes.iter().flat_map(|node| {
        SIDES.map(|(name, heading)| {
            let code = node.id().rsplit('/').next().unwrap_or_default().to_owned();
            let pairs = side(node, name).lately(node.clock.now()).into_iter().take(PAIRS_LIMIT).map(|pair| {
                let (client, service) = (encoded(pair.client.to_string()), encoded(pair.service.to_string()));
                let query = format!("node={code}&side={name}&client={client}&service={service}");
                (pair, query)
            });
            Table { heading: heading.fill(t, &[&code]), pairs: pairs.collect(), node: code }
        })
    });
    let tables = tables.filter(|table| !table.pairs.is_empty()).collect();
    let body = Shown { t, tables };
    Ok(visit.page(texts::TRAFFIC_NOW.get(t), Html::of(&body)).with_back("/exchange"))
}

pub(super) async fn pair(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
    form: Form,
) -> Result<Page, Problem> {
    let nodes = nodes.operated_by(&user)?;
    let t = visit.language;
    let node = nodes.named(form.value("node")).ok_or_else(Problem::not_found)?;
    let client: SystemId = form.value("client").parse().map_err(|_| Problem::not_found())?;
    let service: ServiceId = form.value("service").parse().map_err(|_| Problem::not_found())?;
    let traffic = side(node, form.value("side"));
    let spans = [(Span::Minute, texts::BY_MINUTE), (Span::Hour, texts::BY_HOUR)].map(|(span, name)| {
        let points = traffic.over_time(&client, &service, span, node.clock.now());
        (name.get(t), points.into_iter().map(|(at, point)| (super::moment(&at), point)).collect::<Vec<_>>())
    });
    let heading = format!("{client} → {service}");
    let messages = latest(node, &client, &service).await?;
    let body = Pair { t, heading: heading.clone(), spans: spans.into(), messages };
    Ok(visit.page(heading, Html::of(&body)).with_back("/exchange/traffic"))
}

async fn latest(node: &Arc<Node>, client: &SystemId, service: &ServiceId) -> Result<Vec<Logged>, Problem> {
    records::catch_up(node.store(), node.ledger(), node.person_key()).await.map_err(Problem::unavailable)?;
    let search = Search::newest(By::Service(service.to_string()), SEARCH_LIMIT_MESSAGES);
    let mut found = records::search(node.store(), &search).await.map_err(Problem::unavailable)?;
    found.retain(|message| message.client == client.to_string());
    found.truncate(LIST_LIMIT_MESSAGES);
    Ok(found)
}
