//! What the rules read and write, and the tasks that come of it.

use crate::{Page, PageRequest, StoreError};
use async_trait::async_trait;
use care::{
    Actor, Command, CommandOutcome, Effects, Episode, Event, Expectation, Fold, PatientId, Queue, Run, Scope, Severity,
    Task, TaskEvent, TaskId, TaskStatus,
};
use vitals::Instant;

/// Where the rules stand with one patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientWork {
    /// who
    pub patient: PatientId,
    /// journal position up to which this patient's events are folded
    pub folded: u64,
    /// the patient's newest event
    pub head: u64,
    /// the next time that somebody waits for
    pub wake_at: Option<Instant>,
    /// what the fold remembers
    pub fold: Fold,
    /// position of the newest change of whom to tell
    pub cover: u64,
}

/// Where the rules stand with a patient, as far as two answers must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stand {
    /// journal position up to which the patient's events are folded
    pub folded: u64,
    /// the next time that somebody waits for
    pub wake_at: Option<Instant>,
}

/// What one turn of the rules begins with, all of one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// the patient's newest event
    pub head: u64,
    /// position of the newest change of whom to tell
    pub cover: u64,
    /// the events that are not folded, in commit order
    pub events: Vec<Event>,
    /// where the rules stand; none where the asker knows
    pub work: Option<PatientWork>,
}

/// One evaluation's result, committed whole or not at all.
#[derive(Clone, Debug)]
pub struct EvaluationCommit {
    /// who
    pub patient: PatientId,
    /// the `head` that was gathered; a newer one makes the commit [`StoreError::Stale`]
    pub expected_head: u64,
    /// the `folded` that was gathered; another one (somebody else was faster) is stale too
    pub expected_folded: u64,
    /// [`care::cover::CoverBook::head`] of the book that the fold was given; a newer one is stale too
    pub expected_cover: u64,
    /// the `wake_at` that was gathered: a step that only time caused moves nothing else, so by this alone two workers
    /// cannot both commit it
    pub expected_wake_at: Option<Instant>,
    /// folded up to here now
    pub folded: u64,
    /// the next wake-up
    pub wake_at: Option<Instant>,
    /// the fold after it
    pub fold: Fold,
    /// what it asks to write, merged over its steps: the last state of each task and episode
    pub effects: Effects,
    /// what is expected of the patient now
    pub expected: Vec<Expectation>,
    /// outcomes of the commands folded in it
    pub outcomes: Vec<CommandOutcome>,
}

/// Which tasks. Empty lists mean all.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    /// by status
    pub status: Vec<TaskStatus>,
    /// by patient
    pub patient: Vec<PatientId>,
    /// by owner
    pub owner: Vec<Actor>,
    /// by severity
    pub severity: Vec<Severity>,
    /// which queue
    pub queue: Option<Queue>,
}

/// The rules' gather and commit; episodes and tasks for everyone else.
#[async_trait]
pub trait Worklist {
    /// Patients whose newest event is not folded yet, at most `limit`.
    async fn dirty_patients(&self, limit: u32) -> Result<Vec<PatientId>, StoreError>;
    /// Patients whose wake-up is due at `now`, and the time of the next one after that.
    async fn due_patients(&self, now: Instant, limit: u32) -> Result<(Vec<PatientId>, Option<Instant>), StoreError>;
    /// Where the rules stand with `patient`; one who was never folded starts empty.
    async fn work(&self, patient: &PatientId) -> Result<PatientWork, StoreError>;
    /// What a turn begins with: where the rules stand, and at most `limit` of the events after that. What is `known` is
    /// not looked up; if it is not so any more, what comes of it is [`StoreError::Stale`] at the commit.
    async fn gather(&self, patient: &PatientId, known: Option<Stand>, limit: u32) -> Result<Gathered, StoreError>;
    /// The patient's events after position `after`, in commit order, readings among them.
    async fn events_after(&self, patient: &PatientId, after: u64, limit: u32) -> Result<Vec<Event>, StoreError>;
    /// Commits an evaluation: fold, episodes, tasks, timeline, prompts, outcomes, cursor. At most one open
    /// task per patient and group is a unique index; a violation is [`StoreError::Conflict`].
    async fn commit_evaluation(&self, commit: EvaluationCommit) -> Result<(), StoreError>;
    /// Journals a start of Hearth and returns every run so far.
    async fn record_start(&self, now: Instant) -> Result<Vec<Run>, StoreError>;
    /// Every run so far.
    async fn runs(&self) -> Result<Vec<Run>, StoreError>;

    /// Episodes of a patient, oldest first.
    async fn episodes(&self, patient: &PatientId) -> Result<Vec<Episode>, StoreError>;
    /// Every episode, by patient and opening, for export.
    async fn all_episodes(&self) -> Result<Vec<(PatientId, Episode)>, StoreError>;
    /// Tasks of patients whom `scope` sees, and the operators' own, which name none, in order of creation.
    async fn tasks(&self, scope: &Scope, filter: &TaskFilter, page: PageRequest) -> Result<Page<Task>, StoreError>;
    /// One task.
    async fn task(&self, id: &TaskId) -> Result<Option<Task>, StoreError>;
    /// Its timeline, oldest first.
    async fn task_events(&self, id: &TaskId) -> Result<Vec<TaskEvent>, StoreError>;
    /// Journals a command and returns its position; the rules fold it and write its outcome.
    async fn submit_command(&self, command: Command, actor: &Actor) -> Result<u64, StoreError>;
    /// What became of a command, once the rules have folded it.
    async fn command_outcome(&self, seq: u64) -> Result<Option<CommandOutcome>, StoreError>;
}
