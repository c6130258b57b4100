//! Which values of a parameter make sense: what it is compared with says so.

use crate::check::{canonical, parse_amount};
use crate::condition::{Arithmetic, Cond, Num};
use crate::rulebook::Rulebook;
use crate::set::RulebookSet;
use vitals::{Decimal, PlausibilityLimits, Quantity, Unit};

/// The values that a parameter may have, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// lowest
    pub low: Decimal,
    /// highest
    pub high: Decimal,
    /// of both, and of the parameter
    pub unit: Unit,
    is_difference: bool,
}

impl Range {
    /// Whether an amount as written (`2.5 kg`) lies within.
    pub(crate) fn contains(&self, written: &str) -> bool {
        let amount = parse_amount(written).and_then(|(raw, unit)| {
            let unit = unit?;
            if self.is_difference { unit.convert_difference(raw, self.unit) } else { unit.convert(raw, self.unit) }.ok()
        });
        amount.is_some_and(|a| self.low <= a && a <= self.high)
    }
}

impl RulebookSet {
    /// The values that the parameter `key` may have: of one that is compared with a quantity those that a person can
    /// have at all (the hard limits of admission), of one that is compared with a difference from nothing to the
    /// widest. None for a plain number, and for one that no condition names.
    #[must_use]
    pub fn range(&self, key: &str) -> Option<Range> {
        let books = self.versions().iter().rev().map(|v| &*v.book);
        books.into_iter().find_map(|book| {
            let index = book.parameters.iter().position(|p| p.key == key)?;
            range_in(book, index, &self.plausible)
        })
    }
}

fn range_in(book: &Rulebook, index: usize, plausible: &PlausibilityLimits) -> Option<Range> {
    let parameter = book.parameters.get(index)?;
    let unit = parameter.unit?;
    let conditions = book.rules.iter().flat_map(|r| {
        let severity = r.severity.iter().map(|(judged, _)| judged);
        std::iter::once(&r.when).chain(&r.clear).chain(severity).map(|judged| &judged.cond)
    });
    let (quantity, is_difference) = conditions.into_iter().find_map(|cond| compared(cond, index))?;
    let hard = plausible.of(quantity).hard?;
    let from = canonical(unit.dimension());
    let written = parameter.default.as_deref().and_then(parse_amount);
    let default = written.and_then(|(raw, own)| own?.convert(raw, from).ok());
    // Of two parameters in a sum one is the level and the other a distance from it: a distance is no value that a
    // person can have.
    let is_difference = is_difference || default.is_some_and(|d| !hard.contains(d));
    let (low, high) = if is_difference { (Decimal::ZERO, hard.high - hard.low) } else { (hard.low, hard.high) };
    let to = |value| {
        let converted = if is_difference { from.convert_difference(value, unit) } else { from.convert(value, unit) };
        converted.ok().map(|v: Decimal| v.round_dp(1).normalize())
    };
    Some(Range { low: to(low)?, high: to(high)?, unit, is_difference })
}

/// What the parameter at `index` is compared with, and whether that is a difference.
fn compared(cond: &Cond, index: usize) -> Option<(Quantity, bool)> {
    match cond {
        Cond::Compare { left, right, .. } => {
            let names = names(left, index) || names(right, index);
            let quantity = quantity(left).or_else(|| quantity(right)).filter(|_| names)?;
            Some((quantity, levels(left) == levels(right)))
        }
        Cond::And(a, b) | Cond::Or(a, b) => compared(a, index).or_else(|| compared(b, index)),
        Cond::Not(a) => compared(a, index),
        Cond::Times { inner, .. } | Cond::For { inner, .. } => compared(&inner.cond, index),
        Cond::Missing { .. } => None,
    }
}

fn names(num: &Num, wanted: usize) -> bool {
    match num {
        Num::Parameter { index, .. } => *index == wanted,
        Num::Negative(a) => names(a, wanted),
        Num::Binary(_, a, b) => names(a, wanted) || names(b, wanted),
        Num::Literal { .. } | Num::Call(_) | Num::Onset(_) => false,
    }
}

fn quantity(num: &Num) -> Option<Quantity> {
    match num {
        Num::Call(call) => Some(call.quantity),
        Num::Onset(quantity) => Some(*quantity),
        Num::Negative(a) => quantity(a),
        Num::Binary(_, a, b) => quantity(a).or_else(|| quantity(b)),
        Num::Literal { .. } | Num::Parameter { .. } => None,
    }
}

/// How many levels of a quantity a sum has: as many on both sides leave a difference.
fn levels(num: &Num) -> i32 {
    match num {
        Num::Call(call) => i32::from(!call.function.is_difference()),
        Num::Onset(_) => 1,
        Num::Negative(a) => -levels(a),
        Num::Binary(Arithmetic::Subtract, a, b) => levels(a) - levels(b),
        Num::Binary(Arithmetic::Add, a, b) => levels(a) + levels(b),
        Num::Binary(Arithmetic::Multiply | Arithmetic::Divide, a, b) => levels(a).max(levels(b)),
        Num::Literal { .. } | Num::Parameter { .. } => 0,
    }
}
