//! A child who got a number is insured without anybody's asking.

use crate::room::{Register, engines, newborn};
use contracts::{
    Problem, Purpose,
    events::{CloudEvent, SPEC_VERSION},
    insurance::{CardIssued, NewMember, TakePersonNumbered},
    population::{LookUpPerson, PersonNumbered, PersonView},
};
use jiff::civil::date;
use system::testing::ask;
use uuid::Uuid;

const ROOM: &str = "VN/GOV/G01/events";

fn numbered(subject: &str) -> CloudEvent<PersonNumbered> {
    CloudEvent {
        specversion: SPEC_VERSION.into(),
        id: Uuid::from_u128(7),
        source: "/VN/GOV/G01/population".into(),
        event_type: "person.numbered".into(),
        subject: Some(subject.into()),
        time: jiff::Timestamp::UNIX_EPOCH,
        datacontenttype: Some("application/json".into()),
        partitionkey: None,
        sequence: Some("1".into()),
        data: PersonNumbered { registration: Uuid::from_u128(1), registered_at: "00004".into() },
    }
}

async fn told(register: &Register, room: &str, event: &CloudEvent<PersonNumbered>) -> Result<(), Problem> {
    let incoming = system::testing::incoming(room, Purpose::HEALTH_INSURANCE, register.test.clock.now());
    ask::<TakePersonNumbered>(&register.services, incoming, event).await.map(drop)
}

/// The population database shows this child.
fn population_shows(register: &Register, child: NewMember, has_home: bool) {
    register.test.country.answers::<LookUpPerson>(move |asked| {
        if asked.number != child.number {
            return Err(Problem::not_found());
        }
        let mut view: PersonView = serde_json::from_value(serde_json::json!({ "number": asked.number }))
            .expect("a person of whom nothing is shown");
        view.name = Some(child.name.clone());
        view.sex = Some(child.sex);
        view.birth_date = Some(child.birth_date);
        view.residence = has_home.then(|| child.residence.clone());
        Ok(view)
    });
}

#[tokio::test]
async fn a_numbered_newborn_is_insured_once_and_the_card_is_told_of() {
    for has_home in [true, false] {
        for location in engines() {
            let register = Register::open_at(&location).await;
            let child = newborn(1);
            population_shows(&register, child.clone(), has_home);
            for _ in 0..2 {
                told(&register, ROOM, &numbered(&child.number.to_string())).await.unwrap();
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
    let grown = NewMember { birth_date: date(2010, 1, 1), ..newborn(1) };
    population_shows(&register, grown.clone(), true);
    told(&register, ROOM, &numbered(&grown.number.to_string())).await.unwrap();
    assert_eq!(register.indicator("members").await, 0);
}

/// Events that are not taken.
pub(crate) async fn others_are_refused(register: &Register) {
    let child = newborn(9);
    population_shows(register, newborn(1), true);
    let own = numbered(&child.number.to_string());
    let of_another = CloudEvent { source: "/VN/GOV/G01/residence".into(), ..own.clone() };
    for (case, room, event, status) in [
        ("another agency's room", "VN/GOV/G22/events", &own, 403),
        ("not a room", "VN/GOV/G01/population", &own, 403),
        ("another system's event", ROOM, &of_another, 403),
        ("about nobody", ROOM, &numbered("somebody"), 422),
        ("whom the population database does not know", ROOM, &own, 404),
    ] {
        let problem = told(register, room, event).await.expect_err(case);
        assert_eq!(problem.status, status, "{case}");
    }
}
