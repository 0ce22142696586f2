//! The one-door in a test room, and the country around it.

use crate::samples;
use contracts::{
    Context, MemberId, Operation, PersonalNumber, Problem, Purpose,
    agencies::{Agency, ReadAgency, ReadUnit, Unit, UnitLevel},
    civil_status::{FileBirth, Filed},
    insurance::{HealthCard, LookUpCard},
    one_door::{Attachment, DeliverResult, Delivered, Delivery, Outcome, Submission, SubmitDossier},
    person::Address,
    population::{ReadResidence, ResidenceOutcome, ResidenceRegistered, Verified, VerifyPerson},
    portal::{DossierStanding, DossierState, SynchroniseDossier, Synchronised},
    procedures::ReadProcedure,
};
use one_door::{
    FACTS, OneDoor, SCHEMA,
    model::{Actor, Dossier},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use store::Location;
use system::{
    CallError, Carried, Carrier, Exchange, Incoming, Outgoing, Service, System,
    testing::{StandIn, TestRoom},
};
use uuid::Uuid;

/// Friday, 20 November 2026, 9:00 in Vietnam.
pub(crate) const NOW: &str = "2026-11-20T02:00:00Z";
pub(crate) const COMMUNE: &str = "00004";

pub(crate) struct Country {
    pub(crate) test: TestRoom,
    pub(crate) system: Arc<OneDoor>,
    pub(crate) services: Vec<Service>,
    /// What others answer the next times they are asked, by operation; then they answer well.
    faults: Arc<Mutex<HashMap<&'static str, Vec<Problem>>>>,
    calls: Arc<Mutex<Vec<(String, Context)>>>,
}

/// Keeps why each call was made.
struct Witness {
    others: Arc<StandIn>,
    calls: Arc<Mutex<Vec<(String, Context)>>>,
}

#[async_trait::async_trait]
impl Carrier for Witness {
    async fn carry(&self, request: Outgoing) -> Result<Carried, CallError> {
        let called = format!("{}{}", request.service, request.path);
        self.calls.lock().unwrap().push((called, request.context.clone()));
        self.others.carry(request).await
    }

    fn national_provider(&self, system: &str) -> Option<MemberId> {
        self.others.national_provider(system)
    }

    fn member_named(&self, code: &str) -> Option<MemberId> {
        self.others.member_named(code)
    }
}

/// Both engines, each with an empty store.
pub(crate) fn engines() -> [Location; 2] {
    [Location::SqliteMemory, store::testing::postgres().location()]
}

impl Country {
    pub(crate) async fn open() -> Self {
        Self::open_at(&Location::SqliteMemory).await
    }

    pub(crate) async fn open_at(location: &Location) -> Self {
        let mut test = TestRoom::open_at(&FACTS, &SCHEMA, "H26", NOW, location).await;
        test.room.documents = Some(Arc::new(seal()));
        let calls = Arc::default();
        let witness = Witness { others: test.country.clone(), calls: Arc::clone(&calls) };
        test.room.exchange = Exchange::new(test.room.exchange.client().clone(), Arc::new(witness));
        let system = Arc::new(OneDoor::new(test.room.clone()));
        let services = system.clone().services();
        let country = Self { test, system, services, faults: Arc::default(), calls };
        country.others_answer();
        country
    }

    /// The next time that the operation `O` is asked, it fails so.
    pub(crate) fn fails<O: Operation>(&self, problem: Problem) {
        self.faults.lock().unwrap().entry(O::PATH).or_default().push(problem);
    }

    /// From now on the operation `O` is answered so.
    pub(crate) fn answers<O: Operation>(
        &self,
        answer: impl Fn(O::Request) -> Result<O::Answer, Problem> + Send + Sync + 'static,
    ) {
        let faults = self.faults.clone();
        self.test.country.answers::<O>(move |request| {
            match faults.lock().unwrap().get_mut(O::PATH).and_then(Vec::pop) {
                Some(problem) => Err(problem),
                None => answer(request),
            }
        });
    }

    fn others_answer(&self) {
        self.answers::<ReadProcedure>(|asked| match asked.code.as_str() {
            "3.000722" => Ok(samples::joined_procedure()),
            "1.000894" => Ok(contracts::procedures::Procedure { form: None, ..samples::joined_procedure() }),
            _ => Err(Problem::not_found()),
        });
        self.answers::<ReadAgency>(|asked| {
            Ok(Agency {
                code: asked.code,
                old_code: None,
                name: "Ủy ban nhân dân thành phố Hà Nội".into(),
                province: Some("01".into()),
                active: true,
            })
        });
        self.answers::<ReadUnit>(|asked| match asked.code.as_str() {
            COMMUNE => Ok(unit(COMMUNE, "01", UnitLevel::Commune)),
            "26734" => Ok(unit("26734", "79", UnitLevel::Commune)),
            "01" => Ok(unit("01", "", UnitLevel::Province)),
            _ => Err(Problem::not_found()),
        });
        self.answers::<VerifyPerson>(|asked| Ok(Verified { matches: asked.name == "Trần Thị Hoa" }));
        self.answers::<FileBirth>(|_| Ok(Filed { application: Uuid::from_u128(7) }));
        self.answers::<ReadResidence>(|_| {
            let address = Address { commune: COMMUNE.into(), detail: "Số 1 phố Đội Cấn".into() };
            let from = jiff::civil::date(2026, 11, 20);
            let registered = ResidenceRegistered { household: Uuid::from_u128(8), address, from };
            Ok(ResidenceOutcome::Registered(registered))
        });
        self.answers::<LookUpCard>(|asked| {
            Ok(HealthCard {
                card: "TE101 0123456789".into(),
                number: asked.number,
                valid_from: jiff::civil::date(2026, 11, 19),
                valid_to: jiff::civil::date(2033, 9, 30),
                facility: "Trạm y tế phường Ba Đình".into(),
            })
        });
        self.answers::<SynchroniseDossier>(|standing| Ok(Synchronised { submission: standing.submission }));
    }

    /// The same one-door after a restart, with or without a key for signing documents.
    pub(crate) fn restart(&mut self, can_sign: bool) {
        self.test.room.documents = can_sign.then(|| Arc::new(seal()));
        self.system = Arc::new(OneDoor::new(self.test.room.clone()));
        self.services = self.system.clone().services();
    }

    /// Calls an operation as a system of a member.
    pub(crate) async fn ask<O: Operation>(
        &self,
        incoming: Incoming,
        request: &O::Request,
    ) -> Result<O::Answer, Problem> {
        system::testing::ask::<O>(&self.services, incoming, request).await
    }

    /// A call of the portal.
    pub(crate) fn portal(&self) -> Incoming {
        self.caller("VN/GOV/G22/portal")
    }

    /// A call of the civil-status register, by a message of its own.
    pub(crate) fn registrar(&self, message: &str) -> Incoming {
        Incoming { message: message.into(), ..self.caller("VN/GOV/G15/civil-status") }
    }

    pub(crate) fn caller(&self, client: &str) -> Incoming {
        system::testing::incoming(client, Purpose::PROCEDURE, self.test.clock.now())
    }

    /// Hands in the sample dossier.
    pub(crate) async fn submit(&self) -> Dossier {
        self.submit_this(&samples::submission()).await
    }

    pub(crate) async fn submit_this(&self, submission: &Submission) -> Dossier {
        self.ask::<SubmitDossier>(self.portal(), submission).await.expect("the dossier is taken");
        self.dossier(submission.submission).await
    }

    /// Hands in the sample dossier, receives it and works it off as far as the registrar.
    pub(crate) async fn received(&self) -> Dossier {
        let dossier = self.submit().await;
        self.system.receive(&dossier, &officer()).await.expect("the dossier is received");
        assert_eq!(self.work_off().await, Vec::<String>::new());
        self.dossier(dossier.submission).await
    }

    pub(crate) async fn dossier(&self, submission: Uuid) -> Dossier {
        self.system.dossier(submission).await.unwrap().expect("the dossier is there")
    }

    /// Delivers what the registrar decided.
    pub(crate) async fn deliver(&self, message: &str, outcome: Outcome) -> Result<Delivered, Problem> {
        let delivery = Delivery { dossier: code(1), step: "civil-status".into(), outcome };
        self.ask::<DeliverResult>(self.registrar(message), &delivery).await
    }

    /// Works off what is due, one task at a time, and says what failed.
    pub(crate) async fn work_off(&self) -> Vec<String> {
        let (store, clock) = (&self.test.room.store, &self.test.clock);
        let mut failures = Vec::new();
        loop {
            let tasks = store.take_tasks(clock.now(), 1, Duration::from_secs(120)).await.unwrap();
            let Some(task) = tasks.first() else { return failures };
            if let Err(failure) = self.system.perform(task).await {
                let later = clock.now() + Duration::from_secs(60);
                store.fail_task(task.id, later, &failure.fault).await.unwrap();
                failures.push(format!("{}: {}", task.kind, failure.fault));
            }
        }
    }

    /// Lets the waiting time of failed tasks pass.
    pub(crate) fn wait(&self) {
        self.test.clock.advance(jiff::SignedDuration::from_secs(61));
    }

    /// The calls made so far: which operation, for what purpose, on what basis, by whom, in which case.
    pub(crate) fn calls(&self) -> Vec<[String; 5]> {
        let calls = self.calls.lock().unwrap();
        let told = |(called, context): &(String, Context)| {
            let context = context.clone();
            let said = |text: Option<String>| text.unwrap_or_default();
            [called.clone(), context.purpose.0, context.legal_basis.0, said(context.user), said(context.case)]
        };
        calls.iter().map(told).collect()
    }

    /// What the portal was told last.
    pub(crate) fn told(&self) -> DossierStanding {
        self.test.country.asked::<SynchroniseDossier>().pop().expect("the portal was told something")
    }

    /// What the portal was told last, in brief.
    pub(crate) fn told_state(&self) -> (DossierState, Vec<String>) {
        let told = self.told();
        (told.state, told.documents.into_iter().map(|document| document.component).collect())
    }

    pub(crate) async fn indicator(&self, code: &str) -> i64 {
        let indicators = self.system.indicators().await;
        indicators.iter().find(|indicator| indicator.code == code).expect("an indicator").value
    }
}

/// Code of the dossier with a serial of the day of [`NOW`].
pub(crate) fn code(serial: u32) -> String {
    format!("000.00.00.H26-261120-{serial:04}")
}

pub(crate) fn officer() -> Actor {
    Actor { account: "001185000055".into(), name: "Phạm Văn Cửa".into() }
}

pub(crate) fn child() -> PersonalNumber {
    "001326000001".parse().unwrap()
}

/// The registrar's decision to register, with the certificate.
pub(crate) fn registered() -> Outcome {
    let certificate =
        Attachment { component: "GKS".into(), name: "giay-khai-sinh.pdf".into(), ..samples::notice_file() };
    Outcome::Done { results: vec![certificate], person: Some(child()) }
}

pub(crate) fn supplement() -> Outcome {
    Outcome::Supplement { reason: "Thiếu giấy chứng nhận kết hôn của cha, mẹ.".into() }
}

pub(crate) fn refused() -> Outcome {
    Outcome::Refused { reason: "Việc khai sinh thuộc thẩm quyền của nơi khác.".into() }
}

pub(crate) fn down() -> Problem {
    Problem::unavailable("down for the test")
}

fn unit(code: &str, parent: &str, level: UnitLevel) -> Unit {
    Unit {
        code: code.into(),
        level,
        name: "Phường Ba Đình".into(),
        name_en: None,
        parent: Some(parent.into()),
        full_name: "Phường Ba Đình, Thành phố Hà Nội".into(),
        from: None,
        until: None,
    }
}

fn seal() -> signature::Seal {
    let validity = pki::Validity::days(NOW.parse().unwrap(), 365).unwrap();
    let authority = pki::Authority::create("Test authority", validity).unwrap();
    let name = MemberId::agency("H26").to_string();
    let signer = pki::DocumentSigner { common_name: name.clone(), organization: name };
    signature::Seal::new(Arc::new(authority.issue_signer(&signer, validity).unwrap()))
}
