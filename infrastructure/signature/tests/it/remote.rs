//! A signing service, a time-stamp authority and a revocation list over HTTP, in front of a stand-in that speaks the protocols.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use pki::DocumentIdentity;
use serde_json::{Value, json};
use signature::remote::{HttpClient, HttpRevocations, HttpTimeStamps, RemoteService, RemoteSigner};
use signature::testing::Root;
use signature::{Level, Seal, Verdict, XmlForm, XmlSignature, verify};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn at() -> Timestamp {
    "2026-03-05T07:03:22Z".parse().expect("a timestamp")
}

/// What the stand-in has: a key, and the PIN that releases it.
struct Service {
    root: Root,
    identity: DocumentIdentity,
    /// Writes ECDSA as two numbers, as some services do.
    is_fixed: bool,
    fetched_lists: Mutex<usize>,
}

impl Service {
    fn answer(&self, path: &str, token: Option<&str>, body: &[u8]) -> Option<Vec<u8>> {
        match path {
            "/tsa" => return Some(self.root.stamp(body)),
            "/list" => {
                *self.fetched_lists.lock().expect("no test panics with it") += 1;
                return Some(self.root.list(at()));
            }
            _ if token != Some("Bearer a-token") => return None,
            _ => {}
        }
        let asked: Value = serde_json::from_slice(body).expect("JSON");
        assert_eq!(asked["credentialID"], "official-1");
        let answer = match path {
            "/csc/v2/credentials/info" => {
                let chain = self.identity.chain().iter().map(|one| STANDARD.encode(one));
                json!({ "key": { "status": "enabled" }, "cert": { "certificates": chain.collect::<Vec<_>>() } })
            }
            "/csc/v2/credentials/authorize" => (asked["authData"][0]["value"] == "1234")
                .then(|| json!({ "SAD": "released", "expiresIn": 60 }))?,
            "/csc/v2/signatures/signHash" => {
                (asked["SAD"] == "released").then_some(())?;
                let digest = STANDARD.decode(asked["hashes"][0].as_str()?).ok()?;
                let signature = self.identity.sign_digest(&digest.try_into().ok()?).expect("a signature");
                let signature = if self.is_fixed { fixed(&signature) } else { signature };
                json!({ "signatures": [STANDARD.encode(signature)] })
            }
            _ => return None,
        };
        serde_json::to_vec(&answer).ok()
    }
}

/// The two numbers of a DER signature, 32 bytes each.
fn fixed(der: &[u8]) -> Vec<u8> {
    let mut rest = &der[2..];
    let mut out = Vec::new();
    for _ in 0..2 {
        let (number, after) = rest[2..].split_at(usize::from(rest[1]));
        let significant = &number[number.iter().position(|byte| *byte != 0).unwrap_or(number.len())..];
        out.extend(std::iter::repeat_n(0, 32 - significant.len()));
        out.extend_from_slice(significant);
        rest = after;
    }
    out
}

async fn serve(service: Arc<Service>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = converse(stream, &service).await;
        }
    });
    address
}

async fn converse(mut stream: TcpStream, service: &Service) -> std::io::Result<()> {
    let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer).await?;
        read.extend_from_slice(&buffer[..count]);
        let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&read[..end]).into_owned();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let length: usize = field("content-length:").map_or(0, |length| length.parse().expect("a length"));
        if read.len() < end + 4 + length {
            continue;
        }
        let path = head.split(' ').nth(1).expect("a path").to_owned();
        let answer = service.answer(&path, field("authorization:"), &read[end + 4..]);
        let status = if answer.is_some() { "200 OK" } else { "403 Forbidden" };
        let body = answer.unwrap_or_default();
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await?;
        return stream.write_all(&body).await;
    }
}

async fn stand_in(is_fixed: bool) -> (Arc<Service>, String, HttpClient) {
    let root = Root::at(at());
    let identity = root.signer("Lê Thị Thu Hà");
    let service = Arc::new(Service { root, identity, is_fixed, fetched_lists: Mutex::default() });
    let client = HttpClient::new(service.root.roots()).expect("a client");
    let address = serve(service.clone()).await;
    (service, address, client)
}

fn access(address: &str, token: &str, pin: &str) -> RemoteService {
    RemoteService {
        url: format!("{address}/csc/v2"),
        credential: "official-1".to_owned(),
        token: token.to_owned(),
        pin: Some(pin.to_owned()),
    }
}

#[tokio::test]
async fn a_remote_key_signs_with_time_and_lists_over_http() {
    for is_fixed in [false, true] {
        let (service, address, client) = stand_in(is_fixed).await;
        let signer = RemoteSigner::connect(client.clone(), access(&address, "a-token", "1234")).await;
        let stamps = HttpTimeStamps::new(
            client.clone(),
            format!("{address}/tsa"),
            service.root.roots(),
            Arc::new(|| [5; 16]),
        );
        let now = Arc::new(Mutex::new(at()));
        let clock = now.clone();
        let lists = HttpRevocations::new(
            client,
            vec![format!("{address}/list")],
            Arc::new(move || *clock.lock().expect("no test panics with it")),
        );
        let seal = Seal::new(Arc::new(signer.expect("a key")))
            .with_time_stamps(Arc::new(stamps))
            .with_revocations(Arc::new(lists));
        let details = XmlSignature { form: XmlForm::Enveloped, signed_at: at() };
        for _ in 0..2 {
            let signed = seal.sign_xml(b"<a/>", &details).await.expect("a signature");
            assert!(signed.shortfall.is_none(), "{:?}", signed.shortfall);
            assert_eq!(signed.level, Level::LongTerm);
            let found = verify(&signed.document, &service.root.trust(), at() + SignedDuration::from_hours(1));
            assert_eq!(found.verdict, Verdict::Passed, "{found:#?}");
        }
        assert_eq!(*service.fetched_lists.lock().unwrap(), 1, "a list is kept for an hour");
        *now.lock().unwrap() = at() + SignedDuration::from_mins(61);
        seal.sign_xml(b"<a/>", &details).await.expect("a signature");
        assert_eq!(*service.fetched_lists.lock().unwrap(), 2);
    }
}

#[tokio::test]
async fn a_service_that_refuses_is_an_error() {
    let (_service, address, client) = stand_in(false).await;
    let refused = RemoteSigner::connect(client.clone(), access(&address, "another", "1234")).await;
    assert!(refused.err().is_some_and(|error| error.to_string().contains("403")));
    let nobody = RemoteSigner::connect(client.clone(), access("http://127.0.0.1:1", "a-token", "1234")).await;
    assert!(nobody.is_err());
    let signer = RemoteSigner::connect(client, access(&address, "a-token", "0000")).await.expect("a key");
    let details = XmlSignature { form: XmlForm::Enveloped, signed_at: at() };
    assert!(Seal::new(Arc::new(signer)).sign_xml(b"<a/>", &details).await.is_err());
}
