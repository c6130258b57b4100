//! Last wills: what is said of a hub that went without a word and does not come back in time.
//!
//! Each is in the store from CONNECT on, so that no end of this process swallows it. After a start it is said for
//! every hub that is not back when it falls due.

use super::{Door, lock};
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{HubWill, SourceStatus, StoreError};
use tokio::time::Instant;
use vitals::SourceId;

/// How long hubs that were connected when the process ended have to come back: that end was not theirs. Ours to
/// choose; above a usual reconnect, below a usual keep-alive of several minutes.
const GRACE: Duration = Duration::from_secs(60);

/// Source and client id.
pub(crate) type Key = (SourceId, String);

/// Wills that are in the store, by session; with a [`Pending`] where the hub is away.
#[derive(Debug, Default)]
pub(crate) struct Wills(Mutex<HashMap<Key, Option<Pending>>>);

/// To be said at `due`.
#[derive(Debug)]
struct Pending {
    due: Instant,
    payload: Bytes,
    why: Why,
}

/// Whose the end of the connection was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    HubLeft,
    HearthEnded,
}

impl Door {
    /// Takes over what the process before this one left.
    pub(crate) async fn restore_wills(self: &Arc<Self>) -> Result<(), StoreError> {
        let now = self.pipeline.clock.now();
        for will in self.pipeline.store.wills().await? {
            let (why, wait) = match will.due_at {
                Some(due) => (Why::HubLeft, due.signed_duration_since(now).to_std().unwrap_or_default()),
                None => (Why::HearthEnded, GRACE.max(Duration::from_secs(u64::from(will.delay_s)))),
            };
            self.say_later(will, why, wait).await?;
        }
        Ok(())
    }

    /// The hub is back: what was to be said is not, unless it left and comes with a new session.
    pub(crate) async fn came_back(&self, key: &Key, clean: bool) -> Result<(), StoreError> {
        let pending = lock(&self.wills.0).get_mut(key).and_then(Option::take);
        match pending {
            Some(Pending { payload, why: Why::HubLeft, .. }) if clean => self.put_status(&key.0, payload).await,
            _ => Ok(()),
        }
    }

    /// Keeps the will of a connection that opens, `delay` in seconds; without one forgets what its session had.
    pub(crate) async fn keep_will(&self, key: &Key, will: Option<(Bytes, u32)>) -> Result<(), StoreError> {
        let Some((payload, delay_s)) = will else { return self.settle_will(key).await };
        let (source, client_id) = key.clone();
        self.pipeline.store.put_will(HubWill { source, client_id, payload, delay_s, due_at: None }).await?;
        lock(&self.wills.0).insert(key.clone(), None);
        Ok(())
    }

    /// The hub is gone without a word: says its will, at once or after `delay_s`.
    pub(crate) async fn gone(self: &Arc<Self>, key: &Key, payload: Bytes, delay_s: u32) -> Result<(), StoreError> {
        if delay_s == 0 {
            return self.say(key, payload).await;
        }
        let (source, client_id) = key.clone();
        let will = HubWill { source, client_id, payload, delay_s, due_at: None };
        self.say_later(will, Why::HubLeft, Duration::from_secs(u64::from(delay_s))).await
    }

    /// There is nothing more to say.
    pub(crate) async fn settle_will(&self, key: &Key) -> Result<(), StoreError> {
        if lock(&self.wills.0).remove(key).is_some() {
            self.pipeline.store.drop_will(&key.0, &key.1).await?;
        }
        Ok(())
    }

    /// Says a will after `wait`, unless the hub is back by then. Where Hearth stops first, the next start does.
    async fn say_later(self: &Arc<Self>, will: HubWill, why: Why, wait: Duration) -> Result<(), StoreError> {
        let due = Instant::now() + wait;
        let now = self.pipeline.clock.now();
        let due_at = chrono::TimeDelta::from_std(wait).ok().and_then(|wait| now.checked_add_signed(wait));
        let key = (will.source.clone(), will.client_id.clone());
        let pending = Pending { due, payload: will.payload.clone(), why };
        lock(&self.wills.0).insert(key.clone(), Some(pending));
        let door = Arc::clone(self);
        self.tasks.spawn(async move {
            tokio::select! {
                () = tokio::time::sleep_until(due) => {}
                () = door.stop.cancelled() => return,
            }
            let Some(payload) = door.take_due(&key, due) else { return };
            if let Err(error) = door.say(&key, payload).await {
                tracing::error!(source = %key.0, error = %error, "a last will could not be said; the next start says it");
            }
        });
        self.pipeline.store.put_will(HubWill { due_at, ..will }).await
    }

    fn take_due(&self, key: &Key, due: Instant) -> Option<Bytes> {
        let mut wills = lock(&self.wills.0);
        let pending = wills.get_mut(key)?;
        if pending.as_ref().is_some_and(|pending| pending.due == due) {
            return pending.take().map(|pending| pending.payload);
        }
        None
    }

    async fn say(&self, key: &Key, payload: Bytes) -> Result<(), StoreError> {
        self.put_status(&key.0, payload).await?;
        self.settle_will(key).await
    }

    /// Keeps a hub's status on its behalf.
    async fn put_status(&self, source: &SourceId, payload: Bytes) -> Result<(), StoreError> {
        if wire::HubStatus::parse(&payload).is_err() {
            self.metrics.refused("will-payload");
            return Ok(());
        }
        let status = SourceStatus { source: source.clone(), payload, at: self.pipeline.clock.now() };
        self.pipeline.store.put_status(status).await
    }
}
