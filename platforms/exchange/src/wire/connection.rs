//! One connection between two nodes, whichever of them opened it.

use super::{
    Abort, AbortKind, Arrived, Envelope, FRAME_HEADER_BYTES, FRAME_LIMIT_BYTES, FrameKind, read_message,
    write_abort, write_frame, write_message,
};
use crate::{
    body::{Body, BodyWriter},
    drain::Work,
};
use bytes::{Buf, Bytes, BytesMut};
use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{Instant, timeout, timeout_at},
};

/// How much is written at once, in bytes.
const WRITE_AT_ONCE_BYTES: usize = 256 * 1024;
/// How much room is made for reading at once, in bytes.
const READ_AT_ONCE_BYTES: usize = 32 * 1024;
/// With less room than this left, more is made, in bytes.
const READ_ROOM_BYTES: usize = 8 * 1024;
/// An idle connection says this often that it is alive, in seconds.
const PING_SECONDS: u64 = 10;
/// A connection silent for longer than this, or that takes nothing for so long, is dead, in seconds.
const SILENCE_LIMIT_SECONDS: u64 = 35;
/// How many large bodies may be coming in at the same time.
const LARGE_BODIES_LIMIT: usize = 256;

/// What a connection may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Largest body, in bytes.
    pub body_bytes: u64,
    /// Where large bodies are kept while they come in.
    pub spool_dir: Arc<PathBuf>,
}

/// What came in: a message, or why none comes.
pub type Incoming = Result<Envelope, Abort>;

/// What a message holds until it is written: its room on this node and with the peer, and the node's wish to go down.
#[derive(Default)]
pub struct Room {
    /// Room with the peer.
    pub slot: Option<Arc<OwnedSemaphorePermit>>,
    /// Room on the node.
    pub admitted: Option<OwnedSemaphorePermit>,
    /// The node waits for it when it goes down.
    pub work: Option<Work>,
}

struct Outbound {
    exchange: u64,
    message: Incoming,
    room: Room,
}

/// The sending side of a connection. Cheap to clone; the connection closes when all clones are gone.
#[derive(Clone)]
pub struct Connection {
    outbound: mpsc::UnboundedSender<Outbound>,
}

impl Connection {
    /// Runs a connection over `stream`. Whatever comes in is given to `take`, in order, with its slot of `slots`, when there
    /// are any, and with the way back; an error of `take` ends the connection. When it ends, `ended` is called with the
    /// reason.
    pub fn run<S, T>(
        stream: S,
        limits: Limits,
        slots: Option<Arc<Semaphore>>,
        take: T,
        ended: impl FnOnce(io::Error) + Send + 'static,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
        T: FnMut(u64, Incoming, Room, &Self) -> io::Result<()> + Send + 'static,
    {
        let (outbound, queue) = mpsc::unbounded_channel();
        let (reading, writing) = tokio::io::split(stream);
        let mut writer = tokio::spawn(write_all(writing, queue));
        // The reader does not keep the connection open: it ends when nobody is left who could send.
        let back = outbound.downgrade();
        tokio::spawn(async move {
            let error = tokio::select! {
                read = read_all(reading, limits, slots, take, back) => match read {
                    Ok(()) => io::Error::new(io::ErrorKind::UnexpectedEof, "the peer closed the connection"),
                    Err(error) => error,
                },
                Ok(Err(error)) = &mut writer => error,
            };
            writer.abort();
            ended(error);
        });
        Self { outbound }
    }

    /// Sends a message, or tells the peer why none comes; false when the connection has ended. How many may wait here is
    /// limited by the room that each of them holds.
    pub fn send(&self, exchange: u64, message: Incoming, room: Room) -> bool {
        self.outbound.send(Outbound { exchange, message, room }).is_ok()
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
    room: Room,
}

async fn write_all(
    mut stream: impl AsyncWrite + Unpin,
    mut queue: mpsc::UnboundedReceiver<Outbound>,
) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(WRITE_AT_ONCE_BYTES);
    let mut large: Vec<Sending> = Vec::new();
    let mut writing: Vec<Room> = Vec::new();
    loop {
        if large.is_empty() {
            match timeout(Duration::from_secs(PING_SECONDS), queue.recv()).await {
                Ok(Some(outbound)) => {
                    put(&mut buffer, outbound, &mut large, &mut writing);
                    // Whoever else is ready to send does so now, and one write takes them all.
                    tokio::task::yield_now().await;
                }
                Ok(None) => return stream.shutdown().await,
                Err(_) => write_frame(&mut buffer, FrameKind::Ping, 0, &[]),
            }
        }
        while buffer.len() < WRITE_AT_ONCE_BYTES
            && let Ok(outbound) = queue.try_recv()
        {
            put(&mut buffer, outbound, &mut large, &mut writing);
        }
        for sending in large.extract_if(.., |sending| !put_part(&mut buffer, sending)) {
            writing.push(sending.room);
        }
        flush(&mut stream, &buffer).await?;
        buffer.clear();
        writing.clear();
    }
}

/// Writes everything, as long as the peer takes some of it from time to time.
async fn flush(stream: &mut (impl AsyncWrite + Unpin), mut bytes: &[u8]) -> io::Result<()> {
    let limit = Duration::from_secs(SILENCE_LIMIT_SECONDS);
    let stuck = |_| io::Error::new(io::ErrorKind::TimedOut, "the peer takes nothing");
    while !bytes.is_empty() {
        let written = timeout(limit, stream.write(bytes)).await.map_err(stuck)??;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
    }
    timeout(limit, stream.flush()).await.map_err(stuck)?
}

fn put(buffer: &mut Vec<u8>, outbound: Outbound, large: &mut Vec<Sending>, writing: &mut Vec<Room>) {
    let Outbound { exchange, message, room } = outbound;
    match message {
        Ok(envelope) => {
            write_message(buffer, exchange, &envelope);
            match envelope.body.filter(|body| body.inline().is_none()) {
                Some(body) => large.push(Sending { exchange, body, sent: 0, room }),
                None => writing.push(room),
            }
        }
        Err(abort) => {
            write_abort(buffer, exchange, &abort);
            writing.push(room);
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
            write_abort(buffer, sending.exchange, &Abort { kind: AbortKind::Failed, reason });
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
    room: Room,
}

struct Reader<T> {
    limits: Limits,
    slots: Option<Arc<Semaphore>>,
    take: T,
    back: mpsc::WeakUnboundedSender<Outbound>,
    large: BTreeMap<u64, Receiving>,
}

async fn read_all<T>(
    mut stream: impl AsyncRead + Unpin,
    limits: Limits,
    slots: Option<Arc<Semaphore>>,
    take: T,
    back: mpsc::WeakUnboundedSender<Outbound>,
) -> io::Result<()>
where
    T: FnMut(u64, Incoming, Room, &Connection) -> io::Result<()>,
{
    let (mut whole, silence) = (Instant::now(), Duration::from_secs(SILENCE_LIMIT_SECONDS));
    let mut reader = Reader { limits, slots, take, back, large: BTreeMap::new() };
    let mut buffer = BytesMut::new();
    loop {
        while let Some((kind, exchange, content)) = next_frame(&mut buffer)? {
            reader.frame(kind, exchange, content).await?;
            whole = Instant::now();
        }
        if buffer.capacity() - buffer.len() < READ_ROOM_BYTES {
            buffer.reserve(READ_AT_ONCE_BYTES);
        }
        // Bytes that make no whole frame are no sign of life: a stream that lost its place would otherwise never end.
        let read = timeout_at(whole + silence, stream.read_buf(&mut buffer)).await;
        match read {
            Ok(Ok(0)) if buffer.is_empty() => return Ok(()),
            Ok(Ok(0)) => return Err(invalid("the connection ended within a frame")),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error),
            Err(_) => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the peer has been silent too long"));
            }
        }
    }
}

/// Takes the next frame from what has come, if it is there.
pub(super) fn next_frame(buffer: &mut BytesMut) -> io::Result<Option<(FrameKind, u64, Bytes)>> {
    let Some(header) = buffer.first_chunk::<FRAME_HEADER_BYTES>() else { return Ok(None) };
    let [l0, l1, l2, l3, kind, exchange @ ..] = *header;
    let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
    if length > FRAME_LIMIT_BYTES {
        return Err(invalid("the peer sent a frame over the limit"));
    }
    let kind =
        FrameKind::from_byte(kind).ok_or_else(|| invalid("the peer sent a frame of an unknown kind"))?;
    if buffer.len() < FRAME_HEADER_BYTES + length {
        return Ok(None);
    }
    buffer.advance(FRAME_HEADER_BYTES);
    Ok(Some((kind, u64::from_be_bytes(exchange), buffer.split_to(length).freeze())))
}

impl<T> Reader<T>
where
    T: FnMut(u64, Incoming, Room, &Connection) -> io::Result<()>,
{
    async fn frame(&mut self, kind: FrameKind, exchange: u64, content: Bytes) -> io::Result<()> {
        match kind {
            FrameKind::Ping => Ok(()),
            FrameKind::Message => {
                let room = self.room().await?;
                match read_message(content).map_err(|error| invalid(&error.to_string()))? {
                    Arrived::Whole(envelope) => self.give(exchange, Ok(envelope), room),
                    Arrived::Awaiting { head, seal, length } => {
                        self.await_body(exchange, head, seal, length, room)
                    }
                }
            }
            FrameKind::Part => self.part(exchange, &content),
            FrameKind::Abort => {
                self.large.remove(&exchange);
                self.give(exchange, Err(Abort::read(&content)), Room::default())
            }
        }
    }

    /// Waits until the peer has a slot left. One that keeps to its slots always has.
    async fn room(&mut self) -> io::Result<Room> {
        let Some(slots) = &self.slots else { return Ok(Room::default()) };
        let slot = slots.clone().acquire_owned().await.map_err(io::Error::other)?;
        Ok(Room { slot: Some(Arc::new(slot)), ..Room::default() })
    }

    fn give(&mut self, exchange: u64, incoming: Incoming, room: Room) -> io::Result<()> {
        let outbound =
            self.back.upgrade().ok_or_else(|| io::Error::other("this node closes the connection"))?;
        (self.take)(exchange, incoming, room, &Connection { outbound })
    }

    fn await_body(
        &mut self,
        exchange: u64,
        head: Bytes,
        seal: Bytes,
        length: u64,
        room: Room,
    ) -> io::Result<()> {
        if length > self.limits.body_bytes {
            let limit = self.limits.body_bytes;
            let reason = format!(
                "the body of {length} bytes is larger than {limit} bytes, which is what this node admits"
            );
            return self.refuse(exchange, Abort::refused(reason), room);
        }
        if self.large.len() >= LARGE_BODIES_LIMIT {
            let reason = "too many large bodies are coming in at once; try again later".into();
            return self.refuse(exchange, Abort { kind: AbortKind::Overloaded, reason }, room);
        }
        let body = BodyWriter::new(self.limits.spool_dir.clone(), length);
        if self.large.insert(exchange, Receiving { head, seal, length, body, room }).is_some() {
            return Err(invalid("the peer began a message twice"));
        }
        Ok(())
    }

    fn part(&mut self, exchange: u64, content: &[u8]) -> io::Result<()> {
        // Parts of a refused body may still be on their way; they are dropped.
        let Some(receiving) = self.large.get_mut(&exchange) else { return Ok(()) };
        let written = receiving.body.write(content);
        if written.is_ok() && receiving.body.len() < receiving.length {
            return Ok(());
        }
        let Some(Receiving { head, seal, body, room, .. }) = self.large.remove(&exchange) else {
            return Ok(());
        };
        match written {
            Ok(()) => self.give(exchange, Ok(Envelope { head, seal, body: Some(body.finish()) }), room),
            Err(error) => {
                self.refuse(exchange, Abort { kind: AbortKind::Failed, reason: error.to_string() }, room)
            }
        }
    }

    /// The message can't be taken; both the peer and this side's waiting caller are told.
    fn refuse(&mut self, exchange: u64, abort: Abort, room: Room) -> io::Result<()> {
        if let Some(outbound) = self.back.upgrade() {
            // When the connection has ended there is nobody left to tell.
            let _ = outbound.send(Outbound { exchange, message: Err(abort.clone()), room });
        }
        self.give(exchange, Err(abort), Room::default())
    }
}

fn invalid(fault: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, fault.to_owned())
}
