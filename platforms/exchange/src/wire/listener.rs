//! The incoming side: takes connections of peers and has their messages answered.

use super::{Connection, Envelope, Limits};
use crate::drain::Drain;
use jiff::Timestamp;
use pki::tls::{self, Peers};
use rustls::ServerConfig;
use std::{io, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

/// Connections of peers at the same time.
const CONNECTIONS_LIMIT: usize = 2_048;
/// How long a handshake may take, in seconds.
const HANDSHAKE_LIMIT_SECONDS: u64 = 5;
/// Messages of all peers that are being answered at the same time.
const IN_FLIGHT_LIMIT: usize = 16_384;
/// Waiting time after the listener itself failed, in milliseconds.
const ACCEPT_RETRY_MILLIS: u64 = 100;

/// Answers a peer's message.
pub trait Serve: Send + Sync + 'static {
    /// Answers `envelope` of the node `peer`, or says why no answer comes.
    fn serve(self: Arc<Self>, peer: Arc<str>, envelope: Envelope) -> Pin<Box<dyn Future<Output = Result<Envelope, String>> + Send>>;

    /// Who may connect.
    fn peers(&self) -> Peers;

    /// The time.
    fn now(&self) -> Timestamp;
}

/// Takes connections until the node drains.
pub async fn listen<S: Serve>(listener: TcpListener, config: Arc<ServerConfig>, limits: Limits, server: Arc<S>, drain: Drain) {
    let acceptor = TlsAcceptor::from(config);
    let connections = Arc::new(Semaphore::new(CONNECTIONS_LIMIT));
    let in_flight = Arc::new(Semaphore::new(IN_FLIGHT_LIMIT));
    loop {
        let Ok(permit) = connections.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = drain.begun() => return,
        };
        match accepted {
            Ok((tcp, _)) => {
                let (acceptor, limits, server) = (acceptor.clone(), limits.clone(), server.clone());
                let (in_flight, drain) = (in_flight.clone(), drain.clone());
                tokio::spawn(async move {
                    if let Err(error) = connect(tcp, acceptor, limits, server, in_flight, drain, permit).await {
                        tracing::warn!(%error, "a peer's connection was refused");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(ACCEPT_RETRY_MILLIS)).await;
            }
        }
    }
}

async fn connect<S: Serve>(
    tcp: TcpStream,
    acceptor: TlsAcceptor,
    limits: Limits,
    server: Arc<S>,
    in_flight: Arc<Semaphore>,
    drain: Drain,
    permit: OwnedSemaphorePermit,
) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let stream = timeout(Duration::from_secs(HANDSHAKE_LIMIT_SECONDS), acceptor.accept(tcp))
        .await
        .map_err(|_| io::Error::other("the handshake took too long"))??;
    let peer = tls::admit(&server.peers(), stream.get_ref().1.peer_certificates(), server.now()).map_err(io::Error::other)?;
    let peer: Arc<str> = peer.holder.id().into();
    let (messages, mut queue) = tokio::sync::mpsc::unbounded_channel();
    let connection = Connection::run(
        stream,
        limits,
        move |exchange, incoming| {
            // When the loop below has ended, so has the connection.
            let _ = messages.send((exchange, incoming));
        },
        |error| tracing::debug!(%error, "a peer's connection ended"),
    );
    loop {
        let next = tokio::select! {
            next = queue.recv() => next,
            () = drain.finished() => None,
        };
        let Some((exchange, incoming)) = next else { break };
        // A peer's abort of a message that has not come whole needs no answer.
        let Ok(envelope) = incoming else { continue };
        let Ok(admitted) = in_flight.clone().try_acquire_owned() else {
            connection.abort(exchange, "more messages than this node admits; try again later");
            continue;
        };
        let (server, peer, connection, work) = (server.clone(), peer.clone(), connection.clone(), drain.work());
        tokio::spawn(async move {
            match server.serve(peer, envelope).await {
                Ok(answer) => connection.send(exchange, answer),
                Err(reason) => connection.abort(exchange, &reason),
            };
            drop((admitted, work));
        });
    }
    drop(permit);
    Ok(())
}
