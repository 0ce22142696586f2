//! One dossier: what was handed in, how far it has come, and what the officer can do.

use super::{Officer, ROOT, apology, date_in, fact, failed, moment_in, queue, state_tag};
use crate::{
    OneDoor,
    applicant::{self, ApplicantCheck},
    model::{Change, Document, Dossier, HandedIn, PaperKind, Signature, StepState, Verdict},
    records,
    rules::{self, Presence, Punctuality},
    texts, units,
};
use askama::Template;
use axum::extract::{Path, State};
use contracts::{
    Sex,
    civil_status::{BirthForm, Parent},
    one_door::Form as DossierForm,
    person::{Address, ethnicity_name, nationality_name},
    portal::DossierState,
    procedures::Bilingual,
};
use std::{collections::BTreeMap, sync::Arc};
use system::Access;
use web::{
    Content, Csrf, FieldErrors, Fields, Form, Html, Language, Page, Problem, Text, Visit,
    components::{
        Button, Hint, Radios, SummaryList, SummaryRow, Table, TableCell, Tag, Textarea, WarningText,
        WideTable,
    },
};

#[derive(Template)]
#[template(path = "dossier.html")]
struct DossierPage {
    t: Language,
    csrf: Csrf,
    title: String,
    warnings: Vec<WarningText>,
    facts: SummaryList,
    check: Option<SummaryList>,
    form: Vec<(Text, SummaryList)>,
    components: Table,
    attachments: Vec<Link>,
    steps: SummaryList,
    documents: Vec<Link>,
    history: WideTable,
    decision: Option<DecisionForm>,
    apology: Option<String>,
}

/// A file to open; without an address while it is being made.
struct Link {
    href: Option<String>,
    text: String,
}

struct DecisionForm {
    revision: i64,
    choice: Radios,
    reason: Textarea,
    send: Button,
}

/// The dossier.
pub(super) async fn show(
    State(system): State<Arc<OneDoor>>,
    visit: Visit,
    officer: Officer,
    Path(submission): Path<String>,
) -> Result<Page, Problem> {
    let dossier = own_dossier(&system, &officer, Access::Read, &submission).await?;
    page(&system, &visit, &officer, &dossier, &Form::default(), &FieldErrors::new()).await
}

/// A dossier of the officer's commune.
pub(super) async fn own_dossier(
    system: &OneDoor,
    officer: &Officer,
    act: Access,
    submission: &str,
) -> Result<Dossier, Problem> {
    let submission = submission.parse().map_err(|_| Problem::not_found())?;
    let dossier = system.dossier(submission).await.map_err(failed)?.ok_or_else(Problem::not_found)?;
    officer.must(system, act, &dossier)?;
    Ok(dossier)
}

/// The page of a dossier, with what was typed and what is wrong with it.
pub(super) async fn page(
    system: &OneDoor,
    visit: &Visit,
    officer: &Officer,
    dossier: &Dossier,
    form: &Form,
    errors: &FieldErrors,
) -> Result<Page, Problem> {
    let t = visit.language;
    let (store, submission) = (&system.room.store, dossier.submission);
    let handed_in = records::attachments(store, submission).await.map_err(failed)?;
    let documents = records::documents(store, submission).await.map_err(failed)?;
    let changes = records::changes(store, submission).await.map_err(failed)?;
    let signature = records::signature(store, submission).await.map_err(failed)?;
    let is_new = dossier.state == DossierState::New;
    let check = match is_new {
        true => Some(applicant::check(&system.room, dossier, &officer.actor.account).await),
        false => None,
    };
    let code = dossier.code(&system.room.member.code).map(|code| code.to_string());
    let DossierForm::Birth(birth) = &dossier.form;
    let names = units::names(&system.room, dossier).await;
    let body = DossierPage {
        t,
        csrf: visit.csrf(),
        title: code.unwrap_or_else(|| texts::NO_CODE_YET.get(t).to_owned()),
        warnings: warnings(system, dossier, t),
        facts: facts(system, dossier, signature.as_ref(), t),
        check: check.map(|check| check_list(check, t)),
        form: birth_lists(birth, &names, t),
        components: components(dossier, &handed_in, t),
        attachments: handed_in.iter().map(|file| attachment_link(dossier, file, t)).collect(),
        steps: steps(dossier, t),
        documents: documents.iter().map(|document| document_link(dossier, document, t)).collect(),
        history: history(dossier, &changes, t),
        apology: apology::may_be_given(dossier).then(|| format!("{}/apology", queue::path(dossier))),
        decision: is_new.then(|| decision_form(dossier.revision, &Fields { form, errors, language: t })),
    };
    Ok(visit.page(texts::DOSSIER.get(t), Html::of(&body)).with_back(ROOT).with_errors(errors))
}

fn warnings(system: &OneDoor, dossier: &Dossier, t: Language) -> Vec<WarningText> {
    let now = system.room.clock.now();
    let punctuality = match queue::standing(dossier, now) {
        Punctuality::InTime => None,
        Punctuality::ApologyDue => Some(texts::APOLOGY_MEANING),
        Punctuality::Overdue => Some(texts::OVERDUE_MEANING),
    };
    let last_change = if dossier.answered > 0 { dossier.changed_at } else { dossier.submitted_at };
    let notice = (dossier.state == DossierState::New
        && rules::is_notice_late(last_change, now).unwrap_or(false))
    .then_some(texts::NOTICE_LATE);
    punctuality.into_iter().chain(notice).map(|text| WarningText::new(text.get(t), t)).collect()
}

fn facts(system: &OneDoor, dossier: &Dossier, signature: Option<&Signature>, t: Language) -> SummaryList {
    let mut facts = vec![
        SummaryRow::new(texts::STATE.get(t), state_tag(dossier.state, t)),
        fact(t, texts::PROCEDURE, words(&dossier.procedure.name, t)),
        fact(t, texts::COMMUNE, &dossier.commune_name),
        fact(t, texts::APPLICANT, &dossier.applicant_name),
        fact(t, texts::PERSONAL_NUMBER, dossier.applicant.to_string()),
        fact(t, texts::SUBMITTED, moment_in(t, dossier.submitted_at)),
        fact(t, texts::SIGNATURE, signed(dossier, signature, t)),
        SummaryRow::new(texts::DUE.get(t), queue::due(dossier, system.room.clock.now(), t)),
    ];
    if let Some(note) = &dossier.note {
        facts.push(fact(t, texts::NOTE, note));
    }
    SummaryList::new(facts)
}

/// Whether the applicant signed what they handed in, and what that covers.
fn signed(dossier: &Dossier, signature: Option<&Signature>, t: Language) -> String {
    let Some(signature) = signature else { return texts::UNSIGNED.get(t).to_owned() };
    let said = match &signature.verdict {
        Verdict::Awaited => texts::SIGNATURE_AWAITED.get(t).to_owned(),
        Verdict::NotProven => return texts::SIGNATURE_NOT_PROVEN.get(t).to_owned(),
        Verdict::Proven(proof) => {
            texts::SIGNATURE_PROVEN.fill(t, &[&moment_in(t, proof.at), &proof.level.number()])
        }
    };
    match dossier.answered {
        0 => said,
        _ => format!("{said}. {}", texts::SIGNATURE_OF_FIRST.get(t)),
    }
}

fn check_list(check: ApplicantCheck, t: Language) -> SummaryList {
    let (text, colour) = match check {
        ApplicantCheck::Matches => (texts::MATCHES, "green"),
        ApplicantCheck::Differs => (texts::DIFFERS, "red"),
        ApplicantCheck::Unavailable => (texts::UNAVAILABLE, "grey"),
        ApplicantCheck::NotComparable => (texts::NOT_COMPARABLE, "grey"),
    };
    SummaryList::new(vec![SummaryRow::new(texts::CHECK_APPLICANT.get(t), Tag::coloured(text.get(t), colour))])
}

fn birth_lists(birth: &BirthForm, names: &BTreeMap<String, String>, t: Language) -> Vec<(Text, SummaryList)> {
    let child = &birth.child;
    let sex = match t {
        Language::Vi => Sex::vi(child.sex),
        Language::En => Sex::en(child.sex),
    };
    let none = || texts::NONE.get(t).to_owned();
    let mut lists = vec![(
        texts::CHILD,
        SummaryList::new(vec![
            fact(t, texts::FULL_NAME, child.name.full()),
            fact(t, texts::SEX, sex),
            fact(t, texts::BIRTH_DATE, date_in(t, child.birth_date)),
            fact(t, texts::BIRTH_PLACE, place(&child.birth_place, names)),
            fact(t, texts::HOMETOWN, place(&child.hometown, names)),
            fact(t, texts::ETHNICITY, ethnicity_name(&child.ethnicity).unwrap_or(&child.ethnicity)),
            fact(t, texts::NATIONALITY, nationality_name(&child.nationality)),
            fact(t, texts::BIRTH_NOTICE, birth.birth_notice.clone().unwrap_or_else(none)),
        ]),
    )];
    let parent_list = |parent: &Parent| {
        SummaryList::new(vec![
            fact(t, texts::PERSONAL_NUMBER, parent.number.map_or_else(none, |number| number.to_string())),
            fact(t, texts::FULL_NAME, parent.name.full()),
            fact(t, texts::BIRTH_DATE, date_in(t, parent.birth_date)),
            fact(t, texts::ETHNICITY, ethnicity_name(&parent.ethnicity).unwrap_or(&parent.ethnicity)),
            fact(t, texts::NATIONALITY, nationality_name(&parent.nationality)),
            fact(t, texts::RESIDENCE, place(&parent.residence, names)),
        ])
    };
    lists.extend(birth.mother.as_ref().map(|mother| (texts::MOTHER, parent_list(mother))));
    lists.extend(birth.father.as_ref().map(|father| (texts::FATHER, parent_list(father))));
    lists
}

/// An address with the name of its commune, or its code where the name can't be had.
fn place(address: &Address, names: &BTreeMap<String, String>) -> String {
    let commune = names.get(&address.commune).unwrap_or(&address.commune);
    match address.detail.as_str() {
        "" => commune.clone(),
        detail => format!("{detail}, {commune}"),
    }
}

fn components(dossier: &Dossier, handed_in: &[HandedIn], t: Language) -> Table {
    let files: Vec<&str> = handed_in.iter().map(|file| file.component.as_str()).collect();
    let rows = dossier.procedure.components.iter().map(|component| {
        let (text, colour) = match rules::presence(component, &dossier.form, &files) {
            Presence::HandedIn => (texts::HANDED_IN, "green"),
            Presence::NumberGiven => (texts::NUMBER_GIVEN, "green"),
            Presence::HeldByState => (texts::HELD_BY_STATE, "blue"),
            Presence::Missing => (texts::NOT_HANDED_IN, "yellow"),
            Presence::NotRequired => (texts::NOT_REQUIRED, "grey"),
        };
        let tag: Content = Tag::coloured(text.get(t), colour).into();
        vec![TableCell::new(words(&component.name, t)), TableCell::new(tag)]
    });
    Table {
        caption: texts::COMPONENTS.get(t).into(),
        caption_classes: "govuk-table__caption--m".into(),
        head: vec![TableCell::new(texts::COMPONENT.get(t)), TableCell::new(texts::PRESENT.get(t))],
        rows: rows.collect(),
        ..Table::default()
    }
}

fn attachment_link(dossier: &Dossier, file: &HandedIn, t: Language) -> Link {
    let component = dossier.procedure.components.iter().find(|component| component.code == file.component);
    let component = component.map_or(file.component.as_str(), |component| words(&component.name, t));
    Link {
        href: Some(format!("{}/attachments/{}/{}", queue::path(dossier), file.notice, file.place)),
        text: format!("{component}: {}", file.name),
    }
}

fn document_link(dossier: &Dossier, document: &Document, t: Language) -> Link {
    let title = document_title(dossier, document, t);
    let being_made = || format!("{title} ({})", texts::BEING_MADE.get(t));
    Link {
        href: document
            .content
            .is_some()
            .then(|| format!("{}/documents/{}", queue::path(dossier), document.document)),
        text: if document.content.is_some() { title } else { being_made() },
    }
}

/// What a document is called: a form with its number, a result as its procedure names it, or else its file name.
fn document_title(dossier: &Dossier, document: &Document, t: Language) -> String {
    if let Some(kind) = PaperKind::of_document(&document.document) {
        let title = Text::new(kind.title(), kind.title_en()).get(t);
        return document
            .number
            .map_or(title.to_owned(), |number| texts::NUMBERED.fill(t, &[&title, &number]));
    }
    let result = dossier.procedure.results.iter().find(|result| result.code == document.document);
    result.map_or(&*document.name, |result| words(&result.name, t)).to_owned()
}

fn steps(dossier: &Dossier, t: Language) -> SummaryList {
    let rows = dossier.procedure.steps.iter().filter_map(|step| {
        let (_, progress) = dossier.step(&step.code)?;
        let (text, colour) = match progress.state {
            StepState::Waiting => (texts::STEP_WAITING, "grey"),
            StepState::Running => (texts::STEP_RUNNING, "blue"),
            StepState::Asked => (texts::STEP_ASKED, "yellow"),
            StepState::Returned => (texts::STEP_RETURNED, "orange"),
            StepState::Done => (texts::STEP_DONE, "green"),
            StepState::Refused => (texts::STEP_REFUSED, "red"),
        };
        Some(SummaryRow::new(words(&step.name, t), Tag::coloured(text.get(t), colour)))
    });
    SummaryList::new(rows.collect())
}

fn history(dossier: &Dossier, changes: &[Change], t: Language) -> WideTable {
    let row = |change: &Change| {
        vec![
            TableCell::new(moment_in(t, change.at)),
            TableCell::new(state_tag(change.state, t)),
            TableCell::new(step_names(dossier, &change.steps, t)),
            TableCell::new(change.by.name.clone()),
            TableCell::new(change.note.clone().unwrap_or_default()),
        ]
    };
    let head = [texts::WHEN, texts::STATE, texts::STEPS, texts::BY, texts::NOTE];
    WideTable(Table {
        caption: texts::HISTORY.get(t).into(),
        caption_classes: "govuk-table__caption--m".into(),
        head: head.iter().map(|text| TableCell::new(text.get(t))).collect(),
        rows: changes.iter().map(row).collect(),
        ..Table::default()
    })
}

fn step_names(dossier: &Dossier, codes: &[String], t: Language) -> String {
    let names = codes.iter().filter_map(|code| Some(words(&dossier.step(code)?.0.name, t)));
    names.collect::<Vec<_>>().join(", ")
}

fn decision_form(revision: i64, fields: &Fields<'_>) -> DecisionForm {
    let t = fields.language;
    let choices =
        [("receive", texts::RECEIVE), ("supplement", texts::ASK_SUPPLEMENT), ("refuse", texts::REFUSE)];
    DecisionForm {
        revision,
        choice: fields.radios("decision", texts::DECISION, &choices),
        reason: Textarea {
            hint: Some(Hint::new(texts::REASON_HINT.get(t))),
            ..fields.textarea("reason", texts::REASON)
        },
        send: Button::new(texts::CONTINUE.get(t)),
    }
}

/// A text of a procedure in the reader's language.
fn words(text: &Bilingual, t: Language) -> &str {
    match t {
        Language::Vi => &text.vi,
        Language::En => &text.en,
    }
}
