//! A small country for the tests: a family, people around it, and the register of units that knows two communes.

use contracts::{
    Context, PersonName, PersonalNumber, Problem, Purpose, Sex,
    agencies::{ReadUnit, Unit, UnitLevel},
    person::Address,
    population::{MaritalStatus, Newborn, Relation, Relative},
};
use jiff::civil::{Date, date};
use population::{
    FACTS, Population, SCHEMA,
    model::{Dwelling, Home, HouseholdKey, Kin, Person},
    seed::{self, SeededHousehold},
};
use std::sync::Arc;
use store::Location;
use system::{Incoming, Service, System, testing::TestRoom};
use uuid::Uuid;

pub(crate) const NOW: &str = "2026-11-21T03:00:00Z";
pub(crate) const TODAY: Date = date(2026, 11, 21);
pub(crate) const MOTHER: &str = "001195000001";
pub(crate) const FATHER: &str = "001092000001";
pub(crate) const DEAD_FATHER: &str = "001090000009";
pub(crate) const AUNT: &str = "001190000002";
pub(crate) const SON: &str = "001220000003";
pub(crate) const FOREIGNERS_CHILD: &str = "001224000004";
pub(crate) const NOBODY: &str = "001190999999";

/// The register with its room and services.
pub(crate) struct Country {
    pub(crate) room: TestRoom,
    pub(crate) services: Vec<Service>,
    pub(crate) population: Arc<Population>,
}

impl Country {
    pub(crate) async fn new() -> Self {
        Self::at(&Location::SqliteMemory).await
    }

    pub(crate) async fn at(location: &Location) -> Self {
        let room = TestRoom::open_at(&FACTS, &SCHEMA, "G01", NOW, location).await;
        if seed::loaded(&room.room.store).await.unwrap().people == 0 {
            seed::load(&room.room.store, households().into_iter(), &mut |_| ()).await.unwrap();
        }
        room.country.answers::<ReadUnit>(|asked| match asked.code.as_str() {
            "00004" => Ok(unit("00004", UnitLevel::Commune, Some("01"))),
            "26506" => Ok(unit("26506", UnitLevel::Commune, Some("79"))),
            "01" => Ok(unit("01", UnitLevel::Province, None)),
            "00001" => {
                Ok(Unit { until: Some(date(2025, 7, 1)), ..unit("00001", UnitLevel::Commune, Some("001")) })
            }
            _ => Err(Problem::not_found()),
        });
        let population = Arc::new(Population::new(room.room.clone()));
        let services = population.clone().services();
        Self { room, services, population }
    }

    pub(crate) async fn ask<O: contracts::Operation>(
        &self,
        incoming: Incoming,
        request: &O::Request,
    ) -> Result<O::Answer, Problem> {
        system::testing::ask::<O>(&self.services, incoming, request).await
    }

    /// A call of civil status.
    pub(crate) fn civil_status(&self) -> Incoming {
        self.call(Purpose::CIVIL_STATUS)
    }

    /// A call for a purpose, by a system that all purposes are plausible for.
    pub(crate) fn call(&self, purpose: &str) -> Incoming {
        system::testing::incoming("VN/GOV/H26/one-door", purpose, self.room.clock.now())
    }

    /// A call for own data by this person.
    pub(crate) fn own(&self, user: &str) -> Incoming {
        let mut incoming = self.call(Purpose::OWN_DATA);
        incoming.context = Context::new(Purpose::OWN_DATA, "91/2025/QH15:4").by(user);
        incoming
    }

    /// Events told so far, by type and subject.
    pub(crate) async fn events(&self) -> Vec<(String, String)> {
        let events = self.room.room.store.pending_events(0, 10_000).await.unwrap();
        events.into_iter().map(|pending| (pending.event.event_type, pending.event.subject)).collect()
    }
}

fn unit(code: &str, level: UnitLevel, parent: Option<&str>) -> Unit {
    Unit {
        code: code.into(),
        level,
        name: format!("Phường {code}"),
        name_en: None,
        parent: parent.map(str::to_owned),
        full_name: format!("Phường {code}, Thành phố"),
        from: None,
        until: None,
    }
}

pub(crate) fn number(text: &str) -> PersonalNumber {
    text.parse().unwrap()
}

pub(crate) fn name(full: &str) -> PersonName {
    PersonName::split(full).unwrap()
}

pub(crate) fn place(commune: &str) -> Address {
    Address { commune: commune.into(), detail: String::new() }
}

fn person(of: &str, full: &str, born: Date, sex: Sex, home: (i64, Relation)) -> Person {
    Person {
        number: number(of),
        name: name(full),
        birth_date: born,
        sex,
        ethnicity: 1,
        nationality: "VN".into(),
        birth_place: place("00004"),
        hometown: place("00004"),
        marital_status: MaritalStatus::Single,
        mother: None,
        father: None,
        spouse: None,
        home: Some(Home { household: HouseholdKey(home.0), relation: home.1 }),
        death_date: None,
    }
}

/// A couple with a son, the mother's sister alone, a man who died, and a child with a foreign father.
fn households() -> Vec<SeededHousehold> {
    let kin = |of: &str| Some(Kin::Numbered(number(of)));
    let couple = |of: &str, person: Person| Person {
        marital_status: MaritalStatus::Married,
        spouse: kin(of),
        ..person
    };
    let father =
        couple(MOTHER, person(FATHER, "Nguyễn Văn Bình", date(1992, 3, 4), Sex::Male, (1, Relation::Head)));
    let mother =
        couple(FATHER, person(MOTHER, "Trần Thị Hoà", date(1995, 2, 1), Sex::Female, (1, Relation::Spouse)));
    let son = Person {
        mother: kin(MOTHER),
        father: kin(FATHER),
        ..person(SON, "Nguyễn Minh Khôi", date(2020, 5, 6), Sex::Male, (1, Relation::Child))
    };
    let dead = Person {
        death_date: Some(date(2026, 3, 1)),
        ..person(DEAD_FATHER, "Lê Văn Tám", date(1990, 1, 1), Sex::Male, (2, Relation::Other))
    };
    let aunt = person(AUNT, "Trần Thị Liên", date(1990, 7, 8), Sex::Female, (2, Relation::Head));
    let foreign = Person {
        mother: kin(AUNT),
        father: Some(Kin::Named(PersonName {
            family: "Dupont".into(),
            middle: String::new(),
            given: "Jean".into(),
        })),
        nationality: "FR".into(),
        birth_place: Address { commune: "00004".into(), detail: "Bệnh viện Phụ sản".into() },
        ..person(FOREIGNERS_CHILD, "Dupont Mai", date(2024, 1, 2), Sex::Male, (2, Relation::Child))
    };
    let dwelling = |key, detail: &str| Dwelling {
        household: HouseholdKey(key),
        address: Address { commune: "00004".into(), detail: detail.into() },
    };
    vec![
        SeededHousehold {
            dwelling: dwelling(1, "Số 1 phố Lê Lợi"), members: vec![father, mother, son]
        },
        SeededHousehold {
            dwelling: dwelling(2, "Số 2 phố Lê Lợi"), members: vec![aunt, dead, foreign]
        },
    ]
}

pub(crate) fn relative(of: &str, full: &str) -> Option<Relative> {
    Some(Relative { number: Some(number(of)), name: name(full) })
}

/// A daughter of the couple, registered under an id of her own.
pub(crate) fn newborn(registration: u128) -> Newborn {
    Newborn {
        registration: Uuid::from_u128(registration),
        name: name("Nguyễn Minh Anh"),
        sex: Sex::Female,
        birth_date: date(2026, 11, 1),
        birth_place: Address {
            commune: "00004".into(), detail: "Bệnh viện Phụ sản Hà Nội".into()
        },
        hometown: place("00004"),
        ethnicity: "01".into(),
        nationality: "VN".into(),
        registered_at: "00004".into(),
        mother: relative(MOTHER, "Trần Thị Hòa"),
        father: relative(FATHER, "Nguyễn Văn Bình"),
    }
}
