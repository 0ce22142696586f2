//! From the decision to the certificate at the one-door, also when every step fails once.

use crate::{
    country::{Country, engines, registrar},
    samples,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use civil_status::{
    ActError, BIRTH_REGISTERED,
    model::{ApplicationState, DecisionKind},
};
use contracts::{
    civil_status::{
        BirthCounted, BirthStanding, CertificateCode, CertificateOf, FetchCertificate, VerifyCertificate,
    },
    one_door::{DeliverResult, Outcome},
    population::RegisterBirth,
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, sync::atomic::Ordering, time::Duration};
use system::System as _;

#[tokio::test]
async fn a_birth_goes_from_the_one_door_to_its_certificate() {
    for location in engines() {
        let country = Country::open_at(&location, true).await;
        let application = samples::application("H26-1");
        let filed = country.file(&application).await.unwrap();
        assert_eq!(country.progress("H26-1").await, BirthStanding::Waiting);
        country.decide(filed, DecisionKind::Register, "").await;
        assert_eq!(country.progress("H26-1").await, BirthStanding::Waiting);
        assert_eq!(country.work_off().await, Vec::<String>::new());

        let registration = country.registration("H26-1").await;
        assert_eq!(
            (registration.number.as_str(), registration.book.as_str()),
            ("1/2026", "01/2026 TP/HT-KS")
        );
        assert_eq!(registration.registered_on.to_string(), "2026-11-21");

        let request = CertificateOf { registration: registration.registration };
        let certificate = country.ask::<FetchCertificate>("H26", &request).await.unwrap();
        let pdf = STANDARD.decode(&certificate.pdf_base64).unwrap();
        assert!(pdf.starts_with(b"%PDF-") && pdf.windows(10).any(|bytes| bytes == b"/ByteRange"));

        let code = CertificateCode { code: registration.certificate_code.clone() };
        let standing = country.ask::<VerifyCertificate>("H01", &code).await.unwrap();
        let sha256: String = Sha256::digest(&pdf).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((standing.sha256, standing.corrected), (sha256, false));
        assert_eq!((standing.number.as_str(), standing.commune.as_str()), ("1/2026", "00004"));
        assert!(standing.proof.contains("c2sp.org/tlog-proof"), "{}", standing.proof);

        let [delivery] = &country.deliveries()[..] else { panic!("one delivery") };
        let Outcome::Done { results, person } = &delivery.outcome else { panic!("done") };
        assert_eq!((delivery.dossier.as_str(), delivery.step.as_str()), ("H26-1", "civil-status"));
        assert_eq!((*person, results[0].component.as_str()), (Some(registration.child), "GKS"));
        assert_eq!(results[0].content_base64, certificate.pdf_base64);

        let events = country.test.room.store.pending_events(0, 10).await.unwrap();
        let told: Vec<_> = events.iter().map(|pending| pending.event.event_type.as_str()).collect();
        assert_eq!(told, [BIRTH_REGISTERED], "nobody asked for a residence");
        let counted: BirthCounted = serde_json::from_str(&events[0].event.payload).unwrap();
        let child = &application.form.child;
        let expected = BirthCounted {
            registration: registration.registration,
            version: 1,
            commune: "00004".into(),
            registered_on: registration.registered_on,
            sex: child.sex,
            kinh: true,
            on_time: true,
        };
        assert_eq!(counted, expected, "an event names nobody");
        assert_eq!(
            (country.indicator("births-registered").await, country.indicator("births-on-time").await),
            (1, 1)
        );
    }
}

#[tokio::test]
async fn the_newborn_is_told_to_the_population_database_as_the_form_says() {
    let country = Country::open().await;
    let application = samples::application("H26-1");
    let registration = country.registered(&application).await;
    let [newborn] = &country.test.country.asked::<RegisterBirth>()[..] else { panic!("one newborn") };
    let child = &application.form.child;
    assert_eq!(newborn.registration, registration.registration);
    assert_eq!((&newborn.name, newborn.sex, newborn.birth_date), (&child.name, child.sex, child.birth_date));
    assert_eq!(newborn.registered_at, "00004");
    assert_eq!(newborn.mother.as_ref().unwrap().number, application.form.mother.unwrap().number);
}

#[tokio::test]
async fn a_late_birth_is_registered_and_counted_as_late() {
    let country = Country::open().await;
    let mut application = samples::application("H26-1");
    application.form.child.birth_date = jiff::civil::date(2026, 9, 1);
    country.registered(&application).await;
    assert_eq!((country.indicator("births-late").await, country.indicator("births-on-time").await), (1, 0));
}

/// Nothing is doubled: one number, one entry, one certificate, one event.
async fn assert_registered_once(country: &Country) {
    let registration = country.registration("H26-1").await;
    assert_eq!(registration.number, "1/2026");
    assert_eq!(country.numbers_issued(), 1);
    assert_eq!(country.system.numbers_of_book("00004", 2026).await.unwrap(), [1]);
    assert_eq!(country.test.room.store.pending_events(0, 10).await.unwrap().len(), 1);
    let request = CertificateOf { registration: registration.registration };
    let certificate = country.ask::<FetchCertificate>("H26", &request).await.unwrap();
    let deliveries = country.deliveries();
    let Outcome::Done { results, .. } = &deliveries.last().unwrap().outcome else { panic!("done") };
    assert_eq!(results[0].content_base64, certificate.pdf_base64);
}

#[tokio::test]
async fn each_step_may_fail_and_is_resumed() {
    for location in engines() {
        let mut country = Country::open_at(&location, false).await;
        let filed = country.file(&samples::application("H26-1")).await.unwrap();
        let faults = country.faults.clone();
        faults.population.store(true, Ordering::SeqCst);
        country.decide(filed, DecisionKind::Register, "").await;
        let failure = |failures: Vec<String>, kind: &str| {
            assert_eq!(failures.len(), 1, "{failures:?}");
            assert!(failures[0].starts_with(kind), "{failures:?}");
        };
        failure(country.work_off().await, "number-child:");

        // The number is issued, but its answer never arrives.
        faults.population.store(false, Ordering::SeqCst);
        faults.answer_lost.store(true, Ordering::SeqCst);
        country.wait();
        failure(country.work_off().await, "number-child:");

        // Entered and sealed, but the agency has no key yet: the register says so, and waits.
        faults.answer_lost.store(false, Ordering::SeqCst);
        country.wait();
        failure(country.work_off().await, "issue-certificate: the agency has no key");
        assert_eq!(country.progress("H26-1").await, BirthStanding::Waiting);

        faults.one_door.store(true, Ordering::SeqCst);
        country.restart_with_key();
        country.wait();
        failure(country.work_off().await, "deliver:");

        faults.one_door.store(false, Ordering::SeqCst);
        country.wait();
        assert_eq!(country.work_off().await, Vec::<String>::new());
        assert_registered_once(&country).await;
    }
}

#[tokio::test]
async fn a_step_done_twice_counts_once() {
    for location in engines() {
        let country = Country::open_at(&location, true).await;
        let filed = country.file(&samples::application("H26-1")).await.unwrap();
        country.decide(filed, DecisionKind::Register, "").await;
        let mut kinds = Vec::new();
        loop {
            let now = country.test.clock.now();
            let tasks = country.test.room.store.take_tasks(now, 16, Duration::from_secs(1)).await.unwrap();
            let Some(task) = tasks.into_iter().next() else { break };
            country.system.perform(&task).await.expect("the first worker does it");
            // A second worker whose lease had run out does the same work again.
            country.system.perform(&task).await.expect_err("the task has ended");
            kinds.push(task.kind);
        }
        assert_eq!(kinds, ["number-child", "enter-book", "seal-entry", "issue-certificate", "deliver"]);
        assert_registered_once(&country).await;
    }
}

#[tokio::test]
async fn what_is_sent_back_can_be_supplied_and_registered() {
    let country = Country::open().await;
    let mut application = samples::application("H26-1");
    let filed = country.file(&application).await.unwrap();
    country.decide(filed, DecisionKind::Return, "Thiếu giấy chứng sinh của bệnh viện").await;
    assert_eq!(country.work_off().await, Vec::<String>::new());
    let reason = "Thiếu giấy chứng sinh của bệnh viện".to_owned();
    assert_eq!(country.progress("H26-1").await, BirthStanding::Returned { reason: reason.clone() });
    assert_eq!(country.deliveries().last().unwrap().outcome, Outcome::Supplement { reason });

    // The message that was sent back may come again; it changes nothing.
    assert_eq!(country.file(&application).await.unwrap(), filed);
    application.form.birth_notice = Some("456/2026".into());
    assert_eq!(country.file(&application).await.unwrap(), filed);
    assert_eq!(country.progress("H26-1").await, BirthStanding::Waiting);
    country.decide(filed, DecisionKind::Register, "").await;
    assert_eq!(country.work_off().await, Vec::<String>::new());
    assert_eq!(country.registration("H26-1").await.number, "1/2026");
}

#[tokio::test]
async fn what_is_refused_stays_refused_but_frees_the_child() {
    let country = Country::open().await;
    let application = samples::application("H26-1");
    let filed = country.file(&application).await.unwrap();
    country.decide(filed, DecisionKind::Refuse, "Không thuộc thẩm quyền của xã này").await;
    assert_eq!(country.work_off().await, Vec::<String>::new());
    let reason = "Không thuộc thẩm quyền của xã này".to_owned();
    assert_eq!(country.progress("H26-1").await, BirthStanding::Refused { reason: reason.clone() });
    assert_eq!(
        country.test.country.asked::<DeliverResult>().last().unwrap().outcome,
        Outcome::Refused { reason }
    );
    let mut other = application.clone();
    other.form.birth_notice = None;
    assert_eq!(country.file(&other).await.unwrap_err().code(), "filed-with-other-content");
    country.file(&samples::application("H26-2")).await.expect("the child can be applied for again");
}

#[tokio::test]
async fn of_two_registrars_one_decides() {
    for location in engines() {
        let country = Country::open_at(&location, true).await;
        let filed = country.file(&samples::application("H26-1")).await.unwrap();
        let seen = country.system.application(filed).await.unwrap().unwrap();
        let (first, second) = tokio::join!(
            country.system.decide(&seen, DecisionKind::Register, "", registrar()),
            country.system.decide(&seen, DecisionKind::Refuse, "Không thuộc thẩm quyền", registrar()),
        );
        let (done, lost) = if first.is_ok() { (first, second) } else { (second, first) };
        assert!(done.is_ok());
        assert!(matches!(lost, Err(ActError::ChangedMeanwhile)), "{lost:?}");
        assert_eq!(country.work_off().await, Vec::<String>::new());
        assert_eq!(country.deliveries().len(), 1);
    }
}

#[tokio::test]
async fn what_the_population_database_finds_wrong_comes_back_to_the_registrar() {
    for location in engines() {
        let country = Country::open_at(&location, true).await;
        let mut application = samples::application("H26-1");
        let filed = country.file(&application).await.unwrap();
        country.faults.other_name.store(true, Ordering::SeqCst);
        country.decide(filed, DecisionKind::Register, "").await;
        assert_eq!(country.work_off().await, Vec::<String>::new());
        assert_eq!(country.progress("H26-1").await, BirthStanding::Waiting);
        let back = country.system.application(filed).await.unwrap().unwrap();
        assert_eq!(back.state, ApplicationState::Waiting);
        assert_eq!(back.obstacle.unwrap().en, ["Name and personal number don't belong together."]);
        assert!(country.system.entry_of(filed).await.unwrap().is_none());

        // Sent back, supplied with the right name, and registered under the first number of the book.
        country.decide(filed, DecisionKind::Return, "Họ tên mẹ không khớp với số định danh").await;
        application.form.mother.as_mut().unwrap().name.given = "Hòa".into();
        country.faults.other_name.store(false, Ordering::SeqCst);
        country.file(&application).await.unwrap();
        country.decide(filed, DecisionKind::Register, "").await;
        assert_eq!(country.work_off().await, Vec::<String>::new());
        assert_registered_once(&country).await;
    }
}

/// How many births go through the storm, and how many storms there are.
const STORM_BIRTHS: i64 = 4;
const STORMS: u64 = 5;

#[tokio::test]
async fn storms_of_faults_double_nothing_and_lose_nothing() {
    for seed in 0..STORMS {
        let country = Country::open().await;
        for birth in 0..STORM_BIRTHS {
            let mut application = samples::application(&format!("H26-{birth}"));
            application.form.child.birth_date =
                jiff::civil::date(2026, 11, 1) + jiff::Span::new().days(birth);
            let filed = country.file(&application).await.unwrap();
            country.decide(filed, DecisionKind::Register, "").await;
        }
        storm(&country, seed).await;
        for fault in [&country.faults.population, &country.faults.answer_lost, &country.faults.one_door] {
            fault.store(false, Ordering::SeqCst);
        }
        country.test.clock.advance(jiff::SignedDuration::from_hours(1));
        revive_the_dead(&country).await;
        assert_eq!(country.work_off().await, Vec::<String>::new(), "seed {seed}");

        let numbers = country.system.numbers_of_book("00004", 2026).await.unwrap();
        assert_eq!(numbers, (1..=STORM_BIRTHS).collect::<Vec<_>>(), "seed {seed}");
        assert_eq!(i64::try_from(country.numbers_issued()).unwrap(), STORM_BIRTHS, "seed {seed}");
        let events = country.test.room.store.pending_events(0, 100).await.unwrap();
        assert_eq!(i64::try_from(events.len()).unwrap(), STORM_BIRTHS, "seed {seed}");
        let delivered: BTreeSet<_> =
            country.deliveries().into_iter().map(|delivery| delivery.dossier).collect();
        assert_eq!(i64::try_from(delivered.len()).unwrap(), STORM_BIRTHS, "seed {seed}");
        for birth in 0..STORM_BIRTHS {
            country.registration(&format!("H26-{birth}")).await;
        }
    }
}

/// An operator has another try made of what was set aside after too many.
async fn revive_the_dead(country: &Country) {
    let (store, now) = (&country.test.room.store, country.test.clock.now());
    for dead in store.dead_tasks(100).await.unwrap() {
        store.revive_task(dead.task.id, now).await.unwrap();
    }
}

/// Others come and go, workers vanish before they begin, and work is done twice.
async fn storm(country: &Country, seed: u64) {
    let dice = system::Random::from_seed(seed);
    let (store, clock) = (&country.test.room.store, &country.test.clock);
    for _ in 0..30 {
        for fault in [&country.faults.population, &country.faults.answer_lost, &country.faults.one_door] {
            fault.store(dice.below(3) == 0, Ordering::SeqCst);
        }
        for task in store.take_tasks(clock.now(), 2, Duration::from_secs(1)).await.unwrap() {
            let times = dice.below(4).min(2);
            for _ in 0..times {
                if let Err(failure) = country.system.perform(&task).await {
                    assert!(!failure.fatal, "{}: {}", task.kind, failure.fault);
                }
            }
        }
        clock.advance(jiff::SignedDuration::from_secs(2));
    }
}
