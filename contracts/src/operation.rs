//! What one operation of a service is: where it stands, what it takes, what it gives.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

/// What running an operation does to its provider's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Reads only; one seal at the provider is enough.
    Reads,
    /// Changes records, and running it twice for one message id changes them once.
    Writes,
}

/// One operation of a system: a method and a path of one of its services, with the types of request and answer.
///
/// Implemented by the types that [`operations!`](crate::operations!) declares, never by hand.
pub trait Operation: Send + Sync + 'static {
    /// Code of the system that answers, as in its exchange identifier.
    const SYSTEM: &'static str;
    /// Code of the service within the system.
    const SERVICE: &'static str;
    /// HTTP method on the exchange.
    const METHOD: &'static str;
    /// Path within the service, beginning with a slash.
    const PATH: &'static str;
    /// What running it does.
    const EFFECT: Effect;
    /// What the caller sends. Sent as the JSON body, or as the query of a `GET`.
    type Request: Serialize + DeserializeOwned + JsonSchema + Send + Sync;
    /// What the provider answers, as JSON.
    type Answer: Serialize + DeserializeOwned + JsonSchema + Send + Sync;
}

/// An operation described as data, for documents, access rules and tests.
#[derive(Clone)]
pub struct OperationFacts {
    /// Name of the operation type, e.g. `LookUpPerson`.
    pub name: &'static str,
    /// First sentence of its documentation.
    pub summary: &'static str,
    /// See [`Operation::SYSTEM`].
    pub system: &'static str,
    /// See [`Operation::SERVICE`].
    pub service: &'static str,
    /// See [`Operation::METHOD`].
    pub method: &'static str,
    /// See [`Operation::PATH`].
    pub path: &'static str,
    /// See [`Operation::EFFECT`].
    pub effect: Effect,
    /// Makes the JSON Schema of the request.
    pub request_schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
    /// Makes the JSON Schema of the answer.
    pub answer_schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
}

impl OperationFacts {
    /// The facts of one operation type.
    pub fn of<O: Operation>(name: &'static str, summary: &'static str) -> Self {
        Self {
            name,
            summary,
            system: O::SYSTEM,
            service: O::SERVICE,
            method: O::METHOD,
            path: O::PATH,
            effect: O::EFFECT,
            request_schema: |generator| generator.subschema_for::<O::Request>(),
            answer_schema: |generator| generator.subschema_for::<O::Answer>(),
        }
    }
}

/// Declares the operations of one system.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use schemars::JsonSchema;
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// pub struct Question { pub text: String }
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// pub struct Reply { pub text: String }
///
/// contracts::operations! { "oracle":
///     /// Answers a question.
///     Ask = "questions" POST "/ask" Reads (Question) -> Reply;
/// }
/// assert_eq!(operations()[0].service, "questions");
/// ```
#[macro_export]
macro_rules! operations {
    ($system:literal : $( #[doc = $doc:literal] $name:ident = $service:literal $method:ident $path:literal
        $effect:ident ($request:ty) -> $answer:ty; )+) => {
        /// Code of this system on the exchange.
        pub const SYSTEM: &str = $system;
        $(
            #[doc = $doc]
            pub struct $name;
            impl $crate::Operation for $name {
                const SYSTEM: &'static str = $system;
                const SERVICE: &'static str = $service;
                const METHOD: &'static str = stringify!($method);
                const PATH: &'static str = $path;
                const EFFECT: $crate::Effect = $crate::Effect::$effect;
                type Request = $request;
                type Answer = $answer;
            }
        )+
        /// The operations of this system.
        pub fn operations() -> Vec<$crate::OperationFacts> {
            vec![$( $crate::OperationFacts::of::<$name>(stringify!($name), $doc.trim_ascii()) ),+]
        }
    };
}
