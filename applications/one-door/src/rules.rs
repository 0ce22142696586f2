//! What the law says of dossiers, as functions of what is known.

mod code;
mod components;
mod contents;
mod deadlines;
mod states;

pub use code::{CODE_LIMIT_BYTES, DossierCode, NotADossierCode};
pub use components::*;
pub use contents::*;
pub use deadlines::*;
pub use states::*;

use contracts::FieldProblem;
use sha2::{Digest as _, Sha256};

/// SHA-256 of a text, in hexadecimal.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A value that can't be taken.
fn fault(field: impl Into<String>, code: &str, vi: &str, en: &str) -> FieldProblem {
    FieldProblem { field: field.into(), code: code.into(), vi: vi.into(), en: en.into() }
}
