//! Who is told of a task, step by step, until somebody has it.
//!
//! A chain runs while a task has nobody who could be at it: nobody took it, its owner is gone, or it is overdue. Its
//! steps are wake-ups dated when they fell due, and what it writes goes out through the outbox.

use super::work::Work;
use super::{Cause, Fold};
use crate::cover::{Channel, Cover, CoverBook, Member, Occasion, Policy, Stage, Telling};
use crate::{
    Actor, Command, CommandOutcome, ProgrammeId, Queue, Sentence, Severity, Task, TaskEvent, TaskId, TaskStatus,
};
use serde::{Deserialize, Serialize};
use vitals::Instant;

/// A message to write; one for each task, step, person and way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRequest {
    /// about which task
    pub task: TaskId,
    /// counts the task's messages: the same step is written once
    pub step: u32,
    /// how urgent the task is
    pub severity: Severity,
    /// to whom
    pub recipient: Actor,
    /// by which way
    pub channel: Channel,
    /// not before this: the digest's hour
    pub send_at: Instant,
}

/// Messages of a task that need not leave any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// which task
    pub task: TaskId,
    /// steps up to this one
    pub up_to: u32,
}

/// A message that was given up.
#[derive(Clone, Copy, Debug)]
pub struct DeadEnd<'a> {
    /// about which task
    pub task: &'a TaskId,
    /// of which step
    pub step: u32,
    /// to whom
    pub recipient: &'a Actor,
    /// by which way
    pub channel: Channel,
    /// one sentence without an address
    pub why: &'a str,
}

/// Where the messages of one open task stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Chain {
    programme: Option<ProgrammeId>,
    /// the number of the newest step
    steps: u32,
    /// why it runs; none while the task is in good hands
    occasion: Option<Occasion>,
    /// the severity that people know of
    severity: Option<Severity>,
    /// what comes next, and when
    upcoming: Option<(Stage, Instant)>,
    /// messages of the newest step that may still arrive
    hopes: Vec<(Actor, Channel)>,
    /// look again then, whatever happens
    look_at: Option<Instant>,
    /// the due time that somebody answered by doing something with the task
    answered: Option<Instant>,
    /// when the owner last did something with it
    attended: Option<Instant>,
}

impl Chain {
    pub(super) fn next_at(&self) -> Option<Instant> {
        [self.upcoming.map(|(_, at)| at), self.look_at].into_iter().flatten().min()
    }
}

/// One chain's turn.
struct Turn<'a, 'w, 's> {
    task: &'a Task,
    chain: &'a mut Chain,
    policy: &'a Policy,
    cover: &'a Cover,
    book: &'a CoverBook,
    at: Instant,
    work: &'w mut Work<'s>,
}

impl Fold {
    /// When who is told may change while some task is open.
    #[must_use]
    pub fn next_cover_change(&self, book: &CoverBook) -> Option<Instant> {
        let cares = self.open.values().any(|t| t.queue == Queue::Care);
        self.as_of.filter(|_| cares).and_then(|at| book.next_change(at))
    }

    /// Takes the steps that are due at this event, for every open task.
    pub(super) fn tell(&mut self, work: &mut Work<'_>) {
        let book = work.step.cover;
        self.note_dead_end(work);
        self.note_command(work);
        let open: std::collections::BTreeSet<&TaskId> = self.open.values().map(|t| &t.id).collect();
        let chains = &mut self.chains;
        for (id, chain) in chains.extract_if(.., |id, _| !open.contains(id)) {
            work.effects.withdrawn.push(Withdrawal { task: id, up_to: chain.steps });
        }
        let at = work.step.at;
        let policy = book.at(at);
        for task in self.open.values().filter(|t| t.queue == Queue::Care) {
            let chain = chains.entry(task.id.clone()).or_default();
            let rule = task.episodes.iter().rev().find_map(|id| work.episode(id)?.leading_rule());
            chain.programme = rule.map(|r| r.programme.clone()).or(chain.programme.take());
            let cover = policy.and_then(|p| Some((p, p.cover(chain.programme.as_ref())?)));
            match cover {
                Some((policy, cover)) => Turn { task, chain, policy, cover, book, at, work: &mut *work }.take(),
                None => chain.be_quiet(&task.id, work),
            }
        }
    }

    /// A person did something with the task.
    fn note_command(&mut self, work: &Work<'_>) {
        let Cause::Command { command: Command { task, .. }, actor } = &work.step.cause else { return };
        let done = matches!(&work.effects.outcome, Some(CommandOutcome { result: Ok(_), .. }));
        let Some(task) = self.open.values().find(|t| t.id == *task).filter(|_| done) else { return };
        let chain = self.chains.entry(task.id.clone()).or_default();
        chain.answered = task.due_at.filter(|due| *due <= work.step.at).or(chain.answered);
        if task.owner.as_ref() == Some(actor) {
            chain.attended = Some(work.step.at);
        }
    }

    /// A message was given up: where it was the last hope of its step, the next one is taken now.
    fn note_dead_end(&mut self, work: &mut Work<'_>) {
        let Cause::DeadEnd(dead) = &work.step.cause else { return };
        let at = work.step.at;
        let member = work.step.cover.at(at).and_then(|p| p.member(dead.recipient));
        let name = member.map_or_else(|| dead.recipient.0.clone(), |m| m.name.clone());
        work.told(dead.task, &Telling::Undelivered { name, channel: dead.channel, why: dead.why.to_owned() });
        let Some(chain) = self.chains.get_mut(dead.task).filter(|c| c.steps == dead.step) else { return };
        chain.hopes.retain(|(who, channel)| !(who == dead.recipient && *channel == dead.channel));
        // The first step only ever waits for cover to begin: taken now, the same person would be told over and over.
        if let Some((stage, next)) = &mut chain.upcoming
            && *stage != Stage::First
            && chain.hopes.is_empty()
        {
            *next = at;
        }
    }
}

impl Chain {
    /// Somebody has it, or nobody is to be told: what has not left need not.
    fn be_quiet(&mut self, task: &TaskId, work: &mut Work<'_>) {
        if self.occasion.take().is_some() {
            work.effects.withdrawn.push(Withdrawal { task: task.clone(), up_to: self.steps });
        }
        (self.upcoming, self.look_at) = (None, None);
        self.hopes.clear();
    }
}

impl<'a> Turn<'a, '_, '_> {
    fn take(mut self) {
        let Some(occasion) = self.occasion() else {
            self.rest();
            return;
        };
        let begins = self.chain.occasion.is_none();
        let worse = self.chain.severity.is_some_and(|known| known < self.task.severity);
        let ended = self.chain.upcoming.is_none() && self.chain.occasion != Some(occasion);
        self.chain.occasion = Some(occasion);
        self.chain.look_at = self.look_at();
        if worse && self.chain.steps > 0 {
            self.work.effects.withdrawn.push(Withdrawal { task: self.task.id.clone(), up_to: self.chain.steps });
        }
        if self.task.severity < self.cover.from {
            self.digest();
        } else if begins || worse || ended {
            self.go(Stage::First);
        } else if let Some((stage, _)) = self.chain.upcoming.filter(|(_, at)| *at <= self.at) {
            self.go(stage);
        }
        self.chain.severity = Some(self.task.severity);
    }

    /// Why somebody has to be told, if so.
    fn occasion(&self) -> Option<Occasion> {
        let overdue = self.task.due_at.is_some_and(|due| due <= self.at && self.chain.answered != Some(due));
        match (self.task.status, &self.task.owner) {
            (TaskStatus::OnHold, _) => None,
            (TaskStatus::Requested, _) | (_, None) if overdue => Some(Occasion::Overdue),
            (TaskStatus::Requested, _) | (_, None) => Some(Occasion::Unaccepted),
            (_, Some(owner)) if self.book.is_disabled(owner, self.at) => Some(Occasion::OwnerDisabled),
            (_, Some(owner)) if self.is_off(owner) => Some(Occasion::OwnerOff),
            _ => overdue.then_some(Occasion::Overdue),
        }
    }

    /// Off duty, and not at it all the same.
    fn is_off(&self, owner: &Actor) -> bool {
        let off = self.policy.member(owner).is_some_and(|m| !self.policy.is_on_duty(m, self.at));
        let since = |attended| self.policy.next_duty_change(owner, attended);
        let at_it = self.chain.attended.is_some_and(|a| {
            self.policy.member(owner).is_some_and(|m| !self.policy.is_on_duty(m, a))
                && since(a).is_none_or(|change| change > self.at)
        });
        off && !at_it
    }

    /// The task is in good hands until its owner goes off duty, or it is due.
    fn rest(&mut self) {
        let worse = self.chain.severity.is_some_and(|known| known < self.task.severity);
        self.chain.be_quiet(&self.task.id, self.work);
        self.chain.look_at = self.look_at();
        let owner = self.task.owner.as_ref().and_then(|o| self.policy.member(o));
        if worse
            && self.task.severity >= self.cover.from
            && let Some(owner) = owner
        {
            self.send(Stage::First, &[owner], Occasion::Worse);
        }
        self.chain.severity = Some(self.task.severity);
    }

    fn look_at(&self) -> Option<Instant> {
        if self.task.status == TaskStatus::OnHold {
            return None;
        }
        let duty = self.task.owner.as_ref().and_then(|o| self.policy.next_duty_change(o, self.at));
        let due = self.task.due_at.filter(|due| *due > self.at);
        duty.into_iter().chain(due).min()
    }

    /// Takes a step, or the next that reaches anybody.
    fn go(&mut self, stage: Stage) {
        self.chain.upcoming = None;
        if !self.policy.is_covered(self.cover, self.at) {
            return self.outside(stage);
        }
        let mut stage = stage;
        loop {
            let members = self.members(stage);
            if self.send(stage, &members, self.chain.occasion.unwrap_or(Occasion::Unaccepted)) {
                return;
            }
            // Where the clinic has put nobody, nobody is missing.
            if stage != Stage::Again && !self.cover.line(stage).is_empty() {
                self.work.told(&self.task.id, &Telling::Nobody { stage });
            }
            match stage.after() {
                Some(next) => stage = next,
                None => return,
            }
        }
    }

    /// Outside the hours of cover critical goes to the last in line, twice; everything else waits.
    fn outside(&mut self, stage: Stage) {
        let begins = self.policy.next_covered(self.cover, self.at);
        if self.task.severity < Severity::Critical {
            self.chain.upcoming = begins.map(|at| (stage, at));
            let waits = Telling::Waits { until: begins, zone: self.policy.timezone };
            return self.work.told(&self.task.id, &waits);
        }
        let members = self.members(Stage::Last);
        let first = self.cover.timing.get(&Severity::Critical).and_then(|t| t.after(Stage::First));
        let again = first.and_then(|t| self.at.checked_add_signed(t)).filter(|_| stage != Stage::Again);
        // When cover begins, the line begins.
        let next = again.map(|at| (Stage::Again, at)).filter(|(_, at)| begins.is_none_or(|b| *at < b));
        self.chain.upcoming = next.or(begins.map(|at| (Stage::First, at)));
        if !self.write(Stage::Last, &members, self.chain.occasion.unwrap_or(Occasion::Unaccepted)) {
            self.work.told(&self.task.id, &Telling::Nobody { stage: Stage::Last });
        }
    }

    /// The owner of an overdue task takes the place of the first in line.
    fn members(&self, stage: Stage) -> Vec<&'a Member> {
        let gone = |user: &Actor| self.book.is_disabled(user, self.at);
        let owner = self.task.owner.as_ref().filter(|_| self.chain.occasion == Some(Occasion::Overdue));
        let owner = owner.and_then(|o| self.policy.member(o)).filter(|_| matches!(stage, Stage::First | Stage::Again));
        owner.map_or_else(|| self.policy.told(self.cover, stage, self.at, &gone), |owner| vec![owner])
    }

    /// Writes a step's messages and says when the next one falls due; false where nobody can be reached.
    fn send(&mut self, stage: Stage, members: &[&Member], occasion: Occasion) -> bool {
        let timing = self.cover.timing.get(&self.task.severity).filter(|_| occasion != Occasion::Worse);
        let next = stage.after().zip(timing.and_then(|t| t.after(stage)));
        self.chain.upcoming = next.and_then(|(next, wait)| {
            Some((next, self.policy.add_covered(self.cover, self.task.severity, self.at, wait)?))
        });
        let written = self.write(stage, members, occasion);
        if !written {
            self.chain.upcoming = None;
        }
        written
    }

    fn write(&mut self, stage: Stage, members: &[&Member], occasion: Occasion) -> bool {
        let names = self.request(members, self.at);
        if names.is_empty() {
            return false;
        }
        let next_at = self.chain.upcoming.map(|(_, at)| at);
        let told = Telling::Told { stage, names, occasion, next_at, zone: self.policy.timezone };
        self.work.told(&self.task.id, &told);
        true
    }

    /// Puts one message for each person and way into the outbox, and names who gets one.
    fn request(&mut self, members: &[&Member], send_at: Instant) -> Vec<String> {
        let ways = |m: &Member| self.cover.channels.iter().copied().filter(|c| m.reachable_by(*c)).collect::<Vec<_>>();
        let reached: Vec<(&Member, Vec<Channel>)> =
            members.iter().map(|m| (*m, ways(m))).filter(|(_, ways)| !ways.is_empty()).collect();
        if reached.is_empty() {
            return Vec::new();
        }
        self.chain.steps = self.chain.steps.saturating_add(1);
        self.chain.hopes.clear();
        for (member, channel) in reached.iter().flat_map(|(m, ways)| ways.iter().map(|c| (*m, *c))) {
            self.chain.hopes.push((member.user.clone(), channel));
            self.work.effects.messages.push(MessageRequest {
                task: self.task.id.clone(),
                step: self.chain.steps,
                severity: self.task.severity,
                recipient: member.user.clone(),
                channel,
                send_at,
            });
        }
        reached.into_iter().map(|(m, _)| m.name.clone()).collect()
    }

    /// Once, in the digest of the next day's hour, to whoever is first in line then.
    fn digest(&mut self) {
        self.chain.upcoming = None;
        if self.chain.steps > 0 {
            return;
        }
        let Some((at, covered)) = self.policy.next_digest(self.cover, self.at) else { return };
        let gone = |user: &Actor| self.book.is_disabled(user, self.at);
        let mut members = self.policy.told(self.cover, Stage::First, covered, &gone);
        if members.is_empty() {
            members = self.policy.told(self.cover, Stage::Last, covered, &gone);
        }
        let names = self.request(&members, at);
        if !names.is_empty() {
            self.work.told(&self.task.id, &Telling::Digest { names, at, zone: self.policy.timezone });
        }
    }
}

impl Work<'_> {
    /// Every step stands in the task's timeline.
    fn told(&mut self, task: &TaskId, telling: &Telling) {
        self.effects.task_events.push(TaskEvent {
            task: task.clone(),
            seq: self.step.seq,
            at: self.step.at,
            actor: Actor::hearth(),
            what: telling.what().to_owned(),
            why: Sentence::Telling { telling: Box::new(telling.clone()) },
        });
    }
}

#[cfg(test)]
mod tests;
