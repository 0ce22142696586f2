#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| exchange::fuzzing::event_schema(data));
