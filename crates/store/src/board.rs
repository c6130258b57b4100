//! The open tasks as a list shows them: urgent first, in groups, filtered, with what each row says.

use crate::{Page, PageRequest, StoreError};
use async_trait::async_trait;
use care::{
    Actor, Command, Episode, EpisodeRule, Patient, PatientId, ProgrammeId, Queue, Scope, Severity, Task, TaskEvent,
    TaskId, TaskStatus, TeamId,
};
use chrono::TimeDelta;
use std::sync::Arc;
use vitals::{Instant, StoredReading};

/// When something is to be done; a list's headings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BoardGroup {
    /// critical, or due within the hour
    Now,
    /// due before the day ends, or of high severity without a due time
    Today,
    /// everything else
    Later,
    /// waits until a time that somebody set
    OnHold,
}

impl BoardGroup {
    /// Every group, most urgent first.
    pub const ALL: [BoardGroup; 4] = [BoardGroup::Now, BoardGroup::Today, BoardGroup::Later, BoardGroup::OnHold];

    /// Its word in URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            BoardGroup::Now => "now",
            BoardGroup::Today => "today",
            BoardGroup::Later => "later",
            BoardGroup::OnHold => "on-hold",
        }
    }

    /// The group of an open task.
    #[must_use]
    pub fn of(task: &Task, times: BoardTimes) -> Self {
        Self::place(task.status == TaskStatus::OnHold, task.severity, task.due_at, times)
    }

    pub(crate) fn place(held: bool, severity: Severity, due: Option<Instant>, times: BoardTimes) -> Self {
        let before = |end: Instant| due.is_some_and(|due| due <= end);
        match severity {
            _ if held => BoardGroup::OnHold,
            Severity::Critical => BoardGroup::Now,
            _ if before(times.now + SOON) => BoardGroup::Now,
            _ if before(times.day_ends) => BoardGroup::Today,
            Severity::High if due.is_none() => BoardGroup::Today,
            _ => BoardGroup::Later,
        }
    }
}

/// What is due within this is due now.
const SOON: TimeDelta = TimeDelta::hours(1);
/// What a row's trend shows.
pub const TREND: TimeDelta = TimeDelta::days(14);

/// What decides between now, today and later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardTimes {
    /// the time
    pub now: Instant,
    /// the next midnight where the reader is
    pub day_ends: Instant,
}

/// Whose tasks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OwnerFilter {
    /// tasks that nobody has
    Nobody,
    /// one person's
    Is(Actor),
}

/// Which open tasks; each part narrows what the others leave.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BoardFilter {
    /// whose list
    pub queue: Queue,
    /// by owner
    pub owner: Option<OwnerFilter>,
    /// of patients in this programme
    pub programme: Option<ProgrammeId>,
    /// of this severity
    pub severity: Option<Severity>,
    /// of this team's patients
    pub team: Option<TeamId>,
    /// past their due time
    pub overdue: bool,
    /// on hold
    pub held: bool,
    /// each word in the patient's name or a number of theirs
    pub search: Option<String>,
}

impl Default for BoardFilter {
    fn default() -> Self {
        Self {
            queue: Queue::Care,
            owner: None,
            programme: None,
            severity: None,
            team: None,
            overdue: false,
            held: false,
            search: None,
        }
    }
}

impl BoardFilter {
    /// Whether the row stands in the list: what a list that is open asks about one task that changed.
    #[must_use]
    pub fn takes(&self, row: &BoardRow, now: Instant) -> bool {
        let task = &row.task;
        let of_patient = |test: &dyn Fn(&Patient) -> bool| row.patient.as_deref().is_some_and(test);
        task.status.is_open()
            && task.queue == self.queue
            && self.takes_key(task.owner.as_ref().map(|o| o.0.as_str()), task.severity, task.due_at, task.status, now)
            && self.programme.as_ref().is_none_or(|p| row.programmes.contains(p))
            && self.team.as_ref().is_none_or(|team| of_patient(&|p| p.teams.contains(team)))
            && self.words().all(|word| of_patient(&|p| crate::roster::search_text(p).contains(&word)))
    }

    /// The part that needs nothing but the task's own columns.
    pub(crate) fn takes_key(
        &self,
        owner: Option<&str>,
        severity: Severity,
        due: Option<Instant>,
        status: TaskStatus,
        now: Instant,
    ) -> bool {
        let owned = match &self.owner {
            None => true,
            Some(OwnerFilter::Nobody) => owner.is_none(),
            Some(OwnerFilter::Is(actor)) => owner == Some(actor.0.as_str()),
        };
        owned
            && self.severity.is_none_or(|s| s == severity)
            && (!self.overdue || is_overdue(status, due, now))
            && (!self.held || status == TaskStatus::OnHold)
    }

    /// The words of the search, in lower case.
    pub(crate) fn words(&self) -> impl Iterator<Item = String> {
        self.search.iter().flat_map(|s| s.split_whitespace()).map(str::to_lowercase)
    }
}

/// Whether an open task is past its due time; one on hold waits with a reason.
pub(crate) fn is_overdue(status: TaskStatus, due: Option<Instant>, now: Instant) -> bool {
    status != TaskStatus::OnHold && due.is_some_and(|due| due < now)
}

/// What a list asks for.
#[derive(Clone, Debug)]
pub struct BoardQuery {
    /// which patients the reader sees
    pub scope: Scope,
    /// which tasks
    pub filter: BoardFilter,
    /// whose tasks are counted as the reader's own
    pub reader: Actor,
    /// now, and when the day ends
    pub times: BoardTimes,
    /// rows over all groups that were not asked for by number, the most urgent first
    pub budget: usize,
    /// rows of each group, where the reader asked for more
    pub asked: [Option<usize>; 4],
}

/// A row's worth of knowledge.
#[derive(Clone, Debug)]
pub struct BoardRow {
    /// the task
    pub task: Task,
    /// whose; none for the operators' tasks
    pub patient: Option<Arc<Patient>>,
    /// the patient's programmes now
    pub programmes: Vec<ProgrammeId>,
    /// the episodes that the task covers, oldest first
    pub episodes: Arc<[Episode]>,
    /// readings of what the task is about, of the last [`TREND`], oldest first; of very many only some
    pub readings: Vec<Arc<StoredReading>>,
}

impl BoardRow {
    /// The rule whose evidence shows the task's reason: of the newest episode that has any.
    #[must_use]
    pub fn shown_by(&self) -> Option<&EpisodeRule> {
        shown_by(&self.episodes)
    }
}

/// The rule whose evidence shows why a task with these episodes is there.
#[must_use]
pub fn shown_by(episodes: &[Episode]) -> Option<&EpisodeRule> {
    let leading = episodes.iter().rev().filter_map(Episode::leading_rule);
    leading.into_iter().find(|r| r.pictured().is_some())
}

/// One group of a list.
#[derive(Clone, Debug)]
pub struct BoardPart {
    /// which
    pub group: BoardGroup,
    /// how many tasks are in it
    pub total: usize,
    /// the most urgent of them
    pub rows: Vec<BoardRow>,
}

/// What is in the reader's sight whatever the filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BoardCounts {
    /// open tasks of the care queue
    pub open: usize,
    /// the reader's own
    pub mine: usize,
    /// that nobody has
    pub nobody: usize,
    /// past their due time
    pub overdue: usize,
    /// on hold
    pub held: usize,
    /// open tasks for operators
    pub operations: usize,
    /// episodes that hold without an open task
    pub quiet: usize,
    /// patients who are silent, as [`Watch::silent_count`](crate::Watch::silent_count) has it
    pub silent: usize,
}

/// A list.
#[derive(Clone, Debug)]
pub struct BoardView {
    /// its groups, most urgent first
    pub parts: Vec<BoardPart>,
    /// what is there besides
    pub counts: BoardCounts,
}

/// An episode that holds while no task of it is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietEpisode {
    /// whose
    pub patient: Patient,
    /// the episode
    pub episode: Episode,
    /// the task that settled it last, if it had one
    pub last: Option<Task>,
}

/// An entry of a task's timeline with the command that led to it, where a person gave one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    /// what happened
    pub event: TaskEvent,
    /// what was asked for: to whom it was given, until when it waits, with which outcome
    pub command: Option<Command>,
    /// whose change of the patient, their devices or limits Hearth answered, and the reason they gave
    pub behind: Option<(Actor, String)>,
}

/// Lists of tasks, each read in a number of queries that does not grow with what is stored.
#[async_trait]
pub trait Board {
    /// A list's first rows per group, and the counts.
    async fn board(&self, query: BoardQuery) -> Result<BoardView, StoreError>;
    /// Rows of these tasks, open or not; those that are not there are left out.
    async fn board_rows(&self, tasks: Vec<TaskId>, now: Instant) -> Result<Vec<BoardRow>, StoreError>;
    /// Episodes that hold without an open task, newest opening first.
    async fn quiet_episodes(&self, scope: Scope, page: PageRequest) -> Result<Page<QuietEpisode>, StoreError>;
    /// The patient's newest tasks, newest first, at most `limit`.
    async fn patient_tasks(&self, patient: &PatientId, limit: u32) -> Result<Vec<Task>, StoreError>;
    /// A task's timeline, oldest first, with the commands.
    async fn timeline(&self, task: &TaskId) -> Result<Vec<TimelineEntry>, StoreError>;
}

/// How many rows each group shows: what was asked for, and of the rest a budget that goes to the most urgent first
/// but leaves every group a few.
pub(crate) fn share(totals: [usize; 4], asked: [Option<usize>; 4], budget: usize) -> [usize; 4] {
    const FEW: usize = 4;
    let mut left = budget;
    let mut shown = [0; 4];
    for (at, place) in shown.iter_mut().enumerate() {
        let of = |list: &[usize; 4]| list.get(at).copied().unwrap_or(0);
        let kept: usize = totals.iter().skip(at.saturating_add(1)).map(|t| (*t).min(FEW)).sum();
        let few = of(&totals).min(FEW);
        let fair = of(&totals).min(left.saturating_sub(kept).max(few));
        *place = asked.get(at).copied().flatten().map_or(fair, |asked| asked.min(of(&totals)));
        left = left.saturating_sub(fair);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_urgent_get_the_rows_and_every_group_a_few() {
        assert_eq!(share([3, 2, 1, 0], [None; 4], 45), [3, 2, 1, 0]);
        assert_eq!(share([900, 900, 900, 900], [None; 4], 45), [33, 4, 4, 4]);
        assert_eq!(share([2, 900, 900, 1], [None; 4], 45), [2, 38, 4, 1]);
        assert_eq!(share([900, 5, 0, 0], [Some(100), None, None, None], 45), [100, 4, 0, 0]);
        assert_eq!(share([3, 0, 0, 0], [Some(100), None, None, None], 45), [3, 0, 0, 0]);
    }

    #[test]
    fn a_group_follows_from_severity_due_time_and_hold() {
        let now = Instant::from_timestamp(1_800_000_000, 0).unwrap();
        let times = BoardTimes { now, day_ends: now + TimeDelta::hours(9) };
        let place = |held, severity, hours: Option<i64>| {
            BoardGroup::place(held, severity, hours.map(|h| now + TimeDelta::hours(h)), times)
        };
        assert_eq!(place(false, Severity::Critical, Some(40)), BoardGroup::Now);
        assert_eq!(place(false, Severity::Low, Some(-3)), BoardGroup::Now, "overdue");
        assert_eq!(place(false, Severity::Low, Some(9)), BoardGroup::Today);
        assert_eq!(place(false, Severity::High, None), BoardGroup::Today);
        assert_eq!(place(false, Severity::High, Some(10)), BoardGroup::Later);
        assert_eq!(place(true, Severity::Critical, Some(-3)), BoardGroup::OnHold);
    }
}
