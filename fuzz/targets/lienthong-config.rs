#![no_main]
#![allow(dead_code, unreachable_pub)]

#[path = "../../lienthong/src/config.rs"]
mod config;

libfuzzer_sys::fuzz_target!(|data: &[u8]| config::fuzz(data));
