//! The document typeface and its metrics.
//!
//! Decree 30/2020/NĐ-CP Appendix I asks for Times New Roman; Liberation Serif 2 has the same metrics, holds
//! every Vietnamese letter and may be embedded.

use krilla::text::{Font, GlyphId};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::{BoundingBox, GlyphMetrics};
use skrifa::{FontRef, MetadataProvider, charmap::Charmap};

use crate::document::Emphasis;

const REGULAR: &[u8] = include_bytes!("../fonts/LiberationSerif-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../fonts/LiberationSerif-Bold.ttf");
const ITALIC: &[u8] = include_bytes!("../fonts/LiberationSerif-Italic.ttf");

/// The three cuts of the typeface.
pub(crate) struct Faces {
    regular: Face,
    bold: Face,
    italic: Face,
}

impl Faces {
    /// Reads the built-in font files.
    pub(crate) fn load() -> Self {
        Self { regular: Face::read(REGULAR), bold: Face::read(BOLD), italic: Face::read(ITALIC) }
    }

    /// The face for a cut.
    pub(crate) fn of(&self, emphasis: Emphasis) -> &Face {
        match emphasis {
            Emphasis::Regular => &self.regular,
            Emphasis::Bold => &self.bold,
            Emphasis::Italic => &self.italic,
        }
    }
}

/// One cut of the typeface with what is needed to set lines in it. Lengths are in em.
pub(crate) struct Face {
    /// The handle the PDF writer embeds a subset of.
    pub(crate) font: Font,
    /// The parsed font file, for glyph outlines.
    pub(crate) outlines: FontRef<'static>,
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    units_per_em: f32,
}

impl Face {
    fn read(data: &'static [u8]) -> Self {
        let outlines = FontRef::new(data).expect("the built-in font files are valid OpenType");
        let font = Font::new(data.into(), 0).expect("the built-in font files are valid OpenType");
        Self {
            charmap: outlines.charmap(),
            metrics: outlines.glyph_metrics(Size::unscaled(), LocationRef::default()),
            units_per_em: font.units_per_em(),
            font,
            outlines,
        }
    }

    /// The glyph for a character, if the face has one.
    pub(crate) fn glyph(&self, character: char) -> Option<GlyphId> {
        let glyph = self.charmap.map(character).filter(|glyph| glyph.to_u32() != 0)?;
        Some(GlyphId::new(glyph.to_u32()))
    }

    /// How far a glyph moves the pen.
    pub(crate) fn advance(&self, glyph: GlyphId) -> f32 {
        self.metrics.advance_width(to_skrifa(glyph)).unwrap_or_default() / self.units_per_em
    }

    /// The ink of a glyph, relative to its origin on the baseline; `None` for blanks.
    pub(crate) fn bounds(&self, glyph: GlyphId) -> Option<BoundingBox> {
        let ink = self.metrics.bounds(to_skrifa(glyph))?;
        Some(ink.scale(1.0 / self.units_per_em))
    }
}

/// The same glyph in the metrics library's type.
pub(crate) fn to_skrifa(glyph: GlyphId) -> skrifa::GlyphId {
    skrifa::GlyphId::new(glyph.to_u32())
}
