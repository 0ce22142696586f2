//! `lienthong doctor`: says what is wrong with a deployment and what to do.

use crate::{
    agency::ledger_name,
    config::Config,
    key_place::{KeyPlace, Keyring},
    plan, sign_in,
};
use anyhow::Result;
use exchange::Keeper;
use jiff::Timestamp;
use ledger::VerifierKey;
use pki::{Authority, DocumentIdentity, LedgerKey, needs_renewal};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};
use system::Clock;

/// Free space under which a data folder is in danger, in bytes.
const FREE_SPACE_LIMIT_BYTES: u64 = 1 << 30;
/// Longest answer about a running node's health, in bytes.
const HEALTH_LIMIT_BYTES: usize = 64 * 1024;
/// How long a connection may take, in seconds.
const CONNECT_LIMIT_SECONDS: u64 = 3;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Finding {
    /// All is well.
    Good(String),
    /// Works, but should be looked at.
    Doubt(String),
    /// Does not work; the text says what to do.
    Bad(String),
}

/// Looks at everything and tells what it found; fails when something does not work.
#[allow(clippy::print_stdout)]
pub async fn run(data: &Path, config: Option<&Path>) -> Result<ExitCode> {
    let now = Clock::real().now();
    let findings = match config {
        Some(file) => node(file, now).await,
        None => sandbox(data, now),
    };
    let mut healthy = true;
    for finding in &findings {
        let (mark, text) = match finding {
            Finding::Good(text) => ("ok   ", text),
            Finding::Doubt(text) => ("doubt", text),
            Finding::Bad(text) => {
                healthy = false;
                ("BAD  ", text)
            }
        };
        println!("{mark}  {text}");
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A sandbox, by its folder.
fn sandbox(dir: &Path, now: Timestamp) -> Vec<Finding> {
    if !dir.join("country.json").exists() {
        return vec![Finding::Bad(format!(
            "{} holds no country; start one with: lienthong up --data {}",
            dir.display(),
            dir.display()
        ))];
    }
    let mut findings = vec![free_space(dir)];
    let Some(anchor) = std::fs::read_to_string(dir.join("anchor"))
        .ok()
        .and_then(|text| text.trim().parse::<VerifierKey>().ok())
    else {
        findings.push(Finding::Bad(format!(
            "{} can't be read; start the country once more, it is written anew",
            dir.join("anchor").display()
        )));
        return findings;
    };
    findings.push(key_file("the authority", Authority::load(&dir.join("authority.pem"))));
    findings.push(key_file("the centre's key", LedgerKey::load(&dir.join("centre.key"))));
    let ring = Keyring::default();
    for plan in plan::country() {
        let agency = dir.join(plan.folder());
        let id = plan.id().to_string();
        findings.push(certificate(&ring, &agency.join("node.pem"), None, &id, now));
        findings.push(key_file(
            &format!("the signing key of {id}"),
            DocumentIdentity::load(&agency.join("documents.pem")),
        ));
        findings.push(directory(&agency.join("directory"), &anchor, now));
        findings.push(ledger(&ring, &agency, &KeyPlace::File(agency.join("ledger.key")), &id, None));
    }
    findings
}

/// A node, by its configuration.
async fn node(file: &Path, now: Timestamp) -> Vec<Finding> {
    let config = match Config::read(file) {
        Ok(config) => config,
        Err(error) => return vec![Finding::Bad(format!("{error:#}"))],
    };
    let mut findings = vec![Finding::Good(format!("{} can be used", file.display()))];
    let (data, id) = (&config.agency.data, config.agency.node_id());
    findings.push(if data.exists() {
        free_space(data)
    } else {
        Finding::Doubt(format!("{} is not there yet; the node makes it", data.display()))
    });
    let (ring, agency) = (Keyring::default(), &config.agency);
    findings.push(certificate(&ring, &agency.certificate, agency.certificate_key.as_ref(), &id, now));
    if let Some(chain) = &agency.documents {
        let documents = ring.documents(chain, agency.documents_key.as_ref());
        findings.push(key_file("the agency's signing key", documents));
    }
    // While the key is rolled, both sign.
    let archive = config.ledger.archive.as_ref();
    findings.extend(agency.ledger_key.first().map(|key| ledger(&ring, data, key, &id, archive.cloned())));
    if let Some(admin) = config.listen.admin {
        findings.extend(running(admin).await);
    }
    for (what, address) in [
        ("peers", Some(config.listen.peers)),
        ("systems", Some(config.listen.systems)),
        ("pages", config.listen.pages),
    ] {
        findings.extend(address.map(|address| listener(what, address)));
    }
    if config.centre.is_none() {
        match config.directory.anchor.parse::<VerifierKey>() {
            Ok(anchor) => {
                findings.push(directory(&data.join("directory"), &anchor, now));
                findings.extend(peers(&data.join("directory"), &anchor, &id).await);
            }
            Err(error) => findings.push(Finding::Bad(format!(
                "directory.anchor can't be read: {error}; copy the centre's key again"
            ))),
        }
    }
    findings.push(signing_in(&config).await);
    for service in config.systems.iter().flat_map(|system| &system.services) {
        findings.push(backend(&service.code, &service.url).await);
    }
    findings
}

/// Whether people can sign in to the pages.
async fn signing_in(config: &Config) -> Finding {
    let (Some(sign_in), Some(url)) = (&config.sign_in, config.pages_url()) else {
        return Finding::Doubt(
            "nobody can sign in to the pages; [sign-in] joins them to an identity system".to_owned(),
        );
    };
    match sign_in::look(config, sign_in, url).await {
        None => Finding::Doubt("the key for signing in is not there yet; the node makes it".to_owned()),
        Some(Ok(())) => Finding::Good(format!("people can sign in at {}", sign_in.issuer)),
        Some(Err(error)) => Finding::Bad(format!("nobody can sign in to the pages: {error:#}")),
    }
}

fn free_space(dir: &Path) -> Finding {
    match rustix::fs::statvfs(dir).map(|disk| disk.f_bavail * disk.f_frsize) {
        Ok(free) if free < FREE_SPACE_LIMIT_BYTES => Finding::Bad(format!(
            "{} has only {} MB left; make room, or messages will be refused",
            dir.display(),
            free >> 20
        )),
        Ok(free) => Finding::Good(format!("{} has {} MB left", dir.display(), free >> 20)),
        Err(error) => Finding::Bad(format!("{} can't be looked at: {error}", dir.display())),
    }
}

fn key_file<T>(what: &str, loaded: Result<T, impl Into<anyhow::Error>>) -> Finding {
    match loaded.map_err(Into::into) {
        Ok(_) => Finding::Good(format!("{what} can be used")),
        Err(error) => Finding::Bad(format!("{what} can't be used: {error:#}")),
    }
}

/// What a running node says of its parts: directory, clocks of other nodes, ledger key, witnesses, tokens.
async fn running(admin: SocketAddr) -> Vec<Finding> {
    let Ok(text) = crate::browser::get_text(&format!("http://{admin}/healthz"), HEALTH_LIMIT_BYTES).await
    else {
        return Vec::new();
    };
    let health: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let parts = health["components"].as_object().into_iter().flatten();
    parts
        .map(|(part, state)| {
            let why = state["why"].as_str().unwrap_or_default();
            match state["state"].as_str() {
                Some("ready") => Finding::Good(format!("the running node's {part} is as it should be")),
                Some("degraded") => Finding::Doubt(format!("the running node's {part}: {why}")),
                _ => Finding::Bad(format!("the running node's {part}: {why}")),
            }
        })
        .collect()
}

fn certificate(ring: &Keyring, file: &Path, key: Option<&KeyPlace>, id: &str, now: Timestamp) -> Finding {
    let identity = match ring.node_identity(file, key, id) {
        Ok(identity) => identity,
        Err(error) => return Finding::Bad(format!("{error:#}")),
    };
    let facts = match pki::CertificateFacts::of(identity.certificate()) {
        Ok(facts) => facts,
        Err(error) => {
            return Finding::Bad(format!("the certificate {} can't be read: {error}", file.display()));
        }
    };
    let holder = identity.holder().id();
    if !facts.is_valid_at(now) {
        return Finding::Bad(format!(
            "the certificate of {holder} is valid from {} to {}, and it is {now}; renew it, or set the clock right",
            facts.not_before, facts.not_after
        ));
    }
    match needs_renewal(identity.certificate(), now) {
        Ok(false) => Finding::Good(format!("the certificate of {holder} is valid to {}", facts.not_after)),
        _ => Finding::Doubt(format!("the certificate of {holder} ends on {}; renew it", facts.not_after)),
    }
}

fn directory(file: &Path, anchor: &VerifierKey, now: Timestamp) -> Finding {
    match Keeper::open(anchor.clone(), file.into()) {
        Err(error) => Finding::Bad(format!("{}: {error}", file.display())),
        Ok(keeper) => match keeper.current() {
            None => Finding::Bad(format!(
                "{} is not there; give the node the signed directory, or the centre's address",
                file.display()
            )),
            Some(current) if current.is_stale(now) => Finding::Doubt(format!(
                "directory version {} is past its refresh date {}; it is still used, but see that the centre can be reached",
                current.directory.version, current.directory.fresh_until
            )),
            Some(current) => {
                Finding::Good(format!("directory version {} is signed and fresh", current.directory.version))
            }
        },
    }
}

fn ledger(ring: &Keyring, dir: &Path, key: &KeyPlace, id: &str, archive: Option<PathBuf>) -> Finding {
    let folder = dir.join("ledger");
    if !folder.exists() {
        return Finding::Doubt(format!("{} is not there yet; the node makes it", folder.display()));
    }
    let signer = match ring.existing_note_key(key).and_then(|key| key.signer(&ledger_name(id))) {
        Ok(signer) => signer,
        Err(error) => return Finding::Bad(format!("the ledger key can't be used: {error:#}")),
    };
    let options = ledger::Options { check_whole_journal: true, archive, ..ledger::Options::default() };
    match ledger::Ledger::open(&folder, signer, options) {
        Ok(ledger) => Finding::Good(format!(
            "the ledger of {id} is whole: {} entries",
            ledger.checkpoint().checkpoint.size
        )),
        Err(ledger::LedgerError::AlreadyOpen { .. }) => {
            Finding::Good(format!("the ledger of {id} is in use by a running node"))
        }
        Err(error) => Finding::Bad(format!("the ledger of {id}: {error}")),
    }
}

fn listener(what: &str, address: SocketAddr) -> Finding {
    match std::net::TcpListener::bind(address) {
        Ok(_) => Finding::Good(format!("listen.{what} = {address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Finding::Doubt(format!(
            "listen.{what} = {address} is taken; that is right if the node is running, else stop the other program"
        )),
        Err(error) => Finding::Bad(format!("listen.{what} = {address} can't be opened: {error}")),
    }
}

async fn peers(file: &Path, anchor: &VerifierKey, own: &str) -> Vec<Finding> {
    let Some(current) = Keeper::open(anchor.clone(), file.into()).ok().and_then(|keeper| keeper.current())
    else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for node in current.directory.nodes.iter().filter(|node| node.id != own) {
        findings.push(match reach(&node.address).await {
            Ok(()) => Finding::Good(format!("node {} at {} can be reached", node.id, node.address)),
            Err(fault) => Finding::Doubt(format!(
                "node {} at {} can't be reached: {fault}; look at the network between you",
                node.id, node.address
            )),
        });
    }
    findings
}

async fn backend(code: &str, url: &str) -> Finding {
    let authority = url.strip_prefix("http://").unwrap_or(url).split('/').next().unwrap_or_default();
    let address = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
    match reach(&address).await {
        Ok(()) => Finding::Good(format!("service {code} at {url} can be reached")),
        Err(fault) => Finding::Bad(format!(
            "service {code} at {url} can't be reached: {fault}; start it, or correct its url"
        )),
    }
}

async fn reach(address: &str) -> Result<(), String> {
    let limit = Duration::from_secs(CONNECT_LIMIT_SECONDS);
    match tokio::time::timeout(limit, tokio::net::TcpStream::connect(address)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {CONNECT_LIMIT_SECONDS} s")),
    }
}
