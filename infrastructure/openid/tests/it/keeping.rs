//! A session follows the one at the provider, also where nobody tells.

use crate::{
    provider::an,
    site::{Browser, Site},
};
use serde_json::{Value, json};

#[tokio::test]
async fn what_the_provider_tells_now_is_what_is_known() {
    let (site, mut browser) = (Site::open().await, Browser::default());
    site.sign_in(&mut browser).await;
    let with_posts = |posts: Value| {
        let mut told = an();
        told["posts"] = posts;
        told
    };
    let post = |system: &str, until: Option<&str>| json!({ "agency": "H26", "system": system, "post": "p", "from": "2026-01-01", "until": until });
    let given = with_posts(json!([post("one-door", None), post("civil-status", None)]));
    for (case, wait, (status, told), expected) in [
        ("too soon to look", 30, (200, with_posts(json!([]))), Some("001190000001 one-door/reception")),
        ("a post was ended", 31, (200, with_posts(json!([]))), Some("001190000001")),
        ("posts were given", 60, (200, given.clone()), Some("001190000001 one-door/p civil-status/p")),
        ("the provider is away", 60, (500, json!({})), Some("001190000001 one-door/p civil-status/p")),
        ("it answers nonsense", 60, (200, json!(7)), Some("001190000001 one-door/p civil-status/p")),
        ("the session there is over", 60, (401, json!({})), None),
        ("and stays over", 60, (200, given.clone()), None),
    ] {
        site.wait(wait);
        site.provider.script().told = (status, told);
        assert_eq!(site.who(&mut browser).await.as_deref(), expected, "{case}");
    }
}

#[tokio::test]
async fn somebody_elses_particulars_end_a_session() {
    let (site, mut browser) = (Site::open().await, Browser::default());
    site.sign_in(&mut browser).await;
    site.wait(60);
    site.provider.script().told = (200, json!({ "sub": "subject-of-binh", "name": "Bình" }));
    assert_eq!(site.who(&mut browser).await, None);
}

#[tokio::test]
async fn a_post_ends_on_its_day_also_when_the_provider_is_away() {
    let (site, mut browser) = (Site::open().await, Browser::default());
    // The tests begin on 15 January 2027, at 15:00 in Viet Nam.
    let mut told = an();
    told["posts"] = json!([
        { "agency": "H26", "system": "one-door", "post": "p", "from": "2026-01-01", "until": "2027-01-16" },
        { "agency": "H26", "system": "civil-status", "post": "p", "from": "2026-01-01", "until": "2027-01-17" },
    ]);
    site.provider.script().told = (200, told);
    site.sign_in(&mut browser).await;
    site.provider.script().told = (500, json!({}));
    let mut said = Vec::new();
    for _ in 0..20 {
        site.wait(29 * 60);
        said.push(site.who(&mut browser).await.expect("the session is used"));
    }
    assert_eq!(said[0], "001190000001 one-door/p civil-status/p");
    assert_eq!(said[19], "001190000001 civil-status/p", "past midnight");
}
