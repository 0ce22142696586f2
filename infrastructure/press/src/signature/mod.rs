//! Signing a PDF: PAdES baseline B-B (ETSI EN 319 142-1) as an incremental update.

mod appearance;
mod cms;
pub(crate) mod fields;

use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;
use jiff::tz::Offset;

pub use cms::MAX_CHAIN_CERTIFICATES;

use crate::error::PressError;
use crate::pdf::file::PdfFile;
use crate::pdf::object::{Dictionary, Object, ObjectNumber};
use crate::pdf::update::Update;
use crate::text::MAX_TEXT_BYTES;
use appearance::appearance;
use cms::{Chain, signed_data};
use fields::{bare_widget, size_of, with_fields, with_form};

/// Signing times are written in the time of Viet Nam, as Decree 30/2020/NĐ-CP Appendix I asks.
const VIET_NAM: Offset = Offset::constant(7);

/// Whoever holds a private key: a file, a hardware security module, a remote signing service.
pub trait DocumentSigner {
    /// The signer's certificate first, then those of its issuers, each as DER.
    fn certificate_chain_der(&self) -> Vec<Vec<u8>>;

    /// Signs a message with ECDSA on P-256 over its SHA-256 digest.
    ///
    /// The answer is a DER `ECDSA-Sig-Value` (RFC 3279, 2.2.3).
    ///
    /// # Errors
    /// Whatever keeps the key holder from signing.
    fn sign_p256_sha256(&self, message: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>>;
}

/// A key in a file signs by itself.
impl DocumentSigner for pki::DocumentIdentity {
    fn certificate_chain_der(&self) -> Vec<Vec<u8>> {
        self.chain().iter().map(|certificate| certificate.to_vec()).collect()
    }

    fn sign_p256_sha256(&self, message: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        pki::DocumentIdentity::sign_p256_sha256(self, message).map_err(Into::into)
    }
}

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
}

/// Whose signature it is: Decree 30/2020/NĐ-CP, Article 13 and Appendix I, tells a person's from an agency's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatory {
    /// The person competent to sign.
    Person,
    /// The issuing body, in place of its seal.
    Agency,
}

/// Adds a signature to a PDF; signatures already there stay valid.
///
/// # Errors
/// [`PressError::UnsupportedPdf`] if the file is not one this crate extends, [`PressError::NoSuchField`] and
/// [`PressError::FieldAlreadySigned`] for the field, [`PressError::Certificate`], [`PressError::Signer`] and
/// [`PressError::SignatureMismatch`] for the signer.
pub fn sign(
    pdf: &[u8],
    signer: &dyn DocumentSigner,
    details: &SignatureDetails,
) -> Result<Vec<u8>, PressError> {
    let chain = Chain::of(signer)?;
    let file = PdfFile::read(pdf)?;
    let mut update = Update::of(&file)?;
    let signature_number = update.reserve();
    place_signature(&file, &mut update, signature_number, &details.field)?;
    let room = SignatureRoom { contents_bytes: chain.signature_room_bytes() };
    update.set_raw(signature_number, signature_dictionary(details, &room)?);
    let (mut signed, offsets) = update.append(&file, pdf);
    let gap = room.locate(&signed, offsets[&signature_number])?;
    room.write_byte_range(&mut signed, &gap);
    let mut content = Context::new(&SHA256);
    content.update(&signed[..gap.start]);
    content.update(&signed[gap.end..]);
    let signature = signed_data(content.finish().as_ref(), &chain, signer)?;
    room.write_contents(&mut signed, &gap, &signature)?;
    Ok(signed)
}

/// Points the chosen field at the signature.
fn place_signature(
    file: &PdfFile<'_>,
    update: &mut Update,
    signature: ObjectNumber,
    choice: &SignatureField,
) -> Result<(), PressError> {
    let catalog_number = file.catalog_number()?;
    let catalog = file.dictionary(catalog_number)?;
    let form_number = catalog.get("AcroForm").map(|form| {
        form.as_reference().ok_or_else(|| file.unsupported("the interactive form must be indirect"))
    });
    let form_number = form_number.transpose()?;
    let fields = form_fields(file, form_number)?;
    match choice {
        SignatureField::Prepared { name, lines, signatory } => {
            let (number, widget) = empty_field(file, &fields, name)?;
            let look = update.reserve();
            update.set_raw(look, appearance(lines, *signatory, size_of(file, &widget)?)?);
            let widget = widget
                .with("V", Object::Reference(signature))
                .with("AP", Object::Dictionary(Dictionary::default().with("N", Object::Reference(look))));
            update.set(number, &Object::Dictionary(widget));
        }
        SignatureField::Invisible => {
            let field = add_invisible_field(file, update, signature, fields.len() + 1)?;
            let fields = fields.into_iter().chain([Object::Reference(field)]).collect();
            let form = form_number.map(|number| file.dictionary(number)).transpose()?.unwrap_or_default();
            let number = form_number.unwrap_or_else(|| update.reserve());
            update.set(number, &Object::Dictionary(with_fields(form, fields)));
            if form_number.is_none() {
                update.set(catalog_number, &Object::Dictionary(with_form(catalog, number)));
            }
        }
    }
    Ok(())
}

fn form_fields(file: &PdfFile<'_>, form: Option<ObjectNumber>) -> Result<Vec<Object>, PressError> {
    let Some(form) = form else { return Ok(Vec::new()) };
    let form = file.dictionary(form)?;
    let fields = form.get("Fields").map(|fields| file.resolve(fields)).transpose()?;
    Ok(fields.as_ref().and_then(Object::as_array).unwrap_or_default().to_vec())
}

/// Finds an unsigned field by name.
fn empty_field(
    file: &PdfFile<'_>,
    fields: &[Object],
    name: &str,
) -> Result<(ObjectNumber, Dictionary), PressError> {
    let wanted = Object::ascii(name);
    for number in fields.iter().filter_map(Object::as_reference) {
        let field = file.dictionary(number)?;
        if field.get("T") != Some(&wanted) {
            continue;
        }
        if field.get("V").is_some() {
            return Err(PressError::FieldAlreadySigned { name: name.to_owned() });
        }
        return Ok((number, field));
    }
    Err(PressError::NoSuchField { name: name.to_owned() })
}

/// Adds a field without extent to the first page.
fn add_invisible_field(
    file: &PdfFile<'_>,
    update: &mut Update,
    signature: ObjectNumber,
    ordinal: usize,
) -> Result<ObjectNumber, PressError> {
    let page_number = file.page_number(0)?;
    let page = file.dictionary(page_number)?;
    let field = update.reserve();
    let nowhere = Object::Array(vec![Object::integer(0); 4]);
    let widget = bare_widget()
        .with("T", Object::ascii(&format!("invisible-{ordinal}")))
        .with("Rect", nowhere)
        .with("P", Object::Reference(page_number))
        .with("V", Object::Reference(signature));
    update.set(field, &Object::Dictionary(widget));
    let annotations = page.get("Annots").map(|annotations| file.resolve(annotations)).transpose()?;
    let mut annotations = annotations.as_ref().and_then(Object::as_array).unwrap_or_default().to_vec();
    annotations.push(Object::Reference(field));
    update.set(page_number, &Object::Dictionary(page.with("Annots", Object::Array(annotations))));
    Ok(field)
}

fn signature_dictionary(details: &SignatureDetails, room: &SignatureRoom) -> Result<Vec<u8>, PressError> {
    let mut dictionary = Dictionary::default()
        .with("Type", Object::name("Sig"))
        .with("Filter", Object::name("Adobe.PPKLite"))
        .with("SubFilter", Object::name("ETSI.CAdES.detached"))
        .with("M", Object::ascii(&pdf_date(details.signed_at)));
    for (key, text) in [("Name", &details.name), ("Reason", &details.reason), ("Location", &details.location)]
    {
        let Some(text) = text else { continue };
        if text.len() > MAX_TEXT_BYTES {
            return Err(PressError::LimitExceeded {
                what: format!("the signature's {} in bytes", key.to_lowercase()),
                found: text.len(),
                limit: MAX_TEXT_BYTES,
            });
        }
        dictionary.set(key, Object::text(text));
    }
    dictionary.set("ByteRange", Object::Verbatim(SignatureRoom::EMPTY_BYTE_RANGE.to_vec()));
    dictionary.set("Contents", Object::Verbatim(room.empty_contents()));
    let mut body = Vec::new();
    Object::Dictionary(dictionary).write(&mut body);
    Ok(body)
}

/// A date in PDF syntax (ISO 32000-1, 7.9.4).
fn pdf_date(time: Timestamp) -> String {
    format!("D:{}+07'00'", VIET_NAM.to_datetime(time).strftime("%Y%m%d%H%M%S"))
}

/// The place of a signature in the file: written empty first, filled once everything else is in place.
struct SignatureRoom {
    contents_bytes: usize,
}

/// The bytes a signature does not cover: its own hexadecimal string with delimiters.
struct Gap {
    start: usize,
    end: usize,
    byte_range: usize,
}

impl SignatureRoom {
    const EMPTY_BYTE_RANGE: &[u8] = b"[0 0000000000 0000000000 0000000000]";

    fn empty_contents(&self) -> Vec<u8> {
        let mut contents = vec![b'0'; 2 * self.contents_bytes + 2];
        contents[0] = b'<';
        contents[2 * self.contents_bytes + 1] = b'>';
        contents
    }

    /// Finds the empty places behind `from`, where the signature dictionary starts.
    fn locate(&self, file: &[u8], from: usize) -> Result<Gap, PressError> {
        let find = |wanted: &[u8]| {
            let at = file[from..].windows(wanted.len()).position(|window| window == wanted);
            at.map(|at| from + at).ok_or(PressError::UnsupportedPdf {
                reason: "the place for the signature was not found",
                position: from,
            })
        };
        let start = find(&self.empty_contents())?;
        let byte_range = find(Self::EMPTY_BYTE_RANGE)?;
        Ok(Gap { start, end: start + 2 * self.contents_bytes + 2, byte_range })
    }

    fn write_byte_range(&self, file: &mut [u8], gap: &Gap) {
        let rest = file.len() - gap.end;
        let range = format!("[0 {:010} {:010} {rest:010}]", gap.start, gap.end);
        file[gap.byte_range..gap.byte_range + range.len()].copy_from_slice(range.as_bytes());
    }

    fn write_contents(&self, file: &mut [u8], gap: &Gap, signature: &[u8]) -> Result<(), PressError> {
        if signature.len() > self.contents_bytes {
            return Err(PressError::LimitExceeded {
                what: "the size of the signature in bytes".to_owned(),
                found: signature.len(),
                limit: self.contents_bytes,
            });
        }
        let digits: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        file[gap.start + 1..gap.start + 1 + digits.len()].copy_from_slice(digits.as_bytes());
        Ok(())
    }
}
