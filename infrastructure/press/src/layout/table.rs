//! Tables.

use std::rc::Rc;

use krilla::tagging::{TableHeaderScope, Tag};

use super::strip::{Fragment, Ink, Mark, NodeId, Span, Strip};
use super::{INSTRUCTION_SIZE, PARAGRAPH_GAP, Setter, divide, limit};
use crate::document::{Alignment, Emphasis, Table};
use crate::error::PressError;
use crate::text::set_lines;

/// The most columns of a table.
pub const MAX_TABLE_COLUMNS: usize = 12;
/// The most rows of a table.
pub const MAX_TABLE_ROWS: usize = 10_000;

const CELL_PADDING: f32 = 4.0;

impl Setter<'_> {
    pub(super) fn table(&mut self, table: &Table) -> Result<(), PressError> {
        if table.columns.is_empty() || table.rows.is_empty() {
            return Err(self.invalid("a table needs at least one column and one row"));
        }
        limit(table.columns.len(), MAX_TABLE_COLUMNS, || format!("the number of columns of {}", self.place))?;
        limit(table.rows.len(), MAX_TABLE_ROWS, || format!("the number of rows of {}", self.place))?;
        if table.rows.iter().any(|row| row.len() != table.columns.len()) {
            return Err(self.invalid("every row of a table needs one text for each column"));
        }
        let spans = divide(table.columns.iter().map(|column| column.weight), 0.0);
        let node = self.node(Tag::Table, None);
        let head = self.node(Tag::THead, Some(node));
        let head_row = self.node(Tag::TR, Some(head));
        let mut cells = Vec::new();
        for (column, span) in table.columns.iter().zip(&spans) {
            let cell = self.node(Tag::TH(TableHeaderScope::Column), Some(head_row));
            cells.push(self.cell(&column.heading, Emphasis::Bold, Alignment::Centre, *span, cell)?);
        }
        let header = framed(cells, &spans);
        let running_header = Rc::new(without_structure(header.clone()));
        self.strips.push(Strip {
            fragment: header,
            gap_above: PARAGRAPH_GAP,
            keep_with_next: true,
            ..Strip::default()
        });
        let body = self.node(Tag::TBody, Some(node));
        for row in &table.rows {
            let row_node = self.node(Tag::TR, Some(body));
            let mut cells = Vec::new();
            for ((text, column), span) in row.iter().zip(&table.columns).zip(&spans) {
                let cell = self.node(Tag::TD, Some(row_node));
                cells.push(self.cell(text, Emphasis::Regular, column.alignment, *span, cell)?);
            }
            self.strips.push(Strip {
                fragment: framed(cells, &spans),
                running_header: Some(Rc::clone(&running_header)),
                ..Strip::default()
            });
        }
        Ok(())
    }

    fn cell(
        &mut self,
        text: &str,
        emphasis: Emphasis,
        alignment: Alignment,
        span: Span,
        node: NodeId,
    ) -> Result<Fragment, PressError> {
        let inner = Span { x: span.x + CELL_PADDING, width: span.width - 2.0 * CELL_PADDING };
        let styled = self.styled(text, emphasis, INSTRUCTION_SIZE)?;
        let justify = alignment == Alignment::Justified;
        let lines = set_lines(&[&styled], inner.width, justify, self.faces);
        let mut fragment = Fragment { height: CELL_PADDING, ..Fragment::default() };
        fragment.add_lines(lines, inner, alignment, INSTRUCTION_SIZE, Some(node));
        fragment.height += CELL_PADDING;
        Ok(fragment)
    }
}

/// Puts cells side by side in frames of one height.
fn framed(cells: Vec<Fragment>, spans: &[Span]) -> Fragment {
    let mut row = Fragment::default();
    for cell in cells {
        row.overlay(cell, 0.0);
    }
    let height = row.height;
    row.marks.extend(spans.iter().map(|span| Mark {
        x: span.x,
        y: 0.0,
        ink: Ink::Frame { width: span.width, height },
    }));
    row
}

/// The same marks as decoration: what is repeated must not be read twice.
fn without_structure(mut fragment: Fragment) -> Fragment {
    for mark in &mut fragment.marks {
        if let Ink::Text { node, .. } = &mut mark.ink {
            *node = None;
        }
    }
    fragment
}
