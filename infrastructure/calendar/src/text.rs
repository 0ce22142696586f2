//! Dates as people and papers write them, in Vietnamese and English, and the strict reading of dates from input.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use thiserror::Error;

use crate::lunar::LunarDate;
use crate::vietnam_clock;

/// The first year accepted from input.
pub const FIRST_INPUT_YEAR: i16 = 1800;
/// The last year accepted from input.
pub const LAST_INPUT_YEAR: i16 = 2199;

/// Text that is not a date. The text itself is not repeated: it may be somebody's birthday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DateTextError {
    /// The text has another shape.
    #[error("not a date; write it as {expected}")]
    Shape {
        /// The shape expected, by example.
        expected: &'static str,
    },
    /// The calendar has no such day, as 29 February of a common year.
    #[error("there is no such day in the calendar; check the day and the month")]
    NoSuchDay,
    /// The year cannot be meant.
    #[error("the year must lie between {FIRST_INPUT_YEAR} and {LAST_INPUT_YEAR}")]
    YearOutOfRange,
}

/// Reads a date written `dd/MM/yyyy`, as 05/09/2026. Both leading zeros are required.
///
/// # Errors
/// When the text has another shape, or names no day of the calendar.
pub fn parse_day_month_year(text: &str) -> Result<Date, DateTextError> {
    let [day, month, year] =
        numbers(text, [2, 2, 4], '/').ok_or(DateTextError::Shape { expected: "05/09/2026" })?;
    calendar_day(year, month, day)
}

/// Reads a date written `yyyy-MM-dd` (ISO 8601), as 2026-09-05.
///
/// # Errors
/// When the text has another shape, or names no day of the calendar.
pub fn parse_iso(text: &str) -> Result<Date, DateTextError> {
    let [year, month, day] =
        numbers(text, [4, 2, 2], '-').ok_or(DateTextError::Shape { expected: "2026-09-05" })?;
    calendar_day(year, month, day)
}

/// Three numbers of exactly the given widths in ASCII digits, with a separator between.
fn numbers(text: &str, widths: [usize; 3], separator: char) -> Option<[i16; 3]> {
    let mut fields = text.split(separator);
    let mut values = [0; 3];
    for (value, width) in values.iter_mut().zip(widths) {
        let field = fields.next()?;
        let shaped = field.len() == width && field.bytes().all(|byte| byte.is_ascii_digit());
        *value = if shaped { field.parse().ok()? } else { return None };
    }
    fields.next().is_none().then_some(values)
}

fn calendar_day(year: i16, month: i16, day: i16) -> Result<Date, DateTextError> {
    if !(FIRST_INPUT_YEAR..=LAST_INPUT_YEAR).contains(&year) {
        return Err(DateTextError::YearOutOfRange);
    }
    let month = i8::try_from(month).map_err(|_| DateTextError::NoSuchDay)?;
    let day = i8::try_from(day).map_err(|_| DateTextError::NoSuchDay)?;
    Date::new(year, month, day).map_err(|_| DateTextError::NoSuchDay)
}

/// `21/11/2026`.
#[must_use]
pub fn day_month_year(date: Date) -> String {
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}

/// `ngày 21 tháng 11 năm 2026`, with a zero before days under 10 and before January and February (Decree 30/2020/NĐ-CP,
/// appendix I, part II, point 4).
#[must_use]
pub fn vietnamese_date(date: Date) -> String {
    let month = if date.month() <= 2 { format!("{:02}", date.month()) } else { date.month().to_string() };
    format!("ngày {:02} tháng {month} năm {}", date.day(), date.year())
}

/// `Thứ Bảy, ngày 21 tháng 11 năm 2026`.
#[must_use]
pub fn vietnamese_date_with_weekday(date: Date) -> String {
    format!("{}, {}", vietnamese_weekday(date.weekday()), vietnamese_date(date))
}

/// `17 giờ 00 phút, ngày 21 tháng 11 năm 2026`, in Vietnam's time.
#[must_use]
pub fn vietnamese_moment(moment: Timestamp) -> String {
    let clock = vietnam_clock(moment);
    format!("{:02} giờ {:02} phút, {}", clock.hour(), clock.minute(), vietnamese_date(clock.date()))
}

/// `21 November 2026`.
#[must_use]
pub fn english_date(date: Date) -> String {
    format!("{} {} {}", date.day(), ENGLISH_MONTHS[date.month() as usize - 1], date.year())
}

/// `Saturday, 21 November 2026`.
#[must_use]
pub fn english_date_with_weekday(date: Date) -> String {
    format!("{}, {}", english_weekday(date.weekday()), english_date(date))
}

/// `17:00, 21 November 2026`, in Vietnam's time.
#[must_use]
pub fn english_moment(moment: Timestamp) -> String {
    let clock = vietnam_clock(moment);
    format!("{:02}:{:02}, {}", clock.hour(), clock.minute(), english_date(clock.date()))
}

/// `mùng 1 tháng Giêng năm Bính Ngọ`, `rằm tháng Bảy nhuận năm Bính Tuất`: the first ten days are "mùng", the fifteenth is
/// "rằm", and the first and last months have names.
#[must_use]
pub fn vietnamese_lunar_date(lunar: LunarDate) -> String {
    let day = match lunar.day {
        15 => "rằm".to_owned(),
        day @ ..=10 => format!("mùng {day}"),
        day => format!("ngày {day}"),
    };
    let month = VIETNAMESE_LUNAR_MONTHS[month_place(lunar)];
    let leap = if lunar.leap { " nhuận" } else { "" };
    format!("{day} tháng {month}{leap} năm {}", sexagenary_year(lunar.year))
}

/// `day 1 of lunar month 1, year Bính Ngọ`, `day 15 of leap lunar month 7, year Bính Tuất`.
#[must_use]
pub fn english_lunar_date(lunar: LunarDate) -> String {
    let leap = if lunar.leap { "leap " } else { "" };
    format!("day {} of {leap}lunar month {}, year {}", lunar.day, lunar.month, sexagenary_year(lunar.year))
}

/// The name of a lunar year in the cycle of sixty (can chi): `Bính Ngọ` for 2026.
#[must_use]
pub fn sexagenary_year(year: i16) -> String {
    let stem = HEAVENLY_STEMS[(i32::from(year) + 6).rem_euclid(10) as usize];
    let branch = EARTHLY_BRANCHES[(i32::from(year) + 8).rem_euclid(12) as usize];
    format!("{stem} {branch}")
}

/// A lunar date may be built by hand with any month; the names then wrap rather than fail.
fn month_place(lunar: LunarDate) -> usize {
    (i32::from(lunar.month) - 1).rem_euclid(12) as usize
}

fn vietnamese_weekday(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "Thứ Hai",
        Weekday::Tuesday => "Thứ Ba",
        Weekday::Wednesday => "Thứ Tư",
        Weekday::Thursday => "Thứ Năm",
        Weekday::Friday => "Thứ Sáu",
        Weekday::Saturday => "Thứ Bảy",
        Weekday::Sunday => "Chủ Nhật",
    }
}

fn english_weekday(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const VIETNAMESE_LUNAR_MONTHS: [&str; 12] =
    ["Giêng", "Hai", "Ba", "Tư", "Năm", "Sáu", "Bảy", "Tám", "Chín", "Mười", "Mười Một", "Chạp"];
const HEAVENLY_STEMS: [&str; 10] = ["Giáp", "Ất", "Bính", "Đinh", "Mậu", "Kỷ", "Canh", "Tân", "Nhâm", "Quý"];
const EARTHLY_BRANCHES: [&str; 12] =
    ["Tý", "Sửu", "Dần", "Mão", "Thìn", "Tỵ", "Ngọ", "Mùi", "Thân", "Dậu", "Tuất", "Hợi"];
