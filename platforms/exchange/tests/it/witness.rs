//! Witnesses: what they cosign, what they refuse, and that nothing waits for them.

use crate::{
    backend::Backend,
    client::{Call, Reply},
    country::{CONSUMER, Country, FORGER, PROVIDER, ledger_signer},
    tlogcheck::tlogcheck,
};
use axum::{Router, http::StatusCode as Status, routing::post};
use exchange::{
    Receipt, Witness, WitnessEntry, attestation, receipt,
    records::{attestations, witnessed},
    witness,
};
use jiff::{SignedDuration, Timestamp};
use ledger::{
    AddCheckpoint, Checkpoint, CosignatureSigner, Fork, ForkKind, Hash, SignedCheckpoint, TlogProof,
    leaf_hash, node_hash,
};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc};
use tokio::net::TcpListener;
use uuid::Uuid;

fn signer() -> CosignatureSigner {
    CosignatureSigner::new("vn.gov.g01.witness", &[6; 32]).unwrap()
}

/// Serves a router on loopback.
async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

pub(crate) fn name_witness(country: &Country, url: String) {
    let entry = WitnessEntry {
        node: format!("VN/GOV/{PROVIDER}"),
        key: signer().cosigner_key().to_string(),
        url,
        statement: String::new(),
    };
    country.change_directory(|directory| directory.witnesses = vec![entry]);
}

/// A country whose provider is a witness.
pub(crate) async fn witnessed_country() -> (Country, SocketAddr, Backend) {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let witness = Arc::new(Witness::new(country.provider.node.clone(), signer()));
    let router = Router::new().nest("/exchange/witness", witness::routes(vec![witness]));
    let address = serve(router).await;
    name_witness(&country, format!("http://{address}/exchange/witness/{PROVIDER}"));
    (country, address, backend)
}

pub(crate) async fn receipt_after_a_call(country: &Country) -> Receipt {
    let reply = country.call("POST", "/x").body("x").send().await;
    assert_eq!(reply.status.as_u16(), 200);
    let id: Uuid = reply.receipt().trim_start_matches("/receipts/").parse().unwrap();
    receipt::of_message(&country.consumer.node, id).await.unwrap().unwrap()
}

async fn fault(country: &Country) -> String {
    let node = &country.consumer.node;
    attestations::attesters(node.store(), node.ledger_key().name()).await.unwrap()[0].fault.clone()
}

#[tokio::test]
async fn a_receipt_says_who_saw_the_log_and_when() {
    let (country, _, _backend) = witnessed_country().await;
    let node = &country.consumer.node;
    let anchor = country.centre.verifier_key();
    let early = receipt_after_a_call(&country).await;
    assert!(early.verify(&anchor, None).unwrap().seen.is_empty(), "nobody was asked yet");
    attestation::attest(node, None).await.unwrap();
    let first = attestations::latest(node.store(), node.ledger_key().name()).await.unwrap().unwrap();
    let later = country.clock.now();
    country.clock.advance(SignedDuration::from_mins(1));
    receipt_after_a_call(&country).await;
    attestation::attest(node, None).await.unwrap();
    assert_eq!(fault(&country).await, "");
    let second = attestations::latest(node.store(), node.ledger_key().name()).await.unwrap().unwrap();
    assert!(second.size > first.size);
    assert_eq!(
        signer().cosigner_key().verify(&second.note),
        Ok(country.clock.now().as_second().unsigned_abs())
    );

    // Of the checkpoints that cover a message, the earliest says most.
    let witnessed = receipt::of_message(node, early.message).await.unwrap().unwrap();
    let witnessed = Receipt::parse(&witnessed.to_json()).unwrap();
    let proven = witnessed.verify(&anchor, Some(b"x")).unwrap();
    assert_eq!(proven.seen.len(), 1);
    let seen = &proven.seen[0];
    assert_eq!(
        (seen.ledger.as_str(), seen.by.as_str(), seen.at_seconds),
        ("VN/GOV/G22", "VN/GOV/G01", later.as_second().unsigned_abs())
    );
    let proof: TlogProof = witnessed.request.proof.parse().unwrap();
    assert_eq!(proof.checkpoint, first.note);

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &second.note).unwrap();
    let (ledger, cosigner) = (node.ledger_key().to_string(), signer().cosigner_key().to_string());
    let checked = tlogcheck(&["cosigned".as_ref(), ledger.as_ref(), cosigner.as_ref(), file.path().as_ref()]);
    assert_eq!(checked, Ok(format!("holds: {} entries, cosigned by vn.gov.g01.witness", second.size)));
    std::fs::write(file.path(), witnessed.to_json()).unwrap();
    let checked = tlogcheck(&["receipt".as_ref(), anchor.to_string().as_ref(), file.path().as_ref()]);
    assert_eq!(checked, Ok("holds: request and answer".to_owned()));

    let whole: Value = serde_json::from_str(&witnessed.to_json()).unwrap();
    let statement = whole["request"]["witnesses"][0].as_str().unwrap();
    let other_key =
        CosignatureSigner::new("vn.gov.g01.witness", &[7; 32]).unwrap().cosigner_key().to_string();
    let by_another =
        country.centre.sign(&format!("lienthong-witness/v1\nVN/GOV/G99\n{other_key}\n")).unwrap();
    for (case, witness) in [
        ("a witness that did not cosign", json!([statement, by_another])),
        (
            "a statement of another centre",
            json!([ledger_signer("G98")
                .sign(&format!("lienthong-witness/v1\nVN/GOV/G01\n{cosigner}\n"))
                .unwrap()]),
        ),
        ("a statement about a node", json!([whole["request"]["statement"]])),
        ("another node", json!([statement.replace("G01", "G22")])),
        ("no statement", json!([""])),
    ] {
        let mut changed = whole.clone();
        changed["request"]["witnesses"] = witness;
        let outcome = Receipt::parse(&changed.to_string()).and_then(|receipt| receipt.verify(&anchor, None));
        assert!(outcome.is_err(), "{case}: {outcome:?}");
    }
    let mut without = whole;
    without["request"].as_object_mut().unwrap().remove("witnesses");
    let without = Receipt::parse(&without.to_string()).unwrap();
    assert!(without.verify(&anchor, None).unwrap().seen.is_empty(), "who is not named proves nothing");
}

/// A log of the consumer's name and key with these entries.
fn log(entries: &[&str]) -> (Vec<Hash>, SignedCheckpoint) {
    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
    let root = match leaves[..] {
        [one] => one,
        [one, two] => node_hash(&one, &two),
        [one, two, three] => node_hash(&node_hash(&one, &two), &three),
        _ => panic!("a log of one to three entries"),
    };
    let key = ledger_signer(CONSUMER);
    let checkpoint = Checkpoint { origin: key.name().to_owned(), size: leaves.len() as u64, root };
    (leaves, SignedCheckpoint::sign(checkpoint, &key).unwrap())
}

#[tokio::test]
async fn what_is_refused_is_refused_by_its_status() {
    let (country, address, _backend) = witnessed_country().await;
    let store = country.provider.node.store();
    let submit = async |body: String| -> Reply {
        Call::new(address, "POST", &format!("/exchange/witness/{PROVIDER}/add-checkpoint"))
            .body(body)
            .send()
            .await
    };
    let request = |old, proof: &[Hash], checkpoint: &str| {
        AddCheckpoint { old, proof: proof.to_vec(), checkpoint: checkpoint.to_owned() }.to_string()
    };
    let (one, two, three) = (log(&["a"]), log(&["a", "b"]), log(&["a", "b", "c"]));
    let (forked_three, by_forger) = (log(&["x", "b", "c"]), ledger_signer(FORGER));
    let other_key = ledger::NoteSigner::new(ledger_signer(CONSUMER).name(), &[1; 32]).unwrap();
    let resigned = |signer: &ledger::NoteSigner| signer.sign(&three.1.checkpoint.to_string()).unwrap();
    let first = submit(request(0, &[], &one.1.note)).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let grown = submit(request(1, &two.0[1..], &two.1.note)).await;
    assert_eq!(grown.status, 200, "{}", grown.text());
    let cosigned = format!("{}{}", two.1.note, grown.text());
    assert_eq!(signer().cosigner_key().verify(&cosigned), Ok(country.clock.now().as_second().unsigned_abs()));

    let own = country.provider.node.ledger().checkpoint();
    for (case, body, status, words) in [
        ("an old size that is not the last", request(1, &two.0[1..], &three.1.note), 409, "2\n"),
        ("an earlier checkpoint again", request(0, &[], &one.1.note), 409, "2\n"),
        ("old larger than new", request(4, &[], &three.1.note), 400, "larger"),
        ("a bad proof", request(2, &three.0[..1], &three.1.note), 422, "proof does not hold"),
        ("no proof", request(2, &[], &three.1.note), 422, "proof does not hold"),
        ("another key", request(2, &three.0[2..], &resigned(&other_key)), 403, "not one the log signed"),
        (
            "signed by another ledger",
            request(2, &three.0[2..], &resigned(&by_forger)),
            403,
            "not one the log",
        ),
        (
            "a ledger that the directory does not list",
            request(0, &[], &three.1.note.replace("vn.gov.g22", "vn.gov.g77")),
            404,
            "vn.gov.g77.ledger",
        ),
        ("its own ledger", request(0, &[], &own.note), 404, "vn.gov.g01.ledger"),
        ("no request", "hello".to_owned(), 400, "form"),
        ("nothing", String::new(), 400, "form"),
        ("too large", "x".repeat(1 << 20), 413, "length limit"),
    ] {
        let reply = submit(body).await;
        assert_eq!(reply.status.as_u16(), status, "{case}: {}", reply.text());
        assert!(reply.text().contains(words), "{case}: {}", reply.text());
        let is_size = reply.header("content-type") == Some("text/x.tlog.size");
        assert_eq!(is_size, status == 409, "{case}");
    }
    // The power of two names no old root in its proof: what did not hold is a suspicion, and two roots convict.
    let forks = witnessed::forks(store).await.unwrap();
    assert!(forks.iter().all(|fork| fork.kind == ForkKind::Unproven), "{forks:?}");
    let fork = submit(request(2, &[], &log(&["a", "y"]).1.note)).await;
    assert_eq!((fork.status.as_u16(), fork.text()), (409, "2\n"));
    assert_eq!(
        submit(request(2, &three.0[2..], &three.1.note)).await.status,
        200,
        "the ledger itself goes on"
    );
    let rewritten = submit(request(3, &[], &forked_three.1.note)).await;
    assert_eq!(rewritten.status, 409);
    for _ in 0..40 {
        submit(request(3, &[], &forked_three.1.note)).await;
    }
    let forks = witnessed::forks(store).await.unwrap();
    let convicting: Vec<_> = forks.iter().filter(|fork| fork.kind == ForkKind::TwoRoots).collect();
    assert_eq!(convicting.len(), 2, "the same evidence is kept once");
    for fork in convicting {
        let evidence: Fork = fork.evidence.parse().unwrap();
        assert_eq!(evidence.judge(&ledger_signer(CONSUMER).verifier_key()), Some(ForkKind::TwoRoots));
        assert_eq!(fork.id, Hash::of(fork.evidence.as_bytes()));
    }
    for salt in 0..40 {
        submit(request(3, &[], &log(&["a", "b", &format!("z{salt}")]).1.note)).await;
    }
    let kept = witnessed::forks(store).await.unwrap();
    assert_eq!(
        kept.iter().filter(|fork| fork.kind == ForkKind::TwoRoots).count(),
        16,
        "evidence has a limit"
    );

    let name: String = Hash::of(ledger_signer(CONSUMER).name().as_bytes())
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let get = async |path: String| Call::new(address, "GET", &path).send().await;
    let last = get(format!("/exchange/witness/{PROVIDER}/{name}/checkpoint")).await;
    assert_eq!(signer().cosigner_key().verify(last.text()).is_ok(), last.status == 200);
    assert!(last.text().contains("\n3\n"), "{}", last.text());
    assert_eq!(get(format!("/exchange/witness/{PROVIDER}/{}/checkpoint", "0".repeat(64))).await.status, 404);
    assert_eq!(get(format!("/exchange/witness/{CONSUMER}/{name}/checkpoint")).await.status, 404);
}

#[tokio::test]
async fn requests_at_the_same_time_never_turn_a_ledger_back() {
    let (country, _, _backend) = witnessed_country().await;
    let witness = Arc::new(Witness::new(country.provider.node.clone(), signer()));
    let (one, two, three) = (log(&["a"]), log(&["a", "b"]), log(&["a", "b", "c"]));
    let first = AddCheckpoint { old: 0, proof: vec![], checkpoint: one.1.note };
    witness.add_checkpoint(&first.to_string()).await.unwrap();
    let to_two = AddCheckpoint { old: 1, proof: two.0[1..].to_vec(), checkpoint: two.1.note };
    let to_three = AddCheckpoint { old: 1, proof: three.0[1..].to_vec(), checkpoint: three.1.note };
    let racing: Vec<_> = (0..20)
        .map(|number| {
            let (witness, request) =
                (witness.clone(), if number % 2 == 0 { &to_two } else { &to_three }.to_string());
            tokio::spawn(async move { witness.add_checkpoint(&request).await.is_ok() })
        })
        .collect();
    let mut cosigned = 0;
    for racer in racing {
        cosigned += usize::from(racer.await.unwrap());
    }
    assert_eq!(cosigned, 1, "whoever was second had to prove the growth from another size");
}

#[tokio::test]
async fn a_witness_that_fails_is_told_of_and_stops_nothing() {
    let (country, good, _backend) = witnessed_country().await;
    let node = country.consumer.node.clone();
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let off = |minutes: i64| {
        let clock = country.clock.clone();
        move |request: String| async move {
            let request: AddCheckpoint = request.parse().unwrap();
            let key = ledger_signer(CONSUMER).verifier_key();
            let checkpoint = SignedCheckpoint::open(&request.checkpoint, &key).unwrap();
            let at: Timestamp = clock.now() + SignedDuration::from_mins(minutes);
            signer().cosign(&checkpoint, at.as_second().unsigned_abs()).unwrap()
        }
    };
    let of_another = |request: String| async move {
        let request: AddCheckpoint = request.parse().unwrap();
        let key = ledger_signer(CONSUMER).verifier_key();
        let checkpoint = SignedCheckpoint::open(&request.checkpoint, &key).unwrap();
        CosignatureSigner::new("vn.gov.g01.witness", &[9; 32]).unwrap().cosign(&checkpoint, 1).unwrap()
    };
    let conflict = |size: &'static str| {
        move || async move { (Status::CONFLICT, [("content-type", "text/x.tlog.size")], size) }
    };
    let bad = Router::new()
        .route("/ahead/add-checkpoint", post(off(6)))
        .route("/behind/add-checkpoint", post(off(-6)))
        .route("/another/add-checkpoint", post(of_another))
        .route("/garbage/add-checkpoint", post(|| async { "\u{2014} vn.gov.g01.witness AAAA\n" }))
        .route("/silent/add-checkpoint", post(|| async { "" }))
        .route("/endless/add-checkpoint", post(|| async { "x".repeat(1 << 20) }))
        .route("/broken/add-checkpoint", post(|| async { Status::INTERNAL_SERVER_ERROR }))
        .route("/restless/add-checkpoint", post(conflict("1\n")))
        .route("/before/add-checkpoint", post(conflict("1000000\n")))
        .route("/no-size/add-checkpoint", post(conflict("many\n")));
    let bad = serve(bad).await;
    for (case, url, words) in [
        ("nobody there", format!("http://{closed}/x"), "can't be reached"),
        ("no address", "https://witness.example".to_owned(), "begin with http://"),
        ("a clock ahead", format!("http://{bad}/ahead"), "clock is 360 s off"),
        ("a clock behind", format!("http://{bad}/behind"), "clock is 360 s off"),
        ("another key", format!("http://{bad}/another"), "no signature by"),
        ("garbage", format!("http://{bad}/garbage"), "not well-formed"),
        ("nothing", format!("http://{bad}/silent"), "no cosignature by"),
        ("an answer without end", format!("http://{bad}/endless"), "limit exceeded"),
        ("an error", format!("http://{bad}/broken"), "500"),
        ("other sizes each time", format!("http://{bad}/restless"), "another size each time"),
        ("more than there is", format!("http://{bad}/before"), "put back to an older state"),
        ("no size", format!("http://{bad}/no-size"), "without a size"),
        ("not found", format!("http://{good}/exchange/witness/G77"), "404"),
    ] {
        name_witness(&country, url);
        let receipt = receipt_after_a_call(&country).await;
        attestation::attest(&node, None).await.unwrap();
        let said = fault(&country).await;
        assert!(said.contains(words), "{case}: {said}");
        assert_eq!(
            attestations::latest(node.store(), node.ledger_key().name()).await.unwrap(),
            None,
            "{case}"
        );
        assert!(receipt.verify(&country.centre.verifier_key(), None).is_ok(), "{case}: traffic goes on");
    }
    name_witness(&country, format!("http://{good}/exchange/witness/{PROVIDER}/"));
    attestation::attest(&node, None).await.unwrap();
    assert_eq!(
        fault(&country).await,
        "",
        "it is asked again, and proves the growth from what the witness knows"
    );
    let attested = attestations::latest(node.store(), node.ledger_key().name()).await.unwrap().unwrap();
    assert_eq!(attested.size, node.ledger().checkpoint().checkpoint.size);
    attestation::attest(&node, None).await.unwrap();
    assert_eq!(
        attestations::latest(node.store(), node.ledger_key().name()).await.unwrap().unwrap(),
        attested,
        "nothing new to attest"
    );
}

#[tokio::test]
async fn checkpoints_are_stamped_and_receipts_say_when() {
    let (country, _, _backend) = witnessed_country().await;
    let node = &country.consumer.node;
    let issue = |authority: &pki::Authority| {
        let name = pki::DocumentSigner { common_name: "Time".into(), organization: "Centre".into() };
        let validity = pki::Validity::days(country.clock.now(), 365).unwrap();
        pki::TimeStampAuthority::new(authority.issue_time_stamper(&name, validity).unwrap())
    };
    let (stamping, late) = (country.clock.clone(), system::Clock::held_at(country.clock.now()));
    late.advance(SignedDuration::from_mins(-6));
    let other =
        pki::Authority::create("Another", pki::Validity::days(country.clock.now(), 99).unwrap()).unwrap();
    let routes = |authority, clock| exchange::time_stamps::routes(authority, clock, country.random.clone());
    let authorities = Router::new()
        .nest("/good", routes(issue(&country.authority), stamping))
        .nest("/late", routes(issue(&country.authority), late))
        .nest("/other", routes(issue(&other), country.clock.clone()))
        .route("/garbage", post(|| async { ([("content-type", "application/timestamp-reply")], "0") }));
    let authorities = serve(authorities).await;
    country.change_directory(|directory| {
        directory.time_stamp_authorities = vec![exchange::TimeStampEntry {
            url: format!("http://{authorities}/good"),
            root: country.authority.certificate_pem(),
            statement: String::new(),
        }];
    });
    for (case, path, words) in [
        ("a clock behind", "late", "clock is 360 s off"),
        ("a root that the directory does not name", "other", "not one for stamping time"),
        ("garbage", "garbage", "can't be read"),
        ("nobody", "nobody", "404"),
    ] {
        receipt_after_a_call(&country).await;
        let url = format!("http://{authorities}/{path}");
        attestation::attest(node, Some(&url)).await.unwrap();
        let attesters = attestations::attesters(node.store(), node.ledger_key().name()).await.unwrap();
        let asked = attesters.iter().find(|attester| attester.name == url).unwrap();
        assert!(asked.fault.contains(words), "{case}: {}", asked.fault);
        let latest = attestations::latest(node.store(), node.ledger_key().name()).await.unwrap().unwrap();
        assert_eq!(latest.time_stamp, None, "{case}: what the witness says is kept all the same");
    }
    let receipt = receipt_after_a_call(&country).await;
    attestation::attest(node, None).await.unwrap();
    let attested = attestations::latest(node.store(), node.ledger_key().name()).await.unwrap().unwrap();
    let anchor = country.centre.verifier_key();
    let stamped = receipt::of_message(node, receipt.message).await.unwrap().unwrap();
    let stamped = Receipt::parse(&stamped.to_json()).unwrap();
    let proven = stamped.verify(&anchor, None).unwrap();
    assert_eq!((proven.seen.len(), proven.stamped.len()), (1, 1));
    assert_eq!(proven.stamped[0].stamp.at, country.clock.now());
    assert_eq!(proven.stamped[0].ledger, "VN/GOV/G22");

    // openssl finds the same, from what the receipt holds.
    let dir = tempfile::tempdir().unwrap();
    let text = attested.note.split("\n\n").next().unwrap().to_owned() + "\n";
    std::fs::write(dir.path().join("checkpoint"), text).unwrap();
    std::fs::write(dir.path().join("token"), attested.time_stamp.unwrap()).unwrap();
    std::fs::write(dir.path().join("root.pem"), country.authority.certificate_pem()).unwrap();
    let at = country.clock.now().as_second().to_string();
    let verified = std::process::Command::new("openssl")
        .args(["ts", "-verify", "-data", "checkpoint", "-in", "token", "-token_in", "-CAfile", "root.pem"])
        .args(["-attime", &at])
        .current_dir(dir.path())
        .output()
        .expect("openssl runs; get it with: apt-get install openssl");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));

    let whole: Value = serde_json::from_str(&stamped.to_json()).unwrap();
    let refused = |case: &str, changed: &Value| {
        let outcome = Receipt::parse(&changed.to_string()).and_then(|receipt| receipt.verify(&anchor, None));
        assert!(outcome.is_err(), "{case}: {outcome:?}");
    };
    for (case, field, value) in [
        ("no token", "token", json!("")),
        ("no base64", "token", json!("*")),
        ("a statement about a node", "authority", whole["request"]["statement"].clone()),
        ("no statement", "authority", json!("")),
    ] {
        let mut changed = whole.clone();
        changed["request"]["time_stamp"][field] = value;
        refused(case, &changed);
    }
    let earlier = receipt_after_a_call(&country).await;
    country.clock.advance(SignedDuration::from_secs(1));
    attestation::attest(node, None).await.unwrap();
    let other = receipt::of_message(node, earlier.message).await.unwrap().unwrap();
    let other: Value = serde_json::from_str(&other.to_json()).unwrap();
    let mut changed = whole.clone();
    changed["request"]["time_stamp"] = other["request"]["time_stamp"].clone();
    refused("the stamp of another checkpoint", &changed);
}
