//! The shell: documents in both languages, headers, sessions, problems, assets.

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::Value;
use web::components::Breadcrumb;
use web::{FieldErrors, Flash, Html, Language, Page, ProblemKind, SESSION_IDLE_MINUTES, Text};

use crate::site::{Browser, Site};

#[tokio::test]
async fn a_page_is_a_whole_document_in_the_readers_language() {
    let site = Site::new(false);
    let vietnamese = Browser::default().get(&site, "/").await;
    assert_eq!((vietnamese.status, vietnamese.header("content-language")), (StatusCode::OK, "vi"));
    let expected = [
        "<html lang=\"vi\"",
        "<title>Trang chủ - liên thông</title>",
        "href=\"#main-content\"",
        "<main class=\"govuk-main-wrapper\" id=\"main-content\"",
        "Ủy ban nhân dân thành phố Hà Nội",
        "Đây là môi trường thử nghiệm",
        "dữ liệu tổng hợp",
        "&#60;xin chào&#62;",
        "href=\"/?lang=en\" lang=\"en\"",
    ];
    for part in expected {
        assert!(vietnamese.body.contains(part), "{part} in {}", vietnamese.body);
    }
    let request = Browser::default().request("GET", "/").header(header::ACCEPT_LANGUAGE, "en-GB,en");
    let english = site.send(request.body(Body::empty()).unwrap()).await;
    assert!(english.body.contains("<html lang=\"en\"") && english.body.contains("synthetic"));
    assert!(english.body.contains("People&#39;s Committee of Hà Nội"));
}

#[tokio::test]
async fn the_language_switch_is_remembered_and_keeps_the_place() {
    let (site, browser) = (Site::new(false), Browser::default());
    let switched = browser.get(&site, "/search?q=a&lang=en&p=2").await;
    assert_eq!((switched.status, switched.header("location")), (StatusCode::SEE_OTHER, "/search?q=a&p=2"));
    assert!(browser.get(&site, "/").await.body.contains("<html lang=\"en\""));
    browser.get(&site, "/?lang=vi").await;
    assert!(browser.get(&site, "/").await.body.contains("<html lang=\"vi\""));
    let unknown = browser.get(&site, "/?lang=fr").await;
    assert_eq!(unknown.status, StatusCode::OK);
    let elsewhere = browser.get(&site, "//evil.example/?lang=en").await;
    assert_eq!(elsewhere.header("location"), "/");
}

#[tokio::test]
async fn every_response_carries_the_security_headers() {
    let site = Site::new(true);
    for path in ["/", "/missing", "/failing", "/mine", "/search?q=1"] {
        let answer = Browser::default().get(&site, path).await;
        let policy = answer.header("content-security-policy");
        for part in
            ["default-src 'none'", "script-src 'self'", "form-action 'self'", "frame-ancestors 'none'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(answer.header("strict-transport-security").starts_with("max-age="), "{path}");
    }
    let plain = Browser::default().get(&Site::new(false), "/").await;
    assert_eq!(plain.header("strict-transport-security"), "");
}

#[tokio::test]
async fn pages_have_nothing_inline_that_the_policy_forbids() {
    let body = Browser::default().get(&Site::new(false), "/sign-in").await.body;
    for forbidden in ["<script", "<style", " style=", " onclick=", "javascript:"] {
        assert!(!body.contains(forbidden), "{forbidden}");
    }
}

#[tokio::test]
async fn signing_in_gives_a_new_id_and_ends_the_old_one() {
    let (site, browser) = (Site::new(false), Browser::default());
    browser.get(&site, "/sign-in").await;
    let before = browser.session().expect("a page with a form gives a cookie");
    let answer = browser.sign_in(&site).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/mine"));
    let first = browser.session().unwrap();
    assert_ne!(before, first, "an id from before signing in is worth nothing after it");

    let page = browser.get(&site, "/mine").await;
    assert!(page.body.contains("Trần Thị Bình"));
    assert_eq!(page.header("cache-control"), "no-store");

    browser.sign_in(&site).await;
    let second = browser.session().unwrap();
    assert_ne!(first, second);
    let stolen = Browser::default();
    stolen.cookies.lock().unwrap().push(("lienthong_session".into(), first));
    assert_eq!(stolen.get(&site, "/mine").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_id_a_browser_brings_is_never_made_a_session() {
    let (site, browser) = (Site::new(false), Browser::default());
    let planted = "A".repeat(43);
    browser.cookies.lock().unwrap().push(("lienthong_session".into(), planted.clone()));
    browser.sign_in(&site).await;
    assert_ne!(browser.session(), Some(planted.clone()));
    let attacker = Browser::default();
    attacker.cookies.lock().unwrap().push(("lienthong_session".into(), planted));
    assert_eq!(attacker.get(&site, "/mine").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn sending_without_being_signed_in_leads_to_sign_in_alone() {
    let (site, browser) = (Site::new(false), Browser::default());
    let token = browser.get(&site, "/sign-in").await.token();
    let answer = browser.post(&site, "/mine", &format!("csrf={token}")).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/sign-in"));
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_to_sign_in_and_back() {
    let (site, browser) = (Site::new(false), Browser::default());
    let answer = browser.get(&site, "/mine?so=1&a=b").await;
    let expected = (StatusCode::SEE_OTHER, "/sign-in?return=/mine%3Fso%3D1%26a%3Db");
    assert_eq!((answer.status, answer.header("location")), expected);
    browser.sign_in(&site).await;
    assert_eq!(browser.get(&site, "/mine").await.status, StatusCode::OK);
    site.pass_minutes(SESSION_IDLE_MINUTES);
    assert_eq!(browser.get(&site, "/mine").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_page_may_do_without_a_reader() {
    let (site, browser) = (Site::new(false), Browser::default());
    assert_eq!(browser.get(&site, "/who").await.body, "nobody");
    browser.sign_in(&site).await;
    assert_eq!(browser.get(&site, "/who").await.body, "Trần Thị Bình");
}

#[tokio::test]
async fn sites_of_one_program_share_who_is_signed_in() {
    let (site, browser) = (Site::new(false), Browser::default());
    let sibling = site.sibling(|settings| settings.sandbox = false);
    browser.sign_in(&site).await;
    let page = browser.get(&sibling, "/mine").await;
    assert!(page.body.contains("Trần Thị Bình") && !page.body.contains("môi trường thử nghiệm"));
    assert_eq!(browser.get(&Site::new(false), "/mine").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_in_leads_only_to_our_own_pages() {
    let (site, browser) = (Site::new(false), Browser::default());
    let token = browser.get(&site, "/sign-in").await.token();
    let answer = browser.post(&site, "/sign-in?return=//evil.example", &format!("csrf={token}")).await;
    assert_eq!(answer.header("location"), "/");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_forgets_the_cookie() {
    let (site, browser) = (Site::new(true), Browser::default());
    let token = browser.get(&site, "/sign-in").await.token();
    let request =
        browser.request("POST", "/sign-in").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = site.send(request.body(Body::from(format!("csrf={token}"))).unwrap()).await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(
        cookie.starts_with("__Host-lienthong_session=") && cookie.ends_with("HttpOnly; SameSite=Lax; Secure")
    );

    let browser = Browser::default();
    let value = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
    browser.cookies.lock().unwrap().push(("__Host-lienthong_session".into(), value.clone()));
    let token = browser.get(&site, "/mine").await.token();
    let request = browser.request("POST", "/sign-out").header("x-csrf-token", token);
    let answer = site.send(request.body(Body::empty()).unwrap()).await;
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(browser.get(&site, "/mine").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_problem_is_a_page_for_people_and_a_document_for_programs() {
    let site = Site::new(false);
    let cases = [
        ("/missing", 404, "not-found"),
        ("/unknown", 404, "not-found"),
        ("/conflict", 409, "conflict"),
        ("/failing", 500, "internal"),
        ("/panic", 500, "internal"),
        ("/change", 405, "method-not-allowed"),
        ("/search?q=%FF", 400, "bad-request"),
    ];
    for (path, status, name) in cases {
        let page = Browser::default().get(&site, path).await;
        assert_eq!(page.status.as_u16(), status, "{path}");
        assert!(page.body.contains("<html lang=\"vi\"") && page.body.contains("Mã tham chiếu"), "{path}");

        let request = Request::get(path).header(header::ACCEPT_LANGUAGE, "en").body(Body::empty()).unwrap();
        let document = site.send(request).await;
        assert_eq!(document.status.as_u16(), status, "{path}");
        assert_eq!(document.header("content-type"), "application/problem+json", "{path}");
        let json: Value = serde_json::from_str(&document.body).unwrap();
        assert_eq!(json["type"], format!("urn:lienthong:problem:{name}"), "{path}");
        assert_eq!(json["status"], status, "{path}");
        assert_eq!(json["reference"].as_str().map(str::len), Some(8), "{path}");
    }
}

#[tokio::test]
async fn a_problem_tells_its_detail_escaped_and_its_cause_to_nobody() {
    let site = Site::new(false);
    let page = Browser::default().get(&site, "/unknown").await;
    assert!(page.body.contains("Số &#60;7&#62; không có"));
    for path in ["/failing", "/panic"] {
        let page = Browser::default().get(&site, path).await;
        assert!(!page.body.contains("the disk is full") && !page.body.contains("handler"), "{path}");
    }
}

#[tokio::test]
async fn an_error_a_handler_words_itself_is_left_alone_unless_it_is_ours() {
    let answer = Browser::default().get(&Site::new(false), "/teapot").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (418, "short and stout"));
}

#[tokio::test]
async fn a_method_that_is_not_allowed_still_says_which_are() {
    let answer = Browser::default().get(&Site::new(false), "/change").await;
    assert_eq!(answer.header("allow"), "POST");
}

#[tokio::test]
async fn assets_are_kept_for_a_year_under_the_name_of_their_content() {
    let (site, browser) = (Site::new(false), Browser::default());
    for (address, media_type) in
        [(web::assets::stylesheet(), "text/css"), (web::assets::icon(), "image/svg+xml")]
    {
        let asset = browser.get(&site, &address).await;
        assert_eq!((asset.status, asset.header("content-type")), (StatusCode::OK, media_type));
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(browser.get(&site, "/").await.body.contains(&address));
    }
    assert_eq!(browser.get(&site, "/assets/lienthong-0.css").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get(&site, "/assets/..%2fCargo.toml").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_page_and_its_style_sheet_stay_small() {
    const PAGE_LIMIT_BYTES: usize = 60_000;
    let (site, browser) = (Site::new(false), Browser::default());
    let page = browser.get(&site, "/").await.body.len();
    let styles = browser.get(&site, &web::assets::stylesheet()).await.body.len();
    assert!(page + styles < PAGE_LIMIT_BYTES, "page {page} and style sheet {styles} bytes");
}

#[tokio::test]
async fn every_part_of_the_shell_renders_in_both_languages() {
    let site = Site::new(false);
    let browser = Browser::default();
    browser.sign_in(&site).await;
    let signed_in = browser.get(&site, "/mine").await;
    assert!(signed_in.body.contains("action=\"/sign-out\"") && signed_in.body.contains("Đăng xuất"));

    let cases = [
        (
            Language::Vi,
            "Lỗi: Khai sinh - liên thông",
            "Có lỗi cần sửa",
            "Thành công",
            "Quay lại",
            "Đường dẫn",
        ),
        (
            Language::En,
            "Error: Khai sinh - liên thông",
            "There is a problem",
            "Success",
            "Back",
            "Breadcrumb",
        ),
    ];
    for (language, title, summary, flash, back, breadcrumb) in cases {
        let mut errors = FieldErrors::new();
        errors.add("ho-ten", Text::new("Nhập họ tên", "Enter the name"));
        let page = sample(&site, language).with_errors(&errors).with_flash(Flash::success("Đã lưu"));
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        let document = page.clone().with_back("/").render();
        for part in [title, summary, flash, back, "#ho-ten"] {
            assert!(document.contains(part), "{part}");
        }
        let document = page.with_breadcrumbs(vec![Breadcrumb::new("Hồ sơ", "/ho-so")]).render();
        assert!(document.contains(breadcrumb) && document.contains("href=\"/ho-so\""));
    }
    assert_eq!(sample(&site, Language::Vi).with_errors(&FieldErrors::new()).status, StatusCode::OK);
}

#[test]
fn every_problem_says_what_happened_and_what_to_do_in_both_languages() {
    for kind in ProblemKind::ALL {
        for language in Language::ALL {
            assert_ne!(kind.title().get(language), kind.advice().get(language));
        }
        assert_ne!(kind.title().get(Language::Vi), kind.title().get(Language::En));
        assert!(kind.status().is_client_error() || kind.status().is_server_error());
    }
}

fn sample(site: &Site, language: Language) -> Page {
    let settings = site.web.settings();
    Page {
        title: "Khai sinh".into(),
        language,
        path: "/khai-sinh".into(),
        user: None,
        csrf: None,
        agency: settings.agency,
        home: settings.home.clone(),
        navigation: settings.navigation.clone(),
        breadcrumbs: Vec::new(),
        back: None,
        flash: None,
        error_summary: None,
        body: Html::trusted("<h1>Khai sinh</h1>"),
        sandbox: false,
        status: StatusCode::OK,
    }
}
