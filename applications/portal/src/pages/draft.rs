//! What the pages of a draft share.

use super::{Applicant, ROOT, Stop, failed};
use crate::{
    Portal,
    model::{Draft, Place, Step, Subject},
    records,
    rules::{self, TextFault},
    texts,
};
use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use contracts::MemberId;
use web::{
    Csrf, FieldErrors, Form, Html, Message, Page, Problem, Redirect, Text, Visit,
    components::{Button, SummaryList},
};

/// A group of questions on its page.
#[derive(Template)]
#[template(path = "step.html")]
struct StepPage {
    csrf: Csrf,
    heading: String,
    lead: Vec<String>,
    facts: Vec<(&'static str, String, SummaryList)>,
    version: i64,
    fields: Vec<Html>,
}

/// What is particular about a page of questions.
#[derive(Default)]
pub(super) struct Questions {
    pub(super) heading: String,
    pub(super) lead: Vec<String>,
    /// Element id, title and facts.
    pub(super) facts: Vec<(&'static str, String, SummaryList)>,
    pub(super) fields: Vec<Html>,
}

/// Where a draft begins.
pub(super) fn path(subject: &Subject) -> String {
    format!("{ROOT}/apply/{}", subject.word())
}

/// Where a group of questions is asked.
pub(super) fn step_path(subject: &Subject, step: Step) -> String {
    format!("{}/{}", path(subject), step.word())
}

/// The applicant's draft; where there is none, the page that begins one.
pub(super) async fn open(system: &Portal, applicant: &Applicant, subject: &str) -> Result<Draft, Stop> {
    let subject = Subject::parse(subject).ok_or_else(Problem::not_found)?;
    let draft = records::draft(&system.room.store, applicant.number, &subject).await.map_err(failed)?;
    draft.ok_or_else(|| Stop::Elsewhere(Redirect::to(path(&subject))))
}

/// The same, for answers: the form must be of the draft as it is now.
pub(super) async fn open_for(
    system: &Portal,
    applicant: &Applicant,
    subject: &str,
    form: &Form,
) -> Result<Draft, Stop> {
    let draft = open(system, applicant, subject).await?;
    if form.value("version").parse() == Ok(draft.version) {
        Ok(draft)
    } else {
        Err(Problem::conflict().into())
    }
}

/// Saves the answers of a step and leads to the first one that is open.
pub(super) async fn save(system: &Portal, mut draft: Draft, answered: Step) -> Result<Response, Stop> {
    draft.faults.retain(|fault| rules::faulty_field(fault).0 != answered);
    records::save_draft(&system.room.store, &draft, system.room.clock.now()).await.map_err(failed)?;
    let next = rules::first_open(&draft.content);
    Ok(Redirect::to(step_path(&draft.subject, next)).into_response())
}

/// A page of questions.
pub(super) fn page(
    visit: &Visit,
    draft: &Draft,
    step: Step,
    questions: Questions,
    errors: &FieldErrors,
) -> Page {
    let back = step.before().map_or_else(|| path(&draft.subject), |before| step_path(&draft.subject, before));
    let body = StepPage {
        csrf: visit.csrf(),
        heading: questions.heading.clone(),
        lead: questions.lead,
        facts: questions.facts,
        version: draft.version,
        fields: questions.fields,
    };
    visit.page(questions.heading, Html::of(&body)).with_back(back).with_errors(errors)
}

/// A page that is shown, not answered: what is wrong with it was found elsewhere.
pub(super) fn shown(mut page: Page) -> Page {
    page.status = StatusCode::OK;
    page
}

/// The button below the questions.
pub(super) fn continue_button(visit: &Visit) -> Html {
    let button = Button {
        name: "action".into(),
        value: "continue".into(),
        ..Button::new(texts::CONTINUE.get(visit.language))
    };
    button.render()
}

/// What the one-door found wrong with this group of answers.
pub(super) fn faults_of(draft: &Draft, step: Step) -> FieldErrors {
    let mut errors = FieldErrors::new();
    for fault in &draft.faults {
        let (faulty, field) = rules::faulty_field(fault);
        if faulty == step {
            add(&mut errors, field, Message::new(fault.vi.clone(), fault.en.clone()));
        }
    }
    errors
}

fn add(errors: &mut FieldErrors, field: &str, message: Message) {
    if field == "birth-date" { errors.add_date(field, message) } else { errors.add(field, message) }
}

/// Notes what is wrong with a text.
pub(super) fn note_fault(
    errors: &mut FieldErrors,
    field: &str,
    fault: Option<TextFault>,
    missing: Text,
    limit_characters: usize,
) {
    let Some(fault) = fault else { return };
    let message: Message = match fault {
        TextFault::Missing => missing.into(),
        TextFault::TooLong => texts::TOO_LONG.with(&[&limit_characters]),
        TextFault::Unprintable => texts::UNPRINTABLE.into(),
        TextFault::NotLetters => texts::NOT_LETTERS.into(),
    };
    errors.add(field, message);
}

/// The member whose one-door receives dossiers of a commune, if its province is joined to the exchange.
pub(super) fn destination(system: &Portal, commune: &Place) -> Option<MemberId> {
    let province = commune.province.as_deref()?;
    let committee = rules::committee_of(province, system.room.clock.today())?;
    system.room.exchange.member(committee)
}
