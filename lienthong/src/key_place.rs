//! Where a private key is: in a file, or in a token. A configuration may name either wherever it names a key.

use crate::keys;
use anyhow::{Context as _, Result, ensure};
use ledger::{CosignatureSigner, LedgerSigner, NoteSigner};
use pki::{DocumentIdentity, Holder, Identity, LedgerKey};
use serde::{Deserialize, Deserializer, de::Error as _};
use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};
use system::Random;
use token::{KeyUri, Kind, TokenKey};

/// A private key's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// A file, PEM.
    File(PathBuf),
    /// A token.
    Token(Box<KeyUri>),
}

impl FromStr for KeyPlace {
    type Err = token::UriError;

    fn from_str(text: &str) -> Result<Self, token::UriError> {
        match text.starts_with(token::SCHEME) {
            true => Ok(Self::Token(Box::new(text.parse()?))),
            false => Ok(Self::File(text.into())),
        }
    }
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Token(uri) => write!(f, "{uri}"),
        }
    }
}

impl<'de> Deserialize<'de> for KeyPlace {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

impl KeyPlace {
    /// Lets a relative path start from `folder`.
    pub fn start_from(&mut self, folder: &Path) {
        if let Self::File(file) = self {
            *file = folder.join(&*file);
        }
    }
}

/// One key; or while it is rolled the old one and the new one.
pub fn one_or_two<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<KeyPlace>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(String),
        Several(Vec<String>),
    }
    let written = match Written::deserialize(from)? {
        Written::One(one) => vec![one],
        Written::Several(several) => several,
    };
    if !(1..=2).contains(&written.len()) {
        return Err(D::Error::custom("ledger-key is one key, or while it is rolled [\"old\", \"new\"]"));
    }
    written.iter().map(|place| place.parse().map_err(D::Error::custom)).collect()
}

/// A key that signs notes.
pub enum NoteKey {
    /// In memory, from a file.
    Seed(LedgerKey),
    /// In a token.
    Token(TokenKey),
}

impl NoteKey {
    /// As the signer of this name.
    pub fn signer(self, name: &str) -> Result<NoteSigner> {
        Ok(match self {
            Self::Seed(key) => NoteSigner::new(name, key.seed())?,
            Self::Token(key) => NoteSigner::with_key(name, Arc::new(key))?,
        })
    }

    /// As the witness of this name.
    pub fn cosigner(self, name: &str) -> Result<CosignatureSigner> {
        Ok(match self {
            Self::Seed(key) => CosignatureSigner::new(name, key.seed())?,
            Self::Token(key) => CosignatureSigner::with_key(name, Arc::new(key))?,
        })
    }
}

/// Opens keys, and knows those that are in tokens.
#[derive(Default)]
pub struct Keyring {
    tokens: Mutex<Vec<TokenKey>>,
}

impl Keyring {
    /// A key that signs notes. In a file it is made when it is not there; in a token it must be.
    pub fn note_key(&self, place: &KeyPlace, random: &Random) -> Result<NoteKey> {
        match place {
            KeyPlace::File(file) => Ok(NoteKey::Seed(keys::signing_key(file, random)?)),
            KeyPlace::Token(uri) => Ok(NoteKey::Token(self.open(uri, Kind::Ed25519)?)),
        }
    }

    /// A key that signs notes and must be there.
    pub fn existing_note_key(&self, place: &KeyPlace) -> Result<NoteKey> {
        match place {
            KeyPlace::File(file) => Ok(NoteKey::Seed(LedgerKey::load(file)?)),
            KeyPlace::Token(uri) => Ok(NoteKey::Token(self.open(uri, Kind::Ed25519)?)),
        }
    }

    /// What signs the ledger of this name, with one key or two.
    pub fn ledger_signer(&self, name: &str, places: &[KeyPlace], random: &Random) -> Result<LedgerSigner> {
        let signer = |place: &KeyPlace| self.note_key(place, random)?.signer(name);
        match places {
            [old, new] => Ok(LedgerSigner::rolling(signer(old)?, signer(new)?)?),
            [one, ..] => Ok(signer(one)?.into()),
            [] => anyhow::bail!("ledger-key names no key"),
        }
    }

    /// The certificate that the operator of the node `id` has brought, with its key: in the same file, another, or a token.
    pub fn node_identity(&self, certificate: &Path, key: Option<&KeyPlace>, id: &str) -> Result<Identity> {
        let load = || match key {
            None => Ok(Identity::load(certificate)?),
            Some(KeyPlace::File(file)) => Ok(Identity::load_pair(certificate, file)?),
            Some(KeyPlace::Token(uri)) => {
                anyhow::Ok(Identity::load_chain(certificate, Arc::new(self.open(uri, Kind::P256)?))?)
            }
        };
        let identity =
            load().with_context(|| format!("the certificate {} can't be used", certificate.display()))?;
        ensure!(
            *identity.holder() == Holder::node(id)?,
            "the certificate {} is that of the {}, not of the node {id}; have one issued for this node",
            certificate.display(),
            identity.holder()
        );
        Ok(identity)
    }

    /// What seals an agency's documents, with its key in the same file, another, or a token.
    pub fn documents(&self, chain: &Path, key: Option<&KeyPlace>) -> Result<DocumentIdentity> {
        let load = || match key {
            None => Ok(DocumentIdentity::load(chain)?),
            Some(KeyPlace::File(file)) => Ok(DocumentIdentity::load_pair(chain, file)?),
            Some(KeyPlace::Token(uri)) => {
                anyhow::Ok(DocumentIdentity::load_chain(chain, Arc::new(self.open(uri, Kind::P256)?))?)
            }
        };
        load().with_context(|| format!("the signing certificate {} can't be used", chain.display()))
    }

    /// There are keys in tokens.
    pub fn has_tokens(&self) -> bool {
        !self.tokens().is_empty()
    }

    /// Looks at every key in a token; what is wrong with them. Blocks.
    pub fn faults(&self) -> Vec<String> {
        let keys = self.tokens().clone();
        let faults = keys.iter().filter_map(|key| Some((key.uri(), key.probe().err()?)));
        faults.map(|(uri, error)| format!("{}: {error}", uri.object)).collect()
    }

    fn open(&self, uri: &KeyUri, kind: Kind) -> Result<TokenKey> {
        let mut tokens = self.tokens();
        if let Some(known) = tokens.iter().find(|known| known.uri() == uri && known.kind() == kind) {
            return Ok(known.clone());
        }
        let key = TokenKey::open(uri, kind)?;
        tokens.push(key.clone());
        Ok(key)
    }

    fn tokens(&self) -> std::sync::MutexGuard<'_, Vec<TokenKey>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
