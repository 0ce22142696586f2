//! The reporting system on both engines, with the register of agencies standing in.

mod figures;
mod pages;
mod room;

#[test]
fn every_statement_prepares() {
    store::testing::every_statement_prepares(&reporting::SCHEMA);
}
