//! Reporting periods. Every period is a run of reporting months, each from the 15th of the month before to the 14th.

use contracts::reporting::Period;
use jiff::civil::{Date, date};
use std::ops::RangeInclusive;

/// First day of a reporting month, in the month before it.
const FIRST_DAY: i8 = 15;
/// Years that have reporting periods.
const YEARS: RangeInclusive<i16> = 1946..=9998;
/// How many months a list of recent periods offers.
const RECENT_MONTHS: i64 = 13;
/// How many years a list of recent periods offers.
const RECENT_YEARS: i16 = 5;

/// The reporting month of a day, as years times twelve and the month from nought.
pub fn month_of(day: Date) -> i64 {
    let month = i64::from(day.year()) * 12 + i64::from(day.month()) - 1;
    if day.day() < FIRST_DAY { month } else { month + 1 }
}

/// The reporting months of a period; nothing for one that is none of the calendar.
pub fn months(period: Period) -> Option<RangeInclusive<i64>> {
    let (year, first, count) = match period {
        Period::Month { year, month: month @ 1..=12 } => (year, month, 1),
        Period::Quarter { year, quarter: quarter @ 1..=4 } => (year, quarter * 3 - 2, 3),
        Period::HalfYear { year, half: half @ 1..=2 } => (year, half * 6 - 5, 6),
        Period::NineMonths { year } => (year, 1, 9),
        Period::Year { year } => (year, 1, 12),
        Period::Month { .. } | Period::Quarter { .. } | Period::HalfYear { .. } => return None,
    };
    let start = i64::from(year) * 12 + i64::from(first) - 1;
    YEARS.contains(&year).then(|| start..=start + count - 1)
}

/// First and last day of a period; nothing for one that is none of the calendar.
pub fn window(period: Period) -> Option<(Date, Date)> {
    let months = months(period)?;
    let month_at = |month: i64| {
        let year = i16::try_from(month.div_euclid(12)).ok()?;
        let month = i8::try_from(month.rem_euclid(12) + 1).ok()?;
        Some((year, month))
    };
    let (year, month) = month_at(months.start() - 1)?;
    let (last_year, last_month) = month_at(*months.end())?;
    Some((date(year, month, FIRST_DAY), date(last_year, last_month, FIRST_DAY - 1)))
}

/// How a period is written in addresses: `2026-M11`, `2026-Q4`, `2026-H2`, `2026-M1-9`, `2026`.
pub fn period_code(period: Period) -> String {
    match period {
        Period::Month { year, month } => format!("{year}-M{month}"),
        Period::Quarter { year, quarter } => format!("{year}-Q{quarter}"),
        Period::HalfYear { year, half } => format!("{year}-H{half}"),
        Period::NineMonths { year } => format!("{year}-M1-9"),
        Period::Year { year } => format!("{year}"),
    }
}

/// Reads how a period is written. Nothing for what is none of the calendar.
pub fn parse_period(text: &str) -> Option<Period> {
    let (year, rest) = text.split_once('-').unwrap_or((text, ""));
    let year = year.parse().ok()?;
    let part = |letter| rest.strip_prefix(letter).and_then(|number| number.parse().ok());
    let period = match rest {
        "" => Period::Year { year },
        "M1-9" => Period::NineMonths { year },
        _ => part('M')
            .map(|month| Period::Month { year, month })
            .or_else(|| part('Q').map(|quarter| Period::Quarter { year, quarter }))
            .or_else(|| part('H').map(|half| Period::HalfYear { year, half }))?,
    };
    (window(period).is_some() && period_code(period) == text).then_some(period)
}

/// The periods that a reader chooses from on a day, the latest first: months, then longer ones.
pub fn recent_periods(today: Date) -> Vec<Period> {
    let current = month_of(today);
    let at = |month: i64| {
        let year = i16::try_from(month.div_euclid(12)).unwrap_or(i16::MAX);
        (year, i8::try_from(month.rem_euclid(12) + 1).unwrap_or(1))
    };
    let mut periods: Vec<Period> = (0..RECENT_MONTHS)
        .map(|back| at(current - back))
        .map(|(year, month)| Period::Month { year, month })
        .collect();
    let (year, month) = at(current);
    let quarter = (month + 2) / 3;
    periods.extend((1..=quarter).rev().map(|quarter| Period::Quarter { year, quarter }));
    periods.extend((1..=4).rev().map(|quarter| Period::Quarter { year: year - 1, quarter }));
    periods.extend((1..=(month + 5) / 6).rev().map(|half| Period::HalfYear { year, half }));
    periods.push(Period::NineMonths { year });
    periods.extend((0..RECENT_YEARS).map(|back| Period::Year { year: year - back }));
    periods
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn periods_begin_on_the_15th_and_end_on_the_14th() {
        for (period, from, to) in [
            (Period::Month { year: 2026, month: 11 }, date(2026, 10, 15), date(2026, 11, 14)),
            (Period::Month { year: 2026, month: 1 }, date(2025, 12, 15), date(2026, 1, 14)),
            (Period::Quarter { year: 2026, quarter: 1 }, date(2025, 12, 15), date(2026, 3, 14)),
            (Period::Quarter { year: 2026, quarter: 4 }, date(2026, 9, 15), date(2026, 12, 14)),
            (Period::HalfYear { year: 2026, half: 1 }, date(2025, 12, 15), date(2026, 6, 14)),
            (Period::HalfYear { year: 2026, half: 2 }, date(2026, 6, 15), date(2026, 12, 14)),
            (Period::NineMonths { year: 2026 }, date(2025, 12, 15), date(2026, 9, 14)),
            (Period::Year { year: 2026 }, date(2025, 12, 15), date(2026, 12, 14)),
        ] {
            assert_eq!(window(period), Some((from, to)), "{period:?}");
            assert_eq!(parse_period(&period_code(period)), Some(period));
        }
    }

    #[test]
    fn what_is_no_period_is_not_read() {
        for text in [
            "",
            "2026-M13",
            "2026-M0",
            "2026-M01",
            "2026-Q5",
            "2026-H3",
            "1900",
            "9999",
            "99999",
            "2026-",
            "2026-X1",
            "-M1",
            "2026-M1-8",
            "+2026",
        ] {
            assert_eq!(parse_period(text), None, "{text:?}");
        }
    }

    #[test]
    fn recent_periods_end_with_the_current_ones() {
        let periods = recent_periods(date(2026, 11, 22));
        assert_eq!(periods[0], Period::Month { year: 2026, month: 12 });
        assert!(periods.contains(&Period::Quarter { year: 2026, quarter: 4 }));
        assert!(periods.contains(&Period::Year { year: 2022 }));
        assert!(periods.iter().all(|period| parse_period(&period_code(*period)).is_some()));
        let early = recent_periods(date(2026, 12, 20));
        assert!(!early.contains(&Period::Quarter { year: 2027, quarter: 2 }));
        assert!(early.contains(&Period::HalfYear { year: 2027, half: 1 }));
    }

    proptest! {
        #[test]
        fn every_day_is_in_its_month_and_in_no_other(year in 1946_i16..=9998, of_year in 1_i16..=365, other in -3_i64..=3) {
            let day = date(year, 1, 1).with().day_of_year(day_of(of_year)).build().unwrap();
            let month = month_of(day) + other;
            let period = Period::Month {
                year: i16::try_from(month.div_euclid(12)).unwrap(),
                month: i8::try_from(month.rem_euclid(12) + 1).unwrap(),
            };
            if let Some((from, to)) = window(period) {
                prop_assert_eq!((from..=to).contains(&day), other == 0);
            }
        }

        #[test]
        fn reading_a_period_never_fails_otherwise(text in "\\PC{0,12}") {
            if let Some(period) = parse_period(&text) {
                prop_assert_eq!(period_code(period), text);
            }
        }
    }

    fn day_of(of_year: i16) -> i16 {
        of_year
    }
}
