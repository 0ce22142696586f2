//! The counter at which people are checked. Officials come here with their post; who they are comes from the shell's own
//! sign-in, as for every system's officials.

use super::{
    failed, organisation_texts,
    organisations::{next_page, place},
    store_failed, typed_number,
};
use crate::{
    Identity,
    acts::OfficeError,
    records::{self, CHECKS_PAGE_ROWS, OpenCheck},
    texts,
};
use askama::Template;
use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use web::{
    Csrf, CurrentUser, FieldErrors, Fields, Form, Html, Language, Page, Problem, Visit,
    components::{Button, InsetText, Pagination, SummaryList, SummaryRow},
};

/// Longest description of a document, in characters.
const DOCUMENT_LIMIT_CHARACTERS: usize = 100;
/// The post that checks people.
const POST: &str = "examiner";

/// An official at a counter. Nobody else sees that the pages exist.
pub(super) struct Official {
    pub(super) account: String,
    pub(super) unit: String,
}

impl FromRequestParts<Arc<Identity>> for Official {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<Identity>) -> Result<Self, Response> {
        let user = <CurrentUser as FromRequestParts<Arc<Identity>>>::from_request_parts(parts, state).await;
        let CurrentUser(user) = user.map_err(IntoResponse::into_response)?;
        let unit = user.role(contracts::identity::SYSTEM, POST).and_then(|role| role.unit.clone());
        match (&user.person_number, unit) {
            (Some(account), Some(unit)) => Ok(Self { account: account.clone(), unit }),
            _ => Err(Problem::not_found().into_response()),
        }
    }
}

struct Shown {
    id: String,
    facts: SummaryList,
    may_confirm: bool,
}

#[derive(Template)]
#[template(path = "office.html")]
struct Office {
    t: Language,
    csrf: Csrf,
    fields: Vec<Html>,
    check: Button,
    waiting: Vec<Shown>,
    confirm: Button,
    pagination: Option<Pagination>,
}

/// The counter.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    official: Official,
    form: Form,
) -> Result<Page, Problem> {
    page(&system, &visit, &official, &form, &FieldErrors::new()).await
}

async fn page(
    system: &Identity,
    visit: &Visit,
    official: &Official,
    form: &Form,
    errors: &FieldErrors,
) -> Result<Page, Problem> {
    let t = visit.language;
    let behind = place(form, "after", records::FIRST)?;
    let mut open = system.open_checks(&official.unit, behind).await.map_err(store_failed)?;
    let more = open.len() > CHECKS_PAGE_ROWS;
    open.truncate(CHECKS_PAGE_ROWS);
    let next = open.last().filter(|_| more).map(|last| format!("/identity/office?after={}", last.id));
    let fields = Fields { form, errors, language: t };
    let body = Office {
        t,
        csrf: visit.csrf(),
        fields: vec![
            fields.input("number", texts::NUMBER).render(),
            fields.input("document", texts::DOCUMENT).render(),
            fields.checkboxes("compared", texts::COMPARED, &[("yes", texts::COMPARED)]).render(),
        ],
        check: Button::new(texts::CHECK.get(t)),
        waiting: open.iter().map(|check| shown(check, official, t)).collect(),
        confirm: Button::new(texts::CONFIRM.get(t)),
        pagination: next_page(next, t),
    };
    Ok(visit.page(texts::OFFICE.get(t), Html::of(&body)).with_errors(errors))
}

fn shown(check: &OpenCheck, official: &Official, t: Language) -> Shown {
    let facts = vec![
        SummaryRow::new(texts::NAME.get(t), check.name.as_str()),
        SummaryRow::new(texts::DOCUMENT.get(t), check.document.as_str()),
        SummaryRow::new(texts::CHECKED_BY.get(t), check.checked_by.as_str()),
        SummaryRow::new(texts::TIME.get(t), super::moment_in(t, check.checked_at)),
    ];
    Shown {
        id: check.id.to_string(),
        facts: SummaryList::new(facts),
        may_confirm: check.checked_by != official.account,
    }
}

/// The first official's check.
pub(super) async fn check(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    official: Official,
    form: Form,
) -> Result<Page, Problem> {
    let mut errors = FieldErrors::new();
    let number = typed_number(&form, &mut errors);
    let document = form.value("document");
    if document.is_empty() || document.chars().count() > DOCUMENT_LIMIT_CHARACTERS {
        errors.add("document", texts::ENTER_DOCUMENT);
    }
    if form.value("compared") != "yes" {
        errors.add("compared", texts::MUST_COMPARE);
    }
    let (Some(person), true) = (number, errors.is_empty()) else {
        return page(&system, &visit, &official, &form, &errors).await;
    };
    let checked = system.check_at_office(person, document, &official.account, &official.unit).await;
    if checked.map_err(failed)? == Err(OfficeError::NoAccount) {
        errors.add("number", texts::NO_SUCH_ACCOUNT);
        return page(&system, &visit, &official, &form, &errors).await;
    }
    page(&system, &visit, &official, &Form::default(), &errors).await
}

#[derive(Template)]
#[template(path = "office_code.html")]
struct CodeForPerson {
    t: Language,
    code: InsetText,
}

/// The second official's confirmation.
pub(super) async fn confirm(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    official: Official,
    form: Form,
) -> Result<Page, Problem> {
    let t = visit.language;
    let check = form.value("check").parse().map_err(|_| Problem::not_found())?;
    let confirmed = system.confirm_check(check, &official.account, &official.unit).await.map_err(failed)?;
    match confirmed {
        Ok(code) => {
            let body = CodeForPerson { t, code: InsetText::new(code) };
            let page = visit.page(texts::CODE_FOR_PERSON.get(t), Html::of(&body));
            Ok(page.with_back("/identity/office"))
        }
        Err(_) => Err(Problem::unprocessable(texts::NOT_YOURS)),
    }
}
