//! Signature fields of a document (ISO 32000-1, 12.7).

use crate::error::SignatureError;
use crate::pdf::file::PdfFile;
use crate::pdf::object::{Dictionary, Object, ObjectNumber};
use crate::pdf::update::Update;

/// Annotation flags print and locked (ISO 32000-1, table 165); PDF/A asks for the first.
const FIELD_FLAGS: usize = 4 + 128;
/// The document has signature fields and must only be extended (ISO 32000-1, table 219).
const SIGNATURE_FLAGS: usize = 3;
/// The most fields of a form that are looked at.
const FIELDS_LIMIT: usize = 10_000;
/// How deep fields may nest.
const DEPTH_LIMIT: usize = 16;

/// The interactive form of a document.
pub(crate) struct Form {
    /// Its object, unless it stands in the catalogue or nowhere.
    number: Option<ObjectNumber>,
    dictionary: Dictionary,
    pub(crate) fields: Vec<Object>,
}

impl Form {
    pub(crate) fn of(file: &PdfFile<'_>) -> Result<Self, SignatureError> {
        let catalog = file.dictionary(file.catalog_number()?)?;
        let number = catalog.get("AcroForm").and_then(Object::as_reference);
        let dictionary = match file.value(&catalog, "AcroForm")? {
            Some(Object::Dictionary(dictionary)) => dictionary,
            Some(_) => return Err(file.unsupported("the interactive form is no dictionary")),
            None => Dictionary::default(),
        };
        let fields = file.value(&dictionary, "Fields")?;
        let fields = fields.as_ref().and_then(Object::as_array).unwrap_or_default().to_vec();
        Ok(Self { number, dictionary, fields })
    }

    /// A name that no field has.
    pub(crate) fn new_name(&self, file: &PdfFile<'_>) -> Result<String, SignatureError> {
        let taken: Vec<String> = signature_fields(file)?.into_iter().map(|field| field.name).collect();
        let free = (self.fields.len() + 1..).map(|ordinal| format!("invisible-{ordinal}"));
        Ok(free.into_iter().find(|name| !taken.contains(name)).unwrap_or_default())
    }

    /// Writes the form where it stood, or anew.
    pub(crate) fn write(self, file: &PdfFile<'_>, update: &mut Update) -> Result<(), SignatureError> {
        let is_new = self.dictionary == Dictionary::default();
        let fields = Object::Array(self.fields);
        let form = match self.dictionary.get("Fields").and_then(Object::as_reference) {
            Some(number) => {
                update.set(number, &fields);
                self.dictionary.with("SigFlags", Object::integer(SIGNATURE_FLAGS))
            }
            None => with_fields(self.dictionary, fields),
        };
        let catalog_number = file.catalog_number()?;
        let catalog = file.dictionary(catalog_number)?;
        match self.number {
            Some(number) => update.set(number, &Object::Dictionary(form)),
            None if is_new => {
                let number = update.reserve();
                update.set(number, &Object::Dictionary(form));
                update.set(catalog_number, &Object::Dictionary(with_form(catalog, number)));
            }
            None => {
                let catalog = catalog.with("AcroForm", Object::Dictionary(form));
                update.set(catalog_number, &Object::Dictionary(catalog));
            }
        }
        Ok(())
    }
}

/// The interactive form with these fields, some of them for signatures.
pub fn with_fields(form: Dictionary, fields: Object) -> Dictionary {
    form.with("Fields", fields).with("SigFlags", Object::integer(SIGNATURE_FLAGS))
}

/// The catalogue with an interactive form, and the note that signatures follow ETSI's extension of PDF 1.7.
pub fn with_form(catalog: Dictionary, form: ObjectNumber) -> Dictionary {
    let catalog = catalog.with("AcroForm", Object::Reference(form));
    if catalog.get("Extensions").is_some() {
        return catalog;
    }
    let level = Dictionary::default()
        .with("BaseVersion", Object::name("1.7"))
        .with("ExtensionLevel", Object::integer(1));
    let extensions = Dictionary::default().with("ESIC", Object::Dictionary(level));
    catalog.with("Extensions", Object::Dictionary(extensions))
}

/// A signature field that is its own widget, without place or name.
pub fn bare_widget() -> Dictionary {
    Dictionary::default()
        .with("Type", Object::name("Annot"))
        .with("Subtype", Object::name("Widget"))
        .with("FT", Object::name("Sig"))
        .with("F", Object::integer(FIELD_FLAGS))
}

/// The widget with what is seen of it, a form XObject in PDF syntax.
pub fn with_look(widget: Dictionary, update: &mut Update, appearance: &[u8]) -> Dictionary {
    let look = update.reserve();
    update.set_raw(look, appearance.to_vec());
    widget.with("AP", Object::Dictionary(Dictionary::default().with("N", Object::Reference(look))))
}

/// Width and height of an annotation, in points.
///
/// # Errors
/// When it has no rectangle.
pub fn size_of(file: &PdfFile<'_>, annotation: &Dictionary) -> Result<(f32, f32), SignatureError> {
    let corners = file.value(annotation, "Rect")?;
    let corners = corners.as_ref().and_then(Object::as_array).unwrap_or_default();
    let corners: Vec<f32> = corners.iter().filter_map(Object::as_number).collect();
    match corners[..] {
        [left, bottom, right, top] => Ok((right - left, top - bottom)),
        _ => Err(file.unsupported("a signature field needs a rectangle")),
    }
}

/// Width and height of an empty signature field, in points.
///
/// # Errors
/// [`SignatureError::NoSuchField`], [`SignatureError::FieldAlreadySigned`], or when the file can't be read.
pub fn empty_field_size(pdf: &[u8], name: &str) -> Result<(f32, f32), SignatureError> {
    let file = PdfFile::read(pdf)?;
    let (_, field) = empty_field(&file, name)?;
    size_of(&file, &field)
}

/// Finds an unsigned field by name.
pub(crate) fn empty_field(
    file: &PdfFile<'_>,
    name: &str,
) -> Result<(ObjectNumber, Dictionary), SignatureError> {
    let found = signature_fields(file)?.into_iter().find(|field| field.name == name);
    match found {
        None => Err(SignatureError::NoSuchField { name: name.to_owned() }),
        Some(field) if field.dictionary.get("V").is_some() => {
            Err(SignatureError::FieldAlreadySigned { name: name.to_owned() })
        }
        Some(field) => Ok((field.number, field.dictionary)),
    }
}

/// A field for a signature.
pub(crate) struct SignatureField {
    pub(crate) number: ObjectNumber,
    /// Its full name.
    pub(crate) name: String,
    pub(crate) dictionary: Dictionary,
}

/// All fields for signatures, signed or not, in the order of the form.
pub(crate) fn signature_fields(file: &PdfFile<'_>) -> Result<Vec<SignatureField>, SignatureError> {
    let mut ahead: Vec<(Object, String, bool, usize)> =
        Form::of(file)?.fields.into_iter().rev().map(|field| (field, String::new(), false, 0)).collect();
    let (mut found, mut seen): (Vec<SignatureField>, usize) = (Vec::new(), 0);
    while let Some((field, above, is_signature, depth)) = ahead.pop() {
        seen += 1;
        if seen > FIELDS_LIMIT || depth > DEPTH_LIMIT {
            return Err(file.unsupported("the interactive form is too large"));
        }
        let Some(number) = field.as_reference() else { continue };
        let dictionary = file.dictionary(number)?;
        let own = file.value(&dictionary, "T")?.and_then(|name| name.as_text());
        let name = match own {
            Some(own) if above.is_empty() => own,
            Some(own) => format!("{above}.{own}"),
            None => above,
        };
        let is_signature = dictionary.get("FT").map_or(is_signature, |kind| kind.is_name("Sig"));
        let kids = file.value(&dictionary, "Kids")?;
        let kids = kids.as_ref().and_then(Object::as_array).unwrap_or_default();
        if is_signature && (kids.is_empty() || dictionary.get("V").is_some()) {
            found.push(SignatureField { number, name, dictionary });
        } else {
            ahead.extend(kids.iter().rev().map(|kid| (kid.clone(), name.clone(), is_signature, depth + 1)));
        }
    }
    Ok(found)
}
