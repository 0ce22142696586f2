//! A file with many posts: sent, looked at with what is wrong in which line, confirmed by somebody else.

use super::{
    failed,
    officials::{Administrator, not_done},
    store_failed,
};
use crate::{Identity, model::Roster, records, rules::roster::RosterError, texts};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use std::{fmt::Write as _, sync::Arc};
use web::{
    Csrf, FieldErrors, Fields, Form, Html, Language, Page, Problem, Redirect, Upload, Visit,
    components::{Button, FileUpload, Hint, SummaryList, SummaryRow, Table, TableCell, WideTable},
};

/// Where these pages are.
const ROSTERS: &str = "/identity/officials/rosters";
/// Faulty lines that the page shows; the report has all.
const SHOWN_LIMIT_LINES: i64 = 100;

#[derive(Template)]
#[template(path = "rosters.html")]
struct Send {
    t: Language,
    csrf: Csrf,
    file: FileUpload,
    send: Button,
}

/// Asks for a file.
pub(super) async fn ask(visit: Visit, _: Administrator) -> Page {
    form(&visit, &FieldErrors::new())
}

fn form(visit: &Visit, errors: &FieldErrors) -> Page {
    let t = visit.language;
    let form = Form::default();
    let field = Fields { form: &form, errors, language: t }.file("file", texts::ROSTER_FILE);
    let hint = Some(Hint::new(texts::ROSTER_HINT.get(t)));
    let body = Send {
        t,
        csrf: visit.csrf(),
        file: FileUpload { hint, ..field },
        send: Button::new(texts::READ_FILE.get(t)),
    };
    let page = visit.page(texts::ROSTER.get(t), Html::of(&body));
    page.with_back("/identity/officials").with_errors(errors)
}

/// Reads a file. Nothing of it takes effect yet.
pub(super) async fn send(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    Administrator(own): Administrator,
    upload: Upload,
) -> Result<Response, Problem> {
    let mut errors = FieldErrors::new();
    match upload.file("file") {
        None => errors.add("file", texts::CHOOSE_FILE),
        Some(file) => match system.read_roster(&own, &file.name, &file.bytes).await.map_err(failed)? {
            Ok(id) => return Ok(Redirect::to(format!("{ROSTERS}/{id}")).into_response()),
            Err(RosterError::Head) => errors.add("file", texts::ROSTER_HEAD),
            Err(RosterError::TooLong) => errors.add("file", texts::ROSTER_TOO_LONG),
            Err(RosterError::Empty) => errors.add("file", texts::ROSTER_EMPTY),
        },
    }
    Ok(form(&visit, &errors).into_response())
}

#[derive(Template)]
#[template(path = "roster.html")]
struct Preview {
    t: Language,
    csrf: Csrf,
    facts: SummaryList,
    faults: Option<WideTable>,
    report: String,
    confirm: Option<Button>,
}

async fn own_roster(system: &Identity, own: &Administrator, id: &str) -> Result<Roster, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    system.roster(&own.0, id).await.map_err(store_failed)?.ok_or_else(Problem::not_found)
}

/// What a file would do, or has done.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    own: Administrator,
    Path(id): Path<String>,
) -> Result<Page, Problem> {
    let t = visit.language;
    let roster = own_roster(&system, &own, &id).await?;
    let store = &system.room.store;
    let faulty = records::faulty_lines(store, roster.id, 0, SHOWN_LIMIT_LINES).await.map_err(store_failed)?;
    let state = match (roster.confirmed_by, roster.finished_at) {
        (None, _) => texts::ROSTER_WAITS,
        (Some(_), None) => texts::ROSTER_RUNS,
        (Some(_), Some(_)) => texts::ROSTER_DONE,
    };
    let good = roster.lines - roster.faulty - roster.known;
    let fact = |key: web::Text, value: String| SummaryRow::new(key.get(t), value);
    let facts = vec![
        fact(texts::ROSTER_FILE, roster.file_name.clone()),
        fact(texts::PROPOSED_BY, roster.proposed_by.to_string()),
        fact(texts::ROSTER_STATE, state.get(t).to_owned()),
        fact(texts::ROSTER_NEW, good.to_string()),
        fact(texts::ROSTER_KNOWN, roster.known.to_string()),
        fact(texts::ROSTER_FAULTY, roster.faulty.to_string()),
    ];
    let may_confirm = roster.confirmed_by.is_none() && roster.proposed_by != own.0.number && good > 0;
    let body = Preview {
        t,
        csrf: visit.csrf(),
        facts: SummaryList::new(facts),
        faults: (!faulty.is_empty()).then(|| {
            let row = |(line, faults): &(i64, Vec<_>)| {
                vec![TableCell::new(line.to_string()), TableCell::new(words(faults, t))]
            };
            WideTable(Table {
                caption: texts::ROSTER_FAULTY.get(t).into(),
                head: [texts::ROSTER_LINE, texts::ROSTER_FAULT]
                    .map(|text| TableCell::new(text.get(t)))
                    .into(),
                rows: faulty.iter().map(row).collect(),
                first_cell_is_header: true,
                ..Table::default()
            })
        }),
        report: format!("{ROSTERS}/{}/report.csv", roster.id),
        confirm: may_confirm.then(|| Button::new(texts::CONFIRM_ROSTER.get(t))),
    };
    Ok(visit.page(texts::ROSTER.get(t), Html::of(&body)).with_back("/identity/officials"))
}

fn words(faults: &[crate::rules::post::PostFault], t: Language) -> String {
    faults.iter().map(|fault| texts::post_fault(*fault).get(t)).collect::<Vec<_>>().join(" ")
}

/// All that is wrong, line by line, as CSV.
pub(super) async fn report(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    own: Administrator,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let roster = own_roster(&system, &own, &id).await?;
    let (mut text, mut behind) = (String::from("line,fault\r\n"), 0);
    loop {
        let store = &system.room.store;
        let found = records::faulty_lines(store, roster.id, behind, records::FAULTS_LIMIT_ROWS).await;
        let found = found.map_err(store_failed)?;
        for (line, faults) in &found {
            // Our own words hold no quotation mark; writing to a text can't fail.
            let _ = write!(text, "{line},\"{}\"\r\n", words(faults, visit.language));
        }
        match found.last() {
            Some((line, _)) => behind = *line,
            None => break,
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"report.csv\""),
    ];
    Ok((headers, text).into_response())
}

/// The second administrator's confirmation.
pub(super) async fn confirm(
    State(system): State<Arc<Identity>>,
    own: Administrator,
    Path(id): Path<String>,
) -> Result<Redirect, Problem> {
    let roster = own_roster(&system, &own, &id).await?;
    system.confirm_roster(&own.0, roster.id).await.map_err(failed)?.map_err(not_done)?;
    Ok(Redirect::to(format!("{ROSTERS}/{}", roster.id)))
}
