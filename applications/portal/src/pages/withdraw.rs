//! Taking a dossier back, after a last look.

use super::{Applicant, dossier_path, failed};
use crate::{
    Portal,
    model::{Dossier, Errand},
    records,
    rules::{self, DossierAct},
    tasks, texts,
};
use askama::Template;
use axum::extract::{Path, State};
use std::sync::Arc;
use store::Batch;
use web::{
    Csrf, Form, Html, Language, Page, Problem, Redirect, Visit,
    components::{Button, WarningText},
};

#[derive(Template)]
#[template(path = "withdraw.html")]
struct Withdraw {
    t: Language,
    csrf: Csrf,
    warning: WarningText,
    confirm: Button,
    cancel: String,
}

/// What will happen.
pub(super) async fn show(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    Path(submission): Path<String>,
) -> Result<Page, Problem> {
    let t = visit.language;
    let dossier = withdrawable(&system, &applicant, &submission).await?;
    let cancel = dossier_path(&dossier);
    let body = Withdraw {
        t,
        csrf: visit.csrf(),
        warning: WarningText::new(texts::WITHDRAW_MEANING.get(t), t),
        confirm: Button::warning(texts::WITHDRAW.get(t)),
        cancel: cancel.clone(),
    };
    Ok(visit.page(texts::CONFIRM_WITHDRAW.get(t), Html::of(&body)).with_back(cancel))
}

/// Does it.
pub(super) async fn confirm(
    State(system): State<Arc<Portal>>,
    applicant: Applicant,
    Path(submission): Path<String>,
    form: Form,
) -> Result<Redirect, Problem> {
    let dossier = withdrawable(&system, &applicant, &submission).await?;
    let path = dossier_path(&dossier);
    if form.value("confirmed") != "yes" {
        return Ok(Redirect::to(format!("{path}/withdraw")));
    }
    let mut batch = Batch::new();
    records::withdraw(&mut batch, &dossier);
    batch.enqueue(tasks::task(&system.room, dossier.submission, Errand::Withdraw));
    system.room.store.write(batch).await.map_err(failed)?;
    system.room.tasks.notify_one();
    Ok(Redirect::to(format!("{path}?done=withdraw")))
}

async fn withdrawable(system: &Portal, applicant: &Applicant, submission: &str) -> Result<Dossier, Problem> {
    let dossier = applicant.dossier(system, submission).await?;
    if rules::may(DossierAct::Withdraw, &dossier) { Ok(dossier) } else { Err(Problem::conflict()) }
}
