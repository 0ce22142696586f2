//! From reception to the returned result, also when every step fails once.

use crate::{
    country::{Country, child, code, down, engines, officer, refused, registered, supplement},
    samples,
};
use contracts::{
    FieldProblem, Problem,
    civil_status::FileBirth,
    insurance::LookUpCard,
    one_door::{Form, Outcome, SupplyMore},
    population::{ReadResidence, ResidenceOutcome},
    portal::{DossierState, ResultFact, SynchroniseDossier},
};
use one_door::{ActError, model::StepState};
use std::time::Duration;
use system::System as _;

fn invalid(field: &str, vi: &str) -> Problem {
    let (code, en) = ("wrong".into(), "Wrong.".into());
    Problem::invalid(vec![FieldProblem { field: field.into(), code, vi: vi.into(), en }])
}

fn states(dossier: &one_door::model::Dossier) -> Vec<StepState> {
    dossier.steps.iter().map(|step| step.state).collect()
}

#[tokio::test]
async fn a_dossier_goes_from_reception_to_its_results() {
    use StepState as S;
    for location in engines() {
        let country = Country::open_at(&location).await;
        let dossier = country.received().await;
        assert_eq!(dossier.state, DossierState::InProgress);
        assert_eq!(states(&dossier), [S::Asked, S::Waiting, S::Waiting]);
        let told = country.told();
        assert_eq!(told.dossier.as_deref(), Some("000.00.00.H26-261120-0001"));
        // Four working days after Friday the 20th; Tuesday the 24th is a holiday.
        assert_eq!(told.due_at, Some("2026-11-27T10:00:00Z".parse().unwrap()));
        assert_eq!(country.told_state().1, ["form-01"]);

        let [application] = &country.test.country.asked::<FileBirth>()[..] else { panic!("one application") };
        assert_eq!((application.dossier.clone(), application.received_by.as_str()), (code(1), "VN/GOV/H26"));
        assert_eq!(application.due_at, "2026-11-20T10:00:00Z".parse().unwrap(), "on the day");
        assert!(application.residence_asked, "the joined declaration asks for it");

        country.deliver("m1", registered()).await.unwrap();
        assert_eq!(country.work_off().await, Vec::<String>::new());
        let dossier = country.dossier(dossier.submission).await;
        assert_eq!((dossier.state, dossier.person), (DossierState::ResultReturned, Some(child())));
        assert_eq!(states(&dossier), [S::Done, S::Done, S::Done]);
        let (state, mut documents) = country.told_state();
        documents.sort();
        assert_eq!(state, DossierState::ResultReturned);
        assert_eq!(documents, ["BHYT", "GKS", "TB-CT", "form-01"]);
        let facts =
            [(ResultFact::PERSONAL_NUMBER, "001326000001"), (ResultFact::HEALTH_CARD, "TE101 0123456789")];
        assert_eq!(country.told().facts, facts.map(|(code, value)| ResultFact::new(code, value)));

        let [residence] = &country.test.country.asked::<ReadResidence>()[..] else { panic!("once") };
        assert_eq!((residence.number, residence.dossier.clone()), (child(), code(1)));
        let [card] = &country.test.country.asked::<LookUpCard>()[..] else { panic!("once") };
        assert_eq!(card.number, child());
        for (indicator, value) in [
            ("dossiers-received", 1),
            ("dossiers-on-time", 1),
            ("dossiers-late", 0),
            ("dossiers-in-progress", 0),
        ] {
            assert_eq!(country.indicator(indicator).await, value, "{indicator}");
        }
    }
}

#[tokio::test]
async fn the_portal_hears_of_changes_in_order() {
    let country = Country::open().await;
    country.received().await;
    country.deliver("m1", registered()).await.unwrap();
    country.work_off().await;
    let told = country.test.country.asked::<SynchroniseDossier>();
    assert!(told.is_sorted_by(|before, after| before.revision < after.revision));
    assert!(told.is_sorted_by(|before, after| before.state <= after.state));
    let finished =
        told.iter().position(|standing| standing.state == DossierState::Finished).expect("finished");
    assert_eq!(told[finished + 1].state, DossierState::ResultReturned);
    assert!(told[finished].documents.len() >= 3, "results go with the finished dossier");
}

#[tokio::test]
async fn every_call_says_why_it_is_made() {
    let country = Country::open().await;
    let dossier = country.received().await;
    country.deliver("m1", registered()).await.unwrap();
    country.work_off().await;
    let calls = country.calls();
    let (applicant, official, submission) =
        ("001195000001".to_owned(), officer().account, dossier.submission.to_string());
    for (called, purpose, basis, user, case) in [
        ("VN/GOV/G99/procedures/procedures/procedure", "public", "104/2016/QH13:17", &applicant, &submission),
        ("VN/GOV/G99/agencies/units/unit", "public", "104/2016/QH13:17", &applicant, &submission),
        (
            "VN/GOV/G15/civil-status/births/applications",
            "civil-status",
            "60/2014/QH13:16",
            &official,
            &code(1),
        ),
        ("VN/GOV/G01/population/residence/outcome", "residence", "68/2020/QH14:20", &official, &code(1)),
        (
            "VN/GOV/G12.BHXH/insurance/members/look-up",
            "health-insurance",
            "25/2008/QH12:12",
            &official,
            &code(1),
        ),
        ("VN/GOV/G22/portal/dossiers/synchronise", "procedure", "61/2018/ND-CP:25", &official, &code(1)),
    ] {
        let expected = [called, purpose, basis, user, case].map(str::to_owned);
        assert!(calls.contains(&expected), "{expected:?} is not among {calls:#?}");
    }
    assert!(calls.iter().all(|call| call.iter().all(|part| !part.is_empty())), "{calls:#?}");
}

#[tokio::test]
async fn a_step_that_fails_resumes_and_doubles_nothing() {
    for location in engines() {
        let country = Country::open_at(&location).await;
        let dossier = country.submit().await;
        country.fails::<FileBirth>(down());
        country.fails::<SynchroniseDossier>(down());
        country.system.receive(&dossier, &officer()).await.unwrap();
        let failures = country.work_off().await;
        assert_eq!(failures.len(), 2, "{failures:?}");
        country.wait();
        assert_eq!(country.work_off().await, Vec::<String>::new());
        assert_eq!(country.told().state, DossierState::InProgress);

        country.fails::<ReadResidence>(down());
        country.fails::<LookUpCard>(down());
        country.fails::<SynchroniseDossier>(down());
        country.deliver("m1", registered()).await.unwrap();
        let failures = country.work_off().await;
        assert_eq!(failures.len(), 3, "{failures:?}");
        assert_eq!(country.dossier(dossier.submission).await.state, DossierState::InProgress);
        country.deliver("m1", registered()).await.expect("the register asks again whether it came");
        country.wait();
        assert_eq!(country.work_off().await, Vec::<String>::new());
        let (state, mut documents) = country.told_state();
        documents.sort();
        assert_eq!(state, DossierState::ResultReturned);
        assert_eq!(documents, ["BHYT", "GKS", "TB-CT", "form-01"]);
        let reception = country.dossier(dossier.submission).await.reception.unwrap();
        assert_eq!(reception.serial, 1);
    }
}

#[tokio::test]
async fn papers_and_results_wait_for_the_key_that_signs_them() {
    let mut country = Country::open().await;
    country.restart(false);
    let dossier = country.submit().await;
    country.system.receive(&dossier, &officer()).await.unwrap();
    assert_eq!(country.work_off().await.len(), 1, "the slip waits, the register is asked all the same");
    country.deliver("m1", registered()).await.unwrap();
    assert_eq!(country.work_off().await.len(), 2, "confirmation of residence and health card");
    assert_eq!(country.told_state(), (DossierState::InProgress, vec!["GKS".to_owned()]));
    country.restart(true);
    country.wait();
    assert_eq!(country.work_off().await, Vec::<String>::new());
    let (state, documents) = country.told_state();
    assert_eq!((state, documents.len()), (DossierState::ResultReturned, 4));
}

#[tokio::test]
async fn a_task_run_twice_has_its_effect_once() {
    let country = Country::open().await;
    let dossier = country.submit().await;
    country.system.receive(&dossier, &officer()).await.unwrap();
    let (store, clock) = (&country.test.room.store, &country.test.clock);
    loop {
        let tasks = store.take_tasks(clock.now(), 16, Duration::from_secs(120)).await.unwrap();
        let Some(task) = tasks.first() else { break };
        country.system.perform(task).await.unwrap();
        let revision = country.dossier(dossier.submission).await.revision;
        assert!(country.system.perform(task).await.is_err(), "a finished task is not finished again");
        assert_eq!(country.dossier(dossier.submission).await.revision, revision);
        for task in &tasks[1..] {
            store.fail_task(task.id, clock.now(), "left for the next round").await.unwrap();
        }
    }
    assert_eq!(country.told().state, DossierState::InProgress);
}

#[tokio::test]
async fn the_registrar_may_be_faster_than_the_answer_to_the_filing() {
    let country = Country::open().await;
    let dossier = country.submit().await;
    country.fails::<FileBirth>(down());
    country.system.receive(&dossier, &officer()).await.unwrap();
    country.work_off().await;
    country.deliver("m1", registered()).await.expect("the application was filed, only its answer was lost");
    country.wait();
    country.work_off().await;
    assert_eq!(country.told().state, DossierState::ResultReturned);
}

#[tokio::test]
async fn a_supplement_stops_the_clock_and_restarts_it_from_zero() {
    let country = Country::open().await;
    let dossier = country.received().await;
    country.deliver("m1", supplement()).await.unwrap();
    country.deliver("m1", supplement()).await.expect("the same message counts once");
    country.work_off().await;
    let told = country.told();
    assert_eq!((told.state, told.notice, told.due_at), (DossierState::SupplementAsked, Some(1), None));
    assert_eq!(told.note.as_deref(), Some("Thiếu giấy chứng nhận kết hôn của cha, mẹ."));
    assert_eq!(country.told_state().1, ["form-01", "form-02-1"]);
    assert_eq!(country.indicator("dossiers-awaiting-supplement").await, 1);

    // Thursday, 26 November, 15:30: counted from Friday.
    country
        .test
        .clock
        .advance(jiff::SignedDuration::from_hours(6 * 24) + jiff::SignedDuration::from_mins(390));
    let mut form = samples::submission().form;
    let Form::Birth(birth) = &mut form;
    birth.birth_notice = Some("124/2026".into());
    let request = contracts::one_door::Supplement {
        submission: dossier.submission,
        notice: 1,
        form,
        attachments: vec![samples::notice_file()],
    };
    country.ask::<SupplyMore>(country.portal(), &request).await.unwrap();
    assert_eq!(country.work_off().await, Vec::<String>::new());
    let told = country.told();
    assert_eq!((told.state, told.notice, told.note), (DossierState::InProgress, None, None));
    assert_eq!(told.due_at, Some("2026-12-03T10:00:00Z".parse().unwrap()));
    let filed = country.test.country.asked::<FileBirth>();
    assert_eq!(filed.len(), 2);
    assert_eq!(filed[1].form.birth_notice.as_deref(), Some("124/2026"));
    assert_eq!(filed[1].received_at, country.test.clock.now(), "when it was complete");
    country.deliver("m2", registered()).await.unwrap();
    country.work_off().await;
    assert_eq!(country.told().state, DossierState::ResultReturned);
}

#[tokio::test]
async fn what_the_register_can_not_take_is_asked_of_the_applicant() {
    let country = Country::open().await;
    let dossier = country.submit().await;
    country.fails::<FileBirth>(invalid("form.mother.name", "Họ tên mẹ chưa đúng."));
    country.system.receive(&dossier, &officer()).await.unwrap();
    assert_eq!(country.work_off().await, Vec::<String>::new());
    let told = country.told();
    assert_eq!((told.state, told.notice), (DossierState::SupplementAsked, Some(1)));
    assert_eq!(told.note.as_deref(), Some("1. Họ tên mẹ chưa đúng."));
}

#[tokio::test]
async fn a_refusal_ends_the_dossier_with_its_reason() {
    let country = Country::open().await;
    country.received().await;
    country.deliver("m1", refused()).await.unwrap();
    country.work_off().await;
    let told = country.told();
    assert_eq!(told.state, DossierState::Stopped);
    assert_eq!(told.note.as_deref(), Some("Việc khai sinh thuộc thẩm quyền của nơi khác."));
    assert_eq!(country.told_state().1, ["form-01", "form-03"]);
    country
        .submit_this(&contracts::one_door::Submission {
            submission: uuid::Uuid::from_u128(2),
            ..samples::submission()
        })
        .await;
}

#[tokio::test]
async fn a_child_known_elsewhere_ends_the_dossier() {
    let country = Country::open().await;
    let dossier = country.submit().await;
    country.fails::<FileBirth>(Problem::new(
        409,
        "already-registered",
        "Trẻ đã được đăng ký.",
        "Registered.",
    ));
    country.system.receive(&dossier, &officer()).await.unwrap();
    country.work_off().await;
    assert_eq!(
        (country.told().state, country.told().note.as_deref()),
        (DossierState::Stopped, Some("Trẻ đã được đăng ký."))
    );
}

#[tokio::test]
async fn what_was_done_reaches_the_applicant_although_a_step_is_refused() {
    let country = Country::open().await;
    country.received().await;
    let reason = "Cha, mẹ chưa có nơi thường trú.";
    country.answers::<ReadResidence>(move |_| Ok(ResidenceOutcome::Refused { reason: reason.into() }));
    country.deliver("m1", registered()).await.unwrap();
    country.work_off().await;
    let (state, mut documents) = country.told_state();
    documents.sort();
    assert_eq!(state, DossierState::Stopped);
    assert_eq!(documents, ["BHYT", "GKS", "form-01", "form-03"]);
    assert_eq!(country.told().note.as_deref(), Some(reason));
}

#[tokio::test]
async fn lateness_is_counted() {
    let country = Country::open().await;
    country.received().await;
    country.test.clock.advance(jiff::SignedDuration::from_hours(24 * 14));
    assert_eq!(country.indicator("dossiers-late").await, 1);
    country.deliver("m1", registered()).await.unwrap();
    country.work_off().await;
    assert_eq!(
        (country.indicator("dossiers-late").await, country.indicator("dossiers-on-time").await),
        (1, 0)
    );
}

#[tokio::test]
async fn an_officer_acts_only_on_what_they_saw() {
    let country = Country::open().await;
    let seen = country.submit().await;
    country.system.refuse(&seen, "Không thuộc thẩm quyền.", &officer()).await.unwrap();
    for act in [
        country.system.receive(&seen, &officer()).await,
        country.system.ask_supplement(&seen, "Thiếu giấy chứng sinh.", &officer()).await,
        country.system.refuse(&seen, "Không thuộc thẩm quyền.", &officer()).await,
    ] {
        assert!(matches!(act, Err(ActError::ChangedMeanwhile)), "{act:?}");
    }
    country.work_off().await;
    assert_eq!(country.told().state, DossierState::NotReceived);
    assert_eq!(country.told_state().1, ["form-03"]);
    assert_eq!(country.told().dossier, None);
}

#[tokio::test]
async fn papers_are_signed_pdfs() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let country = Country::open().await;
    country.received().await;
    let Outcome::Done { results, .. } = registered() else { panic!("done") };
    country.deliver("m1", registered()).await.unwrap();
    country.work_off().await;
    for document in country.told().documents {
        assert_eq!(document.media_type, "application/pdf");
        if document.component == "GKS" {
            assert_eq!(document.content_base64, results[0].content_base64, "passed on as it came");
            continue;
        }
        let pdf = STANDARD.decode(&document.content_base64).unwrap();
        let signed = pdf.windows(10).any(|bytes| bytes == b"/ByteRange");
        assert!(pdf.starts_with(b"%PDF-") && signed, "{}", document.component);
    }
}
