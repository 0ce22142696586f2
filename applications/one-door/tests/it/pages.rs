//! What officers see and do.

use crate::{
    country::{COMMUNE, Country, code, down, officer as officer_actor},
    samples,
    services::signature,
};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use contracts::{
    identity::{Level, SubmissionProof, SubmissionVerified, VerifySubmission},
    one_door::{Submission, Supplement, SupplyMore},
    population::VerifyPerson,
    portal::DossierState,
};
use jiff::SignedDuration;
use std::sync::Arc;
use system::System as _;
use tower::ServiceExt as _;
use web::{Role, SessionId, Settings, SignedIn, Text, Web};

const AGENCY: Text = Text::new("Thành phố Hà Nội", "Hanoi");
/// The most bytes of a page that a test reads.
const BODY_LIMIT_BYTES: usize = 1 << 20;
const REASON: &str = "Thi%E1%BA%BFu+gi%E1%BA%A5y+ch%E1%BB%A9ng+sinh.";

/// The site of the one-door.
struct Site {
    country: Country,
    web: Web,
    router: Router,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Bytes,
}

impl Answer {
    fn body(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn hidden(&self, name: &str) -> String {
        let (body, marker) = (self.body(), format!("name=\"{name}\" value=\""));
        let value = body.split(&marker).nth(1).expect("the hidden field").split('"').next();
        value.expect("its value").to_owned()
    }

    fn shows(&self, texts: &[&str]) {
        let body = self.body();
        for text in texts {
            assert!(body.contains(text), "{text:?} is not on the page:\n{body}");
        }
    }
}

impl Site {
    async fn open() -> Self {
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
        let pages = Router::new().nest("/one-door", country.system.clone().pages());
        Self { country, router: web::layer(pages, web.clone()), web }
    }

    fn sign_in(&self, agency: &str, post: &str, unit: Option<&str>) -> SessionId {
        let role = Role {
            agency: agency.into(),
            system: "one-door".into(),
            post: post.into(),
            unit: unit.map(str::to_owned),
            ..Role::default()
        };
        let user = SignedIn {
            person_number: Some("001185000055".into()),
            display_name: "Phạm Văn Cửa".into(),
            roles: vec![role],
            ..SignedIn::default()
        };
        let random = self.country.test.room.random.clone();
        let now = self.country.test.clock.now();
        self.web.sessions().open(user, now, &move |bytes| random.fill(bytes)).expect("a session")
    }

    fn officer(&self) -> SessionId {
        self.sign_in("H26", "reception", Some(COMMUNE))
    }

    async fn send(&self, session: &SessionId, path: &str, form: Option<String>) -> Answer {
        let method = if form.is_some() { "POST" } else { "GET" };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:8080")
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, format!("lienthong_session={}", session.to_cookie()));
        if form.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(form.map_or_else(Body::empty, Body::from)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, BODY_LIMIT_BYTES).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    async fn get(&self, session: &SessionId, path: &str) -> Answer {
        self.send(session, path, None).await
    }

    /// Sends a page's form with its token and revision.
    async fn post(&self, session: &SessionId, path: &str, page: &Answer, form: &str) -> Answer {
        let (csrf, revision) = (page.hidden("csrf"), page.hidden("revision"));
        self.send(session, path, Some(format!("csrf={csrf}&revision={revision}&{form}"))).await
    }
}

fn path() -> String {
    format!("/one-door/dossiers/{}", samples::submission().submission)
}

#[tokio::test]
async fn an_officer_receives_a_dossier() {
    let site = Site::open().await;
    site.country.submit().await;
    let officer = site.officer();
    let queue = site.get(&officer, "/one-door").await;
    queue.shows(&["Chưa có mã", "Trần Thị Hoa", "Nguyễn Thị Minh An", "Tất cả (1)", "Mới đăng ký (1)"]);
    let page = site.get(&officer, &path()).await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows(&["Khớp", "Đã nộp", "Nhà nước đã có", "giấy chứng sinh.pdf", "001195000001", "123/2026"]);
    page.shows(&["Số 1 phố Đội Cấn, Phường Ba Đình, Thành phố Hà Nội", "Kinh", "Việt Nam"]);

    let confirm = site.post(&officer, &path(), &page, "decision=receive&reason=").await;
    confirm.shows(&["Tiếp nhận hồ sơ này?", "17:00, 27/11/2026", "không thể hoàn tác"]);
    let before = site.country.dossier(samples::submission().submission).await;
    assert_eq!(before.state, DossierState::New, "nothing is done before it is confirmed");
    let done = site.post(&officer, &path(), &confirm, "decision=receive&reason=&confirmed=yes").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(done.headers[header::LOCATION], "/one-door?done=receive");
    site.get(&officer, "/one-door?done=receive").await.shows(&["Đã tiếp nhận hồ sơ.", &code(1)]);

    let again = site
        .post(
            &officer,
            &path(),
            &confirm,
            "decision=refuse&confirmed=yes&reason=Qu%C3%A1+mu%E1%BB%99n+r%E1%BB%93i",
        )
        .await;
    assert_eq!(again.status, StatusCode::CONFLICT, "changed meanwhile");

    site.country.work_off().await;
    site.get(&officer, &path()).await.shows(&[
        "Giấy tiếp nhận hồ sơ và hẹn trả kết quả, số 1",
        "Cơ quan đang giải quyết",
        "Quá trình xử lý",
    ]);
    let slip = site.get(&officer, &format!("{}/documents/form-01", path())).await;
    assert_eq!(
        (slip.status, &slip.headers[header::CONTENT_TYPE]),
        (StatusCode::OK, &"application/pdf".parse().unwrap())
    );
    assert!(slip.bytes.starts_with(b"%PDF-"));
    let scan = site.get(&officer, &format!("{}/attachments/0/0", path())).await;
    assert_eq!(
        scan.headers[header::CONTENT_DISPOSITION],
        "attachment; filename*=UTF-8''gi%E1%BA%A5y%20ch%E1%BB%A9ng%20sinh.pdf"
    );
    assert_eq!(scan.bytes, &b"%PDF-1.7 a scan"[..]);
}

#[tokio::test]
async fn an_officer_asks_for_a_supplement_or_refuses() {
    for (decision, heading, state) in [
        ("supplement", "Gửi phiếu yêu cầu bổ sung?", DossierState::SupplementAsked),
        ("refuse", "Từ chối hồ sơ này?", DossierState::NotReceived),
    ] {
        let site = Site::open().await;
        let dossier = site.country.submit().await;
        let officer = site.officer();
        let page = site.get(&officer, &path()).await;
        let form = format!("decision={decision}&reason={REASON}");
        let confirm = site.post(&officer, &path(), &page, &form).await;
        confirm.shows(&[heading, "Thiếu giấy chứng sinh."]);
        let done = site.post(&officer, &path(), &confirm, &format!("{form}&confirmed=yes")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
        let dossier = site.country.dossier(dossier.submission).await;
        assert_eq!((dossier.state, dossier.note.as_deref()), (state, Some("Thiếu giấy chứng sinh.")));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_decision_is_said() {
    let site = Site::open().await;
    site.country.submit().await;
    let officer = site.officer();
    let page = site.get(&officer, &path()).await;
    for (form, words) in [
        ("", "Chọn cách xử lý"),
        ("decision=burn", "Chọn cách xử lý"),
        ("decision=refuse&reason=no", "Ghi từ 10 đến 4000 ký tự"),
        ("decision=supplement&reason=+++++++++++++", "Ghi từ 10 đến 4000 ký tự"),
        (
            "decision=supplement&reason=Thi%E1%BA%BFu+gi%E1%BA%A5y+%F0%9F%92%A9+%F0%9F%92%A9",
            "Có ký tự không in được",
        ),
    ] {
        let answer = site.post(&officer, &path(), &page, form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        answer.shows(&[words, "Có lỗi cần sửa"]);
    }
}

#[tokio::test]
async fn nobody_else_sees_that_a_dossier_exists() {
    let site = Site::open().await;
    site.country.submit().await;
    let strangers = [
        site.sign_in("H26", "reception", Some("00008")),
        site.sign_in("H29", "reception", Some(COMMUNE)),
        site.sign_in("H26", "registrar", Some(COMMUNE)),
        site.sign_in("H26", "reception", None),
    ];
    for stranger in &strangers {
        for path in [path(), format!("{}/attachments/0/0", path()), format!("{}/documents/form-01", path())] {
            assert_eq!(site.get(stranger, &path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    let token = site.get(&strangers[0], "/one-door").await.hidden("csrf");
    let form = format!("csrf={token}&revision=0&decision=receive&confirmed=yes");
    for path in [path(), format!("{}/apology", path())] {
        let answer = site.send(&strangers[0], &path, Some(form.clone())).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let elsewhere = site.get(&strangers[0], "/one-door").await;
    elsewhere.shows(&["Không có hồ sơ nào."]);
    let officer = site.officer();
    for path in [
        "/one-door/dossiers/x".to_owned(),
        format!("/one-door/dossiers/{}", uuid::Uuid::from_u128(9)),
        format!("{}/attachments/0/7", path()),
        format!("{}/attachments/x/0", path()),
        format!("{}/documents/form-09", path()),
    ] {
        assert_eq!(site.get(&officer, &path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let page = site.get(&officer, &path()).await;
    let forged = site.send(&officer, &path(), Some("csrf=x&decision=receive&confirmed=yes".into())).await;
    assert_eq!((page.status, forged.status), (StatusCode::OK, StatusCode::FORBIDDEN));
}

#[tokio::test]
async fn an_applicant_who_can_not_be_checked_is_said_to_be_so() {
    let site = Site::open().await;
    let mut submission = samples::submission();
    submission.applicant_name = "Trần Thị Hồng".into();
    site.country.submit_this(&submission).await;
    let officer = site.officer();
    site.get(&officer, &path()).await.shows(&["Khác"]);
    site.country.fails::<VerifyPerson>(down());
    site.get(&officer, &path()).await.shows(&["Không tra cứu được"]);
}

#[tokio::test]
async fn a_commune_without_a_name_is_shown_by_its_code() {
    let site = Site::open().await;
    let mut submission = samples::submission();
    let contracts::one_door::Form::Birth(birth) = &mut submission.form;
    birth.child.birth_place.commune = "26734".into();
    birth.child.hometown.commune = "99999".into();
    site.country.submit_this(&submission).await;
    let page = site.get(&site.officer(), &path()).await;
    page.shows(&["Bệnh viện Phụ sản Hà Nội, Phường Ba Đình, Thành phố Hà Nội", "99999"]);
    assert!(!page.body().contains("26734"));
}

#[tokio::test]
async fn the_chosen_filter_is_marked() {
    let site = Site::open().await;
    site.country.submit().await;
    let officer = site.officer();
    for (path, chosen) in [("/one-door", "Tất cả (1)"), ("/one-door?state=1", "Mới đăng ký (1)")] {
        let queue = site.get(&officer, path).await.body();
        let filters = queue.split("class=\"lt-filters\"").nth(1).expect("the filters");
        let filters = filters.split("</nav>").next().expect("their end");
        let marked: Vec<_> = filters.split("aria-current=\"true\">").skip(1).collect();
        assert_eq!(marked.len(), 1, "{path}");
        assert!(marked[0].starts_with(chosen), "{path}");
    }
}

#[tokio::test]
async fn lateness_is_marked() {
    let site = Site::open().await;
    site.country.received().await;
    site.country.test.clock.advance(SignedDuration::from_hours(24 * 6));
    let officer = site.officer();
    site.get(&officer, "/one-door").await.shows(&["Sắp đến hạn"]);
    site.get(&officer, &path()).await.shows(&["phiếu xin lỗi"]);
    site.country.test.clock.advance(SignedDuration::from_hours(24 * 2));
    let officer = site.officer();
    site.get(&officer, "/one-door").await.shows(&["Quá hạn"]);
    site.get(&officer, "/one-door?state=4").await.shows(&["Quá hạn"]);
    site.get(&officer, "/one-door?state=1").await.shows(&["Không có hồ sơ nào."]);
    site.get(&officer, "/one-door?state=99").await.shows(&["Quá hạn"]);
}

#[tokio::test]
async fn an_officer_apologises_once() {
    let site = Site::open().await;
    site.country.received().await;
    let officer = site.officer();
    let apology = format!("{}/apology", path());
    site.get(&officer, &path()).await.shows(&["Xin lỗi và hẹn lại ngày trả kết quả"]);
    let page = site.get(&officer, &apology).await;
    let on = |day: &str, month: &str, reason: &str| {
        format!("date-day={day}&date-month={month}&date-year=2026&reason={reason}")
    };
    for (form, words) in [
        (on("", "", REASON).replace("2026", ""), "Nhập ngày hẹn lại"),
        (on("31", "11", REASON), "30 ngày"),
        (on("27", "11", REASON), "phải sau hạn trả kết quả"),
        (on("29", "11", REASON), "phải là ngày làm việc"),
        (on("1", "12", "no"), "Ghi từ 10 đến 4000 ký tự"),
    ] {
        let answer = site.post(&officer, &apology, &page, &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        answer.shows(&[words]);
    }
    let form = on("1", "12", REASON);
    let confirm = site.post(&officer, &apology, &page, &form).await;
    confirm.shows(&["Gửi phiếu xin lỗi và hẹn lại?", "17:00, 01/12/2026"]);
    let done = site.post(&officer, &apology, &confirm, &format!("{form}&confirmed=yes")).await;
    assert_eq!(done.headers[header::LOCATION], "/one-door?done=apology");
    assert_eq!(site.country.work_off().await, Vec::<String>::new());
    let told = site.country.told();
    assert_eq!(
        (told.state, told.due_at),
        (DossierState::InProgress, Some("2026-12-01T10:00:00Z".parse().unwrap()))
    );
    assert_eq!(site.country.told_state().1, ["form-01", "form-04-1"]);

    let again = site.post(&officer, &apology, &confirm, &format!("{form}&confirmed=yes")).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(site.get(&officer, &apology).await.status, StatusCode::NOT_FOUND);
    site.country.test.clock.advance(SignedDuration::from_hours(24 * 8));
    assert_eq!(site.country.indicator("dossiers-late").await, 1, "the law's term has passed all the same");
}

#[tokio::test]
async fn a_notice_that_would_be_late_is_warned_of() {
    let site = Site::open().await;
    site.country.submit().await;
    site.country.test.clock.advance(SignedDuration::from_hours(24 * 7));
    let officer = site.officer();
    site.get(&officer, &path()).await.shows(&["Đã quá 03 ngày làm việc"]);
}

#[tokio::test]
async fn pages_speak_english() {
    let site = Site::open().await;
    site.country.submit().await;
    let officer = site.officer();
    let cookie = format!("lienthong_session={}; lang=en", officer.to_cookie());
    for (path, words) in
        [("/one-door".to_owned(), "Dossiers of the one-door"), (path(), "Ask for a supplement")]
    {
        let request = Request::get(&path)
            .header(header::HOST, "localhost:8080")
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(header::COOKIE, &cookie)
            .body(Body::empty())
            .unwrap();
        let response = site.router.clone().oneshot(request).await.unwrap();
        let body = to_bytes(response.into_body(), BODY_LIMIT_BYTES).await.unwrap();
        assert!(String::from_utf8_lossy(&body).contains(words), "{path}");
    }
}

#[tokio::test]
async fn an_officer_sees_whether_the_applicant_signed() {
    let proof = SubmissionProof { at: "2026-11-20T01:58:00Z".parse().unwrap(), level: Level::Two };
    for (case, proof, shown) in [
        ("theirs", Some(proof), "khóa gắn với tài khoản ở mức độ 2"),
        ("somebody's", None, "không chứng minh được"),
    ] {
        let site = Site::open().await;
        site.country.answers::<VerifySubmission>(move |asked| {
            assert_eq!(asked.person.to_string(), "001195000001");
            assert_eq!(asked.digest.len(), 64);
            Ok(SubmissionVerified { proof: proof.clone() })
        });
        let submission = samples::submission();
        let signature = Some(signature(&submission));
        site.country.submit_this(&Submission { signature, ..submission }).await;
        let officer = site.officer();
        site.get(&officer, &path()).await.shows(&["đang chờ hệ thống định danh kiểm tra"]);
        // The identity system is away for a while; the dossier goes on meanwhile.
        site.country.fails::<VerifySubmission>(down());
        assert_eq!(site.country.work_off().await.len(), 1, "{case}");
        site.country.wait();
        assert_eq!(site.country.work_off().await, Vec::<String>::new(), "{case}");
        site.get(&officer, &path()).await.shows(&[shown]);
        let asked = site.country.test.country.asked::<VerifySubmission>();
        assert_eq!(asked.len(), 2, "{case}");

        let dossier = site.country.dossier(samples::submission().submission).await;
        site.country
            .system
            .ask_supplement(&dossier, "Thiếu giấy chứng sinh.", &officer_actor())
            .await
            .unwrap();
        let supplement = Supplement {
            submission: dossier.submission,
            notice: 1,
            form: dossier.form.clone(),
            attachments: Vec::new(),
        };
        site.country.ask::<SupplyMore>(site.country.portal(), &supplement).await.unwrap();
        if case == "theirs" {
            site.get(&officer, &path()).await.shows(&["Chữ ký chỉ cho nội dung nộp lần đầu"]);
        }
    }
    let site = Site::open().await;
    site.country.submit().await;
    site.get(&site.officer(), &path()).await.shows(&["Chữ ký của người nộp", "Không ký"]);
}
