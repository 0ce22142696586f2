//! Valid inputs, altered as networks, disks and attackers alter them.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};

/// Alterations of one input.
const ALTERATIONS_LIMIT: usize = 5;
/// Most bytes that one alteration cuts out or repeats.
const RUN_LIMIT_BYTES: usize = 80;
/// How often a run is repeated at most.
const REPEATS_LIMIT: usize = 60;
/// Longest input.
const INPUT_LIMIT_BYTES: usize = 64 * 1024;
/// Bytes that parsers give a meaning to.
const MARKS: [u8; 24] = *b"\0\x01\x7f\x80\xff\n\r\t \"%&+,-./:=?[\\]{";
/// Numbers at the edges of what lengths and counts may be.
const NUMBERS: [u64; 8] = [0, 1, 0x7f, 0xffff, 0x7fff_ffff, 0xffff_ffff, i64::MAX.unsigned_abs(), u64::MAX];

#[derive(Debug, Clone)]
enum Alteration {
    /// One bit is another.
    Flip { at: Index, bit: u8 },
    /// One byte is another.
    Set { at: Index, byte: u8 },
    /// A byte more.
    Insert { at: Index, byte: u8 },
    /// A length or count is another; its last `width` bytes, most significant first.
    Number { at: Index, width: usize, value: u64 },
    /// A run is missing.
    Cut { at: Index, length: usize },
    /// All behind a place is missing.
    End { at: Index },
    /// A run comes again and again.
    Repeat { at: Index, length: usize, times: usize },
    /// From here on it is another sample.
    Splice { at: Index, other: Index, from: Index },
}

fn alteration() -> impl Strategy<Value = Alteration> {
    use Alteration::*;
    let at = any::<Index>;
    prop_oneof![
        (at(), 0..8u8).prop_map(|(at, bit)| Flip { at, bit }),
        (at(), select(&MARKS[..])).prop_map(|(at, byte)| Set { at, byte }),
        (at(), any::<u8>()).prop_map(|(at, byte)| Set { at, byte }),
        (at(), select(&MARKS[..])).prop_map(|(at, byte)| Insert { at, byte }),
        (at(), select(&[1, 2, 4, 8][..]), select(&NUMBERS[..])).prop_map(|(at, width, value)| Number {
            at,
            width,
            value
        }),
        (at(), 1..RUN_LIMIT_BYTES).prop_map(|(at, length)| Cut { at, length }),
        at().prop_map(|at| End { at }),
        (at(), 1..RUN_LIMIT_BYTES, 1..REPEATS_LIMIT).prop_map(|(at, length, times)| Repeat {
            at,
            length,
            times
        }),
        (at(), at(), at()).prop_map(|(at, other, from)| Splice { at, other, from }),
    ]
}

/// One of the samples, altered.
pub(crate) fn altered(samples: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (any::<Index>(), vec(alteration(), 1..=ALTERATIONS_LIMIT)).prop_map(move |(which, alterations)| {
        let mut input = which.get(&samples).clone();
        for alteration in &alterations {
            alter(&mut input, alteration, &samples);
        }
        input
    })
}

fn alter(input: &mut Vec<u8>, alteration: &Alteration, samples: &[Vec<u8>]) {
    use Alteration::*;
    // A place is one of the bytes or the end.
    let place = |index: &Index| index.index(input.len() + 1);
    match alteration {
        Flip { at, bit } => {
            let at = place(at);
            input.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << bit);
        }
        Set { at, byte } => {
            let at = place(at);
            input.get_mut(at).into_iter().for_each(|old| *old = *byte);
        }
        Insert { at, byte } => input.insert(place(at), *byte),
        Number { at, width, value } => {
            let at = place(at);
            let bytes = &value.to_be_bytes()[8 - width..];
            input.iter_mut().skip(at).zip(bytes).for_each(|(old, new)| *old = *new);
        }
        Cut { at, length } => {
            let at = place(at);
            input.drain(at..(at + length).min(input.len()));
        }
        End { at } => input.truncate(place(at)),
        Repeat { at, length, times } => {
            let at = place(at);
            let run = input[at..(at + length).min(input.len())].repeat(*times);
            input.splice(at..at, run);
        }
        Splice { at, other, from } => {
            let other = other.get(samples);
            let from = from.index(other.len() + 1);
            input.truncate(place(at));
            input.extend_from_slice(&other[from..]);
        }
    }
    input.truncate(INPUT_LIMIT_BYTES);
}
