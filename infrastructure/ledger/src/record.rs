//! The form of a batch in the journal.
//!
//! A record is a header, the signed checkpoint note, the items and the CRC-32 of all that. An item is an annex behind
//! its length (u32) and an entry behind its length (u16). Numbers are big-endian. The header names its own segment and offset, so bytes that look like a
//! record inside an entry, or a block the disk put elsewhere, are never taken for one.

use crate::error::{ANNEX_LIMIT_BYTES, ENTRY_LIMIT_BYTES};

/// Bytes of a record's header.
pub(crate) const HEADER_BYTES: usize = 48;
/// Bytes of the checksum behind the entries.
pub(crate) const CHECKSUM_BYTES: usize = 4;
/// Bytes of an entry's length before the entry.
pub(crate) const LENGTH_BYTES: usize = 2;
/// Bytes of an annex's length before the annex.
pub(crate) const ANNEX_LENGTH_BYTES: usize = 4;
/// The first bytes of every record.
pub(crate) const MAGIC: [u8; 8] = *b"LEDGER\x00\x01";
/// The most bytes a note in a record may have; a checkpoint with one signature has a few hundred.
const RECORD_NOTE_LIMIT_BYTES: u32 = 4096;

/// An entry and what is kept beside it, outside the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item<'a> {
    pub(crate) entry: &'a [u8],
    pub(crate) annex: &'a [u8],
}

impl Item<'_> {
    /// How many bytes it takes in a record.
    pub(crate) fn bytes(&self) -> usize {
        ANNEX_LENGTH_BYTES + self.annex.len() + LENGTH_BYTES + self.entry.len()
    }
}

/// Where a record begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) segment: u32,
    pub(crate) offset: u64,
}

/// The numbers at the beginning of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) position: Position,
    /// The index of the first entry.
    pub(crate) first: u64,
    /// How many entries follow.
    pub(crate) entries: u32,
    /// How many bytes the entries take, annexes and lengths included.
    pub(crate) entries_bytes: u32,
    pub(crate) note_bytes: u32,
}

impl Header {
    /// The length of the whole record.
    pub(crate) fn record_bytes(&self) -> u64 {
        (HEADER_BYTES + CHECKSUM_BYTES) as u64 + u64::from(self.note_bytes) + u64::from(self.entries_bytes)
    }

    /// Where the entries begin, from the beginning of the segment.
    pub(crate) fn entries_offset(&self) -> u64 {
        self.position.offset + HEADER_BYTES as u64 + u64::from(self.note_bytes)
    }

    fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&self.position.segment.to_be_bytes());
        bytes[12..20].copy_from_slice(&self.position.offset.to_be_bytes());
        bytes[20..28].copy_from_slice(&self.first.to_be_bytes());
        bytes[28..32].copy_from_slice(&self.entries.to_be_bytes());
        bytes[32..36].copy_from_slice(&self.entries_bytes.to_be_bytes());
        bytes[36..40].copy_from_slice(&self.note_bytes.to_be_bytes());
        let checksum = crc32fast::hash(&bytes[..HEADER_BYTES - 4]);
        bytes[HEADER_BYTES - 4..].copy_from_slice(&checksum.to_be_bytes());
        bytes
    }

    /// Reads the header that stands at `position`, or says what is wrong with the bytes there.
    pub(crate) fn parse(bytes: &[u8; HEADER_BYTES], position: Position) -> Result<Self, &'static str> {
        let u32_at = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let u64_at = |at: usize| u64::from(u32_at(at)) << 32 | u64::from(u32_at(at + 4));
        if bytes[..8] != MAGIC {
            return Err("no record begins here");
        }
        if u32_at(HEADER_BYTES - 4) != crc32fast::hash(&bytes[..HEADER_BYTES - 4]) {
            return Err("the checksum of the record's header is wrong");
        }
        if (Position { segment: u32_at(8), offset: u64_at(12) }) != position {
            return Err("the record belongs to another place");
        }
        if bytes[40..44] != [0; 4] {
            return Err("the record has a field of a later version");
        }
        let header = Header {
            position,
            first: u64_at(20),
            entries: u32_at(28),
            entries_bytes: u32_at(32),
            note_bytes: u32_at(36),
        };
        let item_bytes = ANNEX_LENGTH_BYTES + LENGTH_BYTES;
        let most_bytes =
            u64::from(header.entries) * (item_bytes + ANNEX_LIMIT_BYTES + ENTRY_LIMIT_BYTES) as u64;
        let least_bytes = u64::from(header.entries) * item_bytes as u64;
        let entries_fit = (least_bytes..=most_bytes).contains(&u64::from(header.entries_bytes));
        if header.entries == 0 || !entries_fit || header.note_bytes > RECORD_NOTE_LIMIT_BYTES {
            return Err("the record's lengths do not fit together");
        }
        Ok(header)
    }
}

/// Writes a record into `record`, whose earlier content is replaced, and returns its header. All `items` obey the
/// length limits.
pub(crate) fn encode<'a>(
    record: &mut Vec<u8>,
    position: Position,
    first: u64,
    note: &str,
    items: impl Iterator<Item = Item<'a>>,
) -> Header {
    record.clear();
    record.resize(HEADER_BYTES, 0);
    record.extend_from_slice(note.as_bytes());
    let mut count = 0;
    for Item { entry, annex } in items {
        record.extend_from_slice(&(annex.len() as u32).to_be_bytes());
        record.extend_from_slice(annex);
        record.extend_from_slice(&(entry.len() as u16).to_be_bytes());
        record.extend_from_slice(entry);
        count += 1;
    }
    let header = Header {
        position,
        first,
        entries: count,
        entries_bytes: (record.len() - HEADER_BYTES - note.len()) as u32,
        note_bytes: note.len() as u32,
    };
    record[..HEADER_BYTES].copy_from_slice(&header.to_bytes());
    let checksum = crc32fast::hash(record);
    record.extend_from_slice(&checksum.to_be_bytes());
    header
}

/// A whole record whose checksum holds.
pub(crate) struct Record<'a> {
    pub(crate) header: Header,
    pub(crate) note: &'a str,
    items: &'a [u8],
}

impl<'a> Record<'a> {
    /// Takes the bytes of one record apart, the header being parsed already.
    pub(crate) fn parse(header: Header, bytes: &'a [u8]) -> Result<Self, &'static str> {
        let (body, checksum) =
            bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or("the record is shorter than its checksum")?;
        if u32::from_be_bytes(*checksum) != crc32fast::hash(body) {
            return Err("the checksum of the record is wrong");
        }
        let (note, items) = body[HEADER_BYTES..].split_at(header.note_bytes as usize);
        let note = std::str::from_utf8(note).map_err(|_| "the checkpoint is not UTF-8")?;
        let record = Record { header, note, items };
        let (count, bytes) =
            record.items().fold((0_u64, 0), |(count, bytes), item| (count + 1, bytes + item.bytes()));
        if count != u64::from(header.entries) || bytes != items.len() {
            return Err("the record's entries do not fill it");
        }
        Ok(record)
    }

    /// The items in order.
    pub(crate) fn items(&self) -> impl Iterator<Item = Item<'a>> {
        let mut rest = self.items;
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk::<ANNEX_LENGTH_BYTES>()?;
            let (annex, behind) = behind.split_at_checked(u32::from_be_bytes(*length) as usize)?;
            let (length, behind) = behind.split_first_chunk::<LENGTH_BYTES>()?;
            let (entry, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            rest = behind;
            Some(Item { entry, annex })
        })
    }
}
