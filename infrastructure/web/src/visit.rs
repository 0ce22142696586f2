//! One request of one reader: language, who they are, and where.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    Assurance, Csrf, Demand, Html, Language, Origin, Page, Problem, SessionId, SignedIn, Web, cookies, csrf,
};

/// The most bytes of a path to return to.
const RETURN_PATH_LIMIT_BYTES: usize = 2048;

/// What is written as it is in the value of a query parameter.
const QUERY_VALUE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What a handler knows of the reader. [`layer`](crate::layer) makes one for each request.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The reader's language.
    pub language: Language,
    /// Path and query that were asked for.
    pub path: String,
    /// Who is signed in.
    pub user: Option<SignedIn>,
    browser: Arc<Browser>,
}

/// The browser behind a visit.
#[derive(Debug)]
struct Browser {
    web: Web,
    /// The session cookie: the one it showed, or one made for it.
    id: SessionId,
    /// The browser showed the cookie itself.
    showed_id: bool,
    /// A token for this cookie stands in the page, so the browser must have it.
    gave_token: AtomicBool,
}

impl Visit {
    /// The visit of a request, from its headers.
    pub(crate) fn new(web: &Web, uri: &Uri, headers: &HeaderMap) -> Self {
        let shown = cookies::session_id(headers, web.settings().https);
        let accepted = || headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok();
        let language = cookies::language(headers)
            .or_else(|| accepted().and_then(Language::from_accept_language))
            .unwrap_or_default();
        let showed_id = shown.is_some();
        Self {
            language,
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            user: shown.as_ref().and_then(|id| web.sessions().find(id, web.now())),
            browser: Arc::new(Browser {
                web: web.clone(),
                id: shown.unwrap_or_else(|| SessionId::generate(web.random())),
                showed_id,
                gave_token: AtomicBool::new(false),
            }),
        }
    }

    /// The visit of a request that came through the layer.
    ///
    /// # Panics
    /// When a router is served without [`layer`](crate::layer): nothing would protect it.
    pub(crate) fn of(parts: &Parts) -> Self {
        parts.extensions.get::<Self>().expect("the router is behind web::layer").clone()
    }

    /// A page for the reader.
    pub fn page(&self, title: impl Into<String>, body: Html) -> Page {
        let settings = self.web().settings();
        Page {
            title: title.into(),
            language: self.language,
            path: self.path.clone(),
            user: self.user.clone(),
            csrf: self.user.is_some().then(|| self.csrf()),
            agency: settings.agency,
            home: settings.home.clone(),
            navigation: settings.navigation.clone(),
            breadcrumbs: Vec::new(),
            back: None,
            flash: None,
            error_summary: None,
            body,
            sandbox: settings.sandbox,
            status: StatusCode::OK,
        }
    }

    /// The token of the page's forms.
    pub fn csrf(&self) -> Csrf {
        self.browser.gave_token.store(true, Ordering::Relaxed);
        Csrf::new(self.web().csrf_key(), &self.browser.id)
    }

    /// Signs somebody in, in a session with a new id, and sends them to `path` if that is a path of ours, else
    /// home. A session the browser had before ends.
    ///
    /// # Errors
    /// When there is no room for another session.
    pub async fn sign_in(&self, user: SignedIn, path: &str) -> Result<Redirect, Problem> {
        self.sign_in_following(user, None, path).await
    }

    /// The same, in a session that follows another.
    ///
    /// # Errors
    /// When there is no room for another session.
    pub async fn sign_in_following(
        &self,
        user: SignedIn,
        origin: Option<Origin>,
        path: &str,
    ) -> Result<Redirect, Problem> {
        let web = self.web();
        web.sessions().close(&self.browser.id);
        let opened = web.sessions().open_following(user, origin, web.now(), web.random());
        let id = opened.map_err(Problem::unavailable)?;
        let to = local_path(path).unwrap_or(&web.settings().home);
        Ok(Redirect { cookie: Some(cookies::set_session(&id, web.settings().https)), ..Redirect::to(to) })
    }

    /// Signs out and sends the reader to `path` if that is a path of ours, else home.
    pub async fn sign_out(&self, path: &str) -> Redirect {
        let web = self.web();
        web.sessions().close(&self.browser.id);
        let to = local_path(path).unwrap_or(&web.settings().home);
        Redirect { cookie: Some(cookies::forget_session(web.settings().https)), ..Redirect::to(to) }
    }

    /// What the reader's session follows.
    pub fn origin(&self) -> Option<Origin> {
        self.web().sessions().origin(&self.browser.id)
    }

    /// A secret of this browser at this site, of its purpose and of `of`: nobody else can make it, and neither can the browser.
    pub fn bound(&self, purpose: &str, of: &[u8]) -> [u8; 32] {
        self.browser.gave_token.store(true, Ordering::Relaxed);
        csrf::bound(self.web().csrf_key(), purpose, &self.browser.id, of)
    }

    /// Lets pass who has shown what is asked for; others are sent to show it, and then to `path`.
    ///
    /// # Errors
    /// Where to send them.
    pub fn demand(&self, demand: Demand, path: &str) -> Result<(), Redirect> {
        match &self.user {
            Some(user) if user.meets(demand, self.web().now()) => Ok(()),
            _ => Err(Redirect::to_show(demand, path)),
        }
    }

    pub(crate) fn web(&self) -> &Web {
        &self.browser.web
    }

    /// The session cookie the browser showed.
    pub(crate) fn shown_id(&self) -> Option<&SessionId> {
        self.browser.showed_id.then_some(&self.browser.id)
    }

    /// The session cookie the browser must get, because a page carries a token for it.
    pub(crate) fn new_id(&self) -> Option<&SessionId> {
        (!self.browser.showed_id && self.gave_token()).then_some(&self.browser.id)
    }

    /// Whether the answer is for this reader alone.
    pub(crate) fn is_personal(&self) -> bool {
        self.user.is_some() || self.gave_token()
    }

    fn gave_token(&self) -> bool {
        self.browser.gave_token.load(Ordering::Relaxed)
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

/// `path` if it is a path on this site that is safe to redirect to: browsers read `//host` and `/\host` as
/// another site.
pub fn local_path(path: &str) -> Option<&str> {
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let local = path.starts_with('/') && !path.starts_with("//");
    (plain && local && path.len() <= RETURN_PATH_LIMIT_BYTES).then_some(path)
}

/// Sends the reader to another page of this site (303 See Other).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    to: String,
    cookie: Option<HeaderValue>,
}

impl Redirect {
    /// To a path the program made; for one that came with a request, see [`local_path`].
    pub fn to(path: impl Into<String>) -> Self {
        Self { to: path.into(), cookie: None }
    }

    /// To the page for signing in, which leads back to `path`.
    pub(crate) fn to_sign_in(path: Option<&str>) -> Self {
        match path.and_then(local_path) {
            Some(path) => Self::to(format!("/sign-in?return={}", utf8_percent_encode(path, QUERY_VALUE))),
            None => Self::to("/sign-in"),
        }
    }

    /// To the page for signing in, to show what is asked for, and then to `path`.
    fn to_show(demand: Demand, path: &str) -> Self {
        let mut redirect = Self::to_sign_in(Some(path));
        let mut separator = if redirect.to.contains('?') { '&' } else { '?' };
        if demand.assurance == Assurance::Two {
            redirect.to.push_str(&format!("{separator}level=2"));
            separator = '&';
        }
        if let Some(minutes) = demand.within_minutes {
            redirect.to.push_str(&format!("{separator}within={minutes}"));
        }
        redirect
    }

    /// To another site, at an address that the program made.
    pub fn away(address: impl Into<String>) -> Self {
        Self::to(address)
    }

    /// The same, but to another site, at an address that the program made.
    pub fn then_away(self, address: impl Into<String>) -> Self {
        Self { to: address.into(), ..self }
    }

    /// To the same page, remembering a language.
    pub(crate) fn with_language(path: &str, language: Language, https: bool) -> Self {
        Self { cookie: Some(cookies::set_language(language, https)), ..Self::to(path) }
    }
}

impl IntoResponse for Redirect {
    fn into_response(self) -> Response {
        let Ok(location) = HeaderValue::try_from(self.to) else {
            return Problem::internal("a redirect to what is not a path").into_response();
        };
        let mut response = StatusCode::SEE_OTHER.into_response();
        response.headers_mut().insert(header::LOCATION, location);
        if let Some(cookie) = self.cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_paths_are_returned_to() {
        let ours = ["/", "/ho-so", "/ho-so?so=1&b=%20", "/a//b", "/a:b"];
        let others = [
            "",
            "ho-so",
            "//evil.example",
            "/\\evil.example",
            "\\/evil",
            "https://evil.example",
            "javascript:x",
            "/a\r\nSet-Cookie: x",
            "/ế",
            "/a b",
        ];
        for path in ours {
            assert_eq!(local_path(path), Some(path));
        }
        for path in others {
            assert_eq!(local_path(path), None, "{path:?}");
        }
        assert_eq!(local_path(&format!("/{}", "a".repeat(RETURN_PATH_LIMIT_BYTES))), None);
    }

    #[test]
    fn signing_in_leads_back() {
        let redirect = Redirect::to_sign_in(Some("/ho-so?so=1&x=2"));
        assert_eq!(redirect.to, "/sign-in?return=/ho-so%3Fso%3D1%26x%3D2");
        assert_eq!(Redirect::to_sign_in(Some("//evil.example")).to, "/sign-in");
        for (demand, path, to) in [
            (Demand::LEVEL_TWO, "/a", "/sign-in?return=/a&level=2"),
            (Demand::shown_within(15), "/a", "/sign-in?return=/a&within=15"),
            (Demand { within_minutes: Some(5), ..Demand::LEVEL_TWO }, "//a", "/sign-in?level=2&within=5"),
        ] {
            assert_eq!(Redirect::to_show(demand, path).to, to);
        }
    }
}
