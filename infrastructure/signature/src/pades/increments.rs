//! What was changed after a signature, by comparing every object of the file as it was signed with the file as it is.
//!
//! A later update may add signatures and what is needed to verify them, and nothing else. All that is allowed is named here;
//! whatever is not accounted for is a change, for only so nothing can be hidden, replaced or laid over what was signed
//! (Mainka, Mladenov, Rohlmann: "Shadow Attacks: Hiding and Replacing Content in Signed PDFs", NDSS 2021).

use std::collections::BTreeSet;

use super::fields::{SignatureField, signature_fields};
use crate::error::SignatureError;
use crate::pdf::file::{PdfFile, Place};
use crate::pdf::object::{Dictionary, Object, ObjectNumber};

/// What later updates did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LaterChanges {
    /// Names of the fields that were signed.
    pub(crate) signed: Vec<String>,
    /// Whether data for verification were added.
    pub(crate) validation_data: bool,
    /// What else was changed; this must not be.
    pub(crate) other: Option<&'static str>,
}

/// Compares the file as it was signed with the file as it is.
pub(crate) fn later_changes(
    before: &PdfFile<'_>,
    after: &PdfFile<'_>,
) -> Result<LaterChanges, SignatureError> {
    let mut comparison = Comparison::of(before, after);
    if let Some(other) = comparison.trailer() {
        return Ok(LaterChanges { other: Some(other), ..LaterChanges::default() });
    }
    let mut changes = LaterChanges::default();
    let (catalog_before, catalog_after) =
        (before.dictionary(before.catalog_number()?)?, after.dictionary(after.catalog_number()?)?);
    comparison.account(before.catalog_number()?);
    if differs_beside(&catalog_before, &catalog_after, &["AcroForm", "DSS", "Extensions"]) {
        changes.other = Some("the catalogue of the document was changed");
        return Ok(changes);
    }
    changes.validation_data = comparison.validation_data(&catalog_before, &catalog_after)?;
    if let Some(other) = comparison.form(&catalog_before, &catalog_after)? {
        changes.other = Some(other);
        return Ok(changes);
    }
    let (fields_before, fields_after) = (signature_fields(before)?, signature_fields(after)?);
    let mut new_fields = BTreeSet::new();
    for field in &fields_after {
        match fields_before.iter().find(|known| known.number == field.number) {
            Some(known) => match comparison.field(known, field) {
                Ok(true) => changes.signed.push(field.name.clone()),
                Ok(false) => {}
                Err(other) => {
                    changes.other = Some(other);
                    return Ok(changes);
                }
            },
            None if comparison.is_new(field.number) => {
                new_fields.insert(field.number);
                changes.signed.push(field.name.clone());
                changes.other = changes.other.or(comparison.new_field(field));
            }
            None => changes.other = Some("a field was made of what was something else"),
        }
    }
    if let Some(other) = comparison.pages(&new_fields)? {
        changes.other = Some(other);
    }
    changes.other = changes.other.or(comparison.unaccounted()).or(comparison.dangling());
    Ok(changes)
}

struct Comparison<'a, 'b> {
    before: &'a PdfFile<'b>,
    after: &'a PdfFile<'b>,
    /// Objects that were there and are different now, and that nothing has accounted for yet.
    changed: BTreeSet<ObjectNumber>,
    added: BTreeSet<ObjectNumber>,
    /// Objects that may have changed for the one use they have.
    single_use: BTreeSet<ObjectNumber>,
}

impl<'a, 'b> Comparison<'a, 'b> {
    fn of(before: &'a PdfFile<'b>, after: &'a PdfFile<'b>) -> Self {
        let place = |file: &PdfFile<'_>, number| match file.places.get(&number) {
            Some(Place::Free) | None => None,
            Some(place) => Some(*place),
        };
        let stream_of = |place: Option<Place>| match place {
            Some(Place::Within { stream, .. }) => Some(stream),
            _ => None,
        };
        let numbers: BTreeSet<ObjectNumber> =
            before.places.keys().chain(after.places.keys()).copied().collect();
        let (mut changed, mut added) = (BTreeSet::new(), BTreeSet::new());
        for number in numbers {
            let (was, is) = (place(before, number), place(after, number));
            // What stands in an object stream has changed when the stream has.
            let stream_moved =
                stream_of(is).is_some_and(|stream| place(before, stream) != place(after, stream));
            if was.is_none() && is.is_some() {
                added.insert(number);
            } else if was != is || stream_moved {
                changed.insert(number);
            }
        }
        Self { before, after, changed, added, single_use: BTreeSet::new() }
    }

    fn is_new(&self, number: ObjectNumber) -> bool {
        self.added.contains(&number)
    }

    fn account(&mut self, number: ObjectNumber) {
        self.changed.remove(&number);
    }

    /// Accounts for what is referred to here, and must be referred to nowhere else.
    fn account_for(&mut self, object: Option<&Object>) {
        if let Some(number) = object.and_then(Object::as_reference)
            && self.changed.remove(&number)
        {
            self.single_use.insert(number);
        }
    }

    /// The trailer may name no other catalogue and no other description of the document.
    fn trailer(&self) -> Option<&'static str> {
        ["Root", "Info", "Encrypt"]
            .iter()
            .any(|key| self.before.trailer.get(key) != self.after.trailer.get(key))
            .then_some("the trailer names another catalogue or description")
    }

    /// The document security store may grow. Its own objects are accounted for: what they hold proves itself.
    fn validation_data(&mut self, before: &Dictionary, after: &Dictionary) -> Result<bool, SignatureError> {
        if let Some(store) = self.before.value(before, "DSS")? {
            for key in ["Certs", "CRLs", "OCSPs", "VRI"] {
                self.account_for(store.as_dictionary().and_then(|store| store.get(key)));
            }
        }
        let number = before.get("DSS").and_then(Object::as_reference);
        let was_changed = number.is_some_and(|number| self.changed.contains(&number));
        self.account_for(before.get("DSS"));
        Ok(was_changed || before.get("DSS") != after.get("DSS"))
    }

    /// The form may only get fields behind those it has.
    fn form(
        &mut self,
        before: &Dictionary,
        after: &Dictionary,
    ) -> Result<Option<&'static str>, SignatureError> {
        const CHANGED: Option<&str> = Some("the form of the document was changed");
        let dictionary = |file: &PdfFile<'_>, catalog: &Dictionary| -> Result<Dictionary, SignatureError> {
            Ok(file
                .value(catalog, "AcroForm")?
                .and_then(|form| form.as_dictionary().cloned())
                .unwrap_or_default())
        };
        let (form_before, form_after) = (dictionary(self.before, before)?, dictionary(self.after, after)?);
        if differs_beside(&form_before, &form_after, &["Fields", "SigFlags"]) {
            return Ok(CHANGED);
        }
        let array = |file: &PdfFile<'_>, form: &Dictionary| -> Result<Vec<Object>, SignatureError> {
            Ok(file
                .value(form, "Fields")?
                .and_then(|fields| fields.as_array().map(<[_]>::to_vec))
                .unwrap_or_default())
        };
        let (fields_before, fields_after) =
            (array(self.before, &form_before)?, array(self.after, &form_after)?);
        let signatures: BTreeSet<ObjectNumber> =
            signature_fields(self.after)?.into_iter().map(|field| field.number).collect();
        let is_new_signature = |field: &Object| {
            field.as_reference().is_some_and(|number| self.is_new(number) && signatures.contains(&number))
        };
        if !fields_after.starts_with(&fields_before)
            || !fields_after[fields_before.len()..].iter().all(is_new_signature)
        {
            return Ok(CHANGED);
        }
        self.account_for(before.get("AcroForm"));
        self.account_for(form_before.get("Fields"));
        Ok(None)
    }

    /// An empty field may be signed, and then it never changes again.
    fn field(&mut self, before: &SignatureField, after: &SignatureField) -> Result<bool, &'static str> {
        if !self.changed.contains(&before.number) {
            return Ok(false);
        }
        let was_empty = before.dictionary.get("V").is_none();
        let is_signed = after.dictionary.get("V").and_then(Object::as_reference);
        let may = ["V", "AP", "F", "M", "MK", "DA", "Lock", "SV"];
        if !was_empty || differs_beside(&before.dictionary, &after.dictionary, &may) {
            return Err("a field was changed by more than a signature");
        }
        if !is_signed.is_some_and(|number| self.is_new(number)) {
            return Err("a field got something that is no new signature");
        }
        self.account(before.number);
        Ok(true)
    }

    /// A new field must be signed, or it could be there for what it shows; and it may not do anything.
    fn new_field(&self, field: &SignatureField) -> Option<&'static str> {
        let is_signed = field.dictionary.get("V").and_then(Object::as_reference);
        let acts = ["A", "AA", "Kids"].iter().any(|key| field.dictionary.get(key).is_some());
        (acts || !is_signed.is_some_and(|number| self.is_new(number)))
            .then_some("a field was added that nobody signed, or that does something")
    }

    /// A page may only get the new fields, behind the annotations it has.
    fn pages(&mut self, new_fields: &BTreeSet<ObjectNumber>) -> Result<Option<&'static str>, SignatureError> {
        const CHANGED: Option<&str> = Some("a page was changed");
        let (pages_before, pages_after) = (self.before.pages()?, self.after.pages()?);
        if pages_before != pages_after {
            return Ok(Some("pages were added, removed or moved"));
        }
        for number in pages_before {
            let (before, after) = (self.before.dictionary(number)?, self.after.dictionary(number)?);
            let array = before.get("Annots").and_then(Object::as_reference);
            let touched =
                self.changed.contains(&number) || array.is_some_and(|array| self.changed.contains(&array));
            if !touched {
                continue;
            }
            if differs_beside(&before, &after, &["Annots"]) {
                return Ok(CHANGED);
            }
            let annotations = |file: &PdfFile<'_>, page| -> Result<Vec<Object>, SignatureError> {
                let items = file.value(page, "Annots")?;
                Ok(items.and_then(|items| items.as_array().map(<[_]>::to_vec)).unwrap_or_default())
            };
            let (items_before, items_after) =
                (annotations(self.before, &before)?, annotations(self.after, &after)?);
            let is_new_field =
                |item: &Object| item.as_reference().is_some_and(|item| new_fields.contains(&item));
            if !items_after.starts_with(&items_before)
                || !items_after[items_before.len()..].iter().all(is_new_field)
            {
                return Ok(CHANGED);
            }
            self.account(number);
            self.account_for(before.get("Annots"));
        }
        Ok(None)
    }

    fn unaccounted(&self) -> Option<&'static str> {
        (!self.changed.is_empty()).then_some("parts of the document were replaced or removed")
    }

    /// What was signed may refer to what was not there, or twice to what may change; either changes what is seen.
    fn dangling(&self) -> Option<&'static str> {
        const FILLED: Option<&str> = Some("the document refers to something that was put in place later");
        const SHARED: Option<&str> =
            Some("something was changed that the document uses for something else too");
        let (mut is_filled, mut uses) = (false, Vec::new());
        let mut look = |named: ObjectNumber| {
            is_filled |= self.added.contains(&named);
            if self.single_use.contains(&named) {
                uses.push(named);
            }
        };
        for (number, place) in &self.before.places {
            if *place == Place::Free {
                continue;
            }
            // What can't be read in the file as it was signed can't be read in the file as it is: it has not changed.
            if let Ok(object) = self.before.object(*number) {
                object.references(&mut look);
            }
        }
        self.before.trailer.iter().for_each(|(_, value)| value.references(&mut look));
        uses.sort_unstable();
        let is_shared = uses.windows(2).any(|pair| pair[0] == pair[1]);
        if is_filled {
            FILLED
        } else if is_shared {
            SHARED
        } else {
            None
        }
    }
}

/// Whether two dictionaries differ in anything but these keys.
fn differs_beside(before: &Dictionary, after: &Dictionary, keys: &[&str]) -> bool {
    let matters = |key: &[u8]| !keys.iter().any(|known| known.as_bytes() == key);
    let rest = |dictionary: &Dictionary| -> Vec<(Vec<u8>, Object)> {
        let mut rest: Vec<_> = dictionary
            .iter()
            .filter(|(key, _)| matters(key))
            .map(|(key, value)| (key.to_vec(), value.clone()))
            .collect();
        rest.sort_by(|(first, _), (second, _)| first.cmp(second));
        rest
    };
    rest(before) != rest(after)
}
