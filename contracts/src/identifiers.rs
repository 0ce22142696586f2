//! Identifiers of the exchange: member, system, service (X-Road REST message protocol 1, section 4.1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use thiserror::Error;

/// Longest identifier part, in bytes.
pub const PART_LIMIT_BYTES: usize = 255;

/// Why a text is not an exchange identifier.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum IdentifierError {
    /// Wrong number of parts.
    #[error("identifier {text:?} has {found} parts; write {expected}")]
    Parts {
        /// What was given, cut to a readable length.
        text: String,
        /// How many parts it has.
        found: usize,
        /// The form it should have.
        expected: &'static str,
    },
    /// A part that is empty, too long or holds a character that may not stand in an identifier.
    #[error(
        "identifier part {part:?} is not allowed; use 1 to 255 bytes without control characters, '/', '\\', '%', '..' or ';'"
    )]
    Part {
        /// The part, cut to a readable length.
        part: String,
    },
}

fn readable(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Checks one part of an identifier after percent-decoding.
pub fn check_part(part: &str) -> Result<(), IdentifierError> {
    let bad = part.is_empty()
        || part.len() > PART_LIMIT_BYTES
        || part == "."
        || part.contains("..")
        || part
            .chars()
            .any(|c| c.is_control() || matches!(c, '/' | '\\' | '%' | ';' | '\u{200b}' | '\u{feff}'));
    if bad { Err(IdentifierError::Part { part: readable(part) }) } else { Ok(()) }
}

fn parts<const N: usize>(text: &str, expected: &'static str) -> Result<[String; N], IdentifierError> {
    let found: Vec<&str> = text.split('/').collect();
    for part in &found {
        check_part(part)?;
    }
    let count = found.len();
    let owned: Vec<String> = found.into_iter().map(str::to_owned).collect();
    owned.try_into().map_err(|_| IdentifierError::Parts { text: readable(text), found: count, expected })
}

macro_rules! text_form {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string" })
            }
        }
    };
}

/// A member of the exchange: an agency or organisation, `VN/GOV/G01`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberId {
    /// Instance, the country: `VN`.
    pub instance: String,
    /// Class: `GOV` for agencies, `COM` for enterprises.
    pub class: String,
    /// Code of the agency (Decision 20/2020/QD-TTg) or tax code of the enterprise.
    pub code: String,
}

impl MemberId {
    /// A government agency of Vietnam by its electronic identification code.
    pub fn agency(code: &str) -> Self {
        Self { instance: "VN".into(), class: "GOV".into(), code: code.into() }
    }

    /// One of the member's systems.
    pub fn system(&self, system: &str) -> SystemId {
        SystemId { member: self.clone(), system: system.into() }
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        [&*self.instance, "/", &self.class, "/", &self.code]
            .into_iter()
            .try_for_each(|part| f.write_str(part))
    }
}

impl FromStr for MemberId {
    type Err = IdentifierError;
    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        let [instance, class, code] = parts(text, "INSTANCE/CLASS/MEMBER")?;
        Ok(Self { instance, class, code })
    }
}

/// A system of a member, `VN/GOV/G01/population` (a *subsystem* in X-Road's words).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SystemId {
    /// The member that answers for it.
    pub member: MemberId,
    /// Code of the system, unique within the member.
    pub system: String,
}

impl SystemId {
    /// One of the system's services.
    pub fn service(&self, service: &str) -> ServiceId {
        ServiceId { system: self.clone(), service: service.into() }
    }
}

impl fmt::Display for SystemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.member.fmt(f)?;
        ["/", &self.system].into_iter().try_for_each(|part| f.write_str(part))
    }
}

impl FromStr for SystemId {
    type Err = IdentifierError;
    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        let [instance, class, code, system] = parts(text, "INSTANCE/CLASS/MEMBER/SYSTEM")?;
        Ok(Self { member: MemberId { instance, class, code }, system })
    }
}

/// A service of a system, `VN/GOV/G01/population/people`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId {
    /// The system that offers it.
    pub system: SystemId,
    /// Code of the service, unique within the system.
    pub service: String,
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.system.fmt(f)?;
        ["/", &self.service].into_iter().try_for_each(|part| f.write_str(part))
    }
}

impl FromStr for ServiceId {
    type Err = IdentifierError;
    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        let [instance, class, code, system, service] = parts(text, "INSTANCE/CLASS/MEMBER/SYSTEM/SERVICE")?;
        Ok(Self { system: SystemId { member: MemberId { instance, class, code }, system }, service })
    }
}

text_form!(MemberId);
text_form!(SystemId);
text_form!(ServiceId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_read_and_written_alike() {
        for text in ["VN/GOV/G01/population", "VN/GOV/G12.BHXH/insurance", "VN/COM/0100233488/kế-toán"] {
            assert_eq!(text.parse::<SystemId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_an_identifier_is_refused() {
        for text in [
            "",
            "VN/GOV/G01",
            "VN//G01/x",
            "VN/GOV/../x",
            "VN/GOV/G01/a%2Fb",
            "VN/GOV/G01/a\nb",
            "VN/GOV/G01/x/y",
        ] {
            assert!(text.parse::<SystemId>().is_err(), "{text:?}");
        }
        assert!(format!("VN/GOV/G01/{}", "x".repeat(256)).parse::<SystemId>().is_err());
    }
}
