//! Requests that our pages did not ask for are refused; those they did are not.

use axum::body::Body;
use futures_util::FutureExt as _;
use http::{Request, StatusCode, header};
use web::{FILE_LIMIT_BYTES, FORM_LIMIT_BYTES, UPLOAD_LIMIT_BYTES, UPLOADS_AT_A_TIME_MAXIMUM};

use crate::site::{Answer, Browser, Site};

const FORM: &str = "application/x-www-form-urlencoded";

/// What is sent: its name, its headers, its body, and whether it passes.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], String, bool);

/// Sends a form with some headers changed or left out.
async fn change(site: &Site, browser: &Browser, headers: &[(&str, &str)], body: String) -> Answer {
    let mut request = browser.request("POST", "/change").header(header::CONTENT_TYPE, FORM);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    site.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_form_passes_only_with_its_token_and_from_our_origin() {
    let (site, browser) = (Site::new(false), Browser::default());
    let token = browser.get(&site, "/sign-in").await.token();
    let other = Browser::default().get(&site, "/sign-in").await.token();
    let good = format!("csrf={token}&name=An");
    let ours = ("origin", "http://localhost:8080");
    let cases: [Case<'_>; 16] = [
        ("our page", &[ours, ("sec-fetch-site", "same-origin")], good.clone(), true),
        ("our page in an old browser", &[ours], good.clone(), true),
        ("a program that is no browser", &[], good.clone(), true),
        ("a page opened by the reader", &[ours, ("sec-fetch-site", "none")], good.clone(), true),
        ("token in the header", &[ours, ("x-csrf-token", &token)], "name=An".into(), true),
        ("no token", &[ours], "name=An".into(), false),
        ("empty token", &[ours], "csrf=&name=An".into(), false),
        ("token of another browser", &[ours], format!("csrf={other}&name=An"), false),
        ("token cut short", &[ours], format!("csrf={}&name=An", &token[1..]), false),
        ("token that is no base64", &[ours], "csrf=%3C%3E&name=An".into(), false),
        ("wrong token in the header", &[ours, ("x-csrf-token", "x")], good.clone(), false),
        ("another site", &[("sec-fetch-site", "cross-site")], good.clone(), false),
        ("a neighbour of ours", &[("sec-fetch-site", "same-site")], good.clone(), false),
        ("another origin", &[("origin", "http://evil.example")], good.clone(), false),
        ("another port", &[("origin", "http://localhost:8081")], good.clone(), false),
        ("a hidden origin", &[("origin", "null")], good.clone(), false),
    ];
    for (case, headers, body, passes) in cases {
        let answer = change(&site, &browser, headers, body).await;
        let expected = if passes { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status, expected, "{case}: {}", answer.body);
        if passes {
            assert_eq!(answer.body, "An", "{case}: the handler still reads the form");
        } else {
            assert!(answer.body.contains("Trang này đã cũ"), "{case}: a page says what to do");
        }
    }
}

#[tokio::test]
async fn a_form_is_taken_after_a_restart_and_by_another_node_with_the_same_key() {
    let (before, browser) = (Site::with_key(1, [5; 32]), Browser::default());
    let token = browser.get(&before, "/sign-in").await.token();
    for (case, site, expected) in [
        ("the same key, other randomness", Site::with_key(1_000, [5; 32]), StatusCode::OK),
        ("another key", Site::with_key(1, [6; 32]), StatusCode::FORBIDDEN),
        ("a key of its own", Site::with_seed(false, 1_000), StatusCode::FORBIDDEN),
    ] {
        let answer = change(&site, &browser, &[], format!("csrf={token}&name=An")).await;
        assert_eq!(answer.status, expected, "{case}");
    }
}

#[tokio::test]
async fn behind_a_proxy_the_public_origin_counts() {
    let site = Site::new(false).sibling(|settings| settings.origin = Some("https://dichvu.example".into()));
    let browser = Browser::default();
    let token = browser.get(&site, "/sign-in").await.token();
    for (origin, expected) in [("https://dichvu.example", 200), ("http://localhost:8080", 403)] {
        let answer = change(&site, &browser, &[("origin", origin)], format!("csrf={token}")).await;
        assert_eq!(answer.status.as_u16(), expected, "{origin}");
    }
}

#[tokio::test]
async fn without_the_cookie_no_token_counts() {
    let (site, browser) = (Site::new(false), Browser::default());
    let token = browser.get(&site, "/sign-in").await.token();
    let answer = change(&site, &Browser::default(), &[], format!("csrf={token}")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_token_from_before_signing_in_is_worth_nothing_after() {
    let (site, browser) = (Site::new(false), Browser::default());
    let token = browser.get(&site, "/sign-in").await.token();
    browser.sign_in(&site).await;
    let answer = change(&site, &browser, &[], format!("csrf={token}")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_token_made_with_another_key_is_worth_nothing() {
    let (one, other, browser) = (Site::new(false), Site::with_seed(false, 1000), Browser::default());
    let token = browser.get(&one, "/sign-in").await.token();
    let answer = change(&other, &browser, &[], format!("csrf={token}")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn every_method_that_changes_something_is_checked() {
    let (site, browser) = (Site::new(false), Browser::default());
    for method in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"] {
        let answer = site.send(browser.request(method, "/change").body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method}");
    }
    for method in ["GET", "HEAD", "OPTIONS"] {
        let answer = site.send(browser.request(method, "/").body(Body::empty()).unwrap()).await;
        assert_ne!(answer.status, StatusCode::FORBIDDEN, "{method}");
    }
}

#[tokio::test]
async fn a_public_page_without_a_form_sets_no_cookie() {
    let (site, browser) = (Site::new(false), Browser::default());
    let page = browser.get(&site, "/").await;
    assert_eq!((page.header("set-cookie"), page.header("cache-control")), ("", "no-cache"));
    let form = browser.get(&site, "/sign-in").await;
    assert!(form.header("set-cookie").starts_with("lienthong_session="));
    assert_eq!(form.header("cache-control"), "no-store");
    assert_eq!(browser.get(&site, "/sign-in").await.header("set-cookie"), "", "once is enough");
}

#[tokio::test]
async fn a_form_over_the_limit_is_refused_as_too_large() {
    let (site, browser) = (Site::new(false), Browser::default());
    let token = browser.get(&site, "/sign-in").await.token();
    let body = format!("csrf={token}&name={}", "a".repeat(FORM_LIMIT_BYTES));
    let answer = change(&site, &browser, &[], body).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.body.contains("quá lớn"));
}

/// A multipart body of parts, each its disposition and content.
fn multipart(parts: &[(&str, &str)]) -> String {
    let parts = parts.iter().map(|(disposition, content)| {
        format!("--edge\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n")
    });
    parts.collect::<String>() + "--edge--\r\n"
}

async fn upload(site: &Site, browser: &Browser, body: String) -> Answer {
    let request = browser.request("POST", "/upload");
    let request: Request<Body> = request
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .body(Body::from(body))
        .unwrap();
    site.send(request).await
}

#[tokio::test]
async fn files_pass_with_a_token_wherever_it_stands_in_the_form() {
    let (site, browser) = (Site::new(false), Browser::default());
    let token = browser.get(&site, "/sign-in").await.token();
    let (token, note) = (("name=\"csrf\"", token.as_str()), ("name=\"note\"", "kèm theo"));
    let large = "a".repeat(3 * 1024 * 1024);
    let file = ("name=\"file\"; filename=\"..\\giay chung sinh.pdf\"", large.as_str());
    let none = ("name=\"photo\"; filename=\"\"", "");
    for parts in [[token, note, file, none], [none, file, note, token]] {
        let answer = upload(&site, &browser, multipart(&parts)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(answer.body, format!("kèm theo file:giay chung sinh.pdf:{}", large.len()));
    }
    let answer = upload(&site, &browser, multipart(&[note, file])).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn uploads_over_a_limit_or_broken_off_are_refused() {
    let (site, browser) = (Site::new(false), Browser::default());
    let token = browser.get(&site, "/sign-in").await.token();
    let token = ("name=\"csrf\"", token.as_str());
    let file = "name=\"file\"; filename=\"a\"";
    let (over_file, over_all) = ("a".repeat(FILE_LIMIT_BYTES + 1), "a".repeat(UPLOAD_LIMIT_BYTES));
    let many = vec![(file, "a"); 11];
    let long_note = "a".repeat(FORM_LIMIT_BYTES);
    let whole = multipart(&[token, (file, "abc")]);
    let cases = [
        ("a file too large", multipart(&[token, (file, &over_file)]), StatusCode::PAYLOAD_TOO_LARGE),
        ("all too large", multipart(&[token, (file, &over_all)]), StatusCode::PAYLOAD_TOO_LARGE),
        ("too many files", multipart(&[&[token], many.as_slice()].concat()), StatusCode::PAYLOAD_TOO_LARGE),
        (
            "answers too large",
            multipart(&[token, ("name=\"note\"", &long_note)]),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        ("broken off", whole[..whole.len() - 12].to_owned(), StatusCode::BAD_REQUEST),
        ("a control character", multipart(&[token, ("name=\"note\"", "a\0b")]), StatusCode::BAD_REQUEST),
    ];
    for (case, body, expected) in cases {
        assert_eq!(upload(&site, &browser, body).await.status, expected, "{case}");
    }
}

/// A body that never ends.
fn endless() -> Body {
    Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::convert::Infallible>>())
}

fn endless_upload(browser: &Browser) -> Request<Body> {
    let request = browser.request("POST", "/upload");
    request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge").body(endless()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let (site, browser) = (Site::new(false), Browser::default());
    browser.get(&site, "/sign-in").await;
    let answer = site.send(endless_upload(&browser)).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    assert!(answer.body.contains("Gửi quá lâu"));
}

#[tokio::test(start_paused = true)]
async fn uploads_have_room_for_so_many_at_a_time() {
    let (site, browser) = (Site::new(false), Browser::default());
    let token = browser.get(&site, "/sign-in").await.token();
    let whole = multipart(&[("name=\"csrf\"", &token)]);
    let sending: Vec<_> =
        (0..UPLOADS_AT_A_TIME_MAXIMUM).map(|_| site.send(endless_upload(&browser))).collect();
    let mut sending = std::pin::pin!(futures_util::future::join_all(sending));
    assert!(sending.as_mut().now_or_never().is_none(), "none of them has ended");

    let refused = upload(&site, &browser, whole.clone()).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    sending.await;
    assert_eq!(upload(&site, &browser, whole).await.status, StatusCode::OK);
}
