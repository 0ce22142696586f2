//! What a citizen sends, signed with their passkey: the authenticator signs a challenge that is made of the submission's
//! digest (WebAuthn Level 2, 13.4.3 leaves the choice of the challenge to the relying party), after it has verified its user.
//! The evidence is kept with the dossier; whoever has both verifies it without asking anybody. That the key is the person's is
//! said by the account it is bound to.

use crate::webauthn::{self, Assertion, PART_LIMIT_BYTES, RelyingParty, WebauthnError};
use aws_lc_rs::digest::{Context, SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The form of the evidence.
pub const FORMAT: &str = "lienthong-submission/v1";
/// Largest evidence that is read, in bytes.
pub const EVIDENCE_LIMIT_BYTES: usize = 5 * PART_LIMIT_BYTES;

/// Why evidence proves nothing.
#[derive(Debug, Error)]
pub enum SubmissionError {
    /// It can't be read.
    #[error("the evidence is not of the form {FORMAT}: {0}")]
    Form(String),
    /// It was made at another site than the one that is trusted.
    #[error("the evidence was made at another site; ask the agency that received the dossier")]
    Site,
    /// The signature does not hold over this submission.
    #[error("the evidence does not prove this submission: {0}")]
    Signature(#[from] WebauthnError),
}

/// What the authenticator is asked to sign for a submission with this SHA-256: a digest that no other ceremony asks for.
pub fn challenge(submission: &[u8; 32]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(FORMAT.as_bytes());
    context.update(b"\n");
    context.update(submission);
    context.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

/// A passkey's signature over a submission, with what is needed to verify it. All parts are base64url.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SubmissionEvidence {
    /// [`FORMAT`].
    format: String,
    /// The site: domain and origin.
    party: String,
    origin: String,
    /// The key, as COSE_Key.
    public_key: String,
    client_data: String,
    authenticator_data: String,
    signature: String,
}

impl SubmissionEvidence {
    /// Evidence of an assertion that holds over the submission with this SHA-256.
    ///
    /// # Errors
    /// [`SubmissionError::Signature`] when it does not.
    pub fn of(
        party: &RelyingParty,
        submission: &[u8; 32],
        public_key: &[u8],
        assertion: &Assertion<'_>,
    ) -> Result<Self, SubmissionError> {
        let evidence = Self {
            format: FORMAT.to_owned(),
            party: party.id.clone(),
            origin: party.origin.clone(),
            public_key: URL_SAFE_NO_PAD.encode(public_key),
            client_data: URL_SAFE_NO_PAD.encode(assertion.client_data),
            authenticator_data: URL_SAFE_NO_PAD.encode(assertion.authenticator_data),
            signature: URL_SAFE_NO_PAD.encode(assertion.signature),
        };
        evidence.verify(party, submission)?;
        Ok(evidence)
    }

    /// Evidence as it was kept.
    ///
    /// # Errors
    /// [`SubmissionError::Form`].
    pub fn read(json: &[u8]) -> Result<Self, SubmissionError> {
        if json.len() > EVIDENCE_LIMIT_BYTES {
            return Err(SubmissionError::Form(format!("it is larger than {EVIDENCE_LIMIT_BYTES} bytes")));
        }
        let evidence: Self =
            serde_json::from_slice(json).map_err(|error| SubmissionError::Form(error.to_string()))?;
        match evidence.format == FORMAT {
            true => Ok(evidence),
            false => Err(SubmissionError::Form("it is of another version".to_owned())),
        }
    }

    /// The evidence as it is kept: JSON.
    pub fn written(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// Checks that the key has signed this submission at this site, and that the authenticator had verified its user.
    /// Returns the key, as COSE_Key: whose it is says the account.
    ///
    /// # Errors
    /// [`SubmissionError`].
    pub fn verify(&self, party: &RelyingParty, submission: &[u8; 32]) -> Result<Vec<u8>, SubmissionError> {
        if self.party != party.id || self.origin != party.origin {
            return Err(SubmissionError::Site);
        }
        let part = |text: &str| {
            URL_SAFE_NO_PAD.decode(text).map_err(|error| SubmissionError::Form(error.to_string()))
        };
        let public_key = part(&self.public_key)?;
        let (client_data, authenticator_data) = (part(&self.client_data)?, part(&self.authenticator_data)?);
        let signature = part(&self.signature)?;
        let assertion = Assertion {
            client_data: &client_data,
            authenticator_data: &authenticator_data,
            signature: &signature,
        };
        // A counter tells copies apart while a session begins; what was signed stays signed.
        webauthn::assert(party, &challenge(submission), &public_key, 0, &assertion)?;
        Ok(public_key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Authenticator;

    fn party() -> RelyingParty {
        RelyingParty::of("https://dinhdanh.example")
    }

    const SUBMISSION: [u8; 32] = [3; 32];
    const ANOTHER: [u8; 32] = [4; 32];

    fn signed(mut authenticator: Authenticator, submission: &[u8; 32]) -> SubmissionEvidence {
        let (client, attestation) = authenticator.register(&party(), &[1; 32]);
        let registered = webauthn::register(&party(), &[1; 32], &client, &attestation).expect("a key");
        let (client_data, authenticator_data, signature) =
            authenticator.sign(&party(), &challenge(submission));
        let assertion = Assertion {
            client_data: &client_data,
            authenticator_data: &authenticator_data,
            signature: &signature,
        };
        SubmissionEvidence::of(&party(), submission, &registered.public_key, &assertion).expect("evidence")
    }

    #[test]
    fn evidence_proves_its_submission_and_no_other() {
        let submission = &SUBMISSION;
        for authenticator in [Authenticator::es256(), Authenticator::eddsa()] {
            let evidence = signed(authenticator, submission);
            let read = SubmissionEvidence::read(evidence.written().as_bytes()).expect("evidence");
            assert!(read.verify(&party(), submission).is_ok());
            let refused = |evidence: &SubmissionEvidence, submission: &[u8; 32], party: &RelyingParty| {
                evidence.verify(party, submission).is_err()
            };
            assert!(refused(&read, &ANOTHER, &party()));
            assert!(refused(&read, submission, &RelyingParty::of("https://other.example")));
            let other = signed(Authenticator::es256(), &ANOTHER);
            for change in [
                SubmissionEvidence { signature: other.signature.clone(), ..read.clone() },
                SubmissionEvidence { public_key: other.public_key.clone(), ..read.clone() },
                SubmissionEvidence { client_data: other.client_data.clone(), ..read.clone() },
                SubmissionEvidence { authenticator_data: "AAAA".to_owned(), ..read.clone() },
                SubmissionEvidence { signature: "*".to_owned(), ..read.clone() },
            ] {
                assert!(refused(&change, submission, &party()), "{change:?}");
            }
        }
    }

    #[test]
    fn what_is_no_evidence_is_refused() {
        for json in ["", "{}", "[]", "{\"format\":\"lienthong-submission/v2\"}"] {
            assert!(SubmissionEvidence::read(json.as_bytes()).is_err(), "{json}");
        }
        assert!(SubmissionEvidence::read(&vec![b' '; EVIDENCE_LIMIT_BYTES + 1]).is_err());
    }

    /// An assertion of a sign-in, whose challenge is random, is no evidence; nor is one without its user verified.
    #[test]
    fn a_sign_in_is_no_submission() {
        let mut authenticator = Authenticator::es256();
        let (client, attestation) = authenticator.register(&party(), &[1; 32]);
        let key = webauthn::register(&party(), &[1; 32], &client, &attestation).expect("a key").public_key;
        for (challenge, flags) in [([2; 32], 0x05), (challenge(&SUBMISSION), 0x01)] {
            authenticator.flags = flags;
            let (client_data, authenticator_data, signature) = authenticator.sign(&party(), &challenge);
            let assertion = Assertion {
                client_data: &client_data,
                authenticator_data: &authenticator_data,
                signature: &signature,
            };
            assert!(SubmissionEvidence::of(&party(), &SUBMISSION, &key, &assertion).is_err());
        }
    }
}
