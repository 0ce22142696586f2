//! What applicants see.
//!
//! The addresses and the names of form fields are stable, because programs walk them as people do. An application for the
//! procedure `CODE` goes, each page a form that is read and posted to its own address with its hidden fields:
//!
//! | page | fields |
//! |---|---|
//! | `/portal/apply/CODE` | |
//! | `/portal/apply/CODE/child` | `family-name`, `middle-name`, `given-name`, `sex`, `birth-date-day`, `-month`, `-year`, `birth-notice` |
//! | `/portal/apply/CODE/birth-place` | `facility`, `search` with `action=find`, `commune` with `action=continue` |
//! | `/portal/apply/CODE/mother`, `/father` | |
//! | `/portal/apply/CODE/choices` | `hometown`, `ethnicity`, `registers-at`: each `mother` or `father` |
//! | `/portal/apply/CODE/check` | `declared=yes`; `action=sign` to sign with a passkey first |
//!
//! Each leads to the next one that is open, the last to `/portal/dossiers/SUBMISSION/sent`. Where a dossier is corrected or
//! supplemented, its identifier stands in place of `CODE`.

mod apply;
mod birth_place;
mod check;
mod child;
mod choices;
mod documents;
mod dossier;
mod dossiers;
mod draft;
mod my_data;
mod parent;
mod rating;
mod service;
mod signing;
mod start;
mod withdraw;

use crate::{
    FACTS, Portal,
    authority::{self, AUTHORITY, DOSSIER},
    family::FamilyError,
    model::{Dossier, Role},
    records, texts,
};
use axum::{
    Router,
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use calendar::text::{day_month_year, english_date, english_moment, vietnamese_moment};
use contracts::{PersonalNumber, procedures::Bilingual};
use jiff::{Timestamp, civil::Date};
use std::sync::Arc;
use store::StoreError;
use system::{CallError, Own};
use web::{CurrentUser, Language, Problem, Redirect, Text, components::SummaryRow};

/// Where the pages are mounted.
const ROOT: &str = "/portal";

/// The system's pages.
pub(crate) fn router(system: Arc<Portal>) -> Router {
    Router::new()
        .route("/", get(start::show))
        .route("/services/{code}", get(service::show))
        .route("/apply/{subject}", get(apply::show).post(apply::begin))
        .route("/apply/{subject}/delete", post(apply::delete))
        .route("/apply/{subject}/child", get(child::show).post(child::answer))
        .route("/apply/{subject}/birth-place", get(birth_place::show).post(birth_place::answer))
        .route("/apply/{subject}/choices", get(choices::show).post(choices::answer))
        .route("/apply/{subject}/check", get(check::show).post(check::send))
        .route("/apply/{subject}/signed", get(signing::signed))
        .route("/apply/{subject}/{parent}", get(parent::show).post(parent::answer))
        .route("/dossiers", get(dossiers::show))
        .route("/dossiers/{submission}", get(dossier::show))
        .route("/dossiers/{submission}/sent", get(dossier::sent))
        .route("/dossiers/{submission}/documents/{document}", get(documents::download))
        .route("/dossiers/{submission}/withdraw", get(withdraw::show).post(withdraw::confirm))
        .route("/dossiers/{submission}/rating", get(rating::show).post(rating::rate))
        .route("/my-data", get(my_data::show))
        .with_state(system)
}

/// Somebody signed in with a personal number: the only one who sees their drafts and dossiers.
#[derive(Clone)]
struct Applicant {
    number: PersonalNumber,
}

impl Applicant {
    /// Their own records of a kind.
    fn own(&self, system: &Portal, kind: &'static str) -> Result<Own, Problem> {
        let claim = authority::applicant(self.number, system.room.clock.today());
        AUTHORITY.own(&claim, kind).ok_or_else(Problem::forbidden)
    }

    /// One of their own dossiers; anyone else's is not there. Every page of a dossier begins here.
    async fn dossier(&self, system: &Portal, submission: &str) -> Result<Dossier, Problem> {
        let submission = submission.parse().map_err(|_| Problem::not_found())?;
        let own = self.own(system, DOSSIER)?;
        let dossier = records::own_dossier(&system.room.store, &own, submission).await.map_err(failed)?;
        dossier.ok_or_else(Problem::not_found)
    }
}

impl<S: Sync> FromRequestParts<S> for Applicant {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let user = <CurrentUser as FromRequestParts<S>>::from_request_parts(parts, state).await;
        let CurrentUser(user) = user.map_err(IntoResponse::into_response)?;
        let number = user.person_number.as_deref().and_then(|number| number.parse().ok());
        match number {
            Some(number) => Ok(Self { number }),
            None => Err(Problem::forbidden().with_detail(texts::NEED_NUMBER).into_response()),
        }
    }
}

/// Why a page is not shown: something is wrong, or another page comes first.
enum Stop {
    Problem(Problem),
    Elsewhere(Redirect),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Elsewhere(redirect) => redirect.into_response(),
        }
    }
}

/// A failure of the store, for a page.
fn failed(error: StoreError) -> Problem {
    match error {
        StoreError::Conflict { .. } => Problem::conflict(),
        error => {
            tracing::error!(system = FACTS.code, %error, "the store failed");
            Problem::unavailable(error)
        }
    }
}

/// A call that a page can't do without.
fn unanswered(error: CallError) -> Problem {
    match error {
        CallError::Refused(problem) if problem.status == 404 => Problem::not_found(),
        error => Problem::unavailable(error).with_detail(texts::NOT_ANSWERING),
    }
}

impl From<FamilyError> for Problem {
    fn from(error: FamilyError) -> Self {
        match error {
            FamilyError::Incomplete(Role::Mother) => Self::unprocessable(texts::RECORD_INCOMPLETE_MOTHER),
            FamilyError::Incomplete(Role::Father) => Self::unprocessable(texts::RECORD_INCOMPLETE_FATHER),
            FamilyError::SpouseUnknown => Self::unprocessable(texts::SPOUSE_UNKNOWN),
            FamilyError::Unavailable(error) => Self::unavailable(error).with_detail(texts::NOT_ANSWERING),
        }
    }
}

/// Where a dossier is shown.
fn dossier_path(dossier: &Dossier) -> String {
    format!("{ROOT}/dossiers/{}", dossier.submission)
}

/// A row of facts.
fn fact(t: Language, key: Text, value: impl Into<String>) -> SummaryRow {
    SummaryRow::new(key.get(t), value.into())
}

fn in_language(both: &Bilingual, t: Language) -> &str {
    match t {
        Language::Vi => &both.vi,
        Language::En => &both.en,
    }
}

fn date_in(t: Language, date: Date) -> String {
    match t {
        Language::Vi => day_month_year(date),
        Language::En => english_date(date),
    }
}

fn moment_in(t: Language, moment: Timestamp) -> String {
    match t {
        Language::Vi => vietnamese_moment(moment),
        Language::En => english_moment(moment),
    }
}
