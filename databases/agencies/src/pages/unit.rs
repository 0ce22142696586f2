//! One unit on a day: what it is called, when it had that form, and what it was or became on another day.

use super::{asked_day, unit_path, written};
use crate::model::{Succession, UnitError, UnitRecord};
use crate::texts;
use crate::units::Units;
use askama::Template;
use axum::extract::{Path, State};
use jiff::civil::Date;
use system::Clock;
use web::components::{Breadcrumb, Button, DateInput, SummaryList, SummaryRow};
use web::{FieldErrors, Fields, Form, Html, Language, Page, Problem, Visit};

#[derive(Template)]
#[template(path = "unit.html")]
struct Body {
    t: Language,
    name: &'static str,
    code: &'static str,
    day: Date,
    facts: SummaryList,
    heading: String,
    is_unchanged: bool,
    related: Vec<Line>,
    citation: String,
    children: Vec<Line>,
    to: DateInput,
    show: Button,
}

/// A unit in a list.
struct Line {
    href: String,
    full_name: String,
    code: &'static str,
    share: &'static str,
    is_main: bool,
}

pub(super) async fn show(
    State(clock): State<Clock>,
    Path(code): Path<String>,
    visit: Visit,
    form: Form,
) -> Result<Page, Problem> {
    let (t, today, units) = (visit.language, clock.today(), Units::vietnam());
    let day = day_of_address(form.value("on"), today)?;
    let record = units.on(&code, day).map_err(|error| not_found(error, day))?;
    let mut errors = FieldErrors::new();
    let to = match asked_day(&form, "to", today, &mut errors) {
        other if other != day => other,
        _ => eve_of(record).unwrap_or(day),
    };
    let succession =
        if to < day { units.predecessors(&code, day, to) } else { units.successors(&code, day, to) };
    let succession = succession.map_err(|error| not_found(error, day))?;
    let heading = if to < day { texts::RELATED_EARLIER } else { texts::RELATED_LATER };
    let fields = Fields { form: &form, errors: &errors, language: t };
    let body = Body {
        t,
        name: record.name,
        code: record.code,
        day,
        facts: facts(record, day, t),
        heading: heading.fill(t, &[&written(to)]),
        is_unchanged: succession.citations.is_empty(),
        related: related(&succession, to, t),
        citation: succession.citations.join("; "),
        children: units.children(record.code, day).map(|child| line(child, day, "", false)).collect(),
        to: fields.date("to", texts::OTHER_DAY),
        show: Button::secondary(texts::SHOW.get(t)),
    };
    let start =
        Breadcrumb { content: texts::TITLE.get(t).into(), href: "/agencies".into(), ..Breadcrumb::default() };
    Ok(visit.page(record.name, Html::of(&body)).with_breadcrumbs(vec![start]).with_errors(&errors))
}

/// The day in the page's address, today when there is none.
fn day_of_address(written: &str, today: Date) -> Result<Date, Problem> {
    if written.is_empty() {
        return Ok(today);
    }
    let day = written.parse().ok().filter(|day| crate::services::is_answerable(*day, today));
    day.ok_or_else(|| Problem::not_found().with_detail(texts::DAY_OUT_OF_RANGE))
}

/// The day before a unit took its form: where its history is most asked for.
fn eve_of(record: &UnitRecord) -> Option<Date> {
    record.from.and_then(|from| from.yesterday().ok())
}

fn not_found(error: UnitError, day: Date) -> Problem {
    let detail = match error {
        UnitError::NotOnThatDay(_) => texts::UNIT_NOT_THEN.with(&[&written(day)]),
        UnitError::Unknown | UnitError::WrongWayRound { .. } => texts::UNIT_UNKNOWN.into(),
    };
    Problem::not_found().with_detail(detail)
}

fn facts(record: &UnitRecord, day: Date, t: Language) -> SummaryList {
    let units = Units::vietnam();
    let mut rows = vec![
        SummaryRow::new(texts::FULL_NAME.get(t), units.full_name(record, day)),
        SummaryRow::new(texts::CODE.get(t), record.code),
        SummaryRow::new(texts::LEVEL.get(t), super::level_name(record.level).get(t)),
        SummaryRow::new(texts::PERIOD.get(t), period(record, t)),
    ];
    rows.extend(record.name_en.map(|name| SummaryRow::new(texts::ENGLISH_NAME.get(t), name)));
    let formed_from = units.formed_from(record.code).filter(|_| record.from.is_some());
    rows.extend(formed_from.map(|words| SummaryRow::new(texts::FORMED_FROM.get(t), words)));
    SummaryList::new(rows)
}

fn period(record: &UnitRecord, t: Language) -> String {
    let last_day = record.until.and_then(|until| until.yesterday().ok()).map(written);
    match (record.from.map(written), last_day) {
        (Some(from), Some(last)) => texts::SINCE_UNTIL.fill(t, &[&from, &last]),
        (Some(from), None) => texts::SINCE.fill(t, &[&from]),
        (None, Some(last)) => texts::UNTIL.fill(t, &[&last]),
        (None, None) => texts::SINCE_UNKNOWN.get(t).to_owned(),
    }
}

fn related(succession: &Succession<'_>, day: Date, t: Language) -> Vec<Line> {
    let several = succession.units.len() > 1;
    let share = |part: bool| if part { texts::PART.get(t) } else { texts::WHOLE.get(t) };
    succession
        .units
        .iter()
        .map(|related| line(related.unit, day, share(related.part), related.main && several))
        .collect()
}

fn line(record: &UnitRecord, day: Date, share: &'static str, is_main: bool) -> Line {
    let full_name = Units::vietnam().full_name(record, day);
    Line { href: unit_path(record.code, day), full_name, code: record.code, share, is_main }
}
