//! Receipts: all that proves a call offline, in one document.
//!
//! A receipt holds, for the request and for the answer, the head's and the body's digest with the salt, the entry they
//! make, the proof that the sender's ledger holds the entry, and the centre's statement about that ledger's key. Whoever
//! trusts the centre's key needs nothing else. As soon as witnesses have cosigned a checkpoint that covers the entry, the
//! proof leads to that checkpoint, and the receipt says who saw it when, and by which time stamp it was there.

use crate::{
    directory::{open_statement, open_time_stamp_statement, open_witness_statement},
    message::{Annex, AnswerHead, Entry, Event, MessageHash, RequestHead, Seal, SeenCheckpoints},
    node::Node,
    records::{self, Logged, RecordsError, attestations},
    rest,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use contracts::SystemId;
use http::HeaderName;
use ledger::{CosignerKey, Hash, LedgerError, SignedCheckpoint, TlogProof, VerifierKey};
use pki::{TimeStamp, time_stamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use thiserror::Error;
use uuid::Uuid;

/// Largest receipt, in bytes.
pub const RECEIPT_LIMIT_BYTES: usize = 512 * 1024;
/// How often the log is looked at again for an answer that is on its way into it.
const ANSWER_TRIES: u32 = 25;
/// How long to wait before looking again, in milliseconds.
const ANSWER_TRY_MILLIS: u64 = 20;
/// The form that this version writes and reads.
const FORM: &str = "lienthong-receipt/v1";

/// A receipt of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// [`FORM`].
    form: String,
    /// Identifier of the message.
    pub message: Uuid,
    /// What the consumer sent.
    pub request: Evidence,
    /// What the provider answered; absent when no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Evidence>,
}

/// What proves one of the two messages of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The node that sealed it.
    pub node: String,
    /// The centre's signed statement about that node's ledger.
    pub statement: String,
    /// The head, as text.
    pub head: String,
    /// SHA-256 of the body in base64; absent for a message without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_sha256: Option<String>,
    /// The salt of the entry's digest, in base64.
    pub salt: String,
    /// The entry.
    pub entry: String,
    /// The proof that the ledger holds it (C2SP tlog-proof).
    pub proof: String,
    /// The centre's statements about the witnesses that cosigned the proof's checkpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<String>,
    /// A time stamp over the proof's checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_stamp: Option<StampEvidence>,
}

/// A time stamp and who vouches for its authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StampEvidence {
    /// The token over the checkpoint's text (RFC 3161), base64 of its DER.
    pub token: String,
    /// The centre's statement about the authority.
    pub authority: String,
}

/// What a verified receipt proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The node that sealed the request.
    pub consumer: String,
    /// The node that sealed the answer, when there is one.
    pub provider: Option<String>,
    /// The system that called.
    pub client: String,
    /// Method and target of the request.
    pub call: String,
    /// Status of the answer, when there is one.
    pub status: Option<String>,
    /// When the request was sealed, microseconds since 1970 UTC, by the consumer's clock.
    pub sealed_micros: Option<i64>,
    /// Who else saw the logs.
    pub seen: Vec<Seen>,
    /// When the logs held the messages at the latest, by time-stamp authorities.
    pub stamped: Vec<Stamped>,
}

/// A time by which a log held the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    /// The node whose log it is.
    pub ledger: String,
    /// What the authority says.
    pub stamp: TimeStamp,
}

/// Somebody who attests that a log held the message at a time, and has not been rewritten before it since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The node whose log it is.
    pub ledger: String,
    /// The node that witnessed it.
    pub by: String,
    /// When, in seconds since 1970 UTC, by the witness's clock.
    pub at_seconds: u64,
}

/// Why a receipt proves nothing.
#[derive(Debug, Error)]
pub enum ReceiptError {
    /// Not of its form.
    #[error("the receipt can't be read: {0}")]
    Form(String),
    /// The centre has not signed the statement about a node.
    #[error("the {part}'s node is not vouched for by the centre's key: {fault}")]
    Statement {
        /// `request` or `answer`.
        part: &'static str,
        /// What was wrong.
        fault: String,
    },
    /// The entry does not stand for the head and body.
    #[error("the {0} was altered: its head and body do not make the digest in the log")]
    Altered(&'static str),
    /// A witness did not cosign the checkpoint.
    #[error("the {part} names a witness whose cosignature does not hold: {fault}")]
    Witness {
        /// `request` or `answer`.
        part: &'static str,
        /// What was wrong.
        fault: String,
    },
    /// The time stamp is none of the checkpoint.
    #[error("the {part} has a time stamp that does not hold: {fault}")]
    TimeStamp {
        /// `request` or `answer`.
        part: &'static str,
        /// What was wrong.
        fault: String,
    },
    /// The ledger does not hold the entry.
    #[error("the {part} is not in the log of {node}: {fault}")]
    Proof {
        /// `request` or `answer`.
        part: &'static str,
        /// The node.
        node: String,
        /// What was wrong.
        fault: String,
    },
    /// The answer belongs to another request.
    #[error("the answer does not belong to the request: the hash it names is another")]
    OtherRequest,
    /// The message that was given is not the one of the receipt.
    #[error("the message given is neither the request's body nor the answer's")]
    OtherMessage,
    /// The log can't be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The log can't be searched.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

impl Receipt {
    /// The receipt of a request that no answer came to.
    #[cfg(feature = "testing")]
    pub(crate) fn of_request(message: Uuid, request: Evidence) -> Self {
        Self { form: FORM.into(), message, request, answer: None }
    }

    /// Reads a receipt.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        if text.len() > RECEIPT_LIMIT_BYTES {
            return Err(ReceiptError::Form(format!("it is larger than {RECEIPT_LIMIT_BYTES} bytes")));
        }
        let receipt: Self =
            serde_json::from_str(text).map_err(|error| ReceiptError::Form(error.to_string()))?;
        if receipt.form != FORM {
            return Err(ReceiptError::Form(format!(
                "its form is {:?}, not {FORM:?}; use the version that wrote it",
                receipt.form
            )));
        }
        Ok(receipt)
    }

    /// Writes it.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The system that called, as the request's head says.
    pub fn client(&self) -> Option<SystemId> {
        rest::client(&self.request_head()?.headers).ok()
    }

    /// Method and target of the request.
    pub fn call(&self) -> Option<String> {
        let head = self.request_head()?;
        Some(format!("{} {}", head.method, head.target.write()))
    }

    /// A header of the request.
    pub fn request_header(&self, name: &HeaderName) -> Option<String> {
        rest::text(&self.request_head()?.headers, name)
    }

    /// A header of the answer.
    pub fn answer_header(&self, name: &HeaderName) -> Option<String> {
        let head = AnswerHead::parse(Bytes::copy_from_slice(self.answer.as_ref()?.head.as_bytes())).ok()?;
        rest::text(&head.headers, name)
    }

    fn request_head(&self) -> Option<RequestHead> {
        RequestHead::parse(Bytes::copy_from_slice(self.request.head.as_bytes())).ok()
    }

    /// Verifies everything the receipt holds. `anchor` is the centre's key; `message` the body of the request or of the
    /// answer, when there is one to compare.
    pub fn verify(&self, anchor: &VerifierKey, message: Option<&[u8]>) -> Result<Proven, ReceiptError> {
        let request_hash = self.request.verify("request", Event::RequestSent, self.message, anchor)?;
        let mut seen = self.request.seen("request", anchor)?;
        let mut stamped = Vec::from_iter(self.request.stamped("request", anchor)?);
        let form = |error: crate::message::MessageError| ReceiptError::Form(error.to_string());
        let head = RequestHead::parse(Bytes::copy_from_slice(self.request.head.as_bytes())).map_err(form)?;
        let mut status = None;
        if let Some(answer) = &self.answer {
            answer.verify("answer", Event::AnswerSent, self.message, anchor)?;
            seen.extend(answer.seen("answer", anchor)?);
            stamped.extend(answer.stamped("answer", anchor)?);
            let answer_head =
                AnswerHead::parse(Bytes::copy_from_slice(answer.head.as_bytes())).map_err(form)?;
            let names = rest::text(&answer_head.headers, &rest::REQUEST_HASH);
            if names.is_none_or(|hash| hash != request_hash.to_string()) {
                return Err(ReceiptError::OtherRequest);
            }
            status = Some(answer_head.status.to_string());
        }
        if let Some(message) = message {
            let digest = BASE64.encode(crate::body::sha256(&[message]));
            let bodies = [Some(&self.request), self.answer.as_ref()];
            if !bodies.into_iter().flatten().any(|evidence| evidence.body_sha256.as_deref() == Some(&digest))
            {
                return Err(ReceiptError::OtherMessage);
            }
        }
        Ok(Proven {
            consumer: self.request.node.clone(),
            provider: self.answer.as_ref().map(|answer| answer.node.clone()),
            client: self.client().map(|client| client.to_string()).unwrap_or_default(),
            call: format!("{} {}", head.method, head.target.write()),
            status,
            sealed_micros: rest::text(&head.headers, &rest::TIME).and_then(|time| time.parse().ok()),
            seen,
            stamped,
        })
    }
}

impl Evidence {
    fn verify(
        &self,
        part: &'static str,
        event: Event,
        id: Uuid,
        anchor: &VerifierKey,
    ) -> Result<MessageHash, ReceiptError> {
        let (node, key) = open_statement(&self.statement, anchor)
            .map_err(|error| ReceiptError::Statement { part, fault: error.to_string() })?;
        if node != self.node {
            return Err(ReceiptError::Statement {
                part,
                fault: format!("the statement is about {node}, not {}", self.node),
            });
        }
        let form = |fault: &str| ReceiptError::Form(format!("{part}: {fault}"));
        let salt: [u8; 16] = decode(&self.salt).ok_or_else(|| form("the salt is not base64 of 16 bytes"))?;
        let body = match &self.body_sha256 {
            Some(text) => {
                Some(decode::<32>(text).ok_or_else(|| form("the body's digest is not base64 of 32 bytes"))?)
            }
            None => None,
        };
        let hash = MessageHash::of(self.head.as_bytes(), body.as_ref());
        let entry: Entry = self.entry.parse().map_err(|_| form("the entry is not a message entry"))?;
        if entry != (Entry { event, id, digest: hash.commit(&salt) }) {
            return Err(ReceiptError::Altered(part));
        }
        let proof = self.tlog_proof(part)?;
        let leaf = ledger::leaf_hash(self.entry.as_bytes());
        proof.verify(&leaf, &key).map_err(|error| ReceiptError::Proof {
            part,
            node: self.node.clone(),
            fault: error.to_string(),
        })?;
        Ok(hash)
    }

    fn tlog_proof(&self, part: &'static str) -> Result<TlogProof, ReceiptError> {
        self.proof.parse().map_err(|error: ledger::ProofError| ReceiptError::Form(format!("{part}: {error}")))
    }

    /// Who cosigned the checkpoint of the proof. Every witness that is named must have.
    fn seen(&self, part: &'static str, anchor: &VerifierKey) -> Result<Vec<Seen>, ReceiptError> {
        let proof = self.tlog_proof(part)?;
        let fault = |fault: String| ReceiptError::Witness { part, fault };
        self.witnesses
            .iter()
            .map(|statement| {
                let (by, key) =
                    open_witness_statement(statement, anchor).map_err(|error| fault(error.to_string()))?;
                let at_seconds = key.verify(&proof.checkpoint).map_err(|error| fault(error.to_string()))?;
                Ok(Seen { ledger: self.node.clone(), by, at_seconds })
            })
            .collect()
    }

    /// When the checkpoint of the proof was stamped.
    fn stamped(&self, part: &'static str, anchor: &VerifierKey) -> Result<Option<Stamped>, ReceiptError> {
        let Some(evidence) = &self.time_stamp else { return Ok(None) };
        let fault = |fault: String| ReceiptError::TimeStamp { part, fault };
        let (_, roots) = open_time_stamp_statement(&evidence.authority, anchor)
            .map_err(|error| fault(error.to_string()))?;
        let token =
            BASE64.decode(&evidence.token).map_err(|_| fault("the token is not base64".to_owned()))?;
        let digest = stamped_digest(&self.tlog_proof(part)?.checkpoint);
        let stamp = time_stamp::verify(&token, digest.as_bytes(), &roots)
            .map_err(|error| fault(error.to_string()))?;
        Ok(Some(Stamped { ledger: self.node.clone(), stamp }))
    }
}

/// What is stamped of a checkpoint: its text, without the signatures.
fn stamped_digest(note: &str) -> Hash {
    let text = note.split_once("\n\n").map_or(note, |(text, _)| text);
    Hash::of(format!("{text}\n").as_bytes())
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64.decode(text).ok()?.try_into().ok()
}

/// The receipt of a message that this node sent or answered, from its log; `None` when it knows no such message.
pub async fn of_message(node: &Node, id: Uuid) -> Result<Option<Receipt>, ReceiptError> {
    let Some(places) = places(node, id).await? else { return Ok(None) };
    let request = match (places.request_sent, places.request_received) {
        (Some(index), _) => own(node, index).await?,
        (None, Some(index)) => peers(node, index, Event::RequestSent)?,
        (None, None) => return Ok(None),
    };
    let answer = match (places.answer_sent, places.answer_received) {
        (Some(index), _) => Some(own(node, index).await?),
        (None, Some(index)) => Some(peers(node, index, Event::AnswerSent)?),
        (None, None) => None,
    };
    Ok(Some(Receipt { form: FORM.into(), message: id, request, answer }))
}

/// Where the log holds a message. The entry of an answer that was taken waits for nobody, so the caller may ask before it
/// is there; it is given a moment to come.
async fn places(node: &Node, id: Uuid) -> Result<Option<Logged>, ReceiptError> {
    let mut tries = 0;
    loop {
        records::catch_up(&node.store, &node.ledger, node.person_key()).await?;
        let found =
            records::find_in(&node.store, node.ledger_key.name(), id).await.map_err(RecordsError::from)?;
        let awaits_answer = found
            .as_ref()
            .is_some_and(|places| places.request_sent.is_some() && places.answer_received.is_none());
        if !awaits_answer || tries == ANSWER_TRIES {
            return Ok(found);
        }
        tries += 1;
        tokio::time::sleep(Duration::from_millis(ANSWER_TRY_MILLIS)).await;
    }
}

/// Evidence of a message that this node sealed.
async fn own(node: &Node, index: u64) -> Result<Evidence, ReceiptError> {
    let attested = attested(node, index).await?;
    let (checkpoint, token) = attested.unwrap_or_else(|| ((*node.ledger.checkpoint()).clone(), None));
    let proof = node.ledger.inclusion(index, checkpoint.checkpoint.size)?;
    let entry = String::from_utf8_lossy(&node.ledger.entry(index)?).into_owned();
    let annex = annex(node, index)?;
    let proof = TlogProof { extra: None, index, proof, checkpoint: checkpoint.note };
    let witnesses = witnesses_in(node, &proof.checkpoint);
    let time_stamp = token.and_then(|token| stamp_evidence(node, &proof.checkpoint, &token));
    Ok(Evidence { witnesses, time_stamp, ..evidence(node, &node.id, &annex, annex.salt, entry, &proof) })
}

/// The first attested checkpoint that covers the entry, with its time stamp. One that this ledger has not reached is of
/// another state of it, from before it was put back, and proves nothing here.
async fn attested(
    node: &Node,
    index: u64,
) -> Result<Option<(SignedCheckpoint, Option<Vec<u8>>)>, ReceiptError> {
    let covering = attestations::covering(&node.store, node.ledger_key.name(), index)
        .await
        .map_err(RecordsError::from)?;
    let Some(attestation) = covering else { return Ok(None) };
    let signed = SignedCheckpoint::open(&attestation.note, &node.ledger.verifier_keys()).ok();
    let signed = signed.filter(|signed| signed.checkpoint.size <= node.ledger.checkpoint().checkpoint.size);
    Ok(signed.map(|signed| (signed, attestation.time_stamp)))
}

/// A token with the centre's statement about the authority whose root it leads to.
fn stamp_evidence(node: &Node, note: &str, token: &[u8]) -> Option<StampEvidence> {
    let digest = stamped_digest(note);
    let directory = node.keeper.current()?;
    let leads_to = |root: &str| {
        let roots = pki::tls::parse_roots(root).ok();
        roots.is_some_and(|roots| time_stamp::verify(token, digest.as_bytes(), &roots).is_ok())
    };
    let mut authorities = directory.directory.time_stamp_authorities.iter();
    let authority = authorities.find(|authority| leads_to(&authority.root))?.statement.clone();
    Some(StampEvidence { token: BASE64.encode(token), authority })
}

/// The centre's statements about the witnesses that cosigned a checkpoint.
fn witnesses_in(node: &Node, note: &str) -> Vec<String> {
    let Some(directory) = node.keeper.current() else { return Vec::new() };
    let cosigned = |key: &str| key.parse::<CosignerKey>().is_ok_and(|key| key.verify(note).is_ok());
    let witnesses = directory.directory.witnesses.iter().filter(|witness| cosigned(&witness.key));
    witnesses.map(|witness| witness.statement.clone()).collect()
}

/// Evidence of a message that a peer sealed, from what this node logged on taking it.
fn peers(node: &Node, index: u64, event: Event) -> Result<Evidence, ReceiptError> {
    let annex = annex(node, index)?;
    let form = |fault: String| ReceiptError::Form(fault);
    let directory = node.keeper.current().ok_or_else(|| form("this node has no directory".into()))?;
    let entry = directory.node(&annex.peer);
    let entry = entry.ok_or_else(|| form(format!("the directory has no node {}", annex.peer)))?;
    let seen = SeenCheckpoints::new(entry.all_keys());
    let encoded = annex.seal.clone().ok_or_else(|| form("the log holds no seal of the peer".into()))?;
    let seal = Seal::decode(encoded, &seen).map_err(|error| form(error.to_string()))?;
    let hash = MessageHash::of(&annex.head, annex.body.as_ref());
    let own_entry: Entry = String::from_utf8_lossy(&node.ledger.entry(index)?)
        .parse()
        .map_err(|error: crate::message::MessageError| form(error.to_string()))?;
    let entry = Entry { event, id: own_entry.id, digest: hash.commit(&seal.salt) };
    let proof = TlogProof {
        extra: None,
        index: seal.index,
        proof: seal.proof,
        checkpoint: seal.checkpoint.note.clone(),
    };
    Ok(evidence(node, &annex.peer, &annex, seal.salt, entry.to_string(), &proof))
}

fn annex(node: &Node, index: u64) -> Result<Annex, ReceiptError> {
    Annex::decode(node.ledger.annex(index)?.into()).map_err(|error| ReceiptError::Form(error.to_string()))
}

fn evidence(
    node: &Node,
    sealed_by: &str,
    annex: &Annex,
    salt: [u8; 16],
    entry: String,
    proof: &TlogProof,
) -> Evidence {
    let directory = node.keeper.current();
    let listed = directory.as_ref().and_then(|directory| directory.node(sealed_by));
    let statement = listed.map_or("", |node| node.statement_of(&proof.checkpoint));
    Evidence {
        node: sealed_by.into(),
        statement: statement.into(),
        head: String::from_utf8_lossy(&annex.head).into_owned(),
        body_sha256: annex.body.map(|digest| BASE64.encode(digest)),
        salt: BASE64.encode(salt),
        entry,
        proof: proof.to_string(),
        witnesses: Vec::new(),
        time_stamp: None,
    }
}
