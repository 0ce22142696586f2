//! What can go wrong when a document is pressed or signed.

/// Why a document could not be pressed or signed.
///
/// Messages name the block, limit or byte position at fault, never the text itself: what is printed on an
/// official document is personal data.
#[derive(Debug, thiserror::Error)]
pub enum PressError {
    /// A character that cannot be printed faithfully. Replacing it would alter a name on an official document.
    #[error(
        "{place} holds U+{code_point:04X}, which the document fonts cannot print faithfully; \
         correct the text at its source"
    )]
    UnprintableCharacter {
        /// Which part of the document holds the character, such as `block 3`.
        place: String,
        /// The Unicode code point.
        code_point: u32,
    },
    /// A text, list or number is beyond its limit.
    #[error("{what} is {found}, the limit is {limit}")]
    LimitExceeded {
        /// What was counted, with its place.
        what: String,
        /// The figure found.
        found: usize,
        /// The figure allowed.
        limit: usize,
    },
    /// A block lacks a part it needs, or its parts contradict each other.
    #[error("{place}: {reason}")]
    InvalidBlock {
        /// Which block.
        place: String,
        /// What is wrong with it and what it needs.
        reason: &'static str,
    },
    /// The PDF writer refused the document; with valid input this is a defect of this crate.
    #[error("the document could not be written as PDF/A-2a and PDF/UA-1: {0}")]
    Rendering(String),
    /// The document could not be signed, or is not a PDF that can be.
    #[error(transparent)]
    Signature(#[from] signature::SignatureError),
}
