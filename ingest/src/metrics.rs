//! What ingest counts. Names carry no id; labels come from closed lists.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use service_kit::Metrics;
use store::{Admitted, ItemStatus};

type Label = [(&'static str, &'static str); 1];

/// Handles to ingest's metrics; clones share their values.
#[derive(Clone, Debug)]
pub(crate) struct IngestMetrics {
    /// open connections of the own endpoint
    pub(crate) connections: Gauge,
    /// connections that are not read at the moment, by why
    waiting: Family<Label, Gauge>,
    connects: Family<Label, Counter>,
    items: [Counter; 3],
    /// messages at QoS 0
    pub(crate) qos0: Counter,
    /// batches committed
    pub(crate) commits: Counter,
    /// batches whose commit failed
    pub(crate) commit_failures: Counter,
    queue: Family<Label, Gauge>,
    /// receipts handed to a session
    pub(crate) receipts: Counter,
    /// receipts dropped because a session's queue was full
    pub(crate) receipts_dropped: Counter,
    refused: Family<Label, Counter>,
    /// connections closed by us, by why
    closed: Family<Label, Counter>,
    /// messages from a broker whose acknowledgement belonged to an older connection
    pub(crate) stale_acks: Counter,
}

impl IngestMetrics {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        let items = metrics.register(
            "hearth_ingest_items",
            "Items by what became of them",
            Family::<Label, Counter>::default(),
        );
        let item = |status| items.get_or_create(&[("status", status)]).clone();
        Self {
            connections: metrics.gauge("hearth_mqtt_connections", "Open MQTT connections"),
            waiting: metrics.register(
                "hearth_mqtt_waiting",
                "Connections that are not being read, by why",
                Family::default(),
            ),
            connects: metrics.register("hearth_mqtt_connects", "CONNECT packets by outcome", Family::default()),
            items: [item("stored"), item("duplicate"), item("quarantined")],
            qos0: metrics.counter("hearth_ingest_qos0_messages", "Messages at QoS 0"),
            commits: metrics.counter("hearth_ingest_commits", "Batches committed"),
            commit_failures: metrics.counter("hearth_ingest_commit_failures", "Batches whose commit failed"),
            queue: metrics.register(
                "hearth_ingest_queue_items",
                "Items between the doors and the writer, by lane",
                Family::default(),
            ),
            receipts: metrics.counter("hearth_mqtt_receipts", "Receipts handed to sessions"),
            receipts_dropped: metrics
                .counter("hearth_mqtt_receipts_dropped", "Receipts dropped because a session's queue was full"),
            refused: metrics.register("hearth_mqtt_refused_publishes", "Refused publishes by why", Family::default()),
            closed: metrics.register("hearth_mqtt_closed", "Connections ended, by why", Family::default()),
            stale_acks: metrics.counter(
                "hearth_broker_stale_acks",
                "Acknowledgements withheld because they belonged to an older connection to the broker",
            ),
        }
    }

    pub(crate) fn waiting(&self, why: &'static str) -> Gauge {
        self.waiting.get_or_create(&[("why", why)]).clone()
    }

    pub(crate) fn queue(&self, lane: &'static str) -> Gauge {
        self.queue.get_or_create(&[("lane", lane)]).clone()
    }

    pub(crate) fn connect(&self, outcome: &'static str) {
        self.connects.get_or_create(&[("outcome", outcome)]).inc();
    }

    pub(crate) fn refused(&self, why: &'static str) {
        self.refused.get_or_create(&[("why", why)]).inc();
    }

    pub(crate) fn closed(&self, why: &'static str) {
        self.closed.get_or_create(&[("why", why)]).inc();
    }

    /// Counts what became of a batch.
    pub(crate) fn committed(&self, batch: &[Option<Admitted>]) {
        let mut counts = [0_u64; 3];
        for status in batch.iter().flatten().flat_map(|admitted| &admitted.items) {
            let [stored, duplicate, quarantined] = &mut counts;
            let count = match status {
                ItemStatus::Stored { .. } => stored,
                ItemStatus::Duplicate => duplicate,
                ItemStatus::Quarantined { .. } => quarantined,
            };
            *count = count.saturating_add(1);
        }
        for (counter, count) in self.items.iter().zip(counts) {
            if count > 0 {
                counter.inc_by(count);
            }
        }
        self.commits.inc();
    }
}
