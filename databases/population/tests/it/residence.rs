//! A newborn whose parents ask for it is registered where they live, once, and who waits for it is told.

use crate::country::{Country, FATHER, MOTHER, SON, TODAY, newborn, number};
use contracts::{
    PersonalNumber, Problem, Purpose,
    civil_status::ResidenceAsked,
    events::{CloudEvent, SPEC_VERSION},
    population::{
        HouseholdOf, LookUpHousehold, Newborn, ReadResidence, RegisterBirth, Relation, ResidenceOf,
        ResidenceOutcome, TakeResidenceAsked,
    },
};
use store::Location;
use uuid::Uuid;

pub(crate) const REGISTERS_ROOM: &str = "VN/GOV/G15/events";
const DOSSIER: &str = "000.00.00.H26-261121-0001";

pub(crate) fn asked(registration: u128) -> CloudEvent<ResidenceAsked> {
    let registration = Uuid::from_u128(registration);
    CloudEvent {
        specversion: SPEC_VERSION.into(),
        id: Uuid::from_u128(99),
        source: "/VN/GOV/G15/civil-status".into(),
        event_type: "residence.asked".into(),
        subject: Some(registration.to_string()),
        time: jiff::Timestamp::UNIX_EPOCH,
        datacontenttype: Some("application/json".into()),
        partitionkey: None,
        sequence: Some("1".into()),
        data: ResidenceAsked { registration, dossier: DOSSIER.into() },
    }
}

pub(crate) async fn told(
    country: &Country,
    room: &str,
    event: &CloudEvent<ResidenceAsked>,
) -> Result<(), Problem> {
    let incoming = system::testing::incoming(room, Purpose::RESIDENCE, country.room.clock.now());
    country.ask::<TakeResidenceAsked>(incoming, event).await.map(drop)
}

async fn outcome(country: &Country, number: PersonalNumber) -> Result<ResidenceOutcome, Problem> {
    let of = ResidenceOf { number, dossier: DOSSIER.into() };
    country.ask::<ReadResidence>(country.call(Purpose::RESIDENCE), &of).await
}

async fn born(country: &Country, newborn: &Newborn) -> PersonalNumber {
    country.ask::<RegisterBirth>(country.civil_status(), newborn).await.unwrap().number
}

async fn count(country: &Country, event_type: &str) -> usize {
    country.events().await.iter().filter(|(told, _)| told == event_type).count()
}

#[tokio::test]
async fn a_residence_is_registered_once() {
    for location in [Location::SqliteMemory, store::testing::postgres().location()] {
        let country = Country::at(&location).await;
        let child = born(&country, &newborn(1)).await;
        assert_eq!(outcome(&country, child).await.unwrap_err().status, 404, "nothing is decided yet");
        let event = asked(1);
        let at_once = (0..4).map(|_| told(&country, REGISTERS_ROOM, &event));
        assert!(futures_util::future::join_all(at_once).await.iter().all(Result::is_ok));
        told(&country, REGISTERS_ROOM, &event).await.expect("and when it comes again");
        let ResidenceOutcome::Registered(registered) = outcome(&country, child).await.unwrap() else {
            panic!("refused")
        };
        assert_eq!((registered.address.detail.as_str(), registered.from), ("Số 1 phố Lê Lợi", TODAY));
        let of = HouseholdOf { number: child };
        let household = country.ask::<LookUpHousehold>(country.call(Purpose::RESIDENCE), &of).await.unwrap();
        assert_eq!(household.household, registered.household);
        let relations: Vec<_> =
            household.members.iter().map(|member| (member.number, member.relation)).collect();
        assert_eq!(
            relations,
            [
                (number(FATHER), Relation::Head),
                (number(MOTHER), Relation::Spouse),
                (number(SON), Relation::Child),
                (child, Relation::Child)
            ]
        );
        assert_eq!(count(&country, "residence.registered").await, 1);
        let decided = ("residence.decided".to_owned(), Uuid::from_u128(1).to_string());
        let events = country.events().await;
        assert_eq!(events.iter().filter(|event| **event == decided).count(), 1);
    }
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reason() {
    let country = Country::new().await;
    let orphan = Newborn { mother: None, father: None, ..newborn(1) };
    let child = born(&country, &orphan).await;
    told(&country, REGISTERS_ROOM, &asked(1)).await.unwrap();
    let ResidenceOutcome::Refused { reason } = outcome(&country, child).await.unwrap() else {
        panic!("registered with nobody")
    };
    assert!(reason.starts_with("Không có số định danh"), "{reason}");
    assert_eq!(count(&country, "residence.registered").await, 0);
    assert_eq!(count(&country, "residence.decided").await, 1);
}

#[tokio::test]
async fn nobody_is_registered_unasked_and_only_who_asked_reads_the_outcome() {
    let country = Country::new().await;
    let child = born(&country, &newborn(1)).await;
    let of = HouseholdOf { number: child };
    let household = country.ask::<LookUpHousehold>(country.call(Purpose::RESIDENCE), &of).await;
    assert_eq!(household.unwrap_err().status, 404);
    told(&country, REGISTERS_ROOM, &asked(1)).await.unwrap();
    let of = ResidenceOf { number: child, dossier: "000.00.00.H26-261121-0002".into() };
    let other = country.ask::<ReadResidence>(country.call(Purpose::RESIDENCE), &of).await;
    assert_eq!(other.unwrap_err().status, 404, "another dossier asked for nothing");
}
