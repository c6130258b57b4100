//! The sources that are connected or have a session here: their records, sessions and rates.

use super::bell::Bell;
use super::bucket::Bucket;
use super::reason::Refusal;
use super::session::{Outgoing, Session};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{SourceKey, SourceKind};
use subtle::ConstantTimeEq;
use tokio::time::Instant;
use vitals::SourceId;

/// What is known here of one source.
pub(crate) struct SourceState {
    pub(crate) id: SourceId,
    record: Mutex<Record>,
    sessions: Mutex<Vec<Arc<Session>>>,
    bucket: Mutex<Bucket>,
    connections: AtomicU32,
    bells: Mutex<Vec<Arc<Bell>>>,
    /// messages at QoS 0 and unknown fields since they were last noted in the store
    pub(crate) qos0: AtomicU64,
    pub(crate) unknown_fields: AtomicU64,
    /// it connected, or something was counted, and that is to be noted; readings are seen from their devices
    pub(crate) seen: AtomicBool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Record {
    kind: SourceKind,
    secret: [u8; 32],
    disabled: bool,
}

impl From<&SourceKey> for Record {
    fn from(source: &SourceKey) -> Self {
        Self { kind: source.kind, secret: source.secret_sha256, disabled: source.disabled }
    }
}

impl Record {
    fn check(self, password: &[u8]) -> Result<(), Refusal> {
        let digest: [u8; 32] = Sha256::digest(password).into();
        if !bool::from(digest.ct_eq(&self.secret)) {
            return Err(Refusal::BadCredentials);
        }
        if self.disabled { Err(Refusal::NotAuthorised) } else { Ok(()) }
    }
}

/// Whether `password` is the source's secret, in constant time, and whether it may connect. Where there is no
/// such source no password is right, and finding that out takes as long.
pub(crate) fn check(source: Option<&SourceKey>, password: &[u8]) -> Result<(), Refusal> {
    let nobody = Record { kind: SourceKind::Vendor, secret: [0; 32], disabled: true };
    source.map_or(nobody, Record::from).check(password)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SourceState {
    fn new(source: &SourceKey, bucket: Bucket, asleep: Vec<Arc<Session>>) -> Self {
        Self {
            id: source.id.clone(),
            record: Mutex::new(Record::from(source)),
            sessions: Mutex::new(asleep),
            bucket: Mutex::new(bucket),
            connections: AtomicU32::new(0),
            bells: Mutex::default(),
            qos0: AtomicU64::new(0),
            unknown_fields: AtomicU64::new(0),
            seen: AtomicBool::new(true),
        }
    }

    /// See [`check`].
    pub(crate) fn check(&self, password: &[u8]) -> Result<(), Refusal> {
        lock(&self.record).check(password)
    }

    pub(crate) fn is_gateway(&self) -> bool {
        lock(&self.record).kind == SourceKind::Gateway
    }

    /// Takes over what the store says now; its connections are told to go if they could not have been opened.
    pub(crate) fn update(&self, source: Option<&SourceKey>) {
        let revoked = {
            let mut record = lock(&self.record);
            let before = *record;
            match source {
                Some(source) => *record = Record::from(source),
                None => record.disabled = true,
            }
            record.disabled || record.secret != before.secret
        };
        if revoked {
            self.ring(super::bell::REVOKED);
        }
    }

    /// Counts `more` in one of its counters, to be noted.
    pub(crate) fn count(&self, counter: &AtomicU64, more: u64) {
        counter.fetch_add(more, Ordering::Relaxed);
        self.seen.store(true, Ordering::Release);
    }

    pub(crate) fn ring(&self, bits: u8) {
        for bell in lock(&self.bells).iter() {
            bell.ring(bits);
        }
    }

    /// Counts a connection in, while what it returns lives.
    pub(crate) fn connect(self: &Arc<Self>, bell: &Arc<Bell>, most: u32) -> Result<Connected, Refusal> {
        let mut bells = lock(&self.bells);
        if self.connections.load(Ordering::Acquire) >= most {
            return Err(Refusal::Quota);
        }
        self.connections.fetch_add(1, Ordering::AcqRel);
        bells.push(Arc::clone(bell));
        drop(bells);
        Ok(Connected { source: Arc::clone(self), bell: Arc::clone(bell) })
    }

    /// See [`Bucket::take`].
    pub(crate) fn take_tokens(&self, readings: usize, now: Instant) -> Option<std::time::Duration> {
        lock(&self.bucket).take(readings, now)
    }

    /// The session of that name, new if there is none.
    pub(crate) fn session(&self, client_id: &str, cap: u32) -> Arc<Session> {
        let mut sessions = lock(&self.sessions);
        if let Some(session) = sessions.iter().find(|s| s.client_id == client_id) {
            return Arc::clone(session);
        }
        let cap = usize::try_from(cap).unwrap_or(usize::MAX);
        let asleep = |s: &Arc<Session>| s.state().expires;
        while sessions.iter().filter(|s| asleep(s).is_some()).count() >= cap {
            let oldest = sessions.iter().enumerate().filter_map(|(i, s)| Some((asleep(s)?, i))).min();
            let Some((_, place)) = oldest else { break };
            sessions.remove(place).state().gone = true;
        }
        let session = Session::new(self.id.clone(), client_id.to_owned());
        sessions.push(Arc::clone(&session));
        session
    }

    /// Takes a session out; whoever waits for it looks again.
    pub(crate) fn forget(&self, session: &Arc<Session>) {
        session.state().gone = true;
        lock(&self.sessions).retain(|s| !Arc::ptr_eq(s, session));
    }

    /// Whether anybody would get a message.
    pub(crate) fn listens(&self) -> bool {
        lock(&self.sessions).iter().any(|s| s.listens())
    }

    /// Queues messages for every session whose filters match: how many were queued, how many dropped.
    pub(crate) fn offer(&self, messages: &[Outgoing], cap: usize) -> (u64, u64) {
        let sessions = lock(&self.sessions).clone();
        let offered = sessions.iter().map(|s| s.offer(messages, cap));
        offered.fold((0, 0), |(a, b), (x, y)| (a.saturating_add(x), b.saturating_add(y)))
    }

    /// Forgets what expired; true if nothing is left of the source here.
    fn tidy(&self, now: Instant) -> bool {
        let mut sessions = lock(&self.sessions);
        sessions.retain(|session| {
            let mut state = session.state();
            let expired = state.expires.is_some_and(|at| at <= now) && state.waiting == 0;
            state.gone |= expired;
            !expired
        });
        sessions.is_empty() && self.connections.load(Ordering::Acquire) == 0
    }
}

/// A connection of a source, counted.
pub(crate) struct Connected {
    source: Arc<SourceState>,
    bell: Arc<Bell>,
}

impl Drop for Connected {
    fn drop(&mut self) {
        lock(&self.source.bells).retain(|bell| !Arc::ptr_eq(bell, &self.bell));
        self.source.connections.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Every [`SourceState`], by id.
#[derive(Default)]
pub(crate) struct Sources {
    known: Mutex<HashMap<SourceId, Arc<SourceState>>>,
}

impl Sources {
    pub(crate) fn get(&self, id: &SourceId) -> Option<Arc<SourceState>> {
        lock(&self.known).get(id).cloned()
    }

    /// Adds a source that the store knows, with the sessions that sleep there; the first of two that do wins.
    pub(crate) fn add(&self, source: &SourceKey, bucket: Bucket, asleep: Vec<Arc<Session>>) -> Arc<SourceState> {
        let state = Arc::new(SourceState::new(source, bucket, asleep));
        Arc::clone(lock(&self.known).entry(source.id.clone()).or_insert(state))
    }

    pub(crate) fn all(&self) -> Vec<Arc<SourceState>> {
        lock(&self.known).values().cloned().collect()
    }

    /// Forgets expired sessions, and sources that have neither session nor connection nor counts.
    pub(crate) fn tidy(&self, now: Instant) {
        lock(&self.known).retain(|_, source| {
            let idle = source.tidy(now);
            let noted = !source.seen.load(Ordering::Acquire);
            // A connect in progress holds the state and would otherwise be left with an orphan.
            !(idle && noted && Arc::strong_count(source) == 1)
        });
    }
}
