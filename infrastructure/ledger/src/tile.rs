//! Names of tiles and entry bundles (C2SP tlog-tiles v0.1.0).

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::checkpoint::parse_decimal;

/// Hashes in a full tile, and entries in a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// How many levels of the tree one tile spans.
pub const TILE_HEIGHT: u32 = 8;
/// The highest tile level a path may name.
pub const TILE_LEVEL_LIMIT: u8 = 63;

/// The longest tile path that is read, in bytes: seven path elements and a width.
const PATH_LIMIT_BYTES: usize = 64;

/// What a path under a log's prefix names: `tile/<level>/<index>[.p/<width>]` or
/// `tile/entries/<index>[.p/<width>]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TilePath {
    /// Hashes of a level, or entries.
    pub content: TileContent,
    /// The place of the tile in its level, from 0.
    pub index: u64,
    /// How many hashes or entries of the tile are meant: 256 for a full tile, 1 to 255 for a partial one.
    pub width: u16,
}

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TileContent {
    /// Hashes of complete subtrees of 256^level entries.
    Hashes {
        /// The tile level, 0 for leaf hashes.
        level: u8,
    },
    /// Log entries, each behind its length (u16, big-endian).
    Entries,
}

/// The path does not name a tile.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("not a tile path: {0}")]
pub struct TilePathError(&'static str);

impl FromStr for TilePath {
    type Err = TilePathError;

    fn from_str(path: &str) -> Result<Self, TilePathError> {
        if path.len() > PATH_LIMIT_BYTES {
            return Err(TilePathError("it is too long"));
        }
        let rest = path.strip_prefix("tile/").ok_or(TilePathError("it must begin with tile/"))?;
        let (content, rest) = rest.split_once('/').ok_or(TilePathError("the index is missing"))?;
        let content = match content {
            "entries" => TileContent::Entries,
            level => TileContent::Hashes { level: parse_level(level)? },
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, parse_width(width)?),
            None => (rest, TILE_WIDTH as u16),
        };
        Ok(TilePath { content, index: parse_index(index)?, width })
    }
}

fn parse_level(text: &str) -> Result<u8, TilePathError> {
    match parse_decimal(text) {
        Some(level) if level <= u64::from(TILE_LEVEL_LIMIT) => Ok(level as u8),
        _ => Err(TilePathError("the level must be 0 to 63")),
    }
}

fn parse_width(text: &str) -> Result<u16, TilePathError> {
    match parse_decimal(text) {
        Some(width) if (1..TILE_WIDTH).contains(&width) => Ok(width as u16),
        _ => Err(TilePathError("the width of a partial tile must be 1 to 255")),
    }
}

fn parse_index(text: &str) -> Result<u64, TilePathError> {
    let wrong = TilePathError("the index must be groups of three digits, all but the last after an x");
    let (leading, last) = match text.rsplit_once('/') {
        Some((leading, last)) => (Some(leading), last),
        None => (None, text),
    };
    let mut index = 0_u64;
    if let Some(leading) = leading {
        for (position, element) in leading.split('/').enumerate() {
            let digits = element.strip_prefix('x').ok_or(wrong)?;
            // A leading group of zeros would give the same tile a second name.
            if position == 0 && digits == "000" {
                return Err(wrong);
            }
            index = push_digits(index, digits).ok_or(wrong)?;
        }
    }
    push_digits(index, last).ok_or(wrong)
}

fn push_digits(index: u64, digits: &str) -> Option<u64> {
    if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    index.checked_mul(1000)?.checked_add(digits.parse().ok()?)
}

impl fmt::Display for TilePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content {
            TileContent::Hashes { level } => write!(out, "tile/{level}/")?,
            TileContent::Entries => write!(out, "tile/entries/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for group in groups[1..].iter().rev() {
            write!(out, "x{group:03}/")?;
        }
        write!(out, "{:03}", groups[0])?;
        if u64::from(self.width) < TILE_WIDTH { write!(out, ".p/{}", self.width) } else { Ok(()) }
    }
}
