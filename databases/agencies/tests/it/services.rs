//! What the system answers on the exchange, and what it refuses.

use crate::open;
use contracts::agencies::{
    AgencyOn, CheckPlaces, FindUnits, PLACES_LIMIT_CODES, Places, PrecedeUnit, PredecessorsOf, ReadAgency,
    ReadUnit, SucceedUnit, SuccessorsOf, UnitLevel, UnitOn, UnitSearch,
};
use contracts::{Operation, Problem, Purpose};
use jiff::civil::{Date, date};
use std::collections::BTreeSet;
use system::testing::{ask, incoming};
use system::{Incoming, Service};

fn call() -> Incoming {
    incoming("VN/GOV/G22/portal", Purpose::PUBLIC, "2026-11-21T05:00:00Z".parse().unwrap())
}

fn search(text: &str, on: Option<Date>) -> UnitSearch {
    UnitSearch { text: text.into(), province: None, level: None, on }
}

#[tokio::test]
async fn the_operations_are_answered() {
    let (_test, system) = open().await;
    let services = system.services();

    let found = ask::<FindUnits>(&services, call(), &search("phuong ba dinh", None)).await.unwrap();
    assert_eq!(found.units[0].full_name, "Phường Ba Đình, Thành phố Hà Nội");
    assert!(!found.more);
    let within = UnitSearch {
        province: Some("01".into()),
        level: Some(UnitLevel::Commune),
        ..search("ba dinh", None)
    };
    let found = ask::<FindUnits>(&services, call(), &within).await.unwrap();
    assert_eq!(found.units.len(), 1);

    let old = UnitOn { code: "00004".into(), on: Some(date(2020, 1, 1)) };
    let unit = ask::<ReadUnit>(&services, call(), &old).await.unwrap();
    assert_eq!(unit.full_name, "Phường Trúc Bạch, Quận Ba Đình, Thành phố Hà Nội");
    assert_eq!((unit.from, unit.until), (None, Some(date(2025, 7, 1))));
    assert_eq!((unit.parent.as_deref(), unit.level), (Some("001"), UnitLevel::Commune));

    let moved = SuccessorsOf { code: "00004".into(), from: date(2020, 1, 1), on: None };
    let later = ask::<SucceedUnit>(&services, call(), &moved).await.unwrap();
    assert_eq!(later.units[0].unit.full_name, "Phường Ba Đình, Thành phố Hà Nội");
    assert!(later.citation.contains("19/2025/QĐ-TTg"));

    let before = PredecessorsOf { code: "00004".into(), on: date(2025, 6, 30) };
    let earlier = ask::<PrecedeUnit>(&services, call(), &before).await.unwrap();
    assert!(earlier.units.iter().any(|related| related.unit.name == "Phường Trúc Bạch" && related.main));

    for code in ["H26", "000.00.00.H26"] {
        let agency =
            ask::<ReadAgency>(&services, call(), &AgencyOn { code: code.into(), on: None }).await.unwrap();
        assert_eq!((agency.code.as_str(), agency.old_code.as_deref()), ("H26", Some("000.00.00.H26")));
        assert_eq!((agency.name.as_str(), agency.active), ("UBND thành phố Hà Nội", true));
    }
    let closed =
        ask::<ReadAgency>(&services, call(), &AgencyOn { code: "H02".into(), on: None }).await.unwrap();
    assert!(!closed.active);
    let insurer =
        ask::<ReadAgency>(&services, call(), &AgencyOn { code: "G12.BHXH".into(), on: None }).await.unwrap();
    assert_eq!(insurer.old_code, None);
}

/// The code of the first field problem, or of the problem.
fn refusal<T: std::fmt::Debug>(answer: Result<T, Problem>) -> (u16, String) {
    let problem = answer.unwrap_err();
    let code = problem.fields.first().map_or_else(|| problem.code().to_owned(), |field| field.code.clone());
    (problem.status, code)
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
    assert_eq!(
        refusal(ask::<O>(services, call(), &request).await),
        (status, code.to_owned()),
        "{}{}",
        O::SERVICE,
        O::PATH
    );
}

#[tokio::test]
async fn many_places_are_checked_at_once() {
    let (_test, system) = open().await;
    let services = system.services();
    let owned = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
    let agencies = ["H26", "H26.19", "H26.19.2.1", "000.00.19.H26", "H99", "h26", "0100233488", ""];
    let asked = |units: &[&str], on| Places { agencies: owned(&agencies), units: owned(units), on };
    let found = ask::<CheckPlaces>(&services, call(), &asked(&["00004", "01", "001", "", "x"], None)).await;
    let found = found.unwrap();
    let places: Vec<_> = found
        .agencies
        .iter()
        .map(|place| place.as_ref().map(|place| (place.code.as_str(), place.level, place.listed.as_str())))
        .collect();
    assert_eq!(
        places,
        [
            Some(("H26", 1, "H26")),
            Some(("H26.19", 2, "H26")),
            Some(("H26.19.2.1", 4, "H26")),
            Some(("H26.19", 2, "H26")),
            None,
            None,
            None,
            None,
        ]
    );
    assert!(found.agencies[1].as_ref().is_some_and(|place| place.province.as_deref() == Some("01")));
    let provinces = |units: &[Option<contracts::agencies::UnitPlace>]| -> Vec<Option<String>> {
        units.iter().map(|unit| unit.as_ref().map(|unit| unit.province.clone())).collect()
    };
    assert_eq!(provinces(&found.units), [Some("01".into()), Some("01".into()), None, None, None]);
    let before = asked(&["00004", "001"], Some(date(2025, 6, 30)));
    let before = ask::<CheckPlaces>(&services, call(), &before).await.unwrap();
    assert_eq!(provinces(&before.units), [Some("01".into()), Some("01".into())]);
}

#[tokio::test]
async fn every_operation_refuses_what_it_cannot_answer() {
    let (_test, system) = open().await;
    let (services, mut covered) = (system.services(), BTreeSet::new());
    let (long_ago, far_ahead, merger) = (date(1900, 1, 1), date(2028, 1, 1), date(2025, 7, 1));
    let unit = |code: &str, on| UnitOn { code: code.into(), on };
    let later = |code: &str, from, on| SuccessorsOf { code: code.into(), from, on };
    let earlier = |code: &str, on| PredecessorsOf { code: code.into(), on };
    let agency = |code: &str, on| AgencyOn { code: code.into(), on };
    let in_province = UnitSearch { province: Some("999".into()), ..search("ba dinh", None) };

    let covered = &mut covered;
    refused::<FindUnits>(&services, covered, search(&"a".repeat(201), None), 422, "too-long").await;
    refused::<FindUnits>(&services, covered, search("a", Some(long_ago)), 422, "day-out-of-range").await;
    refused::<FindUnits>(&services, covered, in_province, 422, "unknown-unit").await;
    for code in ["99999", "", "1", "00004'--", "Ba Đình"] {
        refused::<ReadUnit>(&services, covered, unit(code, None), 422, "unknown-unit").await;
    }
    refused::<ReadUnit>(&services, covered, unit("001", None), 422, "no-unit-on-that-day").await;
    refused::<ReadUnit>(&services, covered, unit("01", Some(far_ahead)), 422, "day-out-of-range").await;
    refused::<SucceedUnit>(&services, covered, later("001", merger, None), 422, "no-unit-on-that-day").await;
    refused::<SucceedUnit>(
        &services,
        covered,
        later("00004", merger, Some(date(2020, 1, 1))),
        422,
        "wrong-way-round",
    )
    .await;
    refused::<SucceedUnit>(&services, covered, later("00004", long_ago, None), 422, "day-out-of-range").await;
    refused::<PrecedeUnit>(&services, covered, earlier("001", merger), 422, "no-unit-on-that-day").await;
    refused::<PrecedeUnit>(&services, covered, earlier("00004", date(2027, 1, 1)), 422, "wrong-way-round")
        .await;
    for code in ["", "h26", "H2", "H26.", "00.00.19.H26", "0100233480", "001.00.19.H26"] {
        refused::<ReadAgency>(&services, covered, agency(code, None), 422, "malformed").await;
    }
    refused::<ReadAgency>(&services, covered, agency("0100233488", None), 422, "not-an-agency").await;
    refused::<ReadAgency>(&services, covered, agency("Z01A1", None), 422, "not-an-agency").await;
    refused::<ReadAgency>(&services, covered, agency("G99", None), 404, "not-found").await;

    let too_many = vec![String::new(); PLACES_LIMIT_CODES + 1];
    let places = Places { agencies: Vec::new(), units: too_many, on: None };
    refused::<CheckPlaces>(&services, covered, places, 422, "too-many").await;

    let all: BTreeSet<String> = contracts::agencies::operations()
        .iter()
        .map(|known| format!("{}{}", known.service, known.path))
        .collect();
    assert_eq!(*covered, all);
}
