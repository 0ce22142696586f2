//! Opening an account.

use crate::site::{AN, Browser, NAME, Site};
use axum::http::StatusCode;
use contracts::population::VerifyPerson;

#[tokio::test]
async fn an_account_is_opened_once_contact_and_particulars_are_confirmed() {
    let site = Site::open().await;
    let (mut browser, _) = site.account().await;
    let page = site.get(&mut browser, "/identity").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.has(NAME) && page.has("Level 1") && page.has("+84912345678"), "{}", page.body);
    assert_eq!(page.headers["cache-control"], "no-store");
    let asked = site.test.country.asked::<VerifyPerson>();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].number.to_string(), AN);
    let history = site.get(&mut browser, "/identity/history").await;
    assert!(history.has("Account opened"));
}

#[tokio::test]
async fn the_register_is_asked_only_after_the_contact_is_confirmed() {
    let site = Site::open().await;
    let mut browser = Browser::default();
    site.apply(&mut browser, AN, NAME).await;
    let wrong = site.code(&mut browser, "/identity/sign-up/code", "000000").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(site.test.country.asked::<VerifyPerson>().is_empty());
}

#[tokio::test]
async fn nobody_learns_who_has_an_account_or_what_matches() {
    let site = Site::open().await;
    let (_, _) = site.account().await;
    let mut bodies = Vec::new();
    // The particulars of somebody with an account; those of nobody; a number that is not in the register.
    for (number, name) in [(AN, NAME), (AN, "Nguyễn Văn Khác"), ("001190000009", NAME)] {
        site.minutes_pass(60);
        let mut browser = Browser::default();
        let applied = site.apply(&mut browser, number, name).await;
        assert_eq!(applied.location, "/identity/sign-up/code");
        let code = site.last_code().await;
        let answer = site.code(&mut browser, "/identity/sign-up/code", &code).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!site.is_signed_in(&mut browser).await);
        let text = answer.body.replace(answer.hidden("csrf"), "");
        bodies.push(text);
        site.messages().await;
    }
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(bodies[0], bodies[2]);
}

#[tokio::test]
async fn the_owner_hears_of_somebody_who_tries_with_their_particulars() {
    let site = Site::open().await;
    site.account().await;
    let mut browser = Browser::default();
    site.apply(&mut browser, AN, NAME).await;
    let code = site.last_code().await;
    site.code(&mut browser, "/identity/sign-up/code", &code).await;
    assert!(site.messages().await.iter().any(|message| message.contains("Somebody tried")));
}

#[tokio::test]
async fn codes_take_five_answers_and_ten_minutes() {
    let site = Site::open().await;
    let mut browser = Browser::default();
    site.apply(&mut browser, AN, NAME).await;
    let code = site.last_code().await;
    for _ in 0..5 {
        site.code(&mut browser, "/identity/sign-up/code", "000000").await;
    }
    let csrf = site.get(&mut browser, "/identity/sign-up").await.hidden("csrf").to_owned();
    let late = site.post(&mut browser, "/identity/sign-up/code", &csrf, &[("code", &code)]).await;
    assert!(late.has("run out"), "{}", late.body);

    site.apply(&mut browser, AN, NAME).await;
    let code = site.last_code().await;
    site.minutes_pass(10);
    let late = site.post(&mut browser, "/identity/sign-up/code", &csrf, &[("code", &code)]).await;
    assert!(late.has("run out"));
    assert!(!site.is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn bad_answers_are_told_by_field() {
    let site = Site::open().await;
    let good = [
        ("number", AN),
        ("name", NAME),
        ("birth-date-day", "1"),
        ("birth-date-month", "2"),
        ("birth-date-year", "1990"),
        ("contact", "an@example.vn"),
        ("new-password", "gà trống gáy ba lần"),
        ("repeat-password", "gà trống gáy ba lần"),
    ];
    for (field, value, target) in [
        ("number", "12", "#number"),
        ("name", "", "#name"),
        ("birth-date-month", "13", "#birth-date-month"),
        ("contact", "12345", "#contact"),
        ("new-password", "password123", "#new-password"),
        ("new-password", AN, "#new-password"),
        ("repeat-password", "another one", "#repeat-password"),
    ] {
        let mut answers = good;
        answers.iter_mut().filter(|(name, _)| *name == field).for_each(|answer| answer.1 = value);
        let mut browser = Browser::default();
        let answer = site.fill(&mut browser, "/identity/sign-up", "/identity/sign-up", &answers).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(answer.has(&format!("href=\"{target}\"")), "{field}: {}", answer.body);
        assert!(!answer.has("gà trống"), "a password is never shown again");
    }
    assert!(site.messages().await.is_empty());
}
