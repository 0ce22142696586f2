//! Writing `SignedData`.

use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode, Sequence, ValueOrd};
use x509_cert::attr::Attribute;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::algorithm::Hash;
use crate::error::SignatureError;
use crate::signer::{Chain, KeyAlgorithm};

const ID_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ID_SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const ID_CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const ID_MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const ID_SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const ID_SIGNATURE_TIME_STAMP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");
const ID_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const ID_ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ID_RSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");

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
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    unsigned_attributes: Option<SetOfVec<Attribute>>,
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

/// What is signed of a document: content type, message digest and signing certificate, in DER. The time stands in the PDF
/// (`/M`), as EN 319 142-1 asks.
pub(crate) struct SignedAttributes {
    attributes: SetOfVec<Attribute>,
    /// RFC 5652, 5.4: what is signed is the encoding as SET OF, not with the context tag it is stored with.
    pub(crate) encoded: Vec<u8>,
}

impl SignedAttributes {
    pub(crate) fn of(content_digest: &[u8], chain: &Chain) -> Result<Self, SignatureError> {
        let signing_certificate = SigningCertificateV2 {
            certificates: vec![EssCertIdV2 {
                certificate_digest: OctetString::new(Hash::Sha256.of(chain.own()))?,
            }],
        };
        let attributes = SetOfVec::try_from(vec![
            attribute(ID_CONTENT_TYPE, Any::encode_from(&ID_DATA)?)?,
            attribute(ID_MESSAGE_DIGEST, Any::encode_from(&OctetString::new(content_digest)?)?)?,
            attribute(ID_SIGNING_CERTIFICATE_V2, Any::encode_from(&signing_certificate)?)?,
        ])?;
        let encoded = attributes.to_der()?;
        Ok(Self { attributes, encoded })
    }
}

/// The `ContentInfo` of a signature, with the token of its time stamp if there is one.
pub(crate) fn signed_data(
    attributes: SignedAttributes,
    chain: &Chain,
    signature: &[u8],
    time_stamp: Option<&[u8]>,
) -> Result<Vec<u8>, SignatureError> {
    let sha256 = AlgorithmIdentifierOwned { oid: ID_SHA256, parameters: None };
    let signature_algorithm = match chain.algorithm() {
        KeyAlgorithm::EcdsaP256 => AlgorithmIdentifierOwned { oid: ID_ECDSA_WITH_SHA256, parameters: None },
        KeyAlgorithm::Rsa => {
            AlgorithmIdentifierOwned { oid: ID_RSA_WITH_SHA256, parameters: Some(Any::null()) }
        }
    };
    let unsigned_attributes = match time_stamp {
        Some(token) => {
            let token = attribute(ID_SIGNATURE_TIME_STAMP, Any::from_der(token)?)?;
            Some(SetOfVec::try_from(vec![token])?)
        }
        None => None,
    };
    let tbs = chain.certificate().tbs_certificate();
    let signer_info = SignerInfo {
        version: 1,
        signer: IssuerAndSerialNumber {
            issuer: tbs.issuer().clone(),
            serial_number: tbs.serial_number().clone(),
        },
        digest_algorithm: sha256.clone(),
        signed_attributes: attributes.attributes,
        signature_algorithm,
        signature: OctetString::new(signature)?,
        unsigned_attributes,
    };
    let certificates =
        chain.encoded().iter().map(|encoded| Any::from_der(encoded)).collect::<Result<Vec<_>, _>>()?;
    let content = SignedData {
        version: 1,
        digest_algorithms: SetOfVec::try_from(vec![sha256])?,
        encapsulated_content: EncapsulatedContentInfo { content_type: ID_DATA },
        certificates: SetOfVec::try_from(certificates)?,
        signer_infos: SetOfVec::try_from(vec![signer_info])?,
    };
    Ok(ContentInfo { content_type: ID_SIGNED_DATA, content }.to_der()?)
}

fn attribute(oid: ObjectIdentifier, value: Any) -> Result<Attribute, SignatureError> {
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
}
