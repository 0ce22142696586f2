//! An authenticator and a client's key in software, for the tests.

use crate::{
    Identity, OutgoingCalls,
    jose::{self, SigningKey},
    model::{
        Account, Contact, ContactKind, Factors, Grant, GrantContent, Method, PasswordHash, Ticket, TicketKind,
    },
    records,
    secret::Secret,
    webauthn::RelyingParty,
};
use aws_lc_rs::{
    digest,
    encoding::AsBigEndian as _,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::identity::{Level, SigningAlgorithm};
use jiff::{SignedDuration, civil::date};
use serde_json::{Value, json};
use store::{Batch, StoreError};

enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

/// An authenticator with one key.
pub struct Authenticator {
    key: Key,
    /// Its credential id.
    pub credential: Vec<u8>,
    /// What it says of its user: present and verified.
    pub flags: u8,
    /// It counts its signatures.
    pub counts: bool,
    counter: u32,
}

impl Authenticator {
    /// One that signs with ES256.
    pub fn es256() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key is made");
        Self::with(Key::Es256(key))
    }

    /// One that signs with EdDSA.
    pub fn eddsa() -> Self {
        Self::with(Key::EdDsa(Ed25519KeyPair::generate().expect("a key is made")))
    }

    fn with(key: Key) -> Self {
        let public = match &key {
            Key::Es256(pair) => pair.public_key().as_ref().to_vec(),
            Key::EdDsa(pair) => pair.public_key().as_ref().to_vec(),
        };
        let credential = digest::digest(&digest::SHA256, &public).as_ref()[..16].to_vec();
        Self { key, credential, flags: 0x05, counts: true, counter: 0 }
    }

    /// The public key as COSE_Key.
    pub fn public_key(&self) -> Vec<u8> {
        self.cose()
    }

    fn cose(&self) -> Vec<u8> {
        match &self.key {
            Key::Es256(pair) => {
                let point = pair.public_key().as_ref();
                [
                    &[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20][..],
                    &point[1..33],
                    &[0x22, 0x58, 0x20],
                    &point[33..],
                ]
                .concat()
            }
            Key::EdDsa(pair) => [
                &[0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20][..],
                pair.public_key().as_ref(),
            ]
            .concat(),
        }
    }

    fn head(&self, party: &RelyingParty, flags: u8) -> Vec<u8> {
        let hash = digest::digest(&digest::SHA256, party.id.as_bytes());
        [hash.as_ref(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    /// Makes the credential: client data and attestation object.
    pub fn register(&mut self, party: &RelyingParty, challenge: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let length = u16::try_from(self.credential.len()).expect("it is short").to_be_bytes();
        let data =
            [&self.head(party, self.flags | 0x40)[..], &[0; 16], &length, &self.credential, &self.cose()]
                .concat();
        let length = u16::try_from(data.len()).expect("it is short").to_be_bytes();
        let size: Vec<u8> = match data.len() {
            0..=255 => vec![0x58, length[1]],
            _ => vec![0x59, length[0], length[1]],
        };
        let object = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData".as_slice(), &size, &data].concat();
        (client_data(party, "webauthn.create", challenge), object)
    }

    /// Signs in: client data, authenticator data and signature.
    pub fn sign(&mut self, party: &RelyingParty, challenge: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        if self.counts {
            self.counter += 1;
        }
        let client = client_data(party, "webauthn.get", challenge);
        let data = self.head(party, self.flags);
        let signed = [&data, digest::digest(&digest::SHA256, &client).as_ref()].concat();
        let signature = match &self.key {
            Key::Es256(pair) => pair.sign(&SystemRandom::new(), &signed).expect("it signs").as_ref().to_vec(),
            Key::EdDsa(pair) => pair.sign(&signed).as_ref().to_vec(),
        };
        (client, data, signature)
    }
}

fn client_data(party: &RelyingParty, kind: &str, challenge: &[u8]) -> Vec<u8> {
    let challenge = URL_SAFE_NO_PAD.encode(challenge);
    format!(
        "{{\"type\":\"{kind}\",\"challenge\":\"{challenge}\",\"origin\":\"{}\",\"crossOrigin\":false}}",
        party.origin
    )
    .into_bytes()
}

/// Has a system believe, when it calls clients over HTTPS, the authorities in this PEM text and no others.
pub fn trusting(mut system: Identity, authorities: &str) -> Identity {
    system.outgoing = OutgoingCalls::trusting(authorities.as_bytes());
    system
}

/// Holds up the checks of passwords until what is given back is dropped.
pub async fn hold_password_checks(system: &Identity) -> impl Drop + use<> {
    system.hashing.hold().await
}

/// Opens an account that has granted a client access for when nobody is there, so many times: the refresh tokens.
///
/// # Errors
/// When the store fails, or the account is there already.
pub async fn refresh_tokens(
    system: &Identity,
    client: &str,
    count: usize,
) -> Result<Vec<String>, StoreError> {
    let (now, random) = (system.room.clock.now(), &system.room.random);
    let expires_at = now.checked_add(SignedDuration::from_hours(24)).unwrap_or(now);
    let account = Account {
        id: random.id(now),
        person: "001190000001".parse().expect("it is a personal number"),
        name: "Nguyễn Thị Minh An".into(),
        birth_date: date(1990, 2, 1),
        level: Level::One,
        contact: Contact { kind: ContactKind::Phone, address: "+84912345678".into() },
        factors: Factors { totp: false },
    };
    let nobodys = PasswordHash { memory_kib: 8, passes: 1, salt: [0; 16], tag: [0; 32] };
    let mut batch = Batch::new();
    records::open_account(&mut batch, &account, &nobodys, [0; 32], now);
    let mut tokens = Vec::new();
    for _ in 0..count {
        let content = GrantContent {
            fields: vec![],
            offline: true,
            redirect_uri: String::new(),
            challenge: String::new(),
            nonce: None,
            level: Level::One,
            methods: vec![Method::Password],
            proven_at: now,
            acts_for: None,
        };
        let (id, session) = (random.id(now), random.id(now));
        let client = client.to_owned();
        let grant = Grant { id, account: account.id, client, session, content, opened_at: now, expires_at };
        records::open_grant(&mut batch, &grant);
        let secret = Secret::dated(random, now);
        let ticket = Ticket { kind: TicketKind::Refresh, grant: id, issued_at: now, expires_at, used: false };
        records::issue_ticket(&mut batch, &secret, &ticket);
        tokens.push(secret.text());
    }
    system.room.store.write(batch).await?;
    Ok(tokens)
}

/// The key of a client.
pub struct ClientKey {
    key: SigningKey,
    pkcs8: Vec<u8>,
}

impl ClientKey {
    /// A new one.
    pub fn new(algorithm: SigningAlgorithm) -> Self {
        let pkcs8 = SigningKey::generate(algorithm, &[42; 32]).expect("a key is made");
        let key = SigningKey::from_pkcs8(algorithm, "client-key", &pkcs8).expect("the key is read back");
        Self { key, pkcs8 }
    }

    /// Both halves of an ES256 key, for a client in another process.
    pub fn private_jwk(&self) -> Value {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.pkcs8);
        let private = pair.expect("the key is of ES256").private_key().as_be_bytes().expect("it is exported");
        let mut jwk = self.key.jwk();
        jwk["d"] = URL_SAFE_NO_PAD.encode(private.as_ref()).into();
        jwk
    }

    /// The set with its public half.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.key.jwk()] })
    }

    /// Signs claims.
    pub fn sign(&self, kind: &str, claims: &Value) -> String {
        self.key.sign(kind, claims).expect("it signs")
    }
}

/// The claims of a token of one of these types that a key of the set signed.
pub fn verified(token: &str, kinds: &[&str], jwks: &Value) -> Option<Value> {
    jose::verify(token, kinds, &jose::keys_of(jwks).ok()?).ok()
}
