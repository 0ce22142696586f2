//! Annulments of entries.

use super::entries::END_VERSION;
use crate::model::{Annulment, Entry, EntryVersion, Official};
use store::{Batch, Store, StoreError, params, statements};
use uuid::Uuid;

statements! {
    /// Annuls an entry.
    ANNUL_ENTRY = "INSERT INTO annulments (registration, legal_basis, reason, decided_by, decided_by_name, annulled_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    /// The annulment of an entry.
    ANNULMENT = "SELECT legal_basis, reason, decided_by, decided_by_name, annulled_at FROM annulments
        WHERE registration = $1";
    /// Lets the child of an annulled entry be registered again, as it should be.
    FREE_CHILD = "UPDATE applications SET child_key = NULL WHERE application = $1";
}

/// Adds the annulment of an entry to a batch: what it last said ends, and no certificate of it is true any more.
pub(crate) fn annul(batch: &mut Batch, entry: &Entry, current: &EntryVersion, annulment: &Annulment) {
    batch.change_one(&END_VERSION, params![entry.registration, current.version, annulment.at]);
    let by = &annulment.by;
    batch.change_one(
        &ANNUL_ENTRY,
        params![
            entry.registration,
            &annulment.legal_basis,
            &annulment.reason,
            &by.account,
            &by.name,
            annulment.at
        ],
    );
    batch.change_one(&FREE_CHILD, params![entry.application]);
    super::supersede_certificates(batch, entry.registration, annulment.at);
}

/// The annulment of an entry, if it was annulled.
pub(crate) async fn annulment(store: &Store, registration: Uuid) -> Result<Option<Annulment>, StoreError> {
    let Some(row) = store.read_one(&ANNULMENT, params![registration]).await? else { return Ok(None) };
    Ok(Some(Annulment {
        legal_basis: row.get(0)?,
        reason: row.get(1)?,
        by: Official { account: row.get(2)?, name: row.get(3)? },
        at: row.get(4)?,
    }))
}
