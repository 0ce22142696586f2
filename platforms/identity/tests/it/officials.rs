//! Officials: given posts by two, taken away by one, brought in by files.

use crate::{
    keys::{add, use_key},
    office,
    site::{AN, Answer, Browser, Site},
};
use axum::http::StatusCode;
use contracts::{
    PersonName, PersonalNumber, Purpose,
    identity::{Level, LookUpPosts, PostHeld, PostsOf},
};
use identity::{
    first_administrators::{AppointmentError, appoint},
    sandbox::{SANDBOX_PASSWORD, SandboxPerson, appoint_first_administrators, open_accounts},
    testing::Authenticator,
};
use jiff::civil::date;
use std::{collections::BTreeSet, fmt::Write as _};
use store::{Location, testing::postgres};
use system::{
    System as _,
    testing::{ask, incoming},
};

store::statements! {
    /// Appointments that are not in the ledger.
    NOT_SEALED = "SELECT post FROM appointments WHERE seal IS NULL";
    /// Appointments that are.
    SEALED = "SELECT post FROM appointments WHERE seal IS NOT NULL";
}

const BINH: &str = "001180000011";
const CHI: &str = "001180000012";
const OFFICIALS: &str = "/identity/officials";
const CHANGE: &str = "/identity/officials/change";
const ROSTERS: &str = "/identity/officials/rosters";
const HEAD: &str = "key,number,agency,system,post,unit,from,until\n";

fn number(text: &str) -> PersonalNumber {
    text.parse().unwrap()
}

/// Somebody of the sandbox who has signed in with their password.
pub(crate) async fn person(site: &Site, who: &str) -> Browser {
    let room = &site.test.room;
    let name = PersonName::split("Lê Văn Bình").unwrap();
    let person = SandboxPerson {
        number: number(who),
        name,
        birth_date: date(1980, 1, 1),
        level: Level::One,
        posts: Vec::new(),
    };
    open_accounts(&room.store, &[person], &room.random, site.test.clock.now()).await.unwrap();
    let mut browser = Browser::default();
    let answer = site.password(&mut browser, who, SANDBOX_PASSWORD).await;
    assert_eq!(answer.location, "/identity/sign-in/code", "{}", answer.body);
    let code = site.last_code().await;
    site.code(&mut browser, "/identity/sign-in/code", &code).await;
    browser
}

/// The same with a passkey that was bound at an office.
pub(crate) async fn at_level_two(site: &Site, who: &str) -> Browser {
    let mut browser = person(site, who).await;
    office::check(site, office::FIRST, who).await;
    let code = office::confirm(site, office::SECOND).await.unwrap();
    let mut device = Authenticator::es256();
    assert_eq!(add(site, &mut browser, &mut device, &code).await.location, "/identity/keys?done=yes");
    let mut browser = Browser::default();
    use_key(site, &mut browser, &mut device).await;
    browser
}

/// Two administrators of Hà Nội.
async fn administrators(site: &Site) -> (Browser, Browser) {
    let (room, now) = (&site.test.room, site.test.clock.now());
    let people = [number(BINH), number(CHI)];
    appoint_first_administrators(&room.store, "H26", &people, &room.random, now).await.unwrap();
    (at_level_two(site, BINH).await, at_level_two(site, CHI).await)
}

async fn posts(site: &Site, system: &str, who: &str) -> Vec<PostHeld> {
    let services = site.system.clone().services();
    let call = incoming(system, Purpose::IDENTIFICATION, site.test.clock.now());
    ask::<LookUpPosts>(&services, call, &PostsOf { number: number(who) }).await.unwrap().posts
}

const CIVIL_STATUS: &str = "VN/GOV/G15/civil-status";

fn registrar<'a>(who: &'a str, agency: &'a str, unit: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("number", who),
        ("agency", agency),
        ("post", "civil-status/registrar"),
        ("unit", unit),
        ("from-day", "21"),
        ("from-month", "11"),
        ("from-year", "2026"),
    ]
}

async fn change(site: &Site, browser: &mut Browser, act: &str, id: &str) -> Answer {
    site.fill(browser, OFFICIALS, CHANGE, &[("act", act), ("id", id)]).await
}

#[tokio::test]
async fn it_takes_two_to_give_a_post_and_one_to_take_it_away() {
    for location in [Location::SqliteMemory, postgres().location()] {
        let site = Site::open_at(&location).await;
        let (mut owner, _) = site.account().await;
        let (mut binh, mut chi) = administrators(&site).await;
        let proposed =
            site.fill(&mut binh, OFFICIALS, OFFICIALS, &registrar(AN, "H26.19.2.1", "00004")).await;
        assert_eq!(proposed.location, OFFICIALS, "{}", proposed.body);
        assert_eq!(posts(&site, CIVIL_STATUS, AN).await, []);

        let page = site.get(&mut chi, OFFICIALS).await;
        let id = page.hidden("id").to_owned();
        let own = change(&site, &mut binh, "confirm", &id).await;
        assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody confirms their own");
        assert_eq!(posts(&site, CIVIL_STATUS, AN).await, []);
        assert_eq!(change(&site, &mut chi, "confirm", &id).await.location, OFFICIALS);
        let held = posts(&site, CIVIL_STATUS, AN).await;
        assert_eq!((held.len(), held[0].agency.as_str()), (1, "H26.19.2.1"));
        assert_eq!(posts(&site, "VN/GOV/H26/one-door", AN).await, [], "another system learns nothing");
        assert_eq!(change(&site, &mut chi, "confirm", &id).await.status, StatusCode::NOT_FOUND, "once");

        assert!(site.is_signed_in(&mut owner).await);
        let leave = [("act", "leave"), ("number", AN), ("agency", "H26.19.2.1")];
        let asked = site.fill(&mut binh, OFFICIALS, CHANGE, &leave).await;
        assert!(asked.has("leave the agency?"), "{}", asked.body);
        assert!(site.is_signed_in(&mut owner).await, "not before it is confirmed");
        let leave = [&leave[..], &[("confirmed", "yes")]].concat();
        let left = site.fill(&mut binh, OFFICIALS, CHANGE, &leave).await;
        assert_eq!(left.location, OFFICIALS, "{}", left.body);
        assert_eq!(posts(&site, CIVIL_STATUS, AN).await, []);
        assert!(!site.is_signed_in(&mut owner).await, "sessions end with the posts");
    }
}

const LIST: &str = "/identity/officials/posts";

/// The posts of all pages of a list, each with all that is said of it, and how many pages there are.
async fn listed(site: &Site, browser: &mut Browser, query: &str) -> (Vec<String>, usize) {
    let (mut path, mut posts, mut pages) = (format!("{LIST}?{query}"), Vec::new(), 0);
    loop {
        let page = site.get(browser, &path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        pages += 1;
        posts.extend(page.body.split("name=\"id\" value=\"").skip(1).map(|rest| rest[..36].to_owned()));
        let next = page.body.split("govuk-pagination__next\">").nth(1);
        let next = next.and_then(|rest| rest.split("href=\"").nth(1)).and_then(|rest| rest.split('"').next());
        let Some(link) = next else { return (posts, pages) };
        path = link.replace("&amp;", "&").replace("&#38;", "&");
        assert!(pages < 100, "the list has no end");
    }
}

#[tokio::test]
async fn the_list_of_posts_is_searched_and_paged_and_ends_where_the_administration_does() {
    for location in [Location::SqliteMemory, postgres().location()] {
        let site = Site::open_at(&location).await;
        let (mut binh, mut chi) = administrators(&site).await;
        let mut file = HEAD.to_owned();
        for user in 0..120_u32 {
            let (unit, system, post) = match user % 3 {
                0 => ("00004", "civil-status", "registrar"),
                1 => ("00008", "civil-status", "registrar"),
                _ => ("00004", "one-door", "reception"),
            };
            writeln!(
                file,
                "u{user},0011900{user:05},H26.{},{system},{post},{unit},2026-11-21,",
                user % 7 + 1
            )
            .unwrap();
        }
        let path = send(&site, &mut binh, &file).await.location;
        assert_eq!(confirm(&site, &mut chi, &path).await, StatusCode::SEE_OTHER);
        let (all, pages) = listed(&site, &mut binh, "").await;
        assert_eq!((all.len(), pages), (122, 3), "with the two administrators");
        assert_eq!(BTreeSet::from_iter(&all).len(), all.len(), "each once");
        for (query, expected) in [
            ("post=civil-status/registrar", 80),
            ("unit=00004", 80),
            ("unit=00004&post=civil-status/registrar", 40),
            ("name=le+van+BINH", 2),
            ("name=binh&post=identity/administrator", 2),
            ("name=nobody", 0),
            ("name=%25", 122),
            ("unit=%27", 0),
        ] {
            assert_eq!(listed(&site, &mut binh, query).await.0.len(), expected, "{query}");
        }
        // An agency below sees its own, and no page begins behind a post of others.
        let now = site.test.clock.now();
        let (room, below) = (&site.test.room, "001180000014");
        appoint_first_administrators(&room.store, "H26.1", &[number(below)], &room.random, now)
            .await
            .unwrap();
        let mut below = at_level_two(&site, below).await;
        let (own, _) = listed(&site, &mut below, "").await;
        assert_eq!(own.len(), 19, "18 of 120, and itself");
        let foreign = all.iter().find(|post| !own.contains(post)).unwrap();
        for after in [foreign, "x"] {
            let answer = site.get(&mut below, &format!("{LIST}?after={after}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{after}");
        }
        let end = [("act", "end"), ("id", foreign.as_str())];
        assert_eq!(site.fill(&mut below, OFFICIALS, CHANGE, &end).await.status, StatusCode::NOT_FOUND);
        for post in &own {
            let end = [("act", "end"), ("id", post.as_str())];
            let ended = site.fill(&mut binh, OFFICIALS, CHANGE, &end).await;
            assert_eq!(ended.location, OFFICIALS, "what is listed may be ended: {}", ended.body);
        }
        assert_eq!(listed(&site, &mut binh, "").await.0.len(), 122 - 18);
    }
}

#[tokio::test]
async fn the_first_administrators_are_appointed_by_who_runs_the_node() {
    let site = Site::open().await;
    let room = &site.test.room;
    let named = async |agency: &str, who: &str| {
        let now = site.test.clock.now();
        appoint(&room.store, agency, number(who), "operator of VN/GOV/G01", &room.random, now).await
    };
    let mut browsers = [person(&site, BINH).await, person(&site, CHI).await, person(&site, AN).await];
    for (case, agency, who) in [("no agency", "VN/GOV/H26", BINH), ("no account", "H26", "001180000019")] {
        assert!(named(agency, who).await.is_err(), "{case}");
    }
    let first = named("H26", BINH).await.unwrap();
    assert_eq!(first.still_needed, 1);
    let again = named("H26", BINH).await.unwrap();
    assert_eq!(again.still_needed, 1, "another code, not another post");
    let second = named("H26", CHI).await.unwrap();
    assert_eq!(second.still_needed, 0);
    assert!(matches!(named("H26", AN).await, Err(AppointmentError::Enough(_))));
    site.work_off().await;
    assert_eq!(room.store.read(&NOT_SEALED, store::params![]).await.unwrap().len(), 0);
    assert_eq!(room.store.read(&SEALED, store::params![]).await.unwrap().len(), 2);

    let [binh, chi, an] = &mut browsers;
    let mut administrators = Vec::new();
    for (browser, code) in [(binh, &first.code), (chi, &second.code)] {
        assert_eq!(site.get(browser, OFFICIALS).await.status, StatusCode::FORBIDDEN, "not before level 2");
        let mut device = Authenticator::es256();
        assert_eq!(add(&site, browser, &mut device, code).await.location, "/identity/keys?done=yes");
        let mut browser = Browser::default();
        use_key(&site, &mut browser, &mut device).await;
        administrators.push(browser);
    }
    assert_ne!(
        add(&site, an, &mut Authenticator::es256(), &first.code).await.location,
        "/identity/keys?done=yes"
    );
    assert!(matches!(named("H26", BINH).await, Err(AppointmentError::Already(_))));
    let proposed =
        site.fill(&mut administrators[0], OFFICIALS, OFFICIALS, &registrar(AN, "H26", "00004")).await;
    assert_eq!(proposed.location, OFFICIALS, "{}", proposed.body);
    let id = site.get(&mut administrators[1], OFFICIALS).await.hidden("id").to_owned();
    assert_eq!(change(&site, &mut administrators[1], "confirm", &id).await.location, OFFICIALS);
    assert_eq!(posts(&site, CIVIL_STATUS, AN).await.len(), 1);
}

#[tokio::test]
async fn what_is_not_administered_is_neither_given_nor_seen() {
    let site = Site::open().await;
    let (mut binh, mut chi) = administrators(&site).await;
    for (agency, unit, words) in [
        ("H27.1", "00004", "No agency at work"),
        ("H26.1.2.3.4", "00004", "No agency at work"),
        ("H26.1", "4", "administrative unit is missing"),
        ("H26.1", "", "administrative unit is missing"),
        ("H26.1", "26734", "not in the province"),
    ] {
        let refused = site.fill(&mut binh, OFFICIALS, OFFICIALS, &registrar(AN, agency, unit)).await;
        assert!(refused.has(words), "{agency} {unit}: {}", refused.body);
    }
    // Nobody gains by what they confirm themselves.
    site.fill(&mut binh, OFFICIALS, OFFICIALS, &registrar(CHI, "H26", "00004")).await;
    let id = site.get(&mut binh, OFFICIALS).await.hidden("id").to_owned();
    let own = change(&site, &mut chi, "confirm", &id).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);

    let mut citizen = site.account().await.0;
    assert_eq!(site.get(&mut citizen, OFFICIALS).await.status, StatusCode::NOT_FOUND);
    let mut weak = person(&site, BINH).await;
    assert_eq!(site.get(&mut weak, OFFICIALS).await.status, StatusCode::FORBIDDEN, "level 2 is needed");
    let mut stranger = Browser::default();
    assert!(site.get(&mut stranger, OFFICIALS).await.location.starts_with("/identity/sign-in?"));
    for purpose in [Purpose::PROCEDURE, Purpose::PUBLIC, Purpose::OWN_DATA] {
        let call = incoming(CIVIL_STATUS, purpose, site.test.clock.now());
        let asked = PostsOf { number: number(AN) };
        let refused = ask::<LookUpPosts>(&site.system.clone().services(), call, &asked).await;
        assert_eq!(refused.unwrap_err().status, 403, "{purpose}");
    }
}

#[tokio::test]
async fn a_post_is_held_for_somebody_else_until_they_lose_it() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    let (mut binh, mut chi) = administrators(&site).await;
    site.fill(&mut binh, OFFICIALS, OFFICIALS, &registrar(AN, "H26.19", "00004")).await;
    let id = site.get(&mut chi, OFFICIALS).await.hidden("id").to_owned();
    change(&site, &mut chi, "confirm", &id).await;

    let page = site.get(&mut owner, "/identity/posts").await;
    let post = page.value_after("<option value=\"").to_owned();
    let deputy = "001180000013";
    let mut days = registrar(deputy, "", "");
    days.retain(|(name, _)| name.starts_with("from") || *name == "number");
    days.extend([("post", post.as_str()), ("until-day", "1"), ("until-month", "12"), ("until-year", "2026")]);
    let asked = site.fill(&mut owner, "/identity/posts", "/identity/posts", &days).await;
    assert_eq!(asked.location, "/identity/posts?done=yes", "{}", asked.body);
    assert_eq!(posts(&site, CIVIL_STATUS, deputy).await, [], "not before it is confirmed");
    let id = site.get(&mut chi, OFFICIALS).await.hidden("id").to_owned();
    assert_eq!(change(&site, &mut chi, "confirm", &id).await.location, OFFICIALS);
    let held = posts(&site, CIVIL_STATUS, deputy).await;
    assert_eq!((held.len(), held[0].delegated_by), (1, Some(number(AN))));

    let end = [("act", "end"), ("id", post.as_str())];
    assert_eq!(site.fill(&mut binh, OFFICIALS, CHANGE, &end).await.location, OFFICIALS);
    assert_eq!(posts(&site, CIVIL_STATUS, AN).await, []);
    assert_eq!(posts(&site, CIVIL_STATUS, deputy).await, [], "what was delegated ends with the post");
}

async fn send(site: &Site, browser: &mut Browser, file: &str) -> Answer {
    let csrf = site.get(browser, ROSTERS).await.hidden("csrf").to_owned();
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--b\r\nContent-Disposition: form-data; \
         name=\"file\"; filename=\"posts.csv\"\r\nContent-Type: text/csv\r\n\r\n{file}\r\n--b--\r\n"
    );
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    site.send(browser, "POST", ROSTERS, Some(body), &headers).await
}

/// Whether the second administrator could confirm the file.
async fn confirm(site: &Site, browser: &mut Browser, path: &str) -> StatusCode {
    let csrf = site.get(browser, OFFICIALS).await.hidden("csrf").to_owned();
    let status = site.post(browser, path, &csrf, &[]).await.status;
    site.work_off().await;
    status
}

#[tokio::test]
async fn a_file_says_what_is_wrong_in_which_line_and_counts_once() {
    let site = Site::open().await;
    let (mut binh, mut chi) = administrators(&site).await;
    let empty = send(&site, &mut binh, HEAD).await;
    assert!(empty.has("no line beside the first"), "{}", empty.body);
    let file = format!(
        "{HEAD}a,001190000001,H26.19,civil-status,registrar,00004,2026-11-21,\n\
         b,00119000000,H26.19,civil-status,registrar,00004,2026-11-21,\n\
         a,001190000002,H26.19,civil-status,registrar,00004,2026-11-21,\n\
         d,001190000002,H26.19,identity,administrator,,2026-11-21,\n\
         e,001190000003,H26.19,one-door,reception,00004,2026-12-01,2026-12-24\n"
    );
    let path = send(&site, &mut binh, &file).await.location;
    let preview = site.get(&mut chi, &path).await;
    assert!(
        preview.has("personal number") && preview.has("earlier line") && preview.has("not given by a file")
    );
    let report = site.get(&mut chi, &format!("{path}/report.csv")).await.body;
    let lines: Vec<&str> = report.lines().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(lines, ["line", "3", "4", "5"]);
    assert_eq!(posts(&site, CIVIL_STATUS, AN).await, [], "looking at it changes nothing");
    assert_eq!(confirm(&site, &mut binh, &path).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(confirm(&site, &mut chi, &path).await, StatusCode::SEE_OTHER);
    assert!(site.get(&mut binh, &path).await.has("Has taken effect"));
    assert_eq!(posts(&site, CIVIL_STATUS, AN).await.len(), 1);
    assert_eq!(posts(&site, "VN/GOV/H26/one-door", "001190000003").await, [], "not before its day");
    assert_ne!(confirm(&site, &mut chi, &path).await, StatusCode::SEE_OTHER, "once");

    // The same lines again change nothing; a key with another post is refused.
    let other = file.replace("e,001190000003", "e,001190000004");
    let again = send(&site, &mut chi, &other).await.location;
    let preview = site.get(&mut binh, &again).await;
    assert!(preview.has("taken before with other content"), "{}", preview.body);
    confirm(&site, &mut binh, &again).await;
    assert_eq!(posts(&site, CIVIL_STATUS, AN).await.len(), 1);
}

#[tokio::test]
async fn all_users_of_civil_status_come_in_by_one_file() {
    let site = Site::open().await;
    let (mut binh, mut chi) = administrators(&site).await;
    let mut file = HEAD.to_owned();
    for user in 0..18_400_u32 {
        let unit = if user == 7_000 { "none".to_owned() } else { format!("{:05}", user % 11_000) };
        let unit = unit.replacen(['1'], "0", usize::from(unit.starts_with('1')));
        writeln!(file, "u{user},0011900{user:05},H26.{unit},civil-status,registrar,{unit},2026-11-21,")
            .unwrap();
    }
    let path = send(&site, &mut binh, &file).await.location;
    let preview = site.get(&mut chi, &path).await;
    assert!(preview.has("18399"), "{}", preview.body);
    assert!(preview.has(">7002<"), "the line that is wrong");
    assert_eq!(confirm(&site, &mut chi, &path).await, StatusCode::SEE_OTHER);
    for (who, expected) in [("001190000000", 1), ("001190018399", 1), ("001190007000", 0)] {
        assert_eq!(posts(&site, CIVIL_STATUS, who).await.len(), expected, "{who}");
    }
}

#[tokio::test]
async fn all_proposals_are_shown_a_page_at_a_time() {
    for location in [Location::SqliteMemory, postgres().location()] {
        let site = Site::open_at(&location).await;
        let (mut first, mut second) = administrators(&site).await;
        let holders: Vec<String> = (0..60).map(|number| format!("0011900001{number:02}")).collect();
        for holder in &holders {
            let sent = site.fill(&mut first, OFFICIALS, OFFICIALS, &registrar(holder, "H26", "00004")).await;
            assert_eq!(sent.location, OFFICIALS, "{}", sent.body);
            site.test.clock.advance(jiff::SignedDuration::from_millis(1));
        }
        let page = site.get(&mut second, OFFICIALS).await;
        let next = page.value_after("href=\"/identity/officials?after=").to_owned();
        let rest = site.get(&mut second, &format!("{OFFICIALS}?after={next}")).await;
        for (number, holder) in holders.iter().enumerate() {
            assert_eq!((page.has(holder), rest.has(holder)), (number < 50, number >= 50), "{holder}");
        }
        assert!(!rest.has("govuk-pagination__next"), "it is the last page");
        // What is behind the first page is confirmed like the rest.
        let id = rest.hidden("id").to_owned();
        let answers = [("act", "confirm"), ("id", id.as_str())];
        let confirmed = site.post(&mut second, CHANGE, rest.hidden("csrf"), &answers).await;
        assert_eq!(confirmed.location, OFFICIALS, "{}", confirmed.body);
        let wrong = site.get(&mut second, &format!("{OFFICIALS}?after=x")).await;
        assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    }
}
