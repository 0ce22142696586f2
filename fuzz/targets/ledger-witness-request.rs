#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ledger::fuzzing::witness_request(data));
