//! The work that episodes ask of a person.

use crate::{Actor, EpisodeId, GroupKey, PatientId, RuleId, Sentence, Severity, TaskId};
use serde::{Deserialize, Serialize};
use vitals::Instant;

vitals::words! {
    /// Status as in FHIR Task.
    TaskStatus, "status" {
        /// nobody has it
        Requested = "requested",
        /// somebody owns it
        Accepted = "accepted",
        /// somebody is at it
        InProgress = "in-progress",
        /// waits until a time, then returns to its owner
        OnHold = "on-hold",
        /// done, with an outcome
        Completed = "completed",
        /// not needed any more
        Cancelled = "cancelled",
    }
}

impl TaskStatus {
    /// Whether somebody still has to do something.
    #[must_use]
    pub fn is_open(self) -> bool {
        !matches!(self, TaskStatus::Completed | TaskStatus::Cancelled)
    }
}

vitals::words! {
    /// What came of a task.
    Outcome, "outcome" {
        /// the patient was advised
        AdviceGiven = "advice-given",
        /// medication was changed
        MedicationChanged = "medication-changed",
        /// a visit was arranged
        VisitArranged = "visit-arranged",
        /// emergency services
        Emergency = "emergency",
        /// the measurement was wrong
        MeasuringError = "measuring-error",
        /// nothing needed doing
        NoAction = "no-action",
        /// nobody answered; wants a note
        NotReached = "not-reached",
    }
}

vitals::words! {
    /// Whose list a task is on.
    Queue, "queue" {
        /// care coordinators
        Care = "care",
        /// whoever runs Hearth; names no patient
        Operations = "operations",
    }
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// derived, so a replay gives the same
    pub id: TaskId,
    /// whose journal it comes from; shown only for the care queue
    pub patient: PatientId,
    /// whose list
    pub queue: Queue,
    /// the group (or rule) it is about; at most one open task per patient and group
    pub group: GroupKey,
    /// the rule that speaks for it
    pub rule: RuleId,
    /// rulebook and version that opened it
    pub rulebook_version: String,
    /// status
    pub status: TaskStatus,
    /// the highest severity of what it covers; it never falls
    pub severity: Severity,
    /// "Call about sudden weight gain"
    pub title: String,
    /// the sentence with numbers: what is true now
    pub reason: Sentence,
    /// published basis
    pub basis: String,
    /// what to ask the patient
    pub ask: Vec<String>,
    /// the episodes it covers, oldest first
    pub episodes: Vec<EpisodeId>,
    /// who has it
    pub owner: Option<Actor>,
    /// when it was made
    pub created_at: Instant,
    /// when it should be done
    pub due_at: Option<Instant>,
    /// on hold until
    pub held_until: Option<Instant>,
    /// calls that reached nobody
    pub attempts: u32,
    /// the condition no longer holds since; the task stays until a person completes it
    pub condition_over_since: Option<Instant>,
    /// the patient no longer has the rule since, so nobody can say whether the condition holds; it stays too
    pub unwatched_since: Option<Instant>,
    /// no repeat came within the confirmation time
    pub unconfirmed: bool,
    /// what came of it
    pub outcome: Option<Outcome>,
    /// when it was completed or cancelled
    pub closed_at: Option<Instant>,
    /// who completed or cancelled it; nobody where Hearth took it back
    #[serde(default)]
    pub closed_by: Option<Actor>,
    /// a person has done something with it
    pub touched: bool,
}

/// One entry of a task's timeline: every change has who, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskEvent {
    /// which task
    pub task: TaskId,
    /// the journal event that led to it
    pub seq: u64,
    /// when: the event's own time
    pub at: Instant,
    /// who
    pub actor: Actor,
    /// what: `created`, `accept`, `worsened`, `cleared`, `unwatched`, `retracted`, …
    pub what: String,
    /// why; a person's note as written
    pub why: Sentence,
}
