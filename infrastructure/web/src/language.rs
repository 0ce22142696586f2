//! The two languages of every page, and texts that exist in both or do not compile.

use std::borrow::{Borrow, Cow};
use std::fmt::{self, Display};

/// The language a reader sees. Vietnamese first: it is what the law's forms are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Vietnamese, the default.
    #[default]
    Vi,
    /// English.
    En,
}

impl Language {
    /// Both languages, in the order the switch shows them.
    pub const ALL: [Self; 2] = [Self::Vi, Self::En];

    /// The language tag of BCP 47, as in `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// The language's own name for itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::Vi => "Tiếng Việt",
            Self::En => "English",
        }
    }

    /// The language of an exact tag `vi` or `en`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The language an `Accept-Language` header (RFC 9110, section 12.5.4) asks for first, if it names one of
    /// ours. Only the first 16 ranges are read.
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for range in header.split(',').take(ACCEPTED_RANGES_MAXIMUM) {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let primary = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
            let Some(language) = Self::from_tag(&primary) else { continue };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(1000, thousandths);
            if weight > 0 && best.is_none_or(|(heaviest, _)| weight > heaviest) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// How many ranges of an `Accept-Language` header are looked at.
const ACCEPTED_RANGES_MAXIMUM: usize = 16;

/// A quality value `0`, `0.5`, `1.000` in thousandths; 0 (not acceptable) when it is not one.
fn thousandths(quality: &str) -> u16 {
    let (whole, fraction) = quality.trim().split_once('.').unwrap_or((quality.trim(), ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    match whole {
        "1" => 1000,
        "0" => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

/// A text in both languages, usually an item of [`translations!`](crate::translations). It may have positional
/// places `{0}` to `{9}`, the same ones in both languages: a text that does not is refused at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Text {
    vi: &'static str,
    en: &'static str,
}

impl Text {
    /// A text from its two wordings.
    ///
    /// # Panics
    /// When a wording is empty or the two do not have the same places; for a `const`, at compile time.
    pub const fn new(vi: &'static str, en: &'static str) -> Self {
        assert!(!vi.is_empty() && !en.is_empty(), "a text needs both wordings");
        assert!(places(vi) == places(en), "both wordings must have the same places");
        Self { vi, en }
    }

    /// The wording in a language.
    pub fn in_language(&self, language: Language) -> &'static str {
        match language {
            Language::Vi => self.vi,
            Language::En => self.en,
        }
    }

    /// [`Text::in_language`] by the name templates use: `{{ texts::APPLY.get(t) }}`. Templates pass fields by
    /// reference, so both a language and a reference to one are taken.
    pub fn get(&self, language: impl Borrow<Language>) -> &'static str {
        self.in_language(*language.borrow())
    }

    /// The wording in a language with its places filled from `arguments`, `{0}` from the first.
    pub fn fill(&self, language: impl Borrow<Language>, arguments: &[&dyn Display]) -> String {
        fill(self.get(language), arguments)
    }

    /// The text with its places filled in both languages, for when the reader's language is not known yet.
    pub fn with(&self, arguments: &[&dyn Display]) -> Message {
        Message { vi: fill(self.vi, arguments).into(), en: fill(self.en, arguments).into() }
    }
}

/// The set of places `{0}` to `{9}` in a wording, one bit each.
const fn places(wording: &str) -> u16 {
    let bytes = wording.as_bytes();
    let mut found = 0;
    let mut at = 0;
    while at + 2 < bytes.len() {
        if bytes[at] == b'{' && bytes[at + 1].is_ascii_digit() && bytes[at + 2] == b'}' {
            found |= 1 << (bytes[at + 1] - b'0');
        }
        at += 1;
    }
    found
}

/// Fills the places of a wording. A place without an argument stays as it is, so that tests show it.
fn fill(wording: &str, arguments: &[&dyn Display]) -> String {
    let mut filled = String::with_capacity(wording.len());
    let mut rest = wording;
    while let Some(open) = rest.find('{') {
        let (before, from_place) = rest.split_at(open);
        filled.push_str(before);
        let argument = match from_place.as_bytes() {
            [b'{', digit @ b'0'..=b'9', b'}', ..] => arguments.get(usize::from(digit - b'0')),
            _ => None,
        };
        rest = match argument {
            Some(argument) => {
                filled.push_str(&argument.to_string());
                &from_place[3..]
            }
            None => {
                filled.push('{');
                &from_place[1..]
            }
        };
    }
    filled.push_str(rest);
    filled
}

/// A text in both languages made while running: a [`Text`] with its places filled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Message {
    vi: Cow<'static, str>,
    en: Cow<'static, str>,
}

impl Message {
    /// A message from its two wordings.
    pub fn new(vi: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { vi: vi.into(), en: en.into() }
    }

    /// The wording in a language.
    pub fn get(&self, language: impl Borrow<Language>) -> &str {
        match language.borrow() {
            Language::Vi => &self.vi,
            Language::En => &self.en,
        }
    }
}

impl From<Text> for Message {
    fn from(text: Text) -> Self {
        Self { vi: text.vi.into(), en: text.en.into() }
    }
}

impl Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.tag())
    }
}

/// Declares the texts of a room: one item each, Vietnamese first. A missing wording does not compile, nor do two
/// wordings with different places.
///
/// ```
/// web::translations! {
///     APPLY: "Nộp hồ sơ", "Apply";
///     AT_MOST: "Nhiều nhất {0} ký tự", "At most {0} characters";
/// }
/// assert_eq!(APPLY.get(web::Language::Vi), "Nộp hồ sơ");
/// assert_eq!(AT_MOST.fill(web::Language::En, &[&5]), "At most 5 characters");
/// ```
///
/// ```compile_fail
/// web::translations! { APPLY: "Nộp hồ sơ"; }
/// ```
///
/// ```compile_fail
/// web::translations! { AT_MOST: "Nhiều nhất {0} ký tự", "At most this many characters"; }
/// AT_MOST.get(web::Language::Vi);
/// ```
#[macro_export]
macro_rules! translations {
    ($($(#[$meta:meta])* $key:ident: $vi:literal, $en:literal;)*) => {
        $(
            $(#[$meta])*
            #[doc = $en]
            pub(crate) const $key: $crate::Text = $crate::Text::new($vi, $en);
        )*
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_language_names_the_heaviest_of_ours() {
        let cases = [
            ("", None),
            ("fr", None),
            ("en", Some(Language::En)),
            ("vi-VN,vi;q=0.9,en;q=0.8", Some(Language::Vi)),
            ("en-GB;q=0.5, vi;q=0.75", Some(Language::Vi)),
            ("EN", Some(Language::En)),
            ("vi;q=0, en;q=0.1", Some(Language::En)),
            ("vi;q=nonsense", None),
            ("vi;q=2", None),
            ("english", None),
        ];
        for (header, expected) in cases {
            assert_eq!(Language::from_accept_language(header), expected, "{header}");
        }
    }

    #[test]
    fn ranges_after_the_limit_are_not_read() {
        let header = format!("{}en", "fr,".repeat(ACCEPTED_RANGES_MAXIMUM));
        assert_eq!(Language::from_accept_language(&header), None);
    }

    #[test]
    fn places_are_filled_by_position() {
        let text = Text::new("{1} trước {0}, {0}", "{0} {1} {0}");
        assert_eq!(text.fill(Language::Vi, &[&"a", &2]), "2 trước a, a");
        assert_eq!(text.with(&[&"a", &2]).get(Language::En), "a 2 a");
    }

    #[test]
    fn an_argument_is_never_read_as_a_place() {
        let text = Text::new("{0} {1}", "{0} {1}");
        assert_eq!(text.fill(Language::En, &[&"{1}", &"x"]), "{1} x");
        assert_eq!(text.fill(Language::En, &[&"only"]), "only {1}");
        assert_eq!(Text::new("{ {x} {12}", "{").fill(Language::Vi, &[&1]), "{ {x} {12}");
    }

    #[test]
    #[should_panic(expected = "the same places")]
    fn wordings_with_different_places_are_refused() {
        let _ = Text::new("{0}", "nothing");
    }
}
