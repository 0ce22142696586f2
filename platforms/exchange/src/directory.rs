//! The directory: who is a member, which systems and services they have, which nodes serve them and how these prove
//! themselves. Signed by the centre, versioned, and kept on when the centre can't be reached.

use crate::access::GLOBAL_GROUP;
use arc_swap::ArcSwapOption;
use contracts::{MemberId, SystemId};
use jiff::Timestamp;
use ledger::{CosignerKey, NoteSigner, VerifierKey};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};
use thiserror::Error;

/// Largest directory, in bytes.
pub const DIRECTORY_LIMIT_BYTES: usize = 32 * 1024 * 1024;
/// First line of a directory's text, which keeps its signature from being taken for one over anything else.
const FORM: &str = "lienthong-directory/v1";
/// First line of the centre's statement about one node.
const STATEMENT_FORM: &str = "lienthong-node/v1";
/// First line of the centre's statement about one time-stamp authority.
const TIME_STAMP_FORM: &str = "lienthong-time-stamps/v1";
/// First line of the centre's statement about one witness.
const WITNESS_FORM: &str = "lienthong-witness/v1";

/// The directory of the country.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Grows by one with every change; an older one never replaces a newer.
    pub version: u64,
    /// When it was signed.
    pub issued: Timestamp,
    /// When a newer one should have come. A directory past it is still used, and said to be stale.
    pub fresh_until: Timestamp,
    /// The country's instance code.
    pub instance: String,
    /// Certificates, in PEM, of the authorities whose certificates nodes may show.
    pub authorities: Vec<String>,
    /// The nodes.
    pub nodes: Vec<NodeEntry>,
    /// The members.
    pub members: Vec<MemberEntry>,
    /// The nodes that cosign the checkpoints of all others' ledgers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<WitnessEntry>,
    /// The authorities whose time stamps are believed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub time_stamp_authorities: Vec<TimeStampEntry>,
    /// Groups of systems that any provider may open its services to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupEntry>,
    /// SHA-256, in hex, of certificates and of public keys that are revoked. No node takes them, not even on a connection
    /// that is open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoked: Vec<String>,
}

/// A group of systems, named by the centre.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupEntry {
    /// Its code; a grant names it as `global-group:CODE`.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The systems in it.
    pub systems: Vec<SystemId>,
}

/// A time-stamp authority (RFC 3161).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeStampEntry {
    /// Where it is asked.
    pub url: String,
    /// The root certificate that its stamps lead to, PEM.
    pub root: String,
    /// The centre's signed statement about the authority, which receipts carry.
    #[serde(default)]
    pub statement: String,
}

/// A witness of the ledgers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessEntry {
    /// The node that witnesses.
    pub node: String,
    /// The key that verifies its cosignatures (C2SP tlog-cosignature).
    pub key: String,
    /// Where it is asked: the submission prefix of C2SP tlog-witness.
    pub url: String,
    /// The centre's signed statement about the witness, which receipts carry.
    #[serde(default)]
    pub statement: String,
}

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeEntry {
    /// Its identifier, which its certificate carries: that of the member that runs it, `VN/GOV/G01`, or with a number
    /// behind it where the member has several, `VN/GOV/G01/2`.
    pub id: String,
    /// Where other nodes reach it: `host:port`.
    pub address: String,
    /// Verifier key of its ledger (C2SP signed-note).
    pub ledger: String,
    /// SHA-256 fingerprints of the certificates it may show; any certificate of the authorities when empty.
    #[serde(default)]
    pub fingerprints: Vec<String>,
    /// The centre's signed statement about the node, which receipts carry.
    #[serde(default)]
    pub statement: String,
    /// The keys that its ledger had before, the latest first. They stay listed for as long as the ledger is: what they signed
    /// stays proven, and to a witness it stays the same ledger.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_keys: Vec<EarlierKey>,
}

/// A key that a ledger had before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierKey {
    /// The verifier key.
    pub key: String,
    /// Until when messages are taken that it alone has sealed.
    pub until: Timestamp,
    /// The centre's signed statement about the node with this key.
    #[serde(default)]
    pub statement: String,
}

impl NodeEntry {
    /// The keys that its ledger has now, as far as they can be read: the one that is listed, and while it is rolled the one
    /// before.
    pub fn keys_at(&self, now: Timestamp) -> Vec<VerifierKey> {
        let earlier = self.earlier_keys.iter().filter(|earlier| now <= earlier.until);
        readable([&self.ledger].into_iter().chain(earlier.map(|earlier| &earlier.key)))
    }

    /// All keys that its ledger ever had.
    pub fn all_keys(&self) -> Vec<VerifierKey> {
        readable([&self.ledger].into_iter().chain(self.earlier_keys.iter().map(|earlier| &earlier.key)))
    }

    /// The key that its ledger began with. The ledger is known by it: with another first key it is another ledger.
    pub fn first_key(&self) -> &str {
        self.earlier_keys.last().map_or(&self.ledger, |earliest| &earliest.key)
    }

    /// The centre's statement about the key that signed this checkpoint.
    pub fn statement_of(&self, checkpoint: &str) -> &str {
        let signed = |key: &str| key.parse::<VerifierKey>().is_ok_and(|key| key.verify(checkpoint).is_ok());
        let earlier = || self.earlier_keys.iter().find(|earlier| signed(&earlier.key));
        let earlier = if signed(&self.ledger) { None } else { earlier() };
        earlier.map_or(&self.statement, |earlier| &earlier.statement)
    }

    fn check(&self) -> Result<(), DirectoryError> {
        let fault =
            |what: String| Err(DirectoryError::Form(format!("the ledger key of node {} {what}", self.id)));
        let name = |key: &str| key.split('+').next().map(str::to_owned);
        for key in [&self.ledger].into_iter().chain(self.earlier_keys.iter().map(|earlier| &earlier.key)) {
            if let Err(error) = key.parse::<VerifierKey>() {
                return fault(format!("can't be read: {error}"));
            }
            if name(key) != name(&self.ledger) {
                return fault(format!("had another name before: {key}; a ledger keeps its name"));
            }
        }
        Ok(())
    }
}

/// The keys that can be read; a directory is taken only if all can.
fn readable<'a>(keys: impl Iterator<Item = &'a String>) -> Vec<VerifierKey> {
    keys.filter_map(|key| key.parse().ok()).collect()
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberEntry {
    /// Its identifier.
    pub id: MemberId,
    /// Its name in Vietnamese.
    pub name: String,
    /// Its name in English.
    #[serde(default)]
    pub name_en: String,
    /// The nodes that serve it, each with a ledger of its own. Any of them sends and takes its messages.
    pub nodes: Vec<String>,
    /// Its systems.
    #[serde(default)]
    pub systems: Vec<SystemEntry>,
}

/// A system of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemEntry {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// It serves the whole country, and no other member has one of the same code.
    #[serde(default)]
    pub national: bool,
    /// Codes of its services.
    #[serde(default)]
    pub services: Vec<String>,
}

/// Why a directory is not taken.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// Not signed by the centre.
    #[error(
        "the directory is not signed by the centre's key {anchor}: {fault}; ask the centre for the right file or key"
    )]
    Signature {
        /// Name of the key that was expected.
        anchor: String,
        /// What was wrong.
        fault: String,
    },
    /// Not of its form.
    #[error("the directory can't be read: {0}")]
    Form(String),
    /// Older than the one in use.
    #[error("the directory has version {offered}, older than version {current} in use; it is not taken")]
    Older {
        /// The version offered.
        offered: u64,
        /// The version in use.
        current: u64,
    },
    /// The file can't be read or written.
    #[error("the directory file {path} can't be used: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What was wrong.
        source: std::io::Error,
    },
}

impl Directory {
    /// Signs the directory, and in it a statement about each node.
    pub fn sign(mut self, centre: &NoteSigner) -> Result<String, DirectoryError> {
        let unsigned = |error: ledger::NoteError| DirectoryError::Form(error.to_string());
        for node in &mut self.nodes {
            let statement = |key: &str| centre.sign(&format!("{STATEMENT_FORM}\n{}\n{key}\n", node.id));
            node.statement = statement(&node.ledger).map_err(unsigned)?;
            for earlier in &mut node.earlier_keys {
                earlier.statement = statement(&earlier.key).map_err(unsigned)?;
            }
        }
        for witness in &mut self.witnesses {
            let statement = format!("{WITNESS_FORM}\n{}\n{}\n", witness.node, witness.key);
            witness.statement = centre.sign(&statement).map_err(unsigned)?;
        }
        for authority in &mut self.time_stamp_authorities {
            let statement = format!("{TIME_STAMP_FORM}\n{}\n{}\n", authority.url, authority.root.trim_end());
            authority.statement = centre.sign(&statement).map_err(unsigned)?;
        }
        let json = serde_json::to_string(&self).map_err(|error| DirectoryError::Form(error.to_string()))?;
        // A signed note holds no other control characters than the ends of its lines.
        centre.sign(&format!("{FORM}\n{json}\n")).map_err(unsigned)
    }

    /// Reads a directory that `anchor`, the centre's key, has signed.
    pub fn open(note: &str, anchor: &VerifierKey) -> Result<Self, DirectoryError> {
        if note.len() > DIRECTORY_LIMIT_BYTES {
            return Err(DirectoryError::Form(format!("it is larger than {DIRECTORY_LIMIT_BYTES} bytes")));
        }
        let text = anchor.verify(note).map_err(|error| DirectoryError::Signature {
            anchor: anchor.name().into(),
            fault: error.to_string(),
        })?;
        let json = text
            .strip_prefix(FORM)
            .and_then(|rest| rest.strip_prefix('\n'))
            .ok_or_else(|| DirectoryError::Form(format!("its first line is not {FORM}")))?;
        let directory: Self =
            serde_json::from_str(json).map_err(|error| DirectoryError::Form(error.to_string()))?;
        directory.check()?;
        Ok(directory)
    }

    /// The directory without what the centre writes into it when it signs.
    pub fn unsigned(mut self) -> Self {
        for node in &mut self.nodes {
            node.statement.clear();
            node.earlier_keys.iter_mut().for_each(|earlier| earlier.statement.clear());
        }
        self.witnesses.iter_mut().for_each(|witness| witness.statement.clear());
        self.time_stamp_authorities.iter_mut().for_each(|authority| authority.statement.clear());
        self
    }

    fn check(&self) -> Result<(), DirectoryError> {
        let fault = |fault: String| Err(DirectoryError::Form(fault));
        self.nodes.iter().try_for_each(NodeEntry::check)?;
        for witness in &self.witnesses {
            if let Err(error) = witness.key.parse::<CosignerKey>() {
                return fault(format!("the key of the witness {} can't be read: {error}", witness.node));
            }
        }
        for authority in &self.time_stamp_authorities {
            if let Err(error) = pki::tls::parse_roots(&authority.root) {
                return fault(format!(
                    "the root of the time stamps of {} can't be read: {error}",
                    authority.url
                ));
            }
        }
        for fingerprint in &self.revoked {
            if fingerprint.len() != 64 || !fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return fault(format!("{fingerprint:?} is revoked, but is no SHA-256 in hexadecimal"));
            }
        }
        let listed: HashSet<&str> = self.nodes.iter().map(|node| node.id.as_str()).collect();
        for member in &self.members {
            if member.nodes.is_empty() {
                return fault(format!("member {} is served by no node", member.id));
            }
            if let Some(unlisted) = member.nodes.iter().find(|id| !listed.contains(id.as_str())) {
                return fault(format!(
                    "member {} is served by node {unlisted}, which is not listed",
                    member.id
                ));
            }
        }
        Ok(())
    }
}

/// Reads the centre's statement about a node: its identifier and its ledger's key.
pub fn open_statement(
    statement: &str,
    anchor: &VerifierKey,
) -> Result<(String, VerifierKey), DirectoryError> {
    let (id, key) = open_statement_of(STATEMENT_FORM, statement, anchor)?;
    Ok((id, key.parse().map_err(|error: ledger::NoteError| DirectoryError::Form(error.to_string()))?))
}

/// Reads the centre's statement about a witness: its node's identifier and the key of its cosignatures.
pub fn open_witness_statement(
    statement: &str,
    anchor: &VerifierKey,
) -> Result<(String, CosignerKey), DirectoryError> {
    let (id, key) = open_statement_of(WITNESS_FORM, statement, anchor)?;
    Ok((id, key.parse().map_err(|error: ledger::NoteError| DirectoryError::Form(error.to_string()))?))
}

/// Reads the centre's statement about a time-stamp authority: its address and the root that its stamps lead to.
pub fn open_time_stamp_statement(
    statement: &str,
    anchor: &VerifierKey,
) -> Result<(String, rustls::RootCertStore), DirectoryError> {
    let (url, root) = open_statement_of(TIME_STAMP_FORM, statement, anchor)?;
    Ok((url, pki::tls::parse_roots(&root).map_err(|error| DirectoryError::Form(error.to_string()))?))
}

/// The second line of a statement, and what comes after it.
fn open_statement_of(
    form: &str,
    statement: &str,
    anchor: &VerifierKey,
) -> Result<(String, String), DirectoryError> {
    let text = anchor.verify(statement).map_err(|error| DirectoryError::Signature {
        anchor: anchor.name().into(),
        fault: error.to_string(),
    })?;
    let rest = text.strip_prefix(form).and_then(|rest| rest.strip_prefix('\n'));
    match rest.and_then(|rest| rest.strip_suffix('\n')?.split_once('\n')) {
        Some((about, said)) => Ok((about.into(), said.into())),
        None => Err(DirectoryError::Form(format!("not a statement of the form {form}"))),
    }
}

/// A directory ready for look-ups.
pub struct Indexed {
    /// The directory.
    pub directory: Directory,
    /// The signed note it came in.
    pub note: String,
    nodes: HashMap<String, usize>,
    members: HashMap<MemberId, usize>,
    /// The members whose systems serve the country, by the code of the system.
    nationals: HashMap<String, usize>,
    groups: HashMap<SystemId, Vec<String>>,
    revoked: HashSet<String>,
}

impl Indexed {
    fn new(directory: Directory, note: String) -> Self {
        let nodes = directory.nodes.iter().enumerate().map(|(i, node)| (node.id.clone(), i)).collect();
        let members =
            directory.members.iter().enumerate().map(|(i, member)| (member.id.clone(), i)).collect();
        let mut nationals = HashMap::new();
        for (i, member) in directory.members.iter().enumerate() {
            for system in member.systems.iter().filter(|system| system.national) {
                nationals.entry(system.code.clone()).or_insert(i);
            }
        }
        let mut groups: HashMap<SystemId, Vec<String>> = HashMap::new();
        for group in &directory.groups {
            for system in &group.systems {
                groups.entry(system.clone()).or_default().push(format!("{GLOBAL_GROUP}{}", group.code));
            }
        }
        let revoked = directory.revoked.iter().map(|fingerprint| fingerprint.to_ascii_lowercase()).collect();
        Self { directory, note, nodes, members, nationals, groups, revoked }
    }

    /// The centre's groups that the system is in, as grants name them.
    pub fn groups_of(&self, system: &SystemId) -> &[String] {
        self.groups.get(system).map_or(&[], Vec::as_slice)
    }

    /// The certificate or key with this fingerprint is revoked.
    pub fn is_revoked(&self, fingerprint: &str) -> bool {
        self.revoked.contains(fingerprint)
    }

    /// The node with this identifier.
    pub fn node(&self, id: &str) -> Option<&NodeEntry> {
        self.nodes.get(id).map(|i| &self.directory.nodes[*i])
    }

    /// The member with this identifier.
    pub fn member(&self, id: &MemberId) -> Option<&MemberEntry> {
        self.members.get(id).map(|i| &self.directory.members[*i])
    }

    /// The node serves the member.
    pub fn serves(&self, node: &str, member: &MemberId) -> bool {
        self.member(member).is_some_and(|entry| entry.nodes.iter().any(|id| id == node))
    }

    /// The system with this identifier.
    pub fn system(&self, id: &SystemId) -> Option<&SystemEntry> {
        self.member(&id.member)?.systems.iter().find(|system| system.code == id.system)
    }

    /// The member whose system of this code serves the country.
    pub fn national_provider(&self, system: &str) -> Option<&MemberEntry> {
        self.nationals.get(system).map(|i| &self.directory.members[*i])
    }

    /// A newer one should have come by now.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        now > self.directory.fresh_until
    }
}

/// Holds the directory in use, and on disk the last good one.
pub struct Keeper {
    anchor: VerifierKey,
    file: PathBuf,
    current: ArcSwapOption<Indexed>,
}

impl Keeper {
    /// Starts with the last good directory in `file`, if there is one. A file that does not verify is an error: someone
    /// has altered it.
    pub fn open(anchor: VerifierKey, file: PathBuf) -> Result<Self, DirectoryError> {
        let keeper = Self { anchor, file, current: ArcSwapOption::empty() };
        match std::fs::read_to_string(&keeper.file) {
            Ok(note) => {
                let directory = Directory::open(&note, &keeper.anchor)?;
                keeper.current.store(Some(Arc::new(Indexed::new(directory, note))));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(DirectoryError::File { path: keeper.file, source }),
        }
        Ok(keeper)
    }

    /// The centre's key.
    pub fn anchor(&self) -> &VerifierKey {
        &self.anchor
    }

    /// The directory in use.
    pub fn current(&self) -> Option<Arc<Indexed>> {
        self.current.load_full()
    }

    /// Takes a directory if it is signed and newer; true when it was new.
    pub fn offer(&self, note: String) -> Result<bool, DirectoryError> {
        let directory = Directory::open(&note, &self.anchor)?;
        if let Some(current) = self.current() {
            let (offered, current) = (directory.version, current.directory.version);
            if offered < current {
                return Err(DirectoryError::Older { offered, current });
            }
            if offered == current {
                return Ok(false);
            }
        }
        replace_file(&self.file, note.as_bytes())
            .map_err(|source| DirectoryError::File { path: self.file.clone(), source })?;
        self.current.store(Some(Arc::new(Indexed::new(directory, note))));
        Ok(true)
    }
}

/// Writes a file so that a crash leaves the old one or the new one, whole.
pub fn replace_file(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(seed: u8) -> NoteSigner {
        NoteSigner::new("centre.directory", &[seed; 32]).unwrap()
    }

    fn directory(version: u64) -> Directory {
        let ledger = NoteSigner::new("g01.ledger", &[9; 32]).unwrap().verifier_key().to_string();
        Directory {
            version,
            issued: "2026-11-21T00:00:00Z".parse().unwrap(),
            fresh_until: "2026-11-22T00:00:00Z".parse().unwrap(),
            instance: "VN".into(),
            authorities: vec![],
            nodes: vec![NodeEntry {
                id: "VN/GOV/G01".into(),
                address: "127.0.0.1:1".into(),
                ledger,
                ..NodeEntry::default()
            }],
            members: vec![MemberEntry {
                id: MemberId::agency("G01"),
                name: "Bộ Công an".into(),
                name_en: "Ministry of Public Security".into(),
                nodes: vec!["VN/GOV/G01".into()],
                systems: vec![SystemEntry {
                    code: "population".into(),
                    name: "Dân cư".into(),
                    national: true,
                    services: vec!["people".into()],
                }],
            }],
            ..Directory::default()
        }
    }

    #[test]
    fn only_the_centres_newer_directory_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("directory");
        let keeper = Keeper::open(signer(1).verifier_key(), file.clone()).unwrap();
        assert!(keeper.current().is_none());
        let second = directory(2).sign(&signer(1)).unwrap();
        assert!(keeper.offer(second.clone()).unwrap());
        assert!(!keeper.offer(second.clone()).unwrap());
        assert!(matches!(
            keeper.offer(directory(1).sign(&signer(1)).unwrap()),
            Err(DirectoryError::Older { .. })
        ));
        assert!(matches!(
            keeper.offer(directory(3).sign(&signer(2)).unwrap()),
            Err(DirectoryError::Signature { .. })
        ));
        assert!(matches!(
            keeper.offer(second.replace("population", "popuIation")),
            Err(DirectoryError::Signature { .. })
        ));

        let again = Keeper::open(signer(1).verifier_key(), file.clone()).unwrap();
        let indexed = again.current().unwrap();
        assert_eq!(indexed.directory.version, 2);
        assert_eq!(indexed.national_provider("population").unwrap().id, MemberId::agency("G01"));
        assert!(indexed.is_stale("2026-11-23T00:00:00Z".parse().unwrap()));
        let (id, _) = open_statement(&indexed.directory.nodes[0].statement, again.anchor()).unwrap();
        assert_eq!(id, "VN/GOV/G01");

        std::fs::write(&file, second.replace("population", "popuIation")).unwrap();
        assert!(Keeper::open(signer(1).verifier_key(), file).is_err());
    }

    #[test]
    fn a_member_without_its_node_is_refused() {
        for nodes in [vec![], vec!["VN/GOV/G99".into()], vec!["VN/GOV/G01".into(), "VN/GOV/G01/2".into()]] {
            let mut broken = directory(1);
            broken.members[0].nodes = nodes;
            let note = broken.sign(&signer(1)).unwrap();
            assert!(matches!(
                Directory::open(&note, &signer(1).verifier_key()),
                Err(DirectoryError::Form(_))
            ));
        }
    }
}
