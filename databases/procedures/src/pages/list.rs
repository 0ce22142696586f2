//! The procedures in force on a day, found by words.

use super::{in_language, procedure_path, written};
use crate::catalogue::Catalogue;
use crate::services::SEARCH_TEXT_LIMIT_CHARACTERS;
use crate::{rules, texts};
use askama::Template;
use axum::extract::State;
use jiff::civil::Date;
use system::Clock;
use web::components::{Button, DateInput, Hint, Input};
use web::{FieldErrors, Fields, Form, Html, Language, Page, Problem, Visit};

#[derive(Template)]
#[template(path = "list.html")]
struct Body {
    t: Language,
    words: Input,
    on: DateInput,
    search: Button,
    results: Option<Results>,
}

/// What was found.
struct Results {
    heading: String,
    lines: Vec<Line>,
}

struct Line {
    href: String,
    name: String,
    code: String,
    sector: String,
    online: &'static str,
}

pub(super) async fn show(State(clock): State<Clock>, visit: Visit, form: Form) -> Result<Page, Problem> {
    let (t, today) = (visit.language, clock.today());
    let mut errors = FieldErrors::new();
    let asked = form.date("on", texts::ON_DAY, &mut errors).unwrap_or(today);
    let day = if rules::is_answerable(asked, today) { asked } else { today };
    if day != asked {
        errors.add_part("on", "day", texts::DAY_OUT_OF_RANGE);
    }
    let words = form.value("words");
    if words.chars().count() > SEARCH_TEXT_LIMIT_CHARACTERS {
        errors.add("words", texts::WORDS_TOO_LONG.with(&[&SEARCH_TEXT_LIMIT_CHARACTERS]));
    }
    let fields = Fields { form: &form, errors: &errors, language: t };
    let body = Body {
        t,
        words: Input {
            hint: Some(Hint::new(texts::WORDS_HINT.get(t))),
            ..fields.input("words", texts::WORDS)
        },
        on: DateInput {
            hint: Some(Hint::new(texts::ON_DAY_HINT.get(t))),
            ..fields.date("on", texts::ON_DAY)
        },
        search: Button::new(texts::SEARCH.get(t)),
        results: errors.is_empty().then(|| results(words, day, t)),
    };
    Ok(visit.page(texts::TITLE.get(t), Html::of(&body)).with_errors(&errors))
}

fn results(words: &str, day: Date, t: Language) -> Results {
    let found = Catalogue::vietnam().search(words, day);
    let line = |(procedure, version): (&crate::model::ProcedureRecord, &crate::model::Version)| Line {
        href: procedure_path(&procedure.code, day),
        name: in_language(&procedure.name, t).to_owned(),
        code: procedure.code.clone(),
        sector: in_language(&procedure.sector, t).to_owned(),
        online: if version.form.is_some() { texts::YES.get(t) } else { texts::NO.get(t) },
    };
    let lines: Vec<Line> = found.into_iter().map(line).collect();
    let heading = match lines.len() {
        0 => texts::FOUND_NONE.fill(t, &[&written(day)]),
        count => texts::FOUND.fill(t, &[&count, &written(day)]),
    };
    Results { heading, lines }
}
