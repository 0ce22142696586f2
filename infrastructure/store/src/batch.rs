//! A batch: changes that happen together or not at all, on the condition that what was read still stands.

use uuid::Uuid;

use crate::statement::Statement;
use crate::tasks::{self, Event, Task};
use crate::{BATCH_LIMIT_STEPS, StoreError, VALUE_LIMIT_BYTES, Value};

/// What a step asks of its statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Change any number of rows.
    Change,
    /// Change exactly one row.
    ChangeOne,
    /// Find exactly one row.
    Require,
    /// Change rows and hand them back.
    Return,
}

/// One statement of a batch.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) ask: Ask,
    pub(crate) statement: &'static Statement,
    pub(crate) params: Vec<Value>,
}

impl Step {
    /// What the step comes to, given the number of rows it changed or found.
    pub(crate) fn judge(&self, rows: u64) -> Result<(), StoreError> {
        match self.ask {
            Ask::Change | Ask::Return => Ok(()),
            Ask::ChangeOne | Ask::Require if rows == 1 => Ok(()),
            Ask::ChangeOne | Ask::Require => Err(StoreError::Conflict { statement: self.statement.name() }),
        }
    }
}

/// Changes to be written together. The steps run in the order they were added, each seeing those before it.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    steps: Vec<Step>,
}

impl Batch {
    /// A batch of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes any number of rows, also none.
    pub fn change(&mut self, statement: &'static Statement, params: Vec<Value>) -> &mut Self {
        self.step(Ask::Change, statement, params)
    }

    /// Changes exactly one row; otherwise the whole batch is void with [`StoreError::Conflict`]. With
    /// `WHERE number = $1 AND version = $2` this is the check that nobody changed the record since it was read.
    pub fn change_one(&mut self, statement: &'static Statement, params: Vec<Value>) -> &mut Self {
        self.step(Ask::ChangeOne, statement, params)
    }

    /// A SELECT that must find exactly one row, so that what the batch was decided on still stands; otherwise the
    /// whole batch is void with [`StoreError::Conflict`].
    pub fn require(&mut self, statement: &'static Statement, params: Vec<Value>) -> &mut Self {
        self.step(Ask::Require, statement, params)
    }

    /// Puts a task in the queue, to be done at least once after the batch is durable. A task whose id is already known,
    /// finished ones included, is left as it is.
    pub fn enqueue(&mut self, task: Task) -> &mut Self {
        self.step(Ask::Change, &tasks::ENQUEUE_TASK, task.into_params())
    }

    /// Ends a task, so that its effect and its end are one batch. When somebody else has already ended it, the batch is
    /// void with [`StoreError::Conflict`] and the effect doesn't happen twice.
    pub fn finish_task(&mut self, id: Uuid) -> &mut Self {
        self.step(Ask::ChangeOne, &tasks::FINISH_TASK, crate::params![id])
    }

    /// Puts an event in the outbox. An id emitted before makes the batch void with [`StoreError::Duplicate`].
    pub fn emit(&mut self, event: Event) -> &mut Self {
        self.step(Ask::Change, &tasks::EMIT_EVENT, event.into_params())
    }

    /// Whether there is nothing in the batch.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// How many steps the batch has.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    pub(crate) fn step(&mut self, ask: Ask, statement: &'static Statement, params: Vec<Value>) -> &mut Self {
        self.steps.push(Step { ask, statement, params });
        self
    }

    /// The steps, once they are known to be within the limits.
    pub(crate) fn into_steps(self) -> Result<Vec<Step>, StoreError> {
        if self.steps.len() > BATCH_LIMIT_STEPS {
            return Err(StoreError::TooLarge { what: "a batch, in steps,", limit: BATCH_LIMIT_STEPS });
        }
        for step in &self.steps {
            check_params(step.statement.name(), &step.params)?;
        }
        Ok(self.steps)
    }
}

/// Refuses what only one of the engines would store: text with a NUL character, and values over the limit.
pub(crate) fn check_params(statement: &'static str, params: &[Value]) -> Result<(), StoreError> {
    for (index, value) in params.iter().enumerate() {
        let length = match value {
            Value::Text(text) if text.contains('\0') => {
                let reason = "the text holds a NUL character".to_owned();
                return Err(StoreError::WrongParameter { statement, parameter: index + 1, reason });
            }
            Value::Text(text) => text.len(),
            Value::Blob(bytes) => bytes.len(),
            Value::Null | Value::Int(_) => 0,
        };
        if length > VALUE_LIMIT_BYTES {
            return Err(StoreError::TooLarge { what: "a value, in bytes,", limit: VALUE_LIMIT_BYTES });
        }
    }
    Ok(())
}
