//! When the answer is due, when a notice or an apology is late (Decree 61/2018/ND-CP articles 17 and 19).

use calendar::{Deadline, WorkingCalendar, WorkingError, vietnam_clock};
use contracts::procedures::TimeLimit;
use jiff::{Timestamp, civil::Date};

/// A supplement is asked for at most this many working days after the dossier came (article 19(4)).
pub const SUPPLEMENT_NOTICE_WORKING_DAYS: u32 = 3;
/// An apology is due at least this many calendar days before the due date (article 19(9)).
pub const APOLOGY_DAYS_AHEAD: i64 = 1;

/// The term of a procedure or step as the calendar counts it. Counts beyond the calendar's own limit are cut to it, where
/// the calendar then says that it has no holidays for them.
pub fn term(limit: &TimeLimit) -> Deadline {
    let count = |count: &u32| u16::try_from(*count).unwrap_or(u16::MAX);
    match limit {
        TimeLimit::SameDay => Deadline::SameDay,
        TimeLimit::WorkingDays(days) => Deadline::WorkingDays(count(days)),
        TimeLimit::WorkingHours(hours) => Deadline::WorkingHours(count(hours)),
        TimeLimit::CalendarDays(days) => Deadline::CalendarDays(count(days)),
        TimeLimit::Months(months) => Deadline::Months(count(months)),
    }
}

/// When the answer is due for what came at `from`.
///
/// # Errors
/// When the term runs beyond the table of holidays.
pub fn due(limit: &TimeLimit, from: Timestamp) -> Result<Timestamp, WorkingError> {
    term(limit).due(&WorkingCalendar::vietnam(), from)
}

/// A supplement asked for now would come too late.
///
/// # Errors
/// When the days lie beyond the table of holidays.
pub fn is_notice_late(came_at: Timestamp, now: Timestamp) -> Result<bool, WorkingError> {
    let calendar = WorkingCalendar::vietnam();
    let last = calendar.add_working_days(calendar.received_at(came_at)?, SUPPLEMENT_NOTICE_WORKING_DAYS)?;
    Ok(vietnam_clock(now).date() > last)
}

/// Why a day can't be the new appointment of an apology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAppointment {
    /// It is not after the due date and today.
    NotLater,
    /// Offices are closed on it.
    DayOff,
    /// The table of holidays does not reach it.
    TooFar,
}

/// The moment of a new appointment on a day, for a dossier due at `due_at`.
///
/// # Errors
/// [`NoAppointment`].
pub fn new_appointment(day: Date, due_at: Timestamp, now: Timestamp) -> Result<Timestamp, NoAppointment> {
    let calendar = WorkingCalendar::vietnam();
    if day <= vietnam_clock(due_at).date() || day <= vietnam_clock(now).date() {
        return Err(NoAppointment::NotLater);
    }
    match calendar.is_working_day(day) {
        Ok(true) => calendar.closing_on(day).map_err(|_| NoAppointment::TooFar),
        Ok(false) => Err(NoAppointment::DayOff),
        Err(_) => Err(NoAppointment::TooFar),
    }
}

/// How a dossier stands to its due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Punctuality {
    /// There is time, or the clock is stopped.
    InTime,
    /// The last day for the apology and the new appointment (form 04) has come.
    ApologyDue,
    /// The due date has passed.
    Overdue,
}

/// How a dossier that is due at `due_at` stands now.
pub fn punctuality(due_at: Option<Timestamp>, now: Timestamp) -> Punctuality {
    let Some(due_at) = due_at else { return Punctuality::InTime };
    let days_left = (vietnam_clock(due_at).date() - vietnam_clock(now).date()).get_days();
    match () {
        () if now > due_at => Punctuality::Overdue,
        () if i64::from(days_left) <= APOLOGY_DAYS_AHEAD => Punctuality::ApologyDue,
        () => Punctuality::InTime,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn terms_are_counted_by_the_calendar() {
        // 20 November 2026 is a Friday, the 24th a holiday (Vietnam Culture Day).
        for (limit, from, expected) in [
            (TimeLimit::SameDay, "2026-11-20T02:00:00Z", "2026-11-20T10:00:00Z"),
            (TimeLimit::SameDay, "2026-11-20T08:00:00Z", "2026-11-20T10:00:00Z"),
            (TimeLimit::SameDay, "2026-11-20T08:00:01Z", "2026-11-23T10:00:00Z"),
            (TimeLimit::WorkingDays(4), "2026-11-20T02:00:00Z", "2026-11-27T10:00:00Z"),
            (TimeLimit::WorkingDays(4), "2026-11-20T09:00:00Z", "2026-11-30T10:00:00Z"),
            (TimeLimit::WorkingHours(4), "2026-11-20T02:00:00Z", "2026-11-20T07:00:00Z"),
            (TimeLimit::CalendarDays(4), "2026-11-20T02:00:00Z", "2026-11-25T10:00:00Z"),
            (TimeLimit::Months(1), "2026-11-20T02:00:00Z", "2026-12-21T10:00:00Z"),
        ] {
            assert_eq!(due(&limit, at(from)), Ok(at(expected)), "{limit:?} from {from}");
        }
        assert!(due(&TimeLimit::Months(u32::MAX), at("2026-11-20T02:00:00Z")).is_err());
    }

    #[test]
    fn a_supplement_is_asked_within_three_working_days() {
        for (now, late) in
            [("2026-11-18T03:00:00Z", false), ("2026-11-20T16:59:59Z", false), ("2026-11-23T01:00:00Z", true)]
        {
            assert_eq!(is_notice_late(at("2026-11-17T03:00:00Z"), at(now)), Ok(late), "{now}");
        }
    }

    #[test]
    fn a_new_appointment_is_on_a_later_working_day() {
        use jiff::civil::date;
        let due_at = at("2026-11-20T10:00:00Z");
        for (day, now, expected) in [
            (date(2026, 11, 23), "2026-11-19T02:00:00Z", Ok(at("2026-11-23T10:00:00Z"))),
            (date(2026, 11, 20), "2026-11-19T02:00:00Z", Err(NoAppointment::NotLater)),
            (date(2026, 11, 25), "2026-11-25T02:00:00Z", Err(NoAppointment::NotLater)),
            (date(2026, 11, 22), "2026-11-19T02:00:00Z", Err(NoAppointment::DayOff)),
            (date(2026, 11, 24), "2026-11-19T02:00:00Z", Err(NoAppointment::DayOff)),
            (date(2999, 1, 2), "2026-11-19T02:00:00Z", Err(NoAppointment::TooFar)),
        ] {
            assert_eq!(new_appointment(day, due_at, at(now)), expected, "{day}");
        }
    }

    #[test]
    fn lateness_is_seen_in_time() {
        let due_at = Some(at("2026-11-27T10:00:00Z"));
        for (due_at, now, expected) in [
            (due_at, "2026-11-25T10:00:00Z", Punctuality::InTime),
            (due_at, "2026-11-26T01:00:00Z", Punctuality::ApologyDue),
            (due_at, "2026-11-27T10:00:00Z", Punctuality::ApologyDue),
            (due_at, "2026-11-27T10:00:01Z", Punctuality::Overdue),
            (None, "2030-01-01T00:00:00Z", Punctuality::InTime),
        ] {
            assert_eq!(punctuality(due_at, at(now)), expected, "{now}");
        }
    }
}
