//! What fails, fails clearly, and what comes back is used again.

use crate::{
    backend::{Backend, empty},
    country::{CLIENT, Country, PROVIDER, TARGET, TOKEN, offer_people},
    peer::{Answering, Forger},
};
use contracts::MemberId;
use exchange::{
    Offer,
    records::{self, By, Search},
    wire::IN_FLIGHT_A_PEER_LIMIT,
};
use http::{HeaderMap, Method, StatusCode};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore},
};

const FAILED: &str = "server.serverproxy.service_failed";

#[tokio::test]
async fn a_system_that_is_down_is_a_fault_of_the_service() {
    let country = Country::found().await;
    let backend = Backend::echo().await;
    let base = backend.base();
    country.offer(&backend);
    assert_eq!(country.call("POST", "/x").body("x").send().await.status, StatusCode::OK);
    drop(backend);
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    offer_people(&country.provider.node, &format!("http://{free}"));
    let reply = country.call("POST", "/x").body("x").send().await;
    assert_eq!((reply.status.as_u16(), reply.fault()), (500, FAILED));
    assert!(reply.text().contains("can't be reached") && !base.is_empty(), "{}", reply.text());
}

#[tokio::test]
async fn a_system_that_breaks_off_is_a_fault_of_the_service() {
    let country = Country::found().await;
    for (case, answer) in [
        ("at once", ""),
        ("within the head", "HTTP/1.1 200 O"),
        ("within the body", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this"),
        ("within a chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\nonly this"),
        ("no HTTP", "220 mail.example ESMTP\r\n"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        offer_people(&country.provider.node, &format!("http://{}", listener.local_addr().unwrap()));
        country.provider.node.grant(vec![exchange::AccessRule::open("population", "people", "*")]);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let reply = country.call("POST", "/x").body("x").send().await;
        assert_eq!((reply.status.as_u16(), reply.fault()), (500, FAILED), "{case}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_system_that_is_slow_is_not_waited_for_without_end() {
    let country = Country::found().await;
    let backend = Backend::start(|_| std::future::pending()).await;
    country.offer(&backend);
    let mut offer =
        Offer::http(&MemberId::agency(PROVIDER).system("population"), "people", &backend.base()).unwrap();
    offer.answer_limit = Duration::from_millis(100);
    country.provider.node.offer(vec![offer]);
    let reply = country.call("POST", "/x").body("x").send().await;
    assert_eq!(reply.fault(), FAILED);
    assert!(reply.text().contains("did not answer within"), "{}", reply.text());
}

#[tokio::test]
async fn a_kept_connection_that_the_system_closed_is_replaced() {
    let country = Country::found().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    offer_people(&country.provider.node, &format!("http://{}", listener.local_addr().unwrap()));
    country.provider.node.grant(vec![exchange::AccessRule::open("population", "people", "*")]);
    tokio::spawn(async move {
        // One answer a connection, without saying that it closes then.
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        }
    });
    for _ in 0..20 {
        assert_eq!(country.call("GET", "/x").send().await.text(), "ok");
    }
}

#[tokio::test]
async fn a_peer_that_is_down_is_told_and_found_again() {
    let (mut country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    assert_eq!(country.call("GET", "/x").send().await.status, StatusCode::OK);
    for _ in 0..2 {
        assert_eq!(country.provider.stop().await, 0);
        let calls = (0..20).map(|_| tokio::spawn(country.call("GET", "/x").send()));
        for call in calls.collect::<Vec<_>>() {
            let reply = call.await.unwrap();
            assert_eq!(reply.fault(), "server.clientproxy.network_error", "{}", reply.text());
        }
        country.reopen_provider().await;
        country.offer(&backend);
        assert_eq!(country.call("GET", "/x").send().await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn nothing_passes_that_cannot_be_logged() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    assert_eq!(country.call("GET", "/x").send().await.status, StatusCode::OK);
    country.provider.node.ledger().clone().close().await;
    for method in ["GET", "POST"] {
        let reply = country.call(method, "/x").send().await;
        assert_eq!(reply.fault(), "server.serverproxy.logging_failed", "{}", reply.text());
    }
    country.consumer.node.ledger().clone().close().await;
    let reply = country.call("GET", "/x").send().await;
    assert_eq!(reply.fault(), "server.clientproxy.logging_failed");
    assert_eq!(backend.count(), 1, "what is not logged does not run");
}

#[tokio::test]
async fn more_messages_than_a_peer_may_have_open_are_refused_at_once() {
    let country = Country::found().await;
    let (slow, _dir) = Forger::of(&country).listen(&country, Answering::WhenToldTo);
    let call = || {
        let node = country.consumer.node.clone();
        let request = exchange::consumer::Request {
            client: CLIENT.parse().unwrap(),
            method: Method::GET,
            target: exchange::rest::Target::parse("/r1/VN/GOV/G99/forge/coins", None).unwrap(),
            headers: HeaderMap::new(),
            body: None,
        };
        tokio::spawn(async move {
            node.carry_request(request).await.map(|answered| answered.head.status).map_err(|fault| fault.kind)
        })
    };
    let waiting: Vec<_> = (0..IN_FLIGHT_A_PEER_LIMIT).map(|_| call()).collect();
    while slow.asked().len() < IN_FLIGHT_A_PEER_LIMIT {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(call().await.unwrap(), Err(exchange::Kind::Overloaded));
    slow.go.add_permits(Semaphore::MAX_PERMITS >> 1);
    for call in waiting {
        assert_eq!(call.await.unwrap(), Ok(StatusCode::OK));
    }
    assert_eq!(call().await.unwrap(), Ok(StatusCode::OK), "their room is free again");
}

/// A system that answers only once it may, and says when it has been asked.
async fn held(may: Arc<Semaphore>, asked: Arc<Notify>) -> Backend {
    Backend::start(move |_| {
        let (may, asked) = (may.clone(), asked.clone());
        async move {
            asked.notify_one();
            may.acquire().await.unwrap().forget();
            empty(StatusCode::OK)
        }
    })
    .await
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_nothing_behind() {
    let mut country = Country::found().await;
    let (may, asked) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
    let backend = held(may.clone(), asked.clone()).await;
    country.offer(&backend);
    for round in 0..3 {
        let mut stream = TcpStream::connect(country.consumer.systems).await.unwrap();
        let request = format!(
            "POST {TARGET}/x HTTP/1.1\r\nhost: n\r\ncontent-length: 1\r\nx-road-client: {CLIENT}\r\nx-lienthong-token: {TOKEN}\r\n\r\nx"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        asked.notified().await;
        drop(stream);
        may.add_permits(1);
        may.add_permits(1);
        assert_eq!(country.call("POST", "/y").send().await.status, StatusCode::OK, "round {round}");
        asked.notified().await;
    }
    assert_eq!(country.consumer.stop().await, 0);
    assert_eq!(country.provider.stop().await, 0);
    assert_eq!(backend.count(), 6);
}

#[tokio::test]
async fn a_node_that_goes_down_answers_what_it_has_taken() {
    for down in ["provider", "consumer"] {
        let mut country = Country::found().await;
        let (may, asked) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
        let backend = held(may.clone(), asked.clone()).await;
        country.offer(&backend);
        let calls: Vec<_> =
            (0..50).map(|_| tokio::spawn(country.call("POST", "/x").body("x").send())).collect();
        while backend.count() < calls.len() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let late = country.call("POST", "/late");
        let running = if down == "provider" { &mut country.provider } else { &mut country.consumer };
        let node = running.node.clone();
        let stopping = async {
            let given_up = running.stop().await;
            assert_eq!(given_up, 0, "{down}");
        };
        let rest = async {
            node.drain().begun().await;
            if down == "provider" {
                let reply = late.send().await;
                assert_eq!(reply.fault(), "server.serverproxy.maintenance_mode");
                assert_eq!(reply.header("retry-after"), Some("60"));
            }
            may.add_permits(100);
            for call in calls {
                let reply = call.await.unwrap();
                assert_eq!(
                    (reply.status, reply.fault()),
                    (StatusCode::OK, "none"),
                    "{down}: {}",
                    reply.text()
                );
            }
        };
        tokio::join!(stopping, rest);
        assert_eq!(backend.count(), 50);
    }
}

#[tokio::test]
async fn systems_of_the_process_call_like_any_other() {
    use system::Carrier as _;
    let (country, backend) =
        (Country::found().await, Backend::json(200, serde_json::json!({ "ok": 1 })).await);
    country.offer(&backend);
    let node = &country.consumer.node;
    assert_eq!(node.national_provider("population"), Some(MemberId::agency(PROVIDER)));
    assert_eq!(node.member_named("G99"), Some(MemberId::agency("G99")));
    assert_eq!((node.national_provider("nothing"), node.member_named("nothing")), (None, None));
    let outgoing = system::Outgoing {
        client: CLIENT.parse().unwrap(),
        service: crate::country::SERVICE.parse().unwrap(),
        method: "POST",
        path: "/look-up".into(),
        query: None,
        body: "{}".into(),
        context: contracts::Context::new("birth", "Luật Hộ tịch").in_case("hồ sơ 7"),
        message: Some("mine".into()),
    };
    let carried = node.carry(outgoing.clone()).await.unwrap();
    assert_eq!(
        (carried.status, &carried.body[..], carried.message.as_str()),
        (200, &b"{\"ok\":1}"[..], "mine")
    );
    let seen = backend.only();
    assert_eq!(
        (seen.header("x-road-id"), seen.header("content-type")),
        (Some("mine"), Some("application/json"))
    );
    assert_eq!(seen.header("x-lienthong-legal-basis"), Some("Lu%E1%BA%ADt H%E1%BB%99 t%E1%BB%8Bch"));
    records::catch_up(node.store(), node.ledger(), None).await.unwrap();
    assert_eq!(
        records::search(node.store(), &Search::newest(By::Case("hồ sơ 7".into()), 9)).await.unwrap().len(),
        1
    );
    assert_eq!(
        records::search(node.store(), &Search::newest(By::Any, 10)).await.unwrap()[0].id.to_string(),
        &*carried.receipt
    );

    country.provider.node.grant(vec![]);
    match node.carry(outgoing).await {
        Err(system::CallError::Exchange { kind, message }) => {
            assert_eq!(kind, "server.serverproxy.access_denied");
            assert!(message.contains("has no grant"), "{message}");
        }
        other => panic!("{other:?}"),
    }
}
