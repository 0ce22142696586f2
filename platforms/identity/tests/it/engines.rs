//! The same on both engines.

use crate::site::{AN, Browser, PASSWORD, Site};
use identity::SCHEMA;
use store::testing::{every_statement_prepares, postgres};

#[test]
fn statements_prepare_on_both_engines() {
    every_statement_prepares(&SCHEMA);
}

#[tokio::test]
async fn people_sign_in_on_postgresql() {
    let site = Site::open_at(&postgres().location()).await;
    let (mut owner, _) = site.account().await;
    assert!(site.is_signed_in(&mut owner).await);
    let mut browser = Browser::default();
    assert!(site.password(&mut browser, AN, "not the password").await.has("not right"));
    site.sign_in(&mut browser).await;
    assert_eq!(site.password(&mut browser, AN, PASSWORD).await.location, "/identity/history");
    assert!(site.get(&mut browser, "/identity/history").await.has("Wrong password or code"));
}
