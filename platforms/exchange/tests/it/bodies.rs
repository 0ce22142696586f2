//! Bodies of every length, announced or not.

use crate::{
    backend::Backend,
    country::{BODY_LIMIT_BYTES, CLIENT, Country, TARGET, TOKEN},
};
use bytes::Bytes;
use http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

fn pattern(length: usize) -> Bytes {
    (0..length).map(|i| (i % 251) as u8).collect()
}

#[tokio::test]
async fn bodies_of_every_length_go_there_and_back() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 10 * 1024 * 1024, BODY_LIMIT_BYTES as usize] {
        let body = pattern(length);
        let reply = country
            .call("POST", "/x")
            .header("content-length", &length.to_string())
            .body(body.clone())
            .send()
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{length}: {}", reply.text());
        assert!(reply.body == body, "{length}");
        assert_eq!(reply.header("content-length"), Some(length.to_string().as_str()));
        let seen = backend.seen().last().unwrap().clone();
        assert_eq!(seen.header("content-length"), Some(length.to_string().as_str()));
        assert_eq!(seen.header("transfer-encoding"), None);
        assert!(seen.body == body);
    }
}

#[tokio::test]
async fn chunked_bodies_arrive_whole_with_their_length() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    for parts in
        [vec![], vec![pattern(1)], vec![pattern(40_000), pattern(40_000)], vec![pattern(1_000_000); 3]]
    {
        let whole = parts.concat();
        let reply = country.call("PUT", "/x").chunked(parts).send().await;
        assert_eq!(reply.status, StatusCode::OK);
        assert!(reply.body == whole);
        assert_eq!(
            backend.seen().last().unwrap().header("content-length"),
            Some(whole.len().to_string().as_str())
        );
    }
}

#[tokio::test]
async fn a_request_over_the_limit_is_refused_before_it_leaves() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let over = pattern(BODY_LIMIT_BYTES as usize + 1);
    let announced = country.call("POST", "/x").body(over.clone());
    let chunked =
        country.call("POST", "/x").chunked(over.chunks(1 << 20).map(Bytes::copy_from_slice).collect());
    for call in [announced, chunked] {
        let reply = call.send().await;
        assert_eq!((reply.status, reply.fault()), (StatusCode::BAD_REQUEST, "client.bad_request"));
        assert!(reply.text().contains(&BODY_LIMIT_BYTES.to_string()), "{}", reply.text());
    }
    assert_eq!(backend.count(), 0);
    assert_eq!(country.consumer.node.ledger().checkpoint().checkpoint.size, 0, "nothing was sealed");
}

#[tokio::test]
async fn an_answer_over_the_limit_is_a_fault_of_the_service() {
    let country = Country::found().await;
    let over = pattern(BODY_LIMIT_BYTES as usize + 1);
    let backend = Backend::start(move |_| {
        let answer = http::Response::new(http_body_util::Full::new(over.clone()));
        async move { answer }
    })
    .await;
    country.offer(&backend);
    let reply = country.call("GET", "/x").send().await;
    assert_eq!((reply.status.as_u16(), reply.fault()), (500, "server.serverproxy.service_failed"));
}

#[tokio::test]
async fn who_asks_before_sending_a_body_is_told_to_go_on_or_not() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    for (length, goes_on) in [(4, true), (BODY_LIMIT_BYTES + 1, false)] {
        let mut stream = TcpStream::connect(country.consumer.systems).await.unwrap();
        let head = format!(
            "POST {TARGET}/x HTTP/1.1\r\nhost: n\r\nexpect: 100-continue\r\nconnection: close\r\nx-road-client: {CLIENT}\r\nx-lienthong-token: {TOKEN}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, if goes_on { b"HTTP/1.1 100" } else { b"HTTP/1.1 400" });
        if goes_on {
            stream.write_all(b"body").await.unwrap();
            let mut rest = String::new();
            stream.read_to_string(&mut rest).await.unwrap();
            assert!(rest.contains("HTTP/1.1 200 OK") && rest.ends_with("body"), "{rest}");
        }
    }
}

#[tokio::test]
async fn headers_over_the_limit_are_refused() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let mut call = country.call("GET", "/x");
    for _ in 0..7 {
        call = call.header("x-long", &"x".repeat(8_190));
    }
    let reply = call.send().await;
    assert_eq!((reply.status, reply.fault()), (StatusCode::BAD_REQUEST, "client.bad_request"));
    assert_eq!(backend.count(), 0);
}
