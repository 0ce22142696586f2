//! Verifying anyone's signed document. Who asks need not be known, and nothing of the document is kept.

use super::moment_in;
use crate::{Identity, texts};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use signature::{Finding, Report, SignatureReport, Verdict};
use std::sync::Arc;
use web::{
    Csrf, FieldErrors, Fields, Form, Html, Language, Page, Problem, ProblemKind, Text, Upload, Visit,
    components::{Button, FileUpload, Hint, SummaryList, SummaryRow},
};

#[derive(Template)]
#[template(path = "signatures.html")]
struct Ask {
    t: Language,
    csrf: Csrf,
    file: FileUpload,
    send: Button,
}

/// Asks for a document.
pub(super) async fn ask(visit: Visit) -> Page {
    form(&visit, &FieldErrors::new())
}

fn form(visit: &Visit, errors: &FieldErrors) -> Page {
    let t = visit.language;
    let form = Form::default();
    let field = Fields { form: &form, errors, language: t }.file("document", texts::SIGNED_DOCUMENT);
    let hint = Some(Hint::new(texts::SIGNED_DOCUMENT_HINT.get(t)));
    let body = Ask {
        t,
        csrf: visit.csrf(),
        file: FileUpload { hint, ..field },
        send: Button::new(texts::VERIFY.get(t)),
    };
    visit.page(texts::SIGNATURES.get(t), Html::of(&body)).with_errors(errors)
}

#[derive(Template)]
#[template(path = "signature_report.html")]
struct Found {
    t: Language,
    file_name: String,
    verdict: &'static str,
    sha256: String,
    findings: Html,
    signatures: Vec<One>,
}

/// A signature as it is shown.
struct One {
    heading: String,
    facts: SummaryList,
    findings: Html,
}

/// Findings as a list.
#[derive(Template)]
#[template(path = "signature_findings.html")]
struct Findings {
    lines: Vec<Line>,
}

/// A finding, what it is about, and what to do.
struct Line {
    text: &'static str,
    about: Option<String>,
    advice: &'static str,
}

/// Verifies a document.
pub(super) async fn verify(
    State(system): State<Arc<Identity>>,
    visit: Visit,
    upload: Upload,
) -> Result<Response, Problem> {
    let t = visit.language;
    let Some(file) = upload.file("document") else {
        let mut errors = FieldErrors::new();
        errors.add("document", texts::CHOOSE_DOCUMENT);
        return Ok(form(&visit, &errors).into_response());
    };
    let report = system.room.verifier.verify(file.bytes.to_vec(), system.now()).await;
    let report =
        report.map_err(|_| Problem::new(ProblemKind::TooManyRequests).with_detail(texts::CHECKING_BUSY))?;
    let body = found(&report, file.name.clone(), t);
    Ok(visit
        .page(texts::SIGNATURES.get(t), Html::of(&body))
        .with_back("/identity/signatures")
        .into_response())
}

fn found(report: &Report, file_name: String, t: Language) -> Found {
    let signatures = report.signatures.iter().enumerate();
    Found {
        t,
        file_name,
        verdict: verdict(report.verdict).get(t),
        sha256: report.sha256.clone(),
        findings: lines(&report.findings, t),
        signatures: signatures
            .map(|(at, signature)| One {
                heading: texts::SIGNATURE_NUMBER.fill(t, &[&(at + 1)]),
                facts: SummaryList::new(facts(signature, t)),
                findings: lines(&signature.findings, t),
            })
            .collect(),
    }
}

fn verdict(verdict: Verdict) -> Text {
    match verdict {
        Verdict::Passed => texts::VERDICT_PASSED,
        Verdict::Indeterminate => texts::VERDICT_INDETERMINATE,
        Verdict::Failed => texts::VERDICT_FAILED,
    }
}

fn facts(signature: &SignatureReport, t: Language) -> Vec<SummaryRow> {
    let unknown = || texts::NOT_KNOWN.get(t).to_owned();
    let signer = signature.signer.as_ref();
    let time = signature.signed_at.as_ref().map(|time| {
        let at = moment_in(t, time.at);
        match &time.authority {
            Some(authority) => texts::STAMPED_BY.fill(t, &[&at, authority]),
            None => texts::CLAIMED_TIME.fill(t, &[&at]),
        }
    });
    let organization = signer.and_then(|signer| signer.organization.clone());
    let level = serde_json::to_value(signature.level).ok();
    let level = level.and_then(|level| level.as_str().map(str::to_owned)).unwrap_or_default();
    let mut rows = vec![
        (texts::SIGNATURE_VERDICT, verdict(signature.verdict).get(t).to_owned()),
        (texts::SIGNED_BY, signer.map_or_else(unknown, |signer| signer.name.clone())),
        (texts::SIGNED_FOR, organization.unwrap_or_else(unknown)),
        (texts::CERTIFIED_BY, signer.map_or_else(unknown, |signer| signer.issuer.clone())),
        (texts::SIGNED_AT, time.unwrap_or_else(unknown)),
        (texts::SIGNATURE_LEVEL, level),
    ];
    rows.extend(signature.reason.clone().map(|reason| (texts::SIGNED_REASON, reason)));
    rows.into_iter().map(|(key, value)| SummaryRow::new(key.get(t), value)).collect()
}

fn lines(findings: &[Finding], t: Language) -> Html {
    let line = |finding: &Finding| {
        let (text, advice) = match t {
            Language::Vi => (finding.vi, finding.advice_vi),
            Language::En => (finding.en, finding.advice_en),
        };
        Line { text, about: finding.about.clone(), advice }
    };
    if findings.is_empty() {
        return Html::default();
    }
    Html::of(&Findings { lines: findings.iter().map(line).collect() })
}
