//! What follows a decision by itself: number, book, seal, certificate, delivery. Each step is a durable task that ends in
//! the batch of its effect and puts the next one in the queue, so a crash anywhere resumes where it was and doubles
//! nothing.

use crate::{
    BIRTH_REGISTERED, RESIDENCE_ASKED,
    certificate::{CERTIFICATE_COMPONENT, Particulars, press_and_sign},
    model::{DecisionKind, Entry, EntryVersion, EventKind, IssuedCertificate, Obstacle, Work},
    records, rules,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use contracts::{
    Context, MemberId, Problem, Purpose,
    civil_status::{BirthForm, ResidenceAsked},
    one_door::{Attachment, DeliverResult, Delivery, Outcome},
    population::{CorrectPerson, Newborn, RegisterBirth, Relative},
};
use jiff::Timestamp;
use serde::Serialize;
use store::{Batch, Event, LeasedTask, Task};
use system::{CallError, Room, TaskFailure};
use uuid::Uuid;

/// The step of the joined procedure that this system does.
const STEP: &str = "civil-status";
/// The provision under which the child's number is drawn from the population database (Law 60/2014/QH13 article 16(2)).
pub(crate) const REGISTRATION_BASIS: &str = "60/2014/QH13:16";
/// The provision under which the population database follows the book (article 60).
const CORRECTION_BASIS: &str = "60/2014/QH13:60";

/// Gets the child's personal number.
pub(crate) const NUMBER_CHILD: &str = "number-child";
/// Enters the entry in the book.
const ENTER_BOOK: &str = "enter-book";
/// Has the population database follow an amendment.
pub(crate) const CORRECT_POPULATION: &str = "correct-population";
/// Seals a version of an entry.
pub(crate) const SEAL_ENTRY: &str = "seal-entry";
/// Presses and signs the certificate.
const ISSUE_CERTIFICATE: &str = "issue-certificate";
/// Delivers the certificate, or a decision that is not a registration.
pub(crate) const DELIVER: &str = "deliver";
/// Seals the totals of a closed book.
pub(crate) const SEAL_BOOK: &str = "seal-book";

/// A task of this system. `key` keeps the tasks of one case in order.
pub(crate) fn task(room: &Room, kind: &'static str, key: &str, work: &Work) -> Task {
    let now = room.clock.now();
    Task { id: room.random.id(now), kind, key: key.to_owned(), payload: records::to_json(work), run_at: now }
}

pub(crate) async fn perform(room: &Room, task: &LeasedTask) -> Result<(), TaskFailure> {
    let work: Work = serde_json::from_str(&task.payload)
        .map_err(|_| TaskFailure::fatal("the task's payload is not of the form this program writes"))?;
    let step = Step { room, task };
    match (task.kind.as_str(), work) {
        (NUMBER_CHILD, Work::Entry { registration, .. }) => step.number_child(registration).await,
        (ENTER_BOOK, Work::Entry { registration, .. }) => step.enter_book(registration).await,
        (CORRECT_POPULATION, Work::Entry { registration, version }) => {
            step.correct_population(registration, version).await
        }
        (SEAL_ENTRY, Work::Entry { registration, version }) => step.seal_entry(registration, version).await,
        (ISSUE_CERTIFICATE, Work::Entry { registration, version }) => {
            step.issue_certificate(registration, version).await
        }
        (DELIVER, Work::Entry { registration, .. }) => step.deliver_certificate(registration).await,
        (DELIVER, Work::Decision { application, version }) => {
            step.deliver_decision(application, version).await
        }
        (SEAL_BOOK, Work::Book { commune, kind, year }) => step.seal_book(&commune, &kind, year).await,
        (kind, _) => {
            Err(TaskFailure::fatal(format!("the register knows no task {kind:?} with this payload")))
        }
    }
}

/// One task in the hands of the worker.
struct Step<'a> {
    room: &'a Room,
    task: &'a LeasedTask,
}

impl Step<'_> {
    /// Ends the task with its effect, and lets the next one follow.
    async fn finish(&self, mut effect: Batch, next: Option<(&'static str, Work)>) -> Result<(), TaskFailure> {
        effect.finish_task(self.task.id);
        if let Some((kind, work)) = next {
            effect.enqueue(task(self.room, kind, &self.task.key, &work));
        }
        self.room.store.write(effect).await?;
        self.room.tasks.notify_one();
        Ok(())
    }

    async fn entry(&self, registration: Uuid) -> Result<Entry, TaskFailure> {
        let entry = records::entry(&self.room.store, registration).await?;
        entry.ok_or_else(|| TaskFailure::fatal("the entry of this task does not exist"))
    }

    async fn version(&self, registration: Uuid, version: i64) -> Result<EntryVersion, TaskFailure> {
        let versions = records::versions(&self.room.store, registration).await?;
        let found = versions.into_iter().find(|found| found.version == version);
        found.ok_or_else(|| TaskFailure::fatal("the version of this task does not exist"))
    }

    async fn number_child(&self, registration: Uuid) -> Result<(), TaskFailure> {
        let entry = self.entry(registration).await?;
        let mut effect = Batch::new();
        if entry.child.is_none() {
            let version = self.version(registration, 1).await?;
            let newborn = newborn(&entry, &version);
            let context = context(&entry, &entry.registrar.account, REGISTRATION_BASIS);
            match self.room.exchange.call::<RegisterBirth>(&newborn, &context).await {
                Ok(numbered) => records::note_child(&mut effect, registration, numbered.answer.number),
                Err(CallError::Refused(problem)) if is_about_the_application(&problem) => {
                    records::come_back(&mut effect, &entry, &obstacle(&problem));
                    return self.finish(effect, None).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.finish(effect, Some((ENTER_BOOK, Work::Entry { registration, version: 1 }))).await
    }

    async fn enter_book(&self, registration: Uuid) -> Result<(), TaskFailure> {
        let entry = self.entry(registration).await?;
        let book = records::book(&self.room.store, &entry.commune, EventKind::Birth, entry.year).await?;
        if entry.number.is_none() && book.is_some_and(|book| book.closed.is_some()) {
            return Err(TaskFailure::fatal("the book of this entry is closed"));
        }
        let mut effect = Batch::new();
        if entry.number.is_none() {
            let now = self.room.clock.now();
            records::enter_in_book(&mut effect, &entry);
            let form = self.version(registration, 1).await?.form;
            effect.emit(birth_event(BIRTH_REGISTERED, registration, &entry, &form, 1, now));
            let application = records::application(&self.room.store, entry.application).await?;
            if application.is_some_and(|application| application.content.residence_asked) {
                effect.emit(residence_asked(&entry, self.room.random.id(now), now));
            }
        }
        self.finish(effect, Some((SEAL_ENTRY, Work::Entry { registration, version: 1 }))).await
    }

    async fn correct_population(&self, registration: Uuid, version: i64) -> Result<(), TaskFailure> {
        let entry = self.entry(registration).await?;
        let child =
            entry.child.ok_or_else(|| TaskFailure::fatal("the entry has no personal number to correct"))?;
        let (before, after) =
            (self.version(registration, version - 1).await?, self.version(registration, version).await?);
        let amendment = after.amendment.as_ref();
        let amendment =
            amendment.ok_or_else(|| TaskFailure::fatal("the version of this task is no amendment"))?;
        let context = context(&entry, &amendment.by.account, CORRECTION_BASIS);
        let correction = rules::corrected_fields(child, amendment.amendment, &before, &after);
        self.room.exchange.call::<CorrectPerson>(&correction, &context).await?;
        self.finish(Batch::new(), None).await
    }

    async fn seal_entry(&self, registration: Uuid, version: i64) -> Result<(), TaskFailure> {
        let (entry, sealed) = (self.entry(registration).await?, self.version(registration, version).await?);
        let mut effect = Batch::new();
        if !sealed.sealed {
            let seal =
                self.room.register.seal(registration, sealed_content(&entry, &sealed).as_bytes()).await?;
            records::keep_version_seal(&mut effect, registration, version, &seal);
        }
        self.finish(effect, Some((ISSUE_CERTIFICATE, Work::Entry { registration, version }))).await
    }

    async fn issue_certificate(&self, registration: Uuid, version: i64) -> Result<(), TaskFailure> {
        let documents = self.room.documents.as_ref().ok_or_else(|| {
            TaskFailure::passing(
                "the agency has no key for signing documents; give the room a document identity",
            )
        })?;
        let (entry, shown) = (self.entry(registration).await?, self.version(registration, version).await?);
        let (Some(number), Some(child)) = (entry.number, entry.child) else {
            return Err(TaskFailure::fatal("a certificate needs an entry with its number and the child's"));
        };
        let code = rules::certificate_code(self.room.random.bytes());
        let at = self.room.clock.now();
        let particulars = Particulars {
            entry: &entry,
            number,
            child,
            version: &shown,
            code: &code,
            address: format!("{}/civil-status/certificates/{code}", self.room.public_url),
            at,
            sandbox: self.room.sandbox,
        };
        let signed = press_and_sign(&particulars, documents)
            .await
            .map_err(|error| TaskFailure::fatal(format!("the certificate can't be made: {error}")))?;
        let seal = self.room.register.seal(registration, &signed.pdf).await?;
        let issued = IssuedCertificate {
            registration,
            version,
            pdf: signed.pdf,
            sha256: signed.sha256,
            proof: seal.proof.clone(),
            issued_at: at,
            superseded_at: None,
            code,
        };
        let mut effect = Batch::new();
        records::issue_certificate(&mut effect, &issued, &seal);
        // Who applied for the registration is waiting at the one-door; who asked for an amendment is at the registrar's.
        let next = (version == 1).then_some((DELIVER, Work::Entry { registration, version }));
        self.finish(effect, next).await
    }

    async fn deliver_certificate(&self, registration: Uuid) -> Result<(), TaskFailure> {
        let entry = self.entry(registration).await?;
        let issued = records::certificate_of_entry(&self.room.store, registration).await?;
        let issued =
            issued.ok_or_else(|| TaskFailure::passing("the certificate in force is still being made"))?;
        let outcome = Outcome::Done {
            results: vec![Attachment {
                component: CERTIFICATE_COMPONENT.into(),
                name: "giay-khai-sinh.pdf".into(),
                media_type: "application/pdf".into(),
                content_base64: STANDARD.encode(&issued.pdf),
            }],
            person: entry.child,
        };
        self.deliver(&entry.received_by, &entry.dossier, &entry.registrar.account, outcome).await
    }

    async fn deliver_decision(&self, application: Uuid, version: i64) -> Result<(), TaskFailure> {
        let store = &self.room.store;
        let decided = records::decision(store, application, version).await?;
        let decided =
            decided.ok_or_else(|| TaskFailure::fatal("the decision of this task does not exist"))?;
        let application = records::application(store, application).await?;
        let application =
            application.ok_or_else(|| TaskFailure::fatal("the application of this task does not exist"))?;
        let outcome = match decided.kind {
            DecisionKind::Return => Outcome::Supplement { reason: decided.reason },
            DecisionKind::Refuse => Outcome::Refused { reason: decided.reason },
            DecisionKind::Register => {
                return Err(TaskFailure::fatal("a registration is delivered with its certificate"));
            }
        };
        let content = &application.content;
        self.deliver(&content.received_by, &content.dossier, &decided.by.account, outcome).await
    }

    /// Brings an outcome to the one-door that received the dossier. The message carries the task's id, so that it counts
    /// once however often it has to be sent.
    async fn deliver(
        &self,
        received_by: &str,
        dossier: &str,
        official: &str,
        outcome: Outcome,
    ) -> Result<(), TaskFailure> {
        let member: MemberId = received_by
            .parse()
            .map_err(|_| TaskFailure::fatal("the receiving member's identifier is damaged"))?;
        let context = Context::new(Purpose::PROCEDURE, REGISTRATION_BASIS).by(official).in_case(dossier);
        let delivery = Delivery { dossier: dossier.to_owned(), step: STEP.into(), outcome };
        let message = Some(self.task.id.to_string());
        self.room.exchange.call_at::<DeliverResult>(&member, &delivery, &context, message).await?;
        self.finish(Batch::new(), None).await
    }

    async fn seal_book(&self, commune: &str, kind: &str, year: i16) -> Result<(), TaskFailure> {
        let kind = EventKind::of_word(kind)
            .ok_or_else(|| TaskFailure::fatal("the task names an unknown kind of book"))?;
        let book = records::book(&self.room.store, commune, kind, year).await?;
        let book = book.ok_or_else(|| TaskFailure::fatal("the book of this task does not exist"))?;
        let closing =
            book.closed.as_ref().ok_or_else(|| TaskFailure::fatal("the book of this task is open"))?;
        let mut effect = Batch::new();
        if closing.proof.is_none() {
            let totals = records::sealed_totals(&book, closing);
            let seal = self.room.register.seal(self.task.id, totals.as_bytes()).await?;
            records::keep_book_seal(&mut effect, &book, &seal);
        }
        self.finish(effect, None).await
    }
}

/// The refusal says that what was declared can't be right, so the registrar has to look again. Anything else is between
/// the two systems.
fn is_about_the_application(problem: &Problem) -> bool {
    matches!(problem.status, 404 | 409 | 422) && problem.code() != Problem::changed_meanwhile().code()
}

fn obstacle(problem: &Problem) -> Obstacle {
    let (vi, en) = problem.fields.iter().map(|field| (field.vi.clone(), field.en.clone())).unzip();
    if problem.fields.is_empty() {
        return Obstacle { vi: vec![problem.title.clone()], en: vec![problem.title_en.clone()] };
    }
    Obstacle { vi, en }
}

fn context(entry: &Entry, official: &str, legal_basis: &str) -> Context {
    Context::new(Purpose::CIVIL_STATUS, legal_basis).by(official).in_case(&entry.dossier)
}

fn newborn(entry: &Entry, version: &EntryVersion) -> Newborn {
    let form = &version.form;
    let relative = |parent: &contracts::civil_status::Parent| Relative {
        number: parent.number,
        name: parent.name.clone(),
    };
    Newborn {
        registration: entry.registration,
        name: form.child.name.clone(),
        sex: form.child.sex,
        birth_date: form.child.birth_date,
        birth_place: form.child.birth_place.clone(),
        hometown: form.child.hometown.clone(),
        ethnicity: form.child.ethnicity.clone(),
        nationality: form.child.nationality.clone(),
        registered_at: entry.commune.clone(),
        mother: form.mother.as_ref().map(relative),
        father: form.father.as_ref().map(relative),
    }
}

/// The event `id` that tells what an entry that says `form` counts as from `version` on.
pub(crate) fn birth_event(
    event_type: &str,
    id: Uuid,
    entry: &Entry,
    form: &BirthForm,
    version: i64,
    now: Timestamp,
) -> Event {
    Event {
        id,
        event_type: event_type.into(),
        subject: entry.registration.to_string(),
        payload: records::to_json(&rules::counted(entry, form, version)),
        occurred_at: now,
    }
}

fn residence_asked(entry: &Entry, id: Uuid, now: Timestamp) -> Event {
    let asked = ResidenceAsked { registration: entry.registration, dossier: entry.dossier.clone() };
    Event {
        id,
        event_type: RESIDENCE_ASKED.into(),
        subject: entry.registration.to_string(),
        payload: records::to_json(&asked),
        occurred_at: now,
    }
}

/// What of an entry is sealed: the frame of the book and what this version says.
#[derive(Serialize)]
struct SealedContent<'a> {
    registration: Uuid,
    book: String,
    number: Option<i64>,
    commune: &'a str,
    registered_on: jiff::civil::Date,
    registrar: &'a str,
    child: Option<contracts::PersonalNumber>,
    version: i64,
    valid_from: jiff::civil::Date,
    known_from: Timestamp,
    form: &'a contracts::civil_status::BirthForm,
}

fn sealed_content(entry: &Entry, version: &EntryVersion) -> String {
    records::to_json(&SealedContent {
        registration: entry.registration,
        book: rules::book_symbol(EventKind::Birth, entry.year),
        number: entry.number,
        commune: &entry.commune,
        registered_on: entry.registered_on,
        registrar: &entry.registrar.account,
        child: entry.child,
        version: version.version,
        valid_from: version.valid_from,
        known_from: version.known_from,
        form: &version.form,
    })
}
