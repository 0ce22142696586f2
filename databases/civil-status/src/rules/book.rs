//! Books, numbers and codes (Law 60/2014/QH13 article 58).

use crate::model::EventKind;
use jiff::civil::Date;

/// How many entries stand on one page of a book: each has a page of its own, with room for the notes of amendments.
pub const ENTRIES_PER_PAGE: i64 = 1;
/// Letters and digits of a certificate's code: without I, L, O and U, which are taken for others.
const CODE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many characters a certificate's code has, five bits each: 80 bits can't be guessed.
const CODE_CHARACTERS: usize = 16;

/// The symbol of a commune's book of a year, as `01/2026 TP/HT-KS`. Each kind of event has one book a year.
pub fn book_symbol(kind: EventKind, year: i16) -> String {
    format!("01/{year} TP/HT-{}", kind.book_symbol())
}

/// The number of an entry as it is written, as `123/2026`.
pub fn number_in_book(number: i64, year: i16) -> String {
    format!("{number}/{year}")
}

/// How many pages so many entries fill; also the page on which the last of them stands.
pub fn pages_of(entries: i64) -> i64 {
    (entries.max(0) + ENTRIES_PER_PAGE - 1) / ENTRIES_PER_PAGE
}

/// The book of a year may be closed when the year is over: until the end of its last day something may still be
/// registered (Law 60/2014/QH13 article 58(2)).
pub fn may_close(year: i16, today: Date) -> bool {
    today.year() > year
}

/// The code that eighty random bits come to.
pub fn certificate_code(random: [u8; 10]) -> String {
    let bits = random.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    (0..CODE_CHARACTERS)
        .map(|place| {
            let five_bits = usize::try_from(bits >> (5 * (CODE_CHARACTERS - 1 - place)) & 31).unwrap_or(0);
            char::from(CODE_ALPHABET[five_bits])
        })
        .collect()
}

/// A code as a person typed it: in either case, with spaces or hyphens, and with the letters that are taken for
/// others. `None` when it can't be a code.
pub fn normalise_certificate_code(typed: &str) -> Option<String> {
    if typed.len() > 4 * CODE_CHARACTERS {
        return None;
    }
    let code: Option<String> = typed
        .chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .map(|c| match c.to_ascii_uppercase() {
            'O' => Some('0'),
            'I' | 'L' => Some('1'),
            upper => u8::try_from(upper).ok().filter(|byte| CODE_ALPHABET.contains(byte)).map(char::from),
        })
        .collect();
    code.filter(|code| code.len() == CODE_CHARACTERS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn books_and_numbers_are_written_as_the_forms_say() {
        assert_eq!(book_symbol(EventKind::Birth, 2026), "01/2026 TP/HT-KS");
        assert_eq!(book_symbol(EventKind::Change, 2027), "01/2027 TP/HT-TĐCC");
        assert_eq!(number_in_book(123, 2026), "123/2026");
        for (entries, pages) in [(-1, 0), (0, 0), (1, 1), (2, 2), (100, 100)] {
            assert_eq!(pages_of(entries), pages, "{entries}");
        }
    }

    #[test]
    fn a_book_is_closed_only_when_its_year_is_over() {
        for (year, today, expected) in [
            (2026, date(2026, 6, 1), false),
            (2026, date(2026, 12, 31), false),
            (2026, date(2027, 1, 1), true),
            (2026, date(2030, 1, 1), true),
            (2027, date(2027, 1, 1), false),
        ] {
            assert_eq!(may_close(year, today), expected, "{year} on {today}");
        }
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        let code = certificate_code([0xff, 0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0]);
        assert_eq!(code.len(), 16);
        let typed = format!("{}-{} ", code[..4].to_lowercase(), &code[4..]);
        assert_eq!(normalise_certificate_code(&typed), Some(code));
        assert_eq!(normalise_certificate_code("oil0oil0oil0oil0").as_deref(), Some("0110011001100110"));
        for wrong in
            ["", "ABC", "ABCDEFGHJKMNPQRU", "../../etc/passwd", "0123456789ABCDEFG", "Ａ123456789ABCDEF"]
        {
            assert_eq!(normalise_certificate_code(wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn different_bits_are_different_codes(a in any::<[u8; 10]>(), b in any::<[u8; 10]>()) {
            prop_assert_eq!(certificate_code(a) == certificate_code(b), a == b);
            prop_assert_eq!(normalise_certificate_code(&certificate_code(a)), Some(certificate_code(a)));
        }

        #[test]
        fn nothing_typed_panics(typed in ".{0,80}") {
            let _ = normalise_certificate_code(&typed);
        }
    }
}
