//! Digital signatures of documents: making them, and saying of anyone's how sure they are.
//!
//! - [`Seal`] signs PDF after PAdES (ETSI EN 319 142-1) and XML after XAdES (EN 319 132-1), each at level B-B, B-T or B-LT: a
//!   key, and beside it whoever says when ([`TimeStamps`]) and whether the certificate is in force ([`Revocations`]).
//! - A [`Signer`] signs a digest and nothing else: a key in a file, in a hardware module, or at a remote service
//!   ([`remote::RemoteSigner`]).
//! - [`verify`] says of a document who signed, when, whether it was changed since, and how sure that is.
//!
//! Whatever is verified is hostile: sizes, depths and counts are limited, and what is not understood is not believed.

mod algorithm;
mod cms;
mod error;
#[cfg(feature = "testing")]
pub mod fuzzing;
mod judgement;
pub mod pades;
pub mod pdf;
pub mod remote;
mod report;
mod revocation;
mod seal;
mod signer;
#[cfg(feature = "testing")]
pub mod testing;
mod tlv;
mod trust;
mod verifier;
mod xades;
mod xml;

pub use error::{FormError, SignatureError, SourceError};
pub use report::{
    Finding, FindingCode, Format, Report, SignatureReport, SignerFacts, SigningTime, Verdict, Weight,
};
pub use seal::{Level, Seal, Signed};
pub use signer::{CHAIN_LIMIT, Revocations, Signer, TimeStamps};
pub use trust::Trust;
pub use verifier::{Verifier, VerifierBusy};
pub use xades::{XmlForm, XmlSignature};

use jiff::Timestamp;

/// Largest document that is verified, in bytes.
pub const DOCUMENT_LIMIT_BYTES: usize = 20 * 1024 * 1024;

/// Says of a document who signed it, when, whether it was changed since, and how sure that is.
#[must_use]
pub fn verify(document: &[u8], trust: &Trust, now: Timestamp) -> Report {
    let format = format_of(document);
    let mut report = Report {
        format,
        sha256: trust::fingerprint(document),
        checked_at: now,
        verdict: Verdict::Indeterminate,
        findings: Vec::new(),
        signatures: Vec::new(),
    };
    if document.len() > DOCUMENT_LIMIT_BYTES {
        report.findings.push(FindingCode::TooLarge.about(format!("{DOCUMENT_LIMIT_BYTES} B")));
        return report;
    }
    let found = match format {
        Format::Pdf => pades::verify(document, trust, now),
        Format::Xml => xades::verify(document, trust, now),
        Format::Unknown => {
            report.findings.push(FindingCode::DocumentUnreadable.finding());
            return report;
        }
    };
    match found {
        Ok(signatures) if signatures.is_empty() => report.findings.push(FindingCode::NotSigned.finding()),
        Ok(signatures) => {
            let worst = signatures.iter().map(|signature| signature.verdict).max();
            report.verdict = worst.unwrap_or(Verdict::Indeterminate);
            report.signatures = signatures;
        }
        Err(error) => report.findings.push(FindingCode::DocumentUnreadable.about(error.to_string())),
    }
    report
}

fn format_of(document: &[u8]) -> Format {
    let text = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    let begins = text.iter().find(|byte| !byte.is_ascii_whitespace());
    if document.starts_with(b"%PDF-") {
        Format::Pdf
    } else if begins == Some(&b'<') {
        Format::Xml
    } else {
        Format::Unknown
    }
}
