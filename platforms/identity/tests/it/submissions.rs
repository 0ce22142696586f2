//! People sign what other systems hand in for them.

use crate::{
    keys::{add, party},
    officials::person,
    provider::{CALLBACK, registration},
    site::{AN, Answer, Browser, Site},
};
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::{
    Problem, Purpose,
    identity::{
        AskSubmissionSignature, FetchSubmissionSignature, Level, SignatureAsked, SignatureFound,
        SignatureTicket, SubmissionToSign, SubmissionToVerify, SubmissionVerified, VerifySubmission,
    },
};
use identity::testing::Authenticator;
use store::{Location, testing::postgres};
use system::{
    Incoming, System as _,
    testing::{ask, incoming},
};

pub(crate) const PORTAL: &str = "VN/GOV/G22/portal";
const ONE_DOOR: &str = "VN/GOV/H26/one-door";
const BACK: &str = "https://rp.example/portal/apply/1.001193/signed";
const DIGEST: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const OTHER_DIGEST: &str = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

pub(crate) fn call(site: &Site, client: &str, purpose: &str, user: Option<&str>) -> Incoming {
    let mut call = incoming(client, purpose, site.test.clock.now());
    call.context.user = user.map(str::to_owned);
    call
}

fn to_sign() -> SubmissionToSign {
    SubmissionToSign {
        person: AN.parse().unwrap(),
        digest: DIGEST.into(),
        name_vi: "Đăng ký khai sinh".into(),
        name_en: "Registration of birth".into(),
        concerns: "Nguyễn Thị Minh Bé".into(),
        return_to: BACK.into(),
        client: Some("web".into()),
    }
}

async fn ask_as(site: &Site, call: Incoming, asked: &SubmissionToSign) -> Result<SignatureAsked, Problem> {
    ask::<AskSubmissionSignature>(&site.system.clone().services(), call, asked).await
}

/// What the portal asks An to sign: the path where she does.
async fn asked(site: &Site) -> (String, String) {
    assert!(CALLBACK.starts_with("https://rp.example/"));
    site.register(&registration()).await;
    let asked = ask_as(site, call(site, PORTAL, Purpose::PROCEDURE, Some(AN)), &to_sign()).await.unwrap();
    let path = asked.address.strip_prefix("http://127.0.0.1:8080").expect("a page of ours").to_owned();
    (path, asked.ticket)
}

async fn fetch(site: &Site, call: Incoming, person: &str, ticket: &str) -> Result<SignatureFound, Problem> {
    let ticket = SignatureTicket { person: person.parse().unwrap(), ticket: ticket.to_owned() };
    ask::<FetchSubmissionSignature>(&site.system.clone().services(), call, &ticket).await
}

async fn fetched(site: &Site, ticket: &str) -> SignatureFound {
    fetch(site, call(site, PORTAL, Purpose::PROCEDURE, Some(AN)), AN, ticket).await.unwrap()
}

async fn verify(
    site: &Site,
    purpose: &str,
    (person, digest, evidence): (&str, &str, &str),
) -> Result<SubmissionVerified, Problem> {
    let asked = SubmissionToVerify {
        person: person.parse().unwrap(),
        digest: digest.to_owned(),
        evidence: evidence.to_owned(),
    };
    let call = call(site, ONE_DOOR, purpose, None);
    ask::<VerifySubmission>(&site.system.clone().services(), call, &asked).await
}

/// Sends what the device signs over the challenge of the page.
async fn sign(site: &Site, browser: &mut Browser, device: &mut Authenticator, path: &str) -> Answer {
    let page = site.get(browser, path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    send_signed(site, browser, device, path, &page).await
}

async fn send_signed(
    site: &Site,
    browser: &mut Browser,
    device: &mut Authenticator,
    path: &str,
    page: &Answer,
) -> Answer {
    let challenge = URL_SAFE_NO_PAD.decode(page.value_after("data-challenge=\"")).unwrap();
    let (client, data, signature) = device.sign(&party(), &challenge);
    let encoded = [&device.credential, &client, &data, &signature].map(|part| URL_SAFE_NO_PAD.encode(part));
    let answers = [
        ("credential", encoded[0].as_str()),
        ("client-data", &encoded[1]),
        ("authenticator-data", &encoded[2]),
        ("signature", &encoded[3]),
    ];
    site.post(browser, path, page.hidden("csrf"), &answers).await
}

#[tokio::test]
async fn a_person_signs_once_and_the_key_proves_it_after_it_is_gone() {
    for location in [Location::SqliteMemory, postgres().location()] {
        let site = Site::open_at(&location).await;
        let (mut owner, _) = site.account().await;
        let (path, ticket) = asked(&site).await;
        let page = site.get(&mut owner, &path).await;
        assert!(page.has("no passkey yet") && page.has("Do not sign"), "{}", page.body);
        let mut device = Authenticator::es256();
        add(&site, &mut owner, &mut device, "").await;
        let page = site.get(&mut owner, &path).await;
        for words in ["Registration of birth", "Nguyễn Thị Minh Bé", DIGEST, "https://rp.example"] {
            assert!(page.has(words), "{words}: {}", page.body);
        }
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("form-action 'self' https://rp.example"), "{policy}");
        assert_eq!(fetched(&site, &ticket).await.signed, None, "not signed yet");

        let signed = sign(&site, &mut owner, &mut device, &path).await;
        assert_eq!(
            (signed.status, &*signed.location),
            (StatusCode::SEE_OTHER, &*format!("{BACK}?signed=yes"))
        );
        let again = site.get(&mut owner, &path).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "it is signed once");
        let replayed = send_signed(&site, &mut owner, &mut device, &path, &page).await;
        assert_eq!(replayed.status, StatusCode::UNPROCESSABLE_ENTITY);
        let found = fetched(&site, &ticket).await.signed.expect("a signature");
        assert_eq!((found.digest.as_str(), found.proof.level), (DIGEST, Level::One));
        assert!(site.get(&mut owner, "/identity/history").await.has("Submission signed with a passkey"));

        let good = (AN, DIGEST, found.evidence.as_str());
        let proven = verify(&site, Purpose::PROCEDURE, good).await.unwrap().proof;
        assert_eq!(proven, Some(found.proof.clone()));
        // The key is removed, and proves what it signed before.
        let keys = site.get(&mut owner, "/identity/keys").await;
        let credential = keys.hidden("credential").to_owned();
        let answers = [("credential", credential.as_str())];
        site.post(&mut owner, "/identity/keys/passkey/remove", keys.hidden("csrf"), &answers).await;
        site.minutes_pass(60 * 24 * 30);
        assert_eq!(verify(&site, Purpose::PROCEDURE, good).await.unwrap().proof, proven);
        assert_eq!(fetched(&site, &ticket).await.signed, None, "it is fetched in its time");

        person(&site, "001180000013").await;
        for (case, wrong) in [
            ("another submission", (AN, OTHER_DIGEST, good.2)),
            ("another person", ("001180000013", DIGEST, good.2)),
            ("nobody of ours", ("001180000099", DIGEST, good.2)),
            ("no digest", (AN, "x", good.2)),
            ("no evidence", (AN, DIGEST, "{}")),
        ] {
            let verified = verify(&site, Purpose::PROCEDURE, wrong).await.unwrap();
            assert_eq!(verified.proof, None, "{case}");
        }
    }
}

#[tokio::test]
async fn a_signature_that_was_not_asked_for_proves_nothing() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    let mut device = Authenticator::es256();
    add(&site, &mut owner, &mut device, "").await;
    // The evidence holds, and this system has never seen the person sign.
    let digest = [0xab; 32];
    let (client_data, authenticator_data, signature) =
        device.sign(&party(), &identity::submission::challenge(&digest));
    let assertion = identity::webauthn::Assertion {
        client_data: &client_data,
        authenticator_data: &authenticator_data,
        signature: &signature,
    };
    let key = device.public_key();
    let evidence = identity::submission::SubmissionEvidence::of(&party(), &digest, &key, &assertion).unwrap();
    let evidence = evidence.written();
    let verified = verify(&site, Purpose::PROCEDURE, (AN, &"ab".repeat(32), &evidence)).await.unwrap();
    assert_eq!(verified.proof, None);
}

#[tokio::test]
async fn nobody_signs_for_another_with_another_key_or_too_late() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    let mut device = Authenticator::es256();
    add(&site, &mut owner, &mut device, "").await;
    let (path, ticket) = asked(&site).await;
    let mut other = person(&site, "001180000012").await;
    let mut others_device = Authenticator::es256();
    add(&site, &mut other, &mut others_device, "").await;
    let page = site.get(&mut owner, &path).await;
    let foreign = site.get(&mut other, &path).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN, "the ticket is another person's");
    assert!(foreign.has("Somebody else is asked") && !foreign.has("Nguyễn Thị Minh Bé"));
    let foreign = site.post(&mut other, &path, page.hidden("csrf"), &[("answer", "decline")]).await;
    assert!(foreign.status.is_client_error(), "{}", foreign.status);

    let wrong = send_signed(&site, &mut owner, &mut others_device, &path, &page).await;
    assert_eq!(wrong.status, StatusCode::OK);
    assert!(wrong.has("has not signed"), "a key of somebody else: {}", wrong.body);
    others_device.credential = device.credential.clone();
    assert!(send_signed(&site, &mut owner, &mut others_device, &path, &page).await.has("has not signed"));
    device.flags &= !0x04;
    assert!(send_signed(&site, &mut owner, &mut device, &path, &page).await.has("has not signed"));
    device.flags |= 0x04;
    let mut nobody = Browser::default();
    let away = site.get(&mut nobody, &path).await;
    assert_eq!(away.location, format!("/identity/sign-in?return={path}"), "signing in comes first");

    site.minutes_pass(15);
    let late = site.get(&mut owner, &path).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.has("has run out"));
    assert_eq!(fetched(&site, &ticket).await.signed, None);
}

#[tokio::test]
async fn who_does_not_sign_goes_back() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    let (path, ticket) = asked(&site).await;
    let declined = site.fill(&mut owner, &path, &path, &[("answer", "decline")]).await;
    assert_eq!(declined.location, format!("{BACK}?signed=no"));
    assert_eq!(site.get(&mut owner, &path).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(fetched(&site, &ticket).await.signed, None);
}

#[tokio::test]
async fn a_signature_is_asked_for_by_who_hands_in_and_told_to_them_alone() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    let mut device = Authenticator::es256();
    add(&site, &mut owner, &mut device, "").await;
    let (path, ticket) = asked(&site).await;
    sign(&site, &mut owner, &mut device, &path).await;

    let good = || call(&site, PORTAL, Purpose::PROCEDURE, Some(AN));
    type Change = fn(&mut SubmissionToSign);
    let cases: [(&str, Incoming, Change, u16); 10] = [
        ("for nobody's act", call(&site, PORTAL, Purpose::PROCEDURE, None), |_| (), 403),
        ("by another person", call(&site, PORTAL, Purpose::PROCEDURE, Some("001190000009")), |_| (), 403),
        ("for another purpose", call(&site, PORTAL, Purpose::IDENTIFICATION, Some(AN)), |_| (), 403),
        ("a digest that is none", good(), |asked| asked.digest = "x".into(), 422),
        ("nothing to show", good(), |asked| asked.name_en = String::new(), 422),
        ("a foreign address", good(), |asked| asked.return_to = "https://evil.example/x".into(), 422),
        ("an unknown client", good(), |asked| asked.client = Some("app".into()), 422),
        ("no site of the State", good(), |asked| asked.client = None, 422),
        (
            "another system's client",
            call(&site, "VN/GOV/G15/portal", Purpose::PROCEDURE, Some(AN)),
            |_| (),
            422,
        ),
        (
            "nobody of ours",
            call(&site, PORTAL, Purpose::PROCEDURE, Some("001190000009")),
            |asked| asked.person = "001190000009".parse().unwrap(),
            409,
        ),
    ];
    for (case, call, change, expected) in cases {
        let mut asked = to_sign();
        change(&mut asked);
        assert_eq!(ask_as(&site, call, &asked).await.unwrap_err().status, expected, "{case}");
    }

    for (case, caller, person, expected) in [
        ("who asked", good(), AN, Ok(true)),
        ("another system", call(&site, "VN/GOV/G15/portal", Purpose::PROCEDURE, Some(AN)), AN, Ok(false)),
        ("another person", good(), "001190000009", Err(403)),
        ("another purpose", call(&site, PORTAL, Purpose::OWN_DATA, Some(AN)), AN, Err(403)),
        ("nobody's act", call(&site, PORTAL, Purpose::PROCEDURE, None), AN, Err(403)),
    ] {
        let found = fetch(&site, caller, person, &ticket).await;
        let found = found.map(|found| found.signed.is_some()).map_err(|problem| problem.status);
        assert_eq!(found, expected, "{case}");
    }
    let evidence = fetched(&site, &ticket).await.signed.unwrap().evidence;
    let refused = verify(&site, Purpose::IDENTIFICATION, (AN, DIGEST, &evidence)).await;
    assert_eq!(refused.unwrap_err().status, 403);
}

#[tokio::test]
async fn people_come_back_to_sites_of_the_state() {
    let site = Site::open().await;
    site.account().await;
    let known = identity::sites::Site {
        client: "VN/GOV/G22/pages".into(),
        name_vi: "Cổng Dịch vụ công".into(),
        name_en: "Public services".into(),
        url: "https://dichvucong.example".into(),
        public_key: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into(),
        systems: Vec::new(),
    };
    identity::sites::register(&site.test.room.store, &[known], site.test.clock.now()).await.unwrap();
    for (address, expected) in [
        ("https://dichvucong.example/portal/apply/1.001193/signed", true),
        ("https://dichvucong.example.evil.example/", false),
        (BACK, false),
    ] {
        let asked = SubmissionToSign { client: None, return_to: address.into(), ..to_sign() };
        let answer = ask_as(&site, call(&site, PORTAL, Purpose::PROCEDURE, Some(AN)), &asked).await;
        assert_eq!(answer.is_ok(), expected, "{address}");
    }
}
