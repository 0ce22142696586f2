//! Many calls at once.

use crate::{
    backend::{Backend, empty},
    client::Call,
    country::{CLIENT, CONSUMER, Country, TARGET, TOKEN},
};
use bytes::Bytes;
use exchange::{Credential, SystemEntry, receipt};
use http::StatusCode;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_noisy_system_starves_no_other() {
    const QUIET: &str = "VN/GOV/G22/letters";
    let country = Country::found().await;
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (running, peak) = (now.clone(), most.clone());
    let backend = Backend::start(move |seen| {
        let (running, peak) = (running.clone(), peak.clone());
        async move {
            if seen.target.ends_with("/slow") {
                peak.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(100)).await;
                running.fetch_sub(1, Ordering::SeqCst);
            }
            empty(StatusCode::OK)
        }
    })
    .await;
    country.offer(&backend);
    country.change_directory(|directory| {
        let consumer = directory.members.iter_mut().find(|member| member.id.code == CONSUMER).unwrap();
        let letters = SystemEntry { code: "letters".into(), ..consumer.systems[0].clone() };
        consumer.systems.push(letters);
    });
    let token_sha256 = Some(*ledger::Hash::of(TOKEN.as_bytes()).as_bytes());
    let credential = Credential { token_sha256, fingerprints: Vec::new() };
    let both = [CLIENT, QUIET].map(|system| (system.parse().unwrap(), credential.clone()));
    country.consumer.node.admit_systems(HashMap::from(both));
    country.consumer.node.limit_calls(20);
    let systems = country.consumer.systems;
    let call = move |client: &str, path: &str| {
        Call::new(systems, "GET", &format!("{TARGET}{path}"))
            .header("x-road-client", client)
            .header("x-lienthong-token", TOKEN)
    };
    let stop = Arc::new(AtomicBool::new(false));
    let noisy: Vec<_> = (0..60)
        .map(|_| {
            let stop = stop.clone();
            tokio::spawn(async move {
                let mut refused = 0;
                while !stop.load(Ordering::SeqCst) {
                    let reply = call(CLIENT, "/slow").send().await;
                    if reply.status != StatusCode::OK {
                        assert_eq!(reply.fault(), "server.clientproxy.overloaded");
                        assert!(reply.header("retry-after").is_some());
                        refused += 1;
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                }
                refused
            })
        })
        .collect();
    while now.load(Ordering::SeqCst) < 16 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for number in 0..50 {
        let reply = call(QUIET, "/quick").send().await;
        assert_eq!(reply.status, StatusCode::OK, "the quiet system's call {number}: {}", reply.text());
    }
    stop.store(true, Ordering::SeqCst);
    let mut refused = 0;
    for caller in noisy {
        refused += caller.await.unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), 16, "four fifths of the places");
    assert!(refused > 0, "the noisy system wanted more than its share");
}
