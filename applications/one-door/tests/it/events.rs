//! Residence and health card come by themselves: who decides tells of it, and the dossiers that wait go on.

use crate::country::{Country, child, code, engines, registered};
use contracts::{
    Problem,
    events::{CloudEvent, SPEC_VERSION},
    insurance::{CardIssued, LookUpCard},
    one_door::{TakeCardIssued, TakeResidenceDecided},
    population::{ReadResidence, ResidenceDecided},
    portal::DossierState,
};
use jiff::civil::date;
use one_door::model::{Dossier, StepState};
use uuid::Uuid;

const INSURERS_ROOM: &str = "VN/GOV/G12.BHXH/events";
const POPULATIONS_ROOM: &str = "VN/GOV/G01/events";

fn issued(subject: &str) -> CloudEvent<CardIssued> {
    CloudEvent {
        specversion: SPEC_VERSION.into(),
        id: Uuid::from_u128(1),
        source: "/VN/GOV/G12.BHXH/insurance".into(),
        event_type: "card.issued".into(),
        subject: Some(subject.into()),
        time: jiff::Timestamp::UNIX_EPOCH,
        datacontenttype: Some("application/json".into()),
        partitionkey: None,
        sequence: Some("1".into()),
        data: CardIssued { valid_from: date(2026, 11, 19), valid_to: date(2033, 9, 30) },
    }
}

async fn told(country: &Country, room: &str, event: &CloudEvent<CardIssued>) -> Result<(), Problem> {
    country.ask::<TakeCardIssued>(country.caller(room), event).await.map(drop)
}

async fn step(country: &Country, dossier: &Dossier, code: &str) -> StepState {
    let dossier = country.dossier(dossier.submission).await;
    dossier.step(code).expect("the joined procedure has it").1.state
}

async fn card_step(country: &Country, dossier: &Dossier) -> StepState {
    step(country, dossier, "health-card").await
}

fn decided(dossier: &str) -> CloudEvent<ResidenceDecided> {
    CloudEvent {
        specversion: SPEC_VERSION.into(),
        id: Uuid::from_u128(2),
        source: "/VN/GOV/G01/population".into(),
        event_type: "residence.decided".into(),
        subject: Some(Uuid::from_u128(3).to_string()),
        time: jiff::Timestamp::UNIX_EPOCH,
        datacontenttype: Some("application/json".into()),
        partitionkey: None,
        sequence: Some("1".into()),
        data: ResidenceDecided { dossier: dossier.into() },
    }
}

async fn told_decided(
    country: &Country,
    room: &str,
    event: &CloudEvent<ResidenceDecided>,
) -> Result<(), Problem> {
    country.ask::<TakeResidenceDecided>(country.caller(room), event).await.map(drop)
}

#[tokio::test]
async fn the_residence_step_waits_until_it_is_decided() {
    for location in engines() {
        let country = Country::open_at(&location).await;
        let dossier = country.received().await;
        let early = decided(&code(1));
        told_decided(&country, POPULATIONS_ROOM, &early).await.expect("the step will read the outcome");
        country.fails::<ReadResidence>(Problem::not_found());
        country.deliver("m1", registered()).await.unwrap();
        let running = told_decided(&country, POPULATIONS_ROOM, &early).await;
        assert_eq!(running.unwrap_err().status, 503, "it is asked just now, and the event comes again");
        assert_eq!(country.work_off().await, Vec::<String>::new());
        assert_eq!(step(&country, &dossier, "residence").await, StepState::Asked);
        assert_eq!(country.told().state, DossierState::InProgress);
        for elsewhere in ["000.00.00.H26-261120-0002", "000.00.00.H29-261120-0001", "not a code"] {
            let event = decided(elsewhere);
            told_decided(&country, POPULATIONS_ROOM, &event).await.expect("nobody waits for it here");
        }
        assert_eq!(step(&country, &dossier, "residence").await, StepState::Asked);
        for _ in 0..2 {
            told_decided(&country, POPULATIONS_ROOM, &early).await.unwrap();
            assert_eq!(country.work_off().await, Vec::<String>::new());
        }
        assert_eq!(step(&country, &dossier, "residence").await, StepState::Done);
        assert_eq!(country.told_state().0, DossierState::ResultReturned);
        assert_eq!(country.test.country.asked::<ReadResidence>().len(), 2);
    }
}

#[tokio::test]
async fn the_card_step_waits_until_the_insurer_tells_of_the_card() {
    for location in engines() {
        let country = Country::open_at(&location).await;
        let dossier = country.received().await;
        country.fails::<LookUpCard>(Problem::not_found());
        country.deliver("m1", registered()).await.unwrap();
        let running = told(&country, INSURERS_ROOM, &issued(&child().to_string())).await;
        assert_eq!(running.unwrap_err().status, 503, "it is asked just now, and the event comes again");
        assert_eq!(country.work_off().await, Vec::<String>::new());
        assert_eq!(card_step(&country, &dossier).await, StepState::Asked);
        assert_eq!(country.told().state, DossierState::InProgress);
        let somebody = issued("001326000099");
        told(&country, INSURERS_ROOM, &somebody).await.expect("nobody waits for it here");
        for _ in 0..2 {
            told(&country, INSURERS_ROOM, &issued(&child().to_string())).await.unwrap_or_default();
            assert_eq!(country.work_off().await, Vec::<String>::new());
        }
        assert_eq!(card_step(&country, &dossier).await, StepState::Done);
        let (state, mut documents) = country.told_state();
        documents.sort();
        assert_eq!(state, DossierState::ResultReturned);
        assert_eq!(documents, ["BHYT", "GKS", "TB-CT", "form-01"]);
        assert_eq!(country.test.country.asked::<LookUpCard>().len(), 2);
    }
}

#[tokio::test]
async fn events_of_others_are_refused() {
    let country = Country::open().await;
    let own = issued(&child().to_string());
    let of_another = CloudEvent { source: "/VN/GOV/G12.BHXH/portal".into(), ..own.clone() };
    for (case, room, event, status) in [
        ("another agency's room", "VN/GOV/G22/events", &own, 403),
        ("not a room", "VN/GOV/G12.BHXH/insurance", &own, 403),
        ("another system's event", INSURERS_ROOM, &of_another, 403),
        ("about nobody", INSURERS_ROOM, &issued("somebody"), 422),
    ] {
        let problem = told(&country, room, event).await.expect_err(case);
        assert_eq!(problem.status, status, "{case}");
    }
    let own = decided(&code(1));
    let of_another = CloudEvent { source: "/VN/GOV/G01/identity".into(), ..own.clone() };
    for (case, room, event) in [
        ("another agency's room", INSURERS_ROOM, &own),
        ("not a room", "VN/GOV/G01/population", &own),
        ("another system's event", POPULATIONS_ROOM, &of_another),
    ] {
        let problem = told_decided(&country, room, event).await.expect_err(case);
        assert_eq!(problem.status, 403, "{case}");
    }
}
