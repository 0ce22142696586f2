//! A small country: an authority, a centre, and nodes with real sockets, ledgers and stores.

use crate::{backend::Backend, client};
use contracts::MemberId;
use exchange::{
    AccessRule, Credential, Directory, EarlierKey, Keeper, MemberEntry, Node, NodeEntry, Offer, Parts,
    SystemEntry, Vocabulary,
};
use jiff::{SignedDuration, Timestamp};
use ledger::{Ledger, NoteSigner};
use pki::{Authority, Holder, SharedIdentity, Validity};
use std::{
    collections::HashMap,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use store::{Location, Store};
use system::{Clock, Random};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

/// The calling agency, its system and that system's token.
pub(crate) const CONSUMER: &str = "G22";
pub(crate) const CLIENT: &str = "VN/GOV/G22/portal";
pub(crate) const TOKEN: &str = "secret of the portal";
/// The answering agency, and its service.
pub(crate) const PROVIDER: &str = "G01";
pub(crate) const SERVICE: &str = "VN/GOV/G01/population/people";
pub(crate) const TARGET: &str = "/r1/VN/GOV/G01/population/people";
/// An agency whose node is in the tests' own hands.
pub(crate) const FORGER: &str = "G99";
/// Largest body in these tests, in bytes.
pub(crate) const BODY_LIMIT_BYTES: u64 = 12 * 1024 * 1024;

/// What a country is founded with.
#[derive(Clone, Copy)]
pub(crate) struct Founding {
    pub(crate) vocabulary: Vocabulary,
    pub(crate) body_limit_bytes: u64,
}

impl Default for Founding {
    fn default() -> Self {
        Self { vocabulary: Vocabulary::Snake, body_limit_bytes: BODY_LIMIT_BYTES }
    }
}

/// The country, with a consumer and a provider, and a forger in the directory.
pub(crate) struct Country {
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) authority: Authority,
    pub(crate) centre: NoteSigner,
    pub(crate) consumer: Running,
    pub(crate) provider: Running,
    pub(crate) directory: Mutex<Directory>,
    /// Where the directory says that the forger listens.
    pub(crate) forger: Mutex<Option<TcpListener>>,
    founding: Founding,
    _dir: TempDir,
}

/// A running node.
pub(crate) struct Running {
    pub(crate) code: &'static str,
    pub(crate) node: Arc<Node>,
    pub(crate) peers: SocketAddr,
    pub(crate) systems: SocketAddr,
    pub(crate) identity: SharedIdentity,
    dir: PathBuf,
    serving: JoinHandle<()>,
}

pub(crate) fn start_of_tests() -> Timestamp {
    "2026-11-21T03:00:00Z".parse().unwrap()
}

pub(crate) fn ledger_signer(code: &str) -> NoteSigner {
    let mut seed = [0x5a; 32];
    seed[..code.len()].copy_from_slice(code.as_bytes());
    NoteSigner::new(&format!("vn.gov.{}.ledger", code.to_lowercase()), &seed).unwrap()
}

/// The key that the ledger of `ledger_signer` gets when its key is rolled for the `number`th time.
pub(crate) fn rolled_signer(code: &str, number: u8) -> NoteSigner {
    let first = ledger_signer(code);
    if number == 0 { first } else { NoteSigner::new(first.name(), &[number; 32]).unwrap() }
}

pub(crate) fn identity(authority: &Authority, code: &str, now: Timestamp, days: u32) -> SharedIdentity {
    let holder = Holder::node(&MemberId::agency(code).to_string()).unwrap();
    SharedIdentity::new(authority.issue(&holder, Validity::days(now, days).unwrap()).unwrap())
}

impl Country {
    pub(crate) async fn found() -> Self {
        Self::found_with(Founding::default()).await
    }

    pub(crate) async fn found_with(founding: Founding) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = start_of_tests();
        let clock = Clock::held_at(now);
        let random = Random::from_seed(1);
        let authority = Authority::create("Test root", Validity::days(now, 3650).unwrap()).unwrap();
        let centre = NoteSigner::new("vn.centre.directory", &[3; 32]).unwrap();
        let mut directory = Directory {
            version: 1,
            issued: now,
            fresh_until: now + SignedDuration::from_hours(24),
            instance: "VN".into(),
            authorities: vec![authority.certificate_pem()],
            nodes: Vec::new(),
            members: Vec::new(),
            ..Directory::default()
        };
        let mut peers = Vec::new();
        for (code, system, service) in
            [(CONSUMER, "portal", "notices"), (PROVIDER, "population", "people"), (FORGER, "forge", "coins")]
        {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let id = MemberId::agency(code);
            directory.nodes.push(NodeEntry {
                id: id.to_string(),
                address: listener.local_addr().unwrap().to_string(),
                ledger: ledger_signer(code).verifier_key().to_string(),
                ..NodeEntry::default()
            });
            directory.members.push(MemberEntry {
                nodes: vec![id.to_string()],
                id,
                name: format!("Cơ quan {code} & <bạn>"),
                name_en: format!("Agency {code}"),
                systems: vec![SystemEntry {
                    code: system.into(),
                    name: format!("Hệ thống {system}"),
                    national: true,
                    services: vec![service.into()],
                }],
            });
            peers.push(listener);
        }
        let note = directory.clone().sign(&centre).unwrap();
        let forger = Mutex::new(peers.pop());
        let (provider, consumer) = (peers.pop().unwrap(), peers.pop().unwrap());
        let start = async |code, listener| {
            let identity = identity(&authority, code, now, 365);
            let dir = dir.path().join(code);
            std::fs::create_dir_all(dir.join("spool")).unwrap();
            let keeper = Keeper::open(centre.verifier_key(), dir.join("directory")).unwrap();
            keeper.offer(note.clone()).unwrap();
            Running::start(code, dir, identity, listener, keeper, &clock, founding).await
        };
        let consumer = start(CONSUMER, consumer).await;
        let provider = start(PROVIDER, provider).await;
        admit_portal(&consumer.node);
        let directory = Mutex::new(directory);
        Self { clock, random, authority, centre, consumer, provider, directory, forger, founding, _dir: dir }
    }

    /// Puts `backend` behind the provider's service, open to everyone.
    pub(crate) fn offer(&self, backend: &Backend) {
        self.offer_with(backend, vec![AccessRule::open("population", "people", "*")]);
    }

    /// The same, with these grants.
    pub(crate) fn offer_with(&self, backend: &Backend, grants: Vec<AccessRule>) {
        offer_people(&self.provider.node, &backend.base());
        self.provider.node.grant(grants);
    }

    /// Gives every node a directory that `change` has changed; the version grows by one.
    pub(crate) fn change_directory(&self, change: impl FnOnce(&mut Directory)) {
        let note = {
            let mut directory = self.directory.lock().unwrap();
            directory.version += 1;
            change(&mut directory);
            directory.clone().sign(&self.centre).unwrap()
        };
        for running in [&self.consumer, &self.provider] {
            assert!(running.node.keeper().offer(note.clone()).unwrap());
        }
    }

    /// Lists the ledger key of `rolled_signer`, with the one before it until then.
    pub(crate) fn list_rolled(&self, code: &str, number: u8, until: Timestamp) {
        let id = MemberId::agency(code).to_string();
        self.change_directory(|directory| {
            let node = directory.nodes.iter_mut().find(|node| node.id == id).unwrap();
            let old =
                std::mem::replace(&mut node.ledger, rolled_signer(code, number).verifier_key().to_string());
            node.earlier_keys.insert(0, EarlierKey { key: old, until, statement: String::new() });
        });
    }

    /// Calls the provider's service through the consumer's node, with the portal's token.
    pub(crate) fn call(&self, method: &str, path: &str) -> client::Call {
        client::Call::new(self.consumer.systems, method, &format!("{TARGET}{path}"))
            .header("x-road-client", CLIENT)
            .header("x-lienthong-token", TOKEN)
    }

    /// The same for a whole target.
    pub(crate) fn call_target(&self, method: &str, target: &str) -> client::Call {
        self.call_at(self.consumer.systems, method, target)
    }

    /// The same at another address of a node for its systems.
    pub(crate) fn call_at(&self, systems: SocketAddr, method: &str, target: &str) -> client::Call {
        client::Call::new(systems, method, target)
            .header("x-road-client", CLIENT)
            .header("x-lienthong-token", TOKEN)
    }

    /// Stops the provider in order, and opens it again from its files.
    pub(crate) async fn restart_provider(&mut self) {
        self.provider.stop().await;
        self.reopen_provider().await;
    }

    /// Opens the provider that was stopped.
    pub(crate) async fn reopen_provider(&mut self) {
        self.provider.reopen(&self.clock, self.founding).await;
    }
}

pub(crate) fn admit_portal(node: &Node) {
    let token_sha256 = Some(*ledger::Hash::of(TOKEN.as_bytes()).as_bytes());
    node.admit_systems(HashMap::from([(
        CLIENT.parse().unwrap(),
        Credential { token_sha256, fingerprints: Vec::new() },
    )]));
}

pub(crate) fn offer_people(node: &Node, base: &str) {
    node.offer(vec![Offer::http(&MemberId::agency(PROVIDER).system("population"), "people", base).unwrap()]);
}

impl Running {
    async fn start(
        code: &'static str,
        dir: PathBuf,
        identity: SharedIdentity,
        peers: TcpListener,
        keeper: Keeper,
        clock: &Clock,
        founding: Founding,
    ) -> Self {
        let ledger =
            Ledger::open(&dir.join("ledger"), ledger_signer(code), ledger::Options::default()).unwrap();
        let store = Store::open(&Location::SqliteMemory, &exchange::SCHEMA, clock.now()).await.unwrap();
        let node = Node::new(Parts {
            id: MemberId::agency(code).to_string(),
            identity: identity.clone(),
            store,
            ledger,
            ledger_key: ledger_signer(code).verifier_key(),
            keeper,
            clock: clock.clone(),
            random: Random::from_system().unwrap(),
            spool_dir: dir.join("spool"),
            body_limit_bytes: founding.body_limit_bytes,
            vocabulary: founding.vocabulary,
        })
        .unwrap();
        let systems = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (peers_address, systems_address) = (peers.local_addr().unwrap(), systems.local_addr().unwrap());
        let serving = node.clone();
        let serving = tokio::spawn(async move { exchange::serve(serving, peers, systems).await.unwrap() });
        Self { code, node, peers: peers_address, systems: systems_address, identity, dir, serving }
    }

    /// Goes down in order; the listeners are gone when this returns.
    pub(crate) async fn stop(&mut self) -> usize {
        let given_up = self.node.drain().run(Duration::from_secs(10)).await;
        (&mut self.serving).await.unwrap();
        self.node.ledger().clone().close().await;
        given_up
    }

    /// Comes up again from its files, at the same address for peers.
    async fn reopen(&mut self, clock: &Clock, founding: Founding) {
        let keeper = Keeper::open(self.node.keeper().anchor().clone(), self.dir.join("directory")).unwrap();
        let peers = TcpListener::bind(self.peers).await.unwrap();
        *self =
            Self::start(self.code, self.dir.clone(), self.identity.clone(), peers, keeper, clock, founding)
                .await;
    }
}
