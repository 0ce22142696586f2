//! The button, and the link that looks like one.

use askama::Template;

use super::components;
use crate::html::classes;
use crate::{Attributes, Content};

/// A button that submits its form, or with `href` a link dressed as a button.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/button.html")]
pub struct Button {
    /// What it says.
    pub content: Content,
    /// Form field it sends its value as.
    pub name: String,
    /// Value it sends.
    pub value: String,
    /// `submit` when empty; else `button` or `reset`.
    pub kind: String,
    /// Where it leads; makes it a link.
    pub href: String,
    /// Cannot be pressed.
    pub disabled: bool,
    /// Shows the arrow of a button that starts a service.
    pub start: bool,
    /// Asks a script, if there is one, to ignore a second press.
    pub prevent_double_click: Option<bool>,
    /// Element id.
    pub id: String,
    /// More class names, such as `govuk-button--secondary` or `govuk-button--warning`.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

components!(Button);

impl Button {
    /// A button that submits its form.
    pub fn new(content: impl Into<Content>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }

    /// A less prominent button.
    pub fn secondary(content: impl Into<Content>) -> Self {
        Self { classes: "govuk-button--secondary".into(), ..Self::new(content) }
    }

    /// A button for what cannot be undone.
    pub fn warning(content: impl Into<Content>) -> Self {
        Self { classes: "govuk-button--warning".into(), ..Self::new(content) }
    }

    /// The link that starts a service.
    pub fn start(content: impl Into<Content>, href: impl Into<String>) -> Self {
        Self { href: href.into(), start: true, ..Self::new(content) }
    }

    fn all_classes(&self) -> String {
        classes(&["govuk-button", &self.classes, if self.start { "govuk-button--start" } else { "" }])
    }

    fn kind(&self) -> &str {
        if self.kind.is_empty() { "submit" } else { &self.kind }
    }
}
