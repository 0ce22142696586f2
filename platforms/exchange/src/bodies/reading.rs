//! Reading a body back from the archive. Who reads it, when and why is sealed in the ledger before it is handed over.

use super::BodyName;
use crate::{
    body::{Body, BodyError},
    message::{Annex, Entry, Event, MessageHash},
    node::Node,
    records::{self, Logged, RecordsError, readings::ReadingRow},
    siblings,
};
use jiff::Timestamp;
use ledger::LedgerError;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use store::StoreError;
use system::{Register, RegisterError};
use thiserror::Error;
use uuid::Uuid;

/// That somebody read a body. Its JSON is the record that the ledger seals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reading {
    pub(crate) message: Uuid,
    /// What happened to the body that was read, by its word in the log.
    pub(crate) event: String,
    pub(crate) at: Timestamp,
    /// Whoever read it, by the name of their token.
    pub(crate) by: String,
    pub(crate) reason: String,
}

/// Why a body can't be had from the archive.
#[derive(Debug, Error)]
pub enum BodyReadError {
    /// The node has no archive, does not know the message, or the message has no such body.
    #[error("the archive has no such body")]
    NotThere,
    /// It can't be read.
    #[error("the body can't be read from the archive: {0}")]
    Body(BodyError),
    /// What was read is not what was sealed.
    #[error("the body in the archive is not the one whose digest the ledger holds")]
    Altered,
    /// The log.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The searchable log.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// The reading could not be sealed, so the body is not handed over.
    #[error("the reading can't be noted: {0}")]
    Register(#[from] RegisterError),
    /// The same.
    #[error("the reading can't be noted: {0}")]
    Store(#[from] StoreError),
}

impl Node {
    /// Which bodies of a message its archive has, if the message has them and they are not too old.
    pub(crate) async fn bodies_of(&self, id: Uuid) -> Result<Vec<Event>, BodyReadError> {
        let Some(logged) = self.logged(id).await? else { return Ok(Vec::new()) };
        let events = [Event::RequestSent, Event::RequestReceived, Event::AnswerSent, Event::AnswerReceived];
        Ok(events.into_iter().filter(|event| index_of(&logged, *event).is_some()).collect())
    }

    /// Who read the bodies of a message here.
    pub(crate) async fn readings_of(&self, id: Uuid) -> Result<Vec<Reading>, StoreError> {
        let contents = records::readings::of_message(&self.store, id).await?;
        Ok(contents.iter().filter_map(|content| serde_json::from_str(content).ok()).collect())
    }

    /// A body, checked against the ledger. The reading is sealed first: a body that nobody is noted to have read was read by
    /// nobody.
    pub(crate) async fn read_body(&self, event: Event, reading: Reading) -> Result<Body, BodyReadError> {
        let (Some(bodies), Some(logged)) = (self.bodies(), self.logged(reading.message).await?) else {
            return Err(BodyReadError::NotThere);
        };
        let index = index_of(&logged, event).ok_or(BodyReadError::NotThere)?;
        let (ledger, bodies, limits) = (self.ledger.clone(), bodies.clone(), self.limits.clone());
        let id = reading.message;
        let found = tokio::task::spawn_blocking(move || {
            let item = ledger.items(index, 1)?.pop().ok_or(BodyReadError::NotThere)?;
            let annex = Annex::decode(item.annex.into()).map_err(|_| BodyReadError::Altered)?;
            let digest = annex.body.ok_or(BodyReadError::NotThere)?;
            let hash = MessageHash::of(&annex.head, Some(&digest));
            if Entry::of_bytes(&item.entry) != Some(Entry { event, id, digest: hash.commit(&annex.salt) }) {
                return Err(BodyReadError::Altered);
            }
            let at = Timestamp::from_microsecond(annex.at_micros).map_err(|_| BodyReadError::Altered)?;
            let name = BodyName { at, id, event, digest };
            let limit = limits.body_bytes.max(annex.body_bytes);
            let body = bodies.read(&name, limits.spool_dir.clone(), limit).map_err(|error| match error {
                BodyError::Disk(error) if error.kind() == ErrorKind::NotFound => BodyReadError::NotThere,
                error => BodyReadError::Body(error),
            })?;
            if body.digest == digest { Ok(body) } else { Err(BodyReadError::Altered) }
        });
        let body = found.await.map_err(|_| LedgerError::Closed)??;
        self.note_reading(&reading).await?;
        Ok(body)
    }

    async fn note_reading(&self, reading: &Reading) -> Result<(), BodyReadError> {
        let record = self.random.id(reading.at);
        let content = serde_json::to_string(reading).map_err(|_| BodyReadError::Altered)?;
        let register = Register::new(siblings::SYSTEM, self.ledger.clone(), self.random.clone());
        let sealed = register.seal(record, content.as_bytes()).await?;
        let index = sealed.index;
        let row = ReadingRow {
            id: record,
            message: reading.message,
            at: reading.at,
            content,
            salt: sealed.salt,
            index,
        };
        Ok(records::readings::put(&self.store, row).await?)
    }

    async fn logged(&self, id: Uuid) -> Result<Option<Logged>, BodyReadError> {
        records::catch_up(&self.store, &self.ledger, self.person_key()).await?;
        Ok(records::find_in(&self.store, self.ledger_key.name(), id).await?)
    }
}

fn index_of(logged: &Logged, event: Event) -> Option<u64> {
    match event {
        Event::RequestSent => logged.request_sent,
        Event::RequestReceived => logged.request_received,
        Event::AnswerSent => logged.answer_sent,
        Event::AnswerReceived => logged.answer_received,
    }
}
