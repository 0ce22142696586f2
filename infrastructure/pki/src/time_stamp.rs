//! Time stamps (RFC 3161): asking an authority for one, verifying what it gives, and a small authority for a sandbox.

mod asn1;
mod authority;

pub use authority::TimeStampAuthority;

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use der::asn1::{Any, Int, ObjectIdentifier, OctetString};
use der::{Decode, Encode, Tag, Tagged};
use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use std::time::Duration;
use thiserror::Error;
use webpki::{EndEntityCert, KeyUsage, aws_lc_rs as algorithms};
use x509_cert::attr::Attribute;
use x509_cert::spki::AlgorithmIdentifierOwned;

use asn1::{
    ContentInfo, ID_CONTENT_TYPE, ID_MESSAGE_DIGEST, ID_SHA256, ID_SHA384, ID_SHA512, ID_SIGNED_DATA,
    ID_SIGNING_CERTIFICATE_V2, ID_TST_INFO, MessageImprint, SignedData, SignerInfo, SigningCertificateV2,
    TimeStampReq, TimeStampResp, TstInfo,
};

/// Longest request that an authority reads, in bytes.
pub const QUERY_LIMIT_BYTES: usize = 4 * 1024;
/// Longest answer or token that is read, in bytes.
pub const TOKEN_LIMIT_BYTES: usize = 64 * 1024;
/// Most certificates in a token.
const CERTIFICATES_LIMIT: usize = 8;
/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 16;
/// Extended key usage timeStamping (RFC 3161, 2.3), the content of its object identifier.
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// Why a time stamp is not believed.
#[derive(Debug, Error)]
pub enum TimeStampError {
    /// It can't be read.
    #[error("the time stamp can't be read: {0}")]
    Form(String),
    /// The authority refused.
    #[error(
        "the authority gave no time stamp: status {status}; see that it takes SHA-256 and needs no policy"
    )]
    Refused {
        /// Its `PKIStatus`.
        status: u8,
    },
    /// It is of something else.
    #[error("the time stamp is of something else: {0}")]
    Other(&'static str),
    /// The signature, or what must be signed with it.
    #[error("the time stamp's signature does not hold: {0}")]
    Signature(&'static str),
    /// The certificate of who signed.
    #[error("the time stamp's certificate is not one for stamping time under a trusted root: {0}")]
    Certificate(String),
}

impl From<der::Error> for TimeStampError {
    fn from(error: der::Error) -> Self {
        Self::Form(error.to_string())
    }
}

/// What a verified time stamp says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStamp {
    /// When the digest existed.
    pub at: Timestamp,
    /// How far from that it may have been, in microseconds; zero when the authority does not say.
    pub accuracy_micros: u64,
    /// Number of the stamp, big-endian.
    pub serial: Vec<u8>,
    /// The authority's policy, an object identifier.
    pub policy: String,
    /// Subject of the authority's certificate.
    pub authority: String,
}

/// A request for a time stamp over a SHA-256 digest, with the certificate, DER.
///
/// # Errors
/// None are expected.
pub fn query(sha256: &[u8; 32], nonce: &[u8; NONCE_BYTES]) -> Result<Vec<u8>, TimeStampError> {
    let algorithm = AlgorithmIdentifierOwned { oid: ID_SHA256, parameters: None };
    let request = TimeStampReq {
        version: 1,
        message_imprint: MessageImprint { algorithm, digest: OctetString::new(sha256.as_slice())? },
        policy: None,
        nonce: Some(number(nonce)?),
        certificate_wanted: Some(true),
        extensions: None,
    };
    Ok(request.to_der()?)
}

/// A positive number with the nonce's bits, all but the first two.
fn number(nonce: &[u8; NONCE_BYTES]) -> Result<Int, der::Error> {
    let mut bytes = *nonce;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Int::new(&bytes)
}

/// The token in an authority's answer, if it is over this SHA-256 digest, for this nonce, and holds under these roots.
///
/// # Errors
/// Whatever is wrong with it.
pub fn read_reply(
    reply: &[u8],
    sha256: &[u8; 32],
    nonce: &[u8; NONCE_BYTES],
    roots: &RootCertStore,
) -> Result<(Vec<u8>, TimeStamp), TimeStampError> {
    check_length(reply)?;
    let reply = TimeStampResp::from_der(reply)?;
    // 0 is granted, 1 granted with modifications.
    let token = match (reply.status.status, reply.token) {
        (0 | 1, Some(token)) => token.to_der()?,
        (status, _) => return Err(TimeStampError::Refused { status }),
    };
    let (info, stamp) = open(&token, sha256, roots)?;
    if info.nonce != Some(number(nonce)?) {
        return Err(TimeStampError::Other("it answers another request: the nonce is not ours"));
    }
    Ok((token, stamp))
}

/// What a token says of this SHA-256 digest, if it holds under these roots. No network is needed.
///
/// # Errors
/// Whatever is wrong with it.
pub fn verify(token: &[u8], sha256: &[u8; 32], roots: &RootCertStore) -> Result<TimeStamp, TimeStampError> {
    check_length(token)?;
    Ok(open(token, sha256, roots)?.1)
}

fn check_length(text: &[u8]) -> Result<(), TimeStampError> {
    if text.len() > TOKEN_LIMIT_BYTES {
        return Err(TimeStampError::Form(format!("it is larger than {TOKEN_LIMIT_BYTES} bytes")));
    }
    Ok(())
}

fn open(
    token: &[u8],
    sha256: &[u8; 32],
    roots: &RootCertStore,
) -> Result<(TstInfo, TimeStamp), TimeStampError> {
    let signed = ContentInfo::from_der(token)?;
    if signed.content_type != ID_SIGNED_DATA || signed.content.encapsulated.content_type != ID_TST_INFO {
        return Err(TimeStampError::Other("it is no signed time stamp"));
    }
    let content = signed.content.encapsulated.content.as_bytes();
    let info = TstInfo::from_der(content)?;
    let imprint = &info.message_imprint;
    if imprint.algorithm.oid != ID_SHA256 || imprint.digest.as_bytes() != sha256 {
        return Err(TimeStampError::Other("the digest is another"));
    }
    let at = time_of(&info.time)?;
    let certificate = verify_signature(&signed.content, content, at, roots)?;
    let accuracy = info.accuracy.as_ref().map_or(0, |accuracy| {
        u64::from(accuracy.seconds.unwrap_or(0)) * 1_000_000
            + u64::from(accuracy.millis.unwrap_or(0)) * 1_000
            + u64::from(accuracy.micros.unwrap_or(0))
    });
    let subject = crate::certificate::parse(&certificate)
        .map_err(|error| TimeStampError::Certificate(error.to_string()))?
        .tbs_certificate()
        .subject()
        .to_string();
    let stamp = TimeStamp {
        at,
        accuracy_micros: accuracy,
        serial: info.serial_number.as_bytes().to_vec(),
        policy: info.policy.to_string(),
        authority: subject,
    };
    Ok((info, stamp))
}

/// A `GeneralizedTime` in UTC, which may have fractions of a second (RFC 3161, 2.4.2).
fn time_of(time: &Any) -> Result<Timestamp, TimeStampError> {
    let wrong = || TimeStampError::Form("the time is not of the form YYYYMMDDhhmmss[.f]Z".to_owned());
    if time.tag() != Tag::GeneralizedTime {
        return Err(wrong());
    }
    let text =
        std::str::from_utf8(time.value()).ok().and_then(|text| text.strip_suffix('Z')).ok_or_else(wrong)?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || fraction.len() > 9 || !is_digits(whole) || !is_digits(fraction) {
        return Err(wrong());
    }
    let (date, clock) = whole.split_at(8);
    let text = format!(
        "{}-{}-{}T{}:{}:{}.{fraction}Z",
        &date[..4],
        &date[4..6],
        &date[6..],
        &clock[..2],
        &clock[2..4],
        &clock[4..]
    );
    text.parse().map_err(|_| wrong())
}

/// The certificate that signed, once everything about the signature holds.
fn verify_signature(
    signed: &SignedData,
    content: &[u8],
    at: Timestamp,
    roots: &RootCertStore,
) -> Result<CertificateDer<'static>, TimeStampError> {
    let [signer] = signed.signers.as_slice() else {
        return Err(TimeStampError::Signature("there must be one signer"));
    };
    let signer: SignerInfo = signer.decode_as()?;
    let (algorithm, verifiers) = algorithms_of(signer.digest_algorithm.oid)
        .ok_or(TimeStampError::Signature("its digest is none of SHA-256, SHA-384 and SHA-512"))?;
    let content_type: ObjectIdentifier = signed_attribute(&signer, ID_CONTENT_TYPE)?.decode_as()?;
    if content_type != ID_TST_INFO {
        return Err(TimeStampError::Signature("it is over another type of content"));
    }
    let message_digest: OctetString = signed_attribute(&signer, ID_MESSAGE_DIGEST)?.decode_as()?;
    if message_digest.as_bytes() != digest(algorithm, content).as_ref() {
        return Err(TimeStampError::Signature("it is over another content"));
    }
    let certificates = signed.certificates.as_ref().map_or(&[][..], |certificates| certificates.as_slice());
    if certificates.len() > CERTIFICATES_LIMIT {
        return Err(TimeStampError::Form(format!("it has more than {CERTIFICATES_LIMIT} certificates")));
    }
    let certificates: Vec<CertificateDer<'static>> = certificates
        .iter()
        .map(|certificate| certificate.to_der().map(Into::into))
        .collect::<Result<_, _>>()?;
    let own = named_certificate(&signer, &certificates)?;
    let refused = |error: webpki::Error| TimeStampError::Certificate(error.to_string());
    let end_entity = EndEntityCert::try_from(own).map_err(refused)?;
    let message = signer.signed_attributes.to_der()?;
    if !verifiers
        .iter()
        .any(|verifier| end_entity.verify_signature(*verifier, &message, signer.signature.as_bytes()).is_ok())
    {
        return Err(TimeStampError::Signature("the certificate's key did not make it"));
    }
    let time = UnixTime::since_unix_epoch(Duration::from_secs(at.as_second().max(0).unsigned_abs()));
    end_entity
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &roots.roots,
            &certificates,
            time,
            KeyUsage::required(TIME_STAMPING),
            None,
            None,
        )
        .map_err(refused)?;
    Ok(own.clone())
}

/// The one value of a signed attribute that must be there once.
fn signed_attribute(signer: &SignerInfo, oid: ObjectIdentifier) -> Result<&Any, TimeStampError> {
    let mut found = signer.signed_attributes.iter().filter(|attribute| attribute.oid == oid);
    let value = |attribute: &'_ Attribute| attribute.values.len() == 1;
    match (found.next(), found.next()) {
        (Some(attribute), None) if value(attribute) => {
            attribute.values.get(0).ok_or(TimeStampError::Signature("an attribute is empty"))
        }
        _ => Err(TimeStampError::Signature("an attribute that must be signed is not there once")),
    }
}

/// The certificate that the signed attribute names (RFC 5816), so that no other can be put in its place.
fn named_certificate<'a>(
    signer: &SignerInfo,
    certificates: &'a [CertificateDer<'static>],
) -> Result<&'a CertificateDer<'static>, TimeStampError> {
    let named: SigningCertificateV2 = signed_attribute(signer, ID_SIGNING_CERTIFICATE_V2)?.decode_as()?;
    let first = named.certificates.first().ok_or(TimeStampError::Signature("it names no certificate"))?;
    let oid = first.algorithm.as_ref().map_or(ID_SHA256, |algorithm| algorithm.oid);
    let (algorithm, _) = algorithms_of(oid)
        .ok_or(TimeStampError::Signature("it names its certificate by an unknown digest"))?;
    certificates
        .iter()
        .find(|certificate| digest(algorithm, certificate).as_ref() == first.digest.as_bytes())
        .ok_or(TimeStampError::Signature("the certificate it names is not there"))
}

type Verifiers = &'static [&'static dyn SignatureVerificationAlgorithm];

/// A digest, and the signatures that are made with it.
fn algorithms_of(oid: ObjectIdentifier) -> Option<(&'static Algorithm, Verifiers)> {
    static WITH_SHA256: Verifiers = &[
        algorithms::ECDSA_P256_SHA256,
        algorithms::ECDSA_P384_SHA256,
        algorithms::RSA_PKCS1_2048_8192_SHA256,
    ];
    static WITH_SHA384: Verifiers = &[
        algorithms::ECDSA_P384_SHA384,
        algorithms::ECDSA_P256_SHA384,
        algorithms::RSA_PKCS1_2048_8192_SHA384,
    ];
    static WITH_SHA512: Verifiers = &[
        algorithms::ECDSA_P256_SHA512,
        algorithms::ECDSA_P384_SHA512,
        algorithms::RSA_PKCS1_2048_8192_SHA512,
    ];
    match oid {
        ID_SHA256 => Some((&SHA256, WITH_SHA256)),
        ID_SHA384 => Some((&SHA384, WITH_SHA384)),
        ID_SHA512 => Some((&SHA512, WITH_SHA512)),
        _ => None,
    }
}

/// Bytes of a digest that may be stamped.
fn digest_length_bytes(oid: ObjectIdentifier) -> Option<usize> {
    algorithms_of(oid).map(|(algorithm, _)| algorithm.output_len())
}
