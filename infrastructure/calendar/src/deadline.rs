//! Deadlines of administrative procedures, and the countdown of one dossier.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::working::{WorkingCalendar, WorkingError};

/// How long the law gives an office. In data files: `"same_day"`, `{"working_days": 5}`, and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deadline {
    /// By the end of the day of receipt; what comes after 15:00, by the end of the next working day (Law on Civil Status
    /// 60/2014/QH13, article 5(3)).
    SameDay,
    /// Working days after the day of receipt.
    WorkingDays(u16),
    /// Hours of office work after the moment of receipt.
    WorkingHours(u16),
    /// Calendar days after the day of receipt; a last day on a day off moves to the next working day.
    CalendarDays(u16),
    /// Months after the day of receipt; a last day on a day off moves to the next working day.
    Months(u16),
}

impl Deadline {
    /// The moment by which an office must have answered what it received at a moment. Terms in days and months end when
    /// the office closes on their last day.
    ///
    /// # Errors
    /// When the term runs beyond the table of holidays.
    pub fn due(self, calendar: &WorkingCalendar, received: Timestamp) -> Result<Timestamp, WorkingError> {
        let day = calendar.received_at(received)?;
        let last_day = match self {
            Self::WorkingHours(hours) => return calendar.add_working_hours(received, hours.into()),
            Self::SameDay => day,
            Self::WorkingDays(count) => calendar.add_working_days(day, count.into())?,
            Self::CalendarDays(count) => calendar.add_calendar_days(day, count.into())?,
            Self::Months(count) => calendar.add_months(day, count.into())?,
        };
        calendar.closing_on(last_day)
    }
}

/// The countdown of one dossier. While the applicant completes it the countdown is paused and nothing is due; once
/// complete it starts again from zero (Decree 61/2018/NĐ-CP, article 17(1): the term runs from the complete dossier).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Countdown {
    deadline: Deadline,
    due: Option<Timestamp>,
}

impl Countdown {
    /// Starts when a dossier is received.
    ///
    /// # Errors
    /// When the term runs beyond the table of holidays.
    pub fn start(
        calendar: &WorkingCalendar,
        deadline: Deadline,
        received: Timestamp,
    ) -> Result<Self, WorkingError> {
        Ok(Self { deadline, due: Some(deadline.due(calendar, received)?) })
    }

    /// Pauses while a supplement is awaited.
    #[must_use]
    pub fn pause(self) -> Self {
        Self { due: None, ..self }
    }

    /// Starts again from zero when the dossier is complete.
    ///
    /// # Errors
    /// When the term runs beyond the table of holidays.
    pub fn restart(self, calendar: &WorkingCalendar, completed: Timestamp) -> Result<Self, WorkingError> {
        Self::start(calendar, self.deadline, completed)
    }

    /// The term the law gives.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// When the answer is due; none while paused.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// Whether the moment is past the due moment. A paused countdown is never overdue.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.due.is_some_and(|due| now > due)
    }
}
