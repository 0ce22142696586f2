//! What follows from a change by itself: steps are run, papers pressed, the portal told. Each task ends in the batch of its
//! effect, and every call it makes may be made again, so a crash anywhere resumes where it was and doubles nothing.

use crate::{
    model::{Actor, Dossier, PaperKind, StepState, Work},
    papers::{self, HealthCardParticulars, PaperParticulars, ResidenceParticulars},
    progress::{self, Decision},
    records::{self, Download},
    rules::{self, Act, FILE_BIRTH, LOOK_UP_CARD, READ_RESIDENCE},
    units,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use contracts::{
    Context, MemberId, PersonalNumber, Problem, Purpose,
    civil_status::{BirthApplication, BirthForm, FileBirth},
    identity::{SubmissionToVerify, VerifySubmission},
    insurance::{CardOf, LookUpCard},
    one_door::{Attachment, Form},
    population::{ReadResidence, ResidenceOf, ResidenceOutcome},
    portal::{DossierStanding, DossierState, SynchroniseDossier},
    procedures::Step,
};
use std::collections::BTreeSet;
use store::{Batch, LeasedTask, Task};
use system::{CallError, Room, TaskFailure};
use uuid::Uuid;

/// Runs a step of a dossier.
pub(crate) const RUN_STEP: &str = "run-step";
/// Presses a paper of a dossier.
pub(crate) const PRESS_PAPER: &str = "press-paper";
/// Tells the portal how a dossier stands.
pub(crate) const SYNCHRONISE: &str = "synchronise";

/// Has the identity system verify the applicant's signature.
const VERIFY_SIGNATURE: &str = "verify-signature";

/// The provision under which it is checked who hands a dossier in (Decree 61/2018/ND-CP article 17).
const RECEPTION_BASIS: &str = "61/2018/ND-CP:17";
/// The provision under which a birth is registered (Law 60/2014/QH13 article 16).
const BIRTH_BASIS: &str = "60/2014/QH13:16";
/// The provision under which a residence is registered (Law 68/2020/QH14 article 20).
const RESIDENCE_BASIS: &str = "68/2020/QH14:20";
/// The provision under which children under six are insured (Law 25/2008/QH12 article 12).
const INSURANCE_BASIS: &str = "25/2008/QH12:12";
/// The provision under which the portal is told of every change (Decree 61/2018/ND-CP article 25).
const SYNCHRONISATION_BASIS: &str = "61/2018/ND-CP:25";

/// The result's code of the confirmation of residence.
const RESIDENCE_RESULT: &str = "TB-CT";
/// The result's code of the health insurance card.
const HEALTH_CARD_RESULT: &str = "BHYT";

/// A task of this system. `key` keeps the tasks of one thing in order.
pub(crate) fn task(room: &Room, kind: &'static str, key: String, work: &Work) -> Task {
    let now = room.clock.now();
    Task { id: room.random.id(now), kind, key, payload: records::to_json(work), run_at: now }
}

/// The task that has a signature verified. An identity system that is away holds up no other task of the dossier.
pub(crate) fn verification(room: &Room, submission: Uuid) -> Task {
    let work = Work { submission, part: String::new() };
    task(room, VERIFY_SIGNATURE, format!("{submission}/signature"), &work)
}

pub(crate) async fn perform(room: &Room, task: &LeasedTask) -> Result<(), TaskFailure> {
    let work: Work = serde_json::from_str(&task.payload)
        .map_err(|_| TaskFailure::fatal("the task's payload is not of the form this program writes"))?;
    let dossier = records::dossier(&room.store, work.submission).await?;
    let dossier = dossier.ok_or_else(|| TaskFailure::fatal("the dossier of this task does not exist"))?;
    let job = Job { room, task, dossier: &dossier };
    match task.kind.as_str() {
        RUN_STEP => job.run_step(&work.part).await,
        PRESS_PAPER => job.press_paper(&work.part).await,
        SYNCHRONISE => job.synchronise().await,
        VERIFY_SIGNATURE => job.verify_signature().await,
        kind => Err(TaskFailure::fatal(format!("the one-door knows no task of the kind {kind:?}"))),
    }
}

/// One task in the hands of the worker, with the dossier as it was read.
struct Job<'a> {
    room: &'a Room,
    task: &'a LeasedTask,
    dossier: &'a Dossier,
}

impl Job<'_> {
    /// Ends the task with its effect.
    async fn finish(&self, mut effect: Batch) -> Result<(), TaskFailure> {
        effect.finish_task(self.task.id);
        self.room.store.write(effect).await?;
        self.room.tasks.notify_one();
        Ok(())
    }

    /// The agency itself, for what a task changes.
    fn agency(&self) -> Actor {
        let system = self.room.exchange.client().to_string();
        Actor { account: system.clone(), name: system }
    }

    /// The dossier's code; steps run only once it is received.
    fn code(&self) -> Result<String, TaskFailure> {
        let code = self.dossier.code(&self.room.member.code);
        code.map(|code| code.to_string())
            .ok_or_else(|| TaskFailure::fatal("a step is to run of a dossier that was not received"))
    }

    fn context(&self, purpose: &str, basis: &str) -> Context {
        Context::new(purpose, basis)
            .by(&self.dossier.user())
            .in_case(&self.dossier.case(&self.room.member.code))
    }

    async fn run_step(&self, code: &str) -> Result<(), TaskFailure> {
        let (step, progress) = self
            .dossier
            .step(code)
            .ok_or_else(|| TaskFailure::fatal("the dossier has no step of this task's code"))?;
        // Withdrawn in the meantime, or the agency has already delivered.
        if progress.state != StepState::Running || rules::is_ended(self.dossier.state) {
            return self.finish(Batch::new()).await;
        }
        let member: MemberId = step
            .member
            .parse()
            .map_err(|_| TaskFailure::fatal("the procedure's step names no member of the exchange"))?;
        let Form::Birth(birth) = &self.dossier.form;
        let decision = match step.operation.as_str() {
            FILE_BIRTH => self.file_birth(&member, step, birth).await?,
            READ_RESIDENCE => self.find_residence(&member, birth).await?,
            LOOK_UP_CARD => self.find_card(&member, birth).await?,
            other => {
                return Err(TaskFailure::fatal(format!(
                    "the one-door can't ask for the operation {other:?}"
                )));
            }
        };
        let batch = progress::decide_step(self.room, self.dossier, code, decision, &self.agency(), None);
        self.finish(batch).await
    }

    async fn file_birth(
        &self,
        member: &MemberId,
        step: &Step,
        birth: &BirthForm,
    ) -> Result<Decision, TaskFailure> {
        // The complete dossier counts as received, so what was supplied is never the same application as what was sent
        // back. All of it is stored: a repeated call says exactly the same.
        let received_at = self
            .dossier
            .clock_from
            .ok_or_else(|| TaskFailure::fatal("a birth is filed only when its dossier is received"))?;
        let due_at = rules::due(&step.time_limit, received_at)
            .map_err(|error| TaskFailure::fatal(format!("the step's due date can't be counted: {error}")))?;
        let application = BirthApplication {
            dossier: self.code()?,
            received_by: self.room.member.to_string(),
            commune: self.dossier.commune.clone(),
            received_at,
            due_at,
            residence_asked: rules::joins(&self.dossier.procedure, READ_RESIDENCE),
            form: birth.clone(),
        };
        let context = self.context(Purpose::CIVIL_STATUS, BIRTH_BASIS);
        match self.room.exchange.call_at::<FileBirth>(member, &application, &context, None).await {
            Ok(_) => Ok(Decision::Asked),
            Err(CallError::Refused(problem)) if problem.status == 422 => {
                Ok(Decision::Supplement { reason: words_of(&problem) })
            }
            Err(CallError::Refused(problem)) if problem.code() == "already-registered" => {
                Ok(Decision::Refused { reason: words_of(&problem) })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Looks what became of the child's residence. Until it is decided the step waits for the event that tells of it.
    async fn find_residence(&self, member: &MemberId, birth: &BirthForm) -> Result<Decision, TaskFailure> {
        let number = self.child()?;
        let asked = ResidenceOf { number, dossier: self.code()? };
        let context = self.context(Purpose::RESIDENCE, RESIDENCE_BASIS);
        let residence =
            match self.room.exchange.call_at::<ReadResidence>(member, &asked, &context, None).await {
                Ok(found) => match found.answer {
                    ResidenceOutcome::Registered(residence) => residence,
                    ResidenceOutcome::Refused { reason } => return Ok(Decision::Refused { reason }),
                },
                Err(CallError::Refused(problem)) if problem.status == 404 => return Ok(Decision::Asked),
                Err(error) => return Err(error.into()),
            };
        let particulars = ResidenceParticulars {
            dossier: asked.dossier,
            name: birth.child.name.full(),
            number,
            commune: units::name(self.room, self.dossier, &residence.address.commune).await?,
            residence,
            at: self.room.clock.now(),
        };
        let pdf = papers::residence(self.room, &particulars).await?;
        Ok(done(RESIDENCE_RESULT, "thong-bao-dang-ky-cu-tru.pdf", pdf, None))
    }

    /// Looks for the card that the insurer issues once the child has a number. Until there is one the step waits for the
    /// event that tells of it.
    async fn find_card(&self, member: &MemberId, birth: &BirthForm) -> Result<Decision, TaskFailure> {
        let child = &birth.child;
        let asked = CardOf { number: self.child()? };
        let context = self.context(Purpose::HEALTH_INSURANCE, INSURANCE_BASIS);
        match self.room.exchange.call_at::<LookUpCard>(member, &asked, &context, None).await {
            Ok(issued) => {
                let particulars = HealthCardParticulars {
                    name: child.name.full(),
                    sex: child.sex,
                    birth_date: child.birth_date,
                    card: issued.answer,
                    at: self.room.clock.now(),
                };
                let pdf = papers::health_card(self.room, &particulars).await?;
                let card = Some(particulars.card.card);
                Ok(done(HEALTH_CARD_RESULT, "the-bao-hiem-y-te.pdf", pdf, card))
            }
            Err(CallError::Refused(problem)) if problem.status == 404 => Ok(Decision::Asked),
            Err(CallError::Refused(problem)) if matches!(problem.status, 409 | 422) => {
                Ok(Decision::Refused { reason: words_of(&problem) })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The child's number, which the steps before have given.
    fn child(&self) -> Result<PersonalNumber, TaskFailure> {
        self.dossier
            .person
            .ok_or_else(|| TaskFailure::fatal("the step needs a number that no step before gave"))
    }

    async fn press_paper(&self, document: &str) -> Result<(), TaskFailure> {
        let store = &self.room.store;
        let paper = records::document(store, self.dossier.submission, document).await?;
        let paper = paper.ok_or_else(|| TaskFailure::fatal("the paper of this task does not exist"))?;
        if paper.content.is_some() {
            return self.finish(Batch::new()).await;
        }
        let kind = PaperKind::of_document(document)
            .ok_or_else(|| TaskFailure::fatal("the task names no form of the circular"))?;
        let handed_in = records::attachments(store, self.dossier.submission).await?;
        let pdf = papers::paper(
            self.room,
            &PaperParticulars {
                kind,
                dossier: self.dossier,
                code: self.dossier.code(&self.room.member.code),
                number: paper.number.unwrap_or_default(),
                reason: &paper.reason,
                official_name: &paper.official_name,
                handed_in: &handed_in,
                at: paper.created_at,
                sandbox: self.room.sandbox,
            },
        )
        .await?;
        let mut after = self.dossier.clone();
        let mut batch = progress::change(self.room, self.dossier, &mut after, &self.agency());
        records::press_paper(&mut batch, self.dossier.submission, document, pdf);
        self.finish(batch).await
    }

    /// Asks whether the applicant has signed what was sent, and keeps the answer.
    async fn verify_signature(&self) -> Result<(), TaskFailure> {
        let submission = self.dossier.submission;
        let Some(signature) = records::signature(&self.room.store, submission).await? else {
            return self.finish(Batch::new()).await;
        };
        let asked = SubmissionToVerify {
            person: self.dossier.applicant,
            digest: rules::sha256(&signature.given.text),
            evidence: signature.given.evidence,
        };
        let context = self.context(Purpose::PROCEDURE, RECEPTION_BASIS);
        let found = self.room.exchange.call::<VerifySubmission>(&asked, &context).await?.answer;
        let mut batch = Batch::new();
        records::note_verdict(&mut batch, submission, found.proof.as_ref(), self.room.clock.now());
        self.finish(batch).await
    }

    /// Tells the portal how the dossier stands now. Changes that came while it could not be reached are told at once.
    async fn synchronise(&self) -> Result<(), TaskFailure> {
        let dossier = self.dossier;
        if dossier.revision <= dossier.synchronised {
            return self.finish(Batch::new()).await;
        }
        let member: MemberId = dossier
            .handed_in_by
            .parse()
            .map_err(|_| TaskFailure::fatal("the identifier of the member that handed in is damaged"))?;
        let documents = records::documents(&self.room.store, dossier.submission).await?;
        let documents = documents.into_iter().filter_map(|document| {
            Some(Attachment {
                component: document.document,
                name: document.name,
                media_type: document.media_type,
                content_base64: STANDARD.encode(document.content?),
            })
        });
        let standing = DossierStanding {
            submission: dossier.submission,
            revision: u32::try_from(dossier.revision).unwrap_or(u32::MAX),
            dossier: dossier.code(&self.room.member.code).map(|code| code.to_string()),
            state: dossier.state,
            at: dossier.changed_at,
            due_at: dossier.appointment(),
            note: dossier.note.clone(),
            notice: (dossier.state == DossierState::SupplementAsked).then_some(dossier.notices),
            documents: documents.collect(),
            facts: dossier.result_facts(),
        };
        let context = self.context(Purpose::PROCEDURE, SYNCHRONISATION_BASIS);
        self.room.exchange.call_at::<SynchroniseDossier>(&member, &standing, &context, None).await?;
        self.finish(self.returned()).await
    }

    /// The effect of a synchronisation. A finished dossier's results have gone with it, so they are returned.
    fn returned(&self) -> Batch {
        let dossier = self.dossier;
        let mut batch = match rules::after(dossier.state, Act::ReturnResult, &dossier.steps) {
            None => Batch::new(),
            Some(state) => {
                let mut after = Dossier { state, ..dossier.clone() };
                progress::change(self.room, dossier, &mut after, &self.agency())
            }
        };
        records::note_synchronised(&mut batch, dossier.submission, dossier.revision);
        batch
    }
}

fn done(code: &str, name: &str, pdf: Vec<u8>, health_card: Option<String>) -> Decision {
    let file = Download { name: name.to_owned(), media_type: "application/pdf".into(), content: pdf };
    Decision::Done { results: vec![(code.to_owned(), file)], person: None, health_card }
}

/// A refusal in the applicant's words: what is wrong with each field or, where none is named, with the whole. What several
/// fields share is said once.
fn words_of(problem: &Problem) -> String {
    let mut said = BTreeSet::new();
    let fields: Vec<_> = problem.fields.iter().filter(|field| said.insert(&field.vi)).cloned().collect();
    if fields.is_empty() { problem.title.clone() } else { rules::list_of(&fields) }
}
