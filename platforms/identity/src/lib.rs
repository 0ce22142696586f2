//! Electronic identification and authentication (*định danh và xác thực điện tử*), run by the Ministry of Public Security:
//! accounts of levels 1 and 2, and the OpenID Connect provider on which services stand.
//!
//! `acts` is what people and clients do, by `rules` and in `records`; `pages` and `protocol` are the two ways in: pages for
//! people behind the protection of `web`, endpoints for programs beside it.

mod acts;
mod authority;
pub mod first_administrators;
#[cfg(feature = "testing")]
pub mod fuzzing;
mod gateway;
mod hashing;
mod key_ring;
mod known_clients;
pub mod model;
mod pages;
mod protocol;
mod records;
pub mod rules;
pub mod sandbox;
mod secret;
mod services;
pub mod sites;
pub mod submission;
mod tasks;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod texts;
pub mod webauthn;

pub use records::SCHEMA;

use async_trait::async_trait;
use hashing::Hashing;
use key_ring::KeyRing;
use known_clients::KnownClients;
use openid::{OutgoingCalls, jose};
use std::sync::Arc;
use store::LeasedTask;
use system::{Blueprint, Indicator, Room, Service, System, SystemFacts, TaskFailure};
use webauthn::RelyingParty;

/// What the system is.
pub static FACTS: SystemFacts = SystemFacts {
    code: contracts::identity::SYSTEM,
    name_vi: "Hệ thống định danh và xác thực điện tử",
    name_en: "Electronic identification and authentication",
    source: "Luật Căn cước 26/2023/QH15; Nghị định 69/2024/NĐ-CP",
    events: &[],
};

/// How the program knows the system.
pub fn blueprint() -> Blueprint {
    Blueprint { facts: &FACTS, schema: &SCHEMA, open: |room| Arc::new(Identity::new(room)) }
}

/// The system in its room.
pub struct Identity {
    room: Room,
    hashing: Hashing,
    party: RelyingParty,
    key_ring: KeyRing,
    clients: KnownClients,
    outgoing: OutgoingCalls,
}

impl Identity {
    /// Moves into a room.
    pub fn new(room: Room) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let hashing = Hashing::new(processors, room.random.clone());
        let party = RelyingParty::of(&room.public_url);
        Self {
            room,
            hashing,
            party,
            key_ring: KeyRing::default(),
            clients: KnownClients::default(),
            outgoing: OutgoingCalls::default(),
        }
    }
}

#[async_trait]
impl System for Identity {
    fn facts(&self) -> &'static SystemFacts {
        &FACTS
    }

    fn services(self: Arc<Self>) -> Vec<Service> {
        services::all(&self)
    }

    fn pages(self: Arc<Self>) -> axum::Router {
        pages::router(self)
    }

    fn endpoints(self: Arc<Self>) -> axum::Router {
        protocol::router(self)
    }

    async fn perform(&self, task: &LeasedTask) -> Result<(), TaskFailure> {
        tasks::perform(self, task).await
    }

    async fn tend(&self) {
        if let Err(error) = self.keys().await {
            tracing::error!(system = FACTS.code, %error, "the keys of tokens can't be used");
        }
        if let Err(error) = self.seal_apps_anew().await {
            tracing::error!(system = FACTS.code, %error, "secrets of authenticator apps can't be sealed anew");
        }
        loop {
            match records::fold_names(&self.room.store).await {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => {
                    return tracing::error!(system = FACTS.code, %error, "names can't be made searchable");
                }
            }
        }
    }

    async fn indicators(&self) -> Vec<Indicator> {
        match records::count_accounts(&self.room.store).await {
            Ok((accounts, level_two)) => vec![
                Indicator { code: "accounts", name_vi: "Tài khoản", name_en: "Accounts", value: accounts },
                Indicator {
                    code: "accounts-level-2",
                    name_vi: "Tài khoản mức độ 2",
                    name_en: "Accounts of level 2",
                    value: level_two,
                },
            ],
            Err(error) => {
                tracing::warn!(%error, "the figures of the identity system can't be read");
                Vec::new()
            }
        }
    }
}
