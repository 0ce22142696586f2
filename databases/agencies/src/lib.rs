//! Agencies and administrative units, with every change dated.
//!
//! Run by the national centre. Sources in law: Decision 20/2020/QD-TTg and Decision 09/2025/QD-TTg on the electronic
//! identification codes of agencies, QCVN 102:2016/BTTTT on their older form, Decision 19/2025/QD-TTg on the codes of
//! administrative units.
//!
//! The lists are data of the program, the same at every node and in every year's replay, so the system keeps nothing in
//! its store.

pub mod codes;
pub mod model;
pub mod pages;
pub mod register;
mod services;
mod texts;
pub mod units;

use std::sync::Arc;
use store::Schema;
use system::{Blueprint, Room, Service, System, SystemFacts};

/// What the system is.
pub static FACTS: SystemFacts = SystemFacts {
    code: contracts::agencies::SYSTEM,
    name_vi: "Danh mục cơ quan và đơn vị hành chính",
    name_en: "Agencies and administrative units",
    source: "Quyết định 20/2020/QĐ-TTg, Quyết định 09/2025/QĐ-TTg, Quyết định 19/2025/QĐ-TTg",
    events: &[],
};

/// Nothing is stored.
pub static SCHEMA: Schema = Schema { system: contracts::agencies::SYSTEM, migrations: &[], statements: &[] };

/// How the program moves the system into its room.
pub fn blueprint() -> Blueprint {
    Blueprint { facts: &FACTS, schema: &SCHEMA, open }
}

/// Reads the lists, so that the first question need not wait for them.
fn open(room: Room) -> Arc<dyn System> {
    units::Units::vietnam();
    register::AgencyRegister::vietnam();
    Arc::new(Agencies { room })
}

/// The system in its room.
struct Agencies {
    room: Room,
}

impl System for Agencies {
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
