//! Real nodes in every kind of trouble. Whatever happens, what was acknowledged is there afterwards, and a service that is
//! idempotent by message id has run no message twice.

mod balancer;
mod centre;
mod clock;
mod crash;
mod deployment;
mod disk;
mod keys;
mod load;
mod network;
mod office;
mod pair;
mod proxy;
mod reload;
mod tokens;
