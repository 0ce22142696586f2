//! Dates as people type them: three short numbers, each of which may be missing or wrong in its own way.

use jiff::civil::Date;
use thiserror::Error;

use crate::{Message, Text};

mod texts {
    crate::translations! {
        DAY: "ngày", "a day";
        MONTH: "tháng", "a month";
        YEAR: "năm", "a year";
        NOTHING: "{0}: nhập ngày, tháng, năm", "{0}: enter the day, month and year";
        MISSING: "{0} phải có {1}", "{0} must include {1}";
        DAY_RANGE: "{0}: ngày phải là số từ 1 đến 31", "{0}: the day must be a number from 1 to 31";
        MONTH_RANGE: "{0}: tháng phải là số từ 1 đến 12", "{0}: the month must be a number from 1 to 12";
        YEAR_RANGE: "{0}: năm phải gồm 4 chữ số, ví dụ 2025", "{0}: the year must have 4 digits, like 2025";
        NOT_REAL: "{0} phải là ngày có thật: tháng {1} năm {2} chỉ có {3} ngày",
            "{0} must be a real date: month {1} of {2} has only {3} days";
    }
}

/// The three parts of a date as they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DateParts {
    /// Day of the month.
    pub day: String,
    /// Month, as a number.
    pub month: String,
    /// Year, four digits.
    pub year: String,
}

/// Why three parts are not a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DateError {
    /// The day is missing while another part is there.
    #[error("the date has no day")]
    NoDay,
    /// The month is missing while another part is there.
    #[error("the date has no month")]
    NoMonth,
    /// The year is missing while another part is there.
    #[error("the date has no year")]
    NoYear,
    /// The day is not a number from 1 to 31.
    #[error("the day is not a number from 1 to 31")]
    Day,
    /// The month is not a number from 1 to 12.
    #[error("the month is not a number from 1 to 12")]
    Month,
    /// The year is not four digits.
    #[error("the year is not four digits")]
    Year,
    /// The month does not have that day, such as 29 February of a common year.
    #[error("month {month} of {year} has only {days} days")]
    NotReal {
        /// Year.
        year: i16,
        /// Month.
        month: i8,
        /// Days it has.
        days: i8,
    },
}

impl DateParts {
    /// The date, or `None` when nothing was typed. Leading zeros and spaces around a part are accepted.
    ///
    /// # Errors
    /// The first thing wrong, from missing parts to impossible dates.
    pub fn parse(&self) -> Result<Option<Date>, DateError> {
        let (day, month, year) = (self.day.trim(), self.month.trim(), self.year.trim());
        match (day.is_empty(), month.is_empty(), year.is_empty()) {
            (true, true, true) => return Ok(None),
            (true, _, _) => return Err(DateError::NoDay),
            (_, true, _) => return Err(DateError::NoMonth),
            (_, _, true) => return Err(DateError::NoYear),
            (false, false, false) => {}
        }
        let day: i8 = number(day, 1..=2).filter(|day| (1..=31).contains(day)).ok_or(DateError::Day)?;
        let month: i8 =
            number(month, 1..=2).filter(|month| (1..=12).contains(month)).ok_or(DateError::Month)?;
        let year: i16 = number(year, 4..=4).filter(|year| *year >= 1000).ok_or(DateError::Year)?;
        let first = Date::new(year, month, 1).map_err(|_| DateError::Year)?;
        let days = first.days_in_month();
        Date::new(year, month, day).map(Some).map_err(|_| DateError::NotReal { year, month, days })
    }

    /// That nothing was typed, in words, about a date named by `subject`.
    pub(crate) fn missing(subject: Text) -> Message {
        let (vi, en) = both(texts::NOTHING, subject, &[]);
        Message::new(vi, en)
    }
}

/// A number of so many ASCII digits.
fn number<N: std::str::FromStr>(digits: &str, length: std::ops::RangeInclusive<usize>) -> Option<N> {
    let plain = length.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

impl DateError {
    /// The error in words, about a date named by `subject`, such as "Ngày sinh".
    pub fn message(self, subject: Text) -> Message {
        use crate::Language::{En, Vi};
        let (vi, en) = match self {
            Self::NoDay | Self::NoMonth | Self::NoYear => {
                let part = match self {
                    Self::NoDay => texts::DAY,
                    Self::NoMonth => texts::MONTH,
                    _ => texts::YEAR,
                };
                let in_language =
                    |language| texts::MISSING.fill(language, &[&subject.get(language), &part.get(language)]);
                (in_language(Vi), in_language(En))
            }
            Self::Day => both(texts::DAY_RANGE, subject, &[]),
            Self::Month => both(texts::MONTH_RANGE, subject, &[]),
            Self::Year => both(texts::YEAR_RANGE, subject, &[]),
            Self::NotReal { year, month, days } => both(texts::NOT_REAL, subject, &[&month, &year, &days]),
        };
        Message::new(vi, en)
    }

    /// The part to look at first: `day`, `month` or `year`.
    pub fn part(self) -> &'static str {
        match self {
            Self::NoDay | Self::Day | Self::NotReal { .. } => "day",
            Self::NoMonth | Self::Month => "month",
            Self::NoYear | Self::Year => "year",
        }
    }
}

/// A text about a subject in both languages, with further arguments after the subject.
fn both(text: Text, subject: Text, more: &[&dyn std::fmt::Display]) -> (String, String) {
    let in_language = |language| {
        let name = subject.get(language);
        let mut arguments: Vec<&dyn std::fmt::Display> = vec![&name];
        arguments.extend(more);
        text.fill(language, &arguments)
    };
    (in_language(crate::Language::Vi), in_language(crate::Language::En))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::Language;

    fn parse(day: &str, month: &str, year: &str) -> Result<Option<Date>, DateError> {
        DateParts { day: day.into(), month: month.into(), year: year.into() }.parse()
    }

    #[test]
    fn dates_as_people_type_them() {
        let not_real = |year, month, days| Err(DateError::NotReal { year, month, days });
        let cases = [
            (("1", "7", "2025"), Ok(Some(date(2025, 7, 1)))),
            (("01", " 07 ", "2025"), Ok(Some(date(2025, 7, 1)))),
            (("29", "2", "2024"), Ok(Some(date(2024, 2, 29)))),
            (("29", "2", "2000"), Ok(Some(date(2000, 2, 29)))),
            (("29", "2", "2023"), not_real(2023, 2, 28)),
            (("29", "2", "1900"), not_real(1900, 2, 28)),
            (("31", "4", "2025"), not_real(2025, 4, 30)),
            (("", "", ""), Ok(None)),
            ((" ", "\t", ""), Ok(None)),
            (("", "7", "2025"), Err(DateError::NoDay)),
            (("1", "", "2025"), Err(DateError::NoMonth)),
            (("1", "7", ""), Err(DateError::NoYear)),
            (("0", "7", "2025"), Err(DateError::Day)),
            (("32", "7", "2025"), Err(DateError::Day)),
            (("001", "7", "2025"), Err(DateError::Day)),
            (("-1", "7", "2025"), Err(DateError::Day)),
            (("+1", "7", "2025"), Err(DateError::Day)),
            (("１", "7", "2025"), Err(DateError::Day)),
            (("1", "13", "2025"), Err(DateError::Month)),
            (("1", "July", "2025"), Err(DateError::Month)),
            (("1", "7", "25"), Err(DateError::Year)),
            (("1", "7", "0025"), Err(DateError::Year)),
            (("1", "7", "99999"), Err(DateError::Year)),
        ];
        for ((day, month, year), expected) in cases {
            assert_eq!(parse(day, month, year), expected, "{day:?}/{month:?}/{year:?}");
        }
    }

    #[test]
    fn the_error_names_the_date_and_says_what_to_do() {
        let born = Text::new("Ngày sinh", "Date of birth");
        let missing = DateError::NoMonth.message(born);
        assert_eq!(missing.get(Language::Vi), "Ngày sinh phải có tháng");
        assert_eq!(missing.get(Language::En), "Date of birth must include a month");
        let unreal = DateError::NotReal { year: 2023, month: 2, days: 28 };
        assert_eq!(
            unreal.message(born).get(Language::En),
            "Date of birth must be a real date: month 2 of 2023 has only 28 days"
        );
        assert_eq!((DateError::NoMonth.part(), unreal.part()), ("month", "day"));
    }

    proptest! {
        #[test]
        fn any_date_survives_being_typed(year in 1000i16..=9999, day_of_year in 1i16..=365) {
            let expected = Date::new(year, 1, 1).unwrap().with().day_of_year(day_of_year).build().unwrap();
            let typed = parse(
                &expected.day().to_string(), &expected.month().to_string(), &expected.year().to_string(),
            );
            prop_assert_eq!(typed, Ok(Some(expected)));
        }

        #[test]
        fn nothing_typed_panics(day in ".{0,5}", month in ".{0,5}", year in ".{0,6}") {
            let _ = parse(&day, &month, &year);
        }
    }
}
