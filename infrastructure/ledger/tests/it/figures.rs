//! The figures a ledger gives to the watch: their names and labels are what dashboards and alarms are built on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use ledger::{Ledger, NoteSigner, Options};
use metrics::{Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder};
use metrics::{SharedString, Unit};

use crate::support::{block_on, entry};

/// The last value of each figure, by name and labels.
type Values = Arc<Mutex<BTreeMap<String, f64>>>;

struct LastValues(Values);

struct Figure {
    name: String,
    values: Values,
}

impl Figure {
    fn set(&self, change: impl FnOnce(f64) -> f64) {
        let mut values = self.values.lock().unwrap();
        let value = values.entry(self.name.clone()).or_default();
        *value = change(*value);
    }
}

impl CounterFn for Figure {
    fn increment(&self, by: u64) {
        self.set(|value| value + by as f64);
    }

    fn absolute(&self, to: u64) {
        self.set(|_| to as f64);
    }
}

impl GaugeFn for Figure {
    fn increment(&self, by: f64) {
        self.set(|value| value + by);
    }

    fn decrement(&self, by: f64) {
        self.set(|value| value - by);
    }

    fn set(&self, to: f64) {
        Figure::set(self, |_| to);
    }
}

impl HistogramFn for Figure {
    fn record(&self, sample: f64) {
        self.set(|_| sample);
    }
}

impl LastValues {
    fn figure(&self, key: &Key) -> Arc<Figure> {
        let labels: Vec<String> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        Arc::new(Figure {
            name: format!("{}{{{}}}", key.name(), labels.join(",")),
            values: Arc::clone(&self.0),
        })
    }
}

impl Recorder for LastValues {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.figure(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.figure(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.figure(key))
    }
}

fn values() -> &'static Values {
    static VALUES: OnceLock<Values> = OnceLock::new();
    VALUES.get_or_init(|| {
        let values = Values::default();
        metrics::set_global_recorder(LastValues(Arc::clone(&values))).unwrap();
        values
    })
}

#[test]
fn each_batch_is_counted_under_the_origin() {
    let values = values();
    let dir = tempfile::tempdir().unwrap();
    let signer = NoteSigner::new("figures.example", &[5; 32]).unwrap();
    let ledger = Ledger::open(dir.path(), signer, Options::default()).unwrap();
    for number in 0..3 {
        block_on(ledger.append(entry(number))).unwrap();
    }
    block_on(ledger.close());
    let values = values.lock().unwrap();
    let value = |name: &str| values[&format!("{name}{{origin=figures.example}}")];
    assert_eq!(value("ledger_batches_total"), 3.0);
    assert_eq!(value("ledger_batch_entries"), 1.0);
    assert_eq!(value("ledger_size"), 3.0);
    assert!(value("ledger_fsync_seconds") > 0.0);
}
