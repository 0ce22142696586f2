//! Signing what was pressed: what a signature looks like, and where the fields for it stand. The signature itself is made by
//! the crate `signature`.

mod appearance;
pub(crate) mod fields;

use jiff::Timestamp;
use signature::pades::{PdfSignature, Placement, fields::empty_field_size};
use signature::{Seal, Signed};

use crate::error::PressError;
use appearance::appearance;

/// What a signature says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct SignatureDetails {
    /// Where the signature stands.
    pub field: SignatureField,
    /// When it was made, as claimed by the signer.
    pub signed_at: Timestamp,
    /// The signatory's name.
    pub name: Option<String>,
    /// Why it was made.
    pub reason: Option<String>,
    /// Where it was made.
    pub location: Option<String>,
}

impl SignatureDetails {
    /// An invisible signature without further details.
    pub fn invisible(signed_at: Timestamp) -> Self {
        Self { field: SignatureField::Invisible, signed_at, name: None, reason: None, location: None }
    }
}

/// Where a signature stands.
#[derive(Debug, Clone, PartialEq)]
pub enum SignatureField {
    /// In a new field without extent.
    Invisible,
    /// In an empty field of the document, see [`crate::PressedDocument::signature_fields`].
    Prepared {
        /// The field's name.
        name: String,
        /// The text shown in the field; none leaves it blank.
        lines: Vec<String>,
        /// Whose signature it is, which decides the colour of the text.
        signatory: Signatory,
    },
    /// In a new field on a page, for documents that were not pressed here.
    OnPage {
        /// The page, counted from 0.
        page_index: usize,
        /// Left, bottom, right and top, in points from the lower left corner.
        rectangle: [f32; 4],
        /// The text shown in the field.
        lines: Vec<String>,
        /// Whose signature it is, which decides the colour of the text.
        signatory: Signatory,
    },
}

/// Whose signature it is: Decree 30/2020/NĐ-CP, Article 13 and Appendix I, tells a person's from an agency's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatory {
    /// The person competent to sign.
    Person,
    /// The issuing body, in place of its seal.
    Agency,
}

/// Adds a signature to a PDF, with time stamp and validation data as far as the seal has them; signatures already there stay
/// valid.
///
/// # Errors
/// [`PressError::Signature`] for the file, the field and the signer; as for [`crate::press`] for what is shown.
pub async fn sign(pdf: &[u8], seal: &Seal, details: &SignatureDetails) -> Result<Signed, PressError> {
    let placement = match &details.field {
        SignatureField::Invisible => Placement::Invisible,
        SignatureField::Prepared { name, lines, signatory } => Placement::Field {
            name: name.clone(),
            appearance: appearance(lines, *signatory, empty_field_size(pdf, name)?)?,
        },
        SignatureField::OnPage { page_index, rectangle, lines, signatory } => {
            let [left, bottom, right, top] = *rectangle;
            Placement::Page {
                page_index: *page_index,
                rectangle: *rectangle,
                appearance: appearance(lines, *signatory, (right - left, top - bottom))?,
            }
        }
    };
    let signature = PdfSignature {
        placement,
        signed_at: details.signed_at,
        name: details.name.clone(),
        reason: details.reason.clone(),
        location: details.location.clone(),
    };
    Ok(seal.sign_pdf(pdf, &signature).await?)
}
