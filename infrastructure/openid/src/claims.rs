//! What an identity provider must say, and what is made of it: pure functions of tokens whose signature was checked.

use contracts::identity::{Level, PostHeld};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;
use web::{Assurance, Demand, Role, SignedIn};

/// How far the provider's clock may be off, in seconds.
pub(crate) const CLOCK_LEEWAY_SECONDS: i64 = 60;
/// The event that a logout token tells of.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Why what the provider sent is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum ClaimFault {
    /// It is of another issuer.
    #[error("the token is of another issuer")]
    Issuer,
    /// It is for another client, or for others as well.
    #[error("the token is not for this client alone")]
    Audience,
    /// It has expired, or is not yet good.
    #[error("the token is not in time; compare the clocks")]
    Time,
    /// It answers another request.
    #[error("the token answers another request")]
    Nonce,
    /// It lacks what it must say.
    #[error("the token lacks subject, session or identifier")]
    Incomplete,
    /// It is not as sure who the person is as was asked for.
    #[error("the person was not identified as surely as was asked for")]
    Assurance,
    /// The person showed too long ago who they are.
    #[error("the person showed too long ago who they are")]
    Age,
    /// It does not tell that a session has ended.
    #[error("the token does not tell that a session has ended")]
    Event,
    /// What is told of the person is of somebody else.
    #[error("what is told of the person is of somebody else")]
    Subject,
}

/// What is expected of a token.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client: &'a str,
    pub(crate) now: Timestamp,
}

/// Who signed in, as an ID token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identified {
    pub(crate) subject: String,
    pub(crate) session: String,
    pub(crate) assurance: Assurance,
    pub(crate) shown_at: Option<Timestamp>,
}

/// The end of a session, or of all sessions of a person, as a logout token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) token: String,
    pub(crate) expires: i64,
    pub(crate) session: Option<String>,
    pub(crate) subject: Option<String>,
}

fn text<'a>(claims: &'a Value, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn second(claims: &Value, name: &str) -> Option<i64> {
    claims.get(name).and_then(Value::as_i64)
}

impl Expected<'_> {
    /// Issuer, audience and time, as every token must have them.
    fn check(&self, claims: &Value) -> Result<(), ClaimFault> {
        if text(claims, "iss") != Some(self.issuer) {
            return Err(ClaimFault::Issuer);
        }
        let is_for_us = match claims.get("aud") {
            Some(Value::Array(all)) => all.len() == 1 && all[0].as_str() == Some(self.client),
            Some(one) => one.as_str() == Some(self.client),
            None => false,
        };
        if !is_for_us || text(claims, "azp").is_some_and(|party| party != self.client) {
            return Err(ClaimFault::Audience);
        }
        let now = self.now.as_second();
        let is_good = second(claims, "exp").is_some_and(|exp| now < exp.saturating_add(CLOCK_LEEWAY_SECONDS));
        let is_begun = |name| second(claims, name).is_none_or(|at| at <= now + CLOCK_LEEWAY_SECONDS);
        let is_dated = second(claims, "iat").is_some();
        if is_good && is_dated && is_begun("iat") && is_begun("nbf") { Ok(()) } else { Err(ClaimFault::Time) }
    }

    /// Checks an ID token (OpenID Connect Core 1.0, section 3.1.3.7).
    pub(crate) fn id_token(
        &self,
        claims: &Value,
        nonce: &str,
        demand: Demand,
    ) -> Result<Identified, ClaimFault> {
        self.check(claims)?;
        if text(claims, "nonce") != Some(nonce) {
            return Err(ClaimFault::Nonce);
        }
        let (Some(subject), Some(session)) = (text(claims, "sub"), text(claims, "sid")) else {
            return Err(ClaimFault::Incomplete);
        };
        let assurance = match text(claims, "acr").and_then(Level::from_acr) {
            Some(Level::Two) => Assurance::Two,
            Some(Level::One) | None => Assurance::One,
        };
        if assurance < demand.assurance {
            return Err(ClaimFault::Assurance);
        }
        let shown_at = second(claims, "auth_time").and_then(|second| Timestamp::from_second(second).ok());
        let is_in_time = demand.within_minutes.is_none_or(|minutes| {
            let limit = i64::from(minutes) * 60 + CLOCK_LEEWAY_SECONDS;
            shown_at.is_some_and(|shown| self.now.as_second() - shown.as_second() <= limit)
        });
        if !is_in_time {
            return Err(ClaimFault::Age);
        }
        Ok(Identified { subject: subject.into(), session: session.into(), assurance, shown_at })
    }

    /// Checks a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6).
    pub(crate) fn logout_token(&self, claims: &Value) -> Result<Ended, ClaimFault> {
        self.check(claims)?;
        let is_event =
            claims.get("events").and_then(|events| events.get(LOGOUT_EVENT)).is_some_and(Value::is_object);
        // A token with a nonce answers a request, so it is none of these.
        if !is_event || claims.get("nonce").is_some() {
            return Err(ClaimFault::Event);
        }
        let owned = |name| text(claims, name).map(str::to_owned);
        let (Some(token), Some(expires)) = (owned("jti"), second(claims, "exp")) else {
            return Err(ClaimFault::Incomplete);
        };
        let ended = Ended { token, expires, session: owned("sid"), subject: owned("sub") };
        if ended.session.is_none() && ended.subject.is_none() {
            Err(ClaimFault::Incomplete)
        } else {
            Ok(ended)
        }
    }
}

/// What is told of a person (OpenID Connect Core 1.0, section 5.3.2), as far as a site uses it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Told {
    pub(crate) sub: String,
    #[serde(default)]
    name: String,
    personal_number: Option<String>,
    #[serde(default)]
    posts: Vec<PostHeld>,
}

impl Told {
    /// The person as pages know them. What was shown of who they are does not change by being told again.
    pub(crate) fn signed_in(self, assurance: Assurance, shown_at: Option<Timestamp>) -> SignedIn {
        SignedIn {
            person_number: self.personal_number,
            display_name: self.name,
            roles: self.posts.into_iter().map(role).collect(),
            assurance,
            shown_at,
        }
    }
}

fn role(post: PostHeld) -> Role {
    Role {
        agency: post.agency,
        system: post.system,
        post: post.post,
        unit: post.unit,
        until: post.until,
        delegated_by: post.delegated_by.map(|number| number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_800_000_000;

    fn expected() -> Expected<'static> {
        let now = Timestamp::from_second(NOW).unwrap();
        Expected { issuer: "https://id.example", client: "VN/GOV/H26/pages", now }
    }

    fn good() -> Value {
        json!({
            "iss": "https://id.example", "aud": "VN/GOV/H26/pages", "sub": "s", "sid": "1", "nonce": "n",
            "iat": NOW, "exp": NOW + 600, "auth_time": NOW - 300, "acr": Level::Two.acr(),
        })
    }

    /// The good token with another value, or without one where it is null.
    fn with(mut token: Value, name: &str, value: Value) -> Value {
        token[name] = value;
        token.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        token
    }

    #[test]
    fn id_tokens_are_taken_or_refused() {
        use ClaimFault as F;
        let plain = Demand::default();
        let cases: [(&str, Value, Demand, Option<F>); 25] = [
            ("iat", json!(NOW), plain, None),
            ("aud", json!(["VN/GOV/H26/pages"]), plain, None),
            ("azp", json!("VN/GOV/H26/pages"), plain, None),
            ("exp", json!(NOW - 30), plain, None),
            ("iss", json!("https://evil.example"), plain, Some(F::Issuer)),
            ("iss", json!("https://id.example/"), plain, Some(F::Issuer)),
            ("iss", Value::Null, plain, Some(F::Issuer)),
            ("aud", json!("VN/GOV/G22/portal/web"), plain, Some(F::Audience)),
            ("aud", json!(["VN/GOV/H26/pages", "other"]), plain, Some(F::Audience)),
            ("aud", Value::Null, plain, Some(F::Audience)),
            ("azp", json!("other"), plain, Some(F::Audience)),
            ("exp", json!(NOW - 61), plain, Some(F::Time)),
            ("exp", Value::Null, plain, Some(F::Time)),
            ("exp", json!("1900000000"), plain, Some(F::Time)),
            ("iat", json!(NOW + 61), plain, Some(F::Time)),
            ("iat", Value::Null, plain, Some(F::Time)),
            ("nbf", json!(NOW + 61), plain, Some(F::Time)),
            ("nonce", json!("another"), plain, Some(F::Nonce)),
            ("nonce", Value::Null, plain, Some(F::Nonce)),
            ("sub", json!(""), plain, Some(F::Incomplete)),
            ("sid", Value::Null, plain, Some(F::Incomplete)),
            ("acr", json!(Level::One.acr()), Demand::LEVEL_TWO, Some(F::Assurance)),
            ("acr", json!("unknown"), Demand::LEVEL_TWO, Some(F::Assurance)),
            ("auth_time", json!(NOW - 361), Demand::shown_within(5), Some(F::Age)),
            ("auth_time", Value::Null, Demand::shown_within(5), Some(F::Age)),
        ];
        for (name, value, demand, fault) in cases {
            let token = with(good(), name, value);
            let found = expected().id_token(&token, "n", demand);
            assert_eq!(found.err(), fault, "{name}: {token}");
        }
        let found = expected().id_token(&good(), "n", Demand::LEVEL_TWO).unwrap();
        assert_eq!((found.subject.as_str(), found.session.as_str()), ("s", "1"));
        assert_eq!((found.assurance, found.shown_at.unwrap().as_second()), (Assurance::Two, NOW - 300));
        let unknown = expected().id_token(&with(good(), "acr", json!("unknown")), "n", Demand::default());
        assert_eq!(unknown.unwrap().assurance, Assurance::One, "what is not known counts least");
    }

    #[test]
    fn logout_tokens_are_taken_or_refused() {
        use ClaimFault as F;
        let event = json!({ LOGOUT_EVENT: {} });
        let good = with(with(with(good(), "nonce", Value::Null), "events", event), "jti", json!("j"));
        for (name, value, fault) in [
            ("iat", json!(NOW), None),
            ("sid", Value::Null, None),
            ("sub", Value::Null, None),
            ("iss", json!("https://evil.example"), Some(F::Issuer)),
            ("aud", json!("other"), Some(F::Audience)),
            ("exp", json!(NOW - 61), Some(F::Time)),
            ("events", json!({}), Some(F::Event)),
            ("events", json!({ LOGOUT_EVENT: true }), Some(F::Event)),
            ("events", Value::Null, Some(F::Event)),
            ("nonce", json!("n"), Some(F::Event)),
            ("jti", Value::Null, Some(F::Incomplete)),
        ] {
            let token = with(good.clone(), name, value);
            assert_eq!(expected().logout_token(&token).err(), fault, "{name}: {token}");
        }
        let of_nobody = with(with(good.clone(), "sid", Value::Null), "sub", Value::Null);
        assert_eq!(expected().logout_token(&of_nobody), Err(F::Incomplete));
        assert_eq!(expected().logout_token(&good).unwrap().session.as_deref(), Some("1"));
    }

    #[test]
    fn posts_come_from_what_is_told() {
        let told = json!({
            "sub": "s", "name": "An", "personal_number": "001190000001",
            "posts": [{ "agency": "H26", "system": "one-door", "post": "reception", "unit": "00004", "from": "2026-01-01",
                "until": "2027-01-01", "delegated_by": "001190000002" }],
        });
        let told: Told = serde_json::from_value(told).unwrap();
        let user = told.signed_in(Assurance::One, None);
        let role = user.role("one-door", "reception").unwrap();
        assert_eq!((role.agency.as_str(), role.unit.as_deref()), ("H26", Some("00004")));
        assert_eq!(role.until.map(|day| day.to_string()).as_deref(), Some("2027-01-01"));
        assert_eq!(role.delegated_by.as_deref(), Some("001190000002"));
        let nobody: Told = serde_json::from_value(json!({ "sub": "s" })).unwrap();
        assert_eq!(nobody.signed_in(Assurance::One, None).roles, []);
    }
}
