//! What the system answers on the exchange, and what it refuses.

use crate::open;
use contracts::agencies::UnitLevel;
use contracts::procedures::{FindProcedures, ProcedureOn, ProcedureSearch, ReadProcedure};
use contracts::{Operation, Problem, Purpose};
use jiff::civil::{Date, date};
use std::collections::BTreeSet;
use system::testing::{ask, incoming};
use system::{Incoming, Service};

fn call() -> Incoming {
    incoming("VN/GOV/G22/portal", Purpose::PUBLIC, "2026-11-21T05:00:00Z".parse().unwrap())
}

fn search(text: &str, on: Option<Date>) -> ProcedureSearch {
    ProcedureSearch { text: text.into(), on }
}

fn read(code: &str, on: Option<Date>) -> ProcedureOn {
    ProcedureOn { code: code.into(), on }
}

#[tokio::test]
async fn both_operations_are_answered() {
    let (_test, system) = open().await;
    let services = system.services();
    let found = ask::<FindProcedures>(&services, call(), &search("khai sinh", None)).await.unwrap();
    assert!(found.procedures[0].online && found.procedures.iter().any(|line| line.code == "1.001193"));
    let all = ask::<FindProcedures>(&services, call(), &search("", Some(date(2024, 1, 1)))).await.unwrap();
    assert!(all.procedures.iter().all(|line| !line.online));

    let today = ask::<ReadProcedure>(&services, call(), &read("2.000806", None)).await.unwrap();
    assert_eq!((today.authority, today.from), (UnitLevel::Commune, date(2025, 7, 1)));
    let past =
        ask::<ReadProcedure>(&services, call(), &read("2.000806", Some(date(2024, 1, 1)))).await.unwrap();
    assert_eq!((past.authority, past.until), (UnitLevel::District, Some(date(2025, 7, 1))));
    assert!(past.citation.starts_with("Luật 60/2014/QH13"));
}

/// Asks, notes which operation was asked, and compares the refusal.
async fn refused<O: Operation>(
    services: &[Service],
    covered: &mut BTreeSet<String>,
    request: O::Request,
    status: u16,
    code: &str,
) where
    O::Answer: std::fmt::Debug,
{
    covered.insert(format!("{}{}", O::SERVICE, O::PATH));
    let problem: Problem = ask::<O>(services, call(), &request).await.unwrap_err();
    let found = problem.fields.first().map_or(problem.code(), |field| field.code.as_str());
    assert_eq!((problem.status, found), (status, code));
}

#[tokio::test]
async fn every_operation_refuses_what_it_cannot_answer() {
    let (_test, system) = open().await;
    let (services, mut covered) = (system.services(), BTreeSet::new());
    let (long_ago, far_ahead) = (date(1900, 1, 1), date(2028, 1, 1));
    let covered = &mut covered;
    refused::<FindProcedures>(&services, covered, search(&"a".repeat(201), None), 422, "too-long").await;
    refused::<FindProcedures>(&services, covered, search("", Some(long_ago)), 422, "day-out-of-range").await;
    refused::<FindProcedures>(&services, covered, search("", Some(far_ahead)), 422, "day-out-of-range").await;
    for code in ["", "1.00119", "9.999999", "../1.001193", "1.001193.000.00.00.H26", "' OR 1=1 --"] {
        refused::<ReadProcedure>(&services, covered, read(code, None), 404, "not-found").await;
    }
    refused::<ReadProcedure>(&services, covered, read("2.000986", None), 422, "not-in-force").await;
    refused::<ReadProcedure>(
        &services,
        covered,
        read("1.001193", Some(date(2015, 12, 31))),
        422,
        "not-in-force",
    )
    .await;
    refused::<ReadProcedure>(&services, covered, read("1.001193", Some(far_ahead)), 422, "day-out-of-range")
        .await;

    let all: BTreeSet<String> = contracts::procedures::operations()
        .iter()
        .map(|known| format!("{}{}", known.service, known.path))
        .collect();
    assert_eq!(*covered, all);
}
