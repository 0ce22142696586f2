//! Handing out a document of the applicant's own dossier.

use super::{Applicant, failed};
use crate::{Portal, authority::DOSSIER, records, rules};
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use web::Problem;

/// The document, to be saved.
pub(super) async fn download(
    State(system): State<Arc<Portal>>,
    applicant: Applicant,
    Path((submission, document)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let dossier = applicant.dossier(&system, &submission).await?;
    let document = document.parse().map_err(|_| Problem::not_found())?;
    let own = applicant.own(&system, DOSSIER)?;
    let found = records::document(&system.room.store, &own, dossier.submission, document).await;
    let found = found.map_err(failed)?.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, rules::servable_media_type(&found.media_type).to_owned()),
        (header::CONTENT_DISPOSITION, rules::content_disposition(&found.name)),
    ];
    Ok((headers, found.content).into_response())
}
