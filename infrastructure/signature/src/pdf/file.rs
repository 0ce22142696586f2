//! Finding objects in a PDF file (ISO 32000-1, 7.5).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::filter::{UNPACKED_LIMIT_BYTES, unpack};
use super::object::{Dictionary, Object, ObjectNumber, Parser};
use crate::error::SignatureError;

/// The largest file that is signed or verified, in bytes.
pub const PDF_LIMIT_BYTES: usize = 64 * 1024 * 1024;
/// The most cross-reference sections in a file.
const REVISIONS_LIMIT: usize = 256;
/// The most objects in a file.
const OBJECTS_LIMIT: usize = 1_000_000;
/// The most nodes of the page tree that are looked at.
const PAGE_TREE_NODES_LIMIT: usize = 100_000;
/// How far from the end of the file the last cross-reference section's offset stands.
const TAIL_BYTES: usize = 1_024;

/// Where an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: it was deleted.
    Free,
    /// At an offset of the file, in bytes.
    At(usize),
    /// In an object stream, at an index.
    Within {
        /// The stream.
        stream: ObjectNumber,
        /// The index.
        index: usize,
    },
}

/// A PDF file, read as far as needed.
pub struct PdfFile<'a> {
    bytes: &'a [u8],
    /// Where every object stands.
    pub places: BTreeMap<ObjectNumber, Place>,
    /// The newest trailer.
    pub trailer: Dictionary,
    /// Offset of the newest cross-reference section.
    pub xref_offset: usize,
    /// Whether that section is a stream.
    pub has_xref_stream: bool,
    unpacked: RefCell<BTreeMap<ObjectNumber, Rc<Unpacked>>>,
    unpacked_bytes: RefCell<usize>,
}

/// An object stream: the numbers of its objects with their offsets, and its content.
struct Unpacked {
    starts: Vec<(ObjectNumber, usize)>,
    content: Vec<u8>,
}

impl<'a> PdfFile<'a> {
    /// Reads the cross-reference sections, newest first.
    ///
    /// # Errors
    /// [`SignatureError::UnsupportedPdf`] and [`SignatureError::LimitExceeded`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, SignatureError> {
        if bytes.len() > PDF_LIMIT_BYTES {
            return Err(SignatureError::LimitExceeded {
                what: "the size of the PDF in bytes",
                found: bytes.len(),
                limit: PDF_LIMIT_BYTES,
            });
        }
        if !bytes.starts_with(b"%PDF-1.") && !bytes.starts_with(b"%PDF-2.") {
            return Err(SignatureError::UnsupportedPdf {
                reason: "expected %PDF-1. or %PDF-2.",
                position: 0,
            });
        }
        let xref_offset = last_xref_offset(bytes)?;
        let mut file = Self {
            bytes,
            places: BTreeMap::new(),
            trailer: Dictionary::default(),
            xref_offset,
            has_xref_stream: false,
            unpacked: RefCell::default(),
            unpacked_bytes: RefCell::default(),
        };
        let (mut next, mut seen) = (Some(xref_offset), BTreeSet::new());
        while let Some(offset) = next {
            if !seen.insert(offset) || seen.len() > REVISIONS_LIMIT {
                let reason = "too many cross-reference sections, or one that leads back to itself";
                return Err(SignatureError::UnsupportedPdf { reason, position: offset });
            }
            let (trailer, is_stream) = file.read_section(offset)?;
            next = match trailer.get("Prev") {
                Some(previous) => Some(previous.as_usize().ok_or(SignatureError::UnsupportedPdf {
                    reason: "the offset of an older cross-reference section is no number",
                    position: offset,
                })?),
                None => None,
            };
            if offset == xref_offset {
                (file.trailer, file.has_xref_stream) = (trailer, is_stream);
            }
        }
        Ok(file)
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Reads one cross-reference section, keeping newer entries, and returns its trailer.
    fn read_section(&mut self, offset: usize) -> Result<(Dictionary, bool), SignatureError> {
        let mut parser = Parser::at(self.bytes, offset);
        let (trailer, is_stream) = if parser.skip_keyword("xref") {
            (self.read_table(&mut parser)?, false)
        } else {
            (self.read_xref_stream(offset)?, true)
        };
        if trailer.get("Encrypt").is_some() {
            return Err(parser.error("encrypted files are not supported; remove the encryption first"));
        }
        if let Some(hybrid) = trailer.get("XRefStm").filter(|_| !is_stream) {
            let offset = hybrid.as_usize().ok_or_else(|| parser.error("an offset is no number"))?;
            self.read_xref_stream(offset)?;
        }
        Ok((trailer, is_stream))
    }

    fn read_table(&mut self, parser: &mut Parser<'_>) -> Result<Dictionary, SignatureError> {
        while !parser.skip_keyword("trailer") {
            let (first, count) = (parser.integer()?, parser.integer()?);
            if first.saturating_add(count) > OBJECTS_LIMIT {
                return Err(parser.error("too many objects"));
            }
            for number in first..first + count {
                let (offset, generation) = (parser.integer()?, parser.integer()?);
                let place = if parser.skip_keyword("f") {
                    Place::Free
                } else {
                    parser.expect_keyword("n", "expected an entry in use or free")?;
                    if generation != 0 {
                        return Err(parser.error("object generations above 0 are not supported"));
                    }
                    Place::At(offset)
                };
                self.places.entry(number as ObjectNumber).or_insert(place);
            }
        }
        let trailer = parser.object()?;
        trailer.as_dictionary().cloned().ok_or_else(|| parser.error("expected a trailer dictionary"))
    }

    /// A cross-reference stream (ISO 32000-1, 7.5.8).
    fn read_xref_stream(&mut self, offset: usize) -> Result<Dictionary, SignatureError> {
        let mut parser = Parser::at(self.bytes, offset);
        let (_, generation) = (parser.integer()?, parser.integer()?);
        let wrong = |reason| SignatureError::UnsupportedPdf { reason, position: offset };
        if generation != 0 {
            return Err(wrong("object generations above 0 are not supported"));
        }
        parser.expect_keyword("obj", "expected a cross-reference table or stream")?;
        let dictionary = parser.object()?;
        let dictionary =
            dictionary.as_dictionary().ok_or_else(|| wrong("expected a cross-reference stream"))?;
        if !dictionary.get("Type").is_some_and(|kind| kind.is_name("XRef")) {
            return Err(wrong("expected a cross-reference stream"));
        }
        let rows = self.stream_content(dictionary, parser)?;
        let numbers = |key: &str| -> Option<Vec<usize>> {
            dictionary.get(key)?.as_array()?.iter().map(Object::as_usize).collect()
        };
        let widths =
            numbers("W").filter(|widths| widths.len() == 3 && widths.iter().all(|width| *width <= 8));
        let widths = widths.ok_or_else(|| wrong("a cross-reference stream needs three widths"))?;
        let size = dictionary.get("Size").and_then(Object::as_usize).unwrap_or(0);
        let sections = match dictionary.get("Index") {
            Some(_) => numbers("Index").ok_or_else(|| wrong("the index is not of numbers"))?,
            None => vec![0, size],
        };
        let row_bytes: usize = widths.iter().sum();
        if row_bytes == 0 {
            return Err(wrong("a cross-reference stream has empty rows"));
        }
        let mut rows = rows.chunks_exact(row_bytes);
        for section in sections.chunks_exact(2) {
            if section[0].saturating_add(section[1]) > OBJECTS_LIMIT {
                return Err(wrong("too many objects"));
            }
            for (number, row) in (section[0]..section[0] + section[1]).zip(&mut rows) {
                let place = place_of(row, &widths).map_err(wrong)?;
                self.places.entry(number as ObjectNumber).or_insert(place);
            }
        }
        Ok(dictionary.clone())
    }

    /// The number for the next new object.
    pub(crate) fn next_object_number(&self) -> Result<ObjectNumber, SignatureError> {
        let size = self.trailer.get("Size").and_then(Object::as_usize).unwrap_or_default();
        let used = self.places.keys().next_back().map_or(0, |&last| last as usize + 1);
        let next = size.max(used).max(1);
        let number = ObjectNumber::try_from(next).ok().filter(|_| next <= OBJECTS_LIMIT);
        number.ok_or_else(|| self.unsupported("too many objects"))
    }

    /// The catalogue's number.
    ///
    /// # Errors
    /// When there is none.
    pub fn catalog_number(&self) -> Result<ObjectNumber, SignatureError> {
        self.trailer
            .get("Root")
            .and_then(Object::as_reference)
            .ok_or_else(|| self.unsupported("the trailer names no catalogue"))
    }

    /// The dictionary of an indirect object.
    ///
    /// # Errors
    /// When it is not there, or none.
    pub fn dictionary(&self, number: ObjectNumber) -> Result<Dictionary, SignatureError> {
        match self.object(number)? {
            Object::Dictionary(dictionary) => Ok(dictionary),
            _ => Err(self.unsupported("expected a dictionary")),
        }
    }

    /// An indirect object; of a stream, its dictionary.
    ///
    /// # Errors
    /// When it is not there or damaged.
    pub fn object(&self, number: ObjectNumber) -> Result<Object, SignatureError> {
        match self.places.get(&number) {
            Some(Place::At(offset)) => self.parser_at(number, *offset)?.object(),
            Some(Place::Within { stream, index }) => {
                let unpacked = self.object_stream(*stream)?;
                let (found, start) = *unpacked
                    .starts
                    .get(*index)
                    .ok_or_else(|| self.unsupported("an object stream is too short"))?;
                if found != number {
                    return Err(self.unsupported("an object stream holds another object"));
                }
                Parser::at(&unpacked.content, start).object()
            }
            Some(Place::Free) | None => Err(self.unsupported("a referenced object is missing")),
        }
    }

    /// The content of an indirect stream, unpacked.
    ///
    /// # Errors
    /// When it is no stream, or is packed in a way that is not supported.
    pub fn stream(&self, number: ObjectNumber) -> Result<Vec<u8>, SignatureError> {
        let Some(Place::At(offset)) = self.places.get(&number) else {
            return Err(self.unsupported("a stream is missing"));
        };
        let mut parser = self.parser_at(number, *offset)?;
        let dictionary = parser.object()?;
        let dictionary = dictionary.as_dictionary().ok_or_else(|| self.unsupported("expected a stream"))?;
        self.stream_content(dictionary, parser)
    }

    /// A parser behind `number 0 obj`.
    pub(crate) fn parser_at(
        &self,
        number: ObjectNumber,
        offset: usize,
    ) -> Result<Parser<'a>, SignatureError> {
        let mut parser = Parser::at(self.bytes, offset);
        let (found, generation) = (parser.integer()?, parser.integer()?);
        if found != number as usize || generation != 0 {
            return Err(parser.error("the cross-reference section points at another object"));
        }
        parser.expect_keyword("obj", "expected an indirect object")?;
        Ok(parser)
    }

    /// The content of the stream whose dictionary was just read.
    fn stream_content(
        &self,
        dictionary: &Dictionary,
        mut parser: Parser<'a>,
    ) -> Result<Vec<u8>, SignatureError> {
        parser.expect_keyword("stream", "expected a stream")?;
        let start = parser.position();
        let start = match self.bytes.get(start..) {
            Some([b'\r', b'\n', ..]) => start + 2,
            Some([b'\n', ..]) => start + 1,
            _ => return Err(parser.error("a stream must begin on a new line")),
        };
        let length = dictionary.get("Length").map(|length| self.resolve(length)).transpose()?;
        let length = length.as_ref().and_then(Object::as_usize);
        let length = length.ok_or_else(|| parser.error("a stream has no length"))?;
        let content = start.checked_add(length).and_then(|end| self.bytes.get(start..end));
        let content = content.ok_or_else(|| parser.error("a stream goes on after the end of the file"))?;
        Parser::at(self.bytes, start + length)
            .expect_keyword("endstream", "a stream does not end at its length")?;
        let unpacked = unpack(dictionary, content).map_err(|reason| parser.error(reason))?;
        let mut total = self.unpacked_bytes.borrow_mut();
        *total += unpacked.len();
        if *total > 4 * UNPACKED_LIMIT_BYTES {
            return Err(parser.error("the packed streams are too large"));
        }
        Ok(unpacked)
    }

    fn object_stream(&self, number: ObjectNumber) -> Result<Rc<Unpacked>, SignatureError> {
        if let Some(unpacked) = self.unpacked.borrow().get(&number) {
            return Ok(unpacked.clone());
        }
        let dictionary = match self.places.get(&number) {
            Some(Place::At(_)) => self.dictionary(number)?,
            _ => return Err(self.unsupported("an object stream is missing")),
        };
        let content = self.stream(number)?;
        let number_of = |key: &str| dictionary.get(key).and_then(Object::as_usize);
        let (Some(count), Some(first)) = (number_of("N"), number_of("First")) else {
            return Err(self.unsupported("an object stream needs N and First"));
        };
        let mut header = Parser::at(&content, 0);
        let mut starts = Vec::new();
        for _ in 0..count.min(OBJECTS_LIMIT) {
            let number = ObjectNumber::try_from(header.integer()?)
                .map_err(|_| self.unsupported("an object's number is too large"))?;
            starts.push((number, first.saturating_add(header.integer()?)));
        }
        let unpacked = Rc::new(Unpacked { starts, content });
        self.unpacked.borrow_mut().insert(number, unpacked.clone());
        Ok(unpacked)
    }

    /// The object itself or the one it refers to.
    ///
    /// # Errors
    /// When it is not there or damaged.
    pub fn resolve(&self, object: &Object) -> Result<Object, SignatureError> {
        match object {
            Object::Reference(number) => self.object(*number),
            direct => Ok(direct.clone()),
        }
    }

    /// A value of a dictionary, itself or what it refers to.
    ///
    /// # Errors
    /// When what it refers to is not there or damaged.
    pub fn value(&self, dictionary: &Dictionary, key: &str) -> Result<Option<Object>, SignatureError> {
        dictionary.get(key).map(|value| self.resolve(value)).transpose()
    }

    /// The object numbers of the pages, in order.
    ///
    /// # Errors
    /// When the tree is damaged or too large.
    pub fn pages(&self) -> Result<Vec<ObjectNumber>, SignatureError> {
        let root = self.dictionary(self.catalog_number()?)?.get("Pages").and_then(Object::as_reference);
        let mut ahead = vec![root.ok_or_else(|| self.unsupported("the catalogue names no page tree"))?];
        let (mut pages, mut nodes_found) = (Vec::new(), 1);
        while let Some(node) = ahead.pop() {
            let Some(kids) = self.value(&self.dictionary(node)?, "Kids")? else {
                pages.push(node);
                continue;
            };
            let kids = kids.as_array().unwrap_or_default();
            nodes_found += kids.len();
            if nodes_found > PAGE_TREE_NODES_LIMIT {
                return Err(self.unsupported("the page tree is too large"));
            }
            ahead.extend(kids.iter().rev().filter_map(Object::as_reference));
        }
        Ok(pages)
    }

    /// The object number of a page, counted from 0.
    ///
    /// # Errors
    /// When there is none.
    pub fn page_number(&self, page_index: usize) -> Result<ObjectNumber, SignatureError> {
        self.pages()?.get(page_index).copied().ok_or_else(|| self.unsupported("a page is missing"))
    }

    /// An error about the file as a whole, placed at its newest cross-reference section.
    pub fn unsupported(&self, reason: &'static str) -> SignatureError {
        SignatureError::UnsupportedPdf { reason, position: self.xref_offset }
    }
}

fn last_xref_offset(bytes: &[u8]) -> Result<usize, SignatureError> {
    const KEYWORD: &[u8] = b"startxref";
    let tail = bytes.len().saturating_sub(TAIL_BYTES);
    let at = bytes[tail..].windows(KEYWORD.len()).rposition(|window| window == KEYWORD).ok_or(
        SignatureError::UnsupportedPdf { reason: "expected startxref near the end", position: tail },
    )?;
    Parser::at(bytes, tail + at + KEYWORD.len()).integer()
}

/// One row of a cross-reference stream.
fn place_of(row: &[u8], widths: &[usize]) -> Result<Place, &'static str> {
    let mut rest = row;
    let mut field = |width: usize, otherwise: u64| {
        let (bytes, after) = rest.split_at(width);
        rest = after;
        match width {
            0 => otherwise,
            _ => bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte)),
        }
    };
    let (kind, second, third) = (field(widths[0], 1), field(widths[1], 0), field(widths[2], 0));
    let number = |value: u64| usize::try_from(value).map_err(|_| "a number is too large");
    match kind {
        0 => Ok(Place::Free),
        1 if third != 0 => Err("object generations above 0 are not supported"),
        1 => Ok(Place::At(number(second)?)),
        2 => Ok(Place::Within {
            stream: ObjectNumber::try_from(second).map_err(|_| "an object's number is too large")?,
            index: number(third)?,
        }),
        _ => Err("a cross-reference stream has an unknown kind of entry"),
    }
}
