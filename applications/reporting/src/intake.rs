//! Counting of what happened: each event once, however often and in whatever order events come.

use crate::{
    Reporting,
    model::{Birth, CountedEvent, Place, Said},
    places::store_problem,
    records, rules,
};
use contracts::{Problem, Sex, civil_status::BirthCounted};
use jiff::Timestamp;
use store::{Batch, StoreError};
use uuid::Uuid;

/// How often a count is decided anew when another event of the same birth came first.
const DECISIONS_MAXIMUM: usize = 5;

/// An event about a birth, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told<'a> {
    /// Its identifier.
    pub(crate) event: Uuid,
    /// What it said.
    pub(crate) said: Said,
    /// When it happened.
    pub(crate) at: Timestamp,
    /// Identifier of the message that brought it.
    pub(crate) message: &'a str,
    /// What the birth counts as.
    pub(crate) counted: &'a BirthCounted,
}

impl Reporting {
    /// Counts a birth as the event says. What is already known, or was said later of the same birth, stays.
    pub(crate) async fn count(&self, told: &Told<'_>) -> Result<(), Problem> {
        let counted = told.counted;
        let place = self.place_on(&counted.commune, counted.registered_on).await?;
        for _ in 0..DECISIONS_MAXIMUM {
            if self.count_at(told, &place).await? {
                return Ok(());
            }
        }
        Err(Problem::changed_meanwhile())
    }

    /// False when another event of the same birth was counted meanwhile.
    async fn count_at(&self, told: &Told<'_>, place: &Place) -> Result<bool, Problem> {
        let store = &self.room.store;
        let registration = told.counted.registration;
        if records::is_counted(store, told.event).await.map_err(store_problem)? {
            return Ok(true);
        }
        let before = records::birth(store, registration).await.map_err(store_problem)?;
        let after = birth(told, place);
        let mut batch = Batch::new();
        match &before {
            // What was said later holds; that this was said too is kept all the same.
            Some(before) if before.version >= after.version => {}
            before => {
                records::keep_place(&mut batch, place);
                records::keep_birth(&mut batch, before.as_ref(), &after);
                for (cell, by) in rules::moved(before.as_ref(), &after) {
                    records::move_figure(&mut batch, &cell, by);
                }
            }
        }
        let event = CountedEvent {
            event: told.event,
            version: after.version,
            said: told.said,
            message: told.message.to_owned(),
            told_at: told.at,
            taken_at: self.room.clock.now(),
        };
        records::add_event(&mut batch, registration, &event);
        match store.write(batch).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. }) => Ok(false),
            Err(error) => Err(store_problem(error)),
        }
    }
}

fn birth(told: &Told<'_>, place: &Place) -> Birth {
    let counted = told.counted;
    Birth {
        registration: counted.registration,
        version: counted.version,
        place: place.key(),
        registered_on: counted.registered_on,
        male: counted.sex == Sex::Male,
        kinh: counted.kinh,
        on_time: counted.on_time,
        annulled: told.said == Said::Annulled,
    }
}
