//! Keys in softhsm2.

mod keys;
mod uri;
