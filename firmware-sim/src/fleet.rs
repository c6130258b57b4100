//! A live fleet: every home of a cohort as a client of the broker, and a conductor who says what happens in them.

use crate::Measurement;
use crate::cohort::{Cohort, Home, HomeKind};
use crate::conductor::Conductor;
use crate::driver::{Answers, Clock, Driver, Order, Report};
use crate::firmware::{Message, TRANSFER_S};
use crate::hub::HubCounts;
use crate::mqtt::{Broker, Login};
use chrono::{SubsecRound, TimeDelta};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vitals::{DeviceId, Instant, Kind, SourceId};
use wire::Prompt;

/// Secrets by source.
pub type Credentials = BTreeMap<SourceId, Login>;

/// Orders that may wait for one hub.
const ORDERS: usize = 256;

/// How a fleet behaves.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// the longest silence: when nothing came of itself for so long, a device repeats its memory or somebody
    /// measures once more
    pub longest_silence: Duration,
    /// play the scenes of the first minute (a crisis, a low glucose, a suitcase on the scale …)
    pub scenes: bool,
    /// homes now and then lose the internet
    pub outages: bool,
    /// since when nothing was delivered, where a demonstration is continued: all homes bring their backlog
    /// (at most a week of it). `None` is the first start.
    pub since: Option<Instant>,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self { longest_silence: Duration::from_millis(2500), scenes: true, outages: true, since: None }
    }
}

/// Why a fleet cannot start.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// a source has no secret
    #[error("there is no secret for source `{0}`; register it and give its username and password")]
    NoSecret(SourceId),
}

/// What a fleet has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct FleetStats {
    /// sources
    pub sources: usize,
    /// of these, connected now
    pub connected: usize,
    /// messages without a receipt
    pub waiting: usize,
    /// prompts received
    pub prompts: u64,
    /// of these, answered
    pub answered: u64,
    /// the sum of what every source saw
    #[serde(flatten)]
    pub counts: HubCounts,
}

/// A running fleet; stops when told, or when dropped.
pub struct LiveFleet {
    stop: CancellationToken,
    tasks: TaskTracker,
    reports: Vec<watch::Receiver<Report>>,
}

/// The way to one home.
pub(crate) struct Door {
    pub(crate) orders: mpsc::Sender<Order>,
    pub(crate) scene: Stage,
}

/// What somebody would find if asked to measure again, where a scene says so.
pub(crate) type Stage = Arc<Mutex<HashMap<(u32, Kind), Measurement>>>;

impl LiveFleet {
    /// Connects every home and lets life go on. Call it within a tokio runtime.
    ///
    /// # Errors
    /// [`LiveError`] where a source has no secret; an empty `credentials` means a broker that wants none.
    pub fn start(
        broker: &Broker,
        credentials: &Credentials,
        cohort: Arc<Cohort>,
        options: LiveOptions,
        clock: Clock,
    ) -> Result<Self, LiveError> {
        let secret = |home: &Home| credentials.get(&home.source).cloned();
        if let Some(home) = cohort.homes().iter().find(|h| !credentials.is_empty() && secret(h).is_none()) {
            return Err(LiveError::NoSecret(home.source.clone()));
        }
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (mut doors, mut reports) = (Vec::new(), Vec::new());
        for (index, home) in cohort.homes().iter().enumerate() {
            let (orders, from_conductor) = mpsc::channel(ORDERS);
            let (tell, report) = watch::channel(Report::default());
            let scene = Stage::default();
            let driver = Driver {
                broker: broker.clone(),
                source: home.source.clone(),
                login: secret(home),
                has_status: home.kind == HomeKind::Gateway,
                answers: Box::new(AtHome { cohort: cohort.clone(), home: index, scene: scene.clone() }),
                clock: clock.clone(),
            };
            tasks.spawn(driver.run(from_conductor, tell, stop.clone()));
            doors.push(Door { orders, scene });
            reports.push(report);
        }
        let conductor = Conductor::new(cohort, doors, options, clock);
        tasks.spawn(conductor.run(stop.clone()));
        tasks.close();
        Ok(Self { stop, tasks, reports })
    }

    /// What it has done so far.
    #[must_use]
    pub fn stats(&self) -> FleetStats {
        let mut stats = FleetStats { sources: self.reports.len(), ..FleetStats::default() };
        for report in &self.reports {
            let report = report.borrow();
            stats.connected += usize::from(report.connected);
            stats.waiting += report.depth;
            stats.prompts += report.prompts;
            stats.answered += report.answered;
            stats.counts.add(&report.counts);
        }
        stats
    }

    /// Why a source is not connected, for the first that is not.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.reports.iter().find_map(|r| {
            let report = r.borrow();
            if report.connected { None } else { report.last_error.clone() }
        })
    }

    /// Says goodbye everywhere and waits until all is quiet (a few seconds at most).
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for LiveFleet {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The people of a home, who measure again when the hub asks them to.
struct AtHome {
    cohort: Arc<Cohort>,
    home: usize,
    scene: Stage,
}

impl Answers for AtHome {
    fn answer(&mut self, device: &DeviceId, prompt: &Prompt, now: Instant) -> Option<Message> {
        let home = self.cohort.homes().get(self.home).filter(|h| h.kind == HomeKind::Gateway)?;
        let device = home.device(device).filter(|d| d.kind == prompt.kind)?;
        let person = home.persona(device.persona_in(prompt.user_slot)?)?;
        // Devices know whole seconds, and the message is made when the device has sent it.
        let at = (now - TimeDelta::seconds(TRANSFER_S)).trunc_subsecs(0);
        let staged = self.scene.lock().ok()?.get(&(person.number(), prompt.kind)).cloned();
        let measurement = match staged {
            Some(staged) => Measurement { at, ..staged },
            None => person.measure(prompt.kind, at),
        };
        home.message(person, &measurement)
    }
}
