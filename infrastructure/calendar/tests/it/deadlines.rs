use calendar::{Countdown, Deadline, WorkingCalendar, vietnam_clock};
use jiff::civil::DateTime;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

/// A moment by Vietnam's wall clock.
fn at(clock: &str) -> Timestamp {
    let clock: DateTime = clock.parse().unwrap();
    calendar::VIETNAM_TIME.to_timestamp(clock).unwrap()
}

#[test]
fn when_an_answer_is_due() {
    use Deadline::{CalendarDays, Months, SameDay, WorkingDays, WorkingHours};
    let calendar = WorkingCalendar::vietnam();
    for (deadline, received, due) in [
        (SameDay, "2026-11-16T09:00", "2026-11-16T17:00"),
        (SameDay, "2026-11-16T15:00", "2026-11-16T17:00"),
        (SameDay, "2026-11-16T15:01", "2026-11-17T17:00"),
        (SameDay, "2026-11-20T15:01", "2026-11-23T17:00"), // over a weekend
        (SameDay, "2026-11-23T16:00", "2026-11-25T17:00"), // over Vietnam Culture Day
        (WorkingDays(0), "2026-11-16T09:00", "2026-11-16T17:00"),
        (WorkingDays(3), "2026-11-16T09:00", "2026-11-19T17:00"),
        (WorkingDays(3), "2026-11-16T15:30", "2026-11-20T17:00"),
        (WorkingDays(2), "2026-02-13T09:00", "2026-02-24T17:00"), // over Tết
        (WorkingDays(2), "2026-04-29T16:00", "2026-05-06T17:00"), // over 30 April and 1 May
        (WorkingDays(5), "2026-08-20T09:00", "2026-08-26T17:00"), // over a Saturday worked by swap
        (WorkingHours(0), "2026-11-16T09:20", "2026-11-16T09:20"),
        (WorkingHours(2), "2026-11-16T09:20", "2026-11-16T11:20"),
        (WorkingHours(4), "2026-11-16T08:00", "2026-11-16T12:00"),
        (WorkingHours(4), "2026-11-16T09:00", "2026-11-16T14:00"), // the midday break does not count
        (WorkingHours(2), "2026-11-16T12:30", "2026-11-16T15:00"),
        (WorkingHours(8), "2026-11-16T06:00", "2026-11-16T17:00"),
        (WorkingHours(4), "2026-11-16T15:00", "2026-11-17T10:00"),
        (WorkingHours(4), "2026-11-16T15:10", "2026-11-17T12:00"),
        (WorkingHours(16), "2026-11-20T10:00", "2026-11-25T10:00"), // over a weekend and Vietnam Culture Day
        (CalendarDays(10), "2026-11-16T09:00", "2026-11-26T17:00"),
        (CalendarDays(5), "2026-11-16T09:00", "2026-11-23T17:00"), // ends on a Saturday
        (CalendarDays(4), "2026-11-20T09:00", "2026-11-25T17:00"), // ends on Vietnam Culture Day
        (Months(1), "2026-10-30T09:00", "2026-11-30T17:00"),
        (Months(1), "2025-12-31T09:00", "2026-02-02T17:00"), // 31 January is a Saturday
        (Months(1), "2029-01-31T09:00", "2029-02-28T17:00"), // February has no 31st
        (Months(1), "2028-01-31T09:00", "2028-02-29T17:00"), // nor in a leap year
        (Months(6), "2026-02-27T09:00", "2026-08-27T17:00"),
    ] {
        let found = deadline.due(&calendar, at(received)).unwrap();
        assert_eq!(found, at(due), "{deadline:?} from {received} is {}", vietnam_clock(found));
    }
    for endless in [WorkingDays(u16::MAX), WorkingHours(u16::MAX), CalendarDays(u16::MAX), Months(u16::MAX)] {
        assert!(endless.due(&calendar, at("2026-11-16T09:00")).is_err(), "{endless:?}");
    }
}

#[test]
fn a_supplement_pauses_and_completion_starts_again_from_zero() {
    let calendar = WorkingCalendar::vietnam();
    let running = Countdown::start(&calendar, Deadline::WorkingDays(3), at("2026-11-16T09:00")).unwrap();
    assert_eq!(running.due(), Some(at("2026-11-19T17:00")));
    assert!(!running.is_overdue(at("2026-11-19T17:00")));
    assert!(running.is_overdue(at("2026-11-19T17:01")));

    let waiting = running.pause();
    assert_eq!(waiting.due(), None);
    assert!(!waiting.is_overdue(at("2027-11-19T17:01")));

    let again = waiting.restart(&calendar, at("2026-12-01T15:30")).unwrap();
    assert_eq!(again.deadline(), Deadline::WorkingDays(3));
    assert_eq!(again.due(), Some(at("2026-12-07T17:00")));
}

#[test]
fn terms_and_countdowns_are_kept_as_data() {
    for (deadline, text) in [
        (Deadline::SameDay, r#""same_day""#),
        (Deadline::WorkingDays(5), r#"{"working_days":5}"#),
        (Deadline::WorkingHours(4), r#"{"working_hours":4}"#),
        (Deadline::CalendarDays(60), r#"{"calendar_days":60}"#),
        (Deadline::Months(6), r#"{"months":6}"#),
    ] {
        assert_eq!(serde_json::to_string(&deadline).unwrap(), text);
        assert_eq!(serde_json::from_str::<Deadline>(text).unwrap(), deadline);
    }
    for bad in [r#""fast""#, r#"{"working_days":-1}"#, r#"{"working_days":70000}"#, r#"{"weeks":1}"#, "5"] {
        assert!(serde_json::from_str::<Deadline>(bad).is_err(), "{bad}");
    }
    let calendar = WorkingCalendar::vietnam();
    let running = Countdown::start(&calendar, Deadline::WorkingDays(3), at("2026-11-16T09:00")).unwrap();
    for countdown in [running, running.pause()] {
        let kept = serde_json::to_string(&countdown).unwrap();
        assert_eq!(serde_json::from_str::<Countdown>(&kept).unwrap(), countdown);
    }
}

proptest! {
    #[test]
    fn due_moments_lie_in_office_hours_and_never_before_receipt(
        minute in 0..9_000_000i64,
        deadline in prop_oneof![
            Just(Deadline::SameDay),
            (0..200u16).prop_map(Deadline::WorkingDays),
            (0..200u16).prop_map(Deadline::WorkingHours),
            (0..400u16).prop_map(Deadline::CalendarDays),
            (0..24u16).prop_map(Deadline::Months),
        ],
    ) {
        let calendar = WorkingCalendar::vietnam();
        let received = at("2016-01-01T00:00") + minute.minutes();
        let due = deadline.due(&calendar, received).unwrap();
        let clock = vietnam_clock(due);
        prop_assert!(due >= received);
        prop_assert!(calendar.is_working_day(clock.date()).unwrap());
        prop_assert!((calendar.hours().opens()..=calendar.hours().closes()).contains(&clock.time()));
    }

    #[test]
    fn a_longer_term_never_ends_sooner(minute in 0..7_500_000i64, count in 0..100u16) {
        // The latest receipt is in 2030, so a hundred months later still lies within the table.
        let calendar = WorkingCalendar::vietnam();
        let received = at("2016-01-01T00:00") + minute.minutes();
        for term in [Deadline::WorkingDays, Deadline::WorkingHours, Deadline::CalendarDays, Deadline::Months] {
            let (short, long) = (term(count), term(count + 1));
            prop_assert!(short.due(&calendar, received).unwrap() <= long.due(&calendar, received).unwrap());
        }
    }
}
