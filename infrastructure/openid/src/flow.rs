//! What travels with a browser to the identity provider and back. Nothing is kept here meanwhile: state, nonce and verifier are
//! made from a secret of the browser at this site, so that they are good in this browser alone, at every node with the same key,
//! and for several pages that sign in at the same time.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use web::{Assurance, Demand, local_path};

/// Random bytes by which two flows of one browser differ.
pub(crate) const DRAW_BYTES: usize = 16;
/// Longest path that is returned to, in bytes; whoever came from a longer one goes home. The provider takes a state of 1,024
/// bytes, and this is the part of it that varies.
const PATH_LIMIT_BYTES: usize = 512;

/// Where a person wants to go, and what they must show for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) path: String,
    pub(crate) demand: Demand,
}

/// The secrets of one flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Secrets {
    pub(crate) nonce: String,
    /// The verifier of PKCE.
    pub(crate) verifier: String,
}

impl Secrets {
    /// Its challenge, S256 (RFC 7636, section 4.2).
    pub(crate) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.verifier.as_bytes()))
    }
}

/// Makes a secret of a browser, of a purpose and of some bytes.
pub(crate) type Bound<'a> = &'a dyn Fn(&str, &[u8]) -> [u8; 32];

/// The state that stands for a wish.
pub(crate) fn state_of(wish: &Wish, draw: [u8; DRAW_BYTES], bound: Bound<'_>) -> String {
    let path = local_path(&wish.path).filter(|path| path.len() <= PATH_LIMIT_BYTES).unwrap_or("/");
    let level = if wish.demand.assurance == Assurance::Two { 2 } else { 1 };
    let within = wish.demand.within_minutes.map(|minutes| minutes.to_string()).unwrap_or_default();
    let (draw, path) = (URL_SAFE_NO_PAD.encode(draw), URL_SAFE_NO_PAD.encode(path));
    let plain = format!("{draw}.{level}.{within}.{path}");
    let tag = URL_SAFE_NO_PAD.encode(bound("sign-in state", plain.as_bytes()));
    format!("{plain}.{tag}")
}

/// The secrets of the flow with this draw.
pub(crate) fn secrets_of(draw: &[u8], bound: Bound<'_>) -> Secrets {
    let secret = |purpose| URL_SAFE_NO_PAD.encode(bound(purpose, draw));
    Secrets { nonce: secret("sign-in nonce"), verifier: secret("sign-in verifier") }
}

/// The wish and the secrets of a state that came back; `None` where it was not made for this browser.
pub(crate) fn read_state(state: &str, bound: Bound<'_>) -> Option<(Wish, Secrets)> {
    let (plain, tag) = state.rsplit_once('.')?;
    let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
    verify_slices_are_equal(&tag, &bound("sign-in state", plain.as_bytes())).ok()?;
    let [draw, level, within, path] = plain.split('.').collect::<Vec<_>>()[..] else { return None };
    let draw = URL_SAFE_NO_PAD.decode(draw).ok()?;
    let path = String::from_utf8(URL_SAFE_NO_PAD.decode(path).ok()?).ok()?;
    let assurance = if level == "2" { Assurance::Two } else { Assurance::One };
    let demand = Demand { assurance, within_minutes: within.parse().ok() };
    Some((Wish { path: local_path(&path)?.to_owned(), demand }, secrets_of(&draw, bound)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::hmac;
    use proptest::prelude::*;

    fn browser(secret: u8) -> impl Fn(&str, &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[secret; 32]);
        move |purpose, of| {
            let tag = hmac::sign(&key, &[purpose.as_bytes(), b"\0", of].concat());
            tag.as_ref().try_into().unwrap()
        }
    }

    fn wish(path: &str, assurance: Assurance, within_minutes: Option<u16>) -> Wish {
        Wish { path: path.into(), demand: Demand { assurance, within_minutes } }
    }

    #[test]
    fn a_state_is_read_in_the_browser_it_was_made_for_and_in_no_other() {
        let (own, other) = (browser(1), browser(2));
        for wanted in [
            wish("/", Assurance::One, None),
            wish("/civil-status/applications/1?x=2&y=%20", Assurance::Two, None),
            wish("/a.b", Assurance::Two, Some(15)),
        ] {
            let state = state_of(&wanted, [7; DRAW_BYTES], &own);
            assert!(state.len() <= 1_024);
            let (read, secrets) = read_state(&state, &own).unwrap();
            assert_eq!((read, &secrets), (wanted, &secrets_of(&[7; DRAW_BYTES], &own)));
            assert_eq!(read_state(&state, &other), None, "the state of another browser");
            assert_ne!(secrets, secrets_of(&[7; DRAW_BYTES], &other));
            assert_ne!(secrets, secrets_of(&[8; DRAW_BYTES], &own), "every flow has secrets of its own");
            assert_eq!((secrets.verifier.len(), secrets.challenge().len()), (43, 43), "RFC 7636");
        }
    }

    #[test]
    fn nobody_is_led_away() {
        let own = browser(1);
        for path in ["//evil.example", "https://evil.example", "/\\evil", &format!("/{}", "x".repeat(600))] {
            let state = state_of(&wish(path, Assurance::One, None), [7; DRAW_BYTES], &own);
            assert_eq!(read_state(&state, &own).unwrap().0.path, "/", "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_letter_of_a_state_can_be_changed(at in 0_usize..200, letter in "[A-Za-z0-9._-]") {
            let own = browser(1);
            let state = state_of(&wish("/one-door", Assurance::Two, Some(9)), [7; DRAW_BYTES], &own);
            let at = at % state.len();
            let changed = format!("{}{letter}{}", &state[..at], &state[at + 1..]);
            prop_assume!(changed != state);
            prop_assert_eq!(read_state(&changed, &own), None);
        }

        #[test]
        fn any_text_bears_reading(state in "[A-Za-z0-9._-]{0,200}") {
            prop_assert_eq!(read_state(&state, &browser(1)), None);
        }
    }
}
