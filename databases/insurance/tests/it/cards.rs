//! Membership and cards: what is given, what is refused, and that no number is given twice.

use crate::room::{Register, engines, newborn};
use contracts::Purpose;
use insurance::model::NewMember;
use jiff::civil::date;
use std::{collections::BTreeSet, sync::Arc};

const NEWBORNS: u32 = 30;

#[tokio::test]
async fn a_newborn_becomes_a_member_with_a_card() {
    for location in engines() {
        let register = Register::open_at(&location).await;
        let card = register.register(&newborn(1)).await.unwrap();
        assert_eq!(card.card, "TE1010100000001");
        assert_eq!((card.valid_from, card.valid_to), (date(2026, 11, 11), date(2032, 11, 30)));
        assert_eq!(card.facility, "Trạm y tế Phường Ba Đình");
        let mut elsewhere = newborn(2);
        elsewhere.residence.commune = "26734".into();
        assert_eq!(register.register(&elsewhere).await.unwrap().card, "TE1797900000001");
        assert_eq!(register.register(&newborn(3)).await.unwrap().card, "TE1010100000002");
        assert_eq!((register.indicator("members").await, register.indicator("cards-valid").await), (3, 3));
    }
}

#[tokio::test]
async fn one_person_is_one_member_however_often_it_is_sent() {
    for location in engines() {
        let register = Register::open_at(&location).await;
        let child = newborn(1);
        let (first, second) = tokio::join!(register.register(&child), register.register(&child));
        let first = first.unwrap();
        assert_eq!(first, second.unwrap());
        let mut moved = child.clone();
        moved.residence.detail = "Số 2 phố Đội Cấn".into();
        moved.name.given = "AN".into();
        assert_eq!(register.register(&moved).await.unwrap(), first);
        // Years later the message comes again: the answer is still the same card.
        register.test.clock.advance(jiff::SignedDuration::from_hours(24 * 366 * 7));
        assert_eq!(register.register(&child).await.unwrap(), first);
        assert_eq!((register.indicator("members").await, register.indicator("cards-valid").await), (1, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_number_is_given_twice_and_none_is_lost() {
    for location in engines() {
        let register = Arc::new(Register::open_at(&location).await);
        let registering: Vec<_> = (0..NEWBORNS)
            .map(|n| {
                let register = register.clone();
                // Every child is sent twice, by two senders at once.
                tokio::spawn(async move { register.register(&newborn(n / 2)).await.unwrap().card })
            })
            .collect();
        let mut cards = BTreeSet::new();
        for card in registering {
            cards.insert(card.await.unwrap());
        }
        let expected: BTreeSet<String> = (1..=NEWBORNS / 2).map(|n| format!("TE10101{n:08}")).collect();
        assert_eq!(cards, expected);
    }
}

#[tokio::test]
async fn every_operation_refuses_what_it_must() {
    let register = Register::open().await;
    let child = newborn(1);
    let own = child.number.to_string();
    register.register(&child).await.unwrap();
    let changed = |n: u32, change: fn(&mut NewMember)| {
        let mut member = newborn(n);
        change(&mut member);
        member
    };
    let registrations = [
        ("future", changed(2, |m| m.birth_date = date(2026, 12, 1)), 422, "invalid"),
        ("another year", changed(2, |m| m.birth_date = date(2025, 12, 1)), 422, "invalid"),
        ("malformed commune", changed(2, |m| m.residence.commune = "x".into()), 422, "invalid"),
        ("unknown commune", changed(2, |m| m.residence.commune = "99999".into()), 422, "invalid"),
        ("a commune of a district", changed(2, |m| m.residence.commune = "00001".into()), 422, "invalid"),
        ("no commune", changed(2, |m| m.residence.commune = "00002".into()), 422, "invalid"),
        ("agencies down", changed(2, |m| m.residence.commune = "00503".into()), 503, "unavailable"),
    ];
    let mut covered = BTreeSet::new();
    for (case, member, status, code) in registrations {
        let problem = register.register(&member).await.expect_err(case);
        assert_eq!((problem.status, problem.code()), (status, code), "{case}");
    }
    crate::events::others_are_refused(&register).await;
    covered.insert("TakePersonNumbered");
    let (known, unknown) = (child.number, newborn(2).number);
    let look_ups = [
        ("another's card", known, Purpose::OWN_DATA, Some("001190000099"), 404),
        ("nobody's call", known, Purpose::OWN_DATA, None, 404),
        ("no member", unknown, Purpose::HEALTH_INSURANCE, None, 404),
        ("another purpose", known, Purpose::RESIDENCE, Some(own.as_str()), 403),
        ("no purpose", known, "", Some(own.as_str()), 403),
    ];
    for (case, number, purpose, user, status) in look_ups {
        let problem = register.look_up(number, purpose, user).await.expect_err(case);
        assert_eq!(problem.status, status, "{case}");
        covered.insert("LookUpCard");
    }
    assert_eq!(register.indicator("members").await, 1, "what is refused leaves nothing behind");
    for operation in contracts::insurance::operations() {
        assert!(covered.contains(operation.name), "{} has no refusal", operation.name);
        assert!(
            register.services.iter().any(|service| service.facts.path == operation.path),
            "{}",
            operation.name
        );
    }
}

#[tokio::test]
async fn a_card_is_read_for_its_purposes() {
    let register = Register::open().await;
    let child = newborn(1);
    let card = register.register(&child).await.unwrap();
    let own = child.number.to_string();
    assert_eq!(register.look_up(child.number, Purpose::HEALTH_INSURANCE, None).await.unwrap(), card);
    assert_eq!(register.look_up(child.number, Purpose::OWN_DATA, Some(&own)).await.unwrap(), card);
}
