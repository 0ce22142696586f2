//! The provider's corner: verify, take once, permit, log, have the system answer, cut, seal.

use crate::{
    access::{self, Ask, Granted},
    body::Body,
    costs::Step,
    directory::Indexed,
    fault::{Fault, Kind},
    message::{AnswerHead, Entry, Event, MessageHash, RequestHead, Seal},
    metadata,
    node::{Node, Sending},
    offer::{Answer, Call, Offer},
    replay::{AGE_LIMIT_SECONDS, AHEAD_LIMIT_SECONDS, Replayed},
    rest,
    wire::{Abort, AbortKind, Envelope, Serve},
};
use bytes::Bytes;
use contracts::SystemId;
use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use pki::tls::Peers;
use std::{pin::Pin, sync::Arc, time::Instant};
use uuid::Uuid;

/// A request that this node has verified.
struct Received {
    peer: Arc<str>,
    id: Uuid,
    head: RequestHead,
    body: Option<Body>,
    hash: MessageHash,
    client: SystemId,
    seal: Seal,
    encoded_seal: Bytes,
    directory: Arc<Indexed>,
}

impl Serve for Node {
    fn serve(
        self: Arc<Self>,
        peer: Arc<str>,
        envelope: Envelope,
    ) -> Pin<Box<dyn Future<Output = Result<Envelope, Abort>> + Send>> {
        Box::pin(async move {
            let started = Instant::now();
            let verified = self.verify(&peer, envelope);
            self.costs.add(Step::RequestVerified, started.elapsed());
            let received = verified.map_err(|reason| {
                metrics::counter!("exchange_messages_refused_total").increment(1);
                tracing::warn!(%peer, %reason, "a peer's message was refused");
                Abort::refused(reason)
            })?;
            self.answer(received).await
        })
    }

    fn peers(&self) -> Peers {
        self.node_peers.clone()
    }

    fn directory_version(&self) -> u64 {
        self.keeper.current().map_or(0, |current| current.directory.version)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Node {
    /// Everything that makes a message the sender's own and new. What fails here gets no sealed answer: there is nobody
    /// known to answer to.
    fn verify(&self, peer: &Arc<str>, envelope: Envelope) -> Result<Received, String> {
        let directory = self.directory().map_err(|fault| fault.message)?;
        let head = RequestHead::parse(envelope.head).map_err(|error| error.to_string())?;
        let id = head.request_id().map_err(|error| error.to_string())?;
        let client = rest::client(&head.headers).map_err(|fault| fault.message)?;
        if !directory.serves(peer, &client.member) {
            return Err(format!("node {peer} does not serve {}, by the directory", client.member));
        }
        let provider = &head.target.service.system.member;
        if !self.serves(&directory, provider) {
            return Err(format!("this node does not serve {provider}, by the directory; refresh yours"));
        }
        // Each node of a member remembers what it has taken itself, so a message is for one of them and no other.
        let sealed_for = rest::text(&head.headers, &rest::NODE).unwrap_or_default();
        if *sealed_for != *self.id {
            return Err(format!("it was sealed for node {sealed_for:?}, and this is {}", self.id));
        }
        let hash = MessageHash::of(&head.bytes, envelope.body.as_ref().map(|body| &body.digest));
        let seen = self.seen_of(&directory, peer)?;
        let seal = Seal::decode(envelope.seal.clone(), &seen).map_err(|error| error.to_string())?;
        let entry = Entry { event: Event::RequestSent, id, digest: hash.commit(&seal.salt) };
        seal.verify(&entry).map_err(|error| error.to_string())?;
        let now = self.clock.now();
        let sealed_micros =
            rest::sealed_micros(&head.headers).ok_or("the message does not say when it was sealed")?;
        self.clocks.heard(peer, sealed_micros, now);
        self.take_once(peer, seal.index, sealed_micros)
            .map_err(|replayed| refusal(replayed, id, sealed_micros, now))?;
        Ok(Received {
            peer: peer.clone(),
            id,
            head,
            body: envelope.body,
            hash,
            client,
            seal,
            encoded_seal: envelope.seal,
            directory,
        })
    }

    async fn answer(&self, received: Received) -> Result<Envelope, Abort> {
        let started = self.clock.now();
        let answered = match self.admit(&received) {
            Ok(admitted) => self.run(&received, admitted).await,
            // Who was turned away stands in the log too.
            Err(fault) => self.log_request(&received, false).await.and(Err(fault)),
        };
        let (answer, fields) = match answered {
            // A request that is not in the log gets no answer that is: the sender's word would stand alone.
            Err(Fault { kind: Kind::LoggingFailed, message, .. }) => {
                return Err(Abort { kind: AbortKind::Failed, reason: message });
            }
            answered => answered.unwrap_or_else(|fault| (self.fault_answer(&fault, &received), None)),
        };
        self.note_served(&received, answer.status, started);
        self.send(&received, answer, fields).await
    }

    /// Counts a call of a service that is offered; callers may make up others without end.
    fn note_served(&self, received: &Received, status: StatusCode, started: Timestamp) {
        let service = &received.head.target.service;
        if self.offers.load().contains_key(service) {
            let time = self.clock.now().duration_since(started).unsigned_abs();
            self.served.count(&received.client, service, status.is_server_error(), time, started);
        }
    }

    /// Finds what is called and whether this client may call it.
    fn admit(&self, received: &Received) -> Result<Admitted, Fault> {
        let target = &received.head.target;
        if let Some(call) = metadata::Call::named(&target.service.service) {
            return Ok(Admitted::Metadata(call));
        }
        // Grants may name systems by their code alone, so a client must be one that the centre has registered.
        if received.directory.system(&received.client).is_none() {
            let message =
                format!("the directory lists no system {}; ask the centre to register it", received.client);
            return Err(Fault::provider(Kind::AccessDenied, message));
        }
        let offer = self.offers.load().get(&target.service).cloned().ok_or_else(|| self.unknown(received))?;
        let paths = access::readings(&target.path);
        let purpose = rest::text(&received.head.headers, &rest::PURPOSE).unwrap_or_default();
        let ask = Ask {
            client: &received.client,
            groups: &self.groups_of(&received.client),
            service: &target.service,
            method: received.head.method.as_str(),
            paths: &paths,
            purpose: &purpose,
            at: self.clock.now(),
        };
        let grants = self.all_grants();
        let granted = grants.decide(&ask).ok_or_else(|| {
            let Ask { client, service, method, purpose, .. } = ask;
            let path = &paths[0];
            let message = format!("{client} has no grant to {method} {path} of {service} for the purpose {purpose:?}; ask {} for one", service.system.member);
            Fault::provider(Kind::AccessDenied, message)
        })?;
        if let Some(reason) = &offer.disabled {
            return Err(Fault::provider(
                Kind::ServiceDisabled,
                format!("{} is switched off: {reason}", target.service),
            ));
        }
        self.rates.take(ask.client, &granted.rates, ask.at).map_err(|retry_seconds| {
            let message = format!(
                "{} calls {} more often than its grant allows; call again in {retry_seconds} s",
                ask.client, ask.service
            );
            Fault::provider(Kind::TooManyRequests { retry_seconds }, message)
        })?;
        Ok(Admitted::Service(offer, granted))
    }

    fn unknown(&self, received: &Received) -> Fault {
        let service = &received.head.target.service;
        let known = received.directory.system(&service.system).is_some();
        let message = if known {
            format!(
                "the system {} has no service {:?}; call its listMethods",
                service.system, service.service
            )
        } else {
            format!("{} has no system {:?}; call listClients", service.system.member, service.system.system)
        };
        Fault::provider(Kind::UnknownService, message)
    }

    async fn run(&self, received: &Received, admitted: Admitted) -> Result<(Answer, Fields), Fault> {
        let (offer, granted) = match admitted {
            Admitted::Metadata(call) => {
                self.log_request(received, false).await?;
                return Ok((metadata::answer(self, call, &received.client, &received.head).await?, None));
            }
            Admitted::Service(offer, granted) => (offer, granted),
        };
        // A request that may change records is durable in this node's log before it runs, so that a crash can't leave a
        // change without its cause. One that only reads is made durable by the seal of its answer.
        let writes = offer.may_write(&received.head.method, &received.head.target.path);
        self.costs.of(Step::RequestLogged, self.log_request(received, writes)).await?;
        steps::reached("received");
        let message = rest::text(&received.head.headers, &rest::ID).unwrap_or_default();
        let call = Call {
            head: &received.head,
            body: received.body.as_ref(),
            client: &received.client,
            message: &message,
            fields: granted.fields.clone(),
            at: self.clock.now(),
        };
        let answering = async {
            if offer.idempotent && writes {
                self.answer_once(&offer, call).await
            } else {
                offer.answer(call, &self.limits).await
            }
        };
        let mut answer = self.costs.of(Step::SystemAnswered, answering).await?;
        // Only the exchange's own faults carry this header.
        answer.headers.remove(rest::ERROR);
        if let Some(fields) = &granted.fields {
            cut(&mut answer, fields).await?;
        }
        Ok((answer, granted.fields))
    }

    async fn log_request(&self, received: &Received, wait: bool) -> Result<(), Fault> {
        let log = Sending {
            id: received.id,
            peer: &received.peer,
            hash: received.hash,
            head: &received.head.bytes,
            body: received.body.as_ref(),
        };
        self.log_received(Event::RequestReceived, log, &received.seal, received.encoded_seal.clone(), wait)
            .await
            .map_err(|error| {
                Fault::provider(Kind::LoggingFailed, format!("the request was not run: {error}"))
            })
    }

    /// Seals the answer and puts it into its envelope.
    async fn send(&self, received: &Received, answer: Answer, fields: Fields) -> Result<Envelope, Abort> {
        let head = answer_head(&answer, received, fields, self.clock.now());
        let hash = MessageHash::of(&head, answer.body.as_ref().map(|body| &body.digest));
        let sending =
            Sending { id: received.id, peer: &received.peer, hash, head: &head, body: answer.body.as_ref() };
        let sealing = self.costs.of(Step::AnswerSealed, self.seal(Event::AnswerSent, sending));
        let seal = sealing.await.map_err(|error| {
            tracing::error!(%error, "an answer could not be logged");
            Abort {
                kind: AbortKind::Failed,
                reason:
                    "the answer could not be logged; ask whether the call took effect before making it again"
                        .into(),
            }
        })?;
        steps::reached("answered");
        Ok(Envelope { head, seal: seal.encode(), body: answer.body })
    }

    fn fault_answer(&self, fault: &Fault, received: &Received) -> Answer {
        let accept = received.head.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let (media_type, document) = fault.document(self.vocabulary, accept, &received.id.to_string());
        let status = StatusCode::from_u16(fault.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = Answer::json(status, media_type, document.into());
        if let Ok(value) = HeaderValue::from_str(&fault.type_name(self.vocabulary)) {
            answer.headers.insert(rest::ERROR, value);
        }
        if let Some(seconds) = fault.retry_after_seconds() {
            answer.headers.insert(header::RETRY_AFTER, seconds.into());
        }
        answer
    }
}

/// The fields of an answer that were let through; all when absent.
type Fields = Option<Arc<[String]>>;

enum Admitted {
    Metadata(metadata::Call),
    Service(Arc<Offer>, Granted),
}

fn refusal(replayed: Replayed, id: Uuid, sealed_micros: i64, now: Timestamp) -> String {
    let seconds = now.as_microsecond().abs_diff(sealed_micros) / 1_000_000;
    match replayed {
        Replayed::Again => format!("message {id} has come before; a message is taken once, send a new one"),
        Replayed::TooOld if seconds < AGE_LIMIT_SECONDS.unsigned_abs() => format!(
            "message {id} may have come before this node was started, and what came then it can't know; send a new one"
        ),
        Replayed::TooOld => format!(
            "message {id} was sealed too long ago: {seconds} s by the clock of the provider's node, which is {now:.0}, and \
             {AGE_LIMIT_SECONDS} s are allowed; set the clock that is wrong, or send it again"
        ),
        Replayed::InTheFuture => format!(
            "message {id} was sealed in the future: {seconds} s by the clock of the provider's node, which is {now:.0}, and \
             {AHEAD_LIMIT_SECONDS} s are allowed; set the clock that is wrong"
        ),
    }
}

/// Cuts a JSON answer to its fields. An answer that is no JSON can't be cut, so a grant by fields never lets it out.
async fn cut(answer: &mut Answer, fields: &[String]) -> Result<(), Fault> {
    let Some(body) = answer.body.as_ref().filter(|body| answer.status.is_success() && !body.is_empty())
    else {
        return Ok(());
    };
    let unread = |error: std::io::Error| {
        Fault::provider(Kind::InternalError, format!("the answer can't be read back: {error}"))
    };
    let whole = body.read_whole().await.map_err(unread)?;
    let cut = access::cut(&whole, fields).map_err(|_| {
        let message = "the grant names fields, but the answer is not JSON and can't be cut; ask the provider for a wider grant";
        Fault::provider(Kind::AccessDenied, message)
    })?;
    answer.body = Some(Body::from_bytes(cut.into()));
    Ok(())
}

/// Headers of an answer that only the exchange writes: a system that sends them is not listened to.
static PROTOCOLS_OWN: [HeaderName; 4] = [rest::ID, rest::CLIENT, rest::SERVICE, rest::RECEIPT];

/// The head of an answer: the provider's headers that travel, and the protocol's own.
fn answer_head(answer: &Answer, received: &Received, fields: Fields, now: Timestamp) -> Bytes {
    let request = &received.head.headers;
    let own = [
        (rest::ID, request.get(rest::ID).cloned()),
        (rest::CLIENT, request.get(rest::CLIENT).cloned()),
        (rest::SERVICE, Some(rest::value(&received.head.target.service.to_string()))),
        (rest::REQUEST_ID, request.get(rest::REQUEST_ID).cloned()),
        (rest::REQUEST_HASH, HeaderValue::from_str(&received.hash.to_string()).ok()),
        (rest::TIME, Some(now.as_microsecond().into())),
        (rest::FIELDS, fields.map(|fields| rest::value(&fields.join(",")))),
    ];
    let own = own.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    let travelling =
        answer.headers.iter().filter(|(name, _)| !PROTOCOLS_OWN.contains(name) && rest::travels(name));
    AnswerHead::write(answer.status, own.chain(travelling))
}
