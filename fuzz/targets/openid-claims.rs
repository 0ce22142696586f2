#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| openid::fuzzing::claims(data));
