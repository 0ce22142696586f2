//! What a person sees of the register: their own record, and who read it.

mod accesses;
mod own_data;

use crate::Population;
use axum::{Router, routing::get};
use jiff::civil::Date;
use std::sync::Arc;
use web::Language;

/// The pages, to be mounted under `/population`.
pub(crate) fn router(population: Arc<Population>) -> Router {
    Router::new()
        .route("/", get(own_data::show))
        .route("/accesses", get(accesses::show))
        .with_state(population)
}

/// A refusal of the register as a page.
fn problem(problem: contracts::Problem) -> web::Problem {
    match problem.status {
        403 => web::Problem::forbidden(),
        404 => web::Problem::not_found(),
        503 => web::Problem::unavailable(problem.detail.unwrap_or(problem.title_en)),
        _ => web::Problem::internal(problem.title_en),
    }
}

fn date(date: Date, language: Language) -> String {
    match language {
        Language::Vi => calendar::text::day_month_year(date),
        Language::En => calendar::text::english_date(date),
    }
}
