//! Health and readiness: each part of a node reports how it is, and two plain answers tell the world.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;

/// The content type of the answers.
pub const CONTENT_TYPE: &str = "application/json";
const OK: u16 = 200;
const SERVICE_UNAVAILABLE: u16 = 503;

/// How a component is. The reasons are read by operators and monitors: they never hold personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum State {
    /// It does its work.
    Ready,
    /// It does its work, but not as it should: a directory that is stale, a peer that is away.
    Degraded {
        /// What is wrong.
        why: String,
    },
    /// It cannot do its work.
    Failing {
        /// What is wrong.
        why: String,
    },
}

impl State {
    fn severity(&self) -> Severity {
        match self {
            Self::Ready => Severity::Ready,
            Self::Degraded { .. } => Severity::Degraded,
            Self::Failing { .. } => Severity::Failing,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    Ready,
    Degraded,
    Failing,
}

/// An answer to a monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthAnswer {
    /// The HTTP status code.
    pub status: u16,
    /// The body, JSON.
    pub body: String,
}

type States = Arc<RwLock<BTreeMap<String, State>>>;

/// The components of a node and how each is. Clones share the same components.
#[derive(Debug, Clone, Default)]
pub struct Health {
    states: States,
}

#[derive(Serialize)]
struct Body<'a> {
    status: Severity,
    components: &'a BTreeMap<String, State>,
}

impl Health {
    /// Adds a component, failing until it says otherwise, so that a node is not ready before all its parts are.
    #[must_use]
    pub fn component(&self, name: &str) -> Component {
        let component = Component { name: name.to_owned(), states: self.states.clone() };
        component.report(State::Failing { why: "starting".into() });
        component
    }

    /// The answer to `/healthz`: whether the process lives. That it answers is the proof, so the status is always 200:
    /// what fails would not be mended by starting the process again, and is told in the body.
    #[must_use]
    pub fn healthz(&self) -> HealthAnswer {
        let (_, body) = self.summary();
        HealthAnswer { status: OK, body }
    }

    /// The answer to `/readyz`: 503 while any component fails, else 200. A degraded node keeps working.
    #[must_use]
    pub fn readyz(&self) -> HealthAnswer {
        let (worst, body) = self.summary();
        let status = if worst == Severity::Failing { SERVICE_UNAVAILABLE } else { OK };
        HealthAnswer { status, body }
    }

    fn summary(&self) -> (Severity, String) {
        let components = &*self.states.read().unwrap_or_else(PoisonError::into_inner);
        let status = components.values().map(State::severity).max().unwrap_or(Severity::Ready);
        let body =
            serde_json::to_string(&Body { status, components }).expect("names and reasons always make JSON");
        (status, body)
    }
}

/// A component's own handle, with which it reports.
#[derive(Debug, Clone)]
pub struct Component {
    name: String,
    states: States,
}

impl Component {
    /// Reports how the component is from now on.
    pub fn report(&self, state: State) {
        self.states.write().unwrap_or_else(PoisonError::into_inner).insert(self.name.clone(), state);
    }

    /// Reports that the component does its work.
    pub fn ready(&self) {
        self.report(State::Ready);
    }

    /// Reports that the component works, but not as it should.
    pub fn degraded(&self, why: impl Into<String>) {
        self.report(State::Degraded { why: why.into() });
    }

    /// Reports that the component cannot do its work.
    pub fn failing(&self, why: impl Into<String>) {
        self.report(State::Failing { why: why.into() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_ready_when_no_component_fails() {
        let health = Health::default();
        assert_eq!(
            health.readyz(),
            HealthAnswer { status: 200, body: r#"{"status":"ready","components":{}}"#.into() }
        );

        let (store, directory) = (health.component("store"), health.component("directory"));
        store.ready();
        assert_eq!((health.readyz().status, health.healthz().status), (503, 200));
        directory.degraded("the directory is 3 days old");
        assert_eq!(
            health.readyz(),
            HealthAnswer {
                status: 200,
                body: r#"{"status":"degraded","components":{"directory":{"state":"degraded","why":"the directory is 3 days old"},"store":{"state":"ready"}}}"#.into()
            }
        );
        store.failing("the disk is full");
        assert_eq!(health.readyz().status, 503);
        assert!(health.healthz().body.starts_with(r#"{"status":"failing""#));
        store.ready();
        directory.ready();
        assert_eq!((health.readyz().status, health.healthz()), (200, health.readyz()));
    }
}
