//! Verifying good and tampered documents, beside pdfsig (poppler and NSS), pyHanko and openssl.

use std::ffi::OsStr;
use std::sync::{Arc, LazyLock};

use jiff::{SignedDuration, Timestamp};
use press::{Signatory, SignatureDetails, SignatureField};
use proptest::prelude::*;
use signature::pades::fields::bare_widget;
use signature::pdf::file::PdfFile;
use signature::pdf::object::{Dictionary, Object};
use signature::pdf::update::{Update, stream};
use signature::{FindingCode, Level, Report, Seal, Verdict, verify};

use signature::testing::{Away, Root};

use crate::keys::{created, new_root, sign, signed};
use crate::signing::{certificate, count, invisible, pdfsig, pyhanko_accepts, visible};
use crate::tools::{Scratch, poppler, run};

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// What is found with a list of a day after signing at hand.
fn report(root: &Root, pdf: &[u8]) -> Report {
    let day_after = created() + hours(24);
    verify(pdf, &root.trust().with_lists(vec![root.list(day_after)]), day_after)
}

/// The birth certificate signed by the chairwoman and then by the agency, each for a long term.
fn signed_by_both(root: &Root) -> Vec<u8> {
    let person = visible("signature-1", Signatory::Person, "Lê Thị Thu Hà");
    let agency = visible("seal-1", Signatory::Agency, "UBND phường Hoàn Kiếm");
    let once = signed(&certificate(), &root.lasting("Lê Thị Thu Hà"), &person).expect("a signature");
    assert!(once.level == Level::LongTerm && once.shortfall.is_none());
    sign(&once.document, &root.lasting("UBND phường Hoàn Kiếm"), &agency).expect("a second signature")
}

/// What pyHanko says of each signature when it may look at nothing but the document.
fn pyhanko_long_term(pdf: &[u8], root: &Root) -> String {
    let scratch = Scratch::new();
    let (document, anchor) =
        (scratch.file("document.pdf", pdf), scratch.file("root.pem", root.pem().as_bytes()));
    let command = std::env::var_os("PYHANKO").expect("PYHANKO; see tests/install-pyhanko.sh");
    let python = std::path::Path::new(&command).with_file_name("python");
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/pades_lt.py");
    let arguments: [&OsStr; 3] = [script.as_os_str(), anchor.as_os_str(), document.as_os_str()];
    run(&python, &arguments, "infrastructure/press/tests/install-pyhanko.sh").text
}

/// The same document, as another program would write it: objects in streams, or linearised.
fn rewritten(pdf: &[u8], option: &str) -> Vec<u8> {
    let scratch = Scratch::new();
    let (from, to) = (scratch.file("from.pdf", pdf), scratch.file("to.pdf", b""));
    let arguments: [&OsStr; 3] = [option.as_ref(), from.as_os_str(), to.as_os_str()];
    let answer = run("qpdf".as_ref(), &arguments, "apt-get install qpdf");
    assert!(answer.success, "{}", answer.text);
    std::fs::read(to).expect("what qpdf wrote")
}

/// A later update that changes what `change` says.
fn updated(pdf: &[u8], change: impl FnOnce(&PdfFile<'_>, &mut Update)) -> Vec<u8> {
    let file = PdfFile::read(pdf).expect("a PDF");
    let mut update = Update::of(&file).expect("an update");
    change(&file, &mut update);
    update.append(&file, pdf).0
}

fn replaced_page(file: &PdfFile<'_>, update: &mut Update) {
    let number = file.page_number(0).expect("a page");
    let content = update.reserve();
    update.set_raw(content, stream(Dictionary::default(), b"BT ET"));
    let page = file.dictionary(number).expect("a page").with("Contents", Object::Reference(content));
    update.set(number, &Object::Dictionary(page));
}

fn replaced_content(file: &PdfFile<'_>, update: &mut Update) {
    let page = file.dictionary(file.page_number(0).expect("a page")).expect("a page");
    let content = match page.get("Contents") {
        Some(Object::Array(items)) => items[0].as_reference(),
        Some(content) => content.as_reference(),
        None => None,
    };
    update.set_raw(content.expect("a content"), stream(Dictionary::default(), b"BT ET"));
}

fn covered_by_an_annotation(file: &PdfFile<'_>, update: &mut Update) {
    let number = file.page_number(0).expect("a page");
    let page = file.dictionary(number).expect("a page");
    let annotation = update.reserve();
    let stamp = Dictionary::default()
        .with("Type", Object::name("Annot"))
        .with("Subtype", Object::name("FreeText"))
        .with("Rect", Object::Array([0, 0, 500, 800].map(Object::integer).to_vec()))
        .with("Contents", Object::ascii("something else"));
    update.set(annotation, &Object::Dictionary(stamp));
    let items = file.value(&page, "Annots").expect("annotations");
    let mut items = items.and_then(|items| items.as_array().map(<[_]>::to_vec)).unwrap_or_default();
    items.push(Object::Reference(annotation));
    update.set(number, &Object::Dictionary(page.with("Annots", Object::Array(items))));
}

/// Another look for the field that is signed: the name of somebody else, say.
fn replaced_look(file: &PdfFile<'_>, update: &mut Update) {
    let page = file.dictionary(file.page_number(0).expect("a page")).expect("a page");
    let items = file.value(&page, "Annots").expect("annotations").expect("annotations");
    for number in items.as_array().unwrap_or_default().iter().filter_map(Object::as_reference) {
        let field = file.dictionary(number).expect("a field");
        if field.get("V").is_some() {
            let look = update.reserve();
            update.set_raw(look, stream(Dictionary::default().with("Subtype", Object::name("Form")), b""));
            let look = Dictionary::default().with("N", Object::Reference(look));
            update.set(number, &Object::Dictionary(field.with("AP", Object::Dictionary(look))));
        }
    }
}

/// A field for a signature that nobody made, laid over the page.
fn covered_by_an_empty_field(file: &PdfFile<'_>, update: &mut Update) {
    let number = file.page_number(0).expect("a page");
    let page = file.dictionary(number).expect("a page");
    let catalog = file.dictionary(file.catalog_number().expect("a catalogue")).expect("a catalogue");
    let form_number = catalog.get("AcroForm").and_then(Object::as_reference).expect("a form");
    let form = file.dictionary(form_number).expect("a form");
    let (look, field) = (update.reserve(), update.reserve());
    update.set_raw(
        look,
        stream(Dictionary::default().with("Subtype", Object::name("Form")), b"0 0 500 800 re f"),
    );
    let widget = bare_widget()
        .with("T", Object::ascii("cover"))
        .with("Rect", Object::Array([0, 0, 500, 800].map(Object::integer).to_vec()))
        .with("AP", Object::Dictionary(Dictionary::default().with("N", Object::Reference(look))));
    update.set(field, &Object::Dictionary(widget));
    for (number, dictionary, key) in [(number, page, "Annots"), (form_number, form, "Fields")] {
        let items = file.value(&dictionary, key).expect("an array");
        let mut items = items.and_then(|items| items.as_array().map(<[_]>::to_vec)).unwrap_or_default();
        items.push(Object::Reference(field));
        update.set(number, &Object::Dictionary(dictionary.with(key, Object::Array(items))));
    }
}

/// A document that refers to what is not there, so that it can be put there after it was signed.
fn with_a_dangling_reference(pdf: &[u8]) -> (Vec<u8>, u32) {
    let mut missing = 0;
    let prepared = updated(pdf, |file, update| {
        let number = file.page_number(0).expect("a page");
        missing = update.reserve() + 900;
        let page = file.dictionary(number).expect("a page");
        let annotations = file.value(&page, "Annots").expect("annotations");
        let mut items = annotations.and_then(|items| items.as_array().map(<[_]>::to_vec)).unwrap_or_default();
        items.push(Object::Reference(missing));
        update.set(number, &Object::Dictionary(page.with("Annots", Object::Array(items))));
    });
    (prepared, missing)
}

fn find(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).rposition(|window| window == wanted).expect("what is looked for")
}

/// Signature wrapping (Mladenov et al., "1 Trillion Dollar Refund", CCS 2019): what was signed behind the signature is moved
/// to the end, another signature dictionary says so, and a new cross-reference table stands where the old one stood.
fn wrapped(pdf: &[u8]) -> Vec<u8> {
    let start = find(pdf, b"/Contents <") + b"/Contents ".len();
    let end = start + pdf[start..].iter().position(|byte| *byte == b'>').expect("an end") + 1;
    let file = PdfFile::read(pdf).expect("a PDF");
    let fields = [&pdf[start..end], &pdf[end..]];
    let table_at = file.xref_offset;
    // Room for the new dictionary, then up to where the last table begins.
    let mut forged = pdf[..end].to_vec();
    let dictionary_at = forged.len() + 1;
    let moved_to = pdf.len() + 60_000;
    let range = format!("[0 {start} {moved_to} {}]", fields[1].len());
    let body = format!(
        "\n999 0 obj\n<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange {range} /Contents {}>>\nendobj\n",
        String::from_utf8_lossy(fields[0])
    );
    forged.extend_from_slice(body.as_bytes());
    // What the old table named behind the signature stands further on now; the new one says where.
    let shift = moved_to - end;
    let mut table = String::from("xref\n0 1\n0000000000 65535 f \n");
    for (number, place) in &file.places {
        let signature::pdf::file::Place::At(at) = place else { continue };
        let at = if *at >= end { at + shift } else { *at };
        table.push_str(&format!("{number} 1\n{at:010} 00000 n \n"));
    }
    table.push_str(&format!("999 1\n{dictionary_at:010} 00000 n \n"));
    let mut trailer = Vec::new();
    Object::Dictionary(file.trailer.clone().with("Size", Object::integer(1_000))).write(&mut trailer);
    table.push_str(&format!("trailer\n{}\n", String::from_utf8_lossy(&trailer).replace("/Prev", "/Before")));
    forged.resize(forged.len().max(table_at), b' ');
    let at = forged.len();
    assert!(at >= table_at);
    forged.extend_from_slice(table.as_bytes());
    forged.resize(moved_to, b' ');
    forged.extend_from_slice(fields[1]);
    forged.extend_from_slice(format!("\nstartxref\n{at}\n%%EOF\n").as_bytes());
    forged
}

/// A document, what is found in it, and what the others say.
struct Case {
    what: &'static str,
    pdf: Vec<u8>,
    verdict: Verdict,
    /// Found in some signature.
    finds: FindingCode,
    /// How many signatures pdfsig calls valid, and whether it says that all of the document is signed.
    pdfsig: (usize, bool),
    /// Whether pyHanko, which like pdfsig is told the root but looks at no revocation, takes all of them.
    pyhanko: bool,
}

fn cases(root: &Root) -> Vec<Case> {
    use FindingCode::*;
    let basic = sign(&certificate(), &root.seal("A"), &invisible()).expect("a signature");
    let seen =
        sign(&certificate(), &root.seal("A"), &visible("signature-1", Signatory::Person, "A")).unwrap();
    let both = signed_by_both(root);
    let mut changed = basic.clone();
    let title = find(&changed, b"/Title");
    changed[title + 12] ^= 1;
    let mut appended = basic.clone();
    appended.extend_from_slice(b"\n% something behind the end\n");
    let (dangling, missing) = with_a_dangling_reference(&certificate());
    let dangling = sign(&dangling, &root.seal("A"), &invisible()).expect("a signature");
    let filled = updated(&dangling, |_, update| {
        update.set(
            missing,
            &Object::Dictionary(Dictionary::default().with("Subtype", Object::name("FreeText"))),
        );
    });
    let mut broken = basic.clone();
    let contents = find(&broken, b"/Contents <") + b"/Contents <".len();
    broken[contents..contents + 8].copy_from_slice(b"ffffffff");
    let streams = rewritten(&certificate(), "--object-streams=generate");
    let streams = sign(&streams, &root.lasting("A"), &invisible()).expect("a signature");
    let twice = sign(&streams, &root.seal("B"), &invisible()).expect("a signature");
    let linear =
        sign(&rewritten(&certificate(), "--linearize"), &root.seal("A"), &invisible()).expect("a signature");
    let case =
        |what, pdf, verdict, finds, pdfsig, pyhanko| Case { what, pdf, verdict, finds, pdfsig, pyhanko };
    let (passed, failed) = (Verdict::Passed, Verdict::Failed);
    vec![
        case("one signature", basic.clone(), passed, CoversAll, (1, true), true),
        case("one that is seen", seen.clone(), passed, NotRevoked, (1, true), true),
        case("person and agency, for a long term", both.clone(), passed, SignedLater, (2, false), true),
        case("objects in streams", streams, passed, TimeStamped, (1, false), true),
        case("objects in streams, signed twice", twice, passed, SignedLater, (2, true), true),
        case("a linearised file", linear, passed, CoversAll, (1, true), true),
        case("a byte was changed", changed, failed, BytesChanged, (0, true), false),
        case("a page was replaced", updated(&basic, replaced_page), failed, ChangedLater, (1, false), false),
        case(
            "its content was replaced",
            updated(&basic, replaced_content),
            failed,
            ChangedLater,
            (1, false),
            false,
        ),
        case(
            "an annotation lies over it",
            updated(&both, covered_by_an_annotation),
            failed,
            ChangedLater,
            (2, false),
            false,
        ),
        case(
            "the look of a signature was replaced",
            updated(&seen, replaced_look),
            failed,
            ChangedLater,
            (1, false),
            false,
        ),
        // pyHanko takes an empty field as harmless, whatever it shows.
        case(
            "an empty field lies over it",
            updated(&seen, covered_by_an_empty_field),
            failed,
            ChangedLater,
            (1, false),
            true,
        ),
        case("something stands behind the end", appended, failed, ChangedLater, (1, false), true),
        case("what was missing was put in place", filled, failed, ChangedLater, (1, false), false),
        case("the signature is no CMS", broken, failed, RangeWrong, (0, false), false),
    ]
}

#[test]
fn independent_verifiers_agree() {
    let root = new_root();
    for case in cases(&root) {
        let found = report(&root, &case.pdf);
        assert_eq!(found.verdict, case.verdict, "{}: {found:#?}", case.what);
        assert!(found.signatures.iter().any(|one| one.has(case.finds)), "{}: {found:#?}", case.what);
        let text = pdfsig(&case.pdf);
        let (valid, whole) = case.pdfsig;
        assert_eq!(count(&text, "Signature Validation: Signature is Valid."), valid, "{}: {text}", case.what);

        assert_eq!(text.contains("Total document signed"), whole, "{}: {text}", case.what);
        let (accepted, text) = pyhanko_accepts(&case.pdf, &root);
        assert_eq!(accepted, case.pyhanko, "{}: {text}", case.what);
    }
}

#[test]
fn wrapped_signatures_are_refused() {
    let root = new_root();
    let basic = sign(&certificate(), &root.seal("A"), &invisible()).expect("a signature");
    let found = report(&root, &wrapped(&basic));
    assert_ne!(found.verdict, Verdict::Passed, "{found:#?}");
    assert!(!pyhanko_accepts(&wrapped(&basic), &root).0);
}

#[test]
fn what_stands_in_the_document_proves_it() {
    let root = new_root();
    let both = signed_by_both(&root);
    // Nobody is asked, and the certificates have long expired.
    let later = created() + hours(24 * 365 * 30);
    let found = verify(&both, &root.trust(), later);
    assert_eq!(found.verdict, Verdict::Passed, "{found:#?}");
    for (signature, name) in found.signatures.iter().zip(["Lê Thị Thu Hà", "UBND phường Hoàn Kiếm"])
    {
        let signer = signature.signer.as_ref().expect("a signer");
        assert_eq!(
            (signer.name.as_str(), signer.organization.as_deref()),
            (name, Some("UBND phường Hoàn Kiếm"))
        );
        assert_eq!(signature.level, Level::LongTerm);
        let time = signature.signed_at.as_ref().expect("a time");
        assert_eq!((time.at, time.authority.is_some()), (created(), true));
        assert_eq!(signature.reason.as_deref(), Some("Cấp giấy khai sinh"));
    }
    let said = pyhanko_long_term(&both, &root);
    assert_eq!(count(&said, "holds"), 2, "{said}");
    assert_eq!(count(&said, "falls"), 0, "{said}");
}

/// Who is trusted, when the certificate was valid, and when it was revoked.
#[test]
fn chain_time_and_revocation_are_judged() {
    use FindingCode::*;
    let root = new_root();
    let at = created();
    let with = |days: u32, revoked: Option<Timestamp>, stamped: bool| {
        let signer = root.signer_for("A", days);
        if let Some(revoked) = revoked {
            root.revoke(&signer, revoked);
        }
        let seal = if stamped { root.stamping(signer) } else { Seal::new(Arc::new(signer)) };
        sign(&certificate(), &seal, &invisible()).expect("a signature")
    };
    let cases = [
        ("expired, time proven", with(1, None, true), Verdict::Passed, NotRevoked),
        ("expired, time claimed", with(1, None, false), Verdict::Indeterminate, CertificateExpired),
        ("revoked before", with(9, Some(at - hours(1)), true), Verdict::Failed, RevokedBefore),
        ("revoked later, time proven", with(9, Some(at + hours(1)), true), Verdict::Passed, RevokedLater),
        (
            "revoked later, time claimed",
            with(9, Some(at + hours(1)), false),
            Verdict::Indeterminate,
            RevokedUnproven,
        ),
        ("revoked before, time claimed", with(9, Some(at - hours(1)), false), Verdict::Failed, RevokedBefore),
        ("time claimed", with(9, None, false), Verdict::Passed, TimeClaimed),
    ];
    for (what, pdf, verdict, finds) in cases {
        let now = at + hours(48);
        let found = verify(&pdf, &root.trust().with_lists(vec![root.list(now)]), now);
        assert_eq!(found.verdict, verdict, "{what}: {found:#?}");
        assert!(found.signatures[0].has(finds), "{what}: {found:#?}");
    }
    let pdf = with(9, None, true);
    let unknown = verify(&pdf, &root.trust(), at);
    assert!(unknown.signatures[0].has(RevocationUnknown), "{unknown:#?}");
    let old =
        verify(&with(9, None, false), &root.trust().with_lists(vec![root.list(at)]), at + hours(24 * 8));
    assert_eq!(old.verdict, Verdict::Passed, "the list is in force for ten years");
    let stranger = verify(&pdf, &new_root().trust(), at);
    assert_eq!(stranger.verdict, Verdict::Indeterminate);
    assert!(
        stranger.signatures[0].has(ChainUnknown) && stranger.signatures[0].has(TimeStampWrong),
        "{stranger:#?}"
    );
}

#[test]
fn a_document_revoked_in_its_own_store_does_not_hold() {
    let root = new_root();
    let signer = root.signer("A");
    root.revoke(&signer, created() - hours(1));
    let seal = root.lasting_with(signer);
    let pdf = sign(&certificate(), &seal, &invisible()).expect("a signature");
    let found = verify(&pdf, &root.trust(), created() + hours(1));
    assert!(found.signatures[0].has(FindingCode::RevokedBefore), "{found:#?}");
    let said = pyhanko_long_term(&pdf, &root);
    assert_eq!(count(&said, "falls"), 1, "{said}");
}

#[test]
fn openssl_agrees_on_signature_and_time() {
    let root = new_root();
    let pdf = sign(&certificate(), &root.stamping(root.signer("A")), &invisible()).expect("a signature");
    let scratch = Scratch::new();
    let document = scratch.file("document.pdf", &pdf);
    let start = find(&pdf, b"/Contents <") + b"/Contents <".len();
    let end = start + pdf[start..].iter().position(|byte| *byte == b'>').expect("an end");
    let digits = std::str::from_utf8(&pdf[start..end]).expect("hexadecimal");
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("a byte");
    let cms: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
    let length = 4 + usize::from(u16::from_be_bytes([cms[2], cms[3]]));
    let cms_file = scratch.file("signature.der", &cms[..length]);
    let content = [&pdf[..start - 1], &pdf[end + 1..]].concat();
    let anchor = scratch.file("root.pem", root.pem().as_bytes());
    for (content, holds) in [(content.clone(), true), ([&content[..], b"x"].concat(), false)] {
        let content = scratch.file("content", &content);
        let mut arguments: Vec<&OsStr> =
            ["cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-in"]
                .map(OsStr::new)
                .to_vec();
        arguments.extend([cms_file.as_os_str(), "-content".as_ref(), content.as_os_str()]);
        arguments.extend(["-CAfile".as_ref(), anchor.as_os_str(), "-out".as_ref(), "/dev/null".as_ref()]);
        let said = run("openssl".as_ref(), &arguments, "apt-get install openssl");
        assert_eq!(said.success, holds, "{}", said.text);
    }
    assert!(poppler("pdfsig", &["-nocert".as_ref(), document.as_os_str()]).success);
}

#[test]
fn nobody_waits_for_an_authority_that_is_away() {
    let root = new_root();
    let seal = root.seal("A").with_time_stamps(Arc::new(Away)).with_revocations(Arc::new(Away));
    let signed = signed(&certificate(), &seal, &invisible()).expect("a signature");
    assert_eq!((signed.level, signed.shortfall.is_some()), (Level::Basic, true));
    assert_eq!(report(&root, &signed.document).verdict, Verdict::Passed);
}

#[test]
fn a_signature_is_seen_on_a_document_of_others() {
    let root = new_root();
    let foreign = rewritten(&certificate(), "--object-streams=generate");
    let details = SignatureDetails {
        field: SignatureField::OnPage {
            page_index: 0,
            rectangle: [360.0, 760.0, 560.0, 820.0],
            lines: vec!["UBND phường Hoàn Kiếm".to_owned(), "05/03/2026 14:03:22 +07:00".to_owned()],
            signatory: Signatory::Agency,
        },
        ..invisible()
    };
    let pdf = sign(&foreign, &root.lasting("A"), &details).expect("a signature");
    assert_eq!(report(&root, &pdf).verdict, Verdict::Passed);
    assert!(pyhanko_accepts(&pdf, &root).0);
}

#[test]
fn documents_without_signature_and_no_documents_are_told_apart() {
    let root = new_root();
    for (document, finds) in [
        (certificate(), FindingCode::NotSigned),
        (b"%PDF-1.7 and nothing more".to_vec(), FindingCode::DocumentUnreadable),
        (b"\x89PNG".to_vec(), FindingCode::DocumentUnreadable),
        (Vec::new(), FindingCode::DocumentUnreadable),
        (vec![b'%'; signature::DOCUMENT_LIMIT_BYTES + 1], FindingCode::TooLarge),
    ] {
        let found = report(&root, &document);
        assert_eq!(found.verdict, Verdict::Indeterminate);
        assert_eq!(found.findings[0].code, finds);
    }
}

static ROOT_AND_DOCUMENT: LazyLock<(Root, Vec<u8>)> = LazyLock::new(|| {
    let root = new_root();
    let pdf = signed_by_both(&root);
    (root, pdf)
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever byte is changed, no signature that covers it goes on to hold; beside the signatures themselves nothing is free.
    #[test]
    fn no_byte_can_be_changed(at: prop::sample::Index, bit in 0_u8..8) {
        let (root, document) = &*ROOT_AND_DOCUMENT;
        let mut pdf = document.clone();
        let at = at.index(pdf.len());
        pdf[at] ^= 1 << bit;
        let found = report(root, &pdf);
        let was = report(root, document);
        // The last update holds validation data: it is not signed, but no signature says otherwise.
        let names = |report: &Report| report.signatures.iter().filter(|one| one.verdict == Verdict::Passed)
            .map(|one| (one.signer.clone(), one.reason.clone())).collect::<Vec<_>>();
        prop_assert!(names(&found).iter().all(|one| names(&was).contains(one)), "{found:#?}");
    }

    #[test]
    fn damaged_documents_are_judged(at in 0_usize..40_000, bytes in "[ 0-9R<>/\\[\\]()]{1,8}", cut: prop::sample::Index) {
        let (root, document) = &*ROOT_AND_DOCUMENT;
        let mut pdf = document.clone();
        let at = pdf.len() - at.min(pdf.len() - 8) - bytes.len();
        pdf[at..at + bytes.len()].copy_from_slice(bytes.as_bytes());
        let _ = report(root, &pdf);
        let _ = report(root, &pdf[..cut.index(document.len())]);
    }
}
