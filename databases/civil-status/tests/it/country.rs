//! The register in a test room, and the country around it.

use civil_status::{
    CivilStatus, FACTS, SCHEMA,
    model::{DecisionKind, Official},
};
use contracts::{
    FieldProblem, PersonalNumber, Problem, Sex,
    agencies::{ReadUnit, Unit, UnitLevel},
    civil_status::{BirthApplication, BirthProgress, BirthStanding, FileBirth, ProgressOf, Registration},
    one_door::{DeliverResult, Delivered, Delivery},
    population::{
        CorrectPerson, Corrected, LookUpPerson, Numbered, PersonView, RegisterBirth, Verified, VerifyPerson,
    },
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::Location;
use system::{Incoming, Service, System, testing::TestRoom};
use uuid::Uuid;

pub(crate) const NOW: &str = "2026-11-21T03:00:00Z";
pub(crate) const COMMUNE: &str = "00004";

/// Which of the others fails just now.
#[derive(Default)]
pub(crate) struct Faults {
    /// The population database is out of reach.
    pub(crate) population: AtomicBool,
    /// It finds that a parent's name is not the one it knows.
    pub(crate) other_name: AtomicBool,
    /// It refuses to follow a correction.
    pub(crate) no_correction: AtomicBool,
    /// It has issued the number, but its answer is lost.
    pub(crate) answer_lost: AtomicBool,
    /// The one-door is out of reach.
    pub(crate) one_door: AtomicBool,
    /// The register of agencies is out of reach.
    pub(crate) agencies: AtomicBool,
}

pub(crate) struct Country {
    pub(crate) test: TestRoom,
    pub(crate) system: Arc<CivilStatus>,
    pub(crate) services: Vec<Service>,
    pub(crate) faults: Arc<Faults>,
    numbers: Arc<Mutex<HashMap<Uuid, PersonalNumber>>>,
}

/// Both engines, each with an empty store.
pub(crate) fn engines() -> [Location; 2] {
    [Location::SqliteMemory, store::testing::postgres().location()]
}

impl Country {
    pub(crate) async fn open() -> Self {
        Self::open_at(&Location::SqliteMemory, true).await
    }

    pub(crate) async fn open_at(location: &Location, can_sign: bool) -> Self {
        let mut test = TestRoom::open_at(&FACTS, &SCHEMA, "G15", NOW, location).await;
        if can_sign {
            test.room.documents = Some(Arc::new(seal()));
        }
        let system = Arc::new(CivilStatus::new(test.room.clone()));
        let services = system.clone().services();
        let country = Self { test, system, services, faults: Arc::default(), numbers: Arc::default() };
        country.others_answer();
        country
    }

    /// The same register after a restart, now with a key for signing.
    pub(crate) fn restart_with_key(&mut self) {
        self.test.room.documents = Some(Arc::new(seal()));
        self.system = Arc::new(CivilStatus::new(self.test.room.clone()));
        self.services = self.system.clone().services();
    }

    fn others_answer(&self) {
        let others = &self.test.country;
        let faults = self.faults.clone();
        others.answers::<ReadUnit>(move |asked| {
            down(&faults.agencies)?;
            match asked.code.as_str() {
                COMMUNE => Ok(unit(COMMUNE, "Phường Ba Đình, Thành phố Hà Nội")),
                "00008" => Ok(unit("00008", "Phường Ngọc Hà, Thành phố Hà Nội")),
                _ => Err(Problem::not_found()),
            }
        });
        let (faults, numbers) = (self.faults.clone(), self.numbers.clone());
        others.answers::<RegisterBirth>(move |newborn| {
            down(&faults.population)?;
            if faults.other_name.load(Ordering::SeqCst) {
                return Err(Problem::invalid(vec![FieldProblem {
                    field: "mother.number".into(),
                    code: "another-name".into(),
                    vi: "Họ tên không khớp với số định danh.".into(),
                    en: "Name and personal number don't belong together.".into(),
                }]));
            }
            let mut numbers = numbers.lock().unwrap();
            let next = u32::try_from(numbers.len()).unwrap();
            let number = *numbers.entry(newborn.registration).or_insert_with(|| {
                PersonalNumber::compose(1, newborn.sex, newborn.birth_date.year(), next).unwrap()
            });
            down(&faults.answer_lost)?;
            Ok(Numbered { number })
        });
        let faults = self.faults.clone();
        others.answers::<CorrectPerson>(move |correction| {
            down(&faults.population)?;
            if faults.no_correction.load(Ordering::SeqCst) {
                return Err(Problem::not_found());
            }
            Ok(Corrected { number: correction.number, known_from: NOW.parse().unwrap() })
        });
        let faults = self.faults.clone();
        others.answers::<DeliverResult>(move |delivery: Delivery| {
            down(&faults.one_door)?;
            Ok(Delivered { dossier: delivery.dossier })
        });
        let faults = self.faults.clone();
        others.answers::<VerifyPerson>(move |asked| {
            down(&faults.population)?;
            Ok(Verified { matches: asked.number.sex() == Sex::Female })
        });
        others.answers::<LookUpPerson>(|asked| Ok(view(asked.number)));
    }

    /// Files an application as the one-door of Hà Nội.
    pub(crate) async fn file(&self, application: &BirthApplication) -> Result<Uuid, Problem> {
        self.ask::<FileBirth>("H26", application).await.map(|filed| filed.application)
    }

    /// Calls an operation as the one-door of a member.
    pub(crate) async fn ask<O: contracts::Operation>(
        &self,
        member: &str,
        request: &O::Request,
    ) -> Result<O::Answer, Problem> {
        self.ask_as::<O>(self.incoming(member), request).await
    }

    /// Calls an operation in this way.
    pub(crate) async fn ask_as<O: contracts::Operation>(
        &self,
        incoming: Incoming,
        request: &O::Request,
    ) -> Result<O::Answer, Problem> {
        system::testing::ask::<O>(&self.services, incoming, request).await
    }

    pub(crate) fn incoming(&self, member: &str) -> Incoming {
        let client = format!("VN/GOV/{member}/one-door");
        system::testing::incoming(&client, contracts::Purpose::PROCEDURE, self.test.clock.now())
    }

    /// Decides an application as it now stands.
    pub(crate) async fn decide(&self, application: Uuid, kind: DecisionKind, reason: &str) {
        let application = self.system.application(application).await.unwrap().unwrap();
        self.system.decide(&application, kind, reason, registrar()).await.expect("the decision is taken");
    }

    /// Works off what is due, one task at a time, and says what failed.
    pub(crate) async fn work_off(&self) -> Vec<String> {
        let (store, clock) = (&self.test.room.store, &self.test.clock);
        let mut failures = Vec::new();
        loop {
            let tasks = store.take_tasks(clock.now(), 16, Duration::from_secs(120)).await.unwrap();
            if tasks.is_empty() {
                return failures;
            }
            for task in tasks {
                if let Err(failure) = self.system.perform(&task).await {
                    let later = clock.now() + Duration::from_secs(60);
                    store.fail_task(task.id, later, &failure.fault).await.unwrap();
                    failures.push(format!("{}: {}", task.kind, failure.fault));
                }
            }
        }
    }

    /// Lets the waiting time of failed tasks pass.
    pub(crate) fn wait(&self) {
        self.test.clock.advance(jiff::SignedDuration::from_secs(61));
    }

    /// Files, registers and works off an application.
    pub(crate) async fn registered(&self, application: &BirthApplication) -> Registration {
        let filed = self.file(application).await.expect("the application is filed");
        self.decide(filed, DecisionKind::Register, "").await;
        assert_eq!(self.work_off().await, Vec::<String>::new());
        self.registration(&application.dossier).await
    }

    pub(crate) async fn registration(&self, dossier: &str) -> Registration {
        match self.progress(dossier).await {
            BirthStanding::Registered(registration) => registration,
            other => panic!("not registered: {other:?}"),
        }
    }

    pub(crate) async fn progress(&self, dossier: &str) -> BirthStanding {
        let request = ProgressOf { dossier: dossier.into() };
        self.ask::<BirthProgress>("H26", &request).await.expect("the application is there")
    }

    /// How many personal numbers the population database has issued.
    pub(crate) fn numbers_issued(&self) -> usize {
        self.numbers.lock().unwrap().len()
    }

    /// What was sent to the one-door, failed tries included.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.test.country.asked::<DeliverResult>()
    }

    pub(crate) async fn indicator(&self, code: &str) -> i64 {
        let indicators = self.system.indicators().await;
        indicators.iter().find(|indicator| indicator.code == code).expect("an indicator").value
    }
}

pub(crate) fn registrar() -> Official {
    Official { account: "001190000077".into(), name: "Lê Thị Hộ Tịch".into() }
}

fn down(fault: &AtomicBool) -> Result<(), Problem> {
    if fault.load(Ordering::SeqCst) { Err(Problem::unavailable("down for the test")) } else { Ok(()) }
}

fn unit(code: &str, full_name: &str) -> Unit {
    Unit {
        code: code.into(),
        level: UnitLevel::Commune,
        name: full_name.split(',').next().unwrap().into(),
        name_en: None,
        parent: Some("01".into()),
        full_name: full_name.into(),
        from: None,
        until: None,
    }
}

fn view(number: PersonalNumber) -> PersonView {
    PersonView {
        number,
        name: None,
        birth_date: None,
        sex: None,
        ethnicity: Some("02".into()),
        nationality: Some("VN".into()),
        birth_place: None,
        hometown: None,
        marital_status: None,
        mother: None,
        father: None,
        spouse: None,
        residence: None,
        death_date: None,
    }
}

fn seal() -> signature::Seal {
    let validity = pki::Validity::days(NOW.parse().unwrap(), 365).unwrap();
    let authority = pki::Authority::create("Test authority", validity).unwrap();
    let signer =
        pki::DocumentSigner { common_name: "Bộ Tư pháp".into(), organization: "Bộ Tư pháp".into() };
    signature::Seal::new(Arc::new(authority.issue_signer(&signer, validity).unwrap()))
}
