//! Accounts of organisations: applied for by who represents them, opened by a register's word or by two officials, and in the
//! hands of who represents them from then on.

use super::{ActError, office::OfficeError};
use crate::{
    FACTS, Identity,
    model::{
        Account, Grant, Mandate, Organisation, OrganisationAct, OrganisationApplication, OrganisationDeed,
        OrganisationState,
    },
    records::{self, ActedFor},
    rules::{
        mandate::EMPLOYEE_BASIS,
        organisation::{self, ApplicationFault, Change, EmployeeFault, Hand},
    },
    tasks,
};
use contracts::{PersonalNumber, identity::MandateKind};
use jiff::{SignedDuration, Timestamp, civil::Date};
use store::{Batch, StoreError, params};
use uuid::Uuid;

/// What came of an application.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// A register says that the person represents the organisation: it is theirs at once.
    Opened(Uuid),
    /// An office decides.
    Waits,
    /// It can't be taken.
    Faults(Vec<ApplicationFault>),
    /// The person represents this account already.
    Yours,
    /// The person has applied for it already.
    Twice,
    /// Too many codes were tried.
    Wait(SignedDuration),
}

/// Why an account was not changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotChanged {
    /// There is no such account, or not for this person.
    Unknown,
    /// It may not be changed so.
    NotAllowed,
}

/// Somebody as the history of an organisation names them.
fn named(account: &Account) -> String {
    format!("{} ({})", account.name, account.person)
}

impl Identity {
    /// A person applies for the account of an organisation, or to represent one that has an account.
    pub(crate) async fn apply_for_organisation(
        &self,
        account: &Account,
        code: &str,
        name: &str,
        basis: &str,
    ) -> Result<Applied, StoreError> {
        let faults = organisation::check_application(code, name, basis);
        if !faults.is_empty() {
            return Ok(Applied::Faults(faults));
        }
        if let Some(wait) = self.count_guess(&format!("organisation {}", account.person)).await? {
            return Ok(Applied::Wait(wait));
        }
        let (store, now, today) = (&self.room.store, self.now(), self.room.clock.today());
        let known = records::organisation_with_code(store, code).await?;
        let is_locked = known.as_ref().is_some_and(|known| known.state == OrganisationState::LockedByOffice);
        let present = match &known {
            Some(known) => records::mandate(store, known.representation).await?,
            None => None,
        };
        if let (Some(known), Some(present)) = (&known, &present)
            && known.representative == account.id
            && !is_locked
            && !organisation::takes_over(present, today)
        {
            return Ok(Applied::Yours);
        }
        let by_register =
            records::representation_by_register(store, account.person, code, today, FACTS.code).await?;
        let by_register = by_register
            .filter(|found| organisation::is_of_register(found, FACTS.code, today) && !is_locked)
            .filter(|_| present.as_ref().is_none_or(|present| organisation::takes_over(present, today)));
        let mut batch = Batch::new();
        let applied = match by_register {
            Some(found) => {
                let by = found.registered_by.clone();
                Applied::Opened(self.represent(&mut batch, known, account.id, &found, &by, &named(account)))
            }
            None => {
                let application = OrganisationApplication {
                    id: self.room.random.id(now),
                    account: account.id,
                    person: account.person,
                    person_name: account.name.clone(),
                    code: code.to_owned(),
                    name: name.trim().to_owned(),
                    basis: basis.trim().to_owned(),
                    applied_at: now,
                    unit: None,
                    document: None,
                    checked_by: None,
                    decision: None,
                    reason: None,
                };
                records::apply_for_organisation(&mut batch, &application);
                Applied::Waits
            }
        };
        match store.write(batch).await {
            Ok(()) => Ok(applied),
            Err(StoreError::Duplicate { .. } | StoreError::Conflict { .. }) => Ok(Applied::Twice),
            Err(error) => Err(error),
        }
    }

    /// Puts into the batch who represents an organisation from now on: in the account it has, or in a new one, which is active then.
    fn represent(
        &self,
        batch: &mut Batch,
        known: Option<Organisation>,
        account: Uuid,
        by: &Mandate,
        done_by: &str,
        about: &str,
    ) -> Uuid {
        let now = self.now();
        let state = OrganisationState::Active;
        match known {
            Some(known) => {
                // What this system noted of who represented it before ends with that; a register ends its own.
                let today = self.room.clock.today();
                batch.change(&records::END_MANDATE, params![known.representation, today, FACTS.code]);
                let changed = Organisation { representative: account, representation: by.id, state, ..known };
                records::change_organisation(batch, &changed, now);
                self.note_organisation(batch, changed.id, OrganisationAct::Represented, done_by, about);
                changed.id
            }
            None => {
                let opened = Organisation {
                    id: self.room.random.id(now),
                    code: by.subject.clone(),
                    name: by.subject_name.clone(),
                    representative: account,
                    representation: by.id,
                    state,
                    version: 1,
                    opened_at: now,
                };
                records::open_organisation(batch, &opened);
                self.note_organisation(batch, opened.id, OrganisationAct::Opened, done_by, about);
                opened.id
            }
        }
    }

    /// Adds to the history of an organisation.
    pub(super) fn note_organisation(
        &self,
        batch: &mut Batch,
        organisation: Uuid,
        act: OrganisationAct,
        done_by: &str,
        about: &str,
    ) {
        let at = self.now();
        let id = self.room.random.id(at);
        let deed = OrganisationDeed { id, at, act, done_by: done_by.to_owned(), about: about.to_owned() };
        records::note_organisation_deed(batch, organisation, &deed);
    }

    /// Takes an application back.
    pub(crate) async fn withdraw_application(&self, account: &Account, id: Uuid) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        let values = params![id, account.id, account.person.to_string(), self.now()];
        batch.change_one(&records::WITHDRAW_APPLICATION, values);
        self.room.store.write(batch).await
    }

    /// Whether an official may decide about an application: who applied and who represents the organisation now may not.
    async fn may_decide(
        &self,
        official: &str,
        application: &OrganisationApplication,
        known: Option<&Organisation>,
    ) -> Result<bool, StoreError> {
        let present = match known {
            Some(known) => records::account(&self.room.store, known.representative).await?,
            None => None,
        };
        let present = present.map(|account| account.person).filter(|present| *present != application.person);
        Ok(organisation::may_decide(official, application.person, present))
    }

    /// The first official has compared an application with what the applicant brought.
    pub(crate) async fn check_application(
        &self,
        id: Uuid,
        document: &str,
        official: &str,
        unit: &str,
    ) -> Result<Result<(), OfficeError>, StoreError> {
        let store = &self.room.store;
        let Some(application) = records::application(store, id).await? else {
            return Ok(Err(OfficeError::NotYours));
        };
        let known = records::organisation_with_code(store, &application.code).await?;
        if !self.may_decide(official, &application, known.as_ref()).await? {
            return Ok(Err(OfficeError::NotYours));
        }
        let mut batch = Batch::new();
        let values = params![id, unit, document, official, self.now()];
        batch.change_one(&records::CHECK_APPLICATION, values);
        not_yours(store.write(batch).await)
    }

    /// A second official approves what the first has checked in the same office: the applicant represents the organisation.
    pub(crate) async fn approve_application(
        &self,
        id: Uuid,
        official: &str,
        unit: &str,
    ) -> Result<Result<(), OfficeError>, StoreError> {
        let (store, now) = (&self.room.store, self.now());
        let application = records::application(store, id).await?.filter(|application| {
            application.unit.as_deref() == Some(unit) && application.checked_by.as_deref() != Some(official)
        });
        let Some(application) = application else { return Ok(Err(OfficeError::NotYours)) };
        let known = records::organisation_with_code(store, &application.code).await?;
        if !self.may_decide(official, &application, known.as_ref()).await? {
            return Ok(Err(OfficeError::NotYours));
        }
        let representation = Mandate {
            id: self.room.random.id(now),
            holder: application.person,
            kind: MandateKind::Organisation,
            subject: application.code.clone(),
            subject_name: application.name.clone(),
            basis: application.basis.clone(),
            from: self.room.clock.today(),
            until: None,
            registered_by: FACTS.code.to_owned(),
            organisation: None,
        };
        let mut batch = Batch::new();
        batch.change_one(&records::APPROVE_APPLICATION, params![id, official, now, unit]);
        let officials = [application.checked_by.as_deref().unwrap_or_default(), official].join(", ");
        records::note_mandate(&mut batch, &representation, now);
        let about = format!("{} ({})", application.person_name, application.person);
        self.represent(&mut batch, known, application.account, &representation, &officials, &about);
        not_yours(store.write(batch).await)
    }

    /// An official refuses an application.
    pub(crate) async fn refuse_application(
        &self,
        id: Uuid,
        official: &str,
        unit: &str,
        reason: &str,
    ) -> Result<Result<(), OfficeError>, StoreError> {
        let mut batch = Batch::new();
        let values = params![id, official, self.now(), unit, reason];
        batch.change_one(&records::REFUSE_APPLICATION, values);
        not_yours(self.room.store.write(batch).await)
    }

    /// An account that a person represents; those of others are not there.
    pub(crate) async fn own_organisation(
        &self,
        account: &Account,
        id: Uuid,
    ) -> Result<Option<Organisation>, StoreError> {
        let found = records::organisation(&self.room.store, id).await?;
        Ok(found.filter(|found| found.representative == account.id))
    }

    /// Who represents an organisation changes its account.
    pub(crate) async fn change_own_organisation(
        &self,
        account: &Account,
        id: Uuid,
        change: Change,
    ) -> Result<Result<(), NotChanged>, StoreError> {
        let Some(own) = self.own_organisation(account, id).await? else {
            return Ok(Err(NotChanged::Unknown));
        };
        self.change_organisation(own, change, Hand::Representative, &named(account), "").await
    }

    /// An office changes an account, and says why.
    pub(crate) async fn change_organisation_at_office(
        &self,
        code: &str,
        change: Change,
        official: &str,
        reason: &str,
    ) -> Result<Result<(), NotChanged>, StoreError> {
        let Some(known) = records::organisation_with_code(&self.room.store, code).await? else {
            return Ok(Err(NotChanged::Unknown));
        };
        self.change_organisation(known, change, Hand::Office, official, reason).await
    }

    /// One batch: the account, what ends with it, and a task that ends what is used in its name.
    async fn change_organisation(
        &self,
        known: Organisation,
        change: Change,
        by: Hand,
        done_by: &str,
        about: &str,
    ) -> Result<Result<(), NotChanged>, StoreError> {
        let Some(state) = organisation::after(known.state, change, by) else {
            return Ok(Err(NotChanged::NotAllowed));
        };
        let (now, today) = (self.now(), self.room.clock.today());
        let mut batch = Batch::new();
        if state == OrganisationState::Closed {
            batch.change(&records::END_MANDATES_GIVEN, params![known.id, today]);
            batch.change(&records::END_MANDATE, params![known.representation, today, FACTS.code]);
        }
        if state != OrganisationState::Active {
            tasks::end_uses(&mut batch, &self.room, known.id, now);
        }
        let act = match change {
            Change::Lock => OrganisationAct::Locked,
            Change::Unlock => OrganisationAct::Unlocked,
            Change::Close => OrganisationAct::Closed,
        };
        self.note_organisation(&mut batch, known.id, act, done_by, about);
        records::change_organisation(&mut batch, &Organisation { state, ..known }, now);
        match self.write(batch).await {
            Ok(()) => Ok(Ok(())),
            Err(StoreError::Conflict { .. }) => Ok(Err(NotChanged::NotAllowed)),
            Err(error) => Err(error),
        }
    }

    /// Has an employee act for an organisation that one represents, for some days.
    pub(crate) async fn give_mandate(
        &self,
        giver: &Account,
        id: Uuid,
        employee: PersonalNumber,
        (from, until): (Date, Date),
    ) -> Result<Result<(), Vec<EmployeeFault>>, StoreError> {
        let (store, now, today) = (&self.room.store, self.now(), self.room.clock.today());
        let not_yours = || Ok(Err(vec![EmployeeFault::NotYours]));
        let Some(organisation) = self.own_organisation(giver, id).await? else { return not_yours() };
        let own = records::mandate(store, organisation.representation).await?;
        let Some(own) = own.filter(|own| own.holder == giver.person) else { return not_yours() };
        let faults = organisation::check_employee(&organisation, &own, employee, (from, until), today);
        if !faults.is_empty() {
            return Ok(Err(faults));
        }
        let given = Mandate {
            id: self.room.random.id(now),
            holder: employee,
            kind: MandateKind::Organisation,
            subject: organisation.code.clone(),
            subject_name: organisation.name.clone(),
            basis: EMPLOYEE_BASIS.to_owned(),
            from,
            until: Some(until),
            registered_by: FACTS.code.to_owned(),
            organisation: Some(id),
        };
        let mut batch = Batch::new();
        batch.require(&records::ORGANISATION_STANDS, params![id, organisation.version]);
        batch.require(&records::MANDATE_IN_FORCE, params![own.id, giver.person.as_i64(), today]);
        records::note_mandate(&mut batch, &given, now);
        let about = format!("{employee}, {from} - {until}");
        self.note_organisation(&mut batch, id, OrganisationAct::MandateGiven, &named(giver), &about);
        store.write(batch).await.map(Ok)
    }

    /// Ends, from today on, an employee's mandate for an organisation that one represents.
    pub(crate) async fn end_mandate_given(
        &self,
        giver: &Account,
        organisation: Uuid,
        id: Uuid,
    ) -> Result<Result<(), NotChanged>, StoreError> {
        let (store, today) = (&self.room.store, self.room.clock.today());
        let own = self.own_organisation(giver, organisation).await?;
        let given = records::mandate(store, id).await?;
        let given = given.filter(|given| own.is_some() && given.organisation == Some(organisation));
        let Some(given) = given else { return Ok(Err(NotChanged::Unknown)) };
        let mut batch = Batch::new();
        batch.change_one(&records::END_MANDATE_GIVEN, params![id, today, organisation]);
        let about = given.holder.to_string();
        self.note_organisation(
            &mut batch,
            organisation,
            OrganisationAct::MandateEnded,
            &named(giver),
            &about,
        );
        store.write(batch).await.map(Ok)
    }

    /// Ends the use of a service in the name of an organisation that one represents.
    pub(crate) async fn end_use(
        &self,
        giver: &Account,
        organisation: Uuid,
        grant: Uuid,
    ) -> Result<Result<(), NotChanged>, StoreError> {
        let store = &self.room.store;
        let own = self.own_organisation(giver, organisation).await?;
        let found = records::one_use(store, organisation, grant).await?.filter(|_| own.is_some());
        let Some(found) = found else { return Ok(Err(NotChanged::Unknown)) };
        let mut batch = Batch::new();
        self.end_grant(&mut batch, &found.grant);
        let about = format!("{}: {} ({})", found.grant.client, found.name, found.person);
        self.note_organisation(&mut batch, organisation, OrganisationAct::UseEnded, &named(giver), &about);
        self.write(batch).await.map(Ok)
    }

    fn end_grant(&self, batch: &mut Batch, grant: &Grant) {
        let now = self.now();
        batch.change(&records::REVOKE_GRANT, params![grant.id, now]);
        let (client, account, session) = (grant.client.clone(), grant.account, grant.session);
        tasks::tell_logout(batch, &self.room, tasks::Logout { client, account, session }, now);
    }

    /// Ends all uses in the name of an organisation that had begun by a time, a page at a time.
    pub(crate) async fn end_uses(&self, organisation: Uuid, begun_by: Timestamp) -> Result<(), StoreError> {
        let mut behind = records::FIRST;
        loop {
            let page = records::uses(&self.room.store, organisation, self.now(), behind).await?;
            let Some(last) = page.last() else { return Ok(()) };
            behind = last.grant.id;
            let mut batch = Batch::new();
            for used in page.iter().filter(|used| used.grant.opened_at <= begun_by) {
                self.end_grant(&mut batch, &used.grant);
            }
            self.write(batch).await?;
        }
    }

    /// The organisation, if a person acts for it today.
    pub(crate) async fn acts_for(
        &self,
        organisation: Uuid,
        person: PersonalNumber,
    ) -> Result<Option<ActedFor>, StoreError> {
        records::acts_for(&self.room.store, organisation, person, self.room.clock.today()).await
    }

    /// The organisation in whose name a grant was given; `Err` where its person acts for it no longer, so that the grant is good
    /// for nothing.
    pub(super) async fn name_of_grant(
        &self,
        grant: &Grant,
    ) -> Result<Result<Option<ActedFor>, Over>, ActError> {
        let Some(organisation) = grant.content.acts_for else { return Ok(Ok(None)) };
        let Some(account) = records::account(&self.room.store, grant.account).await? else {
            return Ok(Err(Over));
        };
        let found = self.acts_for(organisation, account.person).await?;
        Ok(found.map(Some).ok_or(Over))
    }
}

/// A person acts no longer for the organisation of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Over;

/// Somebody else has decided meanwhile, or it was this official who checked.
fn not_yours(written: Result<(), StoreError>) -> Result<Result<(), OfficeError>, StoreError> {
    match written {
        Ok(()) => Ok(Ok(())),
        Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. }) => Ok(Err(OfficeError::NotYours)),
        Err(error) => Err(error),
    }
}
