//! One-time codes: those of an authenticator app (RFC 6238), and those that are sent.

use aws_lc_rs::hmac;
use jiff::Timestamp;

/// Digits of a code.
pub const CODE_DIGITS: usize = 6;
/// Codes there are.
pub const CODES: u32 = 1_000_000;
/// Bytes of the secret shared with an authenticator app: the length of SHA-1, as RFC 4226 section 4 recommends.
pub const TOTP_SECRET_BYTES: usize = 20;
/// How long one code of an app holds, in seconds.
const STEP_SECONDS: i64 = 30;
/// How many steps the app's clock may be ahead or behind (RFC 6238 section 5.2).
const STEPS_ASIDE: i64 = 1;
/// How many answers one sent code takes.
pub const ATTEMPTS_MAX: i64 = 5;
/// How long a code, and any other unfinished step, waits for its answer, in seconds.
pub const STEP_LIMIT_SECONDS: i64 = 600;

/// A code as it was typed: digits, with or without spaces. `None` for anything else.
pub fn parse(text: &str) -> Option<u32> {
    let digits: String = text.chars().filter(|c| *c != ' ').collect();
    let is_code = digits.len() == CODE_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then(|| digits.parse().ok()).flatten()
}

/// A code as it is written.
pub fn written(code: u32) -> String {
    format!("{code:0CODE_DIGITS$}")
}

/// The step whose code this is, if it is one of those around `now` and after `last_step`, the last one taken: a code is
/// taken once.
pub fn totp_step(secret: &[u8], code: u32, now: Timestamp, last_step: i64) -> Option<i64> {
    let this = now.as_second().div_euclid(STEP_SECONDS);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    // Every step is computed, so that the time taken does not tell which one it was.
    let mut found = None;
    for step in (this - STEPS_ASIDE).max(0)..=this + STEPS_ASIDE {
        if hotp(&key, step) == code && step > last_step {
            found = Some(step);
        }
    }
    found
}

/// The code of a step (RFC 4226, section 5.3).
fn hotp(key: &hmac::Key, step: i64) -> u32 {
    let tag = hmac::sign(key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[bytes.len() - 1] & 0x0f);
    let word = [bytes[offset] & 0x7f, bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]];
    u32::from_be_bytes(word) % CODES
}

/// The secret as authenticator apps take it when typed (RFC 4648 base 32, without padding).
pub fn base32(secret: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in secret {
        bits = (bits << 8) | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(char::from(ALPHABET[(bits >> held & 31) as usize]));
        }
    }
    if held > 0 {
        text.push(char::from(ALPHABET[(bits << (5 - held) & 31) as usize]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 6238, appendix B, SHA-1, with the last six of its eight digits.
    const VECTORS: [(i64, u32); 6] = [
        (59, 287_082),
        (1_111_111_109, 81_804),
        (1_111_111_111, 50_471),
        (1_234_567_890, 5_924),
        (2_000_000_000, 279_037),
        (20_000_000_000, 353_130),
    ];
    const SECRET: &[u8] = b"12345678901234567890";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        for (second, code) in VECTORS {
            assert_eq!(totp_step(SECRET, code, at(second), -1), Some(second / 30), "{second}");
        }
    }

    #[test]
    fn a_code_holds_a_step_aside_and_once() {
        let (second, code) = VECTORS[3];
        let step = second / 30;
        for (now, last, expected) in [
            (second - 30, -1, Some(step)),
            (second + 30, -1, Some(step)),
            (second - 60, -1, None),
            (second + 60, -1, None),
            (second, step - 1, Some(step)),
            (second, step, None),
            (second, step + 1, None),
        ] {
            assert_eq!(totp_step(SECRET, code, at(now), last), expected, "{now} after {last}");
        }
    }

    #[test]
    fn typed_codes_are_digits() {
        for (text, expected) in [
            ("012345", Some(12_345)),
            ("012 345", Some(12_345)),
            ("", None),
            ("12345", None),
            ("1234567", None),
            ("12345a", None),
            ("+12345", None),
            ("１２３４５６", None),
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
        assert_eq!(written(42), "000042");
    }

    #[test]
    fn secrets_are_written_in_base_32() {
        // RFC 4648, section 10, without padding.
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    proptest! {
        #[test]
        fn written_codes_are_read_back(code in 0..CODES) {
            prop_assert_eq!(parse(&written(code)), Some(code));
        }

        #[test]
        fn any_time_and_secret_bear_a_check(secret in prop::collection::vec(any::<u8>(), 1..64), second in -377_705_023_201_i64..253_402_207_200, code in 0..CODES) {
            let _ = totp_step(&secret, code, at(second), -1);
        }
    }
}
