//! Two nodes of one agency share its load on one PostgreSQL; one is killed under load and comes back.
//!
//! The load goes both ways. Another agency calls the pair's service: its node chooses among the two that the directory names.
//! And the pair's own system calls through a TCP balancer before the two.

use super::{
    balancer::Balancer,
    deployment::{Learned, listed, signed_directory, token_line},
    office::{Office, answer_to},
};
use crate::journeys::{
    agencies::{Agency, DAYS, TOKEN},
    browser::{Answer, send},
    program,
};
use ledger::NoteSigner;
use pki::{Authority, Validity};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};
use system::Clock;

const PAIR: &str = "VN/GOV/G12";
const OTHER: &str = "VN/GOV/H26";
/// Callers at the same time, each way.
const CALLERS: usize = 6;
/// Messages of one caller.
const MESSAGES: usize = 25;
const ALL: usize = 2 * CALLERS * MESSAGES;
/// How often a caller sends a message again, and how long it waits before that.
const TRIES: usize = 200;
const TRY_AGAIN: Duration = Duration::from_millis(50);
/// How often it is looked how far the callers are.
const LOOK: Duration = Duration::from_millis(10);
/// The faults after which a caller may send the same message again.
const RETRYABLE: [&str; 3] = [
    "server.clientproxy.network_error",
    "server.serverproxy.maintenance_mode",
    "server.clientproxy.maintenance_mode",
];

/// A way that calls go.
struct Way {
    name: &'static str,
    client: String,
    /// Where the client reaches its node.
    node: SocketAddr,
    target: &'static str,
}

impl Way {
    fn ask(&self, method: &str, target: &str, message: &str) -> std::io::Result<Answer> {
        let headers =
            [("X-Road-Client", &*self.client), ("X-Lienthong-Token", TOKEN), ("X-Road-Id", message)];
        let body: &[u8] = if method == "GET" { b"" } else { b"what is asked" };
        send(&self.node.to_string(), method, target, &headers, body)
    }
}

struct Deployment {
    pair: [Agency; 2],
    other: Agency,
    office: Office,
    ways: [Way; 2],
    anchor: String,
    /// How often callers were told what, but an answer.
    told: Mutex<BTreeMap<String, usize>>,
    place: tempfile::TempDir,
}

impl Deployment {
    fn prepare() -> Self {
        let place = tempfile::tempdir().unwrap();
        let validity = Validity::days(Clock::real().now(), DAYS).unwrap();
        let authority = Authority::create("an authority of a test", validity).unwrap();
        let agency = |id, seed| Agency::new(place.path(), id, seed, &authority);
        let pair = [agency("VN/GOV/G12/1", 2), agency("VN/GOV/G12/2", 3)];
        let other = agency(OTHER, 4);
        let centre = NoteSigner::new("vn.centre.directory", &[9; 32]).unwrap();
        let nodes = [&pair[0], &pair[1], &other].map(|node| listed((node, node.peers)));
        let desk = json!([{ "code": "desk", "name": "Bàn", "services": ["notes"] }]);
        let members = [
            json!({ "id": PAIR, "name": PAIR, "nodes": pair.each_ref().map(|node| node.id), "systems": desk }),
            json!({ "id": OTHER, "name": OTHER, "nodes": [OTHER], "systems": desk }),
        ];
        let (directory, office) = (signed_directory(&authority, &centre, &nodes, &members), Office::open());
        let anchor = centre.verifier_key().to_string();
        let source = format!("anchor = \"{anchor}\"\nfile = \"directory.signed\"");
        let lines = |client: &str| {
            format!(
                "[[systems]]\ncode = \"desk\"\n{}\n[[systems.services]]\ncode = \"notes\"\nurl = \"http://{}\"\n\
                 idempotent = true\n[[grants]]\nsystem = \"desk\"\nservice = \"notes\"\nclient = \"{client}/desk\"",
                token_line(),
                office.address
            )
        };
        let shared = format!(
            "[store]\npostgres = \"{}\"\n[search]\npersons-key = \"../persons.key\"\n{}",
            store::testing::postgres().url(),
            lines(OTHER)
        );
        for (node, more) in [(&pair[0], &shared), (&pair[1], &shared), (&other, &lines(PAIR))] {
            fs::write(node.folder.join("directory.signed"), &directory).unwrap();
            node.configure(&node.configuration(&source, more));
        }
        let balancer = Balancer::before(pair.each_ref().map(|node| node.systems));
        let ways = [
            Way {
                name: "to-the-pair",
                client: format!("{OTHER}/desk"),
                node: other.systems,
                target: "/r1/VN/GOV/G12/desk/notes",
            },
            Way {
                name: "from-the-pair",
                client: format!("{PAIR}/desk"),
                node: balancer.address,
                target: "/r1/VN/GOV/H26/desk/notes",
            },
        ];
        Self { pair, other, office, ways, anchor, told: Mutex::default(), place }
    }

    /// Sends a message again and again until it is known what became of it. Whatever comes but an answer must be of a kind
    /// after which the same may be sent again.
    fn learn(&self, way: &Way, message: &str) -> Learned {
        for _ in 0..TRIES {
            let told = match way.ask("POST", way.target, message) {
                Ok(answer) if answer.status == 200 => {
                    assert_eq!(answer.text(), answer_to(message));
                    let receipt = answer.header("x-lienthong-receipt").expect("an answer has a receipt");
                    return Learned::Answer { receipt: receipt.to_owned() };
                }
                // The node that ran it was killed while it did: whether it took effect only the provider can say.
                Ok(answer) if answer.text().contains("has begun to run") && self.office.runs(message) > 0 => {
                    self.note("has begun to run");
                    return Learned::Ask;
                }
                Ok(answer) => {
                    let kind = answer.header("x-road-error").unwrap_or_default().to_owned();
                    let is_running = answer.text().contains("has begun to run");
                    assert!(RETRYABLE.contains(&&*kind) || is_running, "{message}: {}", answer.text());
                    kind
                }
                // The connection through the balancer ended with the node.
                Err(_) => "a broken connection".to_owned(),
            };
            self.note(&told);
            thread::sleep(TRY_AGAIN);
        }
        panic!("{message} was never answered")
    }

    fn note(&self, told: &str) {
        *self.told.lock().unwrap().entry(told.to_owned()).or_default() += 1;
    }

    /// What was answered was run once and can be proven, at whichever node it is asked for.
    fn assert_kept(&self, way: &Way, message: &str, learned: &Learned) {
        let runs = self.office.runs(message);
        let Learned::Answer { receipt } = learned else {
            assert!(runs <= 1, "{message} was run {runs} times");
            return;
        };
        assert_eq!(runs, 1, "{message}");
        // Through the balancer one node is asked, and then the other.
        let [one, other] = [(); 2].map(|()| way.ask("GET", receipt, message).unwrap());
        assert_eq!((one.status, other.status), (200, 200), "{message}: {}{}", one.text(), other.text());
        let file = self.place.path().join("receipt.json").to_str().unwrap().to_owned();
        fs::write(&file, &one.body).unwrap();
        program::run(["verify", &file, "--anchor", &self.anchor]).assert_good(message);
        let sent = |answer: &Answer| {
            serde_json::from_slice::<Value>(&answer.body).unwrap()["request"]["entry"].clone()
        };
        assert_eq!(sent(&one), sent(&other), "{message}: both give the same");
    }

    /// How many entries the ledger of each of the pair has.
    fn entries(&self) -> [u64; 2] {
        self.pair.each_ref().map(|node| {
            let number = node.id.rsplit('/').next().unwrap();
            let path = format!("/exchange/ledgers/{number}/checkpoint");
            let checkpoint = send(&node.pages.to_string(), "GET", &path, &[], b"").unwrap().text();
            checkpoint.lines().nth(1).unwrap().parse().unwrap()
        })
    }

    /// Fails unless both of the pair take part, in the end.
    fn assert_shared(&self, round: &str) {
        let before = self.entries();
        for way in &self.ways {
            let parted = (0..TRIES).any(|number| {
                let learned = self.learn(way, &format!("{round}-{}-{number}", way.name));
                assert_ne!(learned, Learned::Ask, "{round}");
                let now = self.entries();
                (0..2).all(|node| now[node] > before[node])
            });
            assert!(parted, "{round}, {}: both take part", way.name);
        }
    }
}

#[test]
fn one_of_two_nodes_is_killed_under_load_and_nothing_is_lost_or_done_twice() {
    let all = &Deployment::prepare();
    let other = all.other.start();
    let (mut first, second) = (all.pair[0].start(), all.pair[1].start());
    all.assert_shared("before");
    assert_eq!(*all.told.lock().unwrap(), BTreeMap::new(), "nobody is told of anything while all is well");
    let known = AtomicUsize::new(0);
    let learned: Vec<(&Way, String, Learned)> = thread::scope(|scope| {
        let callers: Vec<_> = all
            .ways
            .iter()
            .flat_map(|way| (0..CALLERS).map(move |caller| (way, caller)))
            .map(|(way, caller)| {
                let known = &known;
                scope.spawn(move || {
                    let one = |number| {
                        let message = format!("{}-{caller}-{number}", way.name);
                        let learned = all.learn(way, &message);
                        known.fetch_add(1, Ordering::SeqCst);
                        (way, message, learned)
                    };
                    (0..MESSAGES).map(one).collect::<Vec<_>>()
                })
            })
            .collect();
        let reach = |count| {
            while known.load(Ordering::SeqCst) < count && callers.iter().any(|caller| !caller.is_finished()) {
                thread::sleep(LOOK);
            }
        };
        reach(ALL / 4);
        first.kill();
        reach(ALL / 2);
        first = all.pair[0].start();
        callers.into_iter().flat_map(|caller| caller.join().expect("a caller learns")).collect()
    });
    let unknown = learned.iter().filter(|(_, _, learned)| *learned == Learned::Ask).count();
    // Only what was on its way when the node was killed.
    assert!(unknown <= 2 * CALLERS, "{unknown} of {ALL}: {:?}", all.told.lock().unwrap());
    all.assert_shared("after");
    for (way, message, learned) in &learned {
        all.assert_kept(way, message, learned);
    }
    for (node, agency) in [(first, &all.pair[0]), (second, &all.pair[1]), (other, &all.other)] {
        node.stop("TERM").assert_good(agency.id);
        let run = agency.doctor();
        assert!(run.stdout.contains("is whole: "), "{}: {}", agency.id, run.said());
    }
}
