//! Every operation refuses whom it must.

use crate::{
    country::{AUNT, Country, MOTHER, NOBODY, newborn, number},
    residence::{REGISTERS_ROOM, asked},
};
use contracts::{Operation, Problem, Purpose, events::CloudEvent, population::*};
use jiff::civil::date;
use std::collections::BTreeSet;
use system::Incoming;
use uuid::Uuid;

/// One call and the status it is refused with.
async fn refused<O: Operation>(
    country: &Country,
    incoming: Incoming,
    request: O::Request,
    status: u16,
) -> &'static str
where
    O::Answer: std::fmt::Debug,
{
    let refusal: Problem = country.ask::<O>(incoming, &request).await.unwrap_err();
    assert_eq!(refusal.status, status, "{} {}", O::PATH, refusal.kind);
    let operation =
        operations().into_iter().find(|facts| facts.path == O::PATH && facts.service == O::SERVICE);
    operation.expect("the operation is in the contract").name
}

#[tokio::test]
async fn every_operation_refuses_whom_it_must() {
    let country = &Country::new().await;
    let call = |purpose: &str| country.call(purpose);
    let look_up = |of: &str| LookUp {
        number: number(of),
        fields: vec![PersonField::Name],
        valid_on: None,
        known_at: None,
    };
    let verification =
        || Verification {
            number: number(MOTHER), name: "Trần Thị Hoà".into(), birth_date: date(1995, 2, 1)
        };
    let correction = |of: &str| Correction {
        number: number(of),
        registration: Uuid::from_u128(1),
        name: None,
        birth_place: None,
        hometown: None,
        ethnicity: Some("02".into()),
    };
    let residence = |of: &str| ResidenceOf { number: number(of), dossier: "H26-1".into() };
    let room = |room: &str| system::testing::incoming(room, Purpose::RESIDENCE, country.room.clock.now());
    let of_another = CloudEvent { source: "/VN/GOV/G15/reporting".into(), ..asked(1) };
    let household = |of: &str| HouseholdOf { number: number(of) };
    let accesses = |of: &str| AccessesOf { number: number(of), before: None };
    let refusals = [
        refused::<LookUpPerson>(country, call(Purpose::PUBLIC), look_up(MOTHER), 403).await,
        refused::<LookUpPerson>(country, call("curiosity"), look_up(MOTHER), 403).await,
        refused::<LookUpPerson>(country, call(Purpose::OWN_DATA), look_up(MOTHER), 403).await,
        refused::<LookUpPerson>(country, country.own(AUNT), look_up(MOTHER), 403).await,
        refused::<LookUpPerson>(country, call(Purpose::PUBLIC), look_up(NOBODY), 403).await,
        refused::<LookUpPerson>(country, call(Purpose::CIVIL_STATUS), look_up(NOBODY), 404).await,
        refused::<VerifyPerson>(country, call(Purpose::PUBLIC), verification(), 403).await,
        refused::<VerifyPerson>(country, country.own(AUNT), verification(), 403).await,
        refused::<CorrectPerson>(country, call(Purpose::PROCEDURE), correction(MOTHER), 403).await,
        refused::<CorrectPerson>(country, country.own(MOTHER), correction(MOTHER), 403).await,
        refused::<CorrectPerson>(country, call(Purpose::CIVIL_STATUS), correction(NOBODY), 404).await,
        refused::<CorrectPerson>(
            country,
            call(Purpose::CIVIL_STATUS),
            Correction { ethnicity: None, ..correction(MOTHER) },
            422,
        )
        .await,
        refused::<RegisterBirth>(country, call(Purpose::PROCEDURE), newborn(1), 403).await,
        refused::<RegisterBirth>(country, country.own(MOTHER), newborn(1), 403).await,
        refused::<LookUpHousehold>(country, call(Purpose::CIVIL_STATUS), household(MOTHER), 403).await,
        refused::<LookUpHousehold>(country, country.own(AUNT), household(MOTHER), 403).await,
        refused::<LookUpHousehold>(country, call(Purpose::RESIDENCE), household(NOBODY), 404).await,
        refused::<ReadResidence>(country, call(Purpose::CIVIL_STATUS), residence(MOTHER), 403).await,
        refused::<ReadResidence>(country, call(Purpose::RESIDENCE), residence(MOTHER), 404).await,
        refused::<TakeResidenceAsked>(country, room("VN/GOV/G22/events"), asked(1), 403).await,
        refused::<TakeResidenceAsked>(country, room("VN/GOV/G15/civil-status"), asked(1), 403).await,
        refused::<TakeResidenceAsked>(country, room(REGISTERS_ROOM), of_another, 403).await,
        refused::<TakeResidenceAsked>(country, room(REGISTERS_ROOM), asked(1), 404).await,
        refused::<ListAccesses>(country, call(Purpose::CIVIL_STATUS), accesses(MOTHER), 403).await,
        refused::<ListAccesses>(country, country.own(AUNT), accesses(MOTHER), 403).await,
    ];
    let covered: BTreeSet<_> = refusals.into_iter().collect();
    assert_eq!(
        covered,
        operations().iter().map(|facts| facts.name).collect(),
        "every operation has a refusal"
    );
    assert!(country.events().await.is_empty());
}
