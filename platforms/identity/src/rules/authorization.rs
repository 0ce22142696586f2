//! What an authorization request must be, and what follows from it (RFC 6749, RFC 7636, RFC 9207, OpenID Connect Core 1.0).

use crate::model::Session;
use contracts::identity::{ClaimField, ClientRegistration, Level};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Longest state and nonce, in bytes.
const STATE_LIMIT_BYTES: usize = 1024;
/// Length of a challenge of PKCE: SHA-256 in base64url (RFC 7636, section 4.2).
const CHALLENGE_CHARACTERS: usize = 43;

/// Scopes and the fields each stands for.
pub const SCOPES: [(&str, &[ClaimField]); 6] = [
    ("profile", &[ClaimField::Name, ClaimField::Birthdate, ClaimField::Gender]),
    ("phone", &[ClaimField::PhoneNumber]),
    ("email", &[ClaimField::Email]),
    ("personal_number", &[ClaimField::PersonalNumber]),
    ("represents", &[ClaimField::Represents]),
    ("posts", &[ClaimField::Posts]),
];

/// An authorization request that may be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The client.
    pub client: String,
    /// Where the answer goes; one the client registered.
    pub redirect_uri: String,
    /// Given back as it came.
    pub state: Option<String>,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// The challenge of PKCE, S256.
    pub challenge: String,
    /// The fields asked for, of those the client may ask for.
    pub fields: Vec<ClaimField>,
    /// Refresh tokens are asked for, to be used when nobody is there.
    pub offline: bool,
    /// Nothing may be asked of the person.
    pub silent: bool,
    /// The person is to show anew who they are.
    pub anew: bool,
    /// The person is to be asked for their consent in any case.
    pub ask: bool,
    /// How long ago they may have shown it, in seconds.
    pub max_age: Option<i64>,
    /// The level that is needed.
    pub level: Level,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The client or its address is wrong, so the answer must not go there: the person is told.
    ToPerson(&'static str),
    /// The client is told: error code (RFC 6749, section 4.1.2.1) and what is wrong.
    ToClient(&'static str, &'static str),
}

/// Parameters of a request, as names and values.
pub type Parameters = Vec<(String, String)>;

/// The value of a parameter; an empty one counts as absent (RFC 6749, section 3.1).
pub fn parameter<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    let found = parameters.iter().find(|(known, value)| known == name && !value.is_empty());
    found.map(|(_, value)| value.as_str())
}

/// No parameter comes twice (RFC 6749, section 3.1).
pub fn is_without_repetition(parameters: &Parameters) -> bool {
    let mut names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).all(|pair| pair[0] != pair[1])
}

/// The address the answer goes to: exactly one of those registered.
///
/// # Errors
/// [`Refusal::ToPerson`].
pub fn redirect_uri<'a>(
    parameters: &'a Parameters,
    registration: &ClientRegistration,
) -> Result<&'a str, Refusal> {
    let uri = parameter(parameters, "redirect_uri").ok_or(Refusal::ToPerson("redirect_uri is missing"))?;
    let is_known = registration.redirect_uris.iter().any(|known| known == uri);
    let is_once = parameters.iter().filter(|(name, _)| name == "redirect_uri").count() == 1;
    if is_known && is_once { Ok(uri) } else { Err(Refusal::ToPerson("redirect_uri is not registered")) }
}

/// Reads a request whose client is known.
///
/// # Errors
/// [`Refusal`].
pub fn read(
    parameters: &Parameters,
    client: &str,
    registration: &ClientRegistration,
) -> Result<Request, Refusal> {
    let redirect_uri = redirect_uri(parameters, registration)?.to_owned();
    let value = |name| parameter(parameters, name);
    let invalid = |what| Err(Refusal::ToClient("invalid_request", what));
    if !is_without_repetition(parameters) {
        return invalid("a parameter comes twice");
    }
    if value("request").is_some() {
        return Err(Refusal::ToClient("request_not_supported", "push the request instead (RFC 9126)"));
    }
    if value("response_type") != Some("code") {
        return Err(Refusal::ToClient("unsupported_response_type", "response_type is code"));
    }
    if value("response_mode").is_some_and(|mode| mode != "query") {
        return invalid("response_mode is query");
    }
    let scopes: Vec<&str> = value("scope").unwrap_or_default().split(' ').collect();
    if !scopes.contains(&"openid") {
        return Err(Refusal::ToClient("invalid_scope", "scope holds openid"));
    }
    let challenge = value("code_challenge").unwrap_or_default();
    let is_challenge = challenge.len() == CHALLENGE_CHARACTERS
        && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !is_challenge || value("code_challenge_method") != Some("S256") {
        return invalid("PKCE is needed, with code_challenge_method S256");
    }
    let (state, nonce) = (value("state"), value("nonce"));
    if [state, nonce].into_iter().flatten().any(|text| text.len() > STATE_LIMIT_BYTES) {
        return invalid("state and nonce have at most 1024 bytes");
    }
    let prompts: Vec<&str> =
        value("prompt").unwrap_or_default().split(' ').filter(|p| !p.is_empty()).collect();
    let silent = prompts.contains(&"none");
    if silent && prompts.len() > 1 {
        return invalid("prompt none stands alone");
    }
    let max_age = match value("max_age").map(str::parse::<u32>) {
        None => None,
        Some(Ok(seconds)) => Some(i64::from(seconds)),
        Some(Err(_)) => return invalid("max_age is a number of seconds"),
    };
    let wanted = |(name, fields): (&str, &'static [ClaimField])| scopes.contains(&name).then_some(fields);
    let fields = SCOPES.into_iter().filter_map(wanted).flatten().copied();
    Ok(Request {
        client: client.to_owned(),
        redirect_uri,
        state: state.map(str::to_owned),
        nonce: nonce.map(str::to_owned),
        challenge: challenge.to_owned(),
        fields: fields.filter(|field| registration.fields.contains(field)).collect(),
        offline: scopes.contains(&"offline_access"),
        silent,
        anew: prompts.contains(&"login"),
        ask: prompts.contains(&"consent"),
        max_age,
        level: needed_level(value("acr_values").unwrap_or_default()),
    })
}

/// The least of the levels that would do. Values we don't know ask for nothing.
fn needed_level(acr_values: &str) -> Level {
    acr_values.split(' ').filter_map(Level::from_acr).min().unwrap_or(Level::One)
}

/// A person's consent to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// What they were asked.
    pub asked: Vec<ClaimField>,
    /// What of it they gave.
    pub given: Vec<ClaimField>,
}

/// What comes next in answering a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The person signs in, or once more.
    SignIn,
    /// Once more, because it was too long ago or is asked for.
    SignInAgain,
    /// Once more, with what makes the level that is needed.
    SignInAtLevel,
    /// The person is asked for their consent.
    AskConsent,
    /// The client gets its code.
    Answer,
    /// The client gets an error: nothing may be asked of the person, but something would have to be.
    Refuse(&'static str),
}

/// Decides what comes next for a request that began at `begun_at`.
pub fn next(
    request: &Request,
    begun_at: Timestamp,
    session: Option<&Session>,
    consent: Option<&Consent>,
    chooses: bool,
    now: Timestamp,
) -> Next {
    let or_silent = |next, error| if request.silent { Next::Refuse(error) } else { next };
    let Some(session) = session else { return or_silent(Next::SignIn, "login_required") };
    let is_too_old = request.max_age.is_some_and(|seconds| {
        now.duration_since(session.proven_at) > SignedDuration::from_secs(seconds)
            // Whoever signed in after the request began has done what max_age asks, however small it is.
            && session.proven_at < begun_at
    });
    if is_too_old || (request.anew && session.proven_at < begun_at) {
        return or_silent(Next::SignInAgain, "login_required");
    }
    if session.level < request.level {
        return or_silent(Next::SignInAtLevel, "login_required");
    }
    let is_asked =
        consent.is_some_and(|consent| request.fields.iter().all(|field| consent.asked.contains(field)));
    if !is_asked || request.ask {
        return or_silent(Next::AskConsent, "consent_required");
    }
    if chooses {
        return or_silent(Next::AskConsent, "interaction_required");
    }
    Next::Answer
}

/// The fields a client gets: those it asked for and the person gave.
pub fn given_fields(request: &Request, consent: &Consent) -> Vec<ClaimField> {
    request.fields.iter().filter(|field| consent.given.contains(field)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::identity::{ClientAuthentication, SigningAlgorithm};
    use uuid::Uuid;

    pub(crate) fn registration() -> ClientRegistration {
        ClientRegistration {
            code: "web".into(),
            name_vi: "Cổng".into(),
            name_en: "Portal".into(),
            redirect_uris: vec!["https://rp.example/cb".into(), "https://rp.example/cb2".into()],
            post_logout_redirect_uris: vec![],
            backchannel_logout_uri: None,
            authentication: ClientAuthentication::None,
            jwks: None,
            id_token_signed_response_alg: SigningAlgorithm::Es256,
            tls_client_certificate_bound_access_tokens: false,
            client_credentials: false,
            purpose_vi: "Nộp hồ sơ".into(),
            purpose_en: "Applications".into(),
            fields: vec![ClaimField::Name, ClaimField::PersonalNumber],
        }
    }

    fn good() -> Parameters {
        [
            ("response_type", "code"),
            ("client_id", "c"),
            ("redirect_uri", "https://rp.example/cb"),
            ("scope", "openid profile phone"),
            ("state", "s"),
            ("nonce", "n"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    fn with(name: &str, value: &str) -> Parameters {
        let mut parameters = good();
        parameters.retain(|(known, _)| known != name);
        parameters.push((name.to_owned(), value.to_owned()));
        parameters
    }

    #[test]
    fn a_good_request_is_read() {
        let request = read(&good(), "c", &registration()).unwrap();
        assert_eq!(request.fields, [ClaimField::Name], "only what the client may ask for");
        assert_eq!((request.state.as_deref(), request.nonce.as_deref()), (Some("s"), Some("n")));
        assert_eq!((request.level, request.max_age, request.silent), (Level::One, None, false));
    }

    #[test]
    fn bad_requests_are_refused_to_whom_it_concerns() {
        let mut twice = good();
        twice.push(("scope".into(), "openid".into()));
        let mut two_addresses = good();
        two_addresses.push(("redirect_uri".into(), "https://evil.example".into()));
        for (parameters, expected) in [
            (with("redirect_uri", "https://evil.example/cb"), None),
            (with("redirect_uri", "https://rp.example/cb/"), None),
            (with("redirect_uri", "https://rp.example/cb?x=1"), None),
            (with("redirect_uri", "https://rp.example/CB"), None),
            (with("redirect_uri", ""), None),
            (two_addresses, None),
            (twice, Some("invalid_request")),
            (with("response_type", "token"), Some("unsupported_response_type")),
            (with("response_type", "code id_token"), Some("unsupported_response_type")),
            (with("response_mode", "fragment"), Some("invalid_request")),
            (with("scope", "profile"), Some("invalid_scope")),
            (with("code_challenge", ""), Some("invalid_request")),
            (with("code_challenge", "short"), Some("invalid_request")),
            (with("code_challenge_method", "plain"), Some("invalid_request")),
            (with("code_challenge_method", ""), Some("invalid_request")),
            (with("prompt", "none login"), Some("invalid_request")),
            (with("max_age", "-1"), Some("invalid_request")),
            (with("request", "x"), Some("request_not_supported")),
            (with("state", &"x".repeat(1025)), Some("invalid_request")),
        ] {
            let refusal = read(&parameters, "c", &registration()).unwrap_err();
            let code = match refusal {
                Refusal::ToPerson(_) => None,
                Refusal::ToClient(code, _) => Some(code),
            };
            assert_eq!(code, expected, "{parameters:?}");
        }
    }

    fn session(level: Level, proven: i64) -> Session {
        let at = Timestamp::from_second(proven).unwrap();
        Session {
            id: Uuid::nil(),
            account: Uuid::nil(),
            level,
            methods: vec![],
            opened_at: at,
            proven_at: at,
            seen_at: at,
            device: String::new(),
        }
    }

    #[test]
    fn what_comes_next_follows_from_request_session_and_consent() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let all = Consent { asked: vec![ClaimField::Name], given: vec![] };
        let none = Consent { asked: vec![], given: vec![] };
        let old = || Some(session(Level::One, 0));
        let two = || Some(session(Level::Two, 0));
        let acr = Level::Two.acr();
        for (name, value, session, consent, expected) in [
            ("x", "", None, None, Next::SignIn),
            ("prompt", "none", None, Some(&all), Next::Refuse("login_required")),
            ("x", "", old(), Some(&all), Next::Answer),
            ("x", "", old(), None, Next::AskConsent),
            ("x", "", old(), Some(&none), Next::AskConsent),
            ("prompt", "none", old(), None, Next::Refuse("consent_required")),
            ("prompt", "none", old(), Some(&all), Next::Answer),
            ("prompt", "consent", old(), Some(&all), Next::AskConsent),
            ("prompt", "login", old(), Some(&all), Next::SignInAgain),
            ("prompt", "login", Some(self::session(Level::One, 1_001)), Some(&all), Next::Answer),
            ("max_age", "60", old(), Some(&all), Next::SignInAgain),
            ("max_age", "0", Some(self::session(Level::One, 1_001)), Some(&all), Next::Answer),
            ("max_age", "5000", old(), Some(&all), Next::Answer),
            ("acr_values", acr, old(), Some(&all), Next::SignInAtLevel),
            ("acr_values", acr, two(), Some(&all), Next::Answer),
            (
                "acr_values",
                "urn:lienthong:assurance:1 urn:lienthong:assurance:2",
                old(),
                Some(&all),
                Next::Answer,
            ),
            ("acr_values", "unknown", old(), Some(&all), Next::Answer),
        ] {
            let request = read(&with(name, value), "c", &registration()).unwrap();
            let found = next(&request, at(1_000), session.as_ref(), consent, false, at(1_100));
            assert_eq!(found, expected, "{name}={value} {session:?} {consent:?}");
            // In whose name they sign in is asked when all else is answered.
            let chosen = match (expected, value) {
                (Next::Answer, "none") => Next::Refuse("interaction_required"),
                (Next::Answer, _) => Next::AskConsent,
                (other, _) => other,
            };
            let found = next(&request, at(1_000), session.as_ref(), consent, true, at(1_100));
            assert_eq!(found, chosen, "{name}={value} {session:?} {consent:?}");
        }
    }

    #[test]
    fn a_client_gets_what_was_asked_and_given() {
        let request = read(&with("scope", "openid profile personal_number"), "c", &registration()).unwrap();
        let consent = |given: &[ClaimField]| Consent { asked: request.fields.clone(), given: given.to_vec() };
        assert_eq!(given_fields(&request, &consent(&[])), []);
        assert_eq!(
            given_fields(&request, &consent(&[ClaimField::Name, ClaimField::Email])),
            [ClaimField::Name]
        );
    }
}
