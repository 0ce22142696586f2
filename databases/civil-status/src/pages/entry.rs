//! One entry of the book of births, with all that it has ever said.

use super::{ROOT, Registrar, application::child_list, date_in, fact, failed, identifier, moment_in};
use crate::{
    CivilStatus,
    authority::WholeEntry,
    model::{AmendmentKind, Entry, EntryVersion, EventKind},
    records, rules, texts,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use system::Access;
use uuid::Uuid;
use web::{Flash, Form, Html, Language, Page, Problem, Visit, components::SummaryList};

#[derive(Template)]
#[template(path = "entry.html")]
struct EntryPage {
    t: Language,
    heading: String,
    facts: SummaryList,
    certificate: Option<String>,
    amend: Option<String>,
    annul: Option<String>,
    versions: Vec<(String, SummaryList)>,
}

/// The page of an entry.
pub(super) fn path(registration: Uuid) -> String {
    format!("{ROOT}/entries/{registration}")
}

/// The entry.
pub(super) async fn show(
    State(system): State<Arc<CivilStatus>>,
    visit: Visit,
    registrar: Registrar,
    Path(registration): Path<String>,
    form: Form,
) -> Result<Page, Problem> {
    let t = visit.language;
    let (entry, versions) = own_entry(&system, &registrar, Access::Read, &registration).await?;
    let issued =
        records::certificate_of_entry(&system.room.store, entry.registration).await.map_err(failed)?;
    let heading = heading(&entry, t);
    let mut facts = vec![
        fact(t, texts::BOOK, rules::book_symbol(EventKind::Birth, entry.year)),
        fact(
            t,
            texts::PAGE,
            entry.number.map_or_else(String::new, |number| rules::pages_of(number).to_string()),
        ),
        fact(t, texts::REGISTERED_ON, date_in(t, entry.registered_on)),
        fact(t, texts::REGISTRAR, &entry.registrar.name),
        fact(t, texts::DOSSIER, &entry.dossier),
    ];
    if let Some(child) = entry.child {
        facts.push(fact(t, texts::PERSONAL_NUMBER, child.to_string()));
    }
    let annulment = records::annulment(&system.room.store, entry.registration).await.map_err(failed)?;
    if let Some(annulment) = annulment {
        let words = [annulment.legal_basis, annulment.reason].join(". ");
        facts.push(fact(t, texts::ANNULLED, format!("{}. {words}", moment_in(t, annulment.at))));
        facts.push(fact(t, texts::ANNULLED_BY, annulment.by.name));
    } else if issued.is_none() {
        facts.push(fact(t, texts::CERTIFICATE, texts::CERTIFICATE_PENDING.get(t)));
    }
    let own_path = path(entry.registration);
    let body = EntryPage {
        t,
        heading: heading.clone(),
        facts: SummaryList::new(facts),
        certificate: issued.as_ref().map(|_| format!("{own_path}/certificate.pdf")),
        amend: issued.as_ref().map(|_| format!("{own_path}/amendment")),
        annul: issued.as_ref().map(|_| format!("{own_path}/annulment")),
        versions: versions.iter().rev().map(|version| version_list(version, t)).collect(),
    };
    let mut page = visit.page(heading, Html::of(&body)).with_back(ROOT);
    page.flash = match form.value("done") {
        "amendment" => Some(Flash::success(texts::DONE_AMENDMENT.get(t))),
        "annulment" => Some(Flash::success(texts::DONE_ANNULMENT.get(t))),
        _ => None,
    };
    Ok(page)
}

/// The certificate in force, for the registrar to print.
pub(super) async fn download(
    State(system): State<Arc<CivilStatus>>,
    registrar: Registrar,
    Path(registration): Path<String>,
) -> Result<Response, Problem> {
    let (entry, _) = own_entry(&system, &registrar, Access::Read, &registration).await?;
    let issued =
        records::certificate_of_entry(&system.room.store, entry.registration).await.map_err(failed)?;
    let issued = issued.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"giay-khai-sinh.pdf\""),
    ];
    Ok((headers, issued.pdf).into_response())
}

/// An entry of the registrar's own commune, with its versions.
pub(super) async fn own_entry(
    system: &CivilStatus,
    registrar: &Registrar,
    act: Access,
    registration: &str,
) -> Result<(Entry, Vec<EntryVersion>), Problem> {
    let store = &system.room.store;
    let entry = records::entry(store, identifier(registration)?).await.map_err(failed)?;
    let entry = entry.ok_or_else(Problem::not_found)?;
    let versions = records::versions(store, entry.registration).await.map_err(failed)?;
    registrar.must(act, &WholeEntry { entry: &entry, versions: &versions })?;
    Ok((entry, versions))
}

fn heading(entry: &Entry, t: Language) -> String {
    let number =
        entry.number.map_or_else(|| "…".to_owned(), |number| rules::number_in_book(number, entry.year));
    texts::ENTRY.fill(t, &[&number])
}

fn version_list(version: &EntryVersion, t: Language) -> (String, SummaryList) {
    let mut list = child_list(&version.form, &version.units, t);
    list.rows.push(fact(t, texts::TRUE_FROM, date_in(t, version.valid_from)));
    list.rows.push(fact(t, texts::RECORDED, moment_in(t, version.known_from)));
    let Some(amendment) = &version.amendment else {
        return (texts::FIRST_REGISTRATION.get(t).to_owned(), list);
    };
    let kind = match amendment.kind {
        AmendmentKind::Correction => texts::CORRECTION,
        AmendmentKind::Change => texts::CHANGE,
    };
    let number =
        amendment.number.map_or_else(String::new, |number| rules::number_in_book(number, amendment.year));
    let book = rules::book_symbol(EventKind::Change, amendment.year);
    let note = texts::AMENDMENT_NOTE
        .fill(t, &[&kind.get(t), &number, &book, &amendment.reason, &amendment.legal_basis]);
    list.rows.push(fact(t, texts::NOTE, note));
    list.rows.push(fact(t, texts::REGISTRAR, &amendment.by.name));
    (kind.get(t).to_owned(), list)
}
