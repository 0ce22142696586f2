//! What a person may be asked to sign, and where they may be sent back to.

use super::client::origin;
use contracts::{FieldProblem, identity::SubmissionToSign};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a person may take to sign, in minutes.
pub const SIGNING_MINUTES: i64 = 15;
/// How long a signature may be fetched after it was asked for, in hours.
pub const FETCHING_HOURS: i64 = 24;
/// Longest text that a person is shown, in characters.
const TEXT_LIMIT_CHARACTERS: usize = 300;
/// Longest address, in bytes.
const ADDRESS_LIMIT_BYTES: usize = 512;
/// Digits of SHA-256 in hexadecimal.
const DIGEST_DIGITS: usize = 64;

/// What a person is told of a submission before they sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// What it is, in Vietnamese.
    pub name_vi: String,
    /// The same in English.
    pub name_en: String,
    /// For whom it is.
    pub concerns: String,
}

/// Bytes of a digest in hexadecimal. `None` for what is none.
pub fn digest(text: &str) -> Option<[u8; 32]> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != DIGEST_DIGITS || !text.bytes().all(is_digit) {
        return None;
    }
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// A digest in hexadecimal.
pub fn written(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A request may still be signed.
pub fn may_be_signed(issued_at: Timestamp, now: Timestamp) -> bool {
    is_within(issued_at, SignedDuration::from_mins(SIGNING_MINUTES), now)
}

fn is_within(issued_at: Timestamp, span: SignedDuration, now: Timestamp) -> bool {
    issued_at.checked_add(span).is_ok_and(|end| super::is_fresh(issued_at, end, now))
}

/// What of a request can't be taken, whoever asks.
pub fn check(asked: &SubmissionToSign) -> Vec<FieldProblem> {
    let mut faults = Vec::new();
    if digest(&asked.digest).is_none() {
        faults.push(fault(
            "digest",
            "malformed",
            "Giá trị băm là SHA-256, viết bằng 64 chữ số thập lục phân thường.",
            "A digest is SHA-256, in 64 lower-case hexadecimal digits.",
        ));
    }
    for (field, text) in
        [("name_vi", &asked.name_vi), ("name_en", &asked.name_en), ("concerns", &asked.concerns)]
    {
        let is_wrong = text.trim().is_empty()
            || text.chars().count() > TEXT_LIMIT_CHARACTERS
            || text.chars().any(char::is_control);
        if is_wrong {
            faults.push(fault(
                field,
                "text",
                "Ghi bằng chữ, tối đa 300 ký tự: người ký đọc nội dung này.",
                "Write it in letters, at most 300: who signs reads it.",
            ));
        }
    }
    faults
}

/// The address is at one of the sites whose registered addresses these are, so a person may be sent back to it.
pub fn may_return<'a>(address: &str, mut registered: impl Iterator<Item = &'a str>) -> bool {
    let is_plain = address.len() <= ADDRESS_LIMIT_BYTES
        && address.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\\\"'<>@".contains(&byte));
    let Some(at) = origin(address).filter(|_| is_plain) else { return false };
    registered.any(|known| origin(known).as_ref() == Some(&at))
}

/// The fault of an address that is not registered.
pub fn not_registered() -> FieldProblem {
    fault(
        "return_to",
        "not-registered",
        "Địa chỉ quay lại phải thuộc trang đã đăng ký với hệ thống định danh. Hãy đăng ký trang, hoặc nêu đúng mã ứng dụng.",
        "The address to return to must be at a site that is registered here. Register the site, or name the right client.",
    )
}

fn fault(field: &str, code: &str, vi: &str, en: &str) -> FieldProblem {
    FieldProblem { field: field.into(), code: code.into(), vi: vi.into(), en: en.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn good() -> SubmissionToSign {
        SubmissionToSign {
            person: "001190000001".parse().unwrap(),
            digest: "ab".repeat(32),
            name_vi: "Đăng ký khai sinh".into(),
            name_en: "Registration of birth".into(),
            concerns: "Nguyễn Thị Minh An".into(),
            return_to: "https://portal.example/portal/apply/1.001193/signed".into(),
            client: None,
        }
    }

    #[test]
    fn requests_are_checked() {
        type Change = fn(&mut SubmissionToSign);
        let cases: [(Change, &[&str]); 8] = [
            (|_| (), &[]),
            (|asked| asked.digest = "AB".repeat(32), &["digest"]),
            (|asked| asked.digest = "ab".repeat(31), &["digest"]),
            (|asked| asked.digest = "é".repeat(32), &["digest"]),
            (|asked| asked.name_vi = " ".into(), &["name_vi"]),
            (|asked| asked.name_en = "x".repeat(301), &["name_en"]),
            (|asked| asked.concerns = "a\u{202e}\u{7}".into(), &["concerns"]),
            (|asked| asked.concerns = String::new(), &["concerns"]),
        ];
        for (number, (change, expected)) in cases.into_iter().enumerate() {
            let mut asked = good();
            change(&mut asked);
            let found: Vec<String> = check(&asked).into_iter().map(|fault| fault.field).collect();
            assert_eq!(found, expected, "case {number}");
        }
    }

    #[test]
    fn people_are_sent_back_to_registered_sites_alone() {
        let registered = ["https://portal.example/sign-in/return", "http://localhost:8080/sign-in/return"];
        for (address, expected) in [
            ("https://portal.example/portal/apply/1.001193/signed", true),
            ("http://localhost:8080/portal", true),
            ("http://portal.example/portal", false),
            ("https://portal.example:8443/portal", false),
            ("https://portal.example.evil.example/portal", false),
            ("https://portal.example@evil.example/portal", false),
            ("https://evil.example/https://portal.example/", false),
            ("//evil.example/", false),
            ("/portal", false),
            ("javascript:alert(1)", false),
            ("https://portal.example/\r\nx", false),
            ("https://portal.example/#x", false),
            ("", false),
        ] {
            assert_eq!(may_return(address, registered.into_iter()), expected, "{address}");
        }
        assert!(!may_return("https://portal.example/", std::iter::empty()));
    }

    #[test]
    fn a_request_is_signed_in_its_time() {
        let at = |minute: i64| Timestamp::from_second(1_000_000 + 60 * minute).unwrap();
        for (minute, expected) in [(0, true), (SIGNING_MINUTES - 1, true), (SIGNING_MINUTES, false)] {
            assert_eq!(may_be_signed(at(0), at(minute)), expected, "{minute}");
        }
    }

    proptest! {
        #[test]
        fn a_digest_is_read_as_it_is_written(bytes in any::<[u8; 32]>(), text in ".{0,70}") {
            prop_assert_eq!(digest(&written(&bytes)), Some(bytes));
            if let Some(read) = digest(&text) {
                prop_assert_eq!(written(&read), text);
            }
        }
    }
}
