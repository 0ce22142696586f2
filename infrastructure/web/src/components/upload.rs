//! Choosing a file to send.

use askama::Template;

use super::field::{described_by, group_classes};
use super::{ErrorMessage, Hint, Label, components};
use crate::html::classes;
use crate::{Attributes, Content};

/// A field for files. Its form needs `enctype="multipart/form-data"`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "components/file_upload.html")]
pub struct FileUpload {
    /// Element id; the name when empty.
    pub id: String,
    /// Form field.
    pub name: String,
    /// The question.
    pub label: Label,
    /// Help.
    pub hint: Option<Hint>,
    /// What is wrong with the file.
    pub error: Option<ErrorMessage>,
    /// Several files may be chosen.
    pub multiple: bool,
    /// Cannot be changed.
    pub disabled: bool,
    /// Words for a script that turns the field into a place to drop files on.
    pub drop_zone: Option<DropZone>,
    /// Ids of further elements that describe it.
    pub described_by: String,
    /// More class names of the form group.
    pub group_classes: String,
    /// More class names.
    pub classes: String,
    /// More attributes, such as `accept`.
    pub attributes: Attributes,
}

/// The words of a script that lets files be dropped on the field. A site that brings such a script brings its
/// styles too: ours has neither.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DropZone {
    /// The words, by what they are for.
    pub words: Attributes,
    /// More class names.
    pub classes: String,
    /// More attributes.
    pub attributes: Attributes,
}

components!(FileUpload);

impl FileUpload {
    /// A field asking for a file.
    pub fn new(name: impl Into<String>, label: impl Into<Content>) -> Self {
        Self { name: name.into(), label: Label::new(label), ..Self::default() }
    }

    fn id(&self) -> &str {
        if self.id.is_empty() { &self.name } else { &self.id }
    }

    fn group(&self) -> String {
        group_classes(self.error.as_ref(), &self.group_classes)
    }

    fn all_classes(&self) -> String {
        let error = if self.error.is_some() { "govuk-file-upload--error" } else { "" };
        classes(&["govuk-file-upload", &self.classes, error])
    }

    fn all_described_by(&self) -> String {
        described_by(&self.described_by, self.id(), self.hint.as_ref(), self.error.as_ref())
    }
}
