//! What every register says of a person, under one name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use thiserror::Error;

/// Sex as the registers record it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sex {
    /// Nam.
    Male,
    /// Nữ.
    Female,
}

impl Sex {
    /// The word on Vietnamese documents.
    pub fn vi(self) -> &'static str {
        match self {
            Sex::Male => "Nam",
            Sex::Female => "Nữ",
        }
    }

    /// The word in English.
    pub fn en(self) -> &'static str {
        match self {
            Sex::Male => "Male",
            Sex::Female => "Female",
        }
    }
}

/// The ethnic groups of Vietnam by their two-digit codes; `data/SOURCES.md` says from where.
const ETHNIC_GROUPS: &str = include_str!("../../data/ethnic_groups_54.csv");
/// ISO 3166 code of Vietnam.
const VIETNAM: &str = "VN";

/// The name of an ethnic group by its two-digit code.
pub fn ethnicity_name(code: &str) -> Option<&'static str> {
    let mut groups = ETHNIC_GROUPS.lines().skip(1).filter_map(|line| {
        let mut columns = line.split(',');
        Some((columns.next()?, columns.next()?))
    });
    groups.find(|(known, _)| *known == code).map(|(_, name)| name)
}

/// A nationality as documents write it; other countries by their ISO 3166 code.
pub fn nationality_name(code: &str) -> &str {
    if code == VIETNAM { "Việt Nam" } else { code }
}

/// Why a text is not a personal number.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PersonalNumberError {
    /// Not twelve digits.
    #[error("a personal number has exactly 12 digits; {found} characters were given")]
    Form {
        /// How many characters were given.
        found: usize,
    },
}

/// Personal identification number (*số định danh cá nhân*): twelve digits `PPP G YY RRRRRR` - place of birth
/// registration, century and sex, year of birth, random (Law 26/2023/QH15 article 12; Decree 137/2015/ND-CP
/// article 13). It has no check digit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonalNumber(u64);

impl PersonalNumber {
    /// How many digits a number has.
    pub const DIGITS: usize = 12;

    /// Composes a number. `place` is the three-digit code of the province or country of birth registration, `random`
    /// the six last digits. `None` when a part is out of range or the year is not between 1900 and 2399.
    pub fn compose(place: u16, sex: Sex, year: i16, random: u32) -> Option<Self> {
        let digit = Self::century_digit(sex, year)?;
        if place > 999 || random > 999_999 {
            return None;
        }
        let year = u64::from(year.rem_euclid(100).unsigned_abs());
        Some(Self(
            u64::from(place) * 1_000_000_000 + digit * 100_000_000 + year * 1_000_000 + u64::from(random),
        ))
    }

    fn century_digit(sex: Sex, year: i16) -> Option<u64> {
        if !(1900..2400).contains(&year) {
            return None;
        }
        let century = u64::try_from(year / 100 - 19).ok()?;
        Some(2 * century + u64::from(sex == Sex::Female))
    }

    /// Code of the place of birth registration, three digits.
    pub fn place(self) -> u16 {
        u16::try_from(self.0 / 1_000_000_000).unwrap_or(u16::MAX)
    }

    /// Sex that the number says.
    pub fn sex(self) -> Sex {
        if (self.0 / 100_000_000).is_multiple_of(2) { Sex::Male } else { Sex::Female }
    }

    /// Year of birth that the number says.
    pub fn birth_year(self) -> i16 {
        let century = 19 + i16::try_from(self.0 / 100_000_000 % 10 / 2).unwrap_or(0);
        century * 100 + i16::try_from(self.0 / 1_000_000 % 100).unwrap_or(0)
    }

    /// The number as an integer, for keys of a store.
    pub fn as_i64(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// The number from a key of a store.
    pub fn from_i64(value: i64) -> Option<Self> {
        u64::try_from(value).ok().filter(|v| *v < 1_000_000_000_000).map(Self)
    }
}

impl fmt::Display for PersonalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

/// Masks all but the last three digits, so that a log line never identifies a person.
impl fmt::Debug for PersonalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonalNumber(*********{:03})", self.0 % 1000)
    }
}

impl FromStr for PersonalNumber {
    type Err = PersonalNumberError;
    fn from_str(text: &str) -> Result<Self, PersonalNumberError> {
        if text.len() == Self::DIGITS && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.bytes().fold(0, |value, b| value * 10 + u64::from(b - b'0'))))
        } else {
            Err(PersonalNumberError::Form { found: text.chars().count() })
        }
    }
}

impl Serialize for PersonalNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PersonalNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for PersonalNumber {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PersonalNumber".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9]{12}$" })
    }
}

/// A name in the order family (*họ*), middle (*chữ đệm*), given (*tên*).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct PersonName {
    /// Family name.
    pub family: String,
    /// Middle name; may be empty.
    #[serde(default)]
    pub middle: String,
    /// Given name.
    pub given: String,
}

impl PersonName {
    /// The whole name as it is written.
    pub fn full(&self) -> String {
        [&self.family, &self.middle, &self.given]
            .into_iter()
            .filter(|p| !p.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Splits a written name: first word family, last word given. `None` when it has fewer than two words.
    pub fn split(full: &str) -> Option<Self> {
        let words: Vec<&str> = full.split_whitespace().collect();
        let (family, rest) = words.split_first()?;
        let (given, middle) = rest.split_last()?;
        Some(Self { family: (*family).into(), middle: middle.join(" "), given: (*given).into() })
    }
}

/// An address: the commune by its code on the day it was written, and the rest as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Address {
    /// Five-digit code of the commune (Decision 19/2025/QD-TTg).
    pub commune: String,
    /// House number, street, hamlet.
    #[serde(default)]
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_structure_of_the_law() {
        for (place, sex, year, random, text) in [
            (1, Sex::Male, 1990, 123456, "001090123456"),
            (1, Sex::Female, 1990, 1, "001190000001"),
            (79, Sex::Male, 2026, 999_999, "079226999999"),
            (38, Sex::Female, 2026, 0, "038326000000"),
        ] {
            let number = PersonalNumber::compose(place, sex, year, random).unwrap();
            assert_eq!(number.to_string(), text);
            assert_eq!((number.place(), number.sex(), number.birth_year()), (place, sex, year));
            assert_eq!(text.parse::<PersonalNumber>().unwrap(), number);
        }
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in
            ["", "00109012345", "0010901234567", "00109012345x", "００１０９０１２３４５６", " 00109012345"]
        {
            assert!(text.parse::<PersonalNumber>().is_err(), "{text:?}");
        }
        assert!(PersonalNumber::compose(1000, Sex::Male, 1990, 0).is_none());
        assert!(PersonalNumber::compose(1, Sex::Male, 1899, 0).is_none());
        assert!(PersonalNumber::compose(1, Sex::Male, 1990, 1_000_000).is_none());
    }

    #[test]
    fn debug_output_masks_the_number() {
        let number: PersonalNumber = "001090123456".parse().unwrap();
        assert_eq!(format!("{number:?}"), "PersonalNumber(*********456)");
    }

    #[test]
    fn names_split_and_join() {
        let name = PersonName::split("Nguyễn Thị Minh Khai").unwrap();
        assert_eq!(
            (name.family.as_str(), name.middle.as_str(), name.given.as_str()),
            ("Nguyễn", "Thị Minh", "Khai")
        );
        assert_eq!(name.full(), "Nguyễn Thị Minh Khai");
        assert!(PersonName::split("Nguyễn").is_none());
    }
}
