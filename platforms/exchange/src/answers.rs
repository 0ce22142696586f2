//! Services that declare themselves idempotent by message id: one request is run once, and whoever repeats it gets the same
//! answer, also after a crash.
//!
//! That a request begins is durable before it runs, and its answer before it leaves. Between the two nobody can know whether
//! a crash came before or after the system did its work; so such a request is never run again, and whoever repeats it is
//! told to ask the provider.

use crate::{
    body::{Body, sha256},
    fault::{Fault, Kind},
    message::AnswerHead,
    node::Node,
    offer::{Answer, Call, Offer},
    records::{Begun, OnceOnly},
};
use bytes::Bytes;
use jiff::SignedDuration;

/// How long answers are kept for those who repeat a request, in hours.
const RETENTION_HOURS: i64 = 72;
/// Longest identifier of a message, in bytes.
const MESSAGE_ID_LIMIT_BYTES: usize = 255;
/// Longest body of an answer that is kept, in bytes.
const KEPT_BODY_LIMIT_BYTES: u64 = 1024 * 1024;

impl Node {
    /// Has the system answer, unless it has answered a message with this identifier.
    pub(crate) async fn answer_once(&self, offer: &Offer, call: Call<'_>) -> Result<Answer, Fault> {
        if !(1..=MESSAGE_ID_LIMIT_BYTES).contains(&call.message.len()) {
            let message = format!(
                "X-Road-Id has not 1 to {MESSAGE_ID_LIMIT_BYTES} bytes, by which the request could be known again"
            );
            return Err(Fault::client(Kind::BadRequest, message));
        }
        let request = OnceOnly {
            client: call.client.to_string(),
            service: call.head.target.service.to_string(),
            message: call.message.into(),
        };
        let digest = digest_of(&call);
        let oldest = call.at - SignedDuration::from_hours(RETENTION_HOURS);
        let begun = request.begin(&self.store, &digest, call.at, oldest).await.map_err(|error| {
            Fault::provider(Kind::InternalError, format!("the request was not run: {error}; send it again"))
        })?;
        if let Some(begun) = begun {
            return repeated(begun, &digest, &request);
        }
        steps::reached("claimed");
        let answered = offer.answer(call, &self.limits).await;
        steps::reached("done");
        let noted = match &answered {
            Ok(answer) => self.keep(&request, answer).await,
            Err(fault) if fault.kind == Kind::ServiceUnreachable => {
                request.forget(&self.store).await.map_err(|error| error.to_string())
            }
            // It may have been run.
            Err(_) => Ok(()),
        };
        if let Err(error) = noted {
            tracing::error!(%error, "what became of a request can't be kept; it will not be run again");
        }
        steps::reached("kept");
        answered
    }

    async fn keep(&self, request: &OnceOnly, answer: &Answer) -> Result<(), String> {
        let head = AnswerHead::write(answer.status, answer.headers.iter());
        let body = match answer.body.as_ref().filter(|body| body.len() <= KEPT_BODY_LIMIT_BYTES) {
            Some(body) => Some(body.read_whole().await.map_err(|error| error.to_string())?),
            None => None,
        };
        request.keep(&self.store, &head, body.as_deref()).await.map_err(|error| error.to_string())
    }
}

/// What makes two requests the same.
fn digest_of(call: &Call<'_>) -> [u8; 32] {
    let body = call.body.map(|body| body.digest);
    let (method, target) = (call.head.method.as_str(), call.head.target.write());
    sha256(&[
        method.as_bytes(),
        b"\n",
        target.as_bytes(),
        b"\n",
        body.as_ref().map_or(&[], |digest| &digest[..]),
    ])
}

fn repeated(begun: Begun, digest: &[u8], request: &OnceOnly) -> Result<Answer, Fault> {
    let OnceOnly { service, message, .. } = request;
    let failed = |what: &str| Fault::provider(Kind::ServiceFailed, format!("message {message:?} {what}"));
    if begun.request != digest {
        let message = format!(
            "message {message:?} was another request to {service} before; give each request its own id"
        );
        return Err(Fault::client(Kind::BadRequest, message));
    }
    let head = begun.head.ok_or_else(|| {
        failed("has begun to run and has no answer yet; repeat it later, and if that stays so ask the provider whether it took effect")
    })?;
    let body = begun
        .body
        .ok_or_else(|| failed("was run, and its answer was too large to be kept; ask the provider for it"))?;
    let head = AnswerHead::parse(head.into())
        .map_err(|error| failed(&format!("was run, and its answer can't be read back: {error}")))?;
    Ok(Answer { status: head.status, headers: head.headers, body: Some(Body::from_bytes(Bytes::from(body))) })
}
