//! Reading and writing of the store. All SQL of the register stands here.

mod rows;

use crate::model::{
    Dwelling, EarlierVersion, FieldSet, HouseholdKey, Kin, LifeEvent, LifeEventKind, Period, Person,
    PersonRecord, Reading, ResidenceDecision, Surroundings, Version, day_number, name_birth_key,
};
use crate::rules::versions::Amendment;
use crate::seed::{Loaded, SeededHousehold};
use contracts::{PersonName, PersonalNumber, person::Address, population::HouseholdMember};
use jiff::{Timestamp, civil::Date};
use rows::{
    RELATIONS, coded, commune_code, commune_number, damaged, day_of, dwelling_of, json, name_at, number_of,
    person_of, person_values,
};
use store::{Batch, Migration, Row, Schema, Store, StoreError, Table, params};
use uuid::Uuid;

/// The register's tables and statements.
pub static SCHEMA: Schema = Schema {
    system: contracts::population::SYSTEM,
    migrations: &[
        Migration { number: 1, name: "people", sql: include_str!("../migrations/0001_people.sql") },
        Migration { number: 2, name: "residence", sql: include_str!("../migrations/0002_residence.sql") },
    ],
    statements: STATEMENTS,
};

/// The columns of a person, in the order [`person_of`] reads them, of the table under the alias `p`.
macro_rules! person_columns {
    () => {
        "p.number, p.family, p.middle, p.given, p.birth_day, p.sex, p.ethnicity, p.marital_status, p.birth_commune,
         p.hometown_commune, p.mother, p.father, p.spouse, p.household, p.relation, p.death_day, p.changes, p.uncommon"
    };
}

/// How many columns that are.
const PERSON_COLUMNS: usize = 18;

store::statements! {
    /// A person alone.
    PERSON = concat!("SELECT ", person_columns!(), " FROM people AS p WHERE p.number = $1");
    /// A person with the names of their kin and the address of their household: all that a view needs, at once.
    PERSON_AND_SURROUNDINGS = concat!("SELECT ", person_columns!(), ",
        m.family, m.middle, m.given, f.family, f.middle, f.given, s.family, s.middle, s.given, h.commune, h.detail
        FROM people AS p
        LEFT JOIN people AS m ON m.number = p.mother
        LEFT JOIN people AS f ON f.number = p.father
        LEFT JOIN people AS s ON s.number = p.spouse
        LEFT JOIN households AS h ON h.household = p.household
        WHERE p.number = $1");
    /// Those who share a key of name and birth date.
    NAMESAKES = concat!("SELECT ", person_columns!(), " FROM people AS p WHERE p.name_birth_key = $1");
    /// A person still as they were read.
    PERSON_UNCHANGED = "SELECT number FROM people WHERE number = $1 AND changes = $2";
    /// A new person.
    INSERT_PERSON = "INSERT INTO people (number, name_birth_key, family, middle, given, birth_day, sex, ethnicity,
        marital_status, birth_commune, hometown_commune, mother, father, spouse, household, relation, death_day, changes,
        uncommon) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
    /// A person as they now are, unless they were changed since they were read.
    CHANGE_PERSON = "UPDATE people SET name_birth_key = $2, family = $3, middle = $4, given = $5, birth_day = $6, sex = $7,
        ethnicity = $8, marital_status = $9, birth_commune = $10, hometown_commune = $11, mother = $12, father = $13,
        spouse = $14, household = $15, relation = $16, death_day = $17, changes = $18, uncommon = $19
        WHERE number = $1 AND changes = $18 - 1";
    /// The first number in a stretch of numbers that follows one that is taken and is not taken itself.
    FREE_NUMBER = "SELECT taken.number + 1 FROM people AS taken WHERE taken.number >= $1 AND taken.number < $2
        AND NOT EXISTS (SELECT 1 FROM people AS next WHERE next.number = taken.number + 1)
        ORDER BY taken.number LIMIT 1";

    /// The versions of a person that are no longer so or no longer said.
    EARLIER_VERSIONS = "SELECT sequence, valid_from, valid_until, known_from, known_until, content FROM person_history
        WHERE person = $1 ORDER BY sequence";
    /// Keeps a version.
    KEEP_VERSION = "INSERT INTO person_history (person, sequence, valid_from, valid_until, known_from, known_until, content)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// Ends that a version is said.
    RETRACT_VERSION = "UPDATE person_history SET known_until = $3
        WHERE person = $1 AND sequence = $2 AND known_until IS NULL";

    /// The household a person lives in.
    DWELLING_OF = "SELECT h.household, h.commune, h.detail FROM people AS p
        JOIN households AS h ON h.household = p.household WHERE p.number = $1";
    /// A household.
    DWELLING = "SELECT household, commune, detail FROM households WHERE household = $1";
    /// The living members of a household, the head first, then by age.
    MEMBERS = "SELECT number, family, middle, given, relation FROM people
        WHERE household = $1 AND death_day IS NULL ORDER BY relation, birth_day, number LIMIT 500";

    /// An event that was taken in.
    LIFE_EVENT = "SELECT id, kind, person, day, known_at, digest, child_key FROM life_events WHERE id = $1";
    /// When a number was issued here.
    NUMBERED_AT = "SELECT known_at FROM life_events WHERE person = $1 AND kind = 'birth'";
    /// The registration of a child.
    CHILD_REGISTERED = "SELECT id FROM life_events WHERE child_key = $1";
    /// Takes an event in.
    INSERT_LIFE_EVENT = "INSERT INTO life_events (id, kind, person, day, known_at, digest, child_key)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";

    /// What was decided of the residence that a dossier asked for.
    RESIDENCE_OF = "SELECT registration, person, dossier, household, since, refused_because FROM residence_decisions
        WHERE person = $1 AND dossier = $2";
    /// The residence that was asked for with a birth is decided.
    RESIDENCE_DECIDED = "SELECT person FROM residence_decisions WHERE registration = $1";
    /// Notes what was decided of a residence.
    INSERT_RESIDENCE_DECISION = "INSERT INTO residence_decisions
        (registration, person, dossier, household, since, refused_because, decided_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";

    /// Notes a reading.
    INSERT_READING = "INSERT INTO readings (person, read_at, message, client, acting_user, purpose, legal_basis, dossier,
        fields) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// Readings of a person's data before a time, latest first.
    READINGS = "SELECT person, read_at, message, client, acting_user, purpose, legal_basis, dossier, fields FROM readings
        WHERE person = $1 AND read_at < $2 ORDER BY read_at DESC, message LIMIT $3";

    /// How many parts, people and households were taken over.
    TAKEN_IN = "SELECT count(*), CAST(coalesce(sum(people), 0) AS BIGINT), CAST(coalesce(sum(households), 0) AS BIGINT)
        FROM intakes";
    /// Notes a part that was taken over.
    INSERT_INTAKE = "INSERT INTO intakes (part, people, households) VALUES ($1, $2, $3)";
    /// How many numbers were issued here.
    NUMBERS_ISSUED = "SELECT count(*) FROM life_events WHERE kind = 'birth'";
    /// How often people's data was read.
    READINGS_MADE = "SELECT count(*) FROM readings";
}

static PEOPLE: Table = Table::new(
    "people",
    &[
        "number",
        "name_birth_key",
        "family",
        "middle",
        "given",
        "birth_day",
        "sex",
        "ethnicity",
        "marital_status",
        "birth_commune",
        "hometown_commune",
        "mother",
        "father",
        "spouse",
        "household",
        "relation",
        "death_day",
        "changes",
        "uncommon",
    ],
);
static HOUSEHOLDS: Table = Table::new("households", &["household", "commune", "detail"]);

/// A person and how often their record was changed.
pub(crate) async fn person(
    store: &Store,
    number: PersonalNumber,
) -> Result<Option<(Person, i64)>, StoreError> {
    store.read_one(&PERSON, params![number.as_i64()]).await?.as_ref().map(person_of).transpose()
}

/// A person as they are today, with what a view of them needs. One read.
pub(crate) async fn person_and_surroundings(
    store: &Store,
    number: PersonalNumber,
) -> Result<Option<(Person, Surroundings)>, StoreError> {
    let Some(row) = store.read_one(&PERSON_AND_SURROUNDINGS, params![number.as_i64()]).await? else {
        return Ok(None);
    };
    let (person, _) = person_of(&row)?;
    let at = PERSON_COLUMNS;
    let residence = match row.get::<Option<i64>>(at + 9)? {
        Some(commune) => Some(Address { commune: commune_code(commune), detail: row.get(at + 10)? }),
        None => None,
    };
    let (mother, father, spouse) = (name_at(&row, at)?, name_at(&row, at + 3)?, name_at(&row, at + 6)?);
    Ok(Some((person, Surroundings { mother, father, spouse, residence })))
}

/// What a view of a version of a person needs: kin under the names they bear now, the household of that version.
pub(crate) async fn surroundings(store: &Store, person: &Person) -> Result<Surroundings, StoreError> {
    let mut names = [None, None, None];
    for (name, kin) in names.iter_mut().zip([&person.mother, &person.father, &person.spouse]) {
        if let Some(number) = kin.as_ref().and_then(Kin::number) {
            *name = self::person(store, number).await?.map(|(person, _)| person.name);
        }
    }
    let residence = match person.home {
        Some(home) => dwelling(store, home.household).await?.map(|dwelling| dwelling.address),
        None => None,
    };
    let [mother, father, spouse] = names;
    Ok(Surroundings { mother, father, spouse, residence })
}

/// A person with all that was ever said of them.
pub(crate) async fn person_record(
    store: &Store,
    number: PersonalNumber,
) -> Result<Option<PersonRecord>, StoreError> {
    let Some((current, changes)) = person(store, number).await? else { return Ok(None) };
    let rows = store.read(&EARLIER_VERSIONS, params![number.as_i64()]).await?;
    let earlier = rows.iter().map(earlier_version).collect::<Result<_, _>>()?;
    let numbered = store.read_one(&NUMBERED_AT, params![number.as_i64()]).await?;
    let numbered_at = numbered.map(|row| row.get(0)).transpose()?;
    Ok(Some(PersonRecord { current, changes, numbered_at, earlier }))
}

fn earlier_version(row: &Row) -> Result<EarlierVersion, StoreError> {
    let day = |column| row.get::<Option<i64>>(column)?.map(day_of).transpose();
    let content: String = row.get(5)?;
    let version = Version {
        valid: Period { from: day(1)?, until: day(2)? },
        known: Period { from: row.get(3)?, until: row.get(4)? },
        person: serde_json::from_str(&content)
            .map_err(|_| damaged("an earlier version is not of its form"))?,
    };
    Ok(EarlierVersion { sequence: row.get(0)?, version })
}

/// Those whose folded name and birth date have the same key.
pub(crate) async fn namesakes(
    store: &Store,
    name: &PersonName,
    birth_date: Date,
) -> Result<Vec<Person>, StoreError> {
    let rows = store.read(&NAMESAKES, params![name_birth_key(name, birth_date)]).await?;
    rows.iter().map(|row| person_of(row).map(|(person, _)| person)).collect()
}

/// The household a person lives in.
pub(crate) async fn dwelling_of_person(
    store: &Store,
    number: PersonalNumber,
) -> Result<Option<Dwelling>, StoreError> {
    store.read_one(&DWELLING_OF, params![number.as_i64()]).await?.as_ref().map(dwelling_of).transpose()
}

/// A household.
pub(crate) async fn dwelling(store: &Store, household: HouseholdKey) -> Result<Option<Dwelling>, StoreError> {
    store.read_one(&DWELLING, params![household.0]).await?.as_ref().map(dwelling_of).transpose()
}

/// The living members of a household, the head first.
pub(crate) async fn members(
    store: &Store,
    household: HouseholdKey,
) -> Result<Vec<HouseholdMember>, StoreError> {
    let rows = store.read(&MEMBERS, params![household.0]).await?;
    let member = |row: &Row| {
        let name = name_at(row, 1)?.ok_or_else(|| damaged("a member without a name"))?;
        let relation = coded(&RELATIONS, row.get(4)?, "an unknown relation")?;
        Ok(HouseholdMember { number: number_of(row.get(0)?)?, name, relation })
    };
    rows.iter().map(member).collect()
}

/// An event that was taken in.
pub(crate) async fn life_event(store: &Store, id: Uuid) -> Result<Option<LifeEvent>, StoreError> {
    let Some(row) = store.read_one(&LIFE_EVENT, params![id]).await? else { return Ok(None) };
    Ok(Some(LifeEvent {
        id: row.get(0)?,
        kind: LifeEventKind::from_code(&row.get::<String>(1)?)
            .ok_or_else(|| damaged("an unknown kind of event"))?,
        person: number_of(row.get(2)?)?,
        day: day_of(row.get(3)?)?,
        known_at: row.get(4)?,
        digest: row.get(5)?,
        child_key: row.get(6)?,
    }))
}

/// A registration of this child was taken in.
pub(crate) async fn is_child_registered(store: &Store, child_key: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(store.read_one(&CHILD_REGISTERED, params![child_key]).await?.is_some())
}

/// What was decided of the residence of a person that a dossier asked for.
pub(crate) async fn residence_of(
    store: &Store,
    person: PersonalNumber,
    dossier: &str,
) -> Result<Option<ResidenceDecision>, StoreError> {
    let found = store.read_one(&RESIDENCE_OF, params![person.as_i64(), dossier]).await?;
    let Some(row) = found else { return Ok(None) };
    let outcome = match (row.get::<Option<i64>>(3)?, row.get::<Option<i64>>(4)?) {
        (Some(household), Some(since)) => Ok((HouseholdKey(household), day_of(since)?)),
        _ => Err(row.get(5)?),
    };
    Ok(Some(ResidenceDecision {
        registration: row.get(0)?,
        person: number_of(row.get(1)?)?,
        dossier: row.get(2)?,
        outcome,
    }))
}

/// The residence that was asked for with a birth is decided.
pub(crate) async fn is_residence_decided(store: &Store, registration: Uuid) -> Result<bool, StoreError> {
    Ok(store.read_one(&RESIDENCE_DECIDED, params![registration]).await?.is_some())
}

/// Adds to a batch what was decided of a residence.
pub(crate) fn add_residence_decision(batch: &mut Batch, decision: &ResidenceDecision, at: Timestamp) {
    let place = decision.outcome.as_ref().ok();
    batch.change(
        &INSERT_RESIDENCE_DECISION,
        params![
            decision.registration,
            decision.person.as_i64(),
            &decision.dossier,
            place.map(|(household, _)| household.0),
            place.map(|(_, since)| day_number(*since)),
            decision.outcome.as_ref().err(),
            at,
        ],
    );
}

/// The first free number between two, both included, looking on from `start` and then from the beginning.
pub(crate) async fn free_number(
    store: &Store,
    first: i64,
    last: i64,
    start: i64,
) -> Result<Option<i64>, StoreError> {
    for from in [start, first] {
        if from == first && store.read_one(&PERSON, params![first]).await?.is_none() {
            return Ok(Some(first));
        }
        if let Some(row) = store.read_one(&FREE_NUMBER, params![from, last]).await? {
            return Ok(Some(row.get(0)?));
        }
    }
    Ok(None)
}

/// Adds a new person to a batch. A number that is taken makes the batch void: see [`is_number_taken`].
pub(crate) fn add_person(batch: &mut Batch, person: &Person) {
    batch.change(&INSERT_PERSON, person_values(person, 0));
}

/// The batch failed because its number is taken.
pub(crate) fn is_number_taken(error: &StoreError) -> bool {
    matches!(error, StoreError::Duplicate { statement } if *statement == INSERT_PERSON.name())
}

/// The batch failed because its event was taken in by another at the same time.
pub(crate) fn is_event_known(error: &StoreError) -> bool {
    let taken_in = [INSERT_LIFE_EVENT.name(), INSERT_RESIDENCE_DECISION.name()];
    matches!(error, StoreError::Duplicate { statement } if taken_in.contains(statement))
}

/// Makes a batch hold only while the person is as they were read.
pub(crate) fn require_unchanged(batch: &mut Batch, number: PersonalNumber, changes: i64) {
    batch.require(&PERSON_UNCHANGED, params![number.as_i64(), changes]);
}

/// Adds a change of a record to a batch, which holds only while the record is as it was read.
pub(crate) fn amend(batch: &mut Batch, amendment: &Amendment, now: Timestamp) {
    let number = amendment.current.number.as_i64();
    batch.change_one(&CHANGE_PERSON, person_values(&amendment.current, amendment.changes));
    for sequence in &amendment.retracted {
        batch.change_one(&RETRACT_VERSION, params![number, *sequence, now]);
    }
    for EarlierVersion { sequence, version } in &amendment.kept {
        let (valid, known) = (version.valid, version.known);
        batch.change(
            &KEEP_VERSION,
            params![
                number,
                *sequence,
                valid.from.map(day_number),
                valid.until.map(day_number),
                known.from,
                known.until,
                json(&version.person),
            ],
        );
    }
}

/// Adds an event to a batch.
pub(crate) fn add_life_event(batch: &mut Batch, event: &LifeEvent) {
    batch.change(
        &INSERT_LIFE_EVENT,
        params![
            event.id,
            event.kind.code(),
            event.person.as_i64(),
            day_number(event.day),
            event.known_at,
            event.digest,
            event.child_key,
        ],
    );
}

/// Adds a reading to a batch.
pub(crate) fn add_reading(batch: &mut Batch, reading: &Reading) {
    batch.change(
        &INSERT_READING,
        params![
            reading.person.as_i64(),
            reading.at,
            &reading.message,
            &reading.client,
            reading.user.as_deref(),
            &reading.purpose,
            &reading.legal_basis,
            reading.case.as_deref(),
            reading.fields.bits(),
        ],
    );
}

/// Readings of a person's data before a time, latest first.
pub(crate) async fn readings(
    store: &Store,
    person: PersonalNumber,
    before: Timestamp,
    limit: usize,
) -> Result<Vec<Reading>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = store.read(&READINGS, params![person.as_i64(), before, limit]).await?;
    let reading = |row: &Row| {
        Ok(Reading {
            person: number_of(row.get(0)?)?,
            at: row.get(1)?,
            message: row.get(2)?,
            client: row.get(3)?,
            user: row.get(4)?,
            purpose: row.get(5)?,
            legal_basis: row.get(6)?,
            case: row.get(7)?,
            fields: FieldSet::from_bits(row.get(8)?),
        })
    };
    rows.iter().map(reading).collect()
}

/// How many parts of a population were taken over.
pub(crate) async fn intake_parts(store: &Store) -> Result<i64, StoreError> {
    store.read_one(&TAKEN_IN, params![]).await?.map_or(Ok(0), |row| row.get(0))
}

/// How many people and households were taken over.
pub(crate) async fn taken_in(store: &Store) -> Result<Loaded, StoreError> {
    let row = store.read_one(&TAKEN_IN, params![]).await?;
    row.map_or(Ok(Loaded::default()), |row| Ok(Loaded { people: row.get(1)?, households: row.get(2)? }))
}

/// Takes one part of a population over. Each table is loaded as a whole or not at all, so that a part that was
/// interrupted between them goes on with the table that is missing.
pub(crate) async fn take_in(
    store: &Store,
    part: i64,
    households: &[SeededHousehold],
) -> Result<(), StoreError> {
    let mut people: Vec<&Person> = households.iter().flat_map(|household| &household.members).collect();
    // In the order of the key, rows that come together go to the same pages.
    people.sort_unstable_by_key(|person| person.number);
    let counts = (people.len() as u64, households.len() as u64);
    if let Some(first) = people.first()
        && person(store, first.number).await?.is_none()
    {
        store.load(&PEOPLE, people.iter().map(|person| person_values(person, 0)).collect()).await?;
    }
    if let Some(first) = households.first()
        && dwelling(store, first.dwelling.household).await?.is_none()
    {
        let values = |Dwelling { household, address }: &Dwelling| {
            params![household.0, commune_number(&address.commune), &address.detail]
        };
        store
            .load(&HOUSEHOLDS, households.iter().map(|household| values(&household.dwelling)).collect())
            .await?;
    }
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let mut batch = Batch::new();
    batch.change(&INSERT_INTAKE, params![part, count(counts.0), count(counts.1)]);
    store.write(batch).await
}

/// The figures of the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) people: i64,
    pub(crate) households: i64,
    pub(crate) numbers_issued: i64,
    pub(crate) readings: i64,
}

/// Counts what was taken over, issued and read; rows of people are never deleted, so nobody needs to count them.
pub(crate) async fn figures(store: &Store) -> Result<Figures, StoreError> {
    let over = taken_in(store).await?;
    let count =
        async |statement| store.read_one(statement, params![]).await?.map_or(Ok(0), |row| row.get::<i64>(0));
    let (numbers_issued, readings) = (count(&NUMBERS_ISSUED).await?, count(&READINGS_MADE).await?);
    let taken_over = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Ok(Figures {
        people: taken_over(over.people) + numbers_issued,
        households: taken_over(over.households),
        numbers_issued,
        readings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Value;

    #[test]
    fn a_number_once_taken_stays_taken() {
        for statement in STATEMENTS {
            let sql = statement.sql().to_ascii_uppercase();
            assert!(!sql.contains("DELETE") && !sql.contains("SET NUMBER"), "{}", statement.name());
        }
    }

    #[tokio::test]
    async fn the_free_numbers_of_a_stretch_are_found_to_the_last() {
        let stretch = |taken: &'static [i64]| async move {
            let now = Timestamp::UNIX_EPOCH;
            let store = Store::open(&store::Location::SqliteMemory, &SCHEMA, now).await.unwrap();
            let mut batch = Batch::new();
            for number in taken {
                batch.change(
                    &INSERT_PERSON,
                    params![
                        *number,
                        0,
                        "A",
                        "",
                        "B",
                        0,
                        0,
                        1,
                        0,
                        4,
                        4,
                        Value::Null,
                        Value::Null,
                        Value::Null,
                        Value::Null,
                        Value::Null,
                        Value::Null,
                        0,
                        Value::Null
                    ],
                );
            }
            store.write(batch).await.unwrap();
            store
        };
        // Of the numbers 100 to 104, looked for from 102 on.
        let cases: [(&[i64], Option<i64>); 6] = [
            (&[102], Some(103)),
            (&[102, 103], Some(104)),
            (&[102, 103, 104, 105], Some(100)),
            (&[100, 102, 103, 104], Some(101)),
            (&[100, 101, 102, 103, 104], None),
            (&[99, 100, 101, 102, 104, 105], Some(103)),
        ];
        for (taken, free) in cases {
            let store = stretch(taken).await;
            assert_eq!(free_number(&store, 100, 104, 102).await.unwrap(), free, "{taken:?}");
        }
    }
}
