//! A page that asks.

use askama::Template;
use web::{
    Csrf, FieldErrors, Html, Page, Text, Visit,
    components::{Button, Input},
};

#[derive(Template)]
#[template(path = "form.html")]
struct Body {
    heading: String,
    lead: String,
    csrf: Csrf,
    fields: Vec<Html>,
    send: Button,
    links: Vec<(String, String)>,
}

/// A page with one form.
pub(super) struct FormPage<'a> {
    pub(super) heading: Text,
    pub(super) lead: String,
    pub(super) fields: Vec<Html>,
    pub(super) send: Text,
    pub(super) links: Vec<(Text, String)>,
    pub(super) back: Option<&'static str>,
    pub(super) errors: &'a FieldErrors,
}

impl FormPage<'_> {
    /// The page, with what is wrong with its answers.
    pub(super) fn page(self, visit: &Visit) -> Page {
        let t = visit.language;
        let heading = self.heading.get(t);
        let body = Body {
            heading: heading.to_owned(),
            lead: self.lead,
            csrf: visit.csrf(),
            fields: self.fields,
            send: Button::new(self.send.get(t)),
            links: self.links.into_iter().map(|(text, href)| (text.get(t).to_owned(), href)).collect(),
        };
        let page = visit.page(heading, Html::of(&body)).with_errors(self.errors);
        match self.back {
            Some(back) => page.with_back(back),
            None => page,
        }
    }
}

/// A field for a secret; what was typed is not shown again.
pub(super) fn secret_field(input: Input, autocomplete: &str) -> Html {
    let input = Input {
        value: String::new(),
        kind: "password".into(),
        autocomplete: autocomplete.into(),
        spellcheck: Some(false),
        ..input
    };
    input.render()
}
