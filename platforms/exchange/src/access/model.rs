//! What is asked for, what was decided, and the log of both.

use super::AccessRule;
pub use crate::events::model::State;
use contracts::SystemId;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

/// Access that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its identifier.
    pub id: Uuid,
    /// The grant that is asked for; once granted, the one that was given.
    pub rule: AccessRule,
    /// What allows the client to have it.
    pub legal_basis: String,
    /// Who asked: a system.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// By when it must be answered (Decree 47/2020/ND-CP, article 35(3)), as far as holidays are known.
    pub due_at: Option<Timestamp>,
    /// Whether it is in force.
    pub state: State,
    /// When it was decided on, last.
    pub decided_at: Option<Timestamp>,
    /// By whom: a system, an operator, or `date` when it ended by itself.
    pub decided_by: String,
    /// Why it was refused or ended.
    pub reason: String,
}

impl Request {
    /// It waits for a decision and is past its time.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.state == State::Asked && self.due_at.is_some_and(|due| due < now)
    }

    /// What the ledger's entry of a step stands for.
    pub fn document(&self) -> String {
        json!({
            "id": self.id, "grant": self.rule, "legalBasis": self.legal_basis, "askedBy": self.asked_by,
            "askedAt": self.asked_at, "dueAt": self.due_at, "state": self.state.word(),
            "decidedAt": self.decided_at, "decidedBy": self.decided_by, "reason": self.reason,
        })
        .to_string()
    }
}

/// A group of systems that the provider has named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its code; a grant names it as `local-group:CODE`.
    pub code: String,
    /// The systems in it.
    pub systems: Vec<SystemId>,
}

impl Group {
    /// What the ledger's entry of a change stands for.
    pub fn document(&self) -> String {
        let systems: Vec<String> = self.systems.iter().map(SystemId::to_string).collect();
        json!({ "group": self.code, "systems": systems }).to_string()
    }
}

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A request came into this state.
    Became(State),
    /// A group was named.
    Grouped,
}

impl Change {
    /// A request came into this state.
    pub fn of(state: State) -> Self {
        Self::Became(state)
    }

    /// Its word in the records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Became(state) => state.word(),
            Self::Grouped => "grouped",
        }
    }

    /// The step of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        if word == "grouped" { Some(Self::Grouped) } else { State::of_word(word).map(Self::Became) }
    }
}

/// A line of the log. The ledger has a salted digest of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its identifier, which the ledger's entry names.
    pub id: Uuid,
    /// The request or the group.
    pub about: String,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub change: Change,
    /// Who did it.
    pub by: String,
    /// The whole request or group after it, as JSON.
    pub said: String,
    /// Salt of its digest.
    pub salt: [u8; 16],
    /// Index of its entry in the ledger.
    pub index: u64,
}
