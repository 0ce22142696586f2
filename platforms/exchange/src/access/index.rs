//! Grants by what they open to whom. A node of a large agency has a thousand of them and more, and most are for other
//! systems: a message is compared only with those that name its service and its client.

use super::{AccessRule, Ask, EVERYONE, Granted, decide};
use std::collections::HashMap;

/// Service of a rule that opens all services of the system.
const ALL_SERVICES: &str = "*";
/// Begins the client of a rule that lets in all systems of one code.
const OF_CODE: &str = "*/";

/// Rules in their order, found by system, service and client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GrantIndex {
    rules: Vec<AccessRule>,
    /// Places of the rules, in their order: by system, by service as the rule names it, by client as the rule names it.
    places: HashMap<String, HashMap<String, HashMap<String, Vec<usize>>>>,
}

impl GrantIndex {
    /// All rules, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &AccessRule> {
        self.rules.iter()
    }

    /// The rules that name the service and the client that ask, in their order; whether they allow it is not decided.
    fn about<'a>(&'a self, ask: &Ask<'_>) -> impl Iterator<Item = &'a AccessRule> + use<'a> {
        let mut places = Vec::new();
        if let Some(services) = self.places.get(&ask.service.system.system) {
            let (client, of_code) = (ask.client.to_string(), format!("{OF_CODE}{}", ask.client.system));
            let names = [EVERYONE, &of_code, &client];
            for service in [ask.service.service.as_str(), ALL_SERVICES] {
                let Some(clients) = services.get(service) else { continue };
                for name in names.into_iter().chain(ask.groups.iter().map(String::as_str)) {
                    places.extend(clients.get(name).into_iter().flatten());
                }
            }
        }
        // Somebody may be named twice: a service may be called `*`, and a group stand twice in a list.
        places.sort_unstable();
        places.dedup();
        places.into_iter().filter_map(|place: usize| self.rules.get(place))
    }
}

impl FromIterator<AccessRule> for GrantIndex {
    fn from_iter<T: IntoIterator<Item = AccessRule>>(rules: T) -> Self {
        let mut index = Self { rules: rules.into_iter().collect(), ..Self::default() };
        for (place, rule) in index.rules.iter().enumerate() {
            let services = index.places.entry(rule.system.clone()).or_default();
            let clients = services.entry(rule.service.clone()).or_default();
            clients.entry(rule.client.clone()).or_default().push(place);
        }
        index
    }
}

/// What the grants of several indices, one after the other, allow a call.
pub fn decide_by<'a>(indices: impl IntoIterator<Item = &'a GrantIndex>, ask: &Ask<'_>) -> Option<Granted> {
    decide(indices.into_iter().flat_map(|index| index.about(ask)), ask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::readings;
    use jiff::{SignedDuration, Timestamp};
    use proptest::prelude::*;
    use std::num::NonZeroU32;

    const SYSTEMS: [&str; 3] = ["population", "civil-status", "*"];
    const SERVICES: [&str; 3] = ["people", "births", "*"];
    const CLIENTS: [&str; 7] = [
        "*",
        "*/portal",
        "*/one-door",
        "VN/GOV/G22/portal",
        "VN/GOV/H26/one-door",
        "local-group:partners",
        "global-group:provinces",
    ];
    const METHODS: [&str; 3] = ["*", "GET", "POST"];
    const PATHS: [&str; 3] = ["**", "/people/*", "/births/**"];
    const PURPOSES: [&[&str]; 3] = [&[], &["birth"], &["birth", "health"]];
    const FIELDS: [&[&str]; 3] = [&[], &["name"], &["sex", "name"]];

    fn one_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
        prop::sample::select(all)
    }

    fn rules() -> impl Strategy<Value = Vec<AccessRule>> {
        let named = (one_of(&SYSTEMS), one_of(&SERVICES), one_of(&CLIENTS));
        let narrowed = (one_of(&METHODS), one_of(&PATHS), one_of(&PURPOSES), one_of(&FIELDS));
        let limited = (prop::option::of(0_i64..4), prop::option::of(0_i64..4), prop::option::of(1_u32..4));
        let rule = (named, narrowed, limited).prop_map(
            |((system, service, client), (method, path, purposes, fields), (from, until, rate))| {
                let rule = AccessRule::open(system, service, client)
                    .on_path(method, path)
                    .for_purposes(purposes)
                    .showing(fields);
                let rule = AccessRule { from: from.map(second), until: until.map(second), ..rule };
                match rate.and_then(NonZeroU32::new) {
                    Some(rate) => rule.at_most(rate, rate),
                    None => rule,
                }
            },
        );
        prop::collection::vec(rule, 0..12)
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    proptest! {
        #[test]
        fn an_index_decides_as_looking_through_all_rules_does(
            configured in rules(),
            given in rules(),
            system in one_of(&["population", "civil-status", "other"]),
            service in one_of(&["people", "births", "other"]),
            client in one_of(&["VN/GOV/G22/portal", "VN/GOV/H26/one-door", "VN/GOV/H26/other"]),
            groups in prop::collection::vec(one_of(&["local-group:partners", "global-group:provinces", "*"]), 0..3),
            method in one_of(&["GET", "POST"]),
            path in one_of(&["/people/1", "/births/1/2", "/x"]),
            purpose in one_of(&["birth", "health", ""]),
            at in 0_i64..4,
        ) {
            let client = client.parse().unwrap();
            let service = format!("VN/GOV/G01/{system}/{service}").parse().unwrap();
            let groups: Vec<String> = groups.into_iter().map(str::to_owned).collect();
            let paths = readings(path);
            let ask = Ask {
                client: &client, groups: &groups, service: &service, method, paths: &paths, purpose, at: second(at),
            };
            let indices: [GrantIndex; 2] = [&configured, &given].map(|rules| rules.iter().cloned().collect());
            let all = configured.iter().chain(&given);
            prop_assert_eq!(decide_by(&indices, &ask), decide(all, &ask));
        }
    }

    #[test]
    fn a_message_is_compared_with_the_grants_that_name_it_and_no_others() {
        let rule = |number| AccessRule::open("population", "people", &format!("VN/GOV/K{number}/portal"));
        let index: GrantIndex = (0..1_000).map(rule).collect();
        let (client, service) =
            ("VN/GOV/K7/portal".parse().unwrap(), "VN/GOV/G01/population/people".parse().unwrap());
        let ask = Ask {
            client: &client,
            groups: &[],
            service: &service,
            method: "GET",
            paths: &[],
            purpose: "",
            at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(index.about(&ask).collect::<Vec<_>>(), [&rule(7)]);
        assert_eq!(index.iter().count(), 1_000);
    }
}
