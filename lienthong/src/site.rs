//! The sandbox's one web address: a front page, signing in as somebody, and every system's pages.

mod front;
mod sign_in;

use crate::agency::Agency;
use agencies::units::Units;
use anyhow::Result;
use axum::{Router, response::IntoResponse, routing::get};
use exchange::Witness;
use identity::sandbox::SandboxPerson;
use jiff::{Timestamp, civil::Date};
use pki::{LedgerKey, TimeStampAuthority};
use population::seed::{Persona, Personas};
use std::{sync::Arc, time::Duration};
use system::{Clock, Random};
use telemetry::{Health, Metrics};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use web::{Language, NavigationLink, Role, Settings, SignedIn, Text, Web};

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
    OPERATOR_NAME: "Người vận hành", "Operator";
}

/// Somebody that a visitor of the sandbox can be.
#[derive(Debug, Clone)]
pub struct Somebody {
    /// Stands for them in forms.
    pub key: &'static str,
    /// What they do.
    pub what: Text,
    /// Who they are once signed in.
    pub signed_in: SignedIn,
}

/// Everybody a visitor can be on a day.
pub fn people_to_be(personas: &Personas, today: Date) -> Vec<Somebody> {
    let commune = personas.mother.commune.as_str();
    let other_commune =
        Units::vietnam().children(HANOI, today).map(|unit| unit.code).find(|code| *code != commune);
    let role = |agency: &str, system: &str, post: &str, unit: Option<&str>| Role {
        agency: agency.into(),
        system: system.into(),
        post: post.into(),
        unit: unit.map(str::to_owned),
    };
    let examiner = || role("G01", "identity", "examiner", Some(commune));
    let person = |key, what, persona: &Persona, roles: Vec<Role>| Somebody {
        key,
        what,
        signed_in: SignedIn {
            person_number: Some(persona.number.to_string()),
            display_name: persona.name.full(),
            roles,
        },
    };
    vec![
        person("mother", MOTHER, &personas.mother, vec![]),
        person("father", FATHER, &personas.father, vec![]),
        person(
            "officer",
            OFFICER,
            &personas.officer,
            vec![role("H26", "one-door", "reception", Some(commune)), examiner()],
        ),
        person(
            "registrar",
            REGISTRAR,
            &personas.registrar,
            vec![role("H26", "civil-status", "registrar", Some(commune)), examiner()],
        ),
        person(
            "other-registrar",
            OTHER_REGISTRAR,
            &personas.officer,
            vec![role("H26", "civil-status", "registrar", other_commune)],
        ),
        Somebody {
            key: "operator",
            what: OPERATOR,
            signed_in: SignedIn {
                person_number: None,
                display_name: OPERATOR_NAME.get(Language::Vi).to_owned(),
                roles: vec![
                    role("G01.DC", "exchange", "operator", None),
                    role("G22", "reporting", "analyst", None),
                ],
            },
        },
    ]
}

/// Who attests the ledgers of the sandbox.
pub struct Attesting {
    /// The agencies that are witnesses.
    pub witnesses: Vec<Arc<Witness>>,
    /// Who stamps the time.
    pub time_stamps: TimeStampAuthority,
}

/// Those of them who have an identification account from the start.
pub fn account_holders(personas: &Personas) -> Vec<SandboxPerson> {
    [&personas.mother, &personas.father, &personas.officer, &personas.registrar]
        .map(|persona| SandboxPerson {
            number: persona.number,
            name: persona.name.clone(),
            birth_date: persona.birth_date,
        })
        .into()
}

/// The web server of the sandbox.
pub struct Site {
    url: String,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Site {
    /// Serves the pages of all agencies on `listener`.
    pub fn start(
        listener: TcpListener,
        agencies: &[Agency],
        forms_key: &LedgerKey,
        attesting: Attesting,
        people: Vec<Somebody>,
        clock: Clock,
        random: Random,
    ) -> Result<Self> {
        let url = format!("http://{}", listener.local_addr()?);
        let metrics = Metrics::install()?;
        let health = Health::default();
        health.component("country").ready();
        let nodes: Vec<_> = agencies.iter().map(|agency| agency.node.clone()).collect();
        let people: Arc<[Somebody]> = people.into();
        let systems = agencies.iter().fold(Router::new(), |router, agency| router.merge(agency.pages()));
        let endpoints =
            agencies.iter().fold(Router::new(), |router, agency| router.merge(agency.endpoints()));
        let pages = Router::new()
            .merge(front::routes())
            .merge(sign_in::routes(people))
            .nest("/exchange", exchange::pages::routes(nodes))
            .merge(systems)
            .merge(web::shell_routes());
        let web = Web::with_key(settings(), forms_key.seed(), web_clock(&clock), web_random(&random));
        let time_stamps = exchange::time_stamps::routes(attesting.time_stamps, clock, random);
        // What nobody serves is for the site to answer, which has a page for it.
        let router = watching(metrics, health)
            .nest("/exchange/witness", exchange::witness::routes(attesting.witnesses))
            .nest(TIME_STAMPS, time_stamps)
            .merge(endpoints)
            .fallback_service(web::layer(pages, web));
        let (stop, stopped) = watch::channel(false);
        let serving = tokio::spawn(async move {
            let mut stopped = stopped;
            let shutdown = async move {
                // An error means that whoever could stop us is gone, which is a reason to stop.
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(shutdown).await {
                tracing::error!(%error, "the web server ended");
            }
        });
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
        let _ = tokio::time::timeout(Duration::from_secs(CLOSE_LIMIT_SECONDS), self.serving).await;
    }
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

/// The pages of one agency's node.
pub fn agency_router(
    agency: &Agency,
    witness: Option<Arc<Witness>>,
    name: &str,
    forms_key: &LedgerKey,
    clock: &Clock,
    random: &Random,
) -> Router {
    let pages = Router::new()
        .nest("/exchange", exchange::pages::routes(vec![agency.node.clone()]))
        .merge(agency.pages())
        .merge(web::shell_routes());
    // The name of an agency stands in a configuration file, read once; it lives as long as the program.
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    let settings =
        Settings { agency: Text::new(name, name), home: "/exchange".into(), sandbox: false, ..settings() };
    let web = Web::with_key(settings, forms_key.seed(), web_clock(clock), web_random(random));
    let pages = web::layer(pages, web);
    let witness = exchange::witness::routes(witness.into_iter().collect());
    agency.endpoints().nest("/exchange/witness", witness).fallback_service(pages)
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
