//! What people see.
//!
//! The browser holds three cookies of ours beside those of the shell: the session, the secret by which it is known to
//! accounts that were signed in to in it, and the secret of the step it is in.

mod account;
mod authorize;
mod consents;
mod contact;
mod form;
mod history;
mod keys;
mod logout;
mod mandates;
mod office;
mod office_organisations;
mod officials;
mod organisation_texts;
mod organisations;
mod passkey;
mod post_list;
mod posts;
mod recover;
mod rosters;
mod sessions;
mod sign_in;
mod sign_up;
mod signatures;
mod submission;

use crate::{
    FACTS, Identity,
    acts::{ActError, Cookies, Visitor},
    hashing::HashingError,
    model::{Account, Session},
    rules,
    secret::Secret,
    texts,
};
use axum::{
    Router,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use calendar::text::{english_moment, vietnamese_moment};
use contracts::PersonalNumber;
use jiff::Timestamp;
use std::sync::Arc;
use store::StoreError;
use web::{FieldErrors, Form, Language, Problem, ProblemKind, Redirect, local_path};

/// Where the pages are mounted.
const ROOT: &str = "/identity";
/// How long a browser keeps the secret by which accounts know it, in seconds: 400 days, the most browsers allow.
const BROWSER_COOKIE_SECONDS: i64 = 400 * 24 * 3_600;
/// After how many seconds somebody comes again who was turned away because too many passwords wait.
const BUSY_SECONDS: u32 = 5;
/// Longest name of a browser that is kept, in characters.
const DEVICE_LIMIT_CHARACTERS: usize = 200;

/// The system's pages.
pub(crate) fn router(system: Arc<Identity>) -> Router {
    Router::new()
        .route("/", get(account::show))
        .route("/sign-in", get(sign_in::show).post(sign_in::answer))
        .route("/sign-in/code", get(sign_in::show_code).post(sign_in::answer_code))
        .route("/sign-in/passkey", get(passkey::ask).post(passkey::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/sign-up", get(sign_up::show).post(sign_up::answer))
        .route("/sign-up/code", get(sign_up::show_code).post(sign_up::answer_code))
        .route("/recover", get(recover::show).post(recover::answer))
        .route("/sessions", get(sessions::show).post(sessions::end))
        .route("/history", get(history::show))
        .route("/keys", get(keys::show))
        .route("/keys/password", get(keys::show_password).post(keys::change_password))
        .route("/keys/contact", get(contact::show).post(contact::answer))
        .route("/keys/contact/code", get(contact::show_codes).post(contact::answer_codes))
        .route("/keys/passkey", post(passkey::make))
        .route("/keys/passkey/finish", post(passkey::finish))
        .route("/keys/passkey/remove", post(passkey::remove))
        .route("/keys/totp", get(keys::show_totp).post(keys::confirm_totp))
        .route("/keys/totp/remove", post(keys::remove_totp))
        .route("/authorize/{request}", get(authorize::show).post(authorize::answer))
        .route("/consents", get(consents::show).post(consents::withdraw))
        .route("/mandates", get(mandates::show).post(mandates::change))
        .route("/logout", get(logout::show).post(logout::confirm))
        .route("/office", get(office::show))
        .route("/office/check", post(office::check))
        .route("/office/confirm", post(office::confirm))
        .route("/office/organisations", get(office_organisations::show).post(office_organisations::act))
        .route("/organisations", get(organisations::list).post(organisations::apply))
        .route("/organisations/{id}", get(organisations::show).post(organisations::change))
        .route("/organisations/{id}/uses", get(organisations::uses).post(organisations::end_use))
        .route("/organisations/{id}/history", get(organisations::history))
        .route("/posts", get(posts::show).post(posts::delegate))
        .route("/officials", get(officials::show).post(officials::propose))
        .route("/officials/posts", get(post_list::show))
        .route("/officials/change", post(officials::change))
        .route("/officials/rosters", get(rosters::ask).post(rosters::send))
        .route("/officials/rosters/{roster}", get(rosters::show).post(rosters::confirm))
        .route("/officials/rosters/{roster}/report.csv", get(rosters::report))
        .route("/signatures", get(signatures::ask).post(signatures::verify))
        .route("/submissions/{ticket}", get(submission::show).post(submission::answer))
        .route("/passkey.js", get(passkey::script))
        .with_state(system)
        .layer(map_response(keep_nowhere))
}

/// Whatever is said here is between us and one person.
async fn keep_nowhere(mut response: Response) -> Response {
    let keep = response.headers_mut().entry(header::CACHE_CONTROL);
    keep.or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A cookie of ours.
#[derive(Clone, Copy)]
enum Cookie {
    Session,
    Browser,
    Step,
}

impl Cookie {
    /// Its name: over HTTPS with the prefix that binds it to this host (RFC 6265bis, section 4.1.3.2).
    fn name(self, https: bool) -> &'static str {
        match (self, https) {
            (Self::Session, true) => "__Host-identity_session",
            (Self::Session, false) => "identity_session",
            (Self::Browser, true) => "__Host-identity_browser",
            (Self::Browser, false) => "identity_browser",
            (Self::Step, true) => "__Host-identity_step",
            (Self::Step, false) => "identity_step",
        }
    }

    fn read(self, system: &Identity, headers: &HeaderMap) -> Option<Secret> {
        self.find(system.is_https(), headers)
    }

    fn find(self, https: bool, headers: &HeaderMap) -> Option<Secret> {
        let name = self.name(https);
        let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.filter(|(cookie, _)| *cookie == name).find_map(|(_, value)| Secret::parse(value))
    }

    /// Sets it, or with no value has the browser forget it.
    fn set(self, system: &Identity, response: &mut Response, secret: Option<&Secret>) {
        // Names, base64 and numbers are visible ASCII.
        if let Some(cookie) = self.header(system.is_https(), secret) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }

    fn header(self, https: bool, secret: Option<&Secret>) -> Option<HeaderValue> {
        let age = match (self, secret) {
            (_, None) => "; Max-Age=0".to_owned(),
            (Self::Session, _) => String::new(),
            (Self::Browser, _) => format!("; Max-Age={BROWSER_COOKIE_SECONDS}"),
            (Self::Step, _) => format!("; Max-Age={}", rules::code::STEP_LIMIT_SECONDS),
        };
        let (name, value) = (self.name(https), secret.map(Secret::text).unwrap_or_default());
        let secure = if https { "; Secure" } else { "" };
        HeaderValue::try_from(format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}")).ok()
    }
}

/// The session and the browser that a request over plain HTTP shows.
pub(crate) fn shown_over_http(headers: &HeaderMap) -> (Option<Secret>, Option<Secret>) {
    (Cookie::Session.find(false, headers), Cookie::Browser.find(false, headers))
}

/// `Set-Cookie` that signs a browser in over plain HTTP.
pub(crate) fn signs_in_over_http(cookies: &Cookies) -> Vec<HeaderValue> {
    let set = [(Cookie::Session, &cookies.session), (Cookie::Browser, &cookies.browser)];
    set.into_iter().filter_map(|(cookie, secret)| cookie.header(false, Some(secret))).collect()
}

impl Identity {
    fn is_https(&self) -> bool {
        self.room.public_url.starts_with("https://")
    }

    /// The browser of a request.
    fn visitor(&self, headers: &HeaderMap) -> Visitor {
        let device = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Visitor {
            browser: Cookie::Browser.read(self, headers),
            session: Cookie::Session.read(self, headers),
            device: device.unwrap_or_default().chars().take(DEVICE_LIMIT_CHARACTERS).collect(),
        }
    }

    /// A response that signs a browser in.
    fn signed_in(&self, cookies: &Cookies, response: impl IntoResponse) -> Response {
        let mut response = response.into_response();
        Cookie::Session.set(self, &mut response, Some(&cookies.session));
        Cookie::Browser.set(self, &mut response, Some(&cookies.browser));
        Cookie::Step.set(self, &mut response, None);
        response
    }

    /// A response that begins a step of a browser.
    fn in_step(&self, step: &Secret, response: impl IntoResponse) -> Response {
        let mut response = response.into_response();
        Cookie::Step.set(self, &mut response, Some(step));
        response
    }
}

/// Somebody who is signed in to an account.
struct Person {
    account: Account,
    session: Session,
    visitor: Visitor,
}

impl FromRequestParts<Arc<Identity>> for Person {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, system: &Arc<Identity>) -> Result<Self, Response> {
        let visitor = system.visitor(&parts.headers);
        let found = match &visitor.session {
            Some(secret) => {
                system.current(secret).await.map_err(|error| failed(error.into()).into_response())?
            }
            None => None,
        };
        match found {
            Some((session, account)) => Ok(Self { account, session, visitor }),
            None => Err(to_sign_in(parts).into_response()),
        }
    }
}

/// The same, who has shown lately who they are: what an account is signed in to with is theirs alone to change.
struct RecentPerson(Person);

impl FromRequestParts<Arc<Identity>> for RecentPerson {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, system: &Arc<Identity>) -> Result<Self, Response> {
        let person = Person::from_request_parts(parts, system).await?;
        match rules::is_recent(&person.session, system.now()) {
            true => Ok(Self(person)),
            false => Err(to_sign_in(parts).into_response()),
        }
    }
}

/// To the page for signing in, and back to a page that was to be read; what was to be sent is lost.
fn to_sign_in(parts: &Parts) -> Redirect {
    let path = match parts.method {
        http::Method::GET => format!("{ROOT}{}", parts.uri.path().trim_end_matches('/')),
        _ => ROOT.to_owned(),
    };
    Redirect::to(format!("{ROOT}/sign-in?return={path}"))
}

/// Where to go once signed in: a path of ours, or the account.
fn return_path(form: &Form) -> String {
    local_path(form.value("return")).unwrap_or(ROOT).to_owned()
}

/// The personal number that was typed.
fn typed_number(form: &Form, errors: &mut FieldErrors) -> Option<PersonalNumber> {
    let number: Option<PersonalNumber> = form.value("number").replace(' ', "").parse().ok();
    if number.is_none() {
        errors.add("number", texts::ENTER_NUMBER);
    }
    number
}

/// An act that was not done.
fn failed(error: ActError) -> Problem {
    match error {
        ActError::Store(StoreError::Conflict { .. }) => Problem::conflict(),
        ActError::Hashing(HashingError::Busy) => {
            let problem = Problem::new(ProblemKind::TooManyRequests).with_detail(texts::BUSY);
            problem.retry_after(BUSY_SECONDS)
        }
        error => {
            tracing::error!(system = FACTS.code, %error, "an act failed");
            Problem::unavailable(error)
        }
    }
}

/// A failure of the store.
fn store_failed(error: StoreError) -> Problem {
    failed(error.into())
}

fn moment_in(t: Language, moment: Timestamp) -> String {
    match t {
        Language::Vi => vietnamese_moment(moment),
        Language::En => english_moment(moment),
    }
}
