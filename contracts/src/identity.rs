//! Electronic identification and authentication (*định danh và xác thực điện tử*, Decree 69/2024/ND-CP), run by the
//! Ministry of Public Security.

use crate::person::PersonalNumber;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

crate::operations! { "identity":
    /// Says whether a person has an account in use, and of which level.
    LookUpAccount = "accounts" POST "/look-up" Reads (AccountOf) -> AccountFound;
}

/// How sure it is who somebody is: the levels of an identification account (*mức độ tài khoản định danh điện tử*, Decree
/// 69/2024/ND-CP).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Level 1: a phone number or e-mail address was confirmed, and the particulars match the population register.
    One,
    /// Level 2: the person was checked at an office, and signs in with a key that was bound there.
    Two,
}

impl Level {
    /// The value of `acr` in an ID token (OpenID Connect Core 1.0, section 2).
    pub fn acr(self) -> &'static str {
        match self {
            Level::One => "urn:lienthong:assurance:1",
            Level::Two => "urn:lienthong:assurance:2",
        }
    }

    /// The level of such a value.
    pub fn from_acr(acr: &str) -> Option<Self> {
        [Level::One, Level::Two].into_iter().find(|level| level.acr() == acr)
    }
}

/// Whose account is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountOf {
    /// The person.
    pub number: PersonalNumber,
}

/// Whether there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountFound {
    /// The level of the account; absent where the person has none in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
}
