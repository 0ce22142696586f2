//! Nobody is let in who should not be when the store is lost or the clock jumps, and nobody is thrown out without cause.

use crate::{
    keys::{add, use_key},
    site::{AN, Answer, Browser, PASSWORD, Site},
};
use axum::http::StatusCode;
use identity::testing::{Authenticator, hold_password_checks};
use jiff::SignedDuration;
use std::sync::Arc;
use store::Location;
use tokio::task::JoinSet;

#[tokio::test]
async fn a_store_that_is_lost_lets_nobody_in() {
    for step in ["password", "code"] {
        let site = Site::open().await;
        let (mut owner, _) = site.account().await;
        let mut browser = Browser::default();
        let mut csrf = site.get(&mut browser, "/identity/sign-in").await.hidden("csrf").to_owned();
        let mut code = String::new();
        if step == "code" {
            site.password(&mut browser, AN, PASSWORD).await;
            code = site.last_code().await;
            csrf = site.get(&mut browser, "/identity/sign-in/code").await.hidden("csrf").to_owned();
        }
        site.test.room.store.clone().close().await.unwrap();
        let answer = match step {
            "password" => {
                let answers = [("number", AN), ("password", PASSWORD)];
                site.post(&mut browser, "/identity/sign-in", &csrf, &answers).await
            }
            _ => site.post(&mut browser, "/identity/sign-in/code", &csrf, &[("code", &code)]).await,
        };
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{step}");
        assert!(answer.set_cookie("identity_session").is_none(), "{step}");
        // Nor is anybody in whose session can't be read.
        let page = site.get(&mut owner, "/identity").await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{step}");
        assert!(owner.cookies.contains_key("identity_session"), "they keep their session for later");
    }
}

#[tokio::test]
async fn sessions_and_steps_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let location = Location::SqliteFile(dir.path().join("identity.sqlite"));
    let site = Site::open_at(&location).await;
    let (mut owner, _) = site.account().await;
    let mut browser = Browser::default();
    site.password(&mut browser, AN, PASSWORD).await;
    let code = site.last_code().await;
    site.test.room.store.clone().close().await.unwrap();

    let site = Site::open_at(&location).await;
    assert!(site.is_signed_in(&mut owner).await);
    let answer = site.code(&mut browser, "/identity/sign-in/code", &code).await;
    assert_eq!(answer.location, "/identity/history");
    assert!(site.is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn clocks_that_jump_let_nobody_in_and_throw_nobody_out() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    let mut browser = Browser::default();
    site.password(&mut browser, AN, PASSWORD).await;
    let code = site.last_code().await;
    let csrf = site.get(&mut browser, "/identity/sign-in/code").await.hidden("csrf").to_owned();
    // Back: nobody can say how old the code is. Far ahead: it has run out.
    for hours in [-5, 5 + 24 * 365] {
        site.test.clock.advance(SignedDuration::from_hours(hours));
        let answer = site.post(&mut browser, "/identity/sign-in/code", &csrf, &[("code", &code)]).await;
        assert!(answer.has("run out"), "{hours}");
        assert!(!site.is_signed_in(&mut browser).await, "{hours}");
        if hours < 0 {
            assert!(site.is_signed_in(&mut owner).await, "a session is not ended by a clock that goes back");
        }
    }
    assert!(!site.is_signed_in(&mut owner).await, "a year later the session is over");
}

#[tokio::test]
async fn sessions_end_when_nobody_uses_them() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    for _ in 0..5 {
        site.minutes_pass(29);
        assert!(site.is_signed_in(&mut owner).await);
    }
    site.minutes_pass(30);
    assert!(!site.is_signed_in(&mut owner).await);
}

#[tokio::test]
async fn a_flood_of_sign_ins_slows_only_itself() {
    let site = Arc::new(Site::open().await);
    let (mut owner, _) = site.account().await;
    let mut device = Authenticator::es256();
    add(&site, &mut owner, &mut device, "").await;
    let mut shown = Browser::default();
    let csrf = site.get(&mut shown, "/identity/sign-in").await.hidden("csrf").to_owned();
    let held = hold_password_checks(&site.system).await;
    let mut flood: JoinSet<Answer> = (0..200)
        .map(|number: u32| {
            let (site, mut browser, csrf) = (site.clone(), shown.clone(), csrf.clone());
            let person = format!("0011900{number:05}");
            async move {
                let answers = [("number", person.as_str()), ("password", "not the password")];
                site.post(&mut browser, "/identity/sign-in", &csrf, &answers).await
            }
        })
        .collect();
    // Whoever finds no room is told so at once.
    for _ in 0..100 {
        let answer = flood.join_next().await.unwrap().unwrap();
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{}", answer.body);
        assert_eq!(answer.headers["retry-after"], "5");
        assert!(answer.set_cookie("identity_session").is_none());
    }
    // Nobody else waits: those who are signed in, those who come with a passkey, and programs.
    for path in ["/identity", "/identity/sign-in", "/identity/sessions", "/identity/jwks"] {
        assert_eq!(site.get(&mut owner, path).await.status, StatusCode::OK, "{path}");
    }
    let mut elsewhere = Browser::default();
    assert_eq!(use_key(&site, &mut elsewhere, &mut device).await.location, "/identity/history");
    drop(held);
    while let Some(answer) = flood.join_next().await {
        let answer = answer.unwrap();
        assert!(answer.set_cookie("identity_session").is_none());
    }
    site.sign_in(&mut Browser::default()).await;
}
