//! Events between two agencies: published by a system in the batch of what happened, carried to the log, handed over as
//! messages of the exchange, confirmed.

use super::{
    Scratch,
    agencies::{Agencies, PURPOSE},
    quarter::bytes_in,
    repeat, together,
};
use anyhow::{Context as _, Result, ensure};
use contracts::population::PersonNumbered;
use events::{EmbeddedLog, EventLog, NatsLog, Topic};
use exchange::events::{Agreement, Events};
use hdrhistogram::Histogram;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use store::{Batch, Event, Location, Schema, Store};
use system::{Clock, EventFacts, Random};
use tokio::net::TcpListener;

/// The publishing agency, and the one that subscribes.
const CODES: [&str; 2] = ["G01", "G22"];
/// The type of event.
const TYPE: &str = "bench.happened";
/// Events a second while latency is measured.
const STEADY_RATE: u64 = 100;
/// How long everything published may take to be handed over, in seconds.
const WAIT_LIMIT_SECONDS: u64 = 600;
/// How often it is looked, in milliseconds.
const LOOK_AGAIN_MILLIS: u64 = 5;

/// The store of the publishing system: nothing but its outbox.
static OUTBOX: Schema = Schema { system: "bench", migrations: &[], statements: &[] };

/// When events came, counted from when they happened.
#[derive(Default)]
struct Arrivals(Mutex<Vec<i64>>);

impl Arrivals {
    fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn add(&self, micros: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(micros);
    }

    /// The latest of them, from the `first` on.
    fn since(&self, first: usize) -> Vec<i64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).split_off(first)
    }
}

pub(super) async fn measure(length: Duration, concurrency: usize, nats: Option<&str>) -> Result<Value> {
    let scratch = Scratch::new("events")?;
    let arrivals = Arc::new(Arrivals::default());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let backend = format!("http://{}", listener.local_addr()?);
    tokio::spawn(subscriber(listener, arrivals.clone()));
    let agencies = Agencies::start(&CODES, Some(&backend)).await?;
    let (publisher, clock, random) = (&agencies.all[0], Clock::real(), Random::from_system()?);
    let now = clock.now();
    let file = |name: &str| Location::SqliteFile(scratch.0.join(name));
    let outbox = Store::open(&file("outbox.sqlite"), &OUTBOX, now).await?;
    let kept = Store::open(&file("events.sqlite"), &exchange::events::SCHEMA, now).await?;
    let log: Arc<dyn EventLog> = match nats {
        Some(url) => Arc::new(NatsLog::connect(url, &format!("bench-{}", std::process::id())).await?),
        None => Arc::new(EmbeddedLog::new(kept.clone())),
    };
    let events = Events::new(publisher.id.clone(), kept, log.clone(), clock.clone(), random.clone());
    let facts = EventFacts::of::<PersonNumbered>(TYPE, "something happened");
    events.publish_for(&publisher.system(), &outbox, &[facts]).await?;
    let running = tokio::spawn(events.clone().run(publisher.agency.node.clone()));

    // Published, and carried to the log meanwhile.
    let topic: Topic = TYPE.parse()?;
    let (writing, drawing, began) = (outbox.clone(), random.clone(), Instant::now());
    let published = repeat("events published", length, concurrency, move |_| {
        let (writing, batch) = (writing.clone(), happened(&drawing));
        async move { Ok(writing.write(batch).await?) }
    })
    .await?;
    let count = written(&outbox, &log, &topic).await?;
    let carried = count as f64 / began.elapsed().as_secs_f64();
    let bytes = bytes_in(&scratch.0)?;

    // A subscriber that begins at the first: everything is handed over and confirmed.
    let began = Instant::now();
    events
        .agree(&[Agreement {
            event_type: TYPE,
            subscriber: agencies.all[1].system(),
            service: "echo",
            path: "/x",
            purpose: PURPOSE,
            legal_basis: "bench",
        }])
        .await?;
    until(|| arrivals.count() >= count).await?;
    let filled = count as f64 / began.elapsed().as_secs_f64();

    let latency = steady(&outbox, &random, &arrivals, length).await?;
    running.abort();
    agencies.close().await;
    let figures = json!({
        "engine": if nats.is_some() { "NATS" } else { "embedded" },
        "events": count,
        "events published and in the log per second": carried.round(),
        "events handed over and confirmed per second": filled.round(),
        "bytes on disk an event, outbox and records beside the log": bytes / count.max(1) as u64,
    });
    Ok(together([figures, published, latency]))
}

/// The batch of an event.
fn happened(random: &Random) -> Batch {
    let now = Clock::real().now();
    let registration = random.id(now);
    let told = PersonNumbered { registration, registered_at: "00004".into() };
    let mut batch = Batch::new();
    batch.emit(Event {
        id: registration,
        event_type: TYPE.into(),
        subject: registration.to_string(),
        payload: serde_json::to_string(&told).unwrap_or_default(),
        occurred_at: now,
    });
    batch
}

/// How many events the log holds once the outbox is empty.
async fn written(outbox: &Store, log: &Arc<dyn EventLog>, topic: &Topic) -> Result<usize> {
    let deadline = Instant::now() + Duration::from_secs(WAIT_LIMIT_SECONDS);
    loop {
        if outbox.pending_events(0, 1).await?.is_empty() {
            return Ok(usize::try_from(log.bounds(topic).await?.last)?);
        }
        ensure!(Instant::now() < deadline, "the outbox is not carried to the log");
        tokio::time::sleep(Duration::from_millis(LOOK_AGAIN_MILLIS)).await;
    }
}

async fn until(done: impl Fn() -> bool) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(WAIT_LIMIT_SECONDS);
    while !done() {
        ensure!(Instant::now() < deadline, "the events are not handed over");
        tokio::time::sleep(Duration::from_millis(LOOK_AGAIN_MILLIS)).await;
    }
    Ok(())
}

/// Time from what happened to the subscriber, at a steady rate.
async fn steady(outbox: &Store, random: &Random, arrivals: &Arrivals, length: Duration) -> Result<Value> {
    let before = arrivals.count();
    let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / STEADY_RATE));
    let count = usize::try_from(STEADY_RATE * length.as_secs())?;
    for _ in 0..count {
        ticks.tick().await;
        outbox.write(happened(random)).await?;
    }
    until(|| arrivals.count() >= before + count).await?;
    let mut times = Histogram::<u64>::new(3)?;
    for micros in arrivals.since(before) {
        times.record(u64::try_from(micros).unwrap_or_default())?;
    }
    Ok(json!({
        "from event to subscriber p50 us": times.value_at_percentile(50.0),
        "from event to subscriber p99 us": times.value_at_percentile(99.0),
    }))
}

/// A subscriber's system: takes every event, and notes how long it was on its way.
async fn subscriber(listener: TcpListener, arrivals: Arc<Arrivals>) {
    while let Ok((stream, _)) = listener.accept().await {
        let arrivals = arrivals.clone();
        tokio::spawn(async move {
            // A connection that can't be tuned is only slower.
            let _ = stream.set_nodelay(true);
            let service = service_fn(|request: Request<Incoming>| {
                let arrivals = arrivals.clone();
                async move {
                    let body =
                        request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                    if let Ok(micros) = on_its_way(&body) {
                        arrivals.add(micros);
                    }
                    Ok::<_, Infallible>(Response::new(Full::new(bytes::Bytes::from_static(b"{}"))))
                }
            });
            // The end of a connection ends its task.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

fn on_its_way(event: &[u8]) -> Result<i64> {
    let event: Value = serde_json::from_slice(event)?;
    let time: Timestamp = event["time"].as_str().context("an event has a time")?.parse()?;
    Ok(Clock::real().now().as_microsecond() - time.as_microsecond())
}
