//! The document security store (ETSI EN 319 142-1, 5.4.2): certificates and revocation lists that stand in the document, so
//! that it can be verified when nobody can be asked any more.

use crate::error::SignatureError;
use crate::pdf::file::PdfFile;
use crate::pdf::object::{Dictionary, Object};
use crate::pdf::update::Update;

/// The most streams of one kind in a store that are read.
const STREAMS_LIMIT: usize = 256;

/// What a document's store holds, DER.
#[derive(Debug, Default)]
pub(crate) struct ValidationData {
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) lists: Vec<Vec<u8>>,
    pub(crate) responses: Vec<Vec<u8>>,
}

impl ValidationData {
    /// What stands in a document. What can't be read is left out: it proves nothing.
    pub(crate) fn of(file: &PdfFile<'_>) -> Self {
        let store = store(file).ok().flatten().unwrap_or_default();
        let all = |key: &str| streams(file, &store, key).into_iter().map(|(_, content)| content).collect();
        Self { certificates: all("Certs"), lists: all("CRLs"), responses: all("OCSPs") }
    }
}

fn store(file: &PdfFile<'_>) -> Result<Option<Dictionary>, SignatureError> {
    let store = file.value(&file.dictionary(file.catalog_number()?)?, "DSS")?;
    Ok(store.and_then(|store| store.as_dictionary().cloned()))
}

fn streams(file: &PdfFile<'_>, store: &Dictionary, key: &str) -> Vec<(Object, Vec<u8>)> {
    let items = file.value(store, key).ok().flatten();
    let items = items.as_ref().and_then(Object::as_array).unwrap_or_default();
    let read = |item: &Object| Some((item.clone(), file.stream(item.as_reference()?).ok()?));
    items.iter().take(STREAMS_LIMIT).filter_map(read).collect()
}

/// Adds certificates and revocation lists to a document that is signed.
///
/// # Errors
/// When the file can't be extended.
pub fn add_validation_data(
    pdf: &[u8],
    certificates: &[Vec<u8>],
    lists: &[Vec<u8>],
) -> Result<Vec<u8>, SignatureError> {
    let file = PdfFile::read(pdf)?;
    let mut update = Update::of(&file)?;
    let before = store(&file)?.unwrap_or_default();
    let mut after = before.clone().with("Type", Object::name("DSS"));
    for (key, additions) in [("Certs", certificates), ("CRLs", lists)] {
        let there = streams(&file, &before, key);
        let mut items: Vec<Object> = there.iter().map(|(item, _)| item.clone()).collect();
        let mut known: Vec<&[u8]> = there.iter().map(|(_, content)| content.as_slice()).collect();
        for addition in additions {
            if !known.contains(&addition.as_slice()) {
                known.push(addition);
                items.push(Object::Reference(update.add_stream(addition)));
            }
        }
        if !items.is_empty() {
            after.set(key, Object::Array(items));
        }
    }
    let number = update.reserve();
    update.set(number, &Object::Dictionary(after));
    let catalog_number = file.catalog_number()?;
    let catalog = file.dictionary(catalog_number)?.with("DSS", Object::Reference(number));
    update.set(catalog_number, &Object::Dictionary(catalog));
    Ok(update.append(&file, pdf).0)
}
