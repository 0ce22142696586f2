//! Signing XML.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::{DS, ECDSA_SHA256, ENVELOPED, RSA_SHA256, SHA256, SIGNED_PROPERTIES, XADES};
use crate::algorithm::{Hash, ecdsa_to_fixed};
use crate::error::SignatureError;
use crate::seal::{Proofs, Seal, Signed};
use crate::signer::{Chain, KeyAlgorithm};
use crate::xml::canonical::{self, EXCLUSIVE, Method};
use crate::xml::{Document, NodeId, normalised};

/// Largest token of a time stamp in XML, in bytes.
const TOKEN_LIMIT_BYTES: usize = 64 * 1024;
/// Bytes of each of the two numbers of an ECDSA signature on P-256.
const P256_BYTES: usize = 32;

/// How signature and document stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XmlForm {
    /// The signature is the last child of the document's root. A document has one such signature: another would change what
    /// the first has signed.
    Enveloped,
    /// The document stands within the signature, which is the root. A document that is signed already can be signed again.
    Enveloping,
}

/// What a signature says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct XmlSignature {
    /// How it stands to the document.
    pub form: XmlForm,
    /// When it was made, as claimed by the signer.
    pub signed_at: Timestamp,
}

impl Seal {
    /// Signs an XML document after the baseline profiles of XAdES (ETSI EN 319 132-1).
    ///
    /// # Errors
    /// For the document and the signer. A time stamp or list that can't be had is no error but a lower level.
    pub async fn sign_xml(&self, xml: &[u8], signature: &XmlSignature) -> Result<Signed, SignatureError> {
        let chain = Chain::of(self.signer())?;
        let mut draft = Draft::of(xml, signature, &chain)?;
        draft.fill_digests()?;
        let value = chain.sign(self.signer(), &draft.canonical_of("SignedInfo")?).await?;
        let value = match chain.algorithm() {
            KeyAlgorithm::EcdsaP256 => {
                ecdsa_to_fixed(&value, P256_BYTES).ok_or(SignatureError::SignatureMismatch)?
            }
            KeyAlgorithm::Rsa => value,
        };
        draft.value = STANDARD.encode(value);
        let proofs = self.proofs(&draft.canonical_of("SignatureValue")?, TOKEN_LIMIT_BYTES).await;
        draft.unsigned = unsigned_properties(&chain, &proofs);
        let level = proofs.level();
        Ok(Signed { document: draft.text().into_bytes(), level, shortfall: proofs.shortfall })
    }
}

/// A document with a signature that is not finished yet.
struct Draft {
    /// The document before and behind the signature; of an enveloping one, the object's content alone.
    before: String,
    behind: String,
    form: XmlForm,
    algorithm: &'static str,
    certificates: String,
    signed_properties: String,
    content_digest: String,
    properties_digest: String,
    value: String,
    unsigned: String,
    identifier: String,
}

impl Draft {
    fn of(xml: &[u8], signature: &XmlSignature, chain: &Chain) -> Result<Self, SignatureError> {
        let text = normalised(xml)?;
        let read = Document::read(&text)?;
        let refused = |reason| SignatureError::UnsupportedXml { reason, position: 0 };
        if !read.has_unique_identifiers() {
            return Err(refused("an identifier stands twice"));
        }
        let is_signed = read.all_elements().any(|id| read.is(id, DS, "Signature"));
        // The identifiers of what is within must stay unique.
        let digest = Hash::Sha256.of(xml);
        let identifier: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let (before, behind) = match signature.form {
            XmlForm::Enveloped if is_signed => {
                return Err(refused("it is signed already; sign it again in the enveloping form"));
            }
            XmlForm::Enveloped => split_at_root_end(&text, &read),
            XmlForm::Enveloping => {
                let declared = text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"));
                (declared.map_or(text.as_str(), |(_, rest)| rest).to_owned(), String::new())
            }
        };
        let certificates = chain
            .encoded()
            .iter()
            .map(|one| format!("<ds:X509Certificate>{}</ds:X509Certificate>", STANDARD.encode(one)));
        Ok(Self {
            before,
            behind,
            form: signature.form,
            algorithm: match chain.algorithm() {
                KeyAlgorithm::EcdsaP256 => ECDSA_SHA256,
                KeyAlgorithm::Rsa => RSA_SHA256,
            },
            certificates: certificates.collect(),
            signed_properties: signed_properties(chain, signature.signed_at, &identifier),
            content_digest: String::new(),
            properties_digest: String::new(),
            value: String::new(),
            unsigned: String::new(),
            identifier,
        })
    }

    fn text(&self) -> String {
        let Self { identifier, properties_digest, content_digest, value, certificates, .. } = self;
        let enveloped = match self.form {
            XmlForm::Enveloped => format!("<ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform>"),
            XmlForm::Enveloping => String::new(),
        };
        let uri = match self.form {
            XmlForm::Enveloped => String::new(),
            XmlForm::Enveloping => format!("#object-{identifier}"),
        };
        let digest_method = format!("<ds:DigestMethod Algorithm=\"{SHA256}\"></ds:DigestMethod>");
        let exclusive = format!("<ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform>");
        let signature = format!(
            "<ds:Signature xmlns:ds=\"{DS}\" Id=\"signature-{identifier}\"><ds:SignedInfo>\
             <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
             <ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>\
             <ds:Reference Id=\"content-{identifier}\" URI=\"{uri}\"><ds:Transforms>{enveloped}{exclusive}</ds:Transforms>\
             {digest_method}<ds:DigestValue>{content_digest}</ds:DigestValue></ds:Reference>\
             <ds:Reference Type=\"{SIGNED_PROPERTIES}\" URI=\"#properties-{identifier}\"><ds:Transforms>{exclusive}\
             </ds:Transforms>{digest_method}<ds:DigestValue>{properties_digest}</ds:DigestValue></ds:Reference>\
             </ds:SignedInfo><ds:SignatureValue Id=\"value-{identifier}\">{value}</ds:SignatureValue>\
             <ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo>\
             <ds:Object><xades:QualifyingProperties xmlns:xades=\"{XADES}\" Target=\"#signature-{identifier}\">{}{}\
             </xades:QualifyingProperties></ds:Object>",
            self.algorithm, self.signed_properties, self.unsigned
        );
        match self.form {
            XmlForm::Enveloped => format!("{}{signature}</ds:Signature>{}", self.before, self.behind),
            XmlForm::Enveloping => {
                format!(
                    "{signature}<ds:Object Id=\"object-{identifier}\">{}</ds:Object></ds:Signature>",
                    self.before
                )
            }
        }
    }

    /// Digests of what is signed, as it will stand in the document.
    fn fill_digests(&mut self) -> Result<(), SignatureError> {
        let text = self.text();
        let read = Document::read(&text)?;
        let (exclusive, signature) = (Method::exclusive(), self.signature(&read)?);
        let content = match self.form {
            XmlForm::Enveloped => canonical::document(&read, &exclusive, Some(signature)),
            XmlForm::Enveloping => {
                let object = self.find(&read, "object")?;
                canonical::element(&read, object, &exclusive, None)
            }
        };
        let properties = self.find(&read, "properties")?;
        let properties = canonical::element(&read, properties, &exclusive, None);
        self.content_digest = STANDARD.encode(Hash::Sha256.of(&content));
        self.properties_digest = STANDARD.encode(Hash::Sha256.of(&properties));
        Ok(())
    }

    /// The canonical form of a part of the signature.
    fn canonical_of(&self, part: &str) -> Result<Vec<u8>, SignatureError> {
        let text = self.text();
        let read = Document::read(&text)?;
        let part = read.only(self.signature(&read)?, DS, part).ok_or_else(lost)?;
        Ok(canonical::element(&read, part, &Method::exclusive(), None))
    }

    fn signature(&self, read: &Document) -> Result<NodeId, SignatureError> {
        self.find(read, "signature")
    }

    fn find(&self, read: &Document, kind: &str) -> Result<NodeId, SignatureError> {
        let wanted = format!("{kind}-{}", self.identifier);
        let mut found = read.all_elements().filter(|id| read.identifiers(*id).any(|one| one == wanted));
        match (found.next(), found.next()) {
            (Some(id), None) => Ok(id),
            _ => Err(lost()),
        }
    }
}

fn lost() -> SignatureError {
    SignatureError::UnsupportedXml {
        reason: "an identifier of the signature is used in the document",
        position: 0,
    }
}

/// The text up to the root's end tag, and from there on.
fn split_at_root_end(text: &str, read: &Document) -> (String, String) {
    let (before, behind) = text.split_at(read.root_end);
    match behind.strip_prefix("/>") {
        Some(rest) => {
            let root = read.element(read.root);
            let name = match root.prefix.as_str() {
                "" => root.local.clone(),
                prefix => format!("{prefix}:{}", root.local),
            };
            (format!("{before}>"), format!("</{name}>{rest}"))
        }
        None => (before.to_owned(), behind.to_owned()),
    }
}

fn signed_properties(chain: &Chain, at: Timestamp, identifier: &str) -> String {
    let digest = STANDARD.encode(Hash::Sha256.of(chain.own()));
    let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
    format!(
        "<xades:SignedProperties Id=\"properties-{identifier}\"><xades:SignedSignatureProperties>\
         <xades:SigningTime>{at}</xades:SigningTime><xades:SigningCertificateV2><xades:Cert><xades:CertDigest>\
         <ds:DigestMethod Algorithm=\"{SHA256}\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue>\
         </xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>\
         <xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference=\"#content-{identifier}\">\
         <xades:MimeType>text/xml</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties>\
         </xades:SignedProperties>"
    )
}

/// Time stamp, certificates and revocation lists.
fn unsigned_properties(chain: &Chain, proofs: &Proofs) -> String {
    let mut properties = String::new();
    if let Some(token) = &proofs.time_stamp {
        properties.push_str(&format!(
            "<xades:SignatureTimeStamp><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\">\
             </ds:CanonicalizationMethod><xades:EncapsulatedTimeStamp>{}</xades:EncapsulatedTimeStamp>\
             </xades:SignatureTimeStamp>",
            STANDARD.encode(token)
        ));
    }
    if !proofs.lists.is_empty() {
        let values = |values: &[Vec<u8>], name: &str| -> String {
            let each =
                values.iter().map(|one| format!("<xades:{name}>{}</xades:{name}>", STANDARD.encode(one)));
            each.collect()
        };
        let certificates = [chain.encoded(), &proofs.certificates()].concat();
        properties.push_str(&format!(
            "<xades:CertificateValues>{}</xades:CertificateValues><xades:RevocationValues><xades:CRLValues>{}\
             </xades:CRLValues></xades:RevocationValues>",
            values(&certificates, "EncapsulatedX509Certificate"),
            values(&proofs.lists, "EncapsulatedCRLValue")
        ));
    }
    if properties.is_empty() {
        return properties;
    }
    format!(
        "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>{properties}\
         </xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
    )
}
