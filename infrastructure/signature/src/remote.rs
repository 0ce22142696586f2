//! What others do for a signature over HTTP: a remote signing service (Cloud Signature Consortium, API v2.0.0.2), a time-stamp
//! authority (RFC 3161, 3.4), and the revocation lists of certification authorities.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use pki::time_stamp;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::algorithm::{PublicKey, ecdsa_to_der};
use crate::error::SourceError;
use crate::signer::{CHAIN_LIMIT, Revocations, Signer, TimeStamps};
use crate::tlv::{SEQUENCE, first};
use crate::trust::public_key;

/// How long a request may take, in seconds. Somebody waits for the signature.
const ANSWER_LIMIT_SECONDS: u64 = 5;
/// Largest answer of a signing service, in bytes.
const SERVICE_ANSWER_LIMIT_BYTES: usize = 256 * 1024;
/// Largest revocation list that is fetched, in bytes.
const LIST_LIMIT_BYTES: usize = 8 * 1024 * 1024;
/// How long fetched lists are used before they are fetched again, in minutes.
const LISTS_MINUTES: i64 = 60;
/// SHA-256, and the two signatures with it, as object identifiers.
const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const ECDSA_WITH_SHA256: &str = "1.2.840.10045.4.3.2";
const RSA_WITH_SHA256: &str = "1.2.840.113549.1.1.11";

/// Tells the time.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Gives random bytes.
pub type RandomBytes = Arc<dyn Fn() -> [u8; time_stamp::NONCE_BYTES] + Send + Sync>;

/// Speaks HTTP, with TLS to servers under given roots.
#[derive(Clone)]
pub struct HttpClient {
    tls: TlsConnector,
}

impl HttpClient {
    /// A client that trusts servers under these roots.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub fn new(roots: RootCertStore) -> Result<Self, SourceError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    async fn send(&self, url: &str, asked: Asked<'_>) -> Result<Bytes, SourceError> {
        let answer = timeout(Duration::from_secs(ANSWER_LIMIT_SECONDS), self.exchange(url, asked)).await;
        let (status, body) = answer
            .map_err(|_| format!("{url} did not answer within {ANSWER_LIMIT_SECONDS} s"))?
            .map_err(|error| format!("{url} can't be reached: {error}"))?;
        match status {
            StatusCode::OK => Ok(body),
            other => Err(format!("{url} answered {other}").into()),
        }
    }

    async fn exchange(&self, url: &str, asked: Asked<'_>) -> Result<(StatusCode, Bytes), SourceError> {
        let uri: Uri = url.parse()?;
        let host = uri.host().ok_or("the address names no host")?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("the address does not begin with https:// or http://".into()),
        };
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
        if is_tls {
            let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
            converse(self.tls.connect(name, stream).await?, &uri, asked).await
        } else {
            converse(stream, &uri, asked).await
        }
    }
}

/// One request.
struct Asked<'a> {
    method: Method,
    media_type: &'static str,
    token: Option<&'a str>,
    body: Vec<u8>,
    limit_bytes: usize,
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    uri: &Uri,
    asked: Asked<'_>,
) -> Result<(StatusCode, Bytes), SourceError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Its end shows in the request below.
    tokio::spawn(connection);
    let mut request = Request::new(Full::new(Bytes::from(asked.body)));
    *request.method_mut() = asked.method;
    *request.uri_mut() = uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let headers = request.headers_mut();
    headers.insert(header::HOST, HeaderValue::from_str(host)?);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asked.media_type));
    if let Some(token) = asked.token {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))?;
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    let (parts, body) = sender.send_request(request).await?.into_parts();
    Ok((parts.status, Limited::new(body, asked.limit_bytes).collect().await?.to_bytes()))
}

/// A time-stamp authority at an address.
pub struct HttpTimeStamps {
    client: HttpClient,
    url: String,
    roots: RootCertStore,
    random: RandomBytes,
}

impl HttpTimeStamps {
    /// The authority at an address, whose certificate is under these roots.
    #[must_use]
    pub fn new(client: HttpClient, url: String, roots: RootCertStore, random: RandomBytes) -> Self {
        Self { client, url, roots, random }
    }
}

#[async_trait]
impl TimeStamps for HttpTimeStamps {
    async fn stamp(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, SourceError> {
        let nonce = (self.random)();
        let asked = Asked {
            method: Method::POST,
            media_type: "application/timestamp-query",
            token: None,
            body: time_stamp::query(sha256, &nonce)?,
            limit_bytes: time_stamp::TOKEN_LIMIT_BYTES,
        };
        let reply = self.client.send(&self.url, asked).await?;
        Ok(time_stamp::read_reply(&reply, sha256, &nonce, &self.roots)?.0)
    }
}

/// Revocation lists at addresses, kept for an hour.
pub struct HttpRevocations {
    client: HttpClient,
    urls: Vec<String>,
    now: Now,
    kept: Mutex<Option<(Timestamp, Vec<Vec<u8>>)>>,
}

impl HttpRevocations {
    /// The lists at these addresses.
    #[must_use]
    pub fn new(client: HttpClient, urls: Vec<String>, now: Now) -> Self {
        Self { client, urls, now, kept: Mutex::default() }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<(Timestamp, Vec<Vec<u8>>)>> {
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Revocations for HttpRevocations {
    async fn lists(&self) -> Result<Vec<Vec<u8>>, SourceError> {
        let now = (self.now)();
        if let Some((at, lists)) = &*self.kept()
            && now.duration_since(*at) < SignedDuration::from_mins(LISTS_MINUTES)
        {
            return Ok(lists.clone());
        }
        let mut lists = Vec::new();
        for url in &self.urls {
            let asked = Asked {
                method: Method::GET,
                media_type: "application/pkix-crl",
                token: None,
                body: Vec::new(),
                limit_bytes: LIST_LIMIT_BYTES,
            };
            lists.push(self.client.send(url, asked).await?.to_vec());
        }
        *self.kept() = Some((now, lists.clone()));
        Ok(lists)
    }
}

/// Where a remote signing service is, and what it knows us by.
#[derive(Clone)]
pub struct RemoteService {
    /// Base address, up to and with the version: `https://sign.example.vn/csc/v2`.
    pub url: String,
    /// The credential: key and certificate.
    pub credential: String,
    /// The access token of the service (OAuth 2.0 bearer).
    pub token: String,
    /// What releases the key, if the service asks for it.
    pub pin: Option<String>,
}

/// A key at a remote signing service.
pub struct RemoteSigner {
    client: HttpClient,
    service: RemoteService,
    chain: Vec<Vec<u8>>,
    is_elliptic: bool,
}

#[derive(Deserialize)]
struct CredentialInfo {
    cert: CredentialCertificates,
}

#[derive(Deserialize)]
struct CredentialCertificates {
    certificates: Vec<String>,
}

#[derive(Deserialize)]
struct Authorized {
    #[serde(rename = "SAD")]
    activation: String,
}

#[derive(Deserialize)]
struct SignedHashes {
    signatures: Vec<String>,
}

impl RemoteSigner {
    /// Asks the service for the chain of the credential (`credentials/info`).
    ///
    /// # Errors
    /// When the service does not answer, or with no usable chain.
    pub async fn connect(client: HttpClient, service: RemoteService) -> Result<Self, SourceError> {
        let mut signer = Self { client, service, chain: Vec::new(), is_elliptic: false };
        let asked = json!({ "credentialID": signer.service.credential, "certificates": "chain" });
        let info: CredentialInfo = signer.ask("credentials/info", &asked).await?;
        if info.cert.certificates.len() > CHAIN_LIMIT {
            return Err(format!("the credential has more than {CHAIN_LIMIT} certificates").into());
        }
        let chain = info.cert.certificates.iter().map(|one| STANDARD.decode(one));
        signer.chain = chain.collect::<Result<_, _>>()?;
        let own = signer.chain.first().ok_or("the credential has no certificate")?;
        let key = public_key(own).ok_or("the credential's certificate can't be read")?;
        signer.is_elliptic = PublicKey::of(&key)?.is_elliptic();
        Ok(signer)
    }

    async fn ask<T: for<'a> Deserialize<'a>>(
        &self,
        method: &str,
        asked: &serde_json::Value,
    ) -> Result<T, SourceError> {
        let url = format!("{}/{method}", self.service.url.trim_end_matches('/'));
        let asked = Asked {
            method: Method::POST,
            media_type: "application/json",
            token: Some(&self.service.token),
            body: serde_json::to_vec(asked)?,
            limit_bytes: SERVICE_ANSWER_LIMIT_BYTES,
        };
        let answer = self.client.send(&url, asked).await?;
        serde_json::from_slice(&answer)
            .map_err(|error| format!("{url} did not answer as the protocol has it: {error}").into())
    }
}

#[async_trait]
impl Signer for RemoteSigner {
    fn certificate_chain_der(&self) -> Vec<Vec<u8>> {
        self.chain.clone()
    }

    /// Authorises the credential for this digest (`credentials/authorize`) and has it signed (`signatures/signHash`).
    async fn sign_digest(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, SourceError> {
        let (credential, hash) = (&self.service.credential, STANDARD.encode(sha256));
        let mut asked = json!({
            "credentialID": credential,
            "numSignatures": 1,
            "hashes": [hash],
            "hashAlgorithmOID": SHA256,
        });
        if let Some(pin) = &self.service.pin {
            asked["authData"] = json!([{ "id": "PIN", "value": pin }]);
        }
        let authorized: Authorized = self.ask("credentials/authorize", &asked).await?;
        let algorithm = if self.is_elliptic { ECDSA_WITH_SHA256 } else { RSA_WITH_SHA256 };
        let asked = json!({
            "credentialID": credential,
            "SAD": authorized.activation,
            "hashes": [hash],
            "hashAlgorithmOID": SHA256,
            "signAlgo": algorithm,
        });
        let signed: SignedHashes = self.ask("signatures/signHash", &asked).await?;
        let [signature] = &signed.signatures[..] else {
            return Err("the service did not answer one digest with one signature".into());
        };
        let signature = STANDARD.decode(signature)?;
        // Services differ in how they write ECDSA; what is no sequence of that length is r and s.
        let is_der = first(&signature).is_ok_and(|one| one.tag == SEQUENCE && one.whole == signature);
        match self.is_elliptic && !is_der {
            true => {
                ecdsa_to_der(&signature).ok_or_else(|| "the service's signature has no known form".into())
            }
            false => Ok(signature),
        }
    }
}
