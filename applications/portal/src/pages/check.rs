//! All answers once more, the declaration, and handing in.

use super::{
    Applicant, ROOT, Stop, date_in,
    draft::{self, Questions},
    fact, failed, parent,
    signing::{self, Outcome},
};
use crate::{
    Portal,
    model::{Content, Dossier, Draft, Errand, Role, Signed, Signing, Step, Subject},
    records,
    rules::{self, DossierAct},
    tasks, texts,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use contracts::{Sex, one_door::Form as DossierForm};
use jiff::Timestamp;
use std::sync::Arc;
use store::Batch;
use uuid::Uuid;
use web::{
    FieldErrors, Fields, Flash, Form, Language, Page, Problem, Redirect, Text, Visit,
    components::{Button, Checkboxes, ErrorSummary, ErrorSummaryItem, Hint, SummaryList, SummaryRow},
};

/// All answers.
pub(super) async fn show(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    Path(subject): Path<String>,
    form: Form,
) -> Result<Page, Stop> {
    let draft = complete(draft::open(&system, &applicant, &subject).await?)?;
    let mut page = draft::shown(page(&visit, &draft, &Form::default(), &FieldErrors::new()));
    page.error_summary = faults(&draft, visit.language);
    Ok(match Outcome::of_word(form.value("signing")) {
        Some(outcome) => page.with_flash(Flash::notice(outcome.text().get(visit.language))),
        None => page,
    })
}

/// Hands in.
pub(super) async fn send(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    Path(subject): Path<String>,
    form: Form,
) -> Result<Response, Stop> {
    let draft = complete(draft::open_for(&system, &applicant, &subject, &form).await?)?;
    let way = Way::of(&system, &applicant, &draft.subject).await?;
    let mut errors = FieldErrors::new();
    if form.value("declared") != "yes" {
        errors.add("declared", texts::DECLARE);
    }
    for fault in faults_of_the_day(&system, &draft, &way) {
        errors.add("declared", fault);
    }
    if !errors.is_empty() {
        return Ok(page(&visit, &draft, &form, &errors).into_response());
    }
    let now = system.room.clock.now();
    let dossier = dossier(&system, &applicant, &draft, (system.room.random.id(now), now))?;
    if form.value("action") == "sign" && !matches!(way, Way::Reply(..)) {
        return Ok(signing::ask(&system, &draft, &dossier).await?);
    }
    Ok(hand_in(&system, &draft, &dossier, way).await?.into_response())
}

/// Hands in what the applicant has signed, if it is what the draft makes now. What the signature is over was declared.
pub(super) async fn send_signed(
    system: &Portal,
    applicant: &Applicant,
    draft: Draft,
    signing: &Signing,
    signed: Signed,
) -> Result<Result<Redirect, Outcome>, Stop> {
    let draft = complete(draft)?;
    let way = Way::of(system, applicant, &draft.subject).await?;
    if !faults_of_the_day(system, &draft, &way).is_empty() || matches!(way, Way::Reply(..)) {
        return Ok(Err(Outcome::Changed));
    }
    let dossier = dossier(system, applicant, &draft, (signing.submission, signing.submitted_at))?;
    if signing.version != draft.version || signing::text(system, &dossier) != signing.text {
        return Ok(Err(Outcome::Changed));
    }
    let dossier = Dossier { signed: Some(signed), ..dossier };
    Ok(Ok(hand_in(system, &draft, &dossier, way).await?))
}

/// How a draft is handed in.
enum Way {
    /// As a new dossier.
    New,
    /// As a new dossier instead of one that the one-door definitely refused.
    InsteadOf(Box<Dossier>),
    /// As the answer to a notice of a dossier.
    Reply(Box<Dossier>, u32),
}

impl Way {
    async fn of(system: &Portal, applicant: &Applicant, subject: &Subject) -> Result<Self, Problem> {
        let Subject::Dossier(earlier) = subject else { return Ok(Self::New) };
        let earlier = applicant.dossier(system, &earlier.to_string()).await?;
        if rules::may(DossierAct::Correct, &earlier) {
            return Ok(Self::InsteadOf(Box::new(earlier)));
        }
        let notice = earlier.standing.as_ref().and_then(|standing| standing.notice);
        let notice = notice.filter(|_| rules::may(DossierAct::Reply, &earlier));
        notice.map(|notice| Self::Reply(Box::new(earlier), notice)).ok_or_else(Problem::conflict)
    }
}

/// What stands against handing in though every question was answered well, perhaps days ago.
fn faults_of_the_day(system: &Portal, draft: &Draft, way: &Way) -> Vec<Text> {
    let (content, today) = (&draft.content, system.room.clock.today());
    let born = content.answers.child.as_ref().map(|child| child.birth_date);
    let mut faults: Vec<Text> = born
        .and_then(|born| rules::check_child(&draft.procedure.code, born, &content.family, today))
        .into_iter()
        .collect();
    let commune = rules::registers_at(content);
    if commune.is_none_or(|commune| draft::destination(system, commune).is_none()) {
        faults.push(texts::NOT_JOINED);
    }
    // A dossier stays with the commune that received it, so a reply can't move it.
    if let (Way::Reply(earlier, _), Some(commune)) = (way, commune)
        && earlier.commune != commune.address.commune
    {
        faults.push(texts::COMMUNE_STAYS);
    }
    faults
}

/// The dossier that a complete draft makes, with its identifier and when it is handed in.
fn dossier(
    system: &Portal,
    applicant: &Applicant,
    draft: &Draft,
    made: (Uuid, Timestamp),
) -> Result<Dossier, Problem> {
    made_of(system, applicant, draft, made)
        .ok_or_else(|| Problem::internal("a complete draft whose province has joined makes no dossier"))
}

fn made_of(
    system: &Portal,
    applicant: &Applicant,
    draft: &Draft,
    (submission, submitted_at): (Uuid, Timestamp),
) -> Option<Dossier> {
    let content = &draft.content;
    let commune = rules::registers_at(content)?;
    // The name is the one the State knows, whatever the account is called.
    let own = content.family.parent(content.family.applicant)?;
    Some(Dossier {
        submission,
        applicant: applicant.number,
        applicant_name: own.parent.name.full(),
        procedure: draft.procedure.clone(),
        sent_to: draft::destination(system, commune)?.to_string(),
        commune: commune.address.commune.clone(),
        content: content.clone(),
        form: DossierForm::Birth(Box::new(rules::birth_form(content)?)),
        submitted_at,
        signed: None,
        is_delivered: false,
        errand: Some(Errand::Submit),
        refusal: None,
        replaced_by: None,
        answered_notice: 0,
        standing: None,
        rating: None,
        version: 1,
    })
}

/// One batch: what is handed in is there, its task waits, the draft is gone. Sent twice, the second finds no draft.
async fn hand_in(system: &Portal, draft: &Draft, dossier: &Dossier, way: Way) -> Result<Redirect, Problem> {
    let mut batch = Batch::new();
    records::end_draft(&mut batch, draft);
    let (submission, errand, seen_at) = match way {
        Way::Reply(earlier, notice) => {
            records::answer_notice(&mut batch, &earlier, &dossier.content, &dossier.form, notice);
            (earlier.submission, Errand::Supply, "?done=reply")
        }
        way => {
            records::add_submission(&mut batch, dossier);
            if let Way::InsteadOf(refused) = way {
                records::replace(&mut batch, &refused, dossier.submission);
            }
            (dossier.submission, Errand::Submit, "/sent")
        }
    };
    batch.enqueue(tasks::task(&system.room, submission, errand));
    system.room.store.write(batch).await.map_err(failed)?;
    system.room.tasks.notify_one();
    Ok(Redirect::to(format!("{ROOT}/dossiers/{submission}{seen_at}")))
}

/// A draft whose questions are all answered; otherwise the first open one comes first.
fn complete(draft: Draft) -> Result<Draft, Stop> {
    match rules::first_open(&draft.content) {
        Step::Check => Ok(draft),
        open => Err(Stop::Elsewhere(Redirect::to(draft::step_path(&draft.subject, open)))),
    }
}

fn page(visit: &Visit, draft: &Draft, form: &Form, errors: &FieldErrors) -> Page {
    let t = visit.language;
    let fields = Fields { form, errors, language: t };
    let is_reply = matches!(draft.subject, Subject::Dossier(_));
    let heading = if is_reply { texts::CHECK_REPLY } else { texts::CHECK };
    let send = if is_reply { texts::SUBMIT_REPLY } else { texts::SUBMIT };
    let declared = Checkboxes {
        hint: rules::asks_for_residence(&draft.procedure.code)
            .then(|| Hint::new(texts::RESIDENCE_ASKED.get(t))),
        ..fields.checkboxes("declared", texts::DECLARATION_LEGEND, &[("yes", texts::DECLARATION)])
    };
    let button = |value: &str, button: Button| {
        Button { name: "action".into(), value: value.into(), ..button }.render()
    };
    let mut buttons = vec![button("send", Button::new(send.get(t)))];
    if !is_reply {
        buttons.push(button("sign", Button::secondary(texts::SIGN_AND_SUBMIT.get(t))));
    }
    let questions = Questions {
        heading: heading.get(t).into(),
        facts: all_facts(&draft.content, Some(&draft.subject), t),
        fields: [vec![declared.render()], buttons].concat(),
        ..Questions::default()
    };
    draft::page(visit, draft, Step::Check, questions, errors)
}

/// What the one-door found wrong, each linked to the page where it is corrected.
fn faults(draft: &Draft, t: Language) -> Option<ErrorSummary> {
    let mut summary = draft::faults_of(draft, Step::Check).summary(t);
    for step in Step::ALL.into_iter().filter(|step| *step != Step::Check) {
        let Some(found) = draft::faults_of(draft, step).summary(t) else { continue };
        let path = draft::step_path(&draft.subject, step);
        let linked = found.items.into_iter().map(|item| {
            let href = format!("{path}{}", item.href);
            ErrorSummaryItem { href, ..item }
        });
        let items: Vec<ErrorSummaryItem> = linked.collect();
        match &mut summary {
            Some(summary) => summary.items.extend(items),
            None => summary = Some(ErrorSummary { items, ..found_without_items(found.title) }),
        }
    }
    summary
}

fn found_without_items(title: web::Content) -> ErrorSummary {
    ErrorSummary { title, ..ErrorSummary::default() }
}

/// Everything a form says, a list a group of questions; with links to change it, where it is a draft.
pub(super) fn all_facts(
    content: &Content,
    subject: Option<&Subject>,
    t: Language,
) -> Vec<(&'static str, String, SummaryList)> {
    let rows = |step: Step, rows: Vec<(Text, String)>| {
        let row = |(key, value): (Text, String)| {
            let row: SummaryRow = fact(t, key, value);
            match subject {
                Some(subject) => {
                    row.action(texts::CHANGE.get(t), draft::step_path(subject, step), key.get(t))
                }
                None => row,
            }
        };
        rows.into_iter().map(row).collect::<Vec<_>>()
    };
    let mut child = rows(Step::Child, child_facts(content, t));
    child.extend(rows(Step::BirthPlace, birth_place_facts(content)));
    child.extend(rows(Step::Choices, choice_facts(content)));
    let mut lists = vec![("child", texts::CHILD.get(t).to_owned(), SummaryList::new(child))];
    for (role, known) in content.family.parents() {
        lists.push((role.word(), parent::title(role).get(t).to_owned(), parent::facts(known, t)));
    }
    lists
}

fn child_facts(content: &Content, t: Language) -> Vec<(Text, String)> {
    let Some(child) = &content.answers.child else { return Vec::new() };
    let sex = match t {
        Language::Vi => Sex::vi(child.sex),
        Language::En => Sex::en(child.sex),
    };
    let notice = child.birth_notice.clone().unwrap_or_else(|| texts::NONE.get(t).to_owned());
    vec![
        (texts::FULL_NAME, child.name.full()),
        (texts::SEX, sex.to_owned()),
        (texts::BIRTH_DATE, date_in(t, child.birth_date)),
        (texts::BIRTH_NOTICE, notice),
    ]
}

fn birth_place_facts(content: &Content) -> Vec<(Text, String)> {
    content.answers.birth_place.iter().map(|place| (texts::BIRTH_PLACE, place.written())).collect()
}

fn choice_facts(content: &Content) -> Vec<(Text, String)> {
    let Some(choices) = content.answers.choices else { return Vec::new() };
    let of = |role: Role| content.family.parent(role);
    let hometown = of(choices.hometown).map(|known| known.home().name.clone());
    let ethnicity = of(choices.ethnicity).and_then(|known| rules::ethnicity_name(&known.parent.ethnicity));
    let registers_at = of(choices.registers_at).map(|known| known.residence.name.clone());
    vec![
        (texts::HOMETOWN, hometown.unwrap_or_default()),
        (texts::ETHNICITY, ethnicity.unwrap_or_default().to_owned()),
        (texts::REGISTERS_AT, registers_at.unwrap_or_default()),
    ]
}
