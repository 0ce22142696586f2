//! What people see: the figures from the country down to the commune, and the entries and messages that made them.

mod birth;
mod births;
mod figures;

use crate::{Reporting, authority::Reader, model::Scope, rules, texts};
use axum::{Router, routing::get};
use calendar::text::{day_month_year, english_date};
use contracts::reporting::{CountedBy, Period};
use jiff::{Timestamp, civil::Date};
use std::sync::Arc;
use system::clock::day_in_vietnam;
use web::{Form, Language, Problem, Text, Visit};

/// Where the pages are mounted.
const ROOT: &str = "/reporting";

/// The system's pages.
pub(crate) fn router(system: Arc<Reporting>) -> Router {
    Router::new()
        .route("/", get(figures::show))
        .route("/figures.csv", get(figures::download))
        .route("/births", get(births::show))
        .route("/births/{registration}", get(birth::show))
        .with_state(system)
}

/// Who reads these pages.
fn reader(system: &Reporting, visit: &Visit) -> Reader {
    Reader::of(visit.user.as_ref(), system.room.clock.today())
}

/// The figures that an address asks for, those of today's month of the country when it asks for none. `None` for a period that
/// is none.
fn scope(form: &Form, today: Date) -> Option<Scope> {
    let unit = Some(form.value("unit").to_owned()).filter(|unit| !unit.is_empty());
    let period = match form.value("period") {
        "" => rules::recent_periods(today)[0],
        written => rules::parse_period(written)?,
    };
    let counted_by = match form.value("by") {
        "that-day" => CountedBy::UnitsOfThatDay,
        _ => CountedBy::UnitsOfToday,
    };
    Some(Scope { period, unit, counted_by })
}

/// How an address says by which units is counted.
fn by(counted_by: CountedBy) -> &'static str {
    match counted_by {
        CountedBy::UnitsOfToday => "today",
        CountedBy::UnitsOfThatDay => "that-day",
    }
}

/// The address of figures, below `path`.
fn address(path: &str, scope: &Scope, unit: Option<&str>) -> String {
    let mut address =
        format!("{ROOT}{path}?period={}&by={}", rules::period_code(scope.period), by(scope.counted_by));
    if let Some(unit) = unit {
        address.push_str("&unit=");
        address.push_str(unit);
    }
    address
}

/// A period in the reader's language.
fn period_name(period: Period, t: Language) -> String {
    match period {
        Period::Month { year, month } => texts::MONTH.fill(t, &[&month, &year]),
        Period::Quarter { year, quarter } => texts::QUARTER.fill(t, &[&quarter, &year]),
        Period::HalfYear { year, half } => texts::HALF_YEAR.fill(t, &[&half, &year]),
        Period::NineMonths { year } => texts::NINE_MONTHS.fill(t, &[&year]),
        Period::Year { year } => texts::YEAR.fill(t, &[&year]),
    }
}

/// What a page says of a problem.
fn problem(problem: contracts::Problem) -> Problem {
    match problem.status {
        503 => Problem::unavailable(problem.title),
        _ => Problem::not_found(),
    }
}

fn yes_or(condition: bool, yes: Text, no: Text, t: Language) -> &'static str {
    if condition { yes.get(t) } else { no.get(t) }
}

fn date_in(t: Language, date: Date) -> String {
    match t {
        Language::Vi => day_month_year(date),
        Language::En => english_date(date),
    }
}

fn moment_in(t: Language, moment: Timestamp) -> String {
    let clock = calendar::vietnam_clock(moment);
    format!("{:02}:{:02}, {}", clock.hour(), clock.minute(), date_in(t, day_in_vietnam(moment)))
}
