//! Names of people (Civil Code 91/2015/QH13 article 26).

/// How long one part of a name may be. Decree 123/2015/ND-CP article 4 forbids names that are too long to use without
/// giving a figure; this is the room that a printed certificate has.
pub const NAME_PART_LIMIT_CHARACTERS: usize = 50;

/// Why a part of a name can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// It is missing.
    Missing,
    /// It is longer than [`NAME_PART_LIMIT_CHARACTERS`].
    TooLong,
    /// It holds a digit.
    Digit,
    /// It holds a sign that is no letter of Vietnamese or of a language of the ethnic groups.
    NotALetter,
    /// It begins or ends with a space, or has two in a row.
    Spaces,
}

impl NameFault {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::TooLong => "too-long",
            Self::Digit => "digit-in-name",
            Self::NotALetter => "not-a-letter",
            Self::Spaces => "spaces",
        }
    }

    /// What is wrong and what to do, in Vietnamese and in English.
    pub fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Missing => ("Hãy ghi phần này của họ tên.", "Write this part of the name."),
            Self::TooLong => (
                "Phần này của họ tên dài quá 50 ký tự. Hãy ghi ngắn hơn.",
                "This part of the name is longer than 50 characters. Write it shorter.",
            ),
            Self::Digit => (
                "Họ tên không được có chữ số (Bộ luật Dân sự, Điều 26 khoản 3). Hãy ghi bằng chữ.",
                "A name may not hold digits (Civil Code article 26(3)). Write it in letters.",
            ),
            Self::NotALetter => (
                "Họ tên phải bằng tiếng Việt hoặc tiếng dân tộc khác của Việt Nam (Bộ luật Dân sự, Điều 26 khoản 3). \
                 Hãy chỉ dùng chữ cái, dấu cách, dấu nháy hoặc gạch nối.",
                "A name must be in Vietnamese or a language of Vietnam's ethnic groups (Civil Code article 26(3)). Use \
                 only letters, spaces, apostrophes and hyphens.",
            ),
            Self::Spaces => (
                "Hãy bỏ dấu cách ở đầu, ở cuối hoặc dấu cách thừa.",
                "Take out spaces at the beginning, at the end, or in a row.",
            ),
        }
    }
}

/// What is wrong with a part of a name, if anything.
pub fn check_name_part(part: &str, required: bool) -> Option<NameFault> {
    if part.trim().is_empty() {
        return (required || !part.is_empty()).then_some(NameFault::Missing);
    }
    if part.chars().count() > NAME_PART_LIMIT_CHARACTERS {
        return Some(NameFault::TooLong);
    }
    if part.chars().any(char::is_numeric) {
        return Some(NameFault::Digit);
    }
    if part.starts_with(' ') || part.ends_with(' ') || part.contains("  ") {
        return Some(NameFault::Spaces);
    }
    (!part.split(' ').all(is_word)).then_some(NameFault::NotALetter)
}

/// A word begins with a letter; marks, apostrophes (`H'Hen`) and hyphens follow letters.
fn is_word(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(is_letter) && characters.all(|c| is_letter(c) || is_mark(c) || is_joint(c))
}

/// Latin letters with everything that Vietnamese and the scripts of the ethnic groups put on them (`ƀ`, `č`, `ñ`, `ŏ`).
fn is_letter(c: char) -> bool {
    c.is_alphabetic() && matches!(c, 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// Combining marks, for names that come in decomposed form.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

fn is_joint(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_of_names() {
        use NameFault::{Digit, Missing, NotALetter, Spaces, TooLong};
        let long = "a".repeat(51);
        let cases: &[(&str, Option<NameFault>)] = &[
            ("Nguyễn", None),
            ("Thị Minh", None),
            ("H'Hen", None),
            ("Kpă", None),
            ("Ƀă", None),
            ("Y Wơč", None),
            ("Nguye\u{302}\u{303}n", None),
            ("Hơ-lin", None),
            ("", Some(Missing)),
            ("  ", Some(Missing)),
            ("An1", Some(Digit)),
            ("An²", Some(Digit)),
            ("An٣", Some(Digit)),
            (" An", Some(Spaces)),
            ("An ", Some(Spaces)),
            ("Minh  An", Some(Spaces)),
            ("Иван", Some(NotALetter)),
            ("阮", Some(NotALetter)),
            ("An!", Some(NotALetter)),
            ("-An", Some(NotALetter)),
            ("An\tB", Some(NotALetter)),
            ("An\u{200b}", Some(NotALetter)),
            ("<b>", Some(NotALetter)),
            (&long, Some(TooLong)),
        ];
        for (part, expected) in cases {
            assert_eq!(check_name_part(part, true), *expected, "{part:?}");
        }
        assert_eq!(check_name_part("", false), None);
        assert_eq!(check_name_part(" ", false), Some(Missing));
    }

    proptest! {
        #[test]
        fn nothing_with_a_sign_beyond_letters_passes(part in "\\PC{1,20}") {
            if check_name_part(&part, true).is_none() {
                prop_assert!(part.chars().all(|c| c == ' ' || is_letter(c) || is_mark(c) || is_joint(c)));
            }
        }
    }
}
