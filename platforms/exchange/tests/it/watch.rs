//! What works, but not as it should, is told everywhere and stops nothing.

use crate::{
    backend::Backend,
    country::{Country, FORGER, PROVIDER},
    pages::Site,
    peer::{Draft, Forger},
    witness::{name_witness, receipt_after_a_call},
};
use exchange::{
    TimeStampEntry, attestation, monitoring,
    watch::{self, Standing},
    wire::LinkError,
};
use http::{Request, StatusCode};
use jiff::SignedDuration;
use tower::ServiceExt as _;

/// How a part of the provider's node is.
async fn standing(country: &Country, part: &str) -> Standing {
    let all = watch::look(&country.provider.node).await;
    all.into_iter().find(|(name, _)| *name == part).expect("a part").1
}

fn reason(standing: Standing) -> String {
    match standing {
        Standing::Doubtful(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_centre_is_gone_for_a_day_and_traffic_goes_on() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    assert_eq!(standing(&country, "directory").await, Standing::Good);
    let anchor = country.centre.verifier_key();
    for hours in 1..=49 {
        country.clock.advance(SignedDuration::from_hours(1));
        let receipt = receipt_after_a_call(&country).await;
        assert!(receipt.verify(&anchor, None).is_ok(), "after {hours} h");
        let standing = standing(&country, "directory").await;
        assert_eq!(standing == Standing::Good, hours <= 24, "after {hours} h: {standing:?}");
    }
    let said = reason(standing(&country, "directory").await);
    assert!(said.contains("past its refresh date") && said.contains("by 25 h"), "{said}");
    let mut site = Site::of(country);
    let (_, page) = site.page("/exchange", None).await;
    assert!(page.contains("past its refresh date"), "{page}");
    // What was started in the meantime works, too.
    site.country.restart_provider().await;
    site.country.offer(&backend);
    receipt_after_a_call(&site.country).await;

    let now = site.country.clock.now();
    site.country.change_directory(|directory| directory.fresh_until = now + SignedDuration::from_hours(24));
    assert_eq!(standing(&site.country, "directory").await, Standing::Good, "the centre is back");
    receipt_after_a_call(&site.country).await;
    let (_, page) = Site::of(site.country).page("/exchange", None).await;
    assert!(!page.contains("past its refresh date"), "{page}");
}

#[tokio::test]
async fn without_witness_and_time_stamps_traffic_goes_on() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let nobody = "http://127.0.0.1:1";
    name_witness(&country, format!("{nobody}/witness"));
    let root = country.authority.certificate_pem();
    country.change_directory(|directory| {
        // The provider itself is asked no more than the others: the witness is the forger's node.
        directory.witnesses[0].node = format!("VN/GOV/{FORGER}");
        directory.time_stamp_authorities =
            vec![TimeStampEntry { url: format!("{nobody}/stamps"), root, statement: String::new() }];
    });
    assert_eq!(standing(&country, "attestation").await, Standing::Good, "nobody was asked yet");
    receipt_after_a_call(&country).await;
    attestation::attest(&country.provider.node, None).await.unwrap();
    let said = reason(standing(&country, "attestation").await);
    for words in ["vn.gov.g01.witness does not attest", "/stamps does not attest", "can't be reached"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let receipt = receipt_after_a_call(&country).await;
    assert!(receipt.verify(&country.centre.verifier_key(), None).is_ok());
    let (_, page) = Site::of(country).page("/exchange/witnesses", None).await;
    assert!(
        page.matches("can&#39;t be reached").count() + page.matches("can't be reached").count() >= 2,
        "{page}"
    );
}

#[tokio::test]
async fn the_clocks_of_peers_are_watched() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let forger = Forger::of(&country);
    let second = 1_000_000;
    let send = async |ahead_seconds: i64| {
        let now = country.clock.now().as_microsecond();
        let draft = Draft { time: Some(now + ahead_seconds * second), ..forger.draft() };
        forger.send(&country, forger.seal(draft).await).await
    };
    receipt_after_a_call(&country).await;
    assert!(send(1).await.is_ok());
    assert_eq!(standing(&country, "clocks").await, Standing::Good);
    for (ahead, taken, words) in [
        (40, true, "40.0 s ahead of"),
        (400, false, "400.0 s ahead of"),
        (-299, true, "299.0 s behind"),
        (-1_000, false, "1000.0 s behind"),
    ] {
        // What was heard before is forgotten.
        country.clock.advance(SignedDuration::from_mins(3));
        let outcome = send(ahead).await;
        assert_eq!(outcome.is_ok(), taken, "{ahead}: {outcome:?}");
        if let Err(LinkError::Aborted { reason, .. }) = outcome {
            let by = format!("{} s by the clock", ahead.abs());
            assert!(reason.contains(&by) && reason.contains("set the clock that is wrong"), "{reason}");
        }
        let said = reason(standing(&country, "clocks").await);
        assert!(said.contains(&format!("VN/GOV/{FORGER} is {words}")), "{said}");
    }
    let asked = Request::get("/clocks").body(axum::body::Body::empty()).unwrap();
    let answer = monitoring::routes(country.provider.node.clone()).oneshot(asked).await.unwrap();
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 16).await.unwrap();
    let told: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let of =
        |id: &str| told["nodes"].as_array().unwrap().iter().find(|node| node["node"] == id).unwrap().clone();
    let forgers = of(&format!("VN/GOV/{FORGER}"));
    assert_eq!(
        (&forgers["aheadMicros"], &forgers["far"]),
        (&(-1_000 * second).into(), &true.into()),
        "{told}"
    );
    assert_eq!(of("VN/GOV/G22")["far"], false, "{told}");
    // The consumer has asked, so it knows both bounds.
    let known = country.consumer.node.clocks().differences();
    assert_eq!(
        (&*known[0].node, known[0].micros, known[0].uncertain_micros),
        (&*format!("VN/GOV/{PROVIDER}"), 0, Some(0))
    );

    let (status, page) = Site::of(country).page("/exchange", None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("The clocks of two nodes differ") && page.contains("-1000000.0"), "{page}");
}
