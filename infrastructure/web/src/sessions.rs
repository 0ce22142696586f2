//! Who is signed in, kept in memory.
//!
//! A session ends when it is not used for [`SESSION_IDLE_MINUTES`], and in any case after
//! [`SESSION_ABSOLUTE_HOURS`] (the limits of NIST SP 800-63B of 2017, section 4.2.3, for assurance level 2). Restarting
//! the program signs everybody out. Pages reach sessions only through [`Visit`](crate::Visit), whose signing in
//! and out are async, so that a store which survives restarts can stand here without a change to any page.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::tz::{Offset, offset};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use crate::SignedIn;

/// Minutes without a request after which a session ends.
pub const SESSION_IDLE_MINUTES: i64 = 30;

/// Hours after which a session ends, used or not.
pub const SESSION_ABSOLUTE_HOURS: i64 = 12;

/// The most sessions kept at a time.
pub const SESSIONS_MAXIMUM: usize = 100_000;

/// How often it is looked whether what a session follows still stands, in seconds.
pub const LOOK_AGAIN_SECONDS: i64 = 60;

/// The time of Viet Nam, by which posts are held.
const VIETNAM_TIME: Offset = offset(7);

/// Bytes of a session id: 256 random bits.
const ID_BYTES: usize = 32;

/// The secret a browser shows to be recognised.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId([u8; ID_BYTES]);

impl SessionId {
    /// A new one.
    pub fn generate(random: &dyn Fn(&mut [u8])) -> Self {
        let mut bytes = [0; ID_BYTES];
        random(&mut bytes);
        Self(bytes)
    }

    /// The id as the value of a cookie.
    pub fn to_cookie(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The id in the value of a cookie, if it is one.
    pub fn from_cookie(value: &str) -> Option<Self> {
        let mut bytes = [0; ID_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(value, &mut bytes).ok()?;
        (length == ID_BYTES).then_some(Self(bytes))
    }

    /// What is kept of it. Whoever reads the memory of the store cannot show the id.
    fn hash(&self) -> IdHash {
        let mut hash = [0; ID_BYTES];
        hash.copy_from_slice(digest(&SHA256, &self.0).as_ref());
        hash
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionId(secret)")
    }
}

/// SHA-256 of a session id.
type IdHash = [u8; ID_BYTES];

/// What a session follows: the session at the identity provider where somebody signed in. With that one, ours ends.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    /// Name of the session there.
    pub session: String,
    /// Name of the person there.
    pub subject: String,
    /// Shown there to learn how the person stands now.
    pub token: String,
}

impl fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Origin(secret)")
    }
}

/// One session.
#[derive(Debug)]
struct Session {
    user: SignedIn,
    origin: Option<Origin>,
    opened: Timestamp,
    last_seen: Timestamp,
    looked_at: Timestamp,
}

impl Session {
    fn is_over(&self, now: Timestamp) -> bool {
        now.duration_since(self.last_seen) >= SignedDuration::from_mins(SESSION_IDLE_MINUTES)
            || now.duration_since(self.opened) >= SignedDuration::from_hours(SESSION_ABSOLUTE_HOURS)
    }
}

/// All sessions of a program.
#[derive(Debug)]
pub struct Sessions {
    by_hash: Mutex<HashMap<IdHash, Session>>,
    maximum: usize,
}

/// There is no room for another session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("all {maximum} sessions are in use; try again when some have ended")]
pub struct SessionsFull {
    /// How many there can be.
    pub maximum: usize,
}

impl Default for Sessions {
    fn default() -> Self {
        Self::with_maximum(SESSIONS_MAXIMUM)
    }
}

impl Sessions {
    /// No sessions yet, and room for so many.
    pub fn with_maximum(maximum: usize) -> Self {
        Self { by_hash: Mutex::default(), maximum }
    }

    /// Opens a session with a new id. Where there is no room, those that are over make some.
    ///
    /// # Errors
    /// When all sessions are in use.
    pub fn open(
        &self,
        user: SignedIn,
        now: Timestamp,
        random: &dyn Fn(&mut [u8]),
    ) -> Result<SessionId, SessionsFull> {
        self.open_following(user, None, now, random)
    }

    /// The same, of a session that follows another.
    ///
    /// # Errors
    /// When all sessions are in use.
    pub fn open_following(
        &self,
        user: SignedIn,
        origin: Option<Origin>,
        now: Timestamp,
        random: &dyn Fn(&mut [u8]),
    ) -> Result<SessionId, SessionsFull> {
        let id = SessionId::generate(random);
        let mut sessions = self.lock();
        if sessions.len() >= self.maximum {
            sessions.retain(|_, session| !session.is_over(now));
        }
        if sessions.len() >= self.maximum {
            return Err(SessionsFull { maximum: self.maximum });
        }
        sessions.insert(id.hash(), Session { user, origin, opened: now, last_seen: now, looked_at: now });
        Ok(id)
    }

    /// Who has this session, which is used by asking, with the posts they hold today. `None` when there is none or it is over.
    pub fn find(&self, id: &SessionId, now: Timestamp) -> Option<SignedIn> {
        let hash = id.hash();
        let mut sessions = self.lock();
        let session = sessions.get_mut(&hash)?;
        if session.is_over(now) {
            sessions.remove(&hash);
            return None;
        }
        session.last_seen = session.last_seen.max(now);
        Some(session.user.clone().on(VIETNAM_TIME.to_datetime(now).date()))
    }

    /// What a session follows.
    pub fn origin(&self, id: &SessionId) -> Option<Origin> {
        self.lock().get(&id.hash())?.origin.clone()
    }

    /// What a session follows, when it is time to look whether that still stands. Whoever gets it looks; others go on meanwhile.
    pub fn to_look_at(&self, id: &SessionId, now: Timestamp) -> Option<Origin> {
        let mut sessions = self.lock();
        let session = sessions.get_mut(&id.hash())?;
        let is_due =
            now.duration_since(session.looked_at).abs() >= SignedDuration::from_secs(LOOK_AGAIN_SECONDS);
        let origin = session.origin.as_ref().filter(|_| is_due)?;
        session.looked_at = now;
        Some(origin.clone())
    }

    /// What is known of the person has changed.
    pub fn renew(&self, id: &SessionId, user: SignedIn) {
        if let Some(session) = self.lock().get_mut(&id.hash()) {
            session.user = user;
        }
    }

    /// Ends the sessions that follow one of these; how many there were.
    pub fn close_following(&self, is_over: impl Fn(&Origin) -> bool) -> usize {
        let mut sessions = self.lock();
        let before = sessions.len();
        sessions.retain(|_, session| !session.origin.as_ref().is_some_and(&is_over));
        before - sessions.len()
    }

    /// Ends a session.
    pub fn close(&self, id: &SessionId) {
        self.lock().remove(&id.hash());
    }

    /// Nothing done under the lock can leave the map half changed, so a panic elsewhere does not matter here.
    fn lock(&self) -> MutexGuard<'_, HashMap<IdHash, Session>> {
        self.by_hash.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use jiff::ToSpan;

    use super::*;

    fn counting() -> impl Fn(&mut [u8]) {
        let next = Cell::new(0u8);
        move |bytes: &mut [u8]| {
            next.set(next.get() + 1);
            bytes.fill(next.get());
        }
    }

    fn minutes(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH.checked_add(minutes.minutes()).unwrap()
    }

    fn an() -> SignedIn {
        SignedIn { display_name: "An".into(), ..SignedIn::default() }
    }

    #[test]
    fn a_session_lives_while_it_is_used_and_not_beyond_its_last_hour() {
        let last = SESSION_ABSOLUTE_HOURS * 60;
        let cases: [(&str, Vec<i64>, i64, bool); 5] = [
            ("just opened", vec![], 0, true),
            ("idle to the last minute", vec![], SESSION_IDLE_MINUTES - 1, true),
            ("idle too long", vec![], SESSION_IDLE_MINUTES, false),
            ("used all day", (0..last).step_by(20).collect(), last - 1, true),
            ("used too long", (0..last).step_by(20).collect(), last, false),
        ];
        for (case, uses, at, expected) in cases {
            let sessions = Sessions::default();
            let id = sessions.open(an(), minutes(0), &counting()).unwrap();
            for used in uses {
                assert!(sessions.find(&id, minutes(used)).is_some(), "{case}: minute {used}");
            }
            assert_eq!(sessions.find(&id, minutes(at)).is_some(), expected, "{case}");
        }
    }

    #[test]
    fn only_its_own_id_opens_a_session_and_closing_ends_it() {
        let (sessions, random) = (Sessions::default(), counting());
        let id = sessions.open(an(), minutes(0), &random).unwrap();
        assert_eq!(sessions.find(&SessionId::generate(&random), minutes(0)), None);
        assert_eq!(sessions.find(&id, minutes(0)), Some(an()));
        sessions.close(&id);
        assert_eq!(sessions.find(&id, minutes(0)), None);
    }

    #[test]
    fn the_id_itself_is_not_kept() {
        let sessions = Sessions::default();
        let id = sessions.open(an(), minutes(0), &counting()).unwrap();
        assert!(!sessions.lock().contains_key(&id.0));
        assert_eq!(format!("{id:?}"), "SessionId(secret)");
    }

    #[test]
    fn a_full_store_makes_room_from_sessions_that_are_over() {
        let (sessions, random) = (Sessions::with_maximum(2), counting());
        sessions.open(an(), minutes(0), &random).unwrap();
        let kept = sessions.open(an(), minutes(20), &random).unwrap();
        assert_eq!(sessions.open(an(), minutes(20), &random), Err(SessionsFull { maximum: 2 }));
        assert!(sessions.open(an(), minutes(SESSION_IDLE_MINUTES), &random).is_ok());
        assert!(sessions.find(&kept, minutes(SESSION_IDLE_MINUTES)).is_some());
    }

    #[test]
    fn a_cookie_is_an_id_or_nothing() {
        let id = SessionId::generate(&counting());
        assert_eq!(SessionId::from_cookie(&id.to_cookie()), Some(id.clone()));
        for wrong in ["", "AQ", &id.to_cookie()[1..], &format!("{}A", id.to_cookie()), "ể"] {
            assert_eq!(SessionId::from_cookie(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_session_ends_with_the_one_it_follows_and_no_other_does() {
        let (sessions, random) = (Sessions::default(), counting());
        let origin =
            |session: &str| Origin { session: session.into(), subject: "an".into(), token: "secret".into() };
        let open = |origin| sessions.open_following(an(), origin, minutes(0), &random).unwrap();
        let (one, other, own) = (open(Some(origin("1"))), open(Some(origin("2"))), open(None));
        assert_eq!(sessions.close_following(|origin| origin.session == "1"), 1);
        let found = [&one, &other, &own].map(|id| sessions.find(id, minutes(1)).is_some());
        assert_eq!(found, [false, true, true]);
        assert_eq!(sessions.origin(&other).unwrap().session, "2");
        assert_eq!(format!("{:?}", sessions.origin(&other)), "Some(Origin(secret))");
        assert_eq!(sessions.close_following(|origin| origin.subject == "an"), 1);
        assert!(sessions.find(&own, minutes(1)).is_some());
    }

    #[test]
    fn it_is_looked_once_a_minute_whether_a_session_still_stands() {
        let (sessions, random) = (Sessions::default(), counting());
        let origin = Origin { session: "1".into(), subject: "an".into(), token: "t".into() };
        let id = sessions.open_following(an(), Some(origin), minutes(0), &random).unwrap();
        let own = sessions.open(an(), minutes(0), &random).unwrap();
        for (minute, expected) in [(0, false), (1, true), (1, false), (5, true), (5, false), (-90, true)] {
            assert_eq!(sessions.to_look_at(&id, minutes(minute)).is_some(), expected, "minute {minute}");
            assert_eq!(sessions.to_look_at(&own, minutes(minute)), None);
        }
        let renewed = SignedIn { display_name: "An, renamed".into(), ..SignedIn::default() };
        sessions.renew(&id, renewed.clone());
        assert_eq!(sessions.find(&id, minutes(6)), Some(renewed));
    }
}
