//! Why a call is made. It travels with every message and decides what the answer may hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What data is asked for, as one code of the country's list of purposes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Purpose(pub String);

impl Purpose {
    /// Registration of a civil-status event (Law 60/2014/QH13).
    pub const CIVIL_STATUS: &str = "civil-status";
    /// Handling of an administrative procedure for the person concerned (Decree 118/2025/ND-CP).
    pub const PROCEDURE: &str = "procedure";
    /// Registration of residence (Law 68/2020/QH14).
    pub const RESIDENCE: &str = "residence";
    /// Membership of health insurance (Law 25/2008/QH12).
    pub const HEALTH_INSURANCE: &str = "health-insurance";
    /// Identification and authentication of a person (Decree 69/2024/ND-CP).
    pub const IDENTIFICATION: &str = "identification";
    /// Reports and statistics that name nobody (Decree 09/2019/ND-CP).
    pub const STATISTICS: &str = "statistics";
    /// The person reads their own data (Law 91/2025/QH15).
    pub const OWN_DATA: &str = "own-data";
    /// Public information that names nobody.
    pub const PUBLIC: &str = "public";
}

/// The provision that allows the call, as `number-of-the-law:article`, e.g. `60/2014/QH13:16`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct LegalBasis(pub String);

/// Who calls, for what purpose, on what legal basis and in which case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Context {
    /// The person whose act makes the call: a personal number or an official's account. `X-Road-UserId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What the data is for. `X-Lienthong-Purpose`.
    pub purpose: Purpose,
    /// What allows it. `X-Lienthong-Legal-Basis`.
    pub legal_basis: LegalBasis,
    /// The dossier or case it belongs to. `X-Road-Issue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
}

impl Context {
    /// A call for `purpose`, allowed by `legal_basis`, by no person and in no case yet.
    pub fn new(purpose: &str, legal_basis: &str) -> Self {
        Self {
            user: None,
            purpose: Purpose(purpose.into()),
            legal_basis: LegalBasis(legal_basis.into()),
            case: None,
        }
    }

    /// A call for public information.
    pub fn public() -> Self {
        Self::new(Purpose::PUBLIC, "104/2016/QH13:17")
    }

    /// The same call, by this person.
    pub fn by(mut self, user: &str) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The same call, in this case.
    pub fn in_case(mut self, case: &str) -> Self {
        self.case = Some(case.into());
        self
    }
}
