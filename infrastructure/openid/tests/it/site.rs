//! A site that stands on the provider, and browsers that come to it.

use crate::provider::{CLIENT, Provider, key};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
    routing::get,
};
use jiff::Timestamp;
use openid::{OutgoingCalls, RelyingParty};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU8, Ordering},
    },
};
use tower::ServiceExt as _;
use web::{CurrentUser, Demand, Html, Page, Redirect, Settings, Text, Visit, Web};

/// The second in which the tests begin.
pub(crate) const NOW: i64 = 1_800_000_000;
const URL: &str = "https://motcua.example";

/// A site with its provider.
pub(crate) struct Site {
    pub(crate) provider: Provider,
    router: Router,
    clock: Arc<AtomicI64>,
}

/// One browser.
#[derive(Debug, Default, Clone)]
pub(crate) struct Browser {
    cookies: BTreeMap<String, String>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) policy: String,
    pub(crate) body: String,
}

impl Site {
    pub(crate) async fn open() -> Self {
        let clock = Arc::new(AtomicI64::new(NOW));
        let provider = Provider::start(NOW, &key(9)).await;
        let time = clock.clone();
        let web_clock: web::Clock =
            Arc::new(move || Timestamp::from_second(time.load(Ordering::SeqCst)).unwrap());
        let next = Arc::new(AtomicU8::new(0));
        let random: web::Random =
            Arc::new(move |bytes: &mut [u8]| bytes.fill(next.fetch_add(1, Ordering::SeqCst)));
        let site = openid::Site {
            issuer: provider.url.clone(),
            client: CLIENT.into(),
            url: URL.into(),
            key: key(9),
            clock: web_clock.clone(),
            random: random.clone(),
        };
        let party = Arc::new(RelyingParty::new(site, OutgoingCalls::default()));
        let settings = Settings {
            agency: Text::new("Hà Nội", "Hanoi"),
            home: "/".into(),
            navigation: Vec::new(),
            sandbox: false,
            https: true,
            origin: Some(URL.into()),
        };
        let web = Web::with_key(settings, &[5; 32], web_clock, random).kept_by(party.clone());
        let web = web.leading_forms_to(&party.provider_origin().unwrap());
        let pages = Router::new()
            .route("/mine", get(mine))
            .route("/sure", get(sure))
            .merge(openid::pages::sign_in(party.clone(), "/sign-in"))
            .merge(openid::pages::routes(party.clone()));
        let router = openid::pages::endpoints(party, web.clone()).fallback_service(web::layer(pages, web));
        Self { provider, router, clock }
    }

    /// Lets time pass, for the site and its provider.
    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
        self.provider.script().now += seconds;
    }

    pub(crate) async fn get(&self, browser: &mut Browser, path: &str) -> Answer {
        self.ask(browser, "GET", path, String::new()).await
    }

    pub(crate) async fn ask(&self, browser: &mut Browser, method: &str, path: &str, form: String) -> Answer {
        let cookies: Vec<String> =
            browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, cookies.join("; "))
            .header(header::ACCEPT, "text/html")
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let text = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (location, policy) = (text(header::LOCATION), text(header::CONTENT_SECURITY_POLICY));
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            browser.cookies.insert(name.to_owned(), value.to_owned());
        }
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let (location, policy) = (location.unwrap_or_default(), policy.unwrap_or_default());
        Answer { status, location, policy, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// Goes to the provider, where the person agrees: the address that leads back to the site.
    pub(crate) async fn to_provider(&self, browser: &mut Browser, path: &str) -> String {
        let begun = self.get(browser, path).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
        let query = begun.location.strip_prefix(&format!("{}/authorize?", self.provider.url)).unwrap();
        let query: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
        assert_eq!(query[0], ("client_id".to_owned(), CLIENT.to_owned()));
        let (pushed, code) = self.provider.agree(&query[1].1);
        assert_eq!(pushed["redirect_uri"], format!("{URL}{}", openid::RETURN_PATH));
        assert_eq!(
            (pushed["response_type"].as_str(), pushed["code_challenge_method"].as_str()),
            ("code", "S256")
        );
        self.back(&[("code", &code), ("state", &pushed["state"]), ("iss", &self.provider.url)])
    }

    /// The address of the site with an answer of the provider.
    pub(crate) fn back(&self, answer: &[(&str, &str)]) -> String {
        format!("{}?{}", openid::RETURN_PATH, serde_urlencoded::to_string(answer).unwrap())
    }

    /// Signs in.
    pub(crate) async fn sign_in(&self, browser: &mut Browser) {
        let back = self.to_provider(browser, "/sign-in?return=/mine").await;
        let arrived = self.get(browser, &back).await;
        assert_eq!(
            (arrived.status, arrived.location.as_str()),
            (StatusCode::SEE_OTHER, "/mine"),
            "{}",
            arrived.body
        );
    }

    /// Who is signed in, as their page says.
    pub(crate) async fn who(&self, browser: &mut Browser) -> Option<String> {
        let page = self.get(browser, "/mine").await;
        let said = page.body.split("<p>").nth(1)?.split("</p>").next()?.to_owned();
        (page.status == StatusCode::OK).then_some(said)
    }
}

async fn mine(user: CurrentUser, visit: Visit) -> Page {
    let posts: Vec<_> = user.roles.iter().map(|role| format!("{}/{}", role.system, role.post)).collect();
    let said = format!("{} {}", user.person_number.as_deref().unwrap_or_default(), posts.join(" "));
    visit.page("Mine", Html::trusted(format!("<p>{}</p>", Html::escaped(said.trim()))))
}

/// A page for those alone who are known to level 2, and have shown it lately.
async fn sure(_: CurrentUser, visit: Visit) -> Result<Page, Redirect> {
    visit.demand(Demand { within_minutes: Some(15), ..Demand::LEVEL_TWO }, "/sure")?;
    Ok(visit.page("Sure", Html::trusted("<p>sure</p>".to_owned())))
}
