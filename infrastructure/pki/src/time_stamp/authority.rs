//! A small time-stamp authority, for a sandbox: it says of a digest that it existed at a time.

use aws_lc_rs::digest::{SHA256, digest};
use der::asn1::{Any, BitString, GeneralizedTime, Int, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode};
use jiff::Timestamp;
use std::time::Duration;
use x509_cert::attr::Attribute;
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::asn1::*;
use super::{QUERY_LIMIT_BYTES, digest_length_bytes};
use crate::certificate::parse;
use crate::document::DocumentIdentity;
use crate::error::PkiError;

/// How exact the times are, in seconds: the clock's own.
const ACCURACY_SECONDS: u32 = 1;
/// The policy, of the arc that RFC 5612 reserves for examples. A sandbox's times bind nobody.
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1.1");

/// Why a request is rejected: the bits of `PKIFailureInfo` (RFC 3161, 2.4.2).
#[derive(Clone, Copy)]
enum Failure {
    BadAlgorithm = 0,
    BadRequest = 2,
    BadDataFormat = 5,
    UnacceptedPolicy = 15,
    UnacceptedExtension = 16,
}

/// A time-stamp authority with a key and certificate for nothing else.
pub struct TimeStampAuthority {
    identity: DocumentIdentity,
}

impl TimeStampAuthority {
    /// The authority with this key, from [`Authority::issue_time_stamper`](crate::Authority::issue_time_stamper).
    #[must_use]
    pub fn new(identity: DocumentIdentity) -> Self {
        Self { identity }
    }

    /// The answer to a request, both DER (`application/timestamp-query`, `application/timestamp-reply`). `serial` must be
    /// random: no two stamps may have the same.
    ///
    /// # Errors
    /// When the key cannot sign. A request that is refused has an answer that says so.
    pub fn answer(&self, request: &[u8], at: Timestamp, serial: [u8; 16]) -> Result<Vec<u8>, PkiError> {
        let response = match check(request) {
            Ok(request) => TimeStampResp {
                status: StatusInfo { status: 0, text: None, failure: None },
                token: Some(self.token(&request, at, serial)?),
            },
            Err(failure) => rejection(failure)?,
        };
        Ok(response.to_der()?)
    }

    fn token(&self, request: &TimeStampReq, at: Timestamp, mut serial: [u8; 16]) -> Result<Any, PkiError> {
        // A positive number, with its first byte in use.
        serial[0] = serial[0] & 0x7f | 0x40;
        let time = GeneralizedTime::from_unix_duration(Duration::from_secs(at.as_second().unsigned_abs()))?;
        let info = TstInfo {
            version: 1,
            policy: POLICY,
            message_imprint: request.message_imprint.clone(),
            serial_number: Int::new(&serial)?,
            time: Any::encode_from(&time)?,
            accuracy: Some(Accuracy { seconds: Some(ACCURACY_SECONDS), millis: None, micros: None }),
            ordering: None,
            nonce: request.nonce.clone(),
            authority: None,
            extensions: None,
        };
        let info = info.to_der()?;
        let signer = self.signer(&info)?;
        let chain = self.identity.chain().iter().map(|certificate| Any::from_der(certificate));
        let certificates = match request.certificate_wanted {
            Some(true) => Some(SetOfVec::try_from(chain.collect::<Result<Vec<_>, _>>()?)?),
            _ => None,
        };
        let content = SignedData {
            version: 3,
            digest_algorithms: SetOfVec::try_from(vec![sha256()])?,
            encapsulated: EncapsulatedContent { content_type: ID_TST_INFO, content: OctetString::new(info)? },
            certificates,
            revocations: None,
            signers: SetOfVec::try_from(vec![Any::encode_from(&signer)?])?,
        };
        Ok(Any::encode_from(&ContentInfo { content_type: ID_SIGNED_DATA, content })?)
    }

    fn signer(&self, info: &[u8]) -> Result<SignerInfo, PkiError> {
        let own = &self.identity.chain()[0];
        let certificate = parse(own)?;
        let named = SigningCertificateV2 {
            certificates: vec![EssCertIdV2 {
                algorithm: None,
                digest: OctetString::new(digest(&SHA256, own).as_ref())?,
                issuer: None,
            }],
            policies: None,
        };
        let signed_attributes = SetOfVec::try_from(vec![
            attribute(ID_CONTENT_TYPE, Any::encode_from(&ID_TST_INFO)?)?,
            attribute(
                ID_MESSAGE_DIGEST,
                Any::encode_from(&OctetString::new(digest(&SHA256, info).as_ref())?)?,
            )?,
            attribute(ID_SIGNING_CERTIFICATE_V2, Any::encode_from(&named)?)?,
        ])?;
        // RFC 5652, 5.4: what is signed is the encoding as SET OF, not with the context tag it is stored with.
        let signature = self.identity.sign_p256_sha256(&signed_attributes.to_der()?)?;
        let tbs = certificate.tbs_certificate();
        let signer = IssuerAndSerialNumber {
            issuer: tbs.issuer().clone(),
            serial_number: tbs.serial_number().clone(),
        };
        Ok(SignerInfo {
            version: 1,
            signer: Any::encode_from(&signer)?,
            digest_algorithm: sha256(),
            signed_attributes,
            signature_algorithm: AlgorithmIdentifierOwned { oid: ID_ECDSA_WITH_SHA256, parameters: None },
            signature: OctetString::new(signature)?,
            unsigned_attributes: None,
        })
    }
}

fn sha256() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: ID_SHA256, parameters: None }
}

fn attribute(oid: ObjectIdentifier, value: Any) -> Result<Attribute, PkiError> {
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
}

/// The request, if it can be granted.
fn check(request: &[u8]) -> Result<TimeStampReq, Failure> {
    if request.len() > QUERY_LIMIT_BYTES {
        return Err(Failure::BadDataFormat);
    }
    let request = TimeStampReq::from_der(request).map_err(|_| Failure::BadDataFormat)?;
    let imprint = &request.message_imprint;
    if request.version != 1 {
        return Err(Failure::BadRequest);
    }
    match digest_length_bytes(imprint.algorithm.oid) {
        None => return Err(Failure::BadAlgorithm),
        Some(length) if imprint.digest.as_bytes().len() != length => return Err(Failure::BadDataFormat),
        Some(_) => {}
    }
    if request.policy.is_some_and(|policy| policy != POLICY) {
        return Err(Failure::UnacceptedPolicy);
    }
    if request.extensions.is_some() {
        return Err(Failure::UnacceptedExtension);
    }
    Ok(request)
}

fn rejection(failure: Failure) -> Result<TimeStampResp, PkiError> {
    let bit = failure as usize;
    let mut bytes = vec![0; bit / 8 + 1];
    bytes[bit / 8] = 0x80 >> (bit % 8);
    // A named-bit list ends with its last set bit.
    let failure = BitString::new((7 - bit % 8) as u8, bytes)?;
    Ok(TimeStampResp { status: StatusInfo { status: 2, text: None, failure: Some(failure) }, token: None })
}
