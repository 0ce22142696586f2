//! What PDF and XML have in common once a signature value stands: certificate, time, chain and revocation.

use jiff::Timestamp;
use pki::{CertificateFacts, time_stamp};
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;

use crate::algorithm::Hash;
use crate::cms::read::SignedData;
use crate::report::{Finding, FindingCode, SignerFacts, SigningTime};
use crate::revocation::{Evidence, Status};
use crate::seal::Level;
use crate::trust::{ChainState, Trust, fingerprint, may_sign, worst};

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");

/// What is judged.
pub(crate) struct Matter<'a> {
    /// The signer's certificate.
    pub(crate) certificate: &'a [u8],
    /// Certificates of which the chain may be built.
    pub(crate) candidates: Vec<Vec<u8>>,
    pub(crate) evidence: Evidence,
    /// Whether lists or responses came with the document.
    pub(crate) brings_evidence: bool,
    /// Token of the time stamp, and what it is over.
    pub(crate) time_stamp: Option<(&'a [u8], &'a [u8])>,
    /// When the signer says it was.
    pub(crate) claimed_at: Option<Timestamp>,
    pub(crate) now: Timestamp,
}

/// The judgement.
pub(crate) struct Judgement {
    pub(crate) signer: Option<SignerFacts>,
    pub(crate) signed_at: Option<SigningTime>,
    pub(crate) level: Level,
    pub(crate) findings: Vec<Finding>,
}

/// Judges who signed and when, by the time that is proven, or now.
pub(crate) fn judge(matter: &Matter<'_>, trust: &Trust) -> Judgement {
    let mut findings = Vec::new();
    let stamped =
        matter.time_stamp.and_then(|(token, over)| stamp(matter, token, over, trust, &mut findings));
    if matter.time_stamp.is_none() {
        findings.push(FindingCode::TimeClaimed.finding());
    }
    let claimed = || matter.claimed_at.map(|at| SigningTime { at, authority: None });
    let is_proven = stamped.is_some();
    let at = stamped.as_ref().map_or(matter.now, |stamped| stamped.at);
    if !may_sign(matter.certificate) {
        findings.push(FindingCode::KeyUsage.finding());
    }
    match trust.chain(matter.certificate, &matter.candidates, at) {
        ChainState::Trusted(links) => {
            findings.push(FindingCode::ChainTrusted.finding());
            findings.push(match worst(&links, &matter.evidence, at) {
                Status::Good => FindingCode::NotRevoked.finding(),
                Status::Revoked(on) if is_proven && on > at => {
                    FindingCode::RevokedLater.about(on.to_string())
                }
                Status::Revoked(on) if is_proven => FindingCode::RevokedBefore.about(on.to_string()),
                Status::Revoked(on) if matter.claimed_at.is_some_and(|claimed| claimed >= on) => {
                    FindingCode::RevokedBefore.about(on.to_string())
                }
                Status::Revoked(on) => FindingCode::RevokedUnproven.about(on.to_string()),
                Status::Outdated => FindingCode::RevocationOutdated.finding(),
                Status::Unknown => FindingCode::RevocationUnknown.finding(),
            });
        }
        ChainState::Unknown => findings.push(FindingCode::ChainUnknown.finding()),
        ChainState::Outside if is_proven => findings.push(FindingCode::CertificateOutside.finding()),
        ChainState::Outside => findings.push(FindingCode::CertificateExpired.finding()),
        ChainState::Broken(problem) => findings.push(FindingCode::ChainBroken.about(problem)),
    }
    let level = match (is_proven, matter.brings_evidence) {
        (false, _) => Level::Basic,
        (true, false) => Level::TimeStamped,
        (true, true) => Level::LongTerm,
    };
    Judgement {
        signer: signer_facts(matter.certificate),
        signed_at: stamped.or_else(claimed),
        level,
        findings,
    }
}

/// The time of a time stamp that holds under a trusted root and whose authority was not revoked.
fn stamp(
    matter: &Matter<'_>,
    token: &[u8],
    over: &[u8],
    trust: &Trust,
    findings: &mut Vec<Finding>,
) -> Option<SigningTime> {
    let digest: [u8; 32] = Hash::Sha256.of(over).try_into().ok()?;
    let stamp = match time_stamp::verify(token, &digest, trust.roots()) {
        Ok(stamp) => stamp,
        Err(error) => {
            findings.push(FindingCode::TimeStampWrong.about(error.to_string()));
            return None;
        }
    };
    let status = authority_status(matter, token, stamp.at, trust);
    match status {
        Some(Status::Revoked(on)) if on <= stamp.at => {
            findings.push(FindingCode::TimeStampWrong.about(format!("revoked {on}")));
            return None;
        }
        Some(Status::Good | Status::Revoked(_)) => {}
        Some(Status::Outdated) | Some(Status::Unknown) | None => {
            findings.push(FindingCode::RevocationUnknown.about(stamp.authority.clone()));
        }
    }
    findings.push(FindingCode::TimeStamped.about(stamp.authority.clone()));
    Some(SigningTime { at: stamp.at, authority: Some(stamp.authority) })
}

fn authority_status(matter: &Matter<'_>, token: &[u8], at: Timestamp, trust: &Trust) -> Option<Status> {
    let signed = SignedData::read(token).ok()?;
    let (certificate, _) = signed.signer_certificate().ok()??;
    let candidates: Vec<Vec<u8>> =
        signed.certificates.iter().map(|one| one.to_vec()).chain(matter.candidates.iter().cloned()).collect();
    match trust.chain(certificate, &candidates, at) {
        ChainState::Trusted(links) => Some(worst(&links, &matter.evidence, at)),
        _ => None,
    }
}

/// Who a certificate names.
fn signer_facts(certificate: &[u8]) -> Option<SignerFacts> {
    let facts = CertificateFacts::of(&certificate.into()).ok()?;
    let read = x509_cert::Certificate::from_der(certificate).ok()?;
    let attribute = |oid| {
        let found = read.tbs_certificate().subject().iter().find(|attribute| attribute.oid == oid)?;
        std::str::from_utf8(found.value.value()).ok().map(str::to_owned)
    };
    Some(SignerFacts {
        name: attribute(COMMON_NAME).unwrap_or_else(|| facts.subject.clone()),
        organization: attribute(ORGANIZATION),
        subject: facts.subject,
        issuer: facts.issuer,
        valid_from: facts.not_before,
        valid_until: facts.not_after,
        fingerprint: fingerprint(certificate),
    })
}
