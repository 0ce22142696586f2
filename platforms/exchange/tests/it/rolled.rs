//! Ledger keys are rolled: no message waits for it, witnesses go on, and what was proven stays proven.

use crate::{
    backend::Backend,
    client::Call,
    country::{
        CLIENT, CONSUMER, Country, FORGER, PROVIDER, Running, TARGET, TOKEN, identity, rolled_signer,
        start_of_tests,
    },
    peer::Forger,
    witness::{receipt_after_a_call, witnessed_country},
};
use exchange::{
    Receipt, attestation, receipt,
    records::{attestations, witnessed},
    watch::{self, Standing},
    wire::LinkError,
};
use http::StatusCode;
use jiff::SignedDuration;
use ledger::LedgerSigner;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use uuid::Uuid;

const CALLERS: usize = 8;
/// Messages that pass between two steps of a roll.
const BETWEEN: usize = 15;

fn both(code: &str, number: u8) -> LedgerSigner {
    LedgerSigner::rolling(rolled_signer(code, number - 1), rolled_signer(code, number)).unwrap()
}

async fn receipt_of(running: &Running, id: Uuid) -> Receipt {
    receipt::of_message(&running.node, id).await.unwrap().expect("the message is in the log")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_and_then_ledger_keys_are_rolled_at_both_ends_without_a_message_lost() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (systems, stop) = (country.consumer.systems, stop.clone());
            tokio::spawn(async move {
                let mut answered: Vec<Uuid> = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    let call = Call::new(systems, "POST", &format!("{TARGET}/x"))
                        .header("x-road-client", CLIENT)
                        .header("x-lienthong-token", TOKEN);
                    let reply = call.body("x").send().await;
                    assert_eq!(reply.status, StatusCode::OK, "after {}: {}", answered.len(), reply.text());
                    answered.push(reply.receipt().trim_start_matches("/receipts/").parse().unwrap());
                }
                answered
            })
        })
        .collect();
    let pass = async || {
        let before = backend.count();
        while backend.count() < before + BETWEEN {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let until = start_of_tests() + SignedDuration::from_hours(24);
    for number in 1..=3 {
        for running in [&country.consumer, &country.provider] {
            let renewed =
                identity(&country.authority, running.code, start_of_tests(), 100 + u32::from(number));
            running.identity.replace((*renewed.current()).clone()).unwrap();
            pass().await;
            // Once the centre lists the key before the node signs with it, and once after.
            if number % 2 == 0 {
                country.list_rolled(running.code, number, until);
                pass().await;
            }
            running.node.ledger().roll(both(running.code, number)).unwrap();
            pass().await;
            if number % 2 == 1 {
                country.list_rolled(running.code, number, until);
                pass().await;
            }
            running.node.ledger().roll(rolled_signer(running.code, number)).unwrap();
            pass().await;
            assert_eq!(watch::look(&running.node).await[1], ("ledger-key", Standing::Good));
        }
    }
    stop.store(true, Ordering::SeqCst);
    let mut answered = Vec::new();
    for caller in callers {
        answered.extend(caller.await.unwrap());
    }
    assert_eq!(backend.count(), answered.len(), "each was run once");
    // What any of the keys has sealed is proven, by either node.
    let anchor = country.centre.verifier_key();
    for id in answered {
        for running in [&country.consumer, &country.provider] {
            let receipt = receipt_of(running, id).await;
            assert_eq!(receipt.verify(&anchor, Some(b"x")).unwrap().status.as_deref(), Some("200 OK"));
        }
    }
}

#[tokio::test]
async fn while_both_keys_sign_it_does_not_matter_which_directory_a_peer_has() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let anchor = country.centre.verifier_key();
    let until = country.clock.now() + SignedDuration::from_hours(24);
    let early = receipt_after_a_call(&country).await;
    for running in [&country.consumer, &country.provider] {
        running.node.ledger().roll(both(running.code, 1)).unwrap();
    }
    let unlisted = receipt_after_a_call(&country).await;
    assert!(unlisted.verify(&anchor, None).is_ok(), "nobody need know of the new key");
    country.list_rolled(CONSUMER, 1, until);
    country.list_rolled(PROVIDER, 1, until);
    let listed = receipt_after_a_call(&country).await;
    country.clock.advance(SignedDuration::from_hours(25));
    receipt_after_a_call(&country).await;
    let [(_, standing), ..] = &watch::look(&country.consumer.node).await[1..] else { unreachable!() };
    assert!(
        matches!(standing, Standing::Doubtful(reason) if reason.contains("still signs beside the new one")),
        "{standing:?}"
    );
    for running in [&country.consumer, &country.provider] {
        running.node.ledger().roll(rolled_signer(running.code, 1)).unwrap();
    }
    let late = receipt_after_a_call(&country).await;
    for receipt in [early, unlisted, listed, late] {
        assert!(receipt.verify(&anchor, None).is_ok(), "a receipt that somebody keeps");
        for running in [&country.consumer, &country.provider] {
            let again = receipt_of(running, receipt.message).await;
            assert!(again.verify(&anchor, None).is_ok(), "and one that is made after the old key has ended");
        }
    }
}

#[tokio::test]
async fn a_key_that_has_ended_seals_nothing_more() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let forger = Forger::of(&country);
    assert_eq!(forger.honest(&country).await, StatusCode::OK);
    country.list_rolled(FORGER, 1, country.clock.now() + SignedDuration::from_mins(10));
    assert_eq!(forger.honest(&country).await, StatusCode::OK, "until it ends the old one does");
    country.clock.advance(SignedDuration::from_mins(11));
    let outcome = forger.send(&country, forger.seal(forger.draft()).await).await;
    assert!(
        matches!(&outcome, Err(LinkError::Aborted { reason, .. }) if reason.contains("no signature by")),
        "{outcome:?}"
    );
    forger.ledger.roll(both(FORGER, 1)).unwrap();
    assert_eq!(forger.honest(&country).await, StatusCode::OK);
    forger.ledger.roll(rolled_signer(FORGER, 1)).unwrap();
    assert_eq!(forger.honest(&country).await, StatusCode::OK);
}

#[tokio::test]
async fn for_its_witnesses_it_stays_the_same_ledger() {
    let (country, _, _backend) = witnessed_country().await;
    let (node, witness) = (&country.consumer.node, &country.provider.node);
    let attested = async || {
        receipt_after_a_call(&country).await;
        attestation::attest(node, None).await.unwrap();
        let attesters = attestations::attesters(node.store(), node.ledger_key().name()).await.unwrap();
        assert_eq!(attesters[0].fault, "");
        assert_eq!(attesters[0].size, node.ledger().checkpoint().checkpoint.size);
    };
    let early = receipt_after_a_call(&country).await;
    attested().await;
    for number in 1..=2 {
        node.ledger().roll(both(CONSUMER, number)).unwrap();
        attested().await;
        country.list_rolled(CONSUMER, number, country.clock.now());
        attested().await;
        country.clock.advance(SignedDuration::from_mins(1));
        node.ledger().roll(rolled_signer(CONSUMER, number)).unwrap();
        attested().await;
    }
    let known = witnessed::all(witness.store()).await.unwrap();
    assert_eq!(known.len(), 1, "one ledger: {known:?}");
    assert_eq!(known[0].size, node.ledger().checkpoint().checkpoint.size);
    assert!(witnessed::forks(witness.store()).await.unwrap().is_empty());
    let receipt = receipt_of(&country.consumer, early.message).await;
    let proven = receipt.verify(&country.centre.verifier_key(), None).unwrap();
    assert_eq!(proven.seen[0].by, format!("VN/GOV/{PROVIDER}"));
    // The old key may be stolen now: nothing that it signs alone is cosigned.
    let attested_size = known[0].size;
    let stolen =
        ledger::Checkpoint { size: attested_size + 1, ..node.ledger().checkpoint().checkpoint.clone() };
    let stolen = ledger::SignedCheckpoint::sign(stolen, &rolled_signer(CONSUMER, 0)).unwrap();
    let request =
        ledger::AddCheckpoint { old: attested_size, proof: Vec::new(), checkpoint: stolen.note }.to_string();
    let signer = ledger::CosignatureSigner::new("vn.gov.g01.witness", &[6; 32]).unwrap();
    let refused = exchange::Witness::new(witness.clone(), signer).add_checkpoint(&request).await;
    assert!(refused.unwrap_err().to_string().contains("no signature by"));
}

#[tokio::test]
async fn a_node_says_when_others_would_not_take_what_it_signs() {
    let country = Country::found().await;
    let node = &country.consumer.node;
    let standing = async || {
        let [_, (part, standing), ..] = watch::look(node).await;
        assert_eq!(part, "ledger-key");
        standing
    };
    assert_eq!(standing().await, Standing::Good);
    node.ledger().roll(both(CONSUMER, 1)).unwrap();
    assert_eq!(standing().await, Standing::Good, "the old key is the one that is listed");
    node.ledger().roll(rolled_signer(CONSUMER, 0)).unwrap();
    country.list_rolled(CONSUMER, 1, country.clock.now());
    let said = standing().await;
    assert!(matches!(&said, Standing::Doubtful(reason) if reason.contains("name both")), "{said:?}");
    country.clock.advance(SignedDuration::from_secs(1));
    let said = standing().await;
    assert!(matches!(&said, Standing::Bad(reason) if reason.contains("refuse its messages")), "{said:?}");
    country.change_directory(|directory| {
        directory.members.retain(|member| member.id.code != CONSUMER);
        directory.nodes.retain(|node| !node.id.ends_with(CONSUMER));
    });
    let said = standing().await;
    assert!(matches!(&said, Standing::Bad(reason) if reason.contains("does not list")), "{said:?}");
}
