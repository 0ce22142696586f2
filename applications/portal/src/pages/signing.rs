//! The applicant signs with their passkey before the dossier is sent. The passkey belongs to the identity system's site, so
//! they go there and come back; what is signed is the digest of the very text that is sent.

use super::{Applicant, ROOT, Stop, check, draft, failed};
use crate::{
    Portal,
    family::for_procedure,
    model::{Dossier, Draft, Signed, Signing, Step, Subject},
    records, tasks, texts,
};
use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use contracts::{
    identity::{AskSubmissionSignature, FetchSubmissionSignature, SignatureTicket, SubmissionToSign},
    one_door::SubmissionSignature,
};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use system::CallError;
use web::{Problem, Redirect, Text};

/// Why the applicant is back at the check, and nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// They did not sign.
    NotSigned,
    /// They signed something else than what the draft says now.
    Changed,
    /// They can't sign: they have no account, or this site is not known to the identity system.
    NotPossible,
    /// The identity system can't be asked now.
    Away,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::NotSigned, Self::Changed, Self::NotPossible, Self::Away];

    /// The value of the address.
    fn word(self) -> &'static str {
        match self {
            Self::NotSigned => "not-signed",
            Self::Changed => "changed",
            Self::NotPossible => "not-possible",
            Self::Away => "away",
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }

    pub(super) fn text(self) -> Text {
        match self {
            Self::NotSigned => texts::NOT_SIGNED,
            Self::Changed => texts::SIGNED_OTHER,
            Self::NotPossible => texts::CANNOT_SIGN,
            Self::Away => texts::SIGNING_AWAY,
        }
    }

    fn back(self, draft: &Draft) -> Redirect {
        Redirect::to(format!("{}?signing={}", draft::step_path(&draft.subject, Step::Check), self.word()))
    }
}

/// The submission that is signed and sent, as JSON.
pub(super) fn text(system: &Portal, dossier: &Dossier) -> String {
    records::to_json(&tasks::submission(&system.room, dossier))
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Asks the identity system for the applicant's signature, and leads there.
pub(super) async fn ask(system: &Portal, draft: &Draft, dossier: &Dossier) -> Result<Response, Problem> {
    let text = text(system, dossier);
    let child = draft.content.answers.child.as_ref().map(|child| child.name.full());
    let asked = SubmissionToSign {
        person: draft.applicant,
        digest: digest(&text),
        name_vi: draft.procedure.name.vi.clone(),
        name_en: draft.procedure.name.en.clone(),
        concerns: child.unwrap_or_else(|| dossier.applicant_name.clone()),
        return_to: format!("{}{}/signed", system.room.public_url, draft::path(&draft.subject)),
        client: None,
    };
    let context = for_procedure(draft.applicant);
    let asked = match system.room.exchange.call::<AskSubmissionSignature>(&asked, &context).await {
        Ok(found) => found.answer,
        Err(error) => return Ok(not_asked(&error).back(draft).into_response()),
    };
    let signing = Signing {
        version: draft.version,
        submission: dossier.submission,
        submitted_at: dossier.submitted_at,
        text,
        ticket: asked.ticket,
    };
    records::add_signing(&system.room.store, draft, &signing).await.map_err(failed)?;
    let address = HeaderValue::try_from(asked.address).map_err(Problem::internal)?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response())
}

fn not_asked(error: &CallError) -> Outcome {
    tracing::warn!(%error, "an applicant can't be asked to sign");
    match error {
        CallError::Refused(problem) if matches!(problem.status, 403 | 409 | 422) => Outcome::NotPossible,
        _ => Outcome::Away,
    }
}

/// The applicant comes back. Nothing in the address is believed: what was signed is fetched. Whoever has others follow this
/// address sends nothing but what these have signed in order to send it.
pub(super) async fn signed(
    State(system): State<Arc<Portal>>,
    applicant: Applicant,
    Path(subject): Path<String>,
) -> Result<Response, Stop> {
    let subject = Subject::parse(&subject).ok_or_else(Problem::not_found)?;
    let store = &system.room.store;
    let draft = records::draft(store, applicant.number, &subject).await.map_err(failed)?;
    let Some(draft) = draft else {
        // It is sent already: the page was read again.
        return Ok(Redirect::to(format!("{ROOT}/dossiers")).into_response());
    };
    let Some(signing) = records::signing(store, &draft).await.map_err(failed)? else {
        return Ok(Outcome::NotSigned.back(&draft).into_response());
    };
    let signed = match fetch(&system, &draft, &signing).await {
        Ok(signed) => signed,
        // The applicant may come back to the same address once the identity system answers.
        Err(outcome) => return Ok(outcome.back(&draft).into_response()),
    };
    let sent = match signed {
        Some(signed) => check::send_signed(&system, &applicant, draft.clone(), &signing, signed).await?,
        None => Err(Outcome::NotSigned),
    };
    match sent {
        Ok(sent) => Ok(sent.into_response()),
        Err(outcome) => {
            records::end_signing(store, &draft, &signing).await.map_err(failed)?;
            Ok(outcome.back(&draft).into_response())
        }
    }
}

/// What the applicant has signed, if it is this.
async fn fetch(system: &Portal, draft: &Draft, signing: &Signing) -> Result<Option<Signed>, Outcome> {
    let ticket = SignatureTicket { person: draft.applicant, ticket: signing.ticket.clone() };
    let context = for_procedure(draft.applicant);
    let found = system.room.exchange.call::<FetchSubmissionSignature>(&ticket, &context).await;
    let found = found.map_err(|error| not_asked(&error))?.answer.signed;
    let signed = found.filter(|signed| signed.digest == digest(&signing.text));
    Ok(signed.map(|signed| Signed {
        signature: SubmissionSignature { text: signing.text.clone(), evidence: signed.evidence },
        proof: signed.proof,
    }))
}
