//! A node whose clock is wrong.

use super::deployment::Deployment;
use crate::journeys::{agencies::Agency, browser::send, program, program::Running};
use serde_json::Value;

/// Where Debian keeps the library that makes clocks wrong.
pub(crate) const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// Starts a node whose clock is wrong by this, as `+200s`.
pub(crate) fn start_wrong(agency: &Agency, offset: &str) -> Running {
    assert!(std::path::Path::new(FAKETIME).exists(), "the tests need Debian's package faketime");
    let file = agency.file();
    let mut command = program::command(["node".as_ref(), "--config".as_ref(), file.as_os_str()]);
    command.envs([("LD_PRELOAD", FAKETIME), ("FAKETIME", offset), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")]);
    Running::start_command(command, &format!("node {} is up", agency.id))
        .unwrap_or_else(|run| panic!("{} does not start: {}", agency.id, run.said()))
}

/// Fails unless the node tells by how many seconds the other's clock is ahead, give or take two.
fn assert_told(agency: &Agency, other: &str, seconds: i64) {
    let told = send(&agency.admin.to_string(), "GET", "/clocks", &[], b"").unwrap();
    let told: Value = serde_json::from_slice(&told.body).unwrap();
    let node = told["nodes"].as_array().unwrap().iter().find(|node| node["node"] == other);
    let node = node.unwrap_or_else(|| panic!("{told}"));
    let ahead = node["aheadMicros"].as_i64().unwrap();
    assert!((ahead - seconds * 1_000_000).abs() < 2_000_000 && node["far"] == true, "{seconds}: {told}");
}

#[test]
fn a_clock_that_is_a_little_wrong_harms_nobody_and_one_that_is_very_wrong_is_told() {
    let all = Deployment::prepare();
    let mut provider = all.provider.start();
    for (offset, words) in [
        ("+200s", ""),
        ("-40s", ""),
        ("+1000s", "sealed too long ago: 100"),
        ("-250s", "sealed in the future: 24"),
    ] {
        provider.kill();
        provider = start_wrong(&all.provider, offset);
        let consumer = all.consumer.start();
        let seconds: i64 = offset.trim_end_matches('s').parse().unwrap();
        if words.is_empty() {
            all.assert_answered(offset, offset);
            assert_told(&all.consumer, all.provider.id, seconds);
        } else {
            all.assert_refused(offset, offset, "server.serverproxy.invalid_request", words);
            assert_eq!(all.office.runs(offset), 0, "{offset}");
        }
        assert_told(&all.provider, all.consumer.id, -seconds);
        consumer.stop("TERM").assert_good("the consumer stops");
    }
    provider.kill();
    let nodes = all.start();
    all.assert_answered("set right", "+1000s");
    all.assert_sound(nodes);
}
