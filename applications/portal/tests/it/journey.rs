//! From the search to the result, as a mother and as a father, in both languages.

use crate::{
    country::{ALONE, FATHER, JOINED, MOTHER, attachment, engines, standing},
    site::{Site, nobody, steps},
};
use axum::http::StatusCode;
use contracts::{one_door::Form, portal::DossierState};
use web::Language;

#[tokio::test]
async fn anyone_finds_a_service_and_reads_what_it_needs() {
    let site = Site::open().await;
    for (language, words) in [
        (
            Language::Vi,
            [
                "Nộp trực tuyến",
                "không cần giấy tờ, Nhà nước đã có",
                "4 ngày làm việc",
                "Miễn phí",
                "Giấy khai sinh",
            ],
        ),
        (
            Language::En,
            ["Apply online", "no papers needed", "4 working days", "Free of charge", "Birth certificate"],
        ),
    ] {
        let mut reader = nobody();
        reader.language = language;
        let start = site.get(&reader, "/portal?q=khai+sinh").await;
        assert_eq!(start.status, StatusCode::OK);
        assert!(start.has(words[0]) && start.has("/portal/services/3.000722"));
        let service = site.get(&reader, "/portal/services/3.000722").await;
        assert_eq!(service.status, StatusCode::OK);
        for words in &words[1..] {
            assert!(service.has(words), "{words}");
        }
        assert!(service.has("href=\"/portal/apply/3.000722\""));
        assert!(!site.get(&reader, "/portal/services/1.000894").await.has("/portal/apply/"));
    }
}

#[tokio::test]
async fn a_mother_applies_and_receives_in_both_languages() {
    for (location, language) in engines().into_iter().zip(Language::ALL) {
        let site = Site::open_at(&location).await;
        let mother = site.sign_in(MOTHER, language);
        site.answer_all(&mother, JOINED).await;

        let check = site.get(&mother, "/portal/apply/3.000722/check").await;
        for shown in [
            "Nguyễn Thị Minh An",
            "Trần Thị Hoa",
            "Nguyễn Văn Bình",
            "Phường Cửa Nam, Thành phố Hà Nội",
            "123/2026",
        ] {
            assert!(check.has(shown), "{shown}");
        }
        let submission = site.hand_in(&mother, JOINED).await;
        let path = format!("/portal/dossiers/{submission}");
        let sent = site.get(&mother, &format!("{path}/sent")).await;
        let sending = if language == Language::Vi { "Đang gửi" } else { "Sending" };
        assert!(sent.has(&submission.to_string()) && sent.has(sending));

        assert_eq!(site.country.work_off().await, Vec::<String>::new());
        let [handed_in] = &site.country.submissions()[..] else { panic!("one submission") };
        assert_eq!((handed_in.submission, handed_in.procedure.as_str()), (submission, JOINED));
        assert_eq!((handed_in.commune.as_str(), handed_in.from.as_str()), ("00004", "VN/GOV/G22"));
        assert_eq!(handed_in.applicant_name, "Trần Thị Hoa");
        let Form::Birth(form) = &handed_in.form;
        assert_eq!((form.child.birth_place.commune.as_str(), form.child.ethnicity.as_str()), ("00070", "01"));
        assert_eq!(form.father.as_ref().unwrap().residence.commune, "00008");

        let mut reported = standing(submission, 1, DossierState::ResultReturned);
        reported.documents = vec![attachment("GKS", "Giấy khai sinh.pdf", "application/pdf", b"%PDF-1")];
        site.country.report("VN/GOV/H26/one-door", &reported).await.unwrap();
        let page = site.get(&mother, &path).await;
        let returned = if language == Language::Vi { "Đã trả kết quả" } else { "Result returned" };
        assert!(page.has(returned) && page.has("H26-261121-0001"), "{}", page.body);
        let href = page.body.split("href=\"").find(|rest| rest.contains("/documents/")).unwrap();
        let document = site.get(&mother, href.split('"').next().unwrap()).await;
        assert_eq!((document.status, document.body.as_str()), (StatusCode::OK, "%PDF-1"));
        assert_eq!(document.headers["content-type"], "application/pdf");
        assert_eq!(document.headers["content-disposition"], "attachment; filename=\"giay-khai-sinh.pdf\"");
        assert!(site.get(&mother, "/portal/dossiers").await.has(returned));

        let rated = site
            .fill(&mother, &format!("{path}/rating"), &[("rating", "4"), ("words", "Nhanh\nvà tốt")])
            .await;
        assert_eq!(rated.location, format!("{path}?done=rating"));
        assert_eq!(site.country.indicator("satisfaction-mean").await, Some(400));
        assert_eq!(site.country.indicator("dossiers-result-returned").await, Some(1));
        assert_eq!(site.country.indicator("online-share").await, Some(33));
    }
}

#[tokio::test]
async fn what_the_state_holds_is_shown_and_not_asked() {
    let site = Site::open().await;
    let father = site.sign_in(FATHER, Language::Vi);
    site.fill(&father, "/portal/apply/3.000722", &[]).await;
    let child = site.get(&father, "/portal/apply/3.000722/child").await;
    assert_eq!(child.hidden("family-name"), "");
    assert!(child.has("value=\"Nguyễn\""), "the father's family name is there");
    for (page, shown) in [("mother", "Trần Thị Hoa"), ("father", "Phường Ngọc Hà, Thành phố Hà Nội")]
    {
        let page = site.get(&father, &format!("/portal/apply/3.000722/{page}")).await;
        assert!(page.has(shown) && !page.has("type=\"text\""), "{shown}");
    }
    let asked = site.country.test.country.asked::<contracts::population::LookUpPerson>();
    assert_eq!(asked.len(), 2);
    assert_eq!((asked[0].number.to_string().as_str(), asked[0].fields.len()), (FATHER, 13));
    assert_eq!((asked[1].number.to_string().as_str(), asked[1].fields.len()), (MOTHER, 6));
}

#[tokio::test]
async fn a_commune_is_searched_for_and_chosen_without_script() {
    let site = Site::open().await;
    let mother = site.sign_in(MOTHER, Language::Vi);
    site.fill(&mother, "/portal/apply/3.000722", &[]).await;
    let path = "/portal/apply/3.000722/birth-place";
    let first = site.get(&mother, path).await;
    assert!(first.has("value=\"00004\"") && first.has("value=\"00008\"") && !first.has("value=\"00070\""));
    let found = site
        .post(&mother, path, &first, &[("facility", "Trạm y tế"), ("search", "cửa nam"), ("action", "find")])
        .await;
    assert_eq!(found.status, StatusCode::OK);
    assert!(found.has("value=\"00070\"") && found.has("Phường Cửa Nam") && found.has("value=\"Trạm y tế\""));
    let chosen = site
        .post(
            &mother,
            path,
            &found,
            &[("facility", "Trạm y tế"), ("commune", "00070"), ("action", "continue")],
        )
        .await;
    assert_eq!(chosen.status, StatusCode::SEE_OTHER);
    assert!(site.get(&mother, path).await.has("value=\"00070\" checked"));
}

#[tokio::test]
async fn a_draft_is_left_resumed_and_deleted() {
    let site = Site::open().await;
    let mother = site.sign_in(MOTHER, Language::En);
    let path = "/portal/apply/3.000722";
    site.fill(&mother, path, &[]).await;
    let (step, answers) = &steps()[0];
    site.fill(&mother, &format!("{path}/{step}"), answers).await;

    // Another session of the same person goes on where this one stopped.
    let elsewhere = site.sign_in(MOTHER, Language::Vi);
    assert!(site.get(&elsewhere, "/portal/dossiers").await.has("href=\"/portal/apply/3.000722\""));
    let kept = site.get(&elsewhere, path).await;
    assert!(kept.has("href=\"/portal/apply/3.000722/birth-place\"") && kept.has("Làm tiếp"));
    assert!(site.get(&elsewhere, &format!("{path}/child")).await.has("value=\"Thị Minh\""));
    assert_eq!(site.get(&elsewhere, &format!("{path}/check")).await.location, format!("{path}/birth-place"));

    // Nobody else sees it.
    let other = site.sign_in(ALONE, Language::Vi);
    assert_eq!(site.get(&other, &format!("{path}/child")).await.location, path);

    let deleted = site.post(&elsewhere, &format!("{path}/delete"), &kept, &[]).await;
    assert_eq!(deleted.location, "/portal/dossiers?done=deleted");
    assert_eq!(site.get(&mother, &format!("{path}/child")).await.location, path);
}

#[tokio::test]
async fn a_draft_nobody_goes_on_with_is_forgotten() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        let path = "/portal/apply/3.000722/child";
        let pass = |days: i64| site.country.test.clock.advance(jiff::SignedDuration::from_hours(24 * days));
        let begun = site.sign_in(MOTHER, Language::Vi);
        site.fill(&begun, "/portal/apply/3.000722", &[]).await;
        pass(20);
        let going_on = site.sign_in(MOTHER, Language::Vi);
        site.fill(&going_on, path, &steps()[0].1).await;
        // Thirty days count from the last time it was saved.
        for (days, expected) in [(20, StatusCode::OK), (10, StatusCode::SEE_OTHER)] {
            pass(days);
            assert_eq!(site.country.work_off().await, Vec::<String>::new());
            let reader = site.sign_in(MOTHER, Language::Vi);
            assert_eq!(site.get(&reader, path).await.status, expected, "{days} more days");
        }
    }
}

#[tokio::test]
async fn who_read_my_data_is_told_in_plain_words() {
    let site = Site::open().await;
    for (language, words) in [
        (
            Language::Vi,
            ["Giải quyết thủ tục hành chính", "Cơ quan H26", "Nơi cư trú", "/portal/my-data?before="],
        ),
        (
            Language::En,
            ["An administrative procedure", "Cơ quan H26", "Residence", "/portal/my-data?before="],
        ),
    ] {
        let mother = site.sign_in(MOTHER, language);
        let page = site.get(&mother, "/portal/my-data").await;
        for words in words {
            assert!(page.has(words), "{words}");
        }
        assert!(!page.has("m-1") && !page.has("/exchange/"));
    }
    let mother = site.sign_in(MOTHER, Language::Vi);
    assert_eq!(site.get(&mother, "/portal/my-data?before=x").await.status, StatusCode::NOT_FOUND);
}
