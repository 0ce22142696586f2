//! Verifying a peer: its chain against the trusted roots, and then its very certificate against the directory.

use std::fmt;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
};

use crate::certificate::{fingerprint, key_fingerprint};
use crate::error::PkiError;
use crate::holder::{Holder, Role};
use crate::tls::{AllowPeer, Fingerprints, Peer, Peers};

/// Which peer a certificate shows, if the directory lists the certificate, or its key, for that peer.
pub(crate) fn listed_peer(peers: &Peers, certificate: &CertificateDer<'_>) -> Result<Peer, PkiError> {
    let (role, allow) = match peers {
        Peers::Nodes(allow) => (Role::Node, allow),
        Peers::Systems(allow) => (Role::System, allow),
    };
    let holder = Holder::of_certificate(certificate)?;
    if holder.role() != role {
        return Err(PkiError::WrongRole { found: holder.to_string(), expected: role.name() });
    }
    let shown = Fingerprints { certificate: fingerprint(certificate), key: key_fingerprint(certificate)? };
    let allowed = allow(holder.id(), &shown);
    let fingerprint = shown.certificate;
    if allowed {
        Ok(Peer { holder, fingerprint })
    } else {
        Err(PkiError::NotListed { holder: holder.to_string(), fingerprint })
    }
}

fn refuse(error: PkiError) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error))))
}

/// Verifies the clients of a server.
pub(crate) struct ListedClient {
    pub(crate) chain: Arc<dyn ClientCertVerifier>,
    pub(crate) peers: Peers,
}

impl ClientCertVerifier for ListedClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.chain.verify_client_cert(end_entity, intermediates, now)?;
        listed_peer(&self.peers, end_entity).map_err(refuse)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

impl fmt::Debug for ListedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListedClient").field("chain", &self.chain).finish_non_exhaustive()
    }
}

/// Verifies the node a client calls.
pub(crate) struct ListedServer {
    chain: Arc<WebPkiServerVerifier>,
    peers: Peers,
}

impl ListedServer {
    pub(crate) fn new(chain: Arc<WebPkiServerVerifier>, allow: AllowPeer) -> Self {
        Self { chain, peers: Peers::Nodes(allow) }
    }
}

impl ServerCertVerifier for ListedServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        let peer = listed_peer(&self.peers, end_entity).map_err(refuse)?;
        // The DNS-like name alone is not an identity: it must be that of the node the certificate names.
        if peer.holder.server_name() != *server_name {
            let called = server_name.to_str().into_owned();
            return Err(refuse(PkiError::WrongNode { found: peer.holder.to_string(), called }));
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

impl fmt::Debug for ListedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListedServer").field("chain", &self.chain).finish_non_exhaustive()
    }
}
