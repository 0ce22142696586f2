//! Going down without losing a message: no new work is taken, what has begun is finished.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Duration;
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Phase {
    Open,
    Draining,
    Finished,
}

/// Shared by everyone who takes work. Cheap to clone.
#[derive(Clone)]
pub struct Drain {
    phase: Arc<watch::Sender<Phase>>,
    at_work: Arc<AtomicUsize>,
}

/// A piece of work that must be finished before the node goes down.
pub struct Work(Arc<AtomicUsize>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self { phase: Arc::new(watch::Sender::new(Phase::Open)), at_work: Arc::default() }
    }
}

impl Drain {
    /// Begins a piece of work.
    pub fn work(&self) -> Work {
        self.at_work.fetch_add(1, Ordering::SeqCst);
        Work(self.at_work.clone())
    }

    /// No new work is taken any more.
    pub fn is_draining(&self) -> bool {
        *self.phase.borrow() != Phase::Open
    }

    /// Returns when draining begins.
    pub async fn begun(&self) {
        self.reached(Phase::Draining).await;
    }

    /// Returns when all work is finished, or was given up.
    pub async fn finished(&self) {
        self.reached(Phase::Finished).await;
    }

    async fn reached(&self, phase: Phase) {
        // The sender lives in this very value, so waiting can't fail.
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }

    /// Takes no new work, waits for what has begun, at most `limit`; returns how many pieces were given up.
    pub async fn run(&self, limit: Duration) -> usize {
        self.phase.send_replace(Phase::Draining);
        let idle = async {
            while self.at_work.load(Ordering::SeqCst) > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let _ = tokio::time::timeout(limit, idle).await;
        self.phase.send_replace(Phase::Finished);
        self.at_work.load(Ordering::SeqCst)
    }
}
