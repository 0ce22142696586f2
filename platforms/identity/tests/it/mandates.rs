//! Acting for others.

use crate::site::{AN, Browser, NOW, Site};
use axum::http::StatusCode;
use contracts::{
    PersonName, Problem, Purpose,
    identity::{EndMandate, MandateEnd, MandateKind, MandateNoted, MandateRegistration, RegisterMandate},
    population::{LookUpPerson, PersonView, Relative},
};
use jiff::civil::date;
use system::{
    System as _,
    testing::{ask, incoming},
};
use uuid::Uuid;

const CHILD: &str = "001220000001";

/// The register knows one child, of An's.
fn register_knows_the_child(site: &Site) {
    site.test.country.answers::<LookUpPerson>(|asked| {
        if asked.number.to_string() != CHILD {
            return Err(Problem::not_found());
        }
        let parent = |number: &str, name| Relative {
            number: number.parse().ok(),
            name: PersonName::split(name).unwrap(),
        };
        Ok(PersonView {
            number: asked.number,
            name: PersonName::split("Trần Minh Bé"),
            birth_date: Some(date(2020, 5, 1)),
            mother: Some(parent(AN, "Nguyễn Thị Minh An")),
            father: None,
            sex: None,
            ethnicity: None,
            nationality: None,
            birth_place: None,
            hometown: None,
            marital_status: None,
            spouse: None,
            residence: None,
            death_date: None,
        })
    });
}

async fn add(site: &Site, browser: &mut Browser, child: &str) -> crate::site::Answer {
    site.fill(browser, "/identity/mandates", "/identity/mandates", &[("child", child)]).await
}

#[tokio::test]
async fn a_parent_acts_for_their_child_and_stops() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    register_knows_the_child(&site);
    for _ in 0..2 {
        assert_eq!(add(&site, &mut owner, CHILD).await.location, "/identity/mandates");
    }
    let page = site.get(&mut owner, "/identity/mandates").await;
    assert_eq!(page.body.matches("Trần Minh Bé").count(), 1, "noted twice is noted once");
    let id = page.hidden("mandate").to_owned();
    let stopped = site.post(&mut owner, "/identity/mandates", page.hidden("csrf"), &[("mandate", &id)]).await;
    assert_eq!(stopped.location, "/identity/mandates");
    assert!(site.get(&mut owner, "/identity/mandates").await.has("You act for nobody else"));
}

#[tokio::test]
async fn nobody_learns_of_children_that_are_not_theirs() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    register_knows_the_child(&site);
    let unknown = add(&site, &mut owner, "001220000009").await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unknown.has("does not name you"));
    for _ in 0..4 {
        add(&site, &mut owner, "001220000009").await;
    }
    assert!(add(&site, &mut owner, CHILD).await.has("Wait"), "numbers are not tried without end");
}

pub(crate) fn organisation() -> MandateRegistration {
    MandateRegistration {
        mandate: Uuid::from_u128(7),
        holder: AN.parse().unwrap(),
        kind: MandateKind::Organisation,
        subject: "0100233488".into(),
        subject_name: "Công ty Gạo Nếp".into(),
        basis: "Giấy chứng nhận đăng ký doanh nghiệp".into(),
        from: date(2026, 1, 1),
        until: None,
    }
}

pub(crate) async fn note(
    site: &Site,
    client: &str,
    purpose: &str,
    registration: &MandateRegistration,
) -> Result<MandateNoted, Problem> {
    let call = incoming(client, purpose, NOW.parse().unwrap());
    ask::<RegisterMandate>(&site.system.clone().services(), call, registration).await
}

pub(crate) async fn end(
    site: &Site,
    client: &str,
    purpose: &str,
    mandate: Uuid,
) -> Result<MandateNoted, Problem> {
    let call = incoming(client, purpose, NOW.parse().unwrap());
    let asked = MandateEnd { mandate, on: date(2026, 11, 21) };
    ask::<EndMandate>(&site.system.clone().services(), call, &asked).await
}

#[tokio::test]
async fn registers_note_and_end_what_they_decide() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    let (register, other) = ("VN/GOV/G05/enterprises", "VN/GOV/G15/civil-status");
    for _ in 0..2 {
        assert!(note(&site, register, Purpose::IDENTIFICATION, &organisation()).await.is_ok());
    }
    let page = site.get(&mut owner, "/identity/mandates").await;
    assert!(page.has("Công ty Gạo Nếp") && page.hidden("mandate").is_empty(), "only the register ends it");
    let id = organisation().mandate.to_string();
    let forced = site.post(&mut owner, "/identity/mandates", page.hidden("csrf"), &[("mandate", &id)]).await;
    assert_eq!(forced.status, StatusCode::CONFLICT);

    let id = organisation().mandate;
    let wrong = MandateRegistration { kind: MandateKind::Child, mandate: Uuid::nil(), ..organisation() };
    for (case, refused, status) in [
        ("another purpose", note(&site, register, Purpose::PROCEDURE, &organisation()).await, 403),
        ("another system's", note(&site, other, Purpose::IDENTIFICATION, &organisation()).await, 404),
        ("a child", note(&site, register, Purpose::IDENTIFICATION, &wrong).await, 422),
        ("ended by another", end(&site, other, Purpose::IDENTIFICATION, id).await, 404),
        ("ended for another purpose", end(&site, register, Purpose::PROCEDURE, id).await, 403),
        ("ended without being", end(&site, register, Purpose::IDENTIFICATION, Uuid::nil()).await, 404),
    ] {
        assert_eq!(refused.unwrap_err().status, status, "{case}");
    }
    let ended = end(&site, register, Purpose::IDENTIFICATION, id).await.unwrap();
    assert_eq!(ended.until, Some(date(2026, 11, 21)));
    assert!(site.get(&mut owner, "/identity/mandates").await.has("You act for nobody else"));
}

#[tokio::test]
async fn all_mandates_are_shown_a_page_at_a_time() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    for number in 0..120_u128 {
        let subject_name = format!("Công ty số {number}.");
        let from = date(2026, 1, 1 + i8::try_from(number % 3).unwrap());
        let one = MandateRegistration {
            mandate: Uuid::from_u128(number + 1),
            subject_name,
            from,
            ..organisation()
        };
        note(&site, "VN/GOV/G05/enterprises", Purpose::IDENTIFICATION, &one).await.unwrap();
    }
    let (mut path, mut shown) = ("/identity/mandates".to_owned(), Vec::new());
    for _ in 0..3 {
        let page = site.get(&mut owner, &path).await;
        shown.extend((0..120).filter(|number| page.has(&format!("Công ty số {number}."))));
        let next = page.body.split("govuk-pagination__next").nth(1).unwrap_or_default();
        path = next
            .split("href=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default()
            .to_owned();
    }
    shown.sort_unstable();
    assert_eq!(shown, (0..120).collect::<Vec<_>>(), "each once");
    assert_eq!(site.get(&mut owner, "/identity/mandates?after=x").await.status, StatusCode::NOT_FOUND);
}
