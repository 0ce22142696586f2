//! From strings to lines: what may be printed, and where lines break.

use std::ops::Range;

use krilla::text::{GlyphId, KrillaGlyph};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::document::Emphasis;
use crate::error::PressError;
use crate::faces::{Face, Faces};

/// The longest text a block may hold, in bytes of UTF-8.
pub const MAX_TEXT_BYTES: usize = 32_000;

/// The most combining marks on one letter; more is not writing.
const MAX_MARKS_PER_LETTER: usize = 3;

/// The widest a space becomes to fill a line, in em beyond its own width; a line that needs more stays short, since
/// text torn into columns is harder to read than a ragged edge.
const MAX_WIDENING_EM: f32 = 0.7;

/// The gap between a letter and a mark lifted above it, in em.
const MARK_GAP_EM: f32 = 0.03;

/// A text in one cut and size, checked and in NFC: every character has a glyph.
#[derive(Debug, Clone)]
pub(crate) struct StyledText {
    text: String,
    emphasis: Emphasis,
    size: f32,
}

impl StyledText {
    /// Checks and normalises a text; `place` names it in errors.
    pub(crate) fn new(
        text: &str,
        emphasis: Emphasis,
        size: f32,
        faces: &Faces,
        place: &str,
    ) -> Result<Self, PressError> {
        Ok(Self { text: printable(text, faces.of(emphasis), place)?, emphasis, size })
    }
}

/// Normalises to NFC, turns blanks into spaces, and refuses what cannot be printed faithfully.
fn printable(text: &str, face: &Face, place: &str) -> Result<String, PressError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(PressError::LimitExceeded {
            what: format!("the text of {place} in bytes"),
            found: text.len(),
            limit: MAX_TEXT_BYTES,
        });
    }
    let mut clean = String::with_capacity(text.len());
    let mut marks = 0;
    for character in text.replace("\r\n", "\n").nfc().map(blank_to_space) {
        marks = if is_combining_mark(character) { marks + 1 } else { 0 };
        let bare_mark = marks > 0 && clean.chars().next_back().is_none_or(char::is_whitespace);
        let unprintable = character != '\n' && (is_unsupported(character) || face.glyph(character).is_none());
        if unprintable || bare_mark || marks > MAX_MARKS_PER_LETTER {
            return Err(PressError::UnprintableCharacter {
                place: place.to_owned(),
                code_point: character.into(),
            });
        }
        clean.push(character);
    }
    Ok(clean)
}

/// Checks a text that is not drawn, such as a title in the metadata or what a screen reader says.
pub(crate) fn readable(text: &str, face: &Face, place: &str) -> Result<String, PressError> {
    let text = printable(text, face, place)?.replace('\n', " ");
    if text.trim().is_empty() {
        return Err(PressError::InvalidBlock {
            place: place.to_owned(),
            reason: "the text must not be empty",
        });
    }
    Ok(text)
}

/// All breakable blanks are one kind of space on paper; a line feed stays a line feed.
fn blank_to_space(character: char) -> char {
    match character {
        '\n' | '\u{2028}' | '\u{2029}' => '\n',
        '\u{a0}' | '\u{202f}' => '\u{a0}',
        '\u{85}' | '\u{b}' | '\u{c}' => character,
        blank if blank.is_whitespace() => ' ',
        other => other,
    }
}

/// Control and formatting characters, which leave no mark on paper but change how text is read by machines, and
/// right-to-left scripts, which this left-to-right setter would print in the wrong order.
fn is_unsupported(character: char) -> bool {
    character.is_control()
        || matches!(u32::from(character),
            0xad | 0x34f | 0x61c | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffd
            | 0x590..=0x8ff | 0xfb1d..=0xfdff | 0xfe00..=0xfe0f | 0xfe70..=0xfefe | 0xe000..=0xf8ff
            | 0x10800..=0x10fff | 0x1e800..=0x1efff | 0xe0000..=0x10ffff)
}

/// One line of set text.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// The parts, left to right, each in one cut and size.
    pub(crate) runs: Vec<GlyphRun>,
    /// Width without trailing spaces, in points.
    pub(crate) width: f32,
}

/// Part of a line in one cut and size.
#[derive(Debug, Clone)]
pub(crate) struct GlyphRun {
    /// The cut.
    pub(crate) emphasis: Emphasis,
    /// The type size in points.
    pub(crate) size: f32,
    /// The text the glyphs stand for.
    pub(crate) text: String,
    /// The glyphs, lengths in em.
    pub(crate) glyphs: Vec<KrillaGlyph>,
    /// Where the run starts, from the start of the line in points.
    pub(crate) start: f32,
}

/// Sets texts one after the other and breaks them into lines no wider than `width` points.
///
/// Lines break at spaces; a word wider than the line breaks between letters. With `justify`, the spaces of all
/// lines but the last of a paragraph are widened to fill the line. There is always at least one line.
pub(crate) fn set_lines(texts: &[&StyledText], width: f32, justify: bool, faces: &Faces) -> Vec<Line> {
    let pieces = shape(texts, faces);
    break_points(&pieces, width)
        .into_iter()
        .map(|span| {
            let full = span.end < pieces.len() && pieces[span.end - 1].character != '\n';
            set_line(&pieces[span], texts, (justify && full).then_some(width))
        })
        .collect()
}

/// Sets a text in as few lines as fit `width` points, all about equally long, as headings are set.
pub(crate) fn set_balanced_lines(text: &StyledText, width: f32, faces: &Faces) -> Vec<Line> {
    const HALVINGS: usize = 10;
    let pieces = shape(&[text], faces);
    let fewest = break_points(&pieces, width).len();
    let (mut too_narrow, mut enough) = (0.0, width);
    for _ in 0..HALVINGS {
        let middle = (too_narrow + enough) / 2.0;
        if break_points(&pieces, middle).len() > fewest {
            too_narrow = middle;
        } else {
            enough = middle;
        }
    }
    set_lines(&[text], enough, false, faces)
}

/// One character with its glyph. Lengths are in points but for the offsets, which are in em.
struct Piece {
    source: usize,
    character: char,
    glyph: Option<GlyphId>,
    advance: f32,
    x_offset: f32,
    y_offset: f32,
    joined: bool,
}

/// Finds glyphs and advances and places combining marks, which letters of Vietnam's minority languages need
/// where Unicode has no single code point (such as Ê Đê `ê̆`).
fn shape(texts: &[&StyledText], faces: &Faces) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (source, text) in texts.iter().enumerate() {
        let face = faces.of(text.emphasis);
        let mut stack: Option<MarkStack> = None;
        for character in text.text.chars() {
            let glyph = face.glyph(character);
            let own_advance = glyph.map_or(0.0, |glyph| face.advance(glyph));
            let mut piece = Piece {
                source,
                character,
                glyph,
                advance: own_advance * text.size,
                x_offset: 0.0,
                y_offset: 0.0,
                joined: is_combining_mark(character),
            };
            match (glyph, stack.as_mut()) {
                (Some(mark), Some(stack)) if piece.joined => {
                    (piece.x_offset, piece.y_offset) = stack.place(face, mark);
                    piece.advance = 0.0;
                }
                (Some(letter), _) => stack = Some(MarkStack::on(face, letter)),
                (None, _) => stack = None,
            }
            pieces.push(piece);
        }
    }
    pieces
}

/// The ink over which the next combining mark of a letter is placed. Lengths are in em.
struct MarkStack {
    advance: f32,
    centre: f32,
    top: f32,
}

impl MarkStack {
    fn on(face: &Face, letter: GlyphId) -> Self {
        let advance = face.advance(letter);
        let (centre, top) = face
            .bounds(letter)
            .map_or((advance / 2.0, 0.0), |ink| ((ink.x_min + ink.x_max) / 2.0, ink.y_max));
        Self { advance, centre, top }
    }

    /// The offset of a mark's glyph from the pen position behind the letter: centred over the letter's ink and
    /// lifted clear of it; marks below the baseline stay at their height.
    fn place(&mut self, face: &Face, mark: GlyphId) -> (f32, f32) {
        let Some(ink) = face.bounds(mark) else { return (0.0, 0.0) };
        let x_offset = self.centre - self.advance - (ink.x_min + ink.x_max) / 2.0;
        if ink.y_min < 0.0 {
            return (x_offset, 0.0);
        }
        let y_offset = (self.top + MARK_GAP_EM - ink.y_min).max(0.0);
        self.top = ink.y_max + y_offset;
        (x_offset, y_offset)
    }
}

/// Chooses where lines end, first fit. Every piece belongs to exactly one line; spaces at a break stay at the
/// end of their line, where they are invisible but keep words apart for readers of the text.
fn break_points(pieces: &[Piece], width: f32) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let (mut start, mut used, mut last_space) = (0, 0.0, None);
    for (index, piece) in pieces.iter().enumerate() {
        let may_hang = matches!(piece.character, ' ' | '\n') || piece.joined;
        while !may_hang && used + piece.advance > width && index > start {
            let end = last_space.unwrap_or(index);
            lines.push(start..end);
            start = end;
            used = pieces[start..index].iter().map(|piece| piece.advance).sum();
            last_space = None;
        }
        used += piece.advance;
        match piece.character {
            ' ' => last_space = Some(index + 1),
            '\n' => {
                lines.push(start..index + 1);
                (start, used, last_space) = (index + 1, 0.0, None);
            }
            _ => {}
        }
    }
    if start < pieces.len() || lines.is_empty() {
        lines.push(start..pieces.len());
    }
    lines
}

/// Turns the pieces of one line into runs of glyphs, widening spaces to fill `justified_width` if given.
fn set_line(pieces: &[Piece], texts: &[&StyledText], justified_width: Option<f32>) -> Line {
    let visible =
        pieces.iter().rposition(|piece| !matches!(piece.character, ' ' | '\n')).map_or(0, |last| last + 1);
    let natural: f32 = pieces[..visible].iter().map(|piece| piece.advance).sum();
    let spaces = pieces[..visible].iter().filter(|piece| piece.character == ' ').count();
    let widest = pieces.first().map_or(0.0, |piece| MAX_WIDENING_EM * texts[piece.source].size);
    let widening = justified_width
        .map(|width| (width - natural) / spaces as f32)
        .filter(|widening| (0.0..=widest).contains(widening))
        .unwrap_or_default();
    let mut runs: Vec<GlyphRun> = Vec::new();
    let mut pen = 0.0;
    for (index, piece) in pieces.iter().enumerate() {
        let Some(glyph) = piece.glyph else { continue };
        let StyledText { emphasis, size, .. } = *texts[piece.source];
        if index == 0 || pieces[index - 1].source != piece.source || runs.is_empty() {
            runs.push(GlyphRun { emphasis, size, text: String::new(), glyphs: Vec::new(), start: pen });
        }
        let Some(run) = runs.last_mut() else { continue };
        let stretched = index < visible && piece.character == ' ';
        let advance = piece.advance + if stretched { widening } else { 0.0 };
        let range = run.text.len()..run.text.len() + piece.character.len_utf8();
        run.text.push(piece.character);
        run.glyphs.push(KrillaGlyph::new(
            glyph,
            advance / size,
            piece.x_offset,
            piece.y_offset,
            0.0,
            range,
            None,
        ));
        pen += advance;
    }
    Line { runs, width: natural + widening * spaces as f32 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE: f32 = 13.0;

    fn styled(text: &str, faces: &Faces) -> StyledText {
        StyledText::new(text, Emphasis::Regular, SIZE, faces, "the test").expect("printable text")
    }

    fn texts_of(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.runs.iter().map(|run| run.text.as_str()).collect()).collect()
    }

    #[test]
    fn lines_break_at_spaces_and_line_feeds_and_long_words_anywhere() {
        let faces = Faces::load();
        for (text, width, expected) in [
            ("", 50.0, vec![""]),
            ("một hai", 500.0, vec!["một hai"]),
            ("một hai ba", 45.0, vec!["một hai ", "ba"]),
            ("một\nhai", 500.0, vec!["một", "hai"]),
            ("một\n", 500.0, vec!["một"]),
            ("a\n\nb", 500.0, vec!["a", "", "b"]),
            ("WWWW", 25.0, vec!["WW", "WW"]),
            ("một     \nhai", 25.0, vec!["một     ", "hai"]),
            ("W", 1.0, vec!["W"]),
            ("một\u{a0}hai ba", 45.0, vec!["một\u{a0}hai ", "ba"]),
        ] {
            let lines = set_lines(&[&styled(text, &faces)], width, false, &faces);
            assert_eq!(texts_of(&lines), expected, "{text:?} in {width}");
        }
    }

    #[test]
    fn balanced_lines_are_as_few_but_even() {
        let faces = Faces::load();
        let name = styled("ỦY BAN NHÂN DÂN PHƯỜNG HOÀN KIẾM", &faces);
        assert_eq!(
            texts_of(&set_lines(&[&name], 190.0, false, &faces)),
            ["ỦY BAN NHÂN DÂN PHƯỜNG ", "HOÀN KIẾM"]
        );
        assert_eq!(
            texts_of(&set_balanced_lines(&name, 190.0, &faces)),
            ["ỦY BAN NHÂN DÂN ", "PHƯỜNG HOÀN KIẾM"]
        );
    }

    #[test]
    fn justified_lines_are_full_but_the_last() {
        let faces = Faces::load();
        let text = styled(&"công dân có quyền được khai sinh ".repeat(8), &faces);
        let lines = set_lines(&[&text], 300.0, true, &faces);
        let (last, full) = lines.split_last().expect("lines");
        assert!(full.iter().all(|line| (line.width - 300.0).abs() < 0.01));
        assert!(last.width < 300.0);
    }

    #[test]
    fn marks_stack_above_their_letter() {
        let faces = Faces::load();
        let lines = set_lines(&[&styled("\u{ea}\u{306}", &faces)], 100.0, false, &faces);
        let [letter, mark] = &lines[0].runs[0].glyphs[..] else { panic!("a letter and a mark") };
        assert!(mark.y_offset > 0.0 && mark.x_offset < 0.0);
        assert_eq!(lines[0].width, letter.x_advance * SIZE);
    }

    proptest! {
        #[test]
        fn lines_hold_all_text_within_the_width(text in "[a-zđ ư\n]{0,300}", width in 10.0_f32..400.0) {
            let faces = Faces::load();
            let lines = set_lines(&[&styled(&text, &faces)], width, false, &faces);
            prop_assert_eq!(texts_of(&lines).concat(), text.replace('\n', ""));
            prop_assert!(lines.iter().all(|line| line.width <= width + 0.01));
        }
    }
}
