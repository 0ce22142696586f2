//! The entries that the figure of a commune counts.

use super::{ROOT, address, date_in, problem, reader, scope, yes_or};
use crate::{Reporting, model::Birth, places::store_problem, records, rules, texts};
use askama::Template;
use axum::extract::State;
use contracts::reporting::IndicatorCode;
use std::sync::Arc;
use web::{
    Form, Html, Language, Page, Problem, Visit,
    components::{Pagination, Table, TableCell, WideTable},
};

#[derive(Template)]
#[template(path = "births.html")]
struct Body {
    heading: String,
    table: WideTable,
    pagination: Option<Pagination>,
}

/// `GET /reporting/births`
pub(super) async fn show(
    State(system): State<Arc<Reporting>>,
    visit: Visit,
    form: Form,
) -> Result<Page, Problem> {
    let t = visit.language;
    if !reader(&system, &visit).may_list() {
        return Err(Problem::not_found());
    }
    let asked = scope(&form, system.room.clock.today()).ok_or_else(Problem::not_found)?;
    let unit = asked.unit.clone().filter(|unit| rules::level_of(unit) == Some(rules::Level::Commune));
    let unit = unit.ok_or_else(Problem::not_found)?;
    let sheet = system.sheet(&asked).await.map_err(problem)?;
    let all = u32::try_from(sheet.whole.value(IndicatorCode::Births).all).unwrap_or(u32::MAX);
    let last = all.div_ceil(records::PAGE_ROWS).max(1);
    let page: u32 = form.value("page").parse().unwrap_or(1).clamp(1, last);
    let days = (sheet.from, sheet.to);
    let births = records::births(&system.room.store, &unit, asked.counted_by, days, page).await;
    let births = births.map_err(|error| problem(store_problem(error)))?;
    let name = sheet.whole.name.unwrap_or_default();
    let caption = texts::CAPTION.fill(t, &[&name, &date_in(t, sheet.from), &date_in(t, sheet.to)]);
    let heads = [texts::ENTRY, texts::REGISTERED_ON, texts::COUNTS_AS];
    let here = address("/births", &asked, Some(&unit));
    let body = Body {
        heading: format!("{}: {name}", texts::ENTRIES.get(t)),
        table: WideTable(Table {
            caption,
            caption_classes: "govuk-visually-hidden".into(),
            head: heads.iter().map(|head| TableCell::new(head.get(t))).collect(),
            rows: births.iter().map(|birth| row(birth, t)).collect(),
            ..Table::default()
        }),
        pagination: (last > 1)
            .then(|| Pagination::around(page, last, t, |page| format!("{here}&page={page}"))),
    };
    Ok(visit.page(texts::ENTRIES.get(t), Html::of(&body)).with_back(address("", &asked, Some(&unit))))
}

/// The link to what is known of an entry.
#[derive(Template)]
#[template(
    source = r#"<a class="govuk-link" href="{{ ROOT }}/births/{{ birth }}">{{ birth }}</a>"#,
    ext = "html"
)]
struct BirthLink {
    birth: uuid::Uuid,
}

fn row(birth: &Birth, t: Language) -> Vec<TableCell> {
    vec![
        TableCell::new(Html::of(&BirthLink { birth: birth.registration })),
        TableCell::new(date_in(t, birth.registered_on)),
        TableCell::new(counts_as(birth, t)),
    ]
}

/// What a birth counts as, in words.
pub(super) fn counts_as(birth: &Birth, t: Language) -> String {
    if birth.annulled {
        return texts::ANNULLED.get(t).to_owned();
    }
    [
        yes_or(birth.male, texts::MALE, texts::FEMALE, t),
        yes_or(birth.kinh, texts::KINH, texts::OTHER_GROUPS, t),
        yes_or(birth.on_time, texts::ON_TIME, texts::LATE, t),
    ]
    .join("; ")
}
