//! A service that is idempotent by message id runs a message once, however often it is sent.

use crate::{
    backend::{Backend, empty},
    country::{Country, PROVIDER, offer_people},
};
use contracts::MemberId;
use exchange::{AccessRule, Offer};
use http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

fn offer_once(country: &Country, base: &str) {
    let mut offer = Offer::http(&MemberId::agency(PROVIDER).system("population"), "people", base).unwrap();
    offer.idempotent = true;
    country.provider.node.offer(vec![offer]);
    country.provider.node.grant(vec![AccessRule::open("population", "people", "*")]);
}

#[tokio::test]
async fn a_repeated_message_gets_the_first_answer() {
    let country = Country::found().await;
    let backend = Backend::echo().await;
    offer_once(&country, &backend.base());
    let send = async |method, id, body: &'static str| {
        country.call(method, "/x").header("x-road-id", id).body(body).send().await
    };
    let first = send("POST", "1", "one").await;
    for (case, method, id, body, status, runs) in [
        ("the same again", "POST", "1", "one", StatusCode::OK, 1),
        ("another body", "POST", "1", "two", StatusCode::BAD_REQUEST, 1),
        ("another method", "PUT", "1", "one", StatusCode::BAD_REQUEST, 1),
        ("another id", "POST", "2", "one", StatusCode::OK, 2),
        ("a message that changes nothing", "GET", "3", "", StatusCode::OK, 3),
        ("and again", "GET", "3", "", StatusCode::OK, 4),
    ] {
        let reply = send(method, id, body).await;
        assert_eq!((reply.status, backend.count()), (status, runs), "{case}: {}", reply.text());
        if status == StatusCode::OK && method == "POST" {
            assert_eq!((&reply.body, reply.header("x-road-id")), (&first.body, Some(id)), "{case}");
            assert_ne!(reply.receipt(), first.receipt(), "{case}: each answer is sealed");
        }
    }
}

#[tokio::test]
async fn without_the_declaration_a_repeated_message_is_run_again() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    offer_people(&country.provider.node, &backend.base());
    country.provider.node.grant(vec![AccessRule::open("population", "people", "*")]);
    for _ in 0..2 {
        assert_eq!(country.call("POST", "/x").header("x-road-id", "1").send().await.status, StatusCode::OK);
    }
    assert_eq!(backend.count(), 2);
}

#[tokio::test]
async fn what_the_system_never_saw_is_run_when_it_is_repeated() {
    let country = Country::found().await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    offer_once(&country, &format!("http://{gone}"));
    let send = || country.call("POST", "/x").header("x-road-id", "1").send();
    assert_eq!(send().await.fault(), "server.serverproxy.service_failed");
    let backend = Backend::start(|_| async { empty(StatusCode::CREATED) }).await;
    offer_once(&country, &backend.base());
    for _ in 0..2 {
        assert_eq!(send().await.status, StatusCode::CREATED);
    }
    assert_eq!(backend.count(), 1);
}

#[tokio::test]
async fn a_message_that_cannot_be_known_again_is_refused() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    offer_once(&country, &backend.base());
    let reply = country.call("POST", "/x").header("x-road-id", &"1".repeat(256)).send().await;
    assert_eq!((reply.status, backend.count()), (StatusCode::BAD_REQUEST, 0), "{}", reply.text());
}

#[tokio::test]
async fn a_kept_connection_that_ends_is_no_reason_to_run_it_again() {
    let country = Country::found().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    offer_once(&country, &format!("http://{}", listener.local_addr().unwrap()));
    let system = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        // The next one is read, perhaps done, and never answered.
        assert!(stream.read(&mut request).await.unwrap() > 0);
        drop(stream);
        listener.accept().await.map(drop)
    });
    assert_eq!(country.call("PUT", "/x").header("x-road-id", "1").send().await.status, StatusCode::OK);
    let reply = country.call("PUT", "/x").header("x-road-id", "2").send().await;
    assert_eq!(reply.fault(), "server.serverproxy.service_failed", "{}", reply.text());
    assert!(!system.is_finished(), "it was sent once");
}

#[tokio::test]
async fn what_the_system_may_have_done_is_not_run_again() {
    let country = Country::found().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    offer_once(&country, &format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        let _ = stream.write_all(b"HTTP/1.1 200 O").await;
    });
    let backend = Backend::echo().await;
    for case in ["broken off", "repeated"] {
        let reply = country.call("POST", "/x").header("x-road-id", "1").send().await;
        assert_eq!(reply.fault(), "server.serverproxy.service_failed", "{case}: {}", reply.text());
        offer_once(&country, &backend.base());
    }
    assert_eq!(backend.count(), 0);
}
