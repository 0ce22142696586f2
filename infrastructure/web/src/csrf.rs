//! Forged requests are refused: whoever changes something must show that our page asked for it.
//!
//! Three signs are looked at. The browser's own word on where a request comes from (`Sec-Fetch-Site`, `Origin`)
//! must not say elsewhere; and the form must carry a token made by us for this browser: an HMAC of its session
//! cookie (the signed double-submit pattern of the OWASP cheat sheet on cross-site request forgery).

use std::fmt::{self, Display};
use std::time::Duration;

use askama::filters::HtmlSafe;
use aws_lc_rs::hmac;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Multipart, Request};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, header};
use thiserror::Error;
use tokio::time::timeout;

use crate::form::is_content_type;
use crate::upload::UPLOAD_LIMIT_BYTES;
use crate::{FORM_LIMIT_BYTES, Form, Problem, ProblemKind, SessionId, Visit};

/// Name of the form field with the token.
pub const CSRF_FIELD: &str = "csrf";

/// Name of the header with the token, for requests of a script that are not forms.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// The most seconds the body of a form may take to arrive: 20 MB at 1 Mbit/s.
pub const BODY_SECONDS_MAXIMUM: u64 = 160;

/// Says what the key signs, so that no other use of it can make a token.
const TOKEN_PURPOSE: &[u8] = b"lienthong csrf token\0";

/// The token of a page's forms. In a template, `{{ csrf }}` writes it as a hidden field:
///
/// ```html
/// <form method="post" novalidate>{{ csrf }} ... </form>
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csrf(String);

impl Csrf {
    /// The token for a browser's session cookie.
    pub(crate) fn new(key: &hmac::Key, browser: &SessionId) -> Self {
        Self(URL_SAFE_NO_PAD.encode(hmac::sign(key, &signed(browser))))
    }

    /// The token itself, for a script.
    pub fn token(&self) -> &str {
        &self.0
    }
}

impl Display for Csrf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Base64 needs no escaping.
        write!(formatter, "<input type=\"hidden\" name=\"{CSRF_FIELD}\" value=\"{}\">", self.0)
    }
}

impl HtmlSafe for Csrf {}

impl<S: Sync> FromRequestParts<S> for Csrf {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Visit::of(parts).csrf())
    }
}

/// A secret of a browser at this site, of a purpose that no token has. What comes before `of` has a length of its own, so
/// that no two of them are the same bytes.
pub(crate) fn bound(key: &hmac::Key, purpose: &str, browser: &SessionId, of: &[u8]) -> [u8; 32] {
    let lead =
        format!("lienthong bound to a browser\0{}\0{purpose}\0{}\0", purpose.len(), browser.to_cookie());
    let tag = hmac::sign(key, &[lead.as_bytes(), of].concat());
    let mut bound = [0; 32];
    bound.copy_from_slice(tag.as_ref());
    bound
}

fn signed(browser: &SessionId) -> Vec<u8> {
    [TOKEN_PURPOSE, browser.to_cookie().as_bytes()].concat()
}

/// Whether a token was made for this browser, compared in constant time.
fn is_token_of(token: &str, key: &hmac::Key, browser: &SessionId) -> bool {
    URL_SAFE_NO_PAD.decode(token).is_ok_and(|tag| hmac::verify(key, &signed(browser), &tag).is_ok())
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    /// The browser says another site sent it.
    #[error("the request was sent by a page of another site")]
    OtherSite,
    /// The browser shows no session cookie.
    #[error("the browser shows no session cookie; cookies may be off, or the page is too old")]
    NoCookie,
    /// The form has no token.
    #[error("the form carries no token")]
    NoToken,
    /// The form has a token of another browser or of an ended session.
    #[error("the form's token is not of this session; the page is too old")]
    WrongToken,
    /// The body is larger than any form may be.
    #[error("the body is larger than {0} bytes; send less")]
    TooLarge(usize),
    /// The body took longer than [`BODY_SECONDS_MAXIMUM`] to arrive.
    #[error("the body did not arrive within {BODY_SECONDS_MAXIMUM} seconds; send it again")]
    TooSlow,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooLarge(_) => Self::new(ProblemKind::TooLarge).because(refusal),
            Refusal::TooSlow => Self::new(ProblemKind::TooSlow).because(refusal),
            _ => Self::new(ProblemKind::ForgedRequest).because(refusal),
        }
    }
}

/// What the layer knows of the browser when it checks a request.
pub(crate) struct Check<'a> {
    /// The key of the tokens.
    pub(crate) key: &'a hmac::Key,
    /// The session cookie the browser showed, if any.
    pub(crate) browser: Option<&'a SessionId>,
    /// The origin of our pages.
    pub(crate) origin: Option<&'a str>,
}

impl Check<'_> {
    /// Lets a request pass that changes nothing or that our page asked for. Its body is read to find the token
    /// and put back, so no handler sees a form without one.
    pub(crate) async fn pass(&self, request: Request) -> Result<Request, Refusal> {
        if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE) {
            return Ok(request);
        }
        if comes_from_elsewhere(request.headers(), self.origin) {
            return Err(Refusal::OtherSite);
        }
        let browser = self.browser.ok_or(Refusal::NoCookie)?;
        let (request, token) = find_token(request).await?;
        match token {
            None => Err(Refusal::NoToken),
            Some(token) if is_token_of(&token, self.key, browser) => Ok(request),
            Some(_) => Err(Refusal::WrongToken),
        }
    }
}

/// Whether the browser says that the request comes from another site. Programs that are no browser say nothing
/// of this; they cannot be made to send a person's cookie either.
fn comes_from_elsewhere(headers: &HeaderMap, origin: Option<&str>) -> bool {
    let other_fetch_site = headers
        .get("sec-fetch-site")
        .is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"));
    let other_origin = match (headers.get(header::ORIGIN), origin) {
        (None, _) => false,
        (Some(sent), Some(ours)) => sent.as_bytes() != ours.as_bytes(),
        (Some(_), None) => true,
    };
    other_fetch_site || other_origin
}

/// The origin a request was sent to, by its `Host`.
pub(crate) fn origin_of_host(headers: &HeaderMap, https: bool) -> Option<String> {
    let host = headers.get(header::HOST).map(HeaderValue::to_str)?.ok()?;
    Some(format!("{}://{}", if https { "https" } else { "http" }, host.to_ascii_lowercase()))
}

/// The token of a request, in its header or its form, and the request with its body as it was.
async fn find_token(request: Request) -> Result<(Request, Option<String>), Refusal> {
    if let Some(token) = request.headers().get(CSRF_HEADER) {
        let token = token.to_str().ok().map(str::to_owned);
        return Ok((request, token));
    }
    if is_content_type(&request, "application/x-www-form-urlencoded") {
        let (parts, body) = buffered(request, FORM_LIMIT_BYTES).await?;
        let token = Form::parse(&body).ok().filter(|form| form.has(CSRF_FIELD));
        let token = token.map(|form| form.value(CSRF_FIELD).to_owned());
        return Ok((Request::from_parts(parts, Body::from(body)), token));
    }
    if is_content_type(&request, "multipart/form-data") {
        let (parts, body) = buffered(request, UPLOAD_LIMIT_BYTES).await?;
        let token = token_of_parts(&parts.headers, body.clone()).await;
        return Ok((Request::from_parts(parts, Body::from(body)), token));
    }
    Ok((request, None))
}

async fn buffered(request: Request, limit_bytes: usize) -> Result<(Parts, Bytes), Refusal> {
    let (parts, body) = request.into_parts();
    let patience = Duration::from_secs(BODY_SECONDS_MAXIMUM);
    let body = timeout(patience, to_bytes(body, limit_bytes)).await.map_err(|_| Refusal::TooSlow)?;
    Ok((parts, body.map_err(|_| Refusal::TooLarge(limit_bytes))?))
}

/// The token in a multipart body.
async fn token_of_parts(headers: &HeaderMap, body: Bytes) -> Option<String> {
    let mut request = Request::new(Body::from(body));
    request.headers_mut().insert(header::CONTENT_TYPE, headers.get(header::CONTENT_TYPE)?.clone());
    DefaultBodyLimit::max(UPLOAD_LIMIT_BYTES).apply(&mut request);
    let mut multipart = Multipart::from_request(request, &()).await.ok()?;
    while let Some(part) = multipart.next_field().await.ok()? {
        if part.name() == Some(CSRF_FIELD) {
            return part.text().await.ok();
        }
    }
    None
}
