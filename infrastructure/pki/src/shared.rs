//! An identity that can be renewed while it is in use.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, ResolvesClientCert, Tls12ClientSessionValue,
    Tls13ClientSessionValue,
};
use rustls::pki_types::ServerName;
use rustls::server::{ClientHello, ResolvesServerCert, ServerSessionMemoryCache, StoresServerSessions};
use rustls::sign::CertifiedKey;
use rustls::{NamedGroup, SignatureScheme};

use crate::error::PkiError;
use crate::identity::Identity;

/// How many peers' sessions a client, and how many sessions a server, keeps for resumption.
const SESSIONS_KEPT: usize = 1024;

/// The identity a node or a system presents now. Clones share it; once replaced, every new connection presents the new
/// certificate, while those already open go on.
///
/// Order of a renewal: issue, list the new certificate in the directory, and only then replace, so that peers never meet
/// a certificate they do not know.
#[derive(Debug, Clone)]
pub struct SharedIdentity {
    cell: Arc<ArcSwap<Identity>>,
}

impl SharedIdentity {
    /// Shares an identity.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self { cell: Arc::new(ArcSwap::from_pointee(identity)) }
    }

    /// The identity presented now.
    #[must_use]
    pub fn current(&self) -> Arc<Identity> {
        self.cell.load_full()
    }

    /// Presents a renewed identity from now on.
    ///
    /// # Errors
    /// When the new identity belongs to another holder.
    pub fn replace(&self, renewed: Identity) -> Result<(), PkiError> {
        let current = self.current();
        if renewed.holder() != current.holder() {
            let (current, renewed) = (current.holder().to_string(), renewed.holder().to_string());
            return Err(PkiError::OtherHolder { current, renewed });
        }
        self.cell.store(Arc::new(renewed));
        Ok(())
    }
}

/// Presents whatever identity is current.
#[derive(Debug)]
pub(crate) struct CurrentCertificate(pub(crate) SharedIdentity);

impl ResolvesServerCert for CurrentCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.current().certified().clone())
    }
}

impl ResolvesClientCert for CurrentCertificate {
    fn resolve(&self, _root_hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.current().certified().clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Sessions for resumption, forgotten when the identity is renewed: a resumed session shows the certificate it began
/// with, so keeping sessions would keep the old certificate in use.
pub(crate) struct Sessions<C> {
    identity: SharedIdentity,
    cache: ArcSwap<CacheOf<C>>,
    new_cache: fn() -> C,
}

struct CacheOf<C> {
    identity: Arc<Identity>,
    cache: C,
}

impl<C> Sessions<C> {
    fn new(identity: SharedIdentity, new_cache: fn() -> C) -> Self {
        let cache = ArcSwap::from_pointee(CacheOf { identity: identity.current(), cache: new_cache() });
        Self { identity, cache, new_cache }
    }

    fn current(&self) -> Arc<CacheOf<C>> {
        let kept = self.cache.load_full();
        let identity = self.identity.current();
        if Arc::ptr_eq(&kept.identity, &identity) {
            return kept;
        }
        let fresh = Arc::new(CacheOf { identity, cache: (self.new_cache)() });
        self.cache.store(fresh.clone());
        fresh
    }
}

impl<C> fmt::Debug for Sessions<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("identity", &self.identity).finish_non_exhaustive()
    }
}

pub(crate) fn client_sessions(identity: &SharedIdentity) -> Sessions<ClientSessionMemoryCache> {
    Sessions::new(identity.clone(), || ClientSessionMemoryCache::new(SESSIONS_KEPT))
}

pub(crate) fn server_sessions(identity: &SharedIdentity) -> Sessions<Arc<ServerSessionMemoryCache>> {
    Sessions::new(identity.clone(), || ServerSessionMemoryCache::new(SESSIONS_KEPT))
}

impl ClientSessionStore for Sessions<ClientSessionMemoryCache> {
    fn set_kx_hint(&self, server_name: ServerName<'static>, group: NamedGroup) {
        self.current().cache.set_kx_hint(server_name, group);
    }

    fn kx_hint(&self, server_name: &ServerName<'_>) -> Option<NamedGroup> {
        self.current().cache.kx_hint(server_name)
    }

    fn set_tls12_session(&self, _server_name: ServerName<'static>, _value: Tls12ClientSessionValue) {}

    fn tls12_session(&self, _server_name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }

    fn remove_tls12_session(&self, _server_name: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, server_name: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.current().cache.insert_tls13_ticket(server_name, value);
    }

    fn take_tls13_ticket(&self, server_name: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.current().cache.take_tls13_ticket(server_name)
    }
}

impl StoresServerSessions for Sessions<Arc<ServerSessionMemoryCache>> {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        self.current().cache.put(key, value)
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.current().cache.get(key)
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.current().cache.take(key)
    }

    fn can_cache(&self) -> bool {
        true
    }
}
