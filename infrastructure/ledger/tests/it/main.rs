//! The ledger against published vectors, a naive reference tree, torn and damaged files, and sudden death.

mod appends;
mod archive;
mod crash;
mod damage;
mod figures;
mod fuzzing;
mod independent;
mod keys;
mod notes;
mod proofs;
mod restore;
mod support;
mod tiles;
mod tlogcheck;
mod vectors;
mod witness;
