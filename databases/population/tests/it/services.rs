//! Look-up, verification, correction, residence and the list of readings.

use crate::{
    country::{
        AUNT, Country, DEAD_FATHER, FATHER, FOREIGNERS_CHILD, MOTHER, NOBODY, SON, TODAY, name, newborn,
        number, place,
    },
    residence::{REGISTERS_ROOM, asked, told},
};
use contracts::{Purpose, person::Address, population::*};
use jiff::{
    SignedDuration,
    civil::{Date, date},
};
use store::Location;
use system::System;
use uuid::Uuid;

fn look_up(of: &str, fields: &[PersonField]) -> LookUp {
    LookUp { number: number(of), fields: fields.to_vec(), valid_on: None, known_at: None }
}

fn correction(of: &str, registration: u128, full: &str) -> Correction {
    Correction {
        number: number(of),
        registration: Uuid::from_u128(registration),
        name: Some(name(full)),
        birth_place: None,
        hometown: None,
        ethnicity: None,
    }
}

#[tokio::test]
async fn a_purpose_sees_its_fields_and_no_other() {
    let country = Country::new().await;
    let all = look_up(MOTHER, &PersonField::ALL);
    let seen = country.ask::<LookUpPerson>(country.civil_status(), &all).await.unwrap();
    assert_eq!(seen.name, Some(name("Trần Thị Hoà")));
    assert_eq!(seen.spouse.unwrap().name, name("Nguyễn Văn Bình"));
    assert_eq!(seen.residence, Some(Address { commune: "00004".into(), detail: "Số 1 phố Lê Lợi".into() }));
    assert_eq!(seen.ethnicity.as_deref(), Some("01"));

    let seen = country.ask::<LookUpPerson>(country.call(Purpose::PROCEDURE), &all).await.unwrap();
    assert!(seen.birth_place.is_none() && seen.mother.is_none() && seen.death_date.is_none());
    assert!(seen.name.is_some() && seen.residence.is_some());

    let mut cut = country.call(Purpose::PROCEDURE);
    cut.fields = Some(["name".to_owned(), "birth_place".to_owned()].into());
    let seen = country.ask::<LookUpPerson>(cut, &all).await.unwrap();
    assert!(seen.name.is_some() && seen.residence.is_none() && seen.birth_place.is_none());

    let asked = look_up(MOTHER, &[PersonField::BirthDate]);
    let seen = country.ask::<LookUpPerson>(country.civil_status(), &asked).await.unwrap();
    assert_eq!((seen.birth_date, seen.name), (Some(date(1995, 2, 1)), None));
}

#[tokio::test]
async fn what_few_records_have_is_kept() {
    let country = Country::new().await;
    let asked = look_up(FOREIGNERS_CHILD, &PersonField::ALL);
    let seen = country.ask::<LookUpPerson>(country.civil_status(), &asked).await.unwrap();
    assert_eq!(seen.nationality.as_deref(), Some("FR"));
    assert_eq!(seen.birth_place.unwrap().detail, "Bệnh viện Phụ sản");
    let father = seen.father.unwrap();
    assert_eq!((father.number, father.name.full().as_str()), (None, "Dupont Jean"));
    assert_eq!(seen.mother.unwrap().number, Some(number(AUNT)));
}

#[tokio::test]
async fn particulars_are_verified_and_nothing_else_is_said() {
    let country = Country::new().await;
    for (of, full, born, matches) in [
        (MOTHER, "TRẦN THỊ HÒA", date(1995, 2, 1), true),
        (MOTHER, "Trần Thị Hoà", date(1995, 2, 1), true),
        (MOTHER, "Trần Thị Hoá", date(1995, 2, 1), false),
        (MOTHER, "Tran Thi Hoa", date(1995, 2, 1), false),
        (MOTHER, "Trần Thị Hoà", date(1995, 1, 2), false),
        (FATHER, "Trần Thị Hoà", date(1995, 2, 1), false),
        (DEAD_FATHER, "Lê Văn Tám", date(1990, 1, 1), false),
        (NOBODY, "Trần Thị Hoà", date(1995, 2, 1), false),
    ] {
        let asked = Verification { number: number(of), name: full.into(), birth_date: born };
        let verified = country.ask::<VerifyPerson>(country.call(Purpose::PROCEDURE), &asked).await.unwrap();
        assert_eq!(verified.matches, matches, "{of} {full} {born}");
    }
}

#[tokio::test]
async fn every_reading_is_noted_and_the_person_sees_it() {
    for location in [Location::SqliteMemory, store::testing::postgres().location()] {
        let country = Country::at(&location).await;
        let mut incoming = country.call(Purpose::PROCEDURE);
        incoming.message = "message-1".into();
        incoming.context = incoming.context.by("officer.hanoi").in_case("000.00.19.H26-261121-0001");
        let asked = look_up(MOTHER, &[PersonField::Name, PersonField::Mother]);
        country.ask::<LookUpPerson>(incoming, &asked).await.unwrap();
        country.room.clock.advance(SignedDuration::from_secs(1));
        let verification = Verification {
            number: number(MOTHER),
            name: "Trần Thị Hoà".into(),
            birth_date: date(1995, 2, 1),
        };
        country.ask::<VerifyPerson>(country.call(Purpose::HEALTH_INSURANCE), &verification).await.unwrap();
        country.room.clock.advance(SignedDuration::from_secs(1));
        let household = HouseholdOf { number: number(FATHER) };
        country.ask::<LookUpHousehold>(country.call(Purpose::RESIDENCE), &household).await.unwrap();

        let asked = AccessesOf { number: number(MOTHER), before: None };
        let list = country.ask::<ListAccesses>(country.own(MOTHER), &asked).await.unwrap();
        let told: Vec<_> = list.accesses.iter().map(|a| (a.purpose.as_str(), a.fields.as_slice())).collect();
        use PersonField::{BirthDate, Name};
        let expected: [(&str, &[PersonField]); 3] =
            [("residence", &[Name]), ("health-insurance", &[Name, BirthDate]), ("procedure", &[Name])];
        assert_eq!(told, expected);
        let first = list.accesses.last().unwrap();
        assert_eq!(
            (first.message.as_str(), first.client.as_str(), first.legal_basis.as_str()),
            ("message-1", "VN/GOV/H26/one-door", "test")
        );
        assert!(!list.more);

        let asked = AccessesOf { number: number(FATHER), before: None };
        let list = country.ask::<ListAccesses>(country.own(FATHER), &asked).await.unwrap();
        let told: Vec<_> = list.accesses.iter().map(|a| a.fields.as_slice()).collect();
        assert_eq!(told, [[Name, PersonField::Residence]]);

        // Asking about what was refused or doesn't exist leaves no trace on anyone.
        let _ = country
            .ask::<LookUpPerson>(country.call(Purpose::PUBLIC), &look_up(AUNT, &[Name]))
            .await
            .unwrap_err();
        let asked = AccessesOf { number: number(AUNT), before: None };
        assert!(country.ask::<ListAccesses>(country.own(AUNT), &asked).await.unwrap().accesses.is_empty());
    }
}

#[tokio::test]
async fn readings_come_page_by_page_without_a_gap() {
    let country = Country::new().await;
    for _ in 0..120 {
        country.room.clock.advance(SignedDuration::from_millis(1));
        country
            .ask::<LookUpPerson>(country.call(Purpose::PROCEDURE), &look_up(MOTHER, &[PersonField::Name]))
            .await
            .unwrap();
    }
    let (mut before, mut seen) = (None, 0);
    loop {
        let asked = AccessesOf { number: number(MOTHER), before };
        let page = country.ask::<ListAccesses>(country.own(MOTHER), &asked).await.unwrap();
        seen += page.accesses.len();
        before = page.accesses.last().map(|last| last.at);
        if !page.more {
            break;
        }
    }
    assert_eq!(seen, 120);
}

#[tokio::test]
async fn a_household_is_its_living_members_with_the_head_first() {
    let country = Country::new().await;
    let household = |of: &str| HouseholdOf { number: number(of) };
    let found =
        country.ask::<LookUpHousehold>(country.call(Purpose::RESIDENCE), &household(SON)).await.unwrap();
    let members: Vec<_> = found.members.iter().map(|member| (member.number, member.relation)).collect();
    assert_eq!(
        members,
        [
            (number(FATHER), Relation::Head),
            (number(MOTHER), Relation::Spouse),
            (number(SON), Relation::Child)
        ]
    );
    let found =
        country.ask::<LookUpHousehold>(country.call(Purpose::RESIDENCE), &household(AUNT)).await.unwrap();
    assert!(found.members.iter().all(|member| member.number != number(DEAD_FATHER)));
}

#[tokio::test]
async fn both_time_axes_are_answered() {
    for location in [Location::SqliteMemory, store::testing::postgres().location()] {
        let country = Country::at(&location).await;
        let minute = SignedDuration::from_mins(1);
        let start = country.room.clock.now();
        country.room.clock.advance(minute);
        let child = country.ask::<RegisterBirth>(country.civil_status(), &newborn(1)).await.unwrap().number;
        country.room.clock.advance(minute);
        told(&country, REGISTERS_ROOM, &asked(1)).await.unwrap();
        country.room.clock.advance(minute);
        let right = correction(&child.to_string(), 50, "Nguyễn Minh Ánh");
        let corrected = country.ask::<CorrectPerson>(country.civil_status(), &right).await.unwrap();
        assert_eq!(corrected.known_from, start + 3 * minute);
        country.room.clock.advance(minute);

        let seen = async |valid_on: Option<Date>, minutes: Option<i32>| {
            let asked = LookUp {
                number: child,
                fields: PersonField::ALL.to_vec(),
                valid_on,
                known_at: minutes.map(|minutes| start + minutes * minute),
            };
            let view = country.ask::<LookUpPerson>(country.civil_status(), &asked).await.ok()?;
            assert_eq!(view.mother.unwrap().name, name("Trần Thị Hoà"));
            Some((view.name.unwrap().given, view.residence.is_some()))
        };
        let expect = |given: &str, resides| Some((given.to_owned(), resides));
        for (valid_on, known_at, expected) in [
            (None, None, expect("Ánh", true)),
            (Some(TODAY), None, expect("Ánh", true)),
            (Some(date(2026, 11, 20)), None, expect("Ánh", false)),
            (Some(date(2026, 10, 31)), None, None),
            (None, Some(4), expect("Ánh", true)),
            (None, Some(2), expect("Anh", true)),
            (Some(date(2026, 11, 9)), Some(2), expect("Anh", false)),
            (None, Some(1), expect("Anh", false)),
            (None, Some(0), None),
        ] {
            assert_eq!(
                seen(valid_on, known_at).await,
                expected,
                "{location:?} on {valid_on:?} as known at {known_at:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_correction_counts_once() {
    let country = Country::new().await;
    let right = correction(MOTHER, 9, "Trần Thị Hoa");
    let first = country.ask::<CorrectPerson>(country.civil_status(), &right).await.unwrap();
    country.room.clock.advance(SignedDuration::from_secs(5));
    assert_eq!(country.ask::<CorrectPerson>(country.civil_status(), &right).await.unwrap(), first);
    let other = correction(MOTHER, 9, "Trần Thị Huệ");
    let refusal = country.ask::<CorrectPerson>(country.civil_status(), &other).await.unwrap_err();
    assert_eq!((refusal.status, refusal.code()), (409, "other-content"));
    assert_eq!(country.events().await, [("person.corrected".to_owned(), MOTHER.to_owned())]);
    let more = Correction {
        hometown: Some(place("26506")),
        ethnicity: Some("02".into()),
        name: None,
        ..correction(MOTHER, 10, "A B")
    };
    country.ask::<CorrectPerson>(country.civil_status(), &more).await.unwrap();
    let seen = country
        .ask::<LookUpPerson>(country.civil_status(), &look_up(MOTHER, &PersonField::ALL))
        .await
        .unwrap();
    assert_eq!(
        (seen.name, seen.hometown, seen.ethnicity.as_deref()),
        (Some(name("Trần Thị Hoa")), Some(place("26506")), Some("02"))
    );
}

#[tokio::test]
async fn corrections_at_once_are_all_kept() {
    for location in [Location::SqliteMemory, store::testing::postgres().location()] {
        let country = Country::at(&location).await;
        let corrections = (0..4).map(|n| {
            let country = &country;
            async move {
                let right = Correction {
                    name: None,
                    ethnicity: Some(format!("{:02}", n + 2)),
                    ..correction(MOTHER, n, "A B")
                };
                country.ask::<CorrectPerson>(country.civil_status(), &right).await.unwrap()
            }
        });
        futures_util::future::join_all(corrections).await;
        assert_eq!(country.events().await.len(), 4, "{location:?}");
    }
}

#[tokio::test]
async fn the_figures_count_what_happened() {
    let country = Country::new().await;
    country.ask::<RegisterBirth>(country.civil_status(), &newborn(1)).await.unwrap();
    country
        .ask::<LookUpPerson>(country.civil_status(), &look_up(MOTHER, &[PersonField::Name]))
        .await
        .unwrap();
    let figures: Vec<_> =
        country.population.indicators().await.into_iter().map(|figure| (figure.code, figure.value)).collect();
    assert_eq!(figures, [("people", 7), ("households", 2), ("numbers-issued", 1), ("readings", 1)]);
}
