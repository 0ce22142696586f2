//! One connection between two nodes, whichever of them opened it.

use super::{
    Arrived, Envelope, FRAME_HEADER_BYTES, FRAME_LIMIT_BYTES, FrameKind, read_message, write_frame, write_message,
};
use crate::body::{Body, BodyWriter};
use bytes::{Buf, Bytes, BytesMut};
use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};

/// How much is written at once, in bytes.
const WRITE_AT_ONCE_BYTES: usize = 256 * 1024;
/// How much room is made for reading at once, in bytes.
const READ_AT_ONCE_BYTES: usize = 128 * 1024;
/// An idle connection says this often that it is alive, in seconds.
const PING_SECONDS: u64 = 10;
/// A connection silent for longer than this is dead, in seconds.
const SILENCE_LIMIT_SECONDS: u64 = 35;
/// How many large bodies may be coming in at the same time.
const LARGE_BODIES_LIMIT: usize = 256;
/// Longest reason of an abort, in bytes.
const REASON_LIMIT_BYTES: usize = 512;

/// What a connection may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Largest body, in bytes.
    pub body_bytes: u64,
    /// Where large bodies are kept while they come in.
    pub spool_dir: Arc<PathBuf>,
}

/// What came in: a message, or why none comes.
pub type Incoming = Result<Envelope, String>;

enum Outbound {
    Message(u64, Envelope),
    Abort(u64, String),
}

/// The sending side of a connection. Cheap to clone; the connection closes when all clones are gone.
#[derive(Clone)]
pub struct Connection {
    outbound: mpsc::UnboundedSender<Outbound>,
}

impl Connection {
    /// Runs a connection over `stream`. Whatever comes in is given to `take`, in order; when the connection ends, `ended`
    /// is called with the reason.
    pub fn run<S>(
        stream: S,
        limits: Limits,
        take: impl FnMut(u64, Incoming) + Send + 'static,
        ended: impl FnOnce(io::Error) + Send + 'static,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (outbound, queue) = mpsc::unbounded_channel();
        let (reading, writing) = tokio::io::split(stream);
        let writer: JoinHandle<()> = tokio::spawn(async move {
            if let Err(error) = write_all(writing, queue).await {
                tracing::debug!(%error, "writing to a peer ended");
            }
        });
        let aborts = outbound.downgrade();
        tokio::spawn(async move {
            let error = match read_all(reading, limits, take, aborts).await {
                Ok(()) => io::Error::new(io::ErrorKind::UnexpectedEof, "the peer closed the connection"),
                Err(error) => error,
            };
            writer.abort();
            ended(error);
        });
        Self { outbound }
    }

    /// Sends a message; false when the connection has ended. How many may wait is limited by whoever admits messages.
    pub fn send(&self, exchange: u64, envelope: Envelope) -> bool {
        self.outbound.send(Outbound::Message(exchange, envelope)).is_ok()
    }

    /// Tells the peer that no answer comes.
    pub fn abort(&self, exchange: u64, reason: &str) -> bool {
        self.outbound.send(Outbound::Abort(exchange, reason.into())).is_ok()
    }

    /// The connection has ended.
    pub fn is_closed(&self) -> bool {
        self.outbound.is_closed()
    }
}

/// A large body on its way out.
struct Sending {
    exchange: u64,
    body: Body,
    sent: u64,
}

async fn write_all(mut stream: impl AsyncWrite + Unpin, mut queue: mpsc::UnboundedReceiver<Outbound>) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(WRITE_AT_ONCE_BYTES);
    let mut large: Vec<Sending> = Vec::new();
    loop {
        if large.is_empty() {
            match timeout(Duration::from_secs(PING_SECONDS), queue.recv()).await {
                Ok(Some(outbound)) => put(&mut buffer, outbound, &mut large),
                Ok(None) => return stream.shutdown().await,
                Err(_) => write_frame(&mut buffer, FrameKind::Ping, 0, &[]),
            }
        }
        while buffer.len() < WRITE_AT_ONCE_BYTES
            && let Ok(outbound) = queue.try_recv()
        {
            put(&mut buffer, outbound, &mut large);
        }
        large.retain_mut(|sending| put_part(&mut buffer, sending));
        stream.write_all(&buffer).await?;
        stream.flush().await?;
        buffer.clear();
    }
}

fn put(buffer: &mut Vec<u8>, outbound: Outbound, large: &mut Vec<Sending>) {
    match outbound {
        Outbound::Message(exchange, envelope) => {
            write_message(buffer, exchange, &envelope);
            if let Some(body) = envelope.body.filter(|body| body.in_memory().is_none()) {
                large.push(Sending { exchange, body, sent: 0 });
            }
        }
        Outbound::Abort(exchange, reason) => {
            let cut = reason.floor_char_boundary(REASON_LIMIT_BYTES);
            write_frame(buffer, FrameKind::Abort, exchange, &[&reason.as_bytes()[..cut]]);
        }
    }
}

/// Puts the next part of a large body; false when there is nothing more to put.
fn put_part(buffer: &mut Vec<u8>, sending: &mut Sending) -> bool {
    match sending.body.chunk_at(sending.sent) {
        Ok(Some(chunk)) => {
            sending.sent += chunk.len() as u64;
            write_frame(buffer, FrameKind::Part, sending.exchange, &[&chunk]);
            sending.sent < sending.body.len()
        }
        Ok(None) => false,
        Err(error) => {
            let reason = format!("the sender can't read the body: {error}");
            write_frame(buffer, FrameKind::Abort, sending.exchange, &[reason.as_bytes()]);
            false
        }
    }
}

/// A large body on its way in.
struct Receiving {
    head: Bytes,
    seal: Bytes,
    length: u64,
    body: BodyWriter,
}

struct Reader<T> {
    limits: Limits,
    take: T,
    aborts: mpsc::WeakUnboundedSender<Outbound>,
    large: HashMap<u64, Receiving>,
}

async fn read_all(
    mut stream: impl AsyncRead + Unpin,
    limits: Limits,
    take: impl FnMut(u64, Incoming),
    aborts: mpsc::WeakUnboundedSender<Outbound>,
) -> io::Result<()> {
    let mut reader = Reader { limits, take, aborts, large: HashMap::new() };
    let mut buffer = BytesMut::new();
    loop {
        while let Some((kind, exchange, content)) = next_frame(&mut buffer)? {
            reader.frame(kind, exchange, content)?;
        }
        buffer.reserve(READ_AT_ONCE_BYTES);
        let read = timeout(Duration::from_secs(SILENCE_LIMIT_SECONDS), stream.read_buf(&mut buffer)).await;
        match read {
            Ok(Ok(0)) if buffer.is_empty() => return Ok(()),
            Ok(Ok(0)) => return Err(invalid("the connection ended within a frame")),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(io::Error::new(io::ErrorKind::TimedOut, "the peer has been silent too long")),
        }
    }
}

fn next_frame(buffer: &mut BytesMut) -> io::Result<Option<(FrameKind, u64, Bytes)>> {
    let Some(header) = buffer.first_chunk::<FRAME_HEADER_BYTES>() else { return Ok(None) };
    let [l0, l1, l2, l3, kind, exchange @ ..] = *header;
    let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
    if length > FRAME_LIMIT_BYTES {
        return Err(invalid("the peer sent a frame over the limit"));
    }
    let kind = FrameKind::from_byte(kind).ok_or_else(|| invalid("the peer sent a frame of an unknown kind"))?;
    if buffer.len() < FRAME_HEADER_BYTES + length {
        return Ok(None);
    }
    buffer.advance(FRAME_HEADER_BYTES);
    Ok(Some((kind, u64::from_be_bytes(exchange), buffer.split_to(length).freeze())))
}

impl<T: FnMut(u64, Incoming)> Reader<T> {
    fn frame(&mut self, kind: FrameKind, exchange: u64, content: Bytes) -> io::Result<()> {
        match kind {
            FrameKind::Ping => {}
            FrameKind::Message => match read_message(content).map_err(|error| invalid(&error.to_string()))? {
                Arrived::Whole(envelope) => (self.take)(exchange, Ok(envelope)),
                Arrived::Awaiting { head, seal, length } => self.await_body(exchange, head, seal, length),
            },
            FrameKind::Part => self.part(exchange, &content),
            FrameKind::Abort => {
                self.large.remove(&exchange);
                (self.take)(exchange, Err(String::from_utf8_lossy(&content).into_owned()));
            }
        }
        Ok(())
    }

    fn await_body(&mut self, exchange: u64, head: Bytes, seal: Bytes, length: u64) {
        if length > self.limits.body_bytes {
            let limit = self.limits.body_bytes;
            return self.refuse(exchange, format!("the body of {length} bytes is larger than {limit} bytes, which is what this node admits"));
        }
        if self.large.len() >= LARGE_BODIES_LIMIT {
            return self.refuse(exchange, "too many large bodies are coming in at once; try again later".into());
        }
        let body = BodyWriter::new(self.limits.spool_dir.clone(), length);
        self.large.insert(exchange, Receiving { head, seal, length, body });
    }

    fn part(&mut self, exchange: u64, content: &[u8]) {
        // Parts of a refused body may still be on their way; they are dropped.
        let Some(receiving) = self.large.get_mut(&exchange) else { return };
        if let Err(error) = receiving.body.write(content) {
            self.large.remove(&exchange);
            return self.refuse(exchange, error.to_string());
        }
        if receiving.body.len() == receiving.length
            && let Some(Receiving { head, seal, body, .. }) = self.large.remove(&exchange)
        {
            (self.take)(exchange, Ok(Envelope { head, seal, body: Some(body.finish()) }));
        }
    }

    /// The message can't be taken; both the peer and this side's waiting caller are told.
    fn refuse(&mut self, exchange: u64, reason: String) {
        if let Some(outbound) = self.aborts.upgrade() {
            // When the connection has ended there is nobody left to tell.
            let _ = outbound.send(Outbound::Abort(exchange, reason.clone()));
        }
        (self.take)(exchange, Err(reason));
    }
}

fn invalid(fault: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, fault.to_owned())
}
