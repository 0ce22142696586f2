//! Keys and certificates in files: loaded when they are there, made when they are not.

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use pki::{
    Authority, DocumentIdentity, DocumentSigner, Holder, Identity, LedgerKey, SharedIdentity, Validity,
    needs_renewal,
};
use std::path::Path;
use system::Random;

/// How long the sandbox's authority is valid, in days.
const AUTHORITY_DAYS: u32 = 3_650;
/// How long a node's certificate is valid, in days. It is renewed in the last third.
const NODE_DAYS: u32 = 90;
/// How long a certificate for signing documents is valid, in days.
const DOCUMENT_DAYS: u32 = 1_095;

/// The sandbox's certification authority.
pub fn authority(file: &Path, now: Timestamp) -> Result<Authority> {
    if file.exists() {
        return Authority::load(file)
            .with_context(|| format!("the authority {} can't be used", file.display()));
    }
    let authority = Authority::create("lienthong sandbox authority", Validity::days(now, AUTHORITY_DAYS)?)?;
    authority.save(file)?;
    Ok(authority)
}

/// A key that signs a ledger's checkpoints, or the directory.
pub fn signing_key(file: &Path, random: &Random) -> Result<LedgerKey> {
    if file.exists() {
        return LedgerKey::load(file).with_context(|| format!("the key {} can't be used", file.display()));
    }
    let key = LedgerKey::from_seed(random.bytes());
    key.save(file)?;
    Ok(key)
}

/// A node's certificate, issued anew when it is missing or in the last third of its life.
pub fn node_identity(file: &Path, id: &str, authority: &Authority, now: Timestamp) -> Result<Identity> {
    if file.exists() {
        let identity = Identity::load(file)
            .with_context(|| format!("the certificate {} can't be used", file.display()))?;
        if !needs_renewal(identity.certificate(), now)? {
            return Ok(identity);
        }
    }
    issue_node(file, id, authority, now)
}

fn issue_node(file: &Path, id: &str, authority: &Authority, now: Timestamp) -> Result<Identity> {
    let identity = authority.issue(&Holder::node(id)?, Validity::days(now, NODE_DAYS)?)?;
    identity.save(file)?;
    Ok(identity)
}

/// Renews a running node's certificate when it is in the last third of its life; true when it was.
pub fn renew(shared: &SharedIdentity, file: &Path, authority: &Authority, now: Timestamp) -> Result<bool> {
    let current = shared.current();
    if !needs_renewal(current.certificate(), now)? {
        return Ok(false);
    }
    shared.replace(issue_node(file, current.holder().id(), authority, now)?)?;
    Ok(true)
}

/// The key that seals an agency's documents.
pub fn document_identity(
    file: &Path,
    agency: &str,
    authority: &Authority,
    now: Timestamp,
) -> Result<DocumentIdentity> {
    if file.exists() {
        return DocumentIdentity::load(file)
            .with_context(|| format!("the signing key {} can't be used", file.display()));
    }
    let signer = DocumentSigner { common_name: agency.into(), organization: agency.into() };
    let identity = authority.issue_signer(&signer, Validity::days(now, DOCUMENT_DAYS)?)?;
    identity.save(file)?;
    Ok(identity)
}

/// The key of the sandbox's time-stamp authority.
pub fn time_stamper(file: &Path, authority: &Authority, now: Timestamp) -> Result<DocumentIdentity> {
    if file.exists() {
        return DocumentIdentity::load(file)
            .with_context(|| format!("the key {} can't be used", file.display()));
    }
    let name =
        DocumentSigner { common_name: "lienthong sandbox time".into(), organization: "Sandbox".into() };
    let identity = authority.issue_time_stamper(&name, Validity::days(now, AUTHORITY_DAYS)?)?;
    identity.save(file)?;
    Ok(identity)
}
