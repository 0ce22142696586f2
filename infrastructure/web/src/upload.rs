//! Forms with files.

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::response::{IntoResponse, Response};
use thiserror::Error;

use crate::{FORM_LIMIT_BYTES, Form, FormError, Problem, ProblemKind};

/// The most bytes of a form with files.
pub const UPLOAD_LIMIT_BYTES: usize = 20 * 1024 * 1024;

/// The most bytes of one file.
pub const FILE_LIMIT_BYTES: usize = 10 * 1024 * 1024;

/// The most files of a form.
pub const FILES_MAXIMUM: usize = 10;

/// The most characters kept of a file's name.
const FILE_NAME_CHARACTERS_MAXIMUM: usize = 120;

/// A form sent as `multipart/form-data`: its answers and its files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upload {
    /// The answers.
    pub form: Form,
    /// The files, in the order they were sent. A file field left empty is not among them.
    pub files: Vec<UploadedFile>,
}

/// A file somebody sent. Nothing about it is to be believed before it was looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedFile {
    /// Form field it was sent as.
    pub field: String,
    /// Its name without folders and control characters, for showing to people.
    pub name: String,
    /// The media type the browser says it has.
    pub media_type: String,
    /// What is in it.
    pub bytes: Bytes,
}

/// Why an upload was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UploadError {
    /// It is not `multipart/form-data`, or breaks off.
    #[error("the upload is not a complete multipart/form-data body; send it again")]
    NotMultipart,
    /// A file is larger than [`FILE_LIMIT_BYTES`].
    #[error("a file is larger than {FILE_LIMIT_BYTES} bytes; send a smaller one")]
    FileTooLarge,
    /// More than [`FILES_MAXIMUM`] files.
    #[error("there are more than {FILES_MAXIMUM} files; send fewer")]
    TooManyFiles,
    /// Its answers are not acceptable.
    #[error(transparent)]
    Form(#[from] FormError),
}

impl Upload {
    /// The file sent as a field.
    pub fn file(&self, field: &str) -> Option<&UploadedFile> {
        self.files.iter().find(|file| file.field == field)
    }

    async fn read(mut multipart: Multipart) -> Result<Self, UploadError> {
        let mut upload = Self::default();
        let mut answers_bytes = 0;
        while let Some(part) = multipart.next_field().await.map_err(|_| UploadError::NotMultipart)? {
            let field = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(display_name);
            let media_type = part.content_type().unwrap_or("application/octet-stream").to_owned();
            let bytes = part.bytes().await.map_err(|_| UploadError::NotMultipart)?;
            match file_name {
                None => {
                    answers_bytes += field.len() + bytes.len();
                    if answers_bytes > FORM_LIMIT_BYTES {
                        return Err(FormError::TooLarge.into());
                    }
                    let value = String::from_utf8(bytes.into()).map_err(|_| FormError::NotUtf8)?;
                    upload.form.push(field, value)?;
                }
                // Browsers send a file field left empty as a file without name and content.
                Some(name) if name.is_empty() && bytes.is_empty() => {}
                Some(name) => upload.push_file(UploadedFile { field, name, media_type, bytes })?,
            }
        }
        Ok(upload)
    }

    fn push_file(&mut self, file: UploadedFile) -> Result<(), UploadError> {
        if file.bytes.len() > FILE_LIMIT_BYTES {
            return Err(UploadError::FileTooLarge);
        }
        if self.files.len() == FILES_MAXIMUM {
            return Err(UploadError::TooManyFiles);
        }
        self.files.push(file);
        Ok(())
    }
}

/// The last step of a path as some browsers send it, without what could mislead whoever reads it.
fn display_name(sent: &str) -> String {
    let name = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    // Marks that reverse the direction of writing make `fdp.exe` look like `exe.pdf`.
    let misleading = |character: &char| {
        character.is_control()
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    name.chars().filter(|character| !misleading(character)).take(FILE_NAME_CHARACTERS_MAXIMUM).collect()
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = UploadError;

    async fn from_request(request: Request, state: &S) -> Result<Self, UploadError> {
        let multipart =
            Multipart::from_request(request, state).await.map_err(|_| UploadError::NotMultipart)?;
        Self::read(multipart).await
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::NotMultipart => Self::new(ProblemKind::BadRequest).because(error),
            UploadError::FileTooLarge | UploadError::TooManyFiles => {
                Self::new(ProblemKind::TooLarge).because(error)
            }
            UploadError::Form(error) => error.into(),
        }
    }
}

impl IntoResponse for UploadError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_only_a_name() {
        let cases = [
            ("giay-chung-sinh.pdf", "giay-chung-sinh.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\An\\ảnh.png", "ảnh.png"),
            ("a\0b\r\n.pdf", "ab.pdf"),
            ("exe\u{202e}fdp.pdf", "exefdp.pdf"),
            ("\u{2067}fdp.exe\u{2069}", "fdp.exe"),
            ("/", ""),
        ];
        for (sent, expected) in cases {
            assert_eq!(display_name(sent), expected);
        }
        assert_eq!(display_name(&"ế".repeat(500)).chars().count(), FILE_NAME_CHARACTERS_MAXIMUM);
    }
}
