//! The incoming side: takes connections of peers and has their messages answered.

use super::{
    Abort, AbortKind, Connection, Envelope, IN_FLIGHT_A_PEER_LIMIT, Incoming, Limits, Room,
    standing::Standing,
};
use crate::drain::Drain;
use jiff::Timestamp;
use pki::tls::{self, Peers};
use rustls::ServerConfig;
use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, oneshot},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

/// Connections of peers at the same time.
const CONNECTIONS_LIMIT: usize = 2_048;
/// Connections of one peer at the same time: those in use, and those it has not noticed the end of.
const CONNECTIONS_A_PEER_LIMIT: usize = 16;
/// How long a handshake may take, in seconds.
const HANDSHAKE_LIMIT_SECONDS: u64 = 5;
/// Messages of all peers that are being answered at the same time.
const IN_FLIGHT_LIMIT: usize = 16_384;
/// Waiting time after the listener itself failed, in milliseconds.
const ACCEPT_RETRY_MILLIS: u64 = 100;

/// Answers a peer's message.
pub trait Serve: Send + Sync + 'static {
    /// Answers `envelope` of the node `peer`, or says why no answer comes.
    fn serve(
        self: Arc<Self>,
        peer: Arc<str>,
        envelope: Envelope,
    ) -> Pin<Box<dyn Future<Output = Incoming> + Send>>;

    /// Who may connect.
    fn peers(&self) -> Peers;

    /// Version of the directory by which they may.
    fn directory_version(&self) -> u64;

    /// The time.
    fn now(&self) -> Timestamp;
}

/// What all connections share.
struct Shared<S> {
    acceptor: TlsAcceptor,
    limits: Limits,
    server: Arc<S>,
    drain: Drain,
    /// Room for messages of all peers.
    in_flight: Arc<Semaphore>,
    peers: Mutex<HashMap<Arc<str>, OfPeer>>,
}

/// What one peer may take up.
#[derive(Clone)]
struct OfPeer {
    slots: Arc<Semaphore>,
    connections: Arc<Semaphore>,
}

/// Takes connections until the node drains.
pub async fn listen<S: Serve>(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    limits: Limits,
    server: Arc<S>,
    drain: Drain,
) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS_LIMIT));
    let shared = Arc::new(Shared {
        acceptor: TlsAcceptor::from(config),
        limits,
        server,
        drain: drain.clone(),
        in_flight: Arc::new(Semaphore::new(IN_FLIGHT_LIMIT)),
        peers: Mutex::default(),
    });
    loop {
        let Ok(permit) = connections.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = drain.begun() => return,
        };
        match accepted {
            Ok((tcp, _)) => {
                let shared = shared.clone();
                tokio::spawn(async move {
                    if let Err(error) = shared.connect(tcp).await {
                        tracing::warn!(error = tls::explain(&error), "a peer's connection was refused");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(ACCEPT_RETRY_MILLIS)).await;
            }
        }
    }
}

impl<S: Serve> Shared<S> {
    /// Serves one connection until it ends or the node has gone down.
    async fn connect(self: Arc<Self>, tcp: TcpStream) -> io::Result<()> {
        tcp.set_nodelay(true)?;
        let stream = timeout(Duration::from_secs(HANDSHAKE_LIMIT_SECONDS), self.acceptor.accept(tcp))
            .await
            .map_err(|_| io::Error::other("the handshake took too long"))??;
        let (peers, version, now) = (self.server.peers(), self.server.directory_version(), self.server.now());
        let admitted = Standing::admit(&peers, stream.get_ref().1.peer_certificates(), version, now);
        let (peer, mut standing) = admitted.map_err(io::Error::other)?;
        let peer: Arc<str> = peer.holder.id().into();
        let of_peer = self.of_peer(&peer);
        let Ok(_connection) = of_peer.connections.try_acquire_owned() else {
            return Err(io::Error::other(format!(
                "node {peer} has {CONNECTIONS_A_PEER_LIMIT} connections already"
            )));
        };
        let (tell, told) = oneshot::channel();
        let (shared, limits, drain) = (self.clone(), self.limits.clone(), self.drain.clone());
        let take = move |exchange, incoming: Incoming, room: Room, back: &Connection| {
            let server = &shared.server;
            standing
                .check(&server.peers(), server.directory_version(), server.now())
                .map_err(io::Error::other)?;
            // A peer's abort of a message that has not come whole needs no answer.
            if let Ok(envelope) = incoming {
                shared.take(peer.clone(), exchange, envelope, room, back.clone());
            }
            Ok(())
        };
        let ended = move |error: io::Error| {
            tracing::debug!(%error, "a peer's connection ended");
            // When the node has gone down there is nobody left to tell.
            let _ = tell.send(());
        };
        let connection = Connection::run(stream, limits, Some(of_peer.slots), take, ended);
        tokio::select! {
            _ = told => {}
            () = drain.finished() => {}
        }
        drop(connection);
        Ok(())
    }

    fn of_peer(&self, peer: &Arc<str>) -> OfPeer {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || OfPeer {
            slots: Arc::new(Semaphore::new(IN_FLIGHT_A_PEER_LIMIT)),
            connections: Arc::new(Semaphore::new(CONNECTIONS_A_PEER_LIMIT)),
        };
        peers.entry(peer.clone()).or_insert_with(fresh).clone()
    }

    /// Has a message answered, in a task of its own, which goes on to its end even if the connection ends before.
    fn take(&self, peer: Arc<str>, exchange: u64, envelope: Envelope, room: Room, back: Connection) {
        let work = self.drain.work();
        let abort = if self.drain.is_draining() {
            Some(Abort {
                kind: AbortKind::GoingDown,
                reason: "this node is going down; try again in a minute".into(),
            })
        } else {
            None
        };
        let admitted = self.in_flight.clone().try_acquire_owned();
        let abort = abort.or_else(|| {
            let reason = "more messages than this node admits; try again later".into();
            admitted.is_err().then_some(Abort { kind: AbortKind::Overloaded, reason })
        });
        let room = Room { admitted: admitted.ok(), work: Some(work), ..room };
        if let Some(abort) = abort {
            back.send(exchange, Err(abort), room);
            return;
        }
        let server = self.server.clone();
        tokio::spawn(async move {
            let answer = server.serve(peer, envelope).await;
            back.send(exchange, answer, room);
        });
    }
}
