//! The dossiers of the officer's commune.

use super::{Officer, ROOT, failed, moment_in, state_tag, state_words};
use crate::{
    OneDoor,
    model::Dossier,
    records::{self, QUEUE_LIMIT_ROWS},
    rules::{self, Punctuality, punctuality},
    texts,
};
use askama::Template;
use axum::extract::State;
use contracts::{one_door::Form as DossierForm, portal::DossierState};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;
use web::{
    Flash, Form, Html, Language, Page, Problem, Text, Visit,
    components::{Table, TableCell, Tag, WideTable},
};

#[derive(Template)]
#[template(path = "queue.html")]
struct Queue {
    t: Language,
    filters: Vec<Filter>,
    table: Option<WideTable>,
    cut: Option<String>,
}

struct Filter {
    href: String,
    text: String,
    chosen: bool,
}

/// The queue, with what was just done.
pub(super) async fn show(
    State(system): State<Arc<OneDoor>>,
    visit: Visit,
    officer: Officer,
    form: Form,
) -> Result<Page, Problem> {
    let t = visit.language;
    let store = &system.room.store;
    let wanted = form.value("state").parse().ok().and_then(DossierState::from_number);
    let (mut counts, mut dossiers) = (BTreeMap::new(), Vec::new());
    for area in officer.areas() {
        for (state, count) in records::count(store, &area).await.map_err(failed)? {
            *counts.entry(state.number()).or_insert(0) += count;
        }
        dossiers.extend(records::queue(store, &area, wanted).await.map_err(failed)?);
    }
    let counts: Vec<(DossierState, i64)> = counts
        .into_iter()
        .filter_map(|(number, count)| Some((DossierState::from_number(number)?, count)))
        .collect();
    dossiers.sort_by_key(urgency);
    dossiers.truncate(QUEUE_LIMIT_ROWS as usize);
    let (now, agency) = (system.room.clock.now(), system.room.member.code.as_str());
    let found: i64 = counts
        .iter()
        .filter(|(state, _)| wanted.is_none_or(|wanted| wanted == *state))
        .map(|(_, count)| count)
        .sum();
    let body = Queue {
        t,
        filters: filters(&counts, wanted, t),
        table: (!dossiers.is_empty()).then(|| table(&dossiers, agency, now, t)),
        cut: (found > i64::from(QUEUE_LIMIT_ROWS)).then(|| texts::ONLY_FIRST.fill(t, &[&QUEUE_LIMIT_ROWS])),
    };
    let mut page = visit.page(texts::DOSSIERS.get(t), Html::of(&body));
    page.flash = done(form.value("done")).map(|text| Flash::success(text.get(t)));
    Ok(page)
}

/// Most urgent first, ended ones last, as the store sorts those of one commune.
fn urgency(dossier: &Dossier) -> (bool, Timestamp, Uuid) {
    let at = dossier.rescheduled_to.or(dossier.due_at).unwrap_or(dossier.submitted_at);
    (rules::is_ended(dossier.state), at, dossier.submission)
}

fn filters(counts: &[(DossierState, i64)], chosen: Option<DossierState>, t: Language) -> Vec<Filter> {
    let all: i64 = counts.iter().map(|(_, count)| count).sum();
    let mut filters = vec![Filter {
        href: ROOT.into(),
        text: texts::ALL_STATES.fill(t, &[&all]),
        chosen: chosen.is_none(),
    }];
    for state in DossierState::ALL {
        let Some((_, count)) = counts.iter().find(|(counted, _)| *counted == state) else { continue };
        filters.push(Filter {
            href: format!("{ROOT}?state={}", state.number()),
            text: texts::IN_STATE.fill(t, &[&state_words(state, t), count]),
            chosen: chosen == Some(state),
        });
    }
    filters
}

fn table(dossiers: &[Dossier], agency: &str, now: Timestamp, t: Language) -> WideTable {
    let head =
        [texts::DOSSIER_CODE, texts::APPLICANT, texts::CHILD, texts::SUBMITTED, texts::DUE, texts::STATE];
    WideTable(Table {
        caption: texts::DOSSIERS.get(t).into(),
        caption_classes: "govuk-visually-hidden".into(),
        head: head.iter().map(|text| TableCell::new(text.get(t))).collect(),
        rows: dossiers.iter().map(|dossier| row(dossier, agency, now, t)).collect(),
        first_cell_is_header: true,
        ..Table::default()
    })
}

#[derive(Template)]
#[template(source = r#"<a class="govuk-link" href="{{ href }}">{{ text }}</a>"#, ext = "html")]
struct DossierLink {
    href: String,
    text: String,
}

fn row(dossier: &Dossier, agency: &str, now: Timestamp, t: Language) -> Vec<TableCell> {
    let code = dossier.code(agency).map(|code| code.to_string());
    let link = DossierLink {
        href: path(dossier),
        text: code.unwrap_or_else(|| texts::NO_CODE_YET.get(t).to_owned()),
    };
    let DossierForm::Birth(birth) = &dossier.form;
    vec![
        TableCell::new(Html::of(&link)),
        TableCell::new(dossier.applicant_name.clone()),
        TableCell::new(birth.child.name.full()),
        TableCell::new(moment_in(t, dossier.submitted_at)),
        TableCell::new(due(dossier, now, t)),
        TableCell::new(state_tag(dossier.state, t)),
    ]
}

/// When a dossier is due, marked when it will be or is late.
pub(super) fn due(dossier: &Dossier, now: Timestamp, t: Language) -> Html {
    let words = match (dossier.appointment(), &dossier.reception) {
        (Some(due_at), _) => moment_in(t, due_at),
        (None, Some(_)) if dossier.state == DossierState::SupplementAsked => {
            texts::CLOCK_STOPPED.get(t).to_owned()
        }
        (None, _) => "-".to_owned(),
    };
    let mark = match standing(dossier, now) {
        Punctuality::InTime => return Html::escaped(words),
        Punctuality::ApologyDue => Tag::coloured(texts::APOLOGY_DUE.get(t), "yellow"),
        Punctuality::Overdue => Tag::coloured(texts::OVERDUE.get(t), "red"),
    };
    let words = Html::escaped(words);
    Html::trusted(format!("{} {}", words.as_str(), mark.render().as_str()))
}

/// How a dossier stands to its due date; one that has ended, to the moment it ended.
pub(super) fn standing(dossier: &Dossier, now: Timestamp) -> Punctuality {
    match (rules::is_ended(dossier.state), dossier.late) {
        (true, true) => Punctuality::Overdue,
        (true, false) => Punctuality::InTime,
        (false, _) => punctuality(dossier.appointment(), now),
    }
}

/// Where a dossier's page is.
pub(super) fn path(dossier: &Dossier) -> String {
    format!("{ROOT}/dossiers/{}", dossier.submission)
}

/// What the page before has done.
fn done(word: &str) -> Option<Text> {
    match word {
        "receive" => Some(texts::DONE_RECEIVE),
        "supplement" => Some(texts::DONE_ASK),
        "refuse" => Some(texts::DONE_REFUSE),
        "apology" => Some(texts::DONE_APOLOGY),
        _ => None,
    }
}
