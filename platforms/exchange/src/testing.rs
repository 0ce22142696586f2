//! A node in the tests' own hands: with a true identity and a true ledger, it can say whatever it likes. Whatever goes wrong
//! with the node itself ends the test.

use crate::{
    body::Body,
    drain::Drain,
    message::{AnswerHead, Entry, Event, MessageHash, RequestHead, Seal},
    rest::{self, Target},
    wire::{self, Abort, Destination, Envelope, Limits, LinkError, Links, Serve},
};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use ledger::{Ledger, NoteSigner};
use pki::{
    Holder, SharedIdentity,
    tls::{self, Peers},
};
use rustls::RootCertStore;
use std::{
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use system::{Clock, Random};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use uuid::Uuid;

/// How long a forger waits for an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
/// Largest body that a forger takes, in bytes.
const BODY_LIMIT_BYTES: u64 = 1 << 30;
/// The body of an honest answer.
const HONEST_BODY: &[u8] = b"coins";

/// A node that says whatever it likes.
pub struct Forger {
    /// Its true ledger.
    pub ledger: Ledger,
    /// Its true identity.
    pub identity: SharedIdentity,
    clock: Clock,
    random: Random,
    tls: Arc<rustls::ClientConfig>,
    server_tls: Arc<rustls::ServerConfig>,
    links: Links,
    limits: Limits,
    dir: PathBuf,
}

/// A message before it is sealed.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Whose message it says to be; nobody's when empty.
    pub client: String,
    /// What it asks for.
    pub target: String,
    /// When it says to be sealed.
    pub time: Option<i64>,
    /// Its identifier.
    pub id: Option<String>,
    /// The node that it is sealed for; none when empty.
    pub node: String,
    /// What its entry in the ledger says.
    pub event: Event,
    /// Its body.
    pub body: Option<Bytes>,
    /// Its method.
    pub method: Method,
}

fn everyone() -> Peers {
    Peers::Nodes(Arc::new(|_, _| true))
}

fn tls_clock(clock: &Clock) -> tls::Clock {
    let clock = clock.clone();
    Arc::new(move || clock.now())
}

impl Forger {
    /// With this identity, among nodes with certificates of `roots`. Its ledger is signed by `signer` and kept in `dir`.
    ///
    /// # Panics
    /// When it can't be had.
    pub fn new(
        identity: SharedIdentity,
        roots: RootCertStore,
        signer: NoteSigner,
        dir: PathBuf,
        clock: Clock,
        random: Random,
    ) -> Self {
        let ledger = Ledger::open(&dir.join("ledger"), signer, ledger::Options::default())
            .expect("the forger's ledger can be opened");
        let Peers::Nodes(allow) = everyone() else { unreachable!() };
        let roots = Arc::new(roots);
        let tls = tls::client_config(&identity, roots.clone(), allow, tls_clock(&clock))
            .expect("the forger's identity is good");
        let server_tls = tls::server_config(&identity, roots, everyone(), tls_clock(&clock))
            .expect("the forger's identity is good");
        let limits = Limits { body_bytes: BODY_LIMIT_BYTES, spool_dir: Arc::new(dir.clone()) };
        let links = Links::new(identity.clone(), tls.clone(), everyone(), tls_clock(&clock), limits.clone());
        Self { ledger, identity, clock, random, tls, server_tls, links, limits, dir }
    }

    /// An honest message of `client` to a service served by `node`.
    pub fn draft(&self, client: &str, node: &str, target: &str) -> Draft {
        Draft {
            client: client.into(),
            target: target.into(),
            time: Some(self.clock.now().as_microsecond()),
            id: Some(self.random.id(self.clock.now()).to_string()),
            node: node.into(),
            event: Event::RequestSent,
            body: Some(Bytes::from_static(b"body")),
            method: Method::POST,
        }
    }

    /// Seals a draft in the forger's true ledger.
    pub async fn seal(&self, draft: Draft) -> Envelope {
        self.seal_in(&self.ledger, draft).await
    }

    /// Seals a draft in another ledger.
    ///
    /// # Panics
    /// When the draft's target is none, or the ledger does not take it.
    pub async fn seal_in(&self, ledger: &Ledger, draft: Draft) -> Envelope {
        let target = Target::parse(&draft.target, None).expect("the target is good");
        let mut headers = HeaderMap::new();
        if let Some(id) = &draft.id {
            headers.insert(rest::REQUEST_ID, rest::value(id));
            headers.insert(rest::ID, rest::value(id));
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
        let head =
            RequestHead::write(&draft.method, &target, headers.iter()).expect("the head is short enough");
        let id = draft.id.and_then(|id| id.parse().ok()).unwrap_or_default();
        let body = draft.body.map(Body::from_bytes);
        let hash = MessageHash::of(&head, body.as_ref().map(|body| &body.digest));
        let seal = self.entry(ledger, draft.event, id, &hash).await;
        Envelope { head, seal, body }
    }

    async fn entry(&self, ledger: &Ledger, event: Event, id: Uuid, hash: &MessageHash) -> Bytes {
        let salt = self.random.bytes();
        let entry = Entry { event, id, digest: hash.commit(&salt) };
        let sealed =
            ledger.append(entry.to_string().into_bytes()).await.expect("the forger's ledger takes it");
        Seal::new(salt, sealed).encode()
    }

    /// A ledger of this signer that is not the one of the directory: another's, or, under the forger's own key, a second
    /// history of it.
    ///
    /// # Panics
    /// When it can't be opened.
    pub fn other_ledger(&self, signer: NoteSigner) -> Ledger {
        Ledger::open(&self.dir.join("other"), signer, ledger::Options::default())
            .expect("another ledger can be opened")
    }

    /// Sends an envelope as its receiver's wire takes it.
    ///
    /// # Errors
    /// Whatever comes but an answer.
    pub async fn send(&self, to: &Destination, envelope: Envelope) -> Result<Envelope, LinkError> {
        self.links.exchange(to, envelope, ANSWER_LIMIT).await
    }

    /// A bare connection to a node, to put any bytes on.
    ///
    /// # Panics
    /// When there is none to be had.
    pub async fn stream(&self, to: &Destination) -> TlsStream<TcpStream> {
        let name = Holder::node(&to.id).expect("it is a node's identifier").server_name();
        let tcp = TcpStream::connect(&*to.address).await.expect("the node listens");
        TlsConnector::from(self.tls.clone()).connect(name, tcp).await.expect("the node takes the forger")
    }

    /// What it presents itself with to those who connect.
    pub fn server_tls(&self) -> Arc<rustls::ServerConfig> {
        self.server_tls.clone()
    }

    /// Listens, and answers as `answering` says.
    pub fn serve(self, listener: TcpListener, answering: Answering) -> Arc<FalseProvider> {
        let (tls, limits) = (self.server_tls.clone(), self.limits.clone());
        let provider = Arc::new(FalseProvider {
            forger: self,
            answering: Mutex::new(answering),
            asked: Mutex::default(),
            go: Semaphore::new(0),
        });
        tokio::spawn(wire::listen(listener, tls, limits, provider.clone(), Drain::default()));
        provider
    }
}

/// How a false provider answers.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum Answering {
    Honestly,
    WithAnotherHead,
    WithAnotherBody,
    WithoutItsBody,
    ToAnotherRequest,
    WithoutTheHash,
    UnderAnotherId,
    AsAnotherEvent,
    /// A ledger under another key than the directory's.
    FromAnotherLedger,
    /// What it answered to the first request that it was asked.
    WithAnOldAnswer,
    WithABrokenSeal,
    WithABrokenHead,
    Not(Abort),
    /// Once `go` has a permit.
    WhenToldTo,
}

/// A node that answers as it is told.
pub struct FalseProvider {
    /// The node.
    pub forger: Forger,
    answering: Mutex<Answering>,
    asked: Mutex<Vec<(Envelope, Option<Envelope>)>>,
    /// Lets answers go that wait to be told to.
    pub go: Semaphore,
}

impl FalseProvider {
    /// From now on it answers so.
    pub fn answers(&self, answering: Answering) {
        *self.answering.lock().unwrap_or_else(PoisonError::into_inner) = answering;
    }

    /// Envelopes that came.
    pub fn asked(&self) -> Vec<Envelope> {
        self.notes().iter().map(|(asked, _)| asked.clone()).collect()
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, Vec<(Envelope, Option<Envelope>)>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, envelope: Envelope) -> Result<Envelope, Abort> {
        let answering = self.answering.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.notes().push((envelope.clone(), None));
        let forger = &self.forger;
        let request = RequestHead::parse(envelope.head).expect("nodes send good heads");
        let id = request.request_id().expect("nodes send identifiers");
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
            Answering::FromAnotherLedger => {
                let signer = NoteSigner::new("vn.gov.nobody.ledger", &[99; 32]);
                ledger = forger.other_ledger(signer.expect("the name and the seed are good"));
            }
            Answering::Not(abort) => return Err(abort.clone()),
            Answering::WhenToldTo => {
                self.go.acquire().await.expect("nobody closes it").forget();
            }
            _ => {}
        }
        let head = AnswerHead::write(StatusCode::OK, headers.iter());
        let body = Body::from_bytes(Bytes::from_static(HONEST_BODY));
        let hash = MessageHash::of(&head, Some(&body.digest));
        let seal = forger.entry(&ledger, event, sealed_id, &hash).await;
        let mut answer = Envelope { head, seal, body: Some(body) };
        match answering {
            Answering::WithAnotherHead => answer.head = replaced(&answer.head, "x-own:own", "x-own:0wn"),
            Answering::WithAnotherBody => answer.body = Some(Body::from_bytes(Bytes::from_static(b"c0ins"))),
            Answering::WithoutItsBody => answer.body = None,
            Answering::WithABrokenSeal => answer.seal = answer.seal.slice(..20),
            Answering::WithABrokenHead => answer.head = Bytes::from_static(b"99999\r\n"),
            Answering::WithAnOldAnswer => {
                let old = self.notes().first().and_then(|(_, answer)| answer.clone());
                answer = old.expect("it has answered before");
            }
            _ => {}
        }
        if let Some((_, noted)) = self.notes().last_mut() {
            *noted = Some(answer.clone());
        }
        Ok(answer)
    }
}

/// A head in which something else is said, of the same length.
///
/// # Panics
/// When it does not say `from`.
pub fn replaced(head: &Bytes, from: &str, to: &str) -> Bytes {
    let text = std::str::from_utf8(head).expect("a head is text");
    assert!(text.contains(from), "the head says {from}");
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
