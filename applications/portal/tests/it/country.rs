//! The portal in a test room, and the country around it.

use async_trait::async_trait;
use contracts::{
    FieldProblem, MemberId, PersonName, PersonalNumber, Problem, Sex,
    agencies::{Agency, FindUnits, ReadAgency, ReadUnit, Unit, UnitLevel, Units},
    one_door::{Attachment, Submission, SubmitDossier, Submitted, SupplyMore, WithdrawDossier},
    person::Address,
    population::{Access, Accesses, ListAccesses, LookUp, LookUpPerson, PersonField, PersonView, Relative},
    portal::{DossierStanding, DossierState, SynchroniseDossier, Synchronised},
    procedures::{
        Bilingual, Component, FindProcedures, Procedure, ProcedureLine, ProcedureResult, Procedures,
        ReadProcedure, Step, TimeLimit,
    },
};
use jiff::civil::date;
use portal::{FACTS, Portal, SCHEMA};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU16, Ordering},
    },
    time::Duration,
};
use store::Location;
use system::{
    CallError, Carried, Carrier, Exchange, Outgoing, Service, System,
    testing::{StandIn, TestRoom},
};
use uuid::Uuid;

pub(crate) const NOW: &str = "2026-11-21T03:00:00Z";
pub(crate) const MOTHER: &str = "001195000001";
pub(crate) const FATHER: &str = "001093000002";
/// Married to nobody.
pub(crate) const ALONE: &str = "001195000003";
/// Lives in a province whose node has not joined.
pub(crate) const FAR_AWAY: &str = "079195000004";
/// The register does not know where they live.
pub(crate) const INCOMPLETE: &str = "001195000005";
pub(crate) const JOINED: &str = "3.000722";

/// What goes wrong just now.
#[derive(Default)]
pub(crate) struct Faults {
    pub(crate) population: AtomicBool,
    pub(crate) agencies: AtomicBool,
    pub(crate) procedures: AtomicBool,
    /// The one-door is out of reach.
    pub(crate) one_door: AtomicBool,
    /// It has taken what was brought, but its answer is lost.
    pub(crate) answer_lost: AtomicBool,
    /// It refuses with this status; 0 for not at all.
    pub(crate) refusal: AtomicU16,
}

/// The directory of a country where only the province of H26 has joined.
struct Directory(Arc<StandIn>);

#[async_trait]
impl Carrier for Directory {
    async fn carry(&self, request: Outgoing) -> Result<Carried, CallError> {
        self.0.carry(request).await
    }

    fn national_provider(&self, system: &str) -> Option<MemberId> {
        self.0.national_provider(system)
    }

    fn member_named(&self, code: &str) -> Option<MemberId> {
        (code == "H26").then(|| MemberId::agency(code))
    }
}

pub(crate) struct Country {
    pub(crate) test: TestRoom,
    pub(crate) system: Arc<Portal>,
    pub(crate) services: Vec<Service>,
    pub(crate) faults: Arc<Faults>,
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
        let mut test = TestRoom::open_at(&FACTS, &SCHEMA, "G22", NOW, location).await;
        let client = test.room.exchange.client().clone();
        test.room.exchange = Exchange::new(client, Arc::new(Directory(test.country.clone())));
        let system = Arc::new(Portal::new(test.room.clone()));
        let services = system.clone().services();
        let country = Self { test, system, services, faults: Arc::default() };
        country.registers_answer();
        country.one_door_answers();
        country
    }

    fn registers_answer(&self) {
        let others = &self.test.country;
        let faults = self.faults.clone();
        others.answers::<FindProcedures>(move |_| {
            down(&faults.procedures)?;
            let line = |code: &str, online| ProcedureLine {
                code: code.into(),
                name: both("Liên thông khai sinh", "Joined registration of birth"),
                sector: both("Liên thông", "Joined procedures"),
                online,
            };
            Ok(Procedures {
                procedures: vec![line(JOINED, true), line("1.000894", false), line("2.000806", false)],
            })
        });
        let faults = self.faults.clone();
        others.answers::<ReadProcedure>(move |asked| {
            down(&faults.procedures)?;
            match asked.code.as_str() {
                JOINED => Ok(procedure(&asked.code, Some("birth"))),
                "1.000894" => Ok(procedure(&asked.code, None)),
                _ => Err(Problem::not_found()),
            }
        });
        let faults = self.faults.clone();
        others.answers::<LookUpPerson>(move |asked| {
            down(&faults.population)?;
            person(&asked).ok_or_else(Problem::not_found)
        });
        let faults = self.faults.clone();
        others.answers::<ReadUnit>(move |asked| {
            down(&faults.agencies)?;
            unit(&asked.code).ok_or_else(Problem::not_found)
        });
        let faults = self.faults.clone();
        others.answers::<FindUnits>(move |asked| {
            down(&faults.agencies)?;
            let found = store::fold(&asked.text) == "cua nam";
            Ok(Units { units: found.then(|| unit("00070").unwrap()).into_iter().collect(), more: false })
        });
        others.answers::<ReadAgency>(|asked| {
            let name = format!("Cơ quan {}", asked.code);
            Ok(Agency { code: asked.code, old_code: None, name, province: None, active: true })
        });
        let faults = self.faults.clone();
        others.answers::<ListAccesses>(move |_| {
            down(&faults.population)?;
            let access = Access {
                at: NOW.parse().unwrap(),
                client: "VN/GOV/H26/one-door".into(),
                purpose: "procedure".into(),
                legal_basis: "61/2018/ND-CP:17".into(),
                fields: vec![PersonField::Name, PersonField::Residence],
                message: "m-1".into(),
            };
            Ok(Accesses { accesses: vec![access], more: true })
        });
    }

    fn one_door_answers(&self) {
        let others = &self.test.country;
        let faults = self.faults.clone();
        others.answers::<SubmitDossier>(move |submission| answer(&faults, submission.submission));
        let faults = self.faults.clone();
        others.answers::<SupplyMore>(move |supplement| answer(&faults, supplement.submission));
        let faults = self.faults.clone();
        others.answers::<WithdrawDossier>(move |withdrawal| answer(&faults, withdrawal.submission));
    }

    /// Reports as the one-door of a member.
    pub(crate) async fn report(
        &self,
        client: &str,
        standing: &DossierStanding,
    ) -> Result<Synchronised, Problem> {
        let incoming =
            system::testing::incoming(client, contracts::Purpose::PROCEDURE, self.test.clock.now());
        system::testing::ask::<SynchroniseDossier>(&self.services, incoming, standing).await
    }

    /// Works off what is due, and says what failed.
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

    /// What was handed in, failed tries included.
    pub(crate) fn submissions(&self) -> Vec<Submission> {
        self.test.country.asked::<SubmitDossier>()
    }

    /// Its figure; nothing when there is none.
    pub(crate) async fn indicator(&self, code: &str) -> Option<i64> {
        let indicators = self.system.indicators().await;
        indicators.iter().find(|indicator| indicator.code == code).map(|indicator| indicator.value)
    }
}

/// A report that a dossier is in a state.
pub(crate) fn standing(submission: Uuid, revision: u32, state: DossierState) -> DossierStanding {
    DossierStanding {
        submission,
        revision,
        dossier: Some("H26-261121-0001".into()),
        state,
        at: NOW.parse().unwrap(),
        due_at: Some("2026-11-26T10:00:00Z".parse().unwrap()),
        note: None,
        notice: None,
        documents: Vec::new(),
        facts: Vec::new(),
    }
}

/// A document of a report.
pub(crate) fn attachment(component: &str, name: &str, media_type: &str, content: &[u8]) -> Attachment {
    use base64::{Engine, engine::general_purpose::STANDARD};
    Attachment {
        component: component.into(),
        name: name.into(),
        media_type: media_type.into(),
        content_base64: STANDARD.encode(content),
    }
}

fn answer(faults: &Faults, submission: Uuid) -> Result<Submitted, Problem> {
    down(&faults.one_door)?;
    down(&faults.answer_lost)?;
    match faults.refusal.load(Ordering::SeqCst) {
        0 => Ok(Submitted { submission }),
        422 => Err(Problem::invalid(vec![FieldProblem {
            field: "form.child.name.given".into(),
            code: "not-allowed".into(),
            vi: "Tên này đã dùng rồi".into(),
            en: "This name is taken".into(),
        }])),
        status => Err(Problem::new(
            status,
            "already-submitted",
            "Đã có hồ sơ khác của trẻ này.",
            "Another dossier names this child.",
        )),
    }
}

fn down(fault: &AtomicBool) -> Result<(), Problem> {
    if fault.load(Ordering::SeqCst) { Err(Problem::unavailable("down for the test")) } else { Ok(()) }
}

fn both(vi: &str, en: &str) -> Bilingual {
    Bilingual { vi: vi.into(), en: en.into() }
}

fn procedure(code: &str, form: Option<&str>) -> Procedure {
    Procedure {
        code: code.into(),
        name: both("Liên thông khai sinh", "Joined registration of birth"),
        sector: both("Liên thông", "Joined procedures"),
        from: date(2026, 7, 1),
        until: None,
        authority: UnitLevel::Commune,
        form: form.map(str::to_owned),
        components: vec![
            Component {
                code: "notice".into(),
                name: both("Giấy chứng sinh", "Birth notice"),
                required: true,
                held_by: None,
            },
            Component {
                code: "residence".into(),
                name: both("Nơi cư trú", "Residence"),
                required: false,
                held_by: Some("population".into()),
            },
        ],
        fees: Vec::new(),
        time_limit: TimeLimit::WorkingDays(4),
        steps: vec![Step {
            code: "civil-status".into(),
            name: both("Đăng ký khai sinh", "Registration of the birth"),
            member: "VN/GOV/G15".into(),
            operation: "civil-status/births/applications".into(),
            after: Vec::new(),
            time_limit: TimeLimit::SameDay,
            citation: "60/2014/QH13".into(),
        }],
        results: vec![ProcedureResult {
            code: "GKS".into(),
            name: both("Giấy khai sinh", "Birth certificate"),
        }],
        citation: "Nghị định 63/2024/NĐ-CP".into(),
    }
}

fn unit(code: &str) -> Option<Unit> {
    let (name, province) = match code {
        "00004" => ("Phường Ba Đình, Thành phố Hà Nội", "01"),
        "00008" => ("Phường Ngọc Hà, Thành phố Hà Nội", "01"),
        "00070" => ("Phường Cửa Nam, Thành phố Hà Nội", "01"),
        "26740" => ("Phường Sài Gòn, Thành phố Hồ Chí Minh", "79"),
        _ => return None,
    };
    Some(Unit {
        code: code.into(),
        level: UnitLevel::Commune,
        name: name.split(',').next().unwrap().into(),
        name_en: None,
        parent: Some(province.into()),
        full_name: name.into(),
        from: None,
        until: None,
    })
}

/// People of the population database, cut to the fields asked for.
fn person(asked: &LookUp) -> Option<PersonView> {
    let (name, born, ethnicity, commune, spouse) = match asked.number.to_string().as_str() {
        MOTHER => ("Trần Thị Hoa", date(1995, 5, 6), "01", "00004", Some(FATHER)),
        FATHER => ("Nguyễn Văn Bình", date(1993, 3, 4), "02", "00008", Some(MOTHER)),
        ALONE => ("Lê Thị Một", date(1995, 5, 6), "01", "00004", None),
        FAR_AWAY => ("Phạm Thị Xa", date(1995, 5, 6), "01", "26740", None),
        INCOMPLETE => ("Vũ Thị Thiếu", date(1995, 5, 6), "01", "", None),
        _ => return None,
    };
    let wants = |field: PersonField| asked.fields.contains(&field);
    let address = |detail: &str| Address { commune: commune.into(), detail: detail.into() };
    let relative = |number: &str| Relative {
        number: number.parse().ok(),
        name: PersonName::split("Người Thân").unwrap(),
    };
    let sex = if asked.number.sex() == Sex::Female { Sex::Female } else { Sex::Male };
    Some(PersonView {
        number: asked.number,
        name: PersonName::split(name).filter(|_| wants(PersonField::Name)),
        birth_date: Some(born).filter(|_| wants(PersonField::BirthDate)),
        sex: Some(sex).filter(|_| wants(PersonField::Sex)),
        ethnicity: Some(ethnicity.to_owned()).filter(|_| wants(PersonField::Ethnicity)),
        nationality: Some("VN".to_owned()).filter(|_| wants(PersonField::Nationality)),
        birth_place: None,
        hometown: Some(address("")).filter(|_| !commune.is_empty() && wants(PersonField::Hometown)),
        marital_status: None,
        mother: None,
        father: None,
        spouse: spouse.map(relative).filter(|_| wants(PersonField::Spouse)),
        residence: Some(address("Số 1")).filter(|_| !commune.is_empty() && wants(PersonField::Residence)),
        death_date: None,
    })
}

/// A number of somebody who is in no register.
pub(crate) fn stranger() -> PersonalNumber {
    "001190000099".parse().unwrap()
}
