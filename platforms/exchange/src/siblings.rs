//! The other nodes of a member. Each has a ledger of its own, and only from there can a message be proven; so a node that is
//! asked for a receipt that it can't give asks them.

use crate::{
    consumer::Request,
    directory::Indexed,
    fault::{Fault, Kind},
    metadata,
    node::Node,
    offer::Answer,
    receipt::{self, Receipt},
    rest::{self, Target},
};
use contracts::{MemberId, SystemId};
use http::{HeaderMap, Method, StatusCode};
use uuid::Uuid;

/// The system in whose name a node asks its siblings. No system outside the process may have its code.
pub const SYSTEM: &str = "exchange";

impl Node {
    /// The receipt of a message that a node of this node's members sent or answered; `None` when none of them knows it.
    pub(crate) async fn receipt(&self, id: Uuid) -> Result<Option<Receipt>, Fault> {
        let own = receipt::of_message(self, id).await;
        if let Some(own) = own.map_err(|error| Fault::consumer(Kind::InternalError, error.to_string()))? {
            return Ok(Some(own));
        }
        let directory = self.directory()?;
        let mut found = Ok(None);
        for (member, sibling) in siblings(&directory, &self.id) {
            match self.ask_for_receipt(&directory, member, sibling, id).await {
                Ok(Some(receipt)) => return Ok(Some(receipt)),
                Ok(None) => {}
                // The next one may have it; if not, it must be asked again.
                Err(fault) => found = Err(fault),
            }
        }
        found
    }

    async fn ask_for_receipt(
        &self,
        directory: &Indexed,
        member: &MemberId,
        sibling: &str,
        id: Uuid,
    ) -> Result<Option<Receipt>, Fault> {
        let system = member.system(SYSTEM);
        let service = system.service(metadata::GET_RECEIPT);
        let request = Request {
            client: system,
            method: Method::GET,
            target: Target { service, path: String::new(), query: Some(format!("message={id}")) },
            headers: HeaderMap::new(),
            body: None,
        };
        let answered = self.ask_node(directory, sibling, &request).await?;
        let fault = |reason: &str| {
            let message = format!("node {sibling} gave no receipt of the message: {reason}");
            Fault::consumer(Kind::InternalError, message)
        };
        match (answered.head.status, rest::text(&answered.head.headers, &rest::ERROR), answered.body) {
            (StatusCode::OK, None, Some(body)) => {
                let bytes = body.read_whole().await.map_err(|error| fault(&error.to_string()))?;
                match Receipt::parse(&String::from_utf8_lossy(&bytes)) {
                    Ok(receipt) if receipt.message == id => Ok(Some(receipt)),
                    Ok(_) => Err(fault("it is that of another one")),
                    Err(error) => Err(fault(&error.to_string())),
                }
            }
            (StatusCode::NOT_FOUND, None, _) => Ok(None),
            (status, error, _) => Err(fault(&error.unwrap_or_else(|| status.to_string()))),
        }
    }

    /// Answers a sibling that asks for a receipt.
    pub(crate) async fn answer_receipt_to(
        &self,
        client: &SystemId,
        query: Option<&str>,
    ) -> Result<Answer, Fault> {
        if client.system != SYSTEM || !self.serves(&*self.directory()?, &client.member) {
            let message = "a node gives receipts to its own systems and to its member's other nodes only";
            return Err(Fault::provider(Kind::AccessDenied, message));
        }
        let id = metadata::query_value(query.unwrap_or_default(), "message").and_then(|id| id.parse().ok());
        let id: Uuid = id.ok_or_else(|| {
            Fault::provider(Kind::BadRequest, "the query names no message; add ?message=ID")
        })?;
        let receipt = receipt::of_message(self, id)
            .await
            .map_err(|error| Fault::provider(Kind::InternalError, error.to_string()))?;
        Ok(match receipt {
            Some(receipt) => {
                Answer::json(StatusCode::OK, "application/json; charset=utf-8", receipt.to_json().into())
            }
            None => Answer::json(StatusCode::NOT_FOUND, "application/json; charset=utf-8", "null".into()),
        })
    }
}

/// The other nodes of the members that a node serves.
fn siblings<'a>(directory: &'a Indexed, node: &'a str) -> impl Iterator<Item = (&'a MemberId, &'a str)> {
    let members = directory.directory.members.iter();
    let served = members.filter(move |member| member.nodes.iter().any(|id| id == node));
    served.flat_map(move |member| {
        let others = member.nodes.iter().filter(move |id| *id != node);
        others.map(move |id| (&member.id, id.as_str()))
    })
}
