//! Works off the tasks that a system has written for itself.

use crate::{CallError, Clock, System};
use jiff::{SignedDuration, Timestamp};
use std::{sync::Arc, time::Duration};
use store::{LeasedTask, Store};
use tokio::{sync::Notify, task::JoinHandle};

/// How long a task may take before another worker may try it.
const LEASE_SECONDS: u64 = 120;
/// How many tasks are taken at a time.
const TASKS_AT_A_TIME: usize = 16;
/// How long the worker sleeps when nobody pokes it.
const IDLE_MILLIS: u64 = 1_000;
/// How often a system looks after what waits for no task.
const TEND_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// Waiting time after the first failure; it doubles with each further one.
const FIRST_RETRY_SECONDS: i64 = 2;
/// Longest waiting time between two tries.
const LONGEST_RETRY_SECONDS: i64 = 3_600;

/// Why a task was not done.
#[derive(Debug)]
pub struct TaskFailure {
    /// What was wrong, without personal data.
    pub fault: String,
    /// Trying again soon can't help; an operator has to look.
    pub fatal: bool,
}

impl TaskFailure {
    /// Trying again later may help.
    pub fn passing(fault: impl Into<String>) -> Self {
        Self { fault: fault.into(), fatal: false }
    }

    /// Trying again soon can't help.
    pub fn fatal(fault: impl Into<String>) -> Self {
        Self { fault: fault.into(), fatal: true }
    }
}

impl From<CallError> for TaskFailure {
    fn from(error: CallError) -> Self {
        Self { fatal: !error.is_passing(), fault: error.to_string() }
    }
}

impl From<store::StoreError> for TaskFailure {
    fn from(error: store::StoreError) -> Self {
        Self::passing(error.to_string())
    }
}

impl From<crate::RegisterError> for TaskFailure {
    fn from(error: crate::RegisterError) -> Self {
        Self::passing(error.to_string())
    }
}

/// The worker of one system.
pub struct Worker {
    stop: Arc<Notify>,
    running: JoinHandle<()>,
}

impl Worker {
    /// Starts to work off the tasks in `store`. `poke` wakes it.
    pub fn start(system: Arc<dyn System>, store: Store, clock: Clock, poke: Arc<Notify>) -> Self {
        let stop = Arc::new(Notify::new());
        let stopping = stop.clone();
        let running = tokio::spawn(async move {
            let mut tended_at: Option<Timestamp> = None;
            loop {
                let now = clock.now();
                // A clock that was set back must not stop it.
                let is_due = |at: Timestamp| now.duration_since(at).abs() >= TEND_EVERY;
                if tended_at.is_none_or(is_due) {
                    system.tend().await;
                    tended_at = Some(now);
                }
                let worked = work_off(&*system, &store, &clock).await;
                if worked {
                    continue;
                }
                tokio::select! {
                    () = stopping.notified() => return,
                    () = poke.notified() => {}
                    () = tokio::time::sleep(Duration::from_millis(IDLE_MILLIS)) => {}
                }
            }
        });
        Self { stop, running }
    }

    /// Finishes the task at hand and stops.
    pub async fn stop(self) {
        self.stop.notify_one();
        if let Err(error) = self.running.await {
            tracing::error!(%error, "a worker ended badly");
        }
    }
}

/// Takes what is due and does it; true when there was anything.
async fn work_off(system: &dyn System, store: &Store, clock: &Clock) -> bool {
    let lease = Duration::from_secs(LEASE_SECONDS);
    let tasks = match store.take_tasks(clock.now(), TASKS_AT_A_TIME, lease).await {
        Ok(tasks) => tasks,
        Err(error) => {
            tracing::warn!(system = system.facts().code, %error, "tasks can't be read; trying again");
            return false;
        }
    };
    for task in &tasks {
        steps::reached("task-taken");
        if let Err(failure) = system.perform(task).await {
            put_back(system, store, clock, task, &failure).await;
        }
        steps::reached("task-done");
    }
    !tasks.is_empty()
}

async fn put_back(
    system: &dyn System,
    store: &Store,
    clock: &Clock,
    task: &LeasedTask,
    failure: &TaskFailure,
) {
    let code = system.facts().code;
    tracing::warn!(system = code, kind = %task.kind, attempt = task.attempt, error = %failure.fault, "a task failed");
    let wait = if failure.fatal {
        LONGEST_RETRY_SECONDS
    } else {
        FIRST_RETRY_SECONDS.saturating_mul(1 << task.attempt.min(16)).min(LONGEST_RETRY_SECONDS)
    };
    let retry_at = clock.now() + SignedDuration::from_secs(wait);
    if let Err(error) = store.fail_task(task.id, retry_at, &failure.fault).await {
        tracing::warn!(system = code, %error, "a failed task can't be put back; its lease will run out");
    }
}
