//! A node in the tests' own hands: with a true identity and a true ledger, it can say whatever it likes.

use crate::country::{Country, FORGER, PROVIDER, TARGET, identity, ledger_signer};
use bytes::Bytes;
use contracts::MemberId;
use exchange::{
    body::Body,
    message::{AnswerHead, Entry, Event, MessageHash, RequestHead, Seal},
    rest::{self, Target},
    wire::{self, Abort, Destination, Envelope, Limits, LinkError, Links, Serve},
};
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use ledger::Ledger;
use pki::{
    Holder, SharedIdentity,
    tls::{self, Peers},
};
use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};
use system::{Clock, Random};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use uuid::Uuid;

pub(crate) const FORGERS_SYSTEM: &str = "VN/GOV/G99/forge";
/// Connections that may be left over from before a restart.
const OLD_CONNECTIONS_LIMIT: usize = 4;

pub(crate) struct Forger {
    pub(crate) ledger: Ledger,
    pub(crate) identity: SharedIdentity,
    clock: Clock,
    random: Random,
    tls: Arc<rustls::ClientConfig>,
    server_tls: Arc<rustls::ServerConfig>,
    links: Links,
    limits: Limits,
    dir: TempDir,
}

/// A message before it is sealed.
pub(crate) struct Draft {
    pub(crate) client: String,
    pub(crate) target: String,
    pub(crate) time: Option<i64>,
    pub(crate) id: Option<String>,
    /// The node that it is sealed for.
    pub(crate) node: String,
    pub(crate) event: Event,
    pub(crate) body: Option<Bytes>,
    pub(crate) method: Method,
}

fn everyone() -> Peers {
    Peers::Nodes(Arc::new(|_, _| true))
}

fn tls_clock(clock: &Clock) -> tls::Clock {
    let clock = clock.clone();
    Arc::new(move || clock.now())
}

impl Forger {
    /// With the identity that the directory lists.
    pub(crate) fn of(country: &Country) -> Self {
        Self::with(country, identity(&country.authority, FORGER, country.clock.now(), 365))
    }

    /// With another identity.
    pub(crate) fn with(country: &Country, identity: SharedIdentity) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ledger =
            Ledger::open(&dir.path().join("ledger"), ledger_signer(FORGER), ledger::Options::default())
                .unwrap();
        let Peers::Nodes(allow) = everyone() else { unreachable!() };
        let clock = country.clock.clone();
        let roots = Arc::new(country.authority.roots());
        let tls = tls::client_config(&identity, roots.clone(), allow, tls_clock(&clock)).unwrap();
        let server_tls = tls::server_config(&identity, roots, everyone(), tls_clock(&clock)).unwrap();
        let limits = Limits { body_bytes: 1 << 30, spool_dir: Arc::new(dir.path().into()) };
        let links = Links::new(identity.clone(), tls.clone(), everyone(), tls_clock(&clock), limits.clone());
        Self { ledger, identity, clock, random: country.random.clone(), tls, server_tls, links, limits, dir }
    }

    pub(crate) fn draft(&self) -> Draft {
        Draft {
            client: FORGERS_SYSTEM.into(),
            target: format!("{TARGET}/x"),
            time: Some(self.clock.now().as_microsecond()),
            id: Some(self.random.id(self.clock.now()).to_string()),
            node: MemberId::agency(PROVIDER).to_string(),
            event: Event::RequestSent,
            body: Some(Bytes::from_static(b"body")),
            method: Method::POST,
        }
    }

    /// Seals a draft in the forger's true ledger.
    pub(crate) async fn seal(&self, draft: Draft) -> Envelope {
        self.seal_in(&self.ledger, draft).await
    }

    pub(crate) async fn seal_in(&self, ledger: &Ledger, draft: Draft) -> Envelope {
        let target = Target::parse(&draft.target, None).unwrap();
        let mut headers = HeaderMap::new();
        if let Some(id) = &draft.id {
            headers.insert(rest::REQUEST_ID, rest::value(id));
        }
        if let Some(time) = draft.time {
            headers.insert(rest::TIME, time.into());
        }
        if !draft.node.is_empty() {
            headers.insert(rest::NODE, rest::value(&draft.node));
        }
        if !draft.client.is_empty() {
            headers.insert(rest::CLIENT, rest::value(&draft.client));
        }
        headers.insert("x-own", rest::value("own"));
        let head = RequestHead::write(&draft.method, &target, headers.iter()).unwrap();
        let id = draft.id.and_then(|id| id.parse().ok()).unwrap_or_default();
        let body = draft.body.map(Body::from_bytes);
        let hash = MessageHash::of(&head, body.as_ref().map(|body| &body.digest));
        let seal = self.entry(ledger, draft.event, id, &hash).await;
        Envelope { head, seal, body }
    }

    async fn entry(&self, ledger: &Ledger, event: Event, id: Uuid, hash: &MessageHash) -> Bytes {
        let salt = self.random.bytes();
        let entry = Entry { event, id, digest: hash.commit(&salt) };
        let sealed = ledger.append(entry.to_string().into_bytes()).await.unwrap();
        Seal::new(salt, sealed).encode()
    }

    /// A ledger that is not the forger's, by the directory.
    pub(crate) fn other_ledger(&self) -> Ledger {
        Ledger::open(&self.dir.path().join("other"), ledger_signer("G98"), ledger::Options::default())
            .unwrap()
    }

    /// Sends an envelope to the provider as its wire takes it.
    pub(crate) async fn send(&self, country: &Country, envelope: Envelope) -> Result<Envelope, LinkError> {
        let to = Destination {
            id: MemberId::agency(PROVIDER).to_string(),
            address: country.provider.peers.to_string(),
            directory: 1,
        };
        self.links.exchange(&to, envelope, Duration::from_secs(20)).await
    }

    /// Sends what must not run again to a provider that may have restarted: connections from before it may only now be found
    /// to have ended.
    pub(crate) async fn send_again(
        &self,
        country: &Country,
        envelope: &Envelope,
    ) -> Result<Envelope, LinkError> {
        for _ in 0..OLD_CONNECTIONS_LIMIT {
            let sent = self.send(country, envelope.clone()).await;
            if !matches!(sent, Err(LinkError::Broken { .. })) {
                return sent;
            }
        }
        self.send(country, envelope.clone()).await
    }

    /// Seals and sends an honest message; the status of the answer.
    pub(crate) async fn honest(&self, country: &Country) -> StatusCode {
        let answer = self.send(country, self.seal(self.draft()).await).await.unwrap();
        AnswerHead::parse(answer.head).unwrap().status
    }

    /// A bare connection to the provider, to put any bytes on.
    pub(crate) async fn stream(&self, country: &Country) -> TlsStream<TcpStream> {
        let name = Holder::node(&MemberId::agency(PROVIDER).to_string()).unwrap().server_name();
        let tcp = TcpStream::connect(country.provider.peers).await.unwrap();
        TlsConnector::from(self.tls.clone()).connect(name, tcp).await.unwrap()
    }

    /// Listens where the directory says that the forger does, and answers as `answering` says.
    pub(crate) fn listen(self, country: &Country, answering: Answering) -> Arc<FalseProvider> {
        let listener = country.forger.lock().unwrap().take().unwrap();
        let (tls, limits) = (self.server_tls.clone(), self.limits.clone());
        let provider = Arc::new(FalseProvider {
            forger: self,
            answering: Mutex::new(answering),
            asked: Mutex::default(),
            go: tokio::sync::Semaphore::new(0),
        });
        tokio::spawn(wire::listen(
            listener,
            tls,
            limits,
            provider.clone(),
            exchange::drain::Drain::default(),
        ));
        provider
    }
}

/// How a false provider answers.
#[derive(Debug, Clone)]
pub(crate) enum Answering {
    Honestly,
    WithAnotherHead,
    WithAnotherBody,
    WithoutItsBody,
    ToAnotherRequest,
    WithoutTheHash,
    UnderAnotherId,
    AsAnotherEvent,
    FromAnotherLedger,
    WithABrokenSeal,
    WithABrokenHead,
    Not(Abort),
    WhenToldTo,
}

pub(crate) struct FalseProvider {
    forger: Forger,
    pub(crate) answering: Mutex<Answering>,
    /// Envelopes that came.
    pub(crate) asked: Mutex<Vec<Envelope>>,
    pub(crate) go: tokio::sync::Semaphore,
}

impl FalseProvider {
    pub(crate) fn answers(&self, answering: Answering) {
        *self.answering.lock().unwrap() = answering;
    }

    async fn answer(&self, envelope: Envelope) -> Result<Envelope, Abort> {
        let answering = self.answering.lock().unwrap().clone();
        self.asked.lock().unwrap().push(envelope.clone());
        let forger = &self.forger;
        let request = RequestHead::parse(envelope.head).unwrap();
        let id = request.request_id().unwrap();
        let request_hash = MessageHash::of(&request.bytes, envelope.body.as_ref().map(|body| &body.digest));
        let (mut headers, mut event, mut sealed_id) = (HeaderMap::new(), Event::AnswerSent, id);
        headers.insert(rest::REQUEST_HASH, rest::value(&request_hash.to_string()));
        headers.insert("x-own", rest::value("own"));
        let mut ledger = forger.ledger.clone();
        match &answering {
            Answering::ToAnotherRequest => {
                headers
                    .insert(rest::REQUEST_HASH, rest::value(&MessageHash::of(b"another", None).to_string()));
            }
            Answering::WithoutTheHash => {
                headers.remove(rest::REQUEST_HASH);
            }
            Answering::UnderAnotherId => sealed_id = Uuid::nil(),
            Answering::AsAnotherEvent => event = Event::RequestSent,
            Answering::FromAnotherLedger => ledger = forger.other_ledger(),
            Answering::Not(abort) => return Err(abort.clone()),
            Answering::WhenToldTo => self.go.acquire().await.unwrap().forget(),
            _ => {}
        }
        let head = AnswerHead::write(StatusCode::OK, headers.iter());
        let body = Body::from_bytes(Bytes::from_static(b"coins"));
        let hash = MessageHash::of(&head, Some(&body.digest));
        let seal = forger.entry(&ledger, event, sealed_id, &hash).await;
        let mut answer = Envelope { head, seal, body: Some(body) };
        match answering {
            Answering::WithAnotherHead => answer.head = replaced(&answer.head, "x-own:own", "x-own:0wn"),
            Answering::WithAnotherBody => answer.body = Some(Body::from_bytes(Bytes::from_static(b"c0ins"))),
            Answering::WithoutItsBody => answer.body = None,
            Answering::WithABrokenSeal => answer.seal = answer.seal.slice(..20),
            Answering::WithABrokenHead => answer.head = Bytes::from_static(b"99999\r\n"),
            _ => {}
        }
        Ok(answer)
    }
}

pub(crate) fn replaced(head: &Bytes, from: &str, to: &str) -> Bytes {
    let text = std::str::from_utf8(head).unwrap();
    assert!(text.contains(from));
    text.replace(from, to).into()
}

impl Serve for FalseProvider {
    fn serve(
        self: Arc<Self>,
        _: Arc<str>,
        envelope: Envelope,
    ) -> Pin<Box<dyn Future<Output = Result<Envelope, Abort>> + Send>> {
        Box::pin(async move { self.answer(envelope).await })
    }

    fn peers(&self) -> Peers {
        everyone()
    }

    fn directory_version(&self) -> u64 {
        1
    }

    fn now(&self) -> Timestamp {
        self.forger.clock.now()
    }
}
