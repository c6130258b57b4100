//! An orderly stop: named tasks, one token, a deadline, and the names of who is late.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, task::AbortHandle};
use tokio_util::sync::CancellationToken;

/// Starts tasks by name and stops them together; clones share one record.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    token: CancellationToken,
    tasks: Mutex<Tasks>,
    one_ended: Notify,
}

#[derive(Debug, Default)]
struct Tasks {
    next: u64,
    running: BTreeMap<u64, (&'static str, AbortHandle)>,
}

impl Shutdown {
    /// Nothing running, nothing asked to stop.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when everything should stop.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.0.token.clone()
    }

    /// Starts a task that lives as long as the process: if it panics, or returns before the stop was asked for,
    /// that is logged with its name and everything stops, since a service without one of its parts would look
    /// healthy and not be.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.start(name, true, task);
    }

    /// Starts a task that may end by itself (one connection); the drain waits for it too. A panic is logged and
    /// stops nothing else.
    pub fn spawn_short(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.start(name, false, task);
    }

    /// Asks everything to stop.
    pub fn trigger(&self) {
        self.0.token.cancel();
    }

    /// Asks everything to stop and waits at most `within` for it.
    ///
    /// Returns the names of the tasks that were late, one for each; those are aborted.
    pub async fn drain(&self, within: Duration) -> Vec<&'static str> {
        self.trigger();
        let _ = tokio::time::timeout(within, self.all_ended()).await;
        let late = std::mem::take(&mut self.tasks().running);
        for (_, abort) in late.values() {
            abort.abort();
        }
        late.into_values().map(|(name, _)| name).collect()
    }

    async fn all_ended(&self) {
        loop {
            // Interest is registered before the look, or an ending in between would be missed.
            let ended = self.0.one_ended.notified();
            if self.tasks().running.is_empty() {
                return;
            }
            ended.await;
        }
    }

    fn start(&self, name: &'static str, vital: bool, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks();
        let id = tasks.next;
        tasks.next = tasks.next.wrapping_add(1);
        let handle = tokio::spawn(task);
        tasks.running.insert(id, (name, handle.abort_handle()));
        drop(tasks);
        let this = self.clone();
        tokio::spawn(async move {
            let result = handle.await;
            if let Err(error) = &result
                && error.is_panic()
            {
                tracing::error!(task = name, "task panicked");
            }
            if vital && !this.0.token.is_cancelled() {
                tracing::error!(task = name, "task ended before the stop was asked for; stopping everything");
                this.trigger();
            }
            this.tasks().running.remove(&id);
            this.0.one_ended.notify_waiters();
        });
    }

    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn drain_names_who_is_late_and_only_those() {
        let shutdown = Shutdown::new();
        let token = shutdown.token();
        shutdown.spawn("good", async move { token.cancelled().await });
        shutdown.spawn("stubborn", std::future::pending());
        shutdown.trigger();
        while shutdown.tasks().running.len() > 1 {
            tokio::task::yield_now().await;
        }
        assert_eq!(shutdown.drain(Duration::ZERO).await, ["stubborn"]);
        assert_eq!(shutdown.drain(LONG).await, [""; 0], "the late ones were aborted and forgotten");
    }

    #[tokio::test]
    async fn a_vital_task_that_ends_or_panics_stops_the_rest() {
        for panics in [false, true] {
            let shutdown = Shutdown::new();
            shutdown.spawn("early", async move { assert!(!panics, "as the test wants it") });
            shutdown.token().cancelled().await;
            assert!(shutdown.drain(LONG).await.is_empty());
        }
    }

    #[tokio::test]
    async fn a_short_task_may_end_by_itself() {
        let shutdown = Shutdown::new();
        shutdown.spawn_short("connection", async {});
        shutdown.all_ended().await;
        assert!(!shutdown.token().is_cancelled());
    }
}
