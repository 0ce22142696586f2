//! The first administrators of an agency's officials. Every other post is proposed by one administrator and confirmed by
//! another; the first ones nobody could propose, so whoever runs the node of the identity system appoints them, at its
//! command line. They get a code with which they bind a passkey at level 2, as others get one at an office: before there are
//! administrators there are no officials who could check them. What was done is sealed in the agency's ledger.

use crate::{
    model::Act,
    records,
    rules::post::{ADMINISTRATOR, NewPost, is_agency_code},
    secret::{written_key, written_key_tag},
    tasks,
};
use contracts::{
    PersonalNumber,
    identity::{Level, PostHeld, SYSTEM},
};
use jiff::Timestamp;
use serde_json::json;
use store::{Batch, Store, StoreError};
use system::Random;
use thiserror::Error;

/// How many are appointed so at most: as many as are needed to appoint everybody else.
pub const ADMINISTRATORS: usize = 2;
/// What stands for the document that an official at an office would have seen.
const DOCUMENT: &str = "lienthong officials first-administrator";

/// Why nobody was appointed. Nothing was written.
#[derive(Debug, Error)]
pub enum AppointmentError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No code of an agency.
    #[error("{0:?} is no code of an agency as Decision 20/2020/QD-TTg has it, such as H26 or H26.19")]
    Agency(String),
    /// Whoever is appointed signs in with their account.
    #[error("the person has no account; they open one at /identity/sign-up first")]
    NoAccount,
    /// It takes no more to appoint everybody else.
    #[error(
        "agency {0} has {ADMINISTRATORS} administrators; they appoint everybody else at /identity/officials"
    )]
    Enough(String),
    /// They are one already, with a passkey of level 2.
    #[error("the person administers agency {0} already and has an account of level 2")]
    Already(String),
}

/// Somebody was appointed.
#[derive(Debug)]
pub struct Appointed {
    /// With this they bind a passkey at `/identity/keys`, within a day. It is nowhere else.
    pub code: String,
    /// How many more the agency needs before they can appoint others.
    pub still_needed: usize,
}

/// Appoints an administrator of an agency's officials, while it has fewer than [`ADMINISTRATORS`]. Somebody who was appointed
/// and has not bound a passkey yet gets another code.
///
/// # Errors
/// [`AppointmentError`].
pub async fn appoint(
    store: &Store,
    agency: &str,
    person: PersonalNumber,
    operator: &str,
    random: &Random,
    now: Timestamp,
) -> Result<Appointed, AppointmentError> {
    if !is_agency_code(agency) {
        return Err(AppointmentError::Agency(agency.to_owned()));
    }
    let account = records::account_of(store, person).await?.ok_or(AppointmentError::NoAccount)?;
    let day = system::clock::day_in_vietnam(now);
    let held = records::administrators_of(store, agency, day).await?;
    let is_held = held.contains(&person);
    if is_held && account.level == Level::Two {
        return Err(AppointmentError::Already(agency.to_owned()));
    }
    if !is_held && held.len() >= ADMINISTRATORS {
        return Err(AppointmentError::Enough(agency.to_owned()));
    }
    let mut batch = Batch::new();
    if !is_held {
        records::require_fewer_administrators(&mut batch, agency, day, ADMINISTRATORS);
        let (id, new) = (random.id(now), administrator(agency, person, day));
        records::add_post(&mut batch, id, &new, None, now);
        let content = json!({ "post": id, "appointed": new, "by": operator, "at": now });
        batch.change_one(&records::APPOINT, store::params![id, content.to_string()]);
        tasks::seal_appointment(&mut batch, random, id, now);
        records::note(&mut batch, random.id(now), account.id, Act::PostGiven, agency, now);
    }
    let code = written_key(random);
    let check = (random.id(now), account.id);
    records::check_by_operator(&mut batch, check, (DOCUMENT, operator), written_key_tag(&code), now);
    records::note(&mut batch, random.id(now), account.id, Act::CheckedAtOffice, operator, now);
    match store.write(batch).await {
        Ok(()) => {}
        Err(StoreError::Conflict { .. }) => return Err(AppointmentError::Enough(agency.to_owned())),
        Err(error) => return Err(error.into()),
    }
    let now_held = held.len() + usize::from(!is_held);
    Ok(Appointed { code, still_needed: ADMINISTRATORS.saturating_sub(now_held) })
}

/// The post of an administrator of an agency's officials from a day on.
pub(crate) fn administrator(agency: &str, holder: PersonalNumber, from: jiff::civil::Date) -> NewPost {
    let post = PostHeld {
        agency: agency.to_owned(),
        system: SYSTEM.to_owned(),
        post: ADMINISTRATOR.to_owned(),
        unit: None,
        from,
        until: None,
        delegated_by: None,
    };
    NewPost { holder, post, delegated_from: None }
}
