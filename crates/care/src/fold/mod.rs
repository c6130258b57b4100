//! Episodes and commands become tasks: a fold over one patient's journal, event by event.
//!
//! Nothing here reads a clock or a store. The driver feeds events in commit order and, between them, the
//! wake-ups that fell due, each dated when it fell due; so the same journal gives the same tasks, whatever
//! the batches and restarts.

mod escalate;
mod step;
#[cfg(test)]
mod tests;
mod work;

use crate::cover::CoverBook;
use crate::{
    Actor, Command, CommandOutcome, Episode, EpisodeId, Fault, GroupKey, Outcome, RuleId, Sentence, Severity, Task,
    TaskEvent, TaskId, TaskStatus,
};
use escalate::Chain;
pub use escalate::{DeadEnd, MessageRequest, Withdrawal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vitals::{Instant, Kind, ReadingKey, StoredReading, UserSlot};

/// What caused this step.
#[derive(Clone, Debug)]
pub enum Cause<'a> {
    /// a reading was committed
    Reading(&'a StoredReading),
    /// a person's command on a task
    Command {
        /// the command
        command: &'a Command,
        /// whose
        actor: &'a crate::Actor,
    },
    /// a message about a task was given up
    DeadEnd(DeadEnd<'a>),
    /// anything else that was committed: assignment, parameter, enrolment, rulebook, start
    Other,
    /// a time that somebody waited for has come
    Wake,
}

/// A stretch in which Hearth took nothing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// stamp of the last commit before the stop
    pub down_since: Instant,
    /// stamp of the start
    pub started_at: Instant,
}

/// One step's input.
pub struct Step<'a> {
    /// journal position of the event; of a wake-up, of the last event before it
    pub seq: u64,
    /// the event's own time: its commit stamp, or when the wake-up fell due
    pub at: Instant,
    /// what happened
    pub cause: Cause<'a>,
    /// every episode of the patient as of this event
    pub episodes: &'a [Episode],
    /// rules that could not be evaluated
    pub faults: &'a [Fault],
    /// asks the engine whether a condition is true again
    pub judge: &'a dyn Judge,
    /// when Hearth itself was down
    pub runs: &'a [Run],
    /// whom to tell, at any time
    pub cover: &'a CoverBook,
}

/// A condition that is true again over windows that begin at a given reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// the rule
    pub rule: RuleId,
    /// the sentence with numbers
    pub why: Sentence,
}

/// What the fold asks of the engine.
pub trait Judge {
    /// Whether some rule of `group` is true at a reading measured after `since`, or at a missed expectation
    /// after it, when every window is cut to begin at `since`; readings before `not_before` do not count.
    fn true_again(&self, group: &GroupKey, since: Instant, not_before: Option<Instant>) -> Option<Again>;

    /// When the newest reading of `kind` that counts was measured, whether it came as a reading or with a device.
    fn newest(&self, kind: Kind) -> Option<Instant>;
}

/// What the fold remembers of an episode it has seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// the episode's group
    pub group: GroupKey,
    /// opening time
    pub opened_at: Instant,
    /// clearing time
    pub cleared_at: Option<Instant>,
    /// highest severity
    pub severity: Severity,
    /// its rules
    pub rules: Vec<RuleId>,
}

impl Known {
    fn of(episode: &Episode) -> Self {
        Self {
            group: episode.group.clone(),
            opened_at: episode.opened_at,
            cleared_at: episode.cleared_at,
            severity: episode.severity,
            rules: episode.rules.iter().map(|r| r.rule.clone()).collect(),
        }
    }

    /// Whether nothing that matters here has changed.
    fn is(&self, episode: &Episode) -> bool {
        self.cleared_at == episode.cleared_at
            && self.severity == episode.severity
            && self.opened_at == episode.opened_at
            && self.rules.iter().eq(episode.rules.iter().map(|r| &r.rule))
    }

    /// Whether `episode` is this one under another id: late data moved its opening.
    fn continues_as(&self, episode: &Episode) -> bool {
        self.group == episode.group
            && self.cleared_at.is_none_or(|cleared| episode.opened_at <= cleared)
            && episode.cleared_at.is_none_or(|cleared| self.opened_at <= cleared)
    }
}

/// Why a task has not been made yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PendingReason {
    /// a repeat was asked for
    Repeat,
    /// Hearth was down, and backlogs need time to arrive
    Drain,
}

/// An opening whose task waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// which episode
    pub episode: EpisodeId,
    /// until when
    pub until: Instant,
    /// for what
    pub reason: PendingReason,
}

/// What a closed task had shown of an episode: it settles that and no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Settled {
    severity: Severity,
    rules: Vec<RuleId>,
    /// measured time of the newest reading it showed: windows begin there
    shown: Instant,
    /// the `until` given at completion
    not_before: Option<Instant>,
    /// look again then, if the clinic set it
    revisit_at: Option<Instant>,
}

/// What a task says in place of what a task before it had shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Instead {
    /// what the episode's leading rule said when the task was made
    settled: Sentence,
    /// the second kind that was settled too
    second: Option<Sentence>,
    now: Again,
}

impl Instead {
    /// What is true of `episode` now, as a task says it that is made for it.
    fn of(episode: &Episode, now: &Again) -> Option<Self> {
        let settled = episode.leading_rule()?.says().clone();
        Some(Self { settled, second: episode.second_kind().cloned(), now: now.clone() })
    }
}

/// What a command on a closed task needs to know of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Closed {
    group: GroupKey,
    status: TaskStatus,
    owner: Option<Actor>,
    #[serde(default)]
    by: Option<Actor>,
    outcome: Option<Outcome>,
    /// what it was about: a retraction is written into it, however late
    #[serde(default)]
    episodes: Vec<EpisodeId>,
}

/// Ask the patient, through the hub, to measure again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptRequest {
    /// the reading that wants a repeat
    pub reading: ReadingKey,
    /// which kind to repeat
    pub kind: Kind,
    /// for which slot of the device
    pub user_slot: Option<UserSlot>,
    /// when it was asked
    pub asked_at: Instant,
    /// a repeat after this no longer counts
    pub until: Instant,
}

/// Everything the fold remembers of one patient between events; stored whole, and what is empty not at all: of most
/// patients that is nearly everything, and the shorter it is the more of them share a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fold {
    /// time of the last step: what is known was known as of then
    pub as_of: Option<Instant>,
    /// episodes seen so far
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub known: BTreeMap<EpisodeId, Known>,
    /// open tasks by group: the key is what makes a second one impossible
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub open: BTreeMap<GroupKey, Task>,
    /// openings whose task waits
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Pending>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    settled: BTreeMap<EpisodeId, Settled>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    closed: BTreeMap<TaskId, Closed>,
    /// the last note of each task: the same by the same person again is no second note
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    notes: BTreeMap<TaskId, (Actor, String)>,
    /// where the messages of each open task stand
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    chains: BTreeMap<TaskId, Chain>,
    /// how many tasks each group has had; numbers the next id
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    counts: BTreeMap<GroupKey, u32>,
    /// of open tasks about what was settled before: what they say in its place
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    instead: BTreeMap<GroupKey, Instead>,
}

/// What a step asks the driver to write, all in one transaction with the fold itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// tasks that are new or changed
    pub tasks: Vec<Task>,
    /// entries of their timelines
    pub task_events: Vec<TaskEvent>,
    /// prompts to send
    pub prompts: Vec<PromptRequest>,
    /// messages to send
    pub messages: Vec<MessageRequest>,
    /// messages that need not leave any more
    pub withdrawn: Vec<Withdrawal>,
    /// what became of the command
    pub outcome: Option<CommandOutcome>,
    /// episodes that are new or changed; filled by the driver, which holds the evaluation before
    pub episodes: Vec<Episode>,
    /// episodes that are no more, by late data or a move; filled by the driver
    pub retracted: Vec<EpisodeId>,
}
