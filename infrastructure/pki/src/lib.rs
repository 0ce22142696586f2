//! Keys and certificates of nodes, systems and signers, and the mutual TLS between them.
//!
//! An [`Authority`] is the sandbox's own certification authority; a real deployment brings certificates issued by its
//! own as PEM files. Either way an [`Identity`] is a certificate chain with its private key, held by a node (named in a
//! SAN URI, `urn:lienthong:node:VN/GOV/G01`) or by a system outside the process (named in the subject's serialNumber).
//! [`tls`] builds the rustls configurations, in which a peer must chain to a trusted root *and* stand in the directory
//! with that very certificate or key: withdrawing a peer is a change of the directory, not a revocation list.
//!
//! [`time_stamp`] asks time-stamp authorities, verifies what they say, and is a small one itself.
//!
//! Time is a parameter everywhere. Private keys are made by the system's secure generator: they are the one thing a
//! seed must not reproduce.

pub mod certificate;
pub mod files;
#[cfg(feature = "testing")]
pub mod fuzzing;
pub mod time_stamp;
pub mod tls;

mod authority;
mod document;
mod error;
mod holder;
mod identity;
mod ledger_key;
mod p256_key;
mod pem;
mod request;
mod revocation;
mod shared;
mod verifier;

pub use authority::{Authority, Validity};
pub use certificate::{CertificateFacts, KeyKind, fingerprint, inspect, needs_renewal};
pub use document::{DocumentIdentity, DocumentSigner};
pub use error::PkiError;
pub use holder::{Holder, Role};
pub use identity::Identity;
pub use ledger_key::LedgerKey;
pub use p256_key::P256Key;
pub use request::{request_node, request_signer};
pub use revocation::{REVOKED_LIMIT_BYTES, Revoked};
pub use shared::SharedIdentity;
pub use time_stamp::{TimeStamp, TimeStampAuthority, TimeStampError};
