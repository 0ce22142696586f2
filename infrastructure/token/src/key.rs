//! A private key in a token.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};
use cryptoki::context::Pkcs11;
use cryptoki::error::{Error as Failure, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use crate::module::Module;
use crate::{KeyUri, TokenError};

/// DER of the OID of Ed25519, 1.3.101.112, and its name as PKCS #11 v3.0 has it besides.
const ED25519_OID: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
const ED25519_NAME: &[u8] = b"\x13\x0cedwards25519";
/// DER of the OID of P-256, 1.2.840.10045.3.1.7.
const P256_OID: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// Bytes of the public key of Ed25519, and of an uncompressed point of P-256.
const ED25519_PUBLIC_BYTES: usize = 32;
const P256_POINT_BYTES: usize = 65;
/// A signature is tried with the session at hand, with a new one, and with the library started anew.
const TRIES: usize = 3;

/// The kinds of key that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Signs checkpoints, cosignatures and the directory.
    Ed25519,
    /// ECDSA with SHA-256: signs documents, and in TLS.
    P256,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "an Ed25519 key",
            Self::P256 => "an ECDSA key on P-256",
        }
    }

    fn parameters(self) -> &'static [u8] {
        match self {
            Self::Ed25519 => ED25519_OID,
            Self::P256 => P256_OID,
        }
    }

    fn of_parameters(parameters: &[u8]) -> Option<Self> {
        match parameters {
            ED25519_OID | ED25519_NAME => Some(Self::Ed25519),
            P256_OID => Some(Self::P256),
            _ => None,
        }
    }

    fn public_bytes(self) -> usize {
        match self {
            Self::Ed25519 => ED25519_PUBLIC_BYTES,
            Self::P256 => P256_POINT_BYTES,
        }
    }
}

/// A private key in a token. Clones are the same key.
#[derive(Clone)]
pub struct TokenKey(Arc<Inner>);

struct Inner {
    uri: KeyUri,
    kind: Kind,
    public: Vec<u8>,
    module: Arc<Module>,
    opened: Mutex<Option<Opened>>,
    fault: Mutex<Option<String>>,
}

/// A session with the token, and the key in it. Both are those of one start of the library.
struct Opened {
    generation: u64,
    session: Session,
    key: ObjectHandle,
}

impl TokenKey {
    /// The key that is there.
    ///
    /// # Errors
    /// When library, token, PIN or key can't be used, or the key is of another kind.
    pub fn open(uri: &KeyUri, kind: Kind) -> Result<Self, TokenError> {
        let module = Module::of(&uri.module)?;
        let open = || {
            module.with(|context, generation| {
                let session = log_in(&module, context, uri, false)?;
                let public = public_key(&session, uri, kind)?;
                let key = find(&session, uri, ObjectClass::PRIVATE_KEY, "private")?;
                Ok((public, Opened { generation, session, key }))
            })
        };
        // A token that came after the library was started is seen only by a new start.
        let (public, opened) = match open() {
            Err(TokenError::Token { found: 0, .. } | TokenError::Stopped { .. }) => {
                module.restart(module.generation())?;
                open()?
            }
            opened => opened?,
        };
        Ok(Self(Arc::new(Inner {
            uri: uri.clone(),
            kind,
            public,
            module,
            opened: Mutex::new(Some(opened)),
            fault: Mutex::default(),
        })))
    }

    /// Makes the key in its token, which it never leaves.
    ///
    /// # Errors
    /// When it is there already, or library, token or PIN can't be used.
    pub fn make(uri: &KeyUri, kind: Kind) -> Result<Self, TokenError> {
        let module = Module::of(&uri.module)?;
        module.with(|context, _| {
            let session = log_in(&module, context, uri, true)?;
            let refused = refused(uri, "make a key");
            let label = Attribute::Label(uri.object.clone().into_bytes());
            if !session.find_objects(std::slice::from_ref(&label)).map_err(&refused)?.is_empty() {
                return Err(TokenError::Exists { token: uri.token.clone(), object: uri.object.clone() });
            }
            let id = Attribute::Id(uri.id.clone().unwrap_or_else(|| uri.object.clone().into_bytes()));
            let mechanism = match kind {
                Kind::Ed25519 => Mechanism::EccEdwardsKeyPairGen,
                Kind::P256 => Mechanism::EccKeyPairGen,
            };
            let public = [
                Attribute::Token(true),
                Attribute::Private(false),
                Attribute::Verify(true),
                Attribute::EcParams(kind.parameters().to_vec()),
                label.clone(),
                id.clone(),
            ];
            let private = [
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Sign(true),
                label,
                id,
            ];
            session.generate_key_pair(&mechanism, &public, &private).map_err(&refused)?;
            Ok(())
        })?;
        Self::open(uri, kind)
    }

    /// Where it is.
    #[must_use]
    pub fn uri(&self) -> &KeyUri {
        &self.0.uri
    }

    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Its public key: 32 bytes for Ed25519, the uncompressed point for P-256.
    #[must_use]
    pub fn public_bytes(&self) -> &[u8] {
        &self.0.public
    }

    /// Looks whether the token has the key, without using it.
    ///
    /// # Errors
    /// When it has not, or can't be reached.
    pub fn probe(&self) -> Result<(), TokenError> {
        self.act("show its key", |session, key| {
            session.get_attributes(key, &[AttributeType::KeyType]).map(|_| ())
        })
    }

    /// Signs, and verifies the signature before it is given out: 64 bytes, for P-256 r and s. An Ed25519 key signs a message,
    /// a P-256 key the SHA-256 digest of one.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        let signature = match self.0.kind {
            Kind::Ed25519 => self.act("sign", |session, key| {
                let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
                session.sign(&mechanism, key, message)
            }),
            Kind::P256 => self.act("sign", |session, key| session.sign(&Mechanism::Ecdsa, key, message)),
        }?;
        let verified = match self.0.kind {
            Kind::Ed25519 => UnparsedPublicKey::new(&ED25519, &self.0.public).verify(message, &signature),
            Kind::P256 => Digest::import_less_safe(message, &SHA256).and_then(|digest| {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.0.public)
                    .verify_digest(&digest, &signature)
            }),
        };
        match verified {
            Ok(()) => Ok(signature),
            Err(_) => {
                let KeyUri { token, object, .. } = self.0.uri.clone();
                let error = TokenError::WrongSignature { token, object };
                self.note(Some(&error));
                Err(error)
            }
        }
    }

    /// Does something with the key: in the session that is open, in a new one, after a new start of the library.
    fn act<T>(
        &self,
        action: &'static str,
        act: impl Fn(&Session, ObjectHandle) -> Result<T, Failure>,
    ) -> Result<T, TokenError> {
        let Inner { uri, module, opened, .. } = &*self.0;
        let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tried = 0;
        loop {
            tried += 1;
            let generation = module.generation();
            let done = module.with(|context, generation| {
                let known = opened.take().filter(|opened| opened.generation == generation);
                let ready = match known {
                    Some(opened) => opened,
                    None => {
                        let session = log_in(module, context, uri, false)?;
                        let key = find(&session, uri, ObjectClass::PRIVATE_KEY, "private")?;
                        Opened { generation, session, key }
                    }
                };
                let done = act(&ready.session, ready.key).map_err(refused(uri, action))?;
                *opened = Some(ready);
                Ok(done)
            });
            let restarted = match &done {
                Err(_) if tried + 1 == TRIES => module.restart(generation),
                _ => Ok(()),
            };
            match done.and_then(|done| restarted.map(|()| done)) {
                Err(error) if tried < TRIES => tracing::debug!(%error, "a token is tried again"),
                done => {
                    self.note(done.as_ref().err());
                    return done;
                }
            }
        }
    }

    /// Keeps how it is, and says so where that changes.
    fn note(&self, error: Option<&TokenError>) {
        let fault = error.map(TokenError::to_string);
        let mut known = self.0.fault.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*known, &fault) {
            (None, Some(fault)) => {
                tracing::error!(
                    component = self.0.uri.object,
                    error = fault,
                    "a key in a token can't be used"
                )
            }
            (Some(_), None) => {
                tracing::warn!(component = self.0.uri.object, "a key in a token can be used again")
            }
            _ => {}
        }
        *known = fault;
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({})", self.0.uri)
    }
}

impl ledger::Ed25519Key for TokenKey {
    fn public_key(&self) -> [u8; 32] {
        self.0.public.as_slice().try_into().expect("the key was opened as one of Ed25519")
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], String> {
        let signature = TokenKey::sign(self, message).map_err(|error| error.to_string())?;
        Ok(signature.try_into().expect("what verifies with Ed25519 has 64 bytes"))
    }
}

impl pki::P256Key for TokenKey {
    fn public_point(&self) -> &[u8] {
        &self.0.public
    }

    fn sign_digest(&self, sha256: &[u8; 32]) -> Result<[u8; 64], String> {
        let signature = self.sign(sha256).map_err(|error| error.to_string())?;
        Ok(signature.try_into().expect("what verifies with P-256 has 64 bytes"))
    }
}

fn refused(uri: &KeyUri, action: &'static str) -> impl Fn(Failure) -> TokenError {
    let token = uri.token.clone();
    move |failure| TokenError::Refused { token: token.clone(), action, fault: failure.to_string() }
}

/// A session with the token, logged in.
fn log_in(module: &Module, context: &Pkcs11, uri: &KeyUri, writes: bool) -> Result<Session, TokenError> {
    let slot = slot(context, uri)?;
    let opened = if writes { context.open_rw_session(slot) } else { context.open_ro_session_no_drop(slot) };
    let session = opened.map_err(refused(uri, "open a session"))?;
    let Some(file) = &uri.pin else {
        return accepted(session.login(UserType::User, None))
            .map(|()| session)
            .map_err(refused(uri, "let in"));
    };
    let pin = pki::files::read_private(file)
        .map_err(|source| TokenError::Pin { token: uri.token.clone(), source })?;
    let pin = pin.trim_end_matches(['\r', '\n']);
    let wrong = || TokenError::WrongPin { token: uri.token.clone(), file: file.clone() };
    if module.has_refused(&uri.token, pin) {
        return Err(wrong());
    }
    match accepted(session.login(UserType::User, Some(&AuthPin::from(pin.to_owned())))) {
        Ok(()) => Ok(session),
        Err(Failure::Pkcs11(RvError::PinIncorrect | RvError::PinLenRange, _)) => {
            module.note_refused(&uri.token, pin);
            Err(wrong())
        }
        Err(failure) => Err(refused(uri, "take the PIN")(failure)),
    }
}

/// All sessions with a token are logged in together, so another key may have done it.
fn accepted(login: Result<(), Failure>) -> Result<(), Failure> {
    match login {
        Err(Failure::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        login => login,
    }
}

fn slot(context: &Pkcs11, uri: &KeyUri) -> Result<Slot, TokenError> {
    let refused = refused(uri, "show itself");
    let mut found = Vec::new();
    for slot in context.get_slots_with_token().map_err(&refused)? {
        // A token that is just being taken out is none.
        let Ok(info) = context.get_token_info(slot) else { continue };
        let is_it = info.label().trim_end() == uri.token
            && uri.serial.as_ref().is_none_or(|serial| info.serial_number().trim_end() == serial);
        if is_it {
            found.push(slot);
        }
    }
    match found[..] {
        [slot] => Ok(slot),
        _ => Err(TokenError::Token { token: uri.token.clone(), found: found.len() }),
    }
}

/// The one object of this class that the URI names.
fn find(
    session: &Session,
    uri: &KeyUri,
    class: ObjectClass,
    name: &'static str,
) -> Result<ObjectHandle, TokenError> {
    let mut template = vec![Attribute::Class(class), Attribute::Label(uri.object.clone().into_bytes())];
    template.extend(uri.id.clone().map(Attribute::Id));
    let found = session.find_objects(&template).map_err(refused(uri, "look for its key"))?;
    match found[..] {
        [object] => Ok(object),
        _ => Err(TokenError::Object {
            token: uri.token.clone(),
            object: uri.object.clone(),
            class: name,
            found: found.len(),
        }),
    }
}

/// The public key, which must be of this kind.
fn public_key(session: &Session, uri: &KeyUri, kind: Kind) -> Result<Vec<u8>, TokenError> {
    let object = find(session, uri, ObjectClass::PUBLIC_KEY, "public")?;
    let asked = [AttributeType::KeyType, AttributeType::EcParams, AttributeType::EcPoint];
    let told = session.get_attributes(object, &asked).map_err(refused(uri, "show its public key"))?;
    let (mut key_type, mut parameters, mut point) = (None, Vec::new(), Vec::new());
    for attribute in told {
        match attribute {
            Attribute::KeyType(told) => key_type = Some(told),
            Attribute::EcParams(told) => parameters = told,
            Attribute::EcPoint(told) => point = told,
            _ => {}
        }
    }
    let found = Kind::of_parameters(&parameters);
    // The point stands in an OCTET STRING, which some tokens leave out.
    let length = kind.public_bytes();
    let wrapped = point.strip_prefix(&[0x04, length as u8]).filter(|point| point.len() == length);
    let bytes = wrapped.unwrap_or(&point);
    if found != Some(kind) || bytes.len() != length {
        let found = match (found, key_type) {
            (Some(found), _) => found.name().to_owned(),
            (None, Some(key_type)) => format!("of another kind ({key_type})"),
            (None, None) => "of another kind".to_owned(),
        };
        let KeyUri { token, object, .. } = uri.clone();
        return Err(TokenError::Kind { token, object, found, needed: kind.name() });
    }
    Ok(bytes.to_vec())
}
