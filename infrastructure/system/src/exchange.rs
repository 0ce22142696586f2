//! The handle a system calls the others with.

use async_trait::async_trait;
use bytes::Bytes;
use contracts::{Context, MemberId, Operation, Problem, ServiceId, SystemId};
use std::sync::Arc;
use thiserror::Error;

/// A request on its way from a system to its own node.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The system that calls.
    pub client: SystemId,
    /// The service it calls.
    pub service: ServiceId,
    /// HTTP method.
    pub method: &'static str,
    /// Path within the service.
    pub path: String,
    /// Query, without the question mark.
    pub query: Option<String>,
    /// JSON body; empty for a `GET`.
    pub body: Bytes,
    /// Why it is called.
    pub context: Context,
    /// Identifier of the message, chosen by the caller: the same one when a call is made again.
    pub message: Option<String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Carried {
    /// The provider's status.
    pub status: u16,
    /// The provider's body.
    pub body: Bytes,
    /// Identifier of the message.
    pub message: String,
    /// The receipt: proof of request and answer that verifies offline.
    pub receipt: Arc<str>,
}

/// Carries requests; a node of the exchange is one.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Carries one request to its provider and brings the answer.
    async fn carry(&self, request: Outgoing) -> Result<Carried, CallError>;

    /// The one member whose system of this code serves the whole country, by the directory.
    fn national_provider(&self, system: &str) -> Option<MemberId>;

    /// The member whose system of this code answers for a province, by the directory.
    fn member_named(&self, code: &str) -> Option<MemberId>;

    /// The directory has this system; a carrier without a directory knows none.
    fn has_system(&self, _system: &SystemId) -> bool {
        false
    }
}

/// Why a call brought no answer.
#[derive(Debug, Error)]
pub enum CallError {
    /// The provider refused.
    #[error("the provider refused: {} ({})", .0.title_en, .0.kind)]
    Refused(Problem),
    /// The exchange could not carry it.
    #[error("the exchange could not carry the call: {kind}: {message}")]
    Exchange {
        /// The error type in X-Road's vocabulary.
        kind: String,
        /// What was wrong and what to do.
        message: String,
    },
    /// No member offers the system.
    #[error("no member of the directory offers the system {0:?}; register it at the centre")]
    NoProvider(String),
    /// The answer is not of the form the contract says.
    #[error("the answer of {service} is not of the contract's form: {fault}")]
    Form {
        /// The service.
        service: ServiceId,
        /// What is wrong with it, without values.
        fault: String,
    },
}

impl CallError {
    /// Trying again later may help.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Refused(problem) => problem.status >= 500 || problem.status == 429,
            Self::Exchange { kind, .. } => !["access_denied", "unknown_service", "invalid", "bad_request"]
                .iter()
                .any(|lasting| kind.contains(lasting)),
            Self::NoProvider(_) => true,
            Self::Form { .. } => false,
        }
    }

    /// The same, as the problem a system answers when it could not do its work without that call.
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Refused(problem) => problem,
            other => Problem::unavailable(&other.to_string()),
        }
    }
}

/// An answer with its proof.
#[derive(Debug, Clone)]
pub struct Delivered<T> {
    /// The answer.
    pub answer: T,
    /// Identifier of the message.
    pub message: String,
    /// The receipt that proves it offline.
    pub receipt: Arc<str>,
}

/// A system's way to every other system. Cheap to clone.
#[derive(Clone)]
pub struct Exchange {
    client: SystemId,
    carrier: Arc<dyn Carrier>,
}

impl Exchange {
    /// The handle of `client` on `carrier`.
    pub fn new(client: SystemId, carrier: Arc<dyn Carrier>) -> Self {
        Self { client, carrier }
    }

    /// The system that holds this handle.
    pub fn client(&self) -> &SystemId {
        &self.client
    }

    /// Calls the system that serves the whole country.
    pub async fn call<O: Operation>(
        &self,
        request: &O::Request,
        context: &Context,
    ) -> Result<Delivered<O::Answer>, CallError> {
        let provider = self
            .carrier
            .national_provider(O::SYSTEM)
            .ok_or_else(|| CallError::NoProvider(O::SYSTEM.into()))?;
        self.call_at::<O>(&provider, request, context, None).await
    }

    /// Calls the system of one member. `message` is given when a call must count once however often it is made.
    pub async fn call_at<O: Operation>(
        &self,
        provider: &MemberId,
        request: &O::Request,
        context: &Context,
        message: Option<String>,
    ) -> Result<Delivered<O::Answer>, CallError> {
        let service = provider.system(O::SYSTEM).service(O::SERVICE);
        let fault = |fault: String| CallError::Form { service: service.clone(), fault };
        let (query, body) = if O::METHOD == "GET" {
            (Some(serde_urlencoded::to_string(request).map_err(|e| fault(e.to_string()))?), Bytes::new())
        } else {
            (None, Bytes::from(serde_json::to_vec(request).map_err(|e| fault(e.to_string()))?))
        };
        let outgoing = Outgoing {
            client: self.client.clone(),
            service: service.clone(),
            method: O::METHOD,
            path: O::PATH.into(),
            query,
            body,
            context: context.clone(),
            message,
        };
        let carried = self.carrier.carry(outgoing).await?;
        if carried.status >= 400 {
            return Err(CallError::Refused(refusal(&carried)));
        }
        let answer = serde_json::from_slice(&carried.body)
            .map_err(|e| fault(format!("{:?} at line {} column {}", e.classify(), e.line(), e.column())))?;
        Ok(Delivered { answer, message: carried.message, receipt: carried.receipt })
    }

    /// The member with this code, when the directory knows it.
    pub fn member(&self, code: &str) -> Option<MemberId> {
        self.carrier.member_named(code)
    }

    /// The directory has this system.
    pub fn has_system(&self, system: &SystemId) -> bool {
        self.carrier.has_system(system)
    }
}

fn refusal(carried: &Carried) -> Problem {
    serde_json::from_slice(&carried.body).unwrap_or_else(|_| {
        let mut problem = Problem::unavailable("the provider answered with no problem document");
        problem.status = carried.status;
        problem
    })
}
