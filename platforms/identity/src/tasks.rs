//! What the system does by itself after a decision: messages to people, and telling clients that a session has ended.

use crate::{
    Identity,
    gateway::{self, Message},
    records,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Batch, LeasedTask, Task};
use system::{Random, Room, TaskFailure};
use uuid::Uuid;

const SEND_MESSAGE: &str = "send-message";
const TELL_LOGOUT: &str = "tell-logout";
const APPLY_ROSTER: &str = "apply-roster";
const SEAL_APPOINTMENT: &str = "seal-appointment";
const END_USES: &str = "end-uses";

/// Whose uses of services end, and which.
#[derive(Debug, Serialize, Deserialize)]
struct EndUses {
    organisation: Uuid,
    begun_by: Timestamp,
}

/// A session that has ended, for one client.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Logout {
    pub(crate) client: String,
    pub(crate) account: Uuid,
    pub(crate) session: Uuid,
}

/// Has a message sent once the batch is durable.
pub(crate) fn send(batch: &mut Batch, room: &Room, message: &Message, now: Timestamp) {
    enqueue(batch, &room.random, SEND_MESSAGE, serde_json::json!(message), now);
}

/// Has a client told once the batch is durable.
pub(crate) fn tell_logout(batch: &mut Batch, room: &Room, logout: Logout, now: Timestamp) {
    tell_logout_by(batch, &room.random, logout, now);
}

/// The same, by whoever has the records and no room.
pub(crate) fn tell_logout_by(batch: &mut Batch, random: &Random, logout: Logout, now: Timestamp) {
    enqueue(batch, random, TELL_LOGOUT, serde_json::json!(logout), now);
}

/// Has a confirmed file with posts take effect once the batch is durable.
pub(crate) fn apply_roster(batch: &mut Batch, room: &Room, roster: Uuid, now: Timestamp) {
    enqueue(batch, &room.random, APPLY_ROSTER, serde_json::json!(roster), now);
}

/// Has the appointment of a first administrator sealed in the ledger once the batch is durable.
pub(crate) fn seal_appointment(batch: &mut Batch, random: &Random, post: Uuid, now: Timestamp) {
    enqueue(batch, random, SEAL_APPOINTMENT, serde_json::json!(post), now);
}

/// Has all uses of services in the name of an organisation ended, with their clients told, once the batch is durable.
pub(crate) fn end_uses(batch: &mut Batch, room: &Room, organisation: Uuid, now: Timestamp) {
    let uses = EndUses { organisation, begun_by: now };
    enqueue(batch, &room.random, END_USES, serde_json::json!(uses), now);
}

fn enqueue(
    batch: &mut Batch,
    random: &Random,
    kind: &'static str,
    payload: serde_json::Value,
    now: Timestamp,
) {
    let (id, key) = (random.id(now), String::new());
    batch.enqueue(Task { id, kind, key, payload: payload.to_string(), run_at: now });
}

/// Does one task.
pub(crate) async fn perform(system: &Identity, task: &LeasedTask) -> Result<(), TaskFailure> {
    let unreadable = |_| TaskFailure::fatal("what the task holds can't be read");
    match task.kind.as_str() {
        SEND_MESSAGE => {
            let message: Message = serde_json::from_str(&task.payload).map_err(unreadable)?;
            deliver(&system.room, task.id, message).await?;
        }
        TELL_LOGOUT => {
            let logout: Logout = serde_json::from_str(&task.payload).map_err(unreadable)?;
            tell(system, &logout).await?;
        }
        APPLY_ROSTER => {
            let roster: Uuid = serde_json::from_str(&task.payload).map_err(unreadable)?;
            system.apply_roster(roster).await?;
        }
        SEAL_APPOINTMENT => {
            let post: Uuid = serde_json::from_str(&task.payload).map_err(unreadable)?;
            seal(system, post).await?;
        }
        END_USES => {
            let uses: EndUses = serde_json::from_str(&task.payload).map_err(unreadable)?;
            system.end_uses(uses.organisation, uses.begun_by).await?;
        }
        kind => return Err(TaskFailure::fatal(format!("the system knows no task of the kind {kind:?}"))),
    }
    Ok(system.room.store.finish_task(task.id).await?)
}

async fn seal(system: &Identity, post: Uuid) -> Result<(), TaskFailure> {
    let store = &system.room.store;
    let Some((content, None)) = records::appointment(store, post).await? else { return Ok(()) };
    let sealed = system.room.register.seal(post, content.as_bytes()).await?;
    let mut batch = Batch::new();
    records::seal_appointment(&mut batch, post, &sealed);
    store.write(batch).await?;
    tracing::warn!(%post, entry = sealed.index, "a first administrator of officials was appointed at the command line");
    Ok(())
}

async fn deliver(room: &Room, id: Uuid, message: Message) -> Result<(), TaskFailure> {
    let post = room.post.clone();
    let written = tokio::task::spawn_blocking(move || gateway::deliver(&post, id, &message)).await;
    let written = written.map_err(|_| TaskFailure::passing("writing a message was broken off"))?;
    written.map_err(|error| TaskFailure::passing(format!("a message can't be written: {}", error.kind())))
}

async fn tell(system: &Identity, logout: &Logout) -> Result<(), TaskFailure> {
    let registration = records::client(&system.room.store, &logout.client).await?;
    let Some(registration) = registration else { return Ok(()) };
    let Some(address) = registration.backchannel_logout_uri.clone() else { return Ok(()) };
    let token = system.logout_token(&logout.client, &registration, logout.account, logout.session).await;
    let token = token.map_err(|error| TaskFailure::passing(error.to_string()))?;
    let token = token.ok_or_else(|| TaskFailure::passing("a logout token can't be signed"))?;
    let form = serde_urlencoded::to_string([("logout_token", token)]).unwrap_or_default();
    system.outgoing.post_form(&address, form).await.map_err(|error| TaskFailure::passing(error.to_string()))
}
