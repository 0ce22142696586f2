//! The files of a dossier, to open.

use super::{Officer, dossier::own_dossier, failed};
use crate::{
    OneDoor,
    records::{self, Download},
};
use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use system::Access;
use web::Problem;

/// A file that the applicant handed in.
pub(super) async fn attachment(
    State(system): State<Arc<OneDoor>>,
    officer: Officer,
    Path((submission, notice, place)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let dossier = own_dossier(&system, &officer, Access::Read, &submission).await?;
    let number = |text: &str| text.parse().map_err(|_| Problem::not_found());
    let (notice, place) = (number(&notice)?, number(&place)?);
    let file = records::attachment(&system.room.store, dossier.submission, notice, place).await;
    file.map_err(failed)?.map(open).ok_or_else(Problem::not_found)
}

/// A paper or a result.
pub(super) async fn document(
    State(system): State<Arc<OneDoor>>,
    officer: Officer,
    Path((submission, document)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let dossier = own_dossier(&system, &officer, Access::Read, &submission).await?;
    // No document is called so, and the store takes no such text.
    if document.contains(char::is_control) {
        return Err(Problem::not_found());
    }
    let found = records::document(&system.room.store, dossier.submission, &document).await.map_err(failed)?;
    let file = found.and_then(|found| {
        Some(Download { name: found.name, media_type: found.media_type, content: found.content? })
    });
    file.map(open).ok_or_else(Problem::not_found)
}

/// Answers with a file that the browser keeps and does not run.
fn open(file: Download) -> Response {
    let media_type = HeaderValue::try_from(file.media_type)
        .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
    let disposition = HeaderValue::try_from(format!("attachment; filename*=UTF-8''{}", encoded(&file.name)))
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let headers = [(header::CONTENT_TYPE, media_type), (header::CONTENT_DISPOSITION, disposition)];
    (headers, file.content).into_response()
}

/// A file name as RFC 8187 writes it in a header.
fn encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    name.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn file_names_are_safe_in_a_header() {
        for (name, expected) in [
            ("a-b_1.pdf", "a-b_1.pdf"),
            ("giấy.pdf", "gi%E1%BA%A5y.pdf"),
            ("a\"; x=\r\n", "a%22%3B%20x%3D%0D%0A"),
        ] {
            assert_eq!(encoded(name), expected);
        }
    }
}
