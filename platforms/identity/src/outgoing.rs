//! The one call this system makes past the exchange: telling a client, at the address it registered, that a session ended.

use bytes::Bytes;
use http_body_util::Full;
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

/// How long a client may take to answer, in seconds.
const ANSWER_LIMIT_SECONDS: u64 = 10;
/// The authorities that Debian trusts.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Why a client was not told.
#[derive(Debug, Error)]
pub(crate) enum OutgoingError {
    /// The address is none.
    #[error("the registered address is no http or https address")]
    Address,
    /// It can't be reached.
    #[error("the client can't be reached: {0}")]
    Unreachable(String),
    /// It did not answer in time.
    #[error("the client did not answer within {ANSWER_LIMIT_SECONDS} seconds")]
    TooSlow,
    /// It did not take it.
    #[error("the client answered with status {0}")]
    Refused(u16),
}

/// Calls clients. Whom it believes to be a client over HTTPS is read once, from the authorities that Debian trusts.
#[derive(Default)]
pub(crate) struct OutgoingCalls {
    connector: OnceCell<TlsConnector>,
}

impl OutgoingCalls {
    /// One that trusts these authorities and no others.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn trusting(pem: &[u8]) -> Self {
        Self { connector: OnceCell::new_with(Some(connector(pem))) }
    }

    /// Posts a form and waits for a good answer.
    pub(crate) async fn post_form(&self, address: &str, form: String) -> Result<(), OutgoingError> {
        let limit = Duration::from_secs(ANSWER_LIMIT_SECONDS);
        let status = timeout(limit, self.post(address, form)).await.map_err(|_| OutgoingError::TooSlow)??;
        if (200..300).contains(&status) { Ok(()) } else { Err(OutgoingError::Refused(status)) }
    }

    async fn post(&self, address: &str, form: String) -> Result<u16, OutgoingError> {
        let uri: http::Uri = address.parse().map_err(|_| OutgoingError::Address)?;
        let (Some(host), Some(scheme), Some(authority)) = (uri.host(), uri.scheme_str(), uri.authority())
        else {
            return Err(OutgoingError::Address);
        };
        let is_https = scheme == "https";
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let name = host.trim_matches(['[', ']']).to_owned();
        let request = Request::post(uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(header::HOST, authority.as_str())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(form)))
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

async fn send<S>(stream: S, request: Request<Full<Bytes>>) -> Result<u16, OutgoingError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(unreachable)?;
    let driving = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(unreachable);
    driving.abort();
    Ok(answer?.status().as_u16())
}

fn unreachable(error: impl std::fmt::Display) -> OutgoingError {
    OutgoingError::Unreachable(error.to_string())
}
