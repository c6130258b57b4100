//! Why each rule did or did not fire.

use crate::condition::{Cond, Num};
use crate::eval::Scope;
use crate::evaluator::Evaluator;
use crate::parameter::ParameterState;
use crate::plan::Stretch;
use crate::rulebook::{Rule, Rulebook};
use crate::sentence::{Style, tell};
use crate::set::RulebookSet;
use crate::step::Moment;
use crate::value::Truth;
use care::{Evidence, History, PatientStatus, ProgrammeId, RuleId, Sentence};
use serde::Serialize;
use std::sync::Arc;
use vitals::{Instant, ReadingKey};

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// it holds
    Fired {
        /// since when
        since: Instant,
    },
    /// its condition was false, or it has cleared
    NotMet,
    /// there is not enough data to say
    Unknown,
    /// it rests on parameters that nobody set
    NotConfigured {
        /// their keys
        parameters: Vec<String>,
    },
    /// no programme of the patient brings it
    NotEnrolled,
    /// another programme of the patient keeps it away
    KeptAway {
        /// which
        programme: ProgrammeId,
    },
    /// a repeat showed otherwise
    SetAside,
    /// readings are only stored
    Ended,
    /// it could not be evaluated
    Failed,
}

/// One rule, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleExplanation {
    /// the rule
    pub rule: RuleId,
    /// rulebook and version
    pub rulebook: String,
    /// the condition as written
    pub when: String,
    /// what became of it
    #[serde(flatten)]
    pub outcome: Outcome,
    /// what is said of it, with the numbers
    #[serde(serialize_with = "care::sentence::in_english")]
    pub sentence: Sentence,
    /// the reading at which it was judged last
    pub reading: Option<ReadingKey>,
    /// when it was judged last, in measured time
    pub judged_at: Option<Instant>,
    /// what the judgement rests on
    pub evidence: Evidence,
}

/// Explains every rule in force at `at`, as things stood then.
#[must_use]
pub fn explain(rulebooks: &RulebookSet, history: &History, at: Instant) -> Vec<RuleExplanation> {
    let mut then = history.clone();
    then.readings.retain(|r| r.reading.measured_at.instant() <= at);
    let evaluator = Evaluator::new(&Arc::new(rulebooks.clone()), &then, at);
    let Some(stretch) = evaluator.plan.at(at) else { return Vec::new() };
    rulebooks.rules(at).map(|(book, rule)| evaluator.explain(stretch, book, rule, at)).collect()
}

impl Evaluator {
    fn explain(&self, stretch: &Stretch, book: &Rulebook, rule: &Rule, at: Instant) -> RuleExplanation {
        let mut explained = RuleExplanation {
            rule: rule.id.clone(),
            rulebook: book.label(),
            when: rule.when_text.clone(),
            outcome: Outcome::NotEnrolled,
            sentence: Sentence::NotEnrolled,
            reading: None,
            judged_at: None,
            evidence: Evidence::default(),
        };
        let state = self.state();
        let Some(slot) = self.set.slot(&rule.id) else { return explained };
        let Some(applied) = self.given().standing(stretch, state, slot) else {
            if let Some(programme) = rule.unless_programme.iter().find(|p| stretch.enrolled.contains(p)) {
                explained.sentence = Sentence::InItsPlace { programme: programme.clone() };
                explained.outcome = Outcome::KeptAway { programme: programme.clone() };
            }
            return explained;
        };
        if self.history.status_at(at) == PatientStatus::Ended {
            explained.outcome = Outcome::Ended;
            explained.sentence = Sentence::OnlyStored;
            return explained;
        }
        if let Some(fault) = state.rule(slot).and_then(|r| r.fault.as_ref()) {
            explained.outcome = Outcome::Failed;
            explained.sentence = Sentence::Failed { detail: fault.detail.clone() };
            return explained;
        }
        let part = || state.groups.get(&applied.rule.group)?.episode.rules.iter().find(|r| r.rule == rule.id);
        if let (true, Some(part)) = (state.rule(slot).is_some_and(|r| r.open.is_some()), part()) {
            explained.rulebook.clone_from(&part.rulebook);
            explained.outcome = Outcome::Fired { since: part.opened_at };
            let worsened = part.worsened.as_ref();
            explained.sentence = part.says().clone();
            explained.reading.clone_from(worsened.map_or(&part.opened_by, |w| &w.by));
            explained.judged_at = Some(worsened.map_or(part.opened_at, |w| w.at));
            explained.evidence = part.rests_on().clone();
            return explained;
        }
        self.explain_closed(explained, slot, stretch, applied, at)
    }

    fn explain_closed(
        &self,
        mut explained: RuleExplanation,
        slot: usize,
        now: &Stretch,
        applied: &crate::plan::Applied,
        at: Instant,
    ) -> RuleExplanation {
        let (given, state, rule) = (self.given(), self.state(), &*applied.rule);
        let aside = state.rule(slot).map_or(&[][..], |r| &r.aside);
        let moment = self.last_moment(rule);
        let place = |m: Moment| given.stretch(m).and_then(|s| Some((s, given.scope(s, applied, aside, m)?)));
        let nothing = || {
            let visible = self.series.end();
            let parameters = now.parameters(applied.book);
            let (series, calendar) = (&self.series, &self.calendar);
            let scope = Scope {
                series,
                calendar,
                parameters,
                time: at,
                visible,
                day_end: None,
                aside,
                swap: None,
                cut: None,
                onset: &[],
            };
            (now, scope)
        };
        let (stretch, scope) = moment.and_then(place).unwrap_or_else(nothing);
        if let Some(Moment::Reading(i)) = moment {
            explained.reading = self.series.entry(i).map(|e| e.key.clone());
        }
        explained.judged_at = moment.and_then(|m| given.time(m));
        let told = tell(&scope, &rule.when.cond, Style::Explaining);
        explained.sentence = told.why;
        explained.evidence = told.evidence;
        let set_aside = matches!(moment, Some(Moment::Reading(i)) if aside.binary_search(&i).is_ok());
        explained.outcome = match scope.truth(&rule.when.cond) {
            Ok(Truth::NotConfigured) => {
                let parameters = self.unset(&rule.when.cond, applied.book, stretch.parameters(applied.book));
                explained.sentence = Sentence::NotConfigured { parameters: parameters.clone() };
                Outcome::NotConfigured { parameters }
            }
            _ if set_aside => Outcome::SetAside,
            Ok(Truth::Unknown) => Outcome::Unknown,
            Ok(_) if moment.is_none() => Outcome::Unknown,
            Ok(Truth::True | Truth::False) => Outcome::NotMet,
            Err(failure) => {
                explained.sentence = Sentence::Failed { detail: failure.to_string() };
                Outcome::Failed
            }
        };
        explained
    }

    /// The last moment at which the rule's condition was judged.
    fn last_moment(&self, rule: &Rule) -> Option<Moment> {
        let reading = (0..self.series.end()).rev().find(|i| Scope::concerns(&self.series, &rule.when, *i));
        let day = self.calendar.len().checked_sub(1).filter(|_| rule.when.kinds != 0);
        let (reading, day) = (reading.map(Moment::Reading), day.map(Moment::DayEnd));
        let time = |m: &Moment| self.given().time(*m);
        [day, reading].into_iter().flatten().max_by_key(time)
    }

    fn unset(&self, cond: &Cond, book: usize, states: &[ParameterState]) -> Vec<String> {
        let mut names = Vec::new();
        each_number(cond, &mut |num| {
            if let Num::Parameter { index, .. } = num
                && states.get(*index).is_none_or(|s| *s == ParameterState::Unset)
            {
                let declared = self.set.versions().get(book).and_then(|v| v.book.parameters.get(*index));
                names.extend(declared.map(|p| p.key.clone()).filter(|k| !names.contains(k)));
            }
        });
        names
    }
}

fn each_number(cond: &Cond, visit: &mut dyn FnMut(&Num)) {
    fn number(num: &Num, visit: &mut dyn FnMut(&Num)) {
        visit(num);
        match num {
            Num::Negative(a) => number(a, visit),
            Num::Binary(_, a, b) => {
                number(a, visit);
                number(b, visit);
            }
            _ => {}
        }
    }
    match cond {
        Cond::Compare { left, right, .. } => {
            number(left, visit);
            number(right, visit);
        }
        Cond::And(a, b) | Cond::Or(a, b) => {
            each_number(a, visit);
            each_number(b, visit);
        }
        Cond::Not(a) => each_number(a, visit),
        Cond::Times { inner, .. } | Cond::For { inner, .. } => each_number(&inner.cond, visit),
        Cond::Missing { .. } => {}
    }
}
