//! A share of the country's quarter: transactions of mixed sizes between ten agencies, then every one of them proven from the
//! logs of both its nodes.

use super::agencies::{Agencies, PURPOSE, Running, TOKEN};
use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use exchange::message::{Annex, Entry, Event, MessageHash, Seal, SeenCheckpoints};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tokio::net::TcpStream;
use uuid::Uuid;

/// Transactions of a quarter (the first of 2022) divided by a hundred.
pub(super) const TRANSACTIONS: u64 = 1_345_000;
/// The agencies.
const CODES: [&str; 10] = ["G01", "G02", "G03", "G04", "G05", "G06", "G07", "G08", "G09", "G22"];
/// Lengths of bodies in bytes, and how many of a thousand transactions have them.
const MIX: [(usize, u64); 4] = [(512, 700), (4_096, 250), (65_536, 49), (1_048_576, 1)];
/// Entries of a log that are read at once.
const READ_AT_ONCE_ENTRIES: u64 = 1_000;

pub(super) async fn measure(transactions: u64, concurrency: usize) -> Result<Value> {
    let agencies = Arc::new(Agencies::start(&CODES, None).await?);
    let (began, cpu) = (Instant::now(), cpu_seconds()?);
    carry(&agencies, transactions, concurrency).await?;
    for running in &agencies.all {
        // Answers are logged without anybody waiting; they stand in the log before what is appended from now on.
        running.agency.node.ledger().append(b"end of the benchmark".to_vec()).await?;
    }
    let (time, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    let began = Instant::now();
    let mut proven = Proven::default();
    for running in &agencies.all {
        proven.read(running, &agencies.all)?;
    }
    let whole = proven.whole();
    ensure!(
        whole == transactions,
        "of {transactions} answered transactions only {whole} stand in the logs of both nodes"
    );
    let verifying = began.elapsed().as_secs_f64();
    let bytes: u64 =
        agencies.all.iter().map(|running| bytes_in(&running.dir.join("ledger"))).sum::<Result<u64>>()?;
    if let Some(agencies) = Arc::into_inner(agencies) {
        agencies.close().await;
    }
    Ok(json!({
        "transactions, all answered and proven": transactions,
        "seconds": time.round(),
        "transactions per second": (transactions as f64 / time).round(),
        "CPU seconds": cpu.round(),
        "CPU us a transaction, load included": (cpu * 1e6 / transactions as f64).round(),
        "bytes of ledgers": bytes,
        "bytes of ledgers a transaction": bytes / transactions.max(1),
        "seconds to verify every entry and seal": verifying.round(),
    }))
}

/// Has them all made and answered.
async fn carry(agencies: &Arc<Agencies>, transactions: u64, concurrency: usize) -> Result<()> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}")?;
    let progress = ProgressBar::new(transactions).with_style(style);
    let next = Arc::new(AtomicU64::new(0));
    let body = Bytes::from(vec![b'x'; MIX.iter().map(|(bytes, _)| *bytes).max().unwrap_or(0)]);
    let workers: Vec<_> = (0..concurrency)
        .map(|worker| {
            let (agencies, next, body, progress) =
                (agencies.clone(), next.clone(), body.clone(), progress.clone());
            tokio::spawn(async move {
                let consumer = &agencies.all[worker % CODES.len()];
                let stream = TcpStream::connect(consumer.address).await?;
                stream.set_nodelay(true)?;
                let (mut sender, connection) =
                    http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await?;
                // Its end shows in the requests.
                tokio::spawn(connection);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= transactions {
                        return anyhow::Ok(());
                    }
                    let (provider, bytes) = drawn(&agencies.all, worker % CODES.len(), number);
                    let request = Request::post(provider.target())
                        .header("host", "bench")
                        .header("x-road-client", consumer.system().to_string())
                        .header("x-lienthong-token", TOKEN)
                        .header("x-lienthong-purpose", PURPOSE)
                        .body(Full::new(body.slice(..bytes)))?;
                    let response = sender.send_request(request).await?;
                    let status = response.status();
                    let answer = response.into_body().collect().await?.to_bytes();
                    ensure!(
                        status.is_success() && answer.len() == bytes,
                        "transaction {number} ended with {status}"
                    );
                    progress.inc(1);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await??;
    }
    progress.finish_and_clear();
    Ok(())
}

/// Whom a transaction calls, and how long its body is: the same for every run.
fn drawn(all: &[Running], consumer: usize, number: u64) -> (&Running, usize) {
    let scattered = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16;
    let away = 1 + usize::try_from(scattered % (all.len() as u64 - 1)).unwrap_or(0);
    let mut place = number % 1_000;
    for (bytes, share) in MIX {
        if place < share {
            return (&all[(consumer + away) % all.len()], bytes);
        }
        place -= share;
    }
    (&all[(consumer + away) % all.len()], 0)
}

/// What the logs prove: for each message the events that stand in one.
#[derive(Default)]
struct Proven(HashMap<Uuid, u8>);

impl Proven {
    /// Reads the log of one node, and checks each entry against what it stands for and each seal against its sender's key.
    fn read(&mut self, running: &Running, all: &[Running]) -> Result<()> {
        let seen: HashMap<String, SeenCheckpoints> = all
            .iter()
            .map(|other| {
                (
                    other.agency.node.id().to_owned(),
                    SeenCheckpoints::new(other.agency.node.ledger_key().clone()),
                )
            })
            .collect();
        let ledger = running.agency.node.ledger();
        let size = ledger.checkpoint().checkpoint.size;
        let mut first = 0;
        while first < size {
            let count = READ_AT_ONCE_ENTRIES.min(size - first);
            for item in ledger.items(first, count)? {
                let Some(entry) = Entry::of_bytes(&item.entry) else { continue };
                let annex = Annex::decode(item.annex.into())?;
                let hash = MessageHash::of(&annex.head, annex.body.as_ref());
                ensure!(
                    hash.commit(&annex.salt) == entry.digest,
                    "the log of {} does not hold message {}",
                    running.id,
                    entry.id
                );
                let (bit, sent) = match entry.event {
                    Event::RequestSent => (1, None),
                    Event::RequestReceived => (2, Some(Event::RequestSent)),
                    Event::AnswerSent => (4, None),
                    Event::AnswerReceived => (8, Some(Event::AnswerSent)),
                };
                if let Some(event) = sent {
                    let seal = annex.seal.context("a received message has no seal")?;
                    let seen = seen.get(&annex.peer).context("a message came from an unknown node")?;
                    Seal::decode(seal, seen)?.verify(&Entry { event, ..entry })?;
                }
                *self.0.entry(entry.id).or_default() |= bit;
            }
            first += count;
        }
        Ok(())
    }

    /// How many messages stand in both logs, in all four places.
    fn whole(&self) -> u64 {
        self.0.values().filter(|events| **events == 15).count() as u64
    }
}

/// CPU time of this process until now, in seconds.
pub(super) fn cpu_seconds() -> Result<f64> {
    /// Ticks of the clock that `/proc` counts with, a second.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let behind_name = stat.rsplit_once(')').context("/proc/self/stat is not as expected")?.1;
    let ticks: u64 =
        behind_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(ticks as f64 / TICKS)
}

/// Length of all files in a folder, in bytes.
pub(super) fn bytes_in(dir: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_in(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
