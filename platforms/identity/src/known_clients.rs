//! Clients as the records had them a moment ago, so that a request for tokens does not wait for a reading.
//!
//! What is held here may be out of date: another node may have registered the client anew. So whatever is done by it is
//! written only if the registration still stands (`CLIENT_STANDS`), and whatever is refused by it is asked of the records
//! again.

use crate::{
    jose::{VerifyingKey, keys_of},
    records,
};
use contracts::identity::ClientRegistration;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use store::{Store, StoreError};

/// How many clients are held at most; a country has some hundreds.
const CLIENTS_HELD_MAX: usize = 2_000;

/// A client with its keys ready to verify.
pub(crate) struct KnownClient {
    pub(crate) registration: ClientRegistration,
    /// None where it registered none.
    pub(crate) keys: Vec<VerifyingKey>,
    /// The registration as it is recorded, to be compared with what stands there later.
    pub(crate) recorded: String,
}

/// The clients that were read lately.
#[derive(Default)]
pub(crate) struct KnownClients(Mutex<HashMap<String, Arc<KnownClient>>>);

impl KnownClients {
    /// The client as it was read before, if it was.
    pub(crate) fn held(&self, id: &str) -> Option<Arc<KnownClient>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The client as it is in the records now, held from now on. One that is not there is not held, so that nobody fills the
    /// memory with names.
    pub(crate) async fn read(&self, store: &Store, id: &str) -> Result<Option<Arc<KnownClient>>, StoreError> {
        let Some((registration, recorded)) = records::registered_client(store, id).await? else {
            return Ok(None);
        };
        let keys = registration.jwks.as_ref().and_then(|set| keys_of(set).ok()).unwrap_or_default();
        let known = Arc::new(KnownClient { registration, keys, recorded });
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= CLIENTS_HELD_MAX {
            held.clear();
        }
        held.insert(id.to_owned(), known.clone());
        Ok(Some(known))
    }
}
