//! An identity provider on loopback that does what a test tells it to.

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openid::jose::{self, SigningKey};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

/// The site's name at the provider.
pub(crate) const CLIENT: &str = "VN/GOV/H26/pages";
/// Name of the person at the provider, and of their session there.
pub(crate) const SUBJECT: &str = "subject-of-an";
pub(crate) const SESSION: &str = "session-of-an";

/// What was pushed.
pub(crate) type Pushed = HashMap<String, String>;

/// What the provider does.
pub(crate) struct Script {
    pub(crate) now: i64,
    pub(crate) issuer: String,
    pub(crate) key: SigningKey,
    /// Keys that it publishes beside that one.
    pub(crate) published: Vec<Value>,
    /// Changes the claims of ID tokens.
    pub(crate) lie: fn(&mut Value),
    /// Makes another token out of the ID token.
    pub(crate) forge: Option<fn(&SigningKey, &Value) -> String>,
    /// What it tells of the person, and with which status.
    pub(crate) told: (u16, Value),
    pub(crate) pushed: HashMap<String, Pushed>,
    codes: HashMap<String, Pushed>,
    pub(crate) keys_fetched: u32,
}

#[derive(Clone)]
pub(crate) struct Provider {
    script: Arc<Mutex<Script>>,
    pub(crate) url: String,
    /// The key set with which the site shows that it is the site.
    site_keys: Arc<Value>,
}

/// What is told of An.
pub(crate) fn an() -> Value {
    json!({
        "sub": SUBJECT, "name": "Nguyễn Văn An", "personal_number": "001190000001",
        "posts": [{ "agency": "H26", "system": "one-door", "post": "reception", "unit": "00004", "from": "2026-01-01" }],
    })
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).unwrap()
}

impl Provider {
    pub(crate) async fn start(now: i64, site_key: &SigningKey) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Script {
            now,
            issuer: url.clone(),
            key: key(1),
            published: Vec::new(),
            lie: |_| (),
            forge: None,
            told: (200, an()),
            pushed: HashMap::new(),
            codes: HashMap::new(),
            keys_fetched: 0,
        };
        let site_keys = Arc::new(json!({ "keys": [site_key.jwk()] }));
        let provider = Self { script: Arc::new(Mutex::new(script)), url, site_keys };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(keys))
            .route("/par", post(push))
            .route("/token", post(token))
            .route("/userinfo", get(user_info))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        provider
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    /// What was pushed under a reference, and a code for it.
    pub(crate) fn agree(&self, reference: &str) -> (Pushed, String) {
        let mut script = self.script();
        let pushed = script.pushed.remove(reference).expect("the request was pushed");
        let code = format!("code-{}", script.codes.len());
        script.codes.insert(code.clone(), pushed.clone());
        (pushed, code)
    }

    fn is_the_site(&self, form: &Pushed) -> bool {
        let keys = jose::keys_of(&self.site_keys).unwrap();
        let claims = jose::verify(&form["client_assertion"], &["JWT"], &keys).expect("the site signs");
        let now = self.script().now;
        claims["iss"] == CLIENT
            && claims["sub"] == CLIENT
            && claims["aud"] == self.url.as_str()
            && claims["exp"].as_i64().unwrap() > now
            && form["client_id"] == CLIENT
            && form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    }
}

async fn metadata(State(provider): State<Provider>) -> Json<Value> {
    let (url, issuer) = (&provider.url, provider.script().issuer.clone());
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{url}/authorize"),
        "pushed_authorization_request_endpoint": format!("{url}/par"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "jwks_uri": format!("{url}/jwks"),
        "end_session_endpoint": format!("{url}/logout"),
    }))
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let mut script = provider.script();
    script.keys_fetched += 1;
    let mut keys = vec![script.key.jwk()];
    keys.extend(script.published.clone());
    Json(json!({ "keys": keys }))
}

async fn push(State(provider): State<Provider>, Form(form): Form<Pushed>) -> Response {
    assert!(provider.is_the_site(&form), "the site shows who it is: {form:?}");
    let mut script = provider.script();
    let reference = format!("urn:ietf:params:oauth:request_uri:{}", script.pushed.len());
    script.pushed.insert(reference.clone(), form);
    (StatusCode::CREATED, Json(json!({ "request_uri": reference, "expires_in": 90 }))).into_response()
}

async fn token(State(provider): State<Provider>, Form(form): Form<Pushed>) -> Response {
    assert!(provider.is_the_site(&form), "the site shows who it is: {form:?}");
    let mut script = provider.script();
    let pushed = script.codes.remove(&form["code"]);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, form["code_verifier"].as_bytes());
    let challenge = URL_SAFE_NO_PAD.encode(digest);
    let good = pushed.filter(|pushed| {
        pushed["code_challenge"] == challenge && pushed["redirect_uri"] == form["redirect_uri"]
    });
    let Some(pushed) = good else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let mut claims = json!({
        "iss": provider.url, "aud": CLIENT, "sub": SUBJECT, "sid": SESSION, "nonce": pushed["nonce"],
        "iat": script.now, "exp": script.now + 600, "auth_time": script.now, "acr": "urn:lienthong:assurance:1",
    });
    (script.lie)(&mut claims);
    let id_token = match script.forge {
        Some(forge) => forge(&script.key, &claims),
        None => script.key.sign("JWT", &claims).unwrap(),
    };
    let answer =
        json!({ "access_token": "access", "token_type": "Bearer", "expires_in": 600, "id_token": id_token });
    Json(answer).into_response()
}

async fn user_info(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    assert_eq!(headers[header::AUTHORIZATION], "Bearer access");
    let (status, told) = provider.script().told.clone();
    (StatusCode::from_u16(status).unwrap(), Json(told)).into_response()
}
