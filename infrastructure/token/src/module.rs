//! The libraries that speak to tokens. A process has each of them once, and all its keys share it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use aws_lc_rs::digest::{SHA256, digest};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as Failure, RvError};

use crate::TokenError;

/// A library.
pub(crate) struct Module {
    path: PathBuf,
    state: RwLock<State>,
    /// SHA-256 of token and PIN, where the token has refused the PIN. A second try would only bring it nearer to locking
    /// itself.
    refused_pins: Mutex<HashSet<[u8; 32]>>,
}

/// A library at work. Every time it is started anew its sessions and objects are others, though they may have the same
/// numbers; so whoever uses one compares `generation` first, and keeps the lock meanwhile.
pub(crate) struct State {
    pub(crate) context: Option<Pkcs11>,
    pub(crate) generation: u64,
}

impl Module {
    /// The library in this file, loaded at the first call.
    pub(crate) fn of(path: &Path) -> Result<Arc<Self>, TokenError> {
        static LOADED: Mutex<Option<HashMap<PathBuf, Arc<Module>>>> = Mutex::new(None);
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = loaded.get_or_insert_default();
        if let Some(module) = loaded.get(path) {
            return Ok(module.clone());
        }
        let state = State { context: Some(start(path)?), generation: 0 };
        let module =
            Arc::new(Self { path: path.into(), state: RwLock::new(state), refused_pins: Mutex::default() });
        loaded.insert(path.into(), module.clone());
        Ok(module)
    }

    /// Does something with the library while nobody starts it anew.
    pub(crate) fn with<T>(
        &self,
        act: impl FnOnce(&Pkcs11, u64) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        match &state.context {
            Some(context) => act(context, state.generation),
            None => Err(TokenError::Stopped { module: self.path.clone() }),
        }
    }

    /// Starts the library anew, unless somebody has since `generation`: many notice only then that a token is back.
    pub(crate) fn restart(&self, generation: u64) -> Result<(), TokenError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.generation != generation && state.context.is_some() {
            return Ok(());
        }
        state.generation += 1;
        if let Some(context) = state.context.take() {
            // It may have ended by itself.
            let _ = context.finalize();
        }
        state.context = Some(start(&self.path)?);
        Ok(())
    }

    /// Whether the token has refused this PIN before.
    pub(crate) fn has_refused(&self, token: &str, pin: &str) -> bool {
        self.refused_pins.lock().unwrap_or_else(PoisonError::into_inner).contains(&digest_of(token, pin))
    }

    /// Keeps that the token has refused this PIN.
    pub(crate) fn note_refused(&self, token: &str, pin: &str) {
        self.refused_pins.lock().unwrap_or_else(PoisonError::into_inner).insert(digest_of(token, pin));
    }

    /// How often it was started anew.
    pub(crate) fn generation(&self) -> u64 {
        self.state.read().unwrap_or_else(PoisonError::into_inner).generation
    }
}

fn digest_of(token: &str, pin: &str) -> [u8; 32] {
    let digest = digest(&SHA256, format!("{token}\0{pin}").as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

fn start(path: &Path) -> Result<Pkcs11, TokenError> {
    let failed = |failure: Failure| TokenError::Module { module: path.into(), fault: failure.to_string() };
    let context = Pkcs11::new(path).map_err(failed)?;
    match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Failure::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(context),
        Err(failure) => Err(failed(failure)),
    }
}
