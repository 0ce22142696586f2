//! What a password may be (NIST SP 800-63B-4, section 3.1.1): long enough, not known from break-ins, not made of what
//! everyone knows of the person. No rules of capitals and signs, and no end of validity: both make passwords worse.

use std::{collections::HashSet, sync::LazyLock};

/// Shortest password, in characters.
pub const PASSWORD_MINIMUM_CHARACTERS: usize = 10;
/// Longest password, in bytes. A longer one would only cost time to check.
pub const PASSWORD_LIMIT_BYTES: usize = 256;

/// Passwords known from break-ins; `data/SOURCES.md` says from where.
static BROKEN: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../../../../data/broken_passwords.txt").lines().collect());

/// Why a password can't be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFault {
    /// Fewer than [`PASSWORD_MINIMUM_CHARACTERS`].
    TooShort,
    /// More than [`PASSWORD_LIMIT_BYTES`].
    TooLong,
    /// It is known from break-ins, or is hardly more than such a one.
    Broken,
    /// It holds the person's number, phone number, address or name, or repeats one character.
    Guessable,
}

/// What is wrong with a new password. `known` are texts everyone may know of the person.
pub fn check(password: &str, known: &[&str]) -> Option<PasswordFault> {
    if password.chars().count() < PASSWORD_MINIMUM_CHARACTERS {
        return Some(PasswordFault::TooShort);
    }
    if password.len() > PASSWORD_LIMIT_BYTES {
        return Some(PasswordFault::TooLong);
    }
    let plain = store::fold(password);
    if is_broken(&plain) {
        return Some(PasswordFault::Broken);
    }
    let mut characters = plain.chars();
    let first = characters.next();
    let repeats = characters.all(|character| Some(character) == first);
    let holds_known = known.iter().map(|text| store::fold(text)).any(|text| {
        let squeezed: String = text.split_whitespace().collect();
        [text, squeezed].iter().any(|text| text.chars().count() >= 4 && plain.contains(text.as_str()))
    });
    (repeats || holds_known).then_some(PasswordFault::Guessable)
}

/// The password is on the list, with or without the digits and signs that people put around such ones.
fn is_broken(plain: &str) -> bool {
    let core = plain.trim_matches(|character: char| !character.is_alphabetic());
    BROKEN.contains(plain) || BROKEN.contains(core)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bad_passwords_are_told_by_what_is_wrong_with_them() {
        let known = ["001190000001", "0912345678", "an.nguyen@example.vn", "Nguyễn Thị Minh An"];
        for (password, expected) in [
            ("gà trống gáy ba lần", None),
            ("correct horse battery staple", None),
            ("ghế-xanh-7-con-mèo", None),
            ("", Some(PasswordFault::TooShort)),
            ("ngắn quá", Some(PasswordFault::TooShort)),
            ("1234567890", Some(PasswordFault::Broken)),
            ("password123", Some(PasswordFault::Broken)),
            ("!!PassWord2026!!", Some(PasswordFault::Broken)),
            ("aaaaaaaaaaaa", Some(PasswordFault::Guessable)),
            ("mk001190000001", Some(PasswordFault::Guessable)),
            ("nguyen thi minh an", Some(PasswordFault::Guessable)),
            ("NguyenThiMinhAn!1", Some(PasswordFault::Guessable)),
            ("0912345678 abc", Some(PasswordFault::Guessable)),
        ] {
            assert_eq!(check(password, &known), expected, "{password}");
        }
        assert_eq!(check(&"ab".repeat(129), &known), Some(PasswordFault::TooLong));
    }

    #[test]
    fn the_list_is_as_it_is_searched() {
        assert!(BROKEN.len() > 15_000);
        assert!(BROKEN.iter().all(|password| store::fold(password) == **password && password.len() >= 8));
    }

    proptest! {
        #[test]
        fn no_broken_password_passes(index in 0_usize..15_000, before in "[0-9!@]{0,3}", after in "[0-9!@]{0,4}") {
            let broken = include_str!("../../../../data/broken_passwords.txt").lines().nth(index).unwrap();
            prop_assume!(broken.chars().next().is_some_and(char::is_alphabetic));
            prop_assume!(broken.chars().last().is_some_and(char::is_alphabetic));
            let password = format!("{before}{broken}{after}");
            prop_assert!(check(&password, &[]).is_some());
        }
    }
}
