//! Many calls at once.

use crate::{backend::Backend, country::Country};
use bytes::Bytes;
use exchange::receipt;
use http::StatusCode;
use std::sync::Arc;
use tokio::sync::Semaphore;

const CALLS: usize = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_at_once_are_all_answered_and_proven() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let lengths = [0, 1, 64, 1_000, 60_000, 65_536, 65_537, 200_000];
    // More at once only open more sockets in this one process; how many messages may be in flight is tested apart.
    let at_once = Arc::new(Semaphore::new(100));
    let calls: Vec<_> = (0..CALLS)
        .map(|i| {
            let body: Bytes = vec![i as u8; lengths[i % lengths.len()]].into();
            let (call, at_once) =
                (country.call("POST", &format!("/{i}")).body(body.clone()), at_once.clone());
            tokio::spawn(async move {
                let _permit = at_once.acquire().await.unwrap();
                (call.send().await, body)
            })
        })
        .collect();
    let mut ids = Vec::new();
    for call in calls {
        let (reply, body) = call.await.unwrap();
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        assert!(reply.body == body);
        ids.push((reply.receipt().trim_start_matches("/receipts/").parse().unwrap(), body));
    }
    let anchor = country.centre.verifier_key();
    for (i, (id, body)) in ids.iter().enumerate() {
        let node = if i % 2 == 0 { &country.consumer.node } else { &country.provider.node };
        let receipt = receipt::of_message(node, *id).await.unwrap().unwrap();
        assert_eq!(receipt.verify(&anchor, Some(body)).unwrap().status.as_deref(), Some("200 OK"));
    }
    assert_eq!(backend.count(), CALLS);
    let tallies = country.consumer.node.traffic().tallies();
    assert_eq!((tallies[0].2.calls, tallies[0].2.failures), (CALLS as u64, 0));
}
