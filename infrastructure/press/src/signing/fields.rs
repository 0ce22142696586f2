//! Signature fields prepared in an unsigned document.
//!
//! Every field stands in the structure tree before the first signature, because a later change of the tree would
//! look like tampering to whoever validates that signature.

use signature::pades::fields::{bare_widget, size_of, with_fields, with_form, with_look};
use signature::pdf::file::PdfFile;
use signature::pdf::object::{Dictionary, Object, ObjectNumber};
use signature::pdf::update::Update;

use crate::error::PressError;
use crate::signing::Signatory;
use crate::signing::appearance::appearance;

/// A field to prepare.
#[derive(Debug, Clone)]
pub(crate) struct PlannedField {
    /// Its name, from letters, digits and hyphens.
    pub(crate) name: String,
    /// What a screen reader says.
    pub(crate) description: String,
    /// The page it stands on, counted from 0.
    pub(crate) page_index: usize,
}

/// Turns the placeholder annotations of a freshly written document into empty signature fields, in order.
pub(crate) fn prepare_fields(pdf: Vec<u8>, planned: &[PlannedField]) -> Result<Vec<u8>, PressError> {
    if planned.is_empty() {
        return Ok(pdf);
    }
    let file = PdfFile::read(&pdf)?;
    let mut update = Update::of(&file)?;
    let mut fields = Vec::new();
    for (page_index, on_page) in by_page(planned) {
        let page_number = file.page_number(page_index)?;
        let page = file.dictionary(page_number)?;
        let annotations = page.get("Annots").map(|annotations| file.resolve(annotations)).transpose()?;
        let annotations = annotations.as_ref().and_then(Object::as_array).unwrap_or_default();
        if annotations.len() != on_page.len() {
            return Err(file.unsupported("a page must have one placeholder for each signature field").into());
        }
        for (placeholder, field) in annotations.iter().zip(on_page) {
            let number = placeholder
                .as_reference()
                .ok_or_else(|| file.unsupported("an annotation must be indirect"))?;
            let placeholder = file.dictionary(number)?;
            let blank = appearance(&[], Signatory::Person, size_of(&file, &placeholder)?)?;
            let widget = with_look(widget(field, &placeholder, page_number), &mut update, &blank);
            update.set(number, &Object::Dictionary(widget));
            let (element_number, element) = structure_element(&file, &placeholder)?;
            update.set(element_number, &Object::Dictionary(with_direct_child(element)));
            fields.push(Object::Reference(number));
        }
    }
    let form = update.reserve();
    update.set(form, &Object::Dictionary(with_fields(Dictionary::default(), Object::Array(fields))));
    let catalog_number = file.catalog_number()?;
    let catalog = with_form(file.dictionary(catalog_number)?, form);
    update.set(catalog_number, &Object::Dictionary(catalog));
    Ok(update.rewrite(&file, &pdf)?)
}

fn widget(field: &PlannedField, placeholder: &Dictionary, page: ObjectNumber) -> Dictionary {
    let mut widget = bare_widget()
        .with("T", Object::ascii(&field.name))
        .with("TU", Object::text(&field.description))
        .with("P", Object::Reference(page));
    for key in ["Rect", "StructParent"] {
        if let Some(value) = placeholder.get(key) {
            widget.set(key, value.clone());
        }
    }
    widget
}

/// The element of the structure tree an annotation belongs to (ISO 32000-1, 14.7.4.4).
fn structure_element(
    file: &PdfFile<'_>,
    annotation: &Dictionary,
) -> Result<(ObjectNumber, Dictionary), PressError> {
    let find = || {
        let catalog = file.dictionary(file.catalog_number().ok()?).ok()?;
        let root = file.resolve(catalog.get("StructTreeRoot")?).ok()?;
        let parents = file.resolve(root.as_dictionary()?.get("ParentTree")?).ok()?;
        let pairs = file.resolve(parents.as_dictionary()?.get("Nums")?).ok()?;
        let key = annotation.get("StructParent")?;
        let pair = pairs.as_array()?.chunks_exact(2).find(|pair| pair[0] == *key)?;
        let number = pair[1].as_reference()?;
        Some((number, file.dictionary(number).ok()?))
    };
    find().ok_or_else(|| file.unsupported("a signature field has no element in the structure tree").into())
}

/// The same element with its only child in place of the array around it. Both mean the same, but pyHanko, when it
/// judges later signatures, knows a field in the structure tree only in this form.
fn with_direct_child(element: Dictionary) -> Dictionary {
    match element.get("K").and_then(Object::as_array) {
        Some([child]) => {
            let child = child.clone();
            element.with("K", child)
        }
        _ => element,
    }
}

fn by_page(planned: &[PlannedField]) -> Vec<(usize, &[PlannedField])> {
    planned
        .chunk_by(|first, second| first.page_index == second.page_index)
        .filter_map(|fields| fields.first().map(|field| (field.page_index, fields)))
        .collect()
}
