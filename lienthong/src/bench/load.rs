//! Requests at a steady rate. Each has its moment, and its time counts from then: when answers are slow the requests behind
//! them wait, and that waiting is part of what is measured ("coordinated omission" would leave it out).

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use hdrhistogram::Histogram;
use http::{HeaderName, HeaderValue, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep_until},
};

/// What is sent.
pub(super) struct Load {
    /// Where to.
    pub(super) url: String,
    /// Headers, as `name: value`.
    pub(super) headers: Vec<String>,
    /// Length of a body, in bytes.
    pub(super) body_bytes: usize,
    /// Requests a second.
    pub(super) rate: u64,
}

/// How one connection fared.
struct Fared {
    times: Histogram<u64>,
    failed: u64,
}

impl Load {
    /// Sends for `length` over so many connections.
    pub(super) async fn measure(self, length: Duration, connections: usize) -> Result<Value> {
        ensure!(self.rate > 0, "the rate must be at least one request a second");
        let uri: Uri = self.url.parse().with_context(|| format!("{:?} is not an address", self.url))?;
        let authority = uri.authority().context("the address has no host")?.to_string();
        let mut template = Request::post(uri.path_and_query().map_or("/", |path| path.as_str()));
        template = template.header("host", &authority);
        for header in &self.headers {
            let (name, value) =
                header.split_once(':').with_context(|| format!("{header:?} is not name: value"))?;
            template =
                template.header(name.trim().parse::<HeaderName>()?, value.trim().parse::<HeaderValue>()?);
        }
        let request = Arc::new(template.body(Full::new(Bytes::from(vec![b'x'; self.body_bytes])))?);
        let between = Duration::from_secs_f64(connections as f64 / self.rate as f64);
        let began = Instant::now();
        let senders: Vec<_> = (0..connections)
            .map(|connection| {
                // The connections take turns, so that requests come evenly.
                let first = began + between.mul_f64(connection as f64 / connections as f64);
                tokio::spawn(send(authority.clone(), request.clone(), first, between, began + length))
            })
            .collect();
        let (mut times, mut failed) = (Histogram::<u64>::new(3)?, 0);
        for sender in senders {
            let fared = sender.await??;
            times.add(fared.times)?;
            failed += fared.failed;
        }
        Ok(json!({
            "asked per second": self.rate,
            "answered per second": (times.len() as f64 / began.elapsed().as_secs_f64()).round(),
            "answered with an error": failed,
            "p50 us": times.value_at_percentile(50.0),
            "p99 us": times.value_at_percentile(99.0),
            "p99.9 us": times.value_at_percentile(99.9),
        }))
    }
}

async fn send(
    authority: String,
    request: Arc<Request<Full<Bytes>>>,
    first: Instant,
    between: Duration,
    end: Instant,
) -> Result<Fared> {
    let stream = TcpStream::connect(&authority).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Its end shows in the requests.
    tokio::spawn(connection);
    let mut fared = Fared { times: Histogram::new(3)?, failed: 0 };
    let mut due = first;
    while due < end {
        sleep_until(due).await;
        let response = sender.send_request(Request::clone(&request)).await?;
        fared.failed += u64::from(!response.status().is_success());
        response.into_body().collect().await?;
        fared.times.record(u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX))?;
        due += between;
    }
    Ok(fared)
}
