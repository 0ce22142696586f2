//! What a service answers when it does not do what was asked (RFC 9457).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One value of the request that can't be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldProblem {
    /// The field, as a dotted path into the request.
    pub field: String,
    /// Stable code of the fault, e.g. `in-the-future`.
    pub code: String,
    /// What is wrong and what to do, in Vietnamese.
    pub vi: String,
    /// What is wrong and what to do, in English.
    pub en: String,
}

/// A refusal or failure, as every service answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Stable identifier of the kind of problem: `urn:lienthong:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// HTTP status.
    pub status: u16,
    /// What went wrong and what to do, in Vietnamese.
    pub title: String,
    /// The same in English.
    pub title_en: String,
    /// More about this occurrence, without personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The values that can't be taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
}

impl Problem {
    /// A problem of the kind `code`, told in both languages.
    pub fn new(status: u16, code: &str, vi: &str, en: &str) -> Self {
        Self {
            kind: format!("urn:lienthong:problem:{code}"),
            status,
            title: vi.into(),
            title_en: en.into(),
            detail: None,
            fields: Vec::new(),
        }
    }

    /// The request holds values that can't be taken.
    pub fn invalid(fields: Vec<FieldProblem>) -> Self {
        let mut problem = Self::new(
            422,
            "invalid",
            "Một số thông tin chưa đúng. Hãy sửa các mục được nêu rồi gửi lại.",
            "Some of the information can't be taken. Correct the fields named and send again.",
        );
        problem.fields = fields;
        problem
    }

    /// Nothing the caller may see is at that place. Also the answer where existence itself is secret.
    pub fn not_found() -> Self {
        Self::new(
            404,
            "not-found",
            "Không tìm thấy. Hãy kiểm tra lại mã đã nhập.",
            "Nothing was found. Check the code that was given.",
        )
    }

    /// The caller may not do this.
    pub fn forbidden() -> Self {
        Self::new(
            403,
            "forbidden",
            "Bạn không có quyền thực hiện việc này. Hãy hỏi người quản trị của cơ quan.",
            "You may not do this. Ask your agency's administrator.",
        )
    }

    /// What was read no longer stands.
    pub fn changed_meanwhile() -> Self {
        Self::new(
            409,
            "changed-meanwhile",
            "Dữ liệu vừa được người khác thay đổi. Hãy xem lại rồi thử lại.",
            "Someone else has just changed this. Look again, then try again.",
        )
    }

    /// The provider can't answer now; trying again later is right.
    pub fn unavailable(detail: &str) -> Self {
        let mut problem = Self::new(
            503,
            "unavailable",
            "Hệ thống tạm thời chưa trả lời được. Hãy thử lại sau ít phút.",
            "The system can't answer just now. Try again in a few minutes.",
        );
        problem.detail = Some(detail.into());
        problem
    }

    /// The same problem with more about this occurrence.
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The code at the end of [`Problem::kind`].
    pub fn code(&self) -> &str {
        self.kind.rsplit(':').next().unwrap_or(&self.kind)
    }
}
