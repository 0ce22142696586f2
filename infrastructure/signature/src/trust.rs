//! Whose certificates are believed, and whether a chain held at a moment.

use std::time::Duration;

use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter};
use x509_cert::der::Decode;
use x509_cert::ext::pkix::KeyUsage;

use crate::algorithm::Hash;
use crate::revocation::{Evidence, Link, Status};

/// Certification authorities that are trusted, and revocation lists that are at hand.
#[derive(Debug, Clone)]
pub struct Trust {
    roots: RootCertStore,
    lists: Vec<Vec<u8>>,
}

impl Trust {
    /// Trust in these roots.
    #[must_use]
    pub fn new(roots: RootCertStore) -> Self {
        Self { roots, lists: Vec::new() }
    }

    /// With revocation lists in force now, DER, which speak beside those in the documents.
    #[must_use]
    pub fn with_lists(self, lists: Vec<Vec<u8>>) -> Self {
        Self { lists, ..self }
    }

    pub(crate) fn roots(&self) -> &RootCertStore {
        &self.roots
    }

    /// All evidence there is, ours and the document's.
    pub(crate) fn evidence(&self, mut lists: Vec<Vec<u8>>, responses: Vec<Vec<u8>>) -> Evidence {
        lists.extend(self.lists.iter().cloned());
        Evidence { lists, responses }
    }
}

/// Whether a chain led to a trusted root at a moment.
#[derive(Debug)]
pub(crate) enum ChainState {
    /// It did, by these certificates, all but the root.
    Trusted(Vec<Link>),
    /// It leads to nobody who is trusted.
    Unknown,
    /// A certificate was not valid at that moment.
    Outside,
    /// Something in it is wrong.
    Broken(String),
}

/// Any purpose: which purposes documents are signed with differs between countries, and time stamps are looked at elsewhere.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

impl Trust {
    /// Builds the chain of a certificate from candidates, valid at a moment.
    pub(crate) fn chain(&self, certificate: &[u8], candidates: &[Vec<u8>], at: Timestamp) -> ChainState {
        let own = CertificateDer::from(certificate);
        let candidates: Vec<CertificateDer<'_>> =
            candidates.iter().map(|candidate| CertificateDer::from(candidate.as_slice())).collect();
        let time = UnixTime::since_unix_epoch(Duration::from_secs(at.as_second().max(0).unsigned_abs()));
        let end_entity = match EndEntityCert::try_from(&own) {
            Ok(end_entity) => end_entity,
            Err(error) => return ChainState::Broken(error.to_string()),
        };
        let path = end_entity.verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &self.roots.roots,
            &candidates,
            time,
            AnyPurpose,
            None,
            None,
        );
        match path {
            Ok(path) => {
                let mut certificates = vec![certificate.to_vec()];
                let mut keys = Vec::new();
                for intermediate in path.intermediate_certificates() {
                    certificates.push(intermediate.der().to_vec());
                    keys.push(intermediate.subject_public_key_info().to_vec());
                }
                keys.push(path.anchor().subject_public_key_info.to_vec());
                let links = certificates.into_iter().zip(keys);
                ChainState::Trusted(
                    links.map(|(certificate, issuer_key)| Link { certificate, issuer_key }).collect(),
                )
            }
            Err(
                webpki::Error::UnknownIssuer
                | webpki::Error::CaUsedAsEndEntity
                | webpki::Error::InvalidSignatureForPublicKey,
            ) => ChainState::Unknown,
            Err(webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. }) => {
                ChainState::Outside
            }
            Err(error) => ChainState::Broken(error.to_string()),
        }
    }
}

/// The worst that is known of the certificates of a chain at a moment.
pub(crate) fn worst(links: &[Link], evidence: &Evidence, at: Timestamp) -> Status {
    let rank = |status: &Status| match status {
        Status::Revoked(_) => 3,
        Status::Unknown => 2,
        Status::Outdated => 1,
        Status::Good => 0,
    };
    links.iter().map(|link| evidence.status(link, at)).max_by_key(rank).unwrap_or(Status::Good)
}

/// Whether the certificate may sign documents: its key usage, if it has one, is for signatures (RFC 5280, 4.2.1.3).
pub(crate) fn may_sign(certificate: &[u8]) -> bool {
    let Ok(certificate) = x509_cert::Certificate::from_der(certificate) else { return false };
    match certificate.tbs_certificate().get_extension::<KeyUsage>() {
        Ok(Some((_, usage))) => usage.digital_signature() || usage.non_repudiation(),
        Ok(None) => true,
        Err(_) => false,
    }
}

/// The public key of a certificate, as `SubjectPublicKeyInfo`.
pub(crate) fn public_key(certificate: &[u8]) -> Option<Vec<u8>> {
    use x509_cert::der::Encode;
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    certificate.tbs_certificate().subject_public_key_info().to_der().ok()
}

/// The SHA-256 digest of these bytes, in hexadecimal.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    Hash::Sha256.of(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
