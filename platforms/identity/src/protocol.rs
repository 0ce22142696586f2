//! What programs ask over HTTP: discovery, keys, tokens (RFC 8414, RFC 6749, RFC 9126, OpenID Connect Core 1.0). These stand
//! outside the protection of pages: no cookie counts here, except where a browser only passes through to a page.

use crate::{
    FACTS, Identity,
    acts::{ActError, Asked, Begun, NoToken, OauthError},
    rules::authorization::{Parameters, parameter},
};
use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use contracts::identity::{ClaimField, Level};
use serde_json::{Value, json};
use std::sync::Arc;
use system::ShownCertificate;

/// Largest request, in bytes.
const REQUEST_LIMIT_BYTES: usize = 64 * 1024;
/// How long the key set and the metadata may be kept, in seconds.
const METADATA_SECONDS: u32 = 300;

/// The endpoints at which a certificate may be shown, by their names in the metadata (RFC 8705, section 5).
const CERTIFICATE_ENDPOINTS: [(&str, &str); 5] = [
    ("token_endpoint", "token"),
    ("pushed_authorization_request_endpoint", "par"),
    ("introspection_endpoint", "introspect"),
    ("revocation_endpoint", "revoke"),
    ("userinfo_endpoint", "userinfo"),
];

/// The certificate of the connection of a request, where one was shown.
type Shown = Option<Extension<ConnectInfo<ShownCertificate>>>;

fn certificate(shown: &Shown) -> Option<&ShownCertificate> {
    shown.as_ref().map(|Extension(ConnectInfo(certificate))| certificate)
}

/// The endpoints.
pub(crate) fn router(system: Arc<Identity>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(metadata))
        .route("/jwks", get(keys))
        .route("/authorize", get(authorize).post(authorize_by_form))
        .route("/par", post(push))
        .route("/token", post(token))
        .route("/introspect", post(introspect))
        .route("/revoke", post(revoke))
        .route("/userinfo", get(user_info).post(user_info))
        .layer(DefaultBodyLimit::max(REQUEST_LIMIT_BYTES))
        .route(
            "/signatures/verify",
            post(verify_signatures).layer(DefaultBodyLimit::max(signature::DOCUMENT_LIMIT_BYTES)),
        )
        .with_state(system)
}

/// Says of a signed document - the body, PDF or XML - who signed, when, whether it was changed since and how sure that is.
/// Nothing of it is kept.
async fn verify_signatures(State(system): State<Arc<Identity>>, document: Bytes) -> Response {
    match system.room.verifier.verify(document.into(), system.now()).await {
        Ok(report) => never_kept(Json(report).into_response()),
        Err(busy) => {
            let wait = [(header::RETRY_AFTER, HeaderValue::from_static("5"))];
            (StatusCode::SERVICE_UNAVAILABLE, wait, Json(json!({ "error": busy.to_string() })))
                .into_response()
        }
    }
}

async fn metadata(State(system): State<Arc<Identity>>) -> Response {
    let issuer = system.issuer();
    let at = |path: &str| format!("{issuer}/{path}");
    let algorithms = json!(["ES256", "EdDSA"]);
    let fields = [
        ClaimField::Name,
        ClaimField::Birthdate,
        ClaimField::Gender,
        ClaimField::PersonalNumber,
        ClaimField::PhoneNumber,
        ClaimField::Email,
        ClaimField::Represents,
        ClaimField::Posts,
    ];
    let claims: Vec<Value> = ["sub", "iss", "auth_time", "acr", "amr", "sid"]
        .into_iter()
        .map(Value::from)
        .chain(fields.iter().map(|field| json!(field)))
        .collect();
    let mut methods = vec!["none", "private_key_jwt"];
    let mut authenticated = vec!["private_key_jwt"];
    let mutual_tls = system.mutual_tls_base();
    if mutual_tls.is_some() {
        methods.push("tls_client_auth");
        authenticated.push("tls_client_auth");
    }
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": at("authorize"),
        "pushed_authorization_request_endpoint": at("par"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "introspection_endpoint": at("introspect"),
        "revocation_endpoint": at("revoke"),
        "jwks_uri": at("jwks"),
        "end_session_endpoint": at("logout"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": authenticated,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "tls_client_certificate_bound_access_tokens": mutual_tls.is_some(),
        "scopes_supported": ["openid", "profile", "phone", "email", "personal_number", "represents", "posts", "offline_access"],
        "claims_supported": claims,
        "acr_values_supported": [Level::One.acr(), Level::Two.acr()],
        "prompt_values_supported": ["none", "login", "consent"],
        "ui_locales_supported": ["vi", "en"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
    });
    if let Some(base) = mutual_tls {
        document["mtls_endpoint_aliases"] =
            CERTIFICATE_ENDPOINTS.iter().map(|(name, path)| (*name, format!("{base}/{path}"))).collect();
    }
    kept(document)
}

async fn keys(State(system): State<Arc<Identity>>) -> Response {
    match system.keys().await {
        Ok(keys) => kept(keys.published.clone()),
        Err(error) => unavailable(&error.into()),
    }
}

fn kept(document: Value) -> Response {
    let cache = format!("public, max-age={METADATA_SECONDS}");
    ([(header::CACHE_CONTROL, cache)], Json(document)).into_response()
}

async fn authorize(State(system): State<Arc<Identity>>, RawQuery(query): RawQuery) -> Response {
    begin(&system, query.unwrap_or_default().as_bytes()).await
}

async fn authorize_by_form(State(system): State<Arc<Identity>>, body: Bytes) -> Response {
    begin(&system, &body).await
}

async fn begin(system: &Identity, encoded: &[u8]) -> Response {
    let begun = match parameters(encoded) {
        Some(parameters) => system.begin(&parameters).await,
        None => Ok(Begun::Nowhere),
    };
    let to = match begun {
        Ok(Begun::GoOn(secret)) => format!("/{}/authorize/{}", FACTS.code, secret.text()),
        Ok(Begun::Back(uri)) => uri,
        // A page that tells the person; there is no request of that name.
        Ok(Begun::Nowhere) => format!("/{}/authorize/refused", FACTS.code),
        Err(error) => return unavailable(&error),
    };
    match HeaderValue::try_from(to) {
        Ok(to) => never_kept((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

async fn push(
    State(system): State<Arc<Identity>>,
    shown: Shown,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let pushed = async {
        let parameters = form(&headers, &body)?;
        if parameters.iter().any(|(name, _)| name == "request_uri") {
            return Err(OauthError("invalid_request", "request_uri is what is given back").into());
        }
        system.as_client(&parameters, certificate(&shown), Asked::Push).await
    };
    match pushed.await {
        Ok(answer) => never_kept((StatusCode::CREATED, Json(answer)).into_response()),
        Err(error) => no_token(error),
    }
}

async fn token(
    State(system): State<Arc<Identity>>,
    shown: Shown,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = match form(&headers, &body) {
        Ok(parameters) => system.as_client(&parameters, certificate(&shown), Asked::Token).await,
        Err(error) => Err(error.into()),
    };
    match answered {
        Ok(answer) => never_kept(Json(answer).into_response()),
        Err(error) => no_token(error),
    }
}

async fn introspect(
    State(system): State<Arc<Identity>>,
    shown: Shown,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        let (parameters, token) = about_token(&headers, &body)?;
        system.as_client(&parameters, certificate(&shown), Asked::Introspect(&token)).await
    };
    match answered.await {
        Ok(answer) => never_kept(Json(answer).into_response()),
        Err(error) => no_token(error),
    }
}

async fn revoke(
    State(system): State<Arc<Identity>>,
    shown: Shown,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answered = async {
        let (parameters, token) = about_token(&headers, &body)?;
        system.as_client(&parameters, certificate(&shown), Asked::GiveBack(&token)).await
    };
    match answered.await {
        Ok(_) => never_kept(StatusCode::OK.into_response()),
        Err(error) => no_token(error),
    }
}

/// A request about a token, and the token.
fn about_token(headers: &HeaderMap, body: &[u8]) -> Result<(Parameters, String), OauthError> {
    let parameters = form(headers, body)?;
    let token = parameter(&parameters, "token").ok_or(OauthError("invalid_request", "token is missing"))?;
    let token = token.to_owned();
    Ok((parameters, token))
}

async fn user_info(State(system): State<Arc<Identity>>, shown: Shown, headers: HeaderMap) -> Response {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else {
        return never_kept(
            (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response(),
        );
    };
    match system.user_info(token, certificate(&shown)).await {
        Ok(Some(answer)) => never_kept(Json(answer).into_response()),
        Ok(None) => {
            let challenge = "Bearer error=\"invalid_token\"";
            never_kept((StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response())
        }
        Err(error) => unavailable(&error),
    }
}

/// The parameters of a form. Secrets of clients are not taken in any form, so one in a header is refused.
fn form(headers: &HeaderMap, body: &[u8]) -> Result<Parameters, OauthError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(OauthError("invalid_request", "send a form, application/x-www-form-urlencoded"));
    }
    if headers.contains_key(header::AUTHORIZATION) {
        return Err(OauthError("invalid_client", "client secrets are not taken; use private_key_jwt"));
    }
    parameters(body).ok_or(OauthError("invalid_request", "the form can't be read"))
}

/// Names and values; `None` where they are not text, or hold control characters.
pub(crate) fn parameters(encoded: &[u8]) -> Option<Parameters> {
    let parameters: Parameters = serde_urlencoded::from_bytes(encoded).ok()?;
    let is_text = |text: &String| !text.chars().any(char::is_control);
    parameters.iter().all(|(name, value)| is_text(name) && is_text(value)).then_some(parameters)
}

fn no_token(error: NoToken) -> Response {
    match error {
        NoToken::Refused(OauthError(error, description)) => {
            let status = match error {
                "invalid_client" => StatusCode::UNAUTHORIZED,
                "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::BAD_REQUEST,
            };
            let document = json!({ "error": error, "error_description": description });
            never_kept((status, Json(document)).into_response())
        }
        // It registers over and over.
        NoToken::ClientChanged => try_later(),
        NoToken::Failed(error) => unavailable(&error),
    }
}

fn unavailable(error: &ActError) -> Response {
    tracing::error!(system = FACTS.code, %error, "an endpoint failed");
    try_later()
}

fn try_later() -> Response {
    let document = json!({ "error": "temporarily_unavailable", "error_description": "try again later" });
    never_kept((StatusCode::SERVICE_UNAVAILABLE, Json(document)).into_response())
}

fn never_kept(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
