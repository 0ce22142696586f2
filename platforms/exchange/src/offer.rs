//! What a node's systems offer, and how they are reached: in this process, or by HTTP.

use crate::{
    body::{Body, BodyError, BodyWriter, HttpBody},
    fault::{Fault, Kind},
    message::RequestHead,
    rest,
    wire::Limits,
};
use async_trait::async_trait;
use bytes::Bytes;
use contracts::{Context, LegalBasis, Problem, Purpose, SystemId};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::BodyExt;
use hyper::{
    body::{Frame, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context as Polling, Poll, Waker},
    time::Duration,
};
use system::Service;
use tokio::{net::TcpStream, time::timeout};

/// How long connecting to a system may take, in seconds.
const CONNECT_LIMIT_SECONDS: u64 = 5;
/// Idle connections kept to one system.
const IDLE_CONNECTIONS_LIMIT: usize = 64;
/// How long nothing of a body may come, in seconds.
const BODY_SILENCE_SECONDS: u64 = 30;
/// How long a system may take for its answer unless the offer says otherwise, in seconds.
pub const ANSWER_LIMIT_SECONDS: u64 = 60;

/// A service that a system behind this node offers.
pub struct Offer {
    /// The system.
    pub system: SystemId,
    /// Code of the service.
    pub service: String,
    /// How it is reached.
    pub backend: Backend,
    /// Its OpenAPI document, when it has one.
    pub openapi: Option<Arc<str>>,
    /// Why it is switched off, when it is.
    pub disabled: Option<String>,
    /// How long it may take for an answer.
    pub answer_limit: Duration,
    /// It declares itself idempotent by message id: a request that may change records is run once for one id, and a repeated
    /// one gets the same answer.
    pub idempotent: bool,
}

/// How a service is reached.
pub enum Backend {
    /// Code of this process.
    InProcess(Vec<Service>),
    /// HTTP at a base address.
    Http(HttpBackend),
    /// The node itself.
    Handler(Arc<dyn Handler>),
}

/// A service of the node itself, which finds its operations by their paths.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Answers a call.
    async fn answer(&self, call: Call<'_>) -> Answer;

    /// The methods and paths it answers.
    fn endpoints(&self) -> Vec<(String, String)>;

    /// A call of this method and path may change records.
    fn may_write(&self, method: &str, path: &str) -> bool;
}

impl Offer {
    /// The services that a system of this process answers, one offer a service code.
    pub fn in_process(system: &SystemId, services: Vec<Service>) -> Vec<Self> {
        let mut codes: Vec<&str> = services.iter().map(|s| s.facts.service).collect();
        codes.sort_unstable();
        codes.dedup();
        let all = contracts::operations();
        codes
            .into_iter()
            .map(|code| Self {
                system: system.clone(),
                service: code.into(),
                openapi: Some(system::openapi::document(&system.system, code, &all).to_string().into()),
                backend: Backend::InProcess(
                    services.iter().filter(|s| s.facts.service == code).cloned().collect(),
                ),
                disabled: None,
                answer_limit: Duration::from_secs(ANSWER_LIMIT_SECONDS),
                idempotent: false,
            })
            .collect()
    }

    /// A service that a room of the node itself answers.
    pub(crate) fn handled(
        system: &SystemId,
        service: &str,
        openapi: String,
        handler: Arc<dyn Handler>,
    ) -> Self {
        Self {
            system: system.clone(),
            service: service.into(),
            backend: Backend::Handler(handler),
            openapi: Some(openapi.into()),
            idempotent: false,
            disabled: None,
            answer_limit: Duration::from_secs(ANSWER_LIMIT_SECONDS),
        }
    }

    /// A service at an HTTP address outside the process.
    pub fn http(system: &SystemId, service: &str, base: &str) -> Result<Self, String> {
        Ok(Self {
            system: system.clone(),
            service: service.into(),
            backend: Backend::Http(HttpBackend::new(base)?),
            openapi: None,
            disabled: None,
            answer_limit: Duration::from_secs(ANSWER_LIMIT_SECONDS),
            idempotent: false,
        })
    }

    /// The methods and paths it answers, as far as known.
    pub fn endpoints(&self) -> Vec<(String, String)> {
        match &self.backend {
            Backend::InProcess(services) => {
                services.iter().map(|s| (s.facts.method.to_owned(), s.facts.path.to_owned())).collect()
            }
            Backend::Http(_) => self.openapi.as_deref().map(endpoints_of).unwrap_or_default(),
            Backend::Handler(handler) => handler.endpoints(),
        }
    }

    /// Running a request of this method may change records at the provider.
    pub fn may_write(&self, method: &http::Method, path: &str) -> bool {
        match &self.backend {
            Backend::InProcess(services) => services
                .iter()
                .find(|s| s.facts.path == path && s.facts.method == method.as_str())
                .is_some_and(|s| s.facts.effect == contracts::Effect::Writes),
            Backend::Http(_) => !method.is_safe(),
            Backend::Handler(handler) => handler.may_write(method.as_str(), path),
        }
    }

    /// Has the system answer.
    pub async fn answer(&self, call: Call<'_>, limits: &Limits) -> Result<Answer, Fault> {
        let answering = async {
            match &self.backend {
                Backend::InProcess(services) => in_process(services, call).await,
                Backend::Http(http) => {
                    let method = &call.head.method;
                    let repeatable = if self.idempotent { method.is_safe() } else { method.is_idempotent() };
                    http.answer(call, limits, repeatable).await
                }
                Backend::Handler(handler) => Ok(handler.answer(call).await),
            }
        };
        timeout(self.answer_limit, answering).await.unwrap_or_else(|_| {
            let seconds = self.answer_limit.as_secs();
            Err(failed(format!("the system {} did not answer within {seconds} s", self.system)))
        })
    }
}

fn endpoints_of(document: &str) -> Vec<(String, String)> {
    let document: serde_json::Value = serde_json::from_str(document).unwrap_or_default();
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(|(method, _)| (method.to_ascii_uppercase(), path.clone())).collect::<Vec<_>>()
        })
        .filter(|(method, _)| method.parse::<http::Method>().is_ok_and(|m| m.as_str().len() <= 7))
        .collect()
}

/// A verified and permitted request on its way to the system.
pub struct Call<'a> {
    /// Its head.
    pub head: &'a RequestHead,
    /// Its body.
    pub body: Option<&'a Body>,
    /// The system that calls.
    pub client: &'a SystemId,
    /// Identifier of the message.
    pub message: &'a str,
    /// The fields of the answer that may be seen.
    pub fields: Option<Arc<[String]>>,
    /// When the node took it.
    pub at: Timestamp,
}

/// What a system answered.
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Option<Body>,
}

impl Answer {
    /// A JSON document.
    pub fn json(status: StatusCode, media_type: &'static str, document: Bytes) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        Self { status, headers, body: Some(Body::from_bytes(document)) }
    }

    pub(crate) fn problem(problem: &Problem) -> Self {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let document = serde_json::to_vec(problem).unwrap_or_default();
        Self::json(status, "application/problem+json", document.into())
    }
}

fn failed(message: String) -> Fault {
    Fault::provider(Kind::ServiceFailed, message)
}

fn unreachable(message: String) -> Fault {
    Fault::provider(Kind::ServiceUnreachable, message)
}

async fn in_process(services: &[Service], call: Call<'_>) -> Result<Answer, Fault> {
    let target = &call.head.target;
    let Some(service) =
        services.iter().find(|s| s.facts.path == target.path && s.facts.method == call.head.method.as_str())
    else {
        let problem =
            Problem::not_found().with_detail("the service has no such operation; see its OpenAPI document");
        return Ok(Answer::problem(&problem));
    };
    let body = match call.body {
        _ if service.facts.method == "GET" => Bytes::from(target.query.clone().unwrap_or_default()),
        Some(body) => body
            .read_whole()
            .await
            .map_err(|error| failed(format!("the body can't be read back: {error}")))?,
        None => Bytes::new(),
    };
    let headers = &call.head.headers;
    let incoming = system::Incoming {
        message: call.message.into(),
        id: call.head.request_id().map_err(|error| failed(error.to_string()))?,
        client: call.client.clone(),
        context: Context {
            user: rest::text(headers, &rest::USER_ID),
            purpose: Purpose(rest::text(headers, &rest::PURPOSE).unwrap_or_default()),
            legal_basis: LegalBasis(rest::text(headers, &rest::LEGAL_BASIS).unwrap_or_default()),
            case: rest::text(headers, &rest::ISSUE),
        },
        fields: call.fields,
        at: call.at,
    };
    Ok(match service.answer(incoming, body).await {
        Ok(document) => Answer::json(StatusCode::OK, "application/json", document),
        Err(problem) => Answer::problem(&problem),
    })
}

/// A system at an HTTP address, with connections that are kept.
pub struct HttpBackend {
    authority: String,
    base_path: String,
    idle: Mutex<Vec<Connected>>,
}

/// A connection to a system. Whoever calls over it also has it read and written: with a task of its own each call would cost
/// two changes of task.
struct Connected {
    sender: http1::SendRequest<HttpBody>,
    connection: http1::Connection<TokioIo<TcpStream>, HttpBody>,
}

impl Connected {
    /// The system has not closed it since it was last used.
    fn is_open(&mut self) -> bool {
        let ended = Pin::new(&mut self.connection).poll(&mut Polling::from_waker(Waker::noop()));
        ended.is_pending() && !self.sender.is_closed()
    }

    /// Sends a request and reads its answer.
    async fn answer(
        &mut self,
        request: Request<HttpBody>,
        limits: &Limits,
    ) -> Result<Result<Answer, Fault>, hyper::Error> {
        let (sender, mut connection) = (&mut self.sender, Some(Pin::new(&mut self.connection)));
        let mut exchange = pin!(async {
            sender.ready().await?;
            Ok(read(sender.send_request(request).await?, limits).await)
        });
        poll_fn(|context| {
            // The request is handed over first, and what the connection then brings is taken at once.
            let answer = exchange.as_mut().poll(context);
            if answer.is_ready() {
                return answer;
            }
            match connection.as_mut().map(|connection| connection.as_mut().poll(context)) {
                Some(Poll::Ready(_)) => connection = None,
                Some(Poll::Pending) => {}
                None => return Poll::Pending,
            }
            exchange.as_mut().poll(context)
        })
        .await
    }
}

impl HttpBackend {
    /// The system at `base`, e.g. `http://127.0.0.1:9000/api`.
    pub fn new(base: &str) -> Result<Self, String> {
        let uri: Uri = base.parse().map_err(|error| format!("{base:?} is not an address: {error}"))?;
        if uri.scheme_str() != Some("http") {
            return Err(format!(
                "{base:?} does not begin with http://; put a TLS terminator beside the system"
            ));
        }
        let authority = uri.authority().ok_or_else(|| format!("{base:?} has no host"))?;
        let authority =
            if authority.port().is_some() { authority.to_string() } else { format!("{authority}:80") };
        let base_path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { authority, base_path, idle: Mutex::default() })
    }

    /// Has the system answer; `repeatable` says that it does no harm if the request reaches it twice.
    async fn answer(&self, call: Call<'_>, limits: &Limits, repeatable: bool) -> Result<Answer, Fault> {
        loop {
            let (mut connected, reused) = self.connected().await?;
            match connected.answer(self.request(&call)?, limits).await {
                Ok(answer) => {
                    if answer.is_ok() {
                        self.keep(connected);
                    }
                    return answer;
                }
                // The system closed a kept connection before it saw this request, or, where that does no harm, perhaps after;
                // a new one is tried.
                Err(error) if reused && (error.is_canceled() || error.is_closed()) => {}
                Err(error) if reused && repeatable && error.is_incomplete_message() => {}
                Err(error) => {
                    return Err(failed(format!("the system at {} failed: {error}", self.authority)));
                }
            }
        }
    }

    fn request(&self, call: &Call<'_>) -> Result<Request<HttpBody>, Fault> {
        let target = &call.head.target;
        let mut path = format!("{}{}", self.base_path, target.path);
        if path.is_empty() {
            path.push('/');
        }
        if let Some(query) = &target.query {
            path.push('?');
            path.push_str(query);
        }
        let body = call.body.cloned().unwrap_or_else(|| Body::from_bytes(Bytes::new()));
        let mut request = Request::new(body.into_http());
        *request.method_mut() = call.head.method.clone();
        *request.uri_mut() =
            path.parse().map_err(|error| failed(format!("the path can't be sent on: {error}")))?;
        *request.headers_mut() = call.head.headers.clone();
        let host = HeaderValue::from_str(&self.authority).map_err(|error| failed(error.to_string()))?;
        request.headers_mut().insert(header::HOST, host);
        if let Some(body) = call.body {
            request.headers_mut().insert(header::CONTENT_LENGTH, body.len().into());
        }
        Ok(request)
    }

    async fn connected(&self) -> Result<(Connected, bool), Fault> {
        while let Some(mut kept) = self.take() {
            if kept.is_open() {
                return Ok((kept, true));
            }
        }
        let connecting = async {
            let tcp = TcpStream::connect(&self.authority).await?;
            tcp.set_nodelay(true)?;
            let (sender, connection) =
                http1::handshake(TokioIo::new(tcp)).await.map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>(Connected { sender, connection })
        };
        match timeout(Duration::from_secs(CONNECT_LIMIT_SECONDS), connecting).await {
            Ok(Ok(connected)) => Ok((connected, false)),
            Ok(Err(error)) => {
                Err(unreachable(format!("the system at {} can't be reached: {error}", self.authority)))
            }
            Err(_) => Err(unreachable(format!(
                "the system at {} took no connection within {CONNECT_LIMIT_SECONDS} s",
                self.authority
            ))),
        }
    }

    fn take(&self) -> Option<Connected> {
        self.lock().pop()
    }

    fn keep(&self, connected: Connected) {
        let mut idle = self.lock();
        if idle.len() < IDLE_CONNECTIONS_LIMIT {
            idle.push(connected);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connected>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(response: http::Response<Incoming>, limits: &Limits) -> Result<Answer, Fault> {
    let (parts, mut incoming) = response.into_parts();
    let body = read_body(&mut incoming, limits)
        .await
        .map_err(|error| failed(format!("the system's answer can't be taken: {error}")))?;
    Ok(Answer { status: parts.status, headers: parts.headers, body: Some(body) })
}

/// Reads a body that hyper brings, to its end.
pub(crate) async fn read_body(incoming: &mut Incoming, limits: &Limits) -> Result<Body, BodyError> {
    let mut body = BodyWriter::new(limits.spool_dir.clone(), limits.body_bytes);
    while let Some(frame) = next_frame(incoming).await? {
        if let Some(part) = frame.data_ref() {
            body.write(part)?;
        }
    }
    Ok(body.finish())
}

/// Reads on to the end of a body that is not taken, at most `limit` bytes of it, so that its sender reads the refusal
/// before the connection closes.
pub(crate) async fn pass_over(incoming: &mut Incoming, limit: u64) {
    let mut passed = 0;
    while let Ok(Some(frame)) = next_frame(incoming).await
        && passed < limit
    {
        passed += frame.data_ref().map_or(0, |part| part.len() as u64);
    }
}

async fn next_frame(incoming: &mut Incoming) -> Result<Option<Frame<Bytes>>, BodyError> {
    let next = timeout(Duration::from_secs(BODY_SILENCE_SECONDS), incoming.frame()).await;
    let next = next.map_err(|_| BodyError::Silent { seconds: BODY_SILENCE_SECONDS })?;
    next.transpose().map_err(|error| BodyError::Broken(error.to_string()))
}
