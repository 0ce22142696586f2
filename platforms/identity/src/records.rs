//! Reading and writing of the store. All SQL of the system stands here and in the modules below.

mod accounts;
mod appointments;
mod mandates;
mod office;
mod officials;
mod organisations;
mod provider;
mod steps;
mod submissions;

pub(crate) use accounts::*;
pub(crate) use appointments::*;
pub(crate) use mandates::*;
pub(crate) use office::*;
pub(crate) use officials::*;
pub(crate) use organisations::*;
pub(crate) use provider::*;
pub(crate) use steps::*;
pub(crate) use submissions::*;

use contracts::identity::Level;
use store::{Migration, Schema, Statement, StoreError};

/// The statements stand in the module of what they are about; the schema needs them as one list.
const LISTS: [&[&Statement]; 9] = [
    accounts::STATEMENTS,
    appointments::STATEMENTS,
    mandates::STATEMENTS,
    office::STATEMENTS,
    officials::STATEMENTS,
    organisations::STATEMENTS,
    provider::STATEMENTS,
    steps::STATEMENTS,
    submissions::STATEMENTS,
];
const STATEMENT_COUNT: usize = {
    let mut count = 0;
    let mut list = 0;
    while list < LISTS.len() {
        count += LISTS[list].len();
        list += 1;
    }
    count
};

static ALL_STATEMENTS: [&Statement; STATEMENT_COUNT] = {
    let mut all: [&Statement; STATEMENT_COUNT] = [LISTS[0][0]; STATEMENT_COUNT];
    let (mut list, mut place) = (0, 0);
    while list < LISTS.len() {
        let mut index = 0;
        while index < LISTS[list].len() {
            all[place] = LISTS[list][index];
            (index, place) = (index + 1, place + 1);
        }
        list += 1;
    }
    all
};

/// The system's tables and statements.
pub static SCHEMA: Schema = Schema {
    system: contracts::identity::SYSTEM,
    migrations: &[
        Migration { number: 1, name: "accounts", sql: include_str!("../migrations/0001_accounts.sql") },
        Migration { number: 2, name: "provider", sql: include_str!("../migrations/0002_provider.sql") },
        Migration { number: 3, name: "mandates", sql: include_str!("../migrations/0003_mandates.sql") },
        Migration { number: 4, name: "officials", sql: include_str!("../migrations/0004_officials.sql") },
        Migration { number: 5, name: "systems", sql: include_str!("../migrations/0005_systems.sql") },
        Migration { number: 6, name: "assertions", sql: include_str!("../migrations/0006_assertions.sql") },
        Migration {
            number: 7,
            name: "authenticator apps",
            sql: include_str!("../migrations/0007_authenticator_apps.sql"),
        },
        Migration { number: 8, name: "names", sql: include_str!("../migrations/0008_names.sql") },
        Migration {
            number: 9,
            name: "first administrators",
            sql: include_str!("../migrations/0009_first_administrators.sql"),
        },
        Migration { number: 10, name: "employees", sql: include_str!("../migrations/0010_employees.sql") },
        Migration { number: 11, name: "sites", sql: include_str!("../migrations/0011_sites.sql") },
        Migration {
            number: 12,
            name: "submissions",
            sql: include_str!("../migrations/0012_submissions.sql"),
        },
        Migration {
            number: 13,
            name: "organisations",
            sql: include_str!("../migrations/0013_organisations.sql"),
        },
    ],
    statements: &ALL_STATEMENTS,
};

fn level_from(number: i64, statement: &'static str, column: usize) -> Result<Level, StoreError> {
    Level::from_number(number).ok_or_else(|| damaged(statement, column, "a level"))
}

/// A column that this program never writes so.
fn damaged(statement: &'static str, column: usize, expected: &'static str) -> StoreError {
    StoreError::WrongType { statement, column, expected, found: "something else" }
}
