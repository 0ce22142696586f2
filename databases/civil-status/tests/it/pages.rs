//! What registrars and the public see.

use crate::{
    country::{COMMUNE, Country},
    samples,
};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use civil_status::model::DecisionKind;
use contracts::civil_status::BirthStanding;
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use std::sync::Arc;
use system::System as _;
use tower::ServiceExt as _;
use web::{Assurance, Role, SessionId, Settings, SignedIn, Text, Web};

const AGENCY: Text = Text::new("Bộ Tư pháp", "Ministry of Justice");

/// The site of the register, with whoever is signed in.
pub(crate) struct Site {
    pub(crate) country: Country,
    web: Web,
    router: Router,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn token(&self) -> &str {
        self.body
            .split("name=\"csrf\" value=\"")
            .nth(1)
            .expect("a form with a token")
            .split('"')
            .next()
            .unwrap()
    }

    fn hidden(&self, name: &str) -> &str {
        let marker = format!("name=\"{name}\" value=\"");
        self.body.split(&marker).nth(1).expect("the hidden field").split('"').next().unwrap()
    }
}

impl Site {
    pub(crate) async fn open() -> Self {
        let country = Country::open().await;
        let (clock, random) = (country.test.clock.clone(), country.test.room.random.clone());
        let settings = Settings {
            agency: AGENCY,
            home: "/".into(),
            navigation: Vec::new(),
            sandbox: true,
            https: false,
            origin: None,
        };
        let web =
            Web::new(settings, Arc::new(move || clock.now()), Arc::new(move |bytes| random.fill(bytes)));
        let pages = Router::new().nest("/civil-status", country.system.clone().pages());
        let router = web::layer(pages.merge(web::shell_routes()), web.clone());
        Self { country, web, router }
    }

    fn sign_in(&self, name: &str, unit: Option<&str>) -> SessionId {
        let registrar = |unit: &str| Role {
            agency: "H26".into(),
            system: "civil-status".into(),
            post: "registrar".into(),
            unit: Some(unit.into()),
            ..Role::default()
        };
        self.sign_in_as("001190000077", name, unit.map(registrar).into_iter().collect())
    }

    pub(crate) fn sign_in_as(&self, number: &str, name: &str, roles: Vec<Role>) -> SessionId {
        self.sign_in_at(Assurance::Two, number, name, roles)
    }

    fn sign_in_at(&self, assurance: Assurance, number: &str, name: &str, roles: Vec<Role>) -> SessionId {
        let user = SignedIn {
            person_number: Some(number.into()),
            display_name: name.into(),
            roles,
            assurance,
            ..SignedIn::default()
        };
        let random = self.country.test.room.random.clone();
        let opened =
            self.web.sessions().open(user, self.country.test.clock.now(), &move |bytes| random.fill(bytes));
        opened.expect("a session")
    }

    async fn send(
        &self,
        session: Option<&SessionId>,
        method: &str,
        path: &str,
        form: Option<String>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:8080")
            .header(header::ACCEPT, "text/html");
        if let Some(session) = session {
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
        Answer { status: parts.status, location, body: String::from_utf8_lossy(&body).into_owned() }
    }

    pub(crate) async fn get(&self, session: &SessionId, path: &str) -> Answer {
        self.send(Some(session), "GET", path, None).await
    }

    pub(crate) async fn post(&self, session: &SessionId, path: &str, token: &str, form: &str) -> Answer {
        self.send(Some(session), "POST", path, Some(format!("csrf={token}&{form}"))).await
    }
}

const REASON: &str = "L%C3%BD+do+%C4%91%E1%BB%A7+d%C3%A0i";

#[tokio::test]
async fn a_registrar_registers_a_birth_by_its_pages() {
    let site = Site::open().await;
    let filed = site.country.file(&samples::application("H26-1")).await.unwrap();
    let registrar = site.sign_in("Lê Thị Hộ Tịch", Some(COMMUNE));
    let list = site.get(&registrar, "/civil-status").await;
    assert_eq!(list.status, StatusCode::OK);
    assert!(list.body.contains("H26-1") && list.body.contains("Hồ sơ đang chờ (1)"));

    let path = format!("/civil-status/applications/{filed}");
    let page = site.get(&registrar, &path).await;
    assert_eq!(page.status, StatusCode::OK);
    for shown in
        ["Nguyễn Thị Minh An", "Trần Thị Hoa", "Phường Ba Đình, Thành phố Hà Nội", "Khớp", "Khác", "Chưa rõ"]
    {
        assert!(page.body.contains(shown), "{shown}");
    }

    let version = page.hidden("version").to_owned();
    let nothing = site.post(&registrar, &path, page.token(), &format!("version={version}")).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.body.contains("Chọn một quyết định"));
    let no_reason = format!("version={version}&decision=refuse&reason=no");
    let no_reason = site.post(&registrar, &path, page.token(), &no_reason).await;
    assert_eq!(no_reason.status, StatusCode::UNPROCESSABLE_ENTITY);

    let decision = format!("version={version}&decision=register");
    let asked = site.post(&registrar, &path, page.token(), &decision).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(asked.body.contains("Việc này không thể hoàn tác"));
    assert_eq!(site.country.progress("H26-1").await, BirthStanding::Waiting);
    assert_eq!(site.country.work_off().await, Vec::<String>::new());
    assert!(site.country.deliveries().is_empty(), "nothing is done before it is confirmed");

    let confirmed = format!("{decision}&confirmed=yes");
    let done = site.post(&registrar, &path, asked.token(), &confirmed).await;
    assert_eq!((done.status, done.location.as_str()), (StatusCode::SEE_OTHER, "/civil-status?done=register"));
    let again = site.post(&registrar, &path, asked.token(), &confirmed).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "somebody has decided meanwhile");
    assert_eq!(site.country.work_off().await, Vec::<String>::new());
    assert_eq!(site.country.registration("H26-1").await.number, "1/2026");

    let found = site.get(&registrar, "/civil-status/entries?number=1&year=2026").await;
    assert_eq!(found.status, StatusCode::SEE_OTHER);
    let entry = site.get(&registrar, &found.location).await;
    assert!(entry.body.contains("01/2026 TP/HT-KS") && entry.body.contains("Nguyễn Thị Minh An"));
    let pdf = site.get(&registrar, &format!("{}/certificate.pdf", found.location)).await;
    assert!(pdf.body.starts_with("%PDF-"));
}

#[tokio::test]
async fn sending_back_is_done_at_once_and_refusing_is_confirmed() {
    let site = Site::open().await;
    let filed = site.country.file(&samples::application("H26-1")).await.unwrap();
    let registrar = site.sign_in("Lê Thị Hộ Tịch", Some(COMMUNE));
    let path = format!("/civil-status/applications/{filed}");
    let page = site.get(&registrar, &path).await;
    let refuse = format!("version=1&decision=refuse&reason={REASON}");
    let asked = site.post(&registrar, &path, page.token(), &refuse).await;
    assert!(asked.body.contains("Xác nhận từ chối") && asked.body.contains("Lý do đủ dài"));
    assert_eq!(site.country.progress("H26-1").await, BirthStanding::Waiting);
    let back = format!("version=1&decision=return&reason={REASON}");
    let done = site.post(&registrar, &path, page.token(), &back).await;
    assert_eq!(done.location, "/civil-status?done=return");
    let reason = "Lý do đủ dài".to_owned();
    assert_eq!(site.country.progress("H26-1").await, BirthStanding::Returned { reason });
    let list = site.get(&registrar, &done.location).await;
    assert!(list.body.contains("Đã gửi yêu cầu bổ sung"));
    let returned = site.get(&registrar, &path).await;
    assert!(returned.body.contains("Lý do đủ dài") && !returned.body.contains("name=\"decision\""));
}

#[tokio::test]
async fn what_came_back_says_why() {
    let site = Site::open().await;
    let filed = site.country.file(&samples::application("H26-1")).await.unwrap();
    site.country.faults.other_name.store(true, std::sync::atomic::Ordering::SeqCst);
    site.country.decide(filed, DecisionKind::Register, "").await;
    assert_eq!(site.country.work_off().await, Vec::<String>::new());
    let registrar = site.sign_in("Lê Thị Hộ Tịch", Some(COMMUNE));
    let page = site.get(&registrar, &format!("/civil-status/applications/{filed}")).await;
    assert!(
        page.body.contains("Họ tên không khớp với số định danh") && page.body.contains("name=\"decision\"")
    );
}

#[tokio::test]
async fn nobody_else_sees_an_application_or_an_entry() {
    let site = Site::open().await;
    let application = samples::application("H26-1");
    let registration = site.country.registered(&application).await.registration;
    let filed = site.country.file(&application).await.unwrap();
    let neighbour = site.sign_in("Registrar of another commune", Some("00008"));
    let citizen = site.sign_in("Citizen", None);
    let paths = [
        format!("/civil-status/applications/{filed}"),
        format!("/civil-status/entries/{registration}"),
        format!("/civil-status/entries/{registration}/certificate.pdf"),
        format!("/civil-status/entries/{registration}/amendment"),
        format!("/civil-status/entries/{registration}/annulment"),
        "/civil-status/applications/not-an-id".to_owned(),
    ];
    for path in &paths {
        assert_eq!(site.get(&neighbour, path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(site.get(&citizen, path).await.status, StatusCode::NOT_FOUND, "{path}");
        let stranger = site.send(None, "GET", path, None).await;
        assert_eq!(stranger.status, StatusCode::SEE_OTHER, "{path}");
        assert!(stranger.location.starts_with("/sign-in?return="), "{path}");
    }
    for path in ["/civil-status", "/civil-status/books"] {
        assert_eq!(site.get(&citizen, path).await.status, StatusCode::NOT_FOUND, "{path}");
        let neighbours = site.get(&neighbour, path).await;
        assert_eq!(neighbours.status, StatusCode::OK);
        assert!(!neighbours.body.contains("H26-1") && !neighbours.body.contains("KS"), "{path}");
    }
    let token = site.get(&neighbour, "/civil-status/books").await;
    let forged = format!("csrf={}&version=1&decision=register&confirmed=yes", token.token());
    let denied = site.send(Some(&neighbour), "POST", &paths[0], Some(forged)).await;
    assert_eq!(denied.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_entry_is_corrected_by_its_pages() {
    let site = Site::open().await;
    let registration = site.country.registered(&samples::application("H26-1")).await;
    let registrar = site.sign_in("Lê Thị Hộ Tịch", Some(COMMUNE));
    let entry = format!("/civil-status/entries/{}", registration.registration);
    let path = format!("{entry}/amendment");
    let page = site.get(&registrar, &path).await;
    assert_eq!(page.status, StatusCode::OK);
    let answers = |given: &str| {
        format!(
            "version=1&kind=correction&family=Nguy%E1%BB%85n&middle=Th%E1%BB%8B+Minh&given={given}&birth-commune=00004\
             &birth-detail=B%E1%BB%87nh+vi%E1%BB%87n+Ph%E1%BB%A5+s%E1%BA%A3n+H%C3%A0+N%E1%BB%99i&home-commune=00004\
             &home-detail=&ethnicity=01&reason={REASON}&legal-basis=60%2F2014%2FQH13"
        )
    };
    let wrong = site.post(&registrar, &path, page.token(), &answers("An9")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("href=\"#given\""), "the summary leads to the field");
    let asked = site.post(&registrar, &path, page.token(), &answers("Anh")).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
    assert!(asked.body.contains("Nguyễn Thị Minh Anh"));
    let confirmed = format!("{}&confirmed=yes", answers("Anh"));
    let done = site.post(&registrar, &path, asked.token(), &confirmed).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(site.country.work_off().await, Vec::<String>::new());
    let shown = site.get(&registrar, &entry).await;
    assert!(shown.body.contains("Nguyễn Thị Minh Anh") && shown.body.contains("Nguyễn Thị Minh An"));
    let stale = site.post(&registrar, &path, asked.token(), &confirmed).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let outdated = format!("/civil-status/certificates/{}", registration.certificate_code);
    let outdated = site.send(None, "GET", &outdated, None).await;
    assert!(outdated.body.contains("không còn đúng"));
}

#[tokio::test]
async fn an_entry_is_annulled_by_its_pages() {
    let site = Site::open().await;
    let registration = site.country.registered(&samples::application("H26-1")).await;
    let registrar = site.sign_in("Lê Thị Hộ Tịch", Some(COMMUNE));
    let entry = format!("/civil-status/entries/{}", registration.registration);
    let path = format!("{entry}/annulment");
    let page = site.get(&registrar, &path).await;
    let empty = site.post(&registrar, &path, page.token(), "version=1&legal-basis=&reason=").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.body.contains("href=\"#legal-basis\"") && empty.body.contains("href=\"#reason\""));
    let answers = format!("version=1&legal-basis=15%2FQD-UBND&reason={REASON}");
    let asked = site.post(&registrar, &path, page.token(), &answers).await;
    assert!(asked.body.contains("15/QD-UBND"), "{}", asked.body);
    let confirmed = format!("{answers}&confirmed=yes");
    let done = site.post(&registrar, &path, asked.token(), &confirmed).await;
    assert_eq!(done.location, format!("{entry}?done=annulment"));
    let shown = site.get(&registrar, &entry).await;
    assert!(shown.body.contains("Đã thu hồi, hủy bỏ") && shown.body.contains("15/QD-UBND"));
    assert!(!shown.body.contains("/amendment") && !shown.body.contains("Đang được lập"));
    let stale = site.post(&registrar, &path, asked.token(), &confirmed).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_book_is_closed_by_its_page_after_the_year() {
    let site = Site::open().await;
    site.country.registered(&samples::application("H26-1")).await;
    let registrar = site.sign_in("Lê Thị Hộ Tịch", Some(COMMUNE));
    let page = site.get(&registrar, "/civil-status/books").await;
    assert!(page.body.contains("01/2026 TP/HT-KS") && !page.body.contains("name=\"year\""));
    let early = "commune=00004&kind=birth&year=2026&entries=1&confirmed=yes";
    let early = site.post(&registrar, "/civil-status/books", page.token(), early).await;
    assert!(early.body.contains("31 tháng 12"));

    site.country.test.clock.advance(SignedDuration::from_hours(24 * 60));
    let registrar = site.sign_in("Lê Thị Hộ Tịch", Some(COMMUNE));
    let page = site.get(&registrar, "/civil-status/books").await;
    let asked = site
        .post(&registrar, "/civil-status/books", page.token(), "commune=00004&kind=birth&year=2026")
        .await;
    assert!(asked.body.contains("1 sự kiện trên 1 trang"), "{}", asked.body);
    let form = "commune=00004&kind=birth&year=2026&entries=1&confirmed=yes";
    let done = site.post(&registrar, "/civil-status/books", asked.token(), form).await;
    assert_eq!(done.location, "/civil-status/books?done=close");
    let closed = site.get(&registrar, "/civil-status/books").await;
    assert!(closed.body.contains("Đã khóa ngày"));
    for unknown in [
        "commune=00004&kind=birth&year=1999",
        "commune=00004&kind=tales&year=2026",
        "commune=00004&kind=birth&year=x",
        "commune=00008&kind=birth&year=2026",
    ] {
        let answer = site.post(&registrar, "/civil-status/books", page.token(), unknown).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{unknown}");
    }
}

#[tokio::test]
async fn anyone_can_check_a_certificate_and_learns_no_name() {
    let site = Site::open().await;
    let registration = site.country.registered(&samples::application("H26-1")).await;
    let path = format!("/civil-status/certificates/{}", registration.certificate_code);
    let page = site.send(None, "GET", &path, None).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("1/2026") && page.body.contains("Phường Ba Đình"));
    for secret in ["Minh", "Hoa", "Bình", "001195000001", &registration.child.to_string()] {
        assert!(!page.body.contains(secret), "{secret}");
    }
    let typed = registration.certificate_code.to_lowercase();
    let typed = format!("/civil-status/certificates?code={}-{}", &typed[..8], &typed[8..]);
    assert_eq!(site.send(None, "GET", &typed, None).await.location, path);
    let wrong = site.send(None, "GET", "/civil-status/certificates?code=0123456789ABCDEF", None).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let proof = site.send(None, "GET", &format!("{path}/proof"), None).await;
    assert!(proof.body.starts_with("c2sp.org/tlog-proof"), "{}", proof.body);
    for unknown in ["0123456789ABCDEF", "x", "%2e%2e"] {
        for rest in ["", "/proof"] {
            let path = format!("/civil-status/certificates/{unknown}{rest}");
            assert_eq!(site.send(None, "GET", &path, None).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
}

#[tokio::test]
async fn every_page_speaks_both_languages() {
    let site = Site::open().await;
    let registration = site.country.registered(&samples::application("H26-1")).await;
    let mut second = samples::application("H26-2");
    second.form.child.name.given = "Chi".into();
    let waiting = site.country.file(&second).await.unwrap();
    let registrar = site.sign_in("Lê Thị Hộ Tịch", Some(COMMUNE));
    let pages = [
        ("/civil-status".to_owned(), "Đăng ký khai sinh", "Registration of births"),
        (format!("/civil-status/applications/{waiting}"), "Kiểm tra tự động", "Automatic checks"),
        (
            format!("/civil-status/entries/{}", registration.registration),
            "Nội dung đã ghi",
            "What the entry has said",
        ),
        (
            format!("/civil-status/entries/{}/amendment", registration.registration),
            "Căn cứ pháp lý",
            "Legal basis",
        ),
        (
            format!("/civil-status/entries/{}/annulment", registration.registration),
            "Quyết định thu hồi, hủy bỏ",
            "Decision to annul",
        ),
        ("/civil-status/books".to_owned(), "Sổ đăng ký khai sinh", "Book of births"),
        ("/civil-status/certificates".to_owned(), "Mã kiểm tra", "Code"),
        (
            format!("/civil-status/certificates/{}", registration.certificate_code),
            "Nơi đăng ký",
            "Registered at",
        ),
    ];
    for (path, vi, en) in pages {
        for (language, words) in [("vi", vi), ("en", en)] {
            let cookies =
                format!("lienthong_session={}; lienthong_language={language}", registrar.to_cookie());
            let request = Request::builder()
                .uri(&path)
                .header(header::HOST, "localhost:8080")
                .header(header::ACCEPT, "text/html")
                .header(header::ACCEPT_LANGUAGE, language)
                .header(header::COOKIE, cookies)
                .body(Body::empty())
                .unwrap();
            let response = site.router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let body = String::from_utf8_lossy(&body);
            assert!(body.contains(words), "{path} in {language} lacks {words:?}");
            assert!(!body.contains("{0}") && !body.contains("<script"), "{path} in {language}");
        }
    }
}

#[tokio::test]
async fn a_registrar_is_known_as_surely_as_by_their_identity_card() {
    let site = Site::open().await;
    let filed = site.country.file(&samples::application("H26-1")).await.unwrap();
    let role = Role {
        agency: "H26".into(),
        system: "civil-status".into(),
        post: "registrar".into(),
        unit: Some(COMMUNE.into()),
        ..Role::default()
    };
    let path = format!("/civil-status/applications/{filed}");
    let sure = site.sign_in_as("001190000077", "Nguyễn Văn Sổ", vec![role.clone()]);
    let page = site.get(&sure, &path).await;
    assert_eq!(page.status, StatusCode::OK);
    let unsure = site.sign_in_at(Assurance::One, "001190000077", "Nguyễn Văn Sổ", vec![role]);
    let sent = site.get(&unsure, &path).await;
    assert_eq!(
        (sent.status, sent.location.as_str()),
        (StatusCode::SEE_OTHER, &*format!("/sign-in?return={path}&level=2"))
    );
    let nobody = site.sign_in_at(Assurance::One, "001190000078", "Trần Thị Không", vec![]);
    assert_eq!(
        site.get(&nobody, &path).await.status,
        StatusCode::NOT_FOUND,
        "others see nothing, whoever they are"
    );
}
