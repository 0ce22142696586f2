//! Forms as they arrive: limited, decoded once, and kept so that a page can show again what was typed.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::{Method, header};
use jiff::civil::Date;
use percent_encoding::percent_decode;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::{DateParts, FieldErrors, Problem, ProblemKind, Text};

/// The most bytes of a form without files.
pub const FORM_LIMIT_BYTES: usize = 256 * 1024;

/// The most fields of a form, a repeated field counted each time.
pub const FORM_FIELDS_MAXIMUM: usize = 512;

/// The answers of a form: from the body of a POST, or from the query of a GET.
///
/// Values are UTF-8 in composed form (NFC, so that a Vietnamese name compares equal however it was typed),
/// line ends are `\n`, and no other control characters are left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    answers: Vec<(String, String)>,
}

/// Why a form was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FormError {
    /// More than [`FORM_LIMIT_BYTES`].
    #[error("the form is larger than {FORM_LIMIT_BYTES} bytes; send less")]
    TooLarge,
    /// More than [`FORM_FIELDS_MAXIMUM`] fields.
    #[error("the form has more than {FORM_FIELDS_MAXIMUM} fields; send fewer")]
    TooManyFields,
    /// A name or a value is not UTF-8.
    #[error("the form is not UTF-8; send it as UTF-8")]
    NotUtf8,
    /// A name or a value holds a control character.
    #[error("the form holds a control character; remove it")]
    ControlCharacter,
    /// The body is not `application/x-www-form-urlencoded`.
    #[error("the form is not application/x-www-form-urlencoded; send it as that")]
    NotUrlEncoded,
}

impl Form {
    /// Reads `name=value&...` as browsers send it (URL standard, section 5.1).
    ///
    /// # Errors
    /// When it exceeds a limit or holds what is not text.
    pub fn parse(encoded: &[u8]) -> Result<Self, FormError> {
        if encoded.len() > FORM_LIMIT_BYTES {
            return Err(FormError::TooLarge);
        }
        let mut form = Self::default();
        for pair in encoded.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
            let end_of_name = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
            let value = pair.get(end_of_name + 1..).unwrap_or_default();
            form.push(decode(&pair[..end_of_name])?, decode(value)?)?;
        }
        Ok(form)
    }

    /// Adds an answer, cleaned.
    pub(crate) fn push(&mut self, name: String, value: String) -> Result<(), FormError> {
        if self.answers.len() == FORM_FIELDS_MAXIMUM {
            return Err(FormError::TooManyFields);
        }
        self.answers.push((clean(&name)?, clean(&value)?));
        Ok(())
    }

    /// The answer to a field without the space around it; empty when there is none, the first when there are
    /// several.
    pub fn value<'a>(&'a self, name: &str) -> &'a str {
        self.values(name).next().unwrap_or_default()
    }

    /// All answers to a field, such as of checkboxes.
    pub fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.answers.iter().filter(move |(answered, _)| answered == name).map(|(_, value)| value.trim())
    }

    /// All answers, in the order they were sent.
    #[cfg(feature = "testing")]
    pub(crate) fn answers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.answers.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether a field was sent at all, such as a single checkbox.
    pub fn has(&self, name: &str) -> bool {
        self.answers.iter().any(|(answered, _)| answered == name)
    }

    /// The parts of a date asked by [`DateInput`](crate::components::DateInput), as they were typed.
    pub fn date_parts(&self, name: &str) -> DateParts {
        let part = |part: &str| self.value(&format!("{name}-{part}")).to_owned();
        DateParts { day: part("day"), month: part("month"), year: part("year") }
    }

    /// A date. `None` when nothing was typed, or when it is not one, which `errors` then says; `subject` is
    /// what the date is called there.
    pub fn date(&self, name: &str, subject: Text, errors: &mut FieldErrors) -> Option<Date> {
        self.date_parts(name).parse().unwrap_or_else(|error| {
            errors.add_part(name, error.part(), error.message(subject));
            None
        })
    }

    /// A date that must be there, and otherwise like [`Form::date`].
    pub fn required_date(&self, name: &str, subject: Text, errors: &mut FieldErrors) -> Option<Date> {
        if self.date_parts(name) == DateParts::default() {
            errors.add_date(name, DateParts::missing(subject));
        }
        self.date(name, subject, errors)
    }

    /// The answer to a field that must have one; `missing` says so otherwise.
    pub fn required<'a>(&'a self, name: &str, missing: Text, errors: &mut FieldErrors) -> &'a str {
        let value = self.value(name);
        if value.is_empty() {
            errors.add(name, missing);
        }
        value
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Form {
    /// A form with these answers as they are, for filling one from a record and for tests.
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(answers: I) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self { answers: answers.into_iter().map(owned).collect() }
    }
}

/// Undoes the encoding of a name or a value: `+` is a space, `%20` a byte.
fn decode(encoded: &[u8]) -> Result<String, FormError> {
    let spaced: Vec<u8> = encoded.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    let decoded: Vec<u8> = percent_decode(&spaced).collect();
    String::from_utf8(decoded).map_err(|_| FormError::NotUtf8)
}

/// Composes characters, makes line ends `\n`, and refuses other control characters.
fn clean(text: &str) -> Result<String, FormError> {
    let text: String = text.replace("\r\n", "\n").nfc().collect();
    match text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\t')) {
        true => Err(FormError::ControlCharacter),
        false => Ok(text),
    }
}

impl<S: Sync> FromRequest<S> for Form {
    type Rejection = FormError;

    async fn from_request(request: Request, _: &S) -> Result<Self, FormError> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return Self::parse(request.uri().query().unwrap_or_default().as_bytes());
        }
        if !is_content_type(&request, "application/x-www-form-urlencoded") {
            return Err(FormError::NotUrlEncoded);
        }
        let bytes = to_bytes(request.into_body(), FORM_LIMIT_BYTES).await.map_err(|_| FormError::TooLarge)?;
        Self::parse(&bytes)
    }
}

/// Whether a request's content type is this one, whatever its parameters.
pub(crate) fn is_content_type<B>(request: &http::Request<B>, expected: &str) -> bool {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(expected)
}

impl From<FormError> for Problem {
    fn from(error: FormError) -> Self {
        let kind = match error {
            FormError::TooLarge | FormError::TooManyFields => ProblemKind::TooLarge,
            FormError::NotUtf8 | FormError::ControlCharacter => ProblemKind::BadRequest,
            FormError::NotUrlEncoded => ProblemKind::UnsupportedMediaType,
        };
        Self::new(kind).because(error)
    }
}

impl IntoResponse for FormError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Language;

    #[test]
    fn forms_as_browsers_send_them() {
        let form =
            Form::parse("ho-ten=Nguy%E1%BB%85n+V%C4%83n%20An&chon=1&chon=2&trong=&&co".as_bytes()).unwrap();
        assert_eq!(form.value("ho-ten"), "Nguyễn Văn An");
        assert_eq!(form.values("chon").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((form.value("trong"), form.value("khong-co")), ("", ""));
        assert!(form.has("trong") && form.has("co") && !form.has("khong-co"));
    }

    #[test]
    fn a_name_compares_equal_however_it_was_typed() {
        let decomposed = Form::parse("ten=e%CC%82%CC%83".as_bytes()).unwrap();
        assert_eq!(decomposed.value("ten"), "ễ");
    }

    #[test]
    fn what_is_not_a_form_is_refused() {
        let too_many = "a=1&".repeat(FORM_FIELDS_MAXIMUM + 1);
        let too_large = "a".repeat(FORM_LIMIT_BYTES + 1);
        let cases = [
            (too_large.as_str(), FormError::TooLarge),
            (too_many.as_str(), FormError::TooManyFields),
            ("a=%FF", FormError::NotUtf8),
            ("%C3=1", FormError::NotUtf8),
            ("a=%00", FormError::ControlCharacter),
            ("a=%1B[31m", FormError::ControlCharacter),
            ("a=%C2%85", FormError::ControlCharacter),
        ];
        for (encoded, expected) in cases {
            assert_eq!(Form::parse(encoded.as_bytes()), Err(expected), "{:.20}", encoded);
        }
    }

    #[test]
    fn the_limits_themselves_are_allowed() {
        let fields = "a=1&".repeat(FORM_FIELDS_MAXIMUM);
        assert_eq!(Form::parse(fields.as_bytes()).unwrap().values("a").count(), FORM_FIELDS_MAXIMUM);
        let large = format!("a={}", "b".repeat(FORM_LIMIT_BYTES - 2));
        assert!(Form::parse(large.as_bytes()).is_ok());
    }

    #[test]
    fn line_ends_are_one_character() {
        assert_eq!(Form::parse("a=1%0D%0A2%092".as_bytes()).unwrap().value("a"), "1\n2\t2");
    }

    #[test]
    fn a_wrong_date_is_kept_and_named() {
        let form: Form =
            [("born-day", "29"), ("born-month", "2"), ("born-year", "2023")].into_iter().collect();
        let mut errors = FieldErrors::new();
        assert_eq!(form.date("born", Text::new("Ngày sinh", "Date of birth"), &mut errors), None);
        let error = errors.get("born").unwrap();
        assert_eq!(error.target, "born-day");
        assert!(error.message.get(Language::Vi).contains("chỉ có 28 ngày"));
        assert_eq!(form.date_parts("born").day, "29");
    }

    proptest! {
        #[test]
        fn nothing_sent_panics(encoded in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Form::parse(&encoded);
        }
    }
}
