//! Signatures, judged by pdfsig (poppler and NSS) and pyHanko.

use std::ffi::OsStr;
use std::sync::{Arc, LazyLock};

use press::{PressError, Signatory, SignatureDetails, SignatureField, press};
use proptest::prelude::*;
use signature::{Seal, SignatureError};

use signature::testing::Root;

use crate::keys::{Mixed, new_root, sign};
use crate::samples::{CREATED, birth_certificate, receipt};
use crate::tools::{Scratch, about, pyhanko};

pub(crate) fn invisible() -> SignatureDetails {
    SignatureDetails::invisible(CREATED.parse().expect("a timestamp"))
}

pub(crate) fn visible(field: &str, signatory: Signatory, name: &str) -> SignatureDetails {
    let lines = vec![format!("Ký bởi: {name}"), "Thời gian ký: 05/03/2026 14:03:22 +07:00".to_owned()];
    SignatureDetails {
        field: SignatureField::Prepared { name: field.to_owned(), lines, signatory },
        name: Some(name.to_owned()),
        reason: Some("Cấp giấy khai sinh".to_owned()),
        location: Some("Hà Nội".to_owned()),
        ..invisible()
    }
}

pub(crate) fn certificate() -> Vec<u8> {
    press(&birth_certificate("NGUYỄN THỊ MINH AN")).expect("a pressed document").pdf
}

/// The birth certificate signed by the chairwoman, then by the agency.
fn signed_twice(root: &Root) -> Vec<u8> {
    let person = visible("signature-1", Signatory::Person, "Lê Thị Thu Hà");
    let agency = visible("seal-1", Signatory::Agency, "UBND phường Hoàn Kiếm");
    let once = sign(&certificate(), &root.seal("Lê Thị Thu Hà"), &person).expect("a signature");
    sign(&once, &root.seal("UBND phường Hoàn Kiếm"), &agency).expect("a second signature")
}

pub(crate) fn pdfsig(pdf: &[u8]) -> String {
    about("pdfsig", &["-nocert"], pdf)
}

pub(crate) fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

pub(crate) fn pyhanko_accepts(pdf: &[u8], root: &Root) -> (bool, String) {
    let scratch = Scratch::new();
    let document = scratch.file("document.pdf", pdf);
    let anchor = scratch.file("root.pem", root.pem().as_bytes());
    let arguments: [&OsStr; 8] = [
        "sign".as_ref(),
        "validate".as_ref(),
        "--pretty-print".as_ref(),
        "--trust-replace".as_ref(),
        "--trust".as_ref(),
        anchor.as_os_str(),
        "--no-revocation-check".as_ref(),
        document.as_os_str(),
    ];
    let answer = pyhanko(&arguments);
    (answer.success, answer.text)
}

#[test]
fn one_signature_is_valid() {
    let root = new_root();
    let signer = root.seal("Lê Thị Thu Hà");
    for details in [invisible(), visible("signature-1", Signatory::Person, "Lê Thị Thu Hà")] {
        let signed = sign(&certificate(), &signer, &details).expect("a signature");
        let report = pdfsig(&signed);
        assert_eq!(count(&report, "Signature Validation: Signature is Valid."), 1, "{report}");
        assert!(report.contains("ETSI.CAdES.detached"), "{report}");
        assert!(report.contains("Total document signed"), "{report}");
        assert!(report.contains("Mar 05 2026 07:03:22"), "{report}");
        let (accepted, report) = pyhanko_accepts(&signed, &root);
        assert!(accepted, "{report}");
        assert!(report.contains("The signature is judged VALID"), "{report}");
    }
}

#[test]
fn the_signatures_of_person_and_agency_are_both_valid() {
    let root = new_root();
    let signed = signed_twice(&root);
    let report = pdfsig(&signed);
    assert_eq!(count(&report, "Signature Validation: Signature is Valid."), 2, "{report}");
    let (accepted, report) = pyhanko_accepts(&signed, &root);
    assert!(accepted, "{report}");
    assert_eq!(count(&report, "The signature is judged VALID"), 2, "{report}");
}

#[test]
fn visible_and_invisible_signatures_go_together() {
    let root = new_root();
    let mut signed = sign(&certificate(), &root.seal("A"), &invisible()).expect("a signature");
    signed =
        sign(&signed, &root.seal("B"), &visible("signature-1", Signatory::Person, "B")).expect("a signature");
    signed = sign(&signed, &root.seal("C"), &invisible()).expect("a signature");
    let report = pdfsig(&signed);
    assert_eq!(count(&report, "Signature Validation: Signature is Valid."), 3, "{report}");
    let (accepted, report) = pyhanko_accepts(&signed, &root);
    assert!(accepted, "{report}");
}

#[test]
fn signatures_hold_the_attributes_of_the_baseline_profile() {
    const SIGNING_CERTIFICATE_V2: &str = "060b2a864886f70d010910022f";
    const SIGNING_TIME: &str = "06092a864886f70d010905";
    let signed = sign(&certificate(), &new_root().seal("A"), &invisible()).expect("a signature");
    let text = String::from_utf8_lossy(&signed);
    assert!(text.contains(SIGNING_CERTIFICATE_V2));
    assert!(!text.contains(SIGNING_TIME), "the time stands in the signature dictionary");
    assert!(text.contains("(D:20260305140322+07'00')"));
}

#[test]
fn signing_keeps_every_byte_before() {
    let root = new_root();
    let plain = certificate();
    let once = sign(&plain, &root.seal("A"), &invisible()).expect("a signature");
    let twice = sign(&once, &root.seal("B"), &invisible()).expect("a signature");
    assert!(once.starts_with(&plain) && twice.starts_with(&once));
}

#[test]
fn a_tampered_byte_breaks_the_signature() {
    let root = new_root();
    let mut signed = sign(&certificate(), &root.seal("A"), &invisible()).expect("a signature");
    let title = b"/Title";
    let at = signed.windows(title.len()).position(|window| window == title).expect("a title");
    signed[at + 12] ^= 1;
    let report = pdfsig(&signed);
    assert!(!report.contains("Signature is Valid"), "{report}");
    assert!(report.contains("Digest Mismatch"), "{report}");
    let (accepted, report) = pyhanko_accepts(&signed, &root);
    assert!(!accepted, "{report}");
}

#[test]
fn another_root_is_not_trusted() {
    let signed = sign(&certificate(), &new_root().seal("A"), &invisible()).expect("a signature");
    let (accepted, report) = pyhanko_accepts(&signed, &new_root());
    assert!(!accepted, "{report}");
}

#[test]
fn a_field_is_signed_once() {
    let root = new_root();
    let details = visible("signature-1", Signatory::Person, "A");
    let signed = sign(&certificate(), &root.seal("A"), &details).expect("a signature");
    let again = sign(&signed, &root.seal("B"), &details);
    assert!(
        matches!(again, Err(PressError::Signature(SignatureError::FieldAlreadySigned { .. }))),
        "{again:?}"
    );
    let missing = sign(&signed, &root.seal("B"), &visible("signature-9", Signatory::Person, "B"));
    assert!(matches!(missing, Err(PressError::Signature(SignatureError::NoSuchField { .. }))), "{missing:?}");
}

#[test]
fn signature_fields_are_named_in_order() {
    let pressed = press(&birth_certificate("A")).expect("a pressed document");
    assert_eq!(pressed.signature_fields, ["signature-1", "seal-1"]);
    let pressed = press(&receipt(60)).expect("a pressed document");
    assert_eq!(pressed.signature_fields, ["signature-1", "signature-2"]);
    let root = new_root();
    let details = visible("signature-2", Signatory::Person, "Phạm Thị Lan");
    let signed = sign(&pressed.pdf, &root.seal("Phạm Thị Lan"), &details).expect("a signature");
    assert!(pyhanko_accepts(&signed, &root).0);
}

#[test]
fn unusable_signers_are_refused() {
    let root = new_root();
    let pdf = certificate();
    let answer = |chain: Vec<Vec<u8>>| {
        let mixed = Mixed { key: root.signer("A"), chain };
        match sign(&pdf, &Seal::new(Arc::new(mixed)), &invisible()) {
            Err(PressError::Signature(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    let other = root.signer("B").chain().iter().map(|one| one.to_vec()).collect();
    assert!(matches!(answer(other), SignatureError::SignatureMismatch));
    let p384 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).expect("a key");
    let p384 = rcgen::CertificateParams::default().self_signed(&p384).expect("a certificate").der().to_vec();
    for chain in [vec![], vec![p384], vec![b"not a certificate".to_vec()]] {
        let error = answer(chain);
        assert!(matches!(error, SignatureError::Certificate(_)), "{error:?}");
    }
    assert!(matches!(answer(vec![Vec::new(); 9]), SignatureError::LimitExceeded { .. }));
}

#[test]
fn too_much_text_for_a_visible_signature_is_refused() {
    let root = new_root();
    let details = visible("signature-1", Signatory::Person, &"Nguyễn Thị Dài ".repeat(40));
    let answer = sign(&certificate(), &root.seal("A"), &details);
    assert!(matches!(answer, Err(PressError::LimitExceeded { .. })), "{answer:?}");
}

#[test]
fn broken_files_are_refused() {
    let signer = new_root().seal("A");
    let pdf = certificate();
    let refuses = |bytes: &[u8]| {
        let answer = sign(bytes, &signer, &invisible());
        assert!(
            matches!(answer, Err(PressError::Signature(SignatureError::UnsupportedPdf { .. }))),
            "{answer:?}"
        );
    };
    refuses(b"");
    refuses(b"%PDF-1.7");
    refuses(&pdf[..pdf.len() / 2]);
    refuses(&pdf[1..]);
    refuses(b"%PDF-1.7\nxref\n0 99999999999999999999\ntrailer\n<<>>\nstartxref\n9\n%%EOF");
    refuses(b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 4294967295>>\nstartxref\n9\n%%EOF");
    refuses(b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<</Prev 9>>\nstartxref\n9\n%%EOF");
}

/// A seal and a document for cases that are many and need no keys of their own.
static SEAL_AND_DOCUMENT: LazyLock<(Seal, Vec<u8>)> = LazyLock::new(|| (new_root().seal("A"), certificate()));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn damaged_files_are_signed_or_refused(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let (signer, document) = &*SEAL_AND_DOCUMENT;
        let mut pdf = document.clone();
        pdf[at.index(document.len())] = byte;
        let _ = sign(&pdf, signer, &invisible());
        let _ = sign(&pdf[..cut.index(document.len())], signer, &invisible());
    }

    /// The structure of the file stands in text between the streams; damage there goes deepest.
    #[test]
    fn damaged_structure_is_signed_or_refused(at in 0_usize..6_000, bytes in "[ 0-9R<>/\\[\\]()]{1,8}") {
        let (signer, document) = &*SEAL_AND_DOCUMENT;
        let mut pdf = document.clone();
        let at = pdf.len() - at - bytes.len();
        pdf[at..at + bytes.len()].copy_from_slice(bytes.as_bytes());
        let _ = sign(&pdf, signer, &invisible());
        let _ = sign(&pdf, signer, &visible("signature-1", Signatory::Person, "A"));
    }
}
