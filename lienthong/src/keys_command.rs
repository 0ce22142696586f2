//! `lienthong keys`: makes keys in files and tokens, asks for their certificates, and rolls the key of a ledger.

use crate::{
    agency::ledger_name,
    config::Config,
    key_place::{KeyPlace, Keyring},
};
use anyhow::{Context as _, Result, bail, ensure};
use clap::{Subcommand, ValueEnum};
use exchange::{Directory, EarlierKey, NodeEntry};
use jiff::{SignedDuration, Timestamp};
use ledger::KeyChange;
use pki::{DocumentSigner, Holder, LedgerKey, P256Key, files};
use std::{
    io::{BufRead as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};
use system::{Clock, Random};
use token::{KeyUri, Kind, TokenKey};

/// Name of the file in a node's data folder that tells the centre of a new ledger key.
const CHANGE_FILE: &str = "ledger-key-change";
/// For how long the old key of a ledger is taken beside the new one, unless told otherwise, in days. Nodes that can't reach
/// the centre that long go on.
const OVERLAP_DAYS: u16 = 7;
/// Longest file that tells of a new key, in bytes.
const CHANGE_LIMIT_BYTES: usize = 16 * 1024;

/// What is done with keys.
#[derive(Subcommand)]
pub enum Act {
    /// Makes a key: in a file, or in a token, which it never leaves.
    Make {
        /// A file, or a URI: pkcs11:token=NAME;object=NAME?module-path=/FILE&pin-source=/FILE
        key: String,
        /// What it is for.
        #[arg(long)]
        kind: KeyKind,
    },
    /// Writes a request for the certificate of a key in a token (PKCS #10, PEM), for an authority to sign.
    Request {
        /// The key's URI.
        key: String,
        /// The node that will use it, e.g. VN/GOV/H26.
        #[arg(long, required_unless_present = "signer")]
        node: Option<String>,
        /// The name of who signs documents with it, instead.
        #[arg(long, requires = "organization", conflicts_with = "node")]
        signer: Option<String>,
        /// The agency of who signs documents.
        #[arg(long)]
        organization: Option<String>,
    },
    /// Rolls a key of a node to a new one, without a stopped message.
    Roll {
        #[command(subcommand)]
        key: RolledKey,
    },
    /// At the centre: lists a node's new ledger key in the register, and the old one until the overlap ends.
    Accept {
        /// The file that `keys roll ledger` has written, and the node's operator has sent.
        change: PathBuf,
        /// The centre's register.
        #[arg(long)]
        register: PathBuf,
        /// For how many days the old key is taken beside the new one.
        #[arg(long, default_value_t = OVERLAP_DAYS)]
        overlap_days: u16,
        /// Does not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// A key that can be rolled.
#[derive(Subcommand)]
pub enum RolledKey {
    /// The key that signs the checkpoints of the node's ledger.
    Ledger {
        /// Configuration of the node.
        #[arg(long)]
        config: PathBuf,
        /// The new key: a file or a URI. It is made when it is not there.
        #[arg(long)]
        to: String,
        /// Does not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// The kinds of key.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum KeyKind {
    /// Signs a ledger, cosigns those of others, or signs the directory.
    Ed25519,
    /// For certificates of nodes and of documents; in a token.
    P256,
}

/// Does it.
#[allow(clippy::print_stdout)]
pub fn run(act: Act) -> Result<()> {
    match act {
        Act::Make { key, kind } => make(&key.parse()?, kind),
        Act::Request { key, node, signer, organization } => {
            let KeyPlace::Token(uri) = key.parse()? else {
                bail!(
                    "{key} is a file; for a key in a file, openssl makes the request as docs/operate.md says"
                );
            };
            print!("{}", request(&uri, node.as_deref(), signer, organization)?);
            Ok(())
        }
        Act::Roll { key: RolledKey::Ledger { config, to, yes } } => roll_ledger(&config, &to, yes),
        Act::Accept { change, register, overlap_days, yes } => {
            accept(&change, &register, overlap_days, yes, Clock::real().now())
        }
    }
}

fn make(place: &KeyPlace, kind: KeyKind) -> Result<()> {
    match (place, kind) {
        (KeyPlace::Token(uri), kind) => {
            let kind = match kind {
                KeyKind::Ed25519 => Kind::Ed25519,
                KeyKind::P256 => Kind::P256,
            };
            TokenKey::make(uri, kind)?;
        }
        (KeyPlace::File(file), KeyKind::Ed25519) => {
            ensure!(!file.exists(), "{} is there already; nothing was changed", file.display());
            LedgerKey::from_seed(Random::from_system()?.bytes()).save(file)?;
        }
        (KeyPlace::File(_), KeyKind::P256) => {
            bail!("a P-256 key in a file is made with openssl, as docs/operate.md says");
        }
    }
    eprintln!("lienthong: the key {place} is made");
    Ok(())
}

fn request(
    uri: &KeyUri,
    node: Option<&str>,
    signer: Option<String>,
    organization: Option<String>,
) -> Result<String> {
    let key: Arc<dyn P256Key> = Arc::new(TokenKey::open(uri, Kind::P256)?);
    Ok(match (node, signer) {
        (Some(id), _) => pki::request_node(&Holder::node(id)?, key)?,
        (None, Some(common_name)) => {
            let organization = organization.unwrap_or_default();
            pki::request_signer(&DocumentSigner { common_name, organization }, key)?
        }
        (None, None) => bail!("say for whom: --node or --signer"),
    })
}

fn roll_ledger(file: &Path, to: &str, yes: bool) -> Result<()> {
    let config = Config::read(file)?;
    let (id, random) = (config.agency.node_id(), Random::from_system()?);
    let [old] = &config.agency.ledger_key[..] else {
        bail!(
            "{} names two ledger keys already; end that roll first: name the new one alone",
            file.display()
        );
    };
    let mut new: KeyPlace = to.parse()?;
    new.start_from(file.parent().unwrap_or_else(|| Path::new(".")));
    ensure!(new != *old, "{new} is the ledger key already; name another one with --to");
    confirm(yes, &format!("Roll the ledger key of the node {id} from {old} to {new}?"))?;
    let ring = Keyring::default();
    let old_key = ring.existing_note_key(old).context("the ledger key can't be used")?;
    let old_signer = old_key.signer(&ledger_name(&id))?;
    if let KeyPlace::Token(uri) = &new
        && let Err(token::TokenError::Object { found: 0, .. }) = TokenKey::open(uri, Kind::Ed25519)
    {
        TokenKey::make(uri, Kind::Ed25519)?;
    }
    let new_signer = ring.note_key(&new, &random)?.signer(&ledger_name(&id))?;
    let change = KeyChange::sign(&old_signer, &new_signer)?;
    // What one of the keys does not verify would be of no use to anybody.
    KeyChange::open(&change)?;
    let change_file = config.agency.data.join(CHANGE_FILE);
    files::write_public(&change_file, &change)?;
    let (written, change_file, file) = (written(old, file), change_file.display(), file.display());
    eprintln!(
        "lienthong: the new ledger key of {id} is {}\n\
         Nothing has changed yet. To go on, in any order:\n\
         - in {file} write  ledger-key = [{written}, {to:?}]  and send the node SIGHUP: it signs with both keys\n\
         - send {change_file} to the centre, which runs: lienthong keys accept {CHANGE_FILE} --register REGISTER\n\
         When both are done and the centre's overlap is over, write  ledger-key = {to:?}  and send SIGHUP.\n\
         Until then the roll can be given up: write  ledger-key = {written}  again. Keep the old key until the end.",
        new_signer.verifier_key()
    );
    Ok(())
}

/// A place as the configuration writes it.
fn written(place: &KeyPlace, config: &Path) -> String {
    let text = match place {
        KeyPlace::File(path) => {
            let folder = config.parent().unwrap_or_else(|| Path::new("."));
            path.strip_prefix(folder).unwrap_or(path).display().to_string()
        }
        KeyPlace::Token(uri) => uri.to_string(),
    };
    format!("{text:?}")
}

fn accept(change: &Path, register: &Path, overlap_days: u16, yes: bool, now: Timestamp) -> Result<()> {
    let note =
        std::fs::read_to_string(change).with_context(|| format!("{} can't be read", change.display()))?;
    ensure!(note.len() <= CHANGE_LIMIT_BYTES, "{} is too long for the change of a key", change.display());
    let changed = KeyChange::open(&note).with_context(|| {
        format!("{} is not the change of a ledger's key, signed by both keys", change.display())
    })?;
    let text = std::fs::read_to_string(register)
        .with_context(|| format!("the register {} can't be read", register.display()))?;
    let mut directory: Directory = serde_json::from_str(&text)
        .with_context(|| format!("the register {} can't be understood", register.display()))?;
    let until = now + SignedDuration::from_hours(24 * i64::from(overlap_days));
    let node = listed(&mut directory, &changed)?;
    let id = node.id.clone();
    roll_entry(node, &changed, until);
    confirm(
        yes,
        &format!(
            "The node {id} wants {} in the place of {}, which is taken until {until}.\n\
             The old key has signed this; ask the agency by another way whether it has not been stolen. List the new key?",
            changed.new, changed.old
        ),
    )?;
    let text = serde_json::to_string_pretty(&directory.unsigned())? + "\n";
    files::write_public(register, &text)?;
    eprintln!(
        "lienthong: the register lists the new key of {id}; the centre signs it within a minute, or on SIGHUP"
    );
    Ok(())
}

/// The node whose key changes.
fn listed<'a>(directory: &'a mut Directory, changed: &KeyChange) -> Result<&'a mut NodeEntry> {
    let (old, new) = (changed.old.to_string(), changed.new.to_string());
    if directory.nodes.iter().any(|node| node.ledger == new) {
        bail!("the register lists {new} already; nothing was changed");
    }
    let node = directory.nodes.iter_mut().find(|node| node.ledger == old);
    node.with_context(|| format!("the register lists no node whose ledger key is {old}; nothing was changed"))
}

/// Lists the new key, and the old one until then.
fn roll_entry(node: &mut NodeEntry, changed: &KeyChange, until: Timestamp) {
    let key = std::mem::replace(&mut node.ledger, changed.new.to_string());
    node.earlier_keys.insert(0, EarlierKey { key, until, statement: String::new() });
}

/// Goes on only if somebody says so.
fn confirm(yes: bool, question: &str) -> Result<()> {
    if yes {
        return Ok(());
    }
    eprint!("{question} [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    ensure!(matches!(answer.trim(), "y" | "Y" | "yes" | "c" | "có"), "nothing was changed");
    Ok(())
}
