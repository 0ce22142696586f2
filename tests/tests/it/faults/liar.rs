//! A peer with a true identity and a true ledger that lies: in what it asks, in what it answers, and on the wire. Whatever it
//! says is refused with a reason, told to the operator, and harms nobody else.
//!
//! The forks that a single message does not show are found by witnesses (`journeys/forks.rs`).

use super::{
    Over,
    deployment::{Deployment, FORGER_SEED, Learned},
    office::answer_to,
};
use crate::journeys::{agencies::Agency, browser::send, program::Running};
use exchange::{
    body::Body,
    testing::{Answering, Draft, Forger, replaced},
    wire::{AbortKind, Destination, Envelope, LinkError},
};
use ledger::NoteSigner;
use pki::{Identity, SharedIdentity};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use system::{Clock, Random};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    runtime::Runtime,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

const TARGET: &str = "/r1/VN/GOV/G12/tax/receipts/receipts";
const COINS: &str = "/r1/VN/GOV/G99/forge/coins";
/// How the identifiers of the messages begin that others send meanwhile.
const HONEST: &str = "honest-";
/// How long a node may take to end a connection on which nothing sensible comes.
const END_LIMIT: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(20);

fn signer() -> NoteSigner {
    NoteSigner::new("vn.gov.g99.ledger", &[FORGER_SEED; 32]).unwrap()
}

/// The forger with the identity and the ledger that the directory lists.
fn forger(all: &Deployment) -> Forger {
    let identity = SharedIdentity::new(Identity::load(&all.forger.folder.join("node.pem")).unwrap());
    let (folder, roots) = (all.forger.folder.clone(), all.authority.roots());
    Forger::new(identity, roots, signer(), folder, Clock::real(), Random::from_system().unwrap())
}

fn draft(forger: &Forger, all: &Deployment) -> Draft {
    forger.draft("VN/GOV/G99/forge", all.provider.id, TARGET)
}

fn provider(all: &Deployment) -> Destination {
    Destination { id: all.provider.id.to_owned(), address: all.provider.peers.to_string(), directory: 1 }
}

/// Has the city call the tax office all the time while somebody lies; fails when one of its messages is not answered at once.
fn beside_others<T>(all: &Deployment, lie: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    let (lied, learned) = std::thread::scope(|scope| {
        let caller = scope.spawn(|| {
            let mut learned = Vec::new();
            while !done.load(Ordering::SeqCst) {
                let message = format!("{HONEST}{}", learned.len());
                let answer = all.send(&message).unwrap();
                assert_eq!((answer.status, answer.text()), (200, answer_to(&message)));
                let receipt = answer.header("x-lienthong-receipt").unwrap().to_owned();
                learned.push((message, Learned::Answer { receipt }));
            }
            learned
        });
        let over = Over(&done);
        let lied = lie();
        drop(over);
        (lied, caller.join().expect("others are answered"))
    });
    assert!(!learned.is_empty(), "others were calling");
    all.assert_kept(&learned);
    lied
}

/// The node has told its operator: in its log as often as in its metrics.
fn assert_told(agency: &Agency, node: &Running, words: &str, metric: &str, times: usize) {
    let begun = Instant::now();
    while node.log().matches(words).count() < times {
        assert!(begun.elapsed() < END_LIMIT, "not {times} times {words:?}: {}", node.log());
        std::thread::sleep(LOOK);
    }
    let metrics = send(&agency.admin.to_string(), "GET", "/metrics", &[], b"").unwrap().text();
    assert!(metrics.lines().any(|line| *line == format!("{metric} {times}")), "{metric}: {metrics}");
}

#[test]
fn a_peer_that_asks_lies_is_refused_and_told() {
    let all = Deployment::prepare();
    let (provider_node, consumer) = all.start();
    let runtime = Runtime::new().unwrap();
    let forger = {
        let _entered = runtime.enter();
        forger(&all)
    };
    let send = |envelope| runtime.block_on(forger.send(&provider(&all), envelope));
    let honest = || runtime.block_on(forger.seal(draft(&forger, &all)));
    // So that a proof has hashes in it.
    let first = honest();
    for envelope in [first.clone(), honest(), honest()] {
        send(envelope).expect("an honest message is answered");
    }
    let runs = all.office.runs_beside(HONEST);
    let sealed = |change: fn(Draft) -> Draft| runtime.block_on(forger.seal(change(draft(&forger, &all))));
    let altered = |change: fn(Envelope) -> Envelope| change(honest());
    let stranger = NoteSigner::new("vn.gov.g98.ledger", &[98; 32]).unwrap();
    let in_ledger = |signer| {
        let ledger = {
            let _entered = runtime.enter();
            forger.other_ledger(signer)
        };
        runtime.block_on(forger.seal_in(&ledger, draft(&forger, &all)))
    };
    let second = 1_000_000;
    let lies = [
        (
            "another head",
            altered(|e| Envelope { head: replaced(&e.head, "x-own:own", "x-own:0wn"), ..e }),
            "altered or never sealed",
        ),
        (
            "another body",
            altered(|e| Envelope { body: Some(Body::from_bytes((&b"b0dy"[..]).into())), ..e }),
            "altered or never sealed",
        ),
        ("no body", altered(|e| Envelope { body: None, ..e }), "altered or never sealed"),
        ("a wrong proof", altered(|e| with_seal(e, |seal| seal[30] ^= 1)), "altered or never sealed"),
        (
            "a wrong signature of the checkpoint",
            altered(|e| {
                with_seal(e, |seal| {
                    let end = seal.len();
                    seal[end - 20] ^= 1;
                })
            }),
            "not the sender's",
        ),
        ("half a seal", altered(|e| with_seal(e, |seal| seal.truncate(20))), "can't be read"),
        ("a checkpoint of another ledger", in_ledger(stranger), "not the sender's"),
        ("a replay", first, "has come before"),
        (
            "an answer as a request",
            sealed(|d| Draft { event: exchange::message::Event::AnswerSent, ..d }),
            "altered",
        ),
        (
            "another member's message",
            sealed(|d| Draft { client: "VN/GOV/H26/city".into(), ..d }),
            "does not serve VN/GOV/H26",
        ),
        (
            "a message for another node",
            sealed(|d| Draft { node: "VN/GOV/H26".into(), ..d }),
            "sealed for node \"VN/GOV/H26\"",
        ),
        (
            "an old message",
            runtime.block_on(async {
                let made = draft(&forger, &all);
                let time = made.time.map(|time| time - 400 * second);
                forger.seal(Draft { time, ..made }).await
            }),
            "sealed too long ago",
        ),
        (
            "a message of tomorrow",
            runtime.block_on(async {
                let made = draft(&forger, &all);
                let time = made.time.map(|time| time + 86_400 * second);
                forger.seal(Draft { time, ..made }).await
            }),
            "sealed in the future",
        ),
    ];
    // A second history of its own ledger, whose first message has the place of one that the provider knows.
    std::fs::remove_dir_all(all.forger.folder.join("other")).unwrap();
    let forked = ("a fork", in_ledger(signer()), "has come before");
    let told = lies.len() + 1;
    beside_others(&all, || {
        for (case, envelope, words) in lies.into_iter().chain([forked]) {
            match send(envelope) {
                Err(LinkError::Aborted { kind: AbortKind::Refused, reason, .. }) => {
                    assert!(reason.contains(words), "{case}: {reason}");
                }
                other => panic!("{case} is not refused: {other:?}"),
            }
        }
    });
    assert_eq!(all.office.runs_beside(HONEST), runs, "nothing of it was run");
    send(honest()).expect("the peer's honest messages go on");
    let (words, metric) = ("a peer's message was refused", "exchange_messages_refused_total");
    assert_told(&all.provider, &provider_node, words, metric, told);
    all.assert_sound((provider_node, consumer));
}

fn with_seal(envelope: Envelope, change: impl FnOnce(&mut Vec<u8>)) -> Envelope {
    let mut seal = envelope.seal.to_vec();
    change(&mut seal);
    Envelope { seal: seal.into(), ..envelope }
}

#[test]
fn a_peer_that_answers_lies_is_not_believed_and_told() {
    let all = Deployment::prepare();
    let (provider_node, consumer) = all.start();
    let runtime = Runtime::new().unwrap();
    let liar = {
        let _entered = runtime.enter();
        let listener = runtime.block_on(TcpListener::bind(all.forger.peers)).unwrap();
        forger(&all).serve(listener, Answering::Honestly)
    };
    let ask = |message: &str| all.ask("POST", COINS, message).unwrap();
    assert_eq!(ask("honest").text(), "coins");
    let lies = [
        (Answering::WithAnotherHead, "altered or never sealed"),
        (Answering::WithAnotherBody, "altered or never sealed"),
        (Answering::WithoutItsBody, "altered or never sealed"),
        (Answering::ToAnotherRequest, "answers another request"),
        (Answering::WithoutTheHash, "answers another request"),
        (Answering::UnderAnotherId, "altered or never sealed"),
        (Answering::AsAnotherEvent, "altered or never sealed"),
        (Answering::WithAnOldAnswer, "altered or never sealed"),
        (Answering::FromAnotherLedger, "not the sender's"),
        (Answering::WithABrokenSeal, "can't be read"),
        (Answering::WithABrokenHead, "can't be read"),
    ];
    let told = lies.len();
    beside_others(&all, || {
        for (number, (answering, words)) in lies.into_iter().enumerate() {
            liar.answers(answering.clone());
            let answer = ask(&format!("lie-{number}"));
            let kind = answer.header("x-road-error");
            assert_eq!(kind, Some("server.clientproxy.invalid_request"), "{answering:?}: {}", answer.text());
            assert!(answer.text().contains(words), "{answering:?}: {}", answer.text());
            assert!(!answer.text().contains("coins"), "{answering:?}: nothing of it is handed over");
        }
    });
    liar.answers(Answering::Honestly);
    assert_eq!(ask("honest again").text(), "coins");
    let (words, metric) = ("a peer's answer was refused", "exchange_answers_refused_total");
    assert_told(&all.consumer, &consumer, words, metric, told);
    all.assert_sound((provider_node, consumer));
}

/// A frame: its length, its kind, the number of its exchange, its content.
fn frame(length: u32, kind: u8, exchange: u64, content: &[u8]) -> Vec<u8> {
    [&length.to_be_bytes()[..], &[kind], &exchange.to_be_bytes(), content].concat()
}

/// What is no traffic between nodes.
fn garbage() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("an unknown kind", frame(0, 9, 0, b"")),
        ("a frame over every limit", frame(u32::MAX, 1, 0, b"")),
        ("a frame just over the limit", frame(exchange::wire::FRAME_LIMIT_BYTES as u32 + 1, 1, 0, b"")),
        ("a message that is none", frame(4, 1, 0, b"\xff\xff\xff\xff")),
        ("an empty message", frame(0, 1, 0, b"")),
        ("HTTP", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".to_vec()),
        ("noise", (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()),
    ]
}

/// Answers whatever comes on any connection with these bytes, and closes it.
async fn answer_all(listener: TcpListener, tls: Arc<ServerConfig>, bytes: Vec<u8>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = TlsAcceptor::from(tls.clone()).accept(stream).await.unwrap();
        let mut asked = [0; 64];
        // The node may end the connection before it has taken all.
        let _ = stream.read(&mut asked).await;
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
    }
}

#[test]
fn garbage_on_the_wire_ends_its_own_connection_and_no_other() {
    let all = Deployment::prepare();
    let nodes = all.start();
    let runtime = Runtime::new().unwrap();
    let forger = {
        let _entered = runtime.enter();
        forger(&all)
    };
    beside_others(&all, || {
        // As the one who connects.
        for (case, bytes) in garbage() {
            runtime.block_on(async {
                let mut stream = forger.stream(&provider(&all)).await;
                // The node may end the connection before it has taken all.
                let _ = stream.write_all(&bytes).await;
                let mut rest = Vec::new();
                let ended = tokio::time::timeout(END_LIMIT, stream.read_to_end(&mut rest)).await;
                assert!(ended.is_ok() && rest.is_empty(), "{case}: {} bytes came back", rest.len());
            });
        }
        // As the one who is asked. The last one says nothing at all and closes.
        for (case, bytes) in garbage().into_iter().chain([("silence", Vec::new())]) {
            let listener = runtime.block_on(TcpListener::bind(all.forger.peers)).unwrap();
            let answering = runtime.spawn(answer_all(listener, forger.server_tls(), bytes));
            let answer = all.ask("POST", COINS, &format!("garbage: {case}")).unwrap();
            answering.abort();
            // It ends because it was told to.
            let _ = runtime.block_on(answering);
            let kind = answer.header("x-road-error");
            assert_eq!(kind, Some("server.clientproxy.network_error"), "{case}: {}", answer.text());
            assert!(answer.text().contains("G99"), "{case}: {}", answer.text());
        }
    });
    all.assert_sound(nodes);
}
