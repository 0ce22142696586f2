//! Reading and writing PEM (RFC 7468).

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_cert::der::pem::{LineEnding, encode_string};

use crate::error::PkiError;

/// More certificates than any chain has.
const MAX_CHAIN_CERTIFICATES: usize = 8;

/// The certificates in PEM text, at least one.
pub(crate) fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, PkiError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes())
        .take(MAX_CHAIN_CERTIFICATES + 1)
        .collect::<Result<_, _>>()
        .map_err(|_| PkiError::Pem { problem: "is damaged" })?;
    match chain.len() {
        0 => Err(PkiError::Pem { problem: "holds no CERTIFICATE part" }),
        1..=MAX_CHAIN_CERTIFICATES => Ok(chain),
        _ => Err(PkiError::Pem { problem: "holds more certificates than a chain may have" }),
    }
}

/// The private key in PEM text: PKCS #8, SEC1 or PKCS #1.
pub(crate) fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, PkiError> {
    PrivateKeyDer::from_pem_slice(text.as_bytes())
        .map_err(|_| PkiError::Pem { problem: "holds no PRIVATE KEY part, or a damaged or encrypted one" })
}

/// A private key and then its certificate chain.
pub(crate) fn write_identity(chain: &[CertificateDer<'_>], key: &PrivateKeyDer<'_>) -> String {
    let label = match key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    write_part(label, key.secret_der()) + &write_chain(chain)
}

/// A certificate chain.
pub(crate) fn write_chain(chain: &[CertificateDer<'_>]) -> String {
    chain.iter().map(|certificate| write_part("CERTIFICATE", certificate)).collect()
}

/// One PEM part.
pub(crate) fn write_part(label: &'static str, der: &[u8]) -> String {
    encode_string(label, LineEnding::LF, der).expect("a string has room for any key or certificate")
}
