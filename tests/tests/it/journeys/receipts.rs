//! `lienthong verify`: a receipt is proven offline, and only as it was given.

use super::{
    country::Country,
    program::{self, Run},
};
use serde_json::Value;
use std::{fs, path::Path};

/// Every how many bytes one is altered.
const STEP_BYTES: usize = 41;

struct Folder(tempfile::TempDir);

impl Folder {
    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let file = self.0.path().join(name);
        fs::write(&file, text).unwrap();
        file.to_str().expect("temporary folders have plain names").to_owned()
    }

    fn verify(&self, receipt: impl AsRef<[u8]>, more: &[&str]) -> Run {
        let receipt = self.write("receipt.json", receipt);
        program::run([&["verify", receipt.as_str()][..], more].concat())
    }
}

fn a_receipt(data: &Path) -> (String, String) {
    let country = Country::start(data);
    country.cause_messages();
    let message = country.messages().first().expect("a message was sent").clone();
    let found = (country.receipt(&message), country.get("/exchange/anchor").text());
    country.stop("TERM").assert_good("SIGTERM");
    found
}

#[test]
fn a_receipt_is_proven_offline_and_only_as_it_was_given() {
    let data = tempfile::tempdir().unwrap();
    let (receipt, key) = a_receipt(data.path());
    let folder = Folder(tempfile::tempdir().unwrap());
    let anchor = folder.write("anchor", &key);
    assert_eq!(fs::read_to_string(data.path().join("anchor")).unwrap(), key);

    for given in [anchor.as_str(), key.trim()] {
        let run = folder.verify(&receipt, &["--anchor", given]);
        run.assert_good("as it was given");
        for words in [
            "proven: ",
            "/r1/VN/GOV/",
            "through node VN/GOV/",
            "with 200",
            "sealed at",
            "vn.centre.directory",
        ] {
            assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
        }
    }
    refusals(&folder, &receipt, &anchor);
    alterations(&folder, &receipt, &anchor);
}

fn refusals(folder: &Folder, receipt: &str, anchor: &str) {
    let other_centre =
        ledger::NoteSigner::new("vn.centre.directory", &[7; 32]).unwrap().verifier_key().to_string();
    let (other_centre, no_key) = (folder.write("other", other_centre), folder.write("no-key", "a key\n"));
    let (other_message, no_file) = (folder.write("message", "{}"), format!("{anchor}.gone"));
    let cases: [(&str, &str, &[&str], &[&str]); 10] = [
        ("another centre", receipt, &["--anchor", &other_centre], &["not vouched for by the centre's key"]),
        ("no key", receipt, &["--anchor", &no_key], &["name+0123abcd+base64"]),
        ("a file that is gone", receipt, &["--anchor", &no_file], &["name+0123abcd+base64"]),
        ("no anchor", receipt, &[], &["--anchor"]),
        (
            "another message",
            receipt,
            &["--anchor", anchor, "--message", &other_message],
            &["neither the request's body nor the answer's"],
        ),
        ("no message", receipt, &["--anchor", anchor, "--message", &no_file], &["can't be read", ".gone"]),
        ("no receipt", "", &["--anchor", anchor], &["the receipt can't be read"]),
        ("not JSON", "proven: GET /", &["--anchor", anchor], &["the receipt can't be read"]),
        (
            "another form",
            &receipt.replace("receipt/v1", "receipt/v2"),
            &["--anchor", anchor],
            &["v2", "version"],
        ),
        ("too large", &" ".repeat(1 << 20), &["--anchor", anchor], &["larger than"]),
    ];
    for (case, receipt, more, words) in cases {
        folder.verify(receipt, more).assert_refused(case, words);
    }
    program::run(["verify", &no_file, "--anchor", anchor])
        .assert_refused("no file", &["can't be read", ".gone"]);
}

fn alterations(folder: &Folder, receipt: &str, anchor: &str) {
    for at in (0..receipt.len()).step_by(STEP_BYTES) {
        let mut altered = receipt.as_bytes().to_vec();
        altered[at] ^= 1;
        folder
            .verify(&altered, &["--anchor", anchor])
            .assert_refused(&format!("byte {at} altered"), &["lienthong: "]);
    }
    let whole: Value = serde_json::from_str(receipt).unwrap();
    for part in ["/request", "/answer"] {
        let fields: Vec<String> = whole
            .pointer(part)
            .and_then(Value::as_object)
            .expect("it was answered")
            .keys()
            .cloned()
            .collect();
        for field in fields {
            let mut swapped = whole.clone();
            let other = if part == "/request" { "/answer" } else { "/request" };
            let (place, stranger) =
                (format!("{part}/{field}"), whole.pointer(&format!("{other}/{field}")).cloned());
            // Taken from the other half of the same receipt, it is well-formed and signed, but of something else.
            let (Some(own), Some(stranger)) = (swapped.pointer_mut(&place), stranger) else { continue };
            if *own == stranger {
                continue;
            }
            *own = stranger;
            let run = folder.verify(swapped.to_string(), &["--anchor", anchor]);
            run.assert_refused(&format!("{place} of the other half"), &["lienthong: "]);
        }
    }
    let mut unanswered = whole.clone();
    unanswered.as_object_mut().unwrap().remove("answer").expect("it was answered");
    let run = folder.verify(unanswered.to_string(), &["--anchor", anchor]);
    run.assert_good("the request alone");
    assert!(run.stdout.contains("not answered"), "{}", run.stdout);
}
