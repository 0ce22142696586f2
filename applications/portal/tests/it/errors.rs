//! Bad input, and what can't be done.

use crate::{
    country::{ALONE, FAR_AWAY, INCOMPLETE, JOINED, MOTHER, stranger},
    site::{Site, child, nobody, steps},
};
use axum::http::StatusCode;
use std::sync::atomic::Ordering;
use web::Language;

const PATH: &str = "/portal/apply/3.000722";

#[tokio::test]
async fn each_wrong_answer_stands_beside_its_field_and_in_the_summary() {
    let site = Site::open().await;
    let long = "a".repeat(51);
    let very_long = "x".repeat(201);
    type Case<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);
    let cases: &[Case] = &[
        ("child", "family-name", "", "Enter the child's family name", "#family-name"),
        ("child", "given-name", "An1", "A name has only letters", "#given-name"),
        ("child", "given-name", "<script>alert(1)</script>", "A name has only letters", "#given-name"),
        ("child", "middle-name", &long, "Write at most 50 characters", "#middle-name"),
        ("child", "middle-name", "A\u{202e}B", "characters that can&#39;t be printed", "#middle-name"),
        ("child", "sex", "other", "Choose the child&#39;s sex", "#sex"),
        ("child", "birth-date-day", "31", "must be a real date", "#birth-date-day"),
        ("child", "birth-date-month", "", "must include a month", "#birth-date-month"),
        ("child", "birth-date-year", "2027", "can&#39;t be after today", "#birth-date-day"),
        ("child", "birth-date-year", "1996", "A parent was younger than 12", "#birth-date-day"),
        ("child", "birth-date-year", "2019", "only for children under six", "#birth-date-day"),
        ("child", "birth-notice", &long, "Write at most 50 characters", "#birth-notice"),
        ("birth-place", "facility", "", "Enter the health facility", "#facility"),
        ("birth-place", "facility", &very_long, "Write at most 200 characters", "#facility"),
        ("birth-place", "commune", "", "Choose the commune of birth", "#commune"),
        ("birth-place", "commune", "99999", "Choose the commune of birth", "#commune"),
        ("birth-place", "commune", "' OR 1", "Choose the commune of birth", "#commune"),
        (
            "choices",
            "hometown",
            "",
            "Choose the father&#39;s or the mother&#39;s ancestral home",
            "#hometown",
        ),
        (
            "choices",
            "ethnicity",
            "both",
            "Choose the father&#39;s or the mother&#39;s ethnic group",
            "#ethnicity",
        ),
        ("choices", "registers-at", "", "Choose where the birth is registered", "#registers-at"),
        ("check", "declared", "", "Tick the declaration", "#declared"),
    ];
    let mother = site.sign_in(MOTHER, Language::En);
    site.answer_all(&mother, JOINED).await;
    let good = |step: &str| {
        steps().into_iter().find(|(known, _)| *known == step).map_or(Vec::new(), |(_, answers)| answers)
    };
    for (step, field, value, words, link) in cases {
        let mut answers = good(step);
        answers.retain(|(name, _)| name != field);
        answers.push((field, value));
        let refused = site.fill(&mother, &format!("{PATH}/{step}"), &answers).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}={value}");
        let words = words.replace("'", "&#39;");
        assert!(refused.body.matches(&words).count() >= 2, "{field}={value}: {words} in {}", refused.body);
        assert!(refused.has(&format!("href=\"{link}\"")), "{field}={value}: {link}");
        assert!(!refused.has("<script>alert"), "{field}={value}");
    }
    assert!(site.country.submissions().is_empty());
}

#[tokio::test]
async fn a_search_that_finds_nothing_says_so() {
    let site = Site::open().await;
    let mother = site.sign_in(MOTHER, Language::Vi);
    site.fill(&mother, PATH, &[]).await;
    let path = format!("{PATH}/birth-place");
    for (search, words) in [("", "Nhập tên xã"), ("atlantis", "Không có xã, phường, đặc khu nào")]
    {
        let answer = site.fill(&mother, &path, &[("search", search), ("action", "find")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.has(words) && answer.has("#search"), "{search}");
    }
    let long = format!("/portal?q={}", "a".repeat(201));
    assert_eq!(site.get(&mother, &long).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn only_who_is_signed_in_with_a_number_applies() {
    let site = Site::open().await;
    let answer = site.get(&nobody(), PATH).await;
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (StatusCode::SEE_OTHER, "/sign-in?return=/portal/apply/3.000722")
    );
    let unnumbered = site.sign_in("", Language::En);
    for path in [PATH, "/portal/dossiers", "/portal/my-data"] {
        assert_eq!(site.get(&unnumbered, path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let forged = site.sign_in(MOTHER, Language::Vi);
    assert_eq!(site.send(&forged, "POST", PATH, Some("x=1".into())).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn only_what_is_offered_online_is_applied_for() {
    let site = Site::open().await;
    let mother = site.sign_in(MOTHER, Language::Vi);
    for code in ["1.000894", "9.999999", "..", "%3Cb%3E", "a%2Fb", "0199-not-a-uuid-but-far-too-long"] {
        assert_eq!(
            site.get(&mother, &format!("/portal/apply/{code}")).await.status,
            StatusCode::NOT_FOUND,
            "{code}"
        );
    }
    assert_eq!(site.get(&mother, &format!("{PATH}/uncle")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_family_that_cannot_be_filled_in_is_told_what_to_do() {
    let site = Site::open().await;
    let incomplete = site.sign_in(INCOMPLETE, Language::En);
    let answer = site.fill(&incomplete, PATH, &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.has("population record is incomplete"));
    let unknown = site.sign_in(&stranger().to_string(), Language::En);
    assert_eq!(site.fill(&unknown, PATH, &[]).await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_mother_alone_applies_for_her_child() {
    let site = Site::open().await;
    let alone = site.sign_in(ALONE, Language::En);
    site.answer_all(&alone, JOINED).await;
    assert!(site.get(&alone, &format!("{PATH}/father")).await.has("records no husband"));
    site.hand_in(&alone, JOINED).await;
    assert_eq!(site.country.work_off().await, Vec::<String>::new());
    let contracts::one_door::Form::Birth(form) = &site.country.submissions()[0].form;
    assert!(form.father.is_none() && form.mother.is_some());
}

#[tokio::test]
async fn a_province_that_has_not_joined_is_named_at_the_choice() {
    let site = Site::open().await;
    let far = site.sign_in(FAR_AWAY, Language::En);
    site.fill(&far, PATH, &[]).await;
    for (step, answers) in &steps()[..4] {
        site.fill(&far, &format!("{PATH}/{step}"), answers).await;
    }
    let refused = site.fill(&far, &format!("{PATH}/choices"), &steps()[4].1).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.has("isn&#39;t joined to the exchange yet") && refused.has("#registers-at"),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn when_a_register_is_silent_nothing_typed_is_lost() {
    let site = Site::open().await;
    let mother = site.sign_in(MOTHER, Language::En);
    site.country.faults.procedures.store(true, Ordering::SeqCst);
    assert!(site.get(&nobody(), "/portal").await.has("không trả lời"));
    assert_eq!(site.get(&mother, PATH).await.status, StatusCode::SERVICE_UNAVAILABLE);
    site.country.faults.procedures.store(false, Ordering::SeqCst);
    site.country.faults.population.store(true, Ordering::SeqCst);
    assert_eq!(site.fill(&mother, PATH, &[]).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(site.get(&mother, "/portal/my-data").await.status, StatusCode::SERVICE_UNAVAILABLE);
    site.country.faults.population.store(false, Ordering::SeqCst);
    site.fill(&mother, PATH, &[]).await;
    site.fill(&mother, &format!("{PATH}/child"), &child()).await;
    site.country.faults.agencies.store(true, Ordering::SeqCst);
    let place = [("facility", "Bệnh viện"), ("commune", "00070")];
    let answer = site.fill(&mother, &format!("{PATH}/birth-place"), &place).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.has("what you entered is kept"));
    site.country.faults.agencies.store(false, Ordering::SeqCst);
    assert!(site.get(&mother, &format!("{PATH}/child")).await.has("value=\"Thị Minh\""));
}

#[tokio::test]
async fn an_old_form_changes_nothing() {
    let site = Site::open().await;
    let mother = site.sign_in(MOTHER, Language::Vi);
    site.fill(&mother, PATH, &[]).await;
    let path = format!("{PATH}/child");
    let page = site.get(&mother, &path).await;
    assert_eq!(site.post(&mother, &path, &page, &child()).await.status, StatusCode::SEE_OTHER);
    let mut other = child();
    other[2].1 = "Bình";
    assert_eq!(site.post(&mother, &path, &page, &other).await.status, StatusCode::CONFLICT);
    assert!(site.get(&mother, &path).await.has("value=\"An\""));
}
