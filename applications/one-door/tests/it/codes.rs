//! Dossier codes under contention: no gaps, no doubles.

use crate::{
    country::{Country, engines, officer},
    samples,
};
use contracts::{PersonName, one_door::Form};
use one_door::ActError;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Dossiers received at once.
const AT_ONCE: u128 = 24;

/// The sample for another child.
fn another(place: u128) -> contracts::one_door::Submission {
    let mut submission = samples::submission();
    submission.submission = Uuid::from_u128(place);
    let Form::Birth(birth) = &mut submission.form;
    birth.child.name = PersonName::split(&format!("Nguyễn {}", "An ".repeat(place as usize + 1))).unwrap();
    submission
}

#[tokio::test]
async fn codes_have_no_gaps_and_no_doubles() {
    for location in engines() {
        let country = Country::open_at(&location).await;
        let mut receptions = Vec::new();
        for place in 1..=AT_ONCE {
            let dossier = country.submit_this(&another(place)).await;
            // Two officers at each dossier: one of them must lose, and no number with them.
            for _ in 0..2 {
                let (system, dossier) = (country.system.clone(), dossier.clone());
                receptions.push(tokio::spawn(async move { system.receive(&dossier, &officer()).await }));
            }
        }
        let (mut received, mut too_late) = (0, 0);
        for reception in receptions {
            match reception.await.unwrap() {
                Ok(()) => received += 1,
                Err(ActError::ChangedMeanwhile) => too_late += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!((received, too_late), (AT_ONCE, AT_ONCE));
        let mut serials = BTreeSet::new();
        for place in 1..=AT_ONCE {
            let dossier = country.dossier(Uuid::from_u128(place)).await;
            serials.insert(dossier.reception.expect("received").serial);
        }
        assert_eq!(serials, (1..=AT_ONCE as i64).collect());
    }
}

#[tokio::test]
async fn every_day_begins_with_one() {
    let country = Country::open().await;
    for (place, expected) in [(1, "000.00.00.H26-261120-0001"), (2, "000.00.00.H26-261121-0001")] {
        let dossier = country.submit_this(&another(place)).await;
        country.system.receive(&dossier, &officer()).await.unwrap();
        let dossier = country.dossier(dossier.submission).await;
        assert_eq!(dossier.code("H26").unwrap().to_string(), expected);
        country.test.clock.advance(jiff::SignedDuration::from_hours(24));
    }
}
