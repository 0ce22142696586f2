//! What the officers of a one-door see.

mod apology;
mod decision;
mod dossier;
mod files;
mod queue;

use crate::{
    ActError, OneDoor,
    applicant::RECEPTION_BASIS,
    authority::{AUTHORITY, DOSSIER, Kept, RECEPTION_POST},
    model::{Actor, Dossier},
};
use axum::{
    Router,
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Response},
    routing::get,
};
use calendar::text::{day_month_year, english_date};
use contracts::{Context, Purpose, identity::PostHeld, portal::DossierState};
use jiff::{Timestamp, civil::Date};
use std::sync::Arc;
use system::{Access, Area, Claim, Claimant, clock::day_in_vietnam};
use web::{
    Content, CurrentUser, Language, Problem, Role, Text,
    components::{SummaryRow, Tag},
};

/// Where the pages are mounted.
const ROOT: &str = "/one-door";

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
    claims: Vec<Claim>,
}

impl Officer {
    /// What may not be seen is not there; what may be seen and not changed is refused.
    fn must(&self, system: &OneDoor, act: Access, dossier: &Dossier) -> Result<(), Problem> {
        let kept = Kept::by(&system.room.member, dossier);
        if !AUTHORITY.any_may(&self.claims, Access::Read, &kept) {
            return Err(Problem::not_found());
        }
        if AUTHORITY.any_may(&self.claims, act, &kept) { Ok(()) } else { Err(Problem::forbidden()) }
    }

    /// Where dossiers are listed and counted.
    fn areas(&self) -> Vec<Area> {
        AUTHORITY.areas(&self.claims, DOSSIER)
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
        let day = system.room.clock.today();
        let claims: Vec<Claim> = match &user.person_number {
            Some(account) => posts.map(|role| claim(account, role, day)).collect(),
            None => Vec::new(),
        };
        match (&user.person_number, claims.is_empty()) {
            (Some(account), false) => Ok(Self {
                actor: Actor { account: account.clone(), name: user.display_name.clone() },
                claims,
            }),
            _ => Err(Problem::not_found().into_response()),
        }
    }
}

/// What an officer wants on these pages. Whoever is signed in holds their posts on the day.
fn claim(account: &str, role: &Role, day: Date) -> Claim {
    let post = PostHeld {
        agency: role.agency.clone(),
        system: role.system.clone(),
        post: role.post.clone(),
        unit: role.unit.clone(),
        from: day,
        until: None,
        delegated_by: None,
    };
    Claim {
        claimant: Claimant::Official { account: account.to_owned(), post },
        context: Context::new(Purpose::PROCEDURE, RECEPTION_BASIS).by(account),
        day,
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
