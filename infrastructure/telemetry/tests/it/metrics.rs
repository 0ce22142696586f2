use std::collections::HashMap;
use std::fs::File;

use telemetry::{Metrics, TelemetryError};

/// The samples of a rendering, by name and labels.
fn samples(text: &str) -> HashMap<String, f64> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

#[test]
fn what_is_counted_is_rendered() {
    let (recorder, gathered) = Metrics::local().unwrap();
    metrics::with_local_recorder(&recorder, || {
        metrics::describe_counter!("exchange_calls_total", "Calls to other nodes.");
        metrics::counter!("exchange_calls_total", "node" => "VN/GOV/G01").increment(3);
        metrics::gauge!("exchange_waiting").set(2.0);
        for seconds in [0.000_3, 0.003, 60.0] {
            metrics::histogram!("exchange_call_duration_seconds").record(seconds);
        }
        metrics::histogram!("exchange_body_bytes").record(2_000.0);
    });
    gathered.upkeep();
    let text = gathered.render();
    let samples = samples(&text);
    for (name, value) in [
        (r#"exchange_calls_total{node="VN/GOV/G01"}"#, 3.0),
        ("exchange_waiting", 2.0),
        (r#"exchange_call_duration_seconds_bucket{le="0.00025"}"#, 0.0),
        (r#"exchange_call_duration_seconds_bucket{le="0.0005"}"#, 1.0),
        (r#"exchange_call_duration_seconds_bucket{le="10"}"#, 2.0),
        (r#"exchange_call_duration_seconds_bucket{le="+Inf"}"#, 3.0),
        ("exchange_call_duration_seconds_count", 3.0),
        (r#"exchange_body_bytes_bucket{le="4096"}"#, 1.0),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name} in {text}");
    }
    assert!(text.contains("# TYPE exchange_calls_total counter"));
    assert!(text.contains("# HELP exchange_calls_total Calls to other nodes."));
}

#[test]
fn the_process_is_measured_at_each_rendering() {
    let (_, gathered) = Metrics::local().unwrap();
    let before = samples(&gathered.render());
    assert!(before["process_resident_memory_bytes"] > 500_000.0);
    assert!(before["process_threads"] >= 1.0);
    assert!(before["process_start_time_seconds"] > 1_700_000_000.0);

    let opened: Vec<File> = (0..64).map(|_| File::open("/proc/self/status").unwrap()).collect();
    let after = samples(&gathered.render());
    // Other tests of this process open and close a few of their own.
    assert!(after["process_open_fds"] >= before["process_open_fds"] + 32.0);
    assert_eq!(after["process_start_time_seconds"], before["process_start_time_seconds"]);
    drop(opened);
}

#[test]
fn metrics_are_installed_once_in_a_process() {
    let installed = Metrics::install().unwrap();
    metrics::counter!("installed_total").increment(1);
    assert_eq!(samples(&installed.render()).get("installed_total"), Some(&1.0));
    assert!(matches!(Metrics::install(), Err(TelemetryError::AlreadySetUp("the metrics recorder"))));
}
