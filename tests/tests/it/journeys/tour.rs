//! `lienthong tour`: the journeys that a visitor is shown.

use super::{country::Country, program};

#[test]
fn a_birth_is_walked_through_again_and_again() {
    let data = tempfile::tempdir().unwrap();
    let country = Country::start(data.path());
    let url = format!("http://{}", country.authority());
    for (walk, figures) in [("the first birth", "month: 0, now 1"), ("the second birth", "month: 1, now 2")] {
        let run = program::run(["tour", "birth", "--against", &url]);
        run.assert_good(walk);
        for words in ["the mother applies", "the registrar registers the birth", figures, "every one proven"]
        {
            assert!(run.stdout.contains(words), "{walk}, {words}: {}", run.said());
        }
    }
    country.stop("TERM").assert_good("SIGTERM");
    let doctor = program::run(["doctor".as_ref(), "--data".as_ref(), data.path().as_os_str()]);
    doctor.assert_good("a country in which children were born");
}

#[test]
fn a_tour_that_cannot_begin_says_why() {
    for (case, against, words) in [
        ("nobody there", "http://127.0.0.1:1", "127.0.0.1:1"),
        ("no address", "nowhere", "nowhere"),
        ("another protocol", "https://127.0.0.1:1", "http://"),
    ] {
        program::run(["tour", "birth", "--against", against]).assert_refused(case, &[words]);
    }
}

#[test]
fn without_a_country_the_tour_makes_one() {
    let run = program::run(["tour", "birth"]);
    run.assert_good("a country of its own");
    assert!(run.stdout.contains("every one proven"), "{}", run.said());
}
