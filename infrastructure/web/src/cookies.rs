//! The two cookies: the session, and the language.

use http::{HeaderMap, HeaderValue, header};

use crate::{Language, SessionId};

/// Name of the cookie with the reader's language.
const LANGUAGE_COOKIE: &str = "lang";

/// How long a browser remembers the language, in seconds: a year.
const LANGUAGE_COOKIE_SECONDS: u32 = 365 * 24 * 60 * 60;

/// How a session's cookie is named: over HTTPS with the prefix that binds it to this host and to HTTPS
/// (RFC 6265bis, section 4.1.3.2), which browsers refuse over plain HTTP.
fn session_cookie(https: bool) -> &'static str {
    if https { "__Host-lienthong_session" } else { "lienthong_session" }
}

/// The session id a browser shows.
pub(crate) fn session_id(headers: &HeaderMap, https: bool) -> Option<SessionId> {
    SessionId::from_cookie(cookie(headers, session_cookie(https))?)
}

/// The language a browser remembers.
pub(crate) fn language(headers: &HeaderMap) -> Option<Language> {
    Language::from_tag(cookie(headers, LANGUAGE_COOKIE)?)
}

/// The first cookie of that name.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(cookie, value)| (cookie == name).then_some(value))
}

/// `Set-Cookie` for a session.
pub(crate) fn set_session(id: &SessionId, https: bool) -> HeaderValue {
    header_value(session_cookie(https), &id.to_cookie(), "HttpOnly", https)
}

/// `Set-Cookie` that makes the browser forget its session.
pub(crate) fn forget_session(https: bool) -> HeaderValue {
    header_value(session_cookie(https), "", "HttpOnly; Max-Age=0", https)
}

/// `Set-Cookie` for a language.
pub(crate) fn set_language(language: Language, https: bool) -> HeaderValue {
    let attributes = format!("HttpOnly; Max-Age={LANGUAGE_COOKIE_SECONDS}");
    header_value(LANGUAGE_COOKIE, language.tag(), &attributes, https)
}

fn header_value(name: &str, value: &str, attributes: &str, https: bool) -> HeaderValue {
    let secure = if https { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; {attributes}; SameSite=Lax{secure}");
    HeaderValue::try_from(cookie).expect("names, base64 and numbers are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> SessionId {
        SessionId::generate(&|bytes| bytes.fill(7))
    }

    #[test]
    fn the_session_cookie_is_bound_to_https_where_there_is_https() {
        let value = id().to_cookie();
        assert_eq!(
            set_session(&id(), true),
            format!("__Host-lienthong_session={value}; Path=/; HttpOnly; SameSite=Lax; Secure")
        );
        assert_eq!(
            set_session(&id(), false),
            format!("lienthong_session={value}; Path=/; HttpOnly; SameSite=Lax")
        );
    }

    #[test]
    fn cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        assert_eq!((session_id(&headers, false), language(&headers)), (None, None));
        let cookies = format!("a=b; lienthong_session={};lang=en", id().to_cookie());
        headers.append(header::COOKIE, HeaderValue::try_from(cookies).unwrap());
        assert_eq!(session_id(&headers, false), Some(id()));
        assert_eq!(session_id(&headers, true), None, "a cookie of plain HTTP is no session over HTTPS");
        assert_eq!(language(&headers), Some(Language::En));
    }
}
