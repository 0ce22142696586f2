//! What one-doors report.

use crate::{
    country::{Country, MOTHER, attachment, engines, standing},
    site::Site,
};
use contracts::{
    Problem,
    one_door::Attachment,
    portal::{DossierStanding, DossierState, ResultFact},
};
use system::System as _;
use uuid::Uuid;
use web::Language;

const ONE_DOOR: &str = "VN/GOV/H26/one-door";

struct Refusal {
    operation: &'static str,
    case: &'static str,
    expected: (u16, &'static str),
    answer: Problem,
}

async fn refused(
    country: &Country,
    case: &'static str,
    client: &str,
    reported: DossierStanding,
    expected: (u16, &'static str),
) -> Refusal {
    let answer = country.report(client, &reported).await.expect_err(case);
    Refusal { operation: "SynchroniseDossier", case, expected, answer }
}

#[tokio::test]
async fn every_operation_refuses_what_it_must() {
    let site = Site::open().await;
    let mother = site.sign_in(MOTHER, Language::Vi);
    let submission = site.delivered(&mother).await;
    let c = &site.country;
    let good = || standing(submission, 1, DossierState::Received);
    let with = |documents: Vec<Attachment>| DossierStanding { documents, ..good() };
    let pdf = |name: &str| attachment("GKS", name, "application/pdf", b"x");
    let broken = Attachment { content_base64: "%%%".into(), ..pdf("a.pdf") };
    let unknown = DossierStanding { submission: Uuid::nil(), ..good() };
    let long_note = DossierStanding { note: Some("a".repeat(4_001)), ..good() };
    let facts = |facts: Vec<ResultFact>| DossierStanding { facts, ..good() };
    let fact = |value: &str| ResultFact::new(ResultFact::HEALTH_CARD, value);
    let long_code = DossierStanding { dossier: Some("a".repeat(65)), ..good() };
    let (hidden, invalid) = ((404, "not-found"), (422, "invalid"));
    let refusals = [
        refused(c, "another member", "VN/GOV/H29/one-door", good(), hidden).await,
        refused(c, "another system of the member", "VN/GOV/H26/civil-status", good(), hidden).await,
        refused(c, "another class of member", "VN/COM/H26/one-door", good(), hidden).await,
        refused(c, "unknown dossier", ONE_DOOR, unknown, hidden).await,
        refused(c, "long note", ONE_DOOR, long_note, invalid).await,
        refused(c, "long code", ONE_DOOR, long_code, invalid).await,
        refused(c, "long fact", ONE_DOOR, facts(vec![fact(&"a".repeat(101))]), invalid).await,
        refused(c, "too many facts", ONE_DOOR, facts(vec![fact("a"); 21]), invalid).await,
        refused(c, "not base64", ONE_DOOR, with(vec![broken]), invalid).await,
        refused(c, "no name", ONE_DOOR, with(vec![pdf("")]), invalid).await,
        refused(c, "long name", ONE_DOOR, with(vec![pdf(&"a".repeat(201))]), invalid).await,
        refused(c, "too many documents", ONE_DOOR, with(vec![pdf("a.pdf"); 101]), invalid).await,
    ];
    for refusal in &refusals {
        assert_eq!((refusal.answer.status, refusal.answer.code()), refusal.expected, "{}", refusal.case);
    }
    for operation in contracts::portal::operations() {
        assert!(refusals.iter().any(|refusal| refusal.operation == operation.name), "{}", operation.name);
    }
    assert_eq!(c.indicator("dossiers-new").await, Some(1), "nothing was changed");
}

#[tokio::test]
async fn every_operation_is_answered() {
    let country = Country::open().await;
    let operations = contracts::portal::operations();
    assert_eq!(country.services.len(), operations.len());
    for operation in operations {
        let answered = country
            .services
            .iter()
            .any(|s| s.facts.path == operation.path && s.facts.service == operation.service);
        assert!(answered, "{}", operation.name);
    }
    assert_eq!(country.system.facts().code, contracts::portal::SYSTEM);
}

#[tokio::test]
async fn an_older_report_never_overwrites_a_newer() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        let mother = site.sign_in(MOTHER, Language::En);
        let submission = site.delivered(&mother).await;
        let path = format!("/portal/dossiers/{submission}");
        let mut received = standing(submission, 1, DossierState::Received);
        received.documents = vec![attachment("receipt", "phieu.pdf", "application/pdf", b"old")];
        let mut finished = standing(submission, 3, DossierState::Finished);
        finished.documents = vec![attachment("receipt", "phieu.pdf", "application/pdf", b"new")];
        for reported in [&finished, &received, &finished, &standing(submission, 2, DossierState::InProgress)]
        {
            site.country.report(ONE_DOOR, reported).await.expect("also what comes late or twice is taken");
        }
        assert_eq!(site.country.indicator("dossiers-finished").await, Some(1));
        let page = site.get(&mother, &path).await;
        let places: Vec<_> = ["<strong>Received", "<strong>In progress", "<strong>Finished"]
            .map(|state| page.body.find(state).unwrap_or_else(|| panic!("{state}")))
            .into();
        assert!(places.is_sorted(), "the time line is in the order of what happened");
        assert_eq!(page.body.matches("/documents/").count(), 1);
        let document = page.body.split("/documents/").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(site.get(&mother, &format!("{path}/documents/{document}")).await.body, "new");
    }
}

#[tokio::test]
async fn reports_that_come_at_once_leave_the_newest() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        let mother = site.sign_in(MOTHER, Language::En);
        let submission = site.delivered(&mother).await;
        let at = |revision, state| standing(submission, revision, state);
        let reports = [
            at(1, DossierState::Received),
            at(2, DossierState::InProgress),
            at(3, DossierState::Finished),
            at(4, DossierState::ResultReturned),
        ];
        let [a, b, c, d] = &reports;
        let report = |standing| site.country.report(ONE_DOOR, standing);
        let answers = tokio::join!(report(d), report(b), report(a), report(c));
        for answer in [answers.0, answers.1, answers.2, answers.3] {
            answer.expect("taken");
        }
        assert_eq!(site.country.indicator("dossiers-result-returned").await, Some(1));
    }
}

#[tokio::test]
async fn a_report_before_the_answer_to_the_submission_counts() {
    let site = Site::open().await;
    let mother = site.sign_in(MOTHER, Language::En);
    site.answer_all(&mother, crate::country::JOINED).await;
    let submission = site.hand_in(&mother, crate::country::JOINED).await;
    site.country.report(ONE_DOOR, &standing(submission, 1, DossierState::Received)).await.unwrap();
    let page = site.get(&mother, &format!("/portal/dossiers/{submission}")).await;
    assert!(page.has("Received") && !page.has("Sending"));
    assert_eq!(site.country.work_off().await, Vec::<String>::new());
    assert_eq!(site.country.indicator("dossiers-received").await, Some(1));
}
