//! `lienthong doctor`: says what is wrong with a country and what to do.

use super::{
    country::Country,
    program::{self, Run},
};
use jiff::SignedDuration;
use pki::{Authority, Holder, Validity};
use std::{
    fs::{self, Permissions},
    os::unix::fs::{FileExt, PermissionsExt},
    path::{Path, PathBuf},
};
use system::Clock;

/// Days that the expired certificate of a test was valid.
const SHORT_DAYS: u32 = 1;
/// Days since it was issued.
const DAYS_AGO: i64 = 40;

fn doctor(data: &Path) -> Run {
    program::run(["doctor".as_ref(), "--data".as_ref(), data.as_os_str()])
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Alters one byte of a file.
fn flip(file: &Path, offset: u64) {
    let file = fs::OpenOptions::new().read(true).write(true).open(file).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ 1], offset).unwrap();
}

/// The first segment of an agency's journal.
fn segment(agency: &Path) -> PathBuf {
    let mut folders = vec![agency.join("ledger")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "00000000.segment") {
                return path;
            }
        }
    }
    panic!("{} has no journal", agency.display());
}

fn expire(data: &Path) {
    let authority = Authority::load(&data.join("authority.pem")).unwrap();
    let long_ago = Clock::real().now() - SignedDuration::from_hours(24 * DAYS_AGO);
    let validity = Validity::days(long_ago, SHORT_DAYS).unwrap();
    let identity = authority.issue(&Holder::node("VN/GOV/G15").unwrap(), validity).unwrap();
    identity.save(&data.join("g15/node.pem")).unwrap();
}

fn open_to_others(file: &Path) {
    fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();
}

/// Damage, and what is said of it: what is wrong, where, and what to do.
type Case = (&'static str, fn(&Path), &'static [&'static str]);

const CASES: [Case; 16] = [
    (
        "no country",
        |data| fs::remove_file(data.join("country.json")).unwrap(),
        &["holds no country", "lienthong up --data"],
    ),
    (
        "no anchor",
        |data| fs::remove_file(data.join("anchor")).unwrap(),
        &["anchor", "start the country once more"],
    ),
    (
        "another anchor",
        |data| fs::write(data.join("anchor"), "vn+0123abcd+AAAA\n").unwrap(),
        &["anchor", "start the country once more"],
    ),
    ("an expired certificate", expire, &["VN/GOV/G15", "valid from", "renew it"]),
    (
        "no certificate",
        |data| fs::remove_file(data.join("g01/node.pem")).unwrap(),
        &["g01/node.pem", "No such file"],
    ),
    (
        "a certificate's key open to others",
        |data| open_to_others(&data.join("g01/node.pem")),
        &["open to other users", "chmod 600"],
    ),
    (
        "a ledger's key open to others",
        |data| open_to_others(&data.join("h26/ledger.key")),
        &["open to other users", "chmod 600"],
    ),
    (
        "the authority's key open to others",
        |data| open_to_others(&data.join("authority.pem")),
        &["the authority", "chmod 600"],
    ),
    (
        "the centre's key open to others",
        |data| open_to_others(&data.join("centre.key")),
        &["the centre's key", "chmod 600"],
    ),
    (
        "no signing key",
        |data| fs::remove_file(data.join("g15/documents.pem")).unwrap(),
        &["the signing key of VN/GOV/G15", "No such file"],
    ),
    (
        "another's certificate",
        |data| {
            fs::copy(data.join("g15/node.pem"), data.join("g01/node.pem")).unwrap();
        },
        &["g01/node.pem", "node VN/GOV/G15", "not of the node VN/GOV/G01"],
    ),
    (
        "another ledger key",
        |data| {
            fs::copy(data.join("g15/ledger.key"), data.join("g01/ledger.key")).unwrap();
        },
        &["the ledger of VN/GOV/G01"],
    ),
    (
        "an altered directory",
        |data| {
            let file = data.join("g22/directory");
            let note = fs::read_to_string(&file).unwrap();
            fs::write(&file, note.replacen("VN/GOV/G01", "VN/GOV/G99", 1)).unwrap();
        },
        &["not signed by the centre's key", "ask the centre"],
    ),
    (
        "no directory",
        |data| fs::remove_file(data.join("g22/directory")).unwrap(),
        &["g22/directory", "is not there"],
    ),
    (
        "a damaged ledger",
        |data| {
            let segment = segment(&data.join("g01.dc"));
            let length = fs::metadata(&segment).unwrap().len();
            flip(&segment, length / 3);
        },
        &["the ledger of VN/GOV/G01.DC"],
    ),
    (
        "a ledger cut at its beginning",
        |data| {
            let segment = segment(&data.join("g01.dc"));
            let bytes = fs::read(&segment).unwrap();
            fs::write(&segment, &bytes[bytes.len() / 2..]).unwrap();
        },
        &["the ledger of VN/GOV/G01.DC"],
    ),
];

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let sound = tempfile::tempdir().unwrap();
    let country = Country::start(sound.path());
    for _ in 0..3 {
        country.cause_messages();
    }
    let running = doctor(sound.path());
    running.assert_good("a running country");
    assert!(running.stdout.contains("in use by a running node"), "{}", running.stdout);
    country.stop("TERM").assert_good("SIGTERM");

    let well = doctor(sound.path());
    well.assert_good("a sound country");
    for words in ["is whole: ", "the certificate of VN/GOV/H26 is valid to", "is signed and fresh", "MB left"]
    {
        assert!(well.stdout.contains(words), "{words}: {}", well.stdout);
    }
    assert!(!well.stdout.contains("BAD"), "{}", well.stdout);
    for (case, damage, words) in CASES {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        copy(sound.path(), &data);
        damage(&data);
        let run = doctor(&data);
        run.assert_refused(case, words);
        assert_eq!(
            run.stdout.lines().filter(|line| line.starts_with("BAD")).count(),
            1,
            "{case}: only that is wrong:\n{}",
            run.stdout
        );
    }
    let nowhere = sound.path().join("nowhere");
    doctor(&nowhere).assert_refused("no folder", &["holds no country", "lienthong up --data"]);
    assert!(!nowhere.exists(), "a doctor makes nothing");
}
