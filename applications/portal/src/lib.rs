//! The national public service portal of the Government Office: find a service, apply, follow, receive.
//!
//! An applicant fills a form a question group at a time; what the State already knows is shown, not asked. What is handed
//! in goes to the one-door of the province as a durable task, and the one-door reports back where the dossier stands.

mod authority;
mod family;
pub mod model;
mod pages;
mod records;
pub mod rules;
mod services;
mod tasks;
mod texts;

pub use records::SCHEMA;

use async_trait::async_trait;
use contracts::{
    Context,
    portal::DossierState,
    procedures::{FindProcedures, ProcedureSearch},
};
use jiff::civil::Date;
use std::sync::{Arc, Mutex, PoisonError};
use store::LeasedTask;
use system::{Blueprint, Indicator, Room, Service, System, SystemFacts, TaskFailure};

/// What the system is.
pub static FACTS: SystemFacts = SystemFacts {
    code: contracts::portal::SYSTEM,
    name_vi: "Cổng Dịch vụ công quốc gia",
    name_en: "National public service portal",
    source: "Nghị định 61/2018/NĐ-CP; Nghị định 118/2025/NĐ-CP; Nghị định 63/2024/NĐ-CP",
    events: &[],
};

/// How the program knows the system.
pub fn blueprint() -> Blueprint {
    Blueprint { facts: &FACTS, schema: &SCHEMA, open: |room| Arc::new(Portal::new(room)) }
}

/// The portal in its room.
pub struct Portal {
    room: Room,
    /// The share of procedures online, and the day it was counted.
    online_share: Mutex<Option<(Date, i64)>>,
}

impl Portal {
    /// Moves into a room.
    pub fn new(room: Room) -> Self {
        Self { room, online_share: Mutex::default() }
    }

    /// How many of a hundred procedures can be applied for online; nothing when the catalogue can't be read. It is counted
    /// once a day, because every call of the exchange leaves a trace that is kept for years.
    async fn online_share(&self) -> Option<i64> {
        let today = self.room.clock.today();
        let counted = *self.online_share.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, share)) = counted.filter(|(day, _)| *day == today) {
            return Some(share);
        }
        let all = ProcedureSearch { text: String::new(), on: None };
        let found = self.room.exchange.call::<FindProcedures>(&all, &Context::public()).await.ok()?;
        let procedures = found.answer.procedures;
        let online = procedures.iter().filter(|procedure| procedure.online).count();
        let share = i64::try_from((100 * online).checked_div(procedures.len())?).ok()?;
        *self.online_share.lock().unwrap_or_else(PoisonError::into_inner) = Some((today, share));
        Some(share)
    }
}

#[async_trait]
impl System for Portal {
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
        let counts = match records::count(&self.room.store).await {
            Ok(counts) => counts,
            Err(error) => {
                tracing::warn!(%error, "the figures of the portal can't be read");
                return Vec::new();
            }
        };
        let mut indicators = vec![
            indicator(
                "dossiers-submitted",
                "Số hồ sơ nộp trực tuyến",
                "Dossiers submitted online",
                counts.submitted,
            ),
            indicator("dossiers-sending", "Hồ sơ đang gửi", "Dossiers being sent", counts.sending),
        ];
        indicators.extend(DossierState::ALL.into_iter().map(|state| {
            let (name_vi, name_en) = state.words();
            let counted =
                counts.by_state.iter().find(|(counted, _)| *counted == state).map_or(0, |(_, count)| *count);
            indicator(state_code(state), name_vi, name_en, counted)
        }));
        if let Some(share) = self.online_share().await {
            let (vi, en) =
                ("Tỷ lệ thủ tục nộp được trực tuyến (%)", "Procedures that can be applied for online (%)");
            indicators.push(indicator("online-share", vi, en, share));
        }
        if let Some(mean) = (100 * counts.ratings_sum).checked_div(counts.ratings) {
            let (vi, en) = (
                "Mức độ hài lòng trung bình (phần trăm điểm, 100 đến 500)",
                "Mean satisfaction (hundredths, 100 to 500)",
            );
            indicators.push(indicator("satisfaction-mean", vi, en, mean));
        }
        indicators
    }
}

fn indicator(code: &'static str, name_vi: &'static str, name_en: &'static str, value: i64) -> Indicator {
    Indicator { code, name_vi, name_en, value }
}

/// Code of the figure that counts the dossiers in a state.
fn state_code(state: DossierState) -> &'static str {
    match state {
        DossierState::New => "dossiers-new",
        DossierState::Received => "dossiers-received",
        DossierState::NotReceived => "dossiers-not-received",
        DossierState::InProgress => "dossiers-in-progress",
        DossierState::SupplementAsked => "dossiers-supplement-asked",
        DossierState::PaymentAsked => "dossiers-payment-asked",
        DossierState::Withdrawn => "dossiers-withdrawn",
        DossierState::Stopped => "dossiers-stopped",
        DossierState::Finished => "dossiers-finished",
        DossierState::ResultReturned => "dossiers-result-returned",
    }
}
