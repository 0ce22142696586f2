//! Signed tokens (RFC 7515, 7517, 7519, 8037), in the compact form, with ES256 and EdDSA and nothing else. The key decides
//! the algorithm; what a token says of it must agree.

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair,
        KeyPair as _, ParsedPublicKey,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::identity::SigningAlgorithm;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

/// Longest token, in bytes.
pub const TOKEN_LIMIT_BYTES: usize = 8 * 1024;
/// The most keys of one client.
const KEYS_MAXIMUM: usize = 10;

/// Bytes of the name of a key that is named after its public half.
const NAME_BYTES: usize = 12;

/// Why a token or a key is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JoseError {
    /// Not of the form of the standards.
    #[error("the token is not a signed token in the compact form")]
    Form,
    /// Another algorithm than the key's, or one that is not offered.
    #[error("the algorithm of the token is not that of a key of its issuer; sign with ES256 or EdDSA")]
    Algorithm,
    /// No key signed it.
    #[error("the signature of the token is wrong")]
    Signature,
    /// It is a token of another kind.
    #[error("the token is of another type")]
    Type,
    /// The key set is not one.
    #[error("the keys are not a set of public ES256 or EdDSA keys (RFC 7517), at most {KEYS_MAXIMUM}")]
    Keys,
}

/// The name of an algorithm in tokens.
pub fn name(algorithm: SigningAlgorithm) -> &'static str {
    match algorithm {
        SigningAlgorithm::Es256 => "ES256",
        SigningAlgorithm::EdDsa => "EdDSA",
    }
}

enum Pair {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

/// A key that signs.
pub struct SigningKey {
    kid: String,
    pair: Pair,
}

impl SigningKey {
    /// A new key, as PKCS #8. `seed` makes an Ed25519 key; one of P-256 is made by the library, which takes no seed.
    pub fn generate(algorithm: SigningAlgorithm, seed: &[u8; 32]) -> Option<Vec<u8>> {
        match algorithm {
            SigningAlgorithm::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
                Some(pair.to_pkcs8v1().ok()?.as_ref().to_vec())
            }
            SigningAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
                Some(pair.to_pkcs8().ok()?.as_ref().to_vec())
            }
        }
    }

    /// A key from PKCS #8.
    pub fn from_pkcs8(algorithm: SigningAlgorithm, kid: &str, pkcs8: &[u8]) -> Option<Self> {
        let pair = match algorithm {
            SigningAlgorithm::Es256 => {
                Pair::Es256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok()?)
            }
            SigningAlgorithm::EdDsa => Pair::EdDsa(Ed25519KeyPair::from_pkcs8(pkcs8).ok()?),
        };
        Some(Self { kid: kid.to_owned(), pair })
    }

    /// The Ed25519 key of a seed. It is named after its public half. `None` only when the library fails.
    pub fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let name = digest::digest(&digest::SHA256, pair.public_key().as_ref());
        Some(Self { kid: URL_SAFE_NO_PAD.encode(&name.as_ref()[..NAME_BYTES]), pair: Pair::EdDsa(pair) })
    }

    /// What it signs with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        match self.pair {
            Pair::Es256(_) => SigningAlgorithm::Es256,
            Pair::EdDsa(_) => SigningAlgorithm::EdDsa,
        }
    }

    /// Its public half, as JSON Web Key.
    pub fn jwk(&self) -> Value {
        let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.pair {
            Pair::Es256(pair) => {
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..]) })
            }
            Pair::EdDsa(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key().as_ref()) })
            }
        };
        jwk["use"] = "sig".into();
        jwk["alg"] = name(self.algorithm()).into();
        jwk["kid"] = self.kid.as_str().into();
        jwk
    }

    /// The key that verifies what this one signs. `None` only when the library fails.
    pub fn verifying(&self) -> Option<VerifyingKey> {
        let bytes = match &self.pair {
            Pair::Es256(pair) => pair.public_key().as_ref(),
            Pair::EdDsa(pair) => pair.public_key().as_ref(),
        };
        VerifyingKey::new(Some(self.kid.clone()), self.algorithm(), bytes)
    }

    /// Signs claims as a token of the type `kind`. `None` only when the library fails.
    pub fn sign(&self, kind: &str, claims: &Value) -> Option<String> {
        let head = json!({ "alg": name(self.algorithm()), "typ": kind, "kid": self.kid });
        let head = URL_SAFE_NO_PAD.encode(head.to_string());
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = match &self.pair {
            Pair::Es256(pair) => pair.sign(&SystemRandom::new(), signed.as_bytes()).ok()?.as_ref().to_vec(),
            Pair::EdDsa(pair) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// A key that verifies, read into the form the library computes with.
#[derive(Debug, Clone)]
pub struct VerifyingKey {
    kid: Option<String>,
    algorithm: SigningAlgorithm,
    key: ParsedPublicKey,
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        (&self.kid, self.algorithm, self.key.as_ref()) == (&other.kid, other.algorithm, other.key.as_ref())
    }
}

impl VerifyingKey {
    /// `None` where the bytes are no key, for instance no point of the curve.
    fn new(kid: Option<String>, algorithm: SigningAlgorithm, bytes: &[u8]) -> Option<Self> {
        let key = match algorithm {
            SigningAlgorithm::Es256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes),
            SigningAlgorithm::EdDsa => ParsedPublicKey::new(&ED25519, bytes),
        };
        Some(Self { kid, algorithm, key: key.ok()? })
    }
}

/// The key set of one Ed25519 key, from its public half in base64url. What it says is checked by [`keys_of`].
pub fn set_of_ed25519(public: &str) -> Value {
    json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": public, "use": "sig", "alg": "EdDSA" }] })
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    y: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    d: Option<String>,
}

/// The keys of a JSON Web Key Set. A set with a private key in it is refused: it is no secret any more.
///
/// # Errors
/// [`JoseError::Keys`].
pub fn keys_of(set: &Value) -> Result<Vec<VerifyingKey>, JoseError> {
    let keys = set.get("keys").and_then(Value::as_array).ok_or(JoseError::Keys)?;
    if keys.is_empty() || keys.len() > KEYS_MAXIMUM {
        return Err(JoseError::Keys);
    }
    keys.iter().map(|key| Jwk::deserialize(key).ok().and_then(verifying).ok_or(JoseError::Keys)).collect()
}

fn verifying(jwk: Jwk) -> Option<VerifyingKey> {
    let coordinate = |text: &str| URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 32);
    let (algorithm, bytes) = match (jwk.kty.as_str(), jwk.crv.as_str()) {
        ("EC", "P-256") => {
            let point = [&[4][..], &coordinate(&jwk.x)?, &coordinate(jwk.y.as_deref()?)?].concat();
            (SigningAlgorithm::Es256, point)
        }
        ("OKP", "Ed25519") => (SigningAlgorithm::EdDsa, coordinate(&jwk.x)?),
        _ => return None,
    };
    let is_for_signatures = jwk.purpose.is_none_or(|purpose| purpose == "sig");
    // RFC 9864 gives EdDSA on Ed25519 the name of its curve.
    let is_its_algorithm = jwk.alg.is_none_or(|alg| {
        alg == name(algorithm) || (algorithm == SigningAlgorithm::EdDsa && alg == "Ed25519")
    });
    if !is_for_signatures || !is_its_algorithm || jwk.d.is_some() {
        return None;
    }
    VerifyingKey::new(jwk.kid, algorithm, &bytes)
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

/// The claims of a token that one of the keys signed. `kinds` are the types it may have; an empty one stands for none.
///
/// # Errors
/// [`JoseError`].
pub fn verify(token: &str, kinds: &[&str], keys: &[VerifyingKey]) -> Result<Value, JoseError> {
    if token.len() > TOKEN_LIMIT_BYTES {
        return Err(JoseError::Form);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(JoseError::Form)?;
    let (head, claims) = signed.split_once('.').ok_or(JoseError::Form)?;
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| JoseError::Form);
    let head: Head = serde_json::from_slice(&decoded(head)?).map_err(|_| JoseError::Form)?;
    let signature = decoded(signature)?;
    if head.crit.is_some() {
        return Err(JoseError::Form);
    }
    let kind = head.typ.as_deref().unwrap_or_default();
    if !kinds.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return Err(JoseError::Type);
    }
    let is_named = |key: &&VerifyingKey| head.kid.is_none() || key.kid.is_none() || key.kid == head.kid;
    let is_algorithm = |key: &VerifyingKey| {
        head.alg == name(key.algorithm) || (key.algorithm == SigningAlgorithm::EdDsa && head.alg == "Ed25519")
    };
    let named: Vec<&VerifyingKey> = keys.iter().filter(is_named).collect();
    if !named.iter().any(|key| is_algorithm(key)) {
        return Err(JoseError::Algorithm);
    }
    let is_signer =
        |key: &&VerifyingKey| is_algorithm(key) && key.key.verify_sig(signed.as_bytes(), &signature).is_ok();
    if !named.into_iter().any(|key| is_signer(&key)) {
        return Err(JoseError::Signature);
    }
    let claims: Value = serde_json::from_slice(&decoded(claims)?).map_err(|_| JoseError::Form)?;
    if claims.is_object() { Ok(claims) } else { Err(JoseError::Form) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::hmac;
    use proptest::prelude::*;

    const ALGORITHMS: [SigningAlgorithm; 2] = [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa];

    fn key(algorithm: SigningAlgorithm, kid: &str) -> SigningKey {
        let pkcs8 = SigningKey::generate(algorithm, &[7; 32]).unwrap();
        SigningKey::from_pkcs8(algorithm, kid, &pkcs8).unwrap()
    }

    fn with_head(token: &str, head: Value) -> String {
        let rest = token.split_once('.').unwrap().1;
        format!("{}.{rest}", URL_SAFE_NO_PAD.encode(head.to_string()))
    }

    #[test]
    fn what_was_signed_is_read_with_the_published_key() {
        for algorithm in ALGORITHMS {
            let signer = key(algorithm, "k1");
            let claims = json!({ "sub": "an" });
            let token = signer.sign("at+jwt", &claims).unwrap();
            let keys = keys_of(&json!({ "keys": [signer.jwk()] })).unwrap();
            assert_eq!(keys, [signer.verifying().unwrap()]);
            assert_eq!(verify(&token, &["at+jwt"], &keys), Ok(claims));
            assert_eq!(verify(&token, &["jwt", ""], &keys), Err(JoseError::Type));
            let others =
                [key(ALGORITHMS[0], "k1"), key(ALGORITHMS[1], "k2")].map(|key| key.verifying().unwrap());
            assert!(verify(&token, &["at+jwt"], &others[..1]).is_err());
        }
    }

    #[test]
    fn algorithms_are_not_confused() {
        let signer = key(SigningAlgorithm::Es256, "k1");
        let keys = [signer.verifying().unwrap()];
        let token = signer.sign("jwt", &json!({})).unwrap();
        for alg in ["none", "None", "HS256", "EdDSA", "ES384", "RS256", ""] {
            let forged = with_head(&token, json!({ "alg": alg, "typ": "jwt", "kid": "k1" }));
            assert_eq!(verify(&forged, &["jwt"], &keys), Err(JoseError::Algorithm), "{alg}");
        }
        // The public key taken for a shared secret.
        let head = URL_SAFE_NO_PAD.encode(json!({ "alg": "HS256", "typ": "jwt" }).to_string());
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode("{}"));
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, keys[0].key.as_ref()), signed.as_bytes());
        let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac));
        assert_eq!(verify(&forged, &["jwt"], &keys), Err(JoseError::Algorithm));
        let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
        assert_eq!(verify(&unsigned, &["jwt"], &keys), Err(JoseError::Signature));
        let critical =
            with_head(&token, json!({ "alg": "ES256", "typ": "jwt", "crit": ["b64"], "b64": false }));
        assert_eq!(verify(&critical, &["jwt"], &keys), Err(JoseError::Form));
    }

    #[test]
    fn key_sets_are_public_and_few() {
        let good = key(SigningAlgorithm::EdDsa, "k").jwk();
        let change = |name: &str, value: Value| {
            let mut jwk = good.clone();
            jwk[name] = value;
            json!({ "keys": [jwk] })
        };
        assert!(keys_of(&json!({ "keys": [good.clone()] })).is_ok());
        for wrong in [
            json!({}),
            json!({ "keys": [] }),
            json!({ "keys": vec![good.clone(); 11] }),
            change("d", "AAAA".into()),
            change("use", "enc".into()),
            change("alg", "ES256".into()),
            change("crv", "X25519".into()),
            change("x", "AAAA".into()),
            json!({ "keys": [{ "kty": "RSA", "n": "AA", "e": "AQAB" }] }),
            json!({ "keys": [{ "kty": "oct", "k": "AA" }] }),
        ] {
            assert_eq!(keys_of(&wrong), Err(JoseError::Keys), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_bears_verifying(text in "[A-Za-z0-9_.-]{0,200}") {
            let keys = [key(SigningAlgorithm::EdDsa, "k").verifying().unwrap()];
            prop_assert!(verify(&text, &["jwt", ""], &keys).is_err());
        }

        #[test]
        fn no_letter_of_a_token_can_be_changed(at in 0_usize..150, letter in "[A-Za-z0-9_-]") {
            let signer = key(SigningAlgorithm::EdDsa, "k");
            let claims = json!({ "sub": "nobody" });
            let token = signer.sign("jwt", &claims).unwrap();
            let at = at % token.len();
            let changed = format!("{}{letter}{}", &token[..at], &token[at + 1..]);
            prop_assume!(changed != token);
            // The last letter of a part carries bits that mean nothing; decoding is strict and refuses other ones.
            prop_assert!(verify(&changed, &["jwt"], &[signer.verifying().unwrap()]).is_err());
        }
    }
}
