//! The figures of a unit and of those directly under it. Each figure opens what it is the sum of.

use super::{ROOT, address, by, date_in, period_name, problem, reader, scope};
use crate::{
    Reporting,
    model::{Line, Scope, Sheet},
    rules::{self, INDICATORS, Level},
    texts,
};
use askama::Template;
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use contracts::reporting::{CountedBy, IndicatorCode};
use std::sync::Arc;
use web::{
    FieldErrors, Fields, Form, Html, Language, Page, Problem, Text, Visit,
    components::{Breadcrumb, Button, Hint, Radios, Select, SelectOption, Table, TableCell, WideTable},
};

/// The heads of the columns, in the order of [`INDICATORS`].
const HEADS: [Text; 7] = [
    texts::BIRTHS,
    texts::MALE,
    texts::FEMALE,
    texts::KINH,
    texts::OTHER_GROUPS,
    texts::ON_TIME,
    texts::LATE,
];

#[derive(Template)]
#[template(path = "figures.html")]
struct Body {
    t: Language,
    heading: String,
    unit: Option<String>,
    period: Select,
    counted_by: Radios,
    show: Button,
    figures: Option<Found>,
}

/// The figures that were found.
struct Found {
    table: WideTable,
    split: Option<String>,
    download: String,
    births: Option<String>,
    may_open: bool,
    is_commune: bool,
}

/// `GET /reporting`
pub(super) async fn show(
    State(system): State<Arc<Reporting>>,
    visit: Visit,
    form: Form,
) -> Result<Page, Problem> {
    let (t, today) = (visit.language, system.room.clock.today());
    let mut errors = FieldErrors::new();
    let asked = scope(&form, today);
    if asked.is_none() {
        errors.add("period", texts::NO_PERIOD);
    }
    let sheet = match &asked {
        Some(asked) => Some((asked, system.sheet(asked).await.map_err(problem)?)),
        None => None,
    };
    let name = sheet.as_ref().and_then(|(_, sheet)| sheet.whole.name.clone());
    let heading = name.unwrap_or_else(|| texts::COUNTRY.get(t).to_owned());
    let period = asked.as_ref().map_or_else(String::new, |asked| rules::period_code(asked.period));
    let mut filled: Form = [
        ("period", period.as_str()),
        ("by", by(asked.as_ref().map_or(CountedBy::UnitsOfToday, |asked| asked.counted_by))),
    ]
    .into_iter()
    .collect();
    if asked.is_none() {
        filled = form.clone();
    }
    let fields = Fields { form: &filled, errors: &errors, language: t };
    let mut periods = rules::recent_periods(today);
    periods.extend(asked.as_ref().map(|asked| asked.period).filter(|period| !periods.contains(period)));
    let options = periods
        .into_iter()
        .map(|period| SelectOption::new(rules::period_code(period), period_name(period, t)));
    let body = Body {
        t,
        unit: asked.as_ref().and_then(|asked| asked.unit.clone()),
        period: Select {
            hint: Some(Hint::new(texts::PERIOD_HINT.get(t))),
            ..fields.select("period", texts::PERIOD, options.collect())
        },
        counted_by: fields.radios(
            "by",
            texts::COUNTED_BY,
            &[
                (by(CountedBy::UnitsOfToday), texts::BY_TODAY),
                (by(CountedBy::UnitsOfThatDay), texts::BY_THAT_DAY),
            ],
        ),
        show: Button::new(texts::SHOW.get(t)),
        figures: sheet
            .as_ref()
            .map(|(asked, sheet)| found(asked, sheet, &heading, reader(&system, &visit).may_list(), t)),
        heading,
    };
    let mut page = visit.page(texts::TITLE.get(t), Html::of(&body)).with_errors(&errors);
    if let Some(asked) = asked.as_ref().filter(|asked| asked.unit.is_some()) {
        let above = Breadcrumb {
            content: texts::COUNTRY.get(t).into(),
            href: address("", asked, None),
            ..Breadcrumb::default()
        };
        page = page.with_breadcrumbs(vec![above]);
    }
    Ok(page)
}

fn found(asked: &Scope, sheet: &Sheet, heading: &str, may_open: bool, t: Language) -> Found {
    let caption = texts::CAPTION.fill(t, &[&heading, &date_in(t, sheet.from), &date_in(t, sheet.to)]);
    let level = asked.unit.as_deref().and_then(rules::level_of);
    let mut head = vec![TableCell::new(texts::UNIT.get(t))];
    head.extend(HEADS.iter().map(|text| TableCell::numeric(text.get(t))));
    let mut rows: Vec<Vec<TableCell>> = sheet.parts.iter().map(|part| row(asked, part, level, t)).collect();
    let mut sum = vec![TableCell::new(texts::TOTAL.get(t))];
    sum.extend(values(&sheet.whole));
    rows.push(sum);
    let split = sheet.whole.value(IndicatorCode::Births).of_split_units;
    let births = address("/births", asked, asked.unit.as_deref());
    let is_commune = level == Some(Level::Commune);
    Found {
        table: WideTable(Table {
            caption,
            caption_classes: "govuk-table__caption--m".into(),
            head,
            rows,
            first_cell_is_header: true,
            ..Table::default()
        }),
        split: (split > 0).then(|| texts::SPLIT.fill(t, &[&split])),
        download: address("/figures.csv", asked, asked.unit.as_deref()),
        births: (may_open && is_commune).then_some(births),
        may_open,
        is_commune,
    }
}

/// The link to what a figure is the sum of.
#[derive(Template)]
#[template(source = r#"<a class="govuk-link" href="{{ href }}">{{ name }}</a>"#, ext = "html")]
struct UnitLink<'a> {
    href: String,
    name: &'a str,
}

fn row(asked: &Scope, part: &Line, level: Option<Level>, t: Language) -> Vec<TableCell> {
    let name = part.name.as_deref().unwrap_or_default();
    let first = match (level, part.from) {
        (Some(Level::Commune), Some(from)) => {
            TableCell::new(texts::FORMER.fill(t, &[&name, &date_in(t, from)]))
        }
        (Some(Level::Commune), None) => TableCell::new(name),
        _ => {
            let href = address("", asked, part.unit.as_deref());
            TableCell::new(Html::of(&UnitLink { href, name }))
        }
    };
    std::iter::once(first).chain(values(part)).collect()
}

fn values(line: &Line) -> impl Iterator<Item = TableCell> {
    INDICATORS.into_iter().map(|indicator| TableCell::numeric(line.value(indicator).all.to_string()))
}

/// `GET /reporting/figures.csv`: the same figures for programs, one a line.
pub(super) async fn download(State(system): State<Arc<Reporting>>, form: Form) -> Result<Response, Problem> {
    let asked = scope(&form, system.room.clock.today()).ok_or_else(Problem::not_found)?;
    let sheet = system.sheet(&asked).await.map_err(problem)?;
    let mut csv = String::from("unit,unit_from,indicator,period_from,period_to,value,of_split_units\r\n");
    for line in std::iter::once(&sheet.whole).chain(&sheet.parts) {
        let unit = line.unit.as_deref().unwrap_or("VN");
        let from = line.from.map_or_else(String::new, |from| from.to_string());
        for indicator in INDICATORS {
            let (value, code) = (line.value(indicator), rules::indicator_code(indicator));
            let (all, split) = (value.all, value.of_split_units);
            csv.push_str(&format!("{unit},{from},{code},{},{},{all},{split}\r\n", sheet.from, sheet.to));
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"figures.csv\""),
    ];
    Ok((headers, csv).into_response())
}

/// Where the form of the page is sent.
const FORM: &str = ROOT;
