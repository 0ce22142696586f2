//! The store's side: every statement on both engines.

#[test]
fn every_statement_prepares_on_both_engines() {
    store::testing::every_statement_prepares(&population::SCHEMA);
}
