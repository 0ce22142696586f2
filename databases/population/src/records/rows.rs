//! How a person, a household and the codes in them stand in the columns of the store.

use crate::model::{Dwelling, Home, HouseholdKey, Kin, Person, VIETNAM, date_of, day_number, name_birth_key};
use contracts::{
    PersonName, PersonalNumber, Sex,
    person::Address,
    population::{MaritalStatus, Relation},
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::{Row, StoreError, Value, params};

/// What few records have.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Uncommon {
    #[serde(skip_serializing_if = "Option::is_none")]
    nationality: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    birth_detail: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    hometown_detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mother: Option<PersonName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    father: Option<PersonName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spouse: Option<PersonName>,
}

impl Uncommon {
    fn of(person: &Person) -> Self {
        let named = |kin: &Option<Kin>| match kin {
            Some(Kin::Named(name)) => Some(name.clone()),
            _ => None,
        };
        Self {
            nationality: Some(person.nationality.clone()).filter(|nationality| nationality != VIETNAM),
            birth_detail: person.birth_place.detail.clone(),
            hometown_detail: person.hometown.detail.clone(),
            mother: named(&person.mother),
            father: named(&person.father),
            spouse: named(&person.spouse),
        }
    }

    fn to_text(&self) -> Option<String> {
        (*self != Self::default()).then(|| json(self))
    }
}

pub(super) fn json(content: &impl Serialize) -> String {
    serde_json::to_string(content).expect("records hold only texts, numbers and dates, which JSON can write")
}

/// A value that the register itself has written can't be read: the store is damaged or was changed by hand.
pub(super) fn damaged(reason: &str) -> StoreError {
    StoreError::Damaged { system: contracts::population::SYSTEM, reason: reason.to_owned() }
}

pub(super) const MARITAL_STATUS: [MaritalStatus; 4] =
    [MaritalStatus::Single, MaritalStatus::Married, MaritalStatus::Divorced, MaritalStatus::Widowed];
pub(super) const RELATIONS: [Relation; 6] = [
    Relation::Head,
    Relation::Spouse,
    Relation::Child,
    Relation::Parent,
    Relation::Grandchild,
    Relation::Other,
];

pub(super) fn coded<T: Copy>(list: &[T], code: i64, what: &str) -> Result<T, StoreError> {
    usize::try_from(code).ok().and_then(|at| list.get(at)).copied().ok_or_else(|| damaged(what))
}

pub(super) fn commune_number(code: &str) -> i64 {
    code.parse().unwrap_or_default()
}

pub(super) fn commune_code(number: i64) -> String {
    format!("{number:05}")
}

pub(super) fn number_of(value: i64) -> Result<PersonalNumber, StoreError> {
    PersonalNumber::from_i64(value).ok_or_else(|| damaged("a personal number out of range"))
}

pub(super) fn day_of(value: i64) -> Result<Date, StoreError> {
    date_of(value).ok_or_else(|| damaged("a day out of range"))
}

/// The values of a row of `people`.
pub(super) fn person_values(person: &Person, changes: i64) -> Vec<Value> {
    let number = |kin: &Option<Kin>| kin.as_ref().and_then(Kin::number).map(PersonalNumber::as_i64);
    params![
        person.number.as_i64(),
        name_birth_key(&person.name, person.birth_date),
        &person.name.family,
        &person.name.middle,
        &person.name.given,
        day_number(person.birth_date),
        person.sex == Sex::Female,
        person.ethnicity,
        person.marital_status as u8,
        commune_number(&person.birth_place.commune),
        commune_number(&person.hometown.commune),
        number(&person.mother),
        number(&person.father),
        number(&person.spouse),
        person.home.map(|home| home.household.0),
        person.home.map(|home| home.relation as u8),
        person.death_date.map(day_number),
        changes,
        Uncommon::of(person).to_text(),
    ]
}

/// The person of a row and how often they were changed.
pub(super) fn person_of(row: &Row) -> Result<(Person, i64), StoreError> {
    let uncommon: Uncommon = match row.get::<Option<String>>(17)? {
        Some(text) => {
            serde_json::from_str(&text).map_err(|_| damaged("a record's uncommon part is not of its form"))?
        }
        None => Uncommon::default(),
    };
    let kin = |column: usize, named: Option<PersonName>| -> Result<Option<Kin>, StoreError> {
        let number = row.get::<Option<i64>>(column)?.map(number_of).transpose()?;
        Ok(number.map(Kin::Numbered).or(named.map(Kin::Named)))
    };
    let home = match (row.get::<Option<i64>>(13)?, row.get::<Option<i64>>(14)?) {
        (Some(key), Some(relation)) => Some(Home {
            household: HouseholdKey(key),
            relation: coded(&RELATIONS, relation, "an unknown relation")?,
        }),
        _ => None,
    };
    let person = Person {
        number: number_of(row.get(0)?)?,
        name: PersonName { family: row.get(1)?, middle: row.get(2)?, given: row.get(3)? },
        birth_date: day_of(row.get(4)?)?,
        sex: if row.get(5)? { Sex::Female } else { Sex::Male },
        ethnicity: row.get(6)?,
        nationality: uncommon.nationality.unwrap_or_else(|| VIETNAM.into()),
        birth_place: Address { commune: commune_code(row.get(8)?), detail: uncommon.birth_detail },
        hometown: Address { commune: commune_code(row.get(9)?), detail: uncommon.hometown_detail },
        marital_status: coded(&MARITAL_STATUS, row.get(7)?, "an unknown marital status")?,
        mother: kin(10, uncommon.mother)?,
        father: kin(11, uncommon.father)?,
        spouse: kin(12, uncommon.spouse)?,
        home,
        death_date: row.get::<Option<i64>>(15)?.map(day_of).transpose()?,
    };
    Ok((person, row.get(16)?))
}

pub(super) fn name_at(row: &Row, column: usize) -> Result<Option<PersonName>, StoreError> {
    let Some(family) = row.get(column)? else { return Ok(None) };
    Ok(Some(PersonName { family, middle: row.get(column + 1)?, given: row.get(column + 2)? }))
}

pub(super) fn dwelling_of(row: &Row) -> Result<Dwelling, StoreError> {
    let address = Address { commune: commune_code(row.get(1)?), detail: row.get(2)? };
    Ok(Dwelling { household: HouseholdKey(row.get(0)?), address })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_places_in_their_lists() {
        assert!(MARITAL_STATUS.iter().enumerate().all(|(at, status)| *status as usize == at));
        assert!(RELATIONS.iter().enumerate().all(|(at, relation)| *relation as usize == at));
    }
}
