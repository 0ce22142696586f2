//! Fuzz targets: what must hold of this system's parsers, whatever bytes come.

use crate::{
    jose::{self, SigningKey},
    protocol,
    rules::{authorization, client, code, contact, roster},
    secret::Secret,
    submission::{self, SubmissionEvidence},
    testing::Authenticator,
    webauthn::{self, Assertion, CREDENTIAL_LIMIT_BYTES, PublicKey, Registered, RelyingParty},
};
use contracts::identity::{ClaimField, ClientAuthentication, ClientRegistration, SigningAlgorithm};
use serde_json::{Value, json};
use std::sync::OnceLock;

const CHALLENGE: [u8; 32] = [5; 32];
const TYPE: &str = "at+jwt";
const REDIRECT: &str = "https://service.example/back";

fn text(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or_default()
}

fn party() -> RelyingParty {
    RelyingParty::of("https://identity.example")
}

/// What an authenticator says when a key is made and when it signs. Keys come from the system's generator, so the samples are
/// made once a run.
struct Ceremonies {
    created: (Vec<u8>, Vec<u8>),
    registered: Registered,
    signed: (Vec<u8>, Vec<u8>, Vec<u8>),
}

fn ceremonies() -> &'static Ceremonies {
    static CEREMONIES: OnceLock<Ceremonies> = OnceLock::new();
    CEREMONIES.get_or_init(|| {
        let mut authenticator = Authenticator::es256();
        let created = authenticator.register(&party(), &CHALLENGE);
        let registered =
            webauthn::register(&party(), &CHALLENGE, &created.0, &created.1).expect("the sample is good");
        Ceremonies { created, registered, signed: authenticator.sign(&party(), &CHALLENGE) }
    })
}

/// Parts behind their lengths in two bytes.
fn parts<const N: usize>(data: &[u8]) -> Option<[&[u8]; N]> {
    let mut rest = data;
    let mut found = [&data[..0]; N];
    for part in &mut found {
        let (length, after) = rest.split_first_chunk::<2>()?;
        (*part, rest) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    }
    Some(found)
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let behind_length = |part: &&[u8]| {
        let length = u16::try_from(part.len()).expect("a sample's part is short");
        [&length.to_be_bytes(), *part].concat()
    };
    parts.iter().flat_map(behind_length).collect()
}

/// What an authenticator says of a new key, in CBOR, behind what the browser says: a key that is taken is of a kind that was
/// offered, and can be read again.
pub fn registration(data: &[u8]) {
    let Some([client, attestation]) = parts(data) else { return };
    if let Ok(registered) = webauthn::register(&party(), &CHALLENGE, client, attestation) {
        assert!((1..=CREDENTIAL_LIMIT_BYTES).contains(&registered.credential.len()));
        assert!(PublicKey::from_cose(&registered.public_key).is_ok());
    }
}

/// Valid registrations.
pub fn registrations() -> Vec<Vec<u8>> {
    let created = |(client, attestation): &(Vec<u8>, Vec<u8>)| joined(&[client, attestation]);
    let other = Authenticator::eddsa().register(&party(), &CHALLENGE);
    vec![created(&ceremonies().created), created(&other)]
}

/// What an authenticator signs: nothing is taken but what it has signed.
pub fn assertion(data: &[u8]) {
    let Some([client_data, authenticator_data, signature]) = parts(data) else { return };
    let Ceremonies { registered, signed, .. } = ceremonies();
    let assertion = Assertion { client_data, authenticator_data, signature };
    if webauthn::assert(&party(), &CHALLENGE, &registered.public_key, registered.counter, &assertion).is_ok()
    {
        assert_eq!((client_data, authenticator_data), (&*signed.0, &*signed.1), "a forgery");
    }
}

/// Valid assertions.
pub fn assertions() -> Vec<Vec<u8>> {
    let (client_data, authenticator_data, signature) = &ceremonies().signed;
    vec![joined(&[client_data, authenticator_data, signature])]
}

/// A key, and evidence that it has signed [`CHALLENGE`] as the digest of a submission.
fn evidence_sample() -> &'static (Vec<u8>, SubmissionEvidence) {
    static EVIDENCE: OnceLock<(Vec<u8>, SubmissionEvidence)> = OnceLock::new();
    EVIDENCE.get_or_init(|| {
        let mut authenticator = Authenticator::es256();
        let (client_data, authenticator_data, signature) =
            authenticator.sign(&party(), &submission::challenge(&CHALLENGE));
        let assertion = Assertion {
            client_data: &client_data,
            authenticator_data: &authenticator_data,
            signature: &signature,
        };
        let key = authenticator.public_key();
        let evidence = SubmissionEvidence::of(&party(), &CHALLENGE, &key, &assertion);
        (key, evidence.expect("the sample is good"))
    })
}

/// Evidence of a signed submission: what holds was signed by the key, and what is read is written the same again.
pub fn evidence(data: &[u8]) {
    let Ok(read) = SubmissionEvidence::read(data) else { return };
    assert_eq!(SubmissionEvidence::read(read.written().as_bytes()).ok().as_ref(), Some(&read));
    if let Ok(key) = read.verify(&party(), &CHALLENGE) {
        assert_eq!(key, evidence_sample().0, "a forgery");
    }
}

/// Valid evidence.
pub fn evidences() -> Vec<Vec<u8>> {
    vec![evidence_sample().1.written().into_bytes()]
}

fn signing_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let algorithm = SigningAlgorithm::EdDsa;
        let pkcs8 = SigningKey::generate(algorithm, &[7; 32]).expect("a key is made");
        SigningKey::from_pkcs8(algorithm, "fuzzing", &pkcs8).expect("the key is read back")
    })
}

fn claims() -> Value {
    json!({ "sub": "nobody", "exp": 1_763_000_000 })
}

/// A signed token: one that is taken says what its key's holder signed.
pub fn token(data: &[u8]) {
    if let Ok(read) =
        jose::verify(text(data), &[TYPE], &[signing_key().verifying().expect("the key is of its curve")])
    {
        assert_eq!(read, claims(), "a forgery");
    }
}

/// Valid tokens.
pub fn tokens() -> Vec<Vec<u8>> {
    vec![signing_key().sign(TYPE, &claims()).expect("it signs").into()]
}

/// A set of public keys: with none of them does a token verify that another key has signed.
pub fn key_set(data: &[u8]) {
    let Ok(set) = serde_json::from_slice::<Value>(data) else { return };
    let Ok(keys) = jose::keys_of(&set) else { return };
    assert!(!keys.is_empty());
    let token = signing_key().sign(TYPE, &claims()).expect("it signs");
    if jose::verify(&token, &[TYPE], &keys).is_ok() {
        assert!(text(data).contains(signing_key().jwk()["x"].as_str().unwrap_or_default()));
    }
}

/// Valid sets of keys.
pub fn key_sets() -> Vec<Vec<u8>> {
    let pkcs8 = SigningKey::generate(SigningAlgorithm::Es256, &[0; 32]).expect("a key is made");
    let other = SigningKey::from_pkcs8(SigningAlgorithm::Es256, "k2", &pkcs8).expect("it is read back");
    vec![json!({ "keys": [signing_key().jwk(), other.jwk()] }).to_string().into()]
}

fn sample_client() -> ClientRegistration {
    ClientRegistration {
        code: "service".into(),
        name_vi: "Dịch vụ".into(),
        name_en: "Service".into(),
        redirect_uris: vec![REDIRECT.into()],
        post_logout_redirect_uris: vec!["https://service.example/".into()],
        backchannel_logout_uri: Some("https://service.example/logout".into()),
        authentication: ClientAuthentication::PrivateKeyJwt,
        jwks: Some(json!({ "keys": [signing_key().jwk()] })),
        id_token_signed_response_alg: SigningAlgorithm::Es256,
        client_credentials: true,
        tls_client_certificate_bound_access_tokens: false,
        purpose_vi: "Nộp hồ sơ".into(),
        purpose_en: "Applications".into(),
        fields: vec![ClaimField::Name, ClaimField::Birthdate],
    }
}

/// The form of an authorization request, pushed or not: what is taken leads back to a registered address, with PKCE, and asks
/// for no field that the client may not have.
pub fn authorization_request(data: &[u8]) {
    let Some(parameters) = protocol::parameters(data) else { return };
    let client = sample_client();
    let Ok(request) = authorization::read(&parameters, "service", &client) else { return };
    assert_eq!(request.redirect_uri, REDIRECT);
    assert_eq!(request.challenge.len(), 43);
    assert!(request.fields.iter().all(|field| client.fields.contains(field)));
    let kept = serde_json::to_string(&request).expect("a request is kept as JSON");
    let again: authorization::Request = serde_json::from_str(&kept).expect("what was kept is read");
    assert_eq!(again, request);
}

/// Valid requests.
pub fn authorization_requests() -> Vec<Vec<u8>> {
    let request = format!(
        "client_id=service&redirect_uri=https%3A%2F%2Fservice.example%2Fback&response_type=code&scope=openid+profile\
         &state=s%20t&nonce=n&code_challenge={}&code_challenge_method=S256&prompt=login+consent&max_age=60\
         &acr_values=urn%3Ax&ui_locales=vi",
        "a".repeat(43)
    );
    vec![request.into()]
}

/// The registration of a client: one without a fault has addresses that browsers may be sent to.
pub fn client_registration(data: &[u8]) {
    let Ok(registration) = serde_json::from_slice::<ClientRegistration>(data) else { return };
    if client::check(&registration).is_empty() {
        for address in &registration.redirect_uris {
            assert!(client::origin(address).is_some_and(|origin| origin.starts_with("http")), "{address}");
            assert!(!address.contains(['#', '"', '\n']), "{address}");
        }
    }
}

/// Valid registrations of clients.
pub fn client_registrations() -> Vec<Vec<u8>> {
    vec![serde_json::to_vec(&sample_client()).expect("a registration is JSON")]
}

/// A file with posts of officials: every line is read or has a fault.
pub fn roster_file(data: &[u8]) {
    for line in roster::read(data).unwrap_or_default() {
        assert!(line.line >= 1);
        assert!(line.read.is_ok_and(|_| !line.key.is_empty()) || line.key.len() <= data.len());
    }
}

/// Valid files.
pub fn roster_files() -> Vec<Vec<u8>> {
    let head = roster::COLUMNS.join(",");
    let lines = "a-1,001190000001,H26.19,civil-status,registrar,00004,2026-12-01,\n\
                 \"a-2\",001190000002,H26,one-door,officer,,2026-12-01,2027-01-01\n";
    vec![format!("{head}\n{lines}").into(), format!("\u{feff}{head}\r\n{lines}").into()]
}

/// What people type: addresses, codes and the secrets of links. What is taken can be written into a header or a message.
pub fn typed(data: &[u8]) {
    let typed = text(data);
    if let Some(contact) = contact::parse(typed) {
        assert!(contact.address.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(contact::parse(&contact.address), Some(contact));
    }
    if let Some(number) = code::parse(typed) {
        assert_eq!(code::parse(&code::written(number)), Some(number));
    }
    if let Some(secret) = Secret::parse(typed) {
        assert_eq!(secret.text(), typed);
    }
}

/// What can be typed.
pub fn typed_samples() -> Vec<Vec<u8>> {
    let secret = "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU";
    ["+84 912 345 678", "An.Nguyen@example.vn", "012 345", secret]
        .map(|typed| typed.as_bytes().to_vec())
        .into()
}
