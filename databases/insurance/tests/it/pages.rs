//! What members see.

use crate::room::{Register, newborn};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use http_body_util::BodyExt as _;
use std::sync::Arc;
use system::System as _;
use tower::ServiceExt as _;
use web::{Settings, SignedIn, Text, Web};

const AGENCY: Text = Text::new("Bảo hiểm xã hội", "Social insurance");

async fn page(register: &Register, person: Option<&str>, language: &str) -> (StatusCode, String) {
    let (clock, random) = (register.test.clock.clone(), register.test.room.random.clone());
    let (now, draw) = (clock.clone(), random.clone());
    let settings = Settings {
        agency: AGENCY,
        home: "/".into(),
        navigation: Vec::new(),
        sandbox: true,
        https: false,
        origin: None,
    };
    let web = Web::new(settings, Arc::new(move || now.now()), Arc::new(move |bytes| draw.fill(bytes)));
    let mut request = Request::builder()
        .uri("/insurance")
        .header(header::HOST, "localhost:8080")
        .header(header::ACCEPT, "text/html")
        .header(header::ACCEPT_LANGUAGE, language);
    if let Some(person) = person {
        let user = SignedIn {
            person_number: Some(person.into()),
            display_name: "An".into(),
            roles: Vec::new(),
            ..SignedIn::default()
        };
        let session =
            web.sessions().open(user, clock.now(), &move |bytes| random.fill(bytes)).expect("a session");
        request = request.header(header::COOKIE, format!("lienthong_session={}", session.to_cookie()));
    }
    let router = web::layer(Router::new().nest("/insurance", register.system.clone().pages()), web);
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn a_person_sees_their_own_card_only() {
    let register = Register::open().await;
    let child = newborn(1);
    register.register(&child).await.unwrap();
    let own = child.number.to_string();
    for (language, words) in [("vi", "Mã thẻ"), ("en", "Card number")] {
        let (status, body) = page(&register, Some(&own), language).await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.contains(words) && body.contains("TE1010100000001"), "{language}");
    }
    for other in ["001190000099", "nonsense"] {
        let (status, body) = page(&register, Some(other), "vi").await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.contains("Chưa có thẻ") && !body.contains("TE1"), "{other}");
    }
    assert_eq!(page(&register, None, "vi").await.0, StatusCode::SEE_OTHER);
}
