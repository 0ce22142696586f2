//! This node as a witness of other nodes' ledgers (C2SP tlog-witness v1.0).
//!
//! A witness cosigns a checkpoint only if the ledger has grown from the one it cosigned last; whoever holds a cosigned
//! checkpoint knows that the ledger shows everybody the same. A request needs no authentication but the ledger's own
//! signature, so it comes over plain HTTP: `POST /exchange/witness/<member code>/add-checkpoint`.

use crate::{
    directory::NodeEntry,
    node::Node,
    records::witnessed::{self, Witnessed},
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{StatusCode, header};
use ledger::{
    ADD_CHECKPOINT_LIMIT_BYTES, AddCheckpoint, CosignatureSigner, Fork, Hash, NoteError, Refusal,
    SignedCheckpoint, judge,
};
use std::sync::Arc;
use store::StoreError;
use thiserror::Error;

/// How often a request is judged anew because another one was faster.
const TRIES: u32 = 4;
/// Media type of the size that a witness knows of a ledger.
pub(crate) const SIZE_MEDIA_TYPE: &str = "text/x.tlog.size";

/// A node that cosigns the checkpoints of others.
pub struct Witness {
    node: Arc<Node>,
    signer: CosignatureSigner,
}

/// Why a witness does not cosign.
#[derive(Debug, Error)]
pub enum WitnessError {
    /// The directory has no such ledger, or it is the witness's own.
    #[error("this witness knows no ledger of the name {0:?}; the directory must list it")]
    UnknownLedger(String),
    /// By the rules.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The key that cosigns can't be used.
    #[error("the witness can't cosign: {0}")]
    Key(#[from] NoteError),
    /// What was cosigned can't be read or kept.
    #[error("the witness can't keep what it cosigns: {0}")]
    Store(#[from] StoreError),
}

impl Witness {
    /// This node as a witness with this key.
    pub fn new(node: Arc<Node>, signer: CosignatureSigner) -> Self {
        Self { node, signer }
    }

    /// Judges a request. When the ledger has grown as it should, the checkpoint is kept and the cosignature's line
    /// returned; when it was forked, the evidence is kept.
    pub async fn add_checkpoint(&self, request: &str) -> Result<String, WitnessError> {
        let request: AddCheckpoint = request.parse()?;
        let origin = request.checkpoint.lines().next().unwrap_or_default();
        let log = self.ledger_of(origin).ok_or_else(|| WitnessError::UnknownLedger(origin.into()))?;
        let mut tries = 0;
        loop {
            match self.judge_once(&log, &request).await {
                Err(WitnessError::Store(StoreError::Conflict { .. })) if tries < TRIES => tries += 1,
                judged => return judged,
            }
        }
    }

    async fn judge_once(&self, log: &NodeEntry, request: &AddCheckpoint) -> Result<String, WitnessError> {
        // By its first key, so that a ledger whose key was rolled stays the one that is known.
        let ledger = log.first_key().to_owned();
        let known = witnessed::of_ledger(&self.node.store, &ledger).await?;
        let keys = log.all_keys();
        let checkpoint = known.as_ref().map(|known| SignedCheckpoint::open(&known.note, &keys)).transpose();
        let checkpoint = checkpoint.map_err(Refusal::from)?.map(|signed| signed.checkpoint);
        let now = self.node.clock.now();
        let new = match judge(&log.keys_at(now), checkpoint.as_ref(), request) {
            Ok(new) => new,
            Err(refusal) => {
                if let (Some(kind), Some(known)) = (refusal.fork(), known) {
                    tracing::error!(node = log.id, reason = %refusal, "a ledger is not what it was; the evidence is kept");
                    metrics::counter!("exchange_forks_found_total").increment(1);
                    let evidence = Fork { witnessed: known.note, request: request.clone() };
                    witnessed::keep_fork(&self.node.store, &ledger, kind, &evidence, now).await?;
                }
                return Err(refusal.into());
            }
        };
        let line = self.signer.cosign(&new, now.as_second().unsigned_abs())?;
        let (size, note) = (new.checkpoint.size, format!("{}{line}", new.note));
        let witnessed = Witnessed { ledger, size, at: now, note };
        witnessed::keep(&self.node.store, request.old, &witnessed).await?;
        Ok(line)
    }

    /// The node that has the ledger of this name, by the directory. Nobody is a witness of itself.
    fn ledger_of(&self, origin: &str) -> Option<NodeEntry> {
        let directory = self.node.keeper.current()?;
        let mut nodes = directory.directory.nodes.iter().filter(|node| *node.id != *self.node.id);
        nodes.find(|node| node.ledger.split('+').next() == Some(origin)).cloned()
    }
}

/// What these witnesses answer, to be mounted under `/exchange/witness`. No page and no form: nothing here looks at a
/// session.
pub fn routes(witnesses: Vec<Arc<Witness>>) -> Router {
    Router::new()
        .route("/{member}/add-checkpoint", post(add_checkpoint))
        .route("/{member}/{ledger}/checkpoint", get(checkpoint))
        .layer(DefaultBodyLimit::max(ADD_CHECKPOINT_LIMIT_BYTES))
        .with_state(Arc::<[Arc<Witness>]>::from(witnesses))
}

type Witnesses = State<Arc<[Arc<Witness>]>>;

fn named<'a>(witnesses: &'a [Arc<Witness>], member: &str) -> Option<&'a Arc<Witness>> {
    witnesses.iter().find(|witness| witness.node.id.rsplit('/').next() == Some(member))
}

async fn add_checkpoint(
    State(witnesses): Witnesses,
    Path(member): Path<String>,
    request: String,
) -> Response {
    let Some(witness) = named(&witnesses, &member) else { return StatusCode::NOT_FOUND.into_response() };
    match witness.add_checkpoint(&request).await {
        Ok(line) => line.into_response(),
        Err(error) => refusal(&error),
    }
}

fn refusal(error: &WitnessError) -> Response {
    match error {
        WitnessError::UnknownLedger(_) => (StatusCode::NOT_FOUND, format!("{error}\n")).into_response(),
        WitnessError::Refused(Refusal::OtherSize { witnessed: size } | Refusal::TwoRoots { size }) => {
            (StatusCode::CONFLICT, [(header::CONTENT_TYPE, SIZE_MEDIA_TYPE)], format!("{size}\n"))
                .into_response()
        }
        WitnessError::Refused(refusal) => {
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
            (status, format!("{error}\n")).into_response()
        }
        WitnessError::Store(_) | WitnessError::Key(_) => {
            tracing::error!(%error, "a witness can't do its work");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// The checkpoint that was cosigned last, of the ledger whose name has this SHA-256 in hexadecimal.
async fn checkpoint(State(witnesses): Witnesses, Path((member, ledger)): Path<(String, String)>) -> Response {
    let Some(witness) = named(&witnesses, &member) else { return StatusCode::NOT_FOUND.into_response() };
    let Some(directory) = witness.node.keeper.current() else { return StatusCode::NOT_FOUND.into_response() };
    let mut ledgers = directory.directory.nodes.iter().map(NodeEntry::first_key);
    let name = |key: &str| key.split('+').next().unwrap_or_default().to_owned();
    let Some(key) = ledgers.find(|key| ledger_path(&name(key)) == ledger) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match witnessed::of_ledger(&witness.node.store, key).await {
        Ok(Some(known)) => known.note.into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// What stands for the ledger of this name in a witness's addresses: `<witness>/<this>/checkpoint`.
pub fn ledger_path(name: &str) -> String {
    hex(Hash::of(name.as_bytes()).as_bytes())
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
