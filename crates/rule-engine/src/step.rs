//! One moment: every rule that is concerned is judged, and the state moves on.

use crate::calendar::Calendar;
use crate::condition::Judged;
use crate::eval::{Scope, Swap, after, onset_of};
use crate::plan::{Applied, Plan, Stretch};
use crate::rulebook::Rule;
use crate::sentence::{Style, Told, tell, tell_all};
use crate::series::Series;
use crate::set::RulebookSet;
use crate::state::{Draft, OpenRule, State};
use crate::value::{Failure, Truth};
use care::sentence::Unwatched;
use care::{Ending, EpisodeRule, Fault, PatientId, Sentence, Severity, Worsened};
use std::sync::Arc;
use vitals::{Instant, ReadingKey};

/// When rules are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// at the reading in this place
    Reading(usize),
    /// at the end of the day in this place
    DayEnd(usize),
}

/// Everything that is given.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) set: &'a RulebookSet,
    pub(crate) plan: &'a Plan,
    pub(crate) series: &'a Series,
    pub(crate) calendar: &'a Calendar,
    pub(crate) patient: &'a PatientId,
}

/// The state and where finished episodes go.
pub(crate) struct Moving<'a> {
    pub(crate) state: &'a mut Arc<State>,
    pub(crate) retired: &'a mut Vec<Arc<Draft>>,
}

impl Moving<'_> {
    /// An open rule ends.
    fn end(&mut self, slot: usize, applied: &Applied, at: Instant, how: Ending, why: Sentence) {
        let state = Arc::make_mut(self.state);
        if let Some(own) = state.rules.get_mut(slot) {
            own.open = None;
        }
        if let Some(draft) = state.groups.get_mut(&applied.rule.group) {
            Arc::make_mut(draft).end(at, &applied.rule.id, how, why);
        }
    }
}

impl<'a> Given<'a> {
    pub(crate) fn time(&self, moment: Moment) -> Option<Instant> {
        match moment {
            Moment::Reading(i) => self.series.entry(i).map(|e| e.time),
            Moment::DayEnd(i) => self.calendar.get(i).map(|d| d.end),
        }
    }

    pub(crate) fn stretch(&self, moment: Moment) -> Option<&'a Stretch> {
        match moment {
            Moment::Reading(i) => self.plan.at(self.series.entry(i)?.time),
            // What was expected on a day is a matter of that day, not of the next.
            Moment::DayEnd(i) => self.plan.at(self.calendar.get(i)?.start),
        }
    }

    /// The rule that stands in `slot`: an open one in the version that opened it, as long as the patient has
    /// it by any programme.
    pub(crate) fn standing<'s>(&self, stretch: &'s Stretch, state: &'s State, slot: usize) -> Option<&'s Applied> {
        match state.rule(slot).and_then(|r| r.open.as_ref()) {
            None => stretch.rules.get(slot).and_then(Option::as_ref),
            Some(open) => self.unwatched(stretch, slot, &open.applied).is_none().then_some(&open.applied),
        }
    }

    /// Why an open rule is no longer judged, if it is not. A rulebook's later version without it changes nothing:
    /// an episode keeps the version that opened it, as long as the programme goes on.
    fn unwatched(&self, stretch: &Stretch, slot: usize, open: &Applied) -> Option<Unwatched> {
        if stretch.ended {
            return Some(Unwatched::CareEnded);
        }
        if stretch.rules.get(slot).is_some_and(Option::is_some) {
            return None;
        }
        if let Some(programme) = open.rule.unless_programme.iter().find(|p| stretch.enrolled.contains(p)) {
            return Some(Unwatched::KeptAway { programme: programme.clone() });
        }
        let over = !stretch.enrolled.contains(&open.programme);
        over.then(|| Unwatched::ProgrammeOver { programme: open.programme.clone() })
    }

    /// What the patient has changes: open rules that no longer stand are no longer watched. They have not cleared, for
    /// no reading showed that; but nobody judges them, and an episode that nobody judges would stay open for ever.
    pub(crate) fn change(&self, moving: &mut Moving<'_>, at: Instant) {
        let Some(stretch) = self.plan.at(at) else { return };
        for slot in 0..self.set.slots().len() {
            let open = moving.state.rule(slot).and_then(|r| r.open.clone());
            let Some(applied) = open.as_ref().map(|o| &o.applied) else { continue };
            let Some(because) = self.unwatched(stretch, slot, applied) else { continue };
            moving.end(slot, applied, at, Ending::Unwatched, Sentence::Unwatched { because });
        }
    }

    /// What `applied` sees at `moment`.
    pub(crate) fn scope(
        &self,
        stretch: &'a Stretch,
        applied: &Applied,
        aside: &'a [usize],
        moment: Moment,
    ) -> Option<Scope<'a>> {
        let time = self.time(moment)?;
        let (visible, day_end) = match moment {
            Moment::Reading(i) => (i + 1, None),
            Moment::DayEnd(i) => (self.series.place_at(time), Some(i)),
        };
        let parameters = stretch.parameters(applied.book);
        let (series, calendar) = (self.series, self.calendar);
        Some(Scope { series, calendar, parameters, time, visible, day_end, aside, swap: None, cut: None, onset: &[] })
    }

    /// Whether `judged` is judged at `moment`.
    pub(crate) fn concerns(&self, judged: &Judged, moment: Moment) -> bool {
        match moment {
            Moment::Reading(i) => Scope::concerns(self.series, judged, i),
            Moment::DayEnd(_) => judged.kinds != 0,
        }
    }

    /// What repeats say of the reading in place `first`: `None` where one refutes it, else the repeat that
    /// confirms it, if one does. A repeat counts that is of the wanted kind, came in time and is not itself
    /// flagged; it refutes where with it in the place of the first the condition is false.
    fn repeats(&self, scope: &Scope<'_>, rule: &Rule, first: usize) -> Result<Option<Option<usize>>, Failure> {
        let Some((confirm, entry)) = rule.confirm.zip(self.series.entry(first)) else { return Ok(Some(None)) };
        if entry.kind != confirm.repeat {
            return Ok(Some(None));
        }
        let until = after(entry.time, confirm.within());
        let later = self.series.entries_from(first + 1).take_while(|(_, e)| e.time <= until);
        let mut confirmed = None;
        for (place, _) in later.filter(|(_, e)| e.kind == confirm.repeat && !e.flagged) {
            let instead = Scope { swap: Some(Swap { place: first, with: place }), ..*scope };
            match instead.truth(&rule.when.cond)? {
                Truth::False => return Ok(None),
                Truth::True => confirmed = confirmed.or(Some(place)),
                Truth::Unknown | Truth::NotConfigured => {}
            }
        }
        Ok(Some(confirmed))
    }

    /// Judges every rule at `moment`.
    pub(crate) fn step(&self, moving: &mut Moving<'_>, moment: Moment) {
        let Some(stretch) = self.stretch(moment) else { return };
        // Rules are judged by what stood before the moment, so their order does not matter.
        let before = Arc::clone(moving.state);
        let slots = 0..self.set.slots().len();
        let mut cases: Vec<Case<'_>> = slots.filter_map(|slot| self.case(stretch, &before, slot, moment)).collect();
        self.set_aside_with(&mut cases, moment);
        for case in &cases {
            let judged = match (&case.held, case.open) {
                (Err(failure), _) => Err(failure.clone()),
                (Ok(Held::SetAside), _) => {
                    if let (Moment::Reading(place), Some(rule)) =
                        (moment, Arc::make_mut(moving.state).rules.get_mut(case.slot))
                    {
                        rule.aside.push(place);
                    }
                    Ok(())
                }
                (Ok(held), Some(open)) => self.step_open(moving, case, open, *held, moment),
                (Ok(Held::True(confirmed)), None) => self.step_closed(moving, case, *confirmed, moment),
                (Ok(_), None) => Ok(()),
            };
            if let Err(failure) = judged {
                self.fault(moving, case, &failure);
            }
        }
    }

    /// A rule that is concerned by the moment.
    fn case<'s>(&'s self, stretch: &'s Stretch, state: &'s State, slot: usize, moment: Moment) -> Option<Case<'s>> {
        let applied = self.standing(stretch, state, slot)?;
        // What a day lacked is nobody's matter any more where the rule ended with it.
        if matches!(moment, Moment::DayEnd(_)) {
            self.standing(self.plan.at(self.time(moment)?)?, state, slot)?;
        }
        let own = state.rule(slot)?;
        let open = own.open.as_deref();
        let named = self.concerns(&applied.rule.when, moment);
        if !named && (open.is_none() || !self.concerns_open(&applied.rule, moment)) {
            return None;
        }
        let scope = self.scope(stretch, applied, &own.aside, moment)?;
        let held = self.holds(&applied.rule, &scope, moment);
        Some(Case { slot, applied, open, scope, held })
    }

    /// The last reading of a sitting stands: what a repeat refuted for one rule is set aside for every rule
    /// that asks for such a repeat and did not hold there, or the way back from a slip would be a breach too.
    fn set_aside_with(&self, cases: &mut [Case<'_>], moment: Moment) {
        let Moment::Reading(place) = moment else { return };
        if !cases.iter().any(|c| c.held == Ok(Held::SetAside)) {
            return;
        }
        let kind = self.series.entry(place).map(|e| e.kind);
        for case in cases {
            let repeats = case.applied.rule.confirm.map(|c| c.repeat);
            if repeats.is_some() && repeats == kind && matches!(case.held, Ok(Held::False | Held::NotJudged)) {
                case.held = Ok(Held::SetAside);
            }
        }
    }

    fn concerns_open(&self, rule: &Rule, moment: Moment) -> bool {
        let by_clear = rule.clear.as_ref().is_some_and(|c| self.concerns(c, moment));
        by_clear || rule.severity.iter().any(|(c, _)| self.concerns(c, moment))
    }

    fn fault(&self, moving: &mut Moving<'_>, case: &Case<'_>, failure: &Failure) {
        if moving.state.rule(case.slot).is_some_and(|r| r.fault.is_some()) {
            return;
        }
        let rulebook = self.label(case.applied);
        let fault = Fault { rule: case.applied.rule.id.clone(), rulebook, detail: failure.to_string() };
        if let Some(rule) = Arc::make_mut(moving.state).rules.get_mut(case.slot) {
            rule.fault = Some(Arc::new(fault));
        }
    }

    pub(crate) fn label(&self, applied: &Applied) -> String {
        self.set.versions().get(applied.book).map(|v| v.book.label()).unwrap_or_default()
    }

    /// Whether `when` holds at the moment; set aside where a repeat refutes it.
    fn holds(&self, rule: &Rule, scope: &Scope<'_>, moment: Moment) -> Result<Held, Failure> {
        if !self.concerns(&rule.when, moment) {
            return Ok(Held::NotJudged);
        }
        match (scope.truth(&rule.when.cond)?, moment) {
            (Truth::True, Moment::Reading(place)) => {
                Ok(self.repeats(scope, rule, place)?.map_or(Held::SetAside, Held::True))
            }
            (Truth::True, Moment::DayEnd(_)) => Ok(Held::True(None)),
            (Truth::False, Moment::Reading(_)) => Ok(Held::False),
            // The passing of time clears nothing.
            _ => Ok(Held::NotJudged),
        }
    }

    fn step_closed(
        &self,
        moving: &mut Moving<'_>,
        case: &Case<'_>,
        confirmed: Option<usize>,
        moment: Moment,
    ) -> Result<(), Failure> {
        let (applied, scope, rule) = (case.applied, &case.scope, &*case.applied.rule);
        let told = tell(scope, &rule.when.cond, Style::Opening);
        let onset = rule.onsets.iter().filter_map(|q| onset_of(scope, &rule.when.cond, *q).map(|d| (*q, d))).collect();
        let (severity, failure) = match severity(rule, scope) {
            Ok((severity, _)) => (severity, None),
            Err(failure) => (rule.severity_otherwise, Some(failure)),
        };
        let opened = EpisodeRule {
            rule: rule.id.clone(),
            programme: applied.programme.clone(),
            rulebook: self.label(applied),
            opened_at: scope.time,
            opened_by: self.key(moment),
            why: told.why,
            evidence: told.evidence,
            worsened: None,
            basis: rule.basis.clone(),
            severity,
            cleared: None,
            confirmed_by: confirmed.and_then(|place| self.key(Moment::Reading(place))),
            confirm: rule.confirm,
            task: rule.task.clone(),
            revisit_s: rule.revisit_s,
        };
        let state = Arc::make_mut(moving.state);
        if let Some(own) = state.rules.get_mut(case.slot) {
            own.open = Some(Arc::new(OpenRule { applied: applied.clone(), onset }));
        }
        match state.groups.get_mut(&rule.group) {
            Some(draft) if draft.episode.is_open() || is_same(rule, draft.last_opening, scope.time) => {
                Arc::make_mut(draft).join(opened);
            }
            _ => {
                let draft = Arc::new(Draft::new(self.patient.as_str(), &rule.group, opened));
                if let Some(over) = state.groups.insert(rule.group.clone(), draft) {
                    moving.retired.push(over);
                    state.retired = moving.retired.len();
                }
            }
        }
        self.breach(state, rule, moment);
        failure.map_or(Ok(()), Err)
    }

    fn step_open(
        &self,
        moving: &mut Moving<'_>,
        case: &Case<'_>,
        open: &OpenRule,
        held: Held,
        moment: Moment,
    ) -> Result<(), Failure> {
        let (scope, rule) = (&case.scope, &*case.applied.rule);
        if let Held::True(_) = held {
            self.breach(Arc::make_mut(moving.state), rule, moment);
        }
        let named = rule.severity.iter().any(|(c, _)| self.concerns(c, moment));
        if named || matches!(held, Held::True(_)) {
            let (now, by) = severity(rule, scope)?;
            let draft = moving.state.groups.get(&rule.group);
            let worse = draft.is_some_and(|d| d.episode.rules.iter().any(|r| r.rule == rule.id && r.severity < now));
            // A condition that holds may speak at any reading that it names; without one, only `when` does.
            if worse && (by.is_some() || matches!(held, Held::True(_))) {
                let Told { why, evidence } = tell_worse(scope, rule, by);
                let worsened = Worsened { at: scope.time, by: self.key(moment), why, evidence };
                if let Some(draft) = Arc::make_mut(moving.state).groups.get_mut(&rule.group) {
                    Arc::make_mut(draft).worsen(&rule.id, now, worsened);
                }
            }
        }
        if matches!(held, Held::True(_)) || matches!(moment, Moment::DayEnd(_)) {
            return Ok(());
        }
        let scope = &Scope { onset: &open.onset, ..*scope };
        let why = match &rule.clear {
            Some(clear) if self.concerns(clear, moment) && scope.truth(&clear.cond)? == Truth::True => {
                tell(scope, &clear.cond, Style::Clearing).why
            }
            None if held == Held::False => tell(scope, &rule.when.cond, Style::Explaining).why,
            _ => return Ok(()),
        };
        moving.end(case.slot, case.applied, scope.time, Ending::Cleared, why);
        Ok(())
    }

    fn breach(&self, state: &mut State, rule: &Rule, moment: Moment) {
        // A missed expectation is no reading, so no kind breaches there.
        if let Moment::Reading(place) = moment
            && let Some(entry) = self.series.entry(place)
        {
            state.breach(entry.time, entry.kind, &rule.group);
        }
    }

    fn key(&self, moment: Moment) -> Option<ReadingKey> {
        match moment {
            Moment::Reading(place) => self.series.entry(place).map(|e| e.key.clone()),
            Moment::DayEnd(_) => None,
        }
    }
}

/// A rule that is concerned by a moment, and whether it holds there.
struct Case<'s> {
    slot: usize,
    applied: &'s Applied,
    open: Option<&'s OpenRule>,
    scope: Scope<'s>,
    held: Result<Held, Failure>,
}

/// What `when` turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// with the place of the repeat that confirms it
    True(Option<usize>),
    False,
    SetAside,
    /// unknown, or not asked
    NotJudged,
}

/// Whether an opening at `time` belongs to the episode that opened last at `last`.
fn is_same(rule: &Rule, last: Instant, time: Instant) -> bool {
    rule.once_per_s.is_some_and(|s| (time - last).num_seconds() <= s)
}

/// What made an open rule more severe: the severity's own condition, and with it what the rule says now, unless the
/// condition says that already.
fn tell_worse(scope: &Scope<'_>, rule: &Rule, by: Option<&Judged>) -> Told {
    let Some(by) = by else { return tell(scope, &rule.when.cond, Style::Opening) };
    let says_it = rule.when.quantities & !by.quantities == 0 && rule.when.kinds & !by.kinds == 0;
    let still = !says_it && scope.truth(&rule.when.cond) == Ok(Truth::True);
    tell_all(scope, still.then_some(&rule.when.cond).into_iter().chain([&by.cond]), Style::Opening)
}

/// The first severity whose condition holds, with that condition.
fn severity<'r>(rule: &'r Rule, scope: &Scope<'_>) -> Result<(Severity, Option<&'r Judged>), Failure> {
    for (judged, severity) in &rule.severity {
        if scope.truth(&judged.cond)? == Truth::True {
            return Ok((*severity, Some(judged)));
        }
    }
    Ok((rule.severity_otherwise, None))
}
