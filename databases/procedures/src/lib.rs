//! The national database of administrative procedures.
//!
//! Run by the Government Office. Sources in law: Decree 61/2018/ND-CP and Decree 118/2025/ND-CP on the one-door, Decree
//! 224/2026/ND-CP on online services, and for each procedure what its file cites.
//!
//! Procedures are data of the program, one file each with every change dated, so that any day of the past can be
//! replayed; the system keeps nothing in its store.

pub mod catalogue;
pub mod checks;
pub mod model;
pub mod pages;
pub mod rules;
mod services;
mod texts;

use std::sync::Arc;
use store::Schema;
use system::{Blueprint, Room, Service, System, SystemFacts};

/// What the system is.
pub static FACTS: SystemFacts = SystemFacts {
    code: contracts::procedures::SYSTEM,
    name_vi: "Cơ sở dữ liệu quốc gia về thủ tục hành chính",
    name_en: "National database of administrative procedures",
    source: "Nghị định 118/2025/NĐ-CP, Nghị định 224/2026/NĐ-CP",
    events: &[],
};

/// Nothing is stored.
pub static SCHEMA: Schema =
    Schema { system: contracts::procedures::SYSTEM, migrations: &[], statements: &[] };

/// How the program moves the system into its room.
pub fn blueprint() -> Blueprint {
    Blueprint { facts: &FACTS, schema: &SCHEMA, open }
}

/// Reads and checks the procedures before anybody asks for one.
fn open(room: Room) -> Arc<dyn System> {
    catalogue::Catalogue::vietnam();
    Arc::new(Procedures { room })
}

/// The system in its room.
struct Procedures {
    room: Room,
}

impl System for Procedures {
    fn facts(&self) -> &'static SystemFacts {
        &FACTS
    }

    fn services(self: Arc<Self>) -> Vec<Service> {
        services::of(&self)
    }

    fn pages(self: Arc<Self>) -> axum::Router {
        pages::router(self.room.clock.clone())
    }
}
