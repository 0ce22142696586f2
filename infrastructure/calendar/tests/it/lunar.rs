use calendar::lunar::{gio_to, tet};
use calendar::{LunarDate, LunarError};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;

const VECTORS_CSV: &str = include_str!("../../../../data/lunar_test_vectors.csv");

fn lunar(year: i16, month: i8, leap: bool, day: i8) -> LunarDate {
    LunarDate { year, month, leap, day }
}

/// The leap month between the eleventh month of the year before and that of the year, as the vectors count it.
fn leap_month_before_winter_of(year: i16) -> Option<i8> {
    let winter_leap = LunarDate::leap_month_of(year - 1).unwrap().filter(|month| *month >= 11);
    winter_leap.or(LunarDate::leap_month_of(year).unwrap().filter(|month| *month < 11))
}

#[test]
fn every_test_vector_holds() {
    let mut rows = 0;
    for record in csv::Reader::from_reader(VECTORS_CSV.as_bytes()).records() {
        let record = record.unwrap();
        let year: i16 = record[0].parse().unwrap();
        let (tet_day, gio_to_day): (Date, Date) = (record[1].parse().unwrap(), record[2].parse().unwrap());
        assert_eq!(tet(year).unwrap(), tet_day);
        assert_eq!(gio_to(year).unwrap(), gio_to_day);
        assert_eq!(LunarDate::from_solar(tet_day).unwrap(), lunar(year, 1, false, 1));
        assert_eq!(LunarDate::from_solar(gio_to_day).unwrap(), lunar(year, 3, false, 10));
        let leap = (!record[3].is_empty()).then(|| record[3].parse().unwrap());
        assert_eq!(leap_month_before_winter_of(year), leap, "leap month of {year}");
        rows += 1;
    }
    assert_eq!(rows, 76);
}

#[test]
fn known_days() {
    for (solar, expected) in [
        (date(1954, 7, 20), lunar(1954, 6, false, 21)),
        (date(1985, 1, 21), lunar(1985, 1, false, 1)),
        (date(1985, 3, 21), lunar(1985, 2, true, 1)),
        (date(2023, 3, 22), lunar(2023, 2, true, 1)),
        (date(2026, 2, 16), lunar(2025, 12, false, 29)),
        (date(2026, 2, 17), lunar(2026, 1, false, 1)),
        (date(2026, 9, 25), lunar(2026, 8, false, 15)),
        (date(2033, 12, 22), lunar(2033, 11, true, 1)),
        (date(1900, 1, 1), lunar(1899, 12, false, 1)),
    ] {
        assert_eq!(LunarDate::from_solar(solar).unwrap(), expected, "{solar}");
        assert_eq!(expected.to_solar().unwrap(), solar);
    }
}

#[test]
fn days_that_do_not_exist_are_refused() {
    let no_month = |year, month, leap| LunarError::NoSuchMonth { year, month, leap };
    for (day, expected) in [
        (lunar(2026, 6, true, 1), no_month(2026, 6, true)),
        (lunar(2025, 5, true, 1), no_month(2025, 5, true)),
        (lunar(2026, 0, false, 1), no_month(2026, 0, false)),
        (lunar(2026, 13, false, 1), no_month(2026, 13, false)),
        (lunar(2025, 12, false, 30), LunarError::NoSuchDay { year: 2025, month: 12, day: 30, length: 29 }),
        (lunar(2026, 1, false, 0), LunarError::NoSuchDay { year: 2026, month: 1, day: 0, length: 30 }),
        (
            lunar(2026, 1, false, i8::MAX),
            LunarError::NoSuchDay { year: 2026, month: 1, day: i8::MAX, length: 30 },
        ),
        (lunar(1899, 11, false, 1), LunarError::OutOfRange),
        (lunar(2101, 1, false, 1), LunarError::OutOfRange),
        (lunar(i16::MAX, 12, false, 1), LunarError::OutOfRange),
    ] {
        assert_eq!(day.to_solar().unwrap_err(), expected);
    }
    for outside in [date(1899, 12, 31), date(2101, 1, 1), Date::MIN, Date::MAX] {
        assert_eq!(LunarDate::from_solar(outside).unwrap_err(), LunarError::OutOfRange);
    }
}

#[test]
fn days_follow_each_other_from_1900_to_2100() {
    let mut solar = date(1900, 1, 1);
    let mut previous = LunarDate::from_solar(solar).unwrap();
    while solar < date(2100, 12, 31) {
        solar = solar.tomorrow().unwrap();
        let day = LunarDate::from_solar(solar).unwrap();
        let next_in_month = lunar(previous.year, previous.month, previous.leap, previous.day + 1);
        let begins_month = day.day == 1 && matches!(previous.day, 29 | 30);
        assert!(day == next_in_month || begins_month, "{solar} follows {previous:?} as {day:?}");
        assert!(day > previous, "{solar} must come after {previous:?}, not {day:?}");
        previous = day;
    }
}

proptest! {
    #[test]
    fn solar_to_lunar_and_back(offset in 0..73_414i32) {
        let solar = date(1900, 1, 1).checked_add(offset.days()).unwrap();
        prop_assert_eq!(LunarDate::from_solar(solar).unwrap().to_solar().unwrap(), solar);
    }

    #[test]
    fn any_lunar_date_is_refused_or_returns(year: i16, month: i8, leap: bool, day: i8) {
        let written = lunar(year, month, leap, day);
        if let Ok(solar) = written.to_solar() {
            prop_assert_eq!(LunarDate::from_solar(solar).unwrap(), written);
        }
    }

    #[test]
    fn plausible_lunar_dates_are_refused_or_return(
        year in 1899i16..=2101, month in 1i8..=12, leap: bool, day in 1i8..=30,
    ) {
        let written = lunar(year, month, leap, day);
        if let Ok(solar) = written.to_solar() {
            prop_assert_eq!(LunarDate::from_solar(solar).unwrap(), written);
        }
    }
}
