//! What stands for one patient, when: stretches of time in which rules, parameters and expectations are the same.

use crate::calendar::Day;
use crate::condition::kind_bit;
use crate::parameter::ParameterState;
use crate::rulebook::{Expected, Rule, is_rate};
use crate::set::RulebookSet;
use care::{History, ParameterScope, PatientStatus, ProgrammeId};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use vitals::{Instant, Kind};

/// A rule that stands for the patient.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    pub(crate) rule: Arc<Rule>,
    /// place of its rulebook in [`RulebookSet::versions`]
    pub(crate) book: usize,
    /// the programme that brings it; the first by name of several
    pub(crate) programme: ProgrammeId,
}

/// From `from` until the next one nothing changes.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    from: Instant,
    terms: Arc<Terms>,
}

/// What stands in a stretch: the same for all patients of a programme who have no parameters of their own.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) enrolled: BTreeSet<ProgrammeId>,
    /// readings are only stored
    pub(crate) ended: bool,
    /// by slot
    pub(crate) rules: Vec<Option<Applied>>,
    /// of each version of a rulebook, by its place and theirs
    parameters: Vec<Vec<ParameterState>>,
    /// kinds of reading that are expected
    expected: u32,
}

impl Deref for Stretch {
    type Target = Terms;
    fn deref(&self) -> &Terms {
        &self.terms
    }
}

/// Everything that terms follow from, beside the rulebooks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Basis {
    enrolled: BTreeSet<ProgrammeId>,
    in_force: Vec<usize>,
    ended: bool,
    expected: u32,
    /// the clinic's parameters
    settings: BTreeMap<String, String>,
}

/// Terms that somebody had already: a hundred thousand patients share a handful.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownTerms(Arc<Mutex<BTreeMap<Basis, Arc<Terms>>>>);

impl KnownTerms {
    fn get(&self, basis: Basis, make: impl FnOnce(&Basis) -> Terms) -> Arc<Terms> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(terms) = known.get(&basis) {
            return Arc::clone(terms);
        }
        let terms = Arc::new(make(&basis));
        known.insert(basis, Arc::clone(&terms));
        terms
    }
}

impl Terms {
    pub(crate) fn parameters(&self, book: usize) -> &[ParameterState] {
        self.parameters.get(book).map_or(&[], Vec::as_slice)
    }
}

/// The stretches of one patient.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    stretches: Vec<Stretch>,
}

impl Plan {
    pub(crate) fn new(set: &RulebookSet, history: &History) -> Self {
        let mut starts: BTreeSet<Instant> = [Instant::MIN_UTC].into();
        starts.extend(history.status.iter().map(|(from, _)| from));
        starts.extend(history.parameters.iter().map(|p| p.effective_from));
        starts.extend(set.versions().iter().map(|v| v.from));
        for e in &history.enrolments {
            starts.extend([Some(e.from), Some(e.expected_from()), e.until].into_iter().flatten());
        }
        Self { stretches: starts.into_iter().map(|from| stretch(set, history, from)).collect() }
    }

    /// What stands at `time`.
    pub(crate) fn at(&self, time: Instant) -> Option<&Stretch> {
        self.stretches.get(self.stretches.partition_point(|s| s.from <= time).saturating_sub(1))
    }

    /// Since when readings of `kind` are expected without a break, if they are at `time`.
    pub(crate) fn expected_since(&self, time: Instant, kind: Kind) -> Option<Instant> {
        let until_now = self.stretches.partition_point(|s| s.from <= time);
        let mut since = None;
        for stretch in self.stretches.iter().take(until_now).rev() {
            if stretch.expected & kind_bit(kind) == 0 {
                break;
            }
            since = Some(stretch.from);
        }
        since
    }

    /// What stands between two times, each with its own beginning and end.
    pub(crate) fn between(
        &self,
        from: Instant,
        until: Instant,
    ) -> impl Iterator<Item = (&Stretch, Instant, Option<Instant>)> {
        let ends = self.stretches.iter().skip(1).map(|s| Some(s.from)).chain([None]);
        let all = self.stretches.iter().zip(ends).map(|(s, end)| (s, s.from, end));
        all.filter(move |(_, begins, ends)| *begins <= until && ends.is_none_or(|end| from < end))
    }

    /// When change `index` comes into force: the stretch before it ends there.
    pub(crate) fn change(&self, index: usize) -> Option<Instant> {
        self.stretches.get(index + 1).map(|s| s.from)
    }

    /// How many changes are in force at `time`.
    pub(crate) fn changes_until(&self, time: Instant) -> usize {
        self.stretches.partition_point(|s| s.from <= time).saturating_sub(1)
    }

    /// The first change after `time`.
    pub(crate) fn next_change(&self, time: Instant) -> Option<Instant> {
        self.stretches.get(self.stretches.partition_point(|s| s.from <= time)).map(|s| s.from)
    }

    /// The day from `start` to `end`, with what is expected throughout.
    pub(crate) fn day(&self, start: Instant, end: Instant) -> Day {
        let first = self.stretches.partition_point(|s| s.from <= start).saturating_sub(1);
        let within = self.stretches.iter().skip(first).take_while(|s| s.from < end);
        Day { start, end, expected: within.fold(u32::MAX, |bits, s| bits & s.expected) }
    }
}

fn stretch(set: &RulebookSet, history: &History, from: Instant) -> Stretch {
    let enrolled = history.enrolments.iter().filter(|e| e.holds_at(from)).map(|e| e.programme.clone()).collect();
    let in_force = set.indexes_in_force(from);
    let set_by = |scope| {
        let keys = history.parameters.iter().filter(move |p| p.scope == scope).map(|p| p.key.as_str());
        keys.filter_map(move |key| Some((key.to_owned(), history.setting_at(scope, key, from)?.value.clone()?)))
    };
    let basis = Basis {
        enrolled,
        expected: expected(set, &in_force, history, from),
        ended: history.status_at(from) == PatientStatus::Ended,
        settings: set_by(ParameterScope::Clinic).collect(),
        in_force,
    };
    let make = |basis: &Basis| terms(set, history, from, basis);
    // With parameters of one's own nobody shares them.
    let has_own = set_by(ParameterScope::Patient).next().is_some();
    let terms = if has_own { Arc::new(make(&basis)) } else { set.known_terms().get(basis, make) };
    Stretch { from, terms }
}

fn terms(set: &RulebookSet, history: &History, from: Instant, basis: &Basis) -> Terms {
    let mut rules: Vec<Option<Applied>> = vec![None; set.slots().len()];
    for programme in &basis.enrolled {
        for index in set.bring(&basis.in_force, |book| book.programme.as_ref() == Some(programme)) {
            let Some(version) = set.versions().get(index) else { continue };
            for rule in &version.book.rules {
                let kept_away = rule.unless_programme.iter().any(|p| basis.enrolled.contains(p));
                let place = set.slot(&rule.id).and_then(|slot| rules.get_mut(slot));
                if let (Some(place @ None), false) = (place, kept_away) {
                    *place = Some(Applied { rule: Arc::clone(rule), book: index, programme: programme.clone() });
                }
            }
        }
    }
    let parameters =
        set.versions().iter().map(|v| v.book.parameters.iter().map(|p| p.state_at(history, from)).collect());
    Terms {
        rules,
        parameters: parameters.collect(),
        expected: basis.expected,
        ended: basis.ended,
        enrolled: basis.enrolled.clone(),
    }
}

fn expected(set: &RulebookSet, in_force: &[usize], history: &History, from: Instant) -> u32 {
    if history.status_at(from) != PatientStatus::Active {
        return 0;
    }
    let counting = |p: &ProgrammeId| {
        history.enrolments.iter().any(|e| e.programme == *p && e.holds_at(from) && e.expected_from() <= from)
    };
    // Anything that is no rate, `none` above all, expects nothing.
    let is_expected = |e: &&Expected| e.rate.in_force(history, from).is_some_and(|(rate, _)| is_rate(&rate));
    let books = in_force.iter().filter_map(|i| set.versions().get(*i)).map(|v| &v.book);
    let counted = books.filter(|b| b.programme.as_ref().is_some_and(counting));
    counted.flat_map(|b| &b.schedule).filter(is_expected).fold(0, |bits, e| bits | kind_bit(e.kind))
}
