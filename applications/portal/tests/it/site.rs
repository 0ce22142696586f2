//! The portal behind the web layer, read as a browser without script reads it.

use crate::country::Country;
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use http_body_util::BodyExt as _;
use std::sync::Arc;
use store::Location;
use system::System as _;
use tower::ServiceExt as _;
use uuid::Uuid;
use web::{Language, SessionId, Settings, SignedIn, Text, Web};

pub(crate) struct Site {
    pub(crate) country: Country,
    web: Web,
    router: Router,
}

/// Somebody at a browser.
pub(crate) struct Reader {
    session: Option<SessionId>,
    pub(crate) language: Language,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a field of the page's form; empty when there is none.
    pub(crate) fn hidden(&self, name: &str) -> &str {
        let marker = format!("name=\"{name}\" value=\"");
        self.body.split(&marker).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
    }

    pub(crate) fn has(&self, words: &str) -> bool {
        self.body.contains(words)
    }
}

impl Site {
    pub(crate) async fn open() -> Self {
        Self::open_at(&Location::SqliteMemory).await
    }

    pub(crate) async fn open_at(location: &Location) -> Self {
        let country = Country::open_at(location).await;
        let (clock, random) = (country.test.clock.clone(), country.test.room.random.clone());
        let settings = Settings {
            agency: Text::new("Văn phòng Chính phủ", "Government Office"),
            home: "/".into(),
            navigation: Vec::new(),
            sandbox: true,
            https: false,
            origin: None,
        };
        let web =
            Web::new(settings, Arc::new(move || clock.now()), Arc::new(move |bytes| random.fill(bytes)));
        let pages = Router::new().nest("/portal", country.system.clone().pages());
        let router = web::layer(pages.merge(web::shell_routes()), web.clone());
        Self { country, web, router }
    }

    pub(crate) fn sign_in(&self, number: &str, language: Language) -> Reader {
        let user = SignedIn {
            person_number: (!number.is_empty()).then(|| number.to_owned()),
            display_name: "Người nộp".into(),
            roles: Vec::new(),
            ..SignedIn::default()
        };
        let random = self.country.test.room.random.clone();
        let now = self.country.test.clock.now();
        let session = self.web.sessions().open(user, now, &move |bytes| random.fill(bytes)).unwrap();
        Reader { session: Some(session), language }
    }

    pub(crate) async fn get(&self, reader: &Reader, path: &str) -> Answer {
        self.send(reader, "GET", path, None).await
    }

    /// Reads the form of `path` and sends it with these answers.
    pub(crate) async fn fill(&self, reader: &Reader, path: &str, answers: &[(&str, &str)]) -> Answer {
        let page = self.get(reader, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.location);
        self.post(reader, path, &page, answers).await
    }

    /// Sends the form of a page with these answers.
    pub(crate) async fn post(
        &self,
        reader: &Reader,
        path: &str,
        page: &Answer,
        answers: &[(&str, &str)],
    ) -> Answer {
        let own = [("csrf", page.hidden("csrf")), ("version", page.hidden("version"))];
        let all: Vec<_> = own.iter().chain(answers).collect();
        let encoded = serde_urlencoded::to_string(all).unwrap();
        self.send(reader, "POST", path, Some(encoded)).await
    }

    pub(crate) async fn send(
        &self,
        reader: &Reader,
        method: &str,
        path: &str,
        form: Option<String>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:8080")
            .header(header::ACCEPT, "text/html")
            .header(header::ACCEPT_LANGUAGE, reader.language.tag());
        if let Some(session) = &reader.session {
            request = request.header(header::COOKIE, format!("lienthong_session={}", session.to_cookie()));
        }
        if form.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(form.map_or_else(Body::empty, Body::from)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let location = parts.headers.get(header::LOCATION).map_or("", |to| to.to_str().unwrap()).to_owned();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        Answer { status: parts.status, location, headers: parts.headers, body }
    }

    /// Answers all questions of a new application up to the check.
    pub(crate) async fn answer_all(&self, reader: &Reader, procedure: &str) {
        let path = format!("/portal/apply/{procedure}");
        let begun = self.fill(reader, &path, &[]).await;
        assert_eq!(begun.location, format!("{path}/child"));
        for (step, answers) in steps() {
            let answered = self.fill(reader, &format!("{path}/{step}"), &answers).await;
            assert_eq!(answered.status, StatusCode::SEE_OTHER, "{step}: {}", answered.body);
        }
    }

    /// Hands in what was answered, and says under which identifier.
    pub(crate) async fn hand_in(&self, reader: &Reader, procedure: &str) -> Uuid {
        let sent =
            self.fill(reader, &format!("/portal/apply/{procedure}/check"), &[("declared", "yes")]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        sent.location.split('/').nth(3).unwrap().parse().unwrap()
    }

    /// A whole application, handed in and taken by the one-door.
    pub(crate) async fn delivered(&self, reader: &Reader) -> Uuid {
        self.answer_all(reader, crate::country::JOINED).await;
        let submission = self.hand_in(reader, crate::country::JOINED).await;
        assert_eq!(self.country.work_off().await, Vec::<String>::new());
        submission
    }
}

/// Somebody who is not signed in.
pub(crate) fn nobody() -> Reader {
    Reader { session: None, language: Language::Vi }
}

/// The steps of an application with good answers.
pub(crate) fn steps() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    vec![
        ("child", child()),
        (
            "birth-place",
            vec![("facility", "Bệnh viện Phụ sản"), ("commune", "00070"), ("action", "continue")],
        ),
        ("mother", vec![]),
        ("father", vec![]),
        ("choices", vec![("hometown", "mother"), ("ethnicity", "mother"), ("registers-at", "mother")]),
    ]
}

/// Good answers about the child.
pub(crate) fn child() -> Vec<(&'static str, &'static str)> {
    vec![
        ("family-name", "Nguyễn"),
        ("middle-name", "Thị Minh"),
        ("given-name", "An"),
        ("sex", "female"),
        ("birth-date-day", "11"),
        ("birth-date-month", "11"),
        ("birth-date-year", "2026"),
        ("birth-notice", "123/2026"),
    ]
}
