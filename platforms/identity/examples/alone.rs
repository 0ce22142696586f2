//! The identity system alone, on a store of its own, with clients whose requests lie ready: what `benches/identity` measures.
//! The endpoints are those that a node serves.
//!
//! Usage: `alone FOLDER PORT PEER_ISSUER REQUESTS`

use contracts::{
    Purpose,
    identity::{ClientAuthentication, ClientRegistration, RegisterClient, SigningAlgorithm},
};
use identity::{
    FACTS, Identity, SCHEMA,
    testing::{ClientKey, refresh_tokens},
};
use serde_json::json;
use std::{io::Write as _, path::Path, sync::Arc};
use store::Location;
use system::{
    Clock, Random, Room, Sealing, System as _,
    testing::{TestRoom, ask, incoming},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many people have granted access for when they are not there.
const REFRESH_TOKENS: usize = 256;
/// How long the assertions hold, in seconds.
const ASSERTION_SECONDS: i64 = 3_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, port, peer, requests] = &arguments[..] else {
        return Err("usage: alone FOLDER PORT PEER_ISSUER REQUESTS".into());
    };
    let (folder, requests) = (Path::new(folder), requests.parse()?);
    let url = format!("http://127.0.0.1:{port}");
    let clock = Clock::real();
    let location = Location::SqliteFile(folder.join("identity.sqlite"));
    let test = TestRoom::open_at(&FACTS, &SCHEMA, "G01", &clock.now().to_string(), &location).await;
    let random = Random::from_system()?;
    let room = Room {
        public_url: url.as_str().into(),
        sealing: Sealing::open(&folder.join("sealing.keys"), &random)?,
        clock: clock.clone(),
        random,
        ..test.room.clone()
    };
    let system = Arc::new(Identity::new(room));

    let key = ClientKey::new(SigningAlgorithm::Es256);
    let keyed = register(&system, &clock, &keyed(&key)).await?;
    let public = register(&system, &clock, &public()).await?;
    std::fs::write(folder.join("jwks.json"), key.jwks().to_string())?;
    for (name, issuer) in [("ours", format!("{url}/identity")), ("peers", peer.clone())] {
        write_assertions(&folder.join(name), &key, &keyed, &issuer, &clock, requests)?;
    }
    std::fs::write(
        folder.join("refresh"),
        refresh_tokens(&system, &public, REFRESH_TOKENS).await?.join("\n"),
    )?;

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    let router = axum::Router::new().nest("/identity", system.endpoints());
    eprintln!("the identity system is up at {url}; clients {keyed} and {public}");
    axum::serve(listener, router).await?;
    Ok(())
}

async fn register(
    system: &Arc<Identity>,
    clock: &Clock,
    registration: &ClientRegistration,
) -> Result<String, String> {
    let call = incoming("VN/GOV/G22/portal", Purpose::IDENTIFICATION, clock.now());
    let services = system.clone().services();
    let asked = ask::<RegisterClient>(&services, call, registration).await;
    asked.map(|registered| registered.client_id).map_err(|problem| problem.title_en)
}

fn public() -> ClientRegistration {
    ClientRegistration {
        code: "public".into(),
        name_vi: "Đo tốc độ".into(),
        name_en: "Bench".into(),
        redirect_uris: vec!["https://rp.example/cb".into()],
        post_logout_redirect_uris: vec![],
        backchannel_logout_uri: None,
        authentication: ClientAuthentication::None,
        jwks: None,
        id_token_signed_response_alg: SigningAlgorithm::Es256,
        tls_client_certificate_bound_access_tokens: false,
        client_credentials: false,
        purpose_vi: "Đo tốc độ".into(),
        purpose_en: "Bench".into(),
        fields: vec![],
    }
}

fn keyed(key: &ClientKey) -> ClientRegistration {
    ClientRegistration {
        code: "keyed".into(),
        authentication: ClientAuthentication::PrivateKeyJwt,
        jwks: Some(key.jwks()),
        client_credentials: true,
        ..public()
    }
}

/// One form a line, each with an assertion of its own.
fn write_assertions(
    file: &Path,
    key: &ClientKey,
    client: &str,
    issuer: &str,
    clock: &Clock,
    requests: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(file)?);
    let now = clock.now().as_second();
    for number in 0..requests {
        let claims = json!({
            "iss": client, "sub": client, "aud": issuer, "iat": now, "exp": now + ASSERTION_SECONDS,
            "jti": format!("request-{number}"),
        });
        let form = serde_urlencoded::to_string([
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &key.sign("JWT", &claims)),
        ])?;
        writeln!(file, "{form}")?;
    }
    Ok(file.flush()?)
}
