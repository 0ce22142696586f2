//! The pages as a reader without script sees them.

use crate::open;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use std::sync::Arc;
use tower::ServiceExt;
use web::{Settings, Text, Web, layer};

async fn get(path: &str, language: &str) -> (StatusCode, String) {
    let (_test, system) = open().await;
    let settings = Settings {
        agency: Text::new("Văn phòng Chính phủ", "Government Office"),
        home: "/".into(),
        navigation: Vec::new(),
        sandbox: true,
        https: false,
        origin: None,
    };
    let clock = Arc::new(|| "2026-11-21T05:00:00Z".parse().unwrap());
    let site = Web::new(settings, clock, Arc::new(|bytes: &mut [u8]| bytes.fill(7)));
    let router = layer(axum::Router::new().nest("/procedures", system.pages()), site);
    let request = Request::get(path)
        .header("host", "127.0.0.1")
        .header("accept", "text/html")
        .header("accept-language", language)
        .body(Body::empty())
        .unwrap();
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn pages_say_it_in_both_languages() {
    for (path, vi, en) in [
        ("/procedures", "Có hiệu lực vào ngày 21/11/2026: 17 thủ tục", "In force on 21/11/2026: 17"),
        ("/procedures?words=khai+sinh", "Đăng ký khai sinh", "Registration of birth"),
        ("/procedures?words=tau+thuy", "Không có thủ tục nào như vậy", "No such procedure"),
        (
            "/procedures/1.001193",
            "Nhà nước đã có dữ liệu (Cơ sở dữ liệu quốc gia về dân cư)",
            "the State has the data (national population database)",
        ),
        (
            "/procedures/3.000722",
            "chưa được đối chiếu với văn bản luật",
            "has not been compared with the text of the law",
        ),
        ("/procedures/3.000722", "sau bước: Đăng ký khai sinh", "after: Registration of the birth"),
        ("/procedures/2.000806?on=2024-06-01", "Ủy ban nhân dân cấp huyện", "District"),
        ("/procedures/2.000806?on=2026-06-01", "Cấp xã", "Commune"),
        ("/procedures/2.000806", "chưa có trong cơ sở dữ liệu này", "not recorded here yet"),
    ] {
        for (language, words) in [("vi", vi), ("en", en)] {
            let (status, body) = get(path, language).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(body.contains(words), "{path} in {language} lacks {words:?}");
        }
    }
    let (_, body) = get("/procedures/2.000806?on=2024-06-01", "vi").await;
    assert!(body.contains("/procedures/2.000806?on=2025-07-01"));
}

#[tokio::test]
async fn every_procedure_has_a_page_on_every_day_it_changed() {
    for procedure in procedures::catalogue::Catalogue::vietnam().procedures() {
        for entry in procedure.versions.history() {
            let path = format!("/procedures/{}?on={}", procedure.code, entry.value.from);
            let (status, body) = get(&path, "vi").await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(body.contains(&procedure.name.vi), "{path}");
        }
    }
}

#[tokio::test]
async fn bad_input_is_explained_and_never_echoed_as_markup() {
    for (path, status, words) in [
        ("/procedures?on-day=29&on-month=2&on-year=2025", 422, "must be a real date"),
        ("/procedures?on-day=1&on-month=1&on-year=1900", 422, "must lie between"),
        ("/procedures/9.999999", 404, "No procedure has this code"),
        ("/procedures/%3Cscript%3E", 404, "No procedure has this code"),
        ("/procedures/1.001193?on=2015-01-01", 404, "is not in force on 01/01/2015"),
        ("/procedures/1.001193?on=2025-02-30", 404, "must lie between"),
        ("/procedures/1.001193?on=%3Cscript%3E", 404, "must lie between"),
    ] {
        let (found, body) = get(path, "en").await;
        assert_eq!(found.as_u16(), status, "{path}");
        assert!(body.contains(words), "{path} lacks {words:?}");
        assert!(!body.contains("<script>"), "{path}");
    }
    let (status, body) = get(&format!("/procedures?words={}", "a".repeat(201)), "en").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body.contains("at most 200 characters"));
}
