//! `lienthong node`: agencies with nodes of their own, from configuration files, with systems outside the program.

use super::{
    browser::{Answer, send},
    program::{self, Run, Running},
};
use pki::{Authority, Holder, LedgerKey, Validity};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Write as _},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use system::Clock;

const CENTRE: &str = "VN/GOV/G01.DC";
const PROVIDER: &str = "VN/GOV/G12";
const CONSUMER: &str = "VN/GOV/H26";
const TOKEN: &str = "a token of the city's system";
/// What the tax office answers; the grant shows the number and the amount.
const RECORD: &str = r#"{"number":"7","amount_vnd":250000,"payer":"001095000001"}"#;
const DAYS: u32 = 30;

/// A port of this computer that nobody uses now.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A system of the tax office that knows nothing of the exchange. It notes the heads of the requests it gets.
struct TaxOffice {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl TaxOffice {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let notes = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                notes.lock().unwrap().push(head.join("\n").to_ascii_lowercase());
                let length = RECORD.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                // A caller that has gone needs no answer.
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(RECORD.as_bytes()));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// One agency's folder, addresses and keys.
struct Agency {
    id: &'static str,
    folder: PathBuf,
    peers: SocketAddr,
    systems: SocketAddr,
    pages: SocketAddr,
    admin: SocketAddr,
    ledger: String,
}

impl Agency {
    fn new(place: &Path, id: &'static str, seed: u8, authority: &Authority) -> Self {
        let folder = place.join(id.rsplit('/').next().unwrap());
        fs::create_dir(&folder).unwrap();
        let validity = Validity::days(Clock::real().now(), DAYS).unwrap();
        authority
            .issue(&Holder::node(id).unwrap(), validity)
            .unwrap()
            .save(&folder.join("node.pem"))
            .unwrap();
        LedgerKey::from_seed([seed; 32]).save(&folder.join("ledger.key")).unwrap();
        let name = format!("{}.ledger", id.replace('/', ".").to_ascii_lowercase());
        let ledger = ledger::NoteSigner::new(&name, &[seed; 32]).unwrap().verifier_key().to_string();
        let [peers, systems, pages, admin] = std::array::from_fn(|_| free_address());
        Self { id, folder, peers, systems, pages, admin, ledger }
    }

    /// Its configuration, with `directory` and whatever comes after it.
    fn configuration(&self, directory: &str, more: &str) -> String {
        let Self { id, peers, systems, pages, admin, .. } = self;
        format!(
            "[agency]\nid = \"{id}\"\nname = \"An agency\"\ndata = \"data\"\ncertificate = \"node.pem\"\nledger-key = \"ledger.key\"\n\
             [listen]\npeers = \"{peers}\"\nsystems = \"{systems}\"\npages = \"{pages}\"\nadmin = \"{admin}\"\n\
             [directory]\n{directory}\n{more}\n"
        )
    }

    fn file(&self) -> PathBuf {
        self.folder.join("node.toml")
    }

    fn configure(&self, text: &str) {
        fs::write(self.file(), text).unwrap();
    }

    fn start(&self) -> Running {
        self.try_start().unwrap_or_else(|run| panic!("{} does not start: {}", self.id, run.said()))
    }

    fn try_start(&self) -> Result<Running, Run> {
        Running::start(
            ["node".as_ref(), "--config".as_ref(), self.file().as_os_str()],
            &format!("node {} is up", self.id),
        )
    }

    fn doctor(&self) -> Run {
        program::run(["doctor".as_ref(), "--config".as_ref(), self.file().as_os_str()])
    }
}

/// Three agencies: one keeps the directory, one has the tax office, one has a system that asks it.
struct Agencies {
    place: tempfile::TempDir,
    centre: Agency,
    provider: Agency,
    consumer: Agency,
    anchor: String,
    tax_office: TaxOffice,
}

impl Agencies {
    fn prepare() -> Self {
        let place = tempfile::tempdir().unwrap();
        let authority =
            Authority::create("an authority of a test", Validity::days(Clock::real().now(), DAYS).unwrap())
                .unwrap();
        let agency = |id, seed| Agency::new(place.path(), id, seed, &authority);
        let (centre, provider, consumer) = (agency(CENTRE, 1), agency(PROVIDER, 2), agency(CONSUMER, 3));
        LedgerKey::from_seed([9; 32]).save(&centre.folder.join("centre.key")).unwrap();
        let anchor =
            ledger::NoteSigner::new("vn.centre.directory", &[9; 32]).unwrap().verifier_key().to_string();
        let all = Self { centre, provider, consumer, anchor, tax_office: TaxOffice::open(), place };
        fs::write(all.centre.folder.join("register.json"), all.register(&authority).to_string()).unwrap();
        all.centre.configure(&all.centre.configuration(
            &format!("anchor = \"{}\"", all.anchor),
            "[centre]\nname = \"vn.centre.directory\"\nkey = \"centre.key\"\nregister = \"register.json\"",
        ));
        all.provider.configure(&all.provider.configuration(&all.directory(), &all.tax_office_lines()));
        all.consumer.configure(&all.consumer.configuration(&all.directory(), &city_lines()));
        all
    }

    /// What the centre signs. It should have been renewed long ago, which must stop nobody.
    fn register(&self, authority: &Authority) -> Value {
        let agencies = [&self.centre, &self.provider, &self.consumer];
        let nodes =
            agencies.map(|a| json!({ "id": a.id, "address": a.peers.to_string(), "ledger": a.ledger }));
        let members = agencies.map(|a| {
            let systems = match a.id {
                PROVIDER => json!([{ "code": "tax", "name": "Thuế", "services": ["receipts"] }]),
                CONSUMER => json!([{ "code": "city", "name": "Thành phố" }]),
                _ => json!([]),
            };
            json!({ "id": a.id, "name": a.id, "node": a.id, "systems": systems })
        });
        json!({
            "version": 0, "issued": "2026-01-01T00:00:00Z", "fresh_until": "2026-01-02T00:00:00Z", "instance": "VN",
            "authorities": [authority.certificate_pem()], "nodes": nodes, "members": members,
        })
    }

    fn directory(&self) -> String {
        format!("anchor = \"{}\"\nurl = \"http://{}/exchange/directory\"", self.anchor, self.centre.pages)
    }

    fn tax_office_lines(&self) -> String {
        let address = self.tax_office.address;
        format!(
            "[[systems]]\ncode = \"tax\"\n[[systems.services]]\ncode = \"receipts\"\nurl = \"http://{address}/api\"\n\
             [[grants]]\nsystem = \"tax\"\nservice = \"receipts\"\nclient = \"{CONSUMER}/city\"\nmethod = \"GET\"\n\
             path = \"/receipts/**\"\npurposes = [\"procedure\"]\nfields = [\"number\", \"amount_vnd\"]"
        )
    }

    /// The city's system asks for a receipt of the tax office.
    fn call(&self, path: &str, token: &str, purpose: &str) -> Answer {
        let client = format!("{CONSUMER}/city");
        let headers = [
            ("X-Road-Client", client.as_str()),
            ("X-Lienthong-Token", token),
            ("X-Lienthong-Purpose", purpose),
            ("X-Lienthong-Legal-Basis", "118/2025/ND-CP:12"),
            ("Accept", "application/json"),
        ];
        send(&self.consumer.systems.to_string(), "GET", path, &headers, b"").unwrap()
    }

    fn assert_answered(&self, case: &str) -> Answer {
        let answer = self.call("/r1/VN/GOV/G12/tax/receipts/receipts/7?year=2026", TOKEN, "procedure");
        assert_eq!(answer.status, 200, "{case}: {}", answer.text());
        let seen: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(
            seen,
            json!({ "number": "7", "amount_vnd": 250_000 }),
            "{case}: the fields of the grant, and no others"
        );
        answer
    }
}

fn city_lines() -> String {
    let digest = Sha256::digest(TOKEN).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    format!("[[systems]]\ncode = \"city\"\ntoken-sha256 = \"{digest}\"")
}

#[test]
fn agencies_with_nodes_of_their_own_call_each_other() {
    let all = Agencies::prepare();
    let unborn = all.consumer.try_start().err().expect("without a directory a first start is in vain");
    unborn.assert_refused(
        "a first start without the centre",
        &["can't be reached", &all.centre.pages.to_string()],
    );

    let (centre, provider, consumer) = (all.centre.start(), all.provider.start(), all.consumer.start());
    assert!(
        consumer.messages().contains(&all.consumer.ledger),
        "it tells its ledger's key: {}",
        consumer.messages()
    );
    let answer = all.assert_answered("with the centre");
    let asked = all.tax_office.asked();
    let first = asked.first().expect("the tax office was asked");
    assert!(first.starts_with("get /api/receipts/7?year=2026 "), "{first}");
    for (header, travels) in [
        ("x-road-client: vn/gov/h26/city", true),
        ("x-lienthong-purpose: procedure", true),
        ("x-lienthong-token", false),
    ] {
        assert_eq!(first.contains(header), travels, "{header}: {first}");
    }
    all.refusals();
    assert_eq!(all.tax_office.asked().len(), 1, "what is refused never arrives");
    all.receipt_is_proven(&answer);
    all.nodes_tell_how_they_are();

    // The centre goes down; agencies go on, also after a new start.
    centre.stop("TERM").assert_good("the centre stops");
    all.assert_answered("without the centre");
    consumer.stop("TERM").assert_good("the consumer stops");
    let consumer = all.consumer.start();
    all.assert_answered("started without the centre");

    // The other node goes down: a fault of the exchange, told in its form.
    provider.stop("KILL");
    let fault = all.call("/r1/VN/GOV/G12/tax/receipts/receipts/7", TOKEN, "procedure");
    assert_eq!(
        (fault.status, fault.header("x-road-error")),
        (500, Some("server.clientproxy.network_error")),
        "{}",
        fault.text()
    );
    let provider = all.provider.start();
    all.assert_answered("with the other node back");
    for node in [consumer, provider] {
        node.stop("INT").assert_good("SIGINT");
    }
    for agency in [&all.consumer, &all.provider] {
        let run = agency.doctor();
        run.assert_good("doctor of a sound node");
        assert!(
            run.stdout.contains("is whole: ") && run.stdout.contains("past its refresh date"),
            "{}",
            run.stdout
        );
    }
}

impl Agencies {
    fn refusals(&self) {
        let service = "/r1/VN/GOV/G12/tax/receipts";
        let good = format!("{service}/receipts/7");
        for (case, path, token, purpose, kind) in [
            ("another token", &*good, "another", "procedure", "server.clientproxy.ssl_authentication_failed"),
            ("another purpose", &*good, TOKEN, "own-data", "server.serverproxy.access_denied"),
            ("no purpose", &*good, TOKEN, "", "server.serverproxy.access_denied"),
            (
                "another path",
                &format!("{service}/payers/7"),
                TOKEN,
                "procedure",
                "server.serverproxy.access_denied",
            ),
            (
                "a path that climbs",
                &format!("{service}/receipts/..%2fpayers/7"),
                TOKEN,
                "procedure",
                "client.bad_request",
            ),
            (
                "an unknown member",
                "/r1/VN/GOV/G99/tax/receipts/receipts/7",
                TOKEN,
                "procedure",
                "server.clientproxy.unknown_member",
            ),
            ("no protocol", "/api/receipts/7", TOKEN, "procedure", "client.bad_request"),
        ] {
            let answer = self.call(path, token, purpose);
            assert_eq!(
                answer.header("x-road-error"),
                Some(kind),
                "{case}: {} {}",
                answer.status,
                answer.text()
            );
            let told: Value =
                serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{case}: {}", answer.text()));
            assert!(told["message"].as_str().is_some_and(|message| message.len() > 10), "{case}: {told}");
        }
        let methods = self.call("/r1/VN/GOV/G12/tax/listMethods", TOKEN, "public");
        assert!(methods.status == 200 && methods.text().contains("receipts"), "{}", methods.text());
        let clients = send(&self.consumer.systems.to_string(), "GET", "/listClients", &[], b"").unwrap();
        assert!(clients.status == 200 && clients.text().contains("G12"), "{}", clients.text());
    }

    fn receipt_is_proven(&self, answer: &Answer) {
        let place = answer.header("x-lienthong-receipt").expect("an answer names its receipt");
        let path = place
            .split_once("/receipts/")
            .map(|(_, id)| format!("/receipts/{id}"))
            .expect("a place of receipts");
        let receipt = self.call(&path, TOKEN, "procedure");
        assert_eq!(receipt.status, 200, "{}", receipt.text());
        let stranger = self.call(&path, "another", "procedure");
        assert_ne!(stranger.status, 200, "a receipt is the caller's own");
        let folder = self.place.path();
        let [file, message] =
            ["receipt.json", "answer.json"].map(|name| folder.join(name).to_str().unwrap().to_owned());
        fs::write(&file, &receipt.body).unwrap();
        fs::write(&message, &answer.body).unwrap();
        let run = program::run(["verify", &file, "--anchor", &self.anchor, "--message", &message]);
        run.assert_good("a receipt between agencies");
        for words in [
            "GET /r1/VN/GOV/G12/tax/receipts/receipts/7?year=2026",
            "VN/GOV/H26/city through node VN/GOV/H26",
            "node VN/GOV/G12 with 200",
        ] {
            assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
        }
        fs::write(&message, RECORD).unwrap();
        let run = program::run(["verify", &file, "--anchor", &self.anchor, "--message", &message]);
        run.assert_refused(
            "the answer before fields were cut",
            &["neither the request's body nor the answer's"],
        );
    }

    fn nodes_tell_how_they_are(&self) {
        for agency in [&self.centre, &self.provider, &self.consumer] {
            let admin = |path| send(&agency.admin.to_string(), "GET", path, &[], b"").unwrap();
            let ready = admin("/readyz");
            assert!(
                ready.status == 200 && ready.text().contains("past its refresh date"),
                "{}: {}",
                agency.id,
                ready.text()
            );
            assert!(admin("/metrics").text().contains("process_start_time_seconds"), "{}", agency.id);
            let anchor = send(&agency.pages.to_string(), "GET", "/exchange/anchor", &[], b"").unwrap().text();
            assert_eq!(anchor.trim(), self.anchor, "{}", agency.id);
        }
        let messages = send(&self.consumer.pages.to_string(), "GET", "/exchange/messages", &[], b"").unwrap();
        assert_ne!(messages.status, 200, "messages are for operators only: {}", messages.text());
    }
}

#[test]
fn a_configuration_that_cannot_be_used_says_why() {
    let all = Agencies::prepare();
    let centre = all.centre.start();
    let good = fs::read_to_string(all.consumer.file()).unwrap();
    let taken = all.centre.peers.to_string();
    let own = all.consumer.peers.to_string();
    let other_anchor =
        ledger::NoteSigner::new("vn.centre.directory", &[8; 32]).unwrap().verifier_key().to_string();
    let gone = free_address().to_string();
    let pages = all.centre.pages.to_string();
    let cases: [(&str, &str, &str, &[&str]); 13] = [
        ("not TOML", "[agency]", "agency", &["node.toml", "can't be used"]),
        ("an unknown key", "name = ", "nome = ", &["node.toml", "nome"]),
        ("no identifier", "\"VN/GOV/H26\"", "\"H26\"", &["node.toml", "H26"]),
        ("no directory", "url = ", "# url = ", &["directory has neither file nor url"]),
        ("an anchor that is none", &all.anchor, "a key", &["directory.anchor", "name+0123abcd+base64"]),
        ("another centre", &all.anchor, &other_anchor, &["not signed by the centre's key"]),
        ("a centre that does not answer", &pages, &gone, &["can't be reached", &gone]),
        ("a certificate that is gone", "node.pem", "gone.pem", &["certificate", "gone.pem"]),
        (
            "another's certificate",
            "certificate = \"node.pem\"",
            "certificate = \"../G12/node.pem\"",
            &["VN/GOV/G12", "VN/GOV/H26"],
        ),
        ("an address that is taken", &own, &taken, &["listen.peers", &taken]),
        (
            "an unknown system",
            "[agency]",
            "hosts = [\"tax-office\"]\n[agency]",
            &["tax-office", "population"],
        ),
        (
            "a token that is none",
            "token-sha256 = \"",
            "token-sha256 = \"x",
            &["64 hexadecimal digits", "city"],
        ),
        ("a system that can do nothing", "token-sha256 = ", "# ", &["city", "neither token"]),
    ];
    for (case, from, to, words) in cases {
        assert!(good.contains(from), "{case}: the configuration has {from}");
        all.consumer.configure(&good.replacen(from, to, 1));
        match all.consumer.try_start() {
            Ok(_) => panic!("{case}: it started"),
            Err(run) => run.assert_refused(case, words),
        }
        // Nothing may have been learned from a start in vain.
        let _ = fs::remove_dir_all(all.consumer.folder.join("data"));
    }
    let nowhere = all.place.path().join("nowhere.toml");
    let run = program::run(["node".as_ref(), "--config".as_ref(), nowhere.as_os_str()]);
    run.assert_refused("no file", &["nowhere.toml", "can't be read"]);
    let run = program::run(["doctor".as_ref(), "--config".as_ref(), nowhere.as_os_str()]);
    run.assert_refused("the doctor of no file", &["nowhere.toml", "can't be read"]);

    all.consumer.configure(&good);
    let consumer = all.consumer.start();
    consumer.stop("TERM").assert_good("the good one works");
    centre.stop("TERM").assert_good("the centre stops");
}
