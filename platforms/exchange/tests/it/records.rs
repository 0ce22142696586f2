//! The searchable messages, which the ledger makes.

use crate::{backend::Backend, country::Country};
use exchange::records;
use jiff::{SignedDuration, Timestamp};
use store::{Location, Store};

#[test]
fn every_statement_prepares_on_both_engines() {
    store::testing::every_statement_prepares(&exchange::SCHEMA);
}

#[tokio::test]
async fn messages_are_found_by_case_and_by_time() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    for (case, path) in [("case-1", "/a"), ("h%E1%BB%93-s%C6%A1", "/b"), ("case-1", "/c")] {
        country
            .call("POST", path)
            .header("x-road-issue", case)
            .header("x-lienthong-purpose", "test")
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
                records::catch_up(&store, node.ledger()).await.unwrap();
            }
            let of_case = records::of_dossier(&store, "case-1").await.unwrap();
            let services: Vec<_> =
                of_case.iter().map(|message| (message.service.as_str(), message.status)).collect();
            assert_eq!(
                services,
                [
                    ("VN/GOV/G01/population/people/a", 200),
                    ("VN/GOV/G01/population/people/c", 200),
                    ("VN/GOV/G01/population/nothing", 500)
                ]
            );
            assert_eq!(records::of_dossier(&store, "hồ-sơ").await.unwrap().len(), 1);
            assert!(records::of_dossier(&store, "").await.unwrap().is_empty());
            let latest = records::latest(&store, Timestamp::MAX, 3).await.unwrap();
            let paths: Vec<_> =
                latest.iter().map(|message| message.service.rsplit('/').next().unwrap()).collect();
            assert_eq!(paths, ["nothing", "c", "b"]);
            assert_eq!(records::latest(&store, latest[1].at, 200).await.unwrap().len(), 2);
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
        records::catch_up(store, ledger),
        records::catch_up(store, ledger),
        records::catch_up(store, ledger)
    );
    assert!(outcomes.0.is_ok() && outcomes.1.is_ok() && outcomes.2.is_ok());
    let all = records::latest(store, Timestamp::MAX, 200).await.unwrap();
    assert_eq!(all.len(), 20);
    assert!(all.iter().all(|message| message.status == 200));
}
