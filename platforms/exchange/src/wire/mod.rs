//! What goes between two nodes: sealed messages in frames, many in flight on few mutual-TLS connections.
//!
//! A frame is a length (4 bytes), a kind (1 byte), the number of the exchange it belongs to (8 bytes) and its content.
//! All that waits is written at once, so busy nodes make few system calls. A body that fits in memory travels in its
//! message's frame; a larger one follows in frames of its own, taking turns with everything else, so it never holds up
//! small messages. The receiver takes every body to its end into memory or a file.
//!
//! Memory is bounded by room: a message takes up a slot from its first frame until its answer is written, on either side,
//! and a peer has a fixed number of slots. A sender that keeps to them never waits; one that does not is read no further
//! until it takes its answers.

mod connection;
#[cfg(feature = "testing")]
pub(crate) mod fuzzing;
mod link;
mod listener;
mod standing;

pub use connection::{Connection, Incoming, Limits, Room};
#[cfg(feature = "testing")]
pub use link::Dial;
pub use link::{Destination, LinkError, Links};
pub use listener::{Serve, listen};

use crate::{
    body::{Body, MEMORY_LIMIT_BYTES},
    codec::{CodecError, Decoder},
    message::HEAD_LIMIT_BYTES,
};
use bytes::Bytes;

/// Messages of one peer that may be waiting for their answers at the same time.
pub const IN_FLIGHT_A_PEER_LIMIT: usize = 4_096;
/// Longest frame, in bytes: head, seal and a body that fits in memory.
pub const FRAME_LIMIT_BYTES: usize = HEAD_LIMIT_BYTES + SEAL_LIMIT_BYTES + MEMORY_LIMIT_BYTES + 64;
/// Longest seal, in bytes: a proof of 64 hashes and a checkpoint.
pub const SEAL_LIMIT_BYTES: usize = 8 * 1024;
/// Length of what stands before a frame's content, in bytes.
const FRAME_HEADER_BYTES: usize = 13;

/// A sealed message on its way.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The head, as it was hashed.
    pub head: Bytes,
    /// The seal, encoded.
    pub seal: Bytes,
    /// The body; absent for a message without one.
    pub body: Option<Body>,
}

/// Why a message gets no sealed answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abort {
    /// Its kind.
    pub kind: AbortKind,
    /// What was wrong and what to do.
    pub reason: String,
}

/// What kind of reason it is: whoever sent the message needs to know whether sending it again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbortKind {
    /// The message is not taken as it is.
    Refused,
    /// There is no room for it now.
    Overloaded,
    /// The node is going down.
    GoingDown,
    /// The node could not finish it.
    Failed,
}

impl AbortKind {
    const BYTES: [(AbortKind, u8); 4] =
        [(Self::Refused, 1), (Self::Overloaded, 2), (Self::GoingDown, 3), (Self::Failed, 4)];

    fn byte(self) -> u8 {
        Self::BYTES.iter().find(|(kind, _)| *kind == self).map_or(0, |(_, byte)| *byte)
    }
}

impl Abort {
    /// The message is not taken as it is.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self { kind: AbortKind::Refused, reason: reason.into() }
    }

    /// Reads it. A kind that a later version may know is one that can't be helped.
    fn read(content: &[u8]) -> Self {
        let (byte, reason) = content.split_first().unwrap_or((&0, &[]));
        let kind = AbortKind::BYTES
            .iter()
            .find(|(_, known)| known == byte)
            .map_or(AbortKind::Refused, |(kind, _)| *kind);
        let reason = &reason[..reason.len().min(REASON_LIMIT_BYTES)];
        Self { kind, reason: String::from_utf8_lossy(reason).into_owned() }
    }
}

/// Longest reason of an abort, in bytes.
const REASON_LIMIT_BYTES: usize = 512;

/// Appends an abort.
fn write_abort(out: &mut Vec<u8>, exchange: u64, abort: &Abort) {
    let cut = abort.reason.floor_char_boundary(REASON_LIMIT_BYTES);
    write_frame(out, FrameKind::Abort, exchange, &[&[abort.kind.byte()], &abort.reason.as_bytes()[..cut]]);
}

/// The kinds of frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    /// A message, with its body when that fits in memory.
    Message,
    /// A part of a large body.
    Part,
    /// The message can't be taken or finished; the content says why.
    Abort,
    /// The connection is alive.
    Ping,
}

impl FrameKind {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Message, Self::Part, Self::Abort, Self::Ping].into_iter().find(|kind| kind.byte() == byte)
    }

    fn byte(self) -> u8 {
        match self {
            Self::Message => 1,
            Self::Part => 2,
            Self::Abort => 3,
            Self::Ping => 4,
        }
    }
}

/// Appends a frame to what is written next.
fn write_frame(out: &mut Vec<u8>, kind: FrameKind, exchange: u64, content: &[&[u8]]) {
    let length: usize = content.iter().map(|part| part.len()).sum();
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    out.push(kind.byte());
    out.extend_from_slice(&exchange.to_be_bytes());
    for part in content {
        out.extend_from_slice(part);
    }
}

/// Body lengths with a meaning of their own.
const NO_BODY: u64 = u64::MAX;

/// Appends a message; the body only when it is small.
fn write_message(out: &mut Vec<u8>, exchange: u64, envelope: &Envelope) {
    let length = envelope.body.as_ref().map_or(NO_BODY, Body::len);
    let body = envelope.body.as_ref().and_then(Body::inline).map_or(&[][..], |bytes| bytes);
    let (head, seal) = (&envelope.head, &envelope.seal);
    let parts = [&length_of(head)[..], head, &length_of(seal), seal, &length.to_be_bytes(), body];
    write_frame(out, FrameKind::Message, exchange, &parts);
}

/// The length before bytes, as [`Decoder::bytes`] reads it.
fn length_of(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// A message frame taken apart: the envelope when it is whole, or what is still to come of its body.
enum Arrived {
    Whole(Envelope),
    Awaiting { head: Bytes, seal: Bytes, length: u64 },
}

fn read_message(content: Bytes) -> Result<Arrived, CodecError> {
    let mut input = Decoder::new(content);
    let head = input.bytes("head", HEAD_LIMIT_BYTES)?;
    let seal = input.bytes("seal", SEAL_LIMIT_BYTES)?;
    let length = input.u64("body length")?;
    if length == NO_BODY {
        input.end()?;
        return Ok(Arrived::Whole(Envelope { head, seal, body: None }));
    }
    if length > MEMORY_LIMIT_BYTES as u64 {
        input.end()?;
        return Ok(Arrived::Awaiting { head, seal, length });
    }
    let rest = input.rest();
    if rest.len() as u64 != length {
        return Err(CodecError::Short("body"));
    }
    Ok(Arrived::Whole(Envelope { head, seal, body: Some(Body::from_bytes(rest)) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(envelope: &Envelope) -> Bytes {
        let mut frame = Vec::new();
        write_message(&mut frame, 7, envelope);
        Bytes::from(frame).slice(FRAME_HEADER_BYTES..)
    }

    #[tokio::test]
    async fn messages_are_read_as_they_were_written() {
        for body in [None, Some(Bytes::new()), Some(Bytes::from_static(b"body"))] {
            let envelope = Envelope {
                head: Bytes::from_static(b"head"),
                seal: Bytes::from_static(b"seal"),
                body: body.clone().map(Body::from_bytes),
            };
            let Ok(Arrived::Whole(read)) = read_message(content(&envelope)) else { panic!("not whole") };
            assert_eq!((read.head, read.seal), (envelope.head, envelope.seal));
            let read = match read.body {
                Some(body) => Some(body.read_whole().await.unwrap()),
                None => None,
            };
            assert_eq!(read, body);
        }
    }

    #[test]
    fn a_large_body_in_memory_is_announced_and_not_put_into_the_frame() {
        let body = Bytes::from(vec![7; MEMORY_LIMIT_BYTES + 1]);
        let envelope = Envelope {
            head: Bytes::from_static(b"head"),
            seal: Bytes::new(),
            body: Some(Body::from_bytes(body)),
        };
        let Ok(Arrived::Awaiting { length, .. }) = read_message(content(&envelope)) else {
            panic!("not announced")
        };
        assert_eq!(length, MEMORY_LIMIT_BYTES as u64 + 1);
    }

    #[test]
    fn truncated_messages_are_refused() {
        let body = Some(Body::from_bytes(Bytes::from_static(b"body")));
        let whole =
            content(&Envelope { head: Bytes::from_static(b"head"), seal: Bytes::from_static(b"seal"), body });
        for cut in 0..whole.len() {
            assert!(read_message(whole.slice(..cut)).is_err(), "cut at {cut}");
        }
    }
}
