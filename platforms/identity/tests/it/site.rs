//! The system behind the web layer, and browsers without script.

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode, header},
};
use contracts::{
    Purpose,
    agencies::{AgencyPlace, CheckPlaces, PlacesChecked, UnitLevel, UnitPlace},
    identity::{ClientRegistration, RegisterClient},
    population::{Verified, VerifyPerson},
};
use http_body_util::BodyExt as _;
use identity::{FACTS, Identity, SCHEMA, testing::trusting};
use jiff::SignedDuration;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use store::Location;
use system::{
    Clock, Room, Sealing, ShownCertificate, System as _,
    testing::{TestRoom, ask, incoming},
};
use tower::ServiceExt as _;
use web::{Role, Settings, SignedIn, Text, Web};

pub(crate) const NOW: &str = "2026-11-21T03:00:00Z";
pub(crate) const AN: &str = "001190000001";
pub(crate) const NAME: &str = "Nguyễn Thị Minh An";
pub(crate) const PASSWORD: &str = "gà trống gáy ba lần";
pub(crate) const PHONE: &str = "0912345678";
pub(crate) const MUTUAL_TLS_URL: &str = "https://g01.gov.vn.lienthong.internal:8444";
/// The key of forms, the same for all nodes and after a restart.
const FORMS_KEY: [u8; 32] = [9; 32];

pub(crate) struct Site {
    pub(crate) test: TestRoom,
    pub(crate) system: Arc<Identity>,
    web: Web,
    router: Router,
    endpoints: Router,
    clock: Clock,
    host: String,
    /// Messages, with the files they were found in.
    found: Mutex<Vec<(PathBuf, String)>>,
}

/// Somebody at a browser, with its cookies.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    pub(crate) cookies: BTreeMap<String, String>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The value of an attribute behind `before`.
    pub(crate) fn value_after(&self, before: &str) -> &str {
        self.body.split(before).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
    }

    pub(crate) fn hidden(&self, name: &str) -> &str {
        self.value_after(&format!("name=\"{name}\" value=\""))
    }

    pub(crate) fn has(&self, words: &str) -> bool {
        self.body.contains(words)
    }

    pub(crate) fn set_cookie(&self, name: &str) -> Option<&str> {
        let cookies = self.headers.get_all(header::SET_COOKIE).iter();
        cookies
            .filter_map(|cookie| cookie.to_str().ok())
            .find(|cookie| cookie.starts_with(&format!("{name}=")))
    }

    /// A key in groups of four, as pages show it once.
    pub(crate) fn written_key(&self) -> String {
        let is_key = |word: &&str| word.len() == 29 && word.matches('-').count() == 5;
        let words = self.body.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-'));
        words.into_iter().find(is_key).expect("the page shows a key").to_owned()
    }
}

impl Site {
    pub(crate) async fn open() -> Self {
        Self::open_at(&Location::SqliteMemory).await
    }

    pub(crate) async fn open_at(location: &Location) -> Self {
        let test = TestRoom::open_at(&FACTS, &SCHEMA, "G01", NOW, location).await;
        let room = test.room.clone();
        Self::open_in(test, room)
    }

    /// A site that verifies documents with `verifier`.
    pub(crate) async fn open_verifying(verifier: signature::Verifier) -> Self {
        let test = TestRoom::open_at(&FACTS, &SCHEMA, "G01", NOW, &Location::SqliteMemory).await;
        let room = Room { verifier, ..test.room.clone() };
        Self::open_in(test, room)
    }

    /// A site on the clock of the machine, reached at `public_url`.
    pub(crate) async fn open_for_real(public_url: &str) -> Self {
        let test = TestRoom::open_at(&FACTS, &SCHEMA, "G01", NOW, &Location::SqliteMemory).await;
        let room = Room { public_url: public_url.into(), clock: Clock::real(), ..test.room.clone() };
        Self::open_in(test, room)
    }

    /// A site whose secrets are sealed by these keys.
    pub(crate) async fn open_sealed(location: &Location, sealing: Sealing) -> Self {
        let test = TestRoom::open_at(&FACTS, &SCHEMA, "G01", NOW, location).await;
        let room = Room { sealing, ..test.room.clone() };
        Self::open_in(test, room)
    }

    /// A site that believes these authorities when it calls clients over HTTPS.
    pub(crate) async fn open_trusting(authorities: &str) -> Self {
        let test = TestRoom::open_at(&FACTS, &SCHEMA, "G01", NOW, &Location::SqliteMemory).await;
        let room = test.room.clone();
        Self::open_with(test, room, |room| trusting(Identity::new(room), authorities))
    }

    fn open_in(test: TestRoom, room: Room) -> Self {
        Self::open_with(test, room, Identity::new)
    }

    fn open_with(test: TestRoom, room: Room, open: impl FnOnce(Room) -> Identity) -> Self {
        let room = Room { mutual_tls_url: Some(MUTUAL_TLS_URL.into()), ..room };
        test.country.answers::<CheckPlaces>(|asked| {
            let agency = |code: String| {
                let level = u8::try_from(code.split('.').count()).unwrap();
                let (listed, province) = ("H26".to_owned(), Some("01".to_owned()));
                code.starts_with("H26").then_some(AgencyPlace { code, level, listed, province })
            };
            let unit = |code: String| {
                let province = if code.starts_with('0') { "01" } else { "79" };
                let place = UnitPlace { level: UnitLevel::Commune, province: province.to_owned() };
                (code.len() == 5).then_some(place)
            };
            Ok(PlacesChecked {
                agencies: asked.agencies.into_iter().map(agency).collect(),
                units: asked.units.into_iter().map(unit).collect(),
            })
        });
        test.country.answers::<VerifyPerson>(|asked| {
            let matches = asked.number.to_string() == AN && asked.name == NAME;
            Ok(Verified { matches })
        });
        let (clock, random) = (room.clock.clone(), room.random.clone());
        let host = room.public_url.trim_start_matches("http://").to_owned();
        let system = Arc::new(open(room));
        let settings = Settings {
            agency: Text::new("Bộ Công an", "Ministry of Public Security"),
            home: "/".into(),
            navigation: Vec::new(),
            sandbox: true,
            https: false,
            origin: None,
        };
        let now = clock.clone();
        let random: web::Random = Arc::new(move |bytes| random.fill(bytes));
        let web = Web::with_key(settings, &FORMS_KEY, Arc::new(move || now.now()), random);
        let pages = Router::new().nest("/identity", system.clone().pages());
        let pages = web::layer(pages.merge(web::shell_routes()), web.clone());
        let endpoints = Router::new().nest("/identity", system.clone().endpoints());
        let router = endpoints.clone().fallback_service(pages);
        Self { test, system, web, router, endpoints, clock, host, found: Mutex::default() }
    }

    /// All it serves.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// What it serves to programs.
    pub(crate) fn endpoints(&self) -> Router {
        self.endpoints.clone()
    }

    /// Registers a client as the portal does, and gives its identifier.
    pub(crate) async fn register(&self, registration: &ClientRegistration) -> String {
        let call = incoming("VN/GOV/G22/portal", Purpose::IDENTIFICATION, self.clock.now());
        let services = self.system.clone().services();
        ask::<RegisterClient>(&services, call, registration).await.unwrap().client_id
    }

    /// Works off what the system has written for itself.
    pub(crate) async fn work_off(&self) {
        let (store, lease) = (&self.test.room.store, Duration::from_secs(60));
        for task in store.take_tasks(self.clock.now(), 100, lease).await.unwrap() {
            self.system.perform(&task).await.unwrap_or_else(|failure| panic!("{}: {failure:?}", task.kind));
        }
    }

    /// Whether all of that can be done now.
    pub(crate) async fn try_work_off(&self) -> bool {
        let (store, lease) = (&self.test.room.store, Duration::from_secs(60));
        let mut done = true;
        for task in store.take_tasks(self.clock.now(), 100, lease).await.unwrap() {
            done &= self.system.perform(&task).await.is_ok();
        }
        done
    }

    /// What was sent by SMS so far, in the order in which it was found here.
    pub(crate) async fn messages(&self) -> Vec<String> {
        self.work_off().await;
        let mut found = self.found.lock().unwrap();
        let files = std::fs::read_dir(self.test.room.post.join("sms")).into_iter().flatten();
        for file in files.map(|file| file.unwrap().path()) {
            if !found.iter().any(|(known, _)| *known == file) {
                let message = std::fs::read(&file).unwrap();
                let message: serde_json::Value = serde_json::from_slice(&message).unwrap();
                found.push((file, message["text"].as_str().unwrap().to_owned()));
            }
        }
        found.iter().map(|(_, text)| text.clone()).collect()
    }

    /// The code of the last message.
    pub(crate) async fn last_code(&self) -> String {
        let messages = self.messages().await;
        let text = messages.last().expect("a message was sent");
        let digits = text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6);
        digits.expect("the message has a code").to_owned()
    }

    pub(crate) fn minutes_pass(&self, minutes: i64) {
        self.test.clock.advance(SignedDuration::from_mins(minutes));
    }

    pub(crate) async fn get(&self, browser: &mut Browser, path: &str) -> Answer {
        self.send(browser, "GET", path, None, &[]).await
    }

    /// Reads the form at `page` and sends it to `path` with these answers.
    pub(crate) async fn fill(
        &self,
        browser: &mut Browser,
        page: &str,
        path: &str,
        answers: &[(&str, &str)],
    ) -> Answer {
        let shown = self.get(browser, page).await;
        assert_eq!(shown.status, StatusCode::OK, "{page} leads to {}", shown.location);
        self.post(browser, path, shown.hidden("csrf"), answers).await
    }

    pub(crate) async fn post(
        &self,
        browser: &mut Browser,
        path: &str,
        csrf: &str,
        answers: &[(&str, &str)],
    ) -> Answer {
        let all: Vec<_> = [("csrf", csrf)].iter().chain(answers).copied().collect();
        self.send(browser, "POST", path, Some(serde_urlencoded::to_string(all).unwrap()), &[]).await
    }

    pub(crate) async fn send(
        &self,
        browser: &mut Browser,
        method: &str,
        path: &str,
        form: Option<String>,
        headers: &[(&str, &str)],
    ) -> Answer {
        self.send_showing(browser, method, path, form, headers, None).await
    }

    /// The same, over a connection on which this certificate was shown.
    pub(crate) async fn send_showing(
        &self,
        browser: &mut Browser,
        method: &str,
        path: &str,
        form: Option<String>,
        headers: &[(&str, &str)],
        shown: Option<&ShownCertificate>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host)
            .header(header::ACCEPT, "text/html")
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(header::USER_AGENT, "Test/1.0");
        if !browser.cookies.is_empty() {
            let pairs: Vec<String> =
                browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        if form.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(shown) = shown {
            request = request.extension(ConnectInfo(shown.clone()));
        }
        let request = request.body(form.map_or_else(Body::empty, Body::from)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match value {
                "" => browser.cookies.remove(name),
                _ => browser.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        let location = parts.headers.get(header::LOCATION).map_or("", |to| to.to_str().unwrap()).to_owned();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        Answer { status: parts.status, location, headers: parts.headers, body }
    }

    /// Types the form of a registration.
    pub(crate) async fn apply(&self, browser: &mut Browser, number: &str, name: &str) -> Answer {
        let answers = [
            ("number", number),
            ("name", name),
            ("birth-date-day", "1"),
            ("birth-date-month", "2"),
            ("birth-date-year", "1990"),
            ("contact", PHONE),
            ("new-password", PASSWORD),
            ("repeat-password", PASSWORD),
        ];
        self.fill(browser, "/identity/sign-up", "/identity/sign-up", &answers).await
    }

    /// An account of An's, with a browser that is signed in to it, and its recovery key.
    pub(crate) async fn account(&self) -> (Browser, String) {
        let mut browser = Browser::default();
        let applied = self.apply(&mut browser, AN, NAME).await;
        assert_eq!(applied.location, "/identity/sign-up/code", "{}", applied.body);
        let code = self.last_code().await;
        let opened = self.code(&mut browser, "/identity/sign-up/code", &code).await;
        assert_eq!(opened.status, StatusCode::OK);
        let key = opened.written_key();
        (browser, key)
    }

    pub(crate) async fn code(&self, browser: &mut Browser, path: &str, code: &str) -> Answer {
        self.fill(browser, path, path, &[("code", code)]).await
    }

    pub(crate) async fn password(&self, browser: &mut Browser, number: &str, password: &str) -> Answer {
        let answers = [("number", number), ("password", password), ("return", "/identity/history")];
        self.fill(browser, "/identity/sign-in", "/identity/sign-in", &answers).await
    }

    /// Signs in with password and sent code.
    pub(crate) async fn sign_in(&self, browser: &mut Browser) {
        let answer = self.password(browser, AN, PASSWORD).await;
        if answer.location == "/identity/sign-in/code" {
            let code = self.last_code().await;
            let answer = self.code(browser, "/identity/sign-in/code", &code).await;
            assert_eq!(answer.location, "/identity/history", "{}", answer.body);
        }
        assert!(self.is_signed_in(browser).await);
    }

    pub(crate) async fn is_signed_in(&self, browser: &mut Browser) -> bool {
        self.get(browser, "/identity").await.status == StatusCode::OK
    }

    /// A browser of an official at the counter of a commune.
    pub(crate) fn official(&self, number: &str, post: &str) -> Browser {
        let user = SignedIn {
            person_number: Some(number.to_owned()),
            display_name: "Cán bộ".into(),
            roles: vec![Role {
                agency: "G01".into(),
                system: "identity".into(),
                post: post.into(),
                unit: Some("00004".into()),
                ..Role::default()
            }],
            ..SignedIn::default()
        };
        let random = self.test.room.random.clone();
        let now = self.test.clock.now();
        let session = self.web.sessions().open(user, now, &move |bytes| random.fill(bytes)).unwrap();
        let mut browser = Browser::default();
        browser.cookies.insert("lienthong_session".into(), session.to_cookie());
        browser
    }
}
