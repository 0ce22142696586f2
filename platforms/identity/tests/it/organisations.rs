//! Accounts of organisations: opened by a register's word or by two officials, in the hands of who represents them.

use crate::{
    mandates::{end, note, organisation},
    officials::{at_level_two, person},
    provider::{
        CALLBACK, CLIENT, answer_of, jwks, redeem, refresh, registration, request, token, user_info, value,
    },
    site::{AN, Answer, Browser, Site},
};
use axum::http::StatusCode;
use contracts::{
    Purpose,
    identity::{ClaimField, ClientRegistration, MandateRegistration},
};
use identity::testing::verified;
use serde_json::Value;
use store::{Location, testing::postgres};
use uuid::Uuid;

const ORGANISATIONS: &str = "/identity/organisations";
const OFFICE: &str = "/identity/office/organisations";
const MANDATES: &str = "/identity/mandates";
const REGISTER: &str = "VN/GOV/G05/enterprises";
const CODE: &str = "0100233488";
const EMPLOYEE: &str = "001180000012";
const OTHER: &str = "001180000013";
const FIRST: &str = "001080000001";
const SECOND: &str = "001080000002";

fn engines() -> [Location; 2] {
    [Location::SqliteMemory, postgres().location()]
}

async fn apply(site: &Site, browser: &mut Browser, code: &str) -> Answer {
    let answers = [
        ("act", "apply"),
        ("code", code),
        ("name", "Công ty Gạo Nếp"),
        ("basis", "Giấy chứng nhận đăng ký doanh nghiệp số 1"),
    ];
    site.fill(browser, ORGANISATIONS, ORGANISATIONS, &answers).await
}

/// An official at the counter does something; what they see then.
async fn at_office(site: &Site, official: &str, answers: &[(&str, &str)]) -> Answer {
    let mut browser = site.official(official, "examiner");
    site.fill(&mut browser, OFFICE, OFFICE, answers).await
}

async fn find(site: &Site, official: &str, number: &str) -> Answer {
    at_office(site, official, &[("act", "find"), ("code", CODE), ("number", number)]).await
}

async fn check(site: &Site, official: &str, id: &str) -> Answer {
    let answers = [("act", "check"), ("id", id), ("document", "GCN 0100233488"), ("compared", "yes")];
    at_office(site, official, &answers).await
}

async fn approve(site: &Site, official: &str, id: &str) -> StatusCode {
    at_office(site, official, &[("act", "approve"), ("id", id)]).await.status
}

/// An account that two officials have opened for a person: where it is.
async fn opened(site: &Site, browser: &mut Browser, number: &str) -> String {
    assert_eq!(apply(site, browser, CODE).await.location, ORGANISATIONS);
    let id = find(site, FIRST, number).await.hidden("id").to_owned();
    assert_eq!(check(site, FIRST, &id).await.status, StatusCode::OK);
    assert_eq!(approve(site, SECOND, &id).await, StatusCode::OK);
    own(site, browser).await
}

/// Where the account that a person represents is.
async fn own(site: &Site, browser: &mut Browser) -> String {
    let page = site.get(browser, ORGANISATIONS).await;
    let id = page.value_after("href=\"/identity/organisations/");
    assert!(!id.is_empty(), "{}", page.body);
    format!("{ORGANISATIONS}/{id}")
}

/// What who represents it types to have an employee act for it until a day of December.
async fn give(site: &Site, owner: &mut Browser, path: &str, employee: &str, until: &str) -> Answer {
    let answers = [
        ("act", "give"),
        ("employee", employee),
        ("from-day", "21"),
        ("from-month", "11"),
        ("from-year", "2026"),
        ("until-day", until),
        ("until-month", "12"),
        ("until-year", "2026"),
    ];
    site.fill(owner, path, path, &answers).await
}

async fn change(site: &Site, owner: &mut Browser, path: &str, act: &str) -> Answer {
    site.fill(owner, path, path, &[("act", act), ("confirmed", "yes")]).await
}

#[tokio::test]
async fn a_registers_word_opens_an_account_at_once() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        let mut owner = at_level_two(&site, AN).await;
        note(&site, REGISTER, Purpose::IDENTIFICATION, &organisation()).await.unwrap();
        let opened = apply(&site, &mut owner, CODE).await;
        assert!(
            opened.location.starts_with(ORGANISATIONS) && opened.location != ORGANISATIONS,
            "{}",
            opened.body
        );
        let path = opened.location;
        let page = site.get(&mut owner, &path).await;
        assert!(page.has("Công ty Gạo Nếp") && page.has("Active"), "{}", page.body);
        assert!(apply(&site, &mut owner, CODE).await.has("represent this account already"));
        let history = site.get(&mut owner, &format!("{path}/history")).await;
        assert!(history.has("Account opened") && history.has(REGISTER) && history.has(AN));

        // The register ends what it noted: nobody is given to act for it, and who was does not any more.
        let mut employee = person(&site, EMPLOYEE).await;
        assert_eq!(give(&site, &mut owner, &path, EMPLOYEE, "24").await.location, path);
        assert!(site.get(&mut employee, MANDATES).await.has("Công ty Gạo Nếp"));
        end(&site, REGISTER, Purpose::IDENTIFICATION, organisation().mandate).await.unwrap();
        assert!(site.get(&mut employee, MANDATES).await.has("You act for nobody else"));
        assert!(give(&site, &mut owner, &path, OTHER, "24").await.has("do not represent"));

        // Whom the register names next takes it over, with those who act for it.
        let mut next = at_level_two(&site, OTHER).await;
        let named = MandateRegistration {
            mandate: Uuid::from_u128(8),
            holder: OTHER.parse().unwrap(),
            ..organisation()
        };
        note(&site, REGISTER, Purpose::IDENTIFICATION, &named).await.unwrap();
        assert_eq!(apply(&site, &mut next, CODE).await.location, path, "it is the same account");
        assert!(site.get(&mut employee, MANDATES).await.has("Công ty Gạo Nếp"));
        assert_eq!(site.get(&mut owner, &path).await.status, StatusCode::NOT_FOUND, "it is another's now");
        assert!(site.get(&mut next, &format!("{path}/history")).await.has("Representative changed"));
    }
}

#[tokio::test]
async fn two_officials_open_an_account_where_no_register_speaks() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        let mut weak = person(&site, AN).await;
        assert_eq!(apply(&site, &mut weak, CODE).await.status, StatusCode::FORBIDDEN, "level 2 is needed");
        let mut owner = at_level_two(&site, AN).await;
        for (case, code, words) in
            [("no code", "123", "Enter a tax code"), ("letters", "010023348x", "Enter a tax code")]
        {
            assert!(apply(&site, &mut owner, code).await.has(words), "{case}");
        }
        assert_eq!(apply(&site, &mut owner, CODE).await.location, ORGANISATIONS);
        assert!(apply(&site, &mut owner, CODE).await.has("have applied for this organisation already"));
        assert!(
            find(&site, FIRST, EMPLOYEE).await.has("has no open application"),
            "each is named by its applicant"
        );
        let found = find(&site, FIRST, AN).await;
        assert!(found.has("Công ty Gạo Nếp") && found.has("None; approving opens one"), "{}", found.body);
        let id = found.hidden("id").to_owned();
        let unchecked = at_office(&site, FIRST, &[("act", "check"), ("id", &id), ("document", "GCN")]).await;
        assert!(unchecked.has("Tick it when"));
        assert_eq!(approve(&site, SECOND, &id).await, StatusCode::UNPROCESSABLE_ENTITY, "not checked yet");
        assert_eq!(
            check(&site, AN, &id).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "the applicant themselves"
        );
        assert_eq!(check(&site, FIRST, &id).await.status, StatusCode::OK);
        assert_eq!(check(&site, SECOND, &id).await.status, StatusCode::UNPROCESSABLE_ENTITY, "once");
        assert_eq!(approve(&site, FIRST, &id).await, StatusCode::UNPROCESSABLE_ENTITY, "it takes two");
        assert_eq!(approve(&site, AN, &id).await, StatusCode::UNPROCESSABLE_ENTITY, "nor the applicant");
        assert_eq!(approve(&site, SECOND, &id).await, StatusCode::OK);
        assert_eq!(approve(&site, SECOND, &id).await, StatusCode::UNPROCESSABLE_ENTITY, "once");
        let path = own(&site, &mut owner).await;
        let page = site.get(&mut owner, MANDATES).await;
        assert!(
            page.has("Công ty Gạo Nếp") && page.hidden("mandate").is_empty(),
            "it is not given back by a click"
        );
        assert!(site.get(&mut owner, &format!("{path}/history")).await.has(SECOND));
        // Nobody else sees it, whoever they are.
        let mut stranger = at_level_two(&site, OTHER).await;
        for path in [path.clone(), format!("{path}/uses"), format!("{path}/history")] {
            assert_eq!(site.get(&mut stranger, &path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let csrf = site.get(&mut stranger, ORGANISATIONS).await.hidden("csrf").to_owned();
        for act in ["give", "end", "lock", "unlock", "close"] {
            let forced = site.post(&mut stranger, &path, &csrf, &[("act", act), ("confirmed", "yes")]).await;
            assert_eq!(forced.status, StatusCode::NOT_FOUND, "{act}");
        }
        assert_eq!(site.get(&mut stranger, OFFICE).await.status, StatusCode::SEE_OTHER, "no official");
    }
}

#[tokio::test]
async fn an_application_is_refused_or_taken_back() {
    let site = Site::open().await;
    let mut owner = at_level_two(&site, AN).await;
    apply(&site, &mut owner, CODE).await;
    let id = find(&site, FIRST, AN).await.hidden("id").to_owned();
    let short = at_office(&site, FIRST, &[("act", "refuse"), ("id", &id), ("reason", "no")]).await;
    assert!(short.has("Give a reason") && short.has("Công ty Gạo Nếp"), "{}", short.body);
    check(&site, FIRST, &id).await;
    let refused =
        at_office(&site, SECOND, &[("act", "refuse"), ("id", &id), ("reason", "Giấy tờ không khớp.")]).await;
    assert_eq!(refused.status, StatusCode::OK);
    assert!(site.get(&mut owner, ORGANISATIONS).await.has("Refused: Giấy tờ không khớp."));
    assert_eq!(approve(&site, SECOND, &id).await, StatusCode::UNPROCESSABLE_ENTITY);

    apply(&site, &mut owner, CODE).await;
    let page = site.get(&mut owner, ORGANISATIONS).await;
    let id = page.hidden("id").to_owned();
    let mut other = at_level_two(&site, OTHER).await;
    let csrf = site.get(&mut other, ORGANISATIONS).await.hidden("csrf").to_owned();
    let foreign = site.post(&mut other, ORGANISATIONS, &csrf, &[("act", "withdraw"), ("id", &id)]).await;
    assert_eq!(foreign.status, StatusCode::CONFLICT);
    site.post(&mut owner, ORGANISATIONS, page.hidden("csrf"), &[("act", "withdraw"), ("id", &id)]).await;
    assert!(site.get(&mut owner, ORGANISATIONS).await.has("Withdrawn"));
    assert!(find(&site, FIRST, AN).await.has("has no open application"));
}

#[tokio::test]
async fn employees_act_for_an_account_that_is_active_and_end_with_it() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        let mut owner = at_level_two(&site, AN).await;
        let path = opened(&site, &mut owner, AN).await;
        let mut employee = person(&site, EMPLOYEE).await;
        for (case, who, until, words) in [
            ("oneself", AN, "24", "You represent it yourself"),
            ("no number", "1", "24", "Enter"),
            ("no day", EMPLOYEE, "32", "until"),
        ] {
            let refused = give(&site, &mut owner, &path, who, until).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{case}");
            assert!(refused.has(words), "{case}: {}", refused.body);
        }
        assert_eq!(give(&site, &mut owner, &path, EMPLOYEE, "24").await.location, path);
        let page = site.get(&mut employee, MANDATES).await;
        assert!(page.has("Công ty Gạo Nếp") && page.hidden("mandate").is_empty());
        assert!(
            site.get(&mut employee, ORGANISATIONS).await.has("You represent no account"),
            "it is not given on"
        );
        let given = site.get(&mut owner, &path).await.hidden("given").to_owned();
        let forced = site.post(&mut employee, MANDATES, page.hidden("csrf"), &[("mandate", &given)]).await;
        assert_eq!(forced.status, StatusCode::CONFLICT, "who has it does not end it");
        let ended = site.fill(&mut owner, &path, &path, &[("act", "end"), ("given", &given)]).await;
        assert_eq!(ended.location, path);
        assert!(site.get(&mut employee, MANDATES).await.has("You act for nobody else"));

        give(&site, &mut owner, &path, EMPLOYEE, "24").await;
        assert_eq!(change(&site, &mut owner, &path, "lock").await.location, path);
        assert!(
            site.get(&mut employee, MANDATES).await.has("You act for nobody else"),
            "it rests while locked"
        );
        let csrf = site.get(&mut owner, ORGANISATIONS).await.hidden("csrf").to_owned();
        let locked = site.post(&mut owner, &path, &csrf, &[("act", "give"), ("employee", OTHER)]).await;
        assert_eq!(locked.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(change(&site, &mut owner, &path, "unlock").await.location, path);
        assert!(site.get(&mut employee, MANDATES).await.has("Công ty Gạo Nếp"));

        let asked = site.fill(&mut owner, &path, &path, &[("act", "close")]).await;
        assert!(asked.has("Close the account of this organisation?"), "{}", asked.body);
        assert_eq!(change(&site, &mut owner, &path, "close").await.location, path);
        assert!(site.get(&mut employee, MANDATES).await.has("You act for nobody else"));
        assert!(site.get(&mut owner, MANDATES).await.has("You act for nobody else"));
        let csrf = site.get(&mut owner, ORGANISATIONS).await.hidden("csrf").to_owned();
        for act in ["lock", "unlock", "close"] {
            let again = site.post(&mut owner, &path, &csrf, &[("act", act), ("confirmed", "yes")]).await;
            assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{act}");
        }
        let history = site.get(&mut owner, &format!("{path}/history")).await;
        for words in [
            "Somebody was given to act for it",
            EMPLOYEE,
            "Account locked",
            "Account unlocked",
            "Account closed",
        ] {
            assert!(history.has(words), "{words}");
        }
        // A new account of the same code is another one.
        assert_ne!(opened(&site, &mut owner, AN).await, path);
    }
}

#[tokio::test]
async fn what_an_office_locks_two_officials_open() {
    let site = Site::open().await;
    let mut owner = at_level_two(&site, AN).await;
    let path = opened(&site, &mut owner, AN).await;
    for (code, reason, words) in [
        ("1", "Theo quyết định 12", "Enter a tax code"),
        (CODE, "no", "Give a reason"),
        ("0100233499", "Theo quyết định 12", "No account with this tax code"),
    ] {
        let answers = [("act", "lock"), ("closed-code", code), ("closed-reason", reason)];
        assert!(at_office(&site, FIRST, &answers).await.has(words), "{words}");
    }
    let lock = [("act", "lock"), ("closed-code", CODE), ("closed-reason", "Theo quyết định 12")];
    assert!(at_office(&site, FIRST, &lock).await.has("It is noted"));
    assert!(at_office(&site, FIRST, &lock).await.has("be changed so"), "once");
    let csrf = site.get(&mut owner, ORGANISATIONS).await.hidden("csrf").to_owned();
    for act in ["unlock", "close"] {
        let forced = site.post(&mut owner, &path, &csrf, &[("act", act), ("confirmed", "yes")]).await;
        assert_eq!(forced.status, StatusCode::UNPROCESSABLE_ENTITY, "{act}");
    }
    assert!(site.get(&mut owner, &format!("{path}/history")).await.has("Theo quyết định 12"));
    // A register's word opens no account that an office has locked.
    note(&site, REGISTER, Purpose::IDENTIFICATION, &organisation()).await.unwrap();
    assert_eq!(opened(&site, &mut owner, AN).await, path);
    assert!(site.get(&mut owner, &path).await.has("Active"));

    // Another person is made its representative the same way; who represents it now does not decide that.
    let mut next = at_level_two(&site, OTHER).await;
    apply(&site, &mut next, CODE).await;
    let id = find(&site, FIRST, OTHER).await.hidden("id").to_owned();
    assert_eq!(check(&site, AN, &id).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    check(&site, FIRST, &id).await;
    assert_eq!(approve(&site, AN, &id).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(approve(&site, SECOND, &id).await, StatusCode::OK);
    assert_eq!(own(&site, &mut next).await, path);
    assert_eq!(site.get(&mut owner, &path).await.status, StatusCode::NOT_FOUND);
}

const SCOPE: [(&str, &str); 1] = [("scope", "openid profile represents offline_access")];

/// Signs in to the service in the name of the organisation with a code, or in one's own: its tokens.
async fn sign_in(site: &Site, browser: &mut Browser, code: &str) -> Value {
    let begun = site.get(browser, &request(&SCOPE)).await;
    let page = site.get(browser, &begun.location).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.location);
    let answers = [("answer", "agree"), ("fields", "name"), ("fields", "represents"), ("acts-for", code)];
    let sent = site.post(browser, &begun.location, page.hidden("csrf"), &answers).await;
    let (status, token) = token(site, &redeem(&value(&answer_of(&sent.location), "code"))).await;
    assert_eq!(status, StatusCode::OK, "{token}");
    token
}

async fn told(site: &Site, tokens: &Value) -> Option<Value> {
    let answer = user_info(site, tokens).await;
    (answer.status == StatusCode::OK).then(|| serde_json::from_str(&answer.body).unwrap())
}

#[tokio::test]
async fn a_service_is_used_in_the_name_of_an_organisation() {
    for location in engines() {
        let site = Site::open_at(&location).await;
        let fields = vec![ClaimField::Name, ClaimField::Represents];
        site.register(&ClientRegistration { fields: fields.clone(), ..registration() }).await;
        let mut owner = at_level_two(&site, AN).await;
        let path = opened(&site, &mut owner, AN).await;
        let mut employee = person(&site, EMPLOYEE).await;
        give(&site, &mut owner, &path, EMPLOYEE, "24").await;

        let tokens = sign_in(&site, &mut employee, CODE).await;
        site.minutes_pass(1);
        let keys = jwks(&site).await;
        let id_token = verified(tokens["id_token"].as_str().unwrap(), &["JWT"], &keys).unwrap();
        let access = verified(tokens["access_token"].as_str().unwrap(), &["at+jwt"], &keys).unwrap();
        let subject = id_token["acts_for"]["sub"].as_str().unwrap().to_owned();
        assert_eq!(access["acts_for"]["sub"], subject.as_str());
        assert_ne!(id_token["sub"], subject.as_str(), "the subject stays the person");
        let info = told(&site, &tokens).await.unwrap();
        assert_eq!(
            (&info["acts_for"]["sub"], &info["acts_for"]["code"]),
            (&subject.as_str().into(), &CODE.into())
        );
        // It is the same organisation whoever acts, and another name at another service.
        let by_owner = sign_in(&site, &mut owner, CODE).await;
        assert_eq!(told(&site, &by_owner).await.unwrap()["acts_for"]["sub"], subject.as_str());
        let own = sign_in(&site, &mut owner, "").await;
        assert_eq!(told(&site, &own).await.unwrap().get("acts_for"), None);

        // In whose name is asked each time; a silent request gets no answer, and nobody takes a name that is not theirs.
        let silent = site.get(&mut owner, &request(&[SCOPE[0], ("prompt", "none")])).await;
        let answer = answer_of(&site.get(&mut owner, &silent.location).await.location);
        assert_eq!(value(&answer, "error"), "interaction_required");
        let begun = site.get(&mut owner, &request(&SCOPE)).await;
        let forged = [("answer", "agree"), ("acts-for", "0100233499")];
        let forged = site.fill(&mut owner, &begun.location, &begun.location, &forged).await;
        assert!(forged.has("act for no organisation with this tax code"), "{}", forged.body);
        let mut stranger = person(&site, OTHER).await;
        let begun = site.get(&mut stranger, &request(&SCOPE)).await;
        let page = site.get(&mut stranger, &begun.location).await;
        assert!(!page.has("In whose name"), "who acts for nobody is not asked");
        let forged = [("answer", "agree"), ("acts-for", CODE)];
        let forged = site.post(&mut stranger, &begun.location, page.hidden("csrf"), &forged).await;
        assert!(!forged.location.starts_with(CALLBACK), "{}", forged.location);

        // Who represents it sees who uses what in its name, and ends it.
        let uses = site.get(&mut owner, &format!("{path}/uses")).await;
        assert!(uses.has("Public service portal") && uses.has(EMPLOYEE) && uses.has(AN), "{}", uses.body);
        assert_eq!(
            uses.body.matches("name=\"use\"").count(),
            2,
            "what is used in one's own name is one's own"
        );
        let ends = format!("{path}/uses");
        let first = uses.hidden("use").to_owned();
        assert_eq!(site.fill(&mut owner, &ends, &ends, &[("use", &first)]).await.location, ends);
        assert_eq!(told(&site, &tokens).await, None, "the employee's, which came first");
        assert_eq!(refresh(&site, &tokens).await.1["error"], "invalid_grant");
        assert!(told(&site, &by_owner).await.is_some());

        // With the mandate ends what was done by it, and with the account all that is done in its name.
        let tokens = sign_in(&site, &mut employee, CODE).await;
        let given = site.get(&mut owner, &path).await.hidden("given").to_owned();
        site.fill(&mut owner, &path, &path, &[("act", "end"), ("given", &given)]).await;
        assert_eq!(told(&site, &tokens).await, None);
        assert_eq!(refresh(&site, &tokens).await.1["error"], "invalid_grant");
        change(&site, &mut owner, &path, "lock").await;
        assert_eq!(told(&site, &by_owner).await, None);
        site.work_off().await;
        change(&site, &mut owner, &path, "unlock").await;
        assert_eq!(told(&site, &by_owner).await, None, "what ended does not come back");
        assert!(told(&site, &own).await.is_some(), "one's own goes on");
        assert!(site.get(&mut owner, &ends).await.has("There are none"));
        let history = site.get(&mut owner, &format!("{path}/history")).await;
        assert!(
            history.has("Signed in to a service in its name")
                && history.has(CLIENT)
                && history.has("Use of a service ended")
        );
    }
}
