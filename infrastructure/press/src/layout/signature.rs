//! Signature blocks and their fields.

use krilla::tagging::Tag;

use super::strip::{Fragment, Ink, LEFT_HALF, Mark, NodeId, RIGHT_HALF, SignatureField, Span, Strip};
use super::{BODY_SIZE, INSTRUCTION_SIZE, PARAGRAPH_GAP, Setter};
use crate::document::{Alignment, Emphasis, SignatureBlock};
use crate::error::PressError;
use crate::text::readable;

/// Width and height of a signature field, in points.
const SIGNATURE_FIELD: (f32, f32) = (176.0, 70.0);

impl Setter<'_> {
    pub(super) fn signatures(&mut self, blocks: &[SignatureBlock]) -> Result<(), PressError> {
        let columns: &[Span] = match blocks.len() {
            1 => &[RIGHT_HALF],
            2 => &[LEFT_HALF, RIGHT_HALF],
            _ => return Err(self.invalid("one or two signature blocks stand in a row")),
        };
        let heads = blocks
            .iter()
            .zip(columns)
            .map(|(block, column)| self.signature_head(block, *column))
            .collect::<Result<Vec<_>, _>>()?;
        let space_top = heads.iter().map(|(head, _)| head.height).fold(0.0, f32::max);
        let mut row = Fragment::default();
        for ((block, column), (head, node)) in blocks.iter().zip(columns).zip(heads) {
            row.overlay(head, 0.0);
            let field_x = column.x + (column.width - SIGNATURE_FIELD.0) / 2.0;
            let description = format!("Ô chữ ký: {} {}", block.position, block.name);
            row.overlay(self.signature_field("signature", &description, field_x, node)?, space_top);
            if block.sealed {
                if blocks.len() > 1 {
                    return Err(self.invalid("a sealed signature block stands alone in its row"));
                }
                // Appendix I lets the picture of a seal cover a third of the signature; a text would hide it.
                let seal_x = field_x - SIGNATURE_FIELD.0;
                let field = self.signature_field("seal", "Ô chữ ký số của cơ quan", seal_x, node)?;
                row.overlay(field, space_top);
            }
            let mut name = Fragment::default();
            let style = (Emphasis::Bold, BODY_SIZE);
            self.add_text(&mut name, &block.name, style, (*column, Alignment::Centre), Some(node))?;
            row.overlay(name, space_top + SIGNATURE_FIELD.1);
        }
        self.strips.push(Strip { fragment: row, gap_above: 2.0 * PARAGRAPH_GAP, ..Strip::default() });
        Ok(())
    }

    /// An empty signature field, named by kind and ordinal: `signature-1`, `seal-1`, `signature-2` and so on.
    fn signature_field(
        &mut self,
        kind: &'static str,
        description: &str,
        x: f32,
        parent: NodeId,
    ) -> Result<Fragment, PressError> {
        let description = readable(description, self.faces.of(Emphasis::Regular), &self.place)?;
        let node = self.node(Tag::Form, Some(parent));
        let ordinal = self.fields_named.entry(kind).or_default();
        *ordinal += 1;
        let name = format!("{kind}-{ordinal}");
        let field = SignatureField { name, description, size: SIGNATURE_FIELD, node };
        let mark = Mark { x, y: 0.0, ink: Ink::SignatureField(Box::new(field)) };
        Ok(Fragment { height: SIGNATURE_FIELD.1, marks: vec![mark] })
    }

    fn signature_head(
        &mut self,
        block: &SignatureBlock,
        column: Span,
    ) -> Result<(Fragment, NodeId), PressError> {
        if block.position.trim().is_empty() {
            return Err(self.invalid("a signature block needs the signatory's position or role"));
        }
        let node = self.node(Tag::Div, None);
        let (place, parent) = ((column, Alignment::Centre), Some(node));
        let mut head = Fragment::default();
        if let Some(competence) = &block.competence {
            let style = (Emphasis::Bold, BODY_SIZE);
            self.add_text(&mut head, &competence.to_uppercase(), style, place, parent)?;
        }
        let style = (Emphasis::Bold, BODY_SIZE);
        self.add_text(&mut head, &block.position.to_uppercase(), style, place, parent)?;
        if let Some(instruction) = &block.instruction {
            self.add_text(&mut head, instruction, (Emphasis::Italic, INSTRUCTION_SIZE), place, parent)?;
        }
        Ok((head, node))
    }
}
