//! One request for access: what was asked, every step with its entry in the ledger, its latest uses, and the decision.

use super::{DECIDING, Nodes, accesses::endpoint, subscription::state_of};
use crate::{
    access::{
        Access, Ask, decide as decide_access,
        model::{Change, Line, Request, State as Standing},
        readings, records,
    },
    events::rules::may_decide,
    node::Node,
    records::{self as messages, By, Logged, Search},
    texts,
};
use askama::Template;
use axum::extract::{Path, State};
use std::sync::Arc;
use system::register::{RecordEntry, opens};
use uuid::Uuid;
use web::{
    Csrf, CurrentUser, Form, Html, Language, Page, Problem, Redirect, Visit,
    components::{SummaryList, SummaryRow},
};

/// Most uses that are listed.
const USES_LIMIT_MESSAGES: usize = 20;
/// Most messages of the service among which they are looked for.
const SEARCH_LIMIT_MESSAGES: i64 = 500;

#[derive(Template)]
#[template(path = "access.html")]
struct Shown {
    t: Language,
    heading: String,
    csrf: Csrf,
    facts: SummaryList,
    decisions: Vec<(&'static str, &'static str)>,
    steps: Vec<(Line, &'static str, bool)>,
    uses: Vec<Logged>,
}

pub(super) async fn show(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
    Path(place): Path<(String, String)>,
) -> Result<Page, Problem> {
    let nodes = nodes.operated_by(&user)?;
    let (node, access, request) = find(&nodes, &place).await?;
    let t = visit.language;
    let steps =
        records::log_of(access.store(), &request.id.to_string()).await.map_err(Problem::unavailable)?;
    let steps = steps.into_iter().map(|line| {
        let name = match line.change {
            Change::Became(state) => state_of(state).get(t),
            Change::Grouped => texts::NAME_GROUP.get(t),
        };
        let proven = is_proven(&node, &line);
        (line, name, proven)
    });
    let decisions = [
        (Standing::Granted, texts::GRANT_ACCESS),
        (Standing::Refused, texts::REFUSE),
        (Standing::Ended, texts::END),
    ];
    let heading = texts::ACCESS_OF.fill(t, &[&request.rule.client]);
    let body = Shown {
        t,
        heading: heading.clone(),
        csrf: visit.csrf(),
        facts: facts(t, &request),
        decisions: decisions
            .into_iter()
            .filter(|(state, _)| may_decide(request.state, *state))
            .map(|(state, name)| (state.word(), name.get(t)))
            .collect(),
        steps: steps.collect(),
        uses: uses(&node, &access, &request).await?,
    };
    Ok(visit.page(heading, Html::of(&body)).with_back("/exchange/access"))
}

/// The ledger has the entry that stands for this line.
fn is_proven(node: &Node, line: &Line) -> bool {
    let items = node.ledger().items(line.index, 1).unwrap_or_default();
    let entry = items
        .first()
        .and_then(|item| std::str::from_utf8(&item.entry).ok())
        .and_then(|text| RecordEntry::parse(text).ok());
    entry.is_some_and(|entry| entry.record == line.id && opens(&entry, &line.salt, line.said.as_bytes()))
}

/// The latest calls that the grant concerns.
async fn uses(node: &Arc<Node>, access: &Access, request: &Request) -> Result<Vec<Logged>, Problem> {
    if request.state == Standing::Asked {
        return Ok(Vec::new());
    }
    messages::catch_up(node.store(), node.ledger(), node.person_key()).await.map_err(Problem::unavailable)?;
    let system = access.room().member.system(&request.rule.system);
    let by = match request.rule.service.as_str() {
        "*" => By::System(system.to_string()),
        service => By::Service(system.service(service).to_string()),
    };
    let search = Search::newest(by, SEARCH_LIMIT_MESSAGES);
    let mut found = messages::search(node.store(), &search).await.map_err(Problem::unavailable)?;
    found.retain(|message| message.at >= request.asked_at && lets_in(node, request, message));
    found.truncate(USES_LIMIT_MESSAGES);
    Ok(found)
}

/// The grant lets this message in.
fn lets_in(node: &Node, request: &Request, message: &Logged) -> bool {
    // INSTANCE/CLASS/MEMBER/SYSTEM/SERVICE, and then the path.
    let end = message.service.match_indices('/').nth(4).map_or(message.service.len(), |(at, _)| at);
    let (service, path) = message.service.split_at(end);
    let (Ok(client), Ok(service)) = (message.client.parse(), service.parse()) else { return false };
    let ask = Ask {
        client: &client,
        groups: &node.groups_of(&client),
        service: &service,
        method: &message.method,
        paths: &readings(path),
        purpose: &message.purpose,
        at: message.at,
    };
    decide_access([&request.rule], &ask).is_some()
}

/// Grants, refuses or ends.
pub(super) async fn decide(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
    Path(place): Path<(String, String)>,
    form: Form,
) -> Result<Redirect, Problem> {
    let nodes = nodes.operated_by(&user)?;
    let page = format!("/exchange/access/{}/{}", place.0, place.1);
    if let Err(show) = visit.demand(DECIDING, &page) {
        return Ok(show);
    }
    let (_, access, request) = find(&nodes, &place).await?;
    let state = Standing::of_word(form.value("decision")).ok_or_else(Problem::conflict)?;
    let (by, reason) = (&user.0.display_name, form.value("reason"));
    let decided = access.decide_on(&request, state, request.rule.clone(), by, reason).await;
    match decided {
        Ok(_) => Ok(Redirect::to(page)),
        Err(problem) if problem.status == 422 => Err(Problem::unprocessable(texts::REASON_MISSING)),
        Err(problem) if problem.status == 409 => Err(Problem::conflict()),
        Err(problem) => Err(Problem::unavailable(problem.title_en)),
    }
}

async fn find(
    nodes: &Nodes,
    (member, id): &(String, String),
) -> Result<(Arc<Node>, Arc<Access>, Request), Problem> {
    let node = nodes.named(member).ok_or_else(Problem::not_found)?;
    let access = node.access().ok_or_else(Problem::not_found)?;
    let id: Uuid = id.parse().map_err(|_| Problem::not_found())?;
    let found = records::request(access.store(), id).await.map_err(Problem::unavailable)?;
    Ok((node.clone(), access.clone(), found.ok_or_else(Problem::not_found)?))
}

fn facts(t: Language, request: &Request) -> SummaryList {
    let Request { rule, .. } = request;
    let time = |at: &Option<jiff::Timestamp>| at.as_ref().map(super::moment).unwrap_or_default();
    let fields =
        if rule.fields.is_empty() { texts::ALL_FIELDS.get(t).to_owned() } else { rule.fields.join(", ") };
    let rate = rule.rate.map(|rate| texts::RATE_FACTS.fill(t, &[&rate.calls_per_minute, &rate.burst]));
    let rows = [
        (texts::CLIENT, rule.client.clone()),
        (texts::ENDPOINT, endpoint(rule)),
        (texts::PURPOSE, rule.purposes.join(", ")),
        (texts::FIELDS, fields),
        (texts::LEGAL_BASIS, request.legal_basis.clone()),
        (texts::VALID_FROM, time(&rule.from)),
        (texts::VALID_UNTIL, time(&rule.until)),
        (texts::RATE, rate.unwrap_or_default()),
        (texts::STATE, state_of(request.state).get(t).to_owned()),
        (texts::ASKED_BY, request.asked_by.clone()),
        (texts::ASKED_AT, super::moment(&request.asked_at)),
        (texts::ANSWER_DUE, time(&request.due_at)),
        (texts::DECIDED_BY, request.decided_by.clone()),
        (texts::REASON, request.reason.clone()),
    ];
    let said = rows.into_iter().filter(|(_, value)| !value.is_empty());
    SummaryList::new(said.map(|(key, value)| SummaryRow::new(key.get(t), value)).collect())
}
