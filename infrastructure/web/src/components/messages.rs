//! What a page tells its reader.

use askama::Template;

use super::{Button, components, texts};
use crate::html::classes;
use crate::{Attributes, Content, Language};

/// Everything that is wrong with a form, at the top of the page, linked to the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/error_summary.html")]
pub struct ErrorSummary {
    /// Heading.
    pub title: Content,
    /// A sentence below it.
    pub description: Content,
    /// The errors.
    pub items: Vec<ErrorSummaryItem>,
    /// Asks a script, if there is one, not to move the focus here.
    pub disable_auto_focus: Option<bool>,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// One error of the summary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorSummaryItem {
    /// What it says.
    pub content: Content,
    /// Link to the field, `#id`.
    pub href: String,
    /// More attributes of the link.
    pub attributes: Attributes,
}

/// News: what was done, or what to know before going on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/notification_banner.html")]
pub struct NotificationBanner {
    /// What it says.
    pub content: Content,
    /// Something was done as asked.
    pub success: bool,
    /// Heading; "Quan trọng", "Thành công" and so on when empty.
    pub title: Content,
    /// Level of the heading; 2 when zero.
    pub title_heading_level: u8,
    /// Element id of the heading.
    pub title_id: String,
    /// ARIA role.
    pub role: String,
    /// Language of the heading.
    pub language: Language,
    /// Asks a script, if there is one, not to move the focus here.
    pub disable_auto_focus: Option<bool>,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// The end of a journey: what was done, and its number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/panel.html")]
pub struct Panel {
    /// Heading.
    pub title: Content,
    /// Level of the heading; 1 when zero.
    pub heading_level: u8,
    /// What it says.
    pub content: Content,
    /// What the reader can do, in a panel that interrupts the journey.
    pub actions: Option<PanelActions>,
    /// The panel interrupts a journey instead of ending it.
    pub interruption: bool,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// What the reader of a panel can do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PanelActions {
    /// Buttons and links.
    pub items: Vec<PanelAction>,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// A button or a link of a panel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PanelAction {
    /// What it says.
    pub content: Content,
    /// Kind of button; `button` when empty.
    pub kind: String,
    /// Where it leads; a link unless the kind is `button`.
    pub href: String,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// That a service is not yet what it will be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/phase_banner.html")]
pub struct PhaseBanner {
    /// The phase.
    pub tag: Tag,
    /// What it means.
    pub content: Content,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// A state in a word or two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/tag.html")]
pub struct Tag {
    /// What it says.
    pub content: Content,
    /// More class names, such as `govuk-tag--green`.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// A quotation or an example.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/inset_text.html")]
pub struct InsetText {
    /// What it says.
    pub content: Content,
    /// Element id.
    pub id: String,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// What has consequences in law.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/warning_text.html")]
pub struct WarningText {
    /// What it says.
    pub content: Content,
    /// Said in place of the icon; "Cảnh báo", "Warning" when empty.
    pub icon_text: String,
    /// Language of that word.
    pub language: Language,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// What only some readers need, behind a summary that opens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/details.html")]
pub struct Details {
    /// The summary.
    pub summary: Content,
    /// What it hides.
    pub content: Content,
    /// Open from the start.
    pub open: bool,
    /// Element id.
    pub id: String,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

components!(ErrorSummary, NotificationBanner, Panel, PhaseBanner, Tag, InsetText, WarningText, Details);

impl NotificationBanner {
    /// A notice in the reader's language.
    pub fn new(content: impl Into<Content>, language: Language) -> Self {
        Self { content: content.into(), language, ..Self::default() }
    }

    /// The notice that something was done.
    pub fn success(content: impl Into<Content>, language: Language) -> Self {
        Self { success: true, ..Self::new(content, language) }
    }

    fn all_classes(&self) -> String {
        let success = if self.success { "govuk-notification-banner--success" } else { "" };
        classes(&["govuk-notification-banner", success, &self.classes])
    }

    fn role(&self) -> &str {
        match (self.role.as_str(), self.success) {
            ("", true) => "alert",
            ("", false) => "region",
            (role, _) => role,
        }
    }

    fn title(&self) -> Content {
        match (self.title.is_empty(), self.success) {
            (true, true) => texts::SUCCESS.get(self.language).into(),
            (true, false) => texts::IMPORTANT.get(self.language).into(),
            (false, _) => self.title.clone(),
        }
    }

    fn title_heading_level(&self) -> u8 {
        if self.title_heading_level == 0 { 2 } else { self.title_heading_level }
    }

    fn title_id(&self) -> &str {
        if self.title_id.is_empty() { "govuk-notification-banner-title" } else { &self.title_id }
    }
}

impl Panel {
    /// The panel that ends a journey.
    pub fn new(title: impl Into<Content>, content: impl Into<Content>) -> Self {
        Self { title: title.into(), content: content.into(), ..Self::default() }
    }

    fn all_classes(&self) -> String {
        let kind = if self.interruption { "govuk-panel--interruption" } else { "govuk-panel--confirmation" };
        classes(&["govuk-panel", kind, &self.classes])
    }

    fn heading_level(&self) -> u8 {
        if self.heading_level == 0 { 1 } else { self.heading_level }
    }

    fn shown_actions(&self) -> Option<&PanelActions> {
        self.actions.as_ref().filter(|_| self.interruption)
    }
}

impl PanelAction {
    fn is_button(&self) -> bool {
        self.href.is_empty() || self.kind == "button"
    }

    fn button(&self) -> Button {
        Button {
            kind: if self.kind.is_empty() { "button".into() } else { self.kind.clone() },
            href: self.href.clone(),
            classes: classes(&["govuk-button--inverse", &self.classes]),
            attributes: self.attributes.clone(),
            ..Button::new(self.content.clone())
        }
    }
}

impl PhaseBanner {
    /// A banner with its tag and what it means.
    pub fn new(tag: impl Into<Content>, content: impl Into<Content>) -> Self {
        Self { tag: Tag::new(tag), content: content.into(), ..Self::default() }
    }

    fn phase(&self) -> Tag {
        Tag { classes: classes(&["govuk-phase-banner__content__tag", &self.tag.classes]), ..self.tag.clone() }
    }
}

impl Tag {
    /// A tag in the default colour.
    pub fn new(content: impl Into<Content>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }

    /// A tag in a colour: `grey`, `green`, `teal`, `blue`, `purple`, `magenta`, `red`, `orange` or `yellow`.
    pub fn coloured(content: impl Into<Content>, colour: &str) -> Self {
        Self { classes: format!("govuk-tag--{colour}"), ..Self::new(content) }
    }
}

impl InsetText {
    /// An inset.
    pub fn new(content: impl Into<Content>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }
}

impl WarningText {
    /// A warning in the reader's language.
    pub fn new(content: impl Into<Content>, language: Language) -> Self {
        Self { content: content.into(), language, ..Self::default() }
    }

    fn icon_text(&self) -> &str {
        if self.icon_text.is_empty() { texts::WARNING.get(self.language) } else { &self.icon_text }
    }
}

impl Details {
    /// Closed details.
    pub fn new(summary: impl Into<Content>, content: impl Into<Content>) -> Self {
        Self { summary: summary.into(), content: content.into(), ..Self::default() }
    }
}
