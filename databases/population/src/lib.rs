//! The national population database (*cơ sở dữ liệu quốc gia về dân cư*), kept by the Ministry of Public Security under
//! Law 26/2023/QH15 articles 8-12: people and their personal numbers, households, and what happened to both.
//!
//! It issues the number of every newborn, never twice; answers other agencies with the fields their purpose may see, and
//! notes each reading before it answers; keeps what was so and what was known of it, both with their time; and shows each
//! person what is held of them and who read it.

mod communes;
pub mod model;
mod pages;
mod records;
pub mod rules;
pub mod seed;
mod services;
mod texts;

pub use records::SCHEMA;

use async_trait::async_trait;
use communes::Communes;
use std::sync::Arc;
use system::{Blueprint, EventFacts, Indicator, Room, Service, System, SystemFacts};

/// What the register is.
pub static FACTS: SystemFacts = SystemFacts {
    code: contracts::population::SYSTEM,
    name_vi: "Cơ sở dữ liệu quốc gia về dân cư",
    name_en: "National population database",
    source: "Law 26/2023/QH15 on Identification, articles 8-12; Law 68/2020/QH14 on Residence",
    events: &[
        EventFacts::of::<contracts::population::PersonNumbered>(
            "person.numbered",
            "a newborn got a personal number",
        ),
        EventFacts::of::<contracts::population::PersonCorrected>(
            "person.corrected",
            "particulars of a person were corrected",
        ),
        EventFacts::of::<contracts::population::ResidenceChanged>(
            "residence.registered",
            "a person's permanent residence was registered",
        ),
        EventFacts::of::<contracts::population::ResidenceDecided>(
            "residence.decided",
            "it was decided whether a newborn is registered where its parents live",
        ),
    ],
};

/// How the program knows the register.
pub fn blueprint() -> Blueprint {
    Blueprint { facts: &FACTS, schema: &SCHEMA, open: |room| Arc::new(Population::new(room)) }
}

/// The register in its room.
pub struct Population {
    room: Room,
    communes: Communes,
}

impl Population {
    /// Moves the register into its room.
    pub fn new(room: Room) -> Self {
        let communes = Communes::new(room.exchange.clone());
        Self { room, communes }
    }
}

#[async_trait]
impl System for Population {
    fn facts(&self) -> &'static SystemFacts {
        &FACTS
    }

    fn services(self: Arc<Self>) -> Vec<Service> {
        services::services(&self)
    }

    fn pages(self: Arc<Self>) -> axum::Router {
        pages::router(self)
    }

    async fn indicators(&self) -> Vec<Indicator> {
        let figures = match records::figures(&self.room.store).await {
            Ok(figures) => figures,
            Err(error) => {
                tracing::warn!(%error, "the figures of the population register can't be read");
                return Vec::new();
            }
        };
        let indicator = |code, name_vi, name_en, value| Indicator { code, name_vi, name_en, value };
        vec![
            indicator("people", "Người trong cơ sở dữ liệu", "People in the register", figures.people),
            indicator("households", "Hộ gia đình", "Households", figures.households),
            indicator(
                "numbers-issued",
                "Số định danh đã cấp cho trẻ mới sinh",
                "Numbers issued to newborns",
                figures.numbers_issued,
            ),
            indicator("readings", "Lượt khai thác thông tin", "Readings of personal data", figures.readings),
        ]
    }
}
