//! Who read the applicant's data in the population database.

use super::{Applicant, moment_in, unanswered};
use crate::{Portal, family::own_data, texts};
use askama::Template;
use axum::extract::State;
use contracts::{
    Context, SystemId,
    agencies::{AgencyOn, ReadAgency},
    population::{Access, AccessesOf, ListAccesses},
};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};
use system::Exchange;
use web::{
    Form, Html, Language, Page, Problem, Visit,
    components::{Breadcrumb, Table, TableCell, WideTable},
};

#[derive(Template)]
#[template(path = "my_data.html")]
struct MyData {
    t: Language,
    readings: Option<WideTable>,
    earlier: Option<i64>,
}

/// The readings, latest first.
pub(super) async fn show(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    form: Form,
) -> Result<Page, Problem> {
    let t = visit.language;
    let before = match form.value("before") {
        "" => None,
        text => Some(moment(text).ok_or_else(Problem::not_found)?),
    };
    let asked = AccessesOf { number: applicant.number, before };
    let context = own_data(applicant.number);
    let listed =
        system.room.exchange.call::<ListAccesses>(&asked, &context).await.map_err(unanswered)?.answer;
    let readers = readers(&system.room.exchange, &listed.accesses).await;
    let body = MyData {
        t,
        readings: (!listed.accesses.is_empty()).then(|| table(&listed.accesses, &readers, t)),
        earlier: listed.accesses.last().filter(|_| listed.more).map(|last| last.at.as_microsecond()),
    };
    let above = Breadcrumb::new(texts::PORTAL.get(t), super::ROOT);
    Ok(visit.page(texts::WHO_READ.get(t), Html::of(&body)).with_breadcrumbs(vec![above]))
}

/// A time in an address, in microseconds since 1970.
fn moment(text: &str) -> Option<Timestamp> {
    Timestamp::from_microsecond(text.parse().ok()?).ok()
}

/// What the agencies that read are called; their codes where the register of agencies can't say.
async fn readers(exchange: &Exchange, accesses: &[Access]) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for access in accesses {
        if names.contains_key(&access.client) {
            continue;
        }
        let Ok(client) = access.client.parse::<SystemId>() else { continue };
        let asked = AgencyOn { code: client.member.code.clone(), on: None };
        let found = exchange.call::<ReadAgency>(&asked, &Context::public()).await;
        names.insert(access.client.clone(), found.map_or(client.member.code, |found| found.answer.name));
    }
    names
}

fn table(accesses: &[Access], readers: &BTreeMap<String, String>, t: Language) -> WideTable {
    let heads = [texts::TIME, texts::READER, texts::WHAT_FOR, texts::LEGAL_BASIS, texts::WHAT_READ];
    WideTable(Table {
        caption: texts::WHO_READ.get(t).into(),
        caption_classes: "govuk-visually-hidden".into(),
        head: heads.iter().map(|head| TableCell::new(head.get(t))).collect(),
        rows: accesses.iter().map(|access| row(access, readers, t)).collect(),
        classes: "govuk-table--small-text-until-tablet".into(),
        ..Table::default()
    })
}

fn row(access: &Access, readers: &BTreeMap<String, String>, t: Language) -> Vec<TableCell> {
    let purpose = texts::purpose(&access.purpose).map_or(access.purpose.as_str(), |purpose| purpose.get(t));
    let fields: Vec<&str> = access.fields.iter().map(|field| texts::field(*field).get(t)).collect();
    let fields = if fields.is_empty() { texts::NOTHING_READ.get(t).to_owned() } else { fields.join(", ") };
    vec![
        TableCell::new(moment_in(t, access.at)),
        TableCell::new(readers.get(&access.client).unwrap_or(&access.client).as_str()),
        TableCell::new(purpose),
        TableCell::new(access.legal_basis.as_str()),
        TableCell::new(fields),
    ]
}
