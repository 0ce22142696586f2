//! What a system answers on the exchange.

use bytes::Bytes;
use contracts::{Context, Operation, OperationFacts, Problem, SystemId};
use jiff::Timestamp;
use std::{future::Future, pin::Pin, sync::Arc};
use uuid::Uuid;

/// A call as its provider sees it, after the node has checked who calls and that they may.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Identifier of the message, as the client gave it: the same one however often it is sent.
    pub message: Arc<str>,
    /// Identifier under which the nodes have sealed it, by which its proof is found.
    pub id: Uuid,
    /// The system that calls, as its certificate proves.
    pub client: SystemId,
    /// Why it calls.
    pub context: Context,
    /// The fields of the answer this client may see for this purpose; all of them when absent. The node cuts the answer to
    /// them in any case; a provider that logs what it gave needs to know.
    pub fields: Option<Arc<[String]>>,
    /// When the provider's node took the call.
    pub at: Timestamp,
}

impl Incoming {
    /// The client may see this field of the answer.
    pub fn may_see(&self, field: &str) -> bool {
        self.fields.as_ref().is_none_or(|fields| fields.iter().any(|allowed| allowed == field))
    }
}

/// What a handler gives back: the answer as JSON, or a problem.
pub type Answering = Pin<Box<dyn Future<Output = Result<Bytes, Problem>> + Send>>;

type Handler = Arc<dyn Fn(Incoming, Bytes) -> Answering + Send + Sync>;

/// One operation and the code that answers it.
#[derive(Clone)]
pub struct Service {
    /// Which operation.
    pub facts: OperationFacts,
    handler: Handler,
}

impl Service {
    /// Answers the operation `O` with `answer`, which gets the system, the call and the parsed request.
    pub fn of<O, S, F, A>(system: &Arc<S>, answer: F) -> Self
    where
        O: Operation,
        S: Send + Sync + 'static,
        F: Fn(Arc<S>, Incoming, O::Request) -> A + Copy + Send + Sync + 'static,
        A: Future<Output = Result<O::Answer, Problem>> + Send + 'static,
    {
        let system = system.clone();
        let handler: Handler = Arc::new(move |incoming, body| {
            let system = system.clone();
            Box::pin(async move {
                let request = parse::<O>(&body)?;
                let answer = answer(system, incoming, request).await?;
                let json = serde_json::to_vec(&answer).map_err(|error| {
                    tracing::error!(operation = O::PATH, %error, "an answer can't be written as JSON");
                    Problem::unavailable("the answer could not be written")
                })?;
                Ok(Bytes::from(json))
            })
        });
        Self { facts: OperationFacts::of::<O>(short_name(std::any::type_name::<O>()), ""), handler }
    }

    /// Runs the handler on the body of a request, or on the query of a `GET`.
    pub fn answer(&self, incoming: Incoming, body: Bytes) -> Answering {
        (self.handler)(incoming, body)
    }
}

fn parse<O: Operation>(body: &[u8]) -> Result<O::Request, Problem> {
    let parsed = if O::METHOD == "GET" {
        serde_urlencoded::from_bytes(body).map_err(|error| error.to_string())
    } else {
        serde_json::from_slice(body).map_err(|error| error.to_string())
    };
    parsed.map_err(|error| {
        Problem::new(
            400,
            "malformed",
            "Yêu cầu không đúng cấu trúc. Hãy đối chiếu với tài liệu OpenAPI của dịch vụ.",
            "The request is not of the service's form. Compare it with the service's OpenAPI document.",
        )
        .with_detail(without_values(&error))
    })
}

/// Keeps what a parser says of the place and the kind of a fault, and drops what it quotes of the request, which may be
/// personal data.
fn without_values(error: &str) -> String {
    let mut inside = false;
    error
        .chars()
        .filter(|c| {
            if *c == '"' {
                inside = !inside;
                return false;
            }
            !inside
        })
        .take(200)
        .collect()
}

fn short_name(path: &'static str) -> &'static str {
    path.rsplit("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parser_messages_lose_what_they_quote() {
        assert_eq!(
            without_values("invalid type: string \"Nguyễn Văn A\", expected u32 at line 1 column 9"),
            "invalid type: string , expected u32 at line 1 column 9"
        );
    }
}
