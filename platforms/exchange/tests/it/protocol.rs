//! What X-Road REST message protocol 1 promises to callers and to providers.

use crate::{
    backend::{Backend, empty},
    client,
    country::{BODY_LIMIT_BYTES, CLIENT, Country, Founding, SERVICE, TARGET, TOKEN},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use exchange::{Vocabulary, body::sha256};
use http::{Response, StatusCode};
use http_body_util::Full;

#[tokio::test]
async fn every_method_reaches_the_provider() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
        let reply = country.call(method, "/look-up").send().await;
        assert_eq!((reply.status, reply.fault()), (StatusCode::OK, "none"), "{method}");
        assert_eq!(backend.seen().last().unwrap().method.as_str(), method);
    }
}

#[tokio::test]
async fn paths_and_queries_arrive_byte_by_byte() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    for (called, arrives) in [
        ("", "/"),
        ("/", "/"),
        ("/look-up", "/look-up"),
        ("/a%20b/%E1%BA%BF/", "/a%20b/%E1%BA%BF/"),
        ("/12%2F2026", "/12%2F2026"),
        ("?", "/?"),
        ("/x?a=%2F&a=b&&c==;d+e%20f", "/x?a=%2F&a=b&&c==;d+e%20f"),
        ("?q=../..", "/?q=../.."),
    ] {
        let reply = country.call("GET", called).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{called}: {}", reply.text());
        assert_eq!(backend.seen().last().unwrap().target, arrives);
    }
    let encoded = "/r1/VN/GOV/G01/%70opulation/peo%70le/x";
    assert_eq!(country.call_target("GET", encoded).send().await.status, StatusCode::OK);
    assert_eq!(backend.seen().last().unwrap().target, "/x");
}

#[tokio::test]
async fn a_base_address_with_a_path_is_joined_without_doubling_slashes() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    for (base, called, arrives) in
        [("/api", "/x", "/api/x"), ("/api/", "/x", "/api/x"), ("/api", "", "/api"), ("", "", "/")]
    {
        crate::country::offer_people(&country.provider.node, &format!("{}{base}", backend.base()));
        country.call("GET", called).send().await;
        assert_eq!(backend.seen().last().unwrap().target, arrives, "{base} {called}");
    }
}

#[tokio::test]
async fn hostile_targets_are_refused_by_the_callers_own_node() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    for target in [
        "/",
        "/r2/VN/GOV/G01/population/people",
        "/r1/VN/GOV/G01/population",
        "/r1/VN/GOV/G01/a%2Fb/people",
        "/r1/VN/GOV/G01/population/people/../x",
        "/r1/VN/GOV/G01/population/people/%2e%2e/x",
        "/r1/VN/GOV/G01/population/people/%252e%252e/x",
        "/r1/VN/GOV/G01/population/people/%5c..%5cx",
    ] {
        let reply = country.call_target("GET", target).send().await;
        assert_eq!(
            (reply.status, reply.fault()),
            (StatusCode::BAD_REQUEST, "client.bad_request"),
            "{target}"
        );
    }
    assert_eq!(backend.count(), 0);
}

#[tokio::test]
async fn headers_travel_or_stay_behind() {
    let (country, backend) = (
        Country::found().await,
        Backend::start(|seen| async move {
            let mut answer = Response::new(Full::new(seen.body));
            for (name, value) in [
                ("server", "apache"),
                ("keep-alive", "timeout=5"),
                ("set-cookie", "a=1"),
                ("set-cookie", "b=2"),
                ("etag", "\"7\""),
                ("cache-control", "no-store"),
                ("x-own", "kept"),
                ("date", "Sat, 21 Nov 2026 03:00:00 GMT"),
                ("x-road-error", "forged"),
                ("x-road-request-hash", "forged"),
                ("x-road-service", "forged"),
                ("x-lienthong-receipt", "forged"),
                ("location", "/elsewhere"),
                ("www-authenticate", "Basic"),
                ("upgrade", "h2c"),
            ] {
                answer.headers_mut().append(name, value.parse().unwrap());
            }
            answer
        })
        .await,
    );
    country.offer(&backend);
    let mut call = country.call("POST", "/x").body("body");
    let sent = [
        ("accept", "application/json", true),
        ("content-type", "text/plain", true),
        ("cookie", "c=1", true),
        ("authorization", "Bearer x", true),
        ("cache-control", "no-cache", true),
        ("x-own", "own", true),
        ("x-road-userid", "VN123", true),
        ("x-road-issue", "h%E1%BB%93-s%C6%A1", true),
        ("x-road-represented-party", "COM/1", true),
        ("x-lienthong-purpose", "test", true),
        ("if-none-match", "\"1\"", true),
        ("user-agent", "curl", false),
        ("te", "trailers", false),
        ("keep-alive", "5", false),
        ("proxy-authorization", "x", false),
        ("proxy-authenticate", "x", false),
        ("upgrade", "h2c", false),
        ("server", "x", false),
        ("trailer", "x", false),
        ("x-road-request-hash", "forged", false),
        ("x-lienthong-time", "1", false),
        ("x-lienthong-node", "VN/GOV/G99", false),
        ("x-lienthong-fields", "all", false),
    ];
    for (name, value, _) in sent {
        call = call.header(name, value);
    }
    let reply = call.send().await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let seen = backend.only();
    for (name, value, travels) in sent {
        let arrived = seen.header(name).is_some_and(|arrived| arrived == value);
        assert_eq!(arrived, travels, "{name} on the way there");
    }
    assert_eq!(seen.header("x-lienthong-token"), None, "the token never travels");
    assert_eq!(seen.header("content-length"), Some("4"));
    assert_eq!(seen.headers.get_all("host").iter().count(), 1);

    for (name, values) in [
        ("server", vec![]),
        ("keep-alive", vec![]),
        ("upgrade", vec![]),
        ("x-road-error", vec![]),
        ("x-lienthong-time", vec![]),
        ("set-cookie", vec!["a=1", "b=2"]),
        ("etag", vec!["\"7\""]),
        ("cache-control", vec!["no-store"]),
        ("x-own", vec!["kept"]),
        ("date", vec!["Sat, 21 Nov 2026 03:00:00 GMT"]),
        ("x-road-service", vec![SERVICE]),
        ("x-road-client", vec![CLIENT]),
        ("location", vec!["/elsewhere"]),
        ("www-authenticate", vec!["Basic"]),
        ("content-length", vec!["4"]),
    ] {
        let arrived: Vec<_> =
            reply.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(arrived, values, "{name} on the way back");
    }
    assert_ne!(reply.header("x-road-request-hash"), Some("forged"));
    assert!(reply.receipt().starts_with("/receipts/"));
}

#[tokio::test]
async fn an_answer_without_a_date_gets_one() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let reply = country.call("GET", "/x").send().await;
    assert_eq!(reply.headers.get_all("date").iter().count(), 1);
    let fault = country.call_target("GET", "/r1/VN/GOV/G77/a/b").send().await;
    assert_eq!(fault.headers.get_all("date").iter().count(), 1);
}

#[tokio::test]
async fn message_identifiers_are_the_callers_or_made() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let reply = country.call("GET", "/x").header("x-road-id", "mine-1").send().await;
    assert_eq!(reply.header("x-road-id"), Some("mine-1"));
    assert_eq!(backend.seen()[0].header("x-road-id"), Some("mine-1"));
    let reply = country.call("GET", "/x").send().await;
    let made = reply.header("x-road-id").unwrap().strip_prefix("VN-").unwrap();
    assert!(made.parse::<uuid::Uuid>().is_ok());
    assert_eq!(backend.seen()[1].header("x-road-id"), reply.header("x-road-id"));
    let ids: Vec<_> =
        backend.seen().iter().map(|seen| seen.header("x-road-request-id").unwrap().to_owned()).collect();
    assert_ne!(ids[0], ids[1]);
    let forged = country.call("GET", "/x").header("x-road-request-id", &ids[0]).send().await;
    assert_ne!(forged.header("x-road-request-id"), Some(ids[0].as_str()), "a caller can't choose it");
}

#[tokio::test]
async fn the_request_hash_is_the_documented_one_and_new_with_every_call() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let mut hashes = Vec::new();
    for body in [None, Some(""), Some("body")] {
        for _ in 0..2 {
            let mut call = country
                .call("POST", "/x?a=1")
                .header("x-road-id", "same")
                .header("x-own", "one")
                .header("x-own", "two");
            if let Some(body) = body {
                call = call.header("content-length", &body.len().to_string()).body(body);
            }
            let reply = call.send().await;
            let seen = backend.seen().last().unwrap().clone();
            // The head is the first line, the target and the headers in the order in which the provider gets them.
            let mut head = format!("POST\r\n{TARGET}/x?a=1\r\n");
            for (name, value) in &seen.headers {
                if !["host", "content-length"].contains(&name.as_str()) {
                    head.push_str(&format!("{name}:{}\r\n", value.to_str().unwrap()));
                }
            }
            let head = sha256(&[head.as_bytes()]);
            let hash = match body {
                Some(body) => sha256(&[&head, &sha256(&[body.as_bytes()])]),
                None => sha256(&[&head]),
            };
            let said = reply.header("x-road-request-hash").unwrap().to_owned();
            assert!(
                said == BASE64.encode(hash)
                    || body.is_none() && said == BASE64.encode(sha256(&[&head, &sha256(&[b""])])),
                "{body:?}"
            );
            hashes.push(said);
        }
    }
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 6);
}

#[tokio::test]
async fn the_providers_status_and_body_stay_as_they_are() {
    let (country, backend) = (
        Country::found().await,
        Backend::start(|seen| async move {
            let status = seen.target.trim_start_matches('/').parse().unwrap();
            let mut answer = Response::new(Full::new(if [204, 304].contains(&status) {
                Bytes::new()
            } else {
                Bytes::from_static(b"{\"own\":1}")
            }));
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            if status == 302 {
                answer.headers_mut().insert("location", "http://127.0.0.1:1/".parse().unwrap());
            }
            answer
        })
        .await,
    );
    country.offer(&backend);
    for status in [200, 201, 202, 204, 301, 302, 304, 400, 401, 404, 409, 418, 422, 500, 503] {
        let reply = country.call("GET", &format!("/{status}")).send().await;
        assert_eq!((reply.status.as_u16(), reply.fault()), (status, "none"));
        let body: &[u8] = if [204, 304].contains(&status) { b"" } else { b"{\"own\":1}" };
        assert_eq!(reply.body, body, "{status}");
        if status == 204 {
            assert_eq!(reply.header("content-length"), None, "an answer without content says no length");
        }
    }
    assert_eq!(backend.count(), 15, "redirects are not followed");
}

#[tokio::test]
async fn an_answer_to_head_says_what_the_provider_says_and_has_no_body() {
    let (country, backend) = (
        Country::found().await,
        Backend::start(|_| async {
            let mut answer = Response::new(Full::new(Bytes::from_static(b"twelve bytes")));
            answer.headers_mut().insert("etag", "\"1\"".parse().unwrap());
            answer
        })
        .await,
    );
    country.offer(&backend);
    let text = format!(
        "HEAD {TARGET}/x HTTP/1.1\r\nhost: n\r\nconnection: close\r\nx-road-client: {CLIENT}\r\nx-lienthong-token: {TOKEN}\r\n\r\n"
    );
    let answer = client::raw(country.consumer.systems, &text).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("etag: \"1\"\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "no body: {answer}");
    assert!(!answer.contains("content-length: 0"), "the length that a GET would have is not 0: {answer}");
}

#[tokio::test]
async fn faults_take_the_form_and_the_words_that_the_caller_knows() {
    for (vocabulary, unknown, bad) in [
        (Vocabulary::Snake, "server.clientproxy.unknown_member", "client.bad_request"),
        (Vocabulary::Camel, "Server.ClientProxy.UnknownMember", "Client.BadRequest"),
    ] {
        let country = Country::found_with(Founding { vocabulary, body_limit_bytes: BODY_LIMIT_BYTES }).await;
        for (accept, media_type) in [
            ("*/*", "application/json;charset=utf-8"),
            ("application/json, text/xml", "application/json;charset=utf-8"),
            ("text/xml", "text/xml;charset=utf-8"),
            ("application/xml", "application/xml;charset=utf-8"),
            ("text/*", "text/xml;charset=utf-8"),
        ] {
            for (target, status, kind) in [("/r1/VN/GOV/G77/a/b", 500, unknown), ("/r2/x", 400, bad)] {
                let reply = country.call_target("GET", target).header("accept", accept).send().await;
                assert_eq!(
                    (reply.status.as_u16(), reply.fault(), reply.header("content-type")),
                    (status, kind, Some(media_type))
                );
                if media_type.starts_with("application/json") {
                    let document = reply.json();
                    assert_eq!(document["type"], kind);
                    assert!(
                        document["message"].as_str().is_some_and(|text| !text.is_empty())
                            && document["detail"].is_string()
                    );
                } else {
                    assert!(
                        reply.text().contains(&format!("<error><type>{kind}</type><message>")),
                        "{}",
                        reply.text()
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn who_is_unknown_is_told_by_the_side_that_knows() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    for (target, kind) in [
        ("/r1/VN/GOV/G77/population/people", "server.clientproxy.unknown_member"),
        ("/r1/XX/GOV/G01/population/people", "server.clientproxy.unknown_member"),
        ("/r1/VN/GOV/G01/nothing/people", "server.clientproxy.unknown_member"),
        ("/r1/VN/GOV/G01/population/nothing", "server.serverproxy.unknown_service"),
    ] {
        let reply = country.call_target("GET", target).send().await;
        assert_eq!((reply.status.as_u16(), reply.fault()), (500, kind), "{target}");
    }
    assert_eq!(backend.count(), 0);
}

#[tokio::test]
async fn a_service_that_is_switched_off_says_why() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let system = "VN/GOV/G01/population".parse().unwrap();
    let mut offer = exchange::Offer::http(&system, "people", &backend.base()).unwrap();
    offer.disabled = Some("moving house until Monday".into());
    country.provider.node.offer(vec![offer]);
    let reply = country.call("GET", "/x").send().await;
    assert_eq!(reply.fault(), "server.serverproxy.service_disabled");
    assert!(reply.text().contains("moving house until Monday"));
    assert_eq!(backend.count(), 0);
}

#[tokio::test]
async fn the_last_of_several_client_headers_counts() {
    let (country, backend) =
        (Country::found().await, Backend::start(|_| async { empty(StatusCode::OK) }).await);
    country.offer(&backend);
    let call = country
        .call("GET", "/x")
        .without("x-road-client")
        .header("x-road-client", "VN/GOV/G01/other")
        .header("x-road-client", CLIENT);
    assert_eq!(call.send().await.status, StatusCode::OK);
    let seen = backend.only();
    assert_eq!(seen.headers.get_all("x-road-client").iter().collect::<Vec<_>>(), [CLIENT]);
}
