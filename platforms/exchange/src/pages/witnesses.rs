//! Who attests the ledgers, and ledgers that are not what they were. Public: checkpoints tell nothing of messages.

use super::{Nodes, Text, plain};
use crate::{
    records::{attestations, witnessed},
    texts,
    witness::hex,
};
use askama::Template;
use axum::extract::{Path, State};
use ledger::{ForkKind, HASH_BYTES, Hash};
use web::{Html, Language, Page, Problem, Visit};

#[derive(Template)]
#[template(path = "witnesses.html")]
struct Witnesses {
    t: Language,
    attesters: Vec<Attester>,
    witnessed: Vec<Witnessed>,
    forks: Vec<Fork>,
}

/// How somebody answers a node.
struct Attester {
    code: String,
    name: String,
    entries: u64,
    at: String,
    fault: String,
}

/// A ledger that a node is a witness of.
struct Witnessed {
    code: String,
    ledger: String,
    entries: u64,
    at: String,
}

/// Evidence against a ledger.
struct Fork {
    id: String,
    ledger: String,
    at: String,
    meaning: String,
}

pub(super) async fn show(State(nodes): State<Nodes>, visit: Visit) -> Result<Page, Problem> {
    let t = visit.language;
    let mut page = Witnesses { t, attesters: Vec::new(), witnessed: Vec::new(), forks: Vec::new() };
    for node in nodes.iter() {
        let code = || node.id().rsplit('/').next().unwrap_or_default().to_owned();
        let attesters = attestations::attesters(node.store(), node.ledger_key().name())
            .await
            .map_err(Problem::unavailable)?;
        page.attesters.extend(attesters.into_iter().map(|attester| Attester {
            code: code(),
            name: attester.name,
            entries: attester.size,
            at: attester.attested_at.as_ref().map(super::moment).unwrap_or_default(),
            fault: attester.fault,
        }));
        let witnessed = witnessed::all(node.store()).await.map_err(Problem::unavailable)?;
        page.witnessed.extend(witnessed.into_iter().map(|known| Witnessed {
            code: code(),
            ledger: name_of(&known.ledger),
            entries: known.size,
            at: super::moment(&known.at),
        }));
        let forks = witnessed::forks(node.store()).await.map_err(Problem::unavailable)?;
        page.forks.extend(forks.into_iter().map(|fork| Fork {
            id: hex(fork.id.as_bytes()),
            ledger: name_of(&fork.ledger),
            at: super::moment(&fork.at),
            meaning: meaning(fork.kind).get(t).to_owned(),
        }));
    }
    Ok(visit.page(texts::WITNESSES.get(t), Html::of(&page)).with_back("/exchange"))
}

fn meaning(kind: ForkKind) -> web::Text {
    match kind {
        ForkKind::TwoRoots => texts::FORK_TWO_ROOTS,
        ForkKind::OtherBeginning => texts::FORK_OTHER_BEGINNING,
        ForkKind::Unproven => texts::FORK_UNPROVEN,
    }
}

/// The name in a verifier key.
fn name_of(key: &str) -> String {
    key.split('+').next().unwrap_or_default().to_owned()
}

/// The evidence itself: two statements of one ledger, both signed by it.
pub(super) async fn fork(State(nodes): State<Nodes>, Path(id): Path<String>) -> Result<Text, Problem> {
    let id = parse_id(&id).ok_or_else(Problem::not_found)?;
    for node in nodes.iter() {
        if let Some(fork) = witnessed::fork_of(node.store(), id).await.map_err(Problem::unavailable)? {
            return Ok(plain(fork.evidence));
        }
    }
    Err(Problem::not_found())
}

fn parse_id(text: &str) -> Option<Hash> {
    let digits = text.as_bytes();
    if digits.len() != 2 * HASH_BYTES || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; HASH_BYTES];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Hash::new(bytes))
}
