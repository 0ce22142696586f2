//! The national reporting information system (*hệ thống thông tin báo cáo quốc gia*, Decree 09/2019/ND-CP), run by the
//! Government Office.
//!
//! Its figures are not sent in by anybody: it hears of what happened, counts each event once, and keeps with each figure the
//! events that made it. So far it counts the births registered by the communes, by the forms of Circular 03/2019/TT-BTP.

mod authority;
mod figures;
mod intake;
pub mod model;
mod pages;
mod places;
mod records;
pub mod rules;
mod services;
mod texts;

pub use records::SCHEMA;

use async_trait::async_trait;
use std::sync::Arc;
use system::{Blueprint, Indicator, Room, Service, System, SystemFacts};

/// What the system is.
pub static FACTS: SystemFacts = SystemFacts {
    code: contracts::reporting::SYSTEM,
    name_vi: "Hệ thống thông tin báo cáo quốc gia",
    name_en: "National reporting information system",
    source: "Nghị định 09/2019/NĐ-CP; Thông tư 03/2019/TT-BTP",
    events: &[],
};

/// How the program knows the system.
pub fn blueprint() -> Blueprint {
    Blueprint { facts: &FACTS, schema: &SCHEMA, open: |room| Arc::new(Reporting::new(room)) }
}

/// The system in its room.
pub struct Reporting {
    room: Room,
}

impl Reporting {
    /// Moves into a room.
    pub fn new(room: Room) -> Self {
        Self { room }
    }
}

#[async_trait]
impl System for Reporting {
    fn facts(&self) -> &'static SystemFacts {
        &FACTS
    }

    fn services(self: Arc<Self>) -> Vec<Service> {
        services::all(&self)
    }

    fn pages(self: Arc<Self>) -> axum::Router {
        pages::router(self)
    }

    async fn indicators(&self) -> Vec<Indicator> {
        match records::count_events(&self.room.store).await {
            Ok(value) => vec![Indicator {
                code: "events-counted",
                name_vi: "Sự kiện đã thống kê",
                name_en: "Events counted",
                value,
            }],
            Err(error) => {
                tracing::warn!(system = FACTS.code, %error, "the figures can't be read");
                Vec::new()
            }
        }
    }
}
