//! Pressing and signing documents, checked with the field's own tools.

mod keys;
mod pressing;
mod samples;
mod signing;
mod tools;
mod verifying;
