//! Who may call what, and how that is asked and answered between agencies.
//!
//! A grant stands in the configuration of the provider's node, or it was asked for: every node has a *room*, the system
//! `access` of its member, where any system of the country asks for a service of the member, and the system that is asked
//! for - or the node's operator - grants, refuses and ends. A grant so given holds at once and ends by itself on its date.
//! Every step is an entry of the node's ledger, and so is every call that the grant lets in.
//!
//! Source: Decree 47/2020/ND-CP, article 35 (what is asked, five working days, reasons for a refusal); GovStack Information
//! Mediator 1.1 and X-Road (grants by endpoint, local and global groups).

pub mod grants;
mod index;
pub mod model;
pub(crate) mod rates;
pub mod records;
pub mod rules;
mod services;

pub use grants::*;
pub use index::{GrantIndex, decide_by};
pub use records::SCHEMA;

use crate::{Offer, SystemEntry, drain::Drain};
use arc_swap::ArcSwap;
use calendar::WorkingCalendar;
use contracts::{MemberId, SystemId};
use jiff::Timestamp;
use ledger::Ledger;
use model::{Change, Group, Line, Request, State};
use std::{collections::HashMap, sync::Arc, time::Duration};
use store::{Batch, Store, StoreError};
use system::{Clock, Random, Register, RegisterError};
use thiserror::Error;

/// Code of the system by which a member is asked.
pub const SYSTEM: &str = "access";
/// How often the node looks for grants that have ended and for what another node of its member has changed, in seconds.
const ROUND_SECONDS: u64 = 5;

/// Why access can't be asked for or decided on.
#[derive(Debug, Error)]
pub enum AccessError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger.
    #[error(transparent)]
    Register(#[from] RegisterError),
}

/// The grants of one node that were asked for.
pub struct Access {
    member: MemberId,
    store: Store,
    register: Register,
    calendar: WorkingCalendar,
    clock: Clock,
    random: Random,
    given: ArcSwap<Given>,
}

/// What holds now.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) rules: GrantIndex,
    pub(crate) groups: HashMap<SystemId, Vec<String>>,
}

impl Access {
    /// The room of a member. What was granted before holds when this returns.
    pub async fn open(
        member: MemberId,
        store: Store,
        ledger: Ledger,
        clock: Clock,
        random: Random,
    ) -> Result<Arc<Self>, AccessError> {
        let access = Self {
            member,
            store,
            register: Register::new(SYSTEM, ledger, random.clone()),
            calendar: WorkingCalendar::vietnam(),
            clock,
            random,
            given: ArcSwap::default(),
        };
        access.take_up().await?;
        Ok(Arc::new(access))
    }

    /// The system by which the member is asked.
    pub fn room(&self) -> SystemId {
        self.member.system(SYSTEM)
    }

    /// What was asked and decided.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What the node offers: the services of its member's room.
    pub fn offers(self: &Arc<Self>) -> Vec<Offer> {
        services::RoomService::all(self)
            .into_iter()
            .map(|service| {
                let (code, openapi) = (service.code(), service.openapi().to_string());
                Offer::handled(&self.room(), code, openapi, Arc::new(service))
            })
            .collect()
    }

    pub(crate) fn given(&self) -> Arc<Given> {
        self.given.load_full()
    }

    /// Notes what is asked for.
    pub async fn ask(&self, rule: AccessRule, legal_basis: &str, by: &str) -> Result<Request, AccessError> {
        let now = self.clock.now();
        let asked = Request {
            id: self.random.id(now),
            rule,
            legal_basis: legal_basis.to_owned(),
            asked_by: by.to_owned(),
            asked_at: now,
            due_at: rules::due_at(&self.calendar, now),
            state: State::Asked,
            decided_at: None,
            decided_by: String::new(),
            reason: String::new(),
        };
        let mut batch = Batch::new();
        records::ask(&mut batch, &asked);
        self.write(batch, &asked.id.to_string(), Change::of(State::Asked), by, &asked.document()).await?;
        Ok(asked)
    }

    /// Decides on what was asked, as it was read; `rule` is what is granted, perhaps less than what was asked for.
    pub async fn decide(
        &self,
        before: &Request,
        state: State,
        rule: AccessRule,
        by: &str,
        reason: &str,
    ) -> Result<Request, AccessError> {
        let after = Request {
            state,
            rule,
            decided_at: Some(self.clock.now()),
            decided_by: by.to_owned(),
            reason: reason.to_owned(),
            ..before.clone()
        };
        let mut batch = Batch::new();
        records::decide(&mut batch, before, &after);
        self.write(batch, &after.id.to_string(), Change::of(state), by, &after.document()).await?;
        self.take_up().await?;
        Ok(after)
    }

    /// Names a group of systems, or names it anew; without systems it is none.
    pub async fn put_group(&self, group: &Group, by: &str) -> Result<(), AccessError> {
        let mut batch = Batch::new();
        records::put_group(&mut batch, group);
        self.write(batch, &format!("{LOCAL_GROUP}{}", group.code), Change::Grouped, by, &group.document())
            .await?;
        Ok(self.take_up().await?)
    }

    /// Seals a step in the ledger and writes it, with its line of the log, in one batch.
    async fn write(
        &self,
        mut batch: Batch,
        about: &str,
        change: Change,
        by: &str,
        said: &str,
    ) -> Result<(), AccessError> {
        let at = self.clock.now();
        let id = self.random.id(at);
        let sealed = self.register.seal(id, said.as_bytes()).await?;
        let line = Line {
            id,
            about: about.to_owned(),
            at,
            change,
            by: by.to_owned(),
            said: said.to_owned(),
            salt: sealed.salt,
            index: sealed.index,
        };
        records::log(&mut batch, &line);
        Ok(self.store.write(batch).await?)
    }

    /// Ends what is past its date, and takes up what another node of the member has written.
    pub async fn round(&self) -> Result<(), AccessError> {
        let now = self.clock.now();
        for granted in records::in_state(&self.store, State::Granted).await? {
            if granted.rule.until.is_some_and(|until| until <= now) {
                let ended = self.decide(&granted, State::Ended, granted.rule.clone(), "date", "").await;
                match ended {
                    // Another node of the member has ended it.
                    Ok(_) | Err(AccessError::Store(StoreError::Conflict { .. })) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(self.take_up().await?)
    }

    /// Does so until the node drains.
    pub async fn run(self: Arc<Self>, drain: Drain) {
        while !drain.is_draining() {
            if let Err(error) = self.round().await {
                tracing::warn!(%error, "the grants that were asked for can't be looked at; trying again");
            }
            tokio::select! {
                () = drain.begun() => {}
                () = tokio::time::sleep(Duration::from_secs(ROUND_SECONDS)) => {}
            }
        }
    }

    /// Lets hold what the store says.
    async fn take_up(&self) -> Result<(), StoreError> {
        let granted = records::in_state(&self.store, State::Granted).await?;
        let mut groups: HashMap<SystemId, Vec<String>> = HashMap::new();
        for group in records::groups(&self.store).await? {
            for system in group.systems {
                groups.entry(system).or_default().push(format!("{LOCAL_GROUP}{}", group.code));
            }
        }
        let rules = granted.into_iter().map(|request| request.rule).collect();
        self.given.store(Arc::new(Given { rules, groups }));
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Every system of the country may ask at a node's room; the room says who may do what there.
pub fn grants_of_room() -> Vec<AccessRule> {
    services::CODES.map(|service| AccessRule::open(SYSTEM, service, EVERYONE)).into()
}

/// The services of a node's room, as the directory lists them.
pub fn listed() -> SystemEntry {
    SystemEntry {
        code: SYSTEM.into(),
        name: "Quản lý chia sẻ dữ liệu".into(),
        national: false,
        services: services::CODES.map(str::to_owned).into(),
    }
}
