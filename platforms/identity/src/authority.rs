//! Which systems may read and note what here. Whoever administers officials stands in [`rules::post`](crate::rules::post):
//! that is a matter of agencies below each other, and one rule of its own for lists, single reads, files and decisions.

use contracts::{PersonalNumber, Problem, Purpose};
use system::{Access, Authority, Incoming, Marks, PostGrant, Reach, Whom};

/// Whether somebody has an account, and of which level.
pub(crate) const ACCOUNT: &str = "account";
/// A client of the provider.
pub(crate) const CLIENT: &str = "client";
/// That somebody acts for somebody else.
pub(crate) const MANDATE: &str = "mandate";
/// The signature that somebody is asked for, over what they hand in.
pub(crate) const SIGNATURE: &str = "signature";
/// Whether somebody has signed something.
pub(crate) const EVIDENCE: &str = "evidence";
/// That somebody holds a post.
pub(crate) const POST: &str = "post";

const fn systems(
    kinds: &'static [&'static str],
    acts: &'static [Access],
    purposes: &'static [&'static str],
    reach: Reach,
) -> PostGrant {
    PostGrant { whom: Whom::System, kinds, acts, purposes, laws: &[], reach }
}

/// What systems may do. Nobody has a list of accounts: each is named.
pub(crate) static AUTHORITY: Authority = Authority {
    system: contracts::identity::SYSTEM,
    grants: &[
        // Whether somebody has an account is told for the procedure they are in, and to themselves.
        systems(&[ACCOUNT], &[Access::Read], &[Purpose::IDENTIFICATION, Purpose::PROCEDURE], Reach::Named),
        systems(&[ACCOUNT], &[Access::Read], &[Purpose::OWN_DATA], Reach::Own),
        systems(
            &[CLIENT, MANDATE],
            &[Access::Read, Access::Change],
            &[Purpose::IDENTIFICATION],
            Reach::Named,
        ),
        systems(&[POST], &[Access::Read], &[Purpose::IDENTIFICATION], Reach::Named),
        // A person is asked to sign what they hand in themselves; whoever has received it may have it verified.
        systems(&[SIGNATURE], &[Access::Read, Access::Change], &[Purpose::PROCEDURE], Reach::Own),
        systems(&[EVIDENCE], &[Access::Read], &[Purpose::PROCEDURE], Reach::Named),
    ],
};

/// Refuses a call that may not do this with a record of this kind, which is about this person, if about anybody. What is
/// kept here belongs to no case, so the case of the call narrows nothing.
///
/// # Errors
/// `forbidden`.
pub(crate) fn permit(
    incoming: &Incoming,
    act: Access,
    kind: &'static str,
    person: Option<PersonalNumber>,
) -> Result<(), Problem> {
    let claim = incoming.claim();
    let case = claim.context.case.as_deref().unwrap_or_default();
    let marks = Marks { kind, case, concerns: person.into_iter().collect(), ..Marks::default() };
    if AUTHORITY.may(&claim, act, &marks) { Ok(()) } else { Err(Problem::forbidden()) }
}
