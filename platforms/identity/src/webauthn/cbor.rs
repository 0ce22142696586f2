//! As much CBOR (RFC 8949) as authenticators write: definite lengths, integers, strings, arrays and maps in the canonical
//! form of CTAP2. Indefinite lengths, tags and floats are refused.

/// How deep items may lie in each other. CTAP2 allows four.
const DEPTH_MAXIMUM: usize = 4;

/// One item, its parts borrowed from the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Integer(i128),
    Bytes(&'a [u8]),
    Text(&'a str),
    Array(Vec<Item<'a>>),
    Map(Vec<(Item<'a>, Item<'a>)>),
    Simple(u8),
}

impl<'a> Item<'a> {
    /// The value of a key of a map.
    pub(super) fn get(&self, key: &Item<'_>) -> Option<&Item<'a>> {
        match self {
            Self::Map(pairs) => pairs.iter().find(|(known, _)| known == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub(super) fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// The one item that these bytes are, and nothing behind it.
pub(super) fn item(bytes: &[u8]) -> Option<Item<'_>> {
    let mut rest = bytes;
    let item = read(&mut rest, 0)?;
    rest.is_empty().then_some(item)
}

/// How many bytes the first item takes.
pub(super) fn item_length(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    read(&mut rest, 0)?;
    Some(bytes.len() - rest.len())
}

/// The authenticator data in an attestation object of the format `none` (section 8.7).
pub(super) fn attestation_object(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.len() > super::PART_LIMIT_BYTES {
        return None;
    }
    let object = item(bytes)?;
    let is_none = object.get(&Item::Text("fmt")) == Some(&Item::Text("none"))
        && object.get(&Item::Text("attStmt")) == Some(&Item::Map(Vec::new()));
    object.get(&Item::Text("authData")).filter(|_| is_none)?.bytes()
}

fn read<'a>(rest: &mut &'a [u8], depth: usize) -> Option<Item<'a>> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    let argument = argument(first & 0x1f, rest)?;
    let nested = |depth: usize| (depth < DEPTH_MAXIMUM).then_some(depth + 1);
    match first >> 5 {
        0 => Some(Item::Integer(i128::from(argument))),
        1 => Some(Item::Integer(-1 - i128::from(argument))),
        2 => Some(Item::Bytes(take(rest, argument)?)),
        3 => Some(Item::Text(std::str::from_utf8(take(rest, argument)?).ok()?)),
        4 => {
            let depth = nested(depth)?;
            // Lengths are of the sender's choice: nothing is reserved, each item takes at least a byte.
            (0..argument).map(|_| read(rest, depth)).collect::<Option<Vec<_>>>().map(Item::Array)
        }
        5 => {
            let depth = nested(depth)?;
            let mut pairs: Vec<(Item<'a>, Item<'a>)> = Vec::new();
            for _ in 0..argument {
                let key = read(rest, depth)?;
                if pairs.iter().any(|(known, _)| *known == key) {
                    return None;
                }
                pairs.push((key, read(rest, depth)?));
            }
            Some(Item::Map(pairs))
        }
        7 if first & 0x1f < 24 => Some(Item::Simple(first & 0x1f)),
        _ => None,
    }
}

/// The number after the first byte, in the shortest form that holds it.
fn argument(short: u8, rest: &mut &[u8]) -> Option<u64> {
    let (value, least) = match short {
        0..=23 => return Some(u64::from(short)),
        24 => (u64::from(take_chunk::<1>(rest)?[0]), 24),
        25 => (u64::from(u16::from_be_bytes(take_chunk(rest)?)), 1 << 8),
        26 => (u64::from(u32::from_be_bytes(take_chunk(rest)?)), 1 << 16),
        27 => (u64::from_be_bytes(take_chunk(rest)?), 1 << 32),
        _ => return None,
    };
    (value >= least).then_some(value)
}

fn take_chunk<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (chunk, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*chunk)
}

fn take<'a>(rest: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn items_are_read_as_the_standard_writes_them() {
        // RFC 8949, appendix A.
        for (bytes, expected) in [
            (&[0x00][..], Some(Item::Integer(0))),
            (&[0x18, 0x18], Some(Item::Integer(24))),
            (&[0x19, 0x03, 0xe8], Some(Item::Integer(1000))),
            (&[0x20], Some(Item::Integer(-1))),
            (&[0x39, 0x03, 0xe7], Some(Item::Integer(-1000))),
            (&[0x44, 1, 2, 3, 4], Some(Item::Bytes(&[1, 2, 3, 4]))),
            (&[0x64, b'I', b'E', b'T', b'F'], Some(Item::Text("IETF"))),
            (&[0x82, 0x01, 0xf5], Some(Item::Array(vec![Item::Integer(1), Item::Simple(21)]))),
            (&[0xa1, 0x01, 0x02], Some(Item::Map(vec![(Item::Integer(1), Item::Integer(2))]))),
            // Not the shortest form, something behind, cut off, indefinite, tagged, a float, a key twice, not UTF-8.
            (&[0x18, 0x17], None),
            (&[0x00, 0x00], None),
            (&[0x44, 1, 2, 3], None),
            (&[0x9f, 0x01, 0xff], None),
            (&[0xc0, 0x00], None),
            (&[0xf9, 0x00, 0x00], None),
            (&[0xa2, 0x01, 0x02, 0x01, 0x03], None),
            (&[0x61, 0xff], None),
            (&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], None),
            (&[0x81, 0x81, 0x81, 0x81, 0x81, 0x00], None),
            (&[], None),
        ] {
            assert_eq!(item(bytes), expected, "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_bear_reading(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(length) = item_length(&bytes) {
                prop_assert!(item(&bytes[..length]).is_some());
            }
            let _ = attestation_object(&bytes);
        }
    }
}
