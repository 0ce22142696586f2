//! What a certificate says: its facts, its fingerprint, and whether it is time to renew it.

use std::fmt::{self, Display, Write};

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::CertificateDer;
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::Time;

use crate::error::PkiError;
use crate::holder::Holder;
use crate::pem;

const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The kind of a certificate's public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA on NIST P-256.
    P256,
    /// ECDSA on NIST P-384.
    P384,
    /// Ed25519.
    Ed25519,
    /// RSA.
    Rsa,
    /// Another algorithm, by its object identifier.
    Other(String),
}

impl Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P256 => "ECDSA P-256",
            Self::P384 => "ECDSA P-384",
            Self::Ed25519 => "Ed25519",
            Self::Rsa => "RSA",
            Self::Other(oid) => oid,
        })
    }
}

/// What a certificate says, for people looking after a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The subject, as RFC 4514 writes it.
    pub subject: String,
    /// The issuer, as RFC 4514 writes it.
    pub issuer: String,
    /// The node or system it names, if it does.
    pub holder: Option<Holder>,
    /// The first moment of validity.
    pub not_before: Timestamp,
    /// The last moment of validity.
    pub not_after: Timestamp,
    /// SHA-256 of the certificate, in hex.
    pub fingerprint: String,
    /// SHA-256 of its public key (SubjectPublicKeyInfo), in hex: the same after a renewal that keeps the key.
    pub key_fingerprint: String,
    /// The kind of its public key.
    pub key_kind: KeyKind,
}

impl CertificateFacts {
    /// The facts of a certificate.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(der: &CertificateDer<'_>) -> Result<Self, PkiError> {
        let certificate = parse(der)?;
        let body = certificate.tbs_certificate();
        let (not_before, not_after) = validity(&certificate)?;
        Ok(Self {
            subject: body.subject().to_string(),
            issuer: body.issuer().to_string(),
            holder: Holder::of_certificate(der).ok(),
            not_before,
            not_after,
            fingerprint: fingerprint(der),
            key_fingerprint: key_fingerprint_of(body.subject_public_key_info())?,
            key_kind: key_kind_of(body.subject_public_key_info()),
        })
    }

    /// Whether the certificate is valid at a moment.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }
}

/// The facts of the first certificate in PEM text, which in a chain is the holder's own.
///
/// # Errors
/// When the text holds no readable certificate.
pub fn inspect(pem_text: &str) -> Result<CertificateFacts, PkiError> {
    CertificateFacts::of(&pem::certificates(pem_text)?[0])
}

/// SHA-256 of a certificate, in lowercase hex.
#[must_use]
pub fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    sha256_hex(certificate)
}

/// SHA-256 of a certificate's public key (SubjectPublicKeyInfo), in lowercase hex.
///
/// # Errors
/// When the certificate cannot be read.
pub fn key_fingerprint(certificate: &CertificateDer<'_>) -> Result<String, PkiError> {
    key_fingerprint_of(parse(certificate)?.tbs_certificate().subject_public_key_info())
}

/// Whether the last third of a certificate's life has begun, the time to renew it.
///
/// # Errors
/// When the certificate cannot be read.
pub fn needs_renewal(certificate: &CertificateDer<'_>, now: Timestamp) -> Result<bool, PkiError> {
    let (not_before, not_after) = validity(&parse(certificate)?)?;
    let last_third = not_before.duration_until(not_after) / 3;
    Ok(now >= not_after - last_third)
}

pub(crate) fn parse(der: &CertificateDer<'_>) -> Result<Certificate, PkiError> {
    Certificate::from_der(der).map_err(|error| PkiError::Certificate(error.to_string()))
}

pub(crate) fn subject_serial_number(certificate: &Certificate) -> Option<String> {
    subject_attribute(certificate, SERIAL_NUMBER)
}

pub(crate) fn subject_common_name(certificate: &Certificate) -> Option<String> {
    subject_attribute(certificate, COMMON_NAME)
}

/// The value of a subject attribute that stands exactly once.
fn subject_attribute(certificate: &Certificate, oid: ObjectIdentifier) -> Option<String> {
    let mut values = certificate.tbs_certificate().subject().iter().filter(|attribute| attribute.oid == oid);
    let (attribute, None) = (values.next()?, values.next()) else { return None };
    std::str::from_utf8(attribute.value.value()).ok().map(str::to_owned)
}

fn validity(certificate: &Certificate) -> Result<(Timestamp, Timestamp), PkiError> {
    let validity = certificate.tbs_certificate().validity();
    Ok((moment(validity.not_before)?, moment(validity.not_after)?))
}

fn moment(time: Time) -> Result<Timestamp, PkiError> {
    SignedDuration::try_from(time.to_unix_duration())
        .ok()
        .and_then(|since_1970| Timestamp::UNIX_EPOCH.checked_add(since_1970).ok())
        .ok_or_else(|| PkiError::Certificate("its validity lies outside the calendar".into()))
}

fn key_fingerprint_of(key: &SubjectPublicKeyInfoOwned) -> Result<String, PkiError> {
    let der = key.to_der().map_err(|error| PkiError::Certificate(error.to_string()))?;
    Ok(sha256_hex(&der))
}

fn key_kind_of(key: &SubjectPublicKeyInfoOwned) -> KeyKind {
    let curve = || key.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok();
    match key.algorithm.oid {
        ED25519 => KeyKind::Ed25519,
        RSA => KeyKind::Rsa,
        EC_PUBLIC_KEY if curve() == Some(P_256) => KeyKind::P256,
        EC_PUBLIC_KEY if curve() == Some(P_384) => KeyKind::P384,
        other => KeyKind::Other(other.to_string()),
    }
}

fn sha256_hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
        hex
    })
}
