//! `lienthong up`: a whole country in one process, on loopback, with people who do not exist.

use crate::{
    agency::{self, Agency, Records, Settings},
    keys,
    outside::{self, Outside, Watched},
    people, plan,
    sealing::Embedded,
    site::{self, Site},
};
use anyhow::{Context as _, Result, bail, ensure};
use contracts::MemberId;
use exchange::{
    Directory, Keeper, MemberEntry, NodeEntry, SystemEntry, TimeStampEntry, Vocabulary, WitnessEntry,
};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::{SignedDuration, Timestamp};
use ledger::{CosignatureSigner, NoteSigner};
use pki::{Authority, LedgerKey, SharedIdentity, TimeStampAuthority};
use population::seed::{self, Names, SeedOptions};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{File, TryLockError},
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use system::{Clock, Random};
use tokio::{net::TcpListener, task::JoinHandle};

/// People of the sandbox unless asked otherwise.
pub const PEOPLE: u64 = 100_000;
/// Seed of the sandbox unless asked otherwise.
pub const SEED: u64 = 2026;
/// How long a directory counts as fresh, in days.
const DIRECTORY_FRESH_DAYS: i64 = 7;
/// How often certificates are looked at for renewal, in seconds.
const RENEWAL_CHECK_SECONDS: u64 = 3_600;

/// What the sandbox is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder of the country.
    pub dir: PathBuf,
    /// Where its pages are served.
    pub listen: SocketAddr,
    /// People to make.
    pub people: u64,
    /// What they are made from.
    pub seed: u64,
    /// Show progress on the terminal.
    pub progress: bool,
}

/// File in the country's folder that says where its nodes are reached, while it runs.
pub const ADDRESSES: &str = "addresses.json";
/// File in the country's folder that holds the centre's key.
pub const ANCHOR: &str = "anchor";

/// Where a running country is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addresses {
    /// Its pages.
    pub pages: String,
    /// Where the systems of each agency call its node, by the agency's code.
    pub systems: BTreeMap<String, String>,
}

/// What was made once and is found again at the next start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Founding {
    people: u64,
    seed: u64,
    /// The day the people were made for.
    founded_on: jiff::civil::Date,
    /// Version of the last directory.
    directory: u64,
}

/// A running country.
pub struct Country {
    agencies: Vec<Agency>,
    site: Site,
    /// Tasks that keep it as it should be.
    keeping: [JoinHandle<()>; 2],
    addresses: PathBuf,
    /// Held as long as it runs.
    _lock: File,
}

/// The country's centre: it numbers and signs the directory.
pub struct Centre {
    signer: NoteSigner,
    founding: Founding,
    dir: PathBuf,
}

/// An agency's sockets and keys, before it is opened.
struct Prepared {
    plan: plan::AgencyPlan,
    dir: PathBuf,
    peers: TcpListener,
    systems: TcpListener,
    identity: SharedIdentity,
    ledger_key: LedgerKey,
    /// What it cosigns with, when it is a witness.
    witness: Option<CosignatureSigner>,
    /// Text of its file of outside systems, and what it says.
    outside: (String, Outside),
}

impl Country {
    /// Starts the country, founding it first if its folder is empty.
    pub async fn start(options: &Options) -> Result<Self> {
        let (clock, random) = (Clock::real(), Random::from_system()?);
        let now = clock.now();
        std::fs::create_dir_all(&options.dir)
            .with_context(|| format!("the folder {} can't be made", options.dir.display()))?;
        let lock = lock(&options.dir)?;
        let web = TcpListener::bind(options.listen).await.with_context(|| {
            format!("the address {} can't be used; choose another with --listen", options.listen)
        })?;
        let listening = web.local_addr()?;
        let public_url: Arc<str> = format!("http://{}", reached_at(listening)?).into();
        let web: Vec<TcpListener> = [web].into_iter().chain(twin(listening).await?).collect();

        let founding = Founding::load_or_new(options, clock.today())?;
        let authority = keys::authority(&options.dir.join("authority.pem"), now)?;
        let time_stamper = keys::time_stamper(&options.dir.join("time-stamps.pem"), &authority, now)?;
        let embedded = Embedded::new(
            keys::authority(&options.dir.join("authority.pem"), now)?,
            TimeStampAuthority::new(keys::time_stamper(
                &options.dir.join("time-stamps.pem"),
                &authority,
                now,
            )?),
            options.dir.join("revoked"),
            clock.clone(),
            random.clone(),
        );
        let centre = keys::signing_key(&options.dir.join("centre.key"), &random)?;
        let signer = NoteSigner::new("vn.centre.directory", centre.seed())?;
        let anchor = signer.verifier_key();
        let prepared = prepare(&options.dir, &authority, &random, now).await?;
        let addresses = addresses(&public_url, &prepared)?;
        let mut centre = Centre { signer, founding: founding.clone(), dir: options.dir.clone() };
        let note = centre.sign(directory(&prepared, &authority, &public_url)?, now)?;
        std::fs::write(options.dir.join(ANCHOR), format!("{anchor}\n"))?;

        let communes = people::communes(founding.founded_on)?;
        let seed = SeedOptions {
            people: founding.people,
            seed: founding.seed,
            today: founding.founded_on,
            communes,
        };
        let names = Names::vietnamese()?;
        let mut agencies = Vec::new();
        let mut identities = Vec::new();
        let mut watched = Vec::new();
        let mut witnesses = Vec::new();
        for prepared in prepared {
            identities.push((prepared.identity.clone(), prepared.dir.join("node.pem")));
            let (peers, systems) = (prepared.peers, prepared.systems);
            let keeper = Keeper::open(anchor.clone(), prepared.dir.join("directory"))?;
            keeper.offer(note.clone())?;
            let (id, folder) = (prepared.plan.id(), prepared.dir.clone());
            let rooms = [exchange::events::grants(), exchange::access::grants_of_room()].concat();
            let grants = [&prepared.plan.grants[..], &rooms].concat();
            let housed = housed_codes(&prepared.plan);
            let documents = keys::document_identity(
                &prepared.dir.join("documents.pem"),
                prepared.plan.name_vi,
                &authority,
                now,
            )?;
            let ledger_signer = agency::ledger_signer(&prepared.plan.id().to_string(), &prepared.ledger_key)?;
            let mut agency = Agency::open(Settings {
                id: prepared.plan.id(),
                node_id: prepared.plan.id().to_string(),
                persons_key: prepared.dir.join(agency::PERSONS_KEY),
                sealing_keys: prepared.dir.join(agency::SEALING_KEYS),
                mutual_tls_url: None,
                dir: prepared.dir,
                records: Records::Files,
                systems: prepared.plan.systems.iter().map(|(blueprint, _)| *blueprint).collect(),
                grants: grants.clone(),
                agreements: prepared.plan.agreements,
                nats: None,
                identity: prepared.identity,
                ledger_signer: ledger_signer.into(),
                ledger_archive: None,
                keeper,
                documents: Some(Arc::new(embedded.seal(documents))),
                verifier: embedded.verifier(),
                clock: clock.clone(),
                random: random.clone(),
                public_url: public_url.clone(),
                body_limit_bytes: exchange::node::BODY_LIMIT_BYTES,
                vocabulary: Vocabulary::Snake,
                sandbox: true,
            })
            .await
            .with_context(|| format!("the agency {} can't be opened", prepared.plan.code))?;
            if let Some(store) = agency.store(population::blueprint().facts.code) {
                people_the_country(store, &seed, &names, options.progress).await?;
            }
            let (text, outside) = prepared.outside;
            let watching = Watched { id, folder, node: agency.node.clone(), housed, grants, text };
            watching.apply(&outside).with_context(|| {
                format!("{} in {} can't be used", outside::FILE, watching.folder.display())
            })?;
            watched.push(watching);
            agency.serve(peers, systems);
            witnesses.extend(prepared.witness.map(|signer| agency.witness(signer)));
            agencies.push(agency);
        }
        let personas = seed::personas(&seed, &names)?.context(
            "the population is too small to hold a family and four officials; use --people 1000 or more",
        )?;
        let accounts = agencies.iter().find_map(|agency| agency.store(identity::FACTS.code).cloned());
        let accounts = accounts.context("the sandbox has no identity system")?;
        let signing_in = signing_in(options, &personas, accounts, &public_url, (&clock, &random)).await?;
        let forms_key = keys::signing_key(&options.dir.join(agency::FORMS_KEY), &random)?;
        let site = Site::start(
            (web, &public_url),
            &agencies,
            &forms_key,
            site::Attesting { witnesses, time_stamps: TimeStampAuthority::new(time_stamper) },
            signing_in,
            clock.clone(),
            random,
        )?;
        for agency in &mut agencies {
            agency.keep_attested(Duration::from_secs(exchange::attestation::EVERY_SECONDS), None);
        }
        let keeping = [
            tokio::spawn(keep_renewed(identities, authority, clock.clone())),
            tokio::spawn(outside::watch(watched, centre, clock)),
        ];
        let file = options.dir.join(ADDRESSES);
        exchange::directory::replace_file(&file, serde_json::to_string_pretty(&addresses)?.as_bytes())
            .with_context(|| format!("{} can't be written", file.display()))?;
        Ok(Self { agencies, site, keeping, addresses: file, _lock: lock })
    }

    /// Where its pages are.
    pub fn url(&self) -> &str {
        self.site.url()
    }

    /// Takes no new work, finishes what has begun, and closes everything.
    pub async fn close(self) {
        self.keeping.iter().for_each(JoinHandle::abort);
        if let Err(error) = std::fs::remove_file(&self.addresses) {
            tracing::warn!(%error, "{ADDRESSES} can't be removed; it names addresses that nobody serves");
        }
        self.site.close().await;
        for agency in self.agencies {
            agency.close().await;
        }
    }
}

/// Where pages that listen at an address are reached: on this computer, because nothing protects what is said to them. It is
/// called by its name where it has one, because a passkey belongs to a name (WebAuthn Level 2, section 5.1.3).
fn reached_at(listening: SocketAddr) -> Result<String> {
    let ip = listening.ip();
    ensure!(
        ip.is_loopback() || ip.is_unspecified(),
        "people could not sign in at {listening}, because the sandbox has no TLS; choose an address of this computer with \
         --listen, such as 127.0.0.1:8080"
    );
    let is_named = ip.is_unspecified() || ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST;
    Ok(match is_named {
        true => format!("localhost:{}", listening.port()),
        false => listening.to_string(),
    })
}

/// The same port at the other address that `localhost` may stand for, where this computer has it: programs that know the name
/// take whichever they find first, and must not find somebody else.
async fn twin(listening: SocketAddr) -> Result<Option<TcpListener>> {
    let other: IpAddr = match listening.ip() {
        ip if ip == Ipv4Addr::LOCALHOST => Ipv6Addr::LOCALHOST.into(),
        ip if ip == Ipv6Addr::LOCALHOST => Ipv4Addr::LOCALHOST.into(),
        _ => return Ok(None),
    };
    let other = SocketAddr::new(other, listening.port());
    match TcpListener::bind(other).await {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("the address {other} is taken, which is localhost too; choose another port with --listen")
        }
        Err(error) => {
            tracing::debug!(%error, %other, "localhost is one address here");
            Ok(None)
        }
    }
}

/// Keeps a second program from running the same country. The system frees the lock of a dead process.
fn lock(dir: &Path) -> Result<File> {
    let path = dir.join("lock");
    let file = File::create(&path).with_context(|| format!("{} can't be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "the country in {} is running already; stop it first, or choose another --data",
                dir.display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} can't be locked", path.display()))
        }
    }
}

impl Centre {
    /// Signs a directory as the next version. The version is kept first: a number is never given twice.
    pub fn sign(&mut self, directory: Directory, now: Timestamp) -> Result<String> {
        self.founding.directory += 1;
        self.founding.save(&self.dir)?;
        let version = self.founding.directory;
        let fresh_until = now + SignedDuration::from_hours(24 * DIRECTORY_FRESH_DAYS);
        Ok(Directory { version, issued: now, fresh_until, ..directory }.sign(&self.signer)?)
    }
}

impl Founding {
    fn file(dir: &Path) -> PathBuf {
        dir.join("country.json")
    }

    fn load_or_new(options: &Options, today: jiff::civil::Date) -> Result<Self> {
        let file = Self::file(&options.dir);
        if !file.exists() {
            return Ok(Self { people: options.people, seed: options.seed, founded_on: today, directory: 0 });
        }
        let text =
            std::fs::read_to_string(&file).with_context(|| format!("{} can't be read", file.display()))?;
        let founding: Self =
            serde_json::from_str(&text).with_context(|| format!("{} can't be understood", file.display()))?;
        let (people, seed) = (founding.people, founding.seed);
        let asked_otherwise = (options.people != PEOPLE && options.people != people)
            || (options.seed != SEED && options.seed != seed);
        if asked_otherwise {
            bail!(
                "the country in {} was founded with --people {people} --seed {seed}; start it so, or choose another --data",
                options.dir.display()
            );
        }
        Ok(founding)
    }

    fn save(&self, dir: &Path) -> Result<()> {
        let file = Self::file(dir);
        let text = serde_json::to_string_pretty(self)?;
        exchange::directory::replace_file(&file, text.as_bytes())
            .with_context(|| format!("{} can't be written", file.display()))
    }
}

async fn prepare(
    dir: &Path,
    authority: &Authority,
    random: &Random,
    now: Timestamp,
) -> Result<Vec<Prepared>> {
    let mut prepared = Vec::new();
    for plan in plan::country() {
        let dir = dir.join(plan.folder());
        std::fs::create_dir_all(&dir)
            .with_context(|| format!("the folder {} can't be made", dir.display()))?;
        let identity = keys::node_identity(&dir.join("node.pem"), &plan.id().to_string(), authority, now)?;
        prepared.push(Prepared {
            peers: TcpListener::bind("127.0.0.1:0").await?,
            systems: TcpListener::bind("127.0.0.1:0").await?,
            identity: SharedIdentity::new(identity),
            ledger_key: keys::signing_key(&dir.join("ledger.key"), random)?,
            witness: match plan::WITNESSES.contains(&plan.code) {
                true => {
                    let key = keys::signing_key(&dir.join("witness.key"), random)?;
                    Some(agency::witness_signer(&plan.id().to_string(), &key)?)
                }
                false => None,
            },
            outside: outside_of(&plan, &dir)?,
            plan,
            dir,
        });
    }
    Ok(prepared)
}

/// The systems outside the program that an agency has.
fn outside_of(plan: &plan::AgencyPlan, dir: &Path) -> Result<(String, Outside)> {
    let housed = housed_codes(plan);
    let text = outside::read(dir)?;
    let outside = Outside::parse(&text, &housed, dir).with_context(|| {
        format!("{} can't be understood; correct it, or move it away", dir.join(outside::FILE).display())
    })?;
    Ok((text, outside))
}

/// Codes of the systems that an agency houses, its rooms among them.
fn housed_codes(plan: &plan::AgencyPlan) -> Vec<&'static str> {
    let systems = plan.systems.iter().map(|(blueprint, _)| blueprint.facts.code);
    systems.chain([contracts::events::SYSTEM, exchange::access::SYSTEM]).collect()
}

fn addresses(pages: &str, agencies: &[Prepared]) -> Result<Addresses> {
    let systems = agencies
        .iter()
        .map(|agency| Ok((agency.plan.code.to_owned(), format!("http://{}", agency.systems.local_addr()?))));
    Ok(Addresses { pages: pages.to_owned(), systems: systems.collect::<Result<_>>()? })
}

/// The directory of the sandbox, not numbered yet. Addresses are new at every start, so it is signed anew then.
fn directory(agencies: &[Prepared], authority: &Authority, pages: &str) -> Result<Directory> {
    let mut directory = Directory {
        instance: "VN".into(),
        authorities: vec![authority.certificate_pem()],
        time_stamp_authorities: vec![TimeStampEntry {
            url: format!("{pages}{}", site::TIME_STAMPS),
            root: authority.certificate_pem(),
            statement: String::new(),
        }],
        ..Directory::default()
    };
    for Prepared { plan, peers, ledger_key, witness, outside: (_, outside), .. } in agencies {
        let id: MemberId = plan.id();
        directory.witnesses.extend(witness.as_ref().map(|signer| WitnessEntry {
            node: id.to_string(),
            key: signer.cosigner_key().to_string(),
            url: format!("{pages}/exchange/witness/{}", plan.code),
            statement: String::new(),
        }));
        directory.nodes.push(NodeEntry {
            id: id.to_string(),
            address: peers.local_addr()?.to_string(),
            ledger: agency::ledger_signer(&id.to_string(), ledger_key)?.verifier_key().to_string(),
            ..NodeEntry::default()
        });
        let systems = plan.systems.iter().map(|(blueprint, national)| SystemEntry {
            code: blueprint.facts.code.into(),
            name: blueprint.facts.name_vi.into(),
            national: *national,
            services: services_of(blueprint.facts.code),
        });
        directory.members.push(MemberEntry {
            nodes: vec![id.to_string()],
            name: plan.name_vi.into(),
            name_en: plan.name_en.into(),
            systems: systems
                .chain([exchange::events::listed(), exchange::access::listed()])
                .chain(outside.entries())
                .collect(),
            id,
        });
    }
    Ok(directory)
}

fn services_of(system: &str) -> Vec<String> {
    let mut services: Vec<String> =
        contracts::operations().iter().filter(|o| o.system == system).map(|o| o.service.to_owned()).collect();
    services.dedup();
    services
}

/// Gives the people whom a visitor can be their accounts and posts, and makes the site a relying party of the identity system.
async fn signing_in(
    options: &Options,
    personas: &seed::Personas,
    accounts: store::Store,
    public_url: &str,
    (clock, random): (&Clock, &Random),
) -> Result<site::SigningIn> {
    let now = clock.now();
    let codes: Vec<&str> = plan::country().iter().map(|plan| plan.code).collect();
    let people = site::people_to_be(personas, &codes, clock.today());
    let holders: Vec<_> = people.iter().map(|somebody| somebody.person.clone()).collect();
    identity::sandbox::open_accounts(&accounts, &holders, random, now).await?;
    let administrators = [personas.officer.number, personas.registrar.number];
    identity::sandbox::appoint_first_administrators(&accounts, "H26", &administrators, random, now).await?;
    identity::sandbox::give_posts(&accounts, &holders, random, now).await?;
    let key = keys::signing_key(&options.dir.join(agency::SIGN_IN_KEY), random)?;
    let known = site::known_as(public_url, site::public_half(&key)?);
    identity::sites::register(&accounts, std::slice::from_ref(&known), now).await?;
    let issuer = format!("{public_url}/{}", identity::FACTS.code);
    let calls = openid::OutgoingCalls::default();
    let party =
        site::relying_party(issuer, known.client, public_url.to_owned(), &key, calls, (clock, random))?;
    Ok(site::SigningIn { party: Arc::new(party), people, accounts })
}

/// Makes the country's people, unless they are there already.
async fn people_the_country(
    store: &store::Store,
    options: &SeedOptions,
    names: &Names,
    progress: bool,
) -> Result<()> {
    if seed::loaded(store).await?.people >= options.people {
        return Ok(());
    }
    let bar = if progress { ProgressBar::new(options.people) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("making people {bar:40} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    let households = seed::generate(options, names)?;
    seed::load(store, households, &mut |people| bar.set_position(people)).await?;
    bar.finish_and_clear();
    Ok(())
}

/// Renews the nodes' certificates before they expire, without a stop.
async fn keep_renewed(identities: Vec<(SharedIdentity, PathBuf)>, authority: Authority, clock: Clock) {
    loop {
        for (identity, file) in &identities {
            match keys::renew(identity, file, &authority, clock.now()) {
                Ok(true) => tracing::info!(node = %identity.current().holder(), "a certificate was renewed"),
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "a certificate can't be renewed; trying again in an hour")
                }
            }
        }
        tokio::time::sleep(Duration::from_secs(RENEWAL_CHECK_SECONDS)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandbox_is_reached_on_its_own_computer() {
        for (listening, expected) in [
            ("127.0.0.1:8080", Some("localhost:8080")),
            ("0.0.0.0:8080", Some("localhost:8080")),
            ("[::1]:8080", Some("localhost:8080")),
            ("[::]:8080", Some("localhost:8080")),
            ("127.0.0.2:8080", Some("127.0.0.2:8080")),
            ("192.0.2.7:8080", None),
        ] {
            let reached = reached_at(listening.parse().unwrap());
            assert_eq!(reached.ok().as_deref(), expected, "{listening}");
        }
    }

    #[test]
    fn no_version_of_the_directory_is_signed_twice() {
        let dir = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
        let options = Options {
            dir: dir.path().into(),
            listen: ([127, 0, 0, 1], 0).into(),
            people: 9,
            seed: 1,
            progress: false,
        };
        let today = jiff::civil::date(2026, 11, 21);
        for expected in [1, 3] {
            // A new one each time, as after a new start.
            let founding = Founding::load_or_new(&options, today).unwrap();
            let signer = NoteSigner::new("centre", &[1; 32]).unwrap();
            let anchor = signer.verifier_key();
            let mut centre = Centre { signer, founding, dir: dir.path().into() };
            for version in expected..expected + 2 {
                let note = centre.sign(Directory::default(), now).unwrap();
                let signed = Directory::open(&note, &anchor).unwrap();
                assert_eq!((signed.version, signed.issued), (version, now));
                assert!(signed.fresh_until > now);
            }
        }
    }
}
