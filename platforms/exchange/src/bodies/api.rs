//! What whoever may read bodies asks the node, beside its metrics. Each reader proves who they are by a token of their own, so
//! that what is noted says who read.

use super::{BodyReadError, reading::Reading};
use crate::{
    message::Event,
    node::Node,
    rest::{self, TOKEN},
};
use aws_lc_rs::{constant_time, digest};
use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, HeaderName, StatusCode, header};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// Header that says why a body is read, percent-encoded where it is not ASCII.
const REASON: HeaderName = HeaderName::from_static("x-lienthong-reason");
/// Longest reason.
const REASON_LIMIT_BYTES: usize = 500;

/// Whoever may read bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The name under which readings are noted.
    pub name: String,
    /// SHA-256 of the token.
    pub token_sha256: [u8; 32],
}

type Readers = (Arc<Node>, Arc<[Reader]>);
type Refusal = (StatusCode, &'static str);

/// `GET /bodies/MESSAGE` tells which bodies there are and who read them; `POST /bodies/MESSAGE/EVENT` reads one.
pub fn routes(node: Arc<Node>, readers: Vec<Reader>) -> Router {
    Router::new()
        .route("/bodies/{message}", get(list))
        .route("/bodies/{message}/{event}", post(read))
        .with_state((node, readers.into()))
}

async fn list(
    State((node, readers)): State<Readers>,
    Path(message): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    reader_of(&readers, &headers)?;
    let bodies = node.bodies_of(message).await.map_err(|error| refusal(&error))?;
    let readings = node.readings_of(message).await.map_err(|error| refusal(&error.into()))?;
    let bodies: Vec<&str> = bodies.into_iter().map(Event::word).collect();
    Ok(Json(json!({ "message": message, "bodies": bodies, "readings": readings })))
}

async fn read(
    State((node, readers)): State<Readers>,
    Path((message, event)): Path<(Uuid, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let reader = reader_of(&readers, &headers)?;
    let reason = rest::text(&headers, &REASON).unwrap_or_default();
    if reason.trim().is_empty() || reason.len() > REASON_LIMIT_BYTES {
        return Err((
            StatusCode::BAD_REQUEST,
            "say in X-Lienthong-Reason, in at most 500 bytes, why you read\n",
        ));
    }
    let event = Event::of_word(&event).ok_or((StatusCode::NOT_FOUND, "there is no such body\n"))?;
    let (at, by) = (node.clock.now(), reader.name.clone());
    let reading = Reading { message, event: event.word().into(), at, by, reason };
    let body = node.read_body(event, reading).await.map_err(|error| refusal(&error))?;
    let headers = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, axum::body::Body::new(body.into_http())).into_response())
}

fn reader_of<'a>(readers: &'a [Reader], headers: &HeaderMap) -> Result<&'a Reader, Refusal> {
    let token = headers.get(TOKEN).map_or(&b""[..], |token| token.as_bytes());
    let given = digest::digest(&digest::SHA256, token);
    let is_given = |reader: &&Reader| {
        constant_time::verify_slices_are_equal(given.as_ref(), &reader.token_sha256).is_ok()
    };
    readers.iter().find(is_given).ok_or((StatusCode::FORBIDDEN, "X-Lienthong-Token is that of no reader\n"))
}

fn refusal(error: &BodyReadError) -> Refusal {
    match error {
        BodyReadError::NotThere => (StatusCode::NOT_FOUND, "there is no such body\n"),
        error => {
            tracing::error!(%error, "a body can't be read");
            (StatusCode::SERVICE_UNAVAILABLE, "the body can't be read; the node's log says why\n")
        }
    }
}
