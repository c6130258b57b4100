//! The store on one SQLite file.

mod accounts;
mod admit;
mod board;
mod chart;
mod checkpoint;
mod column;
mod day;
mod device;
mod doors;
mod encode;
mod fault;
mod history;
mod insert;
mod journal;
mod memory;
mod names;
mod outbox;
mod own;
mod reader;
mod record;
mod roster;
mod row;
mod schema;
mod sight;
mod trail;
mod watch;
mod worklist;
mod worn;
mod writer;

use crate::{Notice, Store, StoreError};
use board::Lists;
use fault::Fault;
use names::Names;
use reader::Readers;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::broadcast;
use vitals::Instant;
use writer::{Commit, Writer};

/// Where the store asks for the time.
pub type StoreClock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// How to open a store.
#[derive(Clone)]
pub struct SqliteOptions {
    /// the file; it is created where there is none
    pub path: PathBuf,
    /// stamps the commits
    pub clock: StoreClock,
    /// waits after each commit before anybody is answered: a benchmark's stand-in for a slow disk
    pub commit_delay: Option<Duration>,
    /// while true every commit fails: a test's stand-in for a full disk
    pub fail_commit: Option<Arc<AtomicBool>>,
    /// most calls that wait for the writer; more wait in their own task
    pub queue: usize,
    /// most items that share a commit
    pub batch: usize,
    /// connections for reading
    pub readers: usize,
    /// the writer's page cache, in KiB
    pub cache_kib: u32,
}

impl SqliteOptions {
    /// The usual settings.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, clock: StoreClock) -> Self {
        Self {
            path: path.into(),
            clock,
            commit_delay: None,
            fail_commit: None,
            queue: 1024,
            batch: 2000,
            readers: 4,
            // What grows with time needs little, and SQLite walks all of it when a page of an index is split.
            cache_kib: 32 * 1024,
        }
    }
}

impl std::fmt::Debug for SqliteOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteOptions").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A store on one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: Arc<Readers>,
    names: Arc<Names>,
    lists: Arc<Lists>,
    notices: broadcast::Sender<Arc<Notice>>,
    clock: Time,
}

/// The clock, printable.
#[derive(Clone)]
struct Time(StoreClock);

impl Time {
    fn now(&self) -> Instant {
        (self.0)()
    }
}

impl std::fmt::Debug for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Time")
    }
}

/// How many commits a listener may lag behind before it is told to look again.
const NOTICES: usize = 1024;

impl SqliteStore {
    /// Opens the file, creating or migrating it, and starts the writer.
    ///
    /// # Errors
    /// [`StoreError::Database`] where it cannot be opened, [`StoreError::Invalid`] where it was written by a
    /// newer version of Hearth.
    pub fn open(options: SqliteOptions) -> Result<Self, StoreError> {
        let clock = Time(Arc::clone(&options.clock));
        let db = schema::open_writer(&options)?;
        let readers = Arc::new(Readers::open(&options)?);
        let (notices, _) = broadcast::channel(NOTICES);
        let writer = Writer::start(db, options, notices.clone())?;
        let (names, lists) = Default::default();
        Ok(Self { writer, readers, names, lists, notices, clock })
    }

    /// Runs `work` in the writer's next transaction; an error undoes it and nothing else.
    async fn write<T: Send + 'static>(
        &self,
        context: &'static str,
        work: impl FnOnce(&mut Commit<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.submit(context, writer::Weight::Guarded, work).await
    }

    /// Runs `work` on a snapshot.
    async fn read<T: Send + 'static>(
        &self,
        context: &'static str,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.read(context, work).await
    }
}

impl Store for SqliteStore {
    fn notices(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.notices.subscribe()
    }
}
