//! A country that dies while a birth is on its way from the registrar back to the mother: at the steps of what systems do by
//! themselves. What was decided is carried to its end, once.

use super::clock::FAKETIME;
use crate::journeys::{country::Country, program};
use std::{
    collections::BTreeSet,
    path::Path,
    time::{Duration, Instant},
};

/// At which step the country dies, and how often it is reached before: by then the registrar has decided, and the mother has
/// no result yet.
pub(crate) const STEPS: [(&str, u32); 4] =
    [("task-taken", 11), ("task-done", 11), ("event-carried", 1), ("event-carried-noted", 1)];
const OPTIONS: [&str; 4] = ["--listen", "127.0.0.1:0", "--people", "300"];
/// A task that was begun is begun again after two minutes. So the clock is set forward by more, each time from where it was.
const LATER_SECONDS: usize = 130;
/// How long it may take until the mother has her results.
const LIMIT: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(200);

fn start(data: &Path, round: usize, dies_at: Option<&str>) -> Country {
    let offset = format!("+{}s", round * LATER_SECONDS);
    let mut environment =
        vec![("LD_PRELOAD", FAKETIME), ("FAKETIME", &*offset), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")];
    environment.extend(dies_at.map(|step| (steps::DIES_AT_VARIABLE, step)));
    Country::start_in(&environment, data, &OPTIONS)
        .unwrap_or_else(|run| panic!("the country does not start: {}", run.said()))
}

#[test]
fn a_birth_is_carried_to_its_end_by_a_country_that_dies_on_the_way() {
    let data = tempfile::tempdir().unwrap();
    let country = start(data.path(), 0, None);
    let undisturbed = walk(&country);
    let expected = results(&country, &undisturbed.1).len();
    assert!(expected >= 3, "the receipt slip, the certificate and the health card: {}", undisturbed.0);
    country.stop("TERM").assert_good("a country in which all goes well");
    for (round, (step, times)) in STEPS.into_iter().enumerate() {
        let mut country = start(data.path(), round, Some(&format!("{step}:{times}")));
        let (told, submission) = walk(&country);
        assert!(country.running().has_ended(), "{step}: the country did not die: {told}");
        assert!(
            told.contains("the results come back"),
            "{step}: it died before the registrar decided: {told}"
        );
        let country = start(data.path(), round + 1, None);
        let documents = results(&country, &submission);
        assert_eq!(documents.len(), expected, "{step}: {documents:?}");
        country.stop("TERM").assert_good(step);
    }
    let doctor = program::run(["doctor".as_ref(), "--data".as_ref(), data.path().as_os_str()]);
    doctor.assert_good("a country that has died again and again");
}

/// Walks through a birth as far as that goes: what the tour told, and the mother's submission.
fn walk(country: &Country) -> (String, String) {
    let url = format!("http://{}", country.authority());
    let told = program::run(["tour", "birth", "--against", &url]).said();
    let submission = told.split_once("submission ").and_then(|(_, rest)| rest.split_whitespace().next());
    let submission = submission.unwrap_or_else(|| panic!("the mother has not applied: {told}")).to_owned();
    (told, submission)
}

/// The documents that the mother finds, once the result is returned.
fn results(country: &Country, submission: &str) -> BTreeSet<String> {
    let mut mother = country.browser_of("mother");
    let path = format!("/portal/dossiers/{submission}");
    let begun = Instant::now();
    loop {
        let page = mother.get(&path).text();
        if page.contains("Result returned") {
            let documents = format!("href=\"{path}/documents/");
            let links = page.split(&documents).skip(1);
            return links.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect();
        }
        assert!(begun.elapsed() < LIMIT, "the results do not come back: {page}");
        std::thread::sleep(LOOK);
    }
}
