//! Books: opened by their first entry, counted, closed.

use super::to_json;
use crate::model::{Book, Closing, EventKind, Official};
use jiff::Timestamp;
use serde::Serialize;
use store::{Batch, Row, Store, StoreError, params, statements};
use system::{Area, SealedRecord};

statements! {
    /// Opens a book, unless it is open or closed already.
    OPEN_BOOK = "INSERT INTO books (commune, kind, year, entries) VALUES ($1, $2, $3, 0)
        ON CONFLICT (commune, kind, year) DO NOTHING";
    /// The book is still open.
    BOOK_IS_OPEN = "SELECT 1 FROM books WHERE commune = $1 AND kind = $2 AND year = $3 AND closed_at IS NULL";
    /// Counts one more entry in an open book.
    COUNT_ENTRY = "UPDATE books SET entries = entries + 1
        WHERE commune = $1 AND kind = $2 AND year = $3 AND closed_at IS NULL";
    /// One book.
    BOOK = "SELECT commune, kind, year, entries, closed_at, closed_by, closed_by_name, seal_proof FROM books
        WHERE commune = $1 AND kind = $2 AND year = $3";
    /// The books of a commune, latest first.
    BOOKS_OF_COMMUNE = "SELECT commune, kind, year, entries, closed_at, closed_by, closed_by_name, seal_proof FROM books
        WHERE commune = $1 ORDER BY year DESC, kind";
    /// Closes a book with so many entries, none of which still waits for its number.
    CLOSE_BOOK = "UPDATE books SET closed_at = $5, closed_by = $6, closed_by_name = $7
        WHERE commune = $1 AND kind = $2 AND year = $3 AND entries = $4 AND closed_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM entries
            WHERE entries.commune = books.commune AND entries.year = books.year AND entries.number IS NULL)";
    /// How many entries of a commune and year wait for their number.
    UNNUMBERED_ENTRIES = "SELECT count(*) FROM entries WHERE commune = $1 AND year = $2 AND number IS NULL";
    /// Keeps the seal on the totals of a closed book.
    SEAL_BOOK = "UPDATE books SET seal_entry = $4, seal_salt = $5, seal_proof = $6
        WHERE commune = $1 AND kind = $2 AND year = $3 AND closed_at IS NOT NULL AND seal_proof IS NULL";
}

/// What is sealed when a book is closed.
#[derive(Serialize)]
struct Totals<'a> {
    commune: &'a str,
    kind: &'a str,
    year: i16,
    entries: i64,
    pages: i64,
    closed_at: Timestamp,
}

/// Adds to a batch that the book is there and open.
pub(crate) fn require_open_book(batch: &mut Batch, commune: &str, kind: EventKind, year: i16) {
    batch.change(&OPEN_BOOK, params![commune, kind, year]);
    batch.require(&BOOK_IS_OPEN, params![commune, kind, year]);
}

/// Adds one more entry of an open book to a batch. The number of the entry is then the book's count.
pub(crate) fn count_entry(batch: &mut Batch, commune: &str, kind: EventKind, year: i16) {
    batch.change(&OPEN_BOOK, params![commune, kind, year]);
    batch.change_one(&COUNT_ENTRY, params![commune, kind, year]);
}

/// One book.
pub(crate) async fn book(
    store: &Store,
    commune: &str,
    kind: EventKind,
    year: i16,
) -> Result<Option<Book>, StoreError> {
    store.read_one(&BOOK, params![commune, kind, year]).await?.as_ref().map(book_from).transpose()
}

/// The books of an area, latest first.
pub(crate) async fn books(store: &Store, area: &Area) -> Result<Vec<Book>, StoreError> {
    store.read(&BOOKS_OF_COMMUNE, params![area.unit()]).await?.iter().map(book_from).collect()
}

/// How many entries of a commune and year wait for their number.
pub(crate) async fn unnumbered_entries(store: &Store, commune: &str, year: i16) -> Result<i64, StoreError> {
    let row = store.read_one(&UNNUMBERED_ENTRIES, params![commune, year]).await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Adds the closing of a book as it was read to a batch.
pub(crate) fn close_book(batch: &mut Batch, book: &Book, by: &Official, at: Timestamp) {
    batch.change_one(
        &CLOSE_BOOK,
        params![&book.commune, book.kind, book.year, book.entries, at, &by.account, &by.name],
    );
}

/// What of a closed book is sealed: its totals.
pub(crate) fn sealed_totals(book: &Book, closing: &Closing) -> String {
    to_json(&Totals {
        commune: &book.commune,
        kind: book.kind.word(),
        year: book.year,
        entries: book.entries,
        pages: crate::rules::pages_of(book.entries),
        closed_at: closing.at,
    })
}

/// Adds the seal on a closed book to a batch.
pub(crate) fn keep_book_seal(batch: &mut Batch, book: &Book, seal: &SealedRecord) {
    batch.change_one(
        &SEAL_BOOK,
        params![&book.commune, book.kind, book.year, &seal.entry, &seal.salt, &seal.proof],
    );
}

fn book_from(row: &Row) -> Result<Book, StoreError> {
    let closed = match row.get::<Option<Timestamp>>(4)? {
        Some(at) => {
            Some(Closing { at, by: Official { account: row.get(5)?, name: row.get(6)? }, proof: row.get(7)? })
        }
        None => None,
    };
    Ok(Book { commune: row.get(0)?, kind: row.get(1)?, year: row.get(2)?, entries: row.get(3)?, closed })
}
