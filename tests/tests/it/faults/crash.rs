//! Nodes that die at every step of a message, under load.

use super::deployment::{Deployment, LARGE, Learned};
use crate::journeys::{agencies::Agency, program::Running};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

/// Callers at the same time.
const CALLERS: usize = 8;
/// Messages of one caller.
const MESSAGES: usize = 7;
/// How often a step is reached before a node dies there.
const TIMES: usize = 9;
/// How often a node that shall die is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// Where a node dies: the step, the provider's node or the consumer's, and how the messages' identifiers begin.
pub(crate) const STEPS: [(&str, bool, &str); 15] = [
    ("sequence", true, ""),
    ("integrate", true, ""),
    ("write", true, ""),
    ("publish", true, ""),
    ("received", true, ""),
    ("claimed", true, ""),
    ("done", true, ""),
    ("kept", true, ""),
    ("answered", true, ""),
    ("commit", true, ""),
    ("spooled", true, LARGE),
    ("spooled", false, LARGE),
    ("sent", false, ""),
    ("publish", false, ""),
    ("taken", false, ""),
];

/// Starts a node that dies when it has reached a step so often, as `publish:40`.
pub(crate) fn start_dying(agency: &Agency, step: &str) -> Running {
    let file = agency.file();
    let mut command =
        crate::journeys::program::command(["node".as_ref(), "--config".as_ref(), file.as_os_str()]);
    command.env(steps::DIES_AT_VARIABLE, step);
    Running::start_command(command, &format!("node {} is up", agency.id))
        .unwrap_or_else(|run| panic!("{} does not start: {}", agency.id, run.said()))
}

/// Sends messages until all callers know what became of theirs; whatever dies is started again.
fn under_load(all: &Deployment, round: &str, dying: &mut Running, agency: &Agency) -> Vec<(String, Learned)> {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let caller = |caller: usize| {
            move || {
                let message = |number| format!("{round}-{caller}-{number}");
                (0..MESSAGES).map(|number| (message(number), all.learn(&message(number)))).collect::<Vec<_>>()
            }
        };
        let callers: Vec<_> = (0..CALLERS).map(|number| scope.spawn(caller(number))).collect();
        let reviver = scope.spawn(|| {
            while !dying.has_ended() {
                assert!(!done.load(Ordering::SeqCst), "{round}: the node did not die");
                thread::sleep(LOOK);
            }
            *dying = agency.start();
        });
        let learned =
            callers.into_iter().flat_map(|caller| caller.join().expect("a caller learns")).collect();
        done.store(true, Ordering::SeqCst);
        reviver.join().expect("the node died and came back");
        learned
    })
}

#[test]
fn a_node_that_dies_at_any_step_loses_nothing_and_repeats_nothing() {
    let all = Deployment::prepare();
    let (mut provider, mut consumer) = all.start();
    let mut learned = Vec::new();
    for (step, at_provider, prefix) in STEPS {
        let (node, agency) =
            if at_provider { (&mut provider, &all.provider) } else { (&mut consumer, &all.consumer) };
        let round = format!("{prefix}{step}-{}", if at_provider { "provider" } else { "consumer" });
        // The old one has to be gone before another can have its folder.
        node.kill();
        *node = start_dying(agency, &format!("{step}:{TIMES}"));
        learned.extend(under_load(&all, &round, node, agency));
    }
    all.assert_kept(&learned);
    let answered = learned.iter().filter(|(_, learned)| *learned != Learned::Ask).count();
    assert!(
        answered * 10 > learned.len() * 8,
        "most callers had their answer: {answered} of {}",
        learned.len()
    );
    all.assert_sound((provider, consumer));
}
