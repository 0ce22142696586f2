//! Choosing one or several of a few answers.

use askama::Template;

use super::field::{described_by, group_classes};
use super::{ErrorMessage, Fieldset, Hint, Label, components};
use crate::html::classes;
use crate::{Attributes, Content, Html};

/// One of several answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/radios.html")]
pub struct Radios {
    /// Form field.
    pub name: String,
    /// What the ids of the answers begin with; the name when empty.
    pub id_prefix: String,
    /// The question.
    pub fieldset: Option<Fieldset>,
    /// Help.
    pub hint: Option<Hint>,
    /// What is wrong with the answer.
    pub error: Option<ErrorMessage>,
    /// The answers.
    pub items: Vec<ChoiceItem>,
    /// The answer so far.
    pub value: String,
    /// More class names of the form group.
    pub group_classes: String,
    /// More class names, such as `govuk-radios--inline`.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// Any of several answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/checkboxes.html")]
pub struct Checkboxes {
    /// Form field.
    pub name: String,
    /// What the ids of the answers begin with; the name when empty.
    pub id_prefix: String,
    /// The question.
    pub fieldset: Option<Fieldset>,
    /// Help.
    pub hint: Option<Hint>,
    /// What is wrong with the answer.
    pub error: Option<ErrorMessage>,
    /// The answers.
    pub items: Vec<ChoiceItem>,
    /// The answers so far.
    pub values: Vec<String>,
    /// Ids of further elements that describe it, where there is no fieldset.
    pub described_by: String,
    /// More class names of the form group.
    pub group_classes: String,
    /// More class names, such as `govuk-checkboxes--small`.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// A row of radios or checkboxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChoiceItem {
    /// An answer.
    Choice(Box<Choice>),
    /// A word between answers, such as "hoặc".
    Divider(String),
}

/// One answer of radios or checkboxes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Value it sends.
    pub value: String,
    /// What it says.
    pub content: Content,
    /// Element id; made from the prefix and the position when empty.
    pub id: String,
    /// Form field of this checkbox, where it is not the group's.
    pub name: String,
    /// Chosen or not, whatever the group's value says.
    pub checked: Option<bool>,
    /// Cannot be chosen.
    pub disabled: bool,
    /// Help.
    pub hint: Option<Hint>,
    /// Asked when this answer is chosen. Without script it is always shown.
    pub conditional: Html,
    /// `exclusive` for a checkbox that excludes the others.
    pub behaviour: String,
    /// More class names of its label.
    pub label_classes: String,
    /// More attributes of its label.
    pub label_attributes: Attributes,
    /// More attributes.
    pub attributes: Attributes,
}

/// One of many answers, in a list that opens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/select.html")]
pub struct Select {
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
    /// The answers.
    pub items: Vec<SelectOption>,
    /// The answer so far.
    pub value: String,
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

/// One answer of a select.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SelectOption {
    /// Value it sends; its text when `None`.
    pub value: Option<String>,
    /// What it says.
    pub text: String,
    /// Chosen or not, whatever the select's value says.
    pub selected: Option<bool>,
    /// Cannot be chosen.
    pub disabled: bool,
    /// More attributes.
    pub attributes: Attributes,
}

components!(Radios, Checkboxes, Select);

impl Choice {
    /// An answer.
    pub fn new(value: impl Into<String>, content: impl Into<Content>) -> Self {
        Self { value: value.into(), content: content.into(), ..Self::default() }
    }

    fn id(&self, prefix: &str, position: &usize) -> String {
        match (self.id.as_str(), position) {
            ("", 1) => prefix.to_owned(),
            ("", _) => format!("{prefix}-{position}"),
            (id, _) => id.to_owned(),
        }
    }

    fn hint(&self) -> Option<&Hint> {
        self.hint.as_ref().filter(|hint| !hint.content.is_empty())
    }

    /// The label, with the class names of its kind of choice.
    fn label(&self, base: &str, id: &str) -> Label {
        Label {
            content: self.content.clone(),
            target: id.to_owned(),
            classes: classes(&[base, &self.label_classes]),
            attributes: self.label_attributes.clone(),
            ..Label::default()
        }
    }

    fn labelled_hint(&self, base: &str, id: &str) -> Option<Hint> {
        let hint = self.hint()?;
        Some(Hint { id: format!("{id}-item-hint"), classes: classes(&[base, &hint.classes]), ..hint.clone() })
    }
}

impl From<Choice> for ChoiceItem {
    fn from(choice: Choice) -> Self {
        Self::Choice(Box::new(choice))
    }
}

impl SelectOption {
    /// An answer.
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self { value: Some(value.into()), text: text.into(), ..Self::default() }
    }
}

impl Radios {
    /// Radios asking a question.
    pub fn new(name: impl Into<String>, legend: impl Into<Content>, items: Vec<ChoiceItem>) -> Self {
        Self { name: name.into(), fieldset: Some(Fieldset::new(legend)), items, ..Self::default() }
    }

    fn id(&self) -> &str {
        if self.id_prefix.is_empty() { &self.name } else { &self.id_prefix }
    }

    fn group(&self) -> String {
        group_classes(self.error.as_ref(), &self.group_classes)
    }

    fn is_checked(&self, choice: &Choice) -> bool {
        choice.checked.unwrap_or(!self.value.is_empty() && choice.value == self.value)
    }

    /// The fieldset's opening, or none.
    fn wrapped(&self) -> Html {
        let inner = Html::of(&RadiosInner { radios: self });
        in_fieldset(&self.fieldset, inner, self.id(), self.hint.as_ref(), self.error.as_ref())
    }
}

impl Checkboxes {
    /// Checkboxes asking a question.
    pub fn new(name: impl Into<String>, legend: impl Into<Content>, items: Vec<ChoiceItem>) -> Self {
        Self { name: name.into(), fieldset: Some(Fieldset::new(legend)), items, ..Self::default() }
    }

    fn id(&self) -> &str {
        if self.id_prefix.is_empty() { &self.name } else { &self.id_prefix }
    }

    fn group(&self) -> String {
        group_classes(self.error.as_ref(), &self.group_classes)
    }

    fn is_checked(&self, choice: &Choice) -> bool {
        choice.checked.unwrap_or_else(|| self.values.contains(&choice.value))
    }

    fn name_of<'a>(&'a self, choice: &'a Choice) -> &'a str {
        if choice.name.is_empty() { &self.name } else { &choice.name }
    }

    /// What describes one checkbox: without a fieldset, also what describes the group.
    fn described_by_of(&self, choice: &Choice, id: &str) -> String {
        let group = match self.fieldset {
            Some(_) => String::new(),
            None => described_by(&self.described_by, self.id(), self.hint.as_ref(), self.error.as_ref()),
        };
        let own = choice.hint().map_or_else(String::new, |_| format!("{id}-item-hint"));
        classes(&[&group, &own])
    }

    fn wrapped(&self) -> Html {
        let inner = Html::of(&CheckboxesInner { checkboxes: self });
        in_fieldset(&self.fieldset, inner, self.id(), self.hint.as_ref(), self.error.as_ref())
    }
}

impl Select {
    /// A select asking a question.
    pub fn new(name: impl Into<String>, label: impl Into<Content>, items: Vec<SelectOption>) -> Self {
        Self { name: name.into(), label: Label::new(label), items, ..Self::default() }
    }

    fn id(&self) -> &str {
        if self.id.is_empty() { &self.name } else { &self.id }
    }

    fn group(&self) -> String {
        group_classes(self.error.as_ref(), &self.group_classes)
    }

    fn all_classes(&self) -> String {
        let error = if self.error.is_some() { "govuk-select--error" } else { "" };
        classes(&["govuk-select", &self.classes, error])
    }

    fn all_described_by(&self) -> String {
        described_by(&self.described_by, self.id(), self.hint.as_ref(), self.error.as_ref())
    }

    fn is_selected(&self, option: &SelectOption) -> bool {
        let value = option.value.as_ref().unwrap_or(&option.text);
        option.selected.unwrap_or(!self.value.is_empty() && *value == self.value)
    }
}

/// The hint, the error and the answers of radios, without the fieldset around them.
#[derive(Template)]
#[template(path = "components/radios_inner.html")]
struct RadiosInner<'a> {
    radios: &'a Radios,
}

/// The hint, the error and the answers of checkboxes, without the fieldset around them.
#[derive(Template)]
#[template(path = "components/checkboxes_inner.html")]
struct CheckboxesInner<'a> {
    checkboxes: &'a Checkboxes,
}

/// Puts fields into the fieldset, if there is one, and says what describes it.
pub(super) fn in_fieldset(
    fieldset: &Option<Fieldset>,
    inner: Html,
    id: &str,
    hint: Option<&Hint>,
    error: Option<&ErrorMessage>,
) -> Html {
    match fieldset {
        None => inner,
        Some(fieldset) => Fieldset {
            described_by: described_by(&fieldset.described_by, id, hint, error),
            content: inner,
            ..fieldset.clone()
        }
        .render(),
    }
}
