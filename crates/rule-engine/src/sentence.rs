//! Conditions told to people: what they rest on, as a [`Sentence`] with its numbers, and the evidence behind it.

use crate::condition::{Arithmetic, Call, Compare, Cond, Function, Num, Window};
use crate::eval::{Scope, before};
use crate::parameter::ParameterState;
use crate::series::{Point, as_value};
use crate::value::{Datum, Known, Truth};
use care::sentence::{
    Amount, Bound, Comparison, Fact, Given, Held, Lack, Measured, Statistic, Subject, Term, Threshold, Window as Shown,
};
use care::{Evidence, EvidencePoint, Limit, ParameterOrigin, Sentence, sentence};
use vitals::{Decimal, Kind, Quantity, Unit};

/// What the sentence is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// it holds and opens something
    Opening,
    /// it holds and clears something
    Clearing,
    /// whether it holds or not
    Explaining,
}

/// A sentence and what it rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) why: Sentence,
    pub(crate) evidence: Evidence,
}

/// Evidence is for people: of a long window, so many of the newest readings.
const MAX_POINTS: usize = 50;

/// Tells what `cond` rests on at the scope's moment.
pub(crate) fn tell(scope: &Scope<'_>, cond: &Cond, style: Style) -> Told {
    tell_all(scope, [cond], style)
}

/// Tells what several conditions rest on.
pub(crate) fn tell_all<'c>(scope: &Scope<'_>, conds: impl IntoIterator<Item = &'c Cond>, style: Style) -> Told {
    let mut teller = Teller { scope: *scope, style, points: Vec::new(), limits: Vec::new() };
    let facts: Vec<Fact> = conds.into_iter().flat_map(|cond| teller.condition(cond)).collect();
    teller.points.sort_by_key(|(q, p)| (p.entry, *q));
    teller.points.dedup_by_key(|(q, p)| (p.entry, *q));
    let skip = teller.points.len().saturating_sub(MAX_POINTS);
    let points = teller.points.iter().skip(skip).filter_map(|(quantity, point)| {
        let entry = scope.series.entry(point.entry)?;
        let value = as_value(*quantity, point.value);
        Some(EvidencePoint { reading: entry.key.clone(), measured_at: entry.time, quantity: *quantity, value })
    });
    let why = Sentence::Facts { facts: joined(facts) };
    Told { why, evidence: Evidence { points: points.collect(), limits: teller.limits } }
}

/// What is said of one subject stands together, unless it held so often or so long.
fn joined(facts: Vec<Fact>) -> Vec<Fact> {
    let mut merged: Vec<Fact> = Vec::new();
    for fact in facts {
        match merged.iter_mut().find(|m| m.subject == fact.subject && m.held == fact.held) {
            Some(same) => {
                for bound in fact.bounds {
                    if !same.bounds.contains(&bound) {
                        same.bounds.push(bound);
                    }
                }
            }
            None => merged.push(fact),
        }
    }
    merged
}

fn bare(subject: Subject) -> Fact {
    Fact { subject, bounds: Vec::new(), held: Vec::new() }
}

struct Teller<'a> {
    scope: Scope<'a>,
    style: Style,
    points: Vec<(Quantity, Point)>,
    limits: Vec<Limit>,
}

impl Teller<'_> {
    fn condition(&mut self, cond: &Cond) -> Vec<Fact> {
        match cond {
            Cond::Compare { op, left, right, unit } => vec![self.compare(*op, left, right, *unit)],
            Cond::And(a, b) => self.both(a, b),
            Cond::Or(a, b) => {
                let truth = |c| self.scope.truth(c).unwrap_or(Truth::Unknown);
                match (truth(a), truth(b)) {
                    (Truth::True, Truth::True) => self.both(a, b),
                    (Truth::True, _) | (_, Truth::NotConfigured) => self.condition(a),
                    (_, Truth::True) | (Truth::NotConfigured, _) => self.condition(b),
                    _ => self.both(a, b),
                }
            }
            Cond::Not(a) => {
                let style = std::mem::replace(&mut self.style, Style::Explaining);
                let facts = self.condition(a);
                self.style = style;
                facts
            }
            Cond::Times { inner, count, window } => {
                let far = before(self.scope.time, window.delta());
                let scope = self.scope;
                let mut held = 0;
                let mut facts = None;
                for entry in scope.judged_at(inner, far) {
                    let Some(then) = scope.at(entry) else { break };
                    if then.truth(&inner.cond) == Ok(Truth::True) {
                        held += 1;
                        self.scope = then;
                        let told = self.condition(&inner.cond);
                        facts = facts.or(Some(told));
                        self.scope = scope;
                    }
                }
                let limit = (self.style == Style::Explaining).then_some(*count);
                let times = Held::Times { count: held, within: window.delta().into(), limit };
                held_so(facts.unwrap_or_else(|| vec![bare(Subject::SoFar)]), times)
            }
            Cond::For { inner, window } => held_so(self.condition(&inner.cond), Held::For(window.delta().into())),
            Cond::Missing { kind, days } => vec![bare(self.missing(*kind, *days))],
        }
    }

    fn both(&mut self, a: &Cond, b: &Cond) -> Vec<Fact> {
        let mut facts = self.condition(a);
        facts.extend(self.condition(b));
        facts
    }

    fn missing(&self, kind: Kind, days: u32) -> Subject {
        if self.scope.day_end.is_none() {
            let came = self.scope.visible.checked_sub(1).and_then(|i| self.scope.series.entry(i));
            if let Some(entry) = came.filter(|e| e.kind == kind) {
                let values = entry.values.iter().map(|(q, v)| amount(*v, Some(q.canonical_unit()), 2));
                return Subject::Came { kind, values: values.collect() };
            }
        }
        let last = self.scope.series.times(kind).iter().rev().find(|(i, _)| *i < self.scope.visible);
        let last_days = last.map(|(_, t)| (self.scope.time - t).num_days());
        Subject::Missing { kind, days, last_days, holds: self.style != Style::Explaining }
    }

    fn compare(&mut self, op: Compare, left: &Num, right: &Num, unit: Option<Unit>) -> Fact {
        let turned = !left.measures() && right.measures();
        let (subject, limit, op) = if turned { (right, left, flipped(op)) } else { (left, right, op) };
        let values = (self.scope.number(subject), self.scope.number(limit));
        let digits = match values {
            (Ok(Known::Value(Datum::Number(a))), Ok(Known::Value(Datum::Number(b)))) => telling_digits(a, b),
            _ => 2,
        };
        let moves = matches!(subject, Num::Call(c) if c.function.is_difference()) || since(subject).is_some();
        let subject = self.subject(subject, unit, digits);
        let threshold = self.threshold(limit, unit, digits);
        let comparison = match self.style {
            Style::Clearing => comparison(op),
            Style::Opening if !moves => comparison(op),
            Style::Opening | Style::Explaining => Comparison::Limit,
        };
        Fact { subject, bounds: vec![Bound { comparison, threshold }], held: Vec::new() }
    }

    fn value(&self, num: &Num) -> Option<Datum> {
        match self.scope.number(num) {
            Ok(Known::Value(datum)) => Some(datum),
            _ => None,
        }
    }

    fn subject(&mut self, num: &Num, unit: Option<Unit>, digits: u32) -> Subject {
        if let Num::Call(call) = num {
            return self.call(*call, unit, digits);
        }
        if let Some((quantity, now, then)) = since(num) {
            let (from, to) = (self.newest(quantity, then.window), self.newest(quantity, now.window));
            return match (from, to) {
                (Some(from), Some(to)) => moved(quantity, then.window, true, (from, to), digits),
                _ => Subject::Nothing { quantity, window: shown(then.window), lack: Lack::NoneToCompare },
            };
        }
        let value = self.value(num).map(|v| amount(v, unit, digits));
        Subject::Computed { term: Box::new(self.term(num, unit)), value }
    }

    fn newest(&mut self, quantity: Quantity, window: Window) -> Option<Datum> {
        let point = { self.scope.window(quantity, window) }.next_back()?;
        self.points.push((quantity, point));
        Some(point.value)
    }

    fn call(&mut self, call: Call, unit: Option<Unit>, digits: u32) -> Subject {
        let quantity = call.quantity;
        let nothing = |lack| Subject::Nothing { quantity, window: shown(call.window), lack };
        let shows = match call.window {
            Window::Newest => 1,
            Window::Last(n) => n as usize,
            Window::Time { .. } => usize::MAX,
        };
        let mut points: Vec<Point> = self.scope.window(quantity, call.window).rev().take(shows).collect();
        points.reverse();
        let value = self.value(&Num::Call(call));
        let by_value = |p: &&Point| p.value;
        let count = points.len();
        let from = match call.function {
            Function::Rise => points.iter().rev().min_by_key(by_value),
            Function::Drop => points.iter().max_by_key(by_value),
            _ => points.first(),
        };
        let statistic = match call.function {
            Function::Rise | Function::Drop | Function::Change => {
                let (Some(from), Some(to)) = (from.copied(), points.last().copied()) else {
                    return nothing(Lack::NoReading);
                };
                self.points.extend([(quantity, from), (quantity, to)]);
                return moved(quantity, call.window, false, (from.value, to.value), digits);
            }
            Function::Latest => Statistic::Latest,
            Function::Min => Statistic::Lowest,
            Function::Max => Statistic::Highest,
            Function::Mean => Statistic::Mean,
            Function::Median => Statistic::Median,
            Function::Count => Statistic::Count,
        };
        match statistic {
            Statistic::Latest => self.points.extend(points.last().map(|p| (quantity, *p))),
            Statistic::Lowest | Statistic::Highest => {
                let extreme = points.iter().rev().find(|p| Some(p.value) == value);
                self.points.extend(extreme.map(|p| (quantity, *p)));
            }
            _ => self.points.extend(points.into_iter().map(|p| (quantity, p))),
        }
        match value {
            Some(value) => {
                let value = amount(value, unit, digits);
                Subject::Measured(Measured { statistic, quantity, window: shown(call.window), count, value })
            }
            None => nothing(if count == 0 { Lack::NoReading } else { Lack::TooFew }),
        }
    }

    fn threshold(&mut self, num: &Num, unit: Option<Unit>, digits: u32) -> Threshold {
        match num {
            Num::Literal { .. } | Num::Parameter { .. } => {
                self.given(num).map_or(Threshold::NotSet, |(_, given)| Threshold::Given(given))
            }
            _ => {
                let value = self.value(num).map(|v| amount(v, unit, digits));
                Threshold::Computed { term: Box::new(self.term(num, unit)), value }
            }
        }
    }

    /// A number as written, with its name if it has one; `None` where nobody has set it.
    fn given(&mut self, num: &Num) -> Option<(Option<String>, Given)> {
        let (name, text, raw, unit, value, origin) = match num {
            Num::Literal { value, raw, unit } => {
                let text = unit.map_or_else(|| raw.to_string(), |u| format!("{raw} {u}"));
                (None, text, *raw, *unit, *value, ParameterOrigin::Rulebook)
            }
            Num::Parameter { index, difference } => match self.scope.parameters.get(*index) {
                Some(ParameterState::Set(p)) => {
                    let value = if *difference { p.difference } else { p.value };
                    (Some(p.name.clone()), p.written.clone(), p.raw, p.unit, value, p.origin)
                }
                _ => return None,
            },
            _ => return None,
        };
        let limit = Limit { name: name.clone().unwrap_or_else(|| text.clone()), value: text, origin };
        if !self.limits.contains(&limit) {
            self.limits.push(limit);
        }
        let canonical = unit.map(|u| crate::check::canonical(u.dimension())).filter(|c| unit != Some(*c));
        let equals = canonical.map(|canonical| amount(Datum::Number(value), Some(canonical), 2));
        Some((name, Given { amount: amount(Datum::Number(raw), unit, 6), equals, origin }))
    }

    fn term(&mut self, num: &Num, unit: Option<Unit>) -> Term {
        match num {
            Num::Literal { .. } | Num::Parameter { .. } => match self.given(num) {
                None => Term::NotSet,
                Some((None, given)) => Term::Number(given),
                Some((Some(name), given)) => Term::Parameter { name, given },
            },
            Num::Onset(quantity) => {
                Term::AtOnset(self.value(num).map(|v| amount(v, Some(quantity.canonical_unit()), 2)))
            }
            Num::Call(call) => Term::Readings(self.call(*call, unit, 2)),
            Num::Negative(a) => Term::Negative(Box::new(self.term(a, unit))),
            Num::Binary(op, a, b) => {
                let op = match op {
                    Arithmetic::Add => sentence::Arithmetic::Plus,
                    Arithmetic::Subtract => sentence::Arithmetic::Minus,
                    Arithmetic::Multiply => sentence::Arithmetic::Times,
                    Arithmetic::Divide => sentence::Arithmetic::Over,
                };
                Term::Of(op, Box::new(self.term(a, unit)), Box::new(self.term(b, unit)))
            }
        }
    }
}

/// How often or how long the last of several facts held.
fn held_so(mut facts: Vec<Fact>, held: Held) -> Vec<Fact> {
    if let Some(last) = facts.last_mut() {
        last.held.push(held);
    }
    facts
}

/// "Weight up 2.6 kg in 3 days (80.1 → 82.7 kg)".
fn moved(quantity: Quantity, window: Window, since: bool, (from, to): (Datum, Datum), digits: u32) -> Subject {
    let unit = Some(quantity.canonical_unit());
    let difference = from.number().zip(to.number()).and_then(|(a, b)| b.checked_sub(a));
    Subject::Moved {
        quantity,
        window: shown(window),
        since,
        from: amount(from, unit, digits),
        to: amount(to, unit, digits),
        by: difference.map(|d| amount(Datum::Number(d), unit, digits)),
    }
}

/// The shape "newest value less an earlier one".
fn since(num: &Num) -> Option<(Quantity, Call, Call)> {
    let Num::Binary(Arithmetic::Subtract, a, b) = num else { return None };
    match (&**a, &**b) {
        (Num::Call(now), Num::Call(then))
            if now.function == Function::Latest
                && then.function == Function::Latest
                && now.quantity == then.quantity =>
        {
            Some((now.quantity, *now, *then))
        }
        _ => None,
    }
}

fn flipped(op: Compare) -> Compare {
    match op {
        Compare::Less => Compare::More,
        Compare::AtMost => Compare::AtLeast,
        Compare::More => Compare::Less,
        Compare::AtLeast => Compare::AtMost,
        same => same,
    }
}

fn comparison(op: Compare) -> Comparison {
    match op {
        Compare::Less => Comparison::Below,
        Compare::AtMost => Comparison::AtOrBelow,
        Compare::More => Comparison::Above,
        Compare::AtLeast => Comparison::AtOrAbove,
        Compare::Equal => Comparison::Exactly,
        Compare::NotEqual => Comparison::OtherThan,
    }
}

/// As many digits after the point as it takes to see that two numbers differ, at least two.
fn telling_digits(a: Decimal, b: Decimal) -> u32 {
    (2..12).find(|d| a == b || a.round_dp(*d) != b.round_dp(*d)).unwrap_or(12)
}

fn amount(datum: Datum, unit: Option<Unit>, digits: u32) -> Amount {
    match datum {
        Datum::Number(n) => Amount::Number { value: n.round_dp(digits).normalize(), unit },
        Datum::Low => Amount::Low,
        Datum::High => Amount::High,
    }
}

fn shown(window: Window) -> Shown {
    match window {
        Window::Newest => Shown::Newest,
        Window::Last(n) => Shown::Last(n),
        Window::Time { near, far } if near.is_zero() => Shown::Within(far.into()),
        Window::Time { near, far } => Shown::Before { near: near.into(), far: far.into() },
    }
}
