//! Admit, then commit: what both ways in share.
//!
//! Two lanes lead to the store's writer. Backlog (what was measured long before it arrived) may hold only a part
//! of the writer's queue, so that a fresh reading waits behind a bounded amount of it, whoever sent it. Full
//! means that the sender waits.

use crate::admission::{self, Admission, AdmissionLimits, Answer};
use crate::config::IngestConfig;
use crate::metrics::IngestMetrics;
use bytes::Bytes;
use chrono::TimeDelta;
use prometheus_client::metrics::gauge::Gauge;
use service_kit::Clock;
use std::sync::Arc;
use store::{Admit, Admitted, SharedStore, SourceStatus, StoreError, Via};
use tokio::sync::Semaphore;
use vitals::{DeviceRef, ReceivedAt};
use wire::Topic;

/// Where everything that may become a reading goes through.
pub(crate) struct Pipeline {
    pub(crate) store: SharedStore,
    pub(crate) clock: Clock,
    pub(crate) metrics: IngestMetrics,
    limits: AdmissionLimits,
    backlog_after: TimeDelta,
    fresh: Lane,
    backlog: Lane,
}

/// A share of the way to the writer.
struct Lane {
    permits: Semaphore,
    capacity: u32,
    depth: Gauge,
}

/// Which lane a message takes, or that it has nothing to commit (an empty array).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Fresh,
    Backlog,
    None,
}

/// Messages on their way to one commit, in order.
#[derive(Default)]
pub(crate) struct Work {
    fresh: Vec<Admit>,
    backlog: Vec<Admit>,
    order: Vec<Way>,
    items: usize,
    statuses: Vec<SourceStatus>,
}

impl Work {
    /// Makes room for so many messages, which are mostly fresh.
    pub(crate) fn reserve(&mut self, messages: usize) {
        self.fresh.reserve(messages);
        self.order.reserve(messages);
    }

    /// Items in it: readings and refusals.
    pub(crate) const fn items(&self) -> usize {
        self.items
    }

    /// Adds a hub's status; only the last one of a batch is kept, as each replaces the one before.
    pub(crate) fn status(&mut self, status: SourceStatus) {
        self.statuses.retain(|other| other.source != status.source);
        self.statuses.push(status);
    }

    /// Adds a message.
    pub(crate) fn push(&mut self, judged: Judged) -> Answer {
        let Judged { admit, answer, way, .. } = judged;
        self.items = self.items.saturating_add(admit.items.len());
        match way {
            Way::Fresh => self.fresh.push(admit),
            Way::Backlog => self.backlog.push(admit),
            Way::None => {}
        }
        self.order.push(way);
        answer
    }
}

/// A message after admission.
pub(crate) struct Judged {
    admit: Admit,
    answer: Answer,
    way: Way,
    /// members that the contract does not know
    pub(crate) unknown_fields: u64,
}

impl Judged {
    /// A message on a topic that is none of the contract's; only a broker lets one through.
    pub(crate) fn refused(
        admission: Admission,
        device: DeviceRef,
        topic: String,
        payload: &Bytes,
        received_at: ReceivedAt,
    ) -> Self {
        let (items, answer) = admission.into_parts(payload);
        let DeviceRef { source, device } = device;
        let admit = Admit { source, device, topic, received_at, hub_connected: false, via: Via::Broker, items };
        Self { admit, answer, way: Way::Fresh, unknown_fields: 0 }
    }
}

/// A message as it came.
pub(crate) struct Arrival<'a> {
    pub(crate) topic: &'a Topic,
    pub(crate) device: &'a DeviceRef,
    pub(crate) topic_text: String,
    pub(crate) payload: &'a Bytes,
    pub(crate) received_at: ReceivedAt,
    pub(crate) hub_connected: bool,
    pub(crate) via: Via,
}

impl Pipeline {
    pub(crate) fn new(config: &IngestConfig, store: SharedStore, clock: Clock, metrics: IngestMetrics) -> Arc<Self> {
        let total = config.limits.queue.max(8);
        let lane = |name, capacity: u32| Lane {
            permits: Semaphore::new(usize::try_from(capacity).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)),
            capacity,
            depth: metrics.queue(name),
        };
        Arc::new(Self {
            backlog_after: TimeDelta::from_std(config.backlog_after.0).unwrap_or(TimeDelta::MAX),
            limits: config.admission.clone(),
            fresh: lane("fresh", total - total / 4),
            backlog: lane("backlog", total / 4),
            store,
            clock,
            metrics,
        })
    }

    /// Admission, and which lane.
    pub(crate) fn judge(&self, arrival: Arrival<'_>) -> Judged {
        let admission = admission::admit(arrival.topic, arrival.payload, arrival.received_at, &self.limits);
        let way = self.way(&admission, arrival.received_at);
        let unknown = |item: &admission::Item| item.verdict.as_ref().map_or(0, |a| u64::from(a.unknown_fields));
        let unknown_fields = admission.items.iter().map(unknown).sum();
        let (items, answer) = admission.into_parts(arrival.payload);
        let admit = Admit {
            source: arrival.device.source.clone(),
            device: arrival.device.device.clone(),
            topic: arrival.topic_text,
            received_at: arrival.received_at,
            hub_connected: arrival.hub_connected,
            via: arrival.via,
            items,
        };
        Judged { admit, answer, way, unknown_fields }
    }

    /// A message is backlog if none of its readings is fresh; what could not be read is not kept waiting.
    fn way(&self, admission: &Admission, received_at: ReceivedAt) -> Way {
        if admission.items.is_empty() {
            return Way::None;
        }
        let old = |item: &admission::Item| {
            item.verdict.as_ref().is_ok_and(|admitted| {
                received_at.0.signed_duration_since(admitted.reading.measured_at.instant()) > self.backlog_after
            })
        };
        if admission.items.iter().all(old) { Way::Backlog } else { Way::Fresh }
    }

    /// Commits `work`; one answer per message in its order, `None` for what had nothing to commit.
    pub(crate) async fn commit(self: Arc<Self>, work: Work) -> Result<Vec<Option<Admitted>>, StoreError> {
        let Work { fresh, backlog, order, statuses, .. } = work;
        let committed = async {
            let (fresh, backlog) = tokio::join!(
                Self::through(&self.fresh, &self.store, fresh),
                Self::through(&self.backlog, &self.store, backlog)
            );
            for status in statuses {
                self.store.put_status(status).await?;
            }
            Ok::<_, StoreError>((fresh?, backlog?))
        };
        let (fresh, backlog) = committed.await.inspect_err(|_| {
            self.metrics.commit_failures.inc();
        })?;
        let (mut fresh, mut backlog) = (fresh.into_iter(), backlog.into_iter());
        let mut answers = Vec::with_capacity(order.len());
        for way in order {
            let answer = match way {
                Way::Fresh => fresh.next(),
                Way::Backlog => backlog.next(),
                Way::None => None,
            };
            if answer.is_none() && way != Way::None {
                // Nothing may be promised for a message that the store did not answer.
                return Err(StoreError::Unavailable("it answered fewer messages than it was given".to_owned()));
            }
            answers.push(answer);
        }
        self.metrics.committed(&answers);
        Ok(answers)
    }

    async fn through(lane: &Lane, store: &SharedStore, batch: Vec<Admit>) -> Result<Vec<Admitted>, StoreError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let items: usize = batch.iter().map(|message| message.items.len()).sum();
        // A batch larger than the lane takes all of it, or it would wait for ever.
        let wanted = u32::try_from(items).unwrap_or(u32::MAX).min(lane.capacity);
        let closed = |_| StoreError::Unavailable("ingest is stopping".to_owned());
        let _permit = lane.permits.acquire_many(wanted).await.map_err(closed)?;
        let _depth = Held::new(&lane.depth, wanted);
        store.admit(batch).await
    }
}

/// Counts in a gauge while it lives, also where a future is dropped halfway.
pub(crate) struct Held<'a>(&'a Gauge, i64);

impl<'a> Held<'a> {
    pub(crate) fn new(gauge: &'a Gauge, by: u32) -> Self {
        gauge.inc_by(i64::from(by));
        Self(gauge, i64::from(by))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.dec_by(self.1);
    }
}
