//! Fuzz target of the frames between nodes.

use super::{
    Abort, Arrived, Body, Bytes, Envelope, FrameKind, connection::next_frame, read_message, write_abort,
    write_frame, write_message,
};
use crate::codec::Encoder;
use bytes::BytesMut;

/// A stream of frames: what is taken is what the writer would have written.
pub fn frames(data: &[u8]) {
    let mut buffer = BytesMut::from(data);
    let mut taken = 0;
    while let Ok(Some((kind, exchange, content))) = next_frame(&mut buffer) {
        let mut again = Vec::new();
        write_frame(&mut again, kind, exchange, &[&content]);
        assert_eq!(again, data[taken..][..again.len()]);
        taken += again.len();
        match kind {
            FrameKind::Message => message(exchange, content, &again),
            FrameKind::Abort => abort(&content),
            FrameKind::Part | FrameKind::Ping => {}
        }
    }
    assert_eq!(data.len() - taken, buffer.len(), "nothing is dropped");
}

fn message(exchange: u64, content: Bytes, frame: &[u8]) {
    let mut again = Vec::new();
    match read_message(content) {
        Ok(Arrived::Whole(envelope)) => write_message(&mut again, exchange, &envelope),
        Ok(Arrived::Awaiting { head, seal, length }) => {
            let mut fields = Encoder::default();
            fields.bytes(&head).bytes(&seal).u64(length);
            write_frame(&mut again, FrameKind::Message, exchange, &[&fields.0]);
        }
        Err(_) => return,
    }
    assert_eq!(again, frame);
}

fn abort(content: &[u8]) {
    let read = Abort::read(content);
    let mut frame = Vec::new();
    write_abort(&mut frame, 0, &read);
    let again = Abort::read(&frame[super::FRAME_HEADER_BYTES..]);
    assert!(again.kind == read.kind && read.reason.starts_with(&again.reason));
}

/// Valid streams.
pub fn streams() -> Vec<Vec<u8>> {
    let envelope = |body: Option<&'static [u8]>| Envelope {
        head: Bytes::from_static(b"200\r\nx-road-id:1\r\n"),
        seal: Bytes::from_static(b"a seal"),
        body: body.map(|bytes| Body::from_bytes(Bytes::from_static(bytes))),
    };
    let mut stream = Vec::new();
    write_message(&mut stream, 7, &envelope(None));
    write_message(&mut stream, u64::MAX, &envelope(Some(b"body")));
    write_frame(&mut stream, FrameKind::Ping, 0, &[]);
    write_abort(&mut stream, 8, &Abort::refused("it was altered; send it again"));
    let mut fields = Encoder::default();
    fields.bytes(b"200\r\n").bytes(b"a seal").u64(100_000);
    write_frame(&mut stream, FrameKind::Message, 9, &[&fields.0]);
    write_frame(&mut stream, FrameKind::Part, 9, &[b"the first part of it"]);
    vec![stream]
}
