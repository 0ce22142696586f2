//! One line of text, and several.

use askama::Template;

use super::field::{described_by, group_classes};
use super::{ErrorMessage, Hint, Label, components};
use crate::html::classes;
use crate::{Attributes, Content};

/// One line of text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/input.html")]
pub struct Input {
    /// Element id; the name when empty.
    pub id: String,
    /// Form field.
    pub name: String,
    /// The question.
    pub label: Label,
    /// Help.
    pub hint: Option<Hint>,
    /// What is wrong with the answer.
    pub error: Option<ErrorMessage>,
    /// The answer so far.
    pub value: String,
    /// `text` when empty; else `email`, `tel`, `password`, ...
    pub kind: String,
    /// Which keyboard a phone shows: `numeric`, `decimal`, ...
    pub inputmode: String,
    /// What the browser may fill in: `name`, `bday-day`, ... (HTML standard, autofill).
    pub autocomplete: String,
    /// Which letters a phone writes large.
    pub autocapitalize: String,
    /// Pattern the answer follows.
    pub pattern: String,
    /// Whether the browser checks the spelling.
    pub spellcheck: Option<bool>,
    /// Cannot be changed.
    pub disabled: bool,
    /// Ids of further elements that describe it.
    pub described_by: String,
    /// Shown before the field, such as a currency.
    pub prefix: Option<Affix>,
    /// Shown after the field, such as a unit.
    pub suffix: Option<Affix>,
    /// More class names of the wrapper around field, prefix and suffix.
    pub wrapper_classes: String,
    /// More attributes of that wrapper.
    pub wrapper_attributes: Attributes,
    /// More class names of the form group.
    pub group_classes: String,
    /// More class names, such as `govuk-input--width-10`.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// What stands before or after an input; not read aloud, so the label must say it too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affix {
    /// What it says.
    pub content: Content,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// Several lines of text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/textarea.html")]
pub struct Textarea {
    /// Element id; the name when empty.
    pub id: String,
    /// Form field.
    pub name: String,
    /// The question.
    pub label: Label,
    /// Help.
    pub hint: Option<Hint>,
    /// What is wrong with the answer.
    pub error: Option<ErrorMessage>,
    /// The answer so far.
    pub value: String,
    /// Lines shown; 5 when zero.
    pub rows: u8,
    /// What the browser may fill in.
    pub autocomplete: String,
    /// Whether the browser checks the spelling.
    pub spellcheck: Option<bool>,
    /// Cannot be changed.
    pub disabled: bool,
    /// Ids of further elements that describe it.
    pub described_by: String,
    /// More class names of the form group.
    pub group_classes: String,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

components!(Input, Textarea);

impl Input {
    /// A field asking for a line of text.
    pub fn new(name: impl Into<String>, label: impl Into<Content>) -> Self {
        Self { name: name.into(), label: Label::new(label), ..Self::default() }
    }

    fn id(&self) -> &str {
        if self.id.is_empty() { &self.name } else { &self.id }
    }

    fn kind(&self) -> &str {
        if self.kind.is_empty() { "text" } else { &self.kind }
    }

    fn group(&self) -> String {
        group_classes(self.error.as_ref(), &self.group_classes)
    }

    fn all_classes(&self) -> String {
        let error = if self.error.is_some() { "govuk-input--error" } else { "" };
        classes(&["govuk-input", &self.classes, error])
    }

    fn all_described_by(&self) -> String {
        described_by(&self.described_by, self.id(), self.hint.as_ref(), self.error.as_ref())
    }

    fn shown(affix: &Option<Affix>) -> Option<&Affix> {
        affix.as_ref().filter(|affix| !affix.content.is_empty())
    }

    fn prefix(&self) -> Option<&Affix> {
        Self::shown(&self.prefix)
    }

    fn suffix(&self) -> Option<&Affix> {
        Self::shown(&self.suffix)
    }

    fn is_wrapped(&self) -> bool {
        self.prefix().is_some() || self.suffix().is_some()
    }
}

impl Affix {
    /// An affix.
    pub fn new(content: impl Into<Content>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }
}

impl Textarea {
    /// A field asking for several lines of text.
    pub fn new(name: impl Into<String>, label: impl Into<Content>) -> Self {
        Self { name: name.into(), label: Label::new(label), ..Self::default() }
    }

    fn id(&self) -> &str {
        if self.id.is_empty() { &self.name } else { &self.id }
    }

    fn rows(&self) -> u8 {
        if self.rows == 0 { 5 } else { self.rows }
    }

    fn group(&self) -> String {
        group_classes(self.error.as_ref(), &self.group_classes)
    }

    fn all_classes(&self) -> String {
        let error = if self.error.is_some() { "govuk-textarea--error" } else { "" };
        classes(&["govuk-textarea", error, &self.classes])
    }

    fn all_described_by(&self) -> String {
        described_by(&self.described_by, self.id(), self.hint.as_ref(), self.error.as_ref())
    }
}
