//! The national public service portal (*Cổng Dịch vụ công quốc gia*), kept by the Government Office.

use crate::one_door::Attachment;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

crate::operations! { "portal":
    /// Brings the standing of a dossier up to date (the portal's `DongBoHoSoMC`).
    SynchroniseDossier = "dossiers" POST "/synchronise" Writes (DossierStanding) -> Synchronised;
}

/// The ten states of a dossier that every one-door reports to the portal, by the portal's own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DossierState {
    /// 1 Mới đăng ký.
    New,
    /// 2 Được tiếp nhận.
    Received,
    /// 3 Không được tiếp nhận.
    NotReceived,
    /// 4 Đang xử lý.
    InProgress,
    /// 5 Yêu cầu bổ sung.
    SupplementAsked,
    /// 6 Yêu cầu thực hiện nghĩa vụ tài chính.
    PaymentAsked,
    /// 7 Công dân yêu cầu rút hồ sơ.
    Withdrawn,
    /// 8 Dừng xử lý.
    Stopped,
    /// 9 Đã xử lý xong.
    Finished,
    /// 10 Đã trả kết quả.
    ResultReturned,
}

impl DossierState {
    /// Every state, by number.
    pub const ALL: [DossierState; 10] = [
        DossierState::New,
        DossierState::Received,
        DossierState::NotReceived,
        DossierState::InProgress,
        DossierState::SupplementAsked,
        DossierState::PaymentAsked,
        DossierState::Withdrawn,
        DossierState::Stopped,
        DossierState::Finished,
        DossierState::ResultReturned,
    ];

    /// The portal's number of the state, 1 to 10.
    pub fn number(self) -> i64 {
        Self::ALL.iter().position(|state| *state == self).map_or(0, |index| index as i64 + 1)
    }

    /// The state with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        usize::try_from(number - 1).ok().and_then(|index| Self::ALL.get(index)).copied()
    }

    /// The state in both languages.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::New => ("Mới đăng ký", "Submitted"),
            Self::Received => ("Được tiếp nhận", "Received"),
            Self::NotReceived => ("Không được tiếp nhận", "Not received"),
            Self::InProgress => ("Đang xử lý", "In progress"),
            Self::SupplementAsked => ("Yêu cầu bổ sung giấy tờ", "More information asked for"),
            Self::PaymentAsked => ("Yêu cầu thực hiện nghĩa vụ tài chính", "Payment asked for"),
            Self::Withdrawn => ("Công dân yêu cầu rút hồ sơ", "Withdrawn"),
            Self::Stopped => ("Dừng xử lý", "Stopped"),
            Self::Finished => ("Đã xử lý xong", "Finished"),
            Self::ResultReturned => ("Đã trả kết quả", "Result returned"),
        }
    }
}

/// Where a dossier stands, as its one-door reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DossierStanding {
    /// The portal's identifier of the submission.
    pub submission: Uuid,
    /// Counts the reports of one dossier; an older one never overwrites a newer.
    pub revision: u32,
    /// Code of the dossier, once received (`MaHoSo`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dossier: Option<String>,
    /// The state (`TrangThaiHoSo`).
    pub state: DossierState,
    /// When it came to be so.
    pub at: Timestamp,
    /// When the result is due (`NgayHenTra`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// What the applicant is told: what to supply, why refused (`GhiChu`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Number of the supplement notice that waits for an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<u32>,
    /// The results so far (`DanhSachGiayToKetQua`), and the receipt slip.
    #[serde(default)]
    pub documents: Vec<Attachment>,
    /// The results so far that are short texts, such as a number that was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<ResultFact>,
}

/// A result that is a short text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResultFact {
    /// What it is: `personal-number` or `health-card`.
    pub code: String,
    /// What it says.
    pub value: String,
}

impl ResultFact {
    /// The personal number that was given (*số định danh cá nhân*).
    pub const PERSONAL_NUMBER: &'static str = "personal-number";
    /// The number of the health insurance card (*thẻ bảo hiểm y tế*) that was issued.
    pub const HEALTH_CARD: &'static str = "health-card";

    /// A fact.
    pub fn new(code: &str, value: impl Into<String>) -> Self {
        Self { code: code.to_owned(), value: value.into() }
    }
}

/// The portal has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Synchronised {
    /// The portal's identifier of the submission.
    pub submission: Uuid,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_the_portals_numbers() {
        assert_eq!(DossierState::New.number(), 1);
        assert_eq!(DossierState::ResultReturned.number(), 10);
        for state in DossierState::ALL {
            assert_eq!(DossierState::from_number(state.number()), Some(state));
        }
        assert_eq!(DossierState::from_number(0), None);
        assert_eq!(DossierState::from_number(11), None);
    }
}
