//! One agency at work: its node, its systems, their stores and workers.

use anyhow::{Context as _, Result};
use axum::Router;
use contracts::MemberId;
use events::{EmbeddedLog, EventLog, NatsLog};
use exchange::{
    AccessRule, Bodies, Keeper, Node, Offer, Parts, Vocabulary, Witness,
    access::Access,
    events::{Agreement, Events},
    records::PersonKey,
};
use jiff::SignedDuration;
use ledger::{CosignatureSigner, Ledger, LedgerSigner, NoteSigner};
use pki::{LedgerKey, SharedIdentity};
use signature::{Seal, Verifier};
use std::{
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use store::{Location, Store};
use system::{Blueprint, Clock, Exchange, Random, Register, Room, Sealing, System, Worker};
use telemetry::Component;
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

/// How long an agency waits for work that has begun when it goes down, in seconds.
const DRAIN_LIMIT_SECONDS: u64 = 20;

/// Name of the file of the key that makes the pseudonyms of persons, in an agency's folder.
pub const PERSONS_KEY: &str = "persons.key";
/// Name of the file of the keys that seal secrets in the records, in an agency's folder.
pub const SEALING_KEYS: &str = "sealing.keys";
/// Name of the file of the key that protects the forms of pages, in an agency's folder.
pub const FORMS_KEY: &str = "forms.key";
/// File of the key that a site shows that it is the site with, where people sign in.
pub const SIGN_IN_KEY: &str = "sign-in.key";

/// Name of the folder of the ledger, in an agency's folder.
pub const LEDGER: &str = "ledger";

/// How often it is looked whether bodies come into their archive, in seconds.
const BODIES_LOOK_SECONDS: u64 = 10;

/// How often it is looked whether something in the ledger is old, in seconds.
const ARCHIVE_SECONDS: u64 = 3_600;

/// Where an agency keeps its records.
#[derive(Clone)]
pub enum Records {
    /// One SQLite file a system, in the agency's folder.
    Files,
    /// One schema a system, in a PostgreSQL database.
    Postgres(String),
}

/// What an agency is set up with.
pub struct Settings {
    /// Its identifier on the exchange.
    pub id: MemberId,
    /// Identifier of its node.
    pub node_id: String,
    /// Its folder.
    pub dir: PathBuf,
    /// Where its records are.
    pub records: Records,
    /// The systems it runs.
    pub systems: Vec<Blueprint>,
    /// What it lets others do.
    pub grants: Vec<AccessRule>,
    /// Who subscribed to its events, by agreement.
    pub agreements: Vec<Agreement>,
    /// A NATS server that keeps the log of its events, instead of its own records.
    pub nats: Option<String>,
    /// Its certificate and key.
    pub identity: SharedIdentity,
    /// File of the key that makes the pseudonyms of persons; made when it is not there.
    pub persons_key: PathBuf,
    /// What signs its ledger.
    pub ledger_signer: LedgerSigner,
    /// Folder to which what is old in its ledger moves.
    pub ledger_archive: Option<PathBuf>,
    /// File of the keys that seal secrets in the records; made when it is not there.
    pub sealing_keys: PathBuf,
    /// The directory.
    pub keeper: Keeper,
    /// What its documents are sealed with.
    pub documents: Option<Arc<Seal>>,
    /// What documents are verified with.
    pub verifier: Verifier,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// Where its pages are reached.
    pub public_url: Arc<str>,
    /// Where systems show their certificate to what its systems serve over HTTP, if anywhere.
    pub mutual_tls_url: Option<Arc<str>>,
    /// Largest body, in bytes.
    pub body_limit_bytes: u64,
    /// How error types are spelt.
    pub vocabulary: Vocabulary,
    /// All is synthetic.
    pub sandbox: bool,
}

/// A running agency.
pub struct Agency {
    /// Its node.
    pub node: Arc<Node>,
    events: Arc<Events>,
    access: Arc<Access>,
    systems: Vec<Housed>,
    serving: Vec<JoinHandle<()>>,
}

/// A system in its room.
struct Housed {
    code: &'static str,
    system: Arc<dyn System>,
    store: Store,
    worker: Worker,
}

/// Name of a key of a node.
fn key_name(node: &str, key: &str) -> String {
    format!("{}.{key}", node.replace('/', ".")).to_ascii_lowercase()
}

/// Name of a node's ledger, and of the keys that sign it.
pub fn ledger_name(node: &str) -> String {
    key_name(node, "ledger")
}

/// Name of a node as a witness.
pub fn witness_name(node: &str) -> String {
    key_name(node, "witness")
}

/// What signs a node's ledger.
pub fn ledger_signer(node: &str, key: &LedgerKey) -> Result<NoteSigner> {
    Ok(NoteSigner::new(&ledger_name(node), key.seed())?)
}

/// What cosigns the ledgers of others, when the node is a witness.
pub fn witness_signer(node: &str, key: &LedgerKey) -> Result<CosignatureSigner> {
    Ok(CosignatureSigner::new(&witness_name(node), key.seed())?)
}

impl Agency {
    /// Opens an agency's ledger, node, stores and systems. It serves once [`Agency::serve`] is called.
    pub async fn open(settings: Settings) -> Result<Self> {
        let now = settings.clock.now();
        std::fs::create_dir_all(&settings.dir)
            .with_context(|| format!("the folder {} can't be made", settings.dir.display()))?;
        let signer = settings.ledger_signer.clone();
        let ledger_key = signer.newest().verifier_key();
        let dir = settings.dir.join(LEDGER);
        let options =
            ledger::Options { archive: settings.ledger_archive.clone(), ..ledger::Options::default() };
        let ledger = tokio::task::spawn_blocking(move || Ledger::open(&dir, signer, options)).await??;
        let spool_dir = fresh_folder(&settings.dir.join("spool"))?;
        let events = open_events(&settings).await?;
        let access = open_access(&settings, &ledger).await?;
        let node = Node::new(Parts {
            id: settings.node_id.clone(),
            identity: settings.identity.clone(),
            store: Store::open(&location(&settings, exchange::SCHEMA.system), &exchange::SCHEMA, now).await?,
            ledger: ledger.clone(),
            ledger_key,
            keeper: settings.keeper,
            clock: settings.clock.clone(),
            random: settings.random.clone(),
            spool_dir,
            body_limit_bytes: settings.body_limit_bytes,
            vocabulary: settings.vocabulary,
        })?;
        let persons = crate::keys::signing_key(&settings.persons_key, &settings.random)?;
        node.search_persons_with(PersonKey::new(persons.seed()));
        let sealing = Sealing::open(&settings.sealing_keys, &settings.random)?;
        let mut housed = Vec::new();
        for blueprint in &settings.systems {
            let code = blueprint.facts.code;
            let location = location_in(&settings.records, &settings.dir, code);
            let store = Store::open(&location, blueprint.schema, now)
                .await
                .with_context(|| format!("the records of {code} can't be opened"))?;
            let room = Room {
                member: settings.id.clone(),
                store: store.clone(),
                exchange: Exchange::new(settings.id.system(code), node.clone()),
                register: Register::new(code, ledger.clone(), settings.random.clone()),
                clock: settings.clock.clone(),
                random: settings.random.clone(),
                documents: settings.documents.clone(),
                verifier: settings.verifier.clone(),
                tasks: Arc::new(Notify::new()),
                post: settings.dir.join("post").into(),
                public_url: settings.public_url.clone(),
                mutual_tls_url: settings.mutual_tls_url.clone(),
                sealing: sealing.clone(),
                sandbox: settings.sandbox,
            };
            let publisher = settings.id.system(code);
            let published = events.publish_for(&publisher, &store, blueprint.facts.events).await;
            published.with_context(|| format!("the events of {code} can't be published"))?;
            let tasks = room.tasks.clone();
            let system = (blueprint.open)(room);
            node.offer(Offer::in_process(&settings.id.system(code), system.clone().services()));
            let worker = Worker::start(system.clone(), store.clone(), settings.clock.clone(), tasks);
            housed.push(Housed { code, system, store, worker });
        }
        events.agree(&settings.agreements).await?;
        node.offer_events(&events);
        node.offer_access(&access);
        node.grant(settings.grants);
        Ok(Self { node, events, access, systems: housed, serving: Vec::new() })
    }

    /// Serves peers and systems on these listeners.
    pub fn serve(&mut self, peers: TcpListener, systems: TcpListener) {
        let node = self.node.clone();
        self.serving.push(tokio::spawn(async move {
            if let Err(error) = exchange::serve(node, peers, systems).await {
                tracing::error!(%error, "the node can't serve");
            }
        }));
        let node = self.node.clone();
        self.serving.push(tokio::spawn(async move {
            exchange::records::keep_up(&node).await;
        }));
        self.serving.push(tokio::spawn(self.events.clone().run(self.node.clone())));
        self.serving.push(tokio::spawn(self.access.clone().run(self.node.drain().clone())));
    }

    /// Has its ledger attested over and over: by the witnesses of the directory, and by the time-stamp authority at this
    /// address or the directory's first one.
    pub fn keep_attested(&mut self, every: Duration, time_stamps: Option<String>) {
        let node = self.node.clone();
        self.serving.push(tokio::spawn(async move {
            exchange::attestation::keep_attested(&node, every, time_stamps.as_deref()).await;
        }));
    }

    /// Forgets searchable messages after so many days. The ledger keeps them.
    pub fn keep_searchable(&mut self, days: u32) {
        let (node, keep) = (self.node.clone(), SignedDuration::from_hours(24 * i64::from(days)));
        self.serving.push(tokio::spawn(async move {
            exchange::records::keep_purged(&node, keep).await;
        }));
    }

    /// Moves what is older than so many days into the ledger's archive, when days are given, and says in `health` when the
    /// archive is not as it should be.
    pub fn keep_archived(&mut self, days: Option<NonZeroU32>, clock: Clock, health: Component) {
        let ledger = self.node.ledger().clone();
        self.serving.push(tokio::spawn(async move {
            loop {
                let (ledger, now) = (ledger.clone(), clock.now());
                let moved = tokio::task::spawn_blocking(move || match days {
                    Some(days) => crate::archive::archive(&ledger, days, now).map(drop),
                    None => Ok(ledger.check_archive()?),
                });
                match moved.await.map_err(anyhow::Error::from).flatten() {
                    Ok(()) => health.ready(),
                    Err(error) => {
                        tracing::error!(
                            error = format!("{error:#}"),
                            "the ledger's archive is not as it should be"
                        );
                        health.degraded("the ledger's archive is not as it should be; the log says why");
                    }
                }
                tokio::time::sleep(Duration::from_secs(ARCHIVE_SECONDS)).await;
            }
        }));
    }

    /// Keeps the bodies of its messages in an archive, and says in `health` when one could not be kept.
    pub fn keep_bodies(&mut self, bodies: &Arc<Bodies>, health: Component) {
        self.node.keep_bodies_in(bodies.clone());
        let (node, purging) = (self.node.clone(), bodies.clone());
        self.serving.push(tokio::spawn(async move { purging.keep_purged(&node).await }));
        let bodies = bodies.clone();
        self.serving.push(tokio::spawn(async move {
            loop {
                match bodies.fault() {
                    None => health.ready(),
                    Some(_) => health.degraded("bodies are not in the archive; the log says why"),
                }
                tokio::time::sleep(Duration::from_secs(BODIES_LOOK_SECONDS)).await;
            }
        }));
    }

    /// The agency as a witness of others' ledgers.
    pub fn witness(&self, signer: CosignatureSigner) -> Arc<Witness> {
        Arc::new(Witness::new(self.node.clone(), signer))
    }

    /// The pages of its systems, each under its code.
    pub fn pages(&self) -> Router {
        self.systems.iter().fold(Router::new(), |router, housed| {
            router.nest(&format!("/{}", housed.code), housed.system.clone().pages())
        })
    }

    /// What programs ask its systems over HTTP, each under its code.
    pub fn endpoints(&self) -> Router {
        self.systems.iter().fold(Router::new(), |router, housed| {
            router.nest(&format!("/{}", housed.code), housed.system.clone().endpoints())
        })
    }

    /// The store of one of its systems.
    pub fn store(&self, system: &str) -> Option<&Store> {
        self.systems.iter().find(|housed| housed.code == system).map(|housed| &housed.store)
    }

    /// Takes no new work, finishes what has begun, and closes everything.
    pub async fn close(self) {
        // Messages that were taken are answered by the systems, so these stay until the node has drained.
        let given_up = self.node.drain().run(Duration::from_secs(DRAIN_LIMIT_SECONDS)).await;
        if given_up > 0 {
            tracing::warn!(
                count = given_up,
                "messages were still on their way; their senders will send them again"
            );
        }
        for housed in self.systems {
            housed.worker.stop().await;
            if let Err(error) = housed.store.close().await {
                tracing::warn!(system = housed.code, %error, "a store was not closed; it is whole all the same");
            }
        }
        for serving in self.serving {
            serving.abort();
        }
        if let Err(error) = self.events.store().clone().close().await {
            tracing::warn!(%error, "the store of events was not closed; it is whole all the same");
        }
        if let Err(error) = self.access.store().clone().close().await {
            tracing::warn!(%error, "the store of access was not closed; it is whole all the same");
        }
        self.node.ledger().clone().close().await;
    }
}

/// Opens what access was asked for at an agency.
async fn open_access(settings: &Settings, ledger: &Ledger) -> Result<Arc<Access>> {
    let schema = &exchange::access::SCHEMA;
    let store = Store::open(&location(settings, schema.system), schema, settings.clock.now()).await?;
    let (id, clock, random) = (settings.id.clone(), settings.clock.clone(), settings.random.clone());
    Ok(Access::open(id, store, ledger.clone(), clock, random).await?)
}

/// Opens the events that an agency publishes.
async fn open_events(settings: &Settings) -> Result<Arc<Events>> {
    let schema = &exchange::events::SCHEMA;
    let store = Store::open(&location(settings, schema.system), schema, settings.clock.now()).await?;
    let log: Arc<dyn EventLog> = match &settings.nats {
        Some(url) => {
            let prefix = key_name(&settings.id.to_string(), "ledger").replace('.', "-");
            Arc::new(NatsLog::connect(url, &prefix).await.context("the log of events can't be opened")?)
        }
        None => Arc::new(EmbeddedLog::new(store.clone())),
    };
    Ok(Events::new(settings.id.clone(), store, log, settings.clock.clone(), settings.random.clone()))
}

fn location(settings: &Settings, system: &str) -> Location {
    location_in(&settings.records, &settings.dir, system)
}

/// Where the records of a system are.
pub fn location_in(records: &Records, dir: &Path, system: &str) -> Location {
    match records {
        Records::Files => Location::SqliteFile(dir.join(format!("{system}.sqlite"))),
        Records::Postgres(url) => Location::Postgres { url: url.clone(), schema: system.replace('-', "_") },
    }
}

/// An empty folder for what passes; whatever an earlier run left there is gone.
fn fresh_folder(dir: &Path) -> Result<PathBuf> {
    if dir.exists() {
        std::fs::remove_dir_all(dir)
            .with_context(|| format!("the folder {} can't be emptied", dir.display()))?;
    }
    std::fs::create_dir_all(dir).with_context(|| format!("the folder {} can't be made", dir.display()))?;
    Ok(dir.into())
}
