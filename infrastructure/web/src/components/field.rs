//! What surrounds an answer: label, hint, error, fieldset.

use askama::Template;

use super::{components, texts};
use crate::html::classes;
use crate::{Attributes, Content, Html, Language};

/// The question of one answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/label.html")]
pub struct Label {
    /// What it says; an empty label is not written.
    pub content: Content,
    /// Id of the field it belongs to; fields fill it themselves.
    pub target: String,
    /// The label is the page's heading.
    pub page_heading: bool,
    /// More class names, such as `govuk-label--l`.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// Help with one answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/hint.html")]
pub struct Hint {
    /// What it says.
    pub content: Content,
    /// Element id; fields fill it themselves.
    pub id: String,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// What is wrong with one answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/error_message.html")]
pub struct ErrorMessage {
    /// What it says.
    pub content: Content,
    /// Element id; fields fill it themselves.
    pub id: String,
    /// Said before it to those who hear the page: `Lỗi`, `Error` unless given; empty for nothing.
    pub prefix: Option<String>,
    /// Language of the prefix.
    pub language: Language,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// Several answers to one question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/fieldset.html")]
pub struct Fieldset {
    /// The question.
    pub legend: Option<Legend>,
    /// Ids of the elements that describe it.
    pub described_by: String,
    /// ARIA role.
    pub role: String,
    /// The fields.
    pub content: Html,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// The question of a fieldset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Legend {
    /// What it says.
    pub content: Content,
    /// The legend is the page's heading.
    pub page_heading: bool,
    /// More class names, such as `govuk-fieldset__legend--m`.
    pub classes: String,
}

components!(Label, Hint, ErrorMessage, Fieldset);

impl Label {
    /// A label.
    pub fn new(content: impl Into<Content>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }

    pub(super) fn of(&self, id: &str) -> Self {
        Self { target: id.to_owned(), ..self.clone() }
    }
}

impl Hint {
    /// A hint.
    pub fn new(content: impl Into<Content>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }

    pub(super) fn of(&self, id: &str) -> Self {
        Self { id: format!("{id}-hint"), ..self.clone() }
    }
}

impl ErrorMessage {
    /// An error message in the reader's language.
    pub fn new(content: impl Into<Content>, language: Language) -> Self {
        Self { content: content.into(), language, ..Self::default() }
    }

    pub(super) fn of(&self, id: &str) -> Self {
        Self { id: format!("{id}-error"), ..self.clone() }
    }

    fn prefix(&self) -> &str {
        self.prefix.as_deref().unwrap_or_else(|| texts::ERROR.get(self.language))
    }
}

impl Fieldset {
    /// A fieldset asking a question.
    pub fn new(legend: impl Into<Content>) -> Self {
        Self { legend: Some(Legend::new(legend)), ..Self::default() }
    }
}

impl Legend {
    /// A legend.
    pub fn new(content: impl Into<Content>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }
}

/// The value of `aria-describedby`: what the page gave, then the hint, then the error.
pub(super) fn described_by(
    given: &str,
    id: &str,
    hint: Option<&Hint>,
    error: Option<&ErrorMessage>,
) -> String {
    let hint = hint.map_or_else(String::new, |_| format!("{id}-hint"));
    let error = error.map_or_else(String::new, |_| format!("{id}-error"));
    classes(&[given, &hint, &error])
}

/// The class names of a form group.
pub(super) fn group_classes(error: Option<&ErrorMessage>, more: &str) -> String {
    classes(&["govuk-form-group", if error.is_some() { "govuk-form-group--error" } else { "" }, more])
}
