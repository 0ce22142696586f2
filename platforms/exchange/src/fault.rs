//! What the exchange itself answers when it can't carry a message (X-Road REST message protocol 1, section 4.7).

use std::fmt;

/// A node with too much to do has room again after about so long, in seconds.
const OVERLOADED_RETRY_SECONDS: u64 = 2;
/// A node that goes down is back after about so long, in seconds.
const MAINTENANCE_RETRY_SECONDS: u64 = 60;

/// The side of the exchange on which a fault arose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The caller's request can't be taken as it is.
    Client,
    /// The caller's own node.
    ConsumerNode,
    /// The provider's node.
    ProviderNode,
}

/// The kinds of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request is not of the protocol's form.
    BadRequest,
    /// `X-Road-Client` is missing or no identifier.
    InvalidClientIdentifier,
    /// The calling system could not be authenticated.
    AuthenticationFailed,
    /// No such member or system in the directory.
    UnknownMember,
    /// The provider's system has no such service.
    UnknownService,
    /// The provider does not let this client do this for this purpose.
    AccessDenied,
    /// The service has been switched off by its provider.
    ServiceDisabled,
    /// The provider's system could not be reached, or did not answer in time.
    ServiceFailed,
    /// The provider's system could not be reached, so it has not seen the request.
    ServiceUnreachable,
    /// The other node could not be reached.
    NetworkError,
    /// The directory was never received.
    DirectoryMissing,
    /// A message did not verify: altered, replayed, out of time or badly signed.
    InvalidMessage,
    /// The log could not take the message, so it was not sent.
    LoggingFailed,
    /// More messages than the node admits; try again later.
    Overloaded,
    /// The client calls more often than its grant allows.
    TooManyRequests {
        /// When it may call again, in seconds from now.
        retry_seconds: u64,
    },
    /// The node is going down or being serviced; try again later.
    MaintenanceMode,
    /// A fault of the node.
    InternalError,
}

impl Kind {
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::BadRequest => ("bad_request", "BadRequest"),
            Self::InvalidClientIdentifier => ("invalid_client_identifier", "InvalidClientIdentifier"),
            Self::AuthenticationFailed => ("ssl_authentication_failed", "SslAuthenticationFailed"),
            Self::UnknownMember => ("unknown_member", "UnknownMember"),
            Self::UnknownService => ("unknown_service", "UnknownService"),
            Self::AccessDenied => ("access_denied", "AccessDenied"),
            Self::ServiceDisabled => ("service_disabled", "ServiceDisabled"),
            Self::ServiceFailed | Self::ServiceUnreachable => ("service_failed", "ServiceFailed"),
            Self::NetworkError => ("network_error", "NetworkError"),
            Self::DirectoryMissing => ("global_conf_outdated", "OutdatedGlobalConf"),
            Self::InvalidMessage => ("invalid_request", "InvalidRequest"),
            Self::LoggingFailed => ("logging_failed", "LoggingFailed"),
            Self::Overloaded => ("overloaded", "Overloaded"),
            Self::TooManyRequests { .. } => ("too_many_requests", "TooManyRequests"),
            Self::MaintenanceMode => ("maintenance_mode", "MaintenanceMode"),
            Self::InternalError => ("internal_error", "InternalError"),
        }
    }
}

/// How error types are spelt. X-Road changed its spelling in version 7.8; clients written for either exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vocabulary {
    /// `server.serverproxy.access_denied`, as from X-Road 7.8.
    #[default]
    Snake,
    /// `Server.ServerProxy.AccessDenied`, as up to X-Road 7.7.
    Camel,
}

/// A fault, told to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it arose.
    pub side: Side,
    /// Its kind.
    pub kind: Kind,
    /// What was wrong, with which value, and what to do.
    pub message: String,
}

impl Fault {
    /// The caller's request can't be taken.
    pub fn client(kind: Kind, message: impl Into<String>) -> Self {
        Self { side: Side::Client, kind, message: message.into() }
    }

    /// The caller's own node can't carry it.
    pub fn consumer(kind: Kind, message: impl Into<String>) -> Self {
        Self { side: Side::ConsumerNode, kind, message: message.into() }
    }

    /// The provider's node can't take it.
    pub fn provider(kind: Kind, message: impl Into<String>) -> Self {
        Self { side: Side::ProviderNode, kind, message: message.into() }
    }

    /// The error type, as `X-Road-Error` says it.
    pub fn type_name(&self, vocabulary: Vocabulary) -> String {
        let (snake, camel) = self.kind.names();
        match (vocabulary, self.side) {
            (Vocabulary::Snake, Side::Client) => format!("client.{snake}"),
            (Vocabulary::Snake, Side::ConsumerNode) => format!("server.clientproxy.{snake}"),
            (Vocabulary::Snake, Side::ProviderNode) => format!("server.serverproxy.{snake}"),
            (Vocabulary::Camel, Side::Client) => format!("Client.{camel}"),
            (Vocabulary::Camel, Side::ConsumerNode) => format!("Server.ClientProxy.{camel}"),
            (Vocabulary::Camel, Side::ProviderNode) => format!("Server.ServerProxy.{camel}"),
        }
    }

    /// HTTP status: 400 for the caller's own faults, 500 for all others, as the protocol says.
    pub fn status(&self) -> u16 {
        if self.side == Side::Client { 400 } else { 500 }
    }

    /// When sending the same again may help, in seconds from now; absent when it will not, or nobody can say.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        match self.kind {
            Kind::Overloaded => Some(OVERLOADED_RETRY_SECONDS),
            Kind::TooManyRequests { retry_seconds } => Some(retry_seconds),
            Kind::MaintenanceMode => Some(MAINTENANCE_RETRY_SECONDS),
            _ => None,
        }
    }

    /// The error document and its media type, in the form that `accept` asks for.
    pub fn document(
        &self,
        vocabulary: Vocabulary,
        accept: Option<&str>,
        detail: &str,
    ) -> (&'static str, String) {
        let kind = self.type_name(vocabulary);
        match xml_media_type(accept) {
            Some(media_type) => {
                let body = format!(
                    "<?xml version=\"1.0\" encoding=\"utf-8\"?><error><type>{}</type><message>{}</message><detail>{}</detail></error>",
                    escape(&kind),
                    escape(&self.message),
                    escape(detail)
                );
                (media_type, body)
            }
            None => {
                let body = serde_json::json!({ "type": kind, "message": self.message, "detail": detail })
                    .to_string();
                ("application/json;charset=utf-8", body)
            }
        }
    }
}

/// The first media type of `accept` that the protocol knows decides; weights are not looked at, as in X-Road.
fn xml_media_type(accept: Option<&str>) -> Option<&'static str> {
    for range in accept?.split(',') {
        match range.split(';').next().unwrap_or_default().trim() {
            "application/json" => return None,
            "application/xml" => return Some("application/xml;charset=utf-8"),
            "text/xml" | "text/*" => return Some("text/xml;charset=utf-8"),
            _ => {}
        }
    }
    None
}

/// A text inside an XML element.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.type_name(Vocabulary::Snake), self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_spelt_as_the_clients_expect() {
        let denied = Fault::provider(Kind::AccessDenied, "no");
        assert_eq!(denied.type_name(Vocabulary::Snake), "server.serverproxy.access_denied");
        assert_eq!(denied.type_name(Vocabulary::Camel), "Server.ServerProxy.AccessDenied");
        assert_eq!(denied.status(), 500);
        let bad = Fault::client(Kind::BadRequest, "no");
        assert_eq!((bad.type_name(Vocabulary::Camel).as_str(), bad.status()), ("Client.BadRequest", 400));
    }

    #[test]
    fn the_document_takes_the_form_that_is_accepted() {
        let fault = Fault::consumer(Kind::UnknownMember, "no member <x>");
        for (accept, media_type) in [
            (None, "application/json;charset=utf-8"),
            (Some("*/*"), "application/json;charset=utf-8"),
            (Some("text/html, application/xml;q=0.1"), "application/xml;charset=utf-8"),
            (Some("text/*"), "text/xml;charset=utf-8"),
            (Some("application/json, text/xml"), "application/json;charset=utf-8"),
        ] {
            assert_eq!(fault.document(Vocabulary::Snake, accept, "d").0, media_type, "{accept:?}");
        }
        assert!(fault.document(Vocabulary::Snake, Some("text/xml"), "d").1.contains("no member &lt;x&gt;"));
    }
}
