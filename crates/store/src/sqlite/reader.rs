//! Connections that only read, each for one caller at a time, off the async threads.

use super::fault::Fault;
use super::{SqliteOptions, schema};
use crate::StoreError;
use rusqlite::Connection;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// A fixed number of read-only connections; callers beyond it wait.
#[derive(Debug)]
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

/// A connection on loan; it comes back whatever happens.
struct Lease<'a> {
    readers: &'a Readers,
    db: Option<Connection>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(self.db.take());
    }
}

/// An open snapshot; it ends whatever happens, or the log could not begin again.
struct Snapshot<'a>(&'a Connection);

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        let ended = self.0.prepare_cached("COMMIT").and_then(|mut end| end.execute([]));
        if let Err(error) = ended {
            tracing::error!(%error, "a snapshot of the store was not given back");
        }
    }
}

impl Readers {
    pub(super) fn open(options: &SqliteOptions) -> Result<Self, StoreError> {
        let count = options.readers.max(1);
        let idle = (0..count).map(|_| schema::open_reader(options)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { idle: Mutex::new(idle), permits: Arc::new(Semaphore::new(count)) })
    }

    /// Runs `work` on one snapshot.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        context: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let stopped = |_| StoreError::Unavailable("the store is closed".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(stopped)?;
        let readers = Arc::clone(self);
        // The permit goes along: a caller that gives up must not free a connection that is still in use.
        let answer = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            readers.on_snapshot(work)
        });
        answer
            .await
            .map_err(|_| StoreError::Unavailable(format!("{context}: the reader stopped")))?
            .map_err(|fault| fault.named(context))
    }

    fn on_snapshot<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let db = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut lease = Lease { readers: self, db };
        let Some(db) = lease.db.as_mut() else {
            return Err(StoreError::Unavailable("no connection is left for reading".to_owned()).into());
        };
        // As a transaction of rusqlite does, with statements that are not parsed anew for each read.
        db.prepare_cached("BEGIN")?.execute([])?;
        let snapshot = Snapshot(db);
        work(snapshot.0)
    }
}
