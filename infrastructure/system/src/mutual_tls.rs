//! Systems that show a certificate to what another system serves over HTTP (RFC 8705).

use contracts::SystemId;
use jiff::Timestamp;
use pki::{
    PkiError,
    tls::{self, Peers},
};
use std::{fmt, io, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::CertificateDer},
    server::TlsStream,
};

use crate::Clock;

/// How long a handshake may take, in seconds.
const HANDSHAKE_LIMIT_SECONDS: u64 = 10;
/// The most handshakes at a time; further connections wait.
const HANDSHAKES_LIMIT: usize = 256;
/// How long nobody is accepted after accepting failed, in milliseconds.
const ACCEPT_PAUSE_MS: u64 = 100;

/// The certificate that the system at the other end of a connection has proven to be its own. Handlers find it in the
/// extensions of a request, in axum's `ConnectInfo`.
#[derive(Clone)]
pub struct ShownCertificate {
    system: SystemId,
    certificate: CertificateDer<'static>,
    peers: Peers,
}

impl ShownCertificate {
    /// Admits a system by the certificates of its connection.
    ///
    /// # Errors
    /// When it showed none, or one that is not valid now, not listed, or not that of a system.
    pub fn admit(
        peers: &Peers,
        shown: Option<&[CertificateDer<'_>]>,
        now: Timestamp,
    ) -> Result<Self, PkiError> {
        let peer = tls::admit(peers, shown, now)?;
        let certificate = shown.and_then(<[_]>::first).ok_or(PkiError::NoPeerCertificate)?;
        let system = peer.holder.id().parse().map_err(|_| PkiError::NoHolder)?;
        Ok(Self { system, certificate: certificate.clone().into_owned(), peers: peers.clone() })
    }

    /// The system it names.
    pub fn system(&self) -> &SystemId {
        &self.system
    }

    /// It, in DER.
    pub fn der(&self) -> &[u8] {
        &self.certificate
    }

    /// It is valid, listed and not revoked, still: connections last longer than the directory stays the same.
    pub fn stands(&self, now: Timestamp) -> bool {
        tls::admit(&self.peers, Some(std::slice::from_ref(&self.certificate)), now).is_ok()
    }
}

impl fmt::Debug for ShownCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ShownCertificate").field("system", &self.system).finish_non_exhaustive()
    }
}

/// A listener that lets in whoever has proven a certificate. Handshakes run beside each other: a slow one holds up nobody.
pub struct Listener {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, ShownCertificate)>,
    accepting: JoinHandle<()>,
}

impl Listener {
    /// Listens. `peers` says again, for each connection, who may come in.
    pub fn new(listener: TcpListener, config: Arc<ServerConfig>, peers: Peers, clock: Clock) -> Self {
        let (send, ready) = mpsc::channel(HANDSHAKES_LIMIT);
        let (acceptor, room) = (TlsAcceptor::from(config), Arc::new(Semaphore::new(HANDSHAKES_LIMIT)));
        let accepting = tokio::spawn(async move {
            while let Ok(permit) = room.clone().acquire_owned().await {
                let Ok((tcp, _)) = listener.accept().await else {
                    tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
                    continue;
                };
                let (acceptor, peers, clock, send) =
                    (acceptor.clone(), peers.clone(), clock.clone(), send.clone());
                tokio::spawn(async move {
                    match shake_hands(tcp, &acceptor, &peers, &clock).await {
                        // Nobody takes it when the program is going down.
                        Ok(ready) => drop(send.send(ready).await),
                        Err(error) => {
                            let reason = tls::explain(&error);
                            tracing::warn!(reason, "a system's connection was refused");
                        }
                    }
                    drop(permit);
                });
            }
        });
        Self { ready, accepting }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn shake_hands(
    tcp: TcpStream,
    acceptor: &TlsAcceptor,
    peers: &Peers,
    clock: &Clock,
) -> io::Result<(TlsStream<TcpStream>, ShownCertificate)> {
    tcp.set_nodelay(true)?;
    let limit = Duration::from_secs(HANDSHAKE_LIMIT_SECONDS);
    let stream = timeout(limit, acceptor.accept(tcp)).await.map_err(io::Error::other)??;
    let shown = ShownCertificate::admit(peers, stream.get_ref().1.peer_certificates(), clock.now());
    Ok((stream, shown.map_err(io::Error::other)?))
}

impl axum::serve::Listener for Listener {
    type Io = TlsStream<TcpStream>;
    type Addr = ShownCertificate;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(ready) => ready,
            // The task that accepts is gone only when the runtime is.
            None => std::future::pending().await,
        }
    }

    /// A listener of many connections has no certificate of its own.
    fn local_addr(&self) -> io::Result<Self::Addr> {
        Err(io::Error::other("the listener has no certificate of a system"))
    }
}

impl axum::extract::connect_info::Connected<axum::serve::IncomingStream<'_, Listener>> for ShownCertificate {
    fn connect_info(stream: axum::serve::IncomingStream<'_, Listener>) -> Self {
        stream.remote_addr().clone()
    }
}
