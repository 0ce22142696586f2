//! Correction and change: every version stays, the certificate before is no longer true, the population database follows.

use crate::{
    country::{COMMUNE, Country, engines, registrar},
    samples,
};
use civil_status::{
    ActError, NotNow,
    model::{AmendmentKind, DecisionKind, EventKind},
    rules::{AmendmentRequest, Change},
};
use contracts::{
    PersonName,
    civil_status::{CertificateCode, CertificateOf, FetchCertificate, VerifyCertificate},
    population::CorrectPerson,
};
use std::sync::atomic::Ordering;
use uuid::Uuid;

fn request(given: &str) -> AmendmentRequest {
    let child = samples::application("H26-1").form.child;
    AmendmentRequest {
        kind: AmendmentKind::Correction,
        change: Change {
            name: PersonName { given: given.into(), ..child.name },
            birth_place: child.birth_place,
            hometown: child.hometown,
            ethnicity: child.ethnicity,
        },
        reason: "Ghi nhầm tên so với giấy chứng sinh".into(),
        legal_basis: "Điều 28 Luật Hộ tịch số 60/2014/QH13".into(),
        consent: false,
    }
}

async fn amend(country: &Country, application: Uuid, request: &AmendmentRequest) -> Result<(), ActError> {
    let (entry, versions) = country.system.entry_of(application).await.unwrap().unwrap();
    country.system.amend(&entry, &versions, request, registrar()).await
}

#[tokio::test]
async fn a_correction_keeps_what_was_and_issues_anew() {
    for location in engines() {
        let country = Country::open_at(&location, true).await;
        let application = samples::application("H26-1");
        let first = country.registered(&application).await;
        let filed = country.file(&application).await.unwrap();
        country.wait();
        amend(&country, filed, &request("Anh")).await.unwrap();
        let pending = CertificateOf { registration: first.registration };
        let in_between = country.ask::<FetchCertificate>("H26", &pending).await.unwrap_err();
        assert_eq!(in_between.status, 503, "no certificate is in force while the new one is made");
        assert_eq!(country.work_off().await, Vec::<String>::new());

        let (entry, versions) = country.system.entry_of(filed).await.unwrap().unwrap();
        let [before, after] = &versions[..] else { panic!("two versions") };
        assert_eq!(
            (before.form.child.name.given.as_str(), after.form.child.name.given.as_str()),
            ("An", "Anh")
        );
        assert_eq!((before.known_until, after.known_until), (Some(after.known_from), None));
        assert_eq!(after.valid_from, application.form.child.birth_date);
        let amendment = after.amendment.as_ref().unwrap();
        assert_eq!((amendment.number, amendment.year), (Some(1), 2026));
        let changes = country.system.book(COMMUNE, EventKind::Change, 2026).await.unwrap().unwrap();
        assert_eq!((changes.entries, entry.number), (1, Some(1)));

        let [correction] = &country.test.country.asked::<CorrectPerson>()[..] else {
            panic!("one correction")
        };
        assert_eq!(correction.name.as_ref().unwrap().given, "Anh");
        assert_eq!(correction.registration, amendment.amendment);
        assert_ne!(correction.registration, first.registration, "an amendment is an event of its own");
        assert!(
            correction.birth_place.is_none()
                && correction.hometown.is_none()
                && correction.ethnicity.is_none()
        );

        let second = country.registration("H26-1").await;
        assert_ne!(first.certificate_code, second.certificate_code);
        for (code, corrected) in [(first.certificate_code, true), (second.certificate_code, false)] {
            let standing = country.ask::<VerifyCertificate>("H26", &CertificateCode { code }).await.unwrap();
            assert_eq!(standing.corrected, corrected);
        }
        assert_eq!(country.deliveries().len(), 1, "the one-door hears of the registration only");
    }
}

#[tokio::test]
async fn what_breaks_a_rule_is_not_amended() {
    let country = Country::open().await;
    let application = samples::application("H26-1");
    country.registered(&application).await;
    let filed = country.file(&application).await.unwrap();
    let mut unknown_unit = request("Anh");
    unknown_unit.change.hometown.commune = "99999".into();
    let cases = [
        ("nothing changed", request("An"), "nothing-changed"),
        ("a digit", request("Anh2"), "digit-in-name"),
        ("unknown unit", unknown_unit, "unknown-unit"),
    ];
    for (case, request, code) in cases {
        match amend(&country, filed, &request).await {
            Err(ActError::Invalid(faults)) => assert_eq!(faults[0].code, code, "{case}"),
            other => panic!("{case}: {other:?}"),
        }
    }
    let (_, versions) = country.system.entry_of(filed).await.unwrap().unwrap();
    assert_eq!(versions.len(), 1);
}

#[tokio::test]
async fn of_two_amendments_one_stands_and_the_next_waits_for_its_certificate() {
    for location in engines() {
        let country = Country::open_at(&location, true).await;
        let application = samples::application("H26-1");
        country.registered(&application).await;
        let filed = country.file(&application).await.unwrap();
        let (anh, anna) = (request("Anh"), request("Ánh"));
        let (first, second) = tokio::join!(amend(&country, filed, &anh), amend(&country, filed, &anna));
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
        let third = amend(&country, filed, &request("Ân")).await;
        assert!(matches!(third, Err(ActError::NotNow(NotNow::CertificatePending))), "{third:?}");
        assert_eq!(country.work_off().await, Vec::<String>::new());
        amend(&country, filed, &request("Ân")).await.unwrap();
    }
}

#[tokio::test]
async fn an_amendment_overtakes_a_delivery_that_waits() {
    let country = Country::open().await;
    let application = samples::application("H26-1");
    let filed = country.file(&application).await.unwrap();
    country.faults.one_door.store(true, Ordering::SeqCst);
    country.decide(filed, DecisionKind::Register, "").await;
    assert_eq!(country.work_off().await.len(), 1);
    amend(&country, filed, &request("Anh")).await.unwrap();
    country.faults.one_door.store(false, Ordering::SeqCst);
    country.wait();
    country.work_off().await;
    country.wait();
    assert_eq!(country.work_off().await, Vec::<String>::new());
    let registration = country.registration("H26-1").await;
    let request = CertificateOf { registration: registration.registration };
    let certificate = country.ask::<FetchCertificate>("H26", &request).await.unwrap();
    let delivered = country.deliveries().pop().unwrap().outcome;
    let contracts::one_door::Outcome::Done { results, .. } = delivered else { panic!("done") };
    assert_eq!(
        results[0].content_base64, certificate.pdf_base64,
        "what is delivered is the certificate in force"
    );
}

#[tokio::test]
async fn the_book_stands_also_when_the_population_database_does_not_follow() {
    let country = Country::open().await;
    let application = samples::application("H26-1");
    let first = country.registered(&application).await;
    let filed = country.file(&application).await.unwrap();
    country.faults.no_correction.store(true, Ordering::SeqCst);
    amend(&country, filed, &request("Anh")).await.unwrap();
    let failures = country.work_off().await;
    assert!(failures.len() == 1 && failures[0].starts_with("correct-population:"), "{failures:?}");
    let second = country.registration("H26-1").await;
    assert_ne!(first.certificate_code, second.certificate_code);
}
