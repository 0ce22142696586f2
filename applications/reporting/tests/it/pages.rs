//! The pages: from the country to the entry and its messages.

use crate::room::{ROOM, Site, birth, event};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use contracts::civil_status::BirthCounted;
use http_body_util::BodyExt as _;
use std::sync::Arc;
use system::System as _;
use tower::ServiceExt as _;
use uuid::Uuid;
use web::{Role, Settings, SignedIn, Text, Web};

fn analyst(post: &str) -> SignedIn {
    let role = Role {
        agency: "G22".into(),
        system: "reporting".into(),
        post: post.into(),
        unit: None,
        ..Role::default()
    };
    SignedIn {
        person_number: None,
        display_name: "Người tổng hợp".into(),
        roles: vec![role],
        ..SignedIn::default()
    }
}

async fn get(site: &Site, user: Option<SignedIn>, path: &str, language: &str) -> (StatusCode, String) {
    let (clock, random) = (site.test.clock.clone(), site.test.room.random.clone());
    let (now, draw) = (clock.clone(), random.clone());
    let settings = Settings {
        agency: Text::new("Văn phòng Chính phủ", "Government Office"),
        home: "/".into(),
        navigation: Vec::new(),
        sandbox: true,
        https: false,
        origin: None,
    };
    let web = Web::new(settings, Arc::new(move || now.now()), Arc::new(move |bytes| draw.fill(bytes)));
    let mut request = Request::get(path)
        .header(header::HOST, "localhost:8080")
        .header(header::ACCEPT, "text/html")
        .header(header::ACCEPT_LANGUAGE, language);
    if let Some(user) = user {
        let session =
            web.sessions().open(user, clock.now(), &move |bytes| random.fill(bytes)).expect("a session");
        request = request.header(header::COOKIE, format!("lienthong_session={}", session.to_cookie()));
    }
    let router = web::layer(Router::new().nest("/reporting", site.system.clone().pages()), web);
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

async fn with_births(count: u128) -> Site {
    let site = Site::open().await;
    for n in 1..=count {
        site.told(ROOM, &event("registered", &birth(n))).await.unwrap();
    }
    site
}

#[tokio::test]
async fn every_figure_opens_down_to_the_message_that_made_it() {
    let site = with_births(1).await;
    let amended = BirthCounted { version: 2, kinh: false, ..birth(1) };
    site.told(ROOM, &event("amended", &amended)).await.unwrap();
    let entry = format!("/reporting/births/{}", Uuid::from_u128(1));
    for (path, leads_to, vi, en) in [
        (
            "/reporting",
            "/reporting?period=2026-M12&#38;by=today&#38;unit=01",
            "Thành phố Hà Nội",
            "The whole country",
        ),
        (
            "/reporting?period=2026-M12&by=today&unit=01",
            "/reporting?period=2026-M12&#38;by=today&#38;unit=00004",
            "Phường Ba Đình",
            "Figures of civil status",
        ),
        (
            "/reporting?period=2026-M12&by=today&unit=00004",
            "/reporting/births?period=2026-M12&#38;by=today&#38;unit=00004",
            "Phường Ba Đình (từ 01/07/2025)",
            "The entries that make this figure",
        ),
        (
            "/reporting/births?period=2026-M12&by=today&unit=00004",
            entry.as_str(),
            "Dân tộc khác",
            "Other groups",
        ),
        (
            entry.as_str(),
            "/exchange/messages/00000000-0000-0000-0000-000000000000",
            "Cải chính, thay đổi",
            "Amended",
        ),
    ] {
        for (language, words) in [("vi", vi), ("en", en)] {
            let (status, body) = get(&site, Some(analyst("analyst")), path, language).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(body.contains(words), "{path} in {language} lacks {words:?}: {body}");
            assert!(
                body.contains(&format!("href=\"{leads_to}\"")),
                "{path} does not lead to {leads_to}: {body}"
            );
        }
    }
}

#[tokio::test]
async fn entries_open_for_who_compiles_reports_and_figures_for_everybody() {
    let site = with_births(1).await;
    let births = "/reporting/births?period=2026-M12&unit=00004";
    let entry = format!("/reporting/births/{}", Uuid::from_u128(1));
    for user in [None, Some(analyst("reader"))] {
        let (status, body) = get(&site, user.clone(), "/reporting?period=2026-M12&unit=00004", "en").await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.contains("sign in and open each entry") && !body.contains("/reporting/births"));
        for path in [births, entry.as_str()] {
            assert_eq!(get(&site, user.clone(), path, "en").await.0, StatusCode::NOT_FOUND, "{path}");
        }
    }
    for path in ["/reporting/births?unit=01", "/reporting/births", "/reporting/births/x"] {
        assert_eq!(get(&site, Some(analyst("analyst")), path, "en").await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn programs_get_the_figures_as_lines() {
    let site = with_births(3).await;
    let (status, csv) = get(&site, None, "/reporting/figures.csv?period=2026-M12&unit=01", "vi").await;
    assert_eq!(status, StatusCode::OK);
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(lines[0], "unit,unit_from,indicator,period_from,period_to,value,of_split_units");
    assert!(lines.contains(&"01,,births,2026-11-15,2026-12-14,3,0"), "{csv}");
    assert!(lines.contains(&"00004,,births-male,2026-11-15,2026-12-14,0,0"), "{csv}");
    assert_eq!(lines.len(), 1 + 2 * 7);
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let site = with_births(51).await;
    let path = "/reporting/births?period=2026-M12&by=today&unit=00004";
    let mut seen = 0;
    for (page, count) in [("", 50), ("&page=2", 1), ("&page=99", 1), ("&page=x", 50)] {
        let (_, body) = get(&site, Some(analyst("analyst")), &format!("{path}{page}"), "en").await;
        let entries = body.matches("href=\"/reporting/births/").count();
        assert_eq!(entries, count, "page {page:?}");
        assert!(body.contains("page=2"), "the pages lead to each other");
        seen += entries;
    }
    assert_eq!(seen, 102);
}

#[tokio::test]
async fn bad_input_is_explained_and_never_echoed_as_markup() {
    let site = with_births(1).await;
    for (path, status, words) in [
        ("/reporting?period=2026-M13", 422, "Choose a reporting period from the list"),
        ("/reporting?period=%3Cscript%3E", 422, "Choose a reporting period from the list"),
        ("/reporting?unit=%3Cscript%3E", 404, ""),
        ("/reporting?unit=99", 404, ""),
        ("/reporting/figures.csv?period=x", 404, ""),
        ("/reporting?period=2026-M10", 200, "Nothing was registered in this period"),
        ("/reporting?period=2010", 200, "Year 2010"),
    ] {
        let (found, body) = get(&site, None, path, "en").await;
        assert_eq!(found.as_u16(), status, "{path}");
        assert!(body.contains(words), "{path} lacks {words:?}: {body}");
        assert!(!body.contains("<script>"), "{path}");
    }
}
