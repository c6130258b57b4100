//! Copies the log into the file beside the writer, so that no commit waits for it.
//!
//! A helper with a connection of its own copies what the log holds while the writer goes on. The writer then copies
//! the little that came meanwhile, all of the log is in the file, and it begins again from its start. If the helper
//! fails or is too slow, SQLite does everything itself at [`super::schema::BACKSTOP`].

use super::fault::Fault;
use super::{SqliteOptions, schema};
use crate::StoreError;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// The log is looked at after so many commits.
const LOOK: u32 = 16;
/// It is copied after so many, however short it is: every read looks through what is not copied yet, and small commits
/// would leave it long for minutes.
const OFTEN: u32 = 256;
/// Copies in a row: the second takes what was written during the first, and is short.
const COPIES: usize = 2;

/// See the module.
pub(super) struct Checkpoints {
    /// pages of log that are worth copying
    pages: i64,
    commits: u32,
    /// commits since the helper was asked
    since: u32,
    /// the helper has been asked and the writer has not finished what it began
    asked: bool,
    copied: Arc<AtomicBool>,
    // Taken out on drop, so that the helper ends.
    ask: Option<SyncSender<()>>,
    helper: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Starts the helper.
    pub(super) fn start(options: &SqliteOptions, pages: i64) -> Result<Self, StoreError> {
        let db = schema::open_copier(options)?;
        let copied = Arc::new(AtomicBool::new(false));
        let (ask, asked) = sync_channel(1);
        let done = Arc::clone(&copied);
        let helper = std::thread::Builder::new()
            .name("store-copier".to_owned())
            .spawn(move || copy_when_asked(&db, &asked, &done))
            .map_err(|error| StoreError::Unavailable(format!("no thread for copying the log: {error}")))?;
        Ok(Self { pages, commits: 0, since: 0, asked: false, copied, ask: Some(ask), helper: Some(helper) })
    }

    /// After a commit of the writer, whose connection `db` is.
    pub(super) fn after_commit(&mut self, db: &Connection) {
        if let Err(fault) = self.look(db) {
            // The log stays as it is and is read along; SQLite copies it when it is long enough.
            let error = fault.named("copying the log");
            tracing::warn!(%error, "the store's log was not copied into its file");
        }
    }

    fn look(&mut self, db: &Connection) -> Result<(), Fault> {
        if self.copied.swap(false, Ordering::AcqRel) {
            self.asked = false;
            checkpoint(db, "PRAGMA wal_checkpoint(PASSIVE)")?;
        }
        self.commits = self.commits.wrapping_add(1);
        self.since = self.since.saturating_add(1);
        if !self.asked && self.commits.is_multiple_of(LOOK) {
            let due = self.since >= OFTEN || checkpoint(db, "PRAGMA wal_checkpoint(NOOP)")? >= self.pages;
            self.asked = due && self.ask.as_ref().is_some_and(|ask| ask.try_send(()).is_ok());
            if self.asked {
                self.since = 0;
            }
        }
        Ok(())
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.ask = None;
        drop(self.helper.take().map(JoinHandle::join));
    }
}

fn copy_when_asked(db: &Connection, asked: &Receiver<()>, copied: &AtomicBool) {
    while asked.recv().is_ok() {
        for _ in 0..COPIES {
            if let Err(fault) = checkpoint(db, "PRAGMA wal_checkpoint(PASSIVE)") {
                let error = fault.named("copying the log");
                tracing::warn!(%error, "the store's log was not copied into its file beside the writer");
            }
        }
        copied.store(true, Ordering::Release);
    }
}

/// Runs the pragma; pages of the log that are not in the file afterwards.
fn checkpoint(db: &Connection, pragma: &str) -> Result<i64, Fault> {
    let (log, done): (i64, i64) = db.prepare_cached(pragma)?.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))?;
    Ok(log.saturating_sub(done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_begins_again_while_the_writer_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let options = SqliteOptions::new(dir.path().join("hearth.db"), Arc::new(|| vitals::Instant::UNIX_EPOCH));
        let db = schema::open_writer(&options).unwrap();
        let mut checkpoints = Checkpoints::start(&options, 50).unwrap();
        let log = || db.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get::<_, i64>(1)).unwrap();
        let mut longest = 0;
        for _ in 0..200_000 {
            db.execute("INSERT INTO unassigned VALUES (NULL, 1, 1)", []).unwrap();
            checkpoints.after_commit(&db);
            let now = log();
            if now < longest {
                assert!(longest >= 50);
                return;
            }
            longest = now;
        }
        panic!("the log only grows: {longest} pages");
    }
}
