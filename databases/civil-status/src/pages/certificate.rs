//! What anyone may know of a certificate: that it is in the register, and whether it is still true.

use super::{ROOT, confirmation::fact, date_in, failed};
use crate::{CivilStatus, rules, services, texts};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use web::{
    Html, Language, Page, Problem, Visit,
    components::{Panel, SummaryList, WarningText},
};

#[derive(Template)]
#[template(path = "certificate.html")]
struct CertificatePage {
    t: Language,
    genuine: Option<Panel>,
    outdated: Option<WarningText>,
    facts: SummaryList,
    proof: String,
}

/// What the register says of the certificate.
pub(super) async fn show(
    State(system): State<Arc<CivilStatus>>,
    visit: Visit,
    Path(code): Path<String>,
) -> Result<Page, Problem> {
    let t = visit.language;
    let found = services::standing(&system.room.store, &code).await.map_err(failed)?;
    let (standing, commune) = found.ok_or_else(Problem::not_found)?;
    let code = rules::normalise_certificate_code(&code).ok_or_else(Problem::not_found)?;
    let body = CertificatePage {
        t,
        genuine: (!standing.corrected).then(|| Panel::new(texts::GENUINE.get(t), standing.number.clone())),
        outdated: standing.corrected.then(|| {
            let words = format!("{}. {}", texts::OUTDATED.get(t), texts::OUTDATED_MEANING.get(t));
            WarningText::new(words, t)
        }),
        facts: SummaryList::new(vec![
            fact(t, texts::NUMBER, standing.number.clone()),
            fact(t, texts::REGISTERED_ON, date_in(t, standing.registered_on)),
            fact(t, texts::COMMUNE, commune),
            fact(t, texts::FINGERPRINT, standing.sha256),
        ]),
        proof: format!("{ROOT}/certificates/{code}/proof"),
    };
    Ok(visit.page(texts::VERIFY.get(t), Html::of(&body)))
}

/// The proof that the register holds it.
pub(super) async fn proof(
    State(system): State<Arc<CivilStatus>>,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let found = services::standing(&system.room.store, &code).await.map_err(failed)?;
    let (standing, _) = found.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"giay-khai-sinh.tlog-proof\""),
    ];
    Ok((headers, standing.proof).into_response())
}
