//! What a node's room answers on the exchange: the paths of GovStack's PubSub API, and beside them how the publisher decides
//! on subscriptions and how the subscriber sees and replays its dead letters.

mod description;
mod forms;
#[cfg(feature = "testing")]
pub(crate) mod fuzzing;
mod routes;

use super::{
    Events, EventsError,
    model::{Delivery, EventType, Published, State, Subscription},
    records, rules,
    schema::{Schema, SchemaError},
};
use crate::{
    offer::{Answer, Call, Handler},
    rest,
};
use async_trait::async_trait;
use bytes::Bytes;
use contracts::{FieldProblem, Problem, SystemId, events::MEDIA_TYPE};
use events::{EVENT_LIMIT_BYTES, LogError, Topic};
use forms::{Publication, SubscriptionForm, TypeForm};
use http::StatusCode;
use routes::{Act, ROUTES, Route};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Batch, StoreError};
use uuid::Uuid;

/// One service of a room.
pub(super) struct RoomService {
    events: Arc<Events>,
    code: &'static str,
}

impl RoomService {
    /// The services of a room.
    pub(super) fn all(events: &Arc<Events>) -> Vec<Self> {
        ["api", "pub", "pull"].into_iter().map(|code| Self { events: events.clone(), code }).collect()
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// Its OpenAPI document.
    pub(super) fn openapi(&self) -> Value {
        description::document(self.code, self.routes())
    }

    fn routes(&self) -> impl Iterator<Item = &'static Route> {
        ROUTES.iter().filter(|route| route.service == self.code)
    }
}

#[async_trait]
impl Handler for RoomService {
    async fn answer(&self, call: Call<'_>) -> Answer {
        let target = &call.head.target;
        let method = call.head.method.as_str();
        let found = self.routes().filter(|route| route.method == method).find_map(|route| {
            let values = route.match_path(&target.path)?;
            Some((route.act, values))
        });
        let Some((act, values)) = found else {
            return Answer::problem(
                &Problem::not_found().with_detail("the room has no such operation; see getOpenAPI"),
            );
        };
        let asked = match Asked::read(&call, values).await {
            Ok(asked) => asked,
            Err(problem) => return Answer::problem(&problem),
        };
        self.events.act(act, asked).await.unwrap_or_else(|problem| Answer::problem(&problem))
    }

    fn endpoints(&self) -> Vec<(String, String)> {
        self.routes().map(|route| (route.method.to_owned(), route.path.to_owned())).collect()
    }

    fn may_write(&self, method: &str, path: &str) -> bool {
        self.routes()
            .any(|route| route.method == method && route.match_path(path).is_some() && route.writes())
    }
}

/// A call of a room.
struct Asked {
    client: SystemId,
    message: String,
    purpose: String,
    legal_basis: String,
    values: Vec<String>,
    body: Bytes,
}

impl Asked {
    async fn read(call: &Call<'_>, values: Vec<&str>) -> Result<Self, Problem> {
        // An event, its attributes and the frame around it.
        const BODY_LIMIT_BYTES: u64 = EVENT_LIMIT_BYTES as u64 + 4 * 1024;
        let header = |name| rest::text(&call.head.headers, &name).unwrap_or_default();
        let body = match call.body {
            Some(body) if body.len() > BODY_LIMIT_BYTES => return Err(too_large()),
            Some(body) => {
                body.read_whole().await.map_err(|error| Problem::unavailable(&error.to_string()))?
            }
            None => Bytes::new(),
        };
        Ok(Self {
            client: call.client.clone(),
            message: call.message.to_owned(),
            purpose: header(rest::PURPOSE),
            legal_basis: header(rest::LEGAL_BASIS),
            values: values.into_iter().map(str::to_owned).collect(),
            body,
        })
    }

    /// The type of event that the path names.
    fn topic(&self) -> Result<Topic, Problem> {
        self.values.first().and_then(|name| name.parse().ok()).ok_or_else(unknown_type)
    }

    /// The identifier that the path names.
    fn id(&self) -> Result<Uuid, Problem> {
        self.values.get(1).and_then(|id| id.parse().ok()).ok_or_else(Problem::not_found)
    }

    fn form<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        form_of(&self.body)
    }
}

/// What was sent, as JSON.
fn form_of<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let place = format!("{:?} at line {} column {}", error.classify(), error.line(), error.column());
        malformed().with_detail(place)
    })
}

impl Events {
    async fn act(self: &Arc<Self>, act: Act, asked: Asked) -> Result<Answer, Problem> {
        match act {
            Act::CreateType => self.create_type(&asked).await,
            Act::ListTypes => self.list_types().await,
            Act::ReadType => self.read_type(&asked).await,
            Act::DeleteType => self.delete_type(&asked).await,
            Act::ListSubscribers => self.list_subscribers(&asked).await,
            Act::Decide => self.decide_as_owner(&asked).await,
            Act::Publish => self.publish(&asked).await,
            Act::Status => self.status(&asked).await,
            Act::Withdraw => self.withdraw(&asked).await,
            Act::ListSubscriptions => self.list_subscriptions(&asked).await,
            Act::Subscribe => self.subscribe(&asked).await,
            Act::ReadSubscription => {
                Ok(document(StatusCode::OK, &forms::subscription(&self.own(&asked).await?)))
            }
            Act::ChangeSubscription => self.change_subscription(&asked).await,
            Act::Unsubscribe => self.unsubscribe(&asked).await,
            Act::ListDeadLetters => self.list_dead_letters(&asked).await,
            Act::Replay => self.replay_dead_letter(&asked).await,
            Act::Pull => self.pull(&asked).await,
            Act::Confirm => self.confirm_fetched(&asked).await,
        }
    }

    async fn create_type(&self, asked: &Asked) -> Result<Answer, Problem> {
        if asked.client.member != self.member {
            return Err(Problem::forbidden()
                .with_detail("a type of event is registered at the node of its own agency"));
        }
        let form: TypeForm = asked.form()?;
        let event_type = form.event_type(&asked.client)?;
        Schema::parse(&event_type.schema).map_err(|error| schema_problem(&error))?;
        if let Some(known) = self.known_type(&event_type.name).await?
            && (known.owner != event_type.owner || (known.ended_at.is_none() && known != event_type))
        {
            return Err(type_exists());
        }
        let mut batch = Batch::new();
        records::put_event_type(&mut batch, &event_type, self.clock.now());
        self.store.write(batch).await.map_err(|error| match error {
            StoreError::Conflict { .. } => type_exists(),
            error => failed(error),
        })?;
        Ok(document(StatusCode::OK, &forms::event_type(&event_type, None)))
    }

    async fn list_types(&self) -> Result<Answer, Problem> {
        let types = records::event_types(&self.store).await.map_err(failed)?;
        let names = types.iter().filter(|known| known.ended_at.is_none()).map(|known| known.name.as_str());
        Ok(document(StatusCode::OK, &json!(names.collect::<Vec<_>>())))
    }

    async fn read_type(&self, asked: &Asked) -> Result<Answer, Problem> {
        let event_type = self.published_type(&asked.topic()?).await?;
        let bounds = self.log.bounds(&event_type.name).await.map_err(log_failed)?;
        Ok(document(StatusCode::OK, &forms::event_type(&event_type, Some(bounds))))
    }

    async fn delete_type(&self, asked: &Asked) -> Result<Answer, Problem> {
        let event_type = self.owned_type(asked).await?;
        let mut batch = Batch::new();
        records::end_event_type(&mut batch, &event_type.name, &asked.client.to_string(), self.clock.now());
        self.store.write(batch).await.map_err(failed)?;
        Ok(done())
    }

    async fn list_subscribers(&self, asked: &Asked) -> Result<Answer, Problem> {
        let event_type = self.owned_type(asked).await?;
        let subscribed = records::of_event_type(&self.store, &event_type.name).await.map_err(failed)?;
        Ok(document(StatusCode::OK, &subscribed.iter().map(forms::subscription).collect()))
    }

    async fn decide_as_owner(&self, asked: &Asked) -> Result<Answer, Problem> {
        let event_type = self.owned_type(asked).await?;
        let form: forms::DecisionForm = asked.form()?;
        let before = records::subscription(&self.store, asked.id()?).await.map_err(failed)?;
        let before =
            before.filter(|before| before.event_type == event_type.name).ok_or_else(Problem::not_found)?;
        let state = State::of_word(&form.state).ok_or_else(malformed)?;
        if !rules::may_decide(before.state, state)
            || form.reason.chars().count() > rules::REASON_LIMIT_CHARACTERS
        {
            return Err(Problem::changed_meanwhile()
                .with_detail(format!("the subscription is {}", before.state.word())));
        }
        let after = self.decide(&before, state, &asked.client.to_string(), &form.reason).await;
        Ok(document(StatusCode::OK, &forms::subscription(&after.map_err(events_failed)?)))
    }

    async fn publish(&self, asked: &Asked) -> Result<Answer, Problem> {
        let event_type = self.owned_type(asked).await?;
        let publication = Publication::read(&asked.body, &event_type.name)?;
        let schema = self.schema_of(&event_type).map_err(|error| schema_problem(&error))?;
        schema.check(&publication.data()?).map_err(|mismatch| {
            let field = format!("data{}", mismatch.place.replace('/', "."));
            Problem::invalid(vec![FieldProblem {
                field,
                code: mismatch.keyword.into(),
                vi: "Nội dung không đúng lược đồ của loại sự kiện.".into(),
                en: "The particulars are not as the event type's schema says.".into(),
            }])
        })?;
        let event = publication.event(&asked.client, &asked.message, self.clock.now())?;
        let numbers =
            self.log.append(&event_type.name, std::slice::from_ref(&event)).await.map_err(log_failed)?;
        steps::reached("event-appended");
        let published = Published {
            event: event.id,
            number: numbers.first().copied().unwrap_or_default(),
            publisher: asked.client.clone(),
            at: event.at,
            bytes: event.document.len() as i64,
            withdrawn: false,
        };
        let mut batch = Batch::new();
        records::put_published(&mut batch, &event_type.name, &published);
        self.store.write(batch).await.map_err(failed)?;
        steps::reached("event-published");
        self.told_of(&event_type.name);
        Ok(document(StatusCode::CREATED, &json!({ "id": event.id, "sequence": published.number })))
    }

    async fn status(&self, asked: &Asked) -> Result<Answer, Problem> {
        let event_type = self.owned_type(asked).await?;
        let published =
            records::published(&self.store, &event_type.name, asked.id()?).await.map_err(failed)?;
        let published = published.ok_or_else(Problem::not_found)?;
        let mut subscribers = Vec::new();
        let attempts = records::attempts_of_event(&self.store, published.event).await.map_err(failed)?;
        for subscription in records::of_event_type(&self.store, &event_type.name).await.map_err(failed)? {
            let latest = attempts.iter().find(|attempt| attempt.subscription == subscription.id);
            let due =
                records::due_event(&self.store, subscription.id, published.event).await.map_err(failed)?;
            subscribers.push(json!({
                "subscriber": subscription.subscriber.to_string(),
                "last": latest.map(|attempt| attempt.outcome.word()),
                "at": latest.map(|attempt| attempt.at),
                "attempts": due.map(|due| due.attempts),
            }));
        }
        Ok(document(StatusCode::OK, &forms::status(&published, &subscribers)))
    }

    async fn withdraw(&self, asked: &Asked) -> Result<Answer, Problem> {
        let event_type = self.owned_type(asked).await?;
        let mut batch = Batch::new();
        records::withdraw(&mut batch, &event_type.name, asked.id()?);
        self.store.write(batch).await.map_err(|error| match error {
            StoreError::Conflict { .. } => Problem::not_found(),
            error => failed(error),
        })?;
        Ok(done())
    }

    async fn list_subscriptions(&self, asked: &Asked) -> Result<Answer, Problem> {
        let own = records::of_subscriber(&self.store, &asked.client.to_string()).await.map_err(failed)?;
        Ok(document(StatusCode::OK, &own.iter().map(forms::subscription).collect()))
    }

    async fn subscribe(&self, asked: &Asked) -> Result<Answer, Problem> {
        let event_type = self.published_type(&asked.topic()?).await?;
        let form: SubscriptionForm = asked.form()?;
        let (delivery, options) = form.chosen(None)?;
        let now = self.clock.now();
        let own = self.subscription_of(&event_type.name, &asked.client).await?;
        if own.as_ref().is_some_and(|own| !rules::may_ask_again(own.state)) {
            return Err(already_subscribed());
        }
        let subscription = Subscription {
            id: own.map_or_else(|| self.random.id(now), |own| own.id),
            event_type: event_type.name,
            subscriber: asked.client.clone(),
            delivery,
            options,
            purpose: asked.purpose.clone(),
            legal_basis: asked.legal_basis.clone(),
            state: State::Asked,
            asked_at: now,
            decided_at: None,
            decided_by: String::new(),
            reason: String::new(),
            position: form.from,
            failures: 0,
            resume_at: now,
        };
        let mut batch = Batch::new();
        records::ask(&mut batch, &subscription);
        self.store.write(batch).await.map_err(|error| match error {
            StoreError::Conflict { .. } => already_subscribed(),
            error => failed(error),
        })?;
        Ok(document(StatusCode::OK, &forms::subscription(&subscription)))
    }

    async fn change_subscription(&self, asked: &Asked) -> Result<Answer, Problem> {
        let own = self.own(asked).await?;
        let form: SubscriptionForm = asked.form()?;
        let (delivery, options) = form.chosen(Some(&own))?;
        let mut batch = Batch::new();
        records::change_delivery(&mut batch, own.id, &delivery, &options, self.clock.now());
        if let Some(from) = form.from {
            records::move_to(&mut batch, own.id, from);
        }
        self.store.write(batch).await.map_err(|error| match error {
            StoreError::Conflict { .. } => Problem::changed_meanwhile(),
            error => failed(error),
        })?;
        self.work.notify_one();
        Ok(document(StatusCode::CREATED, &forms::subscription(&self.own(asked).await?)))
    }

    async fn unsubscribe(&self, asked: &Asked) -> Result<Answer, Problem> {
        let own = self.own(asked).await?;
        if matches!(own.state, State::Asked | State::Granted) {
            self.decide(&own, State::Ended, &asked.client.to_string(), "").await.map_err(events_failed)?;
        }
        Ok(done())
    }

    async fn list_dead_letters(&self, asked: &Asked) -> Result<Answer, Problem> {
        let own = self.own(asked).await?;
        let dead = records::dead_letters(&self.store, own.id).await.map_err(failed)?;
        Ok(document(StatusCode::OK, &dead.iter().map(forms::dead_letter).collect()))
    }

    async fn replay_dead_letter(&self, asked: &Asked) -> Result<Answer, Problem> {
        let own = self.granted(asked).await?;
        let replayed = self.replay(&own, asked.id()?).await.map_err(events_failed)?;
        if replayed { Ok(done()) } else { Err(Problem::not_found()) }
    }

    async fn pull(&self, asked: &Asked) -> Result<Answer, Problem> {
        let own = self.granted(asked).await?;
        if own.delivery != Delivery::Pull {
            return Err(pushed_to());
        }
        let event = self.fetch(&own).await.map_err(events_failed)?;
        let event =
            event.ok_or_else(|| Problem::not_found().with_detail("no event waits; ask again later"))?;
        Ok(Answer::json(StatusCode::OK, MEDIA_TYPE, event))
    }

    async fn confirm_fetched(&self, asked: &Asked) -> Result<Answer, Problem> {
        let own = self.granted(asked).await?;
        // Whether it waits no more because it was confirmed or because it never was due is one to whoever confirms twice.
        let confirmed = self.confirm(&own, asked.id()?).await.map_err(events_failed)?;
        if confirmed { Ok(done()) } else { Err(Problem::not_found()) }
    }

    async fn known_type(&self, name: &Topic) -> Result<Option<EventType>, Problem> {
        records::event_type(&self.store, name).await.map_err(failed)
    }

    async fn published_type(&self, name: &Topic) -> Result<EventType, Problem> {
        self.known_type(name).await?.filter(|known| known.ended_at.is_none()).ok_or_else(unknown_type)
    }

    /// The type of event that the path names, if it is the caller's own.
    async fn owned_type(&self, asked: &Asked) -> Result<EventType, Problem> {
        let event_type = self.published_type(&asked.topic()?).await?;
        if event_type.owner == asked.client { Ok(event_type) } else { Err(Problem::forbidden()) }
    }

    async fn subscription_of(
        &self,
        name: &Topic,
        system: &SystemId,
    ) -> Result<Option<Subscription>, Problem> {
        let subscribed = records::of_event_type(&self.store, name).await.map_err(failed)?;
        Ok(subscribed.into_iter().find(|subscription| subscription.subscriber == *system))
    }

    /// The caller's own subscription.
    async fn own(&self, asked: &Asked) -> Result<Subscription, Problem> {
        self.subscription_of(&asked.topic()?, &asked.client).await?.ok_or_else(Problem::not_found)
    }

    /// The caller's own subscription, which is in force.
    async fn granted(&self, asked: &Asked) -> Result<Subscription, Problem> {
        let own = self.own(asked).await?;
        if own.state == State::Granted {
            return Ok(own);
        }
        Err(Problem::forbidden().with_detail(format!("the subscription is {}", own.state.word())))
    }
}

fn document(status: StatusCode, document: &Value) -> Answer {
    Answer::json(status, "application/json", document.to_string().into())
}

fn done() -> Answer {
    Answer { status: StatusCode::NO_CONTENT, headers: http::HeaderMap::new(), body: None }
}

fn malformed() -> Problem {
    Problem::new(
        400,
        "malformed",
        "Yêu cầu không đúng cấu trúc. Hãy đối chiếu với tài liệu OpenAPI của dịch vụ.",
        "The request is not of the service's form. Compare it with the service's OpenAPI document.",
    )
}

fn too_large() -> Problem {
    Problem::new(
        413,
        "too-large",
        "Sự kiện quá lớn. Hãy gửi thông tin chính và để bên nhận lấy chi tiết từ hệ thống của bạn.",
        "The event is too large. Say what matters, and let subscribers fetch the rest from your system.",
    )
}

fn unknown_type() -> Problem {
    Problem::new(
        404,
        "unknown-event-type",
        "Không có loại sự kiện này. Hãy xem danh sách loại sự kiện của cơ quan.",
        "There is no such event type. Look at the list of the agency's event types.",
    )
}

fn type_exists() -> Problem {
    Problem::new(
        409,
        "event-type-exists",
        "Loại sự kiện này đã có. Hãy đặt tên khác, hoặc chấm dứt loại cũ trước.",
        "This event type exists. Choose another name, or end the old one first.",
    )
}

fn already_subscribed() -> Problem {
    Problem::new(
        409,
        "already-subscribed",
        "Hệ thống đã đăng ký hoặc đang chờ duyệt. Hãy sửa đăng ký hiện có.",
        "The system has this subscription, or has asked for it. Change the one there is.",
    )
}

fn pushed_to() -> Problem {
    Problem::new(
        409,
        "pushed",
        "Sự kiện được gửi thẳng tới hệ thống. Hãy đổi cách nhận sang PULL trước.",
        "Events are pushed to the system. Change the delivery to PULL first.",
    )
}

fn schema_problem(error: &SchemaError) -> Problem {
    Problem::new(
        422,
        "schema",
        "Lược đồ JSON không dùng được. Hãy sửa chỗ được nêu.",
        "The JSON Schema can't be used. Correct the place named.",
    )
    .with_detail(error.to_string())
}

fn failed(error: StoreError) -> Problem {
    tracing::error!(%error, "the records of events can't be used");
    Problem::unavailable("the node's records of events can't be used just now")
}

fn log_failed(error: LogError) -> Problem {
    match error {
        LogError::TooLarge { .. } => too_large(),
        error => {
            tracing::error!(%error, "the event log can't be used");
            Problem::unavailable("the node's event log can't be used just now")
        }
    }
}

fn events_failed(error: EventsError) -> Problem {
    match error {
        EventsError::Store(StoreError::Conflict { .. }) => Problem::changed_meanwhile(),
        EventsError::Store(error) => failed(error),
        EventsError::Log(error) => log_failed(error),
    }
}
