#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| web::fuzzing::return_path(data));
