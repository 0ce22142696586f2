//! Requests for certificates (PKCS #10, RFC 2986): how an authority learns of a key that is kept elsewhere.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyUsagePurpose};

use crate::authority::{holder_params, signer_subject};
use crate::document::DocumentSigner;
use crate::error::PkiError;
use crate::holder::Holder;
use crate::p256_key::{Elsewhere, P256Key};

/// A request for the certificate of a node or a system, PEM, signed with its key.
///
/// # Errors
/// When the key does not sign.
pub fn request_node(holder: &Holder, key: Arc<dyn P256Key>) -> Result<String, PkiError> {
    signed(&holder_params(holder)?, key)
}

/// A request for the certificate of a key that signs documents, PEM, signed with that key.
///
/// # Errors
/// When the key does not sign.
pub fn request_signer(signer: &DocumentSigner, key: Arc<dyn P256Key>) -> Result<String, PkiError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = signer_subject(signer);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    signed(&params, key)
}

fn signed(params: &CertificateParams, key: Arc<dyn P256Key>) -> Result<String, PkiError> {
    let request = params.serialize_request(&Elsewhere(key));
    let pem = request.and_then(|request| request.pem());
    pem.map_err(|error| PkiError::Key(error.to_string()))
}
