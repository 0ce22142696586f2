//! QR codes (ISO/IEC 18004).

use std::rc::Rc;

use krilla::tagging::Tag;
use qrcode::{Color, EcLevel};

use super::strip::{Fragment, Ink, Mark, QrModules, Span, Strip};
use super::{COLUMN_GAP, CONTENT_WIDTH, MM, NOTE_SIZE, PARAGRAPH_GAP, Setter, limit};
use crate::document::{Alignment, Emphasis, QrCode};
use crate::error::PressError;
use crate::text::readable;

/// The most bytes a QR code may hold; more cannot be scanned from paper at the printed size.
pub const MAX_QR_CONTENT_BYTES: usize = 600;

/// Printed side of a QR code with its quiet zone, in points.
const QR_SIDE: f32 = 30.0 * MM;
/// Modules of white around a QR code that scanners need.
const QR_QUIET_MODULES: usize = 4;

impl Setter<'_> {
    pub(super) fn qr_code(&mut self, code: &QrCode) -> Result<(), PressError> {
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
