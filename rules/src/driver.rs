//! The driver: woken by commits, by time and by a slow look around; safe to do twice.

use crate::replay::PatientReplay;
use crate::schedule::{Lane, Schedule};
use crate::{Rulebooks, gather};
use care::{PatientId, Run};
use prometheus_client::metrics::{counter::Counter, gauge::Gauge, histogram::Histogram};
use service_kit::{Clock, ComponentHealth, Health, Metrics, Shutdown};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{Notice, SharedStore, StoreError};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::task::JoinSet;
use vitals::Instant;

/// Patients asked for in one look around.
const LOOK_AROUND: u32 = 1_000;

/// How the reconciler works.
#[derive(Clone, Debug)]
pub struct ReconcilerOptions {
    /// patients evaluated at the same time, so that their commits share a sync
    pub concurrency: usize,
    /// of these, patients whom nobody told of but who were found by looking around: many at once only cost those who
    /// have a page open
    pub catching_up: usize,
    /// patients whose windows stay in memory (docs/performance.md says how much that takes); the others are rebuilt from
    /// the journal when they are needed, which takes longer the longer they have been there
    pub patients_in_memory: usize,
    /// how often everything is looked at, whether or not anybody said that something changed
    pub look_around: Duration,
}

impl Default for ReconcilerOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let catching_up = (cores / 2).max(1);
        Self { concurrency: 16, catching_up, patients_in_memory: 200_000, look_around: Duration::from_secs(30) }
    }
}

/// Why the reconciler did not start.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// the store did not answer
    #[error("the rules cannot read the store")]
    Store(#[from] StoreError),
    /// a stored rulebook does not load
    #[error("the rulebooks in the store do not load:\n{0}")]
    Rulebooks(String),
}

struct Measures {
    evaluations: Counter,
    stale: Counter,
    failures: Counter,
    rebuilt: Counter,
    waiting: Gauge,
    seconds: Histogram,
}

impl Measures {
    fn new(metrics: &Metrics) -> Self {
        let buckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0];
        Self {
            evaluations: metrics.counter("hearth_rules_evaluations", "Evaluations of a patient that were committed"),
            stale: metrics.counter("hearth_rules_stale", "Evaluations done again because the journal moved on"),
            failures: metrics.counter("hearth_rules_failures", "Evaluations that the store refused; tried again"),
            rebuilt: metrics
                .counter("hearth_rules_rebuilt", "Evaluations that read everything known of the patient again"),
            waiting: metrics.gauge("hearth_rules_patients_waiting", "Patients with events that are not folded yet"),
            seconds: metrics.histogram("hearth_rules_evaluation_seconds", "From turn to commit", buckets),
        }
    }
}

/// Folds every patient's journal into episodes and tasks.
pub struct Reconciler {
    store: SharedStore,
    clock: Clock,
    options: ReconcilerOptions,
    runs: Vec<Run>,
    rulebooks: Rulebooks,
    /// rebuilt patients, the least recently used thrown away when there are too many
    memory: Mutex<HashMap<PatientId, (u64, Box<PatientReplay>)>>,
    turns: std::sync::atomic::AtomicU64,
    measures: Measures,
    health: ComponentHealth,
}

impl Reconciler {
    /// Starts it as a task of `shutdown`. The start itself must have been journalled
    /// ([`store::Worklist::record_start`]); `runs` is what that returned.
    ///
    /// # Errors
    /// [`RulesError`] where the store does not answer or its rulebooks do not load.
    pub async fn start(
        store: SharedStore,
        clock: Clock,
        metrics: &Metrics,
        health: &Health,
        shutdown: &Shutdown,
        runs: Vec<Run>,
        options: ReconcilerOptions,
    ) -> Result<Arc<Self>, RulesError> {
        let notices = store.notices();
        let rulebooks = Rulebooks::default();
        rulebooks.current(&store).await?;
        let health = health.component("rules");
        let this = Arc::new(Self {
            store,
            clock,
            options,
            runs,
            rulebooks,
            memory: Mutex::default(),
            turns: Default::default(),
            measures: Measures::new(metrics),
            health,
        });
        this.health.up();
        let (running, token) = (Arc::clone(&this), shutdown.token());
        shutdown.spawn("rules", async move { running.run(notices, token).await });
        Ok(this)
    }

    async fn run(
        self: Arc<Self>,
        mut notices: broadcast::Receiver<Arc<Notice>>,
        stop: tokio_util::sync::CancellationToken,
    ) {
        let mut schedule = Schedule::default();
        let mut turns: JoinSet<(PatientId, Turn)> = JoinSet::new();
        let mut wake_at: Option<Instant> = None;
        let mut look_around = tokio::time::interval(self.options.look_around);
        loop {
            while schedule.running() < self.options.concurrency
                && let Some(patient) = schedule.take(self.options.catching_up)
            {
                let this = Arc::clone(&self);
                turns.spawn(async move {
                    let turn = this.turn(&patient).await;
                    (patient, turn)
                });
            }
            if schedule.wants_look() {
                look_around.reset_immediately();
            }
            self.measures.waiting.set(i64::try_from(schedule.depth()).unwrap_or(i64::MAX));
            let asleep = self.sleep_until(wake_at);
            tokio::select! {
                () = stop.cancelled() => break,
                notice = notices.recv() => match notice {
                    Ok(notice) => notice.dirty.iter().cloned().for_each(|p| schedule.push(p, Lane::Told)),
                    // Too much happened to be told one by one: look for oneself.
                    Err(RecvError::Lagged(_)) => look_around.reset_immediately(),
                    Err(RecvError::Closed) => break,
                },
                Some(done) = turns.join_next() => self.turn_over(done, &mut schedule, &mut wake_at),
                () = asleep => wake_at = self.who_is_due(&mut schedule).await,
                _ = look_around.tick() => {
                    schedule.look();
                    self.who_is_dirty(&mut schedule).await;
                    wake_at = self.who_is_due(&mut schedule).await;
                }
            }
        }
        // A turn is one transaction: it is committed whole or not at all, so waiting for it is short.
        while turns.join_next().await.is_some() {}
    }

    async fn sleep_until(&self, wake_at: Option<Instant>) {
        match wake_at {
            Some(at) => self.clock.sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    fn turn_over(
        &self,
        done: Result<(PatientId, Turn), tokio::task::JoinError>,
        schedule: &mut Schedule,
        wake_at: &mut Option<Instant>,
    ) {
        match done {
            Ok((patient, turn)) => {
                let lane = schedule.done(&patient, !matches!(turn, Turn::Failed));
                match turn {
                    Turn::Done { wake_at: at } => *wake_at = [*wake_at, at].into_iter().flatten().min(),
                    Turn::Again => schedule.push(patient, lane),
                    // The slow look around comes back to it; until then health says so.
                    Turn::Failed => {}
                }
            }
            Err(error) => {
                // A turn that panicked keeps its patient from running; everything is said and nothing is lost.
                tracing::error!(%error, "an evaluation stopped unexpectedly");
                self.health.down("an evaluation stopped unexpectedly; see the log and restart");
            }
        }
    }

    async fn who_is_dirty(&self, schedule: &mut Schedule) {
        match self.store.dirty_patients(LOOK_AROUND).await {
            Ok(patients) => schedule.found(patients, LOOK_AROUND),
            Err(error) => self.report(&error),
        }
    }

    /// Queues who is due, and says when to look again.
    async fn who_is_due(&self, schedule: &mut Schedule) -> Option<Instant> {
        let now = self.clock.now();
        match self.store.due_patients(now, LOOK_AROUND).await {
            Ok((patients, next)) => {
                schedule.found(patients, LOOK_AROUND);
                next
            }
            Err(error) => {
                self.report(&error);
                now.checked_add_signed(chrono::TimeDelta::seconds(1))
            }
        }
    }

    fn report(&self, error: &StoreError) {
        self.measures.failures.inc();
        tracing::error!(%error, "the rules cannot read or write the store");
        self.health.degraded("the store refuses the rules; see the log");
    }

    /// One patient's turn: gather → evaluate → commit.
    async fn turn(&self, patient: &PatientId) -> Turn {
        let started = std::time::Instant::now();
        let outcome = match self.evaluate(patient).await {
            Ok(turn) => {
                self.measures.evaluations.inc();
                self.health.up();
                turn
            }
            Err(RulesError::Store(StoreError::Stale)) => {
                self.measures.stale.inc();
                self.forget(patient);
                Turn::Again
            }
            Err(RulesError::Store(error)) => {
                self.report(&error);
                self.forget(patient);
                Turn::Failed
            }
            Err(error @ RulesError::Rulebooks(_)) => {
                tracing::error!(%error, "a rulebook in the store does not load");
                self.health.degraded("a rulebook in the store does not load; see the log");
                self.forget(patient);
                Turn::Failed
            }
        };
        self.measures.seconds.observe(started.elapsed().as_secs_f64());
        outcome
    }

    async fn evaluate(&self, patient: &PatientId) -> Result<Turn, RulesError> {
        let remembered = self.remembered(patient);
        let turn =
            gather::turn(&self.store, &self.rulebooks, patient, remembered, &self.runs, || self.clock.now()).await?;
        self.measures.rebuilt.inc_by(u64::from(turn.rebuilt));
        let wake_at = turn.replay.next_wake();
        self.remember(patient, turn.replay);
        Ok(if turn.more { Turn::Again } else { Turn::Done { wake_at } })
    }

    fn remembered(&self, patient: &PatientId) -> Option<Box<PatientReplay>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).remove(patient).map(|(_, replay)| replay)
    }

    fn forget(&self, patient: &PatientId) {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).remove(patient);
    }

    fn remember(&self, patient: &PatientId, replay: Box<PatientReplay>) {
        let turn = self.turns.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.insert(patient.clone(), (turn, replay));
        if memory.len() > self.options.patients_in_memory {
            // Throws away the older half at once, so that the search for the oldest is rare.
            let mut turns: Vec<u64> = memory.values().map(|(turn, _)| *turn).collect();
            turns.sort_unstable();
            let middle = turns.get(turns.len() / 2).copied().unwrap_or(u64::MAX);
            memory.retain(|_, (turn, _)| *turn >= middle);
        }
    }
}

/// How a patient's turn ended.
enum Turn {
    /// everything is folded; somebody waits for this time
    Done { wake_at: Option<Instant> },
    /// there is more to fold
    Again,
    /// the store refused; the look around tries again
    Failed,
}
