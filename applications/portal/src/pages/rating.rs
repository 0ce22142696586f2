//! How it went, in the applicant's words.

use super::{Applicant, dossier::rating_words, dossier_path, draft::note_fault, failed};
use crate::{
    Portal,
    model::Dossier,
    records,
    rules::{self, DossierAct, TextFault},
    texts,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use web::{
    Csrf, FieldErrors, Fields, Form, Html, Language, Page, Problem, Redirect, Visit,
    components::{Button, Radios, Textarea},
};

/// Longest text of what is added, in characters.
const WORDS_LIMIT_CHARACTERS: usize = 1_000;

#[derive(Template)]
#[template(path = "rating.html")]
struct Rating {
    t: Language,
    csrf: Csrf,
    rating: Radios,
    words: Textarea,
    send: Button,
}

/// The question.
pub(super) async fn show(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    Path(submission): Path<String>,
) -> Result<Page, Problem> {
    let dossier = rateable(&system, &applicant, &submission).await?;
    Ok(page(&visit, &dossier, &Form::default(), &FieldErrors::new()))
}

/// The answer.
pub(super) async fn rate(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    Path(submission): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let dossier = rateable(&system, &applicant, &submission).await?;
    let mut errors = FieldErrors::new();
    let rating = form.value("rating").parse().ok().filter(|rating| (1..=5).contains(rating));
    if rating.is_none() {
        errors.add("rating", texts::CHOOSE_RATING);
    }
    // Line ends are the only control characters of a text of several lines.
    let words = form.value("words");
    let fault = if words.chars().count() > WORDS_LIMIT_CHARACTERS {
        Some(TextFault::TooLong)
    } else {
        words.lines().find_map(|line| rules::check_line(line, false, WORDS_LIMIT_CHARACTERS))
    };
    note_fault(&mut errors, "words", fault, texts::RATING_WORDS, WORDS_LIMIT_CHARACTERS);
    let (Some(rating), true) = (rating, errors.is_empty()) else {
        return Ok(page(&visit, &dossier, &form, &errors).into_response());
    };
    records::rate(&system.room.store, &dossier, rating, words, system.room.clock.now())
        .await
        .map_err(failed)?;
    Ok(Redirect::to(format!("{}?done=rating", dossier_path(&dossier))).into_response())
}

async fn rateable(system: &Portal, applicant: &Applicant, submission: &str) -> Result<Dossier, Problem> {
    let dossier = applicant.dossier(system, submission).await?;
    if rules::may(DossierAct::Rate, &dossier) { Ok(dossier) } else { Err(Problem::conflict()) }
}

fn page(visit: &Visit, dossier: &Dossier, form: &Form, errors: &FieldErrors) -> Page {
    let t = visit.language;
    let fields = Fields { form, errors, language: t };
    let ratings = [("5", 5), ("4", 4), ("3", 3), ("2", 2), ("1", 1)]
        .map(|(value, rating)| (value, rating_words(rating)));
    let body = Rating {
        t,
        csrf: visit.csrf(),
        rating: fields.radios("rating", texts::HOW_WAS_IT, &ratings),
        words: fields.textarea("words", texts::RATING_WORDS),
        send: Button::new(texts::SEND_RATING.get(t)),
    };
    visit.page(texts::HOW_WAS_IT.get(t), Html::of(&body)).with_back(dossier_path(dossier)).with_errors(errors)
}
