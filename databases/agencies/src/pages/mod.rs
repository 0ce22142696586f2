//! What people see: the search for units and agencies, a unit with what it was and became, an agency's code.

mod agency;
mod start;
mod unit;

use crate::texts;
use axum::Router;
use axum::routing::get;
use contracts::agencies::UnitLevel;
use jiff::civil::Date;
use system::Clock;
use web::{FieldErrors, Form, Text};

/// The pages, to be mounted under `/agencies`.
pub fn router(clock: Clock) -> Router {
    Router::new()
        .route("/", get(start::show))
        .route("/units/{code}", get(unit::show))
        .route("/code", get(agency::show))
        .with_state(clock)
}

/// The day a form asks for, today when it names none; a day out of range is noted as an error.
fn asked_day(form: &Form, field: &str, today: Date, errors: &mut FieldErrors) -> Date {
    let Some(day) = form.date(field, texts::ON_DAY, errors) else { return today };
    if crate::services::is_answerable(day, today) {
        return day;
    }
    errors.add_part(field, "day", texts::DAY_OUT_OF_RANGE);
    today
}

/// A day as it is written in Vietnam.
fn written(day: Date) -> String {
    format!("{:02}/{:02}/{}", day.day(), day.month(), day.year())
}

fn level_name(level: UnitLevel) -> Text {
    match level {
        UnitLevel::Province => texts::LEVEL_PROVINCE,
        UnitLevel::District => texts::LEVEL_DISTRICT,
        UnitLevel::Commune => texts::LEVEL_COMMUNE,
    }
}

/// The page of a unit as it was on a day.
fn unit_path(code: &str, day: Date) -> String {
    format!("/agencies/units/{code}?on={day}")
}
