//! Who is signed in, and who is not.

use crate::{
    provider::{CLIENT, Provider, an, key},
    site::{Browser, NOW, Site},
};
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openid::jose::SigningKey;
use serde_json::{Value, json};

const AN: &str = "001190000001 one-door/reception";

#[tokio::test]
async fn a_person_is_signed_in_with_what_the_provider_tells() {
    let (site, mut browser) = (Site::open().await, Browser::default());
    let asked = site.get(&mut browser, "/mine").await;
    assert_eq!(asked.location, "/sign-in?return=/mine");
    site.sign_in(&mut browser).await;
    assert_eq!(site.who(&mut browser).await.as_deref(), Some(AN));
    assert_eq!(site.who(&mut Browser::default()).await, None, "nobody else is");
}

#[tokio::test]
async fn two_pages_of_one_browser_sign_in_at_the_same_time() {
    let (site, mut browser) = (Site::open().await, Browser::default());
    let first = site.to_provider(&mut browser, "/sign-in?return=/mine").await;
    let second = site.to_provider(&mut browser, "/sign-in?return=/sure").await;
    let mut other = browser.clone();
    assert_eq!(site.get(&mut browser, &first).await.location, "/mine");
    assert_eq!(site.get(&mut other, &second).await.location, "/sure");
}

type Lie = fn(&mut Value);

/// A token as others would forge it, with this head, signed by nobody.
fn unsigned(head: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(head), part(claims))
}

fn alg_none(_: &SigningKey, claims: &Value) -> String {
    unsigned(&json!({ "alg": "none", "typ": "JWT" }), claims)
}

/// The public key taken for a shared secret.
fn confused(key: &SigningKey, claims: &Value) -> String {
    let signed = unsigned(&json!({ "alg": "HS256", "typ": "JWT" }), claims);
    let public = URL_SAFE_NO_PAD.decode(key.jwk()["x"].as_str().unwrap()).unwrap();
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &public);
    let tag = aws_lc_rs::hmac::sign(&secret, signed.trim_end_matches('.').as_bytes());
    format!("{signed}{}", URL_SAFE_NO_PAD.encode(tag))
}

#[tokio::test]
async fn nobody_is_signed_in_by_a_token_that_is_not_what_it_must_be() {
    let lies: [(&str, Lie); 10] = [
        ("another nonce", |claims| claims["nonce"] = "another".into()),
        ("no nonce", |claims| drop(claims.as_object_mut().unwrap().remove("nonce"))),
        ("another issuer", |claims| claims["iss"] = "https://evil.example".into()),
        ("another audience", |claims| claims["aud"] = "VN/GOV/G22/portal/web".into()),
        ("for others as well", |claims| claims["aud"] = json!([CLIENT, "other"])),
        ("expired", |claims| claims["exp"] = (NOW - 61).into()),
        ("not yet good", |claims| claims["iat"] = (NOW + 61).into()),
        ("no session", |claims| drop(claims.as_object_mut().unwrap().remove("sid"))),
        ("no subject", |claims| drop(claims.as_object_mut().unwrap().remove("sub"))),
        ("another's subject", |claims| claims["sub"] = "subject-of-binh".into()),
    ];
    for (case, lie) in lies {
        let (site, mut browser) = (Site::open().await, Browser::default());
        site.provider.script().lie = lie;
        assert_refused(case, &site, &mut browser).await;
        site.provider.script().lie = |_| ();
        site.sign_in(&mut browser).await;
    }
    type Forgery = fn(&SigningKey, &Value) -> String;
    let forgeries: [(&str, Forgery); 5] = [
        ("no signature", alg_none),
        ("HS256 with the public key", confused),
        ("another's key", |_, claims| key(2).sign("JWT", claims).unwrap()),
        ("an access token", |key, claims| key.sign("at+jwt", claims).unwrap()),
        ("no token", |_, _| "token".into()),
    ];
    for (case, forge) in forgeries {
        let (site, mut browser) = (Site::open().await, Browser::default());
        site.provider.script().forge = Some(forge);
        assert_refused(case, &site, &mut browser).await;
    }
}

async fn assert_refused(case: &str, site: &Site, browser: &mut Browser) {
    let back = site.to_provider(browser, "/sign-in?return=/mine").await;
    let answer = site.get(browser, &back).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{case}: {}", answer.body);
    assert!(answer.body.contains("href=\"/sign-in\""), "{case}: it can be tried again");
    assert_eq!(site.who(browser).await, None, "{case}");
}

#[tokio::test]
async fn an_answer_counts_in_the_browser_that_asked_and_from_the_provider_that_was_asked() {
    let (site, mut browser) = (Site::open().await, Browser::default());
    let back = site.to_provider(&mut browser, "/sign-in?return=/mine").await;
    // Somebody is given the address that would sign them in as the attacker, or lets it be taken from them.
    let mut victim = Browser::default();
    assert_eq!(
        site.get(&mut victim, &back).await.status,
        StatusCode::FORBIDDEN,
        "another browser, without cookies"
    );
    site.get(&mut victim, "/sign-in").await;
    assert_eq!(
        site.get(&mut victim, &back).await.status,
        StatusCode::FORBIDDEN,
        "another browser, with its own"
    );
    assert_eq!(site.who(&mut victim).await, None);

    let state = back.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let url = site.provider.url.clone();
    for (case, answer) in [
        ("no issuer", site.back(&[("code", "code-0"), ("state", state)])),
        (
            "another issuer",
            site.back(&[("code", "code-0"), ("state", state), ("iss", "https://evil.example")]),
        ),
        ("no code", site.back(&[("state", state), ("iss", &url)])),
        ("an error", site.back(&[("error", "access_denied"), ("state", state), ("iss", &url)])),
        (
            "an error and a code",
            site.back(&[("error", "x"), ("code", "code-0"), ("state", state), ("iss", &url)]),
        ),
        ("two codes", site.back(&[("code", "code-0"), ("code", "code-1"), ("state", state), ("iss", &url)])),
        ("no state", site.back(&[("code", "code-0"), ("iss", &url)])),
        ("nothing", openid::RETURN_PATH.to_owned()),
    ] {
        assert_eq!(site.get(&mut browser, &answer).await.status, StatusCode::FORBIDDEN, "{case}");
        assert_eq!(site.who(&mut browser).await, None, "{case}");
    }
    assert_eq!(site.get(&mut browser, &back).await.location, "/mine", "the answer itself is still good");
    // The address is used again, by whoever has found it in a history.
    let again = site.get(&mut browser.clone(), &back).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN, "{}", again.body);
    assert_eq!(site.who(&mut browser).await.as_deref(), Some(AN), "who is signed in stays so");
}

#[tokio::test]
async fn a_replayed_code_signs_nobody_in() {
    let (site, mut browser) = (Site::open().await, Browser::default());
    let back = site.to_provider(&mut browser, "/sign-in?return=/mine").await;
    let mut same = browser.clone();
    site.get(&mut browser, &back).await;
    let again = site.get(&mut same, &back).await;
    assert_eq!((again.status, site.who(&mut same).await), (StatusCode::FORBIDDEN, None));
}

#[tokio::test]
async fn what_is_told_must_be_of_the_person_who_signed_in() {
    for (case, status, told) in [
        ("of somebody else", 200, json!({ "sub": "subject-of-binh", "name": "Bình" })),
        ("of nobody", 401, json!({})),
    ] {
        let (site, mut browser) = (Site::open().await, Browser::default());
        site.provider.script().told = (status, told);
        assert_refused(case, &site, &mut browser).await;
    }
}

#[tokio::test]
async fn a_provider_that_is_another_or_away_signs_nobody_in() {
    let (site, mut browser) = (Site::open().await, Browser::default());
    site.provider.script().issuer = "https://evil.example".into();
    let asked = site.get(&mut browser, "/sign-in").await;
    assert_eq!((asked.status, asked.location.as_str()), (StatusCode::SERVICE_UNAVAILABLE, ""));
    site.provider.script().issuer = site.provider.url.clone();
    site.sign_in(&mut browser).await;
}

#[tokio::test]
async fn new_keys_of_the_provider_are_learned_and_unknown_ones_are_not_asked_for_over_and_over() {
    let (site, mut browser) = (Site::open().await, Browser::default());
    site.sign_in(&mut browser).await;
    site.wait(11);
    site.provider.script().key = key(3);
    site.sign_in(&mut browser).await;
    assert_eq!(site.provider.script().keys_fetched, 2);
    for _ in 0..3 {
        site.provider.script().forge = Some(|_, claims| key(4).sign("JWT", claims).unwrap());
        assert_refused("an unknown key", &site, &mut Browser::default()).await;
    }
    assert_eq!(site.provider.script().keys_fetched, 2, "they were fetched a moment ago");
}

#[tokio::test]
async fn a_page_that_needs_more_asks_for_it_and_is_not_deceived() {
    let (site, mut browser) = (Site::open().await, Browser::default());
    site.sign_in(&mut browser).await;
    let sent = site.get(&mut browser, "/sure").await;
    assert_eq!(sent.location, "/sign-in?return=/sure&level=2&within=15");
    let back = site.to_provider(&mut browser, &sent.location).await;
    let refused = site.get(&mut browser, &back).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "the provider answered with level 1: {}", refused.body);
    assert_eq!(site.get(&mut browser, "/sure").await.location, sent.location);

    site.provider.script().lie = |claims| {
        claims["acr"] = "urn:lienthong:assurance:2".into();
        claims["auth_time"] = (NOW - 16 * 60 - 60).into();
    };
    let back = site.to_provider(&mut browser, &sent.location).await;
    assert_eq!(site.get(&mut browser, &back).await.status, StatusCode::FORBIDDEN, "shown too long ago");

    site.provider.script().lie = |claims| claims["acr"] = "urn:lienthong:assurance:2".into();
    let asked = site.get(&mut browser, &sent.location).await;
    let reference = asked.location.split("request_uri=").nth(1).unwrap().replace("%3A", ":");
    let (pushed, code) = site.provider.agree(&reference);
    let wanted = (pushed["acr_values"].as_str(), pushed["max_age"].as_str());
    assert_eq!(wanted, ("urn:lienthong:assurance:2", "900"));
    let url = site.provider.url.clone();
    let back = site.back(&[("code", &code), ("state", &pushed["state"]), ("iss", &url)]);
    assert_eq!(site.get(&mut browser, &back).await.location, "/sure");
    assert_eq!(site.get(&mut browser, "/sure").await.status, StatusCode::OK);
    site.wait(15 * 60 + 1);
    assert_eq!(site.get(&mut browser, "/sure").await.location, sent.location, "it was shown too long ago");
    assert_eq!(site.who(&mut browser).await.as_deref(), Some(AN), "and all else goes on");
}

#[tokio::test]
async fn forms_may_lead_to_the_provider_and_nowhere_else() {
    let (site, mut browser) = (Site::open().await, Browser::default());
    let Provider { url, .. } = site.provider.clone();
    let policy = site.get(&mut browser, "/mine").await.policy;
    assert!(policy.contains(&format!("form-action 'self' {url};")), "{policy}");
    assert_eq!(an()["sub"], crate::provider::SUBJECT);
}
