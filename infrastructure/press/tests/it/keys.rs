//! A root authority, signers under it, and what makes their signatures last.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pki::{Authority, DocumentIdentity, DocumentSigner, Revoked, TimeStampAuthority, Validity, time_stamp};
use press::{PressError, SignatureDetails};
use signature::{Revocations, Seal, Signed, Signer, SourceError, TimeStamps, Trust};

use crate::samples::CREATED;

/// When the samples are signed.
pub(crate) fn created() -> Timestamp {
    CREATED.parse().expect("a timestamp")
}

/// A root authority, which stamps time too.
pub(crate) struct Root {
    authority: Authority,
    stamper: Arc<TimeStampAuthority>,
    revoked: Mutex<Vec<Revoked>>,
}

fn named(name: &str) -> DocumentSigner {
    DocumentSigner { common_name: name.to_owned(), organization: "UBND phường Hoàn Kiếm".to_owned() }
}

impl Root {
    pub(crate) fn new() -> Self {
        let validity = Validity::days(created(), 3_650).expect("a validity");
        let authority = Authority::create("Chứng thực số gốc mẫu", validity).expect("an authority");
        let stamper = authority.issue_time_stamper(&named("Thời gian mẫu"), validity).expect("a certificate");
        let stamper = Arc::new(TimeStampAuthority::new(stamper));
        Self { authority, stamper, revoked: Mutex::default() }
    }

    /// The root certificate as PEM.
    pub(crate) fn pem(&self) -> String {
        self.authority.certificate_pem()
    }

    /// A person or body with a P-256 key, valid for ten years.
    pub(crate) fn signer(&self, name: &str) -> DocumentIdentity {
        self.signer_for(name, 3_650)
    }

    pub(crate) fn signer_for(&self, name: &str, days: u32) -> DocumentIdentity {
        let validity = Validity::days(created(), days).expect("a validity");
        self.authority.issue_signer(&named(name), validity).expect("a certificate")
    }

    /// Signs at level B-B.
    pub(crate) fn seal(&self, name: &str) -> Seal {
        Seal::new(Arc::new(self.signer(name)))
    }

    /// Signs at level B-T.
    pub(crate) fn stamping(&self, signer: DocumentIdentity, at: Timestamp) -> Seal {
        Seal::new(Arc::new(signer)).with_time_stamps(Arc::new(Stamps(self.stamper.clone(), at, self.trust_roots())))
    }

    /// Signs at level B-LT, with the list as it stands now.
    pub(crate) fn lasting(&self, name: &str) -> Seal {
        self.lasting_with(self.signer(name))
    }

    pub(crate) fn lasting_with(&self, signer: DocumentIdentity) -> Seal {
        self.stamping(signer, created()).with_revocations(Arc::new(Lists(self.list(created()))))
    }

    pub(crate) fn revoke(&self, signer: &DocumentIdentity, at: Timestamp) {
        let revoked = Revoked::certificate(&signer.chain()[0], at).expect("a certificate");
        self.revoked.lock().expect("no test panics with it").push(revoked);
    }

    /// The revocation list of a moment, in force for ten years so that verifiers of today can use it.
    pub(crate) fn list(&self, at: Timestamp) -> Vec<u8> {
        let revoked = self.revoked.lock().expect("no test panics with it");
        let until = at + SignedDuration::from_hours(24 * 3_650);
        self.authority.revocation_list(&revoked, at, until).expect("a list")
    }

    fn trust_roots(&self) -> rustls::RootCertStore {
        self.authority.roots()
    }

    pub(crate) fn trust(&self) -> Trust {
        Trust::new(self.authority.roots())
    }
}

struct Stamps(Arc<TimeStampAuthority>, Timestamp, rustls::RootCertStore);

#[async_trait]
impl TimeStamps for Stamps {
    async fn stamp(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, SourceError> {
        let nonce = [7; time_stamp::NONCE_BYTES];
        let query = time_stamp::query(sha256, &nonce)?;
        let reply = self.0.answer(&query, self.1, [9; 16])?;
        Ok(time_stamp::read_reply(&reply, sha256, &nonce, &self.2)?.0)
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
pub(crate) struct Away;

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

/// A signer with the key of one and the chain of another.
pub(crate) struct Mixed {
    pub(crate) key: DocumentIdentity,
    pub(crate) chain: Vec<Vec<u8>>,
}

#[async_trait]
impl Signer for Mixed {
    fn certificate_chain_der(&self) -> Vec<Vec<u8>> {
        self.chain.clone()
    }

    async fn sign_digest(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, SourceError> {
        Ok(self.key.sign_digest(sha256)?)
    }
}

/// Signs, without a runtime around.
pub(crate) fn signed(pdf: &[u8], seal: &Seal, details: &SignatureDetails) -> Result<Signed, PressError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(press::sign(pdf, seal, details))
}

/// The document alone.
pub(crate) fn sign(pdf: &[u8], seal: &Seal, details: &SignatureDetails) -> Result<Vec<u8>, PressError> {
    signed(pdf, seal, details).map(|signed| signed.document)
}
