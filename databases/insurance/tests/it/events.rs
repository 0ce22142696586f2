//! A child who got a number is insured without anybody's asking.

use crate::room::{ROOM, Register, engines, newborn, numbered};
use contracts::{Purpose, events::CloudEvent, insurance::CardIssued, person::Address};
use insurance::model::NewMember;
use jiff::civil::date;

#[tokio::test]
async fn a_numbered_newborn_is_insured_once_and_the_card_is_told_of() {
    for has_home in [true, false] {
        for location in engines() {
            let register = Register::open_at(&location).await;
            let mut child = newborn(1);
            if !has_home {
                child.residence = Address { commune: String::new(), detail: String::new() };
            }
            register.population_shows(&child);
            for _ in 0..2 {
                register.told(ROOM, &numbered(&child.number.to_string())).await.unwrap();
            }
            let card = register.look_up(child.number, Purpose::HEALTH_INSURANCE, None).await.unwrap();
            assert!(card.card.starts_with("TE10101"), "{}", card.card);
            assert_eq!(card.facility, "Trạm y tế Phường Ba Đình");
            let emitted = register.test.room.store.pending_events(0, 10).await.unwrap();
            let [told] = &emitted[..] else { panic!("{} events", emitted.len()) };
            assert_eq!(told.event.event_type, insurance::CARD_ISSUED);
            assert_eq!(told.event.subject, child.number.to_string());
            let issued: CardIssued = serde_json::from_str(&told.event.payload).unwrap();
            assert_eq!(issued, CardIssued { valid_from: card.valid_from, valid_to: card.valid_to });
        }
    }
}

#[tokio::test]
async fn whoever_is_numbered_later_in_life_is_not_insured_as_a_child() {
    let register = Register::open().await;
    for (birth_date, members) in
        [(date(2010, 1, 1), 0), (date(2020, 11, 21), 0), (date(2020, 11, 22), 1), (date(2026, 11, 21), 2)]
    {
        let number = contracts::PersonalNumber::compose(1, contracts::Sex::Female, birth_date.year(), 5);
        let child = NewMember { birth_date, number: number.unwrap(), ..newborn(1) };
        register.population_shows(&child);
        register.told(ROOM, &numbered(&child.number.to_string())).await.unwrap();
        assert_eq!(register.indicator("members").await, members, "born on {birth_date}");
    }
}

/// Events that are not taken.
pub(crate) async fn others_are_refused(register: &Register) {
    let child = newborn(9);
    let own = numbered(&child.number.to_string());
    let of_another = CloudEvent { source: "/VN/GOV/G01/residence".into(), ..own.clone() };
    for (case, room, event, status) in [
        ("another agency's room", "VN/GOV/G22/events", &own, 403),
        ("not a room", "VN/GOV/G01/population", &own, 403),
        ("another system's event", ROOM, &of_another, 403),
        ("about nobody", ROOM, &numbered("somebody"), 422),
        ("whom the population database does not know", ROOM, &own, 404),
    ] {
        let problem = register.told(room, event).await.expect_err(case);
        assert_eq!(problem.status, status, "{case}");
    }
}
