//! Passkeys, authenticator apps and the password, changed by their owner.

use crate::site::{AN, Answer, Browser, PASSWORD, Site};
use aws_lc_rs::hmac;
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use identity::{testing::Authenticator, webauthn::RelyingParty};

pub(crate) fn party() -> RelyingParty {
    RelyingParty::of("http://127.0.0.1:8080")
}

fn challenge(page: &Answer) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(page.value_after("data-challenge=\"")).unwrap()
}

/// Adds a passkey of `device` to the account of the browser.
pub(crate) async fn add(
    site: &Site,
    browser: &mut Browser,
    device: &mut Authenticator,
    office_code: &str,
) -> Answer {
    let answers = [("label", "Điện thoại"), ("office-code", office_code)];
    let page = site.fill(browser, "/identity/keys", "/identity/keys/passkey", &answers).await;
    if page.status != StatusCode::OK {
        return page;
    }
    let (client, object) = device.register(&party(), &challenge(&page));
    let (client, object) = (URL_SAFE_NO_PAD.encode(client), URL_SAFE_NO_PAD.encode(object));
    let answers = [("label", "Điện thoại"), ("client-data", client.as_str()), ("attestation", &object)];
    site.post(browser, "/identity/keys/passkey/finish", page.hidden("csrf"), &answers).await
}

/// Signs in with a passkey.
pub(crate) async fn use_key(site: &Site, browser: &mut Browser, device: &mut Authenticator) -> Answer {
    let page = site.get(browser, "/identity/sign-in/passkey?return=/identity/history").await;
    let (client, data, signature) = device.sign(&party(), &challenge(&page));
    let encoded = [&device.credential, &client, &data, &signature].map(|part| URL_SAFE_NO_PAD.encode(part));
    let answers = [
        ("credential", encoded[0].as_str()),
        ("client-data", &encoded[1]),
        ("authenticator-data", &encoded[2]),
        ("signature", &encoded[3]),
    ];
    site.post(browser, "/identity/sign-in/passkey", page.hidden("csrf"), &answers).await
}

#[tokio::test]
async fn a_passkey_signs_in_where_nothing_is_known() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    for mut device in [Authenticator::es256(), Authenticator::eddsa()] {
        let added = add(&site, &mut owner, &mut device, "").await;
        assert_eq!(added.location, "/identity/keys?done=yes", "{}", added.body);
        let mut elsewhere = Browser::default();
        let answer = use_key(&site, &mut elsewhere, &mut device).await;
        assert_eq!(answer.location, "/identity/history", "{}", answer.body);
        let page = site.get(&mut elsewhere, "/identity").await;
        assert!(page.has("Level 1"), "a passkey alone does not raise the level");
    }
    let page = site.get(&mut owner, "/identity/keys").await;
    let credential = page.hidden("credential").to_owned();
    site.post(
        &mut owner,
        "/identity/keys/passkey/remove",
        page.hidden("csrf"),
        &[("credential", &credential)],
    )
    .await;
    let page = site.get(&mut owner, "/identity/history").await;
    assert!(page.has("Passkey added") && page.has("Passkey removed") && page.has("Signed in with a passkey"));
}

#[tokio::test]
async fn a_passkey_that_is_not_the_accounts_lets_nobody_in() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    let mut device = Authenticator::es256();
    add(&site, &mut owner, &mut device, "").await;
    let mut stranger = Authenticator::es256();
    let mut imposter = Authenticator::es256();
    imposter.credential = device.credential.clone();
    device.flags &= !0x04;
    for (case, device) in
        [("unknown", &mut stranger), ("forged", &mut imposter), ("not verified", &mut device)]
    {
        let mut browser = Browser::default();
        let answer = use_key(&site, &mut browser, device).await;
        assert_eq!(answer.status, StatusCode::OK, "{case}");
        assert!(answer.has("could not be used") && !site.is_signed_in(&mut browser).await, "{case}");
    }
}

#[tokio::test]
async fn an_assertion_is_taken_once() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    let mut device = Authenticator::es256();
    device.counts = false;
    add(&site, &mut owner, &mut device, "").await;
    let mut browser = Browser::default();
    let page = site.get(&mut browser, "/identity/sign-in/passkey").await;
    let mut thief = browser.clone();
    let (client, data, signature) = device.sign(&party(), &challenge(&page));
    let encoded = [&device.credential, &client, &data, &signature].map(|part| URL_SAFE_NO_PAD.encode(part));
    let answers = [
        ("credential", encoded[0].as_str()),
        ("client-data", &encoded[1]),
        ("authenticator-data", &encoded[2]),
        ("signature", &encoded[3]),
    ];
    let path = "/identity/sign-in/passkey";
    site.post(&mut browser, path, page.hidden("csrf"), &answers).await;
    assert!(site.is_signed_in(&mut browser).await);
    site.post(&mut thief, path, page.hidden("csrf"), &answers).await;
    assert!(!site.is_signed_in(&mut thief).await);
}

#[tokio::test]
async fn keys_are_changed_only_by_who_has_lately_shown_who_they_are() {
    let site = Site::open().await;
    let (mut browser, _) = site.account().await;
    site.minutes_pass(15);
    for path in ["/identity/keys/password", "/identity/keys/totp"] {
        let answer = site.get(&mut browser, path).await;
        assert_eq!(answer.location, format!("/identity/sign-in?return={path}"));
    }
    let mut device = Authenticator::es256();
    let answer = add(&site, &mut browser, &mut device, "").await;
    assert!(answer.location.starts_with("/identity/sign-in?"), "{}", answer.location);
}

/// What a secret of an authenticator app stands for (RFC 4648, base32).
pub(crate) fn shared_key(secret: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = secret.chars().map(|c| format!("{:05b}", alphabet.find(c).unwrap())).collect();
    (0..bits.len() / 8).map(|at| u8::from_str_radix(&bits[8 * at..8 * at + 8], 2).unwrap()).collect()
}

/// The code of an authenticator app, computed as apps do.
pub(crate) fn app_code(secret: &str, second: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &shared_key(secret));
    let tag = hmac::sign(&key, &(second / 30).to_be_bytes());
    let offset = usize::from(tag.as_ref()[19] & 15);
    let word: [u8; 4] = tag.as_ref()[offset..offset + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
}

/// Sets an authenticator app up, after a code that is wrong; the secret it shares with the account.
pub(crate) async fn set_app_up(site: &Site, owner: &mut Browser) -> String {
    let page = site.get(owner, "/identity/keys/totp").await;
    let secret = page.body.split("Key for the app: ").nth(1).unwrap()[..39].to_owned();
    let csrf = page.hidden("csrf").to_owned();
    let wrong = site.post(owner, "/identity/keys/totp", &csrf, &[("code", "000000")]).await;
    assert!(wrong.has("not right") && wrong.has(&secret));
    let secret = secret.replace(' ', "");
    let code = app_code(&secret, site.test.clock.now().as_second());
    let set = site.post(owner, "/identity/keys/totp", &csrf, &[("code", &code)]).await;
    assert_eq!(set.location, "/identity/keys?done=yes");
    secret
}

#[tokio::test]
async fn an_authenticator_app_takes_the_place_of_sent_codes() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    let secret = set_app_up(&site, &mut owner).await;
    let now = || site.test.clock.now().as_second();
    let sent = site.messages().await.len();
    site.minutes_pass(1);
    // Also the browser that is known needs the code now.
    for browser in [&mut owner, &mut Browser::default()] {
        assert_eq!(site.password(browser, AN, PASSWORD).await.location, "/identity/sign-in/code");
        let code = app_code(&secret, now());
        let answer = site.code(browser, "/identity/sign-in/code", &code).await;
        assert_eq!(answer.location, "/identity/history", "{}", answer.body);
        // The same code again, elsewhere.
        let mut thief = Browser::default();
        site.password(&mut thief, AN, PASSWORD).await;
        assert!(site.code(&mut thief, "/identity/sign-in/code", &code).await.has("not right"));
        site.minutes_pass(1);
    }
    assert_eq!(site.messages().await.len(), sent, "no code is sent where an app is set up");
}

#[tokio::test]
async fn the_password_is_changed_by_who_knows_it() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    let new = "con mèo trèo cây cau";
    let path = "/identity/keys/password";
    for (old, new, expected) in [
        ("not the password", new, "not right"),
        (PASSWORD, "password123", "known from break-ins"),
        (PASSWORD, "Nguyễn Thị Minh An", "what is known of you"),
    ] {
        let answers = [("password", old), ("new-password", new), ("repeat-password", new)];
        let answer = site.fill(&mut owner, path, path, &answers).await;
        assert!(answer.has(expected), "{old} {new}: {}", answer.body);
    }
    let answers = [("password", PASSWORD), ("new-password", new), ("repeat-password", new)];
    assert_eq!(site.fill(&mut owner, path, path, &answers).await.location, "/identity/keys?done=yes");
    assert!(site.password(&mut owner.clone(), AN, PASSWORD).await.has("not right"));
    assert_eq!(site.password(&mut owner, AN, new).await.location, "/identity/history");
}
