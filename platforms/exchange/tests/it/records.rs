//! The searchable messages, which the ledger makes.

use crate::{backend::Backend, country::Country};
use exchange::records::{self, By, Logged, PERIOD_MESSAGES, PersonKey, Place, Pseudonym, Search};
use jiff::{SignedDuration, Timestamp};
use store::{Batch, Location, Store, Table, Value, params};
use uuid::Uuid;

const CITIZEN: &str = "001095000001";
const SERVICE: &str = "VN/GOV/G01/population/people";

#[test]
fn every_statement_prepares_on_both_engines() {
    store::testing::every_statement_prepares(&exchange::SCHEMA);
}

#[tokio::test]
async fn messages_are_found_by_case_person_system_service_and_time() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let (key, other_key) = (PersonKey::new(&[1; 32]), PersonKey::new(&[2; 32]));
    for (case, path) in [("case-1", "/a"), ("h%E1%BB%93-s%C6%A1", "/b"), ("case-1", "/c")] {
        country
            .call("POST", path)
            .header("x-road-issue", case)
            .header("x-lienthong-purpose", "test")
            .header("x-road-userid", if case == "case-1" { CITIZEN } else { "an officer" })
            .body("x")
            .send()
            .await;
        country.clock.advance(SignedDuration::from_secs(1));
    }
    country
        .call_target("GET", "/r1/VN/GOV/G01/population/nothing")
        .header("x-road-issue", "case-1")
        .send()
        .await;
    for node in [&country.consumer.node, &country.provider.node] {
        for store in [
            node.store().clone(),
            Store::open(&Location::SqliteMemory, &exchange::SCHEMA, country.clock.now()).await.unwrap(),
        ] {
            // The answer's entry waits for nobody; it stands in the log by the time the ledger is asked to be durable.
            node.ledger().append(b"a record of another kind".to_vec()).await.unwrap();
            for _ in 0..2 {
                records::catch_up(&store, node.ledger(), Some(&key)).await.unwrap();
            }
            let find = async |by| records::search(&store, &Search::newest(by, 200)).await.unwrap();
            let paths = |messages: &[Logged]| -> Vec<String> {
                messages
                    .iter()
                    .map(|message| message.service.rsplit('/').next().unwrap().to_owned())
                    .collect()
            };
            let of_case = find(By::Case("case-1".into())).await;
            let services: Vec<_> =
                of_case.iter().map(|message| (message.service.as_str(), message.status)).collect();
            assert_eq!(
                services,
                [
                    ("VN/GOV/G01/population/nothing", 500),
                    ("VN/GOV/G01/population/people/c", 200),
                    ("VN/GOV/G01/population/people/a", 200),
                ]
            );
            for (case, by, expected) in [
                ("all", By::Any, &["nothing", "c", "b", "a"][..]),
                ("a case in Vietnamese", By::Case("hồ-sơ".into()), &["b"]),
                ("no case", By::Case(String::new()), &[]),
                ("a person", By::Person(key.pseudonym(CITIZEN)), &["c", "a"]),
                ("a person with another key", By::Person(other_key.pseudonym(CITIZEN)), &[]),
                ("another person", By::Person(key.pseudonym("001095000002")), &[]),
                ("nobody", By::Person(key.pseudonym("")), &[]),
                (
                    "the system that called",
                    By::System("VN/GOV/G22/portal".into()),
                    &["nothing", "c", "b", "a"],
                ),
                (
                    "the system that answered",
                    By::System("VN/GOV/G01/population".into()),
                    &["nothing", "c", "b", "a"],
                ),
                ("another system", By::System("VN/GOV/G01/people".into()), &[]),
                ("a service", By::Service(SERVICE.into()), &["c", "b", "a"]),
                ("the beginning of a service", By::Service("VN/GOV/G01/population".into()), &[]),
            ] {
                let all = find(by.clone()).await;
                assert_eq!(paths(&all), expected, "{case}");
                // The same, one message a page, while newer messages come in front.
                let mut before = None;
                for message in &all {
                    let mut search = Search::newest(by.clone(), 1);
                    if let Some(before) = before {
                        search = search.going_on(before);
                    }
                    let page = records::search(&store, &search).await.unwrap();
                    assert_eq!(page, std::slice::from_ref(message), "{case}");
                    before = Some(Place { at: message.at, id: message.id });
                }
                if let Some(before) = before {
                    let behind = Search::newest(by.clone(), 9).going_on(before);
                    assert!(records::search(&store, &behind).await.unwrap().is_empty(), "{case}");
                }
            }
            let latest = find(By::Any).await;
            let since = Search { from: latest[1].at, ..Search::newest(By::Any, 9) };
            assert_eq!(paths(&records::search(&store, &since).await.unwrap()), ["nothing", "c"]);
            let found = records::find(&store, latest[1].id).await.unwrap().unwrap();
            assert_eq!(
                (found.method.as_str(), found.purpose.as_str(), found.client.as_str()),
                ("POST", "test", "VN/GOV/G22/portal")
            );
            let sides = (
                found.request_sent.is_some(),
                found.request_received.is_some(),
                found.answer_sent.is_some(),
                found.answer_received.is_some(),
            );
            assert!(sides == (true, false, false, true) || sides == (false, true, true, false), "{sides:?}");
            records::purge(&store, latest[1].at).await.unwrap();
            assert_eq!(paths(&find(By::Any).await), ["nothing", "c"], "what is older is found no more");
            records::catch_up(&store, node.ledger(), Some(&key)).await.unwrap();
            assert_eq!(find(By::Any).await.len(), 2, "and does not come back");
        }
    }
}

#[tokio::test]
async fn readers_that_catch_up_together_write_everything_once() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    for _ in 0..20 {
        country.call("GET", "/x").send().await;
    }
    let (store, ledger) = (country.provider.node.store(), country.provider.node.ledger());
    let outcomes = tokio::join!(
        records::catch_up(store, ledger, None),
        records::catch_up(store, ledger, None),
        records::catch_up(store, ledger, None)
    );
    assert!(outcomes.0.is_ok() && outcomes.1.is_ok() && outcomes.2.is_ok());
    let all = records::search(store, &Search::newest(By::Any, 200)).await.unwrap();
    assert_eq!(all.len(), 20);
    assert!(all.iter().all(|message| message.status == 200));
}

store::statements! {
    /// Makes all periods full.
    FILL = "UPDATE periods SET messages = $1";
    /// How many periods there are.
    PERIODS = "SELECT count(*) FROM periods";
    /// How many periods have a list of their cases and persons.
    LISTED = "SELECT count(DISTINCT period) FROM period_keys";
    /// Takes all lists away.
    FORGET_LISTS = "DELETE FROM period_keys";
}

#[tokio::test]
async fn a_full_period_is_followed_by_another() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let (store, ledger) = (country.provider.node.store(), country.provider.node.ledger());
    for round in 1..4 {
        for _ in 0..3 {
            country.call("GET", "/x").send().await;
            country.clock.advance(SignedDuration::from_secs(1));
        }
        records::catch_up(store, ledger, None).await.unwrap();
        let periods = store.read_one(&PERIODS, params![]).await.unwrap().unwrap();
        assert_eq!(periods.get::<i64>(0).unwrap(), round);
        assert_eq!(
            records::search(store, &Search::newest(By::Any, 99)).await.unwrap().len(),
            3 * round as usize
        );
        let mut batch = Batch::new();
        batch.change(&FILL, params![PERIOD_MESSAGES]);
        store.write(batch).await.unwrap();
    }
}

static NAMES: Table = Table::new("names", &["number", "name"]);
static PERIOD_ROWS: Table = Table::new("periods", &["period", "ledger", "messages", "first_at", "last_at"]);
static MESSAGES: Table = Table::new(
    "messages",
    &[
        "id", "ledger", "period", "at", "client", "provider", "service", "path", "method", "purpose",
        "dossier", "person", "peer", "status",
    ],
);

/// A message of a log of several periods: they overlap by some seconds, and many messages have the same time.
struct Made {
    period: i64,
    at: i64,
    id: Uuid,
    client: i64,
    provider: i64,
    case: i64,
}

fn made() -> Vec<Made> {
    (0..300)
        .map(|number: i64| {
            let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64 as i64).unsigned_abs() >> 20;
            let period = 1 + number / 60;
            Made {
                period,
                at: (number / 60) * 20 + (mixed % 40) as i64,
                id: Uuid::from_u128(u128::from(mixed) << 64 | number as u128),
                client: 1 + (mixed % 3) as i64,
                provider: 1 + (mixed / 3 % 4) as i64,
                case: (mixed % 7) as i64,
            }
        })
        .collect()
}

/// The last of the five periods grows; the others are full, if so asked.
async fn loaded(location: &Location, made: &[Made], are_full: bool) -> Store {
    let store = Store::open(location, &exchange::SCHEMA, Timestamp::UNIX_EPOCH).await.unwrap();
    store
        .load(&NAMES, (1..5).map(|number| params![number, format!("name {number}")]).collect())
        .await
        .unwrap();
    load_messages(&store, made, are_full).await;
    store
}

async fn load_messages(store: &Store, made: &[Made], are_full: bool) {
    let rows = made.iter().map(|message| {
        let Made { period, at, id, client, provider, case } = message;
        params![
            *id,
            1,
            *period,
            *at,
            *client,
            *provider,
            *provider,
            "/x",
            "GET",
            "test",
            format!("case {case}"),
            vec![*case as u8; 16],
            1,
            200
        ]
    });
    store.load(&MESSAGES, rows.collect()).await.unwrap();
    let periods = (1..6).map(|period| {
        let times = || made.iter().filter(|message| message.period == period).map(|message| message.at);
        let messages = if are_full && period < 5 { PERIOD_MESSAGES } else { 60 };
        params![period, "name 1", messages, times().min().unwrap(), times().max().unwrap()]
    });
    store.load(&PERIOD_ROWS, periods.collect::<Vec<Vec<Value>>>()).await.unwrap();
}

#[tokio::test]
async fn a_search_goes_through_periods_as_if_they_were_one() {
    let made = made();
    let locations = || [Location::SqliteMemory, store::testing::postgres().location()];
    let each = locations().map(|location| (location, false)).into_iter();
    for (location, are_listed) in each.chain(locations().map(|location| (location, true))) {
        let store = loaded(&location, &made, are_listed).await;
        records::list_keys(&store).await.unwrap();
        let lists =
            async || -> i64 { store.read_one(&LISTED, params![]).await.unwrap().unwrap().get(0).unwrap() };
        assert_eq!(lists().await, if are_listed { 4 } else { 0 });
        let check = async |from: i64| {
            for number in 0..8_i64 {
                let name = format!("name {number}");
                type Is = Box<dyn Fn(&Made) -> bool>;
                let pseudonym: Pseudonym = format!("{number:02x}").repeat(16).parse().unwrap();
                let searches: [(By, Is); 5] = [
                    (By::Any, Box::new(|_| true)),
                    (By::Case(format!("case {number}")), Box::new(move |made| made.case == number)),
                    (By::Person(pseudonym), Box::new(move |made| made.case == number)),
                    (
                        By::System(name.clone()),
                        Box::new(move |made| [made.client, made.provider].contains(&number)),
                    ),
                    (By::Service(format!("{name}/x")), Box::new(|_| false)),
                ];
                for (by, is) in searches {
                    let mut expected: Vec<(i64, Uuid)> = made
                        .iter()
                        .filter(|made| made.at >= from && is(made))
                        .map(|made| (made.at, made.id))
                        .collect();
                    expected.sort_by(|one, other| other.cmp(one));
                    let mut search = Search::newest(by.clone(), 7);
                    let mut walked = Vec::new();
                    loop {
                        let page = records::search(&store, &search).await.unwrap();
                        let Some(last) = page.last() else { break };
                        search = search.going_on(Place { at: last.at, id: last.id });
                        walked.extend(page.iter().map(|message| (message.at.as_microsecond(), message.id)));
                    }
                    assert_eq!(walked, expected, "{location:?} {by:?}");
                }
            }
        };
        check(0).await;
        for before in [1, 47, 60] {
            records::purge(&store, Timestamp::from_microsecond(before).unwrap()).await.unwrap();
            check(before).await;
        }
        let rows = store.read_one(&PERIODS, params![]).await.unwrap().unwrap();
        let left = (1..6).filter(|period| made.iter().any(|made| made.period == *period && made.at >= 60));
        let left = left.count() as i64;
        assert_eq!(rows.get::<i64>(0).unwrap(), left);
        assert_eq!(
            lists().await,
            if are_listed { left - 1 } else { 0 },
            "lists of what is forgotten are forgotten"
        );
        // A period of a number that was there before has a list of its own.
        records::purge(&store, Timestamp::MAX).await.unwrap();
        assert_eq!(lists().await, 0);
        load_messages(&store, &made, are_listed).await;
        records::list_keys(&store).await.unwrap();
        check(0).await;
    }
}

#[tokio::test]
async fn a_search_for_a_case_opens_only_the_full_periods_that_list_it() {
    let made = made();
    for location in [Location::SqliteMemory, store::testing::postgres().location()] {
        let store = loaded(&location, &made, true).await;
        records::list_keys(&store).await.unwrap();
        let case = Search::newest(By::Case("case 3".into()), 200);
        let before = records::search(&store, &case).await.unwrap();
        // Without their lists the full periods are passed over: nothing else says what they hold.
        let mut batch = Batch::new();
        batch.change(&FORGET_LISTS, params![]);
        store.write(batch).await.unwrap();
        let found = records::search(&store, &case).await.unwrap();
        let grown: Vec<Uuid> = made.iter().filter(|made| made.period == 5).map(|made| made.id).collect();
        let expected: Vec<&Logged> = before.iter().filter(|message| grown.contains(&message.id)).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected);
        assert!(!found.is_empty() && found.len() < before.len());
    }
}

#[test]
fn a_pseudonym_is_keyed_and_has_one_form() {
    let (key, other) = (PersonKey::new(&[1; 32]), PersonKey::new(&[2; 32]));
    let pseudonym = key.pseudonym(CITIZEN);
    assert_eq!(pseudonym, key.pseudonym(&format!(" {CITIZEN} ")));
    assert_ne!(pseudonym, other.pseudonym(CITIZEN));
    assert_eq!(pseudonym.to_string().parse(), Ok(pseudonym));
    assert_eq!(format!("{key:?}"), "PersonKey");
    for text in ["", "0", CITIZEN, &"0".repeat(33), &"g".repeat(32), &"A".repeat(32), &"+".repeat(32)] {
        assert!(text.parse::<Pseudonym>().is_err(), "{text}");
    }
    let place = "1763694000000000.019a0000000070008000000000000001";
    assert_eq!(place.parse::<Place>().unwrap().to_string(), place);
    for text in [
        "",
        ".",
        "1",
        "1.",
        "01.019a0000000070008000000000000001",
        "+1.019a0000000070008000000000000001",
        "9223372036854775807.019a0000000070008000000000000001",
        "1.019A0000000070008000000000000001",
    ] {
        assert!(text.parse::<Place>().is_err(), "{text}");
    }
}
