//! Mutual TLS 1.3 between nodes, and from systems to their node.
//!
//! The cryptography is aws-lc-rs, passed explicitly and never installed for the process. Sessions are resumed. A resumed
//! session shows no certificate, so nothing about the peer is checked in its handshake: call [`admit`] on every new
//! connection, resumed or not.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use rustls::{CertificateError, ClientConfig, RootCertStore, ServerConfig};

use crate::certificate::CertificateFacts;
use crate::error::PkiError;
use crate::holder::{Holder, Role};
use crate::shared::{CurrentCertificate, SharedIdentity, client_sessions, server_sessions};
use crate::verifier::{ListedClient, ListedServer, listed_peer};
use crate::{files, pem};

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// SHA-256, in hex, of a certificate and of its public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprints {
    /// Of the whole certificate.
    pub certificate: String,
    /// Of its public key, which a renewed certificate may keep.
    pub key: String,
}

impl Fingerprints {
    /// One of them is listed.
    #[must_use]
    pub fn any(&self, is_listed: impl Fn(&str) -> bool) -> bool {
        is_listed(&self.certificate) || is_listed(&self.key)
    }
}

/// The directory's answer to: may the holder with this identifier show this certificate?
pub type AllowPeer = Arc<dyn Fn(&str, &Fingerprints) -> bool + Send + Sync>;

/// Which peers a listener serves.
#[derive(Clone)]
pub enum Peers {
    /// Other nodes.
    Nodes(AllowPeer),
    /// Systems of this node's own agency.
    Systems(AllowPeer),
}

/// A peer that was verified and stands in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Who it is.
    pub holder: Holder,
    /// SHA-256 of its certificate, in hex.
    pub fingerprint: String,
}

/// The certificates trusted as roots, from a PEM file.
///
/// # Errors
/// When the file cannot be read, or holds no certificate or one that cannot be a root.
pub fn load_roots(path: &Path) -> Result<RootCertStore, PkiError> {
    parse_roots(&files::read_public(path)?)
}

/// The certificates trusted as roots, from PEM text.
///
/// # Errors
/// When the text holds no certificate or one that cannot be a root.
pub fn parse_roots(text: &str) -> Result<RootCertStore, PkiError> {
    let mut roots = RootCertStore::empty();
    for certificate in pem::certificates(text)? {
        roots.add(certificate).map_err(|error| PkiError::Certificate(error.to_string()))?;
    }
    Ok(roots)
}

/// The configuration of a listener that requires a certificate of every client.
///
/// # Errors
/// When no root is trusted.
pub fn server_config(
    identity: &SharedIdentity,
    roots: Arc<RootCertStore>,
    peers: Peers,
    clock: Clock,
) -> Result<Arc<ServerConfig>, PkiError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let chain = WebPkiClientVerifier::builder_with_provider(roots, provider.clone())
        .build()
        .map_err(|error| PkiError::Tls(error.to_string()))?;
    let mut config = ServerConfig::builder_with_details(provider, Arc::new(ClockTime(clock)))
        .with_protocol_versions(&[&TLS13])
        .map_err(refused)?
        .with_client_cert_verifier(Arc::new(ListedClient { chain, peers }))
        .with_cert_resolver(Arc::new(CurrentCertificate(identity.clone())));
    config.session_storage = Arc::new(server_sessions(identity));
    Ok(Arc::new(config))
}

/// The configuration of calls to nodes, each by its [`Holder::server_name`].
///
/// # Errors
/// When no root is trusted.
pub fn client_config(
    identity: &SharedIdentity,
    roots: Arc<RootCertStore>,
    allow: AllowPeer,
    clock: Clock,
) -> Result<Arc<ClientConfig>, PkiError> {
    let provider: Arc<CryptoProvider> = Arc::new(aws_lc_rs::default_provider());
    let chain = WebPkiServerVerifier::builder_with_provider(roots, provider.clone())
        .build()
        .map_err(|error| PkiError::Tls(error.to_string()))?;
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(ClockTime(clock)))
        .with_protocol_versions(&[&TLS13])
        .map_err(refused)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(ListedServer::new(chain, allow)))
        .with_client_cert_resolver(Arc::new(CurrentCertificate(identity.clone())));
    config.resumption = Resumption::store(Arc::new(client_sessions(identity)));
    Ok(Arc::new(config))
}

/// Admits the peer of a new connection: its certificate is valid now and stands in the directory now. A session begun
/// before a certificate expired or was withdrawn may still be resumed; this is where it ends.
///
/// # Errors
/// When the peer showed no certificate, or one that is not valid now, or not listed.
pub fn admit(
    peers: &Peers,
    certificates: Option<&[CertificateDer<'_>]>,
    now: Timestamp,
) -> Result<Peer, PkiError> {
    let certificate = own_certificate(certificates)?;
    let peer = listed_peer(peers, certificate)?;
    let facts = CertificateFacts::of(certificate)?;
    if !facts.is_valid_at(now) {
        let CertificateFacts { not_before, not_after, .. } = facts;
        return Err(PkiError::NotValidNow { holder: peer.holder.to_string(), not_before, not_after });
    }
    Ok(peer)
}

/// The identifier of the node at the other end of a connection, from the SAN URI of its certificate.
///
/// # Errors
/// When the peer showed no certificate, or is not a node.
pub fn peer_node_id(certificates: Option<&[CertificateDer<'_>]>) -> Result<String, PkiError> {
    peer_id(certificates, Role::Node)
}

/// The identifier of the system at the other end of a connection, from the subject's serialNumber.
///
/// # Errors
/// When the peer showed no certificate, or is not a system.
pub fn peer_system_id(certificates: Option<&[CertificateDer<'_>]>) -> Result<String, PkiError> {
    peer_id(certificates, Role::System)
}

/// Why a handshake failed, for the log of the side that refused: in this crate's own words where it was this crate that
/// refused the peer, else in those of the error.
#[must_use]
pub fn explain(error: &io::Error) -> String {
    let refusal = error.get_ref().and_then(|inner| match inner.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => {
            other.0.downcast_ref::<PkiError>()
        }
        _ => None,
    });
    refusal.map_or_else(|| error.to_string(), PkiError::to_string)
}

fn peer_id(certificates: Option<&[CertificateDer<'_>]>, role: Role) -> Result<String, PkiError> {
    let holder = Holder::of_certificate(own_certificate(certificates)?)?;
    if holder.role() == role {
        Ok(holder.id().to_owned())
    } else {
        Err(PkiError::WrongRole { found: holder.to_string(), expected: role.name() })
    }
}

fn own_certificate<'a, 'b>(
    certificates: Option<&'a [CertificateDer<'b>]>,
) -> Result<&'a CertificateDer<'b>, PkiError> {
    certificates.and_then(<[_]>::first).ok_or(PkiError::NoPeerCertificate)
}

fn refused(error: rustls::Error) -> PkiError {
    PkiError::Tls(error.to_string())
}

struct ClockTime(Clock);

impl TimeProvider for ClockTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from((self.0)().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClockTime(..)")
    }
}
