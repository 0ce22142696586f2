//! Secrets of authenticator apps. In the records they are sealed, as the keys of tokens are: whoever gets the records alone can
//! make no code.

use super::ActError;
use crate::{
    Identity,
    model::{Account, Step},
    records::{self, SealedApp},
    secret::Secret,
};
use store::{Batch, StoreError, params};
use system::{Sealing, SealingError};
use uuid::Uuid;

/// How many secrets are sealed anew in one batch.
const SEALED_AT_ONCE: i64 = 200;

/// What a secret is sealed as.
fn purpose(account: Uuid) -> String {
    format!("authenticator app of {account}")
}

impl Identity {
    /// Seals the secret of an account's app.
    pub(super) fn seal_app(&self, account: Uuid, secret: &[u8]) -> SealedApp {
        let sealed = self.room.sealing.seal(&purpose(account), secret, &self.room.random);
        let by = Sealing::sealed_by(&sealed);
        SealedApp { account, sealed, by }
    }

    /// The secret of an account's app.
    pub(super) fn unseal_app(&self, app: &SealedApp) -> Result<Vec<u8>, SealingError> {
        // It was kept in the clear by an earlier version, and its turn to be sealed has not come yet.
        if app.by.is_empty() {
            return Ok(app.sealed.clone());
        }
        let sealing = &self.room.sealing;
        match sealing.unseal(&purpose(app.account), &app.sealed) {
            // Another node has taken up a new key already.
            Err(SealingError::UnknownKey) => {
                sealing.refresh()?;
                sealing.unseal(&purpose(app.account), &app.sealed)
            }
            unsealed => unsealed,
        }
    }

    /// The app that is being set up for an account in this step, and its secret.
    pub(crate) async fn app_in_step(
        &self,
        account: &Account,
        step: &Secret,
    ) -> Result<Option<(SealedApp, Vec<u8>)>, ActError> {
        let waiting = self.step(step).await?.map(|waiting| waiting.step);
        let Some(Step::Totp { account: owner, sealed }) = waiting else { return Ok(None) };
        if owner != account.id {
            return Ok(None);
        }
        let app = SealedApp { account: owner, by: Sealing::sealed_by(&sealed), sealed };
        let secret = self.unseal_app(&app)?;
        Ok(Some((app, secret)))
    }

    /// Seals by the newest key what another one sealed. What can't be unsealed is told and stays as it is: its owner signs in
    /// by another factor, or the file of sealing keys is brought back.
    pub(crate) async fn seal_apps_anew(&self) -> Result<(), StoreError> {
        let (store, newest) = (&self.room.store, self.room.sealing.newest());
        let mut behind = Uuid::nil();
        loop {
            let apps = records::apps_sealed_by_others(store, &newest, behind, SEALED_AT_ONCE).await?;
            let Some(last) = apps.last() else { return Ok(()) };
            behind = last.account;
            let mut batch = Batch::new();
            for app in &apps {
                match self.unseal_app(app) {
                    Ok(secret) => {
                        let anew = self.seal_app(app.account, &secret);
                        let values = params![app.account, anew.sealed, anew.by, &app.sealed];
                        batch.change(&records::SEAL_TOTP_ANEW, values);
                    }
                    Err(error) => {
                        tracing::error!(%error, "the secret of an authenticator app can't be unsealed")
                    }
                }
            }
            store.write(batch).await?;
        }
    }
}
