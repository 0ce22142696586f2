//! Every operation refuses where it should.

use crate::provider::registration;
use crate::site::{AN, NOW, Site};
use contracts::{
    Purpose,
    identity::{AccountOf, ClientRegistration, Level, LookUpAccount, RegisterClient},
};
use system::{
    System as _,
    testing::{ask, incoming},
};

#[tokio::test]
async fn accounts_are_told_of_for_a_purpose_and_to_their_owner() {
    let site = Site::open().await;
    site.account().await;
    let services = site.system.clone().services();
    for (purpose, user, number, expected) in [
        (Purpose::PROCEDURE, None, AN, Ok(Some(Level::One))),
        (Purpose::IDENTIFICATION, None, AN, Ok(Some(Level::One))),
        (Purpose::PROCEDURE, None, "001190000009", Ok(None)),
        (Purpose::OWN_DATA, Some(AN), AN, Ok(Some(Level::One))),
        (Purpose::OWN_DATA, Some("001190000009"), AN, Err(403)),
        (Purpose::OWN_DATA, None, AN, Err(403)),
        (Purpose::CIVIL_STATUS, None, AN, Err(403)),
        (Purpose::PUBLIC, None, AN, Err(403)),
    ] {
        let mut call = incoming("VN/GOV/G22/portal", purpose, NOW.parse().unwrap());
        call.context.user = user.map(str::to_owned);
        let asked = AccountOf { number: number.parse().unwrap() };
        let answer = ask::<LookUpAccount>(&services, call, &asked).await;
        let found = answer.map(|found| found.level).map_err(|problem| problem.status);
        assert_eq!(found, expected, "{purpose} {user:?} {number}");
    }
}

#[tokio::test]
async fn a_client_is_registered_for_the_system_that_calls_and_as_it_must_be() {
    let site = Site::open().await;
    let services = site.system.clone().services();
    let plain = ClientRegistration { redirect_uris: vec!["http://evil.example/cb".into()], ..registration() };
    for (purpose, registration, expected) in [
        (Purpose::IDENTIFICATION, registration(), Ok("VN/GOV/G22/portal/web".to_owned())),
        (Purpose::PROCEDURE, registration(), Err(403)),
        (Purpose::IDENTIFICATION, plain, Err(422)),
    ] {
        let call = incoming("VN/GOV/G22/portal", purpose, NOW.parse().unwrap());
        let answer = ask::<RegisterClient>(&services, call, &registration).await;
        let found = answer.map(|answer| answer.client_id).map_err(|problem| problem.status);
        assert_eq!(found, expected, "{purpose}");
    }
}

#[test]
fn every_operation_has_its_refusals_here() {
    let named: Vec<_> = contracts::identity::operations().iter().map(|operation| operation.name).collect();
    // Those of mandates, posts and submissions stand beside what they are about.
    let covered = [
        "LookUpAccount",
        "RegisterClient",
        "RegisterMandate",
        "EndMandate",
        "LookUpPosts",
        "AskSubmissionSignature",
        "FetchSubmissionSignature",
        "VerifySubmission",
    ];
    assert_eq!(named, covered);
}
