//! The child: name, sex, date of birth, birth notice.

use super::{
    Applicant, Stop,
    draft::{self, Questions},
};
use crate::{
    Portal,
    model::{ChildAnswers, Draft, Role, Step},
    rules::{self, BIRTH_NOTICE_LIMIT_CHARACTERS, NAME_PART_LIMIT_CHARACTERS},
    texts,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use contracts::{PersonName, Sex};
use jiff::civil::Date;
use std::sync::Arc;
use web::{
    FieldErrors, Fields, Form, Page, Visit,
    components::{DateInput, Hint, Input},
};

/// The questions, with the answers so far.
pub(super) async fn show(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    Path(subject): Path<String>,
) -> Result<Page, Stop> {
    let draft = draft::open(&system, &applicant, &subject).await?;
    let errors = draft::faults_of(&draft, Step::Child);
    Ok(draft::shown(page(&visit, &draft, &filled(&draft), &errors)))
}

/// Takes the answers.
pub(super) async fn answer(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    Path(subject): Path<String>,
    form: Form,
) -> Result<Response, Stop> {
    let mut draft = draft::open_for(&system, &applicant, &subject, &form).await?;
    match read(&form, &draft, system.room.clock.today()) {
        Ok(child) => {
            draft.content.answers.child = Some(child);
            draft::save(&system, draft, Step::Child).await
        }
        Err(errors) => Ok(page(&visit, &draft, &form, &errors).into_response()),
    }
}

fn read(form: &Form, draft: &Draft, today: Date) -> Result<ChildAnswers, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut part = |field: &str, required: bool, missing| {
        let text = form.value(field);
        let fault = rules::check_name_part(text, required);
        draft::note_fault(&mut errors, field, fault, missing, NAME_PART_LIMIT_CHARACTERS);
        text.to_owned()
    };
    let name = PersonName {
        family: part("family-name", true, texts::ENTER_FAMILY_NAME),
        middle: part("middle-name", false, texts::MIDDLE_NAME),
        given: part("given-name", true, texts::ENTER_GIVEN_NAME),
    };
    let sex = match form.value("sex") {
        "male" => Some(Sex::Male),
        "female" => Some(Sex::Female),
        _ => {
            errors.add("sex", texts::CHOOSE_SEX);
            None
        }
    };
    let birth_date = form.required_date("birth-date", texts::BIRTH_DATE, &mut errors);
    if let Some(born) = birth_date
        && let Some(fault) = rules::check_child(&draft.procedure.code, born, &draft.content.family, today)
    {
        errors.add_date("birth-date", fault);
    }
    let notice = form.value("birth-notice");
    let fault = rules::check_line(notice, false, BIRTH_NOTICE_LIMIT_CHARACTERS);
    draft::note_fault(&mut errors, "birth-notice", fault, texts::BIRTH_NOTICE, BIRTH_NOTICE_LIMIT_CHARACTERS);
    let birth_notice = (!notice.is_empty()).then(|| notice.to_owned());
    match (sex, birth_date) {
        (Some(sex), Some(birth_date)) if errors.is_empty() => {
            Ok(ChildAnswers { name, sex, birth_date, birth_notice })
        }
        _ => Err(errors),
    }
}

/// The answers so far. Before there are any, the family name is the father's by custom, else the mother's.
fn filled(draft: &Draft) -> Form {
    let Some(child) = &draft.content.answers.child else {
        let family = &draft.content.family;
        let named = family.parent(Role::Father).or(family.parent(Role::Mother));
        let name = named.map_or("", |known| known.parent.name.family.as_str());
        return [("family-name", name)].into_iter().collect();
    };
    let born = child.birth_date;
    let (day, month, year) = (born.day().to_string(), born.month().to_string(), born.year().to_string());
    let sex = if child.sex == Sex::Male { "male" } else { "female" };
    [
        ("family-name", child.name.family.as_str()),
        ("middle-name", child.name.middle.as_str()),
        ("given-name", child.name.given.as_str()),
        ("sex", sex),
        ("birth-date-day", day.as_str()),
        ("birth-date-month", month.as_str()),
        ("birth-date-year", year.as_str()),
        ("birth-notice", child.birth_notice.as_deref().unwrap_or_default()),
    ]
    .into_iter()
    .collect()
}

fn page(visit: &Visit, draft: &Draft, form: &Form, errors: &FieldErrors) -> Page {
    let t = visit.language;
    let fields = Fields { form, errors, language: t };
    let name = |field: &str, label| Input {
        autocomplete: "off".into(),
        spellcheck: Some(false),
        classes: "govuk-input--width-20".into(),
        ..fields.input(field, label)
    };
    let middle = Input {
        hint: Some(Hint::new(texts::MIDDLE_NAME_HINT.get(t))),
        ..name("middle-name", texts::MIDDLE_NAME)
    };
    let birth_date = DateInput {
        hint: Some(Hint::new(texts::BIRTH_DATE_HINT.get(t))),
        ..fields.date("birth-date", texts::BIRTH_DATE)
    };
    let notice = Input {
        hint: Some(Hint::new(texts::BIRTH_NOTICE_HINT.get(t))),
        ..name("birth-notice", texts::BIRTH_NOTICE)
    };
    let sexes = [("male", texts::MALE), ("female", texts::FEMALE)];
    let questions = Questions {
        heading: texts::CHILD.get(t).into(),
        fields: vec![
            name("family-name", texts::FAMILY_NAME).render(),
            middle.render(),
            name("given-name", texts::GIVEN_NAME).render(),
            fields.radios("sex", texts::SEX, &sexes).render(),
            birth_date.render(),
            notice.render(),
            draft::continue_button(visit),
        ],
        ..Questions::default()
    };
    draft::page(visit, draft, Step::Child, questions, errors)
}
