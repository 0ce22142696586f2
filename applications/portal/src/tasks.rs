//! What is brought to the one-door: each errand is a durable task that ends in the batch of its effect. The one-door knows
//! a submission by its identifier, so what is brought twice counts once.

use crate::{
    family::for_procedure,
    model::{Dossier, Errand},
    records,
};
use contracts::{
    MemberId, Problem,
    one_door::{Submission, SubmitDossier, Supplement, SupplyMore, Withdrawal, WithdrawDossier},
};
use serde::{Deserialize, Serialize};
use store::{Batch, LeasedTask, Task};
use system::{CallError, Room, TaskFailure};
use uuid::Uuid;

/// What a task brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Work {
    submission: Uuid,
    errand: Errand,
}

/// The task of an errand. Errands of one dossier keep their order.
pub(crate) fn task(room: &Room, submission: Uuid, errand: Errand) -> Task {
    let now = room.clock.now();
    let payload = records::to_json(&Work { submission, errand });
    Task { id: room.random.id(now), kind: errand.word(), key: submission.to_string(), payload, run_at: now }
}

pub(crate) async fn perform(room: &Room, task: &LeasedTask) -> Result<(), TaskFailure> {
    let work: Work = serde_json::from_str(&task.payload)
        .map_err(|_| TaskFailure::fatal("the task's payload is not of the form this program writes"))?;
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
            CallError::Refused(problem) if matches!(problem.status, 400 | 409 | 413 | 422) => Self::Refused(problem),
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
            let submission = submission(room, dossier);
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

fn submission(room: &Room, dossier: &Dossier) -> Submission {
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
    }
}
