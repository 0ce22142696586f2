//! What the register answers, and above all what it refuses.

use crate::{
    country::{Country, engines},
    samples,
};
use contracts::{
    Operation, OperationFacts, Problem,
    civil_status::{
        BirthApplication, BirthProgress, CertificateCode, CertificateOf, FetchCertificate, FileBirth,
        ProgressOf, VerifyCertificate,
    },
};
use std::sync::atomic::Ordering;
use system::System as _;
use uuid::Uuid;

/// A refused call: of which operation, what it shows, and how it must be refused.
struct Refusal {
    operation: &'static str,
    case: &'static str,
    answer: Problem,
    status: u16,
    code: &'static str,
}

async fn refused<O: Operation>(
    country: &Country,
    (case, status, code): (&'static str, u16, &'static str),
    member: &str,
    request: O::Request,
) -> Refusal
where
    O::Answer: std::fmt::Debug,
{
    let answer = country.ask::<O>(member, &request).await.expect_err(case);
    let operation = OperationFacts::of::<O>(std::any::type_name::<O>().rsplit("::").next().unwrap(), "").name;
    Refusal { operation, case, answer, status, code }
}

#[tokio::test]
async fn every_operation_refuses_what_it_must() {
    let country = Country::open().await;
    let application = samples::application("H26-1");
    let registration = country.registered(&application).await;
    let changed = |change: fn(&mut BirthApplication)| {
        let mut application = samples::application("H26-2");
        application.form.child.name.given = "Bình".into();
        change(&mut application);
        application
    };
    let other_content = {
        let mut other = application.clone();
        other.form.child.name.given = "Khác".into();
        other
    };
    let same_child = samples::application("H26-3");
    let unknown_unit = changed(|a| a.form.child.hometown.commune = "99999".into());
    let progress = |dossier: &str| ProgressOf { dossier: dossier.into() };
    let certificate = |registration: Uuid| CertificateOf { registration };
    let code = |code: &str| CertificateCode { code: code.into() };
    let c = &country;
    let refusals = [
        refused::<FileBirth>(
            c,
            ("a broken rule", 422, "invalid"),
            "H26",
            changed(|a| a.commune = "1".into()),
        )
        .await,
        refused::<FileBirth>(c, ("an unknown unit", 422, "invalid"), "H26", unknown_unit).await,
        refused::<FileBirth>(c, ("in another's name", 422, "invalid"), "H29", changed(|_| ())).await,
        refused::<FileBirth>(c, ("other content", 409, "filed-with-other-content"), "H26", other_content)
            .await,
        refused::<FileBirth>(c, ("the same child again", 409, "already-registered"), "H26", same_child).await,
        refused::<FileBirth>(
            c,
            ("what can't be printed", 422, "invalid"),
            "H26",
            changed(|a| a.form.child.birth_place.detail = "😀".into()),
        )
        .await,
        refused::<BirthProgress>(c, ("no dossier code", 404, "not-found"), "H26", progress("\0")).await,
        refused::<BirthProgress>(c, ("unknown dossier", 404, "not-found"), "H26", progress("H26-9")).await,
        refused::<BirthProgress>(c, ("another's dossier", 404, "not-found"), "H29", progress("H26-1")).await,
        refused::<FetchCertificate>(c, ("unknown entry", 404, "not-found"), "H26", certificate(Uuid::nil()))
            .await,
        refused::<FetchCertificate>(
            c,
            ("another's entry", 404, "not-found"),
            "H29",
            certificate(registration.registration),
        )
        .await,
        refused::<VerifyCertificate>(c, ("unknown code", 404, "not-found"), "H26", code("0123456789ABCDEF"))
            .await,
        refused::<VerifyCertificate>(c, ("no code", 404, "not-found"), "H26", code("' OR 1=1 --")).await,
    ];
    for refusal in &refusals {
        let found = (refusal.answer.status, refusal.answer.code());
        assert_eq!(found, (refusal.status, refusal.code), "{}: {}", refusal.operation, refusal.case);
    }
    for operation in contracts::civil_status::operations() {
        assert!(
            refusals.iter().any(|refusal| refusal.operation == operation.name),
            "{} has no refusal",
            operation.name
        );
    }
}

#[tokio::test]
async fn every_operation_is_answered() {
    let country = Country::open().await;
    for operation in contracts::civil_status::operations() {
        let answered = country
            .services
            .iter()
            .any(|s| s.facts.path == operation.path && s.facts.service == operation.service);
        assert!(answered, "{}", operation.name);
    }
    assert_eq!(country.services.len(), contracts::civil_status::operations().len());
    assert_eq!(country.system.facts().code, contracts::civil_status::SYSTEM);
}

#[tokio::test]
async fn one_dossier_makes_one_application() {
    for location in engines() {
        let country = Country::open_at(&location, true).await;
        let mut application = samples::application("H26-1");
        // A member may name itself by its code.
        application.received_by = "H26".into();
        let (first, second) = tokio::join!(country.file(&application), country.file(&application));
        let first = first.unwrap();
        assert_eq!(first, second.unwrap());
        assert_eq!(country.file(&application).await.unwrap(), first);
        assert_eq!(country.indicator("births-waiting").await, 1);
    }
}

#[tokio::test]
async fn one_child_is_registered_once_however_many_apply_at_once() {
    for location in engines() {
        let country = Country::open_at(&location, true).await;
        let applications: Vec<_> = (1..=6).map(|n| samples::application(&format!("H26-{n}"))).collect();
        let [a, b, c, d, e, f] = &applications[..] else { unreachable!("six applications") };
        let answers = tokio::join!(
            country.file(a),
            country.file(b),
            country.file(c),
            country.file(d),
            country.file(e),
            country.file(f)
        );
        let answers = [answers.0, answers.1, answers.2, answers.3, answers.4, answers.5];
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        for problem in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert_eq!(problem.code(), "already-registered");
        }
    }
}

#[tokio::test]
async fn nothing_is_filed_while_units_cannot_be_looked_up() {
    let country = Country::open().await;
    country.faults.agencies.store(true, Ordering::SeqCst);
    let problem = country.file(&samples::application("H26-1")).await.unwrap_err();
    assert_eq!((problem.status, problem.code()), (503, "unavailable"));
    assert_eq!(country.indicator("births-waiting").await, 0);
    country.faults.agencies.store(false, Ordering::SeqCst);
    country.file(&samples::application("H26-1")).await.unwrap();
    assert_eq!(country.indicator("births-waiting").await, 1);
}

#[tokio::test]
async fn an_unknown_unit_is_named_by_its_field() {
    let country = Country::open().await;
    let mut application = samples::application("H26-1");
    application.form.father.as_mut().unwrap().residence.commune = "99999".into();
    let problem = country.file(&application).await.unwrap_err();
    let found: Vec<_> = problem.fields.iter().map(|p| (p.field.as_str(), p.code.as_str())).collect();
    assert_eq!(found, [("form.father.residence.commune", "unknown-unit")]);
}
