//! What the applicant signs with their passkey before it is sent.

use crate::{
    country::{JOINED, MOTHER, engines},
    site::{Answer, Reader, Site},
};
use axum::http::StatusCode;
use contracts::{
    Problem,
    identity::{
        AskSubmissionSignature, FetchSubmissionSignature, Level, SignatureAsked, SignatureFound,
        SubmissionProof, SubmissionSigned, SubmissionToSign,
    },
    one_door::{Submission, SubmitDossier},
};
use sha2::{Digest as _, Sha256};
use std::sync::{Arc, Mutex};
use web::Language;

const CHECK: &str = "/portal/apply/3.000722/check";
const SIGNED: &str = "/portal/apply/3.000722/signed";
const ADDRESS: &str = "http://127.0.0.1:8080/identity/submissions/ticket-1";

/// The identity system: what it was asked, and whether the person has signed.
#[derive(Default, Clone)]
struct Identity {
    asked: Arc<Mutex<Option<SubmissionToSign>>>,
    signs: Arc<Mutex<bool>>,
}

impl Identity {
    fn of(site: &Site) -> Self {
        let (identity, others) = (Self::default(), &site.country.test.country);
        let asked = identity.asked.clone();
        others.answers::<AskSubmissionSignature>(move |request| {
            *asked.lock().unwrap() = Some(request);
            let until = "2026-11-21T03:15:00Z".parse().unwrap();
            Ok(SignatureAsked { ticket: "ticket-1".into(), address: ADDRESS.into(), until })
        });
        let Self { asked, signs } = identity.clone();
        others.answers::<FetchSubmissionSignature>(move |ticket| {
            assert_eq!((ticket.ticket.as_str(), ticket.person.to_string().as_str()), ("ticket-1", MOTHER));
            let asked = asked.lock().unwrap().clone().filter(|_| *signs.lock().unwrap());
            let signed = asked.map(|asked| SubmissionSigned {
                digest: asked.digest,
                evidence: "{\"evidence\":true}".into(),
                proof: SubmissionProof { at: "2026-11-21T03:01:00Z".parse().unwrap(), level: Level::Two },
            });
            Ok(SignatureFound { signed })
        });
        identity
    }

    fn sign(&self) {
        *self.signs.lock().unwrap() = true;
    }
}

async fn ask(site: &Site, mother: &Reader) -> Answer {
    site.fill(mother, CHECK, &[("declared", "yes"), ("action", "sign")]).await
}

#[tokio::test]
async fn what_is_signed_is_what_is_sent() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        let identity = Identity::of(&site);
        let mother = site.sign_in(MOTHER, Language::En);
        site.answer_all(&mother, JOINED).await;
        assert!(site.get(&mother, CHECK).await.has("Sign with a passkey and send"));
        let undeclared = site.fill(&mother, CHECK, &[("action", "sign")]).await;
        assert_eq!(undeclared.status, StatusCode::UNPROCESSABLE_ENTITY);
        let asked = ask(&site, &mother).await;
        assert_eq!((asked.status, &*asked.location), (StatusCode::SEE_OTHER, ADDRESS));
        let request = identity.asked.lock().unwrap().clone().unwrap();
        assert_eq!(request.return_to, format!("http://127.0.0.1:8080{SIGNED}"));
        assert_eq!(
            (request.concerns.as_str(), request.person.to_string().as_str()),
            ("Nguyễn Thị Minh An", MOTHER)
        );
        assert_eq!(site.country.work_off().await, Vec::<String>::new());
        assert!(site.country.submissions().is_empty(), "nothing is sent before it is signed");

        identity.sign();
        let sent = site.get(&mother, SIGNED).await;
        assert!(sent.location.ends_with("/sent"), "{} {}", sent.status, sent.location);
        let dossier = sent.location.trim_end_matches("/sent");
        assert_eq!(site.get(&mother, SIGNED).await.location, "/portal/dossiers", "read again, sent once");
        assert_eq!(site.country.work_off().await, Vec::<String>::new());
        let [submission] = &site.country.test.country.asked::<SubmitDossier>()[..] else { panic!("one") };
        let signature = submission.signature.clone().expect("its signature");
        let signed: Submission = serde_json::from_str(&signature.text).unwrap();
        assert_eq!(signed, Submission { signature: None, ..submission.clone() });
        let digest: String =
            Sha256::digest(&signature.text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(request.digest, digest);
        assert_eq!(signature.evidence, "{\"evidence\":true}");
        let page = site.get(&mother, dossier).await;
        assert!(page.has("Signed with your passkey") && page.has("level 2"), "{}", page.body);
    }
}

#[tokio::test]
async fn what_was_changed_is_signed_anew() {
    let site = Site::open().await;
    let identity = Identity::of(&site);
    let mother = site.sign_in(MOTHER, Language::En);
    site.answer_all(&mother, JOINED).await;
    ask(&site, &mother).await;
    identity.sign();
    let mut answers = crate::site::child();
    answers[2].1 = "Bình";
    site.fill(&mother, "/portal/apply/3.000722/child", &answers).await;
    let back = site.get(&mother, SIGNED).await;
    assert_eq!(back.location, format!("{CHECK}?signing=changed"));
    let page = site.get(&mother, &back.location).await;
    assert!(page.has("sign anew"), "{}", page.body);
    assert_eq!(site.get(&mother, SIGNED).await.location, format!("{CHECK}?signing=not-signed"));
    site.country.work_off().await;
    assert!(site.country.submissions().is_empty());

    ask(&site, &mother).await;
    assert!(site.get(&mother, SIGNED).await.location.ends_with("/sent"));
}

#[tokio::test]
async fn who_does_not_sign_has_sent_nothing_and_may_send_all_the_same() {
    let site = Site::open().await;
    let identity = Identity::of(&site);
    let mother = site.sign_in(MOTHER, Language::En);
    site.answer_all(&mother, JOINED).await;
    assert_eq!(
        site.get(&mother, SIGNED).await.location,
        format!("{CHECK}?signing=not-signed"),
        "never asked"
    );
    ask(&site, &mother).await;
    let back = site.get(&mother, &format!("{SIGNED}?signed=yes")).await;
    assert_eq!(back.location, format!("{CHECK}?signing=not-signed"), "what the address says is not believed");
    assert!(site.get(&mother, &back.location).await.has("nothing was sent"));
    // The ticket was let go, so what is signed by it later is not sent either.
    identity.sign();
    assert_eq!(site.get(&mother, SIGNED).await.location, format!("{CHECK}?signing=not-signed"));
    let submission = site.hand_in(&mother, JOINED).await;
    assert!(site.get(&mother, &format!("/portal/dossiers/{submission}")).await.has("Not signed"));
    assert_eq!(site.country.work_off().await, Vec::<String>::new());
    assert_eq!(site.country.submissions()[0].signature, None);
}

#[tokio::test]
async fn an_identity_system_that_does_not_help_stops_nobody() {
    for (case, problem, outcome) in [
        ("away", Problem::unavailable("down for the test"), "away"),
        ("no account", Problem::new(409, "no-account", "Chưa có tài khoản", "No account"), "not-possible"),
        ("not granted", Problem::forbidden(), "not-possible"),
    ] {
        let site = Site::open().await;
        let problem = problem.clone();
        site.country.test.country.answers::<AskSubmissionSignature>(move |_| Err(problem.clone()));
        let mother = site.sign_in(MOTHER, Language::En);
        site.answer_all(&mother, JOINED).await;
        assert_eq!(ask(&site, &mother).await.location, format!("{CHECK}?signing={outcome}"), "{case}");
        site.hand_in(&mother, JOINED).await;
    }
    // One that is away when the applicant comes back is asked again.
    let site = Site::open().await;
    let mother = site.sign_in(MOTHER, Language::En);
    site.answer_all(&mother, JOINED).await;
    let identity = Identity::of(&site);
    ask(&site, &mother).await;
    identity.sign();
    site.country.test.country.answers::<FetchSubmissionSignature>(|_| Err(Problem::unavailable("down")));
    assert_eq!(site.get(&mother, SIGNED).await.location, format!("{CHECK}?signing=away"));
    let asked = identity.asked.lock().unwrap().clone();
    let again = Identity::of(&site);
    *again.asked.lock().unwrap() = asked;
    again.sign();
    assert!(site.get(&mother, SIGNED).await.location.ends_with("/sent"));
}
