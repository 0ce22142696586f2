//! Public holidays, and the working days the Government swaps for them.
//!
//! The law: Labour Code 45/2019/QH14, article 112 (which days) and article 111(3) (a holiday on a weekly day off is made
//! up on the next working day, "nghỉ bù"). Each year the Prime Minister may swap a working day next to a holiday with a
//! Saturday ("hoán đổi"); the table says so as "Ngày nghỉ (thay cho ngày 22/08/2026)": that Saturday is worked.
//! Swaps are announced a year at a time, so years not yet announced hold the Labour Code's days only.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday, date};
use thiserror::Error;

use crate::text::parse_day_month_year;

const VIETNAM_CSV: &str = include_str!("../../../data/vn_holidays_2015_2040.csv");
const SWAP_PREFIX: &str = "Ngày nghỉ (thay cho ngày ";
const SWAP_SUFFIX: char = ')';

/// A day the table cannot answer for, or a table that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HolidaysError {
    /// The day lies before or after the years of the table.
    #[error("holidays are known from {first} to {last}, not for {date}; extend the table of holidays")]
    OutsideTable {
        /// The day asked about.
        date: Date,
        /// The first day the table answers for.
        first: Date,
        /// The last day the table answers for.
        last: Date,
    },
    /// A row that cannot be read or contradicts another.
    #[error("row {row} of the holidays: {reason}")]
    Row {
        /// The row, counted from 1 after the heading.
        row: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A table without any row.
    #[error("the table of holidays is empty")]
    Empty,
}

/// A day off by law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// The day off.
    pub date: Date,
    /// Its name in Vietnamese, as the table has it.
    pub name: String,
    /// For a day off gained by a swap: the day worked in its stead.
    pub worked_instead: Option<Date>,
}

/// What a day is to an office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind<'a> {
    /// An ordinary working day, Monday to Friday.
    Working,
    /// A Saturday or Sunday worked in exchange for a day off next to a holiday.
    WorkingBySwap,
    /// A Saturday or Sunday.
    Weekend,
    /// A public holiday, a day made up for one, or a day gained by a swap.
    Holiday(&'a Holiday),
}

impl DayKind<'_> {
    /// Whether offices are open.
    #[must_use]
    pub fn is_working(self) -> bool {
        matches!(self, Self::Working | Self::WorkingBySwap)
    }
}

/// The public holidays of a range of whole years.
#[derive(Debug, Clone)]
pub struct Holidays {
    holidays: BTreeMap<Date, Holiday>,
    worked_by_swap: BTreeSet<Date>,
    first: Date,
    last: Date,
}

impl Holidays {
    /// Vietnam's holidays from 2015 to 2040, the table kept with this program.
    #[must_use]
    pub fn vietnam() -> Self {
        Self::from_csv(VIETNAM_CSV).expect("the table kept with this program is read by its tests")
    }

    /// Holidays from CSV text with a heading and the columns date (ISO 8601), weekday (T2 to T7, CN) and name. The
    /// table answers for every day from 1 January of its first year to 31 December of its last.
    ///
    /// # Errors
    /// When a row cannot be read, a weekday is not that of its date, or a day stands twice.
    pub fn from_csv(text: &str) -> Result<Self, HolidaysError> {
        let mut holidays = BTreeMap::new();
        for (index, record) in csv::Reader::from_reader(text.as_bytes()).records().enumerate() {
            let bad = |reason: String| HolidaysError::Row { row: index + 1, reason };
            let record = record.map_err(|error| bad(error.to_string()))?;
            let holiday = parse_row(&record).map_err(bad)?;
            let day = holiday.date;
            if holidays.insert(day, holiday).is_some() {
                return Err(bad(format!("{day} stands twice")));
            }
        }
        let (Some(first), Some(last)) = (holidays.keys().next(), holidays.keys().next_back()) else {
            return Err(HolidaysError::Empty);
        };
        let (first, last) = (date(first.year(), 1, 1), date(last.year(), 12, 31));
        let worked_by_swap = holidays.values().filter_map(|holiday| holiday.worked_instead).collect();
        Ok(Self { holidays, worked_by_swap, first, last })
    }

    /// The first and the last day the table answers for.
    #[must_use]
    pub fn range(&self) -> (Date, Date) {
        (self.first, self.last)
    }

    /// What the day is to an office.
    ///
    /// # Errors
    /// When the day lies outside the table.
    pub fn kind_of(&self, date: Date) -> Result<DayKind<'_>, HolidaysError> {
        if !(self.first..=self.last).contains(&date) {
            return Err(HolidaysError::OutsideTable { date, first: self.first, last: self.last });
        }
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        Ok(match self.holidays.get(&date) {
            Some(holiday) => DayKind::Holiday(holiday),
            None if self.worked_by_swap.contains(&date) => DayKind::WorkingBySwap,
            None if weekend => DayKind::Weekend,
            None => DayKind::Working,
        })
    }

    /// The holidays of a year, in order; none for a year outside the table.
    pub fn of_year(&self, year: i16) -> impl Iterator<Item = &Holiday> {
        self.holidays.values().filter(move |holiday| holiday.date.year() == year)
    }
}

fn parse_row(record: &csv::StringRecord) -> Result<Holiday, String> {
    let column = |place: usize, name: &str| record.get(place).ok_or(format!("the column {name} is missing"));
    let date_text = column(0, "date")?;
    let date: Date = date_text.parse().map_err(|_| format!("{date_text:?} is not a date like 2026-09-02"))?;
    let weekday = column(1, "weekday")?;
    let expected = weekday_code(date.weekday());
    if weekday != expected {
        return Err(format!("{date} is {expected}, not {weekday:?}"));
    }
    let name = column(2, "name")?;
    let worked_instead = match name.strip_prefix(SWAP_PREFIX) {
        Some(rest) => Some(parse_swap(date, rest)?),
        None => None,
    };
    Ok(Holiday { date, name: name.to_owned(), worked_instead })
}

fn parse_swap(day_off: Date, rest: &str) -> Result<Date, String> {
    let worked =
        rest.strip_suffix(SWAP_SUFFIX).and_then(|text| parse_day_month_year(text).ok()).ok_or_else(|| {
            format!(
                "the day off {day_off} must name the day worked instead, as in (thay cho ngày 22/08/2026)"
            )
        })?;
    match worked.weekday() {
        Weekday::Saturday | Weekday::Sunday => Ok(worked),
        _ => Err(format!("the day {worked} worked instead of {day_off} is not on a weekend")),
    }
}

fn weekday_code(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "T2",
        Weekday::Tuesday => "T3",
        Weekday::Wednesday => "T4",
        Weekday::Thursday => "T5",
        Weekday::Friday => "T6",
        Weekday::Saturday => "T7",
        Weekday::Sunday => "CN",
    }
}
