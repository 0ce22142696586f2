//! How often a client may call.

use crate::{backend::Backend, country::Country};
use exchange::AccessRule;
use http::StatusCode;
use jiff::SignedDuration;
use std::num::NonZeroU32;

#[tokio::test]
async fn who_calls_too_often_is_told_when_to_come_again() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    let number = |n| NonZeroU32::new(n).unwrap();
    let rule = AccessRule::open("population", "people", "*").at_most(number(6), number(2));
    country.offer_with(&backend, vec![rule]);
    for (advance, answered) in
        [(0, true), (0, true), (0, false), (9, false), (1, true), (0, false), (60, true)]
    {
        country.clock.advance(SignedDuration::from_secs(advance));
        let reply = country.call("GET", "/x").send().await;
        if answered {
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        } else {
            assert_eq!(reply.fault(), "server.serverproxy.too_many_requests");
            let seconds: u64 = reply.header("retry-after").expect("when to come again").parse().unwrap();
            assert!((1..=10).contains(&seconds), "{seconds}");
            assert!(reply.text().contains("more often than its grant allows"), "{}", reply.text());
        }
    }
    assert_eq!(backend.count(), 4, "what was refused was not run");
}
