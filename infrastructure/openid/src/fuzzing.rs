//! Fuzz targets: what must hold of this crate's parsers, whatever bytes come.

use crate::{
    claims::{Expected, Told},
    flow::{self, DRAW_BYTES, Wish},
};
use aws_lc_rs::hmac;
use jiff::Timestamp;
use serde_json::{Value, json};
use web::{Assurance, Demand};

/// What is expected of tokens here.
const EXPECTED: Expected<'static> =
    Expected { issuer: "https://id.example", client: "VN/GOV/H26/pages", now: Timestamp::UNIX_EPOCH };

fn text(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or_default()
}

/// The secrets of one browser at one site.
fn bound(purpose: &str, of: &[u8]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"fuzzing");
    let tag = hmac::sign(&key, &[purpose.as_bytes(), b"\0", of].concat());
    let mut bound = [0; 32];
    bound.copy_from_slice(tag.as_ref());
    bound
}

fn wish() -> Wish {
    let demand = Demand { assurance: Assurance::Two, within_minutes: Some(15) };
    Wish { path: "/civil-status?x=1".to_owned(), demand }
}

/// The state of an answer: one that is read was made here.
pub fn state(data: &[u8]) {
    if let Some((read, _)) = flow::read_state(text(data), &bound) {
        assert_eq!(read, wish(), "a forgery");
    }
}

/// Valid states.
pub fn states() -> Vec<Vec<u8>> {
    vec![flow::state_of(&wish(), [7; DRAW_BYTES], &bound).into()]
}

/// The claims of tokens, and what is told of a person: nobody is believed to be more than was said.
pub fn claims(data: &[u8]) {
    let Ok(claims) = serde_json::from_slice::<Value>(data) else { return };
    if let Ok(identified) = EXPECTED.id_token(&claims, "n", Demand::LEVEL_TWO) {
        assert_eq!(identified.assurance, Assurance::Two);
        assert!(!identified.subject.is_empty() && claims["nonce"] == "n");
    }
    if let Ok(ended) = EXPECTED.logout_token(&claims) {
        assert!(claims.get("nonce").is_none() && (ended.session.is_some() || ended.subject.is_some()));
    }
    if let Ok(told) = serde_json::from_value::<Told>(claims) {
        assert_eq!(told.signed_in(Assurance::One, None).assurance, Assurance::One);
    }
}

/// Valid claims.
pub fn samples_of_claims() -> Vec<Vec<u8>> {
    let token = json!({
        "iss": EXPECTED.issuer, "aud": EXPECTED.client, "sub": "s", "sid": "1", "nonce": "n", "iat": 0, "exp": 600,
        "auth_time": 0, "acr": "urn:lienthong:assurance:2",
    });
    let logout = json!({
        "iss": EXPECTED.issuer, "aud": EXPECTED.client, "sid": "1", "iat": 0, "exp": 600, "jti": "j",
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    let told = json!({
        "sub": "s", "name": "An", "personal_number": "001190000001",
        "posts": [{ "agency": "H26", "system": "one-door", "post": "reception", "unit": "00004", "from": "2026-01-01" }],
    });
    [token, logout, told].map(|sample| sample.to_string().into_bytes()).into()
}
