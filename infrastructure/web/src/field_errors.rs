//! What is wrong with the answers of a form: beside each field, and all together at the top.

use crate::components::{ErrorMessage, ErrorSummary, ErrorSummaryItem};
use crate::{Language, Message};

mod texts {
    crate::translations! {
        PROBLEM: "Có lỗi cần sửa", "There is a problem";
    }
}

/// One thing wrong with one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field.
    pub field: String,
    /// Element id the summary links to: the field's, or that of a part of it.
    pub target: String,
    /// The part of the field that is wrong, such as the month of a date; `None` for all of it.
    pub part: Option<String>,
    /// What is wrong and what to do.
    pub message: Message,
}

/// Everything wrong with a form, in the order of its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// No errors.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what is wrong with a field.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<Message>) {
        let field = field.into();
        self.0.push(FieldError { target: field.clone(), field, part: None, message: message.into() });
    }

    /// Notes what is wrong with a part of a field, such as the month of a date: the summary links to
    /// `field-part`.
    pub fn add_part(&mut self, field: &str, part: &str, message: impl Into<Message>) {
        self.0.push(FieldError {
            field: field.to_owned(),
            target: format!("{field}-{part}"),
            part: Some(part.to_owned()),
            message: message.into(),
        });
    }

    /// Notes what is wrong with a date as a whole: the summary links to its day, where typing begins.
    pub fn add_date(&mut self, field: &str, message: impl Into<Message>) {
        let target = format!("{field}-day");
        self.0.push(FieldError { field: field.to_owned(), target, part: None, message: message.into() });
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All errors, in the order they were noted.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }

    /// The first thing wrong with a field.
    pub fn get(&self, field: &str) -> Option<&FieldError> {
        self.0.iter().find(|error| error.field == field)
    }

    /// The first thing wrong with a field, to stand beside it.
    pub fn message(&self, field: &str, language: Language) -> Option<ErrorMessage> {
        self.get(field).map(|error| ErrorMessage::new(error.message.get(language), language))
    }

    /// Everything wrong, to stand at the top of the page; `None` when nothing is.
    pub fn summary(&self, language: Language) -> Option<ErrorSummary> {
        let items = self.0.iter().map(|error| ErrorSummaryItem {
            content: error.message.get(language).into(),
            href: format!("#{}", error.target),
            ..ErrorSummaryItem::default()
        });
        (!self.is_empty()).then(|| ErrorSummary {
            title: texts::PROBLEM.get(language).into(),
            items: items.collect(),
            ..ErrorSummary::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Text;

    #[test]
    fn each_error_stands_beside_its_field_and_in_the_summary() {
        let mut errors = FieldErrors::new();
        assert_eq!(errors.summary(Language::Vi), None);
        errors.add("full-name", Text::new("Nhập họ tên", "Enter the full name"));
        errors.add_part("born", "month", Text::new("Thiếu tháng", "The month is missing"));

        let beside = errors.message("born", Language::En).unwrap().render();
        assert!(beside.as_str().contains("The month is missing"));
        assert_eq!(errors.message("sex", Language::En), None);
        let summary = errors.summary(Language::Vi).unwrap().render();
        assert!(summary.as_str().contains("<a href=\"#full-name\">Nhập họ tên</a>"));
        assert!(summary.as_str().contains("<a href=\"#born-month\">Thiếu tháng</a>"));
    }
}
