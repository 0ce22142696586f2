//! One message with its proof.

use super::{Nodes, Text};
use crate::{receipt::Receipt, records, texts};
use askama::Template;
use axum::extract::{Path, State};
use http::header;
use jiff::Timestamp;
use uuid::Uuid;
use web::{
    CurrentUser, Html, Language, Page, Problem, Visit,
    components::{SummaryList, SummaryRow},
};

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    t: Language,
    heading: String,
    id: Uuid,
    facts: SummaryList,
    proven: Result<String, String>,
}

pub(super) async fn show(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Page, Problem> {
    let nodes = nodes.operated_by(&user)?;
    let receipt = find(&nodes, &id).await?;
    let t = visit.language;
    let proven = receipt.verify(nodes.first()?.keeper().anchor(), None);
    let mut rows = Vec::new();
    let mut fact = |key: web::Text, value: String| {
        if !value.is_empty() {
            rows.push(SummaryRow::new(key.get(t), value));
        }
    };
    fact(texts::CALL, receipt.call().unwrap_or_default());
    for (key, name) in [
        (texts::CLIENT, crate::rest::CLIENT),
        (texts::PURPOSE, crate::rest::PURPOSE),
        (texts::LEGAL_BASIS, crate::rest::LEGAL_BASIS),
        (texts::CASE, crate::rest::ISSUE),
    ] {
        fact(key, receipt.request_header(&name).unwrap_or_default());
    }
    if receipt.answer.is_some() {
        fact(
            texts::FIELDS,
            receipt.answer_header(&crate::rest::FIELDS).unwrap_or_else(|| texts::ALL_FIELDS.get(t).into()),
        );
    }
    if let Ok(proven) = &proven {
        for seen in &proven.seen {
            let at = i64::try_from(seen.at_seconds).ok().and_then(|at| Timestamp::from_second(at).ok());
            let at = at.as_ref().map(super::moment).unwrap_or_default();
            let key = texts::SEEN_BY.fill(t, &[&seen.ledger]);
            rows.push(SummaryRow::new(key, format!("{}, {at}", seen.by)));
        }
        for stamped in &proven.stamped {
            let key = texts::STAMPED.fill(t, &[&stamped.ledger]);
            let at = super::moment(&stamped.stamp.at);
            rows.push(SummaryRow::new(key, format!("{at}, {}", stamped.stamp.authority)));
        }
    }
    let proven = match proven {
        Ok(proven) => Ok(match &proven.provider {
            Some(provider) => texts::PROVEN.fill(t, &[&proven.consumer, provider]),
            None => texts::PROVEN_REQUEST.fill(t, &[&proven.consumer]),
        }),
        Err(error) => Err(texts::NOT_PROVEN.fill(t, &[&error])),
    };
    let heading = texts::MESSAGE.fill(t, &[&receipt.message]);
    let body =
        Message { t, heading: heading.clone(), id: receipt.message, facts: SummaryList::new(rows), proven };
    Ok(visit.page(heading, Html::of(&body)).with_back("/exchange/messages"))
}

/// The receipt itself, to be kept and verified offline.
pub(super) async fn receipt(
    State(nodes): State<Nodes>,
    user: CurrentUser,
    Path(id): Path<String>,
) -> Result<Text, Problem> {
    let nodes = nodes.operated_by(&user)?;
    let receipt = find(&nodes, &id).await?;
    Ok(([(header::CONTENT_TYPE, "application/json; charset=utf-8")], receipt.to_json()))
}

/// The receipt of a message, from the node that sent it, by the identifier between nodes or by the caller's own.
async fn find(nodes: &Nodes, id: &str) -> Result<Receipt, Problem> {
    // Callers that give none get `VN-<identifier>`.
    let id: Uuid = id.trim_start_matches("VN-").parse().map_err(|_| Problem::not_found())?;
    for node in nodes.iter() {
        records::catch_up(node.store(), node.ledger(), node.person_key())
            .await
            .map_err(Problem::unavailable)?;
        let logged = records::find(node.store(), id).await.map_err(Problem::unavailable)?;
        if logged.is_some_and(|logged| logged.request_sent.is_some())
            && let Some(receipt) = node.receipt(id).await.map_err(Problem::unavailable)?
        {
            return Ok(receipt);
        }
    }
    Err(Problem::not_found())
}
