//! What the officers of a one-door see.

mod apology;
mod decision;
mod dossier;
mod files;
mod queue;

use crate::{ActError, OneDoor, model::Actor};
use axum::{
    Router,
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Response},
    routing::get,
};
use calendar::text::{day_month_year, english_date};
use contracts::portal::DossierState;
use jiff::{Timestamp, civil::Date};
use std::sync::Arc;
use system::clock::day_in_vietnam;
use web::{
    Content, CurrentUser, Language, Problem, Text,
    components::{SummaryRow, Tag},
};

/// Where the pages are mounted.
const ROOT: &str = "/one-door";
/// The post of who receives dossiers.
const RECEPTION_POST: &str = "reception";

/// The system's pages.
pub(crate) fn router(system: Arc<OneDoor>) -> Router {
    Router::new()
        .route("/", get(queue::show))
        .route("/dossiers/{submission}", get(dossier::show).post(decision::decide))
        .route("/dossiers/{submission}/apology", get(apology::ask).post(apology::apologise))
        .route("/dossiers/{submission}/attachments/{notice}/{place}", get(files::attachment))
        .route("/dossiers/{submission}/documents/{document}", get(files::document))
        .with_state(system)
}

/// A signed-in officer of this one-door. Nobody else sees that the pages exist.
struct Officer {
    actor: Actor,
    communes: Vec<String>,
}

impl Officer {
    /// May see and change what belongs to this commune.
    fn of_commune(&self, commune: &str) -> Result<(), Problem> {
        if self.communes.iter().any(|own| own == commune) { Ok(()) } else { Err(Problem::not_found()) }
    }

    /// The commune whose queue is shown.
    fn commune(&self) -> &str {
        self.communes.first().map_or("", String::as_str)
    }
}

impl FromRequestParts<Arc<OneDoor>> for Officer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, system: &Arc<OneDoor>) -> Result<Self, Response> {
        let user = <CurrentUser as FromRequestParts<Arc<OneDoor>>>::from_request_parts(parts, system).await;
        let CurrentUser(user) = user.map_err(IntoResponse::into_response)?;
        let posts = user
            .roles_in(contracts::one_door::SYSTEM)
            .filter(|role| role.post == RECEPTION_POST && role.agency == system.room.member.code);
        let communes: Vec<String> = posts.filter_map(|role| role.unit.clone()).collect();
        match (&user.person_number, communes.is_empty()) {
            (Some(account), false) => {
                Ok(Self { actor: Actor { account: account.clone(), name: user.display_name }, communes })
            }
            _ => Err(Problem::not_found().into_response()),
        }
    }
}

/// A failure of the store, for a page.
fn failed(error: store::StoreError) -> Problem {
    ActError::from(error).into()
}

impl From<ActError> for Problem {
    fn from(error: ActError) -> Self {
        match error {
            ActError::ChangedMeanwhile => Self::conflict(),
            error => Self::unavailable(error),
        }
    }
}

/// A row of facts.
fn fact(t: Language, key: Text, value: impl Into<String>) -> SummaryRow {
    SummaryRow::new(key.get(t), value.into())
}

fn state_words(state: DossierState, t: Language) -> &'static str {
    let (vi, en) = state.words();
    match t {
        Language::Vi => vi,
        Language::En => en,
    }
}

fn state_tag(state: DossierState, t: Language) -> Content {
    use DossierState as S;
    let colour = match state {
        S::New => "blue",
        S::Received | S::InProgress => "yellow",
        S::SupplementAsked | S::PaymentAsked => "orange",
        S::NotReceived | S::Stopped => "red",
        S::Withdrawn => "grey",
        S::Finished | S::ResultReturned => "green",
    };
    Tag::coloured(state_words(state, t), colour).into()
}

fn date_in(language: Language, date: Date) -> String {
    match language {
        Language::Vi => day_month_year(date),
        Language::En => english_date(date),
    }
}

fn moment_in(language: Language, moment: Timestamp) -> String {
    let clock = calendar::vietnam_clock(moment);
    format!("{:02}:{:02}, {}", clock.hour(), clock.minute(), date_in(language, day_in_vietnam(moment)))
}
