//! Two agencies with nodes of their own, a system behind each, and a network between them that the tests control.

use super::{
    desk::Desk,
    office::{Office, answer_to},
    proxy::Proxy,
};
use crate::journeys::{
    agencies::{Agency, DAYS, TOKEN},
    browser::{Answer, send},
    program::{self, Running},
};
use ledger::NoteSigner;
use pki::{Authority, Validity};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{fs, net::SocketAddr, time::Duration};
use system::Clock;

const PROVIDER: &str = "VN/GOV/G12";
const CONSUMER: &str = "VN/GOV/H26";
const FORGER: &str = "VN/GOV/G99";
/// What the forger's ledger key is made from.
pub(crate) const FORGER_SEED: u8 = 4;
/// How often a caller sends a message again.
const TRIES: usize = 400;
/// How the identifier of a message with a large body begins.
pub(crate) const LARGE: &str = "large-";
/// Its size, in bytes.
const LARGE_BYTES: usize = 300_000;
/// How often it is told that its message has begun to run before it asks the provider.
const GIVES_UP: usize = 40;
/// How long it waits before that.
const TRY_AGAIN: Duration = Duration::from_millis(25);

/// The agencies. Their nodes are started by the tests, but the forger's, which a test may be itself.
pub(crate) struct Deployment {
    pub(crate) provider: Agency,
    pub(crate) consumer: Agency,
    pub(crate) forger: Agency,
    pub(crate) network: Proxy,
    pub(crate) office: Office,
    pub(crate) desk: Desk,
    pub(crate) authority: Authority,
    anchor: String,
    place: tempfile::TempDir,
}

/// What a caller learned of its message in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Learned {
    /// The answer; and where its receipt is.
    Answer { receipt: String },
    /// The message has begun to run and nobody knows how that ended: the caller must ask the provider.
    Ask,
}

impl Deployment {
    pub(crate) fn prepare() -> Self {
        let place = tempfile::tempdir().unwrap();
        let validity = Validity::days(Clock::real().now(), DAYS).unwrap();
        let authority = Authority::create("an authority of a test", validity).unwrap();
        let [provider, consumer, forger] = [(PROVIDER, 2), (CONSUMER, 3), (FORGER, FORGER_SEED)]
            .map(|(id, seed)| Agency::new(place.path(), id, seed, &authority));
        let centre = NoteSigner::new("vn.centre.directory", &[9; 32]).unwrap();
        let (network, office, desk) = (Proxy::before(provider.peers), Office::open(), Desk::open());
        let anchor = centre.verifier_key().to_string();
        let all = Self { provider, consumer, forger, network, office, desk, authority, anchor, place };
        let directory = all.directory(&centre);
        for (agency, more) in [(&all.provider, all.office_lines()), (&all.consumer, all.city_lines())] {
            fs::write(agency.folder.join("directory.signed"), &directory).unwrap();
            let source = format!("anchor = \"{}\"\nfile = \"directory.signed\"", all.anchor);
            agency.configure(&agency.configuration(&source, &more));
        }
        all
    }

    /// The directory, in which the provider is where the network begins.
    fn directory(&self, centre: &NoteSigner) -> String {
        let nodes = [
            (&self.provider, self.network.address),
            (&self.consumer, self.consumer.peers),
            (&self.forger, self.forger.peers),
        ]
        .map(listed);
        let member = |agency: &Agency, systems: Value| json!({ "id": agency.id, "name": agency.id, "nodes": [agency.id], "systems": systems });
        let members = [
            member(
                &self.provider,
                json!([{ "code": "tax", "name": "Thuế", "services": ["receipts"] }, room_of_events()]),
            ),
            member(&self.consumer, json!([{ "code": "city", "name": "Thành phố", "services": ["notices"] }])),
            member(&self.forger, json!([{ "code": "forge", "name": "Lò", "services": ["coins"] }])),
        ];
        signed_directory(&self.authority, centre, &nodes, &members)
    }

    fn office_lines(&self) -> String {
        let address = self.office.address;
        format!(
            "[[systems]]\ncode = \"tax\"\n{}\n[[systems.services]]\ncode = \"receipts\"\nurl = \"http://{address}\"\n\
             idempotent = true\n[[grants]]\nsystem = \"tax\"\nservice = \"receipts\"\nclient = \"{CONSUMER}/city\"\n\
             [[grants]]\nsystem = \"tax\"\nservice = \"receipts\"\nclient = \"{FORGER}/forge\"",
            token_line()
        )
    }

    fn city_lines(&self) -> String {
        let address = self.desk.address;
        format!(
            "[[systems]]\ncode = \"city\"\n{}\n[[systems.services]]\ncode = \"notices\"\nurl = \"http://{address}\"\n\
             [[grants]]\nsystem = \"city\"\nservice = \"notices\"\nclient = \"{PROVIDER}/events\"",
            token_line()
        )
    }

    /// The tax office asks for something at the room of events of its own node.
    pub(crate) fn ask_own_room(&self, method: &str, path: &str, body: &Value) -> std::io::Result<Answer> {
        let client = format!("{PROVIDER}/tax");
        let headers =
            [("X-Road-Client", &*client), ("X-Lienthong-Token", TOKEN), ("Content-Type", "application/json")];
        let (target, body) = (format!("/r1/{PROVIDER}/events/{path}"), body.to_string());
        send(&self.provider.systems.to_string(), method, &target, &headers, body.as_bytes())
    }

    /// The city asks for something at the room of events of the tax office's node.
    pub(crate) fn ask_room(&self, method: &str, path: &str, body: &str) -> std::io::Result<Answer> {
        let client = format!("{CONSUMER}/city");
        let headers = [
            ("X-Road-Client", &*client),
            ("X-Lienthong-Token", TOKEN),
            ("X-Lienthong-Purpose", "procedure"),
            ("X-Lienthong-Legal-Basis", "61/2018/ND-CP:25"),
            ("Content-Type", "application/json"),
        ];
        let target = format!("/r1/{PROVIDER}/events/{path}");
        send(&self.consumer.systems.to_string(), method, &target, &headers, body.as_bytes())
    }

    /// Lets the consumer's node carry no more calls at the same time.
    pub(crate) fn limit_calls(&self, calls: usize) {
        let text = fs::read_to_string(self.consumer.file()).unwrap();
        self.consumer.configure(&format!("calls-limit = {calls}\n{text}"));
    }

    /// Both nodes, running.
    pub(crate) fn start(&self) -> (Running, Running) {
        (self.provider.start(), self.consumer.start())
    }

    /// Sends a message once.
    pub(crate) fn send(&self, message: &str) -> std::io::Result<Answer> {
        self.ask("POST", "/r1/VN/GOV/G12/tax/receipts/receipts", message)
    }

    /// The city asks for something. A message whose identifier begins with [`LARGE`] does not fit in memory.
    pub(crate) fn ask(&self, method: &str, path: &str, message: &str) -> std::io::Result<Answer> {
        let client = format!("{CONSUMER}/city");
        let headers = [("X-Road-Client", &*client), ("X-Lienthong-Token", TOKEN), ("X-Road-Id", message)];
        let large = if message.starts_with(LARGE) { LARGE_BYTES } else { 0 };
        let body = match method {
            "GET" => Vec::new(),
            _ => [&b"what is asked"[..], &vec![b'.'; large]].concat(),
        };
        send(&self.consumer.systems.to_string(), method, path, &headers, &body)
    }

    /// Fails unless the message is answered at once.
    pub(crate) fn assert_answered(&self, case: &str, message: &str) {
        let answer = self.send(message).unwrap();
        assert_eq!((answer.status, answer.text()), (200, answer_to(message)), "{case}");
    }

    /// Fails unless the message is refused with this type and something of this text.
    pub(crate) fn assert_refused(&self, case: &str, message: &str, kind: &str, words: &str) {
        let answer = self.send(message).unwrap();
        assert_eq!(answer.header("x-road-error"), Some(kind), "{case}: {}", answer.text());
        assert!(answer.text().contains(words), "{case}: {}", answer.text());
    }

    /// Sends a message again and again, as a careful caller does, until it knows what became of it.
    pub(crate) fn learn(&self, message: &str) -> Learned {
        let (mut last, mut begun) = (String::new(), 0);
        for _ in 0..TRIES {
            match self.send(message) {
                Ok(answer) if answer.status == 200 => {
                    assert_eq!(answer.text(), answer_to(message));
                    let receipt = answer.header("x-lienthong-receipt").expect("an answer has a receipt");
                    return Learned::Answer { receipt: receipt.to_owned() };
                }
                Ok(answer) if answer.text().contains("has begun to run") => {
                    last = answer.text();
                    begun += 1;
                    // It may still be running, or be about to.
                    if self.office.runs(message) > 0 || begun == GIVES_UP {
                        return Learned::Ask;
                    }
                }
                Ok(answer) => last = answer.text(),
                Err(error) => last = error.to_string(),
            }
            std::thread::sleep(TRY_AGAIN);
        }
        if last.contains("has begun to run") { Learned::Ask } else { panic!("{message}: {last}") }
    }

    /// What was answered was run once and can be proven; what nobody knows of was not run twice.
    pub(crate) fn assert_kept(&self, learned: &[(String, Learned)]) {
        for (message, learned) in learned {
            let runs = self.office.runs(message);
            match learned {
                Learned::Ask => assert!(runs <= 1, "{message} was run {runs} times"),
                Learned::Answer { receipt } => {
                    assert_eq!(runs, 1, "{message}");
                    let found = self.ask("GET", receipt, message).unwrap();
                    assert!(
                        found.status == 200 && found.text().contains("\"request\""),
                        "{message}: {}",
                        found.text()
                    );
                }
            }
        }
        let answered = learned.iter().rev().find_map(|(message, learned)| match learned {
            Learned::Answer { receipt } => Some((message, receipt)),
            Learned::Ask => None,
        });
        let (message, receipt) = answered.expect("something was answered");
        let file = self.place.path().join("receipt.json").to_str().unwrap().to_owned();
        fs::write(&file, self.ask("GET", receipt, message).unwrap().body).unwrap();
        program::run(["verify", &file, "--anchor", &self.anchor]).assert_good("the last receipt");
    }

    /// Stops both nodes in order and has their logs read from scratch.
    pub(crate) fn assert_sound(&self, nodes: (Running, Running)) {
        for (node, agency) in [(nodes.0, &self.provider), (nodes.1, &self.consumer)] {
            node.stop("TERM").assert_good(agency.id);
            let run = agency.doctor();
            assert!(run.stdout.contains("is whole: "), "{}: {}", agency.id, run.said());
        }
    }
}

/// The room of events, as the directory lists it.
fn room_of_events() -> Value {
    json!({ "code": "events", "name": "Sự kiện", "services": ["api", "pub", "pull"] })
}

/// The line that gives a system [`TOKEN`].
pub(crate) fn token_line() -> String {
    let digest: String = Sha256::digest(TOKEN).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("token-sha256 = \"{digest}\"")
}

/// A node as the directory lists it.
pub(crate) fn listed((node, address): (&Agency, SocketAddr)) -> Value {
    json!({ "id": node.id, "address": address.to_string(), "ledger": node.ledger })
}

/// The directory of these nodes and members.
pub(crate) fn signed_directory(
    authority: &Authority,
    centre: &NoteSigner,
    nodes: &[Value],
    members: &[Value],
) -> String {
    let mut nodes = nodes.to_vec();
    for node in &mut nodes {
        let text = |key: &str| node[key].as_str().unwrap().to_owned();
        let statement = format!("lienthong-node/v1\n{}\n{}\n", text("id"), text("ledger"));
        node["statement"] = centre.sign(&statement).unwrap().into();
    }
    let now = Clock::real().now();
    let directory = json!({
        "version": 1, "issued": now, "fresh_until": now + jiff::SignedDuration::from_hours(24), "instance": "VN",
        "authorities": [authority.certificate_pem()], "nodes": nodes, "members": members,
    });
    centre.sign(&format!("lienthong-directory/v1\n{directory}\n")).unwrap()
}
