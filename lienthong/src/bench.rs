//! `lienthong bench`: what this computer can do, in figures.

mod agencies;
mod entries;
mod events;
mod exchange;
mod growth;
mod ledger;
mod load;
mod quarter;
mod search;
mod store;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// What is measured, and for how long.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What is measured.
    #[arg(value_enum)]
    what: What,
    /// How long each measurement lasts.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Prints the figures as JSON.
    #[arg(long)]
    json: bool,
    /// Calls or appends that wait at the same time.
    #[arg(long, default_value_t = 64)]
    concurrency: usize,
    /// Messages of the log that is searched, or entries of the ledger that has grown.
    #[arg(long, default_value_t = 1_000_000)]
    entries: u64,
    /// Transactions of `quarter`.
    #[arg(long, default_value_t = quarter::TRANSACTIONS)]
    transactions: u64,
    /// Systems of the country that `growth` makes.
    #[arg(long, default_value_t = 100)]
    systems: usize,
    /// The NATS server that keeps the log of `events`; embedded when absent.
    #[arg(long)]
    nats: Option<String>,
    /// Where `load` sends its requests.
    #[arg(long)]
    url: Option<String>,
    /// A header of those requests, as `name: value`.
    #[arg(long)]
    header: Vec<String>,
    /// Length of their bodies, in bytes.
    #[arg(long, default_value_t = 1_024)]
    body_bytes: usize,
    /// How many of them a second.
    #[arg(long, default_value_t = 1_000)]
    rate: u64,
    /// Keeps the exchange serving, without load, for a load generator from outside; prints the address and the headers.
    #[arg(long)]
    serve: bool,
    /// The system that answers, for `--serve`; one of this program's own when absent.
    #[arg(long)]
    backend: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Round trips over four corners: system, node, node, system.
    Exchange,
    /// Durable appends to a ledger.
    Ledger,
    /// Events: published, carried to the log, handed over and confirmed.
    Events,
    /// What each message and each reading of the directory costs in a country of so many systems.
    Growth,
    /// Writes and reads of a store.
    Store,
    /// Searches of a log: by case, person, system, service and time.
    Search,
    /// A ledger that has grown to so many entries: proofs, opening, memory, bytes on disk.
    Entries,
    /// A hundredth of the country's quarter: transactions of mixed sizes between ten agencies, each proven afterwards.
    Quarter,
    /// Requests at a steady rate to an address, whether answers come or not.
    Load,
}

/// Measures, and prints the figures.
#[allow(clippy::print_stdout)]
pub async fn run(arguments: Arguments) -> Result<()> {
    let length = Duration::from_secs(arguments.seconds.max(1));
    let figures = match arguments.what {
        What::Exchange if arguments.serve => return exchange::serve(arguments.backend.as_deref()).await,
        What::Exchange => exchange::measure(length, arguments.concurrency).await?,
        What::Ledger => ledger::measure(length, arguments.concurrency).await?,
        What::Events => events::measure(length, arguments.concurrency, arguments.nats.as_deref()).await?,
        What::Growth => growth::measure(length, arguments.concurrency, arguments.systems).await?,
        What::Store => store::measure(length, arguments.concurrency).await?,
        What::Search => search::measure(length, arguments.entries).await?,
        What::Entries => entries::measure(length, arguments.entries).await?,
        What::Quarter => quarter::measure(arguments.transactions, arguments.concurrency).await?,
        What::Load => {
            let url = arguments.url.context("name the address with --url")?;
            let load = load::Load {
                url,
                headers: arguments.header,
                body_bytes: arguments.body_bytes,
                rate: arguments.rate,
            };
            load.measure(length, arguments.concurrency).await?
        }
    };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        for (name, value) in figures.as_object().into_iter().flatten() {
            println!("{name:40} {value}");
        }
    }
    Ok(())
}

/// Runs `work` over and over by `concurrency` workers for `length`, and says how often and how fast.
async fn repeat<F, W>(name: &str, length: Duration, concurrency: usize, work: F) -> Result<Value>
where
    F: Fn(usize) -> W + Clone + Send + Sync + 'static,
    W: Future<Output = Result<()>> + Send,
{
    let end = Instant::now() + length;
    let workers: Vec<_> = (0..concurrency)
        .map(|worker| {
            let work = work.clone();
            tokio::spawn(async move {
                let mut times = Histogram::<u64>::new(3)?;
                while Instant::now() < end {
                    let began = Instant::now();
                    work(worker).await?;
                    times.record(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX))?;
                }
                anyhow::Ok(times)
            })
        })
        .collect();
    let mut times = Histogram::<u64>::new(3)?;
    for worker in workers {
        times.add(worker.await??)?;
    }
    let mut figures = Map::new();
    let per_second = times.len() as f64 / length.as_secs_f64();
    figures.insert(format!("{name} per second"), json!(per_second.round()));
    for (percentile, value) in [("p50", 50.0), ("p99", 99.0), ("p99.9", 99.9)] {
        figures.insert(format!("{name} {percentile} us"), json!(times.value_at_percentile(value)));
    }
    Ok(Value::Object(figures))
}

/// The next of many places below `count`, scattered over all of them, so that no cache holds what is asked for.
fn scattered(asked: &AtomicU64, count: u64) -> u64 {
    asked.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15) % count.max(1)
}

/// Several sets of figures as one.
fn together(sets: impl IntoIterator<Item = Value>) -> Value {
    let mut all = Map::new();
    for set in sets {
        if let Value::Object(figures) = set {
            all.extend(figures);
        }
    }
    Value::Object(all)
}

/// A folder that is gone when this is dropped.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(what: &str) -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("lienthong-bench-{what}-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        Ok(Self(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed is in a temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Memory of this process that is not swapped out, in bytes.
fn resident_bytes() -> Result<u64> {
    const PAGE_BYTES: u64 = 4_096;
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = statm.split(' ').nth(1).context("/proc/self/statm has no second number")?.parse()?;
    Ok(pages * PAGE_BYTES)
}
