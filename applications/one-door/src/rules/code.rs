//! The dossier code (*mã số hồ sơ*): Decree 61/2018/ND-CP article 26, Circular 01/2018/TT-VPCP article 19, and the newer
//! form of the national portal.

use jiff::civil::Date;
use std::{fmt, str::FromStr};
use thiserror::Error;

/// Longest code of a dossier, a procedure or a result, in bytes.
pub const CODE_LIMIT_BYTES: usize = 80;

/// A text that is not a dossier code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not a dossier code; write agency, day and serial, such as 000.00.00.H26-261121-0001 or H26-20261121-0000001"
)]
pub struct NotADossierCode;

/// A dossier code: the agency that received it, the day, and the serial in the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DossierCode {
    /// The agency, in the form of Decision 20/2020/QD-TTg, e.g. `H26.19`.
    pub agency: String,
    /// Day of receipt.
    pub day: Date,
    /// Serial in the day, from 1.
    pub serial: i64,
    text: String,
}

impl DossierCode {
    /// The code that an agency gives: `000.00.00.H26-261121-0001`. After the 9,999th of a day the serial grows wider,
    /// which the portal's newer form allows.
    pub fn new(agency: &str, day: Date, serial: i64) -> Self {
        let written = old_agency_form(agency).unwrap_or_else(|| agency.to_owned());
        let (year, month, day_of_month) = (day.year().rem_euclid(100), day.month(), day.day());
        let text = format!("{written}-{year:02}{month:02}{day_of_month:02}-{serial:04}");
        Self { agency: agency.to_owned(), day, serial, text }
    }
}

impl fmt::Display for DossierCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for DossierCode {
    type Err = NotADossierCode;

    /// Reads both forms: `000.00.19.H26-210811-0001` and `G09.20-20260609-0092637`.
    fn from_str(text: &str) -> Result<Self, NotADossierCode> {
        if text.len() > CODE_LIMIT_BYTES {
            return Err(NotADossierCode);
        }
        let parts: Vec<&str> = text.split('-').collect();
        let [agency, day, serial] = parts[..] else { return Err(NotADossierCode) };
        if !(4..=7).contains(&serial.len()) || !all_digits(serial) {
            return Err(NotADossierCode);
        }
        let serial: i64 = serial.parse().map_err(|_| NotADossierCode)?;
        Ok(Self {
            agency: agency_of(agency).ok_or(NotADossierCode)?,
            day: day_of(day).ok_or(NotADossierCode)?,
            serial: Some(serial).filter(|serial| *serial > 0).ok_or(NotADossierCode)?,
            text: text.to_owned(),
        })
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `YYMMDD` of this century, or `YYYYMMDD`.
fn day_of(text: &str) -> Option<Date> {
    if !all_digits(text) {
        return None;
    }
    let (year, rest) = match text.len() {
        6 => (2000 + text[..2].parse::<i16>().ok()?, &text[2..]),
        8 => (text[..4].parse().ok()?, &text[4..]),
        _ => return None,
    };
    Date::new(year, rest[..2].parse().ok()?, rest[2..].parse().ok()?).ok()
}

/// The agency in the newer form, from either.
fn agency_of(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('.').collect();
    if let [third, second, first, top] = parts[..]
        && (third.len(), second.len(), first.len()) == (3, 2, 2)
        && [third, second, first].iter().all(|part| all_digits(part))
    {
        let levels = [first, second, third].into_iter().take_while(|part| part.bytes().any(|b| b != b'0'));
        let levels: Vec<&str> = levels.collect();
        let rest_is_empty =
            [first, second, third][levels.len()..].iter().all(|p| p.bytes().all(|b| b == b'0'));
        return (is_top_code(top) && rest_is_empty).then(|| [&[top][..], &levels].concat().join("."));
    }
    let (top, rest) = parts.split_first()?;
    let plain = |part: &&str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
    };
    (is_top_code(top) && rest.iter().all(plain)).then(|| text.to_owned())
}

/// A letter from A to Y and two digits.
fn is_top_code(text: &str) -> bool {
    matches!(text.as_bytes(), [b'A'..=b'Y', a, b] if a.is_ascii_digit() && b.is_ascii_digit())
}

/// The agency in the form of QCVN 102:2016, when it can be written so.
fn old_agency_form(agency: &str) -> Option<String> {
    let mut parts = agency.split('.');
    let top = parts.next()?;
    let mut level = |width: usize| match parts.next() {
        None => Some("0".repeat(width)),
        Some(part) => (part.len() == width && all_digits(part)).then(|| part.to_owned()),
    };
    let (first, second, third) = (level(2)?, level(2)?, level(3)?);
    (is_top_code(top) && parts.next().is_none()).then(|| format!("{third}.{second}.{first}.{top}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn codes_of_both_forms_are_read() {
        for (text, agency, day, serial) in [
            ("000.00.19.H26-210811-0001", "H26.19", date(2021, 8, 11), 1),
            ("000.00.00.H26-261121-0042", "H26", date(2026, 11, 21), 42),
            ("001.02.19.H26-261121-9999", "H26.19.02.001", date(2026, 11, 21), 9999),
            ("000.00.00.H26-261121-10000", "H26", date(2026, 11, 21), 10_000),
            ("G09.20-20260609-0092637", "G09.20", date(2026, 6, 9), 92_637),
            ("H26-261121-0001", "H26", date(2026, 11, 21), 1),
            ("G12.BHXH-20260609-0001", "G12.BHXH", date(2026, 6, 9), 1),
        ] {
            let code: DossierCode = text.parse().unwrap();
            assert_eq!((code.agency.as_str(), code.day, code.serial), (agency, day, serial), "{text}");
            assert_eq!(code.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in [
            "",
            "000.00.00.H26",
            "000.00.00.H26-261121",
            "000.00.00.H26-261121-001",
            "000.00.00.H26-261121-00000001",
            "000.00.00.H26-261121-0000",
            "000.00.00.H26-261131-0001",
            "000.00.00.H26-260229-0001",
            "000.00.00.H26-2611210-0001",
            "000.00.00.Z26-261121-0001",
            "000.00.00.h26-261121-0001",
            "000.01.00.H26-261121-0001",
            "00.00.00.H26-261121-0001-1",
            "H26.-20261121-0001",
            "H26-20261121-00０1",
            "H26-261121-0001\n",
        ] {
            assert_eq!(text.parse::<DossierCode>(), Err(NotADossierCode), "{text:?}");
        }
        assert!(format!("H26.{}-261121-0001", "A".repeat(CODE_LIMIT_BYTES)).parse::<DossierCode>().is_err());
    }

    #[test]
    fn codes_are_written_as_the_circular_says() {
        for (agency, serial, text) in [
            ("H26", 1, "000.00.00.H26-261121-0001"),
            ("H26.19", 12, "000.00.19.H26-261121-0012"),
            ("H26.19.02.001", 9999, "001.02.19.H26-261121-9999"),
            ("G12.BHXH", 10_000, "G12.BHXH-261121-10000"),
        ] {
            assert_eq!(DossierCode::new(agency, date(2026, 11, 21), serial).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn a_code_is_read_as_it_was_made(days in 0_i64..36_000, serial in 1_i64..10_000_000) {
            let day = date(2000, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let code = DossierCode::new("H26", day, serial);
            prop_assert_eq!(code.to_string().parse::<DossierCode>(), Ok(code));
        }

        #[test]
        fn nothing_typed_panics(text in ".{0,90}") {
            let _ = text.parse::<DossierCode>();
        }
    }
}
