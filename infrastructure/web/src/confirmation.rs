//! The last look before something that can't be taken back.

use askama::Template;

use crate::components::{Button, SummaryList, SummaryRow, WarningText};
use crate::{Csrf, Html, Language, Page, Visit};

mod texts {
    crate::translations! {
        CANNOT_BE_UNDONE: "Việc này không thể hoàn tác.", "This can't be undone.";
        CONFIRM: "Xác nhận", "Confirm";
        CANCEL: "Quay lại mà không thực hiện", "Go back without doing this";
    }
}

/// A confirmation: what will be done, what follows from it, and the answers that are sent again, to the page's own
/// address, with `confirmed=yes`.
#[derive(Debug, Clone, Default)]
pub struct Confirmation {
    /// What is asked.
    pub heading: String,
    /// What it is about.
    pub facts: Vec<SummaryRow>,
    /// What follows from it.
    pub follows: String,
    /// The answers that led here.
    pub answers: Vec<(&'static str, String)>,
    /// Where to go instead.
    pub cancel: String,
}

#[derive(Template)]
#[template(path = "confirmation.html")]
struct Body {
    t: Language,
    csrf: Csrf,
    heading: String,
    facts: SummaryList,
    follows: String,
    warning: WarningText,
    answers: Vec<(&'static str, String)>,
    confirm: Button,
    cancel: String,
}

impl Confirmation {
    /// The page that asks.
    pub fn page(self, visit: &Visit) -> Page {
        let t = visit.language;
        let body = Body {
            t,
            csrf: visit.csrf(),
            heading: self.heading.clone(),
            facts: SummaryList::new(self.facts),
            follows: self.follows,
            warning: WarningText::new(texts::CANNOT_BE_UNDONE.get(t), t),
            answers: self.answers,
            confirm: Button::warning(texts::CONFIRM.get(t)),
            cancel: self.cancel.clone(),
        };
        visit.page(self.heading, Html::of(&body)).with_back(self.cancel)
    }
}
