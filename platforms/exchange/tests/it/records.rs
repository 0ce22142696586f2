//! The searchable messages, which the ledger makes.

use crate::{backend::Backend, country::Country};
use exchange::records::{self, By, Logged, PersonKey, Place, Pseudonym, Search};
use jiff::SignedDuration;
use store::{Location, Store};

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
