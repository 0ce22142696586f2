//! What the register answers on the exchange.

use crate::{
    FACTS, Insurance, authority,
    model::{Card, CardObject, Member, NewMember, Province},
    records, rules,
};
use contracts::{
    Context, PersonalNumber, Problem, Purpose,
    agencies::{ReadUnit, Unit, UnitLevel, UnitOn},
    events::{CloudEvent, Taken},
    insurance::{CardOf, HealthCard, LookUpCard, TakePersonNumbered},
    person::Address,
    population::{LookUp, LookUpPerson, PersonField, PersonNumbered, PersonView},
};
use std::sync::Arc;
use store::StoreError;
use system::{CallError, Incoming, Service};

/// The provision under which children under six are insured.
const CHILDREN_BASIS: &str = "25/2008/QH12:12";

/// Every operation with the code that answers it.
pub(crate) fn all(system: &Arc<Insurance>) -> Vec<Service> {
    vec![
        Service::of::<LookUpCard, _, _, _>(system, Insurance::look_up_card),
        Service::of::<TakePersonNumbered, _, _, _>(system, Insurance::take_person_numbered),
    ]
}

impl Insurance {
    /// Makes a child a member with a card, unless it is one already.
    async fn insure(&self, child: &NewMember, by: &str) -> Result<(), Problem> {
        let faults = rules::check_newborn(child, self.room.clock.today());
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let (province, commune) = self.commune(child).await?;
        let (valid_from, valid_to) = rules::validity(child.birth_date);
        let facility = rules::first_facility(&commune.name);
        let card = Card { object: CardObject::ChildUnderSix, valid_from, valid_to, facility };
        let now = self.room.clock.now();
        let batch = records::register(child, province, &card, by, self.room.random.id(now), now);
        match self.room.store.write(batch).await {
            Ok(()) => Ok(()),
            // The same event was taken twice at once, or another child got its number first.
            Err(StoreError::Duplicate { .. } | StoreError::Conflict { .. })
                if self.is_member(child.number).await? =>
            {
                Ok(())
            }
            Err(StoreError::Duplicate { .. } | StoreError::Conflict { .. }) => {
                Err(Problem::changed_meanwhile())
            }
            Err(error) => Err(store_problem(error)),
        }
    }

    async fn is_member(&self, number: PersonalNumber) -> Result<bool, Problem> {
        let member = records::member(&self.room.store, number).await.map_err(store_problem)?;
        Ok(member.is_some())
    }

    /// The commune a child lives in and its province, asked of the register of agencies.
    async fn commune(&self, child: &NewMember) -> Result<(Province, Unit), Problem> {
        let asked = UnitOn { code: child.residence.commune.clone(), on: None };
        let context = Context::public().in_case(&child.dossier);
        let unknown = || Problem::invalid(vec![rules::not_a_commune()]);
        match self.room.exchange.call::<ReadUnit>(&asked, &context).await {
            Ok(found) => {
                let unit = found.answer;
                let province = unit.parent.as_deref().and_then(Province::parse);
                let province = province.filter(|_| unit.level == UnitLevel::Commune).ok_or_else(unknown)?;
                Ok((province, unit))
            }
            Err(CallError::Refused(problem)) if matches!(problem.status, 404 | 410 | 422) => Err(unknown()),
            Err(error) => {
                tracing::warn!(system = FACTS.code, %error, "a commune can't be looked up");
                Err(Problem::unavailable("the register of administrative units can't be asked"))
            }
        }
    }

    /// Every child under six who lives in the country is insured by the State, without anybody's asking (Law 25/2008/QH12
    /// article 12(3)). The event names nobody but the number; the rest is looked up.
    async fn take_person_numbered(
        self: Arc<Self>,
        incoming: Incoming,
        event: CloudEvent<PersonNumbered>,
    ) -> Result<Taken, Problem> {
        if !event.is_told_by(&incoming.client, contracts::population::SYSTEM) {
            return Err(Problem::forbidden());
        }
        let number = event.person().ok_or_else(|| Problem::invalid(vec![rules::no_person()]))?;
        if self.is_member(number).await? {
            return Ok(Taken {});
        }
        let person = self.person(number).await?;
        let (Some(name), Some(sex), Some(birth_date)) = (person.name, person.sex, person.birth_date) else {
            return Err(Problem::unavailable("the population database does not show what a card needs"));
        };
        if rules::sixth_birthday(birth_date) <= self.room.clock.today() {
            // A birth may be registered years later; this child is insured on other grounds.
            return Ok(Taken {});
        }
        let registered_at = || Address { commune: event.data.registered_at.clone(), detail: String::new() };
        let residence = person.residence.unwrap_or_else(registered_at);
        let dossier = event.id.to_string();
        let child = NewMember { number, name, sex, birth_date, residence, dossier };
        self.insure(&child, &incoming.client.to_string()).await?;
        Ok(Taken {})
    }

    /// A person as the population database shows them for this purpose.
    async fn person(&self, number: PersonalNumber) -> Result<PersonView, Problem> {
        let fields =
            vec![PersonField::Name, PersonField::Sex, PersonField::BirthDate, PersonField::Residence];
        let asked = LookUp { number, fields, valid_on: None, known_at: None };
        let context = Context::new(Purpose::HEALTH_INSURANCE, CHILDREN_BASIS);
        let found = self.room.exchange.call::<LookUpPerson>(&asked, &context).await;
        Ok(found.map_err(CallError::into_problem)?.answer)
    }

    async fn look_up_card(
        self: Arc<Self>,
        incoming: Incoming,
        request: CardOf,
    ) -> Result<HealthCard, Problem> {
        authority::permit(&incoming.claim(), request.number)?;
        let member = records::member(&self.room.store, request.number).await.map_err(store_problem)?;
        member.as_ref().map(health_card).ok_or_else(Problem::not_found)
    }
}

/// A member's card as others see it.
pub(crate) fn health_card(member: &Member) -> HealthCard {
    HealthCard {
        card: rules::card_number(member.card.object, member.number),
        number: member.person,
        valid_from: member.card.valid_from,
        valid_to: member.card.valid_to,
        facility: member.card.facility.clone(),
    }
}

fn store_problem(error: StoreError) -> Problem {
    tracing::error!(system = FACTS.code, %error, "the store failed");
    Problem::unavailable("the register's store can't be used just now")
}
