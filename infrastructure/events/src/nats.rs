//! The log in NATS JetStream: a stream a topic, an event's number its sequence in the stream.

use crate::{
    BATCH_LIMIT_EVENTS, Bounds, EventLog, LogError, Logged, NewEvent, RECALLED_EVENTS, Topic, check_batch,
};
use async_nats::{
    ConnectOptions, HeaderMap,
    header::{NATS_EXPECTED_LAST_SEQUENCE, NATS_MESSAGE_ID},
    jetstream::{
        self, Context,
        consumer::{AckPolicy, DeliverPolicy, pull},
        stream,
    },
};
use async_trait::async_trait;
use futures_util::StreamExt;
use jiff::Timestamp;
use std::{
    collections::{HashMap, VecDeque},
    fmt::Display,
    sync::{Arc, PoisonError},
    time::Duration,
};
use tokio::sync::Mutex;
use uuid::Uuid;

/// How long the server may take for an answer, in seconds.
const ANSWER_LIMIT_SECONDS: u64 = 5;
/// Longest prefix of streams and subjects, in bytes.
const PREFIX_LIMIT_BYTES: usize = 100;
/// How long a consumer that was left behind stays, in seconds. Readers remove their own.
const CONSUMER_STAYS_SECONDS: u64 = 30;
/// How often an append is made again when something else has written to the stream.
const APPENDS_MAXIMUM: usize = 3;

/// The log in NATS JetStream.
pub struct NatsLog {
    jetstream: Context,
    prefix: String,
    topics: std::sync::Mutex<HashMap<Topic, Arc<Mutex<Option<Tail>>>>>,
}

/// The end of a topic as its writer knows it.
#[derive(Default)]
struct Tail {
    last: u64,
    numbers: HashMap<Uuid, u64>,
    order: VecDeque<Uuid>,
}

impl Tail {
    fn push(&mut self, id: Uuid, number: u64) {
        self.last = number;
        self.numbers.insert(id, number);
        self.order.push_back(id);
        if self.order.len() > RECALLED_EVENTS + BATCH_LIMIT_EVENTS
            && let Some(oldest) = self.order.pop_front()
        {
            self.numbers.remove(&oldest);
        }
    }
}

impl NatsLog {
    /// The log in a server, e.g. `nats://127.0.0.1:4222`, which need not be up yet: it is connected to when it is, and again
    /// after it was away. Everything of this log has names that begin with `prefix`: letters, digits, `-` and `_`.
    ///
    /// # Errors
    /// [`LogError::Nats`] when the address is none, [`LogError::Topic`] when the prefix is no such word.
    pub async fn connect(url: &str, prefix: &str) -> Result<Self, LogError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if prefix.is_empty() || prefix.len() > PREFIX_LIMIT_BYTES || !prefix.bytes().all(is_plain) {
            return Err(LogError::Topic);
        }
        let limit = Duration::from_secs(ANSWER_LIMIT_SECONDS);
        let options = ConnectOptions::new().retry_on_initial_connect().request_timeout(Some(limit));
        let mut jetstream = jetstream::new(options.connect(url).await.map_err(refused)?);
        jetstream.set_timeout(limit);
        Ok(Self { jetstream, prefix: prefix.to_owned(), topics: Default::default() })
    }

    /// The stream of a topic, made when it isn't there. Points may not stand in its name, and `=` stands in no topic.
    async fn stream(&self, topic: &Topic) -> Result<stream::Stream, LogError> {
        let config = stream::Config {
            name: format!("{}={}", self.prefix, topic.as_str().replace('.', "=")),
            subjects: vec![self.subject(topic)],
            ..stream::Config::default()
        };
        self.jetstream.get_or_create_stream(config).await.map_err(refused)
    }

    fn subject(&self, topic: &Topic) -> String {
        format!("{}.{topic}", self.prefix)
    }

    fn tail(&self, topic: &Topic) -> Arc<Mutex<Option<Tail>>> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        topics.entry(topic.clone()).or_default().clone()
    }

    /// Learns the end of a topic from the server.
    async fn recall(&self, topic: &Topic) -> Result<Tail, LogError> {
        let last = self.bounds(topic).await?.last;
        let mut tail = Tail::default();
        let mut after = last.saturating_sub(RECALLED_EVENTS as u64);
        while after < last {
            let events = self.read(topic, after, BATCH_LIMIT_EVENTS).await?;
            let Some(newest) = events.last() else { break };
            after = newest.number;
            events.iter().for_each(|logged| tail.push(logged.event.id, logged.number));
        }
        tail.last = last;
        Ok(tail)
    }

    /// Sends what is new without waiting for each other's confirmation; `None` when something else has written meanwhile.
    async fn send(
        &self,
        topic: &Topic,
        events: &[NewEvent],
        tail: &mut Tail,
    ) -> Result<Option<Vec<u64>>, LogError> {
        let mut expected = tail.last;
        let mut sent = Vec::with_capacity(events.len());
        for event in events {
            if let Some(number) = tail.numbers.get(&event.id) {
                sent.push((event.id, Err(*number)));
                continue;
            }
            let mut headers = HeaderMap::new();
            headers.insert(NATS_MESSAGE_ID, event.id.to_string());
            headers.insert(NATS_EXPECTED_LAST_SEQUENCE, expected.to_string());
            let payload = serde_json::to_vec(event).map_err(refused)?;
            let publishing =
                self.jetstream.publish_with_headers(self.subject(topic), headers, payload.into());
            sent.push((event.id, Ok(publishing.await.map_err(refused)?)));
            expected += 1;
        }
        let mut numbers = Vec::with_capacity(sent.len());
        for (id, sent) in sent {
            let number = match sent {
                Err(known) => known,
                Ok(confirming) => match confirming.await {
                    Ok(ack) if ack.duplicate => return Ok(None),
                    Ok(ack) => {
                        tail.push(id, ack.sequence);
                        ack.sequence
                    }
                    Err(error) if error.kind() == jetstream::context::PublishErrorKind::WrongLastSequence => {
                        return Ok(None);
                    }
                    Err(error) => return Err(refused(error)),
                },
            };
            numbers.push(number);
        }
        Ok(Some(numbers))
    }
}

fn refused(error: impl Display) -> LogError {
    LogError::Nats(error.to_string())
}

#[async_trait]
impl EventLog for NatsLog {
    async fn append(&self, topic: &Topic, events: &[NewEvent]) -> Result<Vec<u64>, LogError> {
        check_batch(events)?;
        if events.iter().zip(1..).any(|(event, next)| events[next..].iter().any(|other| other.id == event.id))
        {
            let mut numbers = Vec::with_capacity(events.len());
            for event in events {
                numbers.extend(self.append(topic, std::slice::from_ref(event)).await?);
            }
            return Ok(numbers);
        }
        let tail = self.tail(topic);
        let mut tail = tail.lock().await;
        for _ in 0..APPENDS_MAXIMUM {
            // After a failure nobody knows what arrived: the tail is taken away, and learnt anew.
            let mut known = match tail.take() {
                Some(known) => known,
                None => self.recall(topic).await?,
            };
            if let Some(numbers) = self.send(topic, events, &mut known).await? {
                *tail = Some(known);
                return Ok(numbers);
            }
        }
        Err(LogError::Nats(format!("something else keeps writing to the stream of {topic}")))
    }

    async fn read(&self, topic: &Topic, after: u64, limit: usize) -> Result<Vec<Logged>, LogError> {
        let stream = self.stream(topic).await?;
        let limit = limit.min(BATCH_LIMIT_EVENTS);
        if after >= stream.cached_info().state.last_sequence || limit == 0 {
            return Ok(Vec::new());
        }
        let config = pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: after + 1 },
            ack_policy: AckPolicy::None,
            inactive_threshold: Duration::from_secs(CONSUMER_STAYS_SECONDS),
            memory_storage: true,
            ..pull::Config::default()
        };
        let consumer = stream.create_consumer(config).await.map_err(refused)?;
        let mut messages = consumer.fetch().max_messages(limit).messages().await.map_err(refused)?;
        let mut events = Vec::new();
        while let Some(message) = messages.next().await {
            let message = message.map_err(refused)?;
            let number = message.info().map_err(refused)?.stream_sequence;
            let event = serde_json::from_slice(&message.payload)
                .map_err(|_| LogError::Damaged { topic: topic.clone(), number })?;
            events.push(Logged { number, event });
        }
        if let Err(error) = stream.delete_consumer(&consumer.cached_info().name).await {
            tracing::debug!(%error, "a reader was not removed; it goes by itself");
        }
        Ok(events)
    }

    async fn bounds(&self, topic: &Topic) -> Result<Bounds, LogError> {
        let state = self.stream(topic).await?.cached_info().state.clone();
        let first = if state.messages == 0 { state.last_sequence + 1 } else { state.first_sequence };
        Ok(Bounds { first, last: state.last_sequence })
    }

    async fn forget(&self, topic: &Topic, before: Timestamp) -> Result<(), LogError> {
        let bounds = self.bounds(topic).await?;
        let mut keep_from = bounds.first;
        'search: while keep_from <= bounds.last {
            let events = self.read(topic, keep_from - 1, BATCH_LIMIT_EVENTS).await?;
            if events.is_empty() {
                break;
            }
            for logged in &events {
                if logged.event.at >= before {
                    break 'search;
                }
                keep_from = logged.number + 1;
            }
        }
        if keep_from > bounds.first {
            self.stream(topic).await?.purge().sequence(keep_from).await.map_err(refused)?;
        }
        Ok(())
    }
}
