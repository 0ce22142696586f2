//! Fuzz targets: what must hold of this crate's parsers, whatever bytes come.

use crate::{DateParts, Form, Language, SessionId, local_path};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

fn text(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or_default()
}

fn samples(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// A form as browsers send it: written again it says the same.
pub fn form(data: &[u8]) {
    let Ok(form) = Form::parse(data) else { return };
    let encoded = form.answers().map(|(name, value)| {
        let encode = |text: &str| percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string();
        format!("{}={}", encode(name), encode(value))
    });
    let encoded = encoded.collect::<Vec<_>>().join("&");
    // Percent-encoding may make a form that was just within the limit longer.
    if encoded.len() <= crate::FORM_LIMIT_BYTES {
        assert_eq!(Form::parse(encoded.as_bytes()), Ok(form.clone()));
    }
    let _ = form.date_parts("born").parse();
}

/// Valid forms.
pub fn forms() -> Vec<Vec<u8>> {
    samples(&["full-name=Nguy%E1%BB%85n+An&born-day=1&born-month=2&born-year=2026&tick&tick=", "a=%0D%0Ab"])
}

/// A date in its three parts, with slashes between them.
pub fn date(data: &[u8]) {
    let mut parts = text(data).splitn(3, '/').map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    let parts = DateParts { day: part(), month: part(), year: part() };
    if let Ok(Some(date)) = parts.parse() {
        let written = DateParts {
            day: date.day().to_string(),
            month: date.month().to_string(),
            year: format!("{:04}", date.year()),
        };
        assert_eq!(written.parse(), Ok(Some(date)));
    }
}

/// Valid dates.
pub fn dates() -> Vec<Vec<u8>> {
    samples(&["1/2/2026", " 31 / 12 /1999", "29/02/2024"])
}

/// What a browser says of languages.
pub fn accept_language(data: &[u8]) {
    if let Some(language) = Language::from_accept_language(text(data)) {
        assert_eq!(Language::from_tag(language.tag()), Some(language));
    }
}

/// Valid headers.
pub fn accept_languages() -> Vec<Vec<u8>> {
    samples(&["vi-VN,vi;q=0.9,en;q=0.8,*;q=0.1", "en-GB, en; q=1.000"])
}

/// Where to lead a reader back to: never to another site.
pub fn return_path(data: &[u8]) {
    if let Some(path) = local_path(text(data)) {
        assert!(path.starts_with('/') && !path.starts_with("//") && !path.contains('\\'));
        assert!(path.bytes().all(|byte| byte.is_ascii_graphic()));
    }
}

/// Valid paths.
pub fn return_paths() -> Vec<Vec<u8>> {
    samples(&["/portal/dossiers/7?page=2#top", "/"])
}

/// The id of a session in a cookie.
pub fn session_id(data: &[u8]) {
    if let Some(id) = SessionId::from_cookie(text(data)) {
        assert_eq!(id.to_cookie(), text(data));
    }
}

/// Valid ids.
pub fn session_ids() -> Vec<Vec<u8>> {
    vec![SessionId::generate(&|bytes| bytes.fill(0xa5)).to_cookie().into()]
}
