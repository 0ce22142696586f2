//! What a visible signature looks like: lines of text drawn as glyph outlines, so that no font has to be added to
//! a file that may already be signed.

use std::fmt::Write;

use skrifa::MetadataProvider;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};

use super::Signatory;
use crate::document::Emphasis;
use crate::error::PressError;
use crate::faces::{Faces, to_skrifa};
use signature::pdf::object::{Dictionary, Object};
use signature::pdf::update::stream;

use crate::text::{GlyphRun, StyledText, set_lines};

const TEXT_SIZE: f32 = 9.0;
const LINE_HEIGHT: f32 = 10.8;
const PADDING: f32 = 3.0;

/// The form XObject a signature field shows: lines of text, or nothing.
///
/// Decree 30/2020/NĐ-CP Appendix I has a person's signature blue and an agency's red.
pub(crate) fn appearance(
    lines: &[String],
    signatory: Signatory,
    (width, height): (f32, f32),
) -> Result<Vec<u8>, PressError> {
    let mut content = String::new();
    if !lines.is_empty() {
        let colour = match signatory {
            Signatory::Person => "0 0.2 0.6 rg",
            Signatory::Agency => "0.7 0 0 rg",
        };
        content.push_str(colour);
        content.push('\n');
        draw_lines(&mut content, &lines.join("\n"), (width, height))?;
    }
    let corners = [0.0, 0.0, width, height].map(Object::number).to_vec();
    let dictionary = Dictionary::default()
        .with("Type", Object::name("XObject"))
        .with("Subtype", Object::name("Form"))
        .with("BBox", Object::Array(corners))
        .with("Resources", Object::Dictionary(Dictionary::default()));
    Ok(stream(dictionary, content.as_bytes()))
}

fn draw_lines(content: &mut String, text: &str, (width, height): (f32, f32)) -> Result<(), PressError> {
    const PLACE: &str = "the visible signature";
    let faces = Faces::load();
    let styled = StyledText::new(text, Emphasis::Regular, TEXT_SIZE, &faces, PLACE)?;
    let lines = set_lines(&[&styled], width - 2.0 * PADDING, false, &faces);
    let room = ((height - 2.0 * PADDING) / LINE_HEIGHT) as usize;
    if lines.len() > room {
        return Err(PressError::LimitExceeded {
            what: format!("the number of lines of {PLACE}"),
            found: lines.len(),
            limit: room,
        });
    }
    let mut baseline = height - PADDING - TEXT_SIZE;
    for line in lines {
        for run in &line.runs {
            draw_run(content, run, (PADDING + run.start, baseline), &faces);
        }
        baseline -= LINE_HEIGHT;
    }
    Ok(())
}

fn draw_run(content: &mut String, run: &GlyphRun, (mut x, baseline): (f32, f32), faces: &Faces) {
    let face = faces.of(run.emphasis);
    let outlines = face.outlines.outline_glyphs();
    let settings = || DrawSettings::unhinted(Size::new(run.size), LocationRef::default());
    for glyph in &run.glyphs {
        let origin = (x + glyph.x_offset * run.size, baseline + glyph.y_offset * run.size);
        if let Some(outline) = outlines.get(to_skrifa(glyph.glyph_id)) {
            let mut pen = PathWriter { content, origin, current: origin };
            // A glyph of the built-in fonts always draws; an empty one leaves no path to fill.
            if outline.draw(settings(), &mut pen).is_ok() {
                content.push_str("f\n");
            }
        }
        x += glyph.x_advance * run.size;
    }
}

/// Writes outlines as PDF path operators.
struct PathWriter<'a> {
    content: &'a mut String,
    origin: (f32, f32),
    current: (f32, f32),
}

impl PathWriter<'_> {
    fn write(&mut self, points: &[(f32, f32)], operator: &str) {
        for &(x, y) in points {
            self.current = (self.origin.0 + x, self.origin.1 + y);
            let _ = write!(self.content, "{:.2} {:.2} ", self.current.0, self.current.1);
        }
        self.content.push_str(operator);
        self.content.push('\n');
    }
}

impl OutlinePen for PathWriter<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.write(&[(x, y)], "m");
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.write(&[(x, y)], "l");
    }

    /// PDF has cubic curves only.
    fn quad_to(&mut self, control_x: f32, control_y: f32, x: f32, y: f32) {
        let start = (self.current.0 - self.origin.0, self.current.1 - self.origin.1);
        let towards = |from: (f32, f32)| {
            (from.0 + (control_x - from.0) * 2.0 / 3.0, from.1 + (control_y - from.1) * 2.0 / 3.0)
        };
        self.write(&[towards(start), towards((x, y)), (x, y)], "c");
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.write(&[(x1, y1), (x2, y2), (x, y)], "c");
    }

    fn close(&mut self) {
        self.content.push_str("h\n");
    }
}
