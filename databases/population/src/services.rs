//! What the register answers on the exchange.

mod residence;

use crate::{
    Population,
    communes::no_commune_of_today,
    model::{
        FieldSet, Kin, LifeEvent, LifeEventKind, Person, Reading, Surroundings, child_key, comparable, view,
    },
    records,
    rules::{
        access::{
            self, AUTHORITY, Act, READING, READINGS_PAGE_ROWS, fields_to_give, page_of_readings, permit,
        },
        birth::{self, CheckedNewborn, Parent},
        particulars, versions,
    },
};
use contracts::{
    FieldProblem, PersonalNumber, Problem,
    population::{
        Accesses, AccessesOf, CorrectPerson, Corrected, Correction, Household, HouseholdMember, HouseholdOf,
        ListAccesses, LookUp, LookUpHousehold, LookUpPerson, Newborn, Numbered, PersonCorrected, PersonField,
        PersonNumbered, PersonView, ReadResidence, RegisterBirth, Relative, TakeResidenceAsked, Verification,
        Verified, VerifyPerson,
    },
};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc};
use store::{Batch, Event, StoreError};
use system::{Incoming, Own, Service};
use uuid::Uuid;

/// How often a write is decided anew when what it was decided on has changed meanwhile.
const DECISIONS_MAXIMUM: usize = 5;
/// How many numbers are drawn before the free ones are looked for one by one.
const DRAWS_MAXIMUM: usize = 64;
/// How many numbers one place, sex and year of birth has.
const NUMBERS_OF_A_PREFIX: i64 = 1_000_000;

/// The operations of the register.
pub(crate) fn services(population: &Arc<Population>) -> Vec<Service> {
    vec![
        Service::of::<LookUpPerson, _, _, _>(population, look_up),
        Service::of::<VerifyPerson, _, _, _>(population, verify),
        Service::of::<CorrectPerson, _, _, _>(population, correct),
        Service::of::<RegisterBirth, _, _, _>(population, register_birth),
        Service::of::<LookUpHousehold, _, _, _>(population, look_up_household),
        Service::of::<ReadResidence, _, _, _>(population, residence::read),
        Service::of::<ListAccesses, _, _, _>(population, list_accesses),
        Service::of::<TakeResidenceAsked, _, _, _>(population, residence::take),
    ]
}

async fn look_up(
    population: Arc<Population>,
    incoming: Incoming,
    request: LookUp,
) -> Result<PersonView, Problem> {
    let of_purpose = permit(Act::LookUp, &incoming.claim(), Some(request.number))?;
    let fields = fields_to_give(&request.fields, of_purpose, |field| incoming.may_see(field));
    let today = population.room.clock.today();
    let day = request.valid_on.unwrap_or(today);
    let found = if day >= today && request.known_at.is_none() {
        records::person_and_surroundings(&population.room.store, request.number).await.map_err(failed)?
    } else {
        population.person_as_of(&request, day).await.map_err(failed)?
    };
    let (person, around) = found.ok_or_else(Problem::not_found)?;
    population.note(&incoming, [(request.number, fields)]).await?;
    Ok(view(&person, &around, fields, day))
}

async fn verify(
    population: Arc<Population>,
    incoming: Incoming,
    request: Verification,
) -> Result<Verified, Problem> {
    permit(Act::Verify, &incoming.claim(), Some(request.number))?;
    let today = population.room.clock.today();
    // Whether a number exists is more than this service says, so an unknown one is no match and nothing else.
    let Some((person, _)) = records::person(&population.room.store, request.number).await.map_err(failed)?
    else {
        return Ok(Verified { matches: false });
    };
    let matches = comparable(&person.name.full()) == comparable(&request.name)
        && person.birth_date == request.birth_date
        && person.is_alive_on(today);
    let confirmed = FieldSet::of(&[PersonField::Name, PersonField::BirthDate]);
    population.note(&incoming, [(request.number, if matches { confirmed } else { FieldSet::NONE })]).await?;
    Ok(Verified { matches })
}

async fn list_accesses(
    population: Arc<Population>,
    incoming: Incoming,
    request: AccessesOf,
) -> Result<Accesses, Problem> {
    permit(Act::ListReadings, &incoming.claim(), Some(request.number))?;
    let own = AUTHORITY.own(&incoming.claim(), READING).ok_or_else(Problem::forbidden)?;
    population.readings_of(&own, request.before).await
}

async fn look_up_household(
    population: Arc<Population>,
    incoming: Incoming,
    request: HouseholdOf,
) -> Result<Household, Problem> {
    permit(Act::LookUpHousehold, &incoming.claim(), Some(request.number))?;
    let store = &population.room.store;
    let dwelling = records::dwelling_of_person(store, request.number).await.map_err(failed)?;
    let dwelling = dwelling.ok_or_else(Problem::not_found)?;
    let members = records::members(store, dwelling.household).await.map_err(failed)?;
    population.note(&incoming, household_readings(&incoming, request.number, &members)).await?;
    Ok(Household { household: dwelling.household.to_uuid(), address: dwelling.address, members })
}

/// Whose data a household tells: the address of who was asked about, and the name of each member.
fn household_readings(
    incoming: &Incoming,
    asked: PersonalNumber,
    members: &[HouseholdMember],
) -> BTreeMap<PersonalNumber, FieldSet> {
    let given = |field: &str, of: PersonField| {
        if incoming.may_see(field) { FieldSet::of(&[of]) } else { FieldSet::NONE }
    };
    let mut readings = BTreeMap::from([(asked, given("address", PersonField::Residence))]);
    let name = given("members", PersonField::Name);
    for member in members.iter().filter(|_| name != FieldSet::NONE) {
        let fields = readings.entry(member.number).or_default();
        *fields = fields.or(name);
    }
    readings
}

async fn register_birth(
    population: Arc<Population>,
    incoming: Incoming,
    newborn: Newborn,
) -> Result<Numbered, Problem> {
    permit(Act::RegisterBirth, &incoming.claim(), None)?;
    let digest = digest_of(&newborn)?;
    if let Some(number) = population.numbered_before(newborn.registration, &digest).await? {
        return Ok(Numbered { number });
    }
    let today = population.room.clock.today();
    let checked = birth::check_newborn(&newborn, today).map_err(Problem::invalid)?;
    let commune = population.communes.on(today, &newborn.registered_at).await?;
    let place = commune.and_then(|commune| birth::place_code(&commune.province));
    let place = place.ok_or_else(|| no_commune_of_today("registered_at"))?;
    for _ in 0..DECISIONS_MAXIMUM {
        if let Some(number) = population.number_newborn(&newborn, &checked, place, digest).await? {
            return Ok(Numbered { number });
        }
    }
    Err(Problem::changed_meanwhile())
}

async fn correct(
    population: Arc<Population>,
    incoming: Incoming,
    correction: Correction,
) -> Result<Corrected, Problem> {
    permit(Act::Correct, &incoming.claim(), Some(correction.number))?;
    let digest = digest_of(&correction)?;
    let store = &population.room.store;
    let right = particulars::check_correction(&correction).map_err(Problem::invalid)?;
    for _ in 0..DECISIONS_MAXIMUM {
        if let Some(event) = records::life_event(store, correction.registration).await.map_err(failed)? {
            birth::same_event(&event, &digest)?;
            return Ok(Corrected { number: event.person, known_from: event.known_at });
        }
        let record = records::person_record(store, correction.number).await.map_err(failed)?;
        let record = record.ok_or_else(Problem::not_found)?;
        let now = population.room.clock.now();
        let amendment = versions::correct(&record, |person| right.apply(person), now);
        let event = LifeEvent {
            id: correction.registration,
            kind: LifeEventKind::Correction,
            person: correction.number,
            day: population.room.clock.today(),
            known_at: now,
            digest,
            child_key: None,
        };
        let mut batch = Batch::new();
        records::amend(&mut batch, &amendment, now);
        records::add_life_event(&mut batch, &event);
        batch.emit(population.event("person.corrected", &event, &PersonCorrected { registration: event.id }));
        if population.write_if_unchanged(batch).await? {
            return Ok(Corrected { number: correction.number, known_from: now });
        }
    }
    Err(Problem::changed_meanwhile())
}

impl Population {
    /// The person as they were on a day, as the register knew it at a time.
    async fn person_as_of(
        &self,
        request: &LookUp,
        day: jiff::civil::Date,
    ) -> Result<Option<(Person, Surroundings)>, StoreError> {
        let store = &self.room.store;
        let Some(record) = records::person_record(store, request.number).await? else { return Ok(None) };
        let Some(person) = versions::as_of(&record, day, request.known_at) else { return Ok(None) };
        let around = records::surroundings(store, person).await?;
        Ok(Some((person.clone(), around)))
    }

    /// Notes who reads whose data, durable before anything is answered.
    async fn note(
        &self,
        incoming: &Incoming,
        given: impl IntoIterator<Item = (PersonalNumber, FieldSet)>,
    ) -> Result<(), Problem> {
        let client = incoming.client.to_string();
        let mut batch = Batch::new();
        for (person, fields) in given {
            let reading = Reading {
                person,
                at: incoming.at,
                message: incoming.message.to_string(),
                client: client.clone(),
                user: incoming.context.user.clone(),
                purpose: incoming.context.purpose.0.clone(),
                legal_basis: incoming.context.legal_basis.0.clone(),
                case: incoming.context.case.clone(),
                fields,
            };
            records::add_reading(&mut batch, &reading);
        }
        self.room.store.write(batch).await.map_err(failed)
    }

    /// A page of who read a person's data, for themselves.
    pub(crate) async fn readings_of(
        &self,
        own: &Own,
        before: Option<Timestamp>,
    ) -> Result<Accesses, Problem> {
        let before = before.unwrap_or(Timestamp::MAX);
        let rows = records::readings(&self.room.store, own.person(), before, READINGS_PAGE_ROWS + 1).await;
        Ok(page_of_readings(rows.map_err(failed)?))
    }

    /// The number that this registration got when it was sent before.
    async fn numbered_before(
        &self,
        registration: Uuid,
        digest: &[u8; 32],
    ) -> Result<Option<PersonalNumber>, Problem> {
        let event = records::life_event(&self.room.store, registration).await.map_err(failed)?;
        let Some(event) = event else { return Ok(None) };
        birth::same_event(&event, digest)?;
        Ok(Some(event.person))
    }

    /// Decides whether the newborn can be numbered, and does it; `None` when a parent's record changed meanwhile.
    async fn number_newborn(
        &self,
        newborn: &Newborn,
        checked: &CheckedNewborn,
        place: u16,
        digest: [u8; 32],
    ) -> Result<Option<PersonalNumber>, Problem> {
        let parents = self.parents(newborn).await?;
        let (mother, father) =
            (newborn.mother.as_ref().map(Kin::from), newborn.father.as_ref().map(Kin::from));
        let child_key = child_key(mother.as_ref(), father.as_ref(), newborn.birth_date, &checked.name);
        if self.is_registered(newborn, checked, child_key.as_ref()).await? {
            // It may be this very registration, sent twice at once.
            let before = self.numbered_before(newborn.registration, &digest).await?;
            return before.map(Some).ok_or_else(birth::already_registered);
        }
        for draw in 0..=DRAWS_MAXIMUM {
            let number = self.draw_number(newborn, place, draw == DRAWS_MAXIMUM).await?;
            let event = LifeEvent {
                id: newborn.registration,
                kind: LifeEventKind::Birth,
                person: number,
                day: newborn.birth_date,
                known_at: self.room.clock.now(),
                digest,
                child_key,
            };
            let mut batch = Batch::new();
            for (parent, changes) in &parents {
                records::require_unchanged(&mut batch, *parent, *changes);
            }
            records::add_person(&mut batch, &birth::newborn_record(newborn, checked, number));
            records::add_life_event(&mut batch, &event);
            let told = PersonNumbered {
                registration: newborn.registration,
                registered_at: newborn.registered_at.clone(),
            };
            batch.emit(self.event("person.numbered", &event, &told));
            match self.room.store.write(batch).await {
                Ok(()) => return Ok(Some(number)),
                Err(error) if records::is_number_taken(&error) => {}
                Err(error) if records::is_event_known(&error) => {
                    let before = self.numbered_before(newborn.registration, &digest).await?;
                    return before.map(Some).ok_or_else(birth::already_registered);
                }
                Err(StoreError::Conflict { .. }) => return Ok(None),
                Err(error) => return Err(failed(error)),
            }
        }
        Err(Problem::changed_meanwhile())
    }

    /// The numbered parents, checked, with how often their records were changed.
    async fn parents(&self, newborn: &Newborn) -> Result<Vec<(PersonalNumber, i64)>, Problem> {
        let mut parents = Vec::new();
        let mut faults: Vec<FieldProblem> = Vec::new();
        for (parent, given) in [(Parent::Mother, &newborn.mother), (Parent::Father, &newborn.father)] {
            let Some(relative @ Relative { number: Some(number), .. }) = given else { continue };
            let found = records::person(&self.room.store, *number).await.map_err(failed)?;
            let person = found.as_ref().map(|(person, _)| person);
            faults.extend(birth::check_parent(parent, relative, person, newborn.birth_date));
            parents.extend(found.map(|(person, changes)| (person.number, changes)));
        }
        if faults.is_empty() { Ok(parents) } else { Err(Problem::invalid(faults)) }
    }

    /// The child has a number, from this register or from those before it.
    async fn is_registered(
        &self,
        newborn: &Newborn,
        checked: &CheckedNewborn,
        child_key: Option<&[u8; 32]>,
    ) -> Result<bool, Problem> {
        let store = &self.room.store;
        if let Some(key) = child_key
            && records::is_child_registered(store, key).await.map_err(failed)?
        {
            return Ok(true);
        }
        let namesakes = records::namesakes(store, &checked.name, newborn.birth_date).await.map_err(failed)?;
        Ok(birth::is_registered_among(&namesakes, newborn))
    }

    /// Draws a number for the newborn. When most are taken, the free ones are looked for from a drawn one on.
    async fn draw_number(
        &self,
        newborn: &Newborn,
        place: u16,
        search: bool,
    ) -> Result<PersonalNumber, Problem> {
        let drawn = self.room.random.below(NUMBERS_OF_A_PREFIX.unsigned_abs());
        let drawn = u32::try_from(drawn).unwrap_or_default();
        let number = PersonalNumber::compose(place, newborn.sex, newborn.birth_date.year(), drawn);
        let number = number.ok_or_else(exhausted)?;
        if !search {
            return Ok(number);
        }
        let first = number.as_i64() - i64::from(drawn);
        let last = first + NUMBERS_OF_A_PREFIX - 1;
        let free =
            records::free_number(&self.room.store, first, last, number.as_i64()).await.map_err(failed)?;
        free.and_then(PersonalNumber::from_i64).ok_or_else(exhausted)
    }

    /// Writes a batch; false when what it was decided on has changed, or its event was taken in meanwhile.
    async fn write_if_unchanged(&self, batch: Batch) -> Result<bool, Problem> {
        match self.room.store.write(batch).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) if records::is_event_known(&error) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    fn event(&self, event_type: &str, of: &LifeEvent, told: &impl Serialize) -> Event {
        Event {
            id: self.room.random.id(of.known_at),
            event_type: event_type.into(),
            subject: of.person.to_string(),
            payload: serde_json::to_string(told)
                .expect("identifiers, codes and dates can be written as JSON"),
            occurred_at: of.known_at,
        }
    }

    /// The person's own view of their record, all fields of it. The same predicate as for the services decides.
    pub(crate) async fn own_view(&self, user: Option<&str>) -> Result<PersonView, Problem> {
        let number =
            user.and_then(|user| user.parse::<PersonalNumber>().ok()).ok_or_else(Problem::forbidden)?;
        let today = self.room.clock.today();
        permit(Act::LookUp, &access::myself(number, today), Some(number))?;
        let found = records::person_and_surroundings(&self.room.store, number).await.map_err(failed)?;
        let (person, around) = found.ok_or_else(Problem::not_found)?;
        Ok(view(&person, &around, FieldSet::ALL, today))
    }
}

/// SHA-256 of a request, by which the same one is known again.
fn digest_of(request: &impl Serialize) -> Result<[u8; 32], Problem> {
    let json =
        serde_json::to_vec(request).map_err(|_| Problem::unavailable("the request could not be digested"))?;
    Ok(Sha256::digest(&json).into())
}

fn exhausted() -> Problem {
    Problem::new(
        503,
        "numbers-exhausted",
        "Đã hết số định danh cho nơi sinh, giới tính và năm sinh này. Hãy báo Bộ Công an.",
        "There are no personal numbers left for this place, sex and year of birth. Tell the Ministry of Public Security.",
    )
}

/// The store did not do its work. Its message names statements, never values, and goes to the log alone.
fn failed(error: StoreError) -> Problem {
    tracing::error!(%error, "the population register's store failed");
    Problem::unavailable("the register's records can't be read or written just now")
}
