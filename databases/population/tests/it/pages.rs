//! The person's own pages, behind the shell as the program mounts them.

use crate::country::{AUNT, Country, MOTHER, NOBODY, number};
use axum::{body::Body, http::Request, response::Response, routing::get};
use contracts::{
    Purpose,
    population::{LookUp, LookUpPerson, PersonField},
};
use std::sync::Arc;
use system::System;
use tower::ServiceExt as _;
use web::{Settings, SignedIn, Text, Visit, Web};

/// The pages with a way to sign in, and the cookie of who is signed in.
struct Reader {
    router: axum::Router,
    cookie: Option<String>,
}

impl Reader {
    async fn new(country: &Country, person: Option<&str>) -> Self {
        let settings = Settings {
            agency: Text::new("Bộ Công an", "Ministry of Public Security"),
            home: "/".into(),
            navigation: Vec::new(),
            sandbox: true,
            https: false,
            origin: None,
        };
        let clock = country.room.clock.clone();
        let random = country.room.room.random.clone();
        let web =
            Web::new(settings, Arc::new(move || clock.now()), Arc::new(move |bytes| random.fill(bytes)));
        let user = SignedIn {
            person_number: person.map(str::to_owned),
            display_name: "An".into(),
            roles: Vec::new(),
            ..SignedIn::default()
        };
        let sign_in = get(move |visit: Visit| async move { visit.sign_in(user, "/").await });
        let pages = axum::Router::new()
            .nest("/population", country.population.clone().pages())
            .route("/test-sign-in", sign_in);
        let mut reader = Self { router: web::layer(pages, web), cookie: None };
        if person.is_some() {
            let response = reader.get("/test-sign-in", "vi").await;
            let cookie = response.headers()["set-cookie"].to_str().unwrap();
            reader.cookie = cookie.split(';').next().map(str::to_owned);
        }
        reader
    }

    async fn get(&self, path: &str, language: &str) -> Response {
        let mut request = Request::get(path).header("host", "localhost").header("accept-language", language);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn text(&self, path: &str, language: &str) -> (u16, String) {
        let response = self.get(path, language).await;
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }
}

#[tokio::test]
async fn a_person_sees_their_own_record_and_who_read_it() {
    let country = Country::new().await;
    let asked =
        LookUp { number: number(MOTHER), fields: vec![PersonField::Name], valid_on: None, known_at: None };
    country.ask::<LookUpPerson>(country.call(Purpose::PROCEDURE), &asked).await.unwrap();
    let reader = Reader::new(&country, Some(MOTHER)).await;
    for (path, language, said) in [
        (
            "/population",
            "vi",
            ["Trần Thị Hoà", "Nguyễn Văn Bình", "Số 1 phố Lê Lợi, Phường 00004, Thành phố"],
        ),
        ("/population", "en", ["My data", "1 February 1995", "Kinh"]),
        (
            "/population/accesses",
            "vi",
            ["Giải quyết thủ tục hành chính", "/exchange/messages/test%2Dmessage", "H26 (one-door)"],
        ),
        ("/population/accesses", "en", ["An administrative procedure", "Who read my data", "Name"]),
    ] {
        let (status, page) = reader.text(path, language).await;
        assert_eq!(status, 200, "{path}");
        for words in said {
            assert!(page.contains(words), "{words} in {page}");
        }
    }
    assert!(!reader.text("/population/accesses?before=1", "vi").await.1.contains("test%2Dmessage"));
    let other = Reader::new(&country, Some(AUNT)).await;
    assert!(!other.text("/population/accesses", "vi").await.1.contains("test%2Dmessage"));
}

#[tokio::test]
async fn nobody_sees_more_than_their_own() {
    let country = Country::new().await;
    for (person, path, status) in [
        (None, "/population", 303),
        (None, "/population/accesses", 303),
        (Some("not a number"), "/population", 403),
        (Some(NOBODY), "/population", 404),
        (Some(NOBODY), "/population/accesses", 404),
        (Some(MOTHER), "/population/accesses?before=9223372036854775807", 404),
        (Some(MOTHER), "/population/accesses?before=x", 400),
    ] {
        let reader = Reader::new(&country, person).await;
        assert_eq!(reader.get(path, "vi").await.status().as_u16(), status, "{person:?} {path}");
    }
}
