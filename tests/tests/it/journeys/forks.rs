//! Three nodes witness each other. One takes a copy of its ledger, goes on with it, and then goes on differently from the
//! copy: its witnesses know, keep the evidence, and show it after they were started anew. Traffic goes on.

use super::{
    agencies::{Agencies, TOKEN},
    browser::{Answer, send},
    program,
};
use ledger::{CosignatureSigner, CosignerKey, Fork, ForkKind, VerifierKey};
use pki::LedgerKey;
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

/// How long the nodes may take to ask each other, which they do every second.
const ASK_LIMIT: Duration = Duration::from_secs(60);
/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_millis(100);

#[test]
fn a_forked_ledger_is_found_out_and_the_evidence_stays() {
    let all = Agencies::prepare();
    let cosigners = all.witness_each_other();
    let (centre, provider, consumer) = (all.centre.start(), all.provider.start(), all.consumer.start());
    for (running, key) in [(&centre, &cosigners[0]), (&provider, &cosigners[1])] {
        assert!(
            running.messages().contains(&key.to_string()),
            "it tells its witness key: {}",
            running.messages()
        );
    }
    for _ in 0..2 {
        all.assert_answered("before the fork");
    }
    all.wait_until_attested(&cosigners);

    // A copy, and on it goes.
    let ledger = all.consumer.folder.join("data/ledger");
    let copy = all.place.path().join("copy");
    consumer.stop("TERM").assert_good("the consumer stops");
    copy_folder(&ledger, &copy);
    let consumer = all.consumer.start();
    let answer = all.assert_answered("after the copy");
    all.wait_until_attested(&cosigners);
    all.receipt_names_the_witnesses(&answer);
    consumer.stop("TERM").assert_good("the consumer stops again");

    // The copy takes the ledger's place and goes on with other messages. The first has the place of one that the provider
    // knows, which refuses it as a replay; with the others the ledger grows beyond what the witnesses saw.
    fs::remove_dir_all(&ledger).unwrap();
    copy_folder(&copy, &ledger);
    let consumer = all.consumer.start();
    let replayed = all.call("/r1/VN/GOV/G12/tax/receipts/receipts/8", TOKEN, "procedure");
    assert_eq!(
        replayed.header("x-road-error"),
        Some("server.serverproxy.invalid_request"),
        "{}",
        replayed.text()
    );
    all.assert_answered("with the forked ledger");
    let key: VerifierKey = all.consumer.ledger.parse().unwrap();
    let evidence =
        [&all.centre.pages, &all.provider.pages].map(|pages| wait_for_evidence(&pages.to_string()));
    for text in &evidence {
        let fork: Fork = text.parse().unwrap();
        assert_eq!(fork.judge(&key), Some(ForkKind::OtherBeginning), "anyone can judge it again: {text}");
    }
    wait("the node itself says so", || {
        page(&all.consumer.pages.to_string()).contains("it was forked").then_some(())
    });
    all.assert_answered("traffic goes on");
    let metrics = send(&all.consumer.admin.to_string(), "GET", "/metrics", &[], b"").unwrap().text();
    assert!(metrics.contains("exchange_attester_failing{attester=\"vn.gov.g01.dc.witness\"} 1"), "{metrics}");

    // The evidence survives the witness.
    for running in [centre, provider] {
        running.stop("KILL");
    }
    let (centre, provider) = (all.centre.start(), all.provider.start());
    for (pages, before) in [&all.centre.pages, &all.provider.pages].into_iter().zip(&evidence) {
        assert_eq!(wait_for_evidence(&pages.to_string()), *before);
    }
    all.assert_answered("with the witnesses back");
    for running in [consumer, provider, centre] {
        running.stop("TERM").assert_good("all stop");
    }
}

impl Agencies {
    /// Makes witnesses of the centre and the provider, asked every second; the keys of their cosignatures.
    pub(crate) fn witness_each_other(&self) -> [CosignerKey; 2] {
        let witnesses = [(&self.centre, 21), (&self.provider, 22)].map(|(agency, seed)| {
            LedgerKey::from_seed([seed; 32]).save(&agency.folder.join("witness.key")).unwrap();
            let name = format!("{}.witness", agency.id.replace('/', ".").to_ascii_lowercase());
            let key = CosignatureSigner::new(&name, &[seed; 32]).unwrap().cosigner_key().clone();
            let code = agency.id.rsplit('/').next().unwrap();
            let url = format!("http://{}/exchange/witness/{code}", agency.pages);
            (json!({ "node": agency.id, "key": key.to_string(), "url": url }), key)
        });
        let register = self.centre.folder.join("register.json");
        let mut directory: Value = serde_json::from_str(&fs::read_to_string(&register).unwrap()).unwrap();
        directory["witnesses"] = witnesses.each_ref().map(|(entry, _)| entry.clone()).to_vec().into();
        fs::write(&register, directory.to_string()).unwrap();
        for (agency, is_witness) in [(&self.centre, true), (&self.provider, true), (&self.consumer, false)] {
            let mut text = fs::read_to_string(agency.file()).unwrap();
            text.push_str("\n[attestation]\nevery-seconds = 1\n");
            if is_witness {
                text.push_str("[witness]\nkey = \"witness.key\"\n");
            }
            agency.configure(&text);
        }
        witnesses.map(|(_, key)| key)
    }

    /// Waits until both witnesses have cosigned all that the consumer's ledger holds.
    pub(crate) fn wait_until_attested(&self, cosigners: &[CosignerKey; 2]) {
        let get = |path: &str| {
            send(&self.consumer.pages.to_string(), "GET", &format!("/exchange/ledgers/H26/{path}"), &[], b"")
                .unwrap()
        };
        let size = |note: &str| note.lines().nth(1).map(str::to_owned);
        wait("attested", || {
            let (now, attested) = (get("checkpoint").text(), get("attested-checkpoint").text());
            let cosigned = cosigners.iter().all(|key| key.verify(&attested).is_ok());
            (cosigned && size(&now) == size(&attested)).then_some(())
        });
    }

    pub(crate) fn receipt_names_the_witnesses(&self, answer: &Answer) {
        let receipt = answer.header("x-lienthong-receipt").expect("an answer names its receipt");
        let receipt =
            self.call(&format!("/receipts/{}", receipt.rsplit('/').next().unwrap()), TOKEN, "procedure");
        let file = self.place.path().join("witnessed.json");
        fs::write(&file, &receipt.body).unwrap();
        let run = program::run(["verify", file.to_str().unwrap(), "--anchor", &self.anchor]);
        run.assert_good("a witnessed receipt");
        for witness in [self.centre.id, self.provider.id] {
            let words = format!("witnessed by {witness}, which saw the log of {}", self.consumer.id);
            assert!(run.stdout.contains(&words), "{words}: {}", run.stdout);
        }
    }
}

fn page(pages: &str) -> String {
    send(pages, "GET", "/exchange/witnesses", &[("Accept-Language", "en"), ("Accept", "text/html")], b"")
        .unwrap()
        .text()
}

/// The first piece of evidence that the page of witnesses links to, once there is one.
fn wait_for_evidence(pages: &str) -> String {
    wait("evidence", || {
        let page = page(pages);
        let path = page
            .split("href=\"")
            .find(|rest| rest.starts_with("/exchange/forks/"))?
            .split('"')
            .next()?
            .to_owned();
        let evidence = send(pages, "GET", &path, &[], b"").unwrap();
        (evidence.status == 200 && page.contains("it was rewritten")).then(|| evidence.text())
    })
}

fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + ASK_LIMIT;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < end, "{what}: nothing came of it within {} s", ASK_LIMIT.as_secs());
        std::thread::sleep(LOOK);
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
