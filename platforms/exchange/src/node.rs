//! A node of the exchange: the two middle corners of a message's way.

use crate::{
    access::{self, Access, AccessRule, Ask, Given, GrantIndex, Granted, rates::Rates},
    admission::{Admission, Place},
    bodies::{Bodies, BodyName},
    body::Body,
    clocks::Clocks,
    costs::Costs,
    directory::{Indexed, Keeper},
    drain::Drain,
    events::Events,
    fault::{Fault, Kind, Vocabulary},
    message::{Annex, Entry, Event, MessageHash, Seal, SeenCheckpoints},
    offer::Offer,
    records::PersonKey,
    replay::{AHEAD_LIMIT_SECONDS, REMEMBERED_SECONDS, Replay},
    routes::Routes,
    traffic::Traffic,
    wire::{Limits, Links},
};
use arc_swap::ArcSwap;
use bytes::Bytes;
use contracts::{MemberId, ServiceId, SystemId};
use jiff::Timestamp;
use ledger::{Ledger, VerifierKey};
use pki::{
    SharedIdentity,
    tls::{AllowPeer, Peers},
};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};
use store::Store;
use system::{Clock, Random};
use uuid::Uuid;

/// Largest body unless the configuration says otherwise, in bytes.
pub const BODY_LIMIT_BYTES: u64 = 64 * 1024 * 1024;
/// Calls of its own systems over HTTP that a node carries at the same time unless the configuration says otherwise.
pub const CALLS_LIMIT: usize = 2_048;
/// How many entries of the log are read at once at start.
const REPLAY_READ_ENTRIES: u64 = 1_000;
/// How many entries of the log are read at start to know which messages have come.
const REPLAY_READ_LIMIT_ENTRIES: u64 = 50_000;

/// How a system of this node's members proves itself.
#[derive(Debug, Clone, Default)]
pub struct Credential {
    /// SHA-256 of its token, when it has one.
    pub token_sha256: Option<[u8; 32]>,
    /// Fingerprints of its certificates.
    pub fingerprints: Vec<String>,
}

/// What a node is made of.
pub struct Parts {
    /// Its identifier in the directory.
    pub id: String,
    /// Its certificate and key.
    pub identity: SharedIdentity,
    /// Its searchable messages.
    pub store: Store,
    /// Its ledger.
    pub ledger: Ledger,
    /// Verifier key of its ledger.
    pub ledger_key: VerifierKey,
    /// The directory.
    pub keeper: Keeper,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// Where large bodies are kept while they pass.
    pub spool_dir: PathBuf,
    /// Largest body, in bytes.
    pub body_limit_bytes: u64,
    /// How error types are spelt.
    pub vocabulary: Vocabulary,
}

/// A node. Shared by everything that runs in it.
pub struct Node {
    pub(crate) id: Arc<str>,
    pub(crate) identity: SharedIdentity,
    pub(crate) store: Store,
    pub(crate) ledger: Ledger,
    pub(crate) ledger_key: VerifierKey,
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) limits: Limits,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) links: Links,
    pub(crate) routes: Routes,
    pub(crate) node_peers: Peers,
    pub(crate) system_peers: Peers,
    pub(crate) offers: ArcSwap<HashMap<ServiceId, Arc<Offer>>>,
    access: ArcSwap<GrantIndex>,
    asked: OnceLock<Arc<Access>>,
    pub(crate) rates: Rates,
    pub(crate) credentials: Arc<ArcSwap<HashMap<SystemId, Credential>>>,
    pub(crate) drain: Drain,
    pub(crate) traffic: Traffic,
    pub(crate) served: Traffic,
    pub(crate) costs: Costs,
    calls: Arc<Admission>,
    person_key: OnceLock<PersonKey>,
    bodies: OnceLock<Arc<Bodies>>,
    events: OnceLock<Arc<Events>>,
    replay: Replay,
    pub(crate) clocks: Clocks,
    seen: Mutex<HashMap<String, Seen>>,
}

impl Node {
    /// Puts a node together. It serves once [`crate::serve`] has its listeners.
    pub fn new(parts: Parts) -> Result<Arc<Self>, NodeError> {
        let keeper = Arc::new(parts.keeper);
        let allow = allow_listed(keeper.clone());
        let directory = keeper.current().ok_or(NodeError::NoDirectory)?;
        let roots = Arc::new(roots_of(&directory)?);
        let limits = Limits { body_bytes: parts.body_limit_bytes, spool_dir: Arc::new(parts.spool_dir) };
        let clock = clock_of(&parts.clock);
        let tls = pki::tls::client_config(&parts.identity, roots, allow.clone(), clock.clone())?;
        let credentials: Arc<ArcSwap<HashMap<SystemId, Credential>>> = Arc::default();
        let replay = remembered(&parts.ledger, parts.clock.now())?;
        Ok(Arc::new(Self {
            id: parts.id.into(),
            links: Links::new(
                parts.identity.clone(),
                tls,
                Peers::Nodes(allow.clone()),
                clock,
                limits.clone(),
            ),
            routes: Routes::default(),
            node_peers: Peers::Nodes(allow),
            identity: parts.identity,
            store: parts.store,
            ledger: parts.ledger,
            ledger_key: parts.ledger_key,
            clock: parts.clock,
            random: parts.random,
            limits,
            vocabulary: parts.vocabulary,
            offers: ArcSwap::default(),
            access: ArcSwap::default(),
            asked: OnceLock::new(),
            rates: Rates::default(),
            system_peers: Peers::Systems(allow_admitted(credentials.clone(), keeper.clone())),
            keeper,
            credentials,
            drain: Drain::default(),
            traffic: Traffic::default(),
            served: Traffic::default(),
            costs: Costs::default(),
            calls: Admission::new(CALLS_LIMIT),
            person_key: OnceLock::new(),
            bodies: OnceLock::new(),
            events: OnceLock::new(),
            replay,
            clocks: Clocks::default(),
            seen: Mutex::default(),
        }))
    }

    /// Its identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Its searchable messages.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Verifier key of its ledger.
    pub fn ledger_key(&self) -> &VerifierKey {
        &self.ledger_key
    }

    /// Keeper of its directory.
    pub fn keeper(&self) -> &Keeper {
        &self.keeper
    }

    /// Its certificate and key.
    pub fn identity(&self) -> &SharedIdentity {
        &self.identity
    }

    /// Its connections to its peers.
    #[cfg(feature = "testing")]
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// Counts of the calls that its systems made.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Where the time of its messages goes.
    pub fn costs(&self) -> &Costs {
        &self.costs
    }

    /// Counts of the calls that its systems answered.
    pub fn served(&self) -> &Traffic {
        &self.served
    }

    /// Offers these services, beside those offered already.
    pub fn offer(&self, offers: Vec<Offer>) {
        self.reoffer(&[], offers);
    }

    /// Offers these services in the place of others; what neither names stays. Calls that have begun end where they began.
    pub fn reoffer(&self, withdrawn: &[ServiceId], offers: Vec<Offer>) {
        let mut all = HashMap::clone(&self.offers.load());
        for service in withdrawn {
            all.remove(service);
        }
        for offer in offers {
            all.insert(offer.system.service(&offer.service), Arc::new(offer));
        }
        self.offers.store(Arc::new(all));
    }

    /// Offers the room of these events. A node has one.
    pub fn offer_events(&self, events: &Arc<Events>) {
        self.offer(events.offers());
        // A second room would not be shown; the services above would be its.
        let _ = self.events.set(events.clone());
    }

    /// The events of its member.
    pub fn events(&self) -> Option<&Arc<Events>> {
        self.events.get()
    }

    /// Offers the room where access is asked for, and lets in whom it has granted any. A node has one.
    pub fn offer_access(&self, access: &Arc<Access>) {
        self.offer(access.offers());
        // A second room would not be asked; the services above would be its.
        let _ = self.asked.set(access.clone());
    }

    /// What is asked for and granted at its room.
    pub fn access(&self) -> Option<&Arc<Access>> {
        self.asked.get()
    }

    /// Lets in whom these rules let in, beside those who asked for it and were granted it, and nobody else.
    pub fn grant(&self, rules: Vec<AccessRule>) {
        self.access.store(Arc::new(rules.into_iter().collect()));
    }

    /// The grants of the configuration.
    pub fn grants(&self) -> Arc<GrantIndex> {
        self.access.load_full()
    }

    /// Those, and the grants that were asked for.
    pub(crate) fn all_grants(&self) -> Grants {
        Grants { configured: self.access.load_full(), given: self.asked.get().map(|access| access.given()) }
    }

    /// The groups that a system is in, the provider's and the centre's, as grants name them.
    pub(crate) fn groups_of(&self, system: &SystemId) -> Vec<String> {
        let directory = self.keeper.current();
        let global = directory.as_ref().map_or(&[][..], |directory| directory.groups_of(system));
        let given = self.asked.get().map(|access| access.given());
        let local = given.as_ref().and_then(|given| given.groups.get(system));
        global.iter().chain(local.into_iter().flatten()).cloned().collect()
    }

    /// Admits these systems outside the process.
    pub fn admit_systems(&self, credentials: HashMap<SystemId, Credential>) {
        self.credentials.store(Arc::new(credentials));
    }

    /// Carries so many calls of its own systems over HTTP at the same time, shared fairly among them; more are refused at
    /// once.
    pub fn limit_calls(&self, calls: usize) {
        self.calls.limit(calls);
    }

    /// Room for one call of a system, until it is dropped.
    pub(crate) fn admit_call(&self, system: &SystemId) -> Result<Place, Fault> {
        self.calls.admit(system).ok_or_else(|| {
            let message =
                format!("this node carries as many calls of {system} as it admits; try again later");
            Fault::consumer(Kind::Overloaded, message)
        })
    }

    /// Makes messages searchable by person, under pseudonyms that only this key makes. Once, before the node serves.
    pub fn search_persons_with(&self, key: PersonKey) {
        // A second key would find nothing that the first has made.
        let _ = self.person_key.set(key);
    }

    /// The key of persons' pseudonyms, if persons can be searched for.
    pub fn person_key(&self) -> Option<&PersonKey> {
        self.person_key.get()
    }

    /// Keeps the bodies of all messages in an archive. Once, before the node serves.
    pub fn keep_bodies_in(&self, bodies: Arc<Bodies>) {
        // With a second archive nobody would know in which one a body is.
        let _ = self.bodies.set(bodies);
    }

    /// The archive of bodies, if there is one.
    pub fn bodies(&self) -> Option<&Arc<Bodies>> {
        self.bodies.get()
    }

    /// Drain of the node.
    pub fn drain(&self) -> &Drain {
        &self.drain
    }

    /// The directory in use.
    pub(crate) fn directory(&self) -> Result<Arc<Indexed>, Fault> {
        self.keeper.current().ok_or_else(|| {
            Fault::consumer(
                Kind::DirectoryMissing,
                "this node never received a directory; see that it can reach the centre",
            )
        })
    }

    /// This node serves the member.
    pub(crate) fn serves(&self, directory: &Indexed, member: &MemberId) -> bool {
        directory.serves(&self.id, member)
    }

    /// The clocks of other nodes.
    pub fn clocks(&self) -> &Clocks {
        &self.clocks
    }

    /// The checkpoints of a peer's ledger that were verified already, by the keys that the directory gives it now.
    pub(crate) fn seen_of(&self, directory: &Indexed, peer: &str) -> Result<Arc<SeenCheckpoints>, String> {
        let entry = directory.node(peer).ok_or_else(|| format!("the directory has no node {peer}"))?;
        let (version, now) = (directory.directory.version, self.clock.now());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let known = seen.get(peer);
        if let Some(known) = known.filter(|known| known.directory == version && now <= known.until) {
            return Ok(known.checkpoints.clone());
        }
        let keys = entry.keys_at(now);
        let ends = entry.earlier_keys.iter().map(|earlier| earlier.until).filter(|until| now <= *until);
        let until = ends.min().unwrap_or(Timestamp::MAX);
        let unchanged = known.filter(|known| known.checkpoints.keys() == keys);
        let checkpoints =
            unchanged.map_or_else(|| Arc::new(SeenCheckpoints::new(keys)), |known| known.checkpoints.clone());
        let fresh = Seen { directory: version, until, checkpoints: checkpoints.clone() };
        seen.insert(peer.into(), fresh);
        Ok(checkpoints)
    }

    /// Takes note of a peer's message, or says why it is refused.
    pub(crate) fn take_once(
        &self,
        peer: &Arc<str>,
        index: u64,
        sealed_micros: i64,
    ) -> Result<(), crate::replay::Replayed> {
        self.replay.take(peer, index, sealed_micros, self.clock.now().as_microsecond())
    }

    /// Seals a message that this node sends. It is durable when this returns.
    pub(crate) async fn seal(&self, event: Event, sending: Sending<'_>) -> Result<Seal, ledger::LedgerError> {
        let salt = self.random.bytes();
        let entry = Entry { event, id: sending.id, digest: sending.hash.commit(&salt) };
        let at = self.clock.now();
        let annex = sending.annex(salt, at, None);
        let appending = self.ledger.append_with_annex(entry.to_bytes(), annex);
        let (sealed, kept) = tokio::join!(appending, self.keep_body(event, &sending, at));
        kept?;
        Ok(Seal::new(salt, sealed?))
    }

    /// Keeps the message's body, if there is one and an archive for it.
    async fn keep_body(
        &self,
        event: Event,
        message: &Sending<'_>,
        at: Timestamp,
    ) -> Result<(), ledger::LedgerError> {
        let (Some(bodies), Some(body)) = (self.bodies.get(), message.body) else { return Ok(()) };
        bodies.keep(BodyName { at, id: message.id, event, digest: body.digest }, body.clone()).await
    }

    /// Logs a message that a peer has sealed. With `wait` it is durable when this returns; otherwise it joins the next
    /// batch, before anything that is sealed from now on.
    pub(crate) async fn log_received(
        &self,
        event: Event,
        received: Sending<'_>,
        seal: &Seal,
        encoded: Bytes,
        wait: bool,
    ) -> Result<(), ledger::LedgerError> {
        let entry = Entry { event, id: received.id, digest: received.hash.commit(&seal.salt) };
        let at = self.clock.now();
        let annex = received.annex(seal.salt, at, Some(encoded));
        let keeping = self.keep_body(event, &received, at);
        if wait {
            let appending = self.ledger.append_with_annex(entry.to_bytes(), annex);
            let (appended, kept) = tokio::join!(appending, keeping);
            kept.and(appended.map(drop))
        } else {
            self.ledger.append_later_with_annex(entry.to_bytes(), annex)?;
            keeping.await
        }
    }
}

/// The verified checkpoints of a peer, for as long as its keys are those by which they were verified.
struct Seen {
    directory: u64,
    until: Timestamp,
    checkpoints: Arc<SeenCheckpoints>,
}

/// The grants by which a node lets in.
pub(crate) struct Grants {
    configured: Arc<GrantIndex>,
    given: Option<Arc<Given>>,
}

impl Grants {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &AccessRule> {
        self.indices().flat_map(GrantIndex::iter)
    }

    /// What they allow a call.
    pub(crate) fn decide(&self, ask: &Ask<'_>) -> Option<Granted> {
        access::decide_by(self.indices(), ask)
    }

    fn indices(&self) -> impl Iterator<Item = &GrantIndex> {
        std::iter::once(&*self.configured).chain(self.given.iter().map(|given| &given.rules))
    }
}

/// A message about to be logged.
#[derive(Clone, Copy)]
pub(crate) struct Sending<'a> {
    pub(crate) id: Uuid,
    pub(crate) peer: &'a str,
    pub(crate) hash: MessageHash,
    pub(crate) head: &'a Bytes,
    pub(crate) body: Option<&'a Body>,
}

impl Sending<'_> {
    fn annex(&self, salt: [u8; 16], at: Timestamp, seal: Option<Bytes>) -> Vec<u8> {
        Annex {
            salt,
            at_micros: at.as_microsecond(),
            peer: self.peer.into(),
            body: self.body.map(|body| body.digest),
            body_bytes: self.body.map_or(0, Body::len),
            head: self.head.clone(),
            seal,
        }
        .encode()
    }
}

/// Why a node can't be put together.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// There is no directory yet.
    #[error(
        "there is no directory yet; give the node the centre's signed directory file, or the centre's address"
    )]
    NoDirectory,
    /// Keys or certificates.
    #[error(transparent)]
    Pki(#[from] pki::PkiError),
    /// The log.
    #[error(transparent)]
    Ledger(#[from] ledger::LedgerError),
    /// A file or socket.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// What was wrong.
        source: std::io::Error,
    },
}

/// A clock for TLS.
pub(crate) fn clock_of(clock: &Clock) -> pki::tls::Clock {
    let clock = clock.clone();
    Arc::new(move || clock.now())
}

/// Whoever the directory lists may connect, with a certificate that is not revoked.
pub(crate) fn allow_listed(keeper: Arc<Keeper>) -> AllowPeer {
    Arc::new(move |id, shown| {
        keeper.current().is_some_and(|directory| {
            directory.node(id).is_some_and(|node| {
                let is_listed = |fingerprint: &str| node.fingerprints.iter().any(|f| f == fingerprint);
                node.fingerprints.is_empty() || shown.any(is_listed)
            }) && !shown.any(|fingerprint| directory.is_revoked(fingerprint))
        })
    })
}

/// Systems with a certificate that was admitted, and that the centre has not revoked, may connect.
fn allow_admitted(
    credentials: Arc<ArcSwap<HashMap<SystemId, Credential>>>,
    keeper: Arc<Keeper>,
) -> AllowPeer {
    Arc::new(move |id, shown| {
        let Ok(system) = id.parse::<SystemId>() else { return false };
        let revoked = keeper
            .current()
            .is_some_and(|directory| shown.any(|fingerprint| directory.is_revoked(fingerprint)));
        let is_admitted =
            |known: &Credential| shown.any(|fingerprint| known.fingerprints.iter().any(|f| f == fingerprint));
        !revoked && credentials.load().get(&system).is_some_and(is_admitted)
    })
}

/// The authorities that the directory trusts.
pub(crate) fn roots_of(directory: &Indexed) -> Result<rustls::RootCertStore, NodeError> {
    pki::tls::parse_roots(&directory.directory.authorities.concat()).map_err(NodeError::Pki)
}

/// Knows again, from the log, which messages came lately.
fn remembered(ledger: &Ledger, now: Timestamp) -> Result<Replay, NodeError> {
    let now_micros = now.as_microsecond();
    let oldest_micros = now_micros - REMEMBERED_SECONDS * 1_000_000;
    let size = ledger.checkpoint().checkpoint.size;
    let mut floor_micros = i64::MIN;
    let mut taken = Vec::new();
    let mut read = 0;
    'log: while read < size {
        let count = REPLAY_READ_ENTRIES.min(size - read);
        let items = match ledger.items(size - read - count, count) {
            Ok(items) => items,
            // What lies in the ledger's archive is days old.
            Err(ledger::LedgerError::ArchiveMissing { .. }) => {
                floor_micros = oldest_micros + AHEAD_LIMIT_SECONDS * 1_000_000;
                break;
            }
            Err(error) => return Err(error.into()),
        };
        for item in items.into_iter().rev() {
            let Some(entry) = Entry::of_bytes(&item.entry) else { continue };
            let Ok(annex) = Annex::decode(item.annex.into()) else { continue };
            if annex.at_micros < oldest_micros || read >= REPLAY_READ_LIMIT_ENTRIES {
                // What came earlier is not known any more, so nothing that its sender can have sealed by then is taken:
                // it may only seem to be old, by a clock that is fast now and is set right later.
                floor_micros = annex.at_micros + AHEAD_LIMIT_SECONDS * 1_000_000;
                break 'log;
            }
            let index =
                annex.seal.as_ref().and_then(|seal| seal.get(16..24)).and_then(|bytes| bytes.try_into().ok());
            if let Some(index) = index.filter(|_| entry.event == Event::RequestReceived) {
                taken.push((Arc::<str>::from(annex.peer), u64::from_be_bytes(index)));
            }
        }
        read += count;
    }
    let replay = Replay::new(floor_micros, now_micros);
    for (peer, index) in taken {
        replay.remember(&peer, index);
    }
    Ok(replay)
}
