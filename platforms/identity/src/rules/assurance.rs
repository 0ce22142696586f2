//! How sure it is who somebody is, and what they must show for it.
//!
//! | from | a known browser | any other browser | without the password |
//! |---|---|---|---|
//! | account with an authenticator app | password, its code | password, its code | recovery key, its code |
//! | any other account | password | password, a code sent | recovery key, a code sent |
//!
//! A passkey, with which the person unlocks their device, stands alone. Whoever has lost all of these is checked at an
//! office again, as for level 2.

use crate::model::{Factors, Method};
use contracts::identity::Level;

/// What is asked for after the password, and nothing where the password is enough.
pub fn after_password(factors: Factors, known_browser: bool) -> Option<Method> {
    match (factors.totp, known_browser) {
        (true, _) => Some(Method::Totp),
        (false, false) => Some(Method::SentCode),
        (false, true) => None,
    }
}

/// What is asked for after the recovery key. No browser is known well enough to go without.
pub fn after_recovery_key(factors: Factors) -> Method {
    if factors.totp { Method::Totp } else { Method::SentCode }
}

/// What is asked for, beside a code sent to the new contact, before the contact of an account is changed: what the strangest
/// browser must show after the password. Nothing more in a session of a passkey, which stands alone.
pub fn before_new_contact(factors: Factors, session: &[Method]) -> Option<Method> {
    if session.contains(&Method::Passkey) { None } else { after_password(factors, false) }
}

/// The level of a session opened with these methods. `key` is the level at which the passkey used was bound, where one
/// was. Only a key bound at an office, of an account that was checked there, makes level 2.
pub fn session_level(account: Level, key: Option<Level>) -> Level {
    match (account, key) {
        (Level::Two, Some(Level::Two)) => Level::Two,
        _ => Level::One,
    }
}

/// The level at which a new passkey is bound: that of the check at an office whose code was brought, or of the session
/// in which it is added - which itself was opened with a key of that level.
pub fn key_level(brought_office_code: bool, session: Level) -> Level {
    if brought_office_code { Level::Two } else { session }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_factors() -> [Factors; 2] {
        [Factors { totp: false }, Factors { totp: true }]
    }

    #[test]
    fn a_strange_browser_always_needs_a_second_factor() {
        for factors in all_factors() {
            assert!(after_password(factors, false).is_some(), "{factors:?}");
        }
        assert_eq!(after_password(Factors { totp: true }, true), Some(Method::Totp));
        assert_eq!(after_password(Factors { totp: false }, true), None);
    }

    #[test]
    fn recovery_is_never_weaker_than_signing_in() {
        for factors in all_factors() {
            // The recovery key takes the place of the password; what follows is what the strangest browser must show.
            assert_eq!(Some(after_recovery_key(factors)), after_password(factors, false), "{factors:?}");
        }
    }

    #[test]
    fn a_contact_is_changed_by_no_less_than_signing_in() {
        for factors in all_factors() {
            assert_eq!(before_new_contact(factors, &[Method::Passkey]), None, "{factors:?}");
            // A known browser, or a code shown before, is not enough: whoever sits there now must show it.
            for session in [&[Method::Password][..], &[Method::Password, Method::SentCode]] {
                assert_eq!(
                    before_new_contact(factors, session),
                    after_password(factors, false),
                    "{factors:?}"
                );
            }
        }
    }

    #[test]
    fn only_a_key_bound_at_an_office_makes_level_two() {
        use Level::{One, Two};
        for (account, key, expected) in [
            (One, None, One),
            (One, Some(One), One),
            (One, Some(Two), One),
            (Two, None, One),
            (Two, Some(One), One),
            (Two, Some(Two), Two),
        ] {
            assert_eq!(session_level(account, key), expected, "{account:?} {key:?}");
        }
    }

    #[test]
    fn a_session_can_not_bind_a_key_above_itself() {
        assert_eq!(key_level(false, Level::One), Level::One);
        assert_eq!(key_level(false, Level::Two), Level::Two);
        assert_eq!(key_level(true, Level::One), Level::Two);
    }
}
