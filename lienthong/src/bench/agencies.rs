//! Agencies of a benchmark: each with a node, and a system `bench` that calls and one that answers.

use super::Scratch;
use crate::{
    agency::{Agency, PERSONS_KEY, Records, SEALING_KEYS, Settings, ledger_signer},
    keys,
};
use anyhow::Result;
use contracts::{MemberId, SystemId};
use exchange::{
    AccessRule, Credential, Directory, Keeper, MemberEntry, NodeEntry, Offer, SystemEntry, Vocabulary,
};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use ledger::NoteSigner;
use pki::SharedIdentity;
use std::{collections::HashMap, convert::Infallible, net::SocketAddr, path::PathBuf};
use system::{Clock, Random};
use tokio::net::TcpListener;

/// Secret of the calling systems.
pub(super) const TOKEN: &str = "bench-token";
/// Purpose of all calls.
pub(super) const PURPOSE: &str = "bench";

/// Agencies that may all call each other.
pub(super) struct Agencies {
    pub(super) all: Vec<Running>,
    _scratch: Scratch,
}

/// One of them.
pub(super) struct Running {
    pub(super) id: MemberId,
    pub(super) agency: Agency,
    /// Its folder.
    pub(super) dir: PathBuf,
    /// Where its systems call.
    pub(super) address: SocketAddr,
}

impl Running {
    /// Its system, which calls and is called.
    pub(super) fn system(&self) -> SystemId {
        self.id.clone().system("bench")
    }

    /// Where the others call its system.
    pub(super) fn target(&self) -> String {
        format!("/r1/{}/echo/x", self.system())
    }
}

impl Agencies {
    /// Starts one for each code. The system that answers is at `backend`, or echoes what it was asked.
    pub(super) async fn start(codes: &[&str], backend: Option<&str>) -> Result<Self> {
        Self::start_among(codes, backend, |_| Ok(Vec::new())).await
    }

    /// The same among others that `crowd` adds to the directory; it says what these are granted beside the agencies.
    pub(super) async fn start_among(
        codes: &[&str],
        backend: Option<&str>,
        crowd: impl FnOnce(&mut Directory) -> Result<Vec<AccessRule>>,
    ) -> Result<Self> {
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
        for code in codes {
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
                ledger: ledger_signer(&id.to_string(), &ledger_key)?.verifier_key().to_string(),
                ..NodeEntry::default()
            });
            directory.members.push(MemberEntry {
                nodes: vec![id.to_string()],
                name: (*code).into(),
                name_en: (*code).into(),
                systems: vec![bench_system(), exchange::events::listed()],
                id: id.clone(),
            });
            opening.push((id, dir, identity, ledger_key, peers));
        }
        let mut grants = crowd(&mut directory)?;
        for client in ["*/bench", "*/events"] {
            grants.push(AccessRule::open("bench", "echo", client).for_purposes(&[PURPOSE]));
        }
        let note = directory.sign(&centre)?;
        let mut all = Vec::new();
        let token_sha256 = Some(*ledger::Hash::of(TOKEN.as_bytes()).as_bytes());
        for (id, dir, identity, ledger_key, peers) in opening {
            let keeper = Keeper::open(centre.verifier_key(), dir.join("directory"))?;
            keeper.offer(note.clone())?;
            let systems = TcpListener::bind("127.0.0.1:0").await?;
            let address = systems.local_addr()?;
            let mut agency = Agency::open(Settings {
                node_id: id.to_string(),
                persons_key: dir.join(PERSONS_KEY),
                sealing_keys: dir.join(SEALING_KEYS),
                mutual_tls_url: None,
                id: id.clone(),
                dir: dir.clone(),
                records: Records::Files,
                systems: Vec::new(),
                grants: grants.clone(),
                agreements: Vec::new(),
                nats: None,
                identity,
                ledger_signer: ledger_signer(&id.to_string(), &ledger_key)?.into(),
                ledger_archive: None,
                keeper,
                documents: None,
                verifier: signature::Verifier::new(authority.roots()),
                clock: clock.clone(),
                random: random.clone(),
                public_url: "".into(),
                body_limit_bytes: exchange::node::BODY_LIMIT_BYTES,
                vocabulary: Vocabulary::Snake,
                sandbox: true,
            })
            .await?;
            agency.serve(peers, systems);
            let running = Running { id, agency, dir, address };
            let node = &running.agency.node;
            node.offer(vec![Offer::http(&running.system(), "echo", &backend).map_err(anyhow::Error::msg)?]);
            let credential = Credential { token_sha256, fingerprints: Vec::new() };
            node.admit_systems(HashMap::from([(running.system(), credential)]));
            all.push(running);
        }
        Ok(Self { all, _scratch: scratch })
    }

    pub(super) async fn close(self) {
        for running in self.all {
            running.agency.close().await;
        }
    }
}

/// The system `bench` as the directory has it.
pub(super) fn bench_system() -> SystemEntry {
    SystemEntry { code: "bench".into(), name: "bench".into(), national: false, services: vec!["echo".into()] }
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
