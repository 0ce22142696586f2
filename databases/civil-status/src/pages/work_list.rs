//! What waits for the registrar, and the way to what is registered.

use super::{ROOT, Registrar, date_in, failed};
use crate::{
    CivilStatus, authority,
    model::Application,
    records::{self, WORK_LIST_LIMIT_ROWS},
    texts,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use system::clock::day_in_vietnam;
use web::{
    FieldErrors, Fields, Flash, Form, Html, Language, Page, Problem, Redirect, Text, Visit,
    components::{Button, Hint, Input, Table, TableCell, Tag, WideTable},
};

#[derive(Template)]
#[template(path = "work_list.html")]
struct WorkList {
    t: Language,
    waiting: String,
    table: Option<WideTable>,
    cut: Option<String>,
    number: Input,
    year: Input,
    find: Button,
    root: &'static str,
}

/// The work list, with what was just done.
pub(super) async fn show(
    State(system): State<Arc<CivilStatus>>,
    visit: Visit,
    registrar: Registrar,
    form: Form,
) -> Result<Page, Problem> {
    let mut page = list(&system, &visit, &registrar, &Form::default(), &FieldErrors::new()).await?;
    page.flash = done(form.value("done")).map(|text| Flash::success(text.get(visit.language)));
    Ok(page)
}

/// Finds an entry by its number.
pub(super) async fn find(
    State(system): State<Arc<CivilStatus>>,
    visit: Visit,
    registrar: Registrar,
    form: Form,
) -> Result<Response, Problem> {
    let mut errors = FieldErrors::new();
    let number: Option<i64> = form.value("number").parse().ok().filter(|number| *number > 0);
    let year: Option<i16> = form.value("year").parse().ok().filter(|year| (1900..=2999).contains(year));
    if number.is_none() {
        errors.add("number", texts::ENTER_NUMBER);
    }
    if year.is_none() {
        errors.add("year", texts::ENTER_YEAR);
    }
    if let (Some(number), Some(year)) = (number, year) {
        for area in registrar.areas(authority::ENTRY) {
            let found = records::entry_with_number(&system.room.store, &area, year, number).await;
            if let Some(registration) = found.map_err(failed)? {
                return Ok(Redirect::to(format!("{ROOT}/entries/{registration}")).into_response());
            }
        }
        errors.add("number", texts::NO_SUCH_ENTRY);
    }
    Ok(list(&system, &visit, &registrar, &form, &errors).await?.into_response())
}

async fn list(
    system: &CivilStatus,
    visit: &Visit,
    registrar: &Registrar,
    form: &Form,
    errors: &FieldErrors,
) -> Result<Page, Problem> {
    let t = visit.language;
    let (mut applications, mut waiting) = (Vec::new(), 0);
    for area in registrar.areas(authority::APPLICATION) {
        let (found, count) = records::work_list(&system.room.store, &area).await.map_err(failed)?;
        applications.extend(found);
        waiting += count;
    }
    applications.sort_by_key(|application| (application.content.due_at, application.application));
    applications.truncate(WORK_LIST_LIMIT_ROWS as usize);
    let fields = Fields { form, errors, language: t };
    let body = WorkList {
        t,
        waiting: texts::WAITING.fill(t, &[&waiting]),
        table: (!applications.is_empty()).then(|| table(&applications, t)),
        cut: (waiting > i64::from(WORK_LIST_LIMIT_ROWS))
            .then(|| texts::ONLY_FIRST.fill(t, &[&WORK_LIST_LIMIT_ROWS])),
        number: Input {
            inputmode: "numeric".into(),
            classes: "govuk-input--width-5".into(),
            hint: Some(Hint::new(texts::NUMBER_HINT.get(t))),
            ..fields.input("number", texts::NUMBER)
        },
        year: Input {
            inputmode: "numeric".into(),
            classes: "govuk-input--width-4".into(),
            ..fields.input("year", texts::YEAR)
        },
        find: Button::secondary(texts::FIND.get(t)),
        root: ROOT,
    };
    Ok(visit.page(texts::REGISTER_OF_BIRTHS.get(t), Html::of(&body)).with_errors(errors))
}

fn table(applications: &[Application], t: Language) -> WideTable {
    let head = [texts::DOSSIER, texts::CHILD, texts::BIRTH_DATE, texts::DUE];
    WideTable(Table {
        caption: texts::REGISTER_OF_BIRTHS.get(t).into(),
        caption_classes: "govuk-visually-hidden".into(),
        head: head.iter().map(|text| TableCell::new(text.get(t))).collect(),
        rows: applications.iter().map(|application| row(application, t)).collect(),
        first_cell_is_header: true,
        ..Table::default()
    })
}

#[derive(Template)]
#[template(source = r#"<a class="govuk-link" href="{{ href }}">{{ dossier }}</a>"#, ext = "html")]
struct DossierLink<'a> {
    href: String,
    dossier: &'a str,
}

fn row(application: &Application, t: Language) -> Vec<TableCell> {
    let content = &application.content;
    let link = DossierLink {
        href: format!("{ROOT}/applications/{}", application.application),
        dossier: &content.dossier,
    };
    let child = &content.form.child;
    let mut birth = Html::escaped(date_in(t, child.birth_date));
    if application.late {
        let tag = Tag::coloured(texts::LATE.get(t), "yellow").render();
        birth = Html::trusted(format!("{} {}", birth.as_str(), tag.as_str()));
    }
    vec![
        TableCell::new(Html::of(&link)),
        TableCell::new(child.name.full()),
        TableCell::new(birth),
        TableCell::new(date_in(t, day_in_vietnam(content.due_at))),
    ]
}

/// What the page before has done.
fn done(word: &str) -> Option<Text> {
    match word {
        "register" => Some(texts::DONE_REGISTER),
        "return" => Some(texts::DONE_RETURN),
        "refuse" => Some(texts::DONE_REFUSE),
        _ => None,
    }
}
