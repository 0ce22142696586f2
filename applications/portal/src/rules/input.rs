//! What may stand in a field of text.

/// Longest part of a name, in characters: the room that a printed certificate has.
pub const NAME_PART_LIMIT_CHARACTERS: usize = 50;
/// Longest text of an address below the commune, in characters.
pub const ADDRESS_LIMIT_CHARACTERS: usize = 200;
/// Longest number of a birth notice, in characters.
pub const BIRTH_NOTICE_LIMIT_CHARACTERS: usize = 50;
/// Longest text of a search, in characters.
pub const SEARCH_LIMIT_CHARACTERS: usize = 200;

/// Why a text can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFault {
    /// Nothing was written.
    Missing,
    /// It is longer than its limit.
    TooLong,
    /// It holds what can't be printed or seen.
    Unprintable,
    /// It is not made of letters alone (Civil Code 91/2015/QH13 article 26(3)).
    NotLetters,
}

/// What is wrong with a line of text, if anything.
pub fn check_line(text: &str, required: bool, limit_characters: usize) -> Option<TextFault> {
    if text.trim().is_empty() {
        return required.then_some(TextFault::Missing);
    }
    if text.chars().count() > limit_characters {
        return Some(TextFault::TooLong);
    }
    text.chars().any(is_hidden).then_some(TextFault::Unprintable)
}

/// What is wrong with a part of a name, if anything.
pub fn check_name_part(text: &str, required: bool) -> Option<TextFault> {
    let fault = check_line(text, required, NAME_PART_LIMIT_CHARACTERS);
    if fault.is_some() || text.is_empty() {
        return fault;
    }
    (!text.split(' ').all(is_word_of_name)).then_some(TextFault::NotLetters)
}

/// Control characters, and those that hide or turn around what stands beside them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Letters of Vietnamese and of the languages of the ethnic groups, with marks, apostrophes and hyphens after the first.
fn is_word_of_name(word: &str) -> bool {
    let is_letter = |c: char| {
        c.is_alphabetic()
            && matches!(c, 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
    };
    let follows = |c: char| is_letter(c) || matches!(c, '\u{300}'..='\u{36f}' | '\'' | '’' | 'ʼ' | '-');
    let mut characters = word.chars();
    characters.next().is_some_and(is_letter) && characters.all(follows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_of_names() {
        use TextFault::{Missing, NotLetters, TooLong, Unprintable};
        let long = "a".repeat(NAME_PART_LIMIT_CHARACTERS + 1);
        let cases: &[(&str, Option<TextFault>)] = &[
            ("Nguyễn", None),
            ("Thị Minh", None),
            ("H'Hen", None),
            ("Ƀă", None),
            ("", Some(Missing)),
            ("  ", Some(Missing)),
            ("An1", Some(NotLetters)),
            ("Minh  An", Some(NotLetters)),
            ("阮", Some(NotLetters)),
            ("<b>", Some(NotLetters)),
            ("An\u{202e}", Some(Unprintable)),
            (&long, Some(TooLong)),
        ];
        for (part, expected) in cases {
            assert_eq!(check_name_part(part, true), *expected, "{part:?}");
        }
        assert_eq!(check_name_part("", false), None);
    }

    #[test]
    fn lines() {
        let cases: &[(&str, bool, Option<TextFault>)] = &[
            ("Bệnh viện Phụ sản", true, None),
            ("", false, None),
            ("", true, Some(TextFault::Missing)),
            ("abcdef", true, Some(TextFault::TooLong)),
            ("a\tb", true, Some(TextFault::Unprintable)),
            ("a\u{200b}b", true, Some(TextFault::Unprintable)),
        ];
        for (text, required, expected) in cases {
            let limit = if *text == "abcdef" { 5 } else { ADDRESS_LIMIT_CHARACTERS };
            assert_eq!(check_line(text, *required, limit), *expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_never_holds_markup_or_digits(part in "\\PC{1,20}") {
            if check_name_part(&part, true).is_none() {
                prop_assert!(part.chars().all(|c| !c.is_numeric() && !matches!(c, '<' | '>' | '&' | '"')));
            }
        }
    }
}
