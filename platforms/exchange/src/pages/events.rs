//! The types of event of the nodes, and who subscribed to them.

use super::{Nodes, subscription::state_of};
use crate::{
    events::{
        model::{EventType, State as Standing, Subscription},
        records,
    },
    texts,
};
use askama::Template;
use axum::extract::State;
use web::{CurrentUser, Html, Language, Page, Problem, Visit};

#[derive(Template)]
#[template(path = "events.html")]
struct Events {
    t: Language,
    types: Vec<EventType>,
    subscriptions: Vec<Line>,
}

/// One subscription, with its node and what is due to it.
struct Line {
    node: String,
    subscription: Subscription,
    state: &'static str,
    waiting: i64,
    dead: i64,
}

pub(super) async fn show(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
) -> Result<Page, Problem> {
    let nodes = nodes.operated_by(&user)?;
    let t = visit.language;
    let (mut types, mut subscriptions) = (Vec::new(), Vec::new());
    for node in nodes.iter() {
        let Some(events) = node.events() else { continue };
        let store = events.store();
        let published = records::event_types(store).await.map_err(Problem::unavailable)?;
        types.extend(published.into_iter().filter(|known| known.ended_at.is_none()));
        // What waits for a decision comes first.
        for state in Standing::ALL {
            for subscription in records::in_state(store, state).await.map_err(Problem::unavailable)? {
                let due = records::count_due(store, subscription.id).await.map_err(Problem::unavailable)?;
                let (waiting, dead) = due;
                let node = node.id().rsplit('/').next().unwrap_or_default().to_owned();
                subscriptions.push(Line { node, state: state_of(state).get(t), subscription, waiting, dead });
            }
        }
    }
    let body = Events { t, types, subscriptions };
    Ok(visit.page(texts::EVENTS.get(t), Html::of(&body)).with_back("/exchange"))
}
