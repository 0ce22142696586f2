//! Verifying the signatures of a PDF.

use jiff::Timestamp;

use super::fields::{SignatureField, signature_fields};
use super::increments::later_changes;
use super::read_pdf_date;
use super::validation_data::ValidationData;
use crate::algorithm::{Hash, PublicKey, is_broken_hash};
use crate::cms::read::SignedData;
use crate::error::SignatureError;
use crate::judgement::{Matter, judge};
use crate::pdf::file::{PdfFile, Place};
use crate::pdf::object::{Object, ObjectNumber};
use crate::report::{Finding, FindingCode, SignatureReport, SigningTime, Verdict};
use crate::seal::Level;
use crate::tlv::first;
use crate::trust::Trust;

/// The most signatures of a document that are verified.
const SIGNATURES_LIMIT: usize = 32;
/// Longest signature, in bytes.
const CONTENTS_LIMIT_BYTES: usize = 1024 * 1024;

/// Verifies all signatures of a PDF.
pub(crate) fn verify(
    pdf: &[u8],
    trust: &Trust,
    now: Timestamp,
) -> Result<Vec<SignatureReport>, SignatureError> {
    let file = PdfFile::read(pdf)?;
    let data = ValidationData::of(&file);
    let mut reports = Vec::new();
    for field in signature_fields(&file)? {
        let Some(value) = field.dictionary.get("V") else { continue };
        if reports.len() == SIGNATURES_LIMIT {
            return Err(SignatureError::LimitExceeded {
                what: "the number of signatures in the document",
                found: SIGNATURES_LIMIT + 1,
                limit: SIGNATURES_LIMIT,
            });
        }
        let report = match value.as_reference() {
            Some(number) => one(&file, number, &field, &data, trust, now),
            None => unread(&field, FindingCode::SignatureUnreadable.about("it stands inside its field")),
        };
        reports.push(report.settle());
    }
    Ok(reports)
}

fn unread(field: &SignatureField, finding: Finding) -> SignatureReport {
    SignatureReport {
        name: field.name.clone(),
        verdict: Verdict::Failed,
        signer: None,
        signed_at: None,
        reason: None,
        level: Level::Basic,
        covers_document: false,
        findings: vec![finding],
    }
}

/// What of a signature dictionary is needed.
struct Stored {
    sub_filter: Vec<u8>,
    claimed_at: Option<Timestamp>,
    reason: Option<String>,
    contents: Vec<u8>,
    /// The bytes that are signed, before and after the signature.
    signed: (Vec<u8>, usize),
}

fn one(
    file: &PdfFile<'_>,
    number: ObjectNumber,
    field: &SignatureField,
    data: &ValidationData,
    trust: &Trust,
    now: Timestamp,
) -> SignatureReport {
    let stored = match read_stored(file, number) {
        Ok(stored) => stored,
        Err(finding) => return unread(field, finding),
    };
    let (content, end) = &stored.signed;
    let cms = match first(&stored.contents).and_then(|outer| SignedData::read(outer.whole)) {
        Ok(cms) => cms,
        Err(error) => return unread(field, FindingCode::SignatureUnreadable.about(error.to_string())),
    };
    let mut report =
        SignatureReport { reason: stored.reason, ..unread(field, FindingCode::Intact.finding()) };
    report.findings = coverage(file, number, *end);
    report.covers_document = !report.findings.iter().any(|finding| finding.verdict() == Verdict::Failed);
    if cms.is_time_stamp() || stored.sub_filter == b"ETSI.RFC3161" {
        return document_time_stamp(report, &stored.contents, content, trust);
    }
    match integrity(&cms, content) {
        Ok(findings) => report.findings.extend(findings),
        Err(finding) => report.findings.push(finding),
    }
    let Some((certificate, is_named)) = cms.signer_certificate().ok().flatten() else {
        report.findings.push(FindingCode::SignatureUnreadable.about("its certificate is not there"));
        return report;
    };
    if !is_named {
        report.findings.push(FindingCode::CertificateNotNamed.finding());
    }
    let own = cms.certificates.iter().map(|one| one.to_vec());
    let judgement = judge(
        &Matter {
            certificate,
            candidates: own.chain(data.certificates.iter().cloned()).collect(),
            evidence: trust.evidence(data.lists.clone(), data.responses.clone()),
            brings_evidence: !data.lists.is_empty() || !data.responses.is_empty(),
            time_stamp: cms.time_stamp.map(|token| (token, cms.signature)),
            claimed_at: stored.claimed_at,
            now,
        },
        trust,
    );
    report.signer = judgement.signer;
    report.signed_at = judgement.signed_at;
    report.level = judgement.level;
    report.findings.extend(judgement.findings);
    report
}

/// Reads the dictionary and checks that the signature stands in the one gap of what is signed, so that no other bytes are
/// left out, and no other signature can be put in its place.
fn read_stored(file: &PdfFile<'_>, number: ObjectNumber) -> Result<Stored, Finding> {
    let wrong = |problem: &str| FindingCode::RangeWrong.about(problem);
    let unreadable = |error: SignatureError| FindingCode::SignatureUnreadable.about(error.to_string());
    let Some(Place::At(offset)) = file.places.get(&number) else {
        return Err(FindingCode::SignatureUnreadable.about("it stands in an object stream"));
    };
    let mut parser = file.parser_at(number, *offset).map_err(unreadable)?;
    let entries = parser.dictionary_with_places().map_err(unreadable)?;
    let entry = |key: &str| entries.iter().find(|(name, ..)| name == key.as_bytes());
    let text = |key: &str| entry(key).and_then(|(_, value, _)| file.resolve(value).ok()?.as_text());
    let range = entry("ByteRange")
        .and_then(|(_, range, _)| range.as_array())
        .ok_or_else(|| wrong("it is missing"))?;
    let range: Vec<usize> = range.iter().filter_map(Object::as_usize).collect();
    let [0, before, after, rest] = range[..] else {
        return Err(wrong("it is not of two parts that begin with the file"));
    };
    let (_, contents, place) = entry("Contents").ok_or_else(|| wrong("there is no signature"))?;
    if before >= after || (before..after) != *place {
        return Err(wrong("what is left out is not the signature"));
    }
    if !contents_are_hexadecimal(contents) || place.len() > 2 * CONTENTS_LIMIT_BYTES {
        return Err(wrong("the signature is not of hexadecimal digits only"));
    }
    let bytes = file.bytes();
    let end = after
        .checked_add(rest)
        .filter(|end| *end <= bytes.len())
        .ok_or_else(|| wrong("it ends after the file"))?;
    let contents = contents.as_string().ok_or_else(|| wrong("the signature is no string"))?;
    let padding = first(&contents).map_or(&contents[..], |outer| &contents[outer.whole.len()..]);
    if padding.iter().any(|byte| *byte != 0) {
        return Err(wrong("something stands behind the signature"));
    }
    let sub_filter = match entry("SubFilter") {
        Some((_, Object::Name(name), _)) => name.clone(),
        _ => Vec::new(),
    };
    if !matches!(&sub_filter[..], b"ETSI.CAdES.detached" | b"adbe.pkcs7.detached" | b"ETSI.RFC3161") {
        return Err(FindingCode::UnknownAlgorithm.about(String::from_utf8_lossy(&sub_filter).into_owned()));
    }
    Ok(Stored {
        sub_filter,
        claimed_at: text("M").and_then(|date| read_pdf_date(&date)),
        reason: text("Reason"),
        contents,
        signed: ([&bytes[..before], &bytes[after..end]].concat(), end),
    })
}

fn contents_are_hexadecimal(contents: &Object) -> bool {
    match contents {
        Object::Verbatim(bytes) => {
            matches!(&bytes[..], [b'<', digits @ .., b'>'] if digits.iter().all(u8::is_ascii_hexdigit))
        }
        _ => false,
    }
}

/// Whether what is signed is a whole document that this signature is part of, and what was done to it since.
fn coverage(file: &PdfFile<'_>, number: ObjectNumber, end: usize) -> Vec<Finding> {
    let bytes = file.bytes();
    let is_blank = |rest: &[u8]| rest.iter().all(u8::is_ascii_whitespace);
    if is_blank(&bytes[end..]) {
        return vec![FindingCode::CoversAll.finding()];
    }
    let signed = match PdfFile::read(&bytes[..end]) {
        Ok(signed) => signed,
        Err(_) => return vec![FindingCode::RangeWrong.about("what is signed is no whole document")],
    };
    if signed.places.get(&number) != file.places.get(&number) {
        return vec![FindingCode::RangeWrong.about("the signature is not part of what it signs")];
    }
    if signed.xref_offset == file.xref_offset {
        return vec![FindingCode::ChangedLater.about("something stands behind the end of the document")];
    }
    match later_changes(&signed, file) {
        Ok(changes) => {
            let mut findings = Vec::new();
            if !changes.signed.is_empty() {
                findings.push(FindingCode::SignedLater.about(changes.signed.join(", ")));
            }
            if changes.validation_data {
                findings.push(FindingCode::ValidationDataLater.finding());
            }
            findings.extend(changes.other.map(|what| FindingCode::ChangedLater.about(what)));
            findings
        }
        Err(error) => vec![FindingCode::ChangedLater.about(error.to_string())],
    }
}

/// Whether digest and signature value hold.
fn integrity(cms: &SignedData<'_>, content: &[u8]) -> Result<Vec<Finding>, Finding> {
    let unreadable =
        |error: crate::error::FormError| FindingCode::SignatureUnreadable.about(error.to_string());
    let Some(hash) = Hash::of_oid(cms.digest_oid) else {
        return Err(match is_broken_hash(cms.digest_oid) {
            true => FindingCode::WeakAlgorithm.finding(),
            false => FindingCode::UnknownAlgorithm.finding(),
        });
    };
    if cms.content.is_some() {
        return Err(FindingCode::RangeWrong.about("the signature brings a content of its own"));
    }
    if cms.message_digest().map_err(unreadable)? != hash.of(content) {
        return Err(FindingCode::BytesChanged.finding());
    }
    let (certificate, _) = cms
        .signer_certificate()
        .map_err(unreadable)?
        .ok_or_else(|| FindingCode::SignatureUnreadable.about("its certificate is not there"))?;
    match has_signed(certificate, hash, cms) {
        Some(true) => Ok(vec![FindingCode::Intact.finding()]),
        Some(false) => Err(FindingCode::SignatureWrong.finding()),
        None => Err(FindingCode::UnknownAlgorithm.finding()),
    }
}

fn has_signed(certificate: &[u8], hash: Hash, cms: &SignedData<'_>) -> Option<bool> {
    let key = crate::trust::public_key(certificate)?;
    let key = PublicKey::of(&key).ok()?;
    key.is_supported().then(|| key.has_signed(hash, cms.padding(), &cms.message(), cms.signature))
}

fn document_time_stamp(
    mut report: SignatureReport,
    token: &[u8],
    content: &[u8],
    trust: &Trust,
) -> SignatureReport {
    let digest: [u8; 32] = Hash::Sha256.of(content).try_into().expect("SHA-256 gives 32 bytes");
    let token = first(token).map_or(token, |outer| outer.whole);
    match pki::time_stamp::verify(token, &digest, trust.roots()) {
        Ok(stamp) => {
            report.findings.push(FindingCode::DocumentTimeStamp.about(stamp.authority.clone()));
            report.signed_at = Some(SigningTime { at: stamp.at, authority: Some(stamp.authority) });
        }
        Err(error) => report.findings.push(FindingCode::TimeStampWrong.about(error.to_string())),
    }
    report
}
