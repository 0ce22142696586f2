//! Level 2: two officials, then a passkey.

use crate::{
    keys::{add, use_key},
    site::{AN, Browser, Site},
};
use axum::http::StatusCode;
use identity::testing::Authenticator;

pub(crate) const FIRST: &str = "001080000001";
pub(crate) const SECOND: &str = "001080000002";

pub(crate) async fn check(site: &Site, official: &str, number: &str) -> String {
    let mut browser = site.official(official, "examiner");
    let answers = [("number", number), ("document", "CC 001190000001"), ("compared", "yes")];
    site.fill(&mut browser, "/identity/office", "/identity/office/check", &answers).await.body
}

/// The code that the second official hands over, or what stands on the page instead.
pub(crate) async fn confirm(site: &Site, official: &str) -> Result<String, StatusCode> {
    let mut browser = site.official(official, "examiner");
    let waiting = site.get(&mut site.official("001080000009", "examiner"), "/identity/office").await;
    let id = waiting.hidden("check").to_owned();
    let csrf = site.get(&mut browser, "/identity/office").await.hidden("csrf").to_owned();
    let answer = site.post(&mut browser, "/identity/office/confirm", &csrf, &[("check", &id)]).await;
    if answer.status == StatusCode::OK { Ok(answer.written_key()) } else { Err(answer.status) }
}

#[tokio::test]
async fn two_officials_and_a_passkey_make_level_two() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    check(&site, FIRST, AN).await;
    assert_eq!(confirm(&site, FIRST).await, Err(StatusCode::UNPROCESSABLE_ENTITY), "it takes two");
    let code = confirm(&site, SECOND).await.unwrap();
    assert_eq!(confirm(&site, SECOND).await, Err(StatusCode::NOT_FOUND), "once");
    let page = site.get(&mut owner, "/identity").await;
    assert!(page.has("Level 1"), "the check alone changes nothing");

    // An authenticator that fails does not use the code up.
    let mut broken = Authenticator::es256();
    broken.flags = 0;
    assert!(add(&site, &mut owner, &mut broken, &code).await.has("could not be used"));
    let mut device = Authenticator::es256();
    assert_eq!(add(&site, &mut owner, &mut device, &code).await.location, "/identity/keys?done=yes");
    assert!(site.get(&mut owner, "/identity").await.has("Level 2"));
    let mut elsewhere = Browser::default();
    use_key(&site, &mut elsewhere, &mut device).await;
    let sessions = site.get(&mut elsewhere, "/identity/sessions").await;
    let this = sessions.body.split("This session").nth(1).unwrap();
    assert!(this.contains("Level 2"));

    // The code is used; a key added in a session of level 1 is of level 1, one added in a session of level 2 of level 2.
    let mut third = Authenticator::es256();
    assert!(add(&site, &mut owner, &mut third, &code).await.has("was used"));
    for (browser, expected) in [(&mut owner, "Level 1"), (&mut elsewhere, "Level 2")] {
        let mut device = Authenticator::eddsa();
        assert_eq!(add(&site, browser, &mut device, "").await.location, "/identity/keys?done=yes");
        let mut fresh = Browser::default();
        use_key(&site, &mut fresh, &mut device).await;
        let sessions = site.get(&mut fresh, "/identity/sessions").await;
        assert!(sessions.body.split("This session").nth(1).unwrap().contains(expected), "{expected}");
    }
}

#[tokio::test]
async fn codes_of_others_and_old_codes_bind_nothing() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    check(&site, FIRST, AN).await;
    let code = confirm(&site, SECOND).await.unwrap();
    let mut device = Authenticator::es256();
    assert!(add(&site, &mut owner, &mut device, "AAAA-AAAA-AAAA").await.has("was used"));
    site.minutes_pass(24 * 60);
    site.sign_in(&mut owner).await;
    assert!(add(&site, &mut owner, &mut device, &code).await.has("run out"));
}

#[tokio::test]
async fn the_counter_is_for_officials_with_the_post() {
    let site = Site::open().await;
    let mut nobody = Browser::default();
    let answer = site.get(&mut nobody, "/identity/office").await;
    assert!(answer.location.starts_with("/sign-in?"), "{}", answer.location);
    let mut other = site.official(FIRST, "registrar");
    assert_eq!(site.get(&mut other, "/identity/office").await.status, StatusCode::NOT_FOUND);
    let page = check(&site, FIRST, "001190000009").await;
    assert!(page.contains("no account of level 1"));
}

#[tokio::test]
async fn a_check_waits_for_the_second_official_for_a_day_of_work() {
    let site = Site::open().await;
    site.account().await;
    check(&site, FIRST, AN).await;
    site.minutes_pass(8 * 60);
    assert_eq!(confirm(&site, SECOND).await, Err(StatusCode::NOT_FOUND));
}
