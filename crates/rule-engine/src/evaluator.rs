//! One patient's episodes, kept up to date reading by reading.

use crate::calendar::{Calendar, day_end};
use crate::condition::kind_index;
use crate::copies::Copies;
use crate::eval::{Scope, before};
use crate::parameter::ParameterState;
use crate::plan::Plan;
use crate::series::{Added, Archive, Series};
use crate::set::RulebookSet;
use crate::state::{Draft, State};
use crate::step::{Given, Moment, Moving};
use care::{Episode, Expectation, Fault, History, PatientStatus};
use chrono::TimeDelta;
use serde::Serialize;
use std::sync::Arc;
use vitals::{Instant, Kind, StoredReading};

/// What the rules say of a patient as of an instant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Evaluation {
    /// every episode, in order of opening, then of group
    pub episodes: Vec<Episode>,
    /// rules that could not be evaluated
    pub faults: Vec<Fault>,
    /// when to evaluate again though nothing arrived: the end of the next expected day, or a change that
    /// comes into force
    pub next_wake: Option<Instant>,
}

/// Evaluates from scratch: a pure function of what is known, in whatever order it became known.
#[must_use]
pub fn evaluate(rulebooks: &RulebookSet, history: &History, as_of: Instant) -> Evaluation {
    Evaluator::new(&Arc::new(rulebooks.clone()), history, as_of).evaluation
}

/// Fewer readings are not worth forgetting.
const LEAST_FORGOTTEN: usize = 8;

/// Longest stretch of days that is looked at, from the first enrolment: 200 years.
const MAX_DAYS: usize = 73_000;

/// What was remembered after a moment, or before the first.
#[derive(Clone, Debug)]
struct Checkpoint {
    time: Instant,
    next_entry: usize,
    next_day: usize,
    next_change: usize,
    state: Arc<State>,
}

/// The same as [`evaluate`], one reading after another: the newest costs what its windows hold, a late one
/// what was judged after it.
#[derive(Clone, Debug)]
pub struct Evaluator {
    pub(crate) set: Arc<RulebookSet>,
    /// without the readings
    pub(crate) history: History,
    pub(crate) plan: Plan,
    pub(crate) archive: Archive,
    pub(crate) copies: Copies,
    pub(crate) series: Series,
    pub(crate) calendar: Calendar,
    as_of: Instant,
    /// by kind: how long before a reading of it others wait to be confirmed or refuted
    lookback: [TimeDelta; Kind::ALL.len()],
    /// where those begin: before everything, or after what is forgotten
    start: Checkpoint,
    checkpoints: Vec<Checkpoint>,
    retired: Vec<Arc<Draft>>,
    shown: Arc<State>,
    drafts: Vec<Arc<Draft>>,
    evaluation: Evaluation,
}

impl Evaluator {
    /// Judges everything that is known. After anything but a reading changed, make a new one.
    #[must_use]
    pub fn new(rulebooks: &Arc<RulebookSet>, history: &History, as_of: Instant) -> Self {
        let set = Arc::clone(rulebooks);
        let mut archive = Archive::default();
        let copies = Copies::of(history);
        for reading in &history.readings {
            archive.add(reading, is_ended(history, reading), &copies);
        }
        // What is somebody else's takes the place of what it corrects, and counts no more than what is only stored.
        for reading in &history.elsewhere {
            archive.add(reading, true, &copies);
        }
        let series = Series::new(archive.standing(&copies));
        let plan = Plan::new(&set, history);
        let history = History { readings: Vec::new(), elsewhere: Vec::new(), ..history.clone() };
        let state = Arc::new(State::new(set.slots().len()));
        let shown = Arc::clone(&state);
        let start = Checkpoint { time: Instant::MIN_UTC, next_entry: 0, next_day: 0, next_change: 0, state };
        let mut evaluator = Self {
            lookback: lookback(&set),
            calendar: Calendar::default(),
            checkpoints: Vec::with_capacity(series.end()),
            shown,
            retired: Vec::new(),
            drafts: Vec::new(),
            evaluation: Evaluation::default(),
            set,
            history,
            plan,
            archive,
            copies,
            series,
            as_of,
            start,
        };
        evaluator.extend_days();
        evaluator.run();
        evaluator
    }

    /// What the rules say now.
    #[must_use]
    pub fn evaluation(&self) -> &Evaluation {
        &self.evaluation
    }

    /// As of when.
    #[must_use]
    pub fn as_of(&self) -> Instant {
        self.as_of
    }

    /// What is expected of the patient now, and what came of it.
    #[must_use]
    pub fn expectations(&self) -> Vec<Expectation> {
        let expected = |kind| {
            let since = self.plan.expected_since(self.as_of, kind)?;
            Some(Expectation { kind, since, last: self.series.times(kind).last().map(|(_, time)| *time) })
        };
        Kind::ALL.into_iter().filter_map(expected).collect()
    }

    /// Takes one reading; one that is there already changes nothing.
    pub fn insert(&mut self, reading: &StoredReading) {
        let ended = is_ended(&self.history, reading);
        // It may be there already, or be a copy of what is forgotten.
        self.series.needs_readings(before(reading.reading.measured_at.instant(), self.copies.reach()));
        match self.archive.add(reading, ended, &self.copies) {
            Added::Nothing => return,
            Added::Counts(entry) => {
                let (time, kind) = (entry.time, entry.kind);
                let place = self.series.place_of(&entry);
                self.series.insert(place, entry);
                let lookback = self.lookback.get(kind_index(kind)).copied().unwrap_or_default();
                self.rewind(place, time, lookback);
            }
            Added::Recount => {
                let standing = self.archive.standing(&self.copies);
                let Some((place, time)) = self.series.replace(standing) else { return };
                self.rewind(place, time, self.lookback.iter().copied().max().unwrap_or_default());
            }
        }
        self.run();
    }

    /// Lets time pass: expected days end. An earlier instant changes nothing.
    pub fn advance(&mut self, as_of: Instant) {
        if as_of <= self.as_of {
            return;
        }
        let change = self.plan.next_change(self.as_of).filter(|c| *c <= as_of);
        self.as_of = as_of;
        let known = self.calendar.len();
        self.extend_days();
        let day = self.calendar.get(known).map(|d| d.end);
        if let Some(first) = [day, change].into_iter().flatten().min() {
            self.take_back_unless(|c| c.time < first);
        }
        self.run();
    }

    /// Forgets what was measured before `time`, and before it as much as windows look at as a rule. What follows goes on
    /// as before; where it turns out to rest on what is forgotten, [`Evaluator::lacks_history`] says so.
    pub fn forget(&mut self, time: Instant) {
        let reach = self.set.reach();
        let Some(floor) = self.archive.floor(before(time, reach.time), &self.copies) else { return };
        let judged = self.checkpoints.partition_point(|c| c.time < floor);
        if self.series.place_at(floor) < self.series.base().saturating_add(LEAST_FORGOTTEN) {
            return;
        }
        let Some(start) = self.checkpoints.drain(..judged).next_back() else { return };
        self.start = start;
        self.checkpoints.shrink_to_fit();
        self.calendar.forget(self.start.next_day);
        self.series.forget(floor, reach.values);
        self.archive.forget(floor);
    }

    /// When the newest reading that counts was measured.
    #[must_use]
    pub fn newest(&self) -> Option<Instant> {
        self.series.newest()
    }

    /// How many readings are remembered.
    #[must_use]
    pub fn remembers(&self) -> usize {
        self.archive.len()
    }

    /// Whether something was judged that rests on what was forgotten: what it says since may be wrong, and a new one is
    /// to be made from everything that is known.
    #[must_use]
    pub fn lacks_history(&self) -> bool {
        self.series.missed().is_noted()
    }

    pub(crate) fn given(&self) -> Given<'_> {
        Given {
            set: &self.set,
            plan: &self.plan,
            series: &self.series,
            calendar: &self.calendar,
            patient: &self.history.patient,
        }
    }

    /// What conditions see before anything was measured: their constants.
    pub(crate) fn nothing_measured<'a>(&'a self, parameters: &'a [ParameterState]) -> Scope<'a> {
        Scope {
            series: &self.series,
            calendar: &self.calendar,
            parameters,
            time: self.as_of,
            visible: 0,
            day_end: None,
            aside: &[],
            swap: None,
            cut: None,
            onset: &[],
        }
    }

    /// The state after the last moment.
    pub(crate) fn state(&self) -> &Arc<State> {
        &self.checkpoints.last().unwrap_or(&self.start).state
    }

    /// Forgets what was judged at or after the reading in `place`, and before it within `lookback`.
    fn rewind(&mut self, place: usize, time: Instant, lookback: TimeDelta) {
        let early = before(time, lookback);
        let stands = |c: &Checkpoint| c.next_entry <= place && c.time <= time && (lookback.is_zero() || c.time < early);
        self.take_back_unless(stands);
    }

    /// Takes back what was judged, down to what `stands`.
    fn take_back_unless(&mut self, stands: impl Fn(&Checkpoint) -> bool) {
        while self.checkpoints.last().is_some_and(|c| !stands(c)) {
            self.checkpoints.pop();
        }
        if self.checkpoints.is_empty() && !stands(&self.start) {
            self.series.missed().note();
        }
    }

    /// Judges every moment after the last checkpoint.
    fn run(&mut self) {
        let last = self.checkpoints.last().unwrap_or(&self.start);
        let (mut entry, mut day, mut change) = (last.next_entry, last.next_day, last.next_change);
        let changes = self.plan.changes_until(self.as_of);
        let mut state = Arc::clone(self.state());
        self.retired.truncate(state.retired);
        let mut retired = std::mem::take(&mut self.retired);
        loop {
            let given = self.given();
            // Of one instant: a day's end is of the day before, and a reading of what has changed by then.
            let next = [
                given.time(Moment::DayEnd(day)).map(|t| (t, Next::DayEnd)),
                given.plan.change(change).filter(|_| change < changes).map(|t| (t, Next::Change)),
                given.time(Moment::Reading(entry)).map(|t| (t, Next::Reading)),
            ];
            let Some((time, next)) = next.into_iter().flatten().min() else { break };
            let mut moving = Moving { state: &mut state, retired: &mut retired };
            match next {
                Next::DayEnd => {
                    given.step(&mut moving, Moment::DayEnd(day));
                    day += 1;
                }
                Next::Change => {
                    given.change(&mut moving, time);
                    change += 1;
                }
                Next::Reading => {
                    given.step(&mut moving, Moment::Reading(entry));
                    entry += 1;
                }
            }
            let state = Arc::clone(&state);
            let (next_entry, next_day, next_change) = (entry, day, change);
            self.checkpoints.push(Checkpoint { time, next_entry, next_day, next_change, state });
        }
        self.retired = retired;
        self.show(&state);
    }

    /// Brings the evaluation up to date; an episode that did not change is not copied.
    fn show(&mut self, state: &Arc<State>) {
        let day = day_end(self.calendar.last().map_or(self.as_of, |d| d.end), self.zone());
        let day = day.filter(|_| self.calendar.len() > 0 || self.first_day().is_some());
        self.evaluation.next_wake =
            [day.filter(|d| *d > self.as_of), self.plan.next_change(self.as_of)].into_iter().flatten().min();
        if Arc::ptr_eq(state, &self.shown) {
            return;
        }
        self.shown = Arc::clone(state);
        let mut drafts: Vec<Arc<Draft>> = self.retired.iter().chain(state.groups.values()).cloned().collect();
        drafts.sort_by(|a, b| (a.episode.opened_at, &a.episode.group).cmp(&(b.episode.opened_at, &b.episode.group)));
        let same = self.drafts.iter().zip(&drafts).take_while(|(a, b)| Arc::ptr_eq(a, b)).count();
        self.evaluation.episodes.truncate(same);
        self.evaluation.episodes.extend(drafts.iter().skip(same).map(|d| d.episode.clone()));
        self.drafts = drafts;
        self.evaluation.faults = state.rules.iter().filter_map(|r| r.fault.as_deref().cloned()).collect();
    }

    fn zone(&self) -> chrono_tz::Tz {
        self.history.timezone_at(self.calendar.last().map_or(self.as_of, |d| d.end))
    }

    /// Where the days that matter begin: a local midnight before anything is expected.
    fn first_day(&self) -> Option<Instant> {
        let judges_absence = self.set.versions().iter().any(|v| v.book.rules.iter().any(|r| r.when.kinds != 0));
        let expected = self.history.enrolments.iter().map(care::Enrolment::expected_from).min()?;
        let earlier = before(expected, TimeDelta::hours(49));
        day_end(earlier, self.history.timezone_at(earlier)).filter(|_| judges_absence)
    }

    /// Adds the days that have ended by now.
    fn extend_days(&mut self) {
        let Some(mut start) = self.calendar.last().map(|d| d.end).or_else(|| self.first_day()) else { return };
        while self.calendar.len() < MAX_DAYS {
            let Some(end) = day_end(start, self.history.timezone_at(start)).filter(|e| *e <= self.as_of) else { break };
            self.calendar.push(self.plan.day(start, end));
            start = end;
        }
    }
}

/// What comes next; of one instant in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    DayEnd,
    Change,
    Reading,
}

fn is_ended(history: &History, reading: &StoredReading) -> bool {
    history.status_at(reading.reading.measured_at.instant()) == PatientStatus::Ended
}

fn lookback(set: &RulebookSet) -> [TimeDelta; Kind::ALL.len()] {
    let confirms = || set.versions().iter().flat_map(|v| &v.book.rules).filter_map(|r| r.confirm);
    let longest = |kind| confirms().filter(|c| c.repeat == kind).map(care::Confirm::within).max();
    Kind::ALL.map(|kind| longest(kind).unwrap_or_default())
}
