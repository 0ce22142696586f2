//! The register from filing to certificate, on both engines, with everything else of the country standing in.

mod amendments;
mod annulments;
mod authority;
mod books;
mod country;
mod journey;
mod pages;
mod services;

#[path = "../../src/samples.rs"]
mod samples;

#[test]
fn every_statement_prepares() {
    store::testing::every_statement_prepares(&civil_status::SCHEMA);
}
