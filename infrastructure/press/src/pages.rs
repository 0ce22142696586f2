//! From strips to pages.

use crate::error::PressError;
use crate::layout::{CONTENT_HEIGHT, Fragment, Mark, Strip};

/// The most pages of a document.
pub const MAX_PAGES: usize = 300;

/// What stands between the margins of one page.
#[derive(Debug, Default)]
pub(crate) struct PageContent {
    /// The marks, measured from the upper left corner between the margins, in points.
    pub(crate) marks: Vec<Mark>,
    /// The titles for the document outline with their height on the page.
    pub(crate) bookmarks: Vec<(String, f32)>,
}

/// Puts strips on as few pages as their order and the wish to keep some together allow.
pub(crate) fn paginate(strips: Vec<Strip>) -> Result<Vec<PageContent>, PressError> {
    let mut pages = Pages { pages: vec![PageContent::default()], used: 0.0, empty: true };
    let mut group = Vec::new();
    for strip in strips {
        let complete = !strip.keep_with_next;
        group.push(strip);
        if complete {
            pages.place_group(std::mem::take(&mut group))?;
        }
    }
    pages.place_group(group)?;
    Ok(pages.pages)
}

struct Pages {
    pages: Vec<PageContent>,
    used: f32,
    empty: bool,
}

impl Pages {
    /// Places strips that belong together on one page, unless together they are higher than a page.
    fn place_group(&mut self, group: Vec<Strip>) -> Result<(), PressError> {
        let height: f32 = group.iter().map(|strip| strip.gap_above + strip.fragment.height).sum();
        if !self.empty && self.used + height > CONTENT_HEIGHT && height <= CONTENT_HEIGHT {
            self.turn_page()?;
        }
        for strip in group {
            self.place(strip)?;
        }
        Ok(())
    }

    fn place(&mut self, strip: Strip) -> Result<(), PressError> {
        if !self.empty && self.used + strip.gap_above + strip.fragment.height > CONTENT_HEIGHT {
            self.turn_page()?;
        }
        if self.empty {
            if let Some(header) = &strip.running_header {
                self.draw(Fragment::clone(header))?;
            }
        } else {
            self.used += strip.gap_above;
        }
        let height_on_page = self.used;
        self.draw(strip.fragment)?;
        if let (Some(title), Some(page)) = (strip.bookmark, self.pages.last_mut()) {
            page.bookmarks.push((title, height_on_page));
        }
        Ok(())
    }

    fn draw(&mut self, fragment: Fragment) -> Result<(), PressError> {
        if self.used + fragment.height > CONTENT_HEIGHT {
            return Err(PressError::LimitExceeded {
                what: "the height in points of a part that must stay on one page".to_owned(),
                found: fragment.height.ceil() as usize,
                limit: (CONTENT_HEIGHT - self.used) as usize,
            });
        }
        let top = self.used;
        if let Some(page) = self.pages.last_mut() {
            page.marks.extend(fragment.marks.into_iter().map(|mark| Mark { y: mark.y + top, ..mark }));
        }
        self.used += fragment.height;
        self.empty = false;
        Ok(())
    }

    fn turn_page(&mut self) -> Result<(), PressError> {
        if self.pages.len() >= MAX_PAGES {
            return Err(PressError::LimitExceeded {
                what: "the number of pages".to_owned(),
                found: MAX_PAGES + 1,
                limit: MAX_PAGES,
            });
        }
        self.pages.push(PageContent::default());
        (self.used, self.empty) = (0.0, true);
        Ok(())
    }
}
