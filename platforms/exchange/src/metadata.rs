//! The protocol's own calls: who is a member, what a system offers, what a client may use, the OpenAPI documents.

use crate::{
    directory::{Indexed, MemberEntry, SystemEntry},
    fault::{Fault, Kind, escape},
    message::RequestHead,
    node::Node,
    offer::{Answer, Offer},
};
use bytes::Bytes;
use contracts::{MemberId, SystemId};
use http::{Method, StatusCode, Uri};
use serde_json::{Value, json};
use std::sync::Arc;

/// The calls that stand in the place of a service code, and so may not be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// All services of the system.
    ListMethods,
    /// The services that the client may use.
    AllowedMethods,
    /// The OpenAPI document of one service.
    GetOpenApi,
    /// A receipt that another node of the member is asked for.
    GetReceipt,
}

/// The call by which a node asks its member's other nodes for a receipt.
pub(crate) const GET_RECEIPT: &str = "getReceipt";

impl Call {
    /// The call with this code.
    pub fn named(code: &str) -> Option<Self> {
        match code {
            "listMethods" => Some(Self::ListMethods),
            "allowedMethods" => Some(Self::AllowedMethods),
            "getOpenAPI" => Some(Self::GetOpenApi),
            GET_RECEIPT => Some(Self::GetReceipt),
            _ => None,
        }
    }
}

/// Answers a call of the protocol. Any member may make it, but for the receipt.
pub async fn answer(node: &Node, call: Call, client: &SystemId, head: &RequestHead) -> Result<Answer, Fault> {
    if head.method != Method::GET {
        return Err(Fault::provider(Kind::BadRequest, "calls of the protocol itself are made with GET"));
    }
    let system = &head.target.service.system;
    let offers = offers_of(node, system);
    match call {
        Call::ListMethods => Ok(list(&offers)),
        Call::AllowedMethods => {
            let (grants, groups, now) = (node.all_grants(), node.groups_of(client), node.clock.now());
            let allowed: Vec<_> = offers
                .into_iter()
                .filter(|offer| {
                    let service = offer.system.service(&offer.service);
                    grants.iter().any(|rule| rule.concerns(client, &groups, &service, now))
                })
                .collect();
            Ok(list(&allowed))
        }
        Call::GetOpenApi => openapi(&offers, head.target.query.as_deref()),
        Call::GetReceipt => node.answer_receipt_to(client, head.target.query.as_deref()).await,
    }
}

fn offers_of(node: &Node, system: &SystemId) -> Vec<Arc<Offer>> {
    let all = node.offers.load();
    let mut offers: Vec<_> = all.values().filter(|offer| offer.system == *system).cloned().collect();
    offers.sort_by(|a, b| a.service.cmp(&b.service));
    offers
}

fn list(offers: &[Arc<Offer>]) -> Answer {
    let services: Vec<Value> = offers.iter().map(|offer| describe(offer)).collect();
    document(&json!({ "service": services }))
}

fn describe(offer: &Offer) -> Value {
    let member = &offer.system.member;
    let kind = if offer.openapi.is_some() { "OPENAPI" } else { "REST" };
    let endpoints =
        offer.endpoints().into_iter().map(|(method, path)| json!({ "method": method, "path": path }));
    json!({
        "object_type": "SERVICE",
        "xroad_instance": member.instance,
        "member_class": member.class,
        "member_code": member.code,
        "subsystem_code": offer.system.system,
        "service_code": offer.service,
        "service_type": kind,
        "endpoint_list": endpoints.collect::<Vec<_>>(),
    })
}

fn openapi(offers: &[Arc<Offer>], query: Option<&str>) -> Result<Answer, Fault> {
    let code = query_value(query.unwrap_or_default(), "serviceCode").ok_or_else(|| {
        Fault::provider(Kind::InvalidMessage, "the query has no serviceCode; add ?serviceCode=CODE")
    })?;
    let found = offers.iter().find(|offer| offer.service == code).and_then(|offer| offer.openapi.clone());
    let text = found.ok_or_else(|| {
        Fault::provider(
            Kind::InternalError,
            format!("the service {code:?} has no OpenAPI document; call listMethods"),
        )
    })?;
    // A document that is no JSON is one in YAML, and handed over as it is.
    Ok(match serde_json::from_str::<Value>(&text) {
        Ok(document) => self::document(&without_hosts(document)),
        Err(_) => {
            Answer::json(StatusCode::OK, "text/plain; charset=utf-8", Bytes::copy_from_slice(text.as_bytes()))
        }
    })
}

/// The servers of an OpenAPI document without their hosts: a caller reaches the service through its node, and need not know
/// how the provider's network is built.
fn without_hosts(mut document: Value) -> Value {
    for server in document.get_mut("servers").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(url) = server.get_mut("url") {
            let path = url
                .as_str()
                .and_then(|url| url.parse::<Uri>().ok())
                .map(|url| url.path().trim_end_matches('/').to_owned());
            *url = path.unwrap_or_default().into();
        }
    }
    document
}

/// The value of a name in a query, percent-decoded; `None` when it is absent or empty.
pub(crate) fn query_value(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
        .filter(|value| !value.is_empty())
}

fn document(value: &Value) -> Answer {
    Answer::json(StatusCode::OK, "application/json; charset=utf-8", value.to_string().into())
}

/// The members and systems of the country, as `listClients` answers.
pub fn list_clients(directory: &Indexed) -> Value {
    let mut members = Vec::new();
    for member in &directory.directory.members {
        let id = |kind: &str, system: Option<&str>| {
            let mut id = json!({
                "object_type": kind,
                "xroad_instance": member.id.instance,
                "member_class": member.id.class,
                "member_code": member.id.code,
            });
            if let Some(system) = system {
                id["subsystem_code"] = system.into();
            }
            id
        };
        members.push(json!({ "id": id("MEMBER", None), "name": member.name }));
        for system in &member.systems {
            members.push(json!({ "id": id("SUBSYSTEM", Some(&system.code)), "name": member.name, "subsystem_name": system.name }));
        }
    }
    json!({ "member": members })
}

/// The same as XML, for clients of the older form.
pub fn list_clients_xml(directory: &Indexed) -> String {
    let mut xml = String::from(
        r#"<?xml version="1.0" encoding="UTF-8"?><xroad:clientList xmlns:xroad="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers">"#,
    );
    for member in &directory.directory.members {
        xml.push_str(&client_xml(member, None));
        for system in &member.systems {
            xml.push_str(&client_xml(member, Some(system)));
        }
    }
    xml.push_str("</xroad:clientList>");
    xml
}

fn client_xml(member: &MemberEntry, system: Option<&SystemEntry>) -> String {
    let MemberId { instance, class, code } = &member.id;
    let (kind, subsystem, subsystem_name) = match system {
        Some(system) => (
            "SUBSYSTEM",
            format!("<id:subsystemCode>{}</id:subsystemCode>", escape(&system.code)),
            format!("<xroad:subsystemName>{}</xroad:subsystemName>", escape(&system.name)),
        ),
        None => ("MEMBER", String::new(), String::new()),
    };
    format!(
        r#"<xroad:member><xroad:id id:objectType="{kind}"><id:xRoadInstance>{}</id:xRoadInstance><id:memberClass>{}</id:memberClass><id:memberCode>{}</id:memberCode>{subsystem}</xroad:id><xroad:name>{}</xroad:name>{subsystem_name}</xroad:member>"#,
        escape(instance),
        escape(class),
        escape(code),
        escape(&member.name),
    )
}
