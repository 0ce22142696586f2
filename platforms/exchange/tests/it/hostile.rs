//! Peers that lie: whatever they send is refused, nothing of it runs, and nobody else notices.

use crate::{
    backend::Backend,
    client::Call,
    country::{CLIENT, Country, FORGER, PROVIDER, TARGET, TOKEN, identity, start_of_tests},
    peer::{Answering, Draft, Forger, replaced},
};
use bytes::Bytes;
use contracts::MemberId;
use exchange::{
    body::Body,
    message::Event,
    wire::{Abort, AbortKind, Envelope, LinkError},
};
use http::StatusCode;
use jiff::SignedDuration;
use pki::{Authority, Validity};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Why the provider's node refused.
fn refusal(outcome: Result<Envelope, LinkError>) -> String {
    match outcome {
        Err(LinkError::Aborted { kind: AbortKind::Refused, reason, .. }) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

fn flipped(bytes: &Bytes, at: usize) -> Bytes {
    let mut copy = bytes.to_vec();
    copy[at] ^= 1;
    copy.into()
}

#[tokio::test]
async fn what_was_altered_after_sealing_is_refused() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let forger = Forger::of(&country);
    // So that a proof has hashes in it.
    for _ in 0..3 {
        assert_eq!(forger.honest(&country).await, StatusCode::OK);
    }
    let before = backend.count();
    type Change = fn(Envelope) -> Envelope;
    let changes: [(&str, Change, &str); 13] = [
        (
            "head",
            |e| Envelope { head: replaced(&e.head, "x-own:own", "x-own:0wn"), ..e },
            "altered or never sealed",
        ),
        (
            "path",
            |e| Envelope { head: replaced(&e.head, "people/x", "people/y"), ..e },
            "altered or never sealed",
        ),
        (
            "body",
            |e| Envelope { body: Some(Body::from_bytes(Bytes::from_static(b"b0dy"))), ..e },
            "altered or never sealed",
        ),
        ("body gone", |e| Envelope { body: None, ..e }, "altered or never sealed"),
        ("salt", |e| Envelope { seal: flipped(&e.seal, 0), ..e }, "altered or never sealed"),
        ("index", |e| Envelope { seal: flipped(&e.seal, 23), ..e }, "altered or never sealed"),
        ("proof", |e| Envelope { seal: flipped(&e.seal, 30), ..e }, "altered or never sealed"),
        ("checkpoint", |e| Envelope { seal: flipped(&e.seal, e.seal.len() - 20), ..e }, "not the sender's"),
        ("seal cut short", |e| Envelope { seal: e.seal.slice(..e.seal.len() - 1), ..e }, "can't be read"),
        (
            "seal with more",
            |e| Envelope { seal: [&e.seal[..], b"more"].concat().into(), ..e },
            "can't be read",
        ),
        ("no seal", |e| Envelope { seal: Bytes::new(), ..e }, "can't be read"),
        (
            "head that is no text",
            |e| Envelope { head: Bytes::from_static(b"\xff\xfe"), ..e },
            "can't be read",
        ),
        ("no head", |e| Envelope { head: Bytes::new(), ..e }, "can't be read"),
    ];
    for (case, change, words) in changes {
        let envelope = change(forger.seal(forger.draft()).await);
        let reason = refusal(forger.send(&country, envelope).await);
        assert!(reason.contains(words), "{case}: {reason}");
    }
    assert_eq!(backend.count(), before, "nothing of it ran");
    assert_eq!(forger.honest(&country).await, StatusCode::OK, "the connection goes on");
}

#[tokio::test]
async fn what_a_peer_may_not_say_is_refused_though_it_is_sealed() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let forger = Forger::of(&country);
    let now = start_of_tests().as_microsecond();
    let second = 1_000_000;
    type Change = Box<dyn FnOnce(Draft) -> Draft>;
    let changes: Vec<(&str, Change, &str)> = vec![
        (
            "another member's system",
            Box::new(|d| Draft { client: "VN/GOV/G22/portal".into(), ..d }),
            "does not serve VN/GOV/G22",
        ),
        (
            "a member that is not",
            Box::new(|d| Draft { client: "VN/GOV/G77/portal".into(), ..d }),
            "does not serve VN/GOV/G77",
        ),
        ("no client", Box::new(|d| Draft { client: String::new(), ..d }), "X-Road-Client is missing"),
        (
            "another node's member",
            Box::new(|d| Draft { target: "/r1/VN/GOV/G22/portal/notices".into(), ..d }),
            "does not serve VN/GOV/G22",
        ),
        (
            "sealed for another node",
            Box::new(|d| Draft { node: "VN/GOV/G01/2".into(), ..d }),
            "sealed for node \"VN/GOV/G01/2\"",
        ),
        ("sealed for no node", Box::new(|d| Draft { node: String::new(), ..d }), "sealed for node \"\""),
        ("no id", Box::new(|d| Draft { id: None, ..d }), "no request id"),
        ("an id that is none", Box::new(|d| Draft { id: Some("seven".into()), ..d }), "no request id"),
        ("the wrong event", Box::new(|d| Draft { event: Event::AnswerSent, ..d }), "altered or never sealed"),
        ("old", Box::new(move |d| Draft { time: Some(now - 301 * second), ..d }), "sealed too long ago"),
        ("no time", Box::new(|d| Draft { time: None, ..d }), "does not say when it was sealed"),
        (
            "from the future",
            Box::new(move |d| Draft { time: Some(now + 61 * second), ..d }),
            "sealed in the future",
        ),
    ];
    for (case, change, words) in changes {
        let envelope = forger.seal(change(forger.draft())).await;
        let reason = refusal(forger.send(&country, envelope).await);
        assert!(reason.contains(words), "{case}: {reason}");
    }
    let foreign = forger.seal_in(&forger.other_ledger(), forger.draft()).await;
    assert!(refusal(forger.send(&country, foreign).await).contains("not the sender's"));
    assert_eq!(backend.count(), 0);
    for ahead in [-299, 59] {
        let envelope = forger.seal(Draft { time: Some(now + ahead * second), ..forger.draft() }).await;
        assert!(forger.send(&country, envelope).await.is_ok(), "clocks may differ by {ahead} s");
    }
}

#[tokio::test]
async fn a_message_is_taken_once_also_by_a_node_that_has_restarted() {
    let (mut country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let forger = Forger::of(&country);
    // One that reads, one that writes, one that is denied, one whose sender's clock is fast.
    let mut denied = forger.draft();
    denied.target = "/r1/VN/GOV/G01/population/nothing".into();
    let fast = Draft {
        time: Some((start_of_tests() + SignedDuration::from_secs(59)).as_microsecond()),
        ..forger.draft()
    };
    let reading = Draft { method: http::Method::GET, ..forger.draft() };
    let mut messages = Vec::new();
    for draft in [reading, forger.draft(), denied, fast] {
        let envelope = forger.seal(draft).await;
        assert!(forger.send(&country, envelope.clone()).await.is_ok());
        messages.push(envelope);
    }
    assert_eq!(backend.count(), 3);
    for round in ["the same node", "after a restart", "as late as may be"] {
        for message in &messages {
            let reason = refusal(forger.send_again(&country, message).await);
            let late = round == "as late as may be" && reason.contains("too long ago");
            assert!(reason.contains("has come before") || late, "{round}: {reason}");
        }
        if round == "the same node" {
            country.restart_provider().await;
            country.offer(&backend);
        } else {
            country.clock.advance(SignedDuration::from_secs(355));
            country.restart_provider().await;
            country.offer(&backend);
        }
    }
    assert_eq!(backend.count(), 3, "nothing ran twice");
}

#[tokio::test]
async fn a_clock_that_was_fast_at_a_restart_lets_nothing_in_twice() {
    let (mut country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let forger = Forger::of(&country);
    let message = forger.seal(forger.draft()).await;
    assert!(forger.send(&country, message.clone()).await.is_ok());
    let hour = SignedDuration::from_hours(1);
    country.clock.advance(hour);
    country.restart_provider().await;
    country.offer(&backend);
    country.clock.advance(-hour);
    let reason = refusal(forger.send_again(&country, &message).await);
    assert!(reason.contains("may have come before this node was started"), "{reason}");
    assert_eq!(backend.count(), 1);
    country.clock.advance(SignedDuration::from_secs(61));
    assert_eq!(forger.honest(&country).await, StatusCode::OK, "what is sealed later is taken");
}

#[tokio::test]
async fn frames_that_break_the_form_end_their_own_connection_only() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let (forger, other) = (Forger::of(&country), Forger::of(&country));
    assert_eq!(other.honest(&country).await, StatusCode::OK);
    let frame = |length: u32, kind: u8, content: &[u8]| {
        [&length.to_be_bytes()[..], &[kind], &7u64.to_be_bytes(), content].concat()
    };
    for (case, bytes) in [
        ("unknown kind", frame(0, 9, b"")),
        ("kind 0", frame(0, 0, b"")),
        ("over the limit", frame(u32::MAX, 1, b"")),
        ("a message that is none", frame(4, 1, b"\xff\xff\xff\xff")),
        ("an empty message", frame(0, 1, b"")),
        ("a head over the limit", frame(8, 1, b"\x00\x10\x00\x00head")),
        ("plain HTTP", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
    ] {
        let mut stream = forger.stream(&country).await;
        stream.write_all(&bytes).await.unwrap();
        let mut rest = Vec::new();
        // However it ends, it ends, and nothing was answered.
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty(), "{case}");
    }
    // Cut off in the middle, parts of nothing, aborts of nothing: all harmless.
    for bytes in [
        frame(100, 1, b"only this"),
        frame(4, 2, b"part"),
        frame(5, 3, b"\x01stop"),
        frame(0, 3, b""),
        frame(0, 4, b""),
        b"\x00".to_vec(),
    ] {
        let mut stream = forger.stream(&country).await;
        stream.write_all(&bytes).await.unwrap();
        stream.shutdown().await.unwrap();
    }
    assert_eq!(other.honest(&country).await, StatusCode::OK);
    assert_eq!(country.call("GET", "/x").send().await.status, StatusCode::OK);
    assert_eq!(backend.count(), 3);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_comes() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let forger = Forger::of(&country);
    // In memory it could not be sent at all: only a body in a file travels in parts.
    let mut writer = exchange::body::BodyWriter::new(std::sync::Arc::new(std::env::temp_dir()), u64::MAX);
    for _ in 0..13 {
        writer.write(&vec![0; 1 << 20]).unwrap();
    }
    let mut envelope = forger.seal(forger.draft()).await;
    envelope.body = Some(writer.finish());
    assert!(refusal(forger.send(&country, envelope).await).contains("larger than 12582912 bytes"));
    assert_eq!(forger.honest(&country).await, StatusCode::OK);
}

#[tokio::test]
async fn a_peer_that_does_not_take_its_answers_is_read_no_further() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let forger = Forger::of(&country);
    let mut stream = forger.stream(&country).await;
    // Each is refused with a reason, and the reasons are not read: memory stays bounded, and others are served.
    let frame = [&4u32.to_be_bytes()[..], &[1], &7u64.to_be_bytes()].concat();
    let content = [&1u32.to_be_bytes()[..], b"x", &0u32.to_be_bytes(), &u64::MAX.to_be_bytes()].concat();
    let message = [&(content.len() as u32).to_be_bytes()[..], &frame[4..], &content].concat();
    let flood = message.repeat(2_000);
    let mut written = 0;
    while written < 64 << 20 {
        match tokio::time::timeout(std::time::Duration::from_millis(500), stream.write_all(&flood)).await {
            Ok(Ok(())) => written += flood.len(),
            _ => break,
        }
    }
    assert!(written < 64 << 20, "the flood was stemmed");
    assert_eq!(country.call("GET", "/x").send().await.status, StatusCode::OK, "others are served");
}

#[tokio::test]
async fn who_is_not_in_the_directory_gets_no_connection() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let now = start_of_tests();
    let another_authority = Authority::create("Another root", Validity::days(now, 3650).unwrap()).unwrap();
    let refused = async |case: &str, forger: Forger| {
        let outcome = forger.send(&country, forger.seal(forger.draft()).await).await;
        assert!(
            matches!(outcome, Err(LinkError::Unreachable { .. } | LinkError::Broken { .. })),
            "{case}: {outcome:?}"
        );
    };
    let with = |identity| Forger::with(&country, identity);
    refused("of another authority", with(identity(&another_authority, FORGER, now, 365))).await;
    refused("not listed", with(identity(&country.authority, "G98", now, 365))).await;
    refused("expired", with(identity(&country.authority, FORGER, now - SignedDuration::from_hours(48), 1)))
        .await;
    refused(
        "not valid yet",
        with(identity(&country.authority, FORGER, now + SignedDuration::from_hours(48), 1)),
    )
    .await;

    let pinned = identity(&country.authority, FORGER, now, 365);
    let fingerprint = pinned.current().fingerprint();
    country.change_directory(|directory| directory.nodes[2].fingerprints = vec![fingerprint]);
    refused("of another fingerprint", Forger::of(&country)).await;
    assert_eq!(with(pinned).honest(&country).await, StatusCode::OK);
    assert_eq!(backend.count(), 1);
}

#[tokio::test]
async fn a_withdrawn_certificate_ends_connections_that_are_open() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let forger = Forger::of(&country);
    assert_eq!(forger.honest(&country).await, StatusCode::OK);
    country.change_directory(|directory| directory.nodes[2].fingerprints = vec!["0".repeat(64)]);
    for _ in 0..3 {
        let outcome = forger.send(&country, forger.seal(forger.draft()).await).await;
        assert!(
            matches!(outcome, Err(LinkError::Unreachable { .. } | LinkError::Broken { .. })),
            "{outcome:?}"
        );
    }
    country.change_directory(|directory| directory.nodes[2].fingerprints.clear());
    assert_eq!(forger.honest(&country).await, StatusCode::OK);

    let brief = Forger::with(&country, identity(&country.authority, FORGER, start_of_tests(), 1));
    // A ledger that began anew would give its messages the indices of those before.
    for _ in 0..9 {
        brief.ledger.append(b"filler".to_vec()).await.unwrap();
    }
    assert_eq!(brief.honest(&country).await, StatusCode::OK);
    country.clock.advance(SignedDuration::from_hours(25));
    let outcome = brief.send(&country, brief.seal(brief.draft()).await).await;
    assert!(
        matches!(outcome, Err(LinkError::Unreachable { .. } | LinkError::Broken { .. })),
        "expired while open: {outcome:?}"
    );
    assert_eq!(backend.count(), 3);
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_also_on_open_connections() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let forger = Forger::of(&country);
    assert_eq!(forger.honest(&country).await, StatusCode::OK);
    let revoked = forger.identity.current();
    for fingerprint in
        [revoked.fingerprint(), pki::certificate::key_fingerprint(revoked.certificate()).unwrap()]
    {
        country.change_directory(|directory| directory.revoked = vec![fingerprint.to_ascii_uppercase()]);
        for _ in 0..3 {
            let outcome = forger.send(&country, forger.seal(forger.draft()).await).await;
            assert!(
                matches!(outcome, Err(LinkError::Unreachable { .. } | LinkError::Broken { .. })),
                "{outcome:?}"
            );
        }
        country.change_directory(|directory| directory.revoked.clear());
        assert_eq!(forger.honest(&country).await, StatusCode::OK);
    }
    assert_eq!(country.call("GET", "/x").send().await.status, StatusCode::OK);
    let provider = country.provider.identity.current().fingerprint();
    country.change_directory(|directory| directory.revoked = vec![provider]);
    let reply = country.call("GET", "/x").send().await;
    assert_eq!(reply.fault(), "server.clientproxy.network_error", "nor is a revoked provider called");
    assert_eq!(backend.count(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_rolled_and_revoked_without_a_message_lost() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (systems, stop) = (country.consumer.systems, stop.clone());
            tokio::spawn(async move {
                let mut answered = 0;
                while !stop.load(Ordering::SeqCst) {
                    let call = Call::new(systems, "POST", &format!("{TARGET}/x"))
                        .header("x-road-client", CLIENT)
                        .header("x-lienthong-token", TOKEN);
                    let reply = call.body("x").send().await;
                    assert_eq!(reply.status, StatusCode::OK, "after {answered}: {}", reply.text());
                    answered += 1;
                }
                answered
            })
        })
        .collect();
    let mut revoked = Vec::new();
    for days in 100..106 {
        for running in [&country.consumer, &country.provider] {
            let before = backend.count();
            while backend.count() < before + 20 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let old = running.identity.current().fingerprint();
            let renewed = identity(&country.authority, running.code, start_of_tests(), days);
            running.identity.replace((*renewed.current()).clone()).unwrap();
            // What was sent with the old one is answered before it is revoked.
            tokio::time::sleep(Duration::from_millis(50)).await;
            revoked.push(old);
            country.change_directory(|directory| directory.revoked.clone_from(&revoked));
        }
    }
    stop.store(true, Ordering::SeqCst);
    let mut answered = 0;
    for caller in callers {
        answered += caller.await.unwrap();
    }
    assert_eq!((backend.count(), revoked.len()), (answered, 12), "each was run once");
}

#[tokio::test]
async fn a_provider_that_shows_a_wrong_certificate_is_not_called() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    assert_eq!(country.call("GET", "/x").send().await.status, StatusCode::OK);
    country.change_directory(|directory| directory.nodes[1].fingerprints = vec!["0".repeat(64)]);
    let reply = country.call("GET", "/x").send().await;
    assert_eq!(reply.fault(), "server.clientproxy.network_error", "also not on the connection that is open");
    assert!(reply.text().contains(PROVIDER), "{}", reply.text());
    country.change_directory(|directory| {
        directory.nodes[1].fingerprints.clear();
        // Where the directory says that the provider listens, the forger does.
        directory.nodes[1].address = directory.nodes[2].address.clone();
    });
    let (liar, _dir) = Forger::of(&country).listen(&country, Answering::Honestly);
    assert_eq!(country.call("GET", "/x").send().await.fault(), "server.clientproxy.network_error");
    assert!(liar.asked().is_empty());
    assert_eq!(backend.count(), 1);
}

#[tokio::test]
async fn answers_that_lie_are_not_handed_over() {
    let country = Country::found().await;
    let (liar, _dir) = Forger::of(&country).listen(&country, Answering::Honestly);
    let call = || country.call_target("POST", "/r1/VN/GOV/G99/forge/coins").body("order").send();
    assert_eq!(call().await.text(), "coins");
    let (invalid, failed) = ("server.clientproxy.invalid_request", "server.serverproxy");
    let abort = |kind| Answering::Not(Abort { kind, reason: "so it is".into() });
    for (answering, kind, words) in [
        (Answering::WithAnotherHead, invalid.to_owned(), "altered or never sealed"),
        (Answering::WithAnotherBody, invalid.into(), "altered or never sealed"),
        (Answering::WithoutItsBody, invalid.into(), "altered or never sealed"),
        (Answering::ToAnotherRequest, invalid.into(), "answers another request"),
        (Answering::WithoutTheHash, invalid.into(), "answers another request"),
        (Answering::UnderAnotherId, invalid.into(), "altered or never sealed"),
        (Answering::AsAnotherEvent, invalid.into(), "altered or never sealed"),
        (Answering::FromAnotherLedger, invalid.into(), "not the sender's"),
        (Answering::WithAnOldAnswer, invalid.into(), "altered or never sealed"),
        (Answering::WithABrokenSeal, invalid.into(), "can't be read"),
        (Answering::WithABrokenHead, invalid.into(), "can't be read"),
        (abort(AbortKind::Refused), format!("{failed}.invalid_request"), "so it is"),
        (abort(AbortKind::Overloaded), format!("{failed}.overloaded"), "so it is"),
        (abort(AbortKind::GoingDown), format!("{failed}.maintenance_mode"), "so it is"),
        (abort(AbortKind::Failed), format!("{failed}.logging_failed"), "so it is"),
    ] {
        liar.answers(answering.clone());
        let reply = call().await;
        assert_eq!((reply.status.as_u16(), reply.fault()), (500, kind.as_str()), "{answering:?}");
        assert!(
            reply.text().contains(words) && !reply.text().contains("coins"),
            "{answering:?}: {}",
            reply.text()
        );
    }
    liar.answers(Answering::Honestly);
    assert_eq!(call().await.text(), "coins");
}

#[tokio::test]
async fn directories_are_the_centres_and_never_older() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let keeper = country.consumer.node.keeper();
    let directory = country.directory.lock().unwrap().clone();
    country.change_directory(|_| {});
    let forged = directory.clone().sign(&crate::country::ledger_signer(FORGER)).unwrap();
    let altered = keeper.current().unwrap().note.replace("\"version\":2", "\"version\":3");
    for (case, note, words) in [
        ("another signer's", forged, "not signed by the centre's key"),
        ("altered", altered, "not signed by the centre's key"),
        ("older", directory.clone().sign(&country.centre).unwrap(), "older than version 2 in use"),
        ("no note", "{}".into(), "not signed by the centre's key"),
        (
            "another text of the centre",
            country.centre.sign("lienthong-node/v1\nVN/GOV/G99\nkey\n").unwrap(),
            "first line",
        ),
    ] {
        let error = keeper.offer(note).unwrap_err().to_string();
        assert!(error.contains(words), "{case}: {error}");
    }
    assert_eq!(keeper.current().unwrap().directory.version, 2);
    assert_eq!(country.call("GET", "/x").send().await.status, StatusCode::OK);

    country.clock.advance(SignedDuration::from_hours(100));
    assert!(keeper.current().unwrap().is_stale(country.clock.now()));
    assert_eq!(
        country.call("GET", "/x").send().await.status,
        StatusCode::OK,
        "a stale directory stops nobody"
    );
}

#[tokio::test]
async fn a_member_that_leaves_is_known_no_more() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let forger = Forger::of(&country);
    assert_eq!(forger.honest(&country).await, StatusCode::OK);
    country.change_directory(|directory| {
        directory.nodes.pop();
        directory.members.retain(|member| member.id != MemberId::agency(FORGER));
    });
    let outcome = forger.send(&country, forger.seal(forger.draft()).await).await;
    assert!(outcome.is_err(), "{outcome:?}");
    let reply = country.call_target("GET", "/r1/VN/GOV/G99/forge/coins").send().await;
    assert_eq!(reply.fault(), "server.clientproxy.unknown_member");
    assert_eq!(backend.count(), 1);
}
