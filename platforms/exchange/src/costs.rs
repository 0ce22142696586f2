//! Where the time of messages goes: how long each step of their way took, summed up since the start.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// A step of a message's way that takes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The asking node waits until its own log has the request.
    RequestSealed,
    /// From then on until the answer has come back over the wire.
    AnswerCame,
    /// The asking node verifies the answer and logs it.
    AnswerVerified,
    /// The answering node verifies a request.
    RequestVerified,
    /// It waits until its log has the request, if that may change records.
    RequestLogged,
    /// The system answers.
    SystemAnswered,
    /// The answering node waits until its own log has the answer.
    AnswerSealed,
}

impl Step {
    /// All, each at its own place, with the name it has in metrics.
    const NAMES: [(Self, &str); 7] = [
        (Self::RequestSealed, "request-sealed"),
        (Self::AnswerCame, "answer-came"),
        (Self::AnswerVerified, "answer-verified"),
        (Self::RequestVerified, "request-verified"),
        (Self::RequestLogged, "request-logged"),
        (Self::SystemAnswered, "system-answered"),
        (Self::AnswerSealed, "answer-sealed"),
    ];
}

/// The sums of one node. A message adds to them and waits for nothing.
#[derive(Default)]
pub struct Costs {
    nanos: [AtomicU64; Step::NAMES.len()],
}

impl Costs {
    /// Does one step and notes how long it took.
    pub(crate) async fn of<T>(&self, step: Step, work: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let done = work.await;
        self.add(step, started.elapsed());
        done
    }

    /// Notes how long a step took.
    pub(crate) fn add(&self, step: Step, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanos[step as usize].fetch_add(nanos, Ordering::Relaxed);
    }

    /// How long a step has taken in all messages together.
    pub fn sum(&self, step: Step) -> Duration {
        Duration::from_nanos(self.nanos[step as usize].load(Ordering::Relaxed))
    }

    /// Has the metrics say the same.
    pub(crate) fn publish(&self) {
        for (step, name) in Step::NAMES {
            let micros = u64::try_from(self.sum(step).as_micros()).unwrap_or(u64::MAX);
            metrics::counter!("exchange_step_micros_total", "step" => name).absolute(micros);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_summed_up_by_itself() {
        let costs = Costs::default();
        for (place, (step, _)) in (1..).zip(Step::NAMES) {
            costs.add(step, Duration::from_micros(place));
            costs.add(step, Duration::from_micros(place));
        }
        for (place, (step, name)) in (1..).zip(Step::NAMES) {
            assert_eq!(costs.sum(step), Duration::from_micros(2 * place), "{name}");
        }
    }
}
