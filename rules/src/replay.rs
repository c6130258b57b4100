//! One patient's journal, replayed: the pure part.

use care::cover::CoverBook;
use care::{Cause, CommandOutcome, DeadEnd, Effects, Episode, Event, EventBody, Fold, History, PatientId, Run, Step};
use chrono::TimeDelta;
use rule_engine::{Evaluator, RulebookSet};
use std::sync::Arc;
use store::{EvaluationCommit, PatientWork, Stand};
use vitals::{Instant, StoredReading};

/// How late a reading may come without everything being read again: a hub that was offline over a long weekend. An
/// engineering choice between memory and work; what comes later is judged as well, from the journal.
const LATE: TimeDelta = TimeDelta::days(4);

/// How long all is kept that had to be read again.
const KEPT_WHOLE: TimeDelta = TimeDelta::days(1);

/// Where one patient stands: the engine's windows in memory and the fold.
pub struct PatientReplay {
    patient: PatientId,
    evaluator: Evaluator,
    fold: Fold,
    /// whom to tell, at any time
    cover: Arc<CoverBook>,
    /// folded up to this journal position
    folded: u64,
    /// the committed position and wake-up when gathered
    base: Stand,
    /// episodes as last committed; `None` after a rebuild, when all are written anew
    committed: Option<Vec<Episode>>,
    effects: Effects,
    outcomes: Vec<CommandOutcome>,
    /// an evaluator that is gone by now lacked history
    lacked: bool,
    /// nothing is forgotten until then
    whole_until: Instant,
}

impl PatientReplay {
    /// Rebuilds from the store's answers: `history` as of `work.folded`.
    #[must_use]
    pub fn new(
        rulebooks: &Arc<RulebookSet>,
        history: &History,
        work: PatientWork,
        as_of: Instant,
        cover: Arc<CoverBook>,
    ) -> Self {
        Self {
            patient: work.patient,
            evaluator: Evaluator::new(rulebooks, history, as_of),
            fold: work.fold,
            cover,
            folded: work.folded,
            base: Stand { folded: work.folded, wake_at: work.wake_at },
            committed: None,
            effects: Effects::default(),
            outcomes: Vec::new(),
            lacked: false,
            whole_until: Instant::MIN_UTC,
        }
    }

    /// Whether `event` changes more than one reading of this patient, so that the history has to be gathered anew.
    /// These are rare; a reading or a command steps on from what is in memory. A correction may be somebody else's.
    #[must_use]
    pub fn wants_history(event: &Event) -> bool {
        match &event.body {
            EventBody::Reading(reading) => reading.reading.corrects.is_some(),
            EventBody::Command(_) | EventBody::Started { .. } | EventBody::Undeliverable { .. } => false,
            _ => true,
        }
    }

    /// What is known now of whom to tell.
    pub fn set_cover(&mut self, cover: Arc<CoverBook>) {
        self.cover = cover;
    }

    /// Journal position up to which events are folded.
    #[must_use]
    pub fn folded(&self) -> u64 {
        self.folded
    }

    /// Where the store stands, as far as is known here.
    #[must_use]
    pub fn stand(&self) -> Stand {
        self.base
    }

    /// Forgets readings that are older than what the rules look at and what may still come late. They are in the store;
    /// where one is needed after all, [`PatientReplay::lacks_history`] says so.
    pub fn forget(&mut self) {
        let now = self.evaluator.as_of();
        let Some(newest) = self.evaluator.newest().filter(|_| self.whole_until <= now) else { return };
        let late = newest.min(now).checked_sub_signed(LATE).unwrap_or_default();
        let since = self.fold.looks_back_to().map_or(late, |needed| late.min(needed));
        self.evaluator.forget(since);
    }

    /// Forgets nothing for a while: who needed what is long past is likely to need it again, as with a long backlog.
    pub fn keep_whole(&mut self) {
        self.whole_until = self.evaluator.as_of().checked_add_signed(KEPT_WHOLE).unwrap_or(Instant::MAX_UTC);
    }

    /// Whether what was folded rests on something forgotten: then it may be wrong, and is to be thrown away.
    #[must_use]
    pub fn lacks_history(&self) -> bool {
        self.lacked || self.evaluator.lacks_history()
    }

    /// What the fold remembers.
    #[must_use]
    pub fn fold(&self) -> &Fold {
        &self.fold
    }

    /// Every episode as of now.
    #[must_use]
    pub fn episodes(&self) -> &[Episode] {
        &self.evaluator.evaluation().episodes
    }

    /// The next time that somebody waits for.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        let cover = self.fold.next_cover_change(&self.cover);
        [self.fold.next_wake(), self.evaluator.evaluation().next_wake, cover].into_iter().flatten().min()
    }

    /// Folds `event`, after the wake-ups that fell due before it. `known` is what is known now, and by which
    /// rulebooks, where [`PatientReplay::wants_history`] asks for it.
    pub fn event(&mut self, event: &Event, known: Option<(Arc<RulebookSet>, History)>, runs: &[Run]) {
        if event.seq <= self.folded {
            return;
        }
        self.wake_until(event.at, runs);
        self.folded = event.seq;
        let elsewhere = |reading: &StoredReading| {
            known.as_ref().is_some_and(|(_, h)| h.elsewhere.iter().any(|r| r.seq == reading.seq))
        };
        let cause = match &event.body {
            EventBody::Reading(reading) if !elsewhere(reading) => Cause::Reading(reading),
            EventBody::Command(command) => Cause::Command { command, actor: &event.actor },
            EventBody::Undeliverable { task, step, recipient, channel, why } => {
                Cause::DeadEnd(DeadEnd { task, step: *step, recipient, channel: *channel, why })
            }
            _ => Cause::Other,
        };
        if let Some((rulebooks, history)) = known {
            self.lacked = self.lacks_history();
            self.evaluator = Evaluator::new(&rulebooks, &history, event.at);
        } else if let EventBody::Reading(reading) = &event.body {
            self.evaluator.insert(reading);
        }
        self.evaluator.advance(event.at);
        self.step(event.at, cause, runs);
    }

    /// Fires every wake-up that fell due at or before `now`, each dated when it fell due.
    pub fn wake_until(&mut self, now: Instant, runs: &[Run]) {
        let mut last = None;
        while let Some(due) = self.next_wake().filter(|due| *due <= now) {
            // A wake-up that does not go away would turn here for ever; the next event or look-around tries again.
            if last.replace(due) == Some(due) {
                tracing::error!("a wake-up stays due; it is tried again with the patient's next event");
                return;
            }
            self.evaluator.advance(due);
            self.step(due, Cause::Wake, runs);
        }
    }

    fn step(&mut self, at: Instant, cause: Cause<'_>, runs: &[Run]) {
        let evaluation = self.evaluator.evaluation();
        let step = Step {
            seq: self.folded,
            at,
            cause,
            episodes: &evaluation.episodes,
            faults: &evaluation.faults,
            judge: &self.evaluator,
            runs,
            cover: &self.cover,
        };
        let effects = self.fold.step(&self.patient, &step);
        self.gather_effects(effects);
    }

    /// Merges a step's effects: of a task only its last state is written, closing ones before opening ones.
    fn gather_effects(&mut self, effects: Effects) {
        for task in effects.tasks {
            self.effects.tasks.retain(|t| t.id != task.id);
            self.effects.tasks.push(task);
        }
        self.effects.tasks.sort_by_key(|t| t.status.is_open());
        self.effects.task_events.extend(effects.task_events);
        self.effects.prompts.extend(effects.prompts);
        self.effects.messages.extend(effects.messages);
        self.effects.withdrawn.extend(effects.withdrawn);
        self.outcomes.extend(effects.outcome);
    }

    /// What is to be committed now, and nothing where nothing changed.
    #[must_use]
    pub fn commit(&mut self, head: u64) -> EvaluationCommit {
        let now = self.evaluator.evaluation().episodes.clone();
        let mut effects = std::mem::take(&mut self.effects);
        let before = self.committed.take();
        let unchanged = |e: &Episode| before.as_ref().is_some_and(|b| b.contains(e));
        effects.episodes = now.iter().filter(|e| !unchanged(e)).cloned().collect();
        effects.retracted =
            before.iter().flatten().filter(|b| !now.iter().any(|e| e.id == b.id)).map(|b| b.id.clone()).collect();
        self.committed = Some(now);
        let commit = EvaluationCommit {
            patient: self.patient.clone(),
            expected_head: head,
            expected_folded: self.base.folded,
            expected_cover: self.cover.head(),
            expected_wake_at: self.base.wake_at,
            folded: self.folded,
            wake_at: self.next_wake(),
            fold: self.fold.clone(),
            effects,
            expected: self.evaluator.expectations(),
            outcomes: std::mem::take(&mut self.outcomes),
        };
        self.base = Stand { folded: commit.folded, wake_at: commit.wake_at };
        commit
    }

    /// Tells which episodes the store holds, after a rebuild.
    pub fn stored_episodes(&mut self, episodes: Vec<Episode>) {
        self.committed = Some(episodes);
    }
}
