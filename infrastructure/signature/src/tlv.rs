//! Reading DER without copying it: what others have signed must be hashed as it stands, not as it would be written again.

use crate::error::FormError;

/// Tags that are read here.
pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// A context-specific, constructed tag.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// Tag, length and content.
    pub(crate) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// What is in a constructed element.
    pub(crate) fn inside(self) -> Elements<'a> {
        Elements { rest: self.content }
    }

    /// An unsigned whole number.
    pub(crate) fn number(self) -> Result<u64, FormError> {
        let bytes = self.content;
        if bytes.is_empty() || bytes.len() > 8 || bytes[0] & 0x80 != 0 {
            return Err(FormError("a number is out of range"));
        }
        Ok(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// The bytes of a bit string of whole bytes.
    pub(crate) fn bits(self) -> Result<&'a [u8], FormError> {
        match self.content.split_first() {
            Some((0, bytes)) => Ok(bytes),
            _ => Err(FormError("a bit string is not of whole bytes")),
        }
    }
}

/// Elements one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element, which must be there.
    pub(crate) fn next(&mut self) -> Result<Element<'a>, FormError> {
        const SHORT: FormError = FormError("it ends early");
        let [tag, length, rest @ ..] = self.rest else { return Err(SHORT) };
        if tag & 0x1f == 0x1f {
            return Err(FormError("tags above 30 are not used"));
        }
        let (length, rest) = match *length {
            short @ 0..=0x7f => (usize::from(short), rest),
            long @ 0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(long & 0x7f)).ok_or(SHORT)?;
                let length = bytes.iter().fold(0_usize, |value, byte| value << 8 | usize::from(*byte));
                if bytes[0] == 0 || length < 0x80 {
                    return Err(FormError("a length is longer than it need be"));
                }
                (length, rest)
            }
            _ => return Err(FormError("only lengths that are definite are DER")),
        };
        let (content, after) = rest.split_at_checked(length).ok_or(SHORT)?;
        let whole = &self.rest[..self.rest.len() - after.len()];
        self.rest = after;
        Ok(Element { tag: *tag, content, whole })
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, FormError> {
        match self.rest.first() {
            Some(found) if *found == tag => self.next().map(Some),
            _ => Ok(None),
        }
    }

    /// The next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Element<'a>, FormError> {
        self.optional(tag)?.ok_or(FormError("an element is missing, or another stands in its place"))
    }

    /// All that follow.
    pub(crate) fn all(mut self) -> Result<Vec<Element<'a>>, FormError> {
        let mut all = Vec::new();
        while !self.is_empty() {
            all.push(self.next()?);
        }
        Ok(all)
    }
}

/// The first element of these bytes.
pub(crate) fn first(bytes: &[u8]) -> Result<Element<'_>, FormError> {
    Elements::of(bytes).next()
}
