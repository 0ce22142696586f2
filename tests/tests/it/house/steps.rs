//! Every step that has a name in the sources is one at which a test kills.

use super::{Source, sources};
use crate::faults::{country, crash, events};
use std::collections::BTreeSet;

/// How a step stands in the sources.
const REACHED: &str = "steps::reached(\"";

#[test]
fn nodes_are_killed_at_every_named_step() {
    let sources = || sources().iter().filter(|source| source.is("rs"));
    let named: BTreeSet<&str> = sources()
        .filter(|source| !source.is_for_tests())
        .flat_map(|source| source.text.split(REACHED).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let killed: BTreeSet<&str> = (crash::STEPS.iter().map(|(step, ..)| *step))
        .chain(events::PUSHING_STEPS.iter().map(|(step, ..)| *step))
        .chain(events::FETCHING_STEPS.iter().map(|(step, _)| *step))
        .chain(country::STEPS.iter().map(|(step, _)| *step))
        .collect();
    // A crate's own test names the step as the environment does.
    let dies_at = |source: &Source, step: &str| source.text.contains(&format!("\"{step}:"));
    let killed_alone: BTreeSet<&str> = (named.iter().copied())
        .filter(|step| sources().any(|source| source.is_for_tests() && dies_at(source, step)))
        .collect();
    let killed = &killed | &killed_alone;
    assert_eq!(
        named, killed,
        "on the left the steps of the sources, on the right those at which a test kills"
    );
}
