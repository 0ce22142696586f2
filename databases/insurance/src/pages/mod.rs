//! What members see.

mod card;

use crate::Insurance;
use axum::{Router, routing::get};
use std::sync::Arc;

/// The system's pages.
pub(crate) fn router(system: Arc<Insurance>) -> Router {
    Router::new().route("/", get(card::show)).with_state(system)
}
