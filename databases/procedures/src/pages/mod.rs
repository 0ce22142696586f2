//! What people see: the list of procedures, and each as it is in force on a day.

mod list;
mod procedure;

use axum::Router;
use axum::routing::get;
use jiff::civil::Date;
use system::Clock;

/// The pages, to be mounted under `/procedures`.
pub fn router(clock: Clock) -> Router {
    Router::new().route("/", get(list::show)).route("/{code}", get(procedure::show)).with_state(clock)
}

/// A day as it is written in Vietnam.
fn written(day: Date) -> String {
    format!("{:02}/{:02}/{}", day.day(), day.month(), day.year())
}

/// The page of a procedure on a day.
fn procedure_path(code: &str, day: Date) -> String {
    format!("/procedures/{code}?on={day}")
}

/// A text in the reader's language.
fn in_language(both: &crate::model::Both, language: web::Language) -> &str {
    match language {
        web::Language::Vi => &both.vi,
        web::Language::En => &both.en,
    }
}
