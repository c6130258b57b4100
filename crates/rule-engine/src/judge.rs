//! Whether a condition is true again after a task was completed.

use crate::eval::Scope;
use crate::evaluator::Evaluator;
use crate::sentence::{Style, tell};
use crate::step::Moment;
use crate::value::Truth;
use care::{Again, GroupKey, Judge};
use vitals::{Instant, Kind};

impl Judge for Evaluator {
    fn true_again(&self, group: &GroupKey, since: Instant, not_before: Option<Instant>) -> Option<Again> {
        let given = self.given();
        let state = self.state();
        let from = not_before.map_or(since, |n| n.max(since));
        let counts = |time: Instant| time > since && time >= from;
        self.series.needs_readings(from);
        if self.calendar.lacks(from) {
            self.series.missed().note();
        }
        let first = self.series.place_at(from);
        let readings = self.series.entries_from(first).map(|(i, e)| (e.time, 1, Moment::Reading(i)));
        let days = self.calendar.ending_from(from).map(|(i, d)| (d.end, 0, Moment::DayEnd(i)));
        let mut moments: Vec<(Instant, u8, Moment)> = readings.chain(days).filter(|(t, ..)| counts(*t)).collect();
        // Stable, so readings of one instant keep their order.
        moments.sort_by_key(|(time, rank, _)| (*time, *rank));
        for (_, _, moment) in moments {
            let Some(stretch) = given.stretch(moment) else { continue };
            for slot in 0..self.set.slots().len() {
                let Some(applied) = given.standing(stretch, state, slot) else { continue };
                let rule = &*applied.rule;
                let aside = state.rule(slot).map_or(&[][..], |r| &r.aside);
                let is_aside = matches!(moment, Moment::Reading(place) if aside.binary_search(&place).is_ok());
                if rule.group != *group || is_aside || !given.concerns(&rule.when, moment) {
                    continue;
                }
                let Some(scope) = given.scope(stretch, applied, aside, moment) else { continue };
                let scope = Scope { cut: Some(since), ..scope };
                // A failure is a fault already, of the evaluation itself.
                if scope.truth(&rule.when.cond) == Ok(Truth::True) {
                    let why = tell(&scope, &rule.when.cond, Style::Opening).why;
                    return Some(Again { rule: rule.id.clone(), why });
                }
            }
        }
        None
    }

    fn newest(&self, kind: Kind) -> Option<Instant> {
        self.series.times(kind).last().map(|(_, time)| *time)
    }
}
