//! People of the synthetic population whom a visitor can be: the parents of a child about to be born, and officials.

use super::{
    Households, Names, SeedError, SeedOptions, SeededHousehold,
    chunk::{EXAMPLE_COMMUNE, EXAMPLE_WIFE_BEST_YEARS, EXAMPLE_WIFE_YEARS, EXAMPLE_YOUNGEST_CHILD_YEARS},
    generate,
};
use crate::model::Person;
use contracts::{PersonName, PersonalNumber, Sex, population::MaritalStatus};
use jiff::civil::Date;

/// Age of the officials, in years.
const OFFICIAL_YEARS: std::ops::RangeInclusive<i64> = 26..=55;

/// Someone to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persona {
    /// Their number.
    pub number: PersonalNumber,
    /// Their name.
    pub name: PersonName,
    /// Their date of birth.
    pub birth_date: Date,
    /// Commune they live in.
    pub commune: String,
}

/// The people of the example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Personas {
    /// A wife of 22 to 35 years.
    pub mother: Persona,
    /// Her husband.
    pub father: Persona,
    /// Receives applications at the one-door.
    pub officer: Persona,
    /// Registers civil status.
    pub registrar: Persona,
    /// Registers civil status elsewhere.
    pub other_registrar: Persona,
    /// Keeps the nodes of the exchange running.
    pub operator: Persona,
}

/// The example people of the population that these options make; always the same. A few thousand people are made anew to
/// find them, so the register need not be read. `None` when the population is too small to hold them.
///
/// # Errors
/// As [`generate`].
pub fn personas(options: &SeedOptions, names: &Names) -> Result<Option<Personas>, SeedError> {
    Ok(choose(first_part(generate(options, names)?), options.today))
}

fn first_part(mut households: Households<'_>) -> Vec<SeededHousehold> {
    let first = households.next();
    let rest = std::mem::take(&mut households.ready);
    first.into_iter().chain(rest).collect()
}

fn choose(households: Vec<SeededHousehold>, today: Date) -> Option<Personas> {
    let is_elsewhere = |household: &SeededHousehold| household.dwelling.address.commune != EXAMPLE_COMMUNE;
    let couples =
        households.iter().filter_map(|household| couple(household, today).map(|couple| (household, couple)));
    let (home, (mother, father)) = couples.min_by_key(|(household, (wife, _))| {
        (is_elsewhere(household), age(wife, today).abs_diff(EXAMPLE_WIFE_BEST_YEARS))
    })?;
    let mut officials =
        households.iter().filter(|household| household.dwelling != home.dwelling).filter_map(|household| {
            let grown =
                household.members.iter().find(|member| OFFICIAL_YEARS.contains(&age(member, today)))?;
            Some(persona(grown, household))
        });
    let mut next = || officials.next();
    Some(Personas {
        mother: persona(mother, home),
        father: persona(father, home),
        officer: next()?,
        registrar: next()?,
        other_registrar: next()?,
        operator: next()?,
    })
}

/// A couple that could have a child now: the wife of an age for it, everyone else in the household their child, and none
/// of these younger than two.
fn couple(household: &SeededHousehold, today: Date) -> Option<(&Person, &Person)> {
    let is_married = |person: &&Person| person.marital_status == MaritalStatus::Married;
    let wife = household.members.iter().filter(is_married).find(|person| person.sex == Sex::Female)?;
    let husband = household.members.iter().filter(is_married).find(|person| person.sex == Sex::Male)?;
    let are_one = wife.spouse.as_ref().and_then(|kin| kin.number()) == Some(husband.number);
    let mut others = household
        .members
        .iter()
        .filter(|person| person.number != wife.number && person.number != husband.number);
    let all_are_children = others.all(|child| {
        age(child, today) >= EXAMPLE_YOUNGEST_CHILD_YEARS
            && child.mother.as_ref().and_then(|kin| kin.number()) == Some(wife.number)
    });
    (are_one && EXAMPLE_WIFE_YEARS.contains(&age(wife, today)) && all_are_children).then_some((wife, husband))
}

fn age(person: &Person, today: Date) -> i64 {
    let years = i64::from(today.year()) - i64::from(person.birth_date.year());
    let had_birthday = (today.month(), today.day()) >= (person.birth_date.month(), person.birth_date.day());
    if had_birthday { years } else { years - 1 }
}

fn persona(person: &Person, household: &SeededHousehold) -> Persona {
    Persona {
        number: person.number,
        name: person.name.clone(),
        birth_date: person.birth_date,
        commune: household.dwelling.address.commune.clone(),
    }
}
