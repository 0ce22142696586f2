//! Every operation refuses where it should.

use crate::site::{AN, NOW, Site};
use contracts::{
    Purpose,
    identity::{AccountOf, Level, LookUpAccount},
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
