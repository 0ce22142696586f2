//! Private keys in tokens (PKCS #11): a smart card, a hardware security module, softhsm2.
//!
//! A key is named by a `pkcs11:` URI (RFC 7512) wherever a key file is named. It never leaves its token; what it signs is
//! verified before it is given out, so neither a broken token nor another key of the same name signs anything. A token that
//! was away is found again by itself. Signing blocks until the token answers.
//!
//! Source: PKCS #11 v2.40 and v3.0 (Ed25519), RFC 7512.

mod key;
mod module;
#[cfg(feature = "testing")]
pub mod testing;
mod uri;

pub use key::{Kind, TokenKey};
pub use uri::{KeyUri, SCHEME, URI_LIMIT_BYTES, UriError};

use std::path::PathBuf;
use thiserror::Error;

/// Why a key in a token can't be used. Messages never hold a PIN.
#[derive(Debug, Error)]
pub enum TokenError {
    /// The library can't be loaded or started.
    #[error("the library {module} can't be used: {fault}; see that module-path names the token's PKCS #11 library", module = .module.display())]
    Module {
        /// The file.
        module: PathBuf,
        /// What was wrong.
        fault: String,
    },
    /// The library could not be started anew.
    #[error("the library {module} has stopped; it is started again at the next use", module = .module.display())]
    Stopped {
        /// The file.
        module: PathBuf,
    },
    /// No such token, or several.
    #[error("{found} tokens are named {token:?}; one must be: put it in, or tell them apart by serial")]
    Token {
        /// Its label.
        token: String,
        /// How many were found.
        found: usize,
    },
    /// The PIN can't be read.
    #[error("the PIN of the token {token:?} can't be read: {source}")]
    Pin {
        /// Its label.
        token: String,
        /// What was wrong.
        source: pki::PkiError,
    },
    /// The PIN is wrong.
    #[error("the token {token:?} does not take the PIN in {file}; it is not tried again before the file changes", file = .file.display())]
    WrongPin {
        /// Its label.
        token: String,
        /// The file with the PIN.
        file: PathBuf,
    },
    /// No such key, or several.
    #[error(
        "the token {token:?} has {found} {class} keys {object:?}; it must have one: make it with lienthong keys make"
    )]
    Object {
        /// Label of the token.
        token: String,
        /// Label of the key.
        object: String,
        /// `private` or `public`.
        class: &'static str,
        /// How many were found.
        found: usize,
    },
    /// A key is there that should be made.
    #[error("the token {token:?} has a key {object:?} already; choose another name, nothing was changed")]
    Exists {
        /// Label of the token.
        token: String,
        /// Label of the key.
        object: String,
    },
    /// A key of another kind than is needed.
    #[error("the key {object:?} in the token {token:?} is {found}, and must be {needed}")]
    Kind {
        /// Label of the token.
        token: String,
        /// Label of the key.
        object: String,
        /// What it is.
        found: String,
        /// What it must be.
        needed: &'static str,
    },
    /// The token refuses something.
    #[error("the token {token:?} does not {action}: {fault}")]
    Refused {
        /// Its label.
        token: String,
        /// What it was to do.
        action: &'static str,
        /// What it says.
        fault: String,
    },
    /// The token has signed something else, or with another key.
    #[error("the token {token:?} made a signature that its key {object:?} does not verify; it was not used")]
    WrongSignature {
        /// Label of the token.
        token: String,
        /// Label of the key.
        object: String,
    },
}
