//! What is counted of one entry, and every event and message that said so.

use super::{births::counts_as, date_in, moment_in, problem, reader};
use crate::{
    Reporting,
    model::{CountedEvent, Said},
    places::store_problem,
    records, texts,
};
use askama::Template;
use axum::extract::{Path, State};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;
use uuid::Uuid;
use web::{
    Html, Language, Page, Problem, Visit,
    components::{SummaryList, SummaryRow, Table, TableCell, WideTable},
};

/// What of an identifier of a message is written as it is in an address.
const MESSAGE_IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-');

#[derive(Template)]
#[template(path = "birth.html")]
struct Body {
    t: Language,
    facts: SummaryList,
    events: WideTable,
}

/// `GET /reporting/births/{registration}`
pub(super) async fn show(
    State(system): State<Arc<Reporting>>,
    visit: Visit,
    Path(registration): Path<String>,
) -> Result<Page, Problem> {
    let t = visit.language;
    let registration: Uuid = registration.parse().map_err(|_| Problem::not_found())?;
    let store = &system.room.store;
    let failed = |error| problem(store_problem(error));
    let birth = records::birth(store, registration).await.map_err(failed)?;
    let birth =
        birth.filter(|birth| reader(&system, &visit).may_see(birth)).ok_or_else(Problem::not_found)?;
    let place = system.place_on(&birth.place.commune, birth.registered_on).await.map_err(problem)?;
    let events = records::events(store, registration).await.map_err(failed)?;
    let commune = format!("{}, {}", place.then.name, place.then.province_name);
    let body = Body {
        t,
        facts: SummaryList::new(vec![
            SummaryRow::new(texts::ENTRY.get(t), registration.to_string()),
            SummaryRow::new(texts::COMMUNE.get(t), commune),
            SummaryRow::new(texts::REGISTERED_ON.get(t), date_in(t, birth.registered_on)),
            SummaryRow::new(texts::COUNTS_AS.get(t), counts_as(&birth, t)),
        ]),
        events: WideTable(Table {
            caption: texts::EVENTS.get(t).into(),
            caption_classes: "govuk-table__caption--m".into(),
            head: [texts::SAID, texts::TOLD_AT, texts::MESSAGE]
                .iter()
                .map(|head| TableCell::new(head.get(t)))
                .collect(),
            rows: events.iter().map(|event| row(event, t)).collect(),
            ..Table::default()
        }),
    };
    Ok(visit.page(texts::BIRTH.get(t), Html::of(&body)).with_back(super::ROOT))
}

/// The link to the message that brought an event, and to its proof.
#[derive(Template)]
#[template(source = r#"<a class="govuk-link" href="{{ href }}">{{ message }}</a>"#, ext = "html")]
struct MessageLink<'a> {
    href: String,
    message: &'a str,
}

fn row(event: &CountedEvent, t: Language) -> Vec<TableCell> {
    let said = match event.said {
        Said::Registered => texts::SAID_REGISTERED,
        Said::Amended => texts::SAID_AMENDED,
        Said::Annulled => texts::SAID_ANNULLED,
    };
    let message = event.message.as_str();
    let href = format!("/exchange/messages/{}", utf8_percent_encode(message, MESSAGE_IN_PATH));
    vec![
        TableCell::new(said.get(t)),
        TableCell::new(moment_in(t, event.told_at)),
        TableCell::new(Html::of(&MessageLink { href, message })),
    ]
}
