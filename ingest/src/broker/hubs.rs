//! The hubs behind the broker, by what their `status` says.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use vitals::SourceId;

/// Sources whose status came through the broker since this process runs: their prompts are the broker's to carry. The
/// broker keeps each hub's last status, and says it again at every subscription.
#[derive(Debug, Default)]
pub(super) struct Hubs {
    state: Mutex<State>,
    bell: Notify,
}

#[derive(Debug, Default)]
struct State {
    online: HashMap<SourceId, bool>,
    /// since [`Hubs::heard`] was asked last
    heard: BTreeSet<SourceId>,
}

impl Hubs {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn hear(&self, source: &SourceId, online: bool) {
        let mut state = self.state();
        state.online.insert(source.clone(), online);
        state.heard.insert(source.clone());
        drop(state);
        self.bell.notify_one();
    }

    /// Whether the hub says that it is online: only then can a patient be asked for a repeat.
    pub(super) fn connected(&self, source: &SourceId) -> bool {
        self.state().online.get(source).copied().unwrap_or(false)
    }

    pub(super) fn has(&self, source: &SourceId) -> bool {
        self.state().online.contains_key(source)
    }

    pub(super) fn all(&self) -> BTreeSet<SourceId> {
        self.state().online.keys().cloned().collect()
    }

    /// Waits until a status comes, and says whose; for one who listens.
    pub(super) async fn heard(&self) -> BTreeSet<SourceId> {
        self.bell.notified().await;
        std::mem::take(&mut self.state().heard)
    }
}
