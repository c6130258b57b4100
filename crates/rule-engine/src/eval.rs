//! Evaluates a condition at one moment. Total: overflow is a failure, a lack of data is unknown.

use crate::ast::Length;
use crate::calendar::Calendar;
use crate::condition::{Arithmetic, Call, Cond, Function, Judged, Num, UNKNOWN_ERROR_S, Window, window_bears_s};
use crate::parameter::ParameterState;
use crate::series::{Point, Series};
use crate::value::{Datum, Failure, Known, Truth, holds};
use chrono::TimeDelta;
use vitals::{Decimal, Instant, Quantity};

/// One reading in the place of another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Swap {
    pub(crate) place: usize,
    pub(crate) with: usize,
}

/// What one rule sees at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) series: &'a Series,
    pub(crate) calendar: &'a Calendar,
    pub(crate) parameters: &'a [ParameterState],
    /// the moment
    pub(crate) time: Instant,
    /// readings before this place have been measured
    pub(crate) visible: usize,
    /// days before this place have ended; at the end of a day, none of a reading's
    pub(crate) day_end: Option<usize>,
    /// readings set aside for this rule, ascending
    pub(crate) aside: &'a [usize],
    /// a repeat tried in the place of what it repeats
    pub(crate) swap: Option<Swap>,
    /// windows begin here at the earliest
    pub(crate) cut: Option<Instant>,
    /// what the opening compared with
    pub(crate) onset: &'a [(Quantity, Datum)],
}

impl<'a> Scope<'a> {
    /// The same, at the moment of an earlier reading.
    pub(crate) fn at(&self, entry: usize) -> Option<Scope<'a>> {
        let time = self.series.entry(entry)?.time;
        Some(Scope { time, visible: entry + 1, day_end: None, ..*self })
    }

    /// The values that a window shows, oldest first.
    pub(crate) fn window(
        &self,
        quantity: Quantity,
        window: Window,
    ) -> impl DoubleEndedIterator<Item = Point> + use<'a> {
        let all = self.series.points(quantity);
        let seen = all.get(..all.partition_point(|p| p.entry < self.visible)).unwrap_or(all);
        let (near, far) = match window {
            Window::Newest | Window::Last(_) => (self.time, Instant::MIN_UTC),
            Window::Time { near, far } => (before(self.time, near), before(self.time, far)),
        };
        let endless = far == Instant::MIN_UTC && self.cut.is_none();
        let far = self.cut.map_or(far, |cut| far.max(cut));
        if !endless {
            self.series.needs_points(quantity, far);
        }
        let start = seen.partition_point(|p| p.time < far);
        let end = seen.partition_point(|p| p.time <= near).max(start);
        let bears = window_bears_s(window);
        let (aside, swap, series) = (self.aside, self.swap, self.series);
        let points = seen.get(start..end).unwrap_or(&[]).iter();
        let points = points.filter_map(move |point| {
            let point = match swap {
                Some(Swap { place, with }) if place == point.entry => {
                    let value = series.entry(with)?.value(quantity)?;
                    Point { value, entry: with, ..*point }
                }
                _ => *point,
            };
            (point.error_s <= bears && (aside.is_empty() || aside.binary_search(&point.entry).is_err()))
                .then_some(point)
        });
        Points { points, endless: endless.then_some((series, quantity)) }
    }

    /// Whether `judged` is judged at the reading at `entry`: it names a quantity of it, and its windows can
    /// bear the error of the reading's clock.
    pub(crate) fn concerns(series: &Series, judged: &Judged, entry: usize) -> bool {
        series.entry(entry).is_some_and(|e| {
            let named = e.quantities & judged.quantities != 0 || crate::condition::kind_bit(e.kind) & judged.kinds != 0;
            named && (e.error_s <= judged.bears_s || e.error_s == UNKNOWN_ERROR_S && judged.bears_s == UNKNOWN_ERROR_S)
        })
    }

    /// The places of the readings since `far` at which `judged` was judged, newest first.
    pub(crate) fn judged_at(&self, judged: &Judged, far: Instant) -> impl Iterator<Item = usize> {
        let far = self.cut.map_or(far, |cut| far.max(cut));
        let (aside, series) = (self.aside, self.series);
        let is_since = move |i: &usize| match series.entry(*i) {
            Some(entry) if *i >= series.base() => entry.time >= far,
            _ => {
                series.needs_readings(far);
                false
            }
        };
        (0..self.visible)
            .rev()
            .take_while(is_since)
            .filter(move |i| aside.binary_search(i).is_err() && Self::concerns(series, judged, *i))
    }

    /// What `cond` is.
    pub(crate) fn truth(&self, cond: &Cond) -> Result<Truth, Failure> {
        match cond {
            Cond::Compare { op, left, right, .. } => Ok(match (self.number(left)?, self.number(right)?) {
                (Known::NotConfigured, _) | (_, Known::NotConfigured) => Truth::NotConfigured,
                (Known::Value(a), Known::Value(b)) => holds(*op, a.cmp(&b)).into(),
                _ => Truth::Unknown,
            }),
            Cond::And(a, b) => Ok(self.truth(a)?.and(self.truth(b)?)),
            Cond::Or(a, b) => Ok(self.truth(a)?.or(self.truth(b)?)),
            Cond::Not(a) => Ok(self.truth(a)?.not()),
            Cond::Times { inner, count, window } => self.times(inner, *count, *window),
            Cond::For { inner, window } => self.lasts(inner, *window),
            Cond::Missing { kind, days } => Ok(match self.day_end {
                Some(day) => self.calendar.is_missing(self.series, *kind, *days, day, self.cut).into(),
                None => Truth::False,
            }),
        }
    }

    /// True at so many readings of the window.
    fn times(&self, inner: &Judged, count: u32, window: Length) -> Result<Truth, Failure> {
        let far = before(self.time, window.delta());
        let (mut yes, mut unknown) = (0_u32, 0_u32);
        for entry in self.judged_at(inner, far) {
            let Some(scope) = self.at(entry) else { break };
            match scope.truth(&inner.cond)? {
                Truth::True => yes += 1,
                Truth::Unknown => unknown += 1,
                Truth::NotConfigured => return Ok(Truth::NotConfigured),
                Truth::False => {}
            }
            if yes >= count {
                return Ok(Truth::True);
            }
        }
        Ok(if yes + unknown >= count { Truth::Unknown } else { Truth::False })
    }

    /// True at every reading since one at least so long ago.
    fn lasts(&self, inner: &Judged, window: Length) -> Result<Truth, Failure> {
        let far = before(self.time, window.delta());
        let mut certain = true;
        for entry in self.judged_at(inner, Instant::MIN_UTC) {
            let Some(scope) = self.at(entry) else { break };
            match scope.truth(&inner.cond)? {
                Truth::True => {}
                Truth::Unknown => certain = false,
                decided => return Ok(decided),
            }
            if scope.time <= far {
                return Ok(if certain { Truth::True } else { Truth::Unknown });
            }
        }
        Ok(Truth::Unknown)
    }

    /// What `num` is.
    pub(crate) fn number(&self, num: &Num) -> Result<Known, Failure> {
        match num {
            Num::Literal { value, .. } => Ok(Known::Value(Datum::Number(*value))),
            Num::Parameter { index, difference } => match self.parameters.get(*index) {
                Some(ParameterState::Set(p)) => {
                    Ok(Known::Value(Datum::Number(if *difference { p.difference } else { p.value })))
                }
                Some(ParameterState::Invalid(failure)) => Err(failure.clone()),
                Some(ParameterState::Unset) | None => Ok(Known::NotConfigured),
            },
            Num::Call(call) => self.call(*call),
            Num::Onset(quantity) => {
                Ok(self.onset.iter().find(|(q, _)| q == quantity).map_or(Known::Unknown, |(_, d)| Known::Value(*d)))
            }
            Num::Negative(a) => Ok(match self.number(a)? {
                Known::Value(Datum::Number(n)) => Known::Value(Datum::Number(-n)),
                Known::Value(_) => Known::Unknown,
                other => other,
            }),
            Num::Binary(op, a, b) => match (self.number(a)?, self.number(b)?) {
                (Known::NotConfigured, _) | (_, Known::NotConfigured) => Ok(Known::NotConfigured),
                (Known::Value(Datum::Number(a)), Known::Value(Datum::Number(b))) => {
                    calculate(*op, a, b).map(|n| Known::Value(Datum::Number(n)))
                }
                // A coded value compares, but nobody can calculate with it.
                _ => Ok(Known::Unknown),
            },
        }
    }

    fn call(&self, call: Call) -> Result<Known, Failure> {
        let points = self.window(call.quantity, call.window);
        let known = |d: Option<Datum>| d.map_or(Known::Unknown, Known::Value);
        match call.window {
            Window::Last(n) => {
                let mut last: Vec<Datum> = points.rev().take(n as usize).map(|p| p.value).collect();
                last.reverse();
                if last.len() < n as usize && call.function != Function::Count {
                    return Ok(Known::Unknown);
                }
                aggregate(call.function, last.into_iter())
            }
            Window::Newest => Ok(known({ points }.next_back().map(|p| p.value))),
            Window::Time { .. } => aggregate(call.function, points.map(|p| p.value)),
        }
    }
}

/// The values that a window shows. Of one without an end, whoever comes to the oldest value that is known has missed
/// those before it.
struct Points<'a, I> {
    points: I,
    endless: Option<(&'a Series, Quantity)>,
}

impl<I> Points<'_, I> {
    fn end(&self) -> Option<Point> {
        if let Some((series, quantity)) = self.endless {
            series.needs_points(quantity, Instant::MIN_UTC);
        }
        None
    }
}

impl<I: Iterator<Item = Point>> Iterator for Points<'_, I> {
    type Item = Point;
    fn next(&mut self) -> Option<Point> {
        // The oldest first: that is not what is known.
        self.end().or_else(|| self.points.next())
    }
}

impl<I: DoubleEndedIterator<Item = Point>> DoubleEndedIterator for Points<'_, I> {
    fn next_back(&mut self) -> Option<Point> {
        self.points.next_back().or_else(|| self.end())
    }
}

/// `time - length`, or the beginning of time.
pub(crate) fn before(time: Instant, length: TimeDelta) -> Instant {
    time.checked_sub_signed(length).unwrap_or(Instant::MIN_UTC)
}

/// `time + length`, or the end of time.
pub(crate) fn after(time: Instant, length: TimeDelta) -> Instant {
    time.checked_add_signed(length).unwrap_or(Instant::MAX_UTC)
}

fn calculate(op: Arithmetic, a: Decimal, b: Decimal) -> Result<Decimal, Failure> {
    match op {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide if b.is_zero() => return Err(Failure::DivisionByZero),
        Arithmetic::Divide => a.checked_div(b),
    }
    .ok_or(Failure::Overflow)
}

fn aggregate(function: Function, mut values: impl DoubleEndedIterator<Item = Datum>) -> Result<Known, Failure> {
    let difference = |from: Datum, to: Datum| match (from, to) {
        (Datum::Number(a), Datum::Number(b)) => {
            calculate(Arithmetic::Subtract, b, a).map(|n| Known::Value(Datum::Number(n)))
        }
        _ => Ok(Known::Unknown),
    };
    let found = match function {
        Function::Count => Some(Datum::Number(values.count().into())),
        Function::Latest => values.next_back(),
        Function::Min => values.min(),
        Function::Max => values.max(),
        Function::Mean | Function::Median => return average(function, values),
        Function::Rise | Function::Drop | Function::Change => {
            let Some(last) = values.next_back() else { return Ok(Known::Unknown) };
            return match function {
                Function::Rise => difference(values.fold(last, Datum::min), last),
                Function::Drop => difference(last, values.fold(last, Datum::max)),
                _ => difference(values.next().unwrap_or(last), last),
            };
        }
    };
    Ok(found.map_or(Known::Unknown, Known::Value))
}

/// Mean or median; unknown where one of the values is coded.
fn average(function: Function, values: impl Iterator<Item = Datum>) -> Result<Known, Failure> {
    let Some(mut numbers) = values.map(Datum::number).collect::<Option<Vec<Decimal>>>() else {
        return Ok(Known::Unknown);
    };
    if function == Function::Median {
        numbers.sort_unstable();
        let from = (numbers.len().max(1) - 1) / 2;
        let middle = 1 + usize::from(numbers.len().is_multiple_of(2));
        numbers = numbers.into_iter().skip(from).take(middle).collect();
    }
    if numbers.is_empty() {
        return Ok(Known::Unknown);
    }
    let sum = numbers.iter().try_fold(Decimal::ZERO, |sum, n| sum.checked_add(*n)).ok_or(Failure::Overflow)?;
    calculate(Arithmetic::Divide, sum, numbers.len().into()).map(|n| Known::Value(Datum::Number(n)))
}

/// What the opening of `cond` compared `quantity` with: the lowest of the window of its `rise`, the highest of
/// its `drop`, otherwise the value before. Of alternatives the one that held.
pub(crate) fn onset_of(scope: &Scope<'_>, cond: &Cond, quantity: Quantity) -> Option<Datum> {
    let call = find_difference(scope, cond, quantity);
    match call {
        Some(call) if call.function == Function::Rise => scope.window(quantity, call.window).map(|p| p.value).min(),
        Some(call) => scope.window(quantity, call.window).map(|p| p.value).max(),
        None => scope.window(quantity, Window::Newest).rev().nth(1).map(|p| p.value),
    }
}

fn find_difference(scope: &Scope<'_>, cond: &Cond, quantity: Quantity) -> Option<Call> {
    match cond {
        Cond::Compare { left, right, .. } => {
            number_difference(left, quantity).or_else(|| number_difference(right, quantity))
        }
        Cond::And(a, b) => find_difference(scope, a, quantity).or_else(|| find_difference(scope, b, quantity)),
        Cond::Or(a, b) => match scope.truth(a) {
            Ok(Truth::True) => find_difference(scope, a, quantity),
            _ => find_difference(scope, b, quantity),
        },
        Cond::Not(a) => find_difference(scope, a, quantity),
        Cond::Times { inner, .. } | Cond::For { inner, .. } => find_difference(scope, &inner.cond, quantity),
        Cond::Missing { .. } => None,
    }
}

fn number_difference(num: &Num, quantity: Quantity) -> Option<Call> {
    match num {
        Num::Call(call) if call.quantity == quantity && matches!(call.function, Function::Rise | Function::Drop) => {
            Some(*call)
        }
        Num::Negative(a) => number_difference(a, quantity),
        Num::Binary(_, a, b) => number_difference(a, quantity).or_else(|| number_difference(b, quantity)),
        _ => None,
    }
}
