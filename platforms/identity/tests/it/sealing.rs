//! Signing keys in the records are sealed; forms and secrets are the same for all nodes and after a restart.

use crate::{
    keys::{app_code, set_app_up, shared_key},
    provider::jwks,
    site::{AN, Answer, Browser, PASSWORD, Site},
};
use axum::http::StatusCode;
use jiff::SignedDuration;
use std::time::Duration;
use store::{Batch, Location, params, testing::postgres};
use system::{Random, Sealing, System as _, Worker};

store::statements! {
    /// Keeps the only account's secret as earlier versions did.
    KEEP_IN_THE_CLEAR = "UPDATE accounts SET totp_secret = $1, totp_sealed_by = ''";
    /// The keys of tokens.
    SIGNING_KEYS = "SELECT kid FROM signing_keys";
    /// What is kept of it.
    KEPT = "SELECT totp_secret FROM accounts";
}

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

/// Signs in with password and the code of the app; what is answered.
async fn sign_in_by_app(site: &Site, secret: &str) -> Answer {
    let mut browser = Browser::default();
    site.minutes_pass(1);
    let asked = site.password(&mut browser, AN, PASSWORD).await;
    assert_eq!(asked.location, "/identity/sign-in/code", "{}", asked.body);
    let code = app_code(secret, site.test.clock.now().as_second());
    site.code(&mut browser, "/identity/sign-in/code", &code).await
}

#[tokio::test]
async fn a_secret_of_an_app_is_sealed_and_follows_the_sealing_key() {
    let dir = tempfile::tempdir().unwrap();
    let records = dir.path().join("identity.sqlite");
    let location = Location::SqliteFile(records.clone());
    let random = Random::from_seed(3);
    let file = dir.path().join("sealing.keys");
    let site = Site::open_sealed(&location, Sealing::open(&file, &random).unwrap()).await;
    let (mut owner, _) = site.account().await;
    let secret = set_app_up(&site, &mut owner).await;
    // Each of these replaces the key that was the first one left; in between only the system looks after it.
    for _ in 0..3 {
        Sealing::rotate(&file, &random).unwrap();
        site.minutes_pass(61);
        site.system.tend().await;
    }
    let answer = sign_in_by_app(&site, &secret).await;
    assert_eq!(answer.location, "/identity/history", "{}", answer.body);
    // Another node has the new key already and sealed by it; this one has not read the file again.
    Sealing::rotate(&file, &random).unwrap();
    let other = Site::open_sealed(&location, Sealing::open(&file, &random).unwrap()).await;
    other.system.tend().await;
    assert_eq!(sign_in_by_app(&site, &secret).await.location, "/identity/history");
    for site in [site, other] {
        site.test.room.store.clone().close().await.unwrap();
    }

    let key = shared_key(&secret);
    let kept = std::fs::read(&records).unwrap();
    assert!(!kept.windows(key.len()).any(|bytes| bytes == key), "nothing of it is in the clear");
    let others = Sealing::open(&dir.path().join("others.keys"), &random).unwrap();
    let site = Site::open_sealed(&location, others).await;
    site.system.tend().await;
    let answer = sign_in_by_app(&site, &secret).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "nobody is let in unchecked");
    site.test.room.store.clone().close().await.unwrap();
    let site = Site::open_sealed(&location, Sealing::open(&file, &random).unwrap()).await;
    // Its clock begins anew, and codes of before the last one that was taken count no more.
    site.minutes_pass(24 * 60);
    assert_eq!(sign_in_by_app(&site, &secret).await.location, "/identity/history", "it was not touched");
}

#[tokio::test]
async fn the_keys_are_looked_after_though_nobody_asks_for_them() {
    let site = Site::open().await;
    let (room, store) = (&site.test.room, &site.test.room.store);
    let worker = Worker::start(site.system.clone(), store.clone(), room.clock.clone(), room.tasks.clone());
    let are_made = async || !store.read(&SIGNING_KEYS, params![]).await.unwrap().is_empty();
    let made = async {
        while !are_made().await {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), made).await.is_ok(), "there are no keys");
    worker.stop().await;
}

#[tokio::test]
async fn a_secret_that_an_earlier_version_kept_in_the_clear_is_sealed() {
    let dir = tempfile::tempdir().unwrap();
    let records = dir.path().join("identity.sqlite");
    let site = Site::open_at(&Location::SqliteFile(records.clone())).await;
    let (mut owner, _) = site.account().await;
    let secret = set_app_up(&site, &mut owner).await;
    let key = shared_key(&secret);
    let mut batch = Batch::new();
    batch.change_one(&KEEP_IN_THE_CLEAR, params![key.clone()]);
    site.test.room.store.write(batch).await.unwrap();
    let kept = async || site.test.room.store.read_one(&KEPT, params![]).await.unwrap().unwrap();
    assert_eq!(sign_in_by_app(&site, &secret).await.location, "/identity/history");
    site.system.tend().await;
    let sealed: Vec<u8> = kept().await.get(0).unwrap();
    assert!(!sealed.windows(key.len()).any(|bytes| bytes == key));
    assert_eq!(sign_in_by_app(&site, &secret).await.location, "/identity/history");
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
