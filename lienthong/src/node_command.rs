//! `lienthong node`: one agency's node for real use.

use crate::{
    agency::{self, Agency, Records, Settings, ledger_name, witness_name},
    config::{CentreConfig, Config},
    key_place::Keyring,
    keys, outside, plan, sealing, sign_in,
    site::Presented,
    stopped,
};
use anyhow::{Context as _, Result, bail, ensure};
use exchange::{
    AccessRule, Bodies, Directory, Keeper, Witness,
    bodies::Reader,
    watch::{self, Standing},
};
use jiff::Timestamp;
use ledger::{LedgerSigner, NoteSigner, VerifierKey};
use pki::{Identity, SharedIdentity};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use store::Store;
use system::{Blueprint, Clock, Random, ShownCertificate, mutual_tls};
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
/// How often it is looked whether keys in tokens are there, in seconds.
const TOKEN_POLL_SECONDS: u64 = 15;

/// Runs the node until it is asked to stop.
pub async fn run(file: &Path) -> Result<()> {
    // Taken over before anything is open: the signal ends a program that does not expect it.
    let hangups = signal(SignalKind::hangup())?;
    let config = Config::read(file)?;
    let (clock, random) = (Clock::real(), Random::from_system()?);
    std::fs::create_dir_all(&config.agency.data)
        .with_context(|| format!("the folder {} can't be made", config.agency.data.display()))?;
    let (id, ring) = (config.agency.node_id(), Arc::new(Keyring::default()));
    let ledger_signer = ring.ledger_signer(&ledger_name(&id), &config.agency.ledger_key, &random)?;
    eprintln!("lienthong: this node's ledger key is {}", ledger_signer.newest().verifier_key());

    let witness = match &config.witness {
        Some(witness) => {
            let signer = ring.note_key(&witness.key, &random)?.cosigner(&witness_name(&id))?;
            eprintln!("lienthong: this node's witness key is {}", signer.cosigner_key());
            Some(signer)
        }
        None => None,
    };

    let anchor: VerifierKey = match &config.centre {
        Some(centre) => centre_signer(centre, &ring, &random)?.verifier_key(),
        None => config
            .directory
            .anchor
            .parse()
            .context("directory.anchor can't be read; it looks like name+0123abcd+base64")?,
    };
    let keeper = Keeper::open(anchor, config.agency.data.join("directory"))?;
    refresh(&keeper, &config, &ring, &clock, &random).await?;
    let identity = SharedIdentity::new(identity_of(&ring, &config)?);
    let documents = config.agency.documents.as_deref();
    let documents = documents.map(|chain| ring.documents(chain, config.agency.documents_key.as_ref()));
    let (documents, verifier) =
        sealing::of_node(documents.transpose()?, &config.signatures, &clock, &random).await?;
    let (peers, systems) =
        (bind(config.listen.peers, "peers").await?, bind(config.listen.systems, "systems").await?);
    let public_url: Arc<str> = config.pages_url().unwrap_or_default().into();

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
        ledger_signer,
        sealing_keys: config
            .secrets
            .sealing_keys
            .clone()
            .unwrap_or_else(|| config.agency.data.join(agency::SEALING_KEYS)),
        mutual_tls_url: mutual_tls_url(&config, &identity),
        ledger_archive: config.ledger.archive.clone(),
        keeper,
        documents: documents.map(Arc::new),
        verifier,
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
    let accounts = agency.store(identity::FACTS.code).cloned();
    sign_in::register_sites(accounts.as_ref(), &config, clock.now()).await?;
    let side = serve_beside(&config, &agency, witness, &health, &clock, &random).await?;
    let config = Arc::new(config);
    let (running, latest) = tokio::sync::watch::channel(config.clone());
    let reloading = Reloading {
        file: file.to_owned(),
        running,
        node: agency.node.clone(),
        accounts,
        identity: identity.clone(),
        ring: ring.clone(),
        clock: clock.clone(),
        random: random.clone(),
    };
    let parts = watch::PARTS.map(|part| (part, health.component(part)));
    let mut keeping = vec![
        tokio::spawn(reloading.run(hangups)),
        tokio::spawn(keep_directory(agency.node.clone(), config.clone(), ring.clone(), clock, random)),
        tokio::spawn(keep_certificate(identity, ring.clone(), latest)),
        tokio::spawn(watch::keep_watch(agency.node.clone(), move |part, standing| {
            let component = parts.iter().find(|(known, _)| *known == part);
            component.into_iter().for_each(|(_, component)| report(component, standing));
        })),
    ];
    if ring.has_tokens() {
        keeping.push(tokio::spawn(keep_tokens(ring, health.component("tokens"))));
    }
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

/// Where systems of any agency show their certificate.
fn mutual_tls_url(config: &Config, identity: &SharedIdentity) -> Option<Arc<str>> {
    let port = config.listen.endpoints_tls?.port();
    let url = config.listen.endpoints_tls_url.clone();
    let by_certificate = || format!("https://{}:{port}", identity.current().holder().dns_name());
    Some(url.unwrap_or_else(by_certificate).into())
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
    if let Some(address) = config.listen.endpoints_tls {
        let (tls, peers) = exchange::certificates::of_any_system(&agency.node)?;
        let listener = bind(address, "endpoints-tls").await?;
        let listener = mutual_tls::Listener::new(listener, tls, peers, clock.clone());
        let service = agency.endpoints().into_make_service_with_connect_info::<ShownCertificate>();
        serving.push(tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, service).await {
                tracing::error!(%error, "systems can't be served over TLS");
            }
        }));
    }
    if let Some(address) = config.listen.pages {
        let listener = bind(address, "pages").await?;
        let file = config.secrets.forms_key.clone();
        let file = file.unwrap_or_else(|| config.agency.data.join(agency::FORMS_KEY));
        let forms_key = keys::signing_key(&file, random)?;
        let presented = Presented {
            name: &config.agency.name,
            url: config.listen.pages_url.as_ref().and_then(|_| config.pages_url()),
            forms_key: &forms_key,
            party: sign_in::relying_party(config, clock, random)?,
        };
        let router = crate::site::agency_router(agency, witness, presented, clock, random);
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
async fn refresh(
    keeper: &Keeper,
    config: &Config,
    ring: &Keyring,
    clock: &Clock,
    random: &Random,
) -> Result<()> {
    let offered = match (&config.centre, &config.directory) {
        (Some(centre), _) => sign_register(centre, keeper, ring, clock.now(), random),
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
fn sign_register(
    centre: &CentreConfig,
    keeper: &Keeper,
    ring: &Keyring,
    now: Timestamp,
    random: &Random,
) -> Result<()> {
    let file = &centre.register;
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the register {} can't be read", file.display()))?;
    let register: Directory = serde_json::from_str(&text)
        .with_context(|| format!("the register {} can't be understood", file.display()))?;
    let current = keeper.current();
    let unchanged = current.as_ref().is_some_and(|current| {
        let signed = current.directory.clone().unsigned();
        signed == Directory { version: signed.version, issued: signed.issued, ..register.clone() }
    });
    if unchanged {
        return Ok(());
    }
    let version = current.map_or(0, |current| current.directory.version) + 1;
    let note = Directory { version, issued: now, ..register }.sign(&centre_signer(centre, ring, random)?)?;
    keeper.offer(note)?;
    Ok(())
}

fn centre_signer(centre: &CentreConfig, ring: &Keyring, random: &Random) -> Result<NoteSigner> {
    ring.note_key(&centre.key, random)?.signer(&centre.name)
}

fn identity_of(ring: &Keyring, config: &Config) -> Result<Identity> {
    let agency = &config.agency;
    ring.node_identity(&agency.certificate, agency.certificate_key.as_ref(), &agency.node_id())
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
    ring: Arc<Keyring>,
    clock: Clock,
    random: Random,
) {
    loop {
        if let Err(error) = refresh(node.keeper(), &config, &ring, &clock, &random).await {
            tracing::error!(%error, "there is no directory");
        }
        tokio::time::sleep(Duration::from_secs(DIRECTORY_POLL_SECONDS)).await;
    }
}

/// Reads the configuration again whenever the program is told to.
struct Reloading {
    file: PathBuf,
    /// The configuration that holds.
    running: tokio::sync::watch::Sender<Arc<Config>>,
    node: Arc<exchange::Node>,
    /// The records of the identity system, where the node hosts it.
    accounts: Option<Store>,
    identity: SharedIdentity,
    ring: Arc<Keyring>,
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
        let running = self.running.borrow().clone();
        config.check_may_replace(&running)?;
        let identity = identity_of(&self.ring, &config)?;
        self.roll(&config, &running).await?;
        sign_in::register_sites(self.accounts.as_ref(), &config, self.clock.now()).await?;
        let id = &config.agency.id;
        let offers = outside::offers(id, &config.systems)?;
        let credentials = outside::credentials(id, &config.systems)?;
        let before = running.systems.iter();
        let withdrawn: Vec<_> = before
            .flat_map(|system| {
                system.services.iter().map(|service| id.system(&system.code).service(&service.code))
            })
            .collect();
        self.node.reoffer(&withdrawn, offers);
        self.node.admit_systems(credentials);
        self.node.grant(grants(&config));
        self.node.limit_calls(config.calls_limit);
        present(&self.identity, identity);
        let config = Arc::new(config);
        self.running.send_replace(config.clone());
        refresh(self.node.keeper(), &config, &self.ring, &self.clock, &self.random).await
    }

    /// Signs the ledger with the keys that the file names now. They are not taken if other nodes would refuse what they sign.
    async fn roll(&self, config: &Config, running: &Config) -> Result<()> {
        let (ring, agency) = (&self.ring, &config.agency);
        if agency.ledger_key == running.agency.ledger_key {
            return Ok(());
        }
        let signer = ring.ledger_signer(&ledger_name(self.node.id()), &agency.ledger_key, &self.random)?;
        refresh(self.node.keeper(), config, ring, &self.clock, &self.random).await?;
        check_listed(&self.node, &signer, self.clock.now())?;
        self.node.ledger().roll(signer)?;
        tracing::warn!(node = self.node.id(), "the ledger is signed with other keys from now on");
        Ok(())
    }
}

/// Other nodes take what this signs, by the directory.
fn check_listed(node: &exchange::Node, signer: &LedgerSigner, now: Timestamp) -> Result<()> {
    let directory = node.keeper().current();
    let listed = directory.as_ref().and_then(|directory| directory.node(node.id()));
    let listed = listed.map(|entry| entry.keys_at(now)).unwrap_or_default();
    ensure!(
        signer.verifier_keys().iter().any(|key| listed.contains(key)),
        "the directory lists none of the keys of ledger-key for this node, so other nodes would refuse its messages; name the \
         old key beside the new one until the centre lists that"
    );
    Ok(())
}

/// Presents a renewed certificate as soon as the operator has put it in the place of the old one.
async fn keep_certificate(
    identity: SharedIdentity,
    ring: Arc<Keyring>,
    latest: tokio::sync::watch::Receiver<Arc<Config>>,
) {
    loop {
        tokio::time::sleep(Duration::from_secs(CERTIFICATE_POLL_SECONDS)).await;
        let config = latest.borrow().clone();
        renew(&identity, &ring, &config);
    }
}

fn report(component: &telemetry::Component, standing: &Standing) {
    match standing {
        Standing::Good => component.ready(),
        Standing::Doubtful(reason) => component.degraded(reason),
        Standing::Bad(reason) => component.failing(reason),
    }
}

/// Looks over and over whether the keys that are in tokens are there.
async fn keep_tokens(ring: Arc<Keyring>, health: telemetry::Component) {
    loop {
        let looking = ring.clone();
        match tokio::task::spawn_blocking(move || looking.faults()).await {
            Ok(faults) if faults.is_empty() => health.ready(),
            Ok(faults) => health.failing(faults.join("; ")),
            Err(error) => health.failing(error.to_string()),
        }
        tokio::time::sleep(Duration::from_secs(TOKEN_POLL_SECONDS)).await;
    }
}

/// Presents the certificate that is in the file, if it is another one and can be used.
fn renew(identity: &SharedIdentity, ring: &Keyring, config: &Config) {
    match identity_of(ring, config) {
        Ok(renewed) => present(identity, renewed),
        Err(error) => {
            tracing::error!(
                error = format!("{error:#}"),
                "the node's certificate can't be used; the old one is used"
            )
        }
    }
}

fn present(identity: &SharedIdentity, renewed: Identity) {
    if renewed.fingerprint() == identity.current().fingerprint() {
        return;
    }
    match identity.replace(renewed) {
        Ok(()) => tracing::info!("the node's certificate was renewed"),
        Err(error) => tracing::error!(%error, "the renewed certificate is not taken; the old one is used"),
    }
}
