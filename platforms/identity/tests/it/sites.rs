//! The web sites of the State: what they are told, and how long.

use crate::{
    provider::{CLIENT, ISSUER, assertion, redeem, registration, request, token, user_info, value},
    site::{AN, Answer, Browser, NAME, Site},
};
use axum::http::StatusCode;
use contracts::{
    PersonName,
    identity::{ClaimField, ClientRegistration, Level},
};
use identity::{
    sandbox::{SandboxPerson, SandboxPost, give_posts, open_accounts},
    sites,
};
use jiff::civil::date;
use openid::jose::SigningKey;
use serde_json::{Value, json};

const SITE: &str = "VN/GOV/H26/pages";
const RETURN: &str = "https://motcua.example/sign-in/return";

fn key() -> SigningKey {
    SigningKey::from_seed(&[9; 32]).unwrap()
}

fn one_door() -> sites::Site {
    sites::Site {
        client: SITE.into(),
        name_vi: "Một cửa".into(),
        name_en: "One-door".into(),
        url: "https://motcua.example".into(),
        public_key: key().jwk()["x"].as_str().unwrap().into(),
        systems: vec!["one-door".into(), "exchange".into()],
    }
}

async fn register(site: &Site, all: &[sites::Site]) {
    sites::register(&site.test.room.store, all, site.test.clock.now()).await.unwrap();
}

/// An, with these posts.
async fn with_posts(site: &Site, posts: &[(&'static str, &'static str, Option<&str>)]) {
    let posts = posts.iter().map(|(system, post, unit)| SandboxPost {
        agency: "H26".into(),
        system,
        post,
        unit: unit.map(str::to_owned),
    });
    let an = SandboxPerson {
        number: AN.parse().unwrap(),
        name: PersonName::split(NAME).unwrap(),
        birth_date: date(1990, 1, 1),
        level: Level::One,
        posts: posts.collect(),
    };
    let room = &site.test.room;
    give_posts(&room.store, &[an], &room.random, site.test.clock.now()).await.unwrap();
}

/// Signs a browser in to the site; what the token endpoint answers.
async fn sign_in(site: &Site, browser: &mut Browser) -> (StatusCode, Value) {
    let scope = "openid profile personal_number phone posts";
    let asked = [("client_id", SITE), ("redirect_uri", RETURN), ("scope", scope)];
    let begun = site.get(browser, &request(&asked)).await;
    let back = site.get(browser, &begun.location).await;
    let query =
        back.location.strip_prefix(&format!("{RETURN}?")).unwrap_or_else(|| panic!("asked: {}", back.body));
    let answer: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
    let code = value(&answer, "code");
    let assertion = key().sign("JWT", &assertion(site, SITE, &code)).unwrap();
    let mut form = redeem(&code).to_vec();
    form.retain(|(name, _)| !["client_id", "redirect_uri"].contains(name));
    form.extend([
        ("redirect_uri", RETURN),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
    ]);
    token(site, &form).await
}

async fn told(site: &Site, token: &Value) -> Value {
    let answer = user_info(site, token).await;
    assert_eq!(answer.status, StatusCode::OK);
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test]
async fn a_site_is_told_without_asking_and_of_its_own_systems_alone() {
    let site = Site::open().await;
    let (mut browser, _) = site.account().await;
    register(&site, &[one_door()]).await;
    let commune = Some("00004");
    with_posts(&site, &[("one-door", "reception", commune), ("civil-status", "registrar", commune)]).await;
    let (status, token) = sign_in(&site, &mut browser).await;
    assert_eq!(status, StatusCode::OK, "{token}");
    let an = told(&site, &token).await;
    let reception = json!({
        "agency": "H26", "system": "one-door", "post": "reception", "unit": "00004", "from": "2026-11-21",
    });
    assert_eq!(an["posts"], json!([reception]), "the other post is none of its business");
    assert_eq!((an["name"].as_str(), an["personal_number"].as_str()), (Some(NAME), Some(AN)));
    assert_eq!(an.get("phone_number"), None, "it is not registered for more");
    let seen = site.get(&mut browser, "/identity/consents").await;
    assert!(seen.has("Sites of the State") && seen.has("<li>One-door</li>"), "the person sees who is told");

    // A post that is given later is told of, as long as the session goes on, and nothing after it.
    with_posts(&site, &[("exchange", "operator", None)]).await;
    site.minutes_pass(29);
    assert!(site.is_signed_in(&mut browser).await);
    site.minutes_pass(29);
    assert_eq!(told(&site, &token).await["posts"].as_array().unwrap().len(), 2, "also after ten minutes");
    site.fill(&mut browser, "/identity", "/identity/sign-out", &[]).await;
    assert_eq!(user_info(&site, &token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn only_the_configuration_makes_a_site() {
    let site = Site::open().await;
    let (mut browser, _) = site.account().await;
    with_posts(&site, &[("portal", "clerk", None), ("one-door", "reception", Some("00004"))]).await;
    // A client that came over the exchange may ask for posts; it is asked for like all else, and told of its system alone.
    let fields = vec![ClaimField::Name, ClaimField::Posts];
    site.register(&ClientRegistration { fields, ..registration() }).await;
    let begun = site.get(&mut browser, &request(&[("scope", "openid profile posts")])).await;
    let page = site.get(&mut browser, &begun.location).await;
    assert!(page.has("Your posts in this system"), "{}", page.body);
    let answers = [("answer", "agree"), ("fields", "posts")];
    let sent = site.post(&mut browser, &begun.location, page.hidden("csrf"), &answers).await;
    let answer = crate::provider::answer_of(&sent.location);
    let (_, token) = token(&site, &redeem(&value(&answer, "code"))).await;
    assert_eq!(token["expires_in"], 600);
    let posts = told(&site, &token).await["posts"].clone();
    assert_eq!(posts.as_array().unwrap().iter().map(|post| &post["system"]).collect::<Vec<_>>(), ["portal"]);
    // No identifier of the exchange is that of a site.
    for name in [CLIENT, "VN/GOV/H26/web", "pages"] {
        let named = sites::Site { client: name.into(), ..one_door() };
        let store = &site.test.room.store;
        assert!(sites::register(store, &[named], site.test.clock.now()).await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn a_site_that_is_withdrawn_knows_nobody_any_more() {
    let site = Site::open().await;
    let (mut browser, _) = site.account().await;
    register(&site, &[one_door()]).await;
    let (_, token) = sign_in(&site, &mut browser).await;
    let narrower = sites::Site { systems: vec![], ..one_door() };
    register(&site, &[narrower]).await;
    assert_eq!(told(&site, &token).await["posts"], json!([]));
    register(&site, &[]).await;
    assert_eq!(user_info(&site, &token).await.status, StatusCode::UNAUTHORIZED);
    let asked = [("client_id", SITE), ("redirect_uri", RETURN)];
    let begun = site.get(&mut browser, &request(&asked)).await;
    assert_eq!(begun.location, "/identity/authorize/refused");
    register(&site, &[one_door()]).await;
    assert_eq!(user_info(&site, &token).await.status, StatusCode::UNAUTHORIZED, "what was ended stays so");
    assert_eq!(sign_in(&site, &mut browser).await.0, StatusCode::OK);
}

/// Chooses An from the sandbox's list.
async fn choose(site: &Site, browser: &mut Browser) -> Option<()> {
    let cookies: Vec<String> =
        browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("cookie", cookies.join("; ").parse().unwrap());
    let (room, now) = (&site.test.room, site.test.clock.now());
    let person = AN.parse().unwrap();
    let set = identity::sandbox::sign_in(&room.store, person, &headers, &room.random, now).await.unwrap()?;
    for cookie in set {
        let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
        browser.cookies.insert(name.to_owned(), value.to_owned());
    }
    Some(())
}

#[tokio::test]
async fn whoever_is_chosen_in_a_sandbox_has_a_session_like_any_other() {
    let site = Site::open().await;
    let mut browser = Browser::default();
    assert_eq!(choose(&site, &mut browser).await, None, "there is no such account");
    let room = &site.test.room;
    let an = SandboxPerson {
        number: AN.parse().unwrap(),
        name: PersonName::split(NAME).unwrap(),
        birth_date: date(1990, 1, 1),
        level: Level::Two,
        posts: Vec::new(),
    };
    open_accounts(&room.store, &[an], &room.random, site.test.clock.now()).await.unwrap();
    register(&site, &[one_door()]).await;
    choose(&site, &mut browser).await.unwrap();
    let (_, token) = sign_in(&site, &mut browser).await;
    let claims: Answer = user_info(&site, &token).await;
    assert_eq!(claims.status, StatusCode::OK);
    let keys = crate::provider::jwks(&site).await;
    let claims = identity::testing::verified(token["id_token"].as_str().unwrap(), &["JWT"], &keys).unwrap();
    assert_eq!((&claims["iss"], &claims["acr"]), (&json!(ISSUER), &json!(Level::Two.acr())));
    assert_eq!(claims["amr"], json!([]), "nothing was shown");
    assert!(site.get(&mut browser, "/identity/sessions").await.has("chosen from the list of the sandbox"));
    // Choosing again in the same browser ends the session before.
    choose(&site, &mut browser).await.unwrap();
    assert_eq!(user_info(&site, &token).await.status, StatusCode::UNAUTHORIZED);
    assert!(site.is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn a_post_of_the_sandbox_is_given_once() {
    let site = Site::open().await;
    let (mut browser, _) = site.account().await;
    register(&site, &[one_door()]).await;
    let posts = [("one-door", "reception", Some("00004"))];
    with_posts(&site, &posts).await;
    with_posts(&site, &posts).await;
    let (_, token) = sign_in(&site, &mut browser).await;
    assert_eq!(told(&site, &token).await["posts"].as_array().unwrap().len(), 1);
}
