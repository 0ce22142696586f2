#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pki::fuzzing::time_stamp_request(data));
