//! Structured logs: one line an event, as JSON for machines or as text for people.

use std::fmt::{Debug, Write as _};
use std::io::{Write as _, stderr, stdout};
use std::str::FromStr;

use serde::Serializer as _;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::TelemetryError;
use crate::privacy::is_allowed;

/// Longer values are cut.
const MAX_VALUE_CHARS: usize = 2_000;
const CUT_MARK: char = '…';

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people, to standard error.
    Text,
    /// One JSON object a line, to standard output.
    Json,
}

impl FromStr for LogFormat {
    type Err = TelemetryError;

    fn from_str(text: &str) -> Result<Self, TelemetryError> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(TelemetryError::Format(other.to_owned())),
        }
    }
}

/// Starts logging for the process. The filter is written as `info` or `info,exchange=debug`.
///
/// # Errors
/// When the filter cannot be read, or logging was started before.
pub fn init(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    let already = |_| TelemetryError::AlreadySetUp("logging");
    match format {
        LogFormat::Text => {
            tracing::subscriber::set_global_default(subscriber(format, filter, SystemTime, stderr)?)
                .map_err(already)
        }
        LogFormat::Json => {
            tracing::subscriber::set_global_default(subscriber(format, filter, SystemTime, stdout)?)
                .map_err(already)
        }
    }
}

/// The subscriber behind [`init`], with the time and the writer given.
///
/// # Errors
/// When the filter cannot be read.
pub fn subscriber<T, W>(
    format: LogFormat,
    filter: &str,
    time: T,
    writer: W,
) -> Result<impl Subscriber + Send + Sync + 'static, TelemetryError>
where
    T: FormatTime + Send + Sync + 'static,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter: Targets = filter.parse().map_err(|error: ParseError| TelemetryError::Filter {
        filter: filter.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(Registry::default().with(filter).with(Lines { format, time, writer }))
}

/// Writes one line an event.
struct Lines<T, W> {
    format: LogFormat,
    time: T,
    writer: W,
}

impl<S, T, W> Layer<S> for Lines<T, W>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    T: FormatTime + 'static,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        let mut spans = Vec::new();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            spans.push(span.name());
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.extend(of_span);
            }
        }
        event.record(&mut fields);
        let line = Line {
            time: self.now(),
            level: event.metadata().level().as_str(),
            target: event.metadata().target(),
            spans: spans.join(">"),
            fields,
        };
        let text = match self.format {
            LogFormat::Json => line.json(),
            LogFormat::Text => line.text(),
        };
        // A log that cannot be written must not stop the work it tells of.
        let _ = self.writer.make_writer_for(event.metadata()).write_all(text.as_bytes());
    }
}

impl<T: FormatTime, W> Lines<T, W> {
    fn now(&self) -> String {
        let mut text = String::new();
        match self.time.format_time(&mut Writer::new(&mut text)) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }
}

/// The message and the allowed fields of an event or a span; of the others the names alone.
#[derive(Default)]
struct Fields {
    message: String,
    values: Vec<(&'static str, Value)>,
    dropped: Vec<&'static str>,
}

impl Fields {
    fn put(&mut self, name: &'static str, value: Value) {
        match self.values.iter_mut().find(|(existing, _)| *existing == name) {
            Some((_, existing)) => *existing = value,
            None => self.values.push((name, value)),
        }
    }

    fn drop_name(&mut self, name: &'static str) {
        if !self.dropped.contains(&name) {
            self.dropped.push(name);
        }
    }

    fn extend(&mut self, outer: &Self) {
        outer.values.iter().for_each(|(name, value)| self.put(name, value.clone()));
        outer.dropped.iter().for_each(|name| self.drop_name(name));
    }

    fn record(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        if is_allowed(field.name()) {
            self.put(field.name(), value());
        } else {
            self.drop_name(field.name());
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = cut(format!("{value:?}"));
        } else {
            self.record(field, || cut(format!("{value:?}")).into());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.record(field, || value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.record(field, || value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.record(field, || value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.record(field, || value.into());
    }
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_VALUE_CHARS) {
        text.truncate(end);
        text.push(CUT_MARK);
    }
    text
}

struct Line {
    time: String,
    level: &'static str,
    target: &'static str,
    spans: String,
    fields: Fields,
}

impl Line {
    fn json(self) -> String {
        let own = [("time", self.time), ("level", self.level.into()), ("target", self.target.into())];
        let message = ("message", Value::from(self.fields.message));
        let spans = (!self.spans.is_empty()).then(|| ("spans", Value::from(self.spans)));
        let dropped =
            (!self.fields.dropped.is_empty()).then(|| ("dropped_fields", Value::from(self.fields.dropped)));
        let own = own.into_iter().map(|(name, value)| (name, Value::from(value)));
        let all = own.chain([message]).chain(self.fields.values).chain(spans).chain(dropped);
        let mut line = Vec::new();
        serde_json::Serializer::new(&mut line).collect_map(all).expect("text and numbers always make JSON");
        line.push(b'\n');
        String::from_utf8(line).expect("JSON is UTF-8")
    }

    fn text(self) -> String {
        let Self { time, level, target, spans, fields } = self;
        let mut line = format!("{time} {level:>5} {target}: {}", fields.message);
        for (name, value) in fields.values {
            write!(line, " {name}={value}").expect("writing to a string cannot fail");
        }
        if !spans.is_empty() {
            write!(line, " in {spans}").expect("writing to a string cannot fail");
        }
        if !fields.dropped.is_empty() {
            write!(line, " (dropped fields: {})", fields.dropped.join(", "))
                .expect("writing to a string cannot fail");
        }
        one_line(&line) + "\n"
    }
}

/// Text that cannot begin a line of its own or steer a terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}
