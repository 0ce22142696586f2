//! A parent as the State knows them: shown, not asked.

use super::{
    Applicant, Stop, date_in,
    draft::{self, Questions},
    fact,
};
use crate::{
    Portal,
    model::{Draft, KnownParent, Role, Step},
    rules, texts,
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use std::sync::Arc;
use web::{Form, Language, Page, Problem, Text, Visit, components::SummaryList};

/// The parent's particulars.
pub(super) async fn show(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    Path((subject, parent)): Path<(String, String)>,
) -> Result<Page, Stop> {
    let role = Role::of_word(&parent).ok_or_else(Problem::not_found)?;
    let draft = draft::open(&system, &applicant, &subject).await?;
    Ok(draft::shown(page(&visit, &draft, role)))
}

/// The applicant has looked at them.
pub(super) async fn answer(
    State(system): State<Arc<Portal>>,
    applicant: Applicant,
    Path((subject, parent)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Stop> {
    let role = Role::of_word(&parent).ok_or_else(Problem::not_found)?;
    let mut draft = draft::open_for(&system, &applicant, &subject, &form).await?;
    let answers = &mut draft.content.answers;
    match role {
        Role::Mother => answers.saw_mother = true,
        Role::Father => answers.saw_father = true,
    }
    draft::save(&system, draft, step(role)).await
}

fn step(role: Role) -> Step {
    match role {
        Role::Mother => Step::Mother,
        Role::Father => Step::Father,
    }
}

/// What a parent is called.
pub(super) fn title(role: Role) -> Text {
    match role {
        Role::Mother => texts::MOTHER,
        Role::Father => texts::FATHER,
    }
}

fn page(visit: &Visit, draft: &Draft, role: Role) -> Page {
    let t = visit.language;
    let known = draft.content.family.parent(role);
    let lead = match (known, role) {
        (Some(_), _) => texts::FROM_POPULATION,
        (None, Role::Mother) => texts::NO_MOTHER,
        (None, Role::Father) => texts::NO_FATHER,
    };
    let questions = Questions {
        heading: title(role).get(t).into(),
        lead: vec![lead.get(t).into()],
        facts: known.map(|known| (role.word(), String::new(), facts(known, t))).into_iter().collect(),
        fields: vec![draft::continue_button(visit)],
    };
    draft::page(visit, draft, step(role), questions, &draft::faults_of(draft, step(role)))
}

/// A parent's particulars, as keys and values.
pub(super) fn facts(known: &KnownParent, t: Language) -> SummaryList {
    let parent = &known.parent;
    let none = || texts::NONE.get(t).to_owned();
    SummaryList::new(vec![
        fact(t, texts::FULL_NAME, parent.name.full()),
        fact(t, texts::PERSONAL_NUMBER, parent.number.map_or_else(none, |number| number.to_string())),
        fact(t, texts::BIRTH_DATE, date_in(t, parent.birth_date)),
        fact(t, texts::ETHNICITY, rules::ethnicity_name(&parent.ethnicity).unwrap_or(&parent.ethnicity)),
        fact(t, texts::NATIONALITY, nationality(&parent.nationality)),
        fact(t, texts::RESIDENCE, known.residence.written()),
        fact(t, texts::HOMETOWN, known.hometown.as_ref().map_or_else(none, |hometown| hometown.name.clone())),
    ])
}

fn nationality(code: &str) -> &str {
    if code == "VN" { "Việt Nam" } else { code }
}
