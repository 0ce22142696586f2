//! What is told of an entry when it is registered, amended and annulled, and what no longer holds after the annulment.

use crate::{
    country::{Country, engines, registrar},
    samples,
};
use civil_status::{
    ActError, BIRTH_AMENDED, BIRTH_ANNULLED, BIRTH_REGISTERED, RESIDENCE_ASKED,
    model::{AmendmentKind, Entry, EntryVersion},
    rules::{AmendmentRequest, AnnulmentRequest, Change},
};
use contracts::civil_status::{
    BirthApplication, BirthCounted, CertificateCode, ResidenceAsked, VerifyCertificate,
};
use uuid::Uuid;

fn annulment() -> AnnulmentRequest {
    AnnulmentRequest {
        legal_basis: "Quyết định 15/QĐ-UBND ngày 20/11/2026".into(),
        reason: "Đăng ký không đúng thẩm quyền".into(),
    }
}

fn of_parents_of_two_groups() -> BirthApplication {
    let mut application = samples::application("H26-1");
    if let Some(father) = &mut application.form.father {
        father.ethnicity = "02".into();
    }
    application
}

/// The child is of the father's group, and nothing else is wrong.
fn of_another_group() -> AmendmentRequest {
    let child = samples::application("H26-1").form.child;
    AmendmentRequest {
        kind: AmendmentKind::Correction,
        change: Change {
            name: child.name,
            birth_place: child.birth_place,
            hometown: child.hometown,
            ethnicity: "02".into(),
        },
        reason: "Ghi nhầm dân tộc so với tờ khai".into(),
        legal_basis: "Điều 28 Luật Hộ tịch số 60/2014/QH13".into(),
        consent: false,
    }
}

async fn entry(country: &Country, filed: Uuid) -> (Entry, Vec<EntryVersion>) {
    country.system.entry_of(filed).await.unwrap().unwrap()
}

async fn annul(country: &Country, filed: Uuid) -> Result<(), ActError> {
    let (entry, versions) = entry(country, filed).await;
    country.system.annul(&entry, &versions, &annulment(), registrar()).await
}

async fn told(country: &Country) -> Vec<(String, BirthCounted)> {
    let events = country.test.room.store.pending_events(0, 10).await.unwrap();
    let counted = |payload: &str| serde_json::from_str(payload).unwrap();
    events.into_iter().map(|told| (told.event.event_type, counted(&told.event.payload))).collect()
}

#[tokio::test]
async fn what_an_entry_counts_as_is_told_each_time_it_changes() {
    for location in engines() {
        let country = Country::open_at(&location, true).await;
        let application = of_parents_of_two_groups();
        let registered = country.registered(&application).await;
        let filed = country.file(&application).await.unwrap();
        let (found, versions) = entry(&country, filed).await;
        country.system.amend(&found, &versions, &of_another_group(), registrar()).await.unwrap();
        assert_eq!(country.work_off().await, Vec::<String>::new());
        annul(&country, filed).await.unwrap();
        assert_eq!(country.work_off().await, Vec::<String>::new());

        let first = BirthCounted {
            registration: registered.registration,
            version: 1,
            commune: "00004".into(),
            registered_on: registered.registered_on,
            sex: application.form.child.sex,
            kinh: true,
            on_time: true,
        };
        let second = BirthCounted { version: 2, kinh: false, ..first.clone() };
        let third = BirthCounted { version: 3, ..second.clone() };
        let expected = [(BIRTH_REGISTERED, first), (BIRTH_AMENDED, second), (BIRTH_ANNULLED, third)];
        assert_eq!(told(&country).await, expected.map(|(kind, counted)| (kind.to_owned(), counted)));
    }
}

#[tokio::test]
async fn an_annulled_entry_is_no_longer_true_and_the_child_can_be_registered_anew() {
    for location in engines() {
        let country = Country::open_at(&location, true).await;
        let application = samples::application("H26-1");
        let registered = country.registered(&application).await;
        let filed = country.file(&application).await.unwrap();
        annul(&country, filed).await.unwrap();
        let code = CertificateCode { code: registered.certificate_code };
        assert!(country.ask::<VerifyCertificate>("H01", &code).await.unwrap().corrected);
        let (found, versions) = entry(&country, filed).await;
        assert!(versions[0].known_until.is_some(), "it says nothing any more");
        let again = annul(&country, filed).await;
        assert!(matches!(again, Err(ActError::ChangedMeanwhile)), "{again:?}");
        let amended = country.system.amend(&found, &versions, &of_another_group(), registrar()).await;
        assert!(matches!(amended, Err(ActError::ChangedMeanwhile)), "{amended:?}");
        country.file(&samples::application("H26-2")).await.expect("the same child, as it should be");
    }
}

#[tokio::test]
async fn of_an_amendment_and_an_annulment_at_once_one_stands() {
    for location in engines() {
        let country = Country::open_at(&location, true).await;
        let application = of_parents_of_two_groups();
        country.registered(&application).await;
        let filed = country.file(&application).await.unwrap();
        let (found, versions) = entry(&country, filed).await;
        let (change, end) = (of_another_group(), annulment());
        let amends = country.system.amend(&found, &versions, &change, registrar());
        let annuls = country.system.annul(&found, &versions, &end, registrar());
        let (amended, annulled) = tokio::join!(amends, annuls);
        assert!(amended.is_ok() != annulled.is_ok(), "{amended:?} {annulled:?}");
    }
}

#[tokio::test]
async fn an_annulment_says_by_which_decision_and_why() {
    let country = Country::open().await;
    let application = samples::application("H26-1");
    country.registered(&application).await;
    let filed = country.file(&application).await.unwrap();
    let (found, versions) = entry(&country, filed).await;
    for (request, code) in [
        (AnnulmentRequest { legal_basis: " ".into(), ..annulment() }, "legal-basis"),
        (AnnulmentRequest { legal_basis: "x".repeat(201), ..annulment() }, "legal-basis"),
        (AnnulmentRequest { reason: "sai".into(), ..annulment() }, "reason"),
        (AnnulmentRequest { reason: "x".repeat(1_001), ..annulment() }, "reason"),
    ] {
        match country.system.annul(&found, &versions, &request, registrar()).await {
            Err(ActError::Invalid(faults)) => assert_eq!(faults[0].code, code),
            other => panic!("{code}: {other:?}"),
        }
    }
    assert_eq!(told(&country).await.len(), 1);
}

#[tokio::test]
async fn parents_who_asked_for_a_residence_are_heard_when_the_birth_is_in_the_book() {
    for location in engines() {
        let country = Country::open_at(&location, true).await;
        let application = BirthApplication { residence_asked: true, ..samples::application("H26-1") };
        let registered = country.registered(&application).await;
        let events = country.test.room.store.pending_events(0, 10).await.unwrap();
        let kinds: Vec<_> = events.iter().map(|told| told.event.event_type.as_str()).collect();
        assert_eq!(kinds, [BIRTH_REGISTERED, RESIDENCE_ASKED]);
        assert_eq!(events[1].event.subject, registered.registration.to_string());
        let asked: ResidenceAsked = serde_json::from_str(&events[1].event.payload).unwrap();
        assert_eq!(asked, ResidenceAsked { registration: registered.registration, dossier: "H26-1".into() });
    }
}
