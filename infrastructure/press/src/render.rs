//! From pages to a tagged PDF (PDF/A-2a, ISO 19005-2, and PDF/UA-1, ISO 14289-1).

use krilla::SerializeSettings;
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect, Transform};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::{Page, PageSettings};
use krilla::paint::{Fill, LineCap, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, BBox, ContentTag, Identifier, Node, SpanTag, Tag, TagGroup, TagTree,
};

use crate::PressedDocument;
use crate::document::{Document, Emphasis};
use crate::error::PressError;
use crate::faces::Faces;
use crate::layout::{
    BODY_SIZE, CONTENT_WIDTH, Galley, Ink, MARGIN_LEFT, MARGIN_TOP, Mark, NodeId, PAGE_HEIGHT, PAGE_WIDTH,
    QrModules, StructureNode, set_document,
};
use crate::pages::{PageContent, paginate};
use crate::signing::fields::{PlannedField, prepare_fields};
use crate::text::{Line, StyledText, set_lines};

/// Baseline of the notice below the page's upper edge, in points.
const NOTICE_BASELINE: f32 = 26.0;
/// Baseline of the page number below the page's upper edge, in points.
const PAGE_NUMBER_BASELINE: f32 = 46.0;
const RULE_THICKNESS: f32 = 0.6;
const NOTICE_COLOUR: (u8, u8, u8) = (178, 0, 0);

/// Presses a document into a tagged PDF with embedded fonts. The same document gives the same bytes.
///
/// # Errors
/// [`PressError::UnprintableCharacter`] if a text cannot be printed faithfully, [`PressError::LimitExceeded`] and
/// [`PressError::InvalidBlock`] if the document is beyond a limit or a block is incomplete.
pub fn press(document: &Document) -> Result<PressedDocument, PressError> {
    check_language(&document.language)?;
    let faces = Faces::load();
    let Galley { strips, structure, notice, title } = set_document(document, &faces)?;
    let pages = paginate(strips)?;
    let mut writer = Writer { faces: &faces, leaves: vec![Vec::new(); structure.len()], structure };
    let mut pdf = krilla::Document::new_with(settings()?);
    let mut planned_fields = Vec::new();
    for (page_index, content) in pages.iter().enumerate() {
        let mut page = pdf.start_page_with(
            PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).expect("the page has a positive size"),
        );
        let mut surface = page.surface();
        if let Some((line, node)) = &notice {
            let node = (page_index == 0).then_some(*node);
            writer.notice(&mut surface, line, node);
        }
        if page_index > 0 {
            writer.page_number(&mut surface, page_index + 1)?;
        }
        for mark in &content.marks {
            writer.mark(&mut surface, mark, page_index);
        }
        surface.finish();
        for mark in &content.marks {
            planned_fields.extend(writer.signature_field(&mut page, mark, page_index));
        }
        page.finish();
    }
    pdf.set_outline(outline(&pages, &title));
    pdf.set_tag_tree(writer.into_tag_tree());
    pdf.set_metadata(metadata(document, title));
    let bytes = pdf.finish().map_err(|error| rendering(&error))?;
    Ok(PressedDocument {
        pdf: prepare_fields(bytes, &planned_fields)?,
        page_count: pages.len(),
        signature_fields: planned_fields.into_iter().map(|field| field.name).collect(),
    })
}

/// Refuses language tags that a viewer could not use: letters and digits in parts of at most eight, joined by `-`.
fn check_language(tag: &str) -> Result<(), PressError> {
    let well_formed = tag.len() <= 35
        && tag.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    if well_formed {
        return Ok(());
    }
    Err(PressError::InvalidBlock {
        place: "the language".to_owned(),
        reason: "it must be a BCP 47 tag such as vi-VN",
    })
}

fn settings() -> Result<SerializeSettings, PressError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| PressError::Rendering(format!("{error:?}")))?;
    Ok(SerializeSettings { configuration, ..SerializeSettings::default() })
}

/// Names the violated rules without the text they were found in.
fn rendering(error: &KrillaError) -> PressError {
    PressError::Rendering(error.to_string())
}

fn metadata(document: &Document, title: String) -> Metadata {
    let created = jiff::tz::Offset::UTC.to_datetime(document.created);
    let small = |part: i8| part.unsigned_abs();
    let date = DateTime::new(created.year().unsigned_abs())
        .month(small(created.month()))
        .day(small(created.day()))
        .hour(small(created.hour()))
        .minute(small(created.minute()))
        .second(small(created.second()))
        .utc_offset_hour(0);
    Metadata::new()
        .title(title)
        .language(document.language.clone())
        .creator("lienthong".to_owned())
        .creation_date(date)
}

fn outline(pages: &[PageContent], title: &str) -> Outline {
    let mut outline = Outline::new();
    let mut empty = true;
    for (page_index, page) in pages.iter().enumerate() {
        for (text, height) in &page.bookmarks {
            let target = XyzDestination::new(page_index, Point::from_xy(MARGIN_LEFT, MARGIN_TOP + height));
            outline.push_child(OutlineNode::new(text.clone(), target));
            empty = false;
        }
    }
    if empty {
        let start = XyzDestination::new(0, Point::from_xy(0.0, 0.0));
        outline.push_child(OutlineNode::new(title.to_owned(), start));
    }
    outline
}

struct Writer<'a> {
    faces: &'a Faces,
    structure: Vec<StructureNode>,
    leaves: Vec<Vec<Identifier>>,
}

impl Writer<'_> {
    fn mark(&mut self, surface: &mut Surface<'_>, mark: &Mark, page_index: usize) {
        let (x, y) = (MARGIN_LEFT + mark.x, MARGIN_TOP + mark.y);
        match &mark.ink {
            Ink::Text { line, node } => self.text(surface, line, (x, y), *node, ArtifactType::Layout),
            Ink::Rule { length, dotted } => draw_rule(surface, x, y, *length, *dotted),
            Ink::Frame { width, height } => draw_frame(surface, x, y, *width, *height),
            Ink::Qr { code, node } => self.qr_code(surface, code, (x, y), *node, page_index),
            Ink::SignatureField(_) => {}
        }
    }

    /// Puts a placeholder annotation where a signature field goes. The PDF writer knows only links; what matters
    /// here is its place on the page and in the structure tree, the rest is replaced by [`prepare_fields`].
    fn signature_field(
        &mut self,
        page: &mut Page<'_>,
        mark: &Mark,
        page_index: usize,
    ) -> Option<PlannedField> {
        let Ink::SignatureField(field) = &mark.ink else { return None };
        let (x, y) = (MARGIN_LEFT + mark.x, MARGIN_TOP + mark.y);
        let area = Rect::from_xywh(x, y, field.size.0, field.size.1)?;
        let here = XyzDestination::new(page_index, Point::from_xy(x, y));
        let link = LinkAnnotation::new(area, Target::Destination(here.into()));
        let annotation = Annotation::new_link(link, Some(field.description.clone()));
        self.leaves[field.node.0].push(page.add_tagged_annotation(annotation));
        Some(PlannedField { name: field.name.clone(), description: field.description.clone(), page_index })
    }

    /// Draws a line of text as content of a structure node, or as decoration if there is none.
    fn text(
        &mut self,
        surface: &mut Surface<'_>,
        line: &Line,
        (x, baseline): (f32, f32),
        node: Option<NodeId>,
        decoration: ArtifactType,
    ) {
        let tag = match node {
            Some(_) => ContentTag::Span(SpanTag::empty()),
            None => ContentTag::Artifact(Artifact::with_kind(decoration)),
        };
        let identifier = surface.start_tagged(tag);
        for run in &line.runs {
            let font = self.faces.of(run.emphasis).font.clone();
            let start = Point::from_xy(x + run.start, baseline);
            surface.draw_glyphs(start, &run.glyphs, font, &run.text, run.size, false);
        }
        surface.end_tagged();
        if let Some(NodeId(index)) = node {
            self.leaves[index].push(identifier);
        }
    }

    fn notice(&mut self, surface: &mut Surface<'_>, line: &Line, node: Option<NodeId>) {
        let (red, green, blue) = NOTICE_COLOUR;
        surface.set_fill(Some(solid(rgb::Color::new(red, green, blue))));
        let x = (PAGE_WIDTH - line.width) / 2.0;
        self.text(surface, line, (x, NOTICE_BASELINE), node, ArtifactType::Watermark);
        surface.set_fill(None);
    }

    /// Decree 30/2020 Appendix I: Arabic numerals centred in the upper margin, not on the first page.
    fn page_number(&mut self, surface: &mut Surface<'_>, number: usize) -> Result<(), PressError> {
        let text = StyledText::new(
            &number.to_string(),
            Emphasis::Regular,
            BODY_SIZE,
            self.faces,
            "the page number",
        )?;
        for line in set_lines(&[&text], CONTENT_WIDTH, false, self.faces) {
            let x = MARGIN_LEFT + (CONTENT_WIDTH - line.width) / 2.0;
            self.text(surface, &line, (x, PAGE_NUMBER_BASELINE), None, ArtifactType::PageNumber);
        }
        Ok(())
    }

    fn qr_code(
        &mut self,
        surface: &mut Surface<'_>,
        code: &QrModules,
        (x, y): (f32, f32),
        NodeId(index): NodeId,
        page_index: usize,
    ) {
        let area = Rect::from_xywh(x, y, code.side, code.side);
        self.structure[index].tag = Tag::Figure(Some(code.description.clone()))
            .with_bbox(area.map(|area| BBox::new(page_index, area)))
            .into();
        let module = code.side / code.modules_on_side as f32;
        let mut path = PathBuilder::new();
        for &(column, row, length) in &code.bars {
            let (left, top) = (column as f32 * module, row as f32 * module);
            if let Some(bar) = Rect::from_xywh(left, top, length as f32 * module, module) {
                path.push_rect(bar);
            }
        }
        let identifier = surface.start_tagged(ContentTag::Other);
        surface.push_transform(&Transform::from_translate(x, y));
        if let Some(path) = path.finish() {
            surface.draw_path(&path);
        }
        surface.pop();
        surface.end_tagged();
        self.leaves[index].push(identifier);
    }

    /// Builds the tree from the end of the list, where children stand behind their parents.
    fn into_tag_tree(self) -> TagTree {
        let mut groups: Vec<Vec<TagGroup>> = self.structure.iter().map(|_| Vec::new()).collect();
        let mut roots = Vec::new();
        let nodes = self.structure.into_iter().zip(self.leaves).enumerate();
        for (index, (node, leaves)) in nodes.rev() {
            let below = std::mem::take(&mut groups[index]).into_iter().rev().map(Node::Group);
            let children: Vec<Node> = leaves.into_iter().map(Node::Leaf).chain(below).collect();
            if children.is_empty() {
                continue;
            }
            let group = TagGroup::with_children(node.tag, children);
            match node.parent {
                Some(NodeId(parent)) => groups[parent].push(group),
                None => roots.push(group),
            }
        }
        let mut tree = TagTree::new();
        for group in roots.into_iter().rev() {
            tree.push(group);
        }
        tree
    }
}

fn draw_rule(surface: &mut Surface<'_>, x: f32, y: f32, length: f32, dotted: bool) {
    let mut path = PathBuilder::new();
    path.move_to(x, y);
    path.line_to(x + length, y);
    let dash = dotted.then(|| StrokeDash { array: vec![0.0, 2.6], offset: 0.0 });
    let line_cap = if dotted { LineCap::Round } else { LineCap::Butt };
    draw_stroke(surface, path, Stroke { width: RULE_THICKNESS, line_cap, dash, ..Stroke::default() });
}

fn draw_frame(surface: &mut Surface<'_>, x: f32, y: f32, width: f32, height: f32) {
    let mut path = PathBuilder::new();
    if let Some(frame) = Rect::from_xywh(x, y, width, height) {
        path.push_rect(frame);
    }
    draw_stroke(surface, path, Stroke { width: RULE_THICKNESS, ..Stroke::default() });
}

/// Draws lines that are decoration, not content.
fn draw_stroke(surface: &mut Surface<'_>, path: PathBuilder, stroke: Stroke) {
    let Some(path) = path.finish() else { return };
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    surface.set_stroke(Some(stroke));
    surface.draw_path(&path);
    surface.set_stroke(None);
    surface.end_tagged();
}

fn solid(color: rgb::Color) -> Fill {
    Fill { paint: color.into(), opacity: NormalizedF32::ONE, ..Fill::default() }
}
