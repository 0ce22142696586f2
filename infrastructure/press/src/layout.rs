//! From blocks to strips: every block becomes horizontal strips of set lines, rules and codes, each of which stays
//! on one page, with the structure a screen reader follows.
//!
//! Sizes follow Decree 30/2020/NĐ-CP Appendix I: A4, margins 20 mm above and below, 30 mm left and 20 mm right;
//! text 13 points, the document's name 14 points bold capitals.

use std::num::NonZeroU16;
use std::rc::Rc;

use krilla::tagging::{TableHeaderScope, Tag, TagKind};
use qrcode::{Color, EcLevel};

use crate::document::{
    Alignment, Block, Document, Emphasis, Field, Leader, Letterhead, Paragraph, PlaceAndDate, QrCode,
    SignatureBlock, Table,
};
use crate::error::PressError;
use crate::faces::Faces;
use crate::text::{Line, StyledText, readable, set_lines};

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
/// The most fields side by side.
pub const MAX_FIELDS_IN_ROW: usize = 4;
/// The most columns of a table.
pub const MAX_TABLE_COLUMNS: usize = 12;
/// The most rows of a table.
pub const MAX_TABLE_ROWS: usize = 10_000;
/// The most bytes a QR code may hold; more cannot be scanned from paper at the printed size.
pub const MAX_QR_CONTENT_BYTES: usize = 600;

pub(crate) const BODY_SIZE: f32 = 13.0;
const TITLE_SIZE: f32 = 14.0;
const STATE_NAME_SIZE: f32 = 12.0;
const INSTRUCTION_SIZE: f32 = 12.0;
const NOTE_SIZE: f32 = 10.0;

/// Distance between baselines, relative to the type size.
const LEADING: f32 = 1.2;
/// Height of the baseline below the top of its line, relative to the type size.
const BASELINE: f32 = 0.93;
const PARAGRAPH_GAP: f32 = 6.0;
const FIELD_GAP: f32 = 4.0;
const COLUMN_GAP: f32 = 8.0;
const CELL_PADDING: f32 = 4.0;
const SIGNATURE_SPACE_HEIGHT: f32 = 70.0;
const LETTERHEAD_LEFT_WIDTH: f32 = 0.39 * CONTENT_WIDTH;
/// Printed side of a QR code with its quiet zone, in points.
const QR_SIDE: f32 = 30.0 * MM;
/// Modules of white around a QR code (ISO/IEC 18004).
const QR_QUIET_MODULES: usize = 4;

const STATE_NAME: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM";
const NATIONAL_MOTTO: &str = "Độc lập - Tự do - Hạnh phúc";

/// A document set in strips, ready to be put on pages.
pub(crate) struct Galley {
    /// The strips, top to bottom.
    pub(crate) strips: Vec<Strip>,
    /// The structure tree, parents before children.
    pub(crate) structure: Vec<StructureNode>,
    /// The notice for the head of every page.
    pub(crate) notice: Option<(Line, NodeId)>,
    /// The checked title.
    pub(crate) title: String,
}

/// A node of the structure tree.
pub(crate) struct StructureNode {
    /// What it is.
    pub(crate) tag: TagKind,
    /// Its parent; `None` below the root.
    pub(crate) parent: Option<NodeId>,
}

/// Index of a node in the structure tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeId(pub(crate) usize);

/// A part of the document that stays on one page.
#[derive(Default)]
pub(crate) struct Strip {
    /// What is drawn.
    pub(crate) fragment: Fragment,
    /// White space above, dropped at the head of a page.
    pub(crate) gap_above: f32,
    /// Whether the next strip must be on the same page.
    pub(crate) keep_with_next: bool,
    /// Title in the document outline.
    pub(crate) bookmark: Option<String>,
    /// What is drawn above the strip if it comes first on a page: the repeated header of a table.
    pub(crate) running_header: Option<Rc<Fragment>>,
}

/// Marks on paper, measured from the upper left corner in points.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fragment {
    /// The height taken.
    pub(crate) height: f32,
    /// The marks.
    pub(crate) marks: Vec<Mark>,
}

/// One thing drawn at a place, measured in points from the upper left.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) ink: Ink,
}

/// What is drawn.
#[derive(Debug, Clone)]
pub(crate) enum Ink {
    /// A line of text with its baseline at the mark; without a node it is decoration.
    Text { line: Line, node: Option<NodeId> },
    /// A horizontal rule.
    Rule { length: f32, dotted: bool },
    /// The frame of a table cell.
    Frame { width: f32, height: f32 },
    /// A QR code.
    Qr { code: Rc<QrModules>, node: NodeId },
    /// Space left for a visible signature; draws nothing.
    SignatureSpace { width: f32, height: f32 },
}

/// The dark modules of a QR code.
#[derive(Debug)]
pub(crate) struct QrModules {
    /// Modules on a side, quiet zone included.
    pub(crate) modules_on_side: usize,
    /// Horizontal bars of dark modules: column, row, length.
    pub(crate) bars: Vec<(usize, usize, usize)>,
    /// What a screen reader says.
    pub(crate) description: String,
    /// Printed side with quiet zone, in points.
    pub(crate) side: f32,
}

impl Fragment {
    /// Adds lines below what is there, aligned in a column, all of one structure node.
    fn add_lines(&mut self, lines: Vec<Line>, column: Span, alignment: Alignment, size: f32, node: Option<NodeId>) {
        for line in lines {
            let slack = column.width - line.width;
            let indent = match alignment {
                Alignment::Left | Alignment::Justified => 0.0,
                Alignment::Centre => slack / 2.0,
                Alignment::Right => slack,
            };
            self.marks.push(Mark {
                x: column.x + indent,
                y: self.height + size * BASELINE,
                ink: Ink::Text { line, node },
            });
            self.height += size * LEADING;
        }
    }

    /// Adds a solid rule centred in a column, below what is there.
    fn add_rule(&mut self, column: Span, length: f32) {
        let x = column.x + (column.width - length) / 2.0;
        self.marks.push(Mark { x, y: self.height + 1.5, ink: Ink::Rule { length, dotted: false } });
        self.height += 4.0;
    }

    /// Lays another fragment over this one, `top` points down.
    fn overlay(&mut self, other: Fragment, top: f32) {
        self.height = self.height.max(top + other.height);
        self.marks.extend(other.marks.into_iter().map(|mark| Mark { y: mark.y + top, ..mark }));
    }
}

/// A column: where it starts and how wide it is, in points.
#[derive(Debug, Clone, Copy)]
struct Span {
    x: f32,
    width: f32,
}

const FULL: Span = Span { x: 0.0, width: CONTENT_WIDTH };
const RIGHT_HALF: Span = Span { x: CONTENT_WIDTH / 2.0, width: CONTENT_WIDTH / 2.0 };
const LEFT_HALF: Span = Span { x: 0.0, width: CONTENT_WIDTH / 2.0 };

/// Sets a whole document.
pub(crate) fn set_document(document: &Document, faces: &Faces) -> Result<Galley, PressError> {
    limit(document.blocks.len(), MAX_BLOCKS, || "the number of blocks".to_owned())?;
    let mut setter = Setter { faces, place: String::new(), strips: Vec::new(), structure: Vec::new() };
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

    fn styled(&self, text: &str, emphasis: Emphasis, size: f32) -> Result<StyledText, PressError> {
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
        let lines = set_lines(&[&styled], column.width, false, self.faces);
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

    fn letterhead(&mut self, letterhead: &Letterhead) -> Result<(), PressError> {
        const CENTRE: Alignment = Alignment::Centre;
        let left = Span { x: 0.0, width: LETTERHEAD_LEFT_WIDTH };
        let right_x = LETTERHEAD_LEFT_WIDTH + COLUMN_GAP;
        let right = Span { x: right_x, width: CONTENT_WIDTH - right_x };
        let parent = Some(self.node(Tag::Div, None));

        let mut body = Fragment::default();
        if let Some(superior) = &letterhead.superior_body {
            let style = (Emphasis::Regular, STATE_NAME_SIZE);
            self.add_text(&mut body, &superior.to_uppercase(), style, (left, CENTRE), parent)?;
        }
        let issuing_body = letterhead.issuing_body.to_uppercase();
        if issuing_body.trim().is_empty() {
            return Err(self.invalid("a letterhead needs an issuing body"));
        }
        let style = (Emphasis::Bold, STATE_NAME_SIZE);
        let width = self.add_text(&mut body, &issuing_body, style, (left, CENTRE), parent)?;
        body.add_rule(left, width * 0.4);

        let mut motto = Fragment::default();
        self.add_text(&mut motto, STATE_NAME, style, (right, CENTRE), parent)?;
        let style = (Emphasis::Bold, BODY_SIZE);
        let width = self.add_text(&mut motto, NATIONAL_MOTTO, style, (right, CENTRE), parent)?;
        motto.add_rule(right, width);

        let mut head = body;
        head.overlay(motto, 0.0);
        let lower_top = head.height + PARAGRAPH_GAP;
        if let Some(number) = &letterhead.number {
            let mut fragment = Fragment::default();
            let style = (Emphasis::Regular, BODY_SIZE);
            self.add_text(&mut fragment, number, style, (left, CENTRE), parent)?;
            head.overlay(fragment, lower_top);
        }
        if let Some(place_and_date) = &letterhead.place_and_date {
            let mut fragment = Fragment::default();
            let style = (Emphasis::Italic, BODY_SIZE);
            self.add_text(&mut fragment, &place_and_date.line(), style, (right, CENTRE), parent)?;
            head.overlay(fragment, lower_top);
        }
        self.strips.push(Strip { fragment: head, ..Strip::default() });
        Ok(())
    }

    fn title(&mut self, text: &str, subtitle: Option<&str>) -> Result<(), PressError> {
        let title = readable(text, self.faces.of(Emphasis::Bold), &self.place)?;
        let node = self.node(Tag::Hn(NonZeroU16::MIN, Some(title.clone())), None);
        let styled = self.styled(&title.to_uppercase(), Emphasis::Bold, TITLE_SIZE)?;
        let lines = set_lines(&[&styled], CONTENT_WIDTH, false, self.faces);
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

    fn fields(&mut self, fields: &[Field]) -> Result<(), PressError> {
        if fields.is_empty() {
            return Err(self.invalid("a row of fields needs at least one field"));
        }
        limit(fields.len(), MAX_FIELDS_IN_ROW, || format!("the number of fields of {}", self.place))?;
        let columns = divide(fields.iter().map(|field| field.weight), COLUMN_GAP);
        let mut row = Fragment::default();
        for (field, column) in fields.iter().zip(columns) {
            let fragment = self.field(field, column)?;
            row.overlay(fragment, 0.0);
        }
        self.strips.push(Strip { fragment: row, gap_above: FIELD_GAP, ..Strip::default() });
        Ok(())
    }

    fn field(&mut self, field: &Field, column: Span) -> Result<Fragment, PressError> {
        if field.label.trim().is_empty() {
            return Err(self.invalid("a field needs a label"));
        }
        let label = self.styled(&format!("{} ", field.label.trim_end()), Emphasis::Regular, BODY_SIZE)?;
        let value = self.styled(field.value.trim(), field.emphasis, BODY_SIZE)?;
        let label_lines = set_lines(&[&label], column.width, false, self.faces);
        let label_end = match label_lines.as_slice() {
            [line] => line.width + 3.0,
            _ => 0.0,
        };
        let lines = set_lines(&[&label, &value], column.width, false, self.faces);
        let node = self.node(Tag::P, None);
        let mut fragment = Fragment::default();
        for (index, line) in lines.into_iter().enumerate() {
            let start = if index == 0 { label_end } else { 0.0 };
            let baseline = fragment.height + BODY_SIZE * BASELINE;
            if field.leader == Leader::Dotted && index + 1 >= label_lines.len() {
                fragment.marks.push(Mark {
                    x: column.x + start,
                    y: baseline + 2.0,
                    ink: Ink::Rule { length: (column.width - start).max(0.0), dotted: true },
                });
            }
            fragment.add_lines(vec![line], column, Alignment::Left, BODY_SIZE, Some(node));
        }
        Ok(fragment)
    }

    fn place_and_date(&mut self, place_and_date: &PlaceAndDate) -> Result<(), PressError> {
        let mut fragment = Fragment::default();
        let style = (Emphasis::Italic, BODY_SIZE);
        self.add_text(&mut fragment, &place_and_date.line(), style, (RIGHT_HALF, Alignment::Centre), None)?;
        self.strips.push(Strip {
            fragment,
            gap_above: 2.0 * PARAGRAPH_GAP,
            keep_with_next: true,
            ..Strip::default()
        });
        Ok(())
    }

    fn signatures(&mut self, blocks: &[SignatureBlock]) -> Result<(), PressError> {
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
            let space = Fragment {
                height: SIGNATURE_SPACE_HEIGHT,
                marks: vec![Mark {
                    x: column.x + COLUMN_GAP,
                    y: 0.0,
                    ink: Ink::SignatureSpace {
                        width: column.width - 2.0 * COLUMN_GAP,
                        height: SIGNATURE_SPACE_HEIGHT,
                    },
                }],
            };
            row.overlay(space, space_top);
            let mut name = Fragment::default();
            let style = (Emphasis::Bold, BODY_SIZE);
            self.add_text(&mut name, &block.name, style, (*column, Alignment::Centre), Some(node))?;
            row.overlay(name, space_top + SIGNATURE_SPACE_HEIGHT);
        }
        self.strips.push(Strip { fragment: row, gap_above: 2.0 * PARAGRAPH_GAP, ..Strip::default() });
        Ok(())
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

    fn qr_code(&mut self, code: &QrCode) -> Result<(), PressError> {
        limit(code.content.len(), MAX_QR_CONTENT_BYTES, || {
            format!("the content of the QR code of {} in bytes", self.place)
        })?;
        let description = readable(&code.description, self.faces.of(Emphasis::Regular), &self.place)?;
        let encoded = qrcode::QrCode::with_error_correction_level(&code.content, EcLevel::M)
            .map_err(|_| self.invalid("the content does not fit a QR code"))?;
        let modules = Rc::new(QrModules {
            modules_on_side: encoded.width() + 2 * QR_QUIET_MODULES,
            bars: dark_bars(&encoded),
            description: description.clone(),
            side: QR_SIDE,
        });
        let parent = self.node(Tag::Div, None);
        let figure = self.node(Tag::Figure(Some(description)), Some(parent));
        let mut fragment = Fragment {
            height: QR_SIDE,
            marks: vec![Mark { x: 0.0, y: 0.0, ink: Ink::Qr { code: modules, node: figure } }],
        };
        let column = Span { x: QR_SIDE + COLUMN_GAP, width: CONTENT_WIDTH - QR_SIDE - COLUMN_GAP };
        let mut caption = Fragment::default();
        let style = (Emphasis::Regular, NOTE_SIZE);
        self.add_text(&mut caption, &code.caption, style, (column, Alignment::Left), Some(parent))?;
        let top = ((QR_SIDE - caption.height) / 2.0).max(0.0);
        fragment.overlay(caption, top);
        self.strips.push(Strip { fragment, gap_above: PARAGRAPH_GAP, ..Strip::default() });
        Ok(())
    }

    fn space(&mut self, millimetres: u16) -> Result<(), PressError> {
        let height = f32::from(millimetres) * MM;
        if height > CONTENT_HEIGHT {
            return Err(self.invalid("white space must not be higher than a page"));
        }
        self.strips.push(Strip { gap_above: height, ..Strip::default() });
        Ok(())
    }

    fn table(&mut self, table: &Table) -> Result<(), PressError> {
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
        &self,
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

/// Puts cells side by side in frames of one height.
fn framed(cells: Vec<Fragment>, spans: &[Span]) -> Fragment {
    let mut row = Fragment::default();
    for cell in cells {
        row.overlay(cell, 0.0);
    }
    let height = row.height;
    row.marks.extend(
        spans.iter().map(|span| Mark { x: span.x, y: 0.0, ink: Ink::Frame { width: span.width, height } }),
    );
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

/// Joins neighbouring dark modules of each row into bars, so that viewers show no hairlines between them.
fn dark_bars(code: &qrcode::QrCode) -> Vec<(usize, usize, usize)> {
    let mut bars: Vec<(usize, usize, usize)> = Vec::new();
    for (index, color) in code.to_colors().into_iter().enumerate() {
        let (row, column) =
            (index / code.width() + QR_QUIET_MODULES, index % code.width() + QR_QUIET_MODULES);
        if color != Color::Dark {
            continue;
        }
        match bars.last_mut() {
            Some((start, bar_row, length)) if *bar_row == row && *start + *length == column => *length += 1,
            _ => bars.push((column, row, 1)),
        }
    }
    bars
}
