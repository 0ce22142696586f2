//! Beginning an application, going on with it, or deleting it.

use super::{Applicant, ROOT, Stop, dossier, draft, failed, in_language, moment_in, service};
use crate::{
    Portal, family,
    model::{Answers, Content, Dossier, Draft, ProcedureName, Subject},
    records,
    rules::{self, DossierAct},
    tasks, texts,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use store::Batch;
use web::{
    Csrf, Html, Language, Page, Problem, Redirect, Visit,
    components::{Button, InsetText},
};

#[derive(Template)]
#[template(path = "apply.html")]
struct Apply {
    t: Language,
    csrf: Csrf,
    name: String,
    told: Option<InsetText>,
    kept: String,
    resume: Option<Button>,
    delete: Button,
    delete_path: String,
    begin: Button,
}

/// What an application is begun from.
struct Beginning {
    subject: Subject,
    procedure: ProcedureName,
    /// The dossier that is corrected or supplemented.
    dossier: Option<Dossier>,
}

/// What will happen, or the draft that is there.
pub(super) async fn show(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    Path(subject): Path<String>,
) -> Result<Page, Problem> {
    let t = visit.language;
    let beginning = beginning(&system, &applicant, &subject).await?;
    let kept =
        records::draft(&system.room.store, applicant.number, &beginning.subject).await.map_err(failed)?;
    let name = in_language(&beginning.procedure.name, t).to_owned();
    let told = beginning.dossier.as_ref().and_then(|dossier| dossier::told(dossier, t));
    let path = draft::path(&beginning.subject);
    let body = Apply {
        t,
        csrf: visit.csrf(),
        name: name.clone(),
        told: told.map(InsetText::new),
        kept: kept
            .as_ref()
            .map_or_else(String::new, |kept| texts::DRAFT_KEPT.fill(t, &[&moment_in(t, kept.saved_at)])),
        resume: kept.as_ref().map(|kept| {
            let next = draft::step_path(&kept.subject, rules::first_open(&kept.content));
            Button { href: next, ..Button::new(texts::RESUME.get(t)) }
        }),
        delete: Button::secondary(texts::DELETE_DRAFT.get(t)),
        delete_path: format!("{path}/delete"),
        begin: Button::new(texts::START.get(t)),
    };
    let back = match &beginning.dossier {
        Some(dossier) => super::dossier_path(dossier),
        None => format!("{ROOT}/services/{}", beginning.procedure.code),
    };
    Ok(visit.page(name, Html::of(&body)).with_back(back))
}

/// Begins a draft with what the State knows, or goes on with the one that is there.
pub(super) async fn begin(
    State(system): State<Arc<Portal>>,
    applicant: Applicant,
    Path(subject): Path<String>,
) -> Result<Response, Stop> {
    let beginning = beginning(&system, &applicant, &subject).await?;
    let store = &system.room.store;
    let kept = records::draft(store, applicant.number, &beginning.subject).await.map_err(failed)?;
    let draft = match kept {
        Some(kept) => kept,
        None => {
            let family =
                family::look_up(&system.room.exchange, applicant.number).await.map_err(Problem::from)?;
            let refused = beginning.dossier.as_ref().and_then(|dossier| dossier.refusal.as_ref());
            let draft = Draft {
                applicant: applicant.number,
                content: Content { family, answers: answers(beginning.dossier.as_ref()) },
                faults: refused.map_or_else(Vec::new, |refusal| refusal.problem.fields.clone()),
                subject: beginning.subject,
                procedure: beginning.procedure,
                version: 1,
                saved_at: system.room.clock.now(),
            };
            let mut batch = Batch::new();
            records::open_draft(&mut batch, &draft);
            batch.enqueue(tasks::expiry(&system.room, &draft));
            store.write(batch).await.map_err(failed)?;
            draft
        }
    };
    let next = draft::step_path(&draft.subject, rules::first_open(&draft.content));
    Ok(Redirect::to(next).into_response())
}

/// Deletes the draft.
pub(super) async fn delete(
    State(system): State<Arc<Portal>>,
    applicant: Applicant,
    Path(subject): Path<String>,
) -> Result<Redirect, Problem> {
    let subject = Subject::parse(&subject).ok_or_else(Problem::not_found)?;
    records::forget_draft(&system.room.store, applicant.number, &subject).await.map_err(failed)?;
    Ok(Redirect::to(format!("{ROOT}/dossiers?done=deleted")))
}

/// A procedure that can be applied for here, or a dossier of the applicant's own that can be corrected or supplemented.
async fn beginning(system: &Portal, applicant: &Applicant, subject: &str) -> Result<Beginning, Problem> {
    let subject = Subject::parse(subject).ok_or_else(Problem::not_found)?;
    match &subject {
        Subject::Procedure(code) => {
            let read = service::read_online(system, code).await?;
            let procedure = ProcedureName { code: read.code, name: read.name };
            Ok(Beginning { subject, procedure, dossier: None })
        }
        Subject::Dossier(submission) => {
            let dossier = applicant.dossier(system, &submission.to_string()).await?;
            let is_open =
                [DossierAct::Correct, DossierAct::Reply].into_iter().any(|act| rules::may(act, &dossier));
            if !is_open {
                return Err(Problem::conflict());
            }
            Ok(Beginning { subject, procedure: dossier.procedure.clone(), dossier: Some(dossier) })
        }
    }
}

fn answers(dossier: Option<&Dossier>) -> Answers {
    dossier.map_or_else(Answers::default, |dossier| dossier.content.answers.clone())
}
