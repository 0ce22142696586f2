//! Signing in, guessing, recovering.

use crate::site::{AN, Browser, PASSWORD, Site};
use axum::http::StatusCode;

#[tokio::test]
async fn a_strange_browser_needs_a_code_and_a_known_one_does_not() {
    let site = Site::open().await;
    site.account().await;
    let mut browser = Browser::default();
    let answer = site.password(&mut browser, AN, PASSWORD).await;
    assert_eq!(answer.location, "/identity/sign-in/code");
    assert!(!site.is_signed_in(&mut browser).await);
    let code = site.last_code().await;
    let answer = site.code(&mut browser, "/identity/sign-in/code", &code).await;
    assert_eq!(answer.location, "/identity/history");
    assert!(site.is_signed_in(&mut browser).await);

    let left = site.fill(&mut browser, "/identity", "/identity/sign-out", &[]).await;
    assert_eq!(left.location, "/identity/sign-in");
    assert!(!site.is_signed_in(&mut browser).await);
    assert_eq!(site.password(&mut browser, AN, PASSWORD).await.location, "/identity/history");
    assert!(site.is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn a_code_is_taken_once() {
    let site = Site::open().await;
    site.account().await;
    let mut browser = Browser::default();
    site.password(&mut browser, AN, PASSWORD).await;
    let mut thief = browser.clone();
    let code = site.last_code().await;
    site.code(&mut browser, "/identity/sign-in/code", &code).await;
    let csrf = site.get(&mut thief, "/identity/sign-in").await.hidden("csrf").to_owned();
    let again = site.post(&mut thief, "/identity/sign-in/code", &csrf, &[("code", &code)]).await;
    assert!(again.has("run out"));
    assert!(!site.is_signed_in(&mut thief).await);
}

#[tokio::test]
async fn unknown_accounts_are_answered_as_wrong_passwords_are() {
    let site = Site::open().await;
    site.account().await;
    let mut texts = Vec::new();
    for number in [AN, "001190000009"] {
        let mut browser = Browser::default();
        let mut answers = Vec::new();
        for _ in 0..7 {
            let answer = site.password(&mut browser, number, "not the password").await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            answers.push(answer.body.replace(answer.hidden("csrf"), "").replace(number, ""));
        }
        texts.push(answers);
    }
    assert_eq!(texts[0], texts[1]);
    assert!(texts[0][4].contains("not right") && texts[0][5].contains("Wait"));
}

#[tokio::test]
async fn guessing_from_elsewhere_locks_nobody_out() {
    let site = Site::open().await;
    let (mut owner, key) = site.account().await;
    site.fill(&mut owner, "/identity", "/identity/sign-out", &[]).await;
    for _ in 0..6 {
        site.password(&mut Browser::default(), AN, "not the password").await;
    }
    // Strangers wait, also with the right password; the owner's browser does not.
    let stranger = site.password(&mut Browser::default(), AN, PASSWORD).await;
    assert!(stranger.has("Wait"), "{}", stranger.body);
    assert_eq!(site.password(&mut owner, AN, PASSWORD).await.location, "/identity/history");
    // Nor does the recovery key in a strange one.
    let mut elsewhere = Browser::default();
    let answers = [
        ("number", AN),
        ("recovery-key", key.as_str()),
        ("new-password", "con mèo trèo cây cau"),
        ("repeat-password", "con mèo trèo cây cau"),
    ];
    let begun = site.fill(&mut elsewhere, "/identity/recover", "/identity/recover", &answers).await;
    assert_eq!(begun.location, "/identity/sign-in/code", "{}", begun.body);
}

#[tokio::test]
async fn guesses_at_the_same_moment_are_all_counted() {
    let site = Site::open().await;
    site.account().await;
    let mut browsers: Vec<Browser> = vec![Browser::default(); 12];
    let attempts = browsers.iter_mut().map(|browser| site.password(browser, AN, "not the password"));
    let mut checked = 0;
    for answer in futures_join(attempts).await {
        checked += usize::from(answer.has("not right"));
    }
    assert!((1..=5).contains(&checked), "{checked} guesses were checked");
}

/// Runs futures at the same time in one task.
async fn futures_join<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in running.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(context)
            {
                *done = Some(output);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn recovery_needs_key_and_code_and_ends_everything_else() {
    let site = Site::open().await;
    let (mut owner, key) = site.account().await;
    let mut browser = Browser::default();
    let new = "con mèo trèo cây cau";
    let answers = |key: &'static str| {
        [("number", AN), ("recovery-key", key), ("new-password", new), ("repeat-password", new)]
    };
    let wrong =
        site.fill(&mut browser, "/identity/recover", "/identity/recover", &answers("AAAA-BBBB-CCCC")).await;
    assert!(wrong.has("not right") && site.messages().await.len() == 1);
    let key: &'static str = Box::leak(key.into_boxed_str());
    site.fill(&mut browser, "/identity/recover", "/identity/recover", &answers(key)).await;
    assert!(site.is_signed_in(&mut owner).await, "nothing happens before the code");
    let code = site.last_code().await;
    let recovered = site.code(&mut browser, "/identity/sign-in/code", &code).await;
    assert_ne!(recovered.written_key(), key);
    assert!(site.is_signed_in(&mut browser).await);
    assert!(!site.is_signed_in(&mut owner).await);
    // The old password and the old key are gone, and the owner's browser is known no more.
    assert!(site.password(&mut owner, AN, PASSWORD).await.has("not right"));
    let used =
        site.fill(&mut Browser::default(), "/identity/recover", "/identity/recover", &answers(key)).await;
    assert!(used.has("not right"));
    assert_eq!(site.password(&mut owner, AN, new).await.location, "/identity/sign-in/code");
    assert!(site.messages().await.iter().any(|message| message.contains("was reset")));
}

#[tokio::test]
async fn signing_in_gives_a_new_session_and_ends_the_old_one() {
    let site = Site::open().await;
    site.account().await;
    let mut browser = Browser::default();
    // A session id that somebody planted before is none of ours and is not taken over.
    let planted = "A".repeat(43);
    browser.cookies.insert("identity_session".into(), planted.clone());
    site.sign_in(&mut browser).await;
    let first = browser.cookies["identity_session"].clone();
    assert_ne!(first, planted);
    let mut old = browser.clone();
    site.password(&mut browser, AN, PASSWORD).await;
    assert_ne!(browser.cookies["identity_session"], first);
    assert!(site.is_signed_in(&mut browser).await);
    assert!(!site.is_signed_in(&mut old).await);
}

#[tokio::test]
async fn browsers_that_are_known_are_forgotten_at_their_owners_wish() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    assert_eq!(site.password(&mut owner, AN, PASSWORD).await.location, "/identity/history", "it is known");
    let page = site.get(&mut owner, "/identity/sessions").await;
    assert!(page.has("signed in to in 1 browsers"), "{}", page.body);
    let sent = [("act", "forget")];
    let done = site.post(&mut owner, "/identity/sessions", page.hidden("csrf"), &sent).await;
    assert_eq!(done.location, "/identity/sessions");
    assert!(site.is_signed_in(&mut owner).await, "no session ends by it");
    assert!(site.get(&mut owner, "/identity/history").await.has("Known browsers forgotten"));
    assert_eq!(site.password(&mut owner, AN, PASSWORD).await.location, "/identity/sign-in/code");
}

#[tokio::test]
async fn sessions_are_seen_and_ended_by_their_owner() {
    let site = Site::open().await;
    let (mut first, _) = site.account().await;
    let mut second = Browser::default();
    site.sign_in(&mut second).await;
    let page = site.get(&mut first, "/identity/sessions").await;
    let ids: Vec<String> = page
        .body
        .split("name=\"session\" value=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next().map(str::to_owned))
        .collect();
    assert_eq!(ids.len(), 2);
    let (own, other): (Vec<String>, Vec<String>) = {
        let this = page.body.split("This session").nth(1).unwrap();
        let own =
            this.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        (vec![own.clone()], ids.into_iter().filter(|id| *id != own).collect())
    };
    let sent = [("session", other[0].as_str())];
    site.post(&mut first, "/identity/sessions", page.hidden("csrf"), &sent).await;
    assert!(site.is_signed_in(&mut first).await);
    assert!(!site.is_signed_in(&mut second).await);
    // Nobody ends a session of another account, or one that is not there.
    let gone = site.post(&mut first, "/identity/sessions", page.hidden("csrf"), &sent).await;
    assert_eq!(gone.status, StatusCode::CONFLICT);
    assert_eq!(own.len(), 1);
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let site = Site::open().await;
    let (mut browser, _) = site.account().await;
    let page = site.get(&mut browser, "/identity").await;
    let csrf = page.hidden("csrf").to_owned();
    let form = |csrf: &str| Some(format!("csrf={csrf}"));
    for (case, body, headers) in [
        ("no token", Some(String::new()), &[][..]),
        ("another token", form("AAAA"), &[]),
        ("another origin", form(&csrf), &[("origin", "https://evil.example")]),
        ("another site", form(&csrf), &[("sec-fetch-site", "cross-site")]),
    ] {
        let answer = site.send(&mut browser, "POST", "/identity/sign-out", body, headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{case}");
        assert!(site.is_signed_in(&mut browser).await, "{case}");
    }
}

#[tokio::test]
async fn nobody_is_led_to_another_site() {
    let site = Site::open().await;
    site.account().await;
    let mut known = Browser::default();
    site.sign_in(&mut known).await;
    for evil in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let answers = [("number", AN), ("password", PASSWORD), ("return", evil)];
        let answer = site.fill(&mut known, "/identity/sign-in", "/identity/sign-in", &answers).await;
        assert_eq!(answer.location, "/identity", "{evil}");
    }
}
