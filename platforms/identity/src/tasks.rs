//! What the system does by itself after a decision: messages to people.

use crate::gateway::{self, Message};
use jiff::Timestamp;
use store::{Batch, LeasedTask, Task};
use system::{Room, TaskFailure};

const SEND_MESSAGE: &str = "send-message";

/// Has a message sent once the batch is durable.
pub(crate) fn send(batch: &mut Batch, room: &Room, message: &Message, now: Timestamp) {
    batch.enqueue(Task {
        id: room.random.id(now),
        kind: SEND_MESSAGE,
        key: String::new(),
        payload: serde_json::json!(message).to_string(),
        run_at: now,
    });
}

/// Does one task.
pub(crate) async fn perform(room: &Room, task: &LeasedTask) -> Result<(), TaskFailure> {
    match task.kind.as_str() {
        SEND_MESSAGE => {
            let message: Message = serde_json::from_str(&task.payload)
                .map_err(|_| TaskFailure::fatal("the message of the task can't be read"))?;
            let (post, id) = (room.post.clone(), task.id);
            let written = tokio::task::spawn_blocking(move || gateway::deliver(&post, id, &message)).await;
            let written = written.map_err(|_| TaskFailure::passing("writing a message was broken off"))?;
            written.map_err(|error| {
                TaskFailure::passing(format!("a message can't be written: {}", error.kind()))
            })?;
            Ok(room.store.finish_task(task.id).await?)
        }
        kind => Err(TaskFailure::fatal(format!("the system knows no task of the kind {kind:?}"))),
    }
}
