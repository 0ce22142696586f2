//! What the officer decides of a new dossier: first a look at what will follow, then, confirmed, it is done.

use super::{Officer, ROOT, dossier, fact, moment_in, queue};
use crate::{
    OneDoor,
    model::Dossier,
    rules::{self, REASON_LIMIT_CHARACTERS, REASON_MIN_CHARACTERS},
    texts,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use contracts::{one_door::Form as DossierForm, portal::DossierState};
use std::sync::Arc;
use system::Access;
use web::{Confirmation, FieldErrors, Form, Page, Problem, Redirect, Visit};

/// What an officer can do with a new dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Receive,
    AskSupplement,
    Refuse,
}

impl Choice {
    fn of_word(word: &str) -> Option<Self> {
        match word {
            "receive" => Some(Self::Receive),
            "supplement" => Some(Self::AskSupplement),
            "refuse" => Some(Self::Refuse),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::AskSupplement => "supplement",
            Self::Refuse => "refuse",
        }
    }
}

/// Decides a dossier as the officer saw it.
pub(super) async fn decide(
    State(system): State<Arc<OneDoor>>,
    visit: Visit,
    officer: Officer,
    Path(submission): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let dossier = dossier::own_dossier(&system, &officer, Access::Change, &submission).await?;
    let mut errors = FieldErrors::new();
    let Some(choice) = choice(&form, &mut errors) else {
        let page = dossier::page(&system, &visit, &officer, &dossier, &form, &errors).await?;
        return Ok(page.into_response());
    };
    if form.value("revision").parse() != Ok(dossier.revision) || dossier.state != DossierState::New {
        return Err(Problem::conflict());
    }
    // Typed before the choice was changed, it is not kept.
    let reason = if choice == Choice::Receive { "" } else { form.value("reason") };
    if form.value("confirmed") != "yes" {
        return Ok(confirmation(&system, &visit, &dossier, choice, reason)?.into_response());
    }
    match choice {
        Choice::Receive => system.receive(&dossier, &officer.actor).await?,
        Choice::AskSupplement => system.ask_supplement(&dossier, reason, &officer.actor).await?,
        Choice::Refuse => system.refuse(&dossier, reason, &officer.actor).await?,
    }
    Ok(Redirect::to(format!("{ROOT}?done={}", choice.word())).into_response())
}

/// The choice on the form, or what is wrong with it.
fn choice(form: &Form, errors: &mut FieldErrors) -> Option<Choice> {
    let choice = Choice::of_word(form.value("decision"));
    let reason = form.value("reason");
    match choice {
        None => errors.add("decision", texts::CHOOSE_DECISION),
        Some(Choice::Receive) => {}
        Some(_) if !rules::is_reason(reason) => {
            errors
                .add("reason", texts::GIVE_REASON.with(&[&REASON_MIN_CHARACTERS, &REASON_LIMIT_CHARACTERS]));
        }
        Some(_) if rules::printable(reason) != reason => {
            errors.add("reason", texts::NOT_PRINTABLE);
        }
        Some(_) => {}
    }
    choice.filter(|_| errors.is_empty())
}

fn confirmation(
    system: &OneDoor,
    visit: &Visit,
    dossier: &Dossier,
    choice: Choice,
    reason: &str,
) -> Result<Page, Problem> {
    let t = visit.language;
    let DossierForm::Birth(birth) = &dossier.form;
    let mut facts = vec![
        fact(t, texts::APPLICANT, &dossier.applicant_name),
        fact(t, texts::CHILD, birth.child.name.full()),
    ];
    if choice != Choice::Receive {
        facts.push(fact(t, texts::REASON, reason));
    }
    let (heading, follows) = match choice {
        Choice::Receive => {
            let due = rules::due(&dossier.procedure.time_limit, system.room.clock.now());
            let due = due.map_err(Problem::unavailable)?;
            (texts::CONFIRM_RECEIVE, texts::RECEIVE_FOLLOWS.fill(t, &[&moment_in(t, due)]))
        }
        Choice::AskSupplement => (texts::CONFIRM_ASK, texts::ASK_FOLLOWS.get(t).to_owned()),
        Choice::Refuse => (texts::CONFIRM_REFUSE, texts::REFUSE_FOLLOWS.get(t).to_owned()),
    };
    let answers = vec![
        ("decision", choice.word().to_owned()),
        ("reason", reason.to_owned()),
        ("revision", dossier.revision.to_string()),
    ];
    let heading = heading.get(t).to_owned();
    Ok(Confirmation { heading, facts, follows, answers, cancel: queue::path(dossier) }.page(visit))
}
