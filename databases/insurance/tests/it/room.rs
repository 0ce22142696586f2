//! The register in a test room.

use contracts::{
    PersonName, PersonalNumber, Problem, Purpose, Sex,
    agencies::{ReadUnit, Unit, UnitLevel},
    insurance::{CardOf, HealthCard, LookUpCard, NewMember, RegisterNewborn},
    person::Address,
};
use insurance::{FACTS, Insurance, SCHEMA};
use jiff::civil::date;
use std::sync::Arc;
use store::Location;
use system::{
    Incoming, Service, System,
    testing::{TestRoom, ask},
};

pub(crate) const NOW: &str = "2026-11-21T03:00:00Z";

pub(crate) struct Register {
    pub(crate) test: TestRoom,
    pub(crate) system: Arc<Insurance>,
    pub(crate) services: Vec<Service>,
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
        let system = Arc::new(Insurance::new(test.room.clone()));
        let services = system.clone().services();
        Self { test, system, services }
    }

    pub(crate) fn incoming(&self, purpose: &str) -> Incoming {
        system::testing::incoming("VN/GOV/H26/one-door", purpose, self.test.clock.now())
    }

    pub(crate) async fn register(&self, member: &NewMember) -> Result<HealthCard, Problem> {
        ask::<RegisterNewborn>(&self.services, self.incoming(Purpose::HEALTH_INSURANCE), member).await
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
