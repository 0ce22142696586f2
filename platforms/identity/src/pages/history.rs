//! What happened to the account.

use super::{Person, ROOT, moment_in, store_failed};
use crate::{Identity, model::Deed, records, texts};
use askama::Template;
use axum::extract::State;
use jiff::Timestamp;
use std::sync::Arc;
use web::{
    Form, Html, Language, Page, Problem, Visit,
    components::{Table, TableCell, WideTable},
};

#[derive(Template)]
#[template(path = "history.html")]
struct History {
    t: Language,
    deeds: WideTable,
    earlier: Option<i64>,
}

/// The history, latest first.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    form: Form,
) -> Result<Page, Problem> {
    let t = visit.language;
    let before = match form.value("before") {
        "" => Timestamp::MAX,
        text => text
            .parse()
            .ok()
            .and_then(|micros| Timestamp::from_microsecond(micros).ok())
            .ok_or_else(Problem::not_found)?,
    };
    let mut deeds =
        records::deeds(&system.room.store, person.account.id, before).await.map_err(store_failed)?;
    let more = deeds.len() > records::HISTORY_PAGE_ROWS;
    deeds.truncate(records::HISTORY_PAGE_ROWS);
    let body = History {
        t,
        earlier: deeds.last().filter(|_| more).map(|deed| deed.at.as_microsecond()),
        deeds: table(&deeds, t),
    };
    Ok(visit.page(texts::OVERVIEW_HISTORY.get(t), Html::of(&body)).with_back(ROOT))
}

fn table(deeds: &[Deed], t: Language) -> WideTable {
    let row = |deed: &Deed| {
        vec![
            TableCell::new(moment_in(t, deed.at)),
            TableCell::new(texts::act(deed.act).get(t)),
            TableCell::new(deed.device.as_str()),
        ]
    };
    WideTable(Table {
        caption: texts::OVERVIEW_HISTORY.get(t).into(),
        caption_classes: "govuk-visually-hidden".into(),
        head: [texts::TIME, texts::EVENT, texts::DEVICE].map(|head| TableCell::new(head.get(t))).into(),
        rows: deeds.iter().map(row).collect(),
        ..Table::default()
    })
}
