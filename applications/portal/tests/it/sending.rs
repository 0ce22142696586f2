//! What is on its way to the one-door: lost answers, refusals, restarts.

use crate::{
    country::{JOINED, MOTHER, engines, standing},
    site::Site,
};
use axum::http::StatusCode;
use contracts::{
    one_door::{SubmitDossier, SupplyMore, WithdrawDossier},
    portal::DossierState,
};
use std::{sync::atomic::Ordering, time::Duration};
use system::System as _;
use uuid::Uuid;
use web::Language;

#[tokio::test]
async fn handing_in_is_resumed_after_failures_and_nothing_is_doubled() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        let mother = site.sign_in(MOTHER, Language::Vi);
        site.answer_all(&mother, JOINED).await;
        let submission = site.hand_in(&mother, JOINED).await;
        let path = format!("/portal/dossiers/{submission}");
        for fault in [&site.country.faults.one_door, &site.country.faults.answer_lost] {
            fault.store(true, Ordering::SeqCst);
            let failures = site.country.work_off().await;
            assert_eq!(failures.len(), 1, "{failures:?}");
            assert!(site.get(&mother, &path).await.has("Đang gửi"));
            fault.store(false, Ordering::SeqCst);
            site.country.wait();
        }
        assert_eq!(site.country.indicator("dossiers-sending").await, Some(1));
        assert_eq!(site.country.work_off().await, Vec::<String>::new());
        let sent = site.country.submissions();
        assert_eq!(sent.len(), 3);
        assert!(sent.iter().all(|one| *one == sent[0]), "the same thing each time");
        assert!(site.get(&mother, &path).await.has("Mới đăng ký"));
        let figures = ["dossiers-sending", "dossiers-submitted", "dossiers-new"];
        for (code, expected) in figures.into_iter().zip([0, 1, 1]) {
            assert_eq!(site.country.indicator(code).await, Some(expected), "{code}");
        }
    }
}

#[tokio::test]
async fn a_task_done_twice_counts_once() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        let mother = site.sign_in(MOTHER, Language::Vi);
        site.answer_all(&mother, JOINED).await;
        site.hand_in(&mother, JOINED).await;
        let (store, now) = (&site.country.test.room.store, site.country.test.clock.now());
        let tasks = store.take_tasks(now, 16, Duration::from_secs(120)).await.unwrap();
        let [task] = &tasks[..] else { panic!("one task") };
        site.country.system.perform(task).await.expect("the first worker does it");
        // A second worker whose lease had run out does the same work again.
        site.country.system.perform(task).await.expect_err("the task has ended");
        assert_eq!(site.country.indicator("dossiers-submitted").await, Some(1));
    }
}

#[tokio::test]
async fn a_form_sent_twice_hands_in_once() {
    let site = Site::open().await;
    let mother = site.sign_in(MOTHER, Language::Vi);
    site.answer_all(&mother, JOINED).await;
    let path = "/portal/apply/3.000722/check";
    let page = site.get(&mother, path).await;
    let (first, second) = tokio::join!(
        site.post(&mother, path, &page, &[("declared", "yes")]),
        site.post(&mother, path, &page, &[("declared", "yes")])
    );
    let is_sent = |answer: &crate::site::Answer| answer.location.ends_with("/sent");
    assert_eq!([&first, &second].into_iter().filter(|answer| is_sent(answer)).count(), 1);
    site.country.work_off().await;
    assert_eq!(site.country.submissions().len(), 1);
}

#[tokio::test]
async fn what_the_one_door_refuses_is_corrected_and_sent_again() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        let mother = site.sign_in(MOTHER, Language::En);
        site.answer_all(&mother, JOINED).await;
        let refused = site.hand_in(&mother, JOINED).await;
        site.country.faults.refusal.store(422, Ordering::SeqCst);
        assert_eq!(site.country.work_off().await, Vec::<String>::new(), "a refusal ends the task");
        site.country.faults.refusal.store(0, Ordering::SeqCst);

        let again = format!("/portal/apply/{refused}");
        let page = site.get(&mother, &format!("/portal/dossiers/{refused}")).await;
        assert!(page.has("Not taken, correct it") && page.has(&format!("href=\"{again}\"")));
        let begun = site.fill(&mother, &again, &[]).await;
        assert_eq!(begun.location, format!("{again}/check"));
        let check = site.get(&mother, &format!("{again}/check")).await;
        assert!(check.has(&format!("href=\"{again}/child#given-name\"")) && check.has("This name is taken"));
        let child = site.get(&mother, &format!("{again}/child")).await;
        assert_eq!(child.status, StatusCode::OK);
        assert!(child.body.matches("This name is taken").count() >= 2, "beside the field and in the summary");
        let mut answers = crate::site::child();
        answers[2].1 = "Bình";
        let answered = site.fill(&mother, &format!("{again}/child"), &answers).await;
        assert_eq!(answered.location, format!("{again}/check"));
        assert!(!site.get(&mother, &format!("{again}/check")).await.has("This name is taken"));
        let second = site.hand_in(&mother, &refused.to_string()).await;
        assert_ne!(second, refused);
        assert_eq!(site.country.work_off().await, Vec::<String>::new());
        let given: Vec<Uuid> = site.country.submissions().iter().map(|one| one.submission).collect();
        assert_eq!(given, [refused, second]);
        assert!(site.get(&mother, &format!("/portal/dossiers/{refused}")).await.has("Sent again"));
        // What was replaced is not handed in a third time.
        assert_eq!(site.get(&mother, &again).await.status, StatusCode::CONFLICT);
        assert_eq!(site.country.indicator("dossiers-submitted").await, Some(1));
    }
}

#[tokio::test]
async fn a_refusal_without_fields_is_told_in_the_readers_language() {
    let site = Site::open().await;
    let mother = site.sign_in(MOTHER, Language::Vi);
    site.answer_all(&mother, JOINED).await;
    let refused = site.hand_in(&mother, JOINED).await;
    site.country.faults.refusal.store(409, Ordering::SeqCst);
    assert_eq!(site.country.work_off().await, Vec::<String>::new());
    let page = site.get(&mother, &format!("/portal/dossiers/{refused}")).await;
    assert!(page.has("Đã có hồ sơ khác của trẻ này.") && page.has("Không nộp lại hồ sơ này."));
    let again = format!("/portal/apply/{refused}");
    assert!(!page.has(&again) && !page.has("cần sửa"), "sending it again would not help");
    assert_eq!(site.get(&mother, &again).await.status, StatusCode::CONFLICT);
    // Not being allowed to call is no judgement of the content.
    site.answer_all(&mother, JOINED).await;
    let waiting = site.hand_in(&mother, JOINED).await;
    site.country.faults.refusal.store(403, Ordering::SeqCst);
    assert_eq!(site.country.work_off().await.len(), 1);
    assert!(site.get(&mother, &format!("/portal/dossiers/{waiting}")).await.has("Đang gửi"));
}

#[tokio::test]
async fn a_notice_is_answered_once_in_the_same_dossier() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        let mother = site.sign_in(MOTHER, Language::Vi);
        let submission = site.delivered(&mother).await;
        let mut asked = standing(submission, 1, DossierState::SupplementAsked);
        (asked.note, asked.notice) = (Some("Thiếu giấy chứng sinh".into()), Some(1));
        site.country.report("VN/GOV/H26/one-door", &asked).await.unwrap();

        let again = format!("/portal/apply/{submission}");
        let page = site.get(&mother, &format!("/portal/dossiers/{submission}")).await;
        assert!(page.has("Thiếu giấy chứng sinh") && page.has("Bổ sung hồ sơ") && page.has(&again));
        site.fill(&mother, &again, &[]).await;

        // The dossier stays with the commune that received it.
        let elsewhere = [("hometown", "mother"), ("ethnicity", "mother"), ("registers-at", "father")];
        site.fill(&mother, &format!("{again}/choices"), &elsewhere).await;
        let refused = site.fill(&mother, &format!("{again}/check"), &[("declared", "yes")]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let (_, choices) = &crate::site::steps()[4];
        site.fill(&mother, &format!("{again}/choices"), choices).await;

        let mut answers = crate::site::child();
        answers[7].1 = "456/2026";
        site.fill(&mother, &format!("{again}/child"), &answers).await;
        let sent = site.fill(&mother, &format!("{again}/check"), &[("declared", "yes")]).await;
        assert_eq!(sent.location, format!("/portal/dossiers/{submission}?done=reply"));
        assert_eq!(site.get(&mother, &again).await.status, StatusCode::CONFLICT);

        // A reply that the one-door refuses can be given again.
        site.country.faults.refusal.store(422, Ordering::SeqCst);
        site.country.work_off().await;
        site.country.faults.refusal.store(0, Ordering::SeqCst);
        site.fill(&mother, &again, &[]).await;
        site.fill(&mother, &format!("{again}/check"), &[("declared", "yes")]).await;
        assert_eq!(site.country.work_off().await, Vec::<String>::new());
        let supplied = site.country.test.country.asked::<SupplyMore>();
        assert_eq!(
            supplied.iter().map(|one| (one.submission, one.notice)).collect::<Vec<_>>(),
            [(submission, 1); 2]
        );
        let contracts::one_door::Form::Birth(form) = &supplied[1].form;
        assert_eq!(form.birth_notice.as_deref(), Some("456/2026"));
        assert_eq!(site.country.test.country.asked::<SubmitDossier>().len(), 1);
    }
}

#[tokio::test]
async fn a_dossier_is_withdrawn_after_a_last_look() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        let mother = site.sign_in(MOTHER, Language::En);
        let submission = site.delivered(&mother).await;
        let path = format!("/portal/dossiers/{submission}/withdraw");
        assert_eq!(site.fill(&mother, &path, &[]).await.location, path, "not confirmed");
        let done = site.fill(&mother, &path, &[("confirmed", "yes")]).await;
        assert_eq!(done.location, format!("/portal/dossiers/{submission}?done=withdraw"));
        assert!(site.get(&mother, &done.location).await.has("Your withdrawal is on its way."));
        assert_eq!(site.get(&mother, &path).await.status, StatusCode::CONFLICT);
        assert_eq!(site.country.work_off().await, Vec::<String>::new());
        assert_eq!(site.country.test.country.asked::<WithdrawDossier>().len(), 1);
        site.country
            .report("VN/GOV/H26/one-door", &standing(submission, 1, DossierState::Withdrawn))
            .await
            .unwrap();
        assert!(site.get(&mother, &format!("/portal/dossiers/{submission}")).await.has("Withdrawn"));
        assert_eq!(site.get(&mother, &path).await.status, StatusCode::CONFLICT);
    }
}
