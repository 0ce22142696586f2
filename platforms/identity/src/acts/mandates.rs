//! Acting for a child.

use super::ActError;
use crate::{
    FACTS, Identity,
    model::{Account, Mandate},
    records,
    rules::mandate::{self, NotParent},
};
use contracts::{
    Context, PersonalNumber, Purpose,
    identity::MandateKind,
    population::{LookUp, LookUpPerson, PersonField},
};
use jiff::SignedDuration;
use store::{Batch, StoreError, params};
use system::CallError;
use uuid::Uuid;

/// The provision by which parents act for their children.
const BASIS: &str = "91/2015/QH13:136";

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
        if records::acts_for_child(&self.room.store, parent.person, &subject, today).await? {
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
            organisation: None,
        };
        let mut batch = Batch::new();
        records::note_mandate(&mut batch, &noted, now);
        self.room.store.write(batch).await?;
        Ok(Acting::Noted)
    }

    /// Ends, from today on, acting for a child, which a person noted themselves.
    pub(crate) async fn stop_acting(&self, holder: &Account, id: Uuid) -> Result<(), StoreError> {
        let held = records::mandate(&self.room.store, id).await?;
        let mut batch = Batch::new();
        let by = match held {
            Some(held) if held.holder == holder.person && held.kind == MandateKind::Child => FACTS.code,
            // Somebody else's: the batch will find nothing to end.
            _ => "",
        };
        batch.change_one(&records::END_MANDATE, params![id, self.room.clock.today(), by]);
        self.room.store.write(batch).await
    }
}
