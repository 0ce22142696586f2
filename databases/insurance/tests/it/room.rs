//! The register in a test room.

use contracts::{
    PersonName, PersonalNumber, Problem, Purpose, Sex,
    agencies::{ReadUnit, Unit, UnitLevel},
    events::{CloudEvent, SPEC_VERSION},
    insurance::{CardOf, HealthCard, LookUpCard, TakePersonNumbered},
    person::Address,
    population::{LookUpPerson, PersonNumbered, PersonView},
};
use insurance::{FACTS, Insurance, SCHEMA, model::NewMember};
use jiff::civil::date;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use store::Location;
use system::{
    Incoming, Service, System,
    testing::{TestRoom, ask},
};
use uuid::Uuid;

pub(crate) const ROOM: &str = "VN/GOV/G01/events";
pub(crate) const NOW: &str = "2026-11-21T03:00:00Z";

pub(crate) struct Register {
    pub(crate) test: TestRoom,
    pub(crate) system: Arc<Insurance>,
    pub(crate) services: Vec<Service>,
    /// Whom the population database shows.
    people: Arc<Mutex<HashMap<PersonalNumber, NewMember>>>,
}

/// The event that somebody got a number.
pub(crate) fn numbered(subject: &str) -> CloudEvent<PersonNumbered> {
    CloudEvent {
        specversion: SPEC_VERSION.into(),
        id: Uuid::from_u128(7),
        source: "/VN/GOV/G01/population".into(),
        event_type: "person.numbered".into(),
        subject: Some(subject.into()),
        time: jiff::Timestamp::UNIX_EPOCH,
        datacontenttype: Some("application/json".into()),
        partitionkey: None,
        sequence: Some("1".into()),
        data: PersonNumbered { registration: Uuid::from_u128(1), registered_at: "00004".into() },
    }
}

/// A child as the population database shows it; without a commune it has no residence yet.
fn shown(child: &NewMember) -> PersonView {
    let mut view: PersonView = serde_json::from_value(serde_json::json!({ "number": child.number }))
        .expect("a person of whom nothing is shown");
    view.name = Some(child.name.clone());
    view.sex = Some(child.sex);
    view.birth_date = Some(child.birth_date);
    view.residence = Some(child.residence.clone()).filter(|residence| !residence.commune.is_empty());
    view
}

/// Both engines, each with an empty store.
pub(crate) fn engines() -> [Location; 2] {
    [Location::SqliteMemory, store::testing::postgres().location()]
}

impl Register {
    pub(crate) async fn open() -> Self {
        Self::open_at(&Location::SqliteMemory).await
    }

    pub(crate) async fn open_at(location: &Location) -> Self {
        let test = TestRoom::open_at(&FACTS, &SCHEMA, "G12.BHXH", NOW, location).await;
        test.country.answers::<ReadUnit>(|asked| match asked.code.as_str() {
            "00004" => Ok(unit("00004", "Phường Ba Đình", UnitLevel::Commune, Some("01"))),
            "26734" => Ok(unit("26734", "Phường Sài Gòn", UnitLevel::Commune, Some("79"))),
            "00001" => Ok(unit("00001", "Phường Phúc Xá", UnitLevel::Commune, Some("001"))),
            "00002" => Ok(unit("00002", "Thành phố Hà Nội", UnitLevel::Province, None)),
            "00503" => Err(Problem::unavailable("down for the test")),
            _ => Err(Problem::not_found()),
        });
        let people: Arc<Mutex<HashMap<PersonalNumber, NewMember>>> = Arc::default();
        let known = Arc::clone(&people);
        test.country.answers::<LookUpPerson>(move |asked| {
            known.lock().unwrap().get(&asked.number).map(shown).ok_or_else(Problem::not_found)
        });
        let system = Arc::new(Insurance::new(test.room.clone()));
        let services = system.clone().services();
        Self { test, system, services, people }
    }

    pub(crate) fn incoming(&self, purpose: &str) -> Incoming {
        system::testing::incoming("VN/GOV/H26/one-door", purpose, self.test.clock.now())
    }

    /// Tells that somebody got a number.
    pub(crate) async fn told(&self, room: &str, event: &CloudEvent<PersonNumbered>) -> Result<(), Problem> {
        let incoming = system::testing::incoming(room, Purpose::HEALTH_INSURANCE, self.test.clock.now());
        ask::<TakePersonNumbered>(&self.services, incoming, event).await.map(drop)
    }

    /// The population database shows this child from now on.
    pub(crate) fn population_shows(&self, child: &NewMember) {
        self.people.lock().unwrap().insert(child.number, child.clone());
    }

    /// The child gets its number and, if it is insured, a card.
    pub(crate) async fn register(&self, child: &NewMember) -> Result<HealthCard, Problem> {
        self.population_shows(child);
        self.told(ROOM, &numbered(&child.number.to_string())).await?;
        self.look_up(child.number, Purpose::HEALTH_INSURANCE, None).await
    }

    pub(crate) async fn look_up(
        &self,
        number: PersonalNumber,
        purpose: &str,
        user: Option<&str>,
    ) -> Result<HealthCard, Problem> {
        let mut incoming = self.incoming(purpose);
        incoming.context.user = user.map(str::to_owned);
        ask::<LookUpCard>(&self.services, incoming, &CardOf { number }).await
    }

    pub(crate) async fn indicator(&self, code: &str) -> i64 {
        let indicators = self.system.indicators().await;
        indicators.iter().find(|indicator| indicator.code == code).expect("an indicator").value
    }
}

/// A girl born on 11 November 2026, the `n`th of her day.
pub(crate) fn newborn(n: u32) -> NewMember {
    NewMember {
        number: PersonalNumber::compose(1, Sex::Female, 2026, n).unwrap(),
        name: PersonName::split("Nguyễn Thị Minh An").unwrap(),
        sex: Sex::Female,
        birth_date: date(2026, 11, 11),
        residence: Address { commune: "00004".into(), detail: "Số 1 phố Đội Cấn".into() },
        dossier: format!("H26-{n}"),
    }
}

fn unit(code: &str, name: &str, level: UnitLevel, parent: Option<&str>) -> Unit {
    Unit {
        code: code.into(),
        level,
        name: name.into(),
        name_en: None,
        parent: parent.map(str::to_owned),
        full_name: name.into(),
        from: None,
        until: None,
    }
}
