//! Who is on the exchange, how large the ledgers are, who calls whom.

use super::Nodes;
use crate::{
    directory::{Indexed, MemberEntry},
    texts,
};
use askama::Template;
use axum::extract::State;
use contracts::{ServiceId, SystemId};
use std::sync::Arc;
use web::{Html, Language, Page, Problem, Visit};

/// Most pairs of client and service that are listed.
const PAIRS_LIMIT: usize = 50;
/// Most clocks that are listed; those that are wrong first.
const CLOCKS_LIMIT: usize = 100;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    t: Language,
    directory: Arc<Indexed>,
    version: String,
    stale: bool,
    ledgers: Vec<Line>,
    clocks: Vec<Clock>,
    traffic: Vec<Pair>,
}

/// How far another node's clock is from that of a node here.
struct Clock {
    node: String,
    peer: String,
    ahead_millis: String,
    uncertain_millis: String,
    at: String,
    is_far: bool,
}

/// One node's ledger.
struct Line {
    code: String,
    name: String,
    entries: u64,
}

/// One client's calls of one service.
struct Pair {
    client: SystemId,
    service: ServiceId,
    calls: u64,
    failures: u64,
    mean_millis: u128,
}

impl Overview {
    fn name<'a>(&self, member: &'a MemberEntry) -> &'a str {
        name_of(member, self.t)
    }
}

fn name_of(member: &MemberEntry, t: Language) -> &str {
    if t == Language::En && !member.name_en.is_empty() { &member.name_en } else { &member.name }
}

pub(super) async fn show(State(nodes): State<Nodes>, visit: Visit) -> Result<Page, Problem> {
    let first = nodes.first()?;
    let directory = first.keeper().current().ok_or_else(Problem::not_found)?;
    let ledgers = nodes.iter().map(|node| {
        let member =
            directory.directory.members.iter().find(|member| member.nodes.iter().any(|id| id == node.id()));
        Line {
            code: node.id().rsplit('/').next().unwrap_or_default().into(),
            name: member.map(|member| name_of(member, visit.language).to_owned()).unwrap_or_default(),
            entries: node.ledger().checkpoint().checkpoint.size,
        }
    });
    let clocks = nodes.iter().flat_map(|node| {
        node.clocks().differences().into_iter().map(|difference| Clock {
            node: node.id().into(),
            ahead_millis: format!("{:+.1}", difference.micros as f64 / 1_000.0),
            uncertain_millis: difference
                .uncertain_micros
                .map_or_else(String::new, |micros| format!("±{:.1}", micros as f64 / 1_000.0)),
            at: super::moment(&difference.heard),
            is_far: difference.is_far(),
            peer: difference.node,
        })
    });
    let mut clocks: Vec<Clock> = clocks.collect();
    clocks.sort_by_key(|clock| !clock.is_far);
    clocks.truncate(CLOCKS_LIMIT);
    let mut traffic: Vec<Pair> = nodes
        .iter()
        .flat_map(|node| node.traffic().tallies())
        .map(|(client, service, tally)| Pair {
            mean_millis: tally.time.as_millis() / u128::from(tally.calls.max(1)),
            calls: tally.calls,
            failures: tally.failures,
            client,
            service,
        })
        .collect();
    traffic.sort_by_key(|pair| std::cmp::Reverse(pair.calls));
    traffic.truncate(PAIRS_LIMIT);
    let stale = directory.is_stale(first.clock.now());
    let version = texts::DIRECTORY_FACTS
        .fill(visit.language, &[&directory.directory.version, &super::moment(&directory.directory.issued)]);
    let ledgers = ledgers.collect();
    let body = Overview { t: visit.language, version, ledgers, clocks, traffic, stale, directory };
    Ok(visit.page(texts::TITLE.get(visit.language), Html::of(&body)))
}
