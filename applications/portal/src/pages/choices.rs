//! What the parents choose: ancestral home, ethnic group, and where the birth is registered.

use super::{
    Applicant, Stop,
    draft::{self, Questions},
};
use crate::{
    Portal,
    model::{Choices, Draft, KnownParent, Role, Step},
    rules, texts,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use web::{
    FieldErrors, Fields, Form, Html, Page, Text, Visit,
    components::{Choice, Radios},
};

/// The questions, with the answers so far.
pub(super) async fn show(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    Path(subject): Path<String>,
) -> Result<Page, Stop> {
    let draft = draft::open(&system, &applicant, &subject).await?;
    let form: Form = match draft.content.answers.choices {
        Some(chosen) => [
            ("hometown", chosen.hometown.word()),
            ("ethnicity", chosen.ethnicity.word()),
            ("registers-at", chosen.registers_at.word()),
        ]
        .into_iter()
        .collect(),
        None => Form::default(),
    };
    let errors = draft::faults_of(&draft, Step::Choices);
    Ok(draft::shown(page(&visit, &draft, &form, &errors)))
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
    let mut errors = FieldErrors::new();
    match read(&system, &form, &draft, &mut errors) {
        Some(choices) => {
            draft.content.answers.choices = Some(choices);
            draft::save(&system, draft, Step::Choices).await
        }
        None => Ok(page(&visit, &draft, &form, &errors).into_response()),
    }
}

fn read(system: &Portal, form: &Form, draft: &Draft, errors: &mut FieldErrors) -> Option<Choices> {
    let family = &draft.content.family;
    let mut choice = |field: &str, missing: Text| {
        let chosen = Role::of_word(form.value(field)).filter(|role| family.parent(*role).is_some());
        if chosen.is_none() {
            errors.add(field, missing);
        }
        chosen
    };
    let hometown = choice("hometown", texts::MISSING_HOMETOWN);
    let ethnicity = choice("ethnicity", texts::MISSING_ETHNICITY);
    let registers_at = choice("registers-at", texts::MISSING_REGISTERS);
    let commune = registers_at.and_then(|role| family.parent(role)).map(|known| &known.residence);
    if commune.is_some_and(|commune| draft::destination(system, commune).is_none()) {
        errors.add("registers-at", texts::NOT_JOINED);
        return None;
    }
    Some(Choices { hometown: hometown?, ethnicity: ethnicity?, registers_at: registers_at? })
}

fn page(visit: &Visit, draft: &Draft, form: &Form, errors: &FieldErrors) -> Page {
    let t = visit.language;
    let fields = Fields { form, errors, language: t };
    let ask = |field: &str, question: Text, value: fn(&KnownParent) -> &str| -> Html {
        let items = draft.content.family.parents().map(|(role, known)| {
            let words = match role {
                Role::Mother => texts::AS_MOTHER,
                Role::Father => texts::AS_FATHER,
            };
            Choice::new(role.word(), words.fill(t, &[&value(known)])).into()
        });
        Radios { items: items.collect(), ..fields.radios(field, question, &[]) }.render()
    };
    let questions = Questions {
        heading: texts::CHOICES.get(t).into(),
        fields: vec![
            ask("hometown", texts::CHOOSE_HOMETOWN, |known| &known.home().name),
            ask("ethnicity", texts::CHOOSE_ETHNICITY, |known| {
                rules::ethnicity_name(&known.parent.ethnicity).unwrap_or_default()
            }),
            ask("registers-at", texts::CHOOSE_REGISTERS, |known| &known.residence.name),
            draft::continue_button(visit),
        ],
        ..Questions::default()
    };
    draft::page(visit, draft, Step::Choices, questions, errors)
}
