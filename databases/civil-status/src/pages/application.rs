//! One application: the form, the automatic checks, and the decision.

use super::{ROOT, Registrar, date_in, entry, fact, failed, identifier, moment_in};
use crate::{
    CivilStatus,
    certificate::{nationality, unit_name},
    model::{Application, ApplicationState, DecisionKind, UnitNames},
    parents::{self, ParentCheck},
    records,
    rules::{self, AMENDMENT_REASON_LIMIT_CHARACTERS, AMENDMENT_REASON_MIN_CHARACTERS, Comparison, Remark},
    texts,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use contracts::{
    Sex,
    civil_status::{BirthForm, Declarant, Parent},
    person::Address,
};
use std::sync::Arc;
use system::Access;
use web::{
    Confirmation, Content, Csrf, FieldErrors, Fields, Form, Html, Language, Page, Problem, Redirect, Text,
    Visit,
    components::{Button, Hint, Radios, SummaryList, SummaryRow, Table, TableCell, Tag, Textarea, WideTable},
};

#[derive(Template)]
#[template(path = "application.html")]
struct ApplicationPage {
    t: Language,
    csrf: Csrf,
    dossier: String,
    facts: SummaryList,
    child: SummaryList,
    parents: Vec<(Text, SummaryList)>,
    obstacle: Vec<String>,
    checks: Option<WideTable>,
    remarks: Vec<Text>,
    decision: Option<DecisionForm>,
    entry: Option<String>,
}

struct DecisionForm {
    version: i64,
    choice: Radios,
    reason: Textarea,
    send: Button,
}

/// The application.
pub(super) async fn show(
    State(system): State<Arc<CivilStatus>>,
    visit: Visit,
    registrar: Registrar,
    Path(application): Path<String>,
) -> Result<Page, Problem> {
    let application = own_application(&system, &registrar, Access::Read, &application).await?;
    page(&system, &visit, &registrar, &application, &Form::default(), &FieldErrors::new()).await
}

/// Decides it: the first time shows what will happen, unless it can be supplied again; confirmed, it is done.
pub(super) async fn decide(
    State(system): State<Arc<CivilStatus>>,
    visit: Visit,
    registrar: Registrar,
    Path(application): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let application = own_application(&system, &registrar, Access::Change, &application).await?;
    let mut errors = FieldErrors::new();
    let Some(kind) = decision(&form, &mut errors) else {
        let page = page(&system, &visit, &registrar, &application, &form, &errors).await?;
        return Ok(page.into_response());
    };
    let seen = form.value("version").parse() == Ok(application.version);
    if !seen || application.state != ApplicationState::Waiting {
        return Err(Problem::conflict());
    }
    if kind != DecisionKind::Return && form.value("confirmed") != "yes" {
        return Ok(confirmation(&visit, &application, kind, form.value("reason")).into_response());
    }
    system.decide(&application, kind, reason_of(kind, &form), registrar.official).await?;
    Ok(Redirect::to(format!("{ROOT}?done={}", kind.word())).into_response())
}

async fn own_application(
    system: &CivilStatus,
    registrar: &Registrar,
    act: Access,
    text: &str,
) -> Result<Application, Problem> {
    let application = records::application(&system.room.store, identifier(text)?).await.map_err(failed)?;
    let application = application.ok_or_else(Problem::not_found)?;
    registrar.must(act, &application)?;
    Ok(application)
}

/// The decision on the form, or what is wrong with it.
fn decision(form: &Form, errors: &mut FieldErrors) -> Option<DecisionKind> {
    let kind = DecisionKind::of_word(form.value("decision"));
    let Some(kind) = kind else {
        errors.add("decision", texts::CHOOSE_DECISION);
        return None;
    };
    let characters = form.value("reason").chars().count();
    let given = (AMENDMENT_REASON_MIN_CHARACTERS..=AMENDMENT_REASON_LIMIT_CHARACTERS).contains(&characters);
    if kind != DecisionKind::Register && !given {
        errors.add("reason", texts::GIVE_REASON);
        return None;
    }
    Some(kind)
}

/// A registration needs no reason; one typed before the choice was changed is not kept.
fn reason_of(kind: DecisionKind, form: &Form) -> &str {
    if kind == DecisionKind::Register { "" } else { form.value("reason") }
}

fn confirmation(visit: &Visit, application: &Application, kind: DecisionKind, reason: &str) -> Page {
    let t = visit.language;
    let child = &application.content.form.child;
    let mut facts = vec![
        fact(t, texts::DOSSIER, &application.content.dossier),
        fact(t, texts::CHILD, child.name.full()),
        fact(t, texts::BIRTH_DATE, date_in(t, child.birth_date)),
    ];
    let (heading, follows) = if kind == DecisionKind::Register {
        (texts::CONFIRM_REGISTER, texts::WHAT_FOLLOWS.get(t).to_owned())
    } else {
        facts.push(fact(t, texts::REASON, reason));
        (texts::CONFIRM_REFUSE, String::new())
    };
    let answers = vec![
        ("decision", kind.word().to_owned()),
        ("reason", reason.to_owned()),
        ("version", application.version.to_string()),
    ];
    let cancel = format!("{ROOT}/applications/{}", application.application);
    Confirmation { heading: heading.get(t).to_owned(), facts, follows, answers, cancel }.page(visit)
}

async fn page(
    system: &CivilStatus,
    visit: &Visit,
    registrar: &Registrar,
    application: &Application,
    form: &Form,
    errors: &FieldErrors,
) -> Result<Page, Problem> {
    let t = visit.language;
    let store = &system.room.store;
    let decided = records::last_decision(store, application.application).await.map_err(failed)?;
    let entered = records::entry_of_application(store, application.application).await.map_err(failed)?;
    let waits = application.state == ApplicationState::Waiting;
    let content = &application.content;
    let mut facts = vec![
        SummaryRow::new(texts::STATE.get(t), state_tag(application.state, t)),
        fact(t, texts::RECEIVED, moment_in(t, content.received_at)),
        fact(t, texts::DUE, moment_in(t, content.due_at)),
        fact(t, texts::DECLARANT, declarant(&content.form, t)),
        fact(
            t,
            texts::BIRTH_NOTICE,
            content.form.birth_notice.clone().unwrap_or_else(|| texts::NONE.get(t).into()),
        ),
    ];
    if let Some(decided) = decided.filter(|decided| !decided.reason.is_empty()) {
        facts.push(fact(t, texts::LAST_REASON, decided.reason));
    }
    let checks = if waits { Some(checks(system, registrar, application, t).await) } else { None };
    let body = ApplicationPage {
        t,
        csrf: visit.csrf(),
        dossier: content.dossier.clone(),
        facts: SummaryList::new(facts),
        child: child_list(&content.form, &application.units, t),
        parents: parents_of(&content.form)
            .into_iter()
            .map(|(role, parent)| (role, parent_list(parent, &application.units, t)))
            .collect(),
        obstacle: obstacle(application, t),
        checks,
        remarks: if waits { rules::remarks(content).into_iter().map(remark).collect() } else { Vec::new() },
        decision: waits.then(|| decision_form(application.version, &Fields { form, errors, language: t })),
        entry: entered.map(|entry| entry::path(entry.registration)),
    };
    Ok(visit.page(texts::APPLICATION.get(t), Html::of(&body)).with_back(ROOT).with_errors(errors))
}

fn obstacle(application: &Application, t: Language) -> Vec<String> {
    let Some(obstacle) = application.obstacle.clone() else { return Vec::new() };
    match t {
        Language::Vi => obstacle.vi,
        Language::En => obstacle.en,
    }
}

fn decision_form(version: i64, fields: &Fields<'_>) -> DecisionForm {
    let t = fields.language;
    let choices = [
        (DecisionKind::Register.word(), texts::REGISTER),
        (DecisionKind::Return.word(), texts::RETURN),
        (DecisionKind::Refuse.word(), texts::REFUSE),
    ];
    DecisionForm {
        version,
        choice: fields.radios("decision", texts::DECISION, &choices),
        reason: Textarea {
            hint: Some(Hint::new(texts::REASON_HINT.get(t))),
            ..fields.textarea("reason", texts::REASON)
        },
        send: Button::new(texts::CONTINUE.get(t)),
    }
}

fn parents_of(form: &BirthForm) -> Vec<(Text, &Parent)> {
    let mother = form.mother.as_ref().map(|parent| (texts::MOTHER, parent));
    let father = form.father.as_ref().map(|parent| (texts::FATHER, parent));
    mother.into_iter().chain(father).collect()
}

/// A particular of a parent and how the check of it came out.
type CheckedParticular = (Text, fn(&ParentCheck) -> Comparison);

async fn checks(
    system: &CivilStatus,
    registrar: &Registrar,
    application: &Application,
    t: Language,
) -> WideTable {
    let mut checked = Vec::new();
    for (role, parent) in parents_of(&application.content.form) {
        let check =
            parents::check(&system.room.exchange, application, parent, &registrar.official.account).await;
        checked.push((role, check));
    }
    let particulars: [CheckedParticular; 4] = [
        (texts::IDENTITY, |check| check.identity),
        (texts::ETHNICITY, |check| check.ethnicity),
        (texts::NATIONALITY, |check| check.nationality),
        (texts::RESIDENCE, |check| check.residence),
    ];
    let mut head = vec![TableCell::new(texts::CHECKED.get(t))];
    head.extend(checked.iter().map(|(role, _)| TableCell::new(role.get(t))));
    let row = |(particular, of): &CheckedParticular| {
        let mut row = vec![TableCell::new(particular.get(t))];
        row.extend(checked.iter().map(|(_, check)| TableCell::new(comparison_tag(of(check), t))));
        row
    };
    WideTable(Table {
        caption: texts::CHECKS.get(t).into(),
        caption_classes: "govuk-table__caption--m".into(),
        head,
        rows: particulars.iter().map(row).collect(),
        first_cell_is_header: true,
        ..Table::default()
    })
}

fn comparison_tag(comparison: Comparison, t: Language) -> Content {
    let (text, colour) = match comparison {
        Comparison::Match => (texts::MATCHES, "green"),
        Comparison::Differs => (texts::DIFFERS, "red"),
        Comparison::Unknown => (texts::UNKNOWN, "grey"),
    };
    Tag::coloured(text.get(t), colour).into()
}

fn state_tag(state: ApplicationState, t: Language) -> Content {
    let (text, colour) = match state {
        ApplicationState::Waiting => (texts::STATE_WAITING, "blue"),
        ApplicationState::Registering => (texts::STATE_REGISTERING, "yellow"),
        ApplicationState::Registered => (texts::STATE_REGISTERED, "green"),
        ApplicationState::Returned => (texts::STATE_RETURNED, "orange"),
        ApplicationState::Refused => (texts::STATE_REFUSED, "red"),
    };
    Tag::coloured(text.get(t), colour).into()
}

fn remark(remark: Remark) -> Text {
    match remark {
        Remark::Late => texts::REMARK_LATE,
        Remark::NoParentLivesHere => texts::REMARK_RESIDENCE,
        Remark::NoBirthNotice => texts::REMARK_NOTICE,
        Remark::FamilyNameOfNeither => texts::REMARK_FAMILY_NAME,
        Remark::NoParentKnown => texts::REMARK_NO_PARENT,
    }
}

fn declarant(form: &BirthForm, t: Language) -> String {
    let relation = match form.declarant {
        Declarant::Father => texts::FATHER,
        Declarant::Mother => texts::MOTHER,
        Declarant::Grandparent => texts::GRANDPARENT,
        Declarant::OtherRelative => texts::OTHER_RELATIVE,
        Declarant::Carer => texts::CARER,
    };
    format!("{} ({})", relation.get(t), form.declarant_number)
}

/// The child's particulars, as keys and values.
pub(super) fn child_list(form: &BirthForm, units: &UnitNames, t: Language) -> SummaryList {
    let child = &form.child;
    let sex = match t {
        Language::Vi => Sex::vi(child.sex),
        Language::En => Sex::en(child.sex),
    };
    SummaryList::new(vec![
        fact(t, texts::FULL_NAME, child.name.full()),
        fact(t, texts::SEX, sex),
        fact(t, texts::BIRTH_DATE, date_in(t, child.birth_date)),
        fact(t, texts::BIRTH_PLACE, place(&child.birth_place, units)),
        fact(t, texts::HOMETOWN, place(&child.hometown, units)),
        fact(t, texts::ETHNICITY, rules::ethnicity_name(&child.ethnicity).unwrap_or(&child.ethnicity)),
        fact(t, texts::NATIONALITY, nationality(&child.nationality)),
    ])
}

fn parent_list(parent: &Parent, units: &UnitNames, t: Language) -> SummaryList {
    let number = parent.number.map_or_else(|| texts::NONE.get(t).to_owned(), |number| number.to_string());
    SummaryList::new(vec![
        fact(t, texts::PERSONAL_NUMBER, number),
        fact(t, texts::FULL_NAME, parent.name.full()),
        fact(t, texts::BIRTH_DATE, date_in(t, parent.birth_date)),
        fact(t, texts::ETHNICITY, rules::ethnicity_name(&parent.ethnicity).unwrap_or(&parent.ethnicity)),
        fact(t, texts::NATIONALITY, nationality(&parent.nationality)),
        fact(t, texts::RESIDENCE, place(&parent.residence, units)),
    ])
}

/// An address with the name of its commune.
pub(super) fn place(address: &Address, units: &UnitNames) -> String {
    let commune = unit_name(units, &address.commune);
    if address.detail.is_empty() { commune.to_owned() } else { format!("{}, {commune}", address.detail) }
}
