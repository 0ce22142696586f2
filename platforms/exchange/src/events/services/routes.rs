//! What can be asked of a room, and by which paths.

/// What can be asked of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    CreateType,
    ListTypes,
    ReadType,
    DeleteType,
    ListSubscribers,
    Decide,
    Publish,
    Status,
    Withdraw,
    ListSubscriptions,
    Subscribe,
    ReadSubscription,
    ChangeSubscription,
    Unsubscribe,
    ListDeadLetters,
    Replay,
    Pull,
    Confirm,
}

/// One act: the service and the method and path within it by which it is asked.
pub(super) struct Route {
    pub(super) service: &'static str,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) act: Act,
    /// Name in the OpenAPI document; GovStack's where it has one.
    pub(super) operation: &'static str,
    pub(super) summary: &'static str,
}

const fn route(
    service: &'static str,
    method: &'static str,
    path: &'static str,
    act: Act,
    operation: &'static str,
    summary: &'static str,
) -> Route {
    Route { service, method, path, act, operation, summary }
}

/// Everything that can be asked of a room.
pub(super) const ROUTES: [Route; 18] = [
    route("api", "POST", "/v1/eventType", Act::CreateType, "createEventType", "Registers a type of event."),
    route("api", "GET", "/v1/eventType", Act::ListTypes, "getEventTypeList", "Lists the types of event."),
    route(
        "api",
        "GET",
        "/v1/eventType/{eventType}",
        Act::ReadType,
        "getEventType",
        "Describes a type of event.",
    ),
    route(
        "api",
        "DELETE",
        "/v1/eventType/{eventType}",
        Act::DeleteType,
        "deleteEventType",
        "Ends a type of event.",
    ),
    route(
        "api",
        "GET",
        "/v1/eventType/{eventType}/subs",
        Act::ListSubscribers,
        "listSubscribers",
        "Lists who subscribed.",
    ),
    route(
        "api",
        "PATCH",
        "/v1/eventType/{eventType}/subs/{id}",
        Act::Decide,
        "decideSub",
        "Decides on a subscription.",
    ),
    route("api", "GET", "/v1/subs", Act::ListSubscriptions, "listSub", "Lists the caller's subscriptions."),
    route("api", "POST", "/v1/subs/{eventType}", Act::Subscribe, "addSub", "Asks for a subscription."),
    route(
        "api",
        "GET",
        "/v1/subs/{eventType}",
        Act::ReadSubscription,
        "getSub",
        "Describes the caller's subscription.",
    ),
    route(
        "api",
        "PATCH",
        "/v1/subs/{eventType}",
        Act::ChangeSubscription,
        "patchSub",
        "Changes how the caller gets events, or from where.",
    ),
    route(
        "api",
        "DELETE",
        "/v1/subs/{eventType}",
        Act::Unsubscribe,
        "deleteSub",
        "Ends the caller's subscription.",
    ),
    route(
        "api",
        "GET",
        "/v1/subs/{eventType}/dead",
        Act::ListDeadLetters,
        "listDeadLetters",
        "Lists the caller's dead letters.",
    ),
    route(
        "api",
        "POST",
        "/v1/subs/{eventType}/dead/{id}",
        Act::Replay,
        "replayDeadLetter",
        "Makes a dead letter due again.",
    ),
    route("pub", "POST", "/v1/{eventType}", Act::Publish, "publishEvent", "Publishes an event."),
    route("pub", "GET", "/v1/{eventType}/{id}", Act::Status, "getStatus", "Says what became of an event."),
    route(
        "pub",
        "DELETE",
        "/v1/{eventType}/{id}",
        Act::Withdraw,
        "deleteEvent",
        "Takes an event back where it is not confirmed.",
    ),
    route(
        "pull",
        "GET",
        "/v1/{eventType}",
        Act::Pull,
        "pullEvent",
        "Hands out the next event that is not confirmed.",
    ),
    route("pull", "DELETE", "/v1/{eventType}/{id}", Act::Confirm, "confirmEvent", "Confirms an event."),
];

impl Route {
    /// The values of the path's parameters, when the path is this one's.
    pub(super) fn match_path<'a>(&self, path: &'a str) -> Option<Vec<&'a str>> {
        let (mut asked, mut own) = (path.split('/'), self.path.split('/'));
        let mut values = Vec::new();
        loop {
            match (asked.next(), own.next()) {
                (None, None) => return Some(values),
                (Some(value), Some(name)) if name.starts_with('{') && !value.is_empty() => values.push(value),
                (Some(value), Some(name)) if value == name => {}
                _ => return None,
            }
        }
    }

    pub(super) fn writes(&self) -> bool {
        // To fetch an event is to be given it for a while.
        self.method != "GET" || self.act == Act::Pull
    }
}
