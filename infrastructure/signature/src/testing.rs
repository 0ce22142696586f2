//! A certification authority with a time-stamp authority and revocation lists, for tests: all at moments that the test names.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pki::{Authority, DocumentIdentity, DocumentSigner, Revoked, TimeStampAuthority, Validity, time_stamp};
use rustls::RootCertStore;

use crate::{Revocations, Seal, SourceError, TimeStamps, Trust};

/// How long its certificates and lists are in force, in days.
const DAYS: u32 = 3_650;

/// A root authority under which signers sign and time is stamped.
pub struct Root {
    created: Timestamp,
    authority: Authority,
    stamper: Arc<TimeStampAuthority>,
    revoked: Mutex<Vec<Revoked>>,
}

fn named(name: &str) -> DocumentSigner {
    DocumentSigner { common_name: name.to_owned(), organization: "UBND phường Hoàn Kiếm".to_owned() }
}

impl Root {
    /// An authority that begins at this moment.
    pub fn at(created: Timestamp) -> Self {
        let validity = Validity::days(created, DAYS).expect("a validity");
        let authority = Authority::create("Chứng thực số gốc mẫu", validity).expect("an authority");
        let stamper = authority.issue_time_stamper(&named("Thời gian mẫu"), validity).expect("a certificate");
        let stamper = Arc::new(TimeStampAuthority::new(stamper));
        Self { created, authority, stamper, revoked: Mutex::default() }
    }

    /// The root certificate as PEM.
    pub fn pem(&self) -> String {
        self.authority.certificate_pem()
    }

    /// A person or body with a P-256 key.
    pub fn signer(&self, name: &str) -> DocumentIdentity {
        self.signer_for(name, DAYS)
    }

    /// The same with a certificate for some days.
    pub fn signer_for(&self, name: &str, days: u32) -> DocumentIdentity {
        let validity = Validity::days(self.created, days).expect("a validity");
        self.authority.issue_signer(&named(name), validity).expect("a certificate")
    }

    /// Signs at level B-B.
    pub fn seal(&self, name: &str) -> Seal {
        Seal::new(Arc::new(self.signer(name)))
    }

    /// Signs at level B-T.
    pub fn stamping(&self, signer: DocumentIdentity) -> Seal {
        let stamps = Stamps { authority: self.stamper.clone(), at: self.created, roots: self.roots() };
        Seal::new(Arc::new(signer)).with_time_stamps(Arc::new(stamps))
    }

    /// Signs at level B-LT, with the list as it stands now.
    pub fn lasting(&self, name: &str) -> Seal {
        self.lasting_with(self.signer(name))
    }

    /// The same with this key.
    pub fn lasting_with(&self, signer: DocumentIdentity) -> Seal {
        self.stamping(signer).with_revocations(Arc::new(Lists(self.list(self.created))))
    }

    /// Revokes a certificate.
    pub fn revoke(&self, signer: &DocumentIdentity, at: Timestamp) {
        let revoked = Revoked::certificate(&signer.chain()[0], at).expect("a certificate");
        self.revoked().push(revoked);
    }

    fn revoked(&self) -> MutexGuard<'_, Vec<Revoked>> {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The revocation list of a moment, in force so long that verifiers of today can use it.
    pub fn list(&self, at: Timestamp) -> Vec<u8> {
        let until = at + SignedDuration::from_hours(24 * i64::from(DAYS));
        self.authority.revocation_list(&self.revoked(), at, until).expect("a list")
    }

    /// The root as the only one trusted.
    pub fn roots(&self) -> RootCertStore {
        self.authority.roots()
    }

    /// Trust in it.
    pub fn trust(&self) -> Trust {
        Trust::new(self.roots())
    }

    /// The answer of its time-stamp authority to a request.
    pub fn stamp(&self, request: &[u8]) -> Vec<u8> {
        self.stamper.answer(request, self.created, [9; 16]).expect("an answer")
    }
}

struct Stamps {
    authority: Arc<TimeStampAuthority>,
    at: Timestamp,
    roots: RootCertStore,
}

#[async_trait]
impl TimeStamps for Stamps {
    async fn stamp(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, SourceError> {
        let nonce = [7; time_stamp::NONCE_BYTES];
        let query = time_stamp::query(sha256, &nonce)?;
        let reply = self.authority.answer(&query, self.at, [9; 16])?;
        Ok(time_stamp::read_reply(&reply, sha256, &nonce, &self.roots)?.0)
    }
}

struct Lists(Vec<u8>);

#[async_trait]
impl Revocations for Lists {
    async fn lists(&self) -> Result<Vec<Vec<u8>>, SourceError> {
        Ok(vec![self.0.clone()])
    }
}

/// A time-stamp authority, or a source of lists, that is away.
pub struct Away;

#[async_trait]
impl TimeStamps for Away {
    async fn stamp(&self, _: &[u8; 32]) -> Result<Vec<u8>, SourceError> {
        Err("nobody answers".into())
    }
}

#[async_trait]
impl Revocations for Away {
    async fn lists(&self) -> Result<Vec<Vec<u8>>, SourceError> {
        Err("nobody answers".into())
    }
}
