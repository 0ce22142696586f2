//! Accounts of organisations, for who represents them: applying, who acts for the organisation, what was done in its name.

use super::{
    Person, ROOT, authorize, mandates, moment_in, officials::sending, organisation_texts as words,
    store_failed,
};
use crate::{
    Identity,
    acts::{Applied, NotChanged},
    model::{Decision, Mandate, Organisation, OrganisationApplication, OrganisationDeed, OrganisationState},
    records::{self, ORGANISATION_PAGE_ROWS},
    rules::organisation::{Change, EmployeeFault},
    texts,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use contracts::identity::Level;
use std::sync::Arc;
use uuid::Uuid;
use web::{
    Confirmation, Csrf, FieldErrors, Fields, Form, Html, Language, Page, Problem, Redirect, Visit,
    components::{
        Button, Hint, Input, Pagination, PaginationLink, SummaryList, SummaryRow, Table, TableCell, WideTable,
    },
};

/// Where these pages are.
const ORGANISATIONS: &str = "/identity/organisations";

struct Listed {
    href: String,
    name: String,
    facts: SummaryList,
}

struct OwnApplication {
    id: String,
    facts: SummaryList,
    is_open: bool,
}

#[derive(Template)]
#[template(path = "organisations.html")]
struct Organisations {
    t: Language,
    csrf: Csrf,
    organisations: Vec<Listed>,
    pagination: Option<Pagination>,
    applications: Vec<OwnApplication>,
    earlier: Option<String>,
    withdraw: Button,
    fields: Vec<Html>,
    apply: Button,
}

/// The identifier in a field of the address; a place to begin where it is empty.
pub(super) fn place(form: &Form, name: &str, first: Uuid) -> Result<Uuid, Problem> {
    match form.value(name) {
        "" => Ok(first),
        text => text.parse().map_err(|_| Problem::not_found()),
    }
}

/// A link to what comes behind a page.
pub(super) fn next_page(href: Option<String>, t: Language) -> Option<Pagination> {
    href.map(|href| Pagination {
        next: Some(PaginationLink { href, ..PaginationLink::default() }),
        language: t,
        ..Pagination::default()
    })
}

/// Cuts a page to its rows; the last of them, where there are more behind it.
fn cut<T>(rows: &mut Vec<T>) -> Option<&T> {
    let more = rows.len() > ORGANISATION_PAGE_ROWS;
    rows.truncate(ORGANISATION_PAGE_ROWS);
    rows.last().filter(|_| more)
}

fn level_two(person: &Person) -> Result<(), Problem> {
    match person.session.level {
        Level::Two => Ok(()),
        Level::One => Err(Problem::forbidden().with_detail(words::LEVEL_2)),
    }
}

/// The accounts that the person represents, and a form to apply.
pub(super) async fn list(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    form: Form,
) -> Result<Page, Problem> {
    list_page(&system, &visit, &person, &form, &FieldErrors::new()).await
}

async fn list_page(
    system: &Identity,
    visit: &Visit,
    person: &Person,
    form: &Form,
    errors: &FieldErrors,
) -> Result<Page, Problem> {
    let (t, store, own) = (visit.language, &system.room.store, person.account.id);
    let behind = place(form, "after", records::FIRST)?;
    let mut organisations = records::organisations_of(store, own, behind).await.map_err(store_failed)?;
    let next = cut(&mut organisations).map(|last| format!("{ORGANISATIONS}?after={}", last.id));
    let before = place(form, "before", records::LAST)?;
    let mut applications = records::applications_of(store, own, before).await.map_err(store_failed)?;
    let earlier = cut(&mut applications).map(|last| format!("{ORGANISATIONS}?before={}", last.id));
    let fields = Fields { form, errors, language: t };
    let hint = |text: web::Text| Some(Hint::new(text.get(t)));
    let body = Organisations {
        t,
        csrf: visit.csrf(),
        organisations: organisations.iter().map(|own| listed(own, t)).collect(),
        pagination: next_page(next, t),
        applications: applications.iter().map(|application| applied(application, t)).collect(),
        earlier,
        withdraw: sending("withdraw", Button::secondary(words::WITHDRAW.get(t))),
        fields: vec![
            Input { hint: hint(words::CODE_HINT), ..fields.input("code", words::CODE) }.render(),
            fields.input("name", words::NAME).render(),
            Input { hint: hint(words::BASIS_HINT), ..fields.input("basis", words::BASIS) }.render(),
        ],
        apply: sending("apply", Button::new(words::APPLY.get(t))),
    };
    Ok(visit.page(words::ORGANISATIONS.get(t), Html::of(&body)).with_back(ROOT).with_errors(errors))
}

fn listed(own: &Organisation, t: Language) -> Listed {
    Listed { href: path(own.id), name: own.name.clone(), facts: SummaryList::new(facts(own, t)) }
}

fn facts(own: &Organisation, t: Language) -> Vec<SummaryRow> {
    vec![
        SummaryRow::new(words::CODE.get(t), own.code.as_str()),
        SummaryRow::new(words::STATE.get(t), words::state(own.state).get(t)),
        SummaryRow::new(words::OPENED_AT.get(t), moment_in(t, own.opened_at)),
    ]
}

fn applied(application: &OrganisationApplication, t: Language) -> OwnApplication {
    let said = words::decision(application.decision, application.unit.is_some());
    let said = match application.decision {
        Some(Decision::Refused) => said.fill(t, &[&application.reason.as_deref().unwrap_or_default()]),
        _ => said.get(t).to_owned(),
    };
    let facts = vec![
        SummaryRow::new(words::NAME.get(t), application.name.as_str()),
        SummaryRow::new(words::CODE.get(t), application.code.as_str()),
        SummaryRow::new(words::BASIS.get(t), application.basis.as_str()),
        SummaryRow::new(texts::TIME.get(t), moment_in(t, application.applied_at)),
        SummaryRow::new(words::STATE.get(t), said),
    ];
    OwnApplication {
        id: application.id.to_string(),
        facts: SummaryList::new(facts),
        is_open: application.decision.is_none(),
    }
}

/// Where an account is shown.
fn path(id: Uuid) -> String {
    format!("{ORGANISATIONS}/{id}")
}

/// Applies, or takes an application back.
pub(super) async fn apply(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    form: Form,
) -> Result<Response, Problem> {
    if form.value("act") == "withdraw" {
        let id = form.value("id").parse().map_err(|_| Problem::not_found())?;
        system.withdraw_application(&person.account, id).await.map_err(store_failed)?;
        return Ok(Redirect::to(ORGANISATIONS).into_response());
    }
    level_two(&person)?;
    let code = form.value("code").replace(' ', "");
    let (name, basis) = (form.value("name"), form.value("basis"));
    let applied = system.apply_for_organisation(&person.account, &code, name, basis).await;
    let mut errors = FieldErrors::new();
    match applied.map_err(store_failed)? {
        Applied::Opened(id) => return Ok(Redirect::to(path(id)).into_response()),
        Applied::Waits => return Ok(Redirect::to(ORGANISATIONS).into_response()),
        Applied::Yours => errors.add("code", words::YOURS),
        Applied::Twice => errors.add("code", words::TWICE),
        Applied::Wait(wait) => errors.add("code", words::WAIT.with(&[&wait.as_secs().max(1)])),
        Applied::Faults(faults) => {
            for (field, text) in faults.into_iter().map(words::application_fault) {
                errors.add(field, text);
            }
        }
    }
    Ok(list_page(&system, &visit, &person, &form, &errors).await?.into_response())
}

struct Given {
    id: String,
    facts: SummaryList,
}

#[derive(Template)]
#[template(path = "organisation.html")]
struct One {
    t: Language,
    csrf: Csrf,
    name: String,
    facts: SummaryList,
    path: String,
    given: Vec<Given>,
    pagination: Option<Pagination>,
    end: Button,
    /// Nothing where nobody can be given to act for it.
    give: Option<(Vec<Html>, Button)>,
    changes: Vec<Button>,
}

/// An account that the person represents. Nobody else sees that it is there.
async fn own(system: &Identity, person: &Person, id: &str) -> Result<Organisation, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    let own = system.own_organisation(&person.account, id).await.map_err(store_failed)?;
    own.ok_or_else(Problem::not_found)
}

/// The account.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    Path(id): Path<String>,
    form: Form,
) -> Result<Page, Problem> {
    let own = own(&system, &person, &id).await?;
    page(&system, &visit, &own, &form, &FieldErrors::new()).await
}

async fn page(
    system: &Identity,
    visit: &Visit,
    own: &Organisation,
    form: &Form,
    errors: &FieldErrors,
) -> Result<Page, Problem> {
    let (t, today) = (visit.language, system.room.clock.today());
    let behind = mandates::place(form.value("after"))?;
    let given = records::mandates_of_organisation(&system.room.store, own.id, today, behind).await;
    let (given, next) = mandates::cut(given.map_err(store_failed)?);
    let next = next.map(|after| format!("{}?after={after}", path(own.id)));
    let fields = Fields { form, errors, language: t };
    let number = fields.input("employee", texts::EMPLOYEE);
    let give = (own.state == OrganisationState::Active).then(|| {
        let fields = vec![
            Input { inputmode: "numeric".into(), ..number }.render(),
            fields.date("from", texts::FROM).render(),
            fields.date("until", texts::UNTIL).render(),
        ];
        (fields, sending("give", Button::new(texts::GIVE_MANDATE.get(t))))
    });
    let lock = || sending("lock", Button::secondary(words::LOCK.get(t)));
    let unlock = || sending("unlock", Button::secondary(words::UNLOCK.get(t)));
    let close = || sending("close", Button::warning(words::CLOSE.get(t)));
    let body = One {
        t,
        csrf: visit.csrf(),
        name: own.name.clone(),
        facts: SummaryList::new(facts(own, t)),
        path: path(own.id),
        given: given.iter().map(|given| shown_given(given, t)).collect(),
        pagination: next_page(next, t),
        end: sending("end", Button::secondary(texts::END_GIVEN.get(t))),
        give,
        changes: match own.state {
            OrganisationState::Active => vec![lock(), close()],
            OrganisationState::Locked => vec![unlock(), close()],
            OrganisationState::LockedByOffice | OrganisationState::Closed => vec![],
        },
    };
    Ok(visit.page(own.name.clone(), Html::of(&body)).with_back(ORGANISATIONS).with_errors(errors))
}

fn shown_given(given: &Mandate, t: Language) -> Given {
    let mut facts = mandates::facts(given, t);
    facts.insert(0, SummaryRow::new(texts::EMPLOYEE.get(t), given.holder.to_string()));
    Given { id: given.id.to_string(), facts: SummaryList::new(facts) }
}

/// Has an employee act for it or ends that; locks, unlocks or closes it.
pub(super) async fn change(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Problem> {
    let own = own(&system, &person, &id).await?;
    let done = || Redirect::to(path(own.id)).into_response();
    let change = match form.value("act") {
        "give" => {
            level_two(&person)?;
            let again = give(&system, &visit, &person, &own, &form).await?;
            return Ok(again.map_or_else(done, IntoResponse::into_response));
        }
        "end" => {
            let given = form.value("given").parse().map_err(|_| Problem::not_found())?;
            let ended = system.end_mandate_given(&person.account, own.id, given).await;
            return ended.map_err(store_failed)?.map_err(|error| not_changed(&error)).map(|()| done());
        }
        // Taking power away asks for no more than the session; giving it back, and ending all for ever, do.
        "lock" => Change::Lock,
        "unlock" => {
            level_two(&person)?;
            Change::Unlock
        }
        "close" => {
            level_two(&person)?;
            if form.value("confirmed") != "yes" {
                return Ok(closing(&visit, &own).into_response());
            }
            Change::Close
        }
        _ => return Err(Problem::not_found()),
    };
    let changed = system.change_own_organisation(&person.account, own.id, change).await;
    changed.map_err(store_failed)?.map_err(|error| not_changed(&error)).map(|()| done())
}

fn not_changed(error: &NotChanged) -> Problem {
    match error {
        NotChanged::Unknown => Problem::not_found(),
        NotChanged::NotAllowed => Problem::unprocessable(words::NOT_ALLOWED),
    }
}

fn closing(visit: &Visit, own: &Organisation) -> Page {
    let t = visit.language;
    Confirmation {
        heading: words::CLOSE_HEADING.get(t).to_owned(),
        facts: vec![
            SummaryRow::new(words::NAME.get(t), own.name.as_str()),
            SummaryRow::new(words::CODE.get(t), own.code.as_str()),
        ],
        follows: words::CLOSE_FOLLOWS.get(t).to_owned(),
        answers: vec![("act", "close".to_owned())],
        cancel: path(own.id),
    }
    .page(visit)
}

async fn give(
    system: &Identity,
    visit: &Visit,
    person: &Person,
    own: &Organisation,
    form: &Form,
) -> Result<Option<Page>, Problem> {
    let mut errors = FieldErrors::new();
    let employee = form.value("employee").replace(' ', "").parse().ok();
    if employee.is_none() {
        errors.add("employee", texts::ENTER_NUMBER);
    }
    let from = form.required_date("from", texts::FROM, &mut errors);
    let until = form.required_date("until", texts::UNTIL, &mut errors);
    if let (Some(employee), Some(from), Some(until)) = (employee, from, until) {
        let given = system.give_mandate(&person.account, own.id, employee, (from, until)).await;
        let Err(faults) = given.map_err(store_failed)? else { return Ok(None) };
        for fault in faults {
            let (field, text) = words::employee_fault(fault);
            match fault {
                EmployeeFault::Days => errors.add_date(field, text),
                _ => errors.add(field, text),
            }
        }
    }
    page(system, visit, own, form, &errors).await.map(Some)
}

struct Used {
    id: String,
    facts: SummaryList,
}

#[derive(Template)]
#[template(path = "organisation_uses.html")]
struct Uses {
    t: Language,
    csrf: Csrf,
    uses: Vec<Used>,
    end: Button,
    pagination: Option<Pagination>,
}

/// What services are used in its name, and by whom.
pub(super) async fn uses(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    Path(id): Path<String>,
    form: Form,
) -> Result<Page, Problem> {
    let (t, own) = (visit.language, own(&system, &person, &id).await?);
    let behind = place(&form, "after", records::FIRST)?;
    let found = records::uses(&system.room.store, own.id, system.now(), behind).await;
    let mut found = found.map_err(store_failed)?;
    let next = cut(&mut found).map(|last| format!("{}/uses?after={}", path(own.id), last.grant.id));
    let mut uses = Vec::new();
    for used in &found {
        let service = authorize::name_of(&system, &used.grant.client, t).await.map_err(store_failed)?;
        let fields: Vec<&str> =
            used.grant.content.fields.iter().map(|field| texts::field(*field).get(t)).collect();
        let facts = vec![
            SummaryRow::new(texts::SERVICE.get(t), service),
            SummaryRow::new(words::USER.get(t), format!("{} ({})", used.name, used.person)),
            SummaryRow::new(words::FIELDS.get(t), fields.join(", ")),
            SummaryRow::new(texts::TIME.get(t), moment_in(t, used.grant.opened_at)),
        ];
        uses.push(Used { id: used.grant.id.to_string(), facts: SummaryList::new(facts) });
    }
    let body = Uses {
        t,
        csrf: visit.csrf(),
        uses,
        end: Button::warning(texts::END.get(t)),
        pagination: next_page(next, t),
    };
    Ok(visit.page(words::USES.get(t), Html::of(&body)).with_back(path(own.id)))
}

/// Ends one of them.
pub(super) async fn end_use(
    State(system): State<Arc<Identity>>,
    person: Person,
    Path(id): Path<String>,
    form: Form,
) -> Result<Redirect, Problem> {
    let own = own(&system, &person, &id).await?;
    let used = form.value("use").parse().map_err(|_| Problem::not_found())?;
    let ended = system.end_use(&person.account, own.id, used).await.map_err(store_failed)?;
    ended.map_err(|error| not_changed(&error))?;
    Ok(Redirect::to(format!("{}/uses", path(own.id))))
}

#[derive(Template)]
#[template(path = "organisation_history.html")]
struct History {
    t: Language,
    deeds: WideTable,
    earlier: Option<String>,
}

/// What was done with it and in its name, and by whom, latest first.
pub(super) async fn history(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    Path(id): Path<String>,
    form: Form,
) -> Result<Page, Problem> {
    let (t, own) = (visit.language, own(&system, &person, &id).await?);
    let before = place(&form, "before", records::LAST)?;
    let deeds = records::organisation_deeds(&system.room.store, own.id, before).await;
    let mut deeds = deeds.map_err(store_failed)?;
    let earlier = cut(&mut deeds).map(|last| format!("{}/history?before={}", path(own.id), last.id));
    let body = History { t, deeds: table(&deeds, t), earlier };
    Ok(visit.page(words::HISTORY.get(t), Html::of(&body)).with_back(path(own.id)))
}

fn table(deeds: &[OrganisationDeed], t: Language) -> WideTable {
    let row = |deed: &OrganisationDeed| {
        vec![
            TableCell::new(moment_in(t, deed.at)),
            TableCell::new(words::act(deed.act).get(t)),
            TableCell::new(deed.done_by.as_str()),
            TableCell::new(deed.about.as_str()),
        ]
    };
    let head = [texts::TIME, texts::EVENT, words::DONE_BY, words::ABOUT];
    WideTable(Table {
        caption: words::HISTORY.get(t).into(),
        caption_classes: "govuk-visually-hidden".into(),
        head: head.map(|head| TableCell::new(head.get(t))).into(),
        rows: deeds.iter().map(row).collect(),
        ..Table::default()
    })
}
