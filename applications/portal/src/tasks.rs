//! What is done later: drafts that nobody goes on with are forgotten, and errands are brought to the one-door. Each is a
//! durable task that ends in the batch of its effect. The one-door knows a submission by its identifier, so what is
//! brought twice counts once.

use crate::{
    family::for_procedure,
    model::{Dossier, Draft, Errand, Subject},
    records,
};
use contracts::{
    MemberId, PersonalNumber, Problem,
    one_door::{Submission, SubmitDossier, Supplement, SupplyMore, WithdrawDossier, Withdrawal},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use store::{Batch, LeasedTask, Task};
use system::{CallError, Room, TaskFailure};
use uuid::Uuid;

/// How long a draft is kept after it was last saved, in days: it holds the data of two people.
const DRAFT_KEPT_DAYS: i64 = 30;
/// Forgets a draft.
const EXPIRE_DRAFT: &str = "expire-draft";

/// What a task brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Work {
    submission: Uuid,
    errand: Errand,
}

/// Whose draft of what expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Expiring {
    applicant: PersonalNumber,
    subject: String,
}

/// The task of an errand. Errands of one dossier keep their order.
pub(crate) fn task(room: &Room, submission: Uuid, errand: Errand) -> Task {
    let now = room.clock.now();
    let payload = records::to_json(&Work { submission, errand });
    Task { id: room.random.id(now), kind: errand.word(), key: submission.to_string(), payload, run_at: now }
}

/// The task that forgets a draft when nobody has gone on with it.
pub(crate) fn expiry(room: &Room, draft: &Draft) -> Task {
    let expiring = Expiring { applicant: draft.applicant, subject: draft.subject.word() };
    let run_at = expires_at(draft.saved_at);
    let id = room.random.id(room.clock.now());
    Task { id, kind: EXPIRE_DRAFT, key: String::new(), payload: records::to_json(&expiring), run_at }
}

fn expires_at(saved_at: Timestamp) -> Timestamp {
    saved_at.checked_add(SignedDuration::from_hours(24 * DRAFT_KEPT_DAYS)).unwrap_or(Timestamp::MAX)
}

pub(crate) async fn perform(room: &Room, task: &LeasedTask) -> Result<(), TaskFailure> {
    if task.kind == EXPIRE_DRAFT { expire(room, task).await } else { run(room, task).await }
}

/// Forgets a draft, or waits on when it was saved since.
async fn expire(room: &Room, task: &LeasedTask) -> Result<(), TaskFailure> {
    let expiring: Expiring = parsed(task)?;
    let subject = Subject::parse(&expiring.subject)
        .ok_or_else(|| TaskFailure::fatal("the subject of this task's draft is damaged"))?;
    let mut effect = Batch::new();
    if let Some(draft) = records::draft(&room.store, expiring.applicant, &subject).await? {
        if expires_at(draft.saved_at) <= room.clock.now() {
            records::expire_draft(&mut effect, &draft);
        } else {
            effect.enqueue(expiry(room, &draft));
        }
    }
    effect.finish_task(task.id);
    room.store.write(effect).await?;
    Ok(())
}

fn parsed<T: DeserializeOwned>(task: &LeasedTask) -> Result<T, TaskFailure> {
    serde_json::from_str(&task.payload)
        .map_err(|_| TaskFailure::fatal("the task's payload is not of the form this program writes"))
}

/// Does an errand.
async fn run(room: &Room, task: &LeasedTask) -> Result<(), TaskFailure> {
    let work: Work = parsed(task)?;
    let dossier = records::dossier(&room.store, work.submission).await?;
    let dossier = dossier.ok_or_else(|| TaskFailure::fatal("the dossier of this task does not exist"))?;
    let mut effect = Batch::new();
    match bring(room, task, &dossier, work.errand).await {
        Ok(()) => records::errand_done(&mut effect, dossier.submission, work.errand),
        Err(Unbrought::Refused(problem)) => {
            records::errand_refused(&mut effect, dossier.submission, work.errand, &problem);
        }
        Err(Unbrought::Failed(failure)) => return Err(failure),
    }
    effect.finish_task(task.id);
    room.store.write(effect).await?;
    Ok(())
}

/// Why an errand brought nothing.
enum Unbrought {
    /// The one-door does not take this; bringing it again would not help.
    Refused(Problem),
    /// It has to be tried again.
    Failed(TaskFailure),
}

impl From<CallError> for Unbrought {
    fn from(error: CallError) -> Self {
        match error {
            // What a one-door says of the content is final; whether the portal may call it at all is not.
            CallError::Refused(problem) if matches!(problem.status, 400 | 409 | 413 | 422) => {
                Self::Refused(problem)
            }
            error => Self::Failed(error.into()),
        }
    }
}

async fn bring(room: &Room, task: &LeasedTask, dossier: &Dossier, errand: Errand) -> Result<(), Unbrought> {
    let member: MemberId = dossier
        .sent_to
        .parse()
        .map_err(|_| Unbrought::Failed(TaskFailure::fatal("the one-door's identifier is damaged")))?;
    let context = for_procedure(dossier.applicant).in_case(&dossier.submission.to_string());
    let (exchange, message) = (&room.exchange, Some(task.id.to_string()));
    match errand {
        Errand::Submit => {
            let signature = dossier.signed.as_ref().map(|signed| signed.signature.clone());
            let submission = Submission { signature, ..submission(room, dossier) };
            exchange.call_at::<SubmitDossier>(&member, &submission, &context, message).await?;
        }
        Errand::Supply => {
            let supplement = Supplement {
                submission: dossier.submission,
                notice: dossier.answered_notice,
                form: dossier.form.clone(),
                attachments: Vec::new(),
            };
            exchange.call_at::<SupplyMore>(&member, &supplement, &context, message).await?;
        }
        Errand::Withdraw => {
            let withdrawal = Withdrawal { submission: dossier.submission };
            exchange.call_at::<WithdrawDossier>(&member, &withdrawal, &context, message).await?;
        }
    }
    Ok(())
}

/// A dossier as it is sent, and as its applicant signs it.
pub(crate) fn submission(room: &Room, dossier: &Dossier) -> Submission {
    Submission {
        submission: dossier.submission,
        from: room.member.to_string(),
        procedure: dossier.procedure.code.clone(),
        commune: dossier.commune.clone(),
        applicant: dossier.applicant,
        applicant_name: dossier.applicant_name.clone(),
        submitted_at: dossier.submitted_at,
        form: dossier.form.clone(),
        attachments: Vec::new(),
        signature: None,
    }
}
