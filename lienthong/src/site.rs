//! The sandbox's one web address: a front page, signing in as somebody, and every system's pages.

mod front;
mod sign_in;

use crate::{agency::Agency, plan};
use agencies::units::Units;
use anyhow::{Context as _, Result};
use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderMap, Method, Uri,
        header::{ACCEPT, HOST},
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use contracts::{MemberId, identity::Level};
use exchange::Witness;
use identity::sandbox::{SandboxPerson, SandboxPost};
use jiff::{Timestamp, civil::Date};
use openid::{OutgoingCalls, RelyingParty, jose::SigningKey};
use pki::{LedgerKey, TimeStampAuthority};
use population::seed::{Persona, Personas};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use store::Store;
use system::{Clock, Random};
use telemetry::{Health, Metrics};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use web::{Language, NavigationLink, Redirect, Settings, Text, Web};

/// Where the sandbox's time-stamp authority is asked.
pub const TIME_STAMPS: &str = "/exchange/time-stamps";
/// How long open connections may take to finish, in seconds.
const CLOSE_LIMIT_SECONDS: u64 = 10;
/// Code of Hà Nội among the provinces.
const HANOI: &str = "01";

web::translations! {
    COUNTRY: "Quốc gia thử nghiệm", "The sandbox country";
    PORTAL: "Dịch vụ công", "Public services";
    ONE_DOOR: "Một cửa", "One-door";
    CIVIL_STATUS: "Hộ tịch", "Civil status";
    EXCHANGE: "Trục liên thông", "Exchange";
    IDENTITY: "Định danh", "Identity";
    MOTHER: "Người mẹ, nộp hồ sơ khai sinh", "The mother, who applies to register a birth";
    FATHER: "Người cha", "The father";
    OFFICER: "Cán bộ tiếp nhận tại bộ phận một cửa", "One-door officer, who receives dossiers";
    REGISTRAR: "Công chức tư pháp - hộ tịch", "Registrar of civil status";
    OTHER_REGISTRAR: "Công chức tư pháp - hộ tịch của một xã, phường khác, không xem được hồ sơ ở đây",
        "Registrar of civil status of another commune, who can't see the dossiers of this one";
    OPERATOR: "Người vận hành nút liên thông", "Operator of the exchange";
}

/// Somebody that a visitor of the sandbox can be.
#[derive(Debug, Clone)]
pub struct Somebody {
    /// Stands for them in forms.
    pub key: &'static str,
    /// What they do.
    pub what: Text,
    /// Who they are, with their account and posts.
    pub person: SandboxPerson,
}

/// Everybody a visitor can be on a day.
pub fn people_to_be(personas: &Personas, agencies: &[&str], today: Date) -> Vec<Somebody> {
    let commune = personas.mother.commune.as_str();
    let other_commune =
        Units::vietnam().children(HANOI, today).map(|unit| unit.code).find(|code| *code != commune);
    let post = |agency: &str, system, post, unit: Option<&str>| SandboxPost {
        agency: agency.into(),
        system,
        post,
        unit: unit.map(str::to_owned),
    };
    let examiner = || post("G01", "identity", "examiner", Some(commune));
    let somebody = |key, what, persona: &Persona, level, posts| Somebody {
        key,
        what,
        person: SandboxPerson {
            number: persona.number,
            name: persona.name.clone(),
            birth_date: persona.birth_date,
            level,
            posts,
        },
    };
    let nodes = agencies.iter().map(|agency| post(agency, "exchange", "operator", None));
    let operator = nodes.chain([post("G22", "reporting", "analyst", None)]).collect();
    let officer = vec![post("H26", "one-door", "reception", Some(commune)), examiner()];
    let registrar = vec![post("H26", "civil-status", "registrar", Some(commune)), examiner()];
    let elsewhere = vec![post("H26", "civil-status", "registrar", other_commune)];
    vec![
        somebody("mother", MOTHER, &personas.mother, Level::One, vec![]),
        somebody("father", FATHER, &personas.father, Level::One, vec![]),
        somebody("officer", OFFICER, &personas.officer, Level::Two, officer),
        somebody("registrar", REGISTRAR, &personas.registrar, Level::Two, registrar),
        somebody("other-registrar", OTHER_REGISTRAR, &personas.other_registrar, Level::Two, elsewhere),
        somebody("operator", OPERATOR, &personas.operator, Level::Two, operator),
    ]
}

/// Codes of the systems whose posts the pages of the sandbox must know.
const SYSTEMS_WITH_POSTS: [&str; 5] = ["civil-status", "one-door", "identity", "exchange", "reporting"];

/// The sandbox's site as the identity system knows it.
pub fn known_as(url: &str, public_key: String) -> identity::sites::Site {
    identity::sites::Site {
        client: format!("{}/pages", MemberId::agency(plan::CENTRE)),
        name_vi: COUNTRY.get(Language::Vi).to_owned(),
        name_en: COUNTRY.get(Language::En).to_owned(),
        url: url.to_owned(),
        public_key,
        systems: SYSTEMS_WITH_POSTS.map(str::to_owned).into(),
    }
}

/// How people sign in to the sandbox.
pub struct SigningIn {
    /// The site as a relying party.
    pub party: Arc<RelyingParty>,
    /// Whom a visitor can be.
    pub people: Vec<Somebody>,
    /// The records of the identity system.
    pub accounts: Store,
}

/// Who attests the ledgers of the sandbox.
pub struct Attesting {
    /// The agencies that are witnesses.
    pub witnesses: Vec<Arc<Witness>>,
    /// Who stamps the time.
    pub time_stamps: TimeStampAuthority,
}

/// The web server of the sandbox.
pub struct Site {
    url: String,
    stop: watch::Sender<bool>,
    serving: Vec<JoinHandle<()>>,
}

impl Site {
    /// Serves the pages of all agencies on `listeners`, which browsers reach at `url`.
    pub fn start(
        (listeners, url): (Vec<TcpListener>, &str),
        agencies: &[Agency],
        forms_key: &LedgerKey,
        attesting: Attesting,
        signing_in: SigningIn,
        clock: Clock,
        random: Random,
    ) -> Result<Self> {
        let url = url.to_owned();
        let metrics = Metrics::install()?;
        let health = Health::default();
        health.component("country").ready();
        let nodes: Vec<_> = agencies.iter().map(|agency| agency.node.clone()).collect();
        let party = signing_in.party.clone();
        let choosing =
            sign_in::Choosing { url: url.clone(), signing_in, clock: clock.clone(), random: random.clone() };
        let systems = agencies.iter().fold(Router::new(), |router, agency| router.merge(agency.pages()));
        let endpoints =
            agencies.iter().fold(Router::new(), |router, agency| router.merge(agency.endpoints()));
        let pages = Router::new()
            .merge(front::routes())
            .merge(sign_in::routes(choosing))
            .merge(openid::pages::routes(party.clone()))
            .nest("/exchange", exchange::pages::routes(nodes))
            .merge(systems)
            .merge(web::shell_routes());
        let web = Web::with_key(settings(), forms_key.seed(), web_clock(&clock), web_random(&random));
        let web = web.kept_by(party.clone());
        let telling = web.clone();
        let time_stamps = exchange::time_stamps::routes(attesting.time_stamps, clock, random);
        let pages = web::layer(pages, web);
        let pages = pages.layer(from_fn_with_state(Arc::<str>::from(&*url), to_the_name));
        // What nobody serves is for the site to answer, which has a page for it.
        let router = watching(metrics, health)
            .nest("/exchange/witness", exchange::witness::routes(attesting.witnesses))
            .nest(TIME_STAMPS, time_stamps)
            .merge(endpoints)
            .merge(openid::pages::endpoints(party, telling))
            .fallback_service(pages);
        let (stop, stopped) = watch::channel(false);
        let serve = |listener| {
            let (router, mut stopped) = (router.clone(), stopped.clone());
            tokio::spawn(async move {
                let shutdown = async move {
                    // An error means that whoever could stop us is gone, which is a reason to stop.
                    let _ = stopped.wait_for(|stop| *stop).await;
                };
                if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(shutdown).await {
                    tracing::error!(%error, "the web server ended");
                }
            })
        };
        let serving = listeners.into_iter().map(serve).collect();
        Ok(Self { url, stop, serving })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Finishes open requests and stops.
    pub async fn close(self) {
        self.stop.send_replace(true);
        // Browsers keep connections open for long; they are cut in the end.
        let until = tokio::time::Instant::now() + Duration::from_secs(CLOSE_LIMIT_SECONDS);
        for serving in self.serving {
            let _ = tokio::time::timeout_at(until, serving).await;
        }
    }
}

/// Leads a browser that came by an address of this computer over to its name, before anybody signs in: cookies belong to one
/// of them, and passkeys to the name. Programs stay where they are.
async fn to_the_name(State(url): State<Arc<str>>, request: Request, next: Next) -> Response {
    match same_at(&url, request.method(), request.uri(), request.headers()) {
        Some(address) => Redirect::away(address).into_response(),
        None => next.run(request).await,
    }
}

/// What a browser asks for by an address of this computer, at the name by which the site is known.
fn same_at(url: &str, method: &Method, asked: &Uri, headers: &HeaderMap) -> Option<String> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_address = header(HOST).parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback());
    let is_elsewhere = is_address && url.split_once("://").is_some_and(|(_, known)| known != header(HOST));
    let is_browser = method == Method::GET && header(ACCEPT).contains("text/html");
    let path = asked.path_and_query().filter(|_| is_elsewhere && is_browser)?;
    Some(format!("{url}{path}"))
}

fn settings() -> Settings {
    let link = |text, href: &str| NavigationLink { text, href: href.into() };
    Settings {
        agency: COUNTRY,
        home: "/".into(),
        navigation: vec![
            link(PORTAL, "/portal"),
            link(ONE_DOOR, "/one-door"),
            link(CIVIL_STATUS, "/civil-status"),
            link(EXCHANGE, "/exchange"),
            link(IDENTITY, "/identity"),
        ],
        sandbox: true,
        https: false,
        origin: None,
    }
}

/// How the pages of a node present themselves.
pub struct Presented<'a> {
    /// Name of the agency.
    pub name: &'a str,
    /// Scheme, host and port, as browsers see them, where that is configured.
    pub url: Option<String>,
    /// The key of forms.
    pub forms_key: &'a LedgerKey,
    /// How people sign in; nobody can where it is nothing.
    pub party: Option<Arc<RelyingParty>>,
}

/// The pages of one agency's node.
pub fn agency_router(
    agency: &Agency,
    witness: Option<Arc<Witness>>,
    presented: Presented<'_>,
    clock: &Clock,
    random: &Random,
) -> Router {
    let Presented { name, url, forms_key, party } = presented;
    let pages = Router::new()
        .nest("/exchange", exchange::pages::routes(vec![agency.node.clone()]))
        .merge(agency.pages())
        .merge(front::of_agency())
        .merge(web::shell_routes());
    // The name of an agency stands in a configuration file, read once; it lives as long as the program.
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    let housed = settings().navigation;
    let navigation = housed
        .into_iter()
        .filter(|link| link.href == "/exchange" || agency.store(link.href.trim_start_matches('/')).is_some());
    let settings = Settings {
        agency: Text::new(name, name),
        home: "/exchange".into(),
        navigation: navigation.collect(),
        sandbox: false,
        https: url.as_ref().is_some_and(|url| url.starts_with("https://")),
        origin: url,
    };
    let web = Web::with_key(settings, forms_key.seed(), web_clock(clock), web_random(random));
    let (pages, web, told) = match party {
        Some(party) => {
            let web = web.kept_by(party.clone());
            let web = match party.provider_origin() {
                Some(origin) => web.leading_forms_to(&origin),
                None => web,
            };
            let pages = pages
                .merge(openid::pages::sign_in(party.clone(), "/sign-in"))
                .merge(openid::pages::routes(party.clone()));
            (pages, web.clone(), openid::pages::endpoints(party, web))
        }
        None => (pages.merge(openid::pages::nobody()), web, Router::new()),
    };
    let pages = web::layer(pages, web);
    let witness = exchange::witness::routes(witness.into_iter().collect());
    agency.endpoints().merge(told).nest("/exchange/witness", witness).fallback_service(pages)
}

/// A site as a relying party of an identity system.
pub fn relying_party(
    issuer: String,
    client: String,
    url: String,
    key: &LedgerKey,
    calls: OutgoingCalls,
    (clock, random): (&Clock, &Random),
) -> Result<RelyingParty> {
    let key = signing_key(key)?;
    let (clock, random) = (web_clock(clock), web_random(random));
    Ok(RelyingParty::new(openid::Site { issuer, client, url, key, clock, random }, calls))
}

/// The public half of the key that a site shows that it is the site with.
pub fn public_half(key: &LedgerKey) -> Result<String> {
    let jwk = signing_key(key)?.jwk();
    jwk["x"].as_str().map(str::to_owned).context("an Ed25519 key has a public half")
}

fn signing_key(key: &LedgerKey) -> Result<SigningKey> {
    SigningKey::from_seed(key.seed()).context("the key for signing in can't be used")
}

fn web_clock(clock: &Clock) -> web::Clock {
    let clock = clock.clone();
    Arc::new(move || -> Timestamp { clock.now() })
}

fn web_random(random: &Random) -> web::Random {
    let random = random.clone();
    Arc::new(move |bytes: &mut [u8]| random.fill(bytes))
}

/// What machines look at: metrics, health, readiness.
pub fn watching(metrics: Metrics, health: Health) -> Router {
    let ready = health.clone();
    Router::new()
        .route("/metrics", get(move || async move { metrics.render() }))
        .route("/healthz", get(move || async move { health_answer(&health.healthz()) }))
        .route("/readyz", get(move || async move { health_answer(&ready.readyz()) }))
}

fn health_answer(answer: &telemetry::HealthAnswer) -> axum::response::Response {
    let status = axum::http::StatusCode::from_u16(answer.status)
        .unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(axum::http::header::CONTENT_TYPE, "application/json")], answer.body.clone()).into_response()
}
