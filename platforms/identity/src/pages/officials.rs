//! Officials of an agency, administered by the agency itself.

use super::{Person, ROOT, failed, organisations::next_page, store_failed};
use crate::{
    Identity,
    acts::{Administration, NotDone},
    model::{HeldPost, Proposal, Roster},
    records::TimePlace,
    rules::post::{NewPost, POSTS, PostFault},
    texts,
};
use askama::Template;
use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use calendar::text::{day_month_year, english_date};
use contracts::identity::{Level, PostHeld};
use jiff::{Timestamp, civil::Date};
use std::sync::Arc;
use web::{
    Confirmation, Csrf, FieldErrors, Fields, Form, Html, Language, Page, Problem, Redirect, Text, Visit,
    components::{Button, Input, Pagination, SelectOption, SummaryList, SummaryRow},
};

/// Where these pages are.
pub(super) const OFFICIALS: &str = "/identity/officials";

/// An administrator of officials, signed in with level 2. Nobody else sees that the pages exist.
pub(super) struct Administrator(pub(super) Administration);

impl FromRequestParts<Arc<Identity>> for Administrator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, system: &Arc<Identity>) -> Result<Self, Response> {
        let person = Person::from_request_parts(parts, system).await?;
        let found = system.administration(person.account.person).await;
        let found = found.map_err(|error| store_failed(error).into_response())?;
        match found {
            None => Err(Problem::not_found().into_response()),
            Some(_) if person.session.level < Level::Two => {
                Err(Problem::forbidden().with_detail(texts::LEVEL_2_NEEDED).into_response())
            }
            Some(own) => Ok(Self(own)),
        }
    }
}

/// A post or a proposal on a page.
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) facts: SummaryList,
    pub(super) number: String,
    pub(super) agency: String,
    may_confirm: bool,
}

#[derive(Template)]
#[template(path = "officials.html")]
struct Officials {
    t: Language,
    csrf: Csrf,
    proposals: Vec<Shown>,
    confirm: Button,
    refuse: Button,
    fields: Vec<Html>,
    propose: Button,
    pagination: Option<Pagination>,
    rosters: Vec<(String, String)>,
    earlier_rosters: Option<String>,
}

/// A place in the order of time, as an address has it.
fn written(place: TimePlace) -> String {
    let (at, id) = place;
    format!("{}_{id}", at.as_microsecond())
}

/// The place that a field of the address names.
fn place(form: &Form, name: &str) -> Result<Option<TimePlace>, Problem> {
    let text = form.value(name);
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = text
        .split_once('_')
        .and_then(|(at, id)| Some((Timestamp::from_microsecond(at.parse().ok()?).ok()?, id.parse().ok()?)));
    parsed.map(Some).ok_or_else(Problem::not_found)
}

/// What is proposed, and a form to propose.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    Administrator(own): Administrator,
    form: Form,
) -> Result<Page, Problem> {
    page(&system, &visit, &own, &form, &FieldErrors::new()).await
}

async fn page(
    system: &Identity,
    visit: &Visit,
    own: &Administration,
    form: &Form,
    errors: &FieldErrors,
) -> Result<Page, Problem> {
    let t = visit.language;
    let found = system.proposals_administered(own, place(form, "after")?).await.map_err(store_failed)?;
    let (rosters, before) = system.rosters(own, place(form, "files")?).await.map_err(store_failed)?;
    let fields = Fields { form, errors, language: t };
    let body = Officials {
        t,
        csrf: visit.csrf(),
        proposals: found.proposals.iter().map(|proposal| shown_proposal(proposal, own, t)).collect(),
        confirm: sending("confirm", Button::new(texts::CONFIRM.get(t))),
        refuse: sending("refuse", Button::secondary(texts::REFUSE_PROPOSAL.get(t))),
        fields: vec![
            numeric(fields.input("number", texts::NUMBER)).render(),
            fields.input("agency", texts::AGENCY).render(),
            fields.select("post", texts::POST, post_options(t).collect()).render(),
            numeric(fields.input("unit", texts::UNIT)).render(),
            fields.date("from", texts::FROM).render(),
            fields.date("until", texts::UNTIL).render(),
        ],
        propose: Button::new(texts::PROPOSE.get(t)),
        pagination: next_page(found.next.map(|next| format!("{OFFICIALS}?after={}", written(next))), t),
        rosters: rosters.iter().map(roster_link).collect(),
        earlier_rosters: before.map(|before| format!("{OFFICIALS}?files={}", written(before))),
    };
    Ok(visit.page(texts::OFFICIALS.get(t), Html::of(&body)).with_back(ROOT).with_errors(errors))
}

/// The posts there are, to choose from.
pub(super) fn post_options(t: Language) -> impl Iterator<Item = SelectOption> {
    POSTS.iter().map(move |kind| {
        let value = format!("{}/{}", kind.system, kind.post);
        SelectOption::new(value, texts::post(kind).get(t))
    })
}

/// A button that says what is to be done.
pub(super) fn sending(act: &str, button: Button) -> Button {
    Button { name: "act".into(), value: act.into(), ..button }
}

fn numeric(input: Input) -> Input {
    Input { inputmode: "numeric".into(), ..input }
}

fn roster_link(roster: &Roster) -> (String, String) {
    (format!("{OFFICIALS}/rosters/{}", roster.id), roster.file_name.clone())
}

fn shown_proposal(proposal: &Proposal, own: &Administration, t: Language) -> Shown {
    let mut facts = facts(&proposal.new, t);
    facts.push(SummaryRow::new(texts::PROPOSED_BY.get(t), proposal.proposed_by.to_string()));
    let gains = [proposal.proposed_by, proposal.new.holder].contains(&own.number);
    Shown { may_confirm: !gains, ..shown(proposal.id.to_string(), &proposal.new, facts) }
}

/// A post that is held, with the name of who holds it where it is known.
pub(super) fn shown_post(held: &HeldPost, name: Option<&str>, t: Language) -> Shown {
    let mut facts = facts(&held.new, t);
    if let Some(name) = name {
        facts.insert(0, SummaryRow::new(texts::NAME.get(t), name));
    }
    shown(held.id.to_string(), &held.new, facts)
}

fn shown(id: String, new: &NewPost, facts: Vec<SummaryRow>) -> Shown {
    Shown {
        id,
        facts: SummaryList::new(facts),
        number: new.holder.to_string(),
        agency: new.post.agency.clone(),
        may_confirm: false,
    }
}

fn facts(new: &NewPost, t: Language) -> Vec<SummaryRow> {
    let mut facts = vec![SummaryRow::new(texts::NUMBER.get(t), new.holder.to_string())];
    facts.extend(post_facts(&new.post, t));
    facts
}

/// A post, line by line.
pub(super) fn post_facts(post: &PostHeld, t: Language) -> Vec<SummaryRow> {
    let name = crate::rules::post::kind(&post.system, &post.post);
    let name = name.map_or(post.post.as_str(), |kind| texts::post(kind).get(t));
    let mut facts = vec![
        SummaryRow::new(texts::POST.get(t), name),
        SummaryRow::new(texts::AGENCY.get(t), post.agency.as_str()),
        SummaryRow::new(texts::FROM.get(t), day(post.from, t)),
    ];
    if let Some(unit) = &post.unit {
        facts.push(SummaryRow::new(texts::UNIT.get(t), unit.as_str()));
    }
    if let Some(until) = post.until {
        facts.push(SummaryRow::new(texts::UNTIL.get(t), day(until, t)));
    }
    if let Some(lender) = post.delegated_by {
        facts.push(SummaryRow::new(texts::DELEGATED_BY.get(t), lender.to_string()));
    }
    facts
}

fn day(date: Date, t: Language) -> String {
    match t {
        Language::Vi => day_month_year(date),
        Language::En => english_date(date),
    }
}

/// Proposes what was typed.
pub(super) async fn propose(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    Administrator(own): Administrator,
    form: Form,
) -> Result<Response, Problem> {
    let mut errors = FieldErrors::new();
    let holder = super::typed_number(&form, &mut errors);
    let from = form.required_date("from", texts::FROM, &mut errors);
    let until = form.date("until", texts::UNTIL, &mut errors);
    let unit = Some(form.value("unit")).filter(|unit| !unit.is_empty()).map(str::to_owned);
    let (in_system, post) = form.value("post").split_once('/').unwrap_or_default();
    if let (Some(holder), Some(from), true) = (holder, from, errors.is_empty()) {
        let post = PostHeld {
            agency: form.value("agency").to_owned(),
            system: in_system.to_owned(),
            post: post.to_owned(),
            unit,
            from,
            until,
            delegated_by: None,
        };
        let new = NewPost { holder, post, delegated_from: None };
        match system.propose_post(&own, &new).await.map_err(failed)? {
            Ok(()) => return Ok(Redirect::to(OFFICIALS).into_response()),
            Err(NotDone::Faults(faults)) => add_faults(&faults, &mut errors),
            Err(error) => return Err(not_done(error)),
        }
    }
    Ok(page(&system, &visit, &own, &form, &errors).await?.into_response())
}

/// Each fault at the field it is about.
pub(super) fn add_faults(faults: &[PostFault], errors: &mut FieldErrors) {
    for fault in faults {
        match fault {
            PostFault::From => errors.add_date("from", texts::post_fault(*fault)),
            PostFault::Until | PostFault::Delegation => errors.add_date("until", texts::post_fault(*fault)),
            PostFault::Unit | PostFault::OtherProvince => errors.add("unit", texts::post_fault(*fault)),
            PostFault::Post => errors.add("post", texts::post_fault(*fault)),
            PostFault::Number => errors.add("number", texts::post_fault(*fault)),
            _ => errors.add("agency", texts::post_fault(*fault)),
        }
    }
}

/// What can't be shown beside a field.
pub(super) fn not_done(error: NotDone) -> Problem {
    match error {
        NotDone::NotFound => Problem::not_found(),
        NotDone::OwnProposal => Problem::unprocessable(texts::TWO_NEEDED),
        NotDone::Faults(faults) => {
            let fault = faults.first().copied().unwrap_or(PostFault::NotYours);
            Problem::unprocessable(texts::post_fault(fault))
        }
    }
}

/// Confirms or refuses a proposal, ends a post, or has somebody leave, which is confirmed first.
pub(super) async fn change(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    Administrator(own): Administrator,
    form: Form,
) -> Result<Response, Problem> {
    let id = || form.value("id").parse().map_err(|_| Problem::not_found());
    let done = match form.value("act") {
        "confirm" => system.confirm_post(&own, id()?).await,
        "refuse" => system.refuse_post(&own, id()?).await,
        "end" => system.end_post(&own, id()?).await,
        "leave" => {
            let leaver = form.value("number").parse().map_err(|_| Problem::not_found())?;
            if form.value("confirmed") != "yes" {
                return Ok(leaving(&visit, &form).into_response());
            }
            system.leave_agency(&own, leaver, form.value("agency")).await
        }
        _ => return Err(Problem::not_found()),
    };
    done.map_err(failed)?.map_err(not_done)?;
    Ok(Redirect::to(OFFICIALS).into_response())
}

fn leaving(visit: &Visit, form: &Form) -> Page {
    let t = visit.language;
    let (number, agency) = (form.value("number"), form.value("agency"));
    let fact = |key: Text, value: &str| SummaryRow::new(key.get(t), value);
    Confirmation {
        heading: texts::LEAVE_HEADING.get(t).to_owned(),
        facts: vec![fact(texts::NUMBER, number), fact(texts::AGENCY, agency)],
        follows: texts::LEAVE_FOLLOWS.get(t).to_owned(),
        answers: vec![
            ("act", "leave".to_owned()),
            ("number", number.to_owned()),
            ("agency", agency.to_owned()),
        ],
        cancel: OFFICIALS.to_owned(),
    }
    .page(visit)
}
