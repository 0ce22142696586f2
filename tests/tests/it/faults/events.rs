//! Events between two nodes that die, with a publisher that does not know what was taken and a subscriber that breaks off.
//! Nothing is missed, events of one key come in their order, and what is confirmed never comes again.

use super::{clock::start_wrong, crash::start_dying, deployment::Deployment, desk::Noted};
use crate::journeys::{agencies::Agency, program::Running};
use serde_json::json;
use std::{
    collections::{HashMap, HashSet},
    thread,
    time::{Duration, Instant},
};

const PUSHED: &str = "receipt.paid";
const FETCHED: &str = "receipt.due";
/// Keys, each with a publisher of its own.
const KEYS: [&str; 3] = ["a", "b", "c"];
/// Events of one key in a round.
const EVENTS: u64 = 3;
/// At which step the node dies: the publisher's or the subscriber's, and how often it is reached before.
pub(crate) const PUSHING_STEPS: [(&str, bool, u64); 7] = [
    ("event-appended", true, 3),
    ("event-published", true, 3),
    ("event-due", true, 2),
    ("event-delivered", true, 3),
    ("event-noted", true, 3),
    ("received", false, 3),
    ("answered", false, 3),
];
/// The same, while the subscriber fetches.
pub(crate) const FETCHING_STEPS: [(&str, u64); 2] = [("event-fetched", 3), ("event-confirmed", 3)];
/// How long it may take until all is well again.
const LIMIT: Duration = Duration::from_secs(90);
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(25);
/// Long enough for a node to hand out what it wrongly thinks is due.
const QUIET: Duration = Duration::from_secs(3);
/// After so long an event that was fetched and not confirmed is handed out again, by the publisher's clock.
const FETCHED_SECONDS: u64 = 61;

/// Two nodes of which one may be dying.
struct Nodes<'a> {
    all: &'a Deployment,
    publisher: Running,
    subscriber: Running,
    /// How many events of each key were published.
    published: HashMap<&'static str, u64>,
}

impl<'a> Nodes<'a> {
    fn start(all: &'a Deployment, event_type: &str, subscription: &serde_json::Value) -> Self {
        let (publisher, subscriber) = all.start();
        subscribe(all, event_type, subscription);
        Self { all, publisher, subscriber, published: HashMap::new() }
    }

    /// Has one of the nodes die at a step.
    fn die_at(&mut self, at_publisher: bool, step: &str) {
        let (node, agency) = self.node(at_publisher);
        // The old one has to be gone before another can have its folder.
        node.kill();
        *node = start_dying(agency, step);
    }

    fn node(&mut self, publisher: bool) -> (&mut Running, &'a Agency) {
        match publisher {
            true => (&mut self.publisher, &self.all.provider),
            false => (&mut self.subscriber, &self.all.consumer),
        }
    }

    /// Publishes the next events of every key, each in its order, again and again until the room has said that it has it.
    fn publish(&mut self, event_type: &str, mut meanwhile: impl FnMut(&mut Self)) {
        let (all, first) = (self.all, self.published.get("a").copied().unwrap_or(0));
        thread::scope(|scope| {
            let publishers = KEYS.map(|key| {
                scope.spawn(move || {
                    (first..first + EVENTS).for_each(|number| publish(all, event_type, key, number))
                })
            });
            while !publishers.iter().all(|publisher| publisher.is_finished()) {
                meanwhile(self);
                thread::sleep(LOOK);
            }
            publishers.into_iter().for_each(|publisher| publisher.join().expect("all is published"));
        });
        self.published.extend(KEYS.map(|key| (key, first + EVENTS)));
    }

    /// How many events were published.
    fn count(&self) -> usize {
        self.published.values().sum::<u64>() as usize
    }

    /// Starts whichever has died, if it has.
    fn revive(&mut self, at_publisher: bool) -> bool {
        let (node, agency) = self.node(at_publisher);
        let died = node.has_ended();
        if died {
            *node = agency.start();
        }
        died
    }
}

/// Registers a type of event at the publisher's room, and a subscription to it.
pub(crate) fn subscribe(all: &Deployment, event_type: &str, subscription: &serde_json::Value) {
    let schema = json!({ "type": "object" });
    let form = json!({ "eventType": event_type, "schema": schema });
    let made = all.ask_own_room("POST", "api/v1/eventType", &form).unwrap();
    assert!((200..300).contains(&made.status), "{}", made.text());
    let path = format!("api/v1/subs/{event_type}");
    let asked = all.ask_room("POST", &path, &subscription.to_string()).unwrap();
    let id = serde_json::from_slice::<serde_json::Value>(&asked.body).unwrap()["id"].clone();
    let id = id.as_str().unwrap_or_else(|| panic!("{}", asked.text())).to_owned();
    let path = format!("api/v1/eventType/{event_type}/subs/{id}");
    let granted = all.ask_own_room("PATCH", &path, &json!({ "state": "granted" })).unwrap();
    assert_eq!(granted.status, 200, "{}", granted.text());
}

/// The identifier of an event: the same one however often it is published.
pub(crate) fn id_of(key: &str, number: u64) -> String {
    format!("00000000-0000-4000-8000-{:02x}{number:010x}", key.as_bytes()[0])
}

/// Publishes an event, and says why if it is not known to be taken.
pub(crate) fn publish_once(all: &Deployment, event_type: &str, key: &str, number: u64) -> Result<(), String> {
    let event = json!({
        "specversion": "1.0", "type": event_type, "id": id_of(key, number), "subject": key, "data": { "number": number },
    });
    match all.ask_own_room("POST", &format!("pub/v1/{event_type}"), &event) {
        Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
        Ok(answer) => Err(answer.text()),
        Err(error) => Err(error.to_string()),
    }
}

fn publish(all: &Deployment, event_type: &str, key: &str, number: u64) {
    let begun = Instant::now();
    while let Err(told) = publish_once(all, event_type, key, number) {
        assert!(begun.elapsed() < LIMIT, "{key} {number} can't be published: {told}");
        thread::sleep(LOOK);
    }
}

/// Fails unless every event has come, those of a key in their order, none again once the next of its key has come.
fn assert_in_order(case: &str, noted: &[Noted], published: &HashMap<&'static str, u64>) {
    for (key, count) in published {
        let mut next = 0;
        for noted in noted.iter().filter(|noted| noted.key == *key) {
            let again = noted.number + 1 == next;
            assert!(noted.number == next || again, "{case}: after {next} of {key} came {}", noted.number);
            next = noted.number + 1;
        }
        assert_eq!(next, *count, "{case}: events of {key}");
    }
}

fn wait_until(case: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < LIMIT, "{case}: nothing more comes");
        thread::sleep(LOOK);
    }
}

fn distinct(noted: &[Noted]) -> usize {
    noted.iter().map(|noted| &noted.id).collect::<HashSet<_>>().len()
}

#[test]
fn events_that_are_pushed_come_in_order_and_none_is_missed_whoever_dies() {
    let all = &Deployment::prepare();
    let subscription = json!({
        "delivery": "PUSH", "service": "notices", "path": "/events", "options": { "TTL": 1_000_000, "FIFO": true },
    });
    let mut nodes = Nodes::start(all, PUSHED, &subscription);
    for (step, at_publisher, times) in PUSHING_STEPS {
        nodes.die_at(at_publisher, &format!("{step}:{times}"));
        let mut died = false;
        nodes.publish(PUSHED, |nodes| died |= nodes.revive(at_publisher));
        wait_until(step, || {
            died |= nodes.revive(at_publisher);
            distinct(&all.desk.noted()) == nodes.count()
        });
        wait_until(&format!("the node dies at {step}"), || {
            died |= nodes.revive(at_publisher);
            died
        });
        assert_in_order(step, &all.desk.noted(), &nodes.published);
    }

    // The subscriber's node is away for a day.
    nodes.subscriber.kill();
    nodes.publish(PUSHED, |_| {});
    nodes.publisher.kill();
    nodes.publisher = start_wrong(&all.provider, "+1d");
    nodes.subscriber = start_wrong(&all.consumer, "+1d");
    wait_until("after a day", || distinct(&all.desk.noted()) == nodes.count());

    // All is confirmed, and stays so.
    wait_until("all is confirmed", || {
        let path = format!("api/v1/eventType/{PUSHED}/subs");
        let seen = all.ask_own_room("GET", &path, &json!({})).is_ok_and(|answer| answer.status == 200);
        seen && is_confirmed(all, &nodes)
    });
    let noted = all.desk.noted();
    assert_in_order("in the end", &noted, &nodes.published);
    nodes.publisher.kill();
    nodes.publisher = start_wrong(&all.provider, "+1d");
    thread::sleep(QUIET);
    assert_eq!(all.desk.noted(), noted, "what is confirmed does not come again");
    all.assert_sound((nodes.publisher, nodes.subscriber));
}

/// The last event of every key is confirmed.
fn is_confirmed(all: &Deployment, nodes: &Nodes<'_>) -> bool {
    nodes.published.iter().all(|(key, count)| {
        let path = format!("pub/v1/{PUSHED}/{}", id_of(key, count - 1));
        let status = all.ask_own_room("GET", &path, &json!({}));
        status.is_ok_and(|status| status.text().contains("\"last\":\"confirmed\""))
    })
}

#[test]
fn events_that_are_fetched_and_confirmed_never_come_again() {
    let all = &Deployment::prepare();
    let subscription = json!({ "delivery": "PULL", "options": { "TTL": 1_000_000, "FIFO": true } });
    let mut nodes = Nodes::start(all, FETCHED, &subscription);
    let (mut noted, mut confirmed): (Vec<Noted>, HashSet<String>) = Default::default();
    // What it has done what it calls for, and not confirmed yet.
    let mut held: Option<String> = None;
    for (round, (step, times)) in FETCHING_STEPS.into_iter().enumerate() {
        nodes.die_at(true, &format!("{step}:{times}"));
        nodes.publish(FETCHED, |_| {});
        let mut died = false;
        wait_until(step, || {
            if !died && nodes.publisher.has_ended() {
                died = true;
                // What was handed out before it died is handed out again after a while.
                let offset = format!("+{}s", FETCHED_SECONDS * (round as u64 + 1));
                nodes.publisher = start_wrong(&all.provider, &offset);
            }
            if let Some(id) = held.take_if(|id| confirm(all, id)) {
                confirmed.insert(id);
            }
            if held.is_some() {
                return false;
            }
            let Some(event) = fetch(all) else { return died && confirmed.len() == nodes.count() };
            assert!(!confirmed.contains(&event.id), "{step}: {event:?} came after it was confirmed");
            held = Some(event.id.clone());
            noted.push(event);
            false
        });
        assert_in_order(step, &noted, &nodes.published);
    }
    assert_eq!(fetch(all), None);
    all.assert_sound((nodes.publisher, nodes.subscriber));
}

fn fetch(all: &Deployment) -> Option<Noted> {
    let answer = all.ask_room("GET", &format!("pull/v1/{FETCHED}"), "").ok()?;
    (answer.status == 200).then(|| Noted::of(&answer.body))
}

/// Confirms an event; false when nobody knows whether it is.
fn confirm(all: &Deployment, id: &str) -> bool {
    let answer = all.ask_room("DELETE", &format!("pull/v1/{FETCHED}/{id}"), "");
    // Confirmed before, and the answer was lost: then it waits no more.
    answer.is_ok_and(|answer| matches!(answer.status, 200..=299 | 404))
}
