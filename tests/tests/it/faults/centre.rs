//! The centre is gone for a day.

use super::{clock::start_wrong, keys::Node};
use crate::journeys::{agencies::Agencies, browser::send};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::fs;
use system::Clock;

#[test]
fn the_centre_is_gone_for_a_day_and_traffic_goes_on() {
    let all = Agencies::prepare();
    let register = all.centre.folder.join("register.json");
    let fresh_until = |until: Timestamp| {
        let mut text: Value = serde_json::from_str(&fs::read_to_string(&register).unwrap()).unwrap();
        text["fresh_until"] = until.to_string().into();
        fs::write(&register, text.to_string()).unwrap();
    };
    let now = Clock::real().now();
    fresh_until(now + SignedDuration::from_hours(24));
    let health = |path: &str| send(&all.consumer.admin.to_string(), "GET", path, &[], b"").unwrap();
    let assert_directory = |state: &str| {
        let answer = health("/readyz");
        let health: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(
            (answer.status, &health["components"]["directory"]["state"]),
            (200, &state.into()),
            "{health}"
        );
        answer.text()
    };
    let nodes = [all.centre.start(), all.provider.start(), all.consumer.start()];
    all.assert_answered("the centre is there");
    assert_directory("ready");
    for node in nodes {
        node.stop("TERM").assert_good("it stops");
    }

    // It is 30 hours later, and the centre is not there.
    let [provider, consumer] = [&all.provider, &all.consumer].map(|agency| start_wrong(agency, "+30h"));
    all.assert_answered("without the centre");
    let said = assert_directory("degraded");
    assert!(said.contains("past its refresh date"), "{said}");
    let metrics = health("/metrics").text();
    let overdue = metrics.lines().find_map(|line| line.strip_prefix("exchange_directory_overdue_seconds "));
    assert!(overdue.is_some_and(|seconds| seconds.parse::<f64>().unwrap() > 5.0 * 3_600.0), "{metrics}");
    let page =
        send(&all.consumer.pages.to_string(), "GET", "/exchange", &[("Accept-Language", "en")], b"").unwrap();
    assert!(page.text().contains("past its refresh date"), "{}", page.text());
    let doctor = all.consumer.doctor();
    assert!(doctor.stdout.contains("doubt  the running node's directory"), "{}", doctor.stdout);

    // It is back, with a newer directory.
    fresh_until(now + SignedDuration::from_hours(60));
    let centre = start_wrong(&all.centre, "+30h");
    let mut consumer = Node::of(&all.consumer, consumer);
    consumer.reload();
    all.assert_answered("the centre is back");
    consumer.wait_ready("directory");
    let said = consumer.running.stop("TERM");
    for words in ["the last good one is used", "past its refresh date", "it is as it should be again"] {
        assert!(said.stdout.contains(words), "{words}: {}", said.said());
    }
    for node in [provider, centre] {
        node.stop("TERM").assert_good("it stops");
    }
}
