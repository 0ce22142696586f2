//! Changing where codes go.

use crate::{
    keys::{add, use_key},
    site::{AN, Browser, PASSWORD, Site},
};
use identity::testing::Authenticator;

const NEW: &str = "0987654321";
const CONTACT: &str = "/identity/keys/contact";
const CODES: &str = "/identity/keys/contact/code";

/// The codes that were sent to the new contact and to the old one, if any.
async fn codes(site: &Site, known: usize) -> Vec<String> {
    let messages = site.messages().await;
    let digits = |text: &String| {
        let mut words = text.split(|c: char| !c.is_ascii_digit());
        words.find(|word| word.len() == 6).map(str::to_owned)
    };
    messages[known..].iter().filter_map(digits).collect()
}

#[tokio::test]
async fn a_contact_is_changed_with_a_code_from_each() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    let known = site.messages().await.len();
    let begun = site.fill(&mut owner, CONTACT, CONTACT, &[("contact", NEW)]).await;
    assert_eq!(begun.location, CODES, "{}", begun.body);
    let page = site.get(&mut owner, CODES).await;
    assert!(page.has("own-code"));
    let codes = codes(&site, known).await;
    assert_eq!(codes.len(), 2);
    // The order in which files are found says nothing; one of the two ways is right, the other is wrong.
    let mut changed = 0;
    for (own, new) in [(&codes[0], &codes[1]), (&codes[1], &codes[0])] {
        for (own, new) in [("", new.as_str()), (own, ""), (own, new)] {
            let answer =
                site.post(&mut owner, CODES, page.hidden("csrf"), &[("own-code", own), ("code", new)]).await;
            changed += usize::from(answer.location == "/identity/keys?done=yes");
            if changed == 0 {
                assert!(answer.has("not right") || answer.has("Wait"), "{}", answer.body);
            }
        }
        if changed == 0 {
            site.minutes_pass(1);
        }
    }
    assert_eq!(changed, 1);
    let page = site.get(&mut owner, "/identity").await;
    assert!(page.has("+84987654321"));
    assert!(
        site.messages().await.iter().any(|message| message.contains("was changed")),
        "the old one is told"
    );
    assert!(site.get(&mut owner, "/identity/history").await.has("address changed"));
    // From now on codes go to the new one.
    let mut elsewhere = Browser::default();
    assert_eq!(site.password(&mut elsewhere, AN, PASSWORD).await.location, "/identity/sign-in/code");
}

#[tokio::test]
async fn a_passkey_stands_for_the_old_contact_and_a_known_browser_does_not() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    let mut device = Authenticator::es256();
    add(&site, &mut owner, &mut device, "").await;
    // Signed in with the password alone, in a browser that is known.
    site.password(&mut owner, AN, PASSWORD).await;
    site.fill(&mut owner, CONTACT, CONTACT, &[("contact", NEW)]).await;
    assert!(site.get(&mut owner, CODES).await.has("own-code"));
    use_key(&site, &mut owner, &mut device).await;
    let known = site.messages().await.len();
    site.fill(&mut owner, CONTACT, CONTACT, &[("contact", "an@example.vn")]).await;
    assert!(!site.get(&mut owner, CODES).await.has("own-code"));
    assert!(codes(&site, known).await.is_empty(), "nothing goes to the old one");
}

#[tokio::test]
async fn a_contact_is_not_changed_by_a_stranger_late_or_to_nothing() {
    let site = Site::open().await;
    let (mut owner, _) = site.account().await;
    for wrong in ["", "12", "0912345678", "an@"] {
        let answer = site.fill(&mut owner, CONTACT, CONTACT, &[("contact", wrong)]).await;
        assert!(answer.has("Enter a Vietnamese phone number"), "{wrong}");
    }
    site.fill(&mut owner, CONTACT, CONTACT, &[("contact", NEW)]).await;
    let page = site.get(&mut owner, CODES).await;
    // The step belongs to its account: a browser with its cookie alone is led to signing in.
    let mut thief = Browser::default();
    thief.cookies.insert("identity_step".into(), owner.cookies["identity_step"].clone());
    assert!(site.get(&mut thief, CODES).await.location.starts_with("/identity/sign-in"));
    site.minutes_pass(11);
    let late = site.post(&mut owner, CODES, page.hidden("csrf"), &[("own-code", "1"), ("code", "1")]).await;
    assert!(late.has("run out"), "{}", late.body);
    site.minutes_pass(5);
    let again = site.get(&mut owner, CONTACT).await;
    assert!(again.location.starts_with("/identity/sign-in"), "who they are was shown too long ago");
}
