//! The books of a commune, and their closing.

use super::{ROOT, Registrar, date_in, fact, failed};
use crate::{
    ActError, CivilStatus, authority,
    model::{Book, EventKind},
    records, rules, texts,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use system::{Access, clock::day_in_vietnam};
use web::{
    Confirmation, Csrf, Flash, Form, Html, Language, Page, Problem, Redirect, Text, Visit,
    components::{Button, Tag},
};

#[derive(Template)]
#[template(path = "books.html")]
struct BooksPage {
    t: Language,
    csrf: Csrf,
    books: Vec<BookLine>,
}

struct BookLine {
    title: &'static str,
    symbol: String,
    commune: String,
    kind: &'static str,
    year: i16,
    entries: i64,
    pages: i64,
    open: bool,
    state: Tag,
    close: Option<Button>,
}

/// The books.
pub(super) async fn show(
    State(system): State<Arc<CivilStatus>>,
    visit: Visit,
    registrar: Registrar,
    form: Form,
) -> Result<Page, Problem> {
    let mut page = page(&system, &visit, &registrar).await?;
    page.flash =
        (form.value("done") == "close").then(|| Flash::success(texts::DONE_CLOSE.get(visit.language)));
    Ok(page)
}

/// Closes a book: the first time shows its totals; confirmed, it is done.
pub(super) async fn close(
    State(system): State<Arc<CivilStatus>>,
    visit: Visit,
    registrar: Registrar,
    form: Form,
) -> Result<Response, Problem> {
    let kind = EventKind::of_word(form.value("kind")).ok_or_else(Problem::not_found)?;
    let year: i16 = form.value("year").parse().map_err(|_| Problem::not_found())?;
    let book = records::book(&system.room.store, form.value("commune"), kind, year).await.map_err(failed)?;
    let book = book.ok_or_else(Problem::not_found)?;
    registrar.must(Access::Change, &book)?;
    if book.closed.is_some() {
        return Err(Problem::conflict());
    }
    if form.value("confirmed") != "yes" {
        return Ok(confirmation(&visit, &book).into_response());
    }
    if form.value("entries").parse() != Ok(book.entries) {
        return Err(Problem::conflict());
    }
    match system.close_book(&book, registrar.official.clone()).await {
        Ok(()) => Ok(Redirect::to(format!("{ROOT}/books?done=close")).into_response()),
        Err(ActError::NotNow(reason)) => {
            let mut page = page(&system, &visit, &registrar).await?;
            page.flash = Some(Flash::notice(super::not_now(reason).get(visit.language)));
            Ok(page.into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn confirmation(visit: &Visit, book: &Book) -> Page {
    let t = visit.language;
    let symbol = rules::book_symbol(book.kind, book.year);
    let (entries, pages) = (book.entries, rules::pages_of(book.entries));
    let facts = vec![
        fact(t, texts::BOOK, symbol.clone()),
        fact(t, texts::EVENTS, entries.to_string()),
        fact(t, texts::PAGES, pages.to_string()),
    ];
    let answers = vec![
        ("commune", book.commune.clone()),
        ("kind", book.kind.word().to_owned()),
        ("year", book.year.to_string()),
        ("entries", entries.to_string()),
    ];
    let follows = texts::CLOSE_FOLLOWS.fill(t, &[&entries, &pages]);
    let heading = texts::CONFIRM_CLOSE.fill(t, &[&symbol]);
    Confirmation { heading, facts, follows, answers, cancel: format!("{ROOT}/books") }.page(visit)
}

async fn page(system: &CivilStatus, visit: &Visit, registrar: &Registrar) -> Result<Page, Problem> {
    let t = visit.language;
    let mut books = Vec::new();
    for area in registrar.areas(authority::BOOK) {
        books.extend(records::books(&system.room.store, &area).await.map_err(failed)?);
    }
    let today = system.room.clock.today();
    let body = BooksPage {
        t,
        csrf: visit.csrf(),
        books: books
            .iter()
            .map(|book| BookLine {
                title: title(book.kind).get(t),
                symbol: rules::book_symbol(book.kind, book.year),
                commune: book.commune.clone(),
                kind: book.kind.word(),
                year: book.year,
                entries: book.entries,
                pages: rules::pages_of(book.entries),
                open: book.closed.is_none(),
                state: match &book.closed {
                    None => Tag::coloured(texts::OPEN.get(t), "green"),
                    Some(closing) => {
                        let day = date_in(t, day_in_vietnam(closing.at));
                        Tag::coloured(texts::CLOSED_ON.fill(t, &[&day]), "grey")
                    }
                },
                close: (book.closed.is_none() && rules::may_close(book.year, today))
                    .then(|| Button::secondary(texts::CLOSE.get(t))),
            })
            .collect(),
    };
    Ok(visit.page(texts::BOOKS.get(t), Html::of(&body)).with_back(ROOT))
}

fn title(kind: EventKind) -> Text {
    match kind {
        EventKind::Birth => texts::BOOK_OF_BIRTHS,
        EventKind::Change => texts::BOOK_OF_CHANGES,
        EventKind::Marriage | EventKind::Guardianship | EventKind::Recognition | EventKind::Death => {
            texts::OTHER_BOOK
        }
    }
}
