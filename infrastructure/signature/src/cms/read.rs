//! Reading `SignedData` that others have made.

use crate::algorithm::{Hash, Padding, RSASSA_PSS};
use crate::error::FormError;
use crate::tlv::{
    Element, Elements, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, context, first,
};

/// The most certificates in a signature.
const CERTIFICATES_LIMIT: usize = 32;
/// The most attributes of a signer.
const ATTRIBUTES_LIMIT: usize = 64;

/// Contents of object identifiers.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f];
const SIGNATURE_TIME_STAMP: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0e];
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];

/// A signature of one signer over content that stands elsewhere or, in a time stamp, within.
#[derive(Debug)]
pub(crate) struct SignedData<'a> {
    /// All certificates it brings, DER.
    pub(crate) certificates: Vec<&'a [u8]>,
    /// Type of the content, the content of its object identifier.
    content_type: &'a [u8],
    /// The content, where it stands within.
    pub(crate) content: Option<&'a [u8]>,
    /// The digest algorithm, the content of its object identifier.
    pub(crate) digest_oid: &'a [u8],
    signature_oid: &'a [u8],
    issuer_and_serial: Option<(&'a [u8], &'a [u8])>,
    signed_attributes: Element<'a>,
    attributes: Vec<(&'a [u8], Element<'a>)>,
    /// The signature value.
    pub(crate) signature: &'a [u8],
    /// The token of the time stamp over the signature value.
    pub(crate) time_stamp: Option<&'a [u8]>,
}

impl<'a> SignedData<'a> {
    /// Reads a `ContentInfo`.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, FormError> {
        let mut info = first(bytes)?.inside();
        if info.expect(OBJECT_IDENTIFIER)?.content != SIGNED_DATA {
            return Err(FormError("it is no signed data"));
        }
        let mut data = info.expect(context(0))?.inside().expect(SEQUENCE)?.inside();
        data.expect(INTEGER)?;
        data.expect(SET)?;
        let mut encapsulated = data.expect(SEQUENCE)?.inside();
        let content_type = encapsulated.expect(OBJECT_IDENTIFIER)?.content;
        let content = match encapsulated.optional(context(0))? {
            Some(content) => Some(content.inside().expect(OCTET_STRING)?.content),
            None => None,
        };
        let certificates = match data.optional(context(0))? {
            Some(certificates) => certificates.inside().all()?,
            None => Vec::new(),
        };
        if certificates.len() > CERTIFICATES_LIMIT {
            return Err(FormError("it has more than 32 certificates"));
        }
        data.optional(context(1))?;
        let signers = data.expect(SET)?.inside().all()?;
        let [signer] = signers.as_slice() else { return Err(FormError("it does not have one signer")) };
        let certificates = certificates.into_iter().filter(|one| one.tag == SEQUENCE).map(|one| one.whole);
        Self::read_signer(*signer, certificates.collect(), content_type, content)
    }

    fn read_signer(
        signer: Element<'a>,
        certificates: Vec<&'a [u8]>,
        content_type: &'a [u8],
        content: Option<&'a [u8]>,
    ) -> Result<Self, FormError> {
        let mut parts = signer.inside();
        parts.expect(INTEGER)?;
        let identifier = parts.next()?;
        let issuer_and_serial = match identifier.tag {
            SEQUENCE => {
                let mut parts = identifier.inside();
                Some((parts.expect(SEQUENCE)?.whole, parts.expect(INTEGER)?.content))
            }
            _ => None,
        };
        let digest_oid = parts.expect(SEQUENCE)?.inside().expect(OBJECT_IDENTIFIER)?.content;
        let signed_attributes =
            parts.optional(context(0))?.ok_or(FormError("it has no signed attributes"))?;
        let signature_oid = parts.expect(SEQUENCE)?.inside().expect(OBJECT_IDENTIFIER)?.content;
        let signature = parts.expect(OCTET_STRING)?.content;
        let unsigned = parts.optional(context(1))?.map(attributes).transpose()?.unwrap_or_default();
        let time_stamp = only(&unsigned, SIGNATURE_TIME_STAMP)?.map(|token| token.whole);
        Ok(Self {
            certificates,
            content_type,
            content,
            digest_oid,
            signature_oid,
            issuer_and_serial,
            attributes: attributes(signed_attributes)?,
            signed_attributes,
            signature,
            time_stamp,
        })
    }

    /// Whether it is a time stamp.
    pub(crate) fn is_time_stamp(&self) -> bool {
        self.content_type == TST_INFO
    }

    /// The padding by the signature algorithm; the rest says the key.
    pub(crate) fn padding(&self) -> Padding {
        if self.signature_oid == RSASSA_PSS { Padding::Pss } else { Padding::Plain }
    }

    /// What is signed: the attributes as a SET OF (RFC 5652, 5.4).
    pub(crate) fn message(&self) -> Vec<u8> {
        let mut message = self.signed_attributes.whole.to_vec();
        message[0] = SET;
        message
    }

    /// The digest of the content that was signed. The attribute with the content's type must be there too.
    pub(crate) fn message_digest(&self) -> Result<&'a [u8], FormError> {
        let kind = only(&self.attributes, CONTENT_TYPE)?;
        if kind.is_none_or(|kind| kind.tag != OBJECT_IDENTIFIER || kind.content != self.content_type) {
            return Err(FormError("the signed attributes name another type of content"));
        }
        match only(&self.attributes, MESSAGE_DIGEST)? {
            Some(digest) if digest.tag == OCTET_STRING => Ok(digest.content),
            _ => Err(FormError("the signed attributes hold no digest")),
        }
    }

    /// The certificate of the signer, and whether the signature names it, so that no other can be put in its place.
    pub(crate) fn signer_certificate(&self) -> Result<Option<(&'a [u8], bool)>, FormError> {
        if let Some(named) = only(&self.attributes, SIGNING_CERTIFICATE_V2)? {
            return self.named(named).map(|found| found.map(|certificate| (certificate, true)));
        }
        let Some((issuer, serial)) = self.issuer_and_serial else { return Ok(None) };
        let fits = |certificate: &&&[u8]| {
            issuer_and_serial(certificate).is_ok_and(|found| found == (issuer, serial))
        };
        Ok(self.certificates.iter().find(fits).map(|certificate| (*certificate, false)))
    }

    /// By `SigningCertificateV2` (RFC 5035).
    fn named(&self, attribute: Element<'a>) -> Result<Option<&'a [u8]>, FormError> {
        let mut parts = attribute.inside().expect(SEQUENCE)?.inside().expect(SEQUENCE)?.inside();
        let hash = match parts.optional(SEQUENCE)? {
            Some(algorithm) => Hash::of_oid(algorithm.inside().expect(OBJECT_IDENTIFIER)?.content)
                .ok_or(FormError("it names its certificate by an unknown digest"))?,
            None => Hash::Sha256,
        };
        let digest = parts.expect(OCTET_STRING)?.content;
        Ok(self.certificates.iter().find(|certificate| hash.of(certificate) == digest).copied())
    }
}

/// Issuer (whole) and serial number (content) of a certificate.
pub(crate) fn issuer_and_serial(certificate: &[u8]) -> Result<(&[u8], &[u8]), FormError> {
    let mut body = first(certificate)?.inside().expect(SEQUENCE)?.inside();
    body.optional(context(0))?;
    let serial = body.expect(INTEGER)?.content;
    body.expect(SEQUENCE)?;
    Ok((body.expect(SEQUENCE)?.whole, serial))
}

/// Attributes with one value each: their object identifiers' contents, and the values.
fn attributes(set: Element<'_>) -> Result<Vec<(&[u8], Element<'_>)>, FormError> {
    let mut found = Vec::new();
    for attribute in set.inside().all()? {
        let mut parts: Elements<'_> = attribute.inside();
        let oid = parts.expect(OBJECT_IDENTIFIER)?.content;
        for value in parts.expect(SET)?.inside().all()? {
            found.push((oid, value));
        }
        if found.len() > ATTRIBUTES_LIMIT {
            return Err(FormError("it has more than 64 attributes"));
        }
    }
    Ok(found)
}

/// The one value of an attribute, if it is there.
fn only<'a>(attributes: &[(&[u8], Element<'a>)], oid: &[u8]) -> Result<Option<Element<'a>>, FormError> {
    let mut found = attributes.iter().filter(|(name, _)| *name == oid);
    match (found.next(), found.next()) {
        (found, None) => Ok(found.map(|(_, value)| *value)),
        _ => Err(FormError("an attribute stands twice")),
    }
}
