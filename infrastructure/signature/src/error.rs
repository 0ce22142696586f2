//! What can go wrong when a document is signed, or read to be verified.

use thiserror::Error;

/// Why a document could not be signed or read. Messages name what is wrong and where, never what the document says.
#[derive(Debug, Error)]
pub enum SignatureError {
    /// A text, list or number is beyond its limit.
    #[error("{what} is {found}, the limit is {limit}")]
    LimitExceeded {
        /// What was counted.
        what: &'static str,
        /// The figure found.
        found: usize,
        /// The figure allowed.
        limit: usize,
    },
    /// The bytes are not a PDF that this crate understands.
    #[error("the PDF can't be used: {reason} at byte {position}")]
    UnsupportedPdf {
        /// What was expected or refused.
        reason: &'static str,
        /// Offset from the start of the file, in bytes.
        position: usize,
    },
    /// The bytes are not an XML document that this crate understands.
    #[error("the XML can't be used: {reason} at byte {position}")]
    UnsupportedXml {
        /// What was expected or refused.
        reason: &'static str,
        /// Offset from the start of the document, in bytes.
        position: u64,
    },
    /// The document has no signature field of that name.
    #[error("the PDF has no signature field named {name}")]
    NoSuchField {
        /// The name asked for.
        name: String,
    },
    /// The signature field holds a signature already.
    #[error("the signature field {name} is signed already; choose another")]
    FieldAlreadySigned {
        /// The name asked for.
        name: String,
    },
    /// The signer's certificate chain is unusable.
    #[error("the signer's certificate chain is unusable: {0}")]
    Certificate(String),
    /// The key holder (a file, a hardware module, a service) failed to sign.
    #[error("the key holder did not sign")]
    Signer(#[source] SourceError),
    /// The signature returned does not match the signer's certificate.
    #[error(
        "the signature returned does not verify with the signer's certificate; key and certificate differ"
    )]
    SignatureMismatch,
    /// The signature structure could not be encoded.
    #[error("the signature could not be encoded: {0}")]
    Encoding(#[from] der::Error),
}

/// Why a key holder, a time-stamp authority or a source of revocation lists did not give what was asked.
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// A part of DER that is not of the form expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("it is not of the form of its standard: {0}")]
pub struct FormError(pub &'static str);
