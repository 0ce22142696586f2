//! The posts a person holds, and proposing that somebody else holds one for some days.

use super::{Person, ROOT, failed, officials, store_failed, typed_number};
use crate::{Identity, acts::NotDone, records, texts};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use web::{
    Csrf, FieldErrors, Fields, Flash, Form, Html, Language, Page, Problem, Redirect, Visit,
    components::{Button, Input, SelectOption, SummaryList},
};

#[derive(Template)]
#[template(path = "posts.html")]
struct Posts {
    t: Language,
    csrf: Csrf,
    posts: Vec<SummaryList>,
    fields: Vec<Html>,
    delegate: Button,
}

/// The person's posts.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    form: Form,
) -> Result<Page, Problem> {
    let page = page(&system, &visit, &person, &Form::default(), &FieldErrors::new()).await?;
    Ok(match form.value("done") {
        "yes" => page.with_flash(Flash::success(texts::DELEGATION_PROPOSED.get(visit.language))),
        _ => page,
    })
}

async fn page(
    system: &Identity,
    visit: &Visit,
    person: &Person,
    form: &Form,
    errors: &FieldErrors,
) -> Result<Page, Problem> {
    let t = visit.language;
    let today = system.room.clock.today();
    let held =
        records::posts_of(&system.room.store, person.account.person, today).await.map_err(store_failed)?;
    let fields = Fields { form, errors, language: t };
    let own = held.iter().filter(|held| held.new.post.delegated_by.is_none());
    let options: Vec<SelectOption> = own
        .map(|held| {
            let post = &held.new.post;
            let kind = crate::rules::post::kind(&post.system, &post.post);
            let name = kind.map_or(post.post.as_str(), |kind| texts::post(kind).get(t));
            let place = post.unit.as_deref().unwrap_or(&post.agency);
            SelectOption::new(held.id.to_string(), format!("{name}, {place}"))
        })
        .collect();
    let fields = if options.is_empty() {
        Vec::new()
    } else {
        vec![
            fields.select("post", texts::POST, options).render(),
            Input { inputmode: "numeric".into(), ..fields.input("number", texts::DEPUTY) }.render(),
            fields.date("from", texts::FROM).render(),
            fields.date("until", texts::UNTIL).render(),
        ]
    };
    let body = Posts {
        t,
        csrf: visit.csrf(),
        posts: held.iter().map(|held| SummaryList::new(officials::post_facts(&held.new.post, t))).collect(),
        fields,
        delegate: Button::new(texts::PROPOSE.get(t)),
    };
    Ok(visit.page(texts::OWN_POSTS.get(t), Html::of(&body)).with_back(ROOT).with_errors(errors))
}

/// Proposes that somebody else holds a post for some days.
pub(super) async fn delegate(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
    form: Form,
) -> Result<Response, Problem> {
    let mut errors = FieldErrors::new();
    let deputy = typed_number(&form, &mut errors);
    let from = form.required_date("from", texts::FROM, &mut errors);
    let until = form.required_date("until", texts::UNTIL, &mut errors);
    let post = form.value("post").parse().map_err(|_| Problem::not_found())?;
    if let (Some(deputy), Some(from), true) = (deputy, from, errors.is_empty()) {
        let days = (deputy, from, until);
        match system.propose_delegation(person.account.person, post, days).await.map_err(failed)? {
            Ok(()) => return Ok(Redirect::to(format!("{ROOT}/posts?done=yes")).into_response()),
            Err(NotDone::Faults(faults)) => officials::add_faults(&faults, &mut errors),
            Err(error) => return Err(officials::not_done(error)),
        }
    }
    Ok(page(&system, &visit, &person, &form, &errors).await?.into_response())
}
