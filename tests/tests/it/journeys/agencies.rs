//! Three agencies with nodes of their own, and a system that knows nothing of the exchange.

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
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use system::Clock;

const CENTRE: &str = "VN/GOV/G01.DC";
const PROVIDER: &str = "VN/GOV/G12";
const CONSUMER: &str = "VN/GOV/H26";
/// Token of the city's system.
pub(crate) const TOKEN: &str = "a token of the city's system";
/// What the tax office answers; the grant shows the number and the amount.
pub(crate) const RECORD: &str = r#"{"number":"7","amount_vnd":250000,"payer":"001095000001"}"#;
/// The receipt that the tax office must look for.
pub(crate) const SLOW_RECEIPT: &str = "/receipts/1998-1";
/// How long it looks.
const SLOW: Duration = Duration::from_millis(1_500);
/// How long certificates are valid, in days.
pub(crate) const DAYS: u32 = 30;

/// Where ports are looked for: below those that the system gives to connections, so that none takes a node's port while it
/// is down.
const PORTS: std::ops::Range<u16> = 12_000..32_000;

/// A port of this computer that nobody uses now, and no other test of this process gets.
pub(crate) fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(97);
    loop {
        let number =
            begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % u32::from(PORTS.end - PORTS.start);
        let address = SocketAddr::from(([127, 0, 0, 1], PORTS.start + number as u16));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// A system of the tax office that knows nothing of the exchange. It notes the heads of the requests it gets.
pub(crate) struct TaxOffice {
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
                let (stream, notes) = (stream.unwrap(), notes.clone());
                std::thread::spawn(move || answer(stream, &notes));
            }
        });
        Self { address, asked }
    }
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, notes: &Mutex<Vec<String>>) {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let head = lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n").to_ascii_lowercase();
    let is_slow = head.contains(SLOW_RECEIPT);
    notes.lock().unwrap().push(head);
    if is_slow {
        std::thread::sleep(SLOW);
    }
    let length = RECORD.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    // A caller that has gone needs no answer.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(RECORD.as_bytes()));
}

/// Folder, addresses and keys of an agency's node, whose identifier ends with a number if the agency has several.
pub(crate) struct Agency {
    pub(crate) id: &'static str,
    pub(crate) folder: PathBuf,
    pub(crate) peers: SocketAddr,
    pub(crate) systems: SocketAddr,
    pub(crate) pages: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) ledger: String,
}

impl Agency {
    pub(crate) fn new(place: &Path, id: &'static str, seed: u8, authority: &Authority) -> Self {
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
    pub(crate) fn configuration(&self, directory: &str, more: &str) -> String {
        let Self { id, peers, systems, pages, admin, .. } = self;
        let agency = match id.splitn(4, '/').collect::<Vec<_>>()[..] {
            [country, class, code, number] => format!("\"{country}/{class}/{code}\"\nnode = {number}"),
            _ => format!("\"{id}\""),
        };
        format!(
            "[agency]\nid = {agency}\nname = \"An agency\"\ndata = \"data\"\ncertificate = \"node.pem\"\nledger-key = \"ledger.key\"\n\
             [listen]\npeers = \"{peers}\"\nsystems = \"{systems}\"\npages = \"{pages}\"\nadmin = \"{admin}\"\n\
             [directory]\n{directory}\n{more}\n"
        )
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("node.toml")
    }

    pub(crate) fn configure(&self, text: &str) {
        fs::write(self.file(), text).unwrap();
    }

    pub(crate) fn start(&self) -> Running {
        self.try_start().unwrap_or_else(|run| panic!("{} does not start: {}", self.id, run.said()))
    }

    pub(crate) fn try_start(&self) -> Result<Running, Run> {
        Running::start(
            ["node".as_ref(), "--config".as_ref(), self.file().as_os_str()],
            &format!("node {} is up", self.id),
        )
    }

    pub(crate) fn doctor(&self) -> Run {
        program::run(["doctor".as_ref(), "--config".as_ref(), self.file().as_os_str()])
    }
}

/// Three agencies: one keeps the directory, one has the tax office, one has a system that asks it.
pub(crate) struct Agencies {
    pub(crate) place: tempfile::TempDir,
    pub(crate) centre: Agency,
    pub(crate) provider: Agency,
    pub(crate) consumer: Agency,
    pub(crate) anchor: String,
    pub(crate) tax_office: TaxOffice,
    pub(crate) authority: Authority,
}

impl Agencies {
    pub(crate) fn prepare() -> Self {
        let place = tempfile::tempdir().unwrap();
        let authority =
            Authority::create("an authority of a test", Validity::days(Clock::real().now(), DAYS).unwrap())
                .unwrap();
        let agency = |id, seed| Agency::new(place.path(), id, seed, &authority);
        let (centre, provider, consumer) = (agency(CENTRE, 1), agency(PROVIDER, 2), agency(CONSUMER, 3));
        LedgerKey::from_seed([9; 32]).save(&centre.folder.join("centre.key")).unwrap();
        let anchor =
            ledger::NoteSigner::new("vn.centre.directory", &[9; 32]).unwrap().verifier_key().to_string();
        let tax_office = TaxOffice::open();
        let all = Self { centre, provider, consumer, anchor, tax_office, authority, place };
        fs::write(all.centre.folder.join("register.json"), all.register(&all.authority).to_string()).unwrap();
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
            json!({ "id": a.id, "name": a.id, "nodes": [a.id], "systems": systems })
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
    pub(crate) fn call(&self, path: &str, token: &str, purpose: &str) -> Answer {
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

    pub(crate) fn assert_answered(&self, case: &str) -> Answer {
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
