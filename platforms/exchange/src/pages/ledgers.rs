//! The ledgers as C2SP tlog-tiles serves them. Hash tiles and checkpoints are public: they tell nobody anything. Entries
//! are not served, because they say who called whom and when.

use super::{Nodes, Text, plain};
use crate::records::attestations;
use axum::extract::{Path, State};
use http::header;
use ledger::{LedgerError, TileContent, TilePath};
use web::Problem;

type Tile = ([(header::HeaderName, &'static str); 2], Vec<u8>);

pub(super) async fn checkpoint(
    State(nodes): State<Nodes>,
    Path(member): Path<String>,
) -> Result<Text, Problem> {
    let node = nodes.named(&member).ok_or_else(Problem::not_found)?;
    Ok(plain(node.ledger().checkpoint().note.clone()))
}

/// The newest checkpoint that witnesses cosigned, with their cosignatures.
pub(super) async fn attested_checkpoint(
    State(nodes): State<Nodes>,
    Path(member): Path<String>,
) -> Result<Text, Problem> {
    let node = nodes.named(&member).ok_or_else(Problem::not_found)?;
    let latest =
        attestations::latest(node.store(), node.ledger_key().name()).await.map_err(Problem::unavailable)?;
    Ok(plain(latest.ok_or_else(Problem::not_found)?.note))
}

pub(super) async fn tile(
    State(nodes): State<Nodes>,
    Path((member, path)): Path<(String, String)>,
) -> Result<Tile, Problem> {
    let node = nodes.named(&member).ok_or_else(Problem::not_found)?;
    let path: TilePath = format!("tile/{path}").parse().map_err(|_| Problem::not_found())?;
    if path.content == TileContent::Entries {
        return Err(Problem::not_found());
    }
    let ledger = node.ledger().clone();
    let read = tokio::task::spawn_blocking(move || ledger.tile(&path)).await.map_err(Problem::internal)?;
    let bytes = read.map_err(|error| match error {
        LedgerError::NotFound { .. } => Problem::not_found(),
        // It lies in an archive that is away, say; whoever asks again later gets it.
        error => Problem::unavailable(error),
    })?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, bytes))
}
