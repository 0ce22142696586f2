//! Anyone's signed document, verified by the page and by the API.

use crate::site::{Answer, Browser, NOW, Site};
use axum::http::StatusCode;
use serde_json::Value;
use signature::{Verifier, XmlForm, XmlSignature, testing::Root};

const PAGE: &str = "/identity/signatures";
const API: &str = "/identity/signatures/verify";

async fn signed(root: &Root) -> String {
    let details = XmlSignature { form: XmlForm::Enveloped, signed_at: NOW.parse().unwrap() };
    let content = "<giấy><tên>An &amp; Bình</tên></giấy>";
    let signed = root.lasting("Lê Thị Thu Hà").sign_xml(content.as_bytes(), &details).await;
    String::from_utf8(signed.unwrap().document).unwrap()
}

async fn open() -> (Site, Root) {
    let root = Root::at(NOW.parse().unwrap());
    (Site::open_verifying(Verifier::new(root.roots())).await, root)
}

async fn upload(site: &Site, document: Option<&str>, language: &str) -> Answer {
    let mut browser = Browser::default();
    let csrf = site.get(&mut browser, PAGE).await.hidden("csrf").to_owned();
    let (name, content) = document.map_or(("", ""), |document| ("giay.xml", document));
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--b\r\nContent-Disposition: form-data; \
         name=\"document\"; filename=\"{name}\"\r\nContent-Type: text/xml\r\n\r\n{content}\r\n--b--\r\n"
    );
    let headers = [("content-type", "multipart/form-data; boundary=b"), ("accept-language", language)];
    site.send(&mut browser, "POST", PAGE, Some(body), &headers[..if language == "en" { 1 } else { 2 }]).await
}

#[tokio::test]
async fn the_page_says_who_signed_and_whether_it_was_changed() {
    let (site, root) = open().await;
    let document = signed(&root).await;
    let page = upload(&site, Some(&document), "en").await;
    assert_eq!(page.status, StatusCode::OK);
    for words in
        ["The signatures hold", "Lê Thị Thu Hà", "UBND phường Hoàn Kiếm", "by the time stamp of", "B-LT"]
    {
        assert!(page.has(words), "{words}: {}", page.body);
    }
    let changed = document.replace("Bình", "Bính");
    let page = upload(&site, Some(&changed), "en").await;
    assert!(page.has("A signature does not hold") && page.has("Ask the issuing agency"), "{}", page.body);
    let page = upload(&site, Some("<giấy/>"), "en").await;
    assert!(page.has("It can&#39;t be decided") && page.has("no digital signature"), "{}", page.body);
    let nothing = upload(&site, None, "en").await;
    assert!(nothing.has("Choose the document"), "{}", nothing.body);
}

#[tokio::test]
async fn the_api_says_the_same_to_programs() {
    let (site, root) = open().await;
    let document = signed(&root).await;
    let ask = |document: String| {
        let site = &site;
        async move {
            let headers = [("content-type", "application/xml")];
            let answer = site.send(&mut Browser::default(), "POST", API, Some(document), &headers).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            serde_json::from_str::<Value>(&answer.body).unwrap()
        }
    };
    let report = ask(document.clone()).await;
    assert_eq!(report["verdict"], "passed", "{report:#}");
    let signature = &report["signatures"][0];
    assert_eq!(
        (&signature["level"], &signature["signer"]["name"]),
        (&"B-LT".into(), &"Lê Thị Thu Hà".into())
    );
    assert_eq!(signature["signed_at"]["at"], "2026-11-21T03:00:00Z");
    let report = ask(document.replace("Bình", "Bính")).await;
    assert_eq!(
        (&report["verdict"], &report["signatures"][0]["findings"][0]["code"]),
        (&"failed".into(), &"bytes-changed".into())
    );
    assert_eq!(ask("nothing".into()).await["findings"][0]["code"], "document-unreadable");
    let stranger = Root::at(NOW.parse().unwrap());
    assert_eq!(ask(signed(&stranger).await).await["verdict"], "indeterminate");
}
