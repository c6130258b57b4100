//! What a chart shows of the rules: levels that readings are compared with, days on which some are expected, and
//! readings that do not count as they stand. Said by the engine, so that a picture cannot disagree with a judgement.

use crate::condition::{Arithmetic, Compare, Cond, Function, Num, kind_bit};
use crate::evaluator::Evaluator;
use crate::parameter::ParameterState;
use crate::plan::{Applied, Stretch};
use crate::set::RulebookSet;
use crate::value::{Datum, Known};
use care::{History, Limit, RuleId};
use std::collections::BTreeMap;
use std::sync::Arc;
use vitals::{Decimal, Instant, Kind, Quantity, ReadingKey};

/// On which side of a level a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// readings above it concern the rule
    Above,
    /// readings below it do
    Below,
}

/// A level that a rule compares a quantity with, for `[from, until)` of measured time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// what is compared
    pub quantity: Quantity,
    /// in the quantity's canonical unit
    pub value: Decimal,
    /// where it concerns
    pub side: Side,
    /// the rule
    pub rule: RuleId,
    /// keys of the parameters that it is made of (`heart-failure.gain_3d`), in the order of the rule
    pub keys: Vec<String>,
    /// the same as written, with whose they are; a number that stands in the rule itself among them
    pub limits: Vec<Limit>,
    /// from when on
    pub from: Instant,
    /// until when; open end if none
    pub until: Option<Instant>,
}

/// A local day of the patient, `[start, end)`, and what was expected on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedDay {
    /// its first moment
    pub start: Instant,
    /// the first moment of the next
    pub end: Instant,
    /// kinds of which a reading is expected
    pub kinds: Vec<Kind>,
}

/// Why a reading does not count as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// a later reading corrects it
    Corrected,
    /// another device sent the same measurement; that one counts
    Copy,
    /// readings of the patient are only stored at that time
    OnlyStored,
    /// a repeat showed otherwise, for these rules
    SetAside(Vec<RuleId>),
}

/// Everything that a chart is told.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// the readings that do not count as they stand
    pub standings: BTreeMap<ReadingKey, Standing>,
    /// the days, and what was expected on each
    pub days: Vec<ExpectedDay>,
    /// the levels that rules compare with
    pub levels: Vec<Level>,
}

/// What a chart from `from` to `until` is told of a patient. `history` need not hold older readings than its windows.
#[must_use]
pub fn picture(rulebooks: &RulebookSet, history: &History, from: Instant, until: Instant) -> Picture {
    let evaluator = Evaluator::new(&Arc::new(rulebooks.clone()), history, until);
    Picture {
        standings: evaluator.standings(),
        days: evaluator.expected_days(from, until),
        levels: evaluator.levels(from, until),
    }
}

impl Evaluator {
    /// The readings that do not count as they stand, each with the reason.
    #[must_use]
    pub fn standings(&self) -> BTreeMap<ReadingKey, Standing> {
        let mut found = self.archive.passed_over(&self.copies);
        let state = self.state();
        for (slot, rule) in self.set.slots().iter().enumerate() {
            let aside = state.rule(slot).map_or(&[][..], |r| &r.aside);
            for entry in aside.iter().filter_map(|place| self.series.entry(*place)) {
                let rules = found.entry(entry.key.clone()).or_insert_with(|| Standing::SetAside(Vec::new()));
                if let Standing::SetAside(rules) = rules {
                    rules.push(rule.clone());
                }
            }
        }
        found
    }

    /// The patient's days that end after `from`, up to the one that holds `until`, with what is expected on each.
    #[must_use]
    pub fn expected_days(&self, from: Instant, until: Instant) -> Vec<ExpectedDay> {
        let zone = |t| self.history.timezone_at(t);
        let mut days = Vec::new();
        let mut start = crate::calendar::day_start(from, zone(from));
        while let Some(begins) = start.filter(|s| *s <= until && days.len() < MOST_DAYS) {
            let Some(end) = crate::calendar::day_end(begins, zone(begins)) else { break };
            let expected = self.plan.day(begins, end).expected;
            let kinds = Kind::ALL.into_iter().filter(|k| expected & kind_bit(*k) != 0).collect();
            days.push(ExpectedDay { start: begins, end, kinds });
            start = Some(end);
        }
        days
    }

    /// The levels that the patient's rules compare with between `from` and `until`: what stands alone on one side of
    /// a comparison and does not change with the readings. Equal neighbours in time are one.
    #[must_use]
    pub fn levels(&self, from: Instant, until: Instant) -> Vec<Level> {
        let mut found: Vec<Level> = Vec::new();
        for (stretch, begins, ends) in self.plan.between(from, until) {
            for applied in stretch.rules.iter().flatten() {
                self.levels_of(applied, stretch, &mut |mut level| {
                    (level.from, level.until) = (begins, ends);
                    let goes_on = |old: &&mut Level| old.until == Some(begins) && is_same(old, &level);
                    match found.iter_mut().find(goes_on) {
                        Some(old) => old.until = ends,
                        None => found.push(level),
                    }
                });
            }
        }
        found
    }

    fn levels_of(&self, applied: &Applied, stretch: &Stretch, add: &mut dyn FnMut(Level)) {
        let states = stretch.parameters(applied.book);
        let book = self.set.versions().get(applied.book).map(|v| &v.book);
        each_comparison(&applied.rule.when.cond, &mut |op, left, right| {
            let (call, other, op) = match (left, right) {
                (Num::Call(call), other) => (call, other, op),
                (other, Num::Call(call)) => (call, other, turned(op)),
                _ => return,
            };
            let is_level = !call.function.is_difference() && call.function != Function::Count;
            let side = match op {
                Compare::More | Compare::AtLeast => Side::Above,
                Compare::Less | Compare::AtMost => Side::Below,
                Compare::Equal | Compare::NotEqual => return,
            };
            if !is_level || other.measures() || matches!(other, Num::Onset(_)) {
                return;
            }
            let scope = self.nothing_measured(states);
            let Ok(Known::Value(Datum::Number(value))) = scope.number(other) else { return };
            let (mut keys, mut limits) = (Vec::new(), Vec::new());
            each_constant(other, &mut |num| match num {
                Num::Parameter { index, .. } => {
                    if let Some(ParameterState::Set(amount)) = states.get(*index) {
                        keys.extend(book.and_then(|b| b.parameters.get(*index)).map(|p| p.key.clone()));
                        limits.push(amount.limit());
                    }
                }
                Num::Literal { raw, unit, .. } => limits.push(Limit {
                    name: raw.to_string(),
                    value: unit.map_or_else(|| raw.to_string(), |u| format!("{raw} {u}")),
                    origin: care::ParameterOrigin::Rulebook,
                }),
                _ => {}
            });
            let (quantity, rule) = (call.quantity, applied.rule.id.clone());
            add(Level { quantity, value, side, rule, keys, limits, from: Instant::MIN_UTC, until: None });
        });
    }
}

/// So many days are shown at most: ten years.
const MOST_DAYS: usize = 3_660;

/// Whether two levels say the same, whatever their times.
fn is_same(a: &Level, b: &Level) -> bool {
    (a.quantity, a.value, a.side, &a.rule, &a.keys, &a.limits)
        == (b.quantity, b.value, b.side, &b.rule, &b.keys, &b.limits)
}

fn turned(op: Compare) -> Compare {
    match op {
        Compare::Less => Compare::More,
        Compare::AtMost => Compare::AtLeast,
        Compare::More => Compare::Less,
        Compare::AtLeast => Compare::AtMost,
        same => same,
    }
}

/// Every comparison that makes the condition true; under `not` it would say the opposite.
fn each_comparison<'c>(cond: &'c Cond, visit: &mut dyn FnMut(Compare, &'c Num, &'c Num)) {
    match cond {
        Cond::Compare { op, left, right, .. } => visit(*op, left, right),
        Cond::And(a, b) | Cond::Or(a, b) => {
            each_comparison(a, visit);
            each_comparison(b, visit);
        }
        Cond::Times { inner, .. } | Cond::For { inner, .. } => each_comparison(&inner.cond, visit),
        Cond::Not(_) | Cond::Missing { .. } => {}
    }
}

fn each_constant<'n>(num: &'n Num, visit: &mut dyn FnMut(&'n Num)) {
    match num {
        Num::Negative(a) => each_constant(a, visit),
        Num::Binary(Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Multiply | Arithmetic::Divide, a, b) => {
            each_constant(a, visit);
            each_constant(b, visit);
        }
        other => visit(other),
    }
}
