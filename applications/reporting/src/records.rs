//! Reading and writing of the store. All SQL of the system stands here.

use crate::{
    model::{Birth, Commune, CountedEvent, Place, PlaceKey, Said, Scope},
    rules::{Cell, INDICATORS, Level, indicator_code},
};
use contracts::reporting::{CountedBy, IndicatorCode};
use jiff::civil::Date;
use std::ops::RangeInclusive;
use store::{Batch, Migration, Row, Schema, Statement, Store, StoreError, params};
use uuid::Uuid;

/// How many births a page lists.
pub(crate) const PAGE_ROWS: u32 = 50;

/// The columns of a place, in the order [`place_from`] reads them.
macro_rules! place_columns {
    () => {
        "code, from_day, until_day, name, province, province_name, now_code, now_name, now_province, now_province_name,
         split, as_of"
    };
}

/// The columns of a birth, in the order [`birth_from`] reads them.
macro_rules! birth_columns {
    () => {
        "registration, version, commune, commune_from, registered_on, male, kinh, on_time, annulled"
    };
}

/// The figures of the reporting months $1 to $2, by `unit` under its name, with the first day of a form where `from` gives it.
macro_rules! figures {
    ($unit:literal, $name:literal, $from:literal, $within:literal, $grouped:literal) => {
        concat!(
            "SELECT ", $unit, ", max(", $name, "), ", $from, ", tallies.indicator,
             CAST(sum(tallies.value) AS BIGINT), CAST(sum(tallies.value * places.split) AS BIGINT)
             FROM tallies JOIN places ON places.code = tallies.commune AND places.from_day = tallies.commune_from
             WHERE tallies.month BETWEEN $1 AND $2 AND ", $within, "
             GROUP BY ", $grouped, ", tallies.indicator ORDER BY ", $grouped, ", tallies.indicator LIMIT 10000"
        )
    };
}

store::statements! {
    /// The last form of a commune that began by a day.
    PLACE_ON = concat!("SELECT ", place_columns!(), " FROM places WHERE code = $1 AND from_day <= $2
        ORDER BY from_day DESC LIMIT 1");
    /// Places that were last looked up before a day.
    PLACES_BEFORE = concat!("SELECT ", place_columns!(), " FROM places WHERE as_of < $1 ORDER BY code, from_day LIMIT 10000");
    /// Keeps a place as it was looked up.
    KEEP_PLACE = "INSERT INTO places (code, from_day, until_day, name, province, province_name, now_code, now_name,
        now_province, now_province_name, split, as_of) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (code, from_day) DO UPDATE SET until_day = excluded.until_day, name = excluded.name,
        province = excluded.province, province_name = excluded.province_name, now_code = excluded.now_code,
        now_name = excluded.now_name, now_province = excluded.now_province,
        now_province_name = excluded.now_province_name, split = excluded.split, as_of = excluded.as_of
        WHERE places.as_of < excluded.as_of";
    /// What counts of a birth.
    BIRTH = concat!("SELECT ", birth_columns!(), " FROM births WHERE registration = $1");
    /// A birth that nothing was known of.
    ADD_BIRTH = "INSERT INTO births (registration, version, commune, commune_from, registered_on, male, kinh, on_time, annulled)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// What is now said of a birth, unless something else was said meanwhile.
    CHANGE_BIRTH = "UPDATE births SET version = $2, commune = $3, commune_from = $4, registered_on = $5, male = $6, kinh = $7,
        on_time = $8, annulled = $9 WHERE registration = $1 AND version = $10";
    /// An event was counted.
    EVENT_COUNTED = "SELECT registration FROM birth_events WHERE event = $1";
    /// Notes an event.
    ADD_EVENT = "INSERT INTO birth_events (event, registration, version, kind, message, told_at, taken_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// The events of a birth.
    EVENTS_OF_BIRTH = "SELECT event, version, kind, message, told_at, taken_at FROM birth_events
        WHERE registration = $1 ORDER BY version, told_at LIMIT 500";
    /// How many events were counted.
    COUNT_EVENTS = "SELECT count(*) FROM birth_events";
    /// Begins a figure.
    BEGIN_FIGURE = "INSERT INTO tallies (month, commune, commune_from, indicator, value) VALUES ($1, $2, $3, $4, 0)
        ON CONFLICT (month, commune, commune_from, indicator) DO NOTHING";
    /// Moves a figure.
    MOVE_FIGURE = "UPDATE tallies SET value = value + $5
        WHERE month = $1 AND commune = $2 AND commune_from = $3 AND indicator = $4";

    /// The provinces of today.
    COUNTRY_TODAY = figures!("places.now_province", "places.now_province_name", "NULL", "CAST($3 AS TEXT) = ''", "places.now_province");
    /// The provinces as they were.
    COUNTRY_THEN = figures!("places.province", "places.province_name", "NULL", "CAST($3 AS TEXT) = ''", "places.province");
    /// The communes of a province of today.
    PROVINCE_TODAY = figures!("places.now_code", "places.now_name", "NULL", "places.now_province = $3", "places.now_code");
    /// The communes of a province as it was.
    PROVINCE_THEN = figures!("places.code", "places.name", "NULL", "places.province = $3", "places.code");
    /// What a commune of today is made of.
    COMMUNE_TODAY = figures!("places.code", "places.name", "places.from_day", "places.now_code = $3",
        "places.code, places.from_day");
    /// A commune as it was.
    COMMUNE_THEN = figures!("places.code", "places.name", "places.from_day", "places.code = $3",
        "places.code, places.from_day");

    /// The births that count of a commune of today, latest first.
    BIRTHS_TODAY = concat!("SELECT ", birth_columns!(), " FROM births
        JOIN places ON places.code = births.commune AND places.from_day = births.commune_from
        WHERE places.now_code = $1 AND registered_on BETWEEN $2 AND $3 AND annulled = 0
        ORDER BY registered_on DESC, registration DESC LIMIT $4 OFFSET $5");
    /// The births that count of a commune as it was, latest first.
    BIRTHS_THEN = concat!("SELECT ", birth_columns!(), " FROM births
        WHERE commune = $1 AND registered_on BETWEEN $2 AND $3 AND annulled = 0
        ORDER BY registered_on DESC, registration DESC LIMIT $4 OFFSET $5");
}

/// The system's tables and statements.
pub static SCHEMA: Schema = Schema {
    system: contracts::reporting::SYSTEM,
    migrations: &[Migration {
        number: 1,
        name: "figures",
        sql: include_str!("../migrations/0001_figures.sql"),
    }],
    statements: STATEMENTS,
};

/// A figure of a unit, as the store sums it up.
pub(crate) struct Part {
    /// Code of the unit.
    pub(crate) unit: String,
    /// Its name.
    pub(crate) name: String,
    /// First day of its form, where forms are told apart.
    pub(crate) from: Option<Date>,
    /// What is counted.
    pub(crate) indicator: IndicatorCode,
    /// How many.
    pub(crate) all: i64,
    /// How many by a unit that was split.
    pub(crate) of_split_units: i64,
}

/// The figures under a unit, by unit and indicator.
pub(crate) async fn parts(
    store: &Store,
    scope: &Scope,
    level: Option<Level>,
    months: RangeInclusive<i64>,
) -> Result<Vec<Part>, StoreError> {
    use CountedBy::{UnitsOfThatDay, UnitsOfToday};
    let statement: &'static Statement = match (level, scope.counted_by) {
        (None, UnitsOfToday) => &COUNTRY_TODAY,
        (None, UnitsOfThatDay) => &COUNTRY_THEN,
        (Some(Level::Province), UnitsOfToday) => &PROVINCE_TODAY,
        (Some(Level::Province), UnitsOfThatDay) => &PROVINCE_THEN,
        (Some(Level::Commune), UnitsOfToday) => &COMMUNE_TODAY,
        (Some(Level::Commune), UnitsOfThatDay) => &COMMUNE_THEN,
    };
    let unit = scope.unit.as_deref().unwrap_or_default();
    let rows = store.read(statement, params![*months.start(), *months.end(), unit]).await?;
    let split_counts = scope.counted_by == UnitsOfToday;
    rows.iter()
        .map(|row| {
            Ok(Part {
                unit: row.get(0)?,
                name: row.get(1)?,
                from: row.get::<Option<Date>>(2)?.filter(|from| *from != Date::ZERO),
                indicator: indicator_of(&row.get::<String>(3)?)?,
                all: row.get(4)?,
                of_split_units: if split_counts { row.get(5)? } else { 0 },
            })
        })
        .collect()
}

/// The births that a commune's figure counts, a page of them.
pub(crate) async fn births(
    store: &Store,
    commune: &str,
    counted_by: CountedBy,
    days: (Date, Date),
    page: u32,
) -> Result<Vec<Birth>, StoreError> {
    let statement = match counted_by {
        CountedBy::UnitsOfToday => &BIRTHS_TODAY,
        CountedBy::UnitsOfThatDay => &BIRTHS_THEN,
    };
    let offset = i64::from(PAGE_ROWS) * i64::from(page.saturating_sub(1));
    let asked = params![commune, days.0, days.1, i64::from(PAGE_ROWS), offset];
    store.read(statement, asked).await?.iter().map(birth_from).collect()
}

/// The last form of a commune that began by a day.
pub(crate) async fn place_on(store: &Store, code: &str, day: Date) -> Result<Option<Place>, StoreError> {
    store.read_one(&PLACE_ON, params![code, day]).await?.as_ref().map(place_from).transpose()
}

/// The places that were last looked up before a day.
pub(crate) async fn places_before(store: &Store, day: Date) -> Result<Vec<Place>, StoreError> {
    store.read(&PLACES_BEFORE, params![day]).await?.iter().map(place_from).collect()
}

/// Adds a place to a batch, as it was looked up last.
pub(crate) fn keep_place(batch: &mut Batch, place: &Place) {
    batch.change(
        &KEEP_PLACE,
        params![
            &place.then.code,
            place.from,
            place.until,
            &place.then.name,
            &place.then.province,
            &place.then.province_name,
            &place.now.code,
            &place.now.name,
            &place.now.province,
            &place.now.province_name,
            i64::from(place.split),
            place.as_of,
        ],
    );
}

/// What counts of a birth.
pub(crate) async fn birth(store: &Store, registration: Uuid) -> Result<Option<Birth>, StoreError> {
    store.read_one(&BIRTH, params![registration]).await?.as_ref().map(birth_from).transpose()
}

/// Adds to a batch what now counts of a birth, which holds only while it is as it was read.
pub(crate) fn keep_birth(batch: &mut Batch, before: Option<&Birth>, after: &Birth) {
    let mut values = params![
        after.registration,
        after.version,
        &after.place.commune,
        after.place.from,
        after.registered_on,
        i64::from(after.male),
        i64::from(after.kinh),
        i64::from(after.on_time),
        i64::from(after.annulled),
    ];
    if let Some(before) = before {
        values.extend(params![before.version]);
        batch.change_one(&CHANGE_BIRTH, values);
    } else {
        batch.change_one(&ADD_BIRTH, values);
    }
}

/// An event was counted.
pub(crate) async fn is_counted(store: &Store, event: Uuid) -> Result<bool, StoreError> {
    Ok(store.read_one(&EVENT_COUNTED, params![event]).await?.is_some())
}

/// Adds to a batch that an event was counted, which makes it void when it was counted before.
pub(crate) fn add_event(batch: &mut Batch, registration: Uuid, event: &CountedEvent) {
    batch.change_one(
        &ADD_EVENT,
        params![
            event.event,
            registration,
            event.version,
            event.said.word(),
            &event.message,
            event.told_at,
            event.taken_at
        ],
    );
}

/// The events of a birth, in the order of what they said.
pub(crate) async fn events(store: &Store, registration: Uuid) -> Result<Vec<CountedEvent>, StoreError> {
    let rows = store.read(&EVENTS_OF_BIRTH, params![registration]).await?;
    rows.iter()
        .map(|row| {
            Ok(CountedEvent {
                event: row.get(0)?,
                version: row.get(1)?,
                said: Said::of_word(&row.get::<String>(2)?).ok_or(damaged(2, "what an event says"))?,
                message: row.get(3)?,
                told_at: row.get(4)?,
                taken_at: row.get(5)?,
            })
        })
        .collect()
}

/// How many events were counted.
pub(crate) async fn count_events(store: &Store) -> Result<i64, StoreError> {
    store.read_one(&COUNT_EVENTS, params![]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Adds to a batch that a figure moves.
pub(crate) fn move_figure(batch: &mut Batch, cell: &Cell, by: i64) {
    let (place, indicator) = (&cell.place, indicator_code(cell.indicator));
    batch.change(&BEGIN_FIGURE, params![cell.month, &place.commune, place.from, indicator]);
    batch.change_one(&MOVE_FIGURE, params![cell.month, &place.commune, place.from, indicator, by]);
}

fn place_from(row: &Row) -> Result<Place, StoreError> {
    Ok(Place {
        from: row.get(1)?,
        until: row.get(2)?,
        then: Commune {
            code: row.get(0)?,
            name: row.get(3)?,
            province: row.get(4)?,
            province_name: row.get(5)?,
        },
        now: Commune {
            code: row.get(6)?,
            name: row.get(7)?,
            province: row.get(8)?,
            province_name: row.get(9)?,
        },
        split: row.get(10)?,
        as_of: row.get(11)?,
    })
}

fn birth_from(row: &Row) -> Result<Birth, StoreError> {
    Ok(Birth {
        registration: row.get(0)?,
        version: row.get(1)?,
        place: PlaceKey { commune: row.get(2)?, from: row.get(3)? },
        registered_on: row.get(4)?,
        male: row.get(5)?,
        kinh: row.get(6)?,
        on_time: row.get(7)?,
        annulled: row.get(8)?,
    })
}

fn indicator_of(code: &str) -> Result<IndicatorCode, StoreError> {
    INDICATORS.into_iter().find(|known| indicator_code(*known) == code).ok_or(damaged(3, "an indicator"))
}

/// A column that this program never writes so.
fn damaged(column: usize, expected: &'static str) -> StoreError {
    StoreError::WrongType { statement: "reporting", column, expected, found: "something else" }
}
