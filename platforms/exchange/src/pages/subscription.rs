//! One subscription: what was asked for, what came of its events, and what the operator can do about it.

use super::{DECIDING, Nodes};
use crate::{
    events::{
        Events,
        model::{Attempt, Due, Outcome, State as Standing, Subscription},
        records, rules,
    },
    texts,
};
use askama::Template;
use axum::extract::{Path, State};
use std::sync::Arc;
use uuid::Uuid;
use web::{
    Csrf, CurrentUser, Form, Html, Language, Page, Problem, Redirect, Text, Visit,
    components::{SummaryList, SummaryRow},
};

#[derive(Template)]
#[template(path = "subscription.html")]
struct Shown {
    t: Language,
    heading: String,
    csrf: Csrf,
    facts: SummaryList,
    /// The decisions that can be made, as word and name.
    decisions: Vec<(&'static str, &'static str)>,
    can_replay: bool,
    /// After which number of the log events are handed over again, when nothing else is chosen.
    position: u64,
    dead: Vec<Due>,
    attempts: Vec<(Attempt, &'static str)>,
}

/// A state in words.
pub(super) fn state_of(state: Standing) -> Text {
    match state {
        Standing::Asked => texts::STATE_ASKED,
        Standing::Granted => texts::STATE_GRANTED,
        Standing::Refused => texts::STATE_REFUSED,
        Standing::Ended => texts::STATE_ENDED,
    }
}

fn outcome_of(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Confirmed => texts::CONFIRMED,
        Outcome::Fetched => texts::FETCHED,
        Outcome::Refused => texts::REFUSED,
        Outcome::Unreachable => texts::UNREACHABLE,
        Outcome::Expired => texts::EXPIRED,
        Outcome::Dead => texts::GIVEN_UP,
        Outcome::Replayed => texts::REPLAYED,
    }
}

pub(super) async fn show(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
    Path(place): Path<(String, String)>,
) -> Result<Page, Problem> {
    let nodes = nodes.operated_by(&user)?;
    let (events, subscription) = find(&nodes, &place).await?;
    let (t, store) = (visit.language, events.store());
    let due = records::count_due(store, subscription.id).await.map_err(Problem::unavailable)?;
    let dead = records::dead_letters(store, subscription.id).await.map_err(Problem::unavailable)?;
    let attempts = records::attempts_of_subscription(store, subscription.id).await;
    let attempts = attempts.map_err(Problem::unavailable)?.into_iter();
    let decisions = [
        (Standing::Granted, texts::GRANT),
        (Standing::Refused, texts::REFUSE),
        (Standing::Ended, texts::END),
    ];
    let heading = texts::SUBSCRIPTION.fill(t, &[&subscription.event_type]);
    let body = Shown {
        t,
        heading: heading.clone(),
        csrf: visit.csrf(),
        facts: facts(t, &subscription, due.0),
        decisions: decisions
            .into_iter()
            .filter(|(state, _)| rules::may_decide(subscription.state, *state))
            .map(|(state, name)| (state.word(), name.get(t)))
            .collect(),
        can_replay: subscription.state == Standing::Granted,
        position: subscription.position.unwrap_or_default(),
        dead,
        attempts: attempts
            .map(|line| {
                let name = outcome_of(line.outcome).get(t);
                (line, name)
            })
            .collect(),
    };
    Ok(visit.page(heading, Html::of(&body)).with_back("/exchange/events"))
}

/// Grants, refuses or ends the subscription, replays a dead letter, or hands over again from a number on.
pub(super) async fn decide(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
    Path(place): Path<(String, String)>,
    form: Form,
) -> Result<Redirect, Problem> {
    let nodes = nodes.operated_by(&user)?;
    let page = format!("/exchange/events/{}/{}", place.0, place.1);
    if let Err(show) = visit.demand(DECIDING, &page) {
        return Ok(show);
    }
    let (events, subscription) = find(&nodes, &place).await?;
    if form.has("replay") {
        let event = form.value("replay").parse().map_err(|_| Problem::not_found())?;
        let replayed = events.replay(&subscription, event).await.map_err(Problem::unavailable)?;
        if subscription.state != Standing::Granted || !replayed {
            return Err(Problem::conflict());
        }
    } else if form.has("after") {
        if subscription.state != Standing::Granted {
            return Err(Problem::conflict());
        }
        let not_reached = || Problem::unprocessable(texts::NOT_REACHED);
        let after = form.value("after").trim().parse().map_err(|_| not_reached())?;
        if !events.move_back(&subscription, after).await.map_err(Problem::unavailable)? {
            return Err(not_reached());
        }
        tracing::info!(subscription = %subscription.id, after, "an operator has events handed over again");
    } else {
        let reason = form.value("reason").trim();
        let state = Standing::of_word(form.value("decision"))
            .filter(|state| rules::may_decide(subscription.state, *state))
            .filter(|_| reason.chars().count() <= rules::REASON_LIMIT_CHARACTERS)
            .ok_or_else(Problem::conflict)?;
        events
            .decide(&subscription, state, &user.0.display_name, reason)
            .await
            .map_err(Problem::unavailable)?;
    }
    Ok(Redirect::to(page))
}

async fn find(
    nodes: &Nodes,
    (member, id): &(String, String),
) -> Result<(Arc<Events>, Subscription), Problem> {
    let events = nodes.named(member).and_then(|node| node.events()).ok_or_else(Problem::not_found)?;
    let id: Uuid = id.parse().map_err(|_| Problem::not_found())?;
    let found = records::subscription(events.store(), id).await.map_err(Problem::unavailable)?;
    Ok((events.clone(), found.ok_or_else(Problem::not_found)?))
}

fn facts(t: Language, subscription: &Subscription, waiting: i64) -> SummaryList {
    let mut delivery =
        texts::DELIVERY_FACTS.fill(t, &[&subscription.delivery.word(), &subscription.options.ttl_seconds]);
    if subscription.options.fifo {
        delivery.push_str(", ");
        delivery.push_str(texts::IN_ORDER.get(t));
    }
    let target = subscription.target().map(|(service, path)| format!("{service}{path}")).unwrap_or_default();
    let rows = [
        (texts::SUBSCRIBER, subscription.subscriber.to_string()),
        (texts::STATE, state_of(subscription.state).get(t).to_owned()),
        (texts::DECIDED_BY, subscription.decided_by.clone()),
        (texts::REASON, subscription.reason.clone()),
        (texts::PURPOSE, subscription.purpose.clone()),
        (texts::LEGAL_BASIS, subscription.legal_basis.clone()),
        (texts::DELIVERY, delivery),
        (texts::SERVICE, target),
        (texts::POSITION, subscription.position.map(|number| number.to_string()).unwrap_or_default()),
        (texts::WAITING, waiting.to_string()),
    ];
    let said = rows.into_iter().filter(|(_, value)| !value.is_empty());
    SummaryList::new(said.map(|(key, value)| SummaryRow::new(key.get(t), value)).collect())
}
