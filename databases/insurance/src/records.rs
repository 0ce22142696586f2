//! Reading and writing of the store. All SQL of the system stands here.

use crate::CARD_ISSUED;
use crate::model::{Card, CardObject, InsuranceNumber, Member, NewMember, Province};
use contracts::{PersonName, PersonalNumber, Sex, insurance::CardIssued};
use jiff::{Timestamp, civil::Date};
use store::{Batch, Event, Migration, Row, Schema, Store, StoreError, params, statements};
use uuid::Uuid;

statements! {
    /// Begins a province's series of numbers.
    BEGIN_SERIES = "INSERT INTO number_series (province, issued) VALUES ($1, 0) ON CONFLICT (province) DO NOTHING";
    /// Counts one more number of a province.
    COUNT_NUMBER = "UPDATE number_series SET issued = issued + 1 WHERE province = $1";
    /// Adds a member, whose serial follows.
    ADD_MEMBER = "INSERT INTO members (person, family_name, middle_name, given_name, name_fold, sex, birth_date,
        residence_commune, residence_detail, province, dossier, registered_by, registered_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    /// Gives a member the number that the series has just counted.
    NUMBER_MEMBER = "UPDATE members SET serial =
        (SELECT issued FROM number_series WHERE number_series.province = members.province)
        WHERE person = $1 AND serial IS NULL";
    /// Adds a card.
    ADD_CARD = "INSERT INTO cards (person, object, level, valid_from, valid_to, facility, issued_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// A member with their card.
    MEMBER = "SELECT members.person, family_name, middle_name, given_name, birth_date, province, serial, object,
        valid_from, valid_to, facility FROM members JOIN cards ON cards.person = members.person WHERE members.person = $1";
    /// How many members there are, and how many cards are valid on a day.
    COUNT_MEMBERS = "SELECT (SELECT count(*) FROM members),
        (SELECT count(*) FROM cards WHERE valid_to >= $1 AND valid_from <= $1)";
}

/// The system's tables and statements.
pub static SCHEMA: Schema = Schema {
    system: contracts::insurance::SYSTEM,
    migrations: &[Migration {
        number: 1,
        name: "members",
        sql: include_str!("../migrations/0001_members.sql"),
    }],
    statements: STATEMENTS,
};

/// The batch that makes a child a member with a card, and tells of it in an event with the identifier `told`. Counting and numbering are one batch, so no number is given twice
/// and none is lost.
pub(crate) fn register(
    member: &NewMember,
    province: Province,
    card: &Card,
    by: &str,
    told: Uuid,
    at: Timestamp,
) -> Batch {
    let province = province.to_string();
    let name = &member.name;
    let sex = match member.sex {
        Sex::Male => "male",
        Sex::Female => "female",
    };
    let mut batch = Batch::new();
    batch.change(&BEGIN_SERIES, params![&province]);
    batch.change_one(&COUNT_NUMBER, params![&province]);
    batch.change_one(
        &ADD_MEMBER,
        params![
            member.number.as_i64(),
            &name.family,
            &name.middle,
            &name.given,
            store::fold(&name.full()),
            sex,
            member.birth_date,
            &member.residence.commune,
            &member.residence.detail,
            &province,
            &member.dossier,
            by,
            at,
        ],
    );
    batch.change_one(&NUMBER_MEMBER, params![member.number.as_i64()]);
    batch.change_one(
        &ADD_CARD,
        params![
            member.number.as_i64(),
            card.object.letters(),
            card.object.level(),
            card.valid_from,
            card.valid_to,
            &card.facility,
            at,
        ],
    );
    let issued = CardIssued { valid_from: card.valid_from, valid_to: card.valid_to };
    batch.emit(Event {
        id: told,
        event_type: CARD_ISSUED.into(),
        subject: member.number.to_string(),
        payload: serde_json::to_string(&issued).expect("days can be written as JSON"),
        occurred_at: at,
    });
    batch
}

/// A member with their card.
pub(crate) async fn member(store: &Store, person: PersonalNumber) -> Result<Option<Member>, StoreError> {
    store.read_one(&MEMBER, params![person.as_i64()]).await?.as_ref().map(member_from).transpose()
}

/// How many members there are, and how many cards are valid on a day.
pub(crate) async fn count_members(store: &Store, today: Date) -> Result<(i64, i64), StoreError> {
    let row = store.read_one(&COUNT_MEMBERS, params![today]).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.get(0)?, row.get(1)?)))
}

fn member_from(row: &Row) -> Result<Member, StoreError> {
    let person = PersonalNumber::from_i64(row.get(0)?).ok_or(damaged(0, "a personal number"))?;
    let province = Province::parse(&row.get::<String>(5)?).ok_or(damaged(5, "a province"))?;
    Ok(Member {
        person,
        name: PersonName { family: row.get(1)?, middle: row.get(2)?, given: row.get(3)? },
        birth_date: row.get(4)?,
        number: InsuranceNumber::new(province, row.get(6)?).ok_or(damaged(6, "a serial"))?,
        card: Card {
            object: CardObject::of_letters(&row.get::<String>(7)?).ok_or(damaged(7, "letters of a card"))?,
            valid_from: row.get(8)?,
            valid_to: row.get(9)?,
            facility: row.get(10)?,
        },
    })
}

/// A column that this program never writes so.
fn damaged(column: usize, expected: &'static str) -> StoreError {
    StoreError::WrongType { statement: "MEMBER", column, expected, found: "something else" }
}
