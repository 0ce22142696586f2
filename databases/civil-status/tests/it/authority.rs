//! Lists, searches, counts, files and single reads agree on who may see what, whatever posts somebody holds.

use crate::{country::COMMUNE, pages::Site, samples};
use axum::http::StatusCode;
use contracts::{
    PersonName,
    civil_status::{BirthApplication, CertificateOf, FetchCertificate},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use uuid::Uuid;
use web::Role;

const COMMUNES: [&str; 2] = [COMMUNE, "00008"];

/// What a commune has: an application that waits, and an entry.
struct Kept {
    dossier: String,
    application: Uuid,
    entry: Uuid,
}

fn application(dossier: &str, commune: &str, child: &str) -> BirthApplication {
    let mut application = samples::application(dossier);
    application.commune = commune.into();
    application.form.child.name = PersonName::split(child).unwrap();
    application
}

async fn commune(site: &Site, place: usize) -> Kept {
    let (commune, dossier) = (COMMUNES[place], format!("H26-{place}-waiting"));
    let names = ["Nguyễn Thị Lan", "Nguyễn Thị Huệ", "Nguyễn Thị Cúc", "Nguyễn Thị Đào"];
    let registered = application(&format!("H26-{place}"), commune, names[2 * place]);
    let entry = site.country.registered(&registered).await.registration;
    let waits = application(&dossier, commune, names[2 * place + 1]);
    Kept { application: site.country.file(&waits).await.unwrap(), dossier, entry }
}

fn any_role() -> impl Strategy<Value = Role> {
    let one_of = |words: [&'static str; 3]| prop::sample::select(words.to_vec());
    let units = [Some(COMMUNES[0]), Some(COMMUNES[1]), Some("00013"), Some(""), None].to_vec();
    let parts = (
        one_of(["H26", "H26.1", "G15"]),
        one_of(["civil-status", "civil-status", "one-door"]),
        one_of(["registrar", "registrar", "reception"]),
        prop::sample::select(units),
    );
    parts.prop_map(|(agency, system, post, unit)| Role {
        agency: agency.into(),
        system: system.into(),
        post: post.into(),
        unit: unit.map(str::to_owned),
        ..Role::default()
    })
}

#[test]
fn a_list_shows_what_its_reader_may_read_and_nothing_else() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (site, kept) = runtime.block_on(async {
        let site = Site::open().await;
        let kept = [commune(&site, 0).await, commune(&site, 1).await];
        (site, kept)
    });
    let roles = prop::collection::vec(any_role(), 0..4);
    let checked = TestRunner::new(Config::with_cases(96)).run(&roles, |roles| {
        runtime.block_on(compare(&site, &kept, roles));
        Ok(())
    });
    checked.unwrap();
}

async fn compare(site: &Site, kept: &[Kept; 2], roles: Vec<Role>) {
    let may = |unit: &str| {
        let gives = |role: &Role| role.system == "civil-status" && role.post == "registrar";
        roles.iter().any(|role| gives(role) && role.unit.as_deref() == Some(unit))
    };
    let expected = COMMUNES.map(may);
    let reader = site.sign_in_as("001190000077", "Reader", roles.clone());
    let reads = async |path: String| site.get(&reader, &path).await.status == StatusCode::OK;
    let (list, books) =
        (site.get(&reader, "/civil-status").await, site.get(&reader, "/civil-status/books").await);
    let mut waiting = 0;
    for (kept, may) in kept.iter().zip(expected) {
        assert_eq!(reads(format!("/civil-status/applications/{}", kept.application)).await, may);
        assert_eq!(reads(format!("/civil-status/entries/{}", kept.entry)).await, may);
        assert_eq!(reads(format!("/civil-status/entries/{}/certificate.pdf", kept.entry)).await, may);
        assert_eq!(list.body.contains(&kept.dossier), may, "the list");
        waiting += usize::from(may);
    }
    let some = waiting > 0;
    assert_eq!(books.body.matches("01/2026 TP/HT-KS").count(), waiting, "the books");
    assert_eq!(list.body.contains(&format!("Hồ sơ đang chờ ({waiting})")), list.status == StatusCode::OK);
    let found = site.get(&reader, "/civil-status/entries?number=1&year=2026").await;
    assert_eq!(found.status == StatusCode::SEE_OTHER, some, "the search");
    if some {
        assert!(reads(found.location).await, "the search leads to what may be read");
    }
}

#[tokio::test]
async fn nobody_decides_in_their_own_matter() {
    let site = Site::open().await;
    let filed = site.country.file(&samples::application("H26-1")).await.unwrap();
    let role = Role {
        agency: "H26".into(),
        system: "civil-status".into(),
        post: "registrar".into(),
        unit: Some(COMMUNE.into()),
        ..Role::default()
    };
    let mother = site.sign_in_as("001195000001", "Trần Thị Hoa", vec![role]);
    let path = format!("/civil-status/applications/{filed}");
    let page = site.get(&mother, &path).await;
    assert_eq!(page.status, StatusCode::OK);
    let decided = site.post(&mother, &path, page.token(), "version=1&decision=register&confirmed=yes").await;
    assert_eq!(decided.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_call_for_another_purpose_or_in_another_case_finds_nothing() {
    let site = Site::open().await;
    let registration = site.country.registered(&samples::application("H26-1")).await.registration;
    for (member, purpose, basis, case, expected) in [
        ("H26", "procedure", "118/2025/ND-CP", None, Ok(())),
        ("H26", "procedure", "118/2025/ND-CP", Some("H26-1"), Ok(())),
        ("H26", "procedure", "118/2025/ND-CP", Some("H26-2"), Err(404)),
        ("H26", "public", "118/2025/ND-CP", None, Err(404)),
        ("H26", "procedure", "", None, Err(404)),
        ("H01", "procedure", "118/2025/ND-CP", None, Err(404)),
    ] {
        let mut incoming = site.country.incoming(member);
        incoming.context = contracts::Context::new(purpose, basis);
        incoming.context.case = case.map(str::to_owned);
        let asked = CertificateOf { registration };
        let answer = site.country.ask_as::<FetchCertificate>(incoming, &asked).await;
        assert_eq!(answer.map(drop).map_err(|problem| problem.status), expected, "{purpose} {case:?}");
    }
}
