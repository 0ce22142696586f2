//! The sandbox's time-stamp authority over HTTP (RFC 3161, 3.4).

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::{StatusCode, header};
use pki::{TimeStampAuthority, time_stamp::QUERY_LIMIT_BYTES};
use std::sync::Arc;
use system::{Clock, Random};

/// Media type of a request.
pub(crate) const QUERY_MEDIA_TYPE: &str = "application/timestamp-query";
/// Media type of an answer.
pub(crate) const REPLY_MEDIA_TYPE: &str = "application/timestamp-reply";

type Desk = Arc<(TimeStampAuthority, Clock, Random)>;

/// What the authority answers, to be mounted where the directory says.
pub fn routes(authority: TimeStampAuthority, clock: Clock, random: Random) -> Router {
    Router::new()
        .route("/", post(answer))
        .layer(DefaultBodyLimit::max(QUERY_LIMIT_BYTES))
        .with_state(Arc::new((authority, clock, random)))
}

async fn answer(State(desk): State<Desk>, query: Bytes) -> Response {
    let (authority, clock, random) = &*desk;
    match authority.answer(&query, clock.now(), random.bytes()) {
        Ok(reply) => ([(header::CONTENT_TYPE, REPLY_MEDIA_TYPE)], reply).into_response(),
        Err(error) => {
            tracing::error!(%error, "the time can't be stamped");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
