//! The signature itself: CMS SignedData (RFC 5652) as PAdES baseline B-B wants it (ETSI EN 319 142-1, EN 319 122-1).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode, Sequence, ValueOrd};
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::DocumentSigner;
use crate::error::PressError;

/// The most certificates in a chain.
pub const MAX_CHAIN_CERTIFICATES: usize = 8;

const ID_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ID_SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const ID_CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const ID_MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const ID_SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const ID_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const ID_ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ID_EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ID_P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// Room for everything in the signature but the certificates: attributes, digests, identifiers, signature value,
/// and the issuer's name once more.
const ROOM_BESIDE_CERTIFICATES_BYTES: usize = 4_096;

#[derive(Sequence)]
struct ContentInfo {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: SignedData,
}

#[derive(Sequence)]
struct SignedData {
    version: u8,
    digest_algorithms: SetOfVec<AlgorithmIdentifierOwned>,
    encapsulated_content: EncapsulatedContentInfo,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true")]
    certificates: SetOfVec<Any>,
    signer_infos: SetOfVec<SignerInfo>,
}

/// Only the type: the signed bytes stay in the PDF.
#[derive(Sequence)]
struct EncapsulatedContentInfo {
    content_type: ObjectIdentifier,
}

#[derive(Clone, Sequence, ValueOrd)]
struct SignerInfo {
    version: u8,
    signer: IssuerAndSerialNumber,
    digest_algorithm: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true")]
    signed_attributes: SetOfVec<Attribute>,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: OctetString,
}

#[derive(Clone, Sequence, ValueOrd)]
struct IssuerAndSerialNumber {
    issuer: Name,
    serial_number: SerialNumber,
}

/// RFC 5035; SHA-256 is the default and therefore not named.
#[derive(Sequence)]
struct SigningCertificateV2 {
    certificates: Vec<EssCertIdV2>,
}

#[derive(Sequence)]
struct EssCertIdV2 {
    certificate_digest: OctetString,
}

/// A signer's chain, read and checked as far as needed to sign.
pub(crate) struct Chain {
    encoded: Vec<Vec<u8>>,
    signer: Certificate,
}

impl Chain {
    /// Reads the chain: the signer's own certificate first, with a P-256 key.
    pub(crate) fn of(signer: &dyn DocumentSigner) -> Result<Self, PressError> {
        let encoded = signer.certificate_chain_der();
        if encoded.len() > MAX_CHAIN_CERTIFICATES {
            return Err(PressError::LimitExceeded {
                what: "the number of certificates in the signer's chain".to_owned(),
                found: encoded.len(),
                limit: MAX_CHAIN_CERTIFICATES,
            });
        }
        let own = encoded.first().ok_or_else(|| {
            PressError::Certificate("it is empty; the signer's own must come first".to_owned())
        })?;
        let certificate =
            Certificate::from_der(own).map_err(|error| PressError::Certificate(error.to_string()))?;
        let algorithm = &certificate.tbs_certificate().subject_public_key_info().algorithm;
        let curve =
            algorithm.parameters.as_ref().and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
        if algorithm.oid != ID_EC_PUBLIC_KEY || curve != Some(ID_P256) {
            return Err(PressError::Certificate("the signer's key is not an ECDSA P-256 key".to_owned()));
        }
        Ok(Self { encoded, signer: certificate })
    }

    /// The most bytes a signature with this chain takes.
    pub(crate) fn signature_room_bytes(&self) -> usize {
        self.encoded.iter().map(Vec::len).sum::<usize>() + ROOM_BESIDE_CERTIFICATES_BYTES
    }

    /// Checks what the key holder returned, so that no document leaves with a signature that does not hold.
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), PressError> {
        let key = self.signer.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
            .verify(message, signature)
            .map_err(|_| PressError::SignatureMismatch)
    }
}

/// Signs the bytes of a PDF outside the signature's own place, given as their SHA-256 digest.
pub(crate) fn signed_data(
    content_digest: &[u8],
    chain: &Chain,
    signer: &dyn DocumentSigner,
) -> Result<Vec<u8>, PressError> {
    let signed_attributes = signed_attributes(content_digest, chain)?;
    // RFC 5652, 5.4: what is signed is the encoding as SET OF, not with the context tag it is stored with.
    let message = signed_attributes.to_der()?;
    let signature = signer.sign_p256_sha256(&message).map_err(PressError::Signer)?;
    chain.verify(&message, &signature)?;
    let sha256 = AlgorithmIdentifierOwned { oid: ID_SHA256, parameters: None };
    let tbs = chain.signer.tbs_certificate();
    let signer_info = SignerInfo {
        version: 1,
        signer: IssuerAndSerialNumber {
            issuer: tbs.issuer().clone(),
            serial_number: tbs.serial_number().clone(),
        },
        digest_algorithm: sha256.clone(),
        signed_attributes,
        signature_algorithm: AlgorithmIdentifierOwned { oid: ID_ECDSA_WITH_SHA256, parameters: None },
        signature: OctetString::new(signature)?,
    };
    let certificates =
        chain.encoded.iter().map(|encoded| Any::from_der(encoded)).collect::<Result<Vec<_>, _>>()?;
    let content = SignedData {
        version: 1,
        digest_algorithms: SetOfVec::try_from(vec![sha256])?,
        encapsulated_content: EncapsulatedContentInfo { content_type: ID_DATA },
        certificates: SetOfVec::try_from(certificates)?,
        signer_infos: SetOfVec::try_from(vec![signer_info])?,
    };
    Ok(ContentInfo { content_type: ID_SIGNED_DATA, content }.to_der()?)
}

/// Content type, message digest and signing certificate. The time stands in the PDF (`/M`), as EN 319 142-1 asks.
fn signed_attributes(content_digest: &[u8], chain: &Chain) -> Result<SetOfVec<Attribute>, PressError> {
    let certificate_digest = digest(&SHA256, &chain.encoded[0]);
    let signing_certificate = SigningCertificateV2 {
        certificates: vec![EssCertIdV2 {
            certificate_digest: OctetString::new(certificate_digest.as_ref())?,
        }],
    };
    Ok(SetOfVec::try_from(vec![
        attribute(ID_CONTENT_TYPE, Any::encode_from(&ID_DATA)?)?,
        attribute(ID_MESSAGE_DIGEST, Any::encode_from(&OctetString::new(content_digest)?)?)?,
        attribute(ID_SIGNING_CERTIFICATE_V2, Any::encode_from(&signing_certificate)?)?,
    ])?)
}

fn attribute(oid: ObjectIdentifier, value: Any) -> Result<Attribute, PressError> {
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
}
