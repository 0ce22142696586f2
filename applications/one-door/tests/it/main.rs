//! The one-door from submission to result, on both engines, with everything else of the country standing in.

mod codes;
mod country;
mod events;
mod journey;
mod pages;
mod services;

// The samples name the operations that the rules know.
use one_door::rules;

#[path = "../../src/samples.rs"]
mod samples;

#[test]
fn every_statement_prepares() {
    store::testing::every_statement_prepares(&one_door::SCHEMA);
}
