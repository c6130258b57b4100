//! The bench on which one step is done: what it reads, and what it has to write so far.

use super::{Effects, Instead, PromptRequest, Step};
use crate::{Episode, EpisodeId, Fault, GroupKey, PatientId, Queue, Sentence, Severity, Task, TaskId, TaskStatus};
use chrono::TimeDelta;
use std::collections::BTreeSet;
use vitals::Instant;

pub(super) struct Work<'a> {
    patient: &'a PatientId,
    pub(super) step: &'a Step<'a>,
    pub(super) effects: Effects,
    changed: BTreeSet<GroupKey>,
}

impl<'a> Work<'a> {
    pub(super) fn new(patient: &'a PatientId, step: &'a Step<'a>) -> Self {
        Self { patient, step, effects: Effects::default(), changed: BTreeSet::new() }
    }

    pub(super) fn finish(self) -> Effects {
        self.effects
    }

    pub(super) fn episode(&self, id: &EpisodeId) -> Option<&'a Episode> {
        self.step.episodes.iter().find(|e| e.id == *id)
    }

    /// The group's open task has to be written.
    pub(super) fn changed(&mut self, group: &GroupKey) {
        self.changed.insert(group.clone());
    }

    pub(super) fn take_changed(&mut self) -> BTreeSet<GroupKey> {
        std::mem::take(&mut self.changed)
    }

    /// Keeps the last state of `task` to be written.
    pub(super) fn latest(&mut self, task: Option<&Task>) {
        let Some(task) = task else { return };
        self.effects.tasks.retain(|t| t.id != task.id);
        self.effects.tasks.push(task.clone());
    }

    /// A task that leaves the open ones is written first: the unique index never sees two.
    pub(super) fn close(&mut self, task: &Task) {
        self.effects.tasks.retain(|t| t.id != task.id);
        self.effects.tasks.insert(0, task.clone());
    }

    /// One prompt a reading, however many rules ask.
    pub(super) fn prompt(&mut self, prompt: PromptRequest) {
        if !self.effects.prompts.iter().any(|p| p.reading == prompt.reading && p.kind == prompt.kind) {
            self.effects.prompts.push(prompt);
        }
    }

    /// The n-th task of a group always has the same id, on every replay.
    pub(super) fn task_id(&self, group: &GroupKey, count: u32) -> TaskId {
        TaskId::derived(&[self.patient.as_str(), group.as_str(), &count.to_string()])
    }

    pub(super) fn new_task(&self, episode: &Episode, count: u32) -> Option<Task> {
        let rule = episode.leading_rule()?;
        let mut task = Task {
            id: self.task_id(&episode.group, count),
            patient: self.patient.clone(),
            queue: Queue::Care,
            group: episode.group.clone(),
            rule: rule.rule.clone(),
            rulebook_version: rule.rulebook.clone(),
            status: TaskStatus::Requested,
            severity: episode.severity,
            title: String::new(),
            reason: Sentence::default(),
            basis: String::new(),
            ask: Vec::new(),
            episodes: vec![episode.id.clone()],
            owner: None,
            created_at: self.step.at,
            due_at: self.due(episode, self.step.at),
            held_until: None,
            attempts: 0,
            condition_over_since: None,
            unwatched_since: None,
            unconfirmed: false,
            outcome: None,
            closed_at: None,
            closed_by: None,
            touched: false,
        };
        speak_for(&mut task, episode, None);
        is_over(&mut task, [episode]);
        Some(task)
    }

    pub(super) fn fault_task(&self, fault: &Fault) -> Option<Task> {
        let group = GroupKey::new(&format!("fault.{}", fault.rule)).ok()?;
        Some(Task {
            id: self.task_id(&group, 0),
            patient: self.patient.clone(),
            queue: Queue::Operations,
            group,
            rule: fault.rule.clone(),
            rulebook_version: fault.rulebook.clone(),
            status: TaskStatus::Requested,
            severity: Severity::High,
            title: format!("Rule {} could not be evaluated", fault.rule),
            reason: Sentence::words(fault.detail.clone()),
            basis: "a rule that fails is not silence".to_owned(),
            ask: Vec::new(),
            episodes: Vec::new(),
            owner: None,
            created_at: self.step.at,
            due_at: None,
            held_until: None,
            attempts: 0,
            condition_over_since: None,
            unwatched_since: None,
            unconfirmed: false,
            outcome: None,
            closed_at: None,
            closed_by: None,
            touched: false,
        })
    }
}

/// The task says what the episode's leading rule says; its severity never falls. Where that was settled by a task before,
/// and the rule has said nothing since, it says what is true `instead`.
pub(super) fn speak_for(task: &mut Task, episode: &Episode, instead: Option<&Instead>) {
    task.severity = task.severity.max(episode.severity);
    let Some(leading) = episode.leading_rule() else { return };
    let instead = instead.filter(|i| i.settled == *leading.says());
    let now = instead.map(|i| &i.now);
    let rule = now.and_then(|now| episode.rules.iter().find(|r| r.rule == now.rule)).unwrap_or(leading);
    task.rule = rule.rule.clone();
    task.rulebook_version.clone_from(&rule.rulebook);
    task.title.clone_from(&rule.task.title);
    let said = now.map_or_else(|| leading.says(), |now| &now.why).clone();
    let second = episode.second_kind().filter(|second| instead.is_none_or(|i| i.second.as_ref() != Some(second)));
    task.reason = second.cloned().into_iter().fold(said, Sentence::and);
    task.basis.clone_from(&rule.basis);
    for question in episode.rules.iter().flat_map(|r| &r.task.ask) {
        if !task.ask.contains(question) {
            task.ask.push(question.clone());
        }
    }
}

/// Notes whether everything that the task covers is over, and how. Of several ends the last counts; where one of them
/// was that nobody watches any more, nobody can say that the condition is over.
pub(super) fn is_over<'e>(task: &mut Task, episodes: impl IntoIterator<Item = &'e Episode>) {
    let ends: Option<Vec<_>> =
        episodes.into_iter().map(|e| Some((e.cleared_at?, e.unwatched_since().is_some()))).collect();
    let since = ends.as_ref().and_then(|ends| ends.iter().map(|(at, _)| *at).max());
    let unwatched = ends.is_some_and(|ends| ends.iter().any(|(_, unwatched)| *unwatched));
    task.condition_over_since = since.filter(|_| !unwatched);
    task.unwatched_since = since.filter(|_| unwatched);
}

impl Work<'_> {
    /// The earliest due time that the episode's open rules ask for: in the hours in which its tasks are worked, around
    /// the clock where it is critical or nobody has set any hours.
    pub(super) fn due(&self, episode: &Episode, at: Instant) -> Option<Instant> {
        let seconds = episode.rules.iter().filter_map(|r| r.task.due_s).min()?;
        let length = TimeDelta::try_seconds(seconds)?;
        let programme = episode.leading_rule().map(|r| &r.programme);
        let policy = self.step.cover.at(self.step.at);
        match policy.and_then(|p| Some((p, p.cover(programme)?))) {
            Some((policy, cover)) => policy.add_covered(cover, episode.severity, at, length),
            None => at.checked_add_signed(length),
        }
    }
}
