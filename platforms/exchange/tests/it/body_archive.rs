//! The bodies of messages, kept encrypted for a while and read back only by whoever may.

use crate::{
    backend::Backend,
    country::{Country, TOKEN},
};
use axum::body::{Body, to_bytes};
use exchange::{
    Bodies, Node,
    bodies::{self, Reader},
    records::{self, By, Search},
};
use http::{Request, StatusCode};
use jiff::SignedDuration;
use ledger::commit;
use serde_json::Value;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tower::ServiceExt as _;
use uuid::Uuid;

const READER_TOKEN: &str = "the auditor's token";
const KEEP_DAYS: u32 = 30;

/// A country whose provider keeps bodies.
struct Kept {
    country: Country,
    _backend: Backend,
    dir: tempfile::TempDir,
    bodies: Arc<Bodies>,
}

impl Kept {
    async fn new(required: bool) -> Self {
        let (country, backend) = (Country::found().await, Backend::echo().await);
        country.offer(&backend);
        let dir = tempfile::tempdir().unwrap();
        let bodies = open(&dir.path().join("bodies"), &country, &[7; 32], required);
        country.provider.node.keep_bodies_in(bodies.clone());
        Self { country, _backend: backend, dir, bodies }
    }

    fn node(&self) -> &Arc<Node> {
        &self.country.provider.node
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("bodies")
    }

    /// Calls with a body and gives the message's identifier.
    async fn call(&self, body: impl Into<Vec<u8>>) -> Uuid {
        let body: Vec<u8> = body.into();
        let answer = self.country.call("POST", "/x").body(body).send().await;
        assert_eq!(answer.status, StatusCode::OK);
        let node = self.node();
        records::catch_up(node.store(), node.ledger(), None).await.unwrap();
        let found = records::search(node.store(), &Search::newest(By::Any, 1)).await.unwrap();
        self.country.clock.advance(SignedDuration::from_millis(1));
        found[0].id
    }

    async fn ask(&self, request: http::request::Builder) -> (StatusCode, Vec<u8>) {
        let readers = vec![Reader { name: "Thanh tra Lan".into(), token_sha256: sha256(READER_TOKEN) }];
        let router = bodies::routes(self.node().clone(), readers);
        let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        (response.status(), to_bytes(response.into_body(), 32 << 20).await.unwrap().to_vec())
    }

    async fn read(&self, message: Uuid, event: &str) -> (StatusCode, Vec<u8>) {
        let request = Request::post(format!("/bodies/{message}/{event}"))
            .header("x-lienthong-token", READER_TOKEN)
            .header("x-lienthong-reason", "thanh tra s%E1%BB%91 7");
        self.ask(request).await
    }

    /// Reads until it is there: nobody waits for bodies of an archive that is not required.
    async fn read_soon(&self, message: Uuid, event: &str) -> Vec<u8> {
        for _ in 0..500 {
            if let (StatusCode::OK, body) = self.read(message, event).await {
                return body;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the body does not come");
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files
    }
}

fn open(dir: &Path, country: &Country, key: &[u8; 32], required: bool) -> Arc<Bodies> {
    Bodies::open(dir, key, KEEP_DAYS, required, country.random.clone()).unwrap()
}

fn sha256(text: &str) -> [u8; 32] {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref().try_into().unwrap()
}

#[tokio::test]
async fn bodies_small_and_large_are_read_back_and_nothing_is_in_clear() {
    for required in [true, false] {
        let kept = Kept::new(required).await;
        let large: Vec<u8> = (0..10 << 20).map(|at: u32| (at / 251) as u8).collect();
        for body in [&b"a name in a body"[..], &large] {
            let message = kept.call(body).await;
            for event in ["request-received", "answer-sent"] {
                assert!(kept.read_soon(message, event).await == body, "{event}, {} bytes", body.len());
            }
            for event in ["request-sent", "answer-received", "anything"] {
                assert_eq!(kept.read(message, event).await.0, StatusCode::NOT_FOUND, "{event}");
            }
        }
        assert_eq!(kept.bodies.fault(), None);
        let needle = b"a name in a body";
        for file in kept.files() {
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o77, 0, "{file:?}");
            let bytes = fs::read(&file).unwrap();
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{file:?}");
        }
    }
}

store::statements! {
    /// What was sealed of a reading.
    SEALED = "SELECT content, salt, entry FROM body_readings";
}

#[tokio::test]
async fn only_readers_read_and_each_reading_is_in_the_ledger() {
    let kept = Kept::new(true).await;
    let message = kept.call("x").await;
    let path = format!("/bodies/{message}/request-received");
    for (case, request, status) in [
        ("no token", Request::post(&path), StatusCode::FORBIDDEN),
        ("a system's token", Request::post(&path).header("x-lienthong-token", TOKEN), StatusCode::FORBIDDEN),
        (
            "no reason",
            Request::post(&path).header("x-lienthong-token", READER_TOKEN),
            StatusCode::BAD_REQUEST,
        ),
        (
            "another message",
            Request::post(format!("/bodies/{}/request-received", Uuid::nil()))
                .header("x-lienthong-token", READER_TOKEN)
                .header("x-lienthong-reason", "x"),
            StatusCode::NOT_FOUND,
        ),
        ("a list without a token", Request::get(format!("/bodies/{message}")), StatusCode::FORBIDDEN),
    ] {
        assert_eq!(kept.ask(request).await.0, status, "{case}");
    }
    let ledger = kept.node().ledger();
    let size = ledger.checkpoint().checkpoint.size;
    assert_eq!(kept.read(message, "request-received").await, (StatusCode::OK, b"x".to_vec()));
    let entry = String::from_utf8(ledger.entry(size).unwrap()).unwrap();
    assert!(entry.starts_with("lienthong-record/v1 exchange "), "{entry}");

    let list = Request::get(format!("/bodies/{message}")).header("x-lienthong-token", READER_TOKEN);
    let (status, body) = kept.ask(list).await;
    let told: Value = serde_json::from_slice(&body).unwrap();
    let bodies = serde_json::json!(["request-received", "answer-sent"]);
    assert_eq!((status, &told["bodies"]), (StatusCode::OK, &bodies));
    let readings = told["readings"].as_array().unwrap();
    assert_eq!(readings.len(), 1);
    assert_eq!(readings[0]["by"], "Thanh tra Lan");
    assert_eq!(readings[0]["reason"], "thanh tra số 7");

    let row = kept.node().store().read_one(&SEALED, store::params![]).await.unwrap().unwrap();
    let (content, salt): (String, Vec<u8>) = (row.get(0).unwrap(), row.get(1).unwrap());
    let salt: [u8; 16] = salt.try_into().unwrap();
    assert!(entry.ends_with(&commit(&salt, &[content.as_bytes()]).to_string()));
    assert_eq!(row.get::<i64>(2).unwrap(), size as i64);
}

#[tokio::test]
async fn what_was_altered_or_put_in_anothers_place_is_not_handed_over() {
    let kept = Kept::new(true).await;
    let (one, other) = (kept.call("one").await, kept.call("two").await);
    let file_of = |message: Uuid| {
        let name = format!("{message}.request-received");
        let is_it = |file: &PathBuf| file.file_name().unwrap().to_str().unwrap().starts_with(&name);
        kept.files().into_iter().find(is_it).unwrap()
    };
    let (whole, name) = (fs::read(file_of(one)).unwrap(), file_of(one));
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    for bytes in [changed, fs::read(file_of(other)).unwrap(), Vec::new()] {
        fs::write(&name, bytes).unwrap();
        assert_eq!(kept.read(one, "request-received").await.0, StatusCode::SERVICE_UNAVAILABLE);
    }
    fs::write(&name, whole).unwrap();
    assert_eq!(kept.read(one, "request-received").await.0, StatusCode::OK);
}

#[tokio::test]
async fn days_that_are_over_are_forgotten_and_their_key_first() {
    let kept = Kept::new(true).await;
    let old = kept.call("old").await;
    kept.country.clock.advance(SignedDuration::from_hours(24 * i64::from(KEEP_DAYS)));
    kept.bodies.purge(kept.country.clock.now()).unwrap();
    assert_eq!(kept.read(old, "answer-sent").await.0, StatusCode::OK, "it is not older than it may be");
    kept.country.clock.advance(SignedDuration::from_hours(24));
    // A copy of the folder is of no use once the day's key is gone.
    let day = fs::read_dir(kept.folder()).unwrap().next().unwrap().unwrap().path();
    let away = kept.dir.path().join("away");
    fs::rename(day.join("key"), &away).unwrap();
    assert_ne!(kept.read(old, "answer-sent").await.0, StatusCode::OK);
    fs::rename(&away, day.join("key")).unwrap();
    fs::create_dir(kept.folder().join("not-a-day")).unwrap();
    kept.bodies.purge(kept.country.clock.now()).unwrap();
    assert!(!day.exists() && kept.folder().join("not-a-day").exists());
    assert_eq!(kept.read(old, "answer-sent").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_archive_that_is_not_required_stops_nothing_and_one_that_is_does() {
    for (required, status) in [(false, StatusCode::OK), (true, StatusCode::INTERNAL_SERVER_ERROR)] {
        let kept = Kept::new(required).await;
        // Where a folder is to be stands a file: nobody, not even root, can write there.
        fs::remove_dir_all(kept.folder()).unwrap();
        fs::write(kept.folder(), "").unwrap();
        let answer = kept.country.call("POST", "/x").body("x").send().await;
        assert_eq!(answer.status, status);
        for _ in 0..500 {
            if kept.bodies.fault().is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(kept.bodies.fault().is_some());
        fs::remove_file(kept.folder()).unwrap();
        assert_eq!(kept.country.call("POST", "/x").body("x").send().await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn another_key_neither_reads_nor_writes() {
    let kept = Kept::new(true).await;
    kept.call("x").await;
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    country.provider.node.keep_bodies_in(open(&kept.folder(), &country, &[8; 32], true));
    let answer = country.call("POST", "/x").body("x").send().await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "the day has a key that it can't open");
}
