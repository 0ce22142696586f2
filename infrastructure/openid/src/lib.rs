//! OpenID Connect: signed tokens and calls, as both sides of it need them, and the side that relies on the other
//! ([`RelyingParty`]). It knows the standards and no system.
//!
//! A site puts [`pages::routes`] and a page for signing in among its pages, [`pages::endpoints`] beside them, and lets the
//! relying party keep its sessions ([`web::Web::kept_by`]). From then on a session of the site follows one at the identity
//! provider: it ends with it, and what is known of the person - name, number, posts - is what the provider says now.

mod claims;
mod flow;
#[cfg(feature = "testing")]
pub mod fuzzing;
pub mod jose;
mod outgoing;
pub mod pages;
mod party;
mod provider;

pub use outgoing::{Answer, OutgoingCalls, OutgoingError};
pub use party::{ENDED_PATH, RETURN_PATH, RelyingParty, Site};
pub use provider::{ProviderError, is_safe};
