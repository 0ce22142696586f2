//! The search for units, and the way to the codes of agencies.

use super::{asked_day, level_name, unit_path, written};
use crate::services::FOUND_LIMIT_UNITS;
use crate::texts;
use crate::units::{Found, SEARCH_TEXT_LIMIT_CHARACTERS, Search, Units};
use askama::Template;
use axum::extract::State;
use jiff::civil::Date;
use system::Clock;
use web::components::{Button, DateInput, Hint, Input};
use web::{FieldErrors, Fields, Form, Html, Language, Page, Problem, Visit};

#[derive(Template)]
#[template(path = "start.html")]
struct Start {
    t: Language,
    name: Input,
    on: DateInput,
    code: Input,
    search: Button,
    look_up: Button,
    results: Option<Results>,
}

/// What was found.
struct Results {
    heading: String,
    units: Vec<Line>,
    /// That there are more.
    more: Option<String>,
}

struct Line {
    href: String,
    full_name: String,
    code: &'static str,
    level: &'static str,
}

pub(super) async fn show(State(clock): State<Clock>, visit: Visit, form: Form) -> Result<Page, Problem> {
    let t = visit.language;
    let mut errors = FieldErrors::new();
    let day = asked_day(&form, "on", clock.today(), &mut errors);
    let asked = form.has("name").then(|| form.required("name", texts::NAME_MISSING, &mut errors));
    if asked.is_some_and(|text| text.chars().count() > SEARCH_TEXT_LIMIT_CHARACTERS) {
        errors.add("name", texts::NAME_TOO_LONG.with(&[&SEARCH_TEXT_LIMIT_CHARACTERS]));
    }
    let results = asked.filter(|_| errors.is_empty()).map(|text| {
        let search = Search { text, province: None, level: None, day, limit: FOUND_LIMIT_UNITS };
        results(Units::vietnam().search(&search), day, t)
    });
    let fields = Fields { form: &form, errors: &errors, language: t };
    let body = Start {
        t,
        name: Input { hint: Some(Hint::new(texts::NAME_HINT.get(t))), ..fields.input("name", texts::NAME) },
        on: DateInput {
            hint: Some(Hint::new(texts::ON_DAY_HINT.get(t))),
            ..fields.date("on", texts::ON_DAY)
        },
        code: Input {
            hint: Some(Hint::new(texts::AGENCY_CODE_HINT.get(t))),
            ..fields.input("code", texts::AGENCY_CODE)
        },
        search: Button::new(texts::SEARCH.get(t)),
        look_up: Button::secondary(texts::LOOK_UP.get(t)),
        results,
    };
    Ok(visit.page(texts::TITLE.get(t), Html::of(&body)).with_errors(&errors))
}

fn results(found: Found<'_>, day: Date, t: Language) -> Results {
    let units = Units::vietnam();
    let lines = found.units.iter().map(|record| Line {
        href: unit_path(record.code, day),
        full_name: units.full_name(record, day),
        code: record.code,
        level: level_name(record.level).get(t),
    });
    let heading = match found.units.len() {
        0 => texts::FOUND_NONE.fill(t, &[&written(day)]),
        count => texts::FOUND.fill(t, &[&count, &written(day)]),
    };
    let more = found.more.then(|| texts::FOUND_MORE.fill(t, &[&FOUND_LIMIT_UNITS]));
    Results { heading, units: lines.collect(), more }
}
