//! Carries what systems of this process have emitted into the event log, in order and once.

use super::{Events, EventsError, model::Published, records};
use contracts::{
    SystemId,
    events::{CloudEvent, SPEC_VERSION},
};
use events::{BATCH_LIMIT_EVENTS, EVENT_LIMIT_BYTES, NewEvent, Topic};
use serde_json::value::RawValue;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use store::{Batch, PendingEvent, Store};
use tokio::sync::Notify;

/// The outbox of a system of this process.
#[derive(Clone)]
pub(super) struct Outbox {
    pub(super) system: SystemId,
    store: Store,
    /// Something was put in since it was last looked at.
    has_more: Arc<AtomicBool>,
}

impl Outbox {
    /// The outbox in a store, which wakes `work` when something is put in.
    pub(super) fn of(system: SystemId, store: Store, work: Arc<Notify>) -> Self {
        let has_more = Arc::new(AtomicBool::new(true));
        let told = has_more.clone();
        store.tell_of_events(move || {
            told.store(true, Ordering::SeqCst);
            work.notify_one();
        });
        Self { system, store, has_more }
    }

    /// Something was put in, and is looked at now.
    pub(super) fn takes_word(&self) -> bool {
        self.has_more.swap(false, Ordering::SeqCst)
    }
}

impl Events {
    /// Carries over what a system has emitted; true when there was anything. The log knows an event again, so a crash between
    /// log and note publishes nothing twice.
    pub(super) async fn carry(&self, outbox: &Outbox) -> Result<bool, EventsError> {
        let Outbox { system, store, has_more } = outbox;
        let carried = records::carried(&self.store, &system.system).await?;
        let pending = store.pending_events(carried, BATCH_LIMIT_EVENTS).await?;
        let Some(last) = pending.last().map(|event| event.sequence) else { return Ok(false) };
        let mut noted = Batch::new();
        let mut rest = pending.as_slice();
        while let Some(first) = rest.first() {
            let of_type =
                rest.iter().take_while(|next| next.event.event_type == first.event.event_type).count();
            let (run, after) = rest.split_at(of_type);
            self.append_run(system, run, &mut noted).await?;
            rest = after;
        }
        steps::reached("event-carried");
        records::put_carried(&mut noted, &system.system, last);
        self.store.write(noted).await?;
        steps::reached("event-carried-noted");
        has_more.store(true, Ordering::SeqCst);
        self.lock(&self.fresh).extend(pending.iter().filter_map(|event| event.event.event_type.parse().ok()));
        store.forget_events(last).await?;
        Ok(true)
    }

    /// Appends events of one type.
    async fn append_run(
        &self,
        system: &SystemId,
        run: &[PendingEvent],
        noted: &mut Batch,
    ) -> Result<(), EventsError> {
        let Some(first) = run.first() else { return Ok(()) };
        let topic: Topic = first.event.event_type.parse()?;
        let mut events = Vec::with_capacity(run.len());
        for pending in run {
            match self.written(system, pending) {
                Some(event) => events.push(event),
                // It can't be handed over by anybody, and may not hold up those behind it.
                None => tracing::error!(
                    %system, event = %pending.event.id, event_type = %topic,
                    "an emitted event is no JSON or too large, and is not published"
                ),
            }
        }
        let numbers = self.log.append(&topic, &events).await?;
        for (event, number) in events.iter().zip(numbers) {
            let published = Published {
                event: event.id,
                number,
                publisher: system.clone(),
                at: event.at,
                bytes: event.document.len() as i64,
                withdrawn: false,
            };
            records::put_published(noted, &topic, &published);
        }
        Ok(())
    }

    fn written(&self, system: &SystemId, pending: &PendingEvent) -> Option<NewEvent> {
        let store::Event { id, event_type, subject, payload, occurred_at } = &pending.event;
        let data = RawValue::from_string(payload.clone()).ok()?;
        let event = CloudEvent {
            specversion: SPEC_VERSION.into(),
            id: *id,
            source: format!("/{system}"),
            event_type: event_type.clone(),
            subject: Some(subject.clone()),
            time: *occurred_at,
            datacontenttype: Some("application/json".into()),
            partitionkey: None,
            sequence: None,
            data,
        };
        let document = serde_json::to_string(&event).ok()?;
        let fits = document.len() <= EVENT_LIMIT_BYTES && subject.len() <= events::KEY_LIMIT_BYTES;
        fits.then(|| NewEvent { id: *id, key: subject.clone(), at: self.clock.now(), document })
    }
}
