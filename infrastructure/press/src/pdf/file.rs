//! Finding objects in a PDF file with classic cross-reference tables (ISO 32000-1, 7.5).

use super::object::{Dictionary, Object, ObjectNumber, Parser};
use super::update::Offsets;
use crate::error::PressError;

/// The largest file this crate signs.
pub const MAX_PDF_BYTES: usize = 64 * 1024 * 1024;
/// The most incremental updates in a file.
const MAX_REVISIONS: usize = 64;
/// The most objects in a file.
const MAX_OBJECTS: usize = 1_000_000;
/// The most nodes of the page tree that are looked at.
const MAX_PAGE_TREE_NODES: usize = 10_000;
/// How far from the end of the file the last cross-reference table's offset stands.
const TAIL_BYTES: usize = 1_024;

/// A PDF file, read as far as needed.
pub(crate) struct PdfFile<'a> {
    bytes: &'a [u8],
    /// Where every object starts.
    pub(crate) offsets: Offsets,
    /// The newest trailer.
    pub(crate) trailer: Dictionary,
    /// Offset of the newest cross-reference table.
    pub(crate) xref_offset: usize,
}

impl<'a> PdfFile<'a> {
    /// Reads the cross-reference tables, newest first.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, PressError> {
        if bytes.len() > MAX_PDF_BYTES {
            return Err(PressError::LimitExceeded {
                what: "the size of the PDF in bytes".to_owned(),
                found: bytes.len(),
                limit: MAX_PDF_BYTES,
            });
        }
        if !bytes.starts_with(b"%PDF-1.") {
            return Err(PressError::UnsupportedPdf { reason: "expected %PDF-1.", position: 0 });
        }
        let xref_offset = last_xref_offset(bytes)?;
        let mut offsets = Offsets::new();
        let trailer = read_table(bytes, xref_offset, &mut offsets)?;
        let (mut older, mut below) = (trailer.get("Prev").cloned(), xref_offset);
        for _ in 0..MAX_REVISIONS {
            let Some(previous) = older else {
                return Ok(Self { bytes, offsets, trailer, xref_offset });
            };
            let offset =
                previous.as_usize().filter(|&offset| offset < below).ok_or(PressError::UnsupportedPdf {
                    reason: "an older table must stand before a newer",
                    position: below,
                })?;
            older = read_table(bytes, offset, &mut offsets)?.get("Prev").cloned();
            below = offset;
        }
        Err(PressError::UnsupportedPdf { reason: "too many incremental updates", position: below })
    }

    /// The number for the next new object.
    pub(crate) fn next_object_number(&self) -> Result<ObjectNumber, PressError> {
        let size = self.trailer.get("Size").and_then(Object::as_usize).unwrap_or_default();
        let used = self.offsets.keys().next_back().map_or(0, |&last| last as usize + 1);
        let next = size.max(used).max(1);
        let number = ObjectNumber::try_from(next).ok().filter(|_| next <= MAX_OBJECTS);
        number.ok_or_else(|| self.unsupported("too many objects"))
    }

    /// The catalogue's number.
    pub(crate) fn catalog_number(&self) -> Result<ObjectNumber, PressError> {
        self.trailer
            .get("Root")
            .and_then(Object::as_reference)
            .ok_or_else(|| self.unsupported("the trailer names no catalogue"))
    }

    /// The dictionary of an indirect object.
    pub(crate) fn dictionary(&self, number: ObjectNumber) -> Result<Dictionary, PressError> {
        match self.object(number)? {
            Object::Dictionary(dictionary) => Ok(dictionary),
            _ => Err(self.unsupported("expected a dictionary")),
        }
    }

    /// An indirect object; of a stream, its dictionary.
    pub(crate) fn object(&self, number: ObjectNumber) -> Result<Object, PressError> {
        let offset =
            *self.offsets.get(&number).ok_or_else(|| self.unsupported("a referenced object is missing"))?;
        let mut parser = Parser::at(self.bytes, offset);
        let (found, generation) = (parser.integer()?, parser.integer()?);
        if found != number as usize || generation != 0 {
            return Err(parser.error("the cross-reference table points at another object"));
        }
        parser.expect_keyword("obj", "expected an indirect object")?;
        parser.object()
    }

    /// The object itself or the one it refers to.
    pub(crate) fn resolve(&self, object: &Object) -> Result<Object, PressError> {
        match object {
            Object::Reference(number) => self.object(*number),
            direct => Ok(direct.clone()),
        }
    }

    /// The object number of a page, counted from 0.
    pub(crate) fn page_number(&self, page_index: usize) -> Result<ObjectNumber, PressError> {
        let pages = self.dictionary(self.catalog_number()?)?.get("Pages").and_then(Object::as_reference);
        let mut ahead = vec![pages.ok_or_else(|| self.unsupported("the catalogue names no page tree"))?];
        let (mut pages_before, mut nodes_found) = (0, 1);
        while let Some(node) = ahead.pop() {
            let dictionary = self.dictionary(node)?;
            let Some(kids) = dictionary.get("Kids") else {
                if pages_before == page_index {
                    return Ok(node);
                }
                pages_before += 1;
                continue;
            };
            let kids = self.resolve(kids)?;
            let kids = kids.as_array().unwrap_or_default();
            nodes_found += kids.len();
            if nodes_found > MAX_PAGE_TREE_NODES {
                return Err(self.unsupported("the page tree is too large"));
            }
            ahead.extend(kids.iter().rev().filter_map(Object::as_reference));
        }
        Err(self.unsupported("a page is missing"))
    }

    /// An error about the file as a whole, placed at its newest cross-reference table.
    pub(crate) fn unsupported(&self, reason: &'static str) -> PressError {
        PressError::UnsupportedPdf { reason, position: self.xref_offset }
    }
}

fn last_xref_offset(bytes: &[u8]) -> Result<usize, PressError> {
    const KEYWORD: &[u8] = b"startxref";
    let tail = bytes.len().saturating_sub(TAIL_BYTES);
    let at = bytes[tail..]
        .windows(KEYWORD.len())
        .rposition(|window| window == KEYWORD)
        .ok_or(PressError::UnsupportedPdf { reason: "expected startxref near the end", position: tail })?;
    Parser::at(bytes, tail + at + KEYWORD.len()).integer()
}

/// Reads one table into `offsets`, keeping newer entries, and returns its trailer.
fn read_table(bytes: &[u8], offset: usize, offsets: &mut Offsets) -> Result<Dictionary, PressError> {
    let mut parser = Parser::at(bytes, offset);
    parser.expect_keyword("xref", "expected a classic cross-reference table")?;
    while !parser.skip_keyword("trailer") {
        let (first, count) = (parser.integer()?, parser.integer()?);
        if first.saturating_add(count) > MAX_OBJECTS {
            return Err(parser.error("too many objects"));
        }
        for number in first..first + count {
            let (object_offset, generation) = (parser.integer()?, parser.integer()?);
            if parser.skip_keyword("f") {
                continue;
            }
            parser.expect_keyword("n", "expected an entry in use or free")?;
            if generation != 0 {
                return Err(parser.error("object generations above 0 are not supported"));
            }
            offsets.entry(number as ObjectNumber).or_insert(object_offset);
        }
    }
    let trailer = parser.object()?;
    let trailer = trailer.as_dictionary().ok_or_else(|| parser.error("expected a trailer dictionary"))?;
    if trailer.get("Encrypt").is_some() || trailer.get("XRefStm").is_some() {
        return Err(parser.error("encrypted files and cross-reference streams are not supported"));
    }
    Ok(trailer.clone())
}
