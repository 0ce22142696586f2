//! Fuzz targets: what must hold of this crate's parsers, whatever bytes come.

use std::sync::OnceLock;

use jiff::Timestamp;

use crate::pdf::object::Parser;
use crate::testing::Root;
use crate::xml::canonical::{self, Method};
use crate::xml::{Document, normalised};
use crate::{Level, Verdict, XmlForm, XmlSignature, verify};

/// Any day will do.
fn now() -> Timestamp {
    Timestamp::from_second(1_763_000_000).expect("it is within the calendar")
}

/// Keys come from the system's generator, so the authority is made once a run.
fn root() -> &'static Root {
    static ROOT: OnceLock<Root> = OnceLock::new();
    ROOT.get_or_init(|| Root::at(now()))
}

/// A document that somebody has verified: nothing passes that has no signature, or a stranger's.
pub fn document(data: &[u8]) {
    let report = verify(data, &Root::trust(root()), now());
    if report.verdict == Verdict::Passed {
        assert!(!report.signatures.is_empty());
        assert!(report.signatures.iter().all(|one| one.signer.is_some() && one.level >= Level::Basic));
    }
}

/// Documents that are signed.
pub fn documents() -> Vec<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let xml = |form| {
        let signature = XmlSignature { form, signed_at: now() };
        let seal = root().lasting("A");
        let signed = runtime.block_on(seal.sign_xml(b"<a xmlns='u'><b c='d'>e</b></a>", &signature));
        signed.expect("a signature").document
    };
    let pdf = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n\
                xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000056 00000 n \ntrailer\n<</Size 3/Root 1 0 R>>\n\
                startxref\n107\n%%EOF\n";
    vec![xml(XmlForm::Enveloped), xml(XmlForm::Enveloping), pdf.to_vec()]
}

/// XML: the canonical form is XML of the same canonical form.
pub fn xml(data: &[u8]) {
    let Ok(text) = normalised(data) else { return };
    let Ok(read) = Document::read(&text) else { return };
    for algorithm in
        ["http://www.w3.org/2001/10/xml-exc-c14n#WithComments", "http://www.w3.org/2006/12/xml-c14n11"]
    {
        let method = Method::of(algorithm).expect("a known method");
        let once = canonical::document(&read, &method, None);
        let text = String::from_utf8(once.clone()).expect("what is written is UTF-8");
        let again = Document::read(&text).expect("a canonical form is XML");
        assert_eq!(canonical::document(&again, &method, None), once);
    }
}

/// XML documents.
pub fn xmls() -> Vec<Vec<u8>> {
    let all = [
        "<?xml version=\"1.0\"?><?a b?><!-- c --><d xmlns=\"e\" xmlns:f='g' f:h=\"i&#10;&amp;\">j<![CDATA[<k>]]></d><!--l-->",
        "<a xml:lang='vi'><b xmlns='u'/><c:d xmlns:c='v' c:e='&lt;' f='&#xD;'/>&gt;&quot;</a>",
    ];
    all.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// An object of a PDF: what is read is written so that it is read the same.
pub fn pdf_object(data: &[u8]) {
    let Ok(object) = Parser::at(data, 0).object() else { return };
    let mut written = Vec::new();
    object.write(&mut written);
    assert_eq!(Parser::at(&written, 0).object().expect("what is written is read"), object);
    let _ = (object.as_text(), object.as_number(), object.as_usize());
}

/// Objects of a PDF.
pub fn pdf_objects() -> Vec<Vec<u8>> {
    let all = [
        "<</Type /Sig /ByteRange [0 1 2 3] /Contents <00FF> /M (D:2026\\051) /A#20B true>>",
        "[1 0 R -.5 null /N [<</K (a(b)c)>>]]",
    ];
    all.iter().map(|text| text.as_bytes().to_vec()).collect()
}
