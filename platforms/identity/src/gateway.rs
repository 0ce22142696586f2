//! The way to phones and mailboxes: a folder in which each message is one file, to be picked up by the agency's gateways for
//! SMS and e-mail. In the sandbox nobody picks them up, and whoever wants to be somebody reads them there.

use crate::model::{Contact, ContactKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{io::Write as _, path::Path};
use uuid::Uuid;

/// Name of the folder of each gateway.
fn folder(kind: ContactKind) -> &'static str {
    match kind {
        ContactKind::Phone => "sms",
        ContactKind::Email => "email",
    }
}

/// A message, as the task that sends it holds it and as the gateway finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    /// To whom.
    pub(crate) to: Contact,
    /// What it says.
    pub(crate) text: String,
    /// When it was written.
    pub(crate) at: Timestamp,
}

/// Writes a message for its gateway, whole or not at all. The same message written twice is one file.
pub(crate) fn deliver(post: &Path, id: Uuid, message: &Message) -> std::io::Result<()> {
    let folder = post.join(folder(message.to.kind));
    std::fs::create_dir_all(&folder)?;
    let (file, unfinished) = (folder.join(format!("{id}.json")), folder.join(format!("{id}.unfinished")));
    let mut writing = std::fs::File::create(&unfinished)?;
    writing.write_all(&serde_json::to_vec_pretty(message)?)?;
    writing.sync_all()?;
    std::fs::rename(unfinished, file)
}
