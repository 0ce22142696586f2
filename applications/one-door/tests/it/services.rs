//! What the one-door answers and refuses on the exchange.

use crate::{
    country::{Country, code, down, engines, officer, refused, registered, supplement},
    samples,
};
use contracts::{
    Problem,
    agencies::{ReadAgency, ReadUnit},
    one_door::{
        Attachment, DeliverResult, Delivery, Form, Outcome, Submission, SubmissionSignature, SubmitDossier,
        Supplement, SupplyMore, WithdrawDossier, Withdrawal,
    },
    portal::DossierState,
    procedures::ReadProcedure,
};
use std::collections::BTreeSet;
use system::Incoming;
use uuid::Uuid;

type Refusal = (u16, &'static str, &'static str);

/// What a refusal says: status, code, and the first field's code.
fn said<A: std::fmt::Debug>(answer: Result<A, Problem>) -> (u16, String, String) {
    let problem = answer.expect_err("a refusal");
    let field = problem.fields.first().map(|field| field.code.clone()).unwrap_or_default();
    assert!(!problem.title.is_empty() && !problem.title_en.is_empty());
    (problem.status, problem.code().to_owned(), field)
}

fn expected((status, code, field): Refusal) -> (u16, String, String) {
    (status, code.to_owned(), field.to_owned())
}

#[test]
fn every_operation_has_a_table_of_refusals() {
    let covered = BTreeSet::from([
        "SubmitDossier",
        "SupplyMore",
        "WithdrawDossier",
        "DeliverResult",
        "TakeCardIssued",
        "TakeResidenceDecided",
    ]);
    let operations: BTreeSet<_> =
        contracts::one_door::operations().into_iter().map(|operation| operation.name).collect();
    assert_eq!(operations, covered);
}

/// A signature over a submission, as the portal sends it.
pub(crate) fn signature(submission: &Submission) -> SubmissionSignature {
    let text = serde_json::to_string(submission).unwrap();
    SubmissionSignature { text, evidence: "{\"format\":\"lienthong-submission/v1\"}".into() }
}

#[tokio::test]
async fn submissions_are_refused_with_reason() {
    let country = Country::open().await;
    type Spoil = fn(&mut Submission);
    let cases: &[(&str, Spoil, Refusal)] = &[
        ("another sender", |s| s.from = "VN/GOV/G15".into(), (422, "invalid", "not-the-sender")),
        (
            "for somebody else",
            |s| s.applicant = "001093000002".parse().unwrap(),
            (422, "invalid", "not-the-applicant"),
        ),
        ("a name that is none", |s| s.applicant_name = "\u{7}".into(), (422, "invalid", "not-a-name")),
        (
            "from the future",
            |s| s.submitted_at = "2026-11-21T02:00:00Z".parse().unwrap(),
            (422, "invalid", "in-the-future"),
        ),
        ("unknown procedure", |s| s.procedure = "9.999999".into(), (422, "invalid", "unknown-procedure")),
        ("not online", |s| s.procedure = "1.000894".into(), (422, "invalid", "not-online")),
        ("unknown commune", |s| s.commune = "99999".into(), (422, "invalid", "unknown-unit")),
        ("a province", |s| s.commune = "01".into(), (422, "invalid", "unknown-unit")),
        ("another province", |s| s.commune = "26734".into(), (422, "invalid", "other-province")),
        (
            "a file that is none",
            |s| s.attachments[0].content_base64 = "PGh0bWw+".into(),
            (422, "invalid", "damaged"),
        ),
        (
            "too many files",
            |s| s.attachments = vec![samples::notice_file(); 11],
            (422, "invalid", "too-many"),
        ),
        (
            "signed otherwise",
            |s| {
                let signed = Submission { commune: "00008".into(), ..s.clone() };
                s.signature = Some(signature(&signed));
            },
            (422, "invalid", "signed-other"),
        ),
        (
            "a signature over nothing",
            |s| s.signature = Some(SubmissionSignature { text: "{}".into(), evidence: "{}".into() }),
            (422, "invalid", "signed-other"),
        ),
        (
            "a signature without end",
            |s| {
                s.signature = Some(SubmissionSignature { text: " ".repeat(1 << 21), evidence: String::new() })
            },
            (422, "invalid", "too-large"),
        ),
    ];
    for (case, spoil, refusal) in cases {
        let mut submission = samples::submission();
        spoil(&mut submission);
        let answer = country.ask::<SubmitDossier>(country.portal(), &submission).await;
        assert_eq!(said(answer), expected(*refusal), "{case}");
    }
    let nothing = country.system.dossier(samples::submission().submission).await.unwrap();
    assert_eq!(nothing, None);
}

#[tokio::test]
async fn a_register_out_of_reach_refuses_for_now() {
    let country = Country::open().await;
    for fail in [
        Country::fails::<ReadProcedure> as fn(&Country, Problem),
        Country::fails::<ReadAgency>,
        Country::fails::<ReadUnit>,
    ] {
        fail(&country, down());
        let answer = country.ask::<SubmitDossier>(country.portal(), &samples::submission()).await;
        assert_eq!(said(answer), expected((503, "unavailable", "")));
    }
    country.submit().await;
}

#[tokio::test]
async fn a_submission_counts_once() {
    for location in engines() {
        let country = Country::open_at(&location).await;
        let submission = samples::submission();
        for from in ["G22", "VN/GOV/G22", "G22"] {
            let again = Submission { from: from.into(), ..submission.clone() };
            country.ask::<SubmitDossier>(country.portal(), &again).await.expect("the same again");
        }
        let other = Submission { commune: "00008".into(), ..submission.clone() };
        let answer = country.ask::<SubmitDossier>(country.portal(), &other).await;
        assert_eq!(said(answer), expected((409, "submitted-with-other-content", "")));
        let thief = Submission { from: "G15".into(), ..submission.clone() };
        let answer = country.ask::<SubmitDossier>(country.caller("VN/GOV/G15/portal"), &thief).await;
        assert_eq!(said(answer), expected((409, "submitted-with-other-content", "")));

        let twin = Submission { submission: Uuid::from_u128(2), ..submission.clone() };
        let answer = country.ask::<SubmitDossier>(country.portal(), &twin).await;
        assert_eq!(said(answer), expected((409, "already-submitted", "")));
        let withdrawal = Withdrawal { submission: submission.submission };
        country.ask::<WithdrawDossier>(country.portal(), &withdrawal).await.unwrap();
        country.ask::<SubmitDossier>(country.portal(), &twin).await.expect("free again");
    }
}

#[tokio::test]
async fn one_child_is_handed_in_once_at_the_same_moment() {
    for location in engines() {
        let country = Country::open_at(&location).await;
        let sent = (1..=8).map(|place| {
            let submission = Submission { submission: Uuid::from_u128(place), ..samples::submission() };
            let (services, incoming) = (country.services.clone(), country.portal());
            tokio::spawn(async move {
                system::testing::ask::<SubmitDossier>(&services, incoming, &submission).await
            })
        });
        let mut taken = 0;
        for answer in sent.collect::<Vec<_>>() {
            match answer.await.unwrap() {
                Ok(_) => taken += 1,
                Err(problem) => assert_eq!(problem.code(), "already-submitted"),
            }
        }
        assert_eq!(taken, 1);
    }
}

fn supplied(notice: u32) -> Supplement {
    let submission = samples::submission();
    Supplement {
        submission: submission.submission,
        notice,
        form: submission.form,
        attachments: vec![samples::notice_file()],
    }
}

#[tokio::test]
async fn supplements_are_refused_with_reason() {
    let country = Country::open().await;
    let dossier = country.submit().await;
    let answer = country.ask::<SupplyMore>(country.portal(), &supplied(1)).await;
    assert_eq!(said(answer), expected((409, "no-supplement-awaited", "")));
    country.system.ask_supplement(&dossier, "Thiếu giấy chứng sinh.", &officer()).await.unwrap();

    type Spoil = fn(&mut Supplement);
    let cases: &[(&str, &str, Spoil, Refusal)] = &[
        ("another member", "VN/GOV/G15/portal", |_| {}, (404, "not-found", "")),
        (
            "another dossier",
            "VN/GOV/G22/portal",
            |s| s.submission = Uuid::from_u128(99),
            (404, "not-found", ""),
        ),
        ("no notice", "VN/GOV/G22/portal", |s| s.notice = 0, (409, "no-supplement-awaited", "")),
        ("a later notice", "VN/GOV/G22/portal", |s| s.notice = 2, (409, "no-supplement-awaited", "")),
        (
            "by another",
            "VN/GOV/G22/portal",
            |s| {
                let Form::Birth(birth) = &mut s.form;
                birth.declarant_number = "001093000002".parse().unwrap();
            },
            (422, "invalid", "not-the-applicant"),
        ),
        (
            "unknown component",
            "VN/GOV/G22/portal",
            |s| s.attachments[0].component = "passport".into(),
            (422, "invalid", "unknown-component"),
        ),
    ];
    for (case, client, spoil, refusal) in cases {
        let mut request = supplied(1);
        spoil(&mut request);
        let answer = country.ask::<SupplyMore>(country.caller(client), &request).await;
        assert_eq!(said(answer), expected(*refusal), "{case}");
    }
    for _ in 0..2 {
        country.ask::<SupplyMore>(country.portal(), &supplied(1)).await.expect("once and again");
    }
    let dossier = country.dossier(dossier.submission).await;
    assert_eq!((dossier.state, dossier.answered, dossier.revision), (DossierState::New, 1, 2));
}

#[tokio::test]
async fn withdrawals_are_refused_with_reason() {
    let country = Country::open().await;
    let dossier = country.received().await;
    let withdrawal = Withdrawal { submission: dossier.submission };
    for (client, submission) in
        [("VN/GOV/G15/portal", dossier.submission), ("VN/GOV/G22/portal", Uuid::nil())]
    {
        let request = Withdrawal { submission };
        let answer = country.ask::<WithdrawDossier>(country.caller(client), &request).await;
        assert_eq!(said(answer), expected((404, "not-found", "")));
    }
    country.deliver("m1", registered()).await.unwrap();
    let answer = country.ask::<WithdrawDossier>(country.portal(), &withdrawal).await;
    assert_eq!(said(answer), expected((409, "already-decided", "")));
    assert_eq!(country.work_off().await, Vec::<String>::new());
    let answer = country.ask::<WithdrawDossier>(country.portal(), &withdrawal).await;
    assert_eq!(said(answer), expected((409, "already-decided", "")));
}

#[tokio::test]
async fn a_certificate_that_comes_after_a_withdrawal_is_not_lost() {
    let country = Country::open().await;
    let dossier = country.received().await;
    let withdrawal = Withdrawal { submission: dossier.submission };
    for _ in 0..2 {
        country.ask::<WithdrawDossier>(country.portal(), &withdrawal).await.expect("once and again");
    }
    country.deliver("m1", registered()).await.expect("the register has registered the child");
    assert_eq!(country.work_off().await, Vec::<String>::new());
    let (state, documents) = country.told_state();
    assert_eq!((state, documents.contains(&"GKS".to_owned())), (DossierState::Withdrawn, true));
}

#[tokio::test]
async fn deliveries_are_refused_with_reason() {
    let country = Country::open().await;
    country.received().await;
    let delivery = |outcome| Delivery { dossier: code(1), step: "civil-status".into(), outcome };
    let named = |dossier: &str, step: &str| Delivery {
        dossier: dossier.into(),
        step: step.into(),
        outcome: registered(),
    };
    let register = "VN/GOV/G15/civil-status";
    let Outcome::Done { results, .. } = registered() else { panic!("done") };
    let html = Attachment { media_type: "text/html".into(), ..samples::notice_file() };
    let cases: Vec<(&str, &str, Delivery, Refusal)> = vec![
        ("another member", "VN/GOV/G01/civil-status", delivery(registered()), (404, "not-found", "")),
        ("another system", "VN/GOV/G15/one-door", delivery(registered()), (404, "not-found", "")),
        ("no code", register, named("x", "civil-status"), (404, "not-found", "")),
        ("unknown code", register, named(&code(2), "civil-status"), (404, "not-found", "")),
        (
            "another agency's code",
            register,
            named("000.00.00.H29-261120-0001", "civil-status"),
            (404, "not-found", ""),
        ),
        ("unknown step", register, named(&code(1), "tax"), (404, "not-found", "")),
        ("a step not begun", "VN/GOV/G01/population", named(&code(1), "residence"), (404, "not-found", "")),
        (
            "no number for those that follow",
            register,
            delivery(Outcome::Done { results, person: None }),
            (422, "invalid", "missing"),
        ),
        (
            "a result that is no document",
            register,
            delivery(Outcome::Done { results: vec![html], person: Some(crate::country::child()) }),
            (422, "invalid", "media-type"),
        ),
        (
            "no reason",
            register,
            delivery(Outcome::Refused { reason: " ".into() }),
            (422, "invalid", "length"),
        ),
    ];
    for (case, client, request, refusal) in cases {
        let incoming = Incoming { message: case.into(), ..country.caller(client) };
        let answer = country.ask::<DeliverResult>(incoming, &request).await;
        assert_eq!(said(answer), expected(refusal), "{case}");
    }
    country.deliver("m1", registered()).await.expect("delivered");
    country.deliver("m1", registered()).await.expect("the same message again");
    country.deliver("m2", registered()).await.expect("the same decision again");
    for (message, outcome) in [("m3", supplement()), ("m4", refused())] {
        assert_eq!(said(country.deliver(message, outcome).await), expected((409, "not-awaited", "")));
    }
}
