//! What a node's room answers on the exchange: asking for access, deciding on it, naming groups.

use super::{
    Access, AccessError, AccessRule, EVERYONE, Rate,
    model::{Group, Line, Request, State},
    records, rules,
};
use crate::{
    offer::{Answer, Call, Handler},
    rest,
};
use async_trait::async_trait;
use bytes::Bytes;
use contracts::{Problem, SystemId};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::{num::NonZeroU32, sync::Arc};
use store::StoreError;
use uuid::Uuid;

/// Codes of the services.
pub(super) const CODES: [&str; 2] = ["requests", "groups"];
/// Largest request to the room, in bytes.
const BODY_LIMIT_BYTES: u64 = 256 * 1024;
/// Longest reason, in characters.
pub(super) const REASON_LIMIT_CHARACTERS: usize = 500;

/// What can be asked of a room: service, method, path, name, what it does.
const OPERATIONS: [(&str, &str, &str, &str, &str); 9] = [
    ("requests", "POST", "/v1/requests", "askForAccess", "Asks for access to a service of this member."),
    ("requests", "GET", "/v1/requests", "listRequests", "Lists what the caller asked for."),
    ("requests", "GET", "/v1/requests/{id}", "getRequest", "Tells a request, and its log."),
    ("requests", "DELETE", "/v1/requests/{id}", "endRequest", "Withdraws what the caller asked for."),
    ("requests", "GET", "/v1/asked", "listAsked", "Lists what is asked of the calling system."),
    (
        "requests",
        "PATCH",
        "/v1/asked/{id}",
        "decideRequest",
        "Grants, refuses or ends what is asked of the caller.",
    ),
    ("groups", "GET", "/v1/groups", "listGroups", "Lists the member's groups of systems."),
    ("groups", "PUT", "/v1/groups/{code}", "putGroup", "Names a group; only for systems of the member."),
    (
        "groups",
        "DELETE",
        "/v1/groups/{code}",
        "deleteGroup",
        "Forgets a group; only for systems of the member.",
    ),
];

/// One service of a room.
pub(super) struct RoomService {
    access: Arc<Access>,
    code: &'static str,
}

impl RoomService {
    /// The services of a room.
    pub(super) fn all(access: &Arc<Access>) -> Vec<Self> {
        CODES.into_iter().map(|code| Self { access: access.clone(), code }).collect()
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// Its OpenAPI 3.1 document.
    pub(super) fn openapi(&self) -> Value {
        let mut paths = Map::new();
        for (_, method, path, name, summary) in OPERATIONS.iter().filter(|(code, ..)| *code == self.code) {
            let item = paths.entry(*path).or_insert_with(|| json!({}));
            item[method.to_ascii_lowercase()] = operation(method, path, name, summary);
        }
        json!({
            "openapi": "3.1.0",
            "info": { "title": format!("access/{}", self.code), "version": "1" },
            "servers": [{ "url": "/" }],
            "paths": paths,
            "components": { "schemas": schemas() },
        })
    }
}

fn operation(method: &str, path: &str, name: &str, summary: &str) -> Value {
    let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Vec<Value> = named
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let success = match method {
        "POST" => "201",
        "DELETE" => "204",
        _ => "200",
    };
    let mut described = json!({
        "operationId": name, "summary": summary, "parameters": parameters,
        "responses": {
            success: { "description": "It is done." },
            "default": { "description": "A refusal or failure (RFC 9457)." },
        },
    });
    let form = match name {
        "askForAccess" => "Asked",
        "decideRequest" => "Decision",
        "putGroup" => "Group",
        _ => return described,
    };
    let schema = json!({ "$ref": format!("#/components/schemas/{form}") });
    described["requestBody"] = json!({ "content": { "application/json": { "schema": schema } } });
    described
}

fn schemas() -> Value {
    let (text, texts) =
        (json!({ "type": "string" }), json!({ "type": "array", "items": { "type": "string" } }));
    let (time, number) =
        (json!({ "type": "string", "format": "date-time" }), json!({ "type": "integer", "minimum": 1 }));
    let rate = json!({
        "type": "object", "required": ["callsPerMinute"],
        "properties": { "callsPerMinute": number, "burst": number },
    });
    json!({
        "Asked": {
            "type": "object", "required": ["system", "service", "purposes"],
            "properties": {
                "system": text, "service": text, "purposes": texts, "fields": texts, "from": time, "until": time,
                "rate": rate, "legalBasis": text,
                "client": { "type": "string", "description": "The caller when absent; only the system that is asked may name another, a group or everyone." },
                "method": { "type": "string", "default": "*" },
                "path": { "type": "string", "default": "**", "description": "A glob: * is one segment, ** any number." },
            },
        },
        "Decision": {
            "type": "object", "required": ["state"],
            "properties": {
                "state": { "enum": ["granted", "refused", "ended"] }, "reason": text, "until": time, "rate": rate,
            },
        },
        "Group": { "type": "object", "required": ["systems"], "properties": { "systems": texts } },
    })
}

#[async_trait]
impl Handler for RoomService {
    async fn answer(&self, call: Call<'_>) -> Answer {
        self.act(&call).await.unwrap_or_else(|problem| Answer::problem(&problem))
    }

    fn endpoints(&self) -> Vec<(String, String)> {
        let own = OPERATIONS.iter().filter(|(code, ..)| *code == self.code);
        own.map(|(_, method, path, ..)| ((*method).to_owned(), (*path).to_owned())).collect()
    }

    fn may_write(&self, method: &str, _path: &str) -> bool {
        method != "GET"
    }
}

/// Access as it is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AskForm {
    system: String,
    service: String,
    client: Option<String>,
    method: Option<String>,
    path: Option<String>,
    purposes: Vec<String>,
    #[serde(default)]
    fields: Vec<String>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    rate: Option<RateForm>,
    legal_basis: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RateForm {
    calls_per_minute: NonZeroU32,
    burst: Option<NonZeroU32>,
}

impl RateForm {
    fn rate(&self) -> Rate {
        Rate { calls_per_minute: self.calls_per_minute, burst: self.burst.unwrap_or(NonZeroU32::MIN) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct DecisionForm {
    state: String,
    #[serde(default)]
    reason: String,
    until: Option<Timestamp>,
    rate: Option<RateForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupForm {
    systems: Vec<SystemId>,
}

impl RoomService {
    async fn act(&self, call: &Call<'_>) -> Result<Answer, Problem> {
        let path = call.head.target.path.trim_start_matches('/');
        let parts: Vec<&str> = path.split('/').collect();
        let access = &self.access;
        match (self.code, call.head.method.as_str(), parts.as_slice()) {
            ("requests", "POST", ["v1", "requests"]) => access.ask_as(call).await,
            ("requests", "GET", ["v1", "requests"]) => {
                Ok(list(records::of_asker(&access.store, call.client).await.map_err(failed)?))
            }
            ("requests", "GET", ["v1", "requests", id]) => access.tell(call.client, id).await,
            ("requests", "DELETE", ["v1", "requests", id]) => access.end_as(call.client, id).await,
            ("requests", "GET", ["v1", "asked"]) => {
                access.check_own(call.client)?;
                Ok(list(records::of_system(&access.store, &call.client.system).await.map_err(failed)?))
            }
            ("requests", "PATCH", ["v1", "asked", id]) => access.decide_as(call, id).await,
            ("groups", "GET", ["v1", "groups"]) => access.list_groups().await,
            ("groups", "PUT", ["v1", "groups", code]) => {
                let GroupForm { systems } = form(call).await?;
                access.put_group_as(call.client, code, systems).await
            }
            ("groups", "DELETE", ["v1", "groups", code]) => {
                access.put_group_as(call.client, code, Vec::new()).await
            }
            _ => Err(Problem::not_found().with_detail("the room has no such operation; see getOpenAPI")),
        }
    }
}

impl Access {
    async fn ask_as(&self, call: &Call<'_>) -> Result<Answer, Problem> {
        let asked: AskForm = form(call).await?;
        let client = asked.client.unwrap_or_else(|| call.client.to_string());
        if !rules::may_ask_for(call.client, &self.member.system(&asked.system), &client) {
            return Err(Problem::forbidden().with_detail("a system asks for itself"));
        }
        let rule = AccessRule {
            method: asked.method.unwrap_or_else(|| EVERYONE.into()),
            path: asked.path.unwrap_or_else(|| "**".into()),
            purposes: asked.purposes,
            fields: asked.fields,
            from: asked.from,
            until: asked.until,
            rate: asked.rate.map(|rate| rate.rate()),
            ..AccessRule::open(&asked.system, &asked.service, &client)
        };
        let named = rest::text(&call.head.headers, &rest::LEGAL_BASIS).unwrap_or_default();
        let legal_basis = asked.legal_basis.unwrap_or(named);
        let faults = rules::check(&rule, &legal_basis, self.now());
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let own = records::of_asker(&self.store, call.client).await.map_err(failed)?;
        // Who asks again for what still waits is told of it, so a question may be repeated.
        if let Some(waiting) = own.iter().find(|own| own.state == State::Asked && own.rule == rule) {
            return Ok(document(StatusCode::CREATED, &request(waiting)));
        }
        if records::count_waiting(&self.store, call.client).await.map_err(failed)? >= rules::WAITING_LIMIT {
            return Err(too_many());
        }
        let noted = self.ask(rule, &legal_basis, &call.client.to_string()).await.map_err(access_failed)?;
        Ok(document(StatusCode::CREATED, &request(&noted)))
    }

    async fn tell(&self, client: &SystemId, id: &str) -> Result<Answer, Problem> {
        let found = self.find(id).await?;
        if found.asked_by != client.to_string() && self.member.system(&found.rule.system) != *client {
            return Err(Problem::not_found());
        }
        let log = records::log_of(&self.store, &found.id.to_string()).await.map_err(failed)?;
        let mut told = request(&found);
        told["log"] = log.iter().map(step).collect();
        Ok(document(StatusCode::OK, &told))
    }

    async fn end_as(&self, client: &SystemId, id: &str) -> Result<Answer, Problem> {
        let found = self.find(id).await?;
        if found.asked_by != client.to_string() {
            return Err(Problem::not_found());
        }
        if matches!(found.state, State::Asked | State::Granted) {
            let by = client.to_string();
            self.decide(&found, State::Ended, found.rule.clone(), &by, "").await.map_err(access_failed)?;
        }
        Ok(done())
    }

    async fn decide_as(&self, call: &Call<'_>, id: &str) -> Result<Answer, Problem> {
        self.check_own(call.client)?;
        let before = self.find(id).await?;
        if before.rule.system != call.client.system {
            return Err(Problem::not_found());
        }
        let decision: DecisionForm = form(call).await?;
        let state = State::of_word(&decision.state).ok_or_else(malformed)?;
        let mut rule = before.rule.clone();
        rule.until = decision.until.or(rule.until);
        rule.rate = decision.rate.map(|rate| rate.rate()).or(rule.rate);
        if !rules::is_within(&before.rule, rule.until) {
            return Err(malformed().with_detail("a grant ends no later than was asked for"));
        }
        let by = call.client.to_string();
        let after = self.decide_on(&before, state, rule, &by, &decision.reason).await?;
        Ok(document(StatusCode::OK, &request(&after)))
    }

    /// Decides, if it may be decided so; a refusal needs a reason (Decree 47/2020/ND-CP, article 35(3)).
    pub(crate) async fn decide_on(
        &self,
        before: &Request,
        state: State,
        rule: AccessRule,
        by: &str,
        reason: &str,
    ) -> Result<Request, Problem> {
        if !crate::events::rules::may_decide(before.state, state)
            || reason.chars().count() > REASON_LIMIT_CHARACTERS
        {
            let now = format!("the request is {}", before.state.word());
            return Err(Problem::changed_meanwhile().with_detail(now));
        }
        if state == State::Refused && reason.trim().is_empty() {
            return Err(reason_missing());
        }
        self.decide(before, state, rule, by, reason.trim()).await.map_err(access_failed)
    }

    async fn list_groups(&self) -> Result<Answer, Problem> {
        let groups = records::groups(&self.store).await.map_err(failed)?;
        let told = groups.iter().map(|group| json!({ "code": group.code, "systems": group.systems }));
        Ok(document(StatusCode::OK, &told.collect()))
    }

    async fn put_group_as(
        &self,
        client: &SystemId,
        code: &str,
        systems: Vec<SystemId>,
    ) -> Result<Answer, Problem> {
        self.check_own(client)?;
        let group = Group { code: code.to_owned(), systems };
        if !rules::is_group(&group) {
            return Err(malformed());
        }
        self.put_group(&group, &client.to_string()).await.map_err(access_failed)?;
        Ok(done())
    }

    /// Only systems of the member decide what becomes of its services.
    fn check_own(&self, client: &SystemId) -> Result<(), Problem> {
        if client.member == self.member { Ok(()) } else { Err(Problem::forbidden()) }
    }

    async fn find(&self, id: &str) -> Result<Request, Problem> {
        let id: Uuid = id.parse().map_err(|_| Problem::not_found())?;
        records::request(&self.store, id).await.map_err(failed)?.ok_or_else(Problem::not_found)
    }
}

async fn form<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Problem> {
    let body = match call.body {
        Some(body) if body.len() > BODY_LIMIT_BYTES => return Err(malformed().with_detail("it is too large")),
        Some(body) => body.read_whole().await.map_err(|error| Problem::unavailable(&error.to_string()))?,
        None => Bytes::new(),
    };
    serde_json::from_slice(&body).map_err(|error| {
        let place = format!("{:?} at line {} column {}", error.classify(), error.line(), error.column());
        malformed().with_detail(place)
    })
}

fn request(request: &Request) -> Value {
    let Request { rule, .. } = request;
    let rate = rule.rate.map(|rate| json!({ "callsPerMinute": rate.calls_per_minute, "burst": rate.burst }));
    json!({
        "id": request.id, "system": rule.system, "service": rule.service, "client": rule.client,
        "method": rule.method, "path": rule.path, "purposes": rule.purposes, "fields": rule.fields,
        "from": rule.from, "until": rule.until, "rate": rate, "legalBasis": request.legal_basis,
        "askedBy": request.asked_by, "askedAt": request.asked_at, "dueAt": request.due_at,
        "state": request.state.word(), "decidedAt": request.decided_at, "decidedBy": request.decided_by,
        "reason": request.reason,
    })
}

fn step(line: &Line) -> Value {
    json!({
        "id": line.id, "at": line.at, "change": line.change.word(), "by": line.by, "ledgerIndex": line.index,
    })
}

fn list(requests: Vec<Request>) -> Answer {
    document(StatusCode::OK, &requests.iter().map(request).collect())
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

fn reason_missing() -> Problem {
    Problem::new(
        422,
        "reason-missing",
        "Từ chối phải nêu rõ lý do (Nghị định 47/2020/NĐ-CP, Điều 35 khoản 3).",
        "A refusal says why (Decree 47/2020/ND-CP, article 35(3)).",
    )
}

fn too_many() -> Problem {
    Problem::new(
        429,
        "too-many-requests",
        "Hệ thống còn quá nhiều yêu cầu chờ duyệt. Hãy chờ cơ quan trả lời.",
        "Too many requests of the system wait for a decision. Wait for the agency to answer.",
    )
}

fn failed(error: StoreError) -> Problem {
    tracing::error!(%error, "the records of access can't be used");
    Problem::unavailable("the node's records of access can't be used just now")
}

fn access_failed(error: AccessError) -> Problem {
    match error {
        AccessError::Store(StoreError::Conflict { .. }) => Problem::changed_meanwhile(),
        AccessError::Store(error) => failed(error),
        AccessError::Register(error) => {
            tracing::error!(%error, "a step of access can't be sealed");
            Problem::unavailable("the node's ledger can't be used just now")
        }
    }
}
