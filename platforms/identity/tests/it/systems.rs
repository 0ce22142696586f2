//! Systems at the endpoints for clients: certificates, tokens bound to them, tokens for other systems, asked about and given
//! back.

use crate::{
    provider::{
        CLIENT, ISSUER, assertion, code, jwks, keyed, redeem, refresh, registration, site, token, user_info,
    },
    site::{Answer, Browser, MUTUAL_TLS_URL, Site},
};
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::identity::{ClientAuthentication, ClientRegistration, SigningAlgorithm};
use identity::testing::{ClientKey, verified};
use pki::{Authority, Holder, Identity, SharedIdentity, Validity, tls};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use store::testing::postgres;
use system::{ShownCertificate, mutual_tls};

const PORTAL: &str = "VN/GOV/G22/portal";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const FOR_PORTAL: &str = "urn:lienthong:system:VN/GOV/G22/portal";

/// The directory's authority, and the certificates it has revoked.
struct Certificates {
    authority: Authority,
    revoked: Arc<Mutex<Vec<String>>>,
}

impl Certificates {
    fn at(site: &Site) -> Self {
        let validity = Validity::days(site.test.clock.now(), 3_650).unwrap();
        Self { authority: Authority::create("test", validity).unwrap(), revoked: Arc::default() }
    }

    fn peers(&self) -> tls::Peers {
        let revoked = self.revoked.clone();
        tls::Peers::Systems(Arc::new(move |_, shown| {
            !shown.any(|print| revoked.lock().unwrap().iter().any(|known| known == print))
        }))
    }

    fn issue(&self, site: &Site, system: &str) -> Identity {
        let validity = Validity::days(site.test.clock.now(), 30).unwrap();
        self.authority.issue(&Holder::system(system).unwrap(), validity).unwrap()
    }

    /// A new certificate of a system, as shown on a connection.
    fn shown(&self, site: &Site, system: &str) -> ShownCertificate {
        let own = self.issue(site, system);
        ShownCertificate::admit(&self.peers(), Some(own.chain()), site.test.clock.now()).unwrap()
    }
}

fn by_certificate() -> ClientRegistration {
    ClientRegistration {
        code: "by-certificate".into(),
        authentication: ClientAuthentication::TlsClientAuth,
        client_credentials: true,
        ..registration()
    }
}

async fn ask(
    site: &Site,
    endpoint: &str,
    form: &[(&str, &str)],
    shown: Option<&ShownCertificate>,
) -> (StatusCode, Value) {
    let form = serde_urlencoded::to_string(form).unwrap();
    let path = format!("/identity/{endpoint}");
    let answer = site.send_showing(&mut Browser::default(), "POST", &path, Some(form), &[], shown).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
}

/// A token that a client gets for itself by its certificate.
async fn own_token(
    site: &Site,
    client: &str,
    shown: Option<&ShownCertificate>,
    resource: &str,
) -> (StatusCode, Value) {
    let form = [("grant_type", "client_credentials"), ("client_id", client), ("resource", resource)];
    ask(site, "token", &form, shown).await
}

async fn user_info_showing(site: &Site, token: &Value, shown: Option<&ShownCertificate>) -> Answer {
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    site.send_showing(&mut Browser::default(), "GET", "/identity/userinfo", None, &headers, shown).await
}

fn thumbprint(shown: &ShownCertificate) -> String {
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, shown.der()))
}

#[tokio::test]
async fn the_metadata_says_what_systems_may_do() {
    let site = Site::open().await;
    let answer = site.get(&mut Browser::default(), "/identity/.well-known/openid-configuration").await;
    let metadata: Value = serde_json::from_str(&answer.body).unwrap();
    let (all, authenticated) = (
        json!(["none", "private_key_jwt", "tls_client_auth"]),
        json!(["private_key_jwt", "tls_client_auth"]),
    );
    for (name, expected) in [
        ("introspection_endpoint", json!(format!("{ISSUER}/introspect"))),
        ("revocation_endpoint", json!(format!("{ISSUER}/revoke"))),
        ("token_endpoint_auth_methods_supported", all.clone()),
        ("revocation_endpoint_auth_methods_supported", all),
        ("introspection_endpoint_auth_methods_supported", authenticated),
        ("tls_client_certificate_bound_access_tokens", json!(true)),
    ] {
        assert_eq!(metadata[name], expected, "{name}");
    }
    let aliases = &metadata["mtls_endpoint_aliases"];
    assert_eq!(aliases["token_endpoint"], format!("{MUTUAL_TLS_URL}/identity/token"));
    assert_eq!(aliases.as_object().unwrap().len(), 5);
}

#[tokio::test]
async fn a_system_gets_tokens_for_its_certificate() {
    let site = Site::open().await;
    let certificates = Certificates::at(&site);
    let client = site.register(&by_certificate()).await;
    let shown = certificates.shown(&site, PORTAL);
    let (status, answer) = own_token(&site, &client, Some(&shown), "").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let claims = verified(answer["access_token"].as_str().unwrap(), &["at+jwt"], &jwks(&site).await).unwrap();
    for (name, expected) in [
        ("sub", json!(client)),
        ("system", json!(PORTAL)),
        ("aud", json!(ISSUER)),
        ("cnf", json!({ "x5t#S256": thumbprint(&shown) })),
    ] {
        assert_eq!(claims[name], expected, "{name}");
    }
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600, "it is short-lived");
    // A renewed certificate of the same system is its certificate too, and what was issued before goes on.
    let renewed = certificates.shown(&site, PORTAL);
    let (status, anew) = own_token(&site, &client, Some(&renewed), "").await;
    assert_eq!(status, StatusCode::OK, "{anew}");
    let claims = verified(anew["access_token"].as_str().unwrap(), &["at+jwt"], &jwks(&site).await).unwrap();
    assert_eq!(claims["cnf"]["x5t#S256"], thumbprint(&renewed));
}

#[tokio::test]
async fn certificates_that_are_not_the_clients_get_nothing() {
    let site = Site::open().await;
    let certificates = Certificates::at(&site);
    let client = site.register(&by_certificate()).await;
    let (public, (keyed, key)) =
        (site.register(&registration()).await, keyed(&site, SigningAlgorithm::Es256).await);
    let own = certificates.shown(&site, PORTAL);
    let assertion = key.sign("JWT", &assertion(&site, &keyed, "j"));
    let by_key = [
        ("grant_type", "client_credentials"),
        ("client_id", client.as_str()),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", &assertion),
    ];
    let plain = |client| [("grant_type", "client_credentials"), ("client_id", client)];
    for (case, form, shown) in [
        ("none", &plain(client.as_str())[..], None),
        ("of another system", &plain(&client), Some(certificates.shown(&site, "VN/GOV/H26/one-door"))),
        (
            "of a system whose name begins alike",
            &plain(&client),
            Some(certificates.shown(&site, "VN/GOV/G22/portal2")),
        ),
        ("an assertion beside it", &by_key, Some(own.clone())),
        ("of a client that has a key", &plain(&keyed), Some(own.clone())),
        ("of a client nobody registered", &plain("VN/GOV/G22/portal/nobody"), Some(own.clone())),
    ] {
        let (status, answer) = ask(&site, "token", form, shown.as_ref()).await;
        assert_eq!(
            (status, &answer["error"]),
            (StatusCode::UNAUTHORIZED, &json!("invalid_client")),
            "{case}"
        );
    }
    let (_, answer) = own_token(&site, &public, Some(&own), "").await;
    assert_eq!(answer["error"], "unauthorized_client", "a public client is none by a certificate");

    // What is withdrawn while the connection is open.
    let revoked = certificates.shown(&site, PORTAL);
    certificates.revoked.lock().unwrap().push(pki::fingerprint(&revoked.der().to_vec().into()));
    assert_eq!(own_token(&site, &client, Some(&revoked), "").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(own_token(&site, &client, Some(&own), "").await.0, StatusCode::OK);
    site.minutes_pass(31 * 24 * 60);
    assert_eq!(own_token(&site, &client, Some(&own), "").await.0, StatusCode::UNAUTHORIZED, "it has run out");
    let own = certificates.shown(&site, PORTAL);
    site.test.country.withdraws(PORTAL);
    assert_eq!(own_token(&site, &client, Some(&own), "").await.0, StatusCode::UNAUTHORIZED);
    let (status, _) = ask(
        &site,
        "token",
        &[
            ("grant_type", "client_credentials"),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &key.sign("JWT", &crate::provider::assertion(&site, &keyed, "k"))),
        ],
        None,
    )
    .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "nor by a key, once the directory has no such system");
}

#[tokio::test]
async fn a_token_is_good_only_with_the_certificate_it_is_bound_to() {
    let (site, mut browser) = site().await;
    let certificates = Certificates::at(&site);
    let key = ClientKey::new(SigningAlgorithm::Es256);
    let by_key = ClientRegistration {
        code: "by-key".into(),
        authentication: ClientAuthentication::PrivateKeyJwt,
        jwks: Some(key.jwks()),
        tls_client_certificate_bound_access_tokens: true,
        ..registration()
    };
    for registration in [by_certificate(), by_key] {
        let client = site.register(&registration).await;
        let has_key = registration.jwks.is_some();
        let own = certificates.shown(&site, PORTAL);
        let code = code(&site, &mut browser, &[("client_id", &client)]).await;
        let signed = key.sign("JWT", &assertion(&site, &client, &code));
        let again = key.sign("JWT", &assertion(&site, &client, &format!("{code}2")));
        let with = |signed: &str| {
            let mut form = redeem(&code).map(|(name, old)| (name.to_owned(), old.to_owned())).to_vec();
            form[1].1 = client.clone();
            if has_key {
                form.push(("client_assertion_type".into(), ASSERTION_TYPE.into()));
                form.push(("client_assertion".into(), signed.to_owned()));
            }
            form
        };
        let form = with(&signed);
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(ask(&site, "token", &form, None).await.0, StatusCode::UNAUTHORIZED, "not without it");
        let form = with(&again);
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (status, token) = ask(&site, "token", &form, Some(&own)).await;
        assert_eq!(status, StatusCode::OK, "{token}");
        for (case, shown, expected) in [
            ("it", Some(&own), StatusCode::OK),
            ("none", None, StatusCode::UNAUTHORIZED),
            ("a renewed one", Some(&certificates.shown(&site, PORTAL)), StatusCode::UNAUTHORIZED),
            (
                "another system's",
                Some(&certificates.shown(&site, "VN/GOV/H26/one-door")),
                StatusCode::UNAUTHORIZED,
            ),
        ] {
            let answer = user_info_showing(&site, &token, shown).await;
            assert_eq!(answer.status, expected, "{case}");
        }
        certificates.revoked.lock().unwrap().push(pki::fingerprint(&own.der().to_vec().into()));
        assert_eq!(
            user_info_showing(&site, &token, Some(&own)).await.status,
            StatusCode::UNAUTHORIZED,
            "revoked"
        );
    }
}

#[tokio::test]
async fn keys_of_a_client_are_rolled_without_a_stop() {
    let site = Site::open().await;
    let (old, new) = (ClientKey::new(SigningAlgorithm::Es256), ClientKey::new(SigningAlgorithm::EdDsa));
    let set = |keys: &[&ClientKey]| -> Value {
        json!({ "keys": keys.iter().map(|key| key.jwks()["keys"][0].clone()).collect::<Vec<_>>() })
    };
    for (number, (keys, old_is_good, new_is_good)) in
        [(set(&[&old]), true, false), (set(&[&old, &new]), true, true), (set(&[&new]), false, true)]
            .into_iter()
            .enumerate()
    {
        let registration = ClientRegistration {
            authentication: ClientAuthentication::PrivateKeyJwt,
            jwks: Some(keys),
            client_credentials: true,
            ..registration()
        };
        let client = site.register(&registration).await;
        for (key, is_good) in [(&old, old_is_good), (&new, new_is_good)] {
            let claims = assertion(&site, &client, &format!("{number} {is_good} {}", key.jwks()));
            let signed = key.sign("JWT", &claims);
            let form = [
                ("grant_type", "client_credentials"),
                ("client_assertion_type", ASSERTION_TYPE),
                ("client_assertion", signed.as_str()),
            ];
            assert_eq!(token(&site, &form).await.0 == StatusCode::OK, is_good, "{number}");
        }
    }
}

#[tokio::test]
async fn what_a_client_registers_at_one_node_holds_at_the_other() {
    let location = postgres().location();
    let (one, two) = (Site::open_at(&location).await, Site::open_at(&location).await);
    let (old, new) = (ClientKey::new(SigningAlgorithm::Es256), ClientKey::new(SigningAlgorithm::EdDsa));
    let with = |key: &ClientKey, client_credentials| ClientRegistration {
        authentication: ClientAuthentication::PrivateKeyJwt,
        jwks: Some(key.jwks()),
        client_credentials,
        ..registration()
    };
    let mut number = 0;
    for (case, registered, old_is_good, new_is_good) in [
        ("the first key", with(&old, true), true, false),
        ("another key", with(&new, true), false, true),
        ("no tokens for itself", with(&new, false), false, false),
        ("the first key again", with(&old, true), true, false),
    ] {
        let client = one.register(&registered).await;
        for (key, is_good) in [(&old, old_is_good), (&new, new_is_good)] {
            number += 1;
            let signed = key.sign("JWT", &assertion(&two, &client, &format!("{number}")));
            let form = [
                ("grant_type", "client_credentials"),
                ("client_assertion_type", ASSERTION_TYPE),
                ("client_assertion", signed.as_str()),
            ];
            assert_eq!(token(&two, &form).await.0 == StatusCode::OK, is_good, "{case}");
            assert_ne!(token(&two, &form).await.0, StatusCode::OK, "{case}: an assertion is used once");
        }
    }
}

#[tokio::test]
async fn a_token_is_for_the_system_it_names() {
    let (site, _) = site().await;
    let certificates = Certificates::at(&site);
    let client = site.register(&by_certificate()).await;
    let own = certificates.shown(&site, PORTAL);
    site.test.country.withdraws("VN/GOV/H99/gone");
    for (resource, expected) in [
        ("", Ok(ISSUER)),
        (FOR_PORTAL, Ok(FOR_PORTAL)),
        ("urn:lienthong:system:VN/GOV/H99/gone", Err("invalid_target")),
        ("urn:lienthong:system:VN/GOV", Err("invalid_target")),
        ("https://evil.example", Err("invalid_target")),
        ("VN/GOV/G22/portal", Err("invalid_target")),
    ] {
        let (_, answer) = own_token(&site, &client, Some(&own), resource).await;
        match expected {
            Ok(audience) => {
                let token = answer["access_token"].as_str().unwrap();
                let claims = verified(token, &["at+jwt"], &jwks(&site).await).unwrap();
                assert_eq!(claims["aud"], audience, "{resource}");
            }
            Err(error) => assert_eq!(answer["error"], error, "{resource}"),
        }
    }
}

#[tokio::test]
async fn a_token_is_told_of_to_whom_it_concerns() {
    let (site, mut browser) = site().await;
    let certificates = Certificates::at(&site);
    let client = site.register(&by_certificate()).await;
    let own = certificates.shown(&site, PORTAL);
    // A client of the one-door, for which the token is.
    let services = system::System::services(site.system.clone());
    let call = system::testing::incoming("VN/GOV/H26/one-door", "identification", site.test.clock.now());
    let asked = by_certificate();
    let audience = system::testing::ask::<contracts::identity::RegisterClient>(&services, call, &asked).await;
    let audience = audience.unwrap().client_id;
    let audience_shown = certificates.shown(&site, "VN/GOV/H26/one-door");
    let resource = "urn:lienthong:system:VN/GOV/H26/one-door";
    let (_, for_it) = own_token(&site, &client, Some(&own), resource).await;
    let (_, for_us) = own_token(&site, &client, Some(&own), "").await;
    let code = code(&site, &mut browser, &[]).await;
    let (_, of_person) = token(&site, &redeem(&code)).await;
    let text = |answer: &Value, name: &str| answer[name].as_str().unwrap().to_owned();
    for (case, asker, shown, token, expected) in [
        ("its audience", &audience, &audience_shown, text(&for_it, "access_token"), true),
        ("its client", &client, &own, text(&for_it, "access_token"), true),
        ("not for the asker", &audience, &audience_shown, text(&for_us, "access_token"), false),
        ("a person's, of another client", &client, &own, text(&of_person, "access_token"), false),
        (
            "a person's refresh token, of another client",
            &client,
            &own,
            text(&of_person, "refresh_token"),
            false,
        ),
        ("an ID token", &client, &own, text(&of_person, "id_token"), false),
        ("nothing", &client, &own, "AAAA".into(), false),
    ] {
        let form = [("client_id", asker.as_str()), ("token", token.as_str())];
        let (status, answer) = ask(&site, "introspect", &form, Some(shown)).await;
        assert_eq!((status, &answer["active"]), (StatusCode::OK, &json!(expected)), "{case}: {answer}");
        match expected {
            true => {
                assert_eq!((&answer["system"], &answer["aud"]), (&json!(PORTAL), &json!(resource)), "{case}")
            }
            false => assert_eq!(answer, json!({ "active": false }), "{case}"),
        }
    }
    let token = text(&for_it, "access_token");
    for (case, form, shown) in [
        ("a client without a key", &[("client_id", CLIENT), ("token", token.as_str())][..], None),
        ("without its certificate", &[("client_id", client.as_str()), ("token", &token)], None),
    ] {
        assert_eq!(ask(&site, "introspect", form, shown).await.0, StatusCode::UNAUTHORIZED, "{case}");
    }
    let (_, answer) = ask(&site, "introspect", &[("client_id", &client)], Some(&own)).await;
    assert_eq!(answer["error"], "invalid_request");
    site.minutes_pass(10);
    let form = [("client_id", client.as_str()), ("token", token.as_str())];
    assert_eq!(ask(&site, "introspect", &form, Some(&own)).await.1, json!({ "active": false }), "expired");
}

#[tokio::test]
async fn tokens_are_given_back_by_their_client() {
    let (site, mut browser) = site().await;
    let other = site.register(&ClientRegistration { code: "other".into(), ..registration() }).await;
    for (case, given, is_family_gone) in
        [("access token", "access_token", false), ("refresh token", "refresh_token", true)]
    {
        let code = code(&site, &mut browser, &[]).await;
        let (_, token) = token(&site, &redeem(&code)).await;
        let text = token[given].as_str().unwrap();
        let (_, refused) = ask(&site, "revoke", &[("client_id", &other), ("token", text)], None).await;
        assert_eq!(refused["error"], "unauthorized_client", "{case}");
        assert_eq!(
            user_info(&site, &token).await.status,
            StatusCode::OK,
            "{case}: by another client it goes on"
        );
        for hint in ["", "access_token", "refresh_token", "nonsense"] {
            let form = [("client_id", CLIENT), ("token", text), ("token_type_hint", hint)];
            assert_eq!(ask(&site, "revoke", &form, None).await.0, StatusCode::OK, "{case}, also again");
        }
        assert_eq!(user_info(&site, &token).await.status, StatusCode::UNAUTHORIZED, "{case}");
        let refreshed = refresh(&site, &token).await.0;
        assert_eq!(refreshed == StatusCode::OK, !is_family_gone, "{case}");
    }
    for token in ["AAAA", "a.b.c", "ể"] {
        let form = [("client_id", CLIENT), ("token", token)];
        assert_eq!(ask(&site, "revoke", &form, None).await.0, StatusCode::OK, "{token} is none already");
    }
    assert_eq!(ask(&site, "revoke", &[("client_id", CLIENT)], None).await.1["error"], "invalid_request");
    assert_eq!(
        ask(&site, "revoke", &[("client_id", "nobody"), ("token", "A")], None).await.1["error"],
        "invalid_client"
    );
}

#[tokio::test]
async fn an_assertion_is_used_once_at_whatever_endpoint() {
    let site = Site::open().await;
    let (client, key) = keyed(&site, SigningAlgorithm::Es256).await;
    for endpoint in ["token", "introspect", "revoke"] {
        let signed = key.sign("JWT", &assertion(&site, &client, endpoint));
        let form = [
            ("grant_type", "client_credentials"),
            ("token", "AAAA"),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", signed.as_str()),
        ];
        assert_eq!(ask(&site, endpoint, &form, None).await.0, StatusCode::OK, "{endpoint}");
        for again in ["token", "introspect", "revoke"] {
            assert_eq!(
                ask(&site, again, &form, None).await.0,
                StatusCode::UNAUTHORIZED,
                "{endpoint}, {again}"
            );
        }
    }
}

#[tokio::test]
async fn a_certificate_is_shown_on_a_real_connection() {
    let site = Site::open().await;
    let certificates = Certificates::at(&site);
    let client = site.register(&by_certificate()).await;
    let now = site.test.clock.now();
    let node = Holder::node("VN/GOV/G01").unwrap();
    let own = certificates.authority.issue(&node, Validity::days(now, 30).unwrap()).unwrap();
    let clock = site.test.clock.clone();
    let tls_clock: tls::Clock = Arc::new(move || clock.now());
    let roots = Arc::new(certificates.authority.roots());
    let peers = certificates.peers();
    let own = SharedIdentity::new(own);
    let config = tls::server_config(&own, roots.clone(), peers.clone(), tls_clock.clone()).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let listener = mutual_tls::Listener::new(listener, config, peers, site.test.clock.clone());
    let service = site.endpoints().into_make_service_with_connect_info::<ShownCertificate>();
    let serving = tokio::spawn(axum::serve(listener, service).into_future());
    let stranger = Authority::create("stranger", Validity::days(now, 30).unwrap()).unwrap();
    let strange = stranger.issue(&Holder::system(PORTAL).unwrap(), Validity::days(now, 30).unwrap()).unwrap();
    for (case, shown, expected) in [
        ("its own", certificates.issue(&site, PORTAL), Some(200)),
        ("another system's", certificates.issue(&site, "VN/GOV/H26/one-door"), Some(401)),
        ("a node's", certificates.authority.issue(&node, Validity::days(now, 30).unwrap()).unwrap(), None),
        ("of another authority", strange, None),
    ] {
        let shown = SharedIdentity::new(shown);
        let config =
            tls::client_config(&shown, roots.clone(), Arc::new(|_, _| true), tls_clock.clone()).unwrap();
        let body = format!("grant_type=client_credentials&client_id={client}");
        assert_eq!(post_over(config, &node, address, body).await, expected, "{case}");
    }
    serving.abort();
}

/// The status of an answer, or nothing where the connection is refused.
async fn post_over(
    config: Arc<tokio_rustls::rustls::ClientConfig>,
    node: &Holder,
    address: std::net::SocketAddr,
    body: String,
) -> Option<u16> {
    let tcp = tokio::net::TcpStream::connect(address).await.unwrap();
    let stream = tokio_rustls::TlsConnector::from(config).connect(node.server_name(), tcp).await.ok()?;
    let stream = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.ok()?;
    let driving = tokio::spawn(connection);
    let request = hyper::Request::post("/identity/token")
        .header("host", node.dns_name())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(http_body_util::Full::new(bytes::Bytes::from(body)))
        .unwrap();
    let status = sender.send_request(request).await.ok().map(|answer| answer.status().as_u16());
    driving.abort();
    status
}
