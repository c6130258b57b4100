//! The one writer: a thread that merges what everyone has to write into one synced commit.

use super::checkpoint::Checkpoints;
use super::fault::Fault;
use super::memory::Memory;
use super::{SqliteOptions, Time, day, schema};
use crate::{Guarded, Notice, StoreError, Told};
use care::{PatientId, TaskId};
use chrono::TimeDelta;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{broadcast, mpsc, oneshot};
use vitals::{Instant, SourceId};

/// What a job costs and how it fails.
#[derive(Clone, Copy, Debug)]
pub(super) enum Weight {
    /// alone in a savepoint: its error undoes it and nothing else
    Guarded,
    /// so many items on the hot path: an error fails the whole transaction
    Hot(usize),
}

/// What a commit changed, gathered by its jobs.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    pub(super) dirty: BTreeSet<PatientId>,
    pub(super) tasks: BTreeMap<TaskId, PatientId>,
    pub(super) prompts: BTreeSet<SourceId>,
    pub(super) commands: BTreeSet<u64>,
    pub(super) patients: BTreeSet<PatientId>,
    pub(super) sources: BTreeSet<SourceId>,
    /// who has a new message, and whether it leaves now
    pub(super) told: Vec<(Told, bool)>,
    pub(super) people: BTreeSet<String>,
}

/// A transaction as its jobs see it.
pub(super) struct Commit<'a> {
    pub(super) db: &'a Connection,
    pub(super) memory: &'a mut Memory,
    pub(super) changes: &'a mut Changes,
    /// the stamp of everything in it
    pub(super) at: Instant,
}

/// A job with its caller.
trait Job: Send {
    fn weight(&self) -> Weight;
    /// Runs once. The error is the transaction's if the job is hot.
    fn run(&mut self, commit: &mut Commit<'_>) -> Result<(), Fault>;
    /// After the commit, or instead of it: tells the caller.
    fn answer(self: Box<Self>, committed: Result<(), &str>);
}

struct Call<T, F> {
    context: &'static str,
    weight: Weight,
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    caller: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Call<T, F>
where
    T: Send,
    F: FnOnce(&mut Commit<'_>) -> Result<T, Fault> + Send,
{
    fn weight(&self) -> Weight {
        self.weight
    }

    fn run(&mut self, commit: &mut Commit<'_>) -> Result<(), Fault> {
        let Some(work) = self.work.take() else { return Ok(()) };
        match work(commit) {
            Ok(done) => self.result = Some(Ok(done)),
            Err(fault) => {
                let error = fault.named(self.context);
                let text = error.to_string();
                self.result = Some(Err(error));
                return Err(StoreError::Unavailable(text).into());
            }
        }
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), &str>) {
        let answer = match (committed, self.result) {
            (Ok(()), Some(result)) | (Err(_), Some(result @ Err(_))) => result,
            (Ok(()), None) => Err(StoreError::Unavailable(format!("{} was not run", self.context))),
            (Err(why), _) => Err(StoreError::Unavailable(format!("{}: {why}", self.context))),
        };
        // A caller that has gone away has nobody to tell; what was committed stays.
        drop(self.caller.send(answer));
    }
}

enum Message {
    Job(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

/// The way to the writer's thread.
#[derive(Debug)]
pub(super) struct Writer {
    // Taken out on drop, so that the thread ends before the file is opened again.
    queue: Option<mpsc::Sender<Message>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(
        db: Connection,
        options: SqliteOptions,
        notices: broadcast::Sender<Arc<Notice>>,
    ) -> Result<Self, StoreError> {
        let memory = Memory::load(&db).map_err(|fault| fault.named("reading where the journal stands"))?;
        let checkpoints = Some(Checkpoints::start(&options, schema::CHECKPOINT)?);
        let (queue, jobs) = mpsc::channel(options.queue.max(1));
        let clock = Time(Arc::clone(&options.clock));
        let mut run = Run { db, checkpoints, options, clock, notices, memory: Some(memory), file_version: 0 };
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run.until_closed(jobs))
            .map_err(|error| StoreError::Unavailable(format!("no thread for the writer: {error}")))?;
        Ok(Self { queue: Some(queue), thread: Mutex::new(Some(thread)) })
    }

    /// Queues `work` and waits until it is committed and synced.
    pub(super) async fn submit<T: Send + 'static>(
        &self,
        context: &'static str,
        weight: Weight,
        work: impl FnOnce(&mut Commit<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (caller, answer) = oneshot::channel();
        let call = Call { context, weight, work: Some(work), result: None, caller };
        let closed = || StoreError::Unavailable("the store is closed".to_owned());
        let queue = self.queue.as_ref().ok_or_else(closed)?;
        queue.send(Message::Job(Box::new(call))).await.map_err(|_| closed())?;
        answer.await.map_err(|_| StoreError::Unavailable("the writer stopped".to_owned()))?
    }

    /// Commits what is queued, empties the log into the file and stops; a second call finds it done.
    pub(super) async fn close(&self, within: TimeDelta) -> Result<(), StoreError> {
        let (caller, answer) = oneshot::channel();
        let Some(queue) = &self.queue else { return Ok(()) };
        if queue.send(Message::Close(caller)).await.is_err() {
            return Ok(());
        }
        let late = || StoreError::Unavailable(format!("the writer did not finish within {within}"));
        match tokio::time::timeout(within.to_std().unwrap_or_default(), answer).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(StoreError::Unavailable("the writer stopped".to_owned())),
            Err(_) => Err(late()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        // What is queued is committed first; a writer that panicked has already told its callers.
        drop(thread.map(JoinHandle::join));
    }
}

/// The writer's own state.
struct Run {
    db: Connection,
    /// taken out at the end, so that the helper has ended before the log is emptied
    checkpoints: Option<Checkpoints>,
    options: SqliteOptions,
    clock: Time,
    notices: broadcast::Sender<Arc<Notice>>,
    /// `None` after a failure: read anew before the next transaction
    memory: Option<Memory>,
    /// SQLite's counter of commits by others: another process may add a source or a person
    file_version: i64,
}

impl Run {
    fn until_closed(&mut self, mut queue: mpsc::Receiver<Message>) {
        let mut closing = Vec::new();
        while let Some(message) = queue.blocking_recv() {
            let mut jobs = Vec::new();
            let mut weight = 0_usize;
            let mut next = Some(message);
            while let Some(message) = next.take() {
                match message {
                    Message::Job(job) => {
                        weight = weight.saturating_add(match job.weight() {
                            Weight::Guarded => 1,
                            Weight::Hot(items) => items,
                        });
                        jobs.push(job);
                    }
                    Message::Close(caller) => {
                        queue.close();
                        closing.push(caller);
                    }
                }
                if weight < self.options.batch {
                    next = queue.try_recv().ok();
                }
            }
            if !jobs.is_empty() {
                self.commit(jobs);
                if let Some(checkpoints) = &mut self.checkpoints {
                    checkpoints.after_commit(&self.db);
                }
            }
        }
        self.checkpoints = None;
        if let Err(error) = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            // The log stays beside the file and is read at the next start; nothing is lost.
            tracing::warn!(%error, "the store's log was not emptied into its file");
        }
        for caller in closing {
            // A caller whose time was over has gone.
            let _ = caller.send(());
        }
    }

    fn commit(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        match self.transaction(&mut jobs) {
            Ok(notice) => {
                // Listeners first: who subscribes after an answer must not be told of it again. Nobody may listen.
                drop(self.notices.send(Arc::new(notice)));
                jobs.into_iter().for_each(|job| job.answer(Ok(())));
            }
            Err(fault) => {
                let why = fault.named("committing").to_string();
                tracing::error!(%why, jobs = jobs.len(), "a commit failed; nothing of it is stored");
                self.memory = None;
                if !self.db.is_autocommit()
                    && let Err(error) = self.db.execute_batch("ROLLBACK")
                {
                    tracing::error!(%error, "the failed transaction could not be rolled back");
                }
                jobs.into_iter().for_each(|job| job.answer(Err(&why)));
            }
        }
    }

    fn transaction(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<Notice, Fault> {
        self.db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let mut memory = self.current_memory()?;
        let at = memory.stamp(self.clock.now());
        let mut changes = Changes::default();
        let before = memory.numbers.seq;
        for job in jobs {
            let mut commit = Commit { db: &self.db, memory: &mut memory, changes: &mut changes, at };
            match job.weight() {
                Weight::Hot(_) => job.run(&mut commit)?,
                Weight::Guarded => guarded(job.as_mut(), &mut commit)?,
            }
        }
        memory.flush(&self.db, &mut changes)?;
        memory.save(&self.db, at)?;
        day::settle(&self.db, before, memory.numbers.seq)?;
        if self.options.fail_commit.as_ref().is_some_and(|f| f.load(std::sync::atomic::Ordering::SeqCst)) {
            return Err(StoreError::Unavailable("the disk is full (a test said so)".to_owned()).into());
        }
        self.db.prepare_cached("COMMIT")?.execute([])?;
        let notice = changes.into_notice(memory.numbers.seq, &memory);
        self.memory = Some(memory);
        if let Some(delay) = self.options.commit_delay {
            std::thread::sleep(delay);
        }
        Ok(notice)
    }

    /// What the writer remembers, read anew where it may be old.
    fn current_memory(&mut self) -> Result<Memory, Fault> {
        let version: i64 = self.db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        let others = std::mem::replace(&mut self.file_version, version) != version;
        match self.memory.take() {
            Some(memory) if !others => Ok(memory),
            _ => Memory::load(&self.db),
        }
    }
}

/// Runs a job in a savepoint; its failure is its caller's alone.
fn guarded(job: &mut dyn Job, commit: &mut Commit<'_>) -> Result<(), Fault> {
    commit.memory.flush(commit.db, commit.changes)?;
    commit.db.prepare_cached("SAVEPOINT job")?.execute([])?;
    let numbers = commit.memory.begin_guarded();
    let mut changes = Changes::default();
    let mut inner = Commit { db: commit.db, memory: commit.memory, changes: &mut changes, at: commit.at };
    let outcome = job.run(&mut inner).and_then(|()| commit.memory.flush(commit.db, &mut changes));
    if outcome.is_ok() {
        commit.changes.merge(changes);
    } else {
        commit.db.prepare_cached("ROLLBACK TO job")?.execute([])?;
        commit.memory.undo_guarded(commit.db, numbers)?;
    }
    commit.db.prepare_cached("RELEASE job")?.execute([])?;
    Ok(())
}

impl Changes {
    fn merge(&mut self, mut other: Changes) {
        self.dirty.append(&mut other.dirty);
        self.tasks.append(&mut other.tasks);
        self.prompts.append(&mut other.prompts);
        self.commands.append(&mut other.commands);
        self.patients.append(&mut other.patients);
        self.sources.append(&mut other.sources);
        self.told.append(&mut other.told);
        self.people.append(&mut other.people);
    }

    /// Those of teams among the patients that changed.
    fn guarded(&self, memory: &Memory) -> Vec<Guarded> {
        let named: BTreeSet<&PatientId> = self.patients.iter().chain(&self.dirty).chain(self.tasks.values()).collect();
        let guarded = |patient: &PatientId| {
            let teams = Arc::clone(memory.teams(patient)?);
            let tasks = self.tasks.iter().filter(|(_, whose)| *whose == patient).map(|(task, _)| task.clone());
            Some(Guarded { patient: patient.clone(), teams, tasks: tasks.collect() })
        };
        named.into_iter().filter_map(guarded).collect()
    }

    fn into_notice(self, head: u64, memory: &Memory) -> Notice {
        Notice {
            guarded: self.guarded(memory),
            messages: !self.told.is_empty(),
            told: self.told.into_iter().filter_map(|(told, now)| now.then_some(told)).collect(),
            dirty: self.dirty.into_iter().collect(),
            tasks: self.tasks.into_keys().collect(),
            prompts: self.prompts.into_iter().collect(),
            commands: self.commands.into_iter().collect(),
            patients: self.patients.into_iter().collect(),
            sources: self.sources.into_iter().collect(),
            people: self.people.into_iter().collect(),
            head,
        }
    }
}
