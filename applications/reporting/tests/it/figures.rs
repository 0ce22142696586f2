//! Each event is counted once, and figures follow units through their mergers.

use crate::room::{ROOM, Site, birth, engines, event, of};
use contracts::{
    Sex,
    civil_status::BirthCounted,
    events::CloudEvent,
    reporting::{CountedBy, FiguresOf, IndicatorCode as I, Period},
};
use jiff::{SignedDuration, civil::date};
use std::collections::BTreeSet;

const MONTH: Period = Period::Month { year: 2026, month: 12 };

#[tokio::test]
async fn a_birth_moves_its_figures_by_one_however_often_it_is_told() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        let told = event("registered", &birth(1));
        let at_once = (0..4).map(|_| site.told(ROOM, &told));
        assert!(futures_util::future::join_all(at_once).await.iter().all(Result::is_ok));
        site.told(ROOM, &told).await.expect("and when it comes again");
        for (indicator, value) in [
            (I::Births, 1),
            (I::BirthsFemale, 1),
            (I::BirthsMale, 0),
            (I::BirthsKinh, 1),
            (I::BirthsOtherGroups, 0),
            (I::BirthsOnTime, 1),
            (I::BirthsLate, 0),
        ] {
            for unit in [None, Some("01"), Some("00004")] {
                assert_eq!(site.figure(indicator, unit).await, value, "{indicator:?} of {unit:?}");
            }
            assert_eq!(site.figure(indicator, Some("79")).await, 0);
        }
    }
}

#[tokio::test]
async fn what_is_amended_or_annulled_moves_the_figures_in_whatever_order_it_comes() {
    let first = BirthCounted { sex: Sex::Male, ..birth(1) };
    let second = BirthCounted { version: 2, kinh: false, ..first.clone() };
    let third = BirthCounted { version: 3, ..second.clone() };
    let told = [event("registered", &first), event("amended", &second), event("annulled", &third)];
    for location in engines() {
        let site = Site::open_at(&location).await;
        for (event, expected) in told.iter().zip([(1, 1, 0), (1, 0, 1), (0, 0, 0)]) {
            site.told(ROOM, event).await.unwrap();
            let found = (
                site.figure(I::Births, Some("00004")).await,
                site.figure(I::BirthsKinh, None).await,
                site.figure(I::BirthsOtherGroups, Some("01")).await,
            );
            assert_eq!(found, expected, "{}", event.event_type);
        }
    }
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let site = Site::open().await;
        for (at, place) in order.into_iter().enumerate() {
            site.told(ROOM, &told[place]).await.unwrap();
            let is_annulled = order[..=at].contains(&2);
            assert_eq!(site.figure(I::Births, None).await, i64::from(!is_annulled), "{order:?} at {at}");
        }
    }
}

#[tokio::test]
async fn figures_are_summed_up_from_commune_to_country() {
    let site = Site::open().await;
    for (n, commune) in (1..).zip(["00004", "00004", "00008", "26734"]) {
        let counted = BirthCounted { commune: commune.into(), ..birth(n) };
        site.told(ROOM, &event("registered", &counted)).await.unwrap();
    }
    let late = BirthCounted { registered_on: date(2026, 10, 14), on_time: false, ..birth(9) };
    site.told(ROOM, &event("registered", &late)).await.unwrap();
    for (unit, period, value, parts) in [
        (None, MONTH, 4, vec![("01", "Thành phố Hà Nội", 3), ("79", "Thành phố Hồ Chí Minh", 1)]),
        (Some("01"), MONTH, 3, vec![("00004", "Phường Ba Đình", 2), ("00008", "Phường Ngọc Hà", 1)]),
        (Some("00004"), MONTH, 2, vec![("00004", "Phường Ba Đình", 2)]),
        (Some("00004"), Period::Month { year: 2026, month: 10 }, 1, vec![("00004", "Phường Ba Đình", 1)]),
        (Some("00004"), Period::Month { year: 2026, month: 11 }, 0, vec![]),
        (Some("00004"), Period::Quarter { year: 2026, quarter: 4 }, 3, vec![("00004", "Phường Ba Đình", 3)]),
        (Some("00004"), Period::Year { year: 2026 }, 3, vec![("00004", "Phường Ba Đình", 3)]),
        (None, Period::Year { year: 2025 }, 0, vec![]),
    ] {
        let found = site.figures(&of(I::Births, period, unit)).await.unwrap();
        assert_eq!(found.figure.value, value, "{unit:?} {period:?}");
        let shown: Vec<_> = found
            .parts
            .iter()
            .map(|part| (part.unit.as_deref().unwrap(), part.name.as_deref().unwrap(), part.value))
            .collect();
        assert_eq!(shown, parts, "{unit:?} {period:?}");
        assert_eq!(shown.iter().map(|(.., value)| value).sum::<i64>(), found.figure.value, "it adds up");
    }
    let quarter =
        site.figures(&of(I::Births, Period::Quarter { year: 2026, quarter: 4 }, None)).await.unwrap();
    assert_eq!((quarter.from, quarter.to), (date(2026, 9, 15), date(2026, 12, 14)));
}

#[tokio::test]
async fn units_of_the_past_count_for_those_of_today_or_for_themselves() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        for (n, commune, day) in [
            (1, "00001", date(2025, 6, 20)),
            (2, "00006", date(2025, 6, 30)),
            (3, "00004", date(2025, 7, 1)),
            (4, "00004", date(2025, 7, 2)),
        ] {
            let counted = BirthCounted { commune: commune.into(), registered_on: day, ..birth(n) };
            site.told(ROOM, &event("registered", &counted)).await.unwrap();
        }
        // The month from 15 June to 14 July 2025 has both sides of the merger.
        let month = Period::Month { year: 2025, month: 7 };
        let today = site.figures(&of(I::Births, month, Some("00004"))).await.unwrap();
        assert_eq!((today.figure.value, today.figure.of_split_units), (4, 1));
        let parts: Vec<_> = today
            .parts
            .iter()
            .map(|part| (part.unit.as_deref().unwrap(), part.value, part.of_split_units))
            .collect();
        assert_eq!(parts, [("00001", 1, 0), ("00004", 2, 0), ("00006", 1, 1)]);
        let then = |unit: &str| FiguresOf {
            counted_by: CountedBy::UnitsOfThatDay,
            ..of(I::Births, month, Some(unit))
        };
        for (unit, value, of_split) in [("01", 4, 0), ("00004", 2, 0)] {
            let found = site.figures(&then(unit)).await.unwrap().figure;
            assert_eq!((found.value, found.of_split_units), (value, of_split), "{unit}");
        }
        let parts = site.figures(&then("01")).await.unwrap().parts;
        assert_eq!(parts.iter().map(|part| part.value).collect::<Vec<_>>(), [1, 2, 1]);
    }
}

#[tokio::test]
async fn places_are_looked_up_again_on_another_day() {
    let site = Site::open().await;
    site.told(ROOM, &event("registered", &birth(1))).await.unwrap();
    let asked = || site.lookups.load(std::sync::atomic::Ordering::SeqCst);
    let before = asked();
    site.told(ROOM, &event("registered", &birth(2))).await.unwrap();
    assert_eq!(asked(), before, "what is known of today is not asked again");
    site.test.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(site.figure(I::Births, None).await, 2);
    assert!(asked() > before, "what becomes of units is asked each day");
}

#[tokio::test]
async fn every_operation_refuses_what_it_must() {
    let site = Site::open().await;
    let own = event("registered", &birth(1));
    let counted = |change: fn(&mut BirthCounted)| {
        let mut counted = birth(1);
        change(&mut counted);
        event("registered", &counted)
    };
    let mut covered = BTreeSet::new();
    let of_another = CloudEvent { source: "/VN/GOV/G15/portal".into(), ..own.clone() };
    let of_another_type = CloudEvent { event_type: "residence.asked".into(), ..own.clone() };
    for (case, room, event, status) in [
        ("another agency's room", "VN/GOV/G22/events", &own, 403),
        ("not a room", "VN/GOV/G15/civil-status", &own, 403),
        ("another system's event", ROOM, &of_another, 403),
        ("another type of event", ROOM, &of_another_type, 422),
        ("a commune that never was", ROOM, &counted(|c| c.commune = "99999".into()), 422),
        ("a commune that was no more", ROOM, &counted(|c| c.commune = "00001".into()), 422),
        ("a province", ROOM, &counted(|c| c.commune = "01".into()), 422),
    ] {
        let problem = site.told(room, event).await.expect_err(case);
        assert_eq!(problem.status, status, "{case}");
        covered.insert("TakeBirth");
    }
    assert_eq!(site.figure(I::Births, None).await, 0, "what is refused leaves nothing behind");
    for (case, period, unit, status) in [
        ("no month", Period::Month { year: 2026, month: 13 }, None, 422),
        ("no year", Period::Year { year: 1 }, None, 422),
        ("no unit's code", MONTH, Some("0"), 422),
        ("markup", MONTH, Some("<b>"), 422),
        ("an unknown province", MONTH, Some("99"), 404),
        ("a commune of the past", MONTH, Some("00001"), 404),
    ] {
        let problem = site.figures(&of(I::Births, period, unit)).await.expect_err(case);
        assert_eq!(problem.status, status, "{case}");
        covered.insert("ReadFigures");
    }
    for operation in contracts::reporting::operations() {
        assert!(covered.contains(operation.name), "{} has no refusal", operation.name);
    }
}
