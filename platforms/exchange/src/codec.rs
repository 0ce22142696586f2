//! Length-prefixed binary fields, as frames and the message log hold them. Numbers are big-endian.

use bytes::{Buf, Bytes};
use ledger::{HASH_BYTES, Hash};
use thiserror::Error;

/// Bytes that do not follow the form.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CodecError {
    /// They end too early.
    #[error("the bytes end within {0}")]
    Short(&'static str),
    /// A length is over its limit.
    #[error("{what} has {length} bytes, more than the {limit} allowed")]
    Long {
        /// Which field.
        what: &'static str,
        /// Its length.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// A text is not UTF-8.
    #[error("{0} is not UTF-8")]
    Text(&'static str),
    /// More bytes than the form has.
    #[error("{0} bytes follow the end of the form")]
    Rest(usize),
}

/// Writes fields one after the other.
#[derive(Default)]
pub struct Encoder(pub Vec<u8>);

impl Encoder {
    /// A fixed run of bytes.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// A number of one byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.raw(&[value])
    }

    /// A number of eight bytes.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// Bytes behind their length of four bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.raw(&length.to_be_bytes()).raw(bytes)
    }

    /// Hashes behind their count of one byte.
    pub fn hashes(&mut self, hashes: &[Hash]) -> &mut Self {
        self.u8(u8::try_from(hashes.len()).unwrap_or(u8::MAX));
        for hash in hashes {
            self.raw(hash.as_bytes());
        }
        self
    }
}

/// Reads fields one after the other.
pub struct Decoder(Bytes);

impl Decoder {
    /// Reads `bytes` from their beginning.
    pub fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// A fixed run of bytes.
    pub fn raw<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], CodecError> {
        if self.0.len() < N {
            return Err(CodecError::Short(what));
        }
        let mut value = [0; N];
        self.0.copy_to_slice(&mut value);
        Ok(value)
    }

    /// A number of one byte.
    pub fn u8(&mut self, what: &'static str) -> Result<u8, CodecError> {
        Ok(self.raw::<1>(what)?[0])
    }

    /// A number of eight bytes.
    pub fn u64(&mut self, what: &'static str) -> Result<u64, CodecError> {
        Ok(u64::from_be_bytes(self.raw(what)?))
    }

    /// Bytes behind their length, not copied.
    pub fn bytes(&mut self, what: &'static str, limit: usize) -> Result<Bytes, CodecError> {
        let length = u32::from_be_bytes(self.raw(what)?) as usize;
        if length > limit {
            return Err(CodecError::Long { what, length, limit });
        }
        if self.0.len() < length {
            return Err(CodecError::Short(what));
        }
        Ok(self.0.split_to(length))
    }

    /// A text behind its length.
    pub fn text(&mut self, what: &'static str, limit: usize) -> Result<String, CodecError> {
        let bytes = self.bytes(what, limit)?;
        String::from_utf8(bytes.into()).map_err(|_| CodecError::Text(what))
    }

    /// Hashes behind their count.
    pub fn hashes(&mut self, what: &'static str) -> Result<Vec<Hash>, CodecError> {
        let count = self.u8(what)?;
        (0..count).map(|_| Ok(Hash::from(self.raw::<HASH_BYTES>(what)?))).collect()
    }

    /// What is left.
    pub fn rest(self) -> Bytes {
        self.0
    }

    /// Nothing must be left.
    pub fn end(self) -> Result<(), CodecError> {
        if self.0.is_empty() { Ok(()) } else { Err(CodecError::Rest(self.0.len())) }
    }
}
