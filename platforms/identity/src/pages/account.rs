//! The account at a glance.

use super::{Person, organisation_texts, store_failed};
use crate::{Identity, texts};
use askama::Template;
use axum::extract::State;
use contracts::identity::Level;
use std::sync::Arc;
use web::{
    Csrf, Html, Language, Page, Problem, Visit,
    components::{Button, SummaryList, SummaryRow},
};

#[derive(Template)]
#[template(path = "account.html")]
struct Overview {
    t: Language,
    csrf: Csrf,
    facts: SummaryList,
    is_level_one: bool,
    administers: bool,
    sign_out: Button,
}

/// The account.
pub(super) async fn show(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    person: Person,
) -> Result<Page, Problem> {
    let t = visit.language;
    let account = &person.account;
    let facts = vec![
        SummaryRow::new(texts::NAME.get(t), account.name.as_str()),
        SummaryRow::new(texts::NUMBER.get(t), account.person.to_string()),
        SummaryRow::new(texts::LEVEL.get(t), texts::level(account.level).get(t)),
        SummaryRow::new(texts::CONTACT.get(t), account.contact.address.as_str()),
    ];
    let body = Overview {
        t,
        csrf: visit.csrf(),
        facts: SummaryList::new(facts),
        is_level_one: account.level == Level::One,
        administers: system.administration(account.person).await.map_err(store_failed)?.is_some(),
        sign_out: Button::secondary(texts::SIGN_OUT.get(t)),
    };
    Ok(visit.page(texts::ACCOUNT.get(t), Html::of(&body)))
}
