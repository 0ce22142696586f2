//! Round trips over four corners: a system calls its node by HTTP, that node calls another over mutual TLS, that one a
//! system by HTTP; signed, logged and durable at both nodes, access checked.

use super::{
    agencies::{Agencies, PURPOSE, TOKEN},
    repeat, together,
};
use crate::stopped;
use anyhow::{Result, ensure};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpStream, sync::Mutex};

/// The calling agency, and the called one.
pub(super) const CODES: [&str; 2] = ["G22", "G01"];
/// The calling system.
const CLIENT: &str = "VN/GOV/G22/bench";
/// What is called.
const TARGET: &str = "/r1/VN/GOV/G01/bench/echo/x";
/// Lengths of the bodies that are measured, in bytes.
const BODIES_BYTES: [usize; 3] = [64, 1_024, 65_536];

pub(super) async fn measure(length: Duration, concurrency: usize) -> Result<Value> {
    let agencies = Agencies::start(&CODES, None).await?;
    let address = agencies.all[0].address;
    let mut sets = Vec::new();
    for bytes in BODIES_BYTES {
        for connections in [1, concurrency] {
            let name = format!("round trips of {bytes} B, {connections} connections,");
            sets.push(round_trips(&name, address, bytes, connections, length).await?);
        }
    }
    agencies.close().await;
    Ok(together(sets))
}

/// Serves until stopped, for a load generator from outside.
#[allow(clippy::print_stdout)]
pub(super) async fn serve(backend: Option<&str>) -> Result<()> {
    let agencies = Agencies::start(&CODES, backend).await?;
    println!("http://{}{TARGET}", agencies.all[0].address);
    println!("X-Road-Client: {CLIENT}");
    println!("X-Lienthong-Token: {TOKEN}");
    println!("X-Lienthong-Purpose: {PURPOSE}");
    stopped().await?;
    agencies.close().await;
    Ok(())
}

pub(super) async fn round_trips(
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
                .header("x-lienthong-purpose", PURPOSE)
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
