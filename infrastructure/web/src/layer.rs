//! What every request passes through.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::csrf::{Check, origin_of_host};
use crate::form::is_content_type;
use crate::page::NavigationLink;
use crate::upload::UPLOAD_LIMIT_BYTES;
use crate::{
    Language, Origin, Problem, Redirect, Sessions, SignedIn, Text, Visit, cookies, headers, local_path,
    problem,
};

/// What time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Fills bytes with randomness fit for secrets.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The most forms with files read at a time, in all sites of a program. Each may take [`UPLOAD_LIMIT_BYTES`] of
/// memory; whoever comes when there is no room is asked to try again.
pub const UPLOADS_AT_A_TIME_MAXIMUM: usize = 8;

/// Bytes of the key of tokens.
pub const CSRF_KEY_BYTES: usize = 32;

/// Characters of a reference.
const REFERENCE_CHARACTERS: usize = 8;

/// Letters and digits of a reference, those left out that are mistaken for others when read aloud.
const REFERENCE_ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// How a site presents itself.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The agency that runs it.
    pub agency: Text,
    /// Where the service's name in the header leads.
    pub home: String,
    /// Links below the header.
    pub navigation: Vec<NavigationLink>,
    /// Says that nothing here is real.
    pub sandbox: bool,
    /// Readers come over HTTPS. Only on loopback may they not.
    pub https: bool,
    /// Scheme, host and port readers see, such as `https://dichvu.example`, where a proxy stands before this
    /// program and changes `Host`; without it, `Host` is taken.
    pub origin: Option<String>,
}

/// A site: its sessions, key, clock and randomness, and how it presents itself. Cheap to clone.
#[derive(Clone)]
pub struct Web {
    settings: Arc<Settings>,
    shared: Arc<Shared>,
    keeper: Option<Arc<dyn Keeper>>,
    /// The policy for content, where forms may lead to another site.
    policy: Option<HeaderValue>,
}

/// Knows how the sessions stand that ours follow.
#[async_trait]
pub trait Keeper: Send + Sync {
    /// Looks how one stands.
    async fn look(&self, origin: &Origin, user: &SignedIn) -> Standing;
}

/// How a session stands that one of ours follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It goes on, and this is what is known of the person now.
    Holds(SignedIn),
    /// It is over.
    Over,
    /// Nobody could say.
    Unknown,
}

/// What sites of one program share, so that a reader signs in once.
struct Shared {
    sessions: Sessions,
    uploads: Semaphore,
    csrf_key: hmac::Key,
    clock: Clock,
    random: Random,
}

impl Web {
    /// A site with no sessions yet and a new key: forms of an earlier one are refused.
    pub fn new(settings: Settings, clock: Clock, random: Random) -> Self {
        let mut key = [0; CSRF_KEY_BYTES];
        random(&mut key);
        Self::with_key(settings, &key, clock, random)
    }

    /// A site with no sessions yet and a key that was kept: forms of an earlier one, and of another node with the same key,
    /// are taken.
    pub fn with_key(settings: Settings, key: &[u8; CSRF_KEY_BYTES], clock: Clock, random: Random) -> Self {
        let csrf_key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let uploads = Semaphore::new(UPLOADS_AT_A_TIME_MAXIMUM);
        let shared = Shared { sessions: Sessions::default(), uploads, csrf_key, clock, random };
        Self { settings: Arc::new(settings), shared: Arc::new(shared), keeper: None, policy: None }
    }

    /// The same site, whose sessions follow others that `keeper` knows.
    pub fn kept_by(self, keeper: Arc<dyn Keeper>) -> Self {
        Self { keeper: Some(keeper), ..self }
    }

    /// The same site, whose forms may also lead to a site with this origin, such as `https://sign-in.example`.
    pub fn leading_forms_to(self, origin: &str) -> Self {
        Self { policy: headers::policy_leading_to(origin), ..self }
    }

    /// Another site of the same program: its own presentation, the same sessions. Browsers do not tell ports
    /// of a host apart by their cookies, so sites of one host must share sessions.
    pub fn with_settings(&self, settings: Settings) -> Self {
        Self { settings: Arc::new(settings), ..self.clone() }
    }

    /// How the site presents itself.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The sessions.
    pub fn sessions(&self) -> &Sessions {
        &self.shared.sessions
    }

    pub(crate) fn csrf_key(&self) -> &hmac::Key {
        &self.shared.csrf_key
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.shared.clock)()
    }

    pub(crate) fn random(&self) -> &(dyn Fn(&mut [u8]) + Send + Sync) {
        &*self.shared.random
    }

    /// Looks whether what the browser's session follows still stands, when it is time to. What nobody could say ends nothing:
    /// posts end on their day all the same, and a session after its hours.
    async fn look_again(&self, headers: &HeaderMap) {
        let Some(keeper) = &self.keeper else { return };
        let Some(id) = cookies::session_id(headers, self.settings.https) else { return };
        let Some(origin) = self.sessions().to_look_at(&id, self.now()) else { return };
        let Some(user) = self.sessions().find(&id, self.now()) else { return };
        match keeper.look(&origin, &user).await {
            Standing::Holds(user) => self.sessions().renew(&id, user),
            Standing::Over => self.sessions().close(&id),
            Standing::Unknown => {}
        }
    }

    /// Room for the body of one form with files, held until it is answered.
    fn room_for_upload(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let busy = |_| {
            Problem::unavailable("all room for uploads is in use; more clients send at once than expected")
        };
        self.shared.uploads.try_acquire().map_err(busy)
    }

    /// A new reference that joins what a reader saw to what stands in the log.
    pub(crate) fn reference(&self) -> String {
        let mut bytes = [0; REFERENCE_CHARACTERS];
        (self.shared.random)(&mut bytes);
        bytes.iter().map(|byte| char::from(REFERENCE_ALPHABET[usize::from(byte % 32)])).collect()
    }
}

impl fmt::Debug for Web {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Web").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Puts a router behind sessions, languages, protection against forged requests, problems and security headers.
pub fn layer(router: Router, web: Web) -> Router {
    router.layer(DefaultBodyLimit::max(UPLOAD_LIMIT_BYTES)).layer(from_fn_with_state(web, through))
}

async fn through(State(web): State<Web>, request: Request, next: Next) -> Response {
    web.look_again(request.headers()).await;
    let visit = Visit::new(&web, request.uri(), request.headers());
    let prefers_html = problem::prefers_html(request.headers());
    let response = match language_switch(request.method(), request.uri()) {
        Some((path, language)) => {
            Redirect::with_language(&path, language, web.settings().https).into_response()
        }
        None => answer(&visit, request, next).await.unwrap_or_else(Problem::into_response),
    };
    let mut response = problem::negotiate(response, &visit, prefers_html);
    finish(&visit, response.headers_mut());
    response
}

/// Checks a request and has it answered. A panic is our mistake and not the end of the connection.
async fn answer(visit: &Visit, request: Request, next: Next) -> Result<Response, Problem> {
    let settings = visit.web().settings();
    let _room_for_upload = match is_content_type(&request, "multipart/form-data") {
        true => Some(visit.web().room_for_upload()?),
        false => None,
    };
    let origin = settings.origin.clone().or_else(|| origin_of_host(request.headers(), settings.https));
    let check = Check { key: visit.web().csrf_key(), browser: visit.shown_id(), origin: origin.as_deref() };
    let mut request = check.pass(request).await?;
    request.extensions_mut().insert(visit.clone());
    request.extensions_mut().insert(visit.web().clone());
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    answered.map_err(|_| Problem::internal("a handler panicked"))
}

/// The page asked for without `lang=`, and the language asked for with it.
fn language_switch(method: &Method, uri: &Uri) -> Option<(String, Language)> {
    let pairs = || uri.query().unwrap_or_default().split('&');
    let tag = pairs().find_map(|pair| pair.strip_prefix("lang=")).filter(|_| *method == Method::GET)?;
    let language = Language::from_tag(tag)?;
    let kept: Vec<_> = pairs().filter(|pair| !pair.starts_with("lang=")).collect();
    let path = match kept.is_empty() {
        true => uri.path().to_owned(),
        false => format!("{}?{}", uri.path(), kept.join("&")),
    };
    Some((local_path(&path).unwrap_or("/").to_owned(), language))
}

/// Cookies and headers of every response.
fn finish(visit: &Visit, headers: &mut HeaderMap) {
    let https = visit.web().settings().https;
    if let Some(id) = visit.new_id() {
        headers.append(header::SET_COOKIE, cookies::set_session(id, https));
    }
    if let Some(policy) = &visit.web().policy {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(|| policy.clone());
    }
    let personal = visit.is_personal() || headers.contains_key(header::SET_COOKIE);
    headers::add_caching(headers, personal);
    headers::add_security(headers, https);
}
