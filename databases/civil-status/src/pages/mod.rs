//! What registrars and the public see.

mod amendment;
mod annulment;
mod application;
mod books;
mod certificate;
mod entry;
mod work_list;

use crate::{
    ActError, CivilStatus, NotNow,
    authority::{AUTHORITY, REGISTRAR_POST},
    model::Official,
    tasks::REGISTRATION_BASIS,
    texts,
};
use axum::{
    Router,
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Response},
    routing::get,
};
use calendar::text::{day_month_year, english_date};
use contracts::{Context, Purpose, identity::PostHeld};
use jiff::{Timestamp, civil::Date};
use std::sync::Arc;
use system::{Access, Area, Claim, Claimant, Record, clock::day_in_vietnam};
use uuid::Uuid;
use web::{CurrentUser, Demand, Language, Problem, Role, Text, Visit, components::SummaryRow};

/// Where the pages are mounted.
const ROOT: &str = "/civil-status";

/// What a registrar says makes law for others, so it must be as sure who they are as if they had shown their identity card: level 2
/// (Decree 69/2024/ND-CP).
const REGISTERING: Demand = Demand::LEVEL_TWO;

/// The system's pages.
pub(crate) fn router(system: Arc<CivilStatus>) -> Router {
    Router::new()
        .route("/", get(work_list::show))
        .route("/applications/{application}", get(application::show).post(application::decide))
        .route("/entries", get(work_list::find))
        .route("/entries/{registration}", get(entry::show))
        .route("/entries/{registration}/certificate.pdf", get(entry::download))
        .route("/entries/{registration}/amendment", get(amendment::ask).post(amendment::amend))
        .route("/entries/{registration}/annulment", get(annulment::ask).post(annulment::annul))
        .route("/books", get(books::show).post(books::close))
        .route("/certificates", get(certificate::ask))
        .route("/certificates/{code}", get(certificate::show))
        .route("/certificates/{code}/proof", get(certificate::proof))
        .with_state(system)
}

/// A signed-in registrar. Nobody else sees that the pages exist.
struct Registrar {
    official: Official,
    claims: Vec<Claim>,
}

impl Registrar {
    /// What may not be seen is not there; what may be seen and not changed is refused.
    fn must(&self, act: Access, record: &impl Record) -> Result<(), Problem> {
        if !AUTHORITY.any_may(&self.claims, Access::Read, record) {
            return Err(Problem::not_found());
        }
        if AUTHORITY.any_may(&self.claims, act, record) { Ok(()) } else { Err(Problem::forbidden()) }
    }

    /// Where records of a kind are listed, searched and counted.
    fn areas(&self, kind: &'static str) -> Vec<Area> {
        AUTHORITY.areas(&self.claims, kind)
    }
}

impl FromRequestParts<Arc<CivilStatus>> for Registrar {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, system: &Arc<CivilStatus>) -> Result<Self, Response> {
        let user = <CurrentUser as FromRequestParts<_>>::from_request_parts(parts, system).await;
        let CurrentUser(user) = user.map_err(IntoResponse::into_response)?;
        let day = system.room.clock.today();
        let posts = user.roles_in(contracts::civil_status::SYSTEM).filter(|role| role.post == REGISTRAR_POST);
        let claims: Vec<Claim> = match &user.person_number {
            Some(account) => posts.map(|role| claim(account, role, day)).collect(),
            None => Vec::new(),
        };
        if !claims.is_empty() {
            // Every page to which something is sent can be opened, too, so whoever must show more comes back to it.
            let Ok(visit) = <Visit as FromRequestParts<_>>::from_request_parts(parts, system).await;
            visit.demand(REGISTERING, &visit.path).map_err(IntoResponse::into_response)?;
        }
        match (&user.person_number, claims.is_empty()) {
            (Some(account), false) => Ok(Self {
                official: Official { account: account.clone(), name: user.display_name.clone() },
                claims,
            }),
            _ => Err(Problem::not_found().into_response()),
        }
    }
}

/// What a registrar wants on these pages. Whoever is signed in holds their posts on the day.
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
        context: Context::new(Purpose::CIVIL_STATUS, REGISTRATION_BASIS).by(account),
        day,
    }
}

/// An identifier of a path; what is none leads nowhere.
fn identifier(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// A failure of the store, for a page.
fn failed(error: store::StoreError) -> Problem {
    ActError::from(error).into()
}

impl From<ActError> for Problem {
    fn from(error: ActError) -> Self {
        match error {
            ActError::ChangedMeanwhile => Self::conflict(),
            ActError::Unavailable(cause) => Self::unavailable(cause),
            ActError::Invalid(_) => Self::internal("a rule was broken after the form had been checked"),
            ActError::NotNow(reason) => Self::unprocessable(not_now(reason)),
        }
    }
}

fn not_now(reason: NotNow) -> Text {
    match reason {
        NotNow::YearNotOver => texts::YEAR_NOT_OVER,
        NotNow::EntriesPending => texts::ENTRIES_PENDING,
        NotNow::CertificatePending => texts::WAIT_FOR_CERTIFICATE,
    }
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

/// A row of facts.
fn fact(t: Language, key: Text, value: impl Into<String>) -> SummaryRow {
    SummaryRow::new(key.get(t), value.into())
}
