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
        agency: Text::new("Trung tâm quốc gia", "National centre"),
        home: "/".into(),
        navigation: Vec::new(),
        sandbox: true,
        https: false,
        origin: None,
    };
    let clock = Arc::new(|| "2026-11-21T05:00:00Z".parse().unwrap());
    let site = Web::new(settings, clock, Arc::new(|bytes: &mut [u8]| bytes.fill(7)));
    let router = layer(axum::Router::new().nest("/agencies", system.pages()), site);
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
        ("/agencies", "Tìm đơn vị hành chính", "Find an administrative unit"),
        (
            "/agencies?name=truc+bach&on-day=30&on-month=6&on-year=2025",
            "Vào ngày 30/06/2025: 1 đơn vị",
            "Units on 30/06/2025: 1",
        ),
        ("/agencies?name=truc+bach", "Không có đơn vị nào tên như vậy", "No unit had such a name"),
        ("/agencies/units/00004", "Địa bàn này vào ngày 30/06/2025 là", "On 30/06/2025, this area was"),
        (
            "/agencies/units/00004?on=2025-06-30",
            "Địa chỉ này vào ngày 21/11/2026 là",
            "On 21/11/2026, this address is in",
        ),
        ("/agencies/code?code=000.00.19.H26", "H26.19", "H26.19"),
        ("/agencies/code?code=H02", "cơ quan tiếp nhận: H05", "its work passed to H05"),
    ] {
        for (language, words) in [("vi", vi), ("en", en)] {
            let (status, body) = get(path, language).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(body.contains(words), "{path} in {language} lacks {words:?}");
        }
    }
    let (_, body) = get("/agencies/units/00004?on=2025-06-30", "vi").await;
    assert!(body.contains("Phường Trúc Bạch") && body.contains("Phường Ba Đình, Thành phố Hà Nội"));
}

#[tokio::test]
async fn bad_input_is_explained_and_never_echoed_as_markup() {
    for (path, status, words) in [
        ("/agencies?name=", 422, "Enter the name of the unit"),
        ("/agencies?name=a&on-day=31&on-month=2&on-year=2025", 422, "must be a real date"),
        ("/agencies?name=a&on-day=1&on-month=1&on-year=1900", 422, "must lie between"),
        ("/agencies/units/99999", 404, "No administrative unit has this code"),
        ("/agencies/units/001", 404, "No administrative unit had this code on 21/11/2026"),
        ("/agencies/units/00004?on=yesterday", 404, "must lie between"),
        ("/agencies/units/%3Cscript%3E", 404, "No administrative unit has this code"),
        ("/agencies/code?code=", 422, "Enter the code"),
        ("/agencies/code?code=h26", 422, "This is not a code"),
        ("/agencies/code?code=%3Cscript%3E", 422, "This is not a code"),
    ] {
        let (found, body) = get(path, "en").await;
        assert_eq!(found.as_u16(), status, "{path}");
        assert!(body.contains(words), "{path} lacks {words:?}");
        assert!(!body.contains("<script>"), "{path}");
    }
    let (_, body) = get(&format!("/agencies?name={}", "a".repeat(201)), "en").await;
    assert!(body.contains("at most 200 characters"));
}
