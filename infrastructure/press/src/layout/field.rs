//! Labelled fields.

use krilla::tagging::Tag;

use super::strip::{BASELINE, FULL, Fragment, Ink, Mark, Span, Strip};
use super::{BODY_SIZE, COLUMN_GAP, Setter, divide, limit};
use crate::document::{Alignment, Emphasis, Field, Leader};
use crate::error::PressError;
use crate::text::{Line, set_lines};

/// The most fields side by side.
pub const MAX_FIELDS_IN_ROW: usize = 4;

const FIELD_GAP: f32 = 4.0;
/// Between a field's label and its leader.
const LEADER_GAP: f32 = 3.0;
/// Of a leader below the baseline.
const LEADER_DROP: f32 = 3.0;

impl Setter<'_> {
    pub(super) fn fields(&mut self, fields: &[Field]) -> Result<(), PressError> {
        if fields.is_empty() {
            return Err(self.invalid("a row of fields needs at least one field"));
        }
        limit(fields.len(), MAX_FIELDS_IN_ROW, || format!("the number of fields of {}", self.place))?;
        let columns = divide(fields.iter().map(|field| field.weight), COLUMN_GAP);
        if let [field] = fields {
            for (index, fragment) in self.field(field, FULL)?.into_iter().enumerate() {
                let gap_above = if index == 0 { FIELD_GAP } else { 0.0 };
                self.strips.push(Strip { fragment, gap_above, ..Strip::default() });
            }
            return Ok(());
        }
        let mut row = Fragment::default();
        for (field, column) in fields.iter().zip(columns) {
            let mut top = 0.0;
            for fragment in self.field(field, column)? {
                let height = fragment.height;
                row.overlay(fragment, top);
                top += height;
            }
        }
        self.strips.push(Strip { fragment: row, gap_above: FIELD_GAP, ..Strip::default() });
        Ok(())
    }

    /// The lines of a field: the label, behind it the value, under the value the leader.
    fn field(&mut self, field: &Field, column: Span) -> Result<Vec<Fragment>, PressError> {
        if field.label.trim().is_empty() {
            return Err(self.invalid("a field needs a label"));
        }
        let label = self.styled(&format!("{} ", field.label.trim()), Emphasis::Regular, BODY_SIZE)?;
        let value = self.styled(field.value.trim(), field.emphasis, BODY_SIZE)?;
        let label_lines = set_lines(&[&label], column.width, false, self.faces);
        let last_label_line = label_lines.len() - 1;
        let label_end = label_lines[last_label_line].width + LEADER_GAP;
        let node = self.node(Tag::P, None);
        let set_field_line = |(index, line): (usize, Line)| {
            let mut fragment = Fragment::default();
            if field.leader == Leader::Dotted && index >= last_label_line {
                let start = if index == last_label_line { label_end.min(column.width) } else { 0.0 };
                fragment.marks.push(Mark {
                    x: column.x + start,
                    y: BODY_SIZE * BASELINE + LEADER_DROP,
                    ink: Ink::Rule { length: column.width - start, dotted: true },
                });
            }
            fragment.add_lines(vec![line], column, Alignment::Left, BODY_SIZE, Some(node));
            fragment
        };
        let lines = set_lines(&[&label, &value], column.width, false, self.faces);
        Ok(lines.into_iter().enumerate().map(set_field_line).collect())
    }
}
