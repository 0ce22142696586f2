//! One identification code: whose it is, and how it is written in the other form.

use super::written;
use crate::codes::{AgencyCode, Code, CodeError};
use crate::model::{AgencyRecord, Basis};
use crate::register::AgencyRegister;
use crate::texts;
use crate::units::Units;
use askama::Template;
use axum::extract::State;
use jiff::civil::Date;
use system::Clock;
use web::components::{Breadcrumb, Button, Hint, Input, SummaryList, SummaryRow};
use web::{FieldErrors, Fields, Form, Html, Language, Page, Problem, Visit};

#[derive(Template)]
#[template(path = "agency.html")]
struct Body {
    t: Language,
    code: Input,
    look_up: Button,
    facts: Option<SummaryList>,
}

pub(super) async fn show(State(clock): State<Clock>, visit: Visit, form: Form) -> Result<Page, Problem> {
    let t = visit.language;
    let mut errors = FieldErrors::new();
    let text = form.required("code", texts::AGENCY_CODE_MISSING, &mut errors);
    let facts = if text.is_empty() { None } else { read(text, clock.today(), t, &mut errors) };
    let fields = Fields { form: &form, errors: &errors, language: t };
    let body = Body {
        t,
        code: Input {
            hint: Some(Hint::new(texts::AGENCY_CODE_HINT.get(t))),
            ..fields.input("code", texts::AGENCY_CODE)
        },
        look_up: Button::new(texts::LOOK_UP.get(t)),
        facts,
    };
    let start =
        Breadcrumb { content: texts::TITLE.get(t).into(), href: "/agencies".into(), ..Breadcrumb::default() };
    Ok(visit
        .page(texts::FIND_AGENCY.get(t), Html::of(&body))
        .with_breadcrumbs(vec![start])
        .with_errors(&errors))
}

fn read(text: &str, today: Date, t: Language, errors: &mut FieldErrors) -> Option<SummaryList> {
    let code = match text.parse::<Code>() {
        Ok(code) => code,
        Err(error) => {
            errors.add("code", texts::AGENCY_CODE_WRONG.with(&[&error]));
            return None;
        }
    };
    let kind = match &code {
        Code::Agency(_) => texts::KIND_AGENCY.get(t).to_owned(),
        Code::OldAgency(_) => texts::KIND_OLD_AGENCY.get(t).to_owned(),
        Code::Organisation(code) => texts::KIND_ORGANISATION.fill(t, &[&code.scheme()]),
        Code::Enterprise(_) => texts::KIND_ENTERPRISE.get(t).to_owned(),
    };
    let mut rows = vec![
        SummaryRow::new(texts::CODE.get(t), code.to_string()),
        SummaryRow::new(texts::KIND.get(t), kind),
    ];
    match code.agency() {
        Ok(Some(agency)) => rows.extend(agency_rows(&agency, today, t)),
        Ok(None) => {}
        Err(error) => rows.push(no_form(texts::NEW_FORM.get(t), &error, t)),
    }
    Some(SummaryList::new(rows))
}

fn no_form(key: &str, error: &CodeError, t: Language) -> SummaryRow {
    SummaryRow::new(key, texts::NO_OTHER_FORM.fill(t, &[error]))
}

fn agency_rows(code: &AgencyCode, today: Date, t: Language) -> Vec<SummaryRow> {
    let old_form = match code.to_old() {
        Ok(old) => SummaryRow::new(texts::OLD_FORM.get(t), old.to_string()),
        Err(error) => no_form(texts::OLD_FORM.get(t), &error, t),
    };
    let mut rows = vec![SummaryRow::new(texts::NEW_FORM.get(t), code.to_string()), old_form];
    match AgencyRegister::vietnam().on(code, today) {
        Some(record) => rows.extend(record_rows(record, today, t)),
        None => rows.push(SummaryRow::new(texts::AGENCY_NAME.get(t), texts::AGENCY_UNKNOWN.get(t))),
    }
    rows
}

fn record_rows(record: &AgencyRecord, today: Date, t: Language) -> Vec<SummaryRow> {
    let state = match (record.is_active_on(today), &record.successor) {
        (true, _) => texts::ACTIVE.get(t).to_owned(),
        (false, Some(successor)) => texts::CLOSED.fill(t, &[successor]),
        (false, None) => texts::CLOSED_WITHOUT_SUCCESSOR.get(t).to_owned(),
    };
    let state_and_day = match (record.is_active_on(today), record.until) {
        (false, Some(until)) => format!("{state} ({})", written(until)),
        _ => state,
    };
    let mut rows = vec![
        SummaryRow::new(texts::AGENCY_NAME.get(t), record.name.as_str()),
        SummaryRow::new(texts::STATE.get(t), state_and_day),
    ];
    let province = record.province.as_deref().filter(|_| record.is_active_on(today));
    if let Some(unit) = province.and_then(|code| Units::vietnam().on(code, today).ok()) {
        rows.push(SummaryRow::new(texts::PROVINCE.get(t), unit.name));
    }
    let basis = match record.basis {
        Basis::Decision => texts::BASIS_DECISION,
        Basis::Document => texts::BASIS_DOCUMENT,
        Basis::Inferred => texts::BASIS_INFERRED,
        Basis::Illustrative => texts::BASIS_ILLUSTRATIVE,
    };
    rows.push(SummaryRow::new(texts::BASIS.get(t), basis.get(t)));
    rows
}
