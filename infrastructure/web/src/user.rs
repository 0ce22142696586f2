//! Who is signed in, for which posts, and how sure it is.

use std::convert::Infallible;
use std::ops::Deref;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::Method;
use http::request::Parts;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::{Redirect, Visit};

/// A person who signed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignedIn {
    /// Personal identification number (số định danh cá nhân), where the person has shown it.
    pub person_number: Option<String>,
    /// Name shown in the header.
    pub display_name: String,
    /// Posts the person holds; empty for someone who only acts for themselves.
    pub roles: Vec<Role>,
    /// How sure it is that it is they.
    pub assurance: Assurance,
    /// When they last showed who they are, where that is known.
    pub shown_at: Option<Timestamp>,
}

/// How sure it is who somebody is: the levels of an identification account (*mức độ tài khoản định danh điện tử*, Decree
/// 69/2024/ND-CP).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assurance {
    /// Level 1: their particulars match the register.
    #[default]
    One,
    /// Level 2: they were checked at an office, and signed in with a key that was bound there.
    Two,
}

/// What something asks of whoever does it, beyond being signed in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Demand {
    /// How sure it must be who they are.
    pub assurance: Assurance,
    /// How long ago they may have shown it, in minutes; as long as the session lasts when nothing is said.
    pub within_minutes: Option<u16>,
}

impl Demand {
    /// Level 2, shown at any time of the session.
    pub const LEVEL_TWO: Self = Self { assurance: Assurance::Two, within_minutes: None };

    /// Shown at most so many minutes ago.
    pub const fn shown_within(minutes: u16) -> Self {
        Self { assurance: Assurance::One, within_minutes: Some(minutes) }
    }
}

/// A post someone holds in an agency, and the system it gives access to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Role {
    /// Code of the agency, such as `H26`.
    pub agency: String,
    /// Name of the system, such as `one-door`.
    pub system: String,
    /// The post, such as `registrar`.
    pub post: String,
    /// Code of the administrative unit it is held in, where it is held in one.
    pub unit: Option<String>,
    /// The first day it is no longer held, where an end is known.
    pub until: Option<Date>,
    /// Personal number of the person for whom it is held, where it is delegated.
    pub delegated_by: Option<String>,
}

impl SignedIn {
    /// What is asked for has been shown. What was shown at an unknown time was not shown lately.
    pub fn meets(&self, demand: Demand, now: Timestamp) -> bool {
        let is_in_time = demand.within_minutes.is_none_or(|minutes| {
            let limit = SignedDuration::from_mins(i64::from(minutes));
            self.shown_at.is_some_and(|shown| now.duration_since(shown) <= limit)
        });
        self.assurance >= demand.assurance && is_in_time
    }

    /// The same person with the posts that are held on a day.
    pub(crate) fn on(mut self, day: Date) -> Self {
        self.roles.retain(|role| role.until.is_none_or(|until| day < until));
        self
    }

    /// The person's posts in a system.
    pub fn roles_in<'a>(&'a self, system: &'a str) -> impl Iterator<Item = &'a Role> {
        self.roles.iter().filter(move |role| role.system == system)
    }

    /// The person's role with this post in a system.
    pub fn role(&self, system: &str, post: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.system == system && role.post == post)
    }
}

/// The person a handler acts for. Whoever is not signed in is sent to `/sign-in?return=...`; take
/// `Option<CurrentUser>` where signing in is not needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentUser(pub SignedIn);

impl Deref for CurrentUser {
    type Target = SignedIn;

    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = Redirect;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Redirect> {
        let visit = Visit::of(parts);
        match &visit.user {
            Some(user) => Ok(Self(user.clone())),
            // What was being sent cannot be sent again after signing in, so only a reading is returned to.
            None if parts.method == Method::GET => Err(Redirect::to_sign_in(Some(&visit.path))),
            None => Err(Redirect::to_sign_in(None)),
        }
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for CurrentUser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(Visit::of(parts).user.map(Self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_counts_only_in_its_own_system() {
        let role = |system: &str, post: &str| Role {
            agency: "H26".into(),
            system: system.into(),
            post: post.into(),
            ..Role::default()
        };
        let user = SignedIn {
            roles: vec![role("one-door", "officer"), role("civil-status", "registrar")],
            ..SignedIn::default()
        };
        assert_eq!(user.role("civil-status", "registrar"), Some(&user.roles[1]));
        assert_eq!(user.role("one-door", "registrar"), None);
        assert_eq!(user.roles_in("one-door").count(), 1);
        assert_eq!(user.roles_in("portal").count(), 0);
    }

    #[test]
    fn what_is_asked_for_is_met_by_level_and_by_time() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let (now, one, two) = (at(1_000_000), Assurance::One, Assurance::Two);
        let ten = Some(10);
        for (assurance, shown, wanted, within_minutes, expected) in [
            (one, None, one, None, true),
            (one, None, two, None, false),
            (two, None, two, None, true),
            (two, None, one, ten, false),
            (one, Some(at(1_000_000 - 600)), one, ten, true),
            (one, Some(at(1_000_000 - 601)), one, ten, false),
            (two, Some(at(1_000_000 - 601)), two, ten, false),
            (one, Some(now), two, ten, false),
        ] {
            let user = SignedIn { assurance, shown_at: shown, ..SignedIn::default() };
            let demand = Demand { assurance: wanted, within_minutes };
            assert_eq!(user.meets(demand, now), expected, "{assurance:?} {shown:?} {demand:?}");
        }
    }

    #[test]
    fn a_post_is_held_to_the_day_before_it_ends() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let role = |until: Option<&str>| Role { until: until.map(day), ..Role::default() };
        let user = SignedIn {
            roles: vec![role(None), role(Some("2026-11-21")), role(Some("2026-11-22"))],
            ..SignedIn::default()
        };
        for (on, held) in [("2026-11-20", 3), ("2026-11-21", 2), ("2026-11-22", 1), ("2030-01-01", 1)] {
            assert_eq!(user.clone().on(day(on)).roles.len(), held, "{on}");
        }
    }
}
