//! What can be wrong with keys and certificates.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use thiserror::Error;

/// A key, certificate or peer that cannot be used. Messages never hold key material.
#[derive(Debug, Error)]
pub enum PkiError {
    /// A file that cannot be read or written.
    #[error("cannot {action} {}: {source}", .path.display())]
    File {
        /// What was attempted: read, write.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A private key other users can read.
    #[error("the private key {} is open to other users (mode {mode:03o}); run: chmod 600 {}", .path.display(), .path.display())]
    KeyExposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file larger than any key or chain.
    #[error("{} is larger than {limit_bytes} bytes; it is not a key or a certificate chain", .path.display())]
    FileTooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit_bytes: u64,
    },
    /// PEM text without the parts expected, or with damaged ones.
    #[error("the PEM text {problem}")]
    Pem {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A certificate that cannot be read.
    #[error("the certificate cannot be read: {0}")]
    Certificate(String),
    /// A private key that cannot be used.
    #[error("the private key cannot be used: {0}")]
    Key(String),
    /// A private key that belongs to another certificate.
    #[error("the private key does not belong to the certificate; bring the two that were made together")]
    KeyMismatch,
    /// A certificate that names neither a node nor a system.
    #[error(
        "the certificate names neither a node (a SAN URI urn:lienthong:node:...) nor a system (subject serialNumber); \
         have it issued with one"
    )]
    NoHolder,
    /// An identifier of a node or system that cannot be used.
    #[error("{id:?} is not an identifier like VN/GOV/G01: {problem}")]
    BadIdentifier {
        /// The identifier as given, cut short.
        id: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A term of validity that cannot be written into a certificate.
    #[error(
        "a certificate cannot be valid for {days} days from {from}; give between 1 and {limit_days} days"
    )]
    BadValidity {
        /// The first moment.
        from: Timestamp,
        /// The days asked for.
        days: u32,
        /// The most days allowed.
        limit_days: u32,
    },
    /// A certificate that is not an authority made by this program.
    #[error(
        "{0:?} is not the certificate of an authority this program created; issue with that authority's own tools"
    )]
    NotAnAuthority(String),
    /// A peer that showed no certificate.
    #[error("the peer showed no certificate")]
    NoPeerCertificate,
    /// A peer of another kind than the listener serves.
    #[error("the peer is the {found}, but only a {expected} is served here")]
    WrongRole {
        /// Who the peer is.
        found: String,
        /// The role served.
        expected: &'static str,
    },
    /// A node that answers under another node's name.
    #[error("the peer is the {found}, but was called as {called}; check the address in the directory")]
    WrongNode {
        /// Who the peer is.
        found: String,
        /// The name it was called by.
        called: String,
    },
    /// A renewed identity that belongs to another holder.
    #[error(
        "the identity of the {current} cannot be replaced by that of the {renewed}; renew it for the same holder"
    )]
    OtherHolder {
        /// Who the identity in use belongs to.
        current: String,
        /// Who the renewed one belongs to.
        renewed: String,
    },
    /// A peer whose certificate the directory does not list.
    #[error(
        "the directory does not list the certificate {fingerprint} for the {holder}; register it, or renew the directory"
    )]
    NotListed {
        /// Who the peer says it is.
        holder: String,
        /// The SHA-256 of its certificate.
        fingerprint: String,
    },
    /// A peer whose certificate is not valid now, seen when a session is resumed.
    #[error(
        "the certificate of the {holder} is valid from {not_before} to {not_after} only; renew it or check the clock"
    )]
    NotValidNow {
        /// Who the peer is.
        holder: String,
        /// The first moment of validity.
        not_before: Timestamp,
        /// The last moment of validity.
        not_after: Timestamp,
    },
    /// A TLS configuration rustls refuses.
    #[error("tls cannot be configured: {0}")]
    Tls(String),
    /// Something that can't be written in DER.
    #[error("cannot be written in DER: {0}")]
    Der(String),
}

impl From<der::Error> for PkiError {
    fn from(error: der::Error) -> Self {
        Self::Der(error.to_string())
    }
}
