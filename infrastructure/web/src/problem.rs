//! What went wrong, told to programs as a problem document (RFC 9457) and to people as a page.

use std::fmt::Display;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;

use crate::{Html, Language, Message, Text, Visit};

/// Media type of a problem document.
const MEDIA_TYPE: &str = "application/problem+json";

/// What a problem's `type` begins with; the kind's name follows.
const TYPE_PREFIX: &str = "urn:lienthong:problem:";

/// A kind of problem. Its name is stable: programs may decide by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// 400: the request makes no sense.
    BadRequest,
    /// 403: the reader may not do this.
    Forbidden,
    /// 403: the request does not come from our page, or from one too old.
    ForgedRequest,
    /// 404: there is nothing here.
    NotFound,
    /// 405: it cannot be done this way.
    MethodNotAllowed,
    /// 408: what was sent took too long to arrive.
    TooSlow,
    /// 409: somebody else changed it meanwhile.
    Conflict,
    /// 413: what was sent is too large.
    TooLarge,
    /// 415: what was sent has a form we do not read.
    UnsupportedMediaType,
    /// 422: what was sent is understood and not acceptable.
    Unprocessable,
    /// 429: too many requests.
    TooManyRequests,
    /// 500: our mistake.
    Internal,
    /// 503: not now.
    Unavailable,
}

mod texts {
    crate::translations! {
        BAD_REQUEST: "Yêu cầu không hợp lệ", "The request is not valid";
        BAD_REQUEST_ADVICE: "Kiểm tra lại địa chỉ hoặc quay lại trang trước rồi làm lại.",
            "Check the address, or go back and try again.";
        FORBIDDEN: "Bạn không có quyền thực hiện việc này", "You may not do this";
        FORBIDDEN_ADVICE: "Nếu công việc của bạn cần quyền này, hãy liên hệ người quản trị của cơ quan bạn.",
            "If your work needs it, ask your agency's administrator.";
        FORGED: "Trang này đã cũ hoặc yêu cầu không được gửi từ trang của chúng tôi",
            "This page is too old, or the request was not sent from our page";
        FORGED_ADVICE: "Chưa có gì được lưu. Quay lại trang trước, tải lại trang và gửi lại. Trình duyệt phải cho phép cookie.",
            "Nothing was saved. Go back, reload the page and send it again. Your browser must allow cookies.";
        NOT_FOUND: "Không tìm thấy trang", "Page not found";
        NOT_FOUND_ADVICE: "Kiểm tra lại địa chỉ, hoặc bắt đầu lại từ trang chủ.",
            "Check the address, or start again from the home page.";
        METHOD: "Không thể thực hiện theo cách này", "It cannot be done this way";
        METHOD_ADVICE: "Quay lại trang trước và dùng các nút trên trang.", "Go back and use the buttons of the page.";
        TOO_SLOW: "Gửi quá lâu", "It took too long to arrive";
        TOO_SLOW_ADVICE: "Chưa có gì được lưu. Kiểm tra kết nối mạng rồi gửi lại, hoặc gửi tệp nhỏ hơn.",
            "Nothing was saved. Check your connection and send it again, or send smaller files.";
        CONFLICT: "Thông tin đã được thay đổi", "This was changed meanwhile";
        CONFLICT_ADVICE: "Người khác vừa thay đổi thông tin này. Tải lại trang, kiểm tra rồi làm lại.",
            "Somebody else has just changed it. Reload the page, check it, and try again.";
        TOO_LARGE: "Nội dung gửi quá lớn", "What you sent is too large";
        TOO_LARGE_ADVICE: "Chưa có gì được lưu. Gửi tệp nhỏ hơn hoặc ít tệp hơn.",
            "Nothing was saved. Send smaller files, or fewer.";
        MEDIA_TYPE: "Không đọc được định dạng này", "This format cannot be read";
        MEDIA_TYPE_ADVICE: "Chưa có gì được lưu. Gửi lại bằng biểu mẫu trên trang.",
            "Nothing was saved. Send it again with the form of the page.";
        UNPROCESSABLE: "Thông tin gửi chưa đúng", "What you sent is not right";
        UNPROCESSABLE_ADVICE: "Chưa có gì được lưu. Quay lại trang trước, sửa thông tin và gửi lại.",
            "Nothing was saved. Go back, correct it and send it again.";
        TOO_MANY: "Quá nhiều yêu cầu", "Too many requests";
        TOO_MANY_ADVICE: "Đợi một phút rồi thử lại.", "Wait a minute and try again.";
        INTERNAL: "Hệ thống gặp lỗi", "Something went wrong on our side";
        INTERNAL_ADVICE: "Thử lại sau. Nếu vẫn lỗi, hãy báo cho cơ quan kèm mã tham chiếu bên dưới.",
            "Try again later. If it happens again, tell the agency the reference below.";
        UNAVAILABLE: "Dịch vụ tạm thời gián đoạn", "The service is not available now";
        UNAVAILABLE_ADVICE: "Thông tin đã gửi trước đó vẫn được giữ. Thử lại sau ít phút.",
            "What you sent before is kept. Try again in a few minutes.";
        REFERENCE: "Mã tham chiếu", "Reference";
        HOME: "Về trang chủ", "Go to the home page";
    }
}

impl ProblemKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::BadRequest,
        Self::Forbidden,
        Self::ForgedRequest,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TooSlow,
        Self::Conflict,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Unprocessable,
        Self::TooManyRequests,
        Self::Internal,
        Self::Unavailable,
    ];

    /// Its stable name, the end of the problem's `type`.
    pub fn name(self) -> &'static str {
        self.facts().0
    }

    /// The status it is answered with.
    pub fn status(self) -> StatusCode {
        self.facts().1
    }

    /// What happened.
    pub fn title(self) -> Text {
        self.facts().2
    }

    /// What to do.
    pub fn advice(self) -> Text {
        self.facts().3
    }

    /// The kind of a plain status, if it is an error we have a page for.
    fn of_status(status: StatusCode) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.status() == status)
    }

    fn facts(self) -> (&'static str, StatusCode, Text, Text) {
        use StatusCode as S;
        match self {
            Self::BadRequest => {
                ("bad-request", S::BAD_REQUEST, texts::BAD_REQUEST, texts::BAD_REQUEST_ADVICE)
            }
            Self::Forbidden => ("forbidden", S::FORBIDDEN, texts::FORBIDDEN, texts::FORBIDDEN_ADVICE),
            Self::ForgedRequest => ("forged-request", S::FORBIDDEN, texts::FORGED, texts::FORGED_ADVICE),
            Self::NotFound => ("not-found", S::NOT_FOUND, texts::NOT_FOUND, texts::NOT_FOUND_ADVICE),
            Self::MethodNotAllowed => {
                ("method-not-allowed", S::METHOD_NOT_ALLOWED, texts::METHOD, texts::METHOD_ADVICE)
            }
            Self::TooSlow => ("too-slow", S::REQUEST_TIMEOUT, texts::TOO_SLOW, texts::TOO_SLOW_ADVICE),
            Self::Conflict => ("conflict", S::CONFLICT, texts::CONFLICT, texts::CONFLICT_ADVICE),
            Self::TooLarge => ("too-large", S::PAYLOAD_TOO_LARGE, texts::TOO_LARGE, texts::TOO_LARGE_ADVICE),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                S::UNSUPPORTED_MEDIA_TYPE,
                texts::MEDIA_TYPE,
                texts::MEDIA_TYPE_ADVICE,
            ),
            Self::Unprocessable => {
                ("unprocessable", S::UNPROCESSABLE_ENTITY, texts::UNPROCESSABLE, texts::UNPROCESSABLE_ADVICE)
            }
            Self::TooManyRequests => {
                ("too-many-requests", S::TOO_MANY_REQUESTS, texts::TOO_MANY, texts::TOO_MANY_ADVICE)
            }
            Self::Internal => ("internal", S::INTERNAL_SERVER_ERROR, texts::INTERNAL, texts::INTERNAL_ADVICE),
            Self::Unavailable => {
                ("unavailable", S::SERVICE_UNAVAILABLE, texts::UNAVAILABLE, texts::UNAVAILABLE_ADVICE)
            }
        }
    }
}

/// Something that went wrong. As a response it is a problem document; behind [`layer`](crate::layer) whoever
/// prefers HTML gets a page, and both get a reference that also stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    kind: ProblemKind,
    detail: Option<Message>,
    cause: Option<String>,
    retry_after_seconds: Option<u32>,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(kind: ProblemKind) -> Self {
        Self { kind, detail: None, cause: None, retry_after_seconds: None }
    }

    /// Nothing here.
    pub fn not_found() -> Self {
        Self::new(ProblemKind::NotFound)
    }

    /// The reader may not.
    pub fn forbidden() -> Self {
        Self::new(ProblemKind::Forbidden)
    }

    /// Somebody else changed it meanwhile.
    pub fn conflict() -> Self {
        Self::new(ProblemKind::Conflict)
    }

    /// What was sent is understood and not acceptable, and why.
    pub fn unprocessable(detail: impl Into<Message>) -> Self {
        Self::new(ProblemKind::Unprocessable).with_detail(detail)
    }

    /// Our mistake; the cause goes to the log only.
    pub fn internal(cause: impl Display) -> Self {
        Self::new(ProblemKind::Internal).because(cause)
    }

    /// Not now; the cause goes to the log only.
    pub fn unavailable(cause: impl Display) -> Self {
        Self::new(ProblemKind::Unavailable).because(cause)
    }

    /// The problem with what is particular about it this time, in words for the reader.
    pub fn with_detail(mut self, detail: impl Into<Message>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The problem with its cause for the log. It must not hold personal data.
    pub fn because(mut self, cause: impl Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// The problem with after how many seconds the same may be asked again (`Retry-After`).
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// Its kind.
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// The problem document.
    fn document(&self, language: Language, reference: Option<&str>) -> Response {
        let mut document = json!({
            "type": format!("{TYPE_PREFIX}{}", self.kind.name()),
            "title": self.kind.title().get(language),
            "status": self.kind.status().as_u16(),
            "detail": self.detail.as_ref().map_or(self.kind.advice().get(language), |detail| detail.get(language)),
        });
        if let Some(reference) = reference {
            document["reference"] = reference.into();
        }
        let headers = [(header::CONTENT_TYPE, MEDIA_TYPE), (header::CONTENT_LANGUAGE, language.tag())];
        (self.kind.status(), headers, document.to_string()).into_response()
    }

    /// The page.
    fn page(&self, visit: &Visit, reference: &str) -> Response {
        let language = visit.language;
        let body = ProblemBody {
            title: self.kind.title().get(language),
            detail: self.detail.as_ref().map(|detail| detail.get(language)),
            advice: self.kind.advice().get(language),
            reference,
            home: &visit.web().settings().home,
            t: language,
        };
        let mut page = visit.page(self.kind.title().get(language), Html::of(&body));
        page.status = self.kind.status();
        page.into_response()
    }

    fn log(&self, reference: &str) {
        let (kind, cause) = (self.kind.name(), self.cause.as_deref().unwrap_or("-"));
        if self.kind.status().is_server_error() {
            tracing::error!(reference, kind, cause, "a request failed");
        } else {
            tracing::debug!(reference, kind, cause, "a request was refused");
        }
    }
}

/// The inside of a problem's page.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemBody<'a> {
    title: &'static str,
    detail: Option<&'a str>,
    advice: &'static str,
    reference: &'a str,
    home: &'a str,
    t: Language,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.document(Language::default(), None);
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives a failed response the form its reader prefers, with a reference. Errors of the router and of
/// extractors, which come as bare text, become problems too.
pub(crate) fn negotiate(mut response: Response, visit: &Visit, prefers_html: bool) -> Response {
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if is_bare(&response) => match ProblemKind::of_status(response.status()) {
            Some(kind) => Problem::new(kind),
            None => return response,
        },
        None => return response,
    };
    let reference = visit.web().reference();
    problem.log(&reference);
    let mut told = match prefers_html {
        true => problem.page(visit, &reference),
        false => problem.document(visit.language, Some(&reference)),
    };
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = response.headers_mut().remove(&name) {
            told.headers_mut().insert(name, value);
        }
    }
    told
}

/// Whether a response is an error without a document.
fn is_bare(response: &Response) -> bool {
    let media_type = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let bare = media_type.is_none_or(|media_type| media_type.starts_with(b"text/plain"));
    bare && (response.status().is_client_error() || response.status().is_server_error())
}

/// Whether a reader takes HTML: browsers say so, programs say `*/*` or nothing.
pub(crate) fn prefers_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|value| value.split(','))
        .any(|range| range.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/html"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_has_its_own_name() {
        let names: HashSet<_> = ProblemKind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), ProblemKind::ALL.len());
    }

    #[tokio::test]
    async fn a_problem_is_a_document_even_without_the_layer() {
        let response = Problem::unprocessable(Text::new("Thiếu mã", "The code is missing")).into_response();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
        let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
        let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(document["type"], "urn:lienthong:problem:unprocessable");
        assert_eq!((&document["status"], &document["detail"]), (&json!(422), &json!("Thiếu mã")));
    }

    #[test]
    fn browsers_want_pages_and_programs_documents() {
        let cases = [
            (None, false),
            (Some("*/*"), false),
            (Some("application/json"), false),
            (Some("text/html,application/xhtml+xml,*/*;q=0.8"), true),
            (Some("application/json, TEXT/HTML;q=0.1"), true),
            (Some("text/htmlx"), false),
        ];
        for (accept, expected) in cases {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(prefers_html(&headers), expected, "{accept:?}");
        }
    }
}
