//! Events: what is published, to whom it comes, how often, and what becomes of what does not.

mod delivery;
pub(crate) mod nodes;
mod outbox;
mod refusals;
pub(crate) mod room;
mod simulation;

#[test]
fn every_statement_prepares() {
    store::testing::every_statement_prepares(&exchange::events::SCHEMA);
}
