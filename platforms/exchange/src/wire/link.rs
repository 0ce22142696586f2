//! The outgoing side: a few connections to each peer, opened when first needed.

use super::{
    Abort, AbortKind, Connection, Envelope, IN_FLIGHT_A_PEER_LIMIT, Incoming, Limits, Room,
    standing::Standing,
};
use pki::{
    Holder, Identity, SharedIdentity,
    tls::{self, Peers},
};
use rustls::{ClientConfig, pki_types::CertificateDer};
use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use thiserror::Error;
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// Connections to one peer.
const CONNECTIONS_A_PEER: usize = 2;
/// How long opening a connection may take, in seconds.
const CONNECT_LIMIT_SECONDS: u64 = 5;

/// Why a peer brought no answer.
#[derive(Debug, Error)]
pub enum LinkError {
    /// The peer can't be reached.
    #[error("node {peer} at {address} can't be reached: {fault}")]
    Unreachable {
        /// The peer.
        peer: String,
        /// Its address by the directory.
        address: String,
        /// What was wrong.
        fault: String,
    },
    /// The connection ended before the answer came.
    #[error("the connection to node {peer} ended before the answer came: {fault}")]
    Broken {
        /// The peer.
        peer: String,
        /// What was wrong.
        fault: String,
    },
    /// The peer told that no answer comes.
    #[error("node {peer} did not take the message: {reason}")]
    Aborted {
        /// The peer.
        peer: String,
        /// What kind of reason it gave.
        kind: AbortKind,
        /// What it said.
        reason: String,
    },
    /// No answer came in time.
    #[error("node {peer} did not answer within {seconds} s")]
    TimedOut {
        /// The peer.
        peer: String,
        /// How long was waited.
        seconds: u64,
    },
    /// Too many messages wait already.
    #[error("{limit} messages wait for answers of node {peer}; try again later")]
    Overloaded {
        /// The peer.
        peer: String,
        /// The limit.
        limit: usize,
    },
}

impl LinkError {
    /// The peer has not taken the message, and will not.
    pub fn was_not_taken(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Overloaded { .. }
                | Self::Aborted { kind: AbortKind::Overloaded | AbortKind::GoingDown, .. }
        )
    }
}

/// How this node and its peers prove who they are.
struct Proof {
    identity: SharedIdentity,
    connector: TlsConnector,
    allowed: Peers,
    clock: tls::Clock,
    #[cfg(feature = "testing")]
    dial: std::sync::OnceLock<Dial>,
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Identifier of the node.
    pub id: String,
    /// Its address.
    pub address: String,
    /// Version of the directory that says so.
    pub directory: u64,
}

/// A network that tests put in the place of TCP and TLS: it connects to an address, and vouches for the certificates of
/// whoever is there.
#[cfg(feature = "testing")]
pub type Dial =
    Arc<dyn Fn(&str) -> io::Result<(tokio::io::DuplexStream, Vec<CertificateDer<'static>>)> + Send + Sync>;

/// All connections of a node to its peers.
pub struct Links {
    tls: Proof,
    limits: Limits,
    peers: Mutex<HashMap<String, Arc<Peer>>>,
}

impl Links {
    /// No connection yet. `config` says how this node proves itself, by `identity`, and whom it trusts; `allowed` who is
    /// listed now.
    pub fn new(
        identity: SharedIdentity,
        config: Arc<ClientConfig>,
        allowed: Peers,
        clock: tls::Clock,
        limits: Limits,
    ) -> Self {
        let tls = Proof {
            identity,
            connector: TlsConnector::from(config),
            allowed,
            clock,
            #[cfg(feature = "testing")]
            dial: std::sync::OnceLock::new(),
        };
        Self { tls, limits, peers: Mutex::default() }
    }

    /// Connects over another network from now on.
    #[cfg(feature = "testing")]
    pub fn connect_over(&self, dial: Dial) {
        // Whoever simulates a network says so once, when the node is made.
        let _ = self.tls.dial.set(dial);
    }

    /// Sends a message and waits for its answer. Whoever drops the future waits no longer; the message may have been sent.
    pub async fn exchange(
        &self,
        to: &Destination,
        envelope: Envelope,
        limit: Duration,
    ) -> Result<Envelope, LinkError> {
        let id = &to.id;
        let peer = self.peer(id, &to.address);
        let slot = peer.slots.clone().try_acquire_owned();
        let slot =
            slot.map_err(|_| LinkError::Overloaded { peer: id.clone(), limit: IN_FLIGHT_A_PEER_LIMIT })?;
        let connection = peer.connection(&self.tls, &self.limits, to.directory).await?;
        let waiting = connection.ask(id, envelope, Arc::new(slot))?;
        match timeout(limit, waiting).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(Abort { kind, reason }))) => Err(LinkError::Aborted { peer: id.clone(), kind, reason }),
            Ok(Err(_)) => Err(LinkError::Broken { peer: id.clone(), fault: connection.why_ended() }),
            Err(_) => Err(LinkError::TimedOut { peer: id.clone(), seconds: limit.as_secs() }),
        }
    }

    fn peer(&self, id: &str, address: &str) -> Arc<Peer> {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        match peers.get(id).filter(|peer| peer.address == address) {
            Some(peer) => peer.clone(),
            None => {
                let peer = Arc::new(Peer::new(id, address));
                peers.insert(id.into(), peer.clone());
                peer
            }
        }
    }
}

struct Peer {
    id: String,
    address: String,
    next: AtomicUsize,
    lines: [Line; CONNECTIONS_A_PEER],
    /// One for each message that has no answer yet.
    slots: Arc<Semaphore>,
}

/// The place of one connection.
#[derive(Default)]
struct Line {
    open: tokio::sync::Mutex<Option<Arc<Open>>>,
    /// How often opening it has failed.
    failures: AtomicU64,
    /// Why it failed last.
    why: Mutex<String>,
}

impl Peer {
    fn new(id: &str, address: &str) -> Self {
        Self {
            id: id.into(),
            address: address.into(),
            next: AtomicUsize::new(0),
            lines: Default::default(),
            slots: Arc::new(Semaphore::new(IN_FLIGHT_A_PEER_LIMIT)),
        }
    }

    /// A live connection, opened if need be. Callers that come while one is being opened wait for that one, and share its
    /// failure: if each tried in turn, a peer that is down would hold the last of them for minutes.
    async fn connection(&self, tls: &Proof, limits: &Limits, directory: u64) -> Result<Arc<Open>, LinkError> {
        let line = &self.lines[self.next.fetch_add(1, Ordering::Relaxed) % CONNECTIONS_A_PEER];
        let failures = line.failures.load(Ordering::SeqCst);
        let mut open = line.open.lock().await;
        if let Some(open) = open.as_ref().filter(|open| open.is_alive() && open.may_be_used(tls, directory)) {
            return Ok(open.clone());
        }
        *open = None;
        if line.failures.load(Ordering::SeqCst) > failures {
            return Err(self.unreachable(lock(&line.why).clone()));
        }
        match self.open(tls, limits, directory).await {
            Ok(opened) => {
                *open = Some(opened.clone());
                Ok(opened)
            }
            Err(error) => {
                let why = tls::explain(&error);
                lock(&line.why).clone_from(&why);
                line.failures.fetch_add(1, Ordering::SeqCst);
                Err(self.unreachable(why))
            }
        }
    }

    fn unreachable(&self, fault: String) -> LinkError {
        LinkError::Unreachable { peer: self.id.clone(), address: self.address.clone(), fault }
    }

    async fn open(&self, tls: &Proof, limits: &Limits, directory: u64) -> io::Result<Arc<Open>> {
        let own = tls.identity.current();
        let opening = async {
            #[cfg(feature = "testing")]
            if let Some(dial) = tls.dial.get() {
                let (stream, certificates) = dial(&self.address)?;
                let standing = self.admit(tls, Some(&certificates), directory)?;
                return Ok(Open::run(stream, limits.clone(), standing, own));
            }
            let holder = Holder::node(&self.id).map_err(io::Error::other)?;
            let tcp = TcpStream::connect(&self.address).await?;
            tcp.set_nodelay(true)?;
            let stream = tls.connector.connect(holder.server_name(), tcp).await?;
            let standing = self.admit(tls, stream.get_ref().1.peer_certificates(), directory)?;
            Ok(Open::run(stream, limits.clone(), standing, own))
        };
        let limit = Duration::from_secs(CONNECT_LIMIT_SECONDS);
        timeout(limit, opening).await.unwrap_or_else(|_| Err(io::Error::other("no answer in time")))
    }

    /// Whoever is there must be this peer, and listed.
    fn admit(
        &self,
        tls: &Proof,
        shown: Option<&[CertificateDer<'_>]>,
        directory: u64,
    ) -> io::Result<Standing> {
        let admitted = Standing::admit(&tls.allowed, shown, directory, (tls.clock)());
        let (peer, standing) = admitted.map_err(io::Error::other)?;
        if peer.holder.id() != self.id {
            return Err(io::Error::other(format!("the node there is {}", peer.holder.id())));
        }
        Ok(standing)
    }
}

/// In order of asking, so that when the connection ends they are told in that order and a simulated run can be repeated.
type Waiting = BTreeMap<u64, oneshot::Sender<Incoming>>;

/// An open connection and those who wait for answers on it.
struct Open {
    connection: Connection,
    state: Arc<State>,
    standing: Mutex<Standing>,
    /// By what this node proved itself on it.
    own: Arc<Identity>,
    next: AtomicU64,
}

#[derive(Default)]
struct State {
    waiting: Mutex<Waiting>,
    ended: AtomicBool,
    why: Mutex<String>,
}

impl Open {
    fn run<S>(stream: S, limits: Limits, standing: Standing, own: Arc<Identity>) -> Arc<Self>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + 'static,
    {
        let state = Arc::new(State::default());
        let (taking, ending) = (state.clone(), state.clone());
        let take = move |exchange, incoming, _: Room, _: &Connection| {
            let waiting = lock(&taking.waiting).remove(&exchange);
            if let Some(waiting) = waiting {
                // Whoever waited may have given up.
                let _ = waiting.send(incoming);
            }
            Ok(())
        };
        let ended = move |error: io::Error| {
            *lock(&ending.why) = error.to_string();
            ending.ended.store(true, Ordering::SeqCst);
            lock(&ending.waiting).clear();
        };
        let connection = Connection::run(stream, limits, None, take, ended);
        Arc::new(Self { connection, state, standing: Mutex::new(standing), own, next: AtomicU64::new(0) })
    }

    fn is_alive(&self) -> bool {
        !self.state.ended.load(Ordering::SeqCst) && !self.connection.is_closed()
    }

    /// Nothing new goes out on a connection after this node's own certificate was renewed, so that the old one can be revoked
    /// without a message lost; what waits for an answer there gets it.
    fn may_be_used(&self, tls: &Proof, directory: u64) -> bool {
        Arc::ptr_eq(&self.own, &tls.identity.current())
            && lock(&self.standing).check(&tls.allowed, directory, (tls.clock)()).is_ok()
    }

    fn why_ended(&self) -> String {
        lock(&self.state.why).clone()
    }

    fn ask(
        self: &Arc<Self>,
        peer: &str,
        envelope: Envelope,
        slot: Arc<OwnedSemaphorePermit>,
    ) -> Result<Answer, LinkError> {
        let exchange = self.next.fetch_add(1, Ordering::Relaxed);
        let (tell, told) = oneshot::channel();
        lock(&self.state.waiting).insert(exchange, tell);
        let answer = Answer { told, exchange, open: self.clone(), _slot: slot.clone() };
        let room = Room { slot: Some(slot), ..Room::default() };
        // The connection may have ended, and told everyone, before this one began to wait.
        if !self.connection.send(exchange, Ok(envelope), room) || !self.is_alive() {
            return Err(LinkError::Broken { peer: peer.into(), fault: self.why_ended() });
        }
        Ok(answer)
    }
}

/// An answer to come. Whoever no longer waits for it leaves nothing behind.
struct Answer {
    told: oneshot::Receiver<Incoming>,
    exchange: u64,
    open: Arc<Open>,
    _slot: Arc<OwnedSemaphorePermit>,
}

impl Future for Answer {
    type Output = Result<Incoming, oneshot::error::RecvError>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        std::pin::Pin::new(&mut self.told).poll(context)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        lock(&self.open.state.waiting).remove(&self.exchange);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
