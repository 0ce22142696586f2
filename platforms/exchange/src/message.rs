//! A message: its head, its hash, the entry that seals it, and what the log keeps beside the entry.
//!
//! The head is the protocol's: a first line or two, then `name:value` for every header that travels, each line ended by
//! CR LF. The hash over head and body is SHA-256(SHA-256(head) || SHA-256(body)).
//! The ledger gets only a salted digest of it, so an entry tells nobody anything; the head and the salt lie beside the
//! entry in the journal, never in the tree, and can be erased.

use crate::{
    body::{Sha256, sha256},
    codec::{CodecError, Decoder, Encoder},
    fault::{Fault, Kind},
    rest,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use ledger::{Hash, Sealed, SignedCheckpoint, VerifierKey};
use std::{
    collections::VecDeque,
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};
use thiserror::Error;
use uuid::Uuid;

/// Longest head, in bytes.
pub const HEAD_LIMIT_BYTES: usize = 56 * 1024;
/// A head is seldom longer than this, in bytes.
const HEAD_USUAL_BYTES: usize = 1_024;
/// A message seldom has more headers than this.
const HEADERS_USUAL: usize = 24;
/// Longest checkpoint note, in bytes.
pub const NOTE_LIMIT_BYTES: usize = 4 * 1024;
/// How many checkpoints of one peer are remembered as verified.
const REMEMBERED_CHECKPOINTS: usize = 64;
/// Length of a digest in base64, in bytes.
const DIGEST_TEXT_BYTES: usize = 44;
/// First word of a message's entry in the ledger.
const ENTRY_KIND: &str = "lienthong-message/v1";

/// The head of a request as it travels.
#[derive(Debug, Clone)]
pub struct RequestHead {
    /// HTTP method.
    pub method: http::Method,
    /// Service, path and query.
    pub target: rest::Target,
    /// The headers that travel.
    pub headers: HeaderMap,
    /// The bytes that are hashed.
    pub bytes: Bytes,
}

impl RequestHead {
    /// Writes the head of a request: the bytes that are hashed and sent.
    pub fn write<'a>(
        method: &http::Method,
        target: &rest::Target,
        headers: impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)>,
    ) -> Result<Bytes, Fault> {
        let mut bytes = Vec::with_capacity(HEAD_USUAL_BYTES);
        bytes.extend_from_slice(method.as_str().as_bytes());
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(target.write().as_bytes());
        bytes.extend_from_slice(b"\r\n");
        write_headers(&mut bytes, headers);
        if bytes.len() > HEAD_LIMIT_BYTES {
            let message = format!(
                "path and headers have {} bytes, more than {HEAD_LIMIT_BYTES}; send less in headers",
                bytes.len()
            );
            return Err(Fault::client(Kind::BadRequest, message));
        }
        Ok(bytes.into())
    }

    /// Reads the head of a request.
    pub fn parse(bytes: Bytes) -> Result<Self, MessageError> {
        let mut lines = lines(&bytes)?;
        let method = lines.next().and_then(|m| m.parse().ok()).ok_or(MessageError::Head("no method"))?;
        let line = lines.next().ok_or(MessageError::Head("no target"))?;
        let (path, query) = line.split_once('?').map_or((line, None), |(path, query)| (path, Some(query)));
        let target = rest::Target::parse(path, query)
            .map_err(|_| MessageError::Head("not a target of the protocol"))?;
        let headers = parse_headers(&bytes, lines)?;
        Ok(Self { method, target, headers, bytes })
    }

    /// Identifier of the message on the way between nodes.
    pub fn request_id(&self) -> Result<Uuid, MessageError> {
        rest::text(&self.headers, &rest::REQUEST_ID)
            .and_then(|id| id.parse().ok())
            .ok_or(MessageError::Head("no request id"))
    }
}

/// The head of an answer as it travels.
#[derive(Debug, Clone)]
pub struct AnswerHead {
    /// The provider's status.
    pub status: StatusCode,
    /// The headers that travel.
    pub headers: HeaderMap,
    /// The bytes that are hashed.
    pub bytes: Bytes,
}

impl AnswerHead {
    /// Writes the head of an answer: the bytes that are hashed and sent.
    pub fn write<'a>(
        status: StatusCode,
        headers: impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)>,
    ) -> Bytes {
        let mut bytes = Vec::with_capacity(HEAD_USUAL_BYTES);
        bytes.extend_from_slice(status.as_str().as_bytes());
        bytes.extend_from_slice(b"\r\n");
        write_headers(&mut bytes, headers);
        bytes.into()
    }

    /// Reads the head of an answer.
    pub fn parse(bytes: Bytes) -> Result<Self, MessageError> {
        let mut lines = lines(&bytes)?;
        let status = lines.next().and_then(|s| s.parse().ok()).ok_or(MessageError::Head("no status"))?;
        let headers = parse_headers(&bytes, lines)?;
        Ok(Self { status, headers, bytes })
    }
}

fn write_headers<'a>(bytes: &mut Vec<u8>, headers: impl Iterator<Item = (&'a HeaderName, &'a HeaderValue)>) {
    for (name, value) in headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.push(b':');
        // A head is text. The few values that are not are carried as the letters that their bytes have in Latin 1.
        match value.to_str() {
            Ok(text) => bytes.extend_from_slice(text.as_bytes()),
            Err(_) => {
                bytes.extend(value.as_bytes().iter().map(|b| char::from(*b)).collect::<String>().bytes())
            }
        }
        bytes.extend_from_slice(b"\r\n");
    }
}

/// The lines of a head. One that does not end with CR LF keeps a character that stands in no header.
fn lines(head: &[u8]) -> Result<impl Iterator<Item = &str>, MessageError> {
    let text = std::str::from_utf8(head).map_err(|_| MessageError::Head("not UTF-8"))?;
    Ok(text.split_inclusive('\n').map(|line| line.strip_suffix("\r\n").unwrap_or(line)))
}

/// Reads the lines of `head` that are headers. Their values share its memory.
fn parse_headers<'a>(head: &Bytes, lines: impl Iterator<Item = &'a str>) -> Result<HeaderMap, MessageError> {
    let mut headers = HeaderMap::with_capacity(HEADERS_USUAL);
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or(MessageError::Head("a line without a colon"))?;
        let name = rest::header_name(name).ok_or(MessageError::Head("a header name that is none"))?;
        let value = if value.is_ascii() {
            HeaderValue::from_maybe_shared(head.slice_ref(value.as_bytes())).ok()
        } else {
            let latin: Option<Vec<u8>> = value.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
            latin.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok())
        };
        let value = value.ok_or(MessageError::Head("a header value that is none"))?;
        headers.try_append(name, value).map_err(|_| MessageError::Head("more headers than there may be"))?;
    }
    Ok(headers)
}

/// The hash of a message, over head and body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MessageHash(pub Sha256);

impl MessageHash {
    /// Of a message with this head and a body with this digest; `None` for a message without a body.
    pub fn of(head: &[u8], body: Option<&Sha256>) -> Self {
        let head = sha256(&[head]);
        Self(body.map_or_else(|| sha256(&[&head]), |body| sha256(&[&head, body])))
    }

    /// What the ledger commits to.
    pub fn commit(&self, salt: &[u8; 16]) -> Hash {
        ledger::commit(salt, &[&self.0])
    }
}

impl fmt::Display for MessageHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(self.0))
    }
}

/// What an entry says has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The consumer's node sent the request.
    RequestSent,
    /// The provider's node took the request.
    RequestReceived,
    /// The provider's node sent the answer.
    AnswerSent,
    /// The consumer's node took the answer.
    AnswerReceived,
}

impl Event {
    const WORDS: [(Event, &str); 4] = [
        (Event::RequestSent, "request-sent"),
        (Event::RequestReceived, "request-received"),
        (Event::AnswerSent, "answer-sent"),
        (Event::AnswerReceived, "answer-received"),
    ];

    /// The event that a word in an entry stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(event, _)| *event)
    }

    /// The word in an entry.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(event, _)| *event == self).map_or("", |(_, word)| word)
    }
}

/// An entry of the ledger that stands for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// What happened.
    pub event: Event,
    /// Identifier of the message between nodes.
    pub id: Uuid,
    /// Salted digest of the message's hash. A received message has the digest under which it was sent, so the logs of
    /// both nodes say the same.
    pub digest: Hash,
}

impl Entry {
    /// The message entry that these bytes of a ledger are, if they are one.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok()?.parse().ok()
    }

    /// The bytes that the ledger gets.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (mut id, mut digest) = (Uuid::encode_buffer(), [0; DIGEST_TEXT_BYTES]);
        let id = self.id.hyphenated().encode_lower(&mut id);
        // The digest has the length that there is room for.
        let digest_bytes = BASE64.encode_slice(self.digest.as_bytes(), &mut digest).unwrap_or(0);
        let words =
            [ENTRY_KIND.as_bytes(), self.event.word().as_bytes(), id.as_bytes(), &digest[..digest_bytes]];
        words.join(&b' ')
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_bytes()))
    }
}

impl FromStr for Entry {
    type Err = MessageError;
    fn from_str(text: &str) -> Result<Self, MessageError> {
        let words: Vec<&str> = text.split(' ').collect();
        let [ENTRY_KIND, event, id, digest] = words[..] else {
            return Err(MessageError::Entry("not the four words of a message entry"));
        };
        let event = Event::of_word(event).ok_or(MessageError::Entry("unknown event"))?;
        let text = id;
        let id: Uuid = text.parse().map_err(|_| MessageError::Entry("the id is not a UUID"))?;
        // A UUID has several spellings, and an entry only one: whoever reads it must read the same bytes.
        if *id.hyphenated().encode_lower(&mut Uuid::encode_buffer()) != *text {
            return Err(MessageError::Entry("the id is not spelt as ids are in the log"));
        }
        let digest = digest.parse().map_err(|_| MessageError::Entry("the digest is not base64"))?;
        Ok(Self { event, id, digest })
    }
}

/// The place of a message's entry in its sender's ledger, with all that proves it.
#[derive(Debug, Clone)]
pub struct Seal {
    /// The salt of the digest.
    pub salt: [u8; 16],
    /// Index of the entry.
    pub index: u64,
    /// Inclusion proof.
    pub proof: Vec<Hash>,
    /// The signed checkpoint.
    pub checkpoint: Arc<SignedCheckpoint>,
}

impl Seal {
    /// The seal that a ledger gave.
    pub fn new(salt: [u8; 16], sealed: Sealed) -> Self {
        Self { salt, index: sealed.index, proof: sealed.proof, checkpoint: sealed.checkpoint }
    }

    /// Writes it for the way and for the log.
    pub fn encode(&self) -> Bytes {
        let note = self.checkpoint.note.as_bytes();
        let mut out = Encoder(Vec::with_capacity(32 + self.proof.len() * ledger::HASH_BYTES + note.len()));
        out.raw(&self.salt).u64(self.index).hashes(&self.proof).bytes(note);
        out.0.into()
    }

    /// Reads it and checks it against the sender's key. `seen` remembers the checkpoints that were verified already.
    pub fn decode(bytes: Bytes, seen: &SeenCheckpoints) -> Result<Self, MessageError> {
        let mut input = Decoder::new(bytes);
        let salt = input.raw("salt")?;
        let index = input.u64("index")?;
        let proof = input.hashes("proof")?;
        let note = input.text("checkpoint", NOTE_LIMIT_BYTES)?;
        input.end()?;
        Ok(Self { salt, index, proof, checkpoint: seen.verify(note)? })
    }

    /// Checks that the ledger holds `entry` at the place that the seal says.
    pub fn verify(&self, entry: &Entry) -> Result<(), MessageError> {
        let leaf = ledger::leaf_hash(&entry.to_bytes());
        let checkpoint = &self.checkpoint.checkpoint;
        ledger::verify_inclusion(&leaf, self.index, checkpoint.size, &self.proof, &checkpoint.root)
            .map_err(|_| MessageError::Proof { index: self.index, size: checkpoint.size })
    }
}

/// The checkpoints of one peer that were verified already: one signature check a checkpoint, not a message.
pub struct SeenCheckpoints {
    keys: Vec<VerifierKey>,
    latest: Mutex<VecDeque<Arc<SignedCheckpoint>>>,
}

impl SeenCheckpoints {
    /// None seen yet of the ledger with this key, or with these.
    pub fn new(keys: impl AsRef<[VerifierKey]>) -> Self {
        Self { keys: keys.as_ref().to_vec(), latest: Mutex::default() }
    }

    /// The keys by which checkpoints are verified.
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    fn verify(&self, note: String) -> Result<Arc<SignedCheckpoint>, MessageError> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = latest.iter().rev().find(|known| known.note == note) {
            return Ok(known.clone());
        }
        let opened = SignedCheckpoint::open(&note, &self.keys)
            .map_err(|error| MessageError::Checkpoint(error.to_string()))?;
        let opened = Arc::new(opened);
        if latest.len() == REMEMBERED_CHECKPOINTS {
            latest.pop_front();
        }
        latest.push_back(opened.clone());
        Ok(opened)
    }
}

/// What the log keeps beside an entry: all that is needed to show later what the entry stands for.
#[derive(Debug, Clone)]
pub struct Annex {
    /// The salt of the digest.
    pub salt: [u8; 16],
    /// When the message was sealed or taken, microseconds since 1970 UTC.
    pub at_micros: i64,
    /// The other node.
    pub peer: String,
    /// Digest of the body; absent for a message without one.
    pub body: Option<Sha256>,
    /// Length of the body, in bytes.
    pub body_bytes: u64,
    /// The head.
    pub head: Bytes,
    /// The sender's seal, for a received message.
    pub seal: Option<Bytes>,
}

impl Annex {
    /// Writes it.
    pub fn encode(&self) -> Vec<u8> {
        let mut out =
            Encoder(Vec::with_capacity(256 + self.head.len() + self.seal.as_ref().map_or(0, Bytes::len)));
        out.u8(1).raw(&self.salt).u64(self.at_micros.cast_unsigned()).bytes(self.peer.as_bytes());
        out.bytes(self.body.as_ref().map_or(&[], |digest| &digest[..]))
            .u64(self.body_bytes)
            .bytes(&self.head);
        out.bytes(self.seal.as_deref().unwrap_or_default());
        out.0
    }

    /// Reads it.
    pub fn decode(bytes: Bytes) -> Result<Self, MessageError> {
        let mut input = Decoder::new(bytes);
        if input.u8("form")? != 1 {
            return Err(MessageError::Entry(
                "the log entry was written by a later version; use that version",
            ));
        }
        let salt = input.raw("salt")?;
        let at_micros = input.u64("time")?.cast_signed();
        let peer = input.text("peer", 1024)?;
        let body = input.bytes("body digest", 32)?;
        let body = if body.is_empty() {
            None
        } else {
            Some(
                body.as_ref()
                    .try_into()
                    .map_err(|_| MessageError::Entry("the body digest has not 32 bytes"))?,
            )
        };
        let body_bytes = input.u64("body length")?;
        let head = input.bytes("head", HEAD_LIMIT_BYTES)?;
        let seal = Some(input.bytes("seal", HEAD_LIMIT_BYTES)?).filter(|seal| !seal.is_empty());
        input.end()?;
        Ok(Self { salt, at_micros, peer, body, body_bytes, head, seal })
    }
}

/// Why a message can't be taken.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum MessageError {
    /// The head is not of the protocol's form.
    #[error("the message's head can't be read: {0}")]
    Head(&'static str),
    /// An entry is not of its form.
    #[error("the log entry can't be read: {0}")]
    Entry(&'static str),
    /// The bytes are not of their form.
    #[error("the message can't be read: {0}")]
    Form(#[from] CodecError),
    /// The checkpoint is not signed by the sender's ledger.
    #[error("the checkpoint is not the sender's: {0}")]
    Checkpoint(String),
    /// The sender's ledger does not hold the message.
    #[error(
        "the message is not entry {index} of the sender's log of {size} entries: it was altered or never sealed"
    )]
    Proof {
        /// The index it claims.
        index: u64,
        /// The size of the log.
        size: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> rest::Target {
        rest::Target::parse("/r1/VN/GOV/G01/population/people/look-up", Some("a=b")).unwrap()
    }

    fn headers() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(rest::REQUEST_ID, HeaderValue::from_static("0190163d-8694-739b-aea5-966c26f8ad91"));
        headers.append("x-many", HeaderValue::from_static("1"));
        headers.append("x-many", HeaderValue::from_static("2: 3"));
        headers.append("x-latin", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        headers
    }

    fn request() -> Bytes {
        RequestHead::write(&http::Method::POST, &target(), headers().iter()).unwrap()
    }

    #[test]
    fn heads_are_read_as_they_were_written() {
        let written = request();
        let read = RequestHead::parse(written.clone()).unwrap();
        assert_eq!((read.method, read.target, read.headers), (http::Method::POST, target(), headers()));
        assert!(
            written.starts_with(
                b"POST\r\n/r1/VN/GOV/G01/population/people/look-up?a=b\r\nx-road-request-id:0190"
            )
        );
    }

    #[test]
    fn broken_heads_are_refused() {
        for head in [
            "",
            "POST",
            "POST\r\n/r2/x\r\n",
            "POST\r\n/r1/VN/GOV/G01/a/b\r\nno colon\r\n",
            "P T\r\n/r1/VN/GOV/G01/a/b\r\n",
        ] {
            assert!(RequestHead::parse(Bytes::from_static(head.as_bytes())).is_err(), "{head:?}");
        }
        assert!(AnswerHead::parse(Bytes::from_static(b"99999\r\n")).is_err());
    }

    #[test]
    fn a_head_with_more_headers_than_can_be_kept_is_refused() {
        let headers: String = (0..40_000).map(|number| format!("x{number}:\r\n")).collect();
        assert!(AnswerHead::parse(format!("200\r\n{headers}").into()).is_err());
    }

    #[test]
    fn entries_are_read_as_they_were_written() {
        for (event, _) in Event::WORDS {
            let entry = Entry { event, id: Uuid::from_u128(7), digest: Hash::of(b"x") };
            assert_eq!(entry.to_string().parse::<Entry>().unwrap(), entry);
        }
        let entry = Entry { event: Event::AnswerSent, id: Uuid::from_u128(0xab), digest: Hash::of(b"x") };
        let other_spelling = entry.to_string().replace("ab ", "AB ");
        for text in
            ["", "lienthong-message/v1 request-sent x y", "lienthong-record/v1 a b c", &other_spelling]
        {
            assert!(text.parse::<Entry>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_hash_covers_head_and_body() {
        let head = request();
        let body = sha256(&[b"body"]);
        let hash = MessageHash::of(&head, Some(&body));
        assert!(hash != MessageHash::of(&head, None));
        assert!(hash != MessageHash::of(b"other", Some(&body)));
        assert!(hash.commit(&[1; 16]) != hash.commit(&[2; 16]));
    }

    #[test]
    fn annexes_are_read_as_they_were_written() {
        for (body, seal) in [(None, None), (Some([7; 32]), Some(Bytes::from_static(b"seal")))] {
            let annex = Annex {
                salt: [3; 16],
                at_micros: 1_763_000_000_000_000,
                peer: "VN/GOV/G01".into(),
                body,
                body_bytes: 12,
                head: Bytes::from_static(b"200\r\n"),
                seal,
            };
            let read = Annex::decode(annex.encode().into()).unwrap();
            assert_eq!(format!("{read:?}"), format!("{annex:?}"));
            for cut in 0..annex.encode().len() {
                assert!(Annex::decode(Bytes::from(annex.encode()).slice(..cut)).is_err(), "cut at {cut}");
            }
        }
    }
}
