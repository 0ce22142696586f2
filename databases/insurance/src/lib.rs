//! The register of social and health insurance, kept by the social insurance agency (a unit of the Ministry of Finance
//! since 2025): membership and the health card of a newborn.

mod authority;
pub mod model;
mod pages;
mod records;
pub mod rules;
mod services;

pub use records::SCHEMA;

use async_trait::async_trait;
use std::sync::Arc;
use system::{Blueprint, EventFacts, Indicator, Room, Service, System, SystemFacts};

/// Told when a card is issued.
pub const CARD_ISSUED: &str = "card.issued";

/// What the system is.
pub static FACTS: SystemFacts = SystemFacts {
    code: contracts::insurance::SYSTEM,
    name_vi: "Cơ sở dữ liệu bảo hiểm xã hội",
    name_en: "Social insurance register",
    source: "Luật Bảo hiểm y tế 25/2008/QH12, sửa đổi bởi Luật 46/2014/QH13; Quyết định 1351/QĐ-BHXH",
    events: &[EventFacts::of::<contracts::insurance::CardIssued>(
        CARD_ISSUED,
        "a person got a health insurance card",
    )],
};

/// How the program knows the system.
pub fn blueprint() -> Blueprint {
    Blueprint { facts: &FACTS, schema: &SCHEMA, open: |room| Arc::new(Insurance::new(room)) }
}

/// The register in its room.
pub struct Insurance {
    room: Room,
}

impl Insurance {
    /// Moves into a room.
    pub fn new(room: Room) -> Self {
        Self { room }
    }
}

#[async_trait]
impl System for Insurance {
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
        match records::count_members(&self.room.store, self.room.clock.today()).await {
            Ok((members, valid)) => vec![
                Indicator {
                    code: "members", name_vi: "Người tham gia", name_en: "Members", value: members
                },
                Indicator {
                    code: "cards-valid",
                    name_vi: "Thẻ còn giá trị",
                    name_en: "Valid cards",
                    value: valid,
                },
            ],
            Err(error) => {
                tracing::warn!(%error, "the figures of the register can't be read");
                Vec::new()
            }
        }
    }
}
