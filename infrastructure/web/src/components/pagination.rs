//! The ways through a list too long for one page.

use askama::Template;

use super::{components, texts};
use crate::html::classes;
use crate::{Attributes, Content, Language};

/// Links to the pages before and after, and to some by number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/pagination.html")]
pub struct Pagination {
    /// The page before.
    pub previous: Option<PaginationLink>,
    /// The page after.
    pub next: Option<PaginationLink>,
    /// Pages by number.
    pub items: Vec<PaginationItem>,
    /// Name of the navigation; "Phân trang", "Pagination" when empty.
    pub label: String,
    /// Language of the words.
    pub language: Language,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// A link to the page before or after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaginationLink {
    /// Where it leads.
    pub href: String,
    /// What it says; "Trang trước", "Next page" and so on when empty.
    pub content: Content,
    /// Name of that page, where there are no numbers.
    pub label: String,
    /// More attributes.
    pub attributes: Attributes,
}

/// A page by its number, or a gap between numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaginationItem {
    /// A page.
    Page {
        /// Its number, as shown.
        number: String,
        /// Where it leads.
        href: String,
        /// It is the page shown.
        current: bool,
        /// Its name for those who hear the page; "Trang 2", "Page 2" when empty.
        label: String,
        /// More attributes.
        attributes: Attributes,
    },
    /// Numbers left out.
    Ellipsis,
}

components!(Pagination);

impl Pagination {
    /// The pages around `current` of `last`, counted from 1; `href` gives the address of a page.
    pub fn around(current: u32, last: u32, language: Language, href: impl Fn(u32) -> String) -> Self {
        let link = |page| PaginationLink { href: href(page), ..PaginationLink::default() };
        let mut items = Vec::new();
        let mut before = 0;
        for page in (1..=last).filter(|&page| page == 1 || page == last || page.abs_diff(current) <= 1) {
            if page > before + 1 {
                items.push(PaginationItem::Ellipsis);
            }
            items.push(PaginationItem::Page {
                number: page.to_string(),
                href: href(page),
                current: page == current,
                label: String::new(),
                attributes: Attributes::new(),
            });
            before = page;
        }
        Self {
            previous: (current > 1).then(|| link(current - 1)),
            next: (current < last).then(|| link(current + 1)),
            items,
            language,
            ..Self::default()
        }
    }

    fn is_block(&self) -> bool {
        self.items.is_empty() && (self.previous.is_some() || self.next.is_some())
    }

    fn all_classes(&self) -> String {
        let block = if self.is_block() { "govuk-pagination--block" } else { "" };
        classes(&["govuk-pagination", block, &self.classes])
    }

    fn label(&self) -> &str {
        if self.label.is_empty() { texts::PAGINATION.get(self.language) } else { &self.label }
    }

    fn page_label(&self, number: &str, label: &str) -> String {
        if label.is_empty() { texts::PAGE.fill(self.language, &[&number]) } else { label.to_owned() }
    }

    fn title_classes(&self, link: &PaginationLink) -> String {
        let plain = self.is_block() && link.label.is_empty();
        let decorated = if plain { "govuk-pagination__link-title--decorated" } else { "" };
        classes(&["govuk-pagination__link-title", decorated])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_the_last_and_the_neighbours_are_shown() {
        let cases = [
            (1, 1, "[1]"),
            (1, 2, "[1] 2 >"),
            (2, 2, "< 1 [2]"),
            (1, 9, "[1] 2 ... 9 >"),
            (3, 9, "< 1 2 [3] 4 ... 9 >"),
            (5, 9, "< 1 ... 4 [5] 6 ... 9 >"),
            (9, 9, "< 1 ... 8 [9]"),
            (1, 0, ""),
        ];
        for (current, last, expected) in cases {
            let pages = Pagination::around(current, last, Language::Vi, |page| format!("?p={page}"));
            let items = pages.items.iter().map(|item| match item {
                PaginationItem::Ellipsis => "...".to_owned(),
                PaginationItem::Page { number, current: true, .. } => format!("[{number}]"),
                PaginationItem::Page { number, href, .. } => {
                    assert_eq!(*href, format!("?p={number}"));
                    number.clone()
                }
            });
            let shown = pages.previous.iter().map(|_| "<".to_owned()).chain(items);
            let shown: Vec<_> = shown.chain(pages.next.iter().map(|_| ">".to_owned())).collect();
            assert_eq!(shown.join(" "), expected, "{current} of {last}");
        }
    }
}
