#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ledger::fuzzing::tree_proof(data));
