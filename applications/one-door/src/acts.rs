//! What an officer does with a dossier. Each act holds only for the revision that the officer saw.

use crate::{
    OneDoor,
    model::{Actor, Dossier, PaperKind, Reception},
    progress, records,
    rules::{self, Act},
};
use calendar::WorkingError;
use jiff::Timestamp;
use store::StoreError;
use thiserror::Error;
use uuid::Uuid;

/// Why an act was not done.
#[derive(Debug, Error)]
pub enum ActError {
    /// Somebody else changed the dossier, or it is in a state where the act has no place.
    #[error("the dossier was changed meanwhile; look at it again and decide again")]
    ChangedMeanwhile,
    /// The time limit runs beyond the table of holidays.
    #[error("the due date can't be counted: {0}; extend the table of holidays")]
    NoDueDate(#[from] WorkingError),
    /// The store can't be used.
    #[error("the store can't be used just now: {0}")]
    Unavailable(StoreError),
}

impl From<StoreError> for ActError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } | StoreError::Duplicate { .. } => Self::ChangedMeanwhile,
            error => Self::Unavailable(error),
        }
    }
}

impl OneDoor {
    /// A dossier by the portal's identifier.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn dossier(&self, submission: Uuid) -> Result<Option<Dossier>, StoreError> {
        records::dossier(&self.room.store, submission).await
    }

    /// Receives a dossier: gives it its code and due date, starts its steps and makes the receipt slip (form 01).
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn receive(&self, dossier: &Dossier, by: &Actor) -> Result<(), ActError> {
        let mut after = self.after(dossier, Act::Receive)?;
        let now = self.room.clock.now();
        // The store gives the serial: only there are two receptions of one moment told apart.
        after.reception = Some(Reception { on: self.room.clock.today(), serial: 0, at: now, by: by.clone() });
        after.clock_from = Some(now);
        after.due_at = Some(rules::due(&dossier.procedure.time_limit, now)?);
        after.note = None;
        rules::start_ready(&dossier.procedure.steps, &mut after.steps);
        self.write_with_paper(dossier, after, by, PaperKind::ReceiptSlip, "").await
    }

    /// Asks the applicant for all that is missing, in one list (form 02).
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn ask_supplement(&self, dossier: &Dossier, list: &str, by: &Actor) -> Result<(), ActError> {
        let mut after = self.after(dossier, Act::AskSupplement)?;
        progress::give_notice(&mut after, list);
        self.write_with_paper(dossier, after, by, PaperKind::SupplementNotice, list).await
    }

    /// Refuses to receive a dossier (form 03).
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn refuse(&self, dossier: &Dossier, reason: &str, by: &Actor) -> Result<(), ActError> {
        let mut after = self.after(dossier, Act::Refuse)?;
        after.note = Some(reason.trim().to_owned());
        self.write_with_paper(dossier, after, by, PaperKind::RefusalNotice, reason).await
    }

    /// Apologises for being late and gives a new date, once (form 04).
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn apologise(
        &self,
        dossier: &Dossier,
        appointment: Timestamp,
        reason: &str,
        by: &Actor,
    ) -> Result<(), ActError> {
        let mut after = self.after(dossier, Act::Apologise)?;
        if dossier.rescheduled_to.is_some() {
            return Err(ActError::ChangedMeanwhile);
        }
        after.rescheduled_to = Some(appointment);
        self.write_with_paper(dossier, after, by, PaperKind::Apology, reason).await
    }

    fn after(&self, dossier: &Dossier, act: Act) -> Result<Dossier, ActError> {
        let state = rules::after(dossier.state, act, &dossier.steps).ok_or(ActError::ChangedMeanwhile)?;
        Ok(Dossier { state, ..dossier.clone() })
    }

    async fn write_with_paper(
        &self,
        before: &Dossier,
        mut after: Dossier,
        by: &Actor,
        kind: PaperKind,
        reason: &str,
    ) -> Result<(), ActError> {
        let mut batch = progress::change(&self.room, before, &mut after, by);
        progress::add_paper(&self.room, &mut batch, &after, kind, reason.trim(), &by.name);
        self.room.store.write(batch).await?;
        self.room.tasks.notify_one();
        Ok(())
    }
}
