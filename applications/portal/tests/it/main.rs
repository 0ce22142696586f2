//! The portal from search to result, on both engines, with everything else of the country standing in.

mod country;
mod dossiers;
mod errors;
mod journey;
mod sending;
mod services;
mod signing;
mod site;

#[test]
fn every_statement_prepares() {
    store::testing::every_statement_prepares(&portal::SCHEMA);
}
