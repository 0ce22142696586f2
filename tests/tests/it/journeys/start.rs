//! Starting and stopping a country, in every order.

use super::{browser, country::Country, program};
use std::{fs, net::TcpListener, path::Path, time::Duration};

/// How long a country works before it is killed.
const WORK: Duration = Duration::from_millis(700);

/// What was founded, which must be the same at every start.
fn founding(data: &Path) -> serde_json::Value {
    let text = fs::read_to_string(data.join("country.json")).expect("the founding is written down");
    let mut founding: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    founding
        .as_object_mut()
        .expect("it is an object")
        .remove("directory")
        .expect("the directory has a version");
    founding
}

/// Names of the people one can be.
fn people(country: &Country) -> Vec<String> {
    let page = country.get("/sign-in").text();
    let names = page.split("govuk-heading-s\">").skip(1).filter_map(|rest| rest.split('<').next());
    names.map(str::to_owned).collect()
}

#[test]
fn a_country_is_founded_once_and_found_again() {
    let data = tempfile::tempdir().unwrap();
    let country = Country::start(data.path());
    for (path, words) in [
        ("/", "e-Government"),
        ("/readyz", "ready"),
        ("/metrics", "process_start_time_seconds"),
        ("/exchange", "H26"),
        ("/exchange/anchor", "vn.centre.directory+"),
        ("/exchange/ledgers/G01/checkpoint", "vn.gov.g01.ledger"),
        ("/procedures", "1.001193"),
    ] {
        let answer = country.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text().contains(words), "{path}: {}", answer.text());
    }
    for path in [
        "/exchange/ledgers/G01/tile/entries/000",
        "/exchange/messages/1",
        "/nothing",
        "/population/../authority.pem",
    ] {
        assert_eq!(country.browser_of("mother").get(path).status, 404, "{path}");
    }
    let (first, known) = (founding(data.path()), people(&country));
    assert_eq!(known.len(), 6, "{known:?}");
    country.cause_messages();
    let before = country.messages();
    assert!(!before.is_empty());
    country.stop("TERM").assert_good("SIGTERM");

    let again = Country::start(data.path());
    assert_eq!(founding(data.path()), first);
    assert_eq!(people(&again), known);
    assert_eq!(again.messages(), before, "messages of before are still there");
    again.stop("INT").assert_good("SIGINT");
}

#[test]
fn browsers_are_led_to_the_name_that_passkeys_know_and_programs_stay() {
    let data = tempfile::tempdir().unwrap();
    let country = Country::start(data.path());
    let (name, address) = (country.authority().to_owned(), country.address());
    assert!(name.starts_with("localhost:"), "{name}");
    let send =
        |headers: &[(&str, &str)], target| browser::send(&address, "GET", target, headers, b"").unwrap();
    for target in ["/", "/sign-in?return=/portal", "/identity/sign-in"] {
        let led = send(&[("Accept", "text/html")], target);
        assert_eq!((led.status, led.header("location")), (303, Some(&*format!("http://{name}{target}"))));
    }
    let discovery = "/identity/.well-known/openid-configuration";
    for target in ["/readyz", "/exchange/anchor", "/exchange/ledgers/G01/checkpoint", discovery] {
        assert_eq!(send(&[], target).status, 200, "{target}");
    }
    assert!(send(&[], discovery).text().contains(&format!("\"issuer\":\"http://{name}/identity\"")));
    assert_eq!(send(&[("Accept", "application/json")], "/reporting/figures.csv").status, 200);
}

#[test]
fn a_seed_makes_the_same_people_again() {
    let one_country = |seed: &str| {
        let data = tempfile::tempdir().unwrap();
        let options = ["--listen", "127.0.0.1:0", "--people", "1500", "--seed", seed];
        let country =
            Country::try_start(data.path(), &options).unwrap_or_else(|run| panic!("{}", run.said()));
        people(&country)
    };
    let first = one_country("7");
    assert_eq!(one_country("7"), first);
    assert_ne!(one_country("8"), first);
}

#[test]
fn what_cannot_be_started_says_why() {
    let data = tempfile::tempdir().unwrap();
    let country = Country::start(data.path());
    let other = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let file = other.path().join("file");
    fs::write(&file, "no folder").unwrap();
    let free = "127.0.0.1:0";
    let refusals: [(&str, &Path, &[&str], &[&str]); 8] = [
        (
            "the same data twice",
            data.path(),
            &["--listen", free, "--people", "3000"],
            &["is running already", "--data"],
        ),
        (
            "an address that is taken",
            other.path(),
            &["--listen", &country.address(), "--people", "3000"],
            &["Address already in use", "--listen"],
        ),
        (
            "an address of another program",
            other.path(),
            &["--listen", &taken, "--people", "3000"],
            &["Address already in use", "--listen"],
        ),
        (
            "an address of another computer",
            other.path(),
            &["--listen", "192.0.2.1:80"],
            &["192.0.2.1:80", "--listen"],
        ),
        ("no address", other.path(), &["--listen", "everywhere"], &["everywhere", "--listen"]),
        ("too few people", other.path(), &["--listen", free, "--people", "1"], &["--people"]),
        ("no people", other.path(), &["--listen", free, "--people", "0"], &["--people"]),
        ("a file for a folder", &file, &["--listen", free], &["file", "can't be"]),
    ];
    for (case, data, options, words) in refusals {
        match Country::try_start(data, options) {
            Ok(_) => panic!("{case}: it started"),
            Err(run) => run.assert_refused(case, words),
        }
    }
    // Whoever came in vain has done no harm.
    country.cause_messages();
    country.stop("TERM").assert_good("SIGTERM");
    for (case, options, words) in [
        ("more people", ["--people", "4000"], ["--people 3000", "another --data"]),
        ("another seed", ["--seed", "7"], ["--seed 2026", "another --data"]),
    ] {
        match Country::try_start(data.path(), &[&["--listen", free][..], &options[..]].concat()) {
            Ok(_) => panic!("{case}: it started"),
            Err(run) => run.assert_refused(case, &words),
        }
    }
    // Without --people, whatever was founded is started.
    Country::try_start(data.path(), &["--listen", free]).unwrap_or_else(|run| panic!("{}", run.said()));
}

#[test]
fn a_killed_country_stands_up_with_whole_ledgers() {
    let data = tempfile::tempdir().unwrap();
    let country = Country::start(data.path());
    country.cause_messages();
    let sent = country.messages();
    assert!(!sent.is_empty());
    // It is killed in the middle of its work.
    let mut mother = country.browser_of("mother");
    let calling = std::thread::spawn(move || (0..).find(|_| mother.try_get("/population").is_err()));
    std::thread::sleep(WORK);
    country.stop("KILL");
    let calls = calling.join().expect("a browser that meets nobody does not panic");
    assert!(calls.is_some_and(|calls| calls > 0), "it was at work: {calls:?}");

    program::run(["doctor".as_ref(), "--data".as_ref(), data.path().as_os_str()])
        .assert_good("doctor after a kill");
    let country = Country::start(data.path());
    let anchor = data.path().join("anchor");
    for message in &sent {
        let receipt = data.path().join("receipt.json");
        fs::write(&receipt, country.receipt(message)).unwrap();
        let run =
            program::run(["verify".as_ref(), receipt.as_os_str(), "--anchor".as_ref(), anchor.as_os_str()]);
        run.assert_good("a message of before the kill");
    }
    country.cause_messages();
    country.stop("TERM").assert_good("SIGTERM");
}
