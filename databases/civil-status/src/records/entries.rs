//! Entries of the book of births with all their versions.

use super::{count_entry, from_json, require_open_book, to_json};
use crate::model::{Amendment, Application, Entry, EntryVersion, EventKind, Obstacle, Official};
use contracts::PersonalNumber;
use jiff::Timestamp;
use store::{Batch, Row, Store, StoreError, Value, params, statements};
use system::{Area, SealedRecord};
use uuid::Uuid;

statements! {
    /// Prepares an entry; its number follows when the child's personal number is there.
    ADD_ENTRY = "INSERT INTO entries (registration, application, commune, year, registered_on, registrar, registrar_name)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// One entry.
    ENTRY = "SELECT entries.registration, entries.application, applications.dossier, applications.received_by,
        entries.commune, entries.year, entries.number, entries.registered_on, entries.registrar, entries.registrar_name,
        entries.child_number
        FROM entries JOIN applications ON applications.application = entries.application WHERE registration = $1";
    /// The entry of an application.
    ENTRY_OF_APPLICATION = "SELECT entries.registration, entries.application, applications.dossier,
        applications.received_by, entries.commune, entries.year, entries.number, entries.registered_on, entries.registrar,
        entries.registrar_name, entries.child_number
        FROM entries JOIN applications ON applications.application = entries.application
        WHERE entries.application = $1";
    /// The entry with a number in a commune's book of a year.
    ENTRY_WITH_NUMBER = "SELECT registration FROM entries WHERE commune = $1 AND year = $2 AND number = $3";
    /// The numbers that a commune's book of a year has given, in order.
    NUMBERS_OF_BOOK = "SELECT number FROM entries WHERE commune = $1 AND year = $2 AND number IS NOT NULL ORDER BY number";
    /// Notes the child's personal number.
    NOTE_CHILD = "UPDATE entries SET child_number = $2 WHERE registration = $1 AND child_number IS NULL";
    /// Gives an entry the number that its book has just counted.
    NUMBER_ENTRY = "UPDATE entries SET number = (SELECT books.entries FROM books
            WHERE books.commune = entries.commune AND books.year = entries.year AND books.kind = 'birth')
        WHERE registration = $1 AND number IS NULL AND child_number IS NOT NULL";
    /// Adds a version of an entry.
    ADD_VERSION = "INSERT INTO entry_versions (registration, version, form, units, valid_from, known_from, amendment_id,
        amendment, amendment_commune, amendment_year, reason, legal_basis, decided_by, decided_by_name)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    /// Gives an amendment the number that the book of changes has just counted.
    NUMBER_AMENDMENT = "UPDATE entry_versions SET amendment_number = (SELECT books.entries FROM books
            WHERE books.commune = entry_versions.amendment_commune AND books.year = entry_versions.amendment_year
            AND books.kind = 'change')
        WHERE registration = $1 AND version = $2 AND amendment_number IS NULL";
    /// Ends a version: from then on the register says something else.
    END_VERSION = "UPDATE entry_versions SET known_until = $3
        WHERE registration = $1 AND version = $2 AND known_until IS NULL";
    /// All versions of an entry, the first first.
    VERSIONS = "SELECT version, form, units, valid_from, known_from, known_until, amendment_id, amendment,
        amendment_number, amendment_year, reason, legal_basis, decided_by, decided_by_name, seal_entry FROM entry_versions
        WHERE registration = $1 ORDER BY version";
    /// Takes back what an entry says that was prepared and never entered.
    WITHDRAW_VERSIONS = "DELETE FROM entry_versions WHERE registration = $1";
    /// Takes back an entry that was prepared and never entered.
    WITHDRAW_ENTRY = "DELETE FROM entries WHERE registration = $1 AND number IS NULL AND child_number IS NULL";
    /// Keeps the seal on a version.
    SEAL_VERSION = "UPDATE entry_versions SET seal_entry = $3, seal_salt = $4, seal_proof = $5
        WHERE registration = $1 AND version = $2 AND seal_entry IS NULL";
}

/// Adds the entry of an application to a batch, in a book that must be open.
pub(crate) fn add_entry(batch: &mut Batch, entry: &Entry, application: &Application, known_from: Timestamp) {
    require_open_book(batch, &entry.commune, EventKind::Birth, entry.year);
    batch.change_one(
        &ADD_ENTRY,
        params![
            entry.registration,
            entry.application,
            &entry.commune,
            entry.year,
            entry.registered_on,
            &entry.registrar.account,
            &entry.registrar.name,
        ],
    );
    let form = &application.content.form;
    batch.change_one(
        &ADD_VERSION,
        params![
            entry.registration,
            1_i64,
            to_json(form),
            to_json(&application.units),
            form.child.birth_date,
            known_from,
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
        ],
    );
}

/// One entry.
pub(crate) async fn entry(store: &Store, registration: Uuid) -> Result<Option<Entry>, StoreError> {
    store.read_one(&ENTRY, params![registration]).await?.as_ref().map(entry_from).transpose()
}

/// The entry of an application.
pub(crate) async fn entry_of_application(
    store: &Store,
    application: Uuid,
) -> Result<Option<Entry>, StoreError> {
    store.read_one(&ENTRY_OF_APPLICATION, params![application]).await?.as_ref().map(entry_from).transpose()
}

/// The entry with a number in an area's book of a year.
pub(crate) async fn entry_with_number(
    store: &Store,
    area: &Area,
    year: i16,
    number: i64,
) -> Result<Option<Uuid>, StoreError> {
    store
        .read_one(&ENTRY_WITH_NUMBER, params![area.unit(), year, number])
        .await?
        .map(|row| row.get(0))
        .transpose()
}

/// The numbers that a commune's book of births of a year has given, in order.
pub(crate) async fn numbers_of_book(store: &Store, commune: &str, year: i16) -> Result<Vec<i64>, StoreError> {
    store.read(&NUMBERS_OF_BOOK, params![commune, year]).await?.iter().map(|row| row.get(0)).collect()
}

/// All versions of an entry, the first first.
pub(crate) async fn versions(store: &Store, registration: Uuid) -> Result<Vec<EntryVersion>, StoreError> {
    store.read(&VERSIONS, params![registration]).await?.iter().map(version_from).collect()
}

/// Adds the child's personal number to a batch.
pub(crate) fn note_child(batch: &mut Batch, registration: Uuid, child: PersonalNumber) {
    batch.change_one(&NOTE_CHILD, params![registration, child.as_i64()]);
}

/// Adds to a batch that the entry stands in the book, with the next number. Counting and numbering are one batch, so
/// numbers have neither gaps nor doubles, however many registrars work at once.
pub(crate) fn enter_in_book(batch: &mut Batch, entry: &Entry) {
    count_entry(batch, &entry.commune, EventKind::Birth, entry.year);
    batch.change_one(&NUMBER_ENTRY, params![entry.registration]);
    batch.change_one(&super::MARK_REGISTERED, params![entry.application]);
}

/// Adds to a batch that a prepared entry is taken back and its application waits for the registrar again, who reads why.
/// The decision stays on record.
pub(crate) fn come_back(batch: &mut Batch, entry: &Entry, obstacle: &Obstacle) {
    batch.change(&WITHDRAW_VERSIONS, params![entry.registration]);
    batch.change_one(&WITHDRAW_ENTRY, params![entry.registration]);
    batch.change_one(&super::COME_BACK, params![entry.application, to_json(obstacle)]);
}

/// Adds an amendment to a batch: the version before it ends, the new one begins, and the book of changes counts it. The
/// amendment's number is left to the book.
pub(crate) fn amend(batch: &mut Batch, entry: &Entry, version: &EntryVersion, amendment: &Amendment) {
    batch.change_one(&END_VERSION, params![entry.registration, version.version - 1, version.known_from]);
    batch.change_one(
        &ADD_VERSION,
        params![
            entry.registration,
            version.version,
            to_json(&version.form),
            to_json(&version.units),
            version.valid_from,
            version.known_from,
            amendment.amendment,
            amendment.kind,
            &entry.commune,
            amendment.year,
            &amendment.reason,
            &amendment.legal_basis,
            &amendment.by.account,
            &amendment.by.name,
        ],
    );
    count_entry(batch, &entry.commune, EventKind::Change, amendment.year);
    batch.change_one(&NUMBER_AMENDMENT, params![entry.registration, version.version]);
    super::supersede_certificates(batch, entry.registration, version.known_from);
}

/// Adds the seal on a version to a batch.
pub(crate) fn keep_version_seal(batch: &mut Batch, registration: Uuid, version: i64, seal: &SealedRecord) {
    batch.change_one(&SEAL_VERSION, params![registration, version, &seal.entry, &seal.salt, &seal.proof]);
}

fn entry_from(row: &Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        registration: row.get(0)?,
        application: row.get(1)?,
        dossier: row.get(2)?,
        received_by: row.get(3)?,
        commune: row.get(4)?,
        year: row.get(5)?,
        number: row.get(6)?,
        registered_on: row.get(7)?,
        registrar: Official { account: row.get(8)?, name: row.get(9)? },
        child: row.get::<Option<i64>>(10)?.and_then(PersonalNumber::from_i64),
    })
}

fn version_from(row: &Row) -> Result<EntryVersion, StoreError> {
    let amendment = match row.get(6)? {
        Some(amendment) => Some(Amendment {
            amendment,
            kind: row.get(7)?,
            number: row.get(8)?,
            year: row.get(9)?,
            reason: row.get(10)?,
            legal_basis: row.get(11)?,
            by: Official { account: row.get(12)?, name: row.get(13)? },
        }),
        None => None,
    };
    Ok(EntryVersion {
        version: row.get(0)?,
        form: from_json(row, 1)?,
        units: from_json(row, 2)?,
        valid_from: row.get(3)?,
        known_from: row.get(4)?,
        known_until: row.get(5)?,
        amendment,
        sealed: row.get::<Option<String>>(14)?.is_some(),
    })
}
