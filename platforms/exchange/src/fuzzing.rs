//! Fuzz targets: what must hold of the exchange's parsers, whatever bytes come.

pub use crate::{
    events::fuzzing::{event_schema, event_schemas, room_form, room_forms},
    wire::fuzzing::{frames, streams},
};

use crate::{
    AccessRule, Directory, GroupEntry, MemberEntry, NodeEntry, Receipt, SystemEntry, TimeStampEntry,
    WitnessEntry,
    access::{self, Ask},
    directory::open_statement,
    message::{Annex, AnswerHead, Entry, Event, MessageHash, RequestHead, Seal, SeenCheckpoints},
    metadata, receipt,
    records::search::{Place, Pseudonym},
    rest::{self, Target},
};
use bytes::Bytes;
use contracts::{MemberId, PersonalNumber, ServiceId, SystemId};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use ledger::{Checkpoint, Hash, NoteSigner, SignedCheckpoint, TlogProof};
use serde_json::Value;
use std::{fmt::Display, str::FromStr, sync::Arc};
use uuid::Uuid;

const TARGET: &str = "/r1/VN/GOV/G01/population/people/look-up";
const NODE: &str = "VN/GOV/G22";
const SALT: [u8; 16] = [5; 16];
const ID: Uuid = Uuid::from_u128(0x0190_163d_8694_739b_aea5_966c_26f8_ad91);

fn centre() -> NoteSigner {
    NoteSigner::new("vn.centre.directory", &[3; 32]).expect("the name and the seed are good")
}

fn ledger_signer() -> NoteSigner {
    NoteSigner::new("vn.gov.g22.ledger", &[4; 32]).expect("the name and the seed are good")
}

fn text(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or_default()
}

fn same_headers(one: &HeaderMap, other: &HeaderMap) -> bool {
    one.keys().all(|name| one.get_all(name).iter().eq(other.get_all(name).iter()))
        && one.keys_len() == other.keys_len()
}

/// The head of a request: written again it says the same.
pub fn request_head(data: &[u8]) {
    let Ok(read) = RequestHead::parse(Bytes::copy_from_slice(data)) else { return };
    let (_, _) = (read.request_id(), rest::client(&read.headers));
    // Bytes that are one letter in Latin 1 may be two in UTF-8, so a head at the limit may be over it.
    let Ok(written) = RequestHead::write(&read.method, &read.target, read.headers.iter()) else { return };
    let again = RequestHead::parse(written).expect("what was written is read");
    assert_eq!((&again.method, &again.target), (&read.method, &read.target));
    assert!(same_headers(&again.headers, &read.headers));
}

/// Valid heads of requests.
pub fn request_heads() -> Vec<Vec<u8>> {
    [Some("a=b&c=%20"), None].map(|query| request(query).to_vec()).into()
}

fn request(query: Option<&str>) -> Bytes {
    let mut headers = HeaderMap::new();
    headers.insert(rest::REQUEST_ID, rest::value(&ID.to_string()));
    headers.insert(rest::CLIENT, rest::value("VN/GOV/G22/portal"));
    headers.insert(rest::TIME, 1_763_000_000_000_000_i64.into());
    headers.insert(rest::NODE, rest::value(NODE));
    headers.insert(rest::ISSUE, rest::value("hồ sơ 100%"));
    headers.append("x-many", HeaderValue::from_static("1"));
    headers.append("x-many", HeaderValue::from_static("2: 3"));
    let target = Target::parse(TARGET, query).expect("the target is good");
    RequestHead::write(&Method::POST, &target, headers.iter()).expect("the head is short")
}

/// The head of an answer: written again it says the same.
pub fn answer_head(data: &[u8]) {
    let Ok(read) = AnswerHead::parse(Bytes::copy_from_slice(data)) else { return };
    let written = AnswerHead::write(read.status, read.headers.iter());
    if let Ok(again) = AnswerHead::parse(written) {
        assert_eq!(again.status, read.status);
        assert!(same_headers(&again.headers, &read.headers));
    }
}

/// Valid heads of answers.
pub fn answer_heads() -> Vec<Vec<u8>> {
    let mut headers = HeaderMap::new();
    headers.insert("x-latin", HeaderValue::from_bytes(b"caf\xe9").expect("it is a value"));
    headers.insert(rest::REQUEST_HASH, rest::value(&MessageHash::of(b"head", None).to_string()));
    vec![AnswerHead::write(StatusCode::OK, headers.iter()).into()]
}

fn entry() -> Entry {
    let hash = MessageHash::of(&request(None), None);
    Entry { event: Event::RequestSent, id: ID, digest: hash.commit(&SALT) }
}

/// The ledger that holds only the sample's entry.
fn checkpoint() -> SignedCheckpoint {
    let root = ledger::leaf_hash(entry().to_string().as_bytes());
    let checkpoint = Checkpoint { origin: ledger_signer().name().into(), size: 1, root };
    SignedCheckpoint::sign(checkpoint, &ledger_signer()).expect("a checkpoint can be signed")
}

/// A seal: one that is the ledger's own is written back as it was, and proves only what is in the ledger.
pub fn seal(data: &[u8]) {
    let seen = SeenCheckpoints::new(ledger_signer().verifier_key());
    let Ok(seal) = Seal::decode(Bytes::copy_from_slice(data), &seen) else { return };
    assert_eq!(seal.encode(), data);
    assert_eq!(seal.checkpoint.checkpoint, checkpoint().checkpoint, "a forgery");
    let other = Entry { event: Event::AnswerSent, ..entry() };
    assert!(seal.verify(&other).is_err());
    if seal.verify(&entry()).is_ok() {
        assert_eq!((seal.index, seal.proof.len()), (0, 0));
    }
}

/// Valid seals.
pub fn seals() -> Vec<Vec<u8>> {
    let true_one = Seal { salt: SALT, index: 0, proof: Vec::new(), checkpoint: Arc::new(checkpoint()) };
    let proof = (0..20).map(|height| Hash::of(&[height])).collect();
    let long = Seal { index: 1 << 40, proof, ..true_one.clone() };
    [true_one, long].map(|seal| seal.encode().into()).into()
}

/// What the log keeps beside an entry.
pub fn annex(data: &[u8]) {
    if let Ok(annex) = Annex::decode(Bytes::copy_from_slice(data)) {
        assert_eq!(annex.encode(), data);
    }
}

/// Valid annexes.
pub fn annexes() -> Vec<Vec<u8>> {
    let received = Annex {
        salt: SALT,
        at_micros: 1_763_000_000_000_000,
        peer: NODE.into(),
        body: Some([9; 32]),
        body_bytes: 12,
        head: request(None),
        seal: Some(Bytes::from_static(b"a seal")),
    };
    let sent = Annex { at_micros: -1, body: None, body_bytes: 0, seal: None, ..received.clone() };
    vec![received.encode(), sent.encode()]
}

/// An entry of the ledger that stands for a message.
pub fn ledger_entry(data: &[u8]) {
    if let Some(entry) = Entry::of_bytes(data) {
        assert_eq!(entry.to_string().as_bytes(), data);
    }
}

/// Valid entries.
pub fn ledger_entries() -> Vec<Vec<u8>> {
    [Event::RequestSent, Event::RequestReceived, Event::AnswerSent, Event::AnswerReceived]
        .map(|event| Entry { event, ..entry() }.to_string().into_bytes())
        .into()
}

/// A directory that the centre has signed, whatever it holds; and one that it has not.
pub fn directory(data: &[u8]) {
    let anchor = centre().verifier_key();
    if let Ok(opened) = Directory::open(text(data), &anchor) {
        assert_eq!(unsigned(opened), sample_directory(), "a forgery");
    }
    let Ok(note) = centre().sign(&format!("lienthong-directory/v1\n{}\n", text(data))) else { return };
    if let Ok(directory) = Directory::open(&note, &anchor) {
        let again = directory.clone().sign(&centre()).expect("it was signed before");
        let again = Directory::open(&again, &anchor).expect("it was opened before");
        assert_eq!(unsigned(again), unsigned(directory));
    }
}

fn unsigned(mut directory: Directory) -> Directory {
    directory.nodes.iter_mut().for_each(|node| node.statement.clear());
    directory
}

fn sample_directory() -> Directory {
    let id = MemberId::agency("G22");
    let system = |code: &str, national| SystemEntry {
        code: code.into(),
        name: "Cổng dịch vụ".into(),
        national,
        services: vec!["notices".into()],
    };
    Directory {
        version: 7,
        issued: Timestamp::UNIX_EPOCH,
        fresh_until: Timestamp::UNIX_EPOCH,
        instance: "VN".into(),
        authorities: vec!["-----BEGIN CERTIFICATE-----".into()],
        nodes: vec![NodeEntry {
            id: id.to_string(),
            address: "127.0.0.1:5500".into(),
            ledger: ledger_signer().verifier_key().to_string(),
            fingerprints: vec!["0aff".into()],
            ..NodeEntry::default()
        }],
        members: vec![MemberEntry {
            nodes: vec![id.to_string()],
            id,
            name: "Bộ".into(),
            name_en: "Ministry".into(),
            systems: vec![system("portal", true), system("site", false)],
        }],
        witnesses: vec![WitnessEntry {
            node: NODE.into(),
            key: ledger_signer().verifier_key().to_string(),
            url: "http://127.0.0.1:8080/exchange/witness/G01".into(),
            statement: String::new(),
        }],
        groups: vec![GroupEntry {
            code: "provinces".into(),
            name: "Các tỉnh".into(),
            systems: vec!["VN/GOV/H26/one-door".parse().expect("it is an identifier")],
        }],
        revoked: vec!["0".repeat(64)],
        time_stamp_authorities: vec![TimeStampEntry {
            url: "http://127.0.0.1:8080/exchange/time-stamp".into(),
            root: "-----BEGIN CERTIFICATE-----".into(),
            statement: String::new(),
        }],
    }
}

/// Valid directories, signed and not.
pub fn directories() -> Vec<Vec<u8>> {
    let json = serde_json::to_vec(&sample_directory()).expect("a directory is JSON");
    vec![json, sample_directory().sign(&centre()).expect("it can be signed").into()]
}

/// The centre's statement about a node.
pub fn statement(data: &[u8]) {
    let anchor = centre().verifier_key();
    if let Ok((id, key)) = open_statement(text(data), &anchor) {
        assert_eq!((&*id, key), (NODE, ledger_signer().verifier_key()), "a forgery");
    }
    let Ok(note) = centre().sign(&format!("lienthong-node/v1\n{}\n", text(data))) else { return };
    if let Ok((id, key)) = open_statement(&note, &anchor) {
        assert_eq!(format!("{id}\n{key}"), text(data));
    }
}

/// Valid statements, signed and not.
pub fn statements() -> Vec<Vec<u8>> {
    let about = format!("{NODE}\n{}", ledger_signer().verifier_key());
    let signed = centre().sign(&format!("lienthong-node/v1\n{about}\n")).expect("it can be signed");
    vec![about.into(), signed.into()]
}

/// The target of a call: written again it says the same, and it leads nowhere else than it says.
pub fn target(data: &[u8]) {
    let line = text(data);
    let (path, query) = line.split_once('?').map_or((line, None), |(path, query)| (path, Some(query)));
    let Ok(target) = Target::parse(path, query) else { return };
    for reading in access::readings(&target.path) {
        assert!(!reading.split(['/', '\\']).any(|segment| segment == ".." || segment == "."));
    }
    let written = target.write();
    let (path, query) =
        written.split_once('?').map_or((&*written, None), |(path, query)| (path, Some(query)));
    // Percent-encoding may make a target that was just within the limit longer.
    if path.len() + query.map_or(0, str::len) <= rest::TARGET_LIMIT_BYTES {
        assert_eq!(Target::parse(path, query).expect("what was written is read"), target);
    }
}

/// Valid targets.
pub fn targets() -> Vec<Vec<u8>> {
    ["/r1/VN/COM/0100233488/k%E1%BA%BF-to%C3%A1n/hd/a/b%2Fc?x=1&y=%20", TARGET]
        .map(|target| target.as_bytes().to_vec())
        .into()
}

/// Identifiers of members, systems and services.
pub fn identifier(data: &[u8]) {
    is_written_back::<MemberId>(data);
    is_written_back::<SystemId>(data);
    is_written_back::<ServiceId>(data);
    is_written_back::<PersonalNumber>(data);
}

fn is_written_back<T: FromStr + Display>(data: &[u8]) {
    if let Ok(parsed) = text(data).parse::<T>() {
        assert_eq!(parsed.to_string(), text(data));
    }
}

/// Valid identifiers.
pub fn identifiers() -> Vec<Vec<u8>> {
    ["VN/GOV/G12.BHXH", "VN/GOV/G01/population", "VN/COM/0100233488/kế-toán/hd", "001190000001"]
        .map(|id| id.as_bytes().to_vec())
        .into()
}

/// A header that names the caller, and a query.
pub fn client(data: &[u8]) {
    let _ = metadata::query_value(text(data), "xRoadInstance");
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let headers = HeaderMap::from_iter([(rest::CLIENT, value)]);
    if let Ok(client) = rest::client(&headers) {
        let headers = HeaderMap::from_iter([(rest::CLIENT, rest::value(&client.to_string()))]);
        assert_eq!(rest::client(&headers), Ok(client));
    }
}

/// Valid headers and queries.
pub fn clients() -> Vec<Vec<u8>> {
    ["VN/GOV/G22/portal", "VN/COM/0100233488/k%E1%BA%BF-to%C3%A1n", "xRoadInstance=VN&a=b"]
        .map(|client| client.as_bytes().to_vec())
        .into()
}

/// An access rule as JSON, asked about a path: first line the path, then the rule.
pub fn access_rule(data: &[u8]) {
    let Some((path, json)) = text(data).split_once('\n') else { return };
    let Ok(rule) = serde_json::from_str::<AccessRule>(json) else { return };
    let again = serde_json::to_string(&rule).expect("a rule is JSON");
    assert_eq!(serde_json::from_str::<AccessRule>(&again).expect("what was written is read"), rule);
    let client = "VN/GOV/G22/portal".parse().expect("it is an identifier");
    let service = "VN/GOV/G01/population/people".parse().expect("it is an identifier");
    let paths = access::readings(path);
    let ask = Ask {
        client: &client,
        groups: &[],
        service: &service,
        method: "POST",
        paths: &paths,
        purpose: "own-data",
        at: Timestamp::UNIX_EPOCH,
    };
    if access::decide([&rule], &ask).is_some() {
        assert_eq!(rule.system, "population", "a rule about another system lets nobody in");
        assert!(paths.iter().all(|path| access::glob_matches(&rule.path, path)));
    }
}

/// Valid rules.
pub fn access_rules() -> Vec<Vec<u8>> {
    let rule = AccessRule::open("population", "people", "*/portal")
        .on_path("POST", "/look-up/**/*.json")
        .for_purposes(&["own-data"])
        .showing(&["number", "name.given"]);
    let everyone = AccessRule::open("population", "*", access::EVERYONE);
    [rule, everyone]
        .map(|rule| {
            let json = serde_json::to_string(&rule).expect("a rule is JSON");
            format!("/look-up/a/b.json\n{json}").into_bytes()
        })
        .into()
}

/// An answer that is cut to fields: the first line has the fields, the rest is the answer. Nothing else is shown, and what is
/// cut can't be cut further.
pub fn field_cut(data: &[u8]) {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return };
    let fields: Vec<String> = text(&data[..end]).split(',').map(str::to_owned).collect();
    let Ok(cut) = access::cut(&data[end + 1..], &fields) else { return };
    let shown: Value = serde_json::from_slice(&cut).expect("what was cut is JSON");
    let first: Vec<&str> = fields.iter().filter_map(|field| field.split('.').next()).collect();
    if let Some(object) = shown.as_object() {
        assert!(object.keys().all(|name| first.contains(&name.as_str())));
    }
    assert_eq!(access::cut(&cut, &fields).expect("it was cut before"), cut);
}

/// Valid answers with fields.
pub fn field_cuts() -> Vec<Vec<u8>> {
    [
        &b"number,name.given\n{\"number\":\"7\",\"name\":{\"given\":\"An\",\"family\":\"B\"},\"secret\":[1,{}]}"[..],
        b"list.id\n{\"list\":[{\"id\":1.50,\"x\":null},[{\"id\":\"\\u0041\"}]]}",
    ]
    .map(<[u8]>::to_vec)
    .into()
}

/// A receipt: one that verifies proves what the sample proves.
pub fn receipt(data: &[u8]) {
    let Ok(receipt) = Receipt::parse(text(data)) else { return };
    assert_eq!(Receipt::parse(&receipt.to_json()).expect("what was written is read"), receipt);
    let _ = (receipt.client(), receipt.call(), receipt.answer_header(&rest::REQUEST_HASH));
    if let Ok(proven) = receipt.verify(&centre().verifier_key(), None) {
        let sample = sample_receipt().verify(&centre().verifier_key(), None).expect("the sample is true");
        assert_eq!(proven, sample, "a forgery");
    }
}

fn sample_receipt() -> Receipt {
    let request = receipt::Evidence {
        node: NODE.into(),
        statement: String::from_utf8(statements().remove(1)).expect("a note is text"),
        head: String::from_utf8(request(None).into()).expect("a head is text"),
        body_sha256: None,
        salt: "BQUFBQUFBQUFBQUFBQUFBQ==".into(),
        entry: entry().to_string(),
        proof: TlogProof { extra: None, index: 0, proof: Vec::new(), checkpoint: checkpoint().note }
            .to_string(),
        witnesses: Vec::new(),
        time_stamp: None,
    };
    Receipt::of_request(ID, request)
}

/// Valid receipts.
pub fn receipts() -> Vec<Vec<u8>> {
    vec![sample_receipt().to_json().into()]
}

/// What stands in the address of a page of messages: a place in the list, or a person's pseudonym.
pub fn search_text(data: &[u8]) {
    is_written_back::<Place>(data);
    is_written_back::<Pseudonym>(data);
}

/// Valid texts.
pub fn search_texts() -> Vec<Vec<u8>> {
    let place = Place { at: Timestamp::UNIX_EPOCH, id: ID };
    vec![place.to_string().into(), b"00112233445566778899aabbccddeeff".to_vec()]
}
