//! The OpenID Connect provider, as clients and browsers meet it.

use crate::{
    keys::{add, use_key},
    site::{AN, Answer, Browser, NAME, PASSWORD, Site},
};
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::identity::{ClaimField, ClientAuthentication, ClientRegistration, SigningAlgorithm};
use identity::testing::{Authenticator, ClientKey, verified};
use jiff::SignedDuration;
use serde_json::{Value, json};

pub(crate) const CALLBACK: &str = "https://rp.example/cb";
pub(crate) const CLIENT: &str = "VN/GOV/G22/portal/web";
pub(crate) const ISSUER: &str = "http://127.0.0.1:8080/identity";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Its challenge, from RFC 7636, appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) fn registration() -> ClientRegistration {
    ClientRegistration {
        code: "web".into(),
        name_vi: "Cổng dịch vụ công".into(),
        name_en: "Public service portal".into(),
        redirect_uris: vec![CALLBACK.into()],
        post_logout_redirect_uris: vec!["https://rp.example/bye".into()],
        backchannel_logout_uri: None,
        authentication: ClientAuthentication::None,
        jwks: None,
        id_token_signed_response_alg: SigningAlgorithm::Es256,
        tls_client_certificate_bound_access_tokens: false,
        client_credentials: false,
        purpose_vi: "Nộp hồ sơ trực tuyến".into(),
        purpose_en: "Apply online".into(),
        fields: vec![ClaimField::Name, ClaimField::PersonalNumber, ClaimField::PhoneNumber],
    }
}

pub(crate) fn request(changes: &[(&str, &str)]) -> String {
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile personal_number offline_access"),
        ("state", "st"),
        ("nonce", "no"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        parameters.retain(|(known, _)| known != name);
        parameters.push((name, value));
    }
    format!("/identity/authorize?{}", serde_urlencoded::to_string(parameters).unwrap())
}

/// The parameters of an answer at a client's address.
pub(crate) fn answer_of(location: &str) -> Vec<(String, String)> {
    let (address, query) = location.split_once('?').unwrap_or_else(|| panic!("{location:?} has no query"));
    assert_eq!(address, CALLBACK);
    serde_urlencoded::from_str(query).unwrap()
}

pub(crate) fn value(answer: &[(String, String)], name: &str) -> String {
    answer.iter().find(|(known, _)| known == name).map_or(String::new(), |(_, value)| value.clone())
}

/// A site with An's account, a browser signed in to it, and the client.
pub(crate) async fn site() -> (Site, Browser) {
    let site = Site::open().await;
    let (browser, _) = site.account().await;
    site.register(&registration()).await;
    (site, browser)
}

/// Takes a request to the end, agreeing to whatever is asked, and gives where the browser is sent.
async fn agree(site: &Site, browser: &mut Browser, changes: &[(&str, &str)]) -> String {
    let begun = site.get(browser, &request(changes)).await;
    let page = site.get(browser, &begun.location).await;
    if page.status != StatusCode::OK {
        return page.location;
    }
    let fields = page.body.split("name=\"fields\"").skip(1);
    let fields: Vec<&str> =
        fields.filter_map(|rest| rest.split("value=\"").nth(1)?.split('"').next()).collect();
    let mut answers = vec![("answer", "agree")];
    answers.extend(fields.iter().map(|field| ("fields", *field)));
    site.post(browser, &begun.location, page.hidden("csrf"), &answers).await.location
}

pub(crate) async fn code(site: &Site, browser: &mut Browser, changes: &[(&str, &str)]) -> String {
    let location = agree(site, browser, changes).await;
    let code = value(&answer_of(&location), "code");
    assert!(!code.is_empty(), "{location}");
    code
}

/// What the token endpoint answers.
pub(crate) async fn token(site: &Site, form: &[(&str, &str)]) -> (StatusCode, Value) {
    let form = serde_urlencoded::to_string(form).unwrap();
    let answer = site.send(&mut Browser::default(), "POST", "/identity/token", Some(form), &[]).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

pub(crate) fn redeem(code: &str) -> [(&str, &str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

pub(crate) async fn refresh(site: &Site, token: &Value) -> (StatusCode, Value) {
    let refresh = token["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("client_id", CLIENT), ("refresh_token", refresh)];
    self::token(site, &form).await
}

pub(crate) async fn user_info(site: &Site, token: &Value) -> Answer {
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap_or_default());
    let headers = [("authorization", bearer.as_str())];
    site.send(&mut Browser::default(), "GET", "/identity/userinfo", None, &headers).await
}

pub(crate) async fn jwks(site: &Site) -> Value {
    let answer = site.get(&mut Browser::default(), "/identity/jwks").await;
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test]
async fn a_person_signs_in_to_a_service() {
    let (site, mut browser) = site().await;
    let begun = site.get(&mut browser, &request(&[])).await;
    let page = site.get(&mut browser, &begun.location).await;
    assert!(page.has("Public service portal") && page.has("Apply online") && page.has("Personal number"));
    assert!(!page.has("Phone number"), "only what was asked for");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' https://rp.example;"), "{policy}");
    let answers = [("answer", "agree"), ("fields", "name")];
    let sent = site.post(&mut browser, &begun.location, page.hidden("csrf"), &answers).await;
    let answer = answer_of(&sent.location);
    assert_eq!((value(&answer, "state").as_str(), value(&answer, "iss").as_str()), ("st", ISSUER));

    let (status, token) = token(&site, &redeem(&value(&answer, "code"))).await;
    assert_eq!(status, StatusCode::OK, "{token}");
    let claims = verified(token["id_token"].as_str().unwrap(), &["JWT"], &jwks(&site).await).unwrap();
    for (name, expected) in [
        ("iss", json!(ISSUER)),
        ("aud", json!(CLIENT)),
        ("nonce", json!("no")),
        ("acr", json!("urn:lienthong:assurance:1")),
        ("amr", json!(["pwd", "otp", "mfa"])),
    ] {
        assert_eq!(claims[name], expected, "{name}");
    }
    let told: Value = serde_json::from_str(&user_info(&site, &token).await.body).unwrap();
    // The number was asked for and not given.
    assert_eq!(told, json!({ "sub": claims["sub"], "name": NAME }));
    assert!(!token.to_string().contains(AN), "no number in any token");

    // The second time nothing is asked, and consent is seen and taken back by its owner.
    let again = site.get(&mut browser, &request(&[("prompt", "none")])).await;
    let again = site.get(&mut browser, &again.location).await;
    assert!(again.location.starts_with(CALLBACK) && again.location.contains("code="), "{}", again.location);
    let page = site.get(&mut browser, "/identity/consents").await;
    assert!(page.has("Public service portal") && page.has("Name"));
    site.post(&mut browser, "/identity/consents", page.hidden("csrf"), &[("client", CLIENT)]).await;
    assert_eq!(user_info(&site, &token).await.status, StatusCode::UNAUTHORIZED);
    let silent = agree(&site, &mut browser, &[("prompt", "none")]).await;
    assert_eq!(value(&answer_of(&silent), "error"), "consent_required");
}

#[tokio::test]
async fn whoever_is_not_signed_in_signs_in_on_the_way() {
    let (site, _) = site().await;
    let mut browser = Browser::default();
    let begun = site.get(&mut browser, &request(&[])).await;
    let sent = site.get(&mut browser, &begun.location).await;
    assert_eq!(sent.location, format!("/identity/sign-in?return={}", begun.location));
    let page = site.get(&mut browser, &sent.location).await;
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("https://rp.example"));
    let answers = [("number", AN), ("password", PASSWORD), ("return", begun.location.as_str())];
    site.post(&mut browser, "/identity/sign-in", page.hidden("csrf"), &answers).await;
    let code = site.last_code().await;
    let signed_in = site.code(&mut browser, "/identity/sign-in/code", &code).await;
    assert_eq!(signed_in.location, begun.location);
    assert_eq!(site.get(&mut browser, &begun.location).await.status, StatusCode::OK);
    let refused = site.fill(&mut browser, &begun.location, &begun.location, &[("answer", "refuse")]).await;
    assert_eq!(value(&answer_of(&refused.location), "error"), "access_denied");
    // The request is over.
    assert_eq!(site.get(&mut browser, &begun.location).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn requests_that_are_not_the_clients_lead_nowhere() {
    let (site, mut browser) = site().await;
    for changes in [
        &[("redirect_uri", "https://evil.example/cb")][..],
        &[("redirect_uri", "https://rp.example/cb/../evil")],
        &[("redirect_uri", "")],
        &[("client_id", "VN/GOV/G22/portal/other")],
        &[("client_id", "")],
        &[("request_uri", "urn:ietf:params:oauth:request_uri:AAAA")],
        &[("request_uri", "https://evil.example/request")],
    ] {
        let begun = site.get(&mut browser, &request(changes)).await;
        assert_eq!(begun.location, "/identity/authorize/refused", "{changes:?}");
        let page = site.get(&mut browser, &begun.location).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!page.has("evil.example"));
    }
    for (changes, error) in [
        (&[("response_type", "token")][..], "unsupported_response_type"),
        (&[("scope", "profile")], "invalid_scope"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("prompt", "none"), ("acr_values", "urn:lienthong:assurance:2")], "login_required"),
    ] {
        let begun = site.get(&mut browser, &request(changes)).await;
        let location = match begun.location.starts_with(CALLBACK) {
            true => begun.location,
            false => site.get(&mut browser, &begun.location).await.location,
        };
        let answer = answer_of(&location);
        assert_eq!(value(&answer, "error"), error, "{changes:?}");
        assert_eq!((value(&answer, "state"), value(&answer, "iss")), ("st".into(), ISSUER.into()));
    }
}

#[tokio::test]
async fn a_code_is_good_once_and_for_its_client_alone() {
    let (site, mut browser) = site().await;
    let other = ClientRegistration { code: "other".into(), ..registration() };
    let other = site.register(&other).await;
    let code = code(&site, &mut browser, &[]).await;
    let wrong = |name: &'static str, value: &'static str| {
        redeem(&code).map(|(known, old)| if known == name { (known, value) } else { (known, old) })
    };
    let other: &'static str = Box::leak(other.into_boxed_str());
    for (name, value, error) in [
        ("code_verifier", "wrong", "invalid_grant"),
        ("code_verifier", "", "invalid_grant"),
        ("redirect_uri", "https://rp.example/other", "invalid_grant"),
        ("client_id", other, "invalid_grant"),
        ("client_id", "nobody", "invalid_client"),
        ("code", "AAAA", "invalid_grant"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("grant_type", "", "invalid_request"),
    ] {
        let (status, answer) = token(&site, &wrong(name, value)).await;
        assert!(status.is_client_error() && answer["error"] == error, "{name}={value}: {answer}");
    }
    let (status, first) = token(&site, &redeem(&code)).await;
    assert_eq!(status, StatusCode::OK, "none of these used the code up: {first}");
    // The code again: whoever has it took it from somebody. All that came of it is revoked.
    let (_, answer) = token(&site, &redeem(&code)).await;
    assert_eq!(answer["error"], "invalid_grant");
    assert_eq!(user_info(&site, &first).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refresh(&site, &first).await.1["error"], "invalid_grant");

    let late = self::code(&site, &mut browser, &[]).await;
    site.minutes_pass(1);
    assert_eq!(token(&site, &redeem(&late)).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn refresh_tokens_rotate_and_a_second_use_revokes_the_family() {
    let (site, mut browser) = site().await;
    let code = code(&site, &mut browser, &[]).await;
    let (_, first) = token(&site, &redeem(&code)).await;
    site.test.clock.advance(SignedDuration::from_hours(20));
    let (status, second) = refresh(&site, &first).await;
    assert_eq!(status, StatusCode::OK, "refresh tokens outlive the session: {second}");
    let keys = jwks(&site).await;
    let claims = |token: &Value| verified(token["id_token"].as_str().unwrap(), &["JWT"], &keys).unwrap();
    assert_eq!(claims(&first)["sub"], claims(&second)["sub"]);
    assert_eq!(claims(&first)["auth_time"], claims(&second)["auth_time"]);
    assert_eq!(claims(&second).get("nonce"), None);
    assert_eq!(user_info(&site, &second).await.status, StatusCode::OK);
    assert_eq!(refresh(&site, &first).await.1["error"], "invalid_grant");
    assert_eq!(user_info(&site, &second).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refresh(&site, &second).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn without_offline_access_nothing_outlives_the_session() {
    let (site, mut browser) = site().await;
    let code = code(&site, &mut browser, &[("scope", "openid profile")]).await;
    let (_, token) = token(&site, &redeem(&code)).await;
    assert!(token.get("refresh_token").is_none());
    assert_eq!(user_info(&site, &token).await.status, StatusCode::OK);
    site.fill(&mut browser, "/identity", "/identity/sign-out", &[]).await;
    assert_eq!(user_info(&site, &token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn tokens_of_others_and_altered_ones_open_nothing() {
    let (site, mut browser) = site().await;
    let code = code(&site, &mut browser, &[]).await;
    let (_, good) = token(&site, &redeem(&code)).await;
    let access = good["access_token"].as_str().unwrap();
    let stranger = ClientKey::new(SigningAlgorithm::Es256);
    let claims = |token: &str| -> Value {
        let part = token.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let forged = stranger.sign("at+jwt", &claims(access));
    let unsigned = {
        let head = URL_SAFE_NO_PAD.encode(json!({ "alg": "none", "typ": "at+jwt" }).to_string());
        format!("{head}.{}.", access.split('.').nth(1).unwrap())
    };
    for (case, token) in [
        ("an ID token", good["id_token"].as_str().unwrap().to_owned()),
        ("another key", forged),
        ("no key", unsigned),
        ("nothing", String::new()),
    ] {
        let answer = user_info(&site, &json!({ "access_token": token })).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{case}");
        assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"), "{case}");
    }
    for minutes in [-2, 12] {
        site.minutes_pass(minutes);
        assert_eq!(user_info(&site, &good).await.status, StatusCode::UNAUTHORIZED, "{minutes}");
    }
}

#[tokio::test]
async fn assurance_is_not_downgraded() {
    let (site, mut browser) = site().await;
    let level_two = [("acr_values", "urn:lienthong:assurance:2")];
    let begun = site.get(&mut browser, &request(&level_two)).await;
    let sent = site.get(&mut browser, &begun.location).await;
    assert_eq!(sent.location, format!("/identity/sign-in?return={}&why=level", begun.location));
    // Neither the password nor a passkey that was not bound at an office is enough.
    let mut device = Authenticator::es256();
    add(&site, &mut browser, &mut device, "").await;
    use_key(&site, &mut browser, &mut device).await;
    let sent = site.get(&mut browser, &begun.location).await;
    assert!(sent.location.ends_with("&why=level"), "{}", sent.location);
    let csrf = site.get(&mut browser, "/identity").await.hidden("csrf").to_owned();
    let forced = site.post(&mut browser, &begun.location, &csrf, &[("answer", "agree")]).await;
    assert_eq!(forced.location, begun.location, "agreeing does not skip the sign-in");
}

#[tokio::test]
async fn a_service_can_ask_for_a_new_sign_in() {
    let (site, mut browser) = site().await;
    agree(&site, &mut browser, &[]).await;
    for changes in [[("prompt", "login")], [("max_age", "60")]] {
        site.minutes_pass(5);
        let begun = site.get(&mut browser, &request(&changes)).await;
        let sent = site.get(&mut browser, &begun.location).await;
        assert!(sent.location.ends_with("&why=again"), "{changes:?}: {}", sent.location);
        site.minutes_pass(1);
        let answers = [("number", AN), ("password", PASSWORD), ("return", begun.location.as_str())];
        site.fill(&mut browser, "/identity/sign-in", "/identity/sign-in", &answers).await;
        let answered = site.get(&mut browser, &begun.location).await;
        assert!(answered.location.contains("code="), "{changes:?}: {}", answered.location);
    }
}

#[tokio::test]
async fn consent_is_not_given_by_a_forged_form() {
    let (site, mut browser) = site().await;
    let begun = site.get(&mut browser, &request(&[])).await;
    let csrf = site.get(&mut browser, &begun.location).await.hidden("csrf").to_owned();
    let mut stranger = Browser::default();
    let theirs = site.get(&mut stranger, "/identity/sign-in").await.hidden("csrf").to_owned();
    for (case, token, headers) in [
        ("none", "", &[][..]),
        ("of another browser", theirs.as_str(), &[]),
        ("from another site", csrf.as_str(), &[("origin", "https://evil.example")]),
    ] {
        let form = Some(format!("csrf={token}&answer=agree&fields=name"));
        let answer = site.send(&mut browser, "POST", &begun.location, form, headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{case}");
    }
}

/// A client with a key, its claims for an assertion, and the site.
pub(crate) async fn keyed(site: &Site, algorithm: SigningAlgorithm) -> (String, ClientKey) {
    let key = ClientKey::new(algorithm);
    let registration = ClientRegistration {
        code: "system".into(),
        authentication: ClientAuthentication::PrivateKeyJwt,
        jwks: Some(key.jwks()),
        id_token_signed_response_alg: SigningAlgorithm::EdDsa,
        client_credentials: true,
        ..registration()
    };
    (site.register(&registration).await, key)
}

pub(crate) fn assertion(site: &Site, client: &str, jti: &str) -> Value {
    let now = site.test.clock.now().as_second();
    json!({ "iss": client, "sub": client, "aud": ISSUER, "iat": now, "exp": now + 60, "jti": jti })
}

async fn with_assertion(site: &Site, assertion: &str) -> (StatusCode, Value) {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    token(site, &form).await
}

#[tokio::test]
async fn systems_get_tokens_for_their_key() {
    let (site, _) = site().await;
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa] {
        let (client, key) = keyed(&site, algorithm).await;
        let good = assertion(&site, &client, "first");
        let (status, answer) = with_assertion(&site, &key.sign("JWT", &good)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let claims =
            verified(answer["access_token"].as_str().unwrap(), &["at+jwt"], &jwks(&site).await).unwrap();
        assert_eq!((&claims["sub"], &claims["client_id"]), (&json!(client), &json!(client)));
        assert_eq!(user_info(&site, &answer).await.status, StatusCode::UNAUTHORIZED, "it is of no person");
        // Once.
        let (status, answer) = with_assertion(&site, &key.sign("JWT", &good)).await;
        assert_eq!((status, answer["error"].as_str()), (StatusCode::UNAUTHORIZED, Some("invalid_client")));
        site.minutes_pass(10);
    }
}

#[tokio::test]
async fn assertions_that_are_not_right_are_refused() {
    let (site, _) = site().await;
    let (client, key) = keyed(&site, SigningAlgorithm::Es256).await;
    let now = site.test.clock.now().as_second();
    let stranger = ClientKey::new(SigningAlgorithm::Es256);
    let with = |name: &str, value: Value| {
        let mut claims = assertion(&site, &client, "j");
        claims[name] = value;
        key.sign("JWT", &claims)
    };
    for (case, assertion) in [
        ("another audience", with("aud", "https://evil.example".into())),
        ("several audiences", with("aud", json!([ISSUER, "https://evil.example"]))),
        ("no audience", with("aud", Value::Null)),
        ("another issuer", with("iss", "x".into())),
        ("expired", with("exp", json!(now))),
        ("too long", with("exp", json!(now + 7_200))),
        ("of the future", with("iat", json!(now + 600))),
        ("without a name", with("jti", Value::Null)),
        ("another key", stranger.sign("JWT", &assertion(&site, &client, "j"))),
        ("another type", key.sign("at+jwt", &assertion(&site, &client, "j"))),
        ("nothing", String::new()),
        ("no token", "a.b.c".into()),
    ] {
        let (status, answer) = with_assertion(&site, &assertion).await;
        assert_eq!(
            (status, answer["error"].as_str()),
            (StatusCode::UNAUTHORIZED, Some("invalid_client")),
            "{case}"
        );
    }
    // A client with a key can't do without, nor can one without get a token for itself.
    for client in [client.as_str(), CLIENT] {
        let form = [("grant_type", "client_credentials"), ("client_id", client)];
        assert!(token(&site, &form).await.0.is_client_error());
    }
}

#[tokio::test]
async fn pushed_requests_are_used_once_by_their_client() {
    let (site, mut browser) = site().await;
    let form = request(&[]).split_once('?').unwrap().1.to_owned();
    let push = async |form: String| {
        let answer = site.send(&mut Browser::default(), "POST", "/identity/par", Some(form), &[]).await;
        (answer.status, serde_json::from_str::<Value>(&answer.body).unwrap())
    };
    let (status, answer) = push(form.clone()).await;
    assert_eq!((status, &answer["expires_in"]), (StatusCode::CREATED, &json!(90)));
    let reference = answer["request_uri"].as_str().unwrap();
    let pushed = |client: &str| {
        let query = [("client_id", client), ("request_uri", reference)];
        format!("/identity/authorize?{}", serde_urlencoded::to_string(query).unwrap())
    };
    let other = site.register(&ClientRegistration { code: "other".into(), ..registration() }).await;
    assert_eq!(site.get(&mut browser, &pushed(&other)).await.location, "/identity/authorize/refused");
    let begun = site.get(&mut browser, &pushed(CLIENT)).await;
    assert_eq!(site.get(&mut browser, &begun.location).await.status, StatusCode::OK);
    assert_eq!(site.get(&mut browser, &pushed(CLIENT)).await.location, "/identity/authorize/refused");

    let (_, late) = push(form.clone()).await;
    site.minutes_pass(2);
    let query = [("client_id", CLIENT), ("request_uri", late["request_uri"].as_str().unwrap())];
    let path = format!("/identity/authorize?{}", serde_urlencoded::to_string(query).unwrap());
    assert_eq!(site.get(&mut browser, &path).await.location, "/identity/authorize/refused");
    for wrong in [form.replace("rp.example", "evil.example"), form.replace("S256", "plain"), String::new()] {
        assert!(push(wrong).await.0.is_client_error());
    }
}

#[tokio::test]
async fn subjects_say_nothing_across_systems() {
    let (site, mut browser) = site().await;
    let call = system::testing::incoming("VN/GOV/H26/one-door", "identification", site.test.clock.now());
    let services = system::System::services(site.system.clone());
    let asked = registration();
    let foreign = system::testing::ask::<contracts::identity::RegisterClient>(&services, call, &asked);
    let foreign: &'static str = Box::leak(foreign.await.unwrap().client_id.into_boxed_str());
    let mut subjects = Vec::new();
    for client in [CLIENT, foreign] {
        let code = code(&site, &mut browser, &[("client_id", client)]).await;
        let form =
            redeem(&code).map(|(name, old)| if name == "client_id" { (name, client) } else { (name, old) });
        let (_, token) = token(&site, &form).await;
        let claims = verified(token["id_token"].as_str().unwrap(), &["JWT"], &jwks(&site).await).unwrap();
        subjects.push(claims["sub"].clone());
    }
    assert_ne!(subjects[0], subjects[1]);
}

#[tokio::test]
async fn keys_rotate_under_load_and_nobody_notices() {
    let (site, mut browser) = site().await;
    let code = code(&site, &mut browser, &[]).await;
    let (_, mut token) = self::token(&site, &redeem(&code)).await;
    let mut published = vec![jwks(&site).await];
    for _ in 0..3 {
        // Within a day of the change of period, and over it, many at a time.
        site.test.clock.advance(SignedDuration::from_hours(24 * 25));
        for _ in 0..5 {
            let (status, next) = refresh(&site, &token).await;
            assert_eq!(status, StatusCode::OK, "{next}");
            // Whoever read the keys a period ago verifies what is signed now.
            let old = published.last().unwrap();
            assert!(verified(next["id_token"].as_str().unwrap(), &["JWT"], old).is_some());
            assert_eq!(user_info(&site, &next).await.status, StatusCode::OK);
            token = next;
        }
        published.push(jwks(&site).await);
    }
    assert_ne!(published[0], published[3]);
}

#[tokio::test]
async fn signing_out_is_asked_and_leads_only_where_the_client_said() {
    let (site, mut browser) = site().await;
    let code = code(&site, &mut browser, &[]).await;
    let (_, token) = token(&site, &redeem(&code)).await;
    let hint = token["id_token"].as_str().unwrap();
    let path = |uri: &str, hint: &str| {
        let query = [("id_token_hint", hint), ("post_logout_redirect_uri", uri), ("state", "bye")];
        format!("/identity/logout?{}", serde_urlencoded::to_string(query).unwrap())
    };
    let asked = site.get(&mut browser, &path("https://rp.example/bye", hint)).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(site.is_signed_in(&mut browser).await, "a link alone ends nothing");
    let fields: Vec<(&str, &str)> =
        ["id_token_hint", "post_logout_redirect_uri", "state"].map(|name| (name, asked.hidden(name))).into();
    for (uri, hint, expected) in [
        ("https://rp.example/bye", hint, "https://rp.example/bye?state=bye"),
        ("https://evil.example", hint, ""),
        ("https://rp.example/bye", "forged", ""),
    ] {
        let mut elsewhere = Browser::default();
        assert_eq!(site.get(&mut elsewhere, &path(uri, hint)).await.location, expected, "{uri}");
    }
    let left = site.post(&mut browser, "/identity/logout", asked.hidden("csrf"), &fields).await;
    assert_eq!(left.location, "https://rp.example/bye?state=bye");
    assert!(!site.is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn clients_hear_of_sessions_that_end() {
    let (site, mut browser) = site().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/logout", listener.local_addr().unwrap());
    let registration = ClientRegistration { backchannel_logout_uri: Some(address), ..registration() };
    site.register(&registration).await;
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let take = axum::routing::post(async move |body: String| told.send(body).unwrap());
    let serving = axum::serve(listener, axum::Router::new().route("/logout", take));
    let serving = tokio::spawn(serving.into_future());
    let code = code(&site, &mut browser, &[]).await;
    let (_, token) = token(&site, &redeem(&code)).await;
    // Signing in once more in the same browser is the same session gone on.
    site.password(&mut browser, AN, PASSWORD).await;
    site.fill(&mut browser, "/identity", "/identity/sign-out", &[]).await;
    site.work_off().await;
    let form: Vec<(String, String)> = serde_urlencoded::from_str(&heard.recv().await.unwrap()).unwrap();
    let keys = jwks(&site).await;
    let logout = verified(&value(&form, "logout_token"), &["logout+jwt"], &keys).unwrap();
    let claims = verified(token["id_token"].as_str().unwrap(), &["JWT"], &keys).unwrap();
    for name in ["iss", "aud", "sub", "sid"] {
        assert_eq!(logout[name], claims[name], "{name}");
    }
    assert!(logout["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object());
    assert!(logout.get("nonce").is_none());
    serving.abort();
}

#[tokio::test]
async fn a_store_that_is_lost_issues_nothing() {
    let (site, mut browser) = site().await;
    let code = code(&site, &mut browser, &[]).await;
    site.test.room.store.clone().close().await.unwrap();
    let (status, answer) = token(&site, &redeem(&code)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.get("access_token").is_none());
}

/// Takes one form over TLS, under a certificate of its own, and answers it.
async fn one_form_over_tls(
    listener: tokio::net::TcpListener,
    own: rcgen::CertifiedKey<rcgen::KeyPair>,
) -> String {
    use hyper_util::rt::TokioIo;
    use tokio_rustls::{TlsAcceptor, rustls};
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.unwrap().with_no_client_auth();
    let config = config.with_single_cert(vec![own.cert.der().clone()], key.into()).unwrap();
    let acceptor = TlsAcceptor::from(std::sync::Arc::new(config));
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    loop {
        let (tcp, _) = listener.accept().await.unwrap();
        // A caller that does not believe the certificate hangs up.
        let Ok(stream) = acceptor.accept(tcp).await else { continue };
        let told = told.clone();
        let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let told = told.clone();
            async move {
                let body = http_body_util::BodyExt::collect(request.into_body()).await.unwrap().to_bytes();
                told.send(String::from_utf8(body.to_vec()).unwrap()).unwrap();
                Ok::<_, std::convert::Infallible>(hyper::Response::new(String::new()))
            }
        });
        let connection =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let served = tokio::spawn(connection);
        if let Some(form) = heard.recv().await {
            let _ = served.await;
            return form;
        }
    }
}

#[tokio::test]
async fn clients_hear_over_https_if_their_certificate_is_believed() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let elsewhere = rcgen::generate_simple_self_signed(["rp.example".to_owned()]).unwrap();
    for (case, believed, shown, is_told) in [
        ("an authority that is trusted", own.cert.pem(), own, true),
        (
            "a stranger",
            stranger.cert.pem(),
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap(),
            false,
        ),
        ("another name", elsewhere.cert.pem(), elsewhere, false),
    ] {
        let site = Site::open_trusting(&believed).await;
        let (mut browser, _) = site.account().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://localhost:{}/logout", listener.local_addr().unwrap().port());
        site.register(&ClientRegistration { backchannel_logout_uri: Some(address), ..registration() }).await;
        let code = code(&site, &mut browser, &[]).await;
        token(&site, &redeem(&code)).await;
        let hearing = tokio::spawn(one_form_over_tls(listener, shown));
        site.fill(&mut browser, "/identity", "/identity/sign-out", &[]).await;
        let done = site.try_work_off().await;
        assert_eq!(done, is_told, "{case}");
        match is_told {
            true => assert!(hearing.await.unwrap().starts_with("logout_token="), "{case}"),
            false => hearing.abort(),
        }
    }
}
