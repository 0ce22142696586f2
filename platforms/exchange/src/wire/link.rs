//! The outgoing side: a few connections to each peer, opened when first needed.

use super::{Connection, Envelope, Incoming, Limits};
use pki::{
    Holder,
    tls::{self, Peers},
};
use rustls::ClientConfig;
use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use thiserror::Error;
use tokio::{net::TcpStream, sync::oneshot, time::timeout};
use tokio_rustls::TlsConnector;

/// Connections to one peer.
const CONNECTIONS_A_PEER: usize = 2;
/// How long opening a connection may take, in seconds.
const CONNECT_LIMIT_SECONDS: u64 = 5;
/// Messages that may wait for answers of one peer.
const IN_FLIGHT_LIMIT: usize = 8_192;

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
    #[error("node {peer} gave up: {reason}")]
    Aborted {
        /// The peer.
        peer: String,
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

/// How this node and its peers prove who they are.
struct Proof {
    connector: TlsConnector,
    allowed: Peers,
    clock: tls::Clock,
}

/// All connections of a node to its peers.
pub struct Links {
    tls: Proof,
    limits: Limits,
    peers: Mutex<HashMap<String, Arc<Peer>>>,
}

impl Links {
    /// No connection yet. `config` says how this node proves itself and whom it trusts, `allowed` who is listed now.
    pub fn new(config: Arc<ClientConfig>, allowed: Peers, clock: tls::Clock, limits: Limits) -> Self {
        let tls = Proof { connector: TlsConnector::from(config), allowed, clock };
        Self { tls, limits, peers: Mutex::default() }
    }

    /// Sends a message to the node `id` at `address` and waits for its answer.
    pub async fn exchange(&self, id: &str, address: &str, envelope: Envelope, limit: Duration) -> Result<Envelope, LinkError> {
        let peer = self.peer(id, address);
        let connection = peer.connection(&self.tls, &self.limits).await?;
        let waiting = connection.ask(&peer, envelope)?;
        match timeout(limit, waiting).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(reason))) => Err(LinkError::Aborted { peer: id.into(), reason }),
            Ok(Err(_)) => Err(LinkError::Broken { peer: id.into(), fault: connection.why_ended() }),
            Err(_) => Err(LinkError::TimedOut { peer: id.into(), seconds: limit.as_secs() }),
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
    slots: [tokio::sync::Mutex<Option<Arc<Open>>>; CONNECTIONS_A_PEER],
}

impl Peer {
    fn new(id: &str, address: &str) -> Self {
        Self { id: id.into(), address: address.into(), next: AtomicUsize::new(0), slots: Default::default() }
    }

    /// A live connection, opened if need be. Callers that come while one is being opened wait for that one.
    async fn connection(&self, tls: &Proof, limits: &Limits) -> Result<Arc<Open>, LinkError> {
        let slot = self.next.fetch_add(1, Ordering::Relaxed) % CONNECTIONS_A_PEER;
        let mut slot = self.slots[slot].lock().await;
        if let Some(open) = slot.as_ref().filter(|open| open.is_alive()) {
            return Ok(open.clone());
        }
        let open = self.open(tls, limits).await.map_err(|error| LinkError::Unreachable {
            peer: self.id.clone(),
            address: self.address.clone(),
            fault: error.to_string(),
        })?;
        *slot = Some(open.clone());
        Ok(open)
    }

    async fn open(&self, tls: &Proof, limits: &Limits) -> io::Result<Arc<Open>> {
        let opening = async {
            let holder = Holder::node(&self.id).map_err(io::Error::other)?;
            let tcp = TcpStream::connect(&self.address).await?;
            tcp.set_nodelay(true)?;
            let stream = tls.connector.connect(holder.server_name(), tcp).await?;
            // A resumed session shows no certificate in its handshake, so it is looked at here.
            let certificates = stream.get_ref().1.peer_certificates();
            let peer = tls::admit(&tls.allowed, certificates, (tls.clock)()).map_err(io::Error::other)?;
            if peer.holder.id() != self.id {
                return Err(io::Error::other(format!("the node there is {}", peer.holder.id())));
            }
            Ok(Open::run(stream, limits.clone()))
        };
        let limit = Duration::from_secs(CONNECT_LIMIT_SECONDS);
        timeout(limit, opening).await.unwrap_or_else(|_| Err(io::Error::other("no answer in time")))
    }
}

type Waiting = HashMap<u64, oneshot::Sender<Incoming>>;

/// An open connection and those who wait for answers on it.
struct Open {
    connection: Connection,
    state: Arc<State>,
    next: AtomicU64,
}

#[derive(Default)]
struct State {
    waiting: Mutex<Waiting>,
    ended: AtomicBool,
    why: Mutex<String>,
}

impl Open {
    fn run<S>(stream: S, limits: Limits) -> Arc<Self>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + 'static,
    {
        let state = Arc::new(State::default());
        let (taking, ending) = (state.clone(), state.clone());
        let take = move |exchange, incoming| {
            let waiting = lock(&taking.waiting).remove(&exchange);
            if let Some(waiting) = waiting {
                // Whoever waited may have given up.
                let _ = waiting.send(incoming);
            }
        };
        let ended = move |error: io::Error| {
            *lock(&ending.why) = error.to_string();
            ending.ended.store(true, Ordering::SeqCst);
            lock(&ending.waiting).clear();
        };
        let connection = Connection::run(stream, limits, take, ended);
        Arc::new(Self { connection, state, next: AtomicU64::new(0) })
    }

    fn is_alive(&self) -> bool {
        !self.state.ended.load(Ordering::SeqCst) && !self.connection.is_closed()
    }

    fn why_ended(&self) -> String {
        lock(&self.state.why).clone()
    }

    fn ask(self: &Arc<Self>, peer: &Peer, envelope: Envelope) -> Result<Answer, LinkError> {
        let exchange = self.next.fetch_add(1, Ordering::Relaxed);
        let (tell, told) = oneshot::channel();
        {
            let mut waiting = lock(&self.state.waiting);
            if waiting.len() >= IN_FLIGHT_LIMIT {
                return Err(LinkError::Overloaded { peer: peer.id.clone(), limit: IN_FLIGHT_LIMIT });
            }
            waiting.insert(exchange, tell);
        }
        let answer = Answer { told, exchange, open: self.clone() };
        // The connection may have ended, and told everyone, before this one began to wait.
        if !self.connection.send(exchange, envelope) || !self.is_alive() {
            return Err(LinkError::Broken { peer: peer.id.clone(), fault: self.why_ended() });
        }
        Ok(answer)
    }
}

/// An answer to come. Whoever no longer waits for it leaves nothing behind.
struct Answer {
    told: oneshot::Receiver<Incoming>,
    exchange: u64,
    open: Arc<Open>,
}

impl Future for Answer {
    type Output = Result<Incoming, oneshot::error::RecvError>;

    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
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
