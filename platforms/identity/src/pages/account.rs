//! The account at a glance.

use super::Person;
use crate::texts;
use askama::Template;
use contracts::identity::Level;
use web::{
    Csrf, Html, Language, Page, Visit,
    components::{Button, SummaryList, SummaryRow},
};

#[derive(Template)]
#[template(path = "account.html")]
struct Overview {
    t: Language,
    csrf: Csrf,
    facts: SummaryList,
    is_level_one: bool,
    sign_out: Button,
}

/// The account.
pub(super) async fn show(visit: Visit, person: Person) -> Page {
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
        sign_out: Button::secondary(texts::SIGN_OUT.get(t)),
    };
    visit.page(texts::ACCOUNT.get(t), Html::of(&body))
}
