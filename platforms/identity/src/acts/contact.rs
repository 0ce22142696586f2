//! Changing the phone number or e-mail address to which codes go. Whoever holds the contact can recover the account together
//! with the recovery key, so changing it asks for no less than signing in where nothing is known.

use super::{ActError, Visitor, sign_in::lane};
use crate::{
    Identity,
    model::{Account, Act, Contact, Method, Session, Step},
    records,
    rules::assurance,
    secret::Secret,
    texts,
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::SignedDuration;
use store::{Batch, StoreError, params};

/// What came of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ContactChange {
    /// The contact is the new one.
    Changed,
    /// A code is wrong.
    Wrong,
    /// Too many guesses; wait.
    Wait(SignedDuration),
    /// The step took too long or too many answers; begin again.
    Over,
}

impl Identity {
    /// Sends a code to the new contact and, where the account's second factor is one, to the old. The wait, where too many
    /// were sent there already.
    pub(crate) async fn begin_contact(
        &self,
        account: &Account,
        session: &Session,
        contact: Contact,
    ) -> Result<Result<Secret, SignedDuration>, ActError> {
        let lane = format!("contact {}", contact.address);
        if let Some(wait) = self.count_guess(&lane).await? {
            return Ok(Err(wait));
        }
        let secret = Secret::new(&self.room.random);
        let mut batch = Batch::new();
        let code = self.send_code(&mut batch, &contact, &secret);
        let factor = assurance::before_new_contact(account.factors, &session.methods);
        let own_code =
            (factor == Some(Method::SentCode)).then(|| self.send_code(&mut batch, &account.contact, &secret));
        let step = Step::Contact { account: account.id, contact, factor, own_code, code };
        self.begin_step(&mut batch, &secret, step)?;
        self.write(batch).await?;
        Ok(Ok(secret))
    }

    /// Changes the contact, if both codes are right. The old one is told.
    pub(crate) async fn finish_contact(
        &self,
        account: &Account,
        secret: &Secret,
        own: Option<u32>,
        typed: Option<u32>,
        visitor: &Visitor,
    ) -> Result<ContactChange, ActError> {
        let lane = lane(account.person, visitor, true);
        if let Some(wait) = self.count_guess(&lane).await? {
            return Ok(ContactChange::Wait(wait));
        }
        let Some(waiting) = self.answered(secret).await? else { return Ok(ContactChange::Over) };
        let Step::Contact { account: owner, contact, factor, own_code, code } = waiting.step else {
            return Ok(ContactChange::Over);
        };
        if owner != account.id {
            return Ok(ContactChange::Over);
        }
        let is_code = |tag: [u8; 32], typed: Option<u32>| {
            typed.is_some_and(|typed| verify_slices_are_equal(&tag, &secret.tag(typed)).is_ok())
        };
        let mut batch = Batch::new();
        let is_owner = match (factor, own) {
            (None, _) => true,
            (Some(Method::Totp), Some(own)) => self.take_totp(&mut batch, account, own).await?,
            (Some(_), own) => own_code.is_some_and(|tag| is_code(tag, own)),
        };
        if !is_owner || !is_code(code, typed) {
            return Ok(ContactChange::Wrong);
        }
        batch.change_one(&records::END_STEP, params![secret.hash()]);
        batch.change(&records::CLEAR_LANE, params![&lane]);
        let (kind, old) = (contact.kind.code(), &account.contact.address);
        batch.change_one(&records::SET_CONTACT, params![account.id, kind, &contact.address, old]);
        self.send(&mut batch, &account.contact, texts::contact_changed_message());
        self.note(&mut batch, account.id, Act::ContactChanged, &visitor.device);
        match self.write(batch).await {
            Ok(()) => Ok(ContactChange::Changed),
            Err(StoreError::Conflict { .. }) => Ok(ContactChange::Over),
            Err(error) => Err(error.into()),
        }
    }
}
