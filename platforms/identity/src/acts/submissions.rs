//! People sign what other systems hand in for them. What it says stays with the system that asks: here its digest is signed.

use super::{ActError, with_query};
use crate::{
    Identity,
    model::{Account, Act, SignatureRequest, SignedSubmission},
    records,
    rules::{self, submission},
    secret::Secret,
    submission::{SubmissionError, SubmissionEvidence},
    webauthn::{self, Assertion},
};
use contracts::identity::SubmissionToSign;
use jiff::{SignedDuration, Timestamp};
use store::{Batch, StoreError, params};

/// Where the outcome stands in the address that a person comes back to.
const OUTCOME: &str = "signed";

/// Why nothing was signed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SigningError {
    /// The request is over, answered, or never was.
    Over,
    /// It is another person who was asked.
    NotTheirs,
    /// The passkey is not one of the account, or did not sign this.
    Wrong,
}

impl Identity {
    /// Notes what a system asks a person to sign: the ticket, and until when it holds.
    pub(crate) async fn ask_signature(
        &self,
        account: &Account,
        asked: &SubmissionToSign,
        digest: [u8; 32],
        asked_by: &str,
    ) -> Result<(Secret, Timestamp), StoreError> {
        let (now, secret) = (self.now(), Secret::new(&self.room.random));
        let after = |span| now.checked_add(span).unwrap_or(Timestamp::MAX);
        let request = SignatureRequest {
            account: account.id,
            asked_by: asked_by.to_owned(),
            digest,
            shown: submission::Shown {
                name_vi: asked.name_vi.clone(),
                name_en: asked.name_en.clone(),
                concerns: asked.concerns.clone(),
            },
            return_to: asked.return_to.clone(),
            issued_at: now,
            expires_at: after(SignedDuration::from_hours(submission::FETCHING_HOURS)),
            signed: None,
        };
        let mut batch = Batch::new();
        records::ask_signature(&mut batch, secret.hash(), &request, now)?;
        self.room.store.write(batch).await?;
        Ok((secret, after(SignedDuration::from_mins(submission::SIGNING_MINUTES))))
    }

    /// Whether a system may have people sent back to an address: it is at a site of the State, or at that of a client of its own.
    pub(crate) async fn may_return(
        &self,
        system: &str,
        client: Option<&str>,
        address: &str,
    ) -> Result<bool, StoreError> {
        let store = &self.room.store;
        let registered: Vec<_> = match client {
            Some(client) => {
                records::client(store, &format!("{system}/{client}")).await?.into_iter().collect()
            }
            None => records::sites(store).await?.into_iter().map(|(_, registration)| registration).collect(),
        };
        let addresses = registered.iter().flat_map(|known| &known.redirect_uris).map(String::as_str);
        Ok(submission::may_return(address, addresses))
    }

    /// What a person is asked to sign, if the ticket is theirs and may still be used.
    pub(crate) async fn to_be_signed(
        &self,
        account: &Account,
        ticket: &Secret,
    ) -> Result<Result<SignatureRequest, SigningError>, StoreError> {
        let found = records::signature_request(&self.room.store, ticket.hash()).await?;
        Ok(match found {
            Some(request) if request.account != account.id => Err(SigningError::NotTheirs),
            Some(request)
                if request.signed.is_none() && submission::may_be_signed(request.issued_at, self.now()) =>
            {
                Ok(request)
            }
            _ => Err(SigningError::Over),
        })
    }

    /// Takes the signature of a person's passkey: where they go then.
    pub(crate) async fn sign_submission(
        &self,
        account: &Account,
        ticket: &Secret,
        credential: &[u8],
        assertion: &Assertion<'_>,
        device: &str,
    ) -> Result<Result<String, SigningError>, ActError> {
        let request = match self.to_be_signed(account, ticket).await? {
            Ok(request) => request,
            Err(error) => return Ok(Err(error)),
        };
        let passkey = records::passkey(&self.room.store, credential).await?;
        let Some(passkey) = passkey.filter(|passkey| passkey.account == account.id) else {
            return Ok(Err(SigningError::Wrong));
        };
        let challenge = crate::submission::challenge(&request.digest);
        let counter =
            webauthn::assert(&self.party, &challenge, &passkey.public_key, passkey.counter, assertion);
        let evidence = SubmissionEvidence::of(&self.party, &request.digest, &passkey.public_key, assertion);
        let (counter, evidence) = match (counter, evidence) {
            (Ok(counter), Ok(evidence)) => (counter, evidence.written()),
            (Err(error), _) => return Ok(Err(not_signed(&error.into()))),
            (_, Err(error)) => return Ok(Err(not_signed(&error))),
        };
        let now = self.now();
        let signed = SignedSubmission {
            id: self.room.random.id(now),
            account: account.id,
            digest: request.digest,
            public_key: passkey.public_key,
            level: passkey.level,
            evidence,
            signed_at: now,
        };
        let mut batch = Batch::new();
        batch.change_one(&records::ANSWER_SIGNATURE_REQUEST, params![ticket.hash(), signed.id]);
        batch.change_one(&records::USE_PASSKEY, params![credential, passkey.counter, counter, now]);
        records::keep_signed(&mut batch, &signed);
        self.note(&mut batch, account.id, Act::SubmissionSigned, device);
        match self.room.store.write(batch).await {
            Ok(()) => Ok(Ok(with_query(&request.return_to, &[(OUTCOME, "yes".to_owned())]))),
            Err(StoreError::Conflict { .. }) => Ok(Err(SigningError::Over)),
            Err(error) => Err(error.into()),
        }
    }

    /// A person does not sign: where they go then.
    pub(crate) async fn decline_signature(
        &self,
        account: &Account,
        ticket: &Secret,
    ) -> Result<Result<String, SigningError>, StoreError> {
        let request = match self.to_be_signed(account, ticket).await? {
            Ok(request) => request,
            Err(error) => return Ok(Err(error)),
        };
        let mut batch = Batch::new();
        batch.change(&records::END_SIGNATURE_REQUEST, params![ticket.hash()]);
        self.room.store.write(batch).await?;
        Ok(Ok(with_query(&request.return_to, &[(OUTCOME, "no".to_owned())])))
    }

    /// What came of a request, for the system that made it. Those of others, and of other people, are not there.
    pub(crate) async fn fetch_signature(
        &self,
        account: &Account,
        ticket: &Secret,
        system: &str,
    ) -> Result<Option<SignedSubmission>, StoreError> {
        let store = &self.room.store;
        let request = records::signature_request(store, ticket.hash()).await?;
        let request = request.filter(|request| {
            request.account == account.id
                && request.asked_by == system
                && rules::is_fresh(request.issued_at, request.expires_at, self.now())
        });
        match request.and_then(|request| request.signed) {
            Some(signed) => records::signed(store, signed).await,
            None => Ok(None),
        }
    }

    /// What is kept of a signature, if the evidence of it holds and the account made it.
    pub(crate) async fn verify_submission(
        &self,
        account: &Account,
        digest: [u8; 32],
        evidence: &str,
    ) -> Result<Option<SignedSubmission>, StoreError> {
        let read = SubmissionEvidence::read(evidence.as_bytes());
        match read.and_then(|evidence| evidence.verify(&self.party, &digest)) {
            Ok(key) => records::signed_with(&self.room.store, account.id, digest, &key).await,
            Err(error) => {
                tracing::info!(%error, "evidence of a submission does not hold");
                Ok(None)
            }
        }
    }
}

fn not_signed(error: &SubmissionError) -> SigningError {
    tracing::info!(%error, "a submission was not signed");
    SigningError::Wrong
}
