//! One event: what it means for the tasks.

use super::work::Work;
use super::{
    Again, Cause, Closed, Effects, Fold, Instead, Known, Pending, PendingReason, PromptRequest, Settled, Step,
};
use crate::sentence::{Remark, TakenBack};
use crate::{
    Actor, Command, CommandOutcome, Episode, EpisodeId, PatientId, Refused, Sentence, Severity, TaskEvent, TaskStatus,
    Verb,
};
use chrono::TimeDelta;
use std::collections::BTreeMap;
use vitals::{Flag, Instant, StoredReading};

/// An opening found out about later than this stands in the chart only (the contract's seven days).
const TASK_WINDOW: TimeDelta = TimeDelta::days(7);
/// How long backlogs have to arrive after Hearth itself was down, before a missing reading makes a task.
const DRAIN: TimeDelta = TimeDelta::minutes(15);
/// How long a repeat of an unusual value is waited for: "within 30 min" of the confirmation practice.
const REPEAT: TimeDelta = TimeDelta::minutes(30);

impl Fold {
    /// Folds one event, or one wake-up, into the tasks of `patient`.
    pub fn step(&mut self, patient: &PatientId, step: &Step<'_>) -> Effects {
        let mut work = Work::new(patient, step);
        self.as_of = self.as_of.max(Some(step.at));
        match &step.cause {
            Cause::Reading(reading) => ask_again(reading, &mut work),
            Cause::Command { command, actor } => self.command(command, actor, &mut work),
            Cause::DeadEnd(_) | Cause::Other | Cause::Wake => {}
        }
        self.return_held(&mut work);
        self.compare(&mut work);
        self.look_at_pending(&mut work);
        self.look_at_settled(&mut work);
        self.raise_faults(&mut work);
        self.tell(&mut work);
        work.finish()
    }

    /// When somebody waits for a time: a hold that ends, a repeat that does not come, a revisit.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        let held = self.open.values().filter_map(|t| t.held_until);
        let pending = self.pending.iter().map(|p| p.until);
        let revisits = self.settled.values().filter_map(|s| s.revisit_at);
        let told = self.chains.values().filter_map(super::escalate::Chain::next_at);
        held.chain(pending).chain(revisits).chain(told).min()
    }

    /// The measured time since which readings may be asked for again: what a closed task had shown begins the windows of
    /// what it settled.
    #[must_use]
    pub fn looks_back_to(&self) -> Option<Instant> {
        self.settled.values().map(|s| s.shown).min()
    }

    fn command(&mut self, command: &Command, actor: &Actor, work: &mut Work<'_>) {
        let result = if self.noted_already(command, actor) {
            Ok(false)
        } else {
            match self.open.values_mut().find(|t| t.id == command.task) {
                Some(task) => task.apply(command, actor, work.step.at),
                None => self.command_on_closed(command, actor),
            }
        };
        if result == Ok(true) {
            let why = command.note.clone().unwrap_or_default();
            self.notes.insert(command.task.clone(), (actor.clone(), why.clone()));
            work.event(&command.task, actor.clone(), command.sentence(), Sentence::words(why));
            let group = self.open.values().find(|t| t.id == command.task).map(|t| t.group.clone());
            if let Some(group) = group {
                work.changed(&group);
                self.settle_if_closed(&group, command, work);
            }
        }
        work.effects.outcome = Some(CommandOutcome { seq: work.step.seq, result });
    }

    /// A note that was just written down by the same person: a resend, not a second note.
    fn noted_already(&self, command: &Command, actor: &Actor) -> bool {
        let last = self.notes.get(&command.task);
        command.verb == Verb::Note
            && last.is_some_and(|(who, text)| who == actor && Some(text) == command.note.as_ref())
    }

    fn command_on_closed(&self, command: &Command, actor: &Actor) -> Result<bool, Refused> {
        let closed = self.closed.get(&command.task).ok_or(Refused::NotFound)?;
        command.check()?;
        let mine = closed.by.as_ref() == Some(actor);
        let again = match command.verb {
            Verb::Note => return Ok(true),
            Verb::Complete => closed.status == TaskStatus::Completed && closed.outcome == command.outcome,
            Verb::Cancel => closed.status == TaskStatus::Cancelled,
            Verb::Accept | Verb::Start | Verb::Hold | Verb::Assign => false,
        };
        if again && mine {
            return Ok(false);
        }
        Err(Refused::Conflict { status: closed.status, owner: closed.owner.clone(), verb: command.verb })
    }

    /// A closed task settles what it showed of the episodes that go on.
    fn settle_if_closed(&mut self, group: &crate::GroupKey, command: &Command, work: &mut Work<'_>) {
        let Some(task) = self.open.get(group).filter(|t| !t.status.is_open()).cloned() else { return };
        for id in &task.episodes {
            let Some(episode) = work.episode(id).filter(|e| e.is_open()) else { continue };
            let revisit = episode.leading_rule().and_then(|r| r.revisit_s).map(TimeDelta::seconds);
            let mut settled = settled_now(episode, work);
            settled.severity = settled.severity.max(task.severity);
            settled.not_before = command.until;
            settled.revisit_at = revisit.and_then(|r| work.step.at.checked_add_signed(r));
            self.settled.insert(id.clone(), settled);
        }
        work.close(&task);
        self.close(group);
    }

    fn close(&mut self, group: &crate::GroupKey) {
        self.instead.remove(group);
        if let Some(task) = self.open.remove(group) {
            let closed = Closed {
                group: task.group,
                status: task.status,
                owner: task.owner,
                by: task.closed_by,
                outcome: task.outcome,
                episodes: task.episodes,
            };
            self.closed.insert(task.id, closed);
        }
    }

    fn return_held(&mut self, work: &mut Work<'_>) {
        for task in self.open.values_mut() {
            if task.status == TaskStatus::OnHold && task.held_until.is_some_and(|until| until <= work.step.at) {
                hand_back(task);
                work.event(&task.id, Actor::hearth(), "returned", Sentence::HoldOver);
                work.changed(&task.group);
            }
        }
    }

    /// Compares the episodes with those known, and answers each difference.
    fn compare(&mut self, work: &mut Work<'_>) {
        let step = work.step;
        let gone: Vec<EpisodeId> =
            self.known.keys().filter(|id| !step.episodes.iter().any(|e| e.id == **id)).cloned().collect();
        let mut before: BTreeMap<EpisodeId, Known> = BTreeMap::new();
        for id in gone {
            let Some(known) = self.known.remove(&id) else { continue };
            let heir = step
                .episodes
                .iter()
                .find(|e| known.continues_as(e) && !self.known.contains_key(&e.id) && !before.contains_key(&e.id));
            match heir {
                Some(episode) => {
                    self.rename(&id, &episode.id, work);
                    before.insert(episode.id.clone(), known);
                }
                None => self.retract(&id, &known, work),
            }
        }
        for episode in step.episodes {
            let known = before.remove(&episode.id).or_else(|| self.known.remove(&episode.id));
            match known {
                Some(known) if known.is(episode) => {
                    self.known.insert(episode.id.clone(), known);
                    continue;
                }
                Some(known) => self.changed(episode, &known, work),
                None => self.opened(episode, work),
            }
            self.known.insert(episode.id.clone(), Known::of(episode));
        }
    }

    /// The same episode under another id.
    fn rename(&mut self, from: &EpisodeId, to: &EpisodeId, work: &mut Work<'_>) {
        for task in self.open.values_mut() {
            for id in task.episodes.iter_mut().filter(|id| *id == from) {
                *id = to.clone();
                work.changed(&task.group);
            }
        }
        for id in self.closed.values_mut().flat_map(|c| &mut c.episodes).filter(|id| *id == from) {
            *id = to.clone();
        }
        for pending in self.pending.iter_mut().filter(|p| p.episode == *from) {
            pending.episode = to.clone();
        }
        if let Some(settled) = self.settled.remove(from) {
            self.settled.insert(to.clone(), settled);
        }
    }

    /// Late data, a correction or a move took the episode away.
    fn retract(&mut self, id: &EpisodeId, known: &Known, work: &mut Work<'_>) {
        self.pending.retain(|p| p.episode != *id);
        self.settled.remove(id);
        self.tell_closed(id, work);
        let Some(task) = self.open.get_mut(&known.group).filter(|t| t.episodes.contains(id)) else { return };
        work.changed(&known.group);
        let others: Vec<EpisodeId> = task.episodes.iter().filter(|e| *e != id).cloned().collect();
        if !others.is_empty() {
            task.episodes = others;
            work.event(&task.id, Actor::hearth(), "retracted", Sentence::TakenBack { what: TakenBack::Episode });
        } else if task.touched {
            task.condition_over_since = Some(work.step.at);
            let why = Sentence::TakenBack { what: TakenBack::ConditionOfTouched };
            work.event(&task.id, Actor::hearth(), "retracted", why);
        } else {
            task.status = TaskStatus::Cancelled;
            task.closed_at = Some(work.step.at);
            work.event(&task.id, Actor::hearth(), "cancelled", Sentence::TakenBack { what: TakenBack::Condition });
            work.close(&task.clone());
            self.close(&known.group);
        }
    }

    /// A person closed a task about an episode that is no more: the timeline says so, once.
    fn tell_closed(&mut self, id: &EpisodeId, work: &mut Work<'_>) {
        for (task, closed) in self.closed.iter_mut().filter(|(_, c)| c.by.is_some() && c.episodes.contains(id)) {
            closed.episodes.retain(|e| e != id);
            work.event(task, Actor::hearth(), "retracted", Sentence::TakenBack { what: TakenBack::Condition });
        }
    }

    fn opened(&mut self, episode: &Episode, work: &mut Work<'_>) {
        if work.step.at.signed_duration_since(episode.opened_at) > TASK_WINDOW {
            // It stands in the chart only; what comes on top of it is new.
            if episode.is_open() {
                self.settled.insert(episode.id.clone(), settled_now(episode, work));
            }
            return;
        }
        if let Some(pending) = self.waits_for(episode, work) {
            self.pending.push(pending);
            return;
        }
        self.make_or_join(episode, work, None);
    }

    /// Whether the task of a new opening waits, and for what.
    fn waits_for(&self, episode: &Episode, work: &mut Work<'_>) -> Option<Pending> {
        if self.open.contains_key(&episode.group) {
            return None;
        }
        let pending = |until, reason| Some(Pending { episode: episode.id.clone(), until, reason });
        if episode.rules.iter().all(|r| r.opened_by.is_none()) {
            let down = |r: &&super::Run| r.down_since < episode.opened_at && work.step.at < r.started_at + DRAIN;
            let run = work.step.runs.iter().rev().find(down)?;
            return pending(run.started_at + DRAIN, PendingReason::Drain);
        }
        let Cause::Reading(stored) = work.step.cause else { return None };
        let confirm = episode.rules.iter().map(|r| r.confirm).min_by_key(|c| c.map(|c| c.within_s))??;
        let opens_here = episode.rules.iter().all(|r| r.opened_by.as_ref() == Some(&stored.reading.key));
        let confirmed = episode.rules.iter().any(|r| r.confirmed_by.is_some());
        if !opens_here || confirmed || !can_repeat(stored, confirm.within()) {
            return None;
        }
        work.prompt(prompt_for(stored, confirm.repeat, confirm.within(), work.step.at));
        pending(stored.reading.measured_at.instant() + confirm.within(), PendingReason::Repeat)
    }

    fn look_at_pending(&mut self, work: &mut Work<'_>) {
        let mut waiting = std::mem::take(&mut self.pending);
        waiting.retain(|p| {
            let Some(episode) = work.episode(&p.episode) else { return false };
            let over = p.until <= work.step.at;
            let confirmed = episode.rules.iter().any(|r| r.confirmed_by.is_some());
            let urgent = p.reason == PendingReason::Repeat && episode.rules.iter().any(|r| r.confirm.is_none());
            if over || confirmed || urgent {
                let remark = match p.reason {
                    PendingReason::Drain => None,
                    PendingReason::Repeat if confirmed => Some(Remark::Confirmed),
                    PendingReason::Repeat => (!urgent).then_some(Remark::Unconfirmed),
                };
                self.make_or_join(episode, work, remark.map(Occasion::from).as_ref());
            }
            !(over || confirmed || urgent)
        });
        self.pending = waiting;
    }

    /// The episode is known, and something about it is different.
    fn changed(&mut self, episode: &Episode, known: &Known, work: &mut Work<'_>) {
        let worse = episode.severity > known.severity || episode.rules.iter().any(|r| !known.rules.contains(&r.rule));
        // Within an episode neither happens by itself: something that it showed was taken back.
        let taken_back = episode.severity < known.severity
            || known.rules.iter().any(|rule| !episode.rules.iter().any(|r| r.rule == *rule));
        if !episode.is_open() {
            self.settled.remove(&episode.id);
        }
        let Some(task) = self.open.get_mut(&episode.group).filter(|t| t.episodes.contains(&episode.id)) else { return };
        work.changed(&episode.group);
        if taken_back {
            take_back(task, episode, self.instead.get(&episode.group), work);
        }
        if worse {
            super::work::speak_for(task, episode, self.instead.get(&episode.group));
            task.due_at = earlier(task.due_at, work.due(episode, work.step.at));
            work.event(&task.id, Actor::hearth(), "worsened", last_change(episode));
            if task.status == TaskStatus::OnHold {
                hand_back(task);
                work.event(&task.id, Actor::hearth(), "returned", Sentence::WorseOnHold);
            }
        }
        let said = over(task);
        let covered: Vec<&Episode> = task.episodes.iter().filter_map(|id| work.episode(id)).collect();
        super::work::is_over(task, covered);
        let now = over(task);
        if now != said {
            let why = if now.is_some() { last_change(episode) } else { Sentence::GoesOn };
            work.event(&task.id, Actor::hearth(), now.unwrap_or("goes-on"), why);
        }
    }

    /// Episodes whose task was closed, and that go on.
    fn look_at_settled(&mut self, work: &mut Work<'_>) {
        let ids: Vec<EpisodeId> = self.settled.keys().cloned().collect();
        for id in ids {
            let Some(episode) = work.episode(&id).filter(|e| e.is_open()) else {
                self.settled.remove(&id);
                continue;
            };
            let Some(settled) = self.settled.get(&id) else { continue };
            let Some(occasion) = again(episode, settled, work) else { continue };
            self.make_or_join(episode, work, Some(&occasion));
            self.settled.remove(&id);
        }
    }

    fn make_or_join(&mut self, episode: &Episode, work: &mut Work<'_>, occasion: Option<&Occasion>) {
        work.changed(&episode.group);
        if let Some(task) = self.open.get_mut(&episode.group) {
            if !task.episodes.contains(&episode.id) {
                task.episodes.push(episode.id.clone());
            }
            super::work::speak_for(task, episode, self.instead.get(&episode.group));
            if episode.is_open() {
                super::work::is_over(task, [episode]);
            }
            work.event(&task.id, Actor::hearth(), "joined", episode.reason().unwrap_or_default());
        } else {
            let count = self.counts.entry(episode.group.clone()).or_default();
            *count = count.saturating_add(1);
            let Some(mut task) = work.new_task(episode, *count) else { return };
            let remark = occasion.map(|o| o.remark);
            task.unconfirmed = remark == Some(Remark::Unconfirmed);
            let now = occasion.and_then(|o| o.now.as_ref());
            if let Some(instead) = now.and_then(|now| Instead::of(episode, now)) {
                super::work::speak_for(&mut task, episode, Some(&instead));
                self.instead.insert(episode.group.clone(), instead);
            }
            let reason = task.reason.clone();
            let why = match remark {
                Some(remark) => Sentence::Created { reason: Box::new(reason), remark },
                None => reason,
            };
            work.event(&task.id, Actor::hearth(), "created", why);
            self.open.insert(episode.group.clone(), task);
        }
        work.latest(self.open.get(&episode.group));
    }

    /// An error is not silence: a rule that fails opens a task for whoever runs Hearth.
    fn raise_faults(&mut self, work: &mut Work<'_>) {
        for fault in work.step.faults {
            let Some(mut task) = work.fault_task(fault) else { continue };
            if self.open.contains_key(&task.group) {
                continue;
            }
            let count = self.counts.entry(task.group.clone()).or_default();
            *count = count.saturating_add(1);
            task.id = work.task_id(&task.group, *count);
            work.event(&task.id, Actor::hearth(), "created", task.reason.clone());
            work.latest(Some(&task));
            self.open.insert(task.group.clone(), task);
        }
        // What changed is written in its last state.
        for group in work.take_changed() {
            work.latest(self.open.get(&group));
        }
    }
}

/// What is known of `episode` now, as settled.
fn settled_now(episode: &Episode, work: &Work<'_>) -> Settled {
    let kinds = episode.rules.iter().flat_map(|r| &r.evidence.points).flat_map(|p| p.quantity.kinds());
    Settled {
        severity: episode.severity,
        rules: episode.rules.iter().map(|r| r.rule.clone()).collect(),
        // A missed expectation has no reading: what counts from now on is what is missed from now on.
        shown: kinds.filter_map(|k| work.step.judge.newest(k)).max().unwrap_or(work.step.at),
        not_before: None,
        revisit_at: None,
    }
}

/// Why a task is made now and not at the opening.
struct Occasion {
    remark: Remark,
    /// what the task says in place of what was settled
    now: Option<Again>,
}

impl From<Remark> for Occasion {
    fn from(remark: Remark) -> Self {
        Self { remark, now: None }
    }
}

/// Whether, and why, a settled episode asks for work again.
fn again(episode: &Episode, settled: &Settled, work: &Work<'_>) -> Option<Occasion> {
    if episode.severity > settled.severity {
        return Some(Remark::MoreSevere(episode.severity).into());
    }
    if let Some(rule) = episode.rules.iter().find(|r| !settled.rules.contains(&r.rule)) {
        let now = Again { rule: rule.rule.clone(), why: rule.says().clone() };
        return Some(Occasion { remark: Remark::AnotherRule, now: Some(now) });
    }
    if settled.revisit_at.is_some_and(|at| at <= work.step.at) {
        return Some(Remark::Revisit.into());
    }
    let now = work.step.judge.true_again(&episode.group, settled.shown, settled.not_before)?;
    Some(Occasion { remark: Remark::Again, now: Some(now) })
}

/// How the task's condition ended, as the timeline calls it.
fn over(task: &crate::Task) -> Option<&'static str> {
    let unwatched = task.unwatched_since.map(|_| "unwatched");
    unwatched.or_else(|| task.condition_over_since.map(|_| "cleared"))
}

fn last_change(episode: &Episode) -> Sentence {
    episode.changes.last().map(|c| c.why.clone()).unwrap_or_default()
}

/// A rule or a severity that the task spoke for is no more, while its episode goes on by another: a task that nobody
/// has touched says what is known now, in one that somebody has it is written.
fn take_back(task: &mut crate::Task, episode: &Episode, instead: Option<&Instead>, work: &mut Work<'_>) {
    let others = task.episodes.iter().filter_map(|id| work.episode(id)).map(|e| e.severity);
    let severity = others.fold(episode.severity, Severity::max);
    let why = Sentence::TakenBack { what: TakenBack::Part(episode.reason().map(Box::new)) };
    if !task.touched {
        task.severity = severity;
        task.ask.clear();
        super::work::speak_for(task, episode, instead);
        task.due_at = work.due(episode, task.created_at);
    }
    work.event(&task.id, Actor::hearth(), "retracted", why);
}

fn hand_back(task: &mut crate::Task) {
    task.status = TaskStatus::Accepted;
    task.held_until = None;
}

fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    [a, b].into_iter().flatten().min()
}

/// An unusual value wants a repeat, whatever the rules say of it.
fn ask_again(stored: &StoredReading, work: &mut Work<'_>) {
    if stored.admission_flags.contains(&Flag::SOFT_LIMIT) && can_repeat(stored, REPEAT) {
        work.prompt(prompt_for(stored, stored.reading.kind, REPEAT, work.step.at));
    }
}

/// A repeat can be asked for: the hub is connected and the reading fresh.
fn can_repeat(stored: &StoredReading, within: TimeDelta) -> bool {
    stored.hub_connected && stored.stored_at.0.signed_duration_since(stored.reading.measured_at.instant()) < within
}

fn prompt_for(stored: &StoredReading, kind: vitals::Kind, within: TimeDelta, at: Instant) -> PromptRequest {
    PromptRequest {
        reading: stored.reading.key.clone(),
        kind,
        user_slot: stored.reading.user_slot,
        asked_at: at,
        until: stored.reading.measured_at.instant() + within,
    }
}

impl Command {
    /// What the timeline calls it.
    fn sentence(&self) -> &'static str {
        self.verb.as_str()
    }
}

impl Work<'_> {
    fn event(&mut self, task: &crate::TaskId, actor: Actor, what: &str, why: Sentence) {
        self.effects.task_events.push(TaskEvent {
            task: task.clone(),
            seq: self.step.seq,
            at: self.step.at,
            actor,
            what: what.to_owned(),
            why,
        });
    }
}
