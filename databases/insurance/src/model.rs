//! What the agency records: numbers, members, cards.

use contracts::{PersonName, PersonalNumber, Sex, person::Address};
use jiff::civil::Date;
use std::fmt;

/// The number of a member (*số bảo hiểm xã hội*, also the health identifier of Decision 2153/QD-BYT of 2020): two digits
/// of the province and eight counted up within it. There is no check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InsuranceNumber {
    province: Province,
    serial: u32,
}

impl InsuranceNumber {
    /// The last serial that eight digits can write.
    pub const LAST_SERIAL: u32 = 99_999_999;

    /// A number. `None` for a serial that is not 1 to [`InsuranceNumber::LAST_SERIAL`].
    pub fn new(province: Province, serial: u32) -> Option<Self> {
        (1..=Self::LAST_SERIAL).contains(&serial).then_some(Self { province, serial })
    }

    /// The province that gave it.
    pub fn province(self) -> Province {
        self.province
    }
}

impl fmt::Display for InsuranceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:08}", self.province, self.serial)
    }
}

/// A province by its two-digit code (Decision 19/2025/QD-TTg).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Province(u8);

impl Province {
    /// Reads a code of exactly two digits.
    pub fn parse(code: &str) -> Option<Self> {
        let digits = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| code.parse().ok().map(Self)).flatten()
    }
}

impl fmt::Display for Province {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

/// For whom a card is, as its first letters say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardObject {
    /// `TE`: children under six (Law 25/2008/QH12 article 12(3)).
    ChildUnderSix,
}

impl CardObject {
    /// The letters.
    pub fn letters(self) -> &'static str {
        match self {
            Self::ChildUnderSix => "TE",
        }
    }

    /// The benefit level: 1 is paid in full (Law 25/2008/QH12 article 22(1)).
    pub fn level(self) -> u8 {
        match self {
            Self::ChildUnderSix => 1,
        }
    }

    /// The object with these letters.
    pub fn of_letters(letters: &str) -> Option<Self> {
        match letters {
            "TE" => Some(Self::ChildUnderSix),
            _ => None,
        }
    }
}

/// A child under six to be insured (Law 25/2008/QH12 article 12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// Personal number. One person is one member.
    pub number: PersonalNumber,
    /// Name.
    pub name: PersonName,
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub birth_date: Date,
    /// Where the child lives.
    pub residence: Address,
    /// Identifier of the event that told of the child.
    pub dossier: String,
}

/// A member with their card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub person: PersonalNumber,
    /// Name.
    pub name: PersonName,
    /// Date of birth.
    pub birth_date: Date,
    /// Number of the member.
    pub number: InsuranceNumber,
    /// The card.
    pub card: Card,
}

/// A health insurance card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// For whom.
    pub object: CardObject,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity.
    pub valid_to: Date,
    /// Where first treatment is registered.
    pub facility: String,
}
