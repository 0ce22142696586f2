//! Headers that tell browsers what our pages never do.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// What a page may load and where its forms may go: our own style sheet, images, fonts and scripts as files,
/// our own forms, and nothing inline (Content Security Policy Level 3).
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
    base-uri 'none'";

/// Headers of every response, unless a handler set its own. `Referrer-Policy` is not `no-referrer`, because
/// browsers would then send our own forms with `Origin: null`.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
];

/// Two years, as the preload list of browsers asks.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=63072000";

/// The same, with forms that may also lead to another site: browsers follow the answer to a form only to where the page with
/// the form says. `None` where the origin can't stand in a header.
pub(crate) fn policy_leading_to(origin: &str) -> Option<HeaderValue> {
    let policy =
        CONTENT_SECURITY_POLICY.replace("form-action 'self'", &format!("form-action 'self' {origin}"));
    HeaderValue::try_from(policy).ok()
}

/// Adds the security headers a response does not have.
pub(crate) fn add_security(headers: &mut HeaderMap, https: bool) {
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if https {
        let value = HeaderValue::from_static(STRICT_TRANSPORT_SECURITY);
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(value);
    }
}

/// Says who may keep a response: nobody keeps one that is `personal`; others ask again each time. A handler's
/// own word, as of the assets, stands, but not for what is personal unless it forbids keeping too.
pub(crate) fn add_caching(headers: &mut HeaderMap, personal: bool) {
    let is_asset =
        headers.get(header::CACHE_CONTROL).is_some_and(|value| value.as_bytes().starts_with(b"public"));
    if is_asset {
        return;
    }
    let value = HeaderValue::from_static(if personal { "no-store" } else { "no-cache" });
    if personal {
        headers.insert(header::CACHE_CONTROL, value);
    } else {
        headers.entry(header::CACHE_CONTROL).or_insert(value);
    }
    headers.append(header::VARY, HeaderValue::from_static("Cookie, Accept, Accept-Language"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_personal_is_never_kept() {
        let cases = [
            (None, false, "no-cache"),
            (None, true, "no-store"),
            (Some("max-age=60"), false, "max-age=60"),
            (Some("max-age=60"), true, "no-store"),
            (Some("public, max-age=31536000, immutable"), true, "public, max-age=31536000, immutable"),
        ];
        for (own, personal, expected) in cases {
            let mut headers = HeaderMap::new();
            if let Some(own) = own {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(own));
            }
            add_caching(&mut headers, personal);
            assert_eq!(headers[header::CACHE_CONTROL], expected, "{own:?}, personal: {personal}");
        }
    }

    #[test]
    fn a_handler_may_be_stricter() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
        add_security(&mut headers, true);
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], "sandbox");
        assert!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }
}
