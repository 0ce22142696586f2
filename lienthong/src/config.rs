//! The configuration of one agency's node. `docs/node.example.toml` explains every key; a test reads it.

use crate::{
    key_place::{KeyPlace, one_or_two},
    sign_in::{self, SignInConfig, SiteConfig},
};
use anyhow::{Context as _, Result, bail, ensure};
use contracts::{MemberId, identifiers::check_part};
use exchange::{AccessRule, Vocabulary};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashSet,
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The agency.
    pub agency: AgencyConfig,
    /// Where it listens.
    pub listen: ListenConfig,
    /// The directory.
    pub directory: DirectoryConfig,
    /// Its records.
    #[serde(default)]
    pub store: StoreConfig,
    /// The events of its systems.
    #[serde(default)]
    pub events: EventsConfig,
    /// Largest body, in bytes.
    #[serde(default = "body_limit")]
    pub body_limit_bytes: u64,
    /// Calls of the agency's own systems that the node carries at the same time.
    #[serde(default = "calls_limit")]
    pub calls_limit: usize,
    /// How error types are spelt.
    #[serde(default)]
    pub error_vocabulary: Vocabulary,
    /// Systems of this program that the node hosts, by code.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Systems outside the program.
    #[serde(default)]
    pub systems: Vec<OutsideSystem>,
    /// What the agency lets others do.
    #[serde(default)]
    pub grants: Vec<AccessRule>,
    /// Keys of its records and pages.
    #[serde(default)]
    pub secrets: SecretsConfig,
    /// How people sign in to its pages; nobody can when absent.
    #[serde(default)]
    pub sign_in: Option<SignInConfig>,
    /// The sites whose people sign in at this node, which hosts the identity system.
    #[serde(default)]
    pub sites: Vec<SiteConfig>,
    /// Its ledger.
    #[serde(default)]
    pub ledger: LedgerConfig,
    /// The archive of bodies; none is kept when absent.
    #[serde(default)]
    pub bodies: Option<BodiesConfig>,
    /// What can be searched for.
    #[serde(default)]
    pub search: SearchConfig,
    /// How its ledger is attested by others.
    #[serde(default)]
    pub attestation: AttestationConfig,
    /// How documents are signed and verified.
    #[serde(default)]
    pub signatures: SignaturesConfig,
    /// This node witnesses the ledgers of others.
    #[serde(default)]
    pub witness: Option<WitnessConfig>,
    /// This node keeps the country's directory.
    #[serde(default)]
    pub centre: Option<CentreConfig>,
}

/// The agency that runs the node.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AgencyConfig {
    /// Its identifier.
    pub id: MemberId,
    /// Number of this node among the agency's; absent when it has one, whose identifier is the agency's.
    #[serde(default)]
    pub node: Option<NonZeroU32>,
    /// Its name.
    pub name: String,
    /// Folder of all its data.
    pub data: PathBuf,
    /// Certificate chain of the node, PEM, with its key unless that is named apart.
    pub certificate: PathBuf,
    /// Key of the certificate, when it is not in the same file.
    #[serde(default)]
    pub certificate_key: Option<KeyPlace>,
    /// Key of its ledger; in a file it is made when it is not there. While it is rolled, the old one and the new one.
    #[serde(deserialize_with = "one_or_two")]
    pub ledger_key: Vec<KeyPlace>,
    /// Certificate chain that seals its documents, PEM, with its key unless that is named apart.
    #[serde(default)]
    pub documents: Option<PathBuf>,
    /// Key that seals its documents, when it is not in the same file.
    #[serde(default)]
    pub documents_key: Option<KeyPlace>,
}

/// Where the node listens.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ListenConfig {
    /// For other nodes: mutual TLS.
    pub peers: SocketAddr,
    /// For its own systems: HTTP with a token. Keep it on loopback or behind TLS.
    pub systems: SocketAddr,
    /// For its own systems: TLS with a certificate.
    #[serde(default)]
    pub systems_tls: Option<SocketAddr>,
    /// For systems of any agency: what the hosted systems serve to programs, TLS with a certificate.
    #[serde(default)]
    pub endpoints_tls: Option<SocketAddr>,
    /// Where that is reached, `https://host:port`; by the name in the node's certificate when absent.
    #[serde(default)]
    pub endpoints_tls_url: Option<String>,
    /// For people and for fetching the directory: pages of the hosted systems, ledger tiles.
    #[serde(default)]
    pub pages: Option<SocketAddr>,
    /// Where people reach the pages, `https://host` with a port where it needs one; `http://` and the address of `pages` when
    /// absent.
    #[serde(default)]
    pub pages_url: Option<String>,
    /// For machines that watch: metrics, health, readiness.
    #[serde(default)]
    pub admin: Option<SocketAddr>,
}

/// Where the directory comes from.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DirectoryConfig {
    /// The centre's key, `name+hash+base64`.
    pub anchor: String,
    /// A signed directory brought by hand, for the first start.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// Where the centre serves the signed directory over HTTP. Its signature protects it.
    #[serde(default)]
    pub url: Option<String>,
}

/// Where records are kept.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StoreConfig {
    /// A PostgreSQL database; SQLite files in the data folder when absent.
    #[serde(default)]
    pub postgres: Option<String>,
}

/// Where the log of events is kept.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EventsConfig {
    /// A NATS server with JetStream; the node's own records when absent.
    #[serde(default)]
    pub nats: Option<String>,
}

/// A system outside the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OutsideSystem {
    /// Its code.
    pub code: String,
    /// SHA-256 of its token, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_sha256: Option<String>,
    /// SHA-256 fingerprints of its certificates, in hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fingerprints: Vec<String>,
    /// Services that it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<OutsideService>,
}

/// A service of a system outside the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OutsideService {
    /// Its code.
    pub code: String,
    /// Where it is answered, e.g. `http://127.0.0.1:9000/api`.
    pub url: String,
    /// It is idempotent by message id: the node runs a request that is not safe in the sense of HTTP once for one id, and
    /// gives whoever repeats it the same answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub idempotent: bool,
    /// File with its OpenAPI document, JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openapi: Option<PathBuf>,
}

/// Where the ledger lies.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LedgerConfig {
    /// Folder on another disk to which old segments and tiles move. It must be there.
    #[serde(default)]
    pub archive: Option<PathBuf>,
    /// Days after which they move; when absent, only as the command `archive` says.
    #[serde(default)]
    pub archive_after_days: Option<NonZeroU32>,
}

/// The archive of bodies.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BodiesConfig {
    /// Its folder; `bodies` in the data folder when absent.
    #[serde(default)]
    pub folder: Option<PathBuf>,
    /// Key that wraps the keys of its days, PKCS#8 PEM; made when it is not there.
    pub key: PathBuf,
    /// Days after which bodies are forgotten.
    pub keep_days: NonZeroU32,
    /// A message whose body can't be kept is not sent, run or handed on.
    #[serde(default)]
    pub required: bool,
    /// Who may read bodies, at the `admin` listener.
    #[serde(default)]
    pub readers: Vec<BodyReader>,
}

/// Somebody who may read bodies.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BodyReader {
    /// The name under which readings are noted.
    pub name: String,
    /// SHA-256 of the token, in hexadecimal.
    pub token_sha256: String,
}

/// What can be searched for in the log.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SearchConfig {
    /// Days after which a message is found no more; never when absent.
    #[serde(default)]
    pub keep_days: Option<u32>,
    /// Key that makes the pseudonyms of persons, PKCS#8 PEM, the same for all nodes of the agency; `persons.key` in the data
    /// folder when absent. It is made when it is not there.
    #[serde(default)]
    pub persons_key: Option<PathBuf>,
}

/// Keys of the node's records and pages, each the same for all nodes of the agency and made when it is not there.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretsConfig {
    /// File of the keys that seal secrets in the records; `sealing.keys` in the data folder when absent.
    #[serde(default)]
    pub sealing_keys: Option<PathBuf>,
    /// Key that protects the forms of pages, PKCS#8 PEM; `forms.key` in the data folder when absent.
    #[serde(default)]
    pub forms_key: Option<PathBuf>,
}

/// How the node's ledger is attested by others.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AttestationConfig {
    /// How often the newest checkpoint is shown to the witnesses of the directory, in seconds.
    #[serde(default = "attestation_every")]
    pub every_seconds: u64,
    /// The time-stamp authority that is asked, one of the directory's roots; the directory's first when absent.
    #[serde(default)]
    pub time_stamp_url: Option<String>,
}

impl Default for AttestationConfig {
    fn default() -> Self {
        Self { every_seconds: attestation_every(), time_stamp_url: None }
    }
}

/// How the agency's documents are signed beside its key, and whose signatures are believed.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignaturesConfig {
    /// Certificates of the authorities that are trusted to certify signers, time stamps and the servers asked, PEM.
    #[serde(default)]
    pub roots: Option<PathBuf>,
    /// Address of the time-stamp authority; without one, signatures have no proven time.
    #[serde(default)]
    pub time_stamps: Option<String>,
    /// Addresses of the revocation lists of the authorities; they go into what is signed.
    #[serde(default)]
    pub revocation_lists: Vec<String>,
    /// A remote signing service that has the key, in place of `agency.documents`.
    #[serde(default)]
    pub remote: Option<RemoteConfig>,
}

/// A remote signing service (Cloud Signature Consortium, API v2).
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RemoteConfig {
    /// Base address, up to and with the version: `https://sign.example.vn/csc/v2`.
    pub url: String,
    /// The credential: key and certificate at the service.
    pub credential: String,
    /// File with the access token.
    pub token_file: PathBuf,
    /// File with what releases the key, if the service asks for it.
    #[serde(default)]
    pub pin_file: Option<PathBuf>,
}

/// The node's own part as a witness.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WitnessConfig {
    /// Key that cosigns; in a file it is made when it is not there. It signs nothing else.
    pub key: KeyPlace,
}

/// The centre's own part.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CentreConfig {
    /// Key that signs the directory; in a file it is made when it is not there.
    pub key: KeyPlace,
    /// Name of that key.
    pub name: String,
    /// The directory to be signed, JSON. It is read again when it changes.
    pub register: PathBuf,
}

fn calls_limit() -> usize {
    exchange::node::CALLS_LIMIT
}

fn attestation_every() -> u64 {
    exchange::attestation::EVERY_SECONDS
}

fn body_limit() -> u64 {
    exchange::node::BODY_LIMIT_BYTES
}

impl AgencyConfig {
    /// Identifier of the node.
    pub fn node_id(&self) -> String {
        self.node.map_or_else(|| self.id.to_string(), |number| format!("{}/{number}", self.id))
    }
}

impl Config {
    /// Reads the file. Relative paths in it start from its folder.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("the configuration {} can't be read", file.display()))?;
        let mut config = Self::parse(&text)
            .with_context(|| format!("the configuration {} can't be used", file.display()))?;
        config.start_paths_from(file.parent().unwrap_or_else(|| Path::new(".")));
        Ok(config)
    }

    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    /// Checks that `running` may be replaced by this configuration while the node runs: its systems, grants, sites, limit of
    /// calls, certificate and ledger key may change, everything else is opened at the start.
    pub fn check_may_replace(&self, running: &Self) -> Result<()> {
        let agency = AgencyConfig {
            certificate: running.agency.certificate.clone(),
            certificate_key: running.agency.certificate_key.clone(),
            ledger_key: running.agency.ledger_key.clone(),
            ..self.agency.clone()
        };
        let fixed = [
            ("agency", agency == running.agency),
            ("listen", self.listen == running.listen),
            ("directory", self.directory == running.directory),
            ("store", self.store == running.store),
            ("events", self.events == running.events),
            ("body-limit-bytes", self.body_limit_bytes == running.body_limit_bytes),
            ("error-vocabulary", self.error_vocabulary == running.error_vocabulary),
            ("hosts", self.hosts == running.hosts),
            ("ledger", self.ledger == running.ledger),
            ("bodies", self.bodies == running.bodies),
            ("search", self.search == running.search),
            ("attestation", self.attestation == running.attestation),
            ("signatures", self.signatures == running.signatures),
            ("sign-in", self.sign_in == running.sign_in),
            ("witness", self.witness == running.witness),
            ("centre", self.centre == running.centre),
        ];
        let changed: Vec<&str> = fixed.iter().filter(|(_, same)| !same).map(|(key, _)| *key).collect();
        ensure!(changed.is_empty(), "{} changed, which takes a restart of the node", changed.join(", "));
        Ok(())
    }

    fn check(&self) -> Result<()> {
        if self.agency.node.is_some() && (self.store.postgres.is_none() || self.search.persons_key.is_none())
        {
            bail!(
                "agency.node says that the agency has several nodes; they share store.postgres and search.persons-key, so \
                 set both"
            );
        }
        let is_shared = self.secrets.sealing_keys.is_some() && self.secrets.forms_key.is_some();
        if self.agency.node.is_some() && !self.hosts.is_empty() && !is_shared {
            bail!(
                "agency.node says that several nodes host the same systems; they share secrets.sealing-keys and \
                 secrets.forms-key, so set both and copy the files that the first node makes"
            );
        }
        if self.directory.file.is_none() && self.directory.url.is_none() && self.centre.is_none() {
            bail!("directory has neither file nor url; a node must learn of the others from one of them");
        }
        if self.ledger.archive_after_days.is_some() && self.ledger.archive.is_none() {
            bail!(
                "ledger.archive-after-days says when the ledger moves, and ledger.archive must say where to"
            );
        }
        for reader in self.bodies.iter().flat_map(|bodies| &bodies.readers) {
            reader.token()?;
        }
        self.systems.iter().try_for_each(OutsideSystem::check)?;
        sign_in::check(self)
    }

    fn start_paths_from(&mut self, folder: &Path) {
        let mut absolute = |path: &mut PathBuf| *path = folder.join(&*path);
        absolute(&mut self.agency.data);
        absolute(&mut self.agency.certificate);
        self.agency.documents.iter_mut().for_each(&mut absolute);
        self.signatures.roots.iter_mut().for_each(&mut absolute);
        if let Some(remote) = &mut self.signatures.remote {
            absolute(&mut remote.token_file);
            remote.pin_file.iter_mut().for_each(&mut absolute);
        }
        self.directory.file.iter_mut().for_each(&mut absolute);
        self.search.persons_key.iter_mut().for_each(&mut absolute);
        self.secrets.sealing_keys.iter_mut().for_each(&mut absolute);
        self.secrets.forms_key.iter_mut().for_each(&mut absolute);
        if let Some(sign_in) = &mut self.sign_in {
            sign_in.key.iter_mut().for_each(&mut absolute);
            sign_in.authorities.iter_mut().for_each(&mut absolute);
        }
        self.ledger.archive.iter_mut().for_each(&mut absolute);
        if let Some(bodies) = &mut self.bodies {
            bodies.folder.iter_mut().for_each(&mut absolute);
            absolute(&mut bodies.key);
        }
        if let Some(centre) = &mut self.centre {
            absolute(&mut centre.register);
        }
        let keys = self.agency.ledger_key.iter_mut().chain(&mut self.agency.certificate_key);
        let keys = keys.chain(&mut self.agency.documents_key);
        let keys = keys.chain(self.witness.as_mut().map(|witness| &mut witness.key));
        let keys = keys.chain(self.centre.as_mut().map(|centre| &mut centre.key));
        keys.for_each(|key| key.start_from(folder));
        self.systems.iter_mut().for_each(|system| system.start_paths_from(folder));
    }
}

impl BodyReader {
    /// SHA-256 of the token.
    pub fn token(&self) -> Result<[u8; 32]> {
        let read = from_hex(&self.token_sha256);
        read.with_context(|| format!("bodies.readers: token-sha256 of {:?} has not 64 digits", self.name))
    }
}

impl OutsideSystem {
    /// Checks that the system can do something at all.
    pub fn check(&self) -> Result<()> {
        check_part(&self.code)?;
        ensure!(
            self.code != exchange::siblings::SYSTEM,
            "the system code {:?} is that of the nodes themselves; choose another",
            self.code
        );
        let mut codes = HashSet::new();
        for service in &self.services {
            check_part(&service.code)?;
            let reserved = exchange::metadata::Call::named(&service.code).is_some();
            ensure!(
                !reserved,
                "the service code {:?} of {} is a call of the protocol itself; choose another",
                service.code,
                self.code
            );
            ensure!(
                codes.insert(&service.code),
                "the system {} has the service {:?} twice",
                self.code,
                service.code
            );
        }
        ensure!(
            self.token_sha256.is_some() || !self.fingerprints.is_empty() || !self.services.is_empty(),
            "the system {} has neither token, certificate nor service; it could do nothing",
            self.code
        );
        Ok(())
    }

    /// Lets relative paths start from `folder`.
    pub fn start_paths_from(&mut self, folder: &Path) {
        for file in self.services.iter_mut().filter_map(|service| service.openapi.as_mut()) {
            *file = folder.join(&*file);
        }
    }
}

/// The hexadecimal form of bytes.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes from their hexadecimal form.
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fuzzing::Target;

    #[test]
    fn it_is_read_or_refused_whatever_bytes_come() {
        let samples = || vec![include_bytes!("../../docs/node.example.toml").to_vec()];
        let check = |data: &[u8]| drop(Config::parse(std::str::from_utf8(data).unwrap_or_default()));
        fuzzing::try_any_bytes(&Target { name: "config", check, samples });
    }

    #[test]
    fn the_example_is_a_configuration() {
        let config = Config::parse(include_str!("../../docs/node.example.toml")).unwrap();
        assert_eq!(config.agency.id.to_string(), "VN/GOV/H26");
        assert!(!config.systems.is_empty() && !config.grants.is_empty());
    }

    #[test]
    fn faults_are_told() {
        let good = include_str!("../../docs/node.example.toml");
        for (from, to, words) in [
            ("peers = ", "peerss = ", "unknown field"),
            ("VN/GOV/H26", "VN/GOV", "parts"),
            ("[directory]", "[elsewhere]", "unknown field"),
            ("data = \"data\"", "data = \"data\"\nnode = 2", "share store.postgres"),
            ("code = \"tax-office\"", "code = \"exchange\"", "that of the nodes"),
            ("ledger-key = \"ledger.key\"", "ledger-key = []", "one key, or while it is rolled"),
            ("ledger-key = \"ledger.key\"", "ledger-key = \"pkcs11:token=a\"", "lacks module-path"),
            (
                "ledger-key = \"ledger.key\"",
                "ledger-key = \"pkcs11:token=a;object=b?module-path=/m&pin-value=1\"",
                "pin-source",
            ),
            ("# archive-after-days = 365", "archive-after-days = 30", "ledger.archive must say"),
            ("# archive-after-days = 365", "archive-after-days = 0", "nonzero"),
            ("# [bodies]", "[bodies]\nkey = \"k\"", "keep-days"),
            (
                "# [bodies]",
                "[bodies]\nkey = \"k\"\nkeep-days = 9\nreaders = [{ name = \"A\", token-sha256 = \"0a\" }]",
                "has not 64 digits",
            ),
            ("# [sign-in]", "[sign-in]\nissuer = \"http://id.example/identity\"", "is no issuer"),
            ("# [sign-in]", "[sign-in]\nissuer = \"https://id.example/identity/\"", "is no issuer"),
            ("# pages-url = ", "pages-url = \"https://a.example/b\" # ", "without a path"),
            ("# pages-url = ", "pages-url = \"http://a.example\" # ", "where people reach a site"),
            ("# [[sites]]", "[[sites]]\nclient = \"VN/GOV/H26/pages\"", "missing field"),
            (
                "# [[sites]]",
                "[[sites]]\nclient = \"VN/GOV/H26/pages\"\nname = \"A\"\nurl = \"https://a.example\"\nkey = \"A\"\nsystems = []",
                "has no identity system",
            ),
        ] {
            let error = format!("{:#}", Config::parse(&good.replace(from, to)).unwrap_err());
            assert!(error.contains(words), "{from} -> {to}: {error}");
        }
    }

    #[test]
    fn what_is_opened_at_the_start_needs_a_restart() {
        let text = include_str!("../../docs/node.example.toml");
        let running = Config::parse(text).unwrap();
        let fewer = Config {
            grants: Vec::new(),
            systems: Vec::new(),
            calls_limit: 1,
            ..Config::parse(text).unwrap()
        };
        assert!(fewer.check_may_replace(&running).is_ok());
        let other = Config { body_limit_bytes: 1, hosts: vec!["x".into()], ..Config::parse(text).unwrap() };
        let error = other.check_may_replace(&running).unwrap_err().to_string();
        assert_eq!(error, "body-limit-bytes, hosts changed, which takes a restart of the node");
    }

    #[test]
    fn hexadecimal_is_read_strictly() {
        assert_eq!(from_hex::<2>("0aFf"), Some([10, 255]));
        assert_eq!(to_hex(&[10, 255]), "0aff");
        for text in ["", "0a", "0aff00", "0aÿ", "zz00"] {
            assert_eq!(from_hex::<2>(text), None, "{text:?}");
        }
    }
}
