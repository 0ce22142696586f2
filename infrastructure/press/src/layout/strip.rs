//! What a document is set into: strips with marks on them, and the structure over them.

use std::rc::Rc;

use krilla::tagging::TagKind;

use super::CONTENT_WIDTH;
use crate::document::Alignment;
use crate::text::Line;

/// Distance between baselines, relative to the type size.
const LEADING: f32 = 1.2;
/// Height of the baseline below the top of its line, relative to the type size.
pub(super) const BASELINE: f32 = 0.93;

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
    /// An empty signature field.
    SignatureField(Box<SignatureField>),
}

/// An empty signature field.
#[derive(Debug, Clone)]
pub(crate) struct SignatureField {
    /// Its name.
    pub(crate) name: String,
    /// What a screen reader says.
    pub(crate) description: String,
    /// Width and height in points.
    pub(crate) size: (f32, f32),
    /// Its place in the structure.
    pub(crate) node: NodeId,
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
    pub(super) fn add_lines(
        &mut self,
        lines: Vec<Line>,
        column: Span,
        alignment: Alignment,
        size: f32,
        node: Option<NodeId>,
    ) {
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
    pub(super) fn add_rule(&mut self, column: Span, length: f32) {
        let x = column.x + (column.width - length) / 2.0;
        self.marks.push(Mark { x, y: self.height + 1.5, ink: Ink::Rule { length, dotted: false } });
        self.height += 4.0;
    }

    /// Lays another fragment over this one, `top` points down.
    pub(super) fn overlay(&mut self, other: Fragment, top: f32) {
        self.height = self.height.max(top + other.height);
        self.marks.extend(other.marks.into_iter().map(|mark| Mark { y: mark.y + top, ..mark }));
    }
}

/// A column: where it starts and how wide it is, in points.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) x: f32,
    pub(super) width: f32,
}

pub(super) const FULL: Span = Span { x: 0.0, width: CONTENT_WIDTH };
pub(super) const RIGHT_HALF: Span = Span { x: CONTENT_WIDTH / 2.0, width: CONTENT_WIDTH / 2.0 };
pub(super) const LEFT_HALF: Span = Span { x: 0.0, width: CONTENT_WIDTH / 2.0 };
