//! Dates as Vietnamese law counts them: dated tables, public holidays, the lunar calendar, working days, deadlines,
//! and the way dates are written and read.
//!
//! Nothing here reads a file or a clock. Every function takes the date or the moment it is asked about, so a past day
//! can be replayed with the tables that were in force on it.

pub mod dated;
pub mod deadline;
pub mod holidays;
pub mod lunar;
pub mod text;
pub mod working;

pub use dated::{Dated, DatedError, DatedTable, Entry, Period};
pub use deadline::{Countdown, Deadline};
pub use holidays::{DayKind, Holiday, Holidays, HolidaysError};
pub use lunar::{LunarDate, LunarError};
pub use text::DateTextError;
pub use working::{OfficeHours, Session, WorkingCalendar, WorkingError};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, offset};

/// Vietnam's legal time, UTC+7 all year round (Decision 134/2002/QĐ-TTg). There is no daylight saving time.
pub const VIETNAM_TIME: Offset = offset(7);

/// The wall clock in Vietnam at a moment.
#[must_use]
pub fn vietnam_clock(moment: Timestamp) -> DateTime {
    VIETNAM_TIME.to_datetime(moment)
}
