//! The system in a test room, with a small country of units: a ward and a commune of Hà Nội that were made of former ones on
//! 1 July 2025, one of which was split.

use contracts::{
    Problem, Purpose, Sex,
    agencies::{ReadUnit, RelatedUnit, SucceedUnit, Succession, Unit, UnitLevel},
    civil_status::BirthCounted,
    events::{CloudEvent, SPEC_VERSION},
    reporting::{CountedBy, Figures, FiguresOf, IndicatorCode, Period, ReadFigures, TakeBirth},
};
use jiff::civil::{Date, date};
use reporting::{FACTS, Reporting, SCHEMA};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use store::Location;
use system::{
    Service, System,
    testing::{TestRoom, ask},
};
use uuid::Uuid;

pub(crate) const ROOM: &str = "VN/GOV/G15/events";
pub(crate) const NOW: &str = "2026-11-21T03:00:00Z";
const MERGER: Date = date(2025, 7, 1);

pub(crate) struct Site {
    pub(crate) test: TestRoom,
    pub(crate) system: Arc<Reporting>,
    pub(crate) services: Vec<Service>,
    /// How many units were read.
    pub(crate) lookups: Arc<AtomicUsize>,
}

/// Both engines, each with an empty store.
pub(crate) fn engines() -> [Location; 2] {
    [Location::SqliteMemory, store::testing::postgres().location()]
}

impl Site {
    pub(crate) async fn open() -> Self {
        Self::open_at(&Location::SqliteMemory).await
    }

    pub(crate) async fn open_at(location: &Location) -> Self {
        let test = TestRoom::open_at(&FACTS, &SCHEMA, "G22", NOW, location).await;
        let lookups: Arc<AtomicUsize> = Arc::default();
        let counted = Arc::clone(&lookups);
        test.country.answers::<ReadUnit>(move |asked| {
            counted.fetch_add(1, Ordering::SeqCst);
            let day = asked.on.expect("the day is always said");
            unit_on(&asked.code, day).ok_or_else(Problem::not_found)
        });
        test.country.answers::<SucceedUnit>(|asked| {
            let today = asked.on.expect("the day is always said");
            let heir = match asked.code.as_str() {
                // What was Phường Trúc Bạch, and the most of the former Phường Điện Biên, is Phường Ba Đình.
                "00001" | "00006" if asked.from < MERGER => ("00004", asked.code == "00006"),
                code => (code, false),
            };
            let unit = unit_on(heir.0, today).ok_or_else(Problem::not_found)?;
            let other = unit_on("00008", today).expect("it stands");
            let mut units = vec![RelatedUnit { unit, part: heir.1, main: true }];
            if heir.1 {
                units.insert(0, RelatedUnit { unit: other, part: true, main: false });
            }
            Ok(Succession { units, citation: "1656/NQ-UBTVQH15".into() })
        });
        let system = Arc::new(Reporting::new(test.room.clone()));
        let services = system.clone().services();
        Self { test, system, services, lookups }
    }

    /// Tells of a birth.
    pub(crate) async fn told(&self, room: &str, event: &CloudEvent<BirthCounted>) -> Result<(), Problem> {
        let incoming = system::testing::incoming(room, Purpose::STATISTICS, self.test.clock.now());
        ask::<TakeBirth>(&self.services, incoming, event).await.map(drop)
    }

    pub(crate) async fn figures(&self, asked: &FiguresOf) -> Result<Figures, Problem> {
        let incoming =
            system::testing::incoming("VN/GOV/H26/portal", Purpose::STATISTICS, self.test.clock.now());
        ask::<ReadFigures>(&self.services, incoming, asked).await
    }

    /// An indicator of the current month, of the country or a unit.
    pub(crate) async fn figure(&self, indicator: IndicatorCode, unit: Option<&str>) -> i64 {
        let asked = of(indicator, Period::Month { year: 2026, month: 12 }, unit);
        self.figures(&asked).await.unwrap().figure.value
    }
}

pub(crate) fn of(indicator: IndicatorCode, period: Period, unit: Option<&str>) -> FiguresOf {
    FiguresOf { indicator, period, unit: unit.map(str::to_owned), counted_by: CountedBy::UnitsOfToday }
}

/// A girl of the Kinh group, registered in Phường Ba Đình on the day of [`NOW`].
pub(crate) fn birth(registration: u128) -> BirthCounted {
    BirthCounted {
        registration: Uuid::from_u128(registration),
        version: 1,
        commune: "00004".into(),
        registered_on: date(2026, 11, 21),
        sex: Sex::Female,
        kinh: true,
        on_time: true,
    }
}

/// The event of a type that tells of it.
pub(crate) fn event(said: &str, counted: &BirthCounted) -> CloudEvent<BirthCounted> {
    let id = counted.registration.as_u128() * 100 + u128::try_from(counted.version).unwrap();
    CloudEvent {
        specversion: SPEC_VERSION.into(),
        id: Uuid::from_u128(id),
        source: "/VN/GOV/G15/civil-status".into(),
        event_type: format!("birth.{said}"),
        subject: Some(counted.registration.to_string()),
        time: NOW.parse().unwrap(),
        datacontenttype: Some("application/json".into()),
        partitionkey: None,
        sequence: Some("1".into()),
        data: counted.clone(),
    }
}

fn unit_on(code: &str, day: Date) -> Option<Unit> {
    let unit = |name: &str, level, parent: &str, from: Option<Date>, until: Option<Date>| Unit {
        code: code.into(),
        level,
        name: name.into(),
        name_en: None,
        parent: (!parent.is_empty()).then(|| parent.to_owned()),
        full_name: name.into(),
        from,
        until,
    };
    use UnitLevel::{Commune, District, Province};
    let (before, since) = ((None, Some(MERGER)), (Some(MERGER), None));
    let found = match (code, day < MERGER) {
        ("01", _) => unit("Thành phố Hà Nội", Province, "", None, None),
        ("79", _) => unit("Thành phố Hồ Chí Minh", Province, "", None, None),
        ("001", true) => unit("Quận Ba Đình", District, "01", before.0, before.1),
        ("00001", true) => unit("Phường Trúc Bạch", Commune, "001", before.0, before.1),
        ("00006", true) => unit("Phường Điện Biên", Commune, "001", before.0, before.1),
        ("00004", false) => unit("Phường Ba Đình", Commune, "01", since.0, since.1),
        ("00008", false) => unit("Phường Ngọc Hà", Commune, "01", since.0, since.1),
        ("26734", false) => unit("Phường Sài Gòn", Commune, "79", since.0, since.1),
        _ => return None,
    };
    Some(found)
}
