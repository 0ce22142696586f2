//! Good and tampered XML, beside xmlsec1.

use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use signature::testing::Root;
use signature::{
    FindingCode, Level, Report, Seal, SignatureError, Signed, Verdict, XmlForm, XmlSignature, verify,
};

const CONTENT: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a sample -->\n<hs:hồ-sơ xmlns:hs=\"urn:vn:dossier\" \
    xmlns=\"urn:vn:form\" Id=\"dossier\">\r\n  <hs:mã a=\"1\" xml:lang='vi'>000.00.01.H26-260305-0001</hs:mã>\n  \
    <người title=\"A &amp; B\"><![CDATA[Nguyễn <Thị> An]]></người><rỗng/>\n</hs:hồ-sơ>\n<?after it?>\n";

fn at() -> Timestamp {
    "2026-03-05T07:03:22Z".parse().expect("a timestamp")
}

fn signed(seal: &Seal, xml: &str, form: XmlForm) -> Result<Signed, SignatureError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(seal.sign_xml(xml.as_bytes(), &XmlSignature { form, signed_at: at() }))
}

fn text(seal: &Seal, xml: &str, form: XmlForm) -> String {
    String::from_utf8(signed(seal, xml, form).expect("a signature").document).expect("UTF-8")
}

fn report(root: &Root, xml: &str) -> Report {
    let day_after = at() + SignedDuration::from_hours(24);
    verify(xml.as_bytes(), &root.trust().with_lists(vec![root.list(day_after)]), day_after)
}

/// Whether xmlsec1 takes the signature under the root.
fn xmlsec_accepts(root: &Root, xml: &str) -> (bool, String) {
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let (file, anchor) = (scratch.path().join("document.xml"), scratch.path().join("root.pem"));
    std::fs::write(&file, xml).expect("a writable temporary directory");
    std::fs::write(&anchor, root.pem()).expect("a writable temporary directory");
    let output = Command::new("xmlsec1")
        .args(["--verify", "--enabled-key-data", "x509", "--verification-time", "2026-03-06 07:00:00"])
        .args(["--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"])
        .args(["--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:Object", "--trusted-pem"])
        .arg(&anchor)
        .arg(&file)
        .output()
        .unwrap_or_else(|error| {
            panic!("xmlsec1 does not run ({error}); get it with: apt-get install xmlsec1")
        });
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn both_forms_hold_at_every_level() {
    let root = Root::at(at());
    let seals = [
        (root.seal("A"), Level::Basic),
        (root.stamping(root.signer("A")), Level::TimeStamped),
        (root.lasting("A"), Level::LongTerm),
    ];
    for (seal, level) in &seals {
        for form in [XmlForm::Enveloped, XmlForm::Enveloping] {
            for content in [CONTENT, "<a/>", "<p:a xmlns:p='urn:p'  />"] {
                let signed = signed(seal, content, form).expect("a signature");
                assert_eq!((signed.level, signed.shortfall.is_none()), (*level, true));
                let xml = String::from_utf8(signed.document).expect("UTF-8");
                let found = report(&root, &xml);
                assert_eq!(found.verdict, Verdict::Passed, "{form:?} {found:#?}\n{xml}");
                assert!(found.signatures[0].covers_document);
                assert_eq!(found.signatures[0].signer.as_ref().map(|signer| signer.name.as_str()), Some("A"));
                let time = found.signatures[0].signed_at.as_ref().expect("a time");
                assert_eq!((time.at, time.authority.is_some()), (at(), *level > Level::Basic));
                let (accepted, said) = xmlsec_accepts(&root, &xml);
                assert!(accepted, "{form:?} {said}\n{xml}");
            }
        }
    }
}

#[test]
fn what_stands_in_the_document_proves_it() {
    let root = Root::at(at());
    let xml = text(&root.lasting("A"), CONTENT, XmlForm::Enveloped);
    let later = at() + SignedDuration::from_hours(24 * 365 * 30);
    let found = verify(xml.as_bytes(), &root.trust(), later);
    assert_eq!((found.verdict, found.signatures[0].level), (Verdict::Passed, Level::LongTerm), "{found:#?}");
}

#[test]
fn a_signed_document_is_signed_again_around_it() {
    let root = Root::at(at());
    let once = text(&root.seal("A"), CONTENT, XmlForm::Enveloped);
    assert!(signed(&root.seal("B"), &once, XmlForm::Enveloped).is_err());
    let twice = text(&root.seal("B"), &once, XmlForm::Enveloping);
    assert!(xmlsec_accepts(&root, &twice).0);
    // The inner one no longer stands where it may count; it counts in the document that is taken out.
    let found = report(&root, &twice);
    assert_eq!(found.signatures[0].verdict, Verdict::Passed, "{found:#?}");
    assert!(found.signatures[1].has(FindingCode::RangeWrong));
}

/// Good and tampered documents: what is found, and whether xmlsec1 takes them. It verifies what a signature refers to and
/// does not ask whether that is the document, so it takes what was wrapped.
#[test]
fn independent_verifiers_agree() {
    use FindingCode::*;
    let root = Root::at(at());
    let enveloped = text(&root.seal("A"), CONTENT, XmlForm::Enveloped);
    let enveloping = text(&root.seal("A"), CONTENT, XmlForm::Enveloping);
    let signature_at = enveloped.find("<ds:Signature ").expect("a signature");
    let signature_end = enveloped.find("</ds:Signature>").expect("an end") + "</ds:Signature>".len();
    let signature = &enveloped[signature_at..signature_end];
    let replace = |xml: &str, from: &str, to: &str| {
        assert!(xml.contains(from), "{from}");
        xml.replacen(from, to, 1)
    };
    let unsigned_object = "<ds:Object><evil>more</evil></ds:Object></ds:Signature>";
    let value_at = enveloped.find("<ds:SignatureValue").expect("a value");
    let value_at = value_at + enveloped[value_at..].find('>').expect("an end") + 1;
    let mut other_value = enveloped.clone();
    let swapped = if &other_value[value_at..=value_at] == "A" { "B" } else { "A" };
    other_value.replace_range(value_at..=value_at, swapped);
    let moved = format!(
        "<evil><wrapper>{}</wrapper></evil>",
        &enveloped[enveloped.find("<hs:").unwrap()..enveloped.find("<?after").unwrap()]
    );
    let object_at = enveloping.find("<ds:Object Id=").expect("an object");
    let object = &enveloping[object_at..enveloping.len() - "</ds:Signature>".len()];
    let wrapped = format!("<evil>{}<hs:x xmlns:hs='urn:x'/></evil>", enveloping.trim());
    let two_ids = replace(&enveloping, "</ds:Signature>", &format!("{object}</ds:Signature>"));
    let cases = [
        (
            "whitespace in a tag",
            replace(&enveloped, "<hs:mã a=\"1\"", "<hs:mã  a='1' "),
            Verdict::Passed,
            Intact,
            true,
        ),
        (
            "an empty element written out",
            replace(&enveloped, "<rỗng/>", "<rỗng></rỗng>"),
            Verdict::Passed,
            Intact,
            true,
        ),
        (
            "text changed",
            replace(&enveloped, "H26-260305", "H27-260305"),
            Verdict::Failed,
            BytesChanged,
            false,
        ),
        (
            "attribute changed",
            replace(&enveloped, "a=\"1\"", "a=\"2\""),
            Verdict::Failed,
            BytesChanged,
            false,
        ),
        (
            "namespace changed",
            replace(&enveloped, "urn:vn:form", "urn:vn:farm"),
            Verdict::Failed,
            BytesChanged,
            false,
        ),
        (
            "element added",
            replace(&enveloped, "<rỗng/>", "<rỗng/><rỗng/>"),
            Verdict::Failed,
            BytesChanged,
            false,
        ),
        (
            "instruction behind it changed",
            replace(&enveloped, "<?after it?>", "<?after all?>"),
            Verdict::Failed,
            BytesChanged,
            false,
        ),
        (
            "content of the object changed",
            replace(&enveloping, "H26-260305", "H27-260305"),
            Verdict::Failed,
            BytesChanged,
            false,
        ),
        (
            "time changed",
            replace(&enveloped, "2026-03-05T07:03:22Z", "2025-03-05T07:03:22Z"),
            Verdict::Failed,
            BytesChanged,
            false,
        ),
        ("signature value changed", other_value, Verdict::Failed, SignatureWrong, false),
        (
            "an object that nobody signed",
            replace(&enveloped, "</ds:Signature>", unsigned_object),
            Verdict::Failed,
            RangeWrong,
            true,
        ),
        ("the signed document moved into another", moved, Verdict::Failed, RangeWrong, false),
        ("the signed object moved into another", wrapped, Verdict::Failed, RangeWrong, true),
        ("two objects of one identifier", two_ids, Verdict::Failed, RangeWrong, false),
        (
            "the signature twice",
            replace(&enveloped, signature, &format!("{signature}{signature}")),
            Verdict::Failed,
            RangeWrong,
            false,
        ),
    ];
    for (what, xml, verdict, finds, accepted) in cases {
        let found = report(&root, &xml);
        assert_eq!(found.verdict, verdict, "{what}: {found:#?}");
        assert!(found.signatures.iter().any(|one| one.has(finds)), "{what}: {found:#?}");
        let (took, said) = xmlsec_accepts(&root, &xml);
        assert_eq!(took, accepted, "{what}: {said}");
    }
}

#[test]
fn strangers_are_not_trusted() {
    let (root, stranger) = (Root::at(at()), Root::at(at()));
    let xml = text(&root.lasting("A"), CONTENT, XmlForm::Enveloped);
    let found = report(&stranger, &xml);
    assert_eq!(found.verdict, Verdict::Indeterminate);
    assert!(found.signatures[0].has(FindingCode::ChainUnknown), "{found:#?}");
    assert!(!xmlsec_accepts(&stranger, &xml).0);
    let signer = root.signer("B");
    root.revoke(&signer, at() - SignedDuration::from_hours(1));
    let xml = text(&root.lasting_with(signer), CONTENT, XmlForm::Enveloped);
    assert!(report(&root, &xml).signatures[0].has(FindingCode::RevokedBefore));
}

#[test]
fn hostile_documents_are_refused() {
    let root = Root::at(at());
    for xml in [
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY x 'y'><!ENTITY z '&x;&x;&x;'>]><a>&z;</a>",
        "<a Id='1'><b Id='1'/></a>",
        "<a",
    ] {
        assert!(signed(&root.seal("A"), xml, XmlForm::Enveloped).is_err(), "{xml}");
        let found = report(&root, xml);
        assert_eq!(found.verdict, Verdict::Indeterminate);
        assert!(matches!(found.findings[0].code, FindingCode::DocumentUnreadable | FindingCode::NotSigned));
    }
}
