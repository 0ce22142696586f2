//! A date, typed as day, month and year.

use askama::Template;

use super::choices::in_fieldset;
use super::field::group_classes;
use super::{ErrorMessage, Fieldset, Hint, Input, Label, components, texts};
use crate::html::classes;
use crate::{Attributes, Content, DateParts, Html, Language};

/// Day, month and year.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/date_input.html")]
pub struct DateInput {
    /// Element id, and what the ids of the three fields begin with.
    pub id: String,
    /// What the names of the three form fields begin with.
    pub name_prefix: String,
    /// The question.
    pub fieldset: Option<Fieldset>,
    /// Help.
    pub hint: Option<Hint>,
    /// What is wrong with the date.
    pub error: Option<ErrorMessage>,
    /// The fields.
    pub items: Vec<DateInputItem>,
    /// More class names of the form group.
    pub group_classes: String,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// One field of a date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DateInputItem {
    /// Form field, without the prefix.
    pub name: String,
    /// Element id; made from the date's id and the name when empty.
    pub id: String,
    /// What it asks for.
    pub label: String,
    /// The answer so far.
    pub value: String,
    /// Width in characters; none when zero.
    pub width: u8,
    /// Whether the date's error is in this field. Where no field says yes, it is in all that do not say no.
    pub error: Option<bool>,
    /// Which keyboard a phone shows; `numeric` when empty.
    pub inputmode: String,
    /// What the browser may fill in, such as `bday-day`.
    pub autocomplete: String,
    /// Pattern the answer follows.
    pub pattern: String,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

components!(DateInput);

impl DateInput {
    /// A date whose form fields are `name-day`, `name-month` and `name-year`.
    pub fn new(name: impl Into<String>, legend: impl Into<Content>, language: Language) -> Self {
        let name = name.into();
        let item = |part: &str, label: &'static str, width| DateInputItem {
            name: part.into(),
            label: label.into(),
            width,
            ..DateInputItem::default()
        };
        Self {
            id: name.clone(),
            name_prefix: name,
            fieldset: Some(Fieldset::new(legend)),
            items: vec![
                item("day", texts::DAY.get(language), 2),
                item("month", texts::MONTH.get(language), 2),
                item("year", texts::YEAR.get(language), 4),
            ],
            ..Self::default()
        }
    }

    /// The date with what was typed so far.
    pub fn filled(mut self, typed: &DateParts) -> Self {
        for (item, value) in self.items.iter_mut().zip([&typed.day, &typed.month, &typed.year]) {
            item.value.clone_from(value);
        }
        self
    }

    fn group(&self) -> String {
        group_classes(self.error.as_ref(), &self.group_classes)
    }

    fn wrapped(&self) -> Html {
        let inner = Html::of(&DateInputInner { date: self });
        // Some screen readers do not announce what describes a fieldset of text fields unless it is a group.
        let fieldset = self.fieldset.clone().map(|fieldset| Fieldset { role: "group".into(), ..fieldset });
        in_fieldset(&fieldset, inner, &self.id, self.hint.as_ref(), self.error.as_ref())
    }

    fn has_error(&self, item: &DateInputItem) -> bool {
        let any = self.items.iter().any(|item| item.error == Some(true));
        item.error == Some(true) || (self.error.is_some() && !any && item.error != Some(false))
    }

    fn input(&self, item: &DateInputItem) -> Input {
        let or = |given: &str, otherwise: String| if given.is_empty() { otherwise } else { given.to_owned() };
        let width = if item.width > 0 { format!("govuk-input--width-{}", item.width) } else { String::new() };
        let error = if self.has_error(item) { "govuk-input--error" } else { "" };
        let prefix =
            if self.name_prefix.is_empty() { String::new() } else { format!("{}-", self.name_prefix) };
        Input {
            id: or(&item.id, format!("{}-{}", self.id, item.name)),
            name: format!("{prefix}{}", item.name),
            label: Label { classes: "govuk-date-input__label".into(), ..Label::new(item.label.as_str()) },
            value: item.value.clone(),
            inputmode: or(&item.inputmode, "numeric".into()),
            autocomplete: item.autocomplete.clone(),
            pattern: item.pattern.clone(),
            classes: classes(&["govuk-date-input__input", error, &width, &item.classes]),
            attributes: item.attributes.clone(),
            ..Input::default()
        }
    }
}

/// The hint, the error and the fields of a date, without the fieldset around them.
#[derive(Template)]
#[template(path = "components/date_input_inner.html")]
struct DateInputInner<'a> {
    date: &'a DateInput,
}
