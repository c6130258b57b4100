//! Hearth's own MQTT endpoint: a front door, not a general broker. A PUBACK means committed and synced.
//!
//! [`endpoint`] is the protocol without I/O, [`connection`] the task that drives it, [`session`] what outlives
//! a connection and [`source`] what the sessions of one principal share.

mod bell;
mod bucket;
mod connect;
mod connection;
mod ending;
mod endpoint;
mod flight;
mod io;
mod keeper;
mod listen;
mod penalty;
mod reason;
mod route;
mod session;
mod source;
mod stream;
mod wills;

pub(crate) use listen::start;

use crate::config::IngestConfig;
use crate::metrics::IngestMetrics;
use crate::pipeline::Pipeline;
use bell::Bell;
use bucket::Bucket;
use penalty::Penalties;
use source::Sources;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vitals::SourceId;
use wills::Wills;

/// What all connections share.
pub(crate) struct Door {
    pub(crate) pipeline: Arc<Pipeline>,
    pub(crate) limits: crate::config::Limits,
    pub(crate) drain: Duration,
    pub(crate) metrics: IngestMetrics,
    pub(crate) sources: Sources,
    wills: Wills,
    /// connections and delayed wills
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    addresses: Mutex<Penalties<IpAddr>>,
    offenders: Mutex<Penalties<SourceId>>,
    bells: Mutex<(u64, HashMap<u64, Arc<Bell>>)>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Door {
    pub(crate) fn new(config: &IngestConfig, pipeline: Arc<Pipeline>, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            metrics: pipeline.metrics.clone(),
            pipeline,
            limits: config.limits.clone(),
            drain: config.drain.0,
            sources: Sources::default(),
            wills: Wills::default(),
            tasks: TaskTracker::new(),
            stop,
            addresses: Mutex::new(Penalties::new()),
            offenders: Mutex::new(Penalties::new()),
            bells: Mutex::default(),
        })
    }

    fn bucket(&self) -> Bucket {
        Bucket::new(self.limits.readings_per_second, self.limits.burst, Instant::now())
    }

    /// Counts a connection in until the place is dropped.
    fn enter(self: &Arc<Self>, bell: &Arc<Bell>) -> Place {
        let mut bells = lock(&self.bells);
        let number = bells.0;
        bells.0 = number.wrapping_add(1);
        bells.1.insert(number, Arc::clone(bell));
        drop(bells);
        self.metrics.connections.inc();
        if self.stop.is_cancelled() {
            bell.ring(bell::DRAIN);
        }
        Place { door: Arc::clone(self), number }
    }

    fn ring_all(&self, bits: u8) {
        for bell in lock(&self.bells).1.values() {
            bell.ring(bits);
        }
    }

    /// Notes a refused CONNECT and says how long its answer takes.
    fn note_refusal(&self, peer: IpAddr) -> Duration {
        let now = Instant::now();
        let mut addresses = lock(&self.addresses);
        addresses.note(peer, now);
        addresses.delay(&peer, now)
    }

    /// Notes a source whose connection had to be closed.
    fn note_source(&self, source: &SourceId) {
        lock(&self.offenders).note(source.clone(), Instant::now());
    }

    fn source_delay(&self, source: &SourceId) -> Duration {
        lock(&self.offenders).delay(source, Instant::now())
    }
}

/// A connection's place; see [`Door::enter`].
struct Place {
    door: Arc<Door>,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.door.bells).1.remove(&self.number);
        self.door.metrics.connections.dec();
    }
}
