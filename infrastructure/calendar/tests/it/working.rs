use calendar::{VIETNAM_TIME, WorkingCalendar};
use jiff::civil::{Date, date, time};
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

fn at(day: Date, hour: i8, minute: i8, second: i8) -> Timestamp {
    VIETNAM_TIME.to_timestamp(day.to_datetime(time(hour, minute, second, 0))).unwrap()
}

#[test]
fn working_days_of_2026() {
    let calendar = WorkingCalendar::vietnam();
    for (day, working) in [
        (date(2026, 1, 1), false),   // New Year
        (date(2026, 2, 13), true),   // the Friday before Tết
        (date(2026, 2, 14), false),  // Saturday
        (date(2026, 2, 16), false),  // the eve of Tết
        (date(2026, 2, 20), false),  // the fourth of Tết
        (date(2026, 2, 23), true),   // the Monday after Tết
        (date(2026, 4, 26), false),  // Giỗ Tổ, a Sunday
        (date(2026, 4, 27), false),  // made up for Giỗ Tổ
        (date(2026, 4, 28), true),   // Tuesday between the holidays
        (date(2026, 4, 30), false),  // Victory Day
        (date(2026, 5, 1), false),   // Labour Day
        (date(2026, 5, 4), true),    // Monday
        (date(2026, 8, 22), true),   // Saturday worked by swap
        (date(2026, 8, 29), false),  // an ordinary Saturday
        (date(2026, 8, 31), false),  // Monday off by swap
        (date(2026, 9, 1), false),   // the day before National Day
        (date(2026, 9, 2), false),   // National Day
        (date(2026, 9, 3), true),    // Thursday
        (date(2026, 11, 23), true),  // Monday
        (date(2026, 11, 24), false), // Vietnam Culture Day
    ] {
        assert_eq!(calendar.is_working_day(day).unwrap(), working, "{day}");
    }
}

#[test]
fn counting_working_days() {
    let calendar = WorkingCalendar::vietnam();
    for (from, count, expected) in [
        (date(2026, 2, 13), 1, date(2026, 2, 23)), // over Tết
        (date(2026, 2, 17), 1, date(2026, 2, 23)), // from within Tết
        (date(2026, 4, 24), 3, date(2026, 5, 4)),  // over Giỗ Tổ, 30 April and 1 May
        (date(2026, 8, 21), 1, date(2026, 8, 22)), // onto the Saturday worked by swap
        (date(2026, 8, 21), 7, date(2026, 9, 3)),  // and over National Day
        (date(2026, 11, 23), 1, date(2026, 11, 25)),
        (date(2026, 11, 21), 0, date(2026, 11, 21)),
    ] {
        assert_eq!(calendar.add_working_days(from, count).unwrap(), expected, "{from} + {count}");
        assert_eq!(calendar.working_days_between(from, expected).unwrap(), i64::from(count));
        assert_eq!(calendar.working_days_between(expected, from).unwrap(), -i64::from(count));
    }
    assert!(calendar.add_working_days(date(2040, 12, 31), 1).is_err());
    assert!(calendar.add_working_days(date(2026, 1, 1), u32::MAX).is_err());
    assert!(calendar.add_calendar_days(date(2026, 1, 1), u32::MAX).is_err());
    assert!(calendar.add_months(date(2026, 1, 1), u32::MAX).is_err());
    assert!(calendar.working_days_between(Date::MIN, Date::MAX).is_err());
    assert!(calendar.next_working_day(Date::MAX).is_err());
}

#[test]
fn what_comes_after_15_00_counts_from_the_next_working_day() {
    let calendar = WorkingCalendar::vietnam();
    let (monday, tuesday) = (date(2026, 11, 16), date(2026, 11, 17));
    let (friday, saturday) = (date(2026, 11, 20), date(2026, 11, 21));
    let next_monday = date(2026, 11, 23);
    for (moment, expected) in [
        (at(monday, 0, 0, 0), monday),
        (at(monday, 7, 59, 59), monday),
        (at(monday, 15, 0, 0), monday),
        (at(monday, 15, 0, 1), tuesday),
        (at(monday, 23, 59, 59), tuesday),
        (at(friday, 15, 30, 0), next_monday),
        (at(saturday, 9, 0, 0), next_monday),
        (at(saturday, 16, 0, 0), next_monday),
        (at(next_monday, 15, 1, 0), date(2026, 11, 25)), // 24 November is Vietnam Culture Day
        (at(date(2026, 8, 22), 9, 0, 0), date(2026, 8, 22)), // a Saturday worked by swap
        (at(date(2026, 2, 13), 16, 0, 0), date(2026, 2, 23)), // the last afternoon before Tết
    ] {
        assert_eq!(calendar.received_at(moment).unwrap(), expected, "{moment}");
    }
    // 17:30 UTC on Sunday is already Monday in Vietnam.
    let night: Timestamp = "2026-11-15T17:30:00Z".parse().unwrap();
    assert_eq!(calendar.received_at(night).unwrap(), monday);
}

proptest! {
    #[test]
    fn adding_and_counting_agree(offset in 0..8_000i32, count in 0..250u32) {
        let calendar = WorkingCalendar::vietnam();
        let from = date(2016, 1, 1).checked_add(offset.days()).unwrap();
        let to = calendar.add_working_days(from, count).unwrap();
        prop_assert_eq!(calendar.working_days_between(from, to).unwrap(), i64::from(count));
        prop_assert!(count == 0 || calendar.is_working_day(to).unwrap());
        prop_assert_eq!(calendar.add_working_days(to, 1).unwrap(), calendar.next_working_day(to).unwrap());
    }

    #[test]
    fn the_day_of_receipt_is_a_working_day_not_before_the_moment(minute in 0..12_000_000i64) {
        let calendar = WorkingCalendar::vietnam();
        let moment = at(date(2015, 6, 1), 0, 0, 0) + minute.minutes();
        let day = calendar.received_at(moment).unwrap();
        prop_assert!(calendar.is_working_day(day).unwrap());
        prop_assert!(day >= calendar::vietnam_clock(moment).date());
    }
}
