//! The register on both engines, with the register of agencies standing in.

mod cards;
mod events;
mod pages;
mod room;

#[test]
fn every_statement_prepares() {
    store::testing::every_statement_prepares(&insurance::SCHEMA);
}
