//! One request to a witness or an authority over HTTP. What they say is signed, so no TLS is needed to believe it.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::{net::TcpStream, time::timeout};

/// How long a request may take, in seconds.
const ANSWER_LIMIT_SECONDS: u64 = 10;

/// What came back.
pub(crate) struct Fetched {
    pub(crate) status: StatusCode,
    pub(crate) media_type: String,
    pub(crate) body: Bytes,
}

/// Sends `body` and reads an answer of at most `limit_bytes`. The error says what was wrong.
pub(crate) async fn post(
    url: &str,
    media_type: &'static str,
    body: Vec<u8>,
    limit_bytes: usize,
) -> Result<Fetched, String> {
    let uri: Uri = url.parse().map_err(|error| format!("{url:?} is not an address: {error}"))?;
    match timeout(Duration::from_secs(ANSWER_LIMIT_SECONDS), exchange(&uri, media_type, body, limit_bytes))
        .await
    {
        Ok(fetched) => fetched.map_err(|error| format!("{url} can't be reached: {error}")),
        Err(_) => Err(format!("{url} did not answer within {ANSWER_LIMIT_SECONDS} s")),
    }
}

async fn exchange(
    uri: &Uri,
    media_type: &'static str,
    body: Vec<u8>,
    limit_bytes: usize,
) -> Result<Fetched, Box<dyn std::error::Error + Send + Sync>> {
    let authority = uri
        .authority()
        .filter(|_| uri.scheme_str() == Some("http"))
        .ok_or("the address does not begin with http:// and a host")?;
    let address = if authority.port().is_some() { authority.to_string() } else { format!("{authority}:80") };
    let stream = TcpStream::connect(&address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Its end shows in the request below.
    tokio::spawn(connection);
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
    request.headers_mut().insert(header::HOST, HeaderValue::from_str(authority.as_str())?);
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, limit_bytes).collect().await?.to_bytes();
    let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Ok(Fetched { status: parts.status, media_type: media_type.unwrap_or_default().to_owned(), body })
}
