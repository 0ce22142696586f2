//! Systems prove who they are: by a token on the plain listener, by a certificate on the other.

use crate::{
    backend::Backend,
    client::{Call, Reply},
    country::{CLIENT, CONSUMER, Country, SERVICE, TARGET, TOKEN, start_of_tests},
};
use contracts::MemberId;
use exchange::Credential;
use http::StatusCode;
use pki::{Authority, Holder, Identity, SharedIdentity, Validity};
use std::{collections::HashMap, net::SocketAddr, sync::Arc};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

const FAILED: &str = "server.clientproxy.ssl_authentication_failed";
const NO_CLIENT: &str = "server.clientproxy.invalid_client_identifier";

#[tokio::test]
async fn a_token_proves_its_own_system_only() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    for (case, client, token, fault) in [
        ("right", Some(CLIENT), Some(TOKEN), "none"),
        ("wrong token", Some(CLIENT), Some("guess"), FAILED),
        ("empty token", Some(CLIENT), Some(""), FAILED),
        ("no token", Some(CLIENT), None, FAILED),
        ("another system of the member", Some("VN/GOV/G22/other"), Some(TOKEN), FAILED),
        ("a system of another member", Some("VN/GOV/G01/population"), Some(TOKEN), FAILED),
        ("no client", None, Some(TOKEN), NO_CLIENT),
        ("a client that is none", Some("VN/GOV"), Some(TOKEN), NO_CLIENT),
        ("a member without a system", Some("VN/GOV/G22"), Some(TOKEN), NO_CLIENT),
        ("an encoded slash", Some("VN/GOV/G22/portal%2Fx"), Some(TOKEN), NO_CLIENT),
        ("an encoded client", Some("VN/GOV/G22/p%6Frtal"), Some(TOKEN), "none"),
    ] {
        let mut call = Call::new(country.consumer.systems, "GET", &format!("{TARGET}/x"));
        for (name, value) in [("x-road-client", client), ("x-lienthong-token", token)] {
            if let Some(value) = value {
                call = call.header(name, value);
            }
        }
        let reply = call.send().await;
        assert_eq!(reply.fault(), fault, "{case}: {}", reply.text());
        assert!(!reply.text().contains(TOKEN), "{case}: the token is nobody's to read");
    }
    assert_eq!(backend.count(), 2);
}

#[tokio::test]
async fn a_system_of_another_node_is_sent_to_its_own() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let token_sha256 = Some(*ledger::Hash::of(TOKEN.as_bytes()).as_bytes());
    let credential = Credential { token_sha256, fingerprints: Vec::new() };
    country
        .consumer
        .node
        .admit_systems(HashMap::from([("VN/GOV/G01/population".parse().unwrap(), credential)]));
    let call =
        country.call("GET", "/x").without("x-road-client").header("x-road-client", "VN/GOV/G01/population");
    let reply = call.send().await;
    assert_eq!(reply.fault(), NO_CLIENT);
    assert!(reply.text().contains("own node"), "{}", reply.text());
}

/// Calls over TLS with this certificate, saying to be `client`; `None` when the node ends the connection.
async fn over_tls(
    country: &Country,
    address: SocketAddr,
    identity: &Identity,
    client: &str,
) -> Option<Reply> {
    let clock = country.clock.clone();
    let shared = SharedIdentity::new(identity.clone());
    let config = pki::tls::client_config(
        &shared,
        Arc::new(country.authority.roots()),
        Arc::new(|_, _| true),
        Arc::new(move || clock.now()),
    );
    let name = Holder::node(&MemberId::agency(CONSUMER).to_string()).unwrap().server_name();
    let tcp = TcpStream::connect(address).await.unwrap();
    let stream = TlsConnector::from(config.unwrap()).connect(name, tcp).await.ok()?;
    Call::new(address, "GET", &format!("{TARGET}/x"))
        .header("x-road-client", client)
        .send_on(stream)
        .await
        .ok()
}

#[tokio::test]
async fn a_certificate_proves_its_own_system_only() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let now = start_of_tests();
    let issue = |authority: &Authority, id: &str| {
        authority.issue(&Holder::system(id).unwrap(), Validity::days(now, 10).unwrap()).unwrap()
    };
    let (own, other) = (issue(&country.authority, CLIENT), issue(&country.authority, CLIENT));
    let foreign =
        issue(&Authority::create("Another root", Validity::days(now, 10).unwrap()).unwrap(), CLIENT);
    let credential = Credential { token_sha256: None, fingerprints: vec![own.fingerprint()] };
    country.consumer.node.admit_systems(HashMap::from([(CLIENT.parse().unwrap(), credential)]));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(exchange::http::listen_tls(listener, country.consumer.node.clone()));

    assert_eq!(over_tls(&country, address, &own, CLIENT).await.unwrap().status, StatusCode::OK);
    let reply = over_tls(&country, address, &own, "VN/GOV/G22/other").await.unwrap();
    assert_eq!(reply.fault(), FAILED, "a certificate of another system");
    assert!(over_tls(&country, address, &other, CLIENT).await.is_none(), "not listed");
    assert!(over_tls(&country, address, &foreign, CLIENT).await.is_none(), "of another authority");
    let node = country.consumer.identity.current();
    assert!(over_tls(&country, address, &node, CLIENT).await.is_none(), "a node is no system");
    assert_eq!(backend.count(), 1);
    assert_eq!(backend.only().header("x-road-client"), Some(CLIENT), "{SERVICE}");
    let token = country.call("GET", "/x").send().await;
    assert_eq!(token.fault(), FAILED, "a system without a token has none that fits");
    let none =
        country.call("GET", "/x").without("x-lienthong-token").header("x-lienthong-token", "").send().await;
    assert_eq!(none.fault(), FAILED);

    country.consumer.node.admit_systems(HashMap::new());
    assert!(over_tls(&country, address, &own, CLIENT).await.is_none(), "withdrawn");
}

#[tokio::test]
async fn a_certificate_that_is_withdrawn_ends_connections_that_are_open() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let holder = Holder::system(CLIENT).unwrap();
    let own = country.authority.issue(&holder, Validity::days(start_of_tests(), 10).unwrap()).unwrap();
    let credential = Credential { token_sha256: None, fingerprints: vec![own.fingerprint()] };
    country.consumer.node.admit_systems(HashMap::from([(CLIENT.parse().unwrap(), credential)]));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(exchange::http::listen_tls(listener, country.consumer.node.clone()));
    let clock = country.clock.clone();
    let config = pki::tls::client_config(
        &SharedIdentity::new(own),
        Arc::new(country.authority.roots()),
        Arc::new(|_, _| true),
        Arc::new(move || clock.now()),
    );
    let name = Holder::node(&MemberId::agency(CONSUMER).to_string()).unwrap().server_name();
    let stream = TlsConnector::from(config.unwrap())
        .connect(name, TcpStream::connect(address).await.unwrap())
        .await
        .unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake::<_, http_body_util::Empty<bytes::Bytes>>(io).await.unwrap();
    tokio::spawn(connection);
    let request = || {
        http::Request::get(format!("{TARGET}/x"))
            .header("host", "n")
            .header("x-road-client", CLIENT)
            .body(http_body_util::Empty::new())
            .unwrap()
    };
    let reply = sender.send_request(request()).await.unwrap();
    assert_eq!(reply.status(), StatusCode::OK);
    drop(http_body_util::BodyExt::collect(reply.into_body()).await.unwrap());
    country.consumer.node.admit_systems(HashMap::new());
    sender.ready().await.unwrap();
    let reply = sender.send_request(request()).await.unwrap();
    assert_eq!(reply.headers()["x-road-error"], FAILED);
    assert_eq!(backend.count(), 1);
}
