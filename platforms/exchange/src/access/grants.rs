//! Who may call what, for which purpose, and which fields of the answer they see.

use contracts::{ServiceId, SystemId};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    num::NonZeroU32,
    sync::Arc,
};

/// How deep an answer that is cut may be nested.
pub const CUT_DEPTH_LIMIT: usize = 128;
/// Client of a rule that lets every system of the country in.
pub const EVERYONE: &str = "*";
/// Begins the client of a rule that lets in a group which the provider has named.
pub const LOCAL_GROUP: &str = "local-group:";
/// Begins the client of a rule that lets in a group which the centre has named in the directory.
pub const GLOBAL_GROUP: &str = "global-group:";

/// How often each client may call by a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rate {
    /// Calls a minute, evenly.
    pub calls_per_minute: NonZeroU32,
    /// Calls that may come at once after a rest.
    #[serde(default = "one")]
    pub burst: NonZeroU32,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// One grant of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessRule {
    /// The system of this member that is opened.
    pub system: String,
    /// The service; `*` for all of the system's.
    pub service: String,
    /// Who may call: a system (`VN/GOV/G15/civil-status`), all systems of one code (`*/one-door`), a group
    /// (`local-group:partners`, `global-group:provinces`), or `*`.
    pub client: String,
    /// HTTP method; `*` for any.
    #[serde(default = "any")]
    pub method: String,
    /// Glob over the path within the service: `*` is one segment, `**` is any number.
    #[serde(default = "any_path")]
    pub path: String,
    /// Purposes that the grant is for; any when empty.
    #[serde(default)]
    pub purposes: Vec<String>,
    /// Fields of the answer that may be seen, as dotted paths; all when empty.
    #[serde(default)]
    pub fields: Vec<String>,
    /// First moment of the grant.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// First moment after the grant.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// How often each client may call; as often as it likes when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
}

fn any() -> String {
    "*".into()
}

fn any_path() -> String {
    "**".into()
}

/// What a call asks to do.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Who calls.
    pub client: &'a SystemId,
    /// The groups that it is in, as a rule names them.
    pub groups: &'a [String],
    /// What is called.
    pub service: &'a ServiceId,
    /// HTTP method.
    pub method: &'a str,
    /// The readings of the path within the service, by [`readings`].
    pub paths: &'a [String],
    /// What for.
    pub purpose: &'a str,
    /// When.
    pub at: Timestamp,
}

/// The path percent-decoded; and once more with its encoded slashes kept, when it has any. Some systems take an encoded slash
/// as part of a name and some as a slash, so a grant must allow both.
pub fn readings(path: &str) -> Vec<String> {
    let decoded = percent_decode_str(path).decode_utf8_lossy().into_owned();
    let segments: Vec<String> = path
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().replace('/', "%2F"))
        .collect();
    let kept = segments.join("/");
    if kept == decoded { vec![decoded] } else { vec![decoded, kept] }
}

/// What the grants allow a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The fields that may be seen; all when absent.
    pub fields: Option<Arc<[String]>>,
    /// How often the client may call, one for each grant that limits it; empty when one of the grants does not.
    pub rates: Vec<(GrantKey, Rate)>,
}

/// Tells a grant from others for as long as the process runs.
pub type GrantKey = u64;

/// Looks for the grants that allow a call. Several together allow what each of them allows.
pub fn decide<'a>(rules: impl IntoIterator<Item = &'a AccessRule>, ask: &Ask<'_>) -> Option<Granted> {
    let (mut fields, mut rates) = (Vec::new(), Vec::new());
    let (mut granted, mut all_fields, mut unlimited) = (false, false, false);
    for rule in rules.into_iter().filter(|rule| rule.allows(ask)) {
        granted = true;
        all_fields |= rule.fields.is_empty();
        fields.extend(rule.fields.iter().cloned());
        match rule.rate {
            Some(rate) => rates.push((rule.key(), rate)),
            None => unlimited = true,
        }
    }
    if unlimited {
        rates.clear();
    }
    granted.then(|| Granted { fields: (!all_fields).then(|| fields.into()), rates })
}

impl AccessRule {
    /// Opens a service of a system to a client, for any purpose and all fields.
    pub fn open(system: &str, service: &str, client: &str) -> Self {
        Self {
            system: system.into(),
            service: service.into(),
            client: client.into(),
            method: any(),
            path: any_path(),
            purposes: Vec::new(),
            fields: Vec::new(),
            from: None,
            until: None,
            rate: None,
        }
    }

    /// The same grant, only for these purposes.
    pub fn for_purposes(mut self, purposes: &[&str]) -> Self {
        self.purposes = purposes.iter().map(|p| (*p).to_owned()).collect();
        self
    }

    /// The same grant, only for these fields of the answer.
    pub fn showing(mut self, fields: &[&str]) -> Self {
        self.fields = fields.iter().map(|f| (*f).to_owned()).collect();
        self
    }

    /// The same grant, only for paths that match the glob.
    pub fn on_path(mut self, method: &str, path: &str) -> Self {
        self.method = method.into();
        self.path = path.into();
        self
    }

    /// The same grant, only so often for each client.
    pub fn at_most(mut self, calls_per_minute: NonZeroU32, burst: NonZeroU32) -> Self {
        self.rate = Some(Rate { calls_per_minute, burst });
        self
    }

    fn key(&self) -> GrantKey {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// The grant lets this client, which is in these groups, call the service, whatever the endpoint and the purpose.
    pub fn concerns(&self, client: &SystemId, groups: &[String], service: &ServiceId, at: Timestamp) -> bool {
        let names_client = || {
            self.client == EVERYONE
                || self.client.strip_prefix("*/").is_some_and(|system| system == client.system)
                || groups.contains(&self.client)
                || self.client == client.to_string()
        };
        // A node has many grants and most are for other systems; what costs least is compared first.
        self.system == service.system.system
            && (self.service == "*" || self.service == service.service)
            && self.from.is_none_or(|from| from <= at)
            && self.until.is_none_or(|until| at < until)
            && names_client()
    }

    fn allows(&self, ask: &Ask<'_>) -> bool {
        self.concerns(ask.client, ask.groups, ask.service, ask.at)
            && (self.method == "*" || self.method == ask.method)
            && ask.paths.iter().all(|path| glob_matches(&self.path, path))
            && (self.purposes.is_empty() || self.purposes.iter().any(|purpose| purpose == ask.purpose))
    }
}

/// X-Road's path globs: `*` is a run without a slash, `**` is anything, a backslash takes the next sign as it is.
pub fn glob_matches(glob: &str, path: &str) -> bool {
    matches(glob.as_bytes(), path.as_bytes())
}

/// Matches with one place to come back to for each kind of star, so hostile globs and paths cost no more than their
/// lengths multiplied.
fn matches(glob: &[u8], path: &[u8]) -> bool {
    let (mut g, mut p) = (0, 0);
    let mut one: Option<(usize, usize)> = None;
    let mut many: Option<(usize, usize)> = None;
    loop {
        let next = match glob.get(g) {
            Some(b'*') if glob.get(g + 1) == Some(&b'*') => {
                g += 2;
                (many, one) = (Some((g, p)), None);
                continue;
            }
            Some(b'*') => {
                g += 1;
                one = Some((g, p));
                continue;
            }
            Some(b'\\') => glob.get(g + 1).map(|c| (*c, 2)),
            Some(c) => Some((*c, 1)),
            None if p == path.len() => return true,
            None => None,
        };
        if let Some((c, width)) = next
            && path.get(p) == Some(&c)
        {
            g += width;
            p += 1;
            continue;
        }
        if let Some((back, at)) = one
            && path.get(at).is_some_and(|c| *c != b'/')
        {
            (g, p, one) = (back, at + 1, Some((back, at + 1)));
        } else if let Some((back, at)) = many
            && at < path.len()
        {
            (g, p, many, one) = (back, at + 1, Some((back, at + 1)), None);
        } else {
            return false;
        }
    }
}

/// Cuts a JSON answer to the fields that may be seen. A path names a field and all below it; in a list it names the
/// field of every element. What may be seen stays as it was written, to the last digit.
pub fn cut(answer: &[u8], fields: &[String]) -> Result<Vec<u8>, serde_json::Error> {
    let paths: Vec<Vec<&str>> = fields.iter().map(|field| field.split('.').collect()).collect();
    let views: Vec<&[&str]> = paths.iter().map(Vec::as_slice).collect();
    let whole: &RawValue = serde_json::from_slice(answer)?;
    let mut out = Vec::with_capacity(answer.len());
    cut_to(whole, &views, CUT_DEPTH_LIMIT, &mut out)?;
    Ok(out)
}

fn cut_to(
    value: &RawValue,
    paths: &[&[&str]],
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(serde::de::Error::custom(format_args!("nested deeper than {CUT_DEPTH_LIMIT}")));
    };
    match value.get().as_bytes().first() {
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(value.get())?;
            out.push(b'[');
            for (i, element) in elements.into_iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                cut_to(element, paths, depth, out)?;
            }
            out.push(b']');
        }
        Some(b'{') => {
            let Fields(fields) = serde_json::from_str(value.get())?;
            out.push(b'{');
            let mut first = true;
            for (name, inner) in fields {
                let below: Vec<&[&str]> = paths
                    .iter()
                    .filter(|path| path.first() == Some(&name.as_str()))
                    .map(|path| &path[1..])
                    .collect();
                if below.is_empty() {
                    continue;
                }
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                serde_json::to_writer(&mut *out, &name)?;
                out.push(b':');
                if below.iter().any(|path| path.is_empty()) {
                    out.extend_from_slice(inner.get().as_bytes());
                } else {
                    cut_to(inner, &below, depth, out)?;
                }
            }
            out.push(b'}');
        }
        // A plain value where a path goes deeper holds none of the fields that may be seen.
        _ => out.extend_from_slice(b"null"),
    }
    Ok(())
}

/// The fields of a JSON object, in order, their values not looked into.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn globs_match_as_the_protocol_says() {
        for (glob, path, expected) in [
            ("**", "/anything/at/all", true),
            ("**", "", true),
            ("/pets/*", "/pets/1", true),
            ("/pets/*", "/pets/1/name", false),
            ("/pets/*", "/pets/", true),
            ("/pets/**", "/pets/1/name", true),
            ("/pets/*/name", "/pets/1/name", true),
            ("/pets/*/name", "/pets/1/2/name", false),
            ("/**/name", "/pets/1/2/name", true),
            ("/a*b*c", "/axxbyyc", true),
            ("/a*b*c", "/axx/byyc", false),
            ("/\\*", "/*", true),
            ("/\\*", "/x", false),
            ("/x", "/xy", false),
            ("", "", true),
            ("/**/a/*", "/a/b/a/c", true),
        ] {
            assert_eq!(glob_matches(glob, path), expected, "{glob} {path}");
        }
    }

    #[test]
    fn a_hostile_glob_ends_soon() {
        let glob = "/**a*".repeat(200) + "x";
        assert!(!glob_matches(&glob, &"/aaaa".repeat(2_000)));
    }

    #[test]
    fn grants_are_narrow() {
        let rules = [
            AccessRule::open("population", "people", "VN/GOV/G15/civil-status")
                .for_purposes(&["civil-status"])
                .showing(&["name"]),
            AccessRule::open("population", "people", "VN/GOV/G15/civil-status")
                .for_purposes(&["civil-status"])
                .showing(&["sex"]),
            AccessRule::open("population", "births", "*/civil-status").on_path("POST", "/registrations"),
        ];
        let at: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
        let ask = |client: &str, service: &str, method, path, purpose| {
            let (client, service) = (client.parse().unwrap(), service.parse().unwrap());
            decide(
                &rules,
                &Ask {
                    client: &client,
                    groups: &[],
                    service: &service,
                    method,
                    paths: &readings(path),
                    purpose,
                    at,
                },
            )
        };
        let people = "VN/GOV/G01/population/people";
        let births = "VN/GOV/G01/population/births";
        let granted = ask("VN/GOV/G15/civil-status", people, "POST", "/look-up", "civil-status").unwrap();
        assert_eq!(granted.fields.unwrap().to_vec(), ["name", "sex"]);
        for (client, service, method, path, purpose, allowed) in [
            ("VN/GOV/G15/civil-status", people, "POST", "/look-up", "marketing", false),
            ("VN/GOV/G22/portal", people, "POST", "/look-up", "civil-status", false),
            ("VN/GOV/G15/civil-status", births, "POST", "/registrations", "x", true),
            ("VN/GOV/G15/civil-status", births, "GET", "/registrations", "x", false),
            ("VN/GOV/G15/civil-status", births, "POST", "/others", "x", false),
            ("VN/GOV/G15/civil-status", "VN/GOV/G01/other/people", "POST", "/look-up", "civil-status", false),
        ] {
            assert_eq!(
                ask(client, service, method, path, purpose).is_some(),
                allowed,
                "{client} {service} {method} {path} {purpose}"
            );
        }
    }

    #[test]
    fn a_grant_has_its_time() {
        let mut rule = AccessRule::open("a", "b", EVERYONE);
        rule.from = Some("2026-01-01T00:00:00Z".parse().unwrap());
        rule.until = Some("2027-01-01T00:00:00Z".parse().unwrap());
        let (client, service) = ("VN/GOV/G15/x".parse().unwrap(), "VN/GOV/G01/a/b".parse().unwrap());
        for (at, allowed) in
            [("2025-12-31T23:59:59Z", false), ("2026-01-01T00:00:00Z", true), ("2027-01-01T00:00:00Z", false)]
        {
            assert_eq!(rule.concerns(&client, &[], &service, at.parse().unwrap()), allowed, "{at}");
        }
    }

    #[test]
    fn a_group_is_let_in_by_its_whole_name() {
        let rule = AccessRule::open("a", "b", "global-group:provinces");
        let (client, service) = ("VN/GOV/G15/x".parse().unwrap(), "VN/GOV/G01/a/b".parse().unwrap());
        for (groups, allowed) in [
            (vec![], false),
            (vec!["local-group:provinces"], false),
            (vec!["local-group:partners", "global-group:provinces"], true),
        ] {
            let groups: Vec<String> = groups.into_iter().map(str::to_owned).collect();
            assert_eq!(
                rule.concerns(&client, &groups, &service, Timestamp::UNIX_EPOCH),
                allowed,
                "{groups:?}"
            );
        }
    }

    #[test]
    fn only_where_every_grant_limits_the_rate_it_is_limited() {
        let number = |n| NonZeroU32::new(n).unwrap();
        let free = AccessRule::open("a", "b", EVERYONE);
        let (slow, fast) =
            (free.clone().at_most(number(1), number(1)), free.clone().at_most(number(60), number(5)));
        let (client, service) = ("VN/GOV/G15/x".parse().unwrap(), "VN/GOV/G01/a/b".parse().unwrap());
        let ask = Ask {
            client: &client,
            groups: &[],
            service: &service,
            method: "GET",
            paths: &[],
            purpose: "",
            at: Timestamp::UNIX_EPOCH,
        };
        for (rules, rates) in [
            (vec![&slow], vec![slow.rate.unwrap()]),
            (vec![&slow, &fast], vec![slow.rate.unwrap(), fast.rate.unwrap()]),
            (vec![&slow, &free], vec![]),
        ] {
            let granted = decide(rules, &ask).unwrap();
            assert_eq!(granted.rates.iter().map(|(_, rate)| *rate).collect::<Vec<_>>(), rates);
        }
    }

    #[test]
    fn answers_are_cut_to_their_fields() {
        let answer = json!({ "number": "1", "name": { "family": "Nguyễn", "given": "An" }, "members": [{ "name": "a", "sex": "m" }, { "sex": "f" }], "secret": 1 });
        for (fields, expected) in [
            (vec!["number"], json!({ "number": "1" })),
            (vec!["name"], json!({ "name": { "family": "Nguyễn", "given": "An" } })),
            (
                vec!["name.given", "members.sex"],
                json!({ "name": { "given": "An" }, "members": [{ "sex": "m" }, { "sex": "f" }] }),
            ),
            (vec!["number.deeper"], json!({ "number": null })),
            (vec![], json!({})),
        ] {
            let fields: Vec<String> = fields.into_iter().map(str::to_owned).collect();
            let cut = cut(answer.to_string().as_bytes(), &fields).unwrap();
            assert_eq!(serde_json::from_slice::<serde_json::Value>(&cut).unwrap(), expected, "{fields:?}");
        }
    }

    #[test]
    fn an_answer_nested_without_end_is_not_cut() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for (depth, fits) in [(CUT_DEPTH_LIMIT, true), (CUT_DEPTH_LIMIT + 1, false), (200_000, false)] {
            assert_eq!(cut(nested(depth).as_bytes(), &["a".into()]).is_ok(), fits, "{depth}");
        }
    }

    #[test]
    fn what_is_seen_stays_as_it_was_written() {
        let fields: Vec<String> = ["sum", "list.id", "plain"].map(str::to_owned).into();
        for (answer, expected) in [
            (
                r#"{"sum": 123456789012345678901234567890, "x": 1}"#,
                r#"{"sum":123456789012345678901234567890}"#,
            ),
            (
                r#"{"sum":1.10,"list":[{"id":"\u00e9","no":1},7]}"#,
                r#"{"sum":1.10,"list":[{"id":"\u00e9"},null]}"#,
            ),
            (r#"{"\u0073um":1,"secret":{"sum":2}}"#, r#"{"sum":1}"#),
            (r#"[{"plain":true},{"secret":true}]"#, r#"[{"plain":true},{}]"#),
            (r#" "secret" "#, "null"),
        ] {
            assert_eq!(String::from_utf8(cut(answer.as_bytes(), &fields).unwrap()).unwrap(), expected);
        }
        for answer in ["", "<xml/>", "{\"sum\":1", "{\"sum\":1} trailing"] {
            assert!(cut(answer.as_bytes(), &fields).is_err(), "{answer}");
        }
    }

    #[test]
    fn an_encoded_slash_is_read_both_ways() {
        let rule = AccessRule::open("a", "b", EVERYONE);
        let (client, service) = ("VN/GOV/G15/x".parse().unwrap(), "VN/GOV/G01/a/b".parse().unwrap());
        for (glob, path, allowed) in [
            ("/books/*", "/books/12%2F2026", false),
            ("/books/**", "/books/12%2F2026", true),
            ("/books/open/**", "/books%2Fopen/secret", false),
            ("/books/*", "/books/k%E1%BA%BF%20to%C3%A1n", true),
            ("/books/kế", "/books/k%e1%ba%bf", true),
        ] {
            let rule = rule.clone().on_path("GET", glob);
            let paths = readings(path);
            let ask = Ask {
                client: &client,
                groups: &[],
                service: &service,
                method: "GET",
                paths: &paths,
                purpose: "",
                at: Timestamp::UNIX_EPOCH,
            };
            assert_eq!(decide(&[rule], &ask).is_some(), allowed, "{glob} {path}");
        }
    }
}
