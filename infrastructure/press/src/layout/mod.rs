//! From blocks to strips: every block becomes horizontal strips of set lines, rules and codes, each of which stays
//! on one page, with the structure a screen reader follows.
//!
//! Sizes follow Decree 30/2020/NĐ-CP Appendix I: A4, margins 20 mm above and below, 30 mm left and 20 mm right;
//! text 13 points, the document's name 14 points bold capitals.

mod field;
mod letterhead;
mod qr;
mod signature;
mod strip;
mod table;

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use krilla::tagging::{Tag, TagKind};

pub use field::MAX_FIELDS_IN_ROW;
pub use qr::MAX_QR_CONTENT_BYTES;
pub(crate) use strip::{Fragment, Galley, Ink, Mark, NodeId, QrModules, Strip, StructureNode};
pub use table::{MAX_TABLE_COLUMNS, MAX_TABLE_ROWS};

use crate::document::{Alignment, Block, Document, Emphasis, Paragraph};
use crate::error::PressError;
use crate::faces::Faces;
use crate::text::{Line, StyledText, readable, set_balanced_lines, set_lines};
use strip::{FULL, Span};

/// Points in a millimetre.
const MM: f32 = 72.0 / 25.4;
/// A4 portrait, in points.
pub(crate) const PAGE_WIDTH: f32 = 210.0 * MM;
/// A4 portrait, in points.
pub(crate) const PAGE_HEIGHT: f32 = 297.0 * MM;
/// The left margin, in points.
pub(crate) const MARGIN_LEFT: f32 = 30.0 * MM;
/// The upper margin, in points.
pub(crate) const MARGIN_TOP: f32 = 20.0 * MM;
/// The width between the margins, in points.
pub(crate) const CONTENT_WIDTH: f32 = PAGE_WIDTH - MARGIN_LEFT - 20.0 * MM;
/// The height between the margins, in points.
pub(crate) const CONTENT_HEIGHT: f32 = PAGE_HEIGHT - 2.0 * MARGIN_TOP;

/// The most blocks in a document.
pub const MAX_BLOCKS: usize = 5_000;
/// The most text in a document, in bytes of UTF-8; about as much as [`crate::MAX_PAGES`] hold.
pub const MAX_DOCUMENT_TEXT_BYTES: usize = 1_000_000;

pub(crate) const BODY_SIZE: f32 = 13.0;
const TITLE_SIZE: f32 = 14.0;
const INSTRUCTION_SIZE: f32 = 12.0;
const NOTE_SIZE: f32 = 10.0;

const PARAGRAPH_GAP: f32 = 6.0;
const COLUMN_GAP: f32 = 8.0;

/// Sets a whole document.
pub(crate) fn set_document(document: &Document, faces: &Faces) -> Result<Galley, PressError> {
    limit(document.blocks.len(), MAX_BLOCKS, || "the number of blocks".to_owned())?;
    let mut setter = Setter {
        faces,
        place: String::new(),
        strips: Vec::new(),
        structure: Vec::new(),
        fields_named: BTreeMap::new(),
        text_bytes: 0,
    };
    let title = readable(&document.title, faces.of(Emphasis::Regular), "the title")?;
    let notice = match &document.notice {
        Some(text) => Some(setter.notice(text)?),
        None => None,
    };
    for (index, block) in document.blocks.iter().enumerate() {
        setter.place = format!("block {}", index + 1);
        setter.block(block)?;
    }
    Ok(Galley { strips: setter.strips, structure: setter.structure, notice, title })
}

fn limit(found: usize, limit: usize, what: impl FnOnce() -> String) -> Result<(), PressError> {
    if found > limit {
        return Err(PressError::LimitExceeded { what: what(), found, limit });
    }
    Ok(())
}

struct Setter<'a> {
    faces: &'a Faces,
    place: String,
    strips: Vec<Strip>,
    structure: Vec<StructureNode>,
    fields_named: BTreeMap<&'static str, usize>,
    text_bytes: usize,
}

impl Setter<'_> {
    fn block(&mut self, block: &Block) -> Result<(), PressError> {
        match block {
            Block::Letterhead(letterhead) => self.letterhead(letterhead),
            Block::Title { text, subtitle } => self.title(text, subtitle.as_deref()),
            Block::Heading(text) => self.heading(text),
            Block::Paragraph(paragraph) => self.paragraph(paragraph),
            Block::Fields(fields) => self.fields(fields),
            Block::Table(table) => self.table(table),
            Block::PlaceAndDate(place_and_date) => self.place_and_date(place_and_date),
            Block::Signatures(blocks) => self.signatures(blocks),
            Block::QrCode(code) => self.qr_code(code),
            Block::Note(text) => self.note(text),
            Block::Space { millimetres } => self.space(*millimetres),
        }
    }

    fn node(&mut self, tag: impl Into<TagKind>, parent: Option<NodeId>) -> NodeId {
        self.structure.push(StructureNode { tag: tag.into(), parent });
        NodeId(self.structure.len() - 1)
    }

    fn styled(&mut self, text: &str, emphasis: Emphasis, size: f32) -> Result<StyledText, PressError> {
        self.text_bytes += text.len();
        limit(self.text_bytes, MAX_DOCUMENT_TEXT_BYTES, || "the text of the document in bytes".to_owned())?;
        StyledText::new(text, emphasis, size, self.faces, &self.place)
    }

    fn invalid(&self, reason: &'static str) -> PressError {
        PressError::InvalidBlock { place: self.place.clone(), reason }
    }

    /// Adds a text of one style to a fragment as a paragraph of its own; an empty text adds nothing.
    fn add_text(
        &mut self,
        fragment: &mut Fragment,
        text: &str,
        (emphasis, size): (Emphasis, f32),
        (column, alignment): (Span, Alignment),
        parent: Option<NodeId>,
    ) -> Result<f32, PressError> {
        let styled = self.styled(text, emphasis, size)?;
        if text.trim().is_empty() {
            return Ok(0.0);
        }
        let lines = match alignment {
            Alignment::Centre => set_balanced_lines(&styled, column.width, self.faces),
            _ => set_lines(&[&styled], column.width, false, self.faces),
        };
        let widest = lines.iter().map(|line| line.width).fold(0.0, f32::max);
        let node = self.node(Tag::P, parent);
        fragment.add_lines(lines, column, alignment, size, Some(node));
        Ok(widest)
    }

    fn notice(&mut self, text: &str) -> Result<(Line, NodeId), PressError> {
        self.place = "the notice".to_owned();
        let text = readable(text, self.faces.of(Emphasis::Bold), &self.place)?;
        let styled = self.styled(&text, Emphasis::Bold, NOTE_SIZE)?;
        let mut lines = set_lines(&[&styled], CONTENT_WIDTH, false, self.faces);
        if lines.len() != 1 {
            return Err(self.invalid("the notice must fit on one line; shorten it"));
        }
        Ok((lines.remove(0), self.node(Tag::P, None)))
    }

    fn title(&mut self, text: &str, subtitle: Option<&str>) -> Result<(), PressError> {
        let title = readable(text, self.faces.of(Emphasis::Bold), &self.place)?;
        let node = self.node(Tag::Hn(NonZeroU16::MIN, Some(title.clone())), None);
        let styled = self.styled(&title.to_uppercase(), Emphasis::Bold, TITLE_SIZE)?;
        let lines = set_balanced_lines(&styled, CONTENT_WIDTH, self.faces);
        let mut fragment = Fragment::default();
        fragment.add_lines(lines, FULL, Alignment::Centre, TITLE_SIZE, Some(node));
        if let Some(subtitle) = subtitle {
            let style = (Emphasis::Bold, BODY_SIZE);
            self.add_text(&mut fragment, subtitle, style, (FULL, Alignment::Centre), None)?;
        }
        self.strips.push(Strip {
            fragment,
            gap_above: 4.0 * PARAGRAPH_GAP,
            keep_with_next: true,
            bookmark: Some(title),
            ..Strip::default()
        });
        self.strips.push(Strip {
            fragment: Fragment { height: PARAGRAPH_GAP, ..Fragment::default() },
            ..Strip::default()
        });
        Ok(())
    }

    fn heading(&mut self, text: &str) -> Result<(), PressError> {
        let title = readable(text, self.faces.of(Emphasis::Bold), &self.place)?;
        let level = NonZeroU16::MIN.saturating_add(1);
        let node = self.node(Tag::Hn(level, Some(title.clone())), None);
        let styled = self.styled(&title, Emphasis::Bold, BODY_SIZE)?;
        let lines = set_lines(&[&styled], CONTENT_WIDTH, false, self.faces);
        let mut fragment = Fragment::default();
        fragment.add_lines(lines, FULL, Alignment::Left, BODY_SIZE, Some(node));
        self.strips.push(Strip {
            fragment,
            gap_above: 2.0 * PARAGRAPH_GAP,
            keep_with_next: true,
            bookmark: Some(title),
            ..Strip::default()
        });
        Ok(())
    }

    fn paragraph(&mut self, paragraph: &Paragraph) -> Result<(), PressError> {
        self.running_text(&paragraph.text, (paragraph.emphasis, BODY_SIZE), paragraph.alignment)
    }

    fn note(&mut self, text: &str) -> Result<(), PressError> {
        self.running_text(text, (Emphasis::Italic, NOTE_SIZE), Alignment::Justified)
    }

    /// Text that may continue on the next page between any two lines.
    fn running_text(
        &mut self,
        text: &str,
        (emphasis, size): (Emphasis, f32),
        alignment: Alignment,
    ) -> Result<(), PressError> {
        let styled = self.styled(text, emphasis, size)?;
        if text.trim().is_empty() {
            return Err(self.invalid("the text must not be empty; use a space block for white space"));
        }
        let justify = alignment == Alignment::Justified;
        let lines = set_lines(&[&styled], CONTENT_WIDTH, justify, self.faces);
        let node = self.node(Tag::P, None);
        self.flow(lines, alignment, size, PARAGRAPH_GAP, node);
        Ok(())
    }

    /// One strip a line; the first two lines stay together.
    fn flow(&mut self, lines: Vec<Line>, alignment: Alignment, size: f32, gap: f32, node: NodeId) {
        let count = lines.len();
        for (index, line) in lines.into_iter().enumerate() {
            let mut fragment = Fragment::default();
            fragment.add_lines(vec![line], FULL, alignment, size, Some(node));
            self.strips.push(Strip {
                fragment,
                gap_above: if index == 0 { gap } else { 0.0 },
                keep_with_next: index == 0 && count > 1,
                ..Strip::default()
            });
        }
    }

    fn space(&mut self, millimetres: u16) -> Result<(), PressError> {
        let height = f32::from(millimetres) * MM;
        if height > CONTENT_HEIGHT {
            return Err(self.invalid("white space must not be higher than a page"));
        }
        self.strips.push(Strip { gap_above: height, ..Strip::default() });
        Ok(())
    }
}

/// Divides the width between the margins by weight, with a gap between columns. A weight of 0 counts as 1.
fn divide(weights: impl Iterator<Item = u8> + Clone, gap: f32) -> Vec<Span> {
    let total: f32 = weights.clone().map(|weight| f32::from(weight.max(1))).sum();
    let count = weights.clone().count();
    let width = CONTENT_WIDTH - gap * count.saturating_sub(1) as f32;
    let mut x = 0.0;
    weights
        .map(|weight| {
            let span = Span { x, width: width * f32::from(weight.max(1)) / total };
            x += span.width + gap;
            span
        })
        .collect()
}
