//! A small site behind the layer, and a browser that keeps cookies.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::{HeaderMap, Request, StatusCode, header};
use jiff::Timestamp;
use tower::ServiceExt as _;
use web::{
    CSRF_KEY_BYTES, Csrf, CurrentUser, Form, Html, NavigationLink, Page, Problem, Redirect, Role, Settings,
    SignedIn, Upload, Visit, Web,
};

web::translations! {
    AGENCY: "Ủy ban nhân dân thành phố Hà Nội", "People's Committee of Hà Nội";
    START: "Trang chủ", "Home";
    DETAIL: "Số {0} không có", "There is no number {0}";
}

/// A site, its clock, and the router that serves it.
pub(crate) struct Site {
    pub(crate) web: Web,
    seconds: Arc<AtomicI64>,
    router: Router,
}

/// An answer, its body read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header of ASCII"))
    }

    /// The token in the page.
    pub(crate) fn token(&self) -> String {
        let marker = "name=\"csrf\" value=\"";
        let from = self.body.find(marker).expect("a form with a token") + marker.len();
        self.body[from..].split('"').next().expect("the token").to_owned()
    }
}

/// A browser: sends the cookies it was given.
#[derive(Default)]
pub(crate) struct Browser {
    pub(crate) cookies: Mutex<Vec<(String, String)>>,
}

impl Site {
    pub(crate) fn new(https: bool) -> Self {
        Self::with_seed(https, 0)
    }

    /// A site whose randomness is a sequence of numbers from `seed`, its key the first of them.
    pub(crate) fn with_seed(https: bool, seed: u64) -> Self {
        Self::open(https, seed, Web::new)
    }

    /// The same, with a key that was kept.
    pub(crate) fn with_key(seed: u64, key: [u8; CSRF_KEY_BYTES]) -> Self {
        Self::open(false, seed, |settings, clock, random| Web::with_key(settings, &key, clock, random))
    }

    fn open(https: bool, seed: u64, open: impl FnOnce(Settings, web::Clock, web::Random) -> Web) -> Self {
        let seconds = Arc::new(AtomicI64::new(1_700_000_000));
        let clock = Arc::clone(&seconds);
        let drawn = AtomicU64::new(seed);
        let web = open(
            Settings {
                agency: AGENCY,
                home: "/".into(),
                navigation: vec![NavigationLink { text: START, href: "/".into() }],
                sandbox: true,
                https,
                origin: None,
            },
            Arc::new(move || Timestamp::from_second(clock.load(Ordering::SeqCst)).expect("a time")),
            Arc::new(move |bytes: &mut [u8]| {
                let draw = drawn.fetch_add(1, Ordering::SeqCst).to_le_bytes();
                bytes.iter_mut().enumerate().for_each(|(at, byte)| *byte = draw[at % 8]);
            }),
        );
        let router = web::layer(room().merge(web::shell_routes()), web.clone());
        Self { web, seconds, router }
    }

    /// Another site of the same program.
    pub(crate) fn sibling(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.web.settings().clone();
        change(&mut settings);
        let web = self.web.with_settings(settings);
        let router = web::layer(room().merge(web::shell_routes()), web.clone());
        Self { web, seconds: Arc::clone(&self.seconds), router }
    }

    pub(crate) fn pass_minutes(&self, minutes: i64) {
        self.seconds.fetch_add(minutes * 60, Ordering::SeqCst);
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("routers answer");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        let body = String::from_utf8(body.to_vec()).expect("UTF-8");
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

impl Browser {
    pub(crate) fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let cookies = self.cookies.lock().expect("the cookies");
        let cookies: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:8080")
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, cookies.join("; "))
    }

    pub(crate) async fn get(&self, site: &Site, path: &str) -> Answer {
        let request = self.request("GET", path).body(Body::empty()).expect("a request");
        self.keep(site.send(request).await)
    }

    pub(crate) async fn post(&self, site: &Site, path: &str, form: &str) -> Answer {
        let request = self.request("POST", path).header(header::ORIGIN, "http://localhost:8080");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.keep(site.send(request.body(Body::from(form.to_owned())).expect("a request")).await)
    }

    /// Fetches a form and sends it with its token.
    pub(crate) async fn sign_in(&self, site: &Site) -> Answer {
        let token = self.get(site, "/sign-in").await.token();
        self.post(site, "/sign-in?return=/mine", &format!("csrf={token}")).await
    }

    fn keep(&self, answer: Answer) -> Answer {
        let mut cookies = self.cookies.lock().expect("the cookies");
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().expect("ASCII");
            let (name, value) =
                cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            cookies.retain(|(kept, _)| kept != name);
            if !cookie.contains("Max-Age=0") {
                cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        drop(cookies);
        answer
    }

    pub(crate) fn session(&self) -> Option<String> {
        let cookies = self.cookies.lock().expect("the cookies");
        cookies.iter().find(|(name, _)| name.ends_with("lienthong_session")).map(|(_, value)| value.clone())
    }
}

fn room() -> Router {
    Router::new()
        .route("/", get(async |visit: Visit| visit.page("Trang chủ", Html::escaped("<xin chào>"))))
        .route("/mine", get(async |user: CurrentUser, visit: Visit| mine(&user, &visit)).post(mine_changed))
        .route("/who", get(who))
        .route("/sign-in", get(form).post(sign_in))
        .route("/sign-out", post(async |visit: Visit| visit.sign_out("/").await))
        .route("/change", post(async |form: Form| form.value("name").to_owned()))
        .route("/upload", post(uploaded))
        .route("/search", get(async |form: Form| form.value("q").to_owned()))
        .route("/panic", get(async || -> &'static str { panic!("a handler that panics") }))
        .route("/conflict", get(async || Problem::conflict()))
        .route("/unknown", get(async || Problem::not_found().with_detail(DETAIL.with(&[&"<7>"]))))
        .route("/failing", get(async || Problem::internal("the disk is full")))
        .route("/teapot", get(async || (StatusCode::IM_A_TEAPOT, "short and stout")))
}

fn mine(user: &SignedIn, visit: &Visit) -> Page {
    visit.page("Hồ sơ của tôi", Html::escaped(&user.display_name))
}

async fn who(user: Option<CurrentUser>) -> String {
    user.map_or_else(|| "nobody".to_owned(), |user| user.0.display_name)
}

async fn mine_changed(user: CurrentUser) -> impl IntoResponse {
    user.0.display_name
}

async fn form(visit: Visit, csrf: Csrf) -> Page {
    visit.page("Đăng nhập", Html::trusted(format!("<form method=\"post\">{csrf}</form>")))
}

async fn sign_in(visit: Visit) -> Result<Redirect, Problem> {
    let registrar = Role {
        agency: "H26".into(),
        system: "one-door".into(),
        post: "registrar".into(),
        unit: Some("00004".into()),
        ..Role::default()
    };
    let user =
        SignedIn { display_name: "Trần Thị Bình".into(), roles: vec![registrar], ..SignedIn::default() };
    let to = visit.path.split_once("return=").map_or("/", |(_, path)| path).to_owned();
    visit.sign_in(user, &to).await
}

async fn uploaded(upload: Upload) -> String {
    let files = upload.files.iter().map(|file| format!("{}:{}:{}", file.field, file.name, file.bytes.len()));
    format!("{} {}", upload.form.value("note"), files.collect::<Vec<_>>().join(","))
}
