//! What a change of a dossier brings with it: the steps that start, the papers that are due, and the word to the portal.
//! Every batch that changes a dossier is made here.

use crate::{
    model::{Actor, Dossier, PaperKind, StepState, Work},
    records::{self, Download},
    rules, tasks,
};
use contracts::{PersonalNumber, portal::DossierState};
use store::Batch;
use system::Room;

/// What was decided about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The agency has it and will deliver.
    Asked,
    /// Done, with these results by their codes, the person it gave a number to, and the number of the health insurance
    /// card it brought.
    Done { results: Vec<(String, Download)>, person: Option<PersonalNumber>, health_card: Option<String> },
    /// Something is missing or wrong.
    Supplement { reason: String },
    /// Refused.
    Refused { reason: String },
}

/// The batch that makes `before` into `after`. What it does not say itself follows: the time of the change, tasks for the
/// steps that now run, and the synchronisation with the portal.
pub(crate) fn change(room: &Room, before: &Dossier, after: &mut Dossier, by: &Actor) -> Batch {
    let mut batch = Batch::new();
    after.changed_at = room.clock.now();
    if rules::is_ended(after.state) && !rules::is_ended(before.state) {
        after.late = after.due_at.is_some_and(|due_at| after.changed_at > due_at);
    }
    records::change(&mut batch, before, after, by);
    let runs = |dossier: &Dossier, code: &str| {
        dossier.steps.iter().any(|step| step.code == code && step.state == StepState::Running)
    };
    for step in after.steps.iter().filter(|step| runs(after, &step.code) && !runs(before, &step.code)) {
        let key = format!("{}/{}", after.submission, step.code);
        let work = Work { submission: after.submission, part: step.code.clone() };
        batch.enqueue(tasks::task(room, tasks::RUN_STEP, key, &work));
    }
    let work = Work { submission: after.submission, part: String::new() };
    batch.enqueue(tasks::task(room, tasks::SYNCHRONISE, after.submission.to_string(), &work));
    batch
}

/// Adds a form to a batch that changes a dossier, and the task that presses it.
pub(crate) fn add_paper(
    room: &Room,
    batch: &mut Batch,
    dossier: &Dossier,
    kind: PaperKind,
    reason: &str,
    by: &str,
) {
    let document = match kind {
        PaperKind::SupplementNotice => format!("{}-{}", kind.form(), dossier.notices),
        // One for each term: a supplement begins another.
        PaperKind::Apology => format!("{}-{}", kind.form(), dossier.answered + 1),
        PaperKind::ReceiptSlip | PaperKind::RefusalNotice => kind.form().to_owned(),
    };
    records::add_paper(batch, dossier, kind, &document, reason, by);
    let key = format!("{}/papers", dossier.submission);
    let work = Work { submission: dossier.submission, part: document };
    batch.enqueue(tasks::task(room, tasks::PRESS_PAPER, key, &work));
}

/// Stops the clock and gives one more supplement notice, which says `reason` and all that was asked for and not yet
/// supplied.
pub(crate) fn give_notice(after: &mut Dossier, reason: &str) {
    let earlier = after.note.take().filter(|_| after.notices > after.answered);
    after.notices += 1;
    after.note = Some(joined(earlier, reason));
    after.due_at = None;
    after.rescheduled_to = None;
}

/// The batch that notes what was decided about a step of a dossier. `message` brought the decision, if a message did.
pub(crate) fn decide_step(
    room: &Room,
    before: &Dossier,
    step: &str,
    decision: Decision,
    by: &Actor,
    message: Option<&str>,
) -> Batch {
    let mut after = before.clone();
    for progress in after.steps.iter_mut().filter(|progress| progress.code == step) {
        progress.deliveries.extend(message.map(str::to_owned));
    }
    let (mut results, mut paper) = (Vec::new(), None);
    match decision {
        Decision::Asked => after.set_step(step, StepState::Asked),
        Decision::Done { results: given, person, health_card } => {
            after.set_step(step, StepState::Done);
            after.person = person.or(after.person);
            after.health_card = health_card.or(after.health_card);
            results = given;
            if !rules::is_ended(before.state) {
                rules::start_ready(&before.procedure.steps, &mut after.steps);
            }
        }
        Decision::Supplement { reason } => {
            after.set_step(step, StepState::Returned);
            if !rules::is_ended(before.state) {
                give_notice(&mut after, &reason);
                paper = Some(PaperKind::SupplementNotice);
            }
        }
        Decision::Refused { reason } => {
            after.set_step(step, StepState::Refused);
            after.note = Some(joined(after.note.take(), &reason));
        }
    }
    after.state = rules::settled(before.state, &after.steps);
    if after.state == DossierState::Stopped && before.state != DossierState::Stopped {
        paper = Some(PaperKind::RefusalNotice);
    }
    let mut batch = change(room, before, &mut after, by);
    for (code, file) in results {
        records::add_result(&mut batch, before.submission, after.changed_at, &code, file);
    }
    if let Some(kind) = paper {
        let reason = after.note.clone().unwrap_or_default();
        add_paper(room, &mut batch, &after, kind, &reason, &by.name);
    }
    batch
}

fn joined(earlier: Option<String>, reason: &str) -> String {
    let reason = reason.trim();
    let both = earlier.map_or_else(|| reason.to_owned(), |earlier| format!("{earlier}\n{reason}"));
    both.chars().take(rules::REASON_LIMIT_CHARACTERS).collect()
}
