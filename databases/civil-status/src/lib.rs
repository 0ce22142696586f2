//! The electronic civil-status register of the Ministry of Justice, used by the registrars of communes.
//!
//! Births are registered in full: an application comes from the one-door, a registrar decides, and from then on durable
//! tasks get the child's personal number, enter the book, seal the entry, issue the signed certificate and deliver it.
//! Entries are amended with all their versions kept, and books are closed when their year is over. The other events of
//! Law 60/2014/QH13 article 3 have their place in [`model::EventKind`].

mod acts;
mod authority;
pub mod certificate;
pub mod model;
mod pages;
mod parents;
mod records;
pub mod rules;
#[cfg(test)]
mod samples;
mod services;
mod tasks;
mod texts;

pub use acts::{ActError, NotNow};
pub use records::SCHEMA;

use async_trait::async_trait;
use model::ApplicationState;
use std::sync::Arc;
use store::LeasedTask;
use system::{Blueprint, EventFacts, Indicator, Room, Service, System, SystemFacts, TaskFailure};

/// Told when an entry stands in the book of births.
pub const BIRTH_REGISTERED: &str = "birth.registered";
/// Told when what an entry of the book of births says is amended.
pub const BIRTH_AMENDED: &str = "birth.amended";
/// Told when an entry of the book of births is annulled.
pub const BIRTH_ANNULLED: &str = "birth.annulled";
/// Told with [`BIRTH_REGISTERED`] when the parents asked for the child's residence in the same declaration.
pub const RESIDENCE_ASKED: &str = "residence.asked";

/// What the system is.
pub static FACTS: SystemFacts = SystemFacts {
    code: contracts::civil_status::SYSTEM,
    name_vi: "Cơ sở dữ liệu hộ tịch điện tử",
    name_en: "Electronic civil-status register",
    source: "Luật Hộ tịch 60/2014/QH13; Nghị định 123/2015/NĐ-CP; Nghị định 87/2020/NĐ-CP; Nghị định 120/2025/NĐ-CP",
    events: &[
        EventFacts::of::<contracts::civil_status::BirthCounted>(
            BIRTH_REGISTERED,
            "a birth stands in the book of births of a commune",
        ),
        EventFacts::of::<contracts::civil_status::BirthCounted>(
            BIRTH_AMENDED,
            "what stands in the book of a birth was corrected or changed",
        ),
        EventFacts::of::<contracts::civil_status::BirthCounted>(
            BIRTH_ANNULLED,
            "a birth was registered against the law and no longer counts",
        ),
        EventFacts::of::<contracts::civil_status::ResidenceAsked>(
            RESIDENCE_ASKED,
            "the parents of a child in the book ask that it be registered as resident with them",
        ),
    ],
};

/// How the program knows the system.
pub fn blueprint() -> Blueprint {
    Blueprint { facts: &FACTS, schema: &SCHEMA, open: |room| Arc::new(CivilStatus::new(room)) }
}

/// The register in its room.
pub struct CivilStatus {
    room: Room,
}

impl CivilStatus {
    /// Moves into a room.
    pub fn new(room: Room) -> Self {
        Self { room }
    }
}

#[async_trait]
impl System for CivilStatus {
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
        let counts = match records::count_applications(&self.room.store).await {
            Ok(counts) => counts,
            Err(error) => {
                tracing::warn!(%error, "the figures of the register can't be read");
                return Vec::new();
            }
        };
        let of = |state| {
            counts
                .iter()
                .find(|(counted, ..)| *counted == state)
                .map_or((0, 0), |(_, all, late)| (*all, *late))
        };
        let (registered, late) = of(ApplicationState::Registered);
        let (waiting, registering) = (of(ApplicationState::Waiting).0, of(ApplicationState::Registering).0);
        vec![
            indicator(
                "births-registered",
                "Số trường hợp đã đăng ký khai sinh",
                "Births registered",
                registered,
            ),
            indicator(
                "births-on-time",
                "Đăng ký khai sinh đúng hạn",
                "Births registered on time",
                registered - late,
            ),
            indicator("births-late", "Đăng ký khai sinh quá hạn", "Births registered late", late),
            indicator(
                "births-waiting",
                "Hồ sơ khai sinh đang chờ",
                "Birth applications waiting",
                waiting + registering,
            ),
        ]
    }
}

fn indicator(code: &'static str, name_vi: &'static str, name_en: &'static str, value: i64) -> Indicator {
    Indicator { code, name_vi, name_en, value }
}
