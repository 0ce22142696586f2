//! `lienthong node`: one agency's node for real use.

use crate::{
    agency::{self, Agency, Records, Settings, ledger_signer, witness_signer},
    config::{CentreConfig, Config},
    keys, outside, plan, stopped,
};
use anyhow::{Context as _, Result, bail};
use exchange::{AccessRule, Bodies, Directory, Keeper, Witness, bodies::Reader};
use jiff::Timestamp;
use ledger::{NoteSigner, VerifierKey};
use pki::{DocumentIdentity, Identity, SharedIdentity};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use system::{Blueprint, Clock, Random};
use telemetry::{Health, Metrics};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    task::JoinHandle,
};

/// How often the centre is asked for a newer directory, in seconds.
const DIRECTORY_POLL_SECONDS: u64 = 60;
/// How long fetching the directory may take, in seconds.
const FETCH_LIMIT_SECONDS: u64 = 20;
/// How often the node's certificate file is looked at for a renewed one, in seconds.
const CERTIFICATE_POLL_SECONDS: u64 = 60;

/// Runs the node until it is asked to stop.
pub async fn run(file: &Path) -> Result<()> {
    // Taken over before anything is open: the signal ends a program that does not expect it.
    let hangups = signal(SignalKind::hangup())?;
    let config = Config::read(file)?;
    let (clock, random) = (Clock::real(), Random::from_system()?);
    std::fs::create_dir_all(&config.agency.data)
        .with_context(|| format!("the folder {} can't be made", config.agency.data.display()))?;
    let ledger_key = keys::signing_key(&config.agency.ledger_key, &random)?;
    let id = config.agency.node_id();
    let signer = ledger_signer(&id, &ledger_key)?;
    eprintln!("lienthong: this node's ledger key is {}", signer.verifier_key());

    let witness = match &config.witness {
        Some(witness) => {
            let signer = witness_signer(&id, &keys::signing_key(&witness.key, &random)?)?;
            eprintln!("lienthong: this node's witness key is {}", signer.cosigner_key());
            Some(signer)
        }
        None => None,
    };

    let anchor: VerifierKey = match &config.centre {
        Some(centre) => centre_signer(centre, &random)?.verifier_key(),
        None => config
            .directory
            .anchor
            .parse()
            .context("directory.anchor can't be read; it looks like name+0123abcd+base64")?,
    };
    let keeper = Keeper::open(anchor, config.agency.data.join("directory"))?;
    refresh(&keeper, &config, &clock, &random).await?;
    let identity = keys::brought_identity(&config.agency.certificate, &id)?;
    let documents = config.agency.documents.as_deref().map(DocumentIdentity::load).transpose()?.map(Arc::new);
    let identity = SharedIdentity::new(identity);
    let (peers, systems) =
        (bind(config.listen.peers, "peers").await?, bind(config.listen.systems, "systems").await?);
    let public_url: Arc<str> =
        config.listen.pages.map_or_else(String::new, |pages| format!("http://{pages}")).into();

    let mut agency = Agency::open(Settings {
        id: config.agency.id.clone(),
        node_id: id.clone(),
        dir: config.agency.data.clone(),
        records: config.store.postgres.clone().map_or(Records::Files, Records::Postgres),
        systems: hosted(&config)?,
        grants: grants(&config),
        agreements: Vec::new(),
        nats: config.events.nats.clone(),
        identity: identity.clone(),
        persons_key: config
            .search
            .persons_key
            .clone()
            .unwrap_or_else(|| config.agency.data.join(agency::PERSONS_KEY)),
        ledger_key,
        ledger_archive: config.ledger.archive.clone(),
        keeper,
        documents,
        clock: clock.clone(),
        random: random.clone(),
        public_url,
        body_limit_bytes: config.body_limit_bytes,
        vocabulary: config.error_vocabulary,
        sandbox: false,
    })
    .await?;
    let health = Health::default();
    if let Some(bodies) = &config.bodies {
        let folder = bodies.folder.clone().unwrap_or_else(|| config.agency.data.join("bodies"));
        let key = keys::signing_key(&bodies.key, &random)?;
        let opened =
            Bodies::open(&folder, key.seed(), bodies.keep_days.get(), bodies.required, random.clone());
        let opened = opened
            .with_context(|| format!("the archive of bodies, {}, can't be opened", folder.display()))?;
        agency.keep_bodies(&opened, health.component("bodies"));
    }
    agency.node.limit_calls(config.calls_limit);
    agency.node.offer(outside::offers(&config.agency.id, &config.systems)?);
    agency.node.admit_systems(outside::credentials(&config.agency.id, &config.systems)?);
    agency.serve(peers, systems);
    let every = Duration::from_secs(config.attestation.every_seconds.max(1));
    agency.keep_attested(every, config.attestation.time_stamp_url.clone());
    if let Some(days) = config.search.keep_days {
        agency.keep_searchable(days);
    }
    if config.ledger.archive.is_some() {
        let days = config.ledger.archive_after_days;
        agency.keep_archived(days, clock.clone(), health.component("ledger-archive"));
    }
    let witness = witness.map(|signer| agency.witness(signer));
    let side = serve_beside(&config, &agency, witness, &health, &clock, &random).await?;
    let config = Arc::new(config);
    let reloading = Reloading {
        file: file.to_owned(),
        running: config.clone(),
        node: agency.node.clone(),
        identity: identity.clone(),
        clock: clock.clone(),
        random: random.clone(),
    };
    let keeping = [
        tokio::spawn(reloading.run(hangups)),
        tokio::spawn(keep_directory(
            agency.node.clone(),
            config.clone(),
            clock,
            random,
            health.component("directory"),
        )),
        tokio::spawn(keep_certificate(identity, config.clone())),
    ];
    eprintln!(
        "lienthong: node {id} is up; peers at {}, systems at {}",
        config.listen.peers, config.listen.systems
    );
    stopped().await?;
    eprintln!("lienthong: finishing what has begun");
    for task in keeping.into_iter().chain(side) {
        task.abort();
    }
    agency.close().await;
    Ok(())
}

async fn bind(address: std::net::SocketAddr, what: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("listen.{what} = {address} can't be opened; is another program there?"))
}

/// What the node lets others do: what the file says, and ask at its rooms.
fn grants(config: &Config) -> Vec<AccessRule> {
    [&config.grants[..], &exchange::events::grants(), &exchange::access::grants_of_room()].concat()
}

/// Who may read bodies.
fn body_readers(config: &Config) -> Result<Vec<Reader>> {
    let readers = config.bodies.iter().flat_map(|bodies| &bodies.readers);
    readers.map(|reader| Ok(Reader { name: reader.name.clone(), token_sha256: reader.token()? })).collect()
}

fn hosted(config: &Config) -> Result<Vec<Blueprint>> {
    let known: Vec<Blueprint> = plan::country()
        .into_iter()
        .flat_map(|agency| agency.systems)
        .map(|(blueprint, _)| blueprint)
        .collect();
    let mut hosted = Vec::new();
    for code in &config.hosts {
        match known.iter().find(|blueprint| blueprint.facts.code == code) {
            Some(blueprint) => hosted.push(*blueprint),
            None => {
                let codes: Vec<&str> = known.iter().map(|blueprint| blueprint.facts.code).collect();
                bail!("hosts names the system {code:?}; this program has {}", codes.join(", "));
            }
        }
    }
    Ok(hosted)
}

/// Serves systems with certificates, pages and machines that watch, as far as the configuration asks for them.
async fn serve_beside(
    config: &Config,
    agency: &Agency,
    witness: Option<Arc<Witness>>,
    health: &Health,
    clock: &Clock,
    random: &Random,
) -> Result<Vec<JoinHandle<()>>> {
    let mut serving = Vec::new();
    if let Some(address) = config.listen.systems_tls {
        let (listener, node) = (bind(address, "systems-tls").await?, agency.node.clone());
        serving.push(tokio::spawn(async move {
            if let Err(fault) = exchange::http::listen_tls(listener, node).await {
                tracing::error!(error = %fault, "systems can't be served over TLS");
            }
        }));
    }
    if let Some(address) = config.listen.pages {
        let listener = bind(address, "pages").await?;
        let router = crate::site::agency_router(agency, witness, &config.agency.name, clock, random);
        serving.push(tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "pages can't be served");
            }
        }));
    }
    if let Some(address) = config.listen.admin {
        let listener = bind(address, "admin").await?;
        let router = crate::site::watching(Metrics::install()?, health.clone())
            .merge(exchange::monitoring::routes(agency.node.clone()))
            .merge(exchange::bodies::routes(agency.node.clone(), body_readers(config)?));
        serving.push(tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "metrics and health can't be served");
            }
        }));
    }
    Ok(serving)
}

/// Takes a newer directory from wherever the configuration says. Only having none at all is an error: a node that can't
/// reach the centre keeps working on the last good one.
async fn refresh(keeper: &Keeper, config: &Config, clock: &Clock, random: &Random) -> Result<()> {
    let offered = match (&config.centre, &config.directory) {
        (Some(centre), _) => sign_register(centre, keeper, clock.now(), random),
        (None, directory) => {
            let mut offered = Ok(());
            if let Some(file) = directory.file.as_ref().filter(|_| keeper.current().is_none()) {
                let read = std::fs::read_to_string(file)
                    .with_context(|| format!("the directory {} can't be read", file.display()));
                offered = read.and_then(|note| Ok(keeper.offer(note).map(|_| ())?));
            }
            match &directory.url {
                Some(url) => fetch(url).await.and_then(|note| Ok(keeper.offer(note).map(|_| ())?)),
                None => offered,
            }
        }
    };
    match offered {
        Err(error) if keeper.current().is_none() => Err(error),
        Err(error) => {
            tracing::warn!(%error, "the directory can't be refreshed; the last good one is used");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Signs the centre's register as a new version of the directory, when it says something new.
fn sign_register(centre: &CentreConfig, keeper: &Keeper, now: Timestamp, random: &Random) -> Result<()> {
    let file = &centre.register;
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the register {} can't be read", file.display()))?;
    let register: Directory = serde_json::from_str(&text)
        .with_context(|| format!("the register {} can't be understood", file.display()))?;
    let current = keeper.current();
    let unchanged = current.as_ref().is_some_and(|current| {
        let mut signed = current.directory.clone();
        signed.nodes.iter_mut().for_each(|node| node.statement.clear());
        signed.witnesses.iter_mut().for_each(|witness| witness.statement.clear());
        signed.time_stamp_authorities.iter_mut().for_each(|authority| authority.statement.clear());
        signed == Directory { version: signed.version, issued: signed.issued, ..register.clone() }
    });
    if unchanged {
        return Ok(());
    }
    let version = current.map_or(0, |current| current.directory.version) + 1;
    let note = Directory { version, issued: now, ..register }.sign(&centre_signer(centre, random)?)?;
    keeper.offer(note)?;
    Ok(())
}

fn centre_signer(centre: &CentreConfig, random: &Random) -> Result<NoteSigner> {
    let key = keys::signing_key(&centre.key, random)?;
    Ok(NoteSigner::new(&centre.name, key.seed())?)
}

async fn fetch(url: &str) -> Result<String> {
    let limit = Duration::from_secs(FETCH_LIMIT_SECONDS);
    let fetching = crate::browser::get_text(url, exchange::directory::DIRECTORY_LIMIT_BYTES);
    tokio::time::timeout(limit, fetching)
        .await
        .with_context(|| format!("{url} did not answer within {FETCH_LIMIT_SECONDS} s"))?
}

async fn keep_directory(
    node: Arc<exchange::Node>,
    config: Arc<Config>,
    clock: Clock,
    random: Random,
    health: telemetry::Component,
) {
    loop {
        if let Err(error) = refresh(node.keeper(), &config, &clock, &random).await {
            tracing::error!(%error, "there is no directory");
        }
        match node.keeper().current() {
            Some(directory) if directory.is_stale(clock.now()) => {
                health.degraded("the directory is past its refresh date and is still used")
            }
            Some(_) => health.ready(),
            None => health.failing("there is no directory"),
        }
        tokio::time::sleep(Duration::from_secs(DIRECTORY_POLL_SECONDS)).await;
    }
}

/// Reads the configuration again whenever the program is told to.
struct Reloading {
    file: PathBuf,
    running: Arc<Config>,
    node: Arc<exchange::Node>,
    identity: SharedIdentity,
    clock: Clock,
    random: Random,
}

impl Reloading {
    async fn run(mut self, mut hangups: Signal) {
        while hangups.recv().await.is_some() {
            match self.reload().await {
                Ok(()) => eprintln!("lienthong: the configuration was read again"),
                Err(error) => {
                    eprintln!(
                        "lienthong: the configuration is not taken and the one before goes on: {error:#}"
                    );
                }
            }
        }
    }

    /// Takes up what the file says now. All of it is checked before any of it holds; calls that have begun end as they began.
    async fn reload(&mut self) -> Result<()> {
        let config = Config::read(&self.file)?;
        config.check_may_replace(&self.running)?;
        let id = &config.agency.id;
        let offers = outside::offers(id, &config.systems)?;
        let credentials = outside::credentials(id, &config.systems)?;
        let before = self.running.systems.iter();
        let withdrawn: Vec<_> = before
            .flat_map(|system| {
                system.services.iter().map(|service| (id.system(&system.code), service.code.clone()))
            })
            .collect();
        self.node.reoffer(&withdrawn, offers);
        self.node.admit_systems(credentials);
        self.node.grant(grants(&config));
        self.node.limit_calls(config.calls_limit);
        renew(&self.identity, &config);
        self.running = Arc::new(config);
        refresh(self.node.keeper(), &self.running, &self.clock, &self.random).await
    }
}

/// Presents a renewed certificate as soon as the operator has put it in the place of the old one.
async fn keep_certificate(identity: SharedIdentity, config: Arc<Config>) {
    loop {
        tokio::time::sleep(Duration::from_secs(CERTIFICATE_POLL_SECONDS)).await;
        renew(&identity, &config);
    }
}

/// Presents the certificate that is in the file, if it is another one and can be used.
fn renew(identity: &SharedIdentity, config: &Config) {
    match Identity::load(&config.agency.certificate) {
        Ok(renewed) if renewed.fingerprint() != identity.current().fingerprint() => {
            match identity.replace(renewed) {
                Ok(()) => tracing::info!("the node's certificate was renewed"),
                Err(error) => {
                    tracing::error!(%error, "the renewed certificate is not taken; the old one is used")
                }
            }
        }
        Ok(_) => {}
        Err(error) => {
            tracing::error!(%error, "the node's certificate file can't be used; the old one is used")
        }
    }
}
