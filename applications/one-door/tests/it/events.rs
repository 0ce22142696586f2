//! The health card comes by itself: the insurer tells of it, and the dossiers that wait go on.

use crate::country::{Country, child, engines, registered};
use contracts::{
    Problem,
    events::{CloudEvent, SPEC_VERSION},
    insurance::{CardIssued, LookUpCard},
    one_door::TakeCardIssued,
    portal::DossierState,
};
use jiff::civil::date;
use one_door::model::{Dossier, StepState};
use uuid::Uuid;

const INSURERS_ROOM: &str = "VN/GOV/G12.BHXH/events";

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

async fn card_step(country: &Country, dossier: &Dossier) -> StepState {
    let dossier = country.dossier(dossier.submission).await;
    dossier.step("health-card").expect("the joined procedure has it").1.state
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
}
