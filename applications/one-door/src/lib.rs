//! The one-door (*một cửa*) of a province: it receives dossiers for the communes, passes their steps to the agencies that
//! decide, and returns the results (Decree 61/2018/ND-CP, Circular 01/2018/TT-VPCP).
//!
//! A dossier comes from a portal. An officer of the commune receives it, asks for a supplement or refuses it. From then on
//! durable tasks run the steps of its procedure, press its papers and tell the portal of every change.

mod acts;
mod applicant;
mod authority;
pub mod model;
mod pages;
mod papers;
mod progress;
mod records;
pub mod rules;
#[cfg(test)]
mod samples;
mod services;
mod tasks;
mod texts;
mod units;

pub use acts::ActError;
pub use records::SCHEMA;

use async_trait::async_trait;
use contracts::portal::DossierState;
use std::sync::Arc;
use store::LeasedTask;
use system::{Blueprint, Indicator, Room, Service, System, SystemFacts, TaskFailure};

/// What the system is.
pub static FACTS: SystemFacts = SystemFacts {
    code: contracts::one_door::SYSTEM,
    name_vi: "Hệ thống thông tin một cửa điện tử",
    name_en: "Electronic one-door",
    source: "Nghị định 61/2018/NĐ-CP; Nghị định 118/2025/NĐ-CP; Thông tư 01/2018/TT-VPCP",
    events: &[],
};

/// How the program knows the system.
pub fn blueprint() -> Blueprint {
    Blueprint { facts: &FACTS, schema: &SCHEMA, open: |room| Arc::new(OneDoor::new(room)) }
}

/// The one-door in its room.
pub struct OneDoor {
    room: Room,
}

impl OneDoor {
    /// Moves into a room.
    pub fn new(room: Room) -> Self {
        Self { room }
    }
}

#[async_trait]
impl System for OneDoor {
    fn facts(&self) -> &'static SystemFacts {
        &FACTS
    }

    fn services(self: Arc<Self>) -> Vec<Service> {
        services::all(&self)
    }

    fn pages(self: Arc<Self>) -> axum::Router {
        pages::router(self)
    }

    async fn perform(&self, task: &LeasedTask) -> Result<(), TaskFailure> {
        tasks::perform(&self.room, task).await
    }

    async fn indicators(&self) -> Vec<Indicator> {
        match records::count_all(&self.room.store, self.room.clock.now()).await {
            Ok(counts) => figures(&counts),
            Err(error) => {
                tracing::warn!(system = FACTS.code, %error, "the figures of the one-door can't be read");
                Vec::new()
            }
        }
    }
}

fn figures(counts: &[records::Count]) -> Vec<Indicator> {
    use DossierState as S;
    let sum = |states: &[S], of: fn(&records::Count) -> i64| -> i64 {
        counts.iter().filter(|count| states.contains(&count.state)).map(of).sum()
    };
    let indicator = |code, name_vi, name_en, value| Indicator { code, name_vi, name_en, value };
    let ended = [S::Finished, S::ResultReturned, S::Stopped];
    vec![
        indicator(
            "dossiers-received",
            "Hồ sơ đã tiếp nhận",
            "Dossiers received",
            sum(&S::ALL, |count| count.received),
        ),
        indicator(
            "dossiers-in-progress",
            "Hồ sơ đang giải quyết",
            "Dossiers in progress",
            sum(&[S::Received, S::InProgress, S::PaymentAsked], |count| count.all),
        ),
        indicator(
            "dossiers-on-time",
            "Hồ sơ giải quyết đúng hạn",
            "Dossiers finished on time",
            sum(&ended, |count| count.all - count.late),
        ),
        indicator(
            "dossiers-late",
            "Hồ sơ quá hạn",
            "Dossiers late or overdue",
            sum(&S::ALL, |count| count.late),
        ),
        indicator(
            "dossiers-awaiting-supplement",
            "Hồ sơ chờ bổ sung",
            "Dossiers waiting for a supplement",
            sum(&[S::SupplementAsked], |count| count.all),
        ),
    ]
}
