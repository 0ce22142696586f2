//! Working days and office hours.

use jiff::civil::{Date, Time, time};
use jiff::{Span, Timestamp, ToSpan};
use thiserror::Error;

use crate::holidays::{DayKind, Holidays, HolidaysError};
use crate::{VIETNAM_TIME, vietnam_clock};

/// A count of days the calendar cannot make.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WorkingError {
    /// The count runs into days whose holidays are not known.
    #[error(transparent)]
    Holidays(#[from] HolidaysError),
    /// The date lies outside the solar calendar.
    #[error("the date counted to lies outside the calendar; shorten the term")]
    BeyondCalendar,
}

/// A stretch of office work within one day, from `opens` up to `closes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// When work begins.
    pub opens: Time,
    /// When work ends.
    pub closes: Time,
}

/// When an office works on a working day, in Vietnam's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfficeHours {
    /// The first half of the day.
    pub morning: Session,
    /// The second half of the day.
    pub afternoon: Session,
    /// What is received after this counts from the next working day.
    pub last_receipt: Time,
}

impl OfficeHours {
    /// One-door hours: 08:00 to 17:00 with the midday break from 12:00 to 13:00, which makes the eight working hours of
    /// Labour Code 45/2019/QH14, article 105. What comes after 15:00 is passed on at the start of the next working day
    /// (Decree 61/2018/NĐ-CP, articles 17 and 18).
    pub const ONE_DOOR: Self = Self {
        morning: Session { opens: time(8, 0, 0, 0), closes: time(12, 0, 0, 0) },
        afternoon: Session { opens: time(13, 0, 0, 0), closes: time(17, 0, 0, 0) },
        last_receipt: time(15, 0, 0, 0),
    };

    /// When the office opens.
    #[must_use]
    pub fn opens(&self) -> Time {
        self.morning.opens
    }

    /// When the office closes.
    #[must_use]
    pub fn closes(&self) -> Time {
        self.afternoon.closes
    }
}

/// Which days are worked, and when.
#[derive(Debug, Clone)]
pub struct WorkingCalendar {
    holidays: Holidays,
    hours: OfficeHours,
}

impl WorkingCalendar {
    /// A calendar of the given holidays and hours.
    #[must_use]
    pub fn new(holidays: Holidays, hours: OfficeHours) -> Self {
        Self { holidays, hours }
    }

    /// Vietnam's holidays with one-door hours.
    #[must_use]
    pub fn vietnam() -> Self {
        Self::new(Holidays::vietnam(), OfficeHours::ONE_DOOR)
    }

    /// The holidays of this calendar.
    #[must_use]
    pub fn holidays(&self) -> &Holidays {
        &self.holidays
    }

    /// The office hours of this calendar.
    #[must_use]
    pub fn hours(&self) -> OfficeHours {
        self.hours
    }

    /// Whether offices are open on the day.
    ///
    /// # Errors
    /// When the day lies outside the table of holidays.
    pub fn is_working_day(&self, date: Date) -> Result<bool, WorkingError> {
        Ok(self.holidays.kind_of(date).map(DayKind::is_working)?)
    }

    /// The first working day after the day.
    ///
    /// # Errors
    /// When the search leaves the table of holidays.
    pub fn next_working_day(&self, date: Date) -> Result<Date, WorkingError> {
        self.working_day_from(tomorrow(date)?)
    }

    /// The day itself when it is a working day, else the next working day.
    ///
    /// # Errors
    /// When the search leaves the table of holidays.
    pub fn working_day_from(&self, date: Date) -> Result<Date, WorkingError> {
        let mut day = date;
        while !self.is_working_day(day)? {
            day = tomorrow(day)?;
        }
        Ok(day)
    }

    /// The `count`-th working day after the day, which itself is not counted (Civil Code 91/2015/QH13, article 147(2)).
    /// A count of none gives the day itself.
    ///
    /// # Errors
    /// When the count leaves the table of holidays.
    pub fn add_working_days(&self, date: Date, count: u32) -> Result<Date, WorkingError> {
        let mut day = date;
        for _ in 0..count {
            day = self.next_working_day(day)?;
        }
        Ok(day)
    }

    /// How many working days lie after `from`, up to and including `to`; negative when `to` comes first. What
    /// [`add_working_days`](Self::add_working_days) adds, this counts.
    ///
    /// # Errors
    /// When a day counted lies outside the table of holidays.
    pub fn working_days_between(&self, from: Date, to: Date) -> Result<i64, WorkingError> {
        let (early, late, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
        let mut count = 0;
        let mut day = early;
        while day < late {
            day = tomorrow(day)?;
            count += i64::from(self.is_working_day(day)?);
        }
        Ok(sign * count)
    }

    /// The day `count` calendar days after the day, moved to the next working day when it is a day off (Civil Code,
    /// article 148(5)).
    ///
    /// # Errors
    /// When the day lies outside the table of holidays.
    pub fn add_calendar_days(&self, date: Date, count: u32) -> Result<Date, WorkingError> {
        let span = Span::new().try_days(count).map_err(|_| WorkingError::BeyondCalendar)?;
        self.working_day_from(add(date, span)?)
    }

    /// The day of the same number `count` months later, or that month's last day when it has no such number (Civil
    /// Code, article 148(3)), moved to the next working day when it is a day off (article 148(5)).
    ///
    /// # Errors
    /// When the day lies outside the table of holidays.
    pub fn add_months(&self, date: Date, count: u32) -> Result<Date, WorkingError> {
        let span = Span::new().try_months(count).map_err(|_| WorkingError::BeyondCalendar)?;
        self.working_day_from(add(date, span)?)
    }

    /// The working day something received at a moment counts as received on: the next working day when it came after
    /// 15:00 or on a day off (Decree 61/2018/NĐ-CP, article 17).
    ///
    /// # Errors
    /// When the day lies outside the table of holidays.
    pub fn received_at(&self, moment: Timestamp) -> Result<Date, WorkingError> {
        let clock = vietnam_clock(moment);
        if clock.time() > self.hours.last_receipt {
            self.next_working_day(clock.date())
        } else {
            self.working_day_from(clock.date())
        }
    }

    /// The moment an office closes on a day.
    ///
    /// # Errors
    /// When the day lies at the very end of the solar calendar.
    pub fn closing_on(&self, date: Date) -> Result<Timestamp, WorkingError> {
        moment(date, self.hours.closes())
    }

    /// The moment `count` hours of office work have passed since something was received. Work on it begins when it
    /// arrives, or when the office next opens; for what comes after 15:00 that is the next working day.
    ///
    /// # Errors
    /// When the count leaves the table of holidays.
    pub fn add_working_hours(&self, received: Timestamp, count: u32) -> Result<Timestamp, WorkingError> {
        let clock = vietnam_clock(received);
        let mut day = self.received_at(received)?;
        let mut from = if day == clock.date() { clock.time() } else { self.hours.opens() };
        let mut left_seconds = i64::from(count) * 3600;
        loop {
            for session in [self.hours.morning, self.hours.afternoon] {
                let start_second = second_of_day(from.max(session.opens));
                let session_seconds = second_of_day(session.closes) - start_second;
                if left_seconds <= session_seconds {
                    let passed = start_second + left_seconds;
                    return moment(day, Time::midnight().wrapping_add(passed.seconds()));
                }
                left_seconds -= session_seconds.max(0);
            }
            day = self.next_working_day(day)?;
            from = self.hours.opens();
        }
    }
}

fn second_of_day(time: Time) -> i64 {
    i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}

fn moment(date: Date, time: Time) -> Result<Timestamp, WorkingError> {
    VIETNAM_TIME.to_timestamp(date.to_datetime(time)).map_err(|_| WorkingError::BeyondCalendar)
}

fn tomorrow(date: Date) -> Result<Date, WorkingError> {
    date.tomorrow().map_err(|_| WorkingError::BeyondCalendar)
}

fn add(date: Date, span: Span) -> Result<Date, WorkingError> {
    date.checked_add(span).map_err(|_| WorkingError::BeyondCalendar)
}
