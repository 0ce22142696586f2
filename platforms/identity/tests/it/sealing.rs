//! Signing keys in the records are sealed; forms and secrets are the same for all nodes and after a restart.

use crate::{
    provider::jwks,
    site::{AN, Browser, PASSWORD, Site},
};
use axum::http::StatusCode;
use jiff::SignedDuration;
use store::{Location, testing::postgres};
use system::{Random, Sealing};

#[tokio::test]
async fn keys_are_the_same_after_a_restart_and_nothing_without_what_sealed_them() {
    let dir = tempfile::tempdir().unwrap();
    let location = Location::SqliteFile(dir.path().join("identity.sqlite"));
    let random = Random::from_seed(2);
    let file = dir.path().join("sealing.keys");
    let site = Site::open_sealed(&location, Sealing::open(&file, &random).unwrap()).await;
    let published = jwks(&site).await;
    // Replaced once while it runs, and once after it has sealed anew: by now the first key is nowhere.
    for _ in 0..2 {
        Sealing::rotate(&file, &random).unwrap();
        site.test.clock.advance(SignedDuration::from_mins(61));
        assert_eq!(jwks(&site).await, published);
    }
    // A file that is gone, or another's, stops nobody who has the keys at hand.
    let kept = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    site.test.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(jwks(&site).await, published);
    site.test.room.store.clone().close().await.unwrap();

    let others = Sealing::open(&dir.path().join("others.keys"), &random).unwrap();
    let site = Site::open_sealed(&location, others).await;
    let answer = site.get(&mut Browser::default(), "/identity/jwks").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "no new keys are made in their place");
    site.test.room.store.clone().close().await.unwrap();

    let back = dir.path().join("back.keys");
    pki::files::write_private(&back, std::str::from_utf8(&kept).unwrap()).unwrap();
    let site = Site::open_sealed(&location, Sealing::open(&back, &random).unwrap()).await;
    assert_eq!(jwks(&site).await, published);
}

#[tokio::test]
async fn records_do_not_hold_a_key_in_the_clear() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("identity.sqlite");
    let site = Site::open_at(&Location::SqliteFile(file.clone())).await;
    jwks(&site).await;
    site.test.room.store.clone().close().await.unwrap();
    let records = std::fs::read(&file).unwrap();
    // What every P-256 and every Ed25519 key in PKCS #8 holds: the identifiers of the curves.
    for identifier in [
        &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07][..],
        &[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70],
    ] {
        assert!(!records.windows(identifier.len()).any(|bytes| bytes == identifier));
    }
}

/// A form that was shown by one site is sent to another, with a step in between.
async fn sign_in_across(shown: &Site, sent: &Site) {
    let mut browser = Browser::default();
    let csrf = shown.get(&mut browser, "/identity/sign-in").await.hidden("csrf").to_owned();
    let answers = [("number", AN), ("password", PASSWORD), ("return", "/identity/history")];
    let answer = sent.post(&mut browser, "/identity/sign-in", &csrf, &answers).await;
    assert_eq!(answer.location, "/identity/sign-in/code", "{}", answer.body);
    let code = sent.last_code().await;
    let csrf = sent.get(&mut browser, "/identity/sign-in/code").await.hidden("csrf").to_owned();
    let answer = shown.post(&mut browser, "/identity/sign-in/code", &csrf, &[("code", &code)]).await;
    assert_eq!(answer.location, "/identity/history", "{}", answer.body);
    assert!(shown.is_signed_in(&mut browser).await && sent.is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn two_nodes_of_one_agency_take_each_others_forms_steps_and_sessions() {
    let location = postgres().location();
    let (one, two) = (Site::open_at(&location).await, Site::open_at(&location).await);
    one.account().await;
    sign_in_across(&one, &two).await;
    assert_eq!(jwks(&one).await, jwks(&two).await);
}

#[tokio::test]
async fn a_form_outlives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let location = Location::SqliteFile(dir.path().join("identity.sqlite"));
    let site = Site::open_at(&location).await;
    let (mut owner, _) = site.account().await;
    let page = site.get(&mut owner, "/identity/keys/password").await;
    site.test.room.store.clone().close().await.unwrap();

    let site = Site::open_at(&location).await;
    let new = "con mèo trèo cây cau";
    let answers = [("password", PASSWORD), ("new-password", new), ("repeat-password", new)];
    let answer = site.post(&mut owner, "/identity/keys/password", page.hidden("csrf"), &answers).await;
    assert_eq!(answer.location, "/identity/keys?done=yes", "{}", answer.body);
}
