//! Rows and columns.

use askama::Template;

use super::components;
use crate::html::classes;
use crate::{Attributes, Content};

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/table.html")]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// More class names of the caption.
    pub caption_classes: String,
    /// Headings of the columns.
    pub head: Vec<TableCell>,
    /// The rows.
    pub rows: Vec<Vec<TableCell>>,
    /// The first cell of a row is its heading.
    pub first_cell_is_header: bool,
    /// More class names, such as `govuk-table--small-text-until-tablet`.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// A cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableCell {
    /// What it says.
    pub content: Content,
    /// It holds a number, set to the right.
    pub numeric: bool,
    /// Columns it covers; one when zero.
    pub colspan: u16,
    /// Rows it covers; one when zero.
    pub rowspan: u16,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// A table in a region of its own that scrolls where the screen is too narrow for it, so that the page does not. The region
/// can be scrolled with the keyboard, and has the table's caption for a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(
    source = r#"<div class="lt-scroll" role="region" aria-label="{{ self.0.caption }}" tabindex="0">
{{ self.0 }}
</div>"#,
    ext = "html"
)]
pub struct WideTable(pub Table);

components!(Table, WideTable);

impl TableCell {
    /// A cell.
    pub fn new(content: impl Into<Content>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }

    /// A cell with a number.
    pub fn numeric(content: impl Into<Content>) -> Self {
        Self { numeric: true, ..Self::new(content) }
    }

    fn column_header_classes(&self) -> String {
        classes(&[
            "govuk-table__header",
            if self.numeric { "govuk-table__header--numeric" } else { "" },
            &self.classes,
        ])
    }

    fn cell_classes(&self) -> String {
        classes(&[
            "govuk-table__cell",
            if self.numeric { "govuk-table__cell--numeric" } else { "" },
            &self.classes,
        ])
    }
}
