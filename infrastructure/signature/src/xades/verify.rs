//! Verifying the signatures of an XML document.
//!
//! A signature counts only where it can't be mistaken for another's: it is the root and signs what stands within it, or it
//! stands directly in the root and signs the whole document. References to other places are refused, as are identifiers that
//! stand twice and parts of a signature that nobody has signed (McIntosh, Austel: "XML Signature Element Wrapping Attacks and
//! Countermeasures", SWS 2005).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::{DS, ENVELOPED, SIGNED_PROPERTIES, XADES};
use crate::algorithm::{Hash, Padding, PublicKey, ecdsa_to_der};
use crate::error::SignatureError;
use crate::judgement::{Matter, judge};
use crate::report::{Finding, FindingCode, SignatureReport, Verdict};
use crate::seal::Level;
use crate::trust::{Trust, public_key};
use crate::xml::canonical::{self, Method};
use crate::xml::{Document, NodeId, normalised};

/// The most signatures of a document that are verified.
const SIGNATURES_LIMIT: usize = 8;
/// The most references of a signature.
const REFERENCES_LIMIT: usize = 8;
/// The most certificates, lists or responses of a signature.
const VALUES_LIMIT: usize = 64;

/// Verifies all signatures of an XML document.
pub(crate) fn verify(
    xml: &[u8],
    trust: &Trust,
    now: Timestamp,
) -> Result<Vec<SignatureReport>, SignatureError> {
    let text = normalised(xml)?;
    let document = Document::read(&text)?;
    let signatures: Vec<NodeId> =
        document.all_elements().filter(|id| document.is(*id, DS, "Signature")).collect();
    if signatures.len() > SIGNATURES_LIMIT {
        return Err(SignatureError::LimitExceeded {
            what: "the number of signatures in the document",
            found: signatures.len(),
            limit: SIGNATURES_LIMIT,
        });
    }
    let is_unique = document.has_unique_identifiers();
    let reports = signatures.into_iter().map(|id| {
        let mut report = SignatureReport {
            name: document.attribute(id, "Id").unwrap_or("Signature").to_owned(),
            verdict: Verdict::Failed,
            signer: None,
            signed_at: None,
            reason: None,
            level: Level::Basic,
            covers_document: false,
            findings: Vec::new(),
        };
        let outcome = match is_unique {
            true => One { document: &document, signature: id }.judge(&mut report, trust, now),
            false => Err(FindingCode::RangeWrong.about("an identifier stands twice")),
        };
        report.findings.extend(outcome.err());
        report.settle()
    });
    Ok(reports.collect())
}

/// One signature of a document.
struct One<'a> {
    document: &'a Document,
    signature: NodeId,
}

fn range(problem: &str) -> Finding {
    FindingCode::RangeWrong.about(problem)
}

fn unreadable(problem: &str) -> Finding {
    FindingCode::SignatureUnreadable.about(problem)
}

impl One<'_> {
    fn judge(&self, report: &mut SignatureReport, trust: &Trust, now: Timestamp) -> Result<(), Finding> {
        let document = self.document;
        let is_root = self.signature == document.root;
        if !is_root && document.element(self.signature).parent != Some(document.root) {
            return Err(range("it is neither the root nor directly in it"));
        }
        let info = document.only(self.signature, DS, "SignedInfo").ok_or_else(|| unreadable("SignedInfo"))?;
        let properties = self.properties();
        self.references(info, properties)?;
        report.covers_document = true;
        report.findings.push(FindingCode::CoversAll.finding());
        let certificates = self.certificates()?;
        let value = self.value()?;
        let (hash, padding) = self.algorithm(info)?;
        let method = self.method(info, "CanonicalizationMethod")?;
        let message = canonical::element(document, info, &method, None);
        let (certificate, is_named) = self.signer(&certificates, properties)?;
        if !has_signed(&certificate, hash, padding, &message, &value)? {
            return Err(FindingCode::SignatureWrong.finding());
        }
        report.findings.push(FindingCode::Intact.finding());
        if !is_named {
            report.findings.push(FindingCode::CertificateNotNamed.finding());
        }
        let unsigned = self.unsigned();
        let (lists, responses) = unsigned.map(|unsigned| self.evidence(unsigned)).unwrap_or_default();
        let more = unsigned.and_then(|id| document.at(id, &[(XADES, "CertificateValues")]));
        let more = more.map(|id| self.values(id, "EncapsulatedX509Certificate")).unwrap_or_default();
        let stamp = unsigned.and_then(|unsigned| self.time_stamp(unsigned));
        let judgement = judge(
            &Matter {
                certificate: &certificate,
                candidates: certificates.iter().cloned().chain(more).collect(),
                brings_evidence: !lists.is_empty() || !responses.is_empty(),
                evidence: trust.evidence(lists, responses),
                time_stamp: stamp.as_ref().map(|(token, over)| (token.as_slice(), over.as_slice())),
                claimed_at: self.claimed_at(properties),
                now,
            },
            trust,
        );
        report.signer = judgement.signer;
        report.signed_at = judgement.signed_at;
        report.level = judgement.level;
        report.findings.extend(judgement.findings);
        Ok(())
    }

    /// The one `SignedProperties` of the signature, if it has them.
    fn properties(&self) -> Option<NodeId> {
        let objects = self.document.children(self.signature, DS, "Object");
        let mut found = objects.into_iter().filter_map(|object| {
            self.document.at(object, &[(XADES, "QualifyingProperties"), (XADES, "SignedProperties")])
        });
        found.next().filter(|_| found.next().is_none())
    }

    /// Checks every reference, that one of them is to the document, and that nothing of the signature is left out.
    fn references(&self, info: NodeId, properties: Option<NodeId>) -> Result<(), Finding> {
        let document = self.document;
        let references = document.children(info, DS, "Reference");
        if references.is_empty() || references.len() > REFERENCES_LIMIT {
            return Err(range("it has no references or too many"));
        }
        let (mut has_content, mut signed) = (false, Vec::new());
        for reference in references {
            let uri =
                document.attribute(reference, "URI").ok_or_else(|| range("a reference names nothing"))?;
            let target = match uri.strip_prefix('#') {
                None if uri.is_empty() => document.root,
                Some(identifier) => self.target(identifier)?,
                None => return Err(range("a reference leads out of the document")),
            };
            let is_whole = target == document.root;
            let is_properties = Some(target) == properties;
            let is_own_object =
                document.is(target, DS, "Object") && document.element(target).parent == Some(self.signature);
            if !is_whole && !is_properties && !is_own_object {
                return Err(range("a reference is to a part of the document"));
            }
            let is_typed = document.attribute(reference, "Type") == Some(SIGNED_PROPERTIES);
            if is_typed != is_properties {
                return Err(range("a reference is of another type than what it is to"));
            }
            has_content |= is_whole || (is_own_object && self.signature == document.root);
            signed.push(target);
            self.digest(reference, target, uri.is_empty(), is_whole)?;
        }
        if !has_content {
            return Err(range("it does not sign the document"));
        }
        self.nothing_is_left_out(&signed, properties)
    }

    fn target(&self, identifier: &str) -> Result<NodeId, Finding> {
        let mut found = self
            .document
            .all_elements()
            .filter(|id| self.document.identifiers(*id).any(|one| one == identifier));
        found.next().ok_or_else(|| range("a reference is to nothing"))
    }

    fn digest(
        &self,
        reference: NodeId,
        target: NodeId,
        is_document: bool,
        is_whole: bool,
    ) -> Result<(), Finding> {
        let document = self.document;
        let mut is_enveloped = false;
        let mut method = None;
        let transforms = document.only(reference, DS, "Transforms");
        for transform in transforms.into_iter().flat_map(|id| document.elements(id)) {
            match document.attribute(transform, "Algorithm") {
                Some(ENVELOPED) if method.is_none() => is_enveloped = true,
                Some(algorithm) if method.is_none() => {
                    method = Some(self.method_of(transform, algorithm)?);
                }
                _ => return Err(FindingCode::UnknownAlgorithm.about("transform")),
            }
        }
        let is_inside = self.signature != document.root;
        if is_enveloped && !is_whole || is_whole && !(is_enveloped && is_inside) {
            return Err(range("the signature signs itself, or leaves out what it does not stand in"));
        }
        // Without a transform that says otherwise it is Canonical XML 1.0; a reference within leaves comments out.
        let inclusive = Method::of("http://www.w3.org/TR/2001/REC-xml-c14n-20010315");
        let mut method = method.or(inclusive).ok_or_else(|| unreadable("transform"))?;
        method.has_comments = false;
        let without = is_enveloped.then_some(self.signature);
        let content = match is_document {
            true => canonical::document(document, &method, without),
            false => canonical::element(document, target, &method, without),
        };
        let algorithm = document.only(reference, DS, "DigestMethod");
        let algorithm = algorithm.and_then(|id| document.attribute(id, "Algorithm")).unwrap_or_default();
        let hash = hash_of(algorithm)?;
        let digest = document.only(reference, DS, "DigestValue").map(|id| document.text(id));
        if decoded(&digest.unwrap_or_default()).is_none_or(|digest| digest != hash.of(&content)) {
            return Err(FindingCode::BytesChanged.finding());
        }
        Ok(())
    }

    /// What stands in the signature is signed, or is there to verify it; nothing else can hide in it.
    fn nothing_is_left_out(&self, signed: &[NodeId], properties: Option<NodeId>) -> Result<(), Finding> {
        let document = self.document;
        for part in document.elements(self.signature) {
            let is_known =
                ["SignedInfo", "SignatureValue", "KeyInfo"].iter().any(|name| document.is(part, DS, name));
            if is_known || signed.contains(&part) {
                continue;
            }
            let inside: Vec<NodeId> = document.elements(part).collect();
            let is_properties = document.is(part, DS, "Object")
                && matches!(inside[..], [one] if document.is(one, XADES, "QualifyingProperties"))
                && properties.is_some_and(|properties| signed.contains(&properties));
            if !is_properties {
                return Err(range("a part of the signature is not signed"));
            }
        }
        Ok(())
    }

    fn method(&self, info: NodeId, name: &str) -> Result<Method, Finding> {
        let element = self.document.only(info, DS, name).ok_or_else(|| unreadable(name))?;
        self.method_of(element, self.document.attribute(element, "Algorithm").unwrap_or_default())
    }

    fn method_of(&self, element: NodeId, algorithm: &str) -> Result<Method, Finding> {
        let unknown = || FindingCode::UnknownAlgorithm.about(algorithm);
        let mut method = Method::of(algorithm).ok_or_else(unknown)?;
        for parameter in self.document.elements(element) {
            let prefixes = self.document.attribute(parameter, "PrefixList").unwrap_or_default();
            method.prefixes.extend(prefixes.split_ascii_whitespace().map(str::to_owned));
        }
        Ok(method)
    }

    fn algorithm(&self, info: NodeId) -> Result<(Hash, Padding), Finding> {
        let element =
            self.document.only(info, DS, "SignatureMethod").ok_or_else(|| unreadable("SignatureMethod"))?;
        let algorithm = self.document.attribute(element, "Algorithm").unwrap_or_default();
        let unknown = || FindingCode::UnknownAlgorithm.about(algorithm);
        let (_, name) = algorithm.split_once('#').ok_or_else(unknown)?;
        match name {
            "ecdsa-sha256" | "rsa-sha256" => Ok((Hash::Sha256, Padding::Plain)),
            "ecdsa-sha384" | "rsa-sha384" => Ok((Hash::Sha384, Padding::Plain)),
            "ecdsa-sha512" | "rsa-sha512" => Ok((Hash::Sha512, Padding::Plain)),
            "sha256-rsa-MGF1" => Ok((Hash::Sha256, Padding::Pss)),
            "sha384-rsa-MGF1" => Ok((Hash::Sha384, Padding::Pss)),
            "sha512-rsa-MGF1" => Ok((Hash::Sha512, Padding::Pss)),
            "rsa-sha1" | "dsa-sha1" | "ecdsa-sha1" | "rsa-md5" => Err(FindingCode::WeakAlgorithm.finding()),
            _ => Err(unknown()),
        }
    }

    fn value(&self) -> Result<Vec<u8>, Finding> {
        let value = self.document.only(self.signature, DS, "SignatureValue").map(|id| self.document.text(id));
        decoded(&value.unwrap_or_default()).ok_or_else(|| unreadable("SignatureValue"))
    }

    fn certificates(&self) -> Result<Vec<Vec<u8>>, Finding> {
        let data = self.document.at(self.signature, &[(DS, "KeyInfo"), (DS, "X509Data")]);
        let found = data.map(|data| self.document.children(data, DS, "X509Certificate")).unwrap_or_default();
        let found: Option<Vec<Vec<u8>>> =
            found.into_iter().take(VALUES_LIMIT).map(|id| decoded(&self.document.text(id))).collect();
        found.filter(|found| !found.is_empty()).ok_or_else(|| unreadable("X509Certificate"))
    }

    /// The certificate of the signer, and whether what is signed names it.
    fn signer(
        &self,
        certificates: &[Vec<u8>],
        properties: Option<NodeId>,
    ) -> Result<(Vec<u8>, bool), Finding> {
        let document = self.document;
        let names = ["SigningCertificateV2", "SigningCertificate"];
        let named = properties
            .and_then(|id| document.at(id, &[(XADES, "SignedSignatureProperties")]))
            .and_then(|id| {
                let found =
                    names.iter().find_map(|name| document.children(id, XADES, name).first().copied())?;
                let cert = document.children(found, XADES, "Cert").first().copied()?;
                document.at(cert, &[(XADES, "CertDigest")])
            });
        let Some(named) = named else { return Ok((certificates[0].clone(), false)) };
        let part = |name| document.at(named, &[(DS, name)]);
        let algorithm =
            part("DigestMethod").and_then(|id| document.attribute(id, "Algorithm")).unwrap_or_default();
        let digest = part("DigestValue").and_then(|id| decoded(&document.text(id)));
        let hash = hash_of(algorithm)?;
        let found = certificates.iter().find(|certificate| digest.as_ref() == Some(&hash.of(certificate)));
        found
            .map(|found| (found.clone(), true))
            .ok_or_else(|| unreadable("the certificate it names is not there"))
    }

    fn claimed_at(&self, properties: Option<NodeId>) -> Option<Timestamp> {
        let path = [(XADES, "SignedSignatureProperties"), (XADES, "SigningTime")];
        let text = self.document.text(self.document.at(properties?, &path)?);
        text.trim().parse().ok()
    }

    fn unsigned(&self) -> Option<NodeId> {
        let qualifying = self.document.element(self.properties()?).parent?;
        self.document.at(qualifying, &[(XADES, "UnsignedProperties"), (XADES, "UnsignedSignatureProperties")])
    }

    /// Token of the time stamp, and what it is over: the canonical form of the signature value.
    fn time_stamp(&self, unsigned: NodeId) -> Option<(Vec<u8>, Vec<u8>)> {
        let document = self.document;
        let stamp = document.children(unsigned, XADES, "SignatureTimeStamp").first().copied()?;
        let token = decoded(&document.text(document.only(stamp, XADES, "EncapsulatedTimeStamp")?))?;
        let method = match document.only(stamp, DS, "CanonicalizationMethod") {
            Some(method) => Method::of(document.attribute(method, "Algorithm")?)?,
            None => Method::of("http://www.w3.org/TR/2001/REC-xml-c14n-20010315")?,
        };
        let value = document.only(self.signature, DS, "SignatureValue")?;
        Some((token, canonical::element(document, value, &method, None)))
    }

    fn evidence(&self, unsigned: NodeId) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let values = |path: &str, name: &str| {
            let id = self.document.at(unsigned, &[(XADES, "RevocationValues"), (XADES, path)]);
            id.map(|id| self.values(id, name)).unwrap_or_default()
        };
        (values("CRLValues", "EncapsulatedCRLValue"), values("OCSPValues", "EncapsulatedOCSPValue"))
    }

    fn values(&self, id: NodeId, name: &str) -> Vec<Vec<u8>> {
        let found = self.document.children(id, XADES, name).into_iter().take(VALUES_LIMIT);
        found.filter_map(|id| decoded(&self.document.text(id))).collect()
    }
}

fn hash_of(algorithm: &str) -> Result<Hash, Finding> {
    match algorithm {
        "http://www.w3.org/2001/04/xmlenc#sha256" => Ok(Hash::Sha256),
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Ok(Hash::Sha384),
        "http://www.w3.org/2001/04/xmlenc#sha512" => Ok(Hash::Sha512),
        "http://www.w3.org/2000/09/xmldsig#sha1" | "http://www.w3.org/2001/04/xmldsig-more#md5" => {
            Err(FindingCode::WeakAlgorithm.finding())
        }
        other => Err(FindingCode::UnknownAlgorithm.about(other)),
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok()
}

fn has_signed(
    certificate: &[u8],
    hash: Hash,
    padding: Padding,
    message: &[u8],
    value: &[u8],
) -> Result<bool, Finding> {
    let key = public_key(certificate).ok_or_else(|| unreadable("X509Certificate"))?;
    let key = PublicKey::of(&key).map_err(|_| unreadable("X509Certificate"))?;
    if !key.is_supported() {
        return Err(FindingCode::UnknownAlgorithm.finding());
    }
    let value = match key.is_elliptic() {
        true => ecdsa_to_der(value).ok_or_else(|| unreadable("SignatureValue"))?,
        false => value.to_vec(),
    };
    Ok(key.has_signed(hash, padding, message, &value))
}
