//! The Vietnamese lunar calendar (âm lịch): a month begins on the day of the new moon, and the month holding the
//! winter solstice is the eleventh, both reckoned in Vietnam's time, UTC+7.
//!
//! The rules and the truncated astronomical series are those Hồ Ngọc Đức published for the Vietnamese calendar
//! ("Thuật toán tính âm lịch"), after Jean Meeus, *Astronomical Algorithms*. Reckoning at UTC+7 is why Tết can fall on
//! another day than the Chinese new year, as in 1985, 2007 and 2030.

use std::f64::consts::PI;

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};
use thiserror::Error;

/// The first solar year converted.
pub const FIRST_SOLAR_YEAR: i16 = 1900;
/// The last solar year converted.
pub const LAST_SOLAR_YEAR: i16 = 2100;

/// A date the lunar calendar does not have, or that lies beyond the years it is computed for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LunarError {
    /// The date lies outside the converted years.
    #[error("lunar dates are computed for the solar years {FIRST_SOLAR_YEAR} to {LAST_SOLAR_YEAR} only")]
    OutOfRange,
    /// The lunar year has no such month.
    #[error("lunar year {year} has no {}month {month}; check the month and whether it is a leap month", leap_word(*.leap))]
    NoSuchMonth {
        /// The lunar year.
        year: i16,
        /// The month, as written.
        month: i8,
        /// Whether the leap month of that number was meant.
        leap: bool,
    },
    /// The lunar month has no such day.
    #[error("lunar month {month} of {year} has {length} days, so there is no day {day}")]
    NoSuchDay {
        /// The lunar year.
        year: i16,
        /// The month.
        month: i8,
        /// The day, as written.
        day: i8,
        /// How many days the month has: 29 or 30.
        length: i32,
    },
}

fn leap_word(leap: bool) -> &'static str {
    if leap { "leap " } else { "" }
}

/// A day of the Vietnamese lunar calendar. The year is the solar year in which it begins (with Tết).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LunarDate {
    /// The lunar year.
    pub year: i16,
    /// The month, 1 to 12.
    pub month: i8,
    /// Whether this is the leap month that follows the ordinary month of the same number.
    pub leap: bool,
    /// The day of the month, 1 to 30.
    pub day: i8,
}

impl LunarDate {
    /// The lunar date of a solar day.
    ///
    /// # Errors
    /// When the day lies outside the converted years.
    pub fn from_solar(solar: Date) -> Result<Self, LunarError> {
        check_range(solar)?;
        let number = day_number(solar);
        let cycle = match Cycle::ending_in(solar.year()) {
            cycle if number < cycle.end => cycle,
            _ => Cycle::ending_in(solar.year() + 1),
        };
        Ok(cycle.lunar_date_of(number))
    }

    /// The solar day of a lunar date.
    ///
    /// # Errors
    /// When the lunar year has no such month, the month no such day, or the day lies outside the converted years.
    pub fn to_solar(self) -> Result<Date, LunarError> {
        if !(FIRST_SOLAR_YEAR - 1..=LAST_SOLAR_YEAR).contains(&self.year) {
            return Err(LunarError::OutOfRange);
        }
        let Self { year, month, leap, day } = self;
        let in_next_cycle = i16::from(month >= 11);
        let cycle = Cycle::ending_in(year + in_next_cycle);
        let place = cycle
            .months
            .iter()
            .position(|candidate| (candidate.number, candidate.leap) == (month, leap))
            .ok_or(LunarError::NoSuchMonth { year, month, leap })?;
        let (start, length) = (cycle.months[place].start, cycle.length_of(place));
        if !(1..=length).contains(&i32::from(day)) {
            return Err(LunarError::NoSuchDay { year, month, day, length });
        }
        let solar = date_of(start + i32::from(day) - 1);
        check_range(solar)?;
        Ok(solar)
    }

    /// The number of the year's leap month, if it has one.
    ///
    /// # Errors
    /// When part of the lunar year lies outside the converted years.
    pub fn leap_month_of(year: i16) -> Result<Option<i8>, LunarError> {
        if !(FIRST_SOLAR_YEAR..LAST_SOLAR_YEAR).contains(&year) {
            return Err(LunarError::OutOfRange);
        }
        let leap_of = |cycle: Cycle| cycle.months.iter().find(|month| month.leap).map(|month| month.number);
        let before_winter = leap_of(Cycle::ending_in(year)).filter(|number| *number < 11);
        let in_winter = leap_of(Cycle::ending_in(year + 1)).filter(|number| *number >= 11);
        Ok(before_winter.or(in_winter))
    }
}

/// Tết Nguyên Đán, the first day of the lunar year.
///
/// # Errors
/// When the year lies outside the converted years.
pub fn tet(year: i16) -> Result<Date, LunarError> {
    LunarDate { year, month: 1, leap: false, day: 1 }.to_solar()
}

/// Giỗ Tổ Hùng Vương, the commemoration of the Hùng kings: the tenth day of the third lunar month.
///
/// # Errors
/// When the year lies outside the converted years.
pub fn gio_to(year: i16) -> Result<Date, LunarError> {
    LunarDate { year, month: 3, leap: false, day: 10 }.to_solar()
}

fn check_range(solar: Date) -> Result<(), LunarError> {
    let known = (FIRST_SOLAR_YEAR..=LAST_SOLAR_YEAR).contains(&solar.year());
    if known { Ok(()) } else { Err(LunarError::OutOfRange) }
}

/// The months from one eleventh month up to, and not including, the next: twelve of them, or thirteen with a leap.
struct Cycle {
    /// The solar year in which the cycle ends.
    year: i16,
    months: Vec<Month>,
    /// The day number of the eleventh month that begins the next cycle.
    end: i32,
}

struct Month {
    number: i8,
    leap: bool,
    /// The Julian day number of its first day.
    start: i32,
}

impl Cycle {
    /// The cycle from the eleventh month of the year before to the eleventh month of `year`.
    fn ending_in(year: i16) -> Self {
        let first = moon_of_eleventh_month(year - 1);
        let last = moon_of_eleventh_month(year);
        let moons = last - first;
        let leap_place =
            if moons == 13 { (1..moons).find(|place| lacks_major_term(first + place)) } else { None };
        let months = (0..moons)
            .map(|place| {
                let passed_leap = leap_place.is_some_and(|leap| place >= leap);
                let steps = place - i32::from(passed_leap);
                Month {
                    number: ((10 + steps) % 12 + 1) as i8,
                    leap: leap_place == Some(place),
                    start: new_moon_day(first + place),
                }
            })
            .collect();
        Self { year, months, end: new_moon_day(last) }
    }

    fn length_of(&self, place: usize) -> i32 {
        self.months.get(place + 1).map_or(self.end, |next| next.start) - self.months[place].start
    }

    /// The lunar date of a day number inside the cycle.
    fn lunar_date_of(&self, number: i32) -> LunarDate {
        let begun = self.months.partition_point(|month| month.start <= number);
        let month = &self.months[begun - 1];
        // The cycle opens with the last two months of the lunar year before.
        let year = if month.number >= 11 { self.year - 1 } else { self.year };
        LunarDate { year, month: month.number, leap: month.leap, day: (number - month.start + 1) as i8 }
    }
}

/// The new moon that opens the eleventh month, the one holding the winter solstice of the solar year.
fn moon_of_eleventh_month(year: i16) -> i32 {
    const MEAN_MONTH_DAYS: f64 = 29.530_588_853;
    const FIRST_MOON_OF_1900: i32 = 2_415_021;
    /// 270 degrees of longitude, the winter solstice, in steps of 30.
    const WINTER_SOLSTICE: i32 = 9;
    let days = day_number(date(year, 12, 31)) - FIRST_MOON_OF_1900;
    let moon = (f64::from(days) / MEAN_MONTH_DAYS).floor() as i32;
    if sun_sector(new_moon_day(moon)) >= WINTER_SOLSTICE { moon - 1 } else { moon }
}

/// Whether no major solar term (trung khí) falls in the month: such a month is the leap month of a long cycle.
fn lacks_major_term(moon: i32) -> bool {
    sun_sector(new_moon_day(moon)) == sun_sector(new_moon_day(moon + 1))
}

const HALF_DAY: f64 = 0.5;
const UTC_PLUS_7_DAYS: f64 = 7.0 / 24.0;

/// The Julian day number, in Vietnam, of the `moon`-th new moon after that of 1 January 1900.
fn new_moon_day(moon: i32) -> i32 {
    (new_moon(moon) + HALF_DAY + UTC_PLUS_7_DAYS).floor() as i32
}

/// The moment of a new moon, as a Julian date in universal time (Meeus, chapter on the phases of the moon).
fn new_moon(moon: i32) -> f64 {
    let k = f64::from(moon);
    let t = k / 1236.85; // Julian centuries since 1900
    let (t2, t3) = (t * t, t * t * t);
    let sin = |degrees: f64| degrees.to_radians().sin();
    let mean = 2_415_020.759_33 + 29.530_588_68 * k + 0.000_117_8 * t2 - 0.000_000_155 * t3
        + 0.000_33 * sin(166.56 + 132.87 * t - 0.009_173 * t2);
    let sun = 359.2242 + 29.105_356_08 * k - 0.000_033_3 * t2 - 0.000_003_47 * t3;
    let moon = 306.0253 + 385.816_918_06 * k + 0.010_730_6 * t2 + 0.000_012_36 * t3;
    let latitude = 21.2964 + 390.670_506_46 * k - 0.001_652_8 * t2 - 0.000_002_39 * t3;
    let correction = (0.1734 - 0.000_393 * t) * sin(sun) + 0.0021 * sin(2.0 * sun) - 0.4068 * sin(moon)
        + 0.0161 * sin(2.0 * moon)
        - 0.0004 * sin(3.0 * moon)
        + 0.0104 * sin(2.0 * latitude)
        - 0.0051 * sin(sun + moon)
        - 0.0074 * sin(sun - moon)
        + 0.0004 * sin(2.0 * latitude + sun)
        - 0.0004 * sin(2.0 * latitude - sun)
        - 0.0006 * sin(2.0 * latitude + moon)
        + 0.0010 * sin(2.0 * latitude - moon)
        + 0.0005 * sin(2.0 * moon + sun);
    mean + correction - dynamical_minus_universal_days(t)
}

/// How far dynamical time runs ahead of universal time, in days, `t` Julian centuries after 1900. The published series
/// has a branch for the far past; every year converted here lies in this one.
fn dynamical_minus_universal_days(t: f64) -> f64 {
    -0.000_278 + 0.000_265 * t + 0.000_262 * t * t
}

/// The sun's apparent longitude at the start of a Vietnamese day, in steps of 30 degrees from the March equinox: 0 to 11.
fn sun_sector(number: i32) -> i32 {
    let t = (f64::from(number) - HALF_DAY - UTC_PLUS_7_DAYS - 2_451_545.0) / 36_525.0; // Julian centuries since 2000
    let t2 = t * t;
    let sin = |degrees: f64| degrees.to_radians().sin();
    let anomaly = 357.529_10 + 35_999.050_30 * t - 0.000_155_9 * t2 - 0.000_000_48 * t * t2;
    let mean_longitude = 280.466_45 + 36_000.769_83 * t + 0.000_303_2 * t2;
    let centre = (1.914_600 - 0.004_817 * t - 0.000_014 * t2) * sin(anomaly)
        + (0.019_993 - 0.000_101 * t) * sin(2.0 * anomaly)
        + 0.000_290 * sin(3.0 * anomaly);
    let longitude = (mean_longitude + centre).to_radians().rem_euclid(2.0 * PI);
    (longitude / PI * 6.0).floor() as i32
}

const JULIAN_DAY_OF_1900: i32 = 2_415_021;

fn day_number(solar: Date) -> i32 {
    let since = date(1900, 1, 1).until(solar).expect("days between two dates always fit a span");
    JULIAN_DAY_OF_1900 + since.get_days()
}

fn date_of(number: i32) -> Date {
    let since: Span = (number - JULIAN_DAY_OF_1900).days();
    date(1900, 1, 1).checked_add(since).expect("a lunar month of 1899 to 2101 lies within the solar calendar")
}
