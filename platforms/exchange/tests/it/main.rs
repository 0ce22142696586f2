//! The exchange from outside: real nodes on loopback, called by HTTP, attacked on the wire.

mod access;
mod authentication;
mod backend;
mod bodies;
mod body_archive;
mod client;
mod country;
mod events;
mod evidence;
mod faults;
mod fuzzing;
mod hostile;
mod load;
mod metadata;
mod pages;
mod parsers;
mod peer;
mod protocol;
mod records;
mod repeats;
mod rolled;
mod siblings;
mod simulator;
#[path = "../../../../infrastructure/ledger/tests/it/tlogcheck.rs"]
mod tlogcheck;
mod watch;
mod witness;
