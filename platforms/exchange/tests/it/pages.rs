//! What people see, and what machines fetch.

use crate::{
    access::asking::Asking,
    backend::Backend,
    country::Country,
    events::{nodes::Publishing, room::TYPE},
};
use axum::{
    Router,
    body::{Body, to_bytes},
};
use exchange::AccessRule;
use http::{Request, StatusCode};
use jiff::SignedDuration;
use ledger::SignedCheckpoint;
use serde_json::{Value, json};
use std::sync::{Arc, atomic::Ordering};
use tower::ServiceExt as _;
use web::{Role, Settings, SignedIn, Text, Web};

pub(crate) struct Site {
    web: Web,
    router: Router,
    pub(crate) country: Country,
}

impl Site {
    pub(crate) fn of(country: Country) -> Self {
        let settings = Settings {
            agency: Text::new("Trung tâm", "Centre"),
            home: "/".into(),
            navigation: Vec::new(),
            sandbox: true,
            https: false,
            origin: None,
        };
        let (clock, random) = (country.clock.clone(), country.random.clone());
        let web = Web::new(
            settings,
            Arc::new(move || clock.now()),
            Arc::new(move |bytes: &mut [u8]| random.fill(bytes)),
        );
        let nodes = vec![country.consumer.node.clone(), country.provider.node.clone()];
        let pages =
            Router::new().nest("/exchange", exchange::pages::routes(nodes)).merge(web::shell_routes());
        Self { router: web::layer(pages, web.clone()), web, country }
    }

    /// Signs somebody with this post in; the cookie that shows it.
    fn sign_in(&self, system: &str, post: &str) -> String {
        let agencies = [&self.country.consumer, &self.country.provider].map(|agency| agency.node.id());
        let agencies = agencies.map(|id| id.split('/').nth(2).unwrap().to_owned());
        self.sign_in_at(&agencies, system, post)
    }

    /// The same, in these agencies.
    fn sign_in_at(&self, agencies: &[String], system: &str, post: &str) -> String {
        let role = |agency: &String| Role {
            agency: agency.clone(),
            system: system.into(),
            post: post.into(),
            ..Role::default()
        };
        let roles = agencies.iter().map(role).collect();
        let shown_at = Some(self.country.clock.now());
        let user = SignedIn { display_name: "Lan".into(), roles, shown_at, ..SignedIn::default() };
        let random = self.country.random.clone();
        let opened =
            self.web.sessions().open(user, self.country.clock.now(), &move |bytes| random.fill(bytes));
        format!("lienthong_session={}", opened.unwrap().to_cookie())
    }

    async fn get(&self, path: &str, cookie: Option<&str>, accept: &str) -> (StatusCode, Vec<u8>) {
        self.get_in("en", path, cookie, accept).await
    }

    async fn get_in(
        &self,
        language: &str,
        path: &str,
        cookie: Option<&str>,
        accept: &str,
    ) -> (StatusCode, Vec<u8>) {
        let mut request = Request::get(path)
            .header("host", "127.0.0.1")
            .header("accept", accept)
            .header("accept-language", language);
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        (response.status(), to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec())
    }

    pub(crate) async fn page(&self, path: &str, cookie: Option<&str>) -> (StatusCode, String) {
        let (status, body) = self.get(path, cookie, "text/html").await;
        (status, String::from_utf8(body).unwrap())
    }
}

async fn site_with_a_call() -> (Site, String) {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let reply = country
        .call("POST", "/look-up")
        .header("x-road-issue", "case-7")
        .header("x-lienthong-purpose", "birth")
        .body("x")
        .send()
        .await;
    let id = reply.receipt().trim_start_matches("/receipts/").to_owned();
    (Site::of(country), id)
}

#[tokio::test]
async fn everyone_sees_the_overview_and_that_a_directory_is_stale() {
    let (site, _) = site_with_a_call().await;
    let (status, fresh) = site.page("/exchange", None).await;
    assert_eq!(status, StatusCode::OK);
    for words in ["Agency G01", "VN/GOV/G22/portal", "population/people"] {
        assert!(fresh.contains(words), "lacks {words}");
    }
    assert!(!fresh.contains("case-7") && !fresh.contains("look-up"), "messages are nobody's to see");
    site.country.clock.advance(SignedDuration::from_hours(100));
    let (_, stale) = site.page("/exchange", None).await;
    assert!(stale.contains("past its refresh") && !fresh.contains("past its refresh"));
}

#[tokio::test]
async fn messages_are_for_operators() {
    let (site, id) = site_with_a_call().await;
    let (operator, registrar) =
        (site.sign_in("exchange", "operator"), site.sign_in("civil-status", "registrar"));
    let pages = [
        "/exchange/messages".to_owned(),
        "/exchange/messages?case=case-7".into(),
        "/exchange/messages?system=VN/GOV/G22/portal".into(),
        "/exchange/messages?service=VN/GOV/G01/population/people".into(),
        format!("/exchange/messages/{id}"),
        format!("/exchange/messages/{id}/receipt"),
        "/exchange/cases/case-7".into(),
    ];
    for page in &pages {
        let (status, body) = site.page(page, None).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}: to the sign-in");
        assert!(!body.contains("look-up"));
        let (status, body) = site.page(page, Some(&registrar)).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{page}");
        assert!(!body.contains("look-up"));
        let (status, body) = site.page(page, Some(&operator)).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(body.contains("look-up") || body.contains(&id), "{page}");
    }
    let (_, receipt) = site.page(&pages[5], Some(&operator)).await;
    let receipt = exchange::Receipt::parse(&receipt).unwrap();
    assert!(receipt.verify(&site.country.centre.verifier_key(), Some(b"x")).is_ok());
    let (_, list) = site.get("/exchange/cases/case-7", Some(&operator), "application/json").await;
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    assert_eq!(
        (list["messages"].as_array().unwrap().len(), &list["messages"][0]["purpose"]),
        (1, &"birth".into())
    );
    for (query, found) in [
        ("case=case-8", false),
        ("system=VN/GOV/G22", false),
        ("service=VN/GOV/G01/population", false),
        ("before=1.00000000000000000000000000000000", false),
        ("before=4102444800000000.00000000000000000000000000000000", true),
        (&*format!("person={}", "0".repeat(32)), false),
    ] {
        let (status, body) = site.page(&format!("/exchange/messages?{query}"), Some(&operator)).await;
        assert_eq!((status, body.contains("look-up")), (StatusCode::OK, found), "{query}");
    }
    for query in ["before=now", "person=001095000001", &format!("case={}", "x".repeat(301))] {
        let (status, _) = site.page(&format!("/exchange/messages?{query}"), Some(&operator)).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{query}");
    }
    for page in ["/exchange/messages/seven", "/exchange/messages/00000000-0000-0000-0000-000000000000"] {
        assert_eq!(site.page(page, Some(&operator)).await.0, StatusCode::NOT_FOUND, "{page}");
    }
    let long = format!("/exchange/cases/{}", "x".repeat(101));
    assert_eq!(site.page(&long, Some(&operator)).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn directory_and_ledgers_are_public_and_entries_are_not() {
    let (site, _) = site_with_a_call().await;
    let node = &site.country.provider.node;
    let (_, anchor) = site.page("/exchange/anchor", None).await;
    let anchor = anchor.trim().parse().unwrap();
    let (_, directory) = site.page("/exchange/directory", None).await;
    assert_eq!(exchange::Directory::open(&directory, &anchor).unwrap().version, 1);
    let (_, note) = site.page("/exchange/ledgers/G01/checkpoint", None).await;
    let checkpoint = SignedCheckpoint::open(&note, node.ledger_key()).unwrap().checkpoint;
    let (status, tile) =
        site.get(&format!("/exchange/ledgers/G01/tile/0/000.p/{}", checkpoint.size), None, "*/*").await;
    assert_eq!((status, tile.len() as u64), (StatusCode::OK, 32 * checkpoint.size));
    for path in [
        format!("ledgers/G01/tile/entries/000.p/{}", checkpoint.size),
        "ledgers/G01/tile/entries/000".into(),
        format!("ledgers/G01/tile/0/000.p/{}", checkpoint.size + 1),
        "ledgers/G01/tile/9/000".into(),
        "ledgers/G01/tile/../checkpoint".into(),
        "ledgers/G77/checkpoint".into(),
        "ledgers/G77/tile/0/000".into(),
    ] {
        assert_eq!(
            site.get(&format!("/exchange/{path}"), None, "*/*").await.0,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

/// Sends a form as the operator; where the answer leads.
async fn send(site: &Site, path: &str, cookie: &str, fields: &str) -> StatusCode {
    post(site, path, path, cookie, fields).await
}

/// The same to another address than the page's own.
async fn post(site: &Site, page: &str, path: &str, cookie: &str, fields: &str) -> StatusCode {
    let (_, page) = site.page(page, Some(cookie)).await;
    let token = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let request = Request::post(path)
        .header("host", "127.0.0.1")
        .header("cookie", cookie)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("csrf={}&{fields}", token.unwrap_or_default())))
        .unwrap();
    site.router.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn operators_decide_on_subscriptions_and_replay_dead_letters() {
    let publishing = Publishing::start().await;
    publishing.agree(json!({ "service": "notices", "options": { "TTL": 60, "FIFO": true } })).await;
    let grant = AccessRule::open("portal", "notices", "VN/GOV/G01/events");
    publishing.country.consumer.node.grant(vec![grant]);
    publishing.status.store(500, Ordering::SeqCst);
    let event = publishing.publish(1).await;
    publishing.round().await;
    publishing.country.clock.advance(SignedDuration::from_secs(60));
    publishing.round().await;
    let (_, own) = publishing.subscriber("GET", &format!("/api/v1/subs/{TYPE}"), Value::Null).await;
    let path = format!("/exchange/events/G01/{}", own["id"].as_str().unwrap());
    let Publishing { country, events, subscriber, status } = publishing;
    let (node, site) = (country.provider.node.clone(), Site::of(country));
    let (operator, registrar) =
        (site.sign_in("exchange", "operator"), site.sign_in("civil-status", "registrar"));
    for page in ["/exchange/events", path.as_str()] {
        assert_eq!(site.page(page, None).await.0, StatusCode::SEE_OTHER, "{page}: to the sign-in");
        assert_eq!(site.page(page, Some(&registrar)).await.0, StatusCode::NOT_FOUND, "{page}");
        let (status, shown) = site.page(page, Some(&operator)).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(shown.contains(TYPE) && shown.contains("VN/GOV/G22/portal"), "{shown}");
    }
    let (_, shown) = site.page(&path, Some(&operator)).await;
    for words in [event.as_str(), "within its time to live", "it answered 500", "Expired", "Replay"] {
        assert!(shown.contains(words), "lacks {words}: {shown}");
    }
    let replay = format!("replay={event}");
    assert_eq!(send(&site, &path, &registrar, &replay).await, StatusCode::NOT_FOUND);
    assert_eq!(send(&site, &path, &operator, "decision=granted").await, StatusCode::CONFLICT);
    assert_eq!(send(&site, &path, &operator, &replay).await, StatusCode::SEE_OTHER);
    assert_eq!(send(&site, &path, &operator, &replay).await, StatusCode::CONFLICT, "it is due again");
    status.store(200, Ordering::SeqCst);
    while events.round(node.clone()).await.unwrap() {}
    assert_eq!(subscriber.seen().len(), 2);
    assert!(site.page(&path, Some(&operator)).await.1.contains("no dead letters"));
    assert_eq!(send(&site, &path, &registrar, "after=0").await, StatusCode::NOT_FOUND);
    for after in ["after=", "after=all", "after=-1", "after=2"] {
        assert_eq!(send(&site, &path, &operator, after).await, StatusCode::UNPROCESSABLE_ENTITY, "{after}");
    }
    assert_eq!(send(&site, &path, &operator, "after=0").await, StatusCode::SEE_OTHER);
    while events.round(node.clone()).await.unwrap() {}
    assert_eq!(subscriber.seen().len(), 3, "what was confirmed comes again");
    let end = "decision=ended&reason=the+law+has+changed";
    assert_eq!(send(&site, &path, &operator, end).await, StatusCode::SEE_OTHER);
    assert!(site.page(&path, Some(&operator)).await.1.contains("the law has changed"));
    let nothing = "/exchange/events/G01/00000000-0000-0000-0000-000000000000";
    assert_eq!(site.page(nothing, Some(&operator)).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn operators_see_what_is_asked_for_and_decide() {
    let asking = Asking::start().await;
    let id = asking.ask(json!({})).await.rsplit('/').next().unwrap().to_owned();
    let Asking { country, access: _, backend } = asking;
    let site = Site::of(country);
    let (operator, registrar) =
        (site.sign_in("exchange", "operator"), site.sign_in("civil-status", "registrar"));
    let path = format!("/exchange/access/G01/{id}");
    for page in ["/exchange/access", "/exchange/access/ask", path.as_str()] {
        assert_eq!(site.page(page, None).await.0, StatusCode::SEE_OTHER, "{page}: to the sign-in");
        assert_eq!(site.page(page, Some(&registrar)).await.0, StatusCode::NOT_FOUND, "{page}");
        assert_eq!(site.page(page, Some(&operator)).await.0, StatusCode::OK, "{page}");
    }
    let (_, list) = site.page("/exchange/access", Some(&operator)).await;
    assert!(list.contains("VN/GOV/G22/portal") && list.contains("01/12/2026 17:00"), "{list}");
    site.country.clock.advance(SignedDuration::from_hours(24 * 11));
    let operator = site.sign_in("exchange", "operator");
    assert!(site.page("/exchange/access", Some(&operator)).await.1.contains("Overdue"));
    for (fields, status) in [
        ("decision=refused", StatusCode::UNPROCESSABLE_ENTITY),
        ("decision=ended", StatusCode::CONFLICT),
        ("decision=perhaps", StatusCode::CONFLICT),
        ("decision=granted", StatusCode::SEE_OTHER),
        ("decision=granted", StatusCode::CONFLICT),
    ] {
        assert_eq!(send(&site, &path, &operator, fields).await, status, "{fields}");
    }
    let reply = site.country.call("GET", "/people/1").header("x-lienthong-purpose", "procedure").send().await;
    assert_eq!((reply.status, backend.count()), (StatusCode::OK, 1));
    let (_, shown) = site.page(&path, Some(&operator)).await;
    assert!(shown.contains("as in the ledger") && !shown.contains("NOT as"), "{shown}");
    assert!(shown.contains(reply.receipt().trim_start_matches("/receipts/")), "its use is shown: {shown}");
    for (page, words) in [
        ("/exchange/access", "5 ngày làm việc"),
        ("/exchange/access/ask", "Căn cứ pháp lý"),
        (path.as_str(), "đúng với sổ"),
        ("/exchange/traffic", "các lượt được phục vụ"),
    ] {
        let (status, shown) = site.get_in("vi", page, Some(&operator), "text/html").await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(String::from_utf8(shown).unwrap().contains(words), "{page} lacks {words}");
    }
    let group = "node=G01&code=partners&systems=VN/GOV/G22/portal";
    let groups = "/exchange/access";
    assert_eq!(post(&site, groups, "/exchange/access/groups", &operator, group).await, StatusCode::SEE_OTHER);
    assert!(site.page(groups, Some(&operator)).await.1.contains("local-group:partners"));
    let wrong = "node=G01&code=partners&systems=portal";
    let status = post(&site, groups, "/exchange/access/groups", &operator, wrong).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn operators_ask_other_agencies() {
    let Asking { country, access, backend: _backend } = Asking::start().await;
    let site = Site::of(country);
    let operator = site.sign_in("exchange", "operator");
    let form = "service=VN/GOV/G01/population/people&purposes=procedure&legalBasis=47/2020/ND-CP:35&until=2027-12-01";
    let ask = "/exchange/access/ask";
    for (client, expected) in [
        ("client=portal", StatusCode::OK),
        ("client=VN/GOV/G99/forge", StatusCode::OK),
        ("client=VN/GOV/G22/portal&callsPerMinute=often", StatusCode::OK),
        ("client=VN/GOV/G22/portal&callsPerMinute=60", StatusCode::SEE_OTHER),
    ] {
        assert_eq!(send(&site, ask, &operator, &format!("{client}&{form}")).await, expected, "{client}");
    }
    let asked = exchange::access::records::in_state(access.store(), exchange::access::model::State::Asked);
    let asked = asked.await.unwrap();
    assert_eq!((asked.len(), asked[0].asked_by.as_str()), (1, "VN/GOV/G22/portal"));
    assert_eq!(asked[0].rule.until, Some("2027-11-30T17:00:00Z".parse().unwrap()));
}

#[tokio::test]
async fn operators_see_who_calls_whom_down_to_the_message() {
    let (site, id) = site_with_a_call().await;
    site.country.provider.node.grant(Vec::new());
    assert_eq!(site.country.call("GET", "/x").send().await.status, StatusCode::INTERNAL_SERVER_ERROR);
    let (operator, registrar) =
        (site.sign_in("exchange", "operator"), site.sign_in("civil-status", "registrar"));
    let pair = "/exchange/traffic/pair?node=G01&side=answered&client=VN/GOV/G22/portal&service=VN/GOV/G01/population/people";
    for page in ["/exchange/traffic", pair] {
        assert_eq!(site.page(page, None).await.0, StatusCode::SEE_OTHER, "{page}: to the sign-in");
        assert_eq!(site.page(page, Some(&registrar)).await.0, StatusCode::NOT_FOUND, "{page}");
    }
    let (status, list) = site.page("/exchange/traffic", Some(&operator)).await;
    assert_eq!(status, StatusCode::OK);
    for words in ["G22: calls made", "G01: calls answered", "VN/GOV/G01/population/people"] {
        assert!(list.contains(words), "lacks {words}: {list}");
    }
    let (status, shown) = site.page(pair, Some(&operator)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(shown.contains(&format!("/exchange/messages/{id}")), "{shown}");
    assert!(shown.contains("by minute") && shown.contains("21/11/2026 10:00:00"), "{shown}");
    for query in [
        "node=G77&client=VN/GOV/G22/portal&service=VN/GOV/G01/population/people",
        "node=G01&client=x&service=y",
    ] {
        let (status, _) = site.page(&format!("/exchange/traffic/pair?{query}"), Some(&operator)).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{query}");
    }
}

#[tokio::test]
async fn the_operators_programs_read_services_traffic_and_transactions() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    country.call("POST", "/look-up").header("x-lienthong-purpose", "birth").body("x").send().await;
    country.provider.node.grant(Vec::new());
    country.call("GET", "/x").send().await;
    let router = exchange::monitoring::routes(country.provider.node.clone());
    let read = async |path: &str| {
        let response = router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice::<Value>(&body).unwrap_or_default())
    };
    let (_, services) = read("/services").await;
    let people = &services["answered"][0];
    assert_eq!(people["service"], "VN/GOV/G01/population/people");
    assert_eq!((&people["callsLastHour"], &people["failuresLastDay"]), (&json!(2), &json!(1)), "{services}");
    let (_, traffic) = read("/traffic").await;
    assert_eq!(traffic["answered"][0]["lastHour"]["calls"], 2, "{traffic}");
    assert_eq!(traffic["called"], json!([]));
    let (_, pair) = read("/traffic?client=VN/GOV/G22/portal&service=VN/GOV/G01/population/people").await;
    assert_eq!(pair["answered"]["minutes"][0]["calls"]["failures"], 1, "{pair}");
    let (_, transactions) = read("/transactions").await;
    let list = transactions["transactions"].as_array().unwrap();
    assert_eq!((list.len(), &transactions["next"]), (2, &Value::Null), "{transactions}");
    let birth = list.iter().find(|record| record["purpose"] == "birth").unwrap();
    assert_eq!(
        (&birth["status"], &birth["side"], &birth["micros"]),
        (&json!(200), &json!("answered"), &json!(0))
    );
    for path in ["/transactions?before=now", "/traffic?client=x&service=y"] {
        assert_eq!(read(path).await.0, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn operators_see_the_nodes_of_their_own_agency_alone() {
    let (site, _) = site_with_a_call().await;
    let at = |agency: &str| site.sign_in_at(&[agency.to_owned()], "exchange", "operator");
    let (provider, consumer, elsewhere) = (at("G01"), at("G22"), at("H26"));
    let (_, list) = site.page("/exchange/traffic", Some(&provider)).await;
    assert!(list.contains("G01: calls answered") && !list.contains("G22: calls made"), "{list}");
    let pair = "/exchange/traffic/pair?node=G01&side=answered&client=VN/GOV/G22/portal&service=VN/GOV/G01/population/people";
    for (case, operator, expected) in [
        ("their own", &provider, StatusCode::OK),
        ("the other's", &consumer, StatusCode::NOT_FOUND),
        ("of neither", &elsewhere, StatusCode::NOT_FOUND),
    ] {
        assert_eq!(site.page(pair, Some(operator)).await.0, expected, "{case}");
    }
    for page in ["/exchange/traffic", "/exchange/messages", "/exchange/access", "/exchange/events"] {
        assert_eq!(site.page(page, Some(&elsewhere)).await.0, StatusCode::NOT_FOUND, "{page}");
    }
}

#[tokio::test]
async fn who_decides_has_shown_lately_who_they_are() {
    let (site, _) = site_with_a_call().await;
    let operator = site.sign_in("exchange", "operator");
    let (ask, groups) = ("/exchange/access/ask", "/exchange/access/groups");
    // No node of that code is there to name a group at, which is looked at after who asks for it.
    let group = "node=G77&code=partners&systems=VN/GOV/G22/portal";
    for (minutes, expected) in [(29, StatusCode::NOT_FOUND), (2, StatusCode::SEE_OTHER)] {
        site.country.clock.advance(SignedDuration::from_mins(minutes));
        assert_eq!(
            post(&site, ask, groups, &operator, group).await,
            expected,
            "after {minutes} more minutes"
        );
    }
    assert_eq!(site.page("/exchange/messages", Some(&operator)).await.0, StatusCode::OK, "reading goes on");
}
