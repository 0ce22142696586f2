//! Who is signed in, and for which posts.

use std::convert::Infallible;
use std::ops::Deref;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::Method;
use http::request::Parts;

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
}

/// A post someone holds in an agency, and the system it gives access to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Role {
    /// Code of the agency, such as `H26`.
    pub agency: String,
    /// Name of the system, such as `one-door`.
    pub system: String,
    /// The post, such as `registrar`.
    pub post: String,
    /// Code of the administrative unit it is held in, where it is held in one.
    pub unit: Option<String>,
}

impl SignedIn {
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
            unit: None,
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
}
