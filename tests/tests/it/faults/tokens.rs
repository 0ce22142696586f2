//! A node whose keys are all in a token (softhsm2), as its operator sets it up with this program and openssl.

use super::keys::{Node, accept, under_load};
use crate::journeys::{
    agencies::{Agencies, Agency, TOKEN},
    browser::send,
    program::{self, Run, Running},
};
use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use token::testing::{SoftTokens, VARIABLE};

/// How long a token may take to be found again, and how often it is looked.
const BACK_LIMIT: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(100);

/// Where the provider's keys are.
struct Safe {
    tokens: SoftTokens,
}

impl Safe {
    fn uri(&self, object: &str) -> String {
        self.tokens.uri("node", object)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = program::command(words);
        command.env(VARIABLE, self.tokens.configuration());
        command
    }

    fn run(&self, words: &[&str]) -> Run {
        program::run_command(self.command(words))
    }

    fn make(&self, object: &str, kind: &str) {
        self.run(&["keys", "make", &self.uri(object), "--kind", kind]).assert_good(object);
    }

    /// Has the authority sign a certificate for a key.
    fn certify(&self, all: &Agencies, object: &str, whom: &[&str], file: &Path) {
        let request = self.run(&[&["keys", "request", &self.uri(object)], whom].concat());
        request.assert_good(object);
        let folder = &all.provider.folder;
        fs::write(folder.join("request.pem"), request.stdout).unwrap();
        let signed = Command::new("openssl")
            .args(["x509", "-req", "-in", "request.pem", "-CA", "../ca.pem", "-CAkey", "../ca.pem"])
            .args(["-days", "30", "-copy_extensions", "copyall"])
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
        let chain = String::from_utf8(signed.stdout).unwrap() + &all.authority.certificate_pem();
        fs::write(file, chain).unwrap();
    }

    fn start(&self, agency: &Agency) -> Result<Running, Run> {
        let file = agency.file();
        let command = self.command(&["node", "--config", file.to_str().unwrap()]);
        Running::start_command(command, &format!("node {} is up", agency.id))
    }
}

/// A provider with all keys in a token; the centre lists its ledger key.
fn prepare() -> (Agencies, Safe) {
    let (all, safe) = (Agencies::prepare(), Safe { tokens: SoftTokens::make(&["node"]) });
    all.authority.save(&all.place.path().join("ca.pem")).unwrap();
    let provider = &all.provider;
    for file in ["node.pem", "ledger.key"] {
        fs::remove_file(provider.folder.join(file)).unwrap();
    }
    safe.make("ledger", "ed25519");
    safe.make("witness", "ed25519");
    safe.make("tls", "p256");
    safe.make("documents", "p256");
    safe.certify(&all, "tls", &["--node", provider.id], &provider.folder.join("node.crt"));
    let signer = ["--signer", "Cục Thuế", "--organization", "Cục Thuế"];
    safe.certify(&all, "documents", &signer, &provider.folder.join("documents.crt"));
    let text = fs::read_to_string(provider.file()).unwrap();
    let keys = format!(
        "certificate = \"node.crt\"\ncertificate-key = \"{}\"\nledger-key = \"{}\"\ndocuments = \"documents.crt\"\ndocuments-key = \"{}\"",
        safe.uri("tls"),
        safe.uri("ledger"),
        safe.uri("documents")
    );
    let text = text.replace("certificate = \"node.pem\"\nledger-key = \"ledger.key\"", &keys);
    provider.configure(&format!("{text}\n[witness]\nkey = \"{}\"\n", safe.uri("witness")));
    // It tells its key before it has a directory.
    let unborn = safe.start(provider).err().expect("there is no centre yet");
    let key = unborn.stderr.split("ledger key is ").nth(1).and_then(|rest| rest.lines().next());
    let key = key.unwrap_or_else(|| panic!("{}", unborn.said()));
    let register = all.centre.folder.join("register.json");
    let text = fs::read_to_string(&register).unwrap();
    fs::write(&register, text.replace(&provider.ledger, key)).unwrap();
    (all, safe)
}

#[test]
fn a_node_has_all_its_keys_in_a_token() {
    let (all, safe) = prepare();
    let mut centre = Node::of(&all.centre, all.centre.start());
    let provider = safe.start(&all.provider).unwrap_or_else(|run| panic!("{}", run.said()));
    let mut provider = Node::of(&all.provider, provider);
    let mut consumer = Node::of(&all.consumer, all.consumer.start());
    let early = all.assert_answered("with keys in a token");
    let doctor = safe.run(&["doctor", "--config", all.provider.file().to_str().unwrap()]);
    doctor.assert_good("the doctor");
    for words in ["the agency's signing key can be used", "running node's tokens is as it should be"] {
        assert!(doctor.stdout.contains(words), "{words}: {}", doctor.stdout);
    }

    // Certificate and ledger key are rolled within the token.
    under_load(&all, |pass| {
        safe.make("tls-2", "p256");
        safe.certify(&all, "tls-2", &["--node", all.provider.id], &all.provider.folder.join("node-2.crt"));
        provider.change("certificate = \"node.crt\"", "certificate = \"node-2.crt\"");
        provider.change(&safe.uri("tls"), &safe.uri("tls-2"));
        provider.reload();
        pass();
        let (file, old, new) = (all.provider.file(), safe.uri("ledger"), safe.uri("ledger-2"));
        let words = ["keys", "roll", "ledger", "--config", file.to_str().unwrap(), "--to", &new, "--yes"];
        safe.run(&words).assert_good("a roll begins");
        let both = format!("ledger-key = [\"{old}\", \"{new}\"]");
        provider.change(&format!("ledger-key = \"{old}\""), &both);
        provider.reload();
        pass();
        accept(&all, &all.provider).assert_good("the centre lists the new key");
        for node in [&mut centre, &mut provider, &mut consumer] {
            node.reload();
        }
        pass();
        provider.change(&both, &format!("ledger-key = \"{new}\""));
        provider.reload();
        pass();
    });
    let late = all.assert_answered("with rolled keys");
    for answer in [early, late] {
        let id = answer.header("x-lienthong-receipt").unwrap().rsplit('/').next().unwrap().to_owned();
        let receipt = all.call(&format!("/receipts/{id}"), TOKEN, "procedure");
        let file = all.place.path().join("receipt.json");
        fs::write(&file, &receipt.body).unwrap();
        program::run(["verify".as_ref(), file.as_os_str(), "--anchor".as_ref(), all.anchor.as_ref()])
            .assert_good("a receipt");
    }

    // The token is taken out: the node says so everywhere and does nothing unproven. Put in again, all goes on by itself.
    let admin = all.provider.admin.to_string();
    let ready = || send(&admin, "GET", "/readyz", &[], b"").unwrap();
    safe.tokens.take_out();
    let refused = all.call("/r1/VN/GOV/G12/tax/receipts/receipts/7", TOKEN, "procedure");
    assert_eq!(
        refused.header("x-road-error"),
        Some("server.serverproxy.logging_failed"),
        "{}",
        refused.text()
    );
    wait(|| ready().status == 503, "health tells");
    assert!(ready().text().contains("ledger-2"), "{}", ready().text());
    safe.tokens.put_in();
    all.assert_answered("the token is back");
    wait(|| ready().status == 200, "health tells");
    let said = provider.running.stop("TERM");
    said.assert_good("it stops");
    for words in ["a key in a token can't be used", "a key in a token can be used again"] {
        assert!(said.stdout.contains(words), "{words}: {}", said.said());
    }
    assert!(!said.said().contains("271828"), "no PIN is told");
    for node in [centre, consumer] {
        node.running.stop("TERM").assert_good("it stops");
    }
}

#[test]
fn what_is_wrong_with_a_token_is_told_at_the_start() {
    let (all, safe) = prepare();
    let _centre = all.centre.start();
    let good = fs::read_to_string(all.provider.file()).unwrap();
    for (case, from, to, words) in [
        (
            "another token",
            "token=node;object=ledger",
            "token=other;object=ledger",
            &["tokens are named \"other\""][..],
        ),
        ("no such key", "object=ledger", "object=gone", &["has 0", "gone", "lienthong keys make"]),
        (
            "another kind",
            "object=ledger",
            "object=tls",
            &["is an ECDSA key on P-256", "must be an Ed25519 key"],
        ),
        (
            "another's key",
            "object=tls",
            "object=documents",
            &["node.crt", "does not belong to the certificate"],
        ),
        ("no library", "libsofthsm2.so", "gone.so", &["gone.so", "module-path"]),
        ("no PIN", "/pin\"", "/gone\"", &["PIN", "gone"]),
    ] {
        assert!(good.contains(from), "{case}: {good}");
        all.provider.configure(&good.replacen(from, to, 1));
        let run = safe.start(&all.provider).err().unwrap_or_else(|| panic!("{case}: it started"));
        run.assert_refused(case, words);
    }
}

fn wait(until: impl Fn() -> bool, what: &str) {
    let begun = Instant::now();
    while !until() {
        assert!(begun.elapsed() < BACK_LIMIT, "{what}");
        std::thread::sleep(LOOK);
    }
}
