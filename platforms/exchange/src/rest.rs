//! X-Road REST message protocol 1: what a request path says and which headers travel.

use crate::fault::{Fault, Kind};
use contracts::{MemberId, ServiceId, SystemId, identifiers::check_part};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Longest request target, in bytes.
pub const TARGET_LIMIT_BYTES: usize = 16 * 1024;

/// `X-Road-Client`: the calling system.
pub const CLIENT: HeaderName = HeaderName::from_static("x-road-client");
/// `X-Road-Id`: identifier of the message, chosen by the caller.
pub const ID: HeaderName = HeaderName::from_static("x-road-id");
/// `X-Road-UserId`: who makes the call.
pub const USER_ID: HeaderName = HeaderName::from_static("x-road-userid");
/// `X-Road-Issue`: the case.
pub const ISSUE: HeaderName = HeaderName::from_static("x-road-issue");
/// `X-Road-Service`: the called service, in answers.
pub const SERVICE: HeaderName = HeaderName::from_static("x-road-service");
/// `X-Road-Request-Id`: identifier of one request on the way between nodes.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-road-request-id");
/// `X-Road-Request-Hash`: digest of the request, in answers.
pub const REQUEST_HASH: HeaderName = HeaderName::from_static("x-road-request-hash");
/// `X-Road-Error`: type of a fault of the exchange.
pub const ERROR: HeaderName = HeaderName::from_static("x-road-error");
/// `X-Lienthong-Purpose`: what the data is for.
pub const PURPOSE: HeaderName = HeaderName::from_static("x-lienthong-purpose");
/// `X-Lienthong-Legal-Basis`: what allows it.
pub const LEGAL_BASIS: HeaderName = HeaderName::from_static("x-lienthong-legal-basis");
/// `X-Lienthong-Token`: secret by which a system outside the process proves itself to its own node; never travels.
pub const TOKEN: HeaderName = HeaderName::from_static("x-lienthong-token");
/// `X-Lienthong-Receipt`: where the caller's node gives the receipt.
pub const RECEIPT: HeaderName = HeaderName::from_static("x-lienthong-receipt");
/// `X-Lienthong-Time`: when the node sealed the message, microseconds since 1970 UTC.
pub const TIME: HeaderName = HeaderName::from_static("x-lienthong-time");
/// `X-Lienthong-Node`: the provider's node that a request was sealed for; no other takes it.
pub const NODE: HeaderName = HeaderName::from_static("x-lienthong-node");
/// `X-Lienthong-Fields`: the fields of the answer that the grant shows, when it does not show all.
pub const FIELDS: HeaderName = HeaderName::from_static("x-lienthong-fields");

/// Headers that belong to one connection, or that the node itself writes: they are taken off in both directions.
static STRIPPED: [HeaderName; 19] = [
    header::TRANSFER_ENCODING,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::CONNECTION,
    header::USER_AGENT,
    header::HOST,
    header::CONTENT_LENGTH,
    header::SERVER,
    header::EXPECT,
    REQUEST_ID,
    REQUEST_HASH,
    TOKEN,
    TIME,
    NODE,
    FIELDS,
];

/// The headers that most messages carry, so that their names need not be made anew for each.
static USUAL: [HeaderName; 13] = [
    CLIENT,
    ID,
    USER_ID,
    ISSUE,
    SERVICE,
    REQUEST_ID,
    REQUEST_HASH,
    ERROR,
    PURPOSE,
    LEGAL_BASIS,
    TIME,
    NODE,
    FIELDS,
];

/// A header's name as it was written; `None` when it is none.
pub fn header_name(written: &str) -> Option<HeaderName> {
    let usual = USUAL.iter().find(|name| name.as_str() == written);
    usual.cloned().or_else(|| written.parse().ok())
}

/// The header travels to the other side.
pub fn travels(name: &HeaderName) -> bool {
    !STRIPPED.contains(name)
}

/// What the path of a call says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The service.
    pub service: ServiceId,
    /// Path within the service, still percent-encoded; empty or beginning with a slash.
    pub path: String,
    /// Query, untouched.
    pub query: Option<String>,
}

impl Target {
    /// Reads `/r1/VN/GOV/G01/population/people/look-up?...`.
    pub fn parse(path: &str, query: Option<&str>) -> Result<Self, Fault> {
        if path.len() + query.map_or(0, str::len) > TARGET_LIMIT_BYTES {
            return Err(bad(format!(
                "the request target is longer than {TARGET_LIMIT_BYTES} bytes; send long values in the body"
            )));
        }
        let rest = match path.strip_prefix("/r1/") {
            Some(rest) => rest,
            None => {
                return Err(bad(
                    "the path does not begin with /r1/; this node speaks version 1 of the protocol".into(),
                ));
            }
        };
        let mut parts = rest.splitn(6, '/');
        let mut part = |what: &str| -> Result<String, Fault> {
            let raw = parts.next().filter(|p| !p.is_empty()).ok_or_else(|| {
                bad(format!("the path has no {what}; write /r1/INSTANCE/CLASS/MEMBER/SYSTEM/SERVICE/..."))
            })?;
            let text = percent_decode_str(raw)
                .decode_utf8()
                .map_err(|_| bad(format!("the {what} in the path is not UTF-8")))?;
            // A percent-encoded slash may stand in an identifier by the protocol's text, but never in ours.
            check_part(&text).map_err(|error| bad(error.to_string()))?;
            Ok(text.into_owned())
        };
        let member = MemberId {
            instance: part("instance")?,
            class: part("member class")?,
            code: part("member code")?,
        };
        let service = ServiceId {
            system: SystemId { member, system: part("system code")? },
            service: part("service code")?,
        };
        let path = parts.next().map_or_else(String::new, |rest| format!("/{rest}"));
        check_path(&path)?;
        Ok(Self { service, path, query: query.map(str::to_owned) })
    }

    /// The target as a request line says it, each part of the identifier percent-encoded.
    pub fn write(&self) -> String {
        let ServiceId { system: SystemId { member, system }, service } = &self.service;
        let mut target = String::with_capacity(64 + self.path.len());
        target.push_str("/r1");
        for part in [&member.instance, &member.class, &member.code, system, service] {
            target.push('/');
            target.extend(utf8_percent_encode(part, IDENTIFIER));
        }
        target.push_str(&self.path);
        if let Some(query) = &self.query {
            target.push('?');
            target.push_str(query);
        }
        target
    }
}

/// Everything but letters, digits and the marks that may stand bare in a path segment is percent-encoded.
const IDENTIFIER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Refuses paths that mean another place than they say: a backend that resolves them would escape its access rule.
fn check_path(path: &str) -> Result<(), Fault> {
    let decoded = percent_decode_str(path)
        .decode_utf8()
        .map_err(|_| bad("the path within the service is not UTF-8".into()))?;
    let twice = percent_decode_str(&decoded).decode_utf8_lossy();
    for text in [decoded.as_ref(), twice.as_ref()] {
        let climbs = text.split(['/', '\\']).any(|segment| segment == ".." || segment == ".");
        if climbs || text.contains('\\') || text.chars().any(char::is_control) {
            return Err(bad(
                "the path within the service holds '.', '..', a backslash or a control character".into(),
            ));
        }
    }
    Ok(())
}

/// Reads the calling system from `X-Road-Client`. Of several headers the last counts, as the protocol says.
pub fn client(headers: &HeaderMap) -> Result<SystemId, Fault> {
    let invalid = |message: String| Fault::consumer(Kind::InvalidClientIdentifier, message);
    let value = headers.get_all(CLIENT).iter().next_back().ok_or_else(|| {
        invalid("the header X-Road-Client is missing; send INSTANCE/CLASS/MEMBER/SYSTEM".into())
    })?;
    let text = value
        .to_str()
        .map_err(|_| invalid("the header X-Road-Client is not ASCII; percent-encode its parts".into()))?;
    let text = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| invalid("the header X-Road-Client is not UTF-8".into()))?;
    text.parse().map_err(|error: contracts::identifiers::IdentifierError| invalid(error.to_string()))
}

/// A header's value as text, percent-decoded; `None` when absent or no text.
pub fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let raw = headers.get(name)?.to_str().ok()?;
    percent_decode_str(raw).decode_utf8().ok().map(|text| text.into_owned())
}

/// When a message was sealed, by its sender's clock: microseconds since 1970 UTC.
pub fn sealed_micros(headers: &HeaderMap) -> Option<i64> {
    headers.get(TIME)?.to_str().ok()?.parse().ok()
}

/// A text as a header's value, percent-encoded where it must be.
pub fn value(text: &str) -> HeaderValue {
    const BARE: &AsciiSet = &percent_encoding::CONTROLS.add(b'%');
    let encoded = utf8_percent_encode(text, BARE).to_string();
    HeaderValue::from_str(&encoded).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn bad(message: String) -> Fault {
    Fault::client(Kind::BadRequest, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_and_written_alike() {
        for (path, query, service, rest) in [
            ("/r1/VN/GOV/G01/population/people/look-up", None, "VN/GOV/G01/population/people", "/look-up"),
            (
                "/r1/VN/GOV/G12.BHXH/insurance/members",
                Some("a=%2F&a=b"),
                "VN/GOV/G12.BHXH/insurance/members",
                "",
            ),
            ("/r1/VN/COM/0100233488/k%E1%BA%BF-to%C3%A1n/hd/", None, "VN/COM/0100233488/kế-toán/hd", "/"),
            ("/r1/VN/GOV/G01/a%20b/people/x%2Fy", None, "VN/GOV/G01/a b/people", "/x%2Fy"),
        ] {
            let target = Target::parse(path, query).unwrap();
            assert_eq!((target.service.to_string().as_str(), target.path.as_str()), (service, rest));
            let whole = query.map_or_else(|| path.to_owned(), |q| format!("{path}?{q}"));
            assert_eq!(target.write(), whole);
        }
    }

    #[test]
    fn hostile_targets_are_refused() {
        let long = format!("/r1/VN/GOV/G01/population/people/{}", "x".repeat(TARGET_LIMIT_BYTES));
        for path in [
            "/",
            "/r1",
            "/r2/VN/GOV/G01/a/b",
            "/r1/VN/GOV/G01/population",
            "/r1/VN//G01/a/b",
            "/r1/VN/GOV/G01/a%2Fb/c",
            "/r1/VN/GOV/G01/%2e%2e/c",
            "/r1/VN/GOV/G01/a/b/../c",
            "/r1/VN/GOV/G01/a/b/%2e%2e/c",
            "/r1/VN/GOV/G01/a/b/%252e%252e/c",
            "/r1/VN/GOV/G01/a/b/c%00",
            "/r1/VN/GOV/G01/a/b/..%5cc",
            "/r1/VN/GOV/G01/%ff/b",
            &long,
        ] {
            assert!(Target::parse(path, None).is_err(), "{path}");
        }
    }

    #[test]
    fn the_last_client_header_counts() {
        let mut headers = HeaderMap::new();
        assert_eq!(client(&headers).unwrap_err().kind, Kind::InvalidClientIdentifier);
        headers.append(CLIENT, "VN/GOV/G01/a".parse().unwrap());
        headers.append(CLIENT, "VN/GOV/G02/b".parse().unwrap());
        assert_eq!(client(&headers).unwrap().to_string(), "VN/GOV/G02/b");
    }

    #[test]
    fn header_values_keep_their_letters() {
        let mut headers = HeaderMap::new();
        headers.insert(ISSUE, value("hồ sơ 100%"));
        assert_eq!(text(&headers, &ISSUE).as_deref(), Some("hồ sơ 100%"));
    }

    #[test]
    fn headers_of_the_connection_stay_behind() {
        for (name, stays) in [
            ("connection", true),
            ("host", true),
            ("x-lienthong-token", true),
            ("authorization", false),
            ("cookie", false),
            ("x-road-client", false),
        ] {
            assert_eq!(!travels(&name.parse().unwrap()), stays, "{name}");
        }
    }
}
