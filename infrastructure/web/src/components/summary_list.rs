//! What was answered, or what a record says, as keys and values.

use askama::Template;

use super::components;
use crate::html::classes;
use crate::{Attributes, Content, Html};

/// Keys, values, and what can be done about each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/summary_list.html")]
pub struct SummaryList {
    /// The rows.
    pub rows: Vec<SummaryRow>,
    /// A card around the list, where a page has several.
    pub card: Option<SummaryCard>,
    /// More class names, such as `govuk-summary-list--no-border`.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// A key and its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SummaryRow {
    /// The key.
    pub key: SummaryCell,
    /// The value.
    pub value: SummaryCell,
    /// What can be done about it.
    pub actions: Vec<SummaryAction>,
    /// More class names of the actions.
    pub actions_classes: String,
    /// More class names.
    pub classes: String,
}

/// A key or a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SummaryCell {
    /// What it says.
    pub content: Content,
    /// More class names.
    pub classes: String,
}

/// A link that does something about a row or a card.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SummaryAction {
    /// What it says.
    pub content: Content,
    /// Where it leads.
    pub href: String,
    /// What it is about, for those who hear the page.
    pub hidden_text: String,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// The card around a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SummaryCard {
    /// Title.
    pub title: Option<SummaryCell>,
    /// Level of the title; 2 when zero.
    pub heading_level: u8,
    /// What can be done about all of it.
    pub actions: Vec<SummaryAction>,
    /// More class names of the actions.
    pub actions_classes: String,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

components!(SummaryList);

impl SummaryList {
    /// A list of rows.
    pub fn new(rows: Vec<SummaryRow>) -> Self {
        Self { rows, ..Self::default() }
    }

    fn list(&self) -> Html {
        Html::of(&Rows { list: self })
    }

    fn row_classes(&self, row: &SummaryRow) -> String {
        let others = self.rows.iter().any(|row| !row.actions.is_empty());
        let none = if others && row.actions.is_empty() { "govuk-summary-list__row--no-actions" } else { "" };
        classes(&["govuk-summary-list__row", none, &row.classes])
    }

    fn action(&self, action: &SummaryAction) -> Html {
        let title = self.card.as_ref().and_then(|card| card.title.as_ref());
        Html::of(&ActionLink { action, title })
    }
}

impl SummaryRow {
    /// A key and its value.
    pub fn new(key: impl Into<Content>, value: impl Into<Content>) -> Self {
        Self { key: SummaryCell::new(key), value: SummaryCell::new(value), ..Self::default() }
    }

    /// The row with a link to change its answer; `hidden_text` says which answer.
    pub fn action(
        mut self,
        content: impl Into<Content>,
        href: impl Into<String>,
        hidden_text: impl Into<String>,
    ) -> Self {
        self.actions.push(SummaryAction {
            content: content.into(),
            href: href.into(),
            hidden_text: hidden_text.into(),
            ..SummaryAction::default()
        });
        self
    }
}

impl SummaryCell {
    /// A cell.
    pub fn new(content: impl Into<Content>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }
}

impl SummaryCard {
    fn heading_level(&self) -> u8 {
        if self.heading_level == 0 { 2 } else { self.heading_level }
    }
}

/// The list itself, without the card around it.
#[derive(Template)]
#[template(path = "components/summary_list_rows.html")]
struct Rows<'a> {
    list: &'a SummaryList,
}

/// One link, with what it is about.
#[derive(Template)]
#[template(path = "components/summary_list_action.html")]
struct ActionLink<'a> {
    action: &'a SummaryAction,
    title: Option<&'a SummaryCell>,
}
