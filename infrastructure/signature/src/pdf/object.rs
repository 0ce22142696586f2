//! PDF objects (ISO 32000-1, 7.3), read and written without loss.

use crate::error::SignatureError;

/// How deep arrays and dictionaries may nest.
const MAX_DEPTH: usize = 32;

/// The number of an indirect object. The generation is always 0 in the files this crate understands.
pub type ObjectNumber = u32;

/// An object. Numbers, names and strings keep the bytes they were written with.
#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    /// `null`, `true`, `false`, a number, or a string with its delimiters, as written.
    Verbatim(Vec<u8>),
    /// A name without its slash, `#xx` decoded.
    Name(Vec<u8>),
    /// An array.
    Array(Vec<Object>),
    /// A dictionary.
    Dictionary(Dictionary),
    /// A reference to an indirect object.
    Reference(ObjectNumber),
}

/// A dictionary; entries keep their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dictionary(Vec<(Vec<u8>, Object)>);

/// A key of a dictionary, its value, and where that stands.
pub type PlacedEntry = (Vec<u8>, Object, std::ops::Range<usize>);

impl Dictionary {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Object> {
        self.0.iter().find(|(name, _)| name == key.as_bytes()).map(|(_, value)| value)
    }

    /// Sets a key.
    pub fn set(&mut self, key: &str, value: Object) {
        match self.0.iter_mut().find(|(name, _)| name == key.as_bytes()) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.as_bytes().to_vec(), value)),
        }
    }

    /// Keys and values in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Object)> {
        self.0.iter().map(|(key, value)| (key.as_slice(), value))
    }

    /// The same dictionary with a key set.
    pub fn with(mut self, key: &str, value: Object) -> Self {
        self.set(key, value);
        self
    }
}

impl Object {
    /// A name.
    pub fn name(name: &str) -> Self {
        Self::Name(name.as_bytes().to_vec())
    }

    /// An integer.
    pub fn integer(value: usize) -> Self {
        Self::Verbatim(value.to_string().into_bytes())
    }

    /// A length or coordinate, to a thousandth of a point.
    pub fn number(value: f32) -> Self {
        Self::Verbatim(format!("{value:.3}").into_bytes())
    }

    /// A text string: UTF-16 with byte order mark, in hexadecimal.
    pub fn text(text: &str) -> Self {
        let digits: String = text.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
        Self::Verbatim(format!("<FEFF{digits}>").into_bytes())
    }

    /// An ASCII string; the caller passes only characters that need no escape.
    pub fn ascii(text: &str) -> Self {
        Self::Verbatim(format!("({text})").into_bytes())
    }

    /// The value as a count or offset.
    pub fn as_usize(&self) -> Option<usize> {
        let Self::Verbatim(bytes) = self else { return None };
        std::str::from_utf8(bytes).ok()?.parse().ok()
    }

    /// The value as a length or coordinate.
    pub fn as_number(&self) -> Option<f32> {
        let Self::Verbatim(bytes) = self else { return None };
        std::str::from_utf8(bytes).ok()?.parse().ok().filter(|number: &f32| number.is_finite())
    }

    /// The value as a dictionary.
    pub fn as_dictionary(&self) -> Option<&Dictionary> {
        if let Self::Dictionary(dictionary) = self { Some(dictionary) } else { None }
    }

    /// The value as an array.
    pub fn as_array(&self) -> Option<&[Object]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The value as a reference.
    pub fn as_reference(&self) -> Option<ObjectNumber> {
        if let Self::Reference(number) = self { Some(*number) } else { None }
    }

    /// Whether it is this name.
    pub fn is_name(&self, name: &str) -> bool {
        matches!(self, Self::Name(bytes) if bytes == name.as_bytes())
    }

    /// The bytes of a string, literal or hexadecimal (ISO 32000-1, 7.3.4).
    pub fn as_string(&self) -> Option<Vec<u8>> {
        let Self::Verbatim(bytes) = self else { return None };
        match bytes.as_slice() {
            [b'(', content @ .., b')'] => Some(unescape(content)),
            [b'<', digits @ .., b'>'] => from_hex(digits),
            _ => None,
        }
    }

    /// A text string: UTF-16 with byte order mark, UTF-8 with byte order mark, or what of ISO 8859-1 is the same in
    /// PDFDocEncoding.
    pub fn as_text(&self) -> Option<String> {
        let bytes = self.as_string()?;
        match bytes.as_slice() {
            [0xfe, 0xff, units @ ..] => {
                let units = units.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                Some(
                    char::decode_utf16(units)
                        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                        .collect(),
                )
            }
            [0xef, 0xbb, 0xbf, text @ ..] => Some(String::from_utf8_lossy(text).into_owned()),
            bytes => Some(bytes.iter().copied().map(char::from).collect()),
        }
    }

    /// Gives every reference in it, at any depth.
    pub fn references(&self, found: &mut impl FnMut(ObjectNumber)) {
        match self {
            Self::Reference(number) => found(*number),
            Self::Array(items) => items.iter().for_each(|item| item.references(found)),
            Self::Dictionary(dictionary) => dictionary.iter().for_each(|(_, value)| value.references(found)),
            Self::Verbatim(_) | Self::Name(_) => {}
        }
    }

    /// Appends the object in PDF syntax.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Verbatim(bytes) => out.extend_from_slice(bytes),
            Self::Name(name) => write_name(name, out),
            Self::Array(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b' ');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Dictionary(Dictionary(entries)) => {
                out.extend_from_slice(b"<<");
                for (key, value) in entries {
                    write_name(key, out);
                    out.push(b' ');
                    value.write(out);
                    out.push(b'\n');
                }
                out.extend_from_slice(b">>");
            }
            Self::Reference(number) => out.extend_from_slice(format!("{number} 0 R").as_bytes()),
        }
    }
}

/// Reads objects from bytes.
pub struct Parser<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Parser<'a> {
    /// A parser at an offset of a file.
    pub fn at(bytes: &'a [u8], position: usize) -> Self {
        Self { bytes, position }
    }

    /// An error at the current offset.
    pub fn error(&self, reason: &'static str) -> SignatureError {
        SignatureError::UnsupportedPdf { reason, position: self.position }
    }

    /// Skips white space and a keyword if it is next.
    pub fn skip_keyword(&mut self, keyword: &str) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(keyword.as_bytes());
        if found {
            self.position += keyword.len();
        }
        found
    }

    /// Skips white space and a keyword that must be next.
    pub fn expect_keyword(&mut self, keyword: &str, reason: &'static str) -> Result<(), SignatureError> {
        if self.skip_keyword(keyword) { Ok(()) } else { Err(self.error(reason)) }
    }

    /// Reads an unsigned integer.
    pub fn integer(&mut self) -> Result<usize, SignatureError> {
        self.skip_blanks();
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| self.error("expected a whole number"))
    }

    /// Reads an object.
    pub fn object(&mut self) -> Result<Object, SignatureError> {
        self.nested_object(0)
    }

    fn nested_object(&mut self, depth: usize) -> Result<Object, SignatureError> {
        if depth > MAX_DEPTH {
            return Err(self.error("objects are nested too deeply"));
        }
        self.skip_blanks();
        match (self.byte(0), self.byte(1)) {
            (Some(b'<'), Some(b'<')) => self.dictionary(depth),
            (Some(b'<'), _) => self.hexadecimal_string(),
            (Some(b'('), _) => self.literal_string(),
            (Some(b'['), _) => self.array(depth),
            (Some(b'/'), _) => Ok(Object::Name(self.read_name())),
            (Some(b'0'..=b'9' | b'+' | b'-' | b'.'), _) => Ok(self.number_or_reference()),
            (Some(b'a'..=b'z'), _) => self.keyword(),
            _ => Err(self.error("expected an object")),
        }
    }

    fn dictionary(&mut self, depth: usize) -> Result<Object, SignatureError> {
        self.position += 2;
        let mut dictionary = Dictionary::default();
        loop {
            self.skip_blanks();
            match self.byte(0) {
                Some(b'>') if self.byte(1) == Some(b'>') => {
                    self.position += 2;
                    return Ok(Object::Dictionary(dictionary));
                }
                Some(b'/') => {
                    let key = self.read_name();
                    // Programs differ in which of two they take, so a document could look different to each.
                    if dictionary.0.iter().any(|(name, _)| *name == key) {
                        return Err(self.error("a key stands twice in a dictionary"));
                    }
                    let value = self.nested_object(depth + 1)?;
                    dictionary.0.push((key, value));
                }
                _ => return Err(self.error("expected a key or the end of a dictionary")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Object, SignatureError> {
        self.position += 1;
        let mut items = Vec::new();
        loop {
            if self.skip_keyword("]") {
                return Ok(Object::Array(items));
            }
            items.push(self.nested_object(depth + 1)?);
        }
    }

    fn read_name(&mut self) -> Vec<u8> {
        self.position += 1;
        let written = self.take_while(is_regular);
        let mut name = Vec::with_capacity(written.len());
        let mut rest = written;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match after.split_first_chunk::<2>() {
                Some((digits, after)) if byte == b'#' && digits.iter().all(u8::is_ascii_hexdigit) => {
                    name.extend(from_hex(digits).unwrap_or_default());
                    rest = after;
                }
                _ => name.push(byte),
            }
        }
        name
    }

    /// Reads a dictionary and says where each of its values stands.
    pub fn dictionary_with_places(&mut self) -> Result<Vec<PlacedEntry>, SignatureError> {
        self.expect_keyword("<<", "expected a dictionary")?;
        let mut entries: Vec<PlacedEntry> = Vec::new();
        loop {
            if self.skip_keyword(">>") {
                return Ok(entries);
            }
            if self.byte(0) != Some(b'/') {
                return Err(self.error("expected a key or the end of a dictionary"));
            }
            let key = self.read_name();
            if entries.iter().any(|(name, ..)| *name == key) {
                return Err(self.error("a key stands twice in a dictionary"));
            }
            self.skip_blanks();
            let start = self.position;
            let value = self.nested_object(1)?;
            entries.push((key, value, start..self.position));
        }
    }

    /// Where it stands.
    pub fn position(&self) -> usize {
        self.position
    }

    fn keyword(&mut self) -> Result<Object, SignatureError> {
        let start = self.position;
        let word = self.take_while(is_regular);
        if matches!(word, b"true" | b"false" | b"null") {
            return Ok(Object::Verbatim(word.to_vec()));
        }
        Err(SignatureError::UnsupportedPdf { reason: "unknown keyword", position: start })
    }

    fn number_or_reference(&mut self) -> Object {
        let digits = self.take_while(is_regular).to_vec();
        let after = self.position;
        let number = std::str::from_utf8(&digits).ok().and_then(|digits| digits.parse().ok());
        if let (Some(number), Ok(0)) = (number, self.integer())
            && self.skip_keyword("R")
            && !self.byte(0).is_some_and(is_regular)
        {
            return Object::Reference(number);
        }
        self.position = after;
        Object::Verbatim(digits)
    }

    fn hexadecimal_string(&mut self) -> Result<Object, SignatureError> {
        let start = self.position;
        self.take_while(|byte| byte != b'>');
        if self.byte(0).is_none() {
            return Err(self.error("a string does not end"));
        }
        self.position += 1;
        Ok(Object::Verbatim(self.bytes[start..self.position].to_vec()))
    }

    fn literal_string(&mut self) -> Result<Object, SignatureError> {
        let start = self.position;
        let mut open = 0_usize;
        while let Some(byte) = self.byte(0) {
            self.position += 1;
            match byte {
                b'\\' => self.position += 1,
                b'(' => open += 1,
                b')' if open == 1 => return Ok(Object::Verbatim(self.bytes[start..self.position].to_vec())),
                b')' => open -= 1,
                _ => {}
            }
        }
        Err(self.error("a string does not end"))
    }

    /// Skips white space and comments.
    fn skip_blanks(&mut self) {
        loop {
            self.take_while(is_blank);
            if self.byte(0) != Some(b'%') {
                return;
            }
            self.take_while(|byte| !matches!(byte, b'\r' | b'\n'));
        }
    }

    fn take_while(&mut self, accepts: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|&byte| !accepts(byte)).unwrap_or(rest.len());
        self.position += length;
        &rest[..length]
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.rest().get(ahead).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }
}

fn write_name(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for &byte in name {
        if is_regular(byte) && byte.is_ascii_graphic() && byte != b'#' {
            out.push(byte);
        } else {
            out.extend_from_slice(format!("#{byte:02X}").as_bytes());
        }
    }
}

/// Hexadecimal digits with blanks between them; a missing last digit is 0.
fn from_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = digits
        .iter()
        .filter(|byte| !is_blank(**byte))
        .map(|byte| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    Some(digits?.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect())
}

/// A literal string without its escapes (ISO 32000-1, 7.3.4.2).
fn unescape(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    let mut bytes = content.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'b') => out.push(8),
            Some(b'f') => out.push(12),
            Some(b'\r') => {
                bytes.next_if_eq(&b'\n');
            }
            Some(b'\n') | None => {}
            Some(digit @ b'0'..=b'7') => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    let Some(digit) = bytes.next_if(|byte| (b'0'..=b'7').contains(byte)) else { break };
                    value = value * 8 + u32::from(digit - b'0');
                }
                out.push((value & 0xff) as u8);
            }
            Some(other) => out.push(other),
        }
    }
    out
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn is_regular(byte: u8) -> bool {
    !is_blank(byte) && !b"()<>[]{}/%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip(source: &str) -> String {
        let object = Parser::at(source.as_bytes(), 0).object().expect("a valid object");
        let mut out = Vec::new();
        object.write(&mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn objects_are_written_as_read() {
        for (source, expected) in [
            ("[1 -2.5 +3 true null]", "[1 -2.5 +3 true null]"),
            ("[12 0 R 13 0 R 7 0]", "[12 0 R 13 0 R 7 0]"),
            (r"(a\)b(c)d)", r"(a\)b(c)d)"),
            ("<FEFF 0041>", "<FEFF 0041>"),
            ("<< /A/B /C [ /D ] % note\n>>", "<</A /B\n/C [/D]\n>>"),
            ("/#56#20#2fx", "/V#20#2Fx"),
        ] {
            assert_eq!(round_trip(source), expected, "{source}");
        }
    }

    #[test]
    fn broken_objects_are_refused() {
        let deep = "[".repeat(100);
        for source in [
            "<</V 1/#56 2>>",
            "",
            "(",
            "<",
            "<<",
            "<</A",
            "[1",
            "endobj",
            "]",
            deep.as_str(),
            "<</A 1 2>>",
            r"(\",
        ] {
            assert!(Parser::at(source.as_bytes(), 0).object().is_err(), "{source}");
        }
    }

    #[test]
    fn text_is_utf_16_with_byte_order_mark() {
        assert_eq!(Object::text("Đỗ"), Object::Verbatim(b"<FEFF01101ED7>".to_vec()));
    }

    #[test]
    fn strings_are_decoded() {
        for (source, expected) in
            [(r"(a\(b\051\n\\)", b"a(b)\n\\".as_slice()), ("<414 2 4>", b"AB@"), ("()", b"")]
        {
            let object = Parser::at(source.as_bytes(), 0).object().expect("a string");
            assert_eq!(object.as_string().as_deref(), Some(expected), "{source}");
        }
        assert_eq!(Object::text("Đỗ").as_text().as_deref(), Some("Đỗ"));
        assert_eq!(Object::name("A").as_string(), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..250) {
            let _ = Parser::at(&bytes, at).object();
        }
    }
}
