//! Acting for a child, and for an organisation that somebody else represents.

use super::ActError;
use crate::{
    FACTS, Identity,
    model::{Account, Mandate},
    records,
    rules::mandate::{self, EmployeeFault, NotParent},
};
use contracts::{
    Context, PersonalNumber, Purpose,
    identity::MandateKind,
    population::{LookUp, LookUpPerson, PersonField},
};
use jiff::{SignedDuration, civil::Date};
use store::{Batch, StoreError, params};
use system::CallError;
use uuid::Uuid;

/// The provision by which parents act for their children.
const BASIS: &str = "91/2015/QH13:136";

/// The provision by which who represents an organisation has others act for it.
const EMPLOYEE_BASIS: &str = "91/2015/QH13:138";

/// What came of asking to act for a child.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Acting {
    /// From now on.
    Noted,
    /// The register does not name this person as a parent, or knows no such child: nobody is told which.
    NotParent,
    /// The child is grown up.
    Grown,
    /// Too many numbers were tried.
    Wait(SignedDuration),
}

impl Identity {
    /// Notes that a parent acts for their child, after the population register has said that they are one.
    pub(crate) async fn act_for_child(
        &self,
        parent: &Account,
        child: PersonalNumber,
    ) -> Result<Acting, ActError> {
        if let Some(wait) = self.count_guess(&format!("child {}", parent.person)).await? {
            return Ok(Acting::Wait(wait));
        }
        let fields = [
            PersonField::Name,
            PersonField::BirthDate,
            PersonField::Mother,
            PersonField::Father,
            PersonField::DeathDate,
        ];
        let asked = LookUp { number: child, fields: fields.into(), valid_on: None, known_at: None };
        let context = Context::new(Purpose::IDENTIFICATION, BASIS).by(&parent.person.to_string());
        let view = match self.room.exchange.call::<LookUpPerson>(&asked, &context).await {
            Ok(found) => found.answer,
            Err(CallError::Refused(problem)) if problem.status == 404 => return Ok(Acting::NotParent),
            Err(error) => return Err(error.into()),
        };
        let today = self.room.clock.today();
        let until = match mandate::parental_until(&view, parent.person, today) {
            Ok(until) => until,
            Err(NotParent::Other) => return Ok(Acting::NotParent),
            Err(NotParent::Grown) => return Ok(Acting::Grown),
        };
        let subject = child.to_string();
        let held = records::mandates(&self.room.store, parent.person, today).await?;
        if held.iter().any(|known| known.kind == MandateKind::Child && known.subject == subject) {
            return Ok(Acting::Noted);
        }
        let now = self.now();
        let noted = Mandate {
            id: self.room.random.id(now),
            holder: parent.person,
            kind: MandateKind::Child,
            subject,
            subject_name: view.name.map(|name| name.full()).unwrap_or_default(),
            basis: BASIS.to_owned(),
            from: today,
            until: Some(until),
            registered_by: FACTS.code.to_owned(),
            given_from: None,
        };
        let mut batch = Batch::new();
        records::note_mandate(&mut batch, &noted, now);
        self.room.store.write(batch).await?;
        Ok(Acting::Noted)
    }

    /// Ends, from today on, what a person noted themselves.
    pub(crate) async fn stop_acting(&self, holder: &Account, id: Uuid) -> Result<(), StoreError> {
        let held = records::mandate(&self.room.store, id).await?;
        let mut batch = Batch::new();
        let by = match held {
            Some(held) if held.holder == holder.person => FACTS.code,
            // Somebody else's: the batch will find nothing to end.
            _ => "",
        };
        batch.change_one(&records::END_MANDATE, params![id, self.room.clock.today(), by]);
        self.room.store.write(batch).await
    }

    /// Gives an employee a mandate for an organisation that one represents oneself, for some days.
    pub(crate) async fn give_mandate(
        &self,
        giver: &Account,
        own: Uuid,
        employee: PersonalNumber,
        (from, until): (Date, Date),
    ) -> Result<Result<(), Vec<EmployeeFault>>, StoreError> {
        let (store, now, today) = (&self.room.store, self.now(), self.room.clock.today());
        let held = records::mandate(store, own).await?.filter(|held| held.holder == giver.person);
        let Some(held) = held else { return Ok(Err(vec![EmployeeFault::NotYours])) };
        let faults = mandate::check_employee(&held, employee, from, until, today);
        if !faults.is_empty() {
            return Ok(Err(faults));
        }
        let given = Mandate {
            id: self.room.random.id(now),
            holder: employee,
            basis: EMPLOYEE_BASIS.to_owned(),
            from,
            until: Some(until),
            registered_by: FACTS.code.to_owned(),
            given_from: Some(own),
            ..held
        };
        let mut batch = Batch::new();
        batch.require(&records::MANDATE_IN_FORCE, params![own, giver.person.as_i64(), today]);
        records::note_mandate(&mut batch, &given, now);
        store.write(batch).await.map(Ok)
    }

    /// Ends, from today on, a mandate that one gave.
    pub(crate) async fn end_mandate_given(&self, giver: &Account, id: Uuid) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        let values = params![id, self.room.clock.today(), giver.person.as_i64()];
        batch.change_one(&records::END_MANDATE_GIVEN, values);
        self.room.store.write(batch).await
    }
}
