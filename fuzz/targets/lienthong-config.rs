#![no_main]
#![allow(dead_code, unreachable_pub)]

#[path = "../../lienthong/src/config.rs"]
mod config;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = config::Config::parse(std::str::from_utf8(data).unwrap_or_default());
});
