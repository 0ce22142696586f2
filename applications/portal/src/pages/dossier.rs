//! One dossier: where it stands, what was said of it, and what it brought.

use super::{Applicant, ROOT, check, dossier_path, draft, fact, failed, in_language, moment_in};
use crate::{
    Portal,
    model::{DocumentLine, Dossier, Errand, Report, Signed, Subject},
    records,
    rules::{self, DossierAct},
    texts,
};
use askama::Template;
use axum::extract::{Path, State};
use contracts::portal::DossierState;
use std::sync::Arc;
use web::{
    Flash, Form, Html, Language, Page, Problem, Text, Visit,
    components::{Breadcrumb, InsetText, Panel, SummaryList, SummaryRow, Tag},
};

#[derive(Template)]
#[template(path = "dossier.html")]
struct DossierPage {
    t: Language,
    name: String,
    told: Option<InsetText>,
    facts: SummaryList,
    acts: Vec<(String, &'static str)>,
    documents: Vec<DocumentLink>,
    time_line: Vec<TimeLineLine>,
    answers: Vec<(&'static str, String, SummaryList)>,
}

struct DocumentLink {
    href: String,
    title: String,
}

struct TimeLineLine {
    state: &'static str,
    at: String,
    note: Option<String>,
}

#[derive(Template)]
#[template(path = "sent.html")]
struct SentPage {
    t: Language,
    panel: Panel,
    state: Tag,
    href: String,
}

/// The dossier.
pub(super) async fn show(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    Path(submission): Path<String>,
    form: Form,
) -> Result<Page, Problem> {
    let t = visit.language;
    let dossier = applicant.dossier(&system, &submission).await?;
    let store = &system.room.store;
    let documents = records::documents(store, &dossier).await.map_err(failed)?;
    let time_line = records::time_line(store, &dossier).await.map_err(failed)?;
    let name = in_language(&dossier.procedure.name, t).to_owned();
    let body = DossierPage {
        t,
        name: name.clone(),
        told: told(&dossier, t).map(InsetText::new),
        facts: SummaryList::new(facts(&dossier, t)),
        acts: acts(&dossier, t),
        documents: documents.iter().map(|document| document_link(&dossier, document, t)).collect(),
        time_line: rules::without_repetitions(time_line).into_iter().map(|report| line(report, t)).collect(),
        answers: check::all_facts(&dossier.content, None, t),
    };
    let above = Breadcrumb::new(texts::MY_DOSSIERS.get(t), format!("{ROOT}/dossiers"));
    let page = visit.page(name, Html::of(&body)).with_breadcrumbs(vec![above]);
    Ok(match done(form.value("done")) {
        Some(text) => page.with_flash(Flash::success(text.get(t))),
        None => page,
    })
}

/// The confirmation that it was handed in.
pub(super) async fn sent(
    State(system): State<Arc<Portal>>,
    visit: Visit,
    applicant: Applicant,
    Path(submission): Path<String>,
) -> Result<Page, Problem> {
    let t = visit.language;
    let dossier = applicant.dossier(&system, &submission).await?;
    let reference = format!("{}: {}", texts::REFERENCE.get(t), dossier.submission);
    let body = SentPage {
        t,
        panel: Panel::new(texts::SENT.get(t), reference),
        state: state_tag(&dossier, t),
        href: dossier_path(&dossier),
    };
    Ok(visit.page(texts::SENT.get(t), Html::of(&body)))
}

/// What the page before has done.
fn done(word: &str) -> Option<Text> {
    match word {
        "reply" => Some(texts::DONE_REPLY),
        "withdraw" => Some(texts::DONE_WITHDRAW),
        "rating" => Some(texts::DONE_RATING),
        _ => None,
    }
}

/// The state in a word or two.
pub(super) fn state_tag(dossier: &Dossier, t: Language) -> Tag {
    let Some(state) = rules::shown_state(dossier) else {
        return match (dossier.replaced_by, dossier.errand) {
            (Some(_), _) => Tag::coloured(texts::REPLACED.get(t), "grey"),
            (None, Some(_)) => Tag::coloured(texts::SENDING.get(t), "blue"),
            (None, None) if rules::is_of_known_child(dossier) => {
                Tag::coloured(texts::NOT_TAKEN_KNOWN.get(t), "red")
            }
            (None, None) => Tag::coloured(texts::NOT_TAKEN.get(t), "red"),
        };
    };
    let colour = match state {
        DossierState::New | DossierState::Received | DossierState::InProgress => "blue",
        DossierState::SupplementAsked | DossierState::PaymentAsked => "orange",
        DossierState::NotReceived | DossierState::Stopped => "red",
        DossierState::Withdrawn => "grey",
        DossierState::Finished | DossierState::ResultReturned => "green",
    };
    Tag::coloured(state_words(state, t), colour)
}

fn state_words(state: DossierState, t: Language) -> &'static str {
    let (vi, en) = state.words();
    match t {
        Language::Vi => vi,
        Language::En => en,
    }
}

/// What the applicant has to know before anything else: what is on its way, what was refused, what is asked.
pub(super) fn told(dossier: &Dossier, t: Language) -> Option<String> {
    if let Some(errand) = dossier.errand {
        let text = match errand {
            Errand::Submit if dossier.standing.is_some() => return None,
            Errand::Submit => texts::SENDING_MEANING,
            Errand::Supply => texts::SENDING_SUPPLY,
            Errand::Withdraw => texts::SENDING_WITHDRAW,
        };
        return Some(text.get(t).to_owned());
    }
    if let Some(refusal) = dossier.refusal.as_ref().filter(|_| dossier.replaced_by.is_none()) {
        let text = match refusal.errand {
            Errand::Submit => texts::REFUSED_SUBMIT,
            Errand::Supply => texts::REFUSED_SUPPLY,
            Errand::Withdraw => texts::REFUSED_WITHDRAW,
        };
        let why = match t {
            Language::Vi => &refusal.problem.title,
            Language::En => &refusal.problem.title_en,
        };
        let said = text.fill(t, &[why]);
        return Some(match rules::is_of_known_child(dossier) {
            true => format!("{said} {}", texts::KNOWN_CHILD.get(t)),
            false => said,
        });
    }
    dossier.standing.as_ref()?.note.clone()
}

fn facts(dossier: &Dossier, t: Language) -> Vec<SummaryRow> {
    let mut facts = vec![
        SummaryRow::new(texts::STATE.get(t), state_tag(dossier, t)),
        fact(t, texts::REFERENCE, dossier.submission.to_string()),
        fact(t, texts::SUBMITTED_AT, moment_in(t, dossier.submitted_at)),
        fact(t, texts::SIGNATURE, signature(dossier, t)),
    ];
    if let Some(standing) = &dossier.standing {
        facts.extend(standing.dossier.iter().map(|code| fact(t, texts::DOSSIER_CODE, code)));
        facts.extend(standing.due_at.iter().map(|due| fact(t, texts::DUE, moment_in(t, *due))));
        let given = standing.facts.iter();
        facts.extend(given.filter_map(|given| Some(fact(t, texts::result_fact(&given.code)?, &given.value))));
    }
    facts.extend(
        dossier.rating.iter().map(|rating| fact(t, texts::YOUR_RATING, rating_words(*rating).get(t))),
    );
    facts
}

/// Whether the applicant signed what they handed in.
fn signature(dossier: &Dossier, t: Language) -> String {
    let Some(Signed { proof, .. }) = &dossier.signed else { return texts::UNSIGNED.get(t).to_owned() };
    texts::SIGNED_AT.fill(t, &[&moment_in(t, proof.at), &proof.level.number()])
}

/// What a rating is called.
pub(super) fn rating_words(rating: u8) -> Text {
    match rating {
        5 => texts::RATING_5,
        4 => texts::RATING_4,
        3 => texts::RATING_3,
        2 => texts::RATING_2,
        _ => texts::RATING_1,
    }
}

/// What the applicant can do now, and where.
fn acts(dossier: &Dossier, t: Language) -> Vec<(String, &'static str)> {
    let again = draft::path(&Subject::Dossier(dossier.submission));
    let path = dossier_path(dossier);
    [
        (DossierAct::Correct, again.clone(), texts::CORRECT),
        (DossierAct::Reply, again, texts::REPLY),
        (DossierAct::Rate, format!("{path}/rating"), texts::HOW_WAS_IT),
        (DossierAct::Withdraw, format!("{path}/withdraw"), texts::WITHDRAW),
    ]
    .into_iter()
    .filter(|(act, ..)| rules::may(*act, dossier))
    .map(|(_, href, words)| (href, words.get(t)))
    .collect()
}

fn document_link(dossier: &Dossier, document: &DocumentLine, t: Language) -> DocumentLink {
    let title =
        texts::document(&document.component).map_or(document.name.clone(), |text| text.get(t).to_owned());
    DocumentLink { href: format!("{}/documents/{}", dossier_path(dossier), document.document), title }
}

fn line(report: Report, t: Language) -> TimeLineLine {
    TimeLineLine { state: state_words(report.state, t), at: moment_in(t, report.at), note: report.note }
}
