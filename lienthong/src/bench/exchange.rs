//! Round trips over four corners: a system calls its node by HTTP, that node calls another over mutual TLS, that one a
//! system by HTTP; signed, logged and durable at both nodes, access checked.

use super::{Scratch, repeat, together};
use crate::{
    agency::{Agency, Records, Settings, ledger_signer},
    keys, stopped,
};
use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use contracts::MemberId;
use exchange::{
    AccessRule, Credential, Directory, Keeper, MemberEntry, NodeEntry, Offer, SystemEntry, Vocabulary,
};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use ledger::NoteSigner;
use pki::SharedIdentity;
use serde_json::Value;
use std::{collections::HashMap, convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};
use system::{Clock, Random};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Mutex,
};

/// Secret of the calling system.
const TOKEN: &str = "bench-token";
/// The calling system.
const CLIENT: &str = "VN/GOV/G22/bench";
/// What is called.
const TARGET: &str = "/r1/VN/GOV/G01/bench/echo/x";
/// Lengths of the bodies that are measured, in bytes.
const BODIES_BYTES: [usize; 3] = [64, 1_024, 65_536];

/// Two nodes and a system behind each.
struct Pair {
    consumer: Agency,
    provider: Agency,
    address: SocketAddr,
    _scratch: Scratch,
}

pub(super) async fn measure(length: Duration, concurrency: usize) -> Result<Value> {
    let pair = Pair::start(None).await?;
    let mut sets = Vec::new();
    for bytes in BODIES_BYTES {
        for connections in [1, concurrency] {
            let name = format!("round trips of {bytes} B, {connections} connections,");
            sets.push(round_trips(&name, pair.address, bytes, connections, length).await?);
        }
    }
    pair.close().await;
    Ok(together(sets))
}

/// Serves until stopped, for a load generator from outside.
#[allow(clippy::print_stdout)]
pub(super) async fn serve(backend: Option<&str>) -> Result<()> {
    let pair = Pair::start(backend).await?;
    println!("http://{}{TARGET}", pair.address);
    println!("X-Road-Client: {CLIENT}");
    println!("X-Lienthong-Token: {TOKEN}");
    println!("X-Lienthong-Purpose: bench");
    stopped().await?;
    pair.close().await;
    Ok(())
}

async fn round_trips(
    name: &str,
    address: SocketAddr,
    bytes: usize,
    connections: usize,
    length: Duration,
) -> Result<Value> {
    let mut senders = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await?;
        // Its end shows in the requests.
        tokio::spawn(connection);
        senders.push(Mutex::new(sender));
    }
    let senders = Arc::new(senders);
    let body = Bytes::from(vec![b'x'; bytes]);
    let work = move |worker: usize| {
        let (senders, body) = (senders.clone(), body.clone());
        async move {
            let request = Request::post(TARGET)
                .header("host", "bench")
                .header("x-road-client", CLIENT)
                .header("x-lienthong-token", TOKEN)
                .header("x-lienthong-purpose", "bench")
                .header("content-type", "application/octet-stream")
                .body(Full::new(body))?;
            let response = senders[worker].lock().await.send_request(request).await?;
            let status = response.status();
            let answer = response.into_body().collect().await?.to_bytes();
            ensure!(
                status.is_success(),
                "a round trip ended with {status}: {}",
                String::from_utf8_lossy(&answer)
            );
            Ok(())
        }
    };
    repeat(name, length, connections, work).await
}

impl Pair {
    async fn start(backend: Option<&str>) -> Result<Self> {
        let scratch = Scratch::new("exchange")?;
        let (clock, random) = (Clock::real(), Random::from_system()?);
        let now = clock.now();
        let backend = match backend {
            Some(given) => given.to_owned(),
            None => {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let address = format!("http://{}", listener.local_addr()?);
                tokio::spawn(echo(listener));
                address
            }
        };
        let authority = keys::authority(&scratch.0.join("authority.pem"), now)?;
        let centre = NoteSigner::new("bench.centre", &[3; 32])?;
        let mut directory = Directory {
            version: 1,
            issued: now,
            fresh_until: now + SignedDuration::from_hours(24),
            instance: "VN".into(),
            authorities: vec![authority.certificate_pem()],
            nodes: Vec::new(),
            members: Vec::new(),
            ..Directory::default()
        };
        let mut opening = Vec::new();
        for code in ["G22", "G01"] {
            let id = MemberId::agency(code);
            let dir = scratch.0.join(code);
            std::fs::create_dir_all(&dir)?;
            let identity = SharedIdentity::new(keys::node_identity(
                &dir.join("node.pem"),
                &id.to_string(),
                &authority,
                now,
            )?);
            let ledger_key = keys::signing_key(&dir.join("ledger.key"), &random)?;
            let peers = TcpListener::bind("127.0.0.1:0").await?;
            directory.nodes.push(NodeEntry {
                id: id.to_string(),
                address: peers.local_addr()?.to_string(),
                ledger: ledger_signer(&id, &ledger_key)?.verifier_key().to_string(),
                fingerprints: Vec::new(),
                statement: String::new(),
            });
            directory.members.push(MemberEntry {
                node: id.to_string(),
                name: code.into(),
                name_en: code.into(),
                systems: vec![SystemEntry {
                    code: "bench".into(),
                    name: "bench".into(),
                    national: false,
                    services: vec!["echo".into()],
                }],
                id: id.clone(),
            });
            opening.push((id, dir, identity, ledger_key, peers));
        }
        let note = directory.sign(&centre)?;
        let mut agencies = Vec::new();
        for (id, dir, identity, ledger_key, peers) in opening {
            let keeper = Keeper::open(centre.verifier_key(), dir.join("directory"))?;
            keeper.offer(note.clone())?;
            let systems = TcpListener::bind("127.0.0.1:0").await?;
            let address = systems.local_addr()?;
            let mut agency = Agency::open(Settings {
                id,
                dir,
                records: Records::Files,
                systems: Vec::new(),
                grants: vec![AccessRule::open("bench", "echo", CLIENT).for_purposes(&["bench"])],
                agreements: Vec::new(),
                nats: None,
                identity,
                ledger_key,
                keeper,
                documents: None,
                clock: clock.clone(),
                random: random.clone(),
                public_url: "".into(),
                body_limit_bytes: exchange::node::BODY_LIMIT_BYTES,
                vocabulary: Vocabulary::Snake,
                sandbox: true,
            })
            .await?;
            agency.serve(peers, systems);
            agencies.push((agency, address));
        }
        let (provider, _) = agencies.pop().context("two agencies were opened")?;
        let (consumer, address) = agencies.pop().context("two agencies were opened")?;
        let offer = Offer::http(&MemberId::agency("G01").system("bench"), "echo", &backend);
        provider.node.offer(vec![offer.map_err(anyhow::Error::msg)?]);
        let token_sha256 = Some(*ledger::Hash::of(TOKEN.as_bytes()).as_bytes());
        let credential = Credential { token_sha256, fingerprints: Vec::new() };
        consumer.node.admit_systems(HashMap::from([(CLIENT.parse()?, credential)]));
        Ok(Self { consumer, provider, address, _scratch: scratch })
    }

    async fn close(self) {
        self.consumer.close().await;
        self.provider.close().await;
    }
}

/// A system that answers with what it was asked.
async fn echo(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            // A connection that can't be tuned is only slower.
            let _ = stream.set_nodelay(true);
            let service = service_fn(|request: Request<Incoming>| async move {
                let body =
                    request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                Ok::<_, Infallible>(Response::new(Full::new(body)))
            });
            // The end of a connection ends its task.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
