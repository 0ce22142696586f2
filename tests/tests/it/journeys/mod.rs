//! The real program, started as its users start it.

pub(crate) mod agencies;
pub(crate) mod browser;
pub(crate) mod country;
mod doctor;
mod forks;
mod integrate;
mod node_sign_in;
mod nodes;
pub(crate) mod program;
mod receipts;
mod signing_in;
mod start;
mod tour;
