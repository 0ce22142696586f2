//! The form of a body in the archive: a magic, a salt, and parts of 64 KiB, each sealed with AES-256-GCM under a key of this
//! body alone (HKDF-SHA256 of the day's key, the salt and the file's name). The nonce counts the parts and marks the last,
//! so that parts can't be left out, moved or taken from another body (the STREAM construction of Hoang, Reyhanitabar,
//! Rogaway and Vizár, 2015).

use crate::body::{Body, BodyError, CHUNK_BYTES};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Salt},
};
use std::io::{self, Read, Write};

const MAGIC: [u8; 8] = *b"LTBODY\x00\x01";
pub(super) const SALT_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

/// Writes a body. The salt must be new each time.
pub(super) fn write(
    out: &mut impl Write,
    day_key: &[u8],
    salt: &[u8; SALT_BYTES],
    name: &[u8],
    body: &Body,
) -> io::Result<()> {
    let key = body_key(day_key, salt, name)?;
    out.write_all(&MAGIC)?;
    out.write_all(salt)?;
    let (mut offset, mut part) = (0, 0);
    loop {
        // A body without bytes has one part without any.
        let mut bytes = body.chunk_at(offset)?.map(Vec::from).unwrap_or_default();
        offset += bytes.len() as u64;
        let is_last = offset >= body.len();
        key.seal_in_place_append_tag(nonce(part, is_last), Aad::empty(), &mut bytes)
            .map_err(|_| io::Error::other("the body can't be sealed"))?;
        out.write_all(&bytes)?;
        if is_last {
            return Ok(());
        }
        part += 1;
    }
}

/// Reads a body, part by part. What it gave before an error is not to be used.
pub(super) fn read(
    input: &mut impl Read,
    day_key: &[u8],
    name: &[u8],
    mut take: impl FnMut(&[u8]) -> Result<(), BodyError>,
) -> Result<(), BodyError> {
    let mut head = [0; MAGIC.len() + SALT_BYTES];
    input.read_exact(&mut head)?;
    let (magic, salt) = head.split_at(MAGIC.len());
    if magic != MAGIC {
        return Err(altered());
    }
    let key = body_key(day_key, salt, name)?;
    let mut part = 0;
    let mut next = read_part(input)?;
    loop {
        let mut sealed = std::mem::take(&mut next);
        if sealed.len() == CHUNK_BYTES + TAG_BYTES {
            next = read_part(input)?;
        }
        let is_last = next.is_empty();
        let opened =
            key.open_in_place(nonce(part, is_last), Aad::empty(), &mut sealed).map_err(|_| altered())?;
        take(opened)?;
        if is_last {
            return Ok(());
        }
        part += 1;
    }
}

fn read_part(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut part = Vec::with_capacity(CHUNK_BYTES + TAG_BYTES);
    input.take((CHUNK_BYTES + TAG_BYTES) as u64).read_to_end(&mut part)?;
    Ok(part)
}

fn altered() -> BodyError {
    BodyError::Broken("it is not what was put into the archive".into())
}

fn body_key(day_key: &[u8], salt: &[u8], name: &[u8]) -> io::Result<LessSafeKey> {
    let prk = Salt::new(HKDF_SHA256, salt).extract(day_key);
    let info = [&MAGIC[..], name];
    let okm =
        prk.expand(&info, &AES_256_GCM).map_err(|_| io::Error::other("the body's key can't be made"))?;
    Ok(LessSafeKey::new(UnboundKey::from(okm)))
}

fn nonce(part: u64, is_last: bool) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[..8].copy_from_slice(&part.to_be_bytes());
    bytes[NONCE_LEN - 1] = u8::from(is_last);
    Nonce::assume_unique_for_key(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn sealed(length: usize) -> (Vec<u8>, Vec<u8>) {
        let whole: Vec<u8> = (0..length).map(|at| (at / 7) as u8).collect();
        let mut out = Vec::new();
        write(&mut out, &[1; 32], &[2; 32], b"name", &Body::from_bytes(Bytes::from(whole.clone()))).unwrap();
        (whole, out)
    }

    fn opened(bytes: &[u8], key: &[u8], name: &[u8]) -> Option<Vec<u8>> {
        let mut found = Vec::new();
        let taken = read(&mut &bytes[..], key, name, |part| {
            found.extend_from_slice(part);
            Ok(())
        });
        taken.ok().map(|()| found)
    }

    #[test]
    fn a_body_is_read_as_it_was_written_and_by_its_key_and_name_only() {
        for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
            let (whole, bytes) = sealed(length);
            assert_eq!(opened(&bytes, &[1; 32], b"name"), Some(whole), "{length}");
            assert_eq!(opened(&bytes, &[3; 32], b"name"), None, "{length}");
            assert_eq!(opened(&bytes, &[1; 32], b"another"), None, "{length}");
        }
    }

    #[test]
    fn what_was_cut_changed_moved_or_lengthened_is_not_read() {
        let (_, bytes) = sealed(2 * CHUNK_BYTES + 5);
        let (head, part) = (MAGIC.len() + SALT_BYTES, CHUNK_BYTES + TAG_BYTES);
        for cut in [0, 7, head, head + 1, head + part, head + 2 * part, bytes.len() - 1] {
            assert_eq!(opened(&bytes[..cut], &[1; 32], b"name"), None, "cut at {cut}");
        }
        for at in [0, 8, head, head + part + 9, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(opened(&changed, &[1; 32], b"name"), None, "changed at {at}");
        }
        let swapped = [
            &bytes[..head],
            &bytes[head + part..head + 2 * part],
            &bytes[head..head + part],
            &bytes[head + 2 * part..],
        ];
        assert_eq!(opened(&swapped.concat(), &[1; 32], b"name"), None);
        assert_eq!(opened(&[&bytes[..], b"x"].concat(), &[1; 32], b"name"), None);
    }
}
