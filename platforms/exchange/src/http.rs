//! The side of a node that its own systems speak to: HTTP, with a token or a certificate.

use crate::{
    body::{Body, BodyError, HttpBody},
    consumer::{Answered, Request},
    fault::{Fault, Kind},
    metadata,
    node::{Node, clock_of, roots_of},
    offer::{pass_over, read_body},
    rest::{self, Target},
};
use aws_lc_rs::{constant_time, digest};
use bytes::Bytes;
use contracts::SystemId;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use pki::tls;
use rustls::pki_types::CertificateDer;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

/// Connections of systems at the same time.
const CONNECTIONS_LIMIT: usize = 4_096;
/// How long the headers of a request may take to come in, in seconds.
const HEADERS_LIMIT_SECONDS: u64 = 15;
/// How long a handshake may take, in seconds.
const HANDSHAKE_LIMIT_SECONDS: u64 = 5;
/// Longest set of headers, in bytes.
const HEADERS_BUFFER_BYTES: usize = 64 * 1024;

/// Serves systems over plain HTTP. They prove who they are by a token, so the listener belongs on loopback or behind TLS.
pub async fn listen_plain(listener: TcpListener, node: Arc<Node>) {
    accept(listener, node, |tcp| async move { Ok((tcp, None)) }).await;
}

/// Serves systems over TLS. They prove who they are by a certificate.
pub async fn listen_tls(listener: TcpListener, node: Arc<Node>) -> Result<(), Fault> {
    let fault = |error: String| Fault::consumer(Kind::InternalError, error);
    let directory = node.directory()?;
    let roots = Arc::new(roots_of(&directory).map_err(|error| fault(error.to_string()))?);
    let peers = node.system_peers.clone();
    let config = tls::server_config(&node.identity, roots, peers.clone(), clock_of(&node.clock))
        .map_err(|error| fault(error.to_string()))?;
    let acceptor = TlsAcceptor::from(config);
    let clock = node.clock.clone();
    accept(listener, node, move |tcp| {
        let (acceptor, peers, clock) = (acceptor.clone(), peers.clone(), clock.clone());
        async move {
            let limit = Duration::from_secs(HANDSHAKE_LIMIT_SECONDS);
            let stream = timeout(limit, acceptor.accept(tcp)).await.map_err(std::io::Error::other)??;
            let shown = stream.get_ref().1.peer_certificates();
            let peer = tls::admit(&peers, shown, clock.now()).map_err(std::io::Error::other)?;
            let system = peer.holder.id().parse().map_err(std::io::Error::other)?;
            let certificate = shown.and_then(|shown| shown.first()).map(|own| own.clone().into_owned());
            Ok((stream, Some(Proven { system, certificate: certificate.into_iter().collect() })))
        }
    })
    .await;
    Ok(())
}

/// A system that has proven who it is by a certificate.
#[derive(Clone)]
struct Proven {
    system: SystemId,
    certificate: Vec<CertificateDer<'static>>,
}

async fn accept<S, F, R>(listener: TcpListener, node: Arc<Node>, wrap: F)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Fn(tokio::net::TcpStream) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = std::io::Result<(S, Option<Proven>)>> + Send,
{
    let connections = Arc::new(Semaphore::new(CONNECTIONS_LIMIT));
    loop {
        let Ok(permit) = connections.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = node.drain.begun() => return,
        };
        let Ok((tcp, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (node, wrap) = (node.clone(), wrap.clone());
        tokio::spawn(async move {
            if tcp.set_nodelay(true).is_ok() {
                match wrap(tcp).await {
                    Ok((stream, proven)) => serve(stream, proven, node).await,
                    Err(error) => tracing::warn!(%error, "a system's connection was refused"),
                }
            }
            drop(permit);
        });
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    proven: Option<Proven>,
    node: Arc<Node>,
) {
    // The connection is work until its last answer is written; one that is idle closes as soon as the node drains.
    let _work = node.drain.work();
    let (drain, answering) = (node.drain.clone(), node.clone());
    let service = service_fn(move |request| {
        let (node, proven) = (answering.clone(), proven.clone());
        async move { Ok::<_, Infallible>(node.answer_system(request, proven).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEADERS_LIMIT_SECONDS))
        .max_buf_size(HEADERS_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = drain.begun() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a system's connection ended");
    }
}

type HttpRequest = http::Request<Incoming>;
type HttpResponse = Response<HttpBody>;

impl Node {
    async fn answer_system(&self, request: HttpRequest, proven: Option<Proven>) -> HttpResponse {
        let accept = request.headers().get(header::ACCEPT).cloned();
        let accept = accept.as_ref().and_then(|value| value.to_str().ok());
        let path = request.uri().path();
        let answered = match path {
            "/listClients" => self.answer_list_clients(&request, accept),
            _ if path.starts_with("/receipts/") => self.answer_receipt(&request, proven.as_ref()).await,
            _ => self.answer_call(request, proven).await,
        };
        answered.unwrap_or_else(|fault| self.answer_fault(&fault, accept))
    }

    async fn answer_call(&self, request: HttpRequest, proven: Option<Proven>) -> Result<HttpResponse, Fault> {
        let target = Target::parse(request.uri().path(), request.uri().query())?;
        let client = self.authenticate(request.headers(), proven.as_ref())?;
        let _admitted = self.admit_call(&client)?;
        let (parts, incoming) = request.into_parts();
        let body = self.take_body(&parts.headers, incoming).await.map_err(|error| body_fault(&error))?;
        let request = Request { client, method: parts.method, target, headers: parts.headers, body };
        Ok(respond(self.carry_request(request).await?))
    }

    async fn take_body(
        &self,
        headers: &HeaderMap,
        mut incoming: Incoming,
    ) -> Result<Option<Body>, BodyError> {
        if !headers.contains_key(header::CONTENT_LENGTH) && !headers.contains_key(header::TRANSFER_ENCODING) {
            return Ok(None);
        }
        let limit = self.limits.body_bytes;
        let announced = incoming.size_hint().exact().unwrap_or(0);
        let taken = if announced > limit {
            Err(BodyError::TooLarge { limit })
        } else {
            read_body(&mut incoming, &self.limits).await
        };
        // Whoever asks before sending has sent nothing yet, and need not.
        if matches!(taken, Err(BodyError::TooLarge { .. })) && !headers.contains_key(header::EXPECT) {
            pass_over(&mut incoming, limit).await;
        }
        taken.map(Some)
    }

    /// The calling system, proven by its certificate or its token.
    fn authenticate(&self, headers: &HeaderMap, proven: Option<&Proven>) -> Result<SystemId, Fault> {
        let client = rest::client(headers)?;
        let failed = |message: String| Fault::consumer(Kind::AuthenticationFailed, message);
        if let Some(Proven { system, certificate }) = proven {
            if *system != client {
                return Err(failed(format!(
                    "the certificate is that of {system}, but X-Road-Client says {client}"
                )));
            }
            // A connection lives longer than the wish to take its certificate.
            let admitted = tls::admit(&self.system_peers, Some(certificate), self.clock.now());
            return admitted.map(|_| client).map_err(|error| failed(error.to_string()));
        }
        let token = headers.get(rest::TOKEN).ok_or_else(|| {
            failed("the header X-Lienthong-Token is missing; send the system's token".into())
        })?;
        let given = digest::digest(&digest::SHA256, token.as_bytes());
        let credentials = self.credentials.load();
        let expected = credentials.get(&client).and_then(|known| known.token_sha256).unwrap_or_default();
        // An unknown system is compared too, so that the time taken tells nobody which systems exist.
        let right = constant_time::verify_slices_are_equal(given.as_ref(), &expected).is_ok();
        if right && credentials.contains_key(&client) {
            Ok(client)
        } else {
            Err(failed(format!("the token is not that of {client}; ask the node's operator for a new one")))
        }
    }

    /// JSON for those who ask for it; XML, the protocol's older form, for all others.
    fn answer_list_clients(
        &self,
        request: &HttpRequest,
        accept: Option<&str>,
    ) -> Result<HttpResponse, Fault> {
        let bad = |message: String| Err(Fault::client(Kind::BadRequest, message));
        if request.method() != Method::GET {
            return bad("listClients is called with GET".into());
        }
        let directory = self.directory()?;
        let instance = request.uri().query().and_then(|query| metadata::query_value(query, "xRoadInstance"));
        if let Some(instance) = instance.filter(|instance| *instance != directory.directory.instance) {
            return bad(format!(
                "this node knows the members of {} only, not of {instance:?}",
                directory.directory.instance
            ));
        }
        let json = accept
            .is_some_and(|accept| accept.split([',', ';']).any(|range| range.trim() == "application/json"));
        Ok(if json {
            document_response(
                StatusCode::OK,
                "application/json; charset=utf-8",
                metadata::list_clients(&directory).to_string(),
            )
        } else {
            document_response(
                StatusCode::OK,
                "text/xml; charset=utf-8",
                metadata::list_clients_xml(&directory),
            )
        })
    }

    async fn answer_receipt(
        &self,
        request: &HttpRequest,
        proven: Option<&Proven>,
    ) -> Result<HttpResponse, Fault> {
        let client = self.authenticate(request.headers(), proven)?;
        let id = request.uri().path().trim_start_matches("/receipts/");
        let missing =
            || Fault::client(Kind::BadRequest, "this node has no receipt of that message for that system");
        let id: Uuid = id.parse().map_err(|_| missing())?;
        let receipt = self.receipt(id).await?;
        let receipt =
            receipt.filter(|receipt| receipt.client().is_some_and(|c| c == client)).ok_or_else(missing)?;
        Ok(document_response(StatusCode::OK, "application/json; charset=utf-8", receipt.to_json()))
    }

    fn answer_fault(&self, fault: &Fault, accept: Option<&str>) -> HttpResponse {
        let detail = self.random.id(self.clock.now()).to_string();
        tracing::info!(code = %fault.type_name(self.vocabulary), message_id = %detail, "a call failed");
        let (media_type, document) = fault.document(self.vocabulary, accept, &detail);
        let status = StatusCode::from_u16(fault.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = document_response(status, media_type, document);
        if let Ok(value) = HeaderValue::from_str(&fault.type_name(self.vocabulary)) {
            response.headers_mut().insert(rest::ERROR, value);
        }
        if let Some(seconds) = fault.retry_after_seconds() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

fn respond(answered: Answered) -> HttpResponse {
    let body = answered.body.unwrap_or_else(|| Body::from_bytes(Bytes::new()));
    let mut response = Response::new(body.into_http());
    *response.status_mut() = answered.head.status;
    *response.headers_mut() = answered.head.headers;
    response.headers_mut().remove(rest::TIME);
    response.headers_mut().insert(rest::RECEIPT, rest::value(&format!("/receipts/{}", answered.id)));
    response
}

fn document_response(status: StatusCode, media_type: &'static str, document: String) -> HttpResponse {
    let mut response = Response::new(Body::from_bytes(document.into()).into_http());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

fn body_fault(error: &BodyError) -> Fault {
    match error {
        BodyError::TooLarge { .. } | BodyError::Broken(_) | BodyError::Silent { .. } => {
            Fault::client(Kind::BadRequest, error.to_string())
        }
        BodyError::Disk(_) => Fault::consumer(Kind::InternalError, error.to_string()),
    }
}
