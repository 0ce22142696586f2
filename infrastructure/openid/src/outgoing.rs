//! Calls to the other side of OpenID Connect, at addresses that were registered or discovered.

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use std::{sync::Arc, time::Duration};
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::OnceCell,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs::default_provider,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

/// How long an answer may take, in seconds.
const ANSWER_LIMIT_SECONDS: u64 = 10;
/// Longest answer that is read, in bytes.
const ANSWER_LIMIT_BYTES: usize = 256 * 1024;
/// The authorities that Debian trusts.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum OutgoingError {
    /// The address is none.
    #[error("the address is no http or https address")]
    Address,
    /// It can't be reached.
    #[error("it can't be reached: {0}")]
    Unreachable(String),
    /// It did not answer in time.
    #[error("it did not answer within {ANSWER_LIMIT_SECONDS} seconds")]
    TooSlow,
    /// It did not take it.
    #[error("it answered with status {0}")]
    Refused(u16),
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body, at most 256 KiB.
    pub body: Bytes,
}

/// Calls over HTTP and HTTPS. Whom it believes over HTTPS is read once, from the authorities that Debian trusts.
#[derive(Default)]
pub struct OutgoingCalls {
    connector: OnceCell<TlsConnector>,
}

impl OutgoingCalls {
    /// One that trusts these authorities and no others.
    pub fn trusting(pem: &[u8]) -> Self {
        Self { connector: OnceCell::new_with(Some(connector(pem))) }
    }

    /// Posts a form and waits for a good answer.
    ///
    /// # Errors
    /// [`OutgoingError`].
    pub async fn post_form(&self, address: &str, form: String) -> Result<(), OutgoingError> {
        let answer = self.send_form(address, form).await?;
        if answer.status.is_success() { Ok(()) } else { Err(OutgoingError::Refused(answer.status.as_u16())) }
    }

    /// Posts a form; the answer, whatever its status.
    ///
    /// # Errors
    /// [`OutgoingError`], but not [`OutgoingError::Refused`].
    pub async fn send_form(&self, address: &str, form: String) -> Result<Answer, OutgoingError> {
        let request = Request::post("/").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.in_time(address, request, form).await
    }

    /// Fetches, with a bearer token where one is given; the answer, whatever its status.
    ///
    /// # Errors
    /// [`OutgoingError`], but not [`OutgoingError::Refused`].
    pub async fn get(&self, address: &str, token: Option<&str>) -> Result<Answer, OutgoingError> {
        let request = Request::get("/").header(header::ACCEPT, "application/json");
        let request = match token {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        };
        self.in_time(address, request, String::new()).await
    }

    async fn in_time(
        &self,
        address: &str,
        request: http::request::Builder,
        body: String,
    ) -> Result<Answer, OutgoingError> {
        let limit = Duration::from_secs(ANSWER_LIMIT_SECONDS);
        timeout(limit, self.call(address, request, body)).await.map_err(|_| OutgoingError::TooSlow)?
    }

    async fn call(
        &self,
        address: &str,
        request: http::request::Builder,
        body: String,
    ) -> Result<Answer, OutgoingError> {
        let uri: http::Uri = address.parse().map_err(|_| OutgoingError::Address)?;
        let (Some(host), Some(scheme), Some(authority)) = (uri.host(), uri.scheme_str(), uri.authority())
        else {
            return Err(OutgoingError::Address);
        };
        let is_https = scheme == "https";
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let name = host.trim_matches(['[', ']']).to_owned();
        let request = request
            .uri(uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(header::HOST, authority.as_str())
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| OutgoingError::Address)?;
        let stream = TcpStream::connect((name.as_str(), port)).await.map_err(unreachable)?;
        if !is_https {
            return send(stream, request).await;
        }
        let server = ServerName::try_from(name).map_err(|_| OutgoingError::Address)?;
        let connector = self.connector.get_or_try_init(trusted_by_debian).await?;
        send(connector.connect(server, stream).await.map_err(unreachable)?, request).await
    }
}

async fn trusted_by_debian() -> Result<TlsConnector, OutgoingError> {
    Ok(connector(&tokio::fs::read(AUTHORITIES).await.map_err(unreachable)?))
}

fn connector(pem: &[u8]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(pem).flatten());
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has the versions of TLS it is built with")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn send<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answer, OutgoingError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(unreachable)?;
    let driving = tokio::spawn(connection);
    let answer = async {
        let (parts, body) = sender.send_request(request).await.map_err(unreachable)?.into_parts();
        let body = Limited::new(body, ANSWER_LIMIT_BYTES).collect().await.map_err(unreachable)?;
        Ok(Answer { status: parts.status, body: body.to_bytes() })
    };
    let answer = answer.await;
    driving.abort();
    answer
}

fn unreachable(error: impl std::fmt::Display) -> OutgoingError {
    OutgoingError::Unreachable(error.to_string())
}
