//! The shell, the protections and every component, seen from outside the crate.

mod fixtures;
mod forged_requests;
mod fuzzing;
mod gallery;
mod markup;
mod shell;
mod site;
