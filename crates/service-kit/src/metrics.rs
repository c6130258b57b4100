//! The one registry of metrics, behind a handle that every service shares.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge, histogram::Histogram},
    registry::{Metric, Registry},
};

/// Handle to the process's metrics; clones share one registry.
///
/// Each name is registered once: keep the metric that you get and clone it. Names start with `hearth_`, carry
/// their unit (`hearth_commit_seconds`), and never hold an id of a patient.
#[derive(Debug, Clone, Default)]
pub struct Metrics(Arc<Mutex<Registry>>);

impl Metrics {
    /// What `encode` writes, for the `Content-Type` of `/metrics`.
    pub const CONTENT_TYPE: &'static str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a counter; `_total` is added to its name on the way out.
    #[must_use]
    pub fn counter(&self, name: &str, help: &str) -> Counter {
        self.register(name, help, Counter::default())
    }

    /// Registers a gauge.
    #[must_use]
    pub fn gauge(&self, name: &str, help: &str) -> Gauge {
        self.register(name, help, Gauge::default())
    }

    /// Registers a histogram with the upper bounds of its buckets (infinity is added).
    #[must_use]
    pub fn histogram(&self, name: &str, help: &str, buckets: impl IntoIterator<Item = f64>) -> Histogram {
        self.register(name, help, Histogram::new(buckets))
    }

    /// Registers any metric, a `Family` for instance, and hands back a clone that shares its values.
    #[must_use]
    pub fn register<M: Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
        // A full stop is added by the registry.
        let help = help.trim_end_matches('.');
        self.0.lock().unwrap_or_else(PoisonError::into_inner).register(name, help, metric.clone());
        metric
    }

    /// All metrics in the OpenMetrics text format, which Prometheus reads.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        let registry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if prometheus_client::encoding::text::encode(&mut text, &registry).is_err() {
            // Writing into a String does not fail; a metric that cannot be encoded must not take the rest along.
            tracing::error!("a metric could not be encoded; the answer is cut short");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_count_into_one_registry() {
        let metrics = Metrics::new();
        let stored = metrics.counter("hearth_readings_stored", "Readings stored.");
        metrics.clone().gauge("hearth_queue_depth", "Depth").set(3);
        metrics.histogram("hearth_commit_seconds", "Commit", [0.001, 0.1]).observe(0.01);
        stored.inc_by(2);
        let text = metrics.encode();
        assert!(text.contains("hearth_readings_stored_total 2\n"), "{text}");
        assert!(text.contains("hearth_queue_depth 3\n"), "{text}");
        assert!(text.contains("hearth_commit_seconds_bucket{le=\"0.1\"} 1\n"), "{text}");
    }
}
