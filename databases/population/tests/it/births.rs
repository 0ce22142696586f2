//! Numbers: issued by the law's structure, once for a child, never twice for two.

use crate::country::{Country, DEAD_FATHER, MOTHER, NOBODY, name, newborn, relative};
use contracts::{
    PersonalNumber, Sex,
    population::{Newborn, RegisterBirth},
};
use jiff::civil::date;
use std::collections::HashSet;
use store::Location;

async fn register(country: &Country, newborn: &Newborn) -> Result<PersonalNumber, contracts::Problem> {
    Ok(country.ask::<RegisterBirth>(country.civil_status(), newborn).await?.number)
}

#[tokio::test]
async fn a_newborn_gets_a_number_of_the_laws_structure() {
    let country = Country::new().await;
    let sent = newborn(1);
    let number = register(&country, &sent).await.unwrap();
    assert_eq!((number.place(), number.sex(), number.birth_year()), (1, Sex::Female, 2026));
    assert_eq!(country.events().await, [("person.numbered".to_owned(), number.to_string())]);

    let elsewhere = Newborn { registered_at: "26506".into(), name: name("Nguyễn Gia Hân"), ..newborn(2) };
    assert_eq!(register(&country, &elsewhere).await.unwrap().place(), 79);
}

#[tokio::test]
async fn sent_again_it_is_the_same_number_and_another_content_is_refused() {
    let country = Country::new().await;
    let first = register(&country, &newborn(1)).await.unwrap();
    assert_eq!(register(&country, &newborn(1)).await.unwrap(), first);
    let other = Newborn { name: name("Nguyễn Minh Châu"), ..newborn(1) };
    let refusal = register(&country, &other).await.unwrap_err();
    assert_eq!((refusal.status, refusal.code()), (409, "other-content"));
    assert_eq!(country.events().await.len(), 1);
}

#[tokio::test]
async fn a_child_is_numbered_once_and_twins_both() {
    let country = Country::new().await;
    register(&country, &newborn(1)).await.unwrap();
    for same in [newborn(2), Newborn { name: name("NGUYỄN MINH ANH"), ..newborn(3) }] {
        let refusal = register(&country, &same).await.unwrap_err();
        assert_eq!((refusal.status, refusal.code()), (409, "already-registered"));
    }
    register(&country, &Newborn { name: name("Nguyễn Minh Ánh"), ..newborn(4) }).await.unwrap();
    // Without any parent known, nothing tells two foundlings of one name apart: both are numbered.
    let foundling = |registration| Newborn { mother: None, father: None, ..newborn(registration) };
    let (one, other) =
        (register(&country, &foundling(5)).await.unwrap(), register(&country, &foundling(6)).await.unwrap());
    assert_ne!(one, other);
}

#[tokio::test]
async fn impossible_births_are_refused_with_what_is_wrong() {
    let country = Country::new().await;
    type Change = fn(&mut Newborn);
    let cases: [(Change, &[(&str, &str)]); 10] = [
        (|n| n.birth_date = date(2026, 11, 22), &[("birth_date", "in-the-future")]),
        (|n| n.birth_date = date(1899, 12, 31), &[("birth_date", "before-1900")]),
        (|n| n.birth_date = date(2006, 1, 1), &[("mother.number", "too-young")]),
        (|n| n.mother = relative(NOBODY, "Trần Thị Hoà"), &[("mother.number", "unknown-number")]),
        (|n| n.mother = relative(MOTHER, "Trần Thị Liên"), &[("mother.number", "another-name")]),
        (
            |n| std::mem::swap(&mut n.mother, &mut n.father),
            &[("mother.number", "not-a-woman"), ("father.number", "not-a-man")],
        ),
        (
            |n| {
                n.father = relative(DEAD_FATHER, "Lê Văn Tám");
                n.birth_date = date(2026, 11, 1)
            },
            &[],
        ),
        (|n| n.registered_at = "99999".into(), &[("registered_at", "no-commune-of-today")]),
        (|n| n.registered_at = "00001".into(), &[("registered_at", "no-commune-of-today")]),
        (|n| n.birth_place.commune = "01".into(), &[("birth_place.commune", "not-a-commune-code")]),
    ];
    for (at, (change, expected)) in (1..).zip(cases) {
        let mut sent = newborn(at);
        change(&mut sent);
        let faults = register(&country, &sent).await.err().map_or(Vec::new(), |refusal| refusal.fields);
        let codes: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.code.as_str())).collect();
        assert_eq!(codes, expected, "case {at}");
    }
}

#[tokio::test]
async fn without_the_register_of_units_a_birth_waits() {
    let country = Country::new().await;
    country
        .room
        .country
        .answers::<contracts::agencies::ReadUnit>(|_| Err(contracts::Problem::unavailable("down")));
    let refusal = register(&country, &newborn(1)).await.unwrap_err();
    assert_eq!((refusal.status, refusal.code()), (503, "unavailable"));
    assert!(country.events().await.is_empty());
}

#[tokio::test]
async fn many_at_once_get_different_numbers() {
    for location in [Location::SqliteMemory, store::testing::postgres().location()] {
        let country = Country::at(&location).await;
        let births = (0..60_u128).map(|n| {
            let child = Newborn { name: name(&format!("Nguyễn Bé {}", letters(n))), ..newborn(100 + n) };
            let country = &country;
            async move { register(country, &child).await.unwrap() }
        });
        let numbers: HashSet<_> = together(births).await.into_iter().collect();
        assert_eq!(numbers.len(), 60, "{location:?}");
    }
}

#[tokio::test]
async fn one_child_sent_many_times_at_once_gets_one_number() {
    for location in [Location::SqliteMemory, store::testing::postgres().location()] {
        let country = Country::at(&location).await;
        let same = (0..20).map(|_| async { register(&country, &newborn(7)).await.unwrap() });
        let numbers: HashSet<_> = together(same).await.into_iter().collect();
        assert_eq!(numbers.len(), 1, "{location:?}");
        let rivals = (0..20).map(|n| {
            let country = &country;
            async move {
                register(country, &Newborn { name: name("Nguyễn Gia Bảo"), ..newborn(1000 + n) }).await
            }
        });
        let outcomes = together(rivals).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{location:?}");
        assert!(
            outcomes
                .iter()
                .filter_map(|outcome| outcome.as_ref().err())
                .all(|refusal| refusal.code() == "already-registered")
        );
    }
}

#[tokio::test]
async fn numbers_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::SqliteFile(folder.path().join("population.db"));
    let before = Country::at(&location).await;
    let first = register(&before, &newborn(1)).await.unwrap();
    before.room.room.store.clone().close().await.unwrap();

    // The same seed draws the same numbers again, so the first draw meets a number that is taken.
    let after = Country::at(&location).await;
    assert_eq!(register(&after, &newborn(1)).await.unwrap(), first);
    let second = register(&after, &Newborn { name: name("Nguyễn Minh Ánh"), ..newborn(2) }).await.unwrap();
    assert_ne!(second, first);
}

async fn together<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    futures_util::future::join_all(futures).await
}

fn letters(n: u128) -> String {
    n.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}
