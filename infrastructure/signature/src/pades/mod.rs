//! Signatures of PDFs (PAdES, ETSI EN 319 142-1): where they stand in the file.

pub mod fields;
mod increments;
mod validation_data;
mod verify;

pub use validation_data::add_validation_data;
pub(crate) use verify::verify;

use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;
use jiff::tz::Offset;

use crate::error::SignatureError;
use crate::pdf::file::PdfFile;
use crate::pdf::object::{Dictionary, Object, ObjectNumber};
use crate::pdf::update::Update;
use crate::signer::Chain;
use fields::{Form, bare_widget, with_look};

/// Longest name, reason or place of a signature, in bytes.
pub const TEXT_LIMIT_BYTES: usize = 2_048;
/// Room for the token of a time stamp.
pub(crate) const TOKEN_ROOM_BYTES: usize = 12 * 1024;
/// Room for everything in the signature but certificates and token: attributes, digests, identifiers, signature value,
/// and the issuer's name once more.
const ROOM_BESIDE_BYTES: usize = 4_096;
/// Signing times are written in the time of Viet Nam, as Decree 30/2020/NĐ-CP Appendix I asks.
const VIET_NAM: Offset = Offset::constant(7);

/// What a signature says about itself, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct PdfSignature {
    /// Where it stands.
    pub placement: Placement,
    /// When it was made, as claimed by the signer.
    pub signed_at: Timestamp,
    /// The signatory's name.
    pub name: Option<String>,
    /// Why it was made.
    pub reason: Option<String>,
    /// Where it was made.
    pub location: Option<String>,
}

impl PdfSignature {
    /// An invisible signature without further details.
    pub fn invisible(signed_at: Timestamp) -> Self {
        Self { placement: Placement::Invisible, signed_at, name: None, reason: None, location: None }
    }
}

/// Where a signature stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Placement {
    /// In a new field without extent.
    Invisible,
    /// In an empty field of the document.
    Field {
        /// The field's name.
        name: String,
        /// What is seen: a form XObject in PDF syntax.
        appearance: Vec<u8>,
    },
    /// In a new field on a page.
    Page {
        /// The page, counted from 0.
        page_index: usize,
        /// Left, bottom, right and top, in points from the lower left corner.
        rectangle: [f32; 4],
        /// What is seen: a form XObject in PDF syntax.
        appearance: Vec<u8>,
    },
}

/// A document with an empty place for the signature.
pub(crate) struct Prepared {
    document: Vec<u8>,
    gap: Gap,
    contents_bytes: usize,
}

/// The bytes a signature does not cover: its own hexadecimal string with delimiters.
struct Gap {
    start: usize,
    end: usize,
    byte_range: usize,
}

const EMPTY_BYTE_RANGE: &[u8] = b"[0 0000000000 0000000000 0000000000]";

/// Writes everything but the signature.
pub(crate) fn prepare(
    pdf: &[u8],
    signature: &PdfSignature,
    chain: &Chain,
    is_time_stamped: bool,
) -> Result<Prepared, SignatureError> {
    let file = PdfFile::read(pdf)?;
    refuse_final(&file)?;
    let mut update = Update::of(&file)?;
    let number = update.reserve();
    place(&file, &mut update, number, &signature.placement)?;
    let token_room = if is_time_stamped { TOKEN_ROOM_BYTES } else { 0 };
    let contents_bytes = chain.encoded().iter().map(Vec::len).sum::<usize>() + ROOM_BESIDE_BYTES + token_room;
    let contents = empty_contents(contents_bytes);
    update.set_raw(number, signature_dictionary(signature, contents.clone())?);
    let (mut document, offsets) = update.append(&file, pdf);
    let find = |wanted: &[u8]| {
        let from = offsets[&number];
        let at = document[from..].windows(wanted.len()).position(|window| window == wanted);
        at.map(|at| from + at).ok_or(SignatureError::UnsupportedPdf {
            reason: "the place for the signature was not found",
            position: from,
        })
    };
    let start = find(&contents)?;
    let gap = Gap { start, end: start + contents.len(), byte_range: find(EMPTY_BYTE_RANGE)? };
    let range = format!("[0 {:010} {:010} {:010}]", gap.start, gap.end, document.len() - gap.end);
    document[gap.byte_range..gap.byte_range + range.len()].copy_from_slice(range.as_bytes());
    Ok(Prepared { document, gap, contents_bytes })
}

fn empty_contents(bytes: usize) -> Vec<u8> {
    let mut contents = vec![b'0'; 2 * bytes + 2];
    contents[0] = b'<';
    contents[2 * bytes + 1] = b'>';
    contents
}

impl Prepared {
    /// SHA-256 of everything outside the signature's own place.
    pub(crate) fn digest(&self) -> Vec<u8> {
        let mut content = Context::new(&SHA256);
        content.update(&self.document[..self.gap.start]);
        content.update(&self.document[self.gap.end..]);
        content.finish().as_ref().to_vec()
    }

    /// The document with the signature in its place.
    pub(crate) fn fill(mut self, signature: &[u8]) -> Result<Vec<u8>, SignatureError> {
        if signature.len() > self.contents_bytes {
            return Err(SignatureError::LimitExceeded {
                what: "the size of the signature in bytes",
                found: signature.len(),
                limit: self.contents_bytes,
            });
        }
        let digits: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        let start = self.gap.start + 1;
        self.document[start..start + digits.len()].copy_from_slice(digits.as_bytes());
        Ok(self.document)
    }
}

/// Refuses a document whose author has certified that nothing may be added (ISO 32000-1, 12.8.2.2).
fn refuse_final(file: &PdfFile<'_>) -> Result<(), SignatureError> {
    let catalog = file.dictionary(file.catalog_number()?)?;
    let is_final = || -> Option<bool> {
        let permissions = file.value(&catalog, "Perms").ok()??;
        let certification = file.value(permissions.as_dictionary()?, "DocMDP").ok()??;
        let references = file.value(certification.as_dictionary()?, "Reference").ok()??;
        let reference = file.resolve(references.as_array()?.first()?).ok()?;
        let parameters = file.value(reference.as_dictionary()?, "TransformParams").ok()??;
        Some(parameters.as_dictionary()?.get("P")?.as_usize() == Some(1))
    };
    match is_final() {
        Some(true) => Err(file.unsupported("its author has certified it as final; nothing may be added")),
        _ => Ok(()),
    }
}

/// Points the chosen field at the signature.
fn place(
    file: &PdfFile<'_>,
    update: &mut Update,
    signature: ObjectNumber,
    placement: &Placement,
) -> Result<(), SignatureError> {
    match placement {
        Placement::Field { name, appearance } => {
            let (number, widget) = fields::empty_field(file, name)?;
            let widget = with_look(widget, update, appearance).with("V", Object::Reference(signature));
            update.set(number, &Object::Dictionary(widget));
            Ok(())
        }
        Placement::Invisible => {
            let nowhere = Object::Array(vec![Object::integer(0); 4]);
            add_field(file, update, 0, bare_widget().with("Rect", nowhere), signature)
        }
        Placement::Page { page_index, rectangle, appearance } => {
            let rectangle = Object::Array(rectangle.map(Object::number).to_vec());
            let widget = with_look(bare_widget().with("Rect", rectangle), update, appearance);
            add_field(file, update, *page_index, widget, signature)
        }
    }
}

/// Adds a field to a page and to the form.
fn add_field(
    file: &PdfFile<'_>,
    update: &mut Update,
    page_index: usize,
    widget: Dictionary,
    signature: ObjectNumber,
) -> Result<(), SignatureError> {
    let page_number = file.page_number(page_index)?;
    let page = file.dictionary(page_number)?;
    let mut form = Form::of(file)?;
    let field = update.reserve();
    let widget = widget
        .with("T", Object::ascii(&form.new_name(file)?))
        .with("P", Object::Reference(page_number))
        .with("V", Object::Reference(signature));
    update.set(field, &Object::Dictionary(widget));
    form.fields.push(Object::Reference(field));
    form.write(file, update)?;
    let annotations = file.value(&page, "Annots")?;
    let mut items = annotations.as_ref().and_then(Object::as_array).unwrap_or_default().to_vec();
    items.push(Object::Reference(field));
    let items = Object::Array(items);
    match page.get("Annots").and_then(Object::as_reference) {
        Some(number) => update.set(number, &items),
        None => update.set(page_number, &Object::Dictionary(page.with("Annots", items))),
    }
    Ok(())
}

fn signature_dictionary(signature: &PdfSignature, contents: Vec<u8>) -> Result<Vec<u8>, SignatureError> {
    let mut dictionary = Dictionary::default()
        .with("Type", Object::name("Sig"))
        .with("Filter", Object::name("Adobe.PPKLite"))
        .with("SubFilter", Object::name("ETSI.CAdES.detached"))
        .with("M", Object::ascii(&pdf_date(signature.signed_at)));
    let texts = [("Name", &signature.name), ("Reason", &signature.reason), ("Location", &signature.location)];
    for (key, text) in texts {
        let Some(text) = text else { continue };
        if text.len() > TEXT_LIMIT_BYTES {
            return Err(SignatureError::LimitExceeded {
                what: "the signature's name, reason or place in bytes",
                found: text.len(),
                limit: TEXT_LIMIT_BYTES,
            });
        }
        dictionary.set(key, Object::text(text));
    }
    dictionary.set("ByteRange", Object::Verbatim(EMPTY_BYTE_RANGE.to_vec()));
    dictionary.set("Contents", Object::Verbatim(contents));
    let mut body = Vec::new();
    Object::Dictionary(dictionary).write(&mut body);
    Ok(body)
}

/// A date in PDF syntax (ISO 32000-1, 7.9.4).
fn pdf_date(time: Timestamp) -> String {
    format!("D:{}+07'00'", VIET_NAM.to_datetime(time).strftime("%Y%m%d%H%M%S"))
}

/// Reads such a date.
fn read_pdf_date(text: &str) -> Option<Timestamp> {
    let text = text.strip_prefix("D:").unwrap_or(text);
    let digits = text.get(..14)?;
    let civil = jiff::fmt::strtime::parse("%Y%m%d%H%M%S", digits).ok()?.to_datetime().ok()?;
    let zone: String = text[14..].chars().filter(|character| *character != '\'').collect();
    let number = |text: Option<&str>| {
        text.unwrap_or("0").parse::<i32>().ok().filter(|number| (0..60).contains(number))
    };
    let seconds = match zone.as_bytes().first() {
        None | Some(b'Z') => 0,
        Some(sign @ (b'+' | b'-')) => {
            let seconds = number(zone.get(1..3))? * 3_600 + number(zone.get(3..5))? * 60;
            if *sign == b'+' { seconds } else { -seconds }
        }
        Some(_) => return None,
    };
    Offset::from_seconds(seconds).ok()?.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_and_read() {
        let at: Timestamp = "2026-03-05T07:03:22Z".parse().unwrap();
        assert_eq!(pdf_date(at), "D:20260305140322+07'00'");
        for text in
            ["D:20260305140322+07'00'", "D:20260305070322Z", "D:20260305020322-05'00", "20260305070322"]
        {
            assert_eq!(read_pdf_date(text), Some(at), "{text}");
        }
        for text in ["", "D:2026", "D:20261305140322Z", "D:20260305140322?", "D:20260305140322+99'00'"] {
            assert_eq!(read_pdf_date(text), None, "{text}");
        }
    }
}
