//! The acts of a registrar: deciding, amending, closing a book. Each is one batch that holds only if what the registrar
//! saw still stands.

use crate::{
    BIRTH_AMENDED, BIRTH_ANNULLED, CivilStatus,
    certificate::printing_faults,
    model::{
        Amendment, Annulment, Application, Book, Decision, DecisionKind, Entry, EntryVersion, EventKind,
        Official, UnitNames, Work,
    },
    records, rules, services, tasks,
};
use contracts::{FieldProblem, civil_status::BirthApplication};
use store::{Batch, StoreError};
use uuid::Uuid;

/// Why an act was not done. Nothing of it was written.
#[derive(Debug)]
pub enum ActError {
    /// Somebody else decided, filed, amended or closed meanwhile.
    ChangedMeanwhile,
    /// What was given can't be taken.
    Invalid(Vec<FieldProblem>),
    /// The law does not allow it now.
    NotNow(NotNow),
    /// Another system or the store could not be used.
    Unavailable(String),
}

/// What stands against an act at this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNow {
    /// The year of the book is not over.
    YearNotOver,
    /// Decided registrations still wait for their number in the book.
    EntriesPending,
    /// The certificate of the entry as it stands is still being made.
    CertificatePending,
}

impl From<StoreError> for ActError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } | StoreError::Duplicate { .. } => Self::ChangedMeanwhile,
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl CivilStatus {
    /// The application with this identifier.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn application(&self, application: Uuid) -> Result<Option<Application>, StoreError> {
        records::application(&self.room.store, application).await
    }

    /// The numbers that a commune's book of births of a year has given, in order.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn numbers_of_book(&self, commune: &str, year: i16) -> Result<Vec<i64>, StoreError> {
        records::numbers_of_book(&self.room.store, commune, year).await
    }

    /// The entry that an application led to, with all its versions.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn entry_of(
        &self,
        application: Uuid,
    ) -> Result<Option<(Entry, Vec<EntryVersion>)>, StoreError> {
        let Some(entry) = records::entry_of_application(&self.room.store, application).await? else {
            return Ok(None);
        };
        let versions = records::versions(&self.room.store, entry.registration).await?;
        Ok(Some((entry, versions)))
    }

    /// The book of a kind of event of a commune and year.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn book(&self, commune: &str, kind: EventKind, year: i16) -> Result<Option<Book>, StoreError> {
        records::book(&self.room.store, commune, kind, year).await
    }

    /// Decides an application as the registrar saw it. A registration is then carried out by tasks.
    ///
    /// # Errors
    /// [`ActError::ChangedMeanwhile`] when it was decided or filed again in the meantime.
    pub async fn decide(
        &self,
        application: &Application,
        kind: DecisionKind,
        reason: &str,
        by: Official,
    ) -> Result<(), ActError> {
        let now = self.room.clock.now();
        let mut batch = Batch::new();
        let decision = Decision { kind, reason: reason.to_owned(), by: by.clone(), at: now };
        records::decide(&mut batch, application, &decision);
        let dossier = &application.content.dossier;
        if kind == DecisionKind::Register {
            let registered_on = self.room.clock.today();
            let entry = Entry {
                registration: self.room.random.id(now),
                application: application.application,
                dossier: dossier.clone(),
                received_by: application.content.received_by.clone(),
                commune: application.content.commune.clone(),
                year: registered_on.year(),
                number: None,
                registered_on,
                registrar: by,
                child: None,
            };
            records::add_entry(&mut batch, &entry, application, now);
            let work = Work::Entry { registration: entry.registration, version: 1 };
            batch.enqueue(tasks::task(&self.room, tasks::NUMBER_CHILD, dossier, &work));
        } else {
            let work = Work::Decision { application: application.application, version: application.version };
            batch.enqueue(tasks::task(&self.room, tasks::DELIVER, dossier, &work));
        }
        self.room.store.write(batch).await?;
        self.room.tasks.notify_one();
        Ok(())
    }

    /// Amends an entry as the registrar saw it, the last of `versions` being what it says now.
    ///
    /// # Errors
    /// [`ActError::Invalid`] for what breaks a rule, [`ActError::NotNow`] while the last certificate is being made,
    /// [`ActError::ChangedMeanwhile`] when somebody amended in the meantime.
    pub async fn amend(
        &self,
        entry: &Entry,
        versions: &[EntryVersion],
        request: &rules::AmendmentRequest,
        by: Official,
    ) -> Result<(), ActError> {
        let store = &self.room.store;
        let current = versions.last().ok_or(ActError::ChangedMeanwhile)?;
        if records::certificate_of_entry(store, entry.registration).await?.is_none() {
            return Err(self.without_certificate(entry.registration).await?);
        }
        let faults = self.amendment_faults(entry, current, request).await?;
        if !faults.is_empty() {
            return Err(ActError::Invalid(faults));
        }
        let (now, today) = (self.room.clock.now(), self.room.clock.today());
        let form = rules::amended(&current.form, &request.change);
        let amendment = Amendment {
            amendment: self.room.random.id(now),
            kind: request.kind,
            number: None,
            year: today.year(),
            reason: request.reason.trim().to_owned(),
            legal_basis: request.legal_basis.trim().to_owned(),
            by,
        };
        let version = EntryVersion {
            version: current.version + 1,
            units: self.with_units(&current.units, &request.change, &entry.dossier).await?,
            valid_from: rules::valid_from(request.kind, &form, today),
            form,
            known_from: now,
            known_until: None,
            amendment: Some(amendment.clone()),
            sealed: false,
        };
        let mut batch = Batch::new();
        records::amend(&mut batch, entry, &version, &amendment);
        let (told, number) = (amendment.amendment, version.version);
        batch.emit(tasks::birth_event(BIRTH_AMENDED, told, entry, &version.form, number, now));
        let work = Work::Entry { registration: entry.registration, version: version.version };
        // Keys of their own: the delivery of the first certificate may be waiting for this one, and where the population
        // database differs from the book, the book stands (Law 60/2014/QH13 article 60(2)).
        let key = entry.registration.to_string();
        batch.enqueue(tasks::task(&self.room, tasks::SEAL_ENTRY, &key, &work));
        let follower = format!("population {key}");
        batch.enqueue(tasks::task(&self.room, tasks::CORRECT_POPULATION, &follower, &work));
        store.write(batch).await?;
        self.room.tasks.notify_one();
        Ok(())
    }

    /// Annuls an entry as the registrar saw it, by the decision of the authority above (Law 60/2014/QH13 articles 70 and 71).
    /// What follows for the child's number is for the police to decide.
    ///
    /// # Errors
    /// [`ActError::Invalid`] for what breaks a rule, [`ActError::NotNow`] while the last certificate is being made,
    /// [`ActError::ChangedMeanwhile`] when somebody amended or annulled in the meantime.
    pub async fn annul(
        &self,
        entry: &Entry,
        versions: &[EntryVersion],
        request: &rules::AnnulmentRequest,
        by: Official,
    ) -> Result<(), ActError> {
        let current = versions.last().ok_or(ActError::ChangedMeanwhile)?;
        if records::certificate_of_entry(&self.room.store, entry.registration).await?.is_none() {
            return Err(self.without_certificate(entry.registration).await?);
        }
        let faults = request.faults();
        if !faults.is_empty() {
            return Err(ActError::Invalid(faults));
        }
        let now = self.room.clock.now();
        let annulment = Annulment {
            legal_basis: request.legal_basis.trim().to_owned(),
            reason: request.reason.trim().to_owned(),
            by,
            at: now,
        };
        let mut batch = Batch::new();
        records::annul(&mut batch, entry, current, &annulment);
        let (told, number) = (self.room.random.id(now), current.version + 1);
        batch.emit(tasks::birth_event(BIRTH_ANNULLED, told, entry, &current.form, number, now));
        Ok(self.room.store.write(batch).await?)
    }

    /// Why nothing can be done to an entry that has no certificate in force.
    async fn without_certificate(&self, registration: Uuid) -> Result<ActError, StoreError> {
        let annulment = records::annulment(&self.room.store, registration).await?;
        Ok(match annulment {
            Some(_) => ActError::ChangedMeanwhile,
            None => ActError::NotNow(NotNow::CertificatePending),
        })
    }

    /// What of an amendment breaks a rule.
    pub(crate) async fn amendment_faults(
        &self,
        entry: &Entry,
        current: &EntryVersion,
        request: &rules::AmendmentRequest,
    ) -> Result<Vec<FieldProblem>, ActError> {
        let filed = records::application(&self.room.store, entry.application).await?;
        let filed = filed.ok_or(ActError::ChangedMeanwhile)?;
        let frame = BirthApplication { form: current.form.clone(), ..filed.content };
        let now = self.room.clock.now();
        let mut faults = rules::check_amendment(&frame, request, now, self.room.clock.today());
        if faults.is_empty() {
            let amended = BirthApplication { form: rules::amended(&current.form, &request.change), ..frame };
            faults = printing_faults(&amended, &current.units, now);
        }
        Ok(faults)
    }

    /// The names of units that an entry mentions, with those that an amendment adds.
    async fn with_units(
        &self,
        known: &UnitNames,
        change: &rules::Change,
        dossier: &str,
    ) -> Result<UnitNames, ActError> {
        let mut names = known.clone();
        let mentioned = [
            ("form.child.birth_place.commune", &change.birth_place),
            ("form.child.hometown.commune", &change.hometown),
        ];
        for (field, address) in mentioned {
            if names.contains_key(&address.commune) {
                continue;
            }
            let found = services::commune_name(&self.room.exchange, &address.commune, dossier).await;
            match found.map_err(|error| ActError::Unavailable(error.to_string()))? {
                Some(name) => names.insert(address.commune.clone(), name),
                None => return Err(ActError::Invalid(vec![services::unknown_unit(field)])),
            };
        }
        Ok(names)
    }

    /// Closes a book as the registrar saw it, with its totals; they are then sealed.
    ///
    /// # Errors
    /// [`ActError::NotNow`] before the year is over or while a decided registration waits for its number,
    /// [`ActError::ChangedMeanwhile`] when something was entered, or the book closed, in the meantime.
    pub async fn close_book(&self, book: &Book, by: Official) -> Result<(), ActError> {
        let store = &self.room.store;
        if !rules::may_close(book.year, self.room.clock.today()) {
            return Err(ActError::NotNow(NotNow::YearNotOver));
        }
        if records::unnumbered_entries(store, &book.commune, book.year).await? > 0 {
            return Err(ActError::NotNow(NotNow::EntriesPending));
        }
        let mut batch = Batch::new();
        records::close_book(&mut batch, book, &by, self.room.clock.now());
        let work =
            Work::Book { commune: book.commune.clone(), kind: book.kind.word().to_owned(), year: book.year };
        batch.enqueue(tasks::task(&self.room, tasks::SEAL_BOOK, "", &work));
        store.write(batch).await?;
        self.room.tasks.notify_one();
        Ok(())
    }
}
