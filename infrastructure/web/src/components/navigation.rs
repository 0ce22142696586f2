//! Where the reader is, and the ways from there.

use askama::Template;

use super::{components, texts};
use crate::html::classes;
use crate::{Attributes, Content, Language};

/// The way back to the page before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/back_link.html")]
pub struct BackLink {
    /// What it says; "Quay lại", "Back" when empty.
    pub content: Content,
    /// Where it leads.
    pub href: String,
    /// Language of its word.
    pub language: Language,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// The places above this page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/breadcrumbs.html")]
pub struct Breadcrumbs {
    /// The places, the outermost first.
    pub items: Vec<Breadcrumb>,
    /// Shows only the first and the last on a small screen.
    pub collapse_on_mobile: bool,
    /// Name of the navigation; "Đường dẫn", "Breadcrumb" when empty.
    pub label: String,
    /// Language of that name.
    pub language: Language,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// A place above this page, or the page itself when it has no link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breadcrumb {
    /// What it says.
    pub content: Content,
    /// Where it leads.
    pub href: String,
    /// More attributes of the link.
    pub attributes: Attributes,
}

/// The way past the header for those who use a keyboard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/skip_link.html")]
pub struct SkipLink {
    /// What it says.
    pub content: Content,
    /// Where it leads; `#content` when empty.
    pub href: String,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

components!(BackLink, Breadcrumbs, SkipLink);

impl BackLink {
    /// A link back in the reader's language.
    pub fn new(href: impl Into<String>, language: Language) -> Self {
        Self { href: href.into(), language, ..Self::default() }
    }

    fn content(&self) -> Content {
        if self.content.is_empty() { texts::BACK.get(self.language).into() } else { self.content.clone() }
    }

    fn href(&self) -> &str {
        if self.href.is_empty() { "#" } else { &self.href }
    }
}

impl Breadcrumbs {
    fn all_classes(&self) -> String {
        let collapse = if self.collapse_on_mobile { "govuk-breadcrumbs--collapse-on-mobile" } else { "" };
        classes(&["govuk-breadcrumbs", &self.classes, collapse])
    }

    fn label(&self) -> &str {
        if self.label.is_empty() { texts::BREADCRUMB.get(self.language) } else { &self.label }
    }
}

impl Breadcrumb {
    /// A place.
    pub fn new(content: impl Into<Content>, href: impl Into<String>) -> Self {
        Self { content: content.into(), href: href.into(), ..Self::default() }
    }
}

impl SkipLink {
    fn href(&self) -> &str {
        if self.href.is_empty() { "#content" } else { &self.href }
    }
}
