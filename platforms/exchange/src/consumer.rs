//! The consumer's corner: find the provider, seal, send, verify the answer, log it, hand it over.

use crate::{
    body::Body,
    costs::Step,
    directory::Indexed,
    fault::{Fault, Kind},
    message::{AnswerHead, Entry, Event, MessageHash, RequestHead, Seal},
    node::{Node, Sending},
    rest::{self, Target},
    wire::{AbortKind, Destination, Envelope, LinkError},
};
use async_trait::async_trait;
use bytes::Bytes;
use contracts::{MemberId, SystemId};
use http::{HeaderMap, HeaderValue, Method, header};
use std::time::Duration;
use system::{CallError, Carried, Carrier, Outgoing};
use thiserror::Error;
use uuid::Uuid;

/// How long an answer may take, in seconds. Longer than a provider's own limit, so that its error arrives.
const ANSWER_LIMIT_SECONDS: u64 = 75;

/// A request of a system whose identity is proven.
pub struct Request {
    /// The system.
    pub client: SystemId,
    /// HTTP method.
    pub method: Method,
    /// What is called.
    pub target: Target,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body; absent for a request without one.
    pub body: Option<Body>,
}

/// A verified answer.
pub struct Answered {
    /// Its head.
    pub head: AnswerHead,
    /// Its body.
    pub body: Option<Body>,
    /// Identifier of the message between the nodes, by which the receipt is found.
    pub id: Uuid,
}

impl Node {
    /// Carries a request to its provider and brings the answer.
    pub async fn carry_request(&self, request: Request) -> Result<Answered, Fault> {
        let started = self.clock.now();
        let _work = self.drain.work();
        let outcome = self.exchange(&request).await;
        let failed = outcome.as_ref().map_or(true, |answered| answered.head.status.is_server_error());
        let time = self.clock.now().duration_since(started).unsigned_abs();
        metrics::counter!("exchange_calls_total", "failed" => if failed { "true" } else { "false" })
            .increment(1);
        metrics::histogram!("exchange_call_seconds").record(time.as_secs_f64());
        self.traffic.count(&request.client, &request.target.service, failed, time, started);
        outcome
    }

    async fn exchange(&self, request: &Request) -> Result<Answered, Fault> {
        let directory = self.directory()?;
        if !self.serves(&directory, &request.client.member) {
            let message =
                format!("this node does not serve {}; call that member's own node", request.client.member);
            return Err(Fault::consumer(Kind::InvalidClientIdentifier, message));
        }
        if self.drain.is_draining() {
            return Err(Fault::consumer(
                Kind::MaintenanceMode,
                "this node is going down; try again in a minute",
            ));
        }
        let nodes = provider_nodes(&directory, &request.target)?;
        let mut order = self.routes.order(nodes, self.clock.now()).into_iter().peekable();
        while let Some(node) = order.next() {
            let to = destination(&directory, node)?;
            match self.ask(&directory, &to, request).await {
                Err(failed) if order.peek().is_some() && self.may_turn_to_another(node, request, &failed) => {
                    tracing::info!(%node, error = %failed, "turning to the member's other node");
                }
                outcome => return outcome.map_err(|failed| failed.fault()),
            }
        }
        Err(unknown(format!("node of {}", request.target.service.system.member)))
    }

    /// Another node of the provider may be asked the same: because this one has not taken the message, or because asking
    /// twice changes nothing, and the caller has not waited as long as it has to already.
    fn may_turn_to_another(&self, node: &str, request: &Request, failed: &AskError) -> bool {
        let AskError::Link(error) = failed else { return false };
        let is_away = matches!(
            error,
            LinkError::Unreachable { .. } | LinkError::Aborted { kind: AbortKind::GoingDown, .. }
        );
        if is_away {
            self.routes.note_away(node, self.clock.now());
        }
        error.was_not_taken() || request.method.is_safe() && !matches!(error, LinkError::TimedOut { .. })
    }

    /// Asks this node and no other.
    pub(crate) async fn ask_node(
        &self,
        directory: &Indexed,
        node: &str,
        request: &Request,
    ) -> Result<Answered, Fault> {
        let to = destination(directory, node)?;
        self.ask(directory, &to, request).await.map_err(AskError::fault)
    }

    /// Seals the request for one node, sends it there and verifies the answer.
    async fn ask(
        &self,
        directory: &Indexed,
        to: &Destination,
        request: &Request,
    ) -> Result<Answered, AskError> {
        let peer = &*to.id;
        let asked = self.clock.now();
        let id = self.random.id(asked);
        let head = self.request_head(request, peer, id)?;
        let hash = MessageHash::of(&head, request.body.as_ref().map(|body| &body.digest));
        let sending = Sending { id, peer, hash, head: &head, body: request.body.as_ref() };
        let sealing = self.costs.of(Step::RequestSealed, self.seal(Event::RequestSent, sending));
        let seal = sealing.await.map_err(|error| {
            Fault::consumer(Kind::LoggingFailed, format!("the message was not sent: {error}"))
        })?;
        steps::reached("sent");
        let envelope = Envelope { head, seal: seal.encode(), body: request.body.clone() };
        let limit = Duration::from_secs(ANSWER_LIMIT_SECONDS);
        let answer = self.costs.of(Step::AnswerCame, self.links.exchange(to, envelope, limit)).await?;
        let now = self.clock.now();
        let verifying = self.verify_answer(directory, peer, id, &hash, answer);
        let answered = self.costs.of(Step::AnswerVerified, verifying).await?;
        if let Some(sealed_micros) = rest::sealed_micros(&answered.head.headers) {
            self.clocks.answered(peer, asked, sealed_micros, now);
        }
        Ok(answered)
    }

    fn request_head(&self, request: &Request, peer: &str, id: Uuid) -> Result<Bytes, Fault> {
        let message = match request.headers.get(rest::ID).filter(|given| !given.is_empty()) {
            Some(given) => given.clone(),
            None => rest::value(&format!("{}-{id}", request.client.member.instance)),
        };
        let own = [
            (rest::REQUEST_ID, rest::value(&id.to_string())),
            (rest::TIME, self.clock.now().as_microsecond().into()),
            (rest::NODE, rest::value(peer)),
            (rest::CLIENT, rest::value(&request.client.to_string())),
            (rest::ID, message),
        ];
        let own = own.iter().map(|(name, value)| (name, value));
        let travelling = request
            .headers
            .iter()
            .filter(|(name, _)| rest::travels(name) && **name != rest::CLIENT && **name != rest::ID);
        RequestHead::write(&request.method, &request.target, own.chain(travelling))
    }

    async fn verify_answer(
        &self,
        directory: &Indexed,
        peer: &str,
        id: Uuid,
        request: &MessageHash,
        answer: Envelope,
    ) -> Result<Answered, Fault> {
        let invalid = |fault: String| {
            metrics::counter!("exchange_answers_refused_total").increment(1);
            tracing::warn!(%peer, reason = %fault, "a peer's answer was refused");
            Fault::consumer(Kind::InvalidMessage, format!("the answer of node {peer} is not taken: {fault}"))
        };
        let head = AnswerHead::parse(answer.head).map_err(|error| invalid(error.to_string()))?;
        let hash = MessageHash::of(&head.bytes, answer.body.as_ref().map(|body| &body.digest));
        let seen = self.seen_of(directory, peer).map_err(invalid)?;
        let seal = Seal::decode(answer.seal.clone(), &seen).map_err(|error| invalid(error.to_string()))?;
        let entry = Entry { event: Event::AnswerSent, id, digest: hash.commit(&seal.salt) };
        seal.verify(&entry).map_err(|error| invalid(error.to_string()))?;
        let answers =
            rest::text(&head.headers, &rest::REQUEST_HASH).is_some_and(|hash| hash == request.to_string());
        if !answers {
            return Err(invalid("it answers another request".into()));
        }
        // Nobody waits for this entry: the provider's log holds the answer already, durable and signed, and it can be asked
        // for again.
        let log = Sending { id, peer, hash, head: &head.bytes, body: answer.body.as_ref() };
        self.log_received(Event::AnswerReceived, log, &seal, answer.seal, false)
            .await
            .map_err(|error| Fault::consumer(Kind::LoggingFailed, error.to_string()))?;
        steps::reached("taken");
        Ok(Answered { head, body: answer.body, id })
    }
}

/// Why a node that was asked brought no answer.
#[derive(Debug, Error)]
enum AskError {
    /// On the way.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// At this node, or because the answer is not taken.
    #[error("{}", .0.message)]
    Fault(Fault),
}

impl From<Fault> for AskError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl AskError {
    fn fault(self) -> Fault {
        match self {
            Self::Link(error) => link_fault(&error),
            Self::Fault(fault) => fault,
        }
    }
}

fn unknown(what: String) -> Fault {
    Fault::consumer(
        Kind::UnknownMember,
        format!("the directory has no {what}; call listClients for those it has"),
    )
}

/// The nodes that serve the provider.
fn provider_nodes<'a>(directory: &'a Indexed, target: &Target) -> Result<&'a [String], Fault> {
    let system = &target.service.system;
    let member =
        directory.member(&system.member).ok_or_else(|| unknown(format!("member {}", system.member)))?;
    if directory.system(system).is_none() {
        return Err(unknown(format!("system {system}")));
    }
    Ok(&member.nodes)
}

fn destination(directory: &Indexed, node: &str) -> Result<Destination, Fault> {
    let node = directory.node(node).ok_or_else(|| unknown(format!("node {node}")))?;
    Ok(Destination {
        id: node.id.clone(),
        address: node.address.clone(),
        directory: directory.directory.version,
    })
}

fn link_fault(error: &LinkError) -> Fault {
    match error {
        LinkError::Aborted { kind, reason, .. } => {
            let kind = match kind {
                AbortKind::Refused => Kind::InvalidMessage,
                AbortKind::Overloaded => Kind::Overloaded,
                AbortKind::GoingDown => Kind::MaintenanceMode,
                AbortKind::Failed => Kind::LoggingFailed,
            };
            Fault::provider(kind, reason.clone())
        }
        LinkError::Overloaded { .. } => Fault::consumer(Kind::Overloaded, error.to_string()),
        _ => Fault::consumer(Kind::NetworkError, error.to_string()),
    }
}

/// Systems of this process call through the node as any other system does, but need not prove who they are.
#[async_trait]
impl Carrier for Node {
    async fn carry(&self, outgoing: Outgoing) -> Result<Carried, CallError> {
        let message = outgoing.message.clone();
        let request = request_of(outgoing).map_err(|fault| self.call_error(&fault))?;
        let answered = self.carry_request(request).await.map_err(|fault| self.call_error(&fault))?;
        let body = match answered.body {
            Some(body) => body.read_whole().await.map_err(|error| {
                self.call_error(&Fault::consumer(
                    Kind::InternalError,
                    format!("the answer can't be read back: {error}"),
                ))
            })?,
            None => Bytes::new(),
        };
        if let Some(kind) = rest::text(&answered.head.headers, &rest::ERROR) {
            return Err(CallError::Exchange { kind, message: fault_message(&body) });
        }
        let status = answered.head.status.as_u16();
        let id = message.unwrap_or_else(|| answered.id.to_string());
        Ok(Carried { status, body, message: id, receipt: answered.id.to_string().into() })
    }

    fn national_provider(&self, system: &str) -> Option<MemberId> {
        self.keeper.current()?.national_provider(system).map(|member| member.id.clone())
    }

    fn member_named(&self, code: &str) -> Option<MemberId> {
        let directory = self.keeper.current()?;
        let id = MemberId {
            instance: directory.directory.instance.clone(),
            class: "GOV".into(),
            code: code.into(),
        };
        directory.member(&id).map(|member| member.id.clone())
    }

    fn has_system(&self, system: &SystemId) -> bool {
        self.keeper.current().is_some_and(|directory| directory.system(system).is_some())
    }
}

impl Node {
    fn call_error(&self, fault: &Fault) -> CallError {
        CallError::Exchange { kind: fault.type_name(self.vocabulary), message: fault.message.clone() }
    }
}

fn request_of(outgoing: Outgoing) -> Result<Request, Fault> {
    let method =
        outgoing.method.parse().map_err(|_| Fault::client(Kind::BadRequest, "not an HTTP method"))?;
    let mut headers = HeaderMap::new();
    headers.insert(rest::PURPOSE, rest::value(&outgoing.context.purpose.0));
    headers.insert(rest::LEGAL_BASIS, rest::value(&outgoing.context.legal_basis.0));
    let optional = [
        (rest::USER_ID, outgoing.context.user),
        (rest::ISSUE, outgoing.context.case),
        (rest::ID, outgoing.message),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            headers.insert(name, rest::value(&value));
        }
    }
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let body = (method != Method::GET).then(|| {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Body::from_bytes(outgoing.body)
    });
    let target = Target {
        service: outgoing.service,
        path: outgoing.path,
        query: outgoing.query.filter(|q| !q.is_empty()),
    };
    Ok(Request { client: outgoing.client, method, target, headers, body })
}

fn fault_message(body: &Bytes) -> String {
    let document: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    document["message"].as_str().unwrap_or("the exchange gave no message").to_owned()
}
