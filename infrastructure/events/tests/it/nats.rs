//! What is particular to the log in NATS.

use crate::contract::{event, topic};
use events::{EventLog, LogError, NatsLog, testing::nats};

#[tokio::test]
async fn a_new_process_knows_the_last_identifiers_again() {
    let (server, topic) = (nats(), topic("t"));
    let prefix = server.prefix();
    let before = NatsLog::connect(server.url(), &prefix).await.unwrap();
    assert_eq!(before.append(&topic, &[event(1), event(2)]).await.unwrap(), [1, 2]);
    let after = NatsLog::connect(server.url(), &prefix).await.unwrap();
    assert_eq!(after.append(&topic, &[event(2), event(3)]).await.unwrap(), [2, 3]);
    // The first one did not see that, and finds out.
    assert_eq!(before.append(&topic, &[event(3), event(4)]).await.unwrap(), [3, 4]);
    assert_eq!(before.read(&topic, 0, 10).await.unwrap().len(), 4);
}

#[tokio::test]
async fn what_can_not_be_a_name_or_an_address_is_told() {
    let server = nats();
    for prefix in ["", "a.b", "a*", "a b", "a=b"] {
        assert!(matches!(NatsLog::connect(server.url(), prefix).await, Err(LogError::Topic)), "{prefix:?}");
    }
    assert!(matches!(NatsLog::connect("nats://[", "p").await, Err(LogError::Nats(_))));
}

#[tokio::test]
async fn a_server_that_is_away_fails_what_is_asked_and_nothing_else() {
    let away = NatsLog::connect("nats://127.0.0.1:1", "p").await.expect("it may come up later");
    assert!(matches!(away.append(&topic("t"), &[event(1)]).await, Err(LogError::Nats(_))));
}
