//! The synthetic population: shaped like Vietnam's, the same from the same seed, and without impossible people.

use crate::country::TODAY;
use contracts::{
    PersonalNumber, Sex,
    population::{MaritalStatus, Relation},
};
use jiff::civil::Date;
use population::{
    FACTS, SCHEMA,
    model::{Kin, Person},
    seed::{self, CommuneWeight, Loaded, Names, SeedError, SeedOptions, SeededHousehold},
};
use proptest::prelude::*;
use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};
use store::Location;
use system::testing::TestRoom;

static NAMES: LazyLock<Names> = LazyLock::new(|| Names::vietnamese().unwrap());

fn communes() -> Vec<CommuneWeight> {
    let commune = |code: &str, province: &str, urban, weight| CommuneWeight {
        code: code.into(),
        province: province.into(),
        place_code: province.parse().unwrap(),
        urban,
        weight,
    };
    vec![
        commune("00004", "01", true, 30),
        commune("00008", "01", true, 40),
        commune("01273", "04", false, 10),
        commune("03127", "11", false, 10),
        commune("20194", "48", true, 30),
        commune("26506", "79", true, 60),
        commune("31120", "92", false, 20),
    ]
}

fn options(people: u64, seed: u64) -> SeedOptions {
    SeedOptions { people, seed, today: TODAY, communes: communes() }
}

fn made(people: u64, seed: u64) -> Vec<SeededHousehold> {
    seed::generate(&options(people, seed), &NAMES).unwrap().collect()
}

fn people(households: &[SeededHousehold]) -> impl Iterator<Item = &Person> {
    households.iter().flat_map(|household| &household.members)
}

fn age(person: &Person) -> i16 {
    let years = TODAY.year() - person.birth_date.year();
    if (TODAY.month(), TODAY.day()) >= (person.birth_date.month(), person.birth_date.day()) {
        years
    } else {
        years - 1
    }
}

fn permille(count: usize, of: usize) -> usize {
    1000 * count / of
}

#[test]
fn the_population_is_shaped_like_vietnams() {
    let households = made(20_000, 1);
    let all: Vec<&Person> = people(&households).collect();
    assert_eq!(all.len(), 20_000);
    let share = |test: &dyn Fn(&Person) -> bool| {
        permille(all.iter().filter(|person| test(person)).count(), all.len())
    };
    let men = all.iter().filter(|person| person.sex == Sex::Male).count();
    for (what, found, expected, tolerance) in [
        ("tenths of people in a household", 10 * all.len() / households.len(), 36, 1),
        ("men of a thousand", permille(men, all.len()), 497, 12),
        ("under 15", share(&|person| age(person) < 15), 230, 25),
        ("15 to 64", share(&|person| (15..65).contains(&age(person))), 675, 30),
        ("65 and over", share(&|person| age(person) >= 65), 95, 25),
        ("Kinh", share(&|person| person.ethnicity == 1), 880, 70),
        ("named Nguyễn", share(&|person| person.name.family == "Nguyễn"), 320, 70),
        ("married", share(&|person| person.marital_status == MaritalStatus::Married), 480, 60),
        ("widowed", share(&|person| person.marital_status == MaritalStatus::Widowed), 45, 25),
    ] {
        assert!(found.abs_diff(expected) <= tolerance, "{what}: {found}, expected {expected} ± {tolerance}");
    }
    let minors: Vec<_> = all.iter().filter(|person| age(person) < 18).collect();
    let with_mother = minors.iter().filter(|person| person.mother.is_some()).count();
    assert!(
        permille(with_mother, minors.len()) > 980,
        "{with_mother} of {} children have a mother",
        minors.len()
    );
    let of_three_generations = households.iter().filter(|household| {
        household
            .members
            .iter()
            .any(|m| matches!(m.home.unwrap().relation, Relation::Grandchild | Relation::Parent))
    });
    let share = permille(of_three_generations.count(), households.len());
    assert!((80..350).contains(&share), "{share} of 1000 households have three generations");
}

#[test]
fn weights_say_where_people_live() {
    let mut found: HashMap<String, usize> = HashMap::new();
    for household in made(20_000, 1) {
        *found.entry(household.dwelling.address.commune).or_default() += household.members.len();
    }
    for commune in communes() {
        let expected = 20_000 * usize::try_from(commune.weight).unwrap() / 200;
        assert!(
            found[&commune.code].abs_diff(expected) < expected / 8 + 100,
            "{} has {}",
            commune.code,
            found[&commune.code]
        );
    }
}

#[test]
fn one_seed_makes_one_country() {
    assert!(made(9_000, 7) == made(9_000, 7));
    assert!(made(9_000, 7) != made(9_000, 8));
}

#[test]
fn what_cannot_be_made_is_refused() {
    let with = |change: &dyn Fn(&mut SeedOptions)| {
        let mut options = options(10, 1);
        change(&mut options);
        seed::generate(&options, &NAMES).err()
    };
    assert_eq!(with(&|o| o.communes.clear()), Some(SeedError::NoCommunes));
    assert_eq!(with(&|o| o.communes.iter_mut().for_each(|c| c.weight = 0)), Some(SeedError::NoCommunes));
    assert_eq!(with(&|o| o.communes[0].code = "4".into()), Some(SeedError::Commune("4".into())));
    assert_eq!(with(&|o| o.communes[0].place_code = 1000), Some(SeedError::Commune("00004".into())));
    assert_eq!(with(&|o| o.communes[0].weight = u64::MAX), Some(SeedError::Commune("00008".into())));
    assert!(matches!(with(&|o| o.people = 200_000_000), Some(SeedError::TooMany { .. })));
    assert_eq!(with(&|o| o.people = 0), None);
}

/// What is wrong with a population, in words.
fn impossible(households: &[SeededHousehold]) -> Vec<String> {
    let by_number: HashMap<PersonalNumber, &Person> =
        people(households).map(|person| (person.number, person)).collect();
    let place_codes: HashSet<u16> = communes().iter().map(|commune| commune.place_code).collect();
    let mut wrong = Vec::new();
    let mut check = |holds: bool, what: &str, person: &Person| {
        if !holds {
            wrong.push(format!("{what}: {person:?}"));
        }
    };
    let find =
        |kin: &Option<Kin>| kin.as_ref().and_then(Kin::number).map(|number| by_number.get(&number).copied());
    for household in households {
        let relations = household.members.iter().map(|member| member.home.unwrap().relation);
        let heads = relations.clone().filter(|relation| *relation == Relation::Head).count();
        let head = &household.members[0];
        check(
            heads == 1 && head.home.unwrap().relation == Relation::Head,
            "a household has one head, first",
            head,
        );
        check(age(head) >= 18 || households.len() == 1, "a head is grown", head);
        for person in &household.members {
            let number = person.number;
            let said = (number.sex(), number.birth_year(), place_codes.contains(&number.place()));
            check(said == (person.sex, person.birth_date.year(), true), "the number says who it is", person);
            check(person.birth_date <= TODAY && age(person) <= 101, "the age is possible", person);
            check(
                person.home.unwrap().household == household.dwelling.household,
                "who lives there is its member",
                person,
            );
            check(
                !person.name.family.is_empty() && !person.name.given.is_empty(),
                "everyone has a name",
                person,
            );
            check(
                spouse_is_mutual(person, find(&person.spouse)),
                "spouses are each other's and of the other sex",
                person,
            );
            for (parent, sex) in [(find(&person.mother), Sex::Female), (find(&person.father), Sex::Male)] {
                check(
                    parent_is_possible(person, parent, sex),
                    "parents exist, are of their sex and old enough",
                    person,
                );
            }
            if let Some(Some(father)) = find(&person.father) {
                check(
                    person.name.family == father.name.family,
                    "children bear their father's family name",
                    person,
                );
            }
            let related = is_to_the_head(person, household, |kin| find(kin).flatten());
            check(related, "everyone is to the head what is said", person);
        }
    }
    let count = people(households).count();
    if by_number.len() != count {
        wrong.push(format!("{count} people have {} numbers", by_number.len()));
    }
    wrong
}

/// The person's relation to the head is borne out by who is whose parent and spouse.
fn is_to_the_head<'a>(
    person: &Person,
    household: &'a SeededHousehold,
    find: impl Fn(&Option<Kin>) -> Option<&'a Person>,
) -> bool {
    let head = &household.members[0];
    let heads_spouse = find(&head.spouse).map(|spouse| spouse.number);
    let is_parent = |parent: PersonalNumber, child: &Person| {
        [&child.mother, &child.father].into_iter().filter_map(&find).any(|found| found.number == parent)
    };
    let is_child = |child: &Person| {
        is_parent(head.number, child) || heads_spouse.is_some_and(|spouse| is_parent(spouse, child))
    };
    match person.home.unwrap().relation {
        Relation::Head => person.number == head.number,
        Relation::Spouse => heads_spouse == Some(person.number),
        Relation::Child => is_child(person),
        Relation::Parent => {
            is_parent(person.number, head)
                || find(&head.spouse).is_some_and(|spouse| is_parent(person.number, spouse))
        }
        Relation::Grandchild => [&person.mother, &person.father].into_iter().filter_map(&find).any(is_child),
        Relation::Other => true,
    }
}

fn spouse_is_mutual(person: &Person, spouse: Option<Option<&Person>>) -> bool {
    match spouse {
        None => person.marital_status != MaritalStatus::Married,
        Some(None) => false,
        Some(Some(spouse)) => {
            person.marital_status == MaritalStatus::Married
                && spouse.spouse == Some(Kin::Numbered(person.number))
                && spouse.sex != person.sex
                && age(person) >= if person.sex == Sex::Male { 20 } else { 18 }
        }
    }
}

fn parent_is_possible(child: &Person, parent: Option<Option<&Person>>, sex: Sex) -> bool {
    let years = |from: Date, until: Date| {
        until.year() - from.year() - i16::from((until.month(), until.day()) < (from.month(), from.day()))
    };
    match parent {
        None => true,
        Some(None) => false,
        Some(Some(parent)) => {
            let age = years(parent.birth_date, child.birth_date);
            parent.sex == sex
                && if sex == Sex::Female { (18..=45).contains(&age) } else { (19..=60).contains(&age) }
        }
    }
}

#[test]
fn nobody_is_impossible() {
    assert_eq!(impossible(&made(20_000, 3)), [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Also where hardly anyone is: every size and every seed makes possible people, and as many as wanted.
    #[test]
    fn every_country_is_possible(size in 0_u64..600, seed in any::<u64>()) {
        let households = made(size, seed);
        prop_assert_eq!(people(&households).count() as u64, size);
        let wrong = impossible(&households);
        // Among a handful of people a child may be without any grown one.
        let wrong: Vec<_> = wrong.into_iter().filter(|what| size > 30 || !what.starts_with("a head is grown")).collect();
        prop_assert!(wrong.is_empty(), "{:?}", wrong);
    }
}

#[test]
fn the_example_people_are_in_the_population() {
    for seed in 1..=5 {
        let options = options(5_000, seed);
        let personas = seed::personas(&options, &NAMES).unwrap().unwrap();
        let households: Vec<_> = seed::generate(&options, &NAMES).unwrap().collect();
        let find = |persona: &seed::Persona| {
            people(&households).find(|person| person.number == persona.number).unwrap()
        };
        let (mother, father) = (find(&personas.mother), find(&personas.father));
        assert_eq!(mother.spouse, Some(Kin::Numbered(father.number)));
        assert!((22..=35).contains(&age(mother)), "{}", age(mother));
        assert_eq!(personas.mother.commune, "00004", "seed {seed}");
        assert_eq!((&mother.name, &father.name), (&personas.mother.name, &personas.father.name));
        for official in
            [&personas.officer, &personas.registrar, &personas.other_registrar, &personas.operator]
        {
            assert!((26..=55).contains(&age(find(official))));
        }
        let four = [&personas.mother, &personas.father, &personas.officer, &personas.registrar];
        assert_eq!(four.iter().map(|persona| persona.number).collect::<HashSet<_>>().len(), 4);
    }
    assert_eq!(seed::personas(&options(3, 1), &NAMES), Ok(None));
}

/// The households of the first part that is taken in together.
fn first_part(households: impl Iterator<Item = SeededHousehold>) -> Vec<SeededHousehold> {
    let mut people = 0;
    households
        .take_while(|household| {
            let first = people < 20_000;
            people += household.members.len();
            first
        })
        .collect()
}

#[tokio::test]
async fn a_load_that_was_interrupted_goes_on_where_it_stopped() {
    for location in [Location::SqliteMemory, store::testing::postgres().location()] {
        let room = TestRoom::open_at(&FACTS, &SCHEMA, "G01", crate::country::NOW, &location).await;
        let store = &room.room.store;
        let make = || seed::generate(&options(30_000, 1), &NAMES).unwrap();
        let whole = Loaded { people: 30_000, households: make().count() as u64 };
        let begun = seed::load(store, first_part(make()).into_iter(), &mut |_| ()).await.unwrap();
        assert_eq!(seed::loaded(store).await.unwrap(), begun);
        assert!(begun.people < whole.people);
        let mut told = Vec::new();
        for _ in 0..2 {
            assert_eq!(seed::load(store, make(), &mut |people| told.push(people)).await.unwrap(), whole);
            assert_eq!(seed::loaded(store).await.unwrap(), whole, "{location:?}");
        }
        assert_eq!(told, [begun.people, 30_000, begun.people, 30_000]);
    }
}
