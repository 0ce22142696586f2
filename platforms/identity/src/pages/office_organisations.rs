//! The counter at which applications for accounts of organisations are checked by one official and approved by another.

use super::{
    moment_in,
    office::Official,
    officials::sending,
    organisation_texts as words,
    organisations::{next_page, place},
    store_failed, typed_number,
};
use crate::{
    Identity,
    acts::{NotChanged, OfficeError},
    model::OrganisationApplication,
    records::{self, ORGANISATION_PAGE_ROWS},
    rules::organisation::{Change, is_code},
    texts,
};
use askama::Template;
use axum::extract::State;
use std::sync::Arc;
use web::{
    Csrf, FieldErrors, Fields, Flash, Form, Html, Language, Page, Problem, Visit,
    components::{Button, Input, Pagination, SummaryList, SummaryRow},
};

/// Longest description of the papers, in characters.
const DOCUMENT_LIMIT_CHARACTERS: usize = 100;
/// Bounds of a reason, in characters: one word helps nobody.
const REASON_CHARACTERS: std::ops::RangeInclusive<usize> = 10..=200;
/// Where the page is.
const PAGE: &str = "/identity/office/organisations";

struct Shown {
    id: String,
    facts: SummaryList,
    may_approve: bool,
}

#[derive(Template)]
#[template(path = "office_organisations.html")]
struct Counter {
    t: Language,
    csrf: Csrf,
    find_fields: Vec<Html>,
    find: Button,
    /// An application, and the fields to note that its papers were compared, where nobody has.
    found: Option<(Shown, Option<Vec<Html>>)>,
    check: Button,
    refuse: Button,
    reason: Html,
    waiting: Vec<Shown>,
    pagination: Option<Pagination>,
    approve: Button,
    change_fields: Vec<Html>,
    lock: Button,
    close: Button,
}

/// What waits, and a form to find an application.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    official: Official,
    form: Form,
) -> Result<Page, Problem> {
    page(&system, &visit, &official, &form, None, &FieldErrors::new()).await
}

async fn page(
    system: &Identity,
    visit: &Visit,
    official: &Official,
    form: &Form,
    found: Option<&OrganisationApplication>,
    errors: &FieldErrors,
) -> Result<Page, Problem> {
    let t = visit.language;
    let behind = place(form, "after", records::FIRST)?;
    let waiting = records::applications_checked(&system.room.store, &official.unit, behind).await;
    let mut waiting = waiting.map_err(store_failed)?;
    let more = waiting.len() > ORGANISATION_PAGE_ROWS;
    waiting.truncate(ORGANISATION_PAGE_ROWS);
    let next = waiting.last().filter(|_| more).map(|last| format!("{PAGE}?after={}", last.id));
    let fields = Fields { form, errors, language: t };
    let numeric = |input: Input| Input { inputmode: "numeric".into(), ..input }.render();
    let found = match found {
        None => None,
        Some(found) => {
            let compared = || {
                vec![
                    fields.input("document", words::DOCUMENT).render(),
                    fields.checkboxes("compared", words::COMPARED, &[("yes", words::COMPARED)]).render(),
                ]
            };
            Some((shown(system, found, official, t).await?, found.unit.is_none().then(compared)))
        }
    };
    let mut shown_waiting = Vec::new();
    for application in &waiting {
        shown_waiting.push(shown(system, application, official, t).await?);
    }
    let body = Counter {
        t,
        csrf: visit.csrf(),
        find_fields: vec![
            fields.input("code", words::CODE).render(),
            numeric(fields.input("number", texts::NUMBER)),
        ],
        find: sending("find", Button::new(words::FIND.get(t))),
        found,
        check: sending("check", Button::new(words::NOTE_CHECK.get(t))),
        refuse: sending("refuse", Button::warning(words::REFUSE.get(t))),
        reason: fields.input("reason", words::REASON).render(),
        waiting: shown_waiting,
        pagination: next_page(next, t),
        approve: sending("approve", Button::new(words::APPROVE.get(t))),
        change_fields: vec![
            fields.input("closed-code", words::CODE).render(),
            fields.input("closed-reason", words::REASON).render(),
        ],
        lock: sending("lock", Button::secondary(words::LOCK.get(t))),
        close: sending("close", Button::warning(words::CLOSE.get(t))),
    };
    Ok(visit.page(words::OFFICE.get(t), Html::of(&body)).with_back("/identity/office").with_errors(errors))
}

async fn shown(
    system: &Identity,
    application: &OrganisationApplication,
    official: &Official,
    t: Language,
) -> Result<Shown, Problem> {
    let store = &system.room.store;
    let known = records::organisation_with_code(store, &application.code).await.map_err(store_failed)?;
    let present = match &known {
        Some(known) => records::account(store, known.representative).await.map_err(store_failed)?,
        None => None,
    };
    let present = present.map_or(words::NONE_PRESENT.get(t).to_owned(), |account| {
        words::REPRESENTED_BY.fill(t, &[&format!("{} ({})", account.name, account.person)])
    });
    let mut facts = vec![
        SummaryRow::new(words::NAME.get(t), application.name.as_str()),
        SummaryRow::new(words::CODE.get(t), application.code.as_str()),
        SummaryRow::new(words::BASIS.get(t), application.basis.as_str()),
        SummaryRow::new(
            words::APPLICANT.get(t),
            format!("{} ({})", application.person_name, application.person),
        ),
        SummaryRow::new(texts::TIME.get(t), moment_in(t, application.applied_at)),
        SummaryRow::new(words::PRESENT.get(t), present),
    ];
    if let (Some(document), Some(checked_by)) = (&application.document, &application.checked_by) {
        facts.push(SummaryRow::new(words::DOCUMENT.get(t), document.as_str()));
        facts.push(SummaryRow::new(words::CHECKED_BY.get(t), checked_by.as_str()));
    }
    Ok(Shown {
        id: application.id.to_string(),
        facts: SummaryList::new(facts),
        may_approve: application.checked_by.as_deref().is_some_and(|by| by != official.account),
    })
}

/// Finds an application, notes that its papers were compared, approves or refuses it; locks or closes an account.
pub(super) async fn act(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    official: Official,
    form: Form,
) -> Result<Page, Problem> {
    let mut errors = FieldErrors::new();
    match form.value("act") {
        "find" => {
            let found = find(&system, &form, &mut errors).await?;
            page(&system, &visit, &official, &form, found.as_ref(), &errors).await
        }
        "check" => check(&system, &visit, &official, &form).await,
        "approve" => {
            let approved = system.approve_application(id(&form)?, &official.account, &official.unit).await;
            decided(approved.map_err(store_failed)?)?;
            done(&system, &visit, &official).await
        }
        "refuse" => {
            let reason = reason(&form, "reason", &mut errors);
            if !errors.is_empty() {
                let found =
                    records::application(&system.room.store, id(&form)?).await.map_err(store_failed)?;
                return page(&system, &visit, &official, &form, found.as_ref(), &errors).await;
            }
            let refused = system
                .refuse_application(id(&form)?, &official.account, &official.unit, &reason)
                .await
                .map_err(store_failed)?;
            decided(refused)?;
            done(&system, &visit, &official).await
        }
        act @ ("lock" | "close") => {
            let change = if act == "lock" { Change::Lock } else { Change::Close };
            let reason = reason(&form, "closed-reason", &mut errors);
            let code = code(&form, "closed-code", &mut errors);
            if errors.is_empty() {
                let changed = system
                    .change_organisation_at_office(&code, change, &official.account, &reason)
                    .await
                    .map_err(store_failed)?;
                match changed {
                    Ok(()) => return done(&system, &visit, &official).await,
                    Err(NotChanged::Unknown) => errors.add("closed-code", words::NO_ACCOUNT),
                    Err(NotChanged::NotAllowed) => errors.add("closed-code", words::CANNOT_CHANGE),
                }
            }
            page(&system, &visit, &official, &form, None, &errors).await
        }
        _ => Err(Problem::not_found()),
    }
}

fn id(form: &Form) -> Result<uuid::Uuid, Problem> {
    form.value("id").parse().map_err(|_| Problem::not_found())
}

fn code(form: &Form, field: &str, errors: &mut FieldErrors) -> String {
    let code = form.value(field).replace(' ', "");
    if !is_code(&code) {
        errors.add(field, words::ENTER_CODE);
    }
    code
}

fn reason(form: &Form, field: &str, errors: &mut FieldErrors) -> String {
    let reason = form.value(field).trim();
    if !REASON_CHARACTERS.contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
        errors.add(field, words::ENTER_REASON);
    }
    reason.to_owned()
}

async fn find(
    system: &Identity,
    form: &Form,
    errors: &mut FieldErrors,
) -> Result<Option<OrganisationApplication>, Problem> {
    let code = code(form, "code", errors);
    let Some(number) = typed_number(form, errors).filter(|_| is_code(&code)) else { return Ok(None) };
    let found = records::application_for(&system.room.store, number, &code).await.map_err(store_failed)?;
    if found.is_none() {
        errors.add("code", words::NO_APPLICATION);
    }
    Ok(found)
}

async fn check(system: &Identity, visit: &Visit, official: &Official, form: &Form) -> Result<Page, Problem> {
    let id = id(form)?;
    let found = records::application(&system.room.store, id).await.map_err(store_failed)?;
    let found = found.ok_or_else(|| Problem::unprocessable(words::NOT_YOURS))?;
    let mut errors = FieldErrors::new();
    let document = form.value("document");
    if document.is_empty() || document.chars().count() > DOCUMENT_LIMIT_CHARACTERS {
        errors.add("document", words::ENTER_DOCUMENT);
    }
    if form.value("compared") != "yes" {
        errors.add("compared", words::MUST_COMPARE);
    }
    if !errors.is_empty() {
        return page(system, visit, official, form, Some(&found), &errors).await;
    }
    let checked = system.check_application(id, document, &official.account, &official.unit).await;
    decided(checked.map_err(store_failed)?)?;
    done(system, visit, official).await
}

fn decided(decided: Result<(), OfficeError>) -> Result<(), Problem> {
    decided.map_err(|_| Problem::unprocessable(words::NOT_YOURS))
}

async fn done(system: &Identity, visit: &Visit, official: &Official) -> Result<Page, Problem> {
    let page = page(system, visit, official, &Form::default(), None, &FieldErrors::new()).await?;
    Ok(page.with_flash(Flash::success(words::DONE.get(visit.language))))
}
