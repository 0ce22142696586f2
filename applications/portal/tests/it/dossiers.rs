//! Whose a dossier is: one predicate for the list, the pages and the documents.

use crate::{
    country::{ALONE, FATHER, MOTHER, attachment, standing},
    site::{Site, nobody},
};
use axum::http::StatusCode;
use contracts::portal::{DossierState, ResultFact};
use web::Language;

#[tokio::test]
async fn nobody_else_sees_a_dossier_or_anything_of_it() {
    let site = Site::open().await;
    let mother = site.sign_in(MOTHER, Language::Vi);
    let submission = site.delivered(&mother).await;
    let mut reported = standing(submission, 1, DossierState::ResultReturned);
    reported.documents = vec![attachment("GKS", "x.html", "text/html", b"<script>")];
    site.country.report("VN/GOV/H26/one-door", &reported).await.unwrap();
    let path = format!("/portal/dossiers/{submission}");
    let own = site.get(&mother, &path).await;
    let document = own.body.split("href=\"").find(|rest| rest.contains("/documents/")).unwrap();
    let document = document.split('"').next().unwrap();
    let served = site.get(&mother, document).await;
    assert_eq!(served.headers["content-type"], "application/octet-stream");
    assert_eq!(served.headers["x-content-type-options"], "nosniff");

    let pages = [
        path.clone(),
        format!("{path}/sent"),
        format!("{path}/withdraw"),
        format!("{path}/rating"),
        document.to_owned(),
    ];
    for number in [FATHER, ALONE] {
        let other = site.sign_in(number, Language::Vi);
        for page in pages.iter().chain([&format!("/portal/apply/{submission}")]) {
            assert_eq!(site.get(&other, page).await.status, StatusCode::NOT_FOUND, "{page}");
        }
        let list = site.get(&other, "/portal/dossiers").await;
        assert!(!list.has(&submission.to_string()) && list.has("Bạn chưa nộp hồ sơ nào."));
        for act in ["withdraw", "rating"] {
            let act = format!("{path}/{act}");
            let forged = [("confirmed", "yes"), ("rating", "1")];
            let answer = site.post(&other, &act, &list, &forged).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{act}");
        }
    }
    for page in pages {
        assert!(site.get(&nobody(), &page).await.location.starts_with("/sign-in"), "{page}");
    }
    for wrong in ["x", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(
            site.get(&mother, &format!("/portal/dossiers/{wrong}")).await.status,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            site.get(&mother, &format!("{path}/documents/{wrong}")).await.status,
            StatusCode::NOT_FOUND
        );
    }
}

#[tokio::test]
async fn numbers_that_were_given_are_shown_and_the_list_names_the_child() {
    for (language, words) in [
        (Language::Vi, ["Số định danh cá nhân của con", "Số thẻ bảo hiểm y tế của con"]),
        (Language::En, ["Personal number of the child", "Health card number of the child"]),
    ] {
        let site = Site::open().await;
        let mother = site.sign_in(MOTHER, language);
        let submission = site.delivered(&mother).await;
        assert!(site.get(&mother, "/portal/dossiers").await.has("Nguyễn Thị Minh An"));
        let path = format!("/portal/dossiers/{submission}");
        let mut reported = standing(submission, 1, DossierState::ResultReturned);
        site.country.report("VN/GOV/H26/one-door", &reported).await.unwrap();
        let before = site.get(&mother, &path).await;
        assert!(words.iter().all(|words| !before.has(words)), "none was given");
        reported.revision = 2;
        reported.facts = [
            (ResultFact::PERSONAL_NUMBER, "001326000001"),
            (ResultFact::HEALTH_CARD, "TE101 0123456789"),
            ("of-a-later-version", "unknown here"),
        ]
        .map(|(code, value)| ResultFact::new(code, value))
        .to_vec();
        site.country.report("VN/GOV/H26/one-door", &reported).await.unwrap();
        let page = site.get(&mother, &path).await;
        for text in words.into_iter().chain(["001326000001", "TE101 0123456789"]) {
            assert!(page.has(text), "{text}");
        }
        assert!(!page.has("unknown here"));
    }
}

#[tokio::test]
async fn a_document_is_not_found_under_another_dossier() {
    let site = Site::open().await;
    let mother = site.sign_in(MOTHER, Language::Vi);
    let (first, second) = (site.delivered(&mother).await, site.delivered(&mother).await);
    let mut reported = standing(first, 1, DossierState::Finished);
    reported.documents = vec![attachment("GKS", "x.pdf", "application/pdf", b"%PDF-1")];
    site.country.report("VN/GOV/H26/one-door", &reported).await.unwrap();
    let own = site.get(&mother, &format!("/portal/dossiers/{first}")).await;
    let document = own.body.split("/documents/").nth(1).unwrap().split('"').next().unwrap();
    for (dossier, expected) in [(first, StatusCode::OK), (second, StatusCode::NOT_FOUND)] {
        let answer = site.get(&mother, &format!("/portal/dossiers/{dossier}/documents/{document}")).await;
        assert_eq!(answer.status, expected);
    }
}

#[tokio::test]
async fn it_is_said_once_how_it_went_and_only_after_the_result() {
    let site = Site::open().await;
    let mother = site.sign_in(MOTHER, Language::En);
    let submission = site.delivered(&mother).await;
    let path = format!("/portal/dossiers/{submission}/rating");
    assert_eq!(site.get(&mother, &path).await.status, StatusCode::CONFLICT);
    assert_eq!(site.country.indicator("satisfaction-mean").await, None);
    site.country
        .report("VN/GOV/H26/one-door", &standing(submission, 1, DossierState::Finished))
        .await
        .unwrap();
    for (rating, words, link) in [
        ("", "", "#rating"),
        ("6", "", "#rating"),
        ("0", "", "#rating"),
        ("5", &*"a".repeat(1_001), "#words"),
    ] {
        let refused = site.fill(&mother, &path, &[("rating", rating), ("words", words)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.has(&format!("href=\"{link}\"")), "{rating}");
    }
    let rated = site.fill(&mother, &path, &[("rating", "5"), ("words", "<b>")]).await;
    assert!(site.get(&mother, &rated.location).await.has("Thank you"));
    assert_eq!(site.get(&mother, &path).await.status, StatusCode::CONFLICT);
    assert_eq!(site.country.indicator("satisfaction-mean").await, Some(500));
}
