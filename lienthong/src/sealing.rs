//! What documents are signed and verified with: keys in files or at a remote service, time stamps, revocation lists, roots.

use crate::config::{RemoteConfig, SignaturesConfig};
use anyhow::{Context as _, Result, ensure};
use async_trait::async_trait;
use jiff::SignedDuration;
use pki::{Authority, DocumentIdentity, Revoked, TimeStampAuthority, time_stamp, tls::parse_roots};
use signature::{
    Revocations, Seal, Signer, SourceError, TimeStamps, Verifier,
    remote::{HttpClient, HttpRevocations, HttpTimeStamps, Now, RandomBytes, RemoteService, RemoteSigner},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use system::{Clock, Random};

/// How long a revocation list of the sandbox's authority is in force, in hours.
const LIST_HOURS: i64 = 7 * 24;

/// The sandbox's time-stamp authority and its certification authority's lists, without a way over the network.
#[derive(Clone)]
pub struct Embedded {
    parts: Arc<Parts>,
}

struct Parts {
    authority: Authority,
    stamper: TimeStampAuthority,
    revoked: PathBuf,
    clock: Clock,
    random: Random,
}

impl Embedded {
    /// Both authorities; `revoked` is the file that names the certificates that are revoked.
    pub fn new(
        authority: Authority,
        stamper: TimeStampAuthority,
        revoked: PathBuf,
        clock: Clock,
        random: Random,
    ) -> Self {
        Self { parts: Arc::new(Parts { authority, stamper, revoked, clock, random }) }
    }

    /// A seal with this key.
    pub fn seal(&self, identity: DocumentIdentity) -> Seal {
        Seal::new(Arc::new(identity))
            .with_time_stamps(Arc::new(self.clone()))
            .with_revocations(Arc::new(self.clone()))
    }

    /// A verifier that trusts the sandbox's authority.
    pub fn verifier(&self) -> Verifier {
        Verifier::new(self.parts.authority.roots()).with_revocations(Arc::new(self.clone()))
    }
}

#[async_trait]
impl TimeStamps for Embedded {
    async fn stamp(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, SourceError> {
        let Parts { authority, stamper, clock, random, .. } = &*self.parts;
        let nonce = random.bytes();
        let query = time_stamp::query(sha256, &nonce)?;
        let reply = stamper.answer(&query, clock.now(), random.bytes())?;
        Ok(time_stamp::read_reply(&reply, sha256, &nonce, &authority.roots())?.0)
    }
}

#[async_trait]
impl Revocations for Embedded {
    async fn lists(&self) -> Result<Vec<Vec<u8>>, SourceError> {
        let now = self.parts.clock.now();
        let revoked = Revoked::load(&self.parts.revoked)?;
        let until = now.checked_add(SignedDuration::from_hours(LIST_HOURS))?;
        Ok(vec![self.parts.authority.revocation_list(&revoked, now, until)?])
    }
}

/// The seal and the verifier of a node, by its configuration.
pub async fn of_node(
    documents: Option<DocumentIdentity>,
    config: &SignaturesConfig,
    clock: &Clock,
    random: &Random,
) -> Result<(Option<Seal>, Verifier)> {
    let roots = match &config.roots {
        Some(file) => {
            let text =
                std::fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
            parse_roots(&text).with_context(|| format!("{} holds no usable roots", file.display()))?
        }
        None => rustls::RootCertStore::empty(),
    };
    let client = HttpClient::new(roots.clone()).map_err(|error| anyhow::anyhow!(error))?;
    ensure!(
        documents.is_none() || config.remote.is_none(),
        "agency.documents and signatures.remote both name a key; keep one"
    );
    let signer: Option<Arc<dyn Signer>> = match (documents, &config.remote) {
        (Some(key), _) => Some(Arc::new(key)),
        (None, Some(remote)) => Some(Arc::new(connect(&client, remote).await?)),
        (None, None) => None,
    };
    let now = clock.clone();
    let lists = (!config.revocation_lists.is_empty()).then(|| {
        let now: Now = Arc::new(move || now.now());
        Arc::new(HttpRevocations::new(client.clone(), config.revocation_lists.clone(), now))
    });
    let mut verifier = Verifier::new(roots.clone());
    let mut seal = signer.map(Seal::new);
    if let Some(lists) = lists {
        verifier = verifier.with_revocations(lists.clone());
        seal = seal.map(|seal| seal.with_revocations(lists));
    }
    if let Some(url) = &config.time_stamps {
        let random = random.clone();
        let nonce: RandomBytes = Arc::new(move || random.bytes());
        let time_stamps = Arc::new(HttpTimeStamps::new(client, url.clone(), roots, nonce));
        seal = seal.map(|seal| seal.with_time_stamps(time_stamps));
    }
    Ok((seal, verifier))
}

async fn connect(client: &HttpClient, config: &RemoteConfig) -> Result<RemoteSigner> {
    let secret = |file: &Path| -> Result<String> {
        let text = pki::files::read_private(file)?;
        Ok(text.trim().to_owned())
    };
    let service = RemoteService {
        url: config.url.clone(),
        credential: config.credential.clone(),
        token: secret(&config.token_file)?,
        pin: config.pin_file.as_deref().map(secret).transpose()?,
    };
    let connected = RemoteSigner::connect(client.clone(), service).await;
    connected.map_err(|error| anyhow::anyhow!("the remote signing service can't be used: {error}"))
}
