//! Real nodes in every kind of trouble. Whatever happens, what was acknowledged is there afterwards, and a service that is
//! idempotent by message id has run no message twice.

mod balancer;
mod centre;
mod clock;
pub(crate) mod country;
pub(crate) mod crash;
mod deployment;
mod desk;
mod disk;
pub(crate) mod events;
mod keys;
mod liar;
mod load;
mod network;
mod office;
mod pair;
mod proxy;
mod reload;
mod restore;
mod room;
mod tokens;

use std::sync::atomic::{AtomicBool, Ordering};

/// Tells callers in other threads that it is over when it is dropped: also by a check that fails, which would otherwise leave
/// them calling for ever.
pub(crate) struct Over<'a>(pub(crate) &'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
