//! `lienthong node`: agencies with nodes of their own, from configuration files, with systems outside the program.

use super::{
    agencies::{Agencies, RECORD, SLOW_RECEIPT, TOKEN, free_address},
    browser::{Answer, send},
    program::{self, Running},
};
use serde_json::Value;
use std::{fs, time::Duration};

/// How often it is looked whether a call has arrived.
const LOOK: Duration = Duration::from_millis(10);

#[test]
fn agencies_with_nodes_of_their_own_call_each_other() {
    let all = Agencies::prepare();
    let unborn = all.consumer.try_start().err().expect("without a directory a first start is in vain");
    unborn.assert_refused(
        "a first start without the centre",
        &["can't be reached", &all.centre.pages.to_string()],
    );

    let (centre, provider, consumer) = (all.centre.start(), all.provider.start(), all.consumer.start());
    assert!(
        consumer.messages().contains(&all.consumer.ledger),
        "it tells its ledger's key: {}",
        consumer.messages()
    );
    let answer = all.assert_answered("with the centre");
    let asked = all.tax_office.asked();
    let first = asked.first().expect("the tax office was asked");
    assert!(first.starts_with("get /api/receipts/7?year=2026 "), "{first}");
    for (header, travels) in [
        ("x-road-client: vn/gov/h26/city", true),
        ("x-lienthong-purpose: procedure", true),
        ("x-lienthong-token", false),
    ] {
        assert_eq!(first.contains(header), travels, "{header}: {first}");
    }
    all.refusals();
    assert_eq!(all.tax_office.asked().len(), 1, "what is refused never arrives");
    all.receipt_is_proven(&answer);
    all.nodes_tell_how_they_are();

    // A node that is asked to stop finishes the call that is on its way.
    let consumer = all.is_drained(consumer);

    // The centre goes down; agencies go on, also after a new start.
    centre.stop("TERM").assert_good("the centre stops");
    all.assert_answered("without the centre");
    consumer.stop("TERM").assert_good("the consumer stops");
    let consumer = all.consumer.start();
    all.assert_answered("started without the centre");

    // The other node goes down: a fault of the exchange, told in its form.
    provider.stop("KILL");
    let fault = all.call("/r1/VN/GOV/G12/tax/receipts/receipts/7", TOKEN, "procedure");
    assert_eq!(
        (fault.status, fault.header("x-road-error")),
        (500, Some("server.clientproxy.network_error")),
        "{}",
        fault.text()
    );
    let provider = all.provider.start();
    all.assert_answered("with the other node back");
    for node in [consumer, provider] {
        node.stop("INT").assert_good("SIGINT");
    }
    for agency in [&all.consumer, &all.provider] {
        let run = agency.doctor();
        run.assert_good("doctor of a sound node");
        assert!(
            run.stdout.contains("is whole: ") && run.stdout.contains("past its refresh date"),
            "{}",
            run.stdout
        );
    }
}

impl Agencies {
    /// Stops the consumer's node while a call is on its way, and starts it again.
    fn is_drained(&self, consumer: Running) -> Running {
        std::thread::scope(|scope| {
            let call = scope.spawn(|| {
                self.call(&format!("/r1/VN/GOV/G12/tax/receipts{SLOW_RECEIPT}"), TOKEN, "procedure")
            });
            while !self.tax_office.asked().iter().any(|head| head.contains(SLOW_RECEIPT)) {
                assert!(!call.is_finished(), "the call ended before it arrived: {:?}", call.join());
                std::thread::sleep(LOOK);
            }
            consumer.stop("TERM").assert_good("a node that drains");
            let answer = call.join().expect("a call does not panic");
            assert_eq!(answer.status, 200, "{}", answer.text());
        });
        self.consumer.start()
    }

    fn refusals(&self) {
        let service = "/r1/VN/GOV/G12/tax/receipts";
        let good = format!("{service}/receipts/7");
        for (case, path, token, purpose, kind) in [
            ("another token", &*good, "another", "procedure", "server.clientproxy.ssl_authentication_failed"),
            ("another purpose", &*good, TOKEN, "own-data", "server.serverproxy.access_denied"),
            ("no purpose", &*good, TOKEN, "", "server.serverproxy.access_denied"),
            (
                "another path",
                &format!("{service}/payers/7"),
                TOKEN,
                "procedure",
                "server.serverproxy.access_denied",
            ),
            (
                "a path that climbs",
                &format!("{service}/receipts/..%2fpayers/7"),
                TOKEN,
                "procedure",
                "client.bad_request",
            ),
            (
                "an unknown member",
                "/r1/VN/GOV/G99/tax/receipts/receipts/7",
                TOKEN,
                "procedure",
                "server.clientproxy.unknown_member",
            ),
            ("no protocol", "/api/receipts/7", TOKEN, "procedure", "client.bad_request"),
        ] {
            let answer = self.call(path, token, purpose);
            assert_eq!(
                answer.header("x-road-error"),
                Some(kind),
                "{case}: {} {}",
                answer.status,
                answer.text()
            );
            let told: Value =
                serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{case}: {}", answer.text()));
            assert!(told["message"].as_str().is_some_and(|message| message.len() > 10), "{case}: {told}");
        }
        let methods = self.call("/r1/VN/GOV/G12/tax/listMethods", TOKEN, "public");
        assert!(methods.status == 200 && methods.text().contains("receipts"), "{}", methods.text());
        let clients = send(&self.consumer.systems.to_string(), "GET", "/listClients", &[], b"").unwrap();
        assert!(clients.status == 200 && clients.text().contains("G12"), "{}", clients.text());
    }

    fn receipt_is_proven(&self, answer: &Answer) {
        let place = answer.header("x-lienthong-receipt").expect("an answer names its receipt");
        let path = place
            .split_once("/receipts/")
            .map(|(_, id)| format!("/receipts/{id}"))
            .expect("a place of receipts");
        let receipt = self.call(&path, TOKEN, "procedure");
        assert_eq!(receipt.status, 200, "{}", receipt.text());
        let stranger = self.call(&path, "another", "procedure");
        assert_ne!(stranger.status, 200, "a receipt is the caller's own");
        let folder = self.place.path();
        let [file, message] =
            ["receipt.json", "answer.json"].map(|name| folder.join(name).to_str().unwrap().to_owned());
        fs::write(&file, &receipt.body).unwrap();
        fs::write(&message, &answer.body).unwrap();
        let run = program::run(["verify", &file, "--anchor", &self.anchor, "--message", &message]);
        run.assert_good("a receipt between agencies");
        for words in [
            "GET /r1/VN/GOV/G12/tax/receipts/receipts/7?year=2026",
            "VN/GOV/H26/city through node VN/GOV/H26",
            "node VN/GOV/G12 with 200",
        ] {
            assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
        }
        fs::write(&message, RECORD).unwrap();
        let run = program::run(["verify", &file, "--anchor", &self.anchor, "--message", &message]);
        run.assert_refused(
            "the answer before fields were cut",
            &["neither the request's body nor the answer's"],
        );
    }

    fn nodes_tell_how_they_are(&self) {
        for agency in [&self.centre, &self.provider, &self.consumer] {
            let admin = |path| send(&agency.admin.to_string(), "GET", path, &[], b"").unwrap();
            let ready = admin("/readyz");
            assert!(
                ready.status == 200 && ready.text().contains("past its refresh date"),
                "{}: {}",
                agency.id,
                ready.text()
            );
            assert!(admin("/metrics").text().contains("process_start_time_seconds"), "{}", agency.id);
            let anchor = send(&agency.pages.to_string(), "GET", "/exchange/anchor", &[], b"").unwrap().text();
            assert_eq!(anchor.trim(), self.anchor, "{}", agency.id);
        }
        let messages = send(&self.consumer.pages.to_string(), "GET", "/exchange/messages", &[], b"").unwrap();
        assert_ne!(messages.status, 200, "messages are for operators only: {}", messages.text());
    }
}

#[test]
fn a_configuration_that_cannot_be_used_says_why() {
    let all = Agencies::prepare();
    let centre = all.centre.start();
    let good = fs::read_to_string(all.consumer.file()).unwrap();
    let taken = all.centre.peers.to_string();
    let own = all.consumer.peers.to_string();
    let other_anchor =
        ledger::NoteSigner::new("vn.centre.directory", &[8; 32]).unwrap().verifier_key().to_string();
    let gone = free_address().to_string();
    let pages = all.centre.pages.to_string();
    let cases: [(&str, &str, &str, &[&str]); 13] = [
        ("not TOML", "[agency]", "agency", &["node.toml", "can't be used"]),
        ("an unknown key", "name = ", "nome = ", &["node.toml", "nome"]),
        ("no identifier", "\"VN/GOV/H26\"", "\"H26\"", &["node.toml", "H26"]),
        ("no directory", "url = ", "# url = ", &["directory has neither file nor url"]),
        ("an anchor that is none", &all.anchor, "a key", &["directory.anchor", "name+0123abcd+base64"]),
        ("another centre", &all.anchor, &other_anchor, &["not signed by the centre's key"]),
        ("a centre that does not answer", &pages, &gone, &["can't be reached", &gone]),
        ("a certificate that is gone", "node.pem", "gone.pem", &["certificate", "gone.pem"]),
        (
            "another's certificate",
            "certificate = \"node.pem\"",
            "certificate = \"../G12/node.pem\"",
            &["VN/GOV/G12", "VN/GOV/H26"],
        ),
        ("an address that is taken", &own, &taken, &["listen.peers", &taken]),
        (
            "an unknown system",
            "[agency]",
            "hosts = [\"tax-office\"]\n[agency]",
            &["tax-office", "population"],
        ),
        (
            "a token that is none",
            "token-sha256 = \"",
            "token-sha256 = \"x",
            &["64 hexadecimal digits", "city"],
        ),
        ("a system that can do nothing", "token-sha256 = ", "# ", &["city", "neither token"]),
    ];
    for (case, from, to, words) in cases {
        assert!(good.contains(from), "{case}: the configuration has {from}");
        all.consumer.configure(&good.replacen(from, to, 1));
        match all.consumer.try_start() {
            Ok(_) => panic!("{case}: it started"),
            Err(run) => run.assert_refused(case, words),
        }
        // Nothing may have been learned from a start in vain.
        let _ = fs::remove_dir_all(all.consumer.folder.join("data"));
    }
    let nowhere = all.place.path().join("nowhere.toml");
    let run = program::run(["node".as_ref(), "--config".as_ref(), nowhere.as_os_str()]);
    run.assert_refused("no file", &["nowhere.toml", "can't be read"]);
    let run = program::run(["doctor".as_ref(), "--config".as_ref(), nowhere.as_os_str()]);
    run.assert_refused("the doctor of no file", &["nowhere.toml", "can't be read"]);

    all.consumer.configure(&good);
    let consumer = all.consumer.start();
    consumer.stop("TERM").assert_good("the good one works");
    centre.stop("TERM").assert_good("the centre stops");
}
