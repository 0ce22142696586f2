//! Prometheus metrics. Code counts through the macros of the `metrics` crate; this module gathers and renders.

use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use crate::TelemetryError;
use crate::process;

/// The content type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Histograms named `..._seconds` count in these, from a fraction of a message's way to a slow page.
const DURATION_BUCKETS_SECONDS: [f64; 12] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.0, 10.0];
/// Histograms named `..._bytes` count in these.
const SIZE_BUCKETS_BYTES: [f64; 6] = [256.0, 1_024.0, 4_096.0, 65_536.0, 1_048_576.0, 16_777_216.0];

/// The metrics of the process.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// Starts gathering the metrics of the process.
    ///
    /// # Errors
    /// When gathering was started before.
    pub fn install() -> Result<Self, TelemetryError> {
        builder()?.install_recorder().map(|handle| Self { handle }).map_err(|error| match error {
            BuildError::FailedToSetGlobalRecorder(_) => TelemetryError::AlreadySetUp("the metrics recorder"),
            other => TelemetryError::Metrics(other.to_string()),
        })
    }

    /// A recorder that is not the process's own, and the metrics it gathers.
    ///
    /// # Errors
    /// When the recorder cannot be made.
    pub fn local() -> Result<(PrometheusRecorder, Self), TelemetryError> {
        let recorder = builder()?.build_recorder();
        let handle = recorder.handle();
        Ok((recorder, Self { handle }))
    }

    /// Everything gathered, and what the kernel knows of the process, in Prometheus's text format.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.render() + &process::render()
    }

    /// Folds what histograms gathered since. Call it every few seconds: between scrapes they keep every single value.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

fn builder() -> Result<PrometheusBuilder, TelemetryError> {
    let refused = |error: BuildError| TelemetryError::Metrics(error.to_string());
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &DURATION_BUCKETS_SECONDS)
        .map_err(refused)?
        .set_buckets_for_metric(Matcher::Suffix("_bytes".into()), &SIZE_BUCKETS_BYTES)
        .map_err(refused)
}
