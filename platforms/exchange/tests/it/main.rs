//! The exchange from outside: real nodes on loopback, called by HTTP, attacked on the wire.

mod access;
mod authentication;
mod backend;
mod bodies;
mod client;
mod country;
mod events;
mod evidence;
mod faults;
mod hostile;
mod load;
mod metadata;
mod pages;
mod parsers;
mod peer;
mod protocol;
mod records;
