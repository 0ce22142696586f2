//! The residence of a newborn: taken from the event that the parents ask for it, and read by who waits for the outcome.

use super::{DECISIONS_MAXIMUM, digest_of, failed};
use crate::{
    Population,
    model::{FieldSet, LifeEvent, LifeEventKind, PersonRecord, ResidenceDecision},
    records,
    rules::{
        access::{Act, permit},
        residence::{Move, decide_residence},
        versions,
    },
};
use contracts::{
    PersonalNumber, Problem,
    civil_status::ResidenceAsked,
    events::{CloudEvent, Taken},
    population::{
        PersonField, ResidenceChanged, ResidenceDecided, ResidenceOf, ResidenceOutcome, ResidenceRegistered,
    },
};
use std::sync::Arc;
use store::{Batch, Event};
use system::Incoming;

pub(super) async fn read(
    population: Arc<Population>,
    incoming: Incoming,
    request: ResidenceOf,
) -> Result<ResidenceOutcome, Problem> {
    permit(Act::ReadResidence, &incoming.claim(), Some(request.number))?;
    let store = &population.room.store;
    let decision = records::residence_of(store, request.number, &request.dossier).await.map_err(failed)?;
    match decision.ok_or_else(Problem::not_found)?.outcome {
        Ok((household, from)) => {
            let dwelling = records::dwelling(store, household).await.map_err(failed)?;
            let address = dwelling.ok_or_else(Problem::not_found)?.address;
            let shown = FieldSet::of(&[PersonField::Residence]);
            population.note(&incoming, [(request.number, shown)]).await?;
            let household = household.to_uuid();
            Ok(ResidenceOutcome::Registered(ResidenceRegistered { household, address, from }))
        }
        Err(reason) => Ok(ResidenceOutcome::Refused { reason }),
    }
}

/// Registers a newborn where its parents live. They asked for it in the joined declaration (Decree 63/2024/ND-CP); without
/// their asking nobody is registered anywhere.
pub(super) async fn take(
    population: Arc<Population>,
    incoming: Incoming,
    event: CloudEvent<ResidenceAsked>,
) -> Result<Taken, Problem> {
    if !event.is_told_by(&incoming.client, contracts::civil_status::SYSTEM) {
        return Err(Problem::forbidden());
    }
    for _ in 0..DECISIONS_MAXIMUM {
        if population.decide_residence(&event.data).await? {
            return Ok(Taken {});
        }
    }
    Err(Problem::changed_meanwhile())
}

impl Population {
    /// Decides once where a newborn lives; false when one of the records changed meanwhile.
    async fn decide_residence(&self, asked: &ResidenceAsked) -> Result<bool, Problem> {
        let store = &self.room.store;
        if records::is_residence_decided(store, asked.registration).await.map_err(failed)? {
            return Ok(true);
        }
        let birth = records::life_event(store, asked.registration).await.map_err(failed)?;
        let birth = birth.filter(|event| event.kind == LifeEventKind::Birth);
        let child = self.record(birth.ok_or_else(Problem::not_found)?.person).await?;
        let mut parents = Vec::new();
        for kin in [&child.current.mother, &child.current.father].into_iter().flatten() {
            if let Some(number) = kin.number() {
                parents.push(self.record(number).await?);
            }
        }
        let mut batch = Batch::new();
        for parent in &parents {
            records::require_unchanged(&mut batch, parent.current.number, parent.changes);
        }
        let decided = decide_residence(&child, &parents, self.room.clock.today());
        let outcome = match decided {
            Ok(Move::AlreadyThere(home, since)) => Ok((home.household, since)),
            Ok(Move::MovesIn(home)) => {
                self.move_in(&mut batch, &child, home, asked).await?;
                Ok((home.household, self.room.clock.today()))
            }
            Err(reasons) => Err(reasons.join("\n")),
        };
        let (person, now) = (child.current.number, self.room.clock.now());
        let decision = ResidenceDecision {
            registration: asked.registration,
            person,
            dossier: asked.dossier.clone(),
            outcome,
        };
        records::add_residence_decision(&mut batch, &decision, now);
        let told = ResidenceDecided { dossier: asked.dossier.clone() };
        batch.emit(Event {
            id: self.room.random.id(now),
            event_type: "residence.decided".into(),
            subject: asked.registration.to_string(),
            payload: serde_json::to_string(&told).expect("a code can be written as JSON"),
            occurred_at: now,
        });
        self.write_if_unchanged(batch).await
    }

    /// Adds to a batch that a person lives in a household from today.
    async fn move_in(
        &self,
        batch: &mut Batch,
        mover: &PersonRecord,
        home: crate::model::Home,
        asked: &ResidenceAsked,
    ) -> Result<(), Problem> {
        let (now, from) = (self.room.clock.now(), self.room.clock.today());
        let dwelling = records::dwelling(&self.room.store, home.household).await.map_err(failed)?;
        let commune = dwelling.ok_or_else(Problem::not_found)?.address.commune;
        let event = LifeEvent {
            id: self.room.random.id(now),
            kind: LifeEventKind::Residence,
            person: mover.current.number,
            day: from,
            known_at: now,
            digest: digest_of(asked)?,
            child_key: None,
        };
        let amendment = versions::change_from(mover, from, |person| person.home = Some(home), now);
        records::amend(batch, &amendment, now);
        records::add_life_event(batch, &event);
        let told = ResidenceChanged { household: home.household.to_uuid(), commune, from };
        batch.emit(self.event("residence.registered", &event, &told));
        Ok(())
    }

    async fn record(&self, number: PersonalNumber) -> Result<PersonRecord, Problem> {
        let found = records::person_record(&self.room.store, number).await.map_err(failed)?;
        found.ok_or_else(Problem::not_found)
    }
}
