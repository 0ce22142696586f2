//! The head of the first page, and place and date.

use krilla::tagging::Tag;

use super::strip::{Fragment, RIGHT_HALF, Span, Strip};
use super::{BODY_SIZE, COLUMN_GAP, CONTENT_WIDTH, PARAGRAPH_GAP, Setter};
use crate::document::{Alignment, Emphasis, Letterhead, PlaceAndDate};
use crate::error::PressError;

const STATE_NAME: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM";
const NATIONAL_MOTTO: &str = "Độc lập - Tự do - Hạnh phúc";
const STATE_NAME_SIZE: f32 = 12.0;
const LETTERHEAD_LEFT_WIDTH: f32 = 0.39 * CONTENT_WIDTH;

impl Setter<'_> {
    pub(super) fn letterhead(&mut self, letterhead: &Letterhead) -> Result<(), PressError> {
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

    pub(super) fn place_and_date(&mut self, place_and_date: &PlaceAndDate) -> Result<(), PressError> {
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
}
