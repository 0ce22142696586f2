//! What people see of the exchange: the directory, the ledgers, the traffic, one message with its proof. And what
//! machines fetch: the signed directory, the ledgers' checkpoints and tiles.

mod access;
mod accesses;
mod events;
mod ledgers;
mod message;
mod messages;
mod overview;
mod subscription;
mod traffic;
mod witnesses;

use crate::node::Node;
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use http::header;
use jiff::{Timestamp, tz::Offset};
use std::sync::Arc;
use web::{CurrentUser, Demand, Problem};

/// Post that may see messages.
const OPERATOR: &str = "operator";
/// The system that the post belongs to.
const SYSTEM: &str = "exchange";

/// Who decides what others may call has shown lately who they are: a screen that was left open decides nothing.
const DECIDING: Demand = Demand::shown_within(30);

/// The time of Viet Nam, in which people here read a moment.
const VIETNAM_TIME: Offset = jiff::tz::offset(7);

/// A moment as people read it, to the millisecond: many messages pass in a second.
fn moment(at: &Timestamp) -> String {
    VIETNAM_TIME.to_datetime(*at).strftime("%d/%m/%Y %H:%M:%S%.3f").to_string()
}

/// The nodes whose pages are shown.
#[derive(Clone)]
pub(crate) struct Nodes(Arc<[Arc<Node>]>);

impl Nodes {
    fn iter(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.0.iter()
    }

    /// Those of the agencies whose operator somebody is: only operators see what passes a node. For others there are none.
    fn operated_by(&self, user: &CurrentUser) -> Result<Self, Problem> {
        let posts: Vec<_> = user.roles_in(SYSTEM).filter(|role| role.post == OPERATOR).collect();
        let agency = |node: &Node| node.id().split('/').nth(2).unwrap_or_default().to_owned();
        let own = |node: &&Arc<Node>| posts.iter().any(|role| role.agency == agency(node));
        let nodes: Vec<Arc<Node>> = self.iter().filter(own).cloned().collect();
        if nodes.is_empty() { Err(Problem::not_found()) } else { Ok(Self(nodes.into())) }
    }

    /// The node whose member has this code.
    fn named(&self, code: &str) -> Option<&Arc<Node>> {
        self.iter().find(|node| node.id().rsplit('/').next() == Some(code))
    }

    /// Any of them, for what is the same in all: the directory.
    fn first(&self) -> Result<&Arc<Node>, Problem> {
        self.0.first().ok_or_else(Problem::not_found)
    }
}

/// The pages of these nodes, to be mounted under `/exchange`.
pub fn routes(nodes: Vec<Arc<Node>>) -> Router {
    Router::new()
        .route("/", get(overview::show))
        .route("/messages", get(messages::show))
        .route("/messages/of-person", post(messages::of_person))
        .route("/messages/{id}", get(message::show))
        .route("/messages/{id}/receipt", get(message::receipt))
        .route("/cases/{case}", get(messages::of_case))
        .route("/witnesses", get(witnesses::show))
        .route("/forks/{id}", get(witnesses::fork))
        .route("/events", get(events::show))
        .route("/events/{member}/{id}", get(subscription::show).post(subscription::decide))
        .route("/access", get(accesses::show))
        .route("/access/ask", get(accesses::ask_form).post(accesses::ask))
        .route("/access/groups", post(accesses::put_group))
        .route("/access/{member}/{id}", get(access::show).post(access::decide))
        .route("/traffic", get(traffic::show))
        .route("/traffic/pair", get(traffic::pair))
        .route("/directory", get(directory))
        .route("/anchor", get(anchor))
        .route("/ledgers/{member}/checkpoint", get(ledgers::checkpoint))
        .route("/ledgers/{member}/attested-checkpoint", get(ledgers::attested_checkpoint))
        .route("/ledgers/{member}/tile/{*path}", get(ledgers::tile))
        .with_state(Nodes(nodes.into()))
}

type Text = ([(header::HeaderName, &'static str); 1], String);

fn plain(text: String) -> Text {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text)
}

/// The signed directory, for nodes to fetch.
async fn directory(State(nodes): State<Nodes>) -> Result<Text, Problem> {
    let current = nodes.first()?.keeper().current().ok_or_else(Problem::not_found)?;
    Ok(plain(current.note.clone()))
}

/// The centre's key, by which directory and receipts are verified.
async fn anchor(State(nodes): State<Nodes>) -> Result<Text, Problem> {
    Ok(plain(format!("{}\n", nodes.first()?.keeper().anchor())))
}
