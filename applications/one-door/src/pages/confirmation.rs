//! The last look before something that can't be taken back.

use crate::texts;
use askama::Template;
use web::{
    Csrf, Html, Language, Page, Visit,
    components::{Button, SummaryList, SummaryRow, WarningText},
};

/// A confirmation: what will be done, and the answers that are sent again with `confirmed`.
#[derive(Template)]
#[template(path = "confirmation.html")]
pub(super) struct Confirmation {
    t: Language,
    csrf: Csrf,
    heading: String,
    warning: WarningText,
    facts: SummaryList,
    follows: String,
    answers: Vec<(&'static str, String)>,
    confirm: Button,
    cancel: String,
}

impl Confirmation {
    /// A page that asks for confirmation. It posts `answers` to its own address.
    pub(super) fn page(
        visit: &Visit,
        heading: String,
        facts: Vec<SummaryRow>,
        follows: String,
        answers: Vec<(&'static str, String)>,
        cancel: String,
    ) -> Page {
        let t = visit.language;
        let body = Self {
            t,
            csrf: visit.csrf(),
            heading: heading.clone(),
            warning: WarningText::new(texts::CANNOT_BE_UNDONE.get(t), t),
            facts: SummaryList::new(facts),
            follows,
            answers,
            confirm: Button::warning(texts::CONFIRM.get(t)),
            cancel: cancel.clone(),
        };
        visit.page(heading, Html::of(&body)).with_back(cancel)
    }
}
