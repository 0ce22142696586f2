//! What is sent to a room and what it answers, as JSON.

use super::{form_of, malformed, too_large};
use crate::events::{
    model::{
        Delivery, Due, EventType, Options, Published, RETENTION_DEFAULT_DAYS, RETENTION_LIMIT_DAYS,
        Subscription,
    },
    rules,
};
use contracts::{
    FieldProblem, Problem, SystemId,
    events::{CloudEvent, SPEC_VERSION},
};
use events::{Bounds, EVENT_LIMIT_BYTES, KEY_LIMIT_BYTES, NewEvent, Topic};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

/// A type of event to be registered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct TypeForm {
    event_type: String,
    schema: Box<RawValue>,
    #[serde(default)]
    retention_days: Option<i64>,
}

impl TypeForm {
    pub(super) fn event_type(self, owner: &SystemId) -> Result<EventType, Problem> {
        let mut faults = Vec::new();
        let retention_days = self.retention_days.unwrap_or(RETENTION_DEFAULT_DAYS);
        if !(1..=RETENTION_LIMIT_DAYS).contains(&retention_days) {
            faults.push(fault(
                "retentionDays",
                "retention",
                "Thời gian lưu phải từ 1 đến 3650 ngày.",
                "Events are kept for 1 to 3650 days.",
            ));
        }
        let name = self.event_type.parse::<Topic>().map_err(|error| {
            faults.push(fault(
                "eventType",
                "name",
                "Tên loại sự kiện gồm các từ bằng chữ không dấu, số, '-', '_', nối bằng dấu chấm.",
                &error.to_string(),
            ));
        });
        match name {
            Ok(name) if faults.is_empty() => Ok(EventType {
                name,
                owner: owner.clone(),
                schema: self.schema.get().to_owned(),
                retention_days,
                ended_at: None,
            }),
            _ => Err(Problem::invalid(faults)),
        }
    }
}

/// A subscription as it is asked for or changed; what is absent stays as it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubscriptionForm {
    #[serde(default)]
    delivery: Option<String>,
    #[serde(default)]
    options: OptionsForm,
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    path: Option<String>,
    /// Number of the event after which the subscription begins, or begins again.
    #[serde(default)]
    pub(super) from: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct OptionsForm {
    #[serde(default)]
    ttl: Option<i64>,
    #[serde(default)]
    fifo: Option<bool>,
}

impl SubscriptionForm {
    /// How the subscriber wants its events, given how it gets them.
    pub(super) fn chosen(&self, before: Option<&Subscription>) -> Result<(Delivery, Options), Problem> {
        let (known, earlier) = match before.map(|before| (&before.delivery, before.options)) {
            Some((Delivery::Push { service, path }, options)) => {
                (Some((service.as_str(), path.as_str())), options)
            }
            Some((Delivery::Pull, options)) => (None, options),
            None => (None, Options::default()),
        };
        let word = self.delivery.as_deref().or(before.map(|before| before.delivery.word())).unwrap_or("PUSH");
        let delivery = match word {
            "PULL" => Delivery::Pull,
            "PUSH" => Delivery::Push {
                service: self
                    .service
                    .as_deref()
                    .or(known.map(|known| known.0))
                    .unwrap_or_default()
                    .to_owned(),
                path: self.path.as_deref().or(known.map(|known| known.1)).unwrap_or("/").to_owned(),
            },
            _ => return Err(malformed().with_detail("delivery is PUSH or PULL")),
        };
        let options = Options {
            ttl_seconds: self.options.ttl.unwrap_or(earlier.ttl_seconds),
            fifo: self.options.fifo.unwrap_or(earlier.fifo),
        };
        let faults = rules::check_subscription(&delivery, &options);
        if faults.is_empty() { Ok((delivery, options)) } else { Err(Problem::invalid(faults)) }
    }
}

/// A publisher's decision on a subscription.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionForm {
    pub(super) state: String,
    #[serde(default)]
    pub(super) reason: String,
}

/// An event as it is published: a CloudEvent, or GovStack's shorter form.
pub(super) enum Publication {
    CloudEvent(Box<CloudForm>),
    Plain(PlainForm),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CloudForm {
    specversion: String,
    id: Option<Uuid>,
    source: Option<String>,
    #[serde(rename = "type")]
    event_type: String,
    subject: Option<String>,
    time: Option<Timestamp>,
    datacontenttype: Option<String>,
    partitionkey: Option<String>,
    data: Box<RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct PlainForm {
    event_type: String,
    event: Box<RawValue>,
    key: Option<String>,
}

impl Publication {
    /// Reads what was sent, which must be of the type that the path names.
    pub(super) fn read(body: &[u8], topic: &Topic) -> Result<Self, Problem> {
        // Which form it is, before its particulars are read as they were written.
        #[derive(Deserialize)]
        struct Form {
            specversion: Option<serde::de::IgnoredAny>,
        }
        let publication = match form_of::<Form>(body)?.specversion {
            Some(_) => Self::CloudEvent(Box::new(form_of(body)?)),
            None => Self::Plain(form_of(body)?),
        };
        let (named, known) = match &publication {
            Self::Plain(plain) => (&plain.event_type, true),
            Self::CloudEvent(event) => (&event.event_type, event.specversion == SPEC_VERSION),
        };
        if !known || named != topic.as_str() {
            return Err(
                malformed().with_detail("an event says specversion 1.0 and the type that the path names")
            );
        }
        Ok(publication)
    }

    /// The particulars.
    pub(super) fn data(&self) -> Result<Value, Problem> {
        let raw = match self {
            Self::CloudEvent(event) => &event.data,
            Self::Plain(plain) => &plain.event,
        };
        serde_json::from_str(raw.get()).map_err(|_| malformed())
    }

    /// The event as it goes to the log. Who publishes it, and when, is not for the publisher to say.
    pub(super) fn event(
        self,
        publisher: &SystemId,
        message: &str,
        now: Timestamp,
    ) -> Result<NewEvent, Problem> {
        let source = format!("/{publisher}");
        let again = || id_of(publisher, message);
        let event = match self {
            Self::Plain(plain) => CloudEvent {
                specversion: SPEC_VERSION.into(),
                id: again(),
                source,
                event_type: plain.event_type,
                subject: None,
                time: now,
                datacontenttype: Some("application/json".into()),
                partitionkey: plain.key,
                sequence: None,
                data: plain.event,
            },
            Self::CloudEvent(event) => {
                let json = event.datacontenttype.as_deref().is_none_or(|form| form == "application/json");
                if event.source.is_some_and(|given| given != source) || !json {
                    return Err(malformed().with_detail(format!(
                        "the source is {source}, the datacontenttype application/json"
                    )));
                }
                CloudEvent {
                    specversion: SPEC_VERSION.into(),
                    id: event.id.unwrap_or_else(again),
                    source,
                    event_type: event.event_type,
                    subject: event.subject,
                    time: event.time.unwrap_or(now),
                    datacontenttype: Some("application/json".into()),
                    partitionkey: event.partitionkey,
                    sequence: None,
                    data: event.data,
                }
            }
        };
        let key = event.partitionkey.as_ref().or(event.subject.as_ref()).cloned().unwrap_or_default();
        let document = serde_json::to_string(&event).map_err(|_| malformed())?;
        if document.len() > EVENT_LIMIT_BYTES || key.len() > KEY_LIMIT_BYTES {
            return Err(too_large());
        }
        Ok(NewEvent { id: event.id, key, at: now, document })
    }
}

/// An identifier that the same message always gets, so that publishing again is publishing once.
fn id_of(publisher: &SystemId, message: &str) -> Uuid {
    let digest = ledger::Hash::of(format!("{publisher}\n{message}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A type of event as it is told, with its first and last number in the log.
pub(super) fn event_type(event_type: &EventType, bounds: Option<Bounds>) -> Value {
    let schema: Value = serde_json::from_str(&event_type.schema).unwrap_or_default();
    let mut told = json!({
        "eventType": event_type.name.as_str(),
        "schema": schema,
        "owner": event_type.owner.to_string(),
        "retentionDays": event_type.retention_days,
    });
    if let Some(bounds) = bounds {
        told["first"] = bounds.first.into();
        told["last"] = bounds.last.into();
    }
    told
}

/// A subscription as it is told.
pub(super) fn subscription(subscription: &Subscription) -> Value {
    let SystemId { member, system } = &subscription.subscriber;
    let mut told = json!({
        "id": subscription.id,
        "eventType": subscription.event_type.as_str(),
        "subscriberId": {
            "instanceId": member.instance, "memberClass": member.class, "memberCode": member.code,
            "applicationCode": system,
        },
        "delivery": subscription.delivery.word(),
        "options": { "TTL": subscription.options.ttl_seconds, "FIFO": subscription.options.fifo },
        "purpose": subscription.purpose,
        "state": subscription.state.word(),
        "reason": subscription.reason,
        "position": subscription.position,
    });
    if let Delivery::Push { service, path } = &subscription.delivery {
        told["service"] = service.as_str().into();
        told["path"] = path.as_str().into();
    }
    told
}

/// A dead letter as it is told: what became of it, not what it says.
pub(super) fn dead_letter(due: &Due) -> Value {
    json!({ "id": due.event, "sequence": due.number, "attempts": due.attempts, "reason": due.last_error })
}

/// What became of an event.
pub(super) fn status(published: &Published, subscribers: &[Value]) -> Value {
    json!({
        "id": published.event,
        "sequence": published.number,
        "publisher": published.publisher.to_string(),
        "at": published.at,
        "bytes": published.bytes,
        "withdrawn": published.withdrawn,
        "subscribers": subscribers,
    })
}

fn fault(field: &str, code: &str, vi: &str, en: &str) -> FieldProblem {
    FieldProblem { field: field.into(), code: code.into(), vi: vi.into(), en: en.into() }
}
