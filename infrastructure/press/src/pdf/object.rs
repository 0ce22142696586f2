//! PDF objects (ISO 32000-1, 7.3), read and written without loss.

use crate::error::PressError;

/// How deep arrays and dictionaries may nest.
const MAX_DEPTH: usize = 32;

/// The number of an indirect object. The generation is always 0 in the files this crate extends.
pub(crate) type ObjectNumber = u32;

/// An object. Numbers, names and strings keep the bytes they were written with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Object {
    /// `null`, `true`, `false`, a number, or a string with its delimiters, as written.
    Verbatim(Vec<u8>),
    /// A name without its slash, as written.
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
pub(crate) struct Dictionary(Vec<(Vec<u8>, Object)>);

impl Dictionary {
    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Object> {
        self.0.iter().find(|(name, _)| name == key.as_bytes()).map(|(_, value)| value)
    }

    /// Sets a key.
    pub(crate) fn set(&mut self, key: &str, value: Object) {
        match self.0.iter_mut().find(|(name, _)| name == key.as_bytes()) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.as_bytes().to_vec(), value)),
        }
    }

    /// The same dictionary with a key set.
    pub(crate) fn with(mut self, key: &str, value: Object) -> Self {
        self.set(key, value);
        self
    }
}

impl Object {
    /// A name.
    pub(crate) fn name(name: &str) -> Self {
        Self::Name(name.as_bytes().to_vec())
    }

    /// An integer.
    pub(crate) fn integer(value: usize) -> Self {
        Self::Verbatim(value.to_string().into_bytes())
    }

    /// A length or coordinate, to a thousandth of a point.
    pub(crate) fn number(value: f32) -> Self {
        Self::Verbatim(format!("{value:.3}").into_bytes())
    }

    /// A text string: UTF-16 with byte order mark, in hexadecimal.
    pub(crate) fn text(text: &str) -> Self {
        let digits: String = text.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
        Self::Verbatim(format!("<FEFF{digits}>").into_bytes())
    }

    /// An ASCII string; the caller passes only characters that need no escape.
    pub(crate) fn ascii(text: &str) -> Self {
        Self::Verbatim(format!("({text})").into_bytes())
    }

    /// The value as a count or offset.
    pub(crate) fn as_usize(&self) -> Option<usize> {
        let Self::Verbatim(bytes) = self else { return None };
        std::str::from_utf8(bytes).ok()?.parse().ok()
    }

    /// The value as a length or coordinate.
    pub(crate) fn as_number(&self) -> Option<f32> {
        let Self::Verbatim(bytes) = self else { return None };
        std::str::from_utf8(bytes).ok()?.parse().ok().filter(|number: &f32| number.is_finite())
    }

    /// The value as a dictionary.
    pub(crate) fn as_dictionary(&self) -> Option<&Dictionary> {
        if let Self::Dictionary(dictionary) = self { Some(dictionary) } else { None }
    }

    /// The value as an array.
    pub(crate) fn as_array(&self) -> Option<&[Object]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The value as a reference.
    pub(crate) fn as_reference(&self) -> Option<ObjectNumber> {
        if let Self::Reference(number) = self { Some(*number) } else { None }
    }

    /// Appends the object in PDF syntax.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Verbatim(bytes) => out.extend_from_slice(bytes),
            Self::Name(name) => {
                out.push(b'/');
                out.extend_from_slice(name);
            }
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
                    out.push(b'/');
                    out.extend_from_slice(key);
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
pub(crate) struct Parser<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Parser<'a> {
    /// A parser at an offset of a file.
    pub(crate) fn at(bytes: &'a [u8], position: usize) -> Self {
        Self { bytes, position }
    }

    /// An error at the current offset.
    pub(crate) fn error(&self, reason: &'static str) -> PressError {
        PressError::UnsupportedPdf { reason, position: self.position }
    }

    /// Skips white space and a keyword if it is next.
    pub(crate) fn skip_keyword(&mut self, keyword: &str) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(keyword.as_bytes());
        if found {
            self.position += keyword.len();
        }
        found
    }

    /// Skips white space and a keyword that must be next.
    pub(crate) fn expect_keyword(&mut self, keyword: &str, reason: &'static str) -> Result<(), PressError> {
        if self.skip_keyword(keyword) { Ok(()) } else { Err(self.error(reason)) }
    }

    /// Reads an unsigned integer.
    pub(crate) fn integer(&mut self) -> Result<usize, PressError> {
        self.skip_blanks();
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| self.error("expected a whole number"))
    }

    /// Reads an object.
    pub(crate) fn object(&mut self) -> Result<Object, PressError> {
        self.nested_object(0)
    }

    fn nested_object(&mut self, depth: usize) -> Result<Object, PressError> {
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

    fn dictionary(&mut self, depth: usize) -> Result<Object, PressError> {
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
                    let value = self.nested_object(depth + 1)?;
                    dictionary.0.push((key, value));
                }
                _ => return Err(self.error("expected a key or the end of a dictionary")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Object, PressError> {
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
        self.take_while(is_regular).to_vec()
    }

    fn keyword(&mut self) -> Result<Object, PressError> {
        let start = self.position;
        let word = self.take_while(is_regular);
        if matches!(word, b"true" | b"false" | b"null") {
            return Ok(Object::Verbatim(word.to_vec()));
        }
        Err(PressError::UnsupportedPdf { reason: "unknown keyword", position: start })
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

    fn hexadecimal_string(&mut self) -> Result<Object, PressError> {
        let start = self.position;
        self.take_while(|byte| byte != b'>');
        if self.byte(0).is_none() {
            return Err(self.error("a string does not end"));
        }
        self.position += 1;
        Ok(Object::Verbatim(self.bytes[start..self.position].to_vec()))
    }

    fn literal_string(&mut self) -> Result<Object, PressError> {
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
        ] {
            assert_eq!(round_trip(source), expected, "{source}");
        }
    }

    #[test]
    fn broken_objects_are_refused() {
        let deep = "[".repeat(100);
        for source in ["", "(", "<", "<<", "<</A", "[1", "endobj", "]", deep.as_str(), "<</A 1 2>>", r"(\"] {
            assert!(Parser::at(source.as_bytes(), 0).object().is_err(), "{source}");
        }
    }

    #[test]
    fn text_is_utf_16_with_byte_order_mark() {
        assert_eq!(Object::text("Đỗ"), Object::Verbatim(b"<FEFF01101ED7>".to_vec()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..250) {
            let _ = Parser::at(&bytes, at).object();
        }
    }
}
