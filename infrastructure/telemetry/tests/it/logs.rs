use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use telemetry::logs::subscriber;
use telemetry::{LogFormat, TelemetryError, personal};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// A page logs are written on.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Page {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

struct Noon;

impl FormatTime for Noon {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        writer.write_str("2026-11-21T12:00:00Z")
    }
}

/// What is written while some work runs.
fn written(format: LogFormat, filter: &str, work: impl FnOnce()) -> String {
    let page = Page::default();
    tracing::subscriber::with_default(subscriber(format, filter, Noon, page.clone()).unwrap(), work);
    let bytes = page.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn a_call() {
    let span = tracing::info_span!("call", peer = "VN/GOV/G01", status = tracing::field::Empty);
    let _entered = span.enter();
    span.record("status", 200u64);
    tracing::info!(target: "exchange", bytes = 512, outcome = %"answered", "call answered");
}

#[test]
fn an_event_is_one_json_object_a_line() {
    assert_eq!(
        written(LogFormat::Json, "info", a_call),
        concat!(
            r#"{"time":"2026-11-21T12:00:00Z","level":"INFO","target":"exchange","message":"call answered","#,
            r#""peer":"VN/GOV/G01","status":200,"bytes":512,"outcome":"answered","spans":"call"}"#,
            "\n"
        )
    );
}

#[test]
fn an_event_is_one_line_for_people() {
    assert_eq!(
        written(LogFormat::Text, "info", a_call),
        "2026-11-21T12:00:00Z  INFO exchange: call answered peer=\"VN/GOV/G01\" status=200 bytes=512 \
         outcome=\"answered\" in call\n"
    );
}

#[test]
fn fields_that_are_not_listed_lose_their_value() {
    for format in [LogFormat::Json, LogFormat::Text] {
        let text = written(format, "trace", || {
            let span = tracing::info_span!("register", full_name = "Nguyễn Văn A");
            let _entered = span.enter();
            tracing::info!(
                birth_date = "2026-11-20",
                height = 52,
                weight = 3.2,
                twin = false,
                dossier = "G15-1",
                "registered"
            );
            tracing::warn!(birth_date = ?personal("2026-11-20"), error = %personal("Nguyễn Văn A"), "refused");
        });
        for secret in ["Nguyễn", "2026-11-20", "52", "3.2", "false"] {
            assert!(!text.contains(secret), "{text}");
        }
        for kept in ["G15-1", "[personal]", "full_name", "birth_date", "registered", "refused"] {
            assert!(text.contains(kept), "{kept}: {text}");
        }
    }
}

#[test]
fn an_inner_value_replaces_an_outer_one() {
    let text = written(LogFormat::Json, "info", || {
        let outer = tracing::info_span!("outer", node = "VN/GOV/G01", count = 1);
        let _entered = outer.enter();
        let inner = tracing::info_span!("inner", count = 2);
        let _entered = inner.enter();
        tracing::info!(count = 3, "counted");
    });
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((line["count"].as_i64(), line["spans"].as_str()), (Some(3), Some("outer>inner")));
    assert_eq!(text.matches("count\":").count(), 1);
}

#[test]
fn hostile_text_stays_on_its_line_and_within_its_limit() {
    let hostile = "x\n2026-11-21T12:00:00Z  INFO exchange: forged\u{1b}[2J\"";
    for format in [LogFormat::Json, LogFormat::Text] {
        let text = written(format, "info", || {
            tracing::info!(reason = hostile, "{hostile}");
            tracing::info!(reason = "đ".repeat(1_000_000), "long");
        });
        assert_eq!(text.lines().count(), 2);
        assert!(!text.contains('\u{1b}'));
        assert!(text.len() < 6_000 && text.contains("đ…"));
    }
}

#[test]
fn the_filter_chooses_by_level_and_target() {
    let text = written(LogFormat::Text, "warn,exchange=debug", || {
        tracing::debug!(target: "exchange", "one");
        tracing::info!(target: "store", "two");
        tracing::warn!(target: "store", "three");
    });
    let messages: Vec<_> = text.lines().map(|line| line.rsplit(' ').next().unwrap()).collect();
    assert_eq!(messages, ["one", "three"]);
    let error = subscriber(LogFormat::Json, "exchange=loud", Noon, Page::default()).err().unwrap();
    assert!(error.to_string().starts_with("the log filter \"exchange=loud\" cannot be read"), "{error}");
}

#[test]
fn formats_are_named() {
    assert_eq!("text".parse::<LogFormat>().unwrap(), LogFormat::Text);
    assert_eq!("json".parse::<LogFormat>().unwrap(), LogFormat::Json);
    let error = "xml".parse::<LogFormat>().unwrap_err();
    assert_eq!(error.to_string(), "the log format \"xml\" is not known; write text or json");
}

#[test]
fn logging_starts_once_in_a_process() {
    telemetry::init(LogFormat::Text, "off").unwrap();
    let again = telemetry::init(LogFormat::Json, "info");
    assert!(matches!(again, Err(TelemetryError::AlreadySetUp("logging"))));
}
