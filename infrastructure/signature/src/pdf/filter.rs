//! The one filter that structure is packed with: deflate, with PNG predictors (ISO 32000-1, 7.4.4).

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::object::{Dictionary, Object};

/// Largest stream that is unpacked, in bytes.
pub(crate) const UNPACKED_LIMIT_BYTES: usize = 32 * 1024 * 1024;

/// What a stream holds, or why it can't be had.
pub(crate) fn unpack(dictionary: &Dictionary, packed: &[u8]) -> Result<Vec<u8>, &'static str> {
    let only = |object: &Object| match object {
        Object::Array(items) => match items.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one.clone())),
            _ => Err("streams with several filters are not supported"),
        },
        one => Ok(Some(one.clone())),
    };
    let filter = dictionary.get("Filter").map(only).transpose()?.flatten();
    let parameters = dictionary.get("DecodeParms").map(only).transpose()?.flatten();
    match filter {
        None => Ok(packed.to_vec()),
        Some(name) if name.is_name("FlateDecode") => {
            let mut out = Vec::new();
            let limit = UNPACKED_LIMIT_BYTES as u64 + 1;
            ZlibDecoder::new(packed)
                .take(limit)
                .read_to_end(&mut out)
                .map_err(|_| "a packed stream is damaged")?;
            if out.len() > UNPACKED_LIMIT_BYTES {
                return Err("a packed stream is too large");
            }
            unpredict(out, parameters.as_ref().and_then(Object::as_dictionary))
        }
        Some(_) => Err("structure may be packed with FlateDecode only"),
    }
}

fn unpredict(data: Vec<u8>, parameters: Option<&Dictionary>) -> Result<Vec<u8>, &'static str> {
    let number = |key: &str, otherwise| match parameters.and_then(|parameters| parameters.get(key)) {
        Some(value) => value.as_usize().ok_or("a parameter of a filter is no number"),
        None => Ok(otherwise),
    };
    match number("Predictor", 1)? {
        1 => return Ok(data),
        10..=15 => {}
        _ => return Err("this predictor is not supported"),
    }
    let bits = number("Colors", 1)?.saturating_mul(number("BitsPerComponent", 8)?);
    let columns = number("Columns", 1)?;
    if bits == 0 || bits > 1024 || columns == 0 || columns > 1_000_000 {
        return Err("a parameter of a filter is out of range");
    }
    let (step, row_bytes) = (bits.div_ceil(8), (bits * columns).div_ceil(8));
    let mut out: Vec<u8> = Vec::with_capacity(data.len());
    let mut above = vec![0_u8; row_bytes];
    for row in data.chunks_exact(row_bytes + 1) {
        let mut line = row[1..].to_vec();
        for at in 0..row_bytes {
            let left = if at >= step { line[at - step] } else { 0 };
            let corner = if at >= step { above[at - step] } else { 0 };
            let guess = match row[0] {
                0 => 0,
                1 => left,
                2 => above[at],
                3 => ((u16::from(left) + u16::from(above[at])) / 2) as u8,
                4 => paeth(left, above[at], corner),
                _ => return Err("a row has an unknown predictor"),
            };
            line[at] = line[at].wrapping_add(guess);
        }
        out.extend_from_slice(&line);
        above = line;
    }
    Ok(out)
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(above) - i16::from(corner);
    let distance = |value: u8| (estimate - i16::from(value)).abs();
    if distance(left) <= distance(above) && distance(left) <= distance(corner) {
        left
    } else if distance(above) <= distance(corner) {
        above
    } else {
        corner
    }
}
