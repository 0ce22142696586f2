//! A member with two nodes: calls turn to the other one when they may, and receipts are found at either.

use crate::{
    backend::Backend,
    country::{CONSUMER, Country, FORGER, PROVIDER},
    peer::{Answering, Forger},
};
use contracts::MemberId;
use exchange::wire::{Abort, AbortKind};
use http::StatusCode;
use jiff::SignedDuration;
use uuid::Uuid;

fn node(code: &str) -> String {
    MemberId::agency(code).to_string()
}

/// The provider is served by its own node and by the forger's, which comes first in every second call.
fn two_nodes(country: &Country) {
    country.change_directory(|directory| directory.members[1].nodes = [PROVIDER, FORGER].map(node).into());
}

#[tokio::test]
async fn what_one_node_has_not_taken_the_other_is_asked() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    two_nodes(&country);
    // Nobody listens where the directory says that the forger does.
    let address = country.forger.lock().unwrap().take();
    drop(address);
    for (number, method) in ["POST", "GET", "POST", "GET", "PUT"].into_iter().enumerate() {
        let reply = country.call(method, "/x").send().await;
        assert_eq!((reply.status, backend.count()), (StatusCode::OK, number + 1), "{}", reply.text());
        country.clock.advance(SignedDuration::from_secs(number as i64 * 3));
    }
}

#[tokio::test]
async fn what_one_node_may_have_run_is_asked_again_only_if_it_changes_nothing() {
    for (answer, method, fault) in [
        (AbortKind::GoingDown, "POST", "none"),
        (AbortKind::Overloaded, "POST", "none"),
        (AbortKind::Failed, "POST", "server.serverproxy.logging_failed"),
        (AbortKind::Failed, "GET", "none"),
        (AbortKind::Refused, "POST", "server.serverproxy.invalid_request"),
    ] {
        let (country, backend) = (Country::found().await, Backend::echo().await);
        country.offer(&backend);
        two_nodes(&country);
        let abort = Abort { kind: answer, reason: "so it is".into() };
        let (other, _dir) = Forger::of(&country).listen(&country, Answering::Not(abort));
        let faults = [country.call(method, "/x").send().await, country.call(method, "/x").send().await]
            .map(|reply| reply.fault().to_owned());
        assert_eq!(faults, ["none", fault], "{answer:?} {method}");
        assert_eq!(other.asked().len(), 1, "{answer:?} {method}: each has its turn");
        assert_eq!(backend.count(), if fault == "none" { 2 } else { 1 }, "{answer:?} {method}");
    }
}

#[tokio::test]
async fn a_receipt_is_found_at_the_node_that_did_not_send_the_message() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let reply = country.call("POST", "/x").body("x").send().await;
    let path = reply.receipt().to_owned();
    // From now on the provider's node is the consumer's second one, and the system calls there.
    country.change_directory(|directory| directory.members[0].nodes = [CONSUMER, PROVIDER].map(node).into());
    crate::country::admit_portal(&country.provider.node);
    for (case, systems) in [("sent", country.consumer.systems), ("not sent", country.provider.systems)] {
        let found = country.call_at(systems, "GET", &path).send().await;
        assert_eq!(found.status, StatusCode::OK, "{case}: {}", found.text());
        let receipt = exchange::Receipt::parse(found.text()).unwrap();
        receipt.verify(&country.centre.verifier_key(), Some(b"x")).unwrap();
        let nobodys = format!("/receipts/{}", Uuid::nil());
        let missing = country.call_at(systems, "GET", &nobodys).send().await;
        assert_eq!(missing.fault(), "client.bad_request", "{case}: {}", missing.text());
    }
}

#[tokio::test]
async fn receipts_are_given_to_no_other_member_and_to_no_system_as_to_a_node() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let reply = country.call("POST", "/x").body("x").send().await;
    let id = reply.receipt().trim_start_matches("/receipts/").to_owned();
    for system in ["VN/GOV/G01/population", "VN/GOV/G22/portal"] {
        let target = format!("/r1/{system}/getReceipt?message={id}");
        let reply = country.call_target("GET", &target).send().await;
        assert_eq!(reply.fault(), "server.serverproxy.access_denied", "{system}: {}", reply.text());
    }
}
