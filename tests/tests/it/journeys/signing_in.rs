//! Signing in to the country's pages: every session there follows one at the identity system, and posts come from its records
//! alone.

use super::{
    browser::{Answer, Browser},
    country::Country,
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// How long other systems may take to hear of something.
const HEAR_LIMIT: Duration = Duration::from_secs(30);
/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_millis(50);
/// The form of a post on the page of officials.
const POST_FORM: &str = "action=\"/identity/officials/change\"";

#[test]
fn whose_post_is_ended_is_out_of_the_pages_that_it_opened() {
    let folder = tempfile::tempdir().unwrap();
    let country = Country::start(folder.path());
    let (mut officer, mut mother) = (country.browser_of("officer"), country.browser_of("mother"));
    assert_eq!(officer.get("/one-door").status, 200, "the post opens the one-door");
    assert_eq!(mother.get("/one-door").status, 404, "nobody else sees it");
    let numbers = country.get("/sign-in").text();
    let number = number_of(&numbers, "One-door officer");
    let mut registrar = country.browser_of("registrar");
    assert_eq!(registrar.get("/civil-status").status, 200);

    end_post(&mut registrar, &number, "One-door officer");
    wait_until("the officer's session is over", || {
        officer.get("/one-door").text().contains("Who do you want to be?")
    });
    assert_eq!(
        officer.get("/identity").text().matches("name=\"password\"").count(),
        1,
        "at the identity system, too"
    );
    assert_eq!(registrar.get("/civil-status").status, 200, "who keeps their posts goes on");
    assert_eq!(mother.get("/portal/my-data").status, 200);

    // The post is not given again by choosing the same person, nor by a new start.
    let mut again = country.browser_of("officer");
    assert_eq!(again.get("/one-door").status, 404);
    country.stop("TERM").assert_good("the country stops");
    let country = Country::start(folder.path());
    let mut later = country.browser_of("officer");
    assert_eq!((later.get("/one-door").status, later.get("/identity").status), (404, 200));
    assert_eq!(country.browser_of("registrar").get("/civil-status").status, 200);
}

#[test]
fn who_signs_out_of_the_account_is_out_of_the_pages_and_who_leaves_the_pages_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let country = Country::start(folder.path());
    let mut mother = country.browser_of("mother");
    assert_eq!(mother.get("/portal/my-data").status, 200);
    // Another browser of the same person stays signed in.
    let mut elsewhere = country.browser_of("mother");
    let account = mother.get("/identity");
    send(&mut mother, &account, "/identity/sign-out", &[]);
    wait_until("the session is over", || {
        mother.get("/portal/my-data").text().contains("Who do you want to be?")
    });
    assert_eq!(elsewhere.get("/portal/my-data").status, 200);

    let home = elsewhere.get("/");
    let asked = send(&mut elsewhere, &home, "/sign-out", &[]);
    assert!(asked.text().contains("Sign out of your identification account?"), "{}", asked.text());
    let query = asked.value_after("name=\"client_id\" value=\"").expect("the site's name");
    let back = asked.value_after("name=\"post_logout_redirect_uri\" value=\"").expect("the way back");
    let home = send(
        &mut elsewhere,
        &asked,
        "/identity/logout",
        &[("client_id", &query), ("post_logout_redirect_uri", &back)],
    );
    assert!(home.text().contains("A whole e-Government on one computer"), "{}", home.text());
    assert!(elsewhere.get("/identity").text().contains("name=\"password\""));
}

#[test]
fn an_account_opens_the_pages_with_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let country = Country::start(folder.path());
    let number = number_of(&country.get("/sign-in").text(), "The mother");
    let mut browser = country.browser();
    let form = browser.get("/sign-in/account?return=/portal/my-data");
    let back = form.value_after("name=\"return\" value=\"").expect("the way on");
    let answers = [("number", &*number), ("password", "gạo nếp thơm mùa mới"), ("return", &back)];
    let asked = send(&mut browser, &form, "/identity/sign-in", &answers);
    assert!(asked.text().contains("name=\"code\""), "a browser that nobody knows: {}", asked.text());
    let sent = folder.path().join("g01/post");
    wait_until("a code is sent", || !codes(&sent).is_empty());
    let code = codes(&sent).remove(0);
    let page = send(&mut browser, &asked, "/identity/sign-in/code", &[("code", &code)]);
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(browser.get("/portal/my-data").status, 200, "the pages know who it is");
    assert_eq!(browser.get("/one-door").status, 404);
}

/// Sends a form of a page.
pub(crate) fn send(browser: &mut Browser, page: &Answer, action: &str, answers: &[(&str, &str)]) -> Answer {
    let csrf =
        page.value_after("name=\"csrf\" value=\"").unwrap_or_else(|| panic!("a form: {}", page.text()));
    let form: Vec<(&str, &str)> = answers.iter().copied().chain([("csrf", csrf.as_str())]).collect();
    browser.post(action, &form)
}

/// The codes that the gateways were given to send to phones, the latest first.
pub(crate) fn codes(post: &Path) -> Vec<String> {
    let Ok(sent) = std::fs::read_dir(post.join("sms")) else { return Vec::new() };
    let mut files: Vec<_> = sent.map(|file| file.expect("the folder can be read").path()).collect();
    files.sort();
    let digits = |text: String| {
        let mut words = text.split(|c: char| !c.is_ascii_digit());
        words.find(|word| word.len() == 6).map(str::to_owned)
    };
    // What is being written has another name, and may be gone.
    files.iter().rev().filter_map(|file| digits(std::fs::read_to_string(file).ok()?)).collect()
}

/// The personal number behind what somebody does, on the page for signing in.
fn number_of(page: &str, what: &str) -> String {
    let (_, rest) = page.split_once(what).expect("they are on the list");
    rest.split_once('(').and_then(|(_, rest)| rest.split(')').next()).expect("their number").to_owned()
}

/// An administrator ends a post of somebody.
fn end_post(administrator: &mut Browser, number: &str, post: &str) {
    let page = administrator.get("/identity/officials/posts");
    assert_eq!(page.status, 200, "{}", page.text());
    let text = page.text();
    let parts: Vec<&str> = text.split(POST_FORM).collect();
    let marker = format!("name=\"number\" value=\"{number}\"");
    // The facts of a post stand before its form.
    let facts = |at: usize| parts[at - 1].rsplit("<dl").next().unwrap_or_default();
    let place = (1..parts.len())
        .find(|at| parts[*at].contains(&marker) && facts(*at).contains(post))
        .unwrap_or_else(|| panic!("the post of the officer is not there: {text}"));
    let id = parts[place].split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let ended = send(administrator, &page, "/identity/officials/change", &[("id", &id), ("act", "end")]);
    assert_eq!(ended.status, 200, "{}", ended.text());
}

pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + HEAR_LIMIT;
    while !holds() {
        assert!(Instant::now() < until, "{what}: not within {HEAR_LIMIT:?}");
        std::thread::sleep(LOOK);
    }
}
