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
