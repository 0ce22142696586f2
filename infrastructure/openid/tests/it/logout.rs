//! The end of a session: told by the provider, or wanted by the person.

use crate::{
    provider::{CLIENT, SESSION, SUBJECT, key},
    site::{Browser, NOW, Site},
};
use axum::http::StatusCode;
use openid::jose::SigningKey;
use serde_json::{Value, json};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn claims(site: &Site, name: &str) -> Value {
    json!({
        "iss": site.provider.url, "aud": CLIENT, "sub": SUBJECT, "sid": SESSION, "iat": NOW, "exp": NOW + 600,
        "jti": name, "events": { EVENT: {} },
    })
}

async fn tell(site: &Site, token: &str) -> StatusCode {
    let form = format!("logout_token={token}");
    site.ask(&mut Browser::default(), "POST", openid::ENDED_PATH, form).await.status
}

#[tokio::test]
async fn a_session_ends_when_the_provider_tells_and_a_token_is_taken_once() {
    let (site, mut browser) = (Site::open().await, Browser::default());
    let sign = |claims: &Value| key(1).sign("logout+jwt", claims).unwrap();
    site.sign_in(&mut browser).await;
    let mut other = claims(&site, "1");
    other["sid"] = "another".into();
    assert_eq!(tell(&site, &sign(&other)).await, StatusCode::OK);
    assert!(site.who(&mut browser).await.is_some(), "another session has ended");

    let token = sign(&claims(&site, "2"));
    assert_eq!(tell(&site, &token).await, StatusCode::OK);
    assert_eq!(site.who(&mut browser).await, None);
    site.sign_in(&mut browser).await;
    assert_eq!(tell(&site, &token).await, StatusCode::BAD_REQUEST, "it was taken before");
    assert!(site.who(&mut browser).await.is_some());

    let mut of_person = claims(&site, "3");
    of_person.as_object_mut().unwrap().remove("sid");
    assert_eq!(tell(&site, &sign(&of_person)).await, StatusCode::OK);
    assert_eq!(site.who(&mut browser).await, None, "all sessions of the person");
}

#[tokio::test]
async fn no_session_ends_by_what_the_provider_did_not_say() {
    let (site, mut browser) = (Site::open().await, Browser::default());
    site.sign_in(&mut browser).await;
    type Lie = fn(&mut Value);
    let cases: [(&str, SigningKey, &str, Lie); 10] = [
        ("another's key", key(2), "logout+jwt", |_| ()),
        ("an ID token", key(1), "JWT", |_| ()),
        ("an access token", key(1), "at+jwt", |_| ()),
        ("with a nonce", key(1), "logout+jwt", |claims| claims["nonce"] = "n".into()),
        ("no event", key(1), "logout+jwt", |claims| claims["events"] = json!({})),
        ("another audience", key(1), "logout+jwt", |claims| claims["aud"] = "other".into()),
        ("another issuer", key(1), "logout+jwt", |claims| claims["iss"] = "https://evil.example".into()),
        ("expired", key(1), "logout+jwt", |claims| claims["exp"] = (NOW - 61).into()),
        ("from tomorrow", key(1), "logout+jwt", |claims| claims["iat"] = (NOW + 90_000).into()),
        ("without a name", key(1), "logout+jwt", |claims| claims["jti"] = Value::Null),
    ];
    for (case, key, kind, lie) in cases {
        let mut claims = claims(&site, case);
        lie(&mut claims);
        let token = key.sign(kind, &claims).unwrap();
        assert_eq!(tell(&site, &token).await, StatusCode::BAD_REQUEST, "{case}");
        assert!(site.who(&mut browser).await.is_some(), "{case}");
    }
    for nonsense in ["", "x", "a.b.c"] {
        assert_eq!(tell(&site, nonsense).await, StatusCode::BAD_REQUEST, "{nonsense:?}");
    }
    let long = site.ask(&mut Browser::default(), "POST", openid::ENDED_PATH, "x".repeat(40_000)).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        site.get(&mut Browser::default(), openid::ENDED_PATH).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn whoever_signs_out_may_do_so_at_the_provider_too() {
    let (site, mut browser) = (Site::open().await, Browser::default());
    site.sign_in(&mut browser).await;
    let page = site.get(&mut browser, "/mine").await.body;
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let forged = site.ask(&mut browser, "POST", "/sign-out", String::new()).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN, "another site can't sign anybody out");
    let left = site.ask(&mut browser, "POST", "/sign-out", format!("csrf={csrf}")).await;
    let expected = format!(
        "{}/logout?client_id=VN%2FGOV%2FH26%2Fpages&post_logout_redirect_uri=https%3A%2F%2Fmotcua.example%2F",
        site.provider.url
    );
    assert_eq!(left.location, expected);
    assert_eq!(site.who(&mut browser).await, None);
}
