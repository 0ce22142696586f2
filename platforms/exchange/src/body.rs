//! A message's body: in memory while it is small, in a file when it is large, hashed as it comes in.
//!
//! A body is read to its end before it is passed on, because nothing leaves a node before it is sealed and nothing is
//! handed over before it is verified. So a peer or a system that reads slowly never holds up a connection, and memory
//! stays the same however large a body is.

use aws_lc_rs::digest;
use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use thiserror::Error;

/// Bodies up to this size stay in memory, in bytes.
pub const MEMORY_LIMIT_BYTES: usize = 64 * 1024;
/// How much of a large body is in memory at a time, in bytes.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// SHA-256.
pub type Sha256 = [u8; 32];

/// Why a body can't be taken.
#[derive(Debug, Error)]
pub enum BodyError {
    /// Larger than the node admits.
    #[error("the body is larger than {limit} bytes, which is what this node admits; send less, or in parts")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The file could not be written or read.
    #[error("the body could not be kept on disk: {0}; see that the node's data folder has room")]
    Disk(#[from] io::Error),
    /// Ended too early, or broke the form.
    #[error("the body did not come whole: {0}; send it again")]
    Broken(String),
    /// Nothing of it came for too long.
    #[error("nothing of the body came for {seconds} s; send it again")]
    Silent {
        /// How long was waited.
        seconds: u64,
    },
}

/// A whole body.
#[derive(Debug, Clone)]
pub struct Body {
    content: Content,
    /// Its SHA-256.
    pub digest: Sha256,
}

#[derive(Debug, Clone)]
enum Content {
    Memory(Bytes),
    Spooled { file: Arc<File>, length: u64 },
}

impl Body {
    /// A body that is in memory already.
    pub fn from_bytes(bytes: Bytes) -> Self {
        Self { digest: sha256(&[&bytes]), content: Content::Memory(bytes) }
    }

    /// Its length in bytes.
    pub fn len(&self) -> u64 {
        match &self.content {
            Content::Memory(bytes) => bytes.len() as u64,
            Content::Spooled { length, .. } => *length,
        }
    }

    /// It has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, when they are in memory.
    pub fn in_memory(&self) -> Option<&Bytes> {
        match &self.content {
            Content::Memory(bytes) => Some(bytes),
            Content::Spooled { .. } => None,
        }
    }

    /// The bytes, when the body is small enough to travel in its message's frame. A system of this process may hand over a
    /// larger one in memory; that one travels in parts as any other large body.
    pub fn inline(&self) -> Option<&Bytes> {
        self.in_memory().filter(|bytes| bytes.len() <= MEMORY_LIMIT_BYTES)
    }

    /// All bytes in memory, for a reader in this process that needs them so.
    pub async fn read_whole(&self) -> io::Result<Bytes> {
        match &self.content {
            Content::Memory(bytes) => Ok(bytes.clone()),
            Content::Spooled { file, length } => {
                let (file, length) = (file.clone(), usize::try_from(*length).map_err(io::Error::other)?);
                let reading = tokio::task::spawn_blocking(move || {
                    let mut whole = vec![0; length];
                    file.read_exact_at(&mut whole, 0)?;
                    Ok(Bytes::from(whole))
                });
                reading.await.map_err(io::Error::other)?
            }
        }
    }

    /// The part that begins at `offset`, at most [`CHUNK_BYTES`] long; `None` at the end. It was written a moment ago, so it
    /// comes from the system's memory, which takes less time than asking another thread for it.
    pub fn chunk_at(&self, offset: u64) -> io::Result<Option<Bytes>> {
        let left = self.len().saturating_sub(offset);
        if left == 0 {
            return Ok(None);
        }
        let length = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        match &self.content {
            Content::Memory(bytes) => {
                let from = usize::try_from(offset).map_err(io::Error::other)?;
                Ok(Some(bytes.slice(from..from + length)))
            }
            Content::Spooled { file, .. } => {
                let mut chunk = vec![0; length];
                file.read_exact_at(&mut chunk, offset)?;
                Ok(Some(chunk.into()))
            }
        }
    }

    /// The body as hyper sends it.
    pub fn into_http(self) -> HttpBody {
        HttpBody { body: self, sent: 0 }
    }
}

/// SHA-256 of the parts, one after the other.
pub fn sha256(parts: &[&[u8]]) -> Sha256 {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    finish(context)
}

fn finish(context: digest::Context) -> Sha256 {
    let mut value = [0; 32];
    value.copy_from_slice(context.finish().as_ref());
    value
}

/// Takes a body as it comes in.
pub struct BodyWriter {
    spool_dir: Arc<PathBuf>,
    limit: u64,
    length: u64,
    hash: digest::Context,
    memory: BytesMut,
    file: Option<File>,
}

impl BodyWriter {
    /// Takes at most `limit` bytes, with what does not fit in memory in a nameless file in `spool_dir`.
    pub fn new(spool_dir: Arc<PathBuf>, limit: u64) -> Self {
        let hash = digest::Context::new(&digest::SHA256);
        Self { spool_dir, limit, length: 0, hash, memory: BytesMut::new(), file: None }
    }

    /// Takes the next part.
    pub fn write(&mut self, part: &[u8]) -> Result<(), BodyError> {
        self.length += part.len() as u64;
        if self.length > self.limit {
            return Err(BodyError::TooLarge { limit: self.limit });
        }
        self.hash.update(part);
        if self.file.is_none() && self.memory.len() + part.len() > MEMORY_LIMIT_BYTES {
            let mut file = nameless_file(&self.spool_dir)?;
            file.write_all(&self.memory)?;
            self.memory = BytesMut::new();
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => file.write_all(part)?,
            None => self.memory.extend_from_slice(part),
        }
        Ok(())
    }

    /// How many bytes have come.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// No byte has come.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The whole body.
    pub fn finish(self) -> Body {
        let content = match self.file {
            Some(file) => {
                steps::reached("spooled");
                Content::Spooled { file: Arc::new(file), length: self.length }
            }
            None => Content::Memory(self.memory.freeze()),
        };
        Body { content, digest: finish(self.hash) }
    }
}

/// A file that is gone when it is closed, also after a crash.
fn nameless_file(dir: &Path) -> io::Result<File> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let path = dir.join(format!("body-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// A body on its way out through hyper.
#[derive(Debug)]
pub struct HttpBody {
    body: Body,
    sent: u64,
}

impl http_body::Body for HttpBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.sent == 0
            && let Some(bytes) = self.body.in_memory().filter(|bytes| !bytes.is_empty()).cloned()
        {
            self.sent = bytes.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.body.chunk_at(self.sent) {
            Ok(Some(chunk)) => {
                self.sent += chunk.len() as u64;
                Poll::Ready(Some(Ok(Frame::data(chunk))))
            }
            Ok(None) => Poll::Ready(None),
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.sent >= self.body.len()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.body.len() - self.sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(parts: &[&[u8]], limit: u64) -> Result<Body, BodyError> {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = BodyWriter::new(Arc::new(dir.path().into()), limit);
        for part in parts {
            writer.write(part)?;
        }
        Ok(writer.finish())
    }

    #[tokio::test]
    async fn small_bodies_stay_in_memory_and_large_ones_do_not() {
        let half = vec![7; MEMORY_LIMIT_BYTES / 2];
        for (parts, in_memory) in
            [(vec![], true), (vec![&half[..], &half], true), (vec![&half[..], &half, b"x"], false)]
        {
            let body = written(&parts, u64::MAX).unwrap();
            let whole = parts.concat();
            assert_eq!(body.in_memory().is_some(), in_memory);
            assert_eq!(body.len(), whole.len() as u64);
            assert_eq!(body.read_whole().await.unwrap(), whole);
            assert_eq!(body.digest, sha256(&[&whole]));
            let mut chunks = Vec::new();
            while let Some(chunk) = body.chunk_at(chunks.len() as u64).unwrap() {
                chunks.extend_from_slice(&chunk);
            }
            assert_eq!(chunks, whole);
        }
    }

    #[test]
    fn a_body_over_the_limit_is_refused() {
        assert!(written(&[b"1234"], 4).is_ok());
        assert!(matches!(written(&[b"1234", b"5"], 4), Err(BodyError::TooLarge { limit: 4 })));
    }
}
